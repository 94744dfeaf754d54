"""The broken application: what a browser at http://localhost:3000 runs into, at three places.

- an upload bucket with only a CORS rule made outside remediate;
- a REST API whose preflight knows production alone, with a Lambda proxy, a non-proxy method and
  a MOCK, and error responses without a CORS header;
- an HTTP API that allows production alone;
- a distribution with a legacy header list that never keys its cache on `Origin` and refuses
  OPTIONS, and one with cache and origin request policies that forward `Origin` without keying on it.
"""

from __future__ import annotations

import json
from io import BytesIO
from typing import TYPE_CHECKING, Any
from zipfile import ZipFile

from remediate.aws import Aws

if TYPE_CHECKING:
    from mypy_boto3_apigateway import APIGatewayClient
    from mypy_boto3_apigatewayv2 import ApiGatewayV2Client
    from mypy_boto3_cloudfront import CloudFrontClient
    from mypy_boto3_s3 import S3Client

BUCKET = "webapp-uploads"
PRODUCTION = "https://app.example.com"

# Managed policies, by the ids that the CloudFront developer guide documents ("Use managed policies").
CACHING_OPTIMIZED = "658327ea-f89d-4fab-a63d-7e88639e58f6"
CACHING_DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
CORS_CUSTOM_ORIGIN = "59781a5b-3903-41f3-afcb-af62929ccde1"
ALL_VIEWER_EXCEPT_HOST = "b689b0a8-53d0-40ab-baf2-68738e2966ac"


def seed(aws: Aws) -> None:
    """Create it all in an empty account; the same ids every time."""
    from moto.moto_api._internal import mock_random  # noqa: PLC0415

    mock_random.seed(20)
    _bucket(aws)
    backend = _rest_api(aws)
    orders = _http_api(aws)
    _distributions(aws, backend, orders)
    _function(aws)  # last: what it draws at random must not change the ids above


def _bucket(aws: Aws) -> None:
    s3: S3Client = aws.client("s3")
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_bucket_cors(
        Bucket=BUCKET,
        CORSConfiguration={
            "CORSRules": [
                {
                    "ID": "partner-gallery",
                    "AllowedOrigins": ["https://partner.example"],
                    "AllowedMethods": ["GET"],
                    "MaxAgeSeconds": 3000,
                }
            ]
        },
    )


def _rest_api(aws: Aws) -> str:
    gateway: APIGatewayClient = aws.client("apigateway")
    api = gateway.create_rest_api(name="webapp-backend", endpointConfiguration={"types": ["REGIONAL"]})["id"]
    root = gateway.get_resources(restApiId=api)["items"][0]["id"]
    items = gateway.create_resource(restApiId=api, parentId=root, pathPart="items")["id"]
    item = gateway.create_resource(restApiId=api, parentId=items, pathPart="{id}")["id"]
    health = gateway.create_resource(restApiId=api, parentId=root, pathPart="health")["id"]
    rates = gateway.create_resource(restApiId=api, parentId=root, pathPart="rates")["id"]
    function = "arn:aws:lambda:eu-west-1:123456789012:function:webapp/invocations"
    for resource, method in ((items, "GET"), (items, "POST"), (item, "GET"), (item, "PUT")):
        gateway.put_method(restApiId=api, resourceId=resource, httpMethod=method, authorizationType="NONE")
        gateway.put_integration(
            restApiId=api,
            resourceId=resource,
            httpMethod=method,
            type="AWS_PROXY",
            integrationHttpMethod="POST",
            uri=f"arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/{function}",
        )
    headers = {"Access-Control-Allow-Origin": f"'{PRODUCTION}'", "Access-Control-Allow-Methods": "'GET,POST'"}
    _mock(gateway, api, items, "OPTIONS", headers)
    _mock(gateway, api, health, "GET", {})
    gateway.put_method(restApiId=api, resourceId=rates, httpMethod="GET", authorizationType="NONE")
    gateway.put_method_response(restApiId=api, resourceId=rates, httpMethod="GET", statusCode="200")
    gateway.put_integration(
        restApiId=api,
        resourceId=rates,
        httpMethod="GET",
        type="HTTP",
        integrationHttpMethod="GET",
        uri="https://rates.example.com/today",
    )
    gateway.put_integration_response(
        restApiId=api, resourceId=rates, httpMethod="GET", statusCode="200", responseTemplates={}
    )
    gateway.create_deployment(restApiId=api, stageName="prod")
    return api


