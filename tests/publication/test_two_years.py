"""Two years of a district, 2024 and 2025: quarters are loaded, made and published; data come late, a definition changes
on a day, two communes merge; and every answer that was ever given is given again."""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

import pytest

from etl.errors import UsageError
from etl.publication import chain, events, revisions
from etl.publication.releases import Published
from etl.publication.revisions import Plan
from tests.inbox import PROCEDURES
from tests.publication.offices import Office, dossiers, opened_office

BEFORE = """
    Mã đơn vị | Tên đơn vị      | Mã đơn vị cấp trên | Loại
    64        | Tỉnh Gia Lai    |                    | UBND cấp tỉnh
    631       | Huyện Đức Cơ    | 64                 | UBND cấp huyện
    23860     | Xã Ia Dơk       | 631                | UBND cấp xã
    23869     | Xã Ia Kla       | 631                | UBND cấp xã
    23872     | Xã Ia Dom       | 631                | UBND cấp xã
"""
# Nghị quyết 1664/NQ-UBTVQH15: Ia Dơk and Ia Kla are one commune, with the name of the one and the code of the other
AFTER = """
    Mã đơn vị | Tên đơn vị      | Mã đơn vị cấp trên | Loại           | Ngày thành lập | Ngày giải thể | Đơn vị kế thừa
    64        | Tỉnh Gia Lai    |                    | UBND cấp tỉnh  |                |               |
    631       | Huyện Đức Cơ    | 64                 | UBND cấp huyện |                | 01/07/2025    | 64
    23860     | Xã Ia Dơk       | 631                | UBND cấp xã    |                | 01/07/2025    | 23869
    23869     | Xã Ia Dơk       | 64                 | UBND cấp xã    | 01/07/2025     |               |
    23872     | Xã Ia Dom       | 64                 | UBND cấp xã    |                |               |
"""
QUARTERS = {  # the dossiers of each, delivered on the day after it
    "2024-Q1": ("2024-03-15", ["0001 23860 05/03/2024 10/03/2024 09/03/2024", "0002 23869 06/03/2024 10/03/2024 -"]),
    "2024-Q2": ("2024-06-15", ["0001 23860 05/06/2024 10/06/2024 12/06/2024", "0002 23869 06/06/2024 10/06/2024 -"]),
    "2024-Q3": ("2024-09-15", ["0001 23872 05/09/2024 10/09/2024 09/09/2024"]),
    "2024-Q4": ("2024-12-15", ["0001 23872 05/12/2024 10/12/2024 09/12/2024"]),
    "2025-Q1": ("2025-03-15", ["0001 23869 05/03/2025 10/03/2025 09/03/2025"]),
    "2025-Q2": ("2025-06-15", ["0001 23869 05/06/2025 10/06/2025 -"]),
    "2025-Q3": ("2025-09-15", ["0001 23869 05/09/2025 10/09/2025 09/09/2025"]),
    "2025-Q4": ("2025-12-15", ["0001 23872 05/12/2025 10/12/2025 09/12/2025"]),
}
ANSWER = "select figure::text from {} as figure order by period_code, unit_code, unit_valid_from, form_order"


