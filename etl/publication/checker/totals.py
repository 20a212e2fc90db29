"""Parts against totals: the flow of dossiers, lists of parts, and parts that are more than the whole."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from etl.publication.checker.contradiction import vietnamese
from etl.publication.checker.mentions import Mention
from etl.publication.checker.roles import Flow, Role, flows, role_of

WAITING = "chưa nêu số hồ sơ đang chờ tổ chức, cá nhân bổ sung (hoặc tạm dừng)"
OUTSIDE = "chưa nêu số hồ sơ trả lại, rút hoặc chờ bổ sung"
CARRIED = "chưa nêu số hồ sơ kỳ trước chuyển sang"


@dataclass(frozen=True)
class Broken:
    """A relation between numbers of a passage that does not hold, at the number that says it."""

    mention: Mention
    left: Decimal
    right: Decimal
    kind: str
    statement: str


@dataclass(frozen=True)
class Parts:
    """A whole, and the parts that the report lists of it."""

    whole: Mention
    parts: tuple[Mention, ...]
    complete: bool  # the report says, or the words mean, that there are no others


def broken_totals(found: Sequence[Mention]) -> list[Broken]:
    """Where the parts of a passage do not add up to their total."""
    broken = [one for flow in flows(found) for one in broken_flow(flow)]
    said = {(one.left, one.right) for one in broken}
    used = {one.mention.start for one in broken}
    for group in listed(found):
        total = sum((part.value for part in group.parts), Decimal(0))
        if group.whole.start in used or (group.whole.value, total) in said:
            continue
        if group.complete and total != group.whole.value and len(group.parts) > 1:
            broken.append(_unequal(group.whole, group.parts, "total"))
            used.add(group.whole.start)
            continue
        for part in group.parts:
            if part.value > group.whole.value and part.noun == group.whole.noun:
                sentence = f"Phần {vietnamese(part.value)} lớn hơn tổng {vietnamese(group.whole.value)} mà nó thuộc về."
                broken.append(Broken(part, part.value, group.whole.value, "part", sentence))
    return broken


# --- the flow of dossiers ---------------------------------------------------------------------------------------------


def broken_flow(flow: Flow) -> Iterator[Broken]:
    """The identities of the one-stop shop that some counts of one unit break; what was not counted is not asked."""
    received, new, total = flow.of("received"), flow.of("new"), flow.of("total")
    carried, resolved, pending = flow.of("carried"), flow.of("resolved"), flow.of("pending")
    waiting, returned = flow.of("waiting"), flow.of("returned")
    if carried and not new and total and received:
        new, received = received, None
    whole, beginning = total or received, [m for m in (new, carried) if m]
    if received and not total and carried and not new:
        # "tiếp nhận 100, kỳ trước chuyển sang 10" names no total, unless the one stands in brackets behind the other
        is_part = carried.depth > received.depth or re.search(r"\btrong đó\b", carried.gap)
        whole, beginning = (received, []) if is_part else (None, [received, carried])
    if whole and len(beginning) == 2 and whole.value != sum(m.value for m in beginning):
        yield _unequal(whole, beginning, "total")
    ending = [m for m in (resolved, pending, waiting) if m]
    if resolved and (pending or waiting):
        at_all = sum((m.value for m in ending), Decimal(0))
        with_returned = at_all + (returned.value if returned else 0)
        if whole and whole.value not in (at_all, with_returned):
            cause = CARRIED if not carried and at_all > whole.value else "" if at_all > whole.value else OUTSIDE
            yield _unequal(whole, ending, "total", cause if at_all != whole.value else "")
        elif not whole and len(beginning) == 2:
            said = sum((m.value for m in beginning), Decimal(0))
            if said not in (at_all, with_returned):
                yield Broken(beginning[0], said, at_all, "total", _sum_sentence(beginning, ending))
    for state in ("resolved", "pending"):
        yield from _broken_times(flow, state, waiting)
    yield from _broken_channels(flow, new or received or total, carried if not new else None)


def _broken_channels(flow: Flow, whole: Mention | None, carried: Mention | None) -> Iterator[Broken]:
    by_channel = {r.channels: m for r, m in flow.counts.items() if r.channels and not r.time and m.noun == "hồ sơ"}
    parts = list(by_channel.values())
    covered = frozenset[str]().union(*by_channel)
    if not whole or len(parts) < 2 or not {"online", "direct"} <= covered:
        return
    # parts that stand before their whole are parts of something else; what was carried over has no channel
    added = sum(part.value for part in parts)
    if parts[0].start < whole.start or whole.value in (added, added + (carried.value if carried else 0)):
        return
    yield _unequal(whole, [*parts, carried] if carried else parts, "total")


def _broken_times(flow: Flow, state: str, waiting: Mention | None) -> Iterator[Broken]:
    whole = flow.of(state)
    times = {time: flow.of(state, time) for time in ("early", "on_time", "in_time", "late")}
    parts = [m for m in times.values() if m]
    if not whole or not times["late"] or not (times["in_time"] or times["on_time"]):
        return
    added = sum((m.value for m in parts), Decimal(0))
    if added == whole.value or (state == "pending" and waiting and added + waiting.value == whole.value):
        return
    missing = state == "pending" and not waiting and added < whole.value
    yield _unequal(whole, parts, "total", WAITING if missing else "")


def _unequal(whole: Mention, parts: Sequence[Mention], kind: str, cause: str = "") -> Broken:
    added = sum((part.value for part in parts), Decimal(0))
    each = " + ".join(vietnamese(part.value) for part in parts)
    sentence = (
        f"Tổng {vietnamese(whole.value)} không bằng các phần cộng lại: {each} = {vietnamese(added)},"
        f" chênh {vietnamese(abs(whole.value - added))}."
    )
    if cause:
        sentence += f" Có thể do {cause}."
    return Broken(whole, whole.value, added, kind, sentence)


def _sum_sentence(left: Sequence[Mention], right: Sequence[Mention]) -> str:
    sides = [" + ".join(vietnamese(m.value) for m in side) for side in (left, right)]
    sums = [vietnamese(sum((m.value for m in side), Decimal(0))) for side in (left, right)]
    return f"Hai vế không bằng nhau: {sides[0]} = {sums[0]}, {sides[1]} = {sums[1]}."


# --- lists of parts ---------------------------------------------------------------------------------------------------

_ALL = re.compile(r"\b(?:bao gồm|gồm|cụ thể|chia ra|cụ thể là|trong đó gồm)\b")
_SOME = re.compile(r"\btrong đó\b|\btrong số đó\b")
_SUMMED = re.compile(r"\btổng cộng\b|\bcộng lại\b|\btổng là\b")
_NOT_A_PART = re.compile(
    r"\b(?:tăng|giảm|vượt|so với|(?:đạt|của|theo) kế hoạch|chỉ tiêu|trên tổng số|trong tổng số|cùng kỳ)\b"
)
# Sets of words of which one count each makes a whole.
_COMPLETE = (
    ({"huyện", "xã"}, {"cấp tỉnh": "tỉnh", "cấp sở": "tỉnh", "cấp huyện": "huyện", "cấp xã": "xã"}),
    ({"tỉnh", "xã"}, {"cấp tỉnh": "tỉnh", "cấp sở": "tỉnh", "cấp huyện": "huyện", "cấp xã": "xã"}),
    ({"nam", "nữ"}, {"nam": "nam", "nữ": "nữ"}),
    ({"3", "4"}, {"mức độ 3": "3", "mức độ 4": "4", "mức độ 2": "2"}),
    (
        {"toàn trình", "một phần"},
        {"toàn trình": "toàn trình", "một phần": "một phần", "cung cấp thông tin": "thông tin"},
    ),
    ({"trực tiếp", "báo cáo"}, {"trực tiếp": "trực tiếp", "báo cáo": "báo cáo", "gián tiếp": "báo cáo"}),
)


def listed(found: Sequence[Mention]) -> list[Parts]:
    """The lists of parts in a passage: after gồm, cụ thể, trong đó, in brackets, and before tổng cộng."""
    made = []
    for at, whole in enumerate(found):
        if whole.kind != "count":
            continue
        if _SUMMED.search(whole.gap):
            before = [
                m for m in found[:at] if m.kind == "count" and m.sentence == whole.sentence and m.noun == whole.noun
            ]
            before = [m for m in before if not _NOT_A_PART.search(m.label)]
            if len(before) > 1:
                made.append(Parts(whole, tuple(before), complete=True))
        elif at + 1 < len(found) and (group := _list_after(whole, found[at + 1 :])):
            made.append(group)
    return made


def _list_after(whole: Mention, following: Sequence[Mention]) -> Parts | None:
    gap = following[0].gap
    says_all, says_some = bool(_ALL.search(gap)), bool(_SOME.search(gap))
    bracket = following[0].depth > whole.depth
    if not (says_all or says_some or bracket) or following[0].sentence != whole.sentence:
        return None
    if _NOT_A_PART.search(gap):
        return None
    parts = _until_the_end(whole, following, says_all)
    if not parts:
        return None
    same = all(part.noun in ("", whole.noun) for part in parts)
    rest = bool(re.search(r"\bcòn lại\b", parts[-1].gap))
    complete = (
        (says_all and (same or len({p.noun for p in parts}) == 1 or not _overlap(parts))) or rest or _is_whole(parts)
    )
    if role_of(whole.label).state and all(role_of(p.label) != Role("") for p in parts):
        complete = complete and says_all and not any(role_of(p.label).time for p in parts)
    return Parts(whole, tuple(parts), complete)


def _until_the_end(whole: Mention, following: Sequence[Mention], says_all: bool) -> list[Mention]:
    """The counts of a list: up to the end of the sentence or the bracket, or a semicolon if commas part the list."""
    first, parts = following[0], list[Mention]()
    by_comma = True
    for i, mention in enumerate(following):
        if mention.sentence != first.sentence or mention.depth < first.depth:
            break
        if i == 1:
            by_comma = ";" not in mention.gap
        if by_comma and i and ";" in mention.gap:
            break
        if mention.depth > first.depth or mention.kind == "percent":
            continue
        if mention.kind != "count" or _NOT_A_PART.search(mention.label):
            break
        if i and (_ALL.search(mention.gap) or _SOME.search(mention.gap)):
            break
        if parts and says_all and mention.noun not in ("", whole.noun, parts[0].noun) and parts[0].noun == whole.noun:
            break
        parts.append(mention)
    return parts


def _overlap(parts: Sequence[Mention]) -> bool:
    """Nouns of things that are no parts of one whole: dossiers and procedures."""
    nouns = {part.noun for part in parts}
    return bool({"hồ sơ", "thủ tục"} <= nouns or {"hồ sơ", "người"} <= nouns)


def _is_whole(parts: Sequence[Mention]) -> bool:
    for needed, words in _COMPLETE:
        meant: list[str] = []
        for part in parts:
            hits = {meaning for word, meaning in words.items() if re.search(rf"\b{word}\b", part.label)}
            if len(hits) != 1:
                break
            meant += hits
        else:
            if len(set(meant)) == len(meant) and needed <= set(meant):
                return True
    return False
