"""Verify: send what a browser would send, and compare with the prediction. Only reads, never a write."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

from remediate.core.isolation import isolated
from remediate.core.policy import Policy
from remediate.core.snapshot import Snapshot
from remediate.errors import RemediateError
from remediate.planfile import Expectation
from remediate.reachability.access import EntryPoints, callers_of
from remediate.reachability.chain import Chain
from remediate.reachability.expect import request_of, with_samples
from remediate.threads import thread_pool
from remediate.web.browser import BrowserRequest, judge, needs_preflight, preflight_for
from remediate.web.evaluate import Ask, Decision, Evaluation, actual_for, evaluate
from remediate.web.http import Request, Response, Unknown

FORMAT = "remediate.verify/1"
PROBED_METHODS = frozenset({"GET", "HEAD"})
_NOT_SENT = Unknown("the request itself is not sent: it could write")

Send = Callable[[str, Request], Response]
"""Sends a request to the server of a URL; raises RemediateError where no answer comes."""


@dataclass(frozen=True, slots=True)
class Probe:
    """One question to the real server, and what is expected of it."""

    request: BrowserRequest
    predicted: Decision
    because: str
    stated: bool = False
    """True if the plan file's `expect` states it, rather than the settings predict it."""


@dataclass(frozen=True, slots=True)
class Result:
    """A result is what a browser concludes from the real server; `error` where no answer came."""

    probe: Probe
    seen: Decision
    because: str
    error: RemediateError | None = None

    @property
    def differs(self) -> bool:
        """True if the server contradicts what was predicted or stated."""
        certain = {Decision.ALLOWED, Decision.BLOCKED}
        return self.probe.predicted != self.seen and {self.probe.predicted, self.seen} <= certain

    def as_json(self) -> dict[str, Any]:
        """Return the shape of the verify document."""
        return {
            "origin": self.probe.request.origin,
            "url": unquote(self.probe.request.url),
            "method": self.probe.request.method,
            "predicted": str(self.probe.predicted),
            "stated": self.probe.stated,
            "seen": str(self.seen),
            "because": self.because,
            "differs": self.differs,
            "error": self.error.message if self.error else None,
        }


def probes(
    seen: Snapshot, policies: Mapping[str, Sequence[Policy]], expected: Sequence[Expectation], chain: Chain
) -> list[Probe]:
    """Return each origin of the plan and a stranger, by method and entry point; and what `expect` states.

    Raises `ResourceError` where an error comes up for one of the resources.
    """
    by_request: dict[tuple[str, str, str], Probe] = {}
    for expectation in expected:
        request = request_of(expectation)
        key = (request.origin, request.url, request.method)
        by_request[key] = Probe(
            request, Decision(str(expectation.verdict)), "the plan file expects it", stated=True
        )
    for state in seen.states:
        with isolated(state.address):
            ways = EntryPoints.to(state, chain, policies)
            for host, path, method, _ in ways:
                for caller in callers_of(ways.policies):
                    request = BrowserRequest(
                        caller.origin,
                        f"https://{host}{with_samples(path)}",
                        method,
                        caller.headers,
                        caller.credentials,
                    )
                    predicted = _predicted(chain, request)
                    key = (request.origin, request.url, request.method)
                    by_request.setdefault(key, Probe(request, predicted.outcome, predicted.because))
    return list(by_request.values())


def _predicted(chain: Chain, request: BrowserRequest) -> Evaluation:
    host = urlsplit(request.url).netloc
    return _observed(request, lambda sent: chain.ask(host, sent))


def _observed(request: BrowserRequest, ask: Ask) -> Evaluation:
    """Evaluate the request; one that could write is judged by its preflight alone."""
    if request.method in PROBED_METHODS:
        return evaluate(request, ask)
    preflight = ask(preflight_for(request))
    if isinstance(preflight, Unknown):
        return Evaluation(Decision.UNKNOWN, preflight.reason, preflight)
    forced = request if needs_preflight(request) else _forced(request)
    passing = Response(
        200,
        [("Access-Control-Allow-Origin", request.origin), ("Access-Control-Allow-Credentials", "true")],
    )
    verdict = judge(forced, preflight, passing)
    outcome = Decision.ALLOWED if verdict.allowed else Decision.BLOCKED
    return Evaluation(outcome, f"by the preflight alone: {verdict.reason}", preflight, _NOT_SENT)


def _forced(request: BrowserRequest) -> BrowserRequest:
    return BrowserRequest(
        request.origin,
        request.url,
        request.method,
        request.headers,
        request.credentials,
        upload_listener=True,
    )


def verify(
    asked: Sequence[Probe], send: Send, *, concurrency: int, done: Callable[[Result], None]
) -> list[Result]:
    """Send them, several URLs at a time; those of one URL one after another, nobody's origin first.

    The request without an Origin comes first, so that a cache which is not keyed on Origin hands its
    answer to the origins that follow, and is found out.
    """
    by_url: dict[str, list[Probe]] = {}
    for probe in asked:
        by_url.setdefault(probe.request.url, []).append(probe)
    if not by_url:
        return []

    def one_url(probes_of_url: list[Probe]) -> list[Result]:
        results = []
        for result in _one_url(probes_of_url, send):
            done(result)
            results.append(result)
        return results

    with thread_pool(min(concurrency, len(by_url)), "probe") as threads:
        return [result for several in threads.map(one_url, by_url.values()) for result in several]


def _one_url(asked: Sequence[Probe], send: Send) -> Iterator[Result]:
    url = asked[0].request.url
    reads = [probe for probe in asked if probe.request.method in PROBED_METHODS]
    if reads:
        try:
            send(url, Request("GET", actual_for(reads[0].request).path, [("Accept", "*/*")]))
        except RemediateError as error:
            yield from (Result(probe, Decision.UNKNOWN, error.message, error) for probe in asked)
            return
    for probe in asked:
        try:
            seen = _observed(probe.request, lambda sent: send(url, sent))
        except RemediateError as error:
            yield Result(probe, Decision.UNKNOWN, error.message, error)
            continue
        yield Result(probe, seen.outcome, seen.because + from_a_cache(seen))


def from_a_cache(seen: Evaluation) -> str:
    """Return a sentence where the refused answer came out of a cache; else an empty text."""
    if seen.outcome is not Decision.BLOCKED or not isinstance(seen.actual, Response):
        return ""
    hit = (seen.actual.get("x-cache") or "").lower().startswith("hit") or seen.actual.get("age") is not None
    return " The answer came out of a cache: it was made for another caller." if hit else ""


def document(name: str, results: Sequence[Result]) -> dict[str, Any]:
    """Return the verify document: what `verify --json` prints."""
    return {
        "format": FORMAT,
        "plan": name,
        "probes": [result.as_json() for result in results],
        "summary": {
            "probes": len(results),
            "differ": sum(result.differs for result in results),
            "unreachable": sum(result.error is not None for result in results),
        },
    }
