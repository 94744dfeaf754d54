"""Gives moto an event history: who wrote what, as CloudTrail's LookupEvents tells it.

- A record looks as in the user guide, "CloudTrail record contents", and in the services' own examples:
  members of requests and answers are spelled with their first letter small; of REST APIs what is not
  in the path is inside `createDeploymentInput` and its like; of S3 there is `bucketName`, no answer,
  and what was sent is left out here.
- Kept are the successful writes to the services of this tool, in the order they came. CloudTrail
  keeps reads and refused calls too, and shows a call only some minutes after it.
- LookupEvents takes one attribute at most, and gives the newest first, 50 a page.
  https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html
"""

import json
from collections import deque
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from botocore.parsers import create_parser
from moto.apigateway.responses import APIGatewayResponse
from moto.apigatewayv2.responses import ApiGatewayV2Response
from moto.cloudfront.responses import CloudFrontResponse
from moto.cloudtrail.models import cloudtrail_backends
from moto.cloudtrail.responses import CloudTrailResponse
from moto.core.exceptions import JsonRESTError
from moto.core.parse import PROTOCOL_PARSERS
from moto.core.responses import BaseResponse
from moto.core.routing import get_service_router
from moto.core.utils import utcnow
from moto.s3.responses import S3Response
from moto.sts.models import sts_backends
from werkzeug.exceptions import NotFound

from remediate.sandbox.patches.patch import patch, patch_missing

Document = dict[str, Any]
Handle = Callable[..., Any]

LARGEST_PAGE = 50
KEPT = 5_000
"""Records per Region, where CloudTrail keeps ninety days."""

GLOBAL = frozenset({"cloudfront"})
"""Services whose records are in us-east-1, wherever they were called from."""

_READS = frozenset({"GET", "HEAD", "OPTIONS"})


def recording(handle: Handle) -> Handle:
    """The same handler, which also keeps a record of what succeeded."""

    def handled(self: BaseResponse, request: Any, *arguments: Any) -> Any:
        answer = handle(self, request, *arguments)
        if request.method not in _READS and 200 <= int(answer[0]) < 300:
            _keep(self, request, answer)
        return answer

    return handled


def _keep(response: BaseResponse, request: Any, answer: Any) -> None:
    service = response.boto3_service_name
    try:
        operation, in_path = get_service_router(service).match(request)
    except NotFound:
        return
    # What is done to objects is not in the event history: these are data events.
    if service == "s3" and "Bucket" not in operation.name:
        return
    region = "us-east-1" if service in GLOBAL else response.region
    # Not moto's random numbers: the sandbox seeds those, for ids that stay what they are.
    record = {
        "eventVersion": "1.11",
        "userIdentity": _identity(response),
        "eventTime": utcnow().strftime("%Y-%m-%dT%H:%M:%SZ"),
        "eventSource": f"{operation.service_model.signing_name}.amazonaws.com",
        "eventName": operation.name,
        "awsRegion": region,
        "sourceIPAddress": request.remote_addr or "127.0.0.1",
        "userAgent": _agent(service, request),
        "requestParameters": _parameters(service, operation, in_path, request),
        "responseElements": None if service == "s3" else _elements(operation, answer),
        "requestID": str(uuid4()),
        "eventID": str(uuid4()),
        "readOnly": False,
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": response.current_account,
        "eventCategory": "Management",
    }
    history(response.current_account, region).append(record)


def history(account: str, region: str) -> deque[Document]:
    """The events of a Region; a reset of moto empties them with the backend."""
    backend = cloudtrail_backends[account][region]
    events: deque[Document] = backend.__dict__.setdefault("_event_history", deque(maxlen=KEPT))
    return events


def _identity(response: BaseResponse) -> Document:
    """The user that has the access key; `user/moto` where moto knows no such key."""
    account = response.current_account
    _, arn, _ = sts_backends[account][response.partition].get_caller_identity(
        response.access_key, response.region
    )
    identity: Document = {"arn": arn, "accountId": account, "accessKeyId": response.access_key}
    kind, _, name = arn.rpartition(":")[2].partition("/")
    if kind == "assumed-role":
        role = {"type": "Role", "accountId": account, "userName": name.partition("/")[0]}
        return {"type": "AssumedRole", **identity, "sessionContext": {"sessionIssuer": role}}
    return {"type": "IAMUser", **identity, "userName": name.rpartition("/")[2]}


def _agent(service: str, request: Any) -> str:
    agent = str(request.headers.get("User-Agent") or "")
    return f"[{agent}]" if service == "s3" else agent


def _parameters(service: str, operation: Any, in_path: Document, request: Any) -> Document:
    if service == "s3":
        return {"bucketName": in_path["Bucket"], "Host": request.host}
    sent = PROTOCOL_PARSERS[operation.service_model.protocol](operation, map_type=dict).parse(
        {
            "method": request.method,
            "values": request.values,
            "headers": request.headers,
            "body": request.data,
            "url_path": request.path,
            "url_params": in_path,
        }
    )
    parameters: Document = _spelled(sent)
    if service != "apigateway":
        return parameters
    members = operation.input_shape.members
    body = {
        name: value for name, value in parameters.items() if "location" not in members[name].serialization
    }
    outside = {name: value for name, value in parameters.items() if name not in body}
    return {**outside, **({f"{_small(operation.name)}Input": body} if body else {}), "template": False}


