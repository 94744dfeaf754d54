"""The guards: what a plan does that a person must first agree to by name. Pure; `guard_table` lists them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from remediate.core.contest import ContestLimit
from remediate.core.finding import Finding, Level
from remediate.core.guard_table import (
    ANY_WITH_CREDENTIALS,
    COUNT,
    GUARDS,
    INSECURE_ORIGIN,
    MINIMUM,
    NULL_ORIGIN,
    OPENS_TO_ANY,
    REMOVES_ACCESS,
    REMOVES_ALL,
    SHARE,
    TOO_MANY_CHANGES,
    WIDENING_HINT,
    WIDENS_OTHERS,
)
from remediate.core.origin_guards import guards_for_origin, wildcard_suffix
from remediate.core.origins_in import origins_in
from remediate.core.plan import Access, Action, Change
from remediate.core.policy import Policy
from remediate.core.rules import Rule
from remediate.web.origin import pattern_matches

UNLISTED_ORIGIN = "https://any-other-origin.example"
"""Stands for everybody whom no setting names: sees what a wildcard opens."""

SHOWN = 5
ALLOWED = "allowed"


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules are what one plan file says about guards.

    A limit that is given alone counts alone; where neither is, both defaults hold together.
    """

    max_changes: int | None = None
    max_share: float | None = None
    """In percent of the resources looked at."""
    minimum: int = MINIMUM
    never: tuple[str, ...] = ()
    """Codes that `--allow` does not lift for this plan."""
    levels: Mapping[str, Level] = field(default_factory=dict)
    where: str = ""
    contested: ContestLimit = field(default_factory=ContestLimit)


@dataclass(frozen=True, slots=True)
class AccessChange:
    """A verdict that turns; `via` are the resources that answered, outermost first."""

    access: Access
    via: tuple[str, ...]
    credentials: bool = False
    """Whether it is the stranger's who sends cookies, whom the plan doesn't show its reader."""
    shown: Access | None = None
    """The verdicts with what stands before the CORS settings, None where these stay the same."""

    @property
    def verdicts(self) -> frozenset[str]:
        """Both of them."""
        return frozenset({self.access.before, self.access.after})

    @property
    def grants(self) -> bool:
        """Return whether the caller would newly be allowed for certain."""
        return self.access.after == ALLOWED != self.access.before

    @property
    def revokes(self) -> bool:
        """Return whether the caller is allowed for certain, and would not be."""
        return self.access.before == ALLOWED != self.access.after


@dataclass(frozen=True, slots=True)
class Gain:
    """What an origin that no plan names may do after a change and not before, at the change's address.

    `what` are its words, like `PUT` or `the header authorization`; `urls` is where; `access` the verdicts
    that change with it.
    """

    address: str
    origin: str
    what: tuple[str, ...]
    urls: tuple[str, ...]
    access: tuple[Access, ...] = ()


@dataclass(frozen=True, slots=True)
class GuardInput:
    """What is decided on: `policies` of every resource looked at, `rules` by the plan's name."""

    changes: Sequence[Change]
    policies: Mapping[str, Sequence[Policy]]
    access_changes: Sequence[AccessChange] = ()
    rules: Mapping[str, Rules] = field(default_factory=dict)
    expired: Mapping[str, Collection[str]] = field(default_factory=dict)
    """The origins that each plan lists with a date that has passed."""
    asker: str = "The plan asks for"
    """Who wants an origin, as its finding begins."""
    gains: Sequence[Gain] = ()
    """What the changes give to origins that no plan names."""

    def of(self, address: str) -> Sequence[Policy]:
        """Return what the plan files ask of the resource."""
        return self.policies.get(address, ())


def guards(case: GuardInput, is_public_suffix: Callable[[str], bool]) -> list[Finding]:
    """Every guard that the plan runs into, each with its default level; none without changes."""
    if not case.changes:
        return []
    asked = _Requested.of(case, is_public_suffix)
    return [
        *asked.findings(),
        *_opened(case, asked.addresses(OPENS_TO_ANY), OPENS_TO_ANY, credentials=False),
        *_opened(case, asked.addresses(ANY_WITH_CREDENTIALS), ANY_WITH_CREDENTIALS, credentials=True),
        *_widened(case),
        *_removed(case),
        *_emptied(case),
        *_too_many(case),
    ]


def newly_opened(case: GuardInput, is_public_suffix: Callable[[str], bool]) -> dict[str, tuple[Rule, ...]]:
    """Return what somebody else's changes newly open to everybody, as guards by address.

    For changes that no plan asks for: an origin counts that a setting newly names, whoever wants it.
    """
    opened: dict[str, dict[Rule, None]] = {}
    for change in case.changes:
        policies = case.of(change.address)
        asked = {origin for policy in policies for origin in policy.origins}
        for origin in sorted(origins_in(change.after) - origins_in(change.before) - asked):
            for policy in policies:
                run_into = guards_for_origin(origin, policy, is_public_suffix)
                opened.setdefault(change.address, {}).update(dict.fromkeys(run_into))
    for guard, credentials in ((OPENS_TO_ANY, False), (ANY_WITH_CREDENTIALS, True)):
        for finding in _opened(case, set(), guard, credentials=credentials):
            opened.setdefault(finding.address, {})[guard] = None
    return {address: tuple(run_into) for address, run_into in opened.items() if run_into}


