"""Survey: the first pass over a delivered file hashes its rows, and finds which of them a load has to look at.

Most rows of a nightly delivery are those of the night before; they are known by their hash and go no further. The
others are kept on disk for the second pass: memory does not grow with the file, and it is hardly ever read again.
"""

import hashlib
import io
import itertools
import tempfile
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import IO

import numpy as np
import polars as pl
from psycopg2.extensions import cursor as Cursor

from etl import catalogue, masking
from etl.errors import FileHeld, FileRejected
from etl.landing.receipts import File
from etl.reading import bounds, prefetch, read, values
from etl.rules import conditions

BLOCK_BYTES = 4 << 20
# What a candidate carries besides its cells.
FLAGS = ("raw_hash", "key_hash", "key_repeated", "key_given_again", "is_superseded")
LONGEST_KEY = 200  # characters of a key in quarantine: an index of PostgreSQL takes 2,700 bytes
_BUCKETS = 32
BUCKET_BYTES = 24_000_000  # a bucket that is larger, and larger than others, has a key that comes a million times
_SEEN = np.dtype([("key", np.int64), ("raw", np.int64), ("line", np.int64)])
# Binary COPY: 19 bytes of header, per row a field count, a length and the number, 2 bytes at the end.
_COPIED = np.dtype([("fields", ">i2"), ("length", ">i4"), ("hash", ">i8")])


@dataclass(frozen=True)
class Survey:
    """What the first pass learned of a file."""

    rows: int
    is_first: bool  # core.<thing> holds no row of this sender
    repetitions: "Repetitions"
    delivered_again: list[str]  # keys of rows that are in quarantine
    spool: "Spool"

    def candidates(self, export: catalogue.Export, path: Path) -> Iterator[pl.DataFrame]:
        """The rows that a load has to look at, as they were read, with FLAGS.

        Those that are new or changed (of exports with `whole_file` rules: all), then those that are known, but of whose
        key the file tells something else. Of rows that say the same, however it is written, the last, where no rule
        counts them.
        """
        repetitions = self.repetitions
        with closing(Spool(path.parent)) as repeated:
            for block in itertools.chain(self.spool, self._known_again(export, path)):
                is_copy = _is_in(block["line"].to_numpy(), repetitions.copies)
                is_repeated = _is_in(block["key_hash"].to_numpy(), repetitions.repeated)
                if (is_repeated & ~is_copy).any():
                    repeated.add(block.filter(is_repeated & ~is_copy))
                if not (gone := is_copy | is_repeated).all():
                    rest = _detached(block.filter(~gone)) if gone.any() else block
                    yield self._flagged(rest, np.empty(0, np.int64))
            yield from self._told_apart(repeated, export)

    def _told_apart(self, repeated: "Spool", export: catalogue.Export) -> Iterator[pl.DataFrame]:
        """The rows whose key comes in different spellings; those that say the same are one row, the last."""
        rows = [
            block.select("line", "key_hash", value_hash=pl.Series(_row_hash(values.compared(block, export))))
            for block in repeated
        ]
        if not rows:
            return
        said = pl.concat(rows).with_columns(
            is_repeated=pl.col("value_hash").n_unique().over("key_hash") > 1,
            is_copy=(pl.col("line") < pl.col("line").max().over("key_hash", "value_hash"))
            & _copies_are_one_row(export),
        )
        different = np.unique(said.filter("is_repeated")["key_hash"].to_numpy())
        copies = np.unique(said.filter("is_copy")["line"].to_numpy())
        for block in repeated:
            is_copy = _is_in(block["line"].to_numpy(), copies)
            if not is_copy.all():
                yield self._flagged(block.filter(~is_copy), different)

    def _flagged(self, block: pl.DataFrame, different: np.ndarray) -> pl.DataFrame:
        line, key_hash = block["line"].to_numpy(), block["key_hash"].to_numpy()
        return block.with_columns(
            pl.Series("key_repeated", _is_in(key_hash, different)),
            pl.Series("key_given_again", _is_in(key_hash, self.repetitions.given_again)),
            pl.Series("is_superseded", _is_in(line, self.repetitions.superseded)),
        )

    def _known_again(self, export: catalogue.Export, path: Path) -> Iterator[pl.DataFrame]:
        """Rows that were passed over and must be looked at all the same: the file is read once more."""
        if len(self.repetitions.known_again):
            for block in read.blocks(path, export, block_bytes=BLOCK_BYTES):
                wanted = _is_in(block["line"].to_numpy(), self.repetitions.known_again)
                if wanted.any():
                    yield _hashed(_detached(block.filter(wanted)), export)[0]


