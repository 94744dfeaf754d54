"""Tells how the changes of a run ended."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from remediate.core.plan import Change
from remediate.errors import RemediateError
from remediate.text import printable_line


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

    @property
    def reason(self) -> str:
        """The error and its next step as one text; empty where there is no error."""
        return f"{printable_line(self.error.message)} {self.error.hint}".rstrip() if self.error else ""
