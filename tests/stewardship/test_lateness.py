"""Why dossiers were late: who may say so by what, what that moves, and what it leaves as it is."""

# ruff: noqa: E501 - a table is easier to read wide than folded

from datetime import date
from decimal import Decimal

import pytest
from psycopg2 import errors
from psycopg2.extensions import connection as Connection
from psycopg2.extensions import cursor as Cursor

from etl import cli, pipeline
from etl.errors import UsageError
from etl.figures import period_figures, touches
from etl.periods import Period
from etl.stewardship import lateness
from etl.stewardship.lateness import Asked
from etl.warehouse import database
from tests import tables
from tests.databases import opened, rows
from tests.figures.test_resolving import DOSSIERS as RESOLVED_ELSEWHERE
from tests.figures.test_units import merged
from tests.inbox import PROCEDURES, UNITS, deliver

# The district 631 has the communes Chư Ty and Ia Dơk. Of what Chư Ty resolved, L1 to L4 were late, L3 by its extended
# day; E was early, N has no due day, and of Ia Dơk's M was late. O is open, W was withdrawn late.
DELIVERED = """
    dossier_code | org_code | field     | received_on | due_on     | extended_due_on | finished_on | status
    E            | 23857    | Hộ tịch   | 2021-07-01  | 2021-07-10 | -               | 2021-07-09  | Đã trả kết quả
    N            | 23857    | Hộ tịch   | 2021-07-01  | -          | -               | 2021-07-20  | Đã trả kết quả
    L1           | 23857    | Hộ tịch   | 2021-07-01  | 2021-07-10 | -               | 2021-07-12  | Đã trả kết quả
    L2           | 23857    | Hộ tịch   | 2021-07-01  | 2021-07-10 | -               | 2021-07-13  | Đã trả kết quả
    L3           | 23857    | Đất đai   | 2021-07-01  | 2021-07-05 | 2021-07-10      | 2021-07-11  | Đã trả kết quả
    L4           | 23857    | Đất đai   | 2021-05-01  | 2021-05-10 | -               | 2021-06-14  | Đã trả kết quả
    M            | 23860    | Đất đai   | 2021-07-01  | 2021-07-10 | -               | 2021-07-12  | Đã xử lý xong
    O            | 23860    | Đất đai   | 2021-07-01  | 2021-07-10 | -               | -           | Đang xử lý
    W            | 23860    | Đất đai   | 2021-07-01  | 2021-07-10 | -               | 2021-07-12  | Công dân rút hồ sơ
"""
DISTRICT = """
    org_code | org_name        | parent_code | unit_kind
    631      | UBND huyện      | -           | UBND cấp huyện
    23857    | Thị trấn Chư Ty | 631         | UBND cấp xã
    23860    | Xã Ia Dơk       | 631         | UBND cấp xã
"""
DOCUMENTS = """
    org_code | number     | issued_on
    23857    | 12/UBND-VP | 2021-07-30
"""
CORRECTED = """
    org_code | number     | issued_on  | superseded_by | superseded_on | closed
    23857    | 13/UBND-VP | 2021-07-30 | 2             | 2021-08-02    | true
"""
Q2, Q3 = Period.parse("2021-Q2"), Period.parse("2021-Q3")
FLOW = "select * from reporting.dossier_flow order by period_code, unit_code, field"
SHARES = (
    "select period_code, unit_code, indicator_code, value, numerator, denominator, status, computed_at"
    " from mart.indicator order by 1, 2, 3"
)


@pytest.fixture
def office(warehouse_url: str) -> str:
    """A warehouse with these dossiers and documents."""
    with opened(warehouse_url) as connection, connection, connection.cursor() as cursor:
        tables.given(cursor, {"unit": DISTRICT, "dossier": DELIVERED, "document": DOCUMENTS})
        tables.insert(cursor, "document", CORRECTED, history=True)
    return warehouse_url


def made(url: str) -> None:
    for period in (Q2, Q3):
        with database.transaction(url) as connection:
            period_figures.materialise(connection, period)


