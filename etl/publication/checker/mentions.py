"""The numbers of a passage with the words that say what they count.

Dates, numbers of documents, articles of law, levels of service and the like are digits that count nothing: they are
covered first. Every pattern is bounded, so that no line of any length makes it slow.
"""

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from itertools import pairwise

COVER = "¤"
# What looks like a number and counts nothing.
_COVERED = re.compile(
    r"""
    (?:https?://|www\.)\S{1,200}
    | \b\d{1,2}[/.-]\d{1,2}[/.-](?:19|20)\d\d\b                                     # 15/12/2020
    | \b(?:ngày|mùng)\s\d{1,2}(?:[/-]\d{1,2}){0,2}(?:\stháng\s\d{1,2})?(?:\snăm\s\d{4})?\b
    | \btháng\s\d{1,2}(?:\s?[/-]\s?\d{4}|\snăm\s\d{4})?\b
    | \bquý\s(?:\d|[ivx]{1,3})\b(?:\s?/\s?\d{4})?
    | \b(?:năm|nhiệm\skỳ|giai\sđoạn)\s\d{4}(?:\s?[-–]\s?\d{4})?\b
    | \b(?:0?[1-9]|1[0-2])/(?:19|20)\d\d\b(?!\s?%)                                  # 8/2021
    | \b(?:19|20)\d\d\s?[-–]\s?(?:19|20)\d\d\b
    | \b(?:nghị\squyết|nghị\sđịnh|quyết\sđịnh|công\svăn|thông\sbáo|thông\stư|kế\shoạch|báo\scáo|chỉ\sthị|văn\sbản|luật
        |tờ\strình|hướng\sdẫn|công\sđiện|cv|qđ|kh|bc|tb)\ssố:?\s\d[\w/-]{0,40}
    | \bsố:?\s\d{1,6}[a-zđ]?[/-][\w/-]{1,40}
    | \b\d{1,6}[a-zđ]?(?:/\d{4})?/(?=[a-zđ])[\w-]{2,40}(?:/[\w-]{1,20})?            # 423/UBND-VX, 61/2018/NĐ-CP
    | \b\d{1,4}-(?=[a-zđ])[\w/-]{2,30}                                              # 18-NQ/TW
    | \b(?:điều|khoản|mục|phụ\slục|biểu|mẫu(?:\ssố)?|chương|bảng|phiên\sbản|mức(?:\sđộ)?|lớp|khóa|khoá|iso|tcvn
        |hệ\sthống|đầu\ssố|tổng\sđài|covid|điểm|tổ|thôn|làng|vneid\smức|tiêu\schí\ssố|đề\sán|chỉ\stiêu\ssố)
        [\s:-]{0,2}\d{1,5}(?:[:.]\d{1,4})?(?:\s?(?:,|và|&|;|\+|-)\s?\d\b(?![.,]?\d|\s?%)){0,3}(?![\d/]|\s?%|,\d|\.\d)
    | \b\d{1,2}\s?(?:h|giờ)\s?\d{0,2}(?:\sphút)?\b | \b\d{1,2}:\d{2}\b | \b24/7\b
    | \b\d{1,3}\s(?:tháng|ngày|tuần|phút|năm)\b(?!\s?%)
    | (?:^|(?<=[\s(]))\(?\d{1,2}\)\s                                            # (1) and 1) before a point of a list
    | \b[a-zđ]{1,6}\d[\w.-]{0,40} | \b\d{1,6}(?:\.\d{1,4}){0,8}\.?[a-zđ][\w-]{0,40}    # H21-01, 2779a
    """,
    re.X | re.I,
)
_NUMBER = re.compile(
    r"(?<![\d.,/¤])(?P<a>\d{1,3}(?:[. \u00a0]\d{3}){1,4}(?![\d])|\d{1,3}(?:,\d{3}){1,4}(?!\d)|\d{1,12}(?:[.,]\d{1,6})?)"
    r"(?:\s?/\s?(?P<b>\d{1,3}(?:[. \u00a0]\d{3}){1,4}(?!\d)|\d{1,3}(?:,\d{3}){1,4}(?!\d)|\d{1,12}))?"
    r"(?P<percent>\s?%|\sđiểm\s(?:phần trăm|%))?"
)
# What is counted, in one word for all its names. In front what others begin with.
NOUNS = {
    "thủ tục hành chính": "thủ tục",
    "thủ tục": "thủ tục",
    "tthc": "thủ tục",
    "hồ sơ": "hồ sơ",
    "hs": "hồ sơ",
    "văn bản": "văn bản",
    "cơ quan": "đơn vị",
    "đơn vị": "đơn vị",
    "đvsncl": "đơn vị",
    "phản ánh": "phản ánh",
    "kiến nghị": "phản ánh",
    "cán bộ": "người",
    "công chức": "người",
    "viên chức": "người",
    "biên chế": "người",
    "người": "người",
    "phiếu": "phiếu",
    "kết quả": "kết quả",
    "nhiệm vụ": "nhiệm vụ",
    "dịch vụ": "dịch vụ",
    "vấn đề": "vấn đề",
}
_NOUN = re.compile(r"\b(" + "|".join(NOUNS) + r")\b")
_STOP = re.compile(r"[,;:.()\[\]–!?]|\s-\s")
_HARD_STOP = re.compile(r"[;:.()\[\]–!?]|\s-\s")  # commas stand within what one number is said to count
# Words that end what is said of one number, or begin what is said of the next.
_AND = re.compile(r"\b(?:và|còn|trên tổng số|trong tổng số|trong số|so với|có|là|lên|trên|đạt|chiếm)\b")
_COPULA = re.compile(r"(?:[\s:(]|\b(?:là|có|được|gồm|đạt|bằng|với|đến|lên|từ|chiếm|đã)\b){1,8}$")
_SHARE_SAID = re.compile(r"\b(?:chiếm|đạt|tương đương|tương ứng|bằng|tỷ lệ|tỉ lệ)\b")
_SENTENCE = re.compile(r"(?<=[^\W\d][^\W\d][.!?…])\s?(?=[^\W\d])|(?<=[%)\d¤][.!?])\s(?=[^\W\d])")


