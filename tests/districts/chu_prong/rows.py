"""What the offices of Chư Prông delivered for 2021, as tables: the district is real, every row is invented.

"-" is nothing, days are 05/01/2021, moments 05/01/2021 17:00; what cannot be read is delivered as it stands. A cell
`column=text` sets a column that few rows have, and cells at the end of a line may be left out. `breaks` names the error
rules that a row breaks, `warns` the warnings planted in it, both decided by hand.
"""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache

Row = dict[str, object]

DISTRICT, OFFICE, LAND, BUILDING = "632", "632.10", "632.03", "632.07"
TOWN, BINH_GIAO, IA_DRANG, THANG_HUNG, IA_KLY = "23887", "23890", "23893", "23896", "23888"
COMMUNES = (TOWN, BINH_GIAO, IA_DRANG, THANG_HUNG, IA_KLY)
MARCH, JUNE, AUTUMN, EARLY, WINTER, LAST = (
    date(2021, month, day) for month, day in ((3, 16), (6, 16), (9, 16), (12, 13), (12, 16), (12, 20))
)
HOLIDAYS = {
    *(date(2021, 2, day) for day in range(10, 17)),
    *(date(2021, month, day) for month, day in ((1, 1), (4, 21), (4, 30), (5, 3), (9, 2), (9, 3))),
}


@dataclass(frozen=True)
class Delivery:
    """One file: what it holds, when it came, from whom, how it is written."""

    export: str  # <source>/<export>
    day: date
    sender: str
    style: str
    rows: list[Row]
    rejected_by: str = ""  # the file rule it breaks
    fault: str = ""  # what the writer does wrong on purpose


def read(column: str, text: str) -> object:
    """The meaning of one drawn cell."""
    if text == "-":
        return None
    if column in ("breaks", "warns"):
        return tuple(text.split())
    with suppress(ValueError):
        if column in ("year", "assigned", "fee"):
            return int(text)
        if column.endswith("_at"):
            day, _, clock = text.partition(" ")
            return at(datetime.strptime(day, "%d/%m/%Y").date(), clock or "00:00")
        if column.endswith("_on") and column not in ("born_on", "joined_on"):
            return datetime.strptime(text, "%d/%m/%Y").date()
    return text


def at(day: date, clock: str) -> datetime:
    return datetime.combine(day, time.fromisoformat(clock))


def drawn(table: str, **common: object) -> list[Row]:
    """The rows of a drawn table, with what is common to all of them; lines that begin with # are remarks."""
    lines = [line for line in table.splitlines() if line.strip() and not line.startswith("#")]
    names, *lines = ([cell.strip() for cell in line.split("|")] for line in lines)
    rows = []
    for cells in lines:
        pairs = dict(cell.split("=") for cell in cells if "=" in cell)
        plain = dict(zip(names, (cell for cell in cells if "=" not in cell), strict=False))
        said = dict.fromkeys(names, "-") | plain | pairs
        rows.append(common | {name: read(name, text) for name, text in said.items()})
    return rows


# --- units ------------------------------------------------------------------------------------------------------------

# The province, 64, is delivered by nobody: its code ships with the project.
UNITS = """
org_code | org_name                       | parent_code | unit_kind          | autonomy_group | positions_approved
632      | UBND huyện Chư Prông           | 64          | UBND cấp huyện
632.10   | Văn phòng HĐND-UBND huyện      | 632         | Cơ quan hành chính | -              | Có
632.03   | Phòng Tài nguyên và Môi trường | 632         | Cơ quan hành chính | -              | Có
632.05   | Phòng Giáo dục và Đào tạo      | 632         | Cơ quan hành chính | -              | Có
632.07   | Phòng Kinh tế và Hạ tầng       | 632         | Cơ quan hành chính | -              | Không
632.12   | Phòng Y tế                     | 632         | Cơ quan hành chính | -              | Có
23887    | Thị trấn Chư Prông             | 632         | UBND cấp xã
23890    | Xã Bình Giáo                   | 632         | UBND cấp xã
23893    | Xã Ia Drăng                    | 632         | UBND cấp xã
23896    | Xã Thăng Hưng                  | 632         | UBND cấp xã
23888    | Xã Ia Kly                      | 632         | UBND cấp xã
632.51   | Trường THCS Lê Lợi             | 632.05      | Đơn vị sự nghiệp   | 3              | Có
632.52   | Trường Tiểu học Kim Đồng       | 632.05      | Đơn vị sự nghiệp   | 4              | Có
632.53   | Trường Mầm non Hoa Sen         | 632.05      | Đơn vị sự nghiệp   | 4              | Không
632.54   | Trung tâm Văn hóa huyện        | 632         | Đơn vị sự nghiệp   | 3              | Có
632.55   | Ban Quản lý chợ                | 632         | Đơn vị sự nghiệp   | 2              | Không
632.56   | Trung tâm Dịch vụ nông nghiệp  | 632         | Đơn vị sự nghiệp   | 4              | Có
"""
# Listed in March and never again.
DROPPED_UNIT = """
org_code | org_name         | parent_code | unit_kind        | autonomy_group | positions_approved
632.57   | Trạm Khuyến nông | 632         | Đơn vị sự nghiệp | 4              | Có
"""
NEW_UNITS = """
org_code | org_name | parent_code | unit_kind | autonomy_group | positions_approved | established_on
632.60   | Trường Mầm non Họa Mi | 632.05      | Đơn vị sự nghiệp   | 1              | Có                 | 01/12/2021
632.61   | Trường mở sau kỳ      | 632.05      | Đơn vị sự nghiệp   | 1              | Có                 | 20/12/2021
632.90   | Không rõ cấp trên     | 99998       | Cơ quan hành chính | breaks=UNI-02
632.91   | Ban A                 | 632.92      | Cơ quan hành chính | breaks=UNI-02
632.92   | Ban B                 | 632.91      | Cơ quan hành chính | breaks=UNI-02
632.93   | Ban C                 | 632         | Cơ quan hành chính | breaks=UNI-01
632.93   | Ban D                 | 632         | Cơ quan hành chính | breaks=UNI-01
-        | Ban không mã          | 632         | Cơ quan hành chính | breaks=UNI-01
632.94   | Hợp tác xã            | 632         | Hợp tác xã         | breaks=UNI-03
632.95   | Trường nhóm 7         | 632         | Đơn vị sự nghiệp   | 7              | breaks=UNI-03
"""


def units(day: date) -> list[Row]:
    """The list of units as it was known on a day; on 1/7 a body and a commune were merged away."""
    rows = drawn(UNITS, managed_by="UBND huyện")
    if day == MARCH:
        return rows + drawn(DROPPED_UNIT, managed_by="UBND huyện")
    rows = [row | {"dissolved_on": date(2021, 7, 1)} if row["org_code"] in ("632.12", IA_KLY) else row for row in rows]
    return rows if day == AUTUMN else rows + drawn(NEW_UNITS, managed_by="UBND huyện")


# --- procedures -------------------------------------------------------------------------------------------------------

