"""What people decide about rows that failed: what it changes, what it leaves, and how it is taken back."""

from datetime import date

import pytest

from etl import pipeline
from etl.errors import UsageError
from etl.loading import effects
from etl.periods import Period
from etl.stewardship import decisions
from etl.stewardship.decisions import Asked
from tests.databases import rows
from tests.inbox import PROCEDURES, UNITS, deliver

pytestmark = pytest.mark.usefixtures("without_the_second_count")

DOSSIERS = "one_stop_shop/dossiers"
# A: received on no day of the calendar. B: finished before it was received. C: a channel that nobody knows.
# D: right. E: due on a Sunday, which is a warning; so is that A is late without a letter of apology.
DELIVERED = """
    Mã hồ sơ           | Ngày tiếp nhận   | Ngày hẹn trả     | Ngày kết thúc xử lý | Kênh tiếp nhận
    H21.12-210301-0001 | 31/02/2021 08:00 | 03/03/2021 17:00 | 04/03/2021 08:00    | Trực tiếp
    H21.12-210301-0002 | 01/03/2021 08:00 | 05/03/2021 17:00 | 28/02/2021 08:00    | Trực tiếp
    H21.12-210301-0003 | 01/03/2021 08:00 | 05/03/2021 17:00 | 04/03/2021 08:00    | Bồ câu
    H21.12-210301-0004 | 01/03/2021 08:00 | 05/03/2021 17:00 | 04/03/2021 08:00    | Trực tiếp
    H21.12-210301-0005 | 01/03/2021 08:00 | 07/03/2021 17:00 | 04/03/2021 08:00    | Trực tiếp
"""
HELD = "select right(record_key, 1), rule_ids from quality.quarantined_row where resolved_by is null order by 1"
LOADED = "select right(dossier_code, 1), received_on::text from core.dossier order by 1"
OPEN = """
    select right(v.record_key, 1), v.rule_id, d.kind
    from quality.violation as v left join quality.decision as d using (decision_id)
    where v.export = 'one_stop_shop/dossiers' and v.closed_by is null order by 1, 2
"""


@pytest.fixture
def office(configured, warehouse_url, inbox):
    """Loads what is delivered; the numbers of the files of dossiers."""
    deliver(inbox, "hr/units", "2021-02-01", UNITS)
    deliver(inbox, "one_stop_shop/procedures", "2021-02-01", PROCEDURES)

    def load(day: str, text: str) -> int:
        deliver(inbox, DOSSIERS, day, text)
        pipeline.land(configured, warehouse_url, inbox=str(inbox))
        return [receipt.file_id for receipt in pipeline.load_waiting(configured, warehouse_url)][-1]

    return load


@pytest.fixture
def decide(configured, warehouse_url):
    def one(*asked: Asked, by: str = "Bà Lan", name: str = "thử", evidence: str = "CV 12/UBND ngày 05/03/2021"):
        return decisions.decide(
            configured, warehouse_url, asked, name=name, by=by, reason="đã hỏi bộ phận một cửa", evidence=evidence
        )

    return one


def line_of(url: str, file_id: int, last: str) -> tuple[int, str, str]:
    """Line, rule and column of the failure of the record that ends so."""
    (found,) = rows(
        url,
        "select line, rule_id, column_name from quality.violation"
        " where file_id = %s and right(record_key, 1) = %s order by severity limit 1",
        file_id,
        last,
    )
    return found


