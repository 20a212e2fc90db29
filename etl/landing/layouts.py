"""The layouts that a delivered file may have: the project's, an office's own, and those this warehouse was taught."""

import yaml
from psycopg2.extensions import cursor as Cursor

from etl import catalogue
from etl.catalogue import Layout, project_files
from etl.errors import CatalogueError, UsageError


def known(cursor: Cursor, export: str) -> tuple[Layout, ...]:
    """Every layout of an export; of one name that which somebody taught the warehouse last.

    What the project does not understand any more, because a contract has changed since, is left out.
    """
    cursor.execute(
        "select distinct on (name) name, said from landing.layout where export = %s order by name, layout_id desc",
        (export,),
    )
    found = {layout.name: layout for layout in catalogue.layouts(export)}
    for name, said in cursor.fetchall():
        try:
            found[name] = catalogue.layout(yaml.safe_load(said), name, f"landing.layout {name}")
        except CatalogueError:
            continue
    return tuple(found.values())


def keep(cursor: Cursor, name: str, said: str, *, by: str, reason: str) -> Layout:
    """Teach the warehouse a layout, as its YAML says it.

    Raises: UsageError if it is no layout: what is wrong, and what to do.
    """
    try:
        layout = catalogue.layout(yaml.load(said, project_files.LOADER), name, name)
    except yaml.YAMLError as error:
        raise UsageError(f"{name}.yml: this is not YAML ({' '.join(str(error).split())}). Mend the file.") from None
    except CatalogueError as error:
        raise UsageError(str(error)) from None
    cursor.execute(
        "insert into landing.layout (name, export, said, by_name, reason) values (%s, %s, %s, %s, %s)",
        (name, layout.export, said, by, reason),
    )
    return layout
