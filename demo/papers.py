"""The district's documents, tasks and declared figures of 2021."""

import csv
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from demo import calendar
from demo.calendar import WINDOW_END, WINDOW_START, vietnamese
from demo.district import BODIES, BODY_CODES, COMMUNES, DISTRICT, HEALTH, HEALTH_CLOSED, PROVINCE
from demo.dossiers import NAMES, split

REPORTS = Path(__file__).parent / "reports"

OUTGOING = 14_286
ELECTRONIC, WITH_PAPER = 11_429, 1_429
CCHC_DOCUMENTS = 42

UNREADABLE, UNSIGNED = 4, 8  # planted: DOC-51, DOC-53
HELD_BACK = (DISTRICT, COMMUNES[0][0], COMMUNES[5][0])  # each issues a number in June that it kept in February: DOC-52


@dataclass
class Document:
    """One row of document_management/documents."""

    issuer: str
    number: str
    issued: date
    type: str
    subject: str
    direction: str = "Đi"
    recipients: str = "UBND các xã, thị trấn; các phòng, ban"
    signed: str = "Có"
    mode: str = "Điện tử"
    secrecy: str = "Thường"
    topic: str = ""
    signer: str = ""
    status: str = "Đã phát hành"

    def row(self) -> list[str]:
        return [
            self.issuer,
            self.number,
            vietnamese(self.issued),
            self.type,
            self.subject,
            self.direction,
            self.recipients,
            self.signed,
            self.mode,
            self.secrecy,
            self.topic,
            self.signer,
            self.status,
        ]


ABBREVIATIONS = {"Báo cáo": "BC", "Kế hoạch": "KH", "Thông báo": "TB", "Tờ trình": "TTr"}
SUBJECTS = {
    "Công văn": ("V/v triển khai nhiệm vụ quý", "V/v báo cáo số liệu", "V/v cử người tham gia tập huấn"),
    "Báo cáo": ("Kết quả thực hiện nhiệm vụ", "Tình hình kinh tế - xã hội"),
    "Kế hoạch": ("Tuyên truyền pháp luật", "Phòng, chống dịch COVID-19"),
    "Thông báo": ("Kết luận cuộc họp giao ban", "Lịch tiếp công dân"),
    "Tờ trình": ("Đề nghị bổ sung kinh phí", "Phê duyệt kế hoạch"),
}
KINDS = ("Công văn",) * 10 + ("Báo cáo",) * 5 + ("Kế hoạch",) * 2 + ("Thông báo",) * 3 + ("Tờ trình",) * 2
DESKS = ("NC", "VX", "KT", "TH")


def documents(chance: random.Random) -> list[Document]:
    """Every issuer's books from November 2020 to the day before the delivery, numbers rising with the days.

    Of the window 14286 outgoing ones count: 11429 electronic and signed, 1429 with paper, 1428 paper or unsigned.
    """
    shares = [
        (DISTRICT, "UBND", 280),
        *((code, letters, 25) for code, (_, letters, _) in zip(BODY_CODES, BODIES, strict=True)),
    ]
    shares += [(code, "UBND", 20 + share * 3) for code, _, share in COMMUNES]
    of_health = 24
    counts = split(OUTGOING - of_health, [share for _, _, share in shares])
    closed = date(2021, 12, 15)
    books = [
        *(_issued(issuer, letters, n, closed, chance) for (issuer, letters, _), n in zip(shares, counts, strict=True)),
        _issued(HEALTH, "YT", of_health, HEALTH_CLOSED, chance),
    ]
    counted = [d for book in books for d in book if WINDOW_START <= d.issued <= WINDOW_END and _counts(d)]
    modes = (
        [("Điện tử", "Có")] * ELECTRONIC + [("Điện tử và giấy", "Có")] * WITH_PAPER + [("Điện tử", "Không")] * UNSIGNED
    )
    modes += [("Giấy", "Không")] * (OUTGOING - len(modes))
    chance.shuffle(modes)
    for document, (mode, signed) in zip(counted, modes, strict=True):
        document.mode, document.signed = mode, signed
    for document in [d for d in counted if d.issuer == DISTRICT][7::60][:CCHC_DOCUMENTS]:
        document.topic = "CCHC"
    for n, document in enumerate([d for d in counted if d.issuer == COMMUNES[3][0]][50::100][:UNREADABLE]):
        document.number = f"Số {n + 31} không ký hiệu"
    for document in counted[500::2000]:
        document.status = "Thay thế"  # still one document
    for issuer in HELD_BACK:  # numbered in February, issued in June
        kept = next(d for d in counted if d.issuer == issuer and d.type == "Công văn" and d.issued >= date(2021, 2, 1))
        kept.issued = date(2021, 6, 10)
    every = [document for book in books for document in sorted(book, key=lambda d: d.issued)]
    for document in [d for d in every if d.issuer == DISTRICT and not _counts(d)]:
        document.topic = "CCHC"  # recalled or secret: not counted, whatever its topic
    # A legal document carries the year in its number; these are older than the window, or not the district's.
    every.append(
        Document(COMMUNES[9][0], "01/2020/QĐ-UBND", date(2020, 11, 20), "Quyết định", "Ban hành quy định về chợ")
    )
    every += _incoming()
    return every


def _counts(document: Document) -> bool:
    return document.status != "Thu hồi" and document.secrecy == "Thường"


