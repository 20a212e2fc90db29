"""The figures of the printed report once more, from the delivered files alone: in pandas, with no line of etl.

It exists to disagree. Two programs that share no line give the same figure, or one of them is wrong.
"""

import functools
import unicodedata
from collections import Counter
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from io import StringIO
from pathlib import Path

import holidays
import pandas as pd

Figure = tuple[Decimal | None, int | None, int | None]  # value, numerator, denominator

# Position of each column in the file as delivered; "#" is a running number.
FILES = {
    "hr/units": ".csv code name parent kind managed_by autonomy approved established dissolved equitised",
    "hr/staff": ".csv code name born gender identity kind org position rank joined status since",
    "hr/quotas": ".xls # year org kind assigned decision decided",
    "hr/events": ".csv code staff kind form level competed org decided",
    "one_stop_shop/procedures": ".xlsx # code level name field service interlink approved digital portal national"
    " payment postal announced decision repealed",
    "one_stop_shop/dossiers": ".csv # code procedure procedure_name field org org_name applicant name identity phone"
    " channel service received due finished returned return_channel status fee paid letter note",
    "document_management/documents": ".csv org number issued type subject direction recipients signed mode secrecy"
    " topic signer status",
    "document_management/tasks": ".csv code content level document org assigned due completed",
    "declarations/indicators": ".xlsx # code year period org value note evidence",
}
SEPARATORS = {"hr/staff": "\t", "hr/events": ";", "document_management/documents": ";"}
ENCODINGS = {"hr/staff": "utf-16", "document_management/tasks": "cp1258"}

VOCABULARIES = {
    "channel": "Trực tiếp|Trực tuyến|Bưu chính công ích",
    "dossier_status": "Mới đăng ký|Được tiếp nhận|Không được tiếp nhận|Đang xử lý|Yêu cầu bổ sung|Dừng xử lý"
    "|Yêu cầu thực hiện nghĩa vụ tài chính|Công dân rút hồ sơ|Đã xử lý xong|Đã trả kết quả",
    "service": "2|3|4|Một phần|Toàn trình",
    "applicant": "Công dân|Doanh nghiệp|Tổ chức",
    "flag": "Có|Không",
    "unit": "UBND cấp tỉnh|Sở, ngành|UBND cấp huyện|UBND cấp xã|Cơ quan hành chính|Đơn vị sự nghiệp",
    "managed_by": "|UBND tỉnh|Sở|UBND huyện",
    "autonomy": "|1|2|3|4",
    "staff": "Công chức|Viên chức|Cán bộ cấp xã|Công chức cấp xã|Hợp đồng lao động",
    "staff_status": "Đang làm việc|Biệt phái|Nghỉ thai sản|Nghỉ hưu|Thôi việc|Tinh giản|Chuyển đi|Từ trần",
    "quota": "Hành chính|Sự nghiệp|Hợp đồng",
    "event": "Tuyển dụng|Bổ nhiệm|Bổ nhiệm lại|Kỷ luật|Tinh giản|Xét chuyển|Đào tạo",
    "direction": "Đi|Đến",
    "mode": "Điện tử|Điện tử và giấy|Giấy",
    "document_status": "Đã phát hành|Thu hồi|Thay thế",
    "assigned_by": "Chính phủ|UBND tỉnh|Kế hoạch CCHC",
}
REFUSED, REGISTERED, WITHDRAWN = "Không được tiếp nhận", "Mới đăng ký", "Công dân rút hồ sơ"
PAUSED = ["Yêu cầu bổ sung", "Dừng xử lý", "Yêu cầu thực hiện nghĩa vụ tài chính"]
ONLINE = "Trực tuyến"
PRESENT = ["Đang làm việc", "Biệt phái", "Nghỉ thai sản"]

