"""REST APIs and their resources list, page and refuse as the service documents and answers."""

import json
import time
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from remediate.sandbox.patches import apigateway

# One session for all tests: it is the session that keeps the service models once read.
SESSION = boto3.Session(aws_access_key_id="testing", aws_secret_access_key="testing")


@pytest.fixture
def client() -> Iterator[Any]:
    apigateway.install()
    with mock_aws():
        yield SESSION.client("apigateway", region_name="eu-west-1")


@pytest.fixture
def api(client: Any) -> str:
    return client.create_rest_api(name="pets")["id"]


def root(client: Any, api: str) -> str:
    return client.get_rest_api(restApiId=api)["rootResourceId"]


def error(call: Any, **arguments: Any) -> tuple[int, str, str]:
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    answer = caught.value.response
    status = answer["ResponseMetadata"]["HTTPStatusCode"]
    return status, answer["Error"]["Code"], answer["Error"]["Message"]


def test_a_page_of_resources_holds_25_unless_limit_says_otherwise(client, api):
    for number in range(31):
        client.create_resource(restApiId=api, parentId=root(client, api), pathPart=f"r{number}")

    first = client.get_resources(restApiId=api)
    assert len(first["items"]) == 25
    second = client.get_resources(restApiId=api, position=first["position"])
    assert len(second["items"]) == 32 - 25
    assert "position" not in second
    assert len({each["id"] for each in first["items"] + second["items"]}) == 32

    assert len(client.get_resources(restApiId=api, limit=500)["items"]) == 32
    pages = client.get_paginator("get_resources").paginate(restApiId=api, PaginationConfig={"PageSize": 5})
    assert [len(each["items"]) for each in pages] == [5, 5, 5, 5, 5, 5, 2]


def test_a_position_survives_a_delete_between_two_pages(client, api):
    for number in range(9):
        client.create_resource(restApiId=api, parentId=root(client, api), pathPart=f"r{number}")
    first = client.get_resources(restApiId=api, limit=5)
    leaves = [each for each in first["items"] if "parentId" in each]
    client.delete_resource(restApiId=api, resourceId=leaves[0]["id"])
    second = client.get_resources(restApiId=api, limit=5, position=first["position"])
    assert len(second["items"]) == 5


def test_a_position_that_aws_never_gave_is_refused(client, api):
    status, code, _ = error(client.get_resources, restApiId=api, position="!")
    assert (status, code) == (400, "BadRequestException")


def test_methods_are_empty_objects_without_embed(client, api):
    """API_GetResources: `embed` is how to get the methods with their integrations."""
    where = {"restApiId": api, "resourceId": root(client, api), "httpMethod": "OPTIONS"}
    client.put_method(**where, authorizationType="NONE")
    client.put_integration(**where, type="MOCK")

    bare = client.get_resources(restApiId=api)["items"][0]
    assert bare["resourceMethods"] == {"OPTIONS": {}}
    full = client.get_resources(restApiId=api, embed=["methods"])["items"][0]
    assert full["resourceMethods"]["OPTIONS"]["methodIntegration"]["type"] == "MOCK"
    resource = client.get_resource(restApiId=api, resourceId=where["resourceId"])
    assert resource["resourceMethods"] == {"OPTIONS": {}}


def test_reading_a_hundred_resources_with_their_methods_is_quick(client, api):
    parent = root(client, api)
    for number in range(100):
        made = client.create_resource(restApiId=api, parentId=parent, pathPart=f"r{number}")
        for method in ("GET", "POST", "OPTIONS"):
            where = {"restApiId": api, "resourceId": made["id"], "httpMethod": method}
            client.put_method(**where, authorizationType="NONE")
            client.put_integration(**where, type="MOCK")

    started = time.perf_counter()
    items = client.get_resources(restApiId=api, embed=["methods"], limit=500)["items"]
    # Stock moto takes some 15 ms; ten times that leaves room for a busy machine.
    assert time.perf_counter() - started < 1.0
    assert sum(len(each.get("resourceMethods", {})) for each in items) == 300


def test_rest_apis_page(client):
    for number in range(3):
        client.create_rest_api(name=f"api{number}")
    first = client.get_rest_apis(limit=2)
    second = client.get_rest_apis(limit=2, position=first["position"])
    assert {each["name"] for each in first["items"] + second["items"]} == {"api0", "api1", "api2"}


def test_the_same_path_part_twice_is_a_conflict(client, api):
    parent = root(client, api)
    client.create_resource(restApiId=api, parentId=parent, pathPart="pets")
    assert error(client.create_resource, restApiId=api, parentId=parent, pathPart="pets") == (
        409,
        "ConflictException",
        "Another resource with the same parent already has this name: pets",
    )


