"""`answer: edge`: CloudFront adds the CORS headers itself, by a response headers policy of ours. Pure.

A policy has one CORS section, one matrix for all its origins: what one may, all may. Facts:
Developer Guide, "Understand response headers policies"; API Reference,
ResponseHeadersPolicyCorsConfig.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from remediate.core.document import Document
from remediate.core.policy import Policy, Retired
from remediate.services.cloudfront.distribution_draft import DistributionDraft
from remediate.services.cloudfront.documents import (
    RESPONSE_HEADERS,
    items,
    listed,
    lowered,
    normal,
    pattern_of,
)
from remediate.services.cloudfront.methods import LARGEST, SIMPLE
from remediate.services.cloudfront.owned_policies import (
    UNKNOWN,
    is_of_plan,
    is_ours,
    is_ours_by_name,
    plan_of,
    stands_for,
)
from remediate.services.cloudfront.rules import (
    CREDENTIALS_CONFLICT,
    EDGE_PREFLIGHT_STATUS,
    ORIGIN_HEADERS_WIN,
    POLICY_UNREADABLE,
    SHARED_SECTION,
    WILDCARD_NOT_SUPPORTED,
    WILDCARD_WITH_CREDENTIALS,
)

HARMLESS_HEADER = "origin"
"""CloudFront refuses an empty Allow-Headers. No script may set Origin, so naming it allows nothing."""


def given_to_others(draft: DistributionDraft, behavior: Document) -> dict[str, Any] | None:
    """The part of this plan's live CORS section that other plans ask for; None where there is none.

    Another plan whose origins a policy of this plan lets in already brings none of its own.
    """
    content = draft.content(RESPONSE_HEADERS, behavior.get(RESPONSE_HEADERS.member))
    claimed = draft.policy.claimed
    if content is None or not is_ours(RESPONSE_HEADERS, content):
        return None
    section = content.get("CorsConfig")
    if not section or not is_of_plan(RESPONSE_HEADERS, content, *draft.policy.names):
        return None

    def kept(member: str, values: Iterable[str], always: frozenset[str] = frozenset()) -> list[str]:
        claimed_names = lowered(values) | always
        return [name for name in _names(section, member) if name.lower() in claimed_names]

    every = frozenset({"*", "all"})
    origins = kept("AccessControlAllowOrigins", claimed.origins)
    if not origins:
        return None
    return _section(
        origins=origins,
        methods=kept("AccessControlAllowMethods", claimed.methods, every) or SIMPLE[:1],
        headers=kept("AccessControlAllowHeaders", claimed.headers, every),
        expose=kept("AccessControlExposeHeaders", claimed.expose, every),
        credentials=bool(section.get("AccessControlAllowCredentials")),
        max_age=section.get("AccessControlMaxAgeSec"),
        override=bool(section.get("OriginOverride")),
    )


def without_policy(
    draft: DistributionDraft, behavior: dict[str, Any], shared: dict[str, Any] | None
) -> dict[str, Any] | None:
    """The behavior where the plan names no origin any more; None where it can stay bare.

    What `shared` gives other plans stays, and what this plan asked for goes from another plan's policy.
    """
    ref = behavior.get(RESPONSE_HEADERS.member)
    content = draft.content(RESPONSE_HEADERS, ref)
    if ref is not None and content is None:
        return None
    live = (content or {}).get("CorsConfig")
    live_section = _minus(live, draft.policy.retired) if live and is_ours_by_name(ref) else live
    section = _joining(draft, behavior, live_section, shared)
    if section == live or (section is not None and live and _comparable(live) == _comparable(section)):
        return None
    if section is None:
        return _uncovered(draft, behavior, ref)
    copy = {**(content or {}), "CorsConfig": section}
    base = draft.base(RESPONSE_HEADERS, ref)
    heir = plan_of(base) if draft.policy.given_up else None
    if heir is not None and ref is not None:
        # What is left is another plan's: that of the policy itself, or of one that is gone by now.
        base = (
            stands_for(draft.content(RESPONSE_HEADERS, base))
            if draft.exists(RESPONSE_HEADERS, str(base))
            else UNKNOWN
        )
    behavior[RESPONSE_HEADERS.member] = draft.own(RESPONSE_HEADERS, copy, base, heir or "")
    return behavior


def _uncovered(draft: DistributionDraft, behavior: dict[str, Any], ref: str | None) -> dict[str, Any]:
    """The behavior with what stood there before any plan's policy."""
    seen: set[str] = set()
    while ref is not None and is_ours_by_name(ref) and ref not in seen:
        seen.add(ref)
        ref = stands_for(draft.content(RESPONSE_HEADERS, ref))
    if ref is not None and draft.exists(RESPONSE_HEADERS, ref):
        behavior[RESPONSE_HEADERS.member] = ref
    else:
        behavior.pop(RESPONSE_HEADERS.member, None)
    return behavior


