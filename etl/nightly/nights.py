"""When the nightly loads begin, and when they last began."""

from datetime import datetime, time, timedelta

from etl import catalogue, settings
from etl.periods import LOCAL

APART = 10  # minutes from one source to the next


def load_times() -> dict[str, time]:
    """When each source is loaded: those that others refer to first.

    Which comes first only spares work: a file that was judged too early is judged again.
    """

    def refers_to(source: str) -> int:
        return len({r.split("/")[0] for e in catalogue.sources()[source] for r in e.refers_to} - {source})

    order = sorted(catalogue.sources(), key=lambda source: (refers_to(source), source))
    first = datetime.combine(datetime.min, settings.nightly())
    return {source: (first + timedelta(minutes=APART * i)).time() for i, source in enumerate(order)}


def last(at: time, now: datetime) -> datetime:
    """The last moment at which it was this time of day in Việt Nam.

    >>> last(time(1, 30), datetime(2021, 12, 16, 1, 0, tzinfo=LOCAL)).isoformat()
    '2021-12-15T01:30:00+07:00'
    """
    today = datetime.combine(now.astimezone(LOCAL).date(), at, tzinfo=LOCAL)
    return today if today <= now else today - timedelta(days=1)
