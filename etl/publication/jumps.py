"""What made a figure jump against another period: units, fields, procedures and channels whose rows changed most."""

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from psycopg2.extensions import cursor as Cursor

from etl.publication.explaining import Explanation, Row
from etl.publication.shares import NOTHING, Parts

# Vietnamese: by what the rows of a figure are told apart, by the column that says it.
DIMENSIONS = {"unit": "Đơn vị", "field": "Lĩnh vực", "procedure_code": "Thủ tục", "channel": "Kênh tiếp nhận"}


@dataclass(frozen=True)
class Change:
    """What the rows of one unit, field, procedure or channel add to a figure, and added before."""

    dimension: str  # a key of DIMENSIONS
    value: str  # '': the rows do not say
    before: Parts
    after: Parts

    @property
    def step(self) -> Parts:
        """How much the numerator and the denominator grew by it."""
        return self.after[0] - self.before[0], self.after[1] - self.before[1]


def changes(before: Explanation, after: Explanation) -> list[Change]:
    """What changed between two figures of one indicator, by dimension, those that changed most first.

    The steps of one dimension add up to the step of the figure: each row is of one unit, field, procedure and channel.
    A dimension of which no row says anything is left out; the unit is the one that resolves a dossier, if its row
    names another than the one that received it.
    """
    found = []
    for dimension in DIMENSIONS:
        were, are = _added(before.rows, dimension), _added(after.rows, dimension)
        if not {*were, *are} <= {""}:
            of_dimension = [
                Change(dimension, value, were.get(value, NOTHING), are.get(value, NOTHING))
                for value in sorted({*were, *are})
            ]
            moved = [change for change in of_dimension if change.step != NOTHING]
            found += sorted(moved, key=lambda change: -sum(map(abs, change.step)))
    return found


def unit_names(cursor: Cursor, told: Explanation) -> dict[str, str]:
    """What the units of a period are called, by code."""
    cursor.execute(
        "select unit_code, min(unit_name) from mart.indicator where period_code = %s group by 1", (told.period.code,)
    )
    return dict(cursor.fetchall())


def _added(rows: tuple[Row, ...], dimension: str) -> dict[str, Parts]:
    found: dict[str, Parts] = defaultdict(lambda: (Decimal(0), Decimal(0)))
    for row in rows:
        value = _value(row.record.said, dimension)
        over, under = found[value]
        found[value] = (over + row.in_numerator, under + row.in_denominator)
    return dict(found)


def _value(said: Mapping[str, str | None], dimension: str) -> str:
    """What a row says of a dimension.

    >>> _value({"procedure_code": "2.000635.000.00.00.H21"}, "procedure_code")
    '2.000635'
    """
    if dimension == "unit":
        return said.get("resolving_org_code") or said.get("org_code") or ""
    value = said.get(dimension) or ""
    # a province's own suffix behind the national code names the same procedure
    return value[:8] if dimension == "procedure_code" and re.match(r"\d\.\d{6}", value) else value
