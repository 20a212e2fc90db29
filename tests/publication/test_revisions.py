"""The causes that a plan tells apart: a decision, a unit, a definition, data; and the answer that it waits."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from etl import cli
from etl.errors import UsageError
from etl.nightly import approvals
from etl.publication import revisions
from etl.publication.revisions import Plan
from etl.stewardship import decisions
from etl.stewardship.decisions import Asked
from tests.inbox import PROCEDURES
from tests.publication.offices import UNITS, Office, dossiers, opened_office

RIGHT = "0001 23857 01/03/2021 10/03/2021 09/03/2021"
WRONG = "0002 23860 02/03/2021 10/03/2021 01/03/2021"  # finished before it was received: kept out
MORE_UNITS = (
    UNITS
    .rstrip()
    .replace("Loại", "Loại | Phê duyệt VTVL")
    .replace("UBND cấp tỉnh", "UBND cấp tỉnh |")
    .replace("UBND cấp huyện", "UBND cấp huyện |")
    .replace("UBND cấp xã", "UBND cấp xã |")
)
OFFICE = "    632       | Phòng Nội vụ    | 631                | Cơ quan hành chính | Có\n"


@dataclass
class Story:
    office: Office
    plans: dict[str, Plan] = field(default_factory=dict)
    files: dict[str, int] = field(default_factory=dict)
    asked: dict[str, list] = field(default_factory=dict)
    said: dict[str, str] = field(default_factory=dict)

    def plan(self) -> Plan:
        with self.office.opened() as connection, connection.cursor() as cursor:
            [standing] = revisions.standing(cursor)
            return revisions.plan(connection, standing.release_id)

    def revise(self, reason: str) -> None:
        self.office.revise("2021-Q1", reason, "Xem kế hoạch.")

    def answer(self, release_id: int, option: str, text: str, kind: str = "") -> str:
        """What is done when somebody answers the question of a run."""
        return approvals.carry_out(self.office.url, {"release": release_id}, option, by="huyen", text=text, kind=kind)


@pytest.fixture(scope="module")
def story(server_url: str, template_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    with opened_office(server_url, template_database, tmp_path_factory.mktemp("causes")) as office:
        told = Story(office)
        office.load("one_stop_shop/procedures", "2020-12-02", PROCEDURES)
        file_id = office.load("one_stop_shop/dossiers", "2021-03-15", dossiers(RIGHT, WRONG))
        office.make("2021-Q1")
        office.publish("2021-Q1")

        [(line, rule, column)] = office.rows(
            "select line, rule_id, column_name from quality.violation where severity = 'error'"
        )
        decided = Asked("correct", file_id, line, rule, column, value="09/03/2021 08:00")
        decisions.decide(
            office.configured, office.url, [decided], name="sửa", by="lan", reason="đã hỏi", evidence="CV 1"
        )
        office.make("2021-Q1")
        told.files["decision"], told.plans["decision"] = file_id, told.plan()
        told.asked["moved"] = approvals.due(office.url, _morning())
        told.said["waits"] = told.answer(1, approvals.WAIT, "Chờ xã xác nhận.")
        told.asked["waits"] = approvals.due(office.url, _morning())
        told.revise("decision")

        told.files["unit"] = office.load("hr/units", "2021-03-20", MORE_UNITS.rstrip() + "\n" + OFFICE)
        office.make("2021-Q1")
        told.plans["unit"] = told.plan()
        told.said["published"] = told.answer(2, approvals.PUBLISH, "Thêm Phòng Nội vụ.", kind="unit")

        with office.opened() as connection, connection.cursor() as cursor:  # as if its query had been mended
            cursor.execute(
                "update mart.indicator set value = 5, numerator = 5, definition_version = '2020-12-15/mended'"
                " where period_code = '2021-Q1' and unit_code = '631' and indicator_code = '1.2.1'"
            )
        told.plans["definition"] = told.plan()
        yield told


def _morning():
    from datetime import datetime

    from etl.periods import LOCAL

    return datetime(2021, 3, 15, 7, 30, tzinfo=LOCAL)


def causes_of(plan: Plan) -> dict[tuple[str, str], tuple[str, ...]]:
    return {(one.unit_code, one.indicator_code): one.causes for one in plan.changes}


def test_a_decision_about_a_row_is_told_from_data(story: Story) -> None:
    plan = story.plans["decision"]
    assert causes_of(plan) == {(unit, "3.4.3"): ("decision",) for unit in ("23860", "631")}
    sources = {source for one in plan.changes for source in one.files}
    assert [(s.file_id, s.kind, s.rows, s.lines) for s in sources] == [(story.files["decision"], "decided", 1, (3,))]


def test_a_unit_that_came_is_told_from_data(story: Story) -> None:
    plan = story.plans["unit"]
    found = causes_of(plan)
    assert set(found.values()) == {("unit",)}
    assert {("631", "1.2.1"), ("632", "1.2.1")} <= found.keys()
    assert {unit for unit, _ in found} == {"631", "632"}


def test_a_definition_that_was_mended_is_told_from_data(story: Story) -> None:
    plan = story.plans["definition"]
    assert causes_of(plan) == {("631", "1.2.1"): ("definition",)}
    assert any("định nghĩa của chỉ tiêu 1.2.1 thay đổi" in line for line in plan.forbids)


def test_what_somebody_said_waits_is_not_asked_again(story: Story) -> None:
    nobody_has_published_of_the_province = {"period": "2021-Q1"}
    assert story.asked == {
        "moved": [nobody_has_published_of_the_province, {"release": 1}],
        "waits": [nobody_has_published_of_the_province],
    }
    assert story.office.rows("select release_id, text, by_name from mart.release_event where kind = 'waits'") == [
        (1, "Chờ xã xác nhận.", "huyen")
    ]


def test_whoever_answers_publishes_again_with_a_reason(story: Story) -> None:
    assert story.said["waits"] == "huyen để chờ: 2 số liệu của bản số 1 chưa công bố lại."
    assert story.said["published"].startswith("Đã công bố bản số 3, mã ")
    assert story.office.rows("select revision, signer, reason, changelog from mart.release where release_id = 3") == [
        (2, "huyen", "unit", "Thêm Phòng Nội vụ.")
    ]


def test_a_release_that_was_revised_has_no_plan_and_nothing_waits_without_a_reason(story: Story) -> None:
    with story.office.opened() as connection:
        with pytest.raises(UsageError, match="đã được thay bằng bản số 2"):
            revisions.plan(connection, 1)
        with pytest.raises(UsageError, match="Còn thiếu lý do chờ"):
            revisions.wait(connection, 3, by="huyen", text=" ")


def test_what_is_asked_says_what_moves_or_what_stands_in_the_way(story: Story) -> None:
    said = approvals.ask(story.office.url, {"release": 3})
    assert isinstance(said, str)
    assert said.startswith("Công bố lại 2021-Q1 của UBND huyện (631), bản số 3: chưa được.")
    assert (
        approvals.carry_out(story.office.url, {"release": 3}, "công bố", by=None, text="", kind="") == approvals.NOBODY
    )


def test_the_command_line_prints_a_plan(
    story: Story, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.setenv("CCHC_WAREHOUSE_URL", story.office.url)
    assert cli.run(["releases", "plan", "3", "--format", "csv"]) == 0
    header, *lines = capsys.readouterr().out.splitlines()
    assert header == "unit_code,code,before,after,status_before,status,causes,files"
    assert [line.split(",")[:2] + line.split(",")[6:7] for line in lines] == [["631", "1.2.1", "definition"]]
    assert cli.run(["releases", "plan", "3"]) == 0
    assert "Do định nghĩa chỉ tiêu thay đổi: 1 số liệu." in capsys.readouterr().out
