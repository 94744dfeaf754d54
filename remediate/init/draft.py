"""Draft a plan file of resources as they are, and keep in it only what changes nothing. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from remediate.core.finding import Finding, Topic
from remediate.core.guards import UNLISTED_ORIGIN
from remediate.core.live_access import LiveAccess
from remediate.core.plan import Change
from remediate.core.policy import Option, Selector
from remediate.core.snapshot import Snapshot
from remediate.core.state import State
from remediate.engine.compare import compare, policies_for
from remediate.errors import PlanFileError
from remediate.init.grouping import Member
from remediate.init.written import Expected, written_plan
from remediate.planfile import Expectation, ExpectedVerdict, PlanFile, check, digest_of
from remediate.planfile.files import Text
from remediate.planfile.origins import read_origin
from remediate.planfile.schema.fields import LONGEST_AGE, METHODS
from remediate.reachability.chain import Chain
from remediate.reachability.expect import request_of, with_samples
from remediate.services import service
from remediate.web.evaluate import Decision
from remediate.web.origin import OriginError, is_null

Options = Mapping[str, Mapping[str, Option]]
MOST_EXPECTED = 50
"""Origins that get a proof in one plan; each costs an evaluation of the chain."""
_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


@dataclass(frozen=True, slots=True)
class DraftTarget:
    """One target: the part of a resource that it repeats, and whether it changes nothing.

    `omitted` are live values that a plan file cannot hold; `changes` is what a plan would change with it.
    """

    member: Member
    access: LiveAccess
    omitted: tuple[str, ...] = ()
    is_active: bool = True
    changes: tuple[str, ...] = ()

    @property
    def state(self) -> State:
        """The resource."""
        return self.member.state


@dataclass(frozen=True, slots=True)
class Draft:
    """A plan file's text, its targets, and what a reader must know besides."""

    name: str
    text: str
    origins: tuple[str, ...]
    targets: tuple[DraftTarget, ...]
    file: PlanFile | None
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Drafter:
    """What all drafts of one run have in common."""

    account: str
    region: str
    options: Options
    now: datetime
    notes: Mapping[str, str] = field(default_factory=dict)
    """By address, what a comment says of the resource: which tool manages it."""
    with_fixes: bool = False

    def draft(self, name: str, members: Sequence[Member]) -> Draft:
        """Return the plan of these resources; `file` is None where every target would change something."""
        targets = [target for member in members for target in _targets(member, members)]
        targets = [self._judged(name, target) for target in targets]
        targets = self._settled(name, targets)
        live = [target for target in targets if target.is_active or self.with_fixes]
        if not live:
            return Draft(name, "", (), tuple(targets), None)
        file = self._loaded(name, targets)
        expected = _expected(file, [target.state for target in live]) if file else []
        text = self._text(name, targets, expected)
        file = check(Path(f"{name}.yaml"), _as_text(text), self.options, now=self.now)
        findings = compare(meant([target.state for target in live], file), file.targets).findings
        todo = tuple(finding for finding in findings if finding.topic is Topic.TODO)
        return Draft(name, text, common_origins(live), tuple(targets), file, todo)

    def _judged(self, name: str, target: DraftTarget) -> DraftTarget:
        """Return the target, with credentials left out where only so it changes nothing, or inactive."""
        changes: tuple[Change, ...] | None = None
        for access in (target.access, replace(target.access, credentials=False)):
            tried = replace(target, access=access)
            file = self._loaded(name, [tried])
            if file is None:
                break
            found = compare(meant([target.state], file), file.targets).changes
            if not found:
                return tried
            changes = changes or found
        if changes is None:
            return replace(target, is_active=False, changes=("A plan file cannot hold these settings.",))
        return replace(target, is_active=False, changes=changes[0].summary)

    def _settled(self, name: str, targets: list[DraftTarget]) -> list[DraftTarget]:
        """Return the targets, without those that change something only together with others."""
        while any(target.is_active for target in targets):
            file = self._loaded(name, [target for target in targets if target.is_active])
            if file is None:
                break
            states = [target.state for target in targets if target.is_active]
            changes = {
                change.address: change for change in compare(meant(states, file), file.targets).changes
            }
            if not changes:
                break
            targets = [
                replace(target, is_active=False, changes=changes[target.state.address].summary)
                if target.is_active and target.state.address in changes
                else target
                for target in targets
            ]
        return targets

    def _loaded(self, name: str, targets: Sequence[DraftTarget]) -> PlanFile | None:
        try:
            text = _as_text(self._text(name, targets, ()))
            return check(Path(f"{name}.yaml"), text, self.options, now=self.now)
        except PlanFileError:
            return None

    def _text(self, name: str, targets: Sequence[DraftTarget], expected: Sequence[Expected]) -> str:
        live = [target for target in targets if target.is_active or self.with_fixes]
        return written_plan(
            name,
            account=self.account,
            region=self.region,
            origins=common_origins(live),
            targets=targets,
            expected=expected,
            notes=self.notes,
            with_fixes=self.with_fixes,
        )


def _as_text(text: str) -> Text:
    return Text(text, digest_of(text.encode()))


