"""What a run of a DAG hands on: the files to load, the periods they touched, and the note that says where to look."""

from datetime import date
from pathlib import Path

from etl import quality, warehouse
from etl.errors import UsageError
from etl.pipeline import Receipt, waiting

NOTE = 1000  # characters that Airflow keeps of a note
NOTHING_NEW = "Không có gì mới."


def day(given: str | None) -> date | None:
    """A day as a run's configuration states it; None stays None.

    Raises: UsageError if it is not YYYY-MM-DD.
    """
    try:
        return date.fromisoformat(given) if given else None
    except ValueError:
        raise UsageError(f"{given!r} is not a day. Write YYYY-MM-DD, e.g. 2021-12-31.") from None


def label(receipt: Receipt) -> str:
    """How a delivery is called on a page."""
    day = f"{receipt.delivered_on:%d/%m/%Y}" if receipt.delivered_on > date.min else "không rõ ngày giao"
    return f"{receipt.export} · {receipt.sender} · {day}"


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


def touched_periods(url: str, file_ids: list[int] | None = None) -> list[str]:
    """Codes of the open periods whose figures these loads may have changed; None: all loads there were."""
    from etl import figures

    with warehouse.transaction(url) as connection, connection.cursor() as cursor:
        cursor.execute(
            "select file_id from landing.file where status like 'accepted%%' and rows_loaded + rows_closed > 0"
            # what was loaded again beside them belongs to them
            " and (%(ids)s::int[] is null or file_id = any(%(ids)s) or loaded_with = any(%(ids)s)) order by file_id",
            {"ids": file_ids},
        )
        changed = [file_id for (file_id,) in cursor.fetchall()]
        return figures.touched_periods(connection, changed) if changed else []


def windows(url: str, codes: list[str]) -> list[dict[str, str]]:
    """What to make of periods that loads touched: the calendar's window, and those that a report stated for itself.

    Output: period, and where a window was stated from, to (inclusive days) and as_of.
    """
    with warehouse.transaction(url) as connection, connection.cursor() as cursor:
        cursor.execute(
            """
            select period_code, period_start, period_end, as_of
            from mart.materialisation
            where period_code = any(%s) and is_explicit
            group by period_code, period_start, period_end, as_of
            order by max(materialisation_id)
            """,
            (codes,),
        )
        stated = [
            {"period": code, "from": first.isoformat(), "to": last.isoformat(), "as_of": as_of.isoformat()}
            for code, first, last, as_of in cursor.fetchall()
        ]
    return [made for code in codes for made in ({"period": code}, *(s for s in stated if s["period"] == code))]


def note_of_loads(receipts: list[Receipt], periods: list[str], *, docs: Path) -> str:
    """What became of the files of a run, troubled ones first, and where each can be looked at. No data of persons.

    Input: `docs`: the folder with one page per delivery.
    """
    if not receipts:
        return NOTHING_NEW
    troubled = {"rejected": 0, "held": 0, "landed": 1, "accepted_with_errors": 2}
    lines = [
        f"{len(receipts)} tệp, {_number(sum(r.rows_loaded for r in receipts))} dòng đã nạp,"
        f" {_number(sum(r.rows_quarantined for r in receipts))} dòng lỗi được giữ lại."
    ]
    lines.append(f"Số liệu cần tính lại: {', '.join(periods)}." if periods else "Số liệu không thay đổi.")
    lines.append(f"Xem: `cchc files` và trang {docs}/<số tệp>/index.html")
    for receipt in sorted(receipts, key=lambda r: (troubled.get(r.status, 3), r.file_id)):
        line = f"- tệp {receipt.file_id}: {label(receipt)}: {quality.STATUSES[receipt.status]}"
        if receipt.rows_quarantined:
            line += f" ({_number(receipt.rows_quarantined)}): `cchc quality --rows {receipt.file_id}`"
        lines.append(line)
    return _cut(lines)


def note_of_figures(made: dict[str, int]) -> str:
    """How many figures of each period were written anew."""
    lines = [f"- {period}: {_number(rows)} số liệu mới" for period, rows in made.items() if rows]
    return _cut([*lines, "Xem: `cchc show <kỳ> <mã đơn vị>`"]) if lines else NOTHING_NEW


def _number(count: int) -> str:
    return f"{count:,}".replace(",", ".")


def _cut(lines: list[str]) -> str:
    """As many whole lines as a note holds, and how many more there are."""
    kept: list[str] = []
    for i, line in enumerate(lines):
        more = f"… và {len(lines) - i} dòng nữa, xem nhật ký."
        if sum(len(k) + 1 for k in [*kept, line]) + len(more) > NOTE and i + 1 < len(lines):
            return "\n".join([*kept, more])
        kept.append(line)
    return "\n".join(kept)