# Codes that are declared, and how their value reads: a percentage, one of the listed codes, or a count.
DECLARED = dict.fromkeys(["1.2.2", "1.2.3", "1.2.4", "1.5.1", "2.2", "2.3", "2.4", "2.5"], "count")
DECLARED |= dict.fromkeys(["7.4", "7.6.1.b", "7.6.1.c", "7.7.2", "7.7.3"], "percentage")
DECLARED |= dict.fromkeys(["b.4.1", "b.4.2", "b.5.1", "b.6.1", "b.6.2", "b.6.3", "b.6.4"], "count") | {"b.7.1": "012"}
DECLARED |= {"1.5.2": "012", "1.6": "01", "7.1": "01", "7.2": "01", "7.3": "012", "7.5": "012"}


@dataclass(frozen=True)
class Deliveries:
    """Rows that may be counted, by export, and how many rows break each rule."""

    good: dict[str, pd.DataFrame]
    broken: Counter[str]
    rows: dict[str, int]


@functools.lru_cache(maxsize=2)
def deliveries(inbox: Path, delivered: date = date(2021, 12, 15), sender: str = "duc-co") -> Deliveries:
    """Everything one sender delivered on one day, judged."""
    raw = {export: _read(inbox, export, delivered, sender) for export in FILES}
    good: dict[str, pd.DataFrame] = {}
    broken: Counter[str] = Counter()
    for export, judge in JUDGES.items():
        frame, rules = judge(raw[export], good, pd.Timestamp(delivered))
        fails = pd.DataFrame(rules)
        broken.update({rule: int(count) for rule, count in fails.sum().items()})
        errors = fails[[rule for rule in fails if rule.split("-")[1] < "50"]].any(axis=1)
        columns = [column for column in raw[export].columns if column != "#"]
        good[export] = frame[~errors & ~raw[export].duplicated(columns)].reset_index(drop=True)
    return Deliveries(good, broken, {export: len(frame) for export, frame in raw.items()})


def figures(
    inbox: Path,
    start: date,
    end: date,
    units: list[str],
    *,
    year: int = 2021,
    period: str = "Năm",
    delivered: date = date(2021, 12, 15),
) -> dict[tuple[str, str], Figure]:
    """The appendix of units for a window of inclusive days.

    Output: figure by (unit, indicator code); percentages have two decimals, rounded half up. A missing key: not for
            this kind of unit, or not declared; a value of None: no cases.
    """
    good = deliveries(inbox, delivered).good
    found: dict[tuple[str, str], Figure] = {}
    for unit in units:
        for code, figure in _appendix(good, pd.Timestamp(start), pd.Timestamp(end), unit, year, period).items():
            found[unit, code] = figure
    return found


def flow(inbox: Path, start: date, end: date, unit: str, *, delivered: date = date(2021, 12, 15)) -> dict[str, int]:
    """Received, resolved and pending dossiers of a unit's own desk (not of what is below it)."""
    d = deliveries(inbox, delivered).good["one_stop_shop/dossiers"]
    return _flow(d[d.org == unit], pd.Timestamp(start), pd.Timestamp(end))


# ---- reading ------------------------------------------------------------------------------------------------------


def _read(inbox: Path, export: str, delivered: date, sender: str) -> pd.DataFrame:
    suffix, *names = FILES[export].split()
    path = inbox / export / delivered.isoformat() / f"{sender}{suffix}"
    if suffix == ".xlsx":
        cells = pd.read_excel(path, header=None, dtype=object, engine="calamine")
        cells = cells.map(lambda c: "" if pd.isna(c) else f"{c:%d/%m/%Y}" if hasattr(c, "strftime") else str(c))
    elif suffix == ".xls":
        texts = dict.fromkeys(range(len(names)), str)
        cells = pd.read_html(
            StringIO(path.read_text("utf-8")), header=None, converters=texts, thousands=None, keep_default_na=False
        )[0]
    else:
        text = path.read_bytes().decode(ENCODINGS.get(export, "utf-8-sig"))
        cells = pd.read_csv(
            StringIO(text), sep=SEPARATORS.get(export, ","), header=None, dtype=str, keep_default_na=False
        )
    cells = cells.map(lambda cell: unicodedata.normalize("NFC", cell.replace("\u00a0", " ")).strip())
    cells.columns = names
    key = "code" if "code" in names else "org"
    first = cells.index[cells[key].str.lower().str.startswith(("mã ", "số quyết định"))][0]
    frame = cells.loc[first + 1 :]
    is_header = (frame == cells.loc[first]).all(axis=1)
    is_total = frame.iloc[:, :2].apply(lambda column: column.str.startswith("Tổng cộng")).any(axis=1)
    return frame[~is_header & ~is_total].reset_index(drop=True)


