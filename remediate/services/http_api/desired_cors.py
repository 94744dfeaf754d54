"""The CORS settings that a policy asks of an HTTP API, and what the service cannot express of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from remediate.core.common_rules import CREDENTIALS_NEED_NAMED_ORIGINS, NOT_EXPRESSIBLE, NOTHING_EXPRESSIBLE
from remediate.core.finding import Finding
from remediate.services.http_api.cors import ANY, LONGEST_AGE, SCHEME_WILDCARDS
from remediate.services.http_api.rules import WILDCARD_IS_LITERAL_WITH_CREDENTIALS

if TYPE_CHECKING:
    from remediate.core.policy import Policy
    from remediate.core.rules import Rule

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", ANY})
"""What AllowMethods takes."""


class DesiredCors:
    """A policy in the service's terms; `findings` name what was left out and what reads differently."""

    def __init__(self, policy: Policy, address: str) -> None:
        self.policy = policy
        self.address = address
        self.findings: list[Finding] = []
        self.origins = self._origins()
        self.methods = self._methods()
        self.headers = self._names("headers", policy.headers)
        self.expose = self._names("expose", policy.expose)
        self.credentials = policy.credentials
        self.max_age = self._max_age()
        self.impossible = bool(policy.origins) and not (self.origins and self.methods)
        """Origins are wanted and nothing of them can be written."""
        if self.impossible:
            missing = "methods" if self.origins else "origins"
            self.say(
                NOTHING_EXPRESSIBLE,
                f"An HTTP API can express none of the {missing} that the plan lists: it stays as it is.",
                "See the findings beside this one for what to write instead.",
                "target",
            )

    def _origins(self) -> list[str]:
        origins = []
        for origin in dict.fromkeys(self.policy.origins):
            if "*" in origin and origin != ANY and origin not in SCHEME_WILDCARDS:
                self._inexpressible(
                    f"the origin {origin}: its only wildcards are *, https://* and http://*",
                    "List the origins by name, or let CloudFront answer in front of it with answer: edge.",
                    f"origins/{origin}",
                    "origins",
                )
            elif origin == ANY and self.policy.credentials:
                self.credentials_need_names("*", f"origins/{ANY}", "credentials")
            else:
                origins.append(origin)
        return origins

    def credentials_need_names(self, wildcard: str, *where: str) -> None:
        """Credentials and a wildcard do not go together."""
        self.say(
            CREDENTIALS_NEED_NAMED_ORIGINS,
            f"An HTTP API allows no credentials together with the origin {wildcard}, so that part of the "
            "plan was left out: a page that sends cookies would stay blocked.",
            "List the origins by name, or set credentials: false.",
            *where,
        )

    def _methods(self) -> list[str]:
        methods = []
        for method in dict.fromkeys(self.policy.methods):
            if method in METHODS:
                methods.append(method)
            else:
                self._inexpressible(
                    f"the method {method}: it takes only {', '.join(sorted(METHODS - {ANY}))} and *",
                    "Change `methods` for this target.",
                    "methods",
                )
        return methods

    def _names(self, what: str, listed: tuple[str, ...]) -> list[str]:
        names = []
        for name in dict.fromkeys(listed):
            if "*" in name and name != ANY:
                self._inexpressible(
                    f"{name!r} in {what}: a browser knows no pattern there, only whole names and '*' alone",
                    f"List the names one by one in `{what}` for this target.",
                    what,
                )
                continue
            if name == ANY and self.policy.credentials:
                self.say(
                    WILDCARD_IS_LITERAL_WITH_CREDENTIALS,
                    f"The plan has '*' in {what} and credentials: true; a browser takes '*' literally then.",
                    f"List the names in `{what}`.",
                    what,
                )
            names.append(name)
        return names

    def _max_age(self) -> int:
        asked = self.policy.max_age or 0
        if asked <= LONGEST_AGE:
            return asked
        self._inexpressible(
            f"a max_age of {asked} seconds: {LONGEST_AGE} is the most, and was taken",
            "Nothing is lost: no browser keeps a preflight longer than that.",
            "max_age",
        )
        return LONGEST_AGE

    def _inexpressible(self, what: str, hint: str, *where: str) -> None:
        ending = "." if what.endswith("taken") else ". It was left out."
        self.say(NOT_EXPRESSIBLE, f"An HTTP API cannot express {what}{ending}", hint, *where)

    def say(self, rule: Rule, message: str, hint: str, *where: str) -> None:
        """Add a finding at the first of the plan's lines that there is."""
        self.findings.append(rule.finding(self.address, message, hint, self.policy.at(*where)))
