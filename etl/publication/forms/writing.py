"""A filled form as a file: a workbook, a PDF that is kept (PDF/A-2b), or a document to write on in."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

from etl.errors import SetupError, UsageError
from etl.publication.forms.filled import DRAFT, Filled, vietnamese

TEXTS = ("code", "name", "unit_of_measure", "note", "place", "field", "level")  # columns that hold no numbers
TEMPLATE = Path(__file__).with_name("form.typ")
FONT = "Libertinus Serif"  # comes with typst, so that every machine makes the same page


def write(filled: Filled, path: Path) -> None:
    """Write a form to a file, in the format of its ending. The same form gives the same bytes as .xlsx and .pdf.

    Raises: UsageError if nobody knows the ending; SetupError if the file cannot be written.
    """
    if path.suffix not in WRITERS:
        raise UsageError(f"{path.name}: a form is written to {', '.join(WRITERS)}.")
    if not path.parent.is_dir():
        raise SetupError(f"{path.parent}: there is no such folder. Name an existing one, or make it first.")
    arriving = path.with_name(f".{path.name}.half")
    try:
        WRITERS[path.suffix](filled, arriving)
        arriving.replace(path)
    except OSError as error:
        raise SetupError(f"{path}: {error.strerror}. Name a file that can be written.") from None
    finally:
        arriving.unlink(missing_ok=True)


# --- .xlsx ------------------------------------------------------------------------------------------------------------


def _workbook(filled: Filled, path: Path) -> None:
    """Numbers are numbers, shown as they are written in Việt Nam whatever the program's language."""
    from datetime import datetime

    import xlsxwriter

    form = filled.form
    book = xlsxwriter.Workbook(path, {"default_format_properties": {"font_name": "Times New Roman", "font_size": 11}})
    book.set_properties({"title": " ".join(form.title), "created": datetime(2000, 1, 1)})  # the same bytes again
    sheet = book.add_worksheet("Biểu")
    last = len(form.columns) - 1
    middle = (last + 1) // 2
    centred = {"align": "center", "valign": "vcenter", "text_wrap": True}
    strong, slanted = book.add_format(centred | {"bold": True}), book.add_format(centred | {"italic": True})

    def line(row: int, text: str, style: object, first: int = 0, to: int = last) -> None:
        if first == to:
            sheet.write_string(row, first, text, style)
        else:
            sheet.merge_range(row, first, row, to, text, style)

    line(0, filled.above.upper(), book.add_format(centred), 0, middle - 1)
    line(1, filled.unit.upper(), strong, 0, middle - 1)
    line(0, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", strong, middle)
    line(1, "Độc lập - Tự do - Hạnh phúc", strong, middle)
    at = 3
    said = [*form.title, filled.period, f"({filled.window})", form.number and f"{form.number}, {form.legal_basis}"]
    for text in (*said, form.provisional, filled.status, form.measure):
        if text:
            line(at, text, strong if text in form.title or text == DRAFT else slanted)
            at += 1
    at += 1
    head = _workbook_head(filled, book, sheet, at)
    for row, one in enumerate(filled.rows, start=head):
        for column, cell in enumerate(one.cells):
            style = {"border": 1, "valign": "vcenter", "text_wrap": True, "bold": one.kind != "indicator"}
            if isinstance(cell, Decimal):
                decimals = max(0, -int(cell.as_tuple().exponent))
                style["num_format"] = f"[$-42A]#,##0{'.' if decimals else ''}{'0' * decimals}"  # 42A: as in Việt Nam
                sheet.write_number(row, column, float(cell), book.add_format(style))
            else:
                sheet.write_string(row, column, cell or "", book.add_format(style))
        lines = (len(vietnamese(cell)) // (c.width * 0.92) for c, cell in zip(form.columns, one.cells, strict=True))
        sheet.set_row(row, 15 * (1 + max(lines)))  # no program makes room by itself where a file says nothing
    at = head + len(filled.rows) + 1
    for sentence in filled.sentences:
        line(at, f"- {sentence}", book.add_format({"text_wrap": True, "valign": "top"}))
        sheet.set_row(at, 15 * (1 + len(sentence) // 90))
        at += 1
    line(at + 1, "……………, ngày …… tháng …… năm ………", slanted, middle)
    line(at + 2, "NGƯỜI LẬP BIỂU", strong, 0, middle - 1)
    for place, text in enumerate(filled.signs):
        line(at + 2 + place, text, strong, middle)
    for place, laid in enumerate(form.columns):
        sheet.set_column(place, place, laid.width)
    sheet.set_paper(9)
    if form.landscape:
        sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(head - (2 if any(c.under for c in form.columns) else 1), head - 1)
    sheet.print_area(0, 0, at + 8, last)
    sheet.set_footer(f"&L&8{filled.status}&R&8Trang &P/&N")
    book.close()


def _workbook_head(filled: Filled, book: object, sheet: object, at: int) -> int:
    """Write the headings of the columns; the row below them."""
    columns = filled.form.columns
    style = book.add_format(  # type: ignore[attr-defined]
        {"bold": True, "border": 1, "align": "center", "valign": "vcenter", "text_wrap": True}
    )
    tall = any(column.under for column in columns)
    sheet.set_row(at + tall, 15 * max(1 + int(len(c.title) // c.width) for c in columns))  # type: ignore[attr-defined]
    place = 0
    while place < len(columns):
        one = columns[place]
        end = place
        if one.under:
            while end + 1 < len(columns) and columns[end + 1].under == one.under:
                end += 1
            sheet.merge_range(at, place, at, end, one.under, style)  # type: ignore[attr-defined]
            for column in range(place, end + 1):
                sheet.write_string(at + 1, column, columns[column].title, style)  # type: ignore[attr-defined]
        elif tall:
            sheet.merge_range(at, place, at + 1, place, one.title, style)  # type: ignore[attr-defined]
        else:
            sheet.write_string(at, place, one.title, style)  # type: ignore[attr-defined]
        place = end + 1
    return at + (2 if tall else 1)


# --- .pdf -------------------------------------------------------------------------------------------------------------


def _pdf(filled: Filled, path: Path) -> None:
    import json

    import typst

    form = filled.form
    said = {
        "title": form.title,
        "number": form.number,
        "legal_basis": form.legal_basis,
        "measure": form.measure,
        "provisional": form.provisional,
        "landscape": form.landscape,
        "columns": [
            {"title": c.title, "under": c.under, "width": c.width, "number": c.of not in TEXTS} for c in form.columns
        ],
        "above": filled.above,
        "unit": filled.unit,
        "period": filled.period,
        "window": filled.window,
        "status": filled.status,
        "draft": filled.status == DRAFT,
        "rows": [{"kind": row.kind, "cells": [vietnamese(cell) for cell in row.cells]} for row in filled.rows],
        "sentences": filled.sentences,
        "signs": filled.signs,
        "font": FONT,
    }
    made, warnings = typst.compile_with_warnings(
        TEMPLATE,
        format="pdf",
        ignore_system_fonts=True,
        sys_inputs={"form": json.dumps(said, ensure_ascii=False)},
        pdf_standards=["a-2b"],
        timestamp=0,
    )
    if warnings:  # such as a font that is not there
        raise SetupError(f"the form cannot be set: {warnings[0].message}. Install the packages of the lock again.")
    path.write_bytes(made)


# --- .docx ------------------------------------------------------------------------------------------------------------


def _document(filled: Filled, path: Path) -> None:
    from docx import Document
    from docx.enum.section import WD_ORIENT
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.oxml import OxmlElement
    from docx.shared import Mm, Pt

    form = filled.form
    document = Document()
    section = document.sections[0]
    section.page_width, section.page_height = (Mm(297), Mm(210)) if form.landscape else (Mm(210), Mm(297))
    section.orientation = WD_ORIENT.LANDSCAPE if form.landscape else WD_ORIENT.PORTRAIT
    section.left_margin, section.right_margin, section.top_margin, section.bottom_margin = (
        Mm(20),
        Mm(15),
        Mm(18),
        Mm(18),
    )
    document.styles["Normal"].font.name = "Times New Roman"
    document.styles["Normal"].font.size = Pt(11)
    document.styles["Normal"].paragraph_format.space_after = Pt(0)
    section.footer.paragraphs[0].text = filled.status

    def put(where: object, text: str, *, bold: bool = False, italic: bool = False, centred: bool = True) -> None:
        run = where.add_run(text)  # type: ignore[attr-defined]
        run.bold, run.italic = bold, italic
        if centred:
            where.alignment = WD_ALIGN_PARAGRAPH.CENTER  # type: ignore[attr-defined]

    heading = document.add_table(rows=1, cols=2)
    left, right = heading.rows[0].cells
    put(left.paragraphs[0], filled.above.upper())
    put(left.add_paragraph(), filled.unit.upper(), bold=True)
    put(right.paragraphs[0], "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", bold=True)
    put(right.add_paragraph(), "Độc lập - Tự do - Hạnh phúc", bold=True)
    document.add_paragraph()
    for text in form.title:
        put(document.add_paragraph(), text, bold=True)
    numbered = f"{form.number}, {form.legal_basis}" if form.number else ""
    for text in (filled.period, f"({filled.window})", numbered, form.provisional, filled.status, form.measure):
        if text:
            put(document.add_paragraph(), text, italic=text != DRAFT, bold=text == DRAFT)
    tall = any(column.under for column in form.columns)
    table = document.add_table(rows=2 if tall else 1, cols=len(form.columns), style="Table Grid")
    table.autofit = False
    for place, column in enumerate(form.columns):
        cell = table.cell(1 if column.under else 0, place)
        put(cell.paragraphs[0], column.title, bold=True)
        if column.under and (place == 0 or form.columns[place - 1].under != column.under):
            end = place
            while end + 1 < len(form.columns) and form.columns[end + 1].under == column.under:
                end += 1
            put(table.cell(0, place).merge(table.cell(0, end)).paragraphs[0], column.under, bold=True)
        elif tall and not column.under:
            table.cell(0, place).merge(table.cell(1, place))
    for row in table.rows:  # again at the top of each page
        row._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))
    for one in filled.rows:
        cells = table.add_row().cells
        for cell, said in zip(cells, one.cells, strict=True):
            paragraph = cell.paragraphs[0]
            put(paragraph, vietnamese(said), bold=one.kind != "indicator", centred=False)
            if isinstance(said, Decimal):
                paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    room = (297 if form.landscape else 210) - 35
    every = sum(column.width for column in form.columns)
    for column, laid in zip(form.columns, table.columns, strict=True):
        for cell in laid.cells:
            cell.width = Mm(room * column.width / every)
    for sentence in filled.sentences:
        put(document.add_paragraph(), f"- {sentence}", centred=False)
    document.add_paragraph()
    signing = document.add_table(rows=1, cols=2)
    left, right = signing.rows[0].cells
    put(left.paragraphs[0], "NGƯỜI LẬP BIỂU", bold=True)
    put(right.paragraphs[0], "……………, ngày …… tháng …… năm ………", italic=True)
    for text in filled.signs:
        put(right.add_paragraph(), text, bold=True)
    with path.open("wb") as file:
        document.save(file)


WRITERS: dict[str, Callable[[Filled, Path], None]] = {".xlsx": _workbook, ".pdf": _pdf, ".docx": _document}
