"""Prove: identities and orders between figures, and printed figures against computed ones; a break shows both sides.

What must hold stands in `sql/checks/FIG-nn.sql`. Checks over figures are asked of what was computed and of what was
printed alike.
"""

import csv
import io
import shlex
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from pathlib import Path

from psycopg2.extensions import connection as Connection
from psycopg2.extensions import cursor as Cursor
from psycopg2.extras import execute_values

from etl import catalogue
from etl.catalogue import project_files
from etl.errors import CatalogueError, UsageError
from etl.figures import appendix, period_figures, printed, window
from etl.periods import Period

RECONCILED = "FIG-15"
CODE_HEADERS = ("code", "mã", "mã số", "mã chỉ tiêu")
VALUE_HEADERS = ("printed_value", "printed", "giá trị", "kết quả", "số liệu", "value")
STATUSES = {
    "not_applicable": "cấp này không báo cáo",
    "not_reported": "chưa có dữ liệu để tính",
    "not_computable": "không tính được vì tệp thiếu cột",
    "undefined": "không phát sinh trường hợp nào",
}


@dataclass(frozen=True)
class Check:
    """One statement that must hold between figures, as its file in `sql/checks/` says it."""

    rule_id: str
    title: str
    statement: str
    over: str  # figures, flow
    query: str


@dataclass(frozen=True)
class Finding:
    """A statement that does not hold for a unit."""

    unit_code: str
    rule_id: str
    subject: str
    origin: str  # computed, printed
    left_side: Decimal | None
    right_side: Decimal | None
    statement: str  # Vietnamese

    @property
    def difference(self) -> Decimal | None:
        return None if self.left_side is None or self.right_side is None else self.left_side - self.right_side


@dataclass(frozen=True)
class Comparison:
    """One row of a printed appendix beside what was computed."""

    code: str
    name: str
    printed: str
    computed: Decimal | None
    agrees: str  # yes, no, or empty: there is nothing to compare
    finding: str  # Vietnamese


@dataclass(frozen=True)
class _Stored:
    """What the warehouse holds of a period and unit."""

    value: Decimal | None
    numerator: Decimal | None
    denominator: Decimal | None
    status: str
    reason: str | None


def checks() -> tuple[Check, ...]:
    """Every check, by rule. Raises: CatalogueError if a file does not say what it checks."""
    return _checks(project_files.sql_files("checks"))


@cache
def _checks(paths: tuple[Path, ...]) -> tuple[Check, ...]:
    found: list[Check] = []
    for path in paths:
        header, query = project_files.read_sql(path)
        try:
            found.append(Check(header["rule_id"], header["title"], header["statement"], header["over"], query))
        except KeyError as missing:
            raise CatalogueError(
                f"{path}: the header lacks {missing}; it has rule_id, title, statement and over."
            ) from None
        if found[-1].rule_id in (RECONCILED, *(check.rule_id for check in found[:-1])):
            raise CatalogueError(f"{path}: {found[-1].rule_id} is taken. Give the check another number.")
    return tuple(found)


def prove_period(
    connection: Connection, period: Period, unit: str | None = None, *, is_open: bool = False
) -> list[Finding]:
    """Ask every check of the stored figures of a period, and keep what breaks in quality.finding.

    Input:  `unit` limits the answer to one unit; what is kept of others stays. `is_open`: this transaction has just
            made the figures of the period.
    Raises: UsageError if no figures of the period are stored.
    """
    with connection.cursor() as cursor:
        stored = _stored_window(cursor, period)
        _proved_figures(cursor, stored, unit)
        found = _broken(cursor, "figures", "computed")
        if not is_open:
            window.open_window(cursor, stored)
        window.make(cursor, project_files.SQL / "mart" / "proved_flow.sql", window.bindings(stored))
        found += [f for f in _broken(cursor, "flow", "computed") if unit in (None, f.unit_code)]
        _keep(cursor, stored, found, "computed", unit)
    return found


def findings(connection: Connection, period: Period, unit: str | None = None) -> list[Finding]:
    """What was found and kept of a period, by unit and rule."""
    with connection.cursor() as cursor:
        stored = period_figures.last_made(cursor, period)
        cursor.execute(
            "select unit_code, rule_id, subject, origin, left_side, right_side, statement from quality.finding"
            " where period_code = %(period)s and (%(unit)s::text is null or unit_code = %(unit)s)"
            " order by unit_code, rule_id, subject, origin",
            {"period": stored.code, "unit": unit},
        )
        return [Finding(*row) for row in cursor.fetchall()]


