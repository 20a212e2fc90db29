"""What was decided, and what became of it: given these batches, this history; nobody sees what is not theirs."""

import pytest
from psycopg2.extensions import cursor as Cursor

from etl.errors import UsageError
from etl.stewardship import history
from tests.failures import DOSSIERS, FILES, ROWS, UNITS, failing, files
from tests.tables import drawn, insert

BATCHES = """
id | name          | undoes | by   | evidence
1  | Ngày tháng 11 | -      | lan  | -
2  | Miễn mạng hỏng| -      | lan  | 12/UBND
3  | Hoàn tác      | 1      | minh | -
4  | Miễn lần hai  | -      | hoa  | 13/UBND
"""
DECISIONS = """
id | batch | kind    | record | rule   | column       | value      | until      | unit | line
1  | 1     | correct | A-1    | DOS-13 | finished_at  | 01/12/2021 | -          | X    | 2
2  | 1     | correct | A-1    | DOS-13 | returned_at  | 02/12/2021 | -          | X    | 2
3  | 2     | waive   | A-2    | DOS-13 | finished_at  | -          | 2999-12-31 | X    | 3
4  | 2     | waive   | A-3    | DOS-13 | finished_at  | -          | 2999-12-31 | Y    | 4
5  | 4     | waive   | A-5    | DOS-10 | status       | -          | 2999-12-31 | X    | 6
6  | 4     | correct | A-4    | DOS-58 | applicant_id | 064190001234 | -        | X    | 5
"""
EVENTS = """
decision | kind     | by   | batch
1        | undone   | minh | 3
2        | undone   | minh | 3
3        | approved | minh | -
5        | refused  | minh | -
"""


@pytest.fixture
def given(cursor: Cursor) -> Cursor:
    insert(cursor, "unit", UNITS)
    files(cursor, FILES)
    failing(cursor, ROWS)
    for row in drawn(BATCHES):
        cursor.execute(
            "insert into quality.batch (batch_id, name, undoes, by_name, reason, evidence) overriding system value"
            " values (%(id)s, %(name)s, %(undoes)s, %(by)s, 'vì sao', coalesce(%(evidence)s, ''))",
            row,
        )
    for row in drawn(DECISIONS):
        cursor.execute(
            "insert into quality.decision (decision_id, batch_id, kind, export, sender, record_key, rule_id,"
            " column_name, cell_hash, value, until, unit_code, file_id, line) overriding system value"
            " values (%(id)s, %(batch)s, %(kind)s, %(export)s, 'huyen', %(record)s, %(rule)s, %(column)s, 'x',"
            " %(value)s, %(until)s, %(unit)s, 2, %(line)s)",
            row | {"export": DOSSIERS},
        )
    for row in drawn(EVENTS):
        cursor.execute(
            "insert into quality.decision_event (decision_id, kind, by_name, batch_id, reason)"
            " values (%(decision)s, %(kind)s, %(by)s, %(batch)s, 'vì thế')",
            row,
        )
    cursor.execute("insert into quality.decided_row values (2, 2, 1, 'finished_at', true, '30/11/2021')")
    cursor.execute("insert into quality.decided_row values (2, 2, 2, 'returned_at', false, null)")
    return cursor


def test_batches_are_listed_with_what_became_of_them(given: Cursor) -> None:
    found = history.batches(given, units=None, by="ai")
    assert [(b.batch_id, b.name, b.undoes, b.rows, b.states) for b in found] == [
        (4, "Miễn lần hai", None, 2, [("có hiệu lực", 1), ("không duyệt", 1)]),
        (3, "Hoàn tác", 1, 1, [("đã hoàn tác", 2)]),
        (2, "Miễn mạng hỏng", None, 2, [("chờ duyệt", 1), ("có hiệu lực", 1)]),
        (1, "Ngày tháng 11", None, 1, [("đã hoàn tác", 2)]),
    ]
    assert [b.batch_id for b in history.batches(given, units=None, by="ai", state="waiting")] == [2]
    assert [b.batch_id for b in history.batches(given, units=None, by="ai", before=3, limit=1)] == [2]


@pytest.mark.parametrize(("units", "by", "seen"), [(["Y"], "ai", [2]), (["X"], "ai", [4, 3, 2, 1]), ([], "hoa", [4])])
def test_somebody_sees_their_units_and_what_they_did(given: Cursor, units: list, by: str, seen: list) -> None:
    assert [b.batch_id for b in history.batches(given, units=units, by=by)] == seen
    for batch_id in (1, 2, 3, 4):
        if batch_id in seen:
            assert history.batch(given, batch_id, units=units, by=by).batch_id == batch_id
        else:
            with pytest.raises(UsageError, match="đơn vị khác"):
                history.batch(given, batch_id, units=units, by=by)


def test_a_decision_says_what_stood_before_and_after_masked(given: Cursor) -> None:
    one, two = history.decisions(given, 1)
    assert (one.header, one.before, one.after, one.applied, one.state, one.last_by) == (
        *("Ngày kết thúc xử lý", "30/11/2021", "01/12/2021"),
        *(True, "undone", "minh"),
    )
    assert (two.before, two.is_void) == ("29/11/2021", True)  # as the failing row said it; it says something else now
    of_waivers = history.decisions(given, 2)
    assert [(d.record_key, d.state, d.after) for d in of_waivers] == [("A-2", "holds", None), ("A-3", "waiting", None)]
    assert [d.record_key for d in history.decisions(given, 2, after=3)] == ["A-3"]
    assert [d.after for d in history.decisions(given, 4)] == [None, "0••••••••••4"]


def test_what_is_waived_often_is_told_by_rule_and_by_unit(given: Cursor) -> None:
    rules, units = history.waived(given, units=None)
    assert [(w.code, w.asked, w.waiting, w.holding, w.refused) for w in rules] == [
        ("DOS-13", 2, 1, 1, 0),
        ("DOS-10", 1, 0, 0, 1),
    ]
    assert [(w.code, w.asked) for w in units] == [("X", 2), ("Y", 1)]
    assert [(w.code, w.asked) for w in history.waived(given, units=["Y"])[0]] == [("DOS-13", 1)]