PROCEDURES = """
procedure_code         | level | field          | service_level | interlink    | online_payment
1.001612               | Huyện | Hộ kinh doanh  | 4             | Cùng cấp     | Có
2.000815               | Huyện | Chứng thực     | 2             | Cùng cấp     | Không
2.000815               | Xã    | Chứng thực     | 2             | Cùng cấp     | Không
1.003003               | Huyện | Đất đai        | 2             | Giữa các cấp | Không
1.002255               | Huyện | Đất đai        | 3             | Giữa các cấp | Có
1.007254               | Huyện | Xây dựng       | Toàn trình    | Cùng cấp     | Có
1.004203               | Huyện | Đất đai        | Một phần      | Giữa các cấp | Không
1.001193               | Xã    | Hộ tịch        | 4             | Cùng cấp     | Có
1.000894               | Xã    | Hộ tịch        | 3             | Cùng cấp     | Không
1.003554               | Xã    | Đất đai        | 2             | Giữa các cấp | Không
1.001731 | Xã | Bảo trợ xã hội | 2 | Cùng cấp | Không | workflow_approved=Không | workflow_digital=Không
2.001001               | Huyện | Văn hóa        | 4             | Cùng cấp     | Không          | workflow_digital=Không
2.001002 | Xã | Văn hóa | 3 | Cùng cấp | Không | on_provincial_portal=Không
2.001003               | Huyện | Văn hóa        | 4             | Cùng cấp     | Có             | repealed_on=01/06/2021
2.001004               | Huyện | Văn hóa        | 2             | Giữa các cấp | Không          | repealed_on=01/01/2022
2.001005               | Sở    | Văn hóa        | 4             | Giữa các cấp | Có
2.001006.000.00.00.H21 | Huyện | Văn hóa        | 2             | -            | Không          | warns=PRO-51
2.001007 | Xã | Văn hóa | 2 | Cùng cấp | Không | announced_on=15/03/2021
"""
NEW_PROCEDURES = """
procedure_code | level | field   | service_level | interlink | online_payment | announced_on
2.001008       | Huyện | Văn hóa | 4             | Cùng cấp  | Không          | 14/12/2021
2.001009       | Huyện | Văn hóa | 4             | Cùng cấp  | Không          | 15/12/2021
ABC-1          | Huyện | Văn hóa | 2             | Cùng cấp  | Không          | 01/12/2021   | breaks=PRO-01
2.001010       | Tỉnh  | Văn hóa | 2             | Cùng cấp  | Không          | 01/12/2021   | breaks=PRO-02
2.001011       | Huyện | Văn hóa | 2             | Cùng cấp  | Không          | 01/12/2021   | breaks=PRO-03
2.001011       | Huyện | Văn hóa | 3             | Cùng cấp  | Không          | 01/12/2021   | breaks=PRO-03
2.001012       | Huyện | Văn hóa | 2             | Cùng cấp  | Không          | 30/02/2021   | breaks=PRO-04
2.001013       | Huyện | Văn hóa | 2             | Cùng cấp  | Chưa rõ        | 01/12/2021   | breaks=PRO-04
2.001014 | Huyện | Văn hóa | 2 | Cùng cấp | Không | 01/12/2021 | breaks=PRO-05 | repealed_on=30/11/2021
"""


def procedures(*tables: str) -> list[Row]:
    """The catalogue of procedures; what is offered online is on the provincial portal unless the table denies it."""
    common = {"workflow_approved": "Có", "workflow_digital": "Có", "on_national_portal": "Không", "postal": "Có"}
    common |= {"decision": "285/QĐ-UBND", "announced_on": date(2019, 5, 6)}
    rows = [row for table in tables for row in drawn(table, **common)]
    for row in rows:
        row.setdefault("on_provincial_portal", "Không" if row["service_level"] == "2" else "Có")
        row["procedure_name"] = f"Thủ tục {row['procedure_code']}"
    return rows


GRADE = {str(row["procedure_code"])[:8]: row["service_level"] for row in procedures(PROCEDURES)}
FIELD = {str(row["procedure_code"])[:8]: row["field"] for row in procedures(PROCEDURES)}
HOUSEHOLD, COPY, RED_BOOK, TRANSFER, PERMIT = "1.001612", "2.000815", "1.003003", "1.002255", "1.007254"
SPLIT, BIRTH, MARRIAGE, QUARREL, WELFARE = "1.004203", "1.001193", "1.000894", "1.003554", "1.001731"

# --- dossiers ---------------------------------------------------------------------------------------------------------

NEW, REFUSED, WITHDRAWN, WORKING = "Mới đăng ký", "Không được tiếp nhận", "Công dân rút hồ sơ", "Đang xử lý"
DONE, RETURNED = "Đã xử lý xong", "Đã trả kết quả"
PAUSED = ("Yêu cầu bổ sung", "Yêu cầu thực hiện nghĩa vụ tài chính", "Dừng xử lý")
SEQUENCE = iter(range(1, 10_000))


def working_days_after(day: date, days: int) -> date:
    while days:
        day += timedelta(1)
        days -= day.weekday() < 5 and day not in HOLIDAYS
    return day


def dossier(
    org_code: str, procedure_code: str, received_at: datetime, due_at: datetime | None,
    finished_at: datetime | None = None, status: str | None = None, **more: object,
) -> Row:  # fmt: skip
    """A dossier; what is not said is made up, and is the same in every run."""
    number = next(SEQUENCE)
    status = status or (WORKING if finished_at is None else (RETURNED, DONE)[number % 2])
    returned_at = finished_at + timedelta(days=1, hours=2) if finished_at and status == RETURNED else None
    is_late = due_at and (finished_at or datetime.max).date() > due_at.date()
    return {
        "dossier_code": f"000.00.{32 if org_code[0] == '6' else 87}.H21-{received_at:%y%m%d}-{number:04d}",
        "procedure_code": procedure_code,
        "field": FIELD.get(procedure_code[:8], "Văn hóa"),
        "org_code": org_code,
        "applicant_kind": ("Công dân", "Doanh nghiệp", "Tổ chức")[number % 3],
        "applicant_name": f"Người thử {number}",
        "applicant_id": f"{640_000_000 + number}" if number % 2 else f"064{number:09d}",
        "applicant_phone": f"0900{number:06d}",
        "channel": "Trực tiếp",
        "service_level": GRADE.get(procedure_code[:8], "2"),
        "received_at": received_at,
        "due_at": due_at,
        "finished_at": finished_at,
        "returned_at": returned_at,
        "return_channel": "Trực tiếp" if returned_at else None,
        "status": status,
        "fee": number % 4 * 15_000,
        "paid_online": "Không",
        "apology_letter": f"{number}/TXL-UBND" if is_late else None,
    } | more


