"""A random province: what its offices deliver over a year, in lists that move on, from several senders.

Everything is drawn from one seed. Rows are named by the contract's columns; a delivery is (export, sender, day, rows).
What the definitions leave open is not drawn: a list that takes a unit away without a day, a dossier refused after it
was accepted.
"""

import csv
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

from etl import catalogue
from tests.inbox import quiet

Row = dict[str, object]
LIST_DAYS = [
    date(2021, 1, 5),
    date(2021, 3, 20),
    date(2021, 6, 20),
    date(2021, 8, 10),
    date(2021, 10, 20),
    date(2021, 12, 18),
]
NIGHTS = [
    date(2021, month, day)
    for month, day in ((1, 20), (3, 12), (3, 25), (4, 20), (6, 10), (7, 20), (9, 12), (10, 5), (11, 2), (12, 16))
]
PRESENT = ("Đang làm việc", "Biệt phái", "Nghỉ thai sản")
LEFT = ("Nghỉ hưu", "Thôi việc", "Chuyển đi")
PAUSED = ("Yêu cầu bổ sung", "Yêu cầu thực hiện nghĩa vụ tài chính", "Dừng xử lý")
WITHDRAWN, REFUSED = "Công dân rút hồ sơ", "Không được tiếp nhận"
CHANNELS = ("Trực tiếp", "Trực tuyến", "Bưu chính công ích")
FIELDS = ("Hộ tịch", "Đất đai", "Chứng thực", "Xây dựng")


@dataclass(frozen=True)
class Delivery:
    export: str
    sender: str
    day: date
    rows: tuple[Row, ...]
    part: int | None = None
    lacks: tuple[str, ...] = ()  # columns that its system does not have


@dataclass
class World:
    seed: int
    deliveries: list[Delivery] = field(default_factory=list)

    def of(self, export: str) -> list[Delivery]:
        """Deliveries of an export in the order of their days."""
        return sorted((d for d in self.deliveries if d.export == export), key=lambda d: d.day)


def day_in(draw: random.Random, first: date, last: date) -> date:
    return first + timedelta(days=draw.randint(0, (last - first).days))


def world(seed: int) -> World:
    draw = random.Random(seed)
    made = World(seed)
    districts = ["661", "662", "663"][: draw.randint(2, 3)]
    tree = units(draw, districts)
    # either one HR system delivers all units, or the province and each district their own
    one_system = draw.random() < 0.4
    groups = {"hr": ["64", *districts]} if one_system else {"64": ["64"], **{d: [d] for d in districts}}
    if not one_system and draw.random() < 0.5:  # senders need not be called by a code
        groups = {f"noi-vu-{name}": tops for name, tops in groups.items()}
    for sender, tops in groups.items():
        of_sender = [u for top in tops for u in tree[top]]
        made.deliveries += moved_on(draw, "hr/units", sender, of_sender, change_unit)
    made.deliveries += procedures(draw, districts, groups)
    every = [u for members in tree.values() for u in members]
    for top, members in tree.items():
        if top != "64" or draw.random() < 0.5:
            people = staff(draw, top, members)
            made.deliveries += moved_on(draw, "hr/staff", top, people, change_person, drops=0.1)
    seats = [u["org_code"] for u in every if u["unit_kind"] != "Đơn vị sự nghiệp"]
    for top in tree:
        made.deliveries += dossiers(draw, top, tree[top], seats)
    assert every
    return made


# --- lists ------------------------------------------------------------------------------------------------------------


