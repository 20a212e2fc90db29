"""What must hold between figures: the `statement` of the checks in `sql/checks`, asked of printed figures.

With a warehouse the queries of the checks themselves are asked; without one, their statements say the same.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

from etl import catalogue
from etl.figures import prove

_CODE = re.compile(r"\d{1,2}(?:\.\d{1,2}){1,3}(?:\.[a-z])?")
_RELATION = re.compile(r"(?P<left>[^=<]{1,200}?)\s*(?P<sign><=|=)\s*(?P<right>[^=<]{1,200})")


@dataclass(frozen=True)
class Relation:
    """One statement between figures: each side is a sum, each term the first printed one of its codes, or a number."""

    rule_id: str
    title: str
    left: tuple[tuple[str, ...], ...]
    sign: str
    right: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Sides:
    """A relation that does not hold."""

    relation: Relation
    left: Decimal
    right: Decimal
    left_codes: tuple[str, ...]
    right_codes: tuple[str, ...]

    @property
    def subject(self) -> str:
        return f"{' + '.join(self.left_codes)} {self.relation.sign} {' + '.join(self.right_codes)}"


@cache
def relations() -> tuple[Relation, ...]:
    """The relations that the checks over figures state in the form `3.3 = 3.3.1 + 3.3.2; 1.1.2 <= 1.1.1`."""
    made = []
    for check in prove.checks():
        # in brackets stands which code it is at other levels: they are tried in turn
        statement = re.sub(r"\s\(([^)]*)\)", lambda found: "/" + "/".join(_CODE.findall(found[1])), check.statement)
        for part in statement.split(";") if check.over == "figures" else ():
            found = _RELATION.fullmatch(part.strip())
            sides = [_terms(found[side]) for side in ("left", "right")] if found else []
            if found and all(sides):
                made.append(Relation(check.rule_id, check.title, sides[0], found["sign"], sides[1]))
    return tuple(made)


def _terms(side: str) -> tuple[tuple[str, ...], ...]:
    terms = tuple(tuple(term.strip().split("/")) for term in side.split("+"))
    known = all(_CODE.fullmatch(code) or code.isdigit() for term in terms for code in term)
    return terms if known else ()


def broken(values: Mapping[str, Decimal]) -> Iterator[Sides]:
    """The relations that do not hold of these figures; what is not printed counts as nothing beside what is."""
    for relation in relations():
        left, right = _side(relation.left, values), _side(relation.right, values)
        if left and right and not (left[0] <= right[0] if relation.sign == "<=" else left[0] == right[0]):
            yield Sides(relation, left[0], right[0], left[1], right[1])


def _side(terms: tuple[tuple[str, ...], ...], values: Mapping[str, Decimal]) -> tuple[Decimal, tuple[str, ...]] | None:
    codes = [next((code for code in term if code in values or code.isdigit()), None) for term in terms]
    given = tuple(code for code in codes if code)
    if not given:
        return None
    return sum((values.get(code, Decimal(code) if code.isdigit() else Decimal(0)) for code in given), Decimal(0)), given


def unexplained(values: Mapping[str, Decimal]) -> Iterator[tuple[str, tuple[str, ...], Decimal]]:
    """Shares of one counted total that leave a rest: the total's code, those of its shares, and what they add up to."""
    rows = catalogue.form()
    for whole in rows:
        children = [row for row in rows if row.parent == whole.code and row.code[-1].isalpha()]
        shares = tuple(row.code for row in children if row.unit == "%" and row.code in values)
        if whole.code in values and len(children) == len(shares) > 1:
            added = sum((values[code] for code in shares), Decimal(0))
            if added < 100:
                yield whole.code, shares, added
