"""Plans in, permissions out: which actions on which ARNs, for whom, and what is said besides."""

from __future__ import annotations

import random
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from remediate.core.permission import UNRESOLVED, Permission, Purpose, Resolved
from remediate.errors import UsageError
from remediate.iam import LARGEST, document, permissions, remarks, size, statements
from remediate.notify import channel_kinds, parse
from remediate.planfile import PlanFile, load
from remediate.services import target_options

from .evaluation import Asked, allows
from .runs import NOW

WRITES = ("DELETE", "PATCH", "POST", "PUT")
BELOW = (
    "authorizers/a1b2c3",
    "integrations",
    "integrations/a1b2c3d",
    "integrations/a1b2c3d/integrationresponses/a1b2c3",
    "models/a1b2c3",
    "routes",
    "routes/a1b2c3d",
    "routes/a1b2c3d/routeresponses/a1b2c3",
    "stages/cors",
    "stages/deployments",
    "stages/prod",
    "deployments/a1b2c3",
)
"""Service Authorization Reference, "Amazon API Gateway Management V2", resource types; a stage is named
as its owner likes."""
GATEWAY = "arn:aws:apigateway:eu-west-1::"


def plan(folder: Path, targets: str, head: str = "region: eu-west-1") -> PlanFile:
    path = folder / "plan.yaml"
    path.write_text(
        f"version: 1\nname: webapp\norigins: [https://a.example]\n{head}\ntargets: [{targets}]\n",
        encoding="utf-8",
    )
    return load([path], target_options(), now=NOW, channels=channel_kinds())[0]


def allowed(
    file: PlanFile, purpose: Purpose = Purpose.PLAN, resolved: Resolved = UNRESOLVED, **more: Any
) -> dict[str, list[str]]:
    """The resources of each action, wherever it stands."""
    by_action: dict[str, set[str]] = {}
    for statement in document(permissions([file], purpose, resolved=resolved, **more))["Statement"]:
        for action in statement["Action"]:
            by_action.setdefault(action, set()).update(statement["Resource"])
    return {action: sorted(resources) for action, resources in sorted(by_action.items())}


def test_a_bucket_by_name_needs_no_listing(tmp_path: Path) -> None:
    file = plan(tmp_path, "{s3: uploads}")
    arns = ["arn:aws:s3:::uploads"]
    assert allowed(file) == {"s3:GetBucketCORS": arns, "s3:GetBucketTagging": arns}
    assert allowed(file, Purpose.APPLY) == {**allowed(file), "s3:PutBucketCORS": arns}


def test_globs_stand_in_arns_as_iam_has_them(tmp_path: Path) -> None:
    actions = allowed(plan(tmp_path, "{s3: 'log-[!a-c]?-*'}"))
    assert actions["s3:GetBucketCORS"] == ["arn:aws:s3:::log-??-*"]
    assert actions["s3:ListAllMyBuckets"] == ["*"]


def test_what_a_wider_glob_covers_is_not_named_again(tmp_path: Path) -> None:
    actions = allowed(plan(tmp_path, "{s3: up-a}, {s3: 'up-*'}, {s3: 'u?-a'}, {s3: 'up-*-x'}"))
    assert actions["s3:GetBucketCORS"] == ["arn:aws:s3:::u?-a", "arn:aws:s3:::up-*"]


def test_a_directory_bucket_is_never_asked_about(tmp_path: Path) -> None:
    assert allowed(plan(tmp_path, "{s3: fast--euw1-az1--x-s3}")) == {}


@pytest.mark.parametrize(
    ("region", "partition"), [("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov"), ("eu-west-1", "aws")]
)
def test_the_region_tells_the_partition(tmp_path: Path, region: str, partition: str) -> None:
    file = plan(tmp_path, "{s3: uploads}, {rest_api: backend}", f"region: {region}")
    actions = allowed(file)
    assert actions["s3:GetBucketCORS"] == [f"arn:{partition}:s3:::uploads"]
    assert f"arn:{partition}:apigateway:{region}::/restapis" in actions["apigateway:GET"]


