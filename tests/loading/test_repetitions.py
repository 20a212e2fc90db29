"""A key that a file gives more than once: rows that say the same are one row, however they are written."""

from pathlib import Path

import pytest

from etl import pipeline, settings
from etl.warehouse import database
from tests.inbox import PROCEDURES, UNITS, deliver

HEAD = "Mã hồ sơ | Ngày tiếp nhận | Trạng thái | Phí lệ phí | Chủ hồ sơ"
ONE = "A | 01/12/2021 08:00:00 | Đang xử lý | 1.000 | Lê Thị Bình"
SAME = "A | 2021-12-01 08:00:00 | ĐANG  XỬ LÝ | 1000 | Lê Thị  Bình"


@pytest.mark.parametrize(
    ("before", "rows", "loaded", "quarantined"),
    [
        ([], [ONE, SAME], 1, 0),
        ([], [ONE, SAME, ONE], 1, 0),
        ([ONE], [ONE, SAME], 0, 0),
        ([SAME], [ONE, SAME], 0, 0),
        ([ONE], [SAME], 0, 0),
        ([], [ONE, SAME.replace("1000", "2000")], 0, 2),
        ([], [ONE, SAME.replace("Lê Thị  Bình", "Võ Thị Bình")], 0, 2),
        ([], [ONE.replace("1.000", "một"), SAME.replace("1000", "hai")], 0, 2),
        ([ONE], [ONE, SAME.replace("1000", "2000")], 0, 2),
    ],
)
def test_rows_that_say_the_same_are_one(
    before: list[str],
    rows: list[str],
    loaded: int,
    quarantined: int,
    tmp_path: Path,
    warehouse_url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CCHC_ARCHIVE", str(tmp_path / "archive"))
    configured, inbox = settings.read(), tmp_path / "inbox"
    deliver(inbox, "hr/units", "2021-12-01", UNITS)
    deliver(inbox, "one_stop_shop/procedures", "2021-12-01", PROCEDURES)
    for day, lines in (("2021-12-06", before), ("2021-12-07", rows)):
        if lines:
            deliver(inbox, "one_stop_shop/dossiers", day, "\n".join([HEAD, *lines]))
    pipeline.land(configured, warehouse_url, inbox=str(inbox))
    receipt = list(pipeline.load_waiting(configured, warehouse_url))[-1]
    assert (receipt.rows_loaded, receipt.rows_quarantined) == (loaded, quarantined), receipt
    with database.transaction(warehouse_url) as connection, connection.cursor() as cursor:
        cursor.execute("select count(*) from core.dossier_history")
        assert cursor.fetchone() == (0,)
