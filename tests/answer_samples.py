"""A small answer of each operation that `remediate` reads, in the syntax of AWS's API references.

`Sample.lacking` is the same answer without a member that AWS always sends. Sources: "Response
Syntax" of each operation in the API references of S3, CloudFront, API Gateway (v1 and v2), STS,
CloudTrail, EventBridge, Systems Manager and SNS.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple


class Sample(NamedTuple):
    """A whole answer, and what it is like without a member that is always there."""

    whole: bytes
    lacking: bytes
    headers: Mapping[str, str] = {}
    lacking_headers: Mapping[str, str] = {}


def _json(whole: Any, lacking: Any) -> Sample:
    return Sample(json.dumps(whole).encode(), json.dumps(lacking).encode())


def _xml(root: str, inside: str, lacking: str, **headers: str) -> Sample:
    def document(content: str) -> bytes:
        return f'<?xml version="1.0" encoding="UTF-8"?>\n<{root}>{content}</{root}>'.encode()

    return Sample(document(inside), document(lacking), headers, headers)


def _listed(name: str, list_name: str, inside: str, lacking: str) -> Sample:
    """CloudFront's form of a list: how many, and the items."""
    head = "<MaxItems>100</MaxItems><Quantity>1</Quantity>"
    return _xml(list_name, f"{head}<Items><{name}>{inside}</{name}></Items>", f"{head}{lacking}")


def _policies(kind: str) -> Sample:
    config = f"<{kind}Config><Comment/><Name>n</Name><MinTTL>0</MinTTL></{kind}Config>"
    policy = f"<Type>custom</Type><{kind}><Id>p-1</Id>{config}</{kind}>"
    return _listed(f"{kind}Summary", f"{kind}List", policy, "")


def _policy(kind: str) -> Sample:
    """Of one policy the ETag is what a deletion needs."""
    config = f"<{kind}Config><Comment/><Name>n</Name><MinTTL>0</MinTTL></{kind}Config>"
    body = f"<{kind}><Id>p-1</Id>{config}</{kind}>".encode()
    return Sample(body, body, {"ETag": "E2"}, {})


def _created(kind: str) -> Sample:
    config = f"<{kind}Config><Comment/><Name>n</Name><MinTTL>0</MinTTL></{kind}Config>"
    return _xml(kind, f"<Id>p-1</Id>{config}", config, ETag="E2")


_ORIGIN = "<Origin><Id>o</Id><DomainName>o.example</DomainName></Origin>"
_ORIGINS = f"<Origins><Quantity>1</Quantity><Items>{_ORIGIN}</Items></Origins>"
_BEHAVIOR = (
    "<DefaultCacheBehavior><TargetOriginId>o</TargetOriginId>"
    "<ViewerProtocolPolicy>allow-all</ViewerProtocolPolicy></DefaultCacheBehavior>"
)
_CONFIG = f"<DistributionConfig>{_ORIGINS}{_BEHAVIOR}</DistributionConfig>"
_NAMED = "<Id>E1</Id><Status>Deployed</Status><DomainName>d1.cloudfront.net</DomainName>"