def _joining(
    draft: DistributionDraft, behavior: Document, live: dict[str, Any] | None, shared: dict[str, Any] | None
) -> dict[str, Any] | None:
    if shared is None or not live:
        return live or shared
    return _union(draft, behavior, live, shared) or live


def by_edge(
    draft: DistributionDraft, behavior: dict[str, Any], shared: dict[str, Any] | None = None
) -> dict[str, Any] | None:
    """The behavior with a policy whose CORS section is the plan's, the rest as it was.

    `shared` is what a policy of this plan gives to other plans there. None where nothing of the plan can
    be expressed here.
    """
    ref = behavior.get("ResponseHeadersPolicyId")
    content = draft.content(RESPONSE_HEADERS, ref)
    if ref is not None and content is None:
        draft.note(
            POLICY_UNREADABLE,
            f"The behavior {pattern_of(behavior)} is left as it is: the settings of response headers "
            f"policy {ref} are not known.",
            "The credentials need cloudfront:ListResponseHeadersPolicies.",
        )
        return None
    desired = _cors_section(draft, draft.policy)
    if desired is None:
        return None
    existing = (content or {}).get("CorsConfig")
    if existing and is_ours_by_name(ref):
        existing = _minus(existing, draft.policy.retired)
    existing = _joining(draft, behavior, existing, shared)
    section = desired if draft.policy.exact or not existing else _union(draft, behavior, existing, desired)
    if section is None:
        return None
    _preflight_status(draft, behavior)
    live = (content or {}).get("CorsConfig")
    if live and _comparable(live) == _comparable(section):
        return behavior
    copy = {**(content or {}), "CorsConfig": section}
    behavior["ResponseHeadersPolicyId"] = draft.own(RESPONSE_HEADERS, copy, draft.base(RESPONSE_HEADERS, ref))
    return behavior


def _comparable(section: Document) -> Any:
    comparable = dict(section)
    for name in ("AccessControlAllowHeaders", "AccessControlExposeHeaders"):
        comparable[name] = listed(lowered(items(section.get(name))))
    return normal(comparable)


def _minus(section: Document, retired: Retired) -> dict[str, Any] | None:
    """A section of ours, or one made on top of ours, without what this plan no longer wants."""
    gone = {
        "AccessControlAllowOrigins": lowered(retired.origins),
        "AccessControlAllowMethods": lowered(retired.methods),
        "AccessControlAllowHeaders": lowered(retired.headers),
        "AccessControlExposeHeaders": lowered(retired.expose),
    }
    left = {
        member: [name for name in _names(section, member) if name.lower() not in names]
        for member, names in gone.items()
    }
    if not left["AccessControlAllowOrigins"]:
        return None
    left["AccessControlAllowMethods"] = left["AccessControlAllowMethods"] or list(SIMPLE[:1])
    left["AccessControlAllowHeaders"] = left["AccessControlAllowHeaders"] or [HARMLESS_HEADER]
    return {**section, **{member: listed(names) for member, names in left.items()}}


def _expressible(origin: str) -> bool:
    """`*` alone, or as the whole leftmost label (Developer Guide, "Access-Control-Allow-Origin")."""
    return "*" not in origin or origin == "*" or re.fullmatch(r"https?://\*\.[^*]+", origin) is not None


