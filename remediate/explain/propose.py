"""The plan that makes a browser's request pass: written, compared and judged before it is shown. Pure.

What is proposed is the text of a whole plan file. It is loaded as any plan file is, compared with the
live settings as `plan` compares, and the request is judged again on the result, so that a proposal is
never a promise that nobody checked.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import chain as joined
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from remediate.core.policy import Option
from remediate.core.snapshot import Snapshot
from remediate.core.state import State
from remediate.engine.compare import compare, policies_for
from remediate.errors import PlanFileError
from remediate.explain.page import in_the_page
from remediate.planfile import PlanFile, Target, check, digest_of
from remediate.planfile.files import Text
from remediate.planfile.scalars import written_scalar, written_value
from remediate.reachability.chain import Chain, Hop
from remediate.services import service
from remediate.web.browser import BrowserRequest, preflight_for
from remediate.web.evaluate import Decision, Evaluation, actual_for
from remediate.web.headers import normalise_method

PROPOSED = Path("proposed.yaml")
"""The name under which the text is loaded; no such file is read or written."""

RANK = {Decision.BLOCKED: 0, Decision.UNKNOWN: 1, Decision.ALLOWED: 2}


@dataclass(frozen=True, slots=True)
class Judgement:
    """A judgement is what a browser concludes, and what stands in the way though every answer is right."""

    conclusion: Evaluation
    cautions: tuple[tuple[str, str], ...]
    """Addresses of caches that may hand out another caller's answer, and why."""

    @property
    def outcome(self) -> Decision:
        """The verdict; an answer that a cache may replace is not known."""
        if self.conclusion.outcome is Decision.ALLOWED and self.cautions:
            return Decision.UNKNOWN
        return self.conclusion.outcome

    @property
    def because(self) -> str:
        """The reason of the verdict."""
        if self.conclusion.outcome is Decision.ALLOWED and self.cautions:
            return f"{self.conclusion.because} But {self.cautions[0][1]}"
        return self.conclusion.because

    def is_as_good_as(self, reference: Judgement) -> bool:
        """True if the verdict is no worse, for no other reason and with no further caution."""
        same = (self.outcome, self.because) == (reference.outcome, reference.because)
        return (self.outcome is Decision.ALLOWED or same) and set(self.cautions) <= set(reference.cautions)


@dataclass(frozen=True, slots=True)
class Proposal:
    """A plan file that makes the verdict better when it is applied alone, and that verdict."""

    text: str
    file: PlanFile
    targets: tuple[str, ...]
    judgement: Judgement
    configs: Mapping[str, Any]
    """The settings after it of the resources that it changes, by address."""


@dataclass(frozen=True, slots=True)
class Pending:
    """Plan files that would make the verdict better and are not applied, and that verdict."""

    paths: tuple[Path, ...]
    judgement: Judgement
    configs: Mapping[str, Any]


def pending(chain: Chain, request: BrowserRequest, files: Sequence[PlanFile]) -> Pending | None:
    """Return what plan files that exist already would bring; None where they leave the verdict as it is."""
    now = judged(chain, request)
    configs = planned_configs(chain.states, files)
    then = judged(replace(chain, configs={**chain.configs, **configs}), request)
    if RANK[then.outcome] <= RANK[now.outcome]:
        return None
    helping = [file.path for file in files if planned_configs(chain.states, [file])]
    return Pending(tuple(helping), then, configs)


def reachable(chain: Chain, request: BrowserRequest, options: Mapping[str, Mapping[str, Option]]) -> Chain:
    """Return the chain with every hop open as far as settings can open it, to see what stands further in."""
    after = _configs(request, _parts(chain, request, options, edge=False), options)
    return replace(chain, configs={**chain.configs, **after[1]}) if after else chain


def walked(chain: Chain, request: BrowserRequest) -> list[Hop]:
    """Return all hops that the preflight or the request meets, outermost first."""
    host = urlsplit(request.url).netloc
    actual: list[Hop] = []
    preflight: list[Hop] = []
    chain.ask(host, actual_for(request), actual)
    chain.ask(host, preflight_for(request), preflight)
    met = {hop.state.address for hop in actual}
    return [*actual, *(hop for hop in preflight if hop.state.address not in met)]


def judged(chain: Chain, request: BrowserRequest) -> Judgement:
    """Return the verdict of a browser with the caches on the way taken into account."""
    reasons = (
        (hop.state.address, service(hop.state.service).cache_warning(hop.state, hop.request.path))
        for hop in walked(chain, request)
    )
    return Judgement(chain.evaluate(request), tuple(pair for pair in reasons if pair[1]))


def propose(
    chain: Chain, request: BrowserRequest, options: Mapping[str, Mapping[str, Option]]
) -> Proposal | None:
    """Return the smallest plan that makes the verdict better; None where no plan does.

    `options` are the target keys of the services, for loading the text. CloudFront answers in the
    origin's place only where that is better than to let the origin answer.
    """
    if any(in_the_page(request)):
        return None
    now = judged(chain, request)
    if now.outcome is Decision.ALLOWED:
        return None
    best: Proposal | None = None
    for edge in (False, True):
        proposal = _proposal(chain, request, options, edge=edge)
        if proposal is None or RANK[proposal.judgement.outcome] <= RANK[now.outcome]:
            continue
        if best is None or RANK[proposal.judgement.outcome] > RANK[best.judgement.outcome]:
            best = proposal
    return best


