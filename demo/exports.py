"""What Đức Cơ's four source systems delivered on 15/12/2021: nine exports that give the figures of the printed report.

Bad rows come on top of the good ones, a known number for each rule; warnings are on rows that count.
"""

import random
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from demo import delivery, dossiers, other_system, papers, people
from demo.calendar import DELIVERY, vietnamese
from demo.district import BODY_CODES, COMMUNES, CONSTRUCTION, DISTRICT, HEALTH, LAND, Procedure, procedures, units
from demo.dossiers import DIRECT, ONLINE, POSTAL, Cell, Desk
from etl.catalogue import Layout

SENDER = "duc-co"
SEED = 2021


@dataclass
class Planted:
    """What the delivered files contain. rows = good + quarantined + repeated, for every export."""

    rules: Counter[str] = field(default_factory=Counter)  # rule id -> rows that break it, errors and warnings
    rows: Counter[str] = field(default_factory=Counter)  # export -> data rows of its file
    quarantined: Counter[str] = field(default_factory=Counter)  # export -> rows that break an error rule
    repeated: Counter[str] = field(default_factory=Counter)  # export -> rows that say again what an earlier one says
    layout: str = ""  # by which the dossiers are written; empty: as their contract says
    changed: int = 0  # dossiers that the next night's delivery tells differently (demo/bulk.py)

    def good(self, export: str) -> int:
        """Rows that are loaded, warnings included."""
        return self.rows[export] - self.quarantined[export] - self.repeated[export]

    def spoil(self, export: str, rule_id: str, count: int = 1) -> None:
        self.rules[rule_id] += count
        self.quarantined[export] += count


def write_exports(inbox: Path, *, size: float = 1.0, layout: Layout | None = None) -> Planted:
    """Write the nine exports below `inbox` as <source>/<export>/<delivery day>/<sender>.<suffix>.

    Input:  `size` multiplies the dossiers that are not planted; the printed figures come out at 1. `layout`: how the
            dossiers are written, if not as their contract says.
    Output: how many rows break each rule, and how many are good. The same call writes the same bytes.
    """
    planted = Planted(layout=layout.name if layout else "")
    staff = people.staff()
    _write_units(inbox, planted)
    _write_procedures(inbox, planted)
    _write_staff(inbox, planted, staff)
    _write_quotas(inbox, planted)
    _write_events(inbox, planted, staff)
    _write_documents(inbox, planted)
    _write_tasks(inbox, planted)
    _write_declarations(inbox, planted)
    _write_dossiers(inbox, planted, size, layout)
    return planted


# ---- one stop shop ------------------------------------------------------------------------------------------------

DOSSIER_HEADER = [
    "STT",
    "Mã số hồ sơ",
    "Mã TTHC",
    "Tên thủ tục",
    "Lĩnh vực",
    "Mã đơn vị",
    "Đơn vị tiếp nhận",
    "Đối tượng",
    "Chủ hồ sơ",
    "Số CMND/CCCD",
    "Số điện thoại",
    "Kênh\u00a0tiếp nhận",
    "Mức độ",
    "Ngày giờ tiếp nhận",
    "Ngày hẹn trả ",
    "NGÀY KẾT THÚC XỬ LÝ",
    "Ngày trả kết quả",
    "Hình thức trả",
    "Trạng thái",
    "Phí, lệ phí",
    "Thanh toán trực tuyến",
    "Thư xin lỗi",
    "Ghi chú",
]

# Rows on top of the good ones, by rule and per desk: (district, communes). DOS-12 makes two rows of each.
BAD_DOSSIERS = {
    "DOS-01": (1, 2),
    "DOS-02": (1, 1),
    "DOS-03": (1, 2),
    "DOS-04": (1, 2),
    "DOS-05": (1, 1),
    "DOS-06": (1, 1),
    "DOS-07": (0, 2),
    "DOS-08": (1, 1),
    "DOS-09": (1, 1),
    "DOS-10": (1, 2),
    "DOS-11": (1, 2),
    "DOS-12": (1, 2),
    "DOS-13": (1, 2),
    "DOS-14": (2, 2),
    "DOS-15": (1, 1),
    "DOS-16": (1, 1),
    "DOS-17": (1, 2),
    "DOS-18": (1, 1),
}
# Among the rows that count.
WARNED_DOSSIERS = {
    "DOS-51": (2, 2),
    "DOS-52": (2, 4),
    "DOS-53": (1, 4),
    "DOS-54": (1, 2),
    "DOS-55": (3, 4),
    "DOS-56": (2, 3),
    "DOS-57": (3, 6),
    "DOS-58": (3, 5),
}
OF_CLOSED_UNIT = 2  # received by a unit after it was dissolved: DOS-03 too
REPEATED = 2  # rows that stand twice, word for word, per level

