"""A REST API's tags, which tell who manages it, and its CORS settings in that tool's language.

Printed are the OPTIONS methods, those that are alike once with all their paths, and the gateway
responses: what CORS needs on a method that is no proxy is named in a comment only.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from remediate.core.document import Document, canonical
from remediate.core.iac_snippets import Reference, hcl, logical, present, yaml
from remediate.core.owner import TERRAFORM
from remediate.services.rest_api.facts import facts_of
from remediate.services.rest_api.normal_form import gateway_types_of, methods_of
from remediate.services.rest_api.settings import ALLOW_ORIGIN

if TYPE_CHECKING:
    from remediate.aws import Aws
    from remediate.core.state import State

_API = Reference("aws_api_gateway_rest_api.this.id")


def tags(_aws: Aws, state: State) -> Mapping[str, str]:
    """The API's tags and the stage's: reading had them, so this calls nothing."""
    return facts_of(state).get("tags") or {}


def as_iac(after: Document | None, tool: str) -> str:
    """The CORS settings as the tool's own text; empty where there are none."""
    methods = methods_of(after)
    alike: dict[str, list[str]] = {}
    for (path, name), method in methods.items():
        if name == "OPTIONS" and _is_cors(method):
            alike.setdefault(canonical(method), []).append(path)
    parts = []
    for paths in alike.values():
        method, name = methods[paths[0], "OPTIONS"], f"options {paths[0]}"
        made = _hcl_method(name, method) if tool == TERRAFORM else [_yaml_method(name, method)]
        parts.append("\n".join([f"# OPTIONS of {', '.join(paths)}", *made]))
    for kind, response in gateway_types_of(after).items():
        if ALLOW_ORIGIN.lower() in canonical(response).lower():
            parts.append(_gateway(kind, response, tool))
    named_methods = [
        f"{name} {path}" for (path, name), method in methods.items() if name != "OPTIONS" and _is_cors(method)
    ]
    if named_methods:
        parts.append(f"# and {ALLOW_ORIGIN} in the responses of {', '.join(named_methods)}")
    return "\n\n".join(parts)


def _is_cors(method: Document) -> bool:
    integration = method.get("methodIntegration") or {}
    return ALLOW_ORIGIN.lower() in canonical(integration.get("integrationResponses")).lower()


def _integration(method: Document) -> Mapping[str, Any]:
    integration: Mapping[str, Any] = method.get("methodIntegration") or {}
    return integration


def _responses(holder: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    yield from sorted(holder.items())


def _yaml_method(name: str, method: Document) -> str:
    """AWS::ApiGateway::Method; `false` because a declared header is not required."""
    integration = _integration(method)
    answers = [
        present(
            (
                ("StatusCode", status),
                ("SelectionPattern", response.get("selectionPattern")),
                ("ResponseParameters", response.get("responseParameters")),
                ("ResponseTemplates", response.get("responseTemplates")),
                ("ContentHandling", response.get("contentHandling")),
            )
        )
        for status, response in _responses(integration.get("integrationResponses") or {})
    ]
    declared = [
        present((("StatusCode", status), ("ResponseParameters", response.get("responseParameters"))))
        for status, response in _responses(method.get("methodResponses") or {})
    ]
    made = present(
        (
            ("Type", integration.get("type")),
            ("RequestTemplates", integration.get("requestTemplates")),
            ("PassthroughBehavior", integration.get("passthroughBehavior")),
            ("ContentHandling", integration.get("contentHandling")),
            ("IntegrationResponses", answers),
        )
    )
    properties = {
        "HttpMethod": "OPTIONS",
        "AuthorizationType": "NONE",
        "Integration": made,
        "MethodResponses": declared,
    }
    return yaml({logical(name): {"Type": "AWS::ApiGateway::Method", "Properties": properties}})


def _hcl_method(name: str, method: Document) -> list[str]:
    integration = _integration(method)
    place = {
        "rest_api_id": _API,
        "resource_id": Reference("aws_api_gateway_resource.this.id"),
        "http_method": "OPTIONS",
    }
    made = present(
        (
            ("type", integration.get("type")),
            ("request_templates", integration.get("requestTemplates")),
            ("passthrough_behavior", integration.get("passthroughBehavior")),
            ("content_handling", integration.get("contentHandling")),
        )
    )
    parts = [
        hcl("aws_api_gateway_method", name, {**place, "authorization": "NONE"}),
        hcl("aws_api_gateway_integration", name, {**place, **made}),
    ]
    for status, response in _responses(method.get("methodResponses") or {}):
        body = {"status_code": status, "response_parameters": response.get("responseParameters")}
        full = {**place, **present(body.items())}
        parts.append(hcl("aws_api_gateway_method_response", f"{name} {status}", full))
    for status, response in _responses(integration.get("integrationResponses") or {}):
        body = {
            "status_code": status,
            "response_parameters": response.get("responseParameters"),
            "response_templates": response.get("responseTemplates"),
        }
        full = {**place, **present(body.items())}
        parts.append(hcl("aws_api_gateway_integration_response", f"{name} {status}", full))
    return parts


def _gateway(kind: str, response: Document, tool: str) -> str:
    headers, templates = response.get("responseParameters"), response.get("responseTemplates")
    if tool == TERRAFORM:
        body = {"response_parameters": headers, "response_templates": templates}
        full = {"rest_api_id": _API, "response_type": kind, **present(body.items())}
        return hcl("aws_api_gateway_gateway_response", kind.lower(), full)
    body = {"ResponseType": kind, "ResponseParameters": headers, "ResponseTemplates": templates}
    resource = {"Type": "AWS::ApiGateway::GatewayResponse", "Properties": present(body.items())}
    return yaml({logical(f"gateway {kind}"): resource})
