"""A profile whose role asks for the code of an MFA device: asked visibly, or an error with a next step."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from remediate.errors import AwsFailure
from remediate.mfa import Prompter
from tests.cli.test_commands import Served
from tests.processes import ROOT, environment, on_a_terminal, run

DEVICE = "arn:aws:iam::123456789012:mfa/me"
COMMANDS = {
    "plan": ["plan", "{plan}"],
    "apply": ["apply", "--yes", "{plan}"],
    "drift": ["drift", "{plan}"],
    "explain": ["explain", "https://api.example.com/items", "--origin", "http://localhost:3000"],
    "verify": ["verify", "{plan}"],
    "unlock": ["unlock", "--state", "{folder}/.remediate"],
    "iam": ["iam", "--resolve", "{plan}"],
}


class World:
    """A server, and a profile whose role wants a code."""

    def __init__(self, folder: Path) -> None:
        self.server = Served(folder)
        self.folder = folder
        config = folder / "config"
        config.write_text(
            f"[profile mfa]\nrole_arn = arn:aws:iam::123456789012:role/deploy\nsource_profile = base\n"
            f"mfa_serial = {DEVICE}\nregion = eu-west-1\n"
        )
        keys = folder / "credentials"
        keys.write_text("[base]\naws_access_key_id = sandbox\naws_secret_access_key = sandbox\n")
        self.settings = {
            "AWS_CONFIG_FILE": str(config),
            "AWS_SHARED_CREDENTIALS_FILE": str(keys),
            "AWS_ENDPOINT_URL": self.server.exports["AWS_ENDPOINT_URL"],
        }

    def arguments(self, command: str, *more: str) -> list[str]:
        values = {"plan": self.server.plan, "folder": str(self.folder)}
        parts = [part.format(**values) for part in COMMANDS[command]]
        return [*parts, "--profile", "mfa", *more]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = World(tmp_path_factory.mktemp("mfa"))
    yield made
    made.server.stop()


def at_a_terminal(world: World, arguments: list[str], answer: bytes) -> tuple[int, str]:
    """Run on a pseudo-terminal and answer the question; how it ended and all that was on the screen."""
    settings = environment(TERM="xterm-256color", COLUMNS="120", **world.settings)
    return on_a_terminal(
        arguments,
        ROOT,
        settings,
        answer,
        lambda said: b"MFA code" in said and said.rstrip().endswith(b":"),
    )


def test_the_question_stands_alone_and_its_answer_is_used(world: World) -> None:
    code, said = at_a_terminal(world, world.arguments("plan"), b"123456\n")
    assert code == 0, said
    before, question, after = said.partition(f"Enter MFA code for {DEVICE}: ")
    assert question
    assert "Reading live settings" not in before
    assert "\x1b" not in before
    assert "Plan: " in after


@pytest.mark.parametrize("answer", [b"\x04", b"\n"], ids=["ctrl-d", "nothing"])
def test_no_answer_is_an_error_with_a_next_step(world: World, answer: bytes) -> None:
    code, said = at_a_terminal(world, world.arguments("plan"), answer)
    assert code == 1, said
    assert "No MFA code was given" in said


def test_an_interrupt_at_the_question_is_said(world: World) -> None:
    code, said = at_a_terminal(world, world.arguments("plan"), b"\x03")
    assert code == 130, said
    assert "interrupted" in said


@pytest.mark.parametrize("command", COMMANDS)
def test_off_a_terminal_every_command_says_what_to_do(world: World, command: str) -> None:
    done = run(*world.arguments(command, "--json"), **world.settings)
    assert done.returncode == 1, done.stdout + done.stderr
    assert DEVICE in done.stderr
    assert "Run it in a terminal" in done.stderr
    document = json.loads(done.stdout)
    assert DEVICE in document["error"]["message"]
    assert document["error"]["exit_code"] == 1


def test_what_needs_no_aws_asks_for_nothing(world: World) -> None:
    done = run(*(part for part in world.arguments("iam") if part != "--resolve"), **world.settings)
    assert done.returncode == 0, done.stderr
    assert re.search(r'"Statement"', done.stdout)


ENDINGS = """
import sys
from remediate import cli
from remediate.cli import plan
import typer
def ends(*_, **__):
    raise {raised}
import remediate.cli.context
remediate.cli.context.plan_files = ends
sys.argv = ["remediate", "plan", "--json"]
cli.main()
"""


@pytest.mark.parametrize(
    ("raised", "code"), [("EOFError()", 1), ("typer.Abort()", 1), ("KeyboardInterrupt()", 130)]
)
def test_no_ending_is_silent(raised: str, code: int) -> None:
    done = subprocess.run(
        [sys.executable, "-c", ENDINGS.replace("{raised}", raised)],
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == code, done.stderr
    assert done.stderr.strip()
    assert json.loads(done.stdout)["error"]["exit_code"] == code


def test_only_one_question_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def ask(prompt: str) -> str:
        asked.append(prompt)
        return "123456"

    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    prompter = Prompter(ask=ask)
    assert prompter(f"Enter MFA code for {DEVICE}: ") == "123456"
    with pytest.raises(AwsFailure, match="has ended"):
        prompter(f"Enter MFA code for {DEVICE}: ")
    assert len(asked) == 1
