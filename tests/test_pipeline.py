"""From delivered files to core tables: whatever is delivered, how often, in which order and however a load ends."""

import itertools
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg2
import pytest

from etl import catalogue, pipeline, settings
from etl.catalogue import project_files
from etl.errors import UsageError
from etl.figures import period_figures
from etl.landing import arrivals, receipts
from etl.loading import earlier, first_pass, repetitions, replay
from etl.migration import schema
from etl.periods import Period
from etl.pipeline import Receipt
from etl.warehouse import core_tables, database
from tests.databases import content, fresh_database, rows
from tests.inbox import DEFAULTS, PROCEDURES, UNITS, deliver

MONDAY = """
    Mã hồ sơ                  | Ngày tiếp nhận | Ngày hẹn trả | Ngày kết thúc xử lý | Trạng thái
    000.00.16.H21-211201-0001 | 01/12/2021     | 03/12/2021   | 02/12/2021          | Đã trả kết quả
    000.00.16.H21-211201-0002 | 01/12/2021     | 07/12/2021   |                     | Đang xử lý
    000.00.16.H21-211201-0003 | 01/12/2021     | 07/12/2021   | 30/11/2021          | Đã trả kết quả
"""
TUESDAY = """
    Mã hồ sơ                  | Ngày tiếp nhận | Ngày hẹn trả | Ngày kết thúc xử lý | Trạng thái
    000.00.16.H21-211201-0001 | 01/12/2021     | 03/12/2021   | 02/12/2021          | Đã trả kết quả
    000.00.16.H21-211201-0002 | 01/12/2021     | 07/12/2021   | 07/12/2021          | Đã xử lý xong
    000.00.16.H21-211201-0003 | 01/12/2021     | 07/12/2021   | 03/12/2021          | Đã trả kết quả
"""
WEDNESDAY = """
    Mã hồ sơ                  | Mã đơn vị | Ngày tiếp nhận | Ngày hẹn trả | Ngày kết thúc xử lý | Trạng thái
    000.00.16.H21-211201-0001 | 23857     | 01/12/2021     | 03/12/2021   | 02/12/2021          | Đã trả kết quả
    000.00.16.H21-211201-0002 | 23857     | 01/12/2021     | 07/12/2021   |                     | Đang xử lý
    000.00.16.H21-211207-0001 | 23860     | 07/12/2021     | 09/12/2021   |                     | Đang xử lý
    000.00.16.H21-211208-0001 | 23860     | 08/12/2021     | 10/12/2021   |                     | Đang xử lý
"""


def load(configured: settings.Settings, url: str, inbox: Path) -> list[Receipt]:
    pipeline.land(configured, url, inbox=str(inbox))
    return list(pipeline.load_waiting(configured, url))


def reference_days(inbox: Path) -> None:
    deliver(inbox, "hr/units", "2021-12-01", UNITS)
    deliver(inbox, "one_stop_shop/procedures", "2021-12-01", PROCEDURES)


def test_a_night_brings_new_rows_changes_some_and_leaves_the_rest_alone(configured, warehouse_url, inbox):
    reference_days(inbox)
    deliver(inbox, "one_stop_shop/dossiers", "2021-12-06", MONDAY)
    monday = load(configured, warehouse_url, inbox)[-1]
    deliver(inbox, "one_stop_shop/dossiers", "2021-12-07", TUESDAY)
    (tuesday,) = load(configured, warehouse_url, inbox)

    assert (monday.rows_read, monday.rows_loaded, monday.rows_unchanged, monday.rows_quarantined) == (3, 2, 0, 1)
    assert (tuesday.rows_read, tuesday.rows_loaded, tuesday.rows_unchanged, tuesday.rows_quarantined) == (3, 2, 1, 0)
    assert rows(warehouse_url, "select right(dossier_code, 4), status, file_id, line from core.dossier order by 1") == [
        ("0001", "Đã trả kết quả", monday.file_id, 2),  # as it was: not rewritten
        ("0002", "Đã xử lý xong", tuesday.file_id, 3),
        ("0003", "Đã trả kết quả", tuesday.file_id, 4),
    ]
    assert rows(
        warehouse_url, "select right(dossier_code, 4), status, file_id, superseded_by, closed from core.dossier_history"
    ) == [("0002", "Đang xử lý", monday.file_id, tuesday.file_id, False)]
    # the bad row of Monday is settled by the good one of Tuesday, and still there
    assert rows(
        warehouse_url,
        "select line, rule_ids, raw->>'Ngày kết thúc xử lý', resolved_by, resolution from quality.quarantined_row",
    ) == [(4, ["DOS-13"], "30/11/2021", tuesday.file_id, "corrected")]


