"""The GitHub workflow: against its published schema, and its script run with a stand-in for `gh`."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.schedule.making import ODD, TOLD, UPLOADS, WEBAPP, made

NAME = ".github/workflows/remediate.yml"
CASES: dict[str, tuple[dict[str, str], dict[str, Any]]] = {
    "a folder": ({"plans/webapp.yaml": WEBAPP}, {}),
    "a file": ({"uploads.yaml": UPLOADS}, {"every": "15m"}),
    "only looking": ({"plans/uploads.yaml": UPLOADS}, {"every": "1d", "correct": False}),
    "channels": ({"plans/webapp.yaml": TOLD}, {}),
    "odd": ({f"{ODD}/webapp.yaml": WEBAPP}, {"every": "12h"}),
}


@pytest.fixture(params=CASES)
def text(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    plans, options = CASES[request.param]
    return made("github", tmp_path, plans, **options)[NAME]


def steps(text: str, job: str) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = yaml.safe_load(text)["jobs"][job]["steps"]
    return listed


def test_it_is_what_github_published_of_workflows(text: str, tmp_path: Path) -> None:
    path = tmp_path / "workflow.yml"
    path.write_text(text, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-workflows", str(path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_actions_are_pinned_to_commits(text: str) -> None:
    used = re.findall(r"uses: (\S+)(.*)", text)
    assert used
    for action, comment in used:
        assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", action), action
        assert re.fullmatch(r" # v\d+\.\d+\.\d+", comment)


def test_rights_are_named_one_by_one(text: str) -> None:
    workflow = yaml.safe_load(text)
    assert workflow["permissions"] == {}
    assert workflow["jobs"]["plan"]["permissions"] == {
        "contents": "read",
        "id-token": "write",
        "pull-requests": "write",
    }
    assert workflow["jobs"]["drift"]["permissions"] == {"contents": "read", "id-token": "write"}
    assert workflow["jobs"]["drift"]["concurrency"]["cancel-in-progress"] is False


def test_expressions_in_scripts_are_none(text: str) -> None:
    """What stands in `${{ }}` is put into a script as it is: a title could be a command."""
    for job in yaml.safe_load(text)["jobs"].values():
        for step in job["steps"]:
            assert "${{" not in step.get("run", "")


REMEDIATE = """\
#!/bin/sh
printf '%s\\n' "$@" > "$CALLED"
if [ "$1" = plan ]; then echo '## The plan'; else echo 'the pass'; fi
printf 'a remark\\n```\\n@team\\n' >&2
exit "$STATUS"
"""
GH = """\
#!{python}
import json, os, sys
from pathlib import Path
kept = Path(os.environ["COMMENTS"])
comments = json.loads(kept.read_text())
words = sys.argv[1:]
assert words[0] == "api", words
if "--jq" in words:
    marker = os.environ["MARKER"]
    assert "startswith(env.MARKER)" in words[words.index("--jq") + 1]
    mine = [one["id"] for one in comments if one["bot"] and one["body"].startswith(marker)]
    print("\\n".join(map(str, mine)))
    raise SystemExit
body = Path(words[words.index("--field") + 1].removeprefix("body=@")).read_text()
if "--method" in words:
    number = int(next(word for word in words if "/comments/" in word).rpartition("/")[2])
    next(one for one in comments if one["id"] == number)["body"] = body
else:
    comments.append({{"id": 100 + len(comments), "bot": True, "body": body}})
