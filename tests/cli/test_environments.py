"""The environments that people have: each command ends well there, or with one error and a next step."""

from __future__ import annotations

import json
import pwd
import re
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from botocore.exceptions import ClientError, SSLError

from remediate.aws_errors import to_aws_failure
from remediate.sandbox import KEYS, embedded
from tests.in_process import ROOT, run

PLAN = str(ROOT / "plans" / "webapp.yaml")
START = "https://corp.awsapps.com/start"
CONFIG = f"""
[profile process-fails]
credential_process = sh -c 'echo the vault is sealed >&2; exit 3'
region = eu-west-1
[profile process-prints-garbage]
credential_process = echo hello
region = eu-west-1
[profile process-prints-a-list]
credential_process = echo []
region = eu-west-1
[profile process-is-missing]
credential_process = /nowhere/tool
region = eu-west-1
[profile no-sign-in]
sso_session = corp
sso_account_id = 123456789012
sso_role_name = reader
region = eu-west-1
[profile old-sign-in]
sso_start_url = {START}
sso_region = eu-west-1
sso_account_id = 123456789012
sso_role_name = reader
region = eu-west-1
[sso-session corp]
sso_region = eu-west-1
sso_start_url = {START}
[profile no-token]
role_arn = arn:aws:iam::123456789012:role/reader
web_identity_token_file = /nowhere/token
region = eu-west-1
[profile no-source]
role_arn = arn:aws:iam::123456789012:role/reader
source_profile = nobody
region = eu-west-1
[profile empty]
region = eu-west-1
"""
NEXT = {
    "process-fails": "aws configure get credential_process --profile process-fails",
    "process-prints-garbage": "aws configure get credential_process --profile process-prints-garbage",
    "process-prints-a-list": "aws configure get credential_process --profile process-prints-a-list",
    "process-is-missing": "aws configure get credential_process --profile process-is-missing",
    "no-sign-in": "aws sso login --profile no-sign-in",
    "old-sign-in": "aws sso login --profile old-sign-in",
    "no-token": "Is the token mounted there",
    "no-source": "aws sts get-caller-identity --profile no-source",
    "empty": "aws configure --profile empty",
    "unheard-of": "aws configure list-profiles",
}
COMMANDS: dict[str, list[str]] = {
    "plan": ["plan", PLAN],
    "apply": ["apply", "--yes", PLAN],
    "drift": ["drift", PLAN],
    "explain": ["explain", "https://api.example.com/items", "--origin", "http://localhost:3000"],
    "verify": ["verify", PLAN],
    "iam": ["iam", "--resolve", PLAN],
    "undo": ["undo", "--yes", "--state", "s3://journal/x"],
}


def plain(text: str) -> str:
    """The text without the breaks between its lines."""
    return " ".join(text.split())


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("profile", NEXT)
def test_credentials_that_cannot_be_had(tmp_path: Path, profile: str, command: str) -> None:
    """Each error names the profile and what to do, once."""
    config = tmp_path / "config"
    config.write_text(CONFIG)
    ended = run(
        *COMMANDS[command],
        "--profile",
        profile,
        AWS_CONFIG_FILE=str(config),
        HOME=str(tmp_path),
        COLUMNS="400",
    )
    assert ended.returncode == 1, ended.stderr
    assert profile in ended.stderr
    assert NEXT[profile] in ended.stderr
    assert ended.stderr.count("error:") == 1, ended.stderr
    assert "Traceback" not in ended.stderr
    assert "defect of remediate" not in ended.stderr


