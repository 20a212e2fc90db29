"""Reckon what the warehouse must answer for Chư Prông, from its definitions and the typed rows alone.

Plain loops over plain rows, nothing of the project: python -m tests.districts.chu_prong.reckon writes expected/*.csv.
"""

import csv
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from pathlib import Path

from tests.districts.chu_prong.rows import (
    COMMUNES,
    DISTRICT,
    HOLIDAYS,
    LAND,
    NEW,
    OFFICE,
    PAUSED,
    REFUSED,
    TOWN,
    WITHDRAWN,
    Delivery,
    Row,
    deliveries,
)

HERE = Path(__file__).parent
YEAR_START = date(2020, 12, 15)
WINDOWS = {  # first day, last day
    "2021-Q1": (YEAR_START, date(2021, 3, 14)),
    "2021-Q2": (date(2021, 3, 15), date(2021, 6, 14)),
    "2021-6T": (YEAR_START, date(2021, 6, 14)),
    "2021-Q3": (date(2021, 6, 15), date(2021, 9, 14)),
    "2021-9T": (YEAR_START, date(2021, 9, 14)),
    "2021-N": (YEAR_START, date(2021, 12, 14)),
    "2021-Q4": (YEAR_START, date(2021, 11, 15)),  # a window of its own, as the report of Đức Cơ stated one
}
DECLARED_NAMES = {"2021-Q1": "Quý I", "2021-6T": "6 tháng", "2021-Q3": "Quý III", "2021-N": "Năm"}
KEYS = {
    "one_stop_shop/dossiers": "dossier_code",
    "one_stop_shop/procedures": "procedure_code level",
    "document_management/documents": "org_code number issued_on",
    "document_management/tasks": "task_code",
    "hr/staff": "staff_code",
    "hr/quotas": "year org_code quota_kind decided_on",
    "hr/events": "event_code staff_code",
    "hr/units": "org_code",
    "declarations/indicators": "indicator_code year period org_code",
}
SNAPSHOTS = ("one_stop_shop/procedures", "hr/staff", "hr/quotas", "hr/units")


def key(export: str, row: Row) -> tuple:
    return tuple(row[column] for column in KEYS[export].split())


def taken() -> list[Delivery]:
    """The files that are not rejected, in the order of their days."""
    return sorted((file for file in deliveries() if not file.rejected_by), key=lambda file: file.day)


@cache
def final(export: str) -> list[Row]:
    """The last good version of every row. A snapshot forgets what its sender no longer lists; a unit ends then."""
    kept: dict[tuple, tuple[str, Row]] = {}
    for file in (file for file in taken() if file.export == export):
        good = {key(export, row): (file.sender, row) for row in file.rows if "breaks" not in row}
        for k, (sender, row) in list(kept.items()):
            if export in SNAPSHOTS and sender == file.sender and k not in good:
                del kept[k]
                if export == "hr/units":
                    kept[k] = ("nobody", row | {"dissolved_on": file.day})
        kept |= good
    return [row for _, row in kept.values()]


def subtree(top: str) -> set[str]:
    found = {top}
    while more := {row["org_code"] for row in final("hr/units") if row["parent_code"] in found} - found:
        found |= more
    return found


STAFFED = subtree(DISTRICT) - set(COMMUNES) - {DISTRICT}  # below the district, outside the communes


# --- figures ----------------------------------------------------------------------------------------------------------

Figure = tuple[str, str, str, str]  # value, numerator, denominator, status


def number(count: int | str) -> Figure:
    return (str(count), "", "", "observed")


def share(part: int, whole: int) -> Figure:
    if whole == 0:
        return ("", "", "", "undefined")
    percent = (Decimal(100 * part) / whole).quantize(Decimal("0.01"), ROUND_HALF_UP)
    return (str(percent), str(part), str(whole), "observed")


def is_within(day: date | None, window: tuple[date, date]) -> bool:
    return day is not None and window[0] <= day <= window[1]


def day_of(row: Row, column: str) -> date | None:
    return row[column].date() if row[column] else None


def national(code: str) -> str:
    return code[:8]


def on_time(rows: Iterable[Row], window: tuple[date, date]) -> Figure:
    done = [
        (day_of(row, "finished_at"), day_of(row, "due_at"))
        for row in rows
        if row["status"] not in (NEW, REFUSED, WITHDRAWN) and is_within(day_of(row, "finished_at"), window)
    ]
    return share(sum(due is None or finished <= due for finished, due in done), len(done))


