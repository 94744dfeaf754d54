"""A plan file as values: what the rest of remediate sees of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path

from remediate.core.guards import Rules
from remediate.core.notice import Channel
from remediate.core.policy import Policy, Selector


class ExpectedVerdict(StrEnum):
    """What a plan expects a browser to conclude."""

    ALLOWED = "allowed"
    BLOCKED = "blocked"


@dataclass(frozen=True, slots=True)
class OriginEntry:
    """One origin of the file: canonical text, why it is there, until when, and where it stands."""

    origin: str
    reason: str = ""
    expires: datetime | None = None
    where: str = ""

    def expired(self, now: datetime) -> bool:
        """Return whether it is no longer desired: from the very instant of `expires` on."""
        return self.expires is not None and self.expires <= now


@dataclass(frozen=True, slots=True)
class Target:
    """Which resources, and what is desired of them, complete.

    `origins` are the entries that the policy was made of, the expired ones included; they stand
    on the target itself where `own_origins` says so, else at the top of the file.
    """

    selector: Selector
    policy: Policy
    origins: tuple[OriginEntry, ...] = ()
    own_origins: bool = False


@dataclass(frozen=True, slots=True)
class Expectation:
    """A proof: the call of a page, and what a browser must make of it."""

    origin: str
    url: str
    verdict: ExpectedVerdict
    method: str = "GET"
    headers: tuple[str, ...] = ()
    credentials: bool = False
    where: str = ""


@dataclass(frozen=True, slots=True)
class Loopback:
    """What the file demands of origins on loopback: a reason, and an end not further away than this."""

    reason: bool = False
    longest: timedelta | None = None


@dataclass(frozen=True, slots=True)
class PlanFile:
    """One valid plan file. `origins` are the entries at the top of the file, expired ones too."""

    path: Path
    digest: str
    name: str
    account: str | None
    region: str | None
    targets: tuple[Target, ...]
    expect: tuple[Expectation, ...] = ()
    state: str = ".remediate"
    """Where journals are kept: `s3://bucket/prefix`, or a folder."""
    origins: tuple[OriginEntry, ...] = ()
    guards: Rules = field(default_factory=Rules)
    notify: tuple[Channel, ...] = ()
    """Where to tell of drift."""
    loopback: Loopback = Loopback()
    formerly: tuple[str, ...] = ()
    """Names that the plan had before: what a plan of such a name brought is this plan's."""

    @property
    def names(self) -> tuple[str, ...]:
        """The plan's name and its earlier names."""
        return (self.name, *self.formerly)
