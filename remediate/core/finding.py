"""Anything a reader of a plan should know besides the changes, in one shape."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum


class Level(StrEnum):
    """How much a finding matters."""

    INFO = "info"
    WARN = "warn"
    REFUSE = "refuse"
    """`apply` stops here unless `--allow CODE` lifts it."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to know: `message` says what and why, `hint` what to do, `where` the plan's line."""

    level: Level
    code: str
    address: str
    message: str
    hint: str = ""
    where: str = ""

    def as_json(self) -> dict[str, str]:
        """The shape of the plan document."""
        return {key: str(value) for key, value in asdict(self).items()}
