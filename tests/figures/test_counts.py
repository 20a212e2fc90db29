"""Counts per unit and day: folded from what changed, they are what a count of all facts gives."""

# ruff: noqa: E501 - a table is easier to read wide than folded

import pytest
from psycopg2.extensions import cursor as Cursor

from etl.figures import counts
from tests import tables

DOSSIERS = """
dossier_code | org_code | received_on | due_on     | finished_on | returned_on | status                             | channel
late         | H        | 2021-07-01  | 2021-07-05 | 2021-07-08  | -           | Đã trả kết quả                     | Trực tiếp
on_due_day   | H        | 2021-07-01  | 2021-07-05 | 2021-07-05  | -           | Đã trả kết quả                     | Trực tuyến
early        | H        | 2021-07-01  | 2021-07-05 | 2021-07-04  | -           | Đã trả kết quả                     | Bưu chính công ích
no_due_day   | H        | 2021-07-01  | -          | 2021-07-04  | -           | Đã trả kết quả                     | Trực tiếp
overdue      | H        | 2021-07-01  | 2021-07-05 | -           | -           | Đang xử lý                         | Trực tiếp
born_overdue | H        | 2021-07-01  | 2021-06-01 | -           | -           | Đang xử lý                         | Trực tiếp
paused       | H        | 2021-07-01  | 2021-07-05 | -           | -           | Yêu cầu thực hiện nghĩa vụ tài chính | Trực tiếp
withdrawn    | H        | 2021-07-01  | 2021-07-05 | -           | 2021-07-07  | Công dân rút hồ sơ                 | Trực tiếp
refused      | H        | 2021-07-01  | 2021-07-05 | 2021-07-02  | -           | Không được tiếp nhận               | Trực tiếp
registered   | H        | 2021-07-01  | -          | -           | -           | Mới đăng ký                        | Trực tuyến
"""

EVENTS = """
day        | received | resolved_early | resolved_on_time | resolved_late | withdrawn | refused | overdue_in | overdue_out
2021-07-01 | 8        | 0              | 0                | 0             | 0         | 1       | 1          | 0
2021-07-04 | 0        | 1              | 1                | 0             | 0         | 0       | 0          | 0
2021-07-05 | 0        | 0              | 1                | 0             | 0         | 0       | 0          | 0
2021-07-06 | 0        | 0              | 0                | 0             | 0         | 0       | 4          | 0
2021-07-07 | 0        | 0              | 0                | 0             | 1         | 0       | 0          | 1
2021-07-08 | 0        | 0              | 0                | 1             | 0         | 0       | 0          | 1
"""


def counted(cursor: Cursor, count: counts.Count) -> list[tuple]:
    """All that is not zero."""
    something = " or ".join(f"{c} <> 0" for c in count.counts)
    return sorted(
        tables.rows(cursor, f"select {', '.join((*count.key, *count.counts))} from {count.table} where {something}")
    )


def test_what_happens_to_a_dossier_counts_on_the_day_it_happens(cursor: Cursor) -> None:
    """Overdue from the day after the due day, also while paused; refused and merely registered are not received."""
    tables.given(cursor, {"dossier": DOSSIERS})
    expected = tables.drawn(EVENTS)
    measures = ", ".join(
        "received_online + received_direct + received_postal" if m == "received" else m for m in list(expected[0])[1:]
    )
    found = tables.rows(cursor, f"select day::text, {measures} from mart.dossier_daily order by day")
    assert [tuple(map(str, row)) for row in found] == [tuple(row.values()) for row in expected]


@pytest.mark.parametrize("count", counts.declared(), ids=lambda count: count.table)
def test_a_fold_of_changes_is_a_recount(cursor: Cursor, count: counts.Count) -> None:
    """New rows, changed rows, rows that are gone, and the same change twice back and forth."""
    tables.given(cursor, {})
    thing = count.thing
    first = {
        "dossier": DOSSIERS,
        "document": """
            org_code | issued_on  | number          | document_type | sending_mode    | topic | status       | secrecy
            H        | 2021-07-01 | 1/UBND-NC       | Công văn      | Điện tử         | CCHC  | Đã phát hành | -
            H        | 2021-07-01 | 2/2021/QĐ-UBND  | Quyết định    | Điện tử và giấy | -     | Đã phát hành | -
            H        | 2021-07-02 | 3/UBND-NC       | Công văn      | Giấy            | -     | Đã phát hành | Mật
            X        | 2021-07-01 | 1/UBND          | Công văn      | Giấy            | -     | Đã phát hành | -
        """,
    }[thing]
    changes = {
        "dossier": [
            "update core.dossier set finished_on = '2021-07-20', status = 'Đã trả kết quả' where dossier_code = 'overdue'",
            "update core.dossier set status = 'Dừng xử lý', finished_on = null where dossier_code = 'late'",
            "update core.dossier set org_code = 'X', field = 'Đất đai', channel = 'Trực tuyến' where dossier_code = 'early'",
            "update core.dossier set received_on = '2021-06-30' where dossier_code = 'paused'",
            "update core.dossier set resolving_org_code = 'X' where dossier_code in ('born_overdue', 'late', 'refused')",
            "update core.dossier set resolving_org_code = 'H', extended_due_on = '2021-08-01' where dossier_code = 'late'",
            "delete from core.dossier where dossier_code = 'withdrawn'",
            "update core.dossier set finished_on = null, status = 'Đang xử lý' where dossier_code = 'overdue'",
        ],
        "document": [
            "update core.document set status = 'Thu hồi' where number = '1/UBND-NC'",
            "update core.document set secrecy = 'Thường' where number = '3/UBND-NC'",
            "delete from core.document where number = '1/UBND'",
            "update core.document set status = 'Đã phát hành', topic = null where number = '1/UBND-NC'",
        ],
    }[thing]
    tables.insert(cursor, thing, first)
    counts.add_changes(cursor, thing, f"(select *, 1 as sign from core.{thing})")
    for change in changes:
        cursor.execute(f"create temp table before on commit drop as select * from core.{thing}")
        cursor.execute(change)
        counts.add_changes(
            cursor,
            thing,
            f"(select *, 1 as sign from (select * from core.{thing} except select * from before) as new"
            f" union all select *, -1 from (select * from before except select * from core.{thing}) as old)",
        )
        cursor.execute("drop table before")
        folded = counted(cursor, count)
        counts.recount(cursor, thing)
        assert folded == counted(cursor, count), change


def test_dossiers_stay_with_the_unit_of_their_day_when_its_code_is_used_again(cursor: Cursor) -> None:
    """23869 was Ia Kla, and is Ia Dơk since 1/7/2025: delivered after the dossiers, the new meaning takes only its own."""
    tables.insert(cursor, "unit", "org_code | org_name | unit_kind\n23869 | Xã Ia Kla | UBND cấp xã")
    tables.insert(cursor, "dossier", "org_code | received_on\n23869 | 2025-06-30\n23869 | 2025-07-01")
    counts.add_changes(cursor, "dossier", "(select *, 1 as sign from core.dossier)")
    cursor.execute(
        "insert into core.unit_history select *, 2, '2025-07-02', false from core.unit;"
        "update core.unit set org_name = 'Xã Ia Dơk', established_on = '2025-07-01', file_id = 2"
    )
    counts.add_changes(cursor, "unit", "(select *, 1 as sign from core.unit)")
    found = tables.rows(
        cursor, "select day::text, unit_from::text, received_direct from mart.dossier_daily order by day"
    )
    assert found == [("2025-06-30", "-infinity", 1), ("2025-07-01", "2025-07-01", 1)]