def online(rows: Iterable[Row], window: tuple[date, date], grades: tuple[str, str]) -> Figure:
    of_grade = {national(row["procedure_code"]) for row in in_force(window[1]) if row["service_level"] in grades}
    received = [
        (national(row["procedure_code"]), row["channel"] == "Trực tuyến")
        for row in rows
        if row["status"] not in (NEW, REFUSED) and is_within(day_of(row, "received_at"), window)
    ]
    used = {code for code, is_online in received if is_online and code in of_grade}
    among = [is_online for code, is_online in received if code in used]
    return share(sum(among), len(among)) if used else number(0)


def dossier_figures(units: set[str], window: tuple[date, date]) -> dict[str, Figure]:
    rows = [row for row in final("one_stop_shop/dossiers") if row["org_code"] in units]
    return {
        "3.4.2": on_time((row for row in rows if row["org_code"] not in COMMUNES), window),
        "3.4.3": on_time((row for row in rows if row["org_code"] in COMMUNES), window),
        "3.4.4": on_time((row for row in rows if row["field"] == "Đất đai"), window),
        "3.4.5": on_time((row for row in rows if row["field"] == "Xây dựng"), window),
        "7.8.3": online(rows, window, ("3", "Một phần")),
        "7.8.4": online(rows, window, ("4", "Toàn trình")),
    }


def document_figures(top: str, window: tuple[date, date]) -> dict[str, Figure]:
    sent = [
        row
        for row in final("document_management/documents")
        if row["org_code"] in subtree(top)
        and is_within(row["issued_on"], window)
        and (row["direction"], row["secrecy"] or "Thường") == ("Đi", "Thường")
        and row["status"] != "Thu hồi"
    ]
    electronic = sum(row["sending_mode"] == "Điện tử" and row["digitally_signed"] == "Có" for row in sent)
    return {
        "1.1.3": number(sum(row["topic"] == "CCHC" and row["org_code"] == top for row in sent)),
        # of a legal type, with the year in the number
        "2.1": number(sum(row["document_type"] == "Quyết định" and row["number"].count("/") == 2 for row in sent)),
        "7.6.2": number(len(sent)),
        "7.6.2.a": share(electronic, len(sent)),
        "7.6.2.b": share(sum(row["sending_mode"] == "Điện tử và giấy" for row in sent), len(sent)),
    }


def task_figures(units: set[str], window: tuple[date, date]) -> dict[str, Figure]:
    start, last = window
    rows = [row for row in final("document_management/tasks") if row["org_code"] in units]
    plan = [row for row in rows if row["assigned_by"] == "Kế hoạch CCHC" and YEAR_START <= row["assigned_on"] <= last]
    province = [row for row in rows if row["assigned_by"] == "UBND tỉnh" and start <= row["assigned_on"] <= last]
    finished = [row for row in province if row["completed_on"] and row["completed_on"] <= last]
    late = sum(row["due_on"] is not None and row["completed_on"] > row["due_on"] for row in finished)
    return {
        "1.1.1": number(len(plan)),
        "1.1.2": number(sum((row["completed_on"] or date.max) <= last for row in plan)),
        "1.4.1": number(len(province)),
        "1.4.2": number(len(finished) - late),
        "1.4.3": number(late),
    }


def quota(year: int, kind: str, units: set[str], last: date) -> int:
    """Each unit by its last decision of the year up to the day; the district's own row repeats the sum of its parts."""
    latest = {}
    for row in sorted(final("hr/quotas"), key=lambda row: row["decided_on"]):
        if (row["year"], row["quota_kind"]) == (year, kind) and row["org_code"] in units and row["decided_on"] <= last:
            latest[row["org_code"]] = row["assigned"]
    return sum(latest.values())


def quota_figures(units: set[str], last: date) -> dict[str, Figure]:
    figures = {}
    for given, cut, kind in (("4.2.1", "4.2.5", "Hành chính"), ("4.3.1", "4.3.4", "Sự nghiệp")):
        then, now = quota(2015, kind, units, last), quota(2021, kind, units, last)
        figures |= {given: number(now), cut: share(then - now, then)}
    return figures | {"4.2": figures["4.2.1"]}


