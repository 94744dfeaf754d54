"""Report a changed resource whose CORS settings a browser does not meet, or may not. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from remediate.core.common_rules import ANSWERS_FIRST, ENDPOINT_DISABLED
from remediate.core.finding import Finding
from remediate.core.gate import Arrival, Gate
from remediate.core.policy import Policy
from remediate.core.state import State
from remediate.services import service
from remediate.web.http import Request

MOST_SHOWN = 3
"""Sentences of a finding; a policy that denies three hundred methods is reported by three."""


def answers_first(state: State, policies: Sequence[Policy]) -> list[Finding]:
    """Findings on what answers at the resource's own name before its CORS settings do."""
    where = state.selected_by[0].where if state.selected_by else ""
    if state.disabled_hosts:
        message = (
            f"The endpoint {state.disabled_hosts[0]} is disabled, so browsers reach this API by a custom "
            "domain name alone. The plan does not look that up and lists no browser access for it."
        )
        hint = "`remediate explain URL --origin ORIGIN` with a URL of the custom domain name shows it."
        return [ENDPOINT_DISABLED.finding(state.address, message, hint, where)]
    fixes: dict[str, str] = {}
    for gate in _gates(state, policies):
        sentence = _sentence(gate)
        if sentence:
            fixes.setdefault(sentence, gate.fix)
    if not fixes:
        return []
    more = f" And {len(fixes) - MOST_SHOWN} more like these." if len(fixes) > MOST_SHOWN else ""
    message = " ".join([*list(fixes)[:MOST_SHOWN]]) + more
    hint = next(filter(None, fixes.values()), ANSWERS_FIRST.fix)
    return [ANSWERS_FIRST.finding(state.address, message, hint, where)]


def _gates(state: State, policies: Sequence[Policy]) -> Iterator[Gate]:
    """Yield the gate of every preflight and every request that shows who may do what there."""
    aws_service, host = service(state.service), state.entry_host
    methods = tuple(dict.fromkeys(method for policy in policies for method in policy.methods))
    for path, method in aws_service.sample_requests(state, methods) if host else ():
        inside = aws_service.path_within(state, host, path)
        for verb in ("OPTIONS", method):
            headers = (("Access-Control-Request-Method", method),) if verb == "OPTIONS" else ()
            request = Request(verb, inside or path, headers)
            yield aws_service.gate(state, Arrival(host, path, request, strays=inside is None))


def _sentence(gate: Gate) -> str:
    if gate.answer is not None:
        return gate.answer.cause
    if gate.condition:
        return gate.condition
    return f"{gate.doubt[:1].upper()}{gate.doubt[1:]}." if gate.doubt else ""
