"""A list belongs to the units that own it, whoever sends it, and counts for what is below them at each level."""

# ruff: noqa: E501 - a table is easier to read wide than folded

import os
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from psycopg2.extensions import cursor as Cursor

from etl import catalogue, cli
from etl.errors import FileHeld, UsageError
from etl.figures import period_figures, window
from etl.landing import owners, receipts
from etl.nightly import dag_runs
from etl.periods import Period
from etl.warehouse import database
from tests import tables
from tests.inbox import PROCEDURES, deliver

Q1 = Period.parse("2021-Q1")
DEPARTMENT, DISTRICT, COMMUNE = "Sở, ngành", "UBND cấp huyện", "UBND cấp xã"
PROVINCE_AND_DISTRICT = f"""
org_code | sender | parent_code | unit_kind
64       | 64p    | -           | UBND cấp tỉnh
627      | 627    | 64          | {DISTRICT}
23764    | 627    | 627         | {COMMUNE}
"""
ONE_SYSTEM = f"""
org_code | sender | parent_code | unit_kind
64       | hr     | -           | UBND cấp tỉnh
X1       | hr     | 64          | {DISTRICT}
X2       | hr     | 64          | {DISTRICT}
X3       | hr     | 64          | {DISTRICT}
631      | 631    | 67          | {DISTRICT}
67       | 67     | -           | UBND cấp tỉnh
"""
WHOLE = f"""
org_code | sender | parent_code | unit_kind
G        | G      | -           | UBND cấp tỉnh
S        | G      | G           | {DEPARTMENT}
H        | H      | G           | {DISTRICT}
K        | K      | G           | {DISTRICT}
X        | H      | H           | {COMMUNE}
Y        | K      | K           | {COMMUNE}
"""
# name, units, procedures (level, code, sender), expected 3.1.3 of each unit, senders that were set
OWNERS = [
    (
        "the province delivers the list of all levels and its own units, the district its units",
        PROVINCE_AND_DISTRICT,
        "Huyện 1.000001 64p; Xã 1.000002 64p; Sở 1.000003 64p",
        {"64": 3, "627": 2, "23764": 1},
        {},
    ),
    (
        "one system delivers all units, and each district its list: nobody else has it",
        ONE_SYSTEM,
        "Huyện 1.000001 X1; Huyện 1.000002 X1; Huyện 1.000002 X2; Huyện 1.000003 X2; Huyện 1.000004 X2",
        {"X1": 2, "X2": 3, "X3": 0, "64": 4, "631": 0, "67": 0},
        {},
    ),
    (
        "the nearest list counts, at each level by itself",
        WHOLE,
        "Huyện 1.000001 G; Huyện 1.000002 G; Xã 1.000003 G; Huyện 1.000009 H; Xã 1.000004 K; Xã 1.000005 K",
        {"G": 3, "H": 2, "X": 1, "K": 4, "Y": 2},
        {},
    ),
    (
        "where none above has a list, those below are one, each procedure once",
        WHOLE,
        "Xã 1.000001 H; Xã 1.000002 H; Xã 1.000002.H21 K; Xã 1.000003 X",
        {"G": 3, "H": 2, "X": 1, "K": 1, "Y": 1},
        {},
    ),
    (
        "a list of a stranger is nobody's",
        WHOLE,
        "Huyện 1.000001 nobody; Xã 1.000001 nobody",
        {"G": 0, "H": 0, "X": 0, "K": 0, "Y": 0},
        {},
    ),
    (
        "what was set goes before what the list of units says",
        WHOLE,
        "Huyện 1.000001 nobody; Huyện 1.000002 H",
        {"G": 2, "H": 1, "K": 1},
        {"nobody": "H", "H": "K"},
    ),
    (
        "a sender of several topmost units owns for each of them",
        f"org_code | sender | unit_kind\nA | both | {DISTRICT}\nB | both | {DISTRICT}\nC | other | {DISTRICT}",
        "Huyện 1.000001 both",
        {"A": 1, "B": 1, "C": 0},
        {},
    ),
    (
        "of two lists of one owner each procedure counts once",
        WHOLE,
        "Huyện 1.000001 H; Huyện 1.000001 office; Huyện 1.000002 office",
        {"H": 2, "K": 0},
        {"office": "H"},
    ),
]


@pytest.mark.parametrize(
    ("units", "procedures", "expected", "settings"), [o[1:] for o in OWNERS], ids=[o[0] for o in OWNERS]
)
def test_a_list_counts_for_its_owners_and_below_them(
    cursor: Cursor, units: str, procedures: str, expected: dict[str, int], settings: dict[str, str]
) -> None:
    listed = "\n".join(" | ".join(one.split()) for one in procedures.split(";"))
    tables.given(cursor, {"unit": units, "procedure": f"level | procedure_code | sender\n{listed}"})
    for sender, unit in settings.items():
        owners.set_owner(cursor, sender, unit, by="lead")
    period_figures.compute(cursor, Q1, [catalogue.indicators()["3.1.3"]])
    found = tables.rows(cursor, "select unit_code, value from window_figure")
    assert {unit: value for unit, value in found if unit in expected} == expected