def _day(texts: pd.Series, form: str = "%d/%m/%Y") -> pd.Series:
    return pd.to_datetime(texts, format=form, errors="coerce")


def _moment(texts: pd.Series) -> pd.Series:
    return _day(texts, "%d/%m/%Y %H:%M:%S")


def _in(texts: pd.Series, vocabulary: str) -> pd.Series:
    return texts.isin(VOCABULARIES[vocabulary].split("|"))


def _differing(frame: pd.DataFrame, key: list[str]) -> pd.Series:
    """Rows whose key another row has with another content."""
    columns = [column for column in frame.columns if column != "#"]
    once = frame.drop_duplicates(columns)
    keys = once.loc[once.duplicated(key, keep=False), key].drop_duplicates()
    marked = frame[key].merge(keys.assign(differs=True), on=key, how="left")
    return pd.Series(marked.differs.notna().to_numpy(), index=frame.index) & (frame[key] != "").all(axis=1)


def _exists(codes: pd.Series, days: pd.Series | None, units: pd.DataFrame) -> pd.Series:
    known = units.set_index("code")
    found = codes.isin(known.index)
    if days is None:
        return found
    opened, closed = codes.map(known.opened), codes.map(known.closed)
    return found & ~(opened > days) & ~(closed <= days)


# ---- judging ------------------------------------------------------------------------------------------------------

Judged = tuple[pd.DataFrame, dict[str, pd.Series]]


def _units(u: pd.DataFrame, good: dict[str, pd.DataFrame], delivered: pd.Timestamp) -> Judged:
    frame = u.assign(opened=_day(u.established), closed=_day(u.dissolved))
    parents = dict(zip(u.code, u.parent, strict=True))

    def circular(code: str) -> bool:
        seen, at = set(), code
        while at := parents.get(at, ""):
            if at in seen or at == code:
                return True
            seen.add(at)
        return False

    return frame, {
        "UNI-01": (u.code == "") | u.duplicated("code", keep=False),
        "UNI-02": ((u.parent != "") & ~u.parent.isin(u.code)) | u.code.map(circular),
        "UNI-03": ~_in(u.kind, "unit") | ~_in(u.managed_by, "managed_by") | ~_in(u.autonomy, "autonomy"),
    }


def _procedures(p: pd.DataFrame, good: dict[str, pd.DataFrame], delivered: pd.Timestamp) -> Judged:
    frame = p.assign(
        announced_on=_day(p.announced),
        repealed_on=_day(p.repealed),
        national_code=p.code.str.slice(0, 8),
        digit=_digit(p.service),
    )
    flags = ~_in(p.approved, "flag") | ~_in(p.digital, "flag") | ~_in(p.payment, "flag")
    for column in ("portal", "national", "postal"):
        flags |= ~p[column].isin(["", "Có", "Không"])
    return frame, {
        "PRO-01": ~p.code.str.fullmatch(r"\d\.\d{6}(?:\.000\.00\.00)?(?:\.[A-Z]\d\d)?"),
        "PRO-02": ~p.level.isin(["Sở", "Huyện", "Xã"]),
        "PRO-03": _differing(p, ["code", "level"]),
        "PRO-04": frame.announced_on.isna() | ((p.repealed != "") & frame.repealed_on.isna()) | flags,
        "PRO-05": frame.repealed_on < frame.announced_on,
        "PRO-51": p.interlink == "",
    }


