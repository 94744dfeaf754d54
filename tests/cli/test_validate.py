"""`remediate validate`: plan files without AWS, credentials or network, and their problems as objects."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml

from tests.in_process import ROOT, run

VALID = """\
version: 1
name: webapp
origins: [https://app.example.com]
targets:
  - s3: uploads
"""
BROKEN = """\
version: 1
name: webapp
origins: [https://app.example.com/]
targets:
  - s3: uploads
    pathes: [a]
"""


def _folder(folder: Path, **texts: str) -> Path:
    plans = folder / "plans"
    plans.mkdir()
    for name, text in texts.items():
        (plans / f"{name}.yaml").write_text(text)
    return folder


def test_valid_files_end_with_0_and_each_is_named(tmp_path: Path) -> None:
    done = run("validate", cwd=_folder(tmp_path, a=VALID, b=VALID.replace("webapp", "shop")))
    assert (done.returncode, done.stdout, done.stderr) == (
        0,
        "plans/a.yaml: valid\nplans/b.yaml: valid\n",
        "",
    )


def test_every_problem_of_every_file_is_shown_at_once(tmp_path: Path) -> None:
    cwd = _folder(tmp_path, a=BROKEN, b=BROKEN.replace("webapp", "shop"))
    done = run("validate", cwd=cwd)
    assert done.returncode == 1
    for place in ("plans/a.yaml:3:11", "plans/a.yaml:6:5", "plans/b.yaml:3:11", "plans/b.yaml:6:5"):
        assert f"{place}: " in done.stderr


def test_json_has_an_object_for_each_problem(tmp_path: Path) -> None:
    done = run("validate", "--json", cwd=_folder(tmp_path, a=BROKEN))
    document = json.loads(done.stdout)
    assert done.returncode == 1
    assert document["format"] == "remediate.validate/1"
    assert document["files"] == ["plans/a.yaml"]
    first, second = document["problems"]
    assert set(first) == {"file", "line", "column", "rule", "message", "hint"}
    assert (first["file"], first["line"], first["column"]) == ("plans/a.yaml", 3, 11)
    assert first["message"] == f"plans/a.yaml:3:11: {first['rule']}"
    assert (second["line"], second["column"]) == (6, 5)
    assert second["rule"] == "unknown key 'pathes'"


def test_json_of_valid_files_has_no_problems(tmp_path: Path) -> None:
    done = run("validate", "--json", cwd=_folder(tmp_path, a=VALID))
    assert done.returncode == 0
    assert json.loads(done.stdout) == {
        "format": "remediate.validate/1",
        "files": ["plans/a.yaml"],
        "problems": [],
    }


def test_a_file_that_is_not_there_has_no_line(tmp_path: Path) -> None:
    done = run("validate", "gone.yaml", "--json", cwd=tmp_path)
    (problem,) = json.loads(done.stdout)["problems"]
    assert done.returncode == 1
    assert (problem["file"], problem["line"], problem["column"]) == ("gone.yaml", None, None)
    assert problem["rule"] == "no such file or folder"


@pytest.mark.parametrize("command", [("plan",), ("apply", "--yes"), ("drift",), ("verify",)])
def test_every_command_gives_the_problems_as_objects(tmp_path: Path, command: tuple[str, ...]) -> None:
    done = run(*command, "--json", cwd=_folder(tmp_path, a=BROKEN))
    error = json.loads(done.stdout)["error"]
    assert done.returncode == error["exit_code"] == 1
    assert [(problem["file"], problem["line"]) for problem in error["problems"]] == [
        ("plans/a.yaml", 3),
        ("plans/a.yaml", 6),
    ]


def test_the_hook_of_pre_commit_checks_the_plan_files_of_a_commit() -> None:
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    assert hook["entry"] == "remediate validate"
    assert re.search(hook["files"], "plans/webapp.yaml")
    assert not re.search(hook["files"], "src/webapp.yaml")
