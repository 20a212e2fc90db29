"""What a cell means, by the type of its column; what cannot be read is marked and never guessed."""

import unicodedata
from datetime import date, datetime

import polars as pl
import pytest

from etl import catalogue
from etl.catalogue import Column, Export
from etl.reading.days import COMMON, NO_DAY, _spelling, moment
from etl.reading.values import compared, typed
from etl.spelling import clean, decoded, fold


def column(type_: str, cells: list[str | None], **said: object) -> pl.DataFrame:
    """The typed columns that one column of text becomes."""
    name = {"timestamp": "received_at"}.get(type_, "x")
    export = Export("a/b", "", "upsert", "b", (Column(name=name, header="X", type=type_, **said),))
    block = pl.DataFrame({"line": range(len(cells)), name: pl.Series(cells, dtype=pl.String)})
    return typed(block, export).drop("line")


MOMENTS = [
    ("05/03/2021", datetime(2021, 3, 5)),
    ("5/3/2021", datetime(2021, 3, 5)),
    ("05/3/2021", datetime(2021, 3, 5)),
    ("12/10/2021", datetime(2021, 10, 12)),  # always the day first
    ("05-03-2021", datetime(2021, 3, 5)),
    ("05.03.2021", datetime(2021, 3, 5)),
    ("05/03/2021 16:30", datetime(2021, 3, 5, 16, 30)),
    ("05/03/2021 16:30:59", datetime(2021, 3, 5, 16, 30, 59)),
    ("5/3/2021 7:05", datetime(2021, 3, 5, 7, 5)),
    ("05-03-2021 16:30:59", datetime(2021, 3, 5, 16, 30, 59)),
    ("  05/03/2021\u00a016:30:59\u200b ", datetime(2021, 3, 5, 16, 30, 59)),
    ("05/03/2021 00:00:00", datetime(2021, 3, 5)),
    ("2021-03-14", datetime(2021, 3, 14)),
    ("2021-03-14 17:30:00", datetime(2021, 3, 14, 17, 30)),
    ("2021-03-14 17:30", datetime(2021, 3, 14, 17, 30)),
    ("2021-03-14T17:30:00", datetime(2021, 3, 14, 17, 30)),
    ("2021-03-14 17:30:00.250", datetime(2021, 3, 14, 17, 30, 0, 250_000)),
    ("2021-03-14T17:30:00Z", datetime(2021, 3, 15, 0, 30)),  # half past midnight in Gia Lai: the next period
    ("2021-03-14T17:30:00.500Z", datetime(2021, 3, 15, 0, 30, 0, 500_000)),
    ("2021-03-14T16:59:59Z", datetime(2021, 3, 14, 23, 59, 59)),
    ("2021-03-14T17:30:00+07:00", datetime(2021, 3, 14, 17, 30)),
    ("2021-03-14T17:30:00.000+0000", datetime(2021, 3, 15, 0, 30)),
    ("2021-03-14T17:30:00-05:00", datetime(2021, 3, 15, 5, 30)),
    ("20210314173000", datetime(2021, 3, 14, 17, 30)),
    ("20210314", datetime(2021, 3, 14)),
    ("44197", datetime(2021, 1, 1)),
    ("44197.5", datetime(2021, 1, 1, 12)),
    ("44269.7291666667", datetime(2021, 3, 14, 17, 30)),
    ("ngày 25 tháng 5 năm 2021", datetime(2021, 5, 25)),
    ("Ngày 25 tháng 05 năm 2021", datetime(2021, 5, 25)),
    ("29/02/2020", datetime(2020, 2, 29)),
    ("15/03/2021 10:30 SA", datetime(2021, 3, 15, 10, 30)),
    ("26/10/2025 03:44 CH", datetime(2025, 10, 26, 15, 44)),
    ("05/02/2021 2:30:00 CH", datetime(2021, 2, 5, 14, 30)),  # .NET in Vietnamese
    ("05/02/2021 2:30:00 PM", datetime(2021, 2, 5, 14, 30)),
    ("05/02/2021 12:05:00 SA", datetime(2021, 2, 5, 0, 5)),
    ("05/02/2021 12:05 CH", datetime(2021, 2, 5, 12, 5)),
    ("05/02/2021 02:30 ch", datetime(2021, 2, 5, 14, 30)),
    ("05/02/2021 2:30 p.m.", datetime(2021, 2, 5, 14, 30)),
    ("05/02/2021 14:30 CH", datetime(2021, 2, 5, 14, 30)),
    ("2021-02-05 02:30:00 CH", datetime(2021, 2, 5, 14, 30)),
    ("16:30:00 5/2/2021", datetime(2021, 2, 5, 16, 30)),  # a browser in Vietnamese
    ("16:30:00, 5/2/2021", datetime(2021, 2, 5, 16, 30)),
    ("10:30 15/03/2021", datetime(2021, 3, 15, 10, 30)),
    ("2:30 CH 05/02/2021", datetime(2021, 2, 5, 14, 30)),
    ("10:30 ngày 15/03/2021", datetime(2021, 3, 15, 10, 30)),
    ("lúc 10 giờ 30 phút ngày 15/03/2021", datetime(2021, 3, 15, 10, 30)),
    ("15/03/2021 lúc 16h30", datetime(2021, 3, 15, 16, 30)),
    ("05/02/2021, 16:30:00", datetime(2021, 2, 5, 16, 30)),
    ("Thứ ba, 15/03/2021", datetime(2021, 3, 15)),
    ("Thứ Hai, ngày 15 tháng 3 năm 2021", datetime(2021, 3, 15)),
    ("Chủ nhật, 14/03/2021 10:30", datetime(2021, 3, 14, 10, 30)),
    ("CN, 14/03/2021", datetime(2021, 3, 14)),
    ("ngày 15/03/2021", datetime(2021, 3, 15)),
    ("15 tháng 3, 2021", datetime(2021, 3, 15)),
    ("2021/03/15", datetime(2021, 3, 15)),
    ("15–03–2021", datetime(2021, 3, 15)),
    ('="15/03/2021"', datetime(2021, 3, 15)),
    ("'15/03/2021", datetime(2021, 3, 15)),
]
NO_MOMENTS = [
    "12/31/2021", "31/02/2021", "29/02/2021", "00/01/2021", "01/00/2021", "5/3/21", "05/03/0021", "05/03/20211",
    "05/03", "05/03/2021 24:00:00", "05/03/2021 23:60", "05/03/2021 10:00:60", "05/03/2021 10", "05/03/2021 x",
    "05/03-2021",
    "03/2021", "2021", "2021-13-01", "2021-02-30", "2021-03-14T25:00:00Z", "2021-03-14T10:00:00+99:00",
    "20211301",
    "2021031417300", "20210314246000", "32873", "73416", "441971", "1", "0", "-44197", "1899-12-29", "05/03/2101",
    "05/03/21", "14/3", "00/00/0000", "05/03/2021 14:30 SA", "05/03/2021 13 CH", "25:00 05/03/2021", "16:30 05/03/21",
    "Thứ ba", "Thứ ba, 31/02/2021", "10:30", "ngày", "15/03/2021 16/03/2021", "2021/15/03", "hôm qua", "-", "N/A",
    "ngày 31 tháng 2 năm 2021",
]  # fmt: skip


