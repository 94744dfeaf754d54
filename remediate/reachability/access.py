"""Tell who may newly do what, and who may no longer: judge the chain before and after a change. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from urllib.parse import unquote, urlsplit

from remediate.core.document import canonical
from remediate.core.guards import UNLISTED_ORIGIN, AccessChange
from remediate.core.isolation import isolated
from remediate.core.plan import Access, Change
from remediate.core.policy import Policy
from remediate.core.state import State
from remediate.core.upstream import split_upstream
from remediate.reachability.chain import Alias, Chain, Hop
from remediate.services import service
from remediate.web.browser import BrowserRequest
from remediate.web.evaluate import Decision, Evaluation, evaluate
from remediate.web.origin import OriginError, is_any, parse_origin

FOREIGN_ORIGINS = 20
"""Origins of other people that are looked at per resource, besides the plan's own."""

STAND_IN = "custom-domain-of-"
"""This begins the host name that stands for a custom domain name which no setting tells."""

_ORIGIN = re.compile(r"\bhttps?://[^\s\"',;/()<>\\{}|*?#$]+")
_WILDCARD_SAMPLE = "sample"
ANY_HEADER = "x-any-header"


@dataclass(frozen=True, slots=True)
class Caller:
    """One origin and how it calls: the plan's own with the plan's headers, others plainly."""

    origin: str
    headers: tuple[tuple[str, str], ...] = ()
    credentials: bool = False
    named: bool = False
    """True if the plan names it; of others only what becomes or was certain is reported."""


def access_changes(
    states: Sequence[State], changes: Sequence[Change], policies: Mapping[str, Sequence[Policy]]
) -> tuple[AccessChange, ...]:
    """Return every verdict that the changes alter, by entry point, method and caller.

    Entry points are the changed resources themselves, and whatever forwards to them. The stranger is
    judged with the plans' headers too, and again with credentials: guards ask about that, a reader of
    the plan does not. The verdicts are those of the CORS settings alone, whatever stands before them: that
    may be taken away tomorrow, and holders of a signed URL pass it today. `shown` are those of a browser.
    """
    if not changes:
        return ()
    changed = {change.address: change for change in changes}
    # A custom domain name may lead to what has no name of its own: guards must judge that too.
    aliases = {_stand_in(state): [Alias(state.own_host)] for state in states if not state.hosts}
    configs = {address: change.after for address, change in changed.items()}
    before, after = (
        Chain(states, {}, aliases, is_opened=True),
        Chain(states, configs, aliases, is_opened=True),
    )
    met = Chain(states, {}, aliases), Chain(states, configs, aliases)
    by_key: dict[tuple[str, str, str, bool], AccessChange] = {}
    for state in states:
        with isolated(state.address):
            ways = EntryPoints.to(state, before, policies)
            touched = [changed[each.address] for each in ways.behind if each.address in changed]
            if not touched:
                continue
            callers = [(caller, False) for caller in callers_of(ways.policies, touched)]
            callers += _unlisted_callers(ways.policies)
            for host, path, method, via in ways.by(state.entry_host or _stand_in(state)):
                for caller, extra in callers:
                    url = f"https://{host}{path}"
                    request = BrowserRequest(caller.origin, url, method, caller.headers, caller.credentials)
                    access_change = _access_change(before, after, request, via)
                    if access_change is None or not (
                        caller.named or Decision.ALLOWED in access_change.verdicts
                    ):
                        continue
                    key = (access_change.access.to, method, caller.origin, extra)
                    if key not in by_key:
                        by_key[key] = replace(access_change, credentials=extra, shown=_met(*met, request))
    return tuple(by_key.values())


def _stand_in(state: State) -> str:
    """Return a name for the custom domain name of what has no other; `.invalid` is nobody's (RFC 2606)."""
    return f"{STAND_IN}{state.names[0].lower()}.invalid"


def access(changed_access: Iterable[AccessChange]) -> tuple[Access, ...]:
    """Return the rows of the plan's access table: none by a name that only stands for another."""
    return tuple(
        access_change.shown
        for access_change in changed_access
        if access_change.shown
        and not access_change.credentials
        and not access_change.access.to.startswith(f"https://{STAND_IN}")
    )


