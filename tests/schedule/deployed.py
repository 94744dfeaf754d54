"""The Lambda recipe deployed into the embedded AWS, its handler as Lambda runs it, and what others change."""

from __future__ import annotations

import io
import json
import zipfile
from ast import literal_eval
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import boto3
import pytest

from remediate.sandbox import REGION, embedded
from tests.schedule.formation import deploy
from tests.schedule.making import WEBAPP, made

HANDLER = "remediate.job.handler"
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
        settings = boto3.client("lambda", REGION).get_function_configuration(
            FunctionName=self.outputs["Function"]
        )
        return dict(settings)

    @property
    def pattern(self) -> dict[str, Any]:
        """What the rule in the function's region matches."""
        (rule,) = boto3.client("events", REGION).list_rules()["Rules"]
        event_pattern: dict[str, Any] = json.loads(rule["EventPattern"])
        return event_pattern

    def run(self, event: dict[str, Any]) -> dict[str, Any]:
        """What the function's handler answers, in the function's environment and folder."""
        return self.run_as(event, self.configuration["Environment"]["Variables"], {})

    def run_as(
        self, event: dict[str, Any], environment: dict[str, str], credentials: dict[str, str]
    ) -> dict[str, Any]:
        """The same with these credentials, and without a call of the test's own."""
        module, _, name = HANDLER.rpartition(".")
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(self.folder)
            patch.setenv("AWS_LAMBDA_FUNCTION_NAME", self.outputs["Function"])
            for key, value in (environment | credentials).items():
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


@contextmanager
def stack(folder: Path, **parameters: str) -> Iterator[Deployed]:
    """The recipe made in the folder and deployed with these parameters, in an embedded AWS of its own."""
    files = made("lambda", folder, {"plans/webapp.yaml": WEBAPP})
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("plans/webapp.yaml", WEBAPP)
    with embedded():
        s3: Any = boto3.client("s3", REGION)
        s3.create_bucket(Bucket="code", CreateBucketConfiguration={"LocationConstraint": REGION})
        s3.put_object(Bucket="code", Key="remediate.zip", Body=package.getvalue())
        given = {"CodeBucket": "code", "CodeKey": "remediate.zip", **parameters}
        outputs = deploy(files["template.yaml"], REGION, **given)
        # moto takes a bucket policy's Deny for one whatever its Condition says, and all is TLS on AWS.
        assert "aws:SecureTransport" in s3.get_bucket_policy(Bucket=outputs["StateBucket"])["Policy"]
        s3.delete_bucket_policy(Bucket=outputs["StateBucket"])
        deploy(files["events.yaml"], "us-east-1", "remediate-events", MainRegion=REGION)
        yield Deployed(outputs, folder)


def as_document(policy: Any) -> dict[str, Any]:
    """moto hands out what CloudFormation brought as Python's text of it, not as JSON."""
    document: dict[str, Any] = literal_eval(policy) if isinstance(policy, str) else policy
    return document


def policies(deployed: Deployed) -> dict[str, dict[str, Any]]:
    """The role's, by name."""
    iam = boto3.client("iam")
    name = deployed.outputs["RoleArn"].rpartition("/")[2]
    by_role = {
        policy: as_document(iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"])
        for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]
    }
    for policy in by_role.values():
        # moto leaves a hole where AWS::NoValue takes an element out.
        policy["Statement"] = [statement for statement in policy["Statement"] if statement]
    return by_role


def as_role(deployed: Deployed) -> dict[str, str]:
    """Credentials of the function's role."""
    for policy, document in policies(deployed).items():
        boto3.client("iam").put_role_policy(
            RoleName=deployed.outputs["RoleArn"].rpartition("/")[2],
            PolicyName=policy,
            PolicyDocument=json.dumps(document),
        )
    assumed = boto3.client("sts").assume_role(
        RoleArn=deployed.outputs["RoleArn"], RoleSessionName="remediate"
    )["Credentials"]
    return {
        "AWS_ACCESS_KEY_ID": assumed["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": assumed["SecretAccessKey"],
        "AWS_SESSION_TOKEN": assumed["SessionToken"],
    }


# What other people do, each by its event's name, region and resource.


def rules() -> list[dict[str, Any]]:
    cors_rules = boto3.client("s3", REGION).get_bucket_cors(Bucket="webapp-uploads")["CORSRules"]
    return [dict(rule) for rule in cors_rules]


def put_rules() -> tuple[str, str, str]:
    """Somebody narrows the plan's rule down and leaves those of others as they are."""
    edited: Any = [
        {**rule, "AllowedMethods": ["GET"]} if str(rule.get("ID", "")).startswith("remediate:") else rule
        for rule in rules()
    ]
    boto3.client("s3", REGION).put_bucket_cors(
        Bucket="webapp-uploads", CORSConfiguration={"CORSRules": edited}
    )
    return "PutBucketCors", REGION, "s3/webapp-uploads"


def delete_rules() -> tuple[str, str, str]:
    boto3.client("s3", REGION).delete_bucket_cors(Bucket="webapp-uploads")
    return "DeleteBucketCors", REGION, "s3/webapp-uploads"


def http_api() -> str:
    apis = boto3.client("apigatewayv2", REGION).get_apis()["Items"]
    return str(next(api["ApiId"] for api in apis if api["Name"] == "webapp-orders"))


def update_api() -> tuple[str, str, str]:
    settings: Any = {"AllowOrigins": ["https://app.example.com"], "AllowMethods": ["GET"]}
    boto3.client("apigatewayv2", REGION).update_api(ApiId=http_api(), CorsConfiguration=settings)
    return "UpdateApi", REGION, f"http_api/{http_api()}"


def delete_settings() -> tuple[str, str, str]:
    boto3.client("apigatewayv2", REGION).delete_cors_configuration(ApiId=http_api())
    return "DeleteCorsConfiguration", REGION, f"http_api/{http_api()}"


def create_deployment() -> tuple[str, str, str]:
    client = boto3.client("apigateway", REGION)
    api = next(item["id"] for item in client.get_rest_apis()["items"] if item["name"] == "webapp-backend")
    items = client.get_resources(restApiId=api, embed=["methods"])["items"]
    edited = next(item["id"] for item in items if "OPTIONS" in item.get("resourceMethods", {}))
    client.delete_method(restApiId=api, resourceId=edited, httpMethod="OPTIONS")
    client.create_deployment(restApiId=api, stageName="prod")
    return "CreateDeployment", REGION, f"rest_api/{api}/prod"


def update_distribution() -> tuple[str, str, str]:
    client = boto3.client("cloudfront")
    distributions = client.list_distributions()["DistributionList"]["Items"]
    chosen = next(
        distribution["Id"]
        for distribution in distributions
        if "cdn.example.com" in distribution["Aliases"].get("Items", [])
    )
    got = client.get_distribution_config(Id=chosen)
    config = got["DistributionConfig"]
    # The managed CachingOptimized, which neither forwards Origin nor keys on it.
    config["DefaultCacheBehavior"]["CachePolicyId"] = "658327ea-f89d-4fab-a63d-7e88639e58f6"
    client.update_distribution(Id=chosen, DistributionConfig=config, IfMatch=got["ETag"])
    return "UpdateDistribution", "us-east-1", f"cloudfront/{chosen}"
