"""What a night asks a person about a file, what they answer, and what is done then.

Questions and answers are events, and only ever added: Airflow, which asks, forgets when its task is cleared.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from psycopg2.extensions import cursor as Cursor

from etl.catalogue.project_files import statement
from etl.errors import UsageError
from etl.settings import Settings
from etl.stewardship import deliveries, people
from etl.warehouse import database

LOAD, HOLD, RETURN = "nạp", "giữ", "trả lại"
OPTIONS = (LOAD, HOLD, RETURN)
DEFAULT = HOLD  # nothing is done that nobody asked for
# The least role that may say so; to take a delivery back is an approver's to do, as on the page of the file.
ROLE = {LOAD: "steward", HOLD: "steward", RETURN: "approver"}
NO_REASON = "(không ghi lý do)"
# Vietnamese: what became of an answer.
VERDICTS = {
    "counts": "đã thực hiện",
    "refused": "không được chấp nhận",
    "too_late": "quá muộn",
    "timed_out": "hết hạn, không có trả lời",
}


@dataclass(frozen=True)
class Answer:
    """What was answered to a question."""

    option: str  # one of OPTIONS
    by_id: str | None  # None: nobody answered in time
    by_name: str | None
    reason: str
    answered_at: datetime
    verdict: str  # a key of VERDICTS
    why_not: str  # Vietnamese: why it does not count; '' if it does


@dataclass(frozen=True)
class Question:
    """What was asked about a file; `answer` is None while nobody has answered, or if the run that asked was stopped."""

    question_id: int
    file_id: int
    about: str  # held, ceiling
    said: str
    options: tuple[str, ...]
    default: str
    asked_at: datetime
    until: datetime
    run: str
    answer: Answer | None

    def is_open(self, now: datetime) -> bool:
        """Whether somebody may still answer."""
        return self.answer is None and now < self.until


def of_file(cursor: Cursor, file_id: int) -> list[Question]:
    """Every question about a file with its answer, the last one first."""
    cursor.execute(statement("land/questions"), {"file_id": file_id})
    return [
        Question(
            question_id, file, about, said, tuple(options), default, asked_at, until, run,
            Answer(*answer) if answer[0] else None,
        )
        for question_id, file, about, said, options, default, asked_at, until, run, *answer in cursor.fetchall()
    ]  # fmt: skip


def ask(cursor: Cursor, file_id: int, *, about: str, said: str, until: datetime, run: str) -> int:
    """Write down that somebody is asked about a file; the number of the question.

    Input: `about`: held, or ceiling if too many of its rows are kept out; `run`: the DAG and its run that ask.
    """
    cursor.execute(
        "insert into landing.question (file_id, about, said, rows_quarantined, options, default_option, until, run)"
        " select file_id, %(about)s, %(said)s, rows_quarantined, %(options)s, %(default)s, %(until)s, %(run)s"
        " from landing.file where file_id = %(file_id)s returning question_id",
        {
            "about": about,
            "default": DEFAULT,
            "file_id": file_id,
            "options": list(OPTIONS),
            "run": run,
            "said": said,
            "until": until,
        },
    )
    return int(cursor.fetchone()[0])


def answer(
    settings: Settings,
    url: str,
    question_id: int,
    option: str,
    *,
    by_id: str | None,
    by_name: str | None,
    reason: str,
    answered_at: datetime,
) -> Answer:
    """Write down what was answered, and do it: what was confirmed waits for its load, what was returned is taken back.

    Called again for a question, it goes on with the answer that was written down first.
    Input:  `by_id`, `by_name`: None if nobody answered in time, and `option` is the default.
    Raises: UsageError if there is no such question.
    """
    with database.transaction(url) as connection, connection.cursor() as cursor:
        cursor.execute(
            "select q.file_id, q.about, f.sender, f.status from landing.question as q"
            " join landing.file as f using (file_id) where q.question_id = %s",
            (question_id,),
        )
        if (asked := cursor.fetchone()) is None:
            raise UsageError(f"no question has the number {question_id}.")
        file_id, about, sender, status = asked
        verdict, why_not = "timed_out", ""
        if by_name is not None:
            verdict, why_not = "counts", ""
            if refused := _why_not(cursor, by_name, sender, option):
                verdict, why_not = "refused", refused
            elif not _can_be_done(option, about, status):
                verdict = "too_late"
                why_not = "Trong lúc chờ trả lời, tệp đã được xử lý theo cách khác. Mở trang của tệp để xem."
        cursor.execute(
            "insert into landing.answer (question_id, option, by_id, by_name, reason, answered_at, verdict, said)"
            " values (%s, %s, %s, %s, %s, %s, %s, %s) on conflict (question_id) do nothing",
            (question_id, option, by_id, by_name, reason.strip(), answered_at, verdict, why_not),
        )
        kept = next(one.answer for one in of_file(cursor, file_id) if one.question_id == question_id)
    assert kept is not None
    if kept.verdict == "counts":
        _carry_out(settings, url, file_id, kept)
    return kept


def settled(cursor: Cursor, file_ids: Sequence[int], *, run: str | None) -> set[int]:
    """Files about which a person has answered what still holds.

    Input: `run`: answers to its questions hold in it; None: only those that hold in every run.
    """
    cursor.execute(statement("land/settled"), {"file_ids": list(file_ids), "run": run, "load": LOAD, "hold": HOLD})
    return {file_id for (file_id,) in cursor.fetchall()}


def _can_be_done(option: str, about: str, status: str) -> bool:
    """Whether a file, as it stands now, can still become what was answered, or is so already."""
    if option == RETURN:
        return status != "duplicate"
    if option == HOLD:
        return (status == "held") == (about == "held") and status not in ("withdrawn", "rejected")
    return status not in ("withdrawn", "rejected", "duplicate")


def _carry_out(settings: Settings, url: str, file_id: int, said: Answer) -> None:
    with database.transaction(url) as connection, connection.cursor() as cursor:
        cursor.execute("select status from landing.file where file_id = %s", (file_id,))
        (status,) = cursor.fetchone()
    by, reason = said.by_name or "", said.reason or NO_REASON
    if said.option == LOAD and status == "held":
        deliveries.confirm(url, file_id, by=by, reason=reason)
    elif said.option == RETURN and status != "withdrawn":
        deliveries.withdraw(settings, url, file_id, by=by, reason=reason)


def _why_not(cursor: Cursor, name: str, sender: str, option: str) -> str:
    """Why somebody may not answer so about a file of this sender; '' if they may."""
    cursor.execute(statement("access/person"), {"name": name})
    person = cursor.fetchone()
    if person is None:
        return f"Tài khoản «{name}» chưa được cấp quyền trong kho số liệu. Nhờ người quản trị cấp quyền."
    _, role, unit = person
    rights = list(people.ROLES)
    if rights.index(role) < rights.index(ROLE[option]):
        return f"Trả lời «{option}» cần quyền «{people.ROLES[ROLE[option]]}»; {name} là {people.ROLES[role]}."
    if unit == people.EVERY_UNIT:
        return ""
    cursor.execute("select distinct org_code from core.list_owner where sender = %s", (sender,))
    owners = {code for (code,) in cursor.fetchall()}
    cursor.execute(statement("access/units_below"), {"unit": unit})
    if owners and owners <= {code for (code,) in cursor.fetchall()}:
        return ""
    return f"Tệp này của đơn vị mà {name} không phụ trách."
