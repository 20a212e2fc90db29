"""Alter: what a changed contract asks of its table, carried out on the rows that are there, or refused in a sentence.

A contract is compared with core.<thing>; each difference is carried out in core.<thing> and core.<thing>_history, in
the transaction of the migration: what is refused leaves all as it was. Nothing that was loaded is lost unless the
contract says so: by `removed:`, or by calling a column personal.
"""

import psycopg2
from psycopg2.extensions import cursor as Cursor
from psycopg2.extras import execute_values

from etl import catalogue, pseudonyms, settings
from etl.errors import CatalogueError
from etl.migration.differences import Difference, Table, differences
from etl.warehouse import core_tables

IS_HASH = "^[0-9a-f]{32}$"  # a keyed hash of an identity number


def alter(cursor: Cursor, export: catalogue.Export, our_views: set[str]) -> bool:
    """Bring core.<thing> up to what its contract says; whether rows that are there may now count otherwise.

    Input:  `our_views`: views that the scripts of the schema make again after this.
    Raises: CatalogueError, with what to do, if that cannot be done to the rows that are there.
    """
    table = _table(cursor, export)
    if table is None:
        _refuse_a_new_table(cursor, export)
        return False
    found = list(differences(export, table))
    if not found:
        return False
    for difference in found:
        if difference.kind in REFUSED:
            raise _refusal(export, difference, REFUSED[difference.kind])
    # a column that is only called otherwise is followed by the views that read it; one that joins another goes
    goes = {"made personal", "removed", "of another type"}
    if any(d.kind in goes or (d.kind == "renamed" and d.column in table.columns) for d in found):
        _drop_views(cursor, export, our_views)
    cursor.execute("set local datestyle = 'ISO, DMY'")  # 05/03/2021 is a day in March
    for difference in found:
        try:
            CARRIED_OUT[difference.kind](cursor, export, difference)
        except psycopg2.ProgrammingError as error:
            said = str(error).splitlines()[0]
            raise _refusal(export, difference, f"the database refuses that ({said}). {SET_BACK}") from None
    cursor.execute("set local datestyle to default")
    return any(d.kind != "added" for d in found)


def _table(cursor: Cursor, export: catalogue.Export) -> Table | None:
    name = f"core.{export.thing}"
    cursor.execute("select to_regclass(%s) is not null", (name,))
    if not cursor.fetchone()[0]:
        return None
    cursor.execute(
        "select attname, format_type(atttypid, atttypmod), col_description(attrelid, attnum) from pg_attribute"
        " where attrelid = %s::regclass and attnum > 0 and not attisdropped order by attnum",
        (name,),
    )
    described = cursor.fetchall()
    cursor.execute(
        "select array(select attname::text from pg_attribute where attrelid = conrelid and attnum = any(conkey))"
        " from pg_constraint where conrelid = %s::regclass and contype = 'p'",
        (name,),
    )
    key = cursor.fetchone()
    cursor.execute(
        "select attname::text from pg_partitioned_table, pg_attribute where partrelid = %s::regclass"
        " and attrelid = partrelid and attnum = partattrs[0]",
        (name,),
    )
    partition_by = cursor.fetchone()
    return Table(
        columns={column: SHORT.get(sql_type, sql_type) for column, sql_type, _ in described},
        hashed=frozenset(column for column, _, comment in described if comment == core_tables.HASHED),
        key=tuple(key[0]) if key else (),
        partition_by=partition_by[0] if partition_by else None,
    )


SHORT = {"timestamp with time zone": "timestamptz", "integer": "int"}  # as we write types


def _tables(export: catalogue.Export) -> tuple[str, str]:
    return f"core.{export.thing}", f"core.{export.thing}_history"


def _number(cursor: Cursor, query: str) -> int:
    cursor.execute(query)
    return cursor.fetchone()[0]


# --- what is refused --------------------------------------------------------------------------------------------------

SET_BACK = "Set the contract back to what it said."
REFUSED = {
    "unknown": "the contract does not name it any more, and what was loaded of it would be lost. If it has another name"
    " now, write `formerly: {column}` there; if it is to be dropped with all that was loaded of it, write"
    " `removed: [{column}]`.",
    "no longer hashed": "it holds keyed hashes, and the contract says that it is no identity number any more. Give it"
    " another name, and write `removed: [{column}]`: the next deliveries fill it.",
    "partitioned otherwise": "the table is partitioned by {was}, which cannot be changed while it holds rows."
    " Write `partition_by: {was}` as before (or leave it out, if there was none).",
}


