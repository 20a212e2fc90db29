"""A contradiction of a report, and how its numbers are written in a sentence."""

from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal


@dataclass(frozen=True)
class Contradiction:
    """Two numbers of a report that cannot both be right."""

    place: str  # Vietnamese: a line, a page, a paragraph, a cell of a table
    statement: str  # Vietnamese: what the report says, what follows from its own numbers, and a cause if one is known
    left: Decimal  # as the report says it
    right: Decimal  # as it follows from other numbers
    kind: str  # share, total, part, change, shares, appendix, prose, warehouse
    quote: str  # the sentence, for the person who gave the file: it may hold names

    @property
    def difference(self) -> Decimal:
        return self.left - self.right


def vietnamese(number: Decimal) -> str:
    """A number as reports write it.

    >>> vietnamese(Decimal("139506")), vietnamese(Decimal("6.640")), vietnamese(Decimal("-143"))
    ('139.506', '6,64', '-143')
    """
    text = f"{number:,f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return text.translate(str.maketrans(",.", ".,"))


def percentage(part: Decimal, whole: Decimal, decimals: int) -> Decimal:
    """The share of a part in percent, rounded half up as the forms round it; `whole` is not zero."""
    return (100 * part / whole).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)


def agrees(printed: Decimal, exact: Decimal, decimals: int, roughly: str = "") -> bool:
    """Whether a printed number is the exact one, rounded half up or cut off after its decimals.

    Input:  `roughly`: "above", "below" or "about" where the sentence says hơn, gần or khoảng.
    """
    step = Decimal(1).scaleb(-decimals)
    if printed in (exact.quantize(step, ROUND_HALF_UP), exact.quantize(step, ROUND_DOWN)):
        return True
    if roughly == "above":
        return printed <= exact
    if roughly == "below":
        return printed >= exact
    return roughly == "about" and abs(printed - exact) <= abs(exact) / 20
