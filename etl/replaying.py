"""Replay: what was loaded too early is taken back and waits to be loaded again.

In whatever order files arrive, the warehouse is the one that the order of their delivery days makes.
"""

import logging

from psycopg2.extensions import cursor as Cursor

from etl import catalogue, checking, figures, landing, touching, warehouse
from etl.landing import File

log = logging.getLogger("cchc")


def later_files(cursor: Cursor, file: File) -> list[int]:
    """Loaded files of the same sender that must be loaded again after this one.

    Those delivered on a later day; of a snapshot also parts of the same day, loaded when this one had not come.
    """
    cursor.execute(
        """
        select other.file_id
        from landing.file as other
        join landing.file as this on this.file_id = %(file_id)s
        where other.export = this.export
            and other.sender = this.sender
            and (
                other.status in ('accepted', 'accepted_with_errors', 'rejected')
                -- repeated what an earlier file said: no longer, with this one in between
                or other.status = 'duplicate' and exists (
                    select
                    from landing.file as original
                    where original.export = this.export
                        and original.sender = this.sender
                        and original.sha256 = other.sha256
                        and original.status <> 'duplicate'
                        and original.delivered_on < this.delivered_on
                        and regexp_replace(original.path, '^.*/', '') = regexp_replace(this.path, '^.*/', '')
                )
            )
            and (
                other.delivered_on > this.delivered_on
                or %(is_snapshot)s
                and other.delivered_on = this.delivered_on
                and other.path <> this.path
                and other.loaded_at < this.landed_at
            )
        order by other.delivered_on, other.file_id
        """,
        {"file_id": file.file_id, "is_snapshot": catalogue.export(file.export).delivery == "snapshot"},
    )
    return [file_id for (file_id,) in cursor.fetchall()]


def rewind(cursor: Cursor, export: catalogue.Export, file_ids: list[int]) -> None:
    """Take the loads of these files back, as if they had not been loaded: they wait again.

    Input: all loads of their sender from some day on. Of the versions that they superseded the newest becomes current
           again, unless another sender's is; the others stay in the history, below what is current now.
    """
    touching.take_back(cursor, file_ids)
    core, history = f"core.{export.thing}", f"core.{export.thing}_history"
    columns = ", ".join(warehouse.core_columns(export))
    of_history = ", ".join(f"h.{c}" for c in warehouse.core_columns(export))
    ids = ", ".join(str(int(i)) for i in file_ids)
    key = warehouse.core_key(export)
    of_key = ", ".join(f"h.{c}" for c in key)
    restored = (
        f"(select distinct on ({of_key}) {of_history} from {history} h"
        f" where h.superseded_by in ({ids}) and h.file_id not in ({ids}) and not exists"
        f" (select from {core} c where {warehouse.same('c', 'h', key)} and c.file_id not in ({ids}))"
        f" order by {of_key}, h.delivered_on desc, h.sender desc, h.file_id desc, h.line desc)"
    )
    figures.fold(
        cursor,
        export.thing,
        f"(select {columns}, -1 as sign from {core} where file_id in ({ids})"
        f" union all select {columns}, 1 from {restored} as restored)",
    )
    cursor.execute(f"delete from {core} where file_id in ({ids})")
    cursor.execute(f"insert into {core} ({columns}) select {columns} from {restored} as restored")
    cursor.execute(f"delete from {history} where file_id in ({ids})")
    cursor.execute(
        f"delete from {history} h using {core} c where h.superseded_by in ({ids})"
        f" and {warehouse.same('c', 'h', key)} and c.file_id = h.file_id and c.line = h.line"
    )
    cursor.execute(
        f"update {history} h set superseded_by = c.file_id, superseded_on = c.delivered_on from {core} c"
        f" where h.superseded_by in ({ids}) and {warehouse.same('c', 'h', key)}"
    )
    cursor.execute(
        f"update quality.quarantined_row set resolved_by = null, resolution = null where resolved_by in ({ids})"
    )
    for table in ("quality.result", "quality.violation", "quality.quarantined_row"):
        cursor.execute(f"delete from {table} where file_id in ({ids})")
    cursor.execute(f"update landing.file set status = 'landed', message = '', rule_id = null where file_id in ({ids})")


