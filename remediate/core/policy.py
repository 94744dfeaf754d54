"""Tells what a plan file asks for, per target: who may call and what they may do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from remediate.core.globs import name_matches
from remediate.web.origin import pattern_matches


class Mode(StrEnum):
    """How the plan meets what is there already."""

    MERGE = "merge"
    """Never takes anything away from anybody."""
    EXACT = "exact"
    """What the plan does not list is removed."""


@dataclass(frozen=True, slots=True)
class Option:
    """A key that one service's targets understand besides the common ones.

    `kind` is `"strings"` (a list of strings, given as a tuple) or `"choice"` (one of `choices`,
    given as a string); `default` is what a target without the key gets.
    """

    kind: str
    help: str
    default: Any = None
    choices: tuple[str, ...] = ()


class TargetOptions(dict[str, Option]):
    """The options of one service's targets, by key.

    `several` tells whether several targets may name the same resource with other origins or another `allow`:
    only where the service keeps what each of them lets in apart.
    """

    def __init__(self, options: Mapping[str, Option], *, several: bool = False) -> None:
        super().__init__(options)
        self.several = several


@dataclass(frozen=True, slots=True)
class Selector:
    """A selector tells which resources a target means: an id, a name or a glob, in one region.

    `pattern` is matched against every name of a resource (id, name, alias). `options` are the
    service's own target options, e.g. `{"stages": ("prod",), "paths": ("/items/**",)}`.
    `where` is `file:line:column` of the target.
    """

    service: str
    pattern: str
    region: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    where: str = ""

    @property
    def is_glob(self) -> bool:
        """Return whether the pattern can match more than the one name it spells."""
        return any(mark in self.pattern for mark in "*?[")

    @property
    def is_written(self) -> bool:
        """Whether a plan file holds it, where what looks like an id may be a name; else it is an id."""
        return bool(self.where)

    def matches(self, *names: str) -> bool:
        """Return whether one of a resource's names is meant (case-sensitive, `*` and `?` as in a shell)."""
        return any(name_matches(self.pattern, name) for name in names)

    def as_json(self) -> dict[str, Any]:
        """Return what reads the same again; where it is written is not kept."""
        return {
            "service": self.service,
            "pattern": self.pattern,
            "region": self.region,
            "options": dict(self.options),
        }

    def __str__(self) -> str:
        return f"{self.service}: {self.pattern}"


@dataclass(frozen=True, slots=True)
class Retired:
    """Values that this plan brought earlier and no longer lists: ours, so they go, even in merge.

    Origins whose `expires` has passed are here too.
    """

    origins: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()
    expose: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy is what one target asks for, complete: defaults and the target's own `allow` are merged in.

    `origins` are canonical (as a browser serialises them) or patterns with one `*`; `methods`
    upper case; `headers` and `expose` lower case, `"*"` possible in `headers`; `max_age` seconds.
    Order is the file's. `plan` names what we own: S3 rule IDs, CloudFront policies.
    `where` maps `"origins"`, `"origins/<origin>"`, `"methods"`, `"target"`, … to
    `file:line:column`, for findings.
    """

    plan: str
    origins: tuple[str, ...]
    methods: tuple[str, ...] = ("GET",)
    headers: tuple[str, ...] = ()
    expose: tuple[str, ...] = ()
    credentials: bool = False
    max_age: int | None = None
    mode: Mode = Mode.MERGE
    retired: Retired = Retired()
    companions: tuple[str, ...] = ()
    """Origins that other targets ask of the same resource."""
    claimed: Retired = Retired()
    """What other plans ask of the same resource: where a policy of this plan gives it, it stays."""
    options: Mapping[str, Any] = field(default_factory=dict)
    where: Mapping[str, str] = field(default_factory=dict)
    formerly: tuple[str, ...] = ()
    """Earlier names of the plan: what bears one of them is this plan's too."""
    given_up: bool = False
    """Whether no target of the plan means the resource any more: what the plan brought there goes."""
    spares: tuple[Mapping[str, Any], ...] = ()
    """For what is given up of a resource that targets still mean: the options of these, whose part stays."""

    @property
    def names(self) -> tuple[str, ...]:
        """The plan's name and its earlier names: each marks what the plan owns."""
        return (self.plan, *self.formerly)

    @property
    def exact(self) -> bool:
        """Return whether what the plan does not list is removed."""
        return self.mode is Mode.EXACT

    def at(self, *keys: str) -> str:
        """`file:line:column` of the first of `keys` that the file holds, else of the target."""
        for key in (*keys, "target"):
            if key in self.where:
                return self.where[key]
        return ""

    def unlisted(self, origins: Iterable[str]) -> list[str]:
        """Those of a resource's origins that no target asks for, nor is known to have brought."""
        mine = {origin.lower() for origin in self.retired.origins}
        listed = {*self.origins, *self.companions}
        allowed = mine | listed
        # A pattern is asked only where the origin itself is not listed: lists can be long.
        patterns = [pattern for pattern in listed if "*" in pattern]
        return [
            origin
            for origin in dict.fromkeys(origins)
            if origin.lower() not in allowed
            and not any(pattern_matches(pattern, origin.lower()) for pattern in patterns)
        ]
