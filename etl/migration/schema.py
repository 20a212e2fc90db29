"""The schema: scripts of sql/, tables of contracts and migrations, brought up to date in one transaction."""

import hashlib
import importlib.metadata
import logging
import re
import tomllib
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import psycopg2
from psycopg2.extensions import cursor as Cursor
from psycopg2.extras import execute_values

from etl import catalogue
from etl.catalogue import project_files
from etl.errors import CatalogueError, SetupError
from etl.figures import counts
from etl.migration import altering, masked_names, reference, respelled
from etl.warehouse import locks
from etl.warehouse.core_tables import definition_of
from etl.warehouse.database import transaction

log = logging.getLogger(__name__)


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
    tables = [(f"core.{e.thing}", definition_of(e)) for e in catalogue.exports().values()]
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
    said = {f"words of {e.name}": (e, _words(e)) for e in catalogue.exports().values()}
    beside += [*contracts, *((name, text) for name, (_, text) in said.items()), ("release", release())]
    ours = {name: _hash(text) for name, text in [*scripts, *migrations, *beside]}
    with transaction(warehouse_url) as connection, connection.cursor() as cursor:
        if ours.items() <= _scripts_run(cursor).items():
            return False
        locks.migration(cursor)
        before = _scripts_run(cursor)
        if ours.items() <= before.items():
            return False
        _be_no_older(cursor, {name for name, _ in migrations})
        grown = _bring_up_to_date(cursor, scripts, migrations)
        for export in (export for name, (export, _) in said.items() if ours[name] != before.get(name)):
            from etl.loading import words  # half a second: who finds nothing new does without

            words.take_up(cursor, export)
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
    if masked_names.DONE not in done:
        masked_names.mask_names(cursor)
        cursor.execute("insert into landing.migration (name) values (%s)", (masked_names.DONE,))
    if respelled.DONE not in done:
        if not is_new:
            respelled.load_again(cursor)
        cursor.execute("insert into landing.migration (name) values (%s)", (respelled.DONE,))
    reference.fill_reference(cursor)
    return counts.recount_outdated(cursor, changed)


def _words(export: catalogue.Export) -> str:
    """What files of the project and of an office say of the words of an export."""
    return repr((
        list(catalogue.words.declared(export)),
        [(one.name, one.words) for one in catalogue.layouts(export.name)],
    ))


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
    """The version of this program, as pyproject.toml states it; installed without it, as it was built."""
    stated = project_files.ROOT / "pyproject.toml"
    if stated.exists():
        return tomllib.loads(stated.read_text("utf-8"))["project"]["version"]
    return importlib.metadata.version("cchc-warehouse")


def _ordered(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", version))


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
