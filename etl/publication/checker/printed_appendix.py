"""The figures of an appendix that a report prints: found by the codes and the titles of the form."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import takewhile

from etl import catalogue
from etl.figures import printed
from etl.publication.checker.document import Line
from etl.spelling import fold

ROWS = 5  # as many rows of the form make an appendix
NEAR = 40  # lines between two rows of one appendix; a row without a figure is as long
_CODE = re.compile(r"(\d{1,2}(?:\.\d{1,2}){0,3}(?:\.?[a-zđ])?)\.?(?=[\s|]|$)[\s|]{0,4}")
_PAGE_TOP = re.compile(r"\bstt\b[^\n]{0,60}?chỉ tiêu[^\n]{0,240}?số li ?ệ?u\b", re.I)
_NUMBER = r"(?P<number>-?\d{1,3}(?:[.,\u00a0 ]\d{3}){1,4}(?!\d)|-?\d+(?:[.,]\d+)?)(?![\d/]|\s?/\s?\d)"
_ENUM = re.compile(r"[^=;]{1,40}=\s*\d+")


@dataclass(frozen=True)
class Figure:
    """One figure of a printed appendix."""

    code: str
    title: str
    unit: str
    text: str  # as printed
    value: Decimal
    place: str


def find(lines: Sequence[Line]) -> tuple[dict[str, Figure], list[Line]]:
    """The figures of the appendix by code, and the lines that do not belong to it."""
    rows = catalogue.form()
    by_code = {row.code: row for row in rows}
    filled = [at for at, line in enumerate(lines) if line.text]
    starts = [(at, code) for at in filled if (code := _row_at(lines, at, by_code))]
    starts = _run(starts)
    if len(starts) < ROWS:
        return {}, list(lines)
    figures: dict[str, Figure] = {}
    ends = [at for at, _ in starts[1:]] + [min(len(lines), starts[-1][0] + NEAR)]
    for (at, code), end in zip(starts, ends, strict=True):
        for figure in _figures(lines[at:end], by_code[code], rows):
            figures.setdefault(figure.code, figure)
    first, last = starts[0][0], ends[-1]
    return figures, [*lines[:first], *lines[last:]]


def _run(starts: list[tuple[int, str]]) -> list[tuple[int, str]]:
    """The longest stretch of rows that stand near one another: headings of the prose have codes, too."""
    best: list[tuple[int, str]] = []
    run: list[tuple[int, str]] = []
    for start in starts:
        if run and start[0] - run[-1][0] > 3 * NEAR:
            run = []
        run.append(start)
        best = max(best, run, key=len)
    return best


def _row_at(lines: Sequence[Line], at: int, by_code: dict[str, catalogue.FormRow]) -> str | None:
    """The code of the row of the form that begins on a line: its title must follow, here or on the next lines."""
    found = _CODE.match(lines[at].text)
    if not found:
        return None
    code = re.sub(r"(?<=\d)(?=[a-z]$)", ".", found[1])
    if code not in by_code:
        return None
    said = lines[at].text[found.end() :]
    for line in lines[at + 1 : at + 12]:
        said += f" {line.text}"
    title = re.findall(r"[^\W\d_]+", fold(by_code[code].title).removeprefix("trong đó: "))
    words = re.findall(r"[^\W\d_]+", fold(said))[: 2 * len(title) + 6]
    return code if sum(word in words for word in title) >= 0.6 * len(title) else None


def _figures(lines: Sequence[Line], row: catalogue.FormRow, rows: Sequence[catalogue.FormRow]) -> Iterator[Figure]:
    is_coded = "=" in row.unit  # its figure may stand alone on a line, as the number of a page does
    kept = [line for i, line in enumerate(lines) if line.text and (is_coded or not _is_page_number(lines, i))]
    text = _CODE.sub("", kept[0].text, count=1)
    offsets, places = [0], [kept[0].place]
    for line in kept[1:]:
        text += " "
        offsets.append(len(text))
        places.append(line.place)
        text += line.text
    text = _PAGE_TOP.sub(lambda top: " " * len(top[0]), text)
    lowered = text.lower()
    parts, after = [(0, row)], len(row.title.split())
    children = [r for r in rows if r.parent == row.code and r.code[-1].isalpha()]
    titles = [_words(child.title) for child in children]
    for child, title in zip(children, titles, strict=True):
        at, length = _find_title(lowered, title, after, [other for other in titles if other is not title])
        if at >= 0:
            parts.append((at, child))
            after = at + length
    ends = [at for at, _ in parts[1:]] + [len(text)]
    for (start, part), end in zip(parts, ends, strict=True):
        if found := _value(text[start:end], part):
            at = start + found[1]
            place = max((o, p) for o, p in zip(offsets, places, strict=True) if o <= at)[1]
            try:
                value = printed.read(found[0], part.unit)
            except ValueError:
                continue
            if value is not None:
                yield Figure(part.code, part.title.removeprefix("Trong đó: "), part.unit, found[0], value, place)


def _is_page_number(lines: Sequence[Line], at: int) -> bool:
    if not re.fullmatch(r"\d{1,3}", lines[at].text):
        return False
    following = next((line.text for line in lines[at + 1 :] if line.text), "")
    return following.lower().startswith("stt")


def _words(title: str) -> list[str]:
    return re.findall(r"[^\W_]+", fold(title).removeprefix("trong đó: "))


def _find_title(text: str, words: list[str], after: int, others: list[list[str]]) -> tuple[int, int]:
    """Where a row without a code begins: at the longest beginning of its title that is of no other row."""
    shared = [len([*takewhile(lambda pair: pair[0] == pair[1], zip(words, other, strict=False))]) for other in others]
    least = max([length + 1 for length in shared] + [3])
    for length in range(min(len(words), 16), min(least, len(words)) - 1, -1):
        pattern = r"[^\w]{1,6}".join(map(re.escape, words[:length]))
        if found := re.compile(rf"\b{pattern}\b").search(text, after):
            return found.start(), found.end() - found.start()
    return -1, 0


def _value(text: str, row: catalogue.FormRow) -> tuple[str, int] | None:
    """The printed figure of a row and where it stands: behind the unit of measure, or at the end."""
    if "=" in row.unit:
        for item in row.unit.split(";"):
            words = r"\s*".join(map(re.escape, item.replace("=", " = ").split()))
            text = re.sub(words, lambda found: " " * len(found[0]), text, flags=re.I)
        found = list(re.finditer(rf"(?<![\w/.,=]){_NUMBER}(?!\s?%|\s?cấp)", text))
        return (found[-1]["number"], found[-1].start()) if found else None
    measures = [row.unit, "tthc"] if row.unit.lower() == "thủ tục" else [row.unit]
    for measure in filter(None, measures):
        words = r"\s*".join(map(re.escape, measure.split()))
        matches = [*re.finditer(rf"(?<!\w){words}\s*\|?\s*{_NUMBER}", text, re.I)]
        if matches:
            return matches[0]["number"], matches[0].start("number")
    end = re.search(rf"(?<![\w/.,=]){_NUMBER}[\s|]*$", text)
    if end and not re.search(r"(?:mức độ|năm|so với)\s*$", text[: end.start()], re.I):
        return end["number"], end.start()
    return None
