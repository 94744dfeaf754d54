"""Brings what is edited into the one form in which it can be compared with what a stage serves.

An export cannot show everything that `get_resources` shows (whether a response header is required,
authorizers' ids, models' names), writes defaults or leaves them out, and knows no null template.
This form holds what both sides can show, in the shape and names of `get_resources(embed=["methods"])`,
so that an API just deployed compares equal with its own stage. Not compared: models, request
validators, an authorizer's own settings, the resource policy, documentation.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from remediate.core.document import Document
from remediate.services.rest_api.settings import BUILT_IN_STATUS, BUILT_IN_TEMPLATES, DEFAULT_TYPES

DEFAULT_TIMEOUT = 29000


def config(
    resources: Iterable[Document], gateway_responses: Iterable[Document], binary_media_types: Sequence[str]
) -> dict[str, Any]:
    """Return what is edited, from `get_resources`, `get_gateway_responses` and the API's own document."""
    return {
        "resources": sorted(
            (
                resource(str(item.get("path", "")), item["resourceMethods"])
                for item in resources
                if item.get("resourceMethods")
            ),
            key=lambda item: str(item["path"]),
        ),
        "gatewayResponses": sorted(
            (entry for item in gateway_responses if (entry := gateway_response(item)) is not None),
            key=lambda item: str(item["responseType"]),
        ),
        "binaryMediaTypes": sorted(binary_media_types),
    }


def resource(path: str, methods: Mapping[str, Document]) -> dict[str, Any]:
    """One resource with its methods, sorted by name."""
    return {"path": path, "resourceMethods": {name: method(methods[name]) for name in sorted(methods)}}


def method(given: Document) -> dict[str, Any]:
    """One method; absent and empty members are left out."""
    authorization = str(given.get("authorizationType") or "NONE")
    parameters = {
        name: bool(required)
        for name, required in sorted((given.get("requestParameters") or {}).items())
        # Whether an export shows path parameters that nobody declared is not documented.
        if not name.startswith("method.request.path.")
    }
    responses = {
        status: method_response(status, response.get("responseParameters") or {})
        for status, response in sorted((given.get("methodResponses") or {}).items())
    }
    integrated = given.get("methodIntegration")
    return present(
        authorizationType=authorization,
        authorizerId=given.get("authorizerId") if authorization not in ("NONE", "AWS_IAM") else None,
        apiKeyRequired=bool(given.get("apiKeyRequired")),
        requestParameters=parameters,
        methodResponses=responses,
        methodIntegration=integration(integrated) if integrated else None,
    )


def method_response(status: str, headers: Iterable[str]) -> dict[str, Any]:
    """A declared response; `False` because no export shows which headers are required."""
    return present(statusCode=status, responseParameters=dict.fromkeys(sorted(headers), False))


def integration(given: Document) -> dict[str, Any]:
    """An integration with its responses; members at AWS's default are left out."""
    kind = str(given.get("type") or "").upper()
    mock = kind == "MOCK"
    timeout = given.get("timeoutInMillis")
    connection = str(given.get("connectionType") or "INTERNET")
    return present(
        type=kind,
        httpMethod=None if mock else given.get("httpMethod"),
        uri=None if mock else given.get("uri"),
        credentials=given.get("credentials"),
        connectionType=None if connection == "INTERNET" else connection,
        connectionId=given.get("connectionId"),
        requestParameters=dict(sorted((given.get("requestParameters") or {}).items())),
        requestTemplates=templates(given.get("requestTemplates")),
        passthroughBehavior=str(given.get("passthroughBehavior") or "WHEN_NO_MATCH").upper(),
        contentHandling=given.get("contentHandling"),
        timeoutInMillis=None if timeout == DEFAULT_TIMEOUT else timeout,
        cacheKeyParameters=sorted(given.get("cacheKeyParameters") or ()),
        integrationResponses={
            status: integration_response(status, response)
            for status, response in sorted((given.get("integrationResponses") or {}).items())
        },
    )


def integration_response(status: str, given: Document) -> dict[str, Any]:
    """One integration response; the default one has no selectionPattern."""
    return present(
        statusCode=status,
        selectionPattern=given.get("selectionPattern") or None,
        responseParameters=dict(sorted((given.get("responseParameters") or {}).items())),
        responseTemplates=templates(given.get("responseTemplates")),
        contentHandling=given.get("contentHandling"),
    )


def templates(given: Mapping[str, str | None] | None) -> dict[str, str]:
    """Templates by content type; AWS returns an empty one as null, and an export need not show it."""
    return {kind: text for kind, text in sorted((given or {}).items()) if text}


def gateway_response(given: Document) -> dict[str, Any] | None:
    """A response type that was customised by hand, None for one that AWS fills in.

    Members equal to what AWS fills in are left out: `GetGatewayResponses` shows effective values,
    an export only those that were put.
    """
    if given.get("defaultResponse"):
        return None
    kind = str(given.get("responseType", ""))
    status = given.get("statusCode")
    template = templates(given.get("responseTemplates"))
    entry = present(
        responseType=kind,
        statusCode=None if status is None or str(status) == BUILT_IN_STATUS.get(kind) else str(status),
        responseParameters=dict(sorted((given.get("responseParameters") or {}).items())),
        responseTemplates=None if template == BUILT_IN_TEMPLATES else template,
    )
    if kind in DEFAULT_TYPES and len(entry) == 1:
        return None  # a default that says nothing is the same as none
    return entry


def present(**members: Any) -> dict[str, Any]:
    """The members that say something: neither None nor an empty list or map."""
    return {name: value for name, value in members.items() if value is not None and value not in ({}, [])}


def methods_of(document: Document | None) -> dict[tuple[str, str], Any]:
    """Every method of a configuration by (path, name)."""
    return {
        (str(item.get("path", "")), name): value
        for item in (document or {}).get("resources") or ()
        for name, value in (item.get("resourceMethods") or {}).items()
    }


def gateway_types_of(document: Document | None) -> dict[str, Any]:
    """The customised gateway responses of a configuration by type."""
    return {
        str(gateway_type.get("responseType", "")): gateway_type
        for gateway_type in (document or {}).get("gatewayResponses") or ()
        if not gateway_type.get("defaultResponse")
    }


def assembled(
    methods: Mapping[tuple[str, str], Any], gateways: Mapping[str, Any], binary_media_types: Sequence[str]
) -> dict[str, Any]:
    """A configuration from its parts; the inverse of `methods_of` and `gateway_types_of`."""
    paths = sorted({path for path, _ in methods})
    by_path: dict[str, dict[str, Any]] = {path: {} for path in paths}
    for (path, name), value in sorted(methods.items()):
        by_path[path][name] = value
    return {
        "resources": [{"path": path, "resourceMethods": by_path[path]} for path in paths],
        "gatewayResponses": [gateways[kind] for kind in sorted(gateways)],
        "binaryMediaTypes": list(binary_media_types),
    }
