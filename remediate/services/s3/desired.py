"""Puts a policy's rule into a bucket's list of rules, where its ID marks it as ours.

Where rules that no plan made answer alike already, nothing is put there.
Merge: everybody else's rules keep their content and their order; ours is changed in place, put
before a rule that would shadow it, or appended, so that nobody is answered less than before.
Exact: only ours remains.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from remediate.core.common_rules import DEAD_ORIGIN
from remediate.core.document import digest
from remediate.core.finding import Finding
from remediate.services.s3.facts import facts_of
from remediate.services.s3.limits import broken
from remediate.services.s3.rule import Rule, covers, meaning, name, overlap, rules, values
from remediate.services.s3.rule_for_policy import PREFIX, DesiredRule, rule_id
from remediate.services.s3.rules import (
    NO_VARY_WITHOUT_MATCH,
    OTHER_REGION,
    RETIRED_ORIGIN_IN_FOREIGN_RULE,
    SHADOWED_BY_FOREIGN_RULE,
)
from remediate.web.origin import ANY, never_sent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from remediate.core.document import Document
    from remediate.core.policy import Policy
    from remediate.core.state import State

MOST_NAMED = 8


def desired(
    state: State, policy: Policy, *, distributions: tuple[str, ...] = ()
) -> tuple[State, tuple[Finding, ...]]:
    """The bucket as it should be, and what a reader should know about it.

    Several targets of one plan may mean the same bucket: each gets a rule of its own, the second
    with `#2` after its ID.
    """
    desired_rule = DesiredRule(policy, state.address)
    findings = _about_place(state, policy, distributions) + desired_rule.findings
    if desired_rule.rule is None and policy.origins:
        return state, tuple(findings)

    before = rules(state.config)
    claims, own = _claim(state, policy, desired_rule.rule)
    if own is not None and desired_rule.rule is not None and _is_answered(before, desired_rule.rule, policy):
        own = None
    mine = [f"{rule_id(policy.plan)}{_suffix(at)}" for at in range(len(claims))]
    staying = [rule for rule in before if not is_ours(rule, *policy.names) or rule.get("ID") in mine]
    if policy.exact:
        staying = [rule for rule in staying if rule.get("ID") in mine]
    else:
        findings += _retired(state, policy, staying)
        findings += _unsent(state, policy, staying)
    after = staying
    if desired_rule.rule is not None and own is not None:
        places = [at for at, rule in enumerate(staying) if rule.get("ID") == mine[own]]
        rest = [rule for at, rule in enumerate(staying) if at not in places]
        live = staying[places[0]] if places else None
        place = places[0] if places else _former_place(before, staying, policy)
        after = _put(rest, {"ID": mine[own], **desired_rule.rule}, live, place, policy)

    if limit := broken(after):
        guard, message = limit
        hint = "Remove rules that nobody needs, or shorten the plan's lists. The bucket stays as it is."
        findings.append(guard.finding(state.address, message, hint, policy.at("origins")))
        return state, tuple(findings)
    if desired_rule.rule is not None and own is not None:
        findings += _shadows(state, policy, after, mine[own])

    facts = facts_of(state)
    if claims:
        facts = {**facts, "claims": {**facts.get("claims", {}), policy.plan: claims}}
    config = state.config
    if list(before) != after:
        config = {**(state.config or {}), "CORSRules": after} if after else None
    return replace(state, config=config, facts=facts), tuple(findings)


def _claim(state: State, policy: Policy, desired_rule: Rule | None) -> tuple[list[str], int | None]:
    """Return the plan's desired rules in this bucket with this one among them, and its place there."""
    claims: list[str] = list(facts_of(state).get("claims", {}).get(policy.plan, ()))
    if desired_rule is None:
        return claims, None
    mark = digest(desired_rule)
    if mark not in claims:
        claims.append(mark)
    return claims, claims.index(mark)


def _is_answered(before: Sequence[Rule], desired_rule: Rule, policy: Policy) -> bool:
    """Return whether rules that no plan made answer already as the desired rule would.

    A plan with a rule of its own in the bucket keeps it, so that the plan still knows what it brought; and a
    rule of another plan does not count, because it goes with that plan.
    """
    if policy.exact or any(is_ours(rule, *policy.names) for rule in before):
        return False
    foreign = [rule for rule in before if not str(rule.get("ID") or "").startswith(PREFIX)]
    return len(foreign) == len(before) and all(
        _answers_alike(before, desired_rule, origin, method, policy)
        for origin in values(desired_rule, "AllowedOrigins")
        for method in values(desired_rule, "AllowedMethods")
    )


