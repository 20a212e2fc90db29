"""In whatever order deliveries arrive, and however they are split, they make one warehouse: random small worlds."""

import itertools
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from etl import catalogue, pipeline
from etl import settings as configuration
from tests.databases import fresh_database, rows
from tests.inbox import deliver

Delivery = tuple[str, str, str, tuple[str, ...]]  # export, day, sender, rows below the header

HEADERS = {
    "hr/units": "Mã đơn vị | Tên đơn vị | Mã đơn vị cấp trên | Loại | Ngày thành lập | Ngày giải thể",
    "hr/staff": "Mã CBCCVC | Loại | Mã đơn vị | Trạng thái",
    "hr/quotas": "Năm | Mã đơn vị | Loại biên chế | Số được giao",
    "one_stop_shop/procedures": "Mã thủ tục | Mức độ",
    "one_stop_shop/dossiers": "Mã hồ sơ | Mã đơn vị | Mã thủ tục | Ngày tiếp nhận | Ngày hẹn trả | Trạng thái",
}
# every unit may only lie below one that stands before it: lists of several senders cannot make a circle
UNITS = ["P", "D1", "D2", "C1", "C2", "C3"]
OF_SENDER = {"prov": ["P", "C3"], "a": ["D1", "C1"], "b": ["D2", "C2"]}
DAYS = [f"2021-12-{day:02d}" for day in (2, 4, 6)]
SOME_DAY = st.sampled_from(["", "01/12/2021", "03/12/2021"])


@st.composite
def unit_list(draw: st.DrawFn, sender: str) -> list[str]:
    lines = []
    for code in draw(st.lists(st.sampled_from(OF_SENDER[sender]), min_size=1, unique=True)):
        parent = draw(st.sampled_from(["", *UNITS[: UNITS.index(code)]]))
        kind = draw(st.sampled_from(["UBND cấp xã", "UBND cấp huyện", "không rõ"]))
        lines.append(f"{code} | {code} | {parent} | {kind} | {draw(SOME_DAY)} | ")
        if draw(st.booleans()):
            lines[-1] += "05/12/2021"
    return lines


@st.composite
def rows_of(draw: st.DrawFn, export: str, sender: str) -> list[str]:
    """Rows that name units and procedures of anybody; some are bad, some have no key; no key comes twice."""
    if export == "hr/units":
        return draw(unit_list(sender))
    unit = st.sampled_from([*UNITS, "X"])
    own = st.sampled_from(OF_SENDER[sender])  # who repeats another sender's list is held
    numbers = draw(st.lists(st.integers(0, 5), min_size=1, max_size=4, unique=True))
    lines = []
    for n in numbers:
        if export == "hr/staff":
            status = draw(st.sampled_from(["Đang làm việc", "Biệt phái", "ngủ"]))
            code = f"S{sender}{n}" if n else ""
            lines.append(f"{code} | Công chức | {draw(unit)} | {status}")
        elif export == "hr/quotas":
            lines.append(f"{2019 + n} | {draw(own)} | Hành chính | {draw(st.integers(0, 2))}")
        elif export == "one_stop_shop/procedures":
            lines.append(f"1.00000{n} | {draw(st.sampled_from(['2', '3', 'x']))}")
        else:
            received = draw(st.sampled_from(["30/11/2021", "01/12/2021", "03/12/2021", "không rõ"]))
            status = draw(st.sampled_from(["Đang xử lý", "Đã xử lý xong"]))
            code = f"000.00.16.H21-211201-{sender}{n}" if n else ""
            lines.append(f"{code} | {draw(unit)} | 1.00000{n % 3} | {received} | 07/12/2021 | {status}")
    return lines


@st.composite
def worlds(draw: st.DrawFn) -> list[Delivery]:
    """Deliveries of several senders over three nights, each of another place and day; some come in two parts."""
    places = [*itertools.product(HEADERS, OF_SENDER, DAYS)]
    chosen = draw(st.lists(st.sampled_from(places), min_size=3, max_size=7, unique=True))
    deliveries: list[Delivery] = []
    for export, sender, day in chosen:
        lines = draw(rows_of(export, sender))
        deliveries.append((export, day, sender, tuple(lines)))
    return deliveries


