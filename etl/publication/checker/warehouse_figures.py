"""A report against the warehouse: what it prints and says beside what was computed of its unit and period."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from psycopg2.extensions import connection as Connection

from etl.figures import appendix, printed, prove
from etl.figures.appendix import Row
from etl.publication.checker.claims import Claim
from etl.publication.checker.contradiction import Contradiction, percentage, vietnamese
from etl.publication.checker.printed_appendix import Figure


def read(connection: Connection, period_code: str, unit: str) -> dict[str, Row]:
    """The stored figures of a unit and a period that have a value, by code.

    Raises: UsageError if no figures were made of the period, or the unit is not among them.
    """
    rows = appendix.read(connection, period_code, unit).rows
    return {row.code: row for row in rows if row.kind == "indicator" and row.value is not None}


def identities_broken(connection: Connection, unit: str, figures: Mapping[str, Figure]) -> list[Contradiction]:
    """The checks between figures that the printed column breaks, asked of PostgreSQL as they are of computed ones."""
    values = {code: (figure.value, figure.unit) for code, figure in figures.items()}
    found = []
    for broken in prove.broken_in_print(connection, unit, values):
        codes = [code for code in broken.subject.replace("+", " ").split() if code in figures]
        first = figures[codes[0]] if codes else None
        place = f"phụ lục {first.code} ({first.place})" if first else "phụ lục"
        quote = "; ".join(f"{figures[code].code} {figures[code].title}: {figures[code].text}" for code in codes)
        if broken.left_side is not None and broken.right_side is not None:
            found.append(
                Contradiction(
                    place, f"Phụ lục, {broken.statement}", broken.left_side, broken.right_side, "appendix", quote
                )
            )
    return found


def printed_otherwise(figures: Mapping[str, Figure], stored: Mapping[str, Row]) -> list[Contradiction]:
    """Figures of the printed appendix that were computed otherwise, at the precision of the print."""
    found = []
    for code, figure in figures.items():
        row = stored.get(code)
        decimals = printed.decimals(figure.text) if figure.unit == "%" else 0
        if row and (computed := _at(row, decimals)) != figure.value:
            statement = (
                f"Phụ lục {code} ghi {figure.text}, kho số liệu tính được {vietnamese(computed)}{_fraction(row)}:"
                f" {figure.title}."
            )
            place, quote = f"phụ lục {code} ({figure.place})", f"{code} {figure.title}: {figure.text}"
            found.append(Contradiction(place, statement, figure.value, computed, "warehouse", quote))
    return found


def said_otherwise(claimed: Sequence[tuple[Claim, str, str]], stored: Mapping[str, Row]) -> list[Contradiction]:
    """Figures that the prose says and that were computed otherwise; each claim with its place and its sentence."""
    found = []
    for claim, place, quote in claimed:
        row = stored.get(claim.code)
        if row and not claim.adds and (computed := _at(row, claim.decimals)) != claim.value:
            statement = (
                f"Lời văn ghi {vietnamese(claim.value)}, kho số liệu tính được {claim.code} ="
                f" {vietnamese(computed)}{_fraction(row)}: {row.name}."
            )
            found.append(Contradiction(place, statement, claim.value, computed, "warehouse", quote))
    return found


def _at(row: Row, decimals: int) -> Decimal:
    """The computed figure as it would stand in print."""
    if row.unit_of_measure == "%" and row.numerator is not None and row.denominator:
        return percentage(row.numerator, row.denominator, decimals)
    value = row.value or Decimal(0)
    return round(value, decimals) if row.unit_of_measure == "%" else value


def _fraction(row: Row) -> str:
    if row.numerator is None or not row.denominator:
        return ""
    return f" ({vietnamese(row.numerator)}/{vietnamese(row.denominator)})"
