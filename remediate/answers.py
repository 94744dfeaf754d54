"""Decides whether an answer of AWS can be trusted; one that cannot is repeated like a 500, then an error.

botocore takes a body that was cut off, an empty one and JSON that is not JSON for an answer without
members, and an answer without members reads like a resource without settings. So every answer is
held against what its operation announces: the length of the body, its root, and the members that
AWS always sends.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserFactory

from remediate.errors import RemediateError

__all__ = [
    "UNUSABLE",
    "ClientLibraryError",
    "Factory",
    "UnusableAnswer",
    "check_answers",
    "convert_errors",
    "is_openapi",
]

UNUSABLE = "UnusableAnswer"
"""The error code of an answer that cannot be trusted."""

_ROOT = re.compile(rb"(?:\xef\xbb\xbf)?(?:\s|<\?.*?\?>|<!--.*?-->)*<(?:[\w.-]+:)?([\w.-]+)[\s/>]", re.DOTALL)
_JSON = frozenset({"json", "rest-json"})
_XML = frozenset({"query", "rest-xml", "ec2"})
_NOWHERE = frozenset({"header", "headers", "statusCode"})

ROOTS: Mapping[str, str] = {
    "s3:GetBucketCors": "CORSConfiguration",
    "s3:GetBucketTagging": "Tagging",
    "s3:ListBuckets": "ListAllMyBucketsResult",
    "s3:ListObjectsV2": "ListBucketResult",
}
"""The root elements that API models leave out: "Response Syntax" in the S3 API reference."""

MEMBERS: Mapping[str, tuple[str, ...]] = {
    "apigateway:CreateDeployment": ("id",),
    "apigateway:GetBasePathMappings": ("items[].restApiId",),
    "apigateway:GetDeployments": ("items[].id",),
    "apigateway:GetExport": ("body",),
    "apigateway:GetGatewayResponses": ("items[].responseType",),
    "apigateway:GetIntegration": ("type",),
    "apigateway:GetMethod": ("httpMethod",),
    "apigateway:GetMethodResponse": ("statusCode",),
    "apigateway:GetResources": ("items[].id", "items[].path"),
    "apigateway:GetRestApi": ("id",),
    "apigateway:GetRestApis": ("items[].id",),
    "apigateway:GetStages": ("item[].stageName",),
    "apigatewayv2:ExportApi": ("body",),
    "apigatewayv2:GetApi": ("ApiId", "ProtocolType"),
    "apigatewayv2:GetApiMappings": ("Items[].ApiId",),
    "apigatewayv2:GetApis": ("Items[].ApiId", "Items[].ProtocolType"),
    "apigatewayv2:GetIntegration": ("IntegrationType",),
    "apigatewayv2:GetRoutes": ("Items[].RouteKey",),
    "apigatewayv2:GetStages": ("Items[].StageName",),
    "cloudfront:CreateCachePolicy": ("CachePolicy.Id",),
    "cloudfront:CreateOriginRequestPolicy": ("OriginRequestPolicy.Id",),
    "cloudfront:CreateResponseHeadersPolicy": ("ResponseHeadersPolicy.Id",),
    "cloudfront:GetCachePolicy": ("ETag",),
    "cloudfront:GetDistribution": (
        "ETag",
        "Distribution.Id",
        "Distribution.DomainName",
        "Distribution.DistributionConfig.DefaultCacheBehavior",
        "Distribution.DistributionConfig.Origins",
    ),
    "cloudfront:GetOriginRequestPolicy": ("ETag",),
    "cloudfront:GetResponseHeadersPolicy": ("ETag",),
    "cloudfront:ListCachePolicies": (
        "CachePolicyList.Quantity",
        "CachePolicyList.Items[].CachePolicy.Id",
        "CachePolicyList.Items[].CachePolicy.CachePolicyConfig.Name",
    ),
    "cloudfront:ListDistributions": (
        "DistributionList.Quantity",
        "DistributionList.Items[].Id",
        "DistributionList.Items[].DomainName",
        "DistributionList.Items[].DefaultCacheBehavior",
        "DistributionList.Items[].Origins",
    ),
    "cloudfront:ListOriginRequestPolicies": (
        "OriginRequestPolicyList.Quantity",
        "OriginRequestPolicyList.Items[].OriginRequestPolicy.Id",
        "OriginRequestPolicyList.Items[].OriginRequestPolicy.OriginRequestPolicyConfig.Name",
    ),
    "cloudfront:ListResponseHeadersPolicies": (
        "ResponseHeadersPolicyList.Quantity",
        "ResponseHeadersPolicyList.Items[].ResponseHeadersPolicy.Id",
        "ResponseHeadersPolicyList.Items[].ResponseHeadersPolicy.ResponseHeadersPolicyConfig.Name",
    ),
    "cloudfront:ListTagsForResource": ("Tags.Items[].Key",),
    "cloudtrail:LookupEvents": ("Events[].EventId",),
    "events:PutEvents": ("Entries",),
    "lambda:GetFunctionConfiguration": ("FunctionArn",),
    "s3:GetBucketCors": ("CORSRules[].AllowedMethods", "CORSRules[].AllowedOrigins"),
    "s3:GetBucketTagging": ("TagSet[].Key",),
    "s3:GetObject": ("ETag", "Body"),
    "s3:ListBuckets": ("Buckets[].Name",),
    "s3:ListObjectsV2": ("Name", "IsTruncated", "KeyCount", "Contents[].Key", "Contents[].Size"),
    "s3:PutObject": ("ETag",),
    "sns:Publish": ("MessageId",),
    "ssm:GetParameter": ("Parameter.Value",),
    "sts:GetCallerIdentity": ("Account", "Arn"),
}
"""What AWS always sends and a run relies on. `Items[].Id`: the list, which may be empty, and Id of each.

