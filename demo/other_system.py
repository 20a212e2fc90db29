"""Dossiers as another system exports them: the columns of its layout, and what can be wrong in these."""

from collections.abc import Callable, Collection
from functools import cache

from demo.district import HEALTH, procedures
from demo.dossiers import AGAIN, AT, BROKEN_IN, NAMES, UNKNOWN_UNITS
from etl import catalogue
from etl.catalogue import Layout
from etl.catalogue.layouts import PERSONAL
from etl.errors import UsageError

EXPORT = "one_stop_shop/dossiers"
# Without these no file gives the flow of dossiers as the report printed it.
PRINTED_BY = {"received_at", "due_at", "finished_at", "status"}


def layout(name: str) -> Layout:
    """The layout of this name.

    Raises: UsageError if there is none, or none that has what the printed report counts.
    """
    known = {
        one.name: one
        for one in catalogue.layouts(EXPORT)
        if {*one.roles} >= PRINTED_BY and not {"org_code", "org_name"}.isdisjoint(one.roles)
    }
    if name not in known:
        raise UsageError(f"the demo has no layout {name!r}. Write --layout and one of {', '.join(known)}.")
    return known[name]


def absent(layout: Layout | None) -> dict[str, str]:
    """The columns of the contract that nothing in the file tells, by the names that definitions need them under."""
    given = layout.given if layout else {c.name for c in catalogue.export(EXPORT).columns}
    return {f"{EXPORT}.{c.name}": c.header for c in catalogue.export(EXPORT).columns if c.name not in given}


def breakable(layout: Layout | None) -> Collection[str]:
    """The rules of dossiers that a file can break."""
    return [rule for rule, columns in BROKEN_IN.items() if not layout or not {*columns}.isdisjoint(layout.roles)]


def is_left_out(layout: Layout | None, flaw: str) -> bool:
    """Whether a row was written only for a fault that a file of this layout cannot have."""
    is_error = flaw in BROKEN_IN and catalogue.rules()[flaw].severity == "error"
    return is_error and flaw not in breakable(layout)


def has_no_level(layout: Layout | None, row: list[str]) -> bool:
    """Whether nobody can tell the service level of a row (DOS-63): it has no procedure, or one whose level hangs
    on the unit, and a unit that nobody knows.
    """
    if not layout or "service_level" not in layout.derived:
        return False
    code, unit = row[AT["procedure_code"]], row[AT["org_code"]]
    return not code or (unit in (*UNKNOWN_UNITS, HEALTH) and code[:8] in _of_several_levels())


@cache
def _of_several_levels() -> frozenset[str]:
    """The national codes of procedures whose service level is another one at another level of units."""
    levels: dict[str, set[str]] = {}
    for procedure in procedures():
        levels.setdefault(procedure.code[:8], set()).add(procedure.service_level)
    return frozenset(code for code, several in levels.items() if len(several) > 1)


def writer(layout: Layout) -> Callable[[int, list[str]], list[object]]:
    """What a row of the demo, with its number, is as a row of the layout."""
    numbers = catalogue.export(EXPORT).ignored
    words = {role: {meaning: word for word, meaning in reversed(said.items())} for role, said in layout.words.items()}

    def cell(number: int, row: list[str], header: str, role: str) -> object:
        if role in AT:
            text = row[AT[role]]
            if role == "org_name" and "org_code" not in layout.roles:
                text = UNKNOWN_UNITS.get(row[AT["org_code"]], text)
            if role == "applicant_name" and "note" not in layout.roles and row[AT["note"]] == AGAIN:
                text = AGAIN
            return words.get(role, {}).get(text, text)
        if role == PERSONAL:
            return NAMES[number % len(NAMES)]
        return number if header in numbers else ""

    return lambda number, row: [cell(number, row, header, role) for header, role in layout.columns]