def _answers_alike(
    before: Sequence[Rule], desired_rule: Rule, origin: str, method: str, policy: Policy
) -> bool:
    """Return whether the rules answer for one origin and method as the desired rule would.

    Which rule decides depends on the headers that a preflight asks for, so every rule that may decide must
    give what is desired, up to the first that takes all of the desired headers.
    """
    asked = {**desired_rule, "AllowedOrigins": [origin], "AllowedMethods": [method]}
    for rule in before:
        if not _meet(asked, rule):
            continue
        entries = values(rule, "AllowedOrigins")
        if _lacks(asked, rule, policy) or (ANY in entries and len(entries) > 1):
            return False
        if policy.max_age is not None and rule.get("MaxAgeSeconds") != policy.max_age:
            return False
        allowed = [entry.lower() for entry in values(rule, "AllowedHeaders")]
        if any(covers(entry, origin) for entry in entries) and all(
            any(covers(entry, header.lower()) for entry in allowed)
            for header in values(desired_rule, "AllowedHeaders")
        ):
            return True
    return False


def _suffix(at: int) -> str:
    return f"#{at + 1}" if at else ""


def is_ours(rule: Rule, *names: str) -> bool:
    """Return whether the rule's ID is that of a plan of one of these names."""
    identifier = re.sub(r"#\d+$", "", str(rule.get("ID") or ""))
    return any(identifier == rule_id(name) for name in names)


def plan_marks(config: Document | None) -> frozenset[str]:
    """The plans whose rules the bucket has, each as `mark_of` spells it."""
    names = (re.sub(r"#\d+$", "", str(rule.get("ID") or "")) for rule in rules(config))
    return frozenset(name.removeprefix(PREFIX) for name in names if name.startswith(PREFIX))


def mark_of(plan: str) -> str:
    """Return what of a rule's ID tells the plan."""
    return rule_id(plan).removeprefix(PREFIX)


def _former_place(before: Sequence[Rule], staying: Sequence[Rule], policy: Policy) -> int:
    """Return where a new rule goes: the place of one under an earlier name of the plan, else the end."""
    for at, rule in enumerate(before):
        if is_ours(rule, *policy.formerly):
            return sum(1 for earlier in before[:at] if earlier in staying)
    return len(staying)


def _put(
    rest: Sequence[Rule], ours: dict[str, Any], live: Rule | None, place: int, policy: Policy
) -> list[Rule]:
    """`rest` with our rule among them, where it neither is shadowed nor shadows, if there is such a place.

    `place` is where our rule stands, or would be appended. The first rule that matches decides, so
    ours goes before a rule that would answer for it and answer less, but never before one that
    answers more.
    """
    shadowing = [at for at, rule in enumerate(rest) if _lacks(ours, rule, policy)]
    ahead = shadowing[0] if shadowing else place
    if ahead < place and not _harms(ours, rest[ahead:]):
        place = ahead
    elif (
        live is not None
        and meaning(live) != meaning(ours)
        and _widens(live, ours)
        and _harms(ours, rest[place:])
    ):
        place = len(rest)
    same = live is not None and meaning(live) == meaning(ours)
    return [*rest[:place], live if live is not None and same else ours, *rest[place:]]


def _widens(old: Rule, new: Rule) -> bool:
    """Return whether the new rule may match a request that the old one left to later rules."""
    members = ("AllowedOrigins", "AllowedMethods", "AllowedHeaders")
    return any(not set(values(new, member)) <= set(values(old, member)) for member in members)


def _meet(rule: Rule, second: Rule) -> bool:
    """Return whether one request could match both rules."""
    methods = set(values(rule, "AllowedMethods")) & set(values(second, "AllowedMethods"))
    return bool(methods) and any(
        overlap(origin, second_origin)
        for origin in values(rule, "AllowedOrigins")
        for second_origin in values(second, "AllowedOrigins")
    )


def _harms(ours: Rule, later: Sequence[Rule]) -> bool:
    """Return whether ours, standing before these rules, would answer less than one of them does."""
    exposed = {header.lower() for header in values(ours, "ExposeHeaders")}
    anybody = ANY in values(ours, "AllowedOrigins")
    return any(
        _meet(ours, rule)
        and (
            not {header.lower() for header in values(rule, "ExposeHeaders")} <= exposed
            or (anybody and ANY not in values(rule, "AllowedOrigins"))
        )
        for rule in later
    )