@dataclass(frozen=True, slots=True)
class _Part:
    """One target: the resource, and the options that mean no more than the request."""

    state: State
    options: Mapping[str, Any]

    def lines(self) -> list[str]:
        """Return the target as a plan file writes it."""
        state = self.state
        shown = state.names[0]
        comment = f"  # {state.label}" if state.label and state.label != shown else ""
        if state.service == "cloudfront" and state.label:
            shown, comment = state.label, f"  # {state.names[0]}"
        lines = [f"  - {state.service}: {written_scalar(shown)}{comment}"]
        if state.region and "region" not in self.options and state.service != "cloudfront":
            lines.append(f"    region: {state.region}")
        lines += [f"    {name}: {written_value(value)}" for name, value in self.options.items()]
        return lines

    @property
    def target(self) -> str:
        """The target as a sentence names it."""
        return self.lines()[0].partition("  #")[0].strip()


def _proposal(
    chain: Chain, request: BrowserRequest, options: Mapping[str, Mapping[str, Option]], *, edge: bool
) -> Proposal | None:
    """Return the smallest plan with which the verdict is as good as with every hop in it."""
    parts = _parts(chain, request, options, edge=edge)
    whole = _applied(chain, request, parts, options)
    if whole is None:
        return None
    for part in list(parts):
        fewer = [each for each in parts if each is not part]
        smaller = _applied(chain, request, fewer, options) if fewer else None
        if smaller is not None and smaller.judgement.is_as_good_as(whole.judgement):
            parts, whole = fewer, smaller
    return whole


def _parts(
    chain: Chain, request: BrowserRequest, options: Mapping[str, Mapping[str, Option]], *, edge: bool
) -> list[_Part]:
    """Return a target for each hop; a hop may come in sight only when one in front of it is fixed."""
    parts: dict[str, _Part] = {}
    seen = chain
    while True:
        added = False
        for hop in walked(seen, request):
            if hop.state.address in parts or hop.host in hop.state.disabled_hosts:
                continue
            arrived = replace(hop.request, method=normalise_method(request.method))
            narrow = service(hop.state.service).narrowest_options(hop.state, arrived)
            if narrow is None:
                continue
            if edge and hop.state.service == "cloudfront":
                narrow = {**narrow, "answer": "edge"}
            live = next(state for state in chain.states if state.address == hop.state.address)
            parts[hop.state.address] = _Part(live, narrow)
            added = True
        after = _configs(request, list(parts.values()), options)
        if not added or after is None:
            return list(parts.values())
        seen = replace(chain, configs={**chain.configs, **after[1]})


def _applied(
    chain: Chain,
    request: BrowserRequest,
    parts: Sequence[_Part],
    options: Mapping[str, Mapping[str, Option]],
) -> Proposal | None:
    """Return the plan of these parts and its verdict; None where it changes nothing or is no plan file."""
    result = _configs(request, parts, options)
    if result is None or not result[1]:
        return None
    file, configs = result
    changed = [part for part in parts if part.state.address in configs]
    if len(changed) < len(parts):
        return _applied(chain, request, changed, options)
    judgement = judged(replace(chain, configs={**chain.configs, **configs}), request)
    return Proposal(plan_text(request, parts), file, tuple(part.target for part in parts), judgement, configs)


def _configs(
    request: BrowserRequest,
    parts: Sequence[_Part],
    options: Mapping[str, Mapping[str, Option]],
) -> tuple[PlanFile, dict[str, Any]] | None:
    """Return the plan file of these parts, and the settings after it of what it changes, by address.

    None where the request cannot be put into a plan file, as one from the origin `null`.
    """
    if not parts:
        return None
    text = plan_text(request, parts)
    try:
        file = check(PROPOSED, Text(text, digest_of(text.encode())), options, now=datetime.now(UTC))
    except PlanFileError:
        return None
    return file, planned_configs([part.state for part in parts], [file])


def planned_configs(states: Iterable[State], files: Iterable[PlanFile]) -> dict[str, Any]:
    """Return what the plan files would make of the resources that they change, by address."""
    targets = [Target(target.selector, target.policy) for file in files for target in file.targets]
    return {change.address: change.after for change in compare(meant(states, targets), targets).changes}


def meant(states: Iterable[State], targets: Sequence[Target]) -> Snapshot:
    """Return the states that the targets mean, as a reading of these targets would give them."""
    selected = (
        replace(
            state,
            selected_by=tuple(
                target.selector
                for target in targets
                if target.selector.service == state.service
                and target.selector.matches(*state.names)
                and (not service(state.service).REGIONAL or target.selector.region in {None, state.region})
            ),
        )
        for state in states
    )
    return Snapshot.of(state for state in selected if policies_for(state, targets))


def plan_text(request: BrowserRequest, parts: Sequence[_Part]) -> str:
    """Return the text of a plan file that asks for this request alone."""
    method = normalise_method(request.method)
    allow = [f"  methods: [{method}]"]
    headers = _asked_headers(request)
    if headers:
        allow.append(f"  headers: {written_value(headers)}")
    if request.credentials:
        allow.append("  credentials: true")
    targets = list(joined.from_iterable(part.lines() for part in parts))
    body = "\n".join(
        [
            "origins:",
            f"  - {written_scalar(request.origin)}",
            "allow:",
            *allow,
            "targets:",
            *targets,
        ]
    )
    # A plan takes back what one of its name brought before and no longer lists: names must not recur.
    name = f"explain-{hashlib.sha256(body.encode()).hexdigest()[:8]}"
    return f"version: 1\nname: {name}\n{body}\n"


def _asked_headers(request: BrowserRequest) -> list[str]:
    """Return the names that a preflight asks for; Authorization is among them where script sets it."""
    asked = preflight_for(request).get("access-control-request-headers") or ""
    return [name for name in asked.split(",") if name]