def reconcile(connection: Connection, period: Period, unit: str, path: Path) -> tuple[list[Comparison], list[Finding]]:
    """Compare a printed appendix with the stored figures of a unit, at the precision at which each figure is printed.

    Input:  CSV or .xlsx with a column of codes and one of printed values; see CODE_HEADERS and VALUE_HEADERS.
            `unit` may be a code@day: what the code meant on that day.
    Output: one row per indicator of the form, in its order, then those beside it that the file names; codes of it
            that no indicator has come last. And which relations between figures do not hold: in print, and as computed
            if the code means so at the end of the window.
    Raises: UsageError if the file cannot be read, or no figures of the unit are stored.
    """
    values = read_printed(path)
    with connection.cursor() as cursor:
        stored = _stored_window(cursor, period)
        cursor.execute(
            "select exists (select from mart.indicator where period_code = %s and unit_code = %s)",
            (stored.code, unit.partition("@")[0]),
        )
        if not cursor.fetchone()[0]:
            raise UsageError(
                f"{stored.code} has no figures of a unit {unit!r}; `cchc files` shows what hr/units delivered."
            )
        unit, valid_from = appendix.meaning(cursor, stored.code, unit)
        is_current = valid_from == appendix.meaning(cursor, stored.code, unit)[1]
        computed = _stored_figures(cursor, stored, unit, valid_from)
        indicators = catalogue.reported(stored.last_day)
        headings = {row.code for row in (*catalogue.form(), *catalogue.beside())}
        readable = {}
        for code, text in values.items():
            if code in indicators:
                try:
                    readable[code] = printed.read(text, indicators[code].unit)
                except ValueError:
                    readable[code] = None
        broken = _broken_in_print(cursor, unit, readable, indicators)
        if is_current:  # what is proved, and kept, is what a code means at the end of the window
            broken += prove_period(connection, stored, unit)
        compared = [
            _compared(i, values.get(i.code, ""), computed.get(i.code), broken)
            for i in indicators.values()
            if not i.group or i.code in values
        ]
        compared += [
            Comparison(code, "", text, None, "", f"Mã {code} không có trong biểu mẫu; kiểm tra lại tệp.")
            for code, text in values.items()
            if code not in indicators and text and code not in headings
        ]
        differing = [
            Finding(unit, RECONCILED, c.code, "printed", readable.get(c.code), c.computed, c.finding)
            for c in compared
            if c.agrees == "no"
        ]
        if is_current:
            _keep(cursor, stored, [f for f in broken if f.origin == "printed"] + differing, "printed", unit)
    return compared, broken


# --- printed against computed -----------------------------------------------------------------------------------------


def _compared(indicator: catalogue.Indicator, text: str, stored: _Stored | None, broken: list[Finding]) -> Comparison:
    said = [f.statement for f in broken if f.subject.split(" ")[0] == indicator.code]
    value = stored.value if stored else None

    def row(agrees: str, *sentences: str) -> Comparison:
        return Comparison(indicator.code, indicator.title, text, value, agrees, " ".join([*sentences, *said]))

    if not text:
        return row("", *([f"{stored.reason}."] if stored and stored.reason else []))
    try:
        given = printed.read(text, indicator.unit)
    except ValueError as unreadable:
        return row("no", f"Không đọc được số in ra: {unreadable}")
    if stored is None or value is None:
        reason = stored.reason or STATUSES[stored.status] if stored else "không có trong biểu mẫu của kỳ này"
        return row("no", f"In ra {text}, không có số tính: {reason}.")
    if _at_printed_precision(indicator, text, stored) == given:
        return row("yes")
    return row("no", f"In ra {text}, tính được {_vietnamese(value)}{_fraction(stored)}.")


def _at_printed_precision(indicator: catalogue.Indicator, text: str, stored: _Stored) -> Decimal | None:
    """The computed value as it would stand in print: a figure printed "10" says nothing of hundredths."""
    value = stored.value
    if indicator.is_share and value is not None:
        if stored.numerator is not None and stored.denominator:
            value = 100 * stored.numerator / stored.denominator  # not from the stored value: half of it may be rounding
        value = value.quantize(Decimal(1).scaleb(-printed.decimals(text)), ROUND_HALF_UP)
    return value


