"""The rules that rows and files are judged by: the YAML files of expectations/."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from etl.catalogue.contracts import SHAPED, export, misshapen
from etl.catalogue.project_files import contract_folders, expectation_folders, read_yaml
from etl.errors import CatalogueError

SEVERITIES = ("fatal", "error", "warning")


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
    # column -> condition under which it breaks the rule; `fails: shaped`: the lengths and forms that the contract says
    fails: Mapping[str, str] = field(default_factory=dict)
    refers_to: tuple[str, ...] = ()  # exports whose change makes this rule run again


def _rules(folders: tuple[Path, ...]) -> Iterator[Rule]:
    for folder in folders:
        for path in sorted(folder.rglob("*.yml")):
            name = path.relative_to(folder).with_suffix("").as_posix()
            for rule_id, said in (read_yaml(path).get("rules") or {}).items():
                said = {**said, "refers_to": tuple(said.get("refers_to", ()))}
                if said.get("fails") == SHAPED:
                    said["fails"] = {c.name: misshapen(c) for c in export(name).shaped}
                rule = Rule(rule_id=rule_id, export="*" if name == "file" else name, **said)
                if rule.severity not in SEVERITIES:
                    raise CatalogueError(f"{path}: {rule_id}: severity is one of {', '.join(SEVERITIES)}.")
                yield rule


@cache
def _all_rules(folders: tuple[Path, ...], contracts: tuple[Path, ...]) -> dict[str, Rule]:
    found: dict[str, Rule] = {}
    for rule in _rules(folders):
        if rule.rule_id in found:
            raise CatalogueError(f"{rule.rule_id} is defined for {found[rule.rule_id].export} and for {rule.export}.")
        found[rule.rule_id] = rule
    return found


def rules(export_name: str | None = None) -> dict[str, Rule]:
    """The rules of one export (or all), by id. Rules of files (`expectations/file.yml`) have the export "*"."""
    every = _all_rules(expectation_folders(), contract_folders())
    return every if export_name is None else {i: r for i, r in every.items() if r.export == export_name}


def rule_settings(export_name: str) -> dict[str, Any]:
    """What `expectations/<export>.yml` says besides its rules: derived columns, lookups, columns that are judged."""
    for folder in expectation_folders():
        path = folder / f"{export_name}.yml"
        if path.exists():
            return {k: v for k, v in read_yaml(path).items() if k != "rules"}
    raise CatalogueError(f"expectations/{export_name}.yml is missing: every export has its rules there.")
