"""The one CORS rule that a policy asks for, and what S3 cannot express of it."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Any

from remediate.core.common_rules import (
    CREDENTIALS_NEED_NAMED_ORIGINS,
    MIXED_WILDCARD,
    NOT_EXPRESSIBLE,
    NOTHING_EXPRESSIBLE,
)
from remediate.core.finding import Finding
from remediate.services.s3.limits import LONGEST_ID
from remediate.services.s3.rule import METHODS
from remediate.services.s3.rules import (
    OPTIONS_NEEDS_NO_LISTING,
    S3_ALWAYS_CREDENTIALS,
    WILDCARD_CROSSES_DOTS,
    WILDCARD_TOO_WIDE,
)
from remediate.web.origin import ANY

if TYPE_CHECKING:
    from collections.abc import Iterable

    from remediate.core.policy import Policy
    from remediate.core.rules import Rule


PREFIX = "remediate:"
"""What the IDs of the rules that plans own begin with."""


def rule_id(plan: str) -> str:
    """The ID that marks a rule as this plan's: at most 255 characters, different for different plans."""
    written = f"{PREFIX}{plan}"
    # Room for the "#2" of a second target on the same bucket.
    if len(written) <= LONGEST_ID - 10:
        return written
    short = hashlib.sha256(plan.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return f"{written[: LONGEST_ID - 40]}~{short}"


class DesiredRule:
    """A policy in S3's terms: `rule` is what to write (without ID), None where nothing is left of it.

    `findings` name what was left out and what S3 does differently from what one would think.
    """

    def __init__(self, policy: Policy, address: str) -> None:
        self.policy = policy
        self.address = address
        self.findings: list[Finding] = []
        self.rule = self._rule() if policy.origins else None

    def _rule(self) -> dict[str, Any] | None:
        origins, methods, headers = self._origins(), self._methods(), self._headers()
        if not origins or not methods:
            missing = "origins" if not origins else "methods"
            self._say(
                NOTHING_EXPRESSIBLE,
                f"S3 can express none of the {missing} that the plan lists: the bucket stays as it is.",
                "See the findings beside this one for what to write instead.",
                "target",
            )
            return None
        rule: dict[str, Any] = {}
        if headers:
            rule["AllowedHeaders"] = headers
        rule["AllowedMethods"] = methods
        rule["AllowedOrigins"] = origins
        if expose := self._expose():
            rule["ExposeHeaders"] = expose
        if self.policy.max_age is not None:
            rule["MaxAgeSeconds"] = self.policy.max_age
        return rule

    def _origins(self) -> list[str]:
        listed = list(dict.fromkeys(self.policy.origins))
        origins = [origin for origin in listed if self._one_wildcard(origin, "origins", f"origins/{origin}")]
        if ANY in origins and self.policy.credentials:
            self._say(
                CREDENTIALS_NEED_NAMED_ORIGINS,
                "S3 never allows credentials for '*', so '*' was left out: a page that sends cookies would "
                "stay blocked.",
                "List the origins by name, or set credentials: false.",
                f"origins/{ANY}",
                "credentials",
            )
            origins.remove(ANY)
        elif ANY in origins and len(origins) > 1:
            self._say(
                MIXED_WILDCARD,
                "The plan lists '*' beside other origins. Which of them S3 answers with is not documented: "
                "only '*' is written, and lets the others in as well.",
                "Remove '*' from the plan if not everybody is meant, or the other origins if everybody is.",
                f"origins/{ANY}",
                "origins",
            )
            origins = [ANY]
        for origin in origins:
            self._warn_of_reach(origin)
        named = [origin for origin in origins if origin != ANY]
        if named and not self.policy.credentials:
            self._say(
                S3_ALWAYS_CREDENTIALS,
                "S3 sends Access-Control-Allow-Credentials: true to every origin that is not allowed by a "
                "bare '*'; credentials: false cannot be expressed here.",
                "Nothing to do, unless the bucket's content depends on a visitor's cookies.",
                "credentials",
            )
        return origins

    def _warn_of_reach(self, origin: str) -> None:
        """`*` is any run of characters for S3: dots, colons and slashes too."""
        head, star, tail = origin.partition("*")
        host = head.partition("://")[2]
        if not star or origin == ANY or ":" in host:
            return  # a '*' in the port reaches other ports of the same host at most
        if "." in tail.partition(".")[2] or re.fullmatch(r"\.localhost(:\d+)?", tail):
            self._say(
                WILDCARD_CROSSES_DOTS,
                f"For S3 the '*' in {origin} is any run of characters: it lets in {head}a.b{tail} too.",
                "List the origins by name if only one level is meant.",
                f"origins/{origin}",
            )
            return
        # `https://*example.com` lets in evilexample.com, and `https://app.*` app.evil.example.
        if tail[:1] in {"", ":"}:
            stranger = f"{head}{'.' if host and not host.endswith('.') else ''}evil.example{tail}"
        else:
            stranger = f"{head}evil{tail}"
        self._say(
            WILDCARD_TOO_WIDE,
            f"For S3 the '*' in {origin} is any run of characters: it lets in {stranger} too.",
            "Put a dot and the whole domain after the '*', like https://*.example.com, or list the origins.",
            f"origins/{origin}",
        )

    def _methods(self) -> list[str]:
        methods = []
        for method in dict.fromkeys(self.policy.methods):
            if method in METHODS:
                methods.append(method)
            elif method == "OPTIONS":
                self._say(
                    OPTIONS_NEEDS_NO_LISTING,
                    "S3 answers OPTIONS by itself and refuses it in a rule, so it was left out.",
                    "Nothing to do.",
                    "methods",
                )
            else:
                self._inexpressible(
                    "methods", f"the method {method}: a rule takes only {', '.join(METHODS)}", "methods"
                )
        return methods

    def _headers(self) -> list[str]:
        return [header for header in _once(self.policy.headers) if self._one_wildcard(header, "headers")]

    def _expose(self) -> list[str]:
        expose = []
        for header in _once(self.policy.expose):
            if "*" in header:
                self._inexpressible(
                    "expose",
                    f"the wildcard in expose: {header!r}: S3 exposes only headers listed by name",
                    "expose",
                )
            else:
                expose.append(header)
        return expose

    def _one_wildcard(self, value: str, key: str, *where: str) -> bool:
        if value.count("*") <= 1:
            return True
        self._inexpressible(key, f"{value!r}: it takes one '*' per value", *where, key)
        return False

    def _inexpressible(self, key: str, what: str, *where: str) -> None:
        self._say(
            NOT_EXPRESSIBLE,
            f"S3 cannot express {what}. It was left out.",
            f"Change `{key}` for this target, or reach the bucket through something that can.",
            *where,
        )

    def _say(self, rule: Rule, message: str, hint: str, *where: str) -> None:
        self.findings.append(rule.finding(self.address, message, hint, self.policy.at(*where)))


def _once(values: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(values))
