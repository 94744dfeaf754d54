"""What a browser concludes when some answers are predictions: allowed, blocked or unknown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from remediate.core.browser import BrowserRequest, judge, needs_preflight, preflight_for, sent_origin
from remediate.core.http import Request, Response, Unknown

Answer = Response | Unknown
Ask = Callable[[Request], Answer]
"""Whoever answers a request: predictions from settings, or the real server."""


class Outcome(StrEnum):
    """The three verdicts; a guess is never sold as a fact."""

    ALLOWED = "allowed"
    BLOCKED = "blocked"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Conclusion:
    """The verdict, the sentence that explains it, and the answers it rests on.

    `preflight` is None where the browser sends none; `actual` is None where the preflight failed,
    for then no request follows.
    """

    outcome: Outcome
    because: str
    preflight: Answer | None = None
    actual: Answer | None = None


def actual_for(request: BrowserRequest) -> Request:
    """The request itself as it arrives: script's headers and the browser's `Origin`."""
    return Request(
        request.method, preflight_for(request).path, (*request.headers, ("Origin", sent_origin(request)))
    )


def conclude(request: BrowserRequest, ask: Ask) -> Conclusion:
    """Ask as a browser would: the preflight first where one is needed, then the request.

    A failed preflight blocks whatever the request would have answered; an answer that cannot be
    known leaves the verdict unknown. Weak facts behind an answer are told with the reason.
    """
    preflight: Response | None = None
    if needs_preflight(request):
        answer = ask(preflight_for(request))
        if isinstance(answer, Unknown):
            return Conclusion(Outcome.UNKNOWN, f"The preflight's answer is unknown: {answer.reason}", answer)
        preflight = answer
        verdict = judge(request, preflight, _fitting(request))
        if not verdict.allowed:
            return Conclusion(Outcome.BLOCKED, _with_doubt(verdict.reason, preflight), preflight)
    actual = ask(actual_for(request))
    if isinstance(actual, Unknown):
        lead = "The preflight passes; the" if preflight is not None else "The"
        return Conclusion(Outcome.UNKNOWN, f"{lead} response is unknown: {actual.reason}", preflight, actual)
    verdict = judge(request, preflight, actual)
    outcome = Outcome.ALLOWED if verdict.allowed else Outcome.BLOCKED
    return Conclusion(outcome, _with_doubt(verdict.reason, preflight, actual), preflight, actual)


def _fitting(request: BrowserRequest) -> Response:
    """A response that no CORS check refuses, so that only the preflight is judged."""
    return Response(
        200,
        [
            ("Access-Control-Allow-Origin", sent_origin(request)),
            ("Access-Control-Allow-Credentials", "true"),
        ],
    )


def _with_doubt(reason: str, *answers: Response | None) -> str:
    doubts = dict.fromkeys(
        answer.doubt.rstrip(".") for answer in answers if answer is not None and answer.doubt
    )
    return f"{reason} (Not certain: {'; '.join(doubts)}.)" if doubts else reason