@pytest.mark.parametrize("text, expected", MOMENTS)
def test_a_moment_in_every_spelling(text: str, expected: datetime) -> None:
    assert moment(text) == expected
    assert column("timestamp", [text]).rows() == [(expected, expected.date(), False)]
    assert column("date", [text]).rows() == [(expected.date(), False)]
    assert column("partial_date", [text]).rows() == [(expected.date(), False)]


NO_DAYS = [
    "01/01/0001", "01/01/0001 00:00:00", "01/01/0001 12:00:00 SA", "0001-01-01", "0001-01-01T00:00:00Z", "01/01/1900",
    "1/1/1900 12:00", "01/01/1970", "1970-01-01T00:00:00Z", "1970-01-01 07:00:00", "31/12/9999", "31/12/9999 23:59:59",
    "31/12/2099 00:00:00", "30/12/1899", "01/01/1753", "0000-00-00 00:00:00", "00/01/1900", "19700101",
]  # fmt: skip


@pytest.mark.parametrize("company", [[], ["02/01/1970", "31/12/2098", "", "hôm qua"] * 20])
@pytest.mark.parametrize("text", NO_DAYS)
def test_a_day_that_stands_for_none_is_none_and_named_where_one_is_needed(text: str, company: list[str]) -> None:
    assert moment(text) == NO_DAY
    cells = [text, *company, text]
    for type_ in ("date", "partial_date", "timestamp"):
        for required in (False, True):
            read = column(type_, cells, required=required)
            for row in (read.row(0), read.row(-1)):
                assert set(row[:-1]) == {None}
                assert row[-1] is required