def staff_figures(units: set[str], last: date) -> dict[str, Figure]:
    """Who leaves on a later day is still there."""
    present = Counter(
        row["staff_kind"]
        for row in final("hr/staff")
        if row["org_code"] in units
        and (
            row["status"] in ("Đang làm việc", "Biệt phái", "Nghỉ thai sản")
            or (row["status_on"] is not None and row["status_on"] > last)
        )
    )
    kinds = {"4.2.2": "Công chức", "4.2.3": "Hợp đồng lao động", "4.3.2": "Viên chức"}
    return {code: number(present[kind]) for code, kind in kinds.items()}


def event_figures(units: set[str], window: tuple[date, date]) -> dict[str, Figure]:
    rows = [row for row in final("hr/events") if row["org_code"] in units and is_within(row["decided_on"], window)]

    def persons(event_kind: str, *levels: str) -> set[tuple]:
        found = (row for row in rows if row["event_kind"] == event_kind)
        return {
            (row["event_code"], row["staff_code"]) for row in found if not levels or row["position_level"] in levels
        }

    def hired(level: str, *forms: str) -> Figure:
        taken_on = persons("Tuyển dụng", level)
        return number(sum(key("hr/events", row) in taken_on and row["form"] in forms for row in rows))

    def punished(*levels: str) -> Figure:
        return number(len({person for _, person in persons("Kỷ luật", *levels)}))

    appointed = [row for row in rows if row["event_kind"] == "Bổ nhiệm"]
    return {
        "4.2.4": number(len(persons("Tinh giản", "Công chức"))),
        "4.3.3": number(len(persons("Tinh giản", "Viên chức"))),
        "5.2.1": hired("Công chức", "Thi tuyển", "Xét tuyển"),
        "5.2.2": hired("Công chức", "Đặc biệt"),
        "5.2.3": number(len(persons("Xét chuyển"))),
        "5.2.4": hired("Viên chức", "Thi tuyển", "Xét tuyển"),
        "5.2.5": hired("Viên chức", "Đặc biệt"),
        "5.3.1": number(int(any(row["by_competition"] == "Có" for row in appointed))),
        "5.3.4": number(len(persons("Bổ nhiệm", "Lãnh đạo phòng thuộc UBND huyện"))),
        "5.4.2": punished("Lãnh đạo UBND huyện", "Lãnh đạo sở"),
        "5.4.3": punished("Lãnh đạo phòng thuộc UBND huyện", "Lãnh đạo phòng thuộc sở"),
        "5.4.4": punished("Viên chức"),
    }


def in_force(last: date) -> list[Row]:
    """Of the district and its communes; a procedure of the departments of the province is not theirs."""
    return [
        row
        for row in final("one_stop_shop/procedures")
        if row["level"] != "Sở" and row["announced_on"] <= last < row.get("repealed_on", date.max)
    ]


def procedure_figures(last: date) -> dict[str, Figure]:
    rows = in_force(last)

    def having(column: str, *texts: str) -> int:
        return sum(row[column] in texts for row in rows)

    same, across = having("interlink", "Cùng cấp"), having("interlink", "Giữa các cấp")
    on_portal = [row for row in rows if row["on_provincial_portal"] == "Có"]
    return {
        "3.1.3": number(len(rows)),
        "3.1.3.b": number(having("level", "Huyện")),
        "3.1.3.c": number(having("level", "Xã")),
        "3.3": number(same + across),
        "3.3.1": number(same),
        "3.3.2": number(across),
        "3.3.3": share(having("workflow_approved", "Có"), len(rows)),
        "3.3.4": share(having("workflow_digital", "Có"), len(rows)),
        "3.5.2": number(sum(row["service_level"] != "2" for row in on_portal)),
        "3.5.3": number(having("online_payment", "Có")),
        "7.8.1": number(having("service_level", "3", "Một phần")),
        "7.8.2": number(having("service_level", "4", "Toàn trình")),
    }


def unit_figures(last: date) -> dict[str, Figure]:
    standing = [
        row
        for row in final("hr/units")
        if (row.get("established_on") or date.min) <= last < row.get("dissolved_on", date.max)
    ]
    bodies = [row for row in standing if row["unit_kind"] == "Cơ quan hành chính"]
    services = [row for row in standing if row["unit_kind"] == "Đơn vị sự nghiệp"]
    return {
        "1.2.1": number(len(bodies) + sum(row["unit_kind"] == "UBND cấp xã" for row in standing)),
        "4.1.4.c": number(len(services)),
        "5.1.1": number(sum(row["positions_approved"] == "Có" for row in bodies)),
        "5.1.2": number(sum(row["positions_approved"] == "Có" for row in services)),
        **{f"6.{group}": number(sum(row["autonomy_group"] == group for row in services)) for group in "1234"},
        "6.5": number(0),
    }


