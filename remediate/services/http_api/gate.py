"""What an HTTP API answers before its CORS settings are looked at: stages, hosts and schemes. Pure.

Developer guide: "Stages for HTTP APIs", "Disable the default endpoint"; an API without the stage was seen to
answer 404, to OPTIONS too (live transcript).
"""

from __future__ import annotations

from remediate.core.gate import OPEN, Arrival, Gate, is_aws_name, no_answer, refusal
from remediate.core.state import State
from remediate.services.http_api.place import DEFAULT, stages
from remediate.services.http_api.routes import find


def gate(state: State, arrival: Arrival) -> Gate:
    """What answers at that arrival in place of the API's settings."""
    if arrival.is_plain_http:
        cause = (
            f"{arrival.host} is an API's name and answers over https only; an http request is not answered."
        )
        return no_answer(cause, fix=f"Call {arrival.url}", use_url=arrival.url)
    if arrival.host in state.disabled_hosts:
        return refusal(
            403,
            f"The endpoint {arrival.host} of {state.address} is disabled and answers 403 to every request.",
            fix="Call the API by its custom domain name, or enable its execute-api endpoint "
            "(DisableExecuteApiEndpoint: false).",
        )
    if arrival.is_foreign_host:
        return refusal(
            403,
            f"The Host {arrival.host_header} is sent on to {arrival.host}, and API Gateway knows no API by "
            "that name.",
            fix="Send every header but Host on: the origin request policy Managed-AllViewerExceptHostHeader.",
        )
    if arrival.strays or _strips(state, arrival):
        return _no_stage(state, arrival)
    return OPEN


def _strips(state: State, arrival: Arrival) -> bool:
    """Whether the path at a custom domain name still begins with a stage, and no route begins so."""
    if arrival.is_own or is_aws_name(arrival.host):
        return False
    first, rest = _first(arrival.request.path)
    return (
        first in stages(state)
        and not _routes(state, arrival, arrival.request.path)
        and _routes(state, arrival, rest)
    )


def _no_stage(state: State, arrival: Arrival) -> Gate:
    known = sorted(stages(state))
    first, rest = _first(arrival.request.path)
    if not arrival.strays:
        use_url = f"https://{arrival.host}{arrival.path.replace(f'/{first}', '', 1) or '/'}"
        cause = (
            f"{arrival.host} leads to the stage by itself, and the path names {first} once more: no route "
            f"matches {arrival.request.path}, so the answer is 404."
        )
        return refusal(404, cause, fix=f"Call {use_url}", use_url=use_url)
    if not known:
        return refusal(
            404,
            f"{state.address} has no stage, so every request is answered 404.",
            fix="Create a stage: `aws apigatewayv2 create-stage --stage-name '$default' --auto-deploy`.",
        )
    cause = (
        f"{state.address} has no stage {first or DEFAULT} and no {DEFAULT}: it has {', '.join(known)}, and "
        "answers 404."
    )
    whole, inner = arrival.request.path, rest
    stage = known[0]
    for path in (whole, inner):
        if "routes" not in state.facts or _routes(state, arrival, path):
            use_url = f"https://{arrival.host}/{stage}{path}"
            return refusal(404, cause, fix=f"Call {use_url}", use_url=use_url)
    return refusal(404, cause, fix=f"Put the stage in front of the path: /{stage}{whole}")


def _routes(state: State, arrival: Arrival, path: str) -> bool:
    """Whether a route of the API is met by the path, with the method that is asked for."""
    asked = arrival.request.get("access-control-request-method")
    method = asked if arrival.request.method == "OPTIONS" and asked else arrival.request.method
    return find(state.facts.get("routes") or (), method, path) is not None


def _first(path: str) -> tuple[str, str]:
    """The first segment of the path, and the path behind it."""
    first = path.lstrip("/").partition("/")[0].partition("?")[0]
    return first, path.removeprefix(f"/{first}") or "/"
