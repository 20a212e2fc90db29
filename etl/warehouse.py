"""The PostgreSQL side: connections, and a schema that is brought up to date from `sql/` and the contracts."""

import hashlib
import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import psycopg2
import sqlalchemy
from psycopg2.extensions import connection as Connection
from psycopg2.extensions import cursor as Cursor
from sqlalchemy.engine import make_url

from etl import catalogue, settings
from etl.errors import SetupError

TIME_ZONE = "Asia/Ho_Chi_Minh"
SQL_TYPES = {
    "text": "text",
    "code": "text",
    "timestamp": "timestamptz",
    "date": "date",
    "partial_date": "date",
    "amount": "bigint",
    "integer": "bigint",
    "flag": "boolean",
}
# A key column is never null: what stands in when an optional part of a key was not given.
KEY_DEFAULTS = {"text": "''", "code": "''", "date": "'0001-01-01'", "integer": "0"}
_MIGRATION_LOCK = 7201202101

log = logging.getLogger(__name__)


def url(configured: settings.Settings) -> str:
    """The warehouse's SQLAlchemy URL: CCHC_WAREHOUSE_URL, else the embedded server, started if it is not running."""
    if configured.warehouse_url:
        return configured.warehouse_url
    from etl import embedded

    return embedded.start(configured.home)


def engine(warehouse_url: str) -> sqlalchemy.Engine:
    """A SQLAlchemy engine whose sessions live in Vietnamese time."""
    return sqlalchemy.create_engine(
        _psycopg2_url(warehouse_url), connect_args={"options": f"-c TimeZone={TIME_ZONE}"}, pool_pre_ping=True
    )


def _psycopg2_url(warehouse_url: str) -> sqlalchemy.URL:
    try:
        parsed = make_url(warehouse_url)
    except sqlalchemy.exc.ArgumentError:
        raise SetupError(
            "CCHC_WAREHOUSE_URL is not a database URL. It looks like postgresql://user:password@host:5432/database."
        ) from None
    if parsed.get_backend_name() != "postgresql":
        raise SetupError(
            f"CCHC_WAREHOUSE_URL names {parsed.get_backend_name()}; the warehouse is a PostgreSQL database."
        )
    return parsed.set(drivername="postgresql+psycopg2")


def connect(warehouse_url: str) -> Connection:
    """A psycopg2 connection in Vietnamese time.

    Raises: SetupError if the database cannot be reached.
    """
    dsn = _psycopg2_url(warehouse_url).set(drivername="postgresql").render_as_string(hide_password=False)
    try:
        return psycopg2.connect(dsn, options=f"-c TimeZone={TIME_ZONE}", application_name="cchc")
    except psycopg2.OperationalError as error:
        where = make_url(warehouse_url).render_as_string(hide_password=True)
        raise SetupError(
            f"no connection to {where}: {str(error).strip()} Check CCHC_WAREHOUSE_URL and that it runs."
        ) from None


@contextmanager
def transaction(warehouse_url: str) -> Iterator[Connection]:
    """One connection, one transaction: committed when the block ends well, rolled back when it does not."""
    connection = connect(warehouse_url)
    try:
        with connection:
            yield connection
    finally:
        connection.close()


# --- schema -----------------------------------------------------------------------------------------------------------


@cache
def core_columns(export: catalogue.Export) -> dict[str, str]:
    """The columns of core.<thing> and their SQL types, in the order in which they are written.

    Business columns first (those that make a row changed), then where the row came from.
    """
    columns = {"province_code": "text"}
    if export.delivery == "snapshot":
        columns["sender"] = "text"
    for column in export.loaded:
        columns[column.name] = SQL_TYPES[column.type]
        if column.personal == "id":
            columns[column.name] = "text"  # keyed hash
        if column.day:
            columns[column.day] = "date"
    columns.setdefault("sender", "text")
    return columns | {"delivered_on": "date", "file_id": "int", "line": "bigint", "raw_hash": "bigint"}


def core_key(export: catalogue.Export) -> tuple[str, ...]:
    """What identifies a row of core.<thing>: the province first, so that the table can be distributed by it.

    Two offices that deliver snapshots do not close each other's rows: there the sender belongs to the key.
    """
    return ("province_code", *(("sender",) if export.delivery == "snapshot" else ()), *export.key)


def business_columns(export: catalogue.Export) -> tuple[str, ...]:
    """The columns in which a new version of a row differs from the old one."""
    origin = {"delivered_on", "file_id", "line", "raw_hash", "sender", "province_code"}
    return tuple(c for c in core_columns(export) if c not in origin)


def same(left: str, right: str, columns: Iterable[str]) -> str:
    """The condition that two relations agree in these columns."""
    return " and ".join(f"{left}.{c} = {right}.{c}" for c in columns)


