"""Who owes a delivery: given what a sender delivered on which days, whether it is asked for the next one today."""

from datetime import date, timedelta

import pytest

from etl.reports import owing
from etl.reports.owing import Delivered

DAILY, MONTHLY, YEARLY = "one_stop_shop/dossiers", "hr/staff", "hr/units"
OWING = [
    # export, delivered on, today -> owes
    (DAILY, "2021-12-14 2021-12-15", "2021-12-16", True),
    (DAILY, "2021-12-14 2021-12-15 2021-12-16", "2021-12-16", False),
    (DAILY, "2021-12-14", "2021-12-16", True),  # the second night of silence
    (DAILY, "2021-12-13", "2021-12-16", False),  # no longer one of its senders
    (DAILY, "2021-12-16", "2021-12-16", False),  # its first delivery
    (DAILY, "2021-12-16 2021-12-17", "2021-12-19", False),  # nobody works on Sunday
    (DAILY, "2021-12-15 2021-12-16", "2021-12-19", True),  # and Friday's is still missing
    (DAILY, "2021-12-16 2021-12-17", "2021-12-20", True),
    (DAILY, "2021-12-16 2021-12-18", "2021-12-19", False),  # Friday's came on Saturday
    (DAILY, "2021-12-30 2021-12-31", "2022-01-03", False),  # a day off for New Year's Day, a Saturday
    (MONTHLY, "2021-10-05 2021-11-05", "2021-12-04", False),  # as every month
    (MONTHLY, "2021-10-05 2021-11-05", "2021-12-05", True),
    (MONTHLY, "2021-10-05 2021-11-05 2021-12-01", "2021-12-31", False),
    (MONTHLY, "2021-12-31 2022-01-31", "2022-02-27", False),
    (MONTHLY, "2021-12-31 2022-01-31", "2022-02-28", True),  # the shorter month's last day
    (MONTHLY, "2021-09-05", "2021-12-31", False),
    (MONTHLY, "2021-10-05", "2021-12-31", True),
    (YEARLY, "2020-12-15", "2021-12-14", False),
    (YEARLY, "2020-12-15", "2021-12-15", True),
    (YEARLY, "2020-12-15 2021-06-01", "2021-12-31", False),
    (YEARLY, "2020-02-29", "2021-02-27", False),
    (YEARLY, "2020-02-29", "2021-02-28", True),
]


@pytest.mark.parametrize(("export", "days", "today", "owes"), OWING)
def test_a_sender_owes_what_it_used_to_deliver(export: str, days: str, today: str, owes: bool) -> None:
    delivered = [Delivered(export, "duc-co", day, day) for day in map(date.fromisoformat, days.split())]
    assert bool(owing.who_owes(delivered, date.fromisoformat(today))) is owes


def test_who_delivers_in_the_evening_is_judged_a_day_later() -> None:
    days = [date(2021, 12, day) for day in (13, 14, 15)]
    evening = [Delivered(DAILY, "duc-co", day, day + timedelta(days=1)) for day in days]
    assert owing.who_owes(evening, date(2021, 12, 16)) == []
    assert owing.who_owes(evening, date(2021, 12, 17)) == ["Hồ sơ một cửa · duc-co: lần giao gần nhất 15/12/2021"]


def test_each_sender_and_export_is_judged_by_itself() -> None:
    days = [date(2021, 12, 14), date(2021, 12, 15)]
    delivered = [Delivered(DAILY, sender, day, day) for sender in ("duc-co", "chu-prong") for day in days]
    delivered += [Delivered(DAILY, "chu-prong", date(2021, 12, 16), date(2021, 12, 16))]
    delivered += [Delivered("no/such", "duc-co", day, day) for day in days]
    assert owing.who_owes(delivered, date(2021, 12, 16)) == ["Hồ sơ một cửa · duc-co: lần giao gần nhất 15/12/2021"]
