"""Makes moto's stages of REST APIs know canaries, dates, and which patches AWS refuses.

moto forgets canarySettings, lets a stage point at a deployment that doesn't exist and passes
over patches it doesn't know. `copy` from the canary is how AWS promotes it.

https://docs.aws.amazon.com/apigateway/latest/api/API_Stage.html
https://docs.aws.amazon.com/apigateway/latest/api/patch-operations.html#UpdateStage-Patch
https://docs.aws.amazon.com/apigateway/latest/developerguide/promote-canary-deployment.html
"""
# ruff: noqa: D103 - a handler is named after its operation, which AWS documents.

import copy
import time
from dataclasses import dataclass, field, replace
from typing import Any

from moto.apigateway.models import RestAPI, Stage
from moto.apigateway.responses import APIGatewayResponse

from remediate.sandbox.patches.apigateway.documents import present
from remediate.sandbox.patches.apigateway.patch_operations import Patch, patches, truth, unescape
from remediate.sandbox.patches.apigateway.serialise import (
    Answer,
    Document,
    answer,
    api_of,
    bad_request,
    body,
    conflict,
    not_found,
    part,
    query,
)
from remediate.sandbox.patches.patch import patch

_moto_init = Stage.__init__

# The service's own words, down to the commas it lacks.
_SETTINGS = (
    "/deploymentId, /description, /cacheClusterEnabled, /cacheClusterSize, /clientCertificateId, "
    "/accessLogSettings, /accessLogSettings/destinationArn, /accessLogSettings/format, "
    "/{resourcePath}/{httpMethod}/metrics/enabled, /{resourcePath}/{httpMethod}/logging/dataTrace, "
    "/{resourcePath}/{httpMethod}/logging/loglevel, "
    "/{resourcePath}/{httpMethod}/throttling/burstLimit"
    "/{resourcePath}/{httpMethod}/throttling/rateLimit"
    "/{resourcePath}/{httpMethod}/caching/ttlInSeconds, "
    "/{resourcePath}/{httpMethod}/caching/enabled, "
    "/{resourcePath}/{httpMethod}/caching/dataEncrypted, "
    "/{resourcePath}/{httpMethod}/caching/requireAuthorizationForCacheControl, "
    "/{resourcePath}/{httpMethod}/caching/unauthorizedCacheControlHeaderStrategy, "
    "/*/*/metrics/enabled, /*/*/logging/dataTrace, /*/*/logging/loglevel, "
    "/*/*/throttling/burstLimit /*/*/throttling/rateLimit /*/*/caching/ttlInSeconds, "
    "/*/*/caching/enabled, /*/*/caching/dataEncrypted, "
    "/*/*/caching/requireAuthorizationForCacheControl, "
    "/*/*/caching/unauthorizedCacheControlHeaderStrategy, /variables/{variable_name}, "
    "/tracingEnabled"
)
_BY_MOTO = (
    "/description",
    "/cacheClusterEnabled",
    "/cacheClusterSize",
    "/tracingEnabled",
    "/accessLogSettings/destinationArn",
    "/accessLogSettings/format",
)
_EXTRA = {"/documentationVersion": "documentation_version", "/clientCertificateId": "certificate"}


@dataclass(frozen=True)
class Canary:
    """A canary: it takes a share of a stage's requests."""

    deployment_id: str
    percent_traffic: float = 0.0
    variables: dict[str, str] = field(default_factory=dict)
    use_stage_cache: bool = False

    @classmethod
    def read(cls, settings: Document, deployment_id: str) -> "Canary":
        """Read the settings of a request."""
        return cls(
            settings.get("deploymentId") or deployment_id,
            float(settings.get("percentTraffic") or 0.0),
            dict(settings.get("stageVariableOverrides") or {}),
            bool(settings.get("useStageCache")),
        )

    def document(self) -> Document:
        """Write the settings as the stage shows them."""
        return present(
            {
                "deploymentId": self.deployment_id,
                "percentTraffic": self.percent_traffic,
                "stageVariableOverrides": self.variables or None,
                "useStageCache": self.use_stage_cache,
            }
        )


