"""The writes that turn one configuration into another, as one pure list; what they leave stale in caches."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from remediate.core.document import Document
from remediate.core.state import State
from remediate.services.cloudfront.documents import (
    CACHE,
    NEEDED,
    POLICY_TYPES,
    PREFLIGHT_LOWER,
    WRITTEN,
    PolicyType,
    behaviors,
    normal,
    pattern_of,
)
from remediate.services.cloudfront.facts import facts_of
from remediate.services.cloudfront.forwarding import Forwarding, forwarding
from remediate.services.cloudfront.owned_policies import content_of, is_ours_by_name, stands_for


@dataclass(frozen=True, slots=True)
class ApiCall:
    """One write: a policy of ours made or removed (`ref` is its name), or the distribution updated."""

    call: str
    kind: PolicyType | None = None
    ref: str = ""


def our_policies(config: Document | None) -> dict[str, PolicyType]:
    """The policies of ours that the behaviors of a config refer to."""
    return {
        behavior[kind.member]: kind
        for behavior in behaviors(config or {})
        for kind in POLICY_TYPES
        if is_ours_by_name(behavior.get(kind.member))
    }


def api_calls(before: Document | None, after: Document | None, existing: Collection[str]) -> list[ApiCall]:
    """New policies first, then the distribution, then what nothing here needs any more.

    `existing` are the references of the policies that there are. A policy that another one of
    ours stands in for is kept: it is what a later run goes back to.
    """
    if not differing(before, after):
        return []
    old, new = our_policies(before), our_policies(after)
    policies: Mapping[str, Any] = (after or {}).get("policies") or {}
    bases = {stands_for(content_of(policies, kind, ref)) for ref, kind in new.items()}
    return [
        *(ApiCall(f"Create{kind.name}", kind, ref) for ref, kind in sorted_items(new) if ref not in existing),
        ApiCall("UpdateDistribution"),
        *(
            ApiCall(f"Delete{kind.name}", kind, ref)
            for ref, kind in sorted_items(old)
            if ref not in new and ref not in bases
        ),
    ]


def sorted_items(types: Mapping[str, PolicyType]) -> list[tuple[str, PolicyType]]:
    """In the order of the names."""
    return sorted(types.items(), key=lambda item: item[0])


def differing(before: Document | None, after: Document | None) -> list[tuple[int, str]]:
    """Return which member of which behavior differs, of those that are written: `(place, member)`."""
    old, new = behaviors(before or {}), behaviors(after or {})
    return [
        (place, member)
        for place, (old_behavior, new_behavior) in enumerate(zip(old, new, strict=False))
        for member in WRITTEN
        if old_behavior.get(member) != new_behavior.get(member)
    ]


def described(config: Document | None, places: Collection[tuple[int, str]]) -> str:
    """The differing members for a sentence: `/api/* AllowedMethods`."""
    ordered = behaviors(config or {})
    return ", ".join(
        f"{pattern_of(ordered[place])} {member}" for place, member in list(places)[:4] if place < len(ordered)
    )


def calls(state: State, after: Document | None) -> tuple[str, ...]:
    """The writes that turn `state` into `after`, in order, as `service:Operation`."""
    existing = {*(facts_of(state).get("policies") or {}), *((state.config or {}).get("policies") or {})}
    names = [step.call for step in api_calls(state.config, after, existing)]
    if names and stale_paths(state.config, after):
        names.append("CreateInvalidation")
    return tuple(f"cloudfront:{name}" for name in names)


def context(state: State, after: Document | None) -> Mapping[str, Any]:
    """`{"invalidate": ["/api/*"]}` where answers would stay in the cache that are now wrong."""
    paths = stale_paths(state.config, after)
    return {"invalidate": paths} if paths else {}


def stale_paths(before: Document | None, after: Document | None) -> list[str]:
    """Paths whose cached answers would be wrong under `after`, and only those.

    Almost nothing that is changed here needs an invalidation:

    * Origin (and the two preflight headers) newly in the key: the entries kept under the old key
      can no longer be reached. The same goes for a longer legacy whitelist, which is the key.
    * A response headers policy is applied after the cache, to hits as well.
    * OPTIONS newly allowed: until then CloudFront refused it by itself, before the cache; what it
      makes itself is not kept (only errors of the origin are).
    * Nothing is kept where MaxTTL is 0 or all headers are forwarded.

    What remains is a behavior whose key stays while the origin is asked something else than
    before: an error that came of a wrong Host (404 and 5xx are kept by default, 403 where a custom
    error response gives it a time), or a cached preflight that the origin answered without seeing
    what was asked for.
    """
    paths = []
    old_policies: Document = (before or {}).get("policies") or {}
    new_policies: Document = (after or {}).get("policies") or {}
    for old, new in zip(behaviors(before or {}), behaviors(after or {}), strict=False):
        was, will = forwarding(old_policies, old), forwarding(new_policies, new)
        if was.unknown or will.unknown or not (was.caches and will.caches):
            continue
        if _key(old_policies, old, was) != _key(new_policies, new, will):
            continue
        asked = ["Host", NEEDED[0]]
        if was.caches_preflights and will.caches_preflights:
            asked += PREFLIGHT_LOWER
        if any(was.reaches(name) != will.reaches(name) for name in asked):
            paths.append(_invalidation_path(pattern_of(new)))
    return sorted(set(paths))


def _key(policies: Document, behavior: Document, rules: Forwarding) -> Any:
    if rules.legacy:
        values = dict(behavior.get("ForwardedValues") or {})
        values.pop("Headers", None)
        return (sorted(rules.key), normal(values))
    content = content_of(policies, CACHE, behavior.get("CachePolicyId")) or {}
    parameters = dict(content.get("ParametersInCacheKeyAndForwardedToOrigin") or {})
    parameters.pop("HeadersConfig", None)
    return (sorted(rules.key), normal(parameters))


def _invalidation_path(pattern: str) -> str:
    """An invalidation takes `*` only at its end, and `?` there is a query (Developer Guide)."""
    path = "/" + pattern.lstrip("/")
    wild = re.search(r"[*?]", path)
    return path[: wild.start()] + "*" if wild else path
