"""Reads an API Gateway REST API request and writes its answer; knows no operation.

Error codes and messages are those of the service, see
https://docs.aws.amazon.com/apigateway/latest/api/CommonErrors.html and the error lists of the
single operations.
"""

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

from moto.apigateway.models import Integration, Method, Resource, RestAPI
from moto.apigateway.responses import APIGatewayResponse
from moto.core.exceptions import JsonRESTError

from remediate.sandbox.patches.paging import BadTokenError, Item, page

Document = dict[str, Any]
Answer = tuple[int, Document, str]

DEFAULT_PAGE = 25
LARGEST_PAGE = 500


class ApiGatewayError(JsonRESTError):
    """An error of the service, with its HTTP status."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(code, message)
        self.code = status


def bad_request(message: str) -> ApiGatewayError:
    """Refuse what the request says."""
    return ApiGatewayError(400, "BadRequestException", message)


def not_found(message: str) -> ApiGatewayError:
    """Miss something the request names."""
    return ApiGatewayError(404, "NotFoundException", message)


def conflict(message: str) -> ApiGatewayError:
    """Refuse to make what is there already."""
    return ApiGatewayError(409, "ConflictException", message)


def invalid(message: str) -> ApiGatewayError:
    """Say what the request validation in front of the service says."""
    return ApiGatewayError(400, "ValidationException", message)


def answer(status: int, document: Document | None = None) -> Answer:
    """Write an answer; moto reads its status from the headers."""
    return status, {"status": status}, "" if document is None else json.dumps(document)


def body(response: APIGatewayResponse) -> Document:
    """Return the JSON body without its nulls: AWS treats a null member as an absent one."""
    document = json.loads(response.body) if response.body else {}
    return {key: value for key, value in document.items() if value is not None}


def part(response: APIGatewayResponse, name: str) -> str:
    """Return a variable of the request's path, under its name in the service model."""
    return str(response.uri_match[name])


def query(response: APIGatewayResponse, name: str) -> list[str]:
    """Read from the URL: moto's own dictionary holds the headers when there is no query."""
    return parse_qs(urlsplit(response.uri).query, keep_blank_values=True).get(name, [])


def api_of(response: APIGatewayResponse) -> RestAPI:
    """Find the API of the request."""
    api_id = part(response, "restapi_id")
    api = response.backend.apis.get(api_id)
    if api is None:
        raise not_found(f"Invalid API identifier specified {response.current_account}:{api_id}")
    return api


def resource_of(response: APIGatewayResponse) -> Resource:
    """Find the resource; below it AWS doesn't tell an unknown API from an unknown resource."""
    api = response.backend.apis.get(part(response, "restapi_id"))
    resource = api.resources.get(part(response, "resource_id")) if api else None
    if resource is None:
        raise not_found("Invalid Resource identifier specified")
    return resource


def method_of(response: APIGatewayResponse) -> Method:
    """Find the method of the request."""
    method = resource_of(response).resource_methods.get(part(response, "http_method"))
    if method is None:
        raise not_found("Invalid Method identifier specified")
    return method


def integration_of(response: APIGatewayResponse) -> Integration:
    """Find the integration of the request."""
    integration = method_of(response).method_integration
    if integration is None:
        raise not_found("Invalid Integration identifier specified")
    return integration


def paged(response: APIGatewayResponse, items: dict[str, Item]) -> tuple[list[Item], Document]:
    """Return the items of the page asked for, and the `position` member if there are more.

    AWS documents no order; by identifier, which is random, no reader gets parents first by luck.
    """
    limit = query(response, "limit")
    size = min(int(limit[0]) if limit else DEFAULT_PAGE, LARGEST_PAGE)
    position = query(response, "position")
    try:
        pairs, after = page(items.items(), lambda pair: pair[0], size, position[0] if position else None)
    except BadTokenError as error:
        raise bad_request("Invalid position parameter") from error
    return [item for _, item in pairs], {"position": after} if after else {}
