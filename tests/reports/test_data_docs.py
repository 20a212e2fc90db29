"""Data Docs: a page per delivery, from the verdict of Great Expectations: no network needed, no person named."""

import json
import re
from datetime import date
from pathlib import Path

import pytest

from etl import catalogue, pipeline, settings
from etl.errors import SetupError
from etl.landing.receipts import File
from etl.reports import data_docs
from etl.rules import second_count
from etl.warehouse import database
from tests.inbox import PROCEDURES, UNITS, deliver

DOSSIERS = """
    Mã hồ sơ                  | Ngày tiếp nhận | Ngày kết thúc xử lý | Trạng thái      | Chủ hồ sơ      | Số giấy tờ
    000.00.16.H21-211201-0001 | 01/12/2021     | 01/12/2021          | Đã trả kết quả  | Người Thứ Nhất | 064000000001
    000.00.16.H21-211201-0002 | 01/12/2021     |                     | Không biết      | Người Thứ Hai  | 064000000002
    000.00.16.H21-211201-0003 | 31/02/2021     |                     | Đang xử lý      | Người Thứ Ba   | 12345
"""


@pytest.fixture
def configured(tmp_path: Path, warehouse_url: str, monkeypatch: pytest.MonkeyPatch) -> settings.Settings:
    monkeypatch.setenv("CCHC_HOME", str(tmp_path / "home"))
    return settings.read()


def test_each_delivery_has_a_page_with_every_rule_and_no_person(
    configured: settings.Settings, warehouse_url: str, tmp_path: Path
) -> None:
    inbox = tmp_path / "inbox"
    deliver(inbox, "hr/units", "2021-12-02", UNITS)
    deliver(inbox, "one_stop_shop/procedures", "2021-12-02", PROCEDURES)
    deliver(inbox, "one_stop_shop/dossiers", "2021-12-02", DOSSIERS)
    pipeline.land(configured, warehouse_url, inbox=str(inbox))
    loaded = {receipt.export: receipt for receipt in pipeline.load_waiting(configured, warehouse_url)}

    docs = configured.home / "data_docs"
    receipt = loaded["one_stop_shop/dossiers"]
    page = (docs / str(receipt.file_id) / "index.html").read_text("utf-8")
    index = (docs / "index.html").read_text("utf-8")

    assert receipt.rows_quarantined == 2
    with database.transaction(warehouse_url) as connection, connection.cursor() as cursor:
        cursor.execute(
            "select rule_id, sum(rows_failed) from quality.result where file_id = %s and column_name <> ''"
            " and not_run is null group by 1",
            (receipt.file_id,),
        )
        counted = {rule_id: int(failed) for rule_id, failed in cursor.fetchall()}
    shown = re.findall(
        r'<tr title=".*?"><td class="id">(.*?)</td>.*?<td class="number">\d+</td><td class="number">(\d+)</td>', page
    )
    assert {rule_id: sum(int(n) for r, n in shown if r == rule_id) for rule_id, _ in shown} == counted
    assert {rule_id for rule_id, failed in counted.items() if failed} == {"DOS-04", "DOS-10", "DOS-52", "DOS-58"}
    for rule_id in counted:
        assert catalogue.rules()[rule_id].message in page
    assert [f'href="{r.file_id}/index.html"' in index for r in loaded.values()] == [True, True, True]
    for text in (page, index, (docs / "deliveries.json").read_text("utf-8")):
        assert not re.search(r"Người Thứ|06400000000|12345|211201-000|Không biết", text)
        assert not re.search(r"https?://|<script|<link|<img|@import|url\(", text)


# --- the page itself, from a small verdict ----------------------------------------------------------------------------


