"""Issues are derived from failing rows, decisions and events: given these rows, this list."""

import json
from datetime import date

import pytest
from psycopg2.extensions import cursor as Cursor

from etl import catalogue
from etl.errors import UsageError
from etl.stewardship import issues
from etl.stewardship.issues import Issue, Key
from tests.failures import DOSSIERS, FILES, ROWS, UNITS, failing, files
from tests.tables import insert

DAY = date(2021, 12, 20)


def quarantined(cursor: Cursor, said: dict[str, str]) -> None:
    """Line 2 of file 2 is in quarantine, with these cells."""
    raw = json.dumps({"Mã hồ sơ": "A-1"} | said)
    cursor.execute(
        "insert into quality.quarantined_row values (2, 2, %s, 'A-1', %s, '{DOS-13}', '{x}')", (DOSSIERS, raw)
    )


@pytest.fixture
def given(cursor: Cursor) -> Cursor:
    insert(cursor, "unit", UNITS)
    files(cursor, FILES)
    failing(cursor, ROWS)
    return cursor


def one(cursor: Cursor, key: Key, *, units: list[str] | None) -> Issue | None:
    return issues.one(cursor, key.rule_id, key.issue_id, units=units)


def listed(cursor: Cursor, **asked: object) -> list[tuple[str, str, str, int, str]]:
    page = issues.listed(cursor, **{"units": None, "states": tuple(issues.STATES)} | asked)
    return [(i.key.rule_id, i.key.word, i.key.unit_code, i.rows, i.state) for i in page.issues]


def test_rows_of_one_rule_and_unit_are_one_issue_and_words_one_each(given: Cursor) -> None:
    assert listed(given) == [
        ("DOS-13", "", "X", 2, "new"),  # a row counts once, and what the next night brought again is closed
        ("DOS-10", "chờ ký", "X", 1, "new"),
        ("DOS-10", "lưu", "", 1, "new"),  # nobody knows whose
        ("DOS-10", "lưu", "H", 1, "new"),  # 99 is no unit: it is its sender's
        ("DOS-10", "lưu", "X", 1, "new"),
        ("DOS-13", "", "Y", 1, "new"),
    ]
    page = issues.listed(given, units=None)
    assert (page.total, page.rows) == (6, 7)
    first = page.issues[0]
    assert (f"{first.since:%d/%m}", first.oldest, first.files) == ("01/12", date(2021, 12, 2), 1)
    assert first.title == catalogue.rules()["DOS-13"].message


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"units": ["X"]}, [("DOS-13", "X"), ("DOS-10", "X"), ("DOS-10", "X")]),
        ({"units": []}, []),
        ({"rule_id": "DOS-13", "order": "unit"}, [("DOS-13", "X"), ("DOS-13", "Y")]),
        ({"unit": "", "order": "rule"}, [("DOS-10", "")]),
        ({"export": "hr/units"}, []),
        ({"record": " a-3 "}, [("DOS-13", "Y")]),
        ({"record": "A-1"}, [("DOS-13", "X")]),
        ({"record": "A-"}, []),
        ({"states": ("resolved",)}, []),
    ],
)
def test_what_is_asked_for_is_listed(given: Cursor, asked: dict, found: list[tuple[str, str]]) -> None:
    assert [(rule, unit) for rule, _, unit, _, _ in listed(given, **asked)] == found


@pytest.mark.parametrize("order", issues.ORDERS)
def test_pages_follow_each_other_whatever_the_order(given: Cursor, order: str) -> None:
    whole = listed(given, order=order)
    pages, after = [], None
    while True:
        page = issues.listed(given, units=None, order=order, after=after, limit=2)
        pages += [(i.key.rule_id, i.key.word, i.key.unit_code, i.rows, i.state) for i in page.issues]
        assert page.total == 6
        if (after := page.after) is None:
            break
    assert pages == whole


