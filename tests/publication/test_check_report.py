"""The report checker finds what cannot all be true in a report, is silent on what holds, and reads what offices send."""

import csv
import io
import json
import unicodedata
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest
from psycopg2.extensions import cursor as Cursor

from etl import cli
from etl.errors import UsageError
from etl.figures import period_figures
from etl.periods import Period
from etl.publication.checker import document, identities, printed_appendix
from etl.publication.checker.check import Against, check
from etl.publication.checker.contradiction import Contradiction
from etl.publication.checker.passages import broken_in
from tests import tables
from tests.publication import written_reports

HERE = Path(__file__).parent
REPORT = HERE / "report_2021.txt"  # Đức Cơ, 2021; its signer's name is left out
Q3 = Period.parse("2021-Q3")
TONES = "\u0300\u0301\u0303\u0309\u0323"

# Gia Lai, 21/9 - 20/10/2025, and 01/2025, in the words of several offices.
H38 = (
    "Từ ngày 21/9/2025 đến ngày 20/10/2025, toàn tỉnh tiếp nhận 139.506 hồ sơ, trong đó tiếp nhận mới 115.865 hồ sơ"
    " (trực tuyến 107.152 hồ sơ; trực tiếp, qua dịch vụ bưu chính công ích 8.713 hồ sơ), kỳ trước chuyển sang 23.641"
    " hồ sơ. Số hồ sơ đã giải quyết là 113.295 hồ sơ, trong đó đúng hạn và trước hạn 109.447 hồ sơ, quá hạn 3.848 hồ"
    " sơ. Số hồ sơ đang giải quyết là 26.068 hồ sơ, trong đó trong hạn 19.972 hồ sơ, quá hạn 4.104 hồ sơ.",
    "Tổng số hồ sơ tiếp nhận, giải quyết: 139.506 hồ sơ (trong đó: số mới tiếp nhận trực tuyến: 107.152 hồ sơ; số mới"
    " tiếp nhận trực tiếp, dịch vụ bưu chính: 8.713 hồ sơ; số từ kỳ trước chuyển qua: 23.641 hồ sơ). Số lượng hồ sơ đã"
    " giải quyết: 113.295 hồ sơ; trong đó, giải quyết trước hạn, đúng hạn: 109.447 hồ sơ, quá hạn: 3.848 hồ sơ. Số"
    " lượng hồ sơ đang giải quyết: 26.068 hồ sơ; trong đó, trong hạn: 19.972 hồ sơ, quá hạn: 4.104 hồ sơ.",
    "Tổng số 139,506 hồ sơ (115,865 hồ sơ mới, gồm 107,152 hồ sơ trực tuyến và 8,713 hồ sơ trực tiếp hoặc bưu chính;"
    " 23,641 hồ sơ kỳ trước chuyển sang). Đã giải quyết 113,295 hồ sơ: 109,447 hồ sơ trước hạn, đúng hạn và 3,848 hồ sơ"
    " quá hạn. Đang giải quyết 26,068 hồ sơ: 19,972 hồ sơ trong hạn và 4,104 hồ sơ quá hạn.",
)
H39 = (
    "Trong tháng 01/2025, đã giải quyết 14.579 hồ sơ; trong đó, trước hạn 13.794 hồ sơ, đúng hạn 134 hồ sơ, trễ hạn 651"
    " hồ sơ. Tỷ lệ hồ sơ giải quyết trước hạn và đúng hạn đạt 95,53%.",
    "Số hồ sơ giải quyết trước hạn: 13.794 hồ sơ; đúng hạn: 134 hồ sơ; trễ hạn: 651 hồ sơ; tổng cộng 14.579 hồ sơ, đạt"
    " tỷ lệ đúng hạn 95,53%.",
)


@pytest.fixture
def cchc(capsys: pytest.CaptureFixture):
    def run(*arguments: str) -> tuple[int, str, str]:
        status = cli.run(list(arguments))
        return status, *capsys.readouterr()

    return run


def sides(found: list[Contradiction]) -> list[tuple[str, str, str]]:
    return [(one.kind, str(one.left), str(one.right)) for one in found]


def checked(text: str, tmp_path: Path) -> list[Contradiction]:
    (tmp_path / "report.txt").write_text(text, "utf-8")
    return check(tmp_path / "report.txt")


# --- the report of 2021 ---------------------------------------------------------------------------------------------

