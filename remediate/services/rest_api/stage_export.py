"""Reads what a stage serves: its deployment's export, in the form that plans compare; one call each."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from remediate.answers import is_openapi
from remediate.aws import BotoCoreError, ClientError, read_stream, to_aws_failure
from remediate.core.document import Document
from remediate.errors import AwsFailure
from remediate.services.rest_api import normal_form
from remediate.services.rest_api.export import complete, completed, served
from remediate.services.rest_api.rules import BAD_EXPORT


@dataclass(frozen=True, slots=True)
class Served:
    """What a deployment serves; `unseen` names what its export cannot show."""

    config: Document
    unseen: str = ""
    policy: Any = None
    """The resource policy as it is deployed, where the export shows one."""


def served_by_stage(client: Any, api: str, stage: str, edited: Document) -> Served | AwsFailure:
    """Return what the stage serves, or why it is unknown; `edited` stands in for what exports lack. I/O."""
    doing = f"apigateway:GetExport of {api}/{stage}"
    try:
        export = json.loads(_exported(client, api, stage))
        live = served(export)
        if live is None:
            return Served(edited, "integrations")
        live = named_authorizers(live, edited)
        policy = export.get("x-amazon-apigateway-policy")
        if complete(export):
            return Served(live, policy=policy)
        return Served(completed(live, edited), "gateway responses", policy)
    except (ClientError, BotoCoreError) as error:
        return to_aws_failure(error, doing)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        return AwsFailure(
            f"{doing}: the export is no OpenAPI document as AWS writes it ({error}).",
            code=BAD_EXPORT.code,
            operation="apigateway:GetExport",
        )


def _exported(client: Any, api: str, stage: str) -> bytes:
    return read_stream(
        lambda: client.get_export(
            restApiId=api,
            stageName=stage,
            exportType="oas30",
            parameters={"extensions": "apigateway"},
            accepts="application/json",
        ),
        whole=is_openapi,
    )[0]


def named_authorizers(live: Document, edited: Document) -> dict[str, Any]:
    """Give served methods their authorizer's id: an export has its name only.

    It is the edited method's, where that has an authorizer of the same type.
    """
    edited_methods = normal_form.methods_of(edited)
    methods = normal_form.methods_of(live)
    for key, method in methods.items():
        edited_method = edited_methods.get(key) or {}
        identifier = edited_method.get("authorizerId")
        if identifier and edited_method.get("authorizationType") == method.get("authorizationType"):
            methods[key] = {
                "authorizationType": method["authorizationType"],
                "authorizerId": identifier,
                **method,
            }
    return normal_form.assembled(
        methods, normal_form.gateway_types_of(live), live.get("binaryMediaTypes") or ()
    )
