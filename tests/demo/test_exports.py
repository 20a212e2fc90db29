"""The demo's files give the printed figures, and exactly the planted faults."""

import csv
from collections import Counter
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest

from demo import other_system
from demo.bulk import write_dossiers
from demo.dossiers import UNKNOWN_UNITS
from demo.exports import Planted, write_exports
from etl import catalogue
from tests import recalculation
from tests.tables import cells

REPORTS = Path(__file__).parents[2] / "demo" / "reports"
WINDOW = date(2020, 12, 15), date(2021, 11, 15)


@pytest.fixture(scope="module")
def delivered(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Planted]:
    inbox = tmp_path_factory.mktemp("inbox")
    return inbox, write_exports(inbox)


def expected() -> Iterator[tuple[str, Decimal, tuple[int | None, int | None]]]:
    with (REPORTS / "expected_2021.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            numbers = tuple(int(row[name]) if row[name] else None for name in ("numerator", "denominator"))
            yield row["code"], Decimal(row["computed_value"]), numbers


def test_the_files_give_the_70_figures_of_the_report(delivered: tuple[Path, Planted]) -> None:
    found = recalculation.figures(delivered[0], *WINDOW, ["631"])
    assert {code: found["631", code][0] for code, _, _ in expected()} == {code: value for code, value, _ in expected()}
    shares = {code: numbers for code, _, numbers in expected() if numbers != (None, None)}
    assert {code: found["631", code][1:] for code in shares} == shares


def test_every_rule_is_broken_by_the_planted_number_of_rows(delivered: tuple[Path, Planted]) -> None:
    inbox, planted = delivered
    judged = recalculation.deliveries(inbox)
    assert {r: n for r, n in judged.broken.items() if n != planted.rules[r]} == {}
    assert set(judged.broken) == set(planted.rules)
    assert judged.rows == dict(planted.rows)
    assert {export: len(rows) for export, rows in judged.good.items()} == {e: planted.good(e) for e in planted.rows}


COMMUNES = ("23857", "23860", "23863", "23866", "23869", "23872", "23875", "23878", "23881", "23884")


@pytest.mark.parametrize(
    ("units", "received", "early_or_on_time", "late", "in_time", "overdue"),
    [(("631",), 1831, 1586, 11, 218, 16), (COMMUNES, 14296, 14249, 25, 21, 1)],
)
def test_the_flow_of_dossiers_is_that_of_section_2_4(
    delivered: tuple[Path, Planted],
    units: tuple[str, ...],
    received: int,
    early_or_on_time: int,
    late: int,
    in_time: int,
    overdue: int,
) -> None:
    flows = [recalculation.flow(delivered[0], *WINDOW, unit) for unit in units]
    total = {name: sum(flow[name] for flow in flows) for name in flows[0]}
    assert total["received"] == received
    assert total["resolved_early"] + total["resolved_on_time"] == early_or_on_time
    assert total["resolved_late"] == late
    assert (total["pending_in_time"], total["pending_overdue"]) == (in_time, overdue)
    assert (total["carried_over"], total["withdrawn"]) == (0, 0)
    assert received == total["resolved"] + total["pending"]


def test_72_dossiers_came_by_post(delivered: tuple[Path, Planted]) -> None:
    assert sum(recalculation.flow(delivered[0], *WINDOW, unit)["received_postal"] for unit in ("631", *COMMUNES)) == 72


def test_writing_twice_gives_the_same_bytes(delivered: tuple[Path, Planted], tmp_path: Path) -> None:
    inbox, _ = delivered
    write_exports(tmp_path)
    files = sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*.*") if path.is_file())
    assert len(files) == 9
    assert [path for path in files if (tmp_path / path).read_bytes() != (inbox / path).read_bytes()] == []


def test_every_rule_of_rows_is_broken_somewhere(delivered: tuple[Path, Planted]) -> None:
    errors = {"DOS": 18, "PRO": 5, "DOC": 6, "TSK": 4, "STF": 3, "QUO": 3, "EVT": 2, "UNI": 3, "DEC": 3}
    warnings = {"DOS": 8, "PRO": 1, "DOC": 3, "STF": 1, "QUO": 1, "EVT": 1, "DEC": 1}
    every = {f"{export}-{n:02d}" for export, last in errors.items() for n in range(1, last + 1)}
    every |= {f"{export}-{n}" for export, last in warnings.items() for n in range(51, 51 + last)}
    assert {rule for rule, rows in delivered[1].rules.items() if rows > 0} == every


QUARTERS = (
    (date(2020, 12, 15), date(2021, 3, 14)),
    (date(2021, 3, 15), date(2021, 6, 14)),
    (date(2021, 6, 15), date(2021, 9, 14)),
    (date(2021, 9, 15), date(2021, 12, 14)),
)
YEAR = QUARTERS[0][0], QUARTERS[3][1]


def test_four_quarters_make_the_year(delivered: tuple[Path, Planted]) -> None:
    flows = ("1.1.3", "1.4.1", "4.3.3", "5.2.1", "5.2.4", "5.3.4", "7.6.2", "3.4.2", "3.4.3", "3.4.4", "7.6.2.a")
    year = recalculation.figures(delivered[0], *YEAR, ["631"])
    quarters = [recalculation.figures(delivered[0], *quarter, ["631"]) for quarter in QUARTERS]

    def counted(figure: recalculation.Figure) -> tuple[Decimal | int | None, int | None]:
        value, numerator, denominator = figure
        return (value, None) if denominator is None else (numerator, denominator)

    for code in flows:
        numerators, denominators = zip(*(counted(quarter["631", code]) for quarter in quarters), strict=True)
        whole = None if denominators[0] is None else sum(denominators)
        assert counted(year["631", code]) == (sum(numerators), whole), code


def test_the_district_is_its_parts(delivered: tuple[Path, Planted]) -> None:
    parts = (*COMMUNES, *(f"631.{n:02d}" for n in range(1, 14)))  # 631.13 was dissolved within the year
    found = recalculation.figures(delivered[0], *WINDOW, ["631", *parts])
    assert sum(found[commune, "3.4.3"][1] for commune in COMMUNES) == 14249
    assert sum(int(found[part, "4.2.2"][0]) for part in parts) == 76
    assert all(("631.01", code) not in found for code in ("3.1.3", "7.8.1"))  # bodies have no catalogue of their own


def test_dossiers_by_the_thousand_for_measurements(tmp_path: Path) -> None:
    planted = write_dossiers(tmp_path, rows=4000, units=20, faulty_share=0.02, changed_share=0.005)
    nights = [
        pd.read_csv(tmp_path / f"one_stop_shop/dossiers/2021-12-{day}/duc-co.csv", dtype=str, keep_default_na=False)
        for day in (15, 16)
    ]
    assert [len(night) for night in nights] == [4000, 4000]
    assert int((nights[0] != nights[1]).any(axis=1).sum()) == planted.changed == 20

    names = recalculation.FILES["one_stop_shop/dossiers"].split()[2:]
    units = pd.read_csv(tmp_path / "hr/units/2021-12-15/duc-co.csv", dtype=str, keep_default_na=False)
    units.columns = recalculation.FILES["hr/units"].split()[1:]
    catalogue = pd.read_excel(
        tmp_path / "one_stop_shop/procedures/2021-12-15/duc-co.xlsx", dtype=str, engine="calamine"
    )
    of_procedures = pd.DataFrame({"national_code": catalogue["Mã TTHC"].str[:8], "level": catalogue["Cấp thực hiện"]})
    good = {"hr/units": units.assign(opened=pd.NaT, closed=pd.NaT), "one_stop_shop/procedures": of_procedures}
    for night, day in zip(nights, ("2021-12-15", "2021-12-16"), strict=True):
        _, fails = recalculation.JUDGES["one_stop_shop/dossiers"](
            night.set_axis(names, axis=1), good, pd.Timestamp(day)
        )
        broken = {rule: int(rows.sum()) for rule, rows in fails.items() if rows.any()}
        assert broken == {rule: n for rule, n in planted.rules.items() if rule.startswith("DOS")}


def dossiers(inbox: Path) -> list[list[str]]:
    with (inbox / "one_stop_shop/dossiers/2021-12-15/duc-co.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


# What a file of each system cannot have planted: it has no column for it.
SYSTEMS = """
    layout  | code     | unit           | no level | not broken: DOS-
    igate   | Số hồ sơ | Cơ quan/đơn vị | 1        | 02 07 08 09 11 18 51 53 54 58
    igate_2 | Số hồ sơ | Cơ quan/đơn vị | 1        | 02 07 08 09 11 18 51 53 54 58
    opencps | Mã hồ sơ | Cơ quan thụ lý | 3        | 09 11 18 53 58
"""


@pytest.mark.parametrize("row", cells(SYSTEMS)[1:], ids=lambda row: row[0])
def test_another_system_writes_the_same_dossiers_in_its_columns(row: list[str], tmp_path: Path) -> None:
    name, code, unit, no_level, not_broken = row
    layout = other_system.layout(name)
    plain = write_exports(tmp_path / "ours", size=0.02)
    planted = write_exports(tmp_path / "theirs", size=0.02, layout=layout)
    ours, theirs = dossiers(tmp_path / "ours"), dossiers(tmp_path / "theirs")

    header = [title for title, _ in layout.columns]
    assert theirs[4] == header
    assert {len(line) for line in theirs} == {len(header)}
    # the same rows in the same order; those that were there for a fault alone are left out
    codes = [line[1] for line in ours if line != ours[4]]
    left = iter(codes)
    assert all(line[header.index(code)] in left for line in theirs[5:-1] if line != header)
    rules = catalogue.rules()
    absent = {f"DOS-{number}" for number in not_broken.split()}
    # one is of an unknown unit, and the unit would say its level; where codes are read, two have none
    assert planted.rules - plain.rules == {"DOS-63": int(no_level)}
    assert plain.rules - planted.rules == Counter({rule: plain.rules[rule] for rule in absent})
    only_for_a_fault = sum(plain.rules[rule] for rule in absent if rules[rule].severity == "error")
    export = "one_stop_shop/dossiers"
    assert plain.rows[export] - planted.rows[export] == only_for_a_fault
    assert (plain.good(export), plain.repeated) == (planted.good(export), planted.repeated)
    # units by their names, also those that nobody knows
    names = {line[header.index(unit)] for line in theirs[5:-1]} - {unit}
    assert names & set(UNKNOWN_UNITS.values())
    assert names - set(UNKNOWN_UNITS.values()) == {line[6] for line in ours[5:-1]} - {ours[4][6]}
