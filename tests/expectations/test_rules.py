"""Every rule is seen to hold and to break, in our own pass and in Great Expectations, which must count the same."""

import csv
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import psycopg2
import pytest
import yaml

from etl import catalogue, masking
from etl.catalogue import Export, project_files
from etl.errors import CatalogueError, RuleFailed
from etl.reading import values
from etl.reading.rows import CELLS
from etl.rules import conditions, functions, second_count
from etl.warehouse import database
from tests.tables import cells

HERE = Path(__file__).parent
CASES = {said["export"]: said for said in (yaml.safe_load(p.read_text("utf-8")) for p in sorted(HERE.glob("*.yml")))}
# Which rules there are, and how severe each is: neither changes by mistake.
STATED = {r["rule_id"]: r["severity"] for r in csv.DictReader((HERE / "rules.csv").read_text("utf-8").splitlines())}
OURS = [rule_id for rule_id, rule in catalogue.rules().items() if rule.export != "*"]
SQL_TYPES = {pl.String: "text", pl.Date: "date", pl.Datetime: "timestamp", pl.Int64: "bigint", pl.Boolean: "boolean"}


def drawn(table: str) -> Iterator[dict[str, str | None]]:
    """The rows of a drawn table; an empty cell is None."""
    head, *rows = cells(table)
    for row in rows:
        yield dict(zip(head, [cell or None for cell in row] + [None] * (len(head) - len(row)), strict=True))


