"""What the demo prints: computed beside printed, what disagrees, what was kept out, and where to look next."""

import csv
import shlex
from collections import Counter
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

from psycopg2.extensions import connection as Connection

from demo import other_system
from demo.district import DISTRICT
from demo.exports import Planted
from etl import catalogue
from etl.catalogue import project_files
from etl.figures import appendix as figures_made
from etl.figures import prove
from etl.periods import Period
from etl.reports import quality, workbook
from etl.reports.terminal import write_table

REPORTS = Path(__file__).parent / "reports"
NAME = 58  # letters of an indicator's name that are shown
# identities that the printed appendix breaks, and the one that the district's own data break
BROKEN = {("FIG-01", "printed"), ("FIG-04", "printed"), ("FIG-05", "printed"), ("FIG-03", "computed")}
FLOW = {
    "received": "dossiers received",
    "resolved": "dossiers resolved",
    "resolved_in_time": "resolved on time",
    "resolved_late": "resolved overdue",
    "pending": "dossiers in progress",
    "pending_in_time": "in progress on time",
    "pending_overdue": "in progress overdue",
}
SHARE_TITLES = {
    "resolved_in_time": "giải quyết đúng hạn",
    "resolved_late": "giải quyết quá hạn",
    "pending_in_time": "đang giải quyết trong hạn",
    "pending_overdue": "đang giải quyết quá hạn",
}
# share: of what; and the one that the report divided by the wrong number
SHARES = {
    "resolved_in_time": "resolved",
    "resolved_late": "resolved",
    "pending_in_time": "pending",
    "pending_overdue": "pending",
}
MISPRINTED = {("whole district", "pending_overdue")}
BY_CHANNEL = {
    "received_online": "trực tuyến",
    "received_direct": "trực tiếp",
    "received_postal": "bưu chính công ích",
}


def everything(connection: Connection, period: Period, planted: Planted) -> list[str]:
    """Print the appendix, the findings, the quarantine and the flow; what is not as it must be, one sentence each."""
    wrong = figures(connection, period, planted.layout)
    wrong += appendix(connection, period, planted.layout)
    wrong += beside(connection, period, planted.layout)
    wrong += identities(connection, period)
    wrong += flow(connection, period, planted.layout)
    wrong += kept_out(connection, planted)
    return wrong


def _absent(layout: str) -> dict[str, str]:
    """The columns that the dossiers lack, and their headers."""
    return other_system.absent(other_system.layout(layout) if layout else None)


def not_computable(period: Period, layout: str) -> dict[str, list[str]]:
    """The figures that need a column which the dossiers lack, with the headers of those columns."""
    absent = _absent(layout)
    needed = {
        one.code: [absent[role] for role in one.roles if role in absent]
        for one in catalogue.reported(period.last_day).values()
    }
    return {code: headers for code, headers in needed.items() if headers}


def untold(planted: Planted, period: Period) -> str:
    """What the dossiers do not tell, in a sentence; empty if they tell everything."""
    lacking = not_computable(period, planted.layout)
    if not lacking:
        return ""
    headers = ", ".join(dict.fromkeys(f"«{header}»" for said in lacking.values() for header in said))
    system = other_system.layout(planted.layout).system
    return (
        f"Chỉ tiêu {', '.join(lacking)} không tính được, cũng như mong đợi: tệp hồ sơ theo mẫu {system} không có cột"
        f" {headers}."
    )


