"""What people asked the job to leave alone for a time: resources (snoozed), or everything (paused). Pure.

One note of the journal per account, apart from what passes remember: a pass that is under way keeps its
own note and takes nothing of this one away. What is over is over by the clock, and stays in the log.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from remediate.core.globs import name_matches
from remediate.errors import UsageError
from remediate.journal import JournalError
from remediate.planfile.validate.diagnostics import invisible

FORMAT = "remediate.holds/1"
LONGEST_REASON = 500
MOST_LOGGED = 200
"""Events in the log; of more, the oldest are dropped."""


@dataclass(frozen=True, slots=True)
class Hold:
    """A person asked for it; `when` and `until` are instants (ISO 8601, UTC)."""

    by: str
    when: str
    until: str
    reason: str

    def over(self, now: datetime) -> bool:
        """True from the instant of `until` on."""
        return datetime.fromisoformat(self.until) <= now

    def as_json(self) -> dict[str, str]:
        """An entry of the note."""
        return {"by": self.by, "when": self.when, "until": self.until, "reason": self.reason}

    def __str__(self) -> str:
        """Return `until 2026-11-22T18:00:00+00:00 by ada: the reason`."""
        return f"until {self.until} by {self.by}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Holds:
    """Everything that is held back; `snoozed` by address or glob, `log` the events, the oldest first."""

    snoozed: Mapping[str, Hold] = field(default_factory=dict)
    paused: Hold | None = None
    log: tuple[Mapping[str, Any], ...] = ()

    def at(self, now: datetime) -> Holds:
        """Return what holds at that instant."""
        return replace(
            self,
            snoozed={pattern: hold for pattern, hold in self.snoozed.items() if not hold.over(now)},
            paused=self.paused if self.paused and not self.paused.over(now) else None,
        )

    def covers(self, address: str) -> bool:
        """True if the resource is snoozed."""
        return any(name_matches(pattern, address) for pattern in self.snoozed)

    def with_snooze(self, pattern: str, hold: Hold) -> Holds:
        """Return the holds with that resource snoozed, for this time and no longer another."""
        snoozed = {**self.snoozed, pattern: hold}
        return replace(self, snoozed=snoozed, log=self._logged("snooze", hold, pattern))

    def with_pause(self, hold: Hold) -> Holds:
        """Return the holds with everything paused."""
        return replace(self, paused=hold, log=self._logged("pause", hold))

    def without_snooze(self, pattern: str, by: str, now: datetime) -> Holds:
        """Return the holds without that one. Raises `UsageError` where it is not there."""
        hold = self.at(now).snoozed.get(pattern)
        if hold is None:
            listed = ", ".join(sorted(self.at(now).snoozed))
            raise UsageError(
                f"{pattern} is not snoozed.",
                hint=f"Snoozed are: {listed}." if listed else "Nothing is snoozed at present.",
            )
        snoozed = {name: each for name, each in self.snoozed.items() if name != pattern}
        ended = replace(hold, by=by, when=_text(now))
        return replace(self, snoozed=snoozed, log=self._logged("snooze ended", ended, pattern))

    def without_pause(self, by: str, now: datetime) -> Holds:
        """Return the holds without the pause. Raises `UsageError` where there is none."""
        hold = self.at(now).paused
        if hold is None:
            raise UsageError("The job is not paused.", hint="`remediate status` lists what is.")
        ended = replace(hold, by=by, when=_text(now))
        return replace(self, paused=None, log=self._logged("pause ended", ended))

    def _logged(self, event: str, hold: Hold, address: str = "") -> tuple[Mapping[str, Any], ...]:
        entry = {"event": event, "address": address or None, **hold.as_json()}
        return (*self.log, entry)[-MOST_LOGGED:]

    def as_json(self) -> dict[str, Any]:
        """Return the note."""
        return {
            "format": FORMAT,
            "snoozed": {pattern: hold.as_json() for pattern, hold in self.snoozed.items()},
            "paused": self.paused.as_json() if self.paused else None,
            "log": [dict(entry) for entry in self.log],
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Holds:
        """Read the note back. Raises `JournalError` for one of another form."""
        if not value:
            return cls()
        try:
            if value["format"] != FORMAT:
                raise ValueError(value["format"])  # noqa: TRY301
            return cls(
                {pattern: Hold(**hold) for pattern, hold in value["snoozed"].items()},
                Hold(**value["paused"]) if value["paused"] else None,
                tuple(value["log"]),
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise JournalError(
                f"What is snoozed and paused is kept in another form: {error}.",
                hint="Another version of remediate wrote it. Remove holds-ACCOUNT.json from the journal: "
                "then nothing is snoozed or paused.",
            ) from error


def hold(by: str, now: datetime, until: datetime, reason: str) -> Hold:
    """Return the hold from now until then. Raises `UsageError` for a reason that is none."""
    return Hold(by, _text(now), _text(until), checked_reason(reason))


def checked_reason(reason: str | None) -> str:
    """Return the reason as it is kept. Raises `UsageError`."""
    text = (reason or "").strip()
    if not text:
        raise UsageError("--reason is missing.", hint='Say why, like --reason "the migration of orders".')
    if invisible(text) or len(text) > LONGEST_REASON:
        raise UsageError(
            f"--reason: a reason is one line of at most {LONGEST_REASON} characters.",
            hint="Write it shorter, without line breaks and control characters.",
        )
    return text


def holds_name(account: str) -> str:
    """Return the name of the note in the journal."""
    return f"holds-{account}"


def _text(instant: datetime) -> str:
    return instant.isoformat(timespec="seconds")
