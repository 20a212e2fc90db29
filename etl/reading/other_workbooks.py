"""Workbooks that only calamine reads (.xls, .xlsb, .ods): in a process whose memory and time are bounded."""

import json
import os
import subprocess
import sys
from array import array
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from etl import memory
from etl.errors import FileRejected
from etl.reading import biff
from etl.reading.bounds import too_large
from etl.reading.sheets import MAX_AREAS, TEXT_BYTES, TOO_LARGE, Row, as_text, length_of_row

OTHER_BYTES = 304 << 20  # what the process that runs calamine may take: a full .xls of 22 columns needs it
OTHER_SECONDS = 60
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # how an .xls begins


class OtherWorkbook:
    """A workbook that another process reads: some that are damaged make calamine panic, or take all memory there is.

    One answer at a time, read to its end.
    """

    def __init__(self, path: Path) -> None:
        memory.give_back()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "etl.reading.other_workbooks", path.absolute()],
            cwd=Path(__file__).parents[2],
            env=os.environ | {"PYTHONIOENCODING": "utf-8"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            encoding="utf-8",
        )

    def sheets(self) -> list[tuple[str, bool]]:
        """The name of each sheet, and whether it is hidden."""
        return [(name, is_hidden) for name, is_hidden in self._line()]

    def close(self) -> None:
        self._process.kill()
        self._process.communicate()

    def merged(self, number: int) -> "array[int]":
        self._ask(number, "merged")
        return array("i", self._line())

    def rows(self, number: int, limit: int | None) -> Iterator[Row]:
        size = 0
        self._ask(number, limit)
        while row := self._line():
            cells = [(column, text) for column, text in row[1]]
            size += length_of_row(row[0], cells)
            if size > TEXT_BYTES:
                raise too_large(TOO_LARGE)
            yield row[0], cells

    def _ask(self, number: int, what: int | str | None) -> None:
        assert self._process.stdin
        try:
            print(json.dumps([number, what]), file=self._process.stdin, flush=True)
        except BrokenPipeError:
            raise too_large(TOO_LARGE) from None

    def _line(self) -> Any:
        assert self._process.stdout
        said = self._process.stdout.readline()
        if said == '"password"\n':
            raise FileRejected("FIL-01", "Tệp Excel đang đặt mật khẩu, không mở được. Hãy bỏ mật khẩu rồi gửi lại.")
        if not said.endswith("\n"):
            raise too_large(TOO_LARGE)
        return json.loads(said)


def answer(path: Path) -> None:
    """The other process: its requests are lines, [sheet, rows or null]; it answers with a line per row, and null.

    To [sheet, "merged"] it answers with the areas of merged cells.
    """
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (OTHER_BYTES, OTHER_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (OTHER_SECONDS, OTHER_SECONDS))
    from python_calamine import CalamineWorkbook, PasswordError, SheetVisibleEnum

    try:
        workbook = CalamineWorkbook.from_path(path)
    except PasswordError:
        print(json.dumps("password"))
        return
    with path.open("rb") as file:
        unseen = biff.Cells(path) if file.read(8) == OLE else None
    listed = [(sheet.name, sheet.visible != SheetVisibleEnum.Visible) for sheet in workbook.sheets_metadata]
    print(json.dumps(listed), flush=True)
    held, sheet = -1, None
    for request in sys.stdin:
        number, what = json.loads(request)
        if number != held:
            sheet = None  # there is no memory for two
            held, sheet = number, workbook.get_sheet_by_index(number)
        assert sheet
        if what == "merged":
            areas = (sheet.merged_cell_ranges or [])[:MAX_AREAS]
            print(json.dumps([n for (y, x), (last, right) in areas for n in (y + 1, x, last + 1, right)]), flush=True)
            continue
        rows = enumerate(unseen.seen(number, sheet.iter_rows()) if unseen else sheet.iter_rows(), 1)
        texts = ((i, [(c, text) for c, cell in enumerate(row) if (text := as_text(cell))]) for i, row in rows)
        for row in islice((row for row in texts if row[1]), what):
            print(json.dumps(row))
        print("null", flush=True)


if __name__ == "__main__":
    answer(Path(sys.argv[1]))
