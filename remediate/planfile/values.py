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
    """The answer that a plan expects a browser to give."""

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
        """True from the very instant of `expires` on: the origin is no longer desired then."""
        return self.expires is not None and self.expires <= now


@dataclass(frozen=True, slots=True)
class Target:
    """The resources of one entry under `targets`, and their complete desired policy.

    `origins` are the entries that the policy was made of, the expired ones included; they stand
    on the target itself where `own_origins` says so, else at the top of the file. Those of `also` are
    among them: they stand on the target, and add to what it inherits.
    """

    selector: Selector
    policy: Policy
    origins: tuple[OriginEntry, ...] = ()
    own_origins: bool = False
    also: tuple[OriginEntry, ...] = ()

    @property
    def listed(self) -> tuple[OriginEntry, ...]:
        """The entries that stand on the target itself."""
        return self.origins if self.own_origins else self.also


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
    """The conditions for origins on loopback: a reason, and an end within the longest time."""

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
    """The journal: `s3://bucket/prefix`, or a folder."""
    origins: tuple[OriginEntry, ...] = ()
    guards: Rules = field(default_factory=Rules)
    notify: tuple[Channel, ...] = ()
    """The channels that are notified of drift."""
    heartbeat: str = ""
    """Where the URL is that each finished pass pings; empty where there is none."""
    loopback: Loopback = Loopback()
    formerly: tuple[str, ...] = ()
    """Names that the plan had before: settings that a plan of such a name wrote belong to this plan."""

    @property
    def names(self) -> tuple[str, ...]:
        """The plan's name and its earlier names."""
        return (self.name, *self.formerly)
