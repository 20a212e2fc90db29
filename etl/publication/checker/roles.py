"""What a number of dossiers counts: received, resolved late, waiting for a supplement."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from etl.publication.checker.mentions import Mention

# In the order of trial: what is said more exactly comes first.
_STATES = {
    "carried": r"(?:kỳ|quý|tháng|năm) (?:trước|cũ)[^,;]{0,20}(?:chuyển|sang|qua)|(?:chuyển|tồn)(?: \w+){0,3}"
    r" (?:kỳ|quý|tháng|năm) trước|tồn đầu kỳ|từ kỳ trước|từ (?:tháng|quý|năm) trước",
    "returned": r"từ chối|trả lại|rút (?:hồ sơ|lại)?|hủy|huỷ|không (?:được )?tiếp nhận",
    "waiting": r"chờ (?:công dân |người dân |tổ chức |cá nhân )*bổ sung|yêu cầu bổ sung|tạm dừng|bổ sung hồ sơ"
    r"|chờ bổ sung",
    "pending": r"đang (?:được )?(?:giải quyết|xử lý|thụ lý)|chưa (?:giải quyết|xử lý)|đang trong quá trình"
    r"|chưa đến hạn|còn lại",
    "new": r"hồ sơ mới|tiếp nhận mới|mới tiếp nhận|mới trong kỳ|tiếp nhận trong kỳ|nhận trong kỳ"
    r"|phát sinh (?:trong kỳ|mới)",
    "total": r"tổng (?:số )?(?:\w+ ){0,2}hồ sơ(?: tthc)?(?! (?:đã |được )*(?:giải quyết|xử lý|trả))",
    "resolved": r"(?:đã |được )?(?:giải quyết|xử lý)|trả kết quả|đã trả",
    "received": r"tiếp nhận",
}
_TIMES = {
    "in_time": r"(?:trước|sớm)(?: hạn| hẹn)?(?: và|,| hoặc) (?:đúng|trong) h[ạẹ]n|đúng (?:hạn )?và (?:trước|sớm) h[ạẹ]n"
    r"|trong hạn|trong thời hạn|chưa đến hạn|còn hạn",
    "early": r"trước h[ạẹ]n|sớm h[ạẹ]n|trước thời hạn",
    "on_time": r"đúng h[ạẹ]n|đúng thời hạn",
    "late": r"(?:quá|trễ|chậm) (?:h[ạẹ]n|thời hạn)|trễ|chậm muộn",
}
_CHANNELS = {
    "postal": r"bưu chính|bcci|bưu điện",
    "direct": r"trực tiếp",
    "online": r"(?<!dịch vụ công )trực tuyến(?! mức)",
}
_COMPILED = [
    {name: re.compile(rf"\b(?:{pattern})\b") for name, pattern in words.items()}
    for words in (_STATES, _TIMES, _CHANNELS)
]


@dataclass(frozen=True)
class Role:
    """What a count of dossiers counts."""

    state: str  # received, new, carried, total, resolved, pending, waiting, returned; "" where nothing says it
    time: str = ""  # early, on_time, in_time (early and on time), late
    channels: frozenset[str] = frozenset()


@lru_cache(maxsize=4096)  # each number is compared with each of its paragraph
def role_of(label: str) -> Role:
    """What the words beside a number say.

    >>> role_of("đang giải quyết quá hạn hồ sơ"), role_of("kỳ trước chuyển sang hồ sơ").state
    (Role(state='pending', time='late', channels=frozenset()), 'carried')
    """
    label = label.lower()
    state, time = (_first(patterns, label) for patterns in _COMPILED[:2])
    channels = frozenset(name for name, pattern in _COMPILED[2].items() if pattern.search(label))
    return Role(state, time, channels)


def _first(patterns: dict[str, re.Pattern[str]], label: str) -> str:
    return next((name for name, pattern in patterns.items() if pattern.search(label)), "")


@dataclass
class Flow:
    """The counts of one unit's dossiers in a passage, in the order in which the report gives them."""

    counts: dict[Role, Mention]

    def of(self, state: str, time: str = "") -> Mention | None:
        return self.counts.get(Role(state, time))


def flows(found: Iterable[Mention]) -> list[Flow]:
    """The counts of dossiers by what they count; a role that comes again begins the counts of another unit."""
    made: list[Flow] = [Flow({})]
    state = ""
    for mention in found:
        if mention.kind != "count" or mention.noun not in ("hồ sơ", "kết quả", "", "trường"):
            continue
        if re.search(r"\b(?:tăng|giảm|vượt|so với|thanh toán|số hóa|số hoá|phí)\b", mention.label):
            continue
        role = role_of(mention.label)
        if role == Role("") or (mention.noun == "" and not role.state and not role.time):
            continue
        if not role.state and (role.time or role.channels):
            role = Role(state if role.time else "", role.time, role.channels)
        elif (role.state and not role.time and not role.channels) or (role.state and role.time):
            state = role.state
        if role.time and role.state not in ("resolved", "pending"):
            role = Role("resolved" if role.state in ("", "received", "total", "new") else role.state, role.time)
        if role.time:
            role = Role(role.state, role.time)
        if role in made[-1].counts:
            made.append(Flow({}))
        made[-1].counts[role] = mention
    return [flow for flow in made if flow.counts]
