"""Tells what a browser concludes when some answers are predictions: allowed, blocked or unknown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from remediate.web.browser import BrowserRequest, judge, needs_preflight, preflight_for, sent_origin
from remediate.web.http import NO_ANSWER, Request, Response, Unknown
from remediate.web.mixed_content import is_mixed_content
from remediate.web.url import scheme_of

Answer = Response | Unknown
Ask = Callable[[Request], Answer]
"""Whoever answers a request: predictions from settings, or the real server."""


MIXED = (
    "The page is https and the URL is http: browsers block that as mixed content and send nothing, except to "
    "this machine (localhost, 127.0.0.1)."
)


class Decision(StrEnum):
    """The three verdicts; a guess is never sold as a fact."""

    ALLOWED = "allowed"
    BLOCKED = "blocked"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The verdict, the sentence that explains it, and the answers it rests on.

    `preflight` is None where the browser sends none; `actual` is None where the preflight failed,
    for then no request follows.
    """

    outcome: Decision
    because: str
    preflight: Answer | None = None
    actual: Answer | None = None


def actual_for(request: BrowserRequest) -> Request:
    """The request itself as it arrives: script's headers and the browser's `Origin`."""
    return Request(
        request.method,
        preflight_for(request).path,
        (*request.headers, ("Origin", sent_origin(request))),
        scheme_of(request.url),
    )


def evaluate(request: BrowserRequest, ask: Ask) -> Evaluation:
    """Ask as a browser would: the preflight first where one is needed, then the request.

    A failed preflight blocks whatever the request would have answered; an answer that cannot be
    known leaves the verdict unknown. Weak facts behind an answer are given with the reason. What answers
    before the CORS settings is named first. An https page does not even ask an http URL.
    """
    if is_mixed_content(request.origin, request.url):
        return Evaluation(Decision.BLOCKED, MIXED)
    preflight: Response | None = None
    if needs_preflight(request):
        answer = ask(preflight_for(request))
        if isinstance(answer, Unknown):
            return Evaluation(Decision.UNKNOWN, f"The preflight's answer is unknown: {answer.reason}", answer)
        preflight = answer
        if answer.status == NO_ANSWER:
            return Evaluation(Decision.BLOCKED, answer.cause, preflight)
        verdict = judge(request, preflight, _fitting(request))
        if not verdict.allowed:
            return Evaluation(Decision.BLOCKED, _told(verdict.reason, preflight), preflight)
    actual = ask(actual_for(request))
    if isinstance(actual, Unknown):
        lead = "The preflight passes; the" if preflight is not None else "The"
        because = f"{lead} response is unknown: {actual.reason}"
        return Evaluation(Decision.UNKNOWN, _told(because, preflight), preflight, actual)
    if actual.status == NO_ANSWER:
        return Evaluation(Decision.BLOCKED, actual.cause, preflight, actual)
    verdict = judge(request, preflight, actual)
    because = _told(verdict.reason, preflight, actual)
    if not verdict.allowed:
        return Evaluation(Decision.BLOCKED, because, preflight, actual)
    conditions = dict.fromkeys(
        part.condition for part in (preflight, actual) if part is not None and part.condition
    )
    if conditions:
        because = f"{' '.join(conditions)} Where it lets the request through: {because}"
        return Evaluation(Decision.UNKNOWN, because, preflight, actual)
    return Evaluation(Decision.ALLOWED, because, preflight, actual)


def _fitting(request: BrowserRequest) -> Response:
    """A response that no CORS check refuses, so that only the preflight is judged."""
    return Response(
        200,
        [
            ("Access-Control-Allow-Origin", sent_origin(request)),
            ("Access-Control-Allow-Credentials", "true"),
        ],
    )


def _told(reason: str, *answers: Response | None) -> str:
    """The reason with what answered first before it, and what is not certain behind it."""
    causes = dict.fromkeys(answer.cause for answer in answers if answer is not None and answer.cause)
    doubts = dict.fromkeys(
        answer.doubt.rstrip(".") for answer in answers if answer is not None and answer.doubt
    )
    text = " ".join([*causes, reason])
    return f"{text} (Not certain: {'; '.join(doubts)}.)" if doubts else text
