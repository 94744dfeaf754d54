"""The Lambda recipe deployed into the embedded AWS, and the function's handler run as it is there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto.events.models import EventPattern

from remediate.core.cloudtrail import OWN_AGENT
from remediate.sandbox import REGION
from tests.schedule.deployed import (
    HANDLER,
    SCHEDULED,
    Deployed,
    as_event,
    create_deployment,
    delete_rules,
    delete_settings,
    put_rules,
    stack,
    update_api,
    update_distribution,
)


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    """One world for most: what each test changes, its last pass puts right."""
    with stack(tmp_path_factory.mktemp("package")) as created:
        yield created


def test_what_is_deployed_fits_together(deployed: Deployed) -> None:
    function, outputs = deployed.configuration, deployed.outputs
    assert (function["Runtime"], function["Timeout"]) == ("python3.13", 900)
    assert function["Handler"] == HANDLER
    assert function["Environment"]["Variables"] == {
        "REMEDIATE_PLANS": "plans",
        "REMEDIATE_STATE": f"s3://{outputs['StateBucket']}/remediate",
        "REMEDIATE_CORRECT": "true",
        "REMEDIATE_METRICS": "true",
        "REMEDIATE_BLAME": "true",
        "REMEDIATE_NOTIFY": f"sns:{outputs['Topic']}",
    }
    assert function["Role"] == outputs["RoleArn"]
    arn = function["FunctionArn"]
    (schedule,) = boto3.client("scheduler", REGION).list_schedules()["Schedules"]
    full = boto3.client("scheduler", REGION).get_schedule(Name=schedule["Name"])
    assert (full["ScheduleExpression"], full["Target"]["Arn"]) == ("rate(1 hour)", arn)
    (rule,) = boto3.client("events", REGION).list_rules()["Rules"]
    (target,) = boto3.client("events", REGION).list_targets_by_rule(Rule=rule["Name"])["Targets"]
    assert target["Arn"] == arn
    policy = json.loads(boto3.client("lambda", REGION).get_policy(FunctionName=arn)["Policy"])
    assert rule["Arn"] in json.dumps(policy)
    alarms = boto3.client("cloudwatch", REGION).describe_alarms()["MetricAlarms"]
    assert {(alarm["Namespace"], alarm["MetricName"]) for alarm in alarms} == {
        ("AWS/Lambda", "Errors"),
        ("AWS/Lambda", "Invocations"),
        ("Remediate", "DriftLeft"),
    }
    assert {action for alarm in alarms for action in alarm["AlarmActions"]} == {outputs["Topic"]}
    forwarder = boto3.client("events", "us-east-1")
    (elsewhere,) = forwarder.list_rules()["Rules"]
    (bus,) = forwarder.list_targets_by_rule(Rule=elsewhere["Name"])["Targets"]
    assert bus["Arn"] == f"arn:aws:events:{REGION}:123456789012:event-bus/default"


def test_a_schedule_event_corrects_and_says_so(
    deployed: Deployed, capsys: pytest.CaptureFixture[str]
) -> None:
    done = deployed.run(SCHEDULED)
    assert done["state"] == f"s3://{deployed.outputs['StateBucket']}/remediate"
    assert (done["exit_code"], done["summary"]["left"]) == (0, 0)
    (line,) = [json.loads(text) for text in capsys.readouterr().out.splitlines() if "_aws" in text]
    alarm = next(
        described
        for described in boto3.client("cloudwatch", REGION).describe_alarms()["MetricAlarms"]
        if described["MetricName"] == "DriftLeft"
    )
    (directive,) = line["_aws"]["CloudWatchMetrics"]
    assert directive["Namespace"] == alarm["Namespace"]
    assert {"DriftLeft"} <= {metric["Name"] for metric in directive["Metrics"]}
    ((dimension,),) = directive["Dimensions"]
    assert alarm["Dimensions"] == [{"Name": dimension, "Value": line[dimension]}]
    again = deployed.run(SCHEDULED)
    assert (again["exit_code"], again["drift"]) == (0, [])


@pytest.mark.parametrize(
    "change",
    [put_rules, delete_rules, update_api, delete_settings, create_deployment, update_distribution],
    ids=lambda change: change.__name__,
)
def test_a_change_is_corrected_when_cloudtrail_tells_of_it(deployed: Deployed, change: Any) -> None:
    deployed.run(SCHEDULED)
    name, region, address = change()
    event = deployed.told(name, region)
    assert OWN_AGENT not in event["detail"]["userAgent"]
    assert EventPattern.load(json.dumps(deployed.pattern)).matches_event(event)
    done = deployed.run(event)
    assert (done["exit_code"], done["summary"]["left"]) == (0, 0)
    # What others had there was deleted too, and stays gone.
    status = "partly" if change.__name__.startswith("delete_") else "corrected"
    assert [(resource["address"], resource["kind"], resource["status"]) for resource in done["drift"]] == [
        (address, "drift", status)
    ]
    assert deployed.run(SCHEDULED)["drift"] == []


def test_every_event_of_the_rule_is_understood(deployed: Deployed) -> None:
    """The job knows what to do with each name that the rule lets through: a pass, or nothing."""
    deployed.run(SCHEDULED)
    put_rules()
    sample = deployed.told("PutBucketCors")["detail"]
    parameters = {"bucketName": "webapp-uploads", "apiId": "none", "restApiId": "none", "id": "none"}
    for source in deployed.pattern["detail"]["eventSource"]:
        for name in deployed.pattern["detail"]["eventName"]:
            record = {**sample, "eventSource": source, "eventName": name, "requestParameters": parameters}
            done = deployed.run(as_event(record))
            assert done.get("exit_code") == 0 or done.get("ignored"), (source, name)


@pytest.mark.parametrize(
    ("identity", "matches"),
    [
        ({"type": "IAMUser", "arn": "arn:aws:iam::123456789012:user/alice"}, True),
        ({"type": "Root"}, True),
        ({"sessionContext": {"sessionIssuer": {"arn": "arn:aws:iam::123456789012:role/Admin"}}}, True),
        ({"sessionContext": {"attributes": {"mfaAuthenticated": "false"}}}, True),
        ("own", False),
    ],
)
def test_the_rule_leaves_out_the_functions_own_calls(
    deployed: Deployed, identity: Any, matches: bool
) -> None:
    put_rules()
    event = deployed.told("PutBucketCors")
    if identity == "own":
        identity = {"sessionContext": {"sessionIssuer": {"arn": deployed.outputs["RoleArn"]}}}
    event["detail"]["userIdentity"] = identity
    pattern = EventPattern.load(json.dumps(deployed.pattern))
    assert pattern.matches_event(event) is matches
    event["detail"]["errorCode"] = "AccessDenied"
    assert not pattern.matches_event(event)
