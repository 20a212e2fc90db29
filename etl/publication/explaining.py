"""Why a figure is what it is: its definition, its parts, and every row that adds to it."""

from collections import Counter
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from psycopg2.extensions import connection as Connection
from psycopg2.extensions import cursor as Cursor

from etl import catalogue
from etl.catalogue import project_files
from etl.errors import UsageError
from etl.figures import appendix
from etl.figures.window import bindings
from etl.periods import Period
from etl.publication import keeping, opening, records, register, shares
from etl.publication.records import Record

# Vietnamese: what was decided about rows among those that a figure rests on, by the kind of decision.
DECIDED = {
    "correct": "đã sửa",
    "confirm": "được xác nhận đúng",
    "waive": "được miễn",
    "mend_at_source": "chờ sửa tại nguồn",
}


@dataclass(frozen=True)
class Row:
    """How much a row adds to the numerator and the denominator; whole numbers, if the unit did not declare a share."""

    in_numerator: Decimal
    in_denominator: Decimal
    record: Record


@dataclass(frozen=True)
class Explanation:
    """One figure with all that it rests on."""

    period: Period
    as_of: date
    release: int | None
    unit_code: str
    unit_name: str
    indicator: catalogue.Indicator
    value: Decimal | None
    numerator: Decimal | None
    denominator: Decimal | None
    status: str
    reason: str | None
    definition_version: str  # that the figure was made by
    rows: tuple[Row, ...]  # by file and line; the first of them, if no more were asked for
    row_count: int  # of all
    decided: dict[str, int]  # how many of all were corrected, confirmed, waived or wait for their source, by the word
    has_moved: bool  # the data, or the definition, are others than when the figure was made; or its rows were changed


def explain(
    connection: Connection,
    period: Period,
    unit: str,
    code: str,
    *,
    release: int | None = None,
    limit: int | None = None,
) -> Explanation:
    """A figure that was made, and the rows that add to it: together they are its numerator and its denominator.

    Input:  `period`: over the window whose figures are meant; `unit`: a code, or code@day; `release`: its number, if
            the figure is meant as it was published, with the rows that it had then; `limit`: so many rows are enough.
    Output: rows by file and line. Without any where the figure has a status in place of a value.
    Raises: UsageError if there is no such figure, or release.
    """
    with connection.cursor() as cursor:
        if release is None:
            figure = _figure(cursor, period, unit, code)
        else:
            period = _period_of(cursor, period, release)
            figure = _figure_of(cursor, period, unit, code, release)
        found: list[shares.Share] = []
        whole = shares.NOTHING
        if figure.status in ("observed", "undefined"):
            place = (figure.unit_code, figure.valid_from)
            if release is None:
                opened = opening.open_records(cursor, period, *place, [figure.indicator])
                whole = shares.figures(cursor, period, [figure.indicator], opened)[code]
                found = shares.of_figure(cursor, period, figure.indicator, opened, whole)
            else:
                found = keeping.of_figures(cursor, release, period, place, [figure.indicator])[code]
                whole = shares.added_up(found)
        decisions = records.decided(cursor, [share.record for share in found], release=release)
        told = records.known(cursor, [share.record for share in found[:limit]], decisions)
    kinds = Counter(kind for decided in decisions.values() for kind in decided)
    has_moved = whole != (figure.numerator or 0, figure.denominator or 0) or figure.version != figure.indicator.version
    return Explanation(
        period,
        bindings(period)["as_of"],
        release,
        figure.unit_code,
        figure.unit_name,
        figure.indicator,
        appendix.rounded(figure.value, figure.indicator.decimals),
        figure.numerator,
        figure.denominator,
        figure.status,
        figure.reason,
        figure.version,
        tuple(Row(share.in_numerator, share.in_denominator, told[share.record]) for share in found[:limit]),
        len(found),
        {word: kinds[kind] for kind, word in DECIDED.items() if kinds[kind]},
        has_moved,
    )


@dataclass(frozen=True)
class _Figure:
    unit_code: str
    valid_from: str
    unit_name: str
    value: Decimal | None
    numerator: Decimal | None
    denominator: Decimal | None
    status: str
    reason: str | None
    version: str
    indicator: catalogue.Indicator


def _figure(cursor: Cursor, period: Period, unit: str, code: str) -> _Figure:
    """A figure as it was made last."""
    place = appendix.meaning(cursor, period.code, unit)
    cursor.execute(
        project_files.statement("explaining/figure"),
        {"period": period.code, "cadence": period.cadence, "unit": place[0], "valid_from": place[1], "code": code},
    )
    if not (found := cursor.fetchone()):
        raise UsageError(_no_code(cursor, period, code))
    name, value, over, under, status, reason, version = found
    indicator = catalogue.reported(period.last_day)[code]
    return _Figure(*place, name, value, over, under, status, reason, version, indicator)


def _period_of(cursor: Cursor, asked: Period, release: int) -> Period:
    """The period of a release, over the window that it was published of."""
    published = Period.parse(register.one(cursor, release).period_code)
    if asked.calendar_code != published.calendar_code:
        raise UsageError(f"release {release} is of {published.calendar_code}, not of {asked.calendar_code}.")
    return published


def _figure_of(cursor: Cursor, period: Period, unit: str, code: str, release: int) -> _Figure:
    """A figure as a release has it, by the definition that it keeps."""
    unit_code, _, day = unit.partition("@")
    cursor.execute(
        project_files.statement("keeping/figure"),
        {"release": release, "unit": unit_code, "day": day or None, "code": code},
    )
    if not (found := cursor.fetchone()):
        raise UsageError(f"release {release} has no figure {code!r} of unit {unit_code!r}; it is of {period.code}.")
    unit_code, valid_from, name, value, over, under, status, reason, version, header, query = found
    indicator = catalogue.indicator_of(header, query)
    return _Figure(unit_code, valid_from, name, value, over, under, status, reason, version, indicator)


def _no_code(cursor: Cursor, period: Period, code: str) -> str:
    cursor.execute(
        "select distinct indicator_code from mart.indicator where cadence = %s and period_code = %s",
        (period.cadence, period.code),
    )
    made = sorted((made for (made,) in cursor.fetchall()), key=catalogue.form_order)
    return f"no indicator {code!r} in the figures of {period.code}; they are {', '.join(made)}."
