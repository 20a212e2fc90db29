"""What a passage of a report says that its own numbers do not give."""

from collections.abc import Iterator, Sequence

from etl.publication.checker.changes import broken_changes
from etl.publication.checker.mentions import Mention, mentions
from etl.publication.checker.shares import broken_shares
from etl.publication.checker.totals import Broken, broken_totals

MOST_NUMBERS = 100


def broken_in(passage: str, found: Sequence[Mention] | None = None) -> list[Broken]:
    """Every relation between the numbers of a paragraph that does not hold, in the order of the text.

    Input:  one paragraph on one line; `found`: its numbers, if they are known.

    >>> [(str(b.left), str(b.right), b.kind) for b in broken_in("Đã xử lý 8/10 hồ sơ, đạt 70%.")]
    [('70', '80', 'share')]
    """
    found = mentions(passage) if found is None else found
    broken: list[Broken] = []
    for near in _pieces(found):
        broken += [*broken_totals(near), *broken_shares(passage, near), *broken_changes(near)]
    return sorted(broken, key=lambda one: one.mention.start)


def _pieces(found: Sequence[Mention]) -> Iterator[Sequence[Mention]]:
    """No paragraph that somebody wrote has so many numbers; the rules compare each with each."""
    for first in range(0, len(found), MOST_NUMBERS):
        yield found[first : first + MOST_NUMBERS]
