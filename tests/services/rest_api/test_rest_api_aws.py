"""Reading and writing at the boundary: calls sent, stages, deployments, stale changes, undo."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from typing import Any

import pytest
from botocore.awsrequest import AWSRequest, AWSResponse

from remediate.aws import Aws
from remediate.core.finding import Level
from remediate.core.plan import Change
from remediate.core.policy import Policy, Selector
from remediate.core.state import State, Unreadable
from remediate.errors import AwsFailure, Stale
from remediate.services.rest_api.answer import answer
from remediate.services.rest_api.desired import desired
from remediate.services.rest_api.export import complete, completed, served
from remediate.services.rest_api.normal_form import methods_of
from remediate.services.rest_api.read import read
from remediate.services.rest_api.serving import answer_config
from remediate.services.rest_api.write import calls, context, write
from remediate.web.http import Response

from . import world
from .apis import REGION, A, B, api, build, cors, http, mock, preflight, proxy, put, resource_id, response

POLICY = Policy("webapp", (A,), ("GET", "PUT"), ("content-type",), max_age=600)
SMALL = api({"/items": {"GET": proxy()}, "/rates": {"GET": http()}})


def selector(pattern: str, **options: tuple[str, ...]) -> Selector:
    return Selector("rest_api", pattern, REGION, options)


def states(aws: Aws, *selectors: Selector) -> list[State]:
    readings = list(read(aws, selectors))
    assert all(isinstance(each, State) for each in readings), readings
    return [each for each in readings if isinstance(each, State)]


def changes(found: Sequence[State], policy: Policy = POLICY) -> list[Change]:
    made = []
    for state in found:
        after, _ = desired(state, policy)
        if after.config != state.config:
            made.append(change(state, after.config))
    return made


def change(state: State, after: Any) -> Change:
    return Change(
        address=state.address,
        service="rest_api",
        region=state.region,
        before=state.config,
        after=after,
        revision=state.revision,
        group=state.group,
        calls=calls(state, after),
        context=json.loads(json.dumps(context(state, after))),
    )


def back(done: Change, now: State) -> Change:
    return Change(
        address=done.address,
        service="rest_api",
        region=done.region,
        before=done.after,
        after=done.before,
        revision=now.revision,
        group=done.group,
        context=done.context,
    )


def sent(aws: Aws) -> dict[str, int]:
    return {name.split(":")[1]: count for name, count in aws.calls.items()}


def test_a_hundred_resources_and_three_stages_take_seven_calls(aws: Aws) -> None:
    many = {f"/r{number}": {"GET": mock()} for number in range(100)}
    identifier = build(aws, api(many), stages=("dev", "test"))
    put(aws, identifier, "/r0", "POST", mock())
    client = aws.client("apigateway", REGION)
    client.create_deployment(restApiId=identifier, stageName="prod")
    aws.calls.clear()
    found = states(aws, selector("webapp"), selector(identifier))
    assert [state.address.rsplit("/", 1)[1] for state in found] == ["dev", "prod", "test"]
    assert all(len(state.selected_by) == 2 for state in found)
    assert sent(aws) == {
        "GetRestApis": 1,
        "GetStages": 1,
        "GetResources": 1,
        "GetGatewayResponses": 1,
        "GetExport": 3,
    }


def test_stages_on_one_deployment_share_its_export(aws: Aws) -> None:
    identifier = build(aws, SMALL)
    client = aws.client("apigateway", REGION)
    deployment = client.get_stage(restApiId=identifier, stageName="prod")["deploymentId"]
    client.create_stage(restApiId=identifier, stageName="copy", deploymentId=deployment)
    aws.calls.clear()
    assert len(states(aws, selector(identifier))) == 2
    assert sent(aws)["GetExport"] == 1


def test_what_templates_read_of_a_stage_is_read(aws: Aws) -> None:
    """Variables differ from stage to stage, and the kind of endpoint decides how headers are spelled."""
    template = (
        '#set($origin = $input.params().header.get("Origin"))#if($origin == "https://${stageVariables.level}")'
        "#set($context.responseOverride.header.Access-Control-Allow-Origin = $origin)#end"
    )
    options = mock(response(templates={"application/json": template}))
    identifier = build(aws, api({"/x": {"OPTIONS": options}}), stages=("app", "beta"))
    for state in states(aws, selector(identifier)):
        stage = state.facts["stage"]
        assert state.facts["variables"] == {"level": stage}
        assert state.facts["endpointTypes"] == ("EDGE",)
        reply = answer(answer_config(state), preflight("/x", "https://app"))
        assert isinstance(reply, Response)
        assert reply.get("Access-Control-Allow-Origin") == ("https://app" if stage == "app" else None)


def test_what_is_read(aws: Aws) -> None:
    identifier = build(aws, SMALL)
    (state,) = states(aws, selector("web*"))
    assert state.address == f"rest_api/{identifier}/prod"
    assert state.group == f"rest_api/{identifier}"
    assert state.names == (identifier, "webapp")
    assert state.hosts == (f"{identifier}.execute-api.eu-west-1.amazonaws.com",)
    assert state.upstreams == ("backend.example.net",)
    assert state.label == "webapp"
    assert state.config == state.facts["edited"] == SMALL


def test_a_rest_api_round_trip(aws: Aws) -> None:
    identifier = build(aws, SMALL)
    client = aws.client("apigateway", REGION)
    client.update_stage(
        restApiId=identifier,
        stageName="prod",
        patchOperations=[{"op": "replace", "path": "/variables/level", "value": "gold"}],
    )
    raw = world.raw(aws, selector(identifier))
    (before,) = states(aws, selector(identifier))
    (wish,) = changes([before])
    aws.calls.clear()
    write(aws, [wish])
    assert {name for name in sent(aws) if not name.startswith("Get")} == {
        name.split(":")[1] for name in wish.calls
    }
    assert sent(aws)["CreateDeployment"] == 1
    (now,) = states(aws, selector(identifier))
    assert now.config == wish.after
    assert changes([now]) == []
    assert client.get_stage(restApiId=identifier, stageName="prod")["variables"] == {"level": "gold"}
    aws.calls.clear()
    write(aws, [back(wish, now)])
    assert "CreateDeployment" not in sent(aws)
    assert sent(aws)["UpdateStage"] == 1
    assert world.raw(aws, selector(identifier)) == raw


def test_a_default_response_that_comes_back_waits_for_ours_to_go(aws: Aws) -> None:
    """Two responses may not have the same selection pattern, not even for a moment."""
    identifier = build(aws, api({"/items": {"GET": proxy(), "OPTIONS": mock(response("404"), status=404)}}))
    raw = world.raw(aws, selector(identifier))
    (before,) = states(aws, selector(identifier))
    (wish,) = changes([before])
    write(aws, [wish])
    (now,) = states(aws, selector(identifier))
    write(aws, [back(wish, now)])
    assert world.raw(aws, selector(identifier)) == raw


def test_several_stages_are_edited_for_once_and_deployed_each(aws: Aws) -> None:
    identifier = build(aws, SMALL, stages=("dev", "prod"))
    wishes = changes(states(aws, selector(identifier)))
    assert len(wishes) == 2
    aws.calls.clear()
    write(aws, wishes)
    counted = sent(aws)
    assert (counted["CreateDeployment"], counted["PutMethod"], counted["GetResources"]) == (2, 2, 1)
    assert changes(states(aws, selector(identifier))) == []


def test_stages_that_want_different_things_get_what_was_shown(aws: Aws) -> None:
    identifier = build(aws, SMALL, stages=("dev", "prod"))
    dev, prod = states(aws, selector(identifier))
    wishes = changes([dev]) + changes([prod], Policy("webapp", (B,), ("GET",)))
    write(aws, wishes)
    now = states(aws, selector(identifier))
    assert [state.config for state in now] == [wish.after for wish in wishes]


def test_only_the_selected_stage_is_deployed(aws: Aws) -> None:
    identifier = build(aws, SMALL, stages=("dev", "prod"))
    wishes = changes(states(aws, selector(identifier, stages=("prod",))))
    write(aws, wishes)
    dev, prod = states(aws, selector(identifier))
    assert (dev.config, prod.config) == (SMALL, wishes[0].after)


def test_edited_and_not_deployed_takes_a_deployment_and_nothing_else(aws: Aws) -> None:
    identifier = build(aws, SMALL)
    client = aws.client("apigateway", REGION)
    old = client.get_stage(restApiId=identifier, stageName="prod")["deploymentId"]
    write(aws, changes(states(aws, selector(identifier))))
    client.update_stage(
        restApiId=identifier,
        stageName="prod",
        patchOperations=[{"op": "replace", "path": "/deploymentId", "value": old}],
    )
    edited = world.raw(aws, selector(identifier))["resources"]
    (before,) = states(aws, selector(identifier))
    (wish,) = changes([before])
    assert wish.calls == ("apigateway:CreateDeployment",)
    write(aws, [wish])
    (now,) = states(aws, selector(identifier))
    assert now.config == wish.after
    write(aws, [back(wish, now)])
    assert states(aws, selector(identifier))[0].config == before.config
    assert world.raw(aws, selector(identifier))["resources"] == edited


def test_other_edits_are_named_go_live_if_allowed_and_come_back_by_undo(aws: Aws) -> None:
    identifier = build(aws, SMALL)
    put(aws, identifier, "/items", "POST", proxy("new"))
    raw = world.raw(aws, selector(identifier))
    (before,) = states(aws, selector(identifier))
    _, findings = desired(before, POLICY)
    refused = [each for each in findings if each.level is Level.REFUSE]
    assert [each.code for each in refused] == ["other-edits-would-go-live"]
    assert "/items POST: added" in refused[0].message
    (wish,) = changes([before])
    write(aws, [wish])
    (now,) = states(aws, selector(identifier))
    assert now.config == wish.after
    assert ("/items", "POST") in methods_of(now.config)
    write(aws, [back(wish, now)])
    assert world.raw(aws, selector(identifier)) == raw


def test_undo_without_the_old_deployment_deploys_its_content(aws: Aws) -> None:
    identifier = build(aws, SMALL)
    (before,) = states(aws, selector(identifier))
    (wish,) = changes([before])
    write(aws, [wish])
    aws.client("apigateway", REGION).delete_deployment(
        restApiId=identifier, deploymentId=before.facts["deploymentId"]
    )
    (now,) = states(aws, selector(identifier))
    write(aws, [back(wish, now)])
    assert states(aws, selector(identifier))[0].config == before.config


def test_a_stale_change_writes_nothing(aws: Aws) -> None:
    identifier = build(aws, SMALL)
    wishes = changes(states(aws, selector(identifier)))
    put(aws, identifier, "/items", "POST", proxy())
    raw = world.raw(aws, selector(identifier))
    with pytest.raises(Stale, match=r"the API was edited, .* nothing was written"):
        write(aws, wishes)
    assert world.raw(aws, selector(identifier)) == raw
    gateway = aws.client("apigateway", REGION)
    gateway.create_deployment(restApiId=identifier, stageName="prod")
    with pytest.raises(Stale, match="the API or its stage moved since it was shown"):
        write(aws, wishes)
    gateway.delete_stage(restApiId=identifier, stageName="prod")
    with pytest.raises(Stale, match="gone"):
        write(aws, wishes)


def test_a_canary_is_refused_beforehand_and_by_aws(aws: Aws) -> None:
    identifier = build(aws, SMALL)
    client = aws.client("apigateway", REGION)
    client.create_deployment(restApiId=identifier, stageName="prod", canarySettings={"percentTraffic": 10.0})
    (state,) = states(aws, selector(identifier))
    assert "canary-active" in {finding.code for finding in desired(state, POLICY)[1]}
    with pytest.raises(AwsFailure, match="CreateDeployment"):
        write(aws, changes([state]))


def test_names_that_are_nowhere(aws: Aws) -> None:
    identifier = build(aws, SMALL)
    assert list(read(aws, [selector("nothing")])) == []
    (found,) = read(aws, [selector(identifier, stages=("prd",))])
    assert isinstance(found, Unreadable)
    assert (found.code, found.address) == ("unknown-stage", f"rest_api/{identifier}")
    assert "prod" in found.message
    bare = build(aws, SMALL, name="bare", stages=())
    (found,) = read(aws, [selector(bare)])
    assert isinstance(found, Unreadable)
    assert found.code == "no-stages"
    # A glob that finds its stage in one API does not report every other API.
    build(aws, SMALL, name="web-two", stages=("only",))
    assert len(states(aws, selector("web*", stages=("only",)))) == 1


def test_foreign_options_are_changed_without_losing_what_they_hold(aws: Aws) -> None:
    options = mock(
        response(
            "200",
            cors(origin=B, methods="GET") | {"method.response.header.X-Own": "'1'"},
            {"application/json": ""},
        ),
        response("500", pattern="5.."),
        apiKeyRequired=True,
    )
    identifier = build(aws, api({"/items": {"GET": proxy(), "OPTIONS": options}}, binary=("*/*",)))
    client = aws.client("apigateway", REGION)
    at = {
        "restApiId": identifier,
        "resourceId": resource_id(aws, identifier, "/items"),
        "httpMethod": "OPTIONS",
    }
    raw = world.raw(aws, selector(identifier))
    (before,) = states(aws, selector(identifier))
    (wish,) = changes([before])
    write(aws, [wish])
    method = client.get_method(**at)
    assert method["apiKeyRequired"] is False
    integration = method["methodIntegration"]
    assert integration["contentHandling"] == "CONVERT_TO_TEXT"
    assert set(integration["integrationResponses"]) == {"200", "500"}
    kept = integration["integrationResponses"]["200"]["responseParameters"]
    assert kept["method.response.header.X-Own"] == "'1'"
    (now,) = states(aws, selector(identifier))
    write(aws, [back(wish, now)])
    assert world.raw(aws, selector(identifier)) == raw


def deny(aws: Aws, operation: str) -> None:
    def denied(request: AWSRequest, **_: object) -> AWSResponse:
        body = io.BytesIO(b'{"message": "no", "__type": "AccessDeniedException"}')
        body.stream = lambda **_: iter([body.getvalue()])  # type: ignore[attr-defined]
        return AWSResponse(request.url, 403, {"x-amzn-errortype": "AccessDeniedException"}, body)

    events = aws.client("apigateway", REGION).meta.events
    events.register_first(f"before-send.api-gateway.{operation}", denied)


def test_who_may_not_fetch_an_api_by_its_id_may_still_list_them(aws: Aws) -> None:
    # A policy names the ids that a plan's names mean; a name that looks like an id is not among them.
    identifier = build(aws, SMALL)
    deny(aws, "GetRestApi")
    assert [state.address for state in states(aws, selector(identifier))] == [f"rest_api/{identifier}/prod"]


@pytest.mark.parametrize(
    ("operation", "addresses"),
    [
        ("GetRestApis", ["rest_api/webapp"]),
        ("GetStages", ["rest_api/{}"]),
        ("GetResources", ["rest_api/{}"]),
        ("GetGatewayResponses", ["rest_api/{}"]),
        ("GetExport", ["rest_api/{}/prod"]),
    ],
)
def test_a_denied_read_is_no_empty_answer(aws: Aws, operation: str, addresses: list[str]) -> None:
    identifier = build(aws, SMALL)
    deny(aws, operation)
    readings = list(read(aws, [selector("webapp")]))
    assert [each.address for each in readings] == [each.format(identifier) for each in addresses]
    assert [each.code for each in readings if isinstance(each, Unreadable)] == ["access-denied"]


@pytest.mark.parametrize(
    ("operation", "status", "said", "code"),
    [
        ("GetStages", 404, "NotFoundException", "missing-api"),
        ("GetResources", 429, "TooManyRequestsException", "throttled"),
    ],
)
def test_a_failed_read_has_a_word_of_ours(
    aws: Aws, operation: str, status: int, said: str, code: str
) -> None:
    identifier = build(aws, SMALL)

    def failed(**_: Any) -> Any:
        """Instead of the call, so that nothing is tried again."""
        error = {"Error": {"Code": said, "Message": "no"}, "ResponseMetadata": {"HTTPStatusCode": status}}
        return AWSResponse("https://example.com", status, {}, io.BytesIO()), error

    aws.client("apigateway", REGION).meta.events.register(f"before-call.api-gateway.{operation}", failed)
    (found,) = read(aws, [selector("webapp")])
    assert isinstance(found, Unreadable)
    assert (found.address, found.code) == (f"rest_api/{identifier}", code)


@pytest.mark.parametrize(
    ("exported", "code"), [(b"[]", "UnusableAnswer"), (b'{"paths": {"/x": 1}}', "bad-export")]
)
def test_an_export_that_is_no_document_could_not_be_read(aws: Aws, exported: bytes, code: str) -> None:
    identifier = build(aws, SMALL)

    def answered(request: AWSRequest, **_: Any) -> AWSResponse:
        body = io.BytesIO(exported)
        body.stream = lambda **_: iter([body.getvalue()])  # type: ignore[attr-defined]
        return AWSResponse(request.url, 200, {}, body)

    events = aws.client("apigateway", REGION).meta.events
    events.register_first("before-send.api-gateway.GetExport", answered)
    (found,) = read(aws, [selector("webapp")])
    assert isinstance(found, Unreadable)
    assert (found.address, found.code) == (f"rest_api/{identifier}/prod", code)


def test_an_export_without_integrations_says_nothing() -> None:
    export = {
        "openapi": "3.0.1",
        "paths": {"/items": {"get": {"responses": {"200": {"headers": {"X": {}}}}}}},
    }
    assert served(export) is None
    assert served({}) is None


def test_an_export_of_an_emulator_leaves_things_out() -> None:
    integration = {"type": "mock", "requestTemplates": {"application/json": '{"statusCode": 200}'}}
    export = {
        "servers": [{"url": "https://x.execute-api.eu-west-1.amazonaws.com/prod"}],
        "paths": {"/items": {"get": {"x-amazon-apigateway-integration": integration}}},
    }
    live = served(export)
    assert live is not None
    assert not complete(export)
    edited = api({"/items": {"GET": mock()}}, {"DEFAULT_4XX": {"statusCode": "444"}}, ("*/*",))
    whole = completed(live, edited)
    assert (whole["gatewayResponses"], whole["binaryMediaTypes"]) == (edited["gatewayResponses"], ["*/*"])
    assert methods_of(whole)["/items", "GET"]["methodResponses"] == {"200": {"statusCode": "200"}}


def test_security_schemes_of_an_export() -> None:
    def operation(*demands: str) -> dict[str, Any]:
        return {
            "security": [{name: []} for name in demands],
            "x-amazon-apigateway-integration": {"type": "mock"},
        }

    export = {
        "paths": {
            "/a": {"get": operation("api_key", "sigv4"), "put": operation("mine"), "post": operation("pool")},
            "/b": {"x-amazon-apigateway-any-method": operation(), "parameters": []},
        },
        "components": {
            "securitySchemes": {
                "api_key": {"type": "apiKey", "name": "x-api-key", "in": "header"},
                "sigv4": {"x-amazon-apigateway-authtype": "awsSigv4", "name": "Authorization"},
                "mine": {"x-amazon-apigateway-authtype": "custom", "name": "Authorization"},
                "pool": {"x-amazon-apigateway-authtype": "cognito_user_pools", "name": "Authorization"},
            }
        },
    }
    found = methods_of(served(export))
    told = {key: (each["authorizationType"], each["apiKeyRequired"]) for key, each in found.items()}
    assert told == {
        ("/a", "GET"): ("AWS_IAM", True),
        ("/a", "PUT"): ("CUSTOM", False),
        ("/a", "POST"): ("COGNITO_USER_POOLS", False),
        ("/b", "ANY"): ("NONE", False),
    }
