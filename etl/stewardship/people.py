"""Who may come in: people with a role and a unit, added, changed and removed by command; and their passwords."""

import base64
import hashlib
import hmac
import secrets
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from psycopg2.extensions import cursor as Cursor

from etl.catalogue.project_files import statement
from etl.errors import UsageError

# Who may do what: each role may all that those before it may. Vietnamese: what it is called.
ROLES = {
    "reader": "người xem",
    "steward": "cán bộ dữ liệu",
    "approver": "người duyệt",
    "ops": "quản trị",
}
EVERY_UNIT = "*"
SHORTEST_PASSWORD = 12
LONGEST_NAME = 100
# The cost of a password: 16 MB and a fifth of a second for each guess. Kept with each hash, so that it can be raised.
COST = {"n": 2**14, "r": 8, "p": 5}


@dataclass(frozen=True)
class Account:
    """Somebody who may come in, or might."""

    name: str
    role: str  # a key of ROLES
    unit_code: str  # EVERY_UNIT: all
    unit_name: str
    has_password: bool  # without one: through Airflow only
    removed_at: datetime | None
    last_came: datetime | None


def accounts(cursor: Cursor) -> list[Account]:
    """Everybody who was ever added, those who were removed last."""
    cursor.execute(statement("access/people"))
    return [Account(*row) for row in cursor.fetchall()]


def add(cursor: Cursor, name: str, role: str, unit: str, *, password: str | None, by: str) -> None:
    """Let somebody come in; who was removed comes back.

    Input:  `name`: as Airflow knows them, or as they will log in; `password`: None, if they come through Airflow only.
    Raises: UsageError if they are there already, or the role, the unit or the password cannot be used.
    """
    name = _usable(name)
    check(cursor, role, unit, password)
    cursor.execute(
        "insert into access.person (name, role, unit_code, password_hash)"
        " values (%(name)s, %(role)s, %(unit)s, %(hash)s)"
        " on conflict (name) do update set role = excluded.role, unit_code = excluded.unit_code,"
        " password_hash = excluded.password_hash, removed_at = null, at = clock_timestamp()"
        " where person.removed_at is not null returning name",
        {"name": name, "role": role, "unit": unit, "hash": _hash(password) if password else None},
    )
    if cursor.fetchone() is None:
        raise UsageError(f"{name!r} is there already; cchc users change {name} … gives another role, unit or password.")
    _note(cursor, name, "added", role, unit, by=by)


def change(
    cursor: Cursor, name: str, *, role: str | None = None, unit: str | None = None, password: str | None = None, by: str
) -> None:
    """Give somebody another role, unit or password: what is None stays. Their sessions end.

    Raises: UsageError if nobody is called so, or the role, the unit or the password cannot be used.
    """
    check(cursor, role, unit, password)
    cursor.execute(
        "update access.person set role = coalesce(%(role)s, role), unit_code = coalesce(%(unit)s, unit_code),"
        " password_hash = coalesce(%(hash)s, password_hash), at = clock_timestamp()"
        " where name = %(name)s and removed_at is null returning role, unit_code",
        {"name": name, "role": role, "unit": unit, "hash": _hash(password) if password else None},
    )
    if (now := cursor.fetchone()) is None:
        raise _nobody(name)
    _end_sessions(cursor, name)
    _note(cursor, name, "changed", *now, by=by)


def remove(cursor: Cursor, name: str, *, by: str) -> None:
    """Let somebody come in no more, from now on. What they decided stays, with their name.

    Raises: UsageError if nobody is called so.
    """
    cursor.execute(
        "update access.person set removed_at = clock_timestamp(), password_hash = null"
        " where name = %s and removed_at is null returning role, unit_code",
        (name,),
    )
    if (now := cursor.fetchone()) is None:
        raise _nobody(name)
    _end_sessions(cursor, name)
    _note(cursor, name, "removed", *now, by=by)


def check_password(cursor: Cursor, name: str, password: str) -> bool:
    """Whether somebody may come in with this password; either way it is recorded, without the password.

    Input:  `name`: as `spelled`.
    It takes as long for a name that nobody has. What was typed in its place is not recorded: it may be a password.
    """
    cursor.execute("select password_hash from access.person where name = %s and removed_at is null", (name,))
    found = cursor.fetchone()
    kept = found[0] if found else None
    agrees = _agrees(password, kept or _of_nobody()) and kept is not None
    _note(cursor, name if found else "", "logged_in" if agrees else "refused", None, None, by=name if found else "")
    return agrees


def may_anybody_log_in(cursor: Cursor) -> bool:
    """Whether somebody has a password."""
    cursor.execute("select exists (select from access.person where password_hash is not null and removed_at is null)")
    return cursor.fetchone()[0]


def spelled(name: str) -> str:
    """A name as it is kept, however it was typed."""
    return unicodedata.normalize("NFC", name).replace("\x00", "").strip()


def _usable(name: str) -> str:
    name = spelled(name)
    if not name or len(name) > LONGEST_NAME or not name.isprintable() or any(c.isspace() for c in name):
        raise UsageError(
            f"{name!r} is no name to log in with: write one word, such as lan.nguyen or lan@gialai.gov.vn."
        )
    return name


def check(cursor: Cursor, role: str | None, unit: str | None, password: str | None = None) -> None:
    """Raises: UsageError if one of them cannot be used."""
    if role is not None and role not in ROLES:
        raise UsageError(f"no role {role!r}; there are {', '.join(f'{one} ({name})' for one, name in ROLES.items())}.")
    if password is not None and len(password) < SHORTEST_PASSWORD:
        raise UsageError(f"the password is shorter than {SHORTEST_PASSWORD} characters: choose a longer one.")
    if unit is None or unit == EVERY_UNIT:
        return
    cursor.execute("select exists (select from core.unit_period where org_code = %s)", (unit,))
    if not cursor.fetchone()[0]:
        raise UsageError(
            f"no unit {unit!r} was ever delivered: load hr/units first, give the code of a unit there,"
            f" or '{EVERY_UNIT}' for all units."
        )


def _nobody(name: str) -> UsageError:
    return UsageError(f"nobody is called {name!r}; `cchc users` lists them.")


def _end_sessions(cursor: Cursor, name: str) -> None:
    cursor.execute("delete from access.session where name = %s", (name,))


def _note(cursor: Cursor, name: str, kind: str, role: str | None, unit: str | None, *, by: str) -> None:
    cursor.execute(
        "insert into access.person_event (name, kind, role, unit_code, by_name) values (%s, %s, %s, %s, %s)",
        (name, kind, role, unit, by),
    )


# --- passwords --------------------------------------------------------------------------------------------------------


def _hash(password: str) -> str:
    salt = secrets.token_bytes(16)
    digest = _scrypt(password, salt, **COST)
    return "$".join(("scrypt", *map(str, COST.values()), _text(salt), _text(digest)))


def _agrees(password: str, kept: str) -> bool:
    _, n, r, p, salt, digest = kept.split("$")
    given = _scrypt(password, base64.b64decode(salt), n=int(n), r=int(r), p=int(p))
    return hmac.compare_digest(given, base64.b64decode(digest))


def _scrypt(password: str, salt: bytes, *, n: int, r: int, p: int) -> bytes:
    # the same letters may be typed composed or not
    secret = unicodedata.normalize("NFC", password).encode()
    return hashlib.scrypt(secret, salt=salt, n=n, r=r, p=p, maxmem=128 * r * (n + p + 2))


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


@cache
def _of_nobody() -> str:
    """A hash that no password agrees with: who has none is refused after as much work."""
    return _hash(secrets.token_hex(32))
