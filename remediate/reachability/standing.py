"""Find what is dangerous in the settings as the plan leaves them, though no plan asks for it. Pure.

What a setting names is only a suspicion: a finding is made where a page of such an origin really gets in.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from remediate.core.document import canonical
from remediate.core.finding import Finding
from remediate.core.guard_table import ANY_WITH_CREDENTIALS, OPENS_TO_ANY
from remediate.core.guards import UNLISTED_ORIGIN
from remediate.core.isolation import isolated
from remediate.core.origin_guards import guards_for_origin, is_everybody
from remediate.core.origins_in import origins_in
from remediate.core.plan import Change
from remediate.core.policy import Policy
from remediate.core.standing_rules import ANY_ORIGIN, ANY_ORIGIN_WITH_CREDENTIALS, UNSAFE_ORIGIN
from remediate.core.state import State
from remediate.core.wording import listing
from remediate.public_suffix import is_public_suffix
from remediate.reachability.abilities import Ability, Certainty
from remediate.reachability.access import sample
from remediate.reachability.widening import INSECURE_STRANGER, granted, words

SHOWN = 3
HINT = "Remove it by hand, use `mode: exact` on this target, or list the origin in the plan if it is wanted."

_SUSPICIOUS = re.compile(
    r"""\*|["']null["']|http://|request\.header\.origin|\$input|\$context""", re.IGNORECASE
)
"""What lets in more than origins by name: a wildcard, `null`, plain http, an echo of what was sent."""


def standing_dangers(
    states: Sequence[State], changes: Sequence[Change], policies: Mapping[str, Sequence[Policy]]
) -> Iterator[Finding]:
    """Yield a warning for each resource that lets in origins no plan asks for, after the changes.

    Only origins that are dangerous whoever they belong to: every origin, and those that anybody can have.
    """
    configs = {change.address: change.after for change in changes}
    current = [replace(state, config=configs.get(state.address, state.config)) for state in states]
    for state in current:
        if policies.get(state.address) and _SUSPICIOUS.search(canonical(state.config)):
            with isolated(state.address):
                yield from _dangers(current, state, policies)


def _dangers(
    states: Sequence[State], state: State, policies: Mapping[str, Sequence[Policy]]
) -> Iterator[Finding]:
    asked = policies[state.address]
    planned = {origin for policy in asked for origin in (*policy.origins, *policy.companions)}
    suspects = sorted(origins_in(state.config) - planned)
    if not any(is_everybody(origin) for origin in planned):
        for stranger in (UNLISTED_ORIGIN, INSECURE_STRANGER):
            by_ability = granted(states, state, policies, stranger)
            if by_ability:
                yield _any_origin(state, by_ability, [each for each in suspects if is_everybody(each)])
                return
    unsafe = [
        origin
        for origin in suspects
        if _is_unsafe(origin, asked) and granted(states, state, policies, sample(origin) or origin)
    ]
    if unsafe:
        yield UNSAFE_ORIGIN.finding(
            state.address,
            f"Its settings let in {listing(unsafe, SHOWN)}, which no plan lists; anybody can have a page of "
            "such an origin.",
            HINT,
        )


def _is_unsafe(origin: str, asked: Sequence[Policy]) -> bool:
    rules = {rule for policy in asked for rule in guards_for_origin(origin, policy, is_public_suffix)}
    return bool(rules - {OPENS_TO_ANY, ANY_WITH_CREDENTIALS})


def _any_origin(state: State, by_ability: Mapping[Ability, Certainty], named: Sequence[str]) -> Finding:
    rule = ANY_ORIGIN_WITH_CREDENTIALS if any(each.credentials for each in by_ability) else ANY_ORIGIN
    setting = f" They name {listing(named, SHOWN)}." if named else ""
    is_certain = Certainty.YES in by_ability.values()
    what = ", ".join(words(sorted(by_ability), ()))
    does = "let pages of every origin in" if is_certain else "answer preflights of pages of every origin"
    rest = "" if is_certain else " Whether a page reads the response is up to the backend."
    return rule.finding(
        state.address,
        f"Its settings {does}, and no plan asks for that: {what}.{setting}{rest}",
        HINT,
    )
