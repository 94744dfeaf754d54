"""Finds what stands between a distribution and working CORS and is not this plan's to change. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from remediate.core.common_rules import DEAD_ORIGIN
from remediate.core.document import Document
from remediate.services.cloudfront.distribution_draft import DistributionDraft
from remediate.services.cloudfront.documents import (
    RESPONSE_HEADERS,
    code_of,
    is_bucket,
    items,
    origins_of,
    pattern_of,
    refuses_foreign_host,
)
from remediate.services.cloudfront.forwarding import forwarding
from remediate.services.cloudfront.rules import (
    ANSWER_DEPENDS_ON_CODE,
    ERROR_PAGE_HIDES_FAILURE,
    HOST_FORWARDED,
    ORIGIN_HARD_CODED,
)
from remediate.web.origin import never_sent


def concerns(draft: DistributionDraft, config: Document, chosen: Sequence[Document]) -> None:
    """Note everything in the selected behaviors that a reader should know."""
    for behavior in chosen:
        _host(draft, config, behavior)
        _fixed_origin(draft, config, behavior)
        _unsent(draft, behavior)
        _code(draft, behavior)
    _error_pages(draft, config)


def _host(draft: DistributionDraft, config: Document, behavior: Document) -> None:
    if not forwarding(draft.known, behavior).reaches("Host"):
        return
    for origin in origins_of(config, behavior):
        domain = str(origin.get("DomainName"))
        if refuses_foreign_host(domain):
            effect = "answers 403 to any Host but its own"
        elif is_bucket(domain):
            effect = "finds the bucket by it"
        else:
            continue
        draft.note(
            HOST_FORWARDED,
            f"Behavior {pattern_of(behavior)} forwards the viewer's Host to {domain}, which {effect}.",
            "Attach the managed origin request policy AllViewerExceptHostHeader, or take Host out of "
            "the forwarded headers and the cache key.",
        )


def _fixed_origin(draft: DistributionDraft, config: Document, behavior: Document) -> None:
    for origin in origins_of(config, behavior):
        for header in items(origin.get("CustomHeaders")):
            if str(header.get("HeaderName", "")).lower() == "origin":
                draft.note(
                    ORIGIN_HARD_CODED,
                    f"The origin {origin.get('Id')} gets the custom header Origin: "
                    f"{header.get('HeaderValue')} on every request; it replaces the browser's, so the "
                    "answer is always for that one origin.",
                    "Remove the custom header from the distribution's origin.",
                )


def _unsent(draft: DistributionDraft, behavior: Document) -> None:
    """Origins of a response headers policy that no browser sends; one without a scheme fits any."""
    ref = behavior.get("ResponseHeadersPolicyId")
    content = draft.content(RESPONSE_HEADERS, ref) or {}
    listed = items((content.get("CorsConfig") or {}).get("AccessControlAllowOrigins"))
    reasons = [
        reason
        for origin in listed
        for text in (origin.lower(),)
        if (reason := never_sent(text if "://" in text else f"https://{text}", is_pattern=True))
        and text != "*"
    ]
    if reasons:
        draft.note(
            DEAD_ORIGIN,
            f"In the response headers policy {content.get('Name', ref)} these values stand where an origin "
            f"should, and let nobody in: {'; '.join(reasons[:8])}.",
            "They hold no place in a list, so they stay. Correct the policy where it is made.",
            "origins",
        )


def _code(draft: DistributionDraft, behavior: Document) -> None:
    events = sorted({event for event, _ in code_of(behavior)})
    if events:
        draft.note(
            ANSWER_DEPENDS_ON_CODE,
            f"Behavior {pattern_of(behavior)} runs code on {', '.join(events)}; it can change headers and "
            "answer preflights itself, which settings do not show.",
            "Check the functions, or the real answers with `remediate verify`.",
        )


def _error_pages(draft: DistributionDraft, config: Document) -> None:
    replaced = [
        str(entry.get("ErrorCode"))
        for entry in items(config.get("CustomErrorResponses"))
        if entry.get("ResponsePagePath") and str(entry.get("ResponseCode", "")).startswith("2")
    ]
    if replaced:
        draft.note(
            ERROR_PAGE_HIDES_FAILURE,
            f"Custom error responses turn {', '.join(replaced)} into a page with status 2xx: a failed "
            "preflight or an API error arrives as HTML without CORS headers, and the browser reports CORS.",
            "Serve the single-page application's fallback by a function on its own behavior instead.",
        )
