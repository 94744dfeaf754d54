"""Makes moto's methods, integrations and their responses refuse what AWS refuses.

moto replaces a method that is put again, integration and all, accepts integration responses for
statuses and headers nobody declared, and breaks on what isn't there. On AWS a method and a
method response can be put only once, an integration (response) put again is replaced as a whole,
and everything below a method needs what it stands on.

https://docs.aws.amazon.com/apigateway/latest/api/API_PutMethod.html
https://docs.aws.amazon.com/apigateway/latest/api/API_PutIntegration.html
https://docs.aws.amazon.com/apigateway/latest/api/API_PutMethodResponse.html
https://docs.aws.amazon.com/apigateway/latest/api/API_PutIntegrationResponse.html
"""
# ruff: noqa: D103 - a handler is named after its operation, which AWS documents.

from moto.apigateway.models import IntegrationResponse, Method, MethodResponse, RestAPI
from moto.apigateway.responses import APIGatewayResponse

from remediate.sandbox.patches.apigateway import documents
from remediate.sandbox.patches.apigateway.mappings import (
    check_integration_request,
    check_integration_response,
)
from remediate.sandbox.patches.apigateway.serialise import (
    Answer,
    answer,
    api_of,
    bad_request,
    body,
    conflict,
    integration_of,
    method_of,
    not_found,
    part,
    resource_of,
)
from remediate.sandbox.patches.patch import patch

_moto_put_integration = APIGatewayResponse.put_integration

HTTP_METHODS = ("GET", "PUT", "POST", "DELETE", "PATCH", "OPTIONS", "HEAD", "ANY")
DEFAULT_TIMEOUT = 29000
_NO_STATUS = "Invalid Response status code specified"


def put_method(response: APIGatewayResponse) -> Answer:
    resource, name, given = resource_of(response), part(response, "http_method"), body(response)
    if name not in HTTP_METHODS:
        raise bad_request(f"Invalid HttpMethod specified. Valid options are {','.join(HTTP_METHODS)}")
    if name in resource.resource_methods:
        raise conflict("Method already exists for this resource")
    names = [each.split(".", 3)[-1] for each in given.get("requestParameters", {})]
    if len(names) != len(set(names)):
        raise bad_request("Parameter names must be unique across querystring, header and path")
    method = Method(  # type: ignore[abstract]  # abstract to mypy only: moto makes them too
        name,
        given.get("authorizationType"),
        authorizer_id=given.get("authorizerId"),
        authorization_scopes=given.get("authorizationScopes"),
        api_key_required=given.get("apiKeyRequired"),
        request_parameters=given.get("requestParameters"),
        request_models=given.get("requestModels"),
        operation_name=given.get("operationName"),
        request_validator_id=given.get("requestValidatorId"),
    )
    check_authorization(api_of(response), method)
    resource.resource_methods[name] = method
    return answer(201, documents.method(method))


def check_authorization(api: RestAPI, method: Method) -> None:
    """Refuse an authorizer or validator that isn't there, as a put and a patch both do."""
    needs_one = method.authorization_type in ("CUSTOM", "COGNITO_USER_POOLS")
    if needs_one and method.authorizer_id not in api.authorizers:
        raise bad_request(
            "Invalid authorizer ID specified. Setting the authorization type to CUSTOM or "
            "COGNITO_USER_POOLS requires a valid authorizer."
        )
    validator = method.request_validator_id
    if validator and validator not in api.request_validators:
        raise bad_request("Invalid Request Validator identifier specified")


def get_method(response: APIGatewayResponse) -> Answer:
    return answer(200, documents.method(method_of(response)))


def delete_method(response: APIGatewayResponse) -> Answer:
    method = method_of(response)
    del resource_of(response).resource_methods[method.http_method]
    return answer(204)