SAMPLES: Mapping[str, Sample] = {
    "apigateway:CreateDeployment": _json({"id": "d1"}, {"description": "x"}),
    "apigateway:GetBasePathMappings": _json({"item": [{"basePath": "v1", "restApiId": "a1"}]}, {}),
    "apigateway:GetDeployments": _json({"item": [{"id": "d1"}]}, {}),
    "apigateway:GetGatewayResponses": _json({"item": [{"responseType": "DEFAULT_4XX"}]}, {}),
    "apigateway:GetIntegration": _json({"type": "MOCK"}, {"httpMethod": "GET"}),
    "apigateway:GetMethod": _json({"httpMethod": "GET"}, {"authorizationType": "NONE"}),
    "apigateway:GetMethodResponse": _json({"statusCode": "200"}, {"responseModels": {}}),
    "apigateway:GetResources": _json({"item": [{"id": "r1", "path": "/"}]}, {"item": [{"id": "r1"}]}),
    "apigateway:GetRestApi": _json({"id": "a1", "name": "orders"}, {"name": "orders"}),
    "apigateway:GetRestApis": _json({"item": [{"id": "a1"}]}, {}),
    "apigateway:GetStages": _json({"item": [{"stageName": "prod"}]}, {}),
    "apigatewayv2:GetApi": _json({"apiId": "a1", "protocolType": "HTTP"}, {"name": "orders"}),
    "apigatewayv2:GetApiMappings": _json({"items": [{"apiId": "a1", "stage": "prod"}]}, {}),
    "apigatewayv2:GetApis": _json({"items": [{"apiId": "a1", "protocolType": "HTTP"}]}, {}),
    "apigatewayv2:GetIntegration": _json(
        {"integrationId": "i1", "integrationType": "AWS_PROXY", "payloadFormatVersion": "2.0"},
        {"integrationId": "i1", "payloadFormatVersion": "2.0"},
    ),
    "apigatewayv2:GetRoutes": _json({"items": [{"routeKey": "GET /"}]}, {}),
    "apigatewayv2:GetStages": _json({"items": [{"stageName": "$default"}]}, {}),
    "cloudfront:CreateCachePolicy": _created("CachePolicy"),
    "cloudfront:CreateOriginRequestPolicy": _created("OriginRequestPolicy"),
    "cloudfront:CreateResponseHeadersPolicy": _created("ResponseHeadersPolicy"),
    "cloudfront:GetCachePolicy": _policy("CachePolicy"),
    "cloudfront:GetDistribution": _xml("Distribution", _NAMED + _CONFIG, _NAMED, ETag="E2"),
    "cloudfront:GetOriginRequestPolicy": _policy("OriginRequestPolicy"),
    "cloudfront:GetResponseHeadersPolicy": _policy("ResponseHeadersPolicy"),
    "cloudfront:ListCachePolicies": _policies("CachePolicy"),
    "cloudfront:ListDistributions": _listed(
        "DistributionSummary", "DistributionList", _NAMED + _ORIGINS + _BEHAVIOR, ""
    ),
    "cloudfront:ListOriginRequestPolicies": _policies("OriginRequestPolicy"),
    "cloudfront:ListResponseHeadersPolicies": _policies("ResponseHeadersPolicy"),
    "cloudfront:ListTagsForResource": _xml(
        "Tags", "<Items><Tag><Key>k</Key><Value>v</Value></Tag></Items>", ""
    ),
    "cloudtrail:LookupEvents": _json({"Events": [{"EventId": "e1", "CloudTrailEvent": "{}"}]}, {}),
    "events:PutEvents": _json({"FailedEntryCount": 0, "Entries": [{"EventId": "e1"}]}, {}),
    "lambda:GetFunctionConfiguration": _json(
        {"FunctionArn": "arn:aws:lambda:eu-west-1:123456789012:function:f", "Runtime": "python3.13"},
        {"Runtime": "python3.13"},
    ),
    "s3:GetBucketCors": _xml(
        "CORSConfiguration",
        "<CORSRule><AllowedMethod>GET</AllowedMethod><AllowedOrigin>https://a.example</AllowedOrigin></CORSRule>",
        "",
    ),
    "s3:GetBucketTagging": _xml("Tagging", "<TagSet><Tag><Key>k</Key><Value>v</Value></Tag></TagSet>", ""),
    "s3:ListBuckets": _xml(
        "ListAllMyBucketsResult", "<Buckets><Bucket><Name>uploads</Name></Bucket></Buckets>", "<Owner/>"
    ),
    "s3:ListObjectsV2": _xml(
        "ListBucketResult",
        "<Name>b</Name><KeyCount>1</KeyCount><IsTruncated>false</IsTruncated>"
        "<Contents><Key>k</Key><Size>3</Size></Contents>",
        "<Name>b</Name><KeyCount>1</KeyCount><IsTruncated>false</IsTruncated>",
    ),
    "sns:Publish": _xml(
        "PublishResponse", "<PublishResult><MessageId>m</MessageId></PublishResult>", "<PublishResult/>"
    ),
    "ssm:GetParameter": _json({"Parameter": {"Name": "n", "Value": "v"}}, {"Parameter": {"Name": "n"}}),
    "sts:GetCallerIdentity": _xml(
        "GetCallerIdentityResponse",
        "<GetCallerIdentityResult><Arn>arn:aws:iam::123456789012:user/me</Arn><UserId>A</UserId>"
        "<Account>123456789012</Account></GetCallerIdentityResult>",
        "<GetCallerIdentityResult><UserId>A</UserId></GetCallerIdentityResult>",
    ),
}

EMPTY_LISTS: Mapping[str, bytes] = {
    "apigateway:GetRestApis": b'{"item": []}',
    "apigatewayv2:GetApis": b'{"items": []}',
    "cloudfront:ListDistributions": (
        b"<DistributionList><MaxItems>100</MaxItems><Quantity>0</Quantity></DistributionList>"
    ),
    "cloudfront:ListTagsForResource": b"<Tags><Items/></Tags>",
    "cloudtrail:LookupEvents": b'{"Events": []}',
    "s3:ListBuckets": b"<ListAllMyBucketsResult><Buckets/></ListAllMyBucketsResult>",
    "s3:ListObjectsV2": (
        b"<ListBucketResult><Name>b</Name><KeyCount>0</KeyCount><IsTruncated>false</IsTruncated></ListBucketResult>"
    ),
}
"""What AWS sends where there really is nothing."""
