"""Decodes a stage's export (OpenAPI 3.0 with the API Gateway extensions) into the compared form.

An export of a stage shows the deployment that the stage serves, which is what callers meet.
https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions.html
"""

from __future__ import annotations

from collections.abc import Mapping
from types import NoneType
from typing import Any

from remediate.core.document import Document
from remediate.services.rest_api import normal_form
from remediate.services.rest_api.settings import METHOD_HEADER, parameter

EXTENSION = "x-amazon-apigateway-"
ANY = EXTENSION + "any-method"
INTEGRATION = EXTENSION + "integration"
VERBS = frozenset({"get", "put", "post", "delete", "options", "head", "patch", ANY})
LOCATIONS = {"header": "header", "query": "querystring"}
AUTHORIZATIONS = {
    "awssigv4": "AWS_IAM",
    "aws_iam": "AWS_IAM",
    "cognito_user_pools": "COGNITO_USER_POOLS",
    "none": "NONE",
}
TEXTS: Mapping[str, tuple[type, ...]] = {
    "requestParameters": (str,),
    "responseParameters": (str,),
    # API Gateway shows an empty template as null.
    "requestTemplates": (str, NoneType),
    "responseTemplates": (str, NoneType),
}


def served(export: Document) -> dict[str, Any] | None:
    """Return what the exported stage serves; None where the export shows no integration at all.

    AWS deploys no method without one, so an export without any comes from an endpoint that
    cannot show them (some emulators), and says nothing about what is served.
    """
    schemes = (export.get("components") or {}).get("securitySchemes") or {}
    methods: dict[tuple[str, str], Any] = {}
    integrated = False
    for path, operations in (export.get("paths") or {}).items():
        for verb, operation in operations.items():
            if verb not in VERBS:
                continue
            integrated = integrated or bool(operation.get(INTEGRATION))
            name = "ANY" if verb == ANY else verb.upper()
            methods[str(path), name] = method(operation, schemes)
    if not integrated:
        return None
    for given in (export.get(EXTENSION + "gateway-responses") or {}).values():
        _need_texts(given)
    customised = (
        normal_form.gateway_response({**given, "responseType": kind})
        for kind, given in (export.get(EXTENSION + "gateway-responses") or {}).items()
    )
    return normal_form.assembled(
        methods,
        {str(entry["responseType"]): entry for entry in customised if entry is not None},
        sorted(export.get(EXTENSION + "binary-media-types") or ()),
    )


def complete(export: Document) -> bool:
    """Return whether the export shows what stands beside the methods: gateway responses, binary media types.

    AWS names the stage in a variable of the server's URL; emulators that show no such URL were
    found to leave these out as well.
    """
    return any({"url", "variables"} <= server.keys() for server in export.get("servers") or ()) or any(
        str(key).startswith(EXTENSION) for key in export
    )


def completed(live: Document, edited: Document) -> dict[str, Any]:
    """Return what an incomplete export leaves out, taken from what is edited."""
    edited_methods = normal_form.methods_of(edited)
    methods = {
        key: {
            **method,
            **{
                part: edited_methods[key][part]
                for part in ("methodResponses",)
                if part in edited_methods[key]
            },
        }
        if key in edited_methods
        else method
        for key, method in normal_form.methods_of(live).items()
    }
    ordered = {key: normal_form.method(method) for key, method in methods.items()}
    return normal_form.assembled(
        ordered, normal_form.gateway_types_of(edited), edited.get("binaryMediaTypes") or ()
    )


def method(operation: Document, schemes: Mapping[str, Document]) -> dict[str, Any]:
    """One operation as `get_resources` shows it, as far as an export can."""
    authorization, key = security(operation, schemes)
    integration = operation.get(INTEGRATION) or {}
    _need_texts(integration)
    for entry in (integration.get("responses") or {}).values():
        _need_texts(entry)
    responses = {
        str(entry.get("statusCode", "")): {
            **entry,
            "selectionPattern": None if pattern == "default" else pattern,
        }
        for pattern, entry in (integration.get("responses") or {}).items()
    }
    declared: dict[str, dict[str, Any]] = {
        str(status): {METHOD_HEADER + name: False for name in entry.get("headers") or {}}
        for status, entry in (operation.get("responses") or {}).items()
    }
    for status, entry in responses.items():
        # AWS maps no header that is not declared; an emulator's export may leave declarations out.
        declared_headers = declared.setdefault(status, {})
        for name in entry.get("responseParameters") or {}:
            if parameter(declared_headers, "", name) is None:
                declared_headers[name] = False
    return normal_form.method(
        {
            "authorizationType": authorization,
            "apiKeyRequired": key,
            "requestParameters": {
                f"method.request.{LOCATIONS[entry['in']]}.{entry['name']}": entry.get("required", False)
                for entry in operation.get("parameters") or ()
                if entry.get("in") in LOCATIONS
            },
            "methodResponses": {
                status: {"statusCode": status, "responseParameters": names}
                for status, names in declared.items()
            },
            "methodIntegration": {**integration, "integrationResponses": responses} if integration else None,
        }
    )


def _need_texts(given: Document) -> None:
    """Raises `TypeError` where mappings are no texts, or templates neither texts nor null."""
    for member, allowed in TEXTS.items():
        texts = given.get(member) or {}
        if not (isinstance(texts, dict) and all(isinstance(text, allowed) for text in texts.values())):
            raise TypeError(f"{member} holds something other than texts")


def security(operation: Document, schemes: Mapping[str, Document]) -> tuple[str, bool]:
    """The authorization type, and whether an API key is required."""
    authorization, key = "NONE", False
    for demand in operation.get("security") or ():
        for name in demand:
            scheme = schemes.get(name) or {}
            kind = str(scheme.get(EXTENSION + "authtype", "")).lower()
            if not kind and (str(scheme.get("name", "")).lower() == "x-api-key" or name == "api_key"):
                key = True
            elif not kind and name == "sigv4":
                authorization = "AWS_IAM"
            else:
                authorization = AUTHORIZATIONS.get(kind, "CUSTOM")
    auth = str((operation.get(EXTENSION + "auth") or {}).get("type", "")).lower()
    return AUTHORIZATIONS.get(auth, authorization), key
