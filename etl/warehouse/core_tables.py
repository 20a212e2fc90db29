"""core.<thing> and its history: columns, key and partitions, as the contract of the export says."""

from collections.abc import Iterable
from functools import cache

from psycopg2.extensions import connection as Connection

from etl import catalogue
from etl.catalogue import project_files
from etl.warehouse import locks

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


def changes(export: catalogue.Export, file_ids: Iterable[int]) -> str:
    """What loads have changed, as a relation: the rows that they put in (sign +1) and took out (sign -1)."""
    numbers = ", ".join(f"{file_id:d}" for file_id in file_ids)
    columns = ", ".join(core_columns(export))
    return f"({project_files.statement('load/changes', thing=export.thing, columns=columns, file_ids=numbers)})"


def definition_of(export: catalogue.Export) -> str:
    """The DDL of core.<thing> and core.<thing>_history. What else a contract may have changed: etl/migration."""
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
    title = f"{export.short_title} ({export.name})".replace("'", "''")
    return (
        f"create table if not exists {table} (\n    {body}\n){partition};\n"
        f"create table if not exists {history} (\n    {plain},\n    superseded_by int not null,\n"
        f"    superseded_on date not null,\n    closed boolean not null\n);\n"
        f"comment on table {table} is '{title}: the last good version of every row.';\n"
        f"comment on table {history} is '{title}: versions that were superseded, and rows that went.';\n"
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