def figures(connection: Connection, period: Period, layout: str = "") -> list[str]:
    """Compare every figure of the district with what its data must give, by the columns that they have."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select indicator_code, value, numerator, denominator, status, reason from reporting.indicator_annual"
            " where period_code = %s and unit_code = %s",
            (period.code, DISTRICT),
        )
        computed = {code: said for code, *said in cursor.fetchall()}
    lacking = not_computable(period, layout)
    wrong = [
        f"chỉ tiêu {code}: không tính được ({reason}), phải tính được"
        for code, (*_, status, reason) in computed.items()
        if status == "not_computable" and code not in lacking
    ]
    for row in _rows("expected_2021.csv"):
        value, numerator, denominator, status, reason = computed.get(row["code"], (None, None, None, None, None))
        if headers := lacking.get(row["code"]):
            if (value, status) != (None, "not_computable") or not all(f"«{h}»" in (reason or "") for h in headers):
                wrong.append(f"chỉ tiêu {row['code']}: {value} ({reason}), phải không tính được vì thiếu {headers}")
            continue
        same = value is not None and value == Decimal(row["computed_value"])
        if row["denominator"]:
            same = same and (numerator, denominator) == (Decimal(row["numerator"]), Decimal(row["denominator"]))
        if not same:
            wrong.append(f"chỉ tiêu {row['code']}: tính được {value}, phải là {row['computed_value']}")
    return wrong


def appendix(connection: Connection, period: Period, layout: str = "") -> list[str]:
    """Print computed beside printed in form order, then what disagrees."""
    lacking = not_computable(period, layout)
    compared, _ = prove.reconcile(connection, period, DISTRICT, REPORTS / "appendix_2021.csv")
    by_code = {one.code: one for one in compared}
    title(f"PHỤ LỤC {period.title_vi.upper()}, HUYỆN ĐỨC CƠ: số in trong báo cáo và số tính từ dữ liệu")
    lines: list[tuple[str, ...]] = []
    for row in catalogue.form():
        one = by_code.get(row.code)
        if row.kind == "section":
            lines.append((row.code, row.title.upper(), "", "", ""))
        elif one and (one.printed or one.computed is not None):
            lines.append((
                row.code,
                _short(row.title),
                _vietnamese(one.printed),
                _vietnamese(one.computed),
                "không tính được" if one.code in lacking else _mark(one.agrees),
            ))
    write_table(("Mã", "Chỉ tiêu", "Báo cáo in", "Tính được", ""), lines)

    blank = [one for one in compared if one.code in lacking]
    differing = [one for one in compared if one.agrees == "no" and one not in blank]
    printed_otherwise = {row["code"] for row in _rows("expected_2021.csv") if row["agrees_with_printed"] == "no"}
    expected = printed_otherwise - lacking.keys()
    agreeing = sum(one.agrees == "yes" for one in compared)
    and_blank = f", {len(blank)} không tính được" if blank else ""
    title(f"ĐỐI CHIẾU: {agreeing} chỉ tiêu khớp, {len(differing)} không khớp{and_blank}")
    for one in (*differing, *blank):
        print(f"{one.code:9} {one.finding}")
    found = {one.code for one in differing}
    wrong = [f"chỉ tiêu {code}: phải không khớp với số in" for code in sorted(expected - found)]
    return wrong + [f"chỉ tiêu {code}: phải khớp với số in" for code in sorted(found - expected)]


def beside(connection: Connection, period: Period, layout: str = "") -> list[str]:
    """Print the figures beside the appendix under the sentences that need them, and compare them."""
    lacking = not_computable(period, layout)
    made = {row.code: row for row in figures_made.read(connection, period.code, DISTRICT).beside}
    title("NGOÀI PHỤ LỤC: số liệu cho các câu của báo cáo")
    lines, wrong = [], []
    for said in _rows("beside_2021.csv"):
        row = made[said["code"]]
        computed, parts = row.value, (row.numerator, row.denominator)
        expected = tuple(Decimal(said[part]) if said[part] else None for part in ("numerator", "denominator"))
        if row.code in lacking:
            if row.status != "not_computable":
                wrong.append(f"chỉ tiêu {row.code}: {row.status}, phải không tính được vì thiếu {lacking[row.code]}")
        elif row.status != "observed" or parts != expected:
            wrong.append(f"chỉ tiêu {row.code}: tính được {parts} ({row.status}), phải là {expected}")
        of = f"{_vietnamese(parts[0])}/{_vietnamese(parts[1])}" if parts[1] is not None else ""
        said_of_it = "không tính được" if row.code in lacking else of
        lines.append((row.code, _short(row.name), said["printed_value"], _vietnamese(computed), said_of_it))
    write_table(("Mã", "Chỉ tiêu", "Báo cáo in", "Tính được", ""), lines)
    notes = dict.fromkeys(row.note for row in made.values() if row.note)
    print("\n" + "\n".join(f"{', '.join(r.code for r in made.values() if r.note == note)}: {note}" for note in notes))
    return wrong


def identities(connection: Connection, period: Period) -> list[str]:
    """Print the identities between figures that do not hold."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select rule_id, origin, statement from quality.finding"
            " where period_code = %s and unit_code = %s and rule_id <> 'FIG-15' order by rule_id, origin",
            (period.code, DISTRICT),
        )
        found = cursor.fetchall()
    title("ĐẲNG THỨC KHÔNG ĐÚNG")
    for *_, statement in found:
        print(statement)
    broken = {(rule_id, origin) for rule_id, origin, _ in found}
    return [f"{rule_id} ({origin}): không như mong đợi" for rule_id, origin in sorted(broken ^ BROKEN)]


