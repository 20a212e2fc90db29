"""Reference data that rules ask: small frames from the warehouse (`sql/lookups/`) and from the project."""

import csv
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl
from psycopg2.extensions import connection as Connection

from etl import catalogue, periods
from etl.catalogue import project_files
from etl.errors import CatalogueError

YEARS = range(1990, 2101)  # years that a row may speak of
CALENDAR = range(2010, 2051)  # years whose public holidays are known well enough to warn
DTYPES = {16: pl.Boolean, 20: pl.Int64, 21: pl.Int64, 23: pl.Int64, 1082: pl.Date}  # by PostgreSQL's number of the type


@dataclass(frozen=True)
class Lookup:
    """A column found in reference data: whether a row there matches, or the smallest `take` of those that do.

    With `day` the row found must hold on that day, with `during` on some day of [start, end); if that is null, any row.
    With `then` it must itself match a row of other reference data, by its own columns or ours.
    """

    of: str
    match: Mapping[str, str]  # our column -> column of the reference data; null matches nothing
    day: str | None = None
    during: tuple[str, str] | None = None
    then: "Lookup | None" = None
    take: str | None = None


def lookup(said: Mapping[str, Any]) -> Lookup:
    """A lookup as `derived:` in `expectations/<export>.yml` writes it."""
    during, then = said.get("during"), said.get("then")
    return Lookup(**{**said, "during": tuple(during) if during else None, "then": lookup(then) if then else None})


def queries() -> dict[str, Path]:
    """The queries over the warehouse by name, the project's and an office's own; of one name the project's."""
    return {path.stem: path for path in reversed(project_files.sql_files("lookups"))}


def fetch(connection: Connection, names: Iterable[str]) -> dict[str, pl.DataFrame]:
    """The named reference data.

    Raises: CatalogueError if there is none of this name.
    """
    found, of_warehouse = {}, queries()
    for name in names:
        if path := of_warehouse.get(name):
            with connection.cursor() as cursor:
                cursor.execute(project_files.read_sql(path)[1])
                columns = {d.name: DTYPES.get(d.type_code, pl.String) for d in cursor.description}
                found[name] = pl.DataFrame(cursor.fetchall(), schema=columns, orient="row")
        elif name in FRAMES:
            found[name] = FRAMES[name]()
        else:
            raise CatalogueError(f"there is no reference data {name!r}. Write sql/lookups/{name}.sql.")
    return found


def looked_up(frame: pl.DataFrame, lookup: Lookup, references: Mapping[str, pl.DataFrame]) -> pl.Series:
    """The column that a lookup gives, one value for each row of the frame."""
    reference = references[lookup.of]
    days = [lookup.day] if lookup.day else list(lookup.during or ())
    also = [ours for ours in (lookup.then.match if lookup.then else ()) if ours not in reference.columns]
    asked = list(dict.fromkeys([*lookup.match, *days, *also]))
    # Rows ask the same few questions (unit and day): each is answered once.
    answers = _matches(frame.select(asked).unique(), lookup.match, reference)
    if lookup.day:
        day = pl.col(lookup.day)
        answers = answers.filter(day.is_null() | ((pl.col("valid_from") <= day) & (day < pl.col("valid_to"))))
    elif lookup.during:
        start, end = (pl.col(name) for name in lookup.during)
        answers = answers.filter(start.is_null() | ((pl.col("valid_from") < end) & (start < pl.col("valid_to"))))
    if lookup.then:
        answers = _matches(answers, lookup.then.match, references[lookup.then.of])
    if lookup.take:
        answer = answers.group_by(asked).agg(pl.col(lookup.take).min().alias("answer"))
    else:
        answer = answers.select(asked).unique().with_columns(answer=pl.lit(True))
    found = frame.select(asked).join(answer, on=asked, how="left", nulls_equal=True, maintain_order="left")["answer"]
    return found if lookup.take else found.fill_null(False)


def _matches(rows: pl.DataFrame, match: Mapping[str, str], reference: pl.DataFrame) -> pl.DataFrame:
    """The rows that have a match, with the columns of the reference data that they do not have themselves."""
    beside = [c for c in reference.columns if c not in rows.columns]
    keys = {f"key {theirs}": theirs for theirs in match.values()}
    theirs = reference.select(*beside, *(pl.col(theirs).alias(key) for key, theirs in keys.items()))
    return rows.join(theirs, left_on=list(match), right_on=list(keys))


