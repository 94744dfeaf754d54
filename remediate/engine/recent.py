"""Read runs from the newest backwards, so that a long journal is read only as far as needed."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from remediate.engine.baseline import NOTE
from remediate.journal import Run, Store

_WINDOW = 20


def last_runs(store: Store, count: int) -> list[Run]:
    """Return the last runs, that many at the most, oldest first."""
    return list(islice(newest_first(store, count), count))[::-1]


def newest_first(store: Store, window: int = _WINDOW) -> Iterator[Run]:
    """Return all runs, newest first; `window` are the ids that are read together at first.

    Where the baseline's note names a run, ids are known without a list of the whole journal.
    """
    noted = store.note(NOTE).get("upto")
    upto = int(noted) if isinstance(noted, str) and noted.isdigit() else int(store.new_id()) - 1
    low, high = max(0, upto - window), ""
    while True:
        yield from reversed(store.runs(f"{low:04d}" if low else "", high))
        if not low:
            return
        high, window = f"{low:04d}", window * 2
        low = max(0, low - window)


def run_of_id(store: Store, run_id: str) -> Run | None:
    """Return the run of that id, without reading others."""
    if not run_id.isdigit() or not int(run_id):
        return None
    before = int(run_id) - 1
    upto = f"{int(run_id):04d}"
    return next(store.read(f"{before:04d}" if before else "", upto), None)
