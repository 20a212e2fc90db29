"""What a figure needs and a file had no column for: it is not computable, and says who did not deliver what."""

# ruff: noqa: E501 - a table is easier to read wide than folded

import csv
import json
from pathlib import Path
from typing import NamedTuple

import pytest
from psycopg2.extensions import connection as Connection
from psycopg2.extensions import cursor as Cursor

from etl import catalogue, cli, pipeline
from etl.figures import counts, period_figures, prove
from etl.landing import receipts
from etl.loading import replay
from etl.periods import Period
from etl.settings import Settings
from etl.warehouse import database
from tests import tables
from tests.databases import rows
from tests.inbox import PROCEDURES, UNITS, deliver, quiet

PERIOD = Period.parse("2021-Q3")
EXPORTS = {
    "dossier": "one_stop_shop/dossiers",
    "procedure": "one_stop_shop/procedures",
    "document": "document_management/documents",
    "task": "document_management/tasks",
    "staff": "hr/staff",
    "staff_event": "hr/events",
    "quota": "hr/quotas",
    "unit": "hr/units",
}


def delivered(cursor: Cursor, thing: str, absent: str, *, file_id: int = 7, sender: str = "duc-co") -> None:
    """A file that had no column for these roles."""
    cursor.execute(
        "insert into landing.file (file_id, source, export, sender, delivered_on, path, sha256, bytes, modified_ns,"
        " archived_as, status, absent) overriding system value values (%s, %s, %s, %s, '2021-12-15', '', '', 0, 0, '',"
        " 'accepted', %s)",
        (file_id, EXPORTS[thing].split("/")[0], EXPORTS[thing], sender, absent.split()),
    )


class Case(NamedTuple):
    """Rows, of which those of file 7 (sender duc-co) lack some columns, and the status of figures: `code unit status`."""

    thing: str
    absent: str
    given: dict[str, str]
    expect: str
    reason: str = ""


