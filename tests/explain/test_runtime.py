"""What is left to do in a function is told in the function's own language, read in one call."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from typing import Any
from zipfile import ZipFile

import pytest

from remediate.aws import Aws
from remediate.explain.explanation import Explanation
from remediate.explain.runtime import in_its_language
from remediate.explain.walk import explain
from remediate.reachability.discover import discover
from remediate.sandbox import embedded
from remediate.services import target_options
from remediate.web.browser import BrowserRequest
from tests.services.rest_api.apis import api, build, cors, method, mock, proxy, response

PAGE = "http://localhost:3000"
REGION = "eu-west-1"
PREFLIGHT = mock(response(parameters=cors(origin=PAGE, methods="PUT")))


@pytest.fixture
def aws() -> Iterator[Aws]:
    with embedded():
        seen = Aws(region=REGION, concurrency=4)
        yield seen
        seen.close()


def function(aws: Aws, name: str, runtime: str) -> None:
    code = BytesIO()
    with ZipFile(code, "w") as archive:
        archive.writestr("app.py", "")
    aws.client("lambda").create_function(
        FunctionName=name,
        Runtime=runtime,
        Role="arn:aws:iam::123456789012:role/webapp",
        Handler="app.handler",
        Code={"ZipFile": code.getvalue()},
    )


def explained(aws: Aws, url: str, verb: str = "PUT") -> Explanation:
    request = BrowserRequest(PAGE, url, verb)
    return in_its_language(aws, explain(discover(aws, url), request, target_options()))


def snippet(aws: Aws, url: str) -> str:
    (todo,) = explained(aws, url).todo
    assert todo.finding.code == "backend-must-answer"
    return todo.snippet


def rest(aws: Aws, answering: dict[str, Any]) -> str:
    identifier = build(aws, api({"/items": {"PUT": answering, "OPTIONS": PREFLIGHT}}))
    return f"https://{identifier}.execute-api.{REGION}.amazonaws.com/prod/items"


@pytest.mark.parametrize(
    ("runtime", "line"),
    [
        ("python3.13", "def handler(event, context):"),
        ("nodejs22.x", "exports.handler = async (event) => {"),
        (
            "java21",
            "public class Handler implements RequestHandler<Map<String, Object>",
        ),
        ("dotnet8", "public class Function"),
        ("ruby3.4", "def handler(event:, context:)"),
        ("provided.al2023", "func main() { lambda.Start(handler) }"),
    ],
)
def test_the_snippet_is_in_the_function_s_language(aws: Aws, runtime: str, line: str) -> None:
    function(aws, "orders", runtime)
    aws.calls.clear()
    code = snippet(aws, rest(aws, proxy("orders")))
    assert runtime in code.splitlines()[0]
    assert line in code
    assert f'"{PAGE}"' in code
    assert aws.calls["lambda:GetFunctionConfiguration"] == 1


def test_nothing_is_read_where_no_code_is_printed(aws: Aws) -> None:
    url = rest(aws, mock(response(parameters=cors(origin="*", methods="PUT"))))
    assert explained(aws, url).outcome == "allowed"
    assert "lambda:GetFunctionConfiguration" not in aws.calls


def test_a_denied_read_gives_python_and_node_and_says_so(aws: Aws) -> None:
    class Answer:
        status_code = 403

    said = {"Error": {"Code": "AccessDeniedException", "Message": "no"}, "ResponseMetadata": {}}
    events = aws.client("lambda", REGION).meta.events
    events.register("before-call.lambda.GetFunctionConfiguration", lambda **_: (Answer(), said))
    lines = snippet(aws, rest(aws, proxy("orders"))).splitlines()
    assert lines[0].startswith(
        "# The runtime of the function could not be read: lambda:GetFunctionConfiguration"
    )
    assert "# Python" in lines
    assert "// Node.js" in lines


def test_a_server_behind_the_api_is_told_the_headers_alone(aws: Aws) -> None:
    server = method({"type": "HTTP_PROXY", "httpMethod": "PUT", "uri": "https://orders.example.com"})
    assert snippet(aws, rest(aws, server)).splitlines() == [
        f"Access-Control-Allow-Origin: {PAGE}",
        "Vary: Origin",
    ]
    assert "lambda:GetFunctionConfiguration" not in aws.calls


def test_the_function_of_an_http_api_and_its_payload_format(aws: Aws) -> None:
    function(aws, "orders", "provided.al2023")
    client = aws.client("apigatewayv2")
    identifier = str(client.create_api(Name="own", ProtocolType="HTTP")["ApiId"])
    target = client.create_integration(
        ApiId=identifier,
        IntegrationType="AWS_PROXY",
        PayloadFormatVersion="2.0",
        IntegrationUri=f"arn:aws:lambda:{REGION}:123456789012:function:orders",
    )["IntegrationId"]
    client.create_route(ApiId=identifier, RouteKey="ANY /items", Target=f"integrations/{target}")
    client.create_stage(ApiId=identifier, StageName="$default", AutoDeploy=True)
    url = f"https://{identifier}.execute-api.{REGION}.amazonaws.com/items"
    # Without target options no plan is proposed: what is left is the function.
    found = in_its_language(aws, explain(discover(aws, url), BrowserRequest(PAGE, url, "PUT")))
    (todo,) = found.todo
    assert "events.APIGatewayV2HTTPRequest" in todo.snippet
    assert "event.RequestContext.HTTP.Method == http.MethodOptions" in todo.snippet


def test_a_page_without_an_origin_gets_no_code(aws: Aws) -> None:
    url = rest(aws, proxy("orders"))
    found = explain(discover(aws, url), BrowserRequest("null", url, "GET"))
    assert all(not todo.snippet for todo in found.todo)