def common_origins(targets: Sequence[DraftTarget]) -> tuple[str, ...]:
    """Return the origins of the file: those of its targets where all have the same, else none."""
    first = targets[0].access.origins if targets else ()
    return first if all(set(target.access.origins) == set(first) for target in targets) else ()


def meant(states: Sequence[State], file: PlanFile) -> Snapshot:
    """Return the states that the file's targets mean, as a reading of these targets would give them."""
    unique = {state.address: state for state in states}
    selected = (replace(state, selected_by=tuple(_selecting(file, state))) for state in unique.values())
    return Snapshot.of(state for state in selected if policies_for(state, file.targets))


def _selecting(file: PlanFile, state: State) -> Iterator[Selector]:
    for target in file.targets:
        selector = target.selector
        is_here = not service(state.service).REGIONAL or selector.region in {None, state.region}
        if selector.service == state.service and selector.matches(*state.names) and is_here:
            yield selector


def _targets(member: Member, members: Sequence[Member]) -> Iterator[DraftTarget]:
    """Yield a target for each part that lets somebody in; for a distribution that only forwards, one."""
    parts = [*service(member.state.service).live_access(member.state)]
    if not parts and member.state.upstreams:
        parts = [*_forwarded(member, members)]
    seen: list[tuple[Any, ...]] = []
    for part in parts:
        access, omitted = _cleaned(part)
        key = (sorted(access.origins), replace(access, source="", origins=()))
        if access.origins and access.methods and key not in seen:
            seen.append(key)
            yield DraftTarget(member, access, omitted)


def _forwarded(member: Member, members: Sequence[Member]) -> Iterator[LiveAccess]:
    """Yield what the resources behind a distribution let in: so much it must forward."""
    behind = [
        _cleaned(part)[0]
        for other in members
        if {upstream.partition("/")[0] for upstream in member.state.upstreams} & {*other.state.hosts}
        for part in service(other.state.service).live_access(other.state)
    ]
    if behind:
        yield LiveAccess(
            source="origins behind it",
            origins=_once(origin for access in behind for origin in access.origins),
            methods=_once(method for access in behind for method in access.methods),
            headers=_once(header for access in behind for header in access.headers),
            options={"answer": "origin"},
        )


def _cleaned(access: LiveAccess) -> tuple[LiveAccess, tuple[str, ...]]:
    """Return the part without values that a plan file cannot hold, and these values."""
    origins = [origin for origin in access.origins if _is_writable(origin)]
    methods = [method for method in access.methods if method in (*METHODS, "*")]
    headers = [name.lower() for name in access.headers if _HEADER.fullmatch(name)]
    expose = [name.lower() for name in access.expose if _HEADER.fullmatch(name)]
    age = access.max_age if access.max_age is not None and 0 <= access.max_age <= LONGEST_AGE else None
    omitted = [origin for origin in access.origins if origin not in origins]
    omitted += [method for method in access.methods if method not in methods]
    omitted += [name for name in (*access.headers, *access.expose) if not _HEADER.fullmatch(name)]
    omitted += [f"max-age {access.max_age}"] if access.max_age is not None and age is None else []
    return (
        replace(
            access,
            origins=_once(origins),
            methods=_once(methods),
            headers=_once(headers),
            expose=_once(expose),
            credentials=access.credentials and "*" not in origins,
            max_age=age,
        ),
        tuple(omitted),
    )


def _is_writable(origin: str) -> bool:
    """Return whether a plan file would hold the origin as it is spelled; `null` would be refused there."""
    if is_null(origin):
        return False
    try:
        return read_origin(origin).text == origin
    except OriginError:
        return False


def _once(values: Any) -> tuple[str, ...]:
    return tuple(dict.fromkeys(values))


def _expected(file: PlanFile, states: Sequence[State]) -> list[Expected]:
    """Return a proof for each origin that works today, and one for a stranger who is blocked.

    They are judged on what the plan's own targets mean, as `plan` judges them.
    """
    seen = meant(states, file)
    chain = Chain(seen.states)
    proofs: dict[str, Expected] = {}
    for target in file.targets:
        for state in seen.states:
            if target.selector not in state.selected_by or not state.entry_host or "*" in state.entry_host:
                continue
            for path, method in service(state.service).sample_requests(state, target.policy.methods):
                url = f"https://{state.entry_host}{with_samples(path)}"
                usable = method in METHODS and method in {*target.policy.methods, "GET"}
                for origin in target.policy.origins if usable else ():
                    if "*" in origin or origin in proofs or len(proofs) >= MOST_EXPECTED:
                        continue
                    expected = Expected(origin, url, method, "allowed")
                    if _holds(chain, expected):
                        proofs[origin] = expected
    allowed = list(proofs.values())
    stranger = (replace(proof, origin=UNLISTED_ORIGIN, verdict="blocked") for proof in allowed)
    blocked = next((proof for proof in stranger if _holds(chain, proof)), None)
    return [*allowed, *([blocked] if blocked else [])]


def _holds(chain: Chain, expected: Expected) -> bool:
    verdict = ExpectedVerdict(expected.verdict)
    try:
        request = request_of(Expectation(expected.origin, expected.url, verdict, expected.method))
    except OriginError:
        return False
    outcome = chain.evaluate(request).outcome
    return outcome is (Decision.ALLOWED if expected.verdict == "allowed" else Decision.BLOCKED)
