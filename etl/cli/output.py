"""How results are printed: tables, and what became of files."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from etl.cli.options import Format

if TYPE_CHECKING:
    from etl.reports.quality import Delivery
    from etl.reports.terminal import Cell
    from etl.settings import Settings


def write(form: Format, header: Sequence[str], rows: Iterable[Sequence["Cell"]]) -> None:
    from etl.reports import terminal

    {Format.table: terminal.write_table, Format.csv: terminal.write_csv, Format.json: terminal.write_json}[form](
        header, rows
    )


def vietnamese(value: Any) -> str:
    """A day or a number as it is written in Việt Nam."""
    if value is None:
        return ""
    if isinstance(value, date):
        return f"{value:%d/%m/%Y}"
    return f"{value:f}".replace(".", ",") if isinstance(value, Decimal) else str(value)


def print_loaded(settings: "Settings", url: str, file_ids: list[int], nothing: str, *, passed_over: int = 0) -> int:
    """Print what became of files; the exit status."""
    from etl import pipeline
    from etl.reports import quality
    from etl.warehouse import database

    with database.transaction(url) as connection:
        files = quality.deliveries(connection, file_ids=sorted(set(file_ids)))
    if passed_over:
        print(f"{passed_over} tệp hoặc thư mục không đọc được, chưa nhận; lý do ở nhật ký phía trên.")
    if not files:
        print(nothing)
        return 1 if passed_over else 0
    print_files(files)
    counts = [(word, sum(f.status == status for f in files)) for status, word in quality.STATUSES.items()]
    said = "; ".join(f"{count} {word}" for word, count in counts if count)
    rows = f"{sum(f.rows_loaded for f in files)} dòng đã nạp, {sum(f.rows_quarantined for f in files)} dòng lỗi giữ lại"
    print(f"\n{len(files)} tệp: {said}. {rows}.")
    ceiling = settings.quarantine_ceiling
    failed = any(
        f.status in ("rejected", "held", "landed") or quality.is_beyond(f.rows_quarantined, f.rows_read, ceiling)
        for f in files
    )
    # one that stands, but could not be judged again, is none of these
    return 1 if failed or passed_over or pipeline.waiting(url) else 0


def print_files(files: list["Delivery"]) -> None:
    from etl.reports import quality

    shown: dict[str, Callable[[Delivery], Cell]] = {
        "Tệp": lambda f: f.file_id,
        "Loại dữ liệu": lambda f: f.export,
        "Nơi gửi": lambda f: f.sender,
        "Ngày giao": lambda f: vietnamese(f.delivery),
        "Kết quả": lambda f: quality.STATUSES[f.status],
        "Đọc": lambda f: f.rows_read,
        "Nạp": lambda f: f.rows_loaded,
        "Không đổi": lambda f: f.rows_unchanged,
        "Giữ lại": lambda f: f.rows_quarantined,
        "Ghi chú": lambda f: f.message,
    }
    write(Format.table, list(shown), [[cell(f) for cell in shown.values()] for f in files])
