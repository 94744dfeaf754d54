"""The Lambda recipe deployed into the embedded AWS, and the function's handler run as it is there."""

from __future__ import annotations

import io
import json
import zipfile
from ast import literal_eval
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.events.models import EventPattern

from remediate.core.trail import OWN_AGENT
from remediate.sandbox import REGION, embedded
from tests.recipes.formation import deploy
from tests.recipes.making import WEBAPP, made

SCHEDULED = {
    "version": "0",
    "id": "53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa",
    "detail-type": "Scheduled Event",
    "source": "aws.scheduler",
    "account": "123456789012",
    "time": "2026-11-22T12:17:00Z",
    "region": REGION,
    "resources": [f"arn:aws:scheduler:{REGION}:123456789012:schedule/default/remediate-Schedule"],
    "detail": "{}",
}
"""What EventBridge Scheduler sends to a function without an input of its own."""


@dataclass
class Deployed:
    """The stacks, and the function as Lambda would run it."""

    outputs: dict[str, str]
    folder: Path

    @property
    def configuration(self) -> dict[str, Any]:
        found = boto3.client("lambda", REGION).get_function_configuration(
            FunctionName=self.outputs["Function"]
        )
        return dict(found)

    @property
    def pattern(self) -> dict[str, Any]:
        """What the rule in the function's region matches."""
        (rule,) = boto3.client("events", REGION).list_rules()["Rules"]
        found: dict[str, Any] = json.loads(rule["EventPattern"])
        return found

    def run(self, event: dict[str, Any]) -> dict[str, Any]:
        """What the function's handler answers, in the function's environment and folder."""
        module, _, name = self.configuration["Handler"].rpartition(".")
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(self.folder)
            patch.setenv("AWS_LAMBDA_FUNCTION_NAME", self.outputs["Function"])
            for key, value in self.configuration["Environment"]["Variables"].items():
                patch.setenv(key, value)
            answer = getattr(import_module(module), name)(event, None)
        json.dumps(answer)  # Lambda answers in JSON
        return dict(answer)

    def records(self, region: str = REGION) -> list[dict[str, Any]]:
        """What CloudTrail tells of, the newest first."""
        events = boto3.client("cloudtrail", region).lookup_events()["Events"]
        return [json.loads(event["CloudTrailEvent"]) for event in events]

    def told(self, name: str, region: str = REGION) -> Any:
        """The newest record of that name, as EventBridge brings it."""
        return as_event(next(record for record in self.records(region) if record["eventName"] == name))


def as_event(record: dict[str, Any]) -> dict[str, Any]:
    """A record as EventBridge brings it (EventBridge user guide, "AWS service events via CloudTrail")."""
    source = str(record["eventSource"]).removesuffix(".amazonaws.com")
    return {
        "version": "0",
        "id": record["eventID"],
        "detail-type": "AWS API Call via CloudTrail",
        "source": f"aws.{source}",
        "account": record["recipientAccountId"],
        "time": record["eventTime"],
        "region": record["awsRegion"],
        "resources": [],
        "detail": record,
    }


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    """One world for all: what each test changes, its last pass puts right."""
    tmp_path = tmp_path_factory.mktemp("package")
    files = made("lambda", tmp_path, {"plans/webapp.yaml": WEBAPP})
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("plans/webapp.yaml", WEBAPP)
    with embedded():
        s3: Any = boto3.client("s3", REGION)
        s3.create_bucket(Bucket="code", CreateBucketConfiguration={"LocationConstraint": REGION})
        s3.put_object(Bucket="code", Key="remediate.zip", Body=package.getvalue())
        outputs = deploy(files["template.yaml"], REGION, CodeBucket="code", CodeKey="remediate.zip")
        # moto takes a bucket policy's Deny for one whatever its Condition says, and all is TLS on AWS.
        assert "aws:SecureTransport" in s3.get_bucket_policy(Bucket=outputs["StateBucket"])["Policy"]
        s3.delete_bucket_policy(Bucket=outputs["StateBucket"])
        deploy(files["events.yaml"], "us-east-1", "remediate-events", MainRegion=REGION)
        yield Deployed(outputs, tmp_path)


def rules() -> list[dict[str, Any]]:
    found = boto3.client("s3", REGION).get_bucket_cors(Bucket="webapp-uploads")["CORSRules"]
    return [dict(rule) for rule in found]


def test_what_is_deployed_fits_together(deployed: Deployed) -> None:
    function, outputs = deployed.configuration, deployed.outputs
    assert (function["Runtime"], function["Timeout"]) == ("python3.13", 900)
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
    assert {(one["Namespace"], one["MetricName"]) for one in alarms} == {
        ("AWS/Lambda", "Errors"),
        ("AWS/Lambda", "Invocations"),
        ("Remediate", "DriftLeft"),
    }
    assert {action for one in alarms for action in one["AlarmActions"]} == {outputs["Topic"]}
    forwarder = boto3.client("events", "us-east-1")
    (elsewhere,) = forwarder.list_rules()["Rules"]
    (bus,) = forwarder.list_targets_by_rule(Rule=elsewhere["Name"])["Targets"]
    assert bus["Arn"] == f"arn:aws:events:{REGION}:123456789012:event-bus/default"


def as_document(policy: Any) -> dict[str, Any]:
    """moto hands out what CloudFormation brought as Python's text of it, not as JSON."""
    found: dict[str, Any] = literal_eval(policy) if isinstance(policy, str) else policy
    return found


