"""The contract of schema `reporting`: what readers rely on, recorded, and what a change would break of it.

`make docs` records what was added, and refuses to record what would break. What must be broken all the same is taken
out of sql/reporting/contract.yml by hand first: then it stands in the history who did that, and why.
"""

from pathlib import Path
from typing import Any

import yaml
from psycopg2.extensions import cursor as Cursor

HERE = Path(__file__).parent
RECORDED = HERE.parent / "sql" / "reporting" / "contract.yml"
DICTIONARY = HERE / "dictionary.md"
HEAD = """# What schema `reporting` promises its readers: views, functions, columns, their types and what they mean.
# Written by `make docs`, which adds and refuses to break; a test refuses as well. etl/web/api reads it.
"""
PAGE = """# Từ điển dữ liệu

Những gì tỉnh đọc được ở lược đồ `reporting` của kho và ở API (`/v1/dictionary`). Trang này do `make docs` viết từ cơ sở
dữ liệu; cột được thêm, không bị đổi tên hay bỏ đi. Mỗi tài khoản, mỗi khóa chỉ thấy đơn vị của mình và cấp dưới.
"""
Contract = dict[str, dict[str, Any]]


def read(cursor: Cursor) -> Contract:
    """The contract that the database keeps: by view or `function()`, its meaning, arguments and columns in order."""
    cursor.execute((HERE / "contract.sql").read_text("utf-8"))
    return {
        name: {"meaning": meaning}
        | ({"arguments": arguments} if name.endswith("()") else {})
        | {"columns": {column: {"type": kind, "meaning": said} for column, kind, said in columns}}
        for name, arguments, meaning, columns in cursor.fetchall()
    }


def recorded() -> Contract:
    """The contract that readers were told."""
    return yaml.safe_load(RECORDED.read_text("utf-8")) if RECORDED.exists() else {}


def broken(told: Contract, now: Contract) -> list[str]:
    """What readers who rely on a contract would lose by another one, a sentence each; additions break nothing.

    >>> old = {"unit": {"meaning": "x", "columns": {"name": {"type": "text", "meaning": "its name"}}}}
    >>> broken(old, {"unit": {"meaning": "x", "columns": {"called": {"type": "text", "meaning": "its name"}}}})
    ['reporting.unit: column name is gone, or has another name.']
    >>> broken({}, old)
    []
    """
    found = []
    for name, view in told.items():
        if name not in now:
            found.append(f"reporting.{name} is gone, or has another name.")
            continue
        if not now[name]["meaning"] and view["meaning"]:
            found.append(f"reporting.{name} does not say any more what it is: its comment is gone.")
        if now[name].get("arguments") != view.get("arguments"):
            found.append(
                f"reporting.{name} takes ({now[name].get('arguments')}) and not ({view.get('arguments')}) any more."
            )
        for column, said in view["columns"].items():
            if (there := now[name]["columns"].get(column)) is None:
                found.append(f"reporting.{name}: column {column} is gone, or has another name.")
            elif there["type"] != said["type"]:
                found.append(f"reporting.{name}: column {column} is {there['type']} and not {said['type']} any more.")
            elif said["meaning"] and not there["meaning"]:
                found.append(f"reporting.{name}: column {column} lost its meaning: its comment is gone.")
    return found


def unexplained(now: Contract) -> list[str]:
    """What does not say what it means: views, functions and columns."""
    views = [f"reporting.{name}" for name, view in now.items() if not view["meaning"]]
    columns = [
        f"reporting.{name}.{column}"
        for name, view in now.items()
        for column, said in view["columns"].items()
        if not said["meaning"] and not name.endswith("()")
    ]
    return views + columns


def text(contract: Contract) -> str:
    """A contract as it is recorded."""
    return HEAD + yaml.safe_dump(contract, allow_unicode=True, sort_keys=False, width=120)


def page(contract: Contract) -> str:
    """The dictionary for readers, in Vietnamese."""
    parts = [PAGE]
    for name, view in contract.items():
        called = f"{name.removesuffix('()')}({view['arguments']})" if name.endswith("()") else name
        parts += [f"## reporting.{called}\n", f"{view['meaning']}\n"]
        parts += ["| Cột | Kiểu | Ý nghĩa |\n| --- | --- | --- |"]
        parts += [f"| `{column}` | {said['type']} | {said['meaning']} |" for column, said in view["columns"].items()]
        parts += [""]
    return "\n".join(parts)


def write(now: Contract) -> list[str]:
    """Record a contract and its page; what it would break, in which case nothing is written."""
    if refused := broken(recorded(), now):
        return refused
    RECORDED.write_text(text(now), "utf-8")
    DICTIONARY.write_text(page(now), "utf-8")
    return []
