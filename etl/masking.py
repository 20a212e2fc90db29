"""What may be shown of a text in which somebody's data may stand: a cell, a header, the name of a file or a folder.

Whoever types may slip into the wrong column. Masked are numbers as long as a phone's or an identity card's, however
they are grouped; addresses, of mail and of houses; and names: those that the same file holds in its personal columns,
and what begins with a family name. Codes, days and categories remain readable. Only quality.quarantined_row.raw keeps a
row as it was delivered.
"""

import hashlib
import itertools
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

from etl import catalogue
from etl.catalogue import Column, Export
from etl.spelling import fold

if TYPE_CHECKING:
    import polars as pl

HIDDEN = "•"
LONGEST_NAME = 60  # characters of the name of a file or a folder
PLAIN_NAME = re.compile(rf"[\w .()-]{{1,{LONGEST_NAME}}}")
TOLD_NAME = re.compile(rf".{{{LONGEST_NAME}}}#[0-9a-f]{{8}}")
LEARNED_ROWS = 20_000  # of which all names are learned; later only those of rows that break a rule
MOST_NAMES = 50_000

# Days, moments, and the national codes of dossiers and procedures: long numbers that say nothing about anybody.
_MONTH, _DAY = "(?:0?[1-9]|1[0-2])", "(?:0?[1-9]|[12][0-9]|3[01])"
_CLOCK = r"(?:[ T][0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]{1,9})?)?(?:Z|[+-][0-9]{2}:?[0-9]{2})?)?"
_YYMMDD = "[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])"
READABLE = "|".join((
    rf"{_DAY}[/.-]{_MONTH}[/.-](?:19|20)[0-9]{{2}}{_CLOCK}",
    rf"(?:19|20)[0-9]{{2}}-{_MONTH}-{_DAY}{_CLOCK}",
    "(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])(?:[01][0-9]|2[0-3])[0-5][0-9][0-5][0-9]",
    rf"[0-9]{{3}}(?:\.[0-9]{{2,3}}){{2}}\.[A-Z][0-9]{{2}}-{_YYMMDD}-[0-9]{{4,}}",
    rf"[A-Z][0-9]{{2}}(?:\.[0-9]{{1,3}}){{0,4}}-{_YYMMDD}-[0-9]{{4,}}",
    r"[0-9]\.[0-9]{6}\.000\.00\.00(?:\.[A-Z][0-9]{2})?",
))
_NUMBER = r"\+?\d(?:[\s.\u00ad\u200b-\u200f\u2010-\u2015\u2060\u2212\ufeff_()-]{0,3}\d){8,}"
_MAIL = r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)*"
_HOUSE = (
    r"\b(?i:thôn|làng|ấp|bản|xóm|buôn|plei|khu phố|tổ dân phố|tổ|đường|phố|ngõ|ngách|hẻm|kiệt|số nhà|nhà số)"
    r"\s+(?=[^\W_a-zà-ỹđ])[^\W_][^,;()]*(?:,[^;()]*)?"
)
LONG = re.compile(rf"(?P<readable>(?<![\w.-])(?:{READABLE})(?!\w))|(?P<hidden>{_MAIL}|{_NUMBER})")
HOUSE = re.compile(_HOUSE)
WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
# What may need masking at all: a cheap look at a whole column, where it is worth it, and at a single cell.
MANY = 200
SUSPECT = r"@|[\x00-\x1f\x7f]|\d(?:[^\p{L}/,:;]{0,3}\d){8}|\p{L}\p{M}*[\s._'’-]+[\p{L}\d]"
_SUSPECT = re.compile(  # the same, as Python spells it
    r"@|\d(?:(?:[^\w/,:;]|_){0,3}\d){8}|[^\W\d_][\u0300-\u036f]*[\s._'’-]+[^\W_]"
)
_READABLE = re.compile(READABLE)

# Family names of Việt Nam; those that often begin a phrase ("Văn phòng", "Từ chối", "Phí") are left out.
FAMILY_NAMES = frozenset(
    """
    nguyễn trần lê phạm hoàng huỳnh phan vũ võ đặng bùi đỗ hồ ngô dương lý đinh đào đoàn lâm mai trịnh trương phùng
    hà tạ cao quách thái châu tống lưu lương vương triệu diệp chu kiều lục mạc nghiêm ninh nông thạch tôn trầm lò lường
    sầm giàng vàng hứa khổng doãn âu bạch cù đàm khuất rơ ksor ksơr siu kpă kpuih puih rmah rơmah rcom rơchâm nay
    rah rahlan y nguyen tran pham hoang huynh trinh doan luong
    """.split()  # noqa: SIM905 - a list of names is read as a text
)
# A cell of a key that is no code: Vietnamese small letters, an address of mail, a family name and a name without blanks
# between them, or a number of 9 to 13 digits however it is grouped.
PERSONAL_KEY = (
    r"[\p{Ll}--[a-zđ]]|@|^(?:"
    + "|".join(spelled for name in sorted(FAMILY_NAMES) if len(name) > 1 for spelled in (name.title(), name.upper()))
    + r")\s?\p{Lu}|^\+?[0-9](?:[ .-]{0,3}[0-9]){8,12}$"
)
MIDDLE_NAMES = frozenset(("văn", "thị", "van", "thi"))


