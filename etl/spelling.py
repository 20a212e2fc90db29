"""One spelling for what reads the same: composed letters, single spaces, nothing invisible."""

import unicodedata

NOTHING = ("NULL", "\\N", "(null)")  # what databases write for a cell that is empty
INVISIBLE = "\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"


def fold(text: str) -> str:
    """One spelling for what reads the same: composed small letters, single spaces, nothing invisible, one kind of Đ.

    >>> fold("  MÃ\u00a0HỒ   SƠ\ufeff") == fold("Mã hồ sơ")
    True
    """
    composed = unicodedata.normalize("NFC", clean(text).translate(_ONE_D))
    return unicodedata.normalize("NFC", composed.casefold())


_ONE_D = {ord("Ð"): "Đ", ord("Ɖ"): "Đ", ord("ð"): "đ", ord("ɖ"): "đ"}
_INVISIBLE = {ord(c): None for c in INVISIBLE}


def clean(text: str) -> str:
    """Composed letters, single spaces, nothing invisible; upper and lower case stay."""
    return unicodedata.normalize("NFC", " ".join(text.translate(_INVISIBLE).split()))