def units(draw: random.Random, districts: list[str]) -> dict[str, list[Row]]:
    def unit(code: str, parent: str | None, kind: str, **more: object) -> Row:
        return {"org_code": code, "org_name": f"Đơn vị {kind}", "parent_code": parent, "unit_kind": kind, **more}

    tree = {"64": [unit("64", None, "UBND cấp tỉnh")]}
    tree["64"] += [unit(f"64.S{n}", "64", "Sở, ngành", positions_approved=yes(draw)) for n in (1, 2)]
    for number, code in enumerate(districts, 1):
        tree[code] = [unit(code, "64", "UBND cấp huyện")]
        tree[code] += [unit(f"{code}.P{n}", code, "Cơ quan hành chính", positions_approved=yes(draw)) for n in (1, 2)]
        tree[code] += [unit(f"24{number}{n:02}", code, "UBND cấp xã") for n in range(1, draw.randint(2, 4))]
        for n in range(1, draw.randint(2, 5)):
            school = unit(
                f"{code}.T{n}", draw.choice([code, f"{code}.P1"]), "Đơn vị sự nghiệp", managed_by="UBND huyện"
            )
            school |= {"autonomy_group": draw.choice("1234"), "positions_approved": yes(draw)}
            if draw.random() < 0.2:
                school["established_on"] = day_in(draw, date(2021, 2, 1), date(2021, 11, 1))
            if draw.random() < 0.2:
                school["dissolved_on"] = day_in(draw, date(2021, 11, 2), date(2021, 12, 30))
            tree[code].append(school)
    return tree


def yes(draw: random.Random) -> str:
    return draw.choice(["Có", "Không"])


def change_unit(draw: random.Random, row: Row) -> Row:
    changed = dict(row)
    if "positions_approved" in row and draw.random() < 0.3:
        changed["positions_approved"] = yes(draw)
    if "autonomy_group" in row and draw.random() < 0.3:
        changed["autonomy_group"] = draw.choice("1234")
    return changed


def moved_on(draw, export, sender, rows, change, *, drops: float = 0.0) -> Iterator[Delivery]:
    """The same list on several days, each time a little changed."""
    current = list(rows)
    days = sorted(draw.sample(LIST_DAYS, draw.randint(1, 4)))
    for day in days:
        yield Delivery(export, sender, day, tuple(current))
        kept = [row for row in current if draw.random() >= drops]
        current = [change(draw, row) for row in (kept if len(kept) * 2 > len(current) else current)]


def procedures(draw: random.Random, districts: list[str], groups: dict[str, list[str]]) -> Iterator[Delivery]:
    owners = [top for top in ["64", *districts] if draw.random() < (0.8 if top == "64" else 0.5)] or ["64"]
    of_units = {top: sender for sender, tops in groups.items() for top in tops if len(tops) == 1}
    for top in owners:
        levels = draw.choice([["Sở", "Huyện", "Xã"], ["Sở", "Xã"]]) if top == "64" else ["Huyện", "Xã"]
        rows = []
        for n in draw.sample(range(1, 30), draw.randint(4, 12)):
            for level in draw.sample(levels, draw.randint(1, len(levels))):
                row: Row = {
                    "procedure_code": f"2.{n:06}",
                    "level": level,
                    "procedure_name": "Thủ tục",
                    "field": draw.choice(FIELDS),
                    "workflow_approved": yes(draw),
                    "workflow_digital": yes(draw),
                    "announced_on": draw.choice([date(2019, 1, 1), day_in(draw, date(2021, 1, 1), date(2021, 12, 1))]),
                }
                rows.append(change_procedure(draw, row, always=True))
        sender = of_units.get(top, top) if draw.random() < 0.5 else top
        yield from moved_on(draw, "one_stop_shop/procedures", sender, rows, change_procedure, drops=0.1)


def change_procedure(draw: random.Random, row: Row, *, always: bool = False) -> Row:
    changed = dict(row)
    if always or draw.random() < 0.3:
        changed |= {
            "service_level": draw.choice(["2", "3", "4", "Một phần", "Toàn trình"]),
            "interlink": draw.choice(["Cùng cấp", "Giữa các cấp", None]),
            "on_provincial_portal": yes(draw),
            "on_national_portal": yes(draw),
            "online_payment": yes(draw),
        }
    if draw.random() < 0.05:
        changed["repealed_on"] = day_in(draw, max(row["announced_on"], date(2021, 1, 1)), date(2021, 12, 30))
    return changed


def staff(draw: random.Random, top: str, members: list[Row]) -> list[Row]:
    people = []
    for n in range(draw.randint(5, 25)):
        unit = draw.choice(members)
        at_school = unit["unit_kind"] == "Đơn vị sự nghiệp"
        kinds = ["Viên chức"] if at_school else ["Công chức", "Hợp đồng lao động"]
        joined = draw.choice([None, date(2010, 5, 1), day_in(draw, date(2021, 1, 1), date(2021, 12, 1))])
        people.append({
            "staff_code": f"NV{top}{n:03}",
            "full_name": "Người Thử Nghiệm",
            "staff_kind": draw.choice(kinds),
            "org_code": unit["org_code"],
            "joined_on": joined,
            "status": draw.choice(PRESENT),
            "members": members,
        })
    return people