def test_what_a_credential_process_said_is_told(tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.write_text(CONFIG)
    ended = run("plan", PLAN, AWS_PROFILE="process-fails", AWS_CONFIG_FILE=str(config), COLUMNS="400")
    assert "The credential_process of profile process-fails gives no credentials" in ended.stderr
    assert "the vault is sealed" in ended.stderr


def test_a_sign_in_that_has_expired(tmp_path: Path) -> None:
    """The AWS CLI keeps the token in a file that is named after the start URL's digest."""
    import hashlib  # noqa: PLC0415

    cache = tmp_path / ".aws" / "sso" / "cache"
    cache.mkdir(parents=True)
    name = hashlib.sha1(START.encode(), usedforsecurity=False).hexdigest()
    past = (datetime.now(UTC) - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    token = {"accessToken": "t", "expiresAt": past, "startUrl": START, "region": "eu-west-1"}
    (cache / f"{name}.json").write_text(json.dumps(token))
    config = tmp_path / "config"
    config.write_text(CONFIG)
    ended = run(
        "plan",
        PLAN,
        "--profile",
        "old-sign-in",
        AWS_CONFIG_FILE=str(config),
        HOME=str(tmp_path),
        COLUMNS="400",
    )
    assert ended.returncode == 1
    assert "aws sso login --profile old-sign-in" in ended.stderr, ended.stderr


@pytest.mark.parametrize("command", ["plan", "drift"])
def test_a_token_of_the_environment_that_is_missing(command: str) -> None:
    ended = run(
        *COMMANDS[command],
        AWS_WEB_IDENTITY_TOKEN_FILE="/nowhere/token",
        AWS_ROLE_ARN="arn:aws:iam::123456789012:role/reader",
        AWS_REGION="eu-west-1",
        COLUMNS="400",
    )
    assert ended.returncode == 1
    assert "/nowhere/token (AWS_WEB_IDENTITY_TOKEN_FILE)" in ended.stderr
    assert "unset AWS_WEB_IDENTITY_TOKEN_FILE" in ended.stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_no_credentials_at_all(command: str) -> None:
    ended = run(*COMMANDS[command], AWS_REGION="eu-west-1", COLUMNS="400")
    assert ended.returncode == 1
    assert "There are no credentials" in ended.stderr
    assert "Set AWS_PROFILE or AWS_ACCESS_KEY_ID, or pass --profile" in ended.stderr
    assert ended.stderr.count("error:") == 1


SKEWED = [
    ("RequestTimeTooSkewed", "The difference between the request time and the current time is too large."),
    ("SignatureDoesNotMatch", "Signature expired: 20160101T000000Z is now earlier than 20261128T000000Z"),
    ("InvalidSignatureException", "Signature not yet current: 20360101T000000Z is still later than 2026"),
    ("RequestExpired", "Request has expired."),
]


@pytest.mark.parametrize(("code", "message"), SKEWED)
def test_a_clock_that_is_years_off(code: str, message: str) -> None:
    error = ClientError({"Error": {"Code": code, "Message": message}}, "GetCallerIdentity")
    failure = to_aws_failure(error, "sts:GetCallerIdentity")
    assert "The clock of this machine says 20" in failure.hint
    assert "Set the clock" in failure.hint


def test_a_clock_that_is_years_behind_meets_certificates_that_are_not_valid_yet() -> None:
    said = "certificate verify failed: certificate is not yet valid (_ssl.c:1006)"
    failure = to_aws_failure(SSLError(endpoint_url="https://sts.amazonaws.com", error=said), "sts:X")
    assert "The clock of this machine says" in failure.hint


def test_another_signature_that_does_not_match_is_not_a_matter_of_the_clock() -> None:
    message = "The request signature we calculated does not match the signature you provided."
    error = ClientError({"Error": {"Code": "SignatureDoesNotMatch", "Message": message}}, "X")
    assert "clock" not in to_aws_failure(error, "sts:X").hint


NAMES = ("HOME", "LOGNAME", "USER", "LNAME", "USERNAME", "TERM")


def nobody(uid: int) -> pwd.struct_passwd:
    """As in a container whose user id has no entry in /etc/passwd."""
    raise KeyError(f"getpwuid(): uid not found: {uid}")


def poor(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """No home, no name of the user, no terminal type, 20 columns, no colour."""
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(pwd, "getpwuid", nobody)
    return {"COLUMNS": "20", "NO_COLOR": "1"}


ANYWHERE: dict[str, tuple[list[str], int]] = {
    "plan": (["plan", "--sandbox", PLAN], 0),
    "apply": (["apply", "--sandbox", "--yes", PLAN], 0),
    "drift": (["drift", "--sandbox", PLAN], 2),
    "explain": (["explain", "--sandbox", "https://api.example.com/items", "--origin", "http://a.example"], 0),
    "iam": (["iam", PLAN], 0),
    "schema": (["schema"], 0),
    "rule": (["rule", "--all"], 0),
    "grants": (["grants", PLAN], 0),
    "history": (["history"], 0),
    "bad usage": (["plan", "--nonsense"], 1),
}


@pytest.mark.parametrize("command", ANYWHERE)
def test_a_poor_environment(command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    arguments, code = ANYWHERE[command]
    ended = run(*arguments, cwd=tmp_path, **poor(monkeypatch))
    assert ended.returncode == code, ended.stderr
    assert "Traceback" not in ended.stderr
    assert "\x1b[" not in ended.stdout + ended.stderr
    assert "defect of remediate" not in ended.stderr


def test_a_user_without_a_name_is_in_the_journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    more = poor(monkeypatch)
    plan = tmp_path / "plan.yaml"
    plan.write_text(Path(PLAN).read_text())
    with embedded():
        ended = run("apply", "--yes", "plan.yaml", cwd=tmp_path, **KEYS, **more)
        assert ended.returncode == 0, ended.stderr
        told = run("history", "--json", "--state", ".remediate", cwd=tmp_path, **KEYS)
    (record,) = json.loads(told.stdout)["runs"]
    assert re.match(r"unknown@\S+ as arn:aws:", record["who"])


@pytest.mark.skipif(sys.platform != "linux", reason="/sys is a folder that not even root may write to")
def test_a_folder_that_cannot_be_written_to_stops_before_any_write(tmp_path: Path) -> None:
    plan = tmp_path / "plan.yaml"
    text = Path(PLAN).read_text().replace("name: webapp\n", "name: webapp\nstate: /sys/remediate\n", 1)
    plan.write_text(text)
    with embedded():
        ended = run("apply", "--yes", "--json", "plan.yaml", cwd=tmp_path, **KEYS)
        after = run("plan", "--json", "plan.yaml", cwd=tmp_path, **KEYS)
    assert ended.returncode == 1
    assert "The journal cannot be used: /sys/remediate" in plain(ended.stderr)
    assert "`state:` in the plan names another place" in plain(ended.stderr)
    calls = json.loads(ended.stdout).get("api_calls", {})
    assert not [name for name in calls if re.search(r":(Put|Update|Create|Delete)", name)]
    assert json.loads(after.stdout)["has_changes"]