DECLARED = "1.2.2 1.2.3 1.2.4 1.5.1 1.5.2 1.6 2.2 2.3 2.4 2.5 5.1.3 7.1 7.2 7.3 7.4 7.5 7.6.1.b 7.6.1.c 7.7.2 7.7.3"
NOT_A_DISTRICTS = (
    "1.3.1 1.3.2 1.3.3 3.1.1 3.1.2 3.1.3.a 3.2.1 3.2.2 3.4.1 3.5.1 4.1.1 4.1.2 4.1.3 4.1.4 4.1.4.a 4.1.4.b 4.1.4.d"
    " 5.3.2 5.3.3 5.4.1 7.6.1.a 7.7.1"
)


def declared_figures(period: str) -> dict[str, Figure]:
    said = {
        row["indicator_code"].rstrip("."): number(row["meaning"])
        for row in final("declarations/indicators")
        if row["period"] == DECLARED_NAMES.get(period)
    }
    return {code: said.get(code, ("", "", "", "not_reported")) for code in DECLARED.split()}


def nothing(codes: Iterable[str]) -> dict[str, Figure]:
    return dict.fromkeys(codes, ("", "", "", "not_applicable"))


def district(period: str) -> dict[str, Figure]:
    window, units = WINDOWS[period], subtree(DISTRICT)
    return {
        **dossier_figures(units, window),
        **document_figures(DISTRICT, window),
        **task_figures(units, window),
        **event_figures(units, window),
        **procedure_figures(window[1]),
        **unit_figures(window[1]),
        **quota_figures(STAFFED, window[1]),
        # of earlier days the staff lists say less
        **(staff_figures(STAFFED, window[1]) if period == "2021-N" else {}),
        **declared_figures(period),
        **nothing(NOT_A_DISTRICTS.split()),
    }


def commune(period: str) -> dict[str, Figure]:
    window = WINDOWS[period]
    return {
        **dossier_figures({TOWN}, window),
        **document_figures(TOWN, window),
        **task_figures({TOWN}, window),
        "3.1.3.c": procedure_figures(window[1])["3.1.3.c"],
        **nothing(["1.2.1", "3.1.3.b", "3.4.2", "4.1.4.c", "6.1"]),
    }


def department(period: str) -> dict[str, Figure]:
    window = WINDOWS[period]
    events = event_figures({OFFICE}, window)
    return {
        **document_figures(OFFICE, window),
        **task_figures({OFFICE}, window),
        **{code: events[code] for code in ("5.2.1", "5.2.3", "5.3.1", "5.3.4")},
        "4.2.1": quota_figures({OFFICE}, window[1])["4.2.1"],
        "4.2.2": staff_figures({OFFICE}, window[1])["4.2.2"],
        **nothing(["1.2.1", "3.1.3", "3.4.3", "4.1.4.c"]),
    }


# --- the flow of dossiers ---------------------------------------------------------------------------------------------

CHANNELS = {
    "Trực tiếp": "received_direct",
    "Trực tuyến": "received_online",
    "Bưu chính công ích": "received_postal",
}
MEASURES = (
    "received received_online received_direct received_postal carried_over resolved resolved_early resolved_on_time"
    " resolved_late pending pending_in_time pending_overdue refused withdrawn"
)


def flow(top: str, window: tuple[date, date]) -> dict[str, int]:
    start, last = window
    count: Counter[str] = Counter()
    for row in final("one_stop_shop/dossiers"):
        came, done, due = (day_of(row, column) for column in ("received_at", "finished_at", "due_at"))
        if row["org_code"] not in subtree(top) or row["status"] == NEW or came > last:
            continue
        if row["status"] == REFUSED:
            count["refused"] += is_within(came, window)
            continue
        if came >= start:
            count.update(["received", CHANNELS[row["channel"]]])
        elif done is None or done >= start:
            count["carried_over"] += 1
        if done is None or done > last:
            overdue = due is not None and due < last and row["status"] not in PAUSED
            count.update(["pending", "pending_overdue" if overdue else "pending_in_time"])
        elif done >= start and row["status"] == WITHDRAWN:
            count["withdrawn"] += 1
        elif done >= start:
            how = "on_time" if due is None or done == due else "early" if done < due else "late"
            count.update(["resolved", f"resolved_{how}"])
    assert count["received"] + count["carried_over"] == count["resolved"] + count["pending"] + count["withdrawn"]
    return {measure: count[measure] for measure in MEASURES.split()}


