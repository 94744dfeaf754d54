"""`deploy.sh` with a stand-in for the AWS CLI: what it uploads and deploys, and where."""

from __future__ import annotations

import hashlib
import os
import shlex
import subprocess
from pathlib import Path

import pytest

from tests.schedule.making import ODD, UPLOADS, WEBAPP, made

AWS = """\
#!/bin/sh
if [ "$1 $2" = "lambda get-account-settings" ]; then echo "$LIMIT"; exit; fi
for word in "$@"; do printf '%s\\n' "$word"; done >> "$CALLED"
echo "in $AWS_REGION" >> "$CALLED"
"""


def deploy(folder: Path, *arguments: str, limit: int = 1000, **more: str) -> str:
    """Runs the script of a recipe in the folder; the calls, a word a line."""
    tools = folder / "tools"
    tools.mkdir()
    (tools / "aws").write_text(AWS, encoding="utf-8")
    (tools / "aws").chmod(0o755)
    (folder / "remediate-lambda.zip").write_bytes(b"package")
    environment = {
        "PATH": f"{tools}:{os.environ['PATH']}",
        "CALLED": str(folder / "called"),
        "LIMIT": str(limit),
        **more,
    }
    subprocess.run(["bash", str(folder / "deploy.sh"), *arguments], cwd="/", env=environment, check=True)
    return (folder / "called").read_text(encoding="utf-8")


def written(folder: Path, plans: dict[str, str]) -> Path:
    out = folder / "out"
    out.mkdir()
    for name, text in made("lambda", folder, plans).items():
        (out / name).write_text(text, encoding="utf-8")
    return out


def test_it_is_deployed_where_the_plans_are_and_listens_where_cloudfront_is(tmp_path: Path) -> None:
    called = deploy(written(tmp_path, {"plans/webapp.yaml": WEBAPP}), "code", "AlarmEmail=a@example.com")
    key = f"remediate/{hashlib.sha256(b'package').hexdigest()}.zip"
    assert f"\ns3://code/{key}\nin eu-west-1\n" in called
    main, elsewhere = called.split("cloudformation\ndeploy\n")[1:3]
    assert main.startswith("--stack-name\nremediate\n--template-file\ntemplate.yaml\n")
    overrides = ["CodeBucket=code", f"CodeKey={key}", "ReservedConcurrency=1", "AlarmEmail=a@example.com"]
    assert "\n".join(["--parameter-overrides", *overrides, "in eu-west-1"]) in main
    assert elsewhere.startswith("--region\nus-east-1\n--stack-name\nremediate-events\n")
    assert "MainRegion=eu-west-1\n" in elsewhere


def test_a_small_account_gets_no_limit_and_the_caller_has_the_last_word(tmp_path: Path) -> None:
    for number, (limit, given) in enumerate([(10, []), (1000, ["ReservedConcurrency=0"])]):
        folder = tmp_path / str(number)
        folder.mkdir()
        out = written(folder, {"plans/webapp.yaml": WEBAPP})
        called = deploy(out, "code", *given, limit=limit)
        assert called.count("ReservedConcurrency=") == 1
        assert "\nReservedConcurrency=0\n" in called


def test_the_region_may_be_another(tmp_path: Path) -> None:
    called = deploy(written(tmp_path, {"plans/webapp.yaml": WEBAPP}), "code", AWS_REGION="us-east-1")
    main, elsewhere = called.split("cloudformation\ndeploy\n")[1:3]
    assert "in us-east-1" in main
    assert elsewhere.startswith("--region\neu-west-1\n--stack-name\nremediate-events\n")
    assert "MainRegion=us-east-1\n" in elsewhere


def test_without_a_region_in_the_plans_one_must_be_said(tmp_path: Path) -> None:
    plans = {"u.yaml": UPLOADS.replace("    region: us-east-1\n", "")}
    with pytest.raises(subprocess.CalledProcessError):
        deploy(written(tmp_path, plans), "code")


def test_an_odd_path_is_packaged_as_it_is(tmp_path: Path) -> None:
    text = made("lambda", tmp_path, {f"{ODD}/webapp.yaml": WEBAPP})["package.sh"]
    (line,) = [line for line in text.splitlines() if line.startswith("cp -- ")]
    subprocess.run(["bash", "-euc", f"mkdir -p built/plans; build=built; {line}"], cwd=tmp_path, check=True)
    assert (tmp_path / "built/plans/webapp.yaml").read_text(encoding="utf-8") == WEBAPP
    assert shlex.split(line)[:3] == ["cp", "--", f"{ODD}/webapp.yaml"]
    assert not (tmp_path / "pwned").exists()
