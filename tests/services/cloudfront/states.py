"""States built by hand, without AWS: what `read` would give for a distribution and its account."""

from typing import Any

from remediate.core.policy import Policy, Selector
from remediate.core.state import State
from remediate.services.cloudfront.documents import POLICY_TYPES, PolicyType
from remediate.services.cloudfront.managed_policies import DOCUMENTED
from remediate.services.cloudfront.read import PolicyIndex, state_of
from tests.services.cloudfront.world import CUSTOM, DOMAINS, METHODS, listed

OPTIMIZED = "658327ea-f89d-4fab-a63d-7e88639e58f6"
DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
ALL_VIEWER = "216adef6-5c7f-47e4-b989-5492eafa07d3"
EXCEPT_HOST = "b689b0a8-53d0-40ab-baf2-68738e2966ac"
S3_ORIGIN = "88a5eaf4-2fd4-4709-b370-b4c650ea3fcf"
CUSTOM_ORIGIN = "59781a5b-3903-41f3-afcb-af62929ccde1"
SIMPLE_CORS = "60669652-455b-4ae9-85a4-c4c02393f86c"
SECURITY = "67f7725c-6f97-4210-82d7-5512b31e9d03"
CORS_AND_SECURITY = "e61eb60c-9c35-4d20-a928-2b84e02af89c"

A = "https://a.example.com"
B = "https://b.example.com"
THEIRS = "https://theirs.example"


def policy_id(kind: PolicyType, name: str) -> str:
    """The id that a custom policy has in these states."""
    return f"id-{kind.word}-{name}"


def account(*more: tuple[PolicyType, dict[str, Any]]) -> PolicyIndex:
    """Every managed and every custom policy of the test world, and some more."""
    there = PolicyIndex()
    for kind in POLICY_TYPES:
        there.custom[kind.name] = 0
        for ref, content in DOCUMENTED[kind.name].items():
            there.put(kind, "managed", ref, dict(content))
        for content in [*CUSTOM[kind], *(one for other, one in more if other is kind)]:
            there.put(kind, "custom", policy_id(kind, content["Name"]), content)
    return there


def methods(count: int, cached: int = 2) -> dict[str, Any]:
    sets = {2: METHODS[0], 3: METHODS[1], 7: METHODS[2]}
    return listed(sets[count]) | {"CachedMethods": listed(sets[cached])}


def legacy(*headers: str, ttl: int = 86400, **more: Any) -> dict[str, Any]:
    return {
        "TargetOriginId": "site",
        "AllowedMethods": methods(2),
        "ForwardedValues": {
            "QueryString": True,
            "Cookies": {"Forward": "none"},
            "Headers": listed(list(headers)),
        },
        "MinTTL": 0,
        "DefaultTTL": 0,
        "MaxTTL": ttl,
    } | more


def behavior(cache: str = OPTIMIZED, request: str | None = None, edge: str | None = None, **more: Any) -> Any:
    made = {"TargetOriginId": "site", "AllowedMethods": methods(2), "CachePolicyId": cache}
    if request:
        made["OriginRequestPolicyId"] = request
    if edge:
        made["ResponseHeadersPolicyId"] = edge
    return made | more


def distribution(default: Any, *ordered: Any, **more: Any) -> dict[str, Any]:
    return {
        "Id": "E1EXAMPLE",
        "DomainName": "d1.cloudfront.net",
        "Aliases": listed(["api.example.com"]),
        "ETag": "E2TAG",
        "Status": "Deployed",
        "Origins": listed(
            [{"Id": key, "DomainName": domain, "OriginPath": ""} for key, domain in DOMAINS.items()]
        ),
        "DefaultCacheBehavior": default,
        "CacheBehaviors": listed(list(ordered)),
    } | more


def state(default: Any, *ordered: Any, there: PolicyIndex | None = None, **more: Any) -> State:
    chosen = (Selector("cloudfront", "E1EXAMPLE"),)
    return state_of(distribution(default, *ordered, **more), there or account(), chosen)


def policy(*origins: str, **more: Any) -> Policy:
    options = {"answer": more.pop("answer", "origin")}
    if "paths" in more:
        options["paths"] = more.pop("paths")
    return Policy("webapp", origins or (A,), options=options, **more)
