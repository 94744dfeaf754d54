"""Tells what a distribution would reply, worked out from its settings and what its origin answers. Pure.

Where a fact is only secondary or recalled, the response carries its doubt. Facts: CloudFront
Developer Guide, chapters on behaviors, policies and custom error responses.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from remediate.core.document import Document
from remediate.services.cloudfront.documents import (
    DEFAULT,
    RESPONSE_HEADERS,
    behaviors,
    code_of,
    items,
    lowered,
    origins_of,
    pattern_of,
    refuses_foreign_host,
    scheme_to,
)
from remediate.services.cloudfront.edge_headers import adds_cors, with_edge_headers
from remediate.services.cloudfront.forwarding import Forwarding, forwarding
from remediate.services.cloudfront.methods import allowed
from remediate.services.cloudfront.owned_policies import content_of
from remediate.web.http import Request, Response, Unknown

Answer = Response | Unknown
Backend = Response | Unknown | Callable[[Request], Answer]


_CLIENT_ERROR = 400


class CacheRisk(StrEnum):
    """The value tells whether a cached answer can be wrong for the next caller."""

    KEYED = "keyed"
    """Origin is part of the cache key: each origin gets its own answer."""
    POISONED = "poisoned"
    """The origin sees Origin and the key leaves it out: the first caller decides for everyone."""
    NOT_CACHED = "not-cached"
    CONSTANT = "constant"
    """The answer is kept and cannot depend on the caller: the origin never sees Origin, or the
    edge puts the CORS headers on after the cache."""


class CacheJudgement(NamedTuple):
    """The verdict for one path, and why."""

    verdict: CacheRisk
    reason: str


@lru_cache(maxsize=1024)
def _pattern(pattern: str) -> re.Pattern[str]:
    marks = {"*": ".*", "?": "."}
    return re.compile("".join(marks.get(part, re.escape(part)) for part in pattern), re.DOTALL)


def behavior_for(config: Document, path: str) -> Document:
    """The behavior that answers for a path: the first whose pattern matches, else the default.

    `*` is any run of characters and `?` any one, with regard to case; the query is not looked at,
    and a leading slash in the pattern is optional (Developer Guide, "Path pattern").
    """
    bare = "/" + path.partition("?")[0].lstrip("/")
    for behavior in behaviors(config):
        pattern = pattern_of(behavior)
        if pattern == DEFAULT or _pattern("/" + pattern.lstrip("/")).fullmatch(bare):
            return behavior
    raise AssertionError("the default behavior matches everything")  # pragma: no cover


def answer(config: Document | None, request: Request, *, backend: Backend | None = None) -> Answer:
    """Return what CloudFront would reply to a viewer.

    `config` is what `State.config` holds, or as much of the API's DistributionConfig:
    `{"DefaultCacheBehavior": {…}, "CacheBehaviors": {"Quantity", "Items"}, "Origins": {…},
    "OriginGroups": [{"Id", "Members"}], "CustomErrorResponses": {…}, "policies": {reference:
    {"CachePolicyConfig" | "OriginRequestPolicyConfig" | "ResponseHeadersPolicyConfig": {…}}}}`;
    only the default behavior is needed. Managed policies need no entry in `policies`.

    `backend` stands for the origin. As a function it gets the request as CloudFront would send
    it: without the headers that are not forwarded, with the origin's OriginPath in front of the
    path, and with `Host` naming the origin, so that one function can serve several. Without it,
    or where it answers `Unknown`, the reply is known only where the edge alone decides it.
    """
    if not config or not config.get("DefaultCacheBehavior"):
        return Unknown("the distribution's behaviors are not known")
    policies: Document = config.get("policies") or {}
    behavior = behavior_for(config, request.path)
    if request.method not in allowed(behavior):
        # CloudFront's own 403, before any function, cache or policy; it carries no CORS headers.
        return Response(403, [("Content-Type", "text/html")])
    rules = forwarding(policies, behavior)
    if rules.unknown:
        return Unknown(rules.unknown)
    edge_ref = behavior.get("ResponseHeadersPolicyId")
    edge = content_of(policies, RESPONSE_HEADERS, edge_ref)
    if edge_ref and edge is None:
        return Unknown(f"the settings of response headers policy {edge_ref} are not known")
    # Asked behind code too: what stands there is worth knowing, on the assumption that the code lets it pass.
    came = _from_origin(config, behavior, rules, request, backend)
    if code := _running(behavior, came):
        return Unknown(code)
    if isinstance(came, Unknown):
        return _edge_alone(edge, request, came)
    page = _error_page(config, came)
    if page is not None:
        return page
    return with_edge_headers(edge, request, _vary(rules, came))


def _running(behavior: Document, came: Answer) -> str:
    """Return which code of the behavior can change the answer; empty where none runs.

    On a viewer response none runs where the origin answers 400 or higher (Developer Guide, "Restrictions on
    all edge functions").
    """
    failed = isinstance(came, Response) and came.status >= _CLIENT_ERROR
    code = [
        f"{called(arn)} on {event}"
        for event, arn in code_of(behavior)
        if not (failed and event == "viewer-response")
    ]
    if not code:
        return ""
    behind = (
        "what the origin answers is not known either"
        if isinstance(came, Unknown)
        else f"the answer would be {came.status}"
    )
    return (
        f"behavior {pattern_of(behavior)} runs {' and '.join(sorted(code))}, which can change the answer; "
        f"without it, {behind}"
    )


def called(arn: str) -> str:
    """Return the function's name: `the CloudFront Function add-cors`, `the Lambda@Edge function sign:3`."""
    if ":function/" in arn:
        return f"the CloudFront Function {arn.rpartition('/')[2]}"
    return f"the Lambda@Edge function {arn.partition(':function:')[2] or arn}"


def _from_origin(
    config: Document, behavior: Document, rules: Forwarding, request: Request, backend: Backend | None
) -> Answer:
    if backend is None:
        return Unknown("nothing is known about what the origin answers")
    origins = origins_of(config, behavior)
    first = origins[0] if origins else {}
    domain = str(first.get("DomainName", ""))
    sent = forwarded(rules, first, request)
    if refuses_foreign_host(domain) and rules.reaches("Host") and request.get("host") != domain:
        # API Gateway and Lambda URLs know no other Host (AWS re:Post; Developer Guide,
        # "Restrict access to a Lambda function URL origin").
        cause = (
            f"Behavior {pattern_of(behavior)} sends the viewer's Host on to {domain}, which knows no other "
            "than its own."
        )
        return Response(403, [("Content-Type", "application/json")], cause=cause)
    return backend(sent) if callable(backend) else backend


def forwarded(rules: Forwarding, origin: Document, request: Request) -> Request:
    """The request as it leaves CloudFront for the origin."""
    custom = {
        str(header.get("HeaderName")): str(header.get("HeaderValue"))
        for header in items(origin.get("CustomHeaders"))
    }
    replaced = lowered(custom)
    headers = [
        (name, value)
        for name, value in request.headers
        if rules.reaches(name, request.method) and name.lower() not in replaced
    ]
    if not any(name.lower() == "host" for name, _ in headers) and origin.get("DomainName"):
        headers.append(("Host", str(origin["DomainName"])))
    return Request(
        request.method,
        f"{origin.get('OriginPath') or ''}{request.path}",
        [*headers, *custom.items()],
        scheme_to(origin, request.scheme),
        str(origin.get("DomainName") or ""),
    )


def _edge_alone(edge: Document | None, request: Request, came: Unknown) -> Answer:
    """Return what is certain without the origin: the edge's own headers on an actual response."""
    section = (edge or {}).get("CorsConfig") or {}
    if not adds_cors(section, request) or not section.get("OriginOverride"):
        return came
    if request.method == "OPTIONS":
        return Unknown("the preflight's status is the origin's, and " + came.reason)
    made = with_edge_headers(edge, request, Response(200, []))
    return replace(
        made, doubt="; ".join(filter(None, (made.doubt, f"the status is not known: {came.reason}")))
    )


def _error_page(config: Document, came: Response) -> Response | None:
    for entry in items(config.get("CustomErrorResponses")):
        if str(entry.get("ErrorCode")) == str(came.status) and entry.get("ResponsePagePath"):
            code = str(entry.get("ResponseCode") or came.status)
            # The page comes through the behavior of its own path, whose policies apply
            # (Developer Guide, "Generate custom error responses").
            return Response(
                int(code) if code.isdigit() else came.status,
                [("Content-Type", "text/html")],
                condition=came.condition,
                doubt=f"{came.status} is replaced by the page {entry['ResponsePagePath']}, whose own "
                "behavior may add headers",
            )
    return None


def _vary(rules: Forwarding, came: Response) -> Response:
    """Names that are not in the cache key are taken out of Vary.

    Origin too where it is sent on without being in the key: a viewer was seen to get S3's
    Access-Control-Allow-Origin and no Vary (awslabs/speke-reference-server#37). What is left comes
    without blanks. Legacy settings that send all headers on keep nothing, and take nothing out.
    """
    headers: list[tuple[str, str]] = []
    for name, value in came.headers:
        if name.lower() != "vary":
            headers.append((name, value))
            continue
        parts = [part.strip() for part in value.split(",")]
        names = [part for part in parts if part and (part == "*" or rules.stays_in_vary(part))]
        if names:
            headers.append((name, ",".join(names)))
    return replace(came, headers=headers)


def cache_verdict(config: Document, path: str) -> CacheJudgement | Unknown:
    """Judge whether what is cached for a path can be wrong for another origin, or for none."""
    policies: Document = config.get("policies") or {}
    behavior = behavior_for(config, path)
    pattern = pattern_of(behavior)
    rules = forwarding(policies, behavior)
    if rules.unknown:
        return Unknown(rules.unknown)
    if not rules.caches:
        return CacheJudgement(CacheRisk.NOT_CACHED, f"behavior {pattern} keeps no answers")
    if "origin" in rules.key:
        return CacheJudgement(CacheRisk.KEYED, f"Origin is part of the cache key of behavior {pattern}")
    edge = content_of(policies, RESPONSE_HEADERS, behavior.get("ResponseHeadersPolicyId"))
    section = (edge or {}).get("CorsConfig") or {}
    if section.get("OriginOverride"):
        return CacheJudgement(
            CacheRisk.CONSTANT, f"behavior {pattern} puts its own CORS headers on after the cache"
        )
    hard = [
        header
        for origin in origins_of(config, behavior)
        for header in items(origin.get("CustomHeaders"))
        if str(header.get("HeaderName", "")).lower() == "origin"
    ]
    if hard or not rules.reaches("Origin"):
        return CacheJudgement(
            CacheRisk.CONSTANT,
            f"the origin behind behavior {pattern} never sees the browser's Origin, so its answer is the "
            "same for all",
        )
    return CacheJudgement(
        CacheRisk.POISONED,
        f"behavior {pattern} sends Origin to the origin and leaves it out of the cache key: the first "
        "caller's answer, with its Access-Control-Allow-Origin or without one, is served to everybody",
    )