def _staff(s: pd.DataFrame, good: dict[str, pd.DataFrame], delivered: pd.Timestamp) -> Judged:
    joined = _day(s.joined).fillna(_day(s.joined, "%m/%Y")).fillna(_day(s.joined, "%Y"))
    return s.assign(joined_on=joined, since_on=_day(s.since)), {
        "STF-01": (s.code == "") | s.duplicated("code", keep=False),
        "STF-02": ~_exists(s.org, None, good["hr/units"]),
        "STF-03": ~_in(s.kind, "staff") | ~_in(s.status, "staff_status"),
        "STF-51": (s.identity != "") & ~s.identity.str.fullmatch(r"\d{9}|\d{12}"),
    }


def _quotas(q: pd.DataFrame, good: dict[str, pd.DataFrame], delivered: pd.Timestamp) -> Judged:
    whole = q.year.str.fullmatch(r"\d{4}") & q.assigned.str.fullmatch(r"\d+")
    year = pd.to_numeric(q.year.where(whole), errors="coerce")
    units = good["hr/units"].set_index("code")
    closed = q.org.map(units.closed).dt.year < year
    opened = q.org.map(units.opened).dt.year > year
    frame = q.assign(n=pd.to_numeric(q.assigned.where(whole)), in_year=year, decided_on=_day(q.decided))
    kinds = {"Công chức": "Hành chính", "Viên chức": "Sự nghiệp", "Hợp đồng lao động": "Hợp đồng"}
    staff = good["hr/staff"]
    present = (
        staff[_is_present(staff, delivered)].assign(quota=lambda s: s.kind.map(kinds)).groupby(["org", "quota"]).size()
    )
    heads = pd.Series([present.get((o, k), 0) for o, k in zip(q.org, q.kind, strict=True)], index=q.index)
    return frame, {
        "QUO-01": ~whole,
        "QUO-02": ~q.org.isin(units.index) | closed | opened,
        "QUO-03": ~_in(q.kind, "quota"),
        "QUO-51": (heads > frame.n) & (year == delivered.year),
    }


def _events(e: pd.DataFrame, good: dict[str, pd.DataFrame], delivered: pd.Timestamp) -> Judged:
    frame = e.assign(decided_on=_day(e.decided, "%Y-%m-%d"))
    return frame, {
        "EVT-01": (e.code == "") | frame.decided_on.isna(),
        "EVT-02": ~_in(e.kind, "event"),
        "EVT-51": ~e.staff.isin(good["hr/staff"].code),
    }


def _dossiers(d: pd.DataFrame, good: dict[str, pd.DataFrame], delivered: pd.Timestamp) -> Judged:
    units, procedures = good["hr/units"], good["one_stop_shop/procedures"]
    moments = {name: _moment(d[name]) for name in ("received", "due", "finished", "returned")}
    received, due, finished, returned = (moments[name].dt.normalize() for name in moments)
    level = d.org.map(units.set_index("code").kind).map({
        "UBND cấp huyện": "Huyện",
        "Cơ quan hành chính": "Huyện",
        "UBND cấp xã": "Xã",
        "Sở, ngành": "Sở",
    })
    frame = d.assign(
        received_on=received,
        due_on=due,
        finished_on=finished,
        returned_on=returned,
        level=level,
        national_code=d.procedure.str.slice(0, 8),
        digit=_digit(d.service),
    )
    catalogue = set(zip(procedures.national_code, procedures.level, strict=True))
    listed = pd.Series([pair in catalogue for pair in zip(frame.national_code, level, strict=True)], index=d.index)
    closed = holidays.country_holidays("VN", years=range(2020, 2024))
    inside_code = d.code.str.extract(r"^\d{3}\.\d{2}\.\d{2}\.H21-(\d{6})-\d{4}$")[0]
    done = d.status.isin(["Đã xử lý xong", "Đã trả kết quả"])
    return frame, {
        "DOS-01": d.code == "",
        "DOS-02": d.procedure == "",
        "DOS-03": ~_exists(d.org, received, units),
        "DOS-04": received.isna(),
        "DOS-05": (d.due != "") & due.isna(),
        "DOS-06": (d.finished != "") & finished.isna(),
        "DOS-07": (d.returned != "") & returned.isna(),
        "DOS-08": ~_in(d.channel, "channel"),
        "DOS-09": ~_in(d.service, "service"),
        "DOS-10": ~_in(d.status, "dossier_status"),
        "DOS-11": (d.fee != "") & ~d.fee.str.fullmatch(r"\d{1,3}(?:\.\d{3})*(?: đ)?"),
        "DOS-12": _differing(d, ["code"]),
        "DOS-13": finished < received,
        "DOS-14": done & (d.finished == ""),
        "DOS-15": received > delivered,
        "DOS-16": finished > delivered,
        "DOS-17": due < received,
        "DOS-18": ~_in(d.applicant, "applicant"),
        "DOS-51": returned < finished,
        "DOS-52": (d.due == "") & ~d.status.isin([REFUSED, REGISTERED]),
        "DOS-53": (finished > due) & (d.letter == ""),
        "DOS-54": (d.service == "2") & (d.channel == ONLINE),
        "DOS-55": inside_code.notna() & received.notna() & (inside_code != received.dt.strftime("%y%m%d")),
        "DOS-56": (d.procedure != "") & level.notna() & ~listed,
        "DOS-57": due.notna() & ((due.dt.weekday >= 5) | due.dt.date.isin(closed)),
        "DOS-58": (d.identity != "") & ~d.identity.str.fullmatch(r"\d{9}|\d{12}"),
    }


