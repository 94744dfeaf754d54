"""Tell what is left to do by hand after every setting that can help, with code for it. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from remediate.core.explain_rules import BACKEND_MUST_ANSWER
from remediate.core.finding import Finding
from remediate.explain.propose import Judgement, walked
from remediate.reachability.chain import Chain, Hop
from remediate.web.browser import BrowserRequest
from remediate.web.headers import normalise_method
from remediate.web.http import Unknown


@dataclass(frozen=True, slots=True)
class Todo:
    """One thing that no setting does; `snippet` is code for it, where there is any."""

    finding: Finding
    snippet: str = ""

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
    last = _unknown_hop(chain, request)
    if last is None or not isinstance(last.answer, Unknown):
        return
    what = "answer the preflight (OPTIONS) with 204 and" if at_preflight else "send"
    message = (
        f"The code or server behind {last.state.address} must {what} Access-Control-Allow-Origin: "
        f"{request.origin} itself: {last.answer.reason.rstrip('.')}."
    )
    yield Todo(
        BACKEND_MUST_ANSWER.finding(last.state.address, message), snippet(request, preflight=at_preflight)
    )


def _unknown_hop(chain: Chain, request: BrowserRequest) -> Hop | None:
    """Return the innermost hop whose answer no setting tells."""
    return next((hop for hop in reversed(walked(chain, request)) if isinstance(hop.answer, Unknown)), None)


def snippet(request: BrowserRequest, *, preflight: bool) -> str:
    """Return the answer of a function in Node.js; other languages return the same headers."""
    headers = [f'  "Access-Control-Allow-Origin": "{request.origin}",', '  "Vary": "Origin",']
    if request.credentials:
        headers.append('  "Access-Control-Allow-Credentials": "true",')
    lines = ["// Node.js; in another language return the same headers.", "const headers = {", *headers]
    if preflight:
        names = ", ".join(dict.fromkeys(name.lower() for name, _ in request.headers))
        lines.append(f'  "Access-Control-Allow-Methods": "{normalise_method(request.method)}",')
        lines += [f'  "Access-Control-Allow-Headers": "{names}",'] if names else []
    lines.append("};")
    if preflight:
        lines.append('if (event.httpMethod === "OPTIONS") return { statusCode: 204, headers };')
    lines.append("return { statusCode: 200, headers, body: JSON.stringify(result) };")
    return "\n".join(lines)
