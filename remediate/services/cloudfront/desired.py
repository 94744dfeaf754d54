"""Tells what a distribution should be under a plan, and what CloudFront cannot express. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from remediate.core.common_rules import NO_MATCH
from remediate.core.finding import Finding
from remediate.core.policy import Policy
from remediate.core.state import State
from remediate.services.cloudfront.at_edge import by_edge, given_to_others, without_policy
from remediate.services.cloudfront.at_origin import by_origin
from remediate.services.cloudfront.distribution_draft import DistributionDraft
from remediate.services.cloudfront.documents import (
    RESPONSE_HEADERS,
    WRITTEN,
    behaviors,
    path_selects,
    pattern_of,
    selected,
    with_behaviors,
)
from remediate.services.cloudfront.edited_policies import tell
from remediate.services.cloudfront.facts import facts_of
from remediate.services.cloudfront.findings import concerns
from remediate.services.cloudfront.methods import LARGEST, allowed, allowing
from remediate.services.cloudfront.owned_policies import carried, held
from remediate.services.cloudfront.rules import LEFT_ALONE, METHOD_NOT_SUPPORTED, NO_SUCH_BEHAVIOR
from remediate.services.cloudfront.sections import edge_headers


def desired(
    state: State, policy: Policy, *, distributions: tuple[str, ...] = ()
) -> tuple[State, tuple[Finding, ...]]:
    """The state that the plan wants, and everything its author should know.

    Only the behaviors that the target's `paths` select are touched. Policies of this plan are
    left out first (see `DistributionDraft.without_ours`), so the result depends on the plan and on what
    others have set, never on what an earlier run of the plan brought.
    """
    del distributions  # nothing of the plan stands in front of a distribution
    config = state.config
    if config is None:
        return state, ()
    draft = DistributionDraft(state, policy)
    if facts_of(state).get("staging") or facts_of(state).get("tenant_only"):
        _leave_alone(draft)
        return state, tuple(draft.findings)
    paths = policy.options.get("paths")
    live = behaviors(config)
    _unknown_paths(draft, live, paths)
    after = [
        _fixed(draft, config, behavior) if _is_meant(policy, behavior) else behavior for behavior in live
    ]
    chosen = [behavior for behavior in after if _is_meant(policy, behavior)]
    concerns(draft, config, chosen)
    if after == live:
        return state, tuple(draft.findings)
    changed = with_behaviors(config, after)
    changed["policies"] = carried(changed, draft.known)
    return replace(state, config=changed), tuple(draft.findings)


def _is_meant(policy: Policy, behavior: dict[str, Any]) -> bool:
    """Return whether the target's `paths` mean the behavior, and no other target's whose part stays."""
    return selected(behavior, policy.options.get("paths")) and not any(
        selected(behavior, spare.get("paths")) for spare in policy.spares
    )


def _fixed(draft: DistributionDraft, config: Any, behavior: dict[str, Any]) -> dict[str, Any]:
    bare = draft.without_ours(behavior, sure=_as_it_says(draft, config, behavior))
    fixed = _answered(draft, config, bare, behavior)
    tell(draft, behavior, fixed or bare)
    if fixed is None:
        return _kept(behavior, bare)
    policy = draft.policy
    strange = [method for method in policy.methods if method not in {*LARGEST, "*"}]
    if strange:
        draft.note(
            METHOD_NOT_SUPPORTED,
            f"CloudFront lets no {', '.join(strange)} through; it knows {', '.join(sorted(LARGEST))}.",
            "Leave it out of `methods`.",
            "methods",
        )
    desired_methods = LARGEST if "*" in policy.methods else [m for m in policy.methods if m in LARGEST]
    methods = allowing(behavior, {*desired_methods, "OPTIONS"})
    if set(allowed({"AllowedMethods": methods})) != set(allowed(behavior)):
        fixed["AllowedMethods"] = methods
    return _kept(behavior, fixed)


def _answered(
    draft: DistributionDraft, config: Any, bare: dict[str, Any], behavior: dict[str, Any]
) -> dict[str, Any] | None:
    """The behavior with the plan's policies; None where it is best left bare.

    `behavior` is what is live: what a policy of this plan gives other plans there stays.
    """
    exact, edge = draft.policy.exact, draft.policy.options.get("answer") == "edge"
    shared = None if exact else given_to_others(draft, behavior)
    if draft.policy.origins and edge:
        return by_edge(draft, dict(bare), shared)
    left = None if exact else without_policy(draft, dict(bare), shared)
    if not draft.policy.origins:
        # Nobody is wanted any more: what we brought goes, and in exact mode what others added too.
        if draft.policy.exact:
            edge_headers(draft, bare)
        return left
    return by_origin(draft, config, left or dict(bare))


def _as_it_says(draft: DistributionDraft, config: Any, behavior: dict[str, Any]) -> bool:
    """Return whether an edited response headers policy is known to have stood in for what its comment says.

    It is where the plan, starting from that, comes to the very content that the policy's name was made
    of. Where the plan or that other policy changed since, it cannot be known.
    """
    edited = draft.edited(RESPONSE_HEADERS, behavior)
    if edited is None:
        return True
    trial = DistributionDraft(draft.state, draft.policy)
    fixed = _answered(trial, config, trial.without_ours(behavior), behavior) or {}
    made = trial.content(RESPONSE_HEADERS, fixed.get(RESPONSE_HEADERS.member))
    return made is not None and held(RESPONSE_HEADERS, str(edited["Name"]), made)


def _kept(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """`before` itself where nothing that is written differs."""
    return before if all(before.get(key) == after.get(key) for key in WRITTEN) else after


def _leave_alone(draft: DistributionDraft) -> None:
    # Said to who names it; another target's glob meets it by the way.
    naming = {selector.where for selector in draft.state.selected_by if not selector.is_glob}
    if draft.policy.at("target") not in naming:
        return
    if facts_of(draft.state).get("staging"):
        message = "This is a staging distribution of a continuous deployment; it is left alone."
        hint = "Name the primary distribution: promoting the staging one would overwrite it."
    else:
        message = "This distribution serves tenants, whose settings differ; it is left alone."
        hint = "Change its template, or set CORS at the origins."
    draft.note(LEFT_ALONE, message, hint)


def _unknown_paths(draft: DistributionDraft, live: list[dict[str, Any]], paths: Any) -> None:
    patterns = [pattern_of(behavior) for behavior in live]
    by_glob = any(selector.is_glob for selector in draft.state.selected_by)
    means = {path: any(path_selects(path, pattern) for pattern in patterns) for path in paths or ()}
    for path, matches in means.items():
        if not matches:
            draft.note(
                NO_SUCH_BEHAVIOR if by_glob or any(means.values()) else NO_MATCH,
                f"No behavior of this distribution has a path pattern that {path!r} means.",
                f"It has {', '.join(patterns)}; `paths` are compared with these, not with URLs.",
                "paths",
            )
