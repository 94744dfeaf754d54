"""The commands as a user runs them: a process, its streams and its exit code."""

from __future__ import annotations

import fcntl
import json
import os
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from remediate.journal import Locked
from remediate.journal.local import LocalStore
from tests import processes
from tests.processes import ROOT, environment, run, run_cold, start

PLAN = str(ROOT / "plans" / "webapp.yaml")
KEYS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "eu-west-1"}


def document(done: subprocess.CompletedProcess[str]) -> Any:
    return json.loads(done.stdout)


class Served:
    """`remediate sandbox` in a process of its own, with what it prints to export."""

    def __init__(self, folder: Path) -> None:
        # A copy, so that the journal lies beside it and not in the project.
        self.plan = str(shutil.copy(PLAN, folder))
        self.process = start(["sandbox"], ROOT, environment())
        self.exports: dict[str, str] = {}
        while "AWS_REGION" not in self.exports:
            name, _, value = self.process.line().removeprefix("export ").strip().partition("=")
            self.exports[name] = value

    def run(self, *arguments: str, cwd: Path = ROOT, **more: str) -> subprocess.CompletedProcess[str]:
        return run(*arguments, cwd=cwd, **self.exports, **more)

    def client(self, service: str) -> Any:
        return boto3.client(
            service,
            endpoint_url=self.exports["AWS_ENDPOINT_URL"],
            region_name="eu-west-1",
            aws_access_key_id="sandbox",
            aws_secret_access_key="sandbox",
        )

    def stop(self) -> int:
        self.process.send_signal(signal.SIGINT)
        return self.process.complete(timeout=20).returncode


@pytest.fixture
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    one = Served(tmp_path_factory.mktemp("served"))
    yield one
    if one.process.returncode is None:
        one.stop()


def plan_of(folder: Path, text: str) -> str:
    path = folder / "plan.yaml"
    path.write_text("version: 1\nname: webapp\n" + text)
    return str(path)


BUCKET_PLAN = "region: eu-west-1\norigins: [https://a.example]\ntargets:\n  - s3: webapp-uploads\n"


def test_the_first_command_of_the_readme_tells_the_story() -> None:
    done = run_cold("apply", "--sandbox", "--yes")
    assert done.returncode == 0, done.stderr
    for place in (
        "s3 webapp-uploads",
        "rest_api webapp-backend/prod",
        "http_api webapp-orders",
        "cloudfront api.example",
    ):
        assert place in done.stdout
    assert "proxy-needs-function" in done.stdout
    assert "a new plan finds nothing to do" in done.stdout
    assert "Traceback" not in done.stderr


def test_a_plan_after_an_apply_is_empty_and_the_server_is_shared(served: Served) -> None:
    before = served.run("plan", "--json", "--detailed-exitcode", served.plan)
    assert before.returncode == 2, before.stderr
    assert document(before)["has_changes"] is True
    applied = served.run("apply", "--yes", "--json", served.plan)
    assert applied.returncode == 0, applied.stdout + applied.stderr
    assert {result["status"] for result in document(applied)["applied"]} == {"written"}
    after = served.run("plan", "--json", "--detailed-exitcode", served.plan)
    assert after.returncode == 0, after.stdout
    assert document(after)["changes"] == []
    assert served.stop() == 0


def test_foreign_rules_survive(served: Served, tmp_path: Path) -> None:
    bucket = served.client("s3")
    foreign = bucket.get_bucket_cors(Bucket="webapp-uploads")["CORSRules"]
    assert served.run("apply", "--yes", plan_of(tmp_path, BUCKET_PLAN)).returncode == 0
    assert bucket.get_bucket_cors(Bucket="webapp-uploads")["CORSRules"][: len(foreign)] == foreign


