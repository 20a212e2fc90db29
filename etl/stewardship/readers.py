"""Who reads schema `reporting`: logins of the database, and keys of the API, each with a unit that it sees."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from psycopg2.extensions import cursor as Cursor

from etl.catalogue.project_files import statement
from etl.errors import UsageError
from etl.stewardship import people

WHOLE_PROVINCE = "*"
LONGEST_KEY = timedelta(days=731)  # two years: who still needs it then asks again
PREFIX = "cchc_"  # of a key, so that one that was left lying about is known for what it is


@dataclass(frozen=True)
class Reader:
    """A login of the database, or a key of the API; what it sees, and since when."""

    login: str | None  # None: a key
    key_id: int | None  # None: a login
    name: str  # the login, or whose the key is
    unit_code: str  # WHOLE_PROVINCE: all
    unit_name: str
    since: datetime | None  # None: a login that was never given anything
    by: str
    expires_at: datetime | None = None
    last_used_at: datetime | None = None
    ended_at: datetime | None = None  # of a key: revoked, or expired


def readers(cursor: Cursor) -> list[Reader]:
    """Every login that sees something or, a member of cchc_reader, might; then every key, those that ended last."""
    cursor.execute(statement("access/readers"))
    return [Reader(*row) for row in cursor.fetchall()]


def let_read(cursor: Cursor, login: str, unit: str, *, province: str, by: str, on: date | None = None) -> None:
    """Let a login of the database see a unit and all below it, and nothing else; it holds from the next query on.

    Input:  `unit`: its code, or WHOLE_PROVINCE; `on`: a day on which the code meant it, by default today.
    Raises: UsageError if there is no such login, or no such unit.
    """
    cursor.execute("select rolcanlogin from pg_roles where rolname = %s", (login,))
    if (found := cursor.fetchone()) is None or not found[0]:
        raise UsageError(
            f"the database has no login {login!r}: ask a database administrator for"
            f" `create role {login} login password … in role cchc_reader`, then run this again."
        )
    people.check(cursor, None, unit)
    cursor.execute(
        "insert into access.reader (login, province_code, unit_code, meant_on, by_name)"
        " values (%(login)s, %(province)s, %(unit)s, coalesce(%(on)s, current_date), %(by)s)"
        " on conflict (login) do update set province_code = excluded.province_code, unit_code = excluded.unit_code,"
        " meant_on = excluded.meant_on, since = clock_timestamp(), by_name = excluded.by_name returning meant_on",
        {"login": login, "province": province, "unit": unit, "on": on, "by": by},
    )
    _note(cursor, "set", login, by, province=province, unit=unit, on=cursor.fetchone()[0])


def remove(cursor: Cursor, login: str, *, by: str) -> None:
    """Let a login see nothing any more.

    Raises: UsageError if it is not entered.
    """
    cursor.execute("delete from access.reader where login = %s", (login,))
    if not cursor.rowcount:
        raise UsageError(f"no login {login!r} sees anything; `cchc readers` lists those that do.")
    _note(cursor, "removed", login, by)


def make_key(
    cursor: Cursor, name: str, unit: str, *, province: str, lasts: timedelta, by: str, on: date | None = None
) -> tuple[int, str, datetime]:
    """A new key of the API: its number, the key itself, which is kept nowhere, and when it ends.

    Input:  `name`: whose it is; `unit`, `on`: as for a login; `lasts`: at most LONGEST_KEY.
    Raises: UsageError if one of them cannot be used.
    """
    if not name.strip() or not name.isprintable() or len(name) > people.LONGEST_NAME:
        raise UsageError(f"{name!r} does not say whose the key is: write a name, such as ioc-gia-lai.")
    if not timedelta(0) < lasts <= LONGEST_KEY:
        raise UsageError(f"a key lasts between 1 and {LONGEST_KEY.days} days.")
    people.check(cursor, None, unit)
    key = PREFIX + secrets.token_urlsafe(32)
    cursor.execute(
        "insert into access.api_key (key_hash, name, province_code, unit_code, meant_on, expires_at, by_name)"
        " values (%(hash)s, %(name)s, %(province)s, %(unit)s, coalesce(%(on)s, current_date),"
        " clock_timestamp() + %(lasts)s, %(by)s) returning key_id, expires_at, meant_on",
        {"hash": key_hash(key), "name": name.strip(), "province": province, "unit": unit, "on": on}
        | {"lasts": lasts, "by": by},
    )
    key_id, expires_at, meant_on = cursor.fetchone()
    _note(cursor, "key_made", name.strip(), by, key_id=key_id, province=province, unit=unit, on=meant_on)
    return key_id, key, expires_at


def revoke_key(cursor: Cursor, key_id: int, *, by: str) -> None:
    """End a key at once. Its row stays.

    Raises: UsageError if there is no such key, or it was revoked.
    """
    cursor.execute(
        "update access.api_key set revoked_at = clock_timestamp() where key_id = %s and revoked_at is null"
        " returning name",
        (key_id,),
    )
    if (found := cursor.fetchone()) is None:
        raise UsageError(f"no key {key_id} to revoke; `cchc readers` lists the keys.")
    _note(cursor, "key_revoked", found[0], by, key_id=key_id)


def key_hash(key: str) -> str:
    """What is kept of a key. It has 256 random bits: nobody finds it by trying, and one hash is enough."""
    return hashlib.sha256(key.encode()).hexdigest()


def _note(
    cursor: Cursor,
    kind: str,
    name: str,
    by: str,
    *,
    key_id: int | None = None,
    province: str | None = None,
    unit: str | None = None,
    on: date | None = None,
) -> None:
    cursor.execute(
        "insert into access.reader_event (kind, name, key_id, province_code, unit_code, meant_on, by_name)"
        " values (%s, %s, %s, %s, %s, %s, %s)",
        (kind, name, key_id, province, unit, on, by),
    )
