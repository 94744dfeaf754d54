"""Answers GetExport with what a stage serves: its deployment's snapshot, as OpenAPI.

moto exports the API as it is now, without headers or integrations. AWS exports the deployment
that the stage stands on; `extensions=integrations` adds the integrations, `authorizers` the
authorizers, `apigateway` all the x-amazon-apigateway- values.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-export-api.html
https://docs.aws.amazon.com/apigateway/latest/api/API_GetExport.html
"""
# ruff: noqa: D103 - a handler is named after its operation, which AWS documents.

import json
from datetime import UTC, datetime

import yaml
from moto.apigateway.responses import APIGatewayResponse
from moto.core.common_types import TYPE_RESPONSE

from remediate.sandbox.patches.apigateway.deployments import deployed_on
from remediate.sandbox.patches.apigateway.openapi import EXTENSIONS, Export
from remediate.sandbox.patches.apigateway.serialise import api_of, bad_request, part, query
from remediate.sandbox.patches.apigateway.stages import stage_of
from remediate.sandbox.patches.patch import patch


def get_export(response: APIGatewayResponse) -> TYPE_RESPONSE:
    api, export_type = api_of(response), part(response, "export_type")
    stage = stage_of(response)
    if export_type not in ("oas30", "swagger"):
        raise bad_request(f"No API exporter for type '{export_type}'")
    frozen = deployed_on(api, stage)
    created = api.deployments[str(stage.deployment_id)].created_date
    version = frozen["restApi"].get("version") or (
        datetime.fromtimestamp(created, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    )
    asked = {each for value in query(response, "extensions") for each in value.split(",")}
    export = Export(
        frozen,
        host=f"{api.id}.execute-api.{api.region_name}.amazonaws.com",
        stage=str(stage.name),
        version=version,
        extensions=frozenset(asked & EXTENSIONS),
    )
    document = export.oas30() if export_type == "oas30" else export.swagger()
    as_yaml = "yaml" in str(response.headers.get("Accept", ""))
    text = yaml.safe_dump(document, sort_keys=False) if as_yaml else json.dumps(document, indent=2)
    suffix = "yaml" if as_yaml else "json"
    headers = {
        "Content-Type": "application/octet-stream",
        "Content-Disposition": f'attachment; filename="{export_type}_{version}.{suffix}"',
    }
    return 200, headers, text.encode()


def install() -> None:
    patch(APIGatewayResponse, get_export)
