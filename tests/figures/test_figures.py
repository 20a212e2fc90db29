"""Figures are stored once, replaced only where they differ, and read through the reporting views."""

# ruff: noqa: E501 - a table is easier to read wide than folded

from datetime import date

import psycopg2
import pytest
from psycopg2.extensions import cursor as Cursor

from etl import catalogue
from etl.catalogue import project_files
from etl.errors import UsageError
from etl.figures import counts, period_figures, touches
from etl.migration import reference, schema
from etl.periods import Period
from tests import tables

DOSSIERS = """
org_code | field     | received_on | due_on     | finished_on | status             | channel
H        | Đất đai   | 2021-06-14  | 2021-07-01 | 2021-07-01  | Đã trả kết quả     | Trực tiếp
H        | Đất đai   | 2021-06-14  | 2021-06-20 | 2021-06-14  | Đã trả kết quả     | Trực tiếp
H        | Đất đai   | 2021-06-15  | 2021-07-01 | 2021-07-02  | Đã trả kết quả     | Trực tuyến
P        | Xây dựng  | 2021-09-14  | 2021-09-20 | -           | Đang xử lý         | Bưu chính công ích
X        | Hộ tịch   | 2021-08-01  | 2021-09-13 | -           | Đang xử lý         | Trực tiếp
X        | Hộ tịch   | 2021-08-01  | 2021-09-14 | -           | Đang xử lý         | Trực tiếp
X        | Hộ tịch   | 2021-08-01  | 2021-08-05 | -           | Dừng xử lý         | Trực tiếp
Y        | Hộ tịch   | 2021-08-01  | 2021-08-05 | 2021-08-03  | Công dân rút hồ sơ | Trực tiếp
Y        | Hộ tịch   | 2021-08-01  | 2021-08-05 | -           | Không được tiếp nhận | Trực tiếp
Y        | Hộ tịch   | 2021-09-15  | 2021-09-20 | -           | Đang xử lý         | Trực tiếp
"""
FLOW = """
unit_code | field    | received | carried_over | resolved | resolved_on_time | resolved_late | pending | pending_in_time | pending_overdue | refused | withdrawn
H         | Tất cả   | 6        | 1            | 2        | 1                | 1             | 4       | 3               | 1               | 1       | 1
H         | Đất đai  | 1        | 1            | 2        | 1                | 1             | 0       | 0               | 0               | 0       | 0
H         | Xây dựng | 1        | 0            | 0        | 0                | 0             | 1       | 1               | 0               | 0       | 0
H         | Hộ tịch  | 4        | 0            | 0        | 0                | 0             | 3       | 2               | 1               | 1       | 1
X         | Tất cả   | 3        | 0            | 0        | 0                | 0             | 3       | 2               | 1               | 0       | 0
Y         | Tất cả   | 1        | 0            | 0        | 0                | 0             | 0       | 0               | 0               | 1       | 1
T         | Tất cả   | 0        | 0            | 0        | 0                | 0             | 0       | 0               | 0               | 0       | 0
"""
Q3 = Period.parse("2021-Q3")
FIGURES = 7 * len(catalogue.reported(Q3.last_day))  # of the seven units below
REPORTED = (
    "period_code, period_start, period_end, as_of, unit_code, unit_name, unit_level, indicator_code, indicator_name,"
    " unit_of_measure, value, numerator, denominator, status, is_provisional, revision, computed_at"
)


@pytest.fixture
def made(cursor: Cursor) -> Cursor:
    tables.given(cursor, {"dossier": DOSSIERS})
    period_figures.materialise(cursor.connection, Q3)
    return cursor


def test_the_flow_of_dossiers_per_unit_and_field(made: Cursor) -> None:
    """Received before the window and open: carried over. Due on the last day: in time. Paused: in time, however late."""
    expected = tables.drawn(FLOW)
    found = tables.rows(
        made, f"select {', '.join(expected[0])} from reporting.dossier_flow where unit_code in ('H', 'X', 'Y', 'T')"
    )
    got = {tuple(map(str, row)) for row in found}
    assert got >= {tuple(row.values()) for row in expected}
    assert tables.rows(
        made,
        "select received_online, received_direct, received_postal, resolved_early from reporting.dossier_flow where unit_code = 'H' and field = 'Tất cả'",
    ) == [(1, 4, 1, 0)]