def canary_of(stage: Stage) -> Canary | None:
    canary: Canary | None = vars(stage).get("canary")
    return canary


def give_canary(stage: Stage, canary: Canary | None) -> None:
    vars(stage)["canary"] = canary


def stage_init(self: Stage, *positional: Any, **named: Any) -> None:
    _moto_init(self, *positional, **named)
    vars(self)["created_date"] = vars(self)["last_updated_date"] = int(time.time())


def default_method_settings(_: Stage) -> Document:
    """The settings of a method before its first patch, as the service shows them."""
    return {
        "metricsEnabled": False,
        "dataTraceEnabled": False,
        "throttlingBurstLimit": 5000,
        "throttlingRateLimit": 10000.0,
        "cachingEnabled": False,
        "cacheTtlInSeconds": 300,
        "cacheDataEncrypted": False,
        "requireAuthorizationForCacheControl": True,
        "unauthorizedCacheControlHeaderStrategy": "SUCCEED_WITH_RESPONSE_HEADER",
    }


def stage_document(stage: Stage) -> Document:
    canary = canary_of(stage)
    enabled = bool(stage.cache_cluster_enabled)
    return present(
        {
            "stageName": stage.name,
            "deploymentId": stage.deployment_id,
            "description": stage.description or None,
            "variables": stage.variables or None,
            "methodSettings": stage.method_settings,
            "canarySettings": canary.document() if canary else None,
            "accessLogSettings": stage.access_log_settings,
            "cacheClusterEnabled": enabled,
            "cacheClusterSize": (stage.cache_cluster_size or "0.5") if enabled else None,
            "cacheClusterStatus": "AVAILABLE" if enabled else "NOT_AVAILABLE",
            "tracingEnabled": bool(stage.tracing_enabled),
            "documentationVersion": vars(stage).get("documentation_version"),
            "clientCertificateId": vars(stage).get("certificate"),
            "webAclArn": stage.web_acl_arn,
            "tags": stage.tags or None,
            "createdDate": vars(stage)["created_date"],
            "lastUpdatedDate": vars(stage)["last_updated_date"],
        }
    )


def create_stage(response: APIGatewayResponse) -> Answer:
    api, given = api_of(response), body(response)
    _refuse_unknown_deployment(api, given.get("deploymentId"))
    canary = given.get("canarySettings")
    if canary:
        _refuse_unknown_deployment(api, canary.get("deploymentId", given["deploymentId"]))
    name = given["stageName"]
    if name in api.stages:
        raise conflict("Stage already exists")
    # Not by moto's RestAPI.create_stage: it would register answers to HTTP requests as well.
    stage = Stage(
        name=name,
        deployment_id=given["deploymentId"],
        variables=given.get("variables"),
        description=given.get("description", ""),
        cacheClusterEnabled=given.get("cacheClusterEnabled", False),
        cacheClusterSize=given.get("cacheClusterSize"),
        tags=given.get("tags"),
        tracing_enabled=given.get("tracingEnabled"),
    )
    api.stages[name] = stage
    vars(stage)["documentation_version"] = given.get("documentationVersion")
    if canary:
        give_canary(stage, Canary.read(canary, given["deploymentId"]))
    return answer(201, stage_document(stage))


def get_stages(response: APIGatewayResponse) -> Answer:
    """List all stages: https://docs.aws.amazon.com/apigateway/latest/api/API_GetStages.html."""
    deployment_id = query(response, "deploymentId")
    stages = api_of(response).stages.values()
    items = [stage_document(stage) for stage in stages if deployment_id in ([], [stage.deployment_id])]
    return answer(200, {"item": items})


def get_stage(response: APIGatewayResponse) -> Answer:
    return answer(200, stage_document(stage_of(response)))


def stage_of(response: APIGatewayResponse) -> Stage:
    stage = api_of(response).stages.get(part(response, "stage_name"))
    if stage is None:
        raise not_found("Invalid stage identifier specified")
    return stage