@dataclass(frozen=True, eq=False)  # two mentions of 5 are two
class Mention:
    """One number of a passage."""

    kind: str  # count, percent, fraction
    value: Decimal
    of: Decimal | None  # what a fraction is of: 23/456
    decimals: int
    start: int
    end: int
    sentence: int  # which sentence of the passage
    depth: int  # how many brackets are open
    gap: str  # all between the number before and this one, in small letters
    label: str  # the words before and behind that say what it counts
    noun: str  # what is counted, if it is one of NOUNS; else the first word behind the number

    @property
    def roughly(self) -> str:
        if re.search(r"\b(?:trên|hơn|ít nhất|tối thiểu)\s?$", self.gap):
            return "above"
        if re.search(r"\b(?:gần|dưới|không quá|tối đa)\s?$", self.gap):
            return "below"
        return "about" if re.search(r"\b(?:khoảng|xấp xỉ|ước)\s?(?:đạt)?\s?$", self.gap) else ""


@lru_cache(maxsize=8)
def sentences(passage: str) -> tuple[str, ...]:
    """The sentences of a passage, each with the blank behind it: joined they are the passage."""
    ends = (found.end() for found in _SENTENCE.finditer(passage))
    cuts = [0, *(end for end in ends if passage[end].isupper()), len(passage)]
    return tuple(passage[a:b] for a, b in pairwise(cuts) if b > a)


