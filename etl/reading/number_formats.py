"""What a workbook's number format makes of a number: a format is part of what a cell says.

A cell that holds 0.9913 and shows 99,13% says 99,13%; one that holds 123 and shows 00123 says 00123. Only what a format
hides is not taken from it: decimals that it rounds away, and the sign of a number.
"""

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from functools import lru_cache

# The formats that every workbook knows by their number. Those of days from 27 on are East Asian: WPS Office has them.
BUILT_IN = {str(n): "d" for n in (*range(14, 23), *range(27, 37), 45, 47, *range(50, 59))} | {
    "9": "0%", "10": "0.00%", "11": "0.00E+00", "12": "# ?/?", "13": "# ??/??", "46": "[h]:mm:ss", "48": "##0.0E+0",
}  # fmt: skip
DIGITS = 15  # of a number: Excel keeps no more
PERCENT_PLACES = 2  # the least that are kept of a share: its format may show none

TOKEN = re.compile(
    r'"(?P<quoted>[^"]*)"?|\\(?P<escaped>.)|[_*].|\[\$(?P<currency>[^\]-]*)[^\]]*\]'
    r"|\[(?P<condition>[<>=]+[^\]]+)\]|\[[^\]]*\]"
    r"|(?P<general>(?i:general|standard))|(?P<power>[Ee][+-]0+)|(?P<one>.)",
    re.DOTALL,
)
CONDITION = re.compile(r"(<=|>=|<>|<|>|=)\s*(-?[\d.]+)")


def shows(number_format: str) -> str:
    """What a number is that is shown in this format: a "day", a "duration", or "" for a number.

    >>> [shows(f) for f in ("dd/mm/yyyy", "[h]:mm", "0.00", '#,##0 "đồng"', "[Red]0;-0", "h:mm AM/PM", "General")]
    ['day', 'duration', '', '', '', 'day', '']
    """
    shown = re.sub(r'\\.|_.|\*.|"[^"]*"', "", number_format).partition(";")[0].lower()
    if re.search(r"\[(h+|m+|s+)\]", shown):
        return "duration"
    if "#" in shown or "?" in shown:  # some programs do not quote a unit: `#,##0 vnd`
        return ""
    return "day" if re.search(r"[dmhys]", re.sub(r"\[[^\]]*\]|general", "", shown)) else ""


@dataclass(frozen=True)
class Section:
    """One of the parts of a format, between semicolons: what it writes, and for which numbers."""

    tokens: tuple[tuple[str, str], ...]  # ("0", a digit's place), ("", a text), or (itself, itself): . , % @ / General
    condition: tuple[str, Decimal] | None
    power: str  # E+00, of the scientific notation

    @property
    def has_digits(self) -> bool:
        return any(kind in ("0", "general") for kind, _ in self.tokens)

    @property
    def words(self) -> str:
        return "".join(text for kind, text in self.tokens if kind == "")


@dataclass(frozen=True)
class NumberFormat:
    """A format that writes more than the number, or a part of it; see `number_format`."""

    sections: tuple[Section, ...]
    leaves_whole_numbers: bool  # 0.00 writes a code 1.00072 otherwise, and no whole number
    zeros: int = 0  # how many digits a whole number has at least, if that is all that the format says

    def written(self, number: float) -> str:
        """The number as a cell of this format says it.

        >>> [number_format(f).written(n) for f, n in (("0.00%", 0.9913), ("00000", 123.0), ('0 "ngày"', 5.0))]
        ['99,13%', '00123', '5 ngày']
        """
        if self.zeros and number.is_integer() and 0 <= number < 10**DIGITS:
            return str(int(number)).zfill(self.zeros)
        value = Decimal(f"{number:.{DIGITS}g}")
        section, is_of_negative = self._section(value)
        if not section.has_digits:
            return section.words.strip() if any(c.isalpha() for c in section.words) else plain(number)
        said = _written(section, abs(value), number)
        if value < 0 or (is_of_negative and value):
            return "-" + said.strip("-() ")
        return said.lstrip("- ") if not value else said

    def of_text(self, text: str) -> str:
        """A text as a cell of this format says it: "H21."@ writes H21. before it."""
        section = self.sections[-1]
        return "".join(said if kind == "" else text if kind == "@" else "" for kind, said in section.tokens)

    @property
    def adds_to_text(self) -> bool:
        last = self.sections[-1]
        return any(kind == "@" for kind, _ in last.tokens) and bool(last.words.strip())

    def _section(self, value: Decimal) -> tuple[Section, bool]:
        """The part that is for a number, and whether it is one of negative numbers alone."""
        numbers = [s for s in self.sections if not any(kind == "@" for kind, _ in s.tokens)] or list(self.sections)
        if any(s.condition for s in numbers):
            return next((s for s in numbers if not s.condition or _holds(s.condition, value)), numbers[-1]), False
        if value < 0 and len(numbers) > 1:
            return numbers[1], True
        if not value and len(numbers) > 2:
            return numbers[2], False
        return numbers[0], False


