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
from etl.publication import opening, records, shares
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
    unit_code: str
    unit_name: str
    indicator: catalogue.Indicator
    value: Decimal | None
    numerator: Decimal | None
    denominator: Decimal | None
    status: str
    reason: str | None
    definition_version: str  # that the figure was made by
    rows: tuple[Row, ...]
    has_moved: bool  # the data, or the definition, are others than when the figure was made

    @property
    def decided(self) -> dict[str, int]:
        """How many of its rows were corrected, confirmed, waived or wait for their source, by the word for it."""
        kinds = Counter(kind for row in self.rows for kind in row.record.decided)
        return {word: kinds[kind] for kind, word in DECIDED.items() if kinds[kind]}


def explain(connection: Connection, period: Period, unit: str, code: str, *, release: int | None = None) -> Explanation:
    """A figure that was made, and the rows that add to it: together they are its numerator and its denominator.

    Input:  `period`: over the window whose figures are meant; `unit`: a code, or code@day; `release`: its number, if
            the figure is meant as it was published.
    Output: rows by file and line. Without any where the figure has a status in place of a value.
    Raises: UsageError if there is no such figure, or release.
    """
    if release is not None:
        raise UsageError(f"there is no release {release}: leave --release out to explain the figure as it is now.")
    with connection.cursor() as cursor:
        unit_code, valid_from = appendix.meaning(cursor, period.code, unit)
        cursor.execute(
            project_files.statement("explaining/figure"),
            {"period": period.code, "cadence": period.cadence, "unit": unit_code, "valid_from": valid_from}
            | {"code": code},
        )
        if not (figure := cursor.fetchone()):
            raise UsageError(_no_code(cursor, period, code))
        _, _, unit_name, _, value, numerator, denominator, status, reason, version = figure
        indicator = catalogue.reported(period.last_day)[code]
        rows: list[Row] = []
        parts = shares.NOTHING
        if status in ("observed", "undefined"):
            opened = opening.open_records(cursor, period, unit_code, valid_from, [indicator])
            parts = shares.figures(cursor, period, [indicator], opened)[code]
            found = shares.of_figure(cursor, period, indicator, opened, parts)
            told = records.known(cursor, [share.record for share in found])
            rows = [Row(share.in_numerator, share.in_denominator, told[share.record]) for share in found]
    has_moved = parts != (numerator or 0, denominator or 0) or version != indicator.version
    return Explanation(
        period,
        bindings(period)["as_of"],
        unit_code,
        unit_name,
        indicator,
        appendix.rounded(value, indicator.decimals),
        numerator,
        denominator,
        status,
        reason,
        version,
        tuple(rows),
        has_moved,
    )


def _no_code(cursor: Cursor, period: Period, code: str) -> str:
    cursor.execute(
        "select distinct indicator_code from mart.indicator where cadence = %s and period_code = %s",
        (period.cadence, period.code),
    )
    made = sorted((made for (made,) in cursor.fetchall()), key=catalogue.form_order)
    return f"no indicator {code!r} in the figures of {period.code}; they are {', '.join(made)}."
