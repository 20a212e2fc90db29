"""Đức Cơ district in 2021: its units and procedures. Codes are of the state's lists; the rest is made up to fit."""

import itertools
from dataclasses import dataclass
from datetime import date

DISTRICT = "631"
PROVINCE = "64"

# GSO codes of 2021 and how large a share of the communes' dossiers each receives.
COMMUNES = (
    ("23857", "Thị trấn Chư Ty", 26),
    ("23860", "Xã Ia Dơk", 12),
    ("23863", "Xã Ia Krêl", 11),
    ("23866", "Xã Ia Din", 8),
    ("23869", "Xã Ia Kla", 9),
    ("23872", "Xã Ia Dom", 9),
    ("23875", "Xã Ia Lang", 6),
    ("23878", "Xã Ia Kriêng", 6),
    ("23881", "Xã Ia Pnôn", 6),
    ("23884", "Xã Ia Nan", 7),
)
TOWN = COMMUNES[0][0]

# Name, the letters of its document numbers, posts given in 2021. "TTr" would read as Tờ trình, hence TTHU.
BODIES = (
    ("Phòng Nội vụ", "NV", 8),
    ("Phòng Tư pháp", "TP", 4),
    ("Phòng Tài chính - Kế hoạch", "TCKH", 9),
    ("Phòng Tài nguyên và Môi trường", "TNMT", 7),
    ("Phòng Lao động - Thương binh và Xã hội", "LĐTBXH", 7),
    ("Phòng Văn hóa và Thông tin", "VHTT", 5),
    ("Phòng Giáo dục và Đào tạo", "GDĐT", 8),
    ("Thanh tra huyện", "TTHU", 4),
    ("Văn phòng HĐND-UBND huyện", "VP", 11),
    ("Phòng Kinh tế và Hạ tầng", "KTHT", 6),
    ("Phòng Nông nghiệp và Phát triển nông thôn", "NNPTNT", 6),
    ("Phòng Dân tộc", "DT", 4),
)
HEALTH = "631.13"  # merged into Văn phòng on 23/3/2021: its documents of before that day still count
HEALTH_CLOSED = date(2021, 3, 23)

SERVICE_GROUPS = {"2": 2, "3": 23, "4": 22}  # autonomy group -> units
UNAPPROVED = 4  # service units without approved positions


def body_code(number: int) -> str:
    """
    >>> body_code(1)
    '631.01'
    """
    return f"{DISTRICT}.{number:02d}"


BODY_CODES = tuple(body_code(n) for n in range(1, len(BODIES) + 1))
SERVICE_CODES = tuple(body_code(n) for n in range(21, 21 + sum(SERVICE_GROUPS.values())))


@dataclass(frozen=True)
class Unit:
    """One row of hr/units."""

    code: str
    name: str
    parent: str
    kind: str
    managed_by: str = ""
    autonomy: str = ""
    approved: str = ""
    established: date | None = None
    dissolved: date | None = None
    equitised: str = ""


def units() -> list[Unit]:
    """The province, the district, its bodies, communes and service units, and a few that must not be counted."""
    founded = date(1991, 10, 15)
    body, service = "Cơ quan hành chính", "Đơn vị sự nghiệp"
    found = [
        Unit(PROVINCE, "UBND tỉnh Gia Lai", "", "UBND cấp tỉnh"),
        Unit("64.01", "Sở Y tế", PROVINCE, "Sở, ngành", "UBND tỉnh", approved="Có"),
        Unit(
            "64.01.01", "Trung tâm Y tế huyện Đức Cơ", "64.01", service, "Sở", "3", "Có"
        ),  # in the district, not of it
        Unit(DISTRICT, "UBND huyện Đức Cơ", PROVINCE, "UBND cấp huyện", established=founded),
    ]
    for code, (name, _, _) in zip(BODY_CODES, BODIES, strict=True):
        found.append(Unit(code, name, DISTRICT, body, "UBND huyện", approved="Có", established=founded))
    found.append(Unit(HEALTH, "Phòng Y tế", DISTRICT, body, "UBND huyện", "", "Có", founded, HEALTH_CLOSED))
    found += [Unit(code, f"UBND {name[0].lower()}{name[1:]}", DISTRICT, "UBND cấp xã") for code, name, _ in COMMUNES]
    groups = [group for group, count in SERVICE_GROUPS.items() for _ in range(count)]
    for n, (code, group, name) in enumerate(zip(SERVICE_CODES, groups, _service_names(), strict=True)):
        approved = "Không" if n >= len(SERVICE_CODES) - UNAPPROVED else "Có"
        found.append(Unit(code, name, DISTRICT, service, "UBND huyện", group, approved, founded, equitised="Không"))
    closed, opened = date(2020, 9, 1), date(2021, 12, 1)
    found.append(Unit("631.68", "Trạm Khuyến nông", DISTRICT, service, "UBND huyện", "4", "Có", founded, closed))
    found.append(Unit("631.69", "Trường Mầm non Hoa Pơ Lang", DISTRICT, service, "UBND huyện", "4", "Có", opened))
    return found