def levelled(
    findings: Iterable[Finding], rules_for: Callable[[Finding], Iterable[Rules]]
) -> tuple[Finding, ...]:
    """The findings at the levels that the plan files concerned want; where they differ, the strictest."""
    order = list(Level)
    done = []
    for finding in findings:
        levels = [_level(finding, rules) for rules in rules_for(finding)]
        strictest = max(levels, key=order.index, default=finding.level)
        done.append(replace(finding, level=strictest) if finding.code in GUARDS else finding)
    return tuple(done)


def _level(finding: Finding, rules: Rules) -> Level:
    """Return what one plan file wants; a warning that must not be lifted is a refusal."""
    if finding.code in rules.never and finding.level is Level.WARN:
        return Level.REFUSE
    return rules.levels.get(finding.code, finding.level)


@dataclass(frozen=True, slots=True)
class _Requested:
    """What the plan asks for and a change would newly bring: (guard, origin, where) to addresses."""

    origins: Mapping[tuple[Rule, str, str], list[str]]
    asker: str

    @classmethod
    def of(cls, case: GuardInput, is_public_suffix: Callable[[str], bool]) -> _Requested:
        addresses_of: dict[tuple[Rule, str, str], list[str]] = {}
        for change in case.changes:
            fresh = origins_in(change.after) - origins_in(change.before)
            for policy in case.of(change.address):
                for origin in policy.origins:
                    if origin not in fresh:
                        continue
                    where = policy.at(f"origins/{origin}", "origins")
                    for guard in guards_for_origin(origin, policy, is_public_suffix):
                        addresses = addresses_of.setdefault((guard, origin, where), [])
                        if change.address not in addresses:
                            addresses.append(change.address)
        return cls(addresses_of, case.asker)

    def addresses(self, guard: Rule) -> set[str]:
        return {
            address
            for (candidate, _, _), addresses in self.origins.items()
            if candidate == guard
            for address in addresses
        }

    def findings(self) -> Iterator[Finding]:
        for (guard, origin, where), addresses in self.origins.items():
            yield _finding(guard, addresses[0], self._sentence(guard, origin) + _also(addresses[1:]), where)

    def _sentence(self, guard: Rule, origin: str) -> str:
        if guard == OPENS_TO_ANY:
            return f"{self.asker} {origin}: pages of every website would be allowed."
        if guard == ANY_WITH_CREDENTIALS:
            return f"{self.asker} {origin} with credentials: every website could call as its visitor."
        if guard == NULL_ORIGIN:
            return f"{self.asker} the origin null, which every website can have by a sandboxed frame."
        if guard == INSECURE_ORIGIN:
            return f"{self.asker} {origin}: without https, whoever is on the network between can speak as it."
        suffix = wildcard_suffix(origin)
        if not suffix:
            return f"The '*' in {origin} has nothing behind it, so anybody can have a name that it covers."
        return f"{self.asker} {origin}, and {suffix} is a public suffix: anybody can have a name there."


def _opened(
    case: GuardInput, already_named: set[str], guard: Rule, *, credentials: bool
) -> Iterator[Finding]:
    """A stranger that would newly pass, unless a finding names the plan's own wildcard already."""
    by_address: dict[str, list[Access]] = {}
    for access_change in case.access_changes:
        access = access_change.access
        if access.origin != UNLISTED_ORIGIN or access_change.credentials is not credentials:
            continue
        if not access_change.grants or already_named.intersection(access_change.via):
            continue
        by_address.setdefault(_changed(case, access_change)[0], []).append(access)
    how = " with the visitor's cookies" if credentials else ""
    for address, rows in by_address.items():
        message = f"A page of any website could newly call{how}: {_calls(rows)}."
        yield _finding(guard, address, message, _at(case, address))


def _widened(case: GuardInput) -> Iterator[Finding]:
    """Origins of others that a change gives more than they have: a finding for each resource."""
    by_address: dict[str, list[Gain]] = {}
    for gain in case.gains:
        by_address.setdefault(gain.address, []).append(gain)
    for address, gains in by_address.items():
        message = f"The change allows more to origins that no plan names: {gains_text(gains)}."
        yield replace(
            _finding(WIDENS_OTHERS, address, message, _at(case, address, "origins")), hint=WIDENING_HINT
        )