def test_what_is_pending_is_pending_on_the_day_that_is_asked_for(made: Cursor) -> None:
    """Never as of now: the day after, one more is overdue and another was received."""
    period_figures.materialise(made.connection, Q3, as_of=date(2021, 9, 15))
    found = tables.rows(
        made,
        "select as_of::text, received, pending, pending_overdue from reporting.dossier_flow where unit_code = 'H' and field = 'Tất cả' order by period_code",
    )
    assert found == [("2021-09-14", 6, 4, 1), ("2021-09-15", 6, 5, 2)], "beside the calendar's, never over it"
    assert tables.rows(
        made, "select is_explicit from mart.materialisation order by materialisation_id desc limit 1"
    ) == [(True,)]
    with pytest.raises(UsageError, match="before 2021-Q3 begins"):
        period_figures.materialise(made.connection, Q3, as_of=date(2021, 6, 14))


def test_made_again_from_the_same_data_nothing_changes(made: Cursor) -> None:
    before = tables.rows(made, "select ctid, * from mart.indicator order by 1")
    assert len(before) == FIGURES
    assert period_figures.materialise(made.connection, Q3) == 0
    assert tables.rows(made, "select ctid, * from mart.indicator order by 1") == before


def test_only_what_differs_is_written(made: Cursor) -> None:
    """One dossier finished in time: four units have another 3.4.3 or 3.4.2, and nothing else moves."""
    made.execute(
        "update core.dossier set finished_on = '2021-09-01', status = 'Đã trả kết quả' where due_on = '2021-09-13'"
    )
    counts.recount(made, "dossier")
    assert period_figures.materialise(made.connection, Q3) == 3
    found = tables.rows(
        made,
        "select unit_code, indicator_code, value from mart.indicator where indicator_code = '3.4.3' and value is not null order by 1",
    )
    assert [(u, c, str(v)) for u, c, v in found] == [(u, "3.4.3", "100.00") for u in ("G", "H", "X")]


def test_a_window_that_a_report_states_stands_beside_the_calendar_and_is_on_record(made: Cursor) -> None:
    before = tables.rows(made, "select * from mart.indicator order by unit_code, indicator_code")
    stated = Q3.with_window(date(2021, 7, 1), date(2021, 8, 31))
    period_figures.materialise(made.connection, stated)
    assert tables.rows(
        made,
        "select distinct period_code, period_start::text, period_end::text, as_of::text, calendar_period_code from reporting.indicator_quarterly order by 1",
    ) == [
        ("2021-Q3", "2021-06-15", "2021-09-14", "2021-09-14", "2021-Q3"),
        ("2021-Q3[2021-07-01..2021-08-31]", "2021-07-01", "2021-08-31", "2021-08-31", "2021-Q3"),
    ]
    kept = "select * from mart.indicator where period_code = '2021-Q3' order by unit_code, indicator_code"
    assert tables.rows(made, kept) == before
    assert period_figures.last_made(made, Q3) == stated
    assert tables.rows(
        made,
        "select period_start::text, period_end::text, is_explicit, figures from mart.materialisation order by materialisation_id desc limit 1",
    ) == [("2021-07-01", "2021-08-31", True, FIGURES)]
    assert tables.rows(
        made,
        "select received, carried_over from reporting.dossier_flow where unit_code = 'H' and field = 'Tất cả'"
        f" and period_code = '{stated.code}'",
    ) == [(4, 2)]


def test_a_unit_that_is_gone_loses_its_figures(made: Cursor) -> None:
    made.execute("update core.unit set dissolved_on = '2021-06-15' where org_code = 'T'")
    period_figures.materialise(made.connection, Q3)
    assert tables.rows(made, "select count(*) from mart.indicator where unit_code = 'T'") == [(0,)]
    assert tables.rows(made, "select count(*) from mart.dossier_flow where unit_code = 'T'") == [(0,)]


