"""Each login sees its unit and what is below it, in every view of schema reporting; one without an entry nothing."""

from pathlib import Path

import psycopg2
import pytest

from etl import cli
from etl.catalogue import project_files
from etl.errors import UsageError
from etl.stewardship import readers
from etl.warehouse import database
from tests.databases import rows
from tests.reporting.conftest import Province

VIEWS = """
    select relname::text from pg_class
    where relnamespace = 'reporting'::regnamespace and relkind in ('v', 'm', 'r', 'p', 'f') order by 1
"""
# What names a unit, of those that a reader may not see
OF_OTHERS = {
    "ia_dom": ("23860", "23869", "Ia Dơk", "Ia Kla"),
    "ia_dok": ("23872", "Ia Dom"),
    "ia_kla": ("23872", "23860", "Ia Dom"),
}
# Views of which a commune has no row of its own here.
# Lists of no figures: what became of a unit, and what its code was before, names other units.
OF_OTHERS_TOO = {"unit_succession", "administrative_unit"}
NOTHING_OF_IA_KLA = {"quality", "indicator_now_boundaries"}


def units(url: str, view: str, period: str) -> set[tuple[str, str]]:
    return set(rows(url, f"select unit_code, unit_name from reporting.{view} where period_code = %s", period))


def test_every_view_asks_who_reads_it(province: Province) -> None:
    """A new view without the filter of 001_seen.sql, or without security_barrier, is found here."""
    asking = rows(
        province.owner,
        """
        select distinct rule.ev_class::regclass::text
        from pg_rewrite as rule
        inner join pg_depend as depend on depend.classid = 'pg_rewrite'::regclass and depend.objid = rule.oid
        where depend.refclassid = 'pg_proc'::regclass and depend.refobjid = 'access.whole_province()'::regprocedure
        """,
    )
    barred = rows(
        province.owner,
        "select relname::text from pg_class where relnamespace = 'reporting'::regnamespace"
        " and reloptions @> array['security_barrier=true']",
    )
    views = rows(province.owner, VIEWS)
    through_views = {"indicator_latest"}  # reads a view that asks
    assert {f"reporting.{view}" for (view,) in views if view not in through_views} <= {view for (view,) in asking}
    assert {view for (view,) in views} <= {view for (view,) in barred}


def test_no_function_reads_with_the_rights_of_its_owner(province: Province) -> None:
    """Then it reads what whoever asks may read: the views, which ask."""
    assert not rows(
        province.owner,
        "select proname from pg_proc where pronamespace = 'reporting'::regnamespace and prosecdef",
    )


def test_the_owner_sees_every_row_and_every_view_has_some(province: Province) -> None:
    """A view that is empty here proves nothing below: put what it needs into tests/reporting/conftest.py."""
    for (view,) in rows(province.owner, VIEWS):
        ((count,),) = rows(province.owner, f"select count(*) from reporting.{view}")
        assert count, view
        assert rows(province.logins["province"], f"select count(*) from reporting.{view}") == [(count,)], view


@pytest.mark.parametrize("reader", OF_OTHERS)
def test_the_reader_of_one_commune_sees_nothing_of_another(province: Province, reader: str) -> None:
    for (view,) in rows(province.owner, VIEWS):
        seen = rows(province.logins[reader], f"select * from reporting.{view}")
        assert seen or (reader == "ia_kla" and view in NOTHING_OF_IA_KLA), view
        if view == "indicator":  # the rows of the form are of no unit
            continue
        if view in OF_OTHERS_TOO:
            continue
        others = OF_OTHERS[reader]
        for row in seen:
            assert not [word for word in others if word in str(row)], (view, row)


def test_lists_of_units_name_those_that_a_unit_came_from_and_files_those_it_sent(province: Province) -> None:
    def seen(reader: str, columns: str) -> set[tuple]:
        return set(rows(province.logins[reader], f"select distinct {columns}"))

    assert seen("ia_dom", "code, name from reporting.administrative_unit") == {("23872", "Xã Ia Dom")}
    assert seen("ia_dom", "old_code, new_code from reporting.unit_succession") == {("23872", "23872")}
    assert seen("ia_dok", "old_code, new_code from reporting.unit_succession") == {
        ("23860", "23869"),
        ("23869", "23869"),
    }
    assert seen("ia_dom", "sender from reporting.quality") == {("23872",)}
    assert seen("ia_dok", "sender from reporting.quality") == {("23869",)}
    assert seen("ia_kla", "sender from reporting.quality") == seen("district", "sender from reporting.quality") == set()


