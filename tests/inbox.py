"""Small deliveries for tests: drawn as text, written as the files an office would send."""

import csv
import os
import time
from pathlib import Path

from etl import catalogue
from tests.tables import cells

DOSSIER = {
    "Mã thủ tục": "2.000635",
    "Tên thủ tục": "Cấp bản sao trích lục hộ tịch",
    "Lĩnh vực": "Hộ tịch",
    "Mã đơn vị": "23857",
    "Đối tượng": "Công dân",
    "Chủ hồ sơ": "Người Thử Nghiệm",
    "Số giấy tờ": "064000000001",
    "Kênh tiếp nhận": "Trực tiếp",
    "Mức độ": "2",
    "Trạng thái": "Đã trả kết quả",
}
UNIT = {"Loại": "UBND cấp xã", "Mã đơn vị cấp trên": "631"}
PROCEDURE = {
    "Cấp thực hiện": "Xã",
    "Tên thủ tục": "Cấp bản sao trích lục hộ tịch",
    "Lĩnh vực": "Hộ tịch",
    "Mức độ": "2",
    "Liên thông": "Cùng cấp",
    "Quy trình nội bộ": "Có",
    "Quy trình điện tử": "Có",
    "Thanh toán trực tuyến": "Không",
    "Ngày công bố": "01/01/2019",
}
DEFAULTS = {"one_stop_shop/dossiers": DOSSIER, "hr/units": UNIT, "one_stop_shop/procedures": PROCEDURE}


def table(text: str) -> list[dict[str, str]]:
    """Rows of a table drawn with `|`; the first line has the headers."""
    headers, *rows = cells(text)
    return [dict(zip(headers, row, strict=True)) for row in rows]


def deliver(inbox: Path, export: str, day: str, text: str, *, sender: str = "duc-co") -> Path:
    """Write a drawn table as the CSV file of a delivery; columns that are not drawn get a plain value."""
    path = inbox / export / day / f"{sender}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    headers = [c.header for c in catalogue.export(export).columns]
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, headers)
        writer.writeheader()
        for row in table(text):
            writer.writerow(dict.fromkeys(headers, "") | DEFAULTS.get(export, {}) | row)
    return quiet(path)


def quiet(path: Path) -> Path:
    """The same file, last written an hour ago: nobody waits to see whether it is still being written."""
    hour_ago = time.time() - 3600
    os.utime(path, (hour_ago, hour_ago))
    return path


UNITS = """
    Mã đơn vị | Tên đơn vị      | Mã đơn vị cấp trên | Loại
    631       | UBND huyện      |                    | UBND cấp huyện
    23857     | Thị trấn Chư Ty | 631                | UBND cấp xã
    23860     | Xã Ia Dơk       | 631                | UBND cấp xã
"""
PROCEDURES = """
    Mã thủ tục
    2.000635
"""