def mentions(passage: str) -> list[Mention]:
    """The numbers of a passage, in their order.

    Input:  one paragraph on one line, composed letters.

    >>> [(m.kind, str(m.value), m.noun) for m in mentions("Ngày 15/11/2021 có 1.586 hồ sơ, chiếm 99,31%.")]
    [('count', '1586', 'hồ sơ'), ('percent', '99.31', '')]
    """
    text = _COVERED.sub(lambda found: COVER * len(found[0]), passage)
    found = [(match, number) for match in _NUMBER.finditer(text) if (number := _number(match))]
    if not found:
        return []
    lowered, said = _lower(text), _lower(passage)
    ends = [0]
    for piece in sentences(text):
        ends.append(ends[-1] + len(piece))
    starts = [match.start() for match, _ in found] + [len(text)]
    stops = [0] + [match.end() for match, _ in found]
    gaps = [lowered[a:b] for a, b in zip(stops, starts, strict=True)]
    kinds = [number[0] for _, number in found] + [""]
    cuts = [_cut(gap, kind) for gap, kind in zip(gaps, kinds, strict=True)]
    depths, depth, at = [], 0, 0
    for start in starts[:-1]:
        depth = max(0, depth + text.count("(", at, start) - text.count(")", at, start))
        at = start
        depths.append(depth)
    made, sentence = [], 0
    for i, (match, (kind, value, of, decimals)) in enumerate(found):
        while ends[sentence + 1] <= match.start() and sentence + 2 < len(ends):
            sentence += 1
        (_, first, last), (behind_ends, _, _) = cuts[i], cuts[i + 1]
        before = (
            _words(said[stops[i] + first : stops[i] + last]) if i else _words(said[_last_stop(gaps[0][:last]) : last])
        )
        behind = _words(said[match.end() : match.end() + behind_ends])
        label = f"{before} {behind}".strip()
        noun = "" if kind == "percent" else _noun(behind, before)
        made.append(
            Mention(kind, value, of, decimals, match.start(), match.end(), sentence, depths[i], gaps[i], label, noun)
        )
    return made


def _lower(text: str) -> str:
    """Small letters, each in its place."""
    return text.lower() if len(text.lower()) == len(text) else text


def _last_stop(text: str) -> int:
    return max((stop.end() for stop in _HARD_STOP.finditer(text)), default=0)


def _number(match: re.Match[str]) -> tuple[str, Decimal, Decimal | None, int] | None:
    a, b = match["a"], match["b"]
    if b:
        numerator = _whole(a)
        return None if match["percent"] or numerator is None else ("fraction", numerator, _whole(b), 0)
    if match["percent"]:
        whole, _, rest = re.sub(r"[ \u00a0]", "", a).replace(",", ".").partition(".")
        if "." in rest:
            return None
        return "percent", Decimal(f"{whole}.{rest}" if rest else whole), None, len(rest)
    if (number := _whole(a)) is not None:
        return "count", number, None, 0
    whole, _, rest = a.replace(",", ".").partition(".")
    return "decimal", Decimal(f"{whole}.{rest}"), None, len(rest)


def _whole(text: str) -> Decimal | None:
    """A count, its thousands grouped by a dot, a comma or a blank; None of a number with decimals."""
    if re.fullmatch(r"\d{1,12}", text):
        return Decimal(text)
    return Decimal(re.sub(r"\D", "", text)) if re.fullmatch(r"\d{1,3}(?:[., \u00a0]\d{3}){1,4}", text) else None


def _cut(gap: str, kind: str) -> tuple[int, int, int]:
    """Up to where the words between two numbers speak of the first, and from where to where of the second."""
    ahead = _COPULA.sub("", gap)
    if stop := _STOP.search(gap):
        behind = gap[: stop.start()]
        if kind == "percent" and (said := _SHARE_SAID.search(behind)):
            return said.start(), max(stop.end(), _last_stop(ahead)), len(ahead)
        return stop.start(), max(stop.end(), _last_stop(ahead)), len(ahead)
    if kind == "percent":
        said = _SHARE_SAID.search(gap)
        return said.start() if said else len(gap), 0, len(gap)
    if kind == "":
        return len(gap), len(gap), len(gap)
    if parting := _AND.search(gap):
        return parting.start(), parting.start(), max(parting.start(), len(ahead))
    if noun := _NOUN.match(gap.lstrip()):
        at = len(gap) - len(gap.lstrip()) + noun.end()
        return at, at, max(at, len(ahead))
    return len(gap), 0, len(ahead)


def _words(text: str) -> str:
    return " ".join(text.split())


def _noun(behind: str, before: str) -> str:
    if found := _NOUN.match(behind):
        return NOUNS[found[1]]
    if first := re.match(r"[^\W\d_]+", behind):
        return first[0] if not re.match(r"(?:trước|đúng|quá|trong|và|chiếm|so|của|đã|đang)\b", behind) else ""
    nouns = _NOUN.findall(before)
    return NOUNS[nouns[0]] if nouns else ""
