"""The Lambda handler: scheduled passes, and passes over the one resource that an event names."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from remediate.errors import RemediateError, UsageError
from remediate.job import PassFailed, handler
from tests.drift.world import ALL, PLAN, World, world

SCHEDULED = {"detail-type": "Scheduled Event", "source": "aws.scheduler", "detail": {}}
COVERED = ("s3", "apigateway", "apigatewayv2", "cloudfront", "sts")


@pytest.fixture
def one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    with world(tmp_path, ALL) as made:
        _configure(made, monkeypatch)
        yield made


def _configure(made: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REMEDIATE_PLANS", str(made.folder))
    monkeypatch.setenv("REMEDIATE_METRICS", "false")


def changed(name: str, source: str, parameters: dict[str, Any], **more: Any) -> dict[str, Any]:
    """An event as EventBridge gives it."""
    return {
        "detail-type": "AWS API Call via CloudTrail",
        "detail": {
            "eventSource": f"{source}.amazonaws.com",
            "eventName": name,
            "awsRegion": "eu-west-1",
            "eventTime": "2026-03-02T09:59:00Z",
            "userIdentity": {"type": "IAMUser", "userName": "Alice"},
            "requestParameters": parameters,
            **more,
        },
    }


def handled(one: World, event: dict[str, Any]) -> dict[str, Any]:
    return handler(event, None, now=lambda: one.now)


def sent(document: dict[str, Any]) -> dict[str, int]:
    return {call: count for call, count in document["api_calls"].items() if call.split(":")[0] in COVERED}


def test_a_scheduled_event_makes_a_pass_over_everything(one: World) -> None:
    assert handled(one, SCHEDULED)["summary"]["unchanged"] == 4
    one.put_rules({"AllowedOrigins": ["https://app.example.com"], "AllowedMethods": ["GET"]})
    done = handled(one, SCHEDULED)
    assert [(each["address"], each["status"]) for each in done["drift"]] == [("s3/webapp-uploads", "partly")]
    assert done["exit_code"] == 0


def events(one: World) -> dict[str, dict[str, Any]]:
    aws = one.aws()
    (api,) = aws.client("apigatewayv2").get_apis()["Items"]
    (rest,) = aws.client("apigateway").get_rest_apis()["items"]
    listed = aws.client("cloudfront").list_distributions()["DistributionList"]["Items"]
    (distribution,) = [each for each in listed if "cdn.example.com" in each["Aliases"].get("Items", [])]
    return {
        "s3": changed("PutBucketCors", "s3", {"bucketName": "webapp-uploads"}),
        "http_api": changed("UpdateApi", "apigateway", {"apiId": api["ApiId"]}),
        "rest_api": changed("CreateDeployment", "apigateway", {"restApiId": rest["id"]}),
        "cloudfront": changed(
            "UpdateDistribution", "cloudfront", {"id": distribution["Id"]}, awsRegion="us-east-1"
        ),
    }


@pytest.mark.parametrize("kind", ["s3", "http_api", "rest_api", "cloudfront"])
def test_an_event_about_what_is_as_it_should_be_takes_six_calls_and_no_listing(one: World, kind: str) -> None:
    done = handled(one, events(one)[kind])
    assert done["drift"] == []
    assert done["summary"]["unchanged"] == 1
    calls = sent(done)
    assert sum(calls.values()) <= 6, calls
    listings = {
        "s3:ListBuckets",
        "apigateway:GetRestApis",
        "apigatewayv2:GetApis",
        "cloudfront:ListDistributions",
    }
    assert not calls.keys() & listings


def test_an_event_about_a_bucket_corrects_it_in_six_calls(one: World) -> None:
    one.put_rules({"AllowedOrigins": ["https://app.example.com"], "AllowedMethods": ["GET"]})
    done = handled(one, events(one)["s3"])
    (found,) = done["drift"]
    assert (found["kind"], found["status"], found["who"]) == ("drift", "partly", "user Alice")
    assert sum(sent(done).values()) <= 6, sent(done)
    assert "remediate:webapp" in [rule.get("ID") for rule in one.rules()]


def test_an_event_about_a_policy_is_a_pass_over_the_distributions(one: World) -> None:
    client = one.aws().client("cloudfront")
    listed = client.list_cache_policies(Type="custom")["CachePolicyList"]["Items"]
    (ours,) = [each["CachePolicy"] for each in listed]
    edited = copy.deepcopy(ours["CachePolicyConfig"])
    edited["ParametersInCacheKeyAndForwardedToOrigin"]["HeadersConfig"] = {"HeaderBehavior": "none"}
    got = client.get_cache_policy(Id=ours["Id"])
    client.update_cache_policy(Id=ours["Id"], IfMatch=got["ETag"], CachePolicyConfig=edited)
    done = handled(one, changed("UpdateCachePolicy", "cloudfront", {"id": ours["Id"]}, awsRegion="us-east-1"))
    (found,) = done["drift"]
    assert (found["service"], found["kind"], found["status"], found["who"]) == (
        "cloudfront",
        "drift",
        "corrected",
        "user Alice",
    )
    # What stands behind is read by its id.
    assert not done["api_calls"].keys() & {"s3:ListBuckets", "apigateway:GetRestApis", "apigatewayv2:GetApis"}


def test_an_event_about_what_no_plan_covers_changes_nothing(one: World) -> None:
    one.aws().client("s3").create_bucket(
        Bucket="somebody-elses", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )
    done = handled(one, changed("PutBucketCors", "s3", {"bucketName": "somebody-elses"}))
    assert (done["drift"], done["summary"]["unchanged"], done["exit_code"]) == ([], 0, 0)


@pytest.mark.parametrize(
    ("name", "parameters"),
    [("UpdateApi", {"apiId": "abcdefgh12"}), ("CreateDeployment", {"restApiId": "abcdefgh12"})],
)
def test_an_event_about_what_is_gone_lists_nothing(one: World, name: str, parameters: dict[str, Any]) -> None:
    done = handled(one, changed(name, "apigateway", parameters))
    assert (done["drift"], done["exit_code"]) == ([], 0)
    assert not done["api_calls"].keys() & {"apigateway:GetRestApis", "apigatewayv2:GetApis"}


@pytest.mark.parametrize(
    "event",
    [
        changed("PutBucketCors", "s3", {"bucketName": "webapp-uploads"}, errorCode="AccessDenied"),
        changed("PutBucketPolicy", "s3", {"bucketName": "webapp-uploads"}),
    ],
)
def test_an_event_about_nothing_asks_aws_nothing(
    event: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REMEDIATE_PLANS", "/nowhere")
    assert "ignored" in handler(event)


def test_metrics_are_one_line_of_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with world(tmp_path) as one:
        _configure(one, monkeypatch)
        monkeypatch.setenv("REMEDIATE_METRICS", "true")
        monkeypatch.setenv("REMEDIATE_CORRECT", "false")
        one.put_rules({"AllowedOrigins": ["https://app.example.com"], "AllowedMethods": ["GET"]})
        handled(one, SCHEDULED)
        line = json.loads(capsys.readouterr().out)
    (directive,) = line["_aws"]["CloudWatchMetrics"]
    assert directive["Namespace"] == "Remediate"
    assert directive["Dimensions"] == [["Plan"]]
    assert line["_aws"]["Timestamp"] == int(one.now.timestamp() * 1000)
    assert (line["Plan"], line["DriftFound"], line["DriftLeft"], line["Errors"]) == ("webapp", 1, 1, 0)
    assert {metric["Name"] for metric in directive["Metrics"]} <= line.keys()


def test_what_cannot_be_read_is_an_error_of_the_function(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with world(tmp_path) as one:
        _configure(one, monkeypatch)
        client = one.aws().client("s3")
        client.delete_bucket_cors(Bucket="webapp-uploads")
        client.delete_bucket(Bucket="webapp-uploads")
        with pytest.raises(PassFailed, match="s3/webapp-uploads"):
            handled(one, SCHEDULED)


def test_plans_and_journal_in_a_bucket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with world(tmp_path) as one:
        client = one.aws().client("s3")
        client.create_bucket(
            Bucket="ops-state", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
        )
        client.put_object(Bucket="ops-state", Key="plans/webapp.yaml", Body=PLAN.encode())
        monkeypatch.setenv("REMEDIATE_PLANS", "s3://ops-state/plans")
        monkeypatch.setenv("REMEDIATE_STATE", "s3://ops-state/journal")
        monkeypatch.setenv("REMEDIATE_METRICS", "false")
        monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "remediate-drift")
        one.put_rules({"AllowedOrigins": ["https://app.example.com"], "AllowedMethods": ["GET"]})
        first = handled(one, SCHEDULED)
        assert (first["summary"]["corrected"], first["run"]) == (1, "0001")
        assert handled(one, SCHEDULED)["drift"] == []
        one.put_rules({"AllowedOrigins": ["https://app.example.com"], "AllowedMethods": ["GET"]})
        (found,) = handled(one, events_of_bucket())["drift"]
        assert (found["kind"], found["status"], found["run"]) == ("drift", "corrected", "0001")


def events_of_bucket() -> dict[str, Any]:
    return changed("PutBucketCors", "s3", {"bucketName": "webapp-uploads"})


def test_a_function_keeps_no_journal_on_its_own_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "plan.yaml").write_text(PLAN, encoding="utf-8")
    monkeypatch.setenv("REMEDIATE_PLANS", str(tmp_path))
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "remediate-drift")
    with pytest.raises(UsageError, match="does not last"):
        handler(SCHEDULED)


def test_a_setting_that_is_neither_true_nor_false_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "plan.yaml").write_text(PLAN, encoding="utf-8")
    monkeypatch.setenv("REMEDIATE_PLANS", str(tmp_path))
    monkeypatch.setenv("REMEDIATE_CORRECT", "ja")
    with pytest.raises(RemediateError, match="REMEDIATE_CORRECT"):
        handler(SCHEDULED)


def test_a_journal_that_is_nearly_in_a_bucket_is_not_taken_for_a_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "plan.yaml").write_text(PLAN, encoding="utf-8")
    monkeypatch.setenv("REMEDIATE_PLANS", str(tmp_path))
    monkeypatch.setenv("REMEDIATE_STATE", "s3:/ops-state/journal")
    with pytest.raises(UsageError, match="neither s3://bucket/prefix nor a folder") as wrong:
        handler(SCHEDULED)
    assert "Write s3://" in wrong.value.hint
