"""A release: what it freezes, what stands in its way, who may sign it, and how a change of it is found."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import datetime

import psycopg2
import pytest
from psycopg2 import errors as refusals

from etl import catalogue, cli
from etl.catalogue import project_files
from etl.errors import UsageError
from etl.nightly import approvals
from etl.periods import Period
from etl.publication import blocks, chain, events, releases
from etl.warehouse import database, locks
from tests.inbox import PROCEDURES
from tests.publication.offices import STATEMENT, Office, dossiers, opened_office

ROWS = tuple(f"_contribution{part}" for part in ("", "_table", "_unit", "_piece", "_apart", "_decided"))
TABLES = ("", "_unit", "_figure", "_flow", "_definition", "_finding", "_waiver", "_load", "_change", "_event", *ROWS)
KEY = "order by period_code, unit_code, unit_valid_from, indicator_code, release_id"


@pytest.fixture(scope="module")
def office(server_url: str, template_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """A district of which two quarters are published, releases 1 and 2, and the half-year is made."""
    with opened_office(server_url, template_database, tmp_path_factory.mktemp("office")) as one:
        one.load("one_stop_shop/procedures", "2020-12-02", PROCEDURES)
        one.load(
            "one_stop_shop/dossiers",
            "2021-06-15",
            dossiers(
                "0001 23857 01/03/2021 10/03/2021 09/03/2021",
                "0002 23857 02/03/2021 10/03/2021 12/03/2021",
                "0003 23860 03/03/2021 10/03/2021 10/03/2021",
                "0004 23860 03/05/2021 10/05/2021 -",
            ),
        )
        for code in ("2021-Q1", "2021-Q2", "2021-6T"):
            one.make(code)
        assert [one.publish(code).release.release_id for code in ("2021-Q1", "2021-Q2")] == [1, 2]
        with one.opened() as connection:
            events.note(connection, 1, by="huyen", text="Đã đối chiếu.", unit_code="23857", indicator_code="3.4.3")
        yield one


@pytest.fixture
def undone(office: Office) -> Iterator[psycopg2.extensions.cursor]:
    """A cursor of a superuser whose work is undone, and whom the triggers do not stop: somebody who tampers."""
    with closing(database.connect(office.url)) as connection, connection.cursor() as cursor:
        cursor.execute(
            "".join(f"alter table mart.release{name} disable trigger insert_only;" for name in TABLES)
            + "alter table mart.release_figure disable trigger all; alter table mart.release disable trigger all"
        )
        yield cursor
        connection.rollback()


# --- what is frozen ---------------------------------------------------------------------------------------------------


def test_a_release_has_the_figures_as_reporting_showed_them(office: Office) -> None:
    columns = [d[0] for d in _described(office, "reporting.indicator_annual")]
    shown = ", ".join(column for column in columns if column not in ("is_provisional",))
    assert [d[0] for d in _described(office, "reporting.indicator_latest")] == [
        *columns,
        *("release_id", "release_code", "published_at"),
    ]
    now = office.rows(
        f"select {shown} from reporting.indicator_quarterly where period_code = '2021-Q1' and unit_code <> '64'"
        " order by unit_code, form_order"
    )
    latest = office.rows(f"select {shown} from reporting.indicator_as_published(1) order by unit_code, form_order")
    assert latest == now
    assert len(latest) == 3 * len(catalogue.reported(latest[0][2]))


def _described(office: Office, relation: str) -> list:
    with office.opened() as connection, connection.cursor() as cursor:
        cursor.execute(f"select * from {relation} limit 0")
        return list(cursor.description)


def test_what_is_published_is_provisional_no_more_and_the_rest_is(office: Office) -> None:
    found = office.rows(
        "select distinct period_code, unit_code = '64', is_provisional from reporting.appendix where kind = 'indicator'"
        " order by 1, 2"
    )
    assert found == [
        *(("2021-6T", False, True), ("2021-6T", True, True)),
        *(("2021-Q1", False, False), ("2021-Q1", True, True)),
        *(("2021-Q2", False, False), ("2021-Q2", True, True)),
    ]


def test_a_release_has_its_definitions_units_flow_and_files(office: Office) -> None:
    [(version, query, title)] = office.rows(
        "select definition_version, query, header ->> 'title' from mart.release_definition where release_id = 1"
        " and indicator_code = '3.4.3'"
    )
    known = catalogue.indicators()["3.4.3"]
    assert (version, query, title) == (known.version, known.query, known.title)
    assert office.rows(
        "select unit_code, attributes ->> 'parent_code' from mart.release_unit where release_id = 1 order by 1"
    ) == [
        ("23857", "631"),
        ("23860", "631"),
        ("631", "64"),
    ]
    assert office.rows(
        "select unit_code, received, resolved_late from mart.release_flow where release_id = 1 and field = 'Tất cả'"
        " order by 1"
    ) == [("23857", 2, 1), ("23860", 1, 0), ("631", 3, 1)]
    assert office.rows("select export, sender from mart.release_load where release_id = 1 order by 1") == [
        ("hr/units", "duc-co"),
        ("one_stop_shop/dossiers", "duc-co"),
        ("one_stop_shop/procedures", "duc-co"),
    ]


def test_a_reader_reads_what_is_published_and_nothing_below(office: Office) -> None:
    with closing(database.connect(office.url)) as connection, connection.cursor() as cursor:
        cursor.execute("set local role cchc_reader")
        for relation in (
            *("indicator_latest", "indicator_published", "release", "release_unit", "dossier_flow_latest"),
            *("indicator_change", "indicator_as_published(1)", "indicator_as_of(now())"),
        ):
            cursor.execute(f"select count(*) > 0 from reporting.{relation}")
            assert cursor.fetchone() == (True,), relation
        with pytest.raises(refusals.InsufficientPrivilege):
            cursor.execute("select from mart.release")


def test_what_is_not_complete_stands_in_what_is_signed(office: Office) -> None:
    [(statement, signer, incomplete)] = office.rows(
        "select statement, signer, incomplete from reporting.release where release_id = 1"
    )
    assert (statement, signer) == (STATEMENT, "huyen")
    assert any(line.startswith("UBND huyện chưa có số liệu của") for line in incomplete)
    assert any(line.startswith("Đơn vị cấp dưới chưa có số liệu") for line in incomplete)
    assert any("Văn bản đi, văn bản đến" in line for line in incomplete if line.startswith("Chưa đơn vị nào giao"))


def test_the_same_figures_make_no_second_release(office: Office) -> None:
    again = office.publish("2021-Q1")
    assert (again.is_new, again.release.release_id) == (False, 1)


def test_a_unit_below_may_be_published_before_and_is_shown_once(office: Office) -> None:
    with closing(database.connect(office.url)) as connection, connection.cursor() as cursor:
        how = {"statement": STATEMENT}
        releases.publish(connection, Period.parse("2021-6T"), "23860", by="xa", **how)
        whole = releases.publish(connection, Period.parse("2021-6T"), "631", by="huyen", **how).release
        cursor.execute(
            "select unit_code, release_id, count(*) from reporting.indicator_latest where period_code = '2021-6T'"
            " group by 1, 2"
        )
        latest = {(unit, release_id) for unit, release_id, _ in cursor.fetchall()}
        assert latest == {(unit, whole.release_id) for unit in ("631", "23857", "23860")}
        cursor.execute("update mart.indicator set value = 7 where unit_code = '23860' and indicator_code = '3.4.3'")
        with pytest.raises(UsageError, match="1 số liệu của 2021-6T khác số đã công bố"):
            releases.publish(connection, Period.parse("2021-6T"), "23860", by="xa", **how)
        connection.rollback()


def test_a_unit_that_a_revision_has_no_more_is_published_no_more(office: Office) -> None:
    with closing(database.connect(office.url)) as connection, connection.cursor() as cursor:
        how = {"by": "huyen", "statement": STATEMENT}
        releases.publish(connection, Period.parse("2021-6T"), "631", **how)
        cursor.execute("delete from mart.indicator where period_code = '2021-6T' and unit_code = '23860'")
        cursor.execute("delete from mart.dossier_flow where period_code = '2021-6T' and unit_code = '23860'")
        again = releases.publish(
            connection, Period.parse("2021-6T"), "631", **how, reason="unit", changelog="Bỏ xã Ia Dơk."
        )
        cursor.execute(
            "select distinct unit_code from reporting.indicator_latest where period_code = '2021-6T' order by 1"
        )
        assert cursor.fetchall() == [("23857",), ("631",)]
        cursor.execute(
            "select distinct unit_code, kind, status from reporting.indicator_change where release_id = %s",
            (again.release.release_id,),
        )
        assert cursor.fetchall() == [("23860", "removed", None)]
        connection.rollback()


def test_two_who_publish_at_once_make_one_chain(office: Office) -> None:
    """The second waits until the first has ended, and then looks what is published."""
    how = {"by": "huyen", "statement": STATEMENT}
    with closing(database.connect(office.url)) as first, ThreadPoolExecutor(1) as beside:
        assert not releases.publish(first, Period.parse("2021-Q2"), "631", **how).is_new  # and holds the lock
        second = beside.submit(office.publish, "2021-Q2")
        with first.cursor() as cursor:
            while not second.done():
                cursor.execute("select exists (select from pg_locks where locktype = 'advisory' and not granted)")
                if cursor.fetchone()[0]:
                    break
        first.rollback()
        assert second.result(60).release.release_id == 2


# --- who may sign -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("by", "unit", "sentence"),
    [
        ("ai", "631", "chưa được cấp quyền"),
        ("lan", "631", "cần quyền «người duyệt»"),
        ("xa", "631", "không phụ trách đơn vị 631"),
        ("huyen", "64", "không phụ trách đơn vị 64"),
        ("huyen", None, "không phụ trách đơn vị 64"),  # the topmost
    ],
)
def test_an_approver_of_the_unit_or_above_signs(office: Office, by: str, unit: str | None, sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        office.publish("2021-6T", unit, by=by)


def test_a_first_release_has_no_reason_and_a_revision_has_one(office: Office) -> None:
    with pytest.raises(UsageError, match="công bố lần đầu không có lý do"):
        office.revise("2021-6T", "late_data", "Thêm hồ sơ.")
    with pytest.raises(UsageError, match="no reason 'because'"):
        office.revise("2021-Q1", "because", "Thêm hồ sơ.")
    with pytest.raises(UsageError, match="Công bố lại cần một dòng"):
        office.revise("2021-Q1", "late_data", " ")


def test_the_level_above_adds_its_approval_once(office: Office) -> None:
    for by, sentence in [("huyen", "không thuộc cấp trên"), ("xa", "không thuộc cấp trên")]:
        with pytest.raises(UsageError, match=sentence), office.opened() as connection:
            events.approve_above(connection, 1, by=by)
    with closing(database.connect(office.url)) as connection, connection.cursor() as cursor:
        events.approve_above(connection, 1, by="tinh", text="Đồng ý.")
        with pytest.raises(UsageError, match="đã được tinh duyệt"):
            events.approve_above(connection, 1, by="tinh")
        cursor.execute("select release_id from reporting.release where approved_above_at is not null")
        assert cursor.fetchall() == [(1,)]
        assert chain.verify(cursor) == []
        connection.rollback()


# --- what stands in its way -------------------------------------------------------------------------------------------


def _blocked(office: Office, code: str = "2021-6T") -> str:
    with pytest.raises(blocks.Blocked) as refused:
        office.publish(code)
    return " ".join(refused.value.lines)


def test_no_release_while_a_load_is_under_way_or_figures_are_made(office: Office) -> None:
    with closing(database.connect(office.url)) as connection, connection.cursor() as cursor:
        connection.autocommit = True
        locks.load(cursor, "one_stop_shop/dossiers", "ia-grai")
        assert _blocked(office) == "Đang nạp «Hồ sơ một cửa»: chờ nạp xong."
    with closing(database.connect(office.url)) as connection, connection.cursor() as cursor:
        connection.autocommit = True
        locks.figures(cursor, "2021-6T")
        assert _blocked(office) == "Đang tính số liệu của kỳ 2021-6T: chờ tính xong."


def test_no_load_begins_while_a_release_is_published(office: Office) -> None:
    with office.opened() as connection, closing(database.connect(office.url)) as other:
        releases.publish(connection, Period.parse("2021-Q1"), "631", by="huyen", statement=STATEMENT)
        with other.cursor() as cursor:
            cursor.execute("select pg_try_advisory_lock_shared(hashtext('words'), hashtext('one_stop_shop/dossiers'))")
            assert cursor.fetchone() == (False,)


@pytest.mark.parametrize(
    ("export", "day", "change", "is_in_the_way"),
    [
        ("one_stop_shop/dossiers", "2021-06-20", "status = 'held'", "đang chờ người xác nhận"),
        ("one_stop_shop/dossiers", "2021-06-20", "status = 'landed'", "đã nhận, chưa nạp"),
        ("one_stop_shop/dossiers", "2021-06-20", "reload_reason = 'quy tắc đổi'", "chờ được xét lại"),
        ("hr/staff", "2021-07-15", "status = 'held'", "đang chờ người xác nhận"),
        ("one_stop_shop/dossiers", "2020-12-14", "status = 'held'", None),  # before the window
        ("hr/staff", "2021-07-16", "status = 'held'", None),  # a list of a month after it
        ("one_stop_shop/dossiers", "2021-06-20", "status = 'rejected'", None),
    ],
)
def test_files_that_may_tell_of_the_period_stand_in_the_way(
    office: Office, export: str, day: str, change: str, is_in_the_way: str | None
) -> None:
    with closing(database.connect(office.url)) as connection:
        with connection.cursor() as cursor:
            cursor.execute(
                "insert into landing.file (source, export, sender, delivered_on, path, sha256, bytes, modified_ns,"
                " archived_as, status, touched_for, loaded_at) values ('x', %s, 'ia-grai', %s, 'x', 'x', 1, 1, 'x',"
                " 'accepted', now(), now()) returning file_id",
                (export, day),
            )
            [file_id] = cursor.fetchone()
            cursor.execute(f"update landing.file set {change} where file_id = %s", (file_id,))
        how = {"by": "huyen", "statement": STATEMENT}
        if is_in_the_way:
            with pytest.raises(blocks.Blocked, match=rf"Tệp số {file_id} .*{is_in_the_way}"):
                releases.publish(connection, Period.parse("2021-6T"), "631", **how)
        else:
            assert releases.publish(connection, Period.parse("2021-6T"), "631", **how).is_new
        connection.rollback()


def test_a_question_that_somebody_may_still_answer_stands_in_the_way(office: Office) -> None:
    with closing(database.connect(office.url)) as connection:
        with connection.cursor() as cursor:
            cursor.execute("select max(file_id) from landing.file where export = 'one_stop_shop/dossiers'")
            [file_id] = cursor.fetchone()
            cursor.execute(
                "insert into landing.question (file_id, about, said, rows_quarantined, options, default_option, until,"
                " run) values (%s, 'ceiling', '', 1, '{nạp}', 'giữ', '2100-01-01', 'x')",
                (file_id,),
            )
        with pytest.raises(blocks.Blocked, match=rf"Tệp số {file_id} .*chưa ai trả lời"):
            releases.publish(connection, Period.parse("2021-6T"), "631", by="huyen", statement=STATEMENT)
        connection.rollback()


def test_figures_of_a_definition_that_has_changed_are_not_published(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = catalogue.reported(Period.parse("2021-Q1").last_day)
    changed = made | {"3.4.3": replace(made["3.4.3"], version="other")}
    monkeypatch.setattr(catalogue, "reported", lambda _: changed)
    assert "định nghĩa của chỉ tiêu 3.4.3 thay đổi" in _blocked(office, "2021-Q1")


def test_a_period_is_asked_about_for_a_month_after_its_cut_off(office: Office) -> None:
    def asked(day: str) -> list[dict]:
        return approvals.due(office.url, datetime.fromisoformat(f"{day}T07:30+07:00"))

    assert asked("2021-06-14") == []
    assert asked("2021-06-15") == asked("2021-07-15") == [{"period": "2021-6T"}]
    assert asked("2021-07-16") == []
    question = approvals.ask(office.url, {"period": "2021-6T", "unit": "631"})
    assert question.subject == "Công bố 6 tháng đầu năm 2021 của UBND huyện (631)?"
    assert "- UBND huyện chưa có số liệu của" in question.body


# --- nobody changes it ------------------------------------------------------------------------------------------------


# every role of an office's server, those that own, load, serve, read, keep copies and guard
ROLES = re.search(r"unnest\(array\[(.*?)\]\)", (project_files.ROOT / "ops/create-databases").read_text("utf-8"))[1]


@pytest.mark.parametrize("is_granted", [False, True])
@pytest.mark.parametrize("role", ["owner", *re.findall(r"'(\w+)'", ROLES)])
def test_no_role_changes_or_removes_what_was_published(office: Office, role: str, is_granted: bool) -> None:
    """Not even the owner of the tables, or who was granted everything."""
    with closing(database.connect(office.url)) as connection, connection.cursor() as cursor:
        name = f"{role}_of_a_test"  # the test's own login is called cchc too, and may all
        cursor.execute(f"create role {name}; grant usage on schema mart to {name}")
        if role == "owner":
            cursor.execute("".join(f"alter table mart.release{table} owner to {name};" for table in TABLES))
        if role == "cchc_backup":
            cursor.execute(f"grant pg_read_all_data to {name}")
        if is_granted:
            cursor.execute(f"grant all on all tables in schema mart to {name}")
        cursor.execute(f"set local role {name}")
        for table in TABLES:
            for change in (f"update mart.release{table} set release_id = 1", f"delete from mart.release{table}"):
                _refused(cursor, change)
            _refused(cursor, f"truncate mart.release{table} cascade")
        connection.rollback()


def _refused(cursor: psycopg2.extensions.cursor, change: str) -> None:
    cursor.execute("savepoint before")
    with pytest.raises((refusals.RaiseException, refusals.InsufficientPrivilege)):
        cursor.execute(change)
    cursor.execute("rollback to before")


def test_a_session_that_plays_changes_back_is_refused_too(office: Office) -> None:
    with closing(database.connect(office.url)) as connection, connection.cursor() as cursor:
        cursor.execute("set session_replication_role = replica")
        with pytest.raises(refusals.RaiseException):
            cursor.execute("update mart.release_figure set value = 0")


def _verified(office: Office, release: str | None = None) -> list[str]:
    with office.opened() as connection, connection.cursor() as cursor:
        return chain.verify(cursor, release)


FIGURE = "release_id = 1 and unit_code = '23857' and indicator_code = '3.4.3'"


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            f"update mart.release_figure set value = 99 where {FIGURE}",
            r"Bản công bố số 1: Thị trấn Chư Ty \(23857\), chỉ tiêu 3.4.3: số liệu đã bị sửa\.",
        ),
        (
            f"update mart.release_figure set computed_at = computed_at + interval '1 second' where {FIGURE}",
            r"Bản công bố số 1: Thị trấn Chư Ty \(23857\), chỉ tiêu 3.4.3: số liệu đã bị sửa\.",
        ),
        (
            f"delete from mart.release_figure where {FIGURE}",
            r"Bản công bố số 1: Thị trấn Chư Ty \(23857\), chỉ tiêu 3.4.3: số liệu đã bị xoá\.",
        ),
        (
            "update mart.release_flow set received = 9 where release_id = 1 and unit_code = '631'",
            r"Bản công bố số 1: tình hình giải quyết hồ sơ đã bị sửa, thêm hoặc xoá\.",
        ),
        (
            "update mart.release_definition set query = 'select 1' where release_id = 1 and indicator_code = '3.4.3'",
            r"Bản công bố số 1: định nghĩa chỉ tiêu đã bị sửa",
        ),
        (
            "update mart.release_contribution set lines = lines || 0 where release_id = 1",
            r"Bản công bố số 1: các dòng làm nên số liệu đã bị sửa",
        ),
        (
            "update mart.release set form_hash = repeat('0', 64) where release_id = 1",
            r"biểu mẫu dựng lại từ số liệu đã giữ không phải biểu mẫu đã ký",
        ),
        ("update mart.release set signer = 'tinh' where release_id = 1", r"Bản công bố số 1: nội dung bản ghi"),
        ("update mart.release set code = 'AAAAAAAAAA' where release_id = 1", r"mã in trên biểu mẫu đã bị sửa"),
        ("delete from mart.release where release_id = 1", r"Bản công bố số 1 đã bị xoá\."),
        (
            # the two change places, each with all it says and has
            "".join(
                f"update mart.release{name} set release_id = -release_id;"
                f" update mart.release{name} set release_id = 3 + release_id;"
                for name in TABLES
                if name != "_event"
            ),
            r"Bản công bố số 1: nội dung bản ghi .* bị thay bằng bản khác",
        ),
        ("update mart.release_event set text = 'Không.' where event_id = 1", r"Ghi nhận số 1 .* đã bị sửa"),
    ],
)
def test_whatever_is_changed_is_found(undone: psycopg2.extensions.cursor, change: str, sentence: str) -> None:
    assert chain.verify(undone) == []
    undone.execute(change)
    assert re.search(sentence, "\n".join(chain.verify(undone)))


def test_a_code_on_paper_that_no_release_has_is_said_to_be_none(office: Office) -> None:
    [(code,)] = office.rows("select code from mart.release where release_id = 1")
    assert len(code) == chain.CODE
    assert _verified(office, code.lower()) == []
    with pytest.raises(UsageError, match="không phải của kho, hoặc bản ấy"):
        _verified(office, "AAAAAAAAAA")


def test_the_command_line_publishes_lists_and_verifies(
    office: Office, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.setenv("CCHC_WAREHOUSE_URL", office.url)
    ask = ["publish", "2021-Q2", "631", "--by", "huyen", "--statement", "Đúng."]
    assert cli.run(ask) == 0
    assert "Số liệu không đổi: vẫn là bản công bố số 2" in capsys.readouterr().out
    assert cli.run(["releases", "--format", "csv"]) == 0
    assert [line.split(",")[0] for line in capsys.readouterr().out.splitlines()] == ["release_id", "2", "1"]
    assert cli.run(["verify"]) == 0
    with closing(database.connect(office.url)) as connection, connection.cursor() as cursor:
        connection.autocommit = True
        locks.load(cursor, "one_stop_shop/dossiers", "ia-grai")
        assert cli.run(ask) == 1
    assert "- Đang nạp «Hồ sơ một cửa»" in capsys.readouterr().err
    assert cli.run([*ask, "--revise"]) == 2
