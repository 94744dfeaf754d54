"""Temporary origins at the command line: the file, the streams, the exit codes, and the live settings."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.cli.test_commands import PLAN, Served, document, plan_of, run, served

__all__ = ["served"]

LOCAL = "http://localhost:5173"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A working folder with the README's plan in plans/."""
    (tmp_path / "plans").mkdir()
    shutil.copy(PLAN, tmp_path / "plans")
    return tmp_path


def test_granted_listed_and_revoked(folder: Path) -> None:
    plan = folder / "plans" / "webapp.yaml"
    before = plan.read_text()
    done = run("grant", LOCAL, "--for", "4h", "--reason", "the upload page", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert done.stdout.startswith(f"Granted: {LOCAL} until 20")
    assert "Next: remediate apply plans/webapp.yaml" in done.stdout
    added = [line for line in plan.read_text().splitlines() if line not in before.splitlines()]
    assert added[:2] == [f"  - origin: {LOCAL}", "    reason: the upload page"]

    listed = run("grants", cwd=folder)
    assert listed.returncode == 0
    assert "plans/webapp.yaml:11:5  all targets  the upload page" in listed.stdout
    (grant,) = document(run("grants", "--json", "plans", cwd=folder))["grants"]
    assert (grant["plan"], grant["origin"], grant["where"]) == ("webapp", LOCAL, "plans/webapp.yaml:11:5")

    gone = run("revoke", LOCAL, "plans/webapp.yaml", "--json", cwd=folder)
    assert gone.returncode == 0
    assert document(gone)["revoked"]["origin"] == LOCAL
    assert plan.read_text() == before


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["grant", LOCAL], "give either --for or --until"),
        (["grant", LOCAL, "--for", "0h"], "'0h' is a duration of zero"),
        (["grant", LOCAL, "plans/other.yaml", "--for", "4h"], "no such file"),
        (["grant", "localhost", "--for", "4h"], "has no scheme"),
        (["grant", LOCAL, "--for", "4h", "--target", "s3/x"], "matches no target of plans/webapp.yaml"),
        (["grant", LOCAL, "--for", "4h", "--apply"], "not a terminal"),
        (["grant", LOCAL, "--for", "4h", "--apply", "--yes", "--json"], "one document"),
        (["revoke", LOCAL], "Nothing is granted"),
        (["revoke", LOCAL, "--apply"], "not a terminal"),
        (["grants", "plans/other.yaml"], "no such file"),
    ],
)
def test_what_does_not_work_says_why_and_changes_nothing(
    folder: Path, arguments: list[str], said: str
) -> None:
    plan = folder / "plans" / "webapp.yaml"
    before = plan.read_bytes()
    done = run(*arguments, cwd=folder)
    assert done.returncode == 1
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert plan.read_bytes() == before
    assert [path.name for path in plan.parent.iterdir()] == ["webapp.yaml"]


def test_of_several_plan_files_one_must_be_named(folder: Path) -> None:
    second = folder / "plans" / "other.yaml"
    second.write_text("version: 1\nname: other\norigins: []\ntargets: [{s3: a}]\n")
    done = run("grant", LOCAL, "--for", "4h", cwd=folder)
    assert done.returncode == 1
    assert "plans/other.yaml, plans/webapp.yaml" in done.stderr
    assert run("grant", LOCAL, "plans/other.yaml", "--for", "4h", cwd=folder).returncode == 0
    assert LOCAL in second.read_text()


def test_granted_and_revoked_on_the_spot(served: Served, tmp_path: Path) -> None:
    bucket = served.client("s3")

    def allowed() -> set[str]:
        rules = bucket.get_bucket_cors(Bucket="webapp-uploads")["CORSRules"]
        return {origin for rule in rules for origin in rule["AllowedOrigins"]}

    text = "region: eu-west-1\nallow: {methods: [GET]}\norigins: [https://a.example]\n"
    plan = plan_of(tmp_path, text + "targets:\n  - s3: webapp-uploads\n")
    assert served.run("apply", "--yes", plan).returncode == 0
    before = allowed()
    done = served.run("grant", LOCAL, plan, "--for", "1h", "--apply", "--yes")
    assert done.returncode == 0, done.stderr
    assert "Apply: 1 written." in done.stdout
    assert "Nothing was written to AWS yet" not in done.stdout
    assert allowed() == before | {LOCAL}
    gone = served.run("revoke", LOCAL, plan, "--apply", "--yes")
    assert gone.returncode == 0, gone.stderr
    assert allowed() == before


def test_an_error_is_one_document_too(folder: Path) -> None:
    done = run("revoke", LOCAL, "--json", cwd=folder)
    assert json.loads(done.stdout)["error"]["exit_code"] == 1
