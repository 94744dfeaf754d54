"""Merges a policy into an API's CORS settings, or puts it in their place.

An HTTP API has one list of origins, one of methods and so on: what one origin may do, all may.
Merge is the union, exact is equality; without an origin left the settings are deleted.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from remediate.core.common_rules import DEAD_ORIGIN, MIXED_WILDCARD, UNLISTED_ORIGINS_STAY
from remediate.services.http_api.cors import (
    ANY,
    CREDENTIALS,
    EXPOSE,
    HEADERS,
    LISTS,
    MAX_AGE,
    METHODS,
    ORIGINS,
    SCHEME_WILDCARDS,
    Cors,
    configured,
    meaning,
    tidy,
    values,
)
from remediate.services.http_api.desired_cors import DesiredCors
from remediate.services.http_api.facts import StageFacts, facts_of
from remediate.services.http_api.routes import guarded_preflights
from remediate.services.http_api.rules import (
    BACKEND_CORS_IGNORED,
    MAX_AGE_KEPT,
    NOT_LOOKED_AT,
    ORIGINS_GAIN_MORE,
    OTHER_ORIGINS_GAIN,
    PREFLIGHT_BEHIND_AUTHORIZER,
    STAGE_NEEDS_DEPLOYMENT,
)
from remediate.web.origin import never_sent

if TYPE_CHECKING:
    from collections.abc import Iterable

    from remediate.core.finding import Finding
    from remediate.core.policy import Policy
    from remediate.core.state import State


def desired(
    state: State,
    policy: Policy,
    *,
    distributions: tuple[str, ...] = (),  # noqa: ARG001  # nothing of it depends on what stands in front
) -> tuple[State, tuple[Finding, ...]]:
    """The API as it should be, and what a reader should know about it."""
    desired_cors = DesiredCors(policy, state.address)
    if desired_cors.impossible:
        return state, tuple(desired_cors.findings)
    live = configured(state.config)
    if policy.exact:
        after = _exact(desired_cors)
    else:
        after = _merged(live or {}, desired_cors)
        if live is not None and not values(live, ORIGINS) and not desired_cors.origins:
            after = live  # it lets nobody in, and nobody asks: nothing to decide
    if live is not None and after is not None and meaning(live) == meaning(after):
        after = live
    changed = after is not live and not (after is None and live is None)
    if changed and live and after and not policy.exact:
        _sharing(live, after, desired_cors)
    if not policy.exact:
        _staying(after, desired_cors)
        _unsent(after, desired_cors)
    _surroundings(state, after, desired_cors, changed=changed)
    if not changed:
        return state, tuple(desired_cors.findings)
    config = None if after is None else {**(state.config or {}), "CorsConfiguration": after}
    return replace(state, config=config), tuple(desired_cors.findings)


def _exact(desired_cors: DesiredCors) -> Cors | None:
    if not desired_cors.origins:
        return None
    if ANY in desired_cors.origins and len(desired_cors.origins) > 1:
        _mixed(desired_cors)
    return tidy(
        {
            CREDENTIALS: desired_cors.credentials,
            HEADERS: desired_cors.headers,
            METHODS: desired_cors.methods,
            ORIGINS: desired_cors.origins,
            EXPOSE: desired_cors.expose,
            MAX_AGE: desired_cors.max_age,
        }
    )


def _merged(live: Cors, desired_cors: DesiredCors) -> Cors | None:
    """The union, less what this plan brought earlier and gave up."""
    policy = desired_cors.policy
    origins = _without(values(live, ORIGINS), policy.retired.origins, policy.origins)
    credentials = bool(live.get(CREDENTIALS))
    added = list(desired_cors.origins)
    if added and desired_cors.credentials and not credentials:
        theirs = [
            origin
            for origin in (ANY, *SCHEME_WILDCARDS)
            if origin in origins and origin not in policy.origins
        ]
        if theirs:
            # Everybody on the web would gain cookies, which nobody asked for (and '*' AWS refuses).
            desired_cors.credentials_need_names(f"{theirs[0]}, which the API has already", "credentials")
        else:
            credentials = True
    if credentials and ANY in added:
        if not desired_cors.credentials:
            desired_cors.credentials_need_names("*, and others rely on its credentials", f"origins/{ANY}")
        added.remove(ANY)
    origins = _union(origins, added, () if credentials else (ANY,))
    if not origins:
        return None
    if ANY in origins and len(origins) > 1 and ANY in added:
        _mixed(desired_cors)

    # '*' covers every name, but not where credentials are sent, and never Authorization (Fetch
    # standard, "CORS non-wildcard request-header name").
    wildcard = () if credentials else (ANY,)
    lists = {ORIGINS: origins}
    for member, retired, listed, keep in (
        (METHODS, policy.retired.methods, desired_cors.methods, ()),
        (HEADERS, policy.retired.headers, desired_cors.headers, ("authorization",)),
        (EXPOSE, policy.retired.expose, desired_cors.expose, ()),
    ):
        live_values = _without(values(live, member), retired, listed)
        lists[member] = _union(live_values, listed if added else [], wildcard, keep)
    age = live.get(MAX_AGE) or (desired_cors.max_age if added else 0)
    if live.get(MAX_AGE) and policy.max_age is not None and live[MAX_AGE] != desired_cors.max_age:
        desired_cors.say(
            MAX_AGE_KEPT,
            f"The API lets browsers keep a preflight for {live[MAX_AGE]} seconds, the plan asks for "
            f"{desired_cors.max_age}; in merge mode what is there stays.",
            "Use mode: exact for this target, or write the same number.",
            "max_age",
        )
    # Members keep their place and, where nothing was added or taken, their spelling.
    merged: dict[str, Any] = {**live, **lists, CREDENTIALS: credentials, MAX_AGE: age}
    return tidy(merged)


def _without(live: list[str], retired: Iterable[str], listed: Iterable[str]) -> list[str]:
    gone = {value.lower() for value in retired} - {value.lower() for value in listed}
    return [value for value in live if value.lower() not in gone]


def _union(
    live: list[str], listed: Iterable[str], wildcards: tuple[str, ...], never_covered: tuple[str, ...] = ()
) -> list[str]:
    """Return `live`, then the listed values that it neither has nor covers by a wildcard."""
    present = {value.lower() for value in live}
    covered = any(wildcard in present for wildcard in wildcards)
    more = [value for value in listed if value.lower() not in present]
    return live + [value for value in more if not covered or value.lower() in never_covered]


def _mixed(desired_cors: DesiredCors) -> None:
    desired_cors.say(
        MIXED_WILDCARD,
        "The API will list '*' beside other origins; '*' lets everybody in, the others change nothing.",
        "Remove '*' from the plan if not everybody is meant.",
        f"origins/{ANY}",
        "origins",
    )


def _staying(after: Cors | None, desired_cors: DesiredCors) -> None:
    """Settings do not tell who brought an origin; one that the journal does not know stays."""
    listed = [origin for origin in values(after, ORIGINS) if not _never_sent(origin)]
    staying = desired_cors.policy.unlisted(listed)
    if staying:
        desired_cors.say(
            UNLISTED_ORIGINS_STAY,
            "The API lets in origins that the plan does not list, and nothing tells that the plan brought "
            f"them, so they stay: {_few(staying)}.",
            "List those that are wanted. To take the others away, use mode: exact, or remove them by hand.",
            "origins",
        )


def _unsent(after: Cors | None, desired_cors: DesiredCors) -> None:
    """Entries that no browser sends: they hold no place in a list, so they stay and are named."""
    reasons = [reason for origin in values(after, ORIGINS) if (reason := _never_sent(origin))]
    if reasons:
        desired_cors.say(
            DEAD_ORIGIN,
            f"These values stand where an origin should, and let nobody in: {_few(reasons)}.",
            "They are not this plan's, so they stay. Correct them where they are made, or use mode: exact.",
            "origins",
        )


def _never_sent(origin: str) -> str:
    """Return why no browser sends the entry; AWS compares whatever the case."""
    return "" if origin.lower() in SCHEME_WILDCARDS else never_sent(origin.lower())


def _sharing(live: Cors, after: Cors, desired_cors: DesiredCors) -> None:
    """One set of settings serves all origins: say who gains what by that."""
    own = {origin.lower() for origin in desired_cors.policy.origins}
    beneficiaries = [
        origin
        for origin in values(live, ORIGINS)
        if origin.lower() not in own and origin in values(after, ORIGINS)
    ]
    gained = [value for member in LISTS[1:] for value in _added(live, after, member)]
    if after.get(CREDENTIALS) and not live.get(CREDENTIALS):
        gained.append("credentials")
    if beneficiaries and gained:
        desired_cors.say(
            OTHER_ORIGINS_GAIN,
            "An HTTP API has one set of CORS settings for all its origins, so others that it lets in "
            f"({_few(beneficiaries)}) gain what the plan brings: {_few(gained)}.",
            "If they must not, serve them from another API, or use mode: exact to own the whole list.",
            "origins",
        )
    listed = {value.lower() for value in (*desired_cors.methods, *desired_cors.headers, *desired_cors.expose)}
    extra = [value for member in LISTS[1:] for value in values(live, member) if value.lower() not in listed]
    if live.get(CREDENTIALS) and not desired_cors.credentials:
        extra.append("credentials")
    if extra and _added(live, after, ORIGINS):
        desired_cors.say(
            ORIGINS_GAIN_MORE,
            "An HTTP API has one set of CORS settings for all its origins, so the plan's origins gain more "
            f"than it lists: {_few(extra)}.",
            "If they must not, use mode: exact, after asking who needs the rest.",
            "origins",
        )


def _added(live: Cors, after: Cors, member: str) -> list[str]:
    present = {value.lower() for value in values(live, member)}
    return [value for value in values(after, member) if value.lower() not in present]


def _few(names: list[str]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")


def _surroundings(state: State, after: Cors | None, desired_cors: DesiredCors, *, changed: bool) -> None:
    """Note what routes and stages do with the settings."""
    if changed and state.config is None:
        desired_cors.say(
            BACKEND_CORS_IGNORED,
            "With CORS settings of its own, an HTTP API ignores the CORS headers that its integrations "
            "return: an origin that only a function lets in today would be blocked.",
            "If a function returns such headers, list its origins in the plan too.",
            "target",
        )
    facts = facts_of(state)
    guarded = guarded_preflights(facts.get("routes", ())) if after else []
    if guarded:
        desired_cors.say(
            PREFLIGHT_BEHIND_AUTHORIZER,
            f"The authorizer of {_few(guarded)} also meets the preflight, which carries no credentials, and "
            "can turn it away.",
            "Add a route OPTIONS /{proxy+} without an authorizer and with any integration.",
            "target",
        )
    for stage in facts.get("stages", ()):
        _stage(stage, state, desired_cors, changed=changed)
    if changed and "unlooked" in facts:
        desired_cors.say(
            NOT_LOOKED_AT,
            f"Routes and stages were not looked at ({facts['unlooked']}), so an authorizer before the "
            "preflight or a stage without auto-deploy would go unnoticed.",
            "Plan this API alone, with --target, to have them looked at.",
            "target",
        )


def _stage(stage: StageFacts, state: State, desired_cors: DesiredCors, *, changed: bool) -> None:
    """A stage without auto-deploy that `write` will not deploy."""
    name, others_pending = stage["StageName"], stage.get("OthersPending")
    if changed and not stage.get("AutoDeploy") and others_pending is not False:
        message = (
            f"Stage {name} is not deployed automatically: it serves its old CORS settings until somebody "
            "deploys it. That is not done here, because "
        )
        message += (
            "other edits wait for a deployment too, and it would publish them."
            if others_pending
            else "its exports do not show whether other edits would be published with it."
        )
    elif not changed and stage.get("CorsPending"):
        message = (
            f"Stage {name} is not deployed automatically, and it serves other CORS settings than the API "
            "has: they were edited and not deployed."
        )
    else:
        return
    desired_cors.say(
        STAGE_NEEDS_DEPLOYMENT,
        message,
        "Look at what is waiting, then run `aws apigatewayv2 create-deployment "
        f"--api-id {state.names[0]} --stage-name {name}`.",
        "target",
    )