@dataclass
class Names:
    """The names that one file holds in its personal columns: whole ones, and the words they are made of."""

    whole: set[str] = field(default_factory=set)
    words: set[str] = field(default_factory=set)
    rows: int = 0

    def learn(self, rows: "pl.DataFrame", export: Export) -> None:
        """Input: rows of the file as `read.blocks` gives them."""
        self.rows += rows.height
        for column in export.columns:
            if column.personal == "name" and column.name in rows.columns and len(self.whole) < MOST_NAMES:
                for name in rows[column.name].drop_nulls().unique():
                    words = [_fold(word[0]) for word in WORD.finditer(unicodedata.normalize("NFC", name[:200]))]
                    if len(words) > 1:
                        self.whole.add(" ".join(words))
                        self.words.update(words)


NOBODY = Names()


def mask(value: str | None, personal: str | None) -> str | None:
    """What may be shown of a value: all of it, or of personal data its first and last character; of birthdays none.

    >>> mask("Nguyễn Văn A", "name")
    'N••••••••••A'
    """
    if value is None or personal is None:
        return value
    text = value.strip()
    if len(text) < 5 or personal == "birth":
        return HIDDEN * len(text)
    return text[0] + HIDDEN * (len(text) - 2) + text[-1]


def shown(value: str, column: Column | None = None, names: Names = NOBODY) -> str:
    """What may be shown of a cell: nothing of a personal column, elsewhere all but what looks like somebody's data.

    >>> shown("Nộp hộ cho Lê Thị Bình, 0977 123 456")
    'Nộp hộ cho L•••••••••h, 0••••••••••6'
    >>> shown("000.00.16.H21-211201-0001 ngày 2021-12-01 08:00:00")
    '000.00.16.H21-211201-0001 ngày 2021-12-01 08:00:00'
    """
    if column is not None and column.personal:
        return mask(value, column.personal) or ""
    if column is not None and column.readable and re.fullmatch(column.readable, value.strip()):
        return value
    if (value.isprintable() and not _SUSPECT.search(value)) or _READABLE.fullmatch(value):
        return value
    text = _printable(unicodedata.normalize("NFC", value))
    text = LONG.sub(lambda found: found[0] if found["readable"] else mask(found[0], "id") or "", text)
    text = HOUSE.sub(_house, text)
    for start, end in reversed([*_names(text, names)]):
        text = text[:start] + (mask(text[start:end], "name") or "") + text[end:]
    return text


def shown_column(values: "pl.Series", column: Column, names: Names) -> "pl.Series":
    """The cells of a column as they may be shown; each different one is looked at once, most of them not even that."""
    if len(values) <= MANY:  # what Polars does to a whole column costs more than a few cells
        of_text = {text: shown(text, column, names) for text in set(values) if text is not None}
        return type(values)(values.name, [of_text.get(text) for text in values], values.dtype)
    texts = values.drop_nulls().unique()
    if not column.personal and len(texts) > MANY:
        texts = texts.filter(texts.str.contains(SUSPECT) & ~texts.str.contains(rf"^(?:{READABLE})$"))
    if not len(texts):
        return values
    return values.replace(texts, texts.clone().scatter(range(len(texts)), [shown(t, column, names) for t in texts]))


def header(cell: str, number: int) -> str:
    """A header that nobody knows, as it may be told: where it is masked, the number of its column says which it is.

    >>> header("Hạn xử lý", 4), header("Người Thử Nghiệm", 5)
    ('«Hạn xử lý»', '«N••••••••••••••m» (cột 5)')
    """
    text = " ".join(_printable(cell).split())[:LONGEST_NAME]
    told = shown(LONG.sub(lambda found: found[0] if found["readable"] else "…", text))
    for run in reversed([*_runs(told)]):
        if len(run) > 1 and all(w[0][0].isupper() and not w[0].isupper() for w in run) and not _are_known(run):
            told = (
                told[: run[0].start()]
                + (mask(told[run[0].start() : run[-1].end()], "name") or "")
                + told[run[-1].end() :]
            )
    return f"«{told}»" if told == text else f"«{told}» (cột {number})"


