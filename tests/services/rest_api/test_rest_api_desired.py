"""What a stage should serve, on values: each rule with the settings it is for."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from remediate.core.finding import Finding, Level
from remediate.core.policy import Mode, Policy, Retired
from remediate.core.state import State
from remediate.services.rest_api import normal_form
from remediate.services.rest_api.answer import answer
from remediate.services.rest_api.cors_access import CorsAccess
from remediate.services.rest_api.desired import desired
from remediate.services.rest_api.normal_form import methods_of
from remediate.services.rest_api.preflight import PreflightSource, read, write
from remediate.services.rest_api.write import calls, context
from remediate.web.browser import BrowserRequest, judge, needs_preflight, preflight_for
from remediate.web.http import Request, Response
from tests.sizes import examples

from . import world
from .apis import (
    ECHO,
    HEADER,
    A,
    B,
    C,
    api,
    cdk_list,
    cors,
    http,
    mock,
    preflight,
    proxy,
    response,
    serverless_list,
)

JSON = "application/json"
ORIGIN = HEADER + "Access-Control-Allow-Origin"
GATEWAY_ORIGIN = "gatewayresponse.header.Access-Control-Allow-Origin"


def policy(*origins: str, **members: Any) -> Policy:
    return Policy(**{"plan": "webapp", "origins": origins, "methods": ("GET", "PUT"), **members})


def state(config: Any, **facts: Any) -> State:
    return State(
        address="rest_api/abc/prod",
        service="rest_api",
        region="eu-west-1",
        config=config,
        revision="1",
        names=("abc", "webapp"),
        group="rest_api/abc",
        facts={"stage": "prod", "stages": ("prod",), "edited": config, "deploymentId": "d1", **facts},
    )


def wanted(config: Any, wish: Policy, **facts: Any) -> tuple[Any, dict[str, Finding]]:
    after, findings = desired(state(config, **facts), wish)
    return after.config, {finding.code: finding for finding in findings}


def method(config: Any, path: str = "/items", name: str = "OPTIONS") -> Any:
    return methods_of(config)[path, name]


def reply(config: Any, request: Request) -> Response:
    found = answer(config, request)
    assert isinstance(found, Response), found
    return found


def test_a_new_options_method_answers_by_itself() -> None:
    config = api({"/items": {"GET": proxy()}})
    after, _ = wanted(
        config, policy(A, headers=("content-type", "authorization"), max_age=600, credentials=True)
    )
    headers = cors(
        credentials="true", headers="content-type,authorization", methods="GET,PUT", origin=A, max_age="600"
    )
    assert method(after) == {
        "authorizationType": "NONE",
        "apiKeyRequired": False,
        "methodResponses": {
            "200": {"statusCode": "200", "responseParameters": dict.fromkeys(headers, False)}
        },
        "methodIntegration": {
            "type": "MOCK",
            "requestTemplates": {JSON: '{"statusCode": 200}'},
            "passthroughBehavior": "WHEN_NO_MATCH",
            "integrationResponses": {"200": {"statusCode": "200", "responseParameters": headers}},
        },
    }


def test_several_origins_are_echoed_only_if_listed_and_vary() -> None:
    after, _ = wanted(api({"/items": {"GET": proxy()}}), policy(A, B))
    sent = method(after)["methodIntegration"]["integrationResponses"]["200"]
    assert ORIGIN not in sent["responseParameters"]
    assert "matches" not in sent["responseTemplates"][JSON]
    for name in ("Origin", "origin"):
        for origin, echoed in ((A, A), (B, B), (C, None), (A + ".evil.example", None), ("null", None)):
            got = reply(after, preflight(origin=origin, name=name))
            assert (got.status, got.get("Access-Control-Allow-Origin"), got.get("Vary")) == (
                200,
                echoed,
                "Origin",
            )


def test_any_origin_without_credentials_is_a_static_star() -> None:
    after, found = wanted(api({"/items": {"GET": proxy()}}), policy("*"))
    assert reply(after, preflight()).get("Access-Control-Allow-Origin") == "*"
    _, found = wanted(api({"/items": {"GET": proxy()}}), policy("*", credentials=True))
    assert "not-expressible" in found


@pytest.mark.parametrize(
    "origin",
    [
        "https://*.example.com",
        "https://a.example.com'",
        'https://a" || true',
        "https://$x.example",
        "https://a#b",
        "https://é.example",
        "https://a.example\\",
        "",
    ],
)
def test_an_origin_that_cannot_be_written_is_left_out_and_named(origin: str) -> None:
    config = api({"/items": {"GET": proxy()}})
    after, found = wanted(config, policy(origin))
    assert after == config
    assert "REST" in found["not-expressible"].message


def test_binary_media_types_need_content_handling() -> None:
    after, _ = wanted(api({"/items": {"GET": proxy()}}, binary=("*/*",)), policy(A, B))
    integration = method(after)["methodIntegration"]
    assert integration["contentHandling"] == "CONVERT_TO_TEXT"
    assert integration["integrationResponses"]["200"]["contentHandling"] == "CONVERT_TO_TEXT"
    assert reply(after, preflight()).status == 200
    broken = api(
        {"/items": {"GET": proxy(), "OPTIONS": mock(response(parameters=cors(origin=A, methods="GET,PUT")))}},
        binary=("*/*",),
    )
    repaired, _ = wanted(broken, policy(A))
    assert reply(repaired, preflight()).get("Access-Control-Allow-Origin") == A


@pytest.mark.parametrize(
    "guard",
    [
        {"authorizationType": "AWS_IAM"},
        {"apiKeyRequired": True},
        {"authorizationType": "CUSTOM", "authorizerId": "x1"},
    ],
)
def test_a_guard_on_a_mock_options_is_taken_away(guard: dict[str, Any]) -> None:
    options = mock(response(parameters=cors(origin=A, methods="GET,PUT")), **guard)
    after, found = wanted(api({"/items": {"GET": proxy(), "OPTIONS": options}}), policy(A))
    assert (method(after)["authorizationType"], method(after)["apiKeyRequired"]) == ("NONE", False)
    assert "authorizerId" not in method(after)
    assert found["options-guarded"].level is Level.WARN


@pytest.mark.parametrize("mode", list(Mode))
def test_an_options_that_goes_to_a_backend_is_left_to_it(mode: Mode) -> None:
    config = api({"/items": {"GET": proxy(), "OPTIONS": proxy()}})
    after, found = wanted(config, policy(A, mode=mode))
    assert method(after) == method(config)
    assert "options-by-function" in found
    config = api({"/items": {"GET": proxy(), "OPTIONS": proxy(apiKeyRequired=True)}})
    assert "options-guarded-proxy" in wanted(config, policy(A, mode=mode))[1]


def test_an_any_proxy_gets_an_options_of_its_own_and_that_is_said() -> None:
    after, found = wanted(api({"/{proxy+}": {"ANY": proxy()}}), policy(A))
    assert method(after, "/{proxy+}")["methodIntegration"]["type"] == "MOCK"
    assert "/{proxy+}" in found["options-taken-from-proxy"].message
    assert "proxy-needs-function" in found


def test_what_a_greedy_sibling_grants_today_is_kept() -> None:
    greedy = mock(response(parameters=cors(origin=B, methods="GET")))
    config = api({"/items": {"GET": proxy()}, "/{proxy+}": {"OPTIONS": greedy}})
    after, _ = wanted(config, policy(A))
    for origin in (A, B):
        assert reply(after, preflight(origin=origin)).get("Access-Control-Allow-Origin") == origin
    assert method(after, "/{proxy+}") == method(config, "/{proxy+}")  # holds nothing but OPTIONS


@pytest.mark.parametrize(
    ("there", "kept"),
    [
        (response(parameters=cors(origin=B, methods="POST", headers="X-One", max_age="5")), (B,)),
        (response(parameters=cors(origin=B), templates={JSON: cdk_list(C)}), (B, C)),
        (response(templates={JSON: serverless_list(B, C)}), (B, C)),
        (response(parameters=cors(origin=f"{A},{B}")), ()),
        (response(parameters=cors(origin=B), templates={JSON: "{}\n"}), (B,)),
    ],
)
def test_merge_is_the_union(there: dict[str, Any], kept: tuple[str, ...]) -> None:
    config = api({"/items": {"GET": proxy(), "OPTIONS": mock(there)}})
    after, found = wanted(config, policy(A, headers=("content-type",), max_age=600))
    got = read(method(after), binary=False)
    assert got.kind is PreflightSource.MOCK
    assert set(got.grants.origins) == {A, *kept}
    if there.get("responseParameters", {}).get(HEADER + "Access-Control-Max-Age"):
        assert got.grants.methods == ("POST", "GET", "PUT")
        assert got.grants.headers == ("X-One", "content-type")
        assert got.grants.max_age == "5"
        assert "lists-shared" in found


def test_a_list_that_suffices_stays_as_somebody_wrote_it() -> None:
    there = response(
        parameters=cors(origin=A, methods="*", headers="Content-Type"), templates={JSON: cdk_list(B)}
    )
    gateways = {kind: {} for kind in ("DEFAULT_4XX", "DEFAULT_5XX")}
    config = api({"/items": {"GET": proxy(), "OPTIONS": mock(there)}}, gateways)
    after, _ = wanted(config, policy(A, B, headers=("content-type",)))
    assert method(after) == method(config)


@pytest.mark.parametrize(
    "template",
    [
        ECHO,
        serverless_list("https://*.example.com"),
        "#macro(x)$context.responseOverride.header.Access-Control-Allow-Origin#end",
    ],
)
def test_a_template_that_cannot_be_proved_stays_in_merge_and_goes_in_exact(template: str) -> None:
    config = api({"/items": {"GET": proxy(), "OPTIONS": mock(response(templates={JSON: template}))}})
    after, found = wanted(config, policy(A))
    assert method(after) == method(config)
    assert "/items OPTIONS" in found["dynamic-unknown"].message
    after, found = wanted(config, policy(A, mode=Mode.EXACT))
    assert read(method(after), binary=False).grants.origins == (A,)
    assert "responseTemplates" not in method(after)["methodIntegration"]["integrationResponses"]["200"]


def test_credentials_are_given_to_the_plan_s_origins_only() -> None:
    there = mock(response(parameters=cors(origin=B, methods="GET,PUT")))
    after, _ = wanted(api({"/items": {"GET": proxy(), "OPTIONS": there}}), policy(A, credentials=True))
    assert reply(after, preflight(origin=A)).get("Access-Control-Allow-Credentials") == "true"
    assert reply(after, preflight(origin=B)).get("Access-Control-Allow-Credentials") is None
    star = mock(response(parameters=cors(origin="*", methods="GET,PUT")))
    after, _ = wanted(api({"/items": {"GET": proxy(), "OPTIONS": star}}), policy(A, credentials=True))
    assert reply(after, preflight(origin=A)).get("Access-Control-Allow-Origin") == A
    assert reply(after, preflight(origin=A)).get("Access-Control-Allow-Credentials") == "true"
    assert reply(after, preflight(origin=C)).get("Access-Control-Allow-Origin") == "*"


def test_origins_that_nobody_knows_stay_and_are_named_once_for_the_stage() -> None:
    config = api(
        {
            "/items": {"OPTIONS": mock(response("200", cors(origin=B, methods="GET"))), "GET": proxy()},
            "/rates": {"GET": http(response("200", cors(origin=C)))},
            "/other": {"OPTIONS": mock(response("200", templates={JSON: cdk_list(A, B)})), "GET": proxy()},
        },
        {"UNAUTHORIZED": {"responseParameters": {GATEWAY_ORIGIN: "'https://d.example.com'"}}},
    )
    finding = wanted(config, policy(A))[1]["unlisted-origins-stay"]
    assert (finding.level, finding.address) == (Level.INFO, "rest_api/abc/prod")
    assert finding.message.endswith(f"stay: {C}, {B}, https://d.example.com.")
    assert "mode: exact" in finding.hint
    # outside of the target's paths only what belongs to the whole API is this plan's affair
    narrow = wanted(config, policy(A, options={"paths": ("/rates",)}))[1]["unlisted-origins-stay"]
    assert narrow.message.endswith(f"stay: {C}, https://d.example.com.")


@pytest.mark.parametrize(
    "wish",
    [
        policy(A, mode=Mode.EXACT),
        policy(A, B),
        policy(A, companions=(B,)),
        policy(A, retired=Retired(origins=(B,))),
    ],
)
def test_origins_that_somebody_asks_for_or_that_go_are_not_named(wish: Policy) -> None:
    there = api({"/items": {"OPTIONS": mock(response("200", cors(origin=B, methods="GET"))), "GET": proxy()}})
    assert "unlisted-origins-stay" not in wanted(there, wish)[1]


def test_a_mapping_that_echoes_the_caller_is_no_origin() -> None:
    echo = {HEADER + "Access-Control-Allow-Origin": "method.request.header.Origin"}
    there = api({"/items": {"OPTIONS": mock(response("200", echo)), "GET": proxy()}})
    assert "unlisted-origins-stay" not in wanted(there, policy(A))[1]


def test_retired_origins_go_in_merge() -> None:
    first, _ = wanted(api({"/items": {"GET": mock()}}), policy(A, B))
    after, _ = wanted(first, policy(A, retired=Retired(origins=(B,))))
    assert reply(after, preflight(origin=B)).get("Access-Control-Allow-Origin") != B
    gone, _ = wanted(first, policy(retired=Retired(origins=(A, B))))
    assert read(method(gone), binary=False).grants == CorsAccess()
    assert method(gone, name="GET")["methodIntegration"]["integrationResponses"]["200"] == {
        "statusCode": "200"
    }


def test_non_proxy_responses_all_get_the_header_and_keep_the_rest() -> None:
    given = http(
        response("200", {HEADER + "X-Total": "integration.response.header.X-Total"}, {JSON: "$input.body"}),
        response("404", pattern="404"),
    )
    config = api({"/items": {"GET": given}})
    after, _ = wanted(config, policy(A, credentials=True, expose=("x-total",)))
    sent = method(after, name="GET")["methodIntegration"]["integrationResponses"]
    for status in ("200", "404"):
        parameters = sent[status]["responseParameters"]
        assert parameters[ORIGIN] == f"'{A}'"
        assert parameters[HEADER + "Access-Control-Allow-Credentials"] == "'true'"
        assert parameters[HEADER + "Access-Control-Expose-Headers"] == "'x-total'"
        assert set(parameters) <= set(
            method(after, name="GET")["methodResponses"][status]["responseParameters"]
        )
    assert sent["200"]["responseParameters"][HEADER + "X-Total"] == "integration.response.header.X-Total"
    assert sent["200"]["responseTemplates"] == {JSON: "$input.body"}


def test_several_origins_stand_before_a_template_and_never_widen_a_passthrough() -> None:
    config = api(
        {
            "/items": {
                "GET": http(
                    response(templates={JSON: '{"x": 1}'}), response("404", cors(origin=C), pattern="404")
                )
            }
        }
    )
    after, found = wanted(config, policy(A, B))
    sent = method(after, name="GET")["methodIntegration"]["integrationResponses"]
    assert sent["200"]["responseTemplates"][JSON].endswith('\n{"x": 1}')
    assert sent["404"] == method(config, name="GET")["methodIntegration"]["integrationResponses"]["404"]
    assert "/items GET" in found["several-origins-static"].message
    back, _ = wanted(after, policy(A, mode=Mode.EXACT))
    assert method(back, name="GET")["methodIntegration"]["integrationResponses"]["200"][
        "responseTemplates"
    ] == {JSON: '{"x": 1}'}


def test_a_mock_without_template_can_answer_several_origins() -> None:
    after, found = wanted(api({"/items": {"GET": mock()}}), policy(A, B))
    request = Request("GET", "/items", [("origin", B)])
    assert reply(after, request).get("Access-Control-Allow-Origin") == B
    assert "several-origins-static" not in found


def test_a_method_the_plan_does_not_list_gets_nothing() -> None:
    config = api({"/items": {"GET": mock(), "POST": mock(response(parameters=cors(origin=C)))}})
    after, _ = wanted(config, policy(A))
    assert method(after, name="POST") == method(config, name="POST")
    exact, _ = wanted(config, policy(A, mode=Mode.EXACT))
    assert ORIGIN not in str(method(exact, name="POST")["methodIntegration"])


def test_gateway_responses_get_the_header_and_keep_the_rest() -> None:
    prefix = "gatewayresponse.header."
    config = api(
        {"/items": {"GET": proxy()}},
        {
            "UNAUTHORIZED": {
                "statusCode": "499",
                "responseParameters": {prefix + "X-A": "'b'"},
                "responseTemplates": {JSON: "no"},
            }
        },
    )
    after, _ = wanted(config, policy(A))
    by_type = {each["responseType"]: each for each in after["gatewayResponses"]}
    header = {prefix + "Access-Control-Allow-Origin": f"'{A}'"}
    assert by_type["DEFAULT_4XX"] == {"responseType": "DEFAULT_4XX", "responseParameters": header}
    assert by_type["DEFAULT_5XX"] == {"responseType": "DEFAULT_5XX", "responseParameters": header}
    assert by_type["UNAUTHORIZED"] == {
        "responseType": "UNAUTHORIZED",
        "statusCode": "499",
        "responseParameters": header | {prefix + "X-A": "'b'"},
        "responseTemplates": {JSON: "no"},
    }
    several, found = wanted(config, policy(A, B))
    assert several["gatewayResponses"] == config["gatewayResponses"]
    assert "DEFAULT_4XX" in found["gateway-several-origins-static"].message
    emptied, _ = wanted(after, policy(mode=Mode.EXACT))
    assert emptied["gatewayResponses"] == config["gatewayResponses"]


def test_a_gateway_response_that_echoes_the_caller_is_left_alone_and_named() -> None:
    echo = {"responseParameters": {GATEWAY_ORIGIN: "method.request.header.Origin"}}
    config = api({"/items": {"GET": proxy()}}, {"UNAUTHORIZED": echo})
    after, found = wanted(config, policy(A))
    assert {"responseType": "UNAUTHORIZED", **echo} in after["gatewayResponses"]
    assert "UNAUTHORIZED" in found["gateway-dynamic-unknown"].message
    exact, found = wanted(config, policy(A, mode=Mode.EXACT))
    assert {"responseType": "UNAUTHORIZED", **echo} not in exact["gatewayResponses"]
    assert "gateway-dynamic-unknown" not in found


def test_a_stage_with_a_cache_mixes_up_several_origins() -> None:
    listed = mock(response(templates={JSON: "{}"}))
    config = api({"/items": {"GET": listed, "PUT": listed}})
    found = wanted(config, policy(A, B), cached=True)[1]
    assert "/items GET" in found["cache-ignores-origin"].message
    assert "/items PUT" not in found["cache-ignores-origin"].message, "only GET is kept"
    assert "cache-ignores-origin" not in wanted(config, policy(A), cached=True)[1]
    assert "cache-ignores-origin" not in wanted(config, policy(A, B))[1]


@pytest.mark.parametrize(
    ("unseen", "code"),
    [
        ("integrations", "export-without-integrations"),
        ("gateway responses", "export-without-gateway-responses"),
    ],
)
def test_what_an_export_does_not_show_is_said(unseen: str, code: str) -> None:
    config = api({"/items": {"GET": proxy()}})
    found = wanted(config, policy(A), unseen=unseen)[1]
    assert f"shows no {unseen}" in found[code].message
    assert code not in wanted(config, policy(A))[1]


def test_a_proxy_finding_shows_the_lines_and_the_distribution() -> None:
    config = api({"/items": {"GET": proxy("orders"), "PUT": proxy("orders")}})
    _, findings = desired(state(config), policy(A, credentials=True), distributions=("cloudfront/E1",))
    found = next(each for each in findings if each.code == "proxy-needs-function")
    assert "function orders (GET /items, PUT /items)" in found.message
    for text in (f"Access-Control-Allow-Origin: {A}", "Vary: Origin", "answer: edge", "cloudfront/E1"):
        assert text in found.hint


def test_scope() -> None:
    config = api({"/items": {"GET": proxy()}, "/items/{id}": {"GET": proxy()}, "/admin": {"GET": proxy()}})
    after, found = wanted(config, policy(A, options={"paths": ("/items/*", "/nowhere")}))
    assert {path for path, name in methods_of(after) if name == "OPTIONS"} == {"/items/{id}"}
    assert "/nowhere" in found["unknown-path"].message
    after, found = wanted(config, policy(A, options={"stages": ("dev",)}))
    assert after is config
    assert "dev" in found["unknown-stage"].message


class TestDeployments:
    """What is live is what is served; a deployment publishes what is edited."""

    served = api({"/items": {"GET": proxy()}})

    def test_right_in_the_editor_and_not_deployed_is_a_deployment(self) -> None:
        edited, _ = wanted(self.served, policy(A))
        seen = state(self.served, edited=edited)
        after, findings = desired(seen, policy(A))
        assert after.config == edited
        assert calls(seen, after.config) == ("apigateway:CreateDeployment",)
        assert not [each for each in findings if each.level is Level.REFUSE]

    def test_right_by_hand_and_not_deployed_is_a_deployment(self) -> None:
        by_hand = mock(
            response("200", cors(origin=A, methods="GET,PUT,OPTIONS", headers="Content-Type,X-Api-Key"))
        )
        right, _ = wanted(self.served, policy(A))
        edited = {**right, "resources": api({"/items": {"GET": proxy(), "OPTIONS": by_hand}})["resources"]}
        seen = state(self.served, edited=edited)
        after, findings = desired(seen, policy(A))
        assert calls(seen, after.config) == ("apigateway:CreateDeployment",)
        assert not [each for each in findings if each.level is Level.REFUSE]

    @pytest.mark.parametrize(
        ("edited", "line"),
        [
            (api({"/items": {"GET": proxy("other")}}), "/items GET: integration uri"),
            (api({"/items": {"GET": proxy(), "POST": proxy()}}), "/items POST: added"),
            (api({"/other": {"GET": proxy()}}), "/items GET: removed"),
            (api({"/items": {"GET": proxy()}}, {"THROTTLED": {"statusCode": "420"}}), "THROTTLED: added"),
            (api({"/items": {"GET": proxy()}}, binary=("image/png",)), "binary media types"),
            (
                api({"/items": {"GET": proxy(), "OPTIONS": mock(response(parameters=cors(origin=C)))}}),
                "/items OPTIONS: ",
            ),
            (api({"/items": {"GET": proxy(apiKeyRequired=True)}}), "/items GET: apiKeyRequired"),
        ],
    )
    def test_edits_of_others_are_listed_and_refused(self, edited: Any, line: str) -> None:
        after, found = wanted(self.served, policy(A), edited=edited)
        assert found["other-edits-would-go-live"].level is Level.REFUSE
        assert line in found["other-edits-would-go-live"].message
        assert after != self.served

    def test_edits_of_others_do_not_matter_while_nothing_is_deployed(self) -> None:
        right, _ = wanted(self.served, policy(A))
        after, found = wanted(right, policy(A), edited=api({"/items": {"GET": proxy("other")}}))
        assert after is right
        assert "other-edits-would-go-live" not in found

    def test_a_method_without_responses_is_told(self) -> None:
        live = copy.deepcopy(api({"/items": {"GET": http()}}))
        del live["resources"][0]["resourceMethods"]["GET"]["methodIntegration"]["integrationResponses"]
        found = wanted(live, policy(A))[1]["no-integration-response"]
        assert found.level is Level.WARN
        assert "/items GET" in found.message
        assert "no-integration-response" not in wanted(self.served, policy(A))[1]

    def test_edits_that_the_plan_writes_over_are_told(self) -> None:
        right, _ = wanted(self.served, policy(A))
        guarded = copy.deepcopy(right)
        guarded["resources"][0]["resourceMethods"]["OPTIONS"]["authorizationType"] = "AWS_IAM"
        after, found = wanted(right, policy(A, B), edited=guarded)
        assert after == wanted(right, policy(A, B))[0]
        assert "/items OPTIONS" in found["undeployed-edits-replaced"].message
        assert found["undeployed-edits-replaced"].level is Level.WARN
        begun, _ = wanted(right, policy(B))
        assert "undeployed-edits-replaced" not in wanted(right, policy(A, B), edited=begun)[1]

    def test_an_edit_that_would_take_away_what_is_served_is_named(self) -> None:
        right, _ = wanted(self.served, policy(A))
        edited = copy.deepcopy(right)
        del edited["resources"][0]["resourceMethods"]["OPTIONS"]
        after, found = wanted(right, policy(A), edited=edited)
        assert after == right, "the stage serves what the plan wants"
        assert "/items OPTIONS" in found["undeployed-edits-undo"].message
        assert "undeployed-edits-undo" not in wanted(right, policy(A))[1]

    def test_a_canary_holds_a_deployment_back(self) -> None:
        right, found = wanted(self.served, policy(A), canary=True)
        assert found["canary-active"].level is Level.REFUSE
        assert "canary-active" not in wanted(right, policy(A), canary=True)[1]

    def test_policies_fold(self) -> None:
        first, _ = desired(state(self.served), policy(A))
        second, findings = desired(first, policy(B))
        for origin in (A, B):
            assert reply(second.config, preflight(origin=origin)).get("Access-Control-Allow-Origin") == origin
        assert not [each for each in findings if each.level is Level.REFUSE]

    def test_context_remembers_the_deployment_and_what_was_edited(self) -> None:
        assert set(context(state(self.served), None)) == {"deploymentId", "serves"}
        edited = api({"/items": {"GET": proxy("other")}})
        assert context(state(self.served, edited=edited), None)["edited"] == edited
        assert context(state(self.served, unseen="integrations"), None) == {}


a_few = settings(max_examples=examples(60), deadline=None, suppress_health_check=[HealthCheck.too_slow])


@a_few
@given(world.configs(), world.policies())
def test_desired_is_idempotent(config: Any, wish: Policy) -> None:
    config = shaped(config)
    once, _ = desired(state(config), wish)
    twice, _ = desired(once, wish)
    assert twice.config is once.config


@a_few
@given(world.configs(), world.policies(), st.data())
def test_merge_takes_no_access_away(config: Any, wish: Policy, data: st.DataObject) -> None:
    wish = Policy(**{**_members(wish), "mode": Mode.MERGE, "retired": Retired()})
    config = shaped(config)
    after = desired(state(config), wish)[0].config
    for request in asked(config, data):
        if allowed(config, request):
            assert allowed(after, request), request


@a_few
@given(world.configs(), world.policies(), st.data())
def test_exact_lets_in_only_whom_the_plan_lists(config: Any, wish: Policy, data: st.DataObject) -> None:
    wish = Policy(**{**_members(wish), "mode": Mode.EXACT, "options": {}})
    config = shaped(config)
    after, findings = desired(state(config), wish)
    left_alone = {"dynamic-unknown", "options-by-function", "options-guarded-proxy"}
    assume(not left_alone & {finding.code for finding in findings})
    for request in asked(config, data):
        if request.origin not in wish.origins and not ("*" in wish.origins and not wish.credentials):
            assert not allowed(after.config, request, willing=False), request


@a_few
@given(world.policies(), st.data())
def test_what_the_policy_lists_is_allowed_at_once(wish: Policy, data: st.DataObject) -> None:
    assume(wish.origins)
    after = desired(state(api({"/items": {verb: mock() for verb in world.METHODS}})), wish)[0].config
    for request in asked(after, data):
        listed = request.origin in wish.origins or ("*" in wish.origins and not wish.credentials)
        if request.credentials and not (wish.credentials and request.origin in wish.origins):
            continue
        plain = not request.headers or "content-type" in wish.headers
        if listed and plain and request.method in wish.methods:
            assert allowed(after, request), request


@a_few
@given(
    st.lists(st.sampled_from([A, B, C, "*"]), unique=True, min_size=1).map(tuple),
    st.lists(st.sampled_from([A, B, C]), unique=True).map(tuple),
    st.booleans(),
)
def test_what_is_written_is_read_back(
    origins: tuple[str, ...], credentialed: tuple[str, ...], binary: bool
) -> None:
    grants = CorsAccess(
        origins, tuple(o for o in credentialed if o in origins), ("GET", "PUT"), ("x-a",), (), "5"
    )
    got = read(write(None, "200", grants, binary=binary), binary=binary)
    assert (got.kind, got.flaws, got.guarded) == (PreflightSource.MOCK, (), False)
    assert got.grants.covers(grants)
    assert grants.covers(got.grants)
    assert write(write(None, "200", grants, binary=binary), "200", grants, binary=binary) == write(
        None, "200", grants, binary=binary
    )


def shaped(config: Any) -> Any:
    """As `read` would return it."""
    return normal_form.config(config["resources"], config["gatewayResponses"], config["binaryMediaTypes"])


def _members(wish: Policy) -> dict[str, Any]:
    return {name: getattr(wish, name) for name in wish.__slots__}


def asked(config: Any, data: st.DataObject) -> list[BrowserRequest]:
    keys = sorted(key for key in methods_of(config) if key[1] != "OPTIONS")
    if not keys:
        return []
    requests = []
    for _ in range(4):
        path, name = data.draw(st.sampled_from(keys))
        verb = data.draw(st.sampled_from(world.METHODS)) if name == "ANY" else name
        requests.append(
            BrowserRequest(
                origin=data.draw(
                    st.sampled_from([A, B, C, "https://other.example", "https://x.example.org"])
                ),
                url="https://abc.execute-api.eu-west-1.amazonaws.com"
                + path.replace("{id}", "1").replace("{proxy+}", "p/q"),
                method=verb,
                headers=data.draw(st.sampled_from([[], [("content-type", "application/json")]])),
                credentials=data.draw(st.booleans()),
            )
        )
    return requests


def allowed(config: Any, request: BrowserRequest, *, willing: bool = True) -> bool:
    """Whether a browser certainly lets the page read the answer; a function behind a proxy is willing."""
    path = request.url.split(".com", 1)[1]
    credentials = [("Access-Control-Allow-Credentials", "true")] if request.credentials else []
    said = [("Access-Control-Allow-Origin", request.origin), *credentials]
    before = None
    if needs_preflight(request):
        asking = preflight_for(request)
        found = answer(config, Request("OPTIONS", path, asking.headers), backend=None)
        if not isinstance(found, Response):
            return False
        before = found
    headers = [*request.headers, ("origin", request.origin), ("x-api-key", "k"), ("authorization", "x")]
    actual = answer(
        config, Request(request.method, path, headers), backend=Response(200, said if willing else [])
    )
    return isinstance(actual, Response) and judge(request, before, actual).allowed


BOTH_SPELLINGS = (
    '#set($origin = $input.params().header.get("Origin"))'
    '#if($origin == "")#set($origin = $input.params().header.get("origin"))#end'
)
ECHOED = "#set($context.responseOverride.header.Access-Control-Allow-Origin = $origin)"
DEAD = f"{A}/", "a.example.com", "https://A.example.com", "https://*.example.com", f"{A}:443"


@pytest.mark.parametrize("dead", DEAD)
def test_a_value_that_no_browser_sends_holds_no_place(dead: str) -> None:
    there = response(parameters=cors(origin=dead, methods="GET,PUT"))
    config = api(
        {"/items": {"GET": http(response(parameters=cors(origin=dead))), "OPTIONS": mock(there)}},
        {"UNAUTHORIZED": {"responseParameters": {GATEWAY_ORIGIN: f"'{dead}'"}}},
    )
    after, found = wanted(config, policy(A))
    assert reply(after, preflight(origin=A)).get("Access-Control-Allow-Origin") == A
    for name in ("GET", "OPTIONS"):
        sent = method(after, name=name)["methodIntegration"]["integrationResponses"]["200"]
        assert sent["responseParameters"][ORIGIN] == f"'{A}'"
    gateways = {each["responseType"]: each for each in after["gatewayResponses"]}
    assert gateways["UNAUTHORIZED"]["responseParameters"] == {GATEWAY_ORIGIN: f"'{A}'"}
    message = found["dead-origin"].message
    assert all(place in message for place in ("/items GET", "/items OPTIONS", "UNAUTHORIZED", repr(dead)))
    assert "unlisted-origins-stay" not in found
    # With several origins it is not copied into the template either.
    several, _ = wanted(config, policy(A, B))
    assert dead not in {*read(method(several), binary=False).grants.origins} - {A, B}
    template = method(several)["methodIntegration"]["integrationResponses"]["200"]["responseTemplates"][JSON]
    assert f'"{dead}"' not in template


def test_a_dead_value_stays_where_the_plan_has_nothing_to_put_there() -> None:
    there = response(parameters=cors(origin=f"{B}/", methods="GET,PUT"))
    config = api({"/items": {"GET": proxy(), "OPTIONS": mock(there)}})
    after, found = wanted(config, policy(retired=Retired(origins=(A,))))
    assert after == config
    assert "dead-origin" in found


def test_a_dead_value_in_a_template_is_not_taken_over() -> None:
    there = response(templates={JSON: cdk_list("https://*.example.com", B)})
    config = api({"/items": {"GET": proxy(), "OPTIONS": mock(there)}})
    after, found = wanted(config, policy(A))
    assert read(method(after), binary=False).grants.origins == (B, A)
    assert "'https://*.example.com' is a pattern" in found["dead-origin"].message


LOOSE = {
    "echo": ('$origin != ""', "https://stranger.example"),
    "dots": ('$origin.matches("https://a.example.com")', "https://axexample.com"),
    "start": ('$origin.startsWith("https://a.example.com")', "https://a.example.com.stranger.example"),
    "end": ('$origin.endsWith("example.com")', "https://strangerexample.com"),
    "inside": ('$origin.contains("a.example.com")', "https://a.example.com.stranger.example"),
    "any name": ('$origin.matches("https://.*example[.]com")', "https://strangerexample.com"),
    "any host": ('$origin.matches("https?://.*")', "https://stranger.example"),
}


@pytest.mark.parametrize(("test", "witness"), LOOSE.values(), ids=LOOSE)
def test_a_loose_template_that_serves_stays_and_a_stranger_is_named(test: str, witness: str) -> None:
    template = f"{BOTH_SPELLINGS}#if({test}){ECHOED}#end"
    there = mock(response(parameters=cors(methods="GET,PUT"), templates={JSON: template}))
    config = api({"/items": {"GET": proxy(), "OPTIONS": there}})
    after, found = wanted(config, policy(A))
    assert method(after) == method(config)
    assert "dynamic-unknown" not in found
    assert found["template-lets-strangers-in"].level is Level.WARN
    assert f"/items OPTIONS ({witness})" in found["template-lets-strangers-in"].message
    assert reply(config, preflight(origin=witness)).get("Access-Control-Allow-Origin") == witness
    # In exact mode the plan's origins come in its place, and no stranger is let in any more.
    exact, found = wanted(config, policy(A, mode=Mode.EXACT))
    assert reply(exact, preflight(origin=witness)).get("Access-Control-Allow-Origin") == A
    assert "template-lets-strangers-in" not in found


def test_a_pattern_of_subdomains_lets_nobody_else_in() -> None:
    template = f'{BOTH_SPELLINGS}#if($origin.matches("https://.*[.]example[.]com")){ECHOED}#end'
    there = mock(response(parameters=cors(methods="GET,PUT"), templates={JSON: template}))
    _, found = wanted(api({"/items": {"GET": proxy(), "OPTIONS": there}}), policy(A))
    assert not {"template-lets-strangers-in", "dynamic-unknown"} & set(found)


@pytest.mark.parametrize(
    "wish",
    [
        policy(C),  # not answered
        policy(A, credentials=True),  # without credentials
        policy(A, methods=("DELETE",)),
        policy(A, headers=("x-one",)),
        policy(A, max_age=60),
        policy(A, retired=Retired(origins=(B,))),  # and B still is
    ],
)
def test_a_template_that_does_not_serve_all_of_the_plan_is_left_with_a_finding(wish: Policy) -> None:
    template = f'{BOTH_SPELLINGS}#if($origin.matches("https://.[.]example[.]com")){ECHOED}#end'
    there = mock(response(parameters=cors(methods="GET,PUT"), templates={JSON: template}))
    config = api({"/items": {"GET": proxy(), "OPTIONS": there}})
    after, found = wanted(config, wish)
    assert method(after) == method(config)
    assert "/items OPTIONS" in found["dynamic-unknown"].message


def test_a_template_on_a_non_proxy_method_that_serves_stays() -> None:
    template = f'{BOTH_SPELLINGS}#if($origin.matches("https://.[.]example[.]com")){ECHOED}#end{{}}'
    config = api({"/items": {"GET": http(response(templates={JSON: template}))}})
    assert "dynamic-unknown" not in wanted(config, policy(A, B))[1]
    assert "/items GET" in wanted(config, policy(A, C))[1]["dynamic-unknown"].message


@pytest.mark.parametrize(
    ("types", "name", "stays"),
    [
        ((), "Origin", False),
        (("REGIONAL",), "Origin", False),
        (("REGIONAL",), "origin", False),
        (("EDGE",), "Origin", True),
        (("EDGE",), "origin", False),
    ],
)
def test_a_list_that_reads_one_spelling(types: tuple[str, ...], name: str, *, stays: bool) -> None:
    template = cdk_list(A, B).replace('params("origin")', f'params("{name}")')
    template = template.replace('params("Origin")', f'params("{name}")')
    there = mock(response(parameters=cors(methods="GET,PUT"), templates={JSON: template}))
    config = api({"/items": {"GET": proxy(), "OPTIONS": there}})
    after, found = wanted(config, policy(A, B), endpointTypes=types)
    assert (method(after) == method(config)) is stays
    assert ("template-reads-one-spelling" in found) is not stays
    assert ("origin-read-from-query" in found) is stays
    assert set(read(method(after), binary=False).grants.origins) == {A, B}


def test_a_long_list_of_ours_stays() -> None:
    origins = [f"https://app-{number:04}.example.com" for number in range(1500)]
    first, _ = wanted(api({"/items": {"GET": proxy()}}), policy(*origins))
    after, _ = wanted(first, policy(*origins))
    assert after == first


def test_exact_takes_away_the_origins_that_only_a_request_template_lists() -> None:
    """A MOCK runs its request template first, and that may override the header too."""
    listing = '{"statusCode": 200}' + cdk_list(B)
    there = mock(response(), requestTemplates={JSON: listing})
    config = api({"/items": {"GET": proxy(), "OPTIONS": there}})
    assert reply(config, preflight(origin=B)).get("Access-Control-Allow-Origin") == B
    after, _ = wanted(config, policy(A, mode=Mode.EXACT))
    assert reply(after, preflight(origin=B)).get("Access-Control-Allow-Origin") != B
    assert B not in str(method(after))
    assert reply(after, preflight(origin=A)).get("Access-Control-Allow-Origin") == A


def test_an_empty_request_template_asks_for_no_status() -> None:
    """API Gateway may return `null` for the template of a media type."""
    config = api({"/items": {"GET": proxy(), "OPTIONS": mock(response(), requestTemplates={JSON: None})}})
    preflight_there = read(method(config), binary=False)
    assert "its request template gives no statusCode, so it answers 500" in preflight_there.flaws
    after, _ = wanted(config, policy(A))
    assert reply(after, preflight(origin=A)).get("Access-Control-Allow-Origin") == A


def test_error_responses_stay_where_the_target_leaves_them() -> None:
    """A target that speaks of methods alone changes no gateway response, in exact mode neither."""
    theirs = {
        "responseType": "DEFAULT_4XX",
        "responseParameters": {GATEWAY_ORIGIN: f"'{B}'"},
    }
    config = {**api({"/items": {"GET": proxy()}}), "gatewayResponses": [theirs]}
    for mode in Mode:
        after, _ = wanted(config, policy(A, options={"error_responses": "leave"}, mode=mode))
        assert after["gatewayResponses"] == [theirs]
        assert method(after)
    added, _ = wanted(config, policy(A, options={"error_responses": "add"}, mode=Mode.EXACT))
    assert added["gatewayResponses"] != [theirs]