def update_stage(response: APIGatewayResponse) -> Answer:
    operations = patches(response, "updateStageInput")
    api, stage = api_of(response), stage_of(response)
    # A refused operation must leave no trace of those before it.
    draft = copy.deepcopy(stage)
    for operation in operations:
        _patch(api, draft, operation)
    vars(draft)["last_updated_date"] = int(time.time())
    vars(stage).update(vars(draft))
    return answer(200, stage_document(stage))


def _patch(api: RestAPI, stage: Stage, patch: Patch) -> None:
    first, *rest = patch.path.removeprefix("/").split("/")
    if first == "canarySettings":
        _patch_canary(api, stage, patch, "/".join(rest))
    elif patch.path == "/deploymentId" and patch.op in ("replace", "copy"):
        canary = canary_of(stage)
        promoted = canary.deployment_id if canary else None
        target = patch.value if patch.op == "replace" else promoted
        _refuse_unknown_deployment(api, target)
        stage.deployment_id = target
    elif patch.op == "copy" and patch.source == "/canarySettings/stageVariableOverrides":
        canary = canary_of(stage)
        stage.variables = stage.variables | (canary.variables if canary else {})
    elif first == "variables" and len(rest) == 1:
        name = unescape(rest[0])
        if patch.op == "remove":
            stage.variables.pop(name, None)
        else:
            stage.variables[name] = patch.value
    elif patch.path in _EXTRA:
        vars(stage)[_EXTRA[patch.path]] = patch.value or None
    elif patch.op == "remove" and patch.path == "/accessLogSettings":
        stage.access_log_settings = None
    elif patch.op == "remove":
        setting = patch.path.removeprefix("/")
        if stage.method_settings.pop(setting, None) is None:
            raise _no_setting(setting)
    elif patch.path in _BY_MOTO or _is_method_setting(stage, rest):
        stage.apply_operations([{"op": patch.op, "path": patch.path, "value": patch.value or ""}])
    else:
        raise _no_path(patch.path)


def _patch_canary(api: RestAPI, stage: Stage, patch: Patch, member: str) -> None:
    path = f"/canarySettings/{member}"
    if patch.op == "remove":
        if member:
            raise _no_setting(path.removeprefix("/"))
        give_canary(stage, None)
        return
    if patch.op != "replace":
        raise bad_request(f"Invalid {patch.op} operation with path: {path}")
    canary = canary_of(stage) or Canary(str(stage.deployment_id))
    value = patch.value or ""
    if member == "deploymentId":
        _refuse_unknown_deployment(api, value)
        canary = replace(canary, deployment_id=value)
    elif member == "percentTraffic":
        canary = replace(canary, percent_traffic=float(value))
    elif member == "useStageCache":
        canary = replace(canary, use_stage_cache=truth(value))
    elif member.startswith("stageVariableOverrides/"):
        name = unescape(member.partition("/")[2])
        canary = replace(canary, variables=canary.variables | {name: value})
    else:
        raise _no_path(path)
    give_canary(stage, canary)


def _is_method_setting(stage: Stage, rest: list[str]) -> bool:
    return stage._method_settings_translations("/".join(rest[1:])) is not None  # noqa: SLF001


def _refuse_unknown_deployment(api: RestAPI, deployment_id: str | None) -> None:
    if deployment_id not in api.deployments:
        raise bad_request("Deployment id does not exist")


def _no_setting(setting: str) -> Exception:
    return bad_request(
        f"Cannot remove method setting {setting} because there is no method setting for this method "
    )


def _no_path(path: str) -> Exception:
    return bad_request(f"Invalid method setting path: {path}. Must be one of: [{_SETTINGS}]")


def install() -> None:
    patch(
        Stage,
        __init__=stage_init,
        to_json=stage_document,
        _get_default_method_settings=default_method_settings,
    )
    patch(APIGatewayResponse, create_stage, get_stages, get_stage, update_stage)
