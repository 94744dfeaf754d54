"""States what AWS must allow for a plan: actions on resources, as IAM policies state it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from remediate.core.policy import Selector

ANY = "*"
"""All there is: an account that is not known, an action that takes no resource."""


class Purpose(StrEnum):
    """What the policy is for; each is allowed what the one before it is, but undoing is for people."""

    PLAN = "plan"
    APPLY = "apply"
    DRIFT = "drift"

    @property
    def writes(self) -> bool:
        """Return whether settings are changed."""
        return self is not Purpose.PLAN


@dataclass(frozen=True, slots=True)
class Permission:
    """Actions as the Service Authorization Reference spells them, on ARNs (globs allowed).

    `why` is a few words for the reader of the policy: `read the rules of buckets`. `conditions` are
    `(operator, key, values)`, like `("StringLike", "s3:prefix", ("runs/*",))`; all must hold.
    """

    actions: tuple[str, ...]
    resources: tuple[str, ...]
    why: str = ""
    conditions: tuple[tuple[str, str, tuple[str, ...]], ...] = ()


@dataclass(frozen=True, slots=True)
class Resolved:
    """What AWS was asked for: ids by region and pattern, which the selectors mean today; the account."""

    ids: Mapping[tuple[str | None, str], Sequence[str]]
    account: str = ""

    def of(self, selector: Selector) -> Sequence[str] | None:
        """The ids that a selector means, None where AWS was not asked."""
        return self.ids.get((selector.region, selector.pattern))

    def named(self, selector: Selector, addressed: bool) -> Sequence[str]:
        """Return what stands for the selector in ARNs: ids, itself where it is `addressed`, else `*`."""
        ids = self.of(selector)
        if ids is None:
            return [selector.pattern if addressed else ANY]
        return ids


UNRESOLVED = Resolved({})
"""AWS was not asked: names mean whatever has them."""


def partition(region: str | None) -> str:
    """`aws`, `aws-cn` or `aws-us-gov` (AWS General Reference, "Amazon Resource Names")."""
    for beginning, name in (("cn-", "aws-cn"), ("us-gov-", "aws-us-gov")):
        if (region or "").startswith(beginning):
            return name
    return "aws"


def as_glob(pattern: str) -> str:
    """A shell glob as IAM writes it: that knows `*` and `?` only, so a set is any one character."""
    return re.sub(r"\[!?[^]]+\]", "?", pattern).replace("$", "${$}")


def literally(text: str) -> str:
    """Text of which nothing is a wildcard or a variable (IAM user guide, "Policy variables")."""
    return re.sub(r"[*?$]", r"${\g<0>}", text)
