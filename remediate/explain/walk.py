"""Explain: which hop makes the browser refuse, what it lacks, and the plan that fixes it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from urllib.parse import urlsplit

from remediate.core.host_names import host_name
from remediate.core.near_miss import NearMiss
from remediate.core.policy import Option, Policy
from remediate.core.state import State
from remediate.explain.explanation import Explanation, Step
from remediate.explain.fix import fixed
from remediate.explain.propose import Judgement, judged
from remediate.explain.weigh import NOTHING, Evidence, with_evidence, without_settings
from remediate.planfile import PlanFile
from remediate.reachability.chain import Chain, Hop
from remediate.services import service
from remediate.web.browser import BrowserRequest, needs_preflight, preflight_for, preflight_lacks
from remediate.web.evaluate import MIXED, Answer, Decision, Evaluation, actual_for, evaluate
from remediate.web.http import Response, Unknown
from remediate.web.mixed_content import is_mixed_content


def explain(
    chain: Chain,
    request: BrowserRequest,
    options: Mapping[str, Mapping[str, Option]] | None = None,
    *,
    files: Sequence[PlanFile] = (),
    evidence: Evidence = NOTHING,
) -> Explanation:
    """Walk the chain as the browser's requests do, and blame the first hop that gets them refused.

    A hop is to blame where the browser is refused at it and would not be refused one hop further in.
    `options` are the services' target keys: with them the plan that fixes it is worked out. `files` are
    plan files that exist already; `evidence` is what the server and the browser say themselves.
    """
    host = urlsplit(request.url).netloc
    if is_mixed_content(request.origin, request.url):
        use_url = f"https{request.url.removeprefix('http')}"
        return Explanation(request, Decision.BLOCKED, MIXED, fix=f"Call {use_url}", use_url=use_url)
    if chain.serving(host, urlsplit(request.url).path or "/") is None:
        if aws_host := host_name(host):
            because = f"{host} is {aws_host.what}: {aws_host.decides}."
            outcome = Decision.BLOCKED if aws_host.refuses else Decision.UNKNOWN
            explanation = Explanation(request, outcome, because, fix=aws_host.fix)
        else:
            explanation = Explanation(
                request,
                Decision.UNKNOWN,
                f"No distribution, API or bucket of this account answers for {host}.",
                fix="Check the host name, the account and the region (--profile, --region).",
            )
        return without_settings(explanation, evidence)
    preflight_hops: list[Hop] = []
    actual_hops: list[Hop] = []
    if needs_preflight(request):
        chain.ask(host, preflight_for(request), preflight_hops)
    chain.ask(host, actual_for(request), actual_hops)
    hops = _joined(preflight_hops, actual_hops)
    judgement = judged(chain, request)
    failed = preflight_hops if _fails_at_preflight(judgement.conclusion) else actual_hops
    misses = _misses(failed, request, judgement.conclusion)
    explanation = Explanation(
        request,
        judgement.outcome,
        " ".join(filter(None, [judgement.because, *(miss.message for miss in misses.values())])),
        steps=_steps(chain, request, preflight_hops, actual_hops, misses),
        missing=tuple(dict.fromkeys(name for miss in misses.values() for name in miss.missing)),
    )
    if judgement.outcome is not Decision.ALLOWED:
        explanation = _blamed(chain, explanation, judgement, hops, failed)
        fix = fixed(chain, request, judgement, options or {}, files)
        if explanation.fix:
            # Where something answers before CORS is looked at, no plan for CORS settings helps.
            explanation = replace(explanation, todo=fix.todo)
        else:
            further = fix.further.message and fix.further.message not in explanation.because
            explanation = replace(
                explanation,
                because=f"{explanation.because} {fix.further.message}" if further else explanation.because,
                missing=tuple(dict.fromkeys((*explanation.missing, *fix.further.missing))),
                fix=fix.text
                or f"No setting of {explanation.culprit} can fix this: look at what stands behind it.",
                proposal=fix.proposal,
                todo=fix.todo,
            )
    return with_evidence(explanation, judgement, evidence, failed)


def _blamed(
    chain: Chain, explanation: Explanation, judgement: Judgement, hops: Sequence[Hop], failed: Sequence[Hop]
) -> Explanation:
    """Return the explanation with the hop to blame, and its own fix where something answers before CORS."""
    if judgement.conclusion.outcome is Decision.ALLOWED:
        culprit = next(hop for hop in hops if hop.state.address == judgement.cautions[0][0])
    else:
        culprit = _culprit(chain, explanation.request, failed, judgement.conclusion)
    gate = culprit.gate
    stands_before = gate.answer or gate.use_url or judgement.outcome is Decision.UNKNOWN
    return replace(
        explanation,
        culprit=culprit.state.address,
        fix=gate.fix if stands_before else "",
        missing=() if gate.answer else explanation.missing,
        use_url=_use_url(chain, explanation.request, hops, culprit),
    )


def _fails_at_preflight(conclusion: Evaluation) -> bool:
    return conclusion.actual is None and conclusion.preflight is not None


def _use_url(chain: Chain, request: BrowserRequest, hops: Sequence[Hop], culprit: Hop) -> str:
    """Return the URL that gets further than the request's own, as the caller writes it; empty for none.

    A hop that stands behind others names the path that it needs: what the hops before put in front of it is
    taken off again.
    """
    candidates = [_from_outside(request, hops[0], culprit, use_url) for use_url in _use_urls(chain, culprit)]
    written = [candidate for candidate in candidates if candidate and candidate != request.url]
    passing = (
        candidate
        for candidate in written
        if chain.evaluate(replace(request, url=candidate)).outcome is not Decision.BLOCKED
    )
    return next(passing, written[0] if written else "")


def _use_urls(chain: Chain, culprit: Hop) -> list[str]:
    """Return what the hop says itself, and what other stages of the same API say."""
    alike = [
        service(state.service).gate(state, culprit.arrival).use_url
        for state in chain.states
        if culprit.arrival is not None and culprit.arrival.strays and culprit.host in state.hosts
    ]
    return [use_url for use_url in dict.fromkeys([culprit.gate.use_url, *alike]) if use_url]


def _from_outside(request: BrowserRequest, first: Hop, culprit: Hop, use_url: str) -> str:
    if culprit.host == first.host:
        return use_url
    entry_url, asked = urlsplit(use_url), urlsplit(request.url)
    added = culprit.path.removesuffix(first.path) if culprit.path.endswith(first.path) else None
    entry_path = f"{entry_url.path}?{entry_url.query}" if entry_url.query else entry_url.path
    if entry_url.netloc != culprit.host or added is None or not entry_path.startswith(added):
        return ""
    return f"{asked.scheme}://{asked.netloc}{entry_path.removeprefix(added)}"


def policy_for(request: BrowserRequest) -> Policy:
    """Return the policy of a plan that asks for just this request."""
    return Policy(
        plan="explain",
        origins=(request.origin,),
        methods=(request.method,),
        headers=tuple(dict.fromkeys(name.lower() for name, _ in request.headers)),
        credentials=request.credentials,
        options={},
    )


def _conclude(chain: Chain, host: str, request: BrowserRequest) -> Evaluation:
    return evaluate(request, lambda sent: chain.ask(host, sent))


def _joined(preflight: Sequence[Hop], actual: Sequence[Hop]) -> list[Hop]:
    """Return all hops that either request met, outermost first."""
    met = list(actual)
    met += [hop for hop in preflight if hop.state.address not in {hop_met.state.address for hop_met in met}]
    return met


def _culprit(chain: Chain, request: BrowserRequest, hops: Sequence[Hop], seen: Evaluation) -> Hop:
    """Return the hop to blame for the refusal: go inwards while the next one, asked directly, is no better.

    Stop where fixing the next one changes nothing yet: what reaches it is refused already, as
    a preflight that CloudFront takes its headers from.
    """
    blamed = hops[0]
    if blamed.gate.answer is not None:
        return blamed
    if seen.outcome is Decision.UNKNOWN and (deciding := _deciding(hops, seen)) is not None:
        return deciding
    for hop in hops[1:]:
        if hop.gate.answer is not None:
            return hop
        if _conclude(chain, hop.host, _direct(hop, request)).outcome is not seen.outcome:
            break
        desired = service(hop.state.service).desired(hop.state, policy_for(request))[0]
        if seen.outcome is Decision.BLOCKED and desired.config != hop.state.config:
            better = replace(chain, configs={**chain.configs, hop.state.address: desired.config})
            if better.evaluate(request).because == seen.because:
                break
        blamed = hop
    return blamed


def _direct(hop: Hop, request: BrowserRequest) -> BrowserRequest:
    """Return the request as a browser would send it to the hop itself."""
    return replace(request, url=f"https://{hop.host}{hop.path}", via=())


def _deciding(hops: Sequence[Hop], seen: Evaluation) -> Hop | None:
    """Return the hop that the verdict names as the one that decides."""
    for hop in hops:
        if hop.gate.condition and hop.gate.condition in seen.because:
            return hop
    unknown = [hop for hop in hops if isinstance(hop.answer, Unknown) and hop.answer.reason in seen.because]
    return unknown[-1] if unknown else None


def _misses(hops: Sequence[Hop], request: BrowserRequest, conclusion: Evaluation) -> dict[str, NearMiss]:
    """Return what the refusing hop lacks, by its address; what the answer leaves out where no hop refuses."""
    if conclusion.outcome is not Decision.BLOCKED:
        return {}
    for hop in reversed(hops):
        if hop.gate.answer:
            return {}
        aws_service = service(hop.state.service)
        miss = aws_service.near_miss(aws_service.answer_config(hop.state), hop.request)
        if miss is not None:
            return {hop.state.address: miss}
    answer = conclusion.preflight if _fails_at_preflight(conclusion) else conclusion.actual
    if not isinstance(answer, Response) or not hops:
        return {}
    absent = preflight_lacks(request, answer) if _fails_at_preflight(conclusion) else [request.origin]
    return {hops[-1].state.address: NearMiss(tuple(absent), "")} if absent else {}


def _steps(
    chain: Chain,
    request: BrowserRequest,
    preflight: Sequence[Hop],
    actual: Sequence[Hop],
    misses: Mapping[str, NearMiss],
) -> tuple[Step, ...]:
    def answered(among: Sequence[Hop], address: str) -> Answer | None:
        return next((hop.answer for hop in among if hop.state.address == address), None)

    return tuple(
        Step(
            hop.state.address,
            hop.state.label,
            answered(preflight, hop.state.address),
            answered(actual, hop.state.address),
            _notes(hop.state, hop, misses),
            hop.state.names,
            _conclude(chain, hop.host, _direct(hop, request)).outcome,
        )
        for hop in _joined(preflight, actual)
    )


def _notes(state: State, hop: Hop, misses: Mapping[str, NearMiss]) -> tuple[str, ...]:
    """Return what is worth knowing of the hop on the asked path: what may answer first, lacks and caches."""
    caution = service(state.service).cache_warning(state, hop.request.path)
    miss = misses.get(state.address)
    first = "" if hop.gate.answer else hop.gate.condition
    return tuple(filter(None, (first, caution, miss.message if miss else "")))