@pytest.fixture
def record(configured, office):
    """Records a cause of lateness of some dossiers: all is right but what a test says."""

    def one(*codes: str, side: str = "outside", kind: str | None = "pause", done_on: date | None = None, **said):
        rest = {"document": "12/UBND-VP", "document_on": date(2021, 7, 30), "by": "Bà Lan", "reason": "chờ bổ sung"}
        asked = [Asked(code, done_on) for code in codes]
        return lateness.record(configured, office, asked, side=side, kind=kind, **rest | said)

    return one


def confirmed(url: str, batch_id: int, *, by: str = "Ông Duyệt", agreed: bool = True) -> lateness.Done:
    return lateness.confirm(url, batch_id, by=by, reason="đã xem văn bản", agreed=agreed)


def by_evidence(url: str, period: Period, unit: str, field: str = "Tất cả") -> tuple:
    (found,) = rows(
        url,
        "select resolved, resolved_late, late_outside, numerator_system, numerator_by_evidence, denominator,"
        " rate_system, rate_by_evidence from reporting.on_time_by_evidence"
        " where period_code = %s and unit_code = %s and field = %s",
        *(period.code, unit, field),
    )
    return found


def state(url: str, batch_id: int) -> str:
    with database.transaction(url) as connection, connection.cursor() as cursor:
        (found,) = [b for b in lateness.batches(cursor, units=None) if b.batch_id == batch_id]
        return found.state


def test_both_rates_of_a_commune_and_its_district(office, record):
    """By hand: Chư Ty resolved 5 in Q3, 3 of them late; L1 (and L3 that was done in time) are not its fault."""
    made(office)
    flow, shares = rows(office, FLOW), rows(office, SHARES)
    assert by_evidence(office, Q3, "23857") == (5, 3, 0, 2, 2, 5, 40, 40)

    outage = record("L1", "L4", kind="outage")
    done_in_time = record("L3", kind="late_click_off", done_on=date(2021, 7, 10))
    slow = record("L2", side="unit", kind=None)
    made(office)  # what only waits moves nothing
    assert by_evidence(office, Q3, "23857") == (5, 3, 0, 2, 2, 5, 40, 40)

    assert confirmed(office, outage.batch_id).periods == (
        "2021-Q2", "2021-6T", "2021-Q3", "2021-9T", "2021-N",
    )  # fmt: skip
    assert confirmed(office, done_in_time.batch_id).periods == ("2021-Q3", "2021-9T", "2021-N")
    assert confirmed(office, slow.batch_id).periods == ()
    with database.transaction(office) as connection:
        assert {"2021-Q2", "2021-Q3"} <= set(touches.stale_periods(connection))
    made(office)
    assert by_evidence(office, Q3, "23857") == (5, 3, 2, 2, 4, 5, 40, 80)
    assert by_evidence(office, Q3, "23857", "Hộ tịch") == (4, 2, 1, 2, 3, 4, 50, 75)
    assert by_evidence(office, Q3, "23857", "Đất đai") == (1, 1, 1, 0, 1, 1, 0, 100)
    assert by_evidence(office, Q3, "23860") == (1, 1, 0, 0, 0, 1, 0, 0)
    third = Decimal("33.33"), Decimal("66.67")
    assert by_evidence(office, Q3, "631") == (6, 4, 2, 2, 4, 6, *third)
    assert by_evidence(office, Q2, "631", "Đất đai") == (1, 1, 1, 0, 1, 1, 0, 100)
    assert by_evidence(office, Q2, "23860") == (0, 0, 0, 0, 0, 0, None, None)
    assert (rows(office, FLOW), rows(office, SHARES)) == (flow, shares)

    lateness.undo(office, outage.batch_id, by="Bà Lan", reason="nhầm văn bản")
    made(office)
    assert by_evidence(office, Q3, "23857") == (5, 3, 1, 2, 3, 5, 40, 60)
    assert by_evidence(office, Q2, "631", "Đất đai") == (1, 1, 0, 0, 0, 1, 0, 0)
    assert (rows(office, FLOW), rows(office, SHARES)) == (flow, shares)


