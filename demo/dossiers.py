"""Dossiers of one-stop desks, row by row: chosen courses and flaws in exact numbers. A seed gives the same rows."""

import itertools
import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from demo import calendar
from demo.calendar import DELIVERY, FIRST, WINDOW_END, WINDOW_START
from demo.district import Procedure

COLUMNS = (
    "dossier_code",
    "procedure_code",
    "procedure_name",
    "field",
    "org_code",
    "org_name",
    "applicant_kind",
    "applicant_name",
    "applicant_id",
    "applicant_phone",
    "channel",
    "service_level",
    "received_at",
    "due_at",
    "finished_at",
    "returned_at",
    "return_channel",
    "status",
    "fee",
    "paid_online",
    "apology_letter",
    "note",
)
AT = {name: i for i, name in enumerate(COLUMNS)}

DIRECT, ONLINE, POSTAL = "Trực tiếp", "Trực tuyến", "Bưu chính công ích"

# A moment is a number of seconds from midnight of FIRST: a million of them cost less than a million datetimes.
DAY = 86_400


def moment(day: date, hour: int = 0, minute: int = 0, second: int = 0) -> int:
    """
    >>> moment(FIRST + timedelta(days=1), 0, 1)
    86460
    """
    return (day - FIRST).days * DAY + hour * 3600 + minute * 60 + second


@dataclass(frozen=True)
class Desk:
    """Where dossiers are received, and its procedures by group; an often used procedure stands there more than once."""

    code: str
    name: str
    prefix: str  # of its dossier codes
    procedures: Mapping[str, Sequence[Procedure]]


@dataclass(frozen=True, slots=True)
class Cell:
    """So many dossiers of one course at a desk. `flaw` is the rule that each of them breaks; `back`: how results are
    returned, empty: one of seventeen by post.
    """

    course: str
    count: int
    group: str = "other"
    channel: str = DIRECT
    flaw: str = ""
    back: str = ""


@dataclass(slots=True)
class Dossier:
    """What happens to one dossier, in moments."""

    received: int
    due: int | None
    finished: int | None = None
    returned: int | None = None
    status: str = ""
    procedure: Procedure | None = None
    channel: str = DIRECT
    flaw: str = ""
    back: str = ""


def rows(desk: Desk, cells: Iterable[Cell], chance: random.Random) -> Iterator[tuple[list[str], str]]:
    """The rows of one desk, in order of receipt.

    Output: texts in the order of COLUMNS, and the flaw of the row; flawed rows stand among the others.
    """
    dossiers = []
    for cell in cells:
        of_group = desk.procedures[cell.group]
        for n in range(cell.count):
            procedure = of_group[int(chance.random() * len(of_group))]
            dossier = COURSES[cell.course](chance, procedure.working_days, n)
            dossier.procedure, dossier.channel = procedure, cell.channel
            dossier.flaw, dossier.back = cell.flaw, cell.back
            dossiers.append(dossier)
    dossiers.sort(key=lambda d: d.received)
    numbers, today, out_of_turn = itertools.count(1), None, itertools.count(9001)
    again = []
    for dossier in dossiers:
        day = dossier.received // DAY
        if day != today:
            numbers, today = itertools.count(1), day
        if dossier.flaw.startswith("DOS-") and dossier.flaw != "DOS-12":
            dossier = _spoilt(dossier)
        number = next(numbers) if dossier.received // DAY == day else next(out_of_turn)
        row = _row(desk, dossier, f"{desk.prefix}-{_YMD[dossier.received // DAY]}-{number:04d}", chance)
        if dossier.flaw.startswith("DOS-"):
            if dossier.flaw == "DOS-12":
                again.append(([*row[:-1], AGAIN], dossier.flaw))
            else:
                _misspell(dossier, row)
        elif dossier.flaw == "repeated":
            again.append((row, dossier.flaw))
        yield row, dossier.flaw
    yield from again