def _service_names() -> list[str]:
    centres = ["Ban Quản lý dự án đầu tư xây dựng", "Đội Công trình giao thông", "Trung tâm Dịch vụ nông nghiệp"]
    centres += ["Trung tâm Văn hóa, Thông tin và Thể thao", "Trung tâm Phát triển quỹ đất"]
    places = [name.split(" ", 1)[1].removeprefix("trấn ") for _, name, _ in COMMUNES]
    schools = [f"{kind} {place}" for kind in ("Trường Mầm non", "Trường Tiểu học", "Trường THCS") for place in places]
    more = [f"Trường {kind} số 2 {place}" for kind in ("Mầm non", "Tiểu học") for place in places]
    return (centres + schools + more)[: sum(SERVICE_GROUPS.values())]


@dataclass(frozen=True)
class Procedure:
    """One row of one_stop_shop/procedures."""

    code: str
    level: str
    name: str
    field: str
    service_level: str
    interlink: str
    portal: str
    national: str
    payment: str
    postal: str
    announced: date
    decision: str
    repealed: date | None = None

    @property
    def working_days(self) -> int:
        """How long it may take: authentication is done the same day, land takes weeks."""
        usual = {"Chứng thực": 1, "Hộ tịch": 3, "Đất đai": 20, "Xây dựng": 15}
        return usual.get(self.field, 5 + int(self.code[2:8]) % 11)

    @property
    def is_settled(self) -> bool:
        """In force throughout everything the demo shows: only such procedures have dossiers."""
        return self.announced < date(2020, 9, 1) and self.repealed is None


LAND, CONSTRUCTION = "Đất đai", "Xây dựng"
DISTRICT_FIELDS = {
    LAND: 40,
    CONSTRUCTION: 20,
    "Hộ tịch": 18,
    "Chứng thực": 12,
    "Hộ kinh doanh": 20,
    "Bảo trợ xã hội": 30,
    "Người có công": 28,
    "Giáo dục và Đào tạo": 40,
    "Môi trường": 15,
    "Nông nghiệp": 25,
    "Văn hóa": 25,
    "Thi đua - Khen thưởng": 10,
    "Tôn giáo": 15,
}
COMMUNE_FIELDS = {
    LAND: 10,
    CONSTRUCTION: 5,
    "Hộ tịch": 35,
    "Chứng thực": 15,
    "Bảo trợ xã hội": 30,
    "Người có công": 25,
    "Nuôi con nuôi": 10,
    "Tôn giáo": 15,
    "Thi đua - Khen thưởng": 10,
    "Nông nghiệp": 10,
    "Giáo dục và Đào tạo": 10,
}
OBJECTS = {
    LAND: ("quyền sử dụng đất", "tài sản gắn liền với đất", "biến động đất đai", "chuyển mục đích sử dụng đất"),
    CONSTRUCTION: ("giấy phép xây dựng nhà ở riêng lẻ", "giấy phép xây dựng công trình", "quy hoạch chi tiết"),
    "Hộ tịch": ("khai sinh", "kết hôn", "khai tử", "nhận cha, mẹ, con", "giám hộ", "tình trạng hôn nhân"),
    "Chứng thực": ("bản sao từ bản chính", "chữ ký", "hợp đồng, giao dịch", "văn bản thỏa thuận phân chia di sản"),
    "Hộ kinh doanh": ("hộ kinh doanh", "tạm ngừng kinh doanh", "hợp tác xã", "kinh doanh có điều kiện"),
    "Bảo trợ xã hội": ("trợ cấp xã hội hàng tháng", "mai táng phí", "mức độ khuyết tật", "hộ nghèo, hộ cận nghèo"),
    "Người có công": ("chế độ ưu đãi", "thân nhân liệt sĩ", "thương binh, bệnh binh", "thờ cúng liệt sĩ"),
    "Giáo dục và Đào tạo": ("trường mầm non", "trường tiểu học", "trường trung học cơ sở", "học bạ, văn bằng"),
    "Môi trường": ("kế hoạch bảo vệ môi trường", "xả thải quy mô nhỏ"),
    "Nông nghiệp": ("trang trại", "phương án sản xuất", "dự án liên kết"),
    "Văn hóa": ("gia đình văn hóa", "dịch vụ karaoke", "thư viện tư nhân"),
    "Thi đua - Khen thưởng": ("giấy khen", "danh hiệu lao động tiên tiến"),
    "Tôn giáo": ("sinh hoạt tôn giáo tập trung", "lễ hội tín ngưỡng"),
    "Nuôi con nuôi": ("việc nuôi con nuôi trong nước", "nuôi con nuôi thực tế"),
}
VERBS = ("Đăng ký", "Cấp", "Cấp lại", "Xác nhận", "Thay đổi, cải chính", "Gia hạn", "Công nhận", "Đề nghị hưởng")
VERBS += ("Thẩm định hồ sơ", "Chấm dứt", "Thông báo", "Bổ sung hồ sơ", "Đăng ký lại", "Trích lục")

