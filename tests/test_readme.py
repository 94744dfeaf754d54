"""What the README shows is what the program prints."""

from __future__ import annotations

import re
from pathlib import Path

from tests.test_cli import run

README = (Path(__file__).parent.parent / "README.md").read_text()


def test_the_output_shown_is_the_output_printed() -> None:
    shown = re.search(
        r"<!-- output of: remediate apply --sandbox --yes -->\n```text\n(.*?)```", README, re.DOTALL
    )
    assert shown is not None
    printed = run("apply", "--sandbox", "--yes").stdout.splitlines()
    assert [line for line in shown[1].splitlines() if line and line not in printed] == []


def test_the_python_example_runs() -> None:
    example = re.search(r"```python\n(.*?)```", README, re.DOTALL)
    assert example is not None
    names: dict[str, object] = {}
    exec(example[1], names)
    assert getattr(names["verdict"], "allowed") is True  # noqa: B009


def test_every_command_is_told() -> None:
    listed = re.findall(r"^  (\w+)  ", run("--help").stdout.split("Commands:")[1], re.MULTILINE)
    assert listed
    assert [name for name in listed if f"`remediate {name}" not in README] == []
