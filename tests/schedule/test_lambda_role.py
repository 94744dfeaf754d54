"""What the deployed function's role grants, and that it is enough where IAM is enforced."""

from __future__ import annotations

from pathlib import Path

import boto3

from remediate.sandbox import REGION
from tests.iam.enforced import enforcing
from tests.schedule.deployed import (
    SCHEDULED,
    as_role,
    create_deployment,
    policies,
    put_rules,
    rules,
    stack,
    update_api,
    update_distribution,
)
from tests.schedule.making import WEBAPP


def test_the_role_is_what_the_plans_need_and_the_jobs_own(tmp_path: Path) -> None:
    with stack(tmp_path) as deployed:
        by_role, outputs = policies(deployed), deployed.outputs
    assert by_role.keys() == {"plans", "job"}
    granted = {
        (action, str(statement["Resource"]))
        for statement in by_role["job"]["Statement"]
        for action in ([statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"])
    }
    bucket, topic = outputs["StateBucket"], outputs["Topic"]
    assert granted >= {
        ("s3:ListBucket", f"arn:aws:s3:::{bucket}"),
        ("s3:GetObject", f"arn:aws:s3:::{bucket}/remediate/*"),
        ("s3:PutObject", f"arn:aws:s3:::{bucket}/remediate/*"),
        ("sns:Publish", topic),
        ("logs:PutLogEvents", f"arn:aws:logs:{REGION}:123456789012:log-group:/aws/lambda/remediate:*"),
    }
    assert not [statement for statement in granted if statement[1] == "*"]


def test_the_role_is_enough_where_iam_is_enforced(tmp_path: Path) -> None:
    """Looking, correcting, blaming, telling the topic, remembering: for both kinds of event."""
    with stack(tmp_path) as deployed:
        environment = deployed.configuration["Environment"]["Variables"]
        keys = as_role(deployed)
        deployed.run(SCHEDULED)
        update_distribution()
        create_deployment()
        update_api()
        put_rules()
        event = deployed.told("PutBucketCors")
        with enforcing() as log:
            outcome = deployed.run_as(event, environment, keys)
            rest = deployed.run_as(SCHEDULED, environment, keys)
        assert [f"{asked.action} {asked.resource}" for asked, allowed in log.checks if not allowed] == []
        assert {"sns:Publish", "cloudtrail:LookupEvents", "s3:PutObject"} <= {
            asked.action for asked, _ in log.checks
        }
        assert (outcome["summary"]["corrected"], rest["summary"]["corrected"]) == (1, 3)
        assert (outcome["undelivered"], rest["undelivered"]) == (0, 0)


def test_plans_in_the_bucket_need_no_deployment(tmp_path: Path) -> None:
    with stack(tmp_path, PlansInBucket="true", Notices="false", ReservedConcurrency="1") as created:
        variables = created.configuration["Environment"]["Variables"]
        bucket = created.outputs["StateBucket"]
        assert (variables["REMEDIATE_PLANS"], variables["REMEDIATE_NOTIFY"]) == (f"s3://{bucket}/plans", "")
        concurrency = boto3.client("lambda", REGION).get_function_concurrency(FunctionName="remediate")
        assert concurrency["ReservedConcurrentExecutions"] == 1
        (tmp_path / "plans/webapp.yaml").unlink()
        boto3.client("s3", REGION).put_object(
            Bucket=bucket,
            Key="plans/webapp.yaml",
            Body=WEBAPP.replace("com]", "com, https://new.example.com]").encode(),
        )
        keys = as_role(created)
        with enforcing() as log:
            done = created.run_as(SCHEDULED, variables, keys)
        assert [str(asked) for asked, allowed in log.checks if not allowed] == []
        assert done["exit_code"] == 0
        origins = [origin for rule in rules() for origin in rule["AllowedOrigins"]]
        assert "https://new.example.com" in origins
