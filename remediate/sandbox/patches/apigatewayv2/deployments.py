"""Adds deployments to moto's HTTP APIs: what a stage serves need not be what the API says.

moto has stages without deployments. On AWS a stage with autoDeploy follows every change; another
one stays on its deployment, a snapshot, until it is moved. ExportApi shows the snapshot of a
stage, or without a stage the API as it is.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-stages.html
https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid-deployments.html
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-export.html
"""
# ruff: noqa: D103 - a handler is named after its operation, which AWS documents.

import copy
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import yaml
from moto.apigateway import urls as apigateway_urls
from moto.apigateway.utils import create_id
from moto.apigatewayv2 import urls
from moto.apigatewayv2.exceptions import APIGatewayV2Error, BadRequestException
from moto.apigatewayv2.models import Api, Stage, apigatewayv2_backends
from moto.apigatewayv2.responses import ApiGatewayV2Response
from moto.core.common_types import TYPE_RESPONSE

from remediate.sandbox.patches.patch import patch, patch_missing

Document = dict[str, Any]

_moto_stage_document = Stage.to_json
_UPDATABLE = {
    "accessLogSettings": "access_log_settings",
    "autoDeploy": "auto_deploy",
    "clientCertificateId": "client_certificate_id",
    "defaultRouteSettings": "default_route_settings",
    "description": "description",
    "routeSettings": "route_settings",
    "stageVariables": "stage_variables",
}
_PATHS = (
    "{0}/v2/apis/(?P<api_id>[^/]+)/deployments$",
    "{0}/v2/apis/(?P<api_id>[^/]+)/deployments/(?P<deployment_id>[^/]+)$",
    "{0}/v2/apis/(?P<api_id>[^/]+)/exports/(?P<specification>[^/]+)$",
)


class NotFoundError(APIGatewayV2Error):
    """The request names something that does not exist."""

    code = 404

    def __init__(self, kind: str, name: str) -> None:
        super().__init__("NotFoundException", f"Invalid {kind} identifier specified {name}")


@dataclass(frozen=True)
class Deployment:
    """An HTTP API as it was when it was deployed."""

    deployment_id: str
    snapshot: Document
    created: datetime
    auto: bool = False
    description: str | None = None

    def document(self) -> Document:
        """Write it as AWS does; it is always finished."""
        document = {
            "deploymentId": self.deployment_id,
            "autoDeployed": self.auto,
            "createdDate": self.created.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "deploymentStatus": "DEPLOYED",
        }
        return document | ({"description": self.description} if self.description else {})


def snapshot(api: Api) -> Document:
    """Freeze what a deployment of the API serves."""
    return copy.deepcopy(
        {
            "name": api.name,
            "version": api.version,
            "corsConfiguration": vars(api)["cors_configuration"],
            "routes": [each.to_json() for each in api.routes.values()],
            "integrations": {name: each.to_json() for name, each in api.integrations.items()},
        }
    )


def deployed(account: str, region: str, api_id: str, stage_name: str) -> Document | None:
    """Return the snapshot a stage serves; None if there is no such stage, or none on it."""
    api = apigatewayv2_backends[account][region].apis.get(api_id)
    stage = api.stages.get(stage_name) if api else None
    return _served(api, stage) if api and stage else None


def create_deployment(response: ApiGatewayV2Response) -> TYPE_RESPONSE:
    api, given = _api_of(response), json.loads(response.body or "{}")
    stage = _find_stage(api, given["stageName"]) if given.get("stageName") else None
    deployment = _deploy(api, description=given.get("description"))
    if stage is not None:
        vars(stage)["deployment_id"] = deployment.deployment_id
    return 201, {"status": 201}, json.dumps(deployment.document())


def get_deployments(response: ApiGatewayV2Response) -> TYPE_RESPONSE:
    api = _api_of(response)
    _follow(api)
    items = [each.document() for each in _deployments(api).values()]
    return 200, {}, json.dumps({"items": items})


def get_deployment(response: ApiGatewayV2Response) -> TYPE_RESPONSE:
    api, deployment_id = _api_of(response), str(response.uri_match["deploymentId"])
    _follow(api)
    return 200, {}, json.dumps(_find_deployment(api, deployment_id).document())


def create_stage(response: ApiGatewayV2Response) -> TYPE_RESPONSE:
    api, given = _api_of(response), json.loads(response.body)
    if given["stageName"] in api.stages:
        raise _conflict("Stage already exists")
    if given.get("deploymentId"):
        _find_deployment(api, given["deploymentId"])
    stage = api.create_stage(given)
    vars(stage)["deployment_id"] = given.get("deploymentId")
    _follow(api)
    return 201, {"status": 201}, json.dumps(stage.to_json())


def get_stage(response: ApiGatewayV2Response) -> TYPE_RESPONSE:
    api = _api_of(response)
    _follow(api)
    return 200, {}, json.dumps(_stage_of(response, api).to_json())


def get_stages(response: ApiGatewayV2Response) -> TYPE_RESPONSE:
    api = _api_of(response)
    _follow(api)
    return 200, {}, json.dumps({"items": [each.to_json() for each in api.stages.values()]})


def update_stage(response: ApiGatewayV2Response) -> TYPE_RESPONSE:
    api, given = _api_of(response), json.loads(response.body)
    stage = _stage_of(response, api)
    if given.get("deploymentId"):
        deployment_id = _find_deployment(api, given["deploymentId"]).deployment_id
        vars(stage)["deployment_id"] = deployment_id
    for name, attribute in _UPDATABLE.items():
        if given.get(name) is not None:
            vars(stage)[attribute] = given[name]
    vars(stage)["updated"] = datetime.now()  # noqa: DTZ005  # moto's stages hold local time
    _follow(api)
    return 200, {}, json.dumps(stage.to_json())