def _detached(rows: pl.DataFrame) -> pl.DataFrame:
    """The same rows without the block they stood in: their texts refer to it, and would keep all of it in memory."""
    copied = io.BytesIO()
    rows.write_ipc(copied)
    copied.seek(0)
    return pl.read_ipc(copied)


def survey(cursor: Cursor, file: File, path: Path, spool: "Spool", keys: "Spool") -> Survey:
    """Read a file, and pass over the rows that are known.

    Input:  `path`: its kept bytes; `spool`: where the others are kept for the second pass; `keys`: where, of a
            snapshot, the keys of all rows of the delivery are kept.
    Raises: FileRejected if it cannot be read (FIL-01 … FIL-05); FileHeld if it is a snapshot that lost half its rows
            (FIL-06), and nobody has said that it is meant so.
    """
    export = catalogue.export(file.export)
    known = known_hashes(cursor, file)
    passed_over = np.empty(0, np.int64) if conditions.plan(export).whole_file else known
    quarantined = _open_quarantine(cursor, file)
    delivered_again: list[str] = []
    with closing(_Seen(path.parent)) as seen:
        for raw in prefetch.ahead(read.blocks(path, export, block_bytes=BLOCK_BYTES)):
            block, typed_keys = _hashed(raw, export)
            raw_hash = block["raw_hash"].to_numpy()
            seen.add(block["key_hash"].to_numpy(), raw_hash, block["line"].to_numpy())
            if export.delivery == "snapshot":
                keys.add(typed_keys)
            if quarantined is not None:
                again = record_keys(typed_keys.with_columns(raw_hash=raw_hash), export)
                delivered_again += again.filter(again.is_in(quarantined)).to_list()
            if len(passed_over):
                block = block.filter(~_is_in(raw_hash, passed_over))
            if block.height:
                spool.add(block)
        repetitions = seen.repetitions(export, passed_over)
    if export.delivery == "snapshot":
        for typed_keys in _keys_of_other_parts(cursor, file, path):
            keys.add(typed_keys)
        _half_at_least(cursor, file, rows=seen.rows, with_parts=keys.rows)
    return Survey(
        rows=seen.rows,
        is_first=not len(known) and _is_first(cursor, file),
        repetitions=repetitions,
        delivered_again=delivered_again,
        spool=spool,
    )


def hash_version(export: catalogue.Export) -> str:
    """How the rows of an export are hashed now: by which library, and what their cells mean.

    Hashes of another version mean nothing: such rows are compared by their columns instead. So a column that a contract
    has gained, renamed or reads otherwise is filled by the next delivery, though its rows come as they were.
    """
    return f"polars {pl.__version__} {export.meaning}"


def _hashed(block: pl.DataFrame, export: catalogue.Export) -> tuple[pl.DataFrame, pl.DataFrame]:
    """A block with the hash of each row and that of its key; and the keys, typed."""
    typed_keys = _typed_keys(block, export)
    raw_hash = _row_hash(block.select(c.name for c in export.columns))
    key_hash = _row_hash(typed_keys)
    return block.with_columns(pl.Series("raw_hash", raw_hash), pl.Series("key_hash", key_hash)), typed_keys


def record_keys(rows: pl.DataFrame, export: catalogue.Export) -> pl.Series:
    """The key of each row as text; a row whose key is not given is known by its content.

    One that is too long for an index, or looks like somebody's name or number, is known by its hash.
    """
    key = pl.concat_str([pl.col(c).cast(pl.String) for c in export.key], separator="|")
    unreadable = [key.str.len_chars() > LONGEST_KEY]
    for column in (c for c in export.columns if c.key):
        if column.type == "text":
            unreadable.append(pl.col(column.name).str.contains(masking.PERSONAL_KEY))
        elif column.type == "code":
            unreadable.append(~pl.col(column.name).is_in(column.vocabulary))
    told = rows.select(
        key=pl.coalesce(key, pl.format("#{}", "raw_hash")),
        hidden=key.is_not_null() & pl.any_horizontal(unreadable),
    )
    hidden = told["hidden"].arg_true()
    if not len(hidden):
        return told["key"]
    digests = [hashlib.blake2b(one.encode(), digest_size=16).hexdigest() for one in told["key"].gather(hidden)]
    return told["key"].rechunk().scatter(hidden, [f"#{digest}" for digest in digests])


# --- rows kept for the second pass ------------------------------------------------------------------------------------


class Spool:
    """Blocks of rows on disk, in a file without a name: it is gone once it is closed, also by a crash."""

    def __init__(self, folder: Path) -> None:
        self._file: IO[bytes] = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - closed by close()
        self._sizes: list[int] = []
        self.rows = 0
        self.close = self._file.close

    def add(self, block: pl.DataFrame) -> None:
        before = self._file.tell()
        block.write_ipc(self._file, compression="lz4")
        self._sizes.append(self._file.tell() - before)
        self.rows += block.height

    def __iter__(self) -> Iterator[pl.DataFrame]:
        self._file.seek(0)
        for size in self._sizes:
            yield pl.read_ipc(io.BytesIO(self._file.read(size)))