def ordinary(org: str, count: int, codes: str, first: date, last: date, online: dict[str, date]) -> list[Row]:
    """A year of one desk: early, on the day, late, finished a quarter later, open."""
    rows = []
    for k in range(count):
        day = first + (last - first) * k // (count - 1)
        code = codes.split()[k % len(codes.split())]
        due = at(working_days_after(day, 3 + k % 8), ("00:00", "17:00")[k % 2])
        late_by = (-1, -1, -2, -1, -2, -1, 0, 0, 2, 0, 60, None)[k % 12]
        finished = at(due.date() + timedelta(late_by or 0), ("09:30", "16:45:10")[(late_by or 0) > 0])
        finished = None if late_by is None or finished.date() >= LAST else finished
        channel = ("Trực tiếp", "Trực tiếp", "Bưu chính công ích")[k % 3]
        if code in online and day >= online[code] and k % 4 != 1:
            channel = "Trực tuyến"
        received = at(day, f"{7 + k % 10:02d}:{k * 7 % 60:02d}:{k * 13 % 60:02d}")
        rows.append(dossier(org, code, received, due, finished, channel=channel))
    return rows


START, END = date(2020, 12, 16), date(2021, 12, 13)
ORDINARY = [
    *ordinary(DISTRICT, 78, f"{HOUSEHOLD} {COPY} {RED_BOOK} {TRANSFER} {HOUSEHOLD}", START, END, {HOUSEHOLD: START}),
    *ordinary(LAND, 26, f"{RED_BOOK} {SPLIT} {RED_BOOK}", date(2020, 12, 20), END, {SPLIT: date(2021, 7, 1)}),
    *ordinary(BUILDING, 19, PERMIT, date(2021, 3, 22), END, {PERMIT: date(2021, 6, 20)}),
    *ordinary(TOWN, 40, f"{BIRTH} {COPY} {QUARREL} {BIRTH} {WELFARE}", START, END, {BIRTH: START}),
    *ordinary(BINH_GIAO, 29, f"{MARRIAGE} {COPY} {WELFARE}", date(2020, 12, 18), END, {}),
    *ordinary(IA_DRANG, 25, f"{COPY} {QUARREL}", date(2020, 12, 17), date(2021, 12, 14), {}),
    *ordinary(THANG_HUNG, 17, f"{WELFARE} {COPY} {COPY}", date(2020, 12, 30), date(2021, 11, 30), {}),
    *ordinary(IA_KLY, 8, f"{COPY} {WELFARE}", date(2021, 1, 5), date(2021, 5, 28), {}),
]  # fmt: skip

