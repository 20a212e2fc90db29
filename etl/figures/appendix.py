"""The appendix of a unit: every row of the form, with the figures that were made of a period."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from psycopg2.extensions import connection as Connection
from psycopg2.extensions import cursor as Cursor

from etl import catalogue
from etl.errors import UsageError

NAMED = 8  # units that a message names


@dataclass(frozen=True)
class Row:
    """A section, a group or an indicator of the form; only indicators have a figure."""

    code: str
    kind: str
    name: str
    unit_of_measure: str
    value: Decimal | None  # with the indicator's decimals
    numerator: Decimal | None
    denominator: Decimal | None
    status: str | None
    reason: str | None = None  # why it is not computable, in Vietnamese
    note: str = ""  # what a reader has to know of how it is counted; only beside the appendix


@dataclass(frozen=True)
class Appendix:
    """What is printed for a unit and a period, and the window it was counted in."""

    unit_name: str
    first_day: date
    last_day: date
    as_of: date
    rows: tuple[Row, ...]
    beside: tuple[Row, ...] = ()  # the groups beside the appendix, for sentences of the report


def read(connection: Connection, period_code: str, unit: str) -> Appendix:
    """The appendix of a unit in form order, and what stands beside it.

    Input:  `unit`: a code, or code@day; see `meaning`.
    Raises: UsageError if no figures were made of the period, or the unit is not among them.
    """
    with connection.cursor() as cursor:
        unit_code, valid_from = meaning(cursor, period_code, unit)
        cursor.execute(
            """
            select unit_name, period_start, period_end, as_of, form_group <> '',
                indicator_code, kind, indicator_name, unit_of_measure, value, numerator, denominator, status, reason,
                note
            from mart.form_figure
            where period_code = %(period)s and unit_code = %(unit)s
                and unit_valid_from = greatest(%(valid_from)s::date, date '1900-01-01')
            order by form_order
            """,
            {"period": period_code, "unit": unit_code, "valid_from": valid_from},
        )
        found = cursor.fetchall()
    unit_name, first_day, last_day, as_of = found[0][:4]
    decimals = {code: indicator.decimals for code, indicator in catalogue.reported(last_day).items()}
    rows: dict[bool, list[Row]] = {False: [], True: []}
    for *_, is_beside, code, kind, name, measure, value, over, under, status, reason, note in found:
        figure = rounded(value, decimals.get(code, 0)), _plain(over), _plain(under)
        rows[is_beside].append(Row(code, kind, name, measure, *figure, status, reason, note))
    return Appendix(unit_name, first_day, last_day, as_of, tuple(rows[False]), tuple(rows[True]))


def meaning(cursor: Cursor, period_code: str, unit: str) -> tuple[str, str]:
    """The unit that a code stands for in the figures of a period: its code, and the day since which it means that.

    Input:  `unit`: 23869 is what the code means at the end of the period, 23869@2025-06-30 what it meant on that day.
    Raises: UsageError if no figures were made of the period, or the unit is not among them.
    """
    unit_code, at, day = unit.partition("@")
    try:
        on = date.fromisoformat(day) if at else None
    except ValueError:
        raise UsageError(f"unit {unit!r}: {day!r} is not a day; write {unit_code}@2025-06-30.") from None
    cursor.execute(
        "select unit_valid_from::text from mart.indicator where period_code = %(period)s and unit_code = %(unit)s"
        " group by unit_valid_from"
        # before every meaning the first is meant, as it is where facts are counted
        " order by unit_valid_from <= %(on)s::date desc nulls last, case when unit_valid_from > %(on)s::date"
        " then unit_valid_from end, unit_valid_from desc limit 1",
        {"period": period_code, "unit": unit_code, "on": on},
    )
    if not (row := cursor.fetchone()):
        raise UsageError(_missing(cursor, period_code, unit_code))
    return unit_code, row[0]


def rounded(number: Decimal | None, decimals: int) -> Decimal | None:
    """Figures are rounded where they are made; this only gives them their zeros: 10 % is 10.00."""
    return round(number, decimals) if number is not None and decimals else _plain(number)


def _plain(number: Decimal | None) -> Decimal | None:
    """A number without the zeros that the database keeps behind the point: 2064, not 2064.00."""
    if number is None or number != number.to_integral_value():
        return number
    return number.quantize(Decimal(1))


def _missing(cursor: Cursor, period_code: str, unit_code: str) -> str:
    cursor.execute(
        "select unit_code, min(unit_name) from mart.indicator where period_code = %s group by unit_code"
        " order by min(array_position(%s, unit_level)), unit_code",
        (period_code, list(catalogue.LEVELS)),
    )
    units = cursor.fetchall()
    if units:
        named = ", ".join(f"{code} ({name})" for code, name in units[:NAMED])
        more = f" and {len(units) - NAMED} more" if len(units) > NAMED else ""
        return f"no unit {unit_code!r} in the figures of {period_code}; they are of {named}{more}."
    cursor.execute("select distinct period_code from mart.indicator order by period_code")
    made = ", ".join(code for (code,) in cursor.fetchall()) or "no period yet"
    return f"no figures of {period_code}: run `cchc materialise {period_code}`; there are figures of {made}."