class Play:
    """The office, and every answer that it has given."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.published: dict[int, list[tuple]] = {}
        self.at: dict[datetime, list[tuple]] = {}
        self.plans: dict[str, Plan] = {}
        self.late = 0  # the file that came late
        self.revised: Published | None = None

    def remember(self) -> None:
        """Keep what readers are told now, of the newest release and of this moment."""
        [(release_id,)] = self.office.rows("select max(release_id) from mart.release")
        self.published[release_id] = self.office.rows(ANSWER.format("reporting.indicator_as_published(%s)"), release_id)
        [(now,)] = self.office.rows("select clock_timestamp()")
        self.at[now] = self.office.rows(ANSWER.format("reporting.indicator_latest"))

    def plan(self, code: str) -> Plan:
        with self.office.opened() as connection, connection.cursor() as cursor:
            [release] = [one for one in revisions.standing(cursor) if one.period_code == code]
            return revisions.plan(connection, release.release_id)


@pytest.fixture(scope="module")
def play(server_url: str, template_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Play]:
    with opened_office(server_url, template_database, tmp_path_factory.mktemp("two-years"), units=BEFORE) as office:
        told = Play(office)
        office.load("one_stop_shop/procedures", "2023-12-16", PROCEDURES)
        for code, (day, delivered) in QUARTERS.items():
            if code == "2025-Q3":
                office.load("hr/units", "2025-07-01", AFTER)
            office.load("one_stop_shop/dossiers", day, dossiers(*delivered))
            office.make(code)
            assert office.publish(code, None, by="tinh").is_new
            told.remember()
            if code == "2024-Q2":
                with office.opened() as connection:
                    events.note(connection, 2, by="tinh", text="Xã Ia Kla báo thiếu.", unit_code="23869")
            if code == "2024-Q3":
                _late(told)
        yield told


def _late(told: Play) -> None:
    """In October a dossier of May is delivered, which nobody had entered; in time, and of the commune Ia Kla."""
    office = told.office
    told.late = office.load(
        "one_stop_shop/dossiers", "2024-10-01", dossiers("0007 23869 05/05/2024 10/05/2024 08/05/2024")
    )
    told.plans["before it is made"] = told.plan("2024-Q2")
    office.make("2024-Q2")
    told.plans["late"] = told.plan("2024-Q2")
    told.plans["untouched"] = told.plan("2024-Q1")
    with pytest.raises(UsageError, match="khác số đã công bố"):
        office.publish("2024-Q2", None, by="tinh")
    told.remember()
    with office.opened() as connection, connection.cursor() as cursor:
        waited = revisions.wait(connection, 2, by="tinh", text="Chờ xã Ia Dơk giao nốt.")
        assert revisions.waits(cursor, waited)
    told.revised = office.publish(
        "2024-Q2", None, by="tinh", reason="late_data", changelog="Thêm một hồ sơ của xã Ia Kla."
    )
    told.remember()


def test_data_that_come_late_move_no_published_figure(play: Play) -> None:
    assert play.plans["before it is made"].is_empty
    assert any("cchc materialise 2024-Q2" in line for line in play.plans["before it is made"].forbids)
    # what readers were told before the revision, they were told after the figures were made anew
    told = list(play.at.values())
    assert told[2] == told[3] != told[4]


def test_the_plan_names_exactly_the_figures_that_move_and_why(play: Play) -> None:
    plan = play.plans["late"]
    assert play.plans["untouched"].is_empty
    moved = {(one.unit_code, one.indicator_code): (one.before.value, one.after.value) for one in plan.changes}
    half = Decimal("50.00")
    assert moved == {("64", "3.4.3"): (0, half), ("631", "3.4.3"): (0, half), ("23869", "3.4.3"): (None, Decimal(100))}
    assert {one.causes for one in plan.changes} == {("data",)}
    assert {source.file_id for one in plan.changes for source in one.files} == {play.late}
    assert [(source.kind, source.rows, source.lines) for source in plan.changes[0].files] == [("delivered", 1, (2,))]
    of_the_province = {(one.field, one.name): (one.before, one.after) for one in plan.flow if one.unit_code == "64"}
    counts = {"received": (2, 3), "received_direct": (2, 3), "resolved": (1, 2), "resolved_early": (0, 1)}
    assert of_the_province == {(f, name): count for f in ("Hộ tịch", "Tất cả") for name, count in counts.items()}
    assert set(plan.forms) == {(form, unit) for form in ("appendix", "flow") for unit in ("64", "631", "23869")}
    assert plan.forbids == ()


def test_a_revision_has_its_number_reason_notes_and_changes(play: Play) -> None:
    release = play.revised.release
    assert (release.revision, release.reason, release.follows) == (1, "late_data", 2)
    office = play.office
    assert office.rows(
        "select unit_code, text, copied_from is not null from mart.release_event where kind = 'note'"
        " order by release_id"
    ) == [("23869", "Xã Ia Kla báo thiếu.", False), ("23869", "Xã Ia Kla báo thiếu.", True)]
    assert office.rows(
        "select unit_code, indicator_code, kind, previous_value, value, previous_release_id, revision_reason"
        " from reporting.indicator_change where release_id = %s order by change_id",
        release.release_id,
    ) == [
        ("23869", "3.4.3", "revised", None, Decimal(100), 2, "late_data"),
        ("631", "3.4.3", "revised", Decimal(0), Decimal(50), 2, "late_data"),
        ("64", "3.4.3", "revised", Decimal(0), Decimal(50), 2, "late_data"),
    ]
    [(least, most, all_of_them)] = office.rows(
        "select min(change_id), max(change_id), count(*) from mart.release_change"
    )
    assert (least, most) == (1, all_of_them)  # the cursor leaves nothing out


def test_a_definition_that_changes_on_a_day_is_kept_in_both_versions(play: Play) -> None:
    found = play.office.rows(
        "select r.period_code, split_part(d.definition_version, '/', 1), d.query like '%%inspecting%%'"
        " from mart.release_definition as d join mart.release as r using (release_id)"
        " where indicator_code = '1.2.1' and r.period_code in ('2025-Q2', '2025-Q3') order by 1"
    )
    assert [(code, day) for code, day, _ in found] == [("2025-Q2", "2020-12-15"), ("2025-Q3", "2025-07-01")]


def test_communes_that_merge_stand_in_the_releases_of_their_time(play: Play) -> None:
    found = play.office.rows(
        "select period_code, unit_code, unit_name from reporting.release_unit where unit_code in ('23860', '23869')"
        " and period_code in ('2025-Q2', '2025-Q3', '2025-Q4') order by period_code, unit_code, unit_valid_from"
    )
    assert found == [
        *(("2025-Q2", "23860", "Xã Ia Dơk"), ("2025-Q2", "23869", "Xã Ia Kla")),
        *(("2025-Q3", "23860", "Xã Ia Dơk"), ("2025-Q3", "23869", "Xã Ia Kla"), ("2025-Q3", "23869", "Xã Ia Dơk")),
        ("2025-Q4", "23869", "Xã Ia Dơk"),
    ]


def test_every_earlier_answer_reads_exactly_as_it_was(play: Play) -> None:
    assert len(play.published) == 9
    assert all(play.published.values())
    for release_id, answer in play.published.items():
        assert play.office.rows(ANSWER.format("reporting.indicator_as_published(%s)"), release_id) == answer
    for moment, answer in play.at.items():
        assert play.office.rows(ANSWER.format("reporting.indicator_as_of(%s)"), moment) == answer
    with play.office.opened() as connection, connection.cursor() as cursor:
        assert chain.verify(cursor) == []