# Every edge of the definitions.
EDGES = """
org_code | procedure_code | received_at         | due_at              | finished_at         | status
# the last second before the year: carried over; finished late on the due day is on time
632      | 2.000815       | 14/12/2020 23:59:59 | 05/01/2021          | 05/01/2021 23:59:59
# the first second of the year
632      | 2.000815       | 15/12/2020 00:00    | 18/12/2020 17:00    | 18/12/2020 17:30
# finished before the year: nowhere; in its first second: carried over and resolved
632      | 2.000815       | 20/11/2020 08:00    | 14/12/2020 17:00    | 14/12/2020 23:59:59
632      | 2.000815       | 20/11/2020 09:00    | 15/12/2020 17:00    | 15/12/2020 00:00
# the seam of the first and the second quarter
632      | 2.000815       | 15/03/2021 00:00    | 18/03/2021 17:00    | 17/03/2021 09:00
632      | 2.000815       | 14/03/2021 23:59:59 | 18/03/2021 17:00    | 17/03/2021 10:00
# the seam of the third and the fourth, in a file that writes 2021-09-14T17:30:00Z for the 15th
23887    | 2.000815       | 07/09/2021 08:00    | 14/09/2021 17:00    | 15/09/2021 00:30
23887    | 2.000815       | 07/09/2021 09:00    | 14/09/2021 17:00    | 14/09/2021 23:59:59
# open for ever, due long ago
632      | 1.003003       | 01/06/2020 08:00    | 01/07/2020 17:00
# open at the end of the third quarter, and of the year: due on the last day is in time, the day before is overdue
632      | 2.000815       | 01/09/2021 08:00    | 14/09/2021 17:00    | 20/09/2021 09:00
632      | 2.000815       | 01/09/2021 09:00    | 13/09/2021 17:00    | 20/09/2021 10:00
632      | 2.000815       | 01/12/2021 08:00    | 14/12/2021
632      | 2.000815       | 01/12/2021 09:00    | 13/12/2021 23:59:59
# due on Sunday 14/3, the last day of the first quarter, finished on the Monday: open in time, then late
632      | 2.000815       | 01/03/2021 08:00    | 14/03/2021 17:00    | 15/03/2021 08:00    | warns=DOS-57
# paused in three ways, long past the due day: open, in time
632      | 1.003003       | 01/10/2021 08:00    | 15/10/2021 17:00    | -                   | Yêu cầu bổ sung
632 | 1.003003 | 01/10/2021 09:00 | 15/10/2021 17:00 | - | Yêu cầu thực hiện nghĩa vụ tài chính
632.03   | 1.003003       | 04/10/2021 09:00    | 18/10/2021 17:00    | -                   | Dừng xử lý
# withdrawn a quarter after it came in; withdrawn past its due day is not late
632      | 1.001612       | 19/02/2021 08:00    | 20/04/2021 17:00    | 10/04/2021 09:00    | Công dân rút hồ sơ
23887    | 2.000815       | 01/07/2021 08:00    | 09/07/2021 17:00    | 02/08/2021 09:00    | Công dân rút hồ sơ
# refused, and not yet received
632      | 2.000815       | 01/04/2021 08:00    | 08/04/2021 17:00    | 05/04/2021 09:00    | Không được tiếp nhận
23890    | 2.000815       | 04/05/2021 08:00    | 11/05/2021 17:00    | 05/05/2021 09:00    | Không được tiếp nhận
632      | 2.000815       | 05/05/2021 08:00    | 12/05/2021 17:00    | -                   | Mới đăng ký
# no due day: resolved is on time, open is in time
632      | 1.003003       | 11/01/2021 08:00    | -                   | 10/03/2021 09:00    | warns=DOS-52
23887 | 1.003554 | 10/08/2021 08:00 | - | - | Được tiếp nhận | warns=DOS-52
# due at 00:00 means the whole day; the next second is another day
632      | 2.000815       | 18/05/2021 08:00    | 20/05/2021 00:00    | 20/05/2021 23:59:59
632      | 2.000815       | 18/05/2021 09:00    | 20/05/2021 23:59:59 | 21/05/2021 00:00
# picked up in the next quarter: resolved when it was finished
632 | 1.001612 | 08/03/2021 08:00 | 15/03/2021 | 14/03/2021 23:59:59 | Đã trả kết quả | returned_at=15/03/2021 08:00
# the last second of the year, and the first after it
632      | 1.001612       | 06/12/2021 08:00    | 14/12/2021 17:00    | 14/12/2021 23:59:59 | Đã xử lý xong
632      | 1.001612       | 06/12/2021 09:00    | 15/12/2021 17:00    | 15/12/2021 00:00    | Đã xử lý xong
632      | 1.001612       | 14/12/2021 23:59:59 | 17/12/2021 17:00    | 15/12/2021 09:00    | Đã xử lý xong
632      | 1.001612       | 15/12/2021 00:00    | 20/12/2021 17:00
# of a commune that was merged away on 1/7: they stay the district's
23888    | 2.000815       | 05/05/2021 08:00    | 30/06/2021 17:00    | 25/06/2021 09:00
23888    | 1.001731       | 21/06/2021 08:00    | 05/07/2021 17:00    | 10/08/2021 09:00
23888    | 1.001731       | 22/06/2021 08:00    | 06/07/2021 17:00
# codes and procedure codes in other spellings
632 | 2.000815 | 24/05/2021 08:00 | 27/05/2021 17:00 | 26/05/2021 09:00 | dossier_code=06322105000123
632 | 2.000815 | 01/06/2021 08:00 | 04/06/2021 17:00 | 03/06/2021 09:00 | dossier_code=H21.32-210601-0011
632 | 1.001612 | 12/07/2021 08:00 | 15/07/2021 | 14/07/2021 | channel=Trực tuyến | procedure_code=1.001612.000.00.00.H21
23887 | 1.001193 | 12/07/2021 09:00 | 13/07/2021 17:00 | 13/07/2021 09:00 | procedure_code=1.001193.H21
# warnings
632 | 2.000815 | 21/06/2021 08:00 | 24/06/2021 | 23/06/2021 | Đã trả kết quả | warns=DOS-51 | returned_at=22/06/2021
632 | 2.000815 | 21/06/2021 09:00 | 24/06/2021 17:00 | 25/06/2021 09:00 | warns=DOS-53 | apology_letter=-
23887 | 2.000815 | 05/10/2021 09:00 | 06/10/2021 17:00 | 07/10/2021 09:00 | warns=DOS-53 | apology_letter=-
632 | 2.000815 | 22/06/2021 08:00 | 25/06/2021 17:00 | 24/06/2021 09:00 | warns=DOS-54 | channel=Trực tuyến
632 | 2.000815 | 23/06/2021 08:00 | 28/06/2021 17:00 | 25/06/2021 09:00 | warns=DOS-55 | dossier_code=H21.32-210622-7777
632      | 9.999999       | 23/06/2021 09:00    | 28/06/2021 17:00    | 25/06/2021 09:00    | warns=DOS-56
23887    | 1.003003       | 06/10/2021 09:00    | 11/10/2021 17:00    | 08/10/2021 09:00    | warns=DOS-56
632      | 2.000815       | 26/04/2021 09:00    | 30/04/2021 17:00    | 29/04/2021 09:00    | warns=DOS-57
23887    | 2.000815       | 06/10/2021 10:00    | 09/10/2021 17:00    | 08/10/2021 09:00    | warns=DOS-57
632 | 2.000815 | 24/06/2021 08:00 | 29/06/2021 17:00 | 28/06/2021 09:00 | warns=DOS-58 | applicant_id=12345
632 | 2.000815 | 24/06/2021 09:00 | 29/06/2021 | 28/06/2021 09:00 | applicant_id=- | note=Thiếu "bản chính", đã bổ sung
632      | 2.000815       | 25/06/2021 09:00    | 30/06/2021 17:00    | 29/06/2021 09:00    | fee=1.500.000
"""
# First delivered wrongly, in the file of the third quarter and of the second.
WRONG = """
org_code | procedure_code | received_at      | due_at           | finished_at      | status
632 | 1.003003 | 20/07/2021 09:00 | 22/07/2021 | 27/07/2021 09:00 | Đã xử lý xong | dossier_code=H21.32-210720-9001
632 | 1.001612 | 12/03/2021 09:00 | 19/03/2021 | 16/03/2021 09:00 | Đã xử lý xong | dossier_code=H21.32-210312-9002
"""
# In the last file: put right (another due day; a day of receipt in the next quarter), mended after it was held back in
# March, and two of January that nobody had sent.
RIGHT = """
org_code | procedure_code | received_at      | due_at           | finished_at      | status
632 | 1.003003 | 20/07/2021 09:00 | 28/07/2021 | 27/07/2021 09:00 | Đã xử lý xong | dossier_code=H21.32-210720-9001
632 | 1.001612 | 15/03/2021 | 19/03/2021 | 16/03/2021 | Đã xử lý xong | warns=DOS-55 | dossier_code=H21.32-210312-9002
632      | 2.000815       | 03/02/2021 09:00 | 19/02/2021 17:00 | 08/02/2021 09:00 | dossier_code=H21.32-210203-8001
632      | 1.003003       | 10/01/2021 09:00 | 20/01/2021 17:00 | 21/01/2021 09:00
23887    | 2.000815       | 10/01/2021 10:00 | 12/01/2021 17:00 | 12/01/2021 09:00
"""
# Rows of the district's desk that must not enter, by the file they stand in. Unless said: a COPY, due in five days.
BROKEN = """
sent_on    | came_at
16/03/2021 | 03/02/2021 09:00 | breaks=DOS-08 | channel=Fax | dossier_code=H21.32-210203-8001
16/03/2021 | 03/02/2021 09:00 | breaks=DOS-12 | dossier_code=H21.32-210203-8002
16/03/2021 | 03/02/2021 09:00 | breaks=DOS-12 | dossier_code=H21.32-210203-8002 | note=khác
16/03/2021 | 18/03/2021 09:00 | breaks=DOS-15
16/06/2021 | 06/04/2021 09:00 | breaks=DOS-01 | dossier_code=-
16/06/2021 | 06/04/2021 09:00 | breaks=DOS-02 | procedure_code=-
16/06/2021 | 06/04/2021 09:00 | breaks=DOS-04 | received_at=31/02/2021 08:00
16/06/2021 | 06/04/2021 09:00 | breaks=DOS-04 | received_at=-
16/06/2021 | 06/04/2021 09:00 | breaks=DOS-05 | due_at=mai
16/09/2021 | 06/07/2021 09:00 | breaks=DOS-03 | org_code=99999
16/09/2021 | 06/07/2021 09:00 | breaks=DOS-06 | finished_at=32/13/2021
16/09/2021 | 06/07/2021 09:00 | breaks=DOS-07 | returned_at=abc
16/09/2021 | 06/07/2021 09:00 | breaks=DOS-09 | service_level=5
16/09/2021 | 06/07/2021 09:00 | breaks=DOS-10 | status=Hoàn tất
16/12/2021 | 06/10/2021 09:00 | breaks=DOS-11 | fee=miễn phí
16/12/2021 | 06/10/2021 09:00 | breaks=DOS-13 | finished_at=05/10/2021 09:00 | status=Đã xử lý xong
16/12/2021 | 06/10/2021 09:00 | breaks=DOS-14 | status=Đã xử lý xong
16/12/2021 | 06/10/2021 09:00 | breaks=DOS-16 | finished_at=28/12/2021 09:00 | status=Đã xử lý xong
16/12/2021 | 06/10/2021 09:00 | breaks=DOS-17 | due_at=05/10/2021 17:00
16/12/2021 | 06/10/2021 09:00 | breaks=DOS-18 | applicant_kind=Cá nhân
16/12/2021 | 06/10/2021 09:00 | breaks=DOS-08 DOS-10 DOS-11 | channel=Fax | status=Hoàn tất | fee=miễn phí
# of the merged commune, a month after it ended
20/12/2021 | 03/08/2021 09:00 | breaks=DOS-03 | org_code=23888
"""