kept.write_text(json.dumps(comments))
"""


class Runner:
    """Runs a step's script as GitHub does (`bash --noprofile --norc -eo pipefail`)."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        tools = folder / "tools"
        tools.mkdir(parents=True)
        for name, script in (("remediate", REMEDIATE), ("gh", GH.format(python=sys.executable))):
            (tools / name).write_text(script, encoding="utf-8")
            (tools / name).chmod(0o755)
        self.kept = folder / "comments.json"
        self.kept.write_text('[{"id": 7, "bot": false, "body": "<!-- remediate plan: webapp --> mine"}]')

    def run(self, step: Mapping[str, Any], status: int = 0) -> subprocess.CompletedProcess[str]:
        environment = {
            "PATH": f"{self.folder / 'tools'}:{os.environ['PATH']}",
            "STATUS": str(status),
            "CALLED": str(self.folder / "called"),
            "COMMENTS": str(self.kept),
            "GITHUB_STEP_SUMMARY": str(self.folder / "summary.md"),
            **{key: str(value) for key, value in step.get("env", {}).items()},
        }
        return subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
            cwd=self.folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )

    @property
    def called(self) -> list[str]:
        return (self.folder / "called").read_text(encoding="utf-8").splitlines()

    @property
    def comments(self) -> list[dict[str, Any]]:
        listed: list[dict[str, Any]] = json.loads(self.kept.read_text(encoding="utf-8"))
        return listed


def test_one_comment_is_made_and_then_replaced(tmp_path: Path) -> None:
    text = made("github", tmp_path, {"plans/webapp.yaml": WEBAPP})[NAME]
    step = steps(text, "plan")[-1]
    runner = Runner(tmp_path / "run")
    assert runner.run(step).returncode == 0
    assert runner.called == ["plan", "--markdown", "--detailed-exitcode", "plans"]
    first, second = runner.comments
    assert first["id"] == 7
    assert second["body"] == "<!-- remediate plan: webapp -->\n## The plan\n"
    # A difference is what a pull request is for; one that `apply` would refuse turns the check red.
    assert runner.run(step, status=2).returncode == 0
    failed = runner.run(step, status=3)
    assert failed.returncode == 3
    assert "a remark" in failed.stderr
    first, second = runner.comments
    assert first["body"].endswith("mine")
    assert second["body"].startswith("<!-- remediate plan: webapp -->\n## The plan\n")
    assert "exit code 3" in second["body"]
    # All of it is code: no line of an error ends an indented block.
    assert second["body"].endswith("3:\n\n    a remark\n    ```\n    @team\n")


def test_a_pass_fails_with_its_own_exit_code(tmp_path: Path) -> None:
    text = made("github", tmp_path, {"plans/webapp.yaml": WEBAPP})[NAME]
    runner = Runner(tmp_path / "run")
    for status in (0, 2):
        done = runner.run(steps(text, "drift")[-1], status=status)
        assert (done.returncode, done.stdout) == (status, "the pass\n")
    assert runner.called == ["drift", "--correct", "--once", "--blame", "plans"]
    assert (tmp_path / "run/summary.md").read_text(encoding="utf-8") == "    the pass\n" * 2


def test_an_odd_path_arrives_as_it_is(tmp_path: Path) -> None:
    text = made("github", tmp_path, {f"{ODD}/webapp.yaml": WEBAPP})[NAME]
    runner = Runner(tmp_path / "run")
    assert runner.run(steps(text, "drift")[-1]).returncode == 0
    assert runner.called[-1] == ODD
    assert not (tmp_path / "run/pwned").exists()


def test_what_channels_refer_to_reaches_the_pass_and_no_pull_request(tmp_path: Path) -> None:
    text = made("github", tmp_path, {"plans/webapp.yaml": TOLD})[NAME]
    workflow = yaml.safe_load(text)
    assert workflow["jobs"]["drift"]["steps"][-1]["env"] == {
        "SLACK_WEBHOOK": "${{ secrets.SLACK_WEBHOOK }}",
        "NO": "${{ secrets.NO }}",
    }
    assert "secrets." not in str(workflow["jobs"]["plan"])
    assert "SLACK_WEBHOOK, NO\n" in text.partition("\nname:")[0]
    assert "secrets." not in made("github", tmp_path / "b", {"plans/webapp.yaml": WEBAPP})[NAME]
