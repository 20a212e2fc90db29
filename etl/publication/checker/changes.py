"""Increases and decreases against the numbers that they are between."""

import re
from collections.abc import Sequence
from decimal import Decimal

from etl.publication.checker.contradiction import agrees, percentage, vietnamese
from etl.publication.checker.mentions import Mention
from etl.publication.checker.totals import Broken

_UP = re.compile(r"\b(?:tăng|cao hơn|vượt)\b(?! cường)")
_DOWN = re.compile(r"\b(?:giảm|thấp hơn)\b")
_FROM = re.compile(r"\btừ\b[^,;.]{0,20}$")
_TO = re.compile(r"\b(?:lên|xuống|còn)\b[^,;.]{0,20}$")
_BASE = re.compile(r"\b(?:so với|cùng kỳ|năm trước|kỳ trước|quý trước|tháng trước|từ)\b")


def broken_changes(found: Sequence[Mention]) -> list[Broken]:
    """The differences and rates of change of a passage that its numbers before and after do not give."""
    broken = []
    for at, change in enumerate(found):
        before = found[at - 1] if at else None
        sign = 0 if change.kind not in ("count", "percent") or _FROM.search(change.gap) else sign_of(change, before)
        if not sign:
            continue
        near = [m for m in found if m.sentence == change.sentence]
        present, past = _sides(near, change)
        if not present:
            continue
        if change.kind == "count":
            if past and past.kind == "count" and present.value - past.value != sign * change.value:
                broken.append(_wrong(change, abs(present.value - past.value), present.value, past.value))
        elif present.kind == "percent":
            if past and past.kind == "percent" and not _agrees_of_shares(change, present, past):
                broken.append(_wrong(change, abs(present.value - past.value), present.value, past.value))
        elif base := past.value if past else _before(near, change, present, sign):
            moved = abs(present.value - base)
            if not agrees(change.value, 100 * moved / base, change.decimals, change.roughly):
                broken.append(_wrong(change, percentage(moved, base, change.decimals), present.value, base))
    return broken


def sign_of(mention: Mention, before: Mention | None) -> int:
    """1 of an increase, -1 of a decrease, 0 of what is neither; a rate may stand in brackets behind: tăng 12 (5%)."""
    if mention.kind == "percent" and before and before.kind == "count" and mention.depth > before.depth:
        return _sign(mention) or _sign(before)
    return _sign(mention)


def _sign(mention: Mention) -> int:
    words = mention.gap[-25:]
    up, down = [*_UP.finditer(words)], [*_DOWN.finditer(words)]
    if not up and not down:
        return 0
    return 1 if (up[-1].start() if up else -1) > (down[-1].start() if down else -1) else -1


def _sides(near: Sequence[Mention], change: Mention) -> tuple[Mention | None, Mention | None]:
    """The number that changed, and what it was, if the sentence says it."""
    counts = [m for m in near if m is not change and (m.kind == "count" or m.kind == change.kind)]
    start = next((m for m in counts if _FROM.search(m.gap) and m.kind != "fraction"), None)
    end = next((m for m in counts if _TO.search(m.gap) and start and m.start > start.start), None)
    if start and end:
        return end, start
    present = next((m for m in reversed(counts) if m.start < change.start and not _sign(m)), None)
    behind = [m for m in counts if m.start > change.start and not _sign(m)]
    past = next((m for m in behind if m.kind == (present.kind if present else "") and _BASE.search(m.gap)), None)
    if past is None and present and change.start > present.start:
        past = next((m for m in behind if m.depth and m.kind == present.kind and m.noun == present.noun), None)
    if present and present.kind == "count" and change.kind == "count" and "" not in (present.noun, change.noun):
        present = present if present.noun == change.noun else None
    return present, past


def _before(near: Sequence[Mention], change: Mention, present: Mention, sign: int) -> Decimal | None:
    """What it was, from the difference beside the rate: tăng 12 hồ sơ (tăng 5%)."""
    difference = next(
        (m for m in near if m.kind == "count" and _sign(m) == sign and present.start < m.start < change.start), None
    )
    return present.value - sign * difference.value if difference else None


def _agrees_of_shares(change: Mention, present: Mention, past: Mention) -> bool:
    """Points of percentage, as most mean, or percent of the share before."""
    if abs(present.value - past.value) == change.value:
        return True
    return bool(past.value) and agrees(
        change.value, 100 * abs(present.value - past.value) / past.value, change.decimals
    )


def _wrong(change: Mention, right: Decimal, present: Decimal, past: Decimal) -> Broken:
    mark = "%" if change.kind == "percent" else ""
    sentence = (
        f"Mức thay đổi ghi {vietnamese(change.value)}{mark}, tính từ {vietnamese(past)} đến {vietnamese(present)}"
        f" được {vietnamese(right)}{mark}."
    )
    return Broken(change, change.value, right, "change", sentence)
