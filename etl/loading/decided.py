"""What people decided about rows, while a file is loaded.

Cells are corrected before they are judged; a failure that is waived keeps no row out; a row that is to be left out is
kept aside. A decision knows its row by sender, record and a keyed hash of the cell: it holds in every file in which the
sender says the same, whatever the order of loads, and says nothing of one that says something else.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import polars as pl
from psycopg2.extensions import cursor as Cursor

from etl import catalogue, masking
from etl.catalogue.project_files import statement
from etl.landing.receipts import File
from etl.pseudonyms import keyed_hashes
from etl.rules import conditions
from etl.spelling import fold

# Kinds that leave the row as it is and settle its failure.
SETTLES = ("confirm", "waive", "mend_at_source")
WORDS = ("in_vocabulary", "listed", "found")  # what `holds:` of a rule says that asks for a word


@dataclass(frozen=True)
class Decision:
    """One that holds, as a load asks it."""

    decision_id: int
    kind: str
    record_key: str
    rule_id: str
    column_name: str
    cell_hash: str
    value: str | None


@dataclass(frozen=True)
class Decisions:
    """Those that hold for an export of one sender, in the order in which they were made."""

    key: bytes
    holding: Sequence[Decision] = ()
    # what corrected cells said: by line, and then by decision and column
    originals: dict[int, dict[tuple[int, str], str | None]] = field(default_factory=dict)

    @cached_property
    def of_record(self) -> Mapping[str, list[Decision]]:
        found: dict[str, list[Decision]] = {}
        for decision in self.holding:
            found.setdefault(decision.record_key, []).append(decision)
        return found

    def _records(self, *kinds: str) -> pl.Series:
        return pl.Series(sorted({d.record_key for d in self.holding if d.kind in kinds}), dtype=pl.String)

    @cached_property
    def corrected_records(self) -> pl.Series:
        """The records that have a corrected cell."""
        return self._records("correct")

    @cached_property
    def discarded_records(self) -> pl.Series:
        """The records of which a row is to be left out."""
        return self._records("discard")

    def correct(
        self, raw: pl.DataFrame, records: pl.Series, done: set[tuple[int, int, str]]
    ) -> tuple[pl.DataFrame, bool]:
        """The rows with their corrected cells, and whether there were any.

        Input: `records`: the key of each row; `done`: corrections that these rows have had. They join them.
        """
        cells: dict[str, dict[int, str | None]] = {}
        for at in records.is_in(self.corrected_records.implode()).arg_true():
            line = raw["line"][at]
            for decision in self.of_record[records[at]]:
                name, place = decision.column_name, (line, decision.decision_id, decision.column_name)
                if decision.kind != "correct" or place in done or name not in raw.columns:
                    continue
                cell = cells.get(name, {}).get(at, raw[name][at])
                if cell_hashes(self.key, [cell]) == [decision.cell_hash]:
                    done.add(place)
                    self.originals.setdefault(line, {})[decision.decision_id, name] = cell
                    cells.setdefault(name, {})[at] = decision.value
        for name, said in cells.items():
            raw = raw.with_columns(raw[name].rechunk().scatter([*said], [*said.values()]))
        return raw, bool(cells)

    def discarded(self, raw: pl.DataFrame, records: pl.Series, export: catalogue.Export) -> dict[int, Decision]:
        """The lines of rows that are to be left out."""
        found: dict[int, Decision] = {}
        if len(self.discarded_records):
            for at in records.is_in(self.discarded_records.implode()).arg_true():
                said = row_hash(self.key, raw.row(at, named=True), export)
                for decision in self.of_record[records[at]]:
                    if decision.kind == "discard" and decision.cell_hash == said:
                        found[raw["line"][at]] = decision
        return found

    def settled(self, failures: pl.DataFrame) -> pl.DataFrame:
        """Failures with `decision_id` and `decided`: the decision that settles each, and its kind; null where none."""
        keys = ["record_key", "rule_id", "column_name", "cell_hash"]
        settling = {
            (d.record_key, d.rule_id, d.column_name, d.cell_hash): (d.decision_id, d.kind)
            for d in self.holding
            if d.kind in SETTLES
        }
        schema = dict.fromkeys(keys, pl.String) | {"decision_id": pl.Int64, "decided": pl.String}
        rows = [(*key, *decision) for key, decision in settling.items()]
        return failures.join(
            pl.DataFrame(rows, schema=schema, orient="row"), on=keys, how="left", maintain_order="left"
        )

    def done_to(
        self, raw: pl.DataFrame, records: pl.Series, failures: pl.DataFrame, left_out: Mapping[int, Decision]
    ) -> Iterator[tuple[int, int, str, bool, str | None]]:
        """What decisions did to these rows: line, decision, column, whether it was applied, what the cell had said.

        One that was not applied is void: its record says something else now.
        """
        applied = set(failures.drop_nulls("decision_id").select("line", "decision_id").iter_rows())
        applied |= {(line, decision.decision_id) for line, decision in left_out.items()}
        for line in raw["line"]:
            for (decision_id, name), said in self.originals.get(line, {}).items():
                applied.add((line, decision_id))
                yield line, decision_id, name, True, said
        for at in records.is_in(pl.Series([*self.of_record], dtype=pl.String).implode()).arg_true():
            line = raw["line"][at]
            for decision in self.of_record[records[at]]:
                if (line, decision.decision_id) in applied:
                    if decision.kind != "correct":
                        yield line, decision.decision_id, decision.column_name, True, None
                elif decision.kind == "correct" or self._says_otherwise(raw, at, decision):
                    yield line, decision.decision_id, decision.column_name, False, None

    def _says_otherwise(self, raw: pl.DataFrame, at: int, decision: Decision) -> bool:
        if decision.kind == "discard" or decision.column_name not in raw.columns:
            return True
        return cell_hashes(self.key, [raw[decision.column_name][at]]) != [decision.cell_hash]


def of_file(cursor: Cursor, file: File, key: bytes) -> Decisions:
    """The decisions that hold for what a file's sender delivers of its export."""
    cursor.execute(statement("load/decisions"), {"export": file.export, "sender": file.sender})
    return Decisions(key, [Decision(*row) for row in cursor.fetchall()])