def delivered(export: Export, rows: list[Mapping[str, str | None]]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Raw and typed candidates of a file with these rows, with what loading adds: hashes and repetitions."""
    columns = [*(column.name for column in export.columns), CELLS]
    raw = pl.DataFrame(
        [[line, *(row.get(c) for c in columns)] for line, row in enumerate(rows, start=2)],
        schema={"line": pl.Int64, **dict.fromkeys(columns, pl.String)},
        orient="row",
    )
    typed = values.typed(raw, export)
    contents = [tuple(row) for row in values.compared(raw, export).iter_rows()]
    keys = [tuple(row) for row in typed.select(export.key).iter_rows()]
    raw_hash = [sorted(set(map(str, contents))).index(str(row)) for row in contents]
    given = Counter(keys)
    distinct = Counter(key for key, _ in set(zip(keys, contents, strict=True)))
    typed = typed.with_columns(
        raw[CELLS].is_not_null().alias(conditions.OTHER_CELLS),
        key_hash=pl.Series([sorted(map(str, given)).index(str(key)) for key in keys], dtype=pl.Int64),
        raw_hash=pl.Series(raw_hash, dtype=pl.Int64),
        key_given_again=pl.Series([given[key] > 1 for key in keys]),
        key_repeated=pl.Series([distinct[key] > 1 for key in keys]),
    )
    asked = [c for rule in catalogue.rules(export.name).values() for c in rule.fails.values()]
    if not any("key_given_again" in condition for condition in asked):  # then identical rows are one row
        first = pl.Series([contents.index(row) == place for place, row in enumerate(contents)])
        raw, typed = raw.filter(first), typed.filter(first)
    return raw, typed


def stage(cursor: Any, export: Export, typed: pl.DataFrame) -> str:
    """A staging table as loading makes it: the judged columns, the key and the hashes."""
    columns = list(dict.fromkeys(["line", *export.key, *conditions.plan(export).judged, "key_hash", "raw_hash"]))
    table = f"staging.{export.thing}_1"
    definition = ", ".join(f"{c} {SQL_TYPES[typed.schema[c].base_type()]}" for c in columns)
    cursor.execute(f"drop table if exists {table}; create unlogged table {table} ({definition})")
    for row in typed.select(columns).iter_rows():
        cursor.execute(f"insert into {table} values ({', '.join(['%s'] * len(columns))})", row)
    return table


def know(cursor: Any, given: Mapping[str, str]) -> None:
    """Rows that the warehouse has before the file arrives."""
    for table, text in given.items():
        for row in drawn(text):
            columns = {"province_code": "H21", "sender": "test", "delivered_on": "2021-01-01", "file_id": 0, **row}
            columns = {name: value for name, value in columns.items() if value is not None}
            cursor.execute(
                f"insert into {table} ({', '.join(columns)}) values ({', '.join(['%s'] * len(columns))})",
                [*columns.values()],
            )


@pytest.fixture
def connection(warehouse_url: str) -> Iterator[psycopg2.extensions.connection]:
    connection = database.connect(warehouse_url)
    connection.autocommit = True
    yield connection
    connection.close()


@pytest.mark.parametrize("name", CASES)
def test_rules_hold_and_break(name: str, connection: psycopg2.extensions.connection, warehouse_url: str) -> None:
    said, export = CASES[name], catalogue.export(name)
    rows, expected = [], []
    for rule_id, table in {"": "breaks\n\n", **said["rules"]}.items():
        for row in drawn(table) if rule_id else [{"breaks": None}]:
            breaks = {(rule_id, column.strip()) for column in (row.pop("breaks") or "").split(",") if column.strip()}
            why = row.pop("why", None)
            good = {column: text.format(n=len(rows) + 7000) for column, text in said["good"].items()}
            rows.append({**good, **row})
            expected.append((rule_id, breaks, why))
    raw, typed = delivered(export, rows)
    with connection.cursor() as cursor:
        know(cursor, said.get("given") or {})
        lookups = conditions.lookups_of(connection, export)
        failures = conditions.failures(typed, raw, export, delivered_on=said["delivered_on"], lookups=lookups)
        table = stage(cursor, export, typed)
    broken: dict[int, set[tuple[str, str]]] = {line: set() for line in typed["line"]}
    for line, rule_id, column in failures.select("line", "rule_id", "column_name").iter_rows():
        broken[line].add((rule_id, column))
    assert broken[2] == set(), "the good row breaks a rule"
    wrong = [
        f"{rule_id}, row {rows[line - 2]} ({why}): expected {sorted(breaks)}, broke {sorted(found)}"
        for line, found in broken.items()
        for rule_id, breaks, why in [expected[line - 2]]
        if breaks != {pair for pair in found if pair[0] == rule_id}
    ]
    assert wrong == []
    verdict = second_count.judge(warehouse_url, table, export, delivered_on=said["delivered_on"])
    ours = Counter(pair for pairs in broken.values() for pair in pairs)
    assert {(j.rule_id, j.column_name): j.failed for j in verdict.judgements if j.failed} == dict(ours)
    assert {j.checked for j in verdict.judgements} == {typed.height}


@pytest.mark.parametrize("rule_id", OURS)
def test_what_a_rule_tells_an_office_are_sentences(rule_id: str) -> None:
    rule = catalogue.rules()[rule_id]
    assert rule.message.endswith(".")
    assert rule.remedy.endswith(".")


@pytest.mark.parametrize("rule_id", OURS)
def test_rule_has_cases(rule_id: str) -> None:
    rule = catalogue.rules()[rule_id]
    breaks = [row["breaks"] or "" for row in drawn(CASES[rule.export]["rules"][rule_id])]
    seen = {column.strip() for cell in breaks for column in cell.split(",") if column.strip()}
    assert seen == set(rule.fails), "each column is seen to break"
    assert "" in breaks, "the rule is seen to hold"


def test_rules_and_their_severities_are_those_that_are_listed() -> None:
    assert {rule_id: rule.severity for rule_id, rule in catalogue.rules().items()} == STATED
    assert {rule.layer for rule in catalogue.rules("*").values() if not rule.fails} == {"file"}


@pytest.mark.parametrize("name", CASES)
def test_rows_of_every_export_are_judged_by_their_number_of_cells(
    name: str, connection: Any, warehouse_url: str
) -> None:
    export = catalogue.export(name)
    good = {column: text.format(n=7000) for column, text in CASES[name]["good"].items()}
    raw, typed = delivered(export, [good, {CELLS: "9 ô; tiêu đề có 8 ô"}])
    with connection.cursor() as cursor:
        table = stage(cursor, export, typed)
    lookups = conditions.lookups_of(connection, export)
    found = conditions.failures(typed, raw, export, delivered_on=date(2021, 12, 31), lookups=lookups, only={"FIL-10"})
    assert found.drop("cell").rows() == [(typed["line"][-1], "FIL-10", "error", CELLS, "9 ô; tiêu đề có 8 ô")]
    verdict = second_count.judge(warehouse_url, table, export, delivered_on=date(2021, 12, 31))
    assert [(j.column_name, j.failed) for j in verdict.judgements if j.rule_id == "FIL-10"] == [(CELLS, 1)]


@pytest.mark.parametrize("name", CASES)
def test_judged_columns_hold_no_personal_data(name: str) -> None:
    export = catalogue.export(name)
    personal = {column.name for column in export.columns if column.personal}
    assert personal.isdisjoint({*conditions.plan(export).judged, *export.key})


@pytest.mark.parametrize("name", CASES)
def test_suite_says_severity_and_sentence(name: str) -> None:
    export = catalogue.export(name)
    for expectation in second_count.suite(export, date(2021, 12, 31)).expectations:
        rule = catalogue.rules()[expectation.meta["rule_id"]]
        assert expectation.severity == {"error": "critical", "warning": "warning"}[rule.severity]
        assert expectation.description == rule.message


def test_nothing_new_is_judged_too(connection: Any, warehouse_url: str) -> None:
    export = catalogue.export("one_stop_shop/dossiers")
    with connection.cursor() as cursor:
        table = stage(cursor, export, delivered(export, [{}])[1].clear())
    verdict = second_count.judge(warehouse_url, table, export, delivered_on=date(2021, 12, 31))
    assert {(j.rule_id, j.column_name) for j in verdict.judgements} == set(conditions.plan(export).conditions)
    assert {(j.failed, j.checked) for j in verdict.judgements} == {(0, 0)}
    assert verdict.result.success


# --- a rule that does not run ---------------------------------------------------------------------------------------

RULES = """
judged: [event_code, staff_code, event_kind, decided_on]
rules:
  NEW-01:
    layer: value
    severity: error
    statement: the form is given
    message: Thiếu hình thức.
    remedy: Bổ sung hình thức.
    fails: {form: "%s"}
"""
SUITE = """
import great_expectations as gx
from etl.rules.expectations import given, no_rows

def suite(delivered_on):
    return gx.ExpectationSuite(name="hr/events", expectations=[%s])
"""


@pytest.fixture
def events(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Staff events with one rule of an office's own; called with its condition and its expectation."""

    def define(condition: str = "form is null", expectation: str = "given('NEW-01', 'form')") -> Export:
        folder = tmp_path / "expectations" / "hr"
        folder.mkdir(parents=True)
        (folder / "events.yml").write_text(RULES % condition, "utf-8")
        (folder / "events.py").write_text(SUITE % expectation, "utf-8")
        monkeypatch.setattr(project_files, "EXPECTATIONS", tmp_path / "expectations")
        return catalogue.export("hr/events")

    return define


def two_events(export: Export) -> tuple[pl.DataFrame, pl.DataFrame]:
    return delivered(export, [{"event_code": "1", "form": "Thi tuyển"}, {"event_code": "2"}])


def failing(export: Export) -> pl.DataFrame:
    raw, typed = two_events(export)
    return conditions.failures(typed, raw, export, delivered_on=date(2021, 12, 31), lookups={})


def judged(export: Export, connection: Any, url: str) -> second_count.Verdict:
    with connection.cursor() as cursor:
        _, typed = two_events(export)
        cursor.execute("create table staging.staff_event_1 (line bigint, form text)")
        for row in typed.select("line", "form").iter_rows():
            cursor.execute("insert into staging.staff_event_1 values (%s, %s)", row)
    return second_count.judge(url, "staging.staff_event_1", export, delivered_on=date(2021, 12, 31))


def test_rule_of_an_office(events: Any, connection: Any, warehouse_url: str) -> None:
    export = events()
    assert failing(export).drop("cell").rows() == [(3, "NEW-01", "error", "form", None)]
    verdict = judged(export, connection, warehouse_url)
    assert verdict.judgements == (second_count.Judgement("NEW-01", "form", "error", failed=1, checked=2),)


@pytest.mark.parametrize(
    ("condition", "says"),
    [
        ("nowhere is null", r"NEW-01 \(form\) of hr/events could not be evaluated: .*nowhere"),
        ("cast(form as bigint) > 1", r"NEW-01 \(form\) of hr/events could not be evaluated"),
        ("upper(form)", r"NEW-01 \(form\) of hr/events gives String and not true or false"),
    ],
)
def test_rule_that_crashes_is_an_error_and_no_pass(condition: str, says: str, events: Any) -> None:
    with pytest.raises(RuleFailed, match=says) as raised:
        failing(events(condition))
    assert "Thi tuyển" not in str(raised.value), "values of rows stay out of messages"


PLANTED = "Bùi Thị Lộ 064190001234"


@pytest.mark.parametrize(
    "crash",
    [
        lambda cells: cells.cast(pl.Int64),
        lambda cells: cells.str.to_integer(),
        lambda cells: cells.str.to_datetime("%d/%m/%Y"),
        lambda cells: cells.cast(pl.Enum(["Thi tuyển"])),
        lambda cells: pl.Series([int(cell) for cell in cells]),
        lambda cells: pl.Series([{}[cell] for cell in cells]),
    ],
)
def test_function_that_crashes_names_no_person(crash: Any, events: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(functions.FUNCTIONS, "crash", lambda frame, lookups: crash(frame["form"]))
    export = events()
    path = project_files.EXPECTATIONS / "hr" / "events.yml"
    path.write_text(path.read_text("utf-8") + "derived: {wrong: {call: crash}}\n", "utf-8")
    raw, typed = delivered(export, [{"event_code": "1", "form": PLANTED}])
    with pytest.raises(
        RuleFailed, match=r"expectations/hr/events.yml: wrong could not be derived \(\w+Error"
    ) as raised:
        conditions.failures(typed, raw, export, delivered_on=date(2021, 12, 31), lookups={})
    assert not names_anybody(raised.value)


@pytest.mark.parametrize(
    "query",
    [
        "event_kind::bigint > 0",
        "event_kind::date is null",
        "to_number(event_kind, 'FM99') > 0",
        "event_kind::jsonb is null",
        "event_kind ~ ('(' || event_kind)",
        "make_date(2021, substr(event_kind, 11)::int, 1) is null",
    ],
)
def test_expectation_that_crashes_names_no_person(
    query: str, events: Any, connection: Any, warehouse_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    export = events(expectation=f"no_rows('NEW-01', 'form', \"select line from {{batch}} where {query}\")")
    _, typed = delivered(export, [{"event_code": "1", "event_kind": PLANTED}])
    with connection.cursor() as cursor:
        table = stage(cursor, export, typed)
    with pytest.raises(RuleFailed, match="NEW-01: Great Expectations could not count") as raised:
        second_count.judge(warehouse_url, table, export, delivered_on=date(2021, 12, 31))
    assert not names_anybody(raised.value)
    assert not names_anybody(caplog.text)


def names_anybody(said: object) -> bool:
    return any(word in str(said) for word in PLANTED.split())


def test_condition_that_is_no_sql_names_the_rule(events: Any) -> None:
    with pytest.raises(CatalogueError, match=r"expectations/hr/events.yml: NEW-01: the condition cannot be read"):
        failing(events("form is is null"))


@pytest.mark.parametrize(
    ("expectation", "says"),
    [
        ("given('NEW-01', 'form', typed='nowhere')", "NEW-01: Great Expectations could not count .*nowhere"),
        (
            "no_rows('NEW-01', 'form', 'select line from {batch} where 1 / (line - 3) > 0')",
            "NEW-01: Great Expectations could not count .*zero",
        ),
        ("", r"NEW-01 \(form\): stated in one of"),
        ("given('NEW-01', 'form'), given('NEW-01', 'event_code')", r"NEW-01 \(event_code\): stated in one of"),
    ],
)
def test_expectation_that_crashes_or_is_missing_is_an_error(
    expectation: str, says: str, events: Any, connection: Any, warehouse_url: str
) -> None:
    with pytest.raises(RuleFailed, match=says):
        judged(events(expectation=expectation), connection, warehouse_url)


def test_rule_that_is_not_in_our_own_pass_is_an_error(events: Any, connection: Any, warehouse_url: str) -> None:
    export = events(expectation="given('NEW-01', 'form'), given('OLD-01', 'form')")
    with pytest.raises(CatalogueError, match=r"a suite states OLD-01 \(form\), but no rule has this id"):
        judged(export, connection, warehouse_url)


# --- what may be shown ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "personal", "shown"),
    [
        ("Đang xử lý", None, "Đang xử lý"),
        (None, "name", None),
        ("Nguyễn Văn An", "name", "N•••••••••••n"),
        (" 012345678901 ", "id", "0••••••••••1"),
        ("0905", "phone", "••••"),
        ("", "birth", ""),
    ],
)
def test_mask(value: str | None, personal: str | None, shown: str | None) -> None:
    assert masking.mask(value, personal) == shown


def test_personal_values_of_failing_rows_are_masked(connection: Any) -> None:
    export = catalogue.export("one_stop_shop/dossiers")
    raw, typed = delivered(export, [{**CASES[export.name]["good"], "applicant_id": "B1234567"}])
    with connection.cursor() as cursor:
        know(cursor, CASES[export.name]["given"])
    found = conditions.failures(
        typed, raw, export, delivered_on=date(2021, 12, 31), lookups=conditions.lookups_of(connection, export)
    )
    assert found.select("rule_id", "column_name", "value").rows() == [("DOS-58", "applicant_id", "B••••••7")]


def test_only_some_rules_run(connection: Any) -> None:
    export = catalogue.export("one_stop_shop/dossiers")
    raw, typed = delivered(export, [{}])
    found = conditions.failures(
        typed,
        raw,
        export,
        delivered_on=date(2021, 12, 31),
        lookups=conditions.lookups_of(connection, export),
        only={"DOS-03"},
    )
    assert found["rule_id"].to_list() == ["DOS-03"]


def test_rows_that_are_judged_in_batches_are_not_compared_by_a_condition(events: Any) -> None:
    with pytest.raises(CatalogueError, match=r"expectations/hr/events.yml: rows are compared with one another"):
        conditions.plan(events("count(event_code) over (partition by org_code) > 1"))


def test_a_unit_is_its_own_ancestor_in_linear_time() -> None:
    """100,000 units of which each is below the next one, and the last below the first."""
    above = {str(n): {str((n + 1) % 100_000)} for n in range(100_000)}
    assert len(set(functions._circles(above).values())) == 1
    del above["99999"]
    assert len(set(functions._circles(above).values())) == 100_000
