"""What the signing unit signs: its form, as it is rendered from the frozen figures, and the hash of it.

One place renders it, for who publishes and for who verifies. It is rendered without the code of the release: the code
is made of a hash that has this one in it, and is printed afterwards.
"""

import hashlib

from psycopg2.extensions import cursor as Cursor

FORM = "appendix"
VERSION = "text-1"  # of how it is rendered: another way to render it is another version


def rendered(cursor: Cursor, release_id: int, unit_code: str, unit_valid_from: str) -> bytes:
    """The appendix of a unit, from the figures that a release has frozen: the same bytes whenever it is asked for.

    Until the official form is rendered here, this is its content as text: a line for each row, in form order.
    """
    cursor.execute(
        "select period_code, unit_name, indicator_code, indicator_name, unit_of_measure, coalesce(value::text, ''),"
        " status, coalesce(reason, '') from mart.release_figure"
        " where release_id = %s and unit_code = %s and unit_valid_from = %s order by form_order, indicator_code",
        (release_id, unit_code, unit_valid_from),
    )
    return "\n".join("\t".join(row) for row in cursor.fetchall()).encode()


def digest(cursor: Cursor, release_id: int, unit_code: str, unit_valid_from: str) -> str:
    """The hash of the rendered form."""
    return hashlib.sha256(rendered(cursor, release_id, unit_code, unit_valid_from)).hexdigest()
