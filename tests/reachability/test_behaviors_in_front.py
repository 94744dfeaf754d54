"""A behavior of a distribution is asked about by its own path, whatever routes the API behind it has."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import boto3

from remediate.aws import Aws
from remediate.engine.plan import make_plan
from remediate.planfile import load
from remediate.sandbox import embedded
from remediate.services import target_options

PLAN = """\
version: 1
name: edge
region: eu-west-1
mode: exact
origins: [https://y1.example]
allow: {methods: [GET]}
targets:
  - {cloudfront: cdn.example.com, answer: edge, paths: [/orders/*]}
"""


def let_in(origin: str) -> None:
    """Somebody gives the behavior `/orders/*` a response headers policy that lets the origin in."""
    client = boto3.client("cloudfront")
    policy = client.create_response_headers_policy(
        ResponseHeadersPolicyConfig={
            "Name": "theirs",
            "CorsConfig": {
                "AccessControlAllowOrigins": {"Quantity": 1, "Items": [origin]},
                "AccessControlAllowHeaders": {"Quantity": 1, "Items": ["*"]},
                "AccessControlAllowMethods": {"Quantity": 1, "Items": ["GET"]},
                "AccessControlAllowCredentials": False,
                "OriginOverride": True,
            },
        }
    )["ResponseHeadersPolicy"]["Id"]
    found = client.list_distributions()["DistributionList"]["Items"]
    chosen = next(one["Id"] for one in found if "cdn.example.com" in one["Aliases"].get("Items", []))
    got = client.get_distribution_config(Id=chosen)
    config = got["DistributionConfig"]
    for behavior in config["CacheBehaviors"]["Items"]:
        if behavior["PathPattern"] == "/orders/*":
            behavior["ResponseHeadersPolicyId"] = policy
    client.update_distribution(Id=chosen, DistributionConfig=config, IfMatch=got["ETag"])


def test_who_loses_by_a_behavior_is_seen_though_an_api_with_a_greedy_route_is_behind_it(
    tmp_path: Path,
) -> None:
    path = tmp_path / "edge.yaml"
    path.write_text(PLAN, encoding="utf-8")
    with embedded():
        let_in("https://other.example")
        aws = Aws(region="eu-west-1")
        planned = make_plan(aws, load([path], target_options(), now=datetime.now(UTC)))
        aws.close()
    rows = {(row.origin, row.to, row.before, row.after) for row in planned.plan.access}
    assert ("https://other.example", "https://cdn.example.com/orders/x", "allowed", "blocked") in rows
    assert "removes-access" in {finding.code for finding in planned.plan.refusals}