def _fraction(stored: _Stored) -> str:
    if stored.numerator is None or stored.denominator is None:
        return ""
    return f" ({stored.numerator.normalize():f}/{stored.denominator.normalize():f})"


def _vietnamese(value: Decimal | None) -> str:
    """A number for a sentence: decimal comma, no thousands."""
    return "trống" if value is None else f"{value.normalize():f}".replace(".", ",")


def read_printed(path: Path) -> dict[str, str]:
    """The printed values of an appendix by code, as they stand in the file.

    Raises: UsageError if there is no such file, or no columns of codes and values in it.
    """
    if not path.is_file():
        raise UsageError(f"{path}: there is no such file. Name a printed appendix as CSV or .xlsx.")
    rows = _sheet(path) if path.read_bytes()[:2] == b"PK" else _lines(path)
    for at, row in enumerate(rows):
        headers = [" ".join(cell.split()).casefold() for cell in row]
        code = next((headers.index(name) for name in CODE_HEADERS if name in headers), None)
        value = next((headers.index(name) for name in VALUE_HEADERS if name in headers), None)
        if code is not None and value is not None:
            given = ((r[code], r[value]) for r in rows[at + 1 :] if len(r) > max(code, value))
            return {_code(c): v.strip() for c, v in given if c.strip()}
    raise UsageError(
        f"{path}: no header names a column of codes and one of values; the columns are code and printed_value."
    )


def _lines(path: Path) -> list[list[str]]:
    content = path.read_bytes()
    encoding = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        raise UsageError(
            f"{path}: this is neither .xlsx nor text in UTF-8. Save it as CSV UTF-8 and try again."
        ) from None
    first = text.partition("\n")[0]
    separator = max(",;\t", key=first.count)
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=separator))


def _sheet(path: Path) -> list[list[str]]:
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        rows = CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python()
    except CalamineError as error:
        raise UsageError(f"{path}: the workbook cannot be read ({error}). Save it again as .xlsx.") from None
    return [[_cell(value) for value in row] for row in rows]


def _cell(value: object) -> str:
    return f"{value:.10g}" if isinstance(value, float) else str(value)


def _code(text: str) -> str:
    """1.1.1. is 1.1.1, and 3.1.3a is 3.1.3.a: printed forms mix them.

    >>> _code(" 1.1.1. "), _code("3.1.3a"), _code("7.6.2.b")
    ('1.1.1', '3.1.3.a', '7.6.2.b')
    """
    code = "".join(text.split()).rstrip(".").lower()
    return f"{code[:-1]}.{code[-1]}" if len(code) > 1 and code[-1].isalpha() and code[-2].isdigit() else code


# --- checks -----------------------------------------------------------------------------------------------------------


def _stored_window(cursor: Cursor, period: Period) -> Period:
    """The window that a period states; of one that states none the window that was made last."""
    stored = period_figures.last_made(cursor, period)
    cursor.execute(
        "select exists (select from mart.indicator where cadence = %s and period_code = %s)",
        (stored.cadence, stored.code),
    )
    if not cursor.fetchone()[0]:
        missing = shlex.quote(stored.code)
        raise UsageError(f"no figures of {stored.code} are stored: run cchc materialise {missing} first.")
    return stored


def _stored_figures(cursor: Cursor, period: Period, unit: str, valid_from: str) -> dict[str, _Stored]:
    cursor.execute(
        "select indicator_code, value, numerator, denominator, status, reason from mart.indicator"
        " where cadence = %s and period_code = %s and unit_code = %s and unit_valid_from = %s",
        (period.cadence, period.code, unit, valid_from),
    )
    return {code: _Stored(*rest) for code, *rest in cursor.fetchall()}


