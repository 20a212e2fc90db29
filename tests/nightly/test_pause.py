"""A night asks a person about a file: about which, who may answer, what is done then, and what is kept of it."""

from datetime import datetime, timedelta
from decimal import Decimal

import psycopg2
import pytest

from etl import pipeline
from etl.nightly import pause
from etl.periods import LOCAL
from etl.stewardship import deliveries, people, questions
from etl.stewardship.questions import HOLD, LOAD, RETURN
from etl.warehouse import database
from tests.databases import rows
from tests.inbox import PROCEDURES, UNITS, deliver

pytestmark = pytest.mark.usefixtures("without_the_second_count")

CEILING = Decimal(5)
NIGHT = datetime(2021, 12, 16, 1, 0, tzinfo=LOCAL)
ONE_PROCEDURE = PROCEDURES
THREE_PROCEDURES = """
    Mã thủ tục
    2.000635
    2.000636
    2.000637
"""
# one row of two is finished before it was received
DOSSIERS = """
    Mã hồ sơ           | Ngày tiếp nhận   | Ngày hẹn trả     | Ngày kết thúc xử lý
    H21.12-210301-0001 | 01/03/2021 08:00 | 05/03/2021 17:00 | 04/03/2021 08:00
    H21.12-210301-0002 | 01/03/2021 08:00 | 05/03/2021 17:00 | 28/02/2021 08:00
"""
STATUS = "select status from landing.file where file_id = %s"


class Night:
    """What one run of the load DAG does about people, without Airflow."""

    def __init__(self, settings, url, inbox) -> None:
        self.settings, self.url, self.inbox = settings, url, inbox

    def load(self, export: str, day: str, text: str, *, sender: str = "duc-co") -> int:
        deliver(self.inbox, export, day, text, sender=sender)
        [file_id] = pipeline.land(self.settings, self.url, inbox=str(self.inbox)).file_ids
        list(pipeline.load_waiting(self.settings, self.url))
        return file_id

    def ask(self, file_id: int, run: str = "first") -> pause.Asked | None:
        return pause.ask(
            self.url, file_id, ceiling=CEILING, source="hr", began=NIGHT, now=NIGHT, run=run, pages="/cchc"
        )

    def answer(self, asked: pause.Asked, option: str, by: str | None = "lan") -> questions.Answer:
        said = questions.answer(
            self.settings, self.url, asked.question_id, option,
            by_id=by and "7", by_name=by, reason="đã gọi cho đơn vị", answered_at=NIGHT,
        )  # fmt: skip
        list(pipeline.load_waiting(self.settings, self.url))
        return said

    def troubled(self, file_id: int, run: str = "first") -> list[str]:
        return pause.troubled(self.url, [file_id], CEILING, run=run)

    def to_ask(self, file_id: int) -> list[int]:
        return pause.to_ask(self.url, [file_id], CEILING)

    def status(self, file_id: int) -> str:
        [(status,)] = rows(self.url, STATUS, file_id)
        return status

    def kept(self, file_id: int) -> list[questions.Question]:
        with database.transaction(self.url) as connection, connection.cursor() as cursor:
            return questions.of_file(cursor, file_id)


@pytest.fixture
def night(configured, warehouse_url, inbox) -> Night:
    night = Night(configured, warehouse_url, inbox)
    night.load("hr/units", "2021-02-01", UNITS)
    with database.transaction(warehouse_url) as connection, connection.cursor() as cursor:
        for name, role, unit in (
            ("lan", "steward", "631"),
            ("duyet", "approver", "631"),
            ("xem", "reader", "631"),
            ("xa", "approver", "23857"),  # of a commune below
        ):
            people.add(cursor, name, role, unit, password=None, by="test")
    return night


@pytest.fixture
def held(night: Night) -> int:
    night.load("one_stop_shop/procedures", "2021-02-01", THREE_PROCEDURES)
    return night.load("one_stop_shop/procedures", "2021-03-01", ONE_PROCEDURE)


@pytest.fixture
def beyond(night: Night) -> int:
    night.load("one_stop_shop/procedures", "2021-02-01", PROCEDURES)
    return night.load("one_stop_shop/dossiers", "2021-03-05", DOSSIERS)


def test_a_question_says_which_file_whose_why_and_until_when(night: Night, held: int) -> None:
    beyond = night.load("one_stop_shop/dossiers", "2021-03-05", DOSSIERS)
    asked = night.ask(held)
    assert asked.subject == "Danh mục thủ tục hành chính · duc-co · 01/03/2021: chờ người xác nhận: nạp, giữ, trả lại?"
    assert f"tệp số {held}" in asked.body
    assert f"(/cchc/files/{held})" in asked.body
    assert "Trả lời trước 15:00 16/12/2021; không có trả lời thì là «giữ»." in asked.body
    assert asked.waits == timedelta(hours=14)
    assert "Đã đọc 2 dòng, đã nạp 1 dòng, giữ lại 1 dòng lỗi." in night.ask(beyond).body
    assert "Người Thử Nghiệm" not in night.ask(beyond).body


