"""Writes an API's CORS settings: read again, compare, update all six members or delete them.

Stages that are deployed by hand get a deployment, but only where their exports show that it
publishes nothing but CORS.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from remediate.aws import BotoCoreError, ClientError, to_aws_failure
from remediate.core.address import resource_id_of
from remediate.core.document import digest
from remediate.errors import AwsFailure, NoChangeNeeded, Stale
from remediate.services.http_api.cors import ORIGINS, complete, configured, values
from remediate.services.http_api.deployment import pending
from remediate.services.http_api.facts import facts_of
from remediate.services.http_api.read import document

if TYPE_CHECKING:
    from mypy_boto3_apigatewayv2 import ApiGatewayV2Client

    from remediate.aws import Aws
    from remediate.core.document import Document
    from remediate.core.plan import Change
    from remediate.core.state import State

DEPLOY = "apigatewayv2:CreateDeployment"


def calls(state: State, after: Document | None) -> tuple[str, ...]:
    """The write, and one deployment per stage that needs and may have one."""
    if state.config == after:
        return ()
    return (_call(after), *(DEPLOY for _ in _deployable(state)))


def _call(after: Document | None) -> str:
    return "apigatewayv2:DeleteCorsConfiguration" if after is None else "apigatewayv2:UpdateApi"


def _deployable(state: State) -> list[str]:
    stages = facts_of(state).get("stages", ())
    return [stage["StageName"] for stage in stages if stage.get("OthersPending") is False]


def context(state: State, after: Document | None) -> Mapping[str, Any]:
    """`{"deploy": [stage, ...]}` where stages are deployed by hand."""
    stages = _deployable(state) if state.config != after else []
    return {"deploy": stages} if stages else {}


def write(aws: Aws, changes: Sequence[Change]) -> None:
    """Write each API's `after`. `Stale` if its settings moved, `AwsFailure` where AWS refuses.

    `NoChangeNeeded` for an API that holds `after`: nothing is sent, so a run may be repeated.
    """
    for change in changes:
        _write(aws, change)


def _write(aws: Aws, change: Change) -> None:
    client: ApiGatewayV2Client = aws.client("apigatewayv2", change.region)
    identifier = resource_id_of(change.address)
    with aws.translated_errors(f"apigatewayv2:GetApi of {identifier}"):
        now = document(client.get_api(ApiId=identifier))
    if now != change.after and digest(now) != change.revision:
        raise Stale(
            f"{change.address} moved since it was shown: shown {_told(change.before)}, now {_told(now)}, "
            f"wanted {_told(change.after)}. Nothing was written to it.",
            hint="Run the plan again, look at what changed, and apply that.",
        )
    waiting = {stage: pending(client, identifier, stage) for stage in change.context.get("deploy", ())}
    for stage, waiting_edits in waiting.items():
        if waiting_edits.others is None:
            raise AwsFailure(
                f"{change.address}: what stage {stage} serves could not be compared with what is edited, so "
                "the deployment that it needs might publish other edits. Nothing was written to it.",
                code="NoExport",
                operation="apigatewayv2:ExportApi",
                hint="Run it again.",
            )
        if waiting_edits.others:
            raise Stale(
                f"{change.address} was edited since it was shown, and the edits are not deployed: the "
                f"deployment that stage {stage} needs would publish them too. Nothing was written to it.",
                hint="Deploy or take back those edits, then run the plan again.",
            )
    written = now != change.after
    if written:
        _put(client, identifier, change.after)
    for stage, waiting_edits in waiting.items():
        if written or waiting_edits.cors:
            with aws.translated_errors(f"{DEPLOY} of {identifier}, stage {stage}"):
                client.create_deployment(ApiId=identifier, StageName=stage, Description="CORS, by remediate")
    if not written and not any(waiting_edits.cors for waiting_edits in waiting.values()):
        raise NoChangeNeeded(f"{change.address} has these settings already.")


def _put(client: ApiGatewayV2Client, identifier: str, after: Document | None) -> None:
    try:
        if after is None:
            client.delete_cors_configuration(ApiId=identifier)
        else:
            cors: Any = complete(configured(after) or {})
            client.update_api(ApiId=identifier, CorsConfiguration=cors)
    except (ClientError, BotoCoreError) as error:
        raise to_aws_failure(error, f"{_call(after)} of {identifier}") from error


def _told(config: Document | None) -> str:
    """The settings in a few words."""
    cors = configured(config)
    if cors is None:
        return "no CORS settings"
    origins = values(cors, ORIGINS)
    more = ", …" if len(origins) > 5 else ""
    count = f"{len(origins)} origin{'s' if len(origins) != 1 else ''}"
    return f"{count} ({', '.join(origins[:5])}{more}; {digest(config)[7:15]})"