def test_each_cadence_has_its_view(made: Cursor) -> None:
    for code, view in (
        ("2021-6T", "half_yearly"),
        ("2021-9T", "nine_monthly"),
        ("2021-N", "annual"),
        ("2021-Q3", "quarterly"),
    ):
        period_figures.materialise(made.connection, Period.parse(code))
        assert tables.rows(
            made, f"select distinct period_code from (select {REPORTED} from reporting.indicator_{view}) as v"
        ) == [(code,)]


def test_the_appendix_stands_in_form_order_with_its_headings(made: Cursor) -> None:
    found = tables.rows(
        made,
        f"select {REPORTED}, kind from reporting.appendix where unit_code = 'H' and period_code = '2021-Q3' order by form_order",
    )
    assert [row[7] for row in found] == [row.code for row in catalogue.form(Q3.last_day)]
    headings = [row for row in found if row[-1] != "indicator"]
    assert len(headings) == 26
    assert all(row[10] is None and row[13] is None for row in headings)


def test_quarters_add_up_to_the_year(made: Cursor) -> None:
    for code in ("2021-Q1", "2021-Q2", "2021-Q4", "2021-N"):
        period_figures.materialise(made.connection, Period.parse(code))
    sums = "sum(received), sum(resolved), sum(withdrawn), sum(refused)"
    where = "from reporting.dossier_flow where unit_code = 'G' and field = 'Tất cả' and"
    assert tables.rows(made, f"select {sums} {where} period_code like '2021-Q%%'") == tables.rows(
        made, f"select {sums} {where} period_code = '2021-N'"
    )


def test_without_units_there_is_nobody_to_report(cursor: Cursor) -> None:
    with pytest.raises(UsageError, match="load hr/units first"):
        period_figures.materialise(cursor.connection, Q3)


def test_a_period_before_all_definitions_is_refused(cursor: Cursor) -> None:
    tables.given(cursor, {})
    with pytest.raises(UsageError, match="no indicator is defined on 2020-12-14"):
        period_figures.materialise(cursor.connection, Period.parse("2020-N"))


def test_the_newest_load_of_its_exports_stands_with_a_figure(cursor: Cursor) -> None:
    tables.given(cursor, {"task": "org_code | assigned_on\nH | 2021-07-01"})
    cursor.execute(
        "insert into landing.file (source, export, sender, delivered_on, path, sha256, bytes, modified_ns, archived_as, status)"
        " select 'document_management', 'document_management/tasks', 'office', '2021-12-15', 'p', n::text, 1, 1, 'a', 'accepted'"
        " from generate_series(1, 2) as n returning file_id"
    )
    newest = max(cursor.fetchall())
    period_figures.materialise(cursor.connection, Q3)
    assert tables.rows(
        cursor,
        "select file_id, definition_version from mart.indicator where unit_code = 'H' and indicator_code = '1.4.1'",
    ) == [(*newest, catalogue.indicators()["1.4.1"].version)]


def test_the_reader_reads_reports_and_nothing_else(made: Cursor) -> None:
    made.execute("set local role cchc_reader")
    assert tables.rows(made, "select count(*) from reporting.indicator_quarterly") == [(FIGURES,)]
    for relation in ("mart.indicator", "core.dossier", "landing.file", "quality.violation"):
        made.execute("savepoint before")
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            made.execute(f"select * from {relation}")
        made.execute("rollback to before")
    made.execute("savepoint before")
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        made.execute("create table reporting.mine ()")


def test_no_personal_data_is_reported(made: Cursor) -> None:
    names = {
        name
        for (name,) in tables.rows(
            made, "select column_name from information_schema.columns where table_schema = 'reporting'"
        )
    }
    assert not names & {"applicant_id", "national_id", "staff_code", "full_name", "raw", "value_given"}


