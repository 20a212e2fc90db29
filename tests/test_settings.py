"""Settings: what cannot be used is refused with a sentence that names it."""

from datetime import time, timedelta
from pathlib import Path

import pytest

from etl import catalogue, settings
from etl.catalogue import project_files
from etl.errors import CatalogueError, SetupError

MAIL = {
    "CCHC_NOTICE_SMTP": "smtp://cchc:geheim@mail.example.org:587",
    "CCHC_NOTICE_FROM": "kho@example.org",
    "CCHC_NOTICE_TO": "mot@example.org, hai@example.org",
}
HOOK = {"CCHC_NOTICE_WEBHOOK": "https://hook.example.org/x", "CCHC_NOTICE_SECRET": "0123456789abcdef"}


def set_all(monkeypatch: pytest.MonkeyPatch, given: dict[str, str]) -> None:
    for name, value in given.items():
        monkeypatch.setenv(name, value)


def test_the_night_has_its_usual_times_and_others_if_they_are_set(monkeypatch: pytest.MonkeyPatch) -> None:
    assert (settings.nightly(), settings.notice_time()) == (time(1), time(6))
    assert (settings.read().landing_min_age, settings.read().landing_done_marker) == (None, False)
    set_all(
        monkeypatch,
        {
            "CCHC_NIGHTLY": "22:30",
            "CCHC_NOTICE_TIME": "5:45",
            "CCHC_LANDING_MIN_AGE": "10",
            "CCHC_LANDING_DONE_MARKER": "yes",
        },
    )
    assert (settings.nightly(), settings.notice_time()) == (time(22, 30), time(5, 45))
    assert (settings.read().landing_min_age, settings.read().landing_done_marker) == (timedelta(minutes=10), True)


def test_nobody_is_told_unless_somebody_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    assert settings.notice() == settings.Notice()
    set_all(monkeypatch, MAIL | HOOK)
    to = settings.notice()
    assert (to.recipients, to.secret) == (("mot@example.org", "hai@example.org"), b"0123456789abcdef")
    assert "geheim" not in repr(to) and "0123456789abcdef" not in repr(to)


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"CCHC_NIGHTLY": "1 giờ"}, "CCHC_NIGHTLY"),
        ({"CCHC_NIGHTLY": "25:00"}, "CCHC_NIGHTLY"),
        ({"CCHC_NOTICE_TIME": "6"}, "CCHC_NOTICE_TIME"),
        ({"CCHC_LANDING_MIN_AGE": "-5"}, "CCHC_LANDING_MIN_AGE"),
        ({"CCHC_LANDING_MIN_AGE": "ten"}, "CCHC_LANDING_MIN_AGE"),
        ({"CCHC_LANDING_DONE_MARKER": "có"}, "CCHC_LANDING_DONE_MARKER"),
        ({"CCHC_WAREHOUSE_SLOTS": "0"}, "CCHC_WAREHOUSE_SLOTS"),
        (MAIL | {"CCHC_NOTICE_SMTP": "mail.example.org"}, "CCHC_NOTICE_SMTP"),
        (MAIL | {"CCHC_NOTICE_SMTP": "smtp://a:geheim@mail.example.org:port"}, "CCHC_NOTICE_SMTP"),
        (MAIL | {"CCHC_NOTICE_TO": " "}, "CCHC_NOTICE_TO"),
        (HOOK | {"CCHC_NOTICE_WEBHOOK": "ftp://hook.example.org"}, "CCHC_NOTICE_WEBHOOK"),
        (HOOK | {"CCHC_NOTICE_SECRET": "short"}, "CCHC_NOTICE_SECRET"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, str], named: str
) -> None:
    set_all(monkeypatch, given)
    with pytest.raises(SetupError, match=named) as refused:
        for reads in (settings.read, settings.nightly, settings.notice_time, settings.slots, settings.notice):
            reads()
    assert "geheim" not in str(refused.value)


def test_a_wrong_address_stops_no_load(monkeypatch: pytest.MonkeyPatch) -> None:
    set_all(monkeypatch, MAIL | {"CCHC_NOTICE_SMTP": "mail"})
    assert settings.read()


def test_every_contract_says_how_often_it_is_delivered() -> None:
    assert {name: export.delivers for name, export in catalogue.exports().items()} == {
        "hr/units": "yearly",
        "hr/staff": "monthly",
        "hr/events": "monthly",
        "hr/quotas": "yearly",
        "one_stop_shop/procedures": "yearly",
        "one_stop_shop/dossiers": "daily",
        "one_stop_shop/pauses": "monthly",
        "document_management/documents": "daily",
        "document_management/tasks": "monthly",
        "declarations/indicators": "yearly",
    }


def test_another_rhythm_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    contract = tmp_path / "contracts" / "registry" / "births.yml"
    contract.parent.mkdir(parents=True)
    units = (project_files.CONTRACTS / "hr" / "units.yml").read_text("utf-8")
    contract.write_text(units.replace("delivers: yearly", "delivers: weekly"), "utf-8")
    monkeypatch.setenv("CCHC_CATALOGUE", str(tmp_path))
    with pytest.raises(CatalogueError, match=r"births\.yml.*daily, monthly, yearly"):
        catalogue.exports()
