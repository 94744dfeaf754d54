"""Explain: which hop makes the browser refuse, and what would mend it. Pure, over a discovered chain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from remediate.core.browser import BrowserRequest, needs_preflight, preflight_for
from remediate.core.conclusion import MIXED, Answer, Conclusion, Outcome, actual_for, conclude
from remediate.core.finding import Level
from remediate.core.host_names import host_name
from remediate.core.http import Unknown
from remediate.core.mixed_content import is_mixed_content
from remediate.core.names import target_matches
from remediate.core.policy import Policy
from remediate.core.state import State
from remediate.errors import UsageError
from remediate.services import service
from remediate.workflow.chain import Chain, Hop

FORMAT = "remediate.explain/1"


@dataclass(frozen=True, slots=True)
class Step:
    """One hop: what it answers to the preflight and to the request itself, None where it is not asked."""

    address: str
    label: str
    preflight: Answer | None
    actual: Answer | None
    notes: tuple[str, ...] = ()
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Explanation:
    """The verdict of a browser, the hop to blame, why, and how to mend it."""

    request: BrowserRequest
    outcome: Outcome
    because: str
    culprit: str = ""
    fix: str = ""
    steps: tuple[Step, ...] = ()
    use_url: str = ""
    """The URL to call in place of the request's own, where that is what is wrong."""

    def as_json(self) -> dict[str, Any]:
        """The explain document."""
        return {
            "format": FORMAT,
            "url": self.request.url,
            "origin": self.request.origin,
            "method": self.request.method,
            "verdict": str(self.outcome),
            "culprit": self.culprit or None,
            "because": self.because,
            "fix": self.fix or None,
            "use_url": self.use_url or None,
            "hops": [
                {
                    "address": step.address,
                    "notes": list(step.notes),
                    "preflight": _answer_json(step.preflight),
                    "actual": _answer_json(step.actual),
                }
                for step in self.steps
            ],
        }


def explain(chain: Chain, request: BrowserRequest) -> Explanation:
    """Walk the chain as the browser's requests do, and blame the first hop that spoils them.

    A hop is to blame where the browser is refused at it and would not be refused one hop further in.
    """
    host = urlsplit(request.url).netloc
    if is_mixed_content(request.origin, request.url):
        use_url = f"https{request.url.removeprefix('http')}"
        return Explanation(request, Outcome.BLOCKED, MIXED, fix=f"Call {use_url}", use_url=use_url)
    if chain.serving(host, urlsplit(request.url).path or "/") is None:
        if found := host_name(host):
            because = f"{host} is {found.what}: {found.decides}."
            outcome = Outcome.BLOCKED if found.refuses else Outcome.UNKNOWN
            return Explanation(request, outcome, because, fix=found.fix)
        return Explanation(
            request,
            Outcome.UNKNOWN,
            f"No distribution, API or bucket of this account answers for {host}.",
            fix="Check the host name, the account and the region (--profile, --region).",
        )
    preflight_hops: list[Hop] = []
    actual_hops: list[Hop] = []
    if needs_preflight(request):
        chain.ask(host, preflight_for(request), preflight_hops)
    chain.ask(host, actual_for(request), actual_hops)
    seen = _conclude(chain, host, request)
    hops = _joined(preflight_hops, actual_hops)
    kept = _cautions(hops)
    if seen.outcome is Outcome.ALLOWED and kept:
        address, reason = kept[0]
        seen = Conclusion(Outcome.UNKNOWN, f"{seen.because} But {reason}", seen.preflight, seen.actual)
        culprit = next(hop for hop in hops if hop.state.address == address)
    elif seen.outcome is Outcome.ALLOWED:
        return Explanation(
            request, seen.outcome, seen.because, steps=_steps(hops, preflight_hops, actual_hops, request)
        )
    else:
        failed = preflight_hops if seen.actual is None and seen.preflight is not None else actual_hops
        culprit = _culprit(chain, request, failed, seen)
    gate = culprit.gate
    stands_before = gate.answer or gate.use_url or seen.outcome is Outcome.UNKNOWN
    return Explanation(
        request,
        seen.outcome,
        seen.because,
        culprit.state.address,
        (gate.fix if stands_before else "") or _fix(chain, request, culprit.state),
        _steps(hops, preflight_hops, actual_hops, request),
        use_url=_use_url(chain, request, hops, culprit),
    )