@lru_cache(4_096)
def number_format(code: str) -> NumberFormat | None:
    """A format of numbers; None if a number is written in it as it is.

    >>> [number_format(code) for code in ("General", "0", "#,##0", "#,##0 ;[Red](#,##0)", "@")]
    [None, None, None, None, None]
    """
    sections = tuple(_section(part) for part in re.split(r';(?=(?:[^"]*"[^"]*")*[^"]*$)', re.sub(r"\\;", "", code)))
    if all(_is_plain(section) for section in sections):
        return None
    only_decimals = all(_is_plain(section, but_decimals=True) for section in sections)
    only_digits = len(sections) == 1 and all(kind == "0" for kind, _ in sections[0].tokens)
    return NumberFormat(sections, only_decimals, _least(sections[0]) if only_digits else 0)


def plain(number: float) -> str:
    """A number as it is: with a point for its decimals, and no more digits than Excel keeps.

    >>> plain(3.0), plain(0.1 + 0.2), plain(2.000635), plain(0.00001), plain(20210200000001.0), plain(1.5e18)
    ('3', '0.3', '2.000635', '0.00001', '20210200000001', '1.5E+18')
    """
    if number.is_integer() and abs(number) < 10**DIGITS:
        return str(int(number))
    if abs(number) >= 10**DIGITS:  # its last digits are lost, if it was a code
        return f"{number:.{DIGITS}G}"
    said = f"{Decimal(f'{number:.{DIGITS}g}'):f}"
    return said.rstrip("0").rstrip(".") if "." in said else said


# --- parts of a format ------------------------------------------------------------------------------------------------


def _section(code: str) -> Section:
    tokens: list[tuple[str, str]] = []
    condition, power = None, ""
    for found in TOKEN.finditer(code):
        if (said := found["quoted"] or found["escaped"] or found["currency"]) is not None:
            tokens.append(("", said))
        elif found["condition"]:
            if match := CONDITION.fullmatch(found["condition"]):
                condition = (match[1], Decimal(match[2]))
        elif found["general"]:
            tokens.append(("general", ""))
        elif found["power"]:
            power = found["power"]
        elif one := found["one"]:
            kind = "0" if one in "0#?" else one if one in ".,%@/" else ""
            tokens.append((kind, one))
    return Section(tuple(tokens), condition, power)


def _is_plain(section: Section, *, but_decimals: bool = False) -> bool:
    """Whether it writes a number as it is: grouped, or with a sign, is as it is."""
    kinds = [kind for kind, _ in section.tokens]
    return (
        not section.power
        and not section.condition
        and not {"%", "/"} & set(kinds)
        and (section.has_digits or not any(c.isalpha() for c in section.words))
        and not section.words.strip("-+() \u00a0")
        and (but_decimals or "." not in kinds)
        and _least(section) < 2
        and _thousands(section) == 0
        and not _is_patterned(section)
    )


def _is_patterned(section: Section) -> bool:
    """Whether texts stand between its digits: ###-####."""
    digits = [at for at, (kind, _) in enumerate(section.tokens) if kind == "0"]
    return any(kind == "" for kind, _ in section.tokens[min(digits, default=0) : max(digits, default=0)])