def test_nobody_is_asked_about_what_no_answer_changes(night: Night) -> None:
    good = night.load("one_stop_shop/procedures", "2021-02-01", PROCEDURES)
    whose = night.load("one_stop_shop/procedures", "2021-02-01", PROCEDURES, sender="khong-ro")
    assert night.status(whose) == "held"  # FIL-08: waits for a list of units
    assert pause.to_ask(night.url, [good, whose], CEILING) == []
    assert night.ask(good) is None


@pytest.mark.parametrize(
    ("option", "by", "verdict", "status", "is_red"),
    [
        (LOAD, "lan", "counts", "accepted", False),
        (HOLD, "lan", "counts", "held", False),
        (RETURN, "duyet", "counts", "withdrawn", False),
        (HOLD, None, "timed_out", "held", True),
        (RETURN, "lan", "refused", "held", True),  # an approver's to say
        (LOAD, "xem", "refused", "held", True),
        (LOAD, "xa", "refused", "held", True),  # of a unit below the sender's
        (LOAD, "nobody", "refused", "held", True),
    ],
)
def test_what_is_answered_about_a_held_file_is_done_if_they_may(
    night: Night, held: int, option: str, by: str | None, verdict: str, status: str, is_red: bool
) -> None:
    assert night.to_ask(held) == [held]
    said = night.answer(night.ask(held), option, by)
    assert (said.verdict, bool(said.why_not)) == (verdict, verdict == "refused")
    assert (night.status(held), bool(night.troubled(held))) == (status, is_red)
    [question] = night.kept(held)
    assert question.answer == said
    assert (said.by_id, said.by_name) == (by and "7", by)
    decided = rows(night.url, "select kind, by_name, reason from landing.file_event where file_id = %s", held)
    kind = {LOAD: "confirm", RETURN: "withdraw"}.get(option)
    assert decided == ([(kind, by, "đã gọi cho đơn vị")] if verdict == "counts" and kind else [])


def test_bad_rows_that_somebody_took_are_not_asked_about_until_they_are_more(night: Night, beyond: int) -> None:
    assert night.troubled(beyond)
    night.answer(night.ask(beyond), LOAD)
    assert (night.troubled(beyond, run="second"), night.to_ask(beyond)) == ([], [])
    rows(night.url, "update landing.file set rows_quarantined = 2 where file_id = %s returning 1", beyond)
    assert (bool(night.troubled(beyond, run="second")), night.to_ask(beyond)) == (True, [beyond])


def test_who_lets_a_file_wait_is_asked_again_by_another_run(night: Night, beyond: int) -> None:
    night.answer(night.ask(beyond), HOLD)
    assert night.troubled(beyond) == []
    assert night.troubled(beyond, run="second")
    assert night.to_ask(beyond) == [beyond]


def test_a_delivery_whose_good_rows_are_in_is_taken_back(night: Night, beyond: int) -> None:
    assert night.answer(night.ask(beyond), RETURN, "duyet").verdict == "counts"
    assert night.status(beyond) == "withdrawn"
    assert rows(night.url, "select from core.dossier") == []


def test_a_question_that_is_repeated_is_another_and_the_first_answer_stays(night: Night, held: int) -> None:
    first = night.ask(held)
    night.answer(first, HOLD)
    second = night.ask(held)
    assert night.troubled(held)  # asked anew, and not answered
    night.answer(second, LOAD)
    assert [(q.question_id, q.answer.option) for q in night.kept(held)] == [
        (second.question_id, LOAD),
        (first.question_id, HOLD),
    ]
    # the task that carries it out is run again: nothing is done twice, and the first answer stands
    assert night.answer(second, HOLD, "duyet").option == LOAD
    with pytest.raises(psycopg2.Error, match="only ever added"):
        rows(night.url, "update landing.answer set option = 'giữ' returning 1")


def test_an_answer_comes_too_late_for_what_was_decided_on_the_page(night: Night, held: int) -> None:
    asked = night.ask(held)
    deliveries.withdraw(night.settings, night.url, held, by="duyet", reason="giao nhầm")
    said = night.answer(asked, LOAD)
    assert (said.verdict, night.status(held)) == ("too_late", "withdrawn")
    assert said.why_not.startswith("Trong lúc chờ trả lời")


def test_a_question_is_open_until_it_is_answered_or_its_time_is_over(night: Night, held: int) -> None:
    asked = night.ask(held)
    [question] = night.kept(held)
    assert question.is_open(NIGHT)
    assert not question.is_open(NIGHT + asked.waits)
    night.answer(asked, HOLD)
    assert not night.kept(held)[0].is_open(NIGHT)


@pytest.mark.parametrize(
    ("began", "now", "ends"),
    [
        ((16, 1, 0), (16, 2, 0), (16, 16, 0)),
        ((16, 1, 0), (16, 9, 0), (16, 20, 0)),  # the run itself ends at 21:00
        ((16, 14, 0), (16, 14, 30), (17, 0, 0)),  # started by hand: the night comes before
        ((17, 0, 30), (17, 0, 40), (17, 0, 50)),
    ],
)
def test_the_next_night_does_not_queue_behind_a_question(
    began: tuple[int, ...], now: tuple[int, ...], ends: tuple[int, ...]
) -> None:
    first, second, third = (datetime(2021, 12, *moment, tzinfo=LOCAL) for moment in (began, now, ends))
    assert pause.ends("hr", began=first, now=second) == third