def _documents(d: pd.DataFrame, good: dict[str, pd.DataFrame], delivered: pd.Timestamp) -> Judged:
    issued = _day(d.issued)
    number = d.number.str.replace(" ", "")
    parts = number.str.extract(r"^(\d+)[a-zđ]?/(?:(\d{4})/)?(?:(NQ|QĐ|CT|TB|KH|BC|TTr|GM)-)?([A-ZĐ]+(?:-[A-ZĐ]+)?)$")
    frame = d.assign(number=number, issued_on=issued, has_year=parts[1].notna())
    year = issued.dt.year.astype("string").fillna("")
    # One book per issuer, year and type; the numbers of legal documents, which carry the year, run apart.
    book = pd.DataFrame({"org": d.org, "year": year, "type": parts[2].fillna("") + parts[1].notna().astype(str)})
    book = book.assign(n=pd.to_numeric(parts[0]), day=issued)[parts[0].notna() & issued.notna()].sort_values(
        ["day", "n"], kind="stable"
    )
    highest = book.groupby(["org", "year", "type", "day"]).n.max().groupby(["org", "year", "type"])
    highest = highest.transform(lambda n: n.cummax().shift()).rename("highest")  # of the days before
    falling = book.join(highest, on=["org", "year", "type", "day"])
    falling = (falling.n < falling.highest).reindex(d.index, fill_value=False)
    keyed = d.assign(year=year, number=number)
    return frame, {
        "DOC-01": ~_exists(d.org, issued, good["hr/units"]),
        "DOC-02": number == "",
        "DOC-03": issued.isna(),
        "DOC-04": ~_in(d.direction, "direction") | ~_in(d["mode"], "mode") | ~_in(d.status, "document_status"),
        "DOC-05": _differing(keyed, ["org", "year", "number"]),
        "DOC-06": issued > delivered,
        "DOC-51": (number != "") & parts[0].isna(),
        "DOC-52": falling,
        "DOC-53": (d["mode"] != "Giấy") & (d.signed != "Có") & _in(d["mode"], "mode"),
    }


def _tasks(t: pd.DataFrame, good: dict[str, pd.DataFrame], delivered: pd.Timestamp) -> Judged:
    days = {name: _day(t[name]) for name in ("assigned", "due", "completed")}
    unread = days["assigned"].isna()
    for name in ("due", "completed"):
        unread |= (t[name] != "") & days[name].isna()
    frame = t.assign(assigned_on=days["assigned"], due_on=days["due"], completed_on=days["completed"])
    return frame, {
        "TSK-01": (t.code == "") | t.duplicated("code", keep=False),
        "TSK-02": ~_exists(t.org, frame.assigned_on, good["hr/units"]),
        "TSK-03": unread | ~_in(t.level, "assigned_by"),
        "TSK-04": frame.completed_on < frame.assigned_on,
    }