def test_a_login_without_an_entry_sees_nothing(province: Province) -> None:
    for (view,) in rows(province.owner, VIEWS):
        assert rows(province.logins["nobody"], f"select count(*) from reporting.{view}") == [(0,)], view


def test_what_is_below_a_unit_is_what_was_below_it_then(province: Province) -> None:
    district, ia_dom, ia_dok, ia_kla = (province.logins[name] for name in ("district", "ia_dom", "ia_dok", "ia_kla"))
    then = {("631", "Huyện Đức Cơ"), ("23860", "Xã Ia Dơk"), ("23869", "Xã Ia Kla"), ("23872", "Xã Ia Dom")}
    for view in ("indicator_quarterly", "appendix", "dossier_flow", "on_time_by_evidence"):
        assert units(district, view, "2025-Q2") == then
        assert units(district, view, "2025-Q3") == then, "the row of Ia Dom until 30/6, and not the one since"
        assert units(district, view, "2025-Q4") == set()
        for quarter in ("2025-Q2", "2025-Q3", "2025-Q4"):
            assert units(ia_dom, view, quarter) == {("23872", "Xã Ia Dom")}, "it lived on below the province"
        assert units(ia_dok, view, "2025-Q2") == set(), "the code was another commune's"
        assert units(ia_dok, view, "2025-Q3") == units(ia_dok, view, "2025-Q4") == {("23869", "Xã Ia Dơk")}
        assert units(ia_kla, view, "2025-Q3") == {("23869", "Xã Ia Kla")}
        assert units(ia_kla, view, "2025-Q4") == set()
    received = "select received from reporting.dossier_flow where unit_code = '23872' and period_code = '2025-Q3'"
    assert len(rows(district, f"{received} and field = 'Tất cả'")) == 1
    assert len(rows(ia_dom, f"{received} and field = 'Tất cả'")) == 2


def test_figures_of_before_the_tree_was_kept_are_seen_as_well(province: Province) -> None:
    """The migration takes the tree from the units as they are known now; here it is the same."""
    with database.transaction(province.owner) as connection, connection.cursor() as cursor:
        kept = "select * from mart.period_unit order by 1, 2, 3, 4, 5, 6"
        cursor.execute(kept)
        before = cursor.fetchall()
        cursor.execute("delete from mart.period_unit where period_code <> '2025-6T'")
        cursor.execute((project_files.SQL / "reporting" / "002_period_unit.sql").read_text("utf-8"))
        cursor.execute(kept)
        assert cursor.fetchall() == before


TRIES = {
    "a key": "set cchc.reader = '{key}'",
    "a key for the transaction": "set local cchc.reader = '{key}'",
    "a function that sets": "select set_config('cchc.reader', '{key}', false)",
    "the API's own role": "set role cchc_api",
    "another login": "set session authorization test_province",
    "the table of readers": "update access.reader set unit_code = '*'",
    "the keys": "select * from access.api_key",
    "a key's owner": "select * from access.admit('x')",
}


@pytest.mark.parametrize("attempt", TRIES)
@pytest.mark.parametrize("login", ["nobody", "ia_dom"])
def test_no_reader_can_make_itself_see_more(province: Province, attempt: str, login: str) -> None:
    with database.transaction(province.logins[login]) as connection, connection.cursor() as cursor:
        count = "select count(*) from reporting.indicator_quarterly"
        cursor.execute(count)
        before = cursor.fetchone()
        cursor.execute("savepoint before")
        try:
            cursor.execute(TRIES[attempt].format(key=province.key_ids["province"]))
        except psycopg2.errors.InsufficientPrivilege:
            cursor.execute("rollback to before")
        cursor.execute(count)
        assert cursor.fetchone() == before


def test_an_error_tells_nothing_of_a_row_that_is_not_seen(province: Province) -> None:
    """Without security_barrier the cast is tried on every row, and the message quotes it."""
    for view in ("indicator_quarterly", "appendix", "dossier_flow", "unit"):
        with pytest.raises(psycopg2.errors.InvalidTextRepresentation) as told:
            rows(province.logins["ia_dom"], f"select * from reporting.{view} where unit_name::int = 1")
        assert '"Xã Ia Dom"' in str(told.value)