def test_every_view_says_what_it_is(made: Cursor) -> None:
    found = tables.rows(
        made,
        "select relname, obj_description(oid) from pg_class where relnamespace = 'reporting'::regnamespace and relkind = 'v'",
    )
    assert {
        "appendix",
        "dossier_flow",
        "indicator_annual",
        "indicator_half_yearly",
        "indicator_quarterly",
        "quality",
        "unit_succession",
    } <= {name for name, _ in found}
    assert [name for name, comment in found if not comment] == []


TOUCHED = [
    ("hr/events", "staff_event", "org_code | decided_on | file_id\nH | 2021-07-01 | {id}", "2021-Q3 2021-9T 2021-N"),
    (
        "document_management/documents",
        "document",
        "org_code | issued_on | file_id\nH | 2021-03-14 | {id}",
        "2021-Q1 2021-6T 2021-9T 2021-N",
    ),
    (
        "declarations/indicators",
        "declaration",
        "indicator_code | org_code | period | file_id\n1.6 | H | 6 tháng | {id}",
        "2021-Q2 2021-6T 2021-9T 2021-N",
    ),
    ("hr/staff", "staff", "org_code | file_id\nH | {id}", "2021-Q3 2021-9T 2021-Q4 2021-N"),
    (
        "one_stop_shop/dossiers",
        "dossier",
        "org_code | received_on | due_on | file_id\nH | 2021-09-01 | 2022-03-01 | {id}",
        "2021-Q3 2021-9T 2021-Q4 2021-N",
    ),
    (
        "document_management/tasks",
        "task",
        "org_code | assigned_on | file_id\nH | 2020-12-14 | {id}",
        "2021-Q1 2021-Q2 2021-6T 2021-Q3 2021-9T 2021-Q4 2021-N",
    ),
]


@pytest.mark.parametrize(("export", "thing", "table", "codes"), TOUCHED, ids=[t[0] for t in TOUCHED])
def test_a_load_touches_the_periods_it_may_have_changed(
    cursor: Cursor, export: str, thing: str, table: str, codes: str
) -> None:
    """A state reaches on to the delivery of 14/10/2021; a due day in the future touches nothing yet."""
    cursor.execute(
        "insert into landing.file (source, export, sender, delivered_on, path, sha256, bytes, modified_ns, archived_as, status)"
        " values (split_part(%(export)s, '/', 1), %(export)s, 'office', '2021-10-14', 'p', 'x', 1, 1, 'a', 'accepted') returning file_id",
        {"export": export},
    )
    file_id = cursor.fetchone()[0]
    tables.insert(cursor, thing, table.format(id=file_id))
    assert touches.touched_periods(cursor.connection, [file_id]) == codes.split()
    assert touches.touched_periods(cursor.connection, []) == []


def test_a_changed_dossier_touches_from_its_first_changed_day_on(cursor: Cursor) -> None:
    """Long open and now finished on 20/8: what it was received for, in May, did not change."""
    cursor.execute(
        "insert into landing.file (source, export, sender, delivered_on, path, sha256, bytes, modified_ns, archived_as, status)"
        " values ('one_stop_shop', 'one_stop_shop/dossiers', 'office', '2021-08-21', 'p', 'x', 1, 1, 'a', 'accepted') returning file_id"
    )
    file_id = cursor.fetchone()[0]
    tables.insert(
        cursor,
        "dossier",
        f"dossier_code | org_code | received_on | finished_on | file_id\nA | H | 2021-05-01 | 2021-08-20 | {file_id}",
    )
    tables.insert(
        cursor,
        "dossier",
        f"dossier_code | org_code | received_on | file_id | superseded_by | superseded_on | closed\nA | H | 2021-05-01 | {file_id - 1} | {file_id} | 2021-08-21 | false",
        history=True,
    )
    assert touches.touched_periods(cursor.connection, [file_id]) == ["2021-Q3", "2021-9T", "2021-N"]


LISTS = [
    # of these lists this one is loaded: the periods whose last days it may tell of
    ("2021-07-01", "2021-07-01", "2021-Q2 2021-6T 2021-Q3 2021-9T 2021-N"),
    ("2021-01-10 2021-02-10", "2021-01-10", "2020-Q4 2020-N 2021-Q1 2021-6T 2021-9T 2021-N"),
    ("2021-01-10 2021-07-10", "2021-01-10", "2020-Q4 2020-N 2021-Q1 2021-Q2 2021-6T 2021-Q3 2021-9T 2021-N"),
]


