"""How large a cell, a row or a list of a delivered file may be, and what the sender is told when one is larger.

Memory is bounded because every reader holds a bounded number of rows, and every row has these bounds.
"""

from etl.errors import FileRejected

MAX_CELL = 128 << 10  # characters; Excel's longest cell has 32,767
MAX_CELLS = 16_384  # in a row: Excel's widest sheet
FAR = 1_000  # columns behind the header in which cells may stand
MAX_ROW = 4 << 20  # characters of a row, and bytes of a file in which no row ends
# Row 5 of the second sheet is line 20,000,005: a sheet has 1,048,576 rows at most, and no line may be said twice.
SHEET_LINES = 10_000_000
BLOCK_CELLS = 500_000  # rows x columns that are in memory at once


def not_a_table(what: str) -> FileRejected:
    return FileRejected("FIL-01", f"{what} Hãy xuất lại dữ liệu dưới dạng CSV UTF-8 hoặc .xlsx rồi gửi lại.")


def too_large(what: str) -> FileRejected:
    return FileRejected("FIL-01", f"{what} Hãy xuất lại dữ liệu dưới dạng CSV UTF-8 rồi gửi lại.")


def long_row(line: int) -> FileRejected:
    return not_a_table(f"Dòng {line} dài bất thường, không phải dòng của một bảng.")


def wide_row(line: int) -> FileRejected:
    return not_a_table(f"Dòng {line} có hơn {MAX_CELLS} ô, không phải dòng của một bảng.")


def long_cell(line: int) -> FileRejected:
    return not_a_table(f"Dòng {line} có ô dài hơn {MAX_CELL} ký tự, không phải ô của một bảng.")


def far_cell(line: int) -> FileRejected:
    return not_a_table(f"Bảng quá lớn: dòng {line} có ô ở xa ngoài các cột có tiêu đề; hãy xoá ô đó.")


def long_list(rows: int) -> FileRejected:
    return FileRejected(
        "FIL-01",
        f"Danh mục quá lớn hoặc có hơn {rows} dòng, không so sánh các dòng với nhau được."
        " Hãy chia theo đơn vị thành nhiều tệp rồi gửi lại.",
    )


def repeated_key(times: int) -> FileRejected:
    return FileRejected(
        "FIL-01",
        f"Tệp lặp lại cùng một mã hơn {times} lần, không phải dữ liệu thật. Hãy kiểm tra lần kết xuất rồi gửi lại.",
    )
