"""Several senders, and several parts of a delivery, that say the same or say otherwise: what is held, what is named."""

import itertools

import pytest

from etl import pipeline
from etl.stewardship import deliveries
from tests.databases import rows
from tests.inbox import PROCEDURES, UNITS, deliver

STAFF = """
    Mã CBCCVC | Loại      | Mã đơn vị | Trạng thái
    CB-1      | Công chức | 631       | Đang làm việc
    CB-2      | Công chức | 631       | Đang làm việc
    CB-3      | Công chức | 631       | Đang làm việc
"""
HEAD = "    Mã CBCCVC | Loại | Mã đơn vị | Trạng thái\n"


def people(*codes: str) -> str:
    return HEAD + "".join(f"    {code} | Công chức | 631 | Đang làm việc\n" for code in codes)


@pytest.fixture
def load(configured, warehouse_url, inbox, without_the_second_count):
    def load_new() -> None:
        pipeline.land(configured, warehouse_url, inbox=str(inbox))
        list(pipeline.load_waiting(configured, warehouse_url))

    deliver(inbox, "hr/units", "2021-11-01", UNITS, sender="huyen")
    load_new()
    return load_new


def standing(url: str) -> list[tuple]:
    return rows(url, "select sender, status, rule_id from landing.file where export = 'hr/staff' order by file_id")


@pytest.mark.parametrize(
    ("first", "then", "is_held"),
    [
        (("CB-1", "CB-2", "CB-3"), ("CB-1", "CB-2", "CB-3"), True),
        (("CB-1", "CB-2", "CB-3"), ("CB-1", "CB-2"), True),
        (("CB-1", "CB-2", "CB-3"), ("CB-1", "CB-2", "CB-4"), True),
        (("CB-1",), ("CB-1",), True),
        (("CB-1", "CB-2", "CB-3"), ("CB-1", "CB-4", "CB-5"), False),
        (("CB-1", "CB-2", "CB-3", "CB-4"), ("CB-1", "CB-2"), False),  # half of them is not most
        (("CB-1",), ("CB-1", "CB-2", "CB-3"), False),  # the list of who is above both
        (("CB-1", "CB-2"), ("cb‑1", '="CB-2"'), True),
    ],
)
def test_a_new_sender_with_the_list_of_another_is_held(load, inbox, warehouse_url, first, then, is_held):
    deliver(inbox, "hr/staff", "2021-12-01", people(*first))
    load()
    deliver(inbox, "hr/staff", "2021-12-02", people(*then), sender="duc-co_2")
    load()
    held = ("duc-co_2", "held", "FIL-20") if is_held else ("duc-co_2", "accepted", None)
    assert standing(warehouse_url) == [("duc-co", "accepted", None), held]
    if is_held:
        ((message,),) = rows(warehouse_url, "select message from landing.file where rule_id = 'FIL-20'")
        assert "«duc-co»" in message
        assert "cchc files confirm 3" in message


def test_who_is_confirmed_or_known_is_asked_no_more(load, configured, inbox, warehouse_url):
    deliver(inbox, "hr/staff", "2021-12-01", people("CB-1", "CB-2"))
    load()
    deliver(inbox, "hr/staff", "2021-12-02", people("CB-1", "CB-2"), sender="duc-co_2")
    load()
    deliveries.confirm(warehouse_url, 3, by="An", reason="hai cơ quan")
    load()
    deliver(inbox, "hr/staff", "2021-12-03", people("CB-1", "CB-2", "CB-3"), sender="duc-co_2")
    deliver(inbox, "hr/staff", "2021-11-15", people("CB-1"))  # late: all that duc-co sent is loaded again
    load()
    deliveries.again(warehouse_url, file_ids=[2, 3], by="An", reason="luật mới")
    load()
    assert {status for _, status, _ in standing(warehouse_url)} == {"accepted"}


def test_a_list_that_names_no_unit_is_the_same_for_many(load, inbox, warehouse_url):
    deliver(inbox, "one_stop_shop/procedures", "2021-12-01", PROCEDURES, sender="huyen")
    deliver(inbox, "one_stop_shop/procedures", "2021-12-02", PROCEDURES, sender="23857")
    load()
    assert (
        rows(warehouse_url, "select status from landing.file where export like '%%procedures'") == [("accepted",)] * 2
    )


# --- who says otherwise -----------------------------------------------------------------------------------------------

TASKS = "    Mã nhiệm vụ | Nội dung | Cấp giao | Mã đơn vị thực hiện | Ngày giao\n"


