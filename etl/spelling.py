"""One spelling for what reads the same: composed letters, single spaces, nothing invisible or put on for Excel."""

import re
import unicodedata

NOTHING = ("NULL", "\\N", "(null)")  # what databases write for a cell that is empty
# Soft hyphen, zero-width signs, and those that turn the direction of reading.
INVISIBLE = (
    "\u00ad\u061c\u180e\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2061\u2062\u2063\u2064"
)
INVISIBLE += "\u2066\u2067\u2068\u2069\ufe0e\ufe0f\ufeff"
# Letters that only look like Đ: Icelandic eth, which old converters write, and two letters of Africa.
FALSE_D = "ÐðƉɖ"
# Hyphens and dashes that word processors put in place of the one on the keyboard.
DASHES = "\u2010-\u2015\u2212\ufe58\ufe63\uff0d"
# How UTF-8 looks that was read as Windows-1252 once too often: "Hộ tịch" became "Há»™ tá»‹ch".
TWICE_ENCODED = "[ÂÃ][\u00a0-\u00ff]|Ã[\u0080-\u02ff\u2010-\u2122]|á[º»]|Ä[‘\u0090\u0091ƒ‚©¨]|Å[©¨]|Æ[°¯¡\u00a0]"
# Signs around a text by which Excel is told to leave it alone: ="023", =T("023"), '023.
DRESSED = "^[='’]"


def fold(text: str) -> str:
    """One spelling for what reads the same: `clean`, in small letters.

    >>> fold("  MÃ\u00a0HỒ   SƠ\ufeff") == fold("Mã hồ sơ")
    True
    """
    return unicodedata.normalize("NFC", clean(text).casefold())


def clean(text: str) -> str:
    """Composed letters, single spaces, nothing invisible, one kind of Đ, no dress; upper and lower case stay.

    >>> clean('="H21-01"'), clean("'0640"), clean("Ðất")
    ('H21-01', '0640', 'Đất')
    """
    if text.isascii() and text.isalnum():
        return text
    text = " ".join(text.translate(_SEEN).split())
    return unicodedata.normalize("NFC", _undressed(text) if text[:1] in "='’" else text)


def canonical(code: str) -> str:
    """The one spelling of a cleaned code: plain letters and digits, the hyphen of the keyboard; its case stays.

    >>> canonical("H21‑19．5")
    'H21-19.5'
    """
    return unicodedata.normalize("NFKC", _DASH.sub("-", code)).replace(" ", "")


def decoded(text: str) -> str:
    """Text in which UTF-8 was taken for Windows-1252, as it was meant; any other text as it is.

    >>> decoded("Há»™ tá»‹ch"), decoded("«nhá»")
    ('Hộ tịch', '«nhá»')
    """
    if not _TWICE.search(text):
        return text
    bytewise = text.replace("Ã ", "Ã\u00a0")  # the second half of à, where somebody made a blank of it
    try:
        # five bytes have no letter in Windows-1252: they were kept as control characters
        return b"".join(c.encode("latin-1" if c in "\x81\x8d\x8f\x90\x9d" else "cp1252") for c in bytewise).decode()
    except UnicodeError:
        return text


def _undressed(text: str) -> str:
    if found := _FORMULA.fullmatch(text):
        return " ".join(found[1].replace('""', '"').split())
    # an apostrophe in front, and none that closes: it is no quotation
    return text[1:].strip() if text[:1] in "'’" and not re.search("['’]", text[1:]) else text


_DASH = re.compile(f"[{DASHES}]")
_TWICE = re.compile(TWICE_ENCODED)
_FORMULA = re.compile(r'=\s*(?:[Tt]\(\s*)?"((?:[^"]|"")*)"\s*\)?')
_SEEN = str.maketrans(FALSE_D, "ĐđĐđ", INVISIBLE)
