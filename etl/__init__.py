"""The warehouse of administrative-reform reports: from the exports of three systems to the figures of a period."""

import ctypes
import gc
import os
from contextlib import suppress

# The blocks of a file come and go, all of one size. Memory that one of them frees is kept for the next: to give it back
# to the system and to ask for it again, page by page, is a tenth of a load. In the order below: what Polars allocates
# (jemalloc, which reads this when it is imported), and what everything else does (glibc: one arena, trimmed and mapped
# only for what is large). Elsewhere there is no such function, and nothing is lost but time.
os.environ.setdefault("_RJEM_MALLOC_CONF", "dirty_decay_ms:10000")
with suppress(OSError, AttributeError, TypeError):
    for option, value in ((-8, 1), (-1, 256 << 20), (-3, 32 << 20)):  # M_ARENA_MAX, M_TRIM_THRESHOLD, M_MMAP_THRESHOLD
        ctypes.CDLL(None).mallopt(option, value)

# Hardly anything here is garbage that refers to itself: to look for it as often as usual makes an import half as long
# again.
gc.set_threshold(50_000)