def test_each_kind_changes_what_it_says_and_nothing_else(office, decide, warehouse_url):
    file_id = office("2021-03-10", DELIVERED)
    before = rows(warehouse_url, OPEN)
    assert [(record, rule) for record, rule, _ in before] == [
        ("1", "DOS-04"), ("1", "DOS-53"), ("2", "DOS-13"), ("3", "DOS-08"), ("5", "DOS-57"),
    ]  # fmt: skip
    assert [record for record, _ in rows(warehouse_url, HELD)] == ["1", "2", "3"]

    line, rule, column = line_of(warehouse_url, file_id, "1")
    done = decide(Asked("correct", file_id, line, rule, column, value="01/03/2021 08:00"))
    assert (done.rows, done.still_held, [r.file_id for r in done.receipts]) == (1, 0, [file_id])
    assert ("1", "2021-03-01") in rows(warehouse_url, LOADED)

    line, rule, column = line_of(warehouse_url, file_id, "3")
    decide(Asked("discard", file_id, line, rule, column))
    assert rows(warehouse_url, "select right(record_key, 1), resolution from quality.quarantined_row order by 1") == [
        ("2", None),
        ("3", "discarded"),
    ]

    line, rule, column = line_of(warehouse_url, file_id, "5")
    decide(Asked("confirm", file_id, line, rule, column))
    line, rule, column = line_of(warehouse_url, file_id, "2")
    decide(Asked("mend_at_source", file_id, line, rule, column))
    assert [record for record, _ in rows(warehouse_url, LOADED)] == ["1", "4", "5"]
    assert rows(warehouse_url, OPEN) == [
        ("1", "DOS-53", None),
        ("2", "DOS-13", "mend_at_source"),
        ("5", "DOS-57", "confirm"),
    ]


def test_the_same_value_keeps_a_decision_and_a_new_one_voids_it(office, decide, warehouse_url):
    file_id = office("2021-03-10", DELIVERED)
    line, rule, column = line_of(warehouse_url, file_id, "1")
    decide(Asked("correct", file_id, line, rule, column, value="01/03/2021 08:00"))
    line, rule, column = line_of(warehouse_url, file_id, "5")
    decide(Asked("confirm", file_id, line, rule, column))
    state = (
        "select right(d.record_key, 1), done.file_id, done.applied, done.original"
        " from quality.decided_row as done join quality.decision as d using (decision_id) order by 1, 2"
    )
    first = [("1", file_id, True, "31/02/2021 08:00"), ("5", file_id, True, None)]
    assert rows(warehouse_url, state) == first

    # the same again, and another column of a decided row: nothing is asked again
    again = office(
        "2021-03-11", DELIVERED.replace("| 07/03/2021 17:00 | 04/03/2021", "| 07/03/2021 17:00 | 03/03/2021")
    )
    assert rows(warehouse_url, state) == [*first, ("5", again, True, None)]
    assert ("1", "2021-03-01") in rows(warehouse_url, LOADED)

    # both say something else: the decisions are void, and say so
    mended = DELIVERED.replace("31/02/2021", "02/03/2021").replace("07/03/2021", "14/03/2021")
    third = office("2021-03-12", mended)
    assert rows(warehouse_url, state)[1::3][:1] == [("1", third, False, None)]
    assert ("5", third, False, None) in rows(warehouse_url, state)
    assert ("1", "2021-03-02") in rows(warehouse_url, LOADED)
    assert ("5", "DOS-57", None) in rows(warehouse_url, OPEN)


def test_a_waiver_holds_once_a_second_person_agrees_and_until_its_day(office, decide, configured, warehouse_url):
    file_id = office("2021-03-10", DELIVERED)
    line, rule, column = line_of(warehouse_url, file_id, "2")
    asked = decide(Asked("waive", file_id, line, rule, column, until=date(2100, 12, 31)))
    assert (asked.waiting, asked.receipts) == (1, ())
    assert ("2", [rule]) in rows(warehouse_url, HELD)
    approve = lambda by, agreed: decisions.approve(  # noqa: E731
        configured, warehouse_url, asked.batch_id, by=by, reason="đúng như văn bản", agreed=agreed
    )
    with pytest.raises(UsageError, match="người thứ hai"):
        approve("Bà Lan", True)
    approve("Ông Duyệt", True)
    assert ("2", "2021-03-01") in rows(warehouse_url, LOADED)
    assert ("2", rule, "waive") in rows(warehouse_url, OPEN)
    with pytest.raises(UsageError, match="không có đề nghị"):
        approve("Ông Duyệt", False)

    # the same row in the next delivery changes nothing; its last day does
    office("2021-03-11", DELIVERED + "    H21.12-210301-0006 | 01/03/2021 08:00 | 05/03/2021 17:00 | | Trực tiếp\n")
    assert ("2", "2021-03-01") in rows(warehouse_url, LOADED)
    from etl.warehouse import database

    with database.transaction(warehouse_url) as connection, connection.cursor() as cursor:
        assert effects.expire(cursor, date(2100, 12, 31)) == []
        assert effects.expire(cursor, date(2101, 1, 1)) == [file_id]
    list(pipeline.load_waiting(configured, warehouse_url))
    assert ("2", [rule]) in rows(warehouse_url, HELD)
    assert ("2", rule, None) in rows(warehouse_url, OPEN)


