"""When something was last answered: tells whether a run that a person stopped still moves, or hangs."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

PATIENCE = 1.0
"""Seconds without an answer after which what is under way in a stopped run counts as hung."""

_lock = threading.Lock()
_last = 0.0
_pauses = 0


def now() -> float:
    """Return the instant as seconds that only this process can compare."""
    return time.perf_counter()


def note() -> None:
    """Note that something was answered, or is on the disk, now."""
    global _last  # noqa: PLW0603 - the process has one, as it has one Ctrl-C
    _last = now()


@contextmanager
def pausing() -> Iterator[None]:
    """Count the block as activity: it waits on purpose, for a while that it knows."""
    global _pauses  # noqa: PLW0603
    with _lock:
        _pauses += 1
    try:
        yield
    finally:
        note()
        with _lock:
            _pauses -= 1


def idle_since(instant: float) -> float:
    """Return the seconds since something was last answered, counted from `instant` at the earliest."""
    return 0.0 if _pauses else now() - max(instant, _last)