def test_a_shifted_row_is_none_of_those_that_are_known_or_given_again(configured, warehouse_url, inbox):
    """The cells that are read of it are those of the whole row: what stands behind them is what is wrong."""
    reference_days(inbox)
    header = "Mã chỉ tiêu,Năm,Kỳ báo cáo,Mã đơn vị,Giá trị,Ghi chú,Văn bản chứng minh"
    known, new, third = (f"{code},2021,Năm,23857,5,," for code in ("1.2.3", "1.2.4", "1.2.5"))
    loaded = []
    # the last day says of one key two things, of which nobody knows which is right
    for day, lines in (("15", [known]), ("16", [f"{known},", new]), ("17", [f"{third},", third])):
        path = inbox / f"declarations/indicators/2021-12-{day}/duc-co.csv"
        path.parent.mkdir(parents=True)
        path.write_text("\n".join([header, *lines, ""]))
        receipt = load(configured, warehouse_url, inbox)[-1]
        loaded.append((receipt.rows_read, receipt.rows_loaded, receipt.rows_unchanged, receipt.rows_quarantined))
    assert loaded == [(1, 1, 0, 0), (2, 1, 0, 1), (2, 0, 0, 2)]
    assert rows(warehouse_url, "select indicator_code from core.declaration order by 1") == [("1.2.3",), ("1.2.4",)]
    shifted = "select record_key, raw->>'số ô' from quality.quarantined_row where 'FIL-10' = any(rule_ids) order by 1"
    assert [(key.partition("|")[0], said) for key, said in rows(warehouse_url, shifted)] == [
        ("1.2.3", "8 ô; tiêu đề có 7 ô"),
        ("1.2.5", "8 ô; tiêu đề có 7 ô"),
    ]


def test_an_empty_list_is_held_and_an_office_may_have_nothing_to_report(configured, warehouse_url, inbox):
    """A list without a row would close every row of the one before."""
    reference_days(inbox)
    load(configured, warehouse_url, inbox)
    header = "Mã đơn vị | Tên đơn vị | Mã đơn vị cấp trên | Loại"
    deliver(inbox, "hr/units", "2021-12-02", header)
    deliver(inbox, "hr/units", "2021-12-02", header, sender="xa-khac")
    deliver(inbox, "document_management/tasks", "2021-12-02", "Mã nhiệm vụ | Nội dung")
    assert [(r.export, r.sender, r.status, r.rows_read) for r in load(configured, warehouse_url, inbox)] == [
        ("hr/units", "duc-co", "held", 0),
        ("hr/units", "xa-khac", "accepted", 0),
        ("document_management/tasks", "duc-co", "accepted", 0),
    ]
    assert rows(warehouse_url, "select count(*) from core.unit") == [(3,)]
    assert rows(
        warehouse_url,
        "select severity, sum(rows_failed)::int from quality.result where rule_id = 'FIL-05' group by 1",
    ) == [("warning", 2)]


def test_partitions_are_there_before_the_year_begins(configured, warehouse_url, inbox):
    reference_days(inbox)
    deliver(inbox, "one_stop_shop/dossiers", "2021-12-06", MONDAY)
    load(configured, warehouse_url, inbox)
    assert rows(warehouse_url, "select relname from pg_class where relname ~ '^dossier_20..$' order by 1") == [
        ("dossier_2021",),
        ("dossier_2022",),
    ]


def test_of_rows_with_the_same_key_none_counts_where_they_say_different_things(configured, warehouse_url, inbox):
    """The third row says again what the first said: of those two the last is asked about."""
    reference_days(inbox)
    declared = """
        Mã chỉ tiêu | Năm  | Kỳ báo cáo | Mã đơn vị | Giá trị
        1.2.3       | 2021 | Năm        | 23857     | 5
        1.2.3       | 2021 | Năm        | 23857     | 6
        1.2.3       | 2021 | Năm        | 23857     | 5
    """
    deliver(inbox, "declarations/indicators", "2021-12-15", declared)
    receipt = load(configured, warehouse_url, inbox)[-1]
    assert (receipt.rows_read, receipt.rows_loaded, receipt.rows_unchanged) == (3, 0, 1), receipt
    kept = "select line, rule_ids from quality.quarantined_row order by line"
    assert rows(warehouse_url, kept) == [(3, ["DEC-63"]), (4, ["DEC-63"])]
    assert rows(warehouse_url, "select value from core.declaration") == []