def _use_url(chain: Chain, request: BrowserRequest, hops: Sequence[Hop], culprit: Hop) -> str:
    """The URL that gets further than the request's own, as the caller writes it; empty where there is none.

    A hop that stands behind others names the path that it needs: what the hops before put in front of it is
    taken off again.
    """
    candidates = [_from_outside(request, hops[0], culprit, use_url) for use_url in _use_urls(chain, culprit)]
    written = [candidate for candidate in candidates if candidate and candidate != request.url]
    passing = (
        candidate
        for candidate in written
        if chain.conclude(replace(request, url=candidate)).outcome is not Outcome.BLOCKED
    )
    return next(passing, written[0] if written else "")


def _use_urls(chain: Chain, culprit: Hop) -> list[str]:
    """What the hop says itself, and what other stages of the same API say."""
    alike = [
        service(state.service).gate(state, culprit.arrival).use_url
        for state in chain.states
        if culprit.arrival is not None and culprit.arrival.strays and culprit.host in state.hosts
    ]
    return [use_url for use_url in dict.fromkeys([culprit.gate.use_url, *alike]) if use_url]


def _from_outside(request: BrowserRequest, first: Hop, culprit: Hop, use_url: str) -> str:
    if culprit.host == first.host:
        return use_url
    there, asked = urlsplit(use_url), urlsplit(request.url)
    added = culprit.path.removesuffix(first.path) if culprit.path.endswith(first.path) else None
    wanted = f"{there.path}?{there.query}" if there.query else there.path
    if there.netloc != culprit.host or added is None or not wanted.startswith(added):
        return ""
    return f"{asked.scheme}://{asked.netloc}{wanted.removeprefix(added)}"


def chosen(explanation: Explanation, only: Sequence[str]) -> Explanation:
    """The explanation with the hops of these addresses or names, globs allowed.

    Raises `UsageError` for a pattern that means none of them.
    """

    def means(pattern: str, step: Step) -> bool:
        return target_matches(pattern, step.address, *step.names, step.label)

    for pattern in only:
        if not any(means(pattern, step) for step in explanation.steps):
            way = ", ".join(step.address for step in explanation.steps) or "nothing that is known"
            raise UsageError(
                f"--target {pattern} is not on the way.", hint=f"The request meets {way}; globs are allowed."
            )
    steps = tuple(step for step in explanation.steps if any(means(pattern, step) for pattern in only))
    return replace(explanation, steps=steps)


def wish_for(request: BrowserRequest) -> Policy:
    """The policy of a plan that asks for just this request."""
    return Policy(
        plan="explain",
        origins=(request.origin,),
        methods=(request.method,),
        headers=tuple(dict.fromkeys(name.lower() for name, _ in request.headers)),
        credentials=request.credentials,
        options={},
    )


def _conclude(chain: Chain, host: str, request: BrowserRequest) -> Conclusion:
    return conclude(request, lambda sent: chain.ask(host, sent))


def _joined(preflight: Sequence[Hop], actual: Sequence[Hop]) -> list[Hop]:
    """All hops that either request met, outermost first."""
    met = list(actual)
    met += [hop for hop in preflight if hop.state.address not in {one.state.address for one in met}]
    return met