def _elements(operation: Any, answer: Any) -> Document | None:
    if operation.output_shape is None:
        return None
    status, headers, body = answer
    parsed = create_parser(operation.service_model.protocol).parse(
        {
            "status_code": status,
            "headers": {str(name).lower(): str(value) for name, value in headers.items()},
            "body": body.encode() if isinstance(body, str) else body,
        },
        operation.output_shape,
    )
    parsed.pop("ResponseMetadata", None)
    elements: Document = _spelled(parsed)
    return elements


def _spelled(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {_small(str(name)): _spelled(each) for name, each in value.items() if each is not None}
    if isinstance(value, list):
        return [_spelled(each) for each in value]
    return value if isinstance(value, str | int | float | bool) else str(value)


def _small(name: str) -> str:
    return name[:1].lower() + name[1:]


def _username(record: Document) -> str:
    # Of a role it is the session's name.
    identity = record["userIdentity"]
    return str(identity.get("userName") or identity["arn"].rpartition("/")[2])


_ATTRIBUTES: Mapping[str, Callable[[Document], str]] = {
    "EventId": lambda record: str(record["eventID"]),
    "EventName": lambda record: str(record["eventName"]),
    "EventSource": lambda record: str(record["eventSource"]),
    "ReadOnly": lambda record: str(record["readOnly"]).lower(),
    "Username": _username,
    "AccessKeyId": lambda record: str(record["userIdentity"]["accessKeyId"]),
    "ResourceName": lambda record: str(record["requestParameters"].get("bucketName", "")),
}
"""Of resources only buckets: for those it is sure that CloudTrail names them."""


def lookup_events(self: CloudTrailResponse) -> str:
    """Answer LookupEvents."""
    attributes = self._get_param("LookupAttributes") or []
    if len(attributes) > 1 or any(attribute["AttributeKey"] not in _ATTRIBUTES for attribute in attributes):
        raise JsonRESTError("InvalidLookupAttributesException", "The lookup attributes are not valid.")
    start, end = self._get_param("StartTime"), self._get_param("EndTime")
    if start is not None and end is not None and start > end:
        raise JsonRESTError("InvalidTimeRangeException", "The start time is after the end time.")
    size = int(self._get_param("MaxResults") or LARGEST_PAGE)
    if not 1 <= size <= LARGEST_PAGE:
        raise JsonRESTError("InvalidMaxResultsException", "MaxResults must be between 1 and 50.")
    # A copy, because a server answers other requests meanwhile.
    records = [
        record
        for record in reversed(list(history(self.current_account, self.region)))
        if (start is None or _seconds(record) >= start)
        and (end is None or _seconds(record) <= end)
        and all(
            _ATTRIBUTES[attribute["AttributeKey"]](record) == attribute["AttributeValue"]
            for attribute in attributes
        )
    ]
    events, token = _page(records, size, self._get_param("NextToken"))
    more = {"NextToken": token} if token else {}
    return json.dumps({"Events": [_event(record) for record in events], **more})


def _page(records: list[Document], size: int, token: str | None) -> tuple[list[Document], str | None]:
    """Cut the page after `token`, which is the id of the last event of the page before."""
    ids = [record["eventID"] for record in records]
    if token and token not in ids:
        raise JsonRESTError("InvalidNextTokenException", "The next token is not valid.")
    start = ids.index(token) + 1 if token else 0
    events = records[start : start + size]
    return events, events[-1]["eventID"] if start + size < len(records) else None


def _event(record: Document) -> Document:
    bucket = record["requestParameters"].get("bucketName")
    return {
        "EventId": record["eventID"],
        "EventName": record["eventName"],
        "ReadOnly": str(record["readOnly"]).lower(),
        "AccessKeyId": record["userIdentity"]["accessKeyId"],
        "EventTime": _seconds(record),
        "EventSource": record["eventSource"],
        "Username": _username(record),
        "Resources": [{"ResourceType": "AWS::S3::Bucket", "ResourceName": bucket}] if bucket else [],
        "CloudTrailEvent": json.dumps(record),
    }


def _seconds(record: Document) -> float:
    return datetime.strptime(record["eventTime"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC).timestamp()


_HANDLERS: Mapping[type, tuple[str, Handle]] = {
    APIGatewayResponse: ("_dispatch", recording(APIGatewayResponse._dispatch)),  # noqa: SLF001
    ApiGatewayV2Response: ("_dispatch", recording(ApiGatewayV2Response._dispatch)),  # noqa: SLF001
    CloudFrontResponse: ("_dispatch", recording(CloudFrontResponse._dispatch)),  # noqa: SLF001
    S3Response: ("bucket_response", recording(S3Response.bucket_response)),
}


def install() -> None:
    """Install all of it."""
    for owner, (name, handle) in _HANDLERS.items():
        patch(owner, **{name: handle})
    patch_missing(CloudTrailResponse, lookup_events)
