"""What became of failing rows, by rule and file: for `cchc quality --states`, and for the province."""

import pytest
from psycopg2.extensions import cursor as Cursor

from etl import cli
from etl.reports import quality
from tests.failures import DOSSIERS, FILES, ROWS, failing, files
from tests.tables import drawn, rows

DECIDED = """
kind           | record | rule   | until
confirm        | A-2    | DOS-13 | -
waive          | A-3    | DOS-13 | 2999-12-31
mend_at_source | A-4    | DOS-10 | -
waive          | A-5    | DOS-10 | 2021-12-31
correct        | B-1    | DOS-13 | -
"""


@pytest.fixture
def given(cursor: Cursor) -> Cursor:
    files(cursor, FILES)
    failing(cursor, ROWS)
    cursor.execute("insert into quality.batch (name, by_name, reason) values ('b', 'lan', 'r') returning batch_id")
    (batch,) = cursor.fetchone()
    for row in drawn(DECIDED):
        cursor.execute(
            "insert into quality.decision (batch_id, kind, export, sender, record_key, rule_id, column_name, cell_hash,"
            " until, unit_code, file_id, line) values (%(batch)s, %(kind)s, %(export)s, 'huyen', %(record)s, %(rule)s,"
            " 'x', 'x', %(until)s, 'X', 3, 2) returning decision_id",
            row | {"batch": batch, "export": DOSSIERS},
        )
        (decision,) = cursor.fetchone()
        if row["kind"] == "correct":  # its row breaks the rule no more
            cursor.execute("insert into quality.decided_row values (3, 2, %s, 'x', true, 'y')", (decision,))
        else:
            cursor.execute(
                "update quality.violation set decision_id = %s where record_key = %s", (decision, row["record"])
            )
    for file_id, rule_id in ((1, "DOS-13"), (2, "DOS-13"), (2, "DOS-10"), (3, "DOS-13")):
        cursor.execute("insert into quality.result values (%s, %s, 'status', 'error', 9, 1, null)", (file_id, rule_id))
    return cursor


def test_rows_are_open_confirmed_waived_or_resolved(given: Cursor) -> None:
    found = quality.states_by_rule(given.connection)
    assert [(s.file_id, s.rule_id, s.rows, s.open, s.confirmed, s.waived, s.resolved) for s in found] == [
        (1, "DOS-13", 1, 0, 0, 0, 1),  # the next night brought the row again
        (2, "DOS-10", 3, 3, 0, 0, 0),  # waits for its source; its waiver is over; nobody has decided
        (2, "DOS-13", 3, 1, 1, 1, 0),
        (3, "DOS-10", 1, 1, 0, 0, 0),
        (3, "DOS-13", 1, 0, 0, 0, 1),  # corrected
    ]
    assert [s.rule_id for s in quality.states_by_rule(given.connection, file_id=1)] == ["DOS-13"]
    assert {s.severity for s in found} == {"error"}


def test_the_province_reads_them(given: Cursor) -> None:
    told = (
        "select file_id, rule_id, rows_confirmed, rows_waived, rows_resolved from reporting.quality"
        " where rule_id like 'DOS%%' order by 1, 2"
    )
    assert rows(given, told) == [
        (1, "DOS-13", 0, 0, 1),
        (2, "DOS-10", 0, 0, 0),
        (2, "DOS-13", 1, 1, 0),
        (3, "DOS-13", 0, 0, 1),
    ]


def test_states_on_the_command_line(warehouse_url: str, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    monkeypatch.setenv("CCHC_WAREHOUSE_URL", warehouse_url)
    assert cli.run(["quality", "--states", "--format", "csv"]) == 0
    header = "rule_id,severity,export,file_id,rows,open,confirmed,waived,resolved,statement"
    assert capsys.readouterr().out.splitlines() == [header]
    assert cli.run(["quality", "--states"]) == 0
    assert capsys.readouterr().out == "Không có quy tắc nào bị vi phạm.\n"
    assert cli.run(["quality", "--states", "--rows", "1"]) == 2