def task(code: str, content: str) -> str:
    return f"{TASKS}    {code} | {content} | UBND tỉnh | 631 | 01/11/2021\n"


def told(url: str) -> list[tuple]:
    """Who was warned of whom, and how often by the count of the rule."""
    return rows(
        url,
        "select f.sender, f.part, v.value, r.rows_failed from quality.violation as v"
        " join landing.file as f on f.file_id = v.file_id"
        " join quality.result as r on r.file_id = v.file_id and r.rule_id = v.rule_id and r.column_name = v.column_name"
        " where v.rule_id = 'FIL-21' order by 1, 2, 3",
    )


@pytest.mark.parametrize("order", [*itertools.permutations("abc")], ids="".join)
def test_senders_that_contradict_each_other_are_told_and_the_last_name_stands(load, inbox, warehouse_url, order):
    content = {"a": "Một", "b": "Hai", "c": "Một"}
    for sender in order:
        deliver(inbox, "document_management/tasks", "2021-12-01", task("NV-1", content[sender]), sender=sender)
        load()
    assert told(warehouse_url) == [
        ("a", "a.csv", "b", 1),
        ("b", "b.csv", "a", 1),
        ("b", "b.csv", "c", 1),
        ("c", "c.csv", "b", 1),
    ]
    assert rows(warehouse_url, "select sender, content from core.task") == [("c", "Một")]


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (("2021-12-01", task("NV-1", "Một")), ("2021-12-01", task("NV-1", "Một"))),
        (("2021-12-01", task("NV-1", "Một")), ("2021-12-01", task('="NV-1"', "Một"))),
        (("2021-12-01", task("NV-1", "Một")), ("2021-12-02", task("NV-1", "Hai"))),
        (("2021-12-01", task("NV-1", "Một")), ("2021-12-01", task("NV-2", "Hai"))),
    ],
    ids=["the same", "another spelling", "another day", "another thing"],
)
def test_who_says_the_same_or_later_contradicts_nobody(load, inbox, warehouse_url, a, b):
    for sender, (day, text) in (("b", b), ("a", a)):
        deliver(inbox, "document_management/tasks", day, text, sender=sender)
        load()
    assert told(warehouse_url) == []


def test_what_is_taken_back_contradicts_nobody_any_more(load, configured, inbox, warehouse_url):
    for sender, content in (("a", "Một"), ("b", "Hai"), ("c", "Ba")):
        deliver(inbox, "document_management/tasks", "2021-12-01", task("NV-1", content), sender=sender)
    load()
    assert len(told(warehouse_url)) == 6
    deliveries.withdraw(configured, warehouse_url, 3, by="An", reason="nhầm")
    assert told(warehouse_url) == [("a", "a.csv", "c", 1), ("c", "c.csv", "a", 1)]


@pytest.mark.parametrize("order", ["12", "21"])
def test_parts_that_contradict_each_other_are_told(load, inbox, warehouse_url, order):
    content = {"1": "Một", "2": "Hai"}
    for part in order:
        deliver(inbox, "document_management/tasks", "2021-12-01", task("NV-1", content[part]), sender=f"a.{part}")
        load()
    assert told(warehouse_url) == [("a", "a.1.csv", "a.2.csv", 1), ("a", "a.2.csv", "a.1.csv", 1)]
    assert rows(warehouse_url, "select content from core.task") == [("Hai",)]


def test_a_part_that_comes_again_contradicts_nobody(load, inbox, warehouse_url):
    for sender, content in (("a", "Một"), ("a (1)", "Hai")):
        deliver(inbox, "document_management/tasks", "2021-12-01", task("NV-1", content), sender=sender)
        load()
    assert told(warehouse_url) == []
    assert rows(warehouse_url, "select content from core.task") == [("Hai",)]


@pytest.mark.parametrize("order", ["ab", "ba"])
def test_lists_of_two_senders_that_contradict_each_other_are_told(load, inbox, warehouse_url, order):
    said = {
        "a": people("CB-1", "CB-2", "CB-3"),
        "b": people("CB-4", "CB-5", "CB-3").replace("CB-3 | Công", "CB-3 | Viên"),
    }
    for sender in order:
        deliver(inbox, "hr/staff", "2021-12-01", said[sender], sender=sender)
        load()
    assert told(warehouse_url) == [("a", "a.csv", "b", 1), ("b", "b.csv", "a", 1)]