def cell_hashes(key: bytes, cells: Sequence[str | None]) -> list[str]:
    """Keyed hashes of cells as they are delivered: what a cell says is recognised again, and nobody can guess it."""
    return [said or "" for said in keyed_hashes(key, [f"cell\0{cell or ''}" for cell in cells])]


def row_hash(key: bytes, row: Mapping[str, str | None], export: catalogue.Export) -> str:
    """The same of a whole row. Input: its cells, by column of the contract."""
    return cell_hashes(key, [json.dumps([row.get(c.name) for c in export.columns], ensure_ascii=False)])[0]


def told(
    failures: pl.DataFrame, typed: pl.DataFrame, records: pl.Series, export: catalogue.Export, key: bytes
) -> pl.DataFrame:
    """Failures with what they are known by: record_key, unit_code, cell_hash and word.

    Input:  `failures` of conditions.failures; the rows, and the record of each.
    """
    unit = pl.lit("") if "org_code" not in typed.columns else pl.col("org_code").fill_null("")
    known = typed.select("line", record_key=records, unit_code=unit)
    known = known.with_columns(
        unit_code=pl
        .when(pl.col("unit_code").str.contains(r"^[\p{L}0-9.-]{1,35}$"))
        .then(pl.when(~pl.col("unit_code").str.contains(masking.PERSONAL_KEY)).then("unit_code").otherwise(pl.lit("")))
        .otherwise(pl.lit(""))
    )
    rules = conditions.plan(export).rules
    asks = [f"{rule_id} {column}" for rule_id, r in rules.items() for column, kind in r.holds.items() if kind in WORDS]
    said = failures.join(known, on="line", how="left", maintain_order="left").with_columns(
        cell_hash=pl.Series(cell_hashes(key, failures["cell"].to_list()), dtype=pl.String),
        word=pl.when(pl.concat_str("rule_id", "column_name", separator=" ").is_in(asks)).then("value"),
    )
    words = said["word"].drop_nulls().unique()
    return said.with_columns(said["word"].replace(words, pl.Series([fold(w) for w in words], dtype=pl.String)))
