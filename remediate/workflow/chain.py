"""The hops behind a URL, each answering from its settings and asking the next. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import chain
from urllib.parse import urlsplit

from remediate.core.browser import BrowserRequest
from remediate.core.conclusion import Answer, Conclusion, conclude
from remediate.core.document import Document
from remediate.core.http import Request, Response, Unknown
from remediate.core.state import State
from remediate.services import service

DISABLED = Response(403)
"""What a disabled execute-api endpoint answers to every request, without any CORS header."""

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
    """

    states: Sequence[State]
    configs: Mapping[str, Document | None] = field(default_factory=dict)
    aliases: Mapping[str, Sequence[Alias]] = field(default_factory=dict)
    unreadable: Mapping[str, str] = field(default_factory=dict)
    """Why nothing is known about a host that a resource forwards to, by that host."""

    def serving(self, host: str, path: str) -> tuple[State, str] | None:
        """The resource that answers for a host and path, and the path as it knows it."""
        # Asked about the same few again and again: each origin and method of a plan asks anew.
        if (host, path) not in self._served:
            self._served[host, path] = self._find(host, path)
        return self._served[host, path]

    def _find(self, host: str, path: str) -> tuple[State, str] | None:
        ways = [(host, path)] + [
            (alias.host, f"{alias.own}{path.removeprefix(alias.base)}" or "/")
            for alias in self.aliases.get(host, ())
            if f"{path.partition('?')[0]}/".startswith(f"{alias.base}/")
        ]
        for own_host, own_path in ways:
            # Whose own host it is comes first: looking through thousands for each would take minutes.
            for state in chain(self._by_host.get(own_host, ()), self.states):
                inside = service(state.service).inside(state, own_host, own_path)
                if inside is not None:
                    config = self.configs.get(state.address, state.config)
                    return replace(state, config=config), inside
        return None

    @cached_property
    def _served(self) -> dict[tuple[str, str], tuple[State, str] | None]:
        return {}

    @cached_property
    def _by_host(self) -> dict[str, list[State]]:
        found: dict[str, list[State]] = {}
        for state in self.states:
            for host in (*state.hosts, *state.disabled_hosts):
                found.setdefault(host, []).append(state)
        return found

    def ask(self, host: str, request: Request, hops: list[Hop] | None = None) -> Answer:
        """What comes back from `host`, asking hop after hop; `hops` collects them, outermost first."""
        return self._ask(host, request, [] if hops is None else hops, 0)

    def _ask(self, host: str, request: Request, hops: list[Hop], depth: int) -> Answer:
        found = self.serving(host, request.path)
        if found is None:
            why = f": {self.unreadable[host]}" if host in self.unreadable else ""
            return Unknown(f"nothing is known about what {host} answers{why}")
        if depth == LONGEST:
            return Unknown("the way goes in a circle")
        state, inside = found
        arrived = replace(request, path=inside)
        place = len(hops)
        hops.append(Hop(state, host, request.path, arrived, Unknown("not answered")))
        if host in state.disabled_hosts:
            hops[place] = replace(hops[place], answer=DISABLED)
            return DISABLED
        upstreams = {upstream.partition("/")[0] for upstream in state.upstreams}

        def next_hop(sent: Request) -> Answer:
            behind = sent.get("host") or ""
            if behind not in upstreams:
                return Unknown(f"what stands behind {state.address} cannot be read from its settings")
            return self._ask(behind, sent, hops, depth + 1)

        known = any(
            self.serving(*_parts(upstream)) or _parts(upstream)[0] in self.unreadable
            for upstream in state.upstreams
        )
        room = service(state.service)
        answer = room.answer(room.answerable(state), arrived, backend=next_hop if known else None)
        hops[place] = replace(hops[place], answer=answer)
        return answer

    def conclude(self, request: BrowserRequest) -> Conclusion:
        """What a browser at `request.origin` concludes about `request.url`."""
        host = urlsplit(request.url).netloc
        return conclude(request, lambda sent: self.ask(host, sent))


def _parts(upstream: str) -> tuple[str, str]:
    host, slash, path = upstream.partition("/")
    return host, slash + path or "/"