def test_path_variables_among_siblings_and_above_children(client, api):
    parent = root(client, api)
    proxy = client.create_resource(restApiId=api, parentId=parent, pathPart="{proxy+}")
    assert error(client.create_resource, restApiId=api, parentId=parent, pathPart="{id}") == (
        400,
        "BadRequestException",
        "A sibling ({proxy+}) of this resource already has a variable path part -- only one is allowed",
    )
    assert error(client.create_resource, restApiId=api, parentId=proxy["id"], pathPart="x") == (
        400,
        "BadRequestException",
        "Cannot create a child of a resource with a greedy path variable: {proxy+}",
    )


def test_deleting_a_resource_takes_its_children_along(client, api):
    pets = client.create_resource(restApiId=api, parentId=root(client, api), pathPart="pets")
    below = client.create_resource(restApiId=api, parentId=pets["id"], pathPart="{id}")
    assert below["path"] == "/pets/{id}"
    client.delete_resource(restApiId=api, resourceId=pets["id"])
    assert [each["path"] for each in client.get_resources(restApiId=api)["items"]] == ["/"]
    assert error(client.delete_resource, restApiId=api, resourceId=below["id"]) == (
        404,
        "NotFoundException",
        "Invalid Resource identifier specified",
    )


def test_renaming_and_moving_a_resource(client, api):
    top = root(client, api)
    pets = client.create_resource(restApiId=api, parentId=top, pathPart="pets")["id"]
    below = client.create_resource(restApiId=api, parentId=pets, pathPart="sub")["id"]

    def patch(resource: str, op: str, path: str, value: str = "x") -> dict[str, Any]:
        operation = {"op": op, "path": path, "value": value}
        return {"restApiId": api, "resourceId": resource, "patchOperations": [operation]}

    renamed = client.update_resource(**patch(pets, "replace", "/pathPart", "dogs"))
    assert renamed["path"] == "/dogs"
    assert error(client.update_resource, **patch(pets, "replace", "/invalid"))[2] == (
        "Invalid patch path  '/invalid' specified for op 'replace'. Must be one of: [/parentId, /pathPart]"
    )
    assert error(client.update_resource, **patch(pets, "remove", "/pathPart"))[2] == (
        "Invalid patch path  '/pathPart' specified for op 'remove'. Please choose supported operations"
    )
    assert error(client.update_resource, **patch(pets, "replace", "/parentId", below)) == (
        400,
        "BadRequestException",
        "Resources cannot be cyclical.",
    )
    assert error(client.update_resource, **patch(top, "replace", "/pathPart", "x"))[2] == (
        "Root resource cannot update its pathPart."
    )
    moved = client.update_resource(**patch(below, "replace", "/parentId", top))
    assert moved["path"] == "/sub"


def test_binary_media_types_are_kept_and_patched_by_path(client):
    made = client.create_rest_api(name="x", binaryMediaTypes=["image/png"])
    assert made["binaryMediaTypes"] == ["image/png"]
    assert made["ResponseMetadata"]["HTTPStatusCode"] == 201

    def patched(op: str, path: str, **value: str) -> list[str]:
        operations = [{"op": op, "path": path, **value}]
        answer = client.update_rest_api(restApiId=made["id"], patchOperations=operations)
        return answer.get("binaryMediaTypes", [])

    assert patched("add", "/binaryMediaTypes/image~1jpeg") == ["image/png", "image/jpeg"]
    replaced = patched("replace", "/binaryMediaTypes/image~1png", value="image/gif")
    assert replaced == ["image/jpeg", "image/gif"]
    assert patched("remove", "/binaryMediaTypes/image~1gif") == ["image/jpeg"]
    assert error(
        client.update_rest_api,
        restApiId=made["id"],
        patchOperations=[{"op": "add", "path": "/binaryMediaTypes", "value": "*/*"}],
    ) == (400, "BadRequestException", "Invalid patch path /binaryMediaTypes")


def test_an_imported_api_has_the_version_of_its_definition(client):
    definition = {
        "openapi": "3.0.1",
        "info": {"title": "PetStore", "description": "d", "version": "1.0.0"},
        "paths": {},
    }
    made = client.import_rest_api(body=json.dumps(definition))
    assert (made["name"], made["version"]) == ("PetStore", "1.0.0")
    assert made["ResponseMetadata"]["HTTPStatusCode"] == 201
    assert "version" not in client.create_rest_api(name="plain")
    assert client.create_rest_api(name="x", version="v1")["version"] == "v1"


def test_an_unknown_api_is_named_with_its_account(client):
    assert error(client.get_resources, restApiId="nope") == (
        404,
        "NotFoundException",
        "Invalid API identifier specified 123456789012:nope",
    )


def test_a_rest_api_can_be_tagged(client, api):
    arn = f"arn:aws:apigateway:eu-west-1::/restapis/{api}"
    client.tag_resource(resourceArn=arn, tags={"team": "web", "stack": "cors"})
    client.untag_resource(resourceArn=arn, tagKeys=["team"])
    assert client.get_tags(resourceArn=arn)["tags"] == {"stack": "cors"}
    assert client.get_rest_api(restApiId=api)["tags"] == {"stack": "cors"}