@pytest.mark.parametrize("block_bytes", [64, first_pass.BLOCK_BYTES])
def test_a_known_row_is_asked_about_where_its_key_comes_a_second_time(
    configured, warehouse_url, inbox, monkeypatch, block_bytes
):
    """Known rows are passed over, but not where the same file tells something else of the same key."""
    monkeypatch.setattr(first_pass, "BLOCK_BYTES", block_bytes)
    reference_days(inbox)
    header = "Mã chỉ tiêu | Năm  | Kỳ báo cáo | Mã đơn vị | Giá trị"
    one, other = (f"1.2.3 | 2021 | Năm | 23857 | {value}" for value in (5, 6))
    for day, lines, counts, now, before in (
        # loaded, unchanged, kept out
        ("2021-12-15", [one], (1, 0, 0), ("5", 2), []),
        ("2021-12-16", [other, one], (0, 0, 2), ("5", 2), []),
        ("2021-12-17", [one, one], (0, 2, 0), ("5", 2), []),
        ("2021-12-18", [one, other], (0, 0, 2), ("5", 2), []),
        ("2021-12-19", [other, other], (1, 1, 0), ("6", 3), [("5", 2)]),
    ):
        deliver(inbox, "declarations/indicators", day, "\n".join([header, *lines]))
        receipt = load(configured, warehouse_url, inbox)[-1]
        assert (receipt.rows_loaded, receipt.rows_unchanged, receipt.rows_quarantined) == counts, day
        assert rows(warehouse_url, "select value, line from core.declaration") == [now], day
        assert rows(warehouse_url, "select value, line from core.declaration_history order by 1, 2") == before, day

    deliver(inbox, "one_stop_shop/dossiers", "2021-12-06", MONDAY)
    load(configured, warehouse_url, inbox)
    head, first, *_ = MONDAY.strip("\n").splitlines()
    deliver(inbox, "one_stop_shop/dossiers", "2021-12-07", "\n".join([head, first, first.replace("03/", "04/")]))
    (receipt,) = load(configured, warehouse_url, inbox)
    assert (receipt.rows_loaded, receipt.rows_unchanged, receipt.rows_quarantined) == (0, 0, 2)
    broken = "select line, rule_ids from quality.quarantined_row where file_id = %s order by line"
    assert rows(warehouse_url, broken, receipt.file_id) == [(2, ["DOS-12"]), (3, ["DOS-12"])]

    # and where a rule wants the key once, it counts also if the file only says the same again
    header = "Mã nhiệm vụ | Nội dung | Cấp giao | Mã đơn vị thực hiện | Ngày giao"
    one, other = (f"NV{n} | Rà soát | UBND tỉnh | 23857 | 01/12/2021" for n in (1, 2))
    for day, lines, counts in (("2021-12-06", [one, other], (2, 0, 0)), ("2021-12-07", [one, other, one], (0, 1, 2))):
        deliver(inbox, "document_management/tasks", day, "\n".join([header, *lines]))
        (receipt,) = load(configured, warehouse_url, inbox)
        assert (receipt.rows_loaded, receipt.rows_unchanged, receipt.rows_quarantined) == counts, day
    assert rows(warehouse_url, broken, receipt.file_id) == [(2, ["TSK-01"]), (4, ["TSK-01"])]


def test_rows_hashed_by_another_version_are_compared_once(configured, warehouse_url, inbox):
    reference_days(inbox)
    deliver(inbox, "one_stop_shop/dossiers", "2021-12-06", MONDAY)
    load(configured, warehouse_url, inbox)
    with database.transaction(warehouse_url) as connection, connection.cursor() as cursor:
        cursor.execute("update core.dossier set raw_hash = -raw_hash; update landing.file set hash_version = 'of old'")
    deliver(inbox, "one_stop_shop/dossiers", "2021-12-07", TUESDAY)
    (receipt,) = load(configured, warehouse_url, inbox)
    assert (receipt.rows_read, receipt.rows_loaded, receipt.rows_unchanged) == (3, 2, 1)
    state = "select count(*) filter (where hash_version = 'of old' and export like '%%dossiers') from landing.file"
    assert rows(warehouse_url, state) == [(0,)]
    with database.transaction(warehouse_url) as connection, connection.cursor() as cursor:
        delivered = receipts.file(connection, receipt.file_id)
        known = earlier.known_hashes(cursor, delivered)
    assert len(known) == 3


def test_loading_twice_changes_nothing(configured, warehouse_url, inbox):
    reference_days(inbox)
    deliver(inbox, "one_stop_shop/dossiers", "2021-12-06", MONDAY)
    load(configured, warehouse_url, inbox)
    before = content(warehouse_url)
    assert load(configured, warehouse_url, inbox) == []
    assert content(warehouse_url) == before


def test_the_same_bytes_delivered_again_are_a_recorded_no_op(configured, warehouse_url, inbox):
    reference_days(inbox)
    deliver(inbox, "one_stop_shop/dossiers", "2021-12-06", MONDAY)
    load(configured, warehouse_url, inbox)
    before = content(warehouse_url)
    deliver(inbox, "one_stop_shop/dossiers", "2021-12-07", MONDAY)
    assert load(configured, warehouse_url, inbox) == []
    assert rows(
        warehouse_url, "select status, message like 'Tệp này trùng%%' from landing.file order by file_id desc limit 1"
    ) == [("duplicate", True)]
    after = content(warehouse_url)
    after.pop("landing.file"), before.pop("landing.file")
    assert after == before