def test_an_http_api_by_id(tmp_path: Path) -> None:
    file = plan(tmp_path, "{http_api: a1b2c3d4e5}")
    api = f"{GATEWAY}/apis/a1b2c3d4e5"
    reads = [api, f"{api}/exports/OAS30", f"{api}/routes", f"{api}/stages"]
    assert allowed(file) == {"apigateway:GET": reads}
    assert allowed(file, Purpose.APPLY) == {
        "apigateway:DELETE": [f"{api}/cors"],
        "apigateway:GET": reads,
        "apigateway:PATCH": [api],
        "apigateway:POST": [f"{api}/deployments"],
    }


def test_more_http_apis_than_are_fetched_one_by_one_are_listed(tmp_path: Path) -> None:
    file = plan(tmp_path, "{http_api: a1b2c3d4e5}, {http_api: b1b2c3d4e5}, {http_api: c1b2c3d4e5}")
    reads = allowed(file)["apigateway:GET"]
    assert f"{GATEWAY}/apis" in reads
    assert f"{GATEWAY}/apis/a1b2c3d4e5" not in reads


def test_a_name_means_all_until_aws_was_asked(tmp_path: Path) -> None:
    file = plan(tmp_path, "{http_api: orders}")
    assert allowed(file)["apigateway:GET"] == [
        f"{GATEWAY}/apis",
        *(f"{GATEWAY}/apis/*/{part}" for part in ("exports/OAS30", "routes", "stages")),
    ]
    resolved = Resolved({("eu-west-1", "orders"): ["a1b2c3d4e5"]}, "123456789012")
    assert allowed(file, resolved=resolved)["apigateway:GET"] == [
        f"{GATEWAY}/apis",
        *(f"{GATEWAY}/apis/a1b2c3d4e5/{part}" for part in ("exports/OAS30", "routes", "stages")),
    ]


@pytest.mark.parametrize("path", ["{id}", "{id}/cors", "{id}/deployments"])
def test_of_http_apis_that_are_not_known_no_more_is_written_than_of_known_ones(
    tmp_path: Path, path: str
) -> None:
    """IAM's `*` goes over `/`, so one in the place of an id would allow what is below it, too."""
    policy = document(permissions([plan(tmp_path, "{http_api: orders}")], Purpose.DRIFT))
    method = {"{id}": "PATCH", "{id}/cors": "DELETE", "{id}/deployments": "POST"}[path]
    for identifier in ("a1b2c3d4", "a1b2c3d4e", "a1b2c3d4e5"):
        arn = f"{GATEWAY}/apis/{path.format(id=identifier)}"
        allowed_methods = {one for one in WRITES if allows([policy], Asked(f"apigateway:{one}", arn))}
        assert allowed_methods == {method}
        for below in BELOW:
            arn = f"{GATEWAY}/apis/{identifier}/{below}"
            assert not any(allows([policy], Asked(f"apigateway:{one}", arn)) for one in WRITES), arn


def test_of_a_name_that_looks_like_an_id_it_must_be_told_that_there_is_none(tmp_path: Path) -> None:
    """GetApi of it is tried first, and would be denied where only the real id is allowed."""
    resolved = Resolved({("eu-west-1", "frontend"): ["a1b2c3d4e5"]})
    reads = allowed(plan(tmp_path, "{http_api: frontend}"), resolved=resolved)["apigateway:GET"]
    assert {f"{GATEWAY}/apis", f"{GATEWAY}/apis/frontend"} <= set(reads)


def test_a_rest_api_is_limited_to_its_stages(tmp_path: Path) -> None:
    file = plan(tmp_path, "{rest_api: a1b2c3d4e5, stages: [prod, 'v*']}")
    reads = allowed(file)["apigateway:GET"]
    exports = [f"{GATEWAY}/restapis/a1b2c3d4e5/stages/{stage}/exports/oas30" for stage in ("prod", "v*")]
    assert [arn for arn in reads if "exports" in arn] == exports
    deploys = [
        statement
        for statement in statements(permissions([file], Purpose.APPLY))
        if statement["Action"] == ["apigateway:POST"]
    ]
    (deploy,) = deploys
    assert deploy["Resource"] == [f"{GATEWAY}/restapis/a1b2c3d4e5/deployments"]
    assert deploy["Condition"] == {"StringLike": {"apigateway:Request/StageName": ["prod", "v*"]}}


