"""What a release is of: a period, a unit with all below it, and who may sign for that unit."""

from dataclasses import dataclass

from psycopg2.extensions import cursor as Cursor

from etl.catalogue import project_files
from etl.catalogue.project_files import statement
from etl.errors import UsageError
from etl.figures import appendix, period_figures, window
from etl.periods import Period
from etl.stewardship import people

LEAST = "approver"  # whoever may less signs nothing


@dataclass(frozen=True)
class Scope:
    """A period over the window whose figures were made last, and the unit at the top."""

    period: Period
    province_code: str
    unit_code: str
    valid_from: str  # as core.unit_period has it: a day, or -infinity
    shown_from: str  # as reporting has it
    unit_name: str


def open_scope(cursor: Cursor, period: Period, unit: str | None = None) -> Scope:
    """Find what a release is of, as the units and figures stand now.

    Input:  `unit`: a code, or code@day; None: the topmost unit.
    Output: temporary tables release_scope (its units), figure_now and flow_now, gone with the transaction.
    Raises: UsageError if no figures were made of the period or the unit, or nobody knows which unit is the topmost.
    """
    period = period_figures.last_made(cursor, period)
    bound = window.bindings(period)
    window.make(cursor, project_files.SQL / "window" / "1_unit.sql", bound)
    unit_code, valid_from = _topmost(cursor, period) if unit is None else appendix.meaning(cursor, period.code, unit)
    cursor.execute(statement("publication/scope"), bound | {"unit_code": unit_code, "valid_from": valid_from})
    cursor.execute(
        "select province_code, unit_valid_from::text, unit_name from release_scope"
        " where unit_code = %s and valid_from = %s and exists (select from figure_now as made"
        " where made.unit_code = release_scope.unit_code and made.unit_valid_from = release_scope.unit_valid_from)",
        (unit_code, valid_from),
    )
    if not (found := cursor.fetchone()):
        raise UsageError(f"no figures of {unit_code} in {period.code}: run `cchc materialise {period.calendar_code}`.")
    province_code, shown_from, unit_name = found
    return Scope(period, province_code, unit_code, valid_from, shown_from, unit_name)


def _topmost(cursor: Cursor, period: Period) -> tuple[str, str]:
    """The unit that nobody is above; of several the one with most units below it."""
    cursor.execute(statement("publication/topmost"))
    found = cursor.fetchall()
    if not found:
        raise UsageError(f"no unit is known in {period.code}: load hr/units first.")
    if len(found) > 1 and found[0][3] == found[1][3]:
        named = ", ".join(f"{code} ({name})" for code, _, name, _ in found)
        raise UsageError(f"several units have nobody above them: {named}. Say which: cchc publish {period.code} UNIT.")
    return found[0][0], found[0][1]


# --- who may sign -----------------------------------------------------------------------------------------------------


def must_sign_for(cursor: Cursor, name: str, unit_code: str) -> None:
    """Raises: UsageError (Vietnamese) unless somebody may approve figures of a unit: an approver of it, or above."""
    if unit_code not in (units := _approves(cursor, name)) and people.EVERY_UNIT not in units:
        raise UsageError(f"{name} không phụ trách đơn vị {unit_code}: người duyệt của đơn vị ấy hoặc cấp trên mới ký.")


def must_be_above(cursor: Cursor, name: str, unit_code: str) -> None:
    """Raises: UsageError (Vietnamese) unless somebody approves for a unit above this one, or for all units."""
    units = _approves(cursor, name)
    if people.EVERY_UNIT in units:
        return
    cursor.execute(statement("access/person"), {"name": name})
    _, _, own = cursor.fetchone()
    if unit_code not in units or own == unit_code:
        raise UsageError(f"{name} không thuộc cấp trên của đơn vị {unit_code}: cấp trên mới duyệt bản công bố này.")


def _approves(cursor: Cursor, name: str) -> set[str]:
    """The units that somebody may approve figures of; EVERY_UNIT stands for all.

    Raises: UsageError if they may not come in, or are no approver.
    """
    cursor.execute(statement("access/person"), {"name": name})
    if (person := cursor.fetchone()) is None:
        raise UsageError(
            f"Tài khoản «{name}» chưa được cấp quyền trong kho số liệu. Cấp quyền: cchc users add {name}"
            f" {LEAST} MÃ_ĐƠN_VỊ"
        )
    _, role, unit = person
    rights = list(people.ROLES)
    if rights.index(role) < rights.index(LEAST):
        raise UsageError(f"Công bố cần quyền «{people.ROLES[LEAST]}»; {name} là {people.ROLES[role]}.")
    if unit == people.EVERY_UNIT:
        return {unit}
    cursor.execute(statement("access/units_below"), {"unit": unit})
    return {code for (code,) in cursor.fetchall()}