def _cors_section(draft: DistributionDraft, policy: Policy) -> dict[str, Any] | None:
    """The plan's own CORS section; None if CloudFront can express none of its origins."""
    origins = []
    for origin in policy.origins:
        if _expressible(origin) and not (origin == "*" and policy.credentials):
            origins.append(origin)
            continue
        draft.note(
            WILDCARD_NOT_SUPPORTED,
            f"CloudFront cannot allow {origin!r} in a response headers policy: `*` stands alone and "
            "without credentials, or is the whole leftmost label, as in https://*.example.com.",
            "List the origins one by one, or let the origin answer (`answer: origin`).",
            f"origins/{origin}",
            "origins",
        )
    headers = list(policy.headers)
    if policy.credentials and "*" in headers:
        headers.remove("*")
        draft.note(
            WILDCARD_WITH_CREDENTIALS,
            "With credentials a browser takes `*` in Access-Control-Allow-Headers for a name, and "
            "CloudFront refuses it; it was left out.",
            "List the headers by name.",
            "headers",
        )
    expose = [name for name in policy.expose if not (policy.credentials and name == "*")]
    if len(expose) < len(policy.expose):
        draft.note(
            WILDCARD_WITH_CREDENTIALS,
            "With credentials a browser takes `*` in Access-Control-Expose-Headers for a name; it "
            "was left out.",
            "List the headers by name.",
            "expose",
        )
    if not origins:
        return None
    methods = LARGEST if "*" in policy.methods else tuple(m for m in policy.methods if m in LARGEST)
    return _section(
        origins=["*"] if "*" in origins else origins,
        methods=methods or SIMPLE[:1],
        headers=headers,
        expose=expose,
        credentials=policy.credentials,
        max_age=policy.max_age,
        override=True,
    )


def _section(
    *,
    origins: Iterable[str],
    methods: Iterable[str],
    headers: Sequence[str],
    expose: Sequence[str],
    credentials: bool,
    max_age: int | None,
    override: bool,
) -> dict[str, Any]:
    if "*" in headers:
        # `*` never covers Authorization (Fetch, "CORS non-wildcard request-header name").
        headers = ["*", *(name for name in headers if name.lower() == "authorization")]
    section: dict[str, Any] = {
        "AccessControlAllowOrigins": listed(origins),
        "AccessControlAllowHeaders": listed(headers or [HARMLESS_HEADER]),
        "AccessControlAllowMethods": listed(methods),
        "AccessControlAllowCredentials": credentials,
        "OriginOverride": override,
    }
    if expose:
        section["AccessControlExposeHeaders"] = listed(["*"] if "*" in expose else expose)
    if max_age is not None:
        section["AccessControlMaxAgeSec"] = max_age
    return section


def _names(section: Document, member: str) -> list[str]:
    return [str(name) for name in items(section.get(member))]


def _joined(first: Sequence[str], second: Sequence[str], *, fold: bool = False) -> list[str]:
    seen = {name.lower() if fold else name for name in first}
    return [*first, *(name for name in second if (name.lower() if fold else name) not in seen)]


def _covers(section: Document, desired: Document) -> bool:
    """Return whether the section that is there already gives everything the plan wants."""
    origins = _names(section, "AccessControlAllowOrigins")
    methods = {*_names(section, "AccessControlAllowMethods"), *SIMPLE}
    headers = lowered(_names(section, "AccessControlAllowHeaders"))
    expose = lowered(_names(section, "AccessControlExposeHeaders"))
    wanted_headers = lowered(_names(desired, "AccessControlAllowHeaders")) - {HARMLESS_HEADER}
    wanted_expose = lowered(_names(desired, "AccessControlExposeHeaders"))
    loose = not section.get("AccessControlAllowCredentials")
    return (
        bool(section.get("AccessControlAllowCredentials")) == bool(desired["AccessControlAllowCredentials"])
        and ("*" in origins or set(_names(desired, "AccessControlAllowOrigins")) <= set(origins))
        and ("ALL" in methods or set(_names(desired, "AccessControlAllowMethods")) <= methods)
        and (
            wanted_headers <= headers or (loose and "*" in headers and "authorization" not in wanted_headers)
        )
        and (wanted_expose <= expose or (loose and "*" in expose))
        and (section.get("AccessControlMaxAgeSec") or 0) >= (desired.get("AccessControlMaxAgeSec") or 0)
    )


