"""What a change does to a distribution's behaviors and policies, in plain words. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from remediate.core.wording import difference, listing
from remediate.services.cloudfront.documents import (
    CACHE,
    DEFAULT,
    NEEDED,
    POLICY_TYPES,
    behaviors,
    items,
    lowered,
    pattern_of,
)
from remediate.services.cloudfront.managed_policies import DOCUMENTED

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from remediate.core.document import Document

_METHODS_SHOWN = 7
"""CloudFront knows seven methods."""


def summary(before: Document | None, after: Document | None) -> tuple[str, ...]:
    """The phrases for one change, behavior by behavior; a path pattern leads where there are several."""
    live, desired = _by_pattern(before), _by_pattern(after)
    old_policies, new_policies = (dict((config or {}).get("policies") or {}) for config in (before, after))
    phrases: list[str] = []
    for pattern, behavior in desired.items():
        done = list(_behavior(live.get(pattern, {}), behavior, old_policies, new_policies))
        if done and len(desired) > 1:
            place = "default behavior" if pattern == DEFAULT else pattern
            done[0] = f"{place}: {done[0]}"
        phrases += done
    phrases += [
        f"change the policy {_named(policy) or ref}"
        for ref, policy in new_policies.items()
        if ref in old_policies and old_policies[ref] != policy
    ]
    return tuple(phrases)


def _by_pattern(config: Document | None) -> dict[str, dict[str, Any]]:
    return {pattern_of(behavior): behavior for behavior in behaviors(config)} if config else {}


def _behavior(
    before: Document, after: Document, old_policies: Mapping[str, Any], new_policies: Mapping[str, Any]
) -> Iterator[str]:
    gained, lost = difference(items(before.get("AllowedMethods")), items(after.get("AllowedMethods")))
    if gained:
        yield f"allow {listing(sorted(gained), _METHODS_SHOWN)}"
    if lost:
        yield f"stop allowing {listing(sorted(lost), _METHODS_SHOWN)}"
    yield from _forwarded(before, after)
    for kind in POLICY_TYPES:
        old, new = before.get(kind.member), after.get(kind.member)
        if new == old:
            continue
        if not new:
            yield f"use no {kind.prose}"
            continue
        is_new = new in new_policies and new not in old_policies
        documented = DOCUMENTED.get(kind.name, {}).get(new, {}).get("Name", "")
        name = _named(new_policies.get(new, {})) or documented or new
        if kind is CACHE and is_new:
            yield "keep answers apart by Origin (new cache policy)"
        else:
            yield f"use the {'new ' if is_new else ''}{kind.prose} {name}"


def _forwarded(before: Document, after: Document) -> Iterator[str]:
    old, new = (items((behavior.get("ForwardedValues") or {}).get("Headers")) for behavior in (before, after))
    gained, lost = difference(old, new)
    if lowered(NEEDED) <= lowered(gained):
        preflight = lowered(NEEDED)
        others = [name for name in gained if name.lower() not in preflight]
        yield f"forward {listing(['Origin', 'two preflight headers', *others])}"
    elif gained:
        yield f"forward {listing(gained)}"
    if lost:
        yield f"stop forwarding {listing(lost)}"


def _named(policy: Mapping[str, Any]) -> str:
    """The name inside a policy's document, empty where it carries none."""
    names = (str(body["Name"]) for body in policy.values() if isinstance(body, dict) and body.get("Name"))
    return next(names, "")
