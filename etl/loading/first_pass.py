"""Survey: the first pass over a delivered file hashes its rows, and finds which of them a load has to look at.

Most rows of a nightly delivery are those of the night before; they are known by their hash and go no further. The
others are kept on disk for the second pass: memory does not grow with the file, and it is hardly ever read again.
"""

import hashlib
import itertools
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import numpy as np
import polars as pl
from psycopg2.extensions import cursor as Cursor

from etl import catalogue, masking
from etl.errors import FileHeld, FileRejected
from etl.landing import layouts, owners
from etl.landing.receipts import File
from etl.loading import words
from etl.loading.decided import Decisions
from etl.loading.earlier import (
    check_half_at_least,
    check_roles,
    is_confirmed,
    is_first,
    known_hashes,
    open_quarantine,
)
from etl.loading.repetitions import Repetitions, Seen, Spool, are_copies_one_row, detached, is_in, together
from etl.reading import prefetch, read, values
from etl.reading.header import Placement
from etl.reading.lines import Lines
from etl.reading.rows import CELLS
from etl.rules import conditions

BLOCK_BYTES = 4 << 20
SEED = 2021  # of the hash of a row
# What a candidate carries besides its cells.
FLAGS = ("raw_hash", "key_hash", "key_repeated", "key_given_again", "is_superseded")
LONGEST_KEY = 200  # characters of a key in quarantine: an index of PostgreSQL takes 2,700 bytes


@dataclass(frozen=True)
class Survey:
    """What the first pass learned of a file."""

    rows: int
    is_first: bool  # core.<thing> holds no row of this sender
    repetitions: "Repetitions"
    delivered_again: list[str]  # keys of rows that are in quarantine
    spool: "Spool"
    placement: Placement
    read_as: catalogue.Export  # its columns know what the words of this file mean
    lines: Lines
    decisions: Decisions
    filled: Counter[str] = field(default_factory=Counter)  # role -> rows that have something in it
    open: Callable[[Path], read.Table] = field(kw_only=True)  # read a file of this export and sender as this one

    def candidates(self, export: catalogue.Export, path: Path) -> Iterator[pl.DataFrame]:
        """The rows that a load has to look at, as they were read, with FLAGS.

        Those that are new or changed (of exports with `whole_file` rules: all), then those that are known, but of whose
        key the file tells something else. Of rows that say the same, however it is written, the last, where no rule
        counts them.
        """
        repetitions = self.repetitions
        with closing(Spool(path.parent)) as repeated:
            for block in itertools.chain(self.spool, self._known_again(export, path)):
                is_copy = is_in(block["line"].to_numpy(), repetitions.copies)
                is_repeated = is_in(block["key_hash"].to_numpy(), repetitions.repeated)
                if (is_repeated & ~is_copy).any():
                    repeated.add(block.filter(is_repeated & ~is_copy))
                gone = is_copy | is_repeated
                if not gone.all():
                    rest = block.filter(~gone) if gone.any() else block
                    # a few rows must not keep the texts of a whole block; most of them may, and are not copied
                    if rest.height * 2 < block.height:
                        rest = detached(rest)
                    yield self._flagged(rest, np.empty(0, np.int64))
            yield from self._told_apart(repeated, export)

    def _told_apart(self, repeated: "Spool", export: catalogue.Export) -> Iterator[pl.DataFrame]:
        """The rows whose key comes in different spellings; those that say the same are one row, the last.

        A row that is shifted says nothing that another says.
        """
        rows = [
            block.select("line", "key_hash", value_hash=pl.Series(_row_hash(said)))
            for block in together(repeated)
            for said in [values.compared(block, self.read_as).with_columns(block[CELLS])]
        ]
        if not rows:
            return
        said = pl.concat(rows).with_columns(
            is_repeated=pl.col("value_hash").n_unique().over("key_hash") > 1,
            is_copy=(pl.col("line") < pl.col("line").max().over("key_hash", "value_hash")) & are_copies_one_row(export),
        )
        different = np.unique(said.filter("is_repeated")["key_hash"].to_numpy())
        copies = np.unique(said.filter("is_copy")["line"].to_numpy())
        for block in together(repeated):
            is_copy = is_in(block["line"].to_numpy(), copies)
            if not is_copy.all():
                yield self._flagged(block.filter(~is_copy), different)

    def _flagged(self, block: pl.DataFrame, different: np.ndarray) -> pl.DataFrame:
        line, key_hash = block["line"].to_numpy(), block["key_hash"].to_numpy()
        return block.with_columns(
            pl.Series("key_repeated", is_in(key_hash, different)),
            pl.Series("key_given_again", is_in(key_hash, self.repetitions.given_again)),
            pl.Series("is_superseded", is_in(line, self.repetitions.superseded)),
        )

    def _known_again(self, export: catalogue.Export, path: Path) -> Iterator[pl.DataFrame]:
        """Rows that were passed over and must be looked at all the same: the file is read once more."""
        if len(self.repetitions.known_again):
            for block in self.open(path).blocks:
                wanted = is_in(block["line"].to_numpy(), self.repetitions.known_again)
                if wanted.any():
                    yield _as_decided(detached(block.filter(wanted)), self.read_as, self.placement, self.decisions)[0]


