"""The demo's dossiers as other systems write them, loaded: what their columns tell is what ours tell."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from demo import other_system
from demo.exports import write_exports
from etl import pipeline, settings
from etl.periods import Period
from tests.databases import fresh_database, rows
from tests.tables import cells

pytestmark = pytest.mark.server

REPORTED = Period.parse("2021-N").with_window(date(2020, 12, 15), date(2021, 11, 15))
SIZE = 0.02  # four hundred dossiers, among them all that is planted
NEEDED = ("hr/units", "one_stop_shop/procedures", "one_stop_shop/dossiers")


@dataclass
class Loaded:
    """What a warehouse says of the dossiers of one delivery."""

    dossiers: dict[str, tuple]
    figures: dict[tuple[str, str], tuple]
    flow: dict[tuple[str, str], tuple]
    violations: dict[str, int]
    planted: dict[str, int]


@pytest.fixture(scope="module")
def template(server_url: str, template_database: str) -> tuple[str, str]:
    return server_url, template_database


@contextmanager
def loaded(template: tuple[str, str], folder: Path, name: str) -> Iterator[Loaded]:
    """The demo's lists and dossiers, written by a layout, or by none."""
    with fresh_database(*template) as url, pytest.MonkeyPatch.context() as patch:
        patch.setenv("CCHC_ARCHIVE", str(folder / "archive"))
        inbox = folder / "inbox"
        planted = write_exports(inbox, size=SIZE, layout=other_system.layout(name) if name else None)
        for export in inbox.glob("*/*"):
            if export.relative_to(inbox).as_posix() not in NEEDED:
                shutil.rmtree(export)
        pipeline.land(settings.read(), url, inbox=str(inbox))
        receipts = list(pipeline.load_waiting(settings.read(), url))
        assert [r.status for r in receipts] == ["accepted_with_errors"] * len(NEEDED)
        pipeline.materialise(url, REPORTED)
        yield Loaded(
            {code: tuple(said) for code, *said in rows(url, DOSSIERS)},
            {(unit, code): tuple(said) for unit, code, *said in rows(url, FIGURES)},
            {(unit, field): tuple(said) for unit, field, *said in rows(url, FLOW)},
            dict(rows(url, VIOLATIONS)),
            {rule: n for rule, n in planted.rules.items() if rule.startswith("DOS")},
        )


DOSSIERS = """
    select dossier_code, org_code, substring(procedure_code, '^\\d\\.\\d{6}'), service_level, received_at, due_at,
        finished_at, status
    from core.dossier
"""
FIGURES = """
    select unit_code, indicator_code, status, value, numerator, denominator, reason
    from mart.indicator_annual where is_current_meaning
"""
FLOW = """
    select unit_code, field, received_online, received_direct, received_postal, received, carried_over, resolved_early,
        resolved_on_time, resolved_late, pending_in_time, pending_overdue, refused, withdrawn, reason
    from reporting.dossier_flow where is_current_meaning
"""
VIOLATIONS = """
    select rule_id, count(distinct line) from quality.violation where rule_id like 'DOS%%' group by 1
"""


@pytest.fixture(scope="module")
def ours(template: tuple[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loaded]:
    with loaded(template, tmp_path_factory.mktemp("ours"), "") as delivery:
        yield delivery


# What of the district, reported on its dossiers, each system cannot give.
SYSTEMS = """
    layout  | lacks          | figures     | beside the appendix
    igate   | Kênh tiếp nhận | 7.8.3 7.8.4 | b.1.1 b.1.2 b.1.3 b.2.1 b.2.2 b.3.1
    opencps | Lĩnh vực       | 3.4.4 3.4.5 | b.1.1 b.1.3 b.3.1
"""


@pytest.mark.parametrize("row", cells(SYSTEMS)[1:], ids=lambda row: row[0])
def test_what_a_file_tells_is_the_same_and_what_it_does_not_tell_is_not_computable(
    row: list[str], ours: Loaded, template: tuple[str, str], tmp_path: Path
) -> None:
    name, header, figures, beside = row
    reason = f"Nơi gửi duc-co không giao cột «{header}»"
    with loaded(template, tmp_path, name) as theirs:
        assert theirs.violations == theirs.planted
        assert theirs.dossiers == ours.dossiers

        every = {key: said for key, said in theirs.figures.items() if said[0] == "not_computable"}
        blank = {(unit, code): said for (unit, code), said in every.items() if code not in beside.split()}
        assert {code for _, code in every.keys() - blank.keys()} == set(beside.split())
        assert {code for unit, code in blank if unit == "631"} == set(figures.split())
        assert {code for _, code in blank} == set(figures.split())
        assert {said[1:] for said in blank.values()} == {(None, None, None, reason)}
        assert theirs.figures.keys() == ours.figures.keys()
        assert {key: said for key, said in theirs.figures.items() if said != ours.figures[key]} == every

        for (unit, field), told in ours.flow.items():
            # the fields that a file does not say are none of its flow
            if name == "opencps" and field != "Tất cả":
                continue
            by_channel, others, why = divide(theirs.flow[unit, field])
            assert others == divide(told)[1]
            if name == "igate" and told[3]:
                assert (by_channel, why) == ((None, None, None), reason)
            else:
                assert by_channel == divide(told)[0]


def divide(flow: tuple) -> tuple[tuple, tuple, str | None]:
    """What was received by channel, all else, and why something is blank."""
    return flow[:3], flow[3:-1], flow[-1]
