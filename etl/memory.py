"""How a process that loads, or makes figures, keeps its memory."""

import ctypes
import gc
import os
from contextlib import suppress


def keep() -> None:
    """Keep memory that is freed for what comes next, in this process; to be called before Polars is imported.

    The blocks of a file come and go, all of one size. To give each back to the system and to ask for it again, page by
    page, is a tenth of a load.
    """
    # what Polars allocates: jemalloc reads this when it is imported
    os.environ.setdefault("_RJEM_MALLOC_CONF", "dirty_decay_ms:10000")
    # what everything else does: one arena, trimmed and mapped only for what is large. Only glibc has this function;
    # elsewhere nothing is lost but time
    with suppress(OSError, AttributeError, TypeError):
        # M_ARENA_MAX, M_TRIM_THRESHOLD, M_MMAP_THRESHOLD
        for option, value in ((-8, 1), (-1, 256 << 20), (-3, 32 << 20)):
            ctypes.CDLL(None).mallopt(option, value)
    # hardly anything here is garbage that refers to itself: to look for it as often as usual makes an import half as
    # long again
    gc.set_threshold(50_000)


def give_back() -> None:
    """Give the system what is free, before another process that needs much is started beside this one."""
    gc.collect()
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