def test_two_halves_are_the_whole(configured, warehouse_url, empty_url, tmp_path):
    whole, halves = tmp_path / "whole", tmp_path / "halves"
    head, *lines = TUESDAY.strip("\n").splitlines()
    for inbox in (whole, halves):
        reference_days(inbox)
    deliver(whole, "one_stop_shop/dossiers", "2021-12-07", TUESDAY)
    deliver(halves, "one_stop_shop/dossiers", "2021-12-07", "\n".join([head, *lines[:1]]), sender="duc-co.1")
    deliver(halves, "one_stop_shop/dossiers", "2021-12-07", "\n".join([head, *lines[1:]]), sender="duc-co.2")
    schema.migrate(empty_url)
    load(configured, warehouse_url, whole)
    load(configured, empty_url, halves)
    select = "select {} from core.dossier order by dossier_code".format(
        ", ".join(
            c
            for c in core_tables.core_columns(catalogue.export("one_stop_shop/dossiers"))
            if c not in ("file_id", "line")
        )
    )
    assert rows(warehouse_url, select) == rows(empty_url, select)
    assert rows(warehouse_url, "table mart.dossier_daily order by 1, 2, 3, 4, 5") == rows(
        empty_url, "table mart.dossier_daily order by 1, 2, 3, 4, 5"
    )


def test_a_snapshot_in_two_parts_closes_only_what_neither_holds(configured, warehouse_url, inbox):
    head, *units = UNITS.strip("\n").splitlines()
    deliver(inbox, "hr/units", "2021-12-01", UNITS + "    23863 | Xã Ia Krêl | 631 | UBND cấp xã\n")
    load(configured, warehouse_url, inbox)
    deliver(inbox, "hr/units", "2021-12-02", "\n".join([head, *units[:2]]), sender="duc-co.1")
    deliver(inbox, "hr/units", "2021-12-02", "\n".join([head, *units[2:]]), sender="duc-co.2")
    load(configured, warehouse_url, inbox)
    assert rows(warehouse_url, "select org_code from core.unit order by 1") == [("23857",), ("23860",), ("631",)]
    assert rows(warehouse_url, "select org_code, superseded_on::text, closed from core.unit_history") == [
        ("23863", "2021-12-02", True)
    ]


def test_the_order_of_arrival_does_not_matter(
    without_the_second_count, configured, server_url, tmp_path, template_database
):
    """Three nights of dossiers and two of units, each order in which they can arrive loaded file by file."""
    days = {
        "units": ("hr/units", "2021-12-01", UNITS),
        "fewer units": ("hr/units", "2021-12-08", "\n".join(UNITS.rstrip().splitlines()[:-1])),  # Ia Dơk is gone
        "procedures": ("one_stop_shop/procedures", "2021-12-01", PROCEDURES),
        "monday": ("one_stop_shop/dossiers", "2021-12-06", MONDAY),
        "tuesday": ("one_stop_shop/dossiers", "2021-12-07", TUESDAY),
        "wednesday": ("one_stop_shop/dossiers", "2021-12-08", WEDNESDAY),
    }
    orders = [
        list(days),
        ["wednesday", "tuesday", "monday", "procedures", "units", "fewer units"],
        ["monday", "wednesday", "units", "tuesday", "fewer units", "procedures"],
        ["units", "wednesday", "procedures", "monday", "fewer units", "tuesday"],
    ]
    seen = []
    for number, order in enumerate(orders):
        with fresh_database(server_url, template_database) as url:
            inbox = tmp_path / str(number)
            for name in order:
                deliver(inbox, *days[name])
                load(configured, url, inbox)
            seen.append(content(url))
    for other in seen[1:]:
        for table, held in seen[0].items():
            assert other[table] == held, table


def test_a_load_that_is_killed_leaves_nothing_half_done(
    configured, warehouse_url, inbox, tmp_path, server_url, template_database
):
    reference_days(inbox)
    lines = [
        f"000.00.16.H21-211201-{n:04d} | 01/12/2021 | 03/12/2021 | {day}/2021 | Đã trả kết quả"
        for n, day in enumerate((["02/12"] * 49 + ["30/11"]) * 120, start=1)
    ]
    deliver(inbox, "one_stop_shop/dossiers", "2021-12-06", "\n".join([MONDAY.strip("\n").splitlines()[0], *lines]))
    environment = os.environ | {"CCHC_WAREHOUSE_URL": warehouse_url, "PYTHONPATH": str(project_files.ROOT)}
    work = subprocess.Popen([sys.executable, "-m", "etl", "load", str(inbox)], env=environment, stdout=-3, stderr=-3)
    watching = psycopg2.connect(database.engine(warehouse_url).url.set(drivername="postgresql").render_as_string(False))
    watching.autocommit = True
    with watching.cursor() as cursor:
        for _ in range(6000):  # until its rows are on their way
            cursor.execute(
                "select exists (select from pg_tables where schemaname = 'staging' and tablename like 'dossier%')"
            )
            if cursor.fetchone()[0] or work.poll() is not None:
                break
            time.sleep(0.005)
    assert work.poll() is None, "the load ended before it could be killed"
    work.send_signal(signal.SIGKILL)
    work.wait()
    watching.close()
    assert rows(warehouse_url, "select count(*) from core.dossier") == [(0,)]
    load(configured, warehouse_url, inbox)
    with fresh_database(server_url, template_database) as url:
        load(configured, url, inbox)
        assert content(warehouse_url) == content(url)
    assert rows(warehouse_url, "select count(*) from pg_tables where schemaname = 'staging'") == [(0,)]