CORSRules is absent only from an answer that is not whole: without rules S3 answers 404.
"""


class UnusableAnswer(BotoCoreError):
    """An answer whose body came as a stream, and which is not what was asked for."""

    fmt = "{said}"


class ClientLibraryError(BotoCoreError):
    """Anything that a client library raised and that is none of its own documented errors."""

    fmt = "{kind}: {said}"


class Factory(ResponseParserFactory):
    """Makes botocore's parsers, with the check around each."""

    def create_parser(self, protocol_name: str) -> Any:
        """The parser of that protocol."""
        return _CheckingParser(super().create_parser(protocol_name), protocol_name)


def check_answers(client: Any) -> None:
    """Let the client's answers be checked; its session must have `Factory` for its parsers."""
    service = client.meta.service_model.service_id.hyphenize()
    client.meta.events.register_first(f"before-parse.{service}", _pass_operation)
    client.meta.events.register_first(f"needs-retry.{service}", _pass_status)


def _pass_operation(*, operation_model: Any, response_dict: dict[str, Any], **_: object) -> None:
    response_dict["context"]["operation_model"] = operation_model


def _pass_status(*, response: Any, **_: object) -> None:
    """Let the retries see what the check made of the status, as botocore does for S3's 200s with errors."""
    if response is not None:
        answer, parsed = response
        answer.status_code = (parsed.get("ResponseMetadata") or {}).get("HTTPStatusCode", answer.status_code)


def is_openapi(body: bytes) -> bool:
    """Whether the body of an export is the whole JSON document: AWS writes `paths` even where none is."""
    try:
        document = json.loads(body)
    except ValueError:
        return False
    return isinstance(document, dict) and isinstance(document.get("paths"), dict)


def convert_errors(**event: Any) -> None:
    """For the event `creating-client-class`: the client raises ClientError and BotoCoreError alone."""
    event["base_classes"].insert(0, _Converting)


class _Converting:
    def _make_api_call(self, operation_name: str, api_params: Any) -> Any:
        try:
            return super()._make_api_call(operation_name, api_params)  # type: ignore[misc]
        except (ClientError, BotoCoreError, RemediateError):
            raise
        except Exception as error:
            raise ClientLibraryError(kind=type(error).__name__, said=error) from error


class _CheckingParser:
    """A parser whose answers are checked, as far as it knows their operation."""

    def __init__(self, parser: Any, protocol: str) -> None:
        self._parser = parser
        self._protocol = protocol

    def parse(self, response: dict[str, Any], shape: Any) -> Any:
        """What botocore's parser makes of the response, or an error answer with the code `UNUSABLE`."""
        operation = response["context"].get("operation_model")
        if operation is None:  # a client of botocore's own, for credentials
            return self._parser.parse(response, shape)
        if said := _cut(response, operation):
            return _refused(response, 500, said)
        if response["status_code"] >= 300:
            return self._error(response, shape)
        if said := _foreign(response, operation, self._protocol):
            return _refused(response, 500, said)
        try:
            parsed = self._parser.parse(response, shape)
        except Exception as error:  # noqa: BLE001 - whatever it stumbles over is no answer
            return _refused(response, 500, f"it cannot be decoded ({type(error).__name__}: {error})")
        name = f"{operation.service_model.service_name}:{operation.name}"
        if "Error" not in parsed and (said := _incomplete(parsed, MEMBERS.get(name, ()))):
            return _refused(response, 500, said)
        return parsed

    def _error(self, response: dict[str, Any], shape: Any) -> Any:
        """An error that is no document of AWS's keeps its status, and says nothing else."""
        try:
            return self._parser.parse(response, shape)
        except Exception as error:  # noqa: BLE001 - a proxy's page, say
            return _refused(
                response, response["status_code"], f"it cannot be decoded ({type(error).__name__}: {error})"
            )