def _thousands(section: Section) -> int:
    """By how many thousands a number is divided: `0,` and `0,.0` write 1500 as 1,5."""
    kinds = "".join(kind if kind in ("0", ",", ".") else " " for kind, _ in section.tokens)
    return sum(len(commas) for commas in re.findall(r"0(,+)(?=[^0,]|$)", kinds.replace(" ", "") + " "))


def _holds(condition: tuple[str, Decimal], value: Decimal) -> bool:
    sign, than = condition
    return {
        "<": value < than, "<=": value <= than, ">": value > than,
        ">=": value >= than, "=": value == than, "<>": value != than,
    }[sign]  # fmt: skip


def _written(section: Section, value: Decimal, number: float) -> str:
    kinds = [kind for kind, _ in section.tokens]
    if section.power:
        places = kinds[kinds.index(".") :].count("0") if "." in kinds else 0
        return f"{value:.{places}E}"
    if "/" in kinds and "0" in kinds[: kinds.index("/")]:
        return _as_fraction(section, value)
    if "general" in kinds:
        return "".join(plain(abs(number)) if kind == "general" else text for kind, text in section.tokens).strip()
    thousands = _thousands(section)
    value = value * 100 ** kinds.count("%") / 1000**thousands
    shown = "".join(text for kind, text in _around_point(section)[1] if kind == "0").rfind("0") + 1
    if "%" in kinds:
        value = value.quantize(Decimal(1).scaleb(-max(shown, PERCENT_PLACES)), ROUND_HALF_UP)
    whole, _, part = f"{value:f}".partition(".")
    part = part.rstrip("0")
    if part or "%" in kinds:
        part = part.ljust(shown, "0")
    said = _placed(section, whole, part, "," if "%" in kinds else ".")
    is_said = any(c.isalpha() for c in section.words)  # 1,5 triệu
    return f"{said} ×{1000**thousands}" if thousands and not is_said else said


def _placed(section: Section, whole: str, part: str, point: str) -> str:
    """The digits in their places, from the point to the left, with the texts between them."""
    before, after = _around_point(section)
    digits, places = whole.zfill(_least(section)), sum(kind == "0" for kind, _ in before)
    decimals = f"{point}{part}" if part else ""
    said: list[str] = []
    for kind, text in reversed(before):
        if kind == "0":
            places -= 1
            digits, last = (digits[:-1], digits[-1:]) if places else ("", digits)
            said += [decimals, last]
            decimals = ""
        elif kind in ("", "%") and (digits or not places):
            said.append(text)
    return "".join([*reversed(said), *(text for kind, text in after if kind in ("", "%"))]).strip()


def _around_point(section: Section) -> tuple[tuple[tuple[str, str], ...], tuple[tuple[str, str], ...]]:
    at = next((i for i, (kind, _) in enumerate(section.tokens) if kind == "."), len(section.tokens))
    return section.tokens[:at], section.tokens[at + 1 :]


def _least(section: Section) -> int:
    """How many digits a whole number has at least: 00000 writes zeros before it."""
    places = [text for kind, text in _around_point(section)[0] if kind == "0"]
    return len(places) - places.index("0") if "0" in places else 1


def _as_fraction(section: Section, value: Decimal) -> str:
    kinds = [kind for kind, _ in section.tokens]
    slash = kinds.index("/")
    below = "".join(text for _, text in section.tokens[slash + 1 :]).strip()
    top = Fraction(value)
    fixed = int(below) if below.isdecimal() and below.strip("0") else 0
    nearest = (
        Fraction(round(top * fixed), 1)
        if fixed
        else top.limit_denominator(10 ** max(1, len(re.findall("[?#0]", below))) - 1)
    )
    above, of = (int(nearest), fixed) if fixed else (nearest.numerator, nearest.denominator)
    has_whole = any(
        text.isspace() for kind, text in section.tokens[kinds.index("0") : slash] if kind == ""
    )  # `# ?/?` writes 1 1/2, `?/?` 3/2
    whole, rest = divmod(above, of) if has_whole else (0, above)
    if not rest:
        return str(whole)
    return f"{whole} {rest}/{of}" if whole else f"{rest}/{of}"
