"""Old runs are dropped only when asked, and what undo and ownership need stays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from remediate.core.change_result import ApplyStatus
from remediate.core.plan import Change
from remediate.engine.baseline import NOTE, load_baseline
from remediate.engine.recent import newest_first
from remediate.engine.retention import drop_runs, droppable
from remediate.journal import Run, Store
from remediate.journal.local import LocalStore
from remediate.journal.records import closed, ended
from tests.journal.memory_s3 import MemoryS3, store_in

CUT = datetime(2026, 3, 1, tzinfo=UTC)
ORIGIN = "https://app.example.com"


@pytest.fixture(params=["folder", "bucket"])
def open_it(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], Store]:
    """Opens the same journal again, as another process would."""
    if request.param == "folder":
        return lambda: LocalStore(tmp_path / ".remediate")
    s3 = MemoryS3()
    return lambda: store_in(s3)


def journaled(
    store: Store,
    addresses: Sequence[str],
    *,
    month: int = 1,
    over: bool = True,
    undoes: str = "",
    old_version: bool = False,
) -> None:
    """A run in that month of the year."""
    rule = {"AllowedOrigins": [ORIGIN], "AllowedMethods": ["GET"]}
    changes = tuple(
        Change(address, "s3", "eu-west-1", None, {"CORSRules": [rule]}, "r", address) for address in addresses
    )
    asked = {address: {"origins": [ORIGIN]} for address in addresses}
    run = Run(
        store.new_id(),
        f"2026-{month:02d}-02T09:00:00+00:00",
        "me",
        "apply",
        ("webapp",),
        "123456789012",
        "c",
        changes,
        requested=asked,
        requested_by_plan={address: {"webapp": values} for address, values in asked.items()},
        undoes=undoes,
        earlier=None if old_version else {},
    )
    store.append(run.id, run.begun())
    for address in addresses:
        store.append(run.id, ended(address, ApplyStatus.WRITTEN, ""))
    if over:
        store.append(run.id, closed(0))


def ids(store: Store) -> list[str]:
    return [run.id for run in store.runs()]


def test_the_last_run_of_each_resource_stays_and_what_is_owned_is_known(open_it: Callable[[], Store]) -> None:
    for addresses in (["s3/a", "s3/b"], ["s3/a"], ["s3/c"], ["s3/a"]):
        journaled(open_it(), addresses)
    journaled(open_it(), ["s3/c"], month=4)
    before = load_baseline(open_it())
    runs = droppable(open_it(), CUT)
    assert runs == ["0002", "0003"], "0001 is the last run of s3/b, 0004 that of s3/a"
    drop_runs(open_it(), runs)
    assert ids(open_it()) == ["0001", "0004", "0005"]
    assert [run.id for run in newest_first(open_it())] == ["0005", "0004", "0001"]
    assert load_baseline(open_it()) == before
    assert before.owned["webapp", "s3/b"].origins == (ORIGIN,)
    assert open_it().new_id() == "0006"


def test_what_is_owned_is_known_even_where_the_note_is_lost(open_it: Callable[[], Store]) -> None:
    for _ in range(3):
        journaled(open_it(), ["s3/a"])
    before = load_baseline(open_it())
    drop_runs(open_it(), droppable(open_it(), CUT))
    assert ids(open_it()) == ["0003"]
    open_it().keep(NOTE, {"format": "of another version"})
    assert load_baseline(open_it()) == before
    journaled(open_it(), ["s3/b"])
    assert set(load_baseline(open_it()).left) == {"s3/a", "s3/b"}


def test_a_run_that_broke_off_stays_and_so_does_one_whose_undo_did(open_it: Callable[[], Store]) -> None:
    journaled(open_it(), ["s3/a"])
    journaled(open_it(), ["s3/a"], over=False)
    journaled(open_it(), ["s3/a"], over=False, undoes="0001")
    journaled(open_it(), ["s3/a"])
    journaled(open_it(), ["s3/a"], month=4)
    assert droppable(open_it(), CUT) == ["0004"]


def test_nothing_before_a_run_that_needs_its_history_is_dropped(open_it: Callable[[], Store]) -> None:
    journaled(open_it(), ["s3/a"], old_version=True)
    journaled(open_it(), ["s3/b"], old_version=True)
    for _ in range(3):
        journaled(open_it(), ["s3/a"])
    assert droppable(open_it(), CUT) == ["0003", "0004"], "0002 is the last run of s3/b; its undo reads 0001"


def test_nothing_young_is_dropped(open_it: Callable[[], Store]) -> None:
    for _ in range(3):
        journaled(open_it(), ["s3/a"], month=4)
    assert droppable(open_it(), CUT) == []


def test_a_run_under_way_on_another_account_keeps_what_follows_out_of_the_baseline(
    open_it: Callable[[], Store],
) -> None:
    store = open_it()
    with store.lease("210987654321", "another account's run"):
        began = replace(
            Run("0001", "2026-01-02T09:00:00+00:00", "me", "apply", "p", "210987654321", "c", ()), earlier={}
        )
        store.append(began.id, began.begun())
        for _ in range(2):
            journaled(open_it(), ["s3/a"])
        assert droppable(open_it(), CUT) == []
        assert load_baseline(open_it()).upto == "0003"
        assert open_it().note(NOTE) == {}
    assert droppable(open_it(), CUT) == ["0002"]
    assert open_it().note(NOTE)["upto"] == "0003"