def test_rows_that_named_an_unknown_unit_are_loaded_when_it_arrives(configured, warehouse_url, inbox):
    deliver(inbox, "one_stop_shop/dossiers", "2021-12-06", MONDAY)
    (before,) = load(configured, warehouse_url, inbox)
    assert (before.rows_loaded, before.rows_quarantined) == (0, 3)
    deliver(inbox, "hr/units", "2021-12-07", UNITS)
    load(configured, warehouse_url, inbox)
    after = pipeline.receipt(warehouse_url, before.file_id)
    assert (after.rows_loaded, after.rows_quarantined) == (2, 1)


def test_a_unit_whose_dates_are_corrected_sends_its_rows_back(configured, warehouse_url, inbox):
    reference_days(inbox)
    deliver(inbox, "one_stop_shop/dossiers", "2021-12-06", MONDAY)
    dossiers = load(configured, warehouse_url, inbox)[-1]
    deliver(
        inbox,
        "hr/units",
        "2021-12-08",
        """
        Mã đơn vị | Tên đơn vị      | Mã đơn vị cấp trên | Loại           | Ngày giải thể
        631       | UBND huyện      |                    | UBND cấp huyện |
        23857     | Thị trấn Chư Ty | 631                | UBND cấp xã    | 01/12/2021
        23860     | Xã Ia Dơk       | 631                | UBND cấp xã    |
    """,
    )
    load(configured, warehouse_url, inbox)
    assert pipeline.receipt(warehouse_url, dossiers.file_id).rows_quarantined == 3
    assert rows(warehouse_url, "select count(*) from core.dossier") == [(0,)]


def test_a_correction_that_moves_the_year_of_receipt_leaves_one_row(configured, warehouse_url, inbox):
    reference_days(inbox)
    line = "    000.00.16.H21-211201-0001 | {} | 10/12/2021 | | Đang xử lý"
    head = "Mã hồ sơ | Ngày tiếp nhận | Ngày hẹn trả | Ngày kết thúc xử lý | Trạng thái\n"
    deliver(inbox, "one_stop_shop/dossiers", "2021-12-06", head + line.format("01/12/2020"))
    deliver(inbox, "one_stop_shop/dossiers", "2021-12-07", head + line.format("01/12/2021"))
    load(configured, warehouse_url, inbox)
    assert rows(warehouse_url, "select received_on::text from core.dossier") == [("2021-12-01",)]
    assert rows(warehouse_url, "select received_on::text from core.dossier_history") == [("2020-12-01",)]


def test_a_snapshot_that_lost_half_its_rows_is_held(configured, warehouse_url, inbox):
    deliver(inbox, "hr/units", "2021-12-01", UNITS)
    deliver(inbox, "hr/units", "2021-12-02", "\n".join(UNITS.strip("\n").splitlines()[:2]))
    load(configured, warehouse_url, inbox)
    assert rows(warehouse_url, "select status, rule_id from landing.file order by file_id") == [
        ("accepted", None),
        ("held", "FIL-06"),
    ]
    assert rows(warehouse_url, "select count(*) from core.unit") == [(3,)]


def test_exactly_half_is_accepted(configured, warehouse_url, inbox):
    lines = UNITS.rstrip().splitlines()
    deliver(inbox, "hr/units", "2021-12-01", "\n".join([*lines, "23863 | Xã Ia Krêl | 631 | UBND cấp xã"]))
    deliver(inbox, "hr/units", "2021-12-02", "\n".join(lines[:4]))
    load(configured, warehouse_url, inbox)
    assert rows(warehouse_url, "select status from landing.file order by file_id") == [("accepted",), ("accepted",)]
    assert rows(warehouse_url, "select org_code from core.unit order by 1") == [("23857",), ("631",)]