def _refused(response: Mapping[str, Any], status: int, said: str) -> dict[str, Any]:
    message = f"The answer with status {response['status_code']} cannot be used: {said}."
    headers = {name.lower(): value for name, value in response["headers"].items()}
    return {
        "Error": {"Code": UNUSABLE, "Message": message},
        "ResponseMetadata": {"HTTPStatusCode": status, "HTTPHeaders": headers},
    }


def _cut(response: Mapping[str, Any], operation: Any) -> str:
    """What is wrong with the body's length. A stream is checked by whoever reads it."""
    body = response["body"]
    announced = response["headers"].get("content-length")
    if not isinstance(body, bytes) or announced is None or operation.http.get("method") == "HEAD":
        return ""
    if str(announced).strip() == str(len(body)):
        return ""
    return f"it is cut off, as {len(body)} of {announced} bytes came"


def _foreign(response: Mapping[str, Any], operation: Any, protocol: str) -> str:
    """What tells that the body is no answer to that operation at all."""
    body, shape = response["body"], operation.output_shape
    if not isinstance(body, bytes) or shape is None or not _has_body(shape):
        return ""
    if not body.strip():
        return "it is empty"
    if protocol in _JSON:
        try:
            found = json.loads(body)
        except ValueError:
            return f"it is not JSON and begins with {_beginning(body)}"
        if not isinstance(found, dict):
            return f"it is not a JSON object and begins with {_beginning(body)}"
    elif protocol in _XML:
        wanted = _root(operation, protocol)
        root = _ROOT.match(body)
        if root is None or (wanted and root[1].decode() != wanted):
            return f"it is not the XML of {wanted or operation.name} and begins with {_beginning(body)}"
    return ""


def _has_body(shape: Any) -> bool:
    return any(member.serialization.get("location") not in _NOWHERE for member in shape.members.values())


def _root(operation: Any, protocol: str) -> str:
    """The root element; empty where nothing says what it is."""
    if protocol == "query":
        return f"{operation.name}Response"
    payload = operation.output_shape.serialization.get("payload")
    if payload:
        return str(operation.output_shape.members[payload].serialization.get("name", payload))
    return ROOTS.get(f"{operation.service_model.service_name}:{operation.name}", "")


def _beginning(body: bytes) -> str:
    return repr(body[:30].decode("utf-8", "replace"))


def _incomplete(parsed: Mapping[str, Any], paths: tuple[str, ...]) -> str:
    """Which of the members is missing, or which list that is not as long as it says."""
    for path in paths:
        if missing := next(_missing(parsed, path.split(".")), None):
            return f"it lacks {missing}"
    for name, member in parsed.items():
        if name.endswith(("List", "Distribution")) and (uncounted := next(_uncounted(member, name), None)):
            return f"it lacks {uncounted}"
    return ""


def _missing(holder: Any, path: list[str], within: str = "") -> Iterator[str]:
    """The path of each place where the member is missing."""
    name = path[0].removesuffix("[]")
    where = f"{within}.{name}" if within else name
    held = holder.get(name) if isinstance(holder, Mapping) else None
    if path[0].endswith("[]"):
        if held is None and isinstance(holder, Mapping) and _counts_none(holder):
            return
        if not isinstance(held, list):
            yield where
            return
        for number, item in enumerate(held):
            yield from _missing(item, path[1:], f"{where}[{number}]")
    elif held is None or held == "":
        yield where
    elif path[1:]:
        yield from _missing(held, path[1:], where)


def _counts_none(holder: Mapping[str, Any]) -> bool:
    """CloudFront and S3 leave a list out where they count none; S3 counts common prefixes too."""
    counted = holder.get("Quantity", holder.get("KeyCount"))
    return counted == 0 or bool(holder.get("CommonPrefixes"))


def _uncounted(value: Any, where: str) -> Iterator[str]:
    """CloudFront's lists whose Quantity counts items and that hold none."""
    if isinstance(value, Mapping):
        if value.get("Quantity") and "Items" not in value:
            yield f"{where}.Items, as Quantity is {value['Quantity']}"
        for name, member in value.items():
            yield from _uncounted(member, f"{where}.{name}")
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _uncounted(item, f"{where}[{number}]")
