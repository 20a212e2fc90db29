"""Workbooks that only calamine reads (.xls, .xlsb, .ods): in a process whose memory and time are bounded."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from etl import memory
from etl.errors import FileRejected
from etl.reading.bounds import too_large
from etl.reading.sheets import TEXT_BYTES, TOO_LARGE, Row, as_text, length_of_row

OTHER_BYTES = 304 << 20  # what the process that runs calamine may take: a full .xls of 22 columns needs it
OTHER_SECONDS = 60


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

    def names(self) -> list[str]:
        return self._line()

    def close(self) -> None:
        self._process.kill()
        self._process.communicate()

    def rows(self, number: int, limit: int | None) -> Iterator[Row]:
        assert self._process.stdin
        size = 0
        try:
            print(json.dumps([number, limit]), file=self._process.stdin, flush=True)
        except BrokenPipeError:
            raise too_large(TOO_LARGE) from None
        while row := self._line():
            cells = [(column, text) for column, text in row[1]]
            size += length_of_row(row[0], cells)
            if size > TEXT_BYTES:
                raise too_large(TOO_LARGE)
            yield row[0], cells

    def _line(self) -> Any:
        assert self._process.stdout
        said = self._process.stdout.readline()
        if said == '"password"\n':
            raise FileRejected("FIL-01", "Tệp Excel đang đặt mật khẩu, không mở được. Hãy bỏ mật khẩu rồi gửi lại.")
        if not said.endswith("\n"):
            raise too_large(TOO_LARGE)
        return json.loads(said)


def answer(path: Path) -> None:
    """The other process: its requests are lines, [sheet, rows or null]; it answers with a line per row, and null."""
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (OTHER_BYTES, OTHER_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (OTHER_SECONDS, OTHER_SECONDS))
    from python_calamine import CalamineWorkbook, PasswordError

    try:
        workbook = CalamineWorkbook.from_path(path)
    except PasswordError:
        print(json.dumps("password"))
        return
    print(json.dumps(workbook.sheet_names), flush=True)
    for request in sys.stdin:
        number, limit = json.loads(request)
        rows = enumerate(workbook.get_sheet_by_index(number).iter_rows(), 1)
        texts = ((i, [(c, text) for c, cell in enumerate(row) if (text := as_text(cell))]) for i, row in rows)
        for row in islice((row for row in texts if row[1]), limit):
            print(json.dumps(row))
        print("null", flush=True)


if __name__ == "__main__":
    answer(Path(sys.argv[1]))
