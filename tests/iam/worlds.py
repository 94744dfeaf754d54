"""Per service: a small account in which one plan's runs need every permission that it may ask for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from remediate.aws import Aws
from tests.services.cloudfront.world import (
    METHODS,
    cache_policy,
    cors,
    listed,
    origin_request_policy,
    response_headers_policy,
)
from tests.services.rest_api import apis

REGION = "eu-west-1"
OLD = "https://old.example.com"


@dataclass(frozen=True)
class World:
    """`seed` makes what the `targets` of a plan (YAML) are about.

    A run with the targets `before` was there already, and `move` is what somebody changed since.
    `rare`: permissions, as `ACTION PATH`, that no run here needs, each with what may need it: mostly
    an answer that was lost.
    """

    seed: Callable[[Aws], None]
    before: str
    move: Callable[[Aws], None]
    targets: str
    rare: Mapping[str, str] = field(default_factory=dict)


def _buckets(aws: Aws) -> None:
    s3 = aws.client("s3", REGION)
    for name in ("uploads-a", "assets"):
        s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    rule = {"AllowedOrigins": [OLD], "AllowedMethods": ["GET"]}
    s3.put_bucket_cors(Bucket="assets", CORSConfiguration={"CORSRules": [rule]})


def _move_rules(aws: Aws) -> None:
    aws.client("s3", REGION).delete_bucket_cors(Bucket="uploads-a")


def _http_apis(aws: Aws) -> None:
    http = aws.client("apigatewayv2", REGION)
    api = http.create_api(Name="orders", ProtocolType="HTTP")["ApiId"]
    target = http.create_integration(
        ApiId=api,
        IntegrationType="HTTP_PROXY",
        IntegrationMethod="ANY",
        IntegrationUri="https://backend.example",
    )["IntegrationId"]
    http.create_route(ApiId=api, RouteKey="GET /items", Target=f"integrations/{target}")
    http.create_stage(ApiId=api, StageName="manual", AutoDeploy=False)
    http.create_deployment(ApiId=api, StageName="manual")
    theirs = {"AllowOrigins": [OLD], "AllowMethods": ["GET"]}
    http.create_api(Name="archive", ProtocolType="HTTP", CorsConfiguration=theirs)


def _move_http_apis(aws: Aws) -> None:
    http = aws.client("apigatewayv2", REGION)
    for api in http.get_apis()["Items"]:
        if api["Name"] == "orders":
            http.delete_cors_configuration(ApiId=api["ApiId"])


def _rest_apis(aws: Aws) -> None:
    resources = {
        # No preflight yet: everything is put. The response of GET lacks a header: it is patched.
        "/items": {"GET": apis.mock(), "PUT": apis.proxy()},
        # A preflight that answers 404: its integration is patched, a response added.
        "/rates": {"GET": apis.proxy(), "OPTIONS": apis.mock(apis.response("404"), status=404)},
        # A preflight behind IAM: its method is patched.
        "/guarded": {"GET": apis.proxy(), "OPTIONS": apis.mock(authorizationType="AWS_IAM")},
    }
    apis.build(aws, apis.api(resources), name="backend", stages=("dev", "prod"))
    # A gateway response takes one origin only.
    for name in ("single", "retired"):
        apis.build(aws, apis.api({"/": {"GET": apis.proxy()}}), name=name)


def _move_rest_apis(aws: Aws) -> None:
    client = aws.client("apigateway", REGION)
    for api in client.get_rest_apis()["items"]:
        if api["name"] == "single":
            client.delete_gateway_response(restApiId=api["id"], responseType="DEFAULT_4XX")
            client.create_deployment(restApiId=api["id"], stageName="prod")


def _distributions(aws: Aws) -> None:
    client = aws.client("cloudfront", "us-east-1")

    def cache(name: str, header: str) -> str:
        made = client.create_cache_policy(CachePolicyConfig=cache_policy(name, header, ttl=3600))
        return str(made["CachePolicy"]["Id"])

    def request(name: str, header: str) -> str:
        content = origin_request_policy(name, "whitelist", header)
        made = client.create_origin_request_policy(OriginRequestPolicyConfig=content)
        return str(made["OriginRequestPolicy"]["Id"])

    theirs = client.create_response_headers_policy(
        ResponseHeadersPolicyConfig=response_headers_policy("theirs", cors([OLD]))
    )["ResponseHeadersPolicy"]["Id"]
    copied = {"CachePolicyId": cache("plain", "X-Zone"), "OriginRequestPolicyId": request("two", "X-Two")}
    # Errors are kept under a key that stays, while the Host that is asked for changes.
    stale = {"CachePolicyId": cache("keyed", "Origin"), "OriginRequestPolicyId": request("host", "Host")}
    _distribution(aws, "api.example.com", copied, {"/fn/*": ("fn", stale)})
    other = {"CachePolicyId": cache("tight", "X-Tier"), "OriginRequestPolicyId": request("one", "X-One")}
    _distribution(aws, "cdn.example.com", {**other, "ResponseHeadersPolicyId": theirs}, {})


def _distribution(
    aws: Aws, alias: str, default: dict[str, Any], ordered: dict[str, tuple[str, dict[str, Any]]]
) -> None:
    client = aws.client("cloudfront", "us-east-1")
    allowed = listed(METHODS[0]) | {"CachedMethods": listed(METHODS[0])}
    common = {"ViewerProtocolPolicy": "https-only", "AllowedMethods": allowed}
    custom = {"HTTPPort": 80, "HTTPSPort": 443, "OriginProtocolPolicy": "https-only"}
    origins = [
        {"Id": "site", "DomainName": "www.example.org", "VpcOriginConfig": {"VpcOriginId": "vo_1"}},
        {"Id": "fn", "DomainName": "xyz.lambda-url.eu-west-1.on.aws", "CustomOriginConfig": custom},
    ]
    made = client.create_distribution(
        DistributionConfig={
            "CallerReference": alias,
            "Comment": "somebody's",
            "Enabled": True,
            "Aliases": listed([alias]),
            "Origins": listed(origins),
            "DefaultCacheBehavior": {"TargetOriginId": "site", **common, **default},
            "CacheBehaviors": listed(
                [
                    {"PathPattern": pattern, "TargetOriginId": origin, **common, **policies}
                    for pattern, (origin, policies) in ordered.items()
                ]
            ),
        }
    )
    client.get_distribution(Id=made["Distribution"]["Id"])  # deployed once it was looked at


def _move_distributions(aws: Aws) -> None:
    client = aws.client("cloudfront", "us-east-1")
    for one in client.list_distributions()["DistributionList"]["Items"]:
        got = client.get_distribution_config(Id=one["Id"])
        config = got["DistributionConfig"]
        config["DefaultCacheBehavior"]["AllowedMethods"] = listed(METHODS[0]) | {
            "CachedMethods": listed(METHODS[0])
        }
        client.update_distribution(Id=one["Id"], IfMatch=got["ETag"], DistributionConfig=config)
        client.get_distribution(Id=one["Id"])


WORLDS = {
    "s3": World(
        _buckets,
        "[{s3: uploads-*}]",
        _move_rules,
        "[{s3: uploads-*}, {s3: assets, origins: [], mode: exact}]",
    ),
    "http_api": World(
        _http_apis,
        "[{http_api: orders}]",
        _move_http_apis,
        "[{http_api: orders}, {http_api: archive, origins: [], mode: exact}]",
    ),
    "rest_api": World(
        _rest_apis,
        """
  - {rest_api: single, origins: ["https://app.example.com"]}
  - {rest_api: retired, origins: ["https://app.example.com"]}
""",
        _move_rest_apis,
        # Each stage of `backend` is to serve something else: what one got is taken back for the other.
        """
  - {rest_api: backend, stages: [dev], paths: [/items, /rates]}
  - {rest_api: backend, stages: [prod], paths: [/guarded]}
  - {rest_api: single, origins: ["https://app.example.com"]}
  - {rest_api: retired, origins: [], mode: exact}
""",
        rare={
            "apigateway:GET /restapis/ID/resources/*/methods/*": "whether a write was carried out; and "
            "AWS does not document whether it checks the methods that GetResources embeds",
            "apigateway:GET /restapis/ID/deployments": "which deployment was made twice",
            "apigateway:DELETE /restapis/ID/deployments/*": "the one that is not needed",
        },
    ),
    "cloudfront": World(
        _distributions,
        # What the run before brought is no longer asked for.
        "[{cloudfront: api.example.com, answer: edge}, {cloudfront: cdn.example.com}]",
        _move_distributions,
        "[{cloudfront: api.example.com}, {cloudfront: cdn.example.com, answer: edge}]",
    ),
}