def gains_text(gains: Sequence[Gain]) -> str:
    """Return which origin may do what, and where: origins that may do the same share a part."""
    alike: dict[tuple[str, ...], list[Gain]] = {}
    for gain in gains:
        alike.setdefault(gain.what, []).append(gain)
    parts = []
    for what, several in alike.items():
        origins = dict.fromkeys(gain.origin for gain in several)
        names = [
            f"websites that no setting names ({origin})" if origin == UNLISTED_ORIGIN else origin
            for origin in origins
        ]
        urls = dict.fromkeys(url for gain in several for url in gain.urls)
        parts.append(f"{_first_few(names)}: {', '.join(what)} at {_first_few([*urls])}")
    return _first_few(parts, "; ")


def _removed(case: GuardInput) -> Iterator[Finding]:
    """Who works today and would not, where the plan is exact and has not given the origin up."""
    by_address: dict[str, list[Access]] = {}
    for access_change in case.access_changes:
        access = access_change.access
        if access_change.credentials or not access_change.revokes:
            continue
        exact = [
            address
            for address in _changed(case, access_change)
            if any(policy.exact for policy in case.of(address))
            and not _given_up(case, address, access.origin)
        ]
        if exact:
            by_address.setdefault(exact[0], []).append(access)
    for address, rows in by_address.items():
        origins = list(dict.fromkeys(row.origin for row in rows))
        named = [origin for origin in origins if origin != UNLISTED_ORIGIN]
        who = [_first_few(named)] if named else []
        who += ["pages of websites that no setting names"] if len(named) < len(origins) else []
        message = f"What works today would no longer, from {' and '.join(who)}: {_calls(rows)}."
        yield _finding(REMOVES_ACCESS, address, message, _at(case, address, "mode"))


def _emptied(case: GuardInput) -> Iterator[Finding]:
    """Resources that would allow nobody any more."""
    losing = {
        address
        for access_change in case.access_changes
        if access_change.revokes
        for address in access_change.via
    }
    for change in case.changes:
        before, address = origins_in(change.before), change.address
        expired = {origin for policy in case.of(address) for origin in case.expired.get(policy.plan, ())}
        # Who takes a target out of the plan means that what the plan brought there goes.
        expired |= {o for policy in case.of(address) if policy.given_up for o in policy.retired.origins}
        if before <= expired or origins_in(change.after):
            continue
        # A distribution whose origin answers from now on names no origin, and allows as many as before.
        if change.action is Action.DELETE or address in losing:
            message = f"{_first_few(sorted(before))} would be gone, and nobody would be allowed any more."
            yield _finding(REMOVES_ALL, address, message, _at(case, address, "origins"))


def _too_many(case: GuardInput) -> Iterator[Finding]:
    changed = {change.address for change in case.changes}
    for plan, rules in case.rules.items():
        looked = [
            address
            for address, policies in case.policies.items()
            if any(policy.plan == plan for policy in policies)
        ]
        count = len(changed.intersection(looked))
        neither = rules.max_changes is None and rules.max_share is None
        most = COUNT if neither else rules.max_changes
        share = SHARE if neither else rules.max_share
        if not count or len(looked) < rules.minimum or (most is not None and count <= most):
            continue
        if share is not None and count * 100 <= share * len(looked):
            continue
        limits = [f"{most}"] if most is not None else []
        limits += [f"{share:g} %"] if share is not None else []
        yield _finding(
            TOO_MANY_CHANGES,
            "",
            f"{count} of {len(looked)} resources ({count * 100 / len(looked):.0f} %) of the plan {plan} "
            f"would change; the limit is {' and '.join(limits)}.",
            rules.where,
        )


def _changed(case: GuardInput, access_change: AccessChange) -> list[str]:
    """The changed resources on the way; the outermost one on it where none is (then it is a neighbour's)."""
    changed = {change.address for change in case.changes}
    on_the_way = [address for address in access_change.via if address in changed]
    return on_the_way or [*access_change.via[:1], ""][:1]


def _given_up(case: GuardInput, address: str, origin: str) -> bool:
    return any(
        pattern_matches(retired, origin) for policy in case.of(address) for retired in policy.retired.origins
    )


def _at(case: GuardInput, address: str, *keys: str) -> str:
    policies = sorted(case.of(address), key=lambda policy: not policy.exact)
    return policies[0].at(*keys) if policies else ""


def _finding(guard: Rule, address: str, message: str, where: str) -> Finding:
    hint = f"{guard.fix} To agree to it: `--allow {guard.code}`."
    return guard.finding(address, message, hint, where)


def _calls(rows: Sequence[Access]) -> str:
    methods: dict[str, list[str]] = {}
    for row in rows:
        listed = methods.setdefault(row.to, [])
        if row.method not in listed:
            listed.append(row.method)
    return _first_few([f"{', '.join(names)} {to}" for to, names in methods.items()], "; ")


def _also(addresses: Sequence[str]) -> str:
    return f" (Also {_first_few(addresses)}.)" if addresses else ""


def _first_few(words: Sequence[str], between: str = ", ") -> str:
    more = f" and {len(words) - SHOWN} more" if len(words) > SHOWN else ""
    return between.join(words[:SHOWN]) + more
