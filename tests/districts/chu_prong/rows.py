"""What the offices of Chư Prông delivered for 2021: the district is real, every row is invented.

The rows are drawn as tables in the text files beside this one, a file for each export; deliveries.txt says which file
of the inbox holds which tables. Here is only how a table is read, and what a rule makes up.

"-" is nothing, and so are cells left out at the end of a line; lines that begin with # are remarks. Days are
05/01/2021, moments 05/01/2021 17:00; what cannot be read is delivered as it stands. `also` sets columns that few rows
have (`fee=1.500.000; note=…`). `breaks` names the error rules that a row breaks, `warns` the warnings planted in it,
both decided by hand.
"""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from itertools import zip_longest
from pathlib import Path

HERE = Path(__file__).parent
Row = dict[str, object]

DISTRICT, OFFICE, LAND = "632", "632.10", "632.03"
TOWN, BINH_GIAO, IA_DRANG, THANG_HUNG, IA_KLY = "23887", "23890", "23893", "23896", "23888"
COMMUNES = (TOWN, BINH_GIAO, IA_DRANG, THANG_HUNG, IA_KLY)
COPY = "2.000815"
HOLIDAYS = {
    *(date(2021, 2, day) for day in range(10, 17)),
    *(date(2021, month, day) for month, day in ((1, 1), (4, 21), (4, 30), (5, 3), (9, 2), (9, 3))),
}


@dataclass(frozen=True)
class Delivery:
    """One file: what it holds, when it came, from whom, how it is written."""

    export: str  # <source>/<export>
    day: date
    sender: str
    style: str
    rows: list[Row]
    rejected_by: str  # the file rule it breaks
    fault: str  # what the writer does wrong on purpose


# --- reading a table --------------------------------------------------------------------------------------------------


def read(column: str, text: str) -> object:
    """The meaning of one drawn cell."""
    if text == "-":
        return None
    if column in ("breaks", "warns"):
        return tuple(text.split())
    with suppress(ValueError):
        if column in ("year", "assigned", "fee", "dossiers"):
            return int(text)
        if column.endswith("_at"):
            day, _, clock = text.partition(" ")
            return at(datetime.strptime(day, "%d/%m/%Y").date(), clock or "00:00")
        if column.endswith("_on") and column not in ("born_on", "joined_on"):
            return datetime.strptime(text, "%d/%m/%Y").date()
    return text


def at(day: date, clock: str) -> datetime:
    return datetime.combine(day, time.fromisoformat(clock))


@cache
def tables(file: str) -> dict[str, list[list[str]]]:
    """The cells of each table of a text file, header first, by the name above it."""
    found: dict[str, list[list[str]]] = {}
    for line in (HERE / f"{file}.txt").read_text("utf-8").splitlines():
        if line.startswith("== "):
            lines = found[line.removeprefix("== ")] = []
        elif line and not line.startswith("#"):
            lines.append([cell.strip() for cell in line.split("|")])
    return found


def drawn(file: str, *names: str, **common: object) -> list[Row]:
    """The rows of some tables of a text file, with what is common to all of them."""
    rows = []
    for header, *lines in (tables(file)[name] for name in names):
        for cells in lines:
            assert len(cells) <= len(header), cells
            said = dict(zip_longest(header, cells, fillvalue="-"))
            also = said.pop("also", "-")
            said |= dict(pair.split("=") for pair in also.split("; ") if also != "-")
            for column in {"breaks", "warns"} & set(said):
                if said[column] == "-":
                    del said[column]
            rows.append(common | {column: read(column, text) for column, text in said.items()})
    return rows


# --- units, procedures ------------------------------------------------------------------------------------------------


def units(day: date, *names: str) -> list[Row]:
    """The list of units as it was known on a day: an end that is still to come is not told."""
    rows = drawn("units", *names, managed_by="UBND huyện")
    for row in rows:
        if (ended := row.pop("dissolved_on", None)) and ended <= day:
            row["dissolved_on"] = ended
    return rows


def procedures(*names: str) -> list[Row]:
    """The catalogue of procedures; what is offered online is on the provincial portal unless the table denies it."""
    common = {"workflow_approved": "Có", "workflow_digital": "Có", "on_national_portal": "Không", "postal": "Có"}
    common |= {"decision": "285/QĐ-UBND", "announced_on": date(2019, 5, 6)}
    rows = drawn("procedures", *names, **common)
    for row in rows:
        row.setdefault("on_provincial_portal", "Không" if row["service_level"] == "2" else "Có")
        row["procedure_name"] = f"Thủ tục {row['procedure_code']}"
    return rows


GRADE = {str(row["procedure_code"])[:8]: row["service_level"] for row in procedures("all year")}
FIELD = {str(row["procedure_code"])[:8]: row["field"] for row in procedures("all year")}