def split(count: int, weights: Sequence[int]) -> list[int]:
    """Whole parts in proportion to the weights; the largest remainders are rounded up.

    >>> split(10, [1, 1, 1])
    [4, 3, 3]
    """
    total = sum(weights)
    parts = [count * w // total for w in weights]
    order = sorted(range(len(weights)), key=lambda i: (-(count * weights[i] % total), i))
    for i in order[: count - sum(parts)]:
        parts[i] += 1
    return parts


# ---- courses ------------------------------------------------------------------------------------------------------

WORKING = [moment(day) for day in calendar.working_days()]
START, END = calendar.position(WINDOW_START), calendar.position(WINDOW_END)
SENT = calendar.position(DELIVERY) - 1  # last working day that the delivery shows
BEFORE = calendar.position(date(2020, 10, 20))


def _between(chance: random.Random, low: int, high: int) -> int:
    return low + int(chance.random() * (high - low + 1))


def _morning(chance: random.Random, position: int) -> int:
    return WORKING[position] + 27_000 + int(chance.random() * 14_000)  # 7:30 to 11:23


def _afternoon(chance: random.Random, position: int) -> int:
    return WORKING[position] + 48_600 + int(chance.random() * 12_000)  # 13:30 to 16:50


def _due(position: int) -> int:
    return WORKING[position] + 61_200  # 17:00


def _handed_out(chance: random.Random, dossier: Dossier, finished: int, last: int) -> Dossier:
    """Some applicants come for the result at once, some later, some not before the delivery."""
    fetched = finished + int(chance.random() * 4)
    dossier.finished = _afternoon(chance, finished)
    if fetched > last or chance.random() < 0.03:
        dossier.status = "Đã xử lý xong"
    else:
        dossier.status = "Đã trả kết quả"
        dossier.returned = dossier.finished + (WORKING[fetched] - WORKING[finished])
    return dossier


def _on_time(chance: random.Random, days: int, n: int, low: int = START, high: int = END) -> Dossier:
    received = _between(chance, low, high)
    finished = min(received + int(chance.random() * (days + 1)), high)
    return _handed_out(chance, Dossier(_morning(chance, received), _due(received + days)), finished, SENT)


def _returned(chance: random.Random, days: int, n: int) -> Dossier:
    """In time, and handed out on the day on which it is finished."""
    received = _between(chance, START, END)
    finished = _afternoon(chance, min(received + int(chance.random() * (days + 1)), END))
    dossier = Dossier(_morning(chance, received), _due(received + days), finished, status="Đã trả kết quả")
    dossier.returned = finished
    return dossier


def _late(chance: random.Random, days: int, n: int) -> Dossier:
    received = _between(chance, START, END - days - 1)
    finished = _between(chance, received + days + 1, min(received + days + 9, END))
    return _handed_out(chance, Dossier(_morning(chance, received), _due(received + days)), finished, SENT)


def _open(chance: random.Random, dossier: Dossier, low: int, high: int, share_finished: float) -> Dossier:
    """Unfinished at the end of the window; many are finished before the delivery."""
    if low <= high and chance.random() < share_finished:
        return _handed_out(chance, dossier, _between(chance, low, high), SENT)
    dossier.status = "Đang xử lý" if chance.random() < 0.8 else "Được tiếp nhận"
    return dossier


def _pending(chance: random.Random, days: int, n: int) -> Dossier:
    received = _between(chance, END - days, END)
    dossier = Dossier(_morning(chance, received), _due(received + days))
    return _open(chance, dossier, END + 1, min(received + days, SENT), 0.7)


def _overdue(chance: random.Random, days: int, n: int) -> Dossier:
    received = _between(chance, max(START, END - days - 40), END - days - 1)
    return _open(chance, Dossier(_morning(chance, received), _due(received + days)), END + 1, SENT, 0.5)


PAUSED = ("Yêu cầu bổ sung", "Dừng xử lý", "Yêu cầu thực hiện nghĩa vụ tài chính")


def _paused(chance: random.Random, days: int, n: int) -> Dossier:
    """Its due day may have passed: while the applicant is awaited it is in time."""
    received = _between(chance, END - 60, END)
    return Dossier(_morning(chance, received), _due(received + days), status=PAUSED[n % 3])


def _before(chance: random.Random, days: int, n: int) -> Dossier:
    return _on_time(chance, days, n, BEFORE, START - 1)


def _after(chance: random.Random, days: int, n: int) -> Dossier:
    received = _between(chance, END + 1, SENT)
    dossier = Dossier(_morning(chance, received), _due(received + days))
    return _open(chance, dossier, received, min(received + days, SENT), 0.6)


def _refused(chance: random.Random, days: int, n: int) -> Dossier:
    received = _between(chance, START, END)
    return Dossier(_morning(chance, received), _due(received + days), status="Không được tiếp nhận")


def _registered(chance: random.Random, days: int, n: int) -> Dossier:
    received = _between(chance, END - 20, END)
    return Dossier(_morning(chance, received), _due(received + days), status="Mới đăng ký")


def _withdrawn(chance: random.Random, days: int, n: int) -> Dossier:
    received = _between(chance, END + 1, SENT - 3)
    finished = _afternoon(chance, received + n % 3)
    return Dossier(_morning(chance, received), _due(received + days), finished, status="Công dân rút hồ sơ")


def _scripted(received: tuple, due: tuple, finished: tuple | None = None, status: str = "Đã xử lý xong") -> Callable:
    def course(chance: random.Random, days: int, n: int) -> Dossier:
        return Dossier(moment(*received), moment(*due), moment(*finished) if finished else None, status=status)

    return course


_OPEN = "Đang xử lý"
COURSES: dict[str, Callable[[random.Random, int, int], Dossier]] = {
    "on_time": _on_time,
    "returned": _returned,
    "late": _late,
    "pending": _pending,
    "paused": _paused,
    "overdue": _overdue,
    "before": _before,
    "after": _after,
    "refused": _refused,
    "registered": _registered,
    "withdrawn": _withdrawn,
    # Edges of the window and of the due day.
    "received at the first moment": _scripted((WINDOW_START,), (date(2020, 12, 18), 17), (date(2020, 12, 17), 9)),
    "received at the last moment": _scripted((WINDOW_END, 23, 59), (date(2021, 11, 22), 17), None, _OPEN),
    "received the day after": _scripted((date(2021, 11, 16),), (date(2021, 11, 23), 17), None, _OPEN),
    "finished on the due day, after hours": _scripted(
        (date(2021, 9, 7), 8), (date(2021, 9, 14), 16), (date(2021, 9, 14), 17, 30)
    ),
    "finished at the last moment": _scripted((date(2021, 11, 8), 8), (WINDOW_END, 17), (WINDOW_END, 23, 59, 59)),
    "finished the day after": _scripted((date(2021, 11, 8), 8), (date(2021, 11, 16), 17), (date(2021, 11, 16),)),
    "due on the last day, open": _scripted((date(2021, 11, 8), 8), (WINDOW_END,), None, _OPEN),
    "finished on the last day of Quý I": _scripted(
        (date(2021, 3, 1), 8), (date(2021, 3, 15), 17), (date(2021, 3, 14), 23, 59, 59)
    ),
    "received on the first day of Quý II": _scripted(
        (date(2021, 3, 15),), (date(2021, 3, 18), 17), (date(2021, 3, 16), 9)
    ),
}


# ---- flaws --------------------------------------------------------------------------------------------------------

SATURDAYS = [moment(FIRST + timedelta(days=n), 17) for n in range(580) if (FIRST + timedelta(days=n)).weekday() == 5]
LIBERATION_DAY = moment(date(2021, 4, 30), 17)
SIX_DAYS = 6 * DAY


def _spoilt(dossier: Dossier) -> Dossier:
    """Change what happens, so that the dossier breaks the rule named by its flaw and no other."""
    rule, received = dossier.flaw, dossier.received
    if rule == "DOS-06":
        return replace(dossier, returned=None, status=_OPEN)
    if rule == "DOS-13":
        return replace(dossier, finished=received - 3 * DAY, returned=None, status="Đã xử lý xong")
    if rule == "DOS-14":
        return replace(dossier, finished=None, returned=None, status="Đã trả kết quả")
    if rule in ("DOS-15", "DOS-16"):
        late = moment(DELIVERY, 9) + SIX_DAYS
        due = next(day for day in WORKING if day > late + SIX_DAYS) + 61_200
        if rule == "DOS-15":
            return replace(dossier, received=late, due=due, finished=None, returned=None, status=_OPEN)
        return replace(dossier, due=due, finished=late, returned=None, status="Đã xử lý xong")
    if rule == "DOS-17":
        earlier = max(day for day in WORKING if day < received - 2 * DAY)
        return replace(dossier, due=earlier + 61_200, finished=None, returned=None, status=_OPEN)
    if rule == "DOS-51":
        return replace(dossier, returned=dossier.finished - DAY, status="Đã trả kết quả")
    if rule == "DOS-52":
        return replace(dossier, due=None)
    if rule == "DOS-57":
        closed = next(day for day in SATURDAYS if day > dossier.due)
        return replace(dossier, due=LIBERATION_DAY if dossier.due < LIBERATION_DAY < closed else closed)
    return dossier


# What a row says instead, by rule. DOS-03: no such unit.
MISSPELT = {
    "DOS-01": ("dossier_code", ("",)),
    "DOS-02": ("procedure_code", ("",)),
    "DOS-03": ("org_code", ("99999", "63199", "")),
    "DOS-04": ("received_at", ("31/02/2021 08:00:00", "", "hôm qua")),
    "DOS-05": ("due_at", ("hẹn sau", "30/13/2021 17:00:00")),
    "DOS-06": ("finished_at", ("chưa rõ", "00/00/0000")),
    "DOS-07": ("returned_at", ("32/10/2021 09:00:00", "đã trả")),
    "DOS-08": ("channel", ("Zalo", "Qua điện thoại")),
    "DOS-09": ("service_level", ("5", "Mức cao")),
    "DOS-10": ("status", ("Chờ ký", "???")),
    "DOS-11": ("fee", ("miễn phí", "-5.000", "12,5 nghìn")),
    "DOS-18": ("applicant_kind", ("Cán bộ", "Khác")),
    "DOS-58": ("applicant_id", ("12345678", "GP-0012", "1234567890")),
}
# The names that stand in place of these codes where a file names units by their names alone.
UNKNOWN_UNITS = {"99999": "UBND xã Không Có", "63199": "Phòng Thí Dụ", "": ""}
AGAIN = "Nhập lại"  # note of a row that says a dossier once more, otherwise

# In which column of a file the rows that break a rule do so: a file that has none of them breaks it nowhere.
BROKEN_IN = {
    **{rule: (column,) for rule, (column, _) in MISSPELT.items()},
    "DOS-03": ("org_code", "org_name"),
    "DOS-12": ("dossier_code",),
    "DOS-13": ("finished_at",),
    "DOS-14": ("finished_at",),
    "DOS-15": ("received_at",),
    "DOS-16": ("finished_at",),
    "DOS-17": ("due_at",),
    "DOS-51": ("returned_at",),
    "DOS-52": ("due_at",),
    "DOS-53": ("apology_letter",),
    "DOS-54": ("channel",),
    "DOS-55": ("dossier_code",),
    "DOS-56": ("procedure_code", "procedure_name"),
    "DOS-57": ("due_at",),
}


def _misspell(dossier: Dossier, row: list[str]) -> None:
    rule = dossier.flaw
    if rule in MISSPELT:
        column, instead = MISSPELT[rule]
        row[AT[column]] = instead[dossier.received % len(instead)]
    elif rule == "DOS-53":
        row[AT["apology_letter"]] = ""
    elif rule == "DOS-55":
        head, _, number = row[0].split("-")
        row[0] = f"{head}-{_YMD[dossier.received // DAY - 1]}-{8000 + int(number)}"


# ---- text ---------------------------------------------------------------------------------------------------------

_DAYS = [FIRST + timedelta(days=n) for n in range(600)]
_DAY_TEXTS = [f"{day:%d/%m/%Y} " for day in _DAYS]
_YMD = [f"{day:%y%m%d}" for day in _DAYS]
_CLOCK = [f"{s // 60:02d}:{s % 60:02d}:" for s in range(1440)]
_SECONDS = [f"{s:02d}" for s in range(60)]

# Surnames of the district's Kinh and Jrai families; whom they are put together to is nobody.
SURNAMES = ("Nguyễn", "Trần", "Lê", "Phạm", "Rơ Châm", "Rơ Lan", "Rơ Mah", "Siu", "Kpuih", "Ksor", "Puih", "Kpă")
MIDDLES = ("Văn", "Thị", "Hữu", "Ngọc", "Minh", "Thanh", "Đức", "Kim")
GIVEN = (
    "An",
    "Bình",
    "Chi",
    "Dũng",
    "Hạnh",
    "Hòa",
    "Khánh",
    "Lan",
    "Mai",
    "Nam",
    "Phúc",
    "Quý",
    "Sơn",
    "Thủy",
    "Vinh",
    "Yến",
)
NAMES = tuple(" ".join(parts) for parts in itertools.product(SURNAMES, MIDDLES, GIVEN))
BUSINESSES = ('Công ty TNHH MTV "Ví Dụ", chi nhánh Đức Cơ', "Hộ kinh doanh Mẫu Số Một", "Hợp tác xã Thí Dụ Xanh")
OFFICES = ("Ban Chấp hành Đoàn xã Mẫu", "Trường Thí Dụ", "Hội Nông dân xã Mẫu")
FEES = ("", "0", "2.000", "8.000", "10.000", "50.000", "150.000 đ", "1.500.000")
NOTES = ("", "", "", "", "", "", "", "Nộp thay", "Đã gọi điện; hẹn chiều", 'Thiếu "bản sao",\nđã bổ sung')


def _text(at: int | None) -> str:
    if at is None:
        return ""
    day, second = divmod(at, DAY)
    return _DAY_TEXTS[day] + _CLOCK[second // 60] + _SECONDS[second % 60]


def _row(desk: Desk, dossier: Dossier, code: str, chance: random.Random) -> list[str]:
    procedure = dossier.procedure
    roll = int(chance.random() * 1_000_000_000)
    kind, applicant = "Công dân", NAMES[roll % len(NAMES)]
    if roll % 100 < 4:
        kind, applicant = "Doanh nghiệp", BUSINESSES[roll % len(BUSINESSES)]
    elif roll % 100 < 6:
        kind, applicant = "Tổ chức", OFFICES[roll % len(OFFICES)]
    # Nobody has these numbers: a century digit of 9 is far away, as is a province 99.
    identity = f"0649{roll % 100_000_000:08d}" if roll % 5 else f"99{roll % 10_000_000:07d}"
    late = dossier.finished is not None and dossier.due is not None and dossier.finished // DAY > dossier.due // DAY
    return [
        code,
        procedure.code,
        procedure.name,
        procedure.field,
        desk.code,
        desk.name,
        kind,
        applicant,
        identity if roll % 11 else "",
        f"0900{roll % 1_000_000:06d}",
        dossier.channel,
        procedure.service_level,
        _text(dossier.received),
        _text(dossier.due),
        _text(dossier.finished),
        _text(dossier.returned),
        (dossier.back or (DIRECT if roll % 17 else POSTAL)) if dossier.returned is not None else "",
        dossier.status,
        FEES[roll // 7 % len(FEES)],
        "Có" if dossier.channel == ONLINE and roll % 2 else "Không",
        f"{roll % 90 + 10}/TXL-UBND" if late else "",
        NOTES[roll // 13 % len(NOTES)],
    ]