def test_a_refused_waiver_changes_nothing(office, decide, configured, warehouse_url):
    file_id = office("2021-03-10", DELIVERED)
    line, rule, column = line_of(warehouse_url, file_id, "2")
    asked = decide(Asked("waive", file_id, line, rule, column, until=date(2100, 12, 31)))
    decisions.approve(configured, warehouse_url, asked.batch_id, by="Ông Duyệt", reason="chưa rõ", agreed=False)
    assert ("2", [rule]) in rows(warehouse_url, HELD)
    decide(Asked("mend_at_source", file_id, line, rule, column))  # nothing stands in the way


def test_a_batch_is_previewed_and_undone_as_a_whole(office, decide, configured, warehouse_url):
    file_id = office("2021-03-10", DELIVERED)
    period = Period.parse("2021-Q1")
    pipeline.materialise(warehouse_url, period)
    made = "select indicator_code, unit_code, value from mart.indicator order by 1, 2"
    before, held, open_then = rows(warehouse_url, made), rows(warehouse_url, HELD), rows(warehouse_url, OPEN)
    line_1, rule_1, column_1 = line_of(warehouse_url, file_id, "1")
    line_3, rule_3, column_3 = line_of(warehouse_url, file_id, "3")
    asked = (
        Asked("correct", file_id, line_1, rule_1, column_1, value="01/03/2021 08:00"),
        Asked("correct", file_id, line_3, rule_3, column_3, value="Trực tuyến"),
    )
    told = decisions.preview(configured, warehouse_url, asked, by="Bà Lan")
    assert (told.rows, told.units, told.still_held) == (2, ("23857",), 0)
    # nothing has happened
    assert (rows(warehouse_url, made), rows(warehouse_url, HELD)) == (before, held)
    assert rows(warehouse_url, "select count(*) from quality.batch") == [(0,)]

    done = decide(*asked)
    pipeline.materialise(warehouse_url, period)
    after = {(code, unit): value for code, unit, value in rows(warehouse_url, made)}
    assert {(m.indicator_code, m.unit_code): m.after for m in told.moved} == {
        key: value for key, value in after.items() if value != {(c, u): v for c, u, v in before}[key]
    }
    assert told.moved

    undone = decisions.undo(configured, warehouse_url, done.batch_id, by="Bà Lan", reason="nhầm tệp")
    assert undone.rows == 2
    pipeline.materialise(warehouse_url, period)
    assert (rows(warehouse_url, made), rows(warehouse_url, HELD), rows(warehouse_url, OPEN)) == (
        before,
        held,
        open_then,
    )
    with pytest.raises(UsageError, match="không có gì để hoàn tác"):
        decisions.undo(configured, warehouse_url, done.batch_id, by="Bà Lan", reason="lần nữa")