def _issued(issuer: str, letters: str, counted: int, closed: date, chance: random.Random) -> list[Document]:
    days = [day for day in calendar.working_days() if date(2020, 11, 2) <= day < closed]
    inside = [day for day in days if WINDOW_START <= day <= WINDOW_END]
    outside = [day for day in days if not WINDOW_START <= day <= WINDOW_END]
    wanted = [(chance.choice(inside), "") for _ in range(counted)]
    wanted += [(chance.choice(outside), "") for _ in range(counted // 9)]
    wanted += [(chance.choice(inside), why) for why in ("Thu hồi", "Mật", "Tối mật") for _ in range(1 + counted // 150)]
    last: dict[tuple[int, str], int] = {}
    found = []
    for day, why in sorted(wanted, key=lambda item: item[0]):
        kind = chance.choice(KINDS)
        before = last.get((day.year, kind), counted // 20 if day.year == 2020 else 0)  # 2020 did not begin in November
        number = last[day.year, kind] = before + 1
        document = Document(issuer, _number(number, kind, letters, chance), day, kind, chance.choice(SUBJECTS[kind]))
        document.signer = chance.choice(NAMES)
        if why == "Thu hồi":
            document.status = why
        elif why:
            document.secrecy, document.mode, document.signed = why, "Giấy", "Không"
        found.append(document)
    return found


def _number(number: int, kind: str, letters: str, chance: random.Random) -> str:
    if kind == "Công văn":  # letters to others share one book, whichever desk wrote them
        space = " " if number % 97 == 0 else ""  # as clerks type: "256/UBND- VX"
        return f"{number:02d}/{letters}-{space}{chance.choice(DESKS)}"
    return f"{number:02d}/{ABBREVIATIONS[kind]}-{letters}"


def _incoming() -> Iterator[Document]:
    here = "UBND huyện Đức Cơ"
    for n, day in enumerate(calendar.working_days()[30:300:3], start=1):
        number = f"{1500 + n if day.year == 2020 else 20 + n:02d}/UBND-NC"
        topic = "CCHC" if n % 9 == 0 else ""
        yield Document(PROVINCE, number, day, "Công văn", "Chỉ đạo của UBND tỉnh", "Đến", here, topic=topic)
    yield Document(
        PROVINCE, "18/2021/QĐ-UBND", date(2021, 6, 9), "Quyết định", "Ban hành quy định phân cấp", "Đến", here
    )


def task_rows() -> Iterator[list[str]]:
    """Seven tasks of the year's reform plan, all done; six of the province, all in time; and some of other years."""
    plan = (
        "Tuyên truyền CCHC",
        "Kiểm tra CCHC",
        "Rà soát TTHC",
        "Số hóa hồ sơ",
        "Đánh giá công chức",
        "Tự chủ tài chính",
    )
    for n, content in enumerate((*plan, "Khảo sát sự hài lòng"), start=1):
        done = date(2021, 3 + n, 20)
        yield _task(
            f"KH2021-{n:02d}", content, "Kế hoạch CCHC", "24/KH-UBND", date(2021, 1, 22), date(2021, 12, 10), done
        )
    for n in range(1, 7):
        given, due = date(2021, n + 1, 8), date(2021, n + 2, 8)
        done = due if n == 3 else date(2021, n + 2, 1)  # on the due day is in time
        yield _task(
            f"UBT2021-{n:02d}", f"Báo cáo chuyên đề số {n}", "UBND tỉnh", f"{300 + n}/UBND-NC", given, due, done
        )
    province = "UBND tỉnh"
    others = (
        ("KH2020-01", "Sơ kết CCHC 2020", "Kế hoạch CCHC", "15/KH-UBND", "2020-02-03", "2020-12-10", "2020-12-01"),
        ("UBT2020-09", "Báo cáo cuối năm 2020", province, "2990/UBND-NC", "2020-11-09", "2020-12-09", "2020-12-11"),
        ("UBT2021-90", "Báo cáo tháng 12", province, "2501/UBND-NC", "2021-11-18", "2021-12-08", "2021-12-09"),
        ("UBT2021-91", "Kế hoạch năm 2022", province, "2533/UBND-NC", "2021-11-22", "2021-12-31", None),
    )
    for *said, given, due, done in others:
        yield _task(*said, date.fromisoformat(given), date.fromisoformat(due), done and date.fromisoformat(done))


def _task(code: str, content: str, level: str, document: str, given: date, due: date, done: date | None) -> list[str]:
    return [code, content, level, document, DISTRICT, vietnamese(given), vietnamese(due), vietnamese(done)]


def declared() -> dict[str, str]:
    """The figures that the district declares for 2021, by indicator, as printed: of the appendix and beside it."""
    with (REPORTS / "beside_2021.csv").open(encoding="utf-8") as file:
        beside = {row["code"]: row["printed_value"] for row in csv.DictReader(file) if row["origin"] == "declared"}
    with (REPORTS / "expected_2021.csv").open(encoding="utf-8") as file:
        codes = {row["code"] for row in csv.DictReader(file) if row["origin"] == "declared"}
    with (REPORTS / "appendix_2021.csv").open(encoding="utf-8") as file:
        printed = {row["code"]: row["printed_value"] for row in csv.DictReader(file) if row["code"] in codes}
    return printed | beside
