"""The roles that a figure needs: each that its definition lists changes it, and no other does."""

# ruff: noqa: E501 - a table is easier to read wide than folded

from collections.abc import Iterable

import pytest
from psycopg2.extensions import cursor as Cursor

from etl import catalogue
from etl.catalogue import project_files
from etl.catalogue.definitions import FRAME
from etl.figures import counts, period_figures
from etl.periods import Period
from tests import tables

# A year in which every role of every row matters.
YEAR = Period.parse("2021-N")
WORLD = {
    "unit": """
        org_code | parent_code | unit_kind          | autonomy_group | positions_approved | equitised | managed_by
        G        | -           | UBND cấp tỉnh      | -              | -                  | -         | -
        S        | G           | Sở, ngành          | -              | true               | -         | -
        B        | S           | Cơ quan hành chính | -              | true               | -         | -
        H        | G           | UBND cấp huyện     | -              | -                  | -         | -
        P        | H           | Cơ quan hành chính | -              | true               | -         | -
        X        | H           | UBND cấp xã        | -              | -                  | -         | -
        K        | G           | Đơn vị sự nghiệp   | 1              | true               | false     | UBND tỉnh
        K0       | G           | Đơn vị sự nghiệp   | 1              | true               | true      | UBND tỉnh
        L        | S           | Đơn vị sự nghiệp   | 2              | true               | false     | Sở
        L0       | S           | Đơn vị sự nghiệp   | 2              | true               | true      | Sở
        T        | H           | Đơn vị sự nghiệp   | 3              | true               | false     | UBND huyện
        T0       | H           | Đơn vị sự nghiệp   | 3              | true               | true      | UBND huyện
        U        | H           | Đơn vị sự nghiệp   | 4              | true               | false     | Sở
        U0       | H           | Đơn vị sự nghiệp   | 4              | true               | true      | UBND huyện
    """,
    "dossier": """
        org_code | procedure_code | field    | channel            | received_on | due_on     | finished_on | status               | returned_on | return_channel     | apology_letter
        S        | 1.000001       | Đất đai  | Trực tiếp          | 2021-03-01  | 2021-03-10 | 2021-03-09  | Đã trả kết quả       | -           | -                  | -
        S        | 1.000001       | Đất đai  | Trực tuyến         | 2021-03-01  | 2021-03-10 | 2021-03-12  | Đã trả kết quả       | -           | -                  | -
        S        | 1.000001       | Đất đai  | Trực tiếp          | 2021-03-01  | 2021-03-10 | 2021-03-09  | Không được tiếp nhận | -           | -                  | -
        H        | 1.000002       | Xây dựng | Trực tiếp          | 2021-03-01  | 2021-03-10 | 2021-03-09  | Đã trả kết quả       | -           | -                  | -
        H        | 1.000002       | Xây dựng | Trực tuyến         | 2021-03-01  | 2021-03-10 | 2021-03-12  | Đã trả kết quả       | -           | -                  | -
        H        | 1.000002       | Xây dựng | Trực tiếp          | 2021-03-01  | 2021-03-10 | 2021-03-09  | Không được tiếp nhận | -           | -                  | -
        H        | 1.000003       | Xây dựng | Trực tiếp          | 2021-03-01  | 2021-03-10 | -           | Đang xử lý           | -           | -                  | -
        H        | 1.000003       | Xây dựng | Trực tuyến         | 2021-03-01  | 2021-03-10 | -           | Đang xử lý           | -           | -                  | -
        H        | 1.000003       | Xây dựng | Trực tiếp          | 2021-03-01  | 2021-03-10 | 2021-03-09  | Không được tiếp nhận | -           | -                  | -
        H        | 1.000008       | Xây dựng | Trực tuyến         | 2021-03-01  | 2021-03-10 | -           | Đang xử lý           | -           | -                  | -
        H        | 1.000009       | Xây dựng | Trực tuyến         | 2021-03-01  | 2021-03-10 | -           | Đang xử lý           | -           | -                  | -
        X        | 1.000004       | Đất đai  | Trực tiếp          | 2021-03-01  | 2021-03-10 | 2021-03-09  | Đã trả kết quả       | -           | -                  | -
        X        | 1.000004       | Đất đai  | Trực tuyến         | 2021-03-01  | 2021-03-10 | 2021-03-12  | Đã trả kết quả       | -           | -                  | -
        X        | 1.000004       | Đất đai  | Trực tiếp          | 2021-03-01  | 2021-03-10 | 2021-03-09  | Không được tiếp nhận | -           | -                  | -
        H        | 1.000002       | Xây dựng | Bưu chính công ích | 2021-03-01  | 2021-03-10 | 2021-03-12  | Đã trả kết quả       | 2021-03-12  | Bưu chính công ích | 1/TXL
        H        | 1.000002       | Xây dựng | Bưu chính công ích | 2021-03-01  | 2021-03-10 | 2021-03-12  | Không được tiếp nhận | 2021-03-12  | Bưu chính công ích | -
        H        | 1.000003       | Xây dựng | Bưu chính công ích | 2021-03-01  | 2021-03-10 | -           | Đang xử lý           | -           | -                  | -
        X        | 1.000004       | Đất đai  | Trực tiếp          | 2021-03-01  | 2021-03-10 | 2021-03-09  | Đã trả kết quả       | 2021-03-12  | Bưu chính công ích | -
        H        | 1.000003       | Xây dựng | Trực tuyến         | 2021-03-01  | 2021-03-10 | -           | Không được tiếp nhận | -           | -                  | -
        H        | 1.000011       | Xây dựng | Trực tuyến         | 2021-03-01  | 2021-03-10 | -           | Không được tiếp nhận | -           | -                  | -
        H        | 1.000008       | Xây dựng | Bưu chính công ích | 2021-03-01  | 2021-03-10 | 2021-03-09  | Đã trả kết quả       | 2021-03-12  | Bưu chính công ích | -
        X        | 1.000005       | Đất đai  | Bưu chính công ích | 2021-03-01  | 2021-03-10 | -           | Không được tiếp nhận | -           | -                  | -
    """,
    "procedure": """
        procedure_code | level | service_level | interlink     | workflow_approved | workflow_digital | on_provincial_portal | on_national_portal | online_payment | announced_on | repealed_on
        1.000001       | Sở    | 3             | Cùng cấp      | true              | true             | true                 | true               | true           | 2021-02-01   | -
        1.000002       | Huyện | 3             | Giữa các cấp  | true              | true             | true                 | true               | true           | 2019-01-01   | -
        1.000003       | Huyện | 4             | Cùng cấp      | true              | true             | true                 | true               | true           | 2019-01-01   | -
        1.000004       | Xã    | Toàn trình    | Giữa các cấp  | true              | true             | true                 | true               | true           | 2019-01-01   | -
        1.000005       | Xã    | 2             | -             | false             | false            | false                | false              | false          | 2019-01-01   | -
        1.000006       | Sở    | 4             | Giữa các cấp  | true              | true             | true                 | true               | true           | 2019-01-01   | 2021-05-01
        1.000007       | Xã    | 3             | Cùng cấp      | true              | true             | true                 | true               | true           | 2019-01-01   | 2021-05-01
        1.000008       | Huyện | Một phần      | Cùng cấp      | true              | true             | true                 | true               | true           | 2019-01-01   | 2021-05-01
        1.000009       | Huyện | Toàn trình    | Cùng cấp      | true              | true             | true                 | true               | true           | 2019-01-01   | 2021-05-01
        1.000011       | Huyện | Toàn trình    | Cùng cấp      | true              | true             | true                 | true               | true           | 2019-01-01   | -
    """,
    "document": """
        org_code | number          | issued_on  | document_type | topic | digitally_signed | sending_mode    | direction | status       | secrecy
        S        | 1/2021/QĐ-UBND  | 2021-03-01 | Quyết định    | CCHC  | true             | Điện tử         | Đi        | Đã phát hành | Thường
        S        | 2/2021/QĐ-UBND  | 2021-03-01 | Quyết định    | CCHC  | true             | Điện tử và giấy | Đi        | Đã phát hành | Thường
        S        | 3/UBND          | 2021-03-01 | Công văn      | -     | false            | Giấy            | Đi        | Đã phát hành | -
        S        | 4/2021/QĐ-UBND  | 2021-03-01 | Quyết định    | CCHC  | true             | Điện tử         | Đi        | Đã phát hành | Mật
        S        | 5/2021/QĐ-UBND  | 2021-03-01 | Quyết định    | CCHC  | true             | Điện tử         | Đi        | Thu hồi      | Thường
    """,
    "task": """
        org_code | assigned_by   | assigned_on | due_on     | completed_on
        S        | Chính phủ     | 2021-03-01  | 2021-03-10 | 2021-03-09
        S        | Chính phủ     | 2021-03-01  | 2021-03-10 | 2021-03-12
        S        | UBND tỉnh     | 2021-03-01  | 2021-03-10 | 2021-03-09
        S        | UBND tỉnh     | 2021-03-01  | 2021-03-10 | 2021-03-12
        S        | Kế hoạch CCHC | 2021-03-01  | 2021-03-10 | 2021-03-12
    """,
    "staff": """
        staff_code | org_code | staff_kind         | status        | status_on  | joined_on
        c1         | P        | Công chức          | Đang làm việc | 2020-01-01 | 2010-01-01
        c2         | P        | Công chức          | Nghỉ hưu      | 2022-01-01 | 2010-01-01
        c3         | P        | Công chức          | Đang làm việc | -          | 2021-12-20
        h1         | P        | Hợp đồng lao động  | Đang làm việc | -          | 2010-01-01
        v1         | T        | Viên chức          | Đang làm việc | -          | 2010-01-01
    """,
    "staff_event": """
        event_code | staff_code | org_code | decided_on | event_kind | form         | position_level                | by_competition
        1          | c1         | P        | 2021-03-01 | Tinh giản  | -            | Công chức                     | -
        2          | v1         | T        | 2021-03-01 | Tinh giản  | -            | Viên chức                     | -
        3          | c1         | P        | 2021-03-01 | Tuyển dụng | Thi tuyển    | Công chức                     | -
        4          | c1         | P        | 2021-03-01 | Tuyển dụng | Đặc biệt     | Công chức                     | -
        5          | v1         | T        | 2021-03-01 | Tuyển dụng | Xét tuyển    | Viên chức                     | -
        6          | v1         | T        | 2021-03-01 | Tuyển dụng | Đặc biệt     | Viên chức                     | -
        7          | c1         | P        | 2021-03-01 | Tuyển dụng | Xét chuyển   | Công chức                     | -
        8          | c1         | S        | 2021-03-01 | Bổ nhiệm   | -            | Lãnh đạo sở                   | true
        9          | c1         | S        | 2021-03-01 | Bổ nhiệm   | -            | Lãnh đạo phòng thuộc sở       | -
        10         | c1         | P        | 2021-03-01 | Bổ nhiệm   | -            | Lãnh đạo phòng thuộc UBND huyện | -
        11         | c1         | G        | 2021-03-01 | Kỷ luật    | -            | Lãnh đạo cấp tỉnh             | -
        12         | c1         | S        | 2021-03-01 | Kỷ luật    | -            | Lãnh đạo sở                   | -
        13         | c1         | S        | 2021-03-01 | Kỷ luật    | -            | Lãnh đạo phòng thuộc sở       | -
        14         | v1         | T        | 2021-03-01 | Kỷ luật    | -            | Viên chức                     | -
    """,
    "quota": """
        org_code | quota_kind | year | decided_on | assigned
        P        | Hành chính | 2021 | 2021-01-10 | 8
        P        | Hành chính | 2015 | 2015-01-10 | 10
        T        | Sự nghiệp  | 2021 | 2021-01-10 | 18
        T        | Sự nghiệp  | 2015 | 2015-01-10 | 20
    """,
}
# repealed in the year, and taken off the list since
TAKEN_OFF = """
    procedure_code | level | announced_on | repealed_on | superseded_by | superseded_on | closed | delivered_on
    1.000010       | Sở    | 2021-02-01   | 2021-05-01  | 1             | 2021-12-15    | true   | 2021-03-01
"""