@dataclass(frozen=True, slots=True)
class EntryPoints:
    """The ways in by one resource: what stands behind it, and what the plans ask of all of them."""

    state: State
    behind: Sequence[State]
    policies: Sequence[Policy]

    @classmethod
    def to(cls, state: State, chain: Chain, policies: Mapping[str, Sequence[Policy]]) -> EntryPoints:
        """Return the ways by `state`; `behind` begins with the resource itself."""
        seen = [state]
        for upstream in state.upstreams:
            host, path = split_upstream(upstream)
            for upstream_state in chain.states:
                if (
                    upstream_state not in seen
                    and host in upstream_state.hosts
                    and (not path or _on(upstream_state, host, path))
                ):
                    seen.append(upstream_state)
        return cls(
            state,
            seen,
            [policy for state_behind in seen for policy in policies.get(state_behind.address, ())],
        )

    def __iter__(self) -> Iterator[tuple[str, str, str, str]]:
        """Return host, path, method, and the address that must be on the way; from the outermost resource.

        None where no name is known that leads to it: its endpoint is disabled.
        """
        return self.by(self.state.entry_host) if self.state.entry_host else iter(())

    def by(self, host: str) -> Iterator[tuple[str, str, str, str]]:
        """Yield the same by that name of the resource."""
        methods = tuple(dict.fromkeys(method for policy in self.policies for method in _methods(policy)))
        own = service(self.state.service).sample_requests(self.state, methods)
        for path, method in own:
            # With something behind it, what that offers stands for the rest of the paths: only what the
            # resource itself tells apart (a behavior for `/orders/*`) is asked about by its own path.
            if len(self.behind) == 1 or path != "/":
                yield host, path, method, self.state.address
        for state_behind in self.behind[1:]:
            endpoints = list(service(state_behind.service).sample_requests(state_behind, methods))
            for upstream in self.state.upstreams:
                behind, within = split_upstream(upstream)
                if behind in state_behind.hosts:
                    for inner, method in endpoints:
                        if inner.startswith(within):
                            yield host, inner.removeprefix(within) or "/", method, state_behind.address


def _methods(policy: Policy) -> tuple[str, ...]:
    """Return what callers are judged with: for what a plan gave up, what it let them do."""
    return ("GET", *policy.retired.methods) if policy.given_up else policy.methods


def _on(state: State, host: str, path: str) -> bool:
    return service(state.service).path_within(state, host, path) is not None


def callers_of(policies: Iterable[Policy], changes: Iterable[Change] = ()) -> list[Caller]:
    """Return the plan's origins, those it retires, those the changed settings name, and a stranger."""
    callers: dict[str, Caller] = {}
    for policy in policies:
        headers = tuple(
            (name, "application/json" if name == "content-type" else "x") for name in policy.headers
        )
        named = tuple(pair for pair in headers if pair[0] != "*")
        for origin in policy.origins:
            page = sample(origin)
            if page is not None:
                callers.setdefault(page, Caller(page, named, policy.credentials, named=True))
        for origin in policy.retired.origins:
            page = sample(origin)
            if page is not None:
                callers.setdefault(page, Caller(page))
    before = {origin for change in changes for origin in mentioned(change.before)}
    after = {origin for change in changes for origin in mentioned(change.after)}
    # Those that come or go first: with hundreds, not all can be asked about.
    foreign = sorted((before | after) - callers.keys(), key=lambda origin: (origin in before & after, origin))
    for origin in foreign[:FOREIGN_ORIGINS]:
        callers[origin] = Caller(origin)
    callers.setdefault(UNLISTED_ORIGIN, Caller(UNLISTED_ORIGIN))
    return list(callers.values())


def _unlisted_callers(policies: Iterable[Policy]) -> list[tuple[Caller, bool]]:
    """Return a stranger who sends the plans' headers, and each again with credentials, marked by True."""
    names = dict.fromkeys(name for policy in policies for name in policy.headers)
    headers = tuple((ANY_HEADER if name == "*" else name, "x") for name in names)
    return [
        (Caller(UNLISTED_ORIGIN, headers), False),
        (Caller(UNLISTED_ORIGIN, credentials=True), True),
        (Caller(UNLISTED_ORIGIN, headers, credentials=True), True),
    ]


def mentioned(config: object) -> set[str]:
    """Return the origins that a document names, wherever it does: no service is known here."""
    origins = set()
    for text in _ORIGIN.findall(canonical(config)):
        page = sample(text)
        if page is not None:
            origins.add(page)
    return origins


def sample(origin: str) -> str | None:
    """Return an origin that a page can have: the origin itself, or one that its wildcard covers."""
    if is_any(origin):
        return UNLISTED_ORIGIN
    try:
        return parse_origin(origin.replace("*", _WILDCARD_SAMPLE)).text
    except OriginError:
        return None


def _access_change(before: Chain, after: Chain, request: BrowserRequest, via: str) -> AccessChange | None:
    """Return how the verdict changes; None where it stays or the request does not come by `via`."""
    then, hops_then = _evaluate(before, request)
    now, hops_now = _evaluate(after, request)
    way = tuple(dict.fromkeys(hop.state.address for hop in (*hops_then, *hops_now)))
    if via not in way or then.outcome is now.outcome:
        return None
    return AccessChange(_row(request, then, now), way)


def _met(before: Chain, after: Chain, request: BrowserRequest) -> Access | None:
    """Return a browser's row, which meets what stands before the settings; None where nothing changes."""
    then, now = before.evaluate(request), after.evaluate(request)
    return None if then.outcome is now.outcome else _row(request, then, now)


def _row(request: BrowserRequest, then: Evaluation, now: Evaluation) -> Access:
    because = now.because if now.outcome is not Decision.ALLOWED else then.because
    return Access(
        request.origin, unquote(request.url), request.method, str(then.outcome), str(now.outcome), because
    )


def _evaluate(chain: Chain, request: BrowserRequest) -> tuple[Evaluation, list[Hop]]:
    hops: list[Hop] = []
    host = urlsplit(request.url).netloc

    return evaluate(request, lambda sent: chain.ask(host, sent, hops)), hops
