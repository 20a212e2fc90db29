"""How often somebody may ask: so many requests a minute, in this process; who asked for less lately may ask faster."""

import threading
import time
from collections.abc import Callable, Hashable
from math import ceil

REMEMBERED = 10_000


class Limit:
    """A bucket of requests for each who asks: it fills evenly, and holds those of a minute."""

    def __init__(self, a_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.a_minute, self._clock = a_minute, clock
        self._left: dict[Hashable, tuple[float, float]] = {}  # requests left, and when that was so
        self._lock = threading.Lock()

    def take(self, who: Hashable) -> int:
        """Take one request; 0 if it may be answered, else the seconds after which one may.

        >>> limit = Limit(2, clock=lambda: 0.0)
        >>> [limit.take("a"), limit.take("a"), limit.take("a"), limit.take("b")]
        [0, 0, 30, 0]
        """
        with self._lock:
            now = self._clock()
            left = self._now(who, now)
            if left < 1:
                return ceil((1 - left) * 60 / self.a_minute)
            if len(self._left) >= REMEMBERED:
                self._left = {one: kept for one, kept in self._left.items() if self._now(one, now) < self.a_minute}
            self._left[who] = (left - 1, now)
            return 0

    def wait(self, who: Hashable) -> int:
        """The seconds after which somebody may ask again, without asking."""
        with self._lock:
            left = self._now(who, self._clock())
            return 0 if left >= 1 else ceil((1 - left) * 60 / self.a_minute)

    def _now(self, who: Hashable, now: float) -> float:
        left, then = self._left.get(who, (float(self.a_minute), now))
        return min(float(self.a_minute), left + (now - then) * self.a_minute / 60)