HOLDS = """
    codes | kind           | side    | done_on
    L1    | pause          | outside | -
    L1 L2 | outage         | outside | -
    L1    | outage         | unit    | -
    L1    | -              | unit    | -
    L3    | late_click_off | outside | 2021-07-10
    L3    | late_click_off | outside | 2021-07-01
"""


def test_what_may_be_recorded(office, record):
    for row in tables.drawn(HOLDS):
        day = date.fromisoformat(row["done_on"]) if row["done_on"] else None
        recorded = record(*row["codes"].split(), kind=row["kind"], side=row["side"], done_on=day)
        assert state(office, recorded.batch_id) == "waiting"
        lateness.undo(office, recorded.batch_id, by="Bà Lan", reason="thử")


BREAKS = """
    codes | kind           | side    | done_on    | document     | day        | by     | reason | said
    L1    | -              | outside | -          | 12/UBND-VP   | 2021-07-30 | Lan    | vì     | phải là một trong
    L1    | snow           | outside | -          | 12/UBND-VP   | 2021-07-30 | Lan    | vì     | a kind is one of
    L1    | pause          | nobody  | -          | 12/UBND-VP   | 2021-07-30 | Lan    | vì     | a side is one of
    L1    | pause          | outside | -          | 99/UBND-VP   | 2021-07-30 | Lan    | vì     | Sổ văn bản không có văn bản số 99/UBND-VP ngày 30/07/2021
    L1    | pause          | outside | -          | 12/UBND-VP   | 2021-07-31 | Lan    | vì     | giao sổ văn bản
    L1    | pause          | outside | -          | -            | 2021-07-30 | Lan    | vì     | thiếu số văn bản
    L1    | pause          | outside | -          | 12/UBND-VP   | -          | Lan    | vì     | thiếu ngày của văn bản
    L1    | pause          | outside | -          | 12/UBND-VP   | 2021-07-30 | -      | vì     | thiếu người ghi
    L1    | pause          | outside | -          | 12/UBND-VP   | 2021-07-30 | Lan    | -      | thiếu lý do
    -     | pause          | outside | -          | 12/UBND-VP   | 2021-07-30 | Lan    | vì     | Chưa chọn hồ sơ
    L1 L1 | pause          | outside | -          | 12/UBND-VP   | 2021-07-30 | Lan    | vì     | nêu hai lần
    L1 X9 | pause          | outside | -          | 12/UBND-VP   | 2021-07-30 | Lan    | vì     | X9: kho không có
    L1 E  | pause          | outside | -          | 12/UBND-VP   | 2021-07-30 | Lan    | vì     | E: hệ thống không ghi
    N     | pause          | outside | -          | 12/UBND-VP   | 2021-07-30 | Lan    | vì     | N: hệ thống không ghi
    O     | pause          | outside | -          | 12/UBND-VP   | 2021-07-30 | Lan    | vì     | O: hệ thống không ghi
    W     | pause          | outside | -          | 12/UBND-VP   | 2021-07-30 | Lan    | vì     | W: hệ thống không ghi
    L1    | pause          | outside | 2021-07-10 | 12/UBND-VP   | 2021-07-30 | Lan    | vì     | chỉ nêu ngày thực sự xong
    L1    | late_click_off | outside | -          | 12/UBND-VP   | 2021-07-30 | Lan    | vì     | thiếu ngày thực sự xong
    L1    | late_click_off | outside | 2021-07-11 | 12/UBND-VP   | 2021-07-30 | Lan    | vì     | 11/07/2021 phải từ ngày tiếp nhận 01/07/2021 đến ngày hẹn trả 10/07/2021
    L1    | late_click_off | outside | 2021-06-30 | 12/UBND-VP   | 2021-07-30 | Lan    | vì     | phải từ ngày tiếp nhận
"""