def test_a_year_alone_is_no_day_that_stands_for_none() -> None:
    found = column("partial_date", ["1970", "01/1970", "năm 1970", "1900"])
    assert found["x"].to_list() == [date(1970, 1, 1)] * 3 + [date(1900, 1, 1)]


@pytest.mark.parametrize("text", NO_MOMENTS)
def test_what_is_no_moment_is_marked(text: str) -> None:
    assert moment(text) is None
    assert column("timestamp", [text]).rows() == [(None, None, True)]
    assert column("date", [text]).rows() == [(None, True)]


def test_a_column_of_mixed_spellings_is_read_cell_by_cell() -> None:
    """The whole-column shortcuts and the reading of single cells agree, in any company."""
    cells = [text for text, _ in MOMENTS] + NO_MOMENTS + [None, " ", "\u200b"]
    expected = [e for _, e in MOMENTS] + [None] * (len(NO_MOMENTS) + 3)
    given = [False] * len(MOMENTS) + [True] * len(NO_MOMENTS) + [False] * 3
    for turn in range(0, len(cells), 5):
        order = [*range(turn, len(cells)), *range(turn)]
        found = column("timestamp", [cells[i] for i in order])
        assert found["received_at"].to_list() == [expected[i] for i in order]
        assert found["received_at__unread"].to_list() == [given[i] for i in order]
        assert found["received_on"].to_list() == [e.date() if (e := expected[i]) else None for i in order]


@pytest.mark.parametrize("common", COMMON, ids=lambda common: common[1])
def test_each_shortcut_is_used_and_agrees_with_the_reading_of_one_cell(common: tuple[str, str, int]) -> None:
    pattern, form, _ = common
    texts = [datetime(2021, 3, d, h, 30, 5).strftime(form.replace("%.3f", ".250")) for d in (1, 2, 14) for h in (0, 17)]
    in_vietnamese = [text.replace("AM", "SA").replace("PM", "CH") for text in texts]
    assert _spelling(pl.Series(texts)) == _spelling(pl.Series(in_vietnamese)) == common
    texts += in_vietnamese
    assert pl.Series(texts).str.contains(pattern).all()
    expected = [moment(t) for t in texts]
    assert None not in expected
    assert column("timestamp", texts * 20)["received_at"].to_list() == expected * 20


def test_types_of_moments() -> None:
    for cells in ([], [None], ["x"], ["05/03/2021"]):
        assert list(column("timestamp", cells).schema.items()) == [
            ("received_at", pl.Datetime("us")),
            ("received_on", pl.Date),
            ("received_at__unread", pl.Boolean),
        ]
        assert list(column("date", cells).schema.items()) == [("x", pl.Date), ("x__unread", pl.Boolean)]


@pytest.mark.parametrize(
    "text, expected, unread",
    [
        ("1980", date(1980, 1, 1), False),
        ("năm 1980", date(1980, 1, 1), False),
        ("05/2021", date(2021, 5, 1), False),
        ("5/2021", date(2021, 5, 1), False),
        ("2021-05", date(2021, 5, 1), False),
        ("tháng 5 năm 2021", date(2021, 5, 1), False),
        ("25/05/2021", date(2021, 5, 25), False),
        ("44341", date(2021, 5, 25), False),
        ("13/2021", None, True),
        ("80", None, True),
        ("0000", None, True),
        (None, None, False),
    ],
)
def test_a_partial_date_is_its_first_possible_day(text: str | None, expected: date | None, unread: bool) -> None:
    assert column("partial_date", [text]).rows() == [(expected, unread)]


