"""Writes moto's REST API objects as AWS writes them: absent members are left out.

Shapes: https://docs.aws.amazon.com/apigateway/latest/api/API_Method.html and the pages of
Resource, Integration, IntegrationResponse and MethodResponse beside it.
"""

from typing import Any

from moto.apigateway.models import (
    Integration,
    IntegrationResponse,
    Method,
    MethodResponse,
    Resource,
    RestAPI,
)

Document = dict[str, Any]


def present(document: Document) -> Document:
    """Leave absent members out."""
    return {key: value for key, value in document.items() if value is not None}


def integration_response(response: IntegrationResponse) -> Document:
    """Write an integration response."""
    return present(
        {
            "statusCode": response.status_code,
            "selectionPattern": response.selection_pattern,
            "responseParameters": response.response_parameters,
            "responseTemplates": response.response_templates or None,
            "contentHandling": response.content_handling,
        }
    )


def integration(value: Integration) -> Document:
    """Write an integration and its responses."""
    responses = value.integration_responses or {}
    return present(
        {
            "type": value.integration_type,
            "httpMethod": value.http_method,
            "uri": value.uri,
            "connectionType": value.connection_type,
            # moto has no room for it, apigateway_methods puts it there.
            "connectionId": getattr(value, "connection_id", None),
            "credentials": value.credentials,
            "requestParameters": value.request_parameters,
            "requestTemplates": value.request_templates,
            "passthroughBehavior": value.passthrough_behaviour,
            "contentHandling": value.content_handling,
            "timeoutInMillis": value.timeout_in_millis,
            "cacheNamespace": value.cache_namespace,
            "cacheKeyParameters": value.cache_key_parameters,
            "tlsConfig": value.tls_config,
            "integrationResponses": {
                status: integration_response(response) for status, response in responses.items()
            }
            or None,
        }
    )


def method_response(response: MethodResponse) -> Document:
    """Write a method response."""
    return present(
        {
            "statusCode": response.status_code,
            "responseModels": response.response_models,
            "responseParameters": response.response_parameters,
        }
    )


def method(value: Method) -> Document:
    """Write a method with its integration and its responses."""
    return present(
        {
            "httpMethod": value.http_method,
            "authorizationType": value.authorization_type,
            "authorizerId": value.authorizer_id,
            "authorizationScopes": value.authorization_scopes,
            "apiKeyRequired": value.api_key_required,
            "requestValidatorId": value.request_validator_id,
            "operationName": value.operation_name,
            "requestParameters": value.request_parameters or None,
            "requestModels": value.request_models or None,
            "methodResponses": {
                status: method_response(response) for status, response in value.method_responses.items()
            }
            or None,
            "methodIntegration": (
                integration(value.method_integration) if value.method_integration else None
            ),
        }
    )


def resource(value: Resource, path: str, *, embed: bool) -> Document:
    """Write a resource; its methods are empty objects unless `embed` asks for them.

    https://docs.aws.amazon.com/apigateway/latest/api/API_GetResources.html, `embed`.
    """
    methods = {name: method(value) if embed else {} for name, value in value.resource_methods.items()}
    return present(
        {
            "id": value.id,
            "parentId": value.parent_id,
            "pathPart": value.path_part if value.parent_id else None,
            "path": path,
            "resourceMethods": methods or None,
        }
    )


def paths(api: RestAPI) -> dict[str, str]:
    """Return the path of every resource, each parent worked out once."""
    by_id: dict[str, str] = {}

    def path(value: Resource) -> str:
        if value.id not in by_id:
            parent = api.resources.get(value.parent_id) if value.parent_id else None
            above = path(parent).rstrip("/") + "/" if parent else ""
            by_id[value.id] = above + value.path_part
        return by_id[value.id]

    for value in api.resources.values():
        path(value)
    return by_id


def resources(api: RestAPI, *, embed: bool) -> list[Document]:
    """Write all resources of an API."""
    where = paths(api)
    return [resource(each, where[each.id], embed=embed) for each in api.resources.values()]