def test_json_is_one_document_that_counts_what_was_sent() -> None:
    done = run("plan", "--sandbox", "--json", PLAN)
    assert done.returncode == 0, done.stderr
    printed = document(done)
    assert printed["format"] == "remediate.plan/1"
    assert printed["plan"] == "webapp"
    assert re.fullmatch(r"\d{12}", printed["account"])
    assert re.fullmatch(r"sha256:[0-9a-f]{64}", printed["checksum"])
    assert printed["api_calls"]["s3:GetBucketCors"] == 1
    assert set(printed["summary"]) == {"create", "update", "delete", "unchanged", "unreadable", "refused"}
    for change in printed["changes"]:
        assert change["calls"]
        assert change["revision"]
        assert change["diff"]


def test_the_same_live_state_gives_the_same_checksum() -> None:
    """In two interpreters, of which each hashes texts in another way."""
    first, second = (document(run_cold("plan", "--sandbox", "--json", PLAN))["checksum"] for _ in range(2))
    assert first == second


def test_a_saved_plan_is_applied_without_a_question(served: Served, tmp_path: Path) -> None:
    saved = str(tmp_path / "saved.json")
    assert served.run("plan", "--out", saved, plan_of(tmp_path, BUCKET_PLAN)).returncode == 0
    done = served.run("apply", saved)
    assert done.returncode == 0, done.stdout + done.stderr
    rules = served.client("s3").get_bucket_cors(Bucket="webapp-uploads")["CORSRules"]
    assert [rule["ID"] for rule in rules] == ["partner-gallery", "remediate:webapp"]


def test_a_resource_that_moved_since_it_was_shown_is_left_alone(served: Served, tmp_path: Path) -> None:
    saved = str(tmp_path / "saved.json")
    assert served.run("plan", "--out", saved, plan_of(tmp_path, BUCKET_PLAN)).returncode == 0
    theirs = [{"ID": "somebody", "AllowedOrigins": ["https://b.example"], "AllowedMethods": ["GET"]}]
    bucket = served.client("s3")
    bucket.put_bucket_cors(Bucket="webapp-uploads", CORSConfiguration={"CORSRules": theirs})
    done = served.run("apply", saved)
    assert done.returncode == 4, done.stdout + done.stderr
    assert "s3/webapp-uploads: before, after, revision" in done.stderr
    assert "save it again: `remediate plan --out" in done.stderr
    assert bucket.get_bucket_cors(Bucket="webapp-uploads")["CORSRules"] == theirs


def test_a_tampered_saved_plan_is_refused(served: Served, tmp_path: Path) -> None:
    saved = tmp_path / "saved.json"
    served.run("plan", "--out", str(saved), plan_of(tmp_path, BUCKET_PLAN))
    saved.write_text(saved.read_text().replace("https://a.example", "https://evil.example"))
    done = served.run("apply", str(saved))
    assert done.returncode == 1
    assert "changed since it was saved" in done.stderr
    rules = served.client("s3").get_bucket_cors(Bucket="webapp-uploads")["CORSRules"]
    assert "evil" not in str(rules)


@pytest.mark.parametrize(
    "text", ["", "null", "[]", '{"format": "remediate.plan/1"}', '{"format": "remediate.plan/2"}', "\x00"]
)
def test_what_is_no_saved_plan_is_said_in_plain_words(tmp_path: Path, text: str) -> None:
    saved = tmp_path / "saved.json"
    saved.write_text(text)
    done = run("apply", "--sandbox", str(saved))
    assert done.returncode == 1
    assert f"{saved} is no saved plan of this version" in done.stderr
    assert "`remediate plan --out FILE`" in done.stderr
    assert "Error" not in done.stderr


