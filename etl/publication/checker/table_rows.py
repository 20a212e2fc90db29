"""Rows of a table whose columns count dossiers: received, resolved, pending, waiting for a supplement, and late."""

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal

from etl.publication.checker.contradiction import Contradiction
from etl.publication.checker.document import Line
from etl.publication.checker.mentions import Mention, mentions
from etl.publication.checker.roles import Flow, Role, role_of
from etl.publication.checker.totals import broken_flow

COLUMNS = 3  # as many columns that count dossiers make such a table


def broken_rows(lines: Sequence[Line]) -> Iterator[Contradiction]:
    """The rows whose columns do not add up, below a header that says in one row what each column counts."""
    roles: dict[int, Role] = {}
    for line in lines:
        cells = line.text.split("|") if line.is_row else []
        heads = {at: role for at, cell in enumerate(cells) if (role := role_of(cell)).state and not _number(cell)}
        if not cells:
            roles = {}
        elif len(heads) >= COLUMNS and len(set(heads.values())) == len(heads):
            roles = heads
        elif roles:
            counts = {
                role: _mention(value, at)
                for at, role in roles.items()
                if at < len(cells) and (value := _number(cells[at])) is not None
            }
            for broken in broken_flow(Flow(counts)):
                yield Contradiction(line.place, broken.statement, broken.left, broken.right, broken.kind, line.text)


def _number(cell: str) -> Decimal | None:
    found = mentions(cell.strip())
    is_one = len(found) == 1 and found[0].kind == "count" and not re.search(r"[^\W\d]", cell)
    return found[0].value if is_one else None


def _mention(value: Decimal, at: int) -> Mention:
    return Mention("count", value, None, 0, at, at, 0, 0, "", "", "hồ sơ")
