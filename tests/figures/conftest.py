"""One warehouse for all cases; each case is rolled back."""

from collections.abc import Iterator

import pytest
from psycopg2.extensions import connection as Connection
from psycopg2.extensions import cursor as Cursor

from tests import tables
from tests.databases import fresh_database


@pytest.fixture(scope="package")
def warehouse_of_cases(server_url: str, template_database: str) -> Iterator[Connection]:
    with fresh_database(server_url, template_database) as url:
        connection = tables.opened(url)
        yield connection
        connection.close()


@pytest.fixture
def cursor(warehouse_of_cases: Connection) -> Iterator[Cursor]:
    with tables.rolled_back(warehouse_of_cases) as one:
        yield one