def test_a_correction_may_be_corrected_and_is_then_not_undone_alone(office, decide, configured, warehouse_url):
    # without a code and with a day that is none: the first correction gives the row the key of the second
    file_id = office("2021-03-10", DELIVERED.replace("H21.12-210301-0001", "                  "))
    line, rule = rows(
        warehouse_url, f"select line, rule_id from quality.violation where file_id = {file_id} and rule_id = 'DOS-01'"
    )[0]
    first = decide(Asked("correct", file_id, line, rule, "dossier_code", value="H21.12-210301-0009"))
    assert (first.rows, first.still_held) == (1, 1)
    line, rule, column = line_of(warehouse_url, file_id, "9")
    second = decide(Asked("correct", file_id, line, rule, column, value="01/03/2021 08:00"))
    assert second.still_held == 0
    assert ("9", "2021-03-01") in rows(warehouse_url, LOADED)
    with pytest.raises(UsageError, match="có quyết định sau dựa vào đợt này"):
        decisions.undo(configured, warehouse_url, first.batch_id, by="Bà Lan", reason="nhầm")
    for batch in (second, first):
        decisions.undo(configured, warehouse_url, batch.batch_id, by="Bà Lan", reason="nhầm")
    assert rows(warehouse_url, "select count(*) from quality.quarantined_row where resolved_by is null") == [(3,)]


def test_the_second_of_two_people_is_shown_the_first_ones_decision(office, decide, warehouse_url):
    file_id = office("2021-03-10", DELIVERED)
    line, rule, column = line_of(warehouse_url, file_id, "5")
    decide(Asked("confirm", file_id, line, rule, column), by="Bà Lan")
    with pytest.raises(decisions.Conflict, match="Bà Lan đã quyết định «xác nhận đúng»") as told:
        decide(Asked("correct", file_id, line, rule, column, value="08/03/2021 17:00"), by="Ông Nam")
    assert told.value.standing.by == "Bà Lan"


REFUSED = [
    # last digit, kind, value, until, evidence, what is said
    ("5", "discard", None, None, "CV 1", "chỉ có thể: sửa, xác nhận đúng, miễn, sửa tại nguồn"),
    ("2", "confirm", None, None, "CV 1", "chỉ có thể: sửa, miễn, bỏ dòng, sửa tại nguồn"),
    ("1", "waive", None, date(2100, 1, 1), "CV 1", "chỉ có thể: sửa, bỏ dòng, sửa tại nguồn"),
    ("2", "waive", None, None, "CV 1", "phải có ngày hết hạn"),
    ("2", "waive", None, date(2020, 1, 1), "CV 1", "phải có ngày hết hạn"),
    ("5", "confirm", None, None, "", "phải có căn cứ"),
    ("1", "correct", "31/02/2021 08:00", None, "", "giống giá trị đã giao"),
]


@pytest.mark.parametrize("last, kind, value, until, evidence, says", REFUSED)
def test_what_may_not_be_decided_is_refused_and_changes_nothing(
    office, decide, warehouse_url, last, kind, value, until, evidence, says
):
    file_id = office("2021-03-10", DELIVERED)
    line, rule, column = line_of(warehouse_url, file_id, last)
    with pytest.raises(UsageError, match=says):
        decide(Asked(kind, file_id, line, rule, column, value=value, until=until), evidence=evidence)
    assert rows(warehouse_url, "select count(*) from quality.batch") == [(0,)]


def test_a_row_that_has_come_again_is_not_decided_by_its_old_place(office, decide, warehouse_url):
    first = office("2021-03-10", DELIVERED)
    line, rule, column = line_of(warehouse_url, first, "1")
    second = office("2021-03-11", DELIVERED.replace("0004 |", "0007 |"))
    with pytest.raises(UsageError, match=f"được giao lại ở tệp {second}"):
        decide(Asked("correct", first, line, rule, column, value="01/03/2021 08:00"))


def test_deliveries_in_another_order_are_decided_alike(office, decide, configured, warehouse_url):
    """What was decided of a late file's rows holds as if that had come in its turn."""
    second = office("2021-03-12", DELIVERED)
    line, rule, column = line_of(warehouse_url, second, "1")
    decide(Asked("correct", second, line, rule, column, value="01/03/2021 08:00"))
    office("2021-03-10", DELIVERED)
    assert ("1", "2021-03-01") in rows(warehouse_url, LOADED)
    assert rows(warehouse_url, "select count(*) from core.dossier where dossier_code like '%%0001'") == [(1,)]
    assert [record for record, _ in rows(warehouse_url, HELD)] == ["2", "3"]