def test_the_rows_of_an_issue_are_told_with_the_file_s_line_and_every_failing_cell(given: Cursor) -> None:
    quarantined(given, {"Chủ hồ sơ": "Trần Thử Một", "Số giấy tờ": "064190001234", "Ghi chú": "Thử Một"})
    issue = one(given, Key(DOSSIERS, "DOS-13", "", "X"), units=None)
    first, after = issues.rows(given, issue, limit=1)
    second, end = issues.rows(given, issue, after=after, limit=1)
    assert end is None
    (row,) = first
    assert (row.file_id, row.place, row.file) == (2, 2, f"{DOSSIERS}/2021-12-02/huyen.csv")
    assert [(c.header, c.value) for c in row.cells] == [
        ("Ngày kết thúc xử lý", "30/11/2021"),
        ("Ngày trả kết quả", "29/11/2021"),
    ]
    whole = dict(row.whole)
    assert (whole["Mã hồ sơ"], whole["Chủ hồ sơ"], whole["Số giấy tờ"]) == ("A-1", "T••••••••••t", "0••••••••••4")
    assert "Một" not in whole["Ghi chú"]  # a name of the same row, in a column that is nobody's
    assert [r.record_key for r in second] == ["A-2"]
    assert second[0].whole == ()
    assert [r.record_key for r in issues.rows(given, issue, record="a-2")[0]] == ["A-2"]
    assert [r.record_key for r in issues.rows(given, issue, only=[(2, 3)])[0]] == ["A-2"]
    assert issues.rows(given, issue, only=[(2, 4)]) == ([], None)  # a row of another unit
    assert issues.cells(given, issue, only=[(2, 2), (2, 4)], limit=9) == [(2, 2, ["finished_at", "returned_at"])]


@pytest.mark.parametrize(("unit", "records"), [("", ["B-1"]), ("H", ["A-6"]), ("X", ["A-5"])])
def test_rows_that_name_no_unit_are_those_of_their_sender_s(given: Cursor, unit: str, records: list[str]) -> None:
    issue = one(given, Key(DOSSIERS, "DOS-10", "lưu", unit), units=None)
    assert [row.record_key for row in issues.rows(given, issue)[0]] == records


def test_nobody_sees_an_issue_of_another_unit(given: Cursor) -> None:
    key = Key(DOSSIERS, "DOS-13", "", "X")
    assert one(given, key, units=["X", "Y"])
    assert one(given, key, units=["Y"]) is None
    assert one(given, Key(DOSSIERS, "DOS-10", "lưu", ""), units=["H", "X", "Y"]) is None


def test_rows_that_wait_for_their_source_are_counted_apart_and_settled_ones_not_at_all(given: Cursor) -> None:
    given.execute("insert into quality.batch (name, by_name, reason) values ('b', 'lan', 'r') returning batch_id")
    (batch,) = given.fetchone()
    said = [("A-1", "mend_at_source", None), ("A-2", "confirm", None), ("A-3", "waive", "yesterday"),
            ("A-5", "waive", "today")]  # fmt: skip
    for record, kind, until in said:
        given.execute(
            "insert into quality.decision (batch_id, kind, export, sender, record_key, rule_id, column_name, cell_hash,"
            " until, unit_code, file_id, line) values (%s, %s, %s, 'huyen', %s, 'x', 'x', 'x',"
            " case %s when 'today' then current_date when 'yesterday' then current_date - 1 end, 'X', 2, 2)"
            " returning decision_id",
            (batch, kind, DOSSIERS, record, until),
        )
        given.execute(
            "update quality.violation set decision_id = %s where record_key = %s", (given.fetchone()[0], record)
        )
    found = {(rule, word, unit): (count, state) for rule, word, unit, count, state in listed(given)}
    assert found["DOS-13", "", "X"] == (0, "at_source")
    assert one(given, Key(DOSSIERS, "DOS-13", "", "X"), units=None).rows_at_source == 1
    assert found["DOS-13", "", "Y"] == (1, "new")  # the waiver is over
    assert ("DOS-10", "lưu", "X") not in found
    assert found["DOS-10", "lưu", "H"] == (1, "new")


def test_the_state_of_an_issue_follows_what_people_do_and_what_loads_bring(given: Cursor) -> None:
    key = Key(DOSSIERS, "DOS-13", "", "X")

    def state() -> str:
        return one(given, key, units=None).state

    def act(kind: str, **said: object) -> str:
        issues.act(given, key, kind, by="lan", today=DAY, **said)
        return state()

    assert state() == "new"
    assert act("acknowledged") == "acknowledged"
    assert act("commented", text="đã gọi xã") == "acknowledged"
    assert act("assigned", assignee="minh") == "assigned"
    assert one(given, key, units=None).assignee == "minh"
    assert act("snoozed", until=date(2999, 1, 1)) == "snoozed"
    assert listed(given, states=issues.OPEN)[0][0] != "DOS-13" or listed(given, states=issues.OPEN)[0][2] != "X"
    assert act("acknowledged") == "acknowledged"  # whoever goes on with it ends the rest
    assert act("resolved") == "resolved"
    # a row that stood then changes nothing; one that is loaded later opens it again
    given.execute("update landing.file set loaded_at = clock_timestamp() + interval '1 minute' where file_id = 2")
    assert state() == "reopened"
    assert act("acknowledged") == "acknowledged"
    # its rows go: there is no issue any more, and what people did stays
    given.execute("update quality.violation set closed_by = 3 where rule_id = 'DOS-13'")
    assert one(given, key, units=None) is None
    assert issues.of_before(given, key.rule_id, key.issue_id, units=["X"]) == key
    assert issues.of_before(given, key.rule_id, key.issue_id, units=["Y"]) is None
    assert [event.kind for event in issues.events(given, key)][-3:] == ["assigned", "commented", "acknowledged"]