def test_markdown_shows_the_changes() -> None:
    done = run("plan", "--sandbox", "--markdown", PLAN)
    assert done.returncode == 0
    rows = [line for line in done.stdout.splitlines() if line.startswith("| `s3 webapp-uploads` |")]
    assert len(rows) == 1
    assert "remediate:webapp" in rows[0]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["plan", "--no-such-option"], "no-such-option"),
        (["plann"], "plann"),
        (["iam", "--for", "bogus", "--json", PLAN], "bogus"),
        (["plann", "--json"], "plann"),
        (["plan", "--json", "--markdown", "--sandbox", PLAN], "--markdown"),
        (["plan", "--sandbox", "no-such-file.yaml"], "no-such-file.yaml"),
        (["plan", "--sandbox", "--target", "s3/none", PLAN], "s3/none"),
        (["apply", "--sandbox", PLAN], "--yes"),
        (["apply", "--sandbox", "no-such-file.json"], "no-such-file.json: No such file"),
        (["plan", "--concurrency", "0", PLAN], "concurrency"),
        (["history", "--state", "s3:/ops/cors"], "Write s3://bucket/prefix"),
        (["undo", "--yes", "--state", "S3://ops/cors"], "Write s3://bucket/prefix"),
    ],
)
def test_bad_usage_is_exit_1_with_a_next_step_and_no_traceback(arguments: list[str], said: str) -> None:
    done = run(*arguments)
    assert done.returncode == 1, done.stdout + done.stderr
    assert said in done.stderr
    if "--json" in arguments:
        error = document(done)["error"]
        assert error["exit_code"] == 1
        assert error["hint"]
    else:
        assert done.stdout == ""
    assert "Traceback" not in done.stderr


def test_every_problem_of_a_plan_file_has_its_place(tmp_path: Path) -> None:
    path = plan_of(tmp_path, "origins: [https://a.example/]\ntarget: []\ntargets:\n  - s4: x\n")
    done = run("plan", "--sandbox", path)
    assert done.returncode == 1
    for place in (":3:11: ", ":4:1: ", ":6:5: "):
        assert f"{path}{place}" in done.stderr


def test_a_target_that_matches_nothing_is_an_error(tmp_path: Path) -> None:
    path = plan_of(tmp_path, BUCKET_PLAN + "  - s3: nothing-*\n  - rest_api: nothing\n")
    done = run("plan", "--sandbox", "--json", path)
    assert done.returncode == 1
    printed = document(done)
    assert [finding["address"] for finding in printed["findings"] if finding["code"] == "no-match"] == [
        "rest_api/nothing",
        "s3/nothing-*",
    ] or {finding["address"] for finding in printed["findings"] if finding["code"] == "no-match"} == {
        "rest_api/nothing",
        "s3/nothing-*",
    }
    assert [change["address"] for change in printed["changes"]] == ["s3/webapp-uploads"]


def test_no_credentials_is_said_with_a_next_step() -> None:
    done = run("plan", PLAN)
    assert done.returncode == 1
    assert "NoCredentialsError" in done.stderr
    assert "--sandbox needs no credentials" in done.stderr.replace("`", "")
    assert "Traceback" not in done.stderr


def test_an_unreachable_endpoint_is_said_with_a_next_step() -> None:
    done = run("plan", "--endpoint-url", "http://127.0.0.1:9", PLAN, **KEYS)
    assert done.returncode == 1
    assert "EndpointConnectionError" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_endpoint_that_is_no_url_is_said_with_a_next_step() -> None:
    done = run("plan", "--endpoint-url", "notaurl", PLAN, **KEYS)
    assert done.returncode == 1
    assert "Invalid endpoint: notaurl" in done.stderr
    assert "Check --endpoint-url" in done.stderr


def test_another_account_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    path = plan_of(tmp_path, 'account: "999999999999"\n' + BUCKET_PLAN)
    for command in (["plan"], ["apply", "--yes"]):
        done = run(*command, "--sandbox", path)
        assert done.returncode == 3
        assert "wrong-account" in done.stderr


def test_schema_is_json() -> None:
    assert document(run("schema"))["properties"]["targets"]


def unread(stream: str, *arguments: str) -> tuple[int, str]:
    """Run with nobody at the other end of one stream: the exit code, and what the other one got."""
    reader, writer = os.pipe()
    os.close(reader)
    done = processes.run_into(arguments, **{stream: writer})
    os.close(writer)
    return done.returncode, done.stdout or done.stderr


