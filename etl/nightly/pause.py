"""What a night asks a person: about which of its files, in which words, and until when."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from etl.landing import owners
from etl.nightly import dag_runs, nights
from etl.nightly.dag_runs import Became
from etl.periods import LOCAL
from etl.stewardship import questions
from etl.stewardship.questions import HOLD, LOAD, RETURN
from etl.warehouse import database

AT_MOST = timedelta(hours=14)  # after a night, until the end of the working day
AT_LEAST = timedelta(minutes=10)
BEFORE_THE_NEXT = timedelta(hours=1)
WHOLE_RUN = timedelta(hours=19)  # an hour below the time-out of the run, which would ask in vain

MEANING = {
    "held": {
        LOAD: "dữ liệu đúng như vậy, nạp tệp này",
        HOLD: "chưa nạp, tệp chờ xác nhận",
        RETURN: "không nhận tệp này, đơn vị giao lại",
    },
    "ceiling": {
        LOAD: "nhận các dòng đúng (đã vào kho), các dòng lỗi chờ sửa",
        HOLD: "để nguyên như hiện nay, xem xét tiếp",
        RETURN: "rút cả tệp ra khỏi kho, đơn vị giao lại",
    },
}


@dataclass(frozen=True)
class Asked:
    """A question as a person reads it, and how long it waits for them."""

    question_id: int
    subject: str
    body: str  # Markdown
    waits: timedelta


def about(file: Became, ceiling: Decimal) -> str | None:
    """What a person may be asked about a file: held, ceiling; None: no answer would change what became of it.

    A list that nobody knows the owner of waits for a list of units, not for an answer.
    """
    if file.status == "held" and file.rule_id != owners.RULE:
        return "held"
    if file.status.startswith("accepted") and not file.waits and file.is_beyond(ceiling):
        return "ceiling"
    return None


def to_ask(url: str, file_ids: list[int], ceiling: Decimal) -> list[int]:
    """Which of these files somebody is to be asked about: not those of which they said before that it may be so."""
    with database.transaction(url) as connection, connection.cursor() as cursor:
        settled = questions.settled(cursor, file_ids, run=None)
    return [f.file_id for f in dag_runs.became(url, file_ids) if about(f, ceiling) and f.file_id not in settled]


def ask(
    url: str, file_id: int, *, ceiling: Decimal, source: str, began: datetime, now: datetime, run: str, pages: str
) -> Asked | None:
    """Write down a new question about a file; None if nothing is to be asked any more.

    Input: `began`: when the run began that asks; `pages`: what stands before the addresses of our pages.
    """
    [file] = dag_runs.became(url, [file_id])
    if (kind := about(file, ceiling)) is None:
        return None
    until = ends(source, began=began, now=now)
    why = dag_runs.first_sentence(file.message if kind == "held" else file.trouble(ceiling) or "")
    with database.transaction(url) as connection, connection.cursor() as cursor:
        question_id = questions.ask(cursor, file_id, about=kind, said=why, until=until, run=run)
    body = [
        f"**{file.label}**, tệp số {file_id}.",
        why,
        f"Đã đọc {file.rows_read} dòng, đã nạp {file.rows_loaded} dòng, giữ lại {file.rows_quarantined} dòng lỗi.",
        f"[Xem tệp trước khi trả lời]({pages}/files/{file_id})",
        "\n".join(f"- **{option}**: {meaning}" for option, meaning in MEANING[kind].items()),
        f"Trả lời trước {until.astimezone(LOCAL):%H:%M %d/%m/%Y}; không có trả lời thì là «{questions.DEFAULT}»."
        " Người trả lời cần quyền cán bộ dữ liệu của đơn vị gửi; trả lại thì cần quyền người duyệt.",
    ]
    return Asked(
        question_id, f"{dag_runs.headline(file, ceiling)}: {', '.join(MEANING[kind])}?", "\n\n".join(body), until - now
    )


def ends(source: str, *, began: datetime, now: datetime) -> datetime:
    """Until when a run waits for an answer: the next night of its source must not queue behind it.

    >>> night = datetime(2021, 12, 16, 1, 0, tzinfo=LOCAL)
    >>> ends("hr", began=night, now=night + timedelta(hours=1)).isoformat()
    '2021-12-16T16:00:00+07:00'
    """
    next_night = nights.last(nights.load_times()[source], now) + timedelta(days=1)
    return max(now + AT_LEAST, min(now + AT_MOST, began + WHOLE_RUN, next_night - BEFORE_THE_NEXT))


def troubled(url: str, file_ids: list[int], ceiling: Decimal, *, run: str) -> list[str]:
    """A line for each file that is not in the warehouse as it should be, and about which nobody has answered."""
    file_ids = dag_runs.with_replayed(url, file_ids)
    with database.transaction(url) as connection, connection.cursor() as cursor:
        settled = questions.settled(cursor, file_ids, run=run)
    return [
        f"{file.label}: {trouble}"
        for file in dag_runs.became(url, file_ids)
        if file.file_id not in settled and (trouble := file.trouble(ceiling))
    ]