@pytest.mark.parametrize(
    ("units", "procedures", "settings"), [(o[1], o[2], o[4]) for o in OWNERS], ids=[o[0] for o in OWNERS]
)
def test_a_window_of_now_knows_the_same_owners_as_the_landing(
    cursor: Cursor, units: str, procedures: str, settings: dict[str, str]
) -> None:
    """The rule is written twice: for the lists of now, and for those of a window."""
    listed = "\n".join(" | ".join(one.split()) for one in procedures.split(";"))
    tables.given(cursor, {"unit": units, "procedure": f"level | procedure_code | sender\n{listed}"})
    for sender, unit in settings.items():
        owners.set_owner(cursor, sender, unit, by="lead")
    window.open_window(cursor, Period.parse("2021-N"))
    then = "select o.sender, u.code from window_owner as o inner join window_unit as u using (unit_code)"
    now = "select sender, org_code from core.list_owner where sender in (select sender from core.procedure)"
    assert sorted(tables.rows(cursor, then)) == sorted(tables.rows(cursor, now))


def test_online_figures_follow_the_list_of_the_owner(cursor: Cursor) -> None:
    """The district has no list of its own: 7.8.1 and 7.8.2 are those of the province's, and so are the dossiers' levels."""
    tables.given(
        cursor,
        {
            "unit": PROVINCE_AND_DISTRICT,
            "procedure": """
                procedure_code | level | sender | service_level
                1.000001       | Huyện | 64p    | 3
                1.000002       | Xã    | 64p    | 4
                1.000003       | Sở    | 64p    | 4
            """,
            "dossier": """
                org_code | procedure_code | received_on | channel
                64       | 1.000003       | 2021-02-01  | Trực tuyến
                627      | 1.000001       | 2021-02-01  | Trực tuyến
                23764    | 1.000002       | 2021-02-01  | Trực tuyến
            """,
        },
    )
    codes = ("3.1.3", "7.8.1", "7.8.2", "7.8.3", "7.8.4")
    period_figures.compute(cursor, Q1, [catalogue.indicators()[code] for code in codes])
    for unit, expected in (("64", [3, 1, 2, 100, 100]), ("627", [2, 1, 1, 100, 100]), ("23764", [1, 0, 1, None, 100])):
        found = tables.rows(
            cursor,
            "select value from window_figure where unit_code = %(unit)s order by indicator_code",
            {"unit": unit},
        )
        assert [value for (value,) in found] == expected, unit


def test_whose_a_list_is_changes_with_the_tree(cursor: Cursor) -> None:
    """One sender, whose list of 10/7/2025 has a new tree: until 30/6 it stood for 64, and since 1/7 for 52."""
    tables.insert(
        cursor,
        "unit",
        f"""
        org_code | parent_code | unit_kind     | established_on | delivered_on
        52       | -           | UBND cấp tỉnh | 2025-07-01     | 2025-07-10
        23872    | 52          | {COMMUNE}     | -              | 2025-07-10
        """,
    )
    gone = "2 | 2025-07-10"
    tables.insert(
        cursor,
        "unit",
        f"""
        org_code | parent_code | unit_kind     | dissolved_on | delivered_on | superseded_by | superseded_on | closed
        64       | -           | UBND cấp tỉnh | 2025-07-01   | 2025-01-10   | {gone}        | true
        631      | 64          | {DISTRICT}    | 2025-07-01   | 2025-01-10   | {gone}        | true
        23872    | 631         | {COMMUNE}     | -            | 2025-01-10   | {gone}        | false
        """,
        history=True,
    )
    tables.insert(cursor, "procedure", "procedure_code | level | delivered_on\n1.000001 | Xã | 2025-01-10")
    found = {}
    for code in ("2025-Q1", "2025-Q2", "2025-Q3", "2025-Q4"):
        window.open_window(cursor, Period.parse(code))
        found[code] = tables.rows(
            cursor, "select u.code from window_owner join window_unit u using (unit_code) order by 1"
        )
        assert tables.rows(
            cursor,
            "select distinct in_force from window_procedure join window_unit u using (unit_code) where u.code = '23872'",
        ) == [(1,)], code
    assert found == {
        "2025-Q1": [("64",)],
        "2025-Q2": [("64",)],
        "2025-Q3": [("52",), ("64",)],
        "2025-Q4": [("52",), ("64",)],
    }


