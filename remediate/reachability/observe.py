"""Ask the real server what a browser would be answered, as far as asking cannot write. I/O, no write."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from remediate.reachability.probe import PROBED_METHODS, Send, from_a_cache
from remediate.web.browser import BrowserRequest
from remediate.web.evaluate import Answer, Ask, Decision, Evaluation, evaluate
from remediate.web.http import Request, Response, Unknown


@dataclass(frozen=True, slots=True)
class Observation:
    """What a browser concludes from real answers at one moment; `sent` are the requests and their answers.

    A request that could write is not sent, and its answer is the predicted one.
    """

    evaluation: Evaluation
    sent: Sequence[tuple[Request, Response]]
    at: datetime
    is_used: bool
    """True if at least one real answer decides with the others."""

    @property
    def words(self) -> str:
        """When it was observed and what came, as the beginning of a sentence."""
        if not self.sent:
            return ""
        answers = ", ".join(f"{request.method} {response.status}" for request, response in self.sent)
        return f"Observed at {self.at.astimezone(UTC):%H:%M} UTC ({answers})"

    @property
    def because(self) -> str:
        """The reason of the verdict, as it was observed."""
        return f"{self.words}: {self.evaluation.because}{from_a_cache(self.evaluation)}"

    def as_json(self) -> dict[str, Any]:
        """Return the member `observed` of the explain document."""
        return {
            "at": self.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "answers": [
                {
                    "method": request.method,
                    "status": response.status,
                    "headers": [[name.lower(), value] for name, value in response.headers],
                }
                for request, response in self.sent
            ],
        }


def observe(request: BrowserRequest, send: Send, predict: Ask, *, at: datetime) -> Observation:
    """Send the preflight and a GET or HEAD as a browser would; everything else is predicted.

    Raises `RemediateError` where no answer comes.
    """
    sent: list[tuple[Request, Response]] = []
    used: list[Response] = []

    def ask(asked: Request) -> Answer:
        if asked.method != "OPTIONS" and asked.method not in PROBED_METHODS:
            return predict(asked)
        response = send(request.url, asked)
        sent.append((asked, response))
        answer = _decisive(request, asked, response, predict)
        if answer is response:
            used.append(response)
        return answer

    evaluation = evaluate(request, ask)
    return Observation(evaluation, tuple(sent), at, is_used=bool(used))


def _decisive(request: BrowserRequest, asked: Request, response: Response, predict: Ask) -> Answer:
    """Return the answer that a browser at the page would get too.

    The cookies and the tokens of a real caller are not known here, so an error may be the answer to their
    absence. A preflight carries none of them.
    """
    is_complete = not request.credentials and not request.headers
    if asked.method == "OPTIONS" or response.status < 400 or is_complete:
        return response
    predicted = predict(asked)
    if isinstance(predicted, Unknown):
        return replace(
            predicted,
            reason=f"{predicted.reason.rstrip('.')}; the server answered {response.status} to {asked.method} "
            "without the page's own cookies and tokens, which tells nothing of the answer with them",
        )
    return response if predicted.status == response.status else predicted


def settles(observation: Observation) -> bool:
    """True if the verdict rests on a real answer."""
    return observation.is_used and observation.evaluation.outcome is not Decision.UNKNOWN
