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
        if change.kind not in ("count", "percent") or not (sign := _sign(change)) or _FROM.search(change.gap):
            continue
        near = [m for m in found if m.sentence == change.sentence]
        present, past = _sides(near, change, found[at - 1] if at else None, sign)
        if not present:
            continue
        if change.kind == "count":
            if past and past.kind == "count" and present.value - past.value != sign * change.value:
                broken.append(_wrong(change, abs(present.value - past.value), present.value, past.value))
        elif present.kind == "percent":
            if past and past.kind == "percent" and not _agrees_of_shares(change, present, past):
                broken.append(_wrong(change, abs(present.value - past.value), present.value, past.value))
        else:
            before = past.value if past else _before(near, change, present, sign)
            if before and not agrees(
                change.value, 100 * abs(present.value - before) / before, change.decimals, change.roughly
            ):
                rate = percentage(abs(present.value - before), before, change.decimals)
                broken.append(_wrong(change, rate, present.value, before))
    return broken


def _sign(mention: Mention) -> int:
    words = mention.gap[-25:]
    up, down = [*_UP.finditer(words)], [*_DOWN.finditer(words)]
    if not up and not down:
        return 0
    return 1 if (up[-1].start() if up else -1) > (down[-1].start() if down else -1) else -1


def _sides(
    near: Sequence[Mention], change: Mention, before: Mention | None, sign: int
) -> tuple[Mention | None, Mention | None]:
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
