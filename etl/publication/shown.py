"""What the pages show of figures: a unit's appendix beside the periods before, and units side by side."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from psycopg2.extensions import cursor as Cursor

from etl import catalogue
from etl.catalogue.project_files import statement
from etl.errors import UsageError
from etl.figures.appendix import rounded
from etl.periods import Period
from etl.publication import register
from etl.publication.register import Release

LONGEST_SERIES = 8  # periods of a trend line
Units = Collection[str] | None  # codes of the units that somebody sees; None: all


@dataclass(frozen=True)
class Unit:
    """A unit that has figures in a period."""

    code: str
    name: str
    level: str
    below: int


@dataclass(frozen=True)
class Shown:
    """A row of the appendix. `before` and `year_before` are values of the same unit; `change` is this one less that."""

    code: str
    kind: str
    name: str
    unit_of_measure: str
    value: Decimal | None
    numerator: Decimal | None
    denominator: Decimal | None
    status: str | None
    reason: str | None
    before: Decimal | None
    change: Decimal | None
    year_before: Decimal | None
    series: tuple[tuple[str, Decimal | None], ...]  # the last periods of this kind, this one included
    release_id: int | None  # where it is published
    has_moved: bool  # the published value is another one


@dataclass(frozen=True)
class Beside:
    """One indicator of one unit."""

    unit_code: str
    unit_name: str
    unit_level: str
    value: Decimal | None
    numerator: Decimal | None
    denominator: Decimal | None
    status: str
    unit_of_measure: str
    indicator_name: str


def periods(cursor: Cursor, units: Units) -> list[str]:
    """The codes of the periods that there are figures of, the newest first."""
    cursor.execute(statement("publication/shown_periods"), {"units": _listed(units)})
    return [code for code, _ in cursor.fetchall()]


def units(cursor: Cursor, period_code: str, seen: Units) -> list[Unit]:
    """The units of a period that somebody sees, those above first."""
    cursor.execute(statement("publication/shown_units"), {"period_code": period_code, "units": _listed(seen)})
    return [Unit(*row) for row in cursor.fetchall()]


def figures(cursor: Cursor, period_code: str, unit_code: str) -> list[Shown]:
    """The appendix of a unit in form order.

    Raises: UsageError if no figures were made of the period, or the unit is not among them.
    """
    period = Period.parse(period_code)
    year, kind = period.calendar_code.split("-", 1)
    asked = {"period_code": period_code, "unit_code": unit_code, "year_before": f"{int(year) - 1}-{kind}"}
    cursor.execute(statement("publication/shown_figures"), asked)
    found = cursor.fetchall()
    if not found:
        raise UsageError(f"Không có số liệu của đơn vị {unit_code} trong kỳ {period_code}.")
    decimals = {code: one.decimals for code, one in catalogue.reported(period.last_day).items()}
    return [_shown(row, decimals.get(row[0], 0)) for row in found]


def _shown(row: tuple[Any, ...], decimals: int) -> Shown:
    code, kind, name, measure, value, over, under, status, reason, codes, values, year_before, published, release = row
    series = tuple(zip(codes or (), (rounded(one, decimals) for one in values or ()), strict=True))[-LONGEST_SERIES:]
    before = series[-2][1] if len(series) > 1 else None
    value = rounded(value, decimals)
    return Shown(
        code=code,
        kind=kind,
        name=name,
        unit_of_measure=measure,
        value=value,
        numerator=rounded(over, 0),
        denominator=rounded(under, 0),
        status=status,
        reason=reason,
        before=before,
        change=value - before if value is not None and before is not None else None,
        year_before=rounded(year_before, decimals),
        series=series,
        release_id=release,
        has_moved=release is not None and published != value,
    )


def side_by_side(cursor: Cursor, period_code: str, unit_code: str, code: str, seen: Units) -> list[Beside]:
    """One indicator for the units below a unit that report it, the largest value first."""
    asked = {"period_code": period_code, "unit_code": unit_code, "code": code, "units": _listed(seen)}
    cursor.execute(statement("publication/side_by_side"), asked)
    defined = catalogue.reported(Period.parse(period_code).last_day).get(code)
    decimals = defined.decimals if defined else 0
    found = (Beside(*row) for row in cursor.fetchall())
    return [
        replace(
            one,
            value=rounded(one.value, decimals),
            numerator=rounded(one.numerator, 0),
            denominator=rounded(one.denominator, 0),
        )
        for one in found
    ]


def releases_seen(cursor: Cursor, seen: Units) -> list[Release]:
    """The releases that somebody may see: those signed by a unit that they see."""
    return [one for one in register.every(cursor) if seen is None or one.unit_code in seen]


def _listed(units: Units) -> list[str] | None:
    return None if units is None else sorted(units)