def _culprit(chain: Chain, request: BrowserRequest, hops: Sequence[Hop], seen: Conclusion) -> Hop:
    """Of the hops that the spoilt request met: inwards while the next one, asked directly, is no better.

    Not further where mending the next one changes nothing yet: what reaches it is spoilt already, as
    a preflight that CloudFront takes its headers from.
    """
    blamed = hops[0]
    if blamed.gate.answer is not None:
        return blamed
    if seen.outcome is Outcome.UNKNOWN and (deciding := _deciding(hops, seen)) is not None:
        return deciding
    for hop in hops[1:]:
        if hop.gate.answer is not None:
            return hop
        direct = replace(request, url=f"https://{hop.host}{hop.path}", via=())
        if _conclude(chain, hop.host, direct).outcome is not seen.outcome:
            break
        mended = service(hop.state.service).desired(hop.state, wish_for(request))[0]
        if seen.outcome is Outcome.BLOCKED and mended.config != hop.state.config:
            better = replace(chain, configs={**chain.configs, hop.state.address: mended.config})
            if better.conclude(request).because == seen.because:
                break
        blamed = hop
    return blamed


def _deciding(hops: Sequence[Hop], seen: Conclusion) -> Hop | None:
    """The hop that the verdict names as the one that decides."""
    for hop in hops:
        if hop.gate.condition and hop.gate.condition in seen.because:
            return hop
    unknown = [hop for hop in hops if isinstance(hop.answer, Unknown) and hop.answer.reason in seen.because]
    return unknown[-1] if unknown else None


def _cautions(hops: Sequence[Hop]) -> list[tuple[str, str]]:
    found = [
        (hop.state.address, service(hop.state.service).caution(hop.state, hop.request.path)) for hop in hops
    ]
    return [(address, reason) for address, reason in found if reason]


def _steps(
    hops: Sequence[Hop], preflight: Sequence[Hop], actual: Sequence[Hop], request: BrowserRequest
) -> tuple[Step, ...]:
    def answered(among: Sequence[Hop], address: str) -> Answer | None:
        return next((hop.answer for hop in among if hop.state.address == address), None)

    return tuple(
        Step(
            hop.state.address,
            hop.state.label,
            answered(preflight, hop.state.address),
            answered(actual, hop.state.address),
            _notes(hop.state, request, hop),
            hop.state.names,
        )
        for hop in hops
    )


def _notes(state: State, request: BrowserRequest, hop: Hop) -> tuple[str, ...]:
    """What the service itself finds worth knowing, were it asked for this request."""
    findings = service(state.service).desired(state, wish_for(request))[1]
    notes = [finding.message for finding in findings if finding.level is not Level.INFO]
    caution = service(state.service).caution(state, hop.request.path)
    return tuple(dict.fromkeys([*([caution] if caution else []), *notes]))


def _fix(chain: Chain, request: BrowserRequest, state: State) -> str:
    """What a plan with this target would do, or why it could not; one line."""
    module = service(state.service)
    after, findings = module.desired(state, wish_for(request))
    name = state.label or state.names[0]
    target = f"`- {state.service}: {name}`"
    asks = f"origin {request.origin}, method {request.method}"
    if request.headers:
        asks += f", headers {', '.join(sorted(name.lower() for name, _ in request.headers))}"
    if after.config != state.config:
        calls = ", ".join(module.calls(state, after.config))
        better = replace(chain, configs={**chain.configs, state.address: after.config})
        now = better.conclude(request)
        rest = "" if now.outcome is Outcome.ALLOWED else f" Then still {now.outcome}: {now.because}"
        return f"Put the target {target} with {asks} into a plan and apply it ({calls}).{rest}"
    hints = [finding.hint for finding in findings if finding.hint and finding.level is not Level.INFO]
    return (
        hints[0] if hints else f"No setting of {state.address} can mend this: look at what stands behind it."
    )


def _answer_json(answer: Answer | None) -> dict[str, Any] | None:
    if answer is None:
        return None
    if isinstance(answer, Unknown):
        return {"status": None, "headers": [], "unknown": answer.reason}
    found: dict[str, Any] = {
        "status": answer.status,
        "headers": [[name.lower(), value] for name, value in answer.headers],
    }
    found |= {
        name: text
        for name, text in (("doubt", answer.doubt), ("cause", answer.cause), ("condition", answer.condition))
        if text
    }
    return found
