"""What live settings let callers do, in a plan's own terms: what `init` writes into a plan file. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class LiveAccess:
    """One part of a resource's settings: whom it lets in and what they may do, as AWS spells the values.

    `source` names the part, like `CORSRules[0]`. `options` are the options of a target that mean this part
    alone. Values that a plan file cannot hold are left out by who writes the file.
    """

    source: str
    origins: tuple[str, ...]
    methods: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()
    expose: tuple[str, ...] = ()
    credentials: bool = False
    max_age: int | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