def test_every_sender_is_told_with_its_owners_and_why(cursor: Cursor) -> None:
    tables.given(cursor, {"unit": WHOLE})
    owners.set_owner(cursor, "kiem-soat", "K", by="lead")
    for export, sender in (
        ("hr/units", "H"),
        ("one_stop_shop/procedures", "X"),
        ("one_stop_shop/procedures", "nobody"),
    ):
        landed(cursor, export, sender)
    assert [(s.sender, s.exports, s.units, s.reason) for s in owners.senders(cursor)] == [
        ("H", ("hr/units",), ("H",), "topmost"),
        ("X", ("one_stop_shop/procedures",), ("X",), "name"),
        ("kiem-soat", (), ("K",), "set"),
        ("nobody", ("one_stop_shop/procedures",), (), ""),
    ]


def landed(cursor: Cursor, export: str, sender: str, status: str = "landed") -> int:
    cursor.execute(
        "insert into landing.file (source, export, sender, delivered_on, path, sha256, bytes, modified_ns, archived_as, status, rule_id)"
        " values (split_part(%s, '/', 1), %s, %s, '2021-01-05', 'p', %s, 1, 1, 'a', %s, %s) returning file_id",
        (export, export, sender, sender, status, owners.RULE if status == "held" else None),
    )
    return cursor.fetchone()[0]


def test_a_list_of_a_stranger_is_held_until_somebody_says_whose_it_is(cursor: Cursor) -> None:
    """Rows that name a unit need no owner; a list of procedures does."""
    tables.given(cursor, {"unit": WHOLE})
    stranger = receipts.file(cursor.connection, landed(cursor, "one_stop_shop/procedures", "nobody"))
    with pytest.raises(FileHeld, match="cchc senders set nobody"):
        owners.check(cursor, stranger)
    for export, sender in (
        ("one_stop_shop/procedures", "H"),
        ("one_stop_shop/procedures", "X"),
        ("hr/staff", "nobody"),
    ):
        owners.check(cursor, receipts.file(cursor.connection, landed(cursor, export, sender)))
    held = landed(cursor, "one_stop_shop/procedures", "held", "held")
    assert dag_runs.headline(became(held), Decimal(5)).endswith(": chờ khai báo đơn vị chủ quản")
    with pytest.raises(UsageError, match="no unit 'Z' was ever delivered"):
        owners.set_owner(cursor, "held", "Z", by="lead")
    assert owners.set_owner(cursor, "held", "H", by="lead") == [held]
    assert receipts.file(cursor.connection, held).status == "landed"


def became(file_id: int) -> dag_runs.Became:
    return dag_runs.Became(
        file_id, "one_stop_shop/procedures", "held", date(2021, 1, 5), "held", owners.RULE, "Chưa biết của ai."
    )


@pytest.fixture
def home(warehouse_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("CCHC_WAREHOUSE_URL", warehouse_url)
    monkeypatch.setenv("CCHC_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("CCHC_ARCHIVE", str(tmp_path / "archive"))
    yield warehouse_url


def test_the_command_says_and_sets_whose_lists_are(
    home: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def nobody() -> str:
        raise KeyError("uid")

    inbox = tmp_path / "inbox"
    deliver(
        inbox,
        "hr/units",
        "2021-01-05",
        f"Mã đơn vị | Tên đơn vị | Mã đơn vị cấp trên | Loại\n631 | UBND huyện | | {DISTRICT}",
    )
    assert cli.run(["load", str(inbox)]) == 0
    assert cli.run(["senders", "set", "tthc", "999"]) == 2
    assert "no unit '999'" in capsys.readouterr().err
    deliver(inbox, "one_stop_shop/procedures", "2021-01-05", PROCEDURES, sender="tthc")
    assert cli.run(["load", str(inbox)]) == 1
    capsys.readouterr()
    assert cli.run(["files", "confirm", "2", "--reason", "đúng"]) == 2
    assert "cchc senders set tthc" in capsys.readouterr().err
    monkeypatch.setattr("getpass.getuser", nobody)
    assert cli.run(["senders", "set", "tthc", "631"]) == 0
    with database.transaction(home) as connection, connection.cursor() as cursor:
        cursor.execute("select by_name from landing.sender_unit")
        assert cursor.fetchall() == [(f"uid {os.getuid()}",)]
    assert cli.run(["senders", "set", "tthc", "631", "--by", "quản trị"]) == 0
    assert "lần chạy đêm tới lập lại mọi kỳ" in capsys.readouterr().out
    capsys.readouterr()
    assert cli.run(["senders", "--format", "csv"]) == 0
    assert capsys.readouterr().out == (
        "sender,exports,units,reason\nduc-co,hr/units,631,topmost\ntthc,one_stop_shop/procedures,631,set\n"
    )
    with database.transaction(home) as connection, connection.cursor() as cursor:
        cursor.execute("select sender, org_code, by_name from landing.sender_unit")
        assert cursor.fetchall() == [("tthc", "631", "quản trị")]
        cursor.execute("select count(*) from landing.file_event")
        assert cursor.fetchone() == (0,), "nothing was confirmed"
