"""Reading and writing against the embedded API Gateway: what was found, and what was sent for it."""

import importlib.util
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from remediate.aws import Aws
from remediate.core.plan import Change
from remediate.core.policy import Mode, Policy, Selector
from remediate.core.state import State, Unreadable
from remediate.errors import AwsFailure, NoChangeNeeded, Stale
from remediate.services.http_api.desired import desired
from remediate.services.http_api.read import read
from remediate.services.http_api.write import calls, context, write

SPEC = importlib.util.spec_from_file_location("http_api_world", Path(__file__).parent / "world.py")
assert SPEC
assert SPEC.loader
world = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(world)

A, B = "https://a.example.com", "https://b.example.com"
CORS = {"CorsConfiguration": {"AllowOrigins": [A], "AllowMethods": ["GET"], "AllowHeaders": ["x-one"]}}
OTHER = {"CorsConfiguration": {"AllowOrigins": [B], "AllowCredentials": True, "MaxAge": 5}}


def make(aws: Aws, name: str, config: Any = None, protocol: str = "HTTP", region: str = "eu-west-1") -> str:
    client = aws.client("apigatewayv2", region)
    more = {"RouteSelectionExpression": "$request.body.action"} if protocol == "WEBSOCKET" else {}
    return str(client.create_api(Name=name, ProtocolType=protocol, **more, **(config or {}))["ApiId"])


def look(aws: Aws, *patterns: str, region: str | None = None) -> dict[str, Any]:
    aws.calls.clear()
    found = list(
        read(aws, [Selector("http_api", pattern, region, where="plan.yaml:1:1") for pattern in patterns])
    )
    assert len({each.address for each in found}) == len(found)
    return {each.address: each for each in found}


def one(aws: Aws, identifier: str) -> State:
    state = look(aws, identifier)[f"http_api/{identifier}"]
    assert isinstance(state, State)
    return state


def change(state: State, after: Any) -> Change:
    return Change(
        state.address,
        "http_api",
        state.region,
        state.config,
        after,
        state.revision,
        state.group,
        calls=calls(state, after),
        context=context(state, after),
    )


def refuse(aws: Aws, operation: str, code: str, status: int) -> None:
    """The client answers every call of the operation with this error, without sending it."""
    parsed = {"Error": {"Code": code, "Message": "said AWS"}, "ResponseMetadata": {"HTTPStatusCode": status}}

    class Answer:
        status_code = status

    events = aws.client("apigatewayv2", "eu-west-1").meta.events
    events.register(f"before-call.apigatewayv2.{operation}", lambda **_: (Answer(), parsed))


def test_by_name_id_and_glob_each_once(aws: Aws) -> None:
    first, second = make(aws, "orders", CORS), make(aws, "orders-eu")
    make(aws, "users")
    found = look(aws, "orders", "orders*", second)
    assert set(found) == {f"http_api/{first}", f"http_api/{second}"}
    state = found[f"http_api/{first}"]
    assert (state.config, state.label, state.names) == (CORS, "orders", (first, "orders"))
    assert len(state.selected_by) == 2
    assert state.hosts == (f"{first}.execute-api.eu-west-1.amazonaws.com",)
    assert found[f"http_api/{second}"].config is None


def test_empty_members_are_absent(aws: Aws) -> None:
    cors = {**CORS["CorsConfiguration"], "AllowCredentials": False, "MaxAge": 0}
    identifier = make(aws, "orders", {"CorsConfiguration": cors})
    assert one(aws, identifier).config == CORS


def test_two_hundred_apis_cost_a_few_pages(aws: Aws) -> None:
    for number in range(200):
        make(aws, f"api-{number}", CORS)
    found = look(aws, "api-*")
    assert len(found) == 200
    assert dict(aws.calls) == {"apigatewayv2:GetApis": 2}
    assert all("unlooked" in state.facts for state in found.values())


def test_one_api_by_id_needs_no_listing(aws: Aws) -> None:
    identifier = make(aws, "orders", CORS)
    one(aws, identifier)
    assert dict(aws.calls) == {
        "apigatewayv2:GetApi": 1,
        "apigatewayv2:GetRoutes": 1,
        "apigatewayv2:GetStages": 1,
    }


def test_a_name_that_looks_like_an_id_is_found(aws: Aws) -> None:
    identifier = make(aws, "checkout")
    assert set(look(aws, "checkout")) == {f"http_api/{identifier}"}


def test_regions_are_read_apart(aws: Aws) -> None:
    make(aws, "orders")
    there = make(aws, "orders", CORS, region="us-east-1")
    found = look(aws, "orders", region="us-east-1")
    assert set(found) == {f"http_api/{there}"}
    assert found[f"http_api/{there}"].region == "us-east-1"


def test_a_websocket_api_has_no_cors(aws: Aws) -> None:
    identifier = make(aws, "chat", protocol="WEBSOCKET")
    make(aws, "chat-http")
    for pattern in ("chat", identifier):
        unreadable = look(aws, pattern)[f"http_api/{identifier}"]
        assert isinstance(unreadable, Unreadable)
        assert unreadable.code == "websocket-api"
    assert len(look(aws, "chat*")) == 1


def test_nothing_selected_is_nothing(aws: Aws) -> None:
    make(aws, "orders")
    assert look(aws, "no-such-api") == {}


