"""What answers before CORS, found from the live settings of an embedded account, in few calls."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from remediate.aws import Aws
from remediate.explain.walk import explain
from remediate.reachability.discover import discover
from remediate.sandbox import embedded
from remediate.web.browser import BrowserRequest
from tests.services.rest_api.apis import api, build, cors, mock, response
from tests.services.rest_api.apis import proxy as to_lambda

PAGE = "https://app.example.com"
REGION = "eu-west-1"
CERTIFICATE = "arn:aws:acm:eu-west-1:123456789012:certificate/x"
ANSWER = mock(response(parameters=cors(origin="*", methods="GET,PUT")))
ITEMS = api({"/items": {"GET": ANSWER, "PUT": ANSWER, "OPTIONS": ANSWER}})
DOMAIN = "names.example.test"


@pytest.fixture
def aws() -> Iterator[Aws]:
    with embedded():
        seen = Aws(region=REGION, concurrency=4)
        yield seen
        seen.close()


def told(aws: Aws, url: str, method: str = "PUT") -> dict[str, Any]:
    return explain(discover(aws, url), BrowserRequest(PAGE, url, method)).as_json()


def http_api(aws: Aws, stage: str = "live") -> str:
    client = aws.client("apigatewayv2")
    settings = {"AllowOrigins": [PAGE], "AllowMethods": ["*"]}
    made = str(client.create_api(Name="names", ProtocolType="HTTP", CorsConfiguration=settings)["ApiId"])
    target = client.create_integration(
        ApiId=made,
        IntegrationType="AWS_PROXY",
        PayloadFormatVersion="2.0",
        IntegrationUri="arn:aws:lambda:eu-west-1:123456789012:function:f",
    )["IntegrationId"]
    client.create_route(ApiId=made, RouteKey="PUT /items", Target=f"integrations/{target}")
    client.create_stage(ApiId=made, StageName=stage, AutoDeploy=True)
    return made


@pytest.mark.parametrize("path", ["", "/", "/items", "/dev/items"])
def test_a_rest_api_without_the_right_stage(aws: Aws, path: str) -> None:
    host = f"{build(aws, ITEMS)}.execute-api.{REGION}.amazonaws.com"
    found = told(aws, f"https://{host}{path}")
    assert found["verdict"] == "blocked"
    assert found["culprit"] == f"rest_api/{host.partition('.')[0]}/prod"
    if path.endswith("items"):
        assert found["use_url"] == f"https://{host}/prod/items"
        assert told(aws, found["use_url"])["verdict"] == "allowed"


def test_of_several_stages_one_that_serves_the_path_is_named(aws: Aws) -> None:
    host = f"{build(aws, ITEMS, stages=('dev', 'prod'))}.execute-api.{REGION}.amazonaws.com"
    found = told(aws, f"https://{host}/items")
    assert found["use_url"] in {f"https://{host}/{stage}/items" for stage in ("dev", "prod")}
    assert told(aws, found["use_url"])["verdict"] == "allowed"


def test_the_resource_policy_is_read_with_the_api(aws: Aws) -> None:
    identifier = build(aws, ITEMS)
    url = f"https://{identifier}.execute-api.{REGION}.amazonaws.com/prod/items"
    statement = {"Effect": "Deny", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "*"}
    assert told(aws, url)["verdict"] == "allowed"
    patch: Any = [{"op": "replace", "path": "/policy", "value": json.dumps({"Statement": [statement]})}]
    aws.client("apigateway").update_rest_api(restApiId=identifier, patchOperations=patch)
    after = told(aws, url)
    assert (after["verdict"], after["hops"][0]["preflight"]["status"]) == ("blocked", 403)
    assert "resource policy" in after["because"]


def test_a_custom_domain_name_of_an_http_api_leads_to_the_stage_of_its_mapping(aws: Aws) -> None:
    client = aws.client("apigatewayv2")
    made = http_api(aws)
    client.create_domain_name(DomainName=DOMAIN, DomainNameConfigurations=[{"CertificateArn": CERTIFICATE}])
    client.create_api_mapping(DomainName=DOMAIN, ApiId=made, Stage="live", ApiMappingKey="orders/v1")
    assert told(aws, f"https://{DOMAIN}/orders/v1/items")["verdict"] == "allowed"
    left = told(aws, f"https://{DOMAIN}/orders/v1/live/items")
    assert (left["verdict"], left["use_url"]) == ("blocked", f"https://{DOMAIN}/orders/v1/items")


def test_the_stages_are_read_once(aws: Aws) -> None:
    host = f"{http_api(aws)}.execute-api.{REGION}.amazonaws.com"
    before = aws.calls.copy()
    found = told(aws, f"https://{host}/items")
    assert (found["verdict"], found["use_url"]) == ("blocked", f"https://{host}/live/items")
    sent = aws.calls - before
    assert {name: sent[name] for name in sent if name.startswith("apigatewayv2:")} == {
        "apigatewayv2:GetApi": 1,
        "apigatewayv2:GetRoutes": 1,
        "apigatewayv2:GetStages": 1,
    }


def test_a_rest_api_costs_the_calls_that_it_cost_before(aws: Aws) -> None:
    identifier = build(aws, ITEMS)
    before = aws.calls.copy()
    told(aws, f"https://{identifier}.execute-api.{REGION}.amazonaws.com/prod/items")
    sent = aws.calls - before
    assert {name: sent[name] for name in sent if name.startswith("apigateway:")} == {
        "apigateway:GetRestApi": 1,
        "apigateway:GetStages": 1,
        "apigateway:GetResources": 1,
        "apigateway:GetGatewayResponses": 1,
        "apigateway:GetExport": 1,
    }


def test_an_access_point_leads_to_its_bucket(aws: Aws) -> None:
    aws.client("s3").create_bucket(
        Bucket="behind-a-point", CreateBucketConfiguration={"LocationConstraint": REGION}
    )
    rule = {"AllowedOrigins": [PAGE], "AllowedMethods": ["PUT"]}
    aws.client("s3").put_bucket_cors(Bucket="behind-a-point", CORSConfiguration={"CORSRules": [rule]})
    aws.client("s3control", REGION).create_access_point(
        AccountId="123456789012", Name="point", Bucket="behind-a-point"
    )
    found = told(aws, f"https://point-123456789012.s3-accesspoint.{REGION}.amazonaws.com/k")
    assert (found["verdict"], found["hops"][0]["address"]) == ("allowed", "s3/behind-a-point")
    assert "access point" in found["because"]


def distribution(aws: Aws, domain: str, **more: Any) -> str:
    behavior: dict[str, Any] = {
        "TargetOriginId": "api",
        "ViewerProtocolPolicy": "redirect-to-https",
        "CachePolicyId": "4135ea2d-6df8-44a3-9df3-4b5a84be39ad",  # Managed-CachingDisabled
        "OriginRequestPolicyId": "b689b0a8-53d0-40ab-baf2-68738e2966ac",  # Managed-AllViewerExceptHostHeader
        "AllowedMethods": {
            "Quantity": 7,
            "Items": ["GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"],
            "CachedMethods": {"Quantity": 2, "Items": ["GET", "HEAD"]},
        },
    }
    behavior |= more.pop("behavior", {})
    policy = {"HTTPPort": 80, "HTTPSPort": 443, "OriginProtocolPolicy": "https-only"}
    origin = {"Id": "api", "DomainName": domain, "CustomOriginConfig": policy}
    config: Any = {
        "CallerReference": "x",
        "Comment": "",
        "Enabled": True,
        "Origins": {"Quantity": 1, "Items": [origin]},
        "DefaultCacheBehavior": behavior,
    } | more
    made = aws.client("cloudfront").create_distribution(DistributionConfig=config)["Distribution"]
    return str(made["DomainName"])


def test_a_distribution_without_origin_path(aws: Aws) -> None:
    made = http_api(aws)
    host = distribution(aws, f"{made}.execute-api.{REGION}.amazonaws.com")
    found = told(aws, f"https://{host}/items")
    assert (found["verdict"], found["culprit"]) == ("blocked", f"http_api/{made}")
    assert found["use_url"] == f"https://{host}/live/items"
    assert told(aws, found["use_url"])["verdict"] == "allowed"


def test_a_rest_api_behind_a_distribution_without_origin_path(aws: Aws) -> None:
    identifier = build(aws, ITEMS)
    host = distribution(aws, f"{identifier}.execute-api.{REGION}.amazonaws.com")
    found = told(aws, f"https://{host}/items")
    assert (found["verdict"], found["culprit"]) == ("blocked", f"rest_api/{identifier}/prod")
    assert found["use_url"] == f"https://{host}/prod/items"


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"Enabled": False}, "disabled"),
        (
            {"behavior": {"TrustedKeyGroups": {"Enabled": True, "Quantity": 1, "Items": ["g"]}}},
            "TrustedKeyGroups",
        ),
        (
            {
                "behavior": {
                    "TrustedSigners": {"Enabled": True, "Quantity": 1, "Items": ["self"]},
                }
            },
            "TrustedSigners",
        ),
    ],
    ids=["off", "key groups", "signers"],
)
def test_what_a_distribution_answers_first_is_in_its_listing(aws: Aws, more: Any, says: str) -> None:
    host = distribution(aws, f"{http_api(aws, '$default')}.execute-api.{REGION}.amazonaws.com", **more)
    found = told(aws, f"https://{host}/items")
    assert found["verdict"] == "blocked"
    assert says in found["because"]


def test_what_a_web_acl_decides_is_unknown_and_its_name_is_in_the_notes(aws: Aws) -> None:
    acl = "arn:aws:wafv2:us-east-1:123456789012:global/webacl/office-only/a1b2"
    host = distribution(aws, f"{http_api(aws, '$default')}.execute-api.{REGION}.amazonaws.com", WebACLId=acl)
    found = told(aws, f"https://{host}/items")
    assert found["verdict"] == "unknown"
    assert "The web ACL office-only of cloudfront/" in found["because"]
    assert "may answer first" in found["hops"][0]["notes"][0]
    assert "web ACL office-only" in found["fix"]


def test_a_lambda_proxy_behind_a_policy_stays_unknown(aws: Aws) -> None:
    identifier = build(aws, api({"/items": {"PUT": to_lambda(), "OPTIONS": ANSWER}}))
    found = told(aws, f"https://{identifier}.execute-api.{REGION}.amazonaws.com/prod/items")
    assert found["verdict"] == "unknown"