def _union(
    draft: DistributionDraft, behavior: Document, live: Document, desired: Document
) -> dict[str, Any] | None:
    """Both sections in one, taking nothing from anybody; None where that cannot be."""
    pattern = pattern_of(behavior)
    if not live.get("OriginOverride"):
        draft.note(
            ORIGIN_HEADERS_WIN,
            f"The policy on behavior {pattern} gives way to CORS headers that the origin sends; merging "
            "keeps that.",
            "`mode: exact` lets the plan's headers win.",
        )
    if _covers(live, desired):
        return dict(live)
    theirs, ours = (set(_names(cors, "AccessControlAllowOrigins")) for cors in (live, desired))
    had, want = (bool(cors["AccessControlAllowCredentials"]) for cors in (live, desired))
    if (had and not want and not ours <= theirs) or (want and not had and not theirs <= ours):
        draft.note(
            CREDENTIALS_CONFLICT,
            f"Behavior {pattern} already has a CORS section {'with' if had else 'without'} credentials for "
            f"{', '.join(sorted(theirs))}. One section has one such setting, so the plan cannot be added "
            "without changing what these may do; the behavior's policy is left as it is.",
            f"Set `credentials: {str(had).lower()}`, or `mode: exact` if the plan lists everybody.",
            "credentials",
        )
        return None
    credentials = had or want
    methods = _joined(
        _names(live, "AccessControlAllowMethods"),
        _names(desired, "AccessControlAllowMethods"),
    )
    headers = [
        name
        for name in _joined(
            _names(live, "AccessControlAllowHeaders"),
            _names(desired, "AccessControlAllowHeaders"),
            fold=True,
        )
        if name.lower() != HARMLESS_HEADER and not (credentials and name == "*")
    ]
    origins = _joined(
        _names(live, "AccessControlAllowOrigins"),
        _names(desired, "AccessControlAllowOrigins"),
    )
    ages = [
        cors["AccessControlMaxAgeSec"]
        for cors in (live, desired)
        if cors.get("AccessControlMaxAgeSec") is not None
    ]
    _shared(draft, pattern, live, desired)
    return _section(
        origins=["*"] if "*" in origins else origins,
        methods=["ALL"] if "ALL" in methods else methods,
        headers=headers,
        expose=_joined(
            _names(live, "AccessControlExposeHeaders"),
            _names(desired, "AccessControlExposeHeaders"),
            fold=True,
        ),
        credentials=credentials,
        max_age=max(ages) if ages else None,
        override=bool(live.get("OriginOverride")),
    )


def _shared(draft: DistributionDraft, pattern: str, live: Document, desired: Document) -> None:
    """Say who gets more than before, because a section is one matrix for all its origins."""
    theirs, ours = (set(_names(cors, "AccessControlAllowOrigins")) for cors in (live, desired))
    had, want = (
        {*_names(cors, "AccessControlAllowMethods"), *lowered(_names(cors, "AccessControlAllowHeaders"))}
        for cors in (live, desired)
    )
    if had == want or theirs == ours:
        return
    draft.note(
        SHARED_SECTION,
        f"Behavior {pattern} has one CORS section for all its origins, so "
        f"{', '.join(sorted(theirs | ours))} may all use the methods and headers of both.",
        "Give the plan's paths a behavior of their own if that is too much.",
        "origins",
    )


def _preflight_status(draft: DistributionDraft, behavior: Document) -> None:
    """A policy adds headers and never changes a status; a preflight needs 2xx from the origin."""
    policy = draft.policy
    if policy.headers or not set(policy.methods) <= {*SIMPLE, "OPTIONS"}:
        draft.note(
            EDGE_PREFLIGHT_STATUS,
            f"Preflights on behavior {pattern_of(behavior)} still get their status from the origin; a "
            "response headers policy adds headers to it but cannot turn a 403 into a 200.",
            "Make the origin answer OPTIONS with 2xx (an S3 bucket does with a CORS rule), or check it "
            "with `remediate verify`.",
        )