# --- rows given again -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Repetitions:
    """Rows of a file whose key comes more than once, each array sorted."""

    given_again: np.ndarray  # hashes of keys that come more than once
    repeated: np.ndarray  # hashes of keys that come with different texts: whether these say the same is seen later
    superseded: np.ndarray  # lines of rows that a later row of the same key replaces
    copies: np.ndarray  # lines of rows that a later row says again word for word, where they are taken for one
    known_again: np.ndarray  # lines of known rows that must be looked at all the same


class _Seen:
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
        copies_are_one_row = _copies_are_one_row(export)
        found: dict[str, list[np.ndarray]] = {field.name: [] for field in fields(Repetitions)}
        for file in self._buckets:
            if file.tell() > BUCKET_BYTES and file.tell() > 2 * self.rows * _SEEN.itemsize // _BUCKETS:
                raise bounds.repeated_key(BUCKET_BYTES // _SEEN.itemsize)
            file.seek(0)
            for name, part in _repetitions(np.frombuffer(file.read(), _SEEN), copies_are_one_row, known).items():
                found[name].append(part)
        return Repetitions(**{name: np.unique(np.concatenate(parts)) for name, parts in found.items()})


def _repetitions(rows: np.ndarray, copies_are_one_row: bool, known: np.ndarray) -> dict[str, np.ndarray]:
    rows = rows[np.argsort(rows["key"])]
    same = rows["key"][1:] == rows["key"][:-1]
    comes_again = np.zeros(len(rows), bool)
    comes_again[1:] |= same
    comes_again[:-1] |= same
    rows = rows[comes_again]
    frame = pl.DataFrame({name: rows[name] for name in _SEEN.names or ()}).with_columns(
        is_repeated=pl.col("raw").n_unique().over("key") > 1,
        is_superseded=pl.col("line") < pl.col("line").max().over("key"),
        is_copy=(pl.col("line") < pl.col("line").max().over("key", "raw")) & copies_are_one_row,
        is_known=pl.Series(_is_in(rows["raw"], known)),
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


def _copies_are_one_row(export: catalogue.Export) -> bool:
    """Whether no rule counts how often a key is given."""
    conditions = [c for rule in catalogue.rules(export.name).values() for c in rule.fails.values()]
    return not any("key_given_again" in c for c in conditions)


def _row_hash(frame: pl.DataFrame) -> np.ndarray:
    return frame.hash_rows(seed=2021).to_numpy().view(np.int64)


def _is_in(these: np.ndarray, ordered: np.ndarray) -> np.ndarray:
    """Membership in a sorted array: it is large and the block small, so a search beats building a hash table."""
    if not len(ordered):
        return np.zeros(len(these), bool)
    return ordered[np.minimum(np.searchsorted(ordered, these), len(ordered) - 1)] == these


# --- what the warehouse has already -----------------------------------------------------------------------------------


def known_hashes(cursor: Cursor, file: File) -> np.ndarray:
    thing = catalogue.export(file.export).thing
    statement = cursor.mogrify(
        f"copy (select c.raw_hash from core.{thing} c where c.sender = %s and c.file_id in (select file_id"
        " from landing.file where export = %s and sender = %s and hash_version = %s)) to stdout (format binary)",
        (file.sender, file.export, file.sender, hash_version(catalogue.export(file.export))),
    )
    with tempfile.TemporaryFile() as copied:
        cursor.copy_expert(statement, copied)
        rows = (copied.tell() - 21) // _COPIED.itemsize
        copied.seek(19)
        hashes = np.empty(rows, np.int64)
        for start in range(0, rows, 1 << 18):
            part = np.fromfile(copied, _COPIED, count=min(1 << 18, rows - start))
            hashes[start : start + len(part)] = part["hash"]
    hashes.sort()
    return hashes


def _is_first(cursor: Cursor, file: File) -> bool:
    """Whether nothing of this sender is loaded: rows may be there, and not be known by their hashes."""
    cursor.execute(
        "select not exists (select from landing.file where export = %s and sender = %s and status like 'accepted%%')",
        (file.export, file.sender),
    )
    return cursor.fetchone()[0]


# The part of a delivery that a file is: duc-co.1.csv of two nights is the same part.
PART = "regexp_replace({}, '^.*/', '')"
# Files of the same sender whose rows in quarantine this one settles if it brings their keys again.
EARLIER_FILES = f"""
    select earlier.file_id
    from landing.file as earlier
    where earlier.export = %(export)s
        and earlier.sender = %(sender)s
        and earlier.file_id <> %(file_id)s
        and (
            earlier.delivered_on < %(delivered_on)s
            or earlier.delivered_on = %(delivered_on)s and {PART.format("earlier.path")} = {PART.format("%(path)s")}
        )
"""


def of_file(file: File) -> dict[str, object]:
    """What queries like EARLIER_FILES ask of a file."""
    return {
        "file_id": file.file_id,
        "export": file.export,
        "sender": file.sender,
        "delivered_on": file.delivered_on,
        "path": file.path,
    }


def _open_quarantine(cursor: Cursor, file: File) -> pl.Series | None:
    cursor.execute(
        "select distinct record_key from quality.quarantined_row where export = %(export)s and resolved_by is null"
        f" and file_id in ({EARLIER_FILES})",
        of_file(file),
    )
    keys = [key for (key,) in cursor.fetchall()]
    return pl.Series(keys).implode() if keys else None


def _half_at_least(cursor: Cursor, file: File, *, rows: int, with_parts: int) -> None:
    """FIL-06: a snapshot that lost half its rows would close them all. Deliveries are compared, with all their parts.

    A part that comes a second time on its day is compared with what it was. A part that came again unchanged has the
    rows of the file that it repeats.
    """
    cursor.execute(
        f"""
        with version as (
            select
                one.file_id,
                one.delivered_on,
                {PART.format("one.path")} as part,
                case when one.status = 'duplicate' then (
                    select max(original.rows_read) from landing.file as original
                    where original.export = one.export and original.sender = one.sender
                        and original.sha256 = one.sha256 and original.status like 'accepted%%'
                ) else one.rows_read end as rows
            from landing.file as one
            where one.export = %(export)s and one.sender = %(sender)s
                and one.status in ('accepted', 'accepted_with_errors', 'duplicate')
                and (
                    one.delivered_on < %(delivered_on)s
                    or one.delivered_on = %(delivered_on)s and one.file_id < %(file_id)s
                    and {PART.format("one.path")} = {PART.format("%(path)s")}
                )
        ),
        newest as (
            select distinct on (part) rows, delivered_on
            from version
            where delivered_on = (select max(delivered_on) from version)
            order by part, file_id desc
        )
        select sum(rows), max(delivered_on) from newest
        """,
        of_file(file),
    )
    before, day = cursor.fetchone()
    now = rows if day == file.delivered_on else with_parts
    if before is None or now * 2 >= before or _is_confirmed(cursor, file):
        return
    raise FileHeld(
        "FIL-06",
        f"Lần giao này chỉ có {now} dòng, chưa bằng một nửa lần giao ngày {day:%d/%m/%Y} ({before} dòng)."
        " Nạp tệp này sẽ đóng các dòng còn thiếu, nên tệp được giữ lại. Nếu kết xuất thiếu: gửi lại tệp đầy đủ."
        f' Nếu đúng là như vậy: cchc files confirm {file.file_id} --reason "<lý do>"',
    )


def _is_confirmed(cursor: Cursor, file: File) -> bool:
    """Whether somebody said that this delivery is meant so: of this file, or of another part of the delivery."""
    cursor.execute(
        f"""
        select exists (
            select from landing.file_event as event inner join landing.file as one using (file_id)
            where event.kind = 'confirm' and one.export = %(export)s and one.sender = %(sender)s
                and one.delivered_on = %(delivered_on)s
                and (one.file_id = %(file_id)s or {PART.format("one.path")} <> {PART.format("%(path)s")})
        )
        """,
        of_file(file),
    )
    return cursor.fetchone()[0]


def _typed_keys(block: pl.DataFrame, export: catalogue.Export) -> pl.DataFrame:
    of_keys = replace(export, columns=tuple(c for c in export.columns if c.key))
    return values.typed(block.select("line", *export.key), of_keys).select(export.key)


def _keys_of_other_parts(cursor: Cursor, file: File, path: Path) -> Iterator[pl.DataFrame]:
    """The keys in the other parts of the same delivery: a snapshot may come as duc-co.1.csv and duc-co.2.csv."""
    cursor.execute(
        "select distinct on (path) archived_as from landing.file where export = %s and sender = %s"
        " and delivered_on = %s and path <> %s and status not in ('rejected', 'withdrawn')"
        " order by path, file_id desc",
        (file.export, file.sender, file.delivered_on, file.path),
    )
    export, archive = catalogue.export(file.export), Path(str(path).removesuffix(file.archived_as))
    for (archived_as,) in cursor.fetchall():
        # a part that cannot be read is refused in its turn, and this one is not
        with suppress(FileRejected):
            for block in read.blocks(archive / archived_as, export, block_bytes=BLOCK_BYTES):
                yield _typed_keys(block, export)