def verdict(*counts: tuple[str, str, str, int]) -> second_count.Verdict:
    """A verdict of real Great Expectations objects: rule, column, severity, failed rows of ten."""
    second_count.import_great_expectations()
    import great_expectations.expectations as gxe
    from great_expectations.core import ExpectationSuiteValidationResult, ExpectationValidationResult

    results = []
    for rule_id, column, severity, failed in counts:
        stated = gxe.ExpectColumnValuesToNotBeNull(
            column=column,
            severity=severity,
            description=f"{rule_id} <phải> đúng",
            meta={"rule_id": rule_id, "column": column},
        )
        results.append(
            ExpectationValidationResult(
                success=not failed,
                expectation_config=stated.configuration,
                result={"element_count": 10, "unexpected_count": failed},
            )
        )
    judgements = tuple(second_count.Judgement(r, c, s, n, 10) for r, c, s, n in counts)
    result = ExpectationSuiteValidationResult(
        suite_name="hr/units", success=False, results=results, statistics={}, meta={}
    )
    return second_count.Verdict(judgements, result)


def file(file_id: int, day: date = date(2021, 12, 1)) -> File:
    return File(file_id, "hr", "hr/units", "<duc-co>", day, "x", "x", "landed", "x")


def write(folder: Path, file: File, *counts: tuple[str, str, str, int]) -> Path:
    return data_docs.write(verdict(*counts), folder, file=file, rows_read=12, rows_unchanged=2, rows_quarantined=3)


def test_what_failed_stands_first_and_the_worst_of_it_on_top(tmp_path: Path) -> None:
    page = write(
        tmp_path,
        file(1),
        ("B-1", "org_code", "critical", 0),
        ("W-1", "org_name", "warning", 9),
        ("E-1", "org_code", "critical", 1),
        ("E-2", "org_code", "critical", 4),
    ).read_text("utf-8")
    assert re.findall(r'<td class="id">(.*?)</td>', page) == ["E-2", "E-1", "W-1", "B-1"]
    assert "40,00 %" in page
    assert "Mã đơn vị" in page


def test_words_from_outside_are_text_on_the_page(tmp_path: Path) -> None:
    page = write(tmp_path, file(1), ("E-1", "org_code", "critical", 1)).read_text("utf-8")
    assert "<phải>" not in page
    assert "&lt;duc-co&gt;" in page


def test_the_same_delivery_gives_the_same_bytes_and_one_line_on_the_index(tmp_path: Path) -> None:
    def written() -> dict[str, bytes]:
        write(tmp_path, file(1), ("E-1", "org_code", "critical", 1))
        return {p.relative_to(tmp_path).as_posix(): p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}

    first = written()
    assert written() == first
    assert sorted(first) == [".lock", "1/index.html", "deliveries.json", "index.html"]


def test_the_index_lists_the_latest_deliveries_first_and_keeps_its_length(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(data_docs, "LISTED", 2)
    for file_id, day in ((1, 3), (2, 1), (3, 2)):
        write(tmp_path, file(file_id, date(2021, 12, day)), ("E-1", "org_code", "critical", 0))
    assert [one["file_id"] for one in json.loads((tmp_path / "deliveries.json").read_text("utf-8"))] == [1, 3]
    assert re.findall(r'href="(\d+)/index.html">\d', (tmp_path / "index.html").read_text("utf-8")) == ["1", "3"]
    assert (tmp_path / "2" / "index.html").exists()


def test_pages_of_long_ago_are_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CCHC_DATA_DOCS_KEPT", "2")
    for file_id in (9, 10, 11):
        write(tmp_path, file(file_id), ("E-1", "org_code", "critical", 0))
    assert sorted(one.name for one in tmp_path.iterdir() if one.is_dir()) == ["10", "11"]
    assert re.findall(r'href="(\d+)/index.html">\d', (tmp_path / "index.html").read_text("utf-8")) == ["11", "10"]
    monkeypatch.setenv("CCHC_DATA_DOCS_KEPT", "0")
    with pytest.raises(SetupError, match="a number of deliveries"):
        settings.data_docs_kept()


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "data_docs").write_text("a file stands here")
    with pytest.raises(SetupError, match="Data Docs need a folder"):
        write(tmp_path / "data_docs", file(1), ("E-1", "org_code", "critical", 0))
