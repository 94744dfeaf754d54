"""What AWS must allow for a plan: actions on resources, as IAM policies state it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Purpose(StrEnum):
    """What the policy is for; each is allowed what the one before it is."""

    PLAN = "plan"
    APPLY = "apply"
    DRIFT = "drift"

    @property
    def writes(self) -> bool:
        """Whether settings are changed."""
        return self is not Purpose.PLAN


@dataclass(frozen=True, slots=True)
class Permission:
    """Actions as the Service Authorization Reference spells them, on ARNs (globs allowed).

    `why` is a few words for the reader of the policy: `the rules of the buckets`.
    """

    actions: tuple[str, ...]
    resources: tuple[str, ...]
    why: str = ""
