"""Dossiers by the million, for measurements: one delivery, and the next night's, in which a few rows have changed."""

import random
from datetime import timedelta
from pathlib import Path

from demo import delivery, dossiers
from demo.calendar import DELIVERY
from demo.district import PROVINCE, procedures
from demo.dossiers import AT, Cell, Desk, split
from demo.exports import DOSSIER_HEADER, PROCEDURE_HEADER, SENDER, UNIT_HEADER, Planted, groups, procedure_row

NEXT = DELIVERY + timedelta(days=1)

# What becomes of a thousand good dossiers.
COURSES = {
    "on_time": 905,
    "late": 10,
    "pending": 20,
    "paused": 5,
    "overdue": 2,
    "after": 45,
    "refused": 10,
    "before": 3,
}
FLAWS = tuple(f"DOS-{n:02d}" for n in range(1, 19))


def write_dossiers(
    inbox: Path,
    *,
    rows: int = 1_000_000,
    units: int = 200,
    faulty_share: float = 0.01,
    changed_share: float = 0.005,
    seed: int = 1,
) -> Planted:
    """Write dossiers of two nights below `inbox`, with the units and procedures they refer to.

    Input:  `rows` data rows for `units` desks; a share of them breaks one error rule each; in the second night
            a share of them, all good, says something else.
    Output: what the first night contains; `changed`: rows that are different in the second.
    """
    planted = Planted()
    desks = _desks(units)
    _write_units(inbox, planted, desks)
    _write_procedures(inbox, planted)
    export = "one_stop_shop/dossiers"
    chance, later = random.Random(seed), random.Random(seed + 1)
    faults = _faults(round(rows * faulty_share))
    for flaw, count in faults.items():
        planted.spoil(export, flaw, count * (2 if flaw == "DOS-12" else 1))
    good = rows - planted.quarantined[export]
    changes = set(later.sample(range(good), round(rows * changed_share)))
    planted.rows[export], planted.changed = rows, len(changes)
    flawed = [split(count, _turn(i, units)) for i, count in enumerate(faults.values())]
    per_desk = zip(desks, split(good, [1] * units), *flawed, strict=True)
    first = delivery.place(inbox, export, DELIVERY, SENDER, ".csv")
    second = delivery.place(inbox, export, NEXT, SENDER, ".csv")
    with delivery.csv_writer(first) as tonight, delivery.csv_writer(second) as tomorrow:
        tonight.writerow(DOSSIER_HEADER[1:])
        tomorrow.writerow(DOSSIER_HEADER[1:])
        n = 0
        for desk, count, *bad in per_desk:
            cells = [
                Cell(course, part) for course, part in zip(COURSES, split(count, list(COURSES.values())), strict=True)
            ]
            cells += [Cell("on_time", part, flaw=flaw) for flaw, part in zip(faults, bad, strict=True)]
            for row, flaw in dossiers.rows(desk, cells, chance):
                tonight.writerow(row)
                if not flaw:
                    if n in changes:
                        _change(row)
                    n += 1
                tomorrow.writerow(row)
    return planted


def _faults(rows: int) -> dict[str, int]:
    """How often each rule is broken; DOS-12 takes two rows each time."""
    weights = [1] * len(FLAWS)
    counts = dict(zip(FLAWS, split(rows, weights), strict=True))
    odd = counts["DOS-12"] % 2
    counts["DOS-12"] //= 2
    counts["DOS-01"] += odd
    return counts


def _turn(n: int, units: int) -> list[int]:
    """Weights that begin with another unit for every rule, so that small numbers do not all fall to the first."""
    return [2 if (unit - 7 * n) % units < 3 else 1 for unit in range(units)]


def _change(row: list[str]) -> None:
    """What a night brings: a result is fetched, a dossier is finished, a remark is made."""
    today = f"{DELIVERY - timedelta(days=1):%d/%m/%Y} 16:55:00"  # the last day of the year's window
    if row[AT["status"]] == "Đã xử lý xong":
        row[AT["status"]], row[AT["returned_at"]], row[AT["return_channel"]] = "Đã trả kết quả", today, dossiers.DIRECT
    elif row[AT["status"]] == "Đang xử lý":
        row[AT["status"]], row[AT["finished_at"]], row[AT["apology_letter"]] = "Đã xử lý xong", today, "99/TXL-UBND"
    else:
        row[AT["note"]] = "Đã lưu trữ" if row[AT["note"]] != "Đã lưu trữ" else ""


def _desks(units: int) -> list[Desk]:
    every = procedures()
    of_level = {level: groups(every, level) for level in ("Huyện", "Xã")}
    districts = max(1, units * 17 // 200)
    desks = []
    for n in range(units):
        if n < districts:
            code, name, level = f"{622 + n}", f"UBND huyện Mẫu {n + 1}", "Huyện"
        else:
            code, name, level = f"{23000 + n}", f"UBND xã Mẫu {n + 1}", "Xã"
        desks.append(Desk(code, name, f"{n:03d}.00.64.H21", of_level[level]))
    return desks


def _write_units(inbox: Path, planted: Planted, desks: list[Desk]) -> None:
    export = "hr/units"
    districts = [desk.code for desk in desks if len(desk.code) == 3]
    rows = [[PROVINCE, "UBND tỉnh Gia Lai", "", "UBND cấp tỉnh", *[""] * 6]]
    for n, desk in enumerate(desks):
        is_district = desk.code in districts
        parent = PROVINCE if is_district else districts[n % len(districts)]
        rows.append([desk.code, desk.name, parent, "UBND cấp huyện" if is_district else "UBND cấp xã", *[""] * 6])
    planted.rows[export] = len(rows)
    delivery.write_csv(delivery.place(inbox, export, DELIVERY, SENDER, ".csv"), [UNIT_HEADER, *rows])


def _write_procedures(inbox: Path, planted: Planted) -> None:
    export = "one_stop_shop/procedures"
    rows = [procedure_row(procedure) for procedure in procedures()]
    planted.rows[export] = len(rows)
    planted.rules["PRO-51"] = sum(not procedure.interlink for procedure in procedures())
    delivery.write_workbook(
        delivery.place(inbox, export, DELIVERY, SENDER, ".xlsx"), "Danh mục", [PROCEDURE_HEADER, *rows]
    )