def send_back_stale(cursor: Cursor, file: File) -> None:
    """Send files that this load has made stale back to waiting, each with what its sender delivered after it."""
    for export_name, file_ids in stale_files(cursor, file).items():
        for file_id in file_ids:
            stale = landing.file(cursor.connection, file_id)
            if stale.status == "landed":
                continue
            cursor.execute("select pg_advisory_xact_lock(hashtext(%s), hashtext(%s))", (stale.export, stale.sender))
            log.info("file %d of %s will be judged again: %s has changed", file_id, export_name, file.export)
            rewind(cursor, catalogue.export(export_name), [file_id, *later_files(cursor, stale)])


def stale_files(cursor: Cursor, file: File) -> dict[str, list[int]]:
    """Loaded files whose rows were judged by what this load has now changed, by export: they have to be judged again.

    A row was refused, or warned of, because what it names was not known: it may be known now. A row was accepted
    because the unit existed on its day: the dates of the unit may have been corrected.
    """
    rules = [r for r in catalogue.rules().values() if file.export in r.refers_to and file.export != r.export]
    if not rules:
        return {}
    new, moved = _changed_keys(cursor, catalogue.export(file.export), file.file_id)
    stale: dict[str, set[int]] = {}
    if not new and not moved:
        return {}
    for rule in rules:
        export = catalogue.export(rule.export)
        if rule.layer == "group":  # compares totals: any change may break or mend it
            cursor.execute(f"select distinct file_id from core.{export.thing}")
            stale.setdefault(rule.export, set()).update(i for (i,) in cursor.fetchall())
            continue
        cursor.execute(
            f"select distinct file_id from quality.violation where rule_id = %s and {_named('value')} in"
            f" (select {_named('key')} from unnest(%s) as key)",
            (rule.rule_id, [*new, *moved]),
        )
        stale.setdefault(rule.export, set()).update(i for (i,) in cursor.fetchall())
        if moved and checking.asks_for_days(export, of=file.export):
            columns = " or ".join(f"{column} = any(%(moved)s)" for column in rule.fails)
            cursor.execute(f"select distinct file_id from core.{export.thing} where {columns}", {"moved": moved})
            stale[rule.export].update(i for (i,) in cursor.fetchall())
    return {export: sorted(ids) for export, ids in stale.items() if ids}


def _named(code: str) -> str:
    """What a code names, in SQL: stray spaces aside; of a procedure (2.000635.000.00.00.H21) the national code."""
    return rf"coalesce(substring({code}, '^\s*(\d\.\d{{6}})'), regexp_replace({code}, '\s', '', 'g'))"


def _changed_keys(cursor: Cursor, export: catalogue.Export, file_id: int) -> tuple[list[str], list[str]]:
    """First key column of the rows that this load brought anew; of those whose dates it changed or that it closed."""
    key = export.key[0]
    days = [c.name for c in export.columns if c.type == "date"]
    moved = " or ".join(f"c.{d} is distinct from h.{d}" for d in days) or "false"
    cursor.execute(
        f"select c.{key}, h.{key} is null from core.{export.thing} c left join core.{export.thing}_history h"
        f" on h.superseded_by = {file_id:d} and {warehouse.same('c', 'h', warehouse.core_key(export))}"
        f" where c.file_id = {file_id:d} and (h.{key} is null or {moved})"
        f" union all select {key}, false from core.{export.thing}_history where superseded_by = {file_id:d} and closed"
    )
    rows = cursor.fetchall()
    return [k for k, is_new in rows if is_new], [k for k, is_new in rows if not is_new]
