"""Databases for tests: each a copy of the one that was migrated once."""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager

from psycopg2.extensions import connection as Connection
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from etl import catalogue, warehouse

NUMBERS = itertools.count(1)
YEARS = {2020, 2021, 2022, 2025, 2026}


@contextmanager
def fresh_database(server_url: str, template: str) -> Iterator[str]:
    """URL of a database of its own, dropped afterwards."""
    url = make_url(server_url)
    name = f"test_{next(NUMBERS)}"
    admin = create_engine(url, isolation_level="autocommit")
    try:
        with admin.connect() as connection:
            connection.execute(text(f"create database {name} template {template}"))
        yield url.set(database=name).render_as_string(hide_password=False)
    finally:
        with admin.connect() as connection:
            connection.execute(text(f"drop database if exists {name} with (force)"))
        admin.dispose()


@contextmanager
def opened(url: str) -> Iterator[Connection]:
    """A connection to a warehouse that has room for the years of the drawn tables."""
    connection = warehouse.connect(url)
    try:
        connection.autocommit = True
        for export in catalogue.exports().values():
            if export.partition_by:
                warehouse.ensure_partitions(connection, export, YEARS)
        connection.autocommit = False
        yield connection
    finally:
        connection.close()
