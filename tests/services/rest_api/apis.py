"""REST APIs as documents in the shape of `get_resources`, and the calls that build them."""

from __future__ import annotations

import json
from typing import Any

from remediate.aws import Aws
from remediate.web.http import Request

REGION = "eu-west-1"
A, B, C = "https://a.example.com", "https://b.example.com", "http://localhost:3000"
LAMBDA = (
    "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/"
    "arn:aws:lambda:eu-west-1:123456789012:function:{}/invocations"
)
HEADER = "method.response.header."

CDK_LIST = (
    '#set($origin = $input.params("Origin"))\n#if($origin == "")\n'
    '  #set($origin = $input.params("origin"))\n#end\n'
    "#if({})\n  #set($context.responseOverride.header.Access-Control-Allow-Origin = $origin)\n#end"
)
SERVERLESS_LIST = (
    '#set($origin = $input.params("Origin"))\n'
    '#if($origin == "") #set($origin = $input.params("origin")) #end\n'
    "#if({}) #set($context.responseOverride.header.Access-Control-Allow-Origin = $origin) #end"
)
ECHO = (
    "#set($context.responseOverride.header.Access-Control-Allow-Origin = "
    '$input.params().header.get("origin"))'
)


def cdk_list(*origins: str) -> str:
    return CDK_LIST.format(" || ".join(f'$origin == "{origin}"' for origin in origins))


def serverless_list(*origins: str) -> str:
    return SERVERLESS_LIST.format(
        " || ".join(
            f'$origin.matches("{origin.replace(".", "[.]").replace("*", ".+")}")' for origin in origins
        )
    )


def cors(**values: str) -> dict[str, str]:
    """`cors(origin=…, methods=…)` as parameter mappings with their quotes."""
    names = {
        "origin": "Access-Control-Allow-Origin",
        "methods": "Access-Control-Allow-Methods",
        "headers": "Access-Control-Allow-Headers",
        "credentials": "Access-Control-Allow-Credentials",
        "max_age": "Access-Control-Max-Age",
        "expose": "Access-Control-Expose-Headers",
        "vary": "Vary",
    }
    return {HEADER + names[key]: f"'{value}'" for key, value in values.items()}


def response(
    status: str = "200",
    parameters: dict[str, str] | None = None,
    templates: dict[str, str] | None = None,
    pattern: str = "",
) -> dict[str, Any]:
    made: dict[str, Any] = {"statusCode": status}
    if pattern:
        made["selectionPattern"] = pattern
    if parameters:
        made["responseParameters"] = parameters
    if templates:
        made["responseTemplates"] = templates
    return made


def method(integration: dict[str, Any] | None = None, **members: Any) -> dict[str, Any]:
    given: dict[str, Any] = {"authorizationType": "NONE", "apiKeyRequired": False}
    if integration:
        declared = {
            status: {"statusCode": status}
            | (
                {"responseParameters": dict.fromkeys(each["responseParameters"], False)}
                if each.get("responseParameters")
                else {}
            )
            for status, each in (integration.get("integrationResponses") or {}).items()
        }
        if declared:
            given["methodResponses"] = declared
        given["methodIntegration"] = integration
    return given | members


def mock(*responses: dict[str, Any], status: int | None = 200, **members: Any) -> dict[str, Any]:
    made = list(responses) or [response()]
    integration: dict[str, Any] = {"type": "MOCK"}
    if status is not None:
        integration["requestTemplates"] = {"application/json": json.dumps({"statusCode": status})}
    integration |= {
        "passthroughBehavior": "WHEN_NO_MATCH",
        "integrationResponses": {each["statusCode"]: each for each in made},
    }
    own = {key: members.pop(key) for key in ("contentHandling", "requestTemplates") if key in members}
    return method(integration | own, **members)


def http(*responses: dict[str, Any], **members: Any) -> dict[str, Any]:
    made = list(responses) or [response()]
    return method(
        {
            "type": "HTTP",
            "httpMethod": "GET",
            "uri": "https://backend.example.net/x",
            "passthroughBehavior": "WHEN_NO_MATCH",
            "integrationResponses": {each["statusCode"]: each for each in made},
        },
        **members,
    )


def proxy(function: str = "orders", **members: Any) -> dict[str, Any]:
    return method(
        {
            "type": "AWS_PROXY",
            "httpMethod": "POST",
            "uri": LAMBDA.format(function),
            "passthroughBehavior": "WHEN_NO_MATCH",
        },
        **members,
    )


def api(
    resources: dict[str, dict[str, Any]],
    gateways: dict[str, dict[str, Any]] | None = None,
    binary: tuple[str, ...] = (),
) -> dict[str, Any]:
    return {
        "resources": [
            {"path": path, "resourceMethods": dict(sorted(methods.items()))}
            for path, methods in sorted(resources.items())
        ],
        "gatewayResponses": [
            {"responseType": kind} | given for kind, given in sorted((gateways or {}).items())
        ],
        "binaryMediaTypes": list(binary),
    }


def preflight(
    path: str = "/items", origin: str = A, method: str = "GET", headers: str = "", *, name: str = "origin"
) -> Request:
    asked = [("access-control-request-headers", headers)] if headers else []
    return Request("OPTIONS", path, [(name, origin), ("access-control-request-method", method), *asked])


def build(aws: Aws, config: dict[str, Any], name: str = "webapp", stages: tuple[str, ...] = ("prod",)) -> str:
    """Create the API; deployed to each stage. Returns its id."""
    client = aws.client("apigateway", REGION)
    made = client.create_rest_api(
        name=name, binaryMediaTypes=config["binaryMediaTypes"], tags={"owner": "somebody"}
    )
    identifier = str(made["id"])
    for resource in config["resources"]:
        for verb, given in resource["resourceMethods"].items():
            put(aws, identifier, resource["path"], verb, given)
    for given in config["gatewayResponses"]:
        client.put_gateway_response(restApiId=identifier, **given)
    for stage in stages:
        client.create_deployment(restApiId=identifier, stageName=stage, variables={"level": stage})
    return identifier


def resource_id(aws: Aws, identifier: str, path: str) -> str:
    client = aws.client("apigateway", REGION)
    found = {
        each["path"]: each["id"] for each in client.get_resources(restApiId=identifier, limit=500)["items"]
    }
    at = "/"
    for part in [part for part in path.split("/") if part]:
        below = at.rstrip("/") + "/" + part
        if below not in found:
            found[below] = client.create_resource(restApiId=identifier, parentId=found[at], pathPart=part)[
                "id"
            ]
        at = below
    return str(found[at])


def put(aws: Aws, identifier: str, path: str, verb: str, given: dict[str, Any]) -> None:
    """Put one method with all that belongs to it."""
    client = aws.client("apigateway", REGION)
    at = {"restApiId": identifier, "resourceId": resource_id(aws, identifier, path), "httpMethod": verb}
    client.put_method(
        **at, authorizationType=given["authorizationType"], apiKeyRequired=given["apiKeyRequired"]
    )
    for status, each in (given.get("methodResponses") or {}).items():
        declared = {key: each[key] for key in ("responseParameters", "responseModels") if key in each}
        client.put_method_response(**at, statusCode=status, **declared)
    integration = dict(given.get("methodIntegration") or {})
    if not integration:
        return
    responses = integration.pop("integrationResponses", {})
    if "httpMethod" in integration:
        integration["integrationHttpMethod"] = integration.pop("httpMethod")
    client.put_integration(**at, **integration)
    # The default response last: only one may have no pattern.
    for each in responses.values():
        client.put_integration_response(**at, **each)
