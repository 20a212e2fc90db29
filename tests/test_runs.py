"""What a DAG run says: short, troubled files first, and never more than Airflow keeps."""

from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from etl import runs
from etl.errors import UsageError
from etl.pipeline import Receipt


def receipt(file_id: int, status: str, *, loaded: int = 0, quarantined: int = 0) -> Receipt:
    read = loaded + quarantined
    return Receipt(file_id, "hr/units", "duc-co", date(2021, 12, 15), status, read, loaded, 0, quarantined, "")


def test_troubled_files_come_first() -> None:
    receipts = [
        receipt(1, "accepted", loaded=16000),
        receipt(2, "accepted_with_errors", loaded=9, quarantined=3),
        receipt(3, "rejected"),
    ]
    note = runs.note_of_loads(receipts, ["2021-N"], docs=Path("data_docs"))
    assert note.splitlines() == [
        "3 tệp, 16.009 dòng đã nạp, 3 dòng lỗi được giữ lại.",
        "Số liệu cần tính lại: 2021-N.",
        "Xem: `cchc files` và trang data_docs/<số tệp>/index.html",
        "- tệp 3: hr/units · duc-co · 15/12/2021: bị trả lại",
        "- tệp 2: hr/units · duc-co · 15/12/2021: đã nạp, có dòng lỗi (3): `cchc quality --rows 2`",
        "- tệp 1: hr/units · duc-co · 15/12/2021: đã nạp",
    ]


@pytest.mark.parametrize("files", [1, 10, 11, 12, 13, 14, 15, 16, 17, 200])
def test_a_note_is_cut_between_lines(files: int) -> None:
    note = runs.note_of_loads([receipt(i, "accepted") for i in range(files)], [], docs=Path("data_docs"))
    assert len(note) <= runs.NOTE
    shown = note.count("- tệp")
    assert f"… và {files - shown} dòng nữa" in note if shown < files else "…" not in note


def test_no_news_is_said_so() -> None:
    assert runs.note_of_loads([], [], docs=Path("data_docs")) == runs.NOTHING_NEW
    assert runs.note_of_figures({"2021-N": 0}) == runs.NOTHING_NEW
    assert runs.note_of_figures({"2021-N": 0, "2021-Q1": 7326}).startswith("- 2021-Q1: 7.326 số liệu mới")


@pytest.mark.parametrize("given", ["15/12/2021", "2021-13-01", "hôm qua"])
def test_a_day_that_is_none_is_refused_with_an_example(given: str) -> None:
    with pytest.raises(UsageError, match="2021-12-31"):
        runs.day(given)


def test_a_stated_window_is_made_again_beside_the_calendar(db: Connection, warehouse_url: str) -> None:
    db.execute(
        text(
            """
            insert into mart.materialisation
                (period_code, period_start, period_end, as_of, is_explicit, figures, figures_changed)
            values ('2021-N', '2020-12-15', '2021-11-15', '2021-11-15', true, 1, 1),
                   ('2021-Q3', '2021-06-15', '2021-09-10', '2021-09-10', true, 1, 1),
                   ('2021-Q3', '2021-06-15', '2021-09-14', '2021-09-14', false, 1, 1)
            """
        )
    )
    db.commit()
    assert runs.windows(warehouse_url, ["2021-N", "2021-Q3", "2021-Q4"]) == [
        {"period": "2021-N"},
        {"period": "2021-N", "from": "2020-12-15", "to": "2021-11-15", "as_of": "2021-11-15"},
        {"period": "2021-Q3"},
        {"period": "2021-Q3", "from": "2021-06-15", "to": "2021-09-10", "as_of": "2021-09-10"},
        {"period": "2021-Q4"},
    ]