def test_what_cannot_be_read_is_rejected_with_a_sentence_and_kept(configured, warehouse_url, inbox):
    path = deliver(inbox, "hr/units", "2021-12-01", UNITS)
    path.write_bytes(b"\x00\x01\x02 not a table \xff\xfe")
    deliver(inbox, "hr/units", "2021-12-01", UNITS, sender="noi-vu")
    load(configured, warehouse_url, inbox)
    ((status, rule, message, archived_as),) = rows(
        warehouse_url, "select status, rule_id, message, archived_as from landing.file where sender = 'duc-co'"
    )
    assert (status, rule) == ("rejected", "FIL-01")
    assert message.endswith(".")
    kept = configured.archive / archived_as
    assert kept.read_bytes() == path.read_bytes()
    assert not kept.stat().st_mode & 0o222
    assert rows(warehouse_url, "select count(*) from core.unit") == [(3,)]


MISPLACED = {
    "hr/2021-12-01/duc-co.csv": "không nằm đúng chỗ",
    "hr/units/01-12-2021/duc-co.csv": "không phải là ngày giao",
    "hr/salaries/2021-12-01/duc-co.csv": "Không có loại dữ liệu 'hr/salaries'",
}


@pytest.mark.parametrize("place", MISPLACED)
def test_a_file_in_the_wrong_place_is_kept_and_rejected(configured, warehouse_url, inbox, place):
    path = inbox / place
    path.parent.mkdir(parents=True)
    path.write_text("x")
    assert load(configured, warehouse_url, inbox) == []
    ((status, message),) = rows(warehouse_url, "select status, message from landing.file")
    assert status == "rejected"
    assert MISPLACED[place] in message


def test_files_that_are_still_being_written_are_left_alone(configured, warehouse_url, inbox):
    for name in (".duc-co.csv", "~$duc-co.xlsx", "duc-co.csv.part", "duc-co.tmp"):
        path = inbox / "hr/units/2021-12-01" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
    assert pipeline.land(configured, warehouse_url, inbox=str(inbox)).file_ids == []


def test_two_senders_do_not_close_each_other_s_rows(configured, warehouse_url, inbox):
    deliver(inbox, "hr/units", "2021-12-01", UNITS, sender="duc-co")
    deliver(inbox, "hr/units", "2021-12-01", UNITS.replace("631", "627").replace("238", "237"), sender="chu-prong")
    load(configured, warehouse_url, inbox)
    assert rows(warehouse_url, "select sender, count(*) from core.unit group by 1 order by 1") == [
        ("chu-prong", 3),
        ("duc-co", 3),
    ]


def test_a_dossier_that_two_senders_deliver_is_one_row_the_later_delivery_wins(
    without_the_second_count, configured, server_url, template_database, tmp_path
):
    for number, order in enumerate(itertools.permutations([("a", "2021-12-06", MONDAY), ("b", "2021-12-07", TUESDAY)])):
        with fresh_database(server_url, template_database) as url:
            inbox = tmp_path / str(number)
            reference_days(inbox)
            for sender, day, drawn in order:
                deliver(inbox, "one_stop_shop/dossiers", day, drawn, sender=sender)
                load(configured, url, inbox)
            assert rows(
                url, "select right(dossier_code, 4), sender from core.dossier where status = 'Đã xử lý xong'"
            ) == [("0002", "b")]


VERSION = """
    Mã hồ sơ                  | Ngày tiếp nhận | Ngày hẹn trả | Ngày kết thúc xử lý | Trạng thái | Ghi chú
    000.00.16.H21-211201-0001 | {day}/12/2021  | 10/12/2021   |                     | Đang xử lý | {note}
"""


def test_a_late_file_of_one_sender_leaves_the_newer_row_of_another(
    without_the_second_count, configured, server_url, template_database, tmp_path
):
    nights = [("a", "2021-12-04"), ("b", "2021-12-05"), ("a", "2021-12-06"), ("b", "2021-12-07")]
    for number, order in enumerate([(0, 1, 2, 3), (1, 2, 3, 0), (3, 2, 1, 0), (1, 3, 2, 0), (2, 0, 3, 1)]):
        with fresh_database(server_url, template_database) as url:
            inbox = tmp_path / str(number)
            reference_days(inbox)
            for one in order:
                sender, day = nights[one]
                deliver(inbox, "one_stop_shop/dossiers", day, VERSION.format(day="01", note=f"v{one}"), sender=sender)
                load(configured, url, inbox)
            assert rows(url, "select note from core.dossier") == [("v3",)], order
            assert rows(url, "select note from core.dossier_history order by 1") == [("v0",), ("v1",), ("v2",)], order
            assert rows(url, "select sum(received_direct) from mart.dossier_daily") == [(1,)], order


