"""Marks: what tells in the settings themselves that a plan made a part of them. Pure.

A mark is a name (a rule's ID, a policy's name), so any plan of that name writes the same one: a mark is
no proof. The journal says what is proven.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from remediate.core.policy import Retired
from remediate.web.origin import pattern_matches

EVERY = frozenset({"*", "ALL"})
"""How settings say that every origin, method or header is meant."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """A part of a resource's settings that lets callers in: a rule, a policy on a behavior.

    `mark` is the name that it bears where that is the asked plan's, else empty. `content` names it with
    what it holds: the same where a run wrote just this. `place` tells apart parts that answer different
    requests; `label` is what a message calls it.
    """

    mark: str
    content: str
    label: str
    origins: tuple[str, ...]
    methods: tuple[str, ...]
    headers: tuple[str, ...] = ()
    credentials: bool = False
    place: str = ""

    def covers(self, origin: str) -> bool:
        """Return whether it lets the origin, or all that the pattern means, in at all."""
        return any(pattern == origin or pattern_matches(pattern, origin) for pattern in self.origins)

    def allows(self, origin: str, method: str, header: str = "") -> bool:
        """Return whether a caller may do that; without a `header`, plainly."""
        named = {name.lower() for name in self.headers}
        return (
            self.covers(origin)
            and (method in self.methods or not EVERY.isdisjoint(self.methods))
            and (not header or header.lower() in named or "*" in named)
        )


def losing(
    before: Allowance, after: Sequence[Allowance], retired: Retired, over: Collection[str]
) -> tuple[str, ...]:
    """The origins that could do something by `before` and could not any more by any of `after`.

    What is `retired` the plan brought, so it may take that away; what is `over` has expired.
    """
    still = [allowance for allowance in after if allowance.place == before.place]
    return tuple(
        origin for origin in before.origins if origin not in over and _loses(origin, before, still, retired)
    )


def _loses(origin: str, before: Allowance, after: Sequence[Allowance], retired: Retired) -> bool:
    own = origin in retired.origins
    methods = [method for method in before.methods if not (own and method in retired.methods)]
    headers = [header for header in before.headers if not (own and header.lower() in retired.headers)]
    cookies = before.credentials and not own
    return (
        any(not any(allowance.allows(origin, method) for allowance in after) for method in methods)
        or any(
            not any(allowance.allows(origin, method, header) for allowance in after)
            for method in before.methods
            for header in headers
            if any(allowance.allows(origin, method) for allowance in after)
        )
        or (cookies and not any(allowance.credentials and allowance.covers(origin) for allowance in after))
    )
