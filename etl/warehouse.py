"""The PostgreSQL side: connections, and a schema that is brought up to date from `sql/` and the contracts."""

import hashlib
import logging
import re
import tomllib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import psycopg2
import sqlalchemy
from psycopg2.extensions import connection as Connection
from psycopg2.extensions import cursor as Cursor
from psycopg2.extras import execute_values
from sqlalchemy.engine import make_url

from etl import catalogue, locks, settings
from etl.catalogue import project_files
from etl.errors import CatalogueError, SetupError

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
HASHED = "keyed hash"  # the comment of a column that holds no identity numbers any more

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
        # no statement waits for ever for what another has locked
        options = f"-c TimeZone={TIME_ZONE} -c lock_timeout={int(settings.lock_wait() * 1000)}"
        return psycopg2.connect(dsn, options=options, application_name="cchc")
    except psycopg2.OperationalError as error:
        where = make_url(warehouse_url).render_as_string(hide_password=True)
        raise SetupError(
            f"no connection to {where}: {str(error).strip()} Check CCHC_WAREHOUSE_URL and that it runs."
        ) from None


def answers(warehouse_url: str) -> bool:
    """Whether the database can still be asked."""
    try:
        with transaction(warehouse_url) as connection, connection.cursor() as cursor:
            cursor.execute("select 1")
    except (SetupError, psycopg2.Error):
        return False
    return True


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
    return tuple(c for c in core_columns(export) if c not in catalogue.ORIGIN)


def primary_key(export: catalogue.Export) -> tuple[str, ...]:
    """The primary key of core.<thing>: that of a partitioned table holds the day that tells the partition."""
    key = core_key(export)
    return (*key, export.partition_by) if export.partition_by and export.partition_by not in key else key


def same(left: str, right: str, columns: Iterable[str]) -> str:
    """The condition that two relations agree in these columns."""
    return " and ".join(f"{left}.{c} = {right}.{c}" for c in columns)