@pytest.mark.parametrize(("operation", "pattern"), [("GetApis", "orders*"), ("GetApi", "abcdefgh12")])
def test_a_failed_read_is_never_nothing(aws: Aws, operation: str, pattern: str) -> None:
    make(aws, "orders", CORS)
    refuse(aws, operation, "AccessDeniedException", 403)
    unreadable = look(aws, pattern)[f"http_api/{pattern}"]
    assert isinstance(unreadable, Unreadable)
    assert unreadable.code == "access-denied"


@pytest.mark.usefixtures("aws")
def test_no_region_is_an_error_of_the_selector(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    nowhere = Aws()
    found = list(read(nowhere, [Selector("http_api", "orders")]))
    assert [(each.address, each.code) for each in found if isinstance(each, Unreadable)] == [
        ("http_api/orders", "NoRegionError")
    ]
    (failure,) = found
    assert isinstance(failure, Unreadable)
    assert "No AWS region is set" in failure.message
    assert failure.hint == "Set `region:` in the plan file or AWS_REGION, or pass --region."


def test_unreadable_routes_leave_the_settings_readable(aws: Aws) -> None:
    identifier = make(aws, "orders", CORS)
    refuse(aws, "GetRoutes", "AccessDeniedException", 403)
    state = one(aws, identifier)
    assert state.config == CORS
    assert "unlooked" in state.facts


def test_write_updates_deletes_and_may_be_repeated(aws: Aws) -> None:
    identifier = make(aws, "orders")
    for after in (CORS, OTHER, None):
        todo = change(one(aws, identifier), after)
        write(aws, [todo])
        with pytest.raises(NoChangeNeeded):
            write(aws, [todo])
        assert one(aws, identifier).config == after


def test_a_write_costs_two_calls(aws: Aws) -> None:
    todo = change(one(aws, make(aws, "orders", CORS)), OTHER)
    aws.calls.clear()
    write(aws, [todo])
    assert dict(aws.calls) == {"apigatewayv2:GetApi": 1, "apigatewayv2:UpdateApi": 1}


def test_what_is_left_out_is_taken_away(aws: Aws) -> None:
    """UpdateApi keeps the members that are not sent."""
    identifier = make(aws, "orders", OTHER)
    write(aws, [change(one(aws, identifier), {"CorsConfiguration": {"AllowOrigins": ["*"]}})])
    assert one(aws, identifier).config == {"CorsConfiguration": {"AllowOrigins": ["*"]}}


def test_a_moved_api_is_left_alone(aws: Aws) -> None:
    identifier = make(aws, "orders", CORS)
    todo = change(one(aws, identifier), None)
    world.disturb(aws, Selector("http_api", identifier))
    with pytest.raises(Stale, match=f"http_api/{identifier} moved"):
        write(aws, [todo])


def test_a_refused_write_says_which_call(aws: Aws) -> None:
    identifier = make(aws, "orders", CORS)
    bad = {"CorsConfiguration": {"AllowOrigins": ["*"], "AllowCredentials": True}}
    with pytest.raises(AwsFailure, match=f"UpdateApi of {identifier}") as caught:
        write(aws, [change(one(aws, identifier), bad)])
    assert caught.value.code == "BadRequestException"


def served(aws: Aws, identifier: str) -> Any:
    held = one(aws, identifier).facts["stages"]
    return next(stage for stage in held if stage["StageName"] == "manual")


def test_a_stage_deployed_by_hand_serves_the_new_settings(aws: Aws) -> None:
    identifier = world.seed(aws, CORS, "orders").pattern
    state = one(aws, identifier)
    assert served(aws, identifier) == {
        "StageName": "manual",
        "AutoDeploy": False,
        "CorsPending": False,
        "OthersPending": False,
    }
    done, _ = desired(state, Policy("webapp", (B,), mode=Mode.EXACT))
    todo = change(state, done.config)
    aws.calls.clear()
    write(aws, [todo])
    assert todo.calls == ("apigatewayv2:UpdateApi", "apigatewayv2:CreateDeployment")
    assert aws.calls["apigatewayv2:CreateDeployment"] == 1
    assert served(aws, identifier)["CorsPending"] is False
    with pytest.raises(NoChangeNeeded):
        write(aws, [todo])
    write(aws, [replace(todo, before=todo.after, after=todo.before, revision=one(aws, identifier).revision)])
    assert one(aws, identifier).config == CORS
    assert served(aws, identifier)["CorsPending"] is False


def test_other_edits_are_never_published(aws: Aws) -> None:
    identifier = world.seed(aws, CORS, "orders").pattern
    clean = one(aws, identifier)
    aws.client("apigatewayv2", "eu-west-1").create_route(ApiId=identifier, RouteKey="GET /unfinished")
    state = one(aws, identifier)
    assert served(aws, identifier)["OthersPending"] is True
    done, found = desired(state, Policy("webapp", (B,)))
    assert "stage-needs-deployment" in [finding.code for finding in found]
    assert calls(state, done.config) == ("apigatewayv2:UpdateApi",)
    # Edited between plan and apply:
    with pytest.raises(Stale, match="not deployed"):
        write(aws, [change(clean, done.config)])
    assert one(aws, identifier).config == CORS
    write(aws, [change(state, done.config)])
    assert served(aws, identifier)["CorsPending"] is True