@pytest.mark.parametrize(
    "text, amount, integer",
    [
        ("1500000", 1_500_000, 1_500_000),
        ("1.500.000", 1_500_000, 1_500_000),
        ("1,500,000", 1_500_000, 1_500_000),
        ("1 500 000", 1_500_000, 1_500_000),
        ("1\u00a0500\u00a0000", 1_500_000, 1_500_000),
        ("150.000", 150_000, 150_000),
        ("14,286", 14_286, 14_286),
        ("0", 0, 0),
        ("01", 1, 1),
        ("997.0", 997, 997),
        ("50000.00", 50_000, 50_000),
        ("50000,00", 50_000, 50_000),
        ("1.500.000,00", 1_500_000, 1_500_000),
        ("1,500,000.00", 1_500_000, 1_500_000),
        (" 150.000 đ", 150_000, None),
        ("150.000đ", 150_000, None),
        ("150.000 đồng", 150_000, None),
        ("150000 VNĐ", 150_000, None),
        ("150000 vnd.", 150_000, None),
        ("150.000₫", 150_000, None),
        ("-150000", None, None),
        ("+1", None, None),
        ("1500.5", None, None),
        ("1.5", None, None),
        ("1.50", None, None),
        ("99,13", None, None),
        ("1.500,000", None, None),
        ("1.5000", None, None),
        ("1500.000", None, None),
        ("1.500.00", None, None),
        ("1 500.000", None, None),
        (".500", None, None),
        ("1E+06", None, None),
        ("miễn phí", None, None),
        ("đ", None, None),
        ("٣", None, None),
        ("99999999999999999999", None, None),
    ],
)
def test_amounts_and_integers_are_whole(text: str, amount: int | None, integer: int | None) -> None:
    assert column("amount", [text]).rows() == [(amount, amount is None)]
    assert column("integer", [text]).rows() == [(integer, integer is None)]


@pytest.mark.parametrize(
    "text, expected, unread",
    [
        ("Có", True, False),
        ("CÓ ", True, False),
        ("Co\u0301", True, False),
        ("không", False, False),
        ("Kho\u0302ng", False, False),
        ("1", None, True),
        ("TRUE", True, False),  # as workbooks and databases write it
        ("false", False, False),
        ("yes", None, True),
        ("x", None, True),
        ("Chưa", None, True),
        ("2", None, True),
        ("\u200b", None, False),
        (None, None, False),
    ],
)
def test_flags(text: str | None, expected: bool | None, unread: bool) -> None:
    assert column("flag", [text]).rows() == [(expected, unread)]


@pytest.mark.parametrize(
    "text, expected",
    [
        ("Điện tử", "Điện tử"),
        ("  ĐIỆN\u00a0 tử ", "Điện tử"),
        ("Ðiện tử", "Điện tử"),  # U+00D0, the Icelandic letter
        ("Ɖiện tử", "Điện tử"),  # U+0189, the African one
        (unicodedata.normalize("NFD", "Điện tử"), "Điện tử"),
        ("Giấ\u200by", "Giấy"),
        ("Giáº¥y", "Giấy"),  # encoded twice
        ('="Giấy"', "Giấy"),
        ("3", "3"),
        ("3.0", "3"),
        ("5.0", "5.0"),
        (" Điện  thoại ", "Điện thoại"),
        ("Điện tử.", "Điện tử."),
        ("\u200b ", None),
        (None, None),
    ],
)
def test_a_code_is_given_the_spelling_of_its_vocabulary(text: str | None, expected: str | None) -> None:
    assert column("code", [text], vocabulary=("Điện tử", "Giấy", "3")).rows() == [(expected,)]


