"""Who may come in, by command: added, changed, removed; every change is recorded with who made it."""

import csv
import io
import json
import unicodedata

import pytest

from etl import cli
from etl.errors import UsageError
from etl.stewardship import people
from etl.warehouse import database
from tests.databases import rows

PASSWORD = "một mật khẩu dài"


@pytest.fixture
def url(warehouse_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A warehouse with one unit, which the command line works in."""
    monkeypatch.setattr(people, "COST", {"n": 2, "r": 8, "p": 1})
    monkeypatch.setenv("CCHC_WAREHOUSE_URL", warehouse_url)
    rows(
        warehouse_url,
        "insert into core.unit (province_code, org_code, org_name, unit_kind, sender, delivered_on, file_id)"
        " values ('H21', '631', 'UBND huyện', 'UBND cấp huyện', 'duc-co', '2021-09-01', 0) returning 1",
    )
    return warehouse_url


@pytest.fixture
def cchc(url: str, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch):
    def run(*arguments: str, typed: str = "") -> tuple[int, str, str]:
        monkeypatch.setattr("sys.stdin", io.StringIO(typed))
        status = cli.run(list(arguments))
        return status, *capsys.readouterr()

    return run


def agrees(url: str, name: str, password: str) -> bool:
    with database.transaction(url) as connection, connection.cursor() as cursor:
        return people.check_password(cursor, name, password)


def test_people_are_added_changed_and_removed(url: str, cchc) -> None:
    assert cchc("users")[:2] == (0, "Chưa có ai. Thêm: cchc users add TÊN QUYỀN MÃ_ĐƠN_VỊ\n")
    added = cchc("users", "add", "lan", "steward", "631", "--password-stdin", "--by", "an", typed=f"{PASSWORD}\n")
    assert added == (0, "Đã thêm lan, quyền cán bộ dữ liệu.\n", "")
    assert cchc("users", "add", "minh", "ops", "*", "--airflow", "--by", "an")[0] == 0
    assert (agrees(url, "lan", PASSWORD), agrees(url, "lan", "khác"), agrees(url, "minh", "")) == (True, False, False)
    (kept,) = rows(url, "select password_hash from access.person where name = 'lan'")
    assert PASSWORD not in kept[0]

    listed = csv.DictReader(io.StringIO(cchc("users", "--format", "csv")[1]))
    assert [(r["name"], r["role"], r["unit"], r["password"], r["removed"]) for r in listed] == [
        ("lan", "steward", "631", "yes", ""),
        ("minh", "ops", "*", "no", ""),
    ]
    assert "UBND huyện (631)" in cchc("users")[1]

    assert cchc("users", "change", "lan", "--role", "approver", "--by", "minh")[0] == 0
    assert agrees(url, "lan", PASSWORD)  # what is not said stays
    assert cchc("users", "change", "lan", "--password-stdin", "--by", "minh", typed="một mật khẩu khác\n")[0] == 0
    assert (agrees(url, "lan", PASSWORD), agrees(url, "lan", "một mật khẩu khác")) == (False, True)

    assert cchc("users", "remove", "lan", "--by", "minh")[0] == 0
    assert not agrees(url, "lan", "một mật khẩu khác")
    assert [(r["name"], bool(r["removed"])) for r in json.loads(cchc("users", "--format", "json")[1])] == [
        ("minh", False),
        ("lan", True),
    ]
    assert cchc("users", "add", "lan", "reader", "631", "--airflow", "--by", "minh")[0] == 0  # and comes back
    assert rows(
        url,
        "select kind, role, unit_code, by_name from access.person_event"
        " where name = 'lan' and kind not in ('logged_in', 'refused') order by event_id",
    ) == [
        ("added", "steward", "631", "an"),
        ("changed", "approver", "631", "minh"),
        ("changed", "approver", "631", "minh"),
        ("removed", "approver", "631", "minh"),
        ("added", "reader", "631", "minh"),
    ]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ("add lan boss 631 --airflow", "no role 'boss'; there are reader (người xem), steward"),
        ("add lan steward 999 --airflow", "no unit '999' was ever delivered: load hr/units first"),
        ("add lan steward 631", "there is no terminal to ask for the password on: give it with --password-stdin"),
        ("add lan steward 631 --password-stdin", "the password is shorter than 12 characters"),
        ("add lan steward 631 --password-stdin --airflow", "give one of --airflow and --password-stdin"),
        ("add minh ops * --airflow", "'minh' is there already; cchc users change minh"),
        ("change lan --role ops", "nobody is called 'lan'; `cchc users` lists them"),
        ("change minh", "say what changes"),
        ("change minh --unit 999", "no unit '999'"),
        ("remove lan", "nobody is called 'lan'"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(url: str, cchc, arguments: str, sentence: str) -> None:
    assert cchc("users", "add", "minh", "ops", "*", "--airflow")[0] == 0
    before = rows(url, "select * from access.person")
    status, out, err = cchc("users", *arguments.split(), typed="ngắn\n")
    assert (status, out, sentence in err) == (2, "", True), err
    assert rows(url, "select * from access.person") == before


@pytest.mark.parametrize("name", ["", "  ", "hai từ", "x" * 101, "lan\x1b[31m"])
def test_a_name_is_one_word_that_can_be_typed(cursor, name: str) -> None:
    with pytest.raises(UsageError, match="no name to log in with"):
        people.add(cursor, name, "ops", "*", password=None, by="an")


def test_the_letters_of_a_password_may_be_typed_composed_or_not() -> None:
    composed, apart = (unicodedata.normalize(form, PASSWORD) for form in ("NFC", "NFD"))
    assert composed != apart
    assert people._agrees(apart, people._hash(composed))


# --- cchc serve -------------------------------------------------------------------------------------------------------


def test_nothing_is_served_that_nobody_could_log_in_to(url: str, cchc) -> None:
    status, _, err = cchc("serve", "--port", "0")
    assert (status, "nobody has a password yet" in err, "cchc users add lan ops '*'" in err) == (2, True, True)
