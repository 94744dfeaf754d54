"""`answer: origin`: what the origin needs to answer CORS by itself reaches it, and keys the cache. Pure.

An answer that depends on Origin must not be kept under a key without it, or the first caller
decides for everyone (Developer Guide, "Configure CloudFront to respect CORS settings").
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from remediate.core.document import Document
from remediate.services.cloudfront.distribution_draft import DistributionDraft
from remediate.services.cloudfront.documents import (
    CACHE,
    NEEDED,
    ORIGIN_REQUEST,
    items,
    listed,
    lowered,
    origins_of,
    pattern_of,
    refuses_foreign_host,
)
from remediate.services.cloudfront.forwarding import Forwarding, forwarding
from remediate.services.cloudfront.managed_policies import CORS_S3_ORIGIN
from remediate.services.cloudfront.rules import HEADER_LIMIT, NO_CACHE_SETTINGS, POLICY_UNREADABLE
from remediate.services.cloudfront.sections import edge_headers

HEADERS = 10
"""Headers in a cache policy, an origin request policy and a legacy whitelist (CloudFront quotas)."""


def by_origin(draft: DistributionDraft, config: Document, behavior: dict[str, Any]) -> dict[str, Any]:
    """The behavior with everything that the origin needs, as far as CloudFront can express it."""
    edge_headers(draft, behavior)
    if not behavior.get("CachePolicyId"):
        return _legacy(draft, behavior)
    rules = forwarding(draft.known, behavior)
    if rules.unknown:
        draft.note(
            POLICY_UNREADABLE,
            f"The behavior {pattern_of(behavior)} is left as it is: {rules.unknown}.",
            "The credentials need cloudfront:ListCachePolicies and ListOriginRequestPolicies.",
        )
        return behavior
    wary = any(refuses_foreign_host(str(origin.get("DomainName"))) for origin in origins_of(config, behavior))
    if _cache_key(draft, behavior, rules, wary=wary):
        _forwarded(draft, behavior, forwarding(draft.known, behavior), wary=wary)
    return behavior


def _missing(names: Sequence[str], present: frozenset[str]) -> list[str]:
    return [name for name in names if name.lower() not in present]


def _too_many(draft: DistributionDraft, behavior: Document, what: str, left: Sequence[str]) -> None:
    draft.note(
        HEADER_LIMIT,
        f"The {what} of behavior {pattern_of(behavior)} has no room for {', '.join(left)}: CloudFront "
        f"takes at most {HEADERS} headers there.",
        "Drop headers that the origin does not need, or let the edge answer (`answer: edge`).",
    )


def _legacy(draft: DistributionDraft, behavior: dict[str, Any]) -> dict[str, Any]:
    """Headers in the whitelist of ForwardedValues are sent on and are part of the key."""
    values = behavior.get("ForwardedValues")
    if values is None:
        draft.note(
            NO_CACHE_SETTINGS,
            f"The behavior {pattern_of(behavior)} shows neither a cache policy nor ForwardedValues, "
            "so it is left as it is.",
        )
        return behavior
    names = [str(name) for name in items(values.get("Headers"))]
    if "*" in names:
        return behavior
    missing = _missing(NEEDED, lowered(names))
    room = max(0, HEADERS - len(names))
    if missing[room:]:
        _too_many(draft, behavior, "header whitelist", missing[room:])
    if missing[:room]:
        behavior["ForwardedValues"] = {**values, "Headers": listed([*names, *missing[:room]])}
    return behavior


def _cache_key(draft: DistributionDraft, behavior: dict[str, Any], rules: Forwarding, *, wary: bool) -> bool:
    """Return whether the key holds what is forwarded: an Origin that is sent and not keyed on poisons."""
    if not rules.caches:
        # CachingDisabled stays; CloudFront refuses headers in the key of a policy that caches nothing.
        return True
    # A cached preflight answers for one method and one set of headers (Developer Guide,
    # "AllowedMethods": cache OPTIONS only with these three in the key).
    missing = _missing(NEEDED if rules.caches_preflights else NEEDED[:1], rules.key)
    if not missing:
        return True
    ref = str(behavior["CachePolicyId"])
    content = draft.content(CACHE, ref) or {}
    parameters = dict(content.get("ParametersInCacheKeyAndForwardedToOrigin") or {})
    names = [*_without_host(items((parameters.get("HeadersConfig") or {}).get("Headers")), wary=wary)]
    if len(names) + len(missing) > HEADERS:
        _too_many(draft, behavior, "cache policy", missing)
        return False
    parameters["HeadersConfig"] = {
        "HeaderBehavior": "whitelist",
        "Headers": listed([*names, *missing]),
    }
    copy = {**content, "ParametersInCacheKeyAndForwardedToOrigin": parameters}
    behavior["CachePolicyId"] = draft.own(CACHE, copy, draft.base(CACHE, ref))
    return True


def _without_host(names: Sequence[Any], *, wary: bool) -> list[str]:
    return [str(name) for name in names if not (wary and str(name).lower() == "host")]


def _forwarded(draft: DistributionDraft, behavior: dict[str, Any], rules: Forwarding, *, wary: bool) -> None:
    missing = [name for name in NEEDED if not rules.reaches(name)]
    if not missing:
        return
    ref = behavior.get("OriginRequestPolicyId")
    content = draft.content(ORIGIN_REQUEST, ref)
    if ref is None or content is None or _covered_by_managed(content):
        behavior["OriginRequestPolicyId"] = CORS_S3_ORIGIN
        return
    config = content.get("HeadersConfig") or {}
    names = [str(name) for name in items(config.get("Headers"))]
    how = config.get("HeaderBehavior", "none")
    headers: dict[str, Any]
    if how == "allExcept":
        staying = [name for name in names if name.lower() not in lowered(missing)]
        if wary:
            staying = [*staying, *_missing(["Host"], lowered(staying))]
        headers = (
            {"HeaderBehavior": "allExcept", "Headers": listed(staying)}
            if staying
            else {"HeaderBehavior": "allViewer"}
        )
    else:
        staying = _without_host(names, wary=wary)
        if len(staying) + len(missing) > HEADERS:
            _too_many(draft, behavior, "origin request policy", missing)
            return
        headers = {"HeaderBehavior": "whitelist", "Headers": listed([*staying, *missing])}
    behavior["OriginRequestPolicyId"] = draft.own(
        ORIGIN_REQUEST, {**content, "HeadersConfig": headers}, draft.base(ORIGIN_REQUEST, ref)
    )


def _covered_by_managed(content: Document) -> bool:
    """Return whether Managed-CORS-S3Origin forwards all that this policy does."""
    config = content.get("HeadersConfig") or {}
    headers = config.get("HeaderBehavior", "none")
    return (
        headers in {"none", "whitelist"}
        and lowered(items(config.get("Headers"))) <= lowered(NEEDED)
        and (content.get("CookiesConfig") or {}).get("CookieBehavior", "none") == "none"
        and (content.get("QueryStringsConfig") or {}).get("QueryStringBehavior", "none") == "none"
    )
