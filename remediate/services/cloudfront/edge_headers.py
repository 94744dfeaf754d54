"""Tells what a response headers policy does to a response. Pure.

Facts: Developer Guide, "Understand response headers policies": removals come first; CORS headers
go on answers to CORS requests; `OriginOverride` says whose header wins. What happens to an origin
that the policy does not list, and how wildcards count labels, is known from emulators only.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from remediate.core.document import Document
from remediate.services.cloudfront.documents import items, lowered
from remediate.services.cloudfront.methods import LARGEST
from remediate.web.http import Request, Response

_CORS = "access-control-"


def matches(entry: str, origin: str) -> bool:
    """Return whether an entry of AccessControlAllowOrigins covers an origin; without a scheme, any scheme."""
    if entry in {"*", origin}:
        return True
    scheme, separator, host = origin.partition("://")
    if not separator:
        return False
    if "://" in entry:
        required, _, entry = entry.partition("://")
        if required != scheme:
            return False
    if entry.startswith("*."):
        label, _, rest = host.partition(".")
        return bool(label) and rest == entry[2:]
    return entry == host


def adds_cors(section: Document, request: Request) -> bool:
    """Return whether the section puts CORS headers on the answer to this request."""
    origin = request.get("origin")
    if not section or origin is None:
        return False
    return any(matches(str(entry), origin) for entry in items(section.get("AccessControlAllowOrigins")))


def _cors_headers(section: Document, request: Request) -> list[tuple[str, str]]:
    anybody = "*" in items(section.get("AccessControlAllowOrigins"))
    headers = [("Access-Control-Allow-Origin", "*" if anybody else request.get("origin") or "")]
    if section.get("AccessControlAllowCredentials"):
        headers.append(("Access-Control-Allow-Credentials", "true"))
    if expose := items(section.get("AccessControlExposeHeaders")):
        headers.append(("Access-Control-Expose-Headers", ", ".join(expose)))
    if request.method == "OPTIONS" and request.get("access-control-request-method") is not None:
        methods = items(section.get("AccessControlAllowMethods"))
        if methods:
            shown: Iterable[str] = sorted(LARGEST) if "ALL" in methods else methods
            headers.append(("Access-Control-Allow-Methods", ", ".join(shown)))
        if names := items(section.get("AccessControlAllowHeaders")):
            headers.append(("Access-Control-Allow-Headers", ", ".join(names)))
        if section.get("AccessControlMaxAgeSec") is not None:
            headers.append(("Access-Control-Max-Age", str(section["AccessControlMaxAgeSec"])))
    return headers


def with_edge_headers(edge: Document | None, request: Request, came: Response) -> Response:
    """The response with the policy applied; with its doubts where the facts are weak."""
    if edge is None:
        return came
    doubts = [came.doubt] if came.doubt else []
    removed = lowered(str(entry.get("Header")) for entry in items(edge.get("RemoveHeadersConfig")))
    headers = [(name, value) for name, value in came.headers if name.lower() not in removed]
    section = edge.get("CorsConfig") or {}
    theirs = sorted({name.lower() for name, _ in headers if name.lower().startswith(_CORS)})
    if adds_cors(section, request):
        headers = _merged(
            headers, _cors_headers(section, request), override=bool(section.get("OriginOverride"))
        )
        if "*" not in items(section.get("AccessControlAllowOrigins")):
            vary = ", ".join(value for name, value in headers if name.lower() == "vary")
            if "origin" not in vary.lower():
                headers.append(("Vary", "Origin"))
        added = lowered(name for name, _ in _cors_headers(section, request))
        left = [name for name in theirs if name not in added]
        if theirs and not section.get("OriginOverride"):
            doubts.append("the origin's CORS headers and the policy's mix, header by header or not at all")
        elif left:
            doubts.append(f"the origin also sent {', '.join(left)}, which the policy may or may not remove")
        if "ALL" in items(section.get("AccessControlAllowMethods")) and request.method == "OPTIONS":
            doubts.append("how CloudFront spells the methods ALL is not documented")
    elif section and theirs and request.get("origin") is not None:
        doubts.append("the policy does not list this origin; what the origin sent is taken to stay")
    for entry in items(edge.get("CustomHeadersConfig")):
        pair = (str(entry.get("Header")), str(entry.get("Value")))
        headers = _merged(headers, [pair], override=bool(entry.get("Override")))
    return replace(came, headers=headers, doubt="; ".join(doubts))


def _merged(
    headers: list[tuple[str, str]], new: list[tuple[str, str]], *, override: bool
) -> list[tuple[str, str]]:
    if override:
        names = lowered(name for name, _ in new)
        return [*((name, value) for name, value in headers if name.lower() not in names), *new]
    present = lowered(name for name, _ in headers)
    return [*headers, *((name, value) for name, value in new if name.lower() not in present)]