OF_2021 = [
    ("share", "7.11", "6.64"),
    ("prose", "283", "298"),
    ("prose", "174", "175"),
    ("prose", "99.31", "99.13"),
    ("prose", "99.82", "99.85"),
    ("prose", "456", "471"),
    ("prose", "43", "45"),
    ("prose", "457", "471"),
    ("appendix", "471", "473"),
    ("appendix", "86", "299"),
    ("appendix", "45", "47"),
    ("appendix", "90", "100"),
]


def test_what_the_report_of_2021_contradicts_and_nothing_else() -> None:
    """All its other shares are right: eleven of the dossier flow, 5,04, 20,06 and 72,2."""
    found = check(REPORT)
    assert sides(found) == OF_2021
    share = found[0]
    assert (share.place, share.difference) == ("dòng 518", Decimal("0.47"))
    assert share.statement == (
        "Tỷ lệ ghi 7,11%, tính từ số trong câu 17/256 được 6,64%. Có thể đã lấy nhầm mẫu số: 17/239 = 7,11%."
    )
    assert share.quote.endswith("đang giải quyết quá hạn 17 hồ sơ chiếm tỉ lệ 7,11%.")
    assert found[6].statement.startswith("Lời văn ghi 43 (các chỗ khác cộng lại 47), phụ lục 4.1.4.c ghi 45")
    assert "80 + 10 = 90%, còn 10% của 7.6.2 (14.286)" in found[-1].statement


def test_every_figure_of_a_printed_appendix_is_read() -> None:
    figures, prose = printed_appendix.find(document.read(REPORT))
    with (HERE.parents[1] / "demo" / "reports" / "appendix_2021.csv").open(encoding="utf-8-sig", newline="") as file:
        printed = {row["code"]: row["printed_value"] for row in csv.DictReader(file) if row["printed_value"]}
    assert {code: figure.text for code, figure in figures.items()} == printed
    assert not any("7.8.4" in line.text for line in prose)


def test_a_report_that_prints_other_numbers_is_judged_by_those(tmp_path: Path) -> None:
    """Nothing is known of the numbers of 2021: mended they are silent, and others are found."""
    mended = REPORT.read_text("utf-8").replace("7,11%", "6,64%").replace("99,13", "99,31").replace("99.85", "99.82")
    assert not {("share", "7.11", "6.64"), ("prose", "99.31", "99.13")} & set(sides(checked(mended, tmp_path)))
    broken = mended.replace("14.249  hồ sơ chiếm tỉ lệ 99,82%", "14.249  hồ sơ chiếm tỉ lệ 99,28%")
    found = set(sides(checked(broken, tmp_path))) - set(sides(checked(mended, tmp_path)))
    assert found == {("share", "99.28", "99.82"), ("prose", "99.28", "99.82")}


@pytest.mark.parametrize("passage", H38)
def test_two_of_the_four_relations_of_a_province_do_not_hold(passage: str, tmp_path: Path) -> None:
    total, pending = checked(passage, tmp_path)
    assert sides([total, pending]) == [("total", "139506", "139363"), ("total", "26068", "24076")]
    assert (total.difference, pending.difference) == (143, 1992)
    assert "chờ tổ chức, cá nhân bổ sung" in pending.statement  # and the 1,992 are then explained


@pytest.mark.parametrize("passage", H39)
def test_a_share_of_two_parts_together_is_right(passage: str, tmp_path: Path) -> None:
    assert checked(passage, tmp_path) == []


def test_what_waits_for_a_supplement_completes_a_total(tmp_path: Path) -> None:
    row = "Tổng số hồ sơ 1.250 hồ sơ, đã giải quyết 1.100 hồ sơ, đang giải quyết 120 hồ sơ, chờ bổ sung {} hồ sơ."
    assert checked(row.format(30), tmp_path) == []
    assert sides(checked(row.format(40), tmp_path)) == [("total", "1250", "1260")]


# --- precision and recall --------------------------------------------------------------------------------------------


def score(name: str) -> tuple[int, Counter[str], list[str]]:
    """How many sentences; hits, false alarms and misses; and the sentences that were judged wrongly."""
    counted: Counter[str] = Counter()
    wrong, number = [], 0
    with (HERE / name).open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            number += 1
            expected = {_pair(pair) for pair in row["expected"].split(";") if pair.strip()}
            found = {(one.left.normalize(), one.right.normalize()) for one in broken_in(row["sentence"])}
            counted += Counter(
                hits=len(expected & found), false=len(found - expected), missed=len(expected - found)
            )
            if expected != found:
                wrong.append(row["sentence"])
    return number, counted, wrong


def _pair(text: str) -> tuple[Decimal, Decimal]:
    left, right = (Decimal(side.strip().replace(",", ".")).normalize() for side in text.split("~"))
    return left, right
