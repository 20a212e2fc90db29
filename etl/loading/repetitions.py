"""Rows and keys that a file gives more than once, found in bounded memory."""

import io
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import IO

import numpy as np
import polars as pl

from etl import catalogue
from etl.reading import bounds

BATCH_ROWS = 8_000
BATCH_BYTES = 8 << 20
_BUCKETS = 32
BUCKET_BYTES = 24_000_000  # a bucket that is larger, and larger than others, has a key that comes a million times
TOGETHER_BYTES = 1 << 20  # of rows whose key comes again: so many are compared at once, and not bucket by bucket
_SEEN = np.dtype([("key", np.int64), ("raw", np.int64), ("line", np.int64)])


def detached(rows: pl.DataFrame) -> pl.DataFrame:
    """The same rows without the block they stood in: their texts refer to it, and would keep all of it in memory."""
    copied = io.BytesIO()
    rows.write_ipc(copied)
    copied.seek(0)
    return pl.read_ipc(copied)


def together(blocks: Iterable[pl.DataFrame]) -> Iterator[pl.DataFrame]:
    """The same rows in fewer blocks: where few rows of each changed, the rules would cost more than the rows.

    And in more, where a block has many short rows: each that breaks rules is written with all that they say.
    """
    waiting: list[pl.DataFrame] = []
    rows, size = 0, 0.0
    for part in (part for block in blocks for part in block.iter_slices(2 * BATCH_ROWS)):
        waiting.append(part)
        rows, size = rows + part.height, size + part.estimated_size()
        if rows >= BATCH_ROWS or size >= BATCH_BYTES:
            yield pl.concat(waiting, how="diagonal")
            waiting, rows, size = [], 0, 0
    if waiting:
        yield pl.concat(waiting, how="diagonal")


# --- rows kept for the second pass ------------------------------------------------------------------------------------


class Spool:
    """Blocks of rows on disk, in a file without a name: it is gone once it is closed, also by a crash.

    Columns that say nothing are not written, and take no room when they are read.
    """

    def __init__(self, folder: Path) -> None:
        self._file: IO[bytes] = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - closed by close()
        self._blocks: list[tuple[int, pl.Schema]] = []  # the bytes of each, and all its columns
        self.rows = 0
        self.close = self._file.close

    def add(self, block: pl.DataFrame) -> None:
        before = self._file.tell()
        told = [c.name for c in block if c.null_count() < block.height] or block.columns[:1]
        block.select(told).write_ipc(self._file, compression="lz4")
        self._blocks.append((self._file.tell() - before, block.schema))
        self.rows += block.height

    def __iter__(self) -> Iterator[pl.DataFrame]:
        self._file.seek(0)
        for size, schema in self._blocks:
            told = pl.read_ipc(io.BytesIO(self._file.read(size)))
            yield told.select(
                pl.col(name) if name in told.columns else pl.lit(None, dtype).alias(name)
                for name, dtype in schema.items()
            )


# --- rows given again -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Repetitions:
    """Rows of a file whose key comes more than once, each array sorted."""

    given_again: np.ndarray  # hashes of keys that come more than once
    repeated: np.ndarray  # hashes of keys that come with different texts: whether these say the same is seen later
    superseded: np.ndarray  # lines of rows that a later row of the same key replaces
    copies: np.ndarray  # lines of rows that a later row says again word for word, where they are taken for one
    known_again: np.ndarray  # lines of known rows that must be looked at all the same


