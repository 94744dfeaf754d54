"""Tells which function stands behind a route of an HTTP API. I/O, no write."""

from __future__ import annotations

from typing import TYPE_CHECKING

from remediate.aws import Aws, BotoCoreError, ClientError, to_aws_failure
from remediate.core.integration import Integration
from remediate.core.state import State
from remediate.services.http_api.facts import facts_of
from remediate.services.http_api.routes import find
from remediate.web.http import Request

if TYPE_CHECKING:
    from mypy_boto3_apigatewayv2 import ApiGatewayV2Client

PREFIX = "integrations/"


def integration(aws: Aws, state: State, request: Request) -> Integration | None:
    """Return the integration that answers the request; None where no route names one.

    Raises `AwsFailure`.
    """
    route = find(facts_of(state).get("routes") or (), request.method, request.path)
    target = str((route or {}).get("Target") or "")
    if not target.startswith(PREFIX):
        return None
    client: ApiGatewayV2Client = aws.client("apigatewayv2", state.region)
    identifier = target.removeprefix(PREFIX)
    try:
        live = client.get_integration(ApiId=state.names[0], IntegrationId=identifier)
    except (ClientError, BotoCoreError) as error:
        raise to_aws_failure(
            error, f"apigatewayv2:GetIntegration {identifier} of {state.names[0]}"
        ) from error
    payload = str(live.get("PayloadFormatVersion") or "1.0")
    return Integration.of(str(live.get("IntegrationUri") or ""), variables={}, payload=payload)
