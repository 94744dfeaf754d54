"""Tells what a stage should serve: OPTIONS methods, response headers and gateway responses; pure.

What is live is what the stage serves. Where that already satisfies the policy nothing differs,
whatever was edited since. Where it does not, a deployment is needed, and a deployment publishes
the whole editor: so the policy is applied to what is *edited*, and the plan shows that result.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from remediate.core.common_rules import DEAD_ORIGIN
from remediate.core.document import Document, canonical
from remediate.core.finding import Finding
from remediate.core.globs import name_matches, path_matches
from remediate.core.origins_in import origins_in
from remediate.core.policy import Policy
from remediate.core.rules import Rule
from remediate.core.state import State
from remediate.services.rest_api import preflight, responses
from remediate.services.rest_api.cors_access import (
    STAR,
    CorsAccess,
    is_same_access,
    merged_access,
    requested_access,
)
from remediate.services.rest_api.facts import RestApiFacts, facts_of
from remediate.services.rest_api.findings import Report
from remediate.services.rest_api.normal_form import assembled, gateway_types_of, methods_of
from remediate.services.rest_api.pending_edits import others, replaced
from remediate.services.rest_api.preflight import PreflightSource
from remediate.services.rest_api.responses import Obstacle
from remediate.services.rest_api.routing import fallback
from remediate.services.rest_api.rules import (
    CACHE_IGNORES_ORIGIN,
    DYNAMIC_UNKNOWN,
    GATEWAY_DYNAMIC_UNKNOWN,
    GATEWAY_SEVERAL_ORIGINS_STATIC,
    LISTS_SHARED,
    NO_INTEGRATION_RESPONSE,
    OPTIONS_BY_FUNCTION,
    OPTIONS_GUARDED,
    OPTIONS_GUARDED_PROXY,
    OPTIONS_TAKEN_FROM_PROXY,
    SEVERAL_ORIGINS_STATIC,
)
from remediate.services.rest_api.settings import DEFAULT_TYPES, EVERY_TYPE, PROXIES, with_stage
from remediate.services.rest_api.template_rules import (
    ORIGIN_READ_FROM_QUERY,
    TEMPLATE_LETS_STRANGERS_IN,
    TEMPLATE_READS_ONE_SPELLING,
)
from remediate.services.rest_api.velocity.origins import reads_query
from remediate.services.rest_api.verdicts import alone, lets_in, serves, stranger
from remediate.web.origin import never_sent

RESPONSE_OBSTACLES = {
    Obstacle.SEVERAL: SEVERAL_ORIGINS_STATIC,
    Obstacle.DYNAMIC: DYNAMIC_UNKNOWN,
}
GATEWAY_OBSTACLES = {
    Obstacle.SEVERAL: GATEWAY_SEVERAL_ORIGINS_STATIC,
    Obstacle.DYNAMIC: GATEWAY_DYNAMIC_UNKNOWN,
}


def desired(
    state: State, policy: Policy, *, distributions: tuple[str, ...] = ()
) -> tuple[State, tuple[Finding, ...]]:
    """Return what the stage should be, and what a REST API cannot express; pure."""
    by_glob = any(selector.is_glob for selector in state.selected_by)
    report = Report(state.address, state.group, policy, by_glob=by_glob)
    stages = tuple(policy.options.get("stages") or ())
    stage_names = tuple(facts_of(state).get("stages") or ())
    _name_unknown_stages(report, state, stages, stage_names)
    if state.config is None:
        return state, report.findings()
    stage = str(facts_of(state).get("stage", state.address.rsplit("/", 1)[-1]))
    if stages and not any(name_matches(pattern, stage) for pattern in stages):
        return state, report.findings()
    policy = report.nameable()
    requested = requested_access(policy, report.expressible())
    caching = bool(facts_of(state).get("cached"))
    live = DesiredApi(state.config, policy, requested, facts_of(state))
    if canonical(live.after) == canonical(state.config):
        live.tell(report, distributions, caching=caching)
        _tell_facts(report, state)
        report.undone_by_edits(_undoing(state, policy, requested))
        return state, report.findings()
    edited = facts_of(state).get("edited") or state.config
    desired_api = DesiredApi(edited, policy, requested, facts_of(state))
    desired_api.tell(report, distributions, caching=caching)
    _tell_facts(report, state)
    going_live = others(state.config, edited, live.after, desired_api.after, desired_api.scope)
    if going_live:
        report.other_edits(going_live)
    report.replaced_edits(replaced(state.config, edited, live.after, desired_api.after))
    if facts_of(state).get("canary"):
        report.canary()
    if canonical(desired_api.after) == canonical(state.config):
        return state, report.findings()
    facts: RestApiFacts = {**facts_of(state), "edited": desired_api.after}
    return replace(state, config=desired_api.after, facts=facts), report.findings()


def _undoing(state: State, policy: Policy, requested: CorsAccess) -> list[str]:
    """Where the API as edited lacks what the stage serves rightly: lost with whoever deploys it next."""
    edited = facts_of(state).get("edited")
    if edited is None or canonical(edited) == canonical(state.config):
        return []
    live_methods, desired_methods = (
        methods_of(edited),
        methods_of(DesiredApi(edited, policy, requested, facts_of(state)).after),
    )
    return [
        f"{path} {name}"
        for path, name in sorted(desired_methods)
        if canonical(live_methods.get((path, name))) != canonical(desired_methods[path, name])
    ]


def _name_unknown_stages(
    report: Report, state: State, patterns: tuple[str, ...], existing: tuple[str, ...]
) -> None:
    """Say it once per API: at the first of the stages that are looked at."""
    looked_at = [
        stage for stage in sorted(existing) if not patterns or any(name_matches(p, stage) for p in patterns)
    ]
    if looked_at and facts_of(state).get("stage") != looked_at[0]:
        return
    for pattern in patterns:
        if existing and not any(name_matches(pattern, stage) for stage in existing):
            report.unknown_stage(pattern, existing)


def _tell_facts(report: Report, state: State) -> None:
    if facts_of(state).get("unseen"):
        report.unseen(str(facts_of(state)["unseen"]))


@dataclass(slots=True)
class DesiredApi:
    """The policy applied to one configuration of the API, and what came up on the way."""

    before: Document
    policy: Policy
    access: CorsAccess
    facts: RestApiFacts = field(default_factory=RestApiFacts)
    """Those of the state: what templates read of the stage."""
    scope: frozenset[str] = frozenset()
    after: dict[str, Any] = field(default_factory=dict)
    proxies: dict[str, list[str]] = field(default_factory=dict)
    notes: dict[Rule, list[str]] = field(default_factory=dict)
    unmatched: tuple[str, ...] = ()
    witnesses: dict[tuple[str, tuple[str, ...]], str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        methods = methods_of(self.before)
        self.scope, self.unmatched = _scope(methods, self.policy)
        binary = EVERY_TYPE in (self.before.get("binaryMediaTypes") or ())
        resources = self.before.get("resources") or ()
        after = dict(methods)
        for path in sorted(self.scope):
            own = methods.get((path, "OPTIONS"))
            routed = None if own is not None else fallback(resources, path)
            written = self.options(path, own, routed[2] if routed else None, binary=binary)
            if routed and written is not None and self._is_backend(routed[2]):
                self.note(OPTIONS_TAKEN_FROM_PROXY, f"{path} ({routed[1]} {routed[0]})")
            if written is not None:
                after[path, "OPTIONS"] = written
            self.templates(path, "OPTIONS", own, written)
        for (path, name), given in methods.items():
            if path in self.scope and name != "OPTIONS":
                after[path, name] = self.actual(path, name, given)
                self.templates(path, name, given, after[path, name])
                self.cached(path, name, given)
        self.after = assembled(after, self.gateways(), self.before.get("binaryMediaTypes") or ())

    def note(self, rule: Rule, place: str) -> None:
        """Remember where something came up."""
        self.notes.setdefault(rule, []).append(place)

    @staticmethod
    def _is_backend(method: Document) -> bool:
        return preflight.read(method, binary=False).kind is PreflightSource.BACKEND

    def options(
        self, path: str, own: Document | None, routed: Document | None, *, binary: bool
    ) -> Document | None:
        """The OPTIONS method of one resource; the same object where nothing differs.

        A resource without its own is answered by its ANY method or a greedy sibling: what those
        grant is what a new OPTIONS method must not take away.
        """
        endpoint_types = tuple(self.facts.get("endpointTypes") or ())
        live = preflight.read(
            own if own is not None else routed, binary=binary, endpoint_types=endpoint_types
        )
        requested = replace(self.access, expose=())
        if own is not None and live.kind is PreflightSource.BACKEND:
            self.note(OPTIONS_GUARDED_PROXY if live.guarded else OPTIONS_BY_FUNCTION, path)
            return own
        if live.kind is PreflightSource.DYNAMIC and not self.policy.exact and own is not None:
            if live.guarded and requested.origins:
                self.note(OPTIONS_GUARDED, path)
                return _unguarded(own)
            if not self._is_served(path, "OPTIONS", requested):
                self.note(DYNAMIC_UNKNOWN, f"{path} OPTIONS")
            return own
        if own is None and not requested.origins:
            return None
        target = merged_access(live.grants, requested, self.policy)
        if own is not None and live.kind is PreflightSource.MOCK and is_same_access(live.grants, target):
            if not requested.origins or not (live.flaws or live.guarded):
                return own
        elif (
            own is not None
            and not requested.origins
            and not live.grants.origins
            and live.kind is PreflightSource.MOCK
        ):
            return own
        if live.guarded and own is not None:
            self.note(OPTIONS_GUARDED, path)
        if preflight.ONE_SPELLING in live.flaws and own is not None:
            self.note(TEMPLATE_READS_ONE_SPELLING, f"{path} OPTIONS")
        self._tell_shared(path, live.grants, target)
        return preflight.write(own, live.status if own is not None else "200", target, binary=binary)

    def _tell_shared(self, path: str, live: CorsAccess, target: CorsAccess) -> None:
        foreign = [origin for origin in target.origins if origin not in self.access.origins]
        gained = set(target.methods) - set(live.methods) or set(target.headers) - set(live.headers)
        if foreign and live.origins and gained:
            self.note(LISTS_SHARED, f"{path} ({', '.join(foreign[:3])})")

    def actual(self, path: str, name: str, given: Document) -> Document:
        """A method other than OPTIONS."""
        integration = given.get("methodIntegration") or {}
        kind = str(integration.get("type", "")).upper()
        listed = name == "ANY" or name in self.policy.methods
        if kind in PROXIES:
            if listed and self.access.origins:
                self.proxies.setdefault(str(integration.get("uri") or kind), []).append(f"{name} {path}")
            return given
        if not integration:
            return given
        if listed and self.access.origins and not integration.get("integrationResponses"):
            self.note(NO_INTEGRATION_RESPONSE, f"{path} {name}")
        requested = responses.actual(self.access) if listed else CorsAccess()
        after, obstacles = responses.method(given, requested, self.policy)
        if Obstacle.DYNAMIC in obstacles and self._is_served(path, name, requested):
            obstacles.remove(Obstacle.DYNAMIC)
        for obstacle in sorted(obstacles):
            self.note(RESPONSE_OBSTACLES[obstacle], f"{path} {name}")
        return after

    def _is_served(self, path: str, name: str, requested: CorsAccess) -> bool:
        """Return whether a template that is not recognised answers as it should already; merge mode only."""
        if self.policy.exact:
            return False
        config = alone(with_stage(self.before, self.facts), path)
        retired = set(self.policy.retired.origins) - set(self.policy.origins)
        return serves(config, path, name, requested) and not any(
            lets_in(config, path, name, origin) for origin in retired
        )

    def templates(self, path: str, name: str, given: Document | None, after: Document | None) -> None:
        """Say what the method's settings hold that no browser sends, and what a template that stays does."""
        kind = str(((given or {}).get("methodIntegration") or {}).get("type", "")).upper()
        if given is None or kind in PROXIES:
            return
        for reason in preflight.unsent_by(given):
            self.note(DEAD_ORIGIN, f"{path} {name}: {reason}")
        if after is not given or not preflight.overriding(given):
            return
        if any(reads_query(template) for template in preflight.overriding(given)):
            self.note(ORIGIN_READ_FROM_QUERY, f"{path} {name}")
        if STAR not in self.access.origins and preflight.is_dynamic(given):
            # Many resources hold the same template.
            key = (name, preflight.overriding(given))
            if key not in self.witnesses:
                config = alone(with_stage(self.before, self.facts), path)
                self.witnesses[key] = stranger(config, path, name, self.access)
            if self.witnesses[key]:
                self.note(TEMPLATE_LETS_STRANGERS_IN, f"{path} {name} ({self.witnesses[key]})")

    def cached(self, path: str, name: str, given: Document) -> None:
        """A stage's cache keeps GET responses, and mixes origins up unless Origin is part of its key."""
        keys = (given.get("methodIntegration") or {}).get("cacheKeyParameters") or ()
        in_key = any(str(key).lower() == "method.request.header.origin" for key in keys)
        if name in ("GET", "ANY") and self.access.needs_template and not in_key:
            self.note(CACHE_IGNORES_ORIGIN, f"{path} {name}")

    def gateways(self) -> dict[str, Any]:
        """The gateway responses: both defaults, and every type customised by hand.

        They belong to the whole API. With `paths` they are still added to, because an error on a
        path in scope cannot be told from another; but nothing is removed from them. With
        `error_responses: leave` the target does not speak of them.
        """
        live = gateway_types_of(self.before)
        if self.policy.options.get("error_responses") == "leave":
            return live
        policy = self.policy
        if policy.options.get("paths") and policy.exact:
            policy = replace(policy, mode=type(policy.mode).MERGE)
        kinds = sorted({*live, *(DEFAULT_TYPES if self.access.origins else ())})
        if not self.scope:
            kinds = []
        after: dict[str, Any] = dict(live)
        for kind in kinds:
            if reason := responses.gateway_unsent(live.get(kind)):
                self.note(DEAD_ORIGIN, f"{kind}: {reason}")
            entry, obstacle = responses.gateway(live.get(kind), kind, responses.actual(self.access), policy)
            if obstacle:
                self.note(GATEWAY_OBSTACLES[obstacle], kind)
            if entry is None:
                after.pop(kind, None)
            else:
                after[kind] = entry
        return after

    def origins(self) -> list[str]:
        """The origins that are let in where the policy has a say, in merge mode others' too."""
        if self.policy.exact or not self.scope:
            return []
        touched = [method for (path, _), method in methods_of(self.after).items() if path in self.scope]
        mentioned = origins_in([*touched, *gateway_types_of(self.after).values()])
        # A mapping that echoes the caller stands where an origin would, and so does what no browser
        # sends; both are told of by themselves.
        return sorted(origin for origin in mentioned if not never_sent(origin))

    def tell(self, report: Report, distributions: tuple[str, ...], *, caching: bool) -> None:
        """Put what came up into the report."""
        for pattern in self.unmatched:
            report.unknown_path(pattern, alone=not self.scope)
        for rule, places in self.notes.items():
            if caching or rule is not CACHE_IGNORES_ORIGIN:
                report.note(rule, places)
        report.staying(self.policy.unlisted(self.origins()))
        if self.proxies:
            report.proxies(self.proxies, self.access, distributions)


def _unguarded(own: Document) -> dict[str, Any]:
    return {key: value for key, value in own.items() if key != "authorizerId"} | {
        "authorizationType": "NONE",
        "apiKeyRequired": False,
    }


def _means(patterns: Iterable[str], path: str) -> bool:
    return any(path_matches(pattern, path) for pattern in patterns)


def _scope(methods: Mapping[tuple[str, str], Any], policy: Policy) -> tuple[frozenset[str], tuple[str, ...]]:
    """The resource paths that the policy means, and the patterns that mean none."""
    patterns = tuple(policy.options.get("paths") or ())
    spared = {
        path for path, _ in methods for spare in policy.spares if _means(spare.get("paths") or ("/**",), path)
    }
    if not patterns:
        return frozenset(path for path, name in methods if name != "OPTIONS" and path not in spared), ()
    paths = {path for path, _ in methods} - spared
    matched = frozenset(path for path in paths if _means(patterns, path))
    if policy.given_up:
        return matched, ()
    unmatched = tuple(
        pattern for pattern in patterns if not any(path_matches(pattern, path) for path in paths)
    )
    return matched, unmatched
