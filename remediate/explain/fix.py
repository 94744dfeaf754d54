"""Find the next step after a refusal: a plan, an existing plan file, or what a person must do. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from remediate.core.explain_rules import PATH_NOT_SERVED, PLAN_NOT_APPLIED
from remediate.core.near_miss import NearMiss
from remediate.core.policy import Option
from remediate.explain.page import in_the_page
from remediate.explain.propose import Judgement, Pending, Proposal, pending, propose, reachable
from remediate.explain.todo import Todo, in_the_code
from remediate.planfile import PlanFile
from remediate.reachability.chain import Chain, Hop
from remediate.services import service
from remediate.web.browser import BrowserRequest
from remediate.web.evaluate import Decision, actual_for

NOTHING = NearMiss((), "")


@dataclass(frozen=True, slots=True)
class Fix:
    """A fix is one line of advice; the plan for it, where settings can help; and what settings cannot do."""

    text: str
    proposal: Proposal | None
    todo: tuple[Todo, ...]
    further: NearMiss = NOTHING
    """What refuses the request behind the hop that refuses it now, though no setting can help there."""


def fixed(
    chain: Chain,
    request: BrowserRequest,
    judgement: Judgement,
    options: Mapping[str, Mapping[str, Option]],
    files: Sequence[PlanFile],
) -> Fix:
    """Return the way from this verdict to a better one; `files` are the plan files that exist already."""
    waiting = pending(chain, request, files) if files else None
    proposal = propose(chain, request, options) if options and waiting is None else None
    best: Proposal | Pending | None = proposal or waiting
    after = replace(chain, configs={**chain.configs, **best.configs}) if best else chain
    todo = [*map(Todo, in_the_page(request)), *_not_applied(waiting)]
    todo += in_the_code(after, request, best.judgement if best else judgement)
    further = NOTHING
    if judgement.outcome is Decision.BLOCKED:
        opened = reachable(chain, request, options) if options else chain
        address, further = _further(opened, request)
        if further.message:
            message = f"{address} does not serve this request: {further.message}"
            todo.append(Todo(PATH_NOT_SERVED.finding(address, message)))
    return Fix(_text(proposal, waiting, todo), proposal, tuple(todo), further)


def _not_applied(waiting: Pending | None) -> list[Todo]:
    if waiting is None:
        return []
    paths = [str(path) for path in waiting.paths]
    command = f"remediate apply {' '.join(paths)}"
    message = f"{', '.join(paths)} asks for this already and is not applied: run `{command}`."
    return [Todo(PLAN_NOT_APPLIED.finding("", message))]


def _further(opened: Chain, request: BrowserRequest) -> tuple[str, NearMiss]:
    """Return the hop that serves no such path or method, met where every hop in front of it is open."""
    hops: list[Hop] = []
    opened.ask(urlsplit(request.url).netloc, actual_for(request), hops)
    for hop in reversed(hops):
        aws_service = service(hop.state.service)
        if aws_service.narrowest_options(hop.state, hop.request) is None:
            miss = aws_service.near_miss(aws_service.answer_config(hop.state), hop.request)
            if miss is not None:
                return hop.state.address, miss
    return "", NOTHING


def _text(proposal: Proposal | None, waiting: Pending | None, todo: Sequence[Todo]) -> str:
    best = proposal or waiting
    if best is None:
        return todo[0].finding.message if todo else ""
    if proposal:
        targets = ", ".join(f"`{name}`" for name in proposal.targets)
        lead = f"Save the plan below as a file and apply it (targets {targets})."
    else:
        lead = _not_applied(waiting)[0].finding.message
    then = best.judgement
    return lead if then.outcome is Decision.ALLOWED else f"{lead} Then it is {then.outcome}: {then.because}"
