"""What words of other systems mean: those that ship, an office's own, and what a word map never does."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from etl import catalogue
from etl.catalogue import words
from etl.errors import CatalogueError, UsageError
from etl.reading import values
from tests.tables import cells

DOSSIERS, PROCEDURES = "one_stop_shop/dossiers", "one_stop_shop/procedures"


def read(export_name: str, column: str, text: str, **said: Any) -> object:
    """What a cell of a column is read as."""
    layers = {"layout": None, "own": {}, "of_layout": {}} | said
    export = words.layered(catalogue.export(export_name), **layers)
    cells = {c.name: pl.Series([text if c.name == column else None], dtype=pl.String) for c in export.columns}
    block = pl.DataFrame({"line": [2], **cells})
    return values.typed(block, export)[column][0]


SHIPPED = """
    export     | column         | word                                  | means
    dossiers   | status         | Yêu cầu bổ sung giấy tờ               | Yêu cầu bổ sung
    dossiers   | status         | Công dân yêu cầu rút hồ sơ            | Công dân rút hồ sơ
    dossiers   | status         | ĐANG XỬ LÝ   liên thông               | Đang xử lý
    dossiers   | status         | Chờ xử lý                             | Đang xử lý
    dossiers   | status         | Đã tiếp nhận                          | Được tiếp nhận
    dossiers   | status         | Ðã tiếp nhận                          | Được tiếp nhận
    dossiers   | status         | Chờ thanh toán                        | Yêu cầu thực hiện nghĩa vụ tài chính
    dossiers   | status         | Yêu cầu quyết toán phí                | Yêu cầu thực hiện nghĩa vụ tài chính
    dossiers   | status         | Yêu cầu nộp tiền tạm ứng              | Yêu cầu thực hiện nghĩa vụ tài chính
    dossiers   | status         | Đang bổ sung điều kiện                | Yêu cầu bổ sung
    dossiers   | status         | Chờ bổ sung                           | Yêu cầu bổ sung
    dossiers   | status         | Tạm dừng                              | Dừng xử lý
    dossiers   | status         | Hoàn thành                            | Đã xử lý xong
    dossiers   | status         | Có kết quả                            | Đã xử lý xong
    dossiers   | status         | Đã giải quyết                         | Đã xử lý xong
    dossiers   | status         | Từ chối xử lý                         | Không được tiếp nhận
    dossiers   | status         | Từ chối                               | Không được tiếp nhận
    dossiers   | status         | Chậm hạn trả                          | Đang xử lý
    dossiers   | status         | Sắp đến hạn                           | Đang xử lý
    dossiers   | status         | 1                                     | Mới đăng ký
    dossiers   | status         | 5.0                                   | Yêu cầu bổ sung
    dossiers   | status         | 10                                    | Đã trả kết quả
    dossiers   | channel        | Nộp trực tiếp                         | Trực tiếp
    dossiers   | channel        | Nộp trực tuyến                        | Trực tuyến
    dossiers   | channel        | Qua bưu chính công ích                | Bưu chính công ích
    dossiers   | channel        | Nộp qua bưu chính công ích            | Bưu chính công ích
    dossiers   | channel        | BCCI                                  | Bưu chính công ích
    dossiers   | channel        | 2                                     | Trực tuyến
    dossiers   | applicant_kind | Cá nhân                               | Công dân
    dossiers   | applicant_kind | Người dân                             | Công dân
    dossiers   | applicant_kind | Cơ quan nhà nước                      | Tổ chức
    dossiers   | applicant_kind | Tổ chức nhà nước                      | Tổ chức
    dossiers   | service_level  | Mức độ 3                              | 3
    dossiers   | service_level  | Mức độ 4                              | 4
    dossiers   | service_level  | Dịch vụ cung cấp thông tin trực tuyến | 2
    dossiers   | service_level  | Không                                 | 2
    dossiers   | paid_online    | Đã thanh toán                         | True
    dossiers   | paid_online    | Chưa thanh toán                       | False
    dossiers   | paid_online    | TRUE                                  | True
    dossiers   | payment_state  | Chờ thanh toán                        | Chờ
    dossiers   | payment_means  | Thanh toán trực tuyến                 | Trực tuyến
    dossiers   | components_digitised | 2                               | Tái sử dụng
    procedures | level          | Cấp Xã                                | Xã
    procedures | level          | cấp huyện                             | Huyện
    procedures | level          | Cấp Tỉnh                              | Sở
    procedures | level          | Tỉnh                                  | Sở
    procedures | postal         | false                                 | False
"""
# What could mean two things, or is none of the vocabulary: it stays as it came, and its row in quarantine.
LEFT = """
    export     | column         | word      | means
    dossiers   | status         | Đúng hạn  | Đúng hạn
    dossiers   | status         | Quá hạn   | Quá hạn
    dossiers   | status         | Trễ hẹn   | Trễ hẹn
    dossiers   | status         | 11        | 11
    dossiers   | applicant_kind | Khác      | Khác
    dossiers   | applicant_kind | 3         | 3
    dossiers   | return_channel | 1         | 1
    dossiers   | fee_obligation | Miễn phí  | Miễn phí
    dossiers   | paid_online    | x         | None
    dossiers   | paid_online    | 1         | None
    dossiers   | paid_online    | 0         | None
    procedures | level          | Cấp Bộ    | Cấp Bộ
    procedures | postal         | x         | None