def held(url: str, *, whole: bool) -> dict[str, list[str]]:
    """What the warehouse holds; `whole`: also from which file and line it has each row."""
    files = dict(rows(url, "select file_id, concat_ws(' ', export, sender, delivered_on) from landing.file"))
    origin = {"file_id", "superseded_by", "resolved_by", "closed_by"}
    tables = [f"core.{e.thing}{history}" for e in catalogue.exports().values() for history in ("", "_history")]
    tables += ["quality.violation", "quality.quarantined_row", "mart.dossier_daily", "mart.procedure_daily"]
    found = {}
    for table in tables:
        found[table] = sorted(
            str({k: files.get(v, v) if k in origin else v for k, v in row.items() if whole or k != "line"})
            for (row,) in rows(url, f"select to_jsonb(one) from {table} as one")
        )
    if not whole:
        # bytes that come again are not told again, and a part may come again where the whole does not
        del found["quality.violation"]
        found["quality.quarantined_row"] = [
            str(row)
            for row in rows(
                url,
                "select export, sender, record_key, rule_ids from quality.quarantined_row join landing.file"
                " using (file_id, export) where resolved_by is null order by 1, 2, 3, 4",
            )
        ]
    return found


def warehouse_of(
    server_url: str, template: str, folder: Path, arrivals: list[list[Delivery]], *, whole: bool
) -> dict[str, list[str]]:
    """Load groups of deliveries one after the other."""
    configured = configuration.read()
    object.__setattr__(configured, "archive", folder / "archive")
    with fresh_database(server_url, template) as url:
        for arriving in arrivals:
            for export, day, sender, lines in arriving:
                deliver(folder / "inbox", export, day, "\n".join([HEADERS[export], *lines]), sender=sender)
            pipeline.land(configured, url, inbox=str(folder / "inbox"))
            for _ in pipeline.load_waiting(configured, url):
                pass
        waiting = rows(url, "select message from landing.file where status = 'landed' or reload_reason is not null")
        assert waiting == []
        return held(url, whole=whole)


def differing(one: dict[str, list[str]], other: dict[str, list[str]]) -> str:
    return "\n".join(
        f"{table}: {sorted(set(one[table]) - set(other[table]))} | {sorted(set(other[table]) - set(one[table]))}"
        for table in one
        if one[table] != other[table]
    )


def any_order(examples: int):
    return settings(
        max_examples=examples,
        derandomize=True,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )


def check(data, server_url: str, template_database: str, tmp_path_factory) -> None:
    world = data.draw(worlds())
    order = data.draw(st.permutations(world))
    cut = data.draw(st.lists(st.integers(1, len(world)), max_size=2))
    bounds = [0, *sorted(cut), len(world)]
    groups = [list(order[i:j]) for i, j in itertools.pairwise(bounds)]
    at_once = warehouse_of(server_url, template_database, tmp_path_factory.mktemp("at_once"), [world], whole=True)
    by_and_by = warehouse_of(server_url, template_database, tmp_path_factory.mktemp("by_and_by"), groups, whole=True)
    note(differing(at_once, by_and_by))
    assert at_once == by_and_by


def check_parts(data, server_url: str, template_database: str, tmp_path_factory) -> None:
    world = data.draw(worlds())
    parts = []
    for export, day, sender, lines in world:
        at = data.draw(st.integers(0, len(lines)))
        halves = [(f"{sender}.{n}", half) for n, half in enumerate((lines[:at], lines[at:]), 1) if half]
        parts += [(export, day, part, half) for part, half in halves]
    order = data.draw(st.permutations(parts))
    groups = [list(order)] if data.draw(st.booleans()) else [[one] for one in order]
    whole = warehouse_of(server_url, template_database, tmp_path_factory.mktemp("whole"), [world], whole=False)
    split = warehouse_of(server_url, template_database, tmp_path_factory.mktemp("split"), groups, whole=False)
    note(differing(whole, split))
    assert whole == split


@any_order(3)
@given(data=st.data())
def test_any_order_makes_the_same_warehouse(
    data, without_the_second_count, server_url, template_database, tmp_path_factory
):
    check(data, server_url, template_database, tmp_path_factory)


@any_order(3)
@given(data=st.data())
def test_any_split_makes_the_same_warehouse(
    data, without_the_second_count, server_url, template_database, tmp_path_factory
):
    check_parts(data, server_url, template_database, tmp_path_factory)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@any_order(60)
@given(data=st.data())
def test_any_order_of_many_worlds_makes_the_same_warehouse(
    data, without_the_second_count, server_url, template_database, tmp_path_factory
):
    check(data, server_url, template_database, tmp_path_factory)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@any_order(60)
@given(data=st.data())
def test_any_split_of_many_worlds_makes_the_same_warehouse(
    data, without_the_second_count, server_url, template_database, tmp_path_factory
):
    check_parts(data, server_url, template_database, tmp_path_factory)
