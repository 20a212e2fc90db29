"""What a run of a DAG hands on: the files to load, the periods to make, and the note that says where to look."""

import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from psycopg2.extensions import cursor as Cursor

from etl import catalogue
from etl.catalogue.project_files import statement
from etl.errors import UsageError
from etl.figures import touches
from etl.landing import owners
from etl.nightly import NOTE
from etl.periods import LOCAL
from etl.pipeline import waiting
from etl.reports import quality
from etl.warehouse import database

NOTHING_NEW = "Không có gì mới."
SENTENCE = 200  # characters of a reason that are told; the rest is in the receipt


# --- what a run is asked for ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Asked:
    """The deliveries that a run is about; days are inclusive, None is open."""

    since: date | None = None
    until: date | None = None
    again: bool = False  # also what was refused, or judged by rules that have changed since


def asked(parameters: Mapping[str, Any], *, backfill: datetime | None = None) -> Asked:
    """What a run's configuration asks for; a run of a backfill is about the deliveries of its own day.

    Input:  `backfill`: the moment that such a run stands for, None for any other run.
    Raises: UsageError if a parameter is unknown, the days are none or reversed, or `again` says no days.
    """
    _refuse_strange(parameters, known=("again", "since", "until"))
    since, until, again = day(parameters.get("since")), day(parameters.get("until")), bool(parameters.get("again"))
    if backfill and not since and not until:
        since = until = backfill.astimezone(LOCAL).date()
    if since and until and since > until:
        raise UsageError(f"Từ ngày {since:%d/%m/%Y} muộn hơn đến ngày {until:%d/%m/%Y}. Hãy đổi lại thứ tự hai ngày.")
    if again and not (since or until):
        raise UsageError(
            "Nạp lại (again) cần biết những ngày giao nào. Hãy cho biết từ ngày (since), đến ngày (until)."
        )
    return Asked(since, until, again)


def day(given: str | None) -> date | None:
    """A day as a run's configuration states it; None stays None.

    Raises: UsageError if it is not YYYY-MM-DD.
    """
    try:
        return date.fromisoformat(given) if given else None
    except ValueError:
        raise UsageError(f"{given!r} is not a day. Write YYYY-MM-DD, e.g. 2021-12-31.") from None


def window_asked(parameters: Mapping[str, Any]) -> dict[str, str] | None:
    """The one period that a run's configuration asks for, with its window if it states one; None if it asks for none.

    Raises: UsageError if a parameter is unknown, or there is a window without a period.
    """
    _refuse_strange(parameters, known=("as_of", "from", "period", "to"))
    given = {name: value for name, value in parameters.items() if value}
    if given and "period" not in given:
        raise UsageError('Có khoảng ngày mà không có kỳ. Hãy cho biết kỳ nào, ví dụ {"period": "2021-N", "from": …}.')
    return given or None


def _refuse_strange(parameters: Mapping[str, Any], *, known: tuple[str, ...]) -> None:
    """Airflow takes a misspelt parameter without a word, and the run would be about everything."""
    if strange := sorted(parameters.keys() - set(known)):
        raise UsageError(f"Không có tham số {', '.join(map(repr, strange))}; chỉ có {', '.join(known)}. Hãy viết lại.")


def refused(inbox: str, error: Exception) -> str:
    """Why a run received nothing, for its note; an address shows no password."""
    where = re.sub(r"//[^/@]*@", "//…@", inbox)
    return (
        f"Không đọc được thư mục nhận dữ liệu {where}: chưa nhận tệp nào. Kiểm tra ổ đĩa chia sẻ đã được gắn và"
        f" CCHC_INBOX chỉ đúng chỗ, rồi chạy lại. ({re.sub(r'//[^/@]*@', '//…@', str(error))})"
    )


# --- what became of the files -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Became:
    """What became of one file, as far as a run tells it."""

    file_id: int
    export: str
    sender: str
    delivered_on: date
    status: str
    rule_id: str | None
    message: str
    rows_read: int = 0
    rows_loaded: int = 0
    rows_quarantined: int = 0
    reload_reason: str | None = None

    @property
    def label(self) -> str:
        """How the delivery is called on a page: «Hồ sơ một cửa · duc-co · 16/12/2021»."""
        known = catalogue.exports().get(self.export)
        day = f"{self.delivered_on:%d/%m/%Y}" if self.delivered_on > date.min else "không rõ ngày giao"
        return f"{known.short_title if known else 'Tệp đặt sai chỗ'} · {self.sender} · {day}"

    @property
    def waits(self) -> bool:
        """Whether it is to be loaded: it never was, or it has to be judged again."""
        return self.status == "landed" or bool(self.reload_reason)

    def is_beyond(self, ceiling: Decimal) -> bool:
        """Whether more rows than `ceiling` percent are kept in quarantine."""
        return quality.is_beyond(self.rows_quarantined, self.rows_read, ceiling)

    def trouble(self, ceiling: Decimal) -> str | None:
        """Why a run that meets this file is red, whole; None if all went in that may."""
        if self.status in ("rejected", "held"):
            return f"{self.rule_id}: {self.message}" if self.rule_id else self.message
        if self.waits:
            return self.reload_reason or self.message or "Chưa nạp được; lần chạy sau thử lại."
        if self.is_beyond(ceiling):
            share = f"{Decimal(100 * self.rows_quarantined) / max(self.rows_read, 1):.1f}".replace(".", ",")
            return (
                f"{_number(self.rows_quarantined)} trong {_number(self.rows_read)} dòng ({share} %) bị giữ lại,"
                f" quá mức cho phép {f'{ceiling:f}'.replace('.', ',')} %. Xem: cchc quality --rows {self.file_id}"
            )
        return None


