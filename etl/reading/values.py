"""Text as it was delivered comes in, typed columns go out. What cannot be read is marked, never guessed.

Each reader looks at whole columns, or at each different text once, and takes its time only for the cells that are left:
a load reads millions of cells, of which hardly one is unusual.
"""

from collections.abc import Callable
from datetime import datetime
from functools import cache

import polars as pl

from etl.catalogue import Column, Export, words
from etl.reading.columns import cleaned, mapped, replaced, said
from etl.reading.days import NO_DAY, first_of_month, moment, moments_of
from etl.spelling import DASHES, canonical, decoded

UNUSUAL_IN_CODES = rf"{DASHES}\ufe50-\ufe6b\uff01-\uff5e\u2100-\u214f"  # and signs of Chinese width
MONTH_FIRST = r"\b(?P<month>\d{1,2})(?P<by>[/.-])(?P<day>\d{1,2})[/.-](?P<year>\d{4})\b"
FLAGS = {"Có": True, "Không": False}

WHOLE = (
    r"\d+(?:[.,]0{1,2})?"  # 1500000, and Excel's 1500000.0
    r"|\d{1,3}(?:\.\d{3})+(?:,0{1,2})?"  # 1.500.000
    r"|\d{1,3}(?:,\d{3})+(?:\.0{1,2})?"  # 1,500,000
    r"|\d{1,3}(?: \d{3})+(?:[.,]0{1,2})?"  # 1 500 000
)
CURRENCY = r" ?(?i:đồng|đ|₫|vnđ|vnd)?\.?"


def typed(block: pl.DataFrame, export: Export) -> pl.DataFrame:
    """Give a block of text rows its types.

    Input:  a block of `read.blocks`.
    Output: same rows, same order: `line`, and of each contract column, by its type:
            text           the cleaned text (nothing at all of names, phones and birthdays); of codes the one spelling
                           that all typings of it share
            identity no.   the text without white space, and `<name>__shape`: each digit as 9, each letter as x
            code           what it means, as the vocabulary spells it (`Column.words`); the cleaned text if nobody knows
            timestamp      Datetime (microseconds, local time of Asia/Ho_Chi_Minh), and its day under `Column.day`
            date           Date;  partial_date: the first day that it can mean
            amount         Int64, whole đồng;  integer: Int64;  flag: Boolean
            `<name>__unread` beside each of the last six: given, but not to be read. Of birthdays only that.
            A day that stands for none (01/01/0001) is null, and unread only where the column is required.
    """
    columns: list[pl.Series | pl.Expr] = [block["line"]]
    for column in export.columns:
        if not (column.is_loaded or column.is_read):
            continue
        cells = block[column.name]
        read = _nothing(column) if cells.null_count() == len(cells) else READERS[column.type](cells, column)
        columns += read if column.is_loaded else read[-1:]
    return block.select(columns)


@cache
def _nothing(column: Column) -> list[pl.Expr]:
    """What a column comes to in which no cell says anything: constants, which take neither time nor room."""
    read = READERS[column.type](pl.Series(column.name, [], pl.String), column)
    return [pl.lit(False if one.name.endswith("__unread") else None, one.dtype).alias(one.name) for one in read]


def compared(block: pl.DataFrame, export: Export) -> pl.DataFrame:
    """What the rows say, whichever way it is written: two of them say the same if all these columns are equal.

    Output: the typed columns, and the cleaned text of what is not loaded or could not be read.
    """
    read = typed(block, export)
    texts = [c.name for c in export.columns if not c.is_loaded or f"{c.name}__unread" in read.columns]
    for name in texts:
        cells = cleaned(block[name])
        if name in read.columns:
            cells = cells.set(~read[f"{name}__unread"], None)
        read = read.with_columns(cells.alias(f"{name}__text"))
    return read.drop("line")


def _text(cells: pl.Series, column: Column) -> list[pl.Series]:
    cells = cleaned(cells)
    if column.compact:
        cells = replaced(
            cells, cells.str.contains(" ", literal=True), lambda text: text.str.replace_all(" ", "", literal=True)
        )
    if column.trailing:
        cells = cells.str.strip_chars_end(column.trailing).replace("", None)
    if column.compact:
        cells = _as_written(cells, column)
    if column.personal != "id":
        return [cells]
    digits = cells.str.contains(r"^[0-9]{1,20}$")
    shape = (
        pl.select(pl.lit("9" * 20).str.head(cells.str.len_chars())).to_series().zip_with(digits.fill_null(True), cells)
    )
    shape = replaced(shape, ~digits, lambda text: text.str.replace_all(r"\p{Nd}", "9").str.replace_all(r"\p{L}", "x"))
    return [cells, shape.alias(f"{column.name}__shape")]


