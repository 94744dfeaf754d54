"""`remediate drift` as a scheduler runs it: exit codes, streams, and one document per pass."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests.cli.test_commands import KEYS, Served, document, plan_of, run, served

__all__ = ["served"]

PLAN = "region: eu-west-1\norigins: [https://app.example.com]\ntargets:\n  - s3: webapp-uploads\n"


def meddle(one: Served, *rules: dict[str, Any]) -> None:
    one.client("s3").put_bucket_cors(Bucket="webapp-uploads", CORSConfiguration={"CORSRules": list(rules)})


def test_a_pass_tells_by_its_exit_code_what_a_scheduler_must_know(served: Served, tmp_path: Path) -> None:
    path = plan_of(tmp_path, PLAN)
    first = served.run("drift", path)
    assert first.returncode == 2, first.stderr
    assert "pending  s3/webapp-uploads" in first.stdout
    assert served.run("apply", "--yes", path).returncode == 0
    calm = served.run("drift", path)
    assert (calm.returncode, "No drift. 1 looked at" in calm.stdout) == (0, True), calm.stdout + calm.stderr
    meddle(served, {"AllowedOrigins": ["https://app.example.com"], "AllowedMethods": ["HEAD"]})
    seen = served.run("drift", "--json", path)
    assert seen.returncode == 2, seen.stderr
    found = document(seen)
    assert (found["format"], found["has_drift"], found["exit_code"]) == ("remediate.drift/1", True, 2)
    (one,) = found["drift"]
    assert (one["address"], one["kind"], one["status"]) == ("s3/webapp-uploads", "drift", "left")
    assert any(edit["op"] == "-" for edit in one["changed"])
    put_right = served.run("drift", "--correct", "--blame", "--metrics", path)
    assert put_right.returncode == 0, put_right.stdout + put_right.stderr
    assert "drift  s3/webapp-uploads  eu-west-1  partly" in put_right.stdout
    assert "PutBucketCors at " in put_right.stdout
    assert json.loads(put_right.stdout.splitlines()[-1])["Corrected"] == 1
    history = served.run("history", "--state", str(tmp_path / ".remediate"))
    assert "drift --correct" in history.stdout
    assert served.run("drift", "--correct", path).returncode == 0


def test_a_fight_ends_until_a_person_applies(served: Served, tmp_path: Path) -> None:
    """As a scheduler and a person run it: three corrections, then contested, then `apply`."""
    path = plan_of(tmp_path, PLAN)
    theirs = {"AllowedOrigins": ["https://app.example.com"], "AllowedMethods": ["HEAD"], "ID": "tool"}
    assert served.run("apply", "--yes", path).returncode == 0
    for _ in range(3):
        meddle(served, theirs)
        assert served.run("drift", "--correct", path).returncode == 0
    meddle(served, theirs)
    contested = served.run("drift", "--correct", "--blame", path)
    assert contested.returncode == 2, contested.stdout + contested.stderr
    assert "drift  s3/webapp-uploads  eu-west-1  contested" in contested.stdout
    assert "PutBucketCors at " in contested.stdout
    assert "contested-resource" in contested.stdout
    (one,) = document(served.run("drift", "--correct", "--json", path))["drift"]
    assert (one["status"], one["codes"]) == ("contested", ["contested-resource"])
    assert "PutBucketCors at " in one["who"], "known from the pass that asked"
    rules = served.client("s3").get_bucket_cors(Bucket="webapp-uploads")["CORSRules"]
    assert rules == [theirs]
    assert served.run("apply", "--yes", path).returncode == 0
    assert served.run("drift", "--correct", path).returncode == 0
    for code in (0, 0, 0, 2):
        meddle(served, theirs)
        assert served.run("drift", "--correct", path).returncode == code
    shown = served.run("rule", "contested-resource")
    assert (shown.returncode, "guards: contested" in shown.stdout) == (0, True)


def test_metrics_stay_out_of_the_document(served: Served, tmp_path: Path) -> None:
    path = plan_of(tmp_path, PLAN)
    done = served.run("drift", "--json", "--metrics", path)
    assert document(done)["summary"]["pending"] == 1
    assert '"DriftLeft": 1' in done.stderr


def test_a_pass_that_cannot_be_made_is_counted_as_an_error(tmp_path: Path) -> None:
    path = plan_of(tmp_path, PLAN)
    done = run(
        "drift", "--metrics", path, **KEYS, AWS_ENDPOINT_URL="http://127.0.0.1:9", AWS_MAX_ATTEMPTS="1"
    )
    assert done.returncode == 1
    line = json.loads(done.stdout)
    assert (line["Plan"], line["Errors"], "DriftLeft" in line) == ("webapp", 1, False)


def test_what_is_wrong_with_the_command_is_one_json_error(served: Served, tmp_path: Path) -> None:
    path = plan_of(tmp_path, PLAN)
    done = served.run("drift", "--json", "--notify", "pigeon:loft", path)
    assert done.returncode == 1
    assert "sns" in document(done)["error"]["hint"]


def test_channels_can_be_tried(served: Served, tmp_path: Path) -> None:
    path = plan_of(tmp_path, PLAN)
    topic = served.client("sns").create_topic(Name="ops")["TopicArn"]
    done = served.run("drift", "--test-notify", "--notify", f"sns:{topic}", path)
    assert (done.returncode, done.stdout) == (0, f"sent: sns {topic}\n"), done.stderr
    nowhere = served.run(
        "drift", "--test-notify", "--notify", f"sns:{topic}", "--notify", f"sns:{topic}x", path
    )
    assert nowhere.returncode == 1
    assert "failed: sns" in nowhere.stderr
    assert "no channel to test" in served.run("drift", "--test-notify", path).stderr


def test_what_trying_the_channels_gave_is_one_document(served: Served, tmp_path: Path) -> None:
    path = plan_of(tmp_path, PLAN)
    topic = served.client("sns").create_topic(Name="ops")["TopicArn"]
    url = "http://127.0.0.1:9/services/s3cr3t"
    both = ("--notify", f"sns:{topic}", "--notify", "slack:env:SLACK")
    done = served.run("drift", "--test-notify", "--json", *both, path, SLACK=url)
    assert done.returncode == 1, done.stderr
    found = document(done)
    assert found["format"] == "remediate.test-notify/1"
    taken, failed = found["channels"]
    assert taken == {"channel": f"sns {topic}", "sent": True, "error": None, "hint": None}
    assert (failed["channel"], failed["sent"]) == ("slack env:SLACK", False)
    assert "127.0.0.1:9: Connection refused" in failed["error"]
    assert failed["hint"]
    assert "s3cr3t" not in done.stdout + done.stderr
    well = served.run("drift", "--test-notify", "--json", *both[:2], path)
    assert (well.returncode, document(well)["channels"]) == (0, [taken])


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_without_a_journal_nothing_is_corrected(served: Served, tmp_path: Path) -> None:
    path = plan_of(tmp_path, PLAN)
    (tmp_path / ".remediate").mkdir(mode=0o500)
    done = served.run("drift", "--correct", path)
    assert done.returncode == 1
    assert "journal" in done.stderr


def test_a_rule_made_outside_that_answers_alike_is_no_work_for_a_pass(served: Served, tmp_path: Path) -> None:
    """A browser is answered as the plan wants; a second rule would say the same again."""
    path = plan_of(tmp_path, PLAN)
    assert served.run("apply", "--yes", path).returncode == 0
    meddle(served, {"AllowedOrigins": ["https://app.example.com"], "AllowedMethods": ["GET"]})
    done = served.run("plan", "--detailed-exitcode", "--json", path)
    assert (done.returncode, document(done)["changes"]) == (0, [])
