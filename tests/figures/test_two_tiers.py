"""A province around 1/7/2025: the district goes, communes merge, and what is open moves to who takes over."""

import itertools
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from psycopg2.extensions import cursor as Cursor

from etl import catalogue, pipeline, settings
from etl.figures import appendix, period_figures, prove
from etl.periods import Period
from etl.warehouse import database
from tests import tables
from tests.databases import fresh_database
from tests.inbox import deliver

BEFORE = """
    Mã đơn vị | Tên đơn vị       | Mã đơn vị cấp trên | Loại
    64        | UBND tỉnh        |                    | UBND cấp tỉnh
    64.SNV    | Sở Nội vụ        | 64                 | Sở, ngành
    631       | UBND huyện       | 64                 | UBND cấp huyện
    631.T1    | Trường Mầm non   | 631                | Đơn vị sự nghiệp
    23857     | Thị trấn Chư Ty  | 631                | UBND cấp xã
    23878     | Xã Ia Kriêng     | 631                | UBND cấp xã
    23860     | Xã Ia Dơk        | 631                | UBND cấp xã
    23869     | Xã Ia Kla        | 631                | UBND cấp xã
"""
AFTER = """
    Mã đơn vị | Tên đơn vị       | Mã đơn vị cấp trên | Loại               | Ngày thành lập | Cấp quản lý | Mức tự chủ
    52        | UBND tỉnh        |                    | UBND cấp tỉnh      | 01/07/2025     |             |
    52.SNV    | Sở Nội vụ        | 52                 | Sở, ngành          | 01/07/2025     |             |
    23857     | UBND xã Đức Cơ   | 52                 | UBND cấp xã        | 01/07/2025     |             |
    23857.VP  | Văn phòng        | 23857              | Cơ quan hành chính | 01/07/2025     |             |
    23869     | UBND xã Ia Dơk   | 52                 | UBND cấp xã        | 01/07/2025     |             |
    631.T1    | Trường Mầm non   | 23869              | Đơn vị sự nghiệp   |                | UBND xã     | 4
"""
ENDED = """
    Mã đơn vị | Tên đơn vị       | Mã đơn vị cấp trên | Loại           | Ngày giải thể | Đơn vị kế thừa
    64        | UBND tỉnh        |                    | UBND cấp tỉnh  | 01/07/2025    |
    64.SNV    | Sở Nội vụ        | 64                 | Sở, ngành      | 01/07/2025    | 52.SNV
    631       | UBND huyện       | 64                 | UBND cấp huyện | 01/07/2025    |
    23878     | Xã Ia Kriêng     | 631                | UBND cấp xã    | 01/07/2025    |
    23860     | Xã Ia Dơk        | 631                | UBND cấp xã    | 01/07/2025    |
"""
PROCEDURES = """
    Mã thủ tục | Cấp thực hiện
    2.000635   | Xã
    2.000636   | Huyện
    2.000637   | Sở
"""
# received before the change and open on it, but for the first of each unit
DOSSIERS = """
    Mã hồ sơ | Mã đơn vị | Mã thủ tục | Ngày tiếp nhận | Ngày hẹn trả | Ngày kết thúc xử lý | Trạng thái
    A1       | 23857     | 2.000635   | 20/06/2025     | 25/06/2025   | 25/06/2025          | Đã xử lý xong
    A2       | 23857     | 2.000635   | 20/06/2025     | 25/07/2025   | 20/07/2025          | Đã xử lý xong
    A3       | 23857     | 2.000635   | 02/06/2025     | 25/08/2025   |                     | Đang xử lý
    B1       | 23878     | 2.000635   | 20/06/2025     | 25/06/2025   | 02/07/2025          | Đã xử lý xong
    C1       | 631       | 2.000636   | 02/06/2025     | 25/06/2025   |                     | Đang xử lý
    C2       | 631       | 2.000636   | 20/06/2025     | 25/12/2025   | 20/10/2025          | Đã xử lý xong
    D1       | 64.SNV    | 2.000637   | 20/06/2025     | 25/12/2025   | 05/01/2026          | Đã xử lý xong
    D2       | 52.SNV    | 2.000637   | 02/06/2025     | 25/12/2025   |                     | Đang xử lý
    E1       | 23857     | 2.000635   | 01/07/2025     | 25/12/2025   |                     | Đang xử lý
    F1       | 23857.VP  | 2.000635   | 30/06/2025     | 25/07/2025   |                     | Đang xử lý
    X1       | 99999     | 2.000635   | 20/06/2025     | 25/07/2025   |                     | Đang xử lý
"""
PERIODS = ("2025-Q2", "2025-Q3", "2025-Q4", "2026-Q1")
COLUMNS = "received, carried_over, taken_over, resolved, pending, pending_overdue, handed_over"
FLOW = {
    "2025-Q2": """
        64 -         | 3 | 0 | 0 | 0 | 3 | 0 | 0
        64.SNV -     | 1 | 0 | 0 | 0 | 1 | 0 | 0
        631 -        | 2 | 0 | 0 | 0 | 2 | 0 | 0
        23857 cũ     | 1 | 0 | 0 | 0 | 1 | 0 | 0
    """,
    "2025-Q3": """
        64 -         | 6 | 3 | 0 | 1 | 0 | 0 | 8
        64.SNV -     | 1 | 1 | 0 | 0 | 0 | 0 | 2
        631 -        | 5 | 2 | 0 | 1 | 0 | 0 | 6
        23857 cũ     | 3 | 1 | 0 | 1 | 0 | 0 | 3
        23878 -      | 1 | 0 | 0 | 0 | 0 | 0 | 1
        52 -         | 1 | 0 | 8 | 2 | 7 | 3 | 0
        52.SNV -     | 0 | 0 | 2 | 0 | 2 | 0 | 0
        23857 mới    | 1 | 0 | 4 | 2 | 3 | 2 | 0
        23857.VP -   | 0 | 0 | 1 | 0 | 1 | 1 | 0
    """,
    "2025-Q4": """
        52 -         | 0 | 7 | 0 | 1 | 6 | 3 | 0
        52.SNV -     | 0 | 2 | 0 | 0 | 2 | 0 | 0
        23857 mới    | 0 | 3 | 0 | 0 | 3 | 2 | 0
    """,
    "2026-Q1": """
        52 -         | 0 | 6 | 0 | 1 | 5 | 5 | 0
        52.SNV -     | 0 | 2 | 0 | 1 | 1 | 1 | 0
        23857 mới    | 0 | 3 | 0 | 0 | 3 | 3 | 0
    """,
}


