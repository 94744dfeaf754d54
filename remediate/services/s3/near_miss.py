"""Finds the rule that comes nearest to a preflight that none of the bucket's matches. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from remediate.core.near_miss import NO_REQUEST_METHOD, NearMiss, and_list, other_scheme
from remediate.services.s3.answer import requested_headers
from remediate.services.s3.rule import Rule, covers, first_match, origin_entry, rules, values

if TYPE_CHECKING:
    from remediate.core.document import Document
    from remediate.web.http import Request


def near_miss(config: Document | None, request: Request) -> NearMiss | None:
    """Return what the nearest rule lacks; None if a rule matches or the request has no other origin."""
    origin = request.get("origin")
    if origin is None:
        return None
    method = request.get("access-control-request-method") or request.method
    headers = requested_headers(request)
    existing = rules(config)
    if not existing:
        return NearMiss((origin,), "The bucket has no CORS rule.")
    if first_match(existing, origin, method, headers) is not None:
        return None
    if request.method == "OPTIONS" and method == "OPTIONS":
        return NO_REQUEST_METHOD
    misses = [_miss(rule, number, origin, method, headers) for number, rule in enumerate(existing, 1)]
    # A rule for the page's origin is nearer than one for other pages, whatever else that one lacks.
    return min(misses, key=lambda miss: (origin in miss.missing, len(miss.missing)))


def _miss(rule: Rule, number: int, origin: str, method: str, headers: list[str]) -> NearMiss:
    entries = [entry.lower() for entry in values(rule, "AllowedHeaders")]
    absent = [header for header in headers if not any(covers(entry, header) for entry in entries)]
    matched: list[str] = []
    lacking: list[str] = []
    if origin_entry(rule, origin) is None:
        listed = other_scheme(origin, values(rule, "AllowedOrigins"))
        lacking.append(f"origin {origin}" + (f" (it lists {listed}: the scheme differs)" if listed else ""))
    else:
        matched.append("origin")
    if method in values(rule, "AllowedMethods"):
        matched.append("method")
    else:
        lacking.append(f"method {method}")
    if absent:
        lacking.append(("header " if len(absent) == 1 else "headers ") + ", ".join(absent))
    elif headers:
        matched.append("headers")
    missing = [
        *([origin] if "origin" not in matched else []),
        *([method] if "method" not in matched else []),
        *absent,
    ]
    label = f"Rule {number}" + (f" ({rule['ID']})" if rule.get("ID") else "")
    so_far = f"matches {and_list(matched)} and " if matched else ""
    return NearMiss(tuple(missing), f"{label} of the bucket {so_far}lacks {and_list(lacking)}.")
