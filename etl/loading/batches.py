"""Rows on their way: judged in batches of bounded size, split into good and bad, copied to staging."""

import csv
import io
import json
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import polars as pl

from etl import catalogue
from etl.landing.receipts import File
from etl.loading import decided, first_pass, words
from etl.loading.first_pass import Survey
from etl.loading.repetitions import together
from etl.masking import Names
from etl.pseudonyms import keyed_hashes
from etl.reading import bounds, values
from etl.reading.rows import CELLS
from etl.rules import conditions, derivations
from etl.warehouse import core_tables

LIST_ROWS = 100_000  # of exports whose rows are all compared with one another: lists of units, of quotas
LIST_BYTES = 32 << 20


@dataclass
class Outcome:
    """What became of a file's rows."""

    rows_read: int = 0
    rows_loaded: int = 0
    rows_unchanged: int = 0
    rows_quarantined: int = 0
    rows_left_out: int = 0  # of those in quarantine: somebody has decided so
    rows_closed: int = 0
    unknown: set[str] = field(default_factory=set)  # roles that the office's lists did not tell of every row
    failed: Counter[tuple[str, str]] = field(default_factory=Counter)  # (rule, column) -> failing rows
    read_by: set[words.Read] = field(default_factory=set)  # words outside of their vocabulary
    waits_for_words: bool = False  # rows are in quarantine for words that nobody knows
    grown: list[str] = field(default_factory=list)  # tables to be analysed once all is committed

    @property
    def status(self) -> str:
        return "accepted_with_errors" if self.rows_quarantined > self.rows_left_out else "accepted"


@dataclass(frozen=True)
class Task:
    """One landed file to be loaded, and what that needs."""

    warehouse_url: str
    file: File
    path: Path  # its kept bytes
    province: str
    pseudonym_key: bytes
    docs: Path | None = None  # folder for this delivery's Data Docs

    @property
    def export(self) -> catalogue.Export:
        return catalogue.export(self.file.export)


# --- rows on their way ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Rows:
    """Rows as COPY takes them."""

    count: int
    csv: io.BytesIO
    columns: tuple[str, ...] = ()  # of a table of which some columns say nothing: those that do


@dataclass(frozen=True)
class Batch:
    """The candidates of one block, checked and split, ready to be copied."""

    failed: Counter[tuple[str, str]]
    unknown: set[str]  # roles that the office's lists did not tell of every row
    read_by: set[words.Read]  # words outside of their vocabulary
    waits_for_words: bool  # rows are in quarantine for words that nobody knows
    years: set[int]  # of which core.<thing> needs a partition
    staged: Rows  # what Great Expectations judges
    violations: Rows
    quarantined: Rows
    left_out: list[int]  # lines of those that somebody has decided to leave out
    decided: Rows  # what decisions did to rows
    good: Rows
    earlier: Rows  # good rows that a later row of the same file replaces: its history


def judged_batches(task: Task, survey: Survey, references: dict[str, pl.DataFrame]) -> Iterator[Batch]:
    export = task.export
    names = Names()
    plan = conditions.plan(export)
    candidates = survey.candidates(export, task.path)
    if plan.whole_file and not plan.at_once:
        typed = (
            values.typed(b.drop(first_pass.FLAGS), survey.read_as).hstack(b.select("raw_hash")) for b in candidates
        )
        references = references | conditions.gathered(typed, export)
        candidates = survey.candidates(export, task.path)
    layout = survey.placement.layout
    but = conditions.not_run(export, survey.placement.absent(export), layout.derived if layout else ())
    for block in [whole_file(candidates)] if plan.at_once and survey.rows else together(candidates):
        yield _batch(task, block, references, names, layout, survey.read_as, but, survey.decisions)


