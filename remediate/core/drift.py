"""Drift: what moved away from what the last run left, and what one pass made of it. Pure values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from remediate.core.document import Document, digest
from remediate.core.plan import Edit
from remediate.core.plan_names import join_names

FORMAT = "remediate.drift/1"


class DriftKind(StrEnum):
    """The value tells why a resource is reported."""

    DRIFT = "drift"
    """It moved away from what the last run left, and the plan wants it otherwise."""
    PENDING = "pending"
    """It is as the last run left it: the plan file changed, an origin expired, or nothing was applied yet."""
    OUTSIDE = "outside"
    """It moved, in what the plan does not speak of: others' rules and origins under `mode: merge`."""
    WARNING = "warning"
    """A finding that was not there at the last pass."""
    UNREADABLE = "unreadable"
    """It could not be looked at."""


class DriftStatus(StrEnum):
    """The value tells what became of the resource in this pass."""

    CORRECTED = "corrected"
    PARTLY = "partly"
    """The plan's part was corrected, and something else that others changed stays as they left it."""
    LEFT = "left"
    """Nobody asked to correct it, or it is not for the plan to correct."""
    CONTESTED = "contested"
    """It was corrected again and again, and is left until a person decides."""
    HELD = "held"
    """A guard, an undo or another run holds it back."""
    FAILED = "failed"
    NOTED = "noted"
    """Reported once, and known from then on."""


def key_of(address: str, kind: DriftKind) -> str:
    """Return what is remembered by it: what others opened, and what could not be read, stand apart."""
    return f"{address} {kind}" if kind in {DriftKind.OUTSIDE, DriftKind.UNREADABLE} else address


OPEN = frozenset({DriftStatus.LEFT, DriftStatus.CONTESTED, DriftStatus.HELD, DriftStatus.FAILED})
CORRECTABLE = frozenset({DriftKind.DRIFT, DriftKind.PENDING})


@dataclass(frozen=True, slots=True)
class DriftedResource:
    """One resource that one pass has something to tell of.

    `changed` leads from what the last run left to what was found, `wanted` from that to what the
    plan wants. After a correction `stays` leads from what the plan makes of what the last run left to what
    is there now: what others added and stays, and what they deleted and stays gone. It happened between
    `since` and `seen` (ISO 8601, UTC; `since` may be empty). `who` is empty where that is not known.
    `undo` is the command that takes the correction back. `same_as` is what tells it from another drift of
    the resource; `base` is what the resource was before somebody opened it to everybody.
    """

    address: str
    service: str
    region: str
    label: str
    plan_names: tuple[str, ...]
    kind: DriftKind
    status: DriftStatus
    seen: str
    since: str = ""
    who: str = ""
    run: str = ""
    changed: tuple[Edit, ...] = ()
    wanted: tuple[Edit, ...] = ()
    stays: tuple[Edit, ...] = ()
    codes: tuple[str, ...] = ()
    because: str = ""
    look: str = ""
    undo: str = ""
    same_as: Any = None
    base: Document | None = None

    @property
    def key(self) -> str:
        """Return what a pass remembers it by."""
        return key_of(self.address, self.kind)

    @property
    def mark(self) -> str:
        """Tells this drift from another of the same resource, and is the same at every pass."""
        return digest([self.address, str(self.kind), self.same_as])

    @property
    def is_open(self) -> bool:
        """Return whether a person, or a later pass, has something left to do.

        Where a resource is corrected in part, that is where what stays lets in unlisted origins: those
        have a code.
        """
        return self.status in OPEN or (self.status is DriftStatus.PARTLY and bool(self.codes))

    def as_json(self) -> dict[str, Any]:
        """An entry of the drift document."""
        return {
            "address": self.address,
            "service": self.service,
            "region": self.region,
            "label": self.label,
            "plan": join_names(self.plan_names),
            "kind": str(self.kind),
            "status": str(self.status),
            "since": self.since or None,
            "seen": self.seen,
            "who": self.who or None,
            "run": self.run or None,
            "changed": [edit.as_json() for edit in self.changed],
            "wanted": [edit.as_json() for edit in self.wanted],
            "stays": [edit.as_json() for edit in self.stays],
            "codes": list(self.codes),
            "because": self.because,
            "look": self.look,
            "undo": self.undo or None,
        }