def survey(cursor: Cursor, file: File, path: Path, spool: "Spool", keys: "Spool", decisions: Decisions) -> Survey:
    """Read a file, and pass over the rows that are known.

    Input:  `path`: its kept bytes; `spool`: where the others are kept for the second pass; `keys`: where, of a
            snapshot, the keys of all rows of the delivery are kept; `decisions`: about rows of its sender.
    Raises: FileRejected if it cannot be read (FIL-01, 02, 03, 11); FileHeld if nobody has said that it is meant so and
            it has columns that may be those it lacks (FIL-04), is a snapshot that lost half its rows (FIL-06), or lacks
            what its sender gave before (FIL-07); or if it names no unit and nobody knows its sender's (FIL-08).
    """
    export = catalogue.export(file.export)
    unit = owners.unit_of(cursor, file.sender)
    open_table = partial(
        read.table,
        export=export,
        layouts=layouts.known(cursor, export.name),
        unit=unit,
        block_bytes=BLOCK_BYTES,
    )
    table = open_table(path)
    placement = table.placement
    if placement.doubt and not is_confirmed(cursor, file):
        raise FileHeld("FIL-04", f"{placement.doubt} {_ways_out_of_doubt(file)}")
    if placement.by_sender(export) and unit is None:
        raise owners.unknown(file.sender)
    read_as = words.as_read(cursor, export, placement.layout)
    filled: Counter[str] = Counter()
    known = known_hashes(cursor, file)
    passed_over = np.empty(0, np.int64) if conditions.plan(export).whole_file else known
    delivered_again = _DeliveredAgain(export, open_quarantine(cursor, file))
    with closing(Seen(path.parent)) as seen:
        for raw in prefetch.ahead(table.blocks):
            filled.update(raw.select(pl.col([c.name for c in export.columns]).count()).row(0, named=True))
            block, typed_keys = _as_decided(raw, read_as, placement, decisions)
            raw_hash = block["raw_hash"].to_numpy()
            seen.add(block["key_hash"].to_numpy(), raw_hash, block["line"].to_numpy())
            if export.delivery == "snapshot":
                keys.add(typed_keys)
            delivered_again.add(typed_keys, raw_hash)
            if len(passed_over):
                block = block.filter(~is_in(raw_hash, passed_over))
            if block.height:
                spool.add(block)
        repetitions = seen.repetitions(export, passed_over)
    if export.delivery == "snapshot":
        for typed_keys in _keys_of_other_parts(cursor, file, path, open_table):
            keys.add(typed_keys)
        check_half_at_least(cursor, file, rows=seen.rows, with_parts=keys.rows)
    check_roles(cursor, file, rows=seen.rows, filled=filled, absent=placement.absent(export))
    return Survey(
        rows=seen.rows,
        is_first=not len(known) and is_first(cursor, file),
        repetitions=repetitions,
        delivered_again=delivered_again.keys(),
        spool=spool,
        placement=placement,
        read_as=read_as,
        lines=table.lines,
        decisions=decisions,
        filled=filled,
        open=open_table,
    )


def _ways_out_of_doubt(file: File) -> str:
    return (
        "Tệp được giữ lại. Khai báo các cột một lần cho mọi lần giao sau:"
        f" cchc layouts propose {file.file_id}; nếu các cột chưa biết không cần đến:"
        f' cchc files confirm {file.file_id} --reason "<lý do>"'
    )


