"""The hops behind a URL, each answering from its settings and asking the next. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import chain
from urllib.parse import urlsplit

from remediate.core.document import Document
from remediate.core.gate import OPEN, Arrival, Gate
from remediate.core.host_names import described_host
from remediate.core.state import State
from remediate.core.upstream import split_upstream
from remediate.services import service
from remediate.web.browser import BrowserRequest
from remediate.web.evaluate import Answer, Evaluation, evaluate
from remediate.web.http import Request, Response, Unknown

LONGEST = 8
"""More hops than any application has: a ring of distributions ends here."""


@dataclass(frozen=True, slots=True)
class Hop:
    """One resource on the way: where and how the request arrived there, and its answer."""

    state: State
    host: str
    path: str
    request: Request
    answer: Answer
    gate: Gate = OPEN
    """The gate answers there before the CORS settings, or may."""
    arrival: Arrival | None = None


@dataclass(frozen=True, slots=True)
class Served:
    """The resource that answers for a host and path, and the path as it knows it.

    `strays` where the host is the resource's and the path begins like none of its own: a wrong stage.
    """

    state: State
    path: str
    strays: bool = False


@dataclass(frozen=True, slots=True)
class Alias:
    """Another host name of a resource: `base` of its paths stands for `own` at `host`."""

    host: str
    base: str = ""
    own: str = ""


@dataclass(frozen=True)
class Chain:
    """The resources that are known, with their settings as they are or as they would be.

    `configs` replaces the settings of single addresses: the same chain before and after a plan.
    `aliases` are host names that no setting of the resources tells: custom domain names, emulators.
    `is_opened` judges the CORS settings alone, as if nothing stood before them: guards must know whom the
    settings let in, whatever stands before them today.
    """

    states: Sequence[State]
    configs: Mapping[str, Document | None] = field(default_factory=dict)
    aliases: Mapping[str, Sequence[Alias]] = field(default_factory=dict)
    is_opened: bool = False
    unreadable: Mapping[str, str] = field(default_factory=dict)
    """Why nothing is known about a host that a resource forwards to, by that host."""

    def serving(self, host: str, path: str) -> Served | None:
        """Return the resource that answers for a host and path."""
        # Asked about the same few again and again: each origin and method of a plan asks anew.
        if (host, path) not in self._served:
            self._served[host, path] = self._find(host, path)
        return self._served[host, path]

    def _find(self, host: str, path: str) -> Served | None:
        ways = [(host, path)] + [
            (alias.host, f"{alias.own}{path.removeprefix(alias.base)}" or "/")
            for alias in self.aliases.get(host, ())
            if f"{path.partition('?')[0]}/".startswith(f"{alias.base}/")
        ]
        for own_host, own_path in ways:
            # Whose own host it is comes first: looking through thousands for each would take minutes.
            for state in chain(self._by_host.get(own_host, ()), self.states):
                inside = service(state.service).path_within(state, own_host, own_path)
                if inside is not None:
                    return Served(self._configured(state), inside)
        for own_host, own_path in ways:
            for state in self._by_host.get(own_host, ()):
                # Another stage of the same API may serve it, which is not among the states.
                astray = Arrival(own_host, own_path, Request("GET", own_path), strays=True)
                if service(state.service).gate(state, astray).answer is not None:
                    return Served(self._configured(state), own_path, strays=True)
        return None

    def _configured(self, state: State) -> State:
        return replace(state, config=self.configs.get(state.address, state.config))

    @cached_property
    def _served(self) -> dict[tuple[str, str], Served | None]:
        return {}

    @cached_property
    def _by_host(self) -> dict[str, list[State]]:
        by_host: dict[str, list[State]] = {}
        for state in self.states:
            for host in (*state.hosts, *state.disabled_hosts):
                by_host.setdefault(host, []).append(state)
        return by_host

    def ask(self, host: str, request: Request, hops: list[Hop] | None = None) -> Answer:
        """Return what comes back from `host`, asking hop after hop; `hops` collects them, outermost first."""
        return self._ask(host, request, [] if hops is None else hops, 0)

    def _ask(self, host: str, request: Request, hops: list[Hop], depth: int) -> Answer:
        served = self.serving(host, request.path)
        if served is None:
            why = f": {self.unreadable[host]}" if host in self.unreadable else ""
            return Unknown(described_host(host) or f"nothing is known about what {host} answers{why}")
        if depth == LONGEST:
            return Unknown("the way goes in a circle")
        state = served.state
        arrived = replace(request, path=served.path, headers=_with_host(request, host), to=host)
        place = len(hops)
        hops.append(Hop(state, host, request.path, arrived, Unknown("not answered")))
        aws_service = service(state.service)
        gate = OPEN
        if not self.is_opened:
            arrival = self._arrival(host, request, arrived, served)
            gate = aws_service.gate(state, arrival)
            hops[place] = replace(hops[place], gate=gate, arrival=arrival)
        answer = gate.answer or self._settings_answer(state, arrived, hops, depth)
        if gate.answer is None and isinstance(answer, Response):
            answer = gate.on(answer)
        hops[place] = replace(hops[place], answer=answer)
        return answer

    def _arrival(self, host: str, request: Request, arrived: Request, served: Served) -> Arrival:
        sent = arrived.get("host") or host
        # A name that leads to the same resource by itself is no foreign one.
        alike = self.serving(sent, request.path) if sent != host else None
        if alike is not None and alike.state.address == served.state.address:
            sent = host
        is_own = served.state.is_named(host)
        return Arrival(host, request.path, arrived, is_own=is_own, strays=served.strays, host_header=sent)

    def _settings_answer(self, state: State, arrived: Request, hops: list[Hop], depth: int) -> Answer:
        upstreams = {split_upstream(upstream).host for upstream in state.upstreams}

        def next_hop(sent: Request) -> Answer:
            behind = sent.to or sent.get("host") or ""
            if behind not in upstreams:
                return Unknown(f"what stands behind {state.address} cannot be read from its settings")
            return self._ask(behind, sent, hops, depth + 1)

        leads_on = any(
            self._leads_on(upstream) or split_upstream(upstream).host in self.unreadable
            for upstream in state.upstreams
        )
        aws_service = service(state.service)
        return aws_service.answer(
            aws_service.answer_config(state), arrived, backend=next_hop if leads_on else None
        )

    def _leads_on(self, upstream: str) -> bool:
        """True if something is known of what stands at that upstream."""
        host, path = split_upstream(upstream)
        return bool(host in self.aliases or described_host(host) or self.serving(host, path or "/"))

    def evaluate(self, request: BrowserRequest) -> Evaluation:
        """Return what a browser at `request.origin` concludes about `request.url`."""
        host = urlsplit(request.url).netloc
        return evaluate(request, lambda sent: self.ask(host, sent))


def _with_host(request: Request, host: str) -> Sequence[tuple[str, str]]:
    """Return the headers with the Host that a browser sends, or that a hop before has left in them."""
    return request.headers if request.get("host") else (*request.headers, ("Host", host))
