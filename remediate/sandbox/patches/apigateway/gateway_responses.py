"""Makes moto's gateway responses of REST APIs behave as AWS's do.

moto knows only those put, as they were put. AWS lists all 21 types with the values in effect: a
type nobody customised takes those of DEFAULT_4XX or DEFAULT_5XX, a customised one takes nothing
from them. PutGatewayResponse replaces the whole object; what it leaves out goes back to the
built-in value.

https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
https://docs.aws.amazon.com/apigateway/latest/api/API_GatewayResponse.html
"""
# ruff: noqa: D103 - a handler is named after its operation, which AWS documents.

import re

from moto.apigateway.models import GatewayResponse, RestAPI
from moto.apigateway.responses import APIGatewayResponse

from remediate.sandbox.patches.apigateway.documents import present
from remediate.sandbox.patches.apigateway.mappings import check_gateway_response
from remediate.sandbox.patches.apigateway.patch_operations import Members, Rules, patched, patches
from remediate.sandbox.patches.apigateway.serialise import (
    Answer,
    Document,
    answer,
    api_of,
    bad_request,
    body,
    invalid,
    not_found,
    part,
)
from remediate.sandbox.patches.patch import patch

# In the order in which the service names the types in its message. The two defaults have no
# status code of their own. WAF_FILTERED and INTEGRATION_TIMEOUT as recorded from the service.
BUILT_IN_STATUS: dict[str, str | None] = {
    "REQUEST_TOO_LARGE": "413",
    "RESOURCE_NOT_FOUND": "404",
    "AUTHORIZER_CONFIGURATION_ERROR": "500",
    "MISSING_AUTHENTICATION_TOKEN": "403",
    "BAD_REQUEST_BODY": "400",
    "INVALID_SIGNATURE": "403",
    "INVALID_API_KEY": "403",
    "BAD_REQUEST_PARAMETERS": "400",
    "AUTHORIZER_FAILURE": "500",
    "UNAUTHORIZED": "401",
    "INTEGRATION_TIMEOUT": "504",
    "ACCESS_DENIED": "403",
    "DEFAULT_4XX": None,
    "DEFAULT_5XX": None,
    "WAF_FILTERED": "403",
    "QUOTA_EXCEEDED": "429",
    "THROTTLED": "429",
    "API_CONFIGURATION_ERROR": "500",
    "UNSUPPORTED_MEDIA_TYPE": "415",
    "INTEGRATION_FAILURE": "504",
    "EXPIRED_TOKEN": "403",
}
BUILT_IN_TEMPLATES = {"application/json": '{"message":$context.error.messageString}'}

_RULES = Rules(
    scalars={"statusCode": str},
    maps={
        "responseParameters": Members(
            empty="Invalid null or empty value in responseParameters",
        ),
        "responseTemplates": Members(
            unknown="Content-Type specified was not found",
            empty="Invalid null or empty value in responseTemplates",
        ),
    },
    refuse=lambda patch: bad_request(f"Invalid patch path {patch.path}"),
)


def effective(api: RestAPI, response_type: str) -> Document:
    """The gateway's answer of this type, customised or the default."""
    own = api.gateway_responses.get(response_type)
    built_in = BUILT_IN_STATUS[response_type]
    family = "DEFAULT_4XX" if built_in and built_in.startswith("4") else "DEFAULT_5XX"
    source = own or (api.gateway_responses.get(family) if built_in else None)
    given = stored(source) if source else {}
    return present(
        {
            "responseType": response_type,
            "statusCode": given.get("statusCode") or built_in,
            "responseParameters": given.get("responseParameters") or {},
            "responseTemplates": given.get("responseTemplates") or BUILT_IN_TEMPLATES,
            "defaultResponse": own is None,
        }
    )


def stored(response: GatewayResponse) -> Document:
    """The customised members, without those that AWS fills in; an export shows these."""
    return present(
        {
            "statusCode": str(response.status_code) if response.status_code else None,
            "responseParameters": response.response_parameters or None,
            "responseTemplates": response.response_templates or None,
        }
    )


def get_gateway_responses(response: APIGatewayResponse) -> Answer:
    api = api_of(response)
    return answer(200, {"item": [effective(api, each) for each in sorted(BUILT_IN_STATUS)]})


def get_gateway_response(response: APIGatewayResponse) -> Answer:
    return answer(200, effective(api_of(response), _type_of(response)))


def put_gateway_response(response: APIGatewayResponse) -> Answer:
    response_type, api = _type_of(response), api_of(response)
    _store(api, response_type, body(response))
    return answer(201, effective(api, response_type))


def update_gateway_response(response: APIGatewayResponse) -> Answer:
    response_type = _type_of(response)
    operations = patches(response, "updateGatewayResponseInput")
    api = api_of(response)
    own = api.gateway_responses.get(response_type)
    _store(api, response_type, patched(stored(own) if own else {}, operations, _RULES))
    return answer(200, effective(api, response_type))


def delete_gateway_response(response: APIGatewayResponse) -> Answer:
    response_type, api = _type_of(response), api_of(response)
    if api.gateway_responses.pop(response_type, None) is None:
        raise not_found("Gateway response type not defined on api")
    return answer(202, {})


def _type_of(response: APIGatewayResponse) -> str:
    response_type = part(response, "response_type")
    if response_type not in BUILT_IN_STATUS:
        raise invalid(
            f"1 validation error detected: Value '{response_type}' at 'responseType' failed to "
            "satisfy constraint: Member must satisfy enum value set: "
            f"[{', '.join(BUILT_IN_STATUS)}]"
        )
    return response_type


def _store(api: RestAPI, response_type: str, document: Document) -> None:
    status = document.get("statusCode")
    if status is not None and not re.fullmatch(r"[1-5]\d\d", str(status)):
        raise invalid(
            f"1 validation error detected: Value '{status}' at 'statusCode' failed to satisfy "
            r"constraint: Member must satisfy regular expression pattern: [1-5]\d\d"
        )
    check_gateway_response(document.get("responseParameters"))
    api.gateway_responses[response_type] = GatewayResponse(
        response_type=response_type,
        status_code=status,  # type: ignore[arg-type]  # moto says int, the service says string
        response_parameters=document.get("responseParameters") or {},
        response_templates=document.get("responseTemplates") or {},
    )


def install() -> None:
    patch(
        APIGatewayResponse,
        get_gateway_responses,
        get_gateway_response,
        put_gateway_response,
        update_gateway_response,
        delete_gateway_response,
    )
