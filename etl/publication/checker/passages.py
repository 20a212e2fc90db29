"""What a passage of a report says that its own numbers do not give."""

from collections.abc import Sequence

from etl.publication.checker.changes import broken_changes
from etl.publication.checker.mentions import Mention, mentions
from etl.publication.checker.shares import broken_shares
from etl.publication.checker.totals import Broken, broken_totals


def broken_in(passage: str, found: Sequence[Mention] | None = None) -> list[Broken]:
    """Every relation between the numbers of a paragraph that does not hold, in the order of the text.

    Input:  one paragraph on one line; `found`: its numbers, if they are known.

    >>> [(str(b.left), str(b.right), b.kind) for b in broken_in("Đã xử lý 8/10 hồ sơ, đạt 70%.")]
    [('70', '80', 'share')]
    """
    found = mentions(passage) if found is None else found
    broken = [*broken_totals(passage, found), *broken_shares(passage, found), *broken_changes(found)]
    return sorted(broken, key=lambda one: one.mention.start)
