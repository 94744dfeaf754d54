"""Tells what S3 replies to a request, from a bucket's CORS rules alone.

Recorded on AWS unless `doubt` says otherwise: the first matching rule decides alone, the method
tested is Access-Control-Request-Method wherever that header is sent, a bare `*` never comes with
credentials and a named origin always does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from remediate.services.s3.rule import Rule, covers, first_match, origin_entry, rules, values
from remediate.web.http import Request, Response, Unknown
from remediate.web.origin import ANY

if TYPE_CHECKING:
    from remediate.core.document import Document
    from remediate.services import Backend

VARY = "Origin, Access-Control-Request-Headers, Access-Control-Request-Method"


def answer(
    config: Document | None, request: Request, *, backend: Backend | None = None
) -> Response | Unknown:
    """The reply to `request`; `config` is `{"CORSRules": [...]}`, or None where nothing is configured.

    A preflight is answered by S3 alone: signatures and the object's existence play no part. Any
    other request is served as `backend` says (200 by default), with CORS headers where a rule
    matches. A bucket that does not exist answers preflights as one without rules.
    """
    if request.method == "OPTIONS":
        return _preflight(config, request)
    served = backend(request) if callable(backend) else backend
    if isinstance(served, Unknown):
        return served
    return _actual(config, request, served or Response(200))


def _preflight(config: Document | None, request: Request) -> Response:
    origin = request.get("origin")
    method = request.get("access-control-request-method")
    if origin is None:
        return Response(400)
    among = rules(config)
    if not among:
        return Response(403)
    if method is None:
        return Response(
            400,
            doubt="that S3 answers 400 without Access-Control-Request-Method was not recorded on AWS",
        )
    asked = requested_headers(request)
    rule = first_match(among, origin, method, asked)
    if rule is None:
        return Response(403)
    return Response(200, _headers(rule, origin, asked), doubt=_doubt(rule, origin))


def _actual(config: Document | None, request: Request, served: Response) -> Response:
    origin = request.get("origin")
    if origin is None:
        return served
    method = request.get("access-control-request-method") or request.method
    asked = requested_headers(request)
    rule = first_match(rules(config), origin, method, asked)
    if rule is None:
        # No Vary either: a cache may keep this answer for origins that a rule would have let in.
        return served
    doubt = served.doubt or _doubt(rule, origin)
    if not doubt and served.status >= 400:
        doubt = "that S3's error responses carry CORS headers is not recorded, only tested elsewhere"
    return Response(served.status, (*served.headers, *_headers(rule, origin, asked)), doubt=doubt)


def requested_headers(request: Request) -> list[str]:
    """Names in Access-Control-Request-Headers; empty elements count for nothing."""
    names = (request.get("access-control-request-headers") or "").split(",")
    return [name.strip().lower() for name in names if name.strip()]


def _headers(rule: Rule, origin: str, asked: list[str]) -> list[tuple[str, str]]:
    anybody = origin_entry(rule, origin) == ANY
    headers = [("Access-Control-Allow-Origin", ANY if anybody else origin)]
    headers.append(("Access-Control-Allow-Methods", ", ".join(values(rule, "AllowedMethods"))))
    if asked:
        headers.append(("Access-Control-Allow-Headers", ", ".join(asked)))
    if values(rule, "ExposeHeaders"):
        headers.append(("Access-Control-Expose-Headers", ", ".join(values(rule, "ExposeHeaders"))))
    if rule.get("MaxAgeSeconds") is not None:
        headers.append(("Access-Control-Max-Age", str(rule["MaxAgeSeconds"])))
    if not anybody:
        headers.append(("Access-Control-Allow-Credentials", "true"))
    headers.append(("Vary", VARY))
    return headers


def _doubt(rule: Rule, origin: str) -> str:
    entries = values(rule, "AllowedOrigins")
    if ANY in entries and any(covers(entry, origin) for entry in entries if entry != ANY):
        return (
            "the rule lists '*' beside an entry for this origin, and it is not documented which of the two "
            "S3 answers with (emulators disagree)"
        )
    return ""
