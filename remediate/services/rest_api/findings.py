"""Says, in sentences with a next step, what a REST API cannot express or what was met on the way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from remediate.core.common_rules import DEAD_ORIGIN, NO_MATCH, NOT_EXPRESSIBLE, UNLISTED_ORIGINS_STAY
from remediate.core.finding import Finding
from remediate.core.guard_table import CANARY_ACTIVE, OTHER_EDITS_WOULD_GO_LIVE
from remediate.core.policy import Policy
from remediate.core.rules import Rule
from remediate.services.rest_api.cors_access import STAR, CorsAccess
from remediate.services.rest_api.rules import (
    CACHE_IGNORES_ORIGIN,
    DYNAMIC_UNKNOWN,
    EXPORT_WITHOUT_GATEWAY_RESPONSES,
    EXPORT_WITHOUT_INTEGRATIONS,
    GATEWAY_DYNAMIC_UNKNOWN,
    GATEWAY_SEVERAL_ORIGINS_STATIC,
    LISTS_SHARED,
    NO_INTEGRATION_RESPONSE,
    OPTIONS_BY_FUNCTION,
    OPTIONS_GUARDED,
    OPTIONS_GUARDED_PROXY,
    OPTIONS_TAKEN_FROM_PROXY,
    PROXY_NEEDS_FUNCTION,
    SEVERAL_ORIGINS_STATIC,
    UNDEPLOYED_EDITS_REPLACED,
    UNDEPLOYED_EDITS_UNDO,
    UNKNOWN_PATH,
    UNKNOWN_STAGE,
)
from remediate.services.rest_api.template_rules import (
    ORIGIN_READ_FROM_QUERY,
    TEMPLATE_LETS_STRANGERS_IN,
    TEMPLATE_READS_ONE_SPELLING,
)

FEW = 8
OVERHEAD = 30
"""What a template needs around an origin to compare with it."""
ROOM = 140_000
"""Room for the origins of one template of 300 KB, where each may stand twice."""

UNSEEN: Mapping[str, Rule] = {
    "integrations": EXPORT_WITHOUT_INTEGRATIONS,
    "gateway responses": EXPORT_WITHOUT_GATEWAY_RESPONSES,
}
"""What an export may leave out, as `read` calls it."""

# Per rule: message with {places}, hint.
NOTES: Mapping[Rule, tuple[str, str]] = {
    OPTIONS_BY_FUNCTION: (
        "The preflight is answered by a backend, not by the gateway, and was left to it: {places}.",
        (
            "Let the function or server answer OPTIONS with 2xx and the headers, or delete its OPTIONS "
            "method and plan again: the gateway then gets one that answers by itself."
        ),
    ),
    OPTIONS_GUARDED_PROXY: (
        (
            "OPTIONS goes to a backend and demands an authorizer, an API key or a signature, which no "
            "browser sends with a preflight, so every preflight fails: {places}."
        ),
        (
            "Opening a backend to unsigned requests is not decided here: set authorizationType NONE on that "
            "OPTIONS method, or delete it and plan again."
        ),
    ),
    OPTIONS_GUARDED: (
        (
            "OPTIONS demands an authorizer, an API key or a signature, which no browser sends with a "
            "preflight; the gateway answers it by itself, so the demand is taken away: {places}."
        ),
        "Nothing to do: the other methods keep their authorizers. Check the template or stack that set it.",
    ),
    OPTIONS_TAKEN_FROM_PROXY: (
        (
            "Preflights reach a backend today and will be answered by a new OPTIONS method of the gateway: "
            "{places}. What the backend answers cannot be read from the configuration."
        ),
        "If the backend lets further origins in, list them in the plan before you apply it.",
    ),
    DYNAMIC_UNKNOWN: (
        (
            "A template or mapping decides the CORS headers and cannot be proved to be a list of exact "
            "origins, so it was left alone: {places}."
        ),
        "Replace it by hand, or set `mode: exact` on this target, which replaces it on OPTIONS.",
    ),
    TEMPLATE_LETS_STRANGERS_IN: (
        (
            "A template answers origins that it does not name, because what it compares them with is too "
            "loose; an origin that it answers stands beside each: {places}."
        ),
        (
            "Compare with whole origins, or escape every dot of a pattern (Java: `[.]`) and begin it with "
            "`https://`. On OPTIONS `mode: exact` puts the plan's origins in the template's place."
        ),
    ),
    ORIGIN_READ_FROM_QUERY: (
        (
            "A template takes the origin from `$input.params`, which looks at the path and the query string "
            "before the headers, so a URL with `?origin=…` gets another page's answer: {places}."
        ),
        'Read `$input.params().header.get("Origin")`, and "origin" where that is empty.',
    ),
    TEMPLATE_READS_ONE_SPELLING: (
        (
            "A template reads the header Origin in one spelling only, so whether an origin is answered "
            "depends on the endpoint and on the version of HTTP; both spellings will be read: {places}."
        ),
        "Nothing to do. The origins that the template lists stay.",
    ),
    DEAD_ORIGIN: (
        "These values stand where an origin should, and let nobody in: {places}.",
        (
            "A static header that holds one is replaced as soon as the plan has an origin to put there, and "
            "none is taken over into a template. Correct the template or stack that set it."
        ),
    ),
    SEVERAL_ORIGINS_STATIC: (
        (
            "Without a template these responses can name one origin only: {places}. They pass the "
            "backend's body through; no origin was added or widened."
        ),
        (
            "Give the integration response a template (for JSON: `$input.json('$')`), make it a proxy whose "
            "function answers, or list one origin."
        ),
    ),
    GATEWAY_SEVERAL_ORIGINS_STATIC: (
        (
            "A gateway response has a static header and cannot choose among several origins; it was not "
            "widened, so its own errors still look like CORS errors to the others: {places}."
        ),
        "List one origin for this target, or put `answer: edge` on a distribution in front of the API.",
    ),
    GATEWAY_DYNAMIC_UNKNOWN: (
        (
            "A gateway response takes its CORS headers from the request, which lets every origin read the "
            "error; it was left alone: {places}."
        ),
        "`mode: exact` replaces it with the plan's origin.",
    ),
    NO_INTEGRATION_RESPONSE: (
        (
            "These methods have no integration response, so the gateway answers every call with 500 "
            "(`No match for output mapping`), and there is nothing to put a CORS header on: {places}."
        ),
        "Give each its integration response, deploy, and plan again.",
    ),
    CACHE_IGNORES_ORIGIN: (
        (
            "The stage has a cache, and these responses name the origin that asked without Origin being part "
            "of the cache's key, so one origin can get the answer made for another: {places}."
        ),
        "Declare the header Origin on the method and make it a cache key parameter, or list one origin.",
    ),
    LISTS_SHARED: (
        (
            "An OPTIONS method has one list of methods and headers for all its origins, so origins that the "
            "plan does not list get the plan's methods and headers too: {places}."
        ),
        "`mode: exact` keeps the plan's origins only.",
    ),
}


class Report:
    """Collects the findings on one stage."""

    def __init__(self, address: str, group: str, policy: Policy, *, by_glob: bool = False) -> None:
        self.by_glob = by_glob
        self.address = address
        self.group = group
        self.policy = policy
        self.found: list[Finding] = []

    def findings(self) -> tuple[Finding, ...]:
        """All of them, in the order in which they came up."""
        return tuple(self.found)

    def add(self, rule: Rule, message: str, hint: str, where: str, *, address: str | None = None) -> None:
        """Add one; without an address it is about the stage."""
        self.found.append(rule.finding(address or self.address, message, hint, where))

    def expressible(self) -> list[str]:
        """The policy's origins that a REST API can hold; a finding for each of the others."""
        fitting: list[str] = []
        for origin in self.policy.origins:
            where = self.policy.at(f"origins/{origin}", "origins")
            if origin == STAR and self.policy.credentials:
                self.add(
                    NOT_EXPRESSIBLE,
                    "REST API: `*` with credentials is refused by every browser; it was left out.",
                    "List the origins, or set `credentials: false`.",
                    where,
                )
            elif origin != STAR and STAR in origin:
                self.add(
                    NOT_EXPRESSIBLE,
                    f"REST API: the pattern {origin} cannot be checked without a regular expression, which "
                    "remediate never writes into an API; it was left out.",
                    "List the exact origins.",
                    where,
                )
            elif not _plain(origin):
                self.add(
                    NOT_EXPRESSIBLE,
                    f"REST API: the origin {origin!r} holds a character that would end the text it is "
                    "written into; it was left out.",
                    "Write the origin as a browser sends it: scheme, host and port.",
                    where,
                )
            else:
                fitting.append(origin)
        if sum(len(origin) + OVERHEAD for origin in fitting) > ROOM:
            self.add(
                NOT_EXPRESSIBLE,
                f"REST API: a template of {len(fitting)} origins exceeds API Gateway's 300 KB; "
                "none of them was added.",
                "List fewer origins for this target.",
                self.policy.at("origins"),
            )
            return []
        return fitting

    def nameable(self) -> Policy:
        """The policy without header names that would end the quoted text they are written into."""
        policy = self.policy
        for key, names in (("headers", policy.headers), ("expose", policy.expose)):
            wrong = [name for name in names if "'" in name or not name.isascii() or not name.isprintable()]
            for name in wrong:
                self.add(
                    NOT_EXPRESSIBLE,
                    f"REST API: the header name {name!r} holds a quote or a character outside ASCII, which a "
                    "static value cannot hold; it was left out.",
                    "Use another name for that header.",
                    policy.at(key),
                )
            allowed = tuple(name for name in names if name not in wrong)
            policy = replace(policy, headers=allowed) if key == "headers" else replace(policy, expose=allowed)
        return policy

    def note(self, rule: Rule, places: Sequence[str]) -> None:
        """A finding of the table, for all the places where it came up."""
        message, hint = NOTES[rule]
        self.add(rule, message.format(places=listing(places)), hint, self.policy.at("target"))

    def proxies(
        self, proxies: Mapping[str, Sequence[str]], requested: CorsAccess, distributions: tuple[str, ...]
    ) -> None:
        """Proxy methods: the headers are the function's own affair."""
        lines = "; ".join(
            f"{_backend(uri)} ({listing(methods, 4)})" for uri, methods in sorted(proxies.items())[:FEW]
        )
        more = f"; and {len(proxies) - FEW} more" if len(proxies) > FEW else ""
        headers = [f"Access-Control-Allow-Origin: {requested.static or '<the caller, if it is listed>'}"]
        if requested.credentialed:
            headers.append("Access-Control-Allow-Credentials: true")
        if requested.expose:
            headers.append(f"Access-Control-Expose-Headers: {', '.join(requested.expose)}")
        if requested.static != STAR:
            headers.append("Vary: Origin")
        hint = f"Let the function or server send: {' | '.join(headers)}"
        if requested.needs_template:
            hint += f" (listed: {listing(requested.origins)})"
        if distributions:
            # Whether it is set there already is not known here.
            hint += (
                f". With `answer: edge` on {', '.join(distributions)}, that adds them to what passes there"
            )
        self.add(
            PROXY_NEEDS_FUNCTION,
            f"The code must send the CORS headers itself: {lines}{more}. API Gateway passes on what a proxy "
            "answers and adds no header to it.",
            hint + ".",
            self.policy.at("target"),
        )

    def staying(self, origins: Sequence[str]) -> None:
        """Origins that nothing shows to be ours: settings do not tell who brought them."""
        if origins:
            self.add(
                UNLISTED_ORIGINS_STAY,
                "The stage lets in origins that the plan does not list, and nothing tells that the plan "
                f"brought them, so they stay: {listing(origins)}.",
                "List those that are wanted. To take the others away, use `mode: exact` on this target, or "
                "remove them by hand.",
                self.policy.at("origins"),
            )

    def unknown_stage(self, pattern: str, existing: Sequence[str]) -> None:
        """A stage named in the plan that the API lacks."""
        self.add(
            UNKNOWN_STAGE,
            f"The API has no stage {pattern}; it has {listing(sorted(existing))}.",
            "Correct `stages:` or create the stage.",
            self.policy.at("stages", "target"),
            address=self.group,
        )

    def unknown_path(self, pattern: str, *, alone: bool) -> None:
        """A path named in the plan that the API lacks; `alone`: none that is named exists, an error."""
        self.add(
            NO_MATCH if alone and not self.by_glob else UNKNOWN_PATH,
            f"No resource with a method matches the path {pattern}.",
            "Correct `paths:`: `*` stays within a segment, `/items/**` covers /items and all below it.",
            self.policy.at("paths", "target"),
        )

    def unseen(self, what: str) -> None:
        """An endpoint whose exports leave something out."""
        self.add(
            UNSEEN[what],
            f"The stage's export shows no {what}, so what the stage serves cannot be told from what was last "
            "edited; the edited state was compared.",
            "On AWS exports show integrations; an emulator may need a deployment that this plan cannot see.",
            self.policy.at("target"),
        )

    def other_edits(self, lines: Sequence[str]) -> None:
        """Edits of others that a deployment would publish."""
        self.add(
            OTHER_EDITS_WOULD_GO_LIVE,
            "A deployment publishes the whole API, and it holds edits that are not this plan's and not yet "
            f"deployed to this stage: {listing(lines, 20)}.",
            "Deploy or undo those edits first, or let them go live with `--allow other-edits-would-go-live`.",
            self.policy.at("target"),
        )

    def replaced_edits(self, places: Sequence[str]) -> None:
        """Edits that are not deployed and do not survive what the plan writes."""
        if places:
            self.add(
                UNDEPLOYED_EDITS_REPLACED,
                "These methods were edited since the last deployment, and the plan writes over what was "
                f"edited: {listing(places)}.",
                "Nothing to do, unless somebody still needs those edits: the stage never served them.",
                self.policy.at("target"),
            )

    def undone_by_edits(self, places: Sequence[str]) -> None:
        """Edits that are not deployed, and would take away what is served."""
        if places:
            self.add(
                UNDEPLOYED_EDITS_UNDO,
                "The stage serves what the plan wants, but the API was edited since, and whoever deploys it "
                f"next takes that away: {listing(places)}.",
                "Undo the edits of these methods; `remediate apply` fixes it only once it is deployed.",
                self.policy.at("target"),
            )

    def canary(self) -> None:
        """A stage in the middle of a canary release."""
        self.add(
            CANARY_ACTIVE,
            "The stage has a canary release under way; API Gateway refuses an ordinary deployment until it "
            "is promoted or deleted, and meanwhile preflight and request may meet different deployments.",
            "Promote or delete the canary, then plan again.",
            self.policy.at("target"),
        )


def listing(places: Sequence[str], few: int = FEW) -> str:
    """The first few, and how many more."""
    shown = ", ".join(places[:few])
    return shown if len(places) <= few else f"{shown} and {len(places) - few} more"


def _backend(uri: str) -> str:
    """A function's name out of an integration's URI, else the URI."""
    if ":function:" in uri:
        return "function " + uri.rsplit(":function:", 1)[1].removesuffix("/invocations")
    return uri


def _plain(origin: str) -> bool:
    """Return whether the origin can stand between quotes in a mapping and in a template."""
    return origin.isascii() and origin.isprintable() and not set(origin) & set("'\"\\$#, ") and bool(origin)