def test_of_other_methods_only_responses_are_written(tmp_path: Path) -> None:
    actions = allowed(plan(tmp_path, "{rest_api: a1b2c3d4e5}"), Purpose.DRIFT)
    api = f"{GATEWAY}/restapis/a1b2c3d4e5"
    assert actions["apigateway:PUT"] == [
        f"{api}/gatewayresponses/*",
        f"{api}/resources/*/methods/*/responses/*",
        f"{api}/resources/*/methods/OPTIONS",
        f"{api}/resources/*/methods/OPTIONS/integration",
    ]


def test_only_a_person_puts_a_stage_back(tmp_path: Path) -> None:
    file = plan(tmp_path, "{rest_api: a1b2c3d4e5, stages: [prod]}")
    stage = f"{GATEWAY}/restapis/a1b2c3d4e5/stages/prod"
    assert stage in allowed(file, Purpose.APPLY)["apigateway:PATCH"]
    assert stage not in allowed(file, Purpose.DRIFT)["apigateway:PATCH"]


def test_a_distribution_by_id(tmp_path: Path) -> None:
    head = "region: eu-west-1\naccount: '123456789012'"
    actions = allowed(plan(tmp_path, "{cloudfront: E1ABCDEF}", head), Purpose.APPLY)
    distribution = ["arn:aws:cloudfront::123456789012:distribution/E1ABCDEF"]
    assert "cloudfront:ListDistributions" not in actions
    assert actions["cloudfront:UpdateDistribution"] == actions["cloudfront:GetDistribution"] == distribution
    assert actions["cloudfront:DeleteCachePolicy"] == ["arn:aws:cloudfront::123456789012:cache-policy/*"]


@pytest.mark.parametrize(
    ("answer", "made"),
    [
        ("origin", ["cloudfront:CreateCachePolicy", "cloudfront:CreateOriginRequestPolicy"]),
        ("edge", ["cloudfront:CreateResponseHeadersPolicy"]),
    ],
)
def test_who_answers_tells_which_policies_are_made(tmp_path: Path, answer: str, made: list[str]) -> None:
    actions = allowed(plan(tmp_path, f"{{cloudfront: api.example.com, answer: {answer}}}"), Purpose.APPLY)
    created = [action for action in actions if action.endswith("Policy") and "Create" in action]
    assert created == made
    assert {tuple(actions[action]) for action in made} == {("*",)}
    assert actions["cloudfront:UpdateDistribution"] == ["arn:aws:cloudfront::*:distribution/*"]


@pytest.mark.parametrize(
    ("state", "objects"),
    [
        ("s3://ops/remediate", "arn:aws:s3:::ops/remediate/*"),
        ("s3://ops", "arn:aws:s3:::ops/*"),
        ("s3://ops/a*b?$", "arn:aws:s3:::ops/a${*}b${?}${$}/*"),
    ],
)
def test_a_journal_in_a_bucket(tmp_path: Path, state: str, objects: str) -> None:
    file = replace(plan(tmp_path, "{s3: uploads}"), state=state)
    reads = {"s3:GetObject": [objects], "s3:ListBucket": ["arn:aws:s3:::ops"]}
    assert {action: arns for action, arns in allowed(file).items() if "Bucket" not in action[6:]} | {
        "s3:ListBucket": allowed(file)["s3:ListBucket"]
    } == reads
    assert allowed(file, Purpose.APPLY)["s3:PutObject"] == [objects]
    runs = objects.removesuffix("*") + "runs/*"
    assert allowed(file, Purpose.DRIFT)["s3:DeleteObject"] == [runs], "nothing else is deleted"


def test_a_journal_in_a_folder_needs_nothing(tmp_path: Path) -> None:
    assert not [
        action for action in allowed(plan(tmp_path, "{s3: uploads}"), Purpose.APPLY) if "Object" in action
    ]


def test_drift_may_ask_who_did_it_and_tell(tmp_path: Path) -> None:
    topic, other = (f"arn:aws:sns:eu-west-1:123456789012:{name}" for name in ("ops", "other"))
    file = plan(tmp_path, "{s3: uploads}", f"region: eu-west-1\nnotify: [{{sns: '{topic}'}}]")
    actions = allowed(file, Purpose.DRIFT, channels=[parse(f"sns:{other}")])
    assert actions["cloudtrail:LookupEvents"] == ["*"]
    assert actions["sns:Publish"] == [topic, other]
    assert not {"sns:Publish", "cloudtrail:LookupEvents"} & allowed(file, Purpose.APPLY).keys()