@pytest.mark.parametrize(
    "text, expected, compact",
    [
        ("Rà soát", "Rà soát", "Ràsoát"),
        ("  Rà\n soát\t ", "Rà soát", "Ràsoát"),
        (unicodedata.normalize("NFD", "Rà soát"), "Rà soát", "Ràsoát"),
        ("\ufeffRà\u00a0so\u200bát", "Rà soát", "Ràsoát"),
        ("000.00.19.H21- 210305 -0001 ", "000.00.19.H21- 210305 -0001", "000.00.19.H21-210305-0001"),
        (" ", None, None),
        ("\u200b\u00a0", None, None),
        (None, None, None),
        ("Đ", "Đ", "Đ"),
    ],
)
def test_text_is_cleaned(text: str | None, expected: str | None, compact: str | None) -> None:
    company: list[str | None] = [text, "như thường", text]
    assert column("text", company)["x"].to_list() == [expected, "như thường", expected]
    assert column("text", [text], compact=True).rows() == [(compact,)]


@pytest.mark.parametrize(
    "text, code",
    [
        ("1.1.1", "1.1.1"),
        ("1.1.1.", "1.1.1"),
        (" 1.1.1 . ", "1.1.1"),
        ("3.1.3.a..", "3.1.3.a"),
        (".", None),
        (None, None),
    ],
)
def test_what_trails_a_code_is_not_part_of_it(text: str | None, code: str | None) -> None:
    assert column("text", [text], compact=True, trailing=".", case="lower").rows() == [(code,)]


CODES = [
    ("H21.19.5-210205-0005", "H21.19.5-210205-0005"),
    ('="H21.19.5-210205-0005"', "H21.19.5-210205-0005"),
    ('=T("H21.19.5-210205-0005")', "H21.19.5-210205-0005"),
    ("'H21.19.5-210205-0005", "H21.19.5-210205-0005"),
    ("h21.19.5-210205-0005", "H21.19.5-210205-0005"),
    ("\u202aH21.19.5‑210205–0005\u202c", "H21.19.5-210205-0005"),
    ("H21.19.5\u2212210205\u20120005\u200e", "H21.19.5-210205-0005"),
    ("Ｈ21.19.5-210205-0005", "H21.19.5-210205-0005"),
    ("751/QÐ-UBND", "751/QĐ-UBND"),
    ("751/Qð-ubnd", "751/QĐ-UBND"),
    ("751/Qđ-UBND", "751/QĐ-UBND"),
    ("Nguyễn Văn An", "NguyễnVănAn"),  # no code: it stays what it is, so that it is known for a name
    ('="="', "="),
    ('""', '""'),
    ("=A1", "=A1"),
    (None, None),
]


@pytest.mark.parametrize("text, code", CODES)
def test_typings_of_a_code_are_one_code(text: str | None, code: str | None) -> None:
    assert column("text", [text, "B-2", text], compact=True)["x"].to_list() == [code, "B-2", code]


@pytest.mark.parametrize(
    "text, number",
    [
        ("12/CTr-UBND", "12/CTr-UBND"),
        ("12/CTR-UBND", "12/CTr-UBND"),
        ("12/ctr-ubnd", "12/CTr-UBND"),
        ("12/QyĐ-UBND", "12/QyĐ-UBND"),
        ("2779a/qđ-ubnd", "2779A/QĐ-UBND"),
        ("2779a/CTr-UBND", "2779A/CTr-UBND"),
        ("12/ACTR-UBND", "12/ACTR-UBND"),
    ],
)
def test_words_that_keep_small_letters_in_a_number(text: str, number: str) -> None:
    assert column("text", [text, "1/CTr-A"], compact=True, mixed=("QyĐ", "CTr"))["x"].to_list() == [number, "1/CTr-A"]


def test_a_code_is_shown_as_it_was_typed_where_its_contract_says_so() -> None:
    assert column("text", ["a-Đ"], compact=True, case="kept").rows() == [("a-Đ",)]
    assert column("text", ["A-Đ"], compact=True, case="lower").rows() == [("a-đ",)]


def test_rows_in_two_spellings_say_the_same_and_those_with_other_birthdays_do_not() -> None:
    export = catalogue.export("hr/staff")
    block = pl.DataFrame(
        {c.name: pl.Series([None] * 4, dtype=pl.String) for c in export.columns}
        | {
            "line": [1, 2, 3, 4],
            "staff_code": ["CB-1", '="cb–1"', "CB-1", "CB-1"],
            "born_on": ["05/03/1980", "1980-03-05", "06/03/1980", "?"],
        }
    )
    said = list(compared(block, export).iter_rows())
    assert said[0] != said[2] != said[3]
    assert compared(block.with_columns(born_on=pl.lit("1980")), export).n_unique() == 1