def test_what_is_refused_leaves_nothing(office, record):
    for row in tables.drawn(BREAKS):
        day, done_on = (date.fromisoformat(row[name]) if row[name] else None for name in ("day", "done_on"))
        said = {name: row[name] or " " for name in ("document", "by", "reason")}
        with pytest.raises(UsageError, match=row["said"]):
            record(
                *(row["codes"] or "").split(),
                kind=row["kind"],
                side=row["side"],
                done_on=done_on,
                document_on=day,
                **said,
            )
    assert rows(office, "select * from quality.lateness_batch") == []


def test_a_document_is_found_however_it_is_typed_and_in_the_history_of_the_book(office, record):
    record("L1", document=" 12/ubnd\u2013vp ")
    record("L2", document="13/UBND-VP")
    assert rows(office, "select document_number from quality.lateness_batch order by batch_id") == [
        ("12/UBND-VP",),
        ("13/UBND-VP",),
    ]


def test_a_second_person_says_yes_or_no_once(office, record):
    batch_id = record("L1").batch_id
    with pytest.raises(UsageError, match="phải có người thứ hai"):
        confirmed(office, batch_id, by="Bà Lan")
    with pytest.raises(UsageError, match="Hồ sơ L1: Bà Lan đã ghi nguyên nhân"):
        record("L2", "L1", by="Bà Mai")
    confirmed(office, batch_id, agreed=False)
    for ask in (confirmed, lambda url, number: lateness.undo(url, number, by="Bà Lan", reason="thôi")):
        with pytest.raises(UsageError, match="không xác nhận, không có gì"):
            ask(office, batch_id)

    again = record("L1", "L2", by="Bà Mai").batch_id
    confirmed(office, again)
    assert (state(office, batch_id), state(office, again)) == ("refused", "holds")
    with pytest.raises(UsageError, match="có hiệu lực, không có gì chờ"):
        confirmed(office, again)
    lateness.undo(office, again, by="Bà Lan", reason="nhầm")
    with pytest.raises(UsageError, match="đã hoàn tác"):
        confirmed(office, again, by="Ông Khác")
    with pytest.raises(UsageError, match="Không có đợt"):
        confirmed(office, 999)
    record("L1")  # the way is free


def test_what_was_said_stays(office, record):
    confirmed(office, record("L1").batch_id)
    for table in ("lateness_batch", "lateness_cause", "lateness_event"):
        for statement in (f"delete from quality.{table}", f"update quality.{table} set batch_id = default"):
            with (
                pytest.raises(errors.RaiseException, match="only ever added"),
                database.transaction(office) as connection,
                connection.cursor() as cursor,
            ):
                cursor.execute(statement)


def test_the_pages_see_what_is_of_their_units(office, record, configured):
    first, second = record("L1", "L4").batch_id, record("M").batch_id
    confirmed(office, first)
    with database.transaction(office) as connection, connection.cursor() as cursor:
        batches = lambda **asked: [b.batch_id for b in lateness.batches(cursor, **{"units": None} | asked)]  # noqa: E731
        assert batches() == [second, first]
        assert batches(units={"23857"}) == batches(state="holds") == batches(before=second) == [first]
        assert [(c.dossier_code, c.state) for c in lateness.causes(cursor, first)] == [("L1", "holds"), ("L4", "holds")]
        late = lambda **asked: [  # noqa: E731
            (one.dossier_code, one.state)
            for one in lateness.late(
                cursor, **{"units": None, "since": date(2021, 6, 15), "until": date(2021, 9, 14)} | asked
            )
        ]
        assert late() == [("L2", None), ("M", "waiting"), ("L1", "holds"), ("L3", None)]
        assert late(units=["23857"], before=(date(2021, 7, 13), "L2")) == [("L1", "holds"), ("L3", None)]
        assert late(since=date(2021, 6, 1), until=date(2021, 6, 14)) == [("L4", "holds")]
        assert lateness.units_of(configured, cursor, ["L1", "M", "X9"]) == {"L1": "23857", "M": "23860"}


