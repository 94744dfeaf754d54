"""Two days of passes in every run of the suite; REMEDIATE_FAULTS=full makes it the fortnight."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.drift.fortnight import Size, simulate

FULL = os.environ.get("REMEDIATE_FAULTS") == "full"


@pytest.mark.faults
def test_every_outside_change_is_corrected_or_told_once_and_no_grant_stays(tmp_path: Path) -> None:
    size = Size() if FULL else Size(hours=40, changes=16, grants=5)
    one = simulate(tmp_path, size, seed=20)
    assert one.wrong == []
    assert one.counts["crashes"] == size.crashes
    assert one.counts["passes"] == size.hours - size.crashes
    assert one.counts["overlaps"] == 1
    assert one.counts["faults"] > one.counts["calls"] / 50
    assert len(one.deeds) >= size.changes * 0.9
