"""Fields of procedures (Lĩnh vực): which are known, what waits, and the one name that figures give them."""

from pathlib import Path

import pytest

from etl import catalogue, pipeline, settings, spelling
from etl.migration import schema
from etl.periods import Period
from etl.settings import Settings
from etl.warehouse import database
from tests.inbox import PROCEDURES, UNITS, deliver

DOSSIERS = """
    Mã hồ sơ | Lĩnh vực       | Ngày tiếp nhận | Trạng thái
    A        | Hộ tịch        | 01/12/2021     | Đang xử lý
    B        | HỘ  TỊCH       | 01/12/2021     | Đang xử lý
    C        | Văn hoá        | 01/12/2021     | Đang xử lý
    D        | Trồng nấm      | 01/12/2021     | Đang xử lý
    E        | Tất cả         | 01/12/2021     | Đang xử lý
    F        |                | 01/12/2021     | Đang xử lý
"""
FLOW = (
    "select field, received from reporting.dossier_flow where period_code = '2021-N' and unit_code = '23857' order by 1"
)


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    folder = tmp_path / "inbox"
    deliver(folder, "hr/units", "2021-12-01", UNITS)
    deliver(folder, "one_stop_shop/procedures", "2021-12-01", PROCEDURES)
    deliver(folder, "one_stop_shop/dossiers", "2021-12-06", DOSSIERS)
    return folder


@pytest.fixture
def configured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("CCHC_ARCHIVE", str(tmp_path / "archive"))
    return settings.read()


def load(configured: Settings, url: str, inbox: Path) -> None:
    schema.migrate(url)
    pipeline.land(configured, url, inbox=str(inbox))
    assert [r.message for r in pipeline.load_waiting(configured, url) if not r.status.startswith("accepted")] == []


def rows(url: str, statement: str) -> list[tuple]:
    with database.transaction(url) as connection, connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall() if cursor.description else []


def waiting(url: str) -> list[str]:
    return [key for (key,) in rows(url, "select record_key from quality.quarantined_row where resolved_by is null")]


def flow(url: str) -> dict[str, int]:
    list(pipeline.materialise_each(url, [Period.parse("2021-N")]))
    return dict(rows(url, FLOW))


def test_a_field_has_one_name_and_what_nobody_knows_waits(
    configured: Settings, warehouse_url: str, inbox: Path
) -> None:
    load(configured, warehouse_url, inbox)
    assert sorted(waiting(warehouse_url)) == ["D", "E", "F"]
    assert flow(warehouse_url) == {"Hộ tịch": 2, "Tất cả": 3, "Văn hóa": 1}


def test_a_field_of_a_list_of_procedures_is_known_from_then_on(
    configured: Settings, warehouse_url: str, inbox: Path
) -> None:
    load(configured, warehouse_url, inbox)
    with_field = f"{PROCEDURES.rstrip()} | Hộ tịch\n    2.000777   | TRỒNG NẤM\n".replace(
        "    Mã thủ tục\n", "    Mã thủ tục | Lĩnh vực\n"
    )
    deliver(inbox, "one_stop_shop/procedures", "2021-12-07", with_field)
    load(configured, warehouse_url, inbox)
    assert sorted(waiting(warehouse_url)) == ["E", "F"]
    assert flow(warehouse_url) == {"Hộ tịch": 2, "TRỒNG NẤM": 1, "Tất cả": 4, "Văn hóa": 1}


