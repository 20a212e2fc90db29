"""Shares against the counts in the same passage."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from etl.publication.checker.changes import sign_of
from etl.publication.checker.contradiction import agrees, percentage, vietnamese
from etl.publication.checker.mentions import Mention
from etl.publication.checker.roles import Flow, Role, flows, role_of
from etl.publication.checker.totals import Broken, Parts, listed

_SAID = re.compile(r"\b(?:chiếm|đạt|tương đương|tương ứng|bằng|tỷ lệ|tỉ lệ|là)\b|[(=]")
_WHOLE_SAID = re.compile(r"(?:\b(?:trên|trong) tổng(?: số)?|\btrong số|/ ?tổng(?: số)?|\btrên)\b[^,;]{0,20}$")
_SO_MANY = re.compile(r"\b(?:tương ứng|tương đương|tức)\b|\(")
_ON = re.compile(r"^\D{0,30}\b(?:trên|trong)(?: tổng)?(?: số)? ?$")
_CHANGE = re.compile(r"\b(?:tăng|giảm|vượt|cao hơn|thấp hơn|hụt)\b")
# Shares that are wished for, given or of something else than the counts beside them.
_AIM = re.compile(
    r"\b(?:chỉ tiêu|mục tiêu|phấn đấu|tối thiểu|ít nhất|yêu cầu|quy định|kế hoạch đề ra|tự chủ|bảo đảm)\b"
)
# What a share is of, said behind it.
_OF = re.compile(r"(?:trên |trong |của )?(?:tổng )?(?:số|các|kế hoạch|chỉ tiêu|so với)\b|của\b")
# What a share is said to be the share of: tỷ lệ hồ sơ trực tuyến đạt.
_SUBJECT = re.compile(r"(?:tỷ|tỉ) lệ (?!là|đạt|chiếm|bằng)([^\W\d_][^,;]{0,120}?) ?(?:đạt|là|chiếm|bằng|:)? *$")
_EMPTY = {
    "hồ",
    "sơ",
    "thủ",
    "tục",
    "tthc",
    "văn",
    "bản",
    "số",
    "tổng",
    "trên",
    "trong",
    "của",
    "các",
    "so",
    "với",
    "đã",
    "được",
    "có",
}
COMPLETE_TIMES = ({"on_time", "late"}, {"in_time", "late"}, {"early", "on_time", "late"})


@dataclass(frozen=True)
class _Pair:
    part: Decimal
    whole: Decimal
    is_sure: bool


def broken_shares(passage: str, found: Sequence[Mention]) -> list[Broken]:
    """The percentages of a passage that no counts of it give, although it says of which counts they are."""
    groups, by_role = listed(found), flows(found)
    broken = []
    for at, share in enumerate(found):
        if share.kind != "percent" or _CHANGE.search(f"{share.gap} {share.label[:8]}"):
            continue
        if sign_of(share, found[at - 1] if at else None):
            continue
        pairs = _pairs(found, at, groups, by_role, _behind(passage, share))
        possible = [pair for pair in pairs if pair.whole]
        if any(agrees(share.value, 100 * pair.part / pair.whole, share.decimals, share.roughly) for pair in possible):
            continue
        sure = next((pair for pair in possible if pair.is_sure), None)
        if sure and not _AIM.search(re.split(r"[,;(]", share.gap)[-1]):
            broken.append(_wrong(share, sure, found))
    return broken + _not_a_hundred(found, {one.mention.start for one in broken})


def _wrong(share: Mention, pair: _Pair, found: Sequence[Mention]) -> Broken:
    right = percentage(pair.part, pair.whole, max(share.decimals, 0))
    if right == share.value or (share.roughly and share.decimals == 0):
        right = percentage(pair.part, pair.whole, max(share.decimals, 2)).normalize()
    sentence = (
        f"Tỷ lệ ghi {vietnamese(share.value)}%, tính từ số trong câu"
        f" {vietnamese(pair.part)}/{vietnamese(pair.whole)} được {vietnamese(right)}%."
    )
    for other in found:
        wrong_whole = other.kind == "count" and other.value not in (0, pair.whole) and other.value > pair.part
        if wrong_whole and share.decimals and agrees(share.value, 100 * pair.part / other.value, share.decimals):
            sentence += (
                f" Có thể đã lấy nhầm mẫu số: {vietnamese(pair.part)}/{vietnamese(other.value)}"
                f" = {vietnamese(share.value)}%."
            )
            break
    return Broken(share, share.value, right, "share", sentence)


def _behind(passage: str, share: Mention) -> str:
    """The words behind a share up to the next stop: số hồ sơ nộp trực tuyến."""
    return re.split(r"[,;:.()\d]", passage[share.end : share.end + 120])[0].lower().strip()


def _named(said: str, part: Mention | None, found: Sequence[Mention]) -> Mention | None:
    """The count that the words beside a share mean: the one whose own words are most of theirs."""
    words = set(re.findall(r"[^\W\d_]+", said)) - _EMPTY
    best, most = None, 0.6
    for other in found:
        known = set(re.findall(r"[^\W\d_]+", other.label.lower()))
        if other.kind == "count" and other is not part and words and len(words & known) / len(words) >= most:
            best, most = other, len(words & known) / len(words)
    return best


def _pairs(
    found: Sequence[Mention], at: int, groups: Sequence[Parts], by_role: Sequence[Flow], behind_it: str
) -> list[_Pair]:
    """What the share may be of: sure where the sentence says it, possible where it only stands near."""
    share = found[at]
    before = found[at - 1] if at else None
    behind = found[at + 1] if at + 1 < len(found) else None
    if behind and behind.kind == "fraction" and behind.depth > share.depth and "(" in behind.gap:
        return [_Pair(behind.value, behind.of or Decimal(0), True)]
    two = found[at + 1 : at + 3]  # 95% số hóa, tương ứng 1.900 trên 2.000 hồ sơ
    if [m.kind for m in two] == ["count", "count"] and _SO_MANY.search(two[0].gap) and _ON.search(two[1].gap):
        return [_Pair(two[0].value, two[1].value, True)]
    said = bool(_SAID.search(share.gap))
    if before and before.kind == "fraction" and before.sentence == share.sentence:
        return [_Pair(before.value, before.of or Decimal(0), said)]
    if not before or before.kind != "count" or before.sentence != share.sentence or not said:
        return _by_words(share, found, by_role)
    if role_of(_said_of(share)).time and not _same(role_of(_said_of(share)), role_of(before.label)):
        return _by_words(share, found, by_role)
    counts = [m for m in found if m.kind == "count"]
    part, pairs = before, list[_Pair]()
    subject = _SUBJECT.search(_said_of(share))
    if ";" in share.gap or subject:
        named = _named(subject[1], None, [m for m in found if m.start < share.start]) if subject else None
        if not named:
            return [_Pair(a.value, b.value, False) for a in counts for b in counts if a is not b]
        part = named
    if behind and behind.kind == "count" and behind.depth > share.depth and "(" in behind.gap:
        pairs.append(_Pair(part.value, behind.value, True))
    if at > 1 and _WHOLE_SAID.search(before.gap) and found[at - 2].kind == "count":
        part = found[at - 2]
        pairs.append(_Pair(part.value, before.value, found[at - 2].sentence == share.sentence))
    elif behind and behind.kind == "count" and _WHOLE_SAID.search(behind.gap) and behind.sentence == share.sentence:
        pairs.append(_Pair(part.value, behind.value, True))
    if not pairs and _OF.match(behind_it):
        named = _named(behind_it, part, found)
        unsure = [_Pair(part.value, m.value, False) for m in counts if m is not part]
        return [_Pair(part.value, named.value, True), *unsure] if named else unsure
    group = next((group for group in groups if part in group.parts), None)
    if group and (group.complete or not part.noun or group.whole.noun in (part.noun, "")):
        pairs.append(_Pair(part.value, group.whole.value, True))
    pairs += _of_flow(part, by_role)
    others = [m for m in found if m.kind == "count" and m.value >= part.value and m is not part]
    others = [m for m in others if not _is_sibling(m, part, found, groups)]
    near = [m for m in others if m.start < part.start and m.sentence == share.sentence and m.noun in (part.noun, "")]
    near = near or [m for m in others if m.start < part.start and not part.noun and m.sentence == share.sentence]
    pairs += [_Pair(part.value, m.value, m in near and not _CHANGE.search(m.label)) for m in [*near, *others]]
    return pairs


def _said_of(share: Mention) -> str:
    """The words of a share that stand behind the last stop: "; tỷ lệ trước hạn và đúng hạn đạt"."""
    return re.split(r"[;(]|, (?=tỷ lệ|tỉ lệ)", share.gap)[-1]


def _same(one: Role, other: Role) -> bool:
    return one.time == other.time


def _of_flow(part: Mention, by_role: Sequence[Flow]) -> list[_Pair]:
    for flow in by_role:
        role = next((role for role, mention in flow.counts.items() if mention is part), None)
        if not role:
            continue
        above = []
        if role.time or role.channels:
            above += [flow.of(role.state)] if role.time else []
        above += [flow.of(state) for state in ("total", "received", "new")]
        wholes = [m for m in above if m and m is not part]
        return [_Pair(part.value, m.value, i == 0 and m.value >= part.value) for i, m in enumerate(wholes)]
    return []


def _is_sibling(other: Mention, part: Mention, found: Sequence[Mention], groups: Sequence[Parts]) -> bool:
    """Parts beside a part are not what it is a share of: both late and on time are shares of all."""
    if any(part in g.parts and other in g.parts for g in groups):
        return True
    one, two = role_of(part.label), role_of(other.label)
    return bool(one.time and two.time and one.time != two.time)


def _by_words(share: Mention, found: Sequence[Mention], by_role: Sequence[Flow]) -> list[_Pair]:
    """A share that no count stands beside, by its words: tỷ lệ đúng hạn, of what was resolved."""
    role = role_of(_said_of(share))
    if not role.time:
        return []
    state = role.state if role.state == "pending" else "resolved"
    pairs = []
    for flow in by_role:
        times = {time: m.value for time in ("early", "on_time", "in_time", "late") if (m := flow.of(state, time))}
        in_time = sum((value for time, value in times.items() if time != "late"), Decimal(0))
        given = flow.of(state)
        whole = given.value if given else sum(times.values(), Decimal(0))
        if role.time == "late" and "late" in times:
            pairs.append(_Pair(times["late"], whole, given is not None or any(set(times) == c for c in COMPLETE_TIMES)))
        elif role.time != "late" and in_time:
            complete = any(set(times) == c for c in COMPLETE_TIMES)
            pairs.append(_Pair(in_time, whole, (given is not None or complete) and role.time != "early"))
            pairs += [_Pair(value, whole, False) for value in times.values()]
    return pairs


def _not_a_hundred(found: Sequence[Mention], wrong: set[int]) -> list[Broken]:
    """On time and late are all there is: their shares add up to 100, but for the last digit."""
    broken, group = [], list[tuple[Role, Mention]]()
    for mention in [*found, None]:
        role = role_of(mention.gap) if mention and mention.kind == "percent" else None
        if mention and role and role.time and (not group or group[-1][1].sentence == mention.sentence):
            group.append((role, mention))
            continue
        if mention and mention.kind != "percent" and (not group or group[-1][1].sentence == mention.sentence):
            continue
        broken += _hundred(group, wrong)
        group = [(role, mention)] if mention and role and role.time else []
    return broken


def _hundred(group: list[tuple[Role, Mention]], wrong: set[int]) -> list[Broken]:
    times = [role.time for role, _ in group]
    shares = [mention for _, mention in group]
    one_state = len({role.state for role, _ in group if role.state}) < 2
    if len(set(times)) != len(times) or set(times) not in COMPLETE_TIMES or not one_state:
        return []
    if any(share.start in wrong or share.roughly or _CHANGE.search(share.gap) for share in shares):
        return []
    added = sum((share.value for share in shares), Decimal(0))
    slack = Decimal(len(shares)) * Decimal(1).scaleb(-min(share.decimals for share in shares))
    if abs(added - 100) < slack:
        return []
    each = " + ".join(f"{vietnamese(share.value)}%" for share in shares)
    sentence = f"Các tỷ lệ cộng lại phải bằng 100%: {each} = {vietnamese(added)}%."
    return [Broken(shares[0], added, Decimal(100), "shares", sentence)]
