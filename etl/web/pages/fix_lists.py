"""Danh sách sửa: a workbook of what fails in a unit's rows, to be filled in and sent back; and what became of it."""

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Form, Request, UploadFile
from fastapi.responses import Response

from etl import catalogue
from etl.catalogue.project_files import statement
from etl.errors import UsageError
from etl.stewardship import fix_list, fix_list_taken
from etl.stewardship.fix_list_taken import Receipt
from etl.warehouse import database
from etl.web import render
from etl.web.access import Denied, Here, Person, Reader, Steward

router = APIRouter()
NOBODYS = "-"  # in an address: rows of which nobody knows the unit
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@router.get("/fix-lists")
def lists(request: Request, here: Here, person: Reader) -> Response:
    """What can be taken away to be filled in, and what came back."""
    return _page(request, here, person)


@router.get("/fix-lists/{source}/{name}/{unit}")
def download(here: Here, person: Reader, source: str, name: str, unit: str) -> Response:
    """The fix list of a unit."""
    code, export = "" if unit == NOBODYS else unit, f"{source}/{name}"
    if not person.may_see(code):
        raise Denied("Danh sách này của đơn vị khác.")
    if export not in catalogue.exports():
        raise UsageError("Không có loại dữ liệu này.")
    for book in fix_list.workbooks(here.settings, here.url, export, units=[code]):
        return Response(
            book.content,
            media_type=XLSX,
            headers={"Content-Disposition": f"attachment; filename*=UTF-8''{quote(book.name)}"},
        )
    raise UsageError("Không còn ô sai nào đang chờ: mọi dòng đã được sửa, giao lại hoặc có quyết định.")


@router.post("/fix-lists")
def send_back(
    request: Request, here: Here, person: Steward, workbook: Annotated[UploadFile | None, Form()] = None
) -> Response:
    """Decide what a filled list says."""
    if workbook is None or not workbook.filename:
        raise UsageError("Hãy chọn tệp danh sách đã điền.")
    content = workbook.file.read(fix_list_taken.BYTES + 1)
    receipt = fix_list_taken.take(
        here.settings, here.url, content, workbook.filename, by=person.name, units=person.units
    )
    return _page(request, here, person, receipt=receipt)


def _page(request: Request, here: Here, person: Person, *, receipt: Receipt | None = None) -> Response:
    units = None if person.units is None else sorted(person.units)
    with database.transaction(here.url) as connection, connection.cursor() as cursor:
        cursor.execute(statement("quality/open_cells_by_export"), {"units": units})
        known = catalogue.exports()
        found = [
            (export, code, unit_name or code, cells) for export, code, unit_name, cells in cursor if export in known
        ]
        taken = [one for one in fix_list_taken.receipts(cursor) if units is None or one.by == person.name]
    return render.page(request, "fix_lists.html", lists=found, taken=taken, receipt=receipt, nobodys=NOBODYS)
