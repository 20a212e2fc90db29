"""What stands in the way of a release: loads and figures under way, files and questions that wait, old figures.

While these are looked for, nothing of them can begin: what is published rests on one state of the warehouse.
"""

from datetime import timedelta

from psycopg2.extensions import cursor as Cursor

from etl import catalogue
from etl.catalogue.project_files import statement
from etl.errors import UsageError
from etl.figures import touches
from etl.figures.window import SNAPSHOT_DAYS, bindings
from etl.periods import Period, window_code
from etl.publication.scope import Scope
from etl.warehouse import locks

STATES = {
    "held": "đang chờ người xác nhận",
    "again": "chờ được xét lại",
    "landed": "đã nhận, chưa nạp",
}
LOOKED_AT = 50  # files of which it is looked whether they touch the period; more are all named
NAMED = 10


class Blocked(UsageError):
    """A release cannot be published now. `lines`: what stands in its way, Vietnamese, one sentence each."""

    def __init__(self, scope: Scope, lines: list[str]) -> None:
        self.lines = lines
        super().__init__(f"Chưa thể công bố {scope.period.code} của {scope.unit_name}: {' '.join(lines)}")


def found(cursor: Cursor, scope: Scope) -> list[str]:
    """What stands in the way, Vietnamese; empty: nothing, and until the transaction ends nothing can come.

    Input: figure_now, see scope.open_scope.
    """
    period = scope.period
    lines = [
        f"Đang nạp «{export.short_title}»{_waiting(cursor, export.name)}: chờ nạp xong."
        for export in catalogue.exports().values()
        if not locks.keep_loads_out(cursor, export.name)
    ]
    # whoever makes a window with the state of another day holds the window
    windows = {period.code, window_code(period.calendar_code, period.start, period.last_day)}
    if not all(locks.keep_figures_out(cursor, code) for code in sorted(windows)):
        lines.append(f"Đang tính số liệu của kỳ {period.code}: chờ tính xong.")
    return [*lines, *_files(cursor, period), *_questions(cursor, period), *_old(cursor, period)]


def _waiting(cursor: Cursor, export: str) -> str:
    cursor.execute(
        "select file_id from landing.file where export = %s and (status = 'landed' or reload_reason is not null)"
        " order by file_id",
        (export,),
    )
    file_ids = [file_id for (file_id,) in cursor.fetchall()]
    return f" (tệp số {_numbers(file_ids)})" if file_ids else ""


def _files(cursor: Cursor, period: Period) -> list[str]:
    bound = bindings(period)
    snapshots = [export.name for export in catalogue.exports().values() if export.delivery == "snapshot"]
    cursor.execute(
        statement("publication/files_in_the_way"),
        {"snapshots": snapshots, "period_start": period.start}
        | {"told_until": bound["as_of"] + timedelta(days=SNAPSHOT_DAYS)},
    )
    return [
        f"Tệp số {file_id} ({_label(export, sender)}, giao {day:%d/%m/%Y}) {STATES[state]}: xử lý tệp này trước."
        for file_id, export, sender, day, state in cursor.fetchall()
    ]


def _questions(cursor: Cursor, period: Period) -> list[str]:
    cursor.execute(statement("publication/open_questions"))
    return [
        f"Tệp số {file_id} ({_label(export, sender)}, giao {day:%d/%m/%Y}) đang được hỏi, chưa ai trả lời."
        for file_id, export, sender, day in cursor.fetchall()
        if _touches(cursor, file_id, period)
    ]


def _touches(cursor: Cursor, file_id: int, period: Period) -> bool:
    return period.calendar_code in touches.touched_periods(cursor.connection, [file_id])


def _old(cursor: Cursor, period: Period) -> list[str]:
    """What has changed since the figures were made: data, or the definitions themselves."""
    touches.record(cursor.connection)
    cursor.execute(statement("publication/made"), bindings(period) | {"calendar_code": period.calendar_code})
    made_at, is_stale = cursor.fetchone()
    make = f"tính lại trước: cchc materialise {period.calendar_code}{_window_options(period)}"
    lines = []
    if is_stale:
        cursor.execute(
            "select file_id from landing.file where status in ('accepted', 'accepted_with_errors')"
            " and loaded_at >= coalesce(%s, '-infinity') order by file_id",
            (made_at,),
        )
        later = [file_id for (file_id,) in cursor.fetchall()]
        if len(later) <= LOOKED_AT:
            later = [file_id for file_id in later if _touches(cursor, file_id, period)]
        by = f"tệp số {_numbers(later)} được nạp" if later else "dữ liệu hoặc quyết định thay đổi"
        lines.append(f"Sau khi tính số liệu, {by}: {make}.")
    known = {i.code: i.version for i in catalogue.reported(period.last_day).values()}
    cursor.execute("select distinct indicator_code, definition_version from figure_now order by 1")
    if changed := [code for code, version in cursor.fetchall() if known.get(code) != version]:
        lines.append(f"Sau khi tính số liệu, định nghĩa của chỉ tiêu {', '.join(changed[:NAMED])} thay đổi: {make}.")
    return lines


def _window_options(period: Period) -> str:
    """What a command is given to make this window again: nothing for the calendar's.

    >>> _window_options(Period.parse("2021-N[2020-12-15..2021-11-15]"))
    ' --from 2020-12-15 --to 2021-11-15'
    """
    if period.code == period.calendar_code:
        return ""
    state = f" --as-of {period.state_on}" if period.state_on else ""
    return f" --from {period.start} --to {period.last_day}{state}"


def _label(export: str, sender: str) -> str:
    known = catalogue.exports().get(export)
    return f"«{known.short_title if known else export}» của {sender}"


def _numbers(file_ids: list[int]) -> str:
    more = f" và {len(file_ids) - NAMED} tệp khác" if len(file_ids) > NAMED else ""
    return ", ".join(map(str, file_ids[:NAMED])) + more
