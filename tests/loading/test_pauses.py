"""Pauses of dossiers load, are judged, and keep their versions; no period is made again for them."""

from pathlib import Path

from etl import pipeline
from etl.figures import touches
from etl.settings import Settings
from etl.warehouse import database
from tests.databases import rows
from tests.inbox import deliver

FIRST = """
    Mã hồ sơ | Loại tạm dừng                                | Từ ngày    | Đến ngày   | Số văn bản
    H21-0001 | Chờ bổ sung hồ sơ                            | 01/03/2021 | 05/03/2021 | 12/TB-UBND
    H21-0001 | Chờ công dân thực hiện nghĩa vụ tài chính    | 06/03/2021 |            | 13/TB-CCT
    H21-0001 | Gia hạn                                      | 01/03/2021 | 09/03/2021 | 14/UBND
    H21-0002 | Chờ cơ quan thuế xác định nghĩa vụ tài chính | 01/03/2021 |            |
    H21-0002 | Niêm yết                                     | 01/03/2021 |            |
    H21-0002 | Tạm dừng                                     | 01/03/2021 | 28/02/2021 |
"""
SECOND = """
    Mã hồ sơ | Loại tạm dừng                             | Từ ngày    | Đến ngày   | Số văn bản
    H21-0001 | Chờ công dân thực hiện nghĩa vụ tài chính | 06/03/2021 | 12/03/2021 | 13/TB-CCT
    H21-0002 | Tạm dừng                                  | 01/03/2021 | 28/03/2021 |
"""


def load(configured: Settings, url: str, inbox: Path) -> list[tuple]:
    pipeline.land(configured, url, inbox=str(inbox))
    return [(r.status, r.rows_loaded, r.rows_quarantined) for r in pipeline.load_waiting(configured, url)]


def test_pauses_load_and_move_on(configured: Settings, warehouse_url: str, inbox: Path) -> None:
    deliver(inbox, "one_stop_shop/pauses", "2021-03-10", FIRST)
    assert load(configured, warehouse_url, inbox) == [("accepted_with_errors", 5, 1)]
    deliver(inbox, "one_stop_shop/pauses", "2021-04-01", SECOND)
    assert load(configured, warehouse_url, inbox) == [("accepted", 2, 0)]
    assert rows(
        warehouse_url,
        "select dossier_code, kind, from_on::text, to_on::text, document_number from core.dossier_pause"
        " where kind in ('Tạm dừng', 'Chờ công dân thực hiện nghĩa vụ tài chính') order by 1",
    ) == [
        ("H21-0001", "Chờ công dân thực hiện nghĩa vụ tài chính", "2021-03-06", "2021-03-12", "13/TB-CCT"),
        ("H21-0002", "Tạm dừng", "2021-03-01", "2021-03-28", None),
    ]
    assert rows(warehouse_url, "select kind, to_on from core.dossier_pause_history") == [
        ("Chờ công dân thực hiện nghĩa vụ tài chính", None)
    ]
    assert rows(warehouse_url, "select rule_ids, resolution from quality.quarantined_row") == [
        (["PAU-05"], "corrected")
    ]
    with database.transaction(warehouse_url) as connection:
        touches.record(connection)
        assert touches.stale_periods(connection) == []