def _refusal(export: catalogue.Export, difference: Difference, reason: str) -> CatalogueError:
    what = f"column {difference.column} is" if difference.column else "the table is"
    said = reason.replace("{column}", difference.column).replace("{was}", difference.was or "nothing")
    return CatalogueError(f"{export.name} (core.{export.thing}): {what} {difference.kind}: {said} Nothing was changed.")


def _refuse_a_new_table(cursor: Cursor, export: catalogue.Export) -> None:
    """Raises: CatalogueError if what was delivered of this export lies in another table: its `thing:` was changed."""
    cursor.execute("select to_regclass('landing.file') is not null")
    if cursor.fetchone()[0]:
        cursor.execute(
            "select count(*) from landing.file where export = %s and status like 'accepted%%' and rows_loaded > 0",
            (export.name,),
        )
        if files := cursor.fetchone()[0]:
            raise CatalogueError(
                f"{export.name}: there is no table core.{export.thing}, but {files} files of this export are loaded,"
                " into another one. Set `thing:` back to what the contract said. Nothing was changed."
            )


# --- what is carried out ----------------------------------------------------------------------------------------------


def _renamed(cursor: Cursor, export: catalogue.Export, difference: Difference) -> None:
    """Called by its new name. Where both names are there already, the values under the old one join the new."""
    now, before = difference.column, difference.was
    is_there = (
        f"select count(*) from pg_attribute where attrelid = 'core.{export.thing}'::regclass and attname = '{now}'"
    )
    for table in _tables(export):
        if not _number(cursor, is_there.replace(f"core.{export.thing}", table)):
            cursor.execute(f"alter table {table} rename column {before} to {now}")
            continue
        both = _number(cursor, f"select count(*) from {table} where {now} <> {before}")
        if both:
            raise _refusal(
                export, difference, f"{both} rows have a value under both names, {before} and {now}. {SET_BACK}"
            )
        cursor.execute(f"update {table} set {now} = {before} where {before} is not null and {now} is null")
        cursor.execute(f"alter table {table} drop column {before}")


def _made_personal(cursor: Cursor, export: catalogue.Export, difference: Difference) -> None:
    """Emptied first: of a column that is only dropped, PostgreSQL keeps what stands in its rows."""
    for table in _tables(export):
        cursor.execute(f"update {table} set {difference.column} = null where {difference.column} is not null")
        cursor.execute(f"alter table {table} drop column {difference.column}")
    _hide_violations(cursor, export, difference.column)


def _hide_violations(cursor: Cursor, export: catalogue.Export, column: str) -> None:
    cursor.execute(
        "update quality.violation set value = repeat('•', length(value))"
        " where column_name = %s and value not like '%%•%%'"
        " and file_id in (select file_id from landing.file where export = %s)",
        (column, export.name),
    )


def _removed(cursor: Cursor, export: catalogue.Export, difference: Difference) -> None:
    for table in _tables(export):
        cursor.execute(f"alter table {table} drop column {difference.column}")


def _of_another_type(cursor: Cursor, export: catalogue.Export, difference: Difference) -> None:
    column, sql_type = difference.column, core_tables.core_columns(export)[difference.column]
    for table in _tables(export):
        rows = _number(
            cursor,
            f"select count(*) from {table} where {column} is not null"
            f" and not pg_input_is_valid({column}::text, '{sql_type}')",
        )
        if rows:
            raise _refusal(
                export,
                difference,
                f"{rows} rows of {table} hold what is no {sql_type}. Leave the type as it was ({difference.was}),"
                " or give the column another name and write `removed: [{column}]`: the next deliveries fill it.",
            )
        cursor.execute(
            f"alter table {table} alter column {column} drop default,"
            f" alter column {column} type {sql_type} using {column}::text::{sql_type}"
        )
    contract = next((c for c in export.columns if c.name == column), None)
    if contract and contract.key:
        default = core_tables.KEY_DEFAULTS[contract.type]
        cursor.execute(f"alter table core.{export.thing} alter column {column} set default {default}")


