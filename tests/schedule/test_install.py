"""`remediate schedule --install`: what pip gets at each place, word for word."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
from importlib.metadata import version
from pathlib import Path

import pytest
import yaml

from remediate.errors import UsageError
from remediate.schedule.places import place, places
from tests.schedule.making import UPLOADS, made

GIT = "cors-remediate @ git+https://git.example.com/ops/remediate@v0.2.0"
ODD = "cors-remediate @ https://x.example/$(touch pwned)/`id`/${{ github.token }}'\"#sha256=ab: c"
INSTALLING = [on for on in places() if place(on).INSTALLS]


def files(on: str, folder: Path, install: str | None = None) -> dict[str, str]:
    return dict(made(on, folder, {"plans/u.yaml": UPLOADS}, install=install))


def commands(on: str, folder: Path, install: str | None = None) -> list[str]:
    """The lines that install, as the place's own parser gives them to a shell."""
    texts = files(on, folder, install)
    if on == "github":
        jobs = yaml.safe_load(texts[".github/workflows/remediate.yml"])["jobs"].values()
        steps = [step.get("run", "") for job in jobs for step in job["steps"]]
        return [run for run in steps if run.startswith("pip install")]
    if on == "gitlab":
        lines = yaml.safe_load(texts["remediate.gitlab-ci.yml"])[".remediate"]["before_script"]
        return [line for line in lines if line.startswith("pip install")]
    if on == "kubernetes":
        return re.findall(r"^RUN (pip install .*)$", texts["Dockerfile"], re.MULTILINE)
    if on == "lambda":
        # The script gives the value of the variable to pip, in double quotes.
        (line,) = re.findall(r"^remediate=.*$", texts["package.sh"], re.MULTILINE)
        return [f'{line}; pip install "$remediate"']
    return re.findall(
        r"^#.* && /opt/remediate/bin/(pip install .*)$", texts["remediate-drift.service"], re.MULTILINE
    )


def installed(command: str, folder: Path) -> str:
    """The last word that pip gets when a shell runs the command."""
    script = "pip() { printf '%s\\n' \"${@: -1}\"; }\n" + command
    done = subprocess.run(
        ["bash", "-euc", script], cwd=folder, env={"PATH": "/usr/bin:/bin"}, capture_output=True, check=True
    )
    return done.stdout.decode().removesuffix("\n")


@pytest.mark.parametrize("install", [None, "cors-remediate==0.2.0", GIT, ODD])
@pytest.mark.parametrize("on", INSTALLING)
def test_pip_gets_the_requirement_as_one_word(tmp_path: Path, on: str, install: str | None) -> None:
    expected = install or f"cors-remediate=={version('cors-remediate')}"
    lines = commands(on, tmp_path, install)
    assert [installed(line, tmp_path) for line in lines] == [expected] * (2 if on == "github" else 1)
    assert not (tmp_path / "pwned").exists()


@pytest.mark.parametrize("on", INSTALLING)
def test_no_other_requirement_is_left_in_a_recipe(tmp_path: Path, on: str) -> None:
    assert f"cors-remediate=={version('cors-remediate')}" not in "".join(files(on, tmp_path, GIT).values())


def test_a_workflow_has_no_expression_from_a_requirement(tmp_path: Path) -> None:
    assert all("${{" not in line for line in commands("github", tmp_path, ODD))


@pytest.mark.parametrize(("install", "image"), [(None, "python:3.13-slim"), (GIT, "python:3.13")])
def test_an_image_without_git_is_not_asked_for_a_git_url(
    tmp_path: Path, install: str | None, image: str
) -> None:
    """The slim images have no git; the full ones do."""
    gitlab = yaml.safe_load(files("gitlab", tmp_path, install)["remediate.gitlab-ci.yml"])
    assert gitlab[".remediate"]["image"] == image
    assert f"\nFROM {image}\n" in files("kubernetes", tmp_path, install)["Dockerfile"]


def test_a_wheel_goes_into_the_image(tmp_path: Path) -> None:
    name = "cors_remediate-0.2.0-py3-none-any.whl"
    dockerfile = files("kubernetes", tmp_path, f"/home/me/dist/{name}")["Dockerfile"].splitlines()
    (copied,) = [json.loads(line.removeprefix("COPY ")) for line in dockerfile if line.startswith("COPY ")]
    (run,) = [shlex.split(line) for line in dockerfile if line.startswith("RUN ")]
    assert copied == [name, "/opt/"]
    assert run[-1] == f"/opt/{name}"
    assert "COPY" not in files("kubernetes", tmp_path)["Dockerfile"]
    with pytest.raises(UsageError, match="meaning of its own in a Dockerfile"):
        files("kubernetes", tmp_path, "dist/$HOME.whl")


@pytest.mark.parametrize("on", ["github", "gitlab"])
def test_a_runner_finds_a_wheel_of_the_repository_only(tmp_path: Path, on: str) -> None:
    wheel = "dist/cors_remediate-0.2.0-py3-none-any.whl"
    assert {installed(line, tmp_path) for line in commands(on, tmp_path, wheel)} == {wheel}
    for outside in (f"/home/me/{wheel}", f"../{wheel}"):
        with pytest.raises(UsageError, match="a runner would not find it"):
            files(on, tmp_path, outside)


@pytest.mark.parametrize(
    ("install", "message"),
    [
        ("", "is not a requirement"),
        ("cors-remediate\n* * * * * evil", "is not a requirement"),
        ("--index-url=https://evil.example", "an option of pip"),
        ("git+https://me:secret@git.example.com/r", "the URL has a password"),
    ],
)
def test_what_is_no_requirement_is_refused(tmp_path: Path, install: str, message: str) -> None:
    with pytest.raises(UsageError, match=message) as refused:
        files("systemd", tmp_path, install)
    assert refused.value.hint
    assert "secret" not in str(refused.value)


def test_cron_installs_nothing_and_says_so(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cron installs nothing"):
        files("cron", tmp_path, GIT)