def test_a_rest_ends_by_itself(given: Cursor) -> None:
    key = Key(DOSSIERS, "DOS-13", "", "X")
    issues.act(given, key, "assigned", by="lan", assignee="minh")
    issues.act(given, key, "snoozed", by="lan", until=date(2021, 12, 31), today=DAY)  # long ago
    assert one(given, key, units=None).state == "assigned"


@pytest.mark.parametrize(
    ("kind", "said", "words"),
    [
        ("assigned", {}, "giao cho ai"),
        ("commented", {"text": " "}, "còn trống"),
        ("snoozed", {"until": DAY}, "muộn hơn hôm nay"),
        ("snoozed", {}, "muộn hơn hôm nay"),
        ("deleted", {}, "Không có việc này"),
    ],
)
def test_what_is_missing_is_said(given: Cursor, kind: str, said: dict, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        issues.act(given, Key(DOSSIERS, "DOS-13", "", "X"), kind, by="lan", today=DAY, **said)
    assert issues.events(given, Key(DOSSIERS, "DOS-13", "", "X")) == []


def test_files_that_were_refused_and_headers_that_nobody_knows_are_issues(given: Cursor) -> None:
    files(
        given,
        """
        id | export   | sender | day        | status   | rule   | headers
        11 | hr/staff | huyen  | 2021-12-01 | rejected | FIL-02 | -
        12 | hr/staff | huyen  | 2021-12-02 | held     | FIL-07 | -
        13 | hr/staff | X      | 2021-12-01 | rejected | FIL-02 | -
        14 | hr/staff | X      | 2021-12-02 | accepted | -      | -
        15 | hr/quotas| huyen  | 2021-12-01 | accepted | -      | «Cũ»
        16 | hr/quotas| huyen  | 2021-12-02 | accepted | -      | «Mã A»;«Mã B»
        17 | hr/quotas| huyen  | 2021-12-03 | accepted | -      | «Mã A»
        18 |          | lạc    | 0001-01-01 | rejected | -      | -
        """,
    )
    of_files = [one for one in issues.listed(given, units=None).issues if one.is_of_files]
    assert [(i.key.export, i.key.rule_id, i.key.word, i.key.unit_code, i.rows, i.severity) for i in of_files] == [
        ("", "", "", "", 1, "fatal"),
        ("hr/staff", "FIL-02", "", "H", 1, "fatal"),
        ("hr/quotas", "FIL-04", "«Mã A»", "H", 1, "warning"),
        ("hr/staff", "FIL-07", "", "H", 1, "fatal"),
    ]
    assert [f"{i.since:%d/%m}" for i in of_files[1:]] == ["01/12", "02/12", "02/12"]
    assert of_files[0].oldest is None


def test_a_row_is_revealed_with_a_reason_that_is_kept(given: Cursor) -> None:
    quarantined(given, {"Chủ hồ sơ": "Trần Thử Một"})
    issue = one(given, Key(DOSSIERS, "DOS-13", "", "X"), units=None)
    kept, loaded = issues.rows(given, issue)[0]
    with pytest.raises(UsageError, match="lý do"):
        issues.reveal(given, kept, by="lan", reason="  ")
    with pytest.raises(UsageError, match="đã nạp"):
        issues.reveal(given, loaded, by="lan", reason="đối chiếu")
    assert issues.reveal(given, kept, by="lan", reason="đối chiếu")["Chủ hồ sơ"] == "Trần Thử Một"
    given.execute("select file_id, line, by_name, reason from quality.reveal")
    assert given.fetchall() == [(2, 2, "lan", "đối chiếu")]


def test_when_an_export_was_last_checked(given: Cursor) -> None:
    assert {name: f"{at:%d/%m %H:%M}" for name, at in issues.last_checked(given).items()} == {DOSSIERS: "02/12 01:30"}
