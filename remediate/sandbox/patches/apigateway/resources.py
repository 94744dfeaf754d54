"""Makes moto's REST APIs and their resources list, page and refuse as AWS's do.

moto always embeds the methods, gives everything on one page, takes a path twice and leaves the
children of a deleted resource behind. On AWS, without `embed=methods` the methods are empty
objects; a page holds 25 items unless `limit` says otherwise, at most 500.

https://docs.aws.amazon.com/apigateway/latest/api/API_GetResources.html
https://docs.aws.amazon.com/apigateway/latest/api/API_GetRestApis.html
https://docs.aws.amazon.com/apigateway/latest/api/API_CreateResource.html
"""
# ruff: noqa: D103 - a handler is named after its operation, which AWS documents.

import json
from http import HTTPStatus

from moto.apigateway.models import Resource, RestAPI
from moto.apigateway.responses import APIGatewayResponse
from moto.apigateway.utils import deserialize_body

from remediate.sandbox.patches.apigateway import documents
from remediate.sandbox.patches.apigateway.patch_operations import Members, Rules, patched, patches, truth
from remediate.sandbox.patches.apigateway.serialise import (
    Answer,
    Document,
    answer,
    api_of,
    bad_request,
    body,
    conflict,
    not_found,
    paged,
    part,
    query,
    resource_of,
)
from remediate.sandbox.patches.patch import patch

_moto_create_rest_api = APIGatewayResponse.create_rest_api
_moto_rest_api_document = RestAPI.to_dict

_ENDPOINT_TYPES = ("REGIONAL", "EDGE", "PRIVATE")


def rest_api_document(self: RestAPI) -> Document:
    document = documents.present(_moto_rest_api_document(self))
    if not self.binaryMediaTypes:
        document.pop("binaryMediaTypes", None)
    return document


def get_rest_apis(response: APIGatewayResponse) -> Answer:
    items, after = paged(response, response.backend.apis)
    return answer(200, {"item": [each.to_dict() for each in items], **after})


def get_rest_api(response: APIGatewayResponse) -> Answer:
    return answer(200, api_of(response).to_dict())


def create_rest_api(response: APIGatewayResponse) -> Answer:
    """Keep what moto drops of the request: binaryMediaTypes and version."""
    # A definition to import comes as JSON or YAML, a plain request as JSON.
    definition = deserialize_body(response.body)
    status, _, text = _moto_create_rest_api(response)
    if status != HTTPStatus.OK:
        return status, {"status": status}, str(text)
    api = response.backend.apis[json.loads(text)["id"]]
    given = {} if definition else body(response)
    api.binaryMediaTypes = list(given.get("binaryMediaTypes", []))
    api.version = definition["info"].get("version") if definition else given.get("version")
    return answer(201, api.to_dict())


def delete_rest_api(response: APIGatewayResponse) -> Answer:
    del response.backend.apis[api_of(response).id]
    return answer(202)


def update_rest_api(response: APIGatewayResponse) -> Answer:
    operations = patches(response, "updateRestApiInput")
    api = api_of(response)
    state = patched(
        {
            "name": api.name,
            "description": api.description,
            "policy": api.policy,
            "apiKeySource": api.api_key_source,
            "minimumCompressionSize": api.minimum_compression_size,
            "disableExecuteApiEndpoint": api.disableExecuteApiEndpoint,
            "binaryMediaTypes": api.binaryMediaTypes,
            "version": api.version,
            "endpointConfiguration": dict(api.endpoint_configuration),
        },
        [each for each in operations if not each.path.startswith("/endpointConfiguration/types")],
        Rules(
            scalars={
                "name": str,
                "description": str,
                "policy": str,
                "apiKeySource": str,
                "version": str,
                "minimumCompressionSize": int,
                "disableExecuteApiEndpoint": truth,
                "endpointConfiguration/ipAddressType": str,
            },
            lists={"binaryMediaTypes": Members(unknown="Invalid binary media type specified")},
        ),
    )
    for each in operations:
        if each.path.startswith("/endpointConfiguration/types"):
            if each.value not in _ENDPOINT_TYPES:
                raise bad_request("Invalid EndpointTypes specified. Valid options are REGIONAL,EDGE,PRIVATE")
            state["endpointConfiguration"]["types"] = [each.value]
    api.name, api.description = state["name"], state["description"]
    api.policy, api.api_key_source = state["policy"], state["apiKeySource"]
    api.version, api.binaryMediaTypes = state["version"], state["binaryMediaTypes"]
    api.minimum_compression_size = state["minimumCompressionSize"]
    api.disableExecuteApiEndpoint = state["disableExecuteApiEndpoint"]
    api.endpoint_configuration = state["endpointConfiguration"]
    return answer(200, api.to_dict())


