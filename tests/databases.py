"""Databases for tests: each a copy of the one that was migrated once."""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager

from psycopg2.extensions import connection as Connection
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from etl import catalogue
from etl.warehouse import core_tables, database

NUMBERS = itertools.count(1)
YEARS = {2020, 2021, 2022, 2025, 2026}


@contextmanager
def fresh_database(server_url: str, template: str) -> Iterator[str]:
    """URL of a database of its own, dropped afterwards."""
    url = make_url(server_url)
    name = f"test_{next(NUMBERS)}"
    admin = create_engine(url, isolation_level="autocommit")
    try:
        database.let_go()  # of the template, which nobody may be connected to
        with admin.connect() as connection:
            # copying files takes half the time of copying pages through the log, which is the default
            connection.execute(text(f"create database {name} template {template} strategy file_copy"))
        yield url.set(database=name).render_as_string(hide_password=False)
    finally:
        database.let_go()
        with admin.connect() as connection:
            connection.execute(text(f"drop database if exists {name} with (force)"))
        admin.dispose()


@contextmanager
def opened(url: str) -> Iterator[Connection]:
    """A connection to a warehouse that has room for the years of the drawn tables."""
    connection = database.connect(url)
    try:
        connection.autocommit = True
        for export in catalogue.exports().values():
            if export.partition_by:
                core_tables.ensure_partitions(connection, export, YEARS)
        connection.autocommit = False
        yield connection
    finally:
        connection.close()


def rows(url: str, statement: str, *parameters: object) -> list[tuple]:
    with database.transaction(url) as connection, connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchall()


def content(url: str) -> dict[str, list[str]]:
    """Everything that the warehouse holds, a file being known by who delivered it and when, not by its number."""
    files = dict(
        rows(url, "select file_id, concat_ws(' ', export, sender, delivered_on, left(sha256, 8)) from landing.file")
    )
    held: dict[str, list[str]] = {}
    tables = [f"core.{e.thing}{history}" for e in catalogue.exports().values() for history in ("", "_history")]
    tables += ["quality.violation", "quality.quarantined_row", "quality.result", "mart.dossier_daily"]
    for table in tables:
        with database.transaction(url) as connection, connection.cursor() as cursor:
            cursor.execute(f"select * from {table}")
            names = [d.name for d in cursor.description]
            held[table] = sorted(
                " | ".join(
                    str(files.get(v, v) if n in ("file_id", "superseded_by", "resolved_by", "closed_by") else v)
                    for n, v in zip(names, row, strict=True)
                )
                for row in cursor.fetchall()
            )
    held["landing.file"] = [
        str(r)
        for r in rows(
            url,
            """
        select export, sender, delivered_on, sha256, status, rows_read, rows_loaded, rows_unchanged, rows_quarantined
        from landing.file order by 1, 2, 3, 4""",
        )
    ]
    return held
