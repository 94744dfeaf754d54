"""How a pass runs, and the name under which the journal keeps what it remembers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from remediate.core.notice import Channel


@dataclass(frozen=True, slots=True)
class DriftOptions:
    """These options say how a pass runs; the command line or an event sets them."""

    correct: bool
    wait: bool = True
    concurrency: int = 32
    only: Sequence[str] = ()
    accept: Sequence[str] = ()
    near: tuple[str, str] | None = None
    """The service and the id of the one resource that an event is about; without an id, all of its."""
    who: str = ""
    """Who changed it, where an event tells."""
    places: Sequence[str] = ()
    """What the plan files are called on the command line of whoever looks closer."""
    connection: Sequence[str] = ()
    """The options by which that command line reaches the same account."""
    lasts: bool = True
    """Whether the journal is there after the pass, so that a command can name it."""
    channels: Sequence[Channel] = ()
    """Notified besides those of the plan files."""
    reason: str = ""
    """Why what `accept` names is accepted."""
    until: datetime | None = None
    """Until when it is accepted; None for good."""
    unaccept: Sequence[str] = ()
    """What is accepted no longer: addresses, or globs of them."""
    once: bool = False
    """A pass that finds nothing new ends quietly, but for one reminder a day."""


def note_name(account: str) -> str:
    """Return the name of the note that passes over the account keep, and of the lock they hold meanwhile."""
    return f"drift-{account}"
