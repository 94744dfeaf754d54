"""Anything a reader of a plan should know besides the changes, in one shape."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum

from remediate.text import printable_line


class Level(StrEnum):
    """How much a finding matters."""

    INFO = "info"
    WARN = "warn"
    REFUSE = "refuse"
    """`apply` stops here unless `--allow CODE` lifts it."""


class Topic(StrEnum):
    """What a finding is about, which decides where it stands in the output."""

    NOTE = "note"
    TODO = "todo"
    """A person must do it by hand, because no setting of the plan can."""
    FAILURE = "failure"
    """Something could not be looked at."""
    ACCESS = "access"
    """More, or fewer, callers may do something than the plan's words alone tell; or a guard."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to know: `message` says what and why, `hint` what to do, `where` the plan's line."""

    level: Level
    code: str
    address: str
    message: str
    hint: str = ""
    where: str = ""
    topic: Topic = Topic.NOTE

    @property
    def sentences(self) -> str:
        """The message and the hint as one text, whose line feeds are those of a snippet in the hint."""
        return f"{printable_line(self.message)} {self.hint}".rstrip()

    def as_json(self) -> dict[str, str]:
        """The shape of the plan document; the topic is in it unless it is a plain note."""
        values = {key: str(value) for key, value in asdict(self).items()}
        if self.topic is Topic.NOTE:
            del values["topic"]
        return values

    @classmethod
    def from_json(cls, value: Mapping[str, str]) -> Finding:
        """Back from the plan document; KeyError, TypeError or ValueError where it is not one."""
        return cls(
            **{**value, "level": Level(value["level"]), "topic": Topic(value.get("topic", Topic.NOTE))}  # type: ignore[arg-type]
        )