def put_integration(response: APIGatewayResponse) -> Answer:
    method, given = method_of(response), body(response)
    check_integration_request(given.get("requestParameters"), method.request_parameters)
    # moto checks the URI and the credentials and then forgets half of the request.
    _moto_put_integration(response)
    integration = integration_of(response)
    integration.passthrough_behaviour = given.get("passthroughBehavior", "WHEN_NO_MATCH")
    integration.timeout_in_millis = given.get("timeoutInMillis", DEFAULT_TIMEOUT)
    integration.cache_namespace = given.get("cacheNamespace", part(response, "resource_id"))
    integration.cache_key_parameters = given.get("cacheKeyParameters", [])
    vars(integration)["connection_id"] = given.get("connectionId")
    return answer(201, documents.integration(integration))


def get_integration(response: APIGatewayResponse) -> Answer:
    return answer(200, documents.integration(integration_of(response)))


def delete_integration(response: APIGatewayResponse) -> Answer:
    integration_of(response)
    method_of(response).method_integration = None
    return answer(204)


def put_method_response(response: APIGatewayResponse) -> Answer:
    method, status, given = method_of(response), part(response, "status_code"), body(response)
    if status in method.method_responses:
        raise conflict("Response already exists for this resource")
    # AWS shows an empty map that was put, and leaves out one that wasn't.
    created = MethodResponse(
        status,
        given.get("responseModels"),  # type: ignore[arg-type]  # absent is None in moto too
        given.get("responseParameters"),  # type: ignore[arg-type]
    )
    method.method_responses[status] = created
    return answer(201, documents.method_response(created))


def get_method_response(response: APIGatewayResponse) -> Answer:
    return answer(200, documents.method_response(method_response_of(response)))


def delete_method_response(response: APIGatewayResponse) -> Answer:
    method_response = method_response_of(response)
    del method_of(response).method_responses[method_response.status_code]
    return answer(204)


def method_response_of(response: APIGatewayResponse) -> MethodResponse:
    method_response = method_of(response).method_responses.get(part(response, "status_code"))
    if method_response is None:
        raise not_found(_NO_STATUS)
    return method_response


def put_integration_response(response: APIGatewayResponse) -> Answer:
    method, status, given = method_of(response), part(response, "status_code"), body(response)
    integration = integration_of(response)
    created = IntegrationResponse(
        status,
        given.get("selectionPattern"),
        given.get("responseTemplates"),
        given.get("responseParameters"),
        given.get("contentHandling"),
    )
    check_declared(method, created)
    responses = (integration.integration_responses or {}).values()
    pattern = created.selection_pattern or ""
    for existing in responses:
        if existing.status_code != status and (existing.selection_pattern or "") == pattern:
            raise conflict(
                f"Integration response with selection pattern {pattern or 'default'} already exists"
            )
    integration.integration_responses = (integration.integration_responses or {}) | {status: created}
    return answer(201, documents.integration_response(created))


def check_declared(method: Method, candidate: IntegrationResponse) -> None:
    declared = method.method_responses.get(str(candidate.status_code))
    if declared is None:
        raise not_found(_NO_STATUS)
    check_integration_response(candidate.response_parameters, declared.response_parameters)


def get_integration_response(response: APIGatewayResponse) -> Answer:
    return answer(200, documents.integration_response(integration_response_of(response)))


def delete_integration_response(response: APIGatewayResponse) -> Answer:
    resource_of(response)
    # Asked to delete, AWS misses the integration where it otherwise misses the method.
    if part(response, "http_method") not in resource_of(response).resource_methods:
        raise not_found("Invalid Integration identifier specified")
    deleted = integration_response_of(response)
    integration = integration_of(response)
    integration.integration_responses = {
        status: existing
        for status, existing in (integration.integration_responses or {}).items()
        if existing is not deleted
    }
    return answer(204)


def integration_response_of(response: APIGatewayResponse) -> IntegrationResponse:
    responses = integration_of(response).integration_responses or {}
    integration_response = responses.get(part(response, "status_code"))
    if integration_response is None:
        raise not_found(_NO_STATUS)
    return integration_response


def install() -> None:
    patch(
        APIGatewayResponse,
        put_method,
        get_method,
        delete_method,
        put_integration,
        get_integration,
        delete_integration,
        put_method_response,
        get_method_response,
        delete_method_response,
        put_integration_response,
        get_integration_response,
        delete_integration_response,
    )