def core_tables(export: catalogue.Export) -> str:
    """The DDL of core.<thing> and core.<thing>_history, additive: a column that a contract gained is added."""
    table, history = f"core.{export.thing}", f"core.{export.thing}_history"
    key = list(core_key(export))
    if export.partition_by and export.partition_by not in key:
        key.append(export.partition_by)

    def definition(name: str, sql_type: str) -> str:
        if name in key:
            column_type = next((c.type for c in export.columns if c.name == name), "text")
            default = f" default {KEY_DEFAULTS[column_type]}" if name in export.key else ""
            return f"{name} {sql_type} not null{default}"
        return f"{name} {sql_type}"

    columns = core_columns(export)
    body = ",\n    ".join([*(definition(n, t) for n, t in columns.items()), f"primary key ({', '.join(key)})"])
    partition = f" partition by range ({export.partition_by})" if export.partition_by else ""
    plain = ",\n    ".join(f"{n} {t}" for n, t in columns.items())
    later = "".join(
        f"alter table {t} add column if not exists {n} {sql_type};\n"
        for t in (table, history)
        for n, sql_type in columns.items()
    )
    return (
        f"create table if not exists {table} (\n    {body}\n){partition};\n"
        f"create table if not exists {history} (\n    {plain},\n    superseded_by int not null,\n"
        f"    superseded_on date not null,\n    closed boolean not null\n);\n"
        f"{later}"
        # rows of one load lie together: a block-range index finds them and costs nothing to keep
        f"create index if not exists {export.thing}_file on {table} using brin (file_id) with (pages_per_range = 16);\n"
        f"create index if not exists {export.thing}_history_superseded on {history} (superseded_by);\n"
        f"create index if not exists {export.thing}_history_file on {history} (file_id);\n"
        f"create index if not exists {export.thing}_history_key on {history} ({', '.join(export.key)});\n"
    )


def partition_name(export: catalogue.Export, year: int) -> str:
    return f"core.{export.thing}_{year:04d}"


def ensure_partitions(connection: Connection, export: catalogue.Export, years: set[int]) -> None:
    """Give core.<thing> a partition for each of these years, without stopping loads that are under way.

    Input: a connection in autocommit mode. ATTACH takes a lock that lets writers go on; CREATE … PARTITION OF does not.
    """
    with connection.cursor() as cursor:
        for year in sorted(years):
            name = partition_name(export, year)
            cursor.execute("select pg_advisory_lock(hashtext(%s))", (name,))
            try:
                cursor.execute("select to_regclass(%s) is not null", (name,))
                if cursor.fetchone()[0]:
                    continue
                cursor.execute(
                    f"begin;"
                    f"create table {name} (like core.{export.thing} including defaults including constraints);"
                    f"alter table core.{export.thing} attach partition {name}"
                    f" for values from ('{year:04d}-01-01') to ('{year + 1:04d}-01-01');"
                    f"commit;"
                )
            finally:
                cursor.execute("select pg_advisory_unlock(hashtext(%s))", (name,))


def _scripts() -> list[tuple[str, str]]:
    """Name and text of everything the schema consists of, in the order in which it is run."""
    folder = catalogue.SQL
    files = sorted((folder / "schema").glob("*.sql"))
    base, rest = files[:1], files[1:]
    views = [*sorted((folder / "core").glob("*.sql")), *sorted((folder / "reporting").glob("*.sql"))]

    def read(paths: list[Path]) -> list[tuple[str, str]]:
        return [(p.relative_to(folder).as_posix(), p.read_text("utf-8")) for p in paths]

    tables = [(f"core.{e.thing}", core_tables(e)) for e in catalogue.exports().values()]
    return [*read(base), *tables, *read(rest), *read(views)]


def migrate(warehouse_url: str) -> bool:
    """Bring the schema up to date; True if anything had to be run.

    Every script may be run on a database that has it already: nothing is dropped that holds data.
    Raises: SetupError if this user may not.
    """
    scripts = _scripts()
    reference = [(p.name, p.read_text("utf-8")) for p in sorted((catalogue.ROOT / "etl" / "reference").iterdir())]
    version = hashlib.sha256("".join(name + text for name, text in [*scripts, *reference]).encode()).hexdigest()[:16]
    with transaction(warehouse_url) as connection, connection.cursor() as cursor:
        if _schema_version(cursor) == version:
            return False
        cursor.execute("select pg_advisory_xact_lock(%s)", (_MIGRATION_LOCK,))
        if _schema_version(cursor) == version:
            return False
        for name, text in scripts:
            try:
                cursor.execute(text)
            except psycopg2.errors.InsufficientPrivilege as error:
                raise SetupError(
                    f"the database user may not set up the warehouse ({name}: {str(error).splitlines()[0]})."
                    " Run once with a user that may create schemas and roles."
                ) from None
        _fill_reference(cursor)
        cursor.execute(
            "create table if not exists landing.schema_version"
            " (version text not null, migrated_at timestamptz not null default now())"
        )
        cursor.execute("insert into landing.schema_version (version) values (%s)", (version,))
        for notice in connection.notices:
            if notice.startswith("WARNING:"):  # what this user may not set up, and whom to ask
                log.warning("%s", notice.removeprefix("WARNING:").splitlines()[0].strip())
    return True


def _schema_version(cursor: Cursor) -> str | None:
    cursor.execute("select to_regclass('landing.schema_version')")
    if cursor.fetchone()[0] is None:
        return None
    cursor.execute("select version from landing.schema_version order by migrated_at desc limit 1")
    return row[0] if (row := cursor.fetchone()) else None


def _fill_reference(cursor: Cursor) -> None:
    """Reference data that ships with the project is part of the schema."""
    from etl import figures

    figures.fill_reference(cursor)
