"""Which periods are older than their loads: the warehouse knows it by itself, whoever was told or not.

Every load that changed something leaves a touch on each period whose figures it may have changed; a period that was
made keeps how many touches it had then. A count, not a clock: a load that was not yet committed when the figures were
made is not in it, however long ago it began.
"""

from psycopg2.extensions import connection as Connection
from psycopg2.extensions import cursor as Cursor

from etl import figures
from etl.periods import Period


def record(connection: Connection) -> None:
    """Leave the touches of every load since the last time. The transaction is the caller's.

    A load that another transaction records at this moment is left to it.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "select file_id from landing.file where status in ('accepted', 'accepted_with_errors')"
            " and loaded_at is distinct from touched_for order by file_id for update skip locked"
        )
        loaded = [file_id for (file_id,) in cursor.fetchall()]
        if loaded:
            _touch(cursor, loaded)
            cursor.execute("update landing.file set touched_for = loaded_at where file_id = any(%s)", (loaded,))


def take_back(cursor: Cursor, file_ids: list[int]) -> None:
    """Leave the touches of loads that are about to be taken back: afterwards nobody can tell which days they held."""
    _touch(cursor, file_ids)


def _touch(cursor: Cursor, file_ids: list[int]) -> None:
    cursor.execute(
        "select file_id from landing.file where file_id = any(%s) and rows_loaded + rows_closed > 0", (file_ids,)
    )
    if changed := [file_id for (file_id,) in cursor.fetchall()]:
        touched = figures.touched_periods(cursor.connection, changed)
        cursor.execute("insert into mart.touch (period_code) select unnest(%s::text[])", (touched,))


def stale_periods(connection: Connection) -> list[str]:
    """Codes of the periods that were touched since they were last made, in the order in which they close.

    A period is old if its calendar window is, or one of the windows that reports stated for themselves.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            with touched as (
                select period_code, count(*) as touches
                from mart.touch
                group by period_code
            ),
            made as (
                select period_code, is_explicit, max(touches) as touches
                from mart.materialisation
                group by period_code, is_explicit, case when is_explicit then (period_start, period_end, as_of) end
            )
            select period_code
            from touched
            where not exists (
                select from made where made.period_code = touched.period_code and not made.is_explicit
                    and made.touches >= touched.touches
            ) or exists (
                select from made where made.period_code = touched.period_code and made.is_explicit
                    and made.touches < touched.touches
            )
            """
        )
        found = [Period.parse(code) for (code,) in cursor.fetchall()]
    return [period.code for period in sorted(found, key=lambda period: (period.end, -period.start.toordinal()))]