SHARED = {"Hộ tịch": 10, "Chứng thực": 10}  # codes that exist at both levels
NOT_BY_POST = {"Huyện": 30, "Xã": 21}  # each so-manieth is closed to the post: 17 of 473
UNLINKED = (("Huyện", 150), ("Xã", 60))  # two procedures carry no interlink class


def procedures() -> list[Procedure]:
    """298 district and 175 commune procedures in force on 15/11/2021, and 37 repealed or announced later."""
    found: list[Procedure] = []
    shared = {field: [f"2.{815 + 7 * n + 100 * k:06d}" for n in range(10)] for k, field in enumerate(SHARED)}
    for level, fields, third, second in (("Huyện", DISTRICT_FIELDS, 8, 71), ("Xã", COMMUNE_FIELDS, 1, 103)):
        names = [(f, n, name) for f, count in fields.items() for n, name in enumerate(_names(f, count))]
        levels = _service_levels(len(names), third, second)
        for i, (field, n, name) in enumerate(names):
            own = f"1.{1000 + 13 * i + (500000 if level == 'Xã' else 0):06d}"
            code = shared[field][n] if n < SHARED.get(field, 0) else own + ("", ".H21", ".000.00.00.H21")[i % 3]
            announced, decision = _announcement(i, len(names))
            found.append(
                Procedure(
                    code=code,
                    level=level,
                    name=f"{name} thuộc thẩm quyền giải quyết của UBND cấp {level.lower()}",
                    field=field,
                    service_level=levels[i],
                    interlink="" if (level, i) in UNLINKED else "Cùng cấp",
                    portal="Có" if levels[i] != "2" or i % 2 else "Không",  # on the portal for information only
                    national="Có" if levels[i] == "4" and i % 2 else "Không",
                    payment="Không",
                    postal="Không" if i % NOT_BY_POST[level] == NOT_BY_POST[level] - 1 else "Có",
                    announced=announced,
                    decision=decision,
                )
            )
    across = set(itertools.islice((i for i, p in enumerate(found) if p.interlink and i % 5 == 0), 86))
    paying = set([i for i, p in enumerate(found) if p.service_level == "4"][::3][:76])
    found = [
        _with(p, interlink="Giữa các cấp" if i in across else p.interlink, payment="Có" if i in paying else "Không")
        for i, p in enumerate(found)
    ]
    return found + _not_in_force()


def _names(field: str, count: int) -> list[str]:
    every = [f"{verb} {thing}" for verb in VERBS for thing in OBJECTS[field]]
    return every[:count]


def _service_levels(count: int, third: int, second: int) -> list[str]:
    levels = ["4"] * count
    for n in range(third):
        levels[5 + n * count // third] = "3"
    order = sorted(range(count), key=lambda i: (i * 7) % count)  # spread over the fields
    for i in [i for i in order if levels[i] == "4"][:second]:
        levels[i] = "2"
    return levels


def _announcement(i: int, count: int) -> tuple[date, str]:
    if i == count - 1:
        return date(2021, 11, 15), "620/QĐ-UBND"  # the last day of the printed window still counts
    if i % 25 == 24:
        return date(2021, 5, 20), "385/QĐ-UBND"
    return (date(2018, 6, 12), "412/QĐ-UBND") if i % 2 else (date(2020, 3, 30), "189/QĐ-UBND")


def _not_in_force() -> list[Procedure]:
    plain = {"field": "Văn hóa", "service_level": "4", "interlink": "Cùng cấp", "portal": "Có", "national": "Không"}
    plain |= {"payment": "Có", "postal": "Không"}
    found = []
    for n in range(25):
        name = f"Thủ tục đã bãi bỏ số {n + 1}"
        repealed = date(2021, 2, 10) if n < 15 else date(2021, 8, 2)
        level = "Xã" if n % 2 else "Huyện"
        found.append(
            Procedure(
                f"1.{900000 + n}",
                level,
                name,
                announced=date(2016, 1, 20),
                decision="22/QĐ-UBND",
                repealed=repealed,
                **plain,
            )
        )
    for n in range(12):
        name = f"Thủ tục công bố mới số {n + 1}"
        level = "Xã" if n % 2 else "Huyện"
        found.append(
            Procedure(f"1.{910000 + n}", level, name, announced=date(2021, 11, 25), decision="655/QĐ-UBND", **plain)
        )
    return found


def _with(procedure: Procedure, **changed: str) -> Procedure:
    return Procedure(**{**procedure.__dict__, **changed})