# --- dossiers ---------------------------------------------------------------------------------------------------------

NEW, REFUSED, WITHDRAWN, WORKING = "Mới đăng ký", "Không được tiếp nhận", "Công dân rút hồ sơ", "Đang xử lý"
DONE, RETURNED = "Đã xử lý xong", "Đã trả kết quả"
PAUSED = ("Yêu cầu bổ sung", "Yêu cầu thực hiện nghĩa vụ tài chính", "Dừng xử lý")
DOSSIER_DAYS = MARCH, JUNE, AUTUMN, WINTER, LAST = tuple(
    date(2021, month, day) for month, day in ((3, 16), (6, 16), (9, 16), (12, 16), (12, 20))
)
SEQUENCE = iter(range(1, 10_000))


def working_days_after(day: date, days: int) -> date:
    while days:
        day += timedelta(1)
        days -= day.weekday() < 5 and day not in HOLIDAYS
    return day


def dossier(
    org_code: str, procedure_code: str, received_at: datetime, due_at: datetime | None,
    finished_at: datetime | None = None, status: str | None = None, **more: object,
) -> Row:  # fmt: skip
    """A dossier; what is not said is made up, and is the same in every run."""
    number = next(SEQUENCE)
    status = status or (WORKING if finished_at is None else (RETURNED, DONE)[number % 2])
    returned_at = finished_at + timedelta(days=1, hours=2) if finished_at and status == RETURNED else None
    is_late = due_at and (finished_at or datetime.max).date() > due_at.date()
    return {
        "dossier_code": f"000.00.{32 if org_code[0] == '6' else 87}.H21-{received_at:%y%m%d}-{number:04d}",
        "procedure_code": procedure_code,
        "field": FIELD.get(procedure_code[:8], "Văn hóa"),
        "org_code": org_code,
        "applicant_kind": ("Công dân", "Doanh nghiệp", "Tổ chức")[number % 3],
        "applicant_name": f"Người thử {number}",
        "applicant_id": f"{640_000_000 + number}" if number % 2 else f"064{number:09d}",
        "applicant_phone": f"0900{number:06d}",
        "channel": "Trực tiếp",
        "service_level": GRADE.get(procedure_code[:8], "2"),
        "received_at": received_at,
        "due_at": due_at,
        "finished_at": finished_at,
        "returned_at": returned_at,
        "return_channel": "Trực tiếp" if returned_at else None,
        "status": status,
        "fee": number % 4 * 15_000,
        "paid_online": "Không",
        "apology_letter": f"{number}/TXL-UBND" if is_late else None,
    } | more


def ordinary(desk: Row) -> list[Row]:
    """A year of one desk: early, on the day, late, finished a quarter later, open."""
    rows = []
    first, last, count, codes = desk["first_on"], desk["last_on"], desk["dossiers"], desk["procedures"].split()
    for k in range(count):
        day = first + (last - first) * k // (count - 1)
        code = codes[k % len(codes)]
        due = at(working_days_after(day, 3 + k % 8), ("00:00", "17:00")[k % 2])
        late_by = (-1, -1, -2, -1, -2, -1, 0, 0, 2, 0, 60, None)[k % 12]
        finished = at(due.date() + timedelta(late_by or 0), ("09:30", "16:45:10")[(late_by or 0) > 0])
        finished = None if late_by is None or finished.date() >= DOSSIER_DAYS[-1] else finished
        channel = ("Trực tiếp", "Trực tiếp", "Bưu chính công ích")[k % 3]
        if code == desk["online"] and day >= desk["online_on"] and k % 4 != 1:
            channel = "Trực tuyến"
        received = at(day, f"{7 + k % 10:02d}:{k * 7 % 60:02d}:{k * 13 % 60:02d}")
        rows.append(dossier(desk["org_code"], code, received, due, finished, channel=channel))
    return rows


def dossiers(name: str) -> list[Row]:
    return [dossier(**{"finished_at": None, **row}) for row in drawn("dossiers", name)]


def broken(day: date) -> list[Row]:
    """The rows of that day's file that must not enter; those of other days only use up their numbers."""
    rows = []
    for said in drawn("dossiers", "broken"):
        came = said["came_at"]
        plain = dossier(DISTRICT, COPY, came, at(working_days_after(came.date(), 5), "17:00"), apology_letter="x/TXL")
        if said["sent_on"] == day:
            rows.append(plain | said)
    return rows


def as_known(row: Row, day: date) -> Row | None:
    """A dossier as its system shows it on a day: not yet there, open, or finished."""
    received, finished = row["received_at"], row["finished_at"]
    if received.date() > day:
        return None
    if finished is None or finished.date() <= day:
        return row
    return row | {"finished_at": None, "returned_at": None, "return_channel": None, "status": WORKING}