def dossiers(table: str) -> list[Row]:
    return [dossier(**{"finished_at": None, **row}) for row in drawn(table)]


def broken(day: date) -> list[Row]:
    rows = []
    for said in drawn(BROKEN):
        came = said["came_at"]
        plain = dossier(DISTRICT, COPY, came, at(working_days_after(came.date(), 5), "17:00"), apology_letter="x/TXL")
        if said["sent_on"] == day:
            rows.append(plain | said)
    return rows


DOSSIER_DAYS = (MARCH, JUNE, AUTUMN, WINTER, LAST)
DESK_STYLES = ("utf16-tab-compact", "cp1258-semicolon", "nfd-upper-nbsp", "titles-utf8", "xlsx-serial")
COMMUNE_STYLES = ("xlsx", "html", "utf8-iso-z", "csv-shuffled", "utf8-semicolon-bom")


def as_known(row: Row, day: date) -> Row | None:
    """A dossier as its system shows it on a day: not yet there, open, or finished."""
    received, finished = row["received_at"], row["finished_at"]
    if received.date() > day:
        return None
    if finished is None or finished.date() <= day:
        return row
    return row | {"finished_at": None, "returned_at": None, "return_channel": None, "status": WORKING}


def dossier_files() -> list[Delivery]:
    """Five files of each desk: what is new or changed; the fifth also repeats the fourth in another spelling."""
    files: dict[tuple[str, date], list[Row]] = {(desk, day): [] for desk in ("huyen", "xa") for day in DOSSIER_DAYS}

    def send(row: Row, days: tuple[date, ...]) -> None:
        desk, last = "xa" if row["org_code"] in COMMUNES else "huyen", None
        for day in days:
            known = as_known(row, day)
            if known is not None and known != last:
                files[desk, day].append(known)
                last = known

    right = dossiers(RIGHT)
    for row in [*ORDINARY, *dossiers(EDGES), *dossiers(WRONG)]:
        send(row, DOSSIER_DAYS)
    files["huyen", AUTUMN].append(files["huyen", AUTUMN][-1])  # the same row twice, letter for letter
    for desk in ("huyen", "xa"):
        changed = {row["dossier_code"] for row in [*files[desk, LAST], *right]}
        again = [row for row in files[desk, WINTER] if not row.get("warns") and row["dossier_code"] not in changed]
        files[desk, LAST] += again
    for row in right:
        send(row, (LAST,))
    for day in DOSSIER_DAYS:
        files["huyen", day][5:5] = broken(day)
    styles = {"huyen": DESK_STYLES, "xa": COMMUNE_STYLES}
    return [
        Delivery("one_stop_shop/dossiers", day, f"mot_cua_{desk}", styles[desk][DOSSIER_DAYS.index(day)], rows)
        for (desk, day), rows in files.items()
    ]


# --- documents and tasks ----------------------------------------------------------------------------------------------

DOCUMENTS_JUNE = """
org_code | number          | issued_on  | document_type | sending_mode    | digitally_signed | topic
# the day before the year, and its first
632      | 2010/QĐ-UBND    | 14/12/2020 | Quyết định    | Điện tử         | Có               | CCHC
632      | 2011/QĐ-UBND    | 15/12/2020 | Quyết định    | Điện tử         | Có               | CCHC
# the same row twice
632      | 01/KH-UBND      | 08/01/2021 | Kế hoạch      | Điện tử         | Có               | CCHC
632      | 01/KH-UBND      | 08/01/2021 | Kế hoạch      | Điện tử         | Có               | CCHC
632      | 01a/KH-UBND     | 08/01/2021 | Kế hoạch      | Điện tử         | Có
632      | 02/KH-UBND      | 14/03/2021 | Kế hoạch      | Điện tử và giấy | Có
632      | 03/KH-UBND      | 15/03/2021 | Kế hoạch      | Giấy            | Không            | CCHC
632      | 01/2021/QĐ-UBND | 20/01/2021 | Quyết định    | Điện tử         | Có
632      | 10/UBND-NC      | 01/02/2021 | Công văn      | Điện tử         | Có               | CCHC  | secrecy=Mật
632      | 11/UBND-VX      | 02/02/2021 | Công văn      | Điện tử         | Có               | secrecy=-
632      | 12/UBND-KT      | 03/02/2021 | Công văn      | Điện tử         | Không            | warns=DOC-53
632      | 13/UBND-NC      | 04/02/2021 | Công văn      | Điện tử         | Có               | CCHC  | status=Thu hồi
632      | 14/UBND-NC      | 05/02/2021 | Công văn      | Điện tử         | Có               | status=Thay thế
632      | 15/UBND-NC      | 05/04/2021 | Công văn      | Điện tử và giấy | Có               | CCHC
# of the office: not issued by the district itself
632.10   | 05/VP-TH        | 06/04/2021 | Công văn      | Điện tử         | Có               | CCHC
632.10   | 06/VP-TH        | 06/05/2021 | Công văn      | Giấy            | Không
# came in
632.10   | 07/VP-TH        | 07/05/2021 | Công văn      | Điện tử         | Có               | CCHC  | direction=Đến
99999    | 21/BC-UBND      | 01/03/2021 | Báo cáo       | Điện tử         | Có               | breaks=DOC-01
632      | -               | 02/03/2021 | Báo cáo       | Điện tử         | Có               | breaks=DOC-02
632      | 22/BC-UBND      | 29/02/2021 | Báo cáo       | Điện tử         | Có               | breaks=DOC-03
632 | 23/BC-UBND | 03/03/2021 | Báo cáo | Điện tử | Có | breaks=DOC-04 | direction=Nội bộ
632      | 24/BC-UBND      | 04/03/2021 | Báo cáo       | Zalo            | Có               | breaks=DOC-04
632      | 31/TB-UBND      | 05/03/2021 | Thông báo     | Điện tử         | Có               | breaks=DOC-05
632      | 31/TB-UBND      | 09/03/2021 | Thông báo     | Điện tử         | Có               | breaks=DOC-05
632      | 35/TB-UBND      | 30/06/2021 | Thông báo     | Điện tử         | Có               | breaks=DOC-06
"""
DOCUMENTS_WINTER = """
org_code | number      | issued_on  | document_type | sending_mode    | digitally_signed | topic
632      | 40/TB-UBND  | 05/07/2021 | Thông báo     | Điện tử         | Có               | CCHC
632      | 41/TB-UBND  | 14/12/2021 | Thông báo     | Điện tử         | Có
632      | 42/TB-UBND  | 15/12/2021 | Thông báo     | Điện tử         | Có               | CCHC
632      | thông báo 9 | 06/07/2021 | Thông báo     | Điện tử         | Có               | warns=DOC-51
632      | 101/UBND-NC | 02/08/2021 | Công văn      | Điện tử và giấy | Có
632      | 102/UBND-NC | 14/09/2021 | Công văn      | Điện tử         | Có
632      | 103/UBND-NC | 15/09/2021 | Công văn      | Điện tử         | Có
632      | 99/UBND-NC  | 01/11/2021 | Công văn      | Điện tử         | Có               | warns=DOC-52
"""
RECALLED = """
org_code | number      | issued_on  | document_type | sending_mode | digitally_signed | topic
632      | 102/UBND-NC | 14/09/2021 | Công văn      | Điện tử      | Có               | status=Thu hồi
"""
DOCUMENTS_COMMUNE = """
org_code | number     | issued_on  | document_type | sending_mode    | digitally_signed | topic
23887    | 01/BC-UBND | 05/01/2021 | Báo cáo       | Điện tử         | Có
23887    | 02/BC-UBND | 14/03/2021 | Báo cáo       | Giấy            | Không
23887    | 03/BC-UBND | 15/03/2021 | Báo cáo       | Điện tử và giấy | Có
23887    | 04/BC-UBND | 11/04/2021 | Báo cáo       | Điện tử         | Có               | CCHC
23887    | 05/BC-UBND | 15/06/2021 | Báo cáo       | Giấy            | Không
23887    | 06/BC-UBND | 14/12/2021 | Báo cáo       | Điện tử         | Có
23888    | 01/KH-UBND | 01/06/2021 | Kế hoạch      | Điện tử         | Có
"""


