"""Reasons and fixes of `explain`: the browser's word, plan files of the folder, what is left to do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from remediate.aws import Aws
from remediate.core.state import State
from remediate.engine.plan import make_plan
from remediate.errors import AwsFailure
from remediate.explain.evidence import assumed_method, curl_line
from remediate.explain.explanation import Explanation
from remediate.explain.rehearse import rehearsed
from remediate.explain.walk import explain
from remediate.explain.weigh import Evidence
from remediate.planfile import load
from remediate.reachability.chain import Chain
from remediate.reachability.discover import discover
from remediate.reachability.expect import with_samples
from remediate.render.explanation import explanation_lines
from remediate.render.verification import verification_lines
from remediate.sandbox import embedded
from remediate.services import target_options
from remediate.web.browser import BrowserRequest
from remediate.web.console import Complaint, read_complaint
from remediate.web.evaluate import evaluate
from remediate.web.http import Response
from tests.reachability.test_before_cors import CDN, cdn

PAGE = "http://localhost:3000"
ORDERS = "orders.execute-api.eu-west-1.amazonaws.com"
ITEMS = f"https://{ORDERS}/items"
CORS = {"AllowOrigins": [PAGE], "AllowMethods": ["GET", "PUT"]}
MULTIPLE = f"The 'Access-Control-Allow-Origin' header contains multiple values '{PAGE}, {PAGE}'."
NO_HEADER = "No 'Access-Control-Allow-Origin' header is present on the requested resource."


def api(cors: Any, *routes: str) -> State:
    return State(
        "http_api/orders",
        "http_api",
        "eu-west-1",
        {"CorsConfiguration": cors} if cors else None,
        "1",
        ("orders",),
        "http_api/orders",
        facts={"routes": [{"RouteKey": key} for key in routes or ("GET /items",)]},
        hosts=(ORDERS,),
    )


def bucket(*rules: dict[str, Any]) -> State:
    config = {"CORSRules": list(rules)} if rules else None
    return State(
        "s3/files",
        "s3",
        "eu-west-1",
        config,
        "1",
        ("files",),
        "s3/files",
        hosts=("files.s3.eu-west-1.amazonaws.com",),
    )


def explained(state: State, request: BrowserRequest, **more: Any) -> Explanation:
    return explain(Chain((state,)), request, target_options(), **more)


def console(cause: str, *, url: str = ITEMS, beside: str = "") -> Complaint:
    found = read_complaint(
        f"Access to fetch at '{url}' from origin '{PAGE}' has been blocked by CORS policy: {cause}{beside}"
    )
    assert found is not None
    return found


def saying(cause: str, **more: str) -> Evidence:
    return Evidence(complaint=console(cause, **more))


def test_what_the_browser_saw_outweighs_what_the_settings_allow() -> None:
    found = explained(api(CORS), BrowserRequest(PAGE, ITEMS), evidence=saying(MULTIPLE)).as_json()
    assert (found["verdict"], found["basis"], found["plan"]) == ("blocked", "console", None)
    assert found["because"].startswith("The browser says: The 'Access-Control-Allow-Origin' header contains")
    assert (
        "one value, so the function or server behind http_api/orders sends another" in found["contradiction"]
    )
    assert [todo["code"] for todo in found["todo"]] == ["seen-otherwise"]


def test_a_header_that_the_settings_send_was_lost_on_the_way() -> None:
    found = explained(api(CORS), BrowserRequest(PAGE, ITEMS), evidence=saying(NO_HEADER))
    for word in ("Vary: Origin", "extension", "changed since", "remediate verify", "curl -si"):
        assert word in found.contradiction


def test_a_browser_that_agrees_contradicts_nothing() -> None:
    found = explained(
        api({**CORS, "AllowOrigins": ["https://a.example"]}),
        BrowserRequest(PAGE, ITEMS),
        evidence=saying(NO_HEADER),
    )
    # The settings lead to the same verdict without the browser's word.
    assert (found.basis, found.contradiction) == ("settings", "")
    assert found.proposal is not None
    assert "basis" in found.as_json()
    assert "contradiction" not in found.as_json()


def test_the_browser_settles_what_an_unread_function_sends() -> None:
    state = api(None)
    alone = explained(state, BrowserRequest(PAGE, ITEMS))
    assert alone.outcome == "unknown"
    settled = explained(state, BrowserRequest(PAGE, ITEMS), evidence=saying(NO_HEADER))
    assert (settled.outcome, settled.basis) == ("blocked", "console")
    assert "carries no Access-Control-Allow-Origin" in settled.because


def test_a_redirect_is_blamed_on_who_redirected() -> None:
    said = read_complaint(
        f"Access to fetch at 'https://login.example/' (redirected from '{ITEMS}') from origin '{PAGE}' has "
        f"been blocked by CORS policy: {NO_HEADER}"
    )
    found = explained(api(CORS), BrowserRequest(PAGE, ITEMS), evidence=Evidence(complaint=said))
    assert f"{ORDERS} redirected the browser from {ITEMS} to https://login.example/" in found.because
    assert found.culprit == "http_api/orders"
    assert "do not redirect" in found.contradiction


def test_the_method_comes_from_the_path_where_nobody_names_it() -> None:
    chain = Chain((api(CORS, "GET /items", "PUT /items", "DELETE /other"),))
    request = BrowserRequest(PAGE, ITEMS)
    method, sentence = assumed_method(chain, request, preflight=True)
    assert method == "PUT"
    assert "PUT is assumed" in sentence
    assert "GET" in sentence
    assert assumed_method(chain, request, preflight=False)[0] == "GET"


def test_the_command_that_asks_the_server_never_writes() -> None:
    assert curl_line(BrowserRequest(PAGE, ITEMS, "POST")).startswith("curl -si -X OPTIONS ")
    assert curl_line(BrowserRequest(PAGE, ITEMS)) == f"curl -si -H 'Origin: {PAGE}' {ITEMS}"


def test_a_header_of_responses_must_leave_the_request() -> None:
    request = BrowserRequest(
        PAGE, "https://files.s3.eu-west-1.amazonaws.com/k", headers=[("Access-Control-Allow-Origin", "*")]
    )
    found = explained(bucket(), request)
    assert found.proposal is None
    assert [todo.finding.code for todo in found.todo] == ["page-sends-response-header"]
    assert "Remove Access-Control-Allow-Origin" in found.fix


def test_a_method_in_lower_case_is_the_page_s_to_correct() -> None:
    found = explained(
        api({**CORS, "AllowMethods": ["PATCH"]}, "PATCH /items"), BrowserRequest(PAGE, ITEMS, "patch")
    )
    assert found.proposal is None
    assert found.todo[0].finding.code == "method-in-lower-case"


def test_no_plan_opens_to_a_page_without_an_origin() -> None:
    found = explained(bucket(), BrowserRequest("null", "https://files.s3.eu-west-1.amazonaws.com/k"))
    assert found.proposal is None
    assert [todo.finding.code for todo in found.todo] == ["page-without-origin"]


def test_a_path_that_is_not_served_needs_no_plan() -> None:
    found = explained(api(CORS), BrowserRequest("https://b.example", f"https://{ORDERS}/itens"))
    assert found.proposal is None
    assert "/itens" in found.missing
    assert "path-not-served" in [todo.finding.code for todo in found.todo]


def test_code_decides_and_the_snippet_is_for_the_asked_origin() -> None:
    found = explained(api(None), BrowserRequest(PAGE, ITEMS, credentials=True))
    # With CORS settings of its own the API answers in the function's place.
    assert found.proposal is not None
    state = replace(
        api(None), service="rest_api", address="rest_api/orders/prod", config=REST, facts={"stage": "prod"}
    )
    found = explained(state, BrowserRequest(PAGE, f"https://{ORDERS}/prod/items", credentials=True))
    assert found.proposal is None
    (todo,) = found.todo
    assert todo.finding.code == "backend-must-answer"
    assert f'ALLOWED = ("{PAGE}",)' in todo.snippet
    assert f'const ALLOWED = ["{PAGE}"];' in todo.snippet
    assert 'headers["Access-Control-Allow-Credentials"] = "true"' in todo.snippet


REST = {
    "resources": [
        {"path": "/items", "resourceMethods": {"GET": {"methodIntegration": {"type": "AWS_PROXY"}}}}
    ],
    "gatewayResponses": [],
    "binaryMediaTypes": [],
}


def test_a_plan_file_that_asks_for_it_already_is_named_and_not_proposed_again(tmp_path: Path) -> None:
    file = tmp_path / "webapp.yaml"
    file.write_text(
        f"version: 1\nname: webapp\norigins: ['{PAGE}']\nallow: {{methods: [GET]}}\n"
        "targets: [{s3: files}]\n"
    )
    files = load([file], target_options(), now=datetime(2026, 7, 1, tzinfo=UTC))
    request = BrowserRequest(PAGE, "https://files.s3.eu-west-1.amazonaws.com/k")
    found = explained(bucket(), request, files=files)
    assert found.proposal is None
    assert [todo.finding.code for todo in found.todo] == ["plan-not-applied"]
    assert f"remediate apply {file}" in found.fix
    assert explained(bucket(), request).proposal is not None


def test_the_plan_is_no_wider_than_the_question() -> None:
    state = replace(
        api(None), service="rest_api", address="rest_api/orders/dev", config=MOCK, facts={"stage": "dev"}
    )
    found = explained(
        state, BrowserRequest(PAGE, f"https://{ORDERS}/dev/one", headers=[("x-a", "1")], credentials=True)
    )
    assert found.proposal is not None
    for line in (
        "stages: [dev]",
        "paths: [/one]",
        "methods: [GET]",
        "headers: [x-a]",
        "credentials: true",
        f"- {PAGE}",
    ):
        assert line in found.proposal.text
    assert found.missing == ("OPTIONS /one",)


MOCK = {
    "resources": [
        {
            "path": path,
            "resourceMethods": {
                "GET": {
                    "methodIntegration": {
                        "type": "MOCK",
                        "requestTemplates": {"application/json": '{"statusCode": 200}'},
                        "integrationResponses": {"200": {"statusCode": "200"}},
                    },
                    "methodResponses": {"200": {"statusCode": "200"}},
                }
            },
        }
        for path in ("/one", "/two")
    ],
    "gatewayResponses": [],
    "binaryMediaTypes": [],
}


@pytest.fixture
def aws() -> Iterator[Aws]:
    with embedded():
        seen = Aws(region="eu-west-1", concurrency=4)
        yield seen
        seen.close()


def denied(aws: Aws, service: str, operation: str, region: str) -> None:
    class Answer:
        status_code = 403

    said = {"Error": {"Code": "AccessDenied", "Message": "Access Denied"}, "ResponseMetadata": {}}
    events = aws.client(service, region).meta.events
    events.register(f"before-call.{service}.{operation}", lambda **_: (Answer(), said))


def test_what_apply_refuses_is_said_with_the_proposal(aws: Aws) -> None:
    url = "https://webapp-uploads.s3.eu-west-1.amazonaws.com/k"
    request = BrowserRequest("http://intranet.example.test", url)
    chain = discover(aws, url)
    found = rehearsed(aws, explain(chain, request, target_options()), chain.states)
    assert found.proposal is not None
    assert "insecure-origin" in [todo.finding.code for todo in found.todo]
    assert "--allow insecure-origin" in found.fix


@pytest.mark.parametrize(
    "url",
    ["https://webapp-uploads.s3.eu-west-1.amazonaws.com/k", "https://cdn.example.com/orders/1"],
    ids=["bucket", "distribution"],
)
def test_what_the_proposal_s_targets_mean_is_read_once(aws: Aws, url: str) -> None:
    chain = discover(aws, url)
    found = explain(chain, BrowserRequest("http://intranet.example.test", url), target_options())
    assert found.proposal is not None
    aws.calls.clear()
    again = rehearsed(aws, found, chain.states)
    assert "insecure-origin" in [todo.finding.code for todo in again.todo]
    read = {name for name in aws.calls if "Tag" not in name}
    assert read == {"sts:GetCallerIdentity"}


def test_a_proposal_that_could_not_be_checked_says_so(aws: Aws) -> None:
    url = "https://webapp-uploads.s3.eu-west-1.amazonaws.com/k"
    chain = discover(aws, url)
    found = explain(chain, BrowserRequest(PAGE, url), target_options())
    denied(aws, "sts", "GetCallerIdentity", "eu-west-1")
    assert rehearsed(aws, found, chain.states).todo[-1].finding.code == "proposal-not-checked"


def test_a_denied_bucket_leaves_the_distribution_in_front_of_it(aws: Aws) -> None:
    denied(aws, "s3", "GetBucketCors", "eu-west-1")
    url = "https://cdn.example.com/a.png"
    found = explain(discover(aws, url), BrowserRequest(PAGE, url), target_options())
    assert [step.address.partition("/")[0] for step in found.steps] == ["cloudfront"]
    assert found.outcome == "unknown"
    assert "webapp-uploads" in found.because
    with pytest.raises(AwsFailure):
        discover(aws, "https://webapp-uploads.s3.eu-west-1.amazonaws.com/k")


def test_a_denied_distribution_leaves_one_expectation_open_and_the_plan_whole(
    aws: Aws, tmp_path: Path
) -> None:
    file = tmp_path / "webapp.yaml"
    file.write_text(
        f"version: 1\nname: webapp\norigins: ['{PAGE}']\nallow: {{methods: [GET]}}\n"
        "targets: [{s3: webapp-uploads}]\nexpect:\n"
        f"  - {{from: '{PAGE}', to: 'https://api.example.com/items', verdict: allowed}}\n"
        f"  - {{from: '{PAGE}', verdict: blocked, "
        "to: 'https://webapp-uploads.s3.eu-west-1.amazonaws.com/k'}\n"
    )
    denied(aws, "cloudfront", "ListDistributions", "us-east-1")
    plan = make_plan(aws, load([file], target_options(), now=datetime(2026, 7, 1, tzinfo=UTC))).plan
    assert [change.address for change in plan.changes] == ["s3/webapp-uploads"]
    (unknown,) = [finding for finding in plan.findings if finding.code == "expectation-unknown"]
    assert "could not be looked up" in unknown.message
    assert "ListDistributions" in unknown.message
    assert [finding.code for finding in plan.refusals] == ["expectation-fails"]


def test_path_parameters_are_asked_with_sample_values() -> None:
    assert with_samples("/items/{id}/parts/{proxy+}") == "/items/sample/parts/sample"
    assert with_samples("https://a.example/items/%7Bid%7D?x={y}") == "https://a.example/items/sample?x=sample"


def test_a_server_that_is_down_is_one_line() -> None:
    def probe(url: str, origin: str) -> dict[str, Any]:
        error = f"{url}: Connection refused"
        words = {
            "method": "GET",
            "predicted": "allowed",
            "stated": False,
            "seen": "unknown",
            "differs": False,
        }
        return {"origin": origin, "url": url, "because": error, "error": error, **words}

    urls = ["https://a.example/x", "https://a.example/y", "https://b.example/x"]
    probes = [probe(url, origin) for url in urls for origin in (PAGE, "https://p.example")]
    document = {"probes": probes, "summary": {"probes": 6, "differ": 0, "unreachable": 6}}
    lines = [line.text.strip() for line in verification_lines(document) if "refused" in line.text]
    assert lines == [
        "? no answer  a.example: Connection refused (4 probes)",
        "? no answer  b.example: Connection refused (2 probes)",
    ]


def test_the_text_holds_the_plan_as_a_file_holds_it() -> None:
    document = explained(
        bucket(), BrowserRequest(PAGE, "https://files.s3.eu-west-1.amazonaws.com/k")
    ).as_json()
    text = "\n".join(line.text for line in explanation_lines(document))
    assert document["plan"].strip() in text
    assert ".." not in text.replace("…", "")


def test_a_doubt_that_is_a_sentence_ends_with_one_full_stop() -> None:
    answer = Response(500, doubt="It is not recorded.")
    seen = evaluate(BrowserRequest(PAGE, ITEMS, "PUT"), lambda _request: answer)
    assert "(Not certain: It is not recorded.)" in seen.because


def test_the_code_that_answers_the_preflight_alone_is_named_too() -> None:
    """The request itself is answered by a MOCK, and the function behind OPTIONS decides."""
    answer = {
        "methodIntegration": {
            "type": "MOCK",
            "requestTemplates": {"application/json": '{"statusCode": 200}'},
            "integrationResponses": {
                "200": {
                    "statusCode": "200",
                    "responseParameters": {"method.response.header.Access-Control-Allow-Origin": "'*'"},
                }
            },
        },
        "methodResponses": {
            "200": {
                "statusCode": "200",
                "responseParameters": {"method.response.header.Access-Control-Allow-Origin": False},
            }
        },
    }
    methods = {"GET": answer, "OPTIONS": {"methodIntegration": {"type": "AWS_PROXY"}}}
    config = {**REST, "resources": [{"path": "/items", "resourceMethods": methods}]}
    state = replace(
        api(None), service="rest_api", address="rest_api/orders/prod", config=config, facts={"stage": "prod"}
    )
    request = BrowserRequest(PAGE, f"https://{ORDERS}/prod/items", headers=[("x-a", "1")])
    found = explain(Chain((state,)), request)
    assert found.outcome == "unknown"
    (todo,) = found.todo
    assert todo.finding.code == "backend-must-answer"
    assert "must answer the preflight (OPTIONS) with 204" in todo.finding.message
    assert 'headers["Access-Control-Allow-Headers"] = "x-a"' in todo.snippet


def test_a_function_url_behind_a_distribution_is_told_by_its_own_settings() -> None:
    front = cdn("xyz.lambda-url.eu-west-1.on.aws")
    found = explain(Chain((front,)), BrowserRequest(PAGE, f"{CDN}/x"))
    (todo,) = found.todo
    assert "is a Lambda function URL" in todo.finding.message
    assert "get-function-url-config" in todo.finding.message
    assert todo.snippet == ""