# What the first line of a note counts: the word for it, and which files it means.
TROUBLES: tuple[tuple[str, Callable[[Became, Decimal], bool]], ...] = (
    ("bị trả lại", lambda file, ceiling: file.status == "rejected"),
    ("chờ khai báo đơn vị chủ quản", lambda file, ceiling: file.status == "held" and file.rule_id == owners.RULE),
    ("chờ người xác nhận", lambda file, ceiling: file.status == "held"),
    ("chưa nạp được", lambda file, ceiling: file.waits and file.status not in ("rejected", "held")),
    (
        "có quá nhiều dòng lỗi",
        lambda file, ceiling: file.status.startswith("accepted") and not file.waits and file.is_beyond(ceiling),
    ),
)


def became(url: str, file_ids: list[int]) -> list[Became]:
    """What became of these files, in the given order."""
    with database.transaction(url) as connection, connection.cursor() as cursor:
        found = {file.file_id: file for file in became_of(cursor, "file_id = any(%(ids)s)", {"ids": file_ids})}
    return [found[file_id] for file_id in file_ids]


def became_of(cursor: Cursor, which: str, values: Mapping[str, object]) -> list[Became]:
    """What became of files by number; `which` is a condition on them."""
    cursor.execute(statement("night/became", are_meant=which), values)
    return [Became(*row) for row in cursor.fetchall()]


def is_judged_again(url: str, file: Became, ceiling: Decimal) -> bool:
    """Whether a file that was loaded a moment ago has its verdict still before it.

    A list that it refers to was loaded beside it, or waits: rows that name what is not known yet may be good ones.
    """
    if file.waits:
        return True
    known = catalogue.exports().get(file.export)
    if known is None or not file.status.startswith("accepted") or not file.is_beyond(ceiling):
        return False
    return bool(waiting(url, exports=set(known.refers_to)))


def with_replayed(url: str, file_ids: list[int]) -> list[int]:
    """These files, each once, and behind them those that were taken back for one of them and loaded again."""
    with database.transaction(url) as connection, connection.cursor() as cursor:
        cursor.execute("select file_id from landing.file where loaded_with = any(%s) order by file_id", (file_ids,))
        return list(dict.fromkeys([*file_ids, *(file_id for (file_id,) in cursor.fetchall())]))


def first_sentence(text: str) -> str:
    """The first sentence of a receipt's message, as long as a line may be."""
    sentence = re.split(r"(?<=[.!?])\s+(?=\S)", " ".join(text.split()), maxsplit=1)[0]
    return sentence if len(sentence) <= SENTENCE else sentence[: SENTENCE - 1] + "…"


def to_load(
    url: str, *, exports: set[str], new: list[int], since: date | None = None, until: date | None = None
) -> list[int]:
    """Numbers of the files that wait for a source, in loading order, then of new ones that need no loading.

    A file that lay in the wrong place is among the latter: its own task shows it.
    """
    waits = [
        file.file_id
        for file in waiting(url, exports=exports)
        if (since is None or file.delivered_on >= since) and (until is None or file.delivered_on <= until)
    ]
    return list(dict.fromkeys([*waits, *new]))


# --- periods ----------------------------------------------------------------------------------------------------------


def stale_periods(url: str) -> list[str]:
    """Codes of the periods that are older than their loads, in closing order: the warehouse knows, whoever was told."""
    with database.transaction(url) as connection:
        touches.record(connection)
        return touches.stale_periods(connection)


def loaded_periods(url: str) -> list[str]:
    """Codes of all periods that there is data for, in the order in which they close."""
    from etl.figures import touches

    with database.transaction(url) as connection, connection.cursor() as cursor:
        cursor.execute(
            "select file_id from landing.file where status like 'accepted%' and rows_loaded + rows_closed > 0"
        )
        changed = [file_id for (file_id,) in cursor.fetchall()]
        return touches.touched_periods(connection, changed) if changed else []


