"""`--help`, usage errors and completion: what a user reads before any command does something."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from remediate.cli import app, complete
from remediate.cli.help import EXAMPLES, GROUPS, summary
from tests.in_process import run

COMMANDS: dict[str, Any] = get_command(app).commands  # type: ignore[attr-defined]
ROOT = Path(__file__).parents[2]


def test_every_command_stands_in_one_group() -> None:
    grouped = [name for names in GROUPS.values() for name in names]
    assert sorted(grouped) == sorted(COMMANDS)
    titles = [line for line in run("--help").stdout.splitlines() if line.endswith(":") and line[0] != " "]
    assert titles == ["Start:", "Change:", "Watch:", "Learn:", "Options:"]


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_a_summary_is_one_short_line(name: str) -> None:
    text = summary(COMMANDS[name])
    assert len(text) < 60
    assert re.search(rf"^  {name} +{re.escape(text)}$", run("--help").stdout, re.MULTILINE)


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_help_ends_with_an_example_that_the_command_understands(name: str) -> None:
    printed = run(name, "--help").stdout
    assert EXAMPLES[name]
    for example in EXAMPLES[name]:
        assert f"  remediate {example}\n" in printed
        command, *words = shlex.split(example.partition(" > ")[0])
        assert command == name
        # An option or argument that the command lacks is an error here; the command itself is not run.
        COMMANDS[name].make_context(name, words)


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_help_names_no_type_of_the_implementation(name: str) -> None:
    printed = run(name, "--help").stdout
    assert (
        re.findall(r"<(?:str|int|path|bool|float|list|int range)\b[^>]*>|Path\]|<=x<=|\[\[|\{", printed) == []
    )


@pytest.mark.parametrize(
    ("arguments", "message", "command"),
    [
        (["plan", "--nix"], "No such option: --nix.", "remediate plan"),
        (["plna"], "No such command 'plna'. Did you mean 'plan'?", "remediate"),
        (["grant"], "Missing argument 'ORIGIN'.", "remediate grant"),
    ],
)
def test_a_usage_error_looks_like_every_other_error(arguments: list[str], message: str, command: str) -> None:
    done = run(*arguments)
    hint = f"`{command} --help` lists the arguments and options."
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.splitlines() == [f"error: {message}", f"  → {hint}"]
    document = json.loads(run(*arguments, "--json").stdout)
    assert document["error"]["exit_code"] == 1
    assert document["error"]["hint"] == hint


def test_without_a_command_the_help_is_printed_and_nothing_was_done() -> None:
    done = run()
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.rstrip("\n") == run("--help").stdout.rstrip("\n")


def completed(words: str) -> list[str]:
    """What bash is offered for the last of these words."""
    position = str(len(words.split(" ")) - 1)
    done = run(_REMEDIATE_COMPLETE="complete_bash", COMP_WORDS=words, COMP_CWORD=position)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_a_shell_completes_commands_codes_topics_and_guards() -> None:
    assert completed("remediate gra") == ["grant", "grants"]
    assert completed("remediate rule proxy-needs") == ["proxy-needs-function"]
    assert completed("remediate guide pl") == ["plan-files"]
    assert completed("remediate apply --allow opens") == ["opens-to-any"]


def test_a_shell_completes_the_plan_files_and_targets_of_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert (complete.plan_files(""), complete.targets("")) == ([], [])
    (tmp_path / "plans").mkdir()
    plan = tmp_path / "plans" / "a.yaml"
    plan.write_text("version: 1\nname: a\norigins: []\ntargets: [{s3: up-*}, {http_api: orders}]\n")
    (tmp_path / "plans" / "notes.txt").write_text("no plan")
    assert complete.plan_files("") == ["plans/a.yaml"]
    assert complete.plan_files("plans/b") == []
    assert complete.plan_files("pl") == ["plans/"]
    assert complete.targets("") == ["s3/up-*", "http_api/orders"]
    assert complete.targets("h") == ["http_api/orders"]
    plan.write_text("version: 9\n")
    assert complete.targets("") == []