# --- files and violations ---------------------------------------------------------------------------------------------


def warnings_of(row: Row) -> set[str]:
    """The warnings a dossier row earns by the statements of the rules, to see that none slipped in unplanned."""
    level = "Xã" if row["org_code"] in COMMUNES else "Huyện"
    known = {(national(p["procedure_code"]), p["level"]) for p in final("one_stop_shop/procedures")}
    code, identity, due = row["dossier_code"].split("-"), row["applicant_id"], day_of(row, "due_at")
    finished, returned = row["finished_at"], row["returned_at"]
    found = {
        "DOS-51": returned is not None and returned < finished,
        "DOS-52": due is None,
        "DOS-53": due is not None and finished is not None and finished.date() > due and not row["apology_letter"],
        "DOS-54": (row["service_level"], row["channel"]) == ("2", "Trực tuyến"),
        "DOS-55": len(code) == 3 and code[1] != f"{row['received_at']:%y%m%d}",
        "DOS-56": (national(row["procedure_code"]), level) not in known,
        "DOS-57": due is not None and (due.weekday() > 4 or due in HOLIDAYS),
        "DOS-58": identity is not None and len(identity) not in (9, 12),
    }
    return {rule for rule, is_broken in found.items() if is_broken}


def file_reckoning() -> tuple[list[tuple], list[tuple]]:
    """What is said of every file, and how often each rule is broken in it."""
    files, violations = [], []
    seen: dict[tuple, Row] = {}
    for file in taken():
        place = (file.export, file.sender, file.day)
        good = {key(file.export, row): row for row in file.rows if "breaks" not in row}
        for row in good.values() if file.export == "one_stop_shop/dossiers" else ():
            assert warnings_of(row) == set(row.get("warns") or ()), (place, row)
        known = {(file.export, *k): row for k, row in good.items()}
        unchanged = sum(seen.get(k) == row for k, row in known.items())
        seen |= known
        bad = sum("breaks" in row for row in file.rows)
        # how a good row that stands in the file twice is counted is left open
        counts = ("", "") if len(good) + bad < len(file.rows) else (len(good) - unchanged, unchanged)
        files.append((*place, "accepted_with_errors" if bad else "accepted", len(file.rows), *counts, bad))
        rules = Counter(rule for row in file.rows for rule in (*row.get("breaks", ()), *row.get("warns", ())))
        if file.fault.startswith("more "):
            rules["FIL-04"] += 1  # a column that nobody knows
        violations += [(*place, rule, rows) for rule, rows in rules.items()]
    for file in (file for file in deliveries() if file.rejected_by):
        place = (file.export, file.sender, file.day)
        status = {"duplicate": "duplicate", "FIL-05": "accepted", "FIL-06": "held"}.get(file.rejected_by, "rejected")
        files.append((*place, status, *(("0" if status == "accepted" else "",) * 4)))
        violations += [] if status == "duplicate" else [(*place, file.rejected_by, 1)]
    return sorted(files), sorted(violations)


def table(folder: Path, name: str, header: str, rows: Iterable[tuple]) -> None:
    folder.mkdir(exist_ok=True)
    with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(header.split())
        writer.writerows(rows)


def write(folder: Path) -> None:
    """Write every expectation below a folder."""
    reckoned: tuple[tuple[str, Callable[[str], dict[str, Figure]], Iterable[str]], ...] = (
        (DISTRICT, district, WINDOWS),
        (TOWN, commune, WINDOWS),
        (OFFICE, department, ["2021-N"]),
    )
    figures = [
        (period, unit, code, *figure)
        for unit, reckon, periods in reckoned
        for period in periods
        for code, figure in reckon(period).items()
    ]
    flows = [
        (period, unit, measure, count)
        for unit in (DISTRICT, TOWN, LAND)
        for period, window in WINDOWS.items()
        for measure, count in flow(unit, window).items()
    ]
    files, violations = file_reckoning()
    table(folder, "figures", "period unit code value numerator denominator status", figures)
    table(folder, "flow", "period unit measure value", flows)
    table(folder, "files", "export sender delivery status rows_read rows_loaded rows_unchanged rows_quarantined", files)
    table(folder, "violations", "export sender delivery rule rows", violations)


if __name__ == "__main__":
    write(HERE / "expected")
