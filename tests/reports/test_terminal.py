"""The same rows as a table, as CSV and as JSON."""

import csv
import io
import json
from decimal import Decimal

import pytest

from etl.reports import terminal

HEADER = ("code", "name", "value")
ROWS = [
    ("3.4.2", "Tỷ lệ, “đúng hẹn”", Decimal("99.10")),
    ("7.6.2", 'văn bản "đi"\nhai dòng', Decimal("14286")),
    ("1.6", None, None),
]


def test_csv_is_utf8_with_line_feeds_and_quotes_only_where_needed(capsys: pytest.CaptureFixture) -> None:
    terminal.write_csv(HEADER, ROWS)
    printed = capsys.readouterr().out
    assert printed == (
        'code,name,value\n3.4.2,"Tỷ lệ, “đúng hẹn”",99.10\n7.6.2,"văn bản ""đi""\nhai dòng",14286\n1.6,,\n'
    )
    assert list(csv.reader(io.StringIO(printed)))[2] == ["7.6.2", 'văn bản "đi"\nhai dòng', "14286"]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([], []),
        (ROWS[:1], [{"code": "3.4.2", "name": "Tỷ lệ, “đúng hẹn”", "value": 99.1}]),
        (
            ROWS[1:],
            [
                {"code": "7.6.2", "name": 'văn bản "đi"\nhai dòng', "value": 14286},
                {"code": "1.6", "name": None, "value": None},
            ],
        ),
    ],
)
def test_json_is_a_list_of_objects(capsys: pytest.CaptureFixture, rows: list, expected: list) -> None:
    terminal.write_json(HEADER, iter(rows))
    printed = capsys.readouterr().out
    assert json.loads(printed) == expected
    assert "\\u" not in printed


def test_a_table_aligns_numbers_and_keeps_text_whole(capsys: pytest.CaptureFixture) -> None:
    terminal.write_table(("Mã", "Tên", "Số"), [("a", "Thị trấn", 5), ("b", "Xã", 1200), ("c", "", None)])
    assert capsys.readouterr().out.splitlines() == [
        "Mã  Tên         Số",
        "──  ────────  ────",
        "a   Thị trấn     5",
        "b   Xã        1200",
        "c",
    ]


def test_a_table_without_rows_has_its_header(capsys: pytest.CaptureFixture) -> None:
    terminal.write_table(("Mã", "Tên"), [])
    assert capsys.readouterr().out == "Mã  Tên\n──  ───\n"


def test_a_delivered_value_cannot_command_the_terminal(capsys: pytest.CaptureFixture) -> None:
    terminal.write_table(("Giá trị",), [("\x1b[2J\x07a\r\nb\u202e",)])
    assert capsys.readouterr().out.splitlines()[2] == " [2J a  b"


def test_text_is_wrapped_to_the_width_of_a_terminal(
    capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    terminal.write_table(("Dòng", "Vì sao"), [(2, "Ngày kết thúc xử lý trước ngày tiếp nhận hồ sơ.")])
    assert capsys.readouterr().out.splitlines()[2:] == [
        "   2  Ngày kết thúc xử lý trước ngày",
        "      tiếp nhận hồ sơ.",
    ]


def test_long_lists_are_printed_as_they_come(capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terminal, "MEASURED", 2)
    terminal.write_table(("Mã",), ((str(number),) for number in range(5)))
    assert capsys.readouterr().out.split() == ["Mã", "──", "0", "1", "2", "3", "4"]
