"""Write the inbox of Chư Prông beside this file, always the same bytes: python -m tests.districts.chu_prong.make."""

import csv
import html
import io
import shutil
import unicodedata
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path

import xlsxwriter

from etl import catalogue
from tests.districts.chu_prong.rows import Delivery, deliveries

HERE = Path(__file__).parent
Cells = list[list[str]]

# What another vendor calls the same columns.
ALIASES = {
    "Mã hồ sơ": "Mã số hồ sơ",
    "Mã thủ tục": "Mã TTHC",
    "Chủ hồ sơ": "Người nộp",
    "Ngày hẹn trả": "Hạn trả",
    "Ngày kết thúc xử lý": "Ngày bàn giao về MC",
    "Ngày trả kết quả": "Ngày trả thực tế",
    "Trạng thái": "Tình trạng",
}


def day_first(cell: date) -> str:
    return cell.strftime("%d/%m/%Y %H:%M:%S" if isinstance(cell, datetime) else "%d/%m/%Y")


def like_sql(cell: date) -> str:
    return cell.strftime("%Y-%m-%d %H:%M:%S" if isinstance(cell, datetime) else "%Y-%m-%d")


def compact(cell: date) -> str:
    return cell.strftime("%Y%m%d%H%M%S") if isinstance(cell, datetime) else day_first(cell)


def in_utc(cell: date) -> str:
    return (cell - timedelta(hours=7)).strftime("%Y-%m-%dT%H:%M:%SZ") if isinstance(cell, datetime) else like_sql(cell)


# Columns that the systems of the office did not know then: successors of units came with 2025, the others with the
# rates of Decision 766.
LATER = set(
    """
    successor_code submitted_at resolving_org_code returning_org_code department extended_due_at supplement_asked_at
    supplement_given_at refused_at approved_at handed_over_at fee_obligation payment_state payment_means fee_due
    fee_paid fee_open components_digitised result_digitised electronic_result reused
    """.split()  # noqa: SIM905 - names are read as a text
)


def columns_of(delivery: Delivery) -> list[catalogue.Column]:
    return [c for c in catalogue.export(delivery.export).columns if c.name not in LATER]


def spelled(delivery: Delivery, dates: Callable[[date], str] = day_first) -> Cells:
    """The header and the rows of a file as text."""

    def text(cell: object) -> str:
        return dates(cell) if isinstance(cell, date) else "" if cell is None else str(cell)

    columns = columns_of(delivery)
    return [[c.header for c in columns], *([text(row.get(c.name)) for c in columns] for row in delivery.rows)]


def as_csv(cells: Cells, separator: str = ",", newline: str = "\r\n") -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=separator, lineterminator=newline).writerows(cells)
    return out.getvalue()


def vietnamese_1258(text: str) -> bytes:
    """Windows-1258 writes the five tones as marks of their own."""
    out = []
    for letter in unicodedata.normalize("NFC", text):
        parts = unicodedata.normalize("NFD", letter)
        tones = "".join(mark for mark in parts if mark in "\u0300\u0301\u0303\u0309\u0323")
        base = unicodedata.normalize("NFC", "".join(mark for mark in parts if mark not in tones))
        out.append((base + tones).encode("cp1258"))
    return b"".join(out)


