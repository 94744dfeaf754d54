"""A day of passes in every run of the suite, two with REMEDIATE_TESTS=long, and with `full` the fortnight."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.drift.fortnight import Size, simulate
from tests.sizes import size as sized


@pytest.mark.faults
def test_every_outside_change_is_corrected_or_told_once_and_no_grant_stays(tmp_path: Path) -> None:
    size = sized(Size(hours=24, changes=10, grants=3), Size(hours=40, changes=16, grants=5), Size())
    one = simulate(tmp_path, size, seed=20)
    assert one.wrong == []
    assert one.counts["crashes"] == size.crashes
    assert one.counts["passes"] == size.hours - size.crashes
    assert one.counts["overlaps"] == 1
    assert one.counts["faults"] > one.counts["calls"] / 50
    assert len(one.deeds) >= size.changes * 0.9
