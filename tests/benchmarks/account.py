"""The account that is read: seeded, then brought to the plan, so that a plan finds no difference."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from remediate.aws import Aws
from remediate.cli.context import plan_files
from remediate.engine.plan import make_plan
from remediate.engine.write import write
from remediate.sandbox import REGION
from remediate.sandbox.seed import ALL_VIEWER_EXCEPT_HOST, CACHING_DISABLED

BUCKETS, REST_APIS, HTTP_APIS, DISTRIBUTIONS = 1_000, 10, 100, 100
RESOURCES = 20
"""Of each REST API, each with the methods GET (Lambda proxy) and POST (mapped HTTP)."""

PLAN = Path(__file__).with_name("plan.yaml")
OTHERS = "https://partner.example"
"""An origin that somebody else let in: the plan leaves it alone."""


def seed() -> None:
    """Fill the account and write the plan's settings into it, unpaced: this part is not measured."""
    aws = Aws(region=REGION, concurrency=4)
    _each(_bucket, aws, BUCKETS)
    _each(_rest_api, aws, REST_APIS)
    _each(_http_api, aws, HTTP_APIS)
    _each(_distribution, aws, DISTRIBUTIONS)
    plan = make_plan(aws, plan_files([PLAN])).plan
    outcomes = write(aws, plan.changes, concurrency=4, report=lambda _address, _word: None)
    if wrong := [outcome for outcome in outcomes if outcome.error is not None]:
        raise SystemExit(f"The account could not be brought to the plan: {wrong[0].error}")
    aws.close()


def _each(make: Callable[[Aws, int], None], aws: Aws, count: int) -> None:
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda number: make(aws, number), range(count)))


def _bucket(aws: Aws, number: int) -> None:
    name = f"bench-{number:04}"
    s3 = aws.client("s3")
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    rule = {"ID": "partner", "AllowedOrigins": [OTHERS], "AllowedMethods": ["GET"]}
    s3.put_bucket_cors(Bucket=name, CORSConfiguration={"CORSRules": [rule]})


def _rest_api(aws: Aws, number: int) -> None:
    gateway = aws.client("apigateway")
    made = gateway.create_rest_api(name=f"bench-{number:03}", endpointConfiguration={"types": ["REGIONAL"]})
    api, root = made["id"], made["rootResourceId"]
    for index in range(RESOURCES):
        resource = gateway.create_resource(restApiId=api, parentId=root, pathPart=f"r{index:02}")["id"]
        there = {"restApiId": api, "resourceId": resource}
        for method in ("GET", "POST"):
            gateway.put_method(**there, httpMethod=method, authorizationType="NONE")
        function = f"arn:aws:lambda:{REGION}:123456789012:function:bench/invocations"
        gateway.put_integration(
            **there,
            httpMethod="GET",
            type="AWS_PROXY",
            integrationHttpMethod="POST",
            uri=f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{function}",
        )
        gateway.put_integration(
            **there, httpMethod="POST", type="HTTP", integrationHttpMethod="POST", uri="https://back.example/"
        )
        gateway.put_method_response(**there, httpMethod="POST", statusCode="200")
        gateway.put_integration_response(**there, httpMethod="POST", statusCode="200", responseTemplates={})
    gateway.create_deployment(restApiId=api, stageName="prod")


def _http_api(aws: Aws, number: int) -> None:
    gateway = aws.client("apigatewayv2")
    gateway.create_api(
        Name=f"bench-{number:03}",
        ProtocolType="HTTP",
        CorsConfiguration={"AllowOrigins": [OTHERS], "AllowMethods": ["GET"], "MaxAge": 300},
    )


def _distribution(aws: Aws, number: int) -> None:
    """Every second one with managed policies, the others with legacy settings."""
    behavior: dict[str, Any] = {
        "TargetOriginId": "api",
        "ViewerProtocolPolicy": "https-only",
        "AllowedMethods": _methods("GET", "HEAD"),
    }
    if number % 2:
        behavior |= {"CachePolicyId": CACHING_DISABLED, "OriginRequestPolicyId": ALL_VIEWER_EXCEPT_HOST}
    else:
        behavior["ForwardedValues"] = {"QueryString": True, "Cookies": {"Forward": "none"}}
        behavior["MinTTL"] = 0
    origin = {
        "Id": "api",
        "DomainName": "back.example",
        "CustomOriginConfig": {"HTTPPort": 80, "HTTPSPort": 443, "OriginProtocolPolicy": "https-only"},
    }
    cloudfront = aws.client("cloudfront", "us-east-1")
    made = cloudfront.create_distribution(
        DistributionConfig={
            "CallerReference": f"bench-{number}",
            "Comment": "",
            "Enabled": True,
            "Aliases": _list(f"d{number:03}.bench.example.com"),
            "Origins": _list(origin),
            "DefaultCacheBehavior": behavior,
            "CacheBehaviors": _list(
                {"PathPattern": "/api/*", **behavior}, {"PathPattern": "/v2/*", **behavior}
            ),
        }
    )
    cloudfront.get_distribution(Id=made["Distribution"]["Id"])  # the first look finds it deployed


def _list(*members: Any) -> dict[str, Any]:
    return {"Quantity": len(members), "Items": list(members)}


def _methods(*methods: str) -> dict[str, Any]:
    return {**_list(*methods), "CachedMethods": _list("GET", "HEAD")}
