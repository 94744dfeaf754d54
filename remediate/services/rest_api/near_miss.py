"""Tells what a request lacks that a REST API refuses: path, method, key or a proof of identity. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from remediate.core.near_miss import NearMiss, and_list, nearest_paths
from remediate.services.rest_api.facts import facts_of
from remediate.services.rest_api.routing import match, route, segments

if TYPE_CHECKING:
    from remediate.core.document import Document
    from remediate.core.state import State
    from remediate.web.http import Request


def near_miss(config: Document | None, request: Request) -> NearMiss | None:
    """Return what is missing at the request's path; None where a method takes the request as it is."""
    if not config:
        return None
    path = request.path.partition("?")[0] or "/"
    routed = route(config.get("resources") or (), request.method, request.path)
    if routed is None:
        return _no_method(config, request.method, path)
    place = f"{routed[1]} {routed[0]}"
    authorization = str(routed[2].get("authorizationType") or "NONE").upper()
    if authorization != "NONE" and request.get("authorization") is None:
        carries = (
            ": a preflight never carries one"
            if request.method == "OPTIONS"
            else ", and this request carries none"
        )
        return NearMiss(("authorization",), f"{place} asks for authorization ({authorization}){carries}.")
    if routed[2].get("apiKeyRequired") and request.get("x-api-key") is None:
        carries = (
            "a preflight never carries one" if request.method == "OPTIONS" else "this request carries none"
        )
        return NearMiss(("x-api-key",), f"An API key is required at {place}, and {carries}.")
    return None


def _no_method(config: Document, method: str, path: str) -> NearMiss:
    methods = _methods(config, path)
    if methods:
        message = f"There is no {method} method at {path}; there is {and_list(methods)}."
        return NearMiss((f"{method} {path}",), message)
    existing = [
        str(resource.get("path"))
        for resource in config.get("resources") or ()
        if resource.get("resourceMethods")
    ]
    near = nearest_paths(path, existing)
    listed = f"; the nearest are {', '.join(near)}" if near else ""
    return NearMiss((path,), f"The API has no resource at the path {path}{listed}.")


def _methods(config: Document, path: str) -> list[str]:
    """The methods of all resources that the path matches."""
    asked = segments(path)
    methods: dict[str, None] = {}
    for resource in config.get("resources") or ():
        if match(segments(str(resource.get("path", ""))), asked) is not None:
            methods.update(dict.fromkeys(resource.get("resourceMethods") or ()))
    return list(methods)


def narrowest_options(state: State, request: Request) -> Mapping[str, Any] | None:
    """The stage and the resource path of this request; None where no method serves it."""
    routed = route((state.config or {}).get("resources") or (), request.method, request.path)
    if routed is None:
        return None
    return {"stages": [str(facts_of(state).get("stage", ""))], "paths": [routed[0]]}


def methods_at(state: State, path: str) -> tuple[str, ...]:
    """The methods at a path, which stands without the stage; ANY tells none."""
    return tuple(method for method in _methods(state.config or {}, path) if method not in {"ANY", "OPTIONS"})
