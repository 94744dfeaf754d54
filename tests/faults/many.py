"""Sixty resources with foreign settings, seeded in process; what of them a run must never touch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from remediate.aws import Aws
from tests.services.cloudfront import world as distributions
from tests.services.http_api import world as http_apis
from tests.services.rest_api import apis
from tests.services.rest_api import world as rest_apis
from tests.services.s3 import world as buckets

WORLDS = {"s3": buckets, "http_api": http_apis, "rest_api": rest_apis, "cloudfront": distributions}
FOREIGN = "https://a.example.com"
OURS = "http://localhost:3000"
RULE = {
    "ID": "by hand",
    "AllowedOrigins": [FOREIGN],
    "AllowedMethods": ["GET"],
    "AllowedHeaders": ["X-Theirs"],
    "MaxAgeSeconds": 5,
}
PLAN = f"""version: 1
name: webapp
region: eu-west-1
origins: ["{OURS}"]
allow: {{methods: [GET, PUT], headers: [content-type], max_age: 600}}
targets:
  - s3: many-*
  - http_api: many-*
  - rest_api: many-*
"""


@dataclass(frozen=True)
class Many:
    """What was seeded: selectors by service."""

    found: dict[str, list[Any]]

    def plan(self) -> str:
        """The plan file over all of it."""
        named = "".join(f"  - cloudfront: {one.pattern}\n" for one in self.found["cloudfront"])
        return PLAN + named

    def raw(self, aws: Aws) -> dict[str, Any]:
        """Every resource as its own service tells it."""
        return {
            f"{kind}/{selector.pattern}": WORLDS[kind].raw(aws, selector)
            for kind, selectors in self.found.items()
            for selector in selectors
        }


def seed(aws: Aws, *, s3: int = 22, http: int = 16, rest: int = 8, cloudfront: int = 6) -> Many:
    """Sixty: the REST APIs have two stages each."""
    found: dict[str, list[Any]] = {"s3": [], "http_api": [], "rest_api": [], "cloudfront": []}
    for number in range(s3):
        held = {"CORSRules": [RULE]} if number % 3 else None
        found["s3"].append(buckets.seed(aws, held, f"many-{number}"))
    for number in range(http):
        cors = {"AllowOrigins": [FOREIGN], "AllowMethods": ["GET"], "MaxAge": 5}
        held = {"CorsConfiguration": cors} if number % 3 else None
        found["http_api"].append(http_apis.seed(aws, held, f"many-{number}"))
    for number in range(rest):
        headers = apis.cors(origin=FOREIGN, methods="GET")
        methods = {"GET": apis.mock(apis.response(parameters=apis.cors(origin=FOREIGN)))}
        if number % 2:
            methods["OPTIONS"] = apis.mock(apis.response(parameters=headers))
        document = apis.api({"/items": methods, "/else": {"POST": apis.proxy()}})
        identifier = apis.build(aws, document, f"many-{number}", ("prod", "test"))
        found["rest_api"].append(distributions.Selector("rest_api", identifier, "eu-west-1"))
    behaviors = [
        {
            "TargetOriginId": "api",
            "ViewerProtocolPolicy": "https-only",
            "AllowedMethods": distributions.listed(distributions.METHODS[2])
            | {"CachedMethods": distributions.listed(distributions.METHODS[0])},
            "CachePolicyId": policy,
        }
        for policy in ("by-hand", distributions.MANAGED[distributions.CACHE][0])
    ]
    for number in range(cloudfront):
        config = {"default": behaviors[number % 2], "ordered": [], "errors": True}
        # Policies are the account's: only the first distribution brings its own.
        if number:
            config["default"] = behaviors[1]
        found["cloudfront"].append(distributions.seed(aws, config, f"many-{number}"))
    return Many(found)


def lost(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """Foreign settings that are not there any more, by address."""
    gone = []
    for address, was in before.items():
        kind, now = address.partition("/")[0], after[address]
        if WORLDS[kind].masked(now) != WORLDS[kind].masked(was) or (
            kind == "s3"
            and (was["CORSRules"] or []) != (now["CORSRules"] or [])[: len(was["CORSRules"] or [])]
        ):
            gone.append(address)
        elif kind == "http_api":
            had = set(was["api"].get("CorsConfiguration", {}).get("AllowOrigins", []))
            if not had <= set(now["api"].get("CorsConfiguration", {}).get("AllowOrigins", [])):
                gone.append(address)
        elif kind == "rest_api" and str(was).count(FOREIGN) > str(now).count(FOREIGN):
            gone.append(address)
    return gone
