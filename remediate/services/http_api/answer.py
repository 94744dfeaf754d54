"""Tells what an HTTP API's gateway replies to a request, from its CORS settings and its routes alone.

Little of this was recorded on AWS: where the developer guide is silent, the response says so in
`doubt`. What a backend returns is never guessed.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from remediate.services.http_api.cors import (
    ANY,
    CREDENTIALS,
    EXPOSE,
    HEADERS,
    MAX_AGE,
    METHODS,
    Cors,
    configured,
    origin_entry,
    values,
)
from remediate.services.http_api.routes import Route, find, is_guarded, key, wants_token
from remediate.web.http import Request, Response, Unknown

if TYPE_CHECKING:
    from remediate.core.document import Document
    from remediate.services import Backend

STATUS_DOUBT = "the status 204 of an HTTP API's own preflight answer is reported by users, not recorded"
NO_MATCH_DOUBT = "what an HTTP API answers to an origin that is not allowed is not recorded"
AUTHORIZER_DOUBT = "that the authorizer turns the preflight away is documented, its status is not recorded"
NO_ROUTE_DOUBT = "whether an HTTP API sends CORS headers where no route matches is not recorded"
ROUTE_DOUBT = "an OPTIONS route of its own answers this preflight, and its status is the integration's"
WILDCARD_DOUBT = "that an HTTP API echoes an origin matched by a scheme wildcard is not recorded"


def answer(
    config: Document | None, request: Request, *, backend: Backend | None = None
) -> Response | Unknown:
    """The reply to `request`.

    `config` is `{"CorsConfiguration": {...} | None, "routes": [...]}` (routes as GetRoutes gives
    them, without the stage in their paths; leave them out where they are not known), or None for an
    API without CORS settings. `backend` says what the integration answers.
    """
    cors = configured(config)
    listed = (config or {}).get("routes")
    routes: list[Route] | None = list(listed) if isinstance(listed, list | tuple) else None
    route = None if routes is None else find(routes, request.method, request.path)
    origin = request.get("origin")

    if cors is not None and not cors:
        return Unknown("the API's CORS configuration is there but empty; what that does is not documented")
    if request.method == "OPTIONS" and cors and origin and request.get("access-control-request-method"):
        return _preflight(cors, origin, route)
    if routes is not None and route is None:
        return _with_cors(cors, request, Response(404, doubt=NO_ROUTE_DOUBT if cors else ""))
    if request.method == "OPTIONS" and route is not None and is_guarded(route):
        return _with_cors(cors, request, Response(401, doubt=_refusal_doubt(route)))
    if cors and route is not None and wants_token(route) and request.get("authorization") is None:
        # The gateway's own 401 carries the headers like any other answer (live transcripts;
        # aws/aws-sam-cli#9087).
        return _with_cors(cors, request, Response(401))
    served = backend(request) if callable(backend) else backend
    if isinstance(served, Unknown):
        return served
    if served is None and not cors:
        return Unknown(
            "the API has no CORS settings, so the integration's own headers decide, which AWS does not know"
        )
    return _with_cors(cors, request, served or Response(200))


def _preflight(cors: Cors, origin: str, route: Route | None) -> Response:
    """The gateway answers by itself, unless a route with an authorizer catches the request first."""
    entry = origin_entry(cors, origin)
    headers = _headers(cors, origin, entry)
    if entry:
        for name, member in (("Methods", METHODS), ("Headers", HEADERS)):
            listed = values(cors, member)
            if member == METHODS:
                listed = [method.upper() for method in listed]
            if listed:
                headers.append((f"access-control-allow-{name.lower()}", ",".join(listed)))
        if cors.get(MAX_AGE):
            headers.append(("access-control-max-age", str(cors[MAX_AGE])))
    if route is not None and is_guarded(route):
        return Response(401, headers, doubt=_refusal_doubt(route))
    if route is not None and key(route).startswith("OPTIONS "):
        return Response(204, headers, doubt=ROUTE_DOUBT)
    return Response(204, headers, doubt=_doubt(origin, entry) or STATUS_DOUBT)


def _refusal_doubt(route: Route) -> str:
    """A JWT authorizer refuses what has no token with 401; what a function decides is its own."""
    return "" if wants_token(route) else AUTHORIZER_DOUBT


def _with_cors(cors: Cors | None, request: Request, served: Response) -> Response:
    """The response with the gateway's CORS headers in place of the integration's.

    Without settings there are none, on a 404 of the gateway's own neither (live transcript).
    """
    if not cors:
        return served
    headers = [
        (name, value) for name, value in served.headers if not name.lower().startswith("access-control-")
    ]
    origin = request.get("origin")
    # For OPTIONS the gateway also wants Access-Control-Request-Method, and has its own answer then.
    if origin is None or request.method == "OPTIONS":
        return replace(served, headers=headers)
    entry = origin_entry(cors, origin)
    doubt = served.doubt or _doubt(origin, entry)
    return replace(served, headers=[*headers, *_headers(cors, origin, entry)], doubt=doubt)


def _headers(cors: Cors, origin: str, entry: str | None) -> list[tuple[str, str]]:
    if entry is None:
        return []
    headers = [("access-control-allow-origin", ANY if entry == ANY else origin)]
    if entry != ANY:
        # As recorded, in this order and in lower case; with `*` it was not seen.
        headers.append(("vary", "origin"))
    if cors.get(CREDENTIALS) and entry != ANY:
        headers.append(("access-control-allow-credentials", "true"))
    if values(cors, EXPOSE):
        headers.append(("access-control-expose-headers", ",".join(values(cors, EXPOSE))))
    return headers


def _doubt(origin: str, entry: str | None) -> str:
    if entry is None:
        return NO_MATCH_DOUBT
    return WILDCARD_DOUBT if entry not in {ANY, origin} else ""