def _function(aws: Aws) -> None:
    """The function behind the REST API: `explain` reads its runtime. It is never run."""
    role = aws.client("iam").create_role(RoleName="webapp", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    code = BytesIO()
    with ZipFile(code, "w") as archive:
        archive.writestr("app.py", "def handler(event, context):\n    return {'statusCode': 200}\n")
    aws.client("lambda").create_function(
        FunctionName="webapp",
        Runtime="python3.13",
        Role=role,
        Handler="app.handler",
        Code={"ZipFile": code.getvalue()},
    )


def _mock(gateway: APIGatewayClient, api: str, resource: str, method: str, headers: dict[str, str]) -> None:
    declared = {f"method.response.header.{name}": False for name in headers}
    values = {f"method.response.header.{name}": value for name, value in headers.items()}
    gateway.put_method(restApiId=api, resourceId=resource, httpMethod=method, authorizationType="NONE")
    gateway.put_method_response(
        restApiId=api, resourceId=resource, httpMethod=method, statusCode="200", responseParameters=declared
    )
    gateway.put_integration(
        restApiId=api,
        resourceId=resource,
        httpMethod=method,
        type="MOCK",
        requestTemplates={"application/json": json.dumps({"statusCode": 200})},
    )
    gateway.put_integration_response(
        restApiId=api, resourceId=resource, httpMethod=method, statusCode="200", responseParameters=values
    )


def _http_api(aws: Aws) -> str:
    gateway: ApiGatewayV2Client = aws.client("apigatewayv2")
    api = gateway.create_api(
        Name="webapp-orders",
        ProtocolType="HTTP",
        CorsConfiguration={"AllowOrigins": [PRODUCTION], "AllowMethods": ["GET"], "MaxAge": 300},
    )["ApiId"]
    integration = gateway.create_integration(
        ApiId=api,
        IntegrationType="HTTP_PROXY",
        IntegrationMethod="ANY",
        IntegrationUri="https://orders.example.com",
        PayloadFormatVersion="1.0",
    )["IntegrationId"]
    gateway.create_route(ApiId=api, RouteKey="ANY /{proxy+}", Target=f"integrations/{integration}")
    gateway.create_stage(ApiId=api, StageName="$default", AutoDeploy=True)
    return api


def _distributions(aws: Aws, backend: str, orders: str) -> None:
    cloudfront: CloudFrontClient = aws.client("cloudfront", "us-east-1")
    methods: Any = _methods("GET", "HEAD")
    every: Any = _methods("GET", "HEAD", "OPTIONS", "PUT", "PATCH", "POST", "DELETE")
    legacy: Any = {
        "CallerReference": "webapp-api",
        "Comment": "webapp: the API",
        "Enabled": True,
        "Aliases": {"Quantity": 1, "Items": ["api.example.com"]},
        "Origins": _origins(_api_origin(backend, "/prod")),
        "DefaultCacheBehavior": {
            "TargetOriginId": backend,
            "ViewerProtocolPolicy": "https-only",
            "AllowedMethods": methods,
            "ForwardedValues": {
                "QueryString": True,
                "Cookies": {"Forward": "none"},
                "Headers": {"Quantity": 1, "Items": ["Authorization"]},
            },
            "MinTTL": 0,
            "DefaultTTL": 60,
            "MaxTTL": 3600,
        },
    }
    bucket = {
        "Id": BUCKET,
        "DomainName": f"{BUCKET}.s3.eu-west-1.amazonaws.com",
        "S3OriginConfig": {"OriginAccessIdentity": ""},
    }
    policies: Any = {
        "CallerReference": "webapp-site",
        "Comment": "webapp: uploads and orders",
        "Enabled": True,
        "Aliases": {"Quantity": 1, "Items": ["cdn.example.com"]},
        "Origins": _origins(bucket, _api_origin(orders, "")),
        "DefaultCacheBehavior": {
            "TargetOriginId": BUCKET,
            "ViewerProtocolPolicy": "redirect-to-https",
            "AllowedMethods": every,
            "CachePolicyId": CACHING_OPTIMIZED,
            # Forwarded but not in the cache key: whoever comes first decides for all.
            "OriginRequestPolicyId": CORS_CUSTOM_ORIGIN,
        },
        "CacheBehaviors": {
            "Quantity": 1,
            "Items": [
                {
                    "PathPattern": "/orders/*",
                    "TargetOriginId": orders,
                    "ViewerProtocolPolicy": "https-only",
                    "AllowedMethods": every,
                    "CachePolicyId": CACHING_DISABLED,
                    "OriginRequestPolicyId": ALL_VIEWER_EXCEPT_HOST,
                }
            ],
        },
    }
    for config in (legacy, policies):
        created = cloudfront.create_distribution(DistributionConfig=config)["Distribution"]
        cloudfront.get_distribution(Id=created["Id"])  # the first look finds it deployed


def _api_origin(api: str, path: str) -> dict[str, Any]:
    return {
        "Id": api,
        "DomainName": f"{api}.execute-api.eu-west-1.amazonaws.com",
        "OriginPath": path,
        "CustomOriginConfig": {"HTTPPort": 80, "HTTPSPort": 443, "OriginProtocolPolicy": "https-only"},
    }


def _origins(*origins: dict[str, Any]) -> dict[str, Any]:
    return {"Quantity": len(origins), "Items": list(origins)}


def _methods(*methods: str) -> dict[str, Any]:
    cached = {"Quantity": 2, "Items": ["GET", "HEAD"]}
    return {"Quantity": len(methods), "Items": list(methods), "CachedMethods": cached}
