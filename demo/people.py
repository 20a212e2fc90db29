"""The district's staff, posts and personnel events of 2021. Everybody is invented."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from demo.calendar import vietnamese
from demo.district import BODIES, BODY_CODES, COMMUNES, SERVICE_CODES, body_code
from demo.dossiers import NAMES, split

CIVIL, PUBLIC, CONTRACT = "Công chức", "Viên chức", "Hợp đồng lao động"

POSTS = dict(zip(BODY_CODES, (posts for _, _, posts in BODIES), strict=True))  # 79 posts for civil servants
VACANT = (body_code(1), body_code(3), body_code(7))  # a post each is free: 76 present
OFFICE = body_code(9)  # Văn phòng: drivers and cleaners are on contract

# The newest member of a body or service unit, and since when.
RECRUITED = {body_code(n): date(2021, 3, 1) if n < 4 else date(2021, 9, 1) for n in range(1, 6)}
TRANSFERRED = {body_code(n): date(2021, 6, 1) for n in range(6, 10)}  # from a commune to the district
TEACHERS = dict.fromkeys(SERVICE_CODES[12:42], date(2021, 8, 20))
NEWCOMERS = RECRUITED | TRANSFERRED | TEACHERS

OVERFULL = SERVICE_CODES[10]  # one person more than posts
PRESENT_IN_SERVICES = dict(zip(SERVICE_CODES, split(948, [3 + n % 5 for n in range(len(SERVICE_CODES))]), strict=True))

# Who is no longer there (unit, kind, status, since): not counted, but for the one who left after the window closed.
LEAVERS = (
    (VACANT[0], CIVIL, "Chuyển đi", date(2021, 3, 20)),
    (VACANT[1], CIVIL, "Nghỉ hưu", date(2021, 5, 1)),
    (VACANT[2], CIVIL, "Thôi việc", date(2020, 10, 1)),
    (SERVICE_CODES[0], PUBLIC, "Tinh giản", date(2021, 2, 1)),
    (SERVICE_CODES[1], PUBLIC, "Nghỉ hưu", date(2021, 4, 1)),
    (SERVICE_CODES[2], PUBLIC, "Thôi việc", date(2021, 7, 1)),
    (SERVICE_CODES[3], PUBLIC, "Từ trần", date(2021, 9, 5)),
)
RETIRED_LATER = SERVICE_CODES[5], date(2021, 12, 1)
JOINED_LATER = VACANT[2], date(2021, 12, 1)


@dataclass(frozen=True)
class Person:
    """One row of hr/staff, without what is personal."""

    code: str
    kind: str
    unit: str
    position: str
    rank: str
    joined: str
    status: str
    since: date | None


def staff() -> list[Person]:
    """76 civil servants, 948 public employees and 6 on contract present on 15/11/2021, and others who do not count."""
    people = [
        *(
            (CIVIL, unit, n, posts - (unit in VACANT))
            for unit, posts in POSTS.items()
            for n in range(posts - (unit in VACANT))
        ),
        *((PUBLIC, unit, n, count) for unit, count in PRESENT_IN_SERVICES.items() for n in range(count)),
    ]
    found = []
    for kind, unit, n, count in people:
        head = "Trưởng đơn vị" if n == 0 else "Chuyên viên" if kind == CIVIL else "Giáo viên, nhân viên"
        rank = "01.003" if kind == CIVIL else "V.07.03.29"
        since = NEWCOMERS.get(unit) if n == count - 1 else None
        joined = vietnamese(since) or ("2010", "15/08/2011", "09/2003")[n % 3]  # as exact as it was remembered
        status = "Đang làm việc"
        if (unit, n) == (body_code(4), 1):
            status = "Biệt phái"
        elif (unit, n) in ((body_code(5), 1), (SERVICE_CODES[30], 1)):
            status = "Nghỉ thai sản"
        elif unit == RETIRED_LATER[0] and n == count - 1:
            status, since = "Nghỉ hưu", RETIRED_LATER[1]
        found.append((kind, unit, head, rank, joined, status, since))
    for unit, kind, status, since in LEAVERS:
        found.append((kind, unit, "Nhân viên", "01.003", "1998", status, since))
    unit, since = JOINED_LATER
    found.append((CIVIL, unit, "Chuyên viên", "01.003", vietnamese(since), "Đang làm việc", since))
    found += [(CONTRACT, OFFICE, "Nhân viên", "01.010", "2015", "Đang làm việc", None)] * 6
    for unit, _, _ in COMMUNES:
        found += [("Cán bộ cấp xã", unit, "Cán bộ", "", "2016", "Đang làm việc", None)] * 10
        found += [("Công chức cấp xã", unit, "Công chức chuyên môn", "", "2014", "Đang làm việc", None)] * 9
    return [Person(f"DC{n:05d}", *person) for n, person in enumerate(found, 1)]


def staff_row(person: Person, n: int, chance: random.Random) -> list[str]:
    name = chance.choice(NAMES)
    born = chance.choice((
        f"{n % 28 + 1:02d}/{n % 12 + 1:02d}/{1968 + n % 30}",
        f"{n % 12 + 1:02d}/{1968 + n % 30}",
        "1975",
    ))
    return [
        person.code,
        name,
        born,
        "Nữ" if " Thị " in name else "Nam",
        f"0649{n:08d}",  # a century digit of 9: nobody's
        person.kind,
        person.unit,
        person.position,
        person.rank,
        person.joined,
        person.status,
        vietnamese(person.since),
    ]


def quota_rows() -> Iterator[list[str]]:
    """Posts by year, unit and kind, as decided: of 2021 the last decision on or before 15/11 counts.

    At the end of the window 79 and 997 posts; 88 and 1108 in 2015. Only OVERFULL, in 2021, has fewer posts than people.
    """
    civil, public = "Hành chính", "Sự nghiệp"
    spare = split(997 - 948 + 1, [u != OVERFULL for u in SERVICE_CODES])
    services = {
        unit: PRESENT_IN_SERVICES[unit] + more - (unit == OVERFULL)
        for unit, more in zip(SERVICE_CODES, spare, strict=True)
    }
    cut = (BODY_CODES[9], *SERVICE_CODES[20:23])  # lose a post in July
    for kind, posts, cut_since_2015 in ((civil, POSTS, 9), (public, services, 111)):
        lost = split(cut_since_2015, [1] * len(posts))
        for (unit, now), more in zip(posts.items(), lost, strict=True):
            yield _quota(2015, unit, kind, now + more, "88/QĐ-UBND", date(2015, 4, 15))
            yield _quota(2020, unit, kind, now + 1, "702/QĐ-UBND", date(2019, 12, 20))
            yield _quota(2021, unit, kind, now + (unit in cut), "790/QĐ-UBND", date(2020, 12, 28))
            if unit in cut:
                yield _quota(2021, unit, kind, now, "455/QĐ-UBND", date(2021, 7, 20))
            if unit in (BODY_CODES[10], SERVICE_CODES[25]):
                yield _quota(2021, unit, kind, now + 2, "671/QĐ-UBND", date(2021, 12, 1))
    yield _quota(2021, OFFICE, "Hợp đồng", 6, "790/QĐ-UBND", date(2020, 12, 28))


def _quota(year: int, unit: str, kind: str, posts: int, decision: str, day: date) -> list[str]:
    return [str(year), unit, kind, str(posts), decision, vietnamese(day)]


LEADER = "Lãnh đạo phòng thuộc UBND huyện"


def event_rows(people: list[Person]) -> Iterator[list[str]]:
    """Personnel events; of the window 5 + 4 + 30 joined, 2 were appointed, 1 left early, nobody was disciplined."""

    def one(
        day: date, number: int, person: Person, kind: str, form: str = "", level: str = "", competed: str = ""
    ) -> list[str]:
        return [f"{number}/QĐ-UBND", person.code, kind, form, level, competed, person.unit, day.isoformat()]

    newest = {
        p.unit: p
        for p in people
        if p.kind in (CIVIL, PUBLIC) and p.since and p.status == "Đang làm việc" and p.since < JOINED_LATER[1]
    }
    heads = [p for p in people if p.position == "Trưởng đơn vị" and p.kind == CIVIL]
    teachers = [p for p in people if p.kind == PUBLIC and p.position != "Trưởng đơn vị"]
    for n, (unit, since) in enumerate(RECRUITED.items()):
        day = date(2021, 2, 25) if since < date(2021, 4, 1) else date(2021, 8, 27)
        yield one(day, 310 + n, newest[unit], "Tuyển dụng", "Xét tuyển" if n > 2 else "Thi tuyển", CIVIL)
    for unit in TRANSFERRED:
        yield one(date(2021, 5, 28), 501, newest[unit], "Xét chuyển", "Xét chuyển", CIVIL)
    for unit in TEACHERS:
        yield one(date(2021, 8, 16), 1502, newest[unit], "Tuyển dụng", "Xét tuyển", PUBLIC)
    yield one(date(2021, 4, 12), 402, heads[2], "Bổ nhiệm", "", LEADER, "Không")
    yield one(date(2021, 10, 4), 1820, heads[6], "Bổ nhiệm", "", LEADER, "Không")
    for n in range(3):
        yield one(date(2021, 6, 3 + n), 610 + n, heads[7 + n], "Bổ nhiệm lại", "", LEADER, "Không")
    leaver = next(p for p in people if p.status == "Tinh giản")
    yield one(date(2021, 1, 25), 120, leaver, "Tinh giản", "Nghị định 108/2014/NĐ-CP", PUBLIC)
    for n in range(6 + 2 + 33):
        yield one(
            date(2021, 4 + n % 6, 5 + n % 20), 700 + n, teachers[n * 11], "Đào tạo", "Bồi dưỡng" if n > 7 else "Đại học"
        )
    # Outside the printed window.
    yield one(date(2020, 11, 10), 2101, teachers[40], "Kỷ luật", "Khiển trách", PUBLIC)
    yield one(date(2020, 12, 1), 2230, heads[0], "Bổ nhiệm", "", LEADER, "Có")
    yield one(date(2021, 11, 30), 2301, teachers[90], "Kỷ luật", "Cảnh cáo", PUBLIC)
    yield one(date(2021, 12, 2), 2310, teachers[90], "Kỷ luật", "Cảnh cáo (Đảng)", PUBLIC)  # the same person, once more
    yield one(date(2021, 12, 6), 2320, heads[1], "Bổ nhiệm", "", LEADER, "Có")
    later = next(p for p in people if p.since == JOINED_LATER[1] and p.kind == CIVIL)
    yield one(date(2021, 11, 26), 2299, later, "Tuyển dụng", "Thi tuyển", CIVIL)
