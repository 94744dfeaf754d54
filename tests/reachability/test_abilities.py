"""What the pages of an origin may do, from what the settings answer; and whom a change gives more."""

from __future__ import annotations

from typing import Any

import pytest

from remediate.core.plan import Change
from remediate.core.policy import Policy, Retired
from remediate.core.state import State
from remediate.reachability.abilities import Ability, Act, Certainty, Place, abilities
from remediate.reachability.chain import Chain
from remediate.reachability.widening import widened
from tests.services.rest_api.apis import api, cors, mock, proxy, response

EVIL = "https://evil.example"
OURS = "https://app.example.com"
HOST = "abc.execute-api.eu-west-1.amazonaws.com"
PLACE = Place(HOST, "/items", ("GET", "PUT"), ("authorization", "x-any-header"))


def gateway(cors_settings: dict[str, Any] | None, address: str = "http_api/abc") -> State:
    config = None if cors_settings is None else {"CorsConfiguration": cors_settings}
    return State(address, "http_api", "eu-west-1", config, "r", ("abc",), address, hosts=(HOST,))


def rest(options: dict[str, Any] | None) -> State:
    methods = {"GET": proxy(), "PUT": proxy()} | ({"OPTIONS": options} if options else {})
    return State(
        "rest_api/abc/prod",
        "rest_api",
        "eu-west-1",
        api({"/items": methods}),
        "r",
        ("abc",),
        "rest_api/abc",
        facts={"stage": "prod"},
        hosts=(HOST,),
    )


def bucket(*rules: dict[str, Any]) -> State:
    config = {"CORSRules": [*rules]} if rules else None
    host = "files.s3.eu-west-1.amazonaws.com"
    return State("s3/files", "s3", "eu-west-1", config, "r", ("files",), "s3/files", hosts=(host,))


def changed(before: State, after: State) -> Change:
    return Change(
        before.address,
        before.service,
        before.region,
        before.config,
        after.config,
        before.revision,
        before.group,
    )


def gained(before: State, after: State, policy: Policy, *near: State, **left: State) -> dict[str, Any]:
    earlier = {state.address: [state.config] for state in left.values()}
    gains = widened([before, *near], [changed(before, after)], {before.address: [policy]}, earlier)
    return {gain.origin: gain.what for gain in gains}


def plan(*origins: str, **more: Any) -> Policy:
    return Policy("webapp", origins or (OURS,), **more)


def test_the_preflight_of_an_http_api_tells_methods_headers_and_credentials() -> None:
    settings = {
        "AllowOrigins": [EVIL],
        "AllowMethods": ["PUT"],
        "AllowHeaders": ["authorization"],
        "AllowCredentials": True,
        "ExposeHeaders": ["etag"],
    }
    found = abilities(Chain([gateway(settings)]), EVIL, PLACE)
    for credentials in (False, True):
        assert {ability for ability in found if ability.credentials is credentials} == {
            Ability(Act.ASK, "GET", "", credentials),
            Ability(Act.ASK, "PUT", "", credentials),
            Ability(Act.SHARE, "GET", "", credentials),
            Ability(Act.READ, "GET", "etag", credentials),
            Ability(Act.READ, "PUT", "etag", credentials),
            Ability(Act.CALL, "PUT", "", credentials),
            Ability(Act.SEND, "GET", "authorization", credentials),
            Ability(Act.SEND, "PUT", "authorization", credentials),
        }
    assert set(found.values()) == {Certainty.YES}
    assert abilities(Chain([gateway(settings)]), OURS, PLACE) == {}


def test_where_a_function_answers_the_preflight_alone_tells() -> None:
    options = mock(response(parameters=cors(origin=EVIL, methods="GET,PUT", headers="authorization")))
    found = abilities(Chain([rest(options)]), EVIL, Place(HOST, "/prod/items", ("PUT",), ("authorization",)))
    assert found == {
        Ability(Act.ASK, "PUT"): Certainty.OPEN,
        Ability(Act.CALL, "PUT"): Certainty.OPEN,
        Ability(Act.SEND, "PUT", "authorization"): Certainty.OPEN,
    }
    assert abilities(Chain([rest(None)]), EVIL, Place(HOST, "/prod/items", ("PUT",), ())) == {}


BARE = {"AllowOrigins": [EVIL], "AllowMethods": ["GET"]}
BOTH = {"AllowOrigins": [EVIL, OURS], "AllowMethods": ["GET"]}


