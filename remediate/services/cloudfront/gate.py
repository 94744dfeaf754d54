"""Tells what CloudFront answers before a behavior's CORS settings are looked at. Pure.

Developer guide: "Enabled", "Viewer protocol policy", "Serve private content with signed URLs and signed
cookies", "Use AWS WAF protections".
"""

from __future__ import annotations

from urllib.parse import parse_qs

from remediate.core.gate import Arrival, Gate, may_answer_first, no_answer, refusal
from remediate.core.state import State
from remediate.services.cloudfront.answer import behavior_for, called
from remediate.services.cloudfront.documents import code_of, pattern_of
from remediate.services.cloudfront.facts import facts_of

SIGNED_BY = ("Key-Pair-Id", "Signature")
"""Query parameters that every signed URL has ("Create a signed URL")."""


def gate(state: State, arrival: Arrival) -> Gate:
    """Return what answers at that arrival in place of the behavior's settings."""
    if facts_of(state).get("enabled") is False:
        cause = f"{state.address} is disabled (Enabled: false) and takes no request."
        return no_answer(cause, fix="Enable the distribution, or call what serves in its place.")
    behavior = behavior_for(state.config or {}, arrival.request.path)
    pattern = pattern_of(behavior)
    protocol = behavior.get("ViewerProtocolPolicy")
    if arrival.request.scheme == "http" and protocol in {"redirect-to-https", "https-only"}:
        return _over_http(state, arrival, pattern, str(protocol))
    signed = _signed(state, arrival, pattern)
    code = [f"{called(arn)} on {event}" for event, arn in code_of(behavior)]
    fix = f"Look at what it does to the request and the answer: {' and '.join(code)}." if code else ""
    acl = may_answer_first(facts_of(state).get("web_acl") or "", state.address)
    condition = " ".join(filter(None, (acl.condition, signed.condition)))
    return Gate(signed.answer, condition, fix=signed.fix or " ".join(filter(None, (acl.fix, fix))))


def _over_http(state: State, arrival: Arrival, pattern: str, protocol: str) -> Gate:
    lead = f"Behavior {pattern} of {state.address} has {protocol}: "
    fix = f"Call {arrival.url}"
    if protocol == "https-only":
        return refusal(403, f"{lead}a request over http is answered 403.", fix=fix, use_url=arrival.url)
    cause = f"{lead}a request over http is redirected without CORS headers, and a preflight may not be."
    return refusal(301, cause, fix=fix, use_url=arrival.url, headers=(("Location", arrival.url),))


def _signed(state: State, arrival: Arrival, pattern: str) -> Gate:
    """Return what a behavior answers that serves signed requests only."""
    member = (facts_of(state).get("signed") or {}).get(pattern)
    if not member:
        return Gate()
    query = parse_qs(arrival.request.path.partition("?")[2])
    lead = f"Behavior {pattern} of {state.address} has {member} and serves signed requests only"
    if all(name in query for name in SIGNED_BY):
        return Gate(condition=f"{lead}: whether the signature in the URL is valid decides.")
    if arrival.request.method != "OPTIONS" and arrival.request.get("cookie") is not None:
        return Gate(condition=f"{lead}: whether the signed cookies are valid decides.")
    what = (
        "a preflight carries no cookie, and the URL no signature"
        if arrival.request.method == "OPTIONS"
        else "the URL has no signature"
    )
    fix = (
        "Call a signed URL: its signature stands in the preflight's URL too. With cookies, serve OPTIONS by "
        "a behavior without signers."
    )
    return refusal(403, f"{lead}: {what}, so the answer is 403.", fix=fix)