# A year of two tiers.
LATER = Period.parse("2026-N")
LATER_WORLD = {
    "unit": """
        org_code | parent_code | unit_kind          | autonomy_group | positions_approved | equitised | managed_by
        G        | -           | UBND cấp tỉnh      | -              | -                  | -         | -
        S        | G           | Sở, ngành          | -              | true               | -         | -
        X        | G           | UBND cấp xã        | -              | -                  | -         | -
        P        | X           | Cơ quan hành chính | -              | true               | -         | -
        T        | X           | Đơn vị sự nghiệp   | 3              | true               | false     | UBND xã
        T0       | X           | Đơn vị sự nghiệp   | 3              | true               | true      | UBND xã
    """,
    "staff_event": """
        event_code | staff_code | org_code | decided_on | event_kind | position_level
        1          | c1         | P        | 2026-03-01 | Bổ nhiệm   | Lãnh đạo phòng thuộc UBND xã
        2          | c1         | X        | 2026-03-01 | Kỷ luật    | Lãnh đạo UBND xã
        3          | c1         | P        | 2026-03-01 | Kỷ luật    | Lãnh đạo phòng thuộc UBND xã
    """,
}

# Roles without which a definition says what holds: nothing is unknown where they were not delivered.
FALLS_BACK = {
    "hr/units.established_on": "a unit without days is valid always",
    "hr/units.dissolved_on": "a unit without days is valid always",
    "hr/units.managed_by": "the nearest above it manages",
    "hr/units.successor_code": "the decrees that ship with the project tell it",
    "one_stop_shop/dossiers.resolving_org_code": "who received it resolves it",
    "one_stop_shop/dossiers.extended_due_at": "the due day holds",
    "one_stop_shop/procedures.postal": "what no list closes to the post is open to it",
    "hr/staff.joined_on": "who the list of the time holds is there",
    "hr/staff.status_on": "the list of the time tells the status",
}
# What an event does not tell of a person's employment, the list of staff does, else the kind of unit.
EMPLOYMENT = {"hr/events.position_level", "hr/staff.staff_kind"}
BY_EMPLOYMENT = {"4.2.4", "4.3.3", "5.2.1", "5.2.2", "5.2.4", "5.2.5"}

