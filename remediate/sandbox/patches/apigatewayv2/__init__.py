"""Makes moto's HTTP APIs check, merge and page as AWS's do; deployments are next door.

moto stores any CorsConfiguration, replaces the whole of it on update, and lists all APIs on one
page. On AWS an omitted member keeps its live value, and DeleteCorsConfiguration alone removes
everything.

https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid.html#UpdateApi
https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis.html#GetApis
"""
# ruff: noqa: D103 - a handler is named after its operation, which AWS documents.

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

from moto.apigatewayv2.exceptions import BadRequestException
from moto.apigatewayv2.responses import ApiGatewayV2Response
from moto.core.common_types import TYPE_RESPONSE

from remediate.sandbox.patches.apigatewayv2 import deployments
from remediate.sandbox.patches.apigatewayv2.cors import merged
from remediate.sandbox.patches.paging import BadTokenError, page
from remediate.sandbox.patches.patch import patch

# AWS documents no default; a reader that doesn't page must not get away with it.
DEFAULT_PAGE = 25

_moto_create_api = ApiGatewayV2Response.create_api
_moto_update_api = ApiGatewayV2Response.update_api
_moto_reimport_api = ApiGatewayV2Response.reimport_api


def create_api(response: ApiGatewayV2Response) -> TYPE_RESPONSE:
    given = json.loads(response.body)
    given["corsConfiguration"] = merged(
        None, given.get("corsConfiguration"), given.get("protocolType", "HTTP")
    )
    response.body = json.dumps(given)
    _, _, text = _moto_create_api(response)
    return 201, {"status": 201}, text


def get_apis(response: ApiGatewayV2Response) -> TYPE_RESPONSE:
    query = {key: values[0] for key, values in parse_qs(urlsplit(response.uri).query).items()}
    size = query.get("maxResults", str(DEFAULT_PAGE))
    if not size.isdigit() or int(size) < 1:
        raise BadRequestException(f"Invalid value for maxResults: {size}")
    try:
        apis, token = page(
            response.apigatewayv2_backend.apis.values(),
            lambda each: str(each.api_id),
            int(size),
            query.get("nextToken"),
        )
    except BadTokenError as error:
        raise BadRequestException("Invalid value for nextToken") from error
    document: dict[str, Any] = {"items": [each.to_json() for each in apis]}
    if token:
        document["nextToken"] = token
    return 200, {}, json.dumps(document)


def update_api(response: ApiGatewayV2Response) -> TYPE_RESPONSE:
    given = json.loads(response.body)
    api = response.apigatewayv2_backend.get_api(response.uri_match["apiId"])
    configuration = merged(_live(api), given.pop("corsConfiguration", None), api.protocol_type)
    response.body = json.dumps(given)
    _moto_update_api(response)
    vars(api)["cors_configuration"] = configuration
    return 200, {}, json.dumps(api.to_json())


def reimport_api(response: ApiGatewayV2Response) -> TYPE_RESPONSE:
    """Take the CORS of the definition for the API's; it is checked like any other."""
    api = response.apigatewayv2_backend.get_api(response.uri_match["apiId"])
    before = _live(api)
    _, _, text = _moto_reimport_api(response)
    imported = _live(api)
    vars(api)["cors_configuration"] = before
    if imported is not before:
        vars(api)["cors_configuration"] = merged(None, imported, api.protocol_type)
        text = json.dumps(api.to_json())
    return 201, {"status": 201}, text


def delete_cors_configuration(response: ApiGatewayV2Response) -> TYPE_RESPONSE:
    response.apigatewayv2_backend.delete_cors_configuration(response.uri_match["apiId"])
    return 204, {"status": 204}, ""


def _live(api: Any) -> dict[str, Any] | None:
    """Return the live configuration; moto's annotation says it is a string."""
    configuration: dict[str, Any] | None = vars(api)["cors_configuration"]
    return configuration


def install() -> None:
    patch(
        ApiGatewayV2Response,
        create_api,
        get_apis,
        update_api,
        reimport_api,
        delete_cors_configuration,
    )
    deployments.install()