def test_a_dossier_to_which_two_senders_give_other_receipt_days_is_one_row(configured, warehouse_url, inbox):
    reference_days(inbox)
    for sender, delivered, day in (("a", "2021-12-06", "01"), ("b", "2021-12-07", "02")):
        deliver(inbox, "one_stop_shop/dossiers", delivered, VERSION.format(day=day, note=""), sender=sender)
    load(configured, warehouse_url, inbox)
    assert rows(warehouse_url, "select sender, received_on::text from core.dossier") == [("b", "2021-12-02")]
    assert rows(warehouse_url, "select sum(received_direct) from mart.dossier_daily") == [(1,)]


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_what_is_said_again_after_something_else_is_said_anew(configured, warehouse_url, inbox, order):
    """A list that is corrected and then sent as it was: its last state counts, whenever the correction arrives."""
    fewer = "\n".join(UNITS.rstrip().splitlines()[:-1])
    nights = [("2021-12-01", UNITS), ("2021-12-02", fewer), ("2021-12-03", UNITS)]
    for one in order:
        deliver(inbox, "hr/units", *nights[one])
        load(configured, warehouse_url, inbox)
    assert rows(warehouse_url, "select count(*) from core.unit where org_code = '23860'") == [(1,)]
    assert rows(warehouse_url, "select delivered_on::text, status from landing.file order by 1") == [
        ("2021-12-01", "accepted"),
        ("2021-12-02", "accepted"),
        ("2021-12-03", "accepted"),
    ]


def test_a_part_that_comes_again_unchanged_stays(configured, warehouse_url, inbox):
    head, *units = UNITS.strip("\n").splitlines()
    for day, name in (("2021-12-01", ""), ("2021-12-02", " (mới)")):
        first = "\n".join([head, units[0], units[1].replace("Chư Ty", f"Chư Ty{name}")])
        deliver(inbox, "hr/units", day, first, sender="duc-co.1")
        deliver(inbox, "hr/units", day, "\n".join([head, *units[2:]]), sender="duc-co.2")
        load(configured, warehouse_url, inbox)
    assert rows(warehouse_url, "select count(*) from core.unit") == [(len(units),)]
    assert rows(warehouse_url, "select count(*) from core.unit_history where closed") == [(0,)]


def test_a_load_ends_together_with_what_it_makes_stale(configured, warehouse_url, inbox, monkeypatch):
    deliver(inbox, "one_stop_shop/procedures", "2021-12-01", PROCEDURES)
    deliver(inbox, "one_stop_shop/dossiers", "2021-12-06", MONDAY)
    load(configured, warehouse_url, inbox)
    deliver(inbox, "hr/units", "2021-12-01", UNITS)

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(replay, "mark_stale", interrupted)
        with pytest.raises(KeyboardInterrupt):
            load(configured, warehouse_url, inbox)
    assert rows(warehouse_url, "select count(*) from core.unit") == [(0,)]
    load(configured, warehouse_url, inbox)
    assert rows(warehouse_url, "select count(*) from core.dossier") == [(2,)]


def test_personal_data_is_not_loaded(configured, warehouse_url, inbox):
    reference_days(inbox)
    deliver(inbox, "one_stop_shop/dossiers", "2021-12-06", MONDAY)
    load(configured, warehouse_url, inbox)
    ((row,),) = rows(warehouse_url, "select row_to_json(d)::text from core.dossier d limit 1")
    assert "Người Thử" not in row
    assert "064000000001" not in row


def test_a_source_is_added_by_adding_files(configured, warehouse_url, inbox, tmp_path, monkeypatch):
    """A new source system: one contract and its expectations, in a folder of their own; nothing else is touched."""
    own = tmp_path / "own"
    (own / "contracts" / "land").mkdir(parents=True)
    (own / "expectations" / "land").mkdir(parents=True)
    (own / "contracts" / "land" / "plots.yml").write_text("""
title: Thửa đất
delivery: upsert
touches: delivery
thing: plot
columns:
  plot_code: {header: Mã thửa, type: text, required: true, key: true, compact: true}
  area: {header: Diện tích, type: integer}
""")
    (own / "expectations" / "land" / "plots.yml").write_text("""
judged: [plot_code, area, area__unread]
rules:
  PLO-01:
    layer: value
    severity: error
    statement: the area is a whole number
    message: Diện tích không phải là số nguyên.
    remedy: Sửa lại diện tích.
    fails: {area: area__unread}
""")
    (own / "expectations" / "land" / "plots.py").write_text("""
import great_expectations as gx
import great_expectations.expectations as gxe


def suite(delivered_on):
    return gx.ExpectationSuite(name="land/plots", expectations=[
        gxe.ExpectColumnValuesToBeInSet(column="area__unread", value_set=[False], severity="critical",
                                        meta={"rule_id": "PLO-01", "column": "area"}),
    ])
""")
    monkeypatch.setenv("CCHC_CATALOGUE", str(own))
    schema.migrate(warehouse_url)
    deliver(
        inbox,
        "land/plots",
        "2021-12-01",
        """
        Mã thửa | Diện tích
        A 1     | 1.500
        A2      | rộng
    """,
    )
    (receipt,) = load(configured, warehouse_url, inbox)
    assert (receipt.rows_loaded, receipt.rows_quarantined) == (1, 1)
    assert rows(warehouse_url, "select province_code, plot_code, area from core.plot") == [("H21", "A1", 1500)]