def test_the_order_of_the_targets_changes_nothing(tmp_path: Path) -> None:
    targets = ["{s3: 'a-*'}", "{s3: b}", "{rest_api: x, stages: [prod]}", "{rest_api: a1b2c3d4e5}"]
    targets += ["{http_api: y}", "{cloudfront: E1ABCDEF}", "{cloudfront: c.example, answer: edge}"]
    texts = set()
    for seed in range(10):
        random.Random(seed).shuffle(targets)
        texts.add(str(document(permissions([plan(tmp_path, ", ".join(targets))], Purpose.DRIFT))))
    assert len(texts) == 1


def test_every_statement_has_a_name_of_its_own(tmp_path: Path) -> None:
    """IAM takes letters and digits, and no Sid twice (IAM user guide, "Sid")."""
    targets = "{rest_api: x, stages: [prod]}, {rest_api: y, stages: [dev]}, {rest_api: z}, {s3: '*'}"
    sids = [
        statement["Sid"] for statement in statements(permissions([plan(tmp_path, targets)], Purpose.DRIFT))
    ]
    assert len(set(sids)) == len(sids)
    assert [sid for sid in sids if not re.fullmatch("[A-Za-z0-9]+", sid)] == []


def test_the_same_action_under_two_conditions_stays_two_statements() -> None:
    when = (("StringLike", "k", ("v",)),)
    needed = [Permission(("a:B",), ("r",), "why"), Permission(("a:B",), ("s",), "why", when)]
    assert statements(needed) == [
        {"Sid": "Why", "Effect": "Allow", "Action": ["a:B"], "Resource": ["r"]},
        {
            "Sid": "Why2",
            "Effect": "Allow",
            "Action": ["a:B"],
            "Resource": ["s"],
            "Condition": {"StringLike": {"k": ["v"]}},
        },
    ]


def test_plans_of_several_accounts_have_no_policy_together(tmp_path: Path) -> None:
    one = plan(tmp_path, "{s3: uploads}", "account: '123456789012'")
    with pytest.raises(UsageError, match="123456789012, 210987654321"):
        permissions([one, replace(one, account="210987654321")], Purpose.PLAN)


def said(file: PlanFile, resolved: Resolved = UNRESOLVED, region: str | None = "eu-west-1") -> list[str]:
    policy = document(permissions([file], Purpose.APPLY, region=region, resolved=resolved))
    return remarks([file], policy, region=region, resolved=resolved)


def test_whatever_widens_the_policy_is_told(tmp_path: Path) -> None:
    assert said(plan(tmp_path, "{s3: 'a-*'}, {rest_api: a1b2c3d4e5}, {cloudfront: E1ABCDEF}")) == []
    (named,) = said(plan(tmp_path, "{rest_api: backend}"))
    assert "(backend)" in named
    assert "--resolve" in named
    (nowhere,) = said(plan(tmp_path, "{rest_api: a1b2c3d4e5}", ""), region=None)
    assert "--region" in nowhere
    (gone,) = said(plan(tmp_path, "{rest_api: backend}"), Resolved({("eu-west-1", "backend"): []}))
    assert "rest_api: backend names nothing" in gone


def test_what_an_expectation_may_look_for_is_told(tmp_path: Path) -> None:
    expect = "expect: [{from: 'https://a.example', to: 'https://%s/x', verdict: allowed}]\nregion: eu-west-1"
    (elsewhere,) = said(plan(tmp_path, "{s3: uploads}", expect % "api.example.com"))
    assert "api.example.com" in elsewhere
    assert said(plan(tmp_path, "{s3: uploads}", expect % "uploads.s3.eu-west-1.amazonaws.com")) == []


def test_a_policy_that_is_too_long_is_told(tmp_path: Path) -> None:
    names = ", ".join(f"{{rest_api: a1b2c3d4{number:02d}}}" for number in range(40))
    file = plan(tmp_path, names)
    assert size(document(permissions([file], Purpose.APPLY))) > LARGEST
    (long,) = said(file)
    assert str(LARGEST) in long


def test_the_plan_of_the_readme_fits(tmp_path: Path) -> None:
    del tmp_path
    (file,) = load([Path("plans/webapp.yaml")], target_options(), now=NOW)
    policy = document(permissions([file], Purpose.DRIFT))
    assert size(policy) < LARGEST
    assert size({"a": "b c"}) == len('{"a":"bc"}')