EVERY_SQL = "\n".join(path.read_text("utf-8") for path in sorted(project_files.SQL.rglob("*.sql")))


def roles(things: Iterable[str]) -> list[tuple[catalogue.Export, catalogue.Column]]:
    """The columns that a file may lack and some SQL names: no other can change a figure, or be unknown."""
    return [
        (export, column)
        for export in catalogue.exports().values()
        if export.thing in things
        for column in export.loaded
        if column.name not in catalogue.needed(export)
        and any(name and name in EVERY_SQL for name in (column.name, column.day))
    ]


def figures(cursor: Cursor, period: Period) -> dict[str, list[tuple]]:
    computed = [i for i in catalogue.reported(period.last_day).values() if i.is_computed and i.levels]
    period_figures.compute(cursor, period, computed)
    found: dict[str, list[tuple]] = {i.code: [] for i in computed}
    for code, *figure in tables.rows(
        cursor,
        "select indicator_code, unit_code, value, numerator, denominator, status from window_figure order by 1, 2",
    ):
        found[code].append(tuple(figure))
    return found


@pytest.mark.parametrize(("period", "world"), [(YEAR, WORLD), (LATER, LATER_WORLD)], ids=["three tiers", "two tiers"])
def test_a_role_changes_a_figure_if_and_only_if_the_figure_needs_it(
    cursor: Cursor, period: Period, world: dict[str, str]
) -> None:
    """Taken out of all rows, one role after the other."""
    tables.given(cursor, world)
    if period is YEAR:
        tables.insert(cursor, "procedure", TAKEN_OFF, history=True)
    before = figures(cursor, period)
    changing: dict[str, set[str]] = {code: set() for code in before}
    for export, column in roles(world):
        cursor.execute("savepoint whole")
        for table in (f"core.{export.thing}", f"core.{export.thing}_history"):
            cursor.execute(
                f"update {table} set {column.name} = null" + (f", {column.day} = null" if column.day else "")
            )
        if counts.counts_of(export.thing):
            counts.recount(cursor, export.thing)
        for code, figure in figures(cursor, period).items():
            if figure != before[code]:
                changing[code].add(f"{export.name}.{column.name}")
        cursor.execute("rollback to whole")
    exports = {export.name for export, _ in roles(world)}
    definitions = catalogue.reported(period.last_day)
    fall_back = {c: set(FALLS_BACK) | (EMPLOYMENT if c in BY_EMPLOYMENT else set()) for c in before}
    found = {code: roles - fall_back[code] - set(FRAME) for code, roles in changing.items()}
    listed = {c: {role for role in definitions[c].needs or () if role.split(".")[0] in exports} for c in before}
    if period is LATER:  # what has no rows in this world is shown by the other one
        first = {c for c in before if definitions[c].valid_from > YEAR.last_day}
        found, listed = ({c: roles for c, roles in of.items() if c in first} for of in (found, listed))
        assert len(first) == 5
    assert found == listed


def test_every_definition_says_what_it_needs_by_names_that_contracts_have() -> None:
    known = {f"{export.name}.{column.name}" for export in catalogue.exports().values() for column in export.columns}
    for definition in catalogue.indicator_versions():
        if definition.is_computed:
            assert definition.needs is not None, f"{definition.code}: say `needs:` in the header"
            assert set(definition.roles) <= known, definition.code
            assert {role.split(".")[0] for role in definition.needs} <= set(definition.source), definition.code
    assert set(FRAME) | set(FALLS_BACK) | EMPLOYMENT <= known