def change_person(draw: random.Random, row: Row) -> Row:
    changed = dict(row)
    if row["status"] in LEFT:
        return changed
    if draw.random() < 0.15:
        changed["org_code"] = draw.choice(row["members"])["org_code"]
    if draw.random() < 0.1:
        changed["staff_kind"] = draw.choice(["Công chức", "Viên chức", "Hợp đồng lao động"])
    if draw.random() < 0.1:
        changed["status"] = draw.choice(LEFT)
        if draw.random() < 0.6:
            changed["status_on"] = day_in(draw, date(2021, 1, 1), date(2021, 12, 20))
    return changed


# --- dossiers ---------------------------------------------------------------------------------------------------------


def dossiers(draw: random.Random, top: str, members: list[Row], anywhere: list[str]) -> Iterator[Delivery]:
    lacks = draw.choice([(), (), ("channel",), ("due_at",), ("channel", "due_at")])
    nights = sorted(draw.sample(NIGHTS, draw.randint(3, len(NIGHTS))))
    seats = [u["org_code"] for u in members if u["unit_kind"] != "Đơn vị sự nghiệp"]
    live: dict[str, Row] = {}
    for index, night in enumerate(nights):
        since = nights[index - 1] if index else date(2020, 12, 20)
        for _ in range(draw.randint(2, 8)):
            received = day_in(draw, date(2020, 12, 1) if not index else since, night)
            code = f"000.00.{top[-2:]}.H21-{received:%y%m%d}-{len(live):04}"
            live[code] = {
                "dossier_code": code,
                "procedure_code": f"2.{draw.randint(1, 30):06}",
                "field": draw.choice(FIELDS),
                "org_code": draw.choice(seats),
                "applicant_kind": "Công dân",
                "applicant_name": "Người Thử Nghiệm",
                "channel": draw.choice(CHANNELS),
                "service_level": "4",
                "received_at": received,
                "due_at": (due := draw.choice([None, received + timedelta(days=draw.randint(1, 40))])),
                "extended_due_at": due and draw.choice([None, None, None, due + timedelta(days=draw.randint(0, 20))]),
                "resolving_org_code": draw.choice([None, None, draw.choice(anywhere)]),
                "status": draw.choice(["Được tiếp nhận", "Đang xử lý", "Đang xử lý", REFUSED, *PAUSED]),
            }
        for code, row in live.items():
            live[code] = change_dossier(draw, row, since, night)
        yield Delivery("one_stop_shop/dossiers", top, night, tuple(live.values()), lacks=lacks)


def change_dossier(draw: random.Random, row: Row, since: date, night: date) -> Row:
    if row["status"] in (REFUSED, WITHDRAWN) or row.get("finished_at"):
        return row
    chance = draw.random()
    first = max(row["received_at"], since)
    if chance < 0.3:
        finished = day_in(draw, max(row["received_at"], since - timedelta(days=20)), night)
        return row | {"finished_at": finished, "status": draw.choice(["Đã xử lý xong", "Đã trả kết quả"])}
    if chance < 0.37:
        return (
            row | {"status": WITHDRAWN} | ({"finished_at": day_in(draw, first, night)} if draw.random() < 0.4 else {})
        )
    if chance < 0.6:
        return row | {"status": draw.choice(["Đang xử lý", *PAUSED])}
    return row


# --- written ----------------------------------------------------------------------------------------------------------


def write(delivery: Delivery, inbox: Path) -> Path:
    name = delivery.sender if delivery.part is None else f"{delivery.sender}.{delivery.part}"
    path = inbox / delivery.export / f"{delivery.day}" / f"{name}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    columns = [c for c in catalogue.export(delivery.export).columns if c.name not in delivery.lacks]
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(c.header for c in columns)
        for row in delivery.rows:
            writer.writerow(cell(row.get(c.name)) for c in columns)
    return quiet(path)


def cell(value: object) -> str:
    if value is None:
        return ""
    return f"{value:%d/%m/%Y}" if isinstance(value, date) else str(value)