def documents(table: str) -> list[Row]:
    common = {"direction": "Đi", "secrecy": "Thường", "status": "Đã phát hành", "signer": "Người Ký Thử"}
    return [{"subject": f"Về việc {row['number']}"} | row for row in drawn(table, **common)]


TASKS_MARCH = """
task_code | assigned_by   | org_code | assigned_on | due_on     | completed_on
# of the plan of the year before
KH-00     | Kế hoạch CCHC | 632      | 14/12/2020  | 01/03/2021 | 01/03/2021
KH-01     | Kế hoạch CCHC | 632      | 15/12/2020  | 01/03/2021 | 14/03/2021
KH-02     | Kế hoạch CCHC | 632.10   | 20/01/2021  | 01/06/2021
KH-03     | Kế hoạch CCHC | 23887    | 20/01/2021
# on the due day, the day after, and without one: cannot be late
UT-01     | UBND tỉnh     | 632      | 04/01/2021  | 29/01/2021 | 29/01/2021
UT-02     | UBND tỉnh     | 632.10   | 05/01/2021  | 29/01/2021 | 30/01/2021
UT-03     | UBND tỉnh     | 632.03   | 01/02/2021  | -          | 02/03/2021
UT-04     | UBND tỉnh     | 632.03   | 02/02/2021  | 26/02/2021
CP-01     | Chính phủ     | 632      | 02/02/2021  | 26/02/2021 | 25/02/2021
-         | UBND tỉnh     | 632.03   | 02/02/2021  | breaks=TSK-01
UT-90     | UBND tỉnh     | 632.03   | 02/02/2021  | breaks=TSK-01
UT-90     | UBND tỉnh     | 632.10   | 02/02/2021  | breaks=TSK-01
UT-91     | UBND tỉnh     | 99999    | 02/02/2021  | breaks=TSK-02
UT-92     | UBND xã       | 632.03   | 02/02/2021  | breaks=TSK-03
UT-93     | UBND tỉnh     | 632.03   | 02/02/2021  | cuối tháng | breaks=TSK-03
UT-94     | UBND tỉnh     | 632.03   | 02/02/2021  | -          | 01/02/2021   | breaks=TSK-04
"""
TASKS_WINTER = """
task_code | assigned_by   | org_code | assigned_on | due_on     | completed_on
# done on the last day of the third quarter; a day too late for the year
KH-02     | Kế hoạch CCHC | 632.10   | 20/01/2021  | 01/06/2021 | 14/09/2021
KH-03     | Kế hoạch CCHC | 23887    | 20/01/2021  | -          | 15/12/2021
KH-04     | Kế hoạch CCHC | 632      | 14/12/2021  | -          | 14/12/2021
KH-05     | Kế hoạch CCHC | 632      | 15/12/2021  | -          | 15/12/2021
UT-05     | UBND tỉnh     | 632      | 04/10/2021  | 14/12/2021 | 15/12/2021
UT-06     | UBND tỉnh     | 23887    | 05/10/2021  | 01/11/2021 | 02/11/2021
UT-07     | UBND tỉnh     | 632.03   | 06/10/2021  | 20/12/2021 | 01/12/2021
"""


def tasks(table: str) -> list[Row]:
    return [
        {"content": f"Nhiệm vụ {row['task_code']}", "assigning_document": "366/UBND-NC"} | row for row in drawn(table)
    ]


# --- people -----------------------------------------------------------------------------------------------------------

CIVIL = """
staff_code | staff_kind        | org_code | status        | status_on  | joined_on
CC20       | Công chức         | 632.10   | Biệt phái     | 01/02/2021 | 2010
CC21       | Công chức         | 632.03   | Nghỉ thai sản | 01/02/2021 | 09/2012
HD01       | Hợp đồng lao động | 632.10   | Đang làm việc | -          | 2010
HD02       | Hợp đồng lao động | 632.03   | Đang làm việc | -          | 15/06/2021
# of communes: not counted
HD03       | Hợp đồng lao động | 23887    | Đang làm việc | -          | 2010
CX01       | Cán bộ cấp xã     | 23887    | Đang làm việc | -          | 2010
CX02       | Công chức cấp xã  | 23887    | Đang làm việc | -          | 2010
CX03       | Công chức         | 23890    | Đang làm việc | -          | 2010
"""
CIVIL_MARCH = """
staff_code | staff_kind | org_code | status
CC30       | Công chức  | 632.05   | Đang làm việc
CC31       | Công chức  | 632.05   | Đang làm việc
CC32       | Công chức  | 632.05   | Đang làm việc
CC33       | Công chức  | 632.05   | Đang làm việc
CC34       | Công chức  | 632.05   | Đang làm việc
-          | Công chức  | 632.10   | Đang làm việc | breaks=STF-01
CC90       | Công chức  | 632.10   | Đang làm việc | breaks=STF-01
CC90       | Công chức  | 632.03   | Đang làm việc | breaks=STF-01
CC91       | Công chức  | 99999    | Đang làm việc | breaks=STF-02
CC92       | Giáo viên  | 632.10   | Đang làm việc | breaks=STF-03
CC93       | Công chức  | 632.10   | Đi học        | breaks=STF-03
"""
# Gone on the last day of the year, and on the day after; CC34 is no longer listed.
CIVIL_WINTER = """
staff_code | staff_kind | org_code | status    | status_on
CC30       | Công chức  | 632.05   | Nghỉ hưu  | 14/12/2021
CC31       | Công chức  | 632.05   | Nghỉ hưu  | 15/12/2021
CC32       | Công chức  | 632.05   | Tinh giản | 01/08/2021
CC33       | Công chức  | 632.05   | Chuyển đi | 15/03/2021 | national_id=99 | warns=STF-51
"""
TEACHERS_WINTER = """
staff_code | staff_kind | org_code | status        | status_on  | joined_on
GV20       | Viên chức  | 632.53   | Thôi việc     | 01/07/2021 | 2010
GV40       | Viên chức  | 632.60   | Đang làm việc | 01/12/2021 | 01/12/2021
GV41       | Viên chức  | 632.54   | Nghỉ thai sản | 01/10/2021 | 05/2014
"""