ON_TIME_EDGES = (
    "received at the first moment",
    "finished on the due day, after hours",
    "finished at the last moment",
    "finished on the last day of Quý I",
    "received on the first day of Quý II",
)
OPEN_EDGES = ("received at the last moment", "finished the day after", "due on the last day, open")


def _district_cells() -> list[Cell]:
    """1831 received = 1597 resolved (1586 + 11 late) + 234 open (218 + 16 overdue), and what is not counted."""
    return [
        Cell("on_time", 113, "land"),
        Cell("on_time", 60, "construction"),
        Cell("on_time", 37, "A", ONLINE),
        Cell("on_time", 18, "A"),
        Cell("on_time", 28, "B", ONLINE),
        Cell("on_time", 22, "B"),
        Cell("returned", 20, "post in", POSTAL, back=POSTAL),
        Cell("returned", 60, "post in", back=POSTAL),
        Cell("returned", 20, "post in"),
        Cell("returned", 300, "post out", back=POSTAL),
        Cell("returned", 100, "post out"),
        Cell("on_time", 808),
        Cell("late", 7, "land"),
        Cell("late", 4),
        Cell("pending", 3, "A", ONLINE),
        Cell("pending", 2, "A"),
        Cell("pending", 2, "B", ONLINE),
        Cell("pending", 1, "B"),
        Cell("pending", 40, "land"),
        Cell("pending", 10, "construction"),
        Cell("paused", 30),
        Cell("pending", 130),
        Cell("overdue", 5, "land"),
        Cell("overdue", 11),
        # Not counted in the window.
        Cell("before", 20),
        Cell("before", 2, "A", ONLINE),
        Cell("after", 81),
        Cell("after", 5, "post out", back=POSTAL),
        Cell("after", 4, "A", ONLINE),
        Cell("refused", 8),
        Cell("refused", 4, "D", ONLINE),
        Cell("registered", 3),
        Cell("registered", 3, "D", ONLINE),
        Cell("withdrawn", 3),
    ]


def _commune_cells() -> list[Cell]:
    """14296 received = 14274 resolved (14249 + 25 late) + 22 open (21 + 1 overdue), and what is not counted."""
    return [
        Cell("on_time", 96, "land"),
        Cell("on_time", 20, "construction"),
        Cell("on_time", 32, "C", ONLINE),
        Cell("on_time", 26, "C"),
        Cell("returned", 52, "post in", POSTAL, back=POSTAL),
        Cell("returned", 150, "post in", back=POSTAL),
        Cell("returned", 57, "post in"),
        Cell("returned", 623, "post out", back=POSTAL),
        Cell("returned", 287, "post out"),
        Cell("on_time", 12906),
        Cell("late", 4, "land"),
        Cell("late", 21),
        Cell("pending", 1, "C", ONLINE),
        Cell("pending", 1, "C"),
        Cell("pending", 2, "land"),
        Cell("paused", 3),
        Cell("pending", 14),
        Cell("overdue", 1),
        Cell("before", 120),
        Cell("after", 560),
        Cell("after", 3, "C", ONLINE),
        Cell("refused", 22),
        Cell("refused", 3, "D", ONLINE),
        Cell("registered", 9),
        Cell("registered", 6, "D", ONLINE),
        Cell("withdrawn", 4),
    ]


def _special_cells(level: int) -> list[Cell]:
    """Rows that count, with a warning or on an edge. They take the place of plain ones."""
    kinds = {
        "DOS-53": ("late", "other", DIRECT),
        "DOS-54": ("on_time", "level 2", ONLINE),
        "DOS-56": ("on_time", "elsewhere", DIRECT),
    }
    cells = []
    for rule, counts in WARNED_DOSSIERS.items():
        course, group, channel = kinds.get(rule, ("on_time", "other", DIRECT))
        cells.append(Cell(course, counts[level], group, channel, rule))
    cells.append(Cell("on_time", REPEATED, flaw="repeated"))
    return cells + [Cell(course, 1) for course in (*ON_TIME_EDGES, *OPEN_EDGES)]


