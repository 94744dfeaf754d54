"""Tells how the changes of a run ended."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from remediate.core.plan import Change
from remediate.errors import RemediateError


class ApplyStatus(StrEnum):
    """How one change ended."""

    WRITTEN = "written"
    UNCHANGED = "unchanged"
    """The resource had the desired settings already: nothing was sent."""
    STALE = "stale"
    FAILED = "failed"
    NOT_TAKEN = "not taken"
    NOT_STARTED = "not started"


@dataclass(frozen=True, slots=True)
class ChangeResult:
    """How one change ended, and why where it is not `written`."""

    change: Change
    status: ApplyStatus
    error: RemediateError | None = None