def as_html(cells: Cells) -> bytes:
    header, *rows = ([html.escape(cell) for cell in row] for row in cells)
    lines = [
        '<html><head><meta charset="utf-8"></head><body><table border="1">',
        f'<tr><td colspan="{len(header)}"><b>DANH SÁCH</b></td></tr>',
        "<tr>" + "".join(f"<th>{cell}</th>" for cell in header) + "</tr>",
        *("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows),
        "</table></body></html>",
    ]
    return "\n".join(lines).encode()


def as_workbook(delivery: Delivery) -> bytes:
    """Dates as Excel's own; `xlsx-serial` leaves them bare numbers, `xlsx-text` writes everything as text."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "default_date_format": "dd/mm/yyyy hh:mm:ss"})
    book.set_properties({"created": datetime(2021, 12, 1)})
    book.add_worksheet("Bìa").write_string(0, 0, "UBND HUYỆN CHƯ PRÔNG")
    sheet = book.add_worksheet("Dữ liệu")
    columns = columns_of(delivery)
    for line, texts in enumerate(spelled(delivery)):
        for place, text in enumerate(texts):
            cell = delivery.rows[line - 1].get(columns[place].name) if line and delivery.style != "xlsx-text" else None
            if isinstance(cell, date) and delivery.style == "xlsx-serial":
                sheet.write_number(line, place, round((cell - datetime(1899, 12, 30)) / timedelta(1), 10))
            elif isinstance(cell, date):
                sheet.write_datetime(line, place, cell)
            elif isinstance(cell, int):
                sheet.write_number(line, place, cell)
            elif text:
                sheet.write_string(line, place, text)
    book.close()
    return out.getvalue()


def with_titles(cells: Cells) -> Cells:
    """Two titles above, the header again half-way, a sum below."""
    header, *rows = cells
    blank, half = [""] * (len(header) - 1), len(rows) // 2
    titles = [["UBND HUYỆN CHƯ PRÔNG", *blank], ["BÁO CÁO, THÁNG 12/2021", *blank]]
    return [*titles, header, *rows[:half], header, *rows[half:], ["Tổng cộng", str(len(rows)), *blank[1:]]]


def shuffled(cells: Cells) -> Cells:
    order = sorted(range(len(cells[0])), key=lambda place: (place * 7 + 3) % len(cells[0]) * 100 + place)
    return [[row[place] for place in order] for row in cells]


def damaged(cells: Cells, fault: str) -> Cells:
    """Without a column, or with one more."""
    what, _, name = fault.partition(" ")
    if what == "without":
        gone = cells[0].index(name)
        return [[*row[:gone], *row[gone + 1 :]] for row in cells]
    return [[*row, name if row is cells[0] else ""] for row in cells] if what == "more" else cells


def content(delivery: Delivery) -> bytes:
    """The bytes of one file."""
    style, cells = delivery.style, spelled(delivery)
    if style == "garbage":
        return bytes(range(256)) * 8
    if style.startswith("xlsx"):
        return as_workbook(delivery)
    if style == "html":
        return as_html(cells)
    if style == "csv":
        return as_csv(damaged(cells, delivery.fault)).encode()
    if style == "csv-shuffled":
        return as_csv(shuffled(spelled(delivery, like_sql))).encode()
    if style == "titles-utf8":
        return as_csv(with_titles(cells)).encode()
    if style == "cp1258-semicolon":
        return vietnamese_1258(as_csv(cells, ";"))
    if style == "utf16-tab":
        return as_csv([[f" {name} " for name in cells[0]], *cells[1:]], "\t").encode("utf-16")
    if style == "utf16-tab-compact":
        return as_csv(spelled(delivery, compact), "\t").encode("utf-16")
    if style == "utf8-iso-z":
        header, *rows = spelled(delivery, in_utc)
        return as_csv([[name.replace(" ", "  ", 1) + "\u200b" for name in header], *rows]).encode()
    if style == "utf8-semicolon-bom":
        return as_csv([[ALIASES.get(name, name) for name in cells[0]], *cells[1:]], ";").encode("utf-8-sig")
    assert style == "nfd-upper-nbsp", style
    header, *rows = spelled(delivery, like_sql)
    loud = [name.upper().replace(" ", "\u00a0") for name in header]
    return unicodedata.normalize("NFD", as_csv([loud, *rows], newline="\n")).encode("utf-8-sig")


def write(folder: Path) -> list[Path]:
    """Write every delivery below a folder that is made anew."""
    shutil.rmtree(folder, ignore_errors=True)
    written = []
    for delivery in deliveries():
        ending = {"garbage": "xlsx", "html": "xls"}.get(delivery.style, delivery.style[:4])
        ending = ending if ending in ("xlsx", "xls") else "csv"
        path = folder / delivery.export / delivery.day.isoformat() / f"{delivery.sender}.{ending}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content(delivery))
        written.append(path)
    return written


if __name__ == "__main__":
    files = write(HERE / "inbox")
    print(f"{len(files)} files, {sum(path.stat().st_size for path in files):,} bytes")
