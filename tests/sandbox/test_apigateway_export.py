"""GetExport writes the deployed API in the shape of documents that AWS exported."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
import yaml
from botocore.exceptions import ClientError
from moto import mock_aws

from remediate.sandbox.patches import apigateway

# One session for all tests: it is the session that keeps the service models once read.
SESSION = boto3.Session(aws_access_key_id="testing", aws_secret_access_key="testing")
CORS = {
    "method.response.header.Access-Control-Allow-Methods": "'POST,GET,OPTIONS'",
    "method.response.header.Access-Control-Allow-Headers": (
        "'Content-Type,X-Amz-Date,Authorization,X-Api-Key'"
    ),
    "method.response.header.Access-Control-Allow-Origin": "'*'",
}
STRING = {"schema": {"type": "string"}}
LAMBDA = (
    "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/"
    "arn:aws:lambda:eu-west-1:123456789012:function:f/invocations"
)


@pytest.fixture
def client() -> Iterator[Any]:
    apigateway.install()
    with mock_aws():
        yield SESSION.client("apigateway", region_name="eu-west-1")


@pytest.fixture
def api(client: Any) -> str:
    """The two methods on /pets of the pet store whose export by AWS is known."""
    made = client.create_rest_api(name="PetStore", description="Your first API")
    pets = client.create_resource(restApiId=made["id"], parentId=made["rootResourceId"], pathPart="pets")
    where = {"restApiId": made["id"], "resourceId": pets["id"]}
    client.put_method(
        **where,
        httpMethod="GET",
        authorizationType="NONE",
        requestParameters={"method.request.querystring.page": False},
    )
    client.put_integration(
        **where,
        httpMethod="GET",
        type="HTTP",
        integrationHttpMethod="GET",
        uri="http://petstore.example/pets",
        requestParameters={"integration.request.querystring.page": "method.request.querystring.page"},
    )
    origin = "method.response.header.Access-Control-Allow-Origin"
    client.put_method_response(
        **where,
        httpMethod="GET",
        statusCode="200",
        responseModels={"application/json": "Empty"},
        responseParameters={origin: False},
    )
    client.put_integration_response(
        **where, httpMethod="GET", statusCode="200", responseParameters={origin: "'*'"}
    )
    client.put_method(**where, httpMethod="OPTIONS", authorizationType="NONE")
    client.put_integration(
        **where,
        httpMethod="OPTIONS",
        type="MOCK",
        requestTemplates={"application/json": '{"statusCode": 200}'},
    )
    client.put_method_response(
        **where,
        httpMethod="OPTIONS",
        statusCode="200",
        responseModels={"application/json": "Empty"},
        responseParameters=dict.fromkeys(CORS, False),
    )
    client.put_integration_response(
        **where,
        httpMethod="OPTIONS",
        statusCode="200",
        selectionPattern="",
        responseParameters=CORS,
    )
    return made["id"]


def export(client: Any, api: str, kind: str = "oas30", extensions: str = "") -> Any:
    answer = client.get_export(
        restApiId=api,
        stageName="local",
        exportType=kind,
        parameters={"extensions": extensions} if extensions else {},
        accepts="application/json",
    )
    return json.loads(answer["body"].read())


def deploy(client: Any, api: str) -> None:
    client.create_deployment(restApiId=api, stageName="local")


def test_openapi_with_extensions_as_aws_writes_it(client, api):
    deploy(client, api)
    document = export(client, api, extensions="apigateway")
    version = document["info"].pop("version")
    assert document == {
        "openapi": "3.0.1",
        "info": {"title": "PetStore", "description": "Your first API"},
        "servers": [
            {
                "url": f"https://{api}.execute-api.eu-west-1.amazonaws.com/{{basePath}}",
                "variables": {"basePath": {"default": "local"}},
            }
        ],
        "paths": {
            "/pets": {
                "get": {
                    "parameters": [{"name": "page", "in": "query", "schema": {"type": "string"}}],
                    "responses": {
                        "200": {
                            "description": "200 response",
                            "headers": {"Access-Control-Allow-Origin": STRING},
                            "content": {
                                "application/json": {"schema": {"$ref": "#/components/schemas/Empty"}}
                            },
                        }
                    },
                    "x-amazon-apigateway-integration": {
                        "httpMethod": "GET",
                        "uri": "http://petstore.example/pets",
                        "responses": {
                            "default": {
                                "statusCode": "200",
                                "responseParameters": {
                                    "method.response.header.Access-Control-Allow-Origin": "'*'"
                                },
                            }
                        },
                        "requestParameters": {
                            "integration.request.querystring.page": ("method.request.querystring.page")
                        },
                        "passthroughBehavior": "when_no_match",
                        "type": "http",
                    },
                },
                "options": {
                    "responses": {
                        "200": {
                            "description": "200 response",
                            "headers": {
                                "Access-Control-Allow-Origin": STRING,
                                "Access-Control-Allow-Methods": STRING,
                                "Access-Control-Allow-Headers": STRING,
                            },
                            "content": {
                                "application/json": {"schema": {"$ref": "#/components/schemas/Empty"}}
                            },
                        }
                    },
                    "x-amazon-apigateway-integration": {
                        "responses": {"default": {"statusCode": "200", "responseParameters": CORS}},
                        "requestTemplates": {"application/json": '{"statusCode": 200}'},
                        "passthroughBehavior": "when_no_match",
                        "type": "mock",
                    },
                },
            }
        },
        "components": {"schemas": {"Empty": {"title": "Empty Schema", "type": "object"}}},
    }
    assert version.endswith("Z")


def test_swagger_as_aws_writes_it(client, api):
    deploy(client, api)
    document = export(client, api, "swagger", "integrations")
    assert document["swagger"] == "2.0"
    assert document["host"] == f"{api}.execute-api.eu-west-1.amazonaws.com"
    assert document["basePath"] == "/local"
    assert document["schemes"] == ["https"]
    options = document["paths"]["/pets"]["options"]
    integration = options.pop("x-amazon-apigateway-integration")
    assert integration["responses"]["default"]["responseParameters"] == CORS
    assert options == {
        "consumes": ["application/json"],
        "produces": ["application/json"],
        "responses": {
            "200": {
                "description": "200 response",
                "schema": {"$ref": "#/definitions/Empty"},
                "headers": {
                    "Access-Control-Allow-Origin": {"type": "string"},
                    "Access-Control-Allow-Methods": {"type": "string"},
                    "Access-Control-Allow-Headers": {"type": "string"},
                },
            }
        },
    }
    assert document["paths"]["/pets"]["get"]["parameters"] == [
        {"name": "page", "in": "query", "required": False, "type": "string"}
    ]


def test_without_extensions_the_header_names_stay_and_their_values_go(client, api):
    client.put_gateway_response(restApiId=api, responseType="DEFAULT_4XX", statusCode="444")
    deploy(client, api)
    document = export(client, api)
    assert "x-amazon" not in json.dumps(document)
    headers = document["paths"]["/pets"]["options"]["responses"]["200"]["headers"]
    assert set(headers) == {
        "Access-Control-Allow-Origin",
        "Access-Control-Allow-Methods",
        "Access-Control-Allow-Headers",
    }


def test_a_path_without_methods_is_left_out(client, api):
    """The root of the API has none, here and in the documents AWS exported."""
    deploy(client, api)
    assert list(export(client, api)["paths"]) == ["/pets"]


def test_the_export_shows_the_deployment_and_not_the_api(client, api):
    deploy(client, api)
    pets = next(
        each
        for each in client.get_resources(restApiId=api, embed=["methods"])["items"]
        if each["path"] == "/pets"
    )
    client.delete_method(restApiId=api, resourceId=pets["id"], httpMethod="GET")
    assert set(export(client, api)["paths"]["/pets"]) == {"get", "options"}
    deploy(client, api)
    assert set(export(client, api)["paths"]["/pets"]) == {"options"}


def test_gateway_responses_show_only_what_was_customised(client, api):
    """As AWS exported them: the code is a number, what nobody set is left out."""
    origin = {"gatewayresponse.header.Access-Control-Allow-Origin": "'*'"}
    client.put_gateway_response(restApiId=api, responseType="DEFAULT_5XX", responseParameters=origin)
    template = {"application/json": '{"message":$context.error.messageString}'}
    client.put_gateway_response(
        restApiId=api,
        responseType="ACCESS_DENIED",
        statusCode="403",
        responseParameters=origin,
        responseTemplates=template,
    )
    deploy(client, api)
    exported = export(client, api, extensions="apigateway")
    assert exported["x-amazon-apigateway-gateway-responses"] == {
        "DEFAULT_5XX": {"responseParameters": origin},
        "ACCESS_DENIED": {
            "statusCode": 403,
            "responseParameters": origin,
            "responseTemplates": template,
        },
    }


def test_any_methods_cache_keys_patterns_and_binary_media_types(client, api):
    root = client.get_rest_api(restApiId=api)["rootResourceId"]
    where = {"restApiId": api, "resourceId": root, "httpMethod": "ANY"}
    header = "method.request.header.Origin"
    client.put_method(**where, authorizationType="NONE", requestParameters={header: False})
    client.put_integration(
        **where,
        type="AWS",
        integrationHttpMethod="POST",
        uri=LAMBDA,
        contentHandling="CONVERT_TO_TEXT",
        cacheKeyParameters=[header],
        cacheNamespace="efpvax",
    )
    for status, pattern in (("200", None), ("500", r"5\d{2}")):
        client.put_method_response(**where, statusCode=status)
        chosen = {"selectionPattern": pattern} if pattern else {}
        client.put_integration_response(**where, statusCode=status, **chosen)
    client.update_rest_api(restApiId=api, patchOperations=[{"op": "add", "path": "/binaryMediaTypes/*~1*"}])
    deploy(client, api)
    document = export(client, api, extensions="apigateway")
    operation = document["paths"]["/"]["x-amazon-apigateway-any-method"]
    assert operation["x-amazon-apigateway-integration"] == {
        "httpMethod": "POST",
        "uri": LAMBDA,
        "responses": {"default": {"statusCode": "200"}, r"5\d{2}": {"statusCode": "500"}},
        "passthroughBehavior": "when_no_match",
        "contentHandling": "CONVERT_TO_TEXT",
        "cacheNamespace": "efpvax",
        "cacheKeyParameters": [header],
        "type": "aws",
    }
    assert document["x-amazon-apigateway-binary-media-types"] == ["*/*"]


def test_what_a_caller_must_show(client, api):
    root = client.get_rest_api(restApiId=api)["rootResourceId"]
    authorizer = client.create_authorizer(
        restApiId=api,
        name="gate",
        type="TOKEN",
        authorizerUri=LAMBDA,
        identitySource="method.request.header.Authorization",
        authorizerResultTtlInSeconds=0,
    )["id"]
    for method, arguments in {
        "GET": {"authorizationType": "AWS_IAM"},
        "POST": {"authorizationType": "CUSTOM", "authorizerId": authorizer},
        "PUT": {"authorizationType": "NONE", "apiKeyRequired": True},
    }.items():
        where = {"restApiId": api, "resourceId": root, "httpMethod": method}
        client.put_method(**where, **arguments)
        client.put_integration(**where, type="MOCK")
    deploy(client, api)
    document = export(client, api, extensions="apigateway")
    operations = document["paths"]["/"]
    assert operations["get"]["security"] == [{"sigv4": []}]
    assert operations["post"]["security"] == [{"gate": []}]
    assert operations["put"]["security"] == [{"api_key": []}]
    assert "security" not in document["paths"]["/pets"]["options"]
    assert document["components"]["securitySchemes"] == {
        "gate": {
            "type": "apiKey",
            "name": "Authorization",
            "in": "header",
            "x-amazon-apigateway-authtype": "custom",
            "x-amazon-apigateway-authorizer": {
                "authorizerUri": LAMBDA,
                "authorizerResultTtlInSeconds": 0,
                "type": "token",
            },
        },
        "sigv4": {
            "type": "apiKey",
            "name": "Authorization",
            "in": "header",
            "x-amazon-apigateway-authtype": "awsSigv4",
        },
        "api_key": {"type": "apiKey", "name": "x-api-key", "in": "header"},
    }


def test_the_export_as_yaml_and_its_headers(client, api):
    deploy(client, api)
    answer = client.get_export(
        restApiId=api, stageName="local", exportType="oas30", accepts="application/yaml"
    )
    assert yaml.safe_load(answer["body"].read()) == export(client, api)
    assert answer["contentType"] == "application/octet-stream"
    assert answer["contentDisposition"].startswith('attachment; filename="oas30_')


def test_an_unknown_stage_and_an_unknown_type(client, api):
    with pytest.raises(ClientError) as absent:
        client.get_export(restApiId=api, stageName="local", exportType="oas30")
    assert absent.value.response["ResponseMetadata"]["HTTPStatusCode"] == 404
    assert absent.value.response["Error"]["Code"] == "NotFoundException"
    deploy(client, api)
    with pytest.raises(ClientError) as unknown:
        client.get_export(restApiId=api, stageName="local", exportType="raml")
    assert unknown.value.response["Error"]["Code"] == "BadRequestException"
