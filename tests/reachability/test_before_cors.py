"""What answers before CORS, by the chain: one verdict for plan, `expect`, explain and verify."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from remediate.core.plan import Change
from remediate.core.policy import Policy, Selector
from remediate.core.state import State
from remediate.explain.walk import explain
from remediate.reachability.access import access, access_changes
from remediate.reachability.before_cors import answers_first
from remediate.reachability.chain import Alias, Chain
from remediate.services.http_api.serving import mapped
from remediate.web.browser import BrowserRequest
from remediate.web.evaluate import Decision
from tests.services.cloudfront.states import ALL_VIEWER, DISABLED, EXCEPT_HOST, behavior, methods
from tests.services.cloudfront.states import state as distribution
from tests.services.cloudfront.world import listed
from tests.services.rest_api.apis import api, cors, mock, response

PAGE = "https://app.example.com"
LOCAL = "http://localhost:3000"
HTTP_HOST = "abcdefgh.execute-api.eu-west-1.amazonaws.com"
REST_HOST = "abc123defg.execute-api.eu-west-1.amazonaws.com"
CUSTOM = "api.example.test"
CDN = "https://d1.cloudfront.net"
ALLOWED = {"AllowOrigins": [PAGE, LOCAL], "AllowMethods": ["*"], "AllowHeaders": ["content-type"]}
ROUTES = [{"RouteKey": "GET /items"}, {"RouteKey": "PUT /items"}]
ACL = "arn:aws:wafv2:us-east-1:123456789012:global/webacl/office-only/a1b2"
DENY = {"Statement": [{"Effect": "Deny", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "*"}]}
ALLOW = {"Statement": [{**DENY["Statement"][0], "Effect": "Allow"}]}
BY_ADDRESS = {
    "Statement": [{**ALLOW["Statement"][0], "Condition": {"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}}]
}


CODE = ("FunctionAssociations", "LambdaFunctionAssociations")


def http_api(*stages: str, **more: Any) -> State:
    made = State(
        "http_api/abcdefgh",
        "http_api",
        "eu-west-1",
        {"CorsConfiguration": ALLOWED},
        "r",
        ("abcdefgh", "orders"),
        "http_api/abcdefgh",
        facts={"routes": ROUTES, "stages": [{"StageName": name} for name in stages]},
        hosts=(HTTP_HOST,),
    )
    return replace(made, **more)


def rest_api(stage: str = "prod", *others: str, **facts: Any) -> State:
    answer = mock(response(parameters=cors(origin="*", methods="GET,PUT")))
    return State(
        f"rest_api/abc123defg/{stage}",
        "rest_api",
        "eu-west-1",
        api({"/items": {"GET": answer, "PUT": answer, "OPTIONS": answer}}),
        "r",
        ("abc123defg", "backend"),
        "rest_api/abc123defg",
        facts={"stage": stage, "stages": (stage, *others), **facts},
        hosts=(REST_HOST,),
    )


def bucket(region: str = "eu-central-1") -> State:
    rule = {"AllowedOrigins": ["*"], "AllowedMethods": ["GET", "PUT"], "AllowedHeaders": ["*"]}
    hosts = (f"files.s3.{region}.amazonaws.com", "files.s3-website-eu-central-1.amazonaws.com")
    return State("s3/files", "s3", region, {"CORSRules": [rule]}, "r", ("files",), "s3/files", hosts=hosts)


def cdn(domain: str, request_policy: str = EXCEPT_HOST, path: str = "", **more: Any) -> State:
    origin = {
        "Id": "site",
        "DomainName": domain,
        "OriginPath": path,
        "CustomOriginConfig": {"OriginProtocolPolicy": more.pop("protocol", "https-only")},
    }
    members = {
        key: more.pop(key)
        for key in ("TrustedKeyGroups", "TrustedSigners", "ViewerProtocolPolicy", *CODE)
        if key in more
    }
    default = behavior(DISABLED, request_policy, AllowedMethods=methods(7), **members)
    return distribution(default, Origins=listed([origin]), **more)


CDN_ADDRESS = "cloudfront/E1EXAMPLE"
GROUPS = {"Enabled": True, "Quantity": 1, "Items": ["group"]}
BY_DOMAIN = {CUSTOM: [Alias(HTTP_HOST, "/v1", mapped("live"))]}
REST_BY_DOMAIN = {CUSTOM: [Alias(REST_HOST, "", "/prod")]}


@dataclass(frozen=True)
class Case:
    """A request of a page, and what must be said of it."""

    name: str
    states: Sequence[State]
    url: str
    verdict: str
    culprit: str | None = None
    says: str = ""
    use_url: str | None = None
    method: str = "PUT"
    origin: str = PAGE
    aliases: Mapping[str, Sequence[Alias]] = field(default_factory=dict)


HTTP, REST = "http_api/abcdefgh", "rest_api/abc123defg/prod"
CASES = [
    # S3
    Case(
        "another region's host",
        [bucket()],
        "https://files.s3.us-west-2.amazonaws.com/k",
        "blocked",
        "s3/files",
        "may not be redirected",
        "https://files.s3.eu-central-1.amazonaws.com/k",
    ),
    Case(
        "path style on the global host",
        [bucket()],
        "https://s3.amazonaws.com/files/k?versionId=1",
        "blocked",
        "s3/files",
        "eu-central-1",
        "https://files.s3.eu-central-1.amazonaws.com/k?versionId=1",
    ),
    Case(
        "a plain GET is redirected too",
        [bucket()],
        "https://s3.amazonaws.com/files/k",
        "blocked",
        "s3/files",
        "redirect",
        "https://files.s3.eu-central-1.amazonaws.com/k",
        method="GET",
    ),
    Case("its own host", [bucket()], "https://files.s3.eu-central-1.amazonaws.com/k", "allowed"),
    Case(
        "accelerate",
        [bucket()],
        "https://files.s3-accelerate.amazonaws.com/k",
        "allowed",
        says="Acceleration",
    ),
    Case("FIPS", [bucket("us-east-1")], "https://files.s3-fips.us-east-1.amazonaws.com/k", "allowed"),
    Case("dual-stack", [bucket()], "https://files.s3.dualstack.eu-central-1.amazonaws.com/k", "allowed"),
    Case(
        "the website over https",
        [bucket()],
        "https://files.s3-website-eu-central-1.amazonaws.com/k",
        "blocked",
        "s3/files",
        "no TLS",
        "https://files.s3.eu-central-1.amazonaws.com/k",
        method="GET",
    ),
    Case(
        "a PUT to the website",
        [bucket()],
        "http://files.s3-website-eu-central-1.amazonaws.com/k",
        "blocked",
        "s3/files",
        "GET and HEAD only",
        "https://files.s3.eu-central-1.amazonaws.com/k",
        origin=LOCAL,
    ),
    Case(
        "a GET of the website",
        [bucket()],
        "http://files.s3-website-eu-central-1.amazonaws.com/k",
        "allowed",
        method="GET",
        origin=LOCAL,
    ),
    # HTTP APIs
    Case("the stage $default", [http_api("$default")], f"https://{HTTP_HOST}/items", "allowed"),
    Case("a named stage", [http_api("live")], f"https://{HTTP_HOST}/live/items", "allowed"),
    Case(
        "no stage in the path and no $default",
        [http_api("live")],
        f"https://{HTTP_HOST}/items",
        "blocked",
        HTTP,
        "has live",
        f"https://{HTTP_HOST}/live/items",
    ),
    Case(
        "a wrong stage",
        [http_api("live")],
        f"https://{HTTP_HOST}/prod/items",
        "blocked",
        HTTP,
        "no stage prod",
        f"https://{HTTP_HOST}/live/items",
    ),
    Case(
        "the root without a stage",
        [http_api("live")],
        f"https://{HTTP_HOST}/",
        "blocked",
        HTTP,
        "the path names none",
        f"https://{HTTP_HOST}/live/",
    ),
    Case(
        "a wrong path",
        [http_api("$default")],
        f"https://{HTTP_HOST}/item?x=1",
        "unknown",
        HTTP,
        "No route of http_api/abcdefgh matches PUT /item",
        f"https://{HTTP_HOST}/items?x=1",
    ),
    Case(
        "a wrong path without CORS settings",
        [http_api("$default", config=None)],
        f"https://{HTTP_HOST}/item",
        "blocked",
        HTTP,
        "404",
        f"https://{HTTP_HOST}/items",
    ),
    Case("no stage at all", [http_api()], f"https://{HTTP_HOST}/items", "blocked", HTTP, "has no stage"),
    Case(
        "a distribution without OriginPath",
        [cdn(HTTP_HOST), http_api("live")],
        f"{CDN}/items",
        "blocked",
        HTTP,
        "has live",
        f"{CDN}/live/items",
    ),
    Case(
        "a distribution with OriginPath",
        [cdn(HTTP_HOST, path="/live"), http_api("live")],
        f"{CDN}/items",
        "allowed",
    ),
    Case(
        "a custom domain name", [http_api("live")], f"https://{CUSTOM}/v1/items", "allowed", aliases=BY_DOMAIN
    ),
    Case(
        "the stage left in the path of a custom domain name",
        [http_api("live")],
        f"https://{CUSTOM}/v1/live/items",
        "blocked",
        HTTP,
        "names live once more",
        f"https://{CUSTOM}/v1/items",
        aliases=BY_DOMAIN,
    ),
    Case(
        "http to execute-api",
        [http_api("$default")],
        f"http://{HTTP_HOST}/items",
        "blocked",
        HTTP,
        "https only",
        f"https://{HTTP_HOST}/items",
        origin=LOCAL,
    ),
    Case(
        "an http URL from an https page",
        [http_api("$default")],
        f"http://{HTTP_HOST}/items",
        "blocked",
        None,
        "mixed content",
        f"https://{HTTP_HOST}/items",
    ),
    Case(
        "a distribution that calls execute-api over http",
        [cdn(HTTP_HOST, protocol="http-only"), http_api("$default")],
        f"{CDN}/items",
        "blocked",
        HTTP,
        "https only",
    ),
    # REST APIs
    Case("a stage", [rest_api()], f"https://{REST_HOST}/prod/items", "allowed"),
    Case(
        "a wrong REST stage",
        [rest_api()],
        f"https://{REST_HOST}/dev/items",
        "blocked",
        REST,
        "no stage dev",
        f"https://{REST_HOST}/prod/items",
    ),
    Case(
        "a REST path without a stage",
        [rest_api()],
        f"https://{REST_HOST}/items",
        "blocked",
        REST,
        "has prod",
        f"https://{REST_HOST}/prod/items",
    ),
    Case(
        "a wrong path",
        [rest_api()],
        f"https://{REST_HOST}/prod/item?x=1",
        "blocked",
        REST,
        "403",
        f"https://{REST_HOST}/prod/items?x=1",
    ),
    Case(
        "the stage left in the path of a REST API's custom domain name",
        [rest_api()],
        f"https://{CUSTOM}/prod/items",
        "blocked",
        REST,
        "403",
        f"https://{CUSTOM}/items",
        aliases=REST_BY_DOMAIN,
    ),
    Case(
        "a distribution without OriginPath before a REST API",
        [cdn(REST_HOST), rest_api()],
        f"{CDN}/items",
        "blocked",
        REST,
        "has prod",
        f"{CDN}/prod/items",
    ),
    Case(
        "PRIVATE",
        [rest_api(endpointTypes=("PRIVATE",))],
        f"https://{REST_HOST}/prod/items",
        "unknown",
        REST,
        "PRIVATE",
    ),
    Case(
        "a policy that denies",
        [rest_api(policy=DENY)],
        f"https://{REST_HOST}/prod/items",
        "blocked",
        REST,
        "denies",
    ),
    Case("a policy that allows", [rest_api(policy=ALLOW)], f"https://{REST_HOST}/prod/items", "allowed"),
    Case(
        "a policy on the caller's address",
        [rest_api(policy=BY_ADDRESS)],
        f"https://{REST_HOST}/prod/items",
        "unknown",
        REST,
        "aws:SourceIp",
    ),
    Case(
        "a policy that cannot be read",
        [rest_api(policy_unread="no JSON")],
        f"https://{REST_HOST}/prod/items",
        "unknown",
        REST,
        "no JSON",
    ),
    Case(
        "a stage's web ACL",
        [rest_api(web_acl=ACL)],
        f"https://{REST_HOST}/prod/items",
        "unknown",
        REST,
        says="web ACL office-only of rest_api/abc123defg/prod may answer first",
    ),
    # CloudFront
    Case(
        "a disabled distribution",
        [cdn(HTTP_HOST, Enabled=False), http_api("$default")],
        f"{CDN}/items",
        "blocked",
        CDN_ADDRESS,
        "disabled",
    ),
    Case(
        "a trusted key group",
        [cdn(HTTP_HOST, TrustedKeyGroups=GROUPS), http_api("$default")],
        f"{CDN}/items",
        "blocked",
        CDN_ADDRESS,
        "TrustedKeyGroups",
    ),
    Case(
        "a trusted signer and a plain GET",
        [cdn(HTTP_HOST, TrustedSigners=GROUPS), http_api("$default")],
        f"{CDN}/items",
        "blocked",
        CDN_ADDRESS,
        "TrustedSigners",
        method="GET",
    ),
    Case(
        "a signed URL",
        [cdn(HTTP_HOST, TrustedKeyGroups=GROUPS), http_api("$default")],
        f"{CDN}/items?Expires=1&Signature=x&Key-Pair-Id=K",
        "unknown",
        CDN_ADDRESS,
        "signature",
    ),
    Case(
        "redirect-to-https",
        [cdn(HTTP_HOST, ViewerProtocolPolicy="redirect-to-https"), http_api("$default")],
        "http://d1.cloudfront.net/items",
        "blocked",
        CDN_ADDRESS,
        "redirected",
        f"{CDN}/items",
        origin=LOCAL,
    ),
    Case(
        "https-only",
        [cdn(HTTP_HOST, ViewerProtocolPolicy="https-only"), http_api("$default")],
        "http://d1.cloudfront.net/items",
        "blocked",
        CDN_ADDRESS,
        "https-only",
        f"{CDN}/items",
        origin=LOCAL,
        method="GET",
    ),
    Case(
        "allow-all over http",
        [cdn(HTTP_HOST, ViewerProtocolPolicy="allow-all"), http_api("$default")],
        "http://d1.cloudfront.net/items",
        "allowed",
        origin=LOCAL,
    ),
    Case(
        "a web ACL",
        [cdn(HTTP_HOST, WebACLId=ACL), http_api("$default")],
        f"{CDN}/items",
        "unknown",
        CDN_ADDRESS,
        says=f"web ACL office-only of {CDN_ADDRESS} may answer first",
    ),
    Case(
        "AllViewer before a custom domain name",
        [cdn(CUSTOM, ALL_VIEWER), http_api("live")],
        f"{CDN}/v1/items",
        "blocked",
        HTTP,
        "The Host d1.cloudfront.net is sent on",
        aliases=BY_DOMAIN,
    ),
    Case(
        "all but Host before a custom domain name",
        [cdn(CUSTOM), http_api("live")],
        f"{CDN}/v1/items",
        "allowed",
        aliases=BY_DOMAIN,
    ),
    Case(
        "AllViewer before execute-api",
        [cdn(HTTP_HOST, ALL_VIEWER), http_api("$default")],
        f"{CDN}/items",
        "blocked",
        CDN_ADDRESS,
        "viewer's Host",
    ),
    Case(
        "a Lambda function URL behind",
        [cdn("xyz.lambda-url.eu-west-1.on.aws")],
        f"{CDN}/items",
        "unknown",
        CDN_ADDRESS,
        "a Lambda function URL",
    ),
    # Names that AWS gives to others
    Case(
        "a function URL",
        [],
        "https://x1.lambda-url.eu-west-1.on.aws/",
        "unknown",
        None,
        "Lambda function URL",
    ),
    Case("AppSync", [], "https://x1.appsync-api.eu-west-1.amazonaws.com/graphql", "unknown", None, "AppSync"),
    Case("Cognito", [], "https://x.auth.eu-west-1.amazoncognito.com/login", "unknown", None, "Cognito"),
    Case(
        "a load balancer", [], "https://web-1.eu-west-1.elb.amazonaws.com/", "unknown", None, "load balancer"
    ),
    Case(
        "an API of AWS", [], "https://dynamodb.eu-west-1.amazonaws.com/", "unknown", None, "API of AWS itself"
    ),
    Case("the list of buckets", [], "https://s3.eu-west-1.amazonaws.com/", "blocked", None, "no CORS"),
    Case(
        "a VPC endpoint",
        [],
        "https://vpce-1-2.execute-api.eu-west-1.vpce.amazonaws.com/prod",
        "blocked",
        None,
        "x-apigw-api-id",
    ),
]


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_what_is_said(case: Case) -> None:
    chain = Chain(case.states, {}, case.aliases)
    request = BrowserRequest(case.origin, case.url, case.method)
    found = explain(chain, request).as_json()
    assert (found["verdict"], found["culprit"]) == (case.verdict, case.culprit), found["because"]
    assert case.says in found["because"]
    assert found["use_url"] == case.use_url
    if case.verdict != "allowed":
        assert found["fix"]
    if case.states:
        # What expectations, the plan's access section and verify ask.
        assert str(chain.evaluate(request).outcome) == case.verdict


NOT_ENOUGH = {"the root without a stage", "a wrong path without CORS settings"}
"""Cases whose URL is right and whose settings let nobody in there all the same."""


@pytest.mark.parametrize(
    "case",
    [case for case in CASES if case.use_url and case.name not in NOT_ENOUGH],
    ids=lambda case: case.name,
)
def test_the_url_to_use_works(case: Case) -> None:
    assert case.use_url is not None
    request = BrowserRequest(case.origin, case.use_url, case.method)
    seen = Chain(case.states, {}, case.aliases).evaluate(request)
    assert seen.outcome is Decision.ALLOWED, seen.because


FUNCTION = {"EventType": "viewer-request", "FunctionARN": "arn:aws:cloudfront::123456789012:function/login"}
LAMBDA = {
    "EventType": "origin-response",
    "LambdaFunctionARN": "arn:aws:lambda:us-east-1:123456789012:function:sign:3",
}


@pytest.mark.parametrize(
    ("member", "association", "name"),
    [
        (CODE[0], FUNCTION, "the CloudFront Function login on viewer-request"),
        (CODE[1], LAMBDA, "the Lambda@Edge function sign:3 on origin-response"),
    ],
)
def test_the_walk_goes_on_behind_code(member: str, association: Any, name: str) -> None:
    front = cdn(HTTP_HOST, **{member: listed([association])})
    found = explain(Chain([front, http_api("$default")]), BrowserRequest(PAGE, f"{CDN}/items", "PUT"))
    told = found.as_json()
    assert (told["verdict"], told["culprit"]) == ("unknown", CDN_ADDRESS)
    assert name in told["because"]
    assert name in told["fix"]
    assert [hop["address"] for hop in told["hops"]] == [CDN_ADDRESS, HTTP]
    assert told["hops"][1]["preflight"]["status"] == 204


def test_code_on_a_viewer_response_does_not_run_on_an_error() -> None:
    late = FUNCTION | {"EventType": "viewer-response"}
    front = cdn(HTTP_HOST, FunctionAssociations=listed([late]))
    chain = Chain([front, http_api("live")])
    found = explain(chain, BrowserRequest(PAGE, f"{CDN}/items", "PUT"))
    assert (found.outcome, found.culprit) == (Decision.BLOCKED, HTTP)
    passing = explain(chain, BrowserRequest(PAGE, f"{CDN}/live/items", "PUT"))
    assert (passing.outcome, passing.culprit) == (Decision.UNKNOWN, CDN_ADDRESS)


def opening(state: State) -> Change:
    after = {"CorsConfiguration": {**ALLOWED, "AllowOrigins": ["*"]}}
    return Change(
        state.address, state.service, state.region, state.config, after, state.revision, state.group
    )


@pytest.mark.parametrize(
    "front", [cdn(HTTP_HOST, Enabled=False), cdn(HTTP_HOST, TrustedKeyGroups=GROUPS)], ids=["off", "signed"]
)
def test_guards_judge_what_stands_behind_it_all_the_same(front: State) -> None:
    behind = http_api("$default", config=None)
    policy = Policy("webapp", (PAGE,), ("PUT",), (), options={})
    found = access_changes(
        [front, behind], [opening(behind)], {behind.address: [policy], front.address: [policy]}
    )
    through = [turn for turn in found if turn.via[0] == CDN_ADDRESS]
    assert any(turn.grants for turn in through)
    assert not [row for row in access(found) if row.to.startswith(CDN)]
    assert [row for row in access(found) if row.to.startswith(f"https://{HTTP_HOST}")]


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        (cdn(HTTP_HOST, Enabled=False), "is disabled"),
        (cdn(HTTP_HOST, TrustedKeyGroups=GROUPS), "serves signed requests only"),
        (cdn(HTTP_HOST, WebACLId=ACL), "The web ACL office-only of"),
        (rest_api(policy=DENY), "denies OPTIONS /items"),
        (rest_api(endpointTypes=("PRIVATE",)), "is PRIVATE"),
        (http_api(), "has no stage"),
    ],
    ids=["off", "signed", "acl", "policy", "private", "no stage"],
)
def test_a_plan_says_what_answers_first(state: State, sentence: str) -> None:
    selector = Selector(state.service, state.names[0], where="plans/webapp.yaml:9:5")
    policy = Policy("webapp", (PAGE,), ("PUT",), (), options={})
    (found,) = answers_first(replace(state, selected_by=(selector,)), [policy])
    assert found.code == "answers-before-cors"
    assert sentence in found.message
    assert found.where == "plans/webapp.yaml:9:5"


def test_a_plan_says_nothing_where_nothing_answers_first() -> None:
    policy = Policy("webapp", (PAGE,), ("PUT",), (), options={})
    for state in (cdn(HTTP_HOST), rest_api(policy=ALLOW), http_api("$default"), bucket()):
        assert answers_first(state, [policy]) == []
