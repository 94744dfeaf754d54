"""Makes moto's deployments of REST APIs hold the API as it was when it was deployed.

moto remembers an identifier and throws away the stage that a second deployment goes to. On AWS:

- a deployment is a snapshot of the whole API;
- a further deployment to a stage moves the stage's deploymentId and keeps everything else;
- with canarySettings the stage stays on its deployment and the new one goes to its canary;
- while a stage has a canary, an ordinary deployment to it is refused;
- the deployment that a stage stands on can't be deleted.

https://docs.aws.amazon.com/apigateway/latest/api/API_CreateDeployment.html
https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-deploy-api.html
https://docs.aws.amazon.com/apigateway/latest/developerguide/canary-release.html
"""
# ruff: noqa: D103 - a handler is named after its operation, which AWS documents.

import copy
import time
from typing import Any

from moto.apigateway.models import Deployment, RestAPI, Stage, apigateway_backends
from moto.apigateway.responses import APIGatewayResponse
from moto.apigateway.utils import ApigwDeploymentIdentifier

from remediate.sandbox.patches.apigateway.documents import present, resources
from remediate.sandbox.patches.apigateway.gateway_responses import stored
from remediate.sandbox.patches.apigateway.patch_operations import Rules, patched, patches
from remediate.sandbox.patches.apigateway.serialise import (
    Answer,
    Document,
    answer,
    api_of,
    bad_request,
    body,
    not_found,
    paged,
    part,
    query,
)
from remediate.sandbox.patches.apigateway.stages import Canary, canary_of, give_canary
from remediate.sandbox.patches.patch import patch


def snapshot(api: RestAPI) -> Document:
    """Freeze the API: everything that a change to it needs a deployment for."""
    return copy.deepcopy(
        {
            "restApi": present(api.to_dict()),
            "resources": resources(api, embed=True),
            "gatewayResponses": {name: stored(response) for name, response in api.gateway_responses.items()},
            "models": {name: present(model.to_json()) for name, model in api.models.items()},
            "authorizers": {
                name: present(authorizer.to_json()) for name, authorizer in api.authorizers.items()
            },
            "requestValidators": {
                name: validator.to_dict() for name, validator in api.request_validators.items()
            },
        }
    )


def deployed(
    account: str, region: str, api_id: str, stage_name: str, *, canary: bool = False
) -> Document | None:
    """Return the snapshot a stage (or its canary) serves; None if there is no such stage."""
    api = apigateway_backends[account][region].apis.get(api_id)
    stage = api.stages.get(stage_name) if api else None
    return deployed_on(api, stage, canary=canary) if api and stage else None


def deployed_on(api: RestAPI, stage: Stage, *, canary: bool = False) -> Document:
    settings = canary_of(stage)
    on_canary = canary and settings is not None
    deployment_id = settings.deployment_id if on_canary and settings else stage.deployment_id
    frozen: Document = api.deployments[str(deployment_id)].__dict__["snapshot"]
    return frozen


def deploy(
    api: RestAPI,
    stage_name: str | None,
    description: str | None,
    stage: Document,
    canary: Document | None = None,
) -> Deployment:
    """Add a deployment, and take the stage (or its canary) there."""
    existing = api.stages.get(stage_name) if stage_name else None
    _refuse_stage(stage_name, existing, canary)
    _refuse_incomplete(api)
    deployment_id = ApigwDeploymentIdentifier(
        api.account_id, api.region_name, stage_name=stage_name or ""
    ).generate(list(api.deployments))
    # Abstract to mypy only: moto makes them too.
    deployment = Deployment(deployment_id, stage_name or "", description or "")  # type: ignore[abstract]
    deployment.__dict__["snapshot"] = snapshot(api)
    # moto would now register its answers to HTTP requests for every method. They ignore the
    # deployment and lose the response headers, and their number grows with every deployment.
    if existing is not None and canary is not None:
        give_canary(existing, Canary.read(canary, deployment_id))
    elif existing is not None:
        existing.deployment_id = deployment_id
        _dress(existing, stage)
    elif stage_name:
        api.stages[stage_name] = _dress(Stage(name=stage_name, deployment_id=deployment_id), stage)
    api.deployments[deployment_id] = deployment
    return deployment