def _as_written(cells: pl.Series, column: Column) -> pl.Series:
    """Codes in the one spelling of all their typings: hardly one has an unusual sign, few are in the other case."""
    other = {"upper": "a-zđ", "lower": "A-ZĐ", "kept": ""}[column.written]
    suspect = rf"[{UNUSUAL_IN_CODES}{other}]" + "".join(rf"|\b{word.upper()}\b" for word in column.mixed)
    return replaced(cells, cells.str.contains(suspect), lambda texts: _respelled(texts, column, other))


def _respelled(texts: pl.Series, column: Column, other: str) -> pl.Series:
    texts = replaced(texts, texts.str.contains(f"[{UNUSUAL_IN_CODES}]"), lambda odd: mapped(odd, canonical, pl.String))
    # what has other letters is no code: it stays as it was typed
    turned = texts.str.contains(r"^[!-~Đđ]+$")
    if column.mixed:  # CTr is as it should be, CTR is not
        turned &= ~texts.str.contains(rf"^[^{other}]*(?:{'|'.join(column.mixed)})?[^{other}]*$") | texts.str.contains(
            rf"\b(?:{'|'.join(column.mixed).upper()})\b"
        )
    return replaced(texts, turned, lambda codes: _turned(codes, column)) if other else texts


def _turned(texts: pl.Series, column: Column) -> pl.Series:
    if column.written == "lower":
        return texts.str.to_lowercase()
    texts = texts.str.to_uppercase()
    for word in column.mixed:
        texts = texts.str.replace_all(rf"\b{word.upper()}\b", word)
    return texts


def _code(cells: pl.Series, column: Column) -> list[pl.Series]:
    meaning = words.reader(column)

    def in_list(text: str) -> str | None:
        return meaning(decoded(text)) or said(text)

    return [mapped(cells, in_list, pl.String)]


def _flag(cells: pl.Series, column: Column) -> list[pl.Series]:
    meaning = words.reader(column)
    cells = cleaned(cells)
    return _with_unread(cells, mapped(cells, lambda text: FLAGS.get(meaning(text) or ""), pl.Boolean), column)


def _whole_number(cells: pl.Series, column: Column) -> list[pl.Series]:
    cells = cleaned(cells)
    texts = cells.drop_nulls().unique()
    suffix = CURRENCY if column.type == "amount" else ""
    digits = texts.str.extract(rf"^({WHOLE}){suffix}$").str.replace(r"[.,]0{1,2}$", "").str.replace_all(r"[., ]", "")
    numbers = cells.replace_strict(texts, digits.cast(pl.Int64, strict=False), default=None, return_dtype=pl.Int64)
    return _with_unread(cells, numbers, column)


def _timestamp(cells: pl.Series, column: Column) -> list[pl.Series]:
    moments, unread = _days(cells, moment, column)
    return [moments, moments.dt.date().alias(column.day or ""), unread]


def _date(cells: pl.Series, column: Column) -> list[pl.Series]:
    moments, unread = _days(cells, moment, column)
    return [moments.dt.date(), unread]


def _partial_date(cells: pl.Series, column: Column) -> list[pl.Series]:
    moments, unread = _days(cells, lambda text: moment(text) or first_of_month(text), column)
    return [moments.dt.date(), unread]


READERS: dict[str, Callable[[pl.Series, Column], list[pl.Series]]] = {
    "text": _text,
    "code": _code,
    "timestamp": _timestamp,
    "date": _date,
    "partial_date": _partial_date,
    "amount": _whole_number,
    "integer": _whole_number,
    "flag": _flag,
}


# --- columns ---------------------------------------------------------------------------------------------------------


def _days(cells: pl.Series, read: Callable[[str], datetime | None], column: Column) -> list[pl.Series]:
    """The moments of a column, and where one is given but cannot be read; or stands for no day, where one is needed."""
    if column.month_first:
        cells = cells.str.replace(MONTH_FIRST, "${day}${by}${month}${by}${year}")
    cells, moments = moments_of(cells, read)
    unread = cells.is_not_null() & moments.is_null()
    if moments.min() == NO_DAY:
        stands_for_none = moments == NO_DAY
        moments = moments.set(stands_for_none, None)
        unread |= stands_for_none.fill_null(False) & column.required
    return [moments.alias(column.name), unread.alias(f"{column.name}__unread")]


def _with_unread(cells: pl.Series, values: pl.Series, column: Column) -> list[pl.Series]:
    return [values.alias(column.name), (cells.is_not_null() & values.is_null()).alias(f"{column.name}__unread")]