def told(name: str) -> str:
    """The name of a file or a folder as it may be told and kept; one that had to be masked is known by its hash.

    Told again, it stays as it is.

    >>> told("duc-co"), told("\\x1b[31mNguyễn Văn An")
    ('duc-co', ' N•••••••••••n#1a773b49')
    """
    text = shown(name)
    if text == name and (len(text) <= LONGEST_NAME or TOLD_NAME.fullmatch(text)):
        return name
    text = text[:LONGEST_NAME]
    while (again := shown(text)) != text:  # where it was cut off, another word may look like a name
        text = again
    return f"{text}#{hashlib.sha256(name.encode('utf-8', 'surrogateescape')).hexdigest()[:8]}"


def is_plain(name: str) -> bool:
    """Whether a file may be called so: letters, digits, blanks, and none of them anybody's name or number."""
    return bool(PLAIN_NAME.fullmatch(name)) and told(name) == name


def _fold(word: str) -> str:
    if word.isascii():
        return word.lower()
    return fold(word)


# --- names ------------------------------------------------------------------------------------------------------------


def _names(text: str, names: Names) -> Iterator[tuple[int, int]]:
    """Where names stand in a text."""
    for run in _runs(text):
        words = [_fold(word[0]) for word in run]
        capital = [word[0][0].isupper() for word in run]
        at = 0
        while at < len(run) - 1:
            if length := _name_at(words[at:], capital[at:], names):
                yield run[at].start(), run[at + length - 1].end()
            at += length or 1


def _name_at(words: list[str], capital: list[bool], names: Names) -> int:
    """How many words from here on are a name; 0 if they are none."""
    for length in range(min(len(words), 8), 1, -1):
        if " ".join(words[:length]) in names.whole and (length > 2 or tuple(words[:2]) not in _known_pairs()):
            return length
    if (words[0] not in FAMILY_NAMES and words[0] not in names.words) or tuple(words[:2]) in _known_pairs():
        return 0
    if words[0] in FAMILY_NAMES and len(words) > 2 and words[1] in MIDDLE_NAMES:
        return _while(lambda i: capital[i] or i < 3, min(len(words), 6))
    if words[0] in FAMILY_NAMES and all(capital[:2]):
        return _while(lambda i: capital[i], min(len(words), 6))
    of_file = _while(lambda i: capital[i] and words[i] in names.words, len(words))
    return of_file if of_file > 1 else 0


def _while(holds: Callable[[int], bool], most: int) -> int:
    return next((i for i in range(most) if not holds(i)), most)


def _runs(text: str) -> Iterator[list[re.Match[str]]]:
    """Words that only blanks, dots, dashes or underscores separate."""
    run: list[re.Match[str]] = []
    for word in WORD.finditer(text):
        if run and not re.fullmatch(r"[\s._-]{1,3}", text[run[-1].end() : word.start()]):
            yield run
            run = []
        run.append(word)
    if run:
        yield run


def _are_known(run: list[re.Match[str]]) -> bool:
    words = [_fold(word[0]) for word in run]
    return all(pair in _known_pairs() for pair in itertools.pairwise(words))


def _known_pairs() -> frozenset[tuple[str, str]]:
    """Two words that stand together in the catalogue, as "hồ sơ" or "văn hóa": they are nobody's name."""
    return _pairs(tuple(catalogue.exports().values()))


@cache
def _pairs(exports: tuple[Export, ...]) -> frozenset[tuple[str, str]]:
    columns = [column for export in exports for column in export.columns]
    said: list[Iterable[str]] = [(e.title, *e.ignored) for e in exports]
    said += [(c.header, *c.aliases, *c.vocabulary) for c in columns]
    said += [*catalogue.fields(), [row.title for row in (*catalogue.form(), *catalogue.beside())]]
    said += [[rule.message, rule.remedy] for rule in catalogue.rules().values()]
    pairs: set[tuple[str, str]] = set()
    for text in (text for texts in said for text in texts):
        words = [_fold(word) for word in WORD.findall(text)]
        pairs.update(itertools.pairwise(words))
    return frozenset(pairs)


def _house(found: re.Match[str]) -> str:
    words = [_fold(word) for word in WORD.findall(found[0])[:2]]
    return found[0] if tuple(words) in _known_pairs() else mask(found[0], "name") or ""


def _printable(text: str) -> str:
    """Without what moves a cursor, breaks a line of log or turns the direction of reading."""
    if text.isprintable():
        return text
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", " ", text)  # colours a terminal
    return "".join(" " if unicodedata.category(c) in ("Cc", "Cf", "Zl", "Zp", "Cs") else c for c in text)
