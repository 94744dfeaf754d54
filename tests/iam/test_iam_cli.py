"""`remediate iam` as a user runs it: the policy on stdout and nothing else."""

from __future__ import annotations

import json
import re
from pathlib import Path

from tests.cli.test_commands import plan_of, run

TARGETS = "origins: [https://a.example]\ntargets:\n  - s3: uploads-*\n  - rest_api: webapp-backend\n"


def test_the_policy_is_all_there_is_on_stdout_and_no_credentials_are_needed(tmp_path: Path) -> None:
    done = run("iam", "--for", "plan", plan_of(tmp_path, f"region: eu-west-1\n{TARGETS}"))
    assert done.returncode == 0, done.stderr
    policy = json.loads(done.stdout)
    assert policy["Version"] == "2012-10-17"
    assert {statement["Effect"] for statement in policy["Statement"]} == {"Allow"}
    assert "(webapp-backend)" in done.stderr


def test_a_job_that_corrects_nothing_may_write_no_target(tmp_path: Path) -> None:
    path = plan_of(tmp_path, f"region: eu-west-1\nstate: s3://ops/cors\n{TARGETS}")
    done = run("iam", "--for", "drift", "--report", path)
    assert done.returncode == 0, done.stderr
    actions = {action for statement in json.loads(done.stdout)["Statement"] for action in statement["Action"]}
    assert "cloudtrail:LookupEvents" in actions
    assert {action for action in actions if not re.search(":(Get|List|Lookup|GET)", action)} == {
        "s3:PutObject",
        "s3:DeleteObject",
    }
    journal = "arn:aws:s3:::ops/cors/"
    for statement in json.loads(done.stdout)["Statement"]:
        if {"s3:PutObject", "s3:DeleteObject"} & set(statement["Action"]):
            assert all(resource.startswith(journal) for resource in statement["Resource"])
    assert "s3:PutBucketCORS" in run("iam", "--for", "drift", path).stdout
    for other in ("plan", "apply"):
        refused = run("iam", "--for", other, "--report", path)
        assert (refused.returncode, refused.stdout) == (1, "")
        assert "--for drift" in refused.stderr


def test_the_region_may_come_from_the_environment(tmp_path: Path) -> None:
    path = plan_of(tmp_path, TARGETS)
    done = run("iam", path, AWS_DEFAULT_REGION="eu-west-1")
    assert "arn:aws:apigateway:eu-west-1::/restapis" in done.stdout
    assert "arn:aws:apigateway:*::/restapis" in run("iam", "--quiet", path).stdout


def test_ids_are_asked_for_where_that_is_wished(tmp_path: Path) -> None:
    done = run("iam", "--resolve", "--sandbox", plan_of(tmp_path, f"region: eu-west-1\n{TARGETS}"))
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert "::/restapis/*" not in done.stdout


def test_a_target_that_cannot_be_read_leaves_no_policy(tmp_path: Path) -> None:
    done = run("iam", "--resolve", plan_of(tmp_path, f"region: eu-west-1\n{TARGETS}"))
    assert done.returncode == 1
    assert done.stdout == ""
    assert "AWS_PROFILE" in done.stderr


def test_the_credentials_must_be_for_the_account_of_the_plan(tmp_path: Path) -> None:
    path = plan_of(tmp_path, f"account: '210987654321'\nregion: eu-west-1\n{TARGETS}")
    done = run("iam", "--resolve", "--sandbox", path)
    assert done.returncode == 3
    assert "wrong-account" in done.stderr
