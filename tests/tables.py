"""Tables drawn as text, put into a warehouse: given these rows, these figures."""

from psycopg2.extensions import cursor as Cursor

from etl.figures import counts

# A province with a department, a district with one body and one school, and two communes. "-" is nothing.
UNITS = """
org_code | org_name       | parent_code | unit_kind           | autonomy_group
G        | UBND tỉnh      | -           | UBND cấp tỉnh       | -
S        | Sở Nội vụ      | G           | Sở, ngành           | -
H        | UBND huyện     | G           | UBND cấp huyện      | -
P        | Phòng Nội vụ   | H           | Cơ quan hành chính  | -
T        | Trường Mầm non | H           | Đơn vị sự nghiệp    | 4
X        | UBND xã Một    | H           | UBND cấp xã         | -
Y        | UBND xã Hai    | H           | UBND cấp xã         | -
"""

# What a row says where its table does not.
DEFAULTS = {
    "dossier": {
        "procedure_code": "1.000001",
        "field": "Chứng thực",
        "channel": "Trực tiếp",
        "service_level": "2",
        "status": "Đang xử lý",
    },
    "procedure": {
        "procedure_name": "Thủ tục",
        "field": "Chứng thực",
        "service_level": "2",
        "workflow_approved": "true",
        "workflow_digital": "true",
        "online_payment": "false",
        "announced_on": "2019-01-01",
        "level": "Huyện",
    },
    "document": {
        "document_type": "Công văn",
        "subject": "V/v báo cáo",
        "direction": "Đi",
        "digitally_signed": "true",
        "sending_mode": "Điện tử",
        "status": "Đã phát hành",
    },
    "task": {"content": "Nhiệm vụ", "assigned_by": "UBND tỉnh"},
    "staff": {"staff_kind": "Công chức", "status": "Đang làm việc"},
    "staff_event": {"event_kind": "Tuyển dụng"},
    "quota": {"quota_kind": "Hành chính", "decided_on": "2021-01-10", "year": "2021"},
    "unit": {"org_name": "Đơn vị", "unit_kind": "Cơ quan hành chính"},
    "declaration": {"year": "2021", "period": "Quý III"},
}
NUMBERED = {"dossier": "dossier_code", "document": "number", "task": "task_code", "staff": "staff_code"}
MOMENTS = {"dossier": ("received_at", "due_at", "finished_at", "returned_at")}


def cells(table: str) -> list[list[str]]:
    """The cells of a table drawn with bars, line by line."""
    return [[cell.strip() for cell in line.split("|")] for line in table.strip().splitlines() if line.strip()]


def drawn(table: str) -> list[dict[str, str | None]]:
    """The rows of a table drawn with bars; "-" is nothing.

    >>> drawn("unit | value\\nH    | -")
    [{'unit': 'H', 'value': None}]
    """
    header, *rows = cells(table)
    return [dict(zip(header, (None if cell == "-" else cell for cell in row), strict=True)) for row in rows]


def insert(cursor: Cursor, thing: str, table: str, *, history: bool = False) -> None:
    """Put the rows of a table into core.<thing>, what it does not say as in DEFAULTS."""
    for line, row in enumerate(drawn(table), start=1):
        origin = {"province_code": "H21", "sender": "office", "delivered_on": "2021-12-15", "file_id": 1, "line": line}
        code = {NUMBERED[thing]: f"{thing}-{line}"} if thing in NUMBERED else {}
        if thing == "staff_event":
            code = {"event_code": f"QĐ {line}", "staff_code": f"person-{line}"}
        values = {**origin, **code, **DEFAULTS[thing], **row}
        for moment in MOMENTS.get(thing, ()):
            if (day := values.get(moment.removesuffix("_at") + "_on")) is not None:
                values[moment] = f"{day} 08:00+07"
        names = ", ".join(values)
        places = ", ".join(f"%({name})s" for name in values)
        target = f"core.{thing}_history" if history else f"core.{thing}"
        cursor.execute(f"insert into {target} ({names}) values ({places})", values)


def given(cursor: Cursor, tables: dict[str, str]) -> None:
    """Put drawn tables into the warehouse, by thing, and count them. Without a table of units there are UNITS."""
    for thing, table in ({"unit": UNITS} | tables).items():
        insert(cursor, thing, table)
    for thing in ("dossier", "document"):
        counts.recount(cursor, thing)


def rows(cursor: Cursor, statement: str, values: dict[str, object] | None = None) -> list[tuple]:
    cursor.execute(statement, values)
    return cursor.fetchall()
