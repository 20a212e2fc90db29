"""Databases for tests: each a copy of the one that was migrated once."""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

NUMBERS = itertools.count(1)


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