def get_resources(response: APIGatewayResponse) -> Answer:
    api = api_of(response)
    items, after = paged(response, api.resources)
    where, embed = documents.paths(api), "methods" in query(response, "embed")
    return answer(
        200,
        {
            "item": [documents.resource(each, where[each.id], embed=embed) for each in items],
            **after,
        },
    )


def get_resource(response: APIGatewayResponse) -> Answer:
    embed = "methods" in query(response, "embed")
    return answer(200, _document(response, resource_of(response), embed=embed))


def create_resource(response: APIGatewayResponse) -> Answer:
    api, name = api_of(response), str(body(response).get("pathPart", ""))
    parent = api.resources.get(part(response, "parent_id"))
    if parent is None:
        raise not_found("Invalid Resource identifier specified")
    _refuse_path_part(api, parent, name)
    created = response.backend.create_resource(api.id, parent.id, name)
    return answer(201, _document(response, created, embed=False))


def update_resource(response: APIGatewayResponse) -> Answer:
    operations = patches(response, "updateResourceInput")
    api, resource = api_of(response), resource_of(response)
    for operation in operations:
        where = f"Invalid patch path  '{operation.path}' specified for op '{operation.op}'. "
        if operation.op != "replace":
            raise bad_request(where + "Please choose supported operations")
        if operation.path not in ("/parentId", "/pathPart"):
            raise bad_request(where + "Must be one of: [/parentId, /pathPart]")
        if resource.parent_id is None:
            raise bad_request(f"Root resource cannot update its {operation.path.removeprefix('/')}.")
    values = {operation.path: operation.value or "" for operation in operations}
    parent = api.resources.get(values.get("/parentId", str(resource.parent_id)))
    if parent is None:
        raise not_found("Invalid Resource identifier specified")
    if parent.id in _below(api, resource):
        raise bad_request("Resources cannot be cyclical.")
    name = values.get("/pathPart", resource.path_part)
    _refuse_path_part(api, parent, name, but=resource)
    resource.parent_id, resource.path_part = parent.id, name
    return answer(200, _document(response, resource, embed=False))


def delete_resource(response: APIGatewayResponse) -> Answer:
    api, resource = api_of(response), resource_of(response)
    if resource.parent_id is None:
        raise bad_request("Root resource cannot be deleted")
    for each in _below(api, resource):
        del api.resources[each]
    return answer(202)


def _document(response: APIGatewayResponse, resource: Resource, *, embed: bool) -> Document:
    where = documents.paths(response.backend.apis[resource.api_id])
    return documents.resource(resource, where[resource.id], embed=embed)


def _below(api: RestAPI, resource: Resource) -> set[str]:
    """Return the identifiers of the resource and of all below it."""
    ids = {resource.id}
    grown = True
    while grown:
        more = {each.id for each in api.resources.values() if each.parent_id in ids} - ids
        ids, grown = ids | more, bool(more)
    return ids


def _refuse_path_part(api: RestAPI, parent: Resource, name: str, but: Resource | None = None) -> None:
    if parent.path_part.endswith("+}"):
        raise bad_request(
            f"Cannot create a child of a resource with a greedy path variable: {parent.path_part}"
        )
    for each in api.resources.values():
        if each.parent_id != parent.id or each is but:
            continue
        if each.path_part == name:
            raise conflict(f"Another resource with the same parent already has this name: {name}")
        if each.path_part.startswith("{") and name.startswith("{"):
            raise bad_request(
                f"A sibling ({each.path_part}) of this resource already has a variable path part "
                "-- only one is allowed"
            )


def install() -> None:
    patch(RestAPI, to_dict=rest_api_document)
    patch(
        APIGatewayResponse,
        get_rest_apis,
        get_rest_api,
        create_rest_api,
        update_rest_api,
        delete_rest_api,
        get_resources,
        get_resource,
        create_resource,
        update_resource,
        delete_resource,
    )
