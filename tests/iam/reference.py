"""Which actions AWS checks for a call, and on which ARN; from AWS's reference, not from our code.

Service Authorization Reference, the pages named at each table: "API operations" gives the actions of
an operation, "Actions" the resource types that an action takes, "Resource types" their ARNs. A call
that is not in these tables is an error, so that none goes unchecked.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote

from .evaluation import Asked

# list_apigateway.html. The resource type of exports is not listed there; its path is that of AWS's
# managed policies SecurityAudit and BedrockAgentCoreFullAccess.
_METHOD = "/restapis/{}/resources/{}/methods/{}"
REST = {
    "GetRestApis": ("GET", "/restapis"),
    "GetRestApi": ("GET", "/restapis/{}"),
    "GetStages": ("GET", "/restapis/{}/stages"),
    "GetResources": ("GET", "/restapis/{}/resources"),
    "GetGatewayResponses": ("GET", "/restapis/{}/gatewayresponses"),
    "GetExport": ("GET", "/restapis/{}/stages/{}/exports/{}"),
    "GetMethod": ("GET", _METHOD),
    "GetMethodResponse": ("GET", _METHOD + "/responses/{}"),
    "GetIntegration": ("GET", _METHOD + "/integration"),
    "GetDeployments": ("GET", "/restapis/{}/deployments"),
    "PutMethod": ("PUT", _METHOD),
    "PutMethodResponse": ("PUT", _METHOD + "/responses/{}"),
    "PutIntegration": ("PUT", _METHOD + "/integration"),
    "PutIntegrationResponse": ("PUT", _METHOD + "/integration/responses/{}"),
    "PutGatewayResponse": ("PUT", "/restapis/{}/gatewayresponses/{}"),
    "UpdateMethod": ("PATCH", _METHOD),
    "UpdateMethodResponse": ("PATCH", _METHOD + "/responses/{}"),
    "UpdateIntegration": ("PATCH", _METHOD + "/integration"),
    "UpdateStage": ("PATCH", "/restapis/{}/stages/{}"),
    "DeleteMethod": ("DELETE", _METHOD),
    "DeleteMethodResponse": ("DELETE", _METHOD + "/responses/{}"),
    "DeleteIntegrationResponse": ("DELETE", _METHOD + "/integration/responses/{}"),
    "DeleteGatewayResponse": ("DELETE", "/restapis/{}/gatewayresponses/{}"),
    "DeleteDeployment": ("DELETE", "/restapis/{}/deployments/{}"),
    "CreateDeployment": ("POST", "/restapis/{}/deployments"),
}

# list_apigatewayv2.html
HTTP = {
    "GetApis": ("GET", "/apis"),
    "GetApi": ("GET", "/apis/{}"),
    "GetRoutes": ("GET", "/apis/{}/routes"),
    "GetStages": ("GET", "/apis/{}/stages"),
    "ExportApi": ("GET", "/apis/{}/exports/{}"),
    "UpdateApi": ("PATCH", "/apis/{}"),
    "DeleteCorsConfiguration": ("DELETE", "/apis/{}/cors"),
    "CreateDeployment": ("POST", "/apis/{}/deployments"),
}
STAGE_NAME = "apigateway:Request/StageName"
"""Same pages, "Condition keys": of CreateDeployment."""

# list_cloudfront.html. None: the action takes no resource, and a policy must say `*`.
CLOUDFRONT = {
    "ListDistributions": None,
    "ListCachePolicies": None,
    "ListOriginRequestPolicies": None,
    "ListResponseHeadersPolicies": None,
    "CreateCachePolicy": None,
    "CreateOriginRequestPolicy": None,
    "CreateResponseHeadersPolicy": None,
    "GetDistribution": "distribution",
    "UpdateDistribution": "distribution",
    "CreateInvalidation": "distribution",
    "GetCachePolicy": "cache-policy",
    "GetOriginRequestPolicy": "origin-request-policy",
    "GetResponseHeadersPolicy": "response-headers-policy",
    "DeleteCachePolicy": "cache-policy",
    "DeleteOriginRequestPolicy": "origin-request-policy",
    "DeleteResponseHeadersPolicy": "response-headers-policy",
}

# list_s3.html, by HTTP method and by what the query names.
BUCKET = {
    ("GET", "cors"): "s3:GetBucketCORS",
    ("PUT", "cors"): "s3:PutBucketCORS",
    ("DELETE", "cors"): "s3:PutBucketCORS",
    ("GET", "tagging"): "s3:GetBucketTagging",
    ("GET", "list-type"): "s3:ListBucket",
}
OBJECT = {"GET": "s3:GetObject", "PUT": "s3:PutObject"}

# list_cloudtrail.html: it takes no resource.
CLOUDTRAIL = {"LookupEvents": "*"}


@dataclass(frozen=True)
class Request:
    """One request to AWS; `service` as it is signed for. `missing`: the object is not there."""

    service: str
    operation: str
    method: str
    path: str
    query: str
    body: str
    region: str
    account: str
    missing: bool = False


def asked(request: Request) -> Iterator[Asked]:
    """What must be allowed for one request, all of it."""
    match request.service:
        case "apigateway":
            yield _gateway(request)
        case "cloudfront":
            yield from _cloudfront(request)
        case "s3":
            yield from _s3(request)
        case "cloudtrail":
            yield Asked(f"cloudtrail:{request.operation}", CLOUDTRAIL[request.operation])
        case "sns":  # list_sns.html
            form = dict(parse_qsl(request.body))
            yield Asked({"Publish": "sns:Publish"}[form["Action"]], form["TopicArn"])
        case "events":  # list_eventbridge.html: the event bus
            for entry in json.loads(request.body)["Entries"]:
                bus = f"arn:aws:events:{request.region}:{request.account}:event-bus/{entry['EventBusName']}"
                yield Asked({"PutEvents": "events:PutEvents"}[request.operation], bus)
        case "sts" if request.operation == "GetCallerIdentity":
            return  # "No permissions are required" (STS API reference)
        case _:
            raise KeyError(request)


def _gateway(request: Request) -> Asked:
    version2 = request.path.startswith("/v2/")
    action, kind = (HTTP if version2 else REST)[request.operation]
    resource = unquote(request.path).removeprefix("/v2")
    if not re.fullmatch(kind.replace("{}", "[^/]+"), resource):
        raise KeyError((request.operation, resource))
    context = {}
    if request.operation == "CreateDeployment":
        context[STAGE_NAME] = str(json.loads(request.body)["stageName"])
    return Asked(f"apigateway:{action}", f"arn:aws:apigateway:{request.region}::{resource}", context)


def _cloudfront(request: Request) -> Iterator[Asked]:
    action = f"cloudfront:{request.operation}"
    own = f"arn:aws:cloudfront::{request.account}"
    if request.operation == "ListTagsForResource":
        yield Asked(action, dict(parse_qsl(request.query))["Resource"])
        return
    kind = CLOUDFRONT[request.operation]
    # /2020-05-31/distribution/ID/config
    yield Asked(action, "*" if kind is None else f"{own}:{kind}/{request.path.split('/')[3]}")
    if request.operation == "UpdateDistribution":
        for origin in re.findall(r"<VpcOriginId>([^<]+)</VpcOriginId>", request.body):
            yield Asked("cloudfront:GetVpcOrigin", f"{own}:vpcorigin/{origin}")


def _s3(request: Request) -> Iterator[Asked]:
    query = dict(parse_qsl(request.query, keep_blank_values=True))
    bucket, _, key = unquote(request.path).strip("/").partition("/")
    arn = f"arn:aws:s3:::{bucket}"
    if not bucket and request.method == "GET":
        yield Asked("s3:ListAllMyBuckets", "*")
    elif key:
        yield Asked(OBJECT[request.method], f"{arn}/{key}")
        if request.missing and request.method == "GET":
            # Who may not list the bucket is told 403, not 404 (S3 API reference, "GetObject").
            yield Asked("s3:ListBucket", arn)
    else:
        named = [
            action for (verb, name), action in BUCKET.items() if verb == request.method and name in query
        ]
        yield Asked(named[0], arn, {"s3:prefix": query["prefix"]} if "prefix" in query else {})