DOSSIERS = {
    "dossier": """
        org_code | field    | received_on | due_on     | finished_on | channel    | file_id | sender
        X        | Đất đai  | 2021-07-01  | -          | 2021-07-10  | Trực tuyến | 7       | duc-co
        H        | Xây dựng | 2021-07-01  | 2021-07-10 | 2021-07-10  | Trực tuyến | 1       | office
    """
}
CASES = {
    "a due day, of a dossier resolved in the window: below the unit that received it, and at its level": Case(
        "dossier",
        "due_at",
        DOSSIERS,
        "3.4.3 X -, 3.4.3 H -, 3.4.3 G -, 3.4.2 H 100.00, 3.4.2 G 100.00, 3.4.3 Y undefined, 3.4.4 G -, 3.4.5 G 100.00,"
        "3.4.4 H -, 3.4.5 H 100.00, 3.4.2 X not_applicable",
        "Nơi gửi duc-co không giao cột «Ngày hẹn trả»",
    ),
    "how results went, of what was returned in a quarter of the window": Case(
        "dossier",
        "return_channel",
        {
            "procedure": "procedure_code | level\n1.000001 | Huyện\n1.000001 | Xã",
            "dossier": """
                org_code | received_on | returned_on | return_channel     | status         | file_id | sender
                X        | 2021-06-01  | 2021-06-15  | -                  | Đã trả kết quả | 7       | duc-co
                Y        | 2021-06-01  | 2021-06-14  | -                  | Đã trả kết quả | 7       | duc-co
                Y        | 2021-06-01  | 2021-07-01  | Bưu chính công ích | Đã trả kết quả | 1       | office
            """,
        },
        "b.1.1 X -, b.1.3 X -, b.1.3 H -, b.1.1 H -, b.1.2 X undefined, b.1.3 Y 100.00, b.1.1 Y 100.00, b.2.1 X 0",
        "Nơi gửi duc-co không giao cột «Hình thức trả»",
    ),
    "the day of return: whatever came may have been returned, unless its status says that it was not": Case(
        "dossier",
        "returned_at",
        {
            "procedure": "procedure_code | level\n1.000001 | Huyện\n1.000001 | Xã",
            "dossier": """
                org_code | received_on | returned_on | status         | file_id | sender
                X        | 2020-06-01  | -           | Đã trả kết quả | 7       | duc-co
                Y        | 2021-06-01  | -           | Đã xử lý xong  | 7       | duc-co
                Y        | 2021-09-15  | -           | Đã trả kết quả | 7       | duc-co
            """,
        },
        "b.1.3 X -, b.1.1 H -, b.1.3 Y undefined, b.1.1 Y 0.00",
        "Nơi gửi duc-co không giao cột «Ngày trả kết quả»",
    ),
    "a letter of apology, of what was resolved late": Case(
        "dossier",
        "apology_letter",
        {
            "dossier": """
                org_code | received_on | due_on     | finished_on | file_id | sender
                X        | 2021-06-01  | 2021-07-01 | 2021-07-02  | 7       | duc-co
                Y        | 2021-06-01  | 2021-07-01 | 2021-07-01  | 7       | duc-co
                Y        | 2021-06-01  | 2021-07-01 | 2021-07-02  | 1       | office
            """
        },
        "b.3.1 X -, b.3.1 H -, b.3.1 Y 0.00, 3.4.3 X 0.00",
        "Nơi gửi duc-co không giao cột «Thư xin lỗi»",
    ),
    "a due day, of a dossier that is open": Case(
        "dossier",
        "due_at",
        {
            "dossier": """
                org_code | received_on | due_on     | finished_on | file_id | sender
                X        | 2021-07-01  | -          | -           | 7       | duc-co
                X        | 2021-07-01  | -          | 2021-06-14  | 7       | duc-co
                X        | 2021-07-01  | -          | 2021-09-15  | 7       | duc-co
                X        | 2021-07-01  | 2021-07-10 | 2021-07-10  | 1       | office
            """
        },
        "3.4.3 X 100.00",
    ),
    "a due day that was known before and kept": Case(
        "dossier",
        "due_at",
        {
            "dossier": "org_code | received_on | due_on | finished_on | file_id | sender\nX | 2021-07-01 | 2021-07-10 | 2021-07-11 | 7 | duc-co"
        },
        "3.4.3 X 0.00",
    ),
    "a due day that a file has a column for": Case(
        "dossier",
        "channel",
        {
            "dossier": "org_code | received_on | due_on | finished_on | file_id | sender\nX | 2021-07-01 | - | 2021-07-11 | 7 | duc-co"
        },
        "3.4.3 X 100.00",
    ),
    "the day of the end: whatever came may have ended in the window, unless it came after it": Case(
        "dossier",
        "finished_at",
        {
            "dossier": """
                org_code | received_on | due_on     | finished_on | file_id | sender
                X        | 2020-07-01  | 2020-07-10 | -           | 7       | duc-co
                Y        | 2021-09-15  | 2021-10-10 | -           | 7       | duc-co
                Y        | 2021-07-01  | 2021-07-10 | 2021-07-10  | 1       | office
            """
        },
        "3.4.3 X -, 3.4.3 H -, 3.4.3 Y 100.00, 7.8.3 X undefined",
        "Nơi gửi duc-co không giao cột «Ngày kết thúc xử lý»",
    ),
    "a field: no figure of a field, and all that are of none": Case(
        "dossier",
        "field",
        {
            "dossier": "org_code | field | received_on | due_on | finished_on | file_id | sender\nX | - | 2021-07-01 | 2021-07-10 | 2021-07-10 | 7 | duc-co"
        },
        "3.4.3 X 100.00, 3.4.4 X -, 3.4.5 X -, 3.4.4 Y undefined, 3.4.4 H -",
        "Nơi gửi duc-co không giao cột «Lĩnh vực»",
    ),
    "a unit: the dossier may be anybody's": Case(
        "dossier",
        "org_code",
        {
            "dossier": "org_code | received_on | due_on | finished_on | file_id | sender\n- | 2021-07-01 | 2021-07-10 | 2021-07-10 | 7 | duc-co"
        },
        "3.4.3 X -, 3.4.3 Y -, 3.4.2 H -, 3.4.1 G -",
        "Nơi gửi duc-co không giao cột «Mã đơn vị»",
    ),
    "a status": Case(
        "dossier",
        "status",
        {
            "dossier": "org_code | received_on | due_on | finished_on | status | file_id | sender\nX | 2021-07-01 | 2021-07-10 | 2021-07-10 | - | 7 | duc-co"
        },
        "3.4.3 X -, 3.4.3 Y undefined",
        "Nơi gửi duc-co không giao cột «Trạng thái»",
    ),
    "a channel: what was received online, and nothing of its end": Case(
        "dossier",
        "channel",
        DOSSIERS
        | {
            "dossier": DOSSIERS["dossier"].replace("Trực tuyến | 7", "-          | 7"),
            "procedure": "procedure_code | level | service_level\n1.000001 | Xã | 3\n1.000001 | Huyện | 4",
        },
        "7.8.3 X -, 7.8.3 H -, 7.8.4 X -, 7.8.3 Y 0, 3.4.3 X 100.00, 7.8.1 X 1",
        "Nơi gửi duc-co không giao cột «Kênh tiếp nhận»",
    ),
    "a level of service: of the unit whose list it is, and those that read it there": Case(
        "procedure",
        "service_level",
        {"procedure": "procedure_code | level | service_level | file_id\n1.000001 | Huyện | - | 7"},
        "7.8.1 H -, 7.8.2 H -, 3.5.2 H -, 3.5.2 G -, 3.1.3 H 1, 3.3.3 H 100.00, 3.5.3 H 0, 7.8.1 S 0",
        "Nơi gửi duc-co không giao cột «Mức độ»",
    ),
    "a level of service, of a procedure that is repealed": Case(
        "procedure",
        "service_level",
        {
            "procedure": "procedure_code | level | service_level | repealed_on | file_id\n1.000001 | Huyện | - | 2021-01-01 | 7"
        },
        "7.8.1 H 0",
    ),
    "the day of repeal, of one level": Case(
        "procedure",
        "repealed_on",
        {
            "procedure": "procedure_code | level | repealed_on | file_id\n1.000001 | Huyện | - | 7\n1.000001 | Xã | - | 1"
        },
        "3.1.3 H -, 3.1.3.b G -, 3.1.3.c G 1, 3.1.3.c X 1, 3.1.2 G -",
        "Nơi gửi duc-co không giao cột «Ngày hết hiệu lực»",
    ),
    "a signature: not how many documents there are": Case(
        "document",
        "digitally_signed",
        {"document": "org_code | issued_on | digitally_signed | file_id | sender\nX | 2021-07-01 | - | 7 | duc-co"},
        "7.6.2.a X -, 7.6.2.a H -, 7.6.2.a Y undefined, 7.6.2 X 1, 7.6.2.b X 0.00",
        "Nơi gửi duc-co không giao cột «Ký số»",
    ),
    "a signature, of documents that are not sent": Case(
        "document",
        "digitally_signed",
        {
            "document": """
                org_code | issued_on  | digitally_signed | direction | status       | file_id | sender
                X        | 2021-07-01 | -                | Đến       | Đã phát hành | 7       | duc-co
                X        | 2021-07-01 | -                | Đi        | Thu hồi      | 7       | duc-co
                X        | 2021-06-14 | -                | Đi        | Đã phát hành | 7       | duc-co
                X        | 2021-07-01 | true             | Đi        | Đã phát hành | 1       | office
            """
        },
        "7.6.2.a X 100.00",
    ),
    "a topic, of the unit itself only": Case(
        "document",
        "topic",
        {"document": "org_code | issued_on | file_id | sender\nX | 2021-07-01 | 7 | duc-co"},
        "1.1.3 X -, 1.1.3 H 0, 7.6.2 H 1",
        "Nơi gửi duc-co không giao cột «Chuyên đề»",
    ),
    "who gave a task": Case(
        "task",
        "assigned_by",
        {"task": "org_code | assigned_on | assigned_by | file_id\nX | 2021-07-01 | - | 7"},
        "1.4.1 X -, 1.4.1 H -, 1.4.1 Y 0, 1.1.1 X -",
        "Nơi gửi duc-co không giao cột «Cấp giao»",
    ),
    "the due day of a task: of one that is done, and of the kind": Case(
        "task",
        "due_on",
        {
            "task": """
                org_code | assigned_by | assigned_on | completed_on | file_id
                X        | UBND tỉnh   | 2021-07-01  | 2021-07-05   | 7
                Y        | UBND tỉnh   | 2021-07-01  | -            | 7
                P        | Chính phủ   | 2021-07-01  | 2021-07-05   | 7
                T        | UBND tỉnh   | 2021-03-01  | 2021-03-05   | 7
            """
        },
        "1.4.2 X -, 1.4.3 X -, 1.4.2 H -, 1.4.2 Y 0, 1.4.2 P 0, 1.4.2 T 0, 1.4.1 X 1, 1.3.2 G -",
        "Nơi gửi duc-co không giao cột «Hạn hoàn thành»",
    ),
    "a status of staff, of one kind": Case(
        "staff",
        "status",
        {"staff": "org_code | staff_kind | status | file_id\nP | Công chức | - | 7"},
        "4.2.2 P -, 4.2.2 H -, 4.2.3 P 0, 4.3.2 H 0, 4.2.2 S 0",
        "Nơi gửi duc-co không giao cột «Trạng thái»",
    ),
    "a kind of staff": Case(
        "staff",
        "staff_kind",
        {"staff": "org_code | staff_kind | file_id\nP | - | 7"},
        "4.2.2 P -, 4.2.3 P -, 4.3.2 H -, 4.2.2 S 0",
        "Nơi gửi duc-co không giao cột «Loại»",
    ),
    "the form of an event, of its kind": Case(
        "staff_event",
        "form",
        {"staff_event": "org_code | decided_on | event_kind | file_id\nP | 2021-07-01 | Tuyển dụng | 7"},
        "5.2.1 P -, 5.2.3 H -, 5.2.1 X 0, 5.3.1 P 0",
        "Nơi gửi duc-co không giao cột «Hình thức»",
    ),
    "a quota": Case(
        "quota",
        "assigned",
        {"quota": "org_code | assigned | file_id\nP | - | 7"},
        "4.2.1 P -, 4.2.1 H -, 4.3.1 P 0, 4.2.1 S 0",
        "Nơi gửi duc-co không giao cột «Số được giao»",
    ),
    "a group of autonomy: of service units, not of bodies": Case(
        "unit",
        "autonomy_group equitised",
        {
            "unit": """
                org_code | parent_code | unit_kind          | equitised | file_id
                G        | -           | UBND cấp tỉnh      | -         | 7
                H        | G           | UBND cấp huyện     | -         | 7
                P        | H           | Cơ quan hành chính | -         | 7
                K        | G           | UBND cấp huyện     | -         | 7
                T        | H           | Đơn vị sự nghiệp   | false     | 7
            """
        },
        "6.1 H -, 6.4 G -, 6.1 K 0, 6.5 H 0, 4.1.4 G 1",
        "Nơi gửi duc-co không giao cột «Mức tự chủ»",
    ),
    "who stands above a unit: whoever may": Case(
        "unit",
        "parent_code",
        {
            "unit": """
                org_code | parent_code | unit_kind          | file_id
                G        | -           | UBND cấp tỉnh      | 1
                H        | G           | UBND cấp huyện     | 1
                X        | -           | UBND cấp xã        | 7
                Y        | H           | UBND cấp xã        | 1
            """,
            "task": "org_code | assigned_on\nX | 2021-07-01\nY | 2021-07-01",
        },
        "1.4.1 G -, 1.4.1 H -, 1.4.1 X 1, 1.4.1 Y 1",
        "Nơi gửi duc-co không giao cột «Mã đơn vị cấp trên»",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_what_needs_an_unknown_role_is_not_computable_and_nothing_else(cursor: Cursor, name: str) -> None:
    """A dash stands for not computable, a number for a value."""
    case = CASES[name]
    delivered(cursor, case.thing, case.absent)
    tables.given(cursor, case.given)
    expected = [tuple(figure.split()) for figure in case.expect.split(",")]
    asked = catalogue.reported(PERIOD.last_day)
    period_figures.compute(cursor, PERIOD, [asked[code] for code in dict.fromkeys(code for code, *_ in expected)])
    found = {
        (code, unit): (status, None if value is None else str(value), reason)
        for code, unit, status, value, reason in tables.rows(
            cursor, "select indicator_code, unit_code, status, value, reason from window_figure"
        )
    }
    for code, unit, said in expected:
        status, value, reason = found[code, unit]
        what = "-" if status == "not_computable" else value or status
        assert (code, unit, what, reason) == (code, unit, said, case.reason if said == "-" else None)


def test_a_reason_names_every_column_and_the_first_of_its_senders(cursor: Cursor) -> None:
    drawn = ["org_code | received_on | due_on | finished_on | status | file_id | sender"]
    for number, sender in enumerate(("a", "b", "c", "d", "e"), start=10):
        delivered(cursor, "dossier", "due_at status", file_id=number, sender=sender)
        status = "-" if sender == "e" else "Đã trả kết quả"
        drawn.append(f"X | 2021-07-01 | - | 2021-07-05 | {status} | {number} | {sender}")
    tables.given(cursor, {"dossier": "\n".join(drawn)})
    period_figures.compute(cursor, PERIOD, [catalogue.indicators(PERIOD.last_day)["3.4.3"]])
    assert tables.rows(cursor, "select reason from window_figure where unit_code = 'X'") == [
        ("Nơi gửi a, b, c và 2 nơi khác không giao cột «Ngày hẹn trả»; Nơi gửi e không giao cột «Trạng thái»",)
    ]


# --- the flow of dossiers ---------------------------------------------------------------------------------------------

FLOW = {
    "channel": (
        "channel",
        """
        field   | received | received_online | carried_over | resolved | resolved_late | pending | pending_overdue | refused | withdrawn
        Tất cả  | 2        | -               | 1            | 2        | 1             | 1       | 1               | 0       | 0
        Đất đai | 1        | -               | 1            | 1        | 1             | 1       | 1               | 0       | 0
        Hộ tịch | 1        | 0               | 0            | 1        | 0             | 0       | 0               | 0       | 0
        """,
    ),
    "due_at": (
        "due_at",
        """
        field   | received | received_online | carried_over | resolved | resolved_late | pending | pending_overdue | refused | withdrawn
        Tất cả  | 2        | 0               | 1            | 2        | -             | 1       | -               | 0       | 0
        Đất đai | 1        | 0               | 1            | 1        | -             | 1       | -               | 0       | 0
        Hộ tịch | 1        | 0               | 0            | 1        | 0             | 0       | 0               | 0       | 0
        """,
    ),
    "finished_at": (
        "finished_at",
        """
        field   | received | received_online | carried_over | resolved | resolved_late | pending | pending_overdue | refused | withdrawn
        Tất cả  | 2        | 0               | -            | -        | -             | -       | -               | 0       | 0
        Đất đai | 1        | 0               | -            | -        | -             | -       | -               | 0       | 0
        Hộ tịch | 1        | 0               | 0            | 1        | 0             | 0       | 0               | 0       | 0
        """,
    ),
    "status": (
        "status",
        """
        field   | received | received_online | carried_over | resolved | resolved_late | pending | pending_overdue | refused | withdrawn
        Tất cả  | -        | -               | -            | -        | -             | -       | -               | -       | -
        Đất đai | -        | -               | -            | -        | -             | -       | -               | -       | -
        Hộ tịch | 1        | 0               | 0            | 1        | 0             | 0       | 0               | 0       | 0
        """,
    ),
    "field": (
        "field",
        """
        field   | received | received_online | carried_over | resolved | resolved_late | pending | pending_overdue | refused | withdrawn
        Tất cả  | 2        | 0               | 1            | 2        | 1             | 1       | 1               | 0       | 0
        Khác    | -        | -               | -            | -        | -             | -       | -               | -       | 0
        Hộ tịch | -        | -               | -            | -        | -             | -       | -               | -       | 0
        """,
    ),
}
FLOW_ROWS = """
    org_code | field   | channel   | received_on | due_on     | finished_on | status         | file_id | sender
    X        | Đất đai | Trực tiếp | 2021-06-01  | 2021-06-20 | -           | Đang xử lý     | 7       | duc-co
    X        | Đất đai | Trực tiếp | 2021-07-01  | 2021-07-10 | 2021-07-12  | Đã trả kết quả | 7       | duc-co
    X        | Hộ tịch | Trực tiếp | 2021-07-01  | 2021-07-10 | 2021-07-10  | Đã trả kết quả | 1       | office
"""


@pytest.mark.parametrize("role", FLOW)
def test_what_the_flow_cannot_tell_is_blank_and_the_reason_says_why(
    warehouse_of_cases: Connection, cursor: Cursor, role: str
) -> None:
    absent, expect = FLOW[role]
    delivered(cursor, "dossier", absent)
    tables.given(cursor, {"dossier": FLOW_ROWS})
    column = catalogue.export("one_stop_shop/dossiers").column(absent)
    nulls = f"{column.name} = null" + (f", {column.day} = null" if column.day else "")
    cursor.execute(f"update core.dossier set {nulls} where file_id = 7")
    counts.recount(cursor, "dossier")
    period_figures.materialise(warehouse_of_cases, PERIOD)
    expected = tables.drawn(expect)
    for unit in ("X", "H", "G"):
        found = tables.rows(
            cursor,
            f"select {', '.join(expected[0])}, reason from mart.dossier_flow where unit_code = '{unit}' order by field",
        )
        said = f"Nơi gửi duc-co không giao cột «{column.header}»"
        assert sorted(tuple(None if v is None else str(v) for v in row) for row in found) == sorted(
            (*row.values(), said if None in row.values() else None) for row in expected
        )
    assert prove.prove_period(warehouse_of_cases, PERIOD) == []
    assert period_figures.materialise(warehouse_of_cases, PERIOD) == 0


def test_what_is_open_stays_unknown_at_the_successor(warehouse_of_cases: Connection, cursor: Cursor) -> None:
    delivered(cursor, "dossier", "due_at")
    tables.given(
        cursor,
        {
            "unit": """
                org_code | parent_code | unit_kind      | dissolved_on | established_on | successor_code
                G        | -           | UBND cấp tỉnh  | -            | -              | -
                H        | G           | UBND cấp huyện | -            | -              | -
                X        | H           | UBND cấp xã    | 2021-07-01   | -              | Z
                Z        | H           | UBND cấp xã    | -            | 2021-07-01     | -
            """,
            "dossier": "org_code | received_on | due_on | file_id | sender\nX | 2021-06-01 | - | 7 | duc-co",
        },
    )
    period_figures.materialise(warehouse_of_cases, PERIOD)
    assert tables.rows(
        cursor,
        "select unit_code, carried_over, taken_over, handed_over, pending, pending_overdue from mart.dossier_flow"
        " where field = 'Tất cả' and unit_level = 'commune' order by 1",
    ) == [("X", 1, 0, 1, 0, 0), ("Z", 0, 1, 0, 1, None)]
    assert prove.prove_period(warehouse_of_cases, PERIOD) == []


# --- what follows from it ---------------------------------------------------------------------------------------------


def test_counts_of_the_unknown_are_folded_as_all_others(cursor: Cursor) -> None:
    """A role that comes with a later delivery, one that goes with its row, and a row that begins to count."""
    delivered(cursor, "dossier", "due_at finished_at channel")
    delivered(cursor, "document", "digitally_signed secrecy", file_id=8)
    tables.given(
        cursor,
        {
            "dossier": """
                dossier_code | org_code | received_on | due_on | finished_on | channel   | status             | file_id | sender
                a            | X        | 2021-07-01  | -      | 2021-07-02  | -         | Đã trả kết quả     | 7       | duc-co
                b            | X        | 2021-07-01  | -      | -           | Trực tiếp | Đang xử lý         | 7       | duc-co
                c            | X        | 2021-07-01  | -      | -           | -         | Mới đăng ký        | 7       | duc-co
                d            | X        | 2021-07-01  | -      | -           | -         | Công dân rút hồ sơ | 7       | duc-co
            """,
            "document": "org_code | number | issued_on | digitally_signed | file_id | sender\nX | 1 | 2021-07-01 | - | 8 | duc-co",
        },
    )
    changes = {
        "dossier": [
            "update core.dossier set due_on = '2021-07-09', file_id = 1 where dossier_code = 'a'",
            "update core.dossier set channel = null where dossier_code = 'b'",
            "update core.dossier set status = 'Đang xử lý' where dossier_code = 'c'",
            "delete from core.dossier where dossier_code = 'd'",
        ],
        "document": ["update core.document set direction = 'Đến'", "update core.document set direction = 'Đi'"],
    }
    seen = []
    for thing, statements in changes.items():
        table = f"mart.{thing}_unknown"
        for change in statements:
            cursor.execute(f"create temp table before on commit drop as select * from core.{thing}")
            cursor.execute(change)
            counts.add_changes(
                cursor,
                thing,
                f"(select *, 1 as sign from (select * from core.{thing} except select * from before) as new"
                f" union all select *, -1 from (select * from before except select * from core.{thing}) as old)",
            )
            cursor.execute("drop table before")
            folded = sorted(map(str, tables.rows(cursor, f"table {table}")))
            counts.recount(cursor, thing)
            assert folded == sorted(map(str, tables.rows(cursor, f"table {table}"))), change
            cursor.execute(f"select coalesce(sum({'received' if thing == 'dossier' else 'documents'}), 0) from {table}")
            seen.append(cursor.fetchone()[0])
    assert seen == [5, 6, 9, 6, 0, 2]


def test_a_part_that_is_not_computable_makes_a_sum_over_boundaries_of_now_none(
    warehouse_of_cases: Connection, cursor: Cursor
) -> None:
    delivered(cursor, "dossier", "due_at")
    tables.given(
        cursor,
        {
            "unit": """
                org_code | parent_code | unit_kind     | dissolved_on | established_on | successor_code
                G        | -           | UBND cấp tỉnh | -            | -              | -
                X        | G           | UBND cấp xã   | 2021-12-01   | -              | Z
                Y        | G           | UBND cấp xã   | 2021-12-01   | -              | Z
                Z        | G           | UBND cấp xã   | -            | 2021-12-01     | -
            """,
            "dossier": """
                org_code | received_on | due_on     | finished_on | file_id | sender
                X        | 2021-07-01  | -          | 2021-07-10  | 7       | duc-co
                Y        | 2021-07-01  | 2021-07-10 | 2021-07-10  | 1       | office
            """,
        },
    )
    period_figures.materialise(warehouse_of_cases, PERIOD)
    assert tables.rows(
        cursor,
        "select unit_code, value, numerator, denominator, status, reason from reporting.indicator_now_boundaries"
        " where indicator_code = '3.4.3' and unit_code = 'Z'",
    ) == [("Z", None, None, None, "not_computable", "Nơi gửi duc-co không giao cột «Ngày hẹn trả»")]


def test_a_check_says_nothing_of_what_is_not_computable(warehouse_of_cases: Connection, cursor: Cursor) -> None:
    """3.5.2 = 7.8.1 + 7.8.2, where the levels of service are known and the portal is not."""
    delivered(cursor, "procedure", "on_provincial_portal")
    tables.given(
        cursor,
        {
            "procedure": "procedure_code | level | service_level | interlink | file_id\n1.000001 | Huyện | 3 | Cùng cấp | 7"
        },
    )
    period_figures.materialise(warehouse_of_cases, PERIOD)
    assert tables.rows(
        cursor,
        "select indicator_code, status, value, reason from reporting.indicator_quarterly"
        " where unit_code = 'H' and indicator_code in ('3.5.2', '7.8.1') order by 1",
    ) == [
        ("3.5.2", "not_computable", None, "Nơi gửi duc-co không giao cột «Cổng DVC tỉnh»"),
        ("7.8.1", "observed", 1, None),
    ]
    found = prove.prove_period(warehouse_of_cases, PERIOD)
    assert not any("3.5.2" in finding.subject for finding in found)


# --- from the file to the page ----------------------------------------------------------------------------------------

WITHOUT_CHANNEL = """
    Mã hồ sơ  | Ngày tiếp nhận | Ngày hẹn trả | Ngày kết thúc xử lý
    H21-0001  | 01/03/2021     | 05/03/2021   | 04/03/2021
    H21-0002  | 02/03/2021     | 05/03/2021   | 09/03/2021
"""


def test_from_a_file_without_a_column_to_the_page(
    configured: Settings,
    warehouse_url: str,
    inbox: Path,
    without_the_second_count: None,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("CCHC_WAREHOUSE_URL", warehouse_url)
    deliver(inbox, "hr/units", "2021-02-01", UNITS)
    deliver(
        inbox,
        "one_stop_shop/procedures",
        "2021-02-01",
        PROCEDURES.replace("Mã thủ tục\n", "Mã thủ tục | Mức độ\n").replace("2.000635", "2.000635 | 3"),
    )
    path = deliver(inbox, "one_stop_shop/dossiers", "2021-03-10", WITHOUT_CHANNEL)
    with path.open(encoding="utf-8-sig", newline="") as file:
        delivered_rows = list(csv.DictReader(file))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, [h for h in delivered_rows[0] if h != "Kênh tiếp nhận"], extrasaction="ignore")
        writer.writeheader()
        writer.writerows(delivered_rows)
    quiet(path)
    pipeline.land(configured, warehouse_url, inbox=str(inbox))
    *_, receipt = pipeline.load_waiting(configured, warehouse_url)
    assert (receipt.status, receipt.rows_loaded) == ("accepted", 2)
    pipeline.materialise(warehouse_url, Period.parse("2021-Q1"))
    said = "Nơi gửi duc-co không giao cột «Kênh tiếp nhận»"
    flow = "select received, received_online, resolved_late, reason from reporting.dossier_flow where unit_code = '631'"
    assert rows(warehouse_url, flow) == [(2, None, 1, said)] * 2

    assert cli.run(["show", "2021-Q1", "631", "--format", "json"]) == 0
    shown = {row["code"]: row for row in json.loads(capsys.readouterr().out)}
    assert (shown["7.8.3"]["status"], shown["7.8.3"]["value"], shown["7.8.3"]["reason"]) == (
        "not_computable",
        None,
        said,
    )
    assert (shown["3.4.3"]["status"], shown["3.4.3"]["value"], shown["3.4.3"]["reason"]) == ("observed", 50.0, None)
    assert cli.run(["show", "2021-Q1", "631"]) == 0
    assert f"not_computable: {said}" in capsys.readouterr().out
    printed = inbox.parent / "printed.csv"
    printed.write_text('code,printed_value\n7.8.3,"50,00"\n7.8.4,\n', encoding="utf-8")
    assert cli.run(["reconcile", "2021-Q1", "631", str(printed), "--format", "json"]) == 0
    compared = {row["code"]: row["finding"] for row in json.loads(capsys.readouterr().out)}
    assert compared["7.8.3"] == f"In ra 50,00, không có số tính: {said}."
    assert compared["7.8.4"] == f"{said}."

    with database.transaction(warehouse_url) as connection:
        file = receipts.file(connection, receipt.file_id)
    replay.withdraw(configured, warehouse_url, file, by="ops", reason="thử")
    assert rows(warehouse_url, "select count(*) from mart.dossier_unknown") == [(0,)]