def _proved_figures(cursor: Cursor, period: Period, unit: str | None) -> None:
    _empty_proved_figure(cursor)
    cursor.execute(  # where a code meant two units in one window, the later one is asked; not computable: no value
        "insert into proved_figure select distinct on (i.unit_code, i.indicator_code)"
        " i.unit_code, i.indicator_code, i.value, f.unit_of_measure"
        " from mart.indicator as i inner join mart.form as f on f.code = i.indicator_code"
        " where i.cadence = %(cadence)s and i.period_code = %(code)s"
        " and (i.value is not null or i.status = 'not_computable')"
        " and (%(unit)s::text is null or i.unit_code = %(unit)s)"
        " order by i.unit_code, i.indicator_code, i.unit_valid_from desc",
        {"cadence": period.cadence, "code": period.code, "unit": unit},
    )


def broken_in_print(connection: Connection, unit: str, values: Mapping[str, tuple[Decimal, str]]) -> list[Finding]:
    """The identities that a printed column itself breaks; nothing is kept of them.

    Input:  by code the printed value and its unit of measure.
    """
    with connection.cursor() as cursor:
        return _ask_of_print(cursor, [(unit, code, value, measure) for code, (value, measure) in values.items()])


def _broken_in_print(
    cursor: Cursor, unit: str, values: dict[str, Decimal | None], indicators: dict[str, catalogue.Indicator]
) -> list[Finding]:
    """The identities that the printed column itself breaks."""
    rows = [(unit, code, value, indicators[code].unit) for code, value in values.items() if value is not None]
    return _ask_of_print(cursor, rows)


def _ask_of_print(cursor: Cursor, rows: list[tuple[str, str, Decimal, str]]) -> list[Finding]:
    _empty_proved_figure(cursor)
    execute_values(cursor, "insert into proved_figure values %s", rows)
    return _broken(cursor, "figures", "printed")


def _empty_proved_figure(cursor: Cursor) -> None:
    cursor.execute(
        "set local client_min_messages = warning; drop table if exists pg_temp.proved_figure;"
        "create temp table proved_figure (unit_code text, code text, value numeric, unit_of_measure text)"
        " on commit drop"
    )


def _broken(cursor: Cursor, over: str, origin: str) -> list[Finding]:
    """What breaks, but for statements about a figure that is not computable: nobody knows whether they hold."""
    cursor.execute("select unit_code, code from proved_figure where value is null")
    unknown = set(cursor.fetchall())
    found = []
    for check in checks():
        if check.over == over:
            cursor.execute(
                "select unit_code, subject, left_side::numeric, right_side::numeric"
                f" from ({check.query}) as broken order by 1, 2"
            )
            found += [
                Finding(
                    unit, check.rule_id, subject, origin, left, right, _sentence(check, subject, origin, left, right)
                )
                for unit, subject, left, right in cursor.fetchall()
                if unknown.isdisjoint((unit, code) for code in subject.split())
            ]
    return found


def _sentence(check: Check, subject: str, origin: str, left: Decimal | None, right: Decimal | None) -> str:
    where = "số in ra" if origin == "printed" else "số tính được"
    sides = f"{_vietnamese(left)} so với {_vietnamese(right)}"
    return f"{check.rule_id}, {where}: {subject} không đúng, {sides}. {check.title}."


def _keep(cursor: Cursor, period: Period, found: list[Finding], origin: str, unit: str | None) -> None:
    """Replace what was kept of this period and origin."""
    cursor.execute(
        "delete from quality.finding where period_code = %(period)s and origin = %(origin)s"
        " and (%(unit)s::text is null or unit_code = %(unit)s)",
        {"period": period.code, "origin": origin, "unit": unit},
    )
    cursor.execute(
        "select distinct unit_code, province_code from mart.indicator where cadence = %s and period_code = %s",
        (period.cadence, period.code),
    )
    province = dict(cursor.fetchall())
    rows = [
        {
            "province": province[f.unit_code],
            "period": period.code,
            "first": period.start,
            "last": period.last_day,
            "difference": f.difference,
            **asdict(f),
        }
        for f in found
    ]
    execute_values(
        cursor,
        "insert into quality.finding (province_code, period_code, period_start, period_end, unit_code, rule_id,"
        " subject, origin, left_side, right_side, difference, statement) values %s on conflict do nothing",
        rows,
        "(%(province)s, %(period)s, %(first)s, %(last)s, %(unit_code)s, %(rule_id)s, %(subject)s, %(origin)s,"
        " %(left_side)s, %(right_side)s, %(difference)s, %(statement)s)",
    )
