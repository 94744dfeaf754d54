"""Who may newly do what, and who may no longer: the chain judged before and after. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from urllib.parse import unquote, urlsplit

from remediate.core.browser import BrowserRequest
from remediate.core.conclusion import Conclusion, Outcome, conclude
from remediate.core.document import canonical
from remediate.core.origin import OriginError, is_any, parse_origin
from remediate.core.plan import Access, Change
from remediate.core.policy import Policy
from remediate.core.state import State
from remediate.services import service
from remediate.workflow.chain import Chain, Hop

STRANGER = "https://any-other-origin.example"
"""Stands for everybody whom no setting names: sees what a wildcard opens."""

FOREIGN_ORIGINS = 20
"""Origins of other people that are looked at per resource, besides the plan's own."""

_ORIGIN = re.compile(r"\bhttps?://[^\s\"',;/()<>\\{}|*?#$]+")
_WILDCARD_SAMPLE = "sample"


@dataclass(frozen=True, slots=True)
class Caller:
    """One origin and how it calls: the plan's own with the plan's headers, others plainly."""

    origin: str
    headers: tuple[tuple[str, str], ...] = ()
    credentials: bool = False
    named: bool = False
    """Whether the plan names it; of others only what becomes or was certain is told."""


def access(
    states: Sequence[State], changes: Sequence[Change], policies: Mapping[str, Sequence[Policy]]
) -> tuple[Access, ...]:
    """Every verdict that the changes turn, by entry point, method and origin.

    Entry points are the changed resources themselves, and whatever forwards to them.
    """
    if not changes:
        return ()
    changed = {change.address: change for change in changes}
    before = Chain(states)
    after = Chain(states, {address: change.after for address, change in changed.items()})
    found: dict[tuple[str, str, str], Access] = {}
    for state in states:
        behind = _behind(state, before)
        if not any(one.address in changed for one in behind):
            continue
        own = [policy for one in behind for policy in policies.get(one.address, ())]
        callers = _callers(own, [changed[one.address] for one in behind if one.address in changed])
        methods = tuple(dict.fromkeys(method for policy in own for method in policy.methods)) or ("GET",)
        for host, path, method, via in _entry_points(state, behind[1:], methods):
            for caller in callers:
                url = f"https://{host}{path}"
                request = BrowserRequest(caller.origin, url, method, caller.headers, caller.credentials)
                one = _turned(before, after, request, via)
                if one is not None and (caller.named or Outcome.ALLOWED in {one.before, one.after}):
                    found.setdefault((one.to, one.method, one.origin), one)
    return tuple(found.values())


def _behind(state: State, chain: Chain) -> list[State]:
    """The resource and the known ones that it forwards to."""
    seen = [state]
    for upstream in state.upstreams:
        host, _, path = upstream.partition("/")
        for other in chain.states:
            if other not in seen and host in other.hosts and (not path or _on(other, host, f"/{path}")):
                seen.append(other)
    return seen


def _on(state: State, host: str, path: str) -> bool:
    return service(state.service).inside(state, host, path) is not None


def _entry_points(
    state: State, behind: Sequence[State], methods: Sequence[str]
) -> Iterator[tuple[str, str, str, str]]:
    """Host, path, method, and the address that must be on the way; from the outermost resource."""
    host = next((host for host in state.hosts[1:] if "amazonaws" not in host), None) or state.hosts[0]
    if not behind:
        for path, method in service(state.service).endpoints(state, methods):
            yield host, path, method, state.address
    for other in behind:
        prefixes = [
            upstream.partition("/")[2]
            for upstream in state.upstreams
            if upstream.partition("/")[0] in other.hosts
        ]
        for (path, method), prefix in product(service(other.service).endpoints(other, methods), prefixes):
            within = f"/{prefix}" if prefix else ""
            if path.startswith(within):
                yield host, path.removeprefix(within) or "/", method, other.address


def _callers(policies: Iterable[Policy], changes: Iterable[Change]) -> list[Caller]:
    callers: dict[str, Caller] = {}
    for policy in policies:
        headers = tuple(
            (name, "application/json" if name == "content-type" else "x") for name in policy.headers
        )
        named = tuple(pair for pair in headers if pair[0] != "*")
        for origin in policy.origins:
            sample = _sample(origin)
            if sample is not None:
                callers.setdefault(sample, Caller(sample, named, policy.credentials, named=True))
        for origin in policy.retired.origins:
            sample = _sample(origin)
            if sample is not None:
                callers.setdefault(sample, Caller(sample))
    mentioned = sorted(
        {origin for change in changes for origin in _mentioned(change.before) | _mentioned(change.after)}
    )
    for origin in mentioned[:FOREIGN_ORIGINS]:
        callers.setdefault(origin, Caller(origin))
    callers.setdefault(STRANGER, Caller(STRANGER))
    return list(callers.values())


def _mentioned(config: object) -> set[str]:
    """Origins that a document names, wherever it does: no service is known here."""
    found = set()
    for text in _ORIGIN.findall(canonical(config)):
        sample = _sample(text)
        if sample is not None:
            found.add(sample)
    return found


def _sample(origin: str) -> str | None:
    """An origin that a page can have: the origin itself, or one that its wildcard covers."""
    if is_any(origin):
        return STRANGER
    try:
        return parse_origin(origin.replace("*", _WILDCARD_SAMPLE)).text
    except OriginError:
        return None


def _turned(before: Chain, after: Chain, request: BrowserRequest, via: str) -> Access | None:
    """The verdict's turn, None where it does not turn or the request does not come by `via`."""
    then, hops_then = _judged(before, request)
    now, hops_now = _judged(after, request)
    if not any(hop.state.address == via for hop in (*hops_then, *hops_now)):
        return None
    if then.outcome is now.outcome:
        return None
    because = now.because if now.outcome is not Outcome.ALLOWED else then.because
    return Access(
        request.origin, unquote(request.url), request.method, str(then.outcome), str(now.outcome), because
    )


def _judged(chain: Chain, request: BrowserRequest) -> tuple[Conclusion, list[Hop]]:
    hops: list[Hop] = []
    host = urlsplit(request.url).netloc

    return conclude(request, lambda sent: chain.ask(host, sent, hops)), hops
