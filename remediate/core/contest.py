"""When a resource is contested: how many corrections to the same settings, within how long."""

from __future__ import annotations

from dataclasses import dataclass

CORRECTIONS = 3
WITHIN = 24 * 60 * 60
"""Seconds."""
MOST_CORRECTIONS = 100
"""The most that a plan file may allow, and so the most that passes remember of one resource."""
LONGEST = 30 * 24 * 60 * 60
"""The longest time in seconds that a plan file may name, and so how long passes remember a correction."""


@dataclass(frozen=True, slots=True)
class ContestLimit:
    """After so many corrections to the same settings within so many seconds, the resource is contested."""

    corrections: int = CORRECTIONS
    within: int = WITHIN
