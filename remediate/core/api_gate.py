"""Tell what API Gateway answers at an API's host before it looks at the API's stages. Pure.

Developer guide: "Disable the default endpoint", of REST and of HTTP APIs.
"""

from __future__ import annotations

from remediate.core.gate import Arrival, Gate, no_answer, refusal
from remediate.core.state import State

HTTPS = "OriginProtocolPolicy https-only"


def refused_at_host(state: State, arrival: Arrival, disabling_member: str) -> Gate | None:
    """Return the gate of a request that reaches no stage; None if the host lets it through.

    `disabling_member` is the API's member that disables its execute-api endpoint, as its documents spell it.
    """
    if arrival.is_plain_http:
        cause = (
            f"{arrival.host} is an API's name and answers over https only; an http request is not answered."
        )
        return no_answer(
            cause,
            fix=f"Call {arrival.url}; a distribution in front calls it so with {HTTPS}.",
            use_url=arrival.url,
        )
    if arrival.host in state.disabled_hosts:
        return refusal(
            403,
            f"The endpoint {arrival.host} of {state.address} is disabled and answers 403 to every request.",
            fix="Call the API by its custom domain name, or enable its execute-api endpoint "
            f"({disabling_member}: false).",
        )
    if arrival.is_foreign_host:
        return refusal(
            403,
            f"The Host {arrival.host_header} is sent on to {arrival.host}, and API Gateway knows no API by "
            "that name.",
            fix="Send every header but Host on: the origin request policy Managed-AllViewerExceptHostHeader.",
        )
    return None
