"""The rules that rows and files are judged by: the YAML files of expectations/."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from etl.catalogue import words
from etl.catalogue.contracts import SHAPED, Column, export, misshapen
from etl.catalogue.project_files import contract_folders, expectation_folders, read_yaml
from etl.errors import CatalogueError

SEVERITIES = ("fatal", "error", "warning")

# What `holds:` says of a column, and the condition under which that does not hold. It follows from the contract alone:
# here for our own pass over the rows, in etl/rules/expectations.py for Great Expectations.
BY_CONTRACT: dict[str, Callable[[Column], str]] = {
    "given": lambda column: f"{column.name} is null",
    "readable": lambda column: f"{column.name}__unread",
    "in_vocabulary": lambda column: (
        (f"{column.name} is null or " if column.required else "") + f"{column.name} not in (:{column.name})"
    ),
    # of a column that a layout finds in the office's lists; in place of the two above
    "found": lambda column: f"{column.name} is null",
    "listed": lambda column: f"{column.name} not in (:{column.name})",
    SHAPED: misshapen,
}
# In place of the columns of a rule: all typed and coded ones of which no other rule asks that they can be read.
READABLE = "readable"


@dataclass(frozen=True)
class Rule:
    """One rule of a file, a value, a row or a group of rows; `statement` is what holds, `message` what is told."""

    rule_id: str
    export: str  # "*" for the rules of every file
    layer: str  # file, value, row, group, reference
    severity: str
    statement: str
    message: str  # Vietnamese: what is wrong
    remedy: str  # Vietnamese: what to do
    fails: Mapping[str, str] = field(default_factory=dict)  # column -> condition under which it breaks the rule
    holds: Mapping[str, str] = field(default_factory=dict)  # column -> what the contract asks of it (BY_CONTRACT)
    refers_to: tuple[str, ...] = ()  # exports whose change makes this rule run again
    admits: tuple[str, ...] = ()  # what may be decided about a row that breaks it, if not what its kind of rule admits


def _rules(folders: tuple[Path, ...]) -> Iterator[Rule]:
    for folder in folders:
        for path in sorted(folder.rglob("*.yml")):
            name = path.relative_to(folder).with_suffix("").as_posix()
            stated = read_yaml(path).get("rules") or {}
            for rule_id, said in stated.items():
                said = {**said, **{name: tuple(said.get(name, ())) for name in ("refers_to", "admits")}}
                if said.get("holds") == SHAPED:
                    said["holds"] = {c.name: SHAPED for c in export(name).shaped}
                elif said.get("holds") == READABLE:
                    said["holds"] = _left_to_read(name, stated)
                said["fails"] = said.get("fails", {}) | {
                    column: _not_held(column, kind, name, f"{path}: {rule_id}")
                    for column, kind in said.get("holds", {}).items()
                }
                said["remedy"] += _way_out(said.get("holds", {}), name)
                rule = Rule(rule_id=rule_id, export="*" if name == "file" else name, **said)
                if rule.severity not in SEVERITIES:
                    raise CatalogueError(f"{path}: {rule_id}: severity is one of {', '.join(SEVERITIES)}.")
                yield rule


def _way_out(holds: Mapping[str, str], export_name: str) -> str:
    """What else helps where a rule asks for a word of a vocabulary: the word of another system is mapped once."""
    coded = [c.name for c in words.coded(export(export_name)) if c.name in holds] if holds else []
    if not coded:
        return ""
    return (
        " Nếu phần mềm nguồn dùng từ khác cho cùng một nghĩa: xem cchc words, rồi nói nghĩa của từ một lần:"
        f' cchc words map {export_name} {coded[0] if len(coded) == 1 else "<cột>"} "<từ>" "<nghĩa>".'
    )


def _left_to_read(name: str, stated: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """What is asked of the typed and coded columns of an export that no rule of their own asks about.

    A condition of its own that is broken by an empty cell is broken by one that could not be read, too.
    """
    asked = {column for said in stated.values() if isinstance(said.get("holds"), dict) for column in said["holds"]}
    for said in stated.values():
        if said["severity"] == "error":
            conditions = (said.get("fails") or {}).items()
            asked |= {column for column, fails in conditions if re.search(rf"\b{column} is null", fails)}
    left = [c for c in export(name).columns if c.name not in asked and c.is_read]
    return {c.name: "listed" if c.type == "code" else "readable" for c in left}


def _not_held(column: str, kind: str, export_name: str, where: str) -> str:
    if kind not in BY_CONTRACT:
        raise CatalogueError(f"{where}: holds says of {column} one of {', '.join(BY_CONTRACT)}, not {kind!r}.")
    described = next((c for c in export(export_name).columns if c.name == column), None)
    if described is None:
        raise CatalogueError(f"{where}: the contract of {export_name} has no column {column!r}. Mend the name.")
    return BY_CONTRACT[kind](described)


@cache
def _all_rules(folders: tuple[Path, ...], contracts: tuple[Path, ...]) -> dict[str, Rule]:
    found: dict[str, Rule] = {}
    for rule in _rules(folders):
        if rule.rule_id in found:
            raise CatalogueError(f"{rule.rule_id} is defined for {found[rule.rule_id].export} and for {rule.export}.")
        found[rule.rule_id] = rule
    return found


def judged_columns(rule: Rule) -> Iterator[str]:
    """The typed columns that `holds:` of a rule is about."""
    for name, kind in rule.holds.items():
        column = export(rule.export).column(name)
        yield {"readable": f"{name}__unread", "given": column.day or name}.get(kind, name)


def rules(export_name: str | None = None) -> dict[str, Rule]:
    """The rules of one export (or all), by id. Rules of files (`expectations/file.yml`) have the export "*"."""
    every = _all_rules(expectation_folders(), contract_folders())
    return every if export_name is None else {i: r for i, r in every.items() if r.export == export_name}


def row_rules(export_name: str) -> dict[str, Rule]:
    """The rules by which the rows of an export are judged: its own, and those of the rows of every export."""
    return rules(export_name) | {i: r for i, r in rules("*").items() if r.fails}


def rule_settings(export_name: str) -> dict[str, Any]:
    """What `expectations/<export>.yml` says besides its rules: derived columns, lookups, columns that are judged."""
    for folder in expectation_folders():
        path = folder / f"{export_name}.yml"
        if path.exists():
            return {k: v for k, v in read_yaml(path).items() if k != "rules"}
    raise CatalogueError(f"expectations/{export_name}.yml is missing: every export has its rules there.")
