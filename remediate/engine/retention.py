"""Drop old runs from a journal, but none that undo or ownership still needs.

What follows from the runs (who brought what, how each resource was left, what each plan asks for) is kept
as a note before a run is dropped. A run stays, however old it is: when it is the last one that touched a
resource, so that `undo` can still put that back; when it broke off; when an undo of it broke off; when it
is not in the baseline yet; and when a later run that stays is of an older version, which did not record
whose values it found.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from remediate.engine.baseline import NOTE, RETAINED, Baseline, save_baseline
from remediate.journal import Run, Store


def droppable(store: Store, before: datetime) -> list[str]:
    """Return the ids of the runs that began before the instant and are needed no more, oldest first.

    The baseline is brought up to date first. Raises `JournalError`.
    """
    save_baseline(store)
    return _droppable(store.read(), Baseline.from_json(store.note(NOTE)), before)


def drop_runs(store: Store, runs: Sequence[str]) -> None:
    """Keep what follows from all runs as a note of its own, then delete these. Raises `JournalError`."""
    if runs:
        store.keep(RETAINED, store.note(NOTE))
        store.drop(runs)


def _droppable(runs: Iterable[Run], baseline: Baseline, before: datetime) -> list[str]:
    last = {left.run for left in baseline.left.values()}
    old: list[str] = []
    staying_without_owners = 0
    half_undone: set[str] = set()
    for run in runs:
        if run.interrupted and run.undoes:
            half_undone.add(run.undoes)
        is_old = datetime.fromisoformat(run.when) < before and int(run.id) <= int(baseline.upto or 0)
        if is_old and not run.interrupted and run.id not in last:
            old.append(run.id)
        elif run.earlier is None:
            staying_without_owners = int(run.id)
    return [run_id for run_id in old if int(run_id) > staying_without_owners and run_id not in half_undone]