def whole_file(blocks: Iterable[pl.DataFrame], most: int = LIST_ROWS) -> pl.DataFrame:
    """All rows of a list, or of its parts together.

    Raises: FileRejected FIL-01 if there are more than can be held at once.
    """
    held: list[pl.DataFrame] = []
    rows, size = 0, 0.0
    for block in blocks:
        held.append(block)
        rows, size = rows + block.height, size + block.estimated_size()
        if rows > most or size > LIST_BYTES:
            raise bounds.long_list(most)
    return pl.concat(held, how="diagonal") if held else pl.DataFrame()


def _batch(
    task: Task,
    block: pl.DataFrame,
    references: dict[str, pl.DataFrame],
    names: Names,
    layout: catalogue.Layout | None,
    read_as: catalogue.Export,
    but: Collection[tuple[str, str]],
    decisions: decided.Decisions,
) -> Batch:
    export, file = task.export, task.file
    raw = block.drop(first_pass.FLAGS)
    typed = values.typed(raw, read_as).hstack(block.select(first_pass.FLAGS))
    typed = typed.with_columns(raw[CELLS].is_not_null().alias(conditions.OTHER_CELLS))
    said = raw
    if layout and layout.derived:
        typed = derivations.derived(typed, read_as, layout, references, sender=file.sender)
        said = derivations.said(raw, export, layout)
    failures = conditions.failures(
        typed, said, export, delivered_on=file.delivered_on, lookups=references, but=but, names=names
    )
    records = first_pass.record_keys(typed, export)
    failures = decisions.settled(decided.told(failures, typed, records, export, task.pseudonym_key))
    left_out = decisions.discarded(raw, records, export)
    errors = failures.filter((pl.col("severity") == "error") & pl.col("decided").ne_missing("waive"))
    is_bad = typed["line"].is_in([*errors["line"].unique(), *left_out])
    done = list(decisions.done_to(raw, records, failures, left_out)) if decisions.holding else []
    good = _core_rows(typed.filter(~is_bad), task)
    columns = list(core_tables.core_columns(export))
    days = good[export.partition_by] if export.partition_by else pl.Series([], dtype=pl.Date)
    return Batch(
        failed=Counter(dict(_by_rule(failures))),
        unknown={role for role in (layout.derived if layout else ()) if typed[role].null_count()},
        read_by=words.read_by(raw, read_as, layout),
        waits_for_words=words.are_missing(errors, export),
        years=set(days.dt.year().unique().to_list()),
        staged=as_csv(said_in(_without_no(typed.select(staged_columns(export))))),
        violations=as_csv(
            failures.with_columns(
                file_id=pl.lit(file.file_id), export=pl.lit(export.name), sender=pl.lit(file.sender)
            ).select(VIOLATION)
        ),
        quarantined=_quarantined(task, records.filter(is_bad), raw.filter(is_bad), errors, left_out),
        left_out=[*left_out],
        decided=as_csv(pl.DataFrame([(file.file_id, *one) for one in done], schema=DECIDED, orient="row")),
        good=as_csv(said_in(good.filter(~pl.col("is_superseded")).select(columns))),
        earlier=as_csv(
            said_in(
                good.filter("is_superseded").select(
                    *columns,
                    pl.lit(file.file_id).alias("superseded_by"),
                    pl.lit(file.delivered_on).alias("superseded_on"),
                    pl.lit(False).alias("closed"),
                )
            )
        ),
    )


VIOLATION = (
    *("file_id", "export", "sender"),
    *("line", "rule_id", "column_name", "severity", "value"),
    *("record_key", "unit_code", "cell_hash", "word", "decision_id"),
)
DECIDED = {
    "file_id": pl.Int64,
    "line": pl.Int64,
    "decision_id": pl.Int64,
    "column_name": pl.String,
    "applied": pl.Boolean,
    "original": pl.String,
}


def _by_rule(failures: pl.DataFrame) -> Iterator[tuple[tuple[str, str], int]]:
    for rule_id, column_name, rows in failures.group_by("rule_id", "column_name").len().iter_rows():
        yield (rule_id, column_name), rows


