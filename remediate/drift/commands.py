"""Write the commands that a notice names, so that they work as they stand in any folder. Pure."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Commands:
    """What every command of one pass must be given: plan files, the journal, the options of the connection.

    `state` is empty where the journal does not outlive the pass.
    """

    places: Sequence[str] = ()
    state: str = ""
    connection: Sequence[str] = ()

    def look(self, address: str) -> str:
        """Return the command that shows the resource: what the plan wants and what is dangerous there."""
        return shlex.join(["remediate", "plan", *self.places, *self._rest(), "--target", address])

    def accept(self, address: str) -> str:
        """Return the command that accepts what others changed there."""
        return shlex.join(["remediate", "drift", *self.places, *self.connection, "--accept", address])

    def undo(self, run: str) -> str:
        """Return the command that takes back what the run wrote; empty where the journal is gone by then."""
        return shlex.join(["remediate", "undo", run, *self._rest()]) if run and self.state else ""

    def _rest(self) -> list[str]:
        return [*(["--state", self.state] if self.state else []), *self.connection]
