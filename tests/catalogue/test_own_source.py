"""An office adds a source of its own, with all that makes figures of it, in a folder of its own: CCHC_CATALOGUE."""

from pathlib import Path

import pytest

from etl import catalogue, pipeline, settings
from etl.figures import counts, prove
from etl.loading import stale
from etl.migration import schema
from etl.nightly import dag_runs
from etl.periods import Period
from etl.rules import conditions
from etl.warehouse import database
from tests.inbox import UNITS, deliver

FILES = {
    "contracts/feedback/complaints.yml": """
title: Phản ánh, kiến nghị
delivery: upsert
thing: complaint
TOUCHES
refers_to: [hr/units]
columns:
  code: {header: Mã, type: text, required: true, key: true, compact: true}
  org_code: {header: Mã đơn vị, type: text, required: true, compact: true}
  received_on: {header: Ngày nhận, type: date, required: true}
  answered_on: {header: Ngày trả lời, type: date}
""",
    "expectations/feedback/complaints.yml": "judged: [code]\nrules: {}\n",
    "expectations/feedback/complaints.py": """
import great_expectations as gx


def suite(delivered_on):
    return gx.ExpectationSuite(name="feedback/complaints", expectations=[])
""",
    "schema/complaint.sql": """
create table if not exists mart.complaint_daily (
    province_code text, org_code text, day date, received bigint not null default 0,
    primary key (province_code, org_code, day)
);
""",
    "counts/complaint_daily.sql": """-- thing: complaint
-- table: mart.complaint_daily
-- key: [province_code, org_code, day]
-- counts: [received]

select province_code, org_code, received_on as day, sum(sign) as received
from {changed} as d
group by 1, 2, 3
""",
    "window/complaint.sql": """-- creates: [window_complaint]

create temp table window_complaint on commit drop as
select subtree.unit_code, sum(daily.received) as received
from mart.complaint_daily as daily
inner join window_unit as unit on unit.province_code = daily.province_code and unit.code = daily.org_code
inner join window_subtree as subtree on subtree.part_code = unit.unit_code
where daily.day >= %(period_start)s and daily.day < %(period_end)s
group by 1
""",
    "indicators/8.1.sql": """-- code: "8.1"
-- parent: ""
-- title: "Số phản ánh, kiến nghị"
-- unit: "Phản ánh"
-- decimals: 0
-- behaviour: flow
-- cadence: [quarterly, half_yearly, nine_monthly, annual]
-- levels: [district, commune]
-- origin: computed
-- source: [feedback/complaints]
-- legal_basis: "Quyết định của huyện"
-- valid_from: 2020-12-15
-- valid_to:

select unit_code, received as numerator, null as denominator
from window_complaint
""",
    "checks/FIG-81.sql": """-- rule_id: FIG-81
-- title: "Có phản ánh"
-- statement: "8.1 > 1000"
-- severity: finding
-- over: figures

select unit_code, '8.1 > 1000' as subject, value as left_side, 1000 as right_side
from proved_figure
where code = '8.1' and value <= 1000
""",
    "lookups/complaints.sql": "-- title: Complaints\n\nselect code from core.complaint\n",
}


def own_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, touches: str) -> None:
    for name, text in FILES.items():
        path = tmp_path / "own" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.replace("TOUCHES", touches), encoding="utf-8")
    monkeypatch.setenv("CCHC_CATALOGUE", str(tmp_path / "own"))
    monkeypatch.setenv("CCHC_HOME", str(tmp_path / "home"))


def load(url: str, inbox: Path) -> list[pipeline.Receipt]:
    configured = settings.read()
    pipeline.prepare(configured) if configured.warehouse_url else schema.migrate(url)
    pipeline.land(configured, url, inbox=str(inbox))
    return list(pipeline.load_waiting(configured, url))


COMPLAINTS = """
    Mã | Mã đơn vị | Ngày nhận  | Ngày trả lời
    C1 | 23857     | 01/07/2021 | 03/07/2021
    C2 | 23857     | 02/07/2021 |
    C3 | 631       | 03/07/2021 |
"""
QUARTER = ["2021-Q3", "2021-9T", "2021-N"]
TOUCHES = [
    ("touches: counts", QUARTER),
    ("touches: received_on", QUARTER),
    ("touches: [received_on, answered_on]", QUARTER),
    ("touches: received_on\nreaches_on: true", ["2021-Q3", "2021-9T", "2021-Q4", "2021-N"]),
    ("touches: delivery", ["2021-Q4", "2021-N"]),
]


@pytest.mark.parametrize(("touches", "periods"), TOUCHES, ids=[t.replace("\n", ", ") for t, _ in TOUCHES])
def test_a_source_of_an_office_touches_the_periods_that_its_contract_says(
    warehouse_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, touches: str, periods: list[str]
) -> None:
    """Delivered on 1/12/2021."""
    own_source(tmp_path, monkeypatch, touches)
    deliver(tmp_path / "inbox", "feedback/complaints", "2021-12-01", COMPLAINTS)
    (receipt,) = load(warehouse_url, tmp_path / "inbox")
    assert (receipt.status, receipt.rows_loaded) == ("accepted", 3)
    assert dag_runs.stale_periods(warehouse_url) == periods


def test_what_an_office_looks_up_itself_makes_its_files_stale(
    warehouse_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reference data of its own, asked by a rule of its own: remembered before a load, and compared after it."""
    derived = "derived:\n  is_told: {of: complaints, match: {code: code}}\n"
    rules = FILES["expectations/feedback/complaints.yml"]
    monkeypatch.setitem(FILES, "expectations/feedback/complaints.yml", derived + rules)
    own_source(tmp_path, monkeypatch, "touches: counts")
    deliver(tmp_path / "inbox", "feedback/complaints", "2021-12-01", COMPLAINTS)
    load(warehouse_url, tmp_path / "inbox")
    assert conditions.asked_by(catalogue.export("feedback/complaints")) == {"complaints"}
    with database.transaction(warehouse_url) as connection, connection.cursor() as cursor:
        stale.fetch(cursor, "complaints", "before")
        cursor.execute("select count(*) from complaints_before")
        assert cursor.fetchone() == (3,)


def test_figures_of_a_source_of_an_office_are_made_and_proved(
    warehouse_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the DAGs do after a night: make each period that the loads touched."""
    own_source(tmp_path, monkeypatch, "touches: counts")
    deliver(tmp_path / "inbox", "hr/units", "2021-12-01", UNITS)
    deliver(tmp_path / "inbox", "feedback/complaints", "2021-12-01", COMPLAINTS)
    load(warehouse_url, tmp_path / "inbox")
    for code in dag_runs.stale_periods(warehouse_url):
        pipeline.materialise(warehouse_url, Period.parse(code))
    with database.transaction(warehouse_url) as connection, connection.cursor() as cursor:
        cursor.execute(
            "select period_code, unit_code, value, status from mart.indicator where indicator_code = '8.1'"
            " and cadence = 'quarterly' and status = 'observed' and value > 0 order by 1, 2"
        )
        assert cursor.fetchall() == [("2021-Q3", "23857", 2, "observed"), ("2021-Q3", "631", 3, "observed")]
        found = [f.unit_code for f in prove.findings(connection, Period.parse("2021-Q3")) if f.rule_id == "FIG-81"]
        assert {"631", "23857"} <= set(found)
        cursor.execute("select table_name from mart.count_version order by 1")
        assert ("mart.complaint_daily",) in cursor.fetchall()
    assert {count.thing for count in counts.declared()} >= {"complaint", "dossier"}
    assert catalogue.form()[-1].code == "8.1"