def _as_decided(
    raw: pl.DataFrame, export: catalogue.Export, placement: Placement, decisions: Decisions
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """A block as `_hashed` gives it, with the cells that people have corrected.

    A corrected cell may be corrected again, or be part of the key by which the next correction knows the row.
    """
    block, typed_keys = _hashed(raw, export, placement)
    done: set[tuple[int, int, str]] = set()
    are_left = len(decisions.corrected_records) > 0
    while are_left:
        records = record_keys(typed_keys.with_columns(raw_hash=block["raw_hash"]), export)
        raw, are_left = decisions.correct(raw, records, done)
        if are_left:
            block, typed_keys = _hashed(raw, export, placement)
    return block, typed_keys


def _hashed(block: pl.DataFrame, export: catalogue.Export, placement: Placement) -> tuple[pl.DataFrame, pl.DataFrame]:
    """A block with the hash of each row and that of its key; and the keys, typed.

    The same cells say something else by a layout that reads them otherwise.
    """
    typed_keys = _typed_keys(block, export)
    seed = SEED + (placement.layout.meaning if placement.layout else 0)
    raw_hash = _row_hash(block.select(c.name for c in export.columns), seed)
    if block[CELLS].null_count() < block.height:  # the same cells in a row that is shifted are not those that are known
        raw_hash = np.where(block[CELLS].is_null().to_numpy(), raw_hash, ~raw_hash)
    key_hash = _row_hash(typed_keys)
    return block.with_columns(pl.Series("raw_hash", raw_hash), pl.Series("key_hash", key_hash)), typed_keys


class _DeliveredAgain:
    """The keys in a file of rows that are in quarantine; how a key looks is seen of the few that may be."""

    def __init__(self, export: catalogue.Export, quarantined: pl.Series | None) -> None:
        self._export, self._quarantined = export, quarantined
        # any row may be one of those that are known by the hash of their key
        self._by_hash = quarantined is not None and quarantined.explode().str.contains(r"^#[0-9a-f]{32}$").any()
        self._found: list[pl.DataFrame] = []

    def add(self, typed_keys: pl.DataFrame, raw_hash: np.ndarray) -> None:
        if self._quarantined is None:
            return
        rows = typed_keys.with_columns(raw_hash=raw_hash)
        if self._by_hash:
            rows = rows.filter(record_keys(rows, self._export).is_in(self._quarantined))
        else:
            rows = rows.filter(pl.coalesce(_key_as_text(self._export), _CONTENT).is_in(self._quarantined))
        if rows.height:
            self._found.append(detached(rows))

    def keys(self) -> list[str]:
        if self._quarantined is None or not self._found:
            return []
        keys = record_keys(pl.concat(self._found), self._export)
        return keys.filter(keys.is_in(self._quarantined)).to_list()


_CONTENT = pl.format("#{}", "raw_hash")


def _key_as_text(export: catalogue.Export) -> pl.Expr:
    return pl.concat_str([pl.col(c).cast(pl.String) for c in export.key], separator="|")


def record_keys(rows: pl.DataFrame, export: catalogue.Export) -> pl.Series:
    """The key of each row as text; a row whose key is not given is known by its content.

    One that is too long for an index, or looks like somebody's name or number, is known by its hash.
    """
    key = _key_as_text(export)
    unreadable = [key.str.len_chars() > LONGEST_KEY]
    for column in (c for c in export.columns if c.key):
        if column.type == "text":
            unreadable.append(pl.col(column.name).str.contains(masking.PERSONAL_KEY))
        elif column.type == "code":
            unreadable.append(~pl.col(column.name).is_in(column.vocabulary))
    told = rows.select(
        key=pl.coalesce(key, _CONTENT),
        hidden=key.is_not_null() & pl.any_horizontal(unreadable),
    )
    hidden = told["hidden"].arg_true()
    if not len(hidden):
        return told["key"]
    digests = [hashlib.blake2b(one.encode(), digest_size=16).hexdigest() for one in told["key"].gather(hidden)]
    return told["key"].rechunk().scatter(hidden, [f"#{digest}" for digest in digests])


def _row_hash(frame: pl.DataFrame, seed: int = SEED) -> np.ndarray:
    return frame.hash_rows(seed=seed).to_numpy().view(np.int64)


def _typed_keys(block: pl.DataFrame, export: catalogue.Export) -> pl.DataFrame:
    of_keys = replace(export, columns=tuple(c for c in export.columns if c.key))
    return values.typed(block.select("line", *export.key), of_keys).select(export.key)


def _keys_of_other_parts(
    cursor: Cursor, file: File, path: Path, open_table: Callable[[Path], read.Table]
) -> Iterator[pl.DataFrame]:
    """The keys in the other parts of the same delivery: a snapshot may come as duc-co.1.csv and duc-co.2.csv."""
    cursor.execute(
        "select distinct on (part) archived_as from landing.file where export = %s and sender = %s"
        " and delivered_on = %s and part <> %s and status not in ('rejected', 'withdrawn')"
        " order by part, file_id desc",
        (file.export, file.sender, file.delivered_on, file.part),
    )
    export, archive = catalogue.export(file.export), Path(str(path).removesuffix(file.archived_as))
    for (archived_as,) in cursor.fetchall():
        # a part that cannot be read is refused in its turn, and this one is not
        with suppress(FileRejected):
            part = open_table(archive / archived_as)
            read_as = words.as_read(cursor, export, part.placement.layout)
            for block in part.blocks:
                yield _typed_keys(block, read_as)