def flow(connection: Connection, period: Period, layout: str = "") -> list[str]:
    """Print the dossier flow of the report's section 2.4, and compare it."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            with flow as (
                select unit_code, unit_level, received, resolved, resolved_early + resolved_on_time as resolved_in_time,
                    resolved_late, pending, pending_in_time, pending_overdue
                from reporting.dossier_flow
                where period_code = %s and field = 'Tất cả' and unit_level in ('district', 'commune')
            )
            select unit_level, sum(received), sum(resolved), sum(resolved_in_time), sum(resolved_late),
                sum(pending), sum(pending_in_time), sum(pending_overdue)
            from flow
            where unit_level = 'commune' or unit_code = %s
            group by unit_level
            """,
            (period.code, DISTRICT),
        )
        sums = {level: [int(count) for count in counts] for level, *counts in cursor.fetchall()}
    whole, communes = sums.get("district", [0] * len(FLOW)), sums.get("commune", [0] * len(FLOW))
    desk = [w - c for w, c in zip(whole, communes, strict=True)]
    title("HỒ SƠ THỦ TỤC HÀNH CHÍNH (mục 2.4 của báo cáo)")
    shown = {"district": ("Cấp huyện", desk), "commune": ("Cấp xã", communes), "whole district": ("Toàn huyện", whole)}
    heads = ("", "Tiếp nhận", "Đã giải quyết", "Đúng hạn", "Quá hạn", "Đang giải quyết", "Trong hạn", "Quá hạn")
    write_table(heads, [(name, *(_vietnamese(count) for count in counts)) for name, counts in shown.values()])
    facts = {(row["scope"], row["fact"]): row["printed_value"] for row in _rows("report_2021_facts.csv")}
    wrong = [
        f"hồ sơ, {name}: {fact} tính được {count}, báo cáo in {facts[scope, fact]}"
        for scope, (name, counts) in shown.items()
        for fact, count in zip(FLOW.values(), counts, strict=True)
        if int(facts[scope, fact]) != count
    ]
    print()
    shares = {scope: _shares(dict(zip(FLOW, counts, strict=True))) for scope, (_, counts) in shown.items()}
    heads = ("Tỷ lệ, %", *(title.capitalize() for title in SHARE_TITLES.values()))
    write_table(heads, [(shown[scope][0], *map(_vietnamese, of.values())) for scope, of in shares.items()])
    differing = {
        (scope, share): facts[scope, f"{FLOW[share]} %"]
        for scope, of in shares.items()
        for share, value in of.items()
        if Decimal(facts[scope, f"{FLOW[share]} %"].replace(",", ".")) != value
    }
    for (scope, share), printed in differing.items():
        name, computed = shown[scope][0], _vietnamese(shares[scope][share])
        print(f"{name}, {SHARE_TITLES[share]}: báo cáo in {printed} %, tính được {computed} %.")
    if differing.keys() != MISPRINTED:
        wrong.append(f"hồ sơ: tỷ lệ khác báo cáo ở {sorted(differing)}, phải là {sorted(MISPRINTED)}")
    return wrong + _by_channel(connection, period, layout)


def _by_channel(connection: Connection, period: Period, layout: str) -> list[str]:
    """Look whether the flow has what was received by channel, or nothing there and the reason, which is printed."""
    header = _absent(layout).get(f"{other_system.EXPORT}.channel")
    with connection.cursor() as cursor:
        cursor.execute(
            f"select unit_name, num_nulls({', '.join(BY_CHANNEL)}), coalesce(reason, '') from reporting.dossier_flow"
            " where period_code = %s and unit_level in ('district', 'commune') and field = 'Tất cả' order by unit_code",
            (period.code,),
        )
        rows = cursor.fetchall()
    if header:
        reasons = "; ".join(dict.fromkeys(reason for *_, reason in rows))
        print(f"\nTiếp nhận {', '.join(BY_CHANNEL.values())}: không tính được. {reasons}.")
    return [
        f"hồ sơ, {name}: số tiếp nhận theo kênh trống {empty} ô, lý do «{reason}»"
        for name, empty, reason in rows
        if empty != (len(BY_CHANNEL) if header else 0) or (header and f"«{header}»" not in reason)
    ]


