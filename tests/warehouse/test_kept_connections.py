"""Connections are kept for the next one who asks, and hold nothing of those before."""

import os

import psycopg2
import pytest
from psycopg2.extensions import connection as Connection

from etl.errors import SetupError
from etl.warehouse import database


def session(connection: Connection) -> int:
    with connection.cursor() as cursor:
        cursor.execute("select pg_backend_pid()")
        return cursor.fetchone()[0]


def used(url: str, *statements: str) -> int:
    """Use a connection; the number of its session."""
    with database.opened(url) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
        return session(connection)


LEFT_BEHIND = [
    ("a lock", "select pg_advisory_lock(7)", "select count(*) from pg_locks where locktype = 'advisory'", 0),
    (
        "a setting",
        "set work_mem = '1MB'",
        "select count(*) from pg_settings where name = 'work_mem' and source = 'session'",
        0,
    ),
    ("a table", "create temp table mine (one int)", "select count(*) from pg_class where relname = 'mine'", 0),
    ("nothing", "select 1", "select current_setting('TimeZone')", database.TIME_ZONE),
    ("no limit", "set lock_timeout = 0", "select current_setting('lock_timeout') <> '0'", True),
]


@pytest.mark.parametrize(("what", "statement", "asked", "answer"), LEFT_BEHIND, ids=[row[0] for row in LEFT_BEHIND])
def test_the_next_one_finds_nothing_of_the_one_before(
    empty_url: str, what: str, statement: str, asked: str, answer: object
) -> None:
    before = used(empty_url, statement)
    with database.transaction(empty_url) as connection, connection.cursor() as cursor:
        cursor.execute(asked)
        assert (cursor.fetchone()[0], session(connection), connection.autocommit) == (answer, before, False)


def test_what_goes_wrong_ends_the_connection_and_its_work(empty_url: str) -> None:
    with pytest.raises(psycopg2.errors.DivisionByZero), database.transaction(empty_url) as connection:
        broken = session(connection)
        with connection.cursor() as cursor:
            cursor.execute("create table half_done (one int)")
            cursor.execute("select 1 / 0")
    with database.transaction(empty_url) as connection, connection.cursor() as cursor:
        cursor.execute("select to_regclass('half_done')")
        assert cursor.fetchone() == (None,)
        assert session(connection) != broken


def test_a_session_that_was_ended_is_replaced(empty_url: str) -> None:
    ended = used(empty_url)
    admin = database.connect(empty_url)
    with admin, admin.cursor() as cursor:
        cursor.execute("select pg_terminate_backend(%s, 5000)", (ended,))
    admin.close()
    assert used(empty_url) != ended


def test_two_at_once_have_one_each_and_few_are_kept(empty_url: str) -> None:
    with database.opened(empty_url) as one, database.opened(empty_url) as another:
        assert session(one) != session(another)
    many = [database.opened(empty_url) for _ in range(database.KEPT + 3)]
    sessions = {session(each.__enter__()) for each in many}
    for each in many:
        each.__exit__(None, None, None)
    with database.opened(empty_url) as connection, connection.cursor() as cursor:
        cursor.execute(
            "select count(*) from pg_stat_activity where pid = any(%s) and state is not null", (list(sessions),)
        )
        assert cursor.fetchone()[0] <= database.KEPT


def test_a_child_that_is_forked_shares_none(empty_url: str) -> None:
    before = used(empty_url)
    child = os.fork()
    if not child:
        os._exit(int(used(empty_url) == before))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert used(empty_url)  # the parent goes on


def test_an_address_where_nobody_answers_is_said(empty_url: str) -> None:
    with pytest.raises(SetupError, match="no connection to"), database.opened(empty_url + "_gone"):
        pass