class Seen:
    """The hashes of all rows, in buckets on disk: equal ones meet there, and one bucket is in memory at a time."""

    def __init__(self, folder: Path) -> None:
        self._buckets: list[IO[bytes]] = [tempfile.TemporaryFile(dir=folder) for _ in range(_BUCKETS)]  # noqa: SIM115
        self.rows = 0

    def close(self) -> None:
        for file in self._buckets:
            file.close()

    def add(self, key_hash: np.ndarray, raw_hash: np.ndarray, line: np.ndarray) -> None:
        rows = np.empty(len(key_hash), _SEEN)
        rows["key"], rows["raw"], rows["line"] = key_hash, raw_hash, line
        bucket = key_hash & (_BUCKETS - 1)
        order = np.argsort(bucket, kind="stable")
        edges = np.searchsorted(bucket[order], np.arange(_BUCKETS + 1))
        ordered = rows[order]
        for number, file in enumerate(self._buckets):
            file.write(ordered[edges[number] : edges[number + 1]].tobytes())
        self.rows += len(rows)

    def repetitions(self, export: catalogue.Export, known: np.ndarray) -> Repetitions:
        """Those of all buckets.

        Input:  `known`: hashes of the rows that were passed over, sorted.
        Raises: FileRejected FIL-01 if one key comes so often that its rows cannot be held.
        """
        copies_are_one_row = are_copies_one_row(export)
        found: dict[str, list[np.ndarray]] = {field.name: [np.empty(0, np.int64)] for field in fields(Repetitions)}
        for rows in self._of_keys_given_again():
            for name, part in _repetitions(rows, copies_are_one_row, known).items():
                found[name].append(part)
        return Repetitions(**{name: np.unique(np.concatenate(parts)) for name, parts in found.items()})

    def _of_keys_given_again(self) -> Iterator[np.ndarray]:
        """The rows whose key comes more than once; buckets with few of them together, and none if there is none."""
        waiting: list[np.ndarray] = []
        size = 0
        for file in self._buckets:
            if file.tell() > BUCKET_BYTES and file.tell() > 2 * self.rows * _SEEN.itemsize // _BUCKETS:
                raise bounds.repeated_key(BUCKET_BYTES // _SEEN.itemsize)
            file.seek(0)
            if len(rows := _given_again(np.frombuffer(file.read(), _SEEN))):
                waiting.append(rows)
                size += rows.nbytes
            if size > TOGETHER_BYTES:
                yield np.concatenate(waiting)
                waiting, size = [], 0
        if waiting:
            yield np.concatenate(waiting)


def _given_again(rows: np.ndarray) -> np.ndarray:
    rows = rows[np.argsort(rows["key"])]
    same = rows["key"][1:] == rows["key"][:-1]
    comes_again = np.zeros(len(rows), bool)
    comes_again[1:] |= same
    comes_again[:-1] |= same
    return rows[comes_again]


def _repetitions(rows: np.ndarray, copies_are_one_row: bool, known: np.ndarray) -> dict[str, np.ndarray]:
    frame = pl.DataFrame({name: rows[name] for name in _SEEN.names or ()}).with_columns(
        is_repeated=pl.col("raw").n_unique().over("key") > 1,
        is_superseded=pl.col("line") < pl.col("line").max().over("key"),
        is_copy=(pl.col("line") < pl.col("line").max().over("key", "raw")) & copies_are_one_row,
        is_known=pl.Series(is_in(rows["raw"], known)),
    )
    # a row that only says again what is known is passed over as often as it comes
    matters = pl.col("is_repeated") | (not copies_are_one_row)
    asked = {
        "given_again": ("key", pl.lit(True)),
        "repeated": ("key", pl.col("is_repeated")),
        "superseded": ("line", pl.col("is_superseded")),
        "copies": ("line", pl.col("is_copy")),
        "known_again": ("line", pl.col("is_known") & matters & ~pl.col("is_copy")),
    }
    return {name: np.unique(frame.filter(where)[what].to_numpy()) for name, (what, where) in asked.items()}


def are_copies_one_row(export: catalogue.Export) -> bool:
    """Whether no rule counts how often a key is given."""
    conditions = [c for rule in catalogue.rules(export.name).values() for c in rule.fails.values()]
    return not any("key_given_again" in c for c in conditions)


def is_in(these: np.ndarray, ordered: np.ndarray) -> np.ndarray:
    """Membership in a sorted array: it is large and the block small, so a search beats building a hash table."""
    if not len(ordered):
        return np.zeros(len(these), bool)
    return ordered[np.minimum(np.searchsorted(ordered, these), len(ordered) - 1)] == these