def core_tables(export: catalogue.Export) -> str:
    """The DDL of core.<thing> and core.<thing>_history. What else a contract may have changed: etl/altering.py."""
    table, history = f"core.{export.thing}", f"core.{export.thing}_history"
    key = primary_key(export)

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
    hashed = "".join(
        f"comment on column {t}.{c.name} is '{HASHED}';\n"
        for t in (table, history)
        for c in export.loaded
        if c.personal == "id"
    )
    return (
        f"create table if not exists {table} (\n    {body}\n){partition};\n"
        f"create table if not exists {history} (\n    {plain},\n    superseded_by int not null,\n"
        f"    superseded_on date not null,\n    closed boolean not null\n);\n"
        f"{hashed}"
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
            with locks.partition(cursor, name):
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


Scripts = list[tuple[str, str]]  # name and text


def _named(paths: Iterable[Path]) -> Scripts:
    root = project_files.ROOT
    return [
        (
            # an office's own folder may lie elsewhere on every machine
            str(p.relative_to(root)) if p.is_relative_to(root) else f"CCHC_CATALOGUE/{p.parent.name}/{p.name}",
            p.read_text("utf-8"),
        )
        for p in paths
    ]


def _scripts() -> Scripts:
    """Everything the schema consists of, in the order in which it is run."""
    files = project_files.sql_files("schema")
    base = [path for path in files if path.name.startswith("00")]
    tables = [(f"core.{e.thing}", core_tables(e)) for e in catalogue.exports().values()]
    rest = [path for path in files if path not in base]
    views = [*project_files.sql_files("core"), *project_files.sql_files("reporting")]
    return [*_named(base), *tables, *_named(rest), *_named(views)]


def migrate(warehouse_url: str) -> bool:
    """Bring the schema up to date; True if anything had to be run.

    Every script may be run on a database that has it already: nothing is dropped that holds data. All of it happens in
    one transaction: what cannot be carried out leaves the database as it was.
    Raises: SetupError if this user may not, or a newer release has been here; CatalogueError if a contract or a view
            asks for what would lose data.
    """
    scripts = _scripts()
    migrations = _named(project_files.sql_files("migrations"))
    beside = _named([*project_files.reference_files(), *project_files.sql_files("counts")])
    contracts = [(e.name, repr(e)) for e in catalogue.exports().values()]
    ours = {name: _hash(text) for name, text in [*scripts, *migrations, *beside, *contracts, ("release", release())]}
    with transaction(warehouse_url) as connection, connection.cursor() as cursor:
        if ours.items() <= _scripts_run(cursor).items():
            return False
        locks.migration(cursor)
        if ours.items() <= _scripts_run(cursor).items():
            return False
        _be_no_older(cursor, {name for name, _ in migrations})
        grown = _bring_up_to_date(cursor, scripts, migrations)
        execute_values(
            cursor,
            "insert into landing.script values %s on conflict (name) do update set version = excluded.version",
            sorted(ours.items()),
        )
        cursor.execute(
            "insert into landing.schema_version (version, release) values (%s, %s)",
            (_hash(repr(sorted(ours.items()))), release()),
        )
        for notice in connection.notices:
            if notice.startswith("WARNING:"):  # what this user may not set up, and whom to ask
                log.warning("%s", notice.removeprefix("WARNING:").splitlines()[0].strip())
    if grown:
        with transaction(warehouse_url) as connection, connection.cursor() as cursor:
            cursor.execute(f"analyze {', '.join(grown)}")
    return True


def _bring_up_to_date(cursor: Cursor, scripts: Scripts, migrations: Scripts) -> list[str]:
    """Run migrations, alter the tables of changed contracts, run all scripts, count again what is counted otherwise.

    Output: tables that are to be analysed, once the transaction is over.
    """
    from etl import altering, figures

    is_new = not _has(cursor, "landing.file")
    for name, text in scripts:
        if "/schema/00" in name:
            _run(cursor, name, text)
    cursor.execute("select name from landing.migration")
    done = {name for (name,) in cursor.fetchall()}
    for name, text in migrations:
        if name not in done:
            if not is_new:
                _run(cursor, name, text)
            cursor.execute("insert into landing.migration (name) values (%s)", (name,))
    ours = {view for _, text in scripts for view in VIEW.findall(text)}
    changed = {e.thing for e in catalogue.exports().values() if altering.alter(cursor, e, ours)}
    for name, text in scripts:
        for part in VIEW_BEGINS.split(text):  # one view after the other: an error names the view
            _run(cursor, name, part)
    figures.fill_reference(cursor)
    return figures.recount_outdated(cursor, changed)


VIEW = re.compile(r"(?m)^create or replace view (\S+)")
COMMENT = re.compile(r"(?m)--.*$")
VIEW_BEGINS = re.compile(r"(?m)^(?=create or replace view )")


def _run(cursor: Cursor, name: str, text: str) -> None:
    if not COMMENT.sub("", text).strip():
        return
    try:
        cursor.execute(text)
    except psycopg2.errors.InsufficientPrivilege as error:
        raise SetupError(
            f"the database user may not set up the warehouse ({name}: {str(error).splitlines()[0]})."
            " Run once with a user that may create schemas and roles."
        ) from None
    except psycopg2.ProgrammingError as error:
        said, view = str(error).splitlines()[0], VIEW.match(text)
        if view and isinstance(error, psycopg2.errors.InvalidTableDefinition):
            raise CatalogueError(
                f"{name}: readers of the view {view[1]} would lose columns, or find them in another order or type"
                f" ({said}). Put new columns at the end; if one must go, say so in a migration:"
                f" sql/migrations/<number>_<name>.sql with `drop view {view[1]} cascade;`."
            ) from None
        raise CatalogueError(f"{name}: {said}. Mend it, or what it reads in a contract.") from None


def _scripts_run(cursor: Cursor) -> dict[str, str]:
    """The scripts that this database was brought up to date with, each with its hash."""
    if not _has(cursor, "landing.script"):
        return {}
    cursor.execute("select name, version from landing.script")
    return dict(cursor.fetchall())


def _has(cursor: Cursor, table: str) -> bool:
    cursor.execute("select to_regclass(%s) is not null", (table,))
    return cursor.fetchone()[0]


def _be_no_older(cursor: Cursor, migrations: set[str]) -> None:
    """Raises: SetupError if a newer release, or one with a migration that we do not know, has been at this database."""
    if not _has(cursor, "landing.migration"):
        return
    cursor.execute("select name from landing.migration")
    unknown = {name for (name,) in cursor.fetchall() if name.startswith("sql/")} - migrations
    cursor.execute("select distinct release from landing.schema_version where release is not null")
    newest = max((there for (there,) in cursor.fetchall()), key=_ordered, default=release())
    if unknown or _ordered(newest) > _ordered(release()):
        because = f" ({sorted(unknown)[-1]} was run on it)" if unknown else ""
        raise SetupError(
            f"the warehouse belongs to a newer version of this program: {newest}{because}; this is {release()}."
            " Install that version or a newer one; nothing was changed."
        )


@cache
def release() -> str:
    """The version of this program, as pyproject.toml states it."""
    return tomllib.loads((project_files.ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]


def _ordered(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", version))


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