@dataclass(frozen=True, slots=True)
class DriftPass:
    """One unattended pass over the plans. `exit_code` is the contract's; `when` ISO 8601, UTC."""

    plan_names: tuple[str, ...]
    account: str
    when: str
    correct: bool
    sightings: Sequence[DriftedResource] = ()
    resolved: Sequence[str] = ()
    """Addresses whose drift, reported at an earlier pass, is over."""
    unchanged: int = 0
    exit_code: int = 0
    skipped: str = ""
    """Why nothing was looked at: another pass is under way."""
    paused: str = ""
    """Why nothing was looked at: somebody paused the job."""
    snoozed: Sequence[str] = ()
    """Addresses that were left alone because somebody snoozed them; the pass says nothing else of them."""
    has_news: bool = False
    """Whether it found or did anything that no earlier pass did."""
    is_reminder: bool = False
    """Whether it speaks of what is open though nothing is new, as once a day."""
    run: str = ""
    """The run of the journal that corrected, empty where nothing was to be."""
    notes: Sequence[str] = ()
    notified: int = 0
    undelivered: int = 0
    api_calls: Mapping[str, int] = field(default_factory=dict)
    state: str = ""

    @property
    def plan(self) -> str:
        """The names of the plans as one text, as documents and outputs show them."""
        return join_names(self.plan_names)

    @property
    def is_quiet(self) -> bool:
        """Return whether a pass of `--once` has nothing to say."""
        return not (self.has_news or self.is_reminder or self.skipped)

    @property
    def left(self) -> tuple[DriftedResource, ...]:
        """Drift and pending changes that are still there."""
        return tuple(
            sighting
            for sighting in self.sightings
            if sighting.is_open and sighting.kind is not DriftKind.UNREADABLE
        )

    def count(self, kind: DriftKind) -> int:
        """Return how many of a kind."""
        return sum(sighting.kind is kind for sighting in self.sightings)

    @property
    def summary(self) -> dict[str, int]:
        """Counts by kind, and of what was corrected, is left, and was as it should be."""
        return {
            **{str(kind): self.count(kind) for kind in DriftKind},
            "corrected": sum(sighting.status is DriftStatus.CORRECTED for sighting in self.sightings),
            "partly": sum(sighting.status is DriftStatus.PARTLY for sighting in self.sightings),
            "contested": sum(sighting.status is DriftStatus.CONTESTED for sighting in self.sightings),
            "left": len(self.left),
            "resolved": len(self.resolved),
            "unchanged": self.unchanged,
        }

    def heartbeat(self) -> dict[str, Any]:
        """Return what a heartbeat sends: that the pass ended, and how; no address and no setting."""
        return {
            "format": "remediate.heartbeat/1",
            "plan": self.plan,
            "account": self.account,
            "when": self.when,
            "exit_code": self.exit_code,
            "paused": bool(self.paused),
            "left": len(self.left),
        }

    def as_json(self) -> dict[str, Any]:
        """The drift document."""
        return {
            "format": FORMAT,
            "plan": self.plan,
            "account": self.account,
            "when": self.when,
            "correct": self.correct,
            "has_drift": any(
                sighting.kind in {DriftKind.DRIFT, DriftKind.OUTSIDE} for sighting in self.sightings
            ),
            "exit_code": self.exit_code,
            "skipped": self.skipped or None,
            "paused": self.paused or None,
            "snoozed": list(self.snoozed),
            "has_news": self.has_news,
            "is_reminder": self.is_reminder,
            "run": self.run or None,
            "drift": [sighting.as_json() for sighting in self.sightings],
            "resolved": list(self.resolved),
            "summary": self.summary,
            "notes": list(self.notes),
            "notified": self.notified,
            "undelivered": self.undelivered,
            "api_calls": dict(sorted(self.api_calls.items())),
            "state": self.state,
        }
