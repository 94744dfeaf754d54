"""Writes the changes of one API: reads again, edits once, then deploys each changed stage.

Stages share the API's editor. Where they are to serve the same, the edits are made once; where
they differ, each stage is edited for and deployed in turn, so that each serves what was shown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from remediate.aws import Aws, BotoCoreError, ClientError, error_code, to_aws_failure
from remediate.core.address import resource_id_of
from remediate.core.document import Document, canonical, digest
from remediate.core.plan import Change
from remediate.core.state import State
from remediate.errors import Stale
from remediate.services.rest_api import normal_form
from remediate.services.rest_api.api_calls import ApiCall, api_calls, named
from remediate.services.rest_api.facts import facts_of
from remediate.services.rest_api.read import ApiDefinition, read_definition, stages
from remediate.services.rest_api.repeated import carried_out, only_the_last, was_repeated

if TYPE_CHECKING:
    from mypy_boto3_apigateway import APIGatewayClient

METHODS = {
    "CreateDeployment": "create_deployment",
    "DeleteGatewayResponse": "delete_gateway_response",
    "DeleteIntegrationResponse": "delete_integration_response",
    "DeleteMethod": "delete_method",
    "DeleteMethodResponse": "delete_method_response",
    "PutGatewayResponse": "put_gateway_response",
    "PutIntegration": "put_integration",
    "PutIntegrationResponse": "put_integration_response",
    "PutMethod": "put_method",
    "PutMethodResponse": "put_method_response",
    "UpdateIntegration": "update_integration",
    "UpdateMethod": "update_method",
    "UpdateMethodResponse": "update_method_response",
}
DESCRIPTION = "remediate"


def calls(state: State, after: Document | None) -> tuple[str, ...]:
    """The writes that turn the state into `after`, in order; pure."""
    if after is None or state.config is None:
        return ()
    edited = facts_of(state).get("edited") or state.config
    again = named(after, edited)[:-1] if state.group_wanted else ()
    return (*named(edited, after), *again)


def context(state: State, after: Document | None) -> Mapping[str, Any]:
    """Return what an undo needs: the deployment that serves what was found, and what was edited then.

    Putting the stage back on its deployment restores what it served, other people's parts too; the
    editor gets back what it held, which is kept here only where it was not what was served.

    A stage that the plan gave up, while it wants another one of the API, leaves the editor as it is
    (`keeps`): else the next deployment to the other stage would take from that what the plan wants.
    """
    del after
    edited = facts_of(state).get("edited")
    keeps = {"keeps": edited or state.config} if state.group_wanted else {}
    deployment = facts_of(state).get("deploymentId")
    if not deployment or facts_of(state).get("unseen") == "integrations":
        return keeps
    differs = edited is not None and canonical(edited) != canonical(state.config)
    return (
        keeps
        | {"deploymentId": deployment, "serves": digest(state.config)}
        | ({"edited": edited} if differs else {})
    )


def write(aws: Aws, changes: Sequence[Change]) -> None:
    """Write the changes of one API; see the module. Raises `Stale` before anything is written."""
    if not changes:
        return
    api = resource_id_of(changes[0].group)
    client: APIGatewayClient = aws.client("apigateway", changes[0].region or None)
    with aws.translated_errors(f"apigateway:GetRestApi of {api}"):
        document = dict(client.get_rest_api(restApiId=api))
    with aws.translated_errors(f"apigateway:GetStages of {api}"):
        live = stages(client, api)
    definition = read_definition(aws, client, {**document, "id": api})
    for change in changes:
        _refuse_stale(change, live.get(_stage(change)), definition)
    writer = _Writer(client, api, definition)
    by_content: dict[str, list[Change]] = {}
    # What keeps the editor as it was found comes before what is to change it for good.
    for change in sorted(changes, key=lambda change: not _keeps(change)):
        by_content.setdefault(canonical(_content(change)), []).append(change)
    for alike in by_content.values():
        content = _content(alike[0])
        writer.edit(content)
        for change in alike:
            writer.serve(change, content)


def _goes_back(change: Change) -> bool:
    """Return whether the change returns to what its noted deployment serves: an undo."""
    return bool(change.context.get("deploymentId")) and change.context.get("serves") == digest(change.after)


def _content(change: Change) -> Document:
    """Return what the editor is to hold in the end."""
    if _goes_back(change) and change.context.get("edited"):
        return dict(change.context["edited"])
    if _keeps(change):
        return dict(change.context["keeps"])
    return change.after or {}


def _keeps(change: Change) -> bool:
    """Return whether the editor keeps what it holds, and only the stage is to serve something else."""
    return bool(change.context.get("keeps")) and not _goes_back(change)


def _stage(change: Change) -> str:
    return change.address.removeprefix(f"{change.group}/")


def _refuse_stale(change: Change, stage: Document | None, definition: ApiDefinition) -> None:
    if stage is None:
        raise Stale(
            f"{change.address}: the stage is gone.", hint="Plan again: it was there when the plan was made."
        )
    now = definition.revision(stage)
    if now == change.revision:
        return
    serves, served = stage.get("deploymentId"), change.context.get("deploymentId")
    if served and serves == served:
        moved = (
            "the API was edited, or the stage's canary changed, since it was shown "
            f"(deployment {serves} is served now as then)"
        )
    else:
        moved = (
            "the API or its stage moved since it was shown "
            f"(deployment {serves or 'none'} now, {served or 'another state'} then)"
        )
    raise Stale(
        f"{change.address}: {moved}; nothing was written.",
        hint="Plan again and look at what changed: somebody edited or deployed the API meanwhile.",
    )


class _Writer:
    """Edits and deploys one API, knowing what its editor holds."""

    def __init__(self, client: Any, api: str, definition: ApiDefinition) -> None:
        self.client = client
        self.api = api
        self.edited: Document = definition.config
        self.raw = {
            (str(resource.get("path", "")), name): method
            for resource in definition.resources
            for name, method in (resource.get("resourceMethods") or {}).items()
        }
        self.ids = {str(resource.get("path", "")): str(resource["id"]) for resource in definition.resources}

    def edit(self, after: Document) -> None:
        """Make the editor hold what is wanted."""
        for step in api_calls(self.edited, after, self.raw):
            self.send(step)
        self.edited = _merged(self.edited, after)
        self.raw = {}

    def send(self, step: ApiCall) -> None:
        request = dict(step.request) | {"restApiId": self.api}
        if step.path:
            request["resourceId"] = self.ids[step.path]
        place = " ".join(str(part) for part in (step.path, step.request.get("httpMethod")) if part)
        place = place or str(step.request.get("responseType", ""))
        try:
            getattr(self.client, METHODS[step.operation])(**request)
        except (ClientError, BotoCoreError) as error:
            if step.operation.startswith("Delete") and error_code(error) == "NotFoundException":
                return  # gone already: an earlier run was interrupted here
            if was_repeated(error) and carried_out(self.client, step, request):
                return  # done at the first sending, whose answer was lost
            raise to_aws_failure(
                error, f"apigateway:{step.operation} of {self.api} {place}".strip()
            ) from error

    def serve(self, change: Change, content: Document) -> None:
        """Let the stage serve what is edited, or put it back on the deployment that served this."""
        stage = _stage(change)
        if _goes_back(change) and self.back(stage, str(change.context["deploymentId"])):
            return
        if change.after is not None and canonical(content) != canonical(change.after):
            # The editor holds other things than the stage is to serve: deploy these, then give them back.
            self.edit(change.after)
            self.deploy(stage, change)
            self.edit(content)
            return
        self.deploy(stage, change)

    def deploy(self, stage: str, change: Change) -> None:
        """Publish what is edited to the stage; its variables and settings stay."""
        mark = digest([change.revision, change.after])[7:15]
        description = f"{DESCRIPTION}: {change.address}, change {mark}"
        try:
            made = self.client.create_deployment(restApiId=self.api, stageName=stage, description=description)
            if was_repeated(made):
                only_the_last(self.client, self.api, made["id"], description)
        except (ClientError, BotoCoreError) as error:
            if isinstance(error, BotoCoreError) or was_repeated(error):
                self._clear(stage, description)
            raise to_aws_failure(error, f"apigateway:CreateDeployment of {self.api}/{stage}") from error

    def _clear(self, stage: str, description: str) -> None:
        """After a deployment that failed: perhaps some were made, and only their answers were lost."""
        with suppress(ClientError, BotoCoreError):
            served = stages(self.client, self.api).get(stage, {}).get("deploymentId")
            if served:
                only_the_last(self.client, self.api, served, description)

    def back(self, stage: str, deployment: str) -> bool:
        """Put the stage back on an earlier deployment; False where that is gone."""
        try:
            self.client.update_stage(
                restApiId=self.api,
                stageName=stage,
                patchOperations=[{"op": "replace", "path": "/deploymentId", "value": deployment}],
            )
        except (ClientError, BotoCoreError) as error:
            if error_code(error) in ("BadRequestException", "NotFoundException"):
                return False
            raise to_aws_failure(error, f"apigateway:UpdateStage of {self.api}/{stage}") from error
        return True


def _merged(edited: Document, after: Document) -> dict[str, Any]:
    """Return what the editor holds once `after` was written: other people's parts stay as they were."""
    methods = normal_form.methods_of(edited)
    desired = normal_form.methods_of(after)
    for key in list(methods):
        if key[1] == "OPTIONS" and key not in desired:
            del methods[key]
    for key, value in desired.items():
        if key in methods or key[1] == "OPTIONS":
            methods[key] = value
    return normal_form.assembled(
        methods, normal_form.gateway_types_of(after), edited.get("binaryMediaTypes") or ()
    )