def holidays() -> frozenset[date]:
    """Days off besides weekends: public holidays of Việt Nam, and what `working_days.csv` says beside them."""
    said = _said_of_days(_working_day_files())
    return _public_holidays() | {day for day, is_working in said.items() if not is_working}


def make_up_days() -> frozenset[date]:
    """Days on which offices work although the calendar has them off: Saturdays that make up for a swapped day."""
    return frozenset(day for day, is_working in _said_of_days(_working_day_files()).items() if is_working)


@cache
def _public_holidays() -> frozenset[date]:
    from holidays import country_holidays

    return frozenset(country_holidays("VN", years=CALENDAR))


def _working_day_files() -> tuple[Path, ...]:
    """The project's list, and an office's own: what stands in a later one goes before."""
    return tuple(path for path in project_files.reference_files() if path.name == "working_days.csv")


@cache
def _said_of_days(files: tuple[Path, ...]) -> dict[date, bool]:
    """What the lists say of single days: whether offices work.

    Raises: CatalogueError if a row is not a day with yes or no.
    """
    said = {}
    for path in files:
        with path.open(encoding="utf-8-sig", newline="") as file:
            for line, row in enumerate(csv.DictReader(file), start=2):
                try:
                    said[date.fromisoformat(row["date"].strip())] = {"yes": True, "no": False}[
                        row["is_working"].strip()
                    ]
                except (KeyError, ValueError, AttributeError):
                    raise CatalogueError(
                        f"{path}, line {line}: write a date as 2026-01-02 and is_working as yes or no."
                    ) from None
    return said


def _days_off() -> pl.DataFrame:
    return _days_off_by(_working_day_files())


@cache
def _days_off_by(files: tuple[Path, ...]) -> pl.DataFrame:
    weekends = pl.date_range(date(YEARS[0], 1, 1), date(YEARS[-1], 12, 31), eager=True)
    weekends = weekends.filter(weekends.dt.weekday() > 5)
    return pl.DataFrame({"day": sorted((set(weekends) | holidays()) - make_up_days())}, schema={"day": pl.Date})


def _calendar_years() -> pl.DataFrame:
    """The years that can be meant, each with its days [start, end)."""
    return pl.DataFrame(
        [(year, date(year, 1, 1), date(year + 1, 1, 1)) for year in YEARS],
        schema={"year": pl.Int64, "start": pl.Date, "end": pl.Date},
        orient="row",
    )


def _declared_periods() -> pl.DataFrame:
    """The periods that can be declared for, by year and name, each with its window."""
    known = [(year, name, periods.declared(year, name)) for year in YEARS for name in periods.DECLARED]
    return pl.DataFrame(
        [(year, name, period.start, period.end, period.last_day) for year, name, period in known],
        schema={"year": pl.Int64, "period": pl.String, "start": pl.Date, "end": pl.Date, "last_day": pl.Date},
        orient="row",
    )


def _indicator_definitions() -> pl.DataFrame:
    """Every definition of an indicator with the days [valid_from, valid_to) on which it is in force."""
    return pl.DataFrame(
        [
            (
                one.code,
                one.valid_from,
                one.valid_to + timedelta(days=1) if one.valid_to else date.max,
                "share" if one.is_share else "code" if one.codes else "count",
                list(one.codes),
                one.is_computed,
            )
            for one in catalogue.indicator_versions()
        ],
        schema={
            "code": pl.String,
            "valid_from": pl.Date,
            "valid_to": pl.Date,
            "kind": pl.String,
            "numbers": pl.List(pl.Int64),
            "is_computed": pl.Boolean,
        },
        orient="row",
    )


def _indicator_codes() -> pl.DataFrame:
    """The numbers that a coded figure may have, by definition."""
    return _indicator_definitions().explode("numbers").drop_nulls("numbers").rename({"numbers": "number"})


FRAMES: dict[str, Callable[[], pl.DataFrame]] = {
    "days_off": _days_off,
    "calendar_years": _calendar_years,
    "declared_periods": cache(_declared_periods),
    "indicator_definitions": _indicator_definitions,
    "indicator_codes": _indicator_codes,
}