def _with_specials(cells: list[Cell], specials: list[Cell], size: float) -> list[Cell]:
    taken: Counter[str] = Counter()
    for cell in specials:
        taken["pending" if cell.course in OPEN_EDGES else "late" if cell.course == "late" else "on_time"] += cell.count
    sized = []
    for cell in cells:
        count = round(cell.count * size)
        if (cell.group, cell.channel) == ("other", DIRECT):
            count = max(0, count - taken[cell.course])
        sized.append(replace(cell, count=count))
    return [replace(cell, back=cell.back or DIRECT) for cell in sized + specials]


def _desk_lists(size: float) -> Iterator[tuple[Desk, list[Cell]]]:
    every = procedures()
    bad = [Cell("on_time", counts[0], flaw=rule) for rule, counts in BAD_DOSSIERS.items()]
    late_edge = [Cell("received the day after", 1)]
    desk = Desk(DISTRICT, "UBND huyện Đức Cơ", "000.00.31.H21", groups(every, "Huyện"))
    yield desk, _with_specials(_district_cells(), _special_cells(0), size) + bad + late_edge
    yield replace(desk, code=HEALTH, name="Phòng Y tế", prefix="000.13.31.H21"), [Cell("after", OF_CLOSED_UNIT)]

    of_communes = groups(every, "Xã")
    cells = _with_specials(_commune_cells(), _special_cells(1), size)
    shares = [share for _, _, share in COMMUNES]
    parts = [
        [cell.count] + [0] * 9 if cell.group == "C" or cell.count == 1 else dossiers.split(cell.count, shares)
        for cell in cells
    ]
    for n, (code, name, _) in enumerate(COMMUNES):
        own = [replace(cell, count=part[n]) for cell, part in zip(cells, parts, strict=True)]
        own += [
            Cell("on_time", 1, flaw=rule)
            for r, (rule, counts) in enumerate(BAD_DOSSIERS.items())
            for k in range(counts[1])
            if (r + 5 * k) % len(COMMUNES) == n
        ]
        yield Desk(code, f"UBND {name[0].lower()}{name[1:]}", f"000.{21 + n}.31.H21", of_communes), own


BY_POST = {"Huyện": 12, "Xã": 11}  # procedures of which dossiers come or results go by post