def shell(command: str, redirection: str) -> subprocess.CompletedProcess[str]:
    """Run as a shell does that sends a stream elsewhere, or closes it before an interpreter starts."""
    number, device = redirection.split(">")
    if device.startswith("/"):
        with Path(device).open("wb") as file:
            return processes.run_into(
                command.split(), **{"stderr" if number == "2" else "stdout": file.fileno()}
            )
    line = f"{sys.executable} -m remediate {command} {redirection}"
    return subprocess.run(
        ["sh", "-c", line],
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize(
    "arguments",
    [
        ("plan", "--sandbox"),
        ("plan", "--sandbox", "--json"),
        ("plan", "--json", "no-such-file.yaml", "--quiet"),
        ("apply", "--sandbox", "--yes", "--quiet"),
        ("schema",),
    ],
)
def test_a_reader_that_goes_away_ends_it_as_sigpipe_would(arguments: tuple[str, ...]) -> None:
    code, said = unread("stdout", *arguments)
    assert code == 141
    if "no-such-file.yaml" in arguments:
        assert "no-such-file.yaml: no such file or folder" in said
    else:
        assert said == ""


def test_an_apply_goes_on_where_nobody_reads_its_progress() -> None:
    code, said = unread("stderr", "apply", "--sandbox", "--yes")
    assert code == 0
    assert "Apply: 5 written." in said


@pytest.mark.parametrize(
    ("command", "device", "said"),
    [
        ("plan --sandbox --quiet", ">/dev/full", "No space left"),
        ("plan --sandbox --quiet --json", ">/dev/full", "No space left"),
        ("apply --sandbox --yes --quiet", ">/dev/full", "No space left"),
        ("plan --help", ">/dev/full", "No space left"),
        ("--version", ">/dev/full", "No space left"),
        ("schema", ">&-", "Bad file descriptor"),
    ],
)
def test_a_device_that_takes_no_more_is_told_in_one_line(command: str, device: str, said: str) -> None:
    done = shell(command, device)
    assert done.returncode == 1
    error, hint = done.stderr.splitlines()
    assert error.startswith(f"error: stdout: {said}")
    assert "remediate history" in hint


def test_a_reader_that_is_slow_is_waited_for() -> None:
    """Some who start programs give them a pipe that does not block; this one holds a page."""
    reader, writer = os.pipe()
    fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, 4096)
    os.set_blocking(writer, False)
    with subprocess.Popen(
        [sys.executable, "-m", "remediate", "schema"],
        env=environment(),
        stdout=writer,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        while select.select([], [writer], [], 0)[1]:
            time.sleep(0.05)
        time.sleep(0.2)
        os.close(writer)
        with os.fdopen(reader, encoding="utf-8") as printed:
            assert json.load(printed)["properties"]["targets"]
        assert process.communicate(timeout=20)[1] == ""
    assert process.returncode == 0


def test_a_journal_that_takes_no_more_is_not_taken_for_the_device(served: Served, tmp_path: Path) -> None:
    full = tmp_path / ".remediate"
    full.symlink_to("/dev/full")
    done = served.run("apply", "--yes", plan_of(tmp_path, BUCKET_PLAN))
    assert done.returncode == 1
    assert "stdout:" not in done.stderr
    assert str(full) in done.stderr


@pytest.mark.parametrize("device", ["2>/dev/full", "2>&-"])
def test_an_apply_goes_on_where_its_progress_finds_no_room(device: str) -> None:
    done = shell("apply --sandbox --yes", device)
    assert done.returncode == 0
    assert "Apply: 5 written." in done.stdout
    assert shell("plan --no-such-option", device).returncode == 1


def on_a_terminal(*arguments: str, columns: int, answer: str = "", **more: str) -> tuple[int, str]:
    """Run on a pseudo-terminal of that width; everything it printed, and its exit code."""
    settings = environment(COLUMNS=str(columns), **{"TERM": "xterm-256color", **more})
    typed = answer.encode() + b"\n" if answer else b""
    return processes.on_a_terminal(arguments, ROOT, settings, typed, lambda said: b"is accepted" in said)


def test_a_narrow_terminal_is_kept_to() -> None:
    _, said = on_a_terminal("plan", "--sandbox", "--quiet", PLAN, columns=80)
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", said)
    assert max(len(line.rstrip("\r\n")) for line in plain.splitlines()) <= 80


@pytest.mark.parametrize("setting", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_colour_can_be_switched_off(setting: dict[str, str]) -> None:
    _, said = on_a_terminal("plan", "--sandbox", "--quiet", PLAN, columns=100, **setting)
    assert not re.search(r"\x1b\[\d*;?3\dm", said)


def test_apply_asks_and_only_yes_is_a_yes(tmp_path: Path) -> None:
    path = plan_of(tmp_path, BUCKET_PLAN)
    code, said = on_a_terminal("apply", "--sandbox", path, columns=100, answer="y")
    assert code == 1
    assert "Nothing was written" in said
    code, said = on_a_terminal("apply", "--sandbox", path, columns=100, answer="yes")
    assert code == 0
    assert "1 written" in said


@pytest.mark.parametrize("more", [[], ["--json"]])
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_interrupts_end_with_130_and_143(number: signal.Signals, code: int, more: list[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        process = start(["plan", "--endpoint-url", url, PLAN, *more], ROOT, environment(**KEYS))
        server.settimeout(processes.TIMEOUT)
        server.accept()[0].close()
    # It has called AWS; nobody listens any more, and it waits before it calls again.
    time.sleep(0.3)
    process.send_signal(number)
    done = process.complete(timeout=20)
    said = done.stderr.decode()
    assert done.returncode == code, said
    assert "Traceback" not in said
    if more:
        assert json.loads(done.stdout)["error"]["exit_code"] == code
    else:
        assert done.stdout == b""


def test_an_interrupt_behind_the_document_leaves_it_the_only_one(tmp_path: Path) -> None:
    """Such as one that comes while the connections are closed."""
    code = (
        "import sys\n"
        "from remediate import cli\n"
        "from remediate.cli import schema\n"
        "sys.argv = ['remediate', 'late', '--json']\n"
        "@cli.app.command('late')\n"
        "def late(json: bool = False) -> int:\n"
        "    schema.schema()\n"
        "    raise KeyboardInterrupt\n"
        "cli.main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 130, done.stderr
    assert document(done)["properties"]["targets"]


def without_empty(value: Any) -> Any:
    """Without members that say nothing: empty, false or zero is what AWS takes an absent one for."""
    if isinstance(value, dict):
        members = {key: without_empty(item) for key, item in value.items()}
        return {key: item for key, item in members.items() if item not in (None, False, 0, "", [], {})}
    return [without_empty(item) for item in value] if isinstance(value, list) else value


def live(served: Served) -> Any:
    """The settings of the sandbox, as their own services tell them."""
    gateway, cloudfront = served.client("apigateway"), served.client("cloudfront")
    api = gateway.get_rest_apis()["items"][0]["id"]
    distributions = cloudfront.list_distributions()["DistributionList"]["Items"]
    everything = json.loads(
        json.dumps(
            {
                "s3": served.client("s3").get_bucket_cors(Bucket="webapp-uploads")["CORSRules"],
                "http": served.client("apigatewayv2").get_apis()["Items"][0]["CorsConfiguration"],
                "rest": gateway.get_resources(restApiId=api, embed=["methods"])["items"],
                "served": gateway.get_stage(restApiId=api, stageName="prod")["deploymentId"],
                "errors": gateway.get_gateway_responses(restApiId=api)["items"],
                "cloudfront": [
                    cloudfront.get_distribution_config(Id=distribution["Id"])["DistributionConfig"]
                    for distribution in distributions
                ],
                "policies": cloudfront.list_cache_policies(Type="custom")["CachePolicyList"].get("Items", []),
            },
            default=str,
        )
    )
    return without_empty(everything)


def test_undo_restores_the_raw_settings_and_can_be_undone(served: Served) -> None:
    before = live(served)
    assert served.run("apply", "--yes", served.plan).returncode == 0
    applied = live(served)
    assert applied != before
    state = str(Path(served.plan).parent / ".remediate")
    done = served.run("undo", "--yes", "--state", state)
    assert done.returncode == 0, done.stdout + done.stderr
    assert live(served) == before
    assert served.run("undo", "--yes", "--state", state).returncode == 0
    assert served.run("plan", "--detailed-exitcode", served.plan).returncode == 0
    runs = document(served.run("history", "--json", "--state", state))["runs"]
    assert [(run["id"], run["undoes"]) for run in runs] == [
        ("0001", None),
        ("0002", "0001"),
        ("0003", "0002"),
    ]


def test_undo_shows_whose_access_turns_back_and_warns_of_what_it_opens(
    served: Served, tmp_path: Path
) -> None:
    theirs = [{"ID": "everybody", "AllowedOrigins": ["*"], "AllowedMethods": ["GET", "PUT"]}]
    bucket = served.client("s3")
    bucket.put_bucket_cors(Bucket="webapp-uploads", CORSConfiguration={"CORSRules": theirs})
    exact = plan_of(tmp_path, "mode: exact\n" + BUCKET_PLAN)
    done = served.run("apply", "--yes", "--allow", "removes-access", exact)
    assert done.returncode == 0, done.stderr
    state = str(tmp_path / ".remediate")

    back = served.run("undo", "--yes", "--json", "--state", state)
    assert back.returncode == 0, back.stderr
    assert bucket.get_bucket_cors(Bucket="webapp-uploads")["CORSRules"] == theirs
    turned = {(change["origin"], change["method"], change["after"]) for change in document(back)["access"]}
    # PUT is no method of the plan's: it was there before, so it comes back, for its own origin too.
    assert turned == {
        ("https://a.example", "PUT", "allowed"),
        ("https://any-other-origin.example", "GET", "allowed"),
        ("https://any-other-origin.example", "PUT", "allowed"),
    }
    [warned] = document(back)["findings"]
    assert (warned["level"], warned["code"]) == ("warn", "opens-to-any")
    assert warned["message"].startswith("Undo brings back *")

    again = served.run("undo", "--yes", "--json", "--state", state)
    assert again.returncode == 0, again.stderr
    lost = {(change["origin"], change["method"], change["after"]) for change in document(again)["access"]}
    assert lost == {(origin, method, "blocked") for origin, method, _ in turned}
    assert document(again)["findings"] == []


def test_undo_says_what_it_does_and_not_what_the_run_did(served: Served) -> None:
    assert served.run("apply", "--yes", served.plan).returncode == 0
    state = str(Path(served.plan).parent / ".remediate")
    undone = document(served.run("undo", "--yes", "--json", "--state", state))
    (bucket,) = [change for change in undone["changes"] if change["service"] == "s3"]
    assert bucket["summary"] == ["remove rule remediate:webapp"]
    (api,) = [change for change in undone["changes"] if change["service"] == "http_api"]
    assert any(phrase.startswith("stop allowing origin http://localhost:3000") for phrase in api["summary"])


def test_undo_leaves_alone_what_changed_since(served: Served) -> None:
    assert served.run("apply", "--yes", served.plan).returncode == 0
    theirs = [{"ID": "somebody", "AllowedOrigins": ["https://b.example"], "AllowedMethods": ["GET"]}]
    bucket = served.client("s3")
    bucket.put_bucket_cors(Bucket="webapp-uploads", CORSConfiguration={"CORSRules": theirs})
    done = served.run("undo", "--yes", "--state", str(Path(served.plan).parent / ".remediate"))
    assert done.returncode == 4
    assert "changed-since" in done.stdout
    assert (
        "Undo: 4 written, 1 left alone, changed since the run (s3/webapp-uploads). "
        "Read again: what was written is as planned." in done.stdout
    )
    assert bucket.get_bucket_cors(Bucket="webapp-uploads")["CORSRules"] == theirs


def test_undo_does_not_ask_where_nobody_is(served: Served, tmp_path: Path) -> None:
    state = str(tmp_path / ".remediate")
    assert served.run("apply", "--yes", plan_of(tmp_path, BUCKET_PLAN)).returncode == 0
    theirs = [{"ID": "somebody", "AllowedOrigins": ["https://b.example"], "AllowedMethods": ["GET"]}]
    served.client("s3").put_bucket_cors(Bucket="webapp-uploads", CORSConfiguration={"CORSRules": theirs})
    asked = served.run("undo", "--state", state)
    assert asked.returncode == 1
    assert "Add --yes to go on without asking." in asked.stderr
    alone = served.run("undo", "--yes", "--state", state)
    assert alone.returncode == 4
    assert "Undo: 1 left alone, changed since the run (s3/webapp-uploads).\n" in alone.stdout


def test_what_a_plan_brought_goes_when_it_is_listed_no_more(served: Served, tmp_path: Path) -> None:
    target = "region: eu-west-1\nallow: {methods: [GET]}\ntargets:\n  - http_api: webapp-orders\n"
    both = plan_of(tmp_path, "origins: [https://a.example, https://b.example]\n" + target)
    assert served.run("apply", "--yes", both).returncode == 0
    one = plan_of(tmp_path, "origins: [https://a.example]\n" + target)
    assert served.run("apply", "--yes", one).returncode == 0
    origins = served.client("apigatewayv2").get_apis()["Items"][0]["CorsConfiguration"]["AllowOrigins"]
    assert sorted(origins) == ["https://a.example", "https://app.example.com"]


@pytest.mark.parametrize("way", ["saved", "undone and back"])
def test_what_a_plan_brought_is_known_however_it_came_to_be_written(
    served: Served, tmp_path: Path, way: str
) -> None:
    target = "region: eu-west-1\nallow: {methods: [GET]}\ntargets:\n  - http_api: webapp-orders\n"
    both = plan_of(tmp_path, "origins: [https://a.example, https://b.example]\n" + target)
    saved, state = str(tmp_path / "saved.json"), str(tmp_path / ".remediate")
    steps = {
        "saved": [("plan", "--out", saved, both), ("apply", saved)],
        "undone and back": [("apply", "--yes", both)] + [("undo", "--yes", "--state", state)] * 2,
    }
    for step in steps[way]:
        assert served.run(*step).returncode == 0
    one = plan_of(tmp_path, "origins: [https://a.example]\n" + target)
    assert served.run("apply", "--yes", one).returncode == 0
    origins = served.client("apigatewayv2").get_apis()["Items"][0]["CorsConfiguration"]["AllowOrigins"]
    assert sorted(origins) == ["https://a.example", "https://app.example.com"]


def test_a_reviewed_checksum_is_demanded(served: Served) -> None:
    checksum = document(served.run("plan", "--json", served.plan))["checksum"]
    assert served.run("apply", "--expect", "sha256:0", served.plan).returncode == 4
    assert served.run("apply", "--expect", checksum, served.plan).returncode == 0


def test_a_saved_plan_whose_plan_file_was_edited_is_refused(served: Served, tmp_path: Path) -> None:
    saved = str(tmp_path / "saved.json")
    plan = plan_of(tmp_path, BUCKET_PLAN)
    assert served.run("plan", "--out", saved, plan).returncode == 0
    Path(plan).write_text(Path(plan).read_text() + "# edited\n")
    done = served.run("apply", saved)
    assert done.returncode == 4
    assert "was edited" in done.stderr


def test_a_saved_plan_whose_plan_file_is_not_here_is_refused(served: Served, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    plan_of(tmp_path, BUCKET_PLAN)
    assert served.run("plan", "--out", "saved.json", "plan.yaml", cwd=tmp_path).returncode == 0
    done = served.run("apply", "../saved.json", cwd=elsewhere)
    assert done.returncode == 4, done.stdout
    assert "plan.yaml, of which ../saved.json was made, cannot be read here" in done.stderr
    assert "in the folder where the plan was made" in done.stderr
    assert list(elsewhere.iterdir()) == []
    assert served.run("apply", "saved.json", cwd=tmp_path).returncode == 0


COMMON = {"--json", "--profile", "--region", "--endpoint-url", "--sandbox", "--quiet"}
ON_RESOURCES = COMMON | {"--target", "--concurrency", "--verbose"}


@pytest.mark.parametrize(
    ("command", "options"),
    [
        *((name, ON_RESOURCES) for name in ("plan", "apply", "verify", "explain", "undo")),
        ("history", COMMON | {"--verbose"}),
        ("unlock", COMMON),
        ("iam", COMMON | {"--concurrency"}),
    ],
)
def test_every_command_that_talks_to_aws_takes_the_common_options(command: str, options: set[str]) -> None:
    said = run(command, "--help").stdout
    assert options - set(re.findall(r"--[a-z-]+", said)) == set()


def test_what_needs_an_earlier_run_or_a_server_says_so_on_a_fresh_sandbox() -> None:
    listed = run("history", "--sandbox", "--json")
    assert (listed.returncode, document(listed)["runs"]) == (0, [])
    assert "starts afresh" in listed.stderr
    broken = run("unlock", "--sandbox", "--json", "--quiet")
    assert (broken.returncode, document(broken)["held_by"], broken.stderr) == (0, None, "")
    undone = run("undo", "--sandbox", "--yes")
    assert undone.returncode == 1
    assert "`remediate sandbox` serves one" in undone.stderr
    asked = run("verify", "--sandbox")
    assert asked.returncode == 1
    assert "no server to verify" in asked.stderr
    assert "remediate explain URL" in asked.stderr


def test_the_lock_of_a_run_that_lives_is_broken_only_when_confirmed(served: Served, tmp_path: Path) -> None:
    state = str(tmp_path / ".remediate")
    with LocalStore(Path(state)).lease("123456789012", "alice") as lease:
        refused = served.run("unlock", "--state", state)
        assert refused.returncode == 1
        assert "held by alice, which may still be running" in refused.stderr
        lease.check()
        for answer, code in (("y", 1), ("yes", 0)):
            ended, said = on_a_terminal(
                "unlock", "--state", state, columns=200, answer=answer, **served.exports
            )
            assert (ended, "may still be running. Break it anyway?" in said) == (code, True), said
        with pytest.raises(Locked):
            lease.check()
    with LocalStore(Path(state)).lease("123456789012", "bob"):
        assert "held by bob" in served.run("unlock", "--yes", "--state", state).stdout
    assert "nobody held" in served.run("unlock", "--state", state).stdout


def test_undo_of_one_resource_leaves_the_others_as_the_run_left_them(served: Served) -> None:
    before = live(served)
    assert served.run("apply", "--yes", served.plan).returncode == 0
    applied = live(served)
    state = str(Path(served.plan).parent / ".remediate")
    wrong = served.run("undo", "--yes", "--state", state, "--target", "s3/other")
    assert wrong.returncode == 1
    assert "s3/other matches nothing that run 0001 wrote" in wrong.stderr
    done = served.run("undo", "--yes", "--state", state, "--target", "s3/*")
    assert done.returncode == 0, done.stdout + done.stderr
    assert live(served) == applied | {"s3": before["s3"]}
    # by the name that outputs show behind the address
    named = served.run("undo", "--yes", "--state", state, "0001", "--target", "webapp-orders")
    assert named.returncode == 0, named.stdout + named.stderr
    assert live(served) == applied | {"s3": before["s3"], "http": before["http"]}


@pytest.mark.parametrize(
    ("targets", "services"),
    [
        (["webapp-orders"], ["http_api"]),
        (["http_api/webapp-orders"], ["http_api"]),
        (["webapp-*"], ["http_api", "rest_api", "s3"]),
        (["rest_api/webapp-backend/prod"], ["rest_api"]),
        (["webapp-backend", "cdn.example.com"], ["cloudfront", "rest_api"]),
    ],
)
def test_a_target_is_an_address_or_a_name(targets: list[str], services: list[str]) -> None:
    """The sandbox has one HTTP API, one REST API and one bucket; one of two distributions is `cdn`."""
    options = [part for target in targets for part in ("--target", target)]
    done = run("plan", "--sandbox", "--json", *options, PLAN)
    assert done.returncode == 0, done.stderr
    assert [change["service"] for change in json.loads(done.stdout)["changes"]] == services


def test_a_target_that_is_no_name_either_is_bad_usage() -> None:
    done = run("plan", "--sandbox", "--target", "orders", PLAN)
    assert done.returncode == 1
    assert "--target orders matches no resource of" in done.stderr
    assert "the name of a resource" in done.stderr