@pytest.mark.parametrize(
    "text, number, shape",
    [
        ("123456789", "123456789", "999999999"),
        ("012 345 678 901", "012345678901", "999999999999"),
        ("B1234567", "B1234567", "x9999999"),
        ("12345678Đ/2", "12345678Đ/2", "99999999x/9"),
        ("1" * 25, "1" * 25, "9" * 25),
        (None, None, None),
    ],
)
def test_an_identity_number_shows_its_shape(text: str | None, number: str | None, shape: str | None) -> None:
    found = column("text", [text, "111222333"], personal="id", compact=True)
    assert found.rows() == [(number, shape), ("111222333", "999999999")]


@pytest.mark.parametrize("personal, type_", [("name", "text"), ("phone", "text"), ("birth", "partial_date")])
def test_names_phones_and_birthdays_go_no_further(personal: str, type_: str) -> None:
    assert column(type_, ["1980"], personal=personal).columns == (["x__unread"] if personal == "birth" else [])


def test_of_a_birthday_it_is_known_whether_it_can_be_read() -> None:
    found = column("partial_date", ["1980", "05/03/1980", "30/02/1980", "x", None], personal="birth")
    assert found.rows() == [(False,), (False,), (True,), (True,), (False,)]


@pytest.mark.parametrize("export", catalogue.exports().values(), ids=lambda export: export.name)
def test_every_export_has_its_columns_even_when_empty(export: Export) -> None:
    block = pl.DataFrame(schema={"line": pl.Int64, **{c.name: pl.String for c in export.columns}, "#STT": pl.String})
    for rows in (block, pl.concat([block, pl.DataFrame({"line": [7]})], how="diagonal")):
        found = typed(rows, export)
        assert found["line"].to_list() == rows["line"].to_list()
        assert not {c.name for c in export.columns if not c.is_loaded} & set(found.columns)
        assert {c.name for c in export.loaded} < set(found.columns)
        assert len(found.columns) == len(set(found.columns))
        assert "#STT" not in found.columns


@pytest.mark.parametrize(
    "text, expected",
    [
        ("  MÃ\u00a0HỒ   SƠ\ufeff", "mã hồ sơ"),
        (unicodedata.normalize("NFD", "Mã hồ sơ"), "mã hồ sơ"),
        ("Mã\nđơn\u200b vị", "mã đơn vị"),
        ("Ðơn vị", "đơn vị"),
        ("", ""),
    ],
)
def test_fold(text: str, expected: str) -> None:
    assert fold(text) == expected


def as_windows_reads_it(text: str) -> str:
    """What becomes of UTF-8 that is taken for Windows-1252."""
    return "".join(chr(b) if b in b"\x81\x8d\x8f\x90\x9d" else bytes([b]).decode("cp1252") for b in text.encode())


@pytest.mark.parametrize(
    "text, expected",
    [
        (" Ð\u00a0 a\u0300 ", "Đ à"),
        ("Quyết ðịnh", "Quyết định"),
        ("'Nhà văn hóa' thôn 3", "'Nhà văn hóa' thôn 3"),
        ('="a ""b"""', 'a "b"'),
        ("Há»™ tá»‹ch", "Hộ tịch"),
        ("«nhá»", "«nhá»"),
        ("Â", "Â"),
        *(
            (as_windows_reads_it(word), word)
            for word in ("Đất đai", "Người có công", "Cải cách hành chính", "ĂÂÊÔƠƯĨŨ")
        ),
        ("Cáº£i cÃ¡ch hÃ nh chÃ\u00adnh", "Cải cách hành chính"),
    ],
)
def test_clean(text: str, expected: str) -> None:
    assert clean(decoded(text)) == expected
    assert column("text", [text, "như thường"])["x"].to_list() == [expected, "như thường"]
