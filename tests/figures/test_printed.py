"""Numbers as offices write them: read by unit of measure, or refused with a sentence."""

from decimal import Decimal

import pytest

from etl.figures import printed
from tests.tables import cells

READ = """
14,286    | Văn bản | 14286
14.286    | Văn bản | 14286
1.401     | Người   | 1401
1 401     | Người   | 1401
1.234.567 | Hồ sơ   | 1234567
01        | Người   | 1
0         |         | 0
99,13     | %       | 99.13
99.85     | %       | 99.85
59.54     | %       | 59.54
100       | %       | 100
95,5 %    | %       | 95.5
-10,23    | %       | -10.23
2         | Chưa = 0; Đang làm = 1; Hoàn thành = 2 | 2
"""
REFUSED = """
12.345  | %
99,13,1 | %
khoảng 5 | %
99,13   | Văn bản
14,28   | Văn bản
1.23.456 | Văn bản
1.234,567 | Văn bản
nhiều   | Người
1/2     | Người
"""


@pytest.mark.parametrize(("text", "unit", "value"), cells(READ))
def test_a_number_is_read_by_its_unit(text: str, unit: str, value: str) -> None:
    assert printed.read(text, unit) == Decimal(value)


@pytest.mark.parametrize(("text", "unit"), cells(REFUSED))
def test_what_could_be_two_numbers_or_none_is_refused(text: str, unit: str) -> None:
    with pytest.raises(ValueError, match="“"):
        printed.read(text, unit)


@pytest.mark.parametrize("text", [None, "", "  "])
def test_nothing_written_is_no_number(text: str | None) -> None:
    assert printed.read(text, "%") is None