def test_a_field_is_known_whichever_letter_looks_like_d_with_a_stroke(
    configured: Settings, warehouse_url: str, inbox: Path
) -> None:
    """Ð (U+00D0) and Ɖ (U+0189) look like Đ: of a known field, and of one that a later list brings."""
    dossiers = """
        Mã hồ sơ | Lĩnh vực  | Ngày tiếp nhận | Trạng thái
        G        | Ðất đai   | 01/12/2021     | Đang xử lý
        H        | Ɖất đai   | 01/12/2021     | Đang xử lý
        I        | Ðan lát   | 01/12/2021     | Đang xử lý
        J        | ƉAN  LÁT  | 01/12/2021     | Đang xử lý
    """
    deliver(inbox, "one_stop_shop/dossiers", "2021-12-07", dossiers)
    load(configured, warehouse_url, inbox)
    assert sorted(waiting(warehouse_url)) == ["D", "E", "F", "I", "J"]
    with_field = f"{PROCEDURES.rstrip()} | Hộ tịch\n    2.000777   | Đan lát\n".replace(
        "    Mã thủ tục\n", "    Mã thủ tục | Lĩnh vực\n"
    )
    deliver(inbox, "one_stop_shop/procedures", "2021-12-08", with_field)
    load(configured, warehouse_url, inbox)
    assert sorted(waiting(warehouse_url)) == ["D", "E", "F"]
    assert flow(warehouse_url) == {"Hộ tịch": 2, "Tất cả": 7, "Văn hóa": 1, "Đan lát": 2, "Đất đai": 2}


def test_the_warehouse_folds_a_field_as_python_does(warehouse_url: str) -> None:
    words = [name for words in catalogue.fields() for name in words]
    words += [case for name in words for case in (name.upper(), name.title())] + ["ÐẤT đai", "Ɖất ĐAI", "ɖðđ"]
    folded = rows(warehouse_url, f"select word, core.fold(word) from unnest(array{words!r}) as word")
    assert dict(folded) == {word: spelling.fold(word) for word in words}


def test_an_office_adds_a_field_of_its_own(
    configured: Settings, warehouse_url: str, inbox: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = tmp_path / "catalogue" / "reference" / "field.csv"
    own.parent.mkdir(parents=True)
    own.write_text("field,also\nTrồng nấm,Nấm|Nấm rơm\n", "utf-8")
    monkeypatch.setenv("CCHC_CATALOGUE", str(tmp_path / "catalogue"))
    load(configured, warehouse_url, inbox)
    assert sorted(waiting(warehouse_url)) == ["E", "F"]
    assert flow(warehouse_url) == {"Hộ tịch": 2, "Trồng nấm": 1, "Tất cả": 4, "Văn hóa": 1}


def test_what_was_loaded_before_there_was_a_list_is_published_without_its_words(
    configured: Settings, warehouse_url: str, inbox: Path
) -> None:
    load(configured, warehouse_url, inbox)
    rows(warehouse_url, "update mart.dossier_daily set field = 'Nguyễn Văn An' where field = 'Văn hoá'")
    assert flow(warehouse_url) == {"Hộ tịch": 2, "Khác": 1, "Tất cả": 3}
    rows(warehouse_url, "update mart.dossier_flow set field = 'Nguyễn Văn An' where field = 'Khác'")
    rows(warehouse_url, "update mart.dossier_flow set field = 'HỘ TỊCH' where field = 'Hộ tịch'")
    assert dict(rows(warehouse_url, FLOW)) == {"HỘ TỊCH": 2, "Tất cả": 3}, "known, though spelled in another way"


def test_no_field_that_ships_is_told_twice_or_called_like_the_total() -> None:
    names = [name.lower() for words in catalogue.fields() for name in words]
    assert len(names) == len(set(names))
    assert "tất cả" not in names
    assert "khác" in names


def test_a_code_that_was_masked_is_judged_again_all_the_same(
    configured: Settings, warehouse_url: str, inbox: Path
) -> None:
    """EVT-51 warns of a staff code that looks like an identity number, until the person comes."""
    event = """
        Mã quyết định | Mã CBCCVC    | Loại sự kiện | Mã đơn vị | Ngày quyết định
        1/QĐ-UBND     | 064190001234 | Bổ nhiệm     | 631       | 01/12/2021
    """
    deliver(inbox, "hr/events", "2021-12-06", event)
    load(configured, warehouse_url, inbox)
    kept = "select value from quality.violation where rule_id = 'EVT-51'"
    assert rows(warehouse_url, kept) == [("0••••••••••4",)]
    person = """
        Mã CBCCVC    | Họ và tên   | Loại      | Mã đơn vị | Trạng thái
        064190001234 | Lê Thị Bình | Công chức | 631       | Đang làm việc
    """
    deliver(inbox, "hr/staff", "2021-12-07", person)
    load(configured, warehouse_url, inbox)
    assert rows(warehouse_url, kept) == []