def create_deployment_of_api(
    self: RestAPI, name: str, description: str, stage_variables: Any = None
) -> Deployment:
    """Stand in for RestAPI.create_deployment, which moto's CloudFormation calls."""
    return deploy(self, name, description, present({"variables": stage_variables or None}))


def create_deployment(response: APIGatewayResponse) -> Answer:
    given = body(response)
    deployment = deploy(
        api_of(response),
        given.get("stageName") or None,
        given.get("description"),
        given,
        given.get("canarySettings"),
    )
    return answer(201, _document(deployment))


def get_deployment(response: APIGatewayResponse) -> Answer:
    deployment = _deployment_of(response)
    summary = {}
    # https://docs.aws.amazon.com/apigateway/latest/api/API_GetDeployment.html, `embed`.
    if "apisummary" in query(response, "embed"):
        summary["apiSummary"] = {
            resource["path"]: {
                name: {
                    "authorizationType": method["authorizationType"],
                    "apiKeyRequired": method["apiKeyRequired"],
                }
                for name, method in resource["resourceMethods"].items()
            }
            for resource in deployment.__dict__["snapshot"]["resources"]
            if "resourceMethods" in resource
        }
    return answer(200, _document(deployment) | summary)


def get_deployments(response: APIGatewayResponse) -> Answer:
    items, after = paged(response, api_of(response).deployments)
    return answer(200, {"item": [_document(each) for each in items], **after})


def update_deployment(response: APIGatewayResponse) -> Answer:
    deployment = _deployment_of(response)
    operations = patches(response, "updateDeploymentInput")
    state = patched({}, operations, Rules(scalars={"description": str}))
    deployment.description = state.get("description", deployment.description) or ""
    return answer(200, _document(deployment))


def delete_deployment(response: APIGatewayResponse) -> Answer:
    api, deployment = api_of(response), _deployment_of(response)
    for stage in api.stages.values():
        canary = canary_of(stage)
        if deployment.id in (stage.deployment_id, canary.deployment_id if canary else None):
            raise bad_request("Active stages pointing to this deployment must be moved or deleted")
    del api.deployments[deployment.id]
    return answer(202)


def _refuse_stage(name: str | None, existing: Stage | None, canary: Document | None) -> None:
    fault = "Invalid deployment content specified."
    if canary is None:
        if existing is not None and canary_of(existing) is not None:
            raise bad_request(
                f"{fault}Non canary deployment not supported on stage {name} because Canary is "
                "enabled. Provide CanarySettings in deploymentInput."
            )
        return
    if not name:
        raise bad_request(
            f"{fault}Non null and non empty stageName must be provided for canary deployment. "
            "Provided value is null"
        )
    if existing is None:
        raise bad_request(
            f"{fault}Stage {name} must already be created before making a canary release deployment"
        )


def _refuse_incomplete(api: RestAPI) -> None:
    methods = [method for each in api.resources.values() for method in each.resource_methods.values()]
    if not methods:
        raise bad_request("The REST API doesn't contain any methods")
    if not all(method.method_integration for method in methods):
        raise bad_request("No integration defined for method")


def _dress(stage: Stage, given: Document) -> Stage:
    """Set what CreateDeployment says about the stage; the rest stays as it is."""
    stage.description = given.get("stageDescription", stage.description)
    stage.variables = given.get("variables", stage.variables)
    stage.tracing_enabled = given.get("tracingEnabled", stage.tracing_enabled)
    stage.cache_cluster_enabled = given.get("cacheClusterEnabled", stage.cache_cluster_enabled)
    stage.cache_cluster_size = given.get("cacheClusterSize", stage.cache_cluster_size)
    stage.__dict__["last_updated_date"] = int(time.time())
    return stage


def _deployment_of(response: APIGatewayResponse) -> Deployment:
    deployment = api_of(response).deployments.get(part(response, "deployment_id"))
    if deployment is None:
        raise not_found("Invalid Deployment identifier specified")
    return deployment


def _document(deployment: Deployment) -> Document:
    return present(
        {
            "id": deployment.id,
            "description": deployment.description or None,
            "createdDate": deployment.created_date,
        }
    )


def install() -> None:
    patch(RestAPI, create_deployment=create_deployment_of_api)
    patch(
        APIGatewayResponse,
        create_deployment,
        get_deployment,
        get_deployments,
        update_deployment,
        delete_deployment,
    )
