"""`make docs`: write docs/tables.md, every table and view of a warehouse that was just set up, and the contract."""

import os
import sys
import tempfile
from pathlib import Path

from psycopg2.extensions import cursor as Cursor

from docs import contract
from etl import catalogue
from etl.migration import schema
from etl.warehouse import database, embedded

HERE = Path(__file__).parent
PAGE = HERE / "tables.md"
SCHEMAS = {
    "landing": "What was delivered, what people decided about it, and what this database was brought up to date with.",
    "core": "The rows of every export, typed: the last good version of each, and those before it; units over time.",
    "mart": "Counts per day, and the figures made of them.",
    "quality": "What the checks found.",
    "reporting": "What the province reads. Columns are added here, never renamed or removed.",
}
HEAD = """# Tables and views of the warehouse

Written by `make docs` from a database that was just set up: change the SQL or the contract, not this page. A table
`core.<thing>` is made as the contract of its export says; the last column is what an office's file calls it. Partitions
(`core.dossier_2021` …) are left out.
"""


def page(cursor: Cursor) -> str:
    """The page, as the database says it."""
    cursor.execute((HERE / "tables.sql").read_text("utf-8"), {"schemas": list(SCHEMAS)})
    told: dict[str, list[str]] = {name: [f"## {name}\n\n{about}\n"] for name, about in SCHEMAS.items()}
    for space, *relation in cursor.fetchall():
        told[space].append(_section(space, *relation))
    return "\n".join([HEAD, *(section for sections in told.values() for section in sections)])


def _section(
    space: str, name: str, is_view: bool, comment: str, partitioned_by: str, key: list[str], columns: list[list[str]]
) -> str:
    """One table or view."""
    headers = _headers(name) if space == "core" else {}
    lines = [f"### {space}.{name}{' (view)' if is_view else ''}", "", comment, ""]
    if key:
        partitions = f"; partitions by {partitioned_by}" if partitioned_by else ""
        lines += [f"Key: {', '.join(f'`{column}`' for column in key)}{partitions}.", ""]
    rows = [
        (f"`{column}`", sql_type, "; ".join(said for said in (headers.get(column), remark) if said))
        for column, sql_type, remark in columns
    ]
    width = 3 if any(remark for _, _, remark in rows) else 2
    third = "meaning" if space == "reporting" else "in the file"
    lines += [_line(("column", "type", third)[:width]), _line(("---",) * width)]
    return "\n".join([*lines, *(_line(row[:width]) for row in rows), ""])


def _line(cells: tuple[str, ...]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _headers(table: str) -> dict[str, str]:
    """What the office's file calls the columns of core.<thing> or its history."""
    thing = table.removesuffix("_history")
    return {c.name: c.header for e in catalogue.exports().values() if e.thing == thing for c in e.columns}


def main() -> None:
    os.environ.pop("CCHC_CATALOGUE", None)  # an office's own exports are not the project's
    with tempfile.TemporaryDirectory(prefix="cchc-docs-") as folder:
        home = Path(folder)
        home.chmod(0o711)  # as root the server runs under another account
        try:
            url = embedded.start(home, durable=False)
            schema.migrate(url)
            with database.transaction(url) as connection, connection.cursor() as cursor:
                PAGE.write_text(page(cursor), "utf-8")
                refused = contract.write(contract.read(cursor))
        finally:
            embedded.stop(home)
    print(PAGE)
    if refused:
        sys.exit("\n".join([f"{contract.RECORDED} was not written, because readers would lose:", *refused]))
    print(contract.DICTIONARY)


if __name__ == "__main__":
    main()
