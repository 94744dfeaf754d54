"""Tells whether a stage that is deployed by hand would publish more than CORS, from its exports.

A stage without auto-deploy serves the API as it was at its last deployment, and a deployment
publishes everything that was edited since. ExportApi tells both: with a stage's name what it
serves, without one what is edited (developer guide, "Export HTTP APIs").
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from remediate.answers import is_openapi
from remediate.aws import BotoCoreError, ClientError, read_stream

if TYPE_CHECKING:
    from mypy_boto3_apigatewayv2 import ApiGatewayV2Client

CORS = "x-amazon-apigateway-cors"
_WITH_THE_STAGE = ("servers", "tags")


@dataclass(frozen=True, slots=True)
class Pending:
    """What a deployment to the stage would publish; both None where it cannot be told."""

    cors: bool | None
    others: bool | None


def pending(client: ApiGatewayV2Client, api: str, stage: str) -> Pending:
    """Compare what the stage serves with what is edited: two calls, no error."""
    try:
        served, edited = _export(client, api, StageName=stage), _export(client, api)
    except (ClientError, BotoCoreError, ValueError, TypeError):
        return Pending(None, None)
    cors = served.pop(CORS, None) != edited.pop(CORS, None)
    for name in _WITH_THE_STAGE:
        served.pop(name, None)
        edited.pop(name, None)
    return Pending(cors, served != edited)


def _export(client: ApiGatewayV2Client, api: str, **stage: str) -> dict[str, Any]:
    body, _ = read_stream(
        lambda: client.export_api(
            ApiId=api, Specification="OAS30", OutputType="JSON", IncludeExtensions=True, **stage
        ),
        whole=is_openapi,
    )
    document: dict[str, Any] = json.loads(body)
    return document