def export_api(response: ApiGatewayV2Response) -> TYPE_RESPONSE:
    api = _api_of(response)
    query = {key: values[0] for key, values in parse_qs(urlsplit(response.uri).query).items()}
    if response.uri_match["specification"] != "OAS30":
        raise BadRequestException("Only the specification OAS30 is supported")
    frozen: Document | None = snapshot(api)
    if "stageName" in query:
        frozen = _served(api, _find_stage(api, query["stageName"]))
    if frozen is None:
        raise BadRequestException("The stage has no deployment")
    extensions = query.get("includeExtensions", "true") == "true"
    document = _openapi(api, frozen, extensions=extensions)
    as_yaml = query.get("outputType") == "YAML"
    text = yaml.safe_dump(document, sort_keys=False) if as_yaml else json.dumps(document)
    return 200, {"Content-Type": "application/octet-stream"}, text


def stage_document(stage: Stage) -> Document:
    deployment_id = vars(stage).get("deployment_id")
    document: Document = _moto_stage_document(stage)
    return document | ({"deploymentId": deployment_id} if deployment_id else {})


def _openapi(api: Api, frozen: Document, *, extensions: bool) -> Document:
    """Write the routes and the CORS; security schemes are left out."""
    paths: Document = {}
    for route in frozen["routes"]:
        method, _, path = route["routeKey"].partition(" ")
        special = method in ("ANY", "$default")
        if special and not extensions:
            continue
        key = "x-amazon-apigateway-any-method" if special else method.lower()
        where = f"{method} {path}".strip()
        operation: Document = {"responses": {"default": {"description": f"Default response for {where}"}}}
        integration = frozen["integrations"].get(str(route.get("target")).rpartition("/")[2])
        if integration and extensions:
            written = {
                "payloadFormatVersion": integration.get("payloadFormatVersion"),
                "type": str(integration.get("integrationType", "")).lower(),
                "httpMethod": integration.get("integrationMethod"),
                "uri": integration.get("integrationUri"),
                "connectionType": integration.get("connectionType"),
            }
            operation["x-amazon-apigateway-integration"] = {
                name: value for name, value in written.items() if value is not None
            }
        paths.setdefault(path or "/$default", {})[key] = operation
    document: Document = {
        "openapi": "3.0.1",
        "info": {"title": frozen["name"], "version": frozen["version"] or "1.0"},
        "servers": [{"url": api.api_endpoint}],
        "paths": paths,
    }
    if extensions and frozen["corsConfiguration"]:
        document["x-amazon-apigateway-cors"] = frozen["corsConfiguration"]
    if extensions:
        document["x-amazon-apigateway-importexport-version"] = "1.0"
    return document


def _follow(api: Api) -> None:
    """Bring the autoDeploy stages up to date.

    AWS does it when the API changes. Doing it before each read gives the same answers.
    """
    for stage in api.stages.values():
        if not stage.auto_deploy:
            continue
        deployment = _deployments(api).get(vars(stage).get("deployment_id") or "")
        if deployment is None or deployment.snapshot != snapshot(api):
            vars(stage)["deployment_id"] = _deploy(api, auto=True).deployment_id


def _served(api: Api, stage: Stage) -> Document | None:
    _follow(api)
    deployment = _deployments(api).get(vars(stage).get("deployment_id") or "")
    return deployment.snapshot if deployment else None


def _deploy(api: Api, *, description: str | None = None, auto: bool = False) -> Deployment:
    deployment = Deployment(create_id(), snapshot(api), datetime.now(UTC), auto, description)
    _deployments(api)[deployment.deployment_id] = deployment
    return deployment


def _deployments(api: Api) -> dict[str, Deployment]:
    deployments: dict[str, Deployment] = vars(api).setdefault("deployments", {})
    return deployments


def _find_deployment(api: Api, deployment_id: str) -> Deployment:
    if deployment_id not in _deployments(api):
        raise NotFoundError("Deployment", deployment_id)
    return _deployments(api)[deployment_id]


def _find_stage(api: Api, name: str) -> Stage:
    if name not in api.stages:
        raise NotFoundError("Stage", name)
    return api.stages[name]


def _stage_of(response: ApiGatewayV2Response, api: Api) -> Stage:
    return _find_stage(api, unquote(str(response.uri_match["stageName"])))


def _api_of(response: ApiGatewayV2Response) -> Api:
    return response.apigatewayv2_backend.get_api(str(response.uri_match["apiId"]))


def _conflict(message: str) -> APIGatewayV2Error:
    error = APIGatewayV2Error("ConflictException", message)
    error.code = 409
    return error


def install() -> None:
    for path in _PATHS:
        urls.url_paths.setdefault(path, ApiGatewayV2Response.dispatch)
        # moto copies the table when it is imported; a server reads only the copy.
        apigateway_urls.url_paths.setdefault(path, ApiGatewayV2Response.dispatch)
    patch(Stage, to_json=stage_document)
    patch(ApiGatewayV2Response, create_stage, get_stage, get_stages)
    patch_missing(
        ApiGatewayV2Response,
        create_deployment,
        get_deployments,
        get_deployment,
        update_stage,
        export_api,
    )
