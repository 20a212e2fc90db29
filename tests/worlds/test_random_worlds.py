"""Random provinces whose lists move on, delivered in any order, against figures reckoned apart from the warehouse."""

import random
from pathlib import Path

import pytest

from etl import catalogue, pipeline, settings
from etl.periods import Period
from etl.publication import keeping
from etl.warehouse import database
from tests import contributions
from tests.worlds.reckoning import FLOW, WINDOWS, Reckoning
from tests.worlds.world import World, world, write


def loaded(made: World, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Deliver everything in a random order, over several runs, and make every period."""
    draw = random.Random(made.seed)
    monkeypatch.setenv("CCHC_ARCHIVE", str(tmp_path / "archive"))
    configured = settings.read()
    shuffled = draw.sample(made.deliveries, len(made.deliveries))
    runs = draw.randint(1, 3)
    for number in range(runs):
        for delivery in shuffled[number::runs]:
            write(delivery, tmp_path / "inbox")
        pipeline.land(configured, url, inbox=str(tmp_path / "inbox"))
        # of each file what became of it in the end: a list is held until units tell whose it is
        receipts = {receipt.file_id: receipt for receipt in pipeline.load_waiting(configured, url)}.values()
        bad = [r for r in receipts if r.status not in ("accepted", "accepted_with_errors", "duplicate")]
        assert number < runs - 1 or not bad, bad
    list(pipeline.materialise_each(url, [Period.parse(code) for code in WINDOWS]))


@pytest.mark.parametrize("seed", [0, *(pytest.param(n, marks=pytest.mark.slow) for n in range(1, 6))])
def test_figures_are_what_they_were(warehouse_url, tmp_path, monkeypatch, seed):
    made = world(seed)
    loaded(made, warehouse_url, tmp_path, monkeypatch)
    reckoned = Reckoning(made)
    kinds = {u["org_code"]: u["unit_kind"] for d in made.of("hr/units") for u in d.rows}
    with database.transaction(warehouse_url) as connection, connection.cursor() as cursor:
        cursor.execute("select period_code, unit_code, indicator_code, value, status from mart.indicator")
        got = {(period, unit, code): (value, status) for period, unit, code, value, status in cursor.fetchall()}
        cursor.execute(
            f"select period_code, unit_code, {', '.join(FLOW)} from mart.dossier_flow where field = 'Tất cả'"
        )
        flows = {(period, unit): dict(zip(FLOW, counts, strict=True)) for period, unit, *counts in cursor.fetchall()}
        cursor.execute("select count(*) from quality.quarantined_row where resolved_by is null")
        assert cursor.fetchone() == (0,)
    wrong, compared = [], 0
    for period, window in WINDOWS.items():
        for unit, kind in kinds.items():
            if (period, unit) not in flows:
                continue  # it is not in the window
            wanted = {
                **reckoned.unit_figures(unit, window[1]),
                **reckoned.staff_figures(unit, window[1]),
                **(reckoned.procedure_figures(unit, kind, window[1]) if kind != "Đơn vị sự nghiệp" else {}),
            }
            for code, figure in wanted.items():
                value, status = got[period, unit, code]
                if status == "observed":
                    compared += 1
                    if value != figure:
                        wrong.append((period, unit, code, figure, value))
            flow = reckoned.flow(unit, window)
            compared += len(flow)
            wrong += [(period, unit, m, flow[m], n) for m, n in flows[period, unit].items() if flow[m] != n]
    assert compared > 1000
    assert not wrong, "".join(f"\n  {one}" for one in wrong[:40])
    rows_add_up(warehouse_url, ["2021-N"] if seed == 0 else list(WINDOWS))


def rows_add_up(url: str, codes: list[str]) -> None:
    """Every figure is what its rows add up to: as the warehouse has them, and as a release keeps them."""
    for release, period in enumerate(map(Period.parse, codes)):
        with database.transaction(url) as connection, connection.cursor() as cursor:
            keeping.keep(cursor, release, period, catalogue.reported(period.last_day).values())
        for kept in (None, release):
            wrong, looked_at = contributions.not_added_up(url, period, kept)
            assert looked_at > 100
            assert not wrong, (period.code, kept, wrong[:10])
