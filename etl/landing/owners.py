"""Whose a list is: the units that own what a sender delivers (core.list_owner), and what to do where nobody knows.

A list of procedures names no unit; it counts for its owners and for what is below them. The name of a file says who
sent it, and nothing more.
"""

from collections.abc import Collection
from dataclasses import dataclass

from psycopg2.extensions import cursor as Cursor

from etl import catalogue
from etl.catalogue.project_files import statement
from etl.errors import FileHeld, UsageError
from etl.landing import receipts
from etl.landing.receipts import File

RULE = "FIL-08"
# Vietnamese: why the units own the lists of a sender.
REASONS = {
    "set": "đã khai báo",
    "topmost": "đứng đầu các đơn vị mà nơi gửi này giao",
    "name": "mã đơn vị là tên nơi gửi",
    "": "chưa biết: khai báo bằng cchc senders set",
}


@dataclass(frozen=True)
class Sender:
    """A sender, what it delivers, the units that own its lists, and why (a key of REASONS)."""

    sender: str
    exports: tuple[str, ...]
    units: tuple[str, ...]
    reason: str


def senders(cursor: Cursor) -> list[Sender]:
    """Every sender that ever delivered a file, or that somebody set a unit for."""
    cursor.execute(statement("land/senders"))
    return [
        Sender(sender, tuple(exports), tuple(units), reason) for sender, exports, units, reason in cursor.fetchall()
    ]


def is_known(cursor: Cursor, export: catalogue.Export, sender: str) -> bool:
    """Whether a delivery of this export can count for somebody."""
    if not export.owned:
        return True
    cursor.execute("select exists (select from core.list_owner where sender = %s)", (sender,))
    return cursor.fetchone()[0]


def check(cursor: Cursor, file: File) -> None:
    """Raises: FileHeld if nobody knows whose the list is."""
    if not is_known(cursor, catalogue.export(file.export), file.sender):
        raise unknown(file.sender)


def unknown(sender: str) -> FileHeld:
    """What holds a file that hangs on the unit of its sender, which nobody knows."""
    return FileHeld(
        RULE,
        f"Chưa biết số liệu của nơi gửi «{sender}» thuộc đơn vị nào: nơi gửi này không giao đơn vị nào"
        f" (hr/units), và không có đơn vị nào mang mã «{sender}»."
        f" Khai báo: cchc senders set {sender} MÃ_ĐƠN_VỊ, rồi nạp lại.",
    )


def unit_of(cursor: Cursor, sender: str) -> str | None:
    """The unit that owns the lists of a sender; None if nobody knows it, or it is more than one."""
    cursor.execute("select distinct org_code from core.list_owner where sender = %s", (sender,))
    units = [unit for (unit,) in cursor.fetchall()]
    return units[0] if len(units) == 1 else None


def senders_of(cursor: Cursor, units: Collection[str] | None) -> list[str] | None:
    """Who delivers lists of these units; None stays None: all."""
    if units is None:
        return None
    cursor.execute("select distinct sender from core.list_owner where org_code = any(%s)", (sorted(units),))
    return [sender for (sender,) in cursor.fetchall()]


def set_owner(cursor: Cursor, sender: str, unit: str, *, by: str) -> list[int]:
    """Say whose the lists of a sender are, whatever it delivers; the files that were held for it and can be loaded now.

    Raises: UsageError if no such unit was ever delivered.
    """
    cursor.execute(
        "select exists (select from core.unit where org_code = %(unit)s"
        " union all select from core.unit_history where org_code = %(unit)s)",
        {"unit": unit},
    )
    if not cursor.fetchone()[0]:
        raise UsageError(f"no unit {unit!r} was ever delivered: load hr/units first, or give the code of a unit there.")
    cursor.execute(
        "insert into landing.sender_unit (sender, org_code, by_name) values (%s, %s, %s)"
        " on conflict (sender) do update set org_code = excluded.org_code, by_name = excluded.by_name, at = now()",
        (sender, unit, by),
    )
    # every period that was made may say otherwise now: the next night makes it again
    cursor.execute("insert into mart.touch (period_code) select distinct period_code from mart.materialisation")
    return release(cursor)


def release(cursor: Cursor) -> list[int]:
    """Let files wait for their load that were held because nobody knew whose they are, and whose owner is known now."""
    return receipts.wait_again(
        cursor,
        "f.status = 'held' and f.rule_id = %(rule)s"
        " and exists (select from core.list_owner as o where o.sender = f.sender)",
        {"rule": RULE},
    )
