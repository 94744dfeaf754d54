"""A distribution's change in plain words."""

from __future__ import annotations

from typing import Any

from remediate.services.cloudfront.documents import NEEDED, listed
from remediate.services.cloudfront.managed_policies import CORS_S3_ORIGIN
from remediate.services.cloudfront.summary import summary


def config(*others: dict[str, Any], policies: dict[str, Any] | None = None, **default: Any) -> dict[str, Any]:
    return {
        "DefaultCacheBehavior": default,
        "CacheBehaviors": listed(others),
        "policies": policies or {},
    }


def test_methods_and_forwarded_headers() -> None:
    live = config(
        AllowedMethods=listed(["GET", "HEAD"]), ForwardedValues={"Headers": listed(["Authorization"])}
    )
    desired = config(
        AllowedMethods=listed(["GET", "HEAD", "PUT", "OPTIONS"]),
        ForwardedValues={"Headers": listed(["Authorization", *NEEDED])},
    )
    assert summary(live, desired) == ("allow OPTIONS and PUT", "forward Origin and two preflight headers")
    assert summary(desired, live) == (
        "stop allowing OPTIONS and PUT",
        "stop forwarding Origin, Access-Control-Request-Method and Access-Control-Request-Headers",
    )


def test_policies_are_named_as_the_console_names_them() -> None:
    policy = {"CachePolicyConfig": {"Name": "remediate-webapp-cache-1"}}
    live = config(CachePolicyId="old", ResponseHeadersPolicyId="rhp")
    desired = config(
        CachePolicyId="remediate-webapp-cache-1",
        OriginRequestPolicyId=CORS_S3_ORIGIN,
        policies={"remediate-webapp-cache-1": policy},
    )
    assert summary(live, desired) == (
        "keep answers apart by Origin (new cache policy)",
        "use the origin request policy Managed-CORS-S3Origin",
        "use no response headers policy",
    )


def test_the_behavior_is_named_where_there_are_several() -> None:
    live = config(
        {"PathPattern": "/api/*", "AllowedMethods": listed(["GET"])}, AllowedMethods=listed(["GET"])
    )
    desired = config(
        {"PathPattern": "/api/*", "AllowedMethods": listed(["GET", "PUT"])},
        AllowedMethods=listed(["GET", "POST"]),
    )
    assert summary(live, desired) == ("/api/*: allow PUT", "default behavior: allow POST")


def test_a_policy_edited_in_place_is_said_to_change() -> None:
    def with_name(name: str) -> dict[str, Any]:
        return config(
            CachePolicyId="p", policies={"p": {"CachePolicyConfig": {"Name": "mine", "Comment": name}}}
        )

    assert summary(with_name("a"), with_name("b")) == ("change the policy mine",)
    assert summary(with_name("a"), with_name("a")) == ()