def people(*tables: str) -> list[Row]:
    rows = []
    for row in (row for table in tables for row in drawn(table)):
        code = str(row["staff_code"])
        n = sum(ord(letter) * place for place, letter in enumerate(code, 1))
        made_up = {
            "full_name": f"Cán Bộ {code}",
            "born_on": ("1985", "05/1990", "17/08/1979")[n % 3],
            "gender": ("Nam", "Nữ")[n % 2],
            "national_id": f"0640{n:08d}",
            "rank_code": "01.003",
            "joined_on": ("2010", "09/2012", "01/03/2015")[n % 3],
        }
        rows.append(made_up | row)
    return rows


def numbered(prefix: str, kind: str, units: str, numbers: Iterable[int]) -> str:
    """A table of people at work, spread over some units."""
    lines = [f"{prefix}{n:02d}|{kind}|{units.split()[n % len(units.split())]}|Đang làm việc" for n in numbers]
    return "\n".join(["staff_code|staff_kind|org_code|status", *lines])


OFFICIALS = numbered("CC", "Công chức", "632.10 632.03 632.05 632.07", range(16))
TEACHERS = numbered("GV", "Viên chức", "632.51 632.52 632.53", range(27))
TEACHERS_LEFT = numbered("GV", "Viên chức", "632.51 632.52 632.53", [n for n in range(27) if n != 20])

QUOTAS = """
year | org_code | quota_kind | assigned | decided_on
# the district's own row repeats the sum of its parts
2015 | 632      | Hành chính | 32       | 15/01/2015
2015 | 632.10   | Hành chính | 9        | 15/01/2015
2015 | 632.03   | Hành chính | 7        | 15/01/2015
2015 | 632.05   | Hành chính | 8        | 15/01/2015
2015 | 632.07   | Hành chính | 6        | 15/01/2015
2015 | 632.12   | Hành chính | 2        | 15/01/2015
2015 | 632.51   | Sự nghiệp  | 20       | 15/01/2015
2015 | 632.52   | Sự nghiệp  | 14       | 15/01/2015
# the last decision of 2015 counts
2015 | 632.53   | Sự nghiệp  | 10       | 14/01/2015
2015 | 632.53   | Sự nghiệp  | 12       | 01/09/2015
2015 | 632.54   | Sự nghiệp  | 6        | 15/01/2015
2021 | 632      | Hành chính | 30       | 05/01/2021
2021 | 632.10   | Hành chính | 8        | 05/01/2021
2021 | 632.03   | Hành chính | 6        | 05/01/2021
2021 | 632.05   | Hành chính | 9        | 05/01/2021
2021 | 632.07   | Hành chính | 5        | 05/01/2021
2021 | 632.12   | Hành chính | 2        | 05/01/2021
2021 | 632.10   | Hợp đồng   | 3        | 05/01/2021
2021 | 632.51   | Sự nghiệp  | 17       | 05/01/2021
2021 | 632.52   | Sự nghiệp  | 13       | 05/01/2021
2021 | 632.53   | Sự nghiệp  | 11       | 05/01/2021
2021 | 632.54   | Sự nghiệp  | 5        | 05/01/2021
"""
BROKEN_QUOTAS = """
year      | org_code | quota_kind | assigned | decided_on
hai nghìn | 632.10   | Hành chính | 8        | 05/01/2021 | breaks=QUO-01
2021      | 632.10   | Hành chính | -8       | 06/01/2021 | breaks=QUO-01
2021      | 632.10   | Hành chính | 8,5      | 07/01/2021 | breaks=QUO-01
2021      | 99999    | Hành chính | 8        | 05/01/2021 | breaks=QUO-02
2021      | 632.10   | Khác       | 8        | 05/01/2021 | breaks=QUO-03
"""
# On 10/8 one leaves the land office and the health office is closed; the district's row follows.
NEW_QUOTAS = """
year | org_code | quota_kind | assigned | decided_on
2021 | 632.03   | Hành chính | 5        | 10/08/2021
2021 | 632.12   | Hành chính | 0        | 10/08/2021
2021 | 632      | Hành chính | 27       | 10/08/2021
2021 | 632.51   | Sự nghiệp  | 16       | 14/12/2021
2021 | 632.60   | Sự nghiệp  | 4        | 02/12/2021
# after the year; and of a school that is of December 2021
2021 | 632.52   | Sự nghiệp  | 10       | 15/12/2021
2015 | 632.60   | Sự nghiệp  | 4        | 15/01/2015 | breaks=QUO-02
"""

EVENTS_JUNE = """
event_code | staff_code | event_kind   | form             | position_level                  | org_code | decided_on
# before the year, its first day, and the seam of the quarters
QĐ-01      | CC00       | Tuyển dụng   | Thi tuyển        | Công chức                       | 632.10   | 14/12/2020
QĐ-02      | CC01       | Tuyển dụng   | Thi tuyển        | Công chức                       | 632.03   | 15/12/2020
QĐ-03      | CC02       | Tuyển dụng   | Xét tuyển        | Công chức                       | 632.05   | 14/03/2021
QĐ-04      | CC03       | Tuyển dụng   | Đặc biệt         | Công chức                       | 632.07   | 15/03/2021
# two persons in one decision
QĐ-05      | GV01       | Tuyển dụng   | Xét tuyển        | Viên chức                       | 632.52   | 01/02/2021
QĐ-05      | GV02       | Tuyển dụng   | Xét tuyển        | Viên chức                       | 632.53   | 01/02/2021
QĐ-06      | GV03       | Tuyển dụng   | Đặc biệt         | Viên chức                       | 632.51   | 02/02/2021
QĐ-07      | CC04       | Bổ nhiệm     | -                | Lãnh đạo phòng thuộc UBND huyện | 632.10   | 08/02/2021
QĐ-08 | CC05 | Bổ nhiệm lại | - | Lãnh đạo phòng thuộc UBND huyện | 632.03 | 09/02/2021 | by_competition=Có
# one person, punished by the administration and by the Party
QĐ-09      | CC06       | Kỷ luật      | Khiển trách      | Lãnh đạo phòng thuộc UBND huyện | 632.05   | 01/03/2021
QĐ-10      | CC06       | Kỷ luật      | Cảnh cáo về Đảng | Lãnh đạo phòng thuộc UBND huyện | 632.05   | 02/03/2021
QĐ-11      | GV04       | Kỷ luật      | Khiển trách      | Viên chức                       | 632.52   | 03/03/2021
QĐ-12 | CC99 | Đào tạo | - | Công chức | 632.10 | 04/03/2021 | warns=EVT-51
- | CC07 | Đào tạo | - | Công chức | 632.10 | 04/03/2021 | breaks=EVT-01
QĐ-91 | CC07 | Đào tạo | - | Công chức | 632.10 | tháng ba | breaks=EVT-01
QĐ-92 | CC07 | Nghỉ mát | - | Công chức | 632.10 | 04/03/2021 | breaks=EVT-02
"""
EVENTS_WINTER = """
event_code | staff_code | event_kind | form        | position_level                  | org_code | decided_on
QĐ-20 | CC08 | Bổ nhiệm | - | Lãnh đạo phòng thuộc UBND huyện | 632.07 | 08/07/2021 | by_competition=Có
QĐ-21      | CC09       | Bổ nhiệm   | -           | Lãnh đạo phòng thuộc UBND huyện | 632.07   | 15/12/2021
QĐ-22      | CC06       | Kỷ luật    | Cảnh cáo    | Lãnh đạo phòng thuộc UBND huyện | 632.05   | 02/08/2021
QĐ-23      | CC10       | Kỷ luật    | Khiển trách | Lãnh đạo UBND huyện             | 632.10   | 03/08/2021
QĐ-24      | CC32       | Tinh giản  | NĐ 108      | Công chức                       | 632.05   | 30/07/2021
QĐ-25      | GV20       | Tinh giản  | NĐ 108      | Viên chức                       | 632.53   | 30/06/2021
QĐ-25      | GV05       | Tinh giản  | NĐ 108      | Viên chức                       | 632.53   | 14/12/2021
QĐ-26      | CX02       | Xét chuyển | Xét chuyển  | Công chức                       | 632.10   | 01/09/2021
"""

