"""Receipts of before keep names of files as they came: what names somebody is masked, as a landing does it now."""

from psycopg2.extensions import cursor as Cursor
from psycopg2.extras import execute_values

from etl import catalogue, masking

DONE = "names of files are masked"  # in landing.migration
PLACE = 4  # <source>/<export>/<day>/<sender>.csv; the inbox itself is an address of ours


def mask_names(cursor: Cursor) -> None:
    """Mask names in receipts, and the same senders wherever rows say whose they are; what is masked stays as it is."""
    cursor.execute("select file_id, source, export, sender, path, message, reload_reason from landing.file")
    masked = []
    for file_id, source, export, sender, path, message, reason in cursor.fetchall():
        known = export in catalogue.exports()
        told = masking.told(sender)
        row = (
            source if known else masking.told(source),
            export if known else _told(export),
            told,
            _told(path),
            masking.shown(message.replace(sender, told)),
            reason and masking.shown(reason.replace(sender, told)),
        )
        if row != (source, export, sender, path, message, reason):
            masked.append((file_id, *row))
    execute_values(
        cursor,
        "update landing.file as f set source = now.source, export = now.export, sender = now.sender, path = now.path,"
        " part = regexp_replace(now.path, '^.*/', ''), message = now.message, reload_reason = now.reload_reason"
        " from (values %s) as now (file_id, source, export, sender, path, message, reload_reason)"
        " where f.file_id = now.file_id",
        masked,
        "(%s, %s, %s, %s, %s, %s, %s::text)",
    )
    for table in _tables_with_senders(cursor):
        cursor.execute(f"select distinct sender from {table}")
        senders = [(sender, masking.told(sender)) for (sender,) in cursor.fetchall() if sender]
        execute_values(
            cursor,
            f"update {table} as t set sender = now.told from (values %s) as now (sender, told)"
            " where t.sender = now.sender",
            [(sender, told) for sender, told in senders if told != sender],
        )


def _told(path: str) -> str:
    parts = path.split("/")
    return "/".join([*parts[:-PLACE], *map(masking.told, parts[-PLACE:])])


def _tables_with_senders(cursor: Cursor) -> list[str]:
    cursor.execute(
        """
        select format('%I.%I', nspname, relname)
        from pg_attribute
        inner join pg_class on pg_class.oid = attrelid and relkind in ('r', 'p') and not relispartition
        inner join pg_namespace on pg_namespace.oid = relnamespace and nspname in ('core', 'landing', 'mart', 'quality')
        where attname = 'sender' and not attisdropped and (nspname, relname) <> ('landing', 'file')
        order by 1
        """
    )
    return [table for (table,) in cursor.fetchall()]