def groups(every: list[Procedure], level: str) -> dict[str, list[Procedure]]:
    """What the desks of a level handle: A, B, C are filed online, D was tried online and refused.

    Results of "post in" and "post out" go by post, and dossiers of "post in" come so too: 23 procedures at both levels.
    """
    own = [p for p in every if p.level == level and p.is_settled]
    both = {p.code for p in every if p.level == "Xã"} & {p.code for p in every if p.level == "Huyện"}
    online = [p for p in own if p.service_level == "4" and p.code not in both and p.field not in (LAND, CONSTRUCTION)]
    a, b, refused = online[0], online[len(online) // 2], online[-1]
    others = [p for p in own if p.field not in (LAND, CONSTRUCTION) and p not in (a, b)]
    may_be_posted = [p for p in others if p.postal == "Có" and p.code not in both and p != refused]
    posted = may_be_posted[:: len(may_be_posted) // BY_POST[level]][: BY_POST[level]]
    others = [p for p in others if p not in posted]
    often = {"Chứng thực": 12, "Hộ tịch": 5, "Hộ kinh doanh": 4}
    return {
        "land": [p for p in own if p.field == LAND],
        "construction": [p for p in own if p.field == CONSTRUCTION],
        "A": [a],
        "B": [b],
        "C": [a],
        "D": [refused],
        "post in": posted[::3],
        "post out": [p for p in posted if p not in posted[::3]],
        "level 2": [p for p in others if p.service_level == "2"],
        "elsewhere": [
            p for p in every if p.level != level and p.is_settled and p.code not in both and p.field == "Người có công"
        ],
        "other": [p for p in others for _ in range(often.get(p.field, 1))],
    }


def _write_dossiers(inbox: Path, planted: Planted, size: float, layout: Layout | None) -> None:
    export = other_system.EXPORT
    chance = random.Random(SEED)
    breakable = other_system.breakable(layout)
    for rule, counts in BAD_DOSSIERS.items():
        if rule in breakable:
            planted.spoil(export, rule, sum(counts) * (2 if rule == "DOS-12" else 1))
    planted.spoil(export, "DOS-03", OF_CLOSED_UNIT)
    planted.rules.update({rule: sum(counts) for rule, counts in WARNED_DOSSIERS.items() if rule in breakable})
    planted.repeated[export] = 2 * REPEATED
    header = [title for title, _ in layout.columns] if layout else DOSSIER_HEADER
    written = other_system.writer(layout) if layout else lambda number, row: [number, *row]

    def lines() -> Iterator[list[object]]:
        width = len(header)
        yield delivery.padded("UBND HUYỆN ĐỨC CƠ", width)
        yield delivery.padded("DANH SÁCH HỒ SƠ TIẾP NHẬN VÀ TRẢ KẾT QUẢ", width)
        yield delivery.padded("(Từ ngày 01/10/2020 đến ngày 15/12/2021)", width)
        yield [""] * width
        number = 0
        for desk, cells in _desk_lists(size):
            yield header  # every desk's pages begin with it
            for row, flaw in dossiers.rows(desk, cells, chance):
                if other_system.is_left_out(layout, flaw):
                    continue
                number += 1
                if other_system.has_no_level(layout, row):
                    planted.rules["DOS-63"] += 1
                yield written(number, row)
        planted.rows[export] = number
        yield ["", "Tổng cộng", *[""] * (width - 2)]

    path = delivery.place(inbox, export, DELIVERY, SENDER, ".csv")
    delivery.write_csv(path, lines(), encoding="utf-8-sig")


PROCEDURE_HEADER = [
    "Mã TTHC",
    "Cấp thực hiện",
    "Tên thủ tục",
    "Lĩnh vực",
    "Mức độ",
    "Liên thông",
    "Quy trình nội bộ",
    "Quy trình điện tử",
    "Cổng DVC tỉnh",
    "Cổng DVC quốc gia",
    "Thanh toán trực tuyến",
    "Bưu chính công ích",
    "Ngày công bố",
    "Quyết định công bố",
    "Ngày hết hiệu lực",
]


def _write_procedures(inbox: Path, planted: Planted) -> None:
    export = "one_stop_shop/procedures"
    rows = [procedure_row(p) for p in procedures()]
    planted.rules["PRO-51"] = 2
    good = procedure_row(procedures()[200])

    def bad(rule: str, code: str, count: int = 1, **changed: object) -> list[object]:
        planted.spoil(export, rule, count)
        row = [code, *good[1:]]
        for column, value in changed.items():
            row[_PROCEDURE_AT[column]] = value
        return row

    rows.append(bad("PRO-01", ""))
    rows.append(bad("PRO-01", "TTHC số 12"))
    rows.append(bad("PRO-02", "1.990001", level="Trung ương"))
    rows.append(bad("PRO-03", "1.990002", 2))
    rows.append([*rows[-1][:2], "Tên khác hẳn", *rows[-1][3:]])
    rows.append(bad("PRO-04", "1.990003", announced="31/02/2020"))
    rows.append(bad("PRO-04", "1.990004", workflow="Rồi"))
    rows.append(bad("PRO-05", "1.990005", announced=date(2020, 5, 1), repealed=date(2020, 4, 1)))
    rows.insert(30, rows[29])
    planted.repeated[export] = 1
    planted.rows[export] = len(rows)
    width = len(PROCEDURE_HEADER) + 1
    numbered = [[n, *row] for n, row in enumerate(rows, 1)]
    sheet = [
        ["DANH MỤC THỦ TỤC HÀNH CHÍNH"],
        [],
        ["STT", *PROCEDURE_HEADER],
        *numbered,
        ["Tổng cộng", *[""] * (width - 1)],
    ]
    delivery.write_workbook(delivery.place(inbox, export, DELIVERY, SENDER, ".xlsx"), "Danh mục", sheet)


_PROCEDURE_AT = {"level": 1, "workflow": 6, "announced": 12, "repealed": 14}


def procedure_row(p: Procedure) -> list[object]:
    """One row of the catalogue, in the order of PROCEDURE_HEADER."""
    return [
        p.code,
        p.level,
        p.name,
        p.field,
        int(p.service_level),
        p.interlink,
        "Có",
        "Có",
        p.portal,
        p.national,
        p.payment,
        p.postal,
        p.announced,
        p.decision,
        p.repealed,
    ]


# ---- documents and tasks ------------------------------------------------------------------------------------------

DOCUMENT_HEADER = [
    "Mã đơn vị ban hành",
    "SỐ, KÝ HIỆU",
    "Ngày ban hành",
    "Loại văn bản",
    "Trích yếu",
    "Chiều",
    "Nơi nhận",
    "Ký số",
    "Hình thức gửi",
    "Độ mật",
    "Chuyên đề",
    "Người ký",
    "Trạng thái",
]


def _write_documents(inbox: Path, planted: Planted) -> None:
    export = "document_management/documents"
    every = papers.documents(random.Random(SEED + 1))
    rows = [d.row() for d in every]
    planted.rules.update({"DOC-51": papers.UNREADABLE, "DOC-52": len(papers.HELD_BACK), "DOC-53": papers.UNSIGNED})

    def bad(rule: str, number: str, day: str, count: int = 1, **changed: str) -> None:
        """In a book of its own (Giấy mời), so that no good row's number is touched."""
        planted.spoil(export, rule, count)
        base = papers.Document(DISTRICT, number, date(2021, 1, 1), "Giấy mời", "Mời họp")
        row = replace(base, **changed).row()
        row[2] = day
        rows.append(row)

    bad("DOC-01", "01/GM-UBND", "05/05/2021", issuer="63199")
    bad("DOC-01", "01/GM-YT", "06/09/2021", issuer=HEALTH)
    bad("DOC-02", "", "05/05/2021")
    bad("DOC-02", "  ", "06/05/2021")
    bad("DOC-03", "02/GM-UBND", "30/02/2021")
    bad("DOC-03", "03/GM-UBND", "")
    bad("DOC-04", "04/GM-UBND", "07/06/2021", direction="Nội bộ")
    bad("DOC-04", "05/GM-UBND", "08/06/2021", mode="Fax")
    bad("DOC-04", "06/GM-UBND", "09/06/2021", status="Nháp")
    bad("DOC-05", "07/GM-UBND", "10/06/2021", 2)
    rows.append([*rows[-1][:4], "Mời dự lễ", *rows[-1][5:]])
    bad("DOC-06", "08/GM-UBND", "21/12/2021")
    bad("DOC-06", "09/GM-UBND", "05/01/2022")
    rows.insert(900, rows[899])
    planted.repeated[export] = 1
    planted.rows[export] = len(rows)
    lines = [
        delivery.padded("SỔ VĂN BẢN ĐI, ĐẾN", len(DOCUMENT_HEADER)),
        DOCUMENT_HEADER,
        *rows[:5000],
        DOCUMENT_HEADER,
        *rows[5000:],
    ]
    delivery.write_csv(delivery.place(inbox, export, DELIVERY, SENDER, ".csv"), lines, separator=";")


TASK_HEADER = [
    "Mã nhiệm vụ",
    "Nội dung",
    "Cấp giao",
    "Số văn bản giao",
    "Đơn vị thực hiện",
    "Ngày giao",
    "Hạn hoàn thành",
    "Ngày hoàn thành",
]


def _write_tasks(inbox: Path, planted: Planted) -> None:
    export = "document_management/tasks"
    rows = list(papers.task_rows())

    def bad(rule: str, code: str, **changed: str) -> None:
        planted.spoil(export, rule)
        row = dict(zip(TASK_HEADER, [code, *rows[0][1:]], strict=True)) | {
            k.replace("_", " "): v for k, v in changed.items()
        }
        rows.append(list(row.values()))

    bad("TSK-01", "")
    bad("TSK-01", "LAP-01")
    bad("TSK-01", "LAP-01")
    bad("TSK-02", "LA-01", Đơn_vị_thực_hiện="63199")
    bad("TSK-03", "SAI-01", Ngày_giao="hôm nọ")
    bad("TSK-03", "SAI-02", Cấp_giao="Huyện ủy")
    bad("TSK-04", "NGUOC-01", Ngày_hoàn_thành="02/01/2021")
    planted.rows[export] = len(rows)
    width = len(TASK_HEADER)
    lines = [TASK_HEADER, *rows, [f"Tổng cộng: {len(rows)}", *[""] * (width - 1)]]
    delivery.write_windows_1258(delivery.place(inbox, export, DELIVERY, SENDER, ".csv"), lines)


# ---- personnel ----------------------------------------------------------------------------------------------------

UNIT_HEADER = [
    "Mã đơn vị",
    "Tên đơn vị",
    "Mã cấp trên",
    "Loại",
    "Cấp quản lý",
    "Mức tự chủ",
    "Phê duyệt VTVL",
    "Ngày thành lập",
    "Ngày giải thể",
    "Chuyển công ty cổ phần",
]


def _write_units(inbox: Path, planted: Planted) -> None:
    export = "hr/units"
    rows = [
        [
            u.code,
            u.name,
            u.parent,
            u.kind,
            u.managed_by,
            u.autonomy,
            u.approved,
            vietnamese(u.established),
            vietnamese(u.dissolved),
            u.equitised,
        ]
        for u in units()
    ]

    def bad(
        rule: str,
        code: str,
        parent: str = DISTRICT,
        kind: str = "Đơn vị sự nghiệp",
        managed: str = "UBND huyện",
        group: str = "4",
    ) -> None:
        planted.spoil(export, rule)
        rows.append([code, "Đơn vị nhập sai", parent, kind, managed, group, "Có", "", "", ""])

    bad("UNI-01", "")
    bad("UNI-01", "631.98")
    bad("UNI-01", "631.98")
    bad("UNI-02", "631.97", parent="631.77")
    bad("UNI-02", "631.96", parent="631.95")
    bad("UNI-02", "631.95", parent="631.96")
    bad("UNI-03", "631.94", kind="Trường học")
    bad("UNI-03", "631.93", managed="Huyện")
    bad("UNI-03", "631.92", group="5")
    planted.rows[export] = len(rows)
    header = [unicodedata.normalize("NFD", name).upper() for name in UNIT_HEADER]  # as a Mac writes it
    delivery.write_csv(delivery.place(inbox, export, DELIVERY, SENDER, ".csv"), [header, *rows])


STAFF_HEADER = [
    "Mã CBCCVC",
    "Họ và tên",
    "Ngày sinh",
    "Giới tính",
    "Số CMND/CCCD",
    "Loại",
    "Mã đơn vị",
    "Chức vụ",
    "Mã ngạch",
    "Ngày vào biên chế",
    "Trạng thái",
    "Ngày trạng thái",
]
BAD_IDENTITIES = 5


def _write_staff(inbox: Path, planted: Planted, staff: list[people.Person]) -> None:
    export = "hr/staff"
    chance = random.Random(SEED + 2)
    rows = [people.staff_row(person, n, chance) for n, person in enumerate(staff)]
    for row in rows[100:1000:200][:BAD_IDENTITIES]:
        row[4] = "2308" + row[4][-4:]
    planted.rules["STF-51"] = BAD_IDENTITIES
    good = people.staff_row(staff[-1], len(staff), chance)

    def bad(rule: str, code: str, kind: str = good[5], unit: str = good[6], status: str = good[10]) -> None:
        planted.spoil(export, rule)
        rows.append([code, *good[1:5], kind, unit, *good[7:10], status, good[11]])

    bad("STF-01", "")
    bad("STF-01", "DC90001")
    bad("STF-01", "DC90001")
    bad("STF-02", "DC90002", unit="63199")
    bad("STF-03", "DC90003", kind="Nhân viên")
    bad("STF-03", "DC90004", status="Nghỉ phép")
    planted.rows[export] = len(rows)
    width = len(STAFF_HEADER)
    lines = [delivery.padded("DANH SÁCH CÁN BỘ, CÔNG CHỨC, VIÊN CHỨC", width), STAFF_HEADER, *rows]
    delivery.write_csv(
        delivery.place(inbox, export, DELIVERY, SENDER, ".csv"), lines, separator="\t", encoding="utf-16"
    )


QUOTA_HEADER = ["TT", "Năm", "Mã đơn vị", "Loại biên chế", "Biên chế được giao", "Số quyết định", "Ngày quyết định"]


def _write_quotas(inbox: Path, planted: Planted) -> None:
    export = "hr/quotas"
    rows = list(people.quota_rows())
    planted.rules["QUO-51"] = 1

    def bad(rule: str, year: str = "2021", unit: str = BODY_CODES[0], kind: str = "Hợp đồng", posts: str = "1") -> None:
        planted.spoil(export, rule)
        rows.append([year, unit, kind, posts, "999/QĐ-UBND", "15/01/2021"])

    bad("QUO-01", year="hai mốt")
    bad("QUO-01", unit=BODY_CODES[1], posts="-3")
    bad("QUO-01", unit=BODY_CODES[2], posts="12,5")
    bad("QUO-02", unit="63199")
    bad("QUO-02", year="2023", unit=HEALTH)
    bad("QUO-03", unit=BODY_CODES[3], kind="Khác")
    planted.rows[export] = len(rows)
    total = ["", "Tổng cộng", *[""] * (len(QUOTA_HEADER) - 2)]
    table = [QUOTA_HEADER, *([n, *row] for n, row in enumerate(rows, 1)), total]
    delivery.write_html(delivery.place(inbox, export, DELIVERY, SENDER, ".xls"), "BIÊN CHẾ ĐƯỢC GIAO", table)


EVENT_HEADER = [
    "Số quyết định",
    "Mã CBCCVC",
    "Loại sự kiện",
    "Hình thức",
    "Cấp chức vụ",
    "Thi tuyển",
    "Mã đơn vị",
    "Ngày quyết định",
]


def _write_events(inbox: Path, planted: Planted, staff: list[people.Person]) -> None:
    export = "hr/events"
    rows = list(people.event_rows(staff))
    rows += [
        [f"{880 + n}/QĐ-UBND", f"DC9999{n}", "Đào tạo", "Bồi dưỡng", "", "", BODY_CODES[n], "2021-06-15"]
        for n in range(2)
    ]
    planted.rules["EVT-51"] = 2
    known = staff[3].code

    def bad(rule: str, code: str, kind: str = "Đào tạo", day: str = "2021-06-16") -> None:
        planted.spoil(export, rule)
        rows.append([code, known, kind, "Bồi dưỡng", "", "", BODY_CODES[0], day])

    bad("EVT-01", "")
    bad("EVT-01", "9901/QĐ-UBND", day="2021-06-31")
    bad("EVT-01", "9902/QĐ-UBND", day="")
    bad("EVT-02", "9903/QĐ-UBND", kind="Luân chuyển")
    planted.rows[export] = len(rows)
    path = delivery.place(inbox, export, DELIVERY, SENDER, ".csv")
    delivery.write_csv(path, [EVENT_HEADER, *rows], separator=";", encoding="utf-8-sig")


# ---- declarations -------------------------------------------------------------------------------------------------

DECLARATION_HEADER = [
    "STT",
    "Mã chỉ tiêu",
    "Năm",
    "Kỳ báo cáo",
    "Mã đơn vị",
    "Giá trị",
    "Ghi chú",
    "Văn bản chứng minh",
]


def _write_declarations(inbox: Path, planted: Planted) -> None:
    export = "declarations/indicators"
    rows: list[list[object]] = []

    def declare(code: str, value: str, period: str = "Năm", unit: str = DISTRICT, note: str = "") -> None:
        rows.append([code, 2021, period, unit, value, note, "467/BC-UBND"])

    for code, value in papers.declared().items():
        declare(code, value, note="có 10/10 xã, thị trấn" if code == "7.2" else "")
    for code, value in (("1.2.2", "09"), ("1.5.1", "1.401"), ("7.4", "95,5")):
        declare(code, value, "6 tháng")
    for code, value in (("3.1.3", "471"), ("4.1.4.c", "45")):  # computed: kept for reconciliation only
        declare(code, value)
        planted.rules["DEC-51"] += 1

    def bad(rule: str, code: str, value: str, unit: str = DISTRICT) -> None:
        planted.spoil(export, rule)
        declare(code, value, "Quý III", unit)

    bad("DEC-01", "9.9.9", "1")
    bad("DEC-02", "1.2.2", "mười tám")
    bad("DEC-02", "7.4", "120")
    bad("DEC-02", "1.5.2", "3")
    bad("DEC-03", "1.5.1", "35", unit="63199")
    planted.rows[export] = len(rows)
    numbered = [[n, *row] for n, row in enumerate(rows, 1)]
    sheet = [["SỐ LIỆU TỰ KÊ KHAI VỀ CẢI CÁCH HÀNH CHÍNH"], DECLARATION_HEADER, *numbered]
    delivery.write_workbook(delivery.place(inbox, export, DELIVERY, SENDER, ".xlsx"), "Kê khai", sheet)
