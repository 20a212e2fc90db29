"""A list of failing cells goes to an office, is filled in and comes back: exactly what it says is decided."""

from pathlib import Path

import pytest

from etl import pipeline, settings
from etl.stewardship import fix_list
from etl.warehouse import database
from tests.databases import rows
from tests.inbox import PROCEDURES, UNITS, deliver

DOSSIERS = "one_stop_shop/dossiers"
NIGHT = """
    Mã hồ sơ                   | Ngày tiếp nhận | Ngày hẹn trả | Ngày kết thúc xử lý | Trạng thái     | Kênh tiếp nhận | Chủ hồ sơ        | Ghi chú
    000.00.16.H21-211201-0001 | 01/12/2021     | 06/12/2021   | 02/12/2021          | Đã trả kết quả | Trực tiếp      | Người Thử Nghiệm |
    000.00.16.H21-211201-0002 | 01/12/2021     | 06/12/2021   |                     | Chờ ký         | Trực tiếp      | Người Thử Nghiệm | Nộp hộ Người Thử Nghiệm
    000.00.16.H21-211201-0003 | 01/12/2021     | 06/12/2021   | 30/11/2021          | Chờ ký         | Zalo           | Lường Thị Xuyến  | =1+1
    000.00.16.H21-211201-0004 | 01/12/2021     |              |                     | Đang xử lý     | Trực tiếp      | Kpuih Hờ Nhung   | gọi 0977 123 456
"""


def test_dev(configured, warehouse_url, inbox, without_the_second_count):
    deliver(inbox, "hr/units", "2021-12-01", UNITS)
    deliver(inbox, "one_stop_shop/procedures", "2021-12-01", PROCEDURES)
    deliver(inbox, DOSSIERS, "2021-12-06", NIGHT)
    pipeline.land(configured, warehouse_url, inbox=str(inbox))
    list(pipeline.load_waiting(configured, warehouse_url))
    with database.transaction(warehouse_url) as connection, connection.cursor() as cursor:
        cursor.execute(
            "update quality.violation as v set export = f.export, sender = f.sender, record_key = v.line::text, unit_code='23857', cell_hash = md5(coalesce(value,'')) from landing.file f where f.file_id = v.file_id"
        )
        cursor.execute("select * from quality.violation")
        print(*cursor.fetchall(), sep="\n")
    [book] = fix_list.workbooks(configured, warehouse_url, DOSSIERS, units=["23857"])
    Path("/tmp/fix_list.xlsx").write_bytes(book.content)
    print(book.name, book.cells, book.rows)
    from etl.stewardship import fix_list_taken
    import openpyxl

    b = openpyxl.load_workbook("/tmp/fix_list.xlsx")
    for row in b.worksheets[0].iter_rows(values_only=True):
        print(row[1:])
    s = b.worksheets[0]
    head = {c.value: c.column for c in s[4]}
    for r in range(5, s.max_row + 1):
        col = s.cell(r, head["Cột"]).value
        s.cell(r, head["Giá trị đúng"]).value = {
            "Trạng thái": "Đang xử lý",
            "Kênh tiếp nhận": "Fax",
            "Ngày kết thúc xử lý": "03/12/2021",
        }.get(col)
        s.cell(r, head["Lý do giữ nguyên"]).value = {"Ngày hẹn trả": "không hẹn, gọi 0977 123 456"}.get(col)
    b.save("/tmp/filled.xlsx")
    content = Path("/tmp/filled.xlsx").read_bytes()
    for _ in range(2):
        r = fix_list_taken.take(configured, warehouse_url, content, "x/filled.xlsx", by="lan", units={"23857"})
        print(r.text, r.reasons)
    print(rows(warehouse_url, "select * from quality.decision"), rows(warehouse_url, "select * from quality.batch"))
