"""Tells what a request lacks that an HTTP API refuses: a route, or an entry of its CORS settings. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from remediate.core.near_miss import NO_REQUEST_METHOD, NearMiss, and_list, nearest_paths, other_scheme
from remediate.services.http_api.cors import ANY, HEADERS, METHODS, ORIGINS, configured, origin_entry, values
from remediate.services.http_api.facts import facts_of
from remediate.services.http_api.routes import DEFAULT, Route, find, key

if TYPE_CHECKING:
    from remediate.core.document import Document
    from remediate.core.state import State
    from remediate.web.http import Request

EVERY_METHOD = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")


def near_miss(config: Document | None, request: Request) -> NearMiss | None:
    """The route that does not exist, else what the CORS settings do not list; None where nothing lacks."""
    routes: list[Route] = list((config or {}).get("routes") or ())
    is_preflight = request.method == "OPTIONS" and request.get("access-control-request-method") is not None
    method = request.get("access-control-request-method") or request.method
    cors = configured(config)
    origin = request.get("origin")
    if cors and origin is not None and request.method == "OPTIONS" and not is_preflight:
        return NO_REQUEST_METHOD
    if routes and not (is_preflight and cors) and find(routes, request.method, request.path) is None:
        return _no_route(routes, request)
    if not cors or origin is None:
        return None
    missing: list[str] = []
    lacking: list[str] = []
    if origin_entry(cors, origin) is None:
        listed = other_scheme(origin, values(cors, ORIGINS))
        missing.append(origin)
        lacking.append(f"origin {origin}" + (f" (they list {listed}: the scheme differs)" if listed else ""))
    if is_preflight:
        methods = [text.upper() for text in values(cors, METHODS)]
        if method not in {"GET", "HEAD", "POST"} and method not in methods and ANY not in methods:
            missing.append(method)
            lacking.append(f"method {method}")
        allowed = [text.lower() for text in values(cors, HEADERS)]
        asked = (request.get("access-control-request-headers") or "").split(",")
        absent = [
            name
            for name in (text.strip().lower() for text in asked)
            if name and name not in allowed and (ANY not in allowed or name == "authorization")
        ]
        missing += absent
        if absent:
            lacking.append(("header " if len(absent) == 1 else "headers ") + ", ".join(absent))
    return NearMiss(tuple(missing), f"The API's CORS settings lack {and_list(lacking)}.") if missing else None


def _no_route(routes: Iterable[Route], request: Request) -> NearMiss:
    path = request.path.partition("?")[0]
    methods = _methods(routes, path)
    if methods:
        message = f"The API has no route {request.method} {path}; at that path it has {and_list(methods)}."
        return NearMiss((f"{request.method} {path}",), message)
    existing = [key(route).partition(" ")[2] for route in routes if key(route) != DEFAULT]
    near = nearest_paths(path, existing)
    listed = f"; the nearest are {', '.join(near)}" if near else ""
    return NearMiss((path,), f"The API has no route for the path {path}{listed}.")


def _methods(routes: Iterable[Route], path: str) -> list[str]:
    """The methods of the routes that the path matches, in the order of the routes."""
    verbs = dict.fromkeys(key(route).partition(" ")[0] for route in routes if key(route) != DEFAULT)
    several = list(routes)
    return [verb for verb in verbs if _is_own(find(several, verb, path), verb)]


def _is_own(route: Route | None, verb: str) -> bool:
    return route is not None and key(route).partition(" ")[0] == verb


def narrowest_options(state: State, request: Request) -> Mapping[str, Any] | None:
    """Target options that mean no more than this request; None where no route serves it.

    An API has one set of CORS settings for all stages and routes, so nothing narrows a target down.
    """
    routes = facts_of(state).get("routes")
    if routes and find(routes, request.method, request.path) is None:
        return None
    return {}


def methods_at(state: State, path: str) -> tuple[str, ...]:
    """The methods of the routes for a path without its stage; ANY and `$default` tell none."""
    verbs = _methods(facts_of(state).get("routes") or (), path.partition("?")[0])
    return tuple(verb for verb in verbs if verb not in {"ANY", "OPTIONS"})