@pytest.fixture(scope="module")
def province(server_url: str, template_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The province's warehouse with the figures of the quarters around the change."""
    with fresh_database(server_url, template_database) as url, pytest.MonkeyPatch.context() as patch:
        folder: Path = tmp_path_factory.mktemp("province")
        patch.setenv("CCHC_ARCHIVE", str(folder / "archive"))
        inbox = folder / "inbox"
        deliver(inbox, "hr/units", "2025-01-10", BEFORE, sender="64")
        deliver(inbox, "hr/units", "2025-07-10", AFTER, sender="52")
        deliver(inbox, "hr/units", "2025-07-15", ENDED, sender="64")
        deliver(inbox, "one_stop_shop/procedures", "2025-07-15", PROCEDURES, sender="52")
        deliver(inbox, "one_stop_shop/dossiers", "2026-03-10", DOSSIERS, sender="52")
        configured = settings.read()
        pipeline.land(configured, url, inbox=str(inbox))
        received = {(r.export, r.sender, r.delivered_on): r for r in pipeline.load_waiting(configured, url)}
        assert {r.status for e, r in received.items() if e[0] != "one_stop_shop/dossiers"} == {"accepted"}
        list(pipeline.materialise_each(url, [Period.parse(code) for code in PERIODS]))
        yield url


def rows(url: str, statement: str, *values: object) -> list[tuple]:
    with database.transaction(url) as connection, connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()


def test_a_dossier_may_carry_the_code_of_who_took_over_and_no_other(province: str) -> None:
    """Received before the unit existed: D2 (52.SNV, successor of 64.SNV), F1 (below a new commune)."""
    violated = "select raw ->> 'Mã hồ sơ' from quality.quarantined_row where rule_ids @> array['DOS-03']"
    assert rows(province, violated) == [("X1",)]
    counted = "select rows_failed, rows_judged_failed from quality.result where rule_id = 'DOS-03'"
    assert rows(province, counted) == [(1, 1)]


@pytest.mark.parametrize("period", PERIODS)
def test_what_is_open_moves_to_who_takes_over(province: str, period: str) -> None:
    found = {
        f"{code} {'-' if code != '23857' else 'cũ' if since.year == 1900 else 'mới'}": counts
        for code, since, *counts in rows(
            province,
            f"select unit_code, unit_valid_from, {COLUMNS} from reporting.dossier_flow"
            " where period_code = %s and field = 'Tất cả'",
            period,
        )
    }
    drawn = [line.split("|") for line in FLOW[period].strip().splitlines()]
    assert {unit: found[unit] for unit in [name.strip() for name, *_ in drawn]} == {
        unit.strip(): [int(count) for count in counts] for unit, *counts in drawn
    }


# A ends on 1/7 and is taken over by B, which ends on 1/8 and is taken over by C: B never did anything itself.
PASSED_ON = {
    "unit": """
        org_code | parent_code | unit_kind     | dissolved_on | successor_code
        G        | -           | UBND cấp tỉnh | -            | -
        A        | G           | UBND cấp xã   | 2025-07-01   | B
        B        | G           | UBND cấp xã   | 2025-08-01   | C
        C        | G           | UBND cấp xã   | -            | -
    """,
    "dossier": """
        org_code | field         | received_on | finished_on
        A        | HỘ TỊCH       | 2025-06-20  | -
        A        | Hộ tịch       | 2025-06-20  | 2025-09-01
        A        | Văn hoá cơ sở | 2025-06-10  | -
        C        | Văn hóa cơ sở | 2025-08-10  | -
    """,
}
PASSED_ON_FLOW = """
unit_code | field         | received | carried_over | taken_over | resolved | pending | handed_over
A         | Hộ tịch       | 2        | 0            | 0          | 0        | 0       | 2
A         | Tất cả        | 2        | 1            | 0          | 0        | 0       | 3
A         | Văn hóa cơ sở | 0        | 1            | 0          | 0        | 0       | 1
B         | Hộ tịch       | 0        | 0            | 2          | 0        | 0       | 2
B         | Tất cả        | 0        | 0            | 3          | 0        | 0       | 3
B         | Văn hóa cơ sở | 0        | 0            | 1          | 0        | 0       | 1
C         | Hộ tịch       | 0        | 0            | 2          | 1        | 1       | 0
C         | Tất cả        | 1        | 0            | 3          | 1        | 3       | 0
C         | Văn hóa cơ sở | 1        | 0            | 1          | 0        | 2       | 0
"""


def test_what_moves_is_told_of_each_field_however_it_is_written(cursor: Cursor) -> None:
    tables.given(cursor, PASSED_ON)
    wanted = tables.drawn(PASSED_ON_FLOW)
    periods = [Period.parse(code) for code in ("2025-Q2", "2025-Q3", "2025-Q4")]
    for period in periods:
        period_figures.materialise(cursor.connection, period)
    found = tables.rows(
        cursor,
        f"select {', '.join(wanted[0])} from mart.dossier_flow where period_code = '2025-Q3' and unit_code <> 'G'"
        " order by unit_code, field",
    )
    assert [tuple(map(str, row)) for row in found] == [tuple(row.values()) for row in wanted]
    assert [f for p in periods for f in prove.prove_period(cursor.connection, p) if f.rule_id > "FIG-10"] == []


def test_no_dossier_is_counted_twice_or_lost(province: str) -> None:
    """What one period leaves the next carries over, of the whole province; and every flow adds up, at every unit."""
    whole = "from reporting.dossier_flow where field = 'Tất cả' and unit_code in ('64', '52')"
    tops = f"select sum({{}}) {whole} and period_code = %s"
    for before, after in itertools.pairwise(PERIODS):
        assert rows(province, tops.format("pending"), before) == rows(province, tops.format("carried_over"), after)
    assert rows(province, f"select sum(received) {whole}") == [(10,)]
    broken = (
        "select period_code, rule_id, unit_code from quality.finding where rule_id in ('FIG-11', 'FIG-12', 'FIG-13')"
    )
    assert rows(province, broken) == []


def test_a_unit_without_a_known_successor_is_named(province: str) -> None:
    """Nobody said who takes over from the district: what is open there is the province's, and 631 is named."""
    found = "select period_code, unit_code, subject, left_side from quality.finding where rule_id = 'FIG-16' order by 1"
    assert rows(province, found) == [
        ("2025-Q3", "52", "đơn vị 631", 2),
        ("2025-Q4", "52", "đơn vị 631", 1),
        ("2026-Q1", "52", "đơn vị 631", 1),
    ]
    told = "select statement from quality.finding where rule_id = 'FIG-16' and period_code = '2025-Q3'"
    assert rows(province, told) == [
        (
            "FIG-16, số tính được: đơn vị 631 không đúng, 2 so với 0. Hồ sơ đang giải quyết của đơn vị đã giải thể"
            " phải có đơn vị kế thừa: khai ở cột Đơn vị kế thừa (hr/units).",
        )
    ]


def test_one_row_per_documented_key(province: str) -> None:
    for view, key in (
        ("indicator_quarterly", "period_code, unit_code, unit_valid_from, indicator_code"),
        ("appendix", "period_code, unit_code, unit_valid_from, indicator_code"),
        ("dossier_flow", "period_code, unit_code, unit_valid_from, field"),
    ):
        twice = f"select {key} from reporting.{view} group by {key} having count(*) > 1"
        assert rows(province, twice) == []
        current = key.replace(" unit_valid_from,", "")
        assert rows(province, twice.replace(key, current)) != [], "a code had two meanings in the third quarter"
        current_only = f"select {current} from reporting.{view} where is_current_meaning"
        assert rows(province, f"{current_only} group by {current} having count(*) > 1") == []
        finite = f"select bool_and(isfinite(unit_valid_from)), min(unit_valid_from) from reporting.{view}"
        assert rows(province, finite) == [(True, date(1900, 1, 1))]


def test_a_code_is_shown_as_what_it_means_at_the_end_or_on_a_day(province: str) -> None:
    with database.transaction(province) as connection:
        named = {
            asked: appendix.read(connection, "2025-Q3", asked).unit_name
            for asked in ("23869", "23869@2025-06-30", "23869@2025-07-01", "23869@1990-01-01", "23869@2030-01-01")
        }
    assert named == {
        "23869": "UBND xã Ia Dơk",
        "23869@2025-06-30": "Xã Ia Kla",
        "23869@2025-07-01": "UBND xã Ia Dơk",
        "23869@1990-01-01": "Xã Ia Kla",
        "23869@2030-01-01": "UBND xã Ia Dơk",
    }


def test_rows_of_the_abolished_tier_have_ended(province: str) -> None:
    ended = ["3.1.3.b", "3.4.2", "4.1.4.c", "5.3.4", "7.6.1.b", "7.7.2"]
    status = "select distinct period_code, status from reporting.indicator_quarterly where indicator_code = any(%s)"
    assert set(rows(province, f"{status} and period_code >= '2025-Q3'", ended)) == {
        (code, "not_applicable") for code in PERIODS[1:]
    }
    assert ("2025-Q2", "observed") in rows(province, status, ended)


def test_a_commune_answers_for_what_its_district_did(province: str) -> None:
    def levels(period: str, unit_level: str) -> set[str]:
        applicable = (
            "select distinct indicator_code from reporting.indicator_quarterly"
            " where period_code = %s and unit_level = %s and status <> 'not_applicable'"
        )
        return {code for (code,) in rows(province, applicable, period, unit_level)}

    ended = {code for code, indicator in catalogue.reported(date(2025, 9, 14)).items() if not indicator.levels}
    assert levels("2025-Q2", "district") - ended <= levels("2025-Q4", "commune")
    assert levels("2025-Q4", "district") == set()


def test_findings_and_flow_of_the_change_are_proved_again_alike(province: str) -> None:
    with database.transaction(province) as connection, connection.cursor() as cursor:
        kept = prove.findings(connection, Period.parse("2025-Q3"))
        again = prove.prove_period(connection, Period.parse("2025-Q3"))
        assert {(f.unit_code, f.rule_id, f.subject) for f in again} == {
            (f.unit_code, f.rule_id, f.subject) for f in kept if f.origin == "computed"
        }
        assert period_figures.last_made(cursor, Period.parse("2025-Q3")).code == "2025-Q3"


def test_what_is_found_of_a_code_is_not_told_of_what_it_meant_before(province: str, tmp_path: Path) -> None:
    """What is proved as computed, and kept, is what the code means at the end; the printed column is anybody's."""
    (tmp_path / "printed.csv").write_text("code,printed_value\n3.1.3,5\n3.1.3.a,1\n3.1.3.b,1\n3.1.3.c,1\n", "utf-8")
    kept = "select unit_code, rule_id, subject, origin, statement from quality.finding order by 1, 2, 3, 4, 5"
    before = rows(province, kept)
    with database.transaction(province) as connection:
        _, broken = prove.reconcile(connection, Period.parse("2025-Q3"), "23869@2025-06-30", tmp_path / "printed.csv")
    assert [(f.rule_id, f.origin) for f in broken] == [("FIG-01", "printed")]
    assert rows(province, kept) == before


def test_what_the_office_says_of_a_successor_is_kept(province: str) -> None:
    said = "select org_code, successor_code from core.unit where successor_code is not null"
    assert rows(province, said) == [("64.SNV", "52.SNV")]


def test_a_list_without_the_column_of_successors_is_no_other_version(
    warehouse_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The column is new: what was delivered without it is what is delivered with it, empty."""
    monkeypatch.setenv("CCHC_ARCHIVE", str(tmp_path / "archive"))
    configured = settings.read()
    for day in ("2025-01-10", "2025-01-11", "2025-01-12"):
        path = deliver(tmp_path / "inbox", "hr/units", day, BEFORE, sender="64")
        if day != "2025-01-11":
            header, *lines = path.read_text("utf-8-sig").splitlines()
            assert header.endswith(",Đơn vị kế thừa")
            path.write_text("\n".join(line.rpartition(",")[0] for line in (header, *lines)) + "\n", "utf-8")
        pipeline.land(configured, warehouse_url, inbox=str(tmp_path / "inbox"))
        (receipt,) = pipeline.load_waiting(configured, warehouse_url)
        assert (receipt.status, receipt.rows_loaded) == ("accepted", 8 if day == "2025-01-10" else 0)
    assert rows(warehouse_url, "select count(*) from core.unit_history") == [(0,)]
