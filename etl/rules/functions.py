"""Conditions that SQL cannot say: functions that a rule names, each given the rows that it looks at."""

from collections.abc import Callable, Collection, Mapping

import polars as pl

# Of an issuer and year; by their hash, for texts would keep the blocks in memory in which they stood.
BOOK, NUMBER = (pl.struct("org_code", "issue_year", name).hash(2021).alias(name) for name in ("book", "number"))


def _serials_by_day(frame: pl.DataFrame) -> pl.DataFrame:
    return _largest_by_day(frame.drop_nulls(["serial", "issued_on"]).select(BOOK, "issued_on", "serial"))


def _largest_by_day(serials: pl.DataFrame) -> pl.DataFrame:
    return serials.group_by("book", "issued_on").agg(pl.col("serial").max())


def _largest_earlier_serial(frame: pl.DataFrame, lookups: Mapping[str, pl.DataFrame]) -> pl.Series:
    """The largest number that stands in the same book of the same issuer and year on an earlier day."""
    by_day = lookups["largest_earlier_serial"] if "largest_earlier_serial" in lookups else _serials_by_day(frame)
    largest = pl.col("serial").cum_max().shift(1).over("book")
    earlier = by_day.sort("issued_on").select("book", "issued_on", largest.alias("largest"))
    rows = frame.select(BOOK, "issued_on")
    return rows.join(earlier, on=["book", "issued_on"], how="left", maintain_order="left")["largest"]


def _rows_by_number(frame: pl.DataFrame) -> pl.DataFrame:
    return _first_and_last(frame.select(NUMBER, first="raw_hash", last="raw_hash"))


def _first_and_last(numbers: pl.DataFrame) -> pl.DataFrame:
    return numbers.group_by("number").agg(pl.col("first").min(), pl.col("last").max())


def _number_used_again(frame: pl.DataFrame, lookups: Mapping[str, pl.DataFrame]) -> pl.Series:
    """Whether the issuer gave the number in the same year to a row that says something else."""
    numbers = lookups["number_used_again"] if "number_used_again" in lookups else _rows_by_number(frame)
    again = numbers.filter(pl.col("first") != pl.col("last"))["number"]
    return frame.select(NUMBER).to_series().is_in(again.implode())


def _parent_is_delivered(frame: pl.DataFrame, lookups: Mapping[str, pl.DataFrame]) -> pl.Series:
    """Whether the parent stands in the file, or in another part of the same delivery."""
    delivered = lookups.get("delivered", frame)["org_code"]
    return frame["parent_code"].is_in(delivered.drop_nulls().implode())


def _is_own_ancestor(frame: pl.DataFrame, lookups: Mapping[str, pl.DataFrame]) -> pl.Series:
    """Whether the way up from a unit comes back to it: by what the file says of a unit, else by what is known of it."""
    delivered_on = frame["delivered_on"].first()
    ours = frame.select("org_code", "parent_code").drop_nulls()
    known = lookups["units"].filter((pl.col("valid_from") <= delivered_on) & (pl.col("valid_to") > delivered_on))
    known = known.select("org_code", "parent_code").drop_nulls()
    known = known.join(frame.select("org_code"), on="org_code", how="anti")
    above: dict[str, set[str]] = {}
    for unit, parent in pl.concat([ours, known]).iter_rows():
        above.setdefault(unit, set()).add(parent)

    circle = _circles(above)
    rows = frame.select("org_code", "parent_code").iter_rows()
    comes_back = [None not in row and circle[row[0]] == circle[row[1]] for row in rows]
    return pl.Series(comes_back, dtype=pl.Boolean)


def _circles(above: Mapping[str, Collection[str]]) -> dict[str, str]:
    """For each unit one that stands for all from which a way up leads to it and back; in linear time (Kosaraju)."""
    left: dict[str, None] = {}  # units in the order in which all above them have been seen
    seen: set[str] = set()
    below: dict[str, list[str]] = {}
    for start in above:
        way = [] if start in seen else [(start, iter(above[start]))]
        seen.add(start)
        while way:
            unit, parents = way[-1]
            parent = next(parents, None)
            if parent is None:
                left[unit] = None
                way.pop()
                continue
            below.setdefault(parent, []).append(unit)
            if parent not in seen:
                seen.add(parent)
                way.append((parent, iter(above.get(parent, ()))))
    circle: dict[str, str] = {}
    for start in reversed(left):
        todo = [] if start in circle else [start]
        while todo:
            unit = todo.pop()
            if unit not in circle:
                circle[unit] = start
                todo += below.get(unit, ())
    return circle


FUNCTIONS: dict[str, Callable[[pl.DataFrame, Mapping[str, pl.DataFrame]], pl.Series]] = {
    "is_own_ancestor": _is_own_ancestor,
    "parent_is_delivered": _parent_is_delivered,
    "largest_earlier_serial": _largest_earlier_serial,
    "number_used_again": _number_used_again,
}
# What such a function needs of all rows: of each block, and of several of these put together.
GATHERED: dict[str, tuple[Callable[[pl.DataFrame], pl.DataFrame], Callable[[pl.DataFrame], pl.DataFrame]]] = {
    "largest_earlier_serial": (_serials_by_day, _largest_by_day),
    "number_used_again": (_rows_by_number, _first_and_last),
}
