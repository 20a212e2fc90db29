"""Data Docs: a page for each delivery, from the validation result of Great Expectations, and a page that lists them.

Great Expectations' own pages fetch style sheets, scripts and a logo from a dozen hosts; without internet they are bare
text. These say the same in Vietnamese, each in one file that needs nothing else. They hold counts only.
"""

import fcntl
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from etl import catalogue, settings
from etl.errors import SetupError
from etl.landing.receipts import File
from etl.rules.second_count import Verdict, rule_and_column

LISTED = 300  # deliveries on the index page, which every load writes anew; the pages of older ones stay for longer


def write(
    verdict: Verdict,
    folder: Path,
    *,
    file: File,
    rows_read: int,
    rows_unchanged: int,
    rows_quarantined: int,
    not_run: Mapping[tuple[str, str], str] | None = None,
) -> Path:
    """Write the page of a delivery, list it on the index page, and remove pages of long ago; the place of the page.

    Input:  `not_run`: rules and columns that say nothing of this file, and why.
    Output: `<folder>/<file_id>/index.html` and `<folder>/index.html`. The same verdict gives the same bytes.
    Raises: SetupError if the folder cannot be written.
    """
    export = catalogue.export(file.export)
    rows = _rows(verdict, export)
    failed = {(row["rule_id"], row["severity"]) for row in rows if not row["passed"]}
    listed = {
        "file_id": file.file_id,
        "export": file.export,
        "title": catalogue.export(file.export).title,
        "sender": file.sender,
        "delivered_on": file.delivered_on.isoformat(),
        "day": f"{file.delivered_on:%d/%m/%Y}",
        "rows_read": rows_read,
        "rows_unchanged": rows_unchanged,
        "rows_quarantined": rows_quarantined,
        "errors": sum(severity == "critical" for _, severity in failed),
        "warnings": sum(severity != "critical" for _, severity in failed),
    }
    counts = {
        "expectations": len(rows),
        "checked": max((row["checked"] for row in rows), default=0),
        "errors": listed["errors"],
        "warnings": listed["warnings"],
    }
    page = folder / str(file.file_id) / "index.html"
    try:
        page.parent.mkdir(parents=True, exist_ok=True)
        _replace(page, _template().delivery(listed, counts, rows, _not_run(not_run or {}, export)))
        with _alone(folder):
            _prune(folder, settings.data_docs_kept())
            _list(folder, listed)
    except OSError as error:
        raise SetupError(
            f"{error.filename or folder}: {error.strerror}. Data Docs need a folder this user may write to (CCHC_HOME)."
        ) from None
    return page


def _rows(verdict: Verdict, export: catalogue.Export) -> list[dict[str, Any]]:
    """One row per expectation: what failed first, the worst of it on top."""
    checked = {(one.rule_id, one.column_name): one.checked for one in verdict.judgements}
    rules = catalogue.rules()
    rows = []
    for one in verdict.result.results:
        stated = one.expectation_config
        assert stated is not None
        rule_id, column = rule_and_column(stated)
        failed = int(one.result.get("unexpected_count", one.result.get("observed_value", 0)))
        of = one.result.get("element_count", checked[rule_id, column])
        rows.append({
            "rule_id": rule_id,
            "expectation": stated.type,
            "header": column[1:] if column.startswith("#") else export.column(column).header,
            "description": stated.description,
            "remedy": rules[rule_id].remedy if rule_id in rules else "",
            "severity": str(getattr(stated.severity, "value", stated.severity)),
            "checked": of,
            "failed": failed,
            "share": f"{100 * failed / of:.2f} %".replace(".", ",") if failed and of else "",
            "passed": bool(one.success),
        })
    return sorted(rows, key=lambda r: (r["passed"], r["severity"], -r["failed"], r["rule_id"], r["header"]))


def _not_run(not_run: Mapping[tuple[str, str], str], export: catalogue.Export) -> list[dict[str, str]]:
    """The rules that say nothing of the file, and why."""
    rules = catalogue.rules()
    return [
        {
            "rule_id": rule_id,
            "header": export.column(column).header,
            "description": rules[rule_id].message,
            "why": why,
        }
        for (rule_id, column), why in not_run.items()
        if rules[rule_id].holds.get(column) != "found"  # only asked of what a layout derives
    ]


@cache
def _template() -> Any:
    import jinja2

    pages = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    pages.filters["number"] = lambda number: f"{number:,}".replace(",", ".")
    return pages.get_template("data_docs.html").module


def _list(folder: Path, listed: dict[str, Any]) -> None:
    store = folder / "deliveries.json"
    known = {one["file_id"]: one for one in json.loads(store.read_text("utf-8"))} if store.exists() else {}
    known[listed["file_id"]] = listed
    there = [one for one in known.values() if (folder / str(one["file_id"])).exists()]
    files = sorted(there, key=lambda one: (one["delivered_on"], one["file_id"]), reverse=True)[:LISTED]
    _replace(store, json.dumps(files, ensure_ascii=False, indent=0))
    _replace(folder / "index.html", _template().index(files, LISTED))


def _prune(folder: Path, kept: int) -> None:
    """Leave the pages of so many deliveries: those with the highest numbers."""
    numbers = sorted(int(entry.name) for entry in os.scandir(folder) if entry.name.isdecimal())
    for number in numbers[:-kept]:
        shutil.rmtree(folder / str(number), ignore_errors=True)


def _replace(path: Path, text: str) -> None:
    """A reader sees the page as it was or as it is, never half of it."""
    arriving = path.with_name(f".{path.name}-{os.getpid()}")
    arriving.write_text(text, "utf-8")
    arriving.replace(path)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Several loads end at once: they list their pages one after the other."""
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