def windows(url: str, codes: list[str]) -> list[dict[str, str]]:
    """What to make of periods that loads touched: the calendar's window, and those that a report stated for itself.

    The one that was made last comes last again: it is what is shown of a period, and a night must not choose another.
    Output: period, and where a window was stated from, to (inclusive days) and as_of.
    """
    windows = {code: [{"period": code}] for code in codes}
    with database.transaction(url) as connection, connection.cursor() as cursor:
        cursor.execute(statement("night/windows_made"), {"codes": codes})
        for code, first, last, as_of, is_explicit in cursor.fetchall():
            window = {"period": code}
            if is_explicit:
                window |= {"from": first.isoformat(), "to": last.isoformat(), "as_of": as_of.isoformat()}
            windows[code] = [other for other in windows[code] if other != window] + [window]
    return [window for code in codes for window in windows[code]]


def note_of_loads(
    files: list[Became],
    periods: list[str],
    *,
    docs: Path,
    ceiling: Decimal,
    passed_over: list[str] | None = None,
    fix_lists: list[str] | None = None,
) -> str:
    """What became of the files of a run: what went wrong first, and where each can be looked at. No data of persons.

    Input: `docs`: the folder with one page per delivery; `passed_over`: what in the inbox was not received, and why;
           `fix_lists`: what became of the lists of failing rows that came back.
    """
    passed_over, fix_lists = passed_over or [], fix_lists or []
    if not files and not passed_over and not fix_lists:
        return NOTHING_NEW
    ranks = Counter(_rank(file, ceiling) for file in files if file.trouble(ceiling))
    counts = [(f"tệp {word}", ranks[rank]) for rank, (word, _) in enumerate(TROUBLES)]
    counts.append(("tệp hoặc thư mục không đọc được, chưa nhận", len(passed_over)))
    first = ", ".join(f"{count} {word}" for word, count in counts if count)
    whole = (
        f"{len(files)} tệp, {_number(sum(f.rows_loaded for f in files))} dòng đã nạp,"
        f" {_number(sum(f.rows_quarantined for f in files))} dòng lỗi được giữ lại."
    )
    troubled = sorted((f for f in files if f.trouble(ceiling)), key=lambda f: (_rank(f, ceiling), f.file_id))
    lines = [f"{first}; {whole}" if first else whole]
    lines += [f"- tệp {file.file_id}: {told(file, ceiling)}" for file in troubled]
    lines += [f"- chưa nhận: {' '.join(one.split())}" for one in passed_over]
    lines += [f"- danh sách sửa {one}" for one in fix_lists]
    lines.append(f"Số liệu cần tính lại: {', '.join(periods)}." if periods else "Số liệu không thay đổi.")
    lines.append(f"Xem: `cchc files` và trang {docs}/<số tệp>/index.html")
    rest = (f for f in files if f not in troubled)
    for file in sorted(rest, key=lambda f: (not f.rows_quarantined, f.file_id)):
        line = f"- tệp {file.file_id}: {file.label}: {quality.STATUSES[file.status]}"
        if file.rows_quarantined:
            line += f" ({_number(file.rows_quarantined)}): `cchc quality --rows {file.file_id}`"
        lines.append(line)
    return cut(lines)


def told(file: Became, ceiling: Decimal) -> str:
    """One line about a file that something is wrong with: which office, what, and why."""
    return f"{headline(file, ceiling)}. {first_sentence(file.trouble(ceiling) or '')}"


def headline(file: Became, ceiling: Decimal) -> str:
    """Which file, and what is wrong with it: «Hồ sơ một cửa · duc-co · 16/12/2021: bị trả lại»."""
    return f"{file.label}: {TROUBLES[_rank(file, ceiling)][0]}"


def _rank(file: Became, ceiling: Decimal) -> int:
    return next(i for i, (_, is_so) in enumerate(TROUBLES) if is_so(file, ceiling))


def note_of_figures(made: dict[str, int]) -> str:
    """How many figures of each period were written anew."""
    lines = [f"- {period}: {_number(rows)} số liệu mới" for period, rows in made.items() if rows]
    return cut([*lines, "Xem: `cchc show <kỳ> <mã đơn vị>`"]) if lines else NOTHING_NEW


def _number(count: int) -> str:
    return f"{count:,}".replace(",", ".")


def cut(lines: list[str]) -> str:
    """As many whole lines as a note holds, and how many more there are."""
    kept: list[str] = []
    for i, line in enumerate(lines):
        more = f"… và {len(lines) - i} dòng nữa, xem nhật ký."
        behind = 0 if i + 1 == len(lines) else len(more) + 1
        if len("\n".join([*kept, line])) + behind > NOTE:
            return "\n".join([*kept, more])
        kept.append(line)
    return "\n".join(kept)