@pytest.mark.parametrize(("delivered", "loaded", "codes"), LISTS)
def test_a_list_touches_from_a_month_before_it_until_the_next(
    cursor: Cursor, delivered: str, loaded: str, codes: str
) -> None:
    """Also what lies between: a list that comes late tells of every period up to the one that was there already."""
    ids = {}
    for day in delivered.split():
        cursor.execute(
            "insert into landing.file (source, export, sender, delivered_on, path, sha256, bytes, modified_ns, archived_as, status)"
            " values ('hr', 'hr/staff', 'office', %s, 'p', 'x', 1, 1, 'a', 'accepted') returning file_id",
            (day,),
        )
        ids[day] = cursor.fetchone()[0]
    touched = touches.touched_periods(cursor.connection, [ids[loaded]])
    assert touched == [code for code in codes.split() if catalogue.indicators(Period.parse(code).last_day)]


def test_the_schema_can_be_brought_up_to_date_again_and_again(made: Cursor) -> None:
    """Every script runs on a database that has it already, and keeps its data."""
    for _, script in schema._scripts():
        made.execute(script)
    reference.fill_reference(made)
    assert tables.rows(made, "select count(*) from reporting.indicator_quarterly") == [(FIGURES,)]


def test_a_user_who_may_not_make_roles_sets_up_everything_else(cursor: Cursor) -> None:
    """The reader's role is then a database administrator's to make, and the set-up says so."""
    script = (
        (project_files.SQL / "reporting" / "090_reader.sql").read_text("utf-8").replace("cchc_reader", "cchc_nobody")
    )
    cursor.execute("create role plain nologin; set local role plain")
    del cursor.connection.notices[:]
    cursor.execute(script)
    assert "create role cchc_nobody nologin" in cursor.connection.notices[-1]
    cursor.execute("reset role")
    cursor.execute(script)
    cursor.execute(script)
    assert tables.rows(cursor, "select rolcanlogin from pg_roles where rolname = 'cchc_nobody'") == [(False,)]


def test_figures_that_stood_in_the_place_of_the_calendars_are_told_from_them(made: Cursor) -> None:
    """A database of before: an explicit window under the calendar's code, and two meanings of one code."""
    made.execute(
        "update mart.indicator set period_end = '2021-08-31', as_of = '2021-09-01';"
        "update mart.dossier_flow set period_end = '2021-08-31', as_of = '2021-09-01';"
        "insert into quality.finding values"
        " ('H21', '2021-Q3', '2021-06-15', '2021-08-31', 'H', 'FIG-03', 'x', 'computed', 1, 2, -1, 'x')"
    )
    columns = (
        "province_code, period_code, period_start, period_end, as_of, unit_code, '2021-08-01', unit_name, unit_level"
    )
    made.execute(
        f"insert into mart.dossier_flow select {columns}, field, {'0, ' * 13}0 from mart.dossier_flow"
        " where unit_code = 'X' and field = 'Tất cả'"
    )
    period_figures.materialise(made.connection, Period.parse("2021-Q4"))
    made.execute((project_files.SQL / "migrations" / "001_stated_windows.sql").read_text("utf-8"))
    for table in ("mart.indicator", "mart.dossier_flow"):
        assert tables.rows(made, f"select distinct period_code from {table} order by 1") == [
            ("2021-Q3[2021-06-15..2021-08-31@2021-09-01]",),
            ("2021-Q4",),
        ]
    assert tables.rows(made, "select period_code from quality.finding where subject = 'x'") == [
        ("2021-Q3[2021-06-15..2021-08-31@2021-09-01]",)
    ]
    meanings = (
        "select unit_valid_from::text, is_current_meaning from mart.dossier_flow where unit_code = 'X'"
        " and field = 'Tất cả' and period_code like '2021-Q3%%' order by 1"
    )
    assert tables.rows(made, meanings) == [("-infinity", False), ("2021-08-01", True)]
