"""Codes that were loaded as they were typed, before all typings of a code were one: their files are loaded again."""

from psycopg2.extensions import cursor as Cursor

from etl import catalogue
from etl.catalogue import Column
from etl.spelling import DASHES, DRESSED, FALSE_D

DONE = "codes are in one spelling"  # in landing.migration


def load_again(cursor: Cursor) -> None:
    """Note the files of rows that stand under codes that are spelled otherwise now: beside the new they count twice."""
    for export in catalogue.exports().values():
        codes = [c for c in export.loaded if c.compact and c.personal is None]
        if not codes:
            continue
        cursor.execute(
            "update landing.file set reload_reason = 'cách viết mã nay là một (bản 0.3.0)'"
            " where reload_reason is null and status in ('accepted', 'accepted_with_errors')"
            f" and file_id in (select file_id from core.{export.thing} where {' or '.join(map(_otherwise, codes))})"
        )


def _otherwise(column: Column) -> str:
    """The condition under which values.typed would spell a code otherwise."""
    name = column.name
    conditions = [f"{name} ~ '[{FALSE_D}{DASHES}]|{DRESSED.replace(chr(39), chr(39) * 2)}'"]
    letters = {"upper": "a-zđ", "lower": "A-ZĐ"}.get(column.written)
    if letters:
        turned = f"{name} ~ '[{letters}]'"
        if column.mixed:
            words = "|".join(column.mixed)
            turned += f" and {name} !~ '^[^a-zđ]*({words})?[^a-zđ]*$' or {name} ~ '\\m({words.upper()})\\M'"
        conditions.append(f"({turned}) and {name} ~ '^[!-~Đđ]+$'")
    return " or ".join(f"({one})" for one in conditions)