@cache
def dossier_files() -> dict[tuple[str, date], list[Row]]:
    """The rows of five files of each desk: what is new or changed; the fifth also repeats the fourth."""
    files: dict[tuple[str, date], list[Row]] = {}
    files |= {(desk, day): [] for desk in ("mot_cua_huyen", "mot_cua_xa") for day in DOSSIER_DAYS}

    def send(row: Row, days: tuple[date, ...]) -> None:
        desk, last = "mot_cua_xa" if row["org_code"] in COMMUNES else "mot_cua_huyen", None
        for day in days:
            known = as_known(row, day)
            if known is not None and known != last:
                files[desk, day].append(known)
                last = known

    year = [row for desk in drawn("dossiers", "desks") for row in ordinary(desk)]
    right = dossiers("right")
    for row in [*year, *dossiers("edges"), *dossiers("wrong")]:
        send(row, DOSSIER_DAYS)
    files["mot_cua_huyen", AUTUMN].append(files["mot_cua_huyen", AUTUMN][-1])  # the same row twice, letter for letter
    for desk in ("mot_cua_huyen", "mot_cua_xa"):
        changed = {row["dossier_code"] for row in [*files[desk, LAST], *right]}
        again = [row for row in files[desk, WINTER] if not row.get("warns") and row["dossier_code"] not in changed]
        files[desk, LAST] += again
    for row in right:
        send(row, (LAST,))
    for day in DOSSIER_DAYS:
        files["mot_cua_huyen", day][5:5] = broken(day)
    return files


# --- documents, tasks, people, declarations ---------------------------------------------------------------------------


def documents(*names: str) -> list[Row]:
    common = {"direction": "Đi", "secrecy": "Thường", "status": "Đã phát hành", "signer": "Người Ký Thử"}
    return [{"subject": f"Về việc {row['number']}"} | row for row in drawn("documents", *names, **common)]


def tasks(*names: str) -> list[Row]:
    return [
        {"content": f"Nhiệm vụ {row['task_code']}", "assigning_document": "366/UBND-NC"} | row
        for row in drawn("tasks", *names)
    ]


def at_work(prefix: str, kind: str, units: str, numbers: Iterable[int]) -> list[Row]:
    """People at work, spread over some units in turns."""
    return [
        {
            "staff_code": f"{prefix}{n:02d}",
            "staff_kind": kind,
            "org_code": units.split()[n % len(units.split())],
            "status": "Đang làm việc",
        }
        for n in numbers
    ]


NUMBERED = {
    "officials": at_work("CC", "Công chức", "632.10 632.03 632.05 632.07", range(16)),
    "teachers": at_work("GV", "Viên chức", "632.51 632.52 632.53", range(27)),
    "teachers without GV20": at_work("GV", "Viên chức", "632.51 632.52 632.53", [n for n in range(27) if n != 20]),
}


def people(*names: str) -> list[Row]:
    rows = []
    for row in (row for name in names for row in NUMBERED.get(name) or drawn("staff", name)):
        code = str(row["staff_code"])
        n = sum(ord(letter) * place for place, letter in enumerate(code, 1))
        made_up = {
            "full_name": f"Cán Bộ {code}",
            "born_on": ("1985", "05/1990", "17/08/1979")[n % 3],
            "gender": ("Nam", "Nữ")[n % 2],
            "national_id": f"0640{n:08d}",
            "rank_code": "01.003",
            "joined_on": ("2010", "09/2012", "01/03/2015")[n % 3],
        }
        rows.append(made_up | row)
    return rows


def declarations(*names: str) -> list[Row]:
    return drawn("indicators", *names, year=2021, org_code=DISTRICT)


# --- all deliveries ---------------------------------------------------------------------------------------------------


def rows_of(export: str, day: date, sender: str, names: list[str]) -> list[Row]:
    """The rows of one file, from the tables it holds."""
    match export:
        case "hr/units":
            return units(day, *names)
        case "hr/staff":
            return people(*names)
        case "one_stop_shop/procedures":
            return procedures(*names)
        case "one_stop_shop/dossiers":
            return dossier_files()[sender, day]
        case "document_management/documents":
            return documents(*names)
        case "document_management/tasks":
            return tasks(*names)
        case "declarations/indicators":
            return declarations(*names)
    return drawn(export.split("/")[1], *names)


@cache
def deliveries() -> tuple[Delivery, ...]:
    """Every file of the inbox, in no particular order."""
    files = []
    for said in drawn("deliveries", "files"):
        export, day, sender, style, names, rejected_by, fault = said.values()
        rows = rows_of(export, day, sender, names.split(" + ") if names else [])
        fault = fault or ""
        if fault.startswith("only "):
            rows = rows[: int(fault.removeprefix("only "))]
        files.append(Delivery(export, day, sender, style, rows, rejected_by or "", fault))
    return tuple(files)
