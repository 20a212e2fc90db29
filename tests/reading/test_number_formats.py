"""A format is part of what a cell says: the share that it shows, the zeros before a code, the unit behind a number."""

import pytest

from etl.reading.number_formats import BUILT_IN, number_format, plain, shows

DONG = '_-* #,##0\\ "₫"_-;\\-* #,##0\\ "₫"_-;_-* "-"??\\ "₫"_-;_-@_-'
ACCOUNTING = '_(* #,##0_);_(* \\(#,##0\\);_(* "-"??_);_(@_)'
PHONE = "[<=9999999]###-####;(###) ###-####"


@pytest.mark.parametrize(
    "code, number, says",
    [
        # shares
        ("0.00%", 0.9913, "99,13%"),
        ("0%", 1, "100%"),
        ("0%", 0.9, "90%"),
        ("0%", 0.9954, "99,54%"),  # a figure is not rounded to 100 because its cell shows no decimals
        ("0.00%", 1 / 3, "33,33%"),
        ("0.0%", 0.5, "50,0%"),
        ("0.00%;[Red]-0.00%", -0.05, "-5,00%"),
        ("0 %", 0.5, "50 %"),
        ('0.00"%"', 99.13, "99.13%"),  # a text, which does not make a hundredth of it
        # codes
        ("00000", 123, "00123"),
        ("000000000000", 64190001234, "064190001234"),
        ("0#########", 905123456, "0905123456"),
        ("84#########", 905123456, "84905123456"),
        ('"NV-"000', 1, "NV-001"),
        ("000-000-000", 123456789, "123-456-789"),
        ("00-00", 7, "00-07"),
        ('0"."000000', 2000635, "2.000635"),
        ("0.000000", 1.00072, "1.000720"),
        ("0.00E+00", 20210200000000, "2.02E+13"),  # Excel gives this format to what it read as a power of ten
        (PHONE, 5551234, "555-1234"),
        (PHONE, 9055551234, "(905) 555-1234"),
        ("# ?/?", 0.5, "1/2"),
        ("# ??/??", 1.25, "1 1/4"),
        ("?/?", 1.5, "3/2"),
        ("# ??/16", 0.3125, "5/16"),
        # units and words
        ('0 "ngày"', 5, "5 ngày"),
        ('0 "ngày"', 5.5, "5.5 ngày"),
        ('"Quý "0', 1, "Quý 1"),
        ('General "người"', 12, "12 người"),
        ("#,##0 vnd", 8000, "8000 vnd"),
        ("#,##0\\ [$đ-42A]", 8000, "8000 đ"),
        (DONG, 1500000, "1500000 ₫"),
        (DONG, -5, "-5 ₫"),
        (DONG, 0, "0 ₫"),
        ('[=1]"Có";[=0]"Không";General', 1, "Có"),
        ('[=1]"Có";[=0]"Không";General', 0, "Không"),
        ('[=1]"Có";[=0]"Không";General', 7, "7"),
        # thousands out of sight: it is not sure whether the number that is there is meant, or the one that is shown
        ("#,##0,", 1500000, "1500 ×1000"),
        ("0.0,,", 1500000, "1.5 ×1000000"),
        ('0.0,, "triệu"', 1500000, "1.5 triệu"),
        # numbers
        ("#,##0.00", 1234567.891, "1234567.891"),  # what a format rounds away is there
        ("#,##0.00", 5, "5"),
        ("0.0", 99.13, "99.13"),
        ("0.00", -1.5, "-1.50"),
        ("#.##", 0.5, "0.5"),
    ],
)  # fmt: skip
def test_a_number_says_what_its_format_makes_of_it(code: str, number: float, says: str) -> None:
    written = number_format(code)
    assert written
    assert written.written(float(number)) == says
    assert shows(code) == ""


@pytest.mark.parametrize(
    "code", ["General", "", "0", "#,##0", "0;0", "#,##0 ;[Red](#,##0)", ACCOUNTING, "@", ";;;", "[Blue]0", "[$-42A]0"]
)
@pytest.mark.parametrize("number, says", [(5.0, "5"), (-5.0, "-5"), (0.0, "0"), (0.25, "0.25")])
def test_most_formats_change_nothing(code: str, number: float, says: str) -> None:
    assert number_format(code) is None
    assert plain(number) == says


@pytest.mark.parametrize(
    "number, says",
    [
        (0.1 + 0.2, "0.3"),
        (2.0006349999999999, "2.000635"),
        (20210200000001.0, "20210200000001"),
        (999999999999999.0, "999999999999999"),
        (1234567890123456.0, "1.23456789012346E+15"),  # Excel keeps 15 digits: the last of a longer code are lost
        (0.00001, "0.00001"),
    ],
)
def test_a_number_has_the_digits_that_a_workbook_keeps(number: float, says: str) -> None:
    assert plain(number) == says


@pytest.mark.parametrize(
    "code, kind",
    [
        ("dd/mm/yyyy", "day"), ("mmm-yy", "day"), ("[$-42A]dd/mm/yyyy;@", "day"), ("h:mm AM/PM", "day"),
        ("mm:ss.0", "day"), ("[h]:mm:ss", "duration"), ('yyyy"年"m"月"d"日"', "day"), (BUILT_IN["31"], "day"),
        ("0.00", ""), ('#,##0 "đồng"', ""), ("[Red]0", ""), ("General", ""), ("#,##0 vnd", ""), (BUILT_IN["9"], ""),
    ],
)  # fmt: skip
def test_days_are_told_from_numbers(code: str, kind: str) -> None:
    assert shows(code) == kind


def test_a_format_may_add_to_a_text() -> None:
    written = number_format('"H21."@')
    assert written and written.adds_to_text
    assert written.of_text("19") == "H21.19"
    plain_text = number_format('0;-0;0;"x"')
    assert plain_text and not plain_text.adds_to_text
