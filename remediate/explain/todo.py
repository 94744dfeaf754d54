"""Tell what is left to do by hand after every setting that can help, with code for it. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from remediate.core.explain_rules import BACKEND_MUST_ANSWER
from remediate.core.finding import Finding
from remediate.core.host_names import described_host, host_name
from remediate.explain.propose import Judgement
from remediate.reachability.chain import Chain, Hop
from remediate.snippets import NeededHeaders, usual_snippets
from remediate.web.browser import BrowserRequest, preflight_for
from remediate.web.evaluate import actual_for
from remediate.web.headers import normalise_method
from remediate.web.http import Unknown
from remediate.web.origin import is_null


@dataclass(frozen=True, slots=True)
class Todo:
    """One thing that no setting does; `snippet` is code for it, where there is any.

    `needed` are the headers that the code sends, and `hop` is where its answer is passed on.
    """

    finding: Finding
    snippet: str = ""
    needed: NeededHeaders | None = None
    hop: Hop | None = None

    def as_json(self) -> dict[str, Any]:
        """Return an entry of the explain document."""
        return {
            "code": self.finding.code,
            "address": self.finding.address,
            "message": self.finding.message,
            "snippet": self.snippet or None,
        }


def in_the_code(chain: Chain, request: BrowserRequest, judgement: Judgement) -> Iterator[Todo]:
    """Yield what the function or server behind the settings must send, where its answer decides."""
    conclusion = judgement.conclusion
    at_preflight = isinstance(conclusion.preflight, Unknown)
    if not at_preflight and not isinstance(conclusion.actual, Unknown):
        return
    last = _unknown_hop(chain, request, at_preflight=at_preflight)
    if last is None or not isinstance(last.answer, Unknown):
        return
    for upstream in last.state.upstreams:
        host = upstream.partition("/")[0]
        described = host_name(host)
        if described is not None and described_host(host) in last.answer.reason:
            # What AWS runs there has settings or fixed answers of its own: no code of a function's is needed.
            message = f"{described_host(host)}. {described.fix}"
            yield Todo(BACKEND_MUST_ANSWER.finding(last.state.address, message))
            return
    what = "answer the preflight (OPTIONS) with 204 and" if at_preflight else "send"
    message = (
        f"The code or server behind {last.state.address} must {what} Access-Control-Allow-Origin: "
        f"{request.origin} itself: {last.answer.reason.rstrip('.')}."
    )
    finding = BACKEND_MUST_ANSWER.finding(last.state.address, message)
    if is_null(request.origin):
        # To allow `null` is to allow every site: there is no code to recommend.
        yield Todo(finding)
        return
    needed = needed_headers(request, preflight=at_preflight)
    yield Todo(finding, usual_snippets(needed), needed, last)


def needed_headers(request: BrowserRequest, *, preflight: bool) -> NeededHeaders:
    """Return the headers with which a browser lets the request pass, and no more."""
    asked = preflight_for(request).get("access-control-request-headers") or ""
    return NeededHeaders(
        origins=(request.origin,),
        methods=(normalise_method(request.method),) if preflight else (),
        headers=tuple(filter(None, asked.split(","))),
        credentials=request.credentials,
    )


def _unknown_hop(chain: Chain, request: BrowserRequest, *, at_preflight: bool) -> Hop | None:
    """Return the innermost hop whose answer to the deciding request no setting tells."""
    hops: list[Hop] = []
    sent = preflight_for(request) if at_preflight else actual_for(request)
    chain.ask(urlsplit(request.url).netloc, sent, hops)
    return next((hop for hop in reversed(hops) if isinstance(hop.answer, Unknown)), None)
