"""Whole columns of text: each different cell is looked at once, and hardly one needs it."""

import re
from collections.abc import Callable

import polars as pl

from etl.spelling import DRESSED, FALSE_D, INVISIBLE, NOTHING, TWICE_ENCODED, clean, decoded

_SIGNS = rf"\x00-\x1f\x7f-\xa0\u0300-\u036f\u2000-\u200f\u2028\u2029\u202f\u205f\u3000{INVISIBLE}{FALSE_D}"
UNUSUAL = rf"[{_SIGNS}]|  |^ | $|{DRESSED}|{TWICE_ENCODED}|^(?:{'|'.join(map(re.escape, NOTHING))})$"


def cleaned(cells: pl.Series) -> pl.Series:
    """The cells as `clean` and `decoded` would have them; the pattern finds the few that need it."""
    texts = cells.drop_nulls().unique()
    unusual = texts.filter(texts.str.contains(UNUSUAL))
    return (
        cells.replace(unusual, pl.Series([said(text) for text in unusual], dtype=pl.String)) if len(unusual) else cells
    )


def said(text: str) -> str | None:
    """The cleaned text; nothing if that is what the source system writes for nothing: a text column has no NULL."""
    text = clean(decoded(text))
    return None if text in NOTHING else text or None


def replaced(cells: pl.Series, where: pl.Series, change: Callable[[pl.Series], pl.Series]) -> pl.Series:
    """The cells, some of them changed."""
    places = where.arg_true()
    return cells.clone().scatter(places, change(cells.gather(places))) if len(places) else cells


def mapped(cells: pl.Series, read: Callable[[str], object], dtype: pl.DataType | type[pl.DataType]) -> pl.Series:
    """Each cell through a function that is called once for each different text."""
    texts = cells.drop_nulls().unique()
    values = pl.Series([read(text) for text in texts], dtype=dtype)
    return cells.replace_strict(texts, values, default=None, return_dtype=dtype)