def as_csv(frame: pl.DataFrame) -> Rows:
    buffer = io.BytesIO()
    frame.write_csv(buffer, include_header=False, datetime_format="%Y-%m-%d %H:%M:%S%.f")
    buffer.seek(0)
    return Rows(frame.height, buffer, tuple(frame.columns))


def said_in(frame: pl.DataFrame) -> pl.DataFrame:
    """The columns in which some row says something: what a file does not have need not be written, sent and read."""
    return frame.select(column for column in frame if column.null_count() < frame.height)


def _without_no(staged: pl.DataFrame) -> pl.DataFrame:
    """The columns of a block but those that say no of every row, where the staging table says so by itself."""
    return staged.drop(c for c in staged.columns if is_no_by_default(c) and not staged[c].any())


def is_no_by_default(column: str) -> bool:
    """Whether a staged column is an answer of reading to a question that hardly a block has a yes to."""
    return column.endswith("__unread") or column == conditions.OTHER_CELLS


STAGING_TYPES = {
    pl.String: "text",
    pl.Date: "date",
    pl.Datetime: "timestamp",
    pl.Int64: "bigint",
    pl.Boolean: "boolean",
}


def staged_columns(export: catalogue.Export) -> list[str]:
    return list(dict.fromkeys(["line", *export.key, *conditions.plan(export).judged, "key_hash", "raw_hash"]))


def _core_rows(good: pl.DataFrame, task: Task) -> pl.DataFrame:
    """Typed rows as core.<thing> takes them: province and origin added, identity numbers hashed, keys never null."""
    export, file = task.export, task.file
    hashed = [
        pl.Series(c.name, keyed_hashes(task.pseudonym_key, good[c.name].to_list()), pl.String)
        for c in export.loaded
        if c.personal == "id"
    ]
    missing = {"text": "", "code": "", "date": date(1, 1, 1), "integer": 0}
    return good.with_columns(
        pl.lit(task.province).alias("province_code"),
        pl.lit(file.sender).alias("sender"),
        pl.lit(file.delivered_on).alias("delivered_on"),
        pl.lit(file.file_id).alias("file_id"),
        *hashed,
        *(pl.col(c.name).fill_null(missing[c.type]) for c in export.columns if c.key),
    )


# --- quarantine -------------------------------------------------------------------------------------------------------


def _quarantined(
    task: Task,
    records: pl.Series,
    raw: pl.DataFrame,
    errors: pl.DataFrame,
    left_out: Mapping[int, decided.Decision],
) -> Rows:
    """The bad rows of a block, whole, each with every rule it breaks, and those that somebody left out."""
    rules = catalogue.row_rules(task.export.name)
    reasons: dict[int, set[str]] = {line: {decision.rule_id} for line, decision in left_out.items()}
    for line, rule_id in errors.select("line", "rule_id").iter_rows():
        reasons.setdefault(line, set()).add(rule_id)
    header = {c.name: c.header for c in task.export.columns}
    text = io.StringIO()
    writer = csv.writer(text)
    for row, record_key in zip(raw.iter_rows(named=True), records, strict=True):
        line = row["line"]
        as_delivered = {header.get(name, name.removeprefix("#")): cell for name, cell in row.items() if name != "line"}
        if as_delivered[CELLS.removeprefix("#")] is None:
            del as_delivered[CELLS.removeprefix("#")]
        rule_ids = sorted(reasons[line])
        messages = [rules[r].message for r in rule_ids if r in rules]
        writer.writerow((
            task.file.file_id,
            line,
            task.export.name,
            record_key,
            json.dumps(as_delivered, ensure_ascii=False),
            array(rule_ids),
            array(messages),
        ))
    return Rows(len(records), io.BytesIO(text.getvalue().encode()))


def array(items: list[str]) -> str:
    return "{" + ",".join('"' + i.replace("\\", "\\\\").replace('"', '\\"') + '"' for i in items) + "}"
