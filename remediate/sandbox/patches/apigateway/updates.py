"""Adds UpdateMethod, UpdateIntegration and those of their responses, which moto lacks.

https://docs.aws.amazon.com/apigateway/latest/api/patch-operations.html
"""
# ruff: noqa: D103 - a handler is named after its operation, which AWS documents.

import copy

from moto.apigateway.models import IntegrationResponse
from moto.apigateway.responses import APIGatewayResponse

from remediate.sandbox.patches.apigateway import documents
from remediate.sandbox.patches.apigateway.mappings import check_integration_request
from remediate.sandbox.patches.apigateway.methods import (
    check_authorization,
    check_declared,
    integration_response_of,
    method_response_of,
)
from remediate.sandbox.patches.apigateway.patch_operations import (
    TEMPLATES,
    Members,
    Rules,
    patched,
    patches,
    truth,
)
from remediate.sandbox.patches.apigateway.serialise import (
    Answer,
    answer,
    api_of,
    bad_request,
    integration_of,
    method_of,
)
from remediate.sandbox.patches.patch import patch_missing

_METHOD = Rules(
    scalars={
        "apiKeyRequired": truth,
        "authorizationType": str,
        "authorizerId": str,
        "operationName": str,
        "requestValidatorId": str,
    },
    maps={
        "requestParameters": Members(convert=truth),
        "requestModels": Members(unknown="Content-Type specified was not found"),
    },
    lists={"authorizationScopes": Members(unknown="Invalid authorization scope specified")},
)
_INTEGRATION = Rules(
    scalars={
        "cacheNamespace": str,
        "connectionId": str,
        "connectionType": str,
        "contentHandling": str,
        "credentials": str,
        "httpMethod": str,
        "passthroughBehavior": str,
        "timeoutInMillis": int,
        "tlsConfig/insecureSkipVerification": truth,
        "uri": str,
    },
    maps={"requestParameters": Members(), "requestTemplates": TEMPLATES},
    lists={"cacheKeyParameters": Members()},
)
_METHOD_RESPONSE = Rules(
    maps={
        "responseParameters": Members(convert=truth),
        "responseModels": Members(unknown="Content-Type specified was not found"),
    },
)
_INTEGRATION_RESPONSE = Rules(
    scalars={"contentHandling": str, "selectionPattern": str},
    maps={"responseParameters": Members(), "responseTemplates": TEMPLATES},
)


def update_method(response: APIGatewayResponse) -> Answer:
    operations = patches(response, "updateMethodInput")
    method = method_of(response)
    state = patched(documents.method(method), operations, _METHOD)
    draft = copy.copy(method)
    draft.authorization_type = state.get("authorizationType")
    draft.authorizer_id = state.get("authorizerId")
    if draft.authorization_type not in ("CUSTOM", "COGNITO_USER_POOLS"):
        # AWS takes an authorizer for a method without one, and forgets it.
        draft.authorizer_id = None
    draft.api_key_required = bool(state.get("apiKeyRequired"))
    draft.operation_name = state.get("operationName")
    draft.request_validator_id = state.get("requestValidatorId")
    draft.request_parameters = state.get("requestParameters")
    draft.request_models = state.get("requestModels")
    draft.authorization_scopes = state.get("authorizationScopes")
    check_authorization(api_of(response), draft)
    vars(method).update(vars(draft))
    return answer(200, documents.method(method))


def update_integration(response: APIGatewayResponse) -> Answer:
    operations = patches(response, "updateIntegrationInput")
    method, integration = method_of(response), integration_of(response)
    state = patched(documents.integration(integration), operations, _INTEGRATION)
    check_integration_request(state.get("requestParameters"), method.request_parameters)
    integration.cache_namespace = state.get("cacheNamespace")
    integration.connection_type = state.get("connectionType")
    vars(integration)["connection_id"] = state.get("connectionId")
    integration.content_handling = _content_handling(state.get("contentHandling"))
    integration.credentials = state.get("credentials")
    integration.http_method = state.get("httpMethod")
    integration.passthrough_behaviour = state.get("passthroughBehavior")
    integration.timeout_in_millis = state.get("timeoutInMillis")
    integration.tls_config = state.get("tlsConfig")
    integration.uri = str(state["uri"]) if state.get("uri") else integration.uri
    integration.request_parameters = state.get("requestParameters")
    integration.request_templates = state.get("requestTemplates")
    integration.cache_key_parameters = state.get("cacheKeyParameters") or []
    return answer(200, documents.integration(integration))


def update_method_response(response: APIGatewayResponse) -> Answer:
    operations = patches(response, "updateMethodResponseInput")
    method_response = method_response_of(response)
    state = patched(documents.method_response(method_response), operations, _METHOD_RESPONSE)
    vars(method_response)["response_parameters"] = state.get("responseParameters")
    vars(method_response)["response_models"] = state.get("responseModels")
    # 201, unlike its siblings: the service model says so too.
    return answer(201, documents.method_response(method_response))


def update_integration_response(response: APIGatewayResponse) -> Answer:
    operations = patches(response, "updateIntegrationResponseInput")
    integration_response = integration_response_of(response)
    state = patched(documents.integration_response(integration_response), operations, _INTEGRATION_RESPONSE)
    draft = IntegrationResponse(
        integration_response.status_code,
        state.get("selectionPattern"),
        state.get("responseTemplates"),
        state.get("responseParameters"),
        _content_handling(state.get("contentHandling")),
    )
    check_declared(method_of(response), draft)
    vars(integration_response).update(vars(draft))
    return answer(200, documents.integration_response(integration_response))


def _content_handling(value: str | None) -> str | None:
    if value not in (None, "CONVERT_TO_TEXT", "CONVERT_TO_BINARY"):
        raise bad_request(
            "Invalid content handling specified. Valid options are CONVERT_TO_BINARY,CONVERT_TO_TEXT"
        )
    return value


def install() -> None:
    patch_missing(
        APIGatewayResponse,
        update_method,
        update_integration,
        update_method_response,
        update_integration_response,
    )