def test_the_kept_bytes_outlive_the_inbox(configured, warehouse_url, inbox):
    path = deliver(inbox, "hr/units", "2021-12-01", UNITS)
    pipeline.land(configured, warehouse_url, inbox=str(inbox))
    path.unlink()
    (receipt,) = pipeline.load_waiting(configured, warehouse_url)
    assert receipt.rows_loaded == 3


def test_an_inbox_that_is_not_there_is_said_in_a_sentence(configured, warehouse_url, tmp_path):
    with pytest.raises(arrivals.UsageError, match="there is no such folder"):
        pipeline.land(configured, warehouse_url, inbox=str(tmp_path / "nowhere"))


# --- figures of several periods --------------------------------------------------------------------------------------


def test_periods_made_together_are_proved_beside_one_another(configured, warehouse_url, inbox, monkeypatch):
    """FIG-12: what is carried over into a period is what the one before it left, also when both are made anew."""
    monkeypatch.setattr(period_figures, "MANY", 0)  # as if there were many figures: the planner is told of them
    reference_days(inbox)
    every = [Period.parse(f"2021-{name}") for name in ("N", "Q1", "Q2", "Q3", "Q4")]
    for day, dossiers in (("2021-12-08", 2), ("2021-12-09", 40)):
        lines = [f"000.00.16.H21-210301-{n:04d} | 01/03/2021 | 05/03/2021 | Đang xử lý" for n in range(dossiers)]
        header = "Mã hồ sơ | Ngày tiếp nhận | Ngày hẹn trả | Trạng thái"
        deliver(inbox, "one_stop_shop/dossiers", day, "\n".join([header, *lines]))
        load(configured, warehouse_url, inbox)
        made = list(pipeline.materialise_each(warehouse_url, every))
        assert [period for period, _ in made] == every
        flow = "select period_code, carried_over, pending from mart.dossier_flow where unit_code = '631' and field = %s"
        assert set(rows(warehouse_url, flow, "Tất cả")) == {
            ("2021-N", 0, dossiers),
            ("2021-Q1", 0, dossiers),
            *((f"2021-Q{n}", dossiers, dossiers) for n in (2, 3, 4)),
        }
        assert rows(warehouse_url, "select period_code, unit_code from quality.finding where rule_id = 'FIG-12'") == []
    known_to_planner = "select reltuples > 0 from pg_class where oid = 'mart.dossier_flow'::regclass"
    assert rows(warehouse_url, known_to_planner) == [(True,)]


def test_of_several_periods_those_that_can_be_made_are_made(configured, warehouse_url, inbox):
    reference_days(inbox)
    load(configured, warehouse_url, inbox)
    asked, made = [Period.parse(code) for code in ("2021-Q1", "2001-Q1", "2021-Q2")], []
    with pytest.raises(UsageError, match="no indicator is defined on 2001-03-14"):
        for period, _ in pipeline.materialise_each(warehouse_url, asked):
            made.append(period.code)
    assert made == ["2021-Q1", "2021-Q2"]


def test_a_register_is_judged_alike_in_one_batch_and_in_many(
    configured: settings.Settings, warehouse_url: str, inbox: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Numbers that are used again, and numbers out of order, are found among rows of other batches."""
    deliver(inbox, "hr/units", "2021-12-15", UNITS)
    register = """
        Mã đơn vị ban hành | Số ký hiệu | Ngày ban hành | Trích yếu
        631                | 5/UBND-VP  | 01/02/2021    | a
        631                | 7/UBND-VP  | 03/02/2021    | b
        631                | 5/UBND-VP  | 05/02/2021    | c
        631                | 4/UBND-VP  | 07/02/2021    | d
        631                | 9/UBND-VP  | 08/02/2021    | e
    """
    usual = {
        "Loại văn bản": "Công văn",
        "Chiều": "Đi",
        "Ký số": "Có",
        "Hình thức gửi": "Điện tử",
        "Trạng thái": "Đã phát hành",
    }
    monkeypatch.setitem(DEFAULTS, "document_management/documents", usual)
    deliver(inbox, "document_management/documents", "2021-12-15", register)
    deliver(inbox, "document_management/documents", "2021-12-16", register, sender="huyen-khac")
    monkeypatch.setattr(first_pass, "BLOCK_BYTES", 50)
    monkeypatch.setattr(repetitions, "BATCH_ROWS", 1)
    assert [(receipt.status, receipt.rows_read) for receipt in load(configured, warehouse_url, inbox)][1:] == [
        ("accepted_with_errors", 5)
    ] * 2
    found = rows(
        warehouse_url,
        "select line, rule_id from quality.violation where rule_id in ('DOC-05', 'DOC-52') group by 1, 2 order by 2, 1",
    )
    assert found == [(2, "DOC-05"), (4, "DOC-05"), (4, "DOC-52"), (5, "DOC-52")]