"""


@pytest.mark.parametrize("row", [*cells(SHIPPED)[1:], *cells(LEFT)[1:]], ids=lambda row: " ".join(row[:3]))
def test_what_a_word_means(row: list[str]) -> None:
    export, column, word, means = row
    assert str(read(f"one_stop_shop/{export}", column, word)) == means


def test_numbers_hold_only_where_the_list_is_known_to_be_the_national_one() -> None:
    layouts = {layout.name: layout for layout in catalogue.layouts(DOSSIERS)}
    assert read(DOSSIERS, "status", "5", layout=layouts["igate"]) == "5"
    assert read(DOSSIERS, "status", "5", layout=layouts["national_codes"]) == "Yêu cầu bổ sung"
    of_layout = {"status": {"5": "Đã xử lý xong"}}
    assert read(DOSSIERS, "status", "5", layout=layouts["igate"], of_layout=of_layout) == "Đã xử lý xong"


# Who says something of a word: somebody, of all files; a layout; somebody, of its files.
LAYERS = """
    of all     | layout     | of layout       | read
    -          | -          | -               | Đã xử lý xong
    Đang xử lý | -          | -               | Đang xử lý
    -          | Dừng xử lý | -               | Dừng xử lý
    Đang xử lý | Dừng xử lý | -               | Dừng xử lý
    Đang xử lý | Dừng xử lý | Yêu cầu bổ sung | Yêu cầu bổ sung
"""


@pytest.mark.parametrize("own, layout, of_layout, expected", cells(LAYERS)[1:])
def test_what_is_said_of_fewer_files_goes_before(own: str, layout: str, of_layout: str, expected: str) -> None:
    by, of_it, word = [{} if one == "-" else {"status": {"hoàn thành": one}} for one in (own, of_layout, layout)]
    one = catalogue.Layout("x", DOSSIERS, "X", (), words=word)
    assert read(DOSSIERS, "status", "Hoàn thành", layout=one, own=by, of_layout=of_it) == expected


def test_a_word_of_the_vocabulary_means_itself() -> None:
    own = {"status": {"đang xử lý": "Dừng xử lý"}}
    assert read(DOSSIERS, "status", "Đang xử lý", own=own) == "Đang xử lý"


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Let the office's folder say words of dossiers."""

    def say(text: str) -> Path:
        path = tmp_path / "contracts" / "one_stop_shop" / "words" / "dossiers.yml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        monkeypatch.setenv("CCHC_CATALOGUE", str(tmp_path))
        return path

    return say


def test_an_office_has_words_of_its_own(office) -> None:
    office("words: {status: {Hoàn thành: Đã trả kết quả, Chờ ký: Đang xử lý}, paid_online: {x: Có}}")
    found = [read(DOSSIERS, "status", word) for word in ("Hoàn thành", "Chờ ký", "Tạm dừng")]
    assert found == ["Đã trả kết quả", "Đang xử lý", "Dừng xử lý"]
    assert read(DOSSIERS, "paid_online", "X") is True


WRONG = {
    "words: {stauts: {a: Đang xử lý}}": "words of 'stauts'; one_stop_shop/dossiers has the coded columns appli",
    "words: {status: {Chờ ký: Đang làm}}": "«Đang làm» is not in the vocabulary of status (Trạng thái); it has: Mới",
    "words: {status: {Dừng xử lý: Đang xử lý}}": "«Dừng xử lý» is a word of the vocabulary of status and means itself",
    "words: {status: {A: Đang xử lý, a: Dừng xử lý}}": "status: «a» is said to mean two things",
    "words: {paid_online: {yes: Có}}": "paid_online: put True and what it means in quotes",
    "words: {status: {' ': Đang xử lý}}": "the word for status is empty",
    "statuses: {}": "it has `words:` and `numbers:`, and nothing else",
}


@pytest.mark.parametrize("text, expected", WRONG.items())
def test_a_word_map_that_cannot_be_is_refused_by_name(office, text: str, expected: str) -> None:
    path = office(text)
    with pytest.raises(CatalogueError) as refused:
        read(DOSSIERS, "status", "x")
    assert str(refused.value).startswith(f"{path}: ")
    assert expected in str(refused.value)


@pytest.mark.parametrize("name", ["status", "Trạng thái", "TÌNH TRẠNG"])
def test_a_column_is_known_by_its_name_or_its_header(name: str) -> None:
    assert words.column_called(catalogue.export(DOSSIERS), name).name == "status"


@pytest.mark.parametrize("name", ["fee", "applicant_name", "gone"])
def test_a_column_that_is_not_coded_has_no_words(name: str) -> None:
    with pytest.raises(UsageError, match=r"has no column .* whose words can be mapped; it has: applicant_kind"):
        words.column_called(catalogue.export(DOSSIERS), name)


@pytest.mark.parametrize("rule", catalogue.rules().values(), ids=lambda rule: rule.rule_id)
def test_who_is_asked_for_a_word_of_a_vocabulary_is_told_of_the_other_way(rule: catalogue.Rule) -> None:
    asks_for_a_word = {"in_vocabulary", "listed"} & {*rule.holds.values()}
    assert not asks_for_a_word or f"cchc words map {rule.export} " in rule.remedy
