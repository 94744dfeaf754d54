"""Tells what an HTTP API answers before its CORS settings are looked at: stages, hosts and schemes. Pure.

Developer guide: "Stages for HTTP APIs", "Disable the default endpoint"; an API without the stage was seen to
answer 404, to OPTIONS too (live transcript).
"""

from __future__ import annotations

from remediate.core.api_gate import refused_at_host
from remediate.core.gate import OPEN, Arrival, Gate, is_aws_name, refusal
from remediate.core.request_path import after_first_segment, first_segment, similar_paths
from remediate.core.state import State
from remediate.services.http_api.facts import facts_of
from remediate.services.http_api.routes import find
from remediate.services.http_api.serving import DEFAULT, stages


def gate(state: State, arrival: Arrival) -> Gate:
    """Return what answers at that arrival in place of the API's settings."""
    refused = refused_at_host(state, arrival, "DisableExecuteApiEndpoint")
    if refused is not None:
        return refused
    if arrival.strays or _strips(state, arrival):
        return _no_stage(state, arrival)
    return _no_route(state, arrival)


def _strips(state: State, arrival: Arrival) -> bool:
    """Return whether the path at a custom domain name still begins with a stage, and no route begins so."""
    if arrival.is_own or is_aws_name(arrival.host):
        return False
    path = arrival.request.path
    return (
        first_segment(path) in stages(state)
        and not _routes(state, arrival, path)
        and _routes(state, arrival, after_first_segment(path))
    )


def _no_stage(state: State, arrival: Arrival) -> Gate:
    names = sorted(stages(state))
    first, rest = first_segment(arrival.request.path), after_first_segment(arrival.request.path)
    if not arrival.strays:
        use_url = f"https://{arrival.host}{arrival.path.replace(f'/{first}', '', 1) or '/'}"
        cause = (
            f"{arrival.host} leads to the stage by itself, and the path names {first} once more: no route "
            f"matches {arrival.request.path}, so the answer is 404."
        )
        return refusal(404, cause, fix=f"Call {use_url}", use_url=use_url)
    if not names:
        return refusal(
            404,
            f"{state.address} has no stage, so every request is answered 404.",
            fix="Create a stage: `aws apigatewayv2 create-stage --stage-name '$default' --auto-deploy`.",
        )
    named = f"no stage {first} and no {DEFAULT}" if first else f"no stage {DEFAULT}, and the path names none"
    cause = f"{state.address} has {named}: it has {', '.join(names)}, and answers 404."
    inner = arrival.request.path
    if not _routes(state, arrival, inner) and _routes(state, arrival, rest):
        inner = rest
    use_url = f"https://{arrival.host}/{names[0]}{inner}"
    return refusal(404, cause, fix=f"Call {use_url}", use_url=use_url)


def _no_route(state: State, arrival: Arrival) -> Gate:
    """Return what is not known of a path that no route of the API matches."""
    path = arrival.request.path
    method = arrival.actual_method
    if not facts_of(state).get("routes") or _routes(state, arrival, path):
        return OPEN
    bare, mark, query = path.partition("?")
    use_url = ""
    for candidate in (bare.rstrip("/") or "/", *_alike(state, bare)):
        if _routes(state, arrival, candidate) and arrival.path.endswith(path):
            use_url = f"https://{arrival.host}{arrival.path.removesuffix(path)}{candidate}{mark}{query}"
            break
    return Gate(
        condition=f"No route of {state.address} matches {method} {bare}, so the answer is 404, and whether "
        "CORS headers come with it is not recorded.",
        fix=f"Call {use_url}" if use_url else f"Add the route {method} {bare}, or call another path.",
        use_url=use_url,
    )


def _alike(state: State, path: str) -> list[str]:
    """Paths of the API's routes without parameters that are written much like this one."""
    paths = [
        str(route.get("RouteKey", "")).partition(" ")[2] for route in facts_of(state).get("routes") or ()
    ]
    return similar_paths(path, paths)


def _routes(state: State, arrival: Arrival, path: str) -> bool:
    """Return whether a route of the API is met by the path, with the method that is asked for."""
    return find(facts_of(state).get("routes") or (), arrival.actual_method, path) is not None
