"""What is not complete about the figures of a release: it is listed in what is signed, and forbids nothing."""

from datetime import date, timedelta

from psycopg2.extensions import cursor as Cursor

from etl import catalogue
from etl.catalogue.project_files import statement
from etl.publication.scope import Scope

NAMED = 12  # units, codes or senders that a line names


def missing(cursor: Cursor, scope: Scope) -> list[str]:
    """A Vietnamese line for each thing: deliveries, declarations, roles, errors that are open, findings.

    Input: release_scope and figure_now, see scope.open_scope.
    """
    return [
        *_deliveries(cursor, scope),
        *_declarations(cursor, scope),
        *_not_computable(cursor),
        *_open_rows(cursor, scope),
        *_findings(cursor, scope),
    ]


def _deliveries(cursor: Cursor, scope: Scope) -> list[str]:
    """Who has not delivered what tells of the end of the window; and what nobody delivered."""
    cursor.execute(statement("publication/deliveries"))
    lines, seen = [], set()
    exports = catalogue.exports()
    for name, sender, last_on in cursor.fetchall():
        seen.add(name)
        export = exports.get(name)
        if export and export.delivers and last_on < _expected(export.delivers, scope.period.start, scope.period.end):
            lines.append(
                f"Chưa có dữ liệu đến hết kỳ: {export.short_title} của {sender}, giao gần nhất {last_on:%d/%m/%Y}."
            )
    read = {name for one in catalogue.reported(scope.period.last_day).values() for name in one.source}
    if absent := [exports[name].short_title for name in exports if name in read - seen]:
        lines.append(f"Chưa đơn vị nào giao: {'; '.join(absent)}.")
    return lines


def _expected(rhythm: str, start: date, end: date) -> date:
    """The day from which on a delivery tells of the end of a window: a nightly one tells of the day before it."""
    return {"daily": end, "monthly": end - timedelta(days=31)}.get(rhythm, start)


def _declarations(cursor: Cursor, scope: Scope) -> list[str]:
    cursor.execute(
        "select unit_code, unit_name, array_agg(indicator_code order by form_order) from figure_now"
        " where status = 'not_reported' group by unit_code, unit_valid_from, unit_name"
        " order by unit_code <> %s, unit_code",
        (scope.unit_code,),
    )
    lines, others = [], []
    for unit_code, unit_name, codes in cursor.fetchall():
        if unit_code == scope.unit_code:
            lines.append(f"{unit_name} chưa có số liệu của {len(codes)} chỉ tiêu: {_some(codes)}.")
        else:
            others.append(f"{unit_name} ({len(codes)})")
    if others:
        lines.append(f"Đơn vị cấp dưới chưa có số liệu (số chỉ tiêu): {_some(others)}.")
    return lines


def _not_computable(cursor: Cursor) -> list[str]:
    cursor.execute(
        "select reason, count(*) from figure_now where status = 'not_computable' group by reason order by reason"
    )
    return [f"Không tính được {count} số liệu: {reason}." for reason, count in cursor.fetchall()]


def _open_rows(cursor: Cursor, scope: Scope) -> list[str]:
    cursor.execute(statement("publication/open_rows"), {"period_start": scope.period.start})
    exports = catalogue.exports()
    return [
        f"{exports[name].short_title if name in exports else name}: {rows} dòng lỗi chưa xử lý, không có trong số liệu."
        for name, rows in cursor.fetchall()
    ]


def _findings(cursor: Cursor, scope: Scope) -> list[str]:
    cursor.execute(
        "select count(*), array_agg(distinct rule_id) from quality.finding where period_code = %s"
        " and origin = 'computed' and unit_code in (select unit_code from release_scope)",
        (scope.period.code,),
    )
    count, rules = cursor.fetchone()
    return [f"{count} quan hệ giữa các số liệu không đúng ({_some(sorted(rules))})."] if count else []


def _some(names: list[str]) -> str:
    more = f" và {len(names) - NAMED} nữa" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more
