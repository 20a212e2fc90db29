"""The rows of a resource, page by page: which are asked for, in which order, and where the next page begins."""

import hashlib
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from typing import Any

from psycopg2 import sql
from psycopg2.extensions import cursor as Cursor

from etl.web.api import problems
from etl.web.api.resources import Resource


@dataclass(frozen=True)
class Page:
    """Rows of a resource, each by the order of its columns, and where to go on; None at the end."""

    rows: list[tuple[Any, ...]]
    next_cursor: str | None


def read(
    cursor: Cursor, resource: Resource, asked: dict[str, list[Any]], *, given: Any, after: str | None, limit: int
) -> Page:
    """A page.

    Input:  `asked`: by column, the values that are wanted; `given`: what the function is called with; `after`: the
            cursor of the page before.
    Raises: Refused if the cursor is not one of this query.
    """
    about = _about(resource, asked, given)
    key = [_key(resource, column) for column in resource.key]
    values: dict[str, Any] = {"limit": limit + 1, "given": given}
    wanted = []
    for number, (column, among) in enumerate(sorted(asked.items())):
        one, kind = sql.Placeholder(f"a{number}"), sql.SQL(resource.columns[column]["type"])
        # of one value the planner knows that every table of the view has it; of several it reads all
        test = sql.SQL("{} = any ({}::{}[])" if len(among) > 1 else "{} = ({}::{}[])[1]")
        wanted.append(test.format(sql.Identifier("told", column), one, kind))
        values[f"a{number}"] = among
    if after is not None:
        left = sql.SQL(", ").join(key)
        right = sql.SQL(", ").join(
            sql.SQL("%({})s::{}").format(sql.SQL(f"k{number}"), sql.SQL(resource.columns[column]["type"]))
            for number, column in enumerate(resource.key)
        )
        wanted.append(sql.SQL("({}) > ({})").format(left, right))
        values |= {f"k{number}": value for number, value in enumerate(_place(resource, after, about))}
    where = sql.SQL("where {}").format(sql.SQL(" and ").join(wanted)) if wanted else sql.SQL("")
    view = sql.Identifier("reporting", resource.view)
    cursor.execute(
        sql.SQL("select {}, {} from {} as told {} order by {} limit %(limit)s").format(
            sql.SQL(", ").join(sql.SQL("({})::text").format(one) for one in key),
            sql.SQL(", ").join(_column(resource, column) for column in resource.columns),
            sql.SQL("{}(%(given)s)").format(view) if resource.given else view,
            where,
            sql.SQL(", ").join(key),
        ),
        values,
    )
    found = cursor.fetchall()
    keys, rows = [row[: len(key)] for row in found], [row[len(key) :] for row in found]
    if len(rows) <= limit:
        return Page(rows, None)
    return Page(rows[:limit], _sealed(about, list(keys[limit - 1])))


def _key(resource: Resource, column: str) -> sql.Composable:
    name = sql.Identifier("told", column)
    return sql.SQL("coalesce({}, '')").format(name) if resource.columns[column]["type"] == "text" else name


def _column(resource: Resource, column: str) -> sql.Composable:
    """A column as it is told: a day without an end is left blank."""
    name = sql.Identifier(column)
    return sql.SQL("nullif({}, 'infinity')").format(name) if resource.columns[column]["type"] == "date" else name


# --- cursors ----------------------------------------------------------------------------------------------------------


def _about(resource: Resource, asked: dict[str, list[Any]], given: Any) -> str:
    """What a cursor is of: it goes on in the same question only."""
    question = repr((
        resource.path,
        sorted((column, sorted(map(str, among))) for column, among in asked.items()),
        given,
    ))
    return hashlib.sha256(question.encode()).hexdigest()[:16]


def _sealed(about: str, place: list[str]) -> str:
    return urlsafe_b64encode(json.dumps([about, *place], ensure_ascii=False).encode()).decode().rstrip("=")


def _place(resource: Resource, after: str, about: str) -> list[str]:
    """The key of the row after which a page begins.

    Raises: Refused if it is no cursor of this question.
    """
    try:
        said, *place = json.loads(urlsafe_b64decode(after + "=" * (-len(after) % 4)).decode())
        is_whole = said == about and len(place) == len(resource.key) and all(type(one) is str for one in place)
        for column, one in zip(resource.key, place, strict=True):
            kind = resource.type_of(column)
            if kind is int:
                is_whole = is_whole and -(2**63) <= int(one) < 2**63
            elif kind is not str:
                kind.fromisoformat(one)
    except (ValueError, TypeError, RecursionError):
        raise problems.Refused(problems.BAD_CURSOR) from None
    if not is_whole or any("\0" in one for one in place):
        raise problems.Refused(problems.BAD_CURSOR)
    return place
