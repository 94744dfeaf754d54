"""Calls that were sent twice because the first answer was lost on the way; I/O.

botocore repeats a call whose connection broke, though AWS may have carried it out. Most of API
Gateway's writes may be repeated; these are the ones that may not.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from remediate.aws import BotoCoreError, ClientError
from remediate.services.rest_api.api_calls import ApiCall

if TYPE_CHECKING:
    from mypy_boto3_apigateway import APIGatewayClient

_READ = {
    "PutMethod": "get_method",
    "PutMethodResponse": "get_method_response",
    "UpdateIntegration": "get_integration",
    "UpdateMethodResponse": "get_method_response",
}
_PLACE = ("restApiId", "resourceId", "httpMethod", "statusCode")


def was_repeated(answer: Any) -> bool:
    """Return whether an answer, or an error, came to a second sending."""
    if isinstance(answer, ClientError):
        answer = answer.response
    if not isinstance(answer, Mapping):
        return False
    return bool((answer.get("ResponseMetadata") or {}).get("RetryAttempts"))


def carried_out(client: Any, step: ApiCall, request: Mapping[str, Any]) -> bool:
    """Return whether what AWS refused at the second sending is there, as it was sent, from the first."""
    if step.operation not in _READ:
        return False
    place = {key: request[key] for key in _PLACE if key in request}
    try:
        live = getattr(client, _READ[step.operation])(**place)
    except (ClientError, BotoCoreError):
        return False
    if "patchOperations" not in request:
        sent = {key: value for key, value in request.items() if key not in place}
        return all((live.get(key) or None) == (value or None) for key, value in sent.items())
    return all(_patched(live, patch) for patch in request["patchOperations"])


def _patched(live: Mapping[str, Any], patch: Mapping[str, str]) -> bool:
    member, *rest = patch["path"].lstrip("/").split("/", 1)
    value: Any = live.get(member)
    if rest:
        value = (value or {}).get(rest[0].replace("~1", "/").replace("~0", "~"))
    if patch["op"] == "remove":
        return value is None
    text = str(value).lower() if isinstance(value, bool) else str(value or "")
    return text == patch.get("value", "")


def only_the_last(client: APIGatewayClient, api: str, newest: str, description: str) -> None:
    """Delete what the lost sendings of a deployment left behind: it serves no stage. At best effort."""
    left: list[str] = []
    with suppress(ClientError, BotoCoreError):
        for page in client.get_paginator("get_deployments").paginate(restApiId=api):
            left += [
                deployment["id"]
                for deployment in page.get("items", [])
                if deployment.get("description") == description and deployment["id"] != newest
            ]
    for deployment_id in left:
        # One that is refused (gone already: that answer was lost, too) does not spare the next.
        with suppress(ClientError, BotoCoreError):
            client.delete_deployment(restApiId=api, deploymentId=deployment_id)
