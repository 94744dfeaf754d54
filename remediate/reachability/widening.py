"""Find whom a change gives more, though no plan names them: every way in is judged. Pure.

Each change is judged by itself, with all other resources as they are: what an origin may do after it is
compared with what it may do now and, for an unattended pass, with what it could do as the last run left
the resource.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from urllib.parse import unquote

from remediate.core.document import Document
from remediate.core.guards import UNLISTED_ORIGIN, Gain
from remediate.core.origin_guards import is_everybody
from remediate.core.origins_in import origins_in
from remediate.core.plan import Access, Change
from remediate.core.policy import Policy
from remediate.core.snapshot import Snapshot
from remediate.core.state import State
from remediate.core.upstream import split_upstream
from remediate.reachability.abilities import Ability, Act, Certainty, Place, abilities, gained
from remediate.reachability.access import ANY_HEADER, EntryPoints, mentioned, sample
from remediate.reachability.chain import Chain
from remediate.web.browser import BrowserRequest
from remediate.web.origin import NULL, pattern_matches

MOST_ORIGINS = 200
"""Origins of others that are judged per resource; those that stay through the change come first."""

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
HEADERS = ("authorization", "content-type", ANY_HEADER)
INSECURE_STRANGER = "http://any-other-origin.example"
"""Whom `http://*` lets in and `https://*` does not."""

Earlier = Mapping[str, Sequence[Document | None]]
"""By address: what the last run left the resource as, or may have."""


def widened(
    states: Sequence[State],
    changes: Sequence[Change],
    policies: Mapping[str, Sequence[Policy]],
    earlier: Earlier | None = None,
) -> tuple[Gain, ...]:
    """Return what the changes give to origins that no plan names, by address; `earlier` excuses a gain."""
    around = Snapshot(tuple(_with_host(state) for state in states))
    by_address = {state.address: state for state in around.states}
    groups: dict[str, list[Change]] = {}
    for change in changes:
        groups.setdefault(change.group, []).append(change)
    gains: list[Gain] = []
    for group in groups.values():
        judge = _Judge(around, by_address, group, policies, earlier or {})
        for change in group:
            gains += judge.gains(change)
    return tuple(gains)


def with_gains(access: Sequence[Access], gains: Iterable[Gain]) -> tuple[Access, ...]:
    """Return the verdicts for a reader of the plan, with those that change with the gains; each once."""
    rows: dict[tuple[object, ...], Access] = {}
    for row in (*access, *(row for gain in gains for row in gain.access)):
        rows.setdefault((row.origin, row.to, row.method, row.headers, row.credentials), row)
    return tuple(rows.values())


def staying(
    states: Sequence[State],
    change: Change,
    policies: Mapping[str, Sequence[Policy]],
    left: Sequence[Document | None],
) -> tuple[tuple[Gain, ...], tuple[Gain, ...]]:
    """Return what others added since the last run and the change leaves, for unlisted and planned origins.

    `left` is what the last run left the resource as, or may have.
    """
    before = [
        replace(state, config=left[-1]) if state.address == change.address else state for state in states
    ]
    since = replace(change, before=left[-1])
    around = Snapshot(tuple(_with_host(state) for state in before))
    by_address = {state.address: state for state in around.states}
    judge = _Judge(around, by_address, [since], policies, {change.address: left})
    return tuple(judge.gains(since)), tuple(judge.gains(since, named=True))


def granted(
    states: Sequence[State], state: State, policies: Mapping[str, Sequence[Policy]], origin: str
) -> Mapping[Ability, Certainty]:
    """Return what pages of the origin may do by the resource's own addresses, its settings being as they are.

    Each ability has the greatest certainty that one of the addresses gives.
    """
    around = Snapshot(tuple(_with_host(each) for each in states))
    by_address = {each.address: each for each in around.states}
    unchanged = Change(
        state.address, state.service, state.region, state.config, state.config, state.revision, state.group
    )
    judge = _Judge(around, by_address, [unchanged], policies, {})
    ways = EntryPoints.to(by_address[state.address], judge.before, policies)
    by_ability: dict[Ability, Certainty] = {}
    for place in _places(ways):
        for ability, certainty in abilities(judge.before, origin, place).items():
            if ability.act is not Act.ASK:
                by_ability[ability] = max(certainty, by_ability.get(ability, Certainty.NO))
    return by_ability


def _with_host(state: State) -> State:
    """Give an API without its own host name a stand-in: it is reached by names that no setting tells."""
    return state if state.hosts else replace(state, hosts=(f"{state.names[0].lower()}.invalid",))


@dataclass(frozen=True)
class _Judge:
    """One group of changes, written together, among its neighbours as they are."""

    around: Snapshot
    by_address: Mapping[str, State]
    changes: Sequence[Change]
    policies: Mapping[str, Sequence[Policy]]
    earlier: Earlier

    def gains(self, change: Change, *, named: bool = False) -> Iterator[Gain]:
        """Yield what the group's change gives through this resource, to unlisted origins or to the plan's."""
        by_origin: dict[str, dict[str, tuple[str, ...]]] = {}
        rows: dict[str, list[Access]] = {}
        for entry in self._entries(change.address):
            ways = EntryPoints.to(entry, self.before, self.policies)
            origins = self._plans(ways.policies) if named else self._others(ways.policies)
            for place in _places(ways):
                for origin in origins:
                    fresh, standing = self._fresh(origin, place)
                    if named:
                        fresh = self._unasked(fresh, origin, place, ways.policies)
                    if fresh:
                        by_origin.setdefault(origin, {})[unquote(place.url)] = words(fresh, standing)
                        rows.setdefault(origin, []).extend(self._rows(origin, place, fresh))
        for origin, by_url in by_origin.items():
            what = tuple(dict.fromkeys(word for several in by_url.values() for word in several))
            yield Gain(change.address, origin, what, tuple(by_url), tuple(rows[origin]))

    @cached_property
    def near(self) -> tuple[State, ...]:
        """The changed resources, what forwards to them, and what all of these forward to."""
        by_address: dict[str, State] = {}
        for change in self.changes:
            by_address |= {state.address: state for state in self._entries(change.address)}
        waiting = [*by_address.values()]
        while waiting:
            hosts = {split_upstream(upstream).host for upstream in waiting.pop().upstreams}
            for state in self.around.states if hosts else ():
                if state.address not in by_address and hosts.intersection(state.hosts):
                    by_address[state.address] = state
                    waiting.append(state)
        return tuple(by_address.values())

    @cached_property
    def before(self) -> Chain:
        return Chain(self.near, is_opened=True)

    @cached_property
    def after(self) -> Chain:
        configs = {change.address: change.after for change in self.changes}
        return Chain(self.near, configs, is_opened=True)

    @cached_property
    def left(self) -> tuple[Chain, ...]:
        """The chain as the last run left the changed resources; several where it may be any of them."""
        count = max((len(self.earlier.get(change.address, ())) for change in self.changes), default=0)
        chains = []
        for at in range(count):
            configs: dict[str, Document | None] = {}
            for change in self.changes:
                documents = self.earlier.get(change.address)
                if documents:
                    configs[change.address] = documents[min(at, len(documents) - 1)]
            chains.append(Chain(self.near, configs, is_opened=True))
        return tuple(chains)

    def _entries(self, address: str) -> tuple[State, ...]:
        """Return the resource and all that forwards to it, directly or through another."""
        by_address = self.by_address
        entries = {address: by_address[address]} if address in by_address else {}
        waiting = [*entries.values()]
        while waiting:
            for front in self.around.distributions_for(waiting.pop()):
                if front not in entries:
                    entries[front] = by_address[front]
                    waiting.append(by_address[front])
        return tuple(entries.values())

    def _others(self, policies: Sequence[Policy]) -> tuple[str, ...]:
        """Return the origins that the settings name and no plan does, and one that nothing names."""
        staying = [document for change in self.changes for document in (change.before, change.after)]
        documents = [*staying, *(state.config for state in self.near)]
        documents += [
            document for change in self.changes for document in self.earlier.get(change.address, ())
        ]
        counts: dict[str, int] = {UNLISTED_ORIGIN: len(documents)}
        for document in documents:
            for origin in _named_in(document):
                counts[origin] = counts.get(origin, 0) + 1
        patterns = [
            pattern
            for policy in policies
            for pattern in (*policy.origins, *policy.companions, *policy.retired.origins)
        ]
        unlisted = [
            origin for origin in counts if not any(pattern_matches(pattern, origin) for pattern in patterns)
        ]
        return tuple(sorted(unlisted, key=lambda origin: (-counts[origin], origin))[:MOST_ORIGINS])

    def _plans(self, policies: Sequence[Policy]) -> tuple[str, ...]:
        samples = (sample(origin) for policy in policies for origin in policy.origins)
        return tuple(dict.fromkeys(origin for origin in samples if origin is not None))

    def _fresh(self, origin: str, place: Place) -> tuple[tuple[Ability, ...], frozenset[Ability]]:
        """Return what the origin may do only after the change, and what it may do after it and before."""
        after = abilities(self.after, origin, place)
        fresh = gained([abilities(self.before, origin, place)], after) if after else ()
        if fresh and self.left:
            earlier = [abilities(chain, origin, place) for chain in self.left]
            fresh = tuple(ability for ability in gained(earlier, after) if ability in fresh)
        standing = frozenset(ability for ability in after if ability.act is not Act.ASK)
        return fresh, standing.difference(fresh)

    def _unasked(
        self, fresh: Sequence[Ability], origin: str, place: Place, policies: Sequence[Policy]
    ) -> tuple[Ability, ...]:
        """Return what one of the plan's origins may do more and no plan asks for.

        An origin that is new to the resource tells nothing: who brought what is not to be seen there.
        """
        if not fresh or not any(abilities(chain, origin, place) for chain in self.left):
            return ()
        asking = [
            policy
            for policy in policies
            if any(pattern_matches(pattern, origin) for pattern in policy.origins)
        ]
        return tuple(
            ability
            for ability in fresh
            if not any(_asks(policy, ability) for policy in asking)
            and not (ability.credentials and ability.plain in fresh)
        )

    def _rows(self, origin: str, place: Place, fresh: Sequence[Ability]) -> Iterator[Access]:
        """Yield the verdicts that change, by method: plain, else with headers it gains; and with cookies."""
        for method in dict.fromkeys(ability.method for ability in fresh):
            own = [ability for ability in fresh if ability.method == method]
            headers = tuple(
                a.header for a in own if a.act is Act.SEND and not a.credentials and a.header != ANY_HEADER
            )
            rows = [*self._turned(origin, place.url, method, (), credentials=False)]
            if headers and not rows:
                rows += self._turned(origin, place.url, method, headers, credentials=False)
            if any(ability.credentials and ability.plain not in own for ability in own):
                rows += self._turned(origin, place.url, method, (), credentials=True)
            yield from rows

    def _turned(
        self, origin: str, url: str, method: str, headers: tuple[str, ...], *, credentials: bool
    ) -> Iterator[Access]:
        pairs = tuple((name, "application/json" if name == "content-type" else "x") for name in headers)
        request = BrowserRequest(origin, url, method, pairs, credentials)
        then, now = self.before.evaluate(request), self.after.evaluate(request)
        if then.outcome is not now.outcome:
            yield Access(
                request.origin,
                unquote(request.url),
                method,
                str(then.outcome),
                str(now.outcome),
                then.because,
                headers,
                credentials,
            )


def words(fresh: Sequence[Ability], standing: Collection[Ability]) -> tuple[str, ...]:
    """Return what is gained, as words: methods, headers, credentials, and what may be read.

    A header that may be sent already with another method of `standing` is no news.
    """
    plain = [ability for ability in fresh if not ability.credentials]
    methods = dict.fromkeys(ability.method for ability in plain if ability.act in {Act.CALL, Act.SHARE})
    granted_before = {(ability.act, ability.header) for ability in standing if not ability.credentials}
    headers = dict.fromkeys(
        (ability.act, ability.header)
        for ability in plain
        if ability.act in {Act.SEND, Act.READ} and (ability.act, ability.header) not in granted_before
    )
    sent = [header for act, header in headers if act is Act.SEND]
    read = [header for act, header in headers if act is Act.READ]
    said = [method for method in METHODS if method in methods]
    said += [method for method in methods if method not in METHODS]
    said += ["any header" if header == ANY_HEADER else f"the header {header}" for header in sent]
    cookies = [ability for ability in fresh if ability.credentials]
    alone = any(ability.plain not in fresh for ability in cookies)
    if alone or (cookies and not any(ability.credentials for ability in standing)):
        said.append("credentials")
    return (*said, *(f"reading {'every header' if header == '*' else header}" for header in read))


def _places(ways: EntryPoints) -> Iterator[Place]:
    """Yield each address by which the resource, or what stands behind it, is reached."""
    methods = dict.fromkeys(
        (*METHODS, *(m for policy in ways.policies for m in policy.methods if m not in {"*", "OPTIONS"}))
    )
    headers = dict.fromkeys(
        (*HEADERS, *(h for policy in ways.policies for h in policy.headers if "*" not in h))
    )
    everything = Policy("", (), tuple(methods))
    methods_at: dict[tuple[str, str], dict[str, None]] = {}
    entry = ways.state
    for way in (EntryPoints(entry, [entry], [everything]), replace(ways, policies=[everything])):
        for host, path, method, _ in way:
            methods_at.setdefault((host, path), {})[method] = None
    for (host, path), asked in methods_at.items():
        yield Place(host, path, tuple(asked), tuple(headers))


def _named_in(document: Document | None) -> set[str]:
    """Return the origins that a document names, and for each wildcard one that it covers."""
    origins = mentioned(document)
    for text in origins_in(document):
        if text == NULL:
            origins.add(NULL)
        elif is_everybody(text):
            origins.add(INSECURE_STRANGER if text.startswith("http://") else UNLISTED_ORIGIN)
        else:
            origin = sample(text if "://" in text else f"https://{text}")
            origins |= {origin} if origin is not None else set()
    return origins


def _asks(policy: Policy, ability: Ability) -> bool:
    """True if the plan asks for what the ability is."""
    if ability.credentials and not policy.credentials:
        return False
    if ability.act is Act.READ:
        return ability.header in policy.expose or "*" in policy.expose
    lists_method = ability.method in policy.methods or "*" in policy.methods
    if ability.act is Act.SEND:
        return ability.header in policy.headers or "*" in policy.headers
    return lists_method