def _made_an_identity_number(cursor: Cursor, export: catalogue.Export, difference: Difference) -> None:
    """What was loaded as it came becomes the keyed hash that a load would make of it."""
    column = difference.column
    values = " union ".join(f"select {column} from {table} where {column} !~ '{IS_HASH}'" for table in _tables(export))
    cursor.execute(values)
    if plain := [number for (number,) in cursor.fetchall()]:
        hashed = pseudonyms.keyed_hashes(settings.read().pseudonym_key, plain)
        cursor.execute("create temp table hashed_number (plain text primary key, hashed text not null) on commit drop")
        execute_values(cursor, "insert into hashed_number values %s", list(zip(plain, hashed, strict=True)))
        for table in _tables(export):
            cursor.execute(f"update {table} set {column} = hashed from hashed_number where {column} = plain")
        cursor.execute("drop table hashed_number")
    _hide_violations(cursor, export, column)


def _added(cursor: Cursor, export: catalogue.Export, difference: Difference) -> None:
    column, sql_type = difference.column, core_tables.core_columns(export)[difference.column]
    core, _ = _tables(export)
    if export.delivery == "upsert" and column in export.key and _number(cursor, f"select count(*) from {core}"):
        raise _refusal(
            export,
            difference,
            "it belongs to the key, but of the rows that are there it is not known, so that the next delivery would"
            " bring them a second time. Leave it out of the key.",
        )
    for table in _tables(export):
        cursor.execute(f"alter table {table} add column {column} {sql_type}")
        for moment in (c.name for c in export.loaded if c.day == column):
            cursor.execute(f"update {table} set {column} = {moment}::date where {moment} is not null")


def _of_another_key(cursor: Cursor, export: catalogue.Export, difference: Difference) -> None:
    core, history = _tables(export)
    key = core_tables.primary_key(export)
    defaults = {c.name: core_tables.KEY_DEFAULTS[c.type] for c in export.columns if c.key}
    cursor.execute(
        "select conname::text, array(select attname::text from pg_attribute where attrelid = conrelid"
        " and attnum = any(conkey)) from pg_constraint where conrelid = %s::regclass and contype = 'p'",
        (core,),
    )
    for constraint, columns in cursor.fetchall():
        cursor.execute(f"alter table {core} drop constraint {constraint}")
        for column in (c for c in columns if c not in key):
            cursor.execute(f"alter table {core} alter {column} drop not null, alter {column} drop default")
    for column, default in defaults.items():
        cursor.execute(f"update {core} set {column} = {default} where {column} is null")
        cursor.execute(f"alter table {core} alter column {column} set default {default}")
    named = ", ".join(core_tables.core_key(export))
    rows = _number(
        cursor, f"select count(*) from (select from {core} group by {named} having count(*) > 1) as colliding"
    )
    if rows:
        raise _refusal(
            export,
            difference,
            f"{rows} keys ({named}) would each name several rows that are there. Leave the key and `delivery:` as they"
            " were.",
        )
    for column in key:
        cursor.execute(f"alter table {core} alter column {column} set not null")
    cursor.execute(f"alter table {core} add primary key ({', '.join(key)})")
    cursor.execute(f"drop index if exists {history}_key")  # the scripts make it again


CARRIED_OUT = {
    "renamed": _renamed,
    "made personal": _made_personal,
    "removed": _removed,
    "of another type": _of_another_type,
    "made an identity number": _made_an_identity_number,
    "added": _added,
    "of another key": _of_another_key,
}


def _drop_views(cursor: Cursor, export: catalogue.Export, ours: set[str]) -> None:
    """Drop the views that read the table, and those that read them: the scripts make them again.

    Raises: CatalogueError if one of them is not ours to make again.
    """
    cursor.execute(
        """
        with recursive reading as (
            select unnest(%s::regclass[])::oid as oid
            union
            select rule.ev_class
            from reading
            inner join pg_depend as depend on depend.refobjid = reading.oid and depend.classid = 'pg_rewrite'::regclass
            inner join pg_rewrite as rule on rule.oid = depend.objid
        )

        select nspname || '.' || relname
        from reading
        inner join pg_class on pg_class.oid = reading.oid and relkind in ('v', 'm')
        inner join pg_namespace on pg_namespace.oid = relnamespace
        """,
        (list(_tables(export)),),
    )
    views = [view for (view,) in cursor.fetchall()]
    if strange := sorted(set(views) - ours):
        raise CatalogueError(
            f"{export.name}: the contract changes core.{export.thing}, which the view {strange[0]} reads; it is not one"
            " of ours. Drop it, run this again, and make it anew. Nothing was changed."
        )
    if views:
        cursor.execute(f"drop view {', '.join(views)}")