def _lacks(ours: Rule, rule: Rule, policy: Policy) -> list[str]:
    """Return what the plan wants and this rule, where it answers before ours, does not give.

    The request itself names no headers for S3 to test, so any rule with its origin and method
    decides what the script may read, whatever headers that rule allows.
    """
    if not _meet(ours, rule):
        return []
    lacks = []
    if policy.credentials and ANY in values(rule, "AllowedOrigins"):
        lacks.append("never allows credentials, because it lists '*'")
    exposed = {header.lower() for header in values(rule, "ExposeHeaders")}
    hidden = [header for header in values(ours, "ExposeHeaders") if header.lower() not in exposed]
    if hidden:
        lacks.append(f"does not expose {', '.join(hidden)}")
    return lacks


def _shadows(state: State, policy: Policy, after: Sequence[Rule], own: str) -> list[Finding]:
    """Rules, of others or of the plan itself, that answer before ours does and less than the target wants."""
    at = next(at for at, rule in enumerate(after) if rule.get("ID") == own)
    ours, findings = after[at], []
    for number, rule in enumerate(after[:at], start=1):
        lacks = _lacks(ours, rule, policy)
        if lacks:
            methods = [
                method
                for method in values(rule, "AllowedMethods")
                if method in values(ours, "AllowedMethods")
            ]
            findings.append(
                SHADOWED_BY_FOREIGN_RULE.finding(
                    state.address,
                    f"S3 answers with the first rule that matches, and {name(rule, number)} stands before "
                    f"ours: for {', '.join(methods)} it decides for origins that the plan lists too, and it "
                    f"{' and '.join(lacks)}. Ours cannot go first without taking something from others.",
                    "Give that rule what it lacks, or remove it, or own the whole list with mode: exact.",
                    policy.at("credentials" if policy.credentials else "expose", "origins"),
                )
            )
    return findings


def _retired(state: State, policy: Policy, staying: Sequence[Rule]) -> list[Finding]:
    """Origins that the plan gave up and somebody else's rule still lets in."""
    gone = set(policy.retired.origins) - set(policy.origins)
    findings = []
    for number, rule in enumerate(staying, start=1):
        still = (
            [] if is_ours(rule, *policy.names) else [o for o in values(rule, "AllowedOrigins") if o in gone]
        )
        if still:
            findings.append(
                RETIRED_ORIGIN_IN_FOREIGN_RULE.finding(
                    state.address,
                    f"The plan no longer lists {', '.join(still)}, but {name(rule, number)} still lets it "
                    "in. That rule is not this plan's, so it stays.",
                    "Ask whose rule it is and remove the origin there.",
                    policy.at("origins"),
                )
            )
    return findings


def _unsent(state: State, policy: Policy, staying: Sequence[Rule]) -> list[Finding]:
    """Return what others' rules list and no browser sends as an origin."""
    reasons = [
        f"{name(rule, number)}: {reason}"
        for number, rule in enumerate(staying, start=1)
        if not is_ours(rule, *policy.names)
        for origin in values(rule, "AllowedOrigins")
        if (reason := _never_sent(origin))
    ]
    if not reasons:
        return []
    shown = "; ".join(reasons[:MOST_NAMED])
    more = f"; and {len(reasons) - MOST_NAMED} more" if len(reasons) > MOST_NAMED else ""
    return [
        DEAD_ORIGIN.finding(
            state.address,
            f"These values stand where an origin should, and let nobody in: {shown}{more}.",
            "The rules are not this plan's, so they stay. Correct them where they are made.",
            policy.at("origins"),
        )
    ]


def _never_sent(origin: str) -> str:
    """Why the value matches no origin. Of a pattern that is sure only where its text is in no origin."""
    if ANY not in origin:
        return never_sent(origin)
    if origin.endswith("/"):
        return f"{origin!r} has a trailing slash, and an origin has none"
    return f"{origin!r} has capital letters, and an origin has none" if origin != origin.lower() else ""


def _about_place(state: State, policy: Policy, distributions: tuple[str, ...]) -> list[Finding]:
    """Return what depends on where the bucket is and what stands before it."""
    findings = []
    expected = facts_of(state).get("expected_region")
    if expected:
        findings.append(
            OTHER_REGION.finding(
                state.address,
                f"The bucket is in {state.region}, not in {expected} where the plan expects it; it is read "
                f"and written there.",
                f"Set `region: {state.region}` for this target, and let browsers use the host name with that "
                "region in it, because a redirected preflight fails.",
                policy.at("region"),
            )
        )
    if distributions:
        findings.append(
            NO_VARY_WITHOUT_MATCH.finding(
                state.address,
                "S3 sends no Vary: Origin with answers that no rule matched, so "
                f"{', '.join(distributions)} in front of it must have Origin in its cache key: else an "
                "answer without CORS headers is kept for everybody.",
                "Nothing to do, as long as the plan's `paths` for it cover the behaviors that lead here.",
                policy.at("origins"),
            )
        )
    return findings
