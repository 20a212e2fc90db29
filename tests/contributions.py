"""Whether what rows add to figures is together the figures: of every unit and every indicator of a period."""

from collections import defaultdict

from etl import catalogue
from etl.periods import Period
from etl.publication import keeping, opening, shares
from etl.warehouse import database

Figures = dict[str, shares.Parts]


def figures_made(url: str, period: Period) -> dict[tuple[str, str], Figures]:
    """The figures of a period that have a numerator, by unit and indicator."""
    found: dict[tuple[str, str], Figures] = defaultdict(dict)
    with database.transaction(url) as connection, connection.cursor() as cursor:
        cursor.execute(
            "select unit_code, unit_valid_from::text, indicator_code, coalesce(numerator, 0), coalesce(denominator, 0)"
            " from mart.indicator where period_code = %s and status in ('observed', 'undefined')",
            (period.code,),
        )
        for unit, valid_from, code, over, under in cursor.fetchall():
            found[unit, valid_from][code] = (over, under)
    return found


def not_added_up(url: str, period: Period, release_id: int | None = None) -> tuple[list[tuple], int]:
    """Figures that are not what their rows add up to, and how many were looked at.

    Input:  `release_id`: as this release keeps the rows; else as the warehouse has them.
    """
    wrong, looked_at = [], 0
    definitions = catalogue.reported(period.last_day)
    for unit, figures in figures_made(url, period).items():
        indicators = [definitions[code] for code in figures]
        with database.transaction(url) as connection, connection.cursor() as cursor:
            if release_id is None:
                opened = opening.open_records(cursor, period, *unit, [i for i in indicators if i.is_computed])
                whole = shares.figures(cursor, period, indicators, opened)
                found = {i.code: shares.of_figure(cursor, period, i, opened, whole[i.code]) for i in indicators}
            else:
                found = keeping.of_figures(cursor, release_id, period, unit, indicators)
        for code, parts in figures.items():
            looked_at += 1
            if (added := shares.added_up(found[code])) != parts:
                wrong.append((unit, code, parts, added))
    return wrong, looked_at