def test_by_command(office, configured, capsys, monkeypatch):
    monkeypatch.setenv("CCHC_WAREHOUSE_URL", office)
    said = ["--document", "12/UBND-VP", "--dated", "30/07/2021", "--reason", "mất điện", "--by", "lan"]
    assert cli.run(["lateness", "record", "L1", "--side", "outside", "--kind", "outage", *said]) == 0
    assert cli.run(["lateness", "confirm", "1", "--reason", "đúng", "--by", "lan"]) == 2
    assert "phải có người thứ hai" in capsys.readouterr().err
    assert cli.run(["lateness", "confirm", "1", "--reason", "đúng", "--by", "minh"]) == 0
    assert cli.run(["lateness", "--format", "csv"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "1,outside,outage,12/UBND-VP,2021-07-30,1,0,holds,lan,minh"
    assert cli.run(["lateness", "undo", "1", "--reason", "nhầm", "--by", "lan"]) == 0
    assert cli.run(["lateness"]) == 0
    assert "đã hoàn tác" in capsys.readouterr().out
    assert cli.run(["lateness", "record", "L1", "--side", "outside", "--kind", "outage", *said]) == 0
    assert cli.run(["lateness", "confirm", "2", "--refuse", "--reason", "sai", "--by", "minh"]) == 0
    assert state(office, 2) == "refused"


DELIVERY = """
    Mã hồ sơ           | Ngày tiếp nhận   | Ngày hẹn trả     | Ngày kết thúc xử lý | Ghi chú
    H21.12-210701-0001 | 01/07/2021 08:00 | 09/07/2021 17:00 | 12/07/2021 08:00    |
    H21.12-210701-0002 | 01/07/2021 08:00 | 09/07/2021 17:00 | 12/07/2021 08:00    |
"""


@pytest.mark.usefixtures("without_the_second_count")
def test_a_dossier_delivered_anew_keeps_its_cause_until_it_is_late_otherwise(configured, warehouse_url, inbox):
    deliver(inbox, "hr/units", "2021-02-01", UNITS)
    deliver(inbox, "one_stop_shop/procedures", "2021-02-01", PROCEDURES)
    deliver(
        inbox,
        "document_management/documents",
        "2021-08-01",
        """
        Mã đơn vị ban hành | Số ký hiệu | Ngày ban hành | Loại văn bản | Trích yếu | Chiều | Ký số | Hình thức gửi | Trạng thái
        23857              | 12/UBND-VP | 30/07/2021    | Công văn     | V/v mạng  | Đi    | Có    | Điện tử       | Đã phát hành
        """,
    )

    def load(day: int, text: str) -> None:
        deliver(inbox, "one_stop_shop/dossiers", f"2021-08-0{day}", text)
        pipeline.land(configured, warehouse_url, inbox=str(inbox))
        assert {receipt.rows_quarantined for receipt in pipeline.load_waiting(configured, warehouse_url)} == {0}

    def holding() -> int:
        return len(rows(warehouse_url, "select from quality.lateness_now where state = 'holds'"))

    load(1, DELIVERY)
    batch_id = lateness.record(
        configured,
        warehouse_url,
        [Asked("H21.12-210701-0001"), Asked(" H21.12-210701-0002")],
        side="outside",
        kind="outage",
        document="12/UBND-VP",
        document_on=date(2021, 7, 30),
        by="Bà Lan",
        reason="mất đường truyền",
    ).batch_id
    confirmed(warehouse_url, batch_id)
    pipeline.materialise(warehouse_url, Q3)
    assert by_evidence(warehouse_url, Q3, "631")[:3] == (2, 2, 2)

    noted = DELIVERY.replace("12/07/2021 08:00    |", "12/07/2021 16:00    | đã trả")  # another hour of the same day
    load(2, noted)
    assert holding() == 2

    first, second = noted.rsplit("    H21", 1)  # one has another end, one another due day
    load(3, f"{first.replace('12/07', '13/07')}    H21{second.replace('09/07', '08/07')}")
    with database.transaction(warehouse_url) as connection, connection.cursor() as cursor:
        touches.record(connection)
        assert Q3.code in touches.stale_periods(connection)
        (batch,) = lateness.batches(cursor, units=None)
        assert (batch.state, batch.void) == ("void", 2)
    pipeline.materialise(warehouse_url, Q3)
    assert by_evidence(warehouse_url, Q3, "631")[:3] == (2, 2, 0)

    load(4, noted)  # the sender says what it said before
    assert holding() == 2


TAKEN_OVER = {
    "unit": """
        org_code | parent_code | unit_kind     | dissolved_on | established_on | successor_code
        G        | -           | UBND cấp tỉnh | -            | -              | -
        X        | G           | UBND cấp xã   | 2021-08-01   | -              | Z
        Z        | G           | UBND cấp xã   | -            | 2021-08-01     | -
    """,
    "dossier": """
        org_code | received_on | due_on     | finished_on
        X        | 2021-07-01  | 2021-07-10 | 2021-08-05
        X        | 2021-07-01  | 2021-07-10 | 2021-07-31
    """,
}


@pytest.mark.parametrize(
    ("given", "late_rows"), [({"dossier": RESOLVED_ELSEWHERE}, 4), (TAKEN_OVER, 6)], ids=["elsewhere", "taken over"]
)
def test_whatever_the_flow_counts_as_late_can_be_counted_by_evidence(
    warehouse_of_cases: Connection, cursor: Cursor, given: dict[str, str], late_rows: int
) -> None:
    """Resolved by another unit, or by one that took over: the evidence counts where the flow does."""
    every_late_one_is_outside(cursor, given)
    period_figures.materialise(warehouse_of_cases, Q3)
    assert counted_otherwise(cursor) == (late_rows, 0)


def test_likewise_where_units_end_and_codes_are_used_again(warehouse_of_cases: Connection, cursor: Cursor) -> None:
    merged(cursor)
    late = """
        org_code | field     | received_on | due_on     | finished_on
        23869    | đất đai   | 2025-06-30  | 2025-07-05 | 2025-07-10
        23869    | Không rõ  | 2025-07-01  | 2025-07-05 | 2025-07-10
        23860    | Hộ tịch   | 2025-06-20  | 2025-06-21 | 2025-06-28
        23872    | Đất đai   | 2025-06-20  | 2025-06-21 | 2025-06-28
        23872    | Đất đai   | 2025-07-02  | 2025-07-03 | 2025-07-10
        631      | ĐẤT ĐAI   | 2025-06-30  | 2025-07-05 | 2025-09-10
        631      | -         | 2025-06-30  | 2025-07-05 | 2025-10-10
    """
    every_late_one_is_outside(cursor, {"unit": "org_code", "dossier": late})
    for code in ("2025-Q3", "2025-Q4", "2025-N"):
        period_figures.materialise(warehouse_of_cases, Period.parse(code))
    found, otherwise = counted_otherwise(cursor)
    assert (found > 15, otherwise) == (True, 0)


def every_late_one_is_outside(cursor: Cursor, given: dict[str, str]) -> None:
    tables.given(cursor, given)
    cursor.execute(
        "insert into quality.lateness_batch (side, kind, document_number, document_on, by_name, reason)"
        " values ('outside', 'outage', '1', '2021-01-01', 'a', '') returning batch_id"
    )
    (batch_id,) = cursor.fetchone()
    cursor.execute(
        "insert into quality.lateness_cause (batch_id, province_code, sender, dossier_code, due_on, finished_on,"
        " unit_code) select %s, province_code, sender, dossier_code, greatest(due_on, extended_due_on), finished_on, ''"
        " from core.dossier where finished_on is not null and greatest(due_on, extended_due_on) is not null",
        (batch_id,),
    )
    cursor.execute(
        "insert into quality.lateness_event (batch_id, kind, by_name, reason) values (%s, 'confirmed', 'b', '')",
        (batch_id,),
    )


def counted_otherwise(cursor: Cursor) -> tuple[int, int]:
    """Rows of the flow with something late; and those of which not all is late by the evidence."""
    ((found, otherwise),) = tables.rows(
        cursor,
        "select count(*) filter (where resolved_late > 0), count(*) filter (where late_outside <> resolved_late)"
        " from reporting.on_time_by_evidence",
    )
    return found, otherwise