# --- declarations -----------------------------------------------------------------------------------------------------

# `meaning` is what the office means.
DECLARED_MARCH = """
indicator_code | period | value | meaning
1.2.2          | Quý I  | 05    | 5
7.4.           | Quý I  | 98,5  | 98.5
5.1.3          | Quý I  | 0     | 0
"""
DECLARED_WINTER = """
indicator_code | period  | value | meaning
1.2.2          | Năm     | 8     | 8
1.2.3          | Năm     | 1.024 | 1024
1.2.4          | Năm     | 1,001 | 1001
1.5.1          | Năm     | 01    | 1
1.5.2          | Năm     | 2     | 2
1.6.           | Năm     | 1     | 1
2.2            | Năm     | 0     | 0
2.3            | Năm     | 12    | 12
5.1.3          | Năm     | 0     | 0
7.1            | Năm     | 1     | 1
7.2            | Năm     | 1     | 1
7.4            | Năm     | 99,13 | 99.13
7.5            | Năm     | 2     | 2
7.6.1.b        | Năm     | 100   | 100
7.6.1.c        | Năm     | 87.5  | 87.5
1.2.2          | Quý III | 6     | 6
1.2.2          | 6 tháng | 7     | 7
7.3            | Năm     | 5     | breaks=DEC-02
7.7.2          | Năm     | 101   | breaks=DEC-02
2.4            | Năm     | 12,5  | breaks=DEC-02
9.9.9          | Năm     | 1     | breaks=DEC-01
7.7.3          | Năm     | 100   | breaks=DEC-03 | org_code=99999
3.4.2          | Năm     | 12,34 | 12.34   | warns=DEC-51
"""
ONE_DECLARED = "indicator_code | period  | value | meaning\n 1.2.3 | Quý III | 7 | 7"


def declarations(table: str) -> list[Row]:
    return drawn(table, year=2021, org_code=DISTRICT)


# --- all deliveries ---------------------------------------------------------------------------------------------------


@cache
def deliveries() -> tuple[Delivery, ...]:
    """Every file of the inbox, in no particular order."""
    declared, events = "declarations/indicators", {"by_competition": "Không"}
    paper, task = "document_management/documents", "document_management/tasks"
    procedure = "one_stop_shop/procedures"
    return (
        Delivery("hr/units", MARCH, "p.noi-vu", "titles-utf8", units(MARCH)),
        Delivery("hr/units", AUTUMN, "p.noi-vu", "xlsx", units(AUTUMN)),
        Delivery("hr/units", EARLY, "p.noi-vu", "html", units(EARLY)),
        Delivery("hr/staff", MARCH, "p.noi-vu", "cp1258-semicolon", people(OFFICIALS, CIVIL, CIVIL_MARCH)),
        Delivery("hr/staff", MARCH, "p.giao-duc", "xlsx", people(TEACHERS)),
        Delivery("hr/staff", EARLY, "p.noi-vu", "utf16-tab", people(OFFICIALS, CIVIL, CIVIL_WINTER)),
        Delivery("hr/staff", EARLY, "p.giao-duc", "html", people(TEACHERS_LEFT, TEACHERS_WINTER)),
        Delivery("hr/quotas", MARCH, "p.noi-vu", "xlsx", drawn(QUOTAS) + drawn(BROKEN_QUOTAS)),
        Delivery("hr/quotas", WINTER, "p.noi-vu", "utf8-semicolon-bom", drawn(QUOTAS) + drawn(NEW_QUOTAS)),
        Delivery("hr/quotas", LAST, "p.noi-vu", "titles-utf8", drawn(QUOTAS)[:9], "FIL-06"),
        Delivery("hr/events", JUNE, "p.noi-vu", "nfd-upper-nbsp", drawn(EVENTS_JUNE, **events)),
        Delivery("hr/events", WINTER, "p.noi-vu", "html", drawn(EVENTS_WINTER, **events)),
        Delivery(procedure, MARCH, "kiem_soat_tthc", "html", procedures(PROCEDURES)),
        Delivery(procedure, WINTER, "kiem_soat_tthc", "csv-shuffled", procedures(PROCEDURES, NEW_PROCEDURES)),
        *dossier_files(),
        Delivery(paper, JUNE, "vb_huyen", "utf16-tab", documents(DOCUMENTS_JUNE)),
        Delivery(paper, WINTER, "vb_huyen", "xlsx", documents(DOCUMENTS_WINTER)),
        Delivery(paper, WINTER, "vb_xa", "cp1258-semicolon", documents(DOCUMENTS_COMMUNE)),
        Delivery(paper, LAST, "vb_huyen", "titles-utf8", documents(RECALLED)),
        Delivery(task, MARCH, "vb_huyen", "html", tasks(TASKS_MARCH)),
        Delivery(task, WINTER, "vb_huyen", "nfd-upper-nbsp", tasks(TASKS_WINTER)),
        Delivery(declared, MARCH, "p.noi-vu", "titles-utf8", declarations(DECLARED_MARCH)),
        Delivery(declared, WINTER, "p.noi-vu", "xlsx-text", declarations(DECLARED_WINTER)),
        Delivery(declared, LAST, "p.noi-vu", "xlsx-text", declarations(DECLARED_WINTER), "duplicate"),
        Delivery(declared, LAST, "hong_1", "garbage", [], "FIL-01"),
        Delivery(declared, LAST, "hong_2", "csv", declarations(ONE_DECLARED), "FIL-02", "without Kỳ báo cáo"),
        Delivery(declared, LAST, "hong_3", "csv", declarations(ONE_DECLARED), "FIL-03", "more Ghi chú"),
        Delivery(declared, LAST, "hong_4", "csv", declarations(ONE_DECLARED), "FIL-04", "more Cột lạ"),
        Delivery(declared, LAST, "hong_5", "csv", [], "FIL-05"),
    )  # fmt: skip