def _declarations(c: pd.DataFrame, good: dict[str, pd.DataFrame], delivered: pd.Timestamp) -> Judged:
    value = pd.Series([_declared(*pair) for pair in zip(c.code, c.value, strict=True)], index=c.index, dtype=object)
    reports = Path(__file__).parents[1] / "demo/reports"
    named = [pd.read_csv(reports / name, dtype=str).code for name in ("appendix_2021.csv", "beside_2021.csv")]
    printed = pd.concat(named)
    return c.assign(number=value), {
        "DEC-01": ~c.code.isin(printed),
        "DEC-02": c.code.isin(DECLARED.keys()) & (c.value != "") & value.isna(),
        "DEC-03": ~_exists(c.org, None, good["hr/units"]),
        "DEC-51": c.code.isin(printed) & ~c.code.isin(DECLARED.keys()),
    }


def _declared(code: str, text: str) -> Decimal | None:
    """ "01" and "1.401" are counts, "95,5" a percentage, "2" a code of its list."""
    kind = DECLARED.get(code, "count")
    plain = text.replace(",", ".") if kind == "percentage" else text.replace(".", "")
    if not plain.replace(".", "", 1).isdigit():
        return None
    value = Decimal(plain)
    if kind == "percentage":
        return value if value <= 100 else None
    return value if kind == "count" or plain.lstrip("0") in kind[1:] or plain.strip("0") == "" else None


JUDGES = {
    "hr/units": _units,
    "one_stop_shop/procedures": _procedures,
    "hr/staff": _staff,
    "hr/quotas": _quotas,
    "hr/events": _events,
    "one_stop_shop/dossiers": _dossiers,
    "document_management/documents": _documents,
    "document_management/tasks": _tasks,
    "declarations/indicators": _declarations,
}


# ---- counting -----------------------------------------------------------------------------------------------------


def _digit(service: pd.Series) -> pd.Series:
    return service.replace({"Một phần": "3", "Toàn trình": "4"})


def _is_present(staff: pd.DataFrame, day: pd.Timestamp) -> pd.Series:
    joined = ~(staff.joined_on > day)
    return joined & (staff.status.isin(PRESENT) | (staff.since_on > day))


def _share(numerator: int, denominator: int) -> Figure:
    if denominator == 0:
        return None, 0, 0
    percent = Decimal(100 * int(numerator)) / Decimal(int(denominator))
    return percent.quantize(Decimal("0.01"), ROUND_HALF_UP), int(numerator), int(denominator)


def _below(units: pd.DataFrame, top: str) -> set[str]:
    """A unit and everything under it, dissolved units too: facts stay with the unit of their day."""
    found = {top}
    while more := set(units.code[units.parent.isin(found)]) - found:
        found |= more
    return found


def _flow(d: pd.DataFrame, start: pd.Timestamp, end: pd.Timestamp) -> dict[str, int]:
    d = d[~d.status.isin([REFUSED, REGISTERED])]
    inside = d.received_on.between(start, end)
    done = d.finished_on.between(start, end) & (d.status != WITHDRAWN)
    late = d.finished_on > d.due_on
    is_open = (d.received_on <= end) & ~(d.finished_on <= end)
    overdue = is_open & (d.due_on < end) & ~d.status.isin(PAUSED)
    counts = {
        "received": inside,
        "received_online": inside & (d.channel == ONLINE),
        "received_direct": inside & (d.channel == "Trực tiếp"),
        "received_postal": inside & (d.channel == "Bưu chính công ích"),
        "carried_over": (d.received_on < start) & ~(d.finished_on < start),
        "resolved": done,
        "resolved_early": done & (d.finished_on < d.due_on),
        "resolved_on_time": done & ~(d.finished_on < d.due_on) & ~late,
        "resolved_late": done & late,
        "withdrawn": (d.status == WITHDRAWN) & d.finished_on.between(start, end),
        "pending": is_open,
        "pending_in_time": is_open & ~overdue,
        "pending_overdue": overdue,
    }
    return {name: int(rows.sum()) for name, rows in counts.items()}