def test_the_api_sees_what_the_key_sees_that_it_names_and_without_one_nothing(province: Province) -> None:
    def seen(url: str, key: object) -> list[tuple]:
        with database.transaction(url) as connection, connection.cursor() as cursor:
            cursor.execute("select set_config('cchc.reader', %s, true)", (str(key),))
            cursor.execute("select distinct unit_name from reporting.indicator_quarterly")
            return cursor.fetchall()

    for url in (province.api, province.owner):
        assert seen(url, province.key_ids["ia_dom"]) == [("Xã Ia Dom",)]
        assert seen(url, 999) == seen(url, "x") == []
    assert seen(province.api, "") == []
    assert len(seen(province.owner, "")) == 5
    with database.transaction(province.owner) as connection, connection.cursor() as cursor:
        key_id, *_ = readers.make_key(
            cursor, "ended", "*", province="H21", lasts=readers.LONGEST_KEY, by="test", on=None
        )
        for ended in ("expires_at = now()", "revoked_at = now(), expires_at = now() + interval '1 day'"):
            cursor.execute(f"update access.api_key set {ended} where key_id = %s", (key_id,))
            cursor.execute("select set_config('cchc.reader', %s, true)", (str(key_id),))
            cursor.execute("select count(*) from reporting.indicator_quarterly")
            assert cursor.fetchone() == (0,), ended
        connection.rollback()


def test_logins_of_before_go_on_seeing_the_province_and_those_made_later_nothing(province: Province) -> None:
    with database.transaction(province.owner) as connection, connection.cursor() as cursor:
        cursor.execute("drop table access.reader")
        script = (project_files.SQL / "schema" / "026_reader.sql").read_text("utf-8")
        cursor.execute(script)
        cursor.execute("create role test_later login in role cchc_reader")
        cursor.execute(script)
        cursor.execute("select login, unit_code from access.reader where login like 'test%'")
        assert set(cursor.fetchall()) == {(make, "*") for make in map("test_{}".format, province.logins)}
        cursor.execute("set session authorization test_ia_dom; select count(*) from reporting.indicator_annual")
        assert cursor.fetchone()[0] > 0
        cursor.execute("set session authorization test_later; select count(*) from reporting.indicator_annual")
        assert cursor.fetchone() == (0,)
        connection.rollback()


def test_readers_are_set_listed_and_removed_by_command(
    province: Province, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("CCHC_WAREHOUSE_URL", province.owner)
    assert cli.run(["readers", "set", "test_nobody", "23869@30/06/2025", "--by", "lan"]) == 0
    assert units(province.logins["nobody"], "indicator_quarterly", "2025-Q2") == {("23869", "Xã Ia Kla")}
    capsys.readouterr()
    assert cli.run(["readers"]) == 0
    listed = capsys.readouterr().out
    assert "test_nobody" in listed
    assert "Xã Ia Kla (23869)" in listed
    assert cli.run(["readers", "remove", "test_nobody"]) == 0
    assert units(province.logins["nobody"], "indicator_quarterly", "2025-Q2") == set()
    assert cli.run(["readers", "remove", "test_nobody"]) == 2
    assert cli.run(["readers", "set", "no_such_login", "*"]) == 2
    assert "the database has no login 'no_such_login'" in capsys.readouterr().err
    told = rows(province.owner, "select kind, by_name from access.reader_event where name = 'test_nobody' order by at")
    assert told[0] == ("set", "lan")
    assert told[1][0] == "removed"


def test_a_key_is_printed_once_and_kept_as_a_hash(
    province: Province, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CCHC_WAREHOUSE_URL", province.owner)
    assert cli.run(["readers", "key", "add", "ioc", "23872", "--days", "30"]) == 0
    key = capsys.readouterr().out.splitlines()[-1]
    ((kept,),) = rows(province.owner, "select to_jsonb(api_key)::text from access.api_key where name = 'ioc'")
    assert key not in kept
    assert readers.key_hash(key) in kept
    (found,) = rows(province.owner, "select key_id, name, unit_code from access.admit(%s)", readers.key_hash(key))
    assert found[1:] == ("ioc", "23872")
    assert cli.run(["readers", "key", "revoke", str(found[0])]) == 0
    assert rows(province.owner, "select * from access.admit(%s)", readers.key_hash(key)) == []
    assert cli.run(["readers", "key", "revoke", str(found[0])]) == 2
    assert cli.run(["readers", "key", "add", "ioc", "*", "--days", "99999"]) == 2


def test_a_unit_that_nobody_knows_cannot_be_seen(province: Province) -> None:
    with (
        database.transaction(province.owner) as connection,
        connection.cursor() as cursor,
        pytest.raises(UsageError, match="no unit 'XX' was ever delivered"),
    ):
        readers.let_read(cursor, "test_nobody", "XX", province="H21", by="test")