def test_the_role_is_what_the_plans_need_and_the_jobs_own(deployed: Deployed) -> None:
    iam = boto3.client("iam")
    name = deployed.outputs["RoleArn"].rpartition("/")[2]
    policies = {
        policy: as_document(iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"])
        for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]
    }
    assert policies.keys() == {"plans", "job"}
    granted = {
        (action, str(one["Resource"]))
        for one in policies["job"]["Statement"]
        if one  # moto leaves a hole where AWS::NoValue takes an element out
        for action in ([one["Action"]] if isinstance(one["Action"], str) else one["Action"])
    }
    bucket, topic = deployed.outputs["StateBucket"], deployed.outputs["Topic"]
    assert granted >= {
        ("s3:ListBucket", f"arn:aws:s3:::{bucket}"),
        ("s3:GetObject", f"arn:aws:s3:::{bucket}/remediate/*"),
        ("s3:PutObject", f"arn:aws:s3:::{bucket}/remediate/*"),
        ("sns:Publish", topic),
        ("logs:PutLogEvents", f"arn:aws:logs:{REGION}:123456789012:log-group:/aws/lambda/remediate:*"),
    }
    assert not [one for one in granted if one[1] == "*"]


def test_a_schedule_event_corrects_and_says_so(
    deployed: Deployed, capsys: pytest.CaptureFixture[str]
) -> None:
    done = deployed.run(SCHEDULED)
    assert done["state"] == f"s3://{deployed.outputs['StateBucket']}/remediate"
    assert (done["exit_code"], done["summary"]["left"]) == (0, 0)
    (line,) = [json.loads(text) for text in capsys.readouterr().out.splitlines() if "_aws" in text]
    alarm = next(
        one
        for one in boto3.client("cloudwatch", REGION).describe_alarms()["MetricAlarms"]
        if one["MetricName"] == "DriftLeft"
    )
    (directive,) = line["_aws"]["CloudWatchMetrics"]
    assert directive["Namespace"] == alarm["Namespace"]
    assert {"DriftLeft"} <= {metric["Name"] for metric in directive["Metrics"]}
    ((dimension,),) = directive["Dimensions"]
    assert alarm["Dimensions"] == [{"Name": dimension, "Value": line[dimension]}]
    again = deployed.run(SCHEDULED)
    assert (again["exit_code"], again["drift"]) == (0, [])


def put_rules() -> tuple[str, str, str]:
    everybody: Any = {"AllowedOrigins": ["https://else.example"], "AllowedMethods": ["GET"]}
    boto3.client("s3", REGION).put_bucket_cors(
        Bucket="webapp-uploads", CORSConfiguration={"CORSRules": [everybody]}
    )
    return "PutBucketCors", REGION, "s3/webapp-uploads"


def delete_rules() -> tuple[str, str, str]:
    boto3.client("s3", REGION).delete_bucket_cors(Bucket="webapp-uploads")
    return "DeleteBucketCors", REGION, "s3/webapp-uploads"


def http_api() -> str:
    apis = boto3.client("apigatewayv2", REGION).get_apis()["Items"]
    return str(next(api["ApiId"] for api in apis if api["Name"] == "webapp-orders"))


def update_api() -> tuple[str, str, str]:
    settings: Any = {"AllowOrigins": ["https://else.example"], "AllowMethods": ["GET"]}
    boto3.client("apigatewayv2", REGION).update_api(ApiId=http_api(), CorsConfiguration=settings)
    return "UpdateApi", REGION, f"http_api/{http_api()}"


def delete_settings() -> tuple[str, str, str]:
    boto3.client("apigatewayv2", REGION).delete_cors_configuration(ApiId=http_api())
    return "DeleteCorsConfiguration", REGION, f"http_api/{http_api()}"


def create_deployment() -> tuple[str, str, str]:
    client = boto3.client("apigateway", REGION)
    api = next(one["id"] for one in client.get_rest_apis()["items"] if one["name"] == "webapp-backend")
    items = client.get_resources(restApiId=api, embed=["methods"])["items"]
    edited = next(one["id"] for one in items if "OPTIONS" in one.get("resourceMethods", {}))
    client.delete_method(restApiId=api, resourceId=edited, httpMethod="OPTIONS")
    client.create_deployment(restApiId=api, stageName="prod")
    return "CreateDeployment", REGION, f"rest_api/{api}/prod"


def update_distribution() -> tuple[str, str, str]:
    client = boto3.client("cloudfront")
    found = client.list_distributions()["DistributionList"]["Items"]
    chosen = next(one["Id"] for one in found if "cdn.example.com" in one["Aliases"].get("Items", []))
    got = client.get_distribution_config(Id=chosen)
    config = got["DistributionConfig"]
    # The managed CachingOptimized, which neither forwards Origin nor keys on it.
    config["DefaultCacheBehavior"]["CachePolicyId"] = "658327ea-f89d-4fab-a63d-7e88639e58f6"
    client.update_distribution(Id=chosen, DistributionConfig=config, IfMatch=got["ETag"])
    return "UpdateDistribution", "us-east-1", f"cloudfront/{chosen}"


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
    assert [(one["address"], one["kind"], one["status"]) for one in done["drift"]] == [
        (address, "drift", "corrected")
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