def _by_post(p: pd.DataFrame, received: pd.DataFrame, returned: pd.DataFrame) -> dict[str, Figure]:
    """Of procedures in force: what came and went by public post."""
    in_force = p.national_code + p.level
    open_to_post = set(in_force[p.postal != "Không"])
    found: dict[str, Figure] = {}
    used: set[str] = set()
    for code, rows, how in (("b.1.2", received, "channel"), ("b.1.3", returned, "return_channel")):
        key = rows.national_code + rows.level
        rows, key = rows[key.isin(in_force)], key[key.isin(in_force)]
        by_post = rows[how] == "Bưu chính công ích"
        of_used = key.isin(key[by_post])
        found[code] = _share(by_post.sum(), of_used.sum())
        used |= set(key[by_post])
    return found | {"b.1.1": _share(len(used & open_to_post), len(open_to_post))}


def _appendix(
    good: dict[str, pd.DataFrame], start: pd.Timestamp, end: pd.Timestamp, unit: str, year: int, period: str
) -> dict[str, Figure]:
    found: dict[str, Figure] = {}

    def count(code: str, rows: pd.Series | int) -> None:
        found[code] = Decimal(int(rows.sum() if isinstance(rows, pd.Series) else rows)), None, None

    every = good["hr/units"]
    kind = every.set_index("code").kind[unit]
    scope = _below(every, unit)
    levels = {"UBND cấp huyện": ["Huyện", "Xã"], "UBND cấp xã": ["Xã"]}.get(kind, [])
    units = every[every.code.isin(scope) & ~(every.opened > end) & ~(every.closed <= end)]
    below = units[units.code != unit] if kind == "UBND cấp huyện" else units
    bodies, communes = below.kind == "Cơ quan hành chính", below.kind == "UBND cấp xã"

    t = good["document_management/tasks"]
    year_start = pd.Timestamp(year - 1, 12, 15)
    t = t[t.org.isin(scope)]
    plan = (t.level == "Kế hoạch CCHC") & t.assigned_on.between(year_start, end)
    done = t.completed_on <= end
    count("1.1.1", plan)
    count("1.1.2", plan & done)
    given = (t.level == "UBND tỉnh") & t.assigned_on.between(start, end)
    count("1.4.1", given)
    count("1.4.2", given & done & ~(t.completed_on > t.due_on))
    count("1.4.3", given & done & (t.completed_on > t.due_on))

    d = good["document_management/documents"]
    d = d[d.org.isin(scope) & d.issued_on.between(start, end) & (d.direction == "Đi") & (d.status != "Thu hồi")]
    d = d[d.secrecy.isin(["", "Thường"])]
    count("1.1.3", (d.topic == "CCHC") & (d.org == unit))
    count("2.1", d.has_year)
    count("7.6.2", len(d))
    found["7.6.2.a"] = _share(((d["mode"] == "Điện tử") & (d.signed == "Có")).sum(), len(d))
    found["7.6.2.b"] = _share((d["mode"] == "Điện tử và giấy").sum(), len(d))

    count("1.2.1", bodies | communes)
    count("5.1.1", bodies & (below.approved == "Có"))
    service = below[(below.kind == "Đơn vị sự nghiệp") & (below.managed_by == "UBND huyện")]
    count("4.1.4.c", len(service))
    count("5.1.2", service.approved == "Có")
    for n in "1234":
        count(f"6.{n}", (service.autonomy == n) & (service.equitised != "Có"))
    count("6.5", service.equitised == "Có")

    if levels:
        p = good["one_stop_shop/procedures"]
        p = p[p.level.isin(levels) & (p.announced_on <= end) & ~(p.repealed_on <= end)]
        count("3.1.3", len(p))
        count("3.1.3.b", p.level == "Huyện")
        count("3.1.3.c", p.level == "Xã")
        count("3.3.1", p.interlink == "Cùng cấp")
        count("3.3.2", p.interlink == "Giữa các cấp")
        count("3.3", p.interlink != "")
        found["3.3.3"] = _share((p.approved == "Có").sum(), len(p))
        found["3.3.4"] = _share(((p.approved == "Có") & (p.digital == "Có")).sum(), (p.approved == "Có").sum())
        count("3.5.2", p.digit.isin(["3", "4"]) & (p.portal == "Có"))
        count("3.5.3", p.payment == "Có")
        count("7.8.1", p.digit == "3")
        count("7.8.2", p.digit == "4")

    o = good["one_stop_shop/dossiers"]
    o = o[o.org.isin(scope) & ~o.status.isin([REFUSED, REGISTERED])]
    resolved = o[o.finished_on.between(start, end) & (o.status != WITHDRAWN)]
    on_time = ~(resolved.finished_on > resolved.due_on)
    for code, rows in (
        ("3.4.2", resolved.level == "Huyện"),
        ("3.4.3", resolved.level == "Xã"),
        ("3.4.4", resolved.field == "Đất đai"),
        ("3.4.5", resolved.field == "Xây dựng"),
    ):
        found[code] = _share((rows & on_time).sum(), rows.sum())
    received = o[o.received_on.between(start, end)]
    for code, level in (("7.8.3", "3"), ("7.8.4", "4")):
        of_level = received[received.digit == level]
        key = of_level.national_code + of_level.level
        used = of_level[key.isin(key[of_level.channel == ONLINE])]
        found[code] = _share((used.channel == ONLINE).sum(), len(used))
        if levels and not len(used) and (p.digit == level).any():
            found[code] = Decimal(0), None, None
        if level == "4":
            count("b.2.1", (used.national_code + used.level).nunique())
            count("b.2.2", used.channel == ONLINE)
    late = resolved[resolved.finished_on > resolved.due_on]
    found["b.3.1"] = _share((late.letter != "").sum(), len(late))
    if levels:
        found |= _by_post(p, received, o[o.returned_on.between(start, end) & (o.status != WITHDRAWN)])
    if kind == "UBND cấp huyện":
        count("b.5.2", communes)

    s = good["hr/staff"]
    s = s[
        s.org.isin(scope - {unit} if kind == "UBND cấp huyện" else scope)
        & ~s.org.isin(every.code[every.kind == "UBND cấp xã"])
    ]
    s = s[_is_present(s, end)]
    count("4.2.2", s.kind == "Công chức")
    count("4.2.3", s.kind == "Hợp đồng lao động")
    count("4.3.2", s.kind == "Viên chức")
    q = good["hr/quotas"]
    q = q[q.org.isin(scope)].sort_values("decided_on", kind="stable")
    for posts, cut, named in (("4.2.1", "4.2.5", "Hành chính"), ("4.3.1", "4.3.4", "Sự nghiệp")):
        of_kind = q[(q.kind == named) & (q.decided_on <= end)]
        now = int(of_kind[of_kind.in_year == year].groupby("org").n.last().sum())
        once = int(of_kind[of_kind.in_year == 2015].groupby("org").n.last().sum())
        count(posts, now)
        found[cut] = _share(once - now, once)
    found["4.2"] = found["4.2.1"]

    e = good["hr/events"]
    e = e[e.org.isin(scope) & e.decided_on.between(start, end)]
    joined = e[(e.kind == "Tuyển dụng") & e.form.isin(["Thi tuyển", "Xét tuyển"])]
    count("5.2.1", joined[joined.level == "Công chức"].staff.nunique())
    count("5.2.3", e[(e.kind == "Xét chuyển")].staff.nunique())
    count("5.2.4", joined[joined.level == "Viên chức"].staff.nunique())
    count("5.3.1", int(((e.kind == "Bổ nhiệm") & (e.competed == "Có")).any()))
    count("5.3.4", (e.kind == "Bổ nhiệm") & (e.level == "Lãnh đạo phòng thuộc UBND huyện"))
    count("4.3.3", e[(e.kind == "Tinh giản") & (e.level == "Viên chức")].staff.nunique())

    c = good["declarations/indicators"]
    c = c[(c.org == unit) & (c.year == str(year)) & (c.period == period) & c.code.isin(DECLARED.keys())]
    found |= {code: (value, None, None) for code, value in zip(c.code, c.number, strict=True)}
    return found
