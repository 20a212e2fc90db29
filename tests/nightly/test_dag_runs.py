"""What a DAG run is asked for and what it says: short, troubled files first, and never more than Airflow keeps."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from etl.errors import UsageError
from etl.nightly import dag_runs
from etl.nightly.dag_runs import Asked, Became

CEILING = Decimal(5)


def file(file_id: int, status: str, *, loaded: int = 0, quarantined: int = 0, message: str = "", **more: str) -> Became:
    given = {"rule_id": None} | more
    return Became(
        file_id, "hr/units", "duc-co", date(2021, 12, 15), status, message=message,
        rows_read=loaded + quarantined, rows_loaded=loaded, rows_quarantined=quarantined, **given,
    )  # fmt: skip


def note(files: list[Became], periods: list[str] | None = None, **more: list[str]) -> str:
    return dag_runs.note_of_loads(files, periods or [], docs=Path("data_docs"), ceiling=CEILING, **more)


def test_what_went_wrong_comes_first_with_office_and_reason() -> None:
    files = [
        file(1, "accepted", loaded=16000),
        file(2, "accepted_with_errors", loaded=97, quarantined=3),
        file(3, "rejected", rule_id="FIL-02", message="Không tìm thấy dòng tiêu đề. Hãy xuất lại."),
        file(4, "held", rule_id="FIL-06", message="Tệp chỉ có 1 dòng. Nạp tệp này sẽ đóng các dòng còn thiếu."),
        file(5, "landed", message="Chờ tệp số 4 của cùng nơi gửi."),
        file(6, "accepted_with_errors", loaded=1, quarantined=99),
        file(7, "rejected", message="Không có loại dữ liệu 'hr/unit'. Các loại đã khai báo: hr/units."),
        file(8, "accepted", loaded=5, reload_reason="Danh mục đơn vị đã thay đổi."),
    ]
    assert note(files, ["2021-N"]).splitlines() == [
        "2 tệp bị trả lại, 1 tệp chờ người xác nhận, 2 tệp chưa nạp được, 1 tệp có quá nhiều dòng lỗi; 8 tệp,"
        " 16.103 dòng đã nạp, 102 dòng lỗi được giữ lại.",
        "- tệp 3: Cơ quan, đơn vị · duc-co · 15/12/2021: bị trả lại. FIL-02: Không tìm thấy dòng tiêu đề.",
        "- tệp 7: Cơ quan, đơn vị · duc-co · 15/12/2021: bị trả lại. Không có loại dữ liệu 'hr/unit'.",
        "- tệp 4: Cơ quan, đơn vị · duc-co · 15/12/2021: chờ người xác nhận. FIL-06: Tệp chỉ có 1 dòng.",
        "- tệp 5: Cơ quan, đơn vị · duc-co · 15/12/2021: chưa nạp được. Chờ tệp số 4 của cùng nơi gửi.",
        "- tệp 8: Cơ quan, đơn vị · duc-co · 15/12/2021: chưa nạp được. Danh mục đơn vị đã thay đổi.",
        "- tệp 6: Cơ quan, đơn vị · duc-co · 15/12/2021: có quá nhiều dòng lỗi. 99 trong 100 dòng (99,0 %) bị giữ lại,"
        " quá mức cho phép 5 %.",
        "Số liệu cần tính lại: 2021-N.",
        "Xem: `cchc files` và trang data_docs/<số tệp>/index.html",
        "- tệp 2: Cơ quan, đơn vị · duc-co · 15/12/2021: đã nạp, có dòng lỗi (3): `cchc quality --rows 2`",
        "- tệp 1: Cơ quan, đơn vị · duc-co · 15/12/2021: đã nạp",
    ]


def test_lists_that_came_back_are_told_also_in_a_night_that_brought_nothing_else() -> None:
    assert note([], fix_lists=["sua.xlsx: 17 sửa, 2 từ chối: dòng 14, 31."]).splitlines()[:2] == [
        "0 tệp, 0 dòng đã nạp, 0 dòng lỗi được giữ lại.",
        "- danh sách sửa sua.xlsx: 17 sửa, 2 từ chối: dòng 14, 31.",
    ]


def test_what_could_not_be_received_is_said_first_too() -> None:
    assert note([], passed_over=["hr/units/2021-12-01/a. b.csv: không có quyền đọc"]).splitlines()[:2] == [
        "1 tệp hoặc thư mục không đọc được, chưa nhận; 0 tệp, 0 dòng đã nạp, 0 dòng lỗi được giữ lại.",
        "- chưa nhận: hr/units/2021-12-01/a. b.csv: không có quyền đọc",
    ]


@pytest.mark.parametrize(
    ("became", "is_trouble", "waits"),
    [
        (file(1, "accepted", loaded=10), False, False),
        (file(1, "duplicate"), False, False),
        (file(1, "withdrawn"), False, False),
        (file(1, "accepted_with_errors", loaded=95, quarantined=5), False, False),  # just the ceiling
        (file(1, "accepted_with_errors", loaded=94, quarantined=6), True, False),
        (file(1, "rejected", message="x"), True, False),
        (file(1, "held", message="x"), True, False),
        (file(1, "landed"), True, True),
        (file(1, "accepted", loaded=10, reload_reason="x"), True, True),
    ],
)
def test_a_run_is_red_for_whatever_did_not_go_in(became: Became, is_trouble: bool, waits: bool) -> None:
    assert (became.trouble(CEILING) is not None, became.waits) == (is_trouble, waits)


def test_too_many_bad_rows_are_no_verdict_while_a_list_they_name_still_waits(
    db: Connection, warehouse_url: str
) -> None:
    """All of a quota list is kept out while the list of units is loaded beside it, and judged again after it."""
    bad = file(2, "accepted_with_errors", loaded=1, quarantined=9)
    quotas, units = replace(bad, export="hr/quotas"), bad
    assert not dag_runs.is_judged_again(warehouse_url, quotas, CEILING)
    db.execute(
        text(
            "insert into landing.file (source, export, sender, delivered_on, path, sha256, bytes, modified_ns,"
            " archived_as) values ('hr', 'hr/units', 'duc-co', '2021-12-15', 'p', 's', 1, 1, 'a')"
        )
    )
    db.commit()
    assert dag_runs.is_judged_again(warehouse_url, quotas, CEILING)
    assert not dag_runs.is_judged_again(warehouse_url, units, CEILING)  # refers to nothing
    assert not dag_runs.is_judged_again(warehouse_url, replace(quotas, status="rejected"), CEILING)
    assert dag_runs.is_judged_again(warehouse_url, replace(units, reload_reason="x"), CEILING)


@pytest.mark.parametrize("files", [1, 10, 11, 12, 13, 14, 15, 16, 17, 200])
def test_a_note_is_cut_between_lines(files: int) -> None:
    said = note([file(i, "accepted") for i in range(files)])
    assert len(said) <= dag_runs.NOTE
    shown = said.count("- tệp")
    assert f"… và {files - shown} dòng nữa" in said if shown < files else "…" not in said


def test_no_news_is_said_so() -> None:
    assert note([]) == dag_runs.NOTHING_NEW
    assert dag_runs.note_of_figures({"2021-N": 0}) == dag_runs.NOTHING_NEW
    assert dag_runs.note_of_figures({"2021-N": 0, "2021-Q1": 7326}).startswith("- 2021-Q1: 7.326 số liệu mới")


def test_a_delivery_is_called_by_what_it_is_who_sent_it_and_its_day() -> None:
    assert file(1, "accepted").label == "Cơ quan, đơn vị · duc-co · 15/12/2021"


DAY = datetime(2021, 12, 15, 18, 0, tzinfo=UTC)  # 01:00 on the 16th in Việt Nam


@pytest.mark.parametrize(
    ("parameters", "backfill", "asked"),
    [
        ({}, None, Asked()),
        ({"since": None, "until": None, "again": False}, None, Asked()),
        ({"since": "2021-12-01", "until": "2021-12-01"}, None, Asked(date(2021, 12, 1), date(2021, 12, 1))),
        ({"since": "2021-12-01", "again": True}, None, Asked(date(2021, 12, 1), None, again=True)),
        ({}, DAY, Asked(date(2021, 12, 16), date(2021, 12, 16))),
        ({"again": True}, DAY, Asked(date(2021, 12, 16), date(2021, 12, 16), again=True)),
        ({"since": "2021-12-01"}, DAY, Asked(date(2021, 12, 1), None)),  # who names days means them
    ],
)
def test_a_run_is_about_the_days_it_is_asked_for(parameters: dict, backfill: datetime | None, asked: Asked) -> None:
    assert dag_runs.asked(parameters, backfill=backfill) == asked


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"sinse": "2021-12-01"}, "'sinse'"),
        ({"since": "2021-12-02", "until": "2021-12-01"}, "02/12/2021"),
        ({"again": True}, "since"),
        ({"since": "15/12/2021"}, "2021-12-31"),
        ({"until": "2021-13-01"}, "2021-12-31"),
        ({"until": "hôm qua"}, "2021-12-31"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_a_sentence(parameters: dict, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        dag_runs.asked(parameters)


def test_a_window_is_asked_for_by_known_names_and_with_its_period() -> None:
    assert dag_runs.window_asked({"period": None, "from": None, "to": None, "as_of": None}) is None
    assert dag_runs.window_asked({"period": "2021-N", "from": "2020-12-15", "to": None}) == {
        "period": "2021-N",
        "from": "2020-12-15",
    }
    for wrong in ({"perriod": "2021-N"}, {"from": "2020-12-15"}):
        with pytest.raises(UsageError):
            dag_runs.window_asked(wrong)


def test_a_refused_inbox_is_named_without_a_password() -> None:
    said = dag_runs.refused("sftp://cchc:geheim@host/inbox", UsageError("sftp://cchc:geheim@host/inbox: no answer."))
    assert "geheim" not in said
    assert said.startswith("Không đọc được thư mục nhận dữ liệu sftp://…@host/inbox")


def test_a_stated_window_is_made_again_beside_the_calendar(db: Connection, warehouse_url: str) -> None:
    db.execute(
        text(
            """
            insert into mart.materialisation
                (period_code, period_start, period_end, as_of, is_explicit, figures, figures_changed)
            values ('2021-N', '2020-12-15', '2021-11-15', '2021-11-15', true, 1, 1),
                   ('2021-Q3', '2021-06-15', '2021-09-10', '2021-09-10', true, 1, 1),
                   ('2021-Q3', '2021-06-15', '2021-09-14', '2021-09-14', false, 1, 1),
                   ('2021-6T', '2020-12-15', '2021-06-14', '2021-06-14', false, 1, 1),
                   ('2021-6T', '2020-12-15', '2021-05-31', '2021-05-31', true, 1, 1)
            """
        )
    )
    db.commit()
    assert dag_runs.windows(warehouse_url, ["2021-6T", "2021-N", "2021-Q3", "2021-Q4"]) == [
        {"period": "2021-6T"},
        {"period": "2021-6T", "from": "2020-12-15", "to": "2021-05-31", "as_of": "2021-05-31"},
        {"period": "2021-N"},
        {"period": "2021-N", "from": "2020-12-15", "to": "2021-11-15", "as_of": "2021-11-15"},
        {"period": "2021-Q3", "from": "2021-06-15", "to": "2021-09-10", "as_of": "2021-09-10"},
        {"period": "2021-Q3"},  # made last, and so shown
        {"period": "2021-Q4"},
    ]