def _shares(counts: dict[str, int]) -> dict[str, Decimal]:
    """Percentages with two decimals, rounded half up."""
    hundredth = Decimal("0.01")
    return {
        part: (100 * Decimal(counts[part]) / (counts[whole] or 1)).quantize(hundredth, ROUND_HALF_UP)
        for part, whole in SHARES.items()
    }


def kept_out(connection: Connection, planted: Planted) -> list[str]:
    """Print how many rows break each rule, beside how many were planted."""
    found: Counter[str] = Counter()
    for rule in quality.by_rule(connection):
        found[rule.rule_id] += rule.rows
    rules = catalogue.rules()
    deliveries = quality.deliveries(connection)
    read, kept = sum(d.rows_read for d in deliveries), sum(d.rows_quarantined for d in deliveries)
    title(f"KIỂM TRA DỮ LIỆU: {_vietnamese(read)} dòng, {_vietnamese(kept)} dòng lỗi được giữ lại")
    rows = [
        (
            rule_id,
            quality.SEVERITIES[rules[rule_id].severity],
            _short(rules[rule_id].message),
            found[rule_id],
            planted.rules[rule_id],
        )
        for rule_id in sorted(found.keys() | planted.rules.keys())
    ]
    write_table(("Quy tắc", "Mức độ", "Vì sao", "Tìm thấy", "Đã gài"), rows)
    return [f"quy tắc {rule}: tìm thấy {seen} dòng, đã gài {sown}" for rule, _, _, seen, sown in rows if seen != sown]


def command(make: str, layout: str) -> str:
    """
    >>> command("make up", ""), command("make up", "igate")
    ('make up', 'make up LAYOUT=igate')
    """
    return f"{make} LAYOUT={layout}" if layout else make


def where_to_look(connection: Connection, home: Path, database: str, planted: Planted, *, is_up: bool) -> None:
    """Write the workbook of the file with most bad rows, and say where everything is."""
    worst = max(quality.deliveries(connection), key=lambda d: d.rows_quarantined)
    to_mend = home / f"dong-loi-tep-{worst.file_id}.xlsx"
    workbook.write(connection, worst.file_id, to_mend)
    title("XEM TIẾP")
    print(f"Kết quả kiểm tra từng tệp  {home / 'data_docs' / 'index.html'}")
    print(f"Dòng lỗi của tệp {worst.file_id:<8}  {to_mend}")
    print(f"Cơ sở dữ liệu              {database}")
    if not is_up:
        print(f"Airflow trên trình duyệt   {command('make up', planted.layout)}")
    print("Dòng lệnh")
    print(f"    export CCHC_HOME={shlex.quote(str(home))}")
    for line in (
        "files",
        f"quality --rows {worst.file_id}",
        f"show 2021-Q3 {DISTRICT}",
        f"reconcile 2021-N {DISTRICT} {(REPORTS / 'appendix_2021.csv').relative_to(project_files.ROOT)}",
    ):
        print(f"    .venv/bin/cchc {line}")
    print("Xem lỗi và quyết định trên trang: đặt mật khẩu cho một cán bộ số liệu, rồi mở http://127.0.0.1:8090")
    for line in (f"users add lan steward {DISTRICT}", "serve"):
        print(f"    .venv/bin/cchc {line}")
    print()


def title(text: str) -> None:
    """Print the heading of a part."""
    print(f"\n{text}\n")


def _rows(name: str) -> list[dict[str, str]]:
    with (REPORTS / name).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def _short(text: str) -> str:
    return text if len(text) <= NAME else text[: NAME - 1].rstrip() + "…"


def _mark(agrees: str) -> str:
    return {"yes": "khớp", "no": "KHÔNG KHỚP"}.get(agrees, "")


def _vietnamese(value: Decimal | int | str | None) -> str:
    """A number as it is written in Vietnamese; what was printed stays as it was printed.

    >>> _vietnamese(Decimal("99.31")), _vietnamese(14286), _vietnamese("01")
    ('99,31', '14.286', '01')
    """
    if value is None or isinstance(value, str):
        return value or ""
    text = f"{value:,f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return text.translate(str.maketrans(",.", ".,"))
