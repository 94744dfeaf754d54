"""Tells what a REST API answers before its methods are looked at: stages, hosts, policies, web ACLs. Pure.

Developer guide: "Invoking a REST API", "Disable the default endpoint", "Private REST APIs", "Controlling
access to an API with resource policies", "Use AWS WAF". A stage that is not there is answered 403.
"""

from __future__ import annotations

from typing import Any

from remediate.core.api_gate import refused_at_host
from remediate.core.gate import OPEN, Arrival, Gate, may_answer_first, refusal
from remediate.core.request_path import after_first_segment, first_segment, similar_paths
from remediate.core.state import State
from remediate.services.rest_api.answer import gateway_response
from remediate.services.rest_api.facts import facts_of
from remediate.services.rest_api.resource_policy import Decision, judge_policy
from remediate.services.rest_api.routing import route
from remediate.web.http import Response

PRIVATE = "PRIVATE"


def gate(state: State, arrival: Arrival) -> Gate:
    """Return what answers at that arrival in place of the stage's methods."""
    refused = refused_at_host(state, arrival, "disableExecuteApiEndpoint")
    if refused is not None:
        return refused
    if arrival.strays:
        return _no_stage(state, arrival)
    denied = _by_policy(state, arrival)
    if denied.answer is not None:
        return denied
    use_url = _use_url(state, arrival)
    acl = may_answer_first(facts_of(state).get("web_acl") or "", state.address)
    return Gate(
        condition=" ".join(filter(None, (_private(state, arrival), acl.condition, denied.condition))),
        fix=denied.fix or (f"Call {use_url}" if use_url else acl.fix),
        use_url=use_url,
    )


def _no_stage(state: State, arrival: Arrival) -> Gate:
    """The answer to a path that begins with none of the API's stages."""
    names = [str(name) for name in facts_of(state).get("stages") or ()]
    path = arrival.request.path
    first = first_segment(path)
    own = str(facts_of(state).get("stage", ""))
    if first in names:
        return OPEN
    rest = after_first_segment(path)
    named = f"{state.group} has no stage {first}" if first else "The path names no stage"
    cause = f"{named}: it has {', '.join(names)}, and a path begins with one of them. The answer is 403."
    fitting = [inner for inner in (path, rest) if _routed(state, arrival, inner)]
    inner = fitting[0] if fitting else path
    use_url = f"https://{arrival.host}/{own}{inner}"
    return refusal(403, cause, fix=f"Call {use_url}", use_url=use_url)


def _use_url(state: State, arrival: Arrival) -> str:
    """The URL of a path like this one that the API has; empty where this one is right, or none is like it."""
    path = arrival.request.path
    bare, mark, query = path.partition("?")
    if _routed(state, arrival, bare) or not state.config:
        return ""
    candidates = []
    if first_segment(bare) == facts_of(state).get("stage"):
        candidates.append(after_first_segment(bare))
    candidates += [bare.rstrip("/") or "/", *_alike(state, bare)]
    for candidate in candidates:
        if candidate != bare and _routed(state, arrival, candidate) and arrival.path.endswith(path):
            before = arrival.path[: len(arrival.path) - len(path)]
            return f"https://{arrival.host}{before}{candidate}{mark}{query}"
    return ""


def _alike(state: State, path: str) -> list[str]:
    """Paths of the API without parameters that are written much like this one."""
    paths = [str(entry.get("path", "")) for entry in (state.config or {}).get("resources") or ()]
    return similar_paths(path, paths)


def _routed(state: State, arrival: Arrival, path: str) -> bool:
    """Return whether the API has the path, with the method that the request itself has."""
    return route((state.config or {}).get("resources") or (), arrival.actual_method, path) is not None


def _by_policy(state: State, arrival: Arrival) -> Gate:
    """Return what the resource policy does to the request."""
    broken = str(facts_of(state).get("policy_unread") or "")
    if broken:
        return Gate(
            condition=f"The resource policy of {state.group} decides, and it could not be read: {broken}."
        )
    request, stage = arrival.request, str(facts_of(state).get("stage", ""))
    judgement = judge_policy(facts_of(state).get("policy"), stage, request.method, request.path)
    if judgement.decision is Decision.ALLOWED:
        return OPEN
    fix = (
        f"Let the resource policy of {state.group} allow execute-api:Invoke for OPTIONS and "
        f"{arrival.actual_method} to every principal, and deploy the API."
    )
    if judgement.decision is Decision.DENIED and not judgement.is_explicit and _is_guarded(state, arrival):
        who = "whether the method's authorizer lets it in"
        return Gate(condition=f"The resource policy of {state.group} allows nobody by itself; {who} decides.")
    if judgement.decision is Decision.DEPENDS:
        names = ", ".join(judgement.conditions)
        return Gate(
            condition=f"The resource policy of {state.group} decides, by {names}, whether the request is let "
            "in.",
            fix=f"Look at the conditions on {names} in the resource policy of {state.group}.",
        )
    sent = gateway_response(state.config or {}, "ACCESS_DENIED", request)
    cause = (
        f"The resource policy of {state.group} denies {request.method} {request.path} to a caller without "
        "credentials."
    )
    return Gate(Response(sent.status, sent.headers, cause=cause), fix=fix)


def _is_guarded(state: State, arrival: Arrival) -> bool:
    """Return whether the method asks for credentials; a policy may allow them where it allows nobody else."""
    met = route((state.config or {}).get("resources") or (), arrival.request.method, arrival.request.path)
    method: Any = met[2] if met else {}
    return str(method.get("authorizationType") or "NONE").upper() != "NONE"


def _private(state: State, arrival: Arrival) -> str:
    if PRIVATE not in (facts_of(state).get("endpointTypes") or ()):
        return ""
    return (
        f"{state.group} is PRIVATE: whether the browser is inside a VPC that has an endpoint for "
        f"{arrival.host} decides; from anywhere else it is not reached."
    )