@pytest.mark.parametrize(
    ("before", "after", "what"),
    [
        (BARE, BOTH, None),
        (BARE, {**BOTH, "AllowMethods": ["GET", "POST", "PUT"]}, ("POST", "PUT")),
        (BARE, {**BOTH, "AllowHeaders": ["authorization"]}, ("the header authorization",)),
        (BARE, {**BOTH, "AllowCredentials": True}, ("credentials",)),
        (BARE, {**BOTH, "ExposeHeaders": ["etag"]}, ("reading etag",)),
        ({**BARE, "ExposeHeaders": ["*"]}, {**BOTH, "ExposeHeaders": ["etag"]}, None),
        ({**BARE, "AllowMethods": ["*"]}, {**BOTH, "AllowMethods": ["*", "PUT"]}, None),
        ({**BARE, "AllowMethods": ["PUT"]}, {**BOTH, "AllowMethods": ["PUT", "GET"]}, ("GET",)),
        ({**BARE, "AllowHeaders": ["*"]}, {**BOTH, "AllowHeaders": ["*", "x-one"]}, None),
        (
            {**BARE, "AllowHeaders": ["*"]},
            {**BOTH, "AllowHeaders": ["*", "authorization"]},
            ("the header authorization",),
        ),
    ],
)
def test_what_an_origin_gains_by_a_change_of_shared_settings(
    before: dict[str, Any], after: dict[str, Any], what: tuple[str, ...] | None
) -> None:
    found = gained(gateway(before), gateway(after), plan())
    assert found == ({} if what is None else {EVIL: what})
    assert gained(gateway(before), gateway(after), plan(), left=gateway(after)) == {}
    assert gained(gateway(before), gateway(after), plan(OURS, EVIL)) == {}
    assert gained(gateway(before), gateway(after), plan(retired=Retired(origins=(EVIL,)))) == {}


def test_a_wildcard_of_others_is_judged_by_an_origin_that_it_covers() -> None:
    everybody = {"AllowOrigins": ["https://*"], "AllowMethods": ["GET"]}
    after = {"AllowOrigins": ["https://*", OURS], "AllowMethods": ["GET", "PUT"]}
    found = gained(gateway(everybody), gateway(after), plan())
    assert found["https://any-other-origin.example"] == ("PUT",)
    assert "http://any-other-origin.example" not in found
    assert gained(gateway(everybody), gateway(after), plan("https://*")) == {}


def test_an_api_that_no_host_name_leads_to_is_judged_all_the_same() -> None:
    before, after = gateway(BARE), gateway({**BOTH, "AllowMethods": ["GET", "PUT"]})
    hidden = State("http_api/abc", "http_api", "eu-west-1", before.config, "r", ("abc",), "http_api/abc")
    assert gained(hidden, after, plan()) == {EVIL: ("PUT",)}


def test_a_rule_of_the_plan_gives_nothing_to_the_origins_of_other_rules() -> None:
    theirs = {"AllowedOrigins": [EVIL], "AllowedMethods": ["GET"]}
    ours = {"AllowedOrigins": [OURS], "AllowedMethods": ["GET", "PUT"], "AllowedHeaders": ["*"]}
    assert gained(bucket(theirs), bucket(theirs, ours), plan()) == {}
    wider = {**ours, "AllowedOrigins": [OURS, "https://*.evil.example"]}
    found = gained(bucket(theirs), bucket(theirs, wider), plan())
    assert list(found) == ["https://sample.evil.example"]
    assert found["https://sample.evil.example"][:2] == ("GET", "PUT")


def test_what_a_preflight_of_a_rest_api_newly_grants_is_a_gain_though_a_function_answers() -> None:
    there = cors(origin=EVIL, methods="GET")
    before = rest(mock(response(parameters=there)))
    after = rest(mock(response(parameters=cors(origin=EVIL, methods="GET,PUT", headers="content-type"))))
    assert gained(before, after, plan()) == {EVIL: ("PUT", "the header content-type")}


def test_a_preflight_that_is_newly_answered_gives_nothing_to_who_needs_none() -> None:
    """A cross-origin GET without headers is sent at once (Fetch 4.1), so its response was shared before."""
    rule = {"AllowedOrigins": [EVIL], "AllowedMethods": ["GET"]}
    behind = bucket(rule)
    behavior = {
        "TargetOriginId": "files",
        "AllowedMethods": {"Quantity": 3, "Items": ["GET", "HEAD", "OPTIONS"]},
        "CachePolicyId": "4135ea2d-6df8-44a3-9df3-4b5a84be39ad",
    }
    origins = {"Quantity": 1, "Items": [{"Id": "files", "DomainName": behind.hosts[0], "OriginPath": ""}]}

    def front(forwards: str | None) -> State:
        policy = {"OriginRequestPolicyId": forwards} if forwards else {}
        config = {"DefaultCacheBehavior": behavior | policy, "Origins": origins}
        return State(
            "cloudfront/E1",
            "cloudfront",
            "us-east-1",
            config,
            "r",
            ("E1",),
            "cloudfront/E1",
            hosts=("cdn.example.com",),
            upstreams=behind.hosts,
        )

    forwarding_origin = "59781a5b-3903-41f3-afcb-af62929ccde1"  # Managed-CORS-CustomOrigin
    forwarding_all = "88a5eaf4-2fd4-4709-b370-b4c650ea3fcf"  # Managed-CORS-S3Origin
    assert gained(front(forwarding_origin), front(forwarding_all), plan(), behind) == {}
    assert gained(front(None), front(forwarding_all), plan(), behind) == {EVIL: ("GET", "credentials")}
