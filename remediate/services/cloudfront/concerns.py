"""What stands between a distribution and working CORS and is not this plan's to change: findings. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from remediate.core.document import Document
from remediate.services.cloudfront.desk import Desk
from remediate.services.cloudfront.documents import (
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


def concerns(desk: Desk, config: Document, chosen: Sequence[Document]) -> None:
    """Note everything in the selected behaviors that a reader should know."""
    for behavior in chosen:
        _host(desk, config, behavior)
        _fixed_origin(desk, config, behavior)
        _code(desk, behavior)
    _error_pages(desk, config)


def _host(desk: Desk, config: Document, behavior: Document) -> None:
    if not forwarding(desk.known, behavior).reaches("Host"):
        return
    for origin in origins_of(config, behavior):
        domain = str(origin.get("DomainName"))
        if refuses_foreign_host(domain):
            effect = "answers 403 to any Host but its own"
        elif is_bucket(domain):
            effect = "finds the bucket by it"
        else:
            continue
        desk.note(
            HOST_FORWARDED,
            f"Behavior {pattern_of(behavior)} forwards the viewer's Host to {domain}, which {effect}.",
            "Attach the managed origin request policy AllViewerExceptHostHeader, or take Host out of "
            "the forwarded headers and the cache key.",
        )


def _fixed_origin(desk: Desk, config: Document, behavior: Document) -> None:
    for origin in origins_of(config, behavior):
        for header in items(origin.get("CustomHeaders")):
            if str(header.get("HeaderName", "")).lower() == "origin":
                desk.note(
                    ORIGIN_HARD_CODED,
                    f"The origin {origin.get('Id')} gets the custom header Origin: "
                    f"{header.get('HeaderValue')} on every request; it replaces the browser's, so the "
                    "answer is always for that one origin.",
                    "Remove the custom header from the distribution's origin.",
                )


def _code(desk: Desk, behavior: Document) -> None:
    events = sorted({event for event, _ in code_of(behavior)})
    if events:
        desk.note(
            ANSWER_DEPENDS_ON_CODE,
            f"Behavior {pattern_of(behavior)} runs code on {', '.join(events)}; it can change headers and "
            "answer preflights itself, which settings do not show.",
            "Check the functions, or the real answers with `remediate verify`.",
        )


def _error_pages(desk: Desk, config: Document) -> None:
    replaced = [
        str(entry.get("ErrorCode"))
        for entry in items(config.get("CustomErrorResponses"))
        if entry.get("ResponsePagePath") and str(entry.get("ResponseCode", "")).startswith("2")
    ]
    if replaced:
        desk.note(
            ERROR_PAGE_HIDES_FAILURE,
            f"Custom error responses turn {', '.join(replaced)} into a page with status 2xx: a failed "
            "preflight or an API error arrives as HTML without CORS headers, and the browser reports CORS.",
            "Serve the single-page application's fallback by a function on its own behavior instead.",
        )
