"""The house's rules: who may import whom, and what must not be loaded to say `--help`."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from importlinter.cli import lint_imports

ROOT = Path(__file__).parent.parent
SOURCES = sorted((ROOT / "remediate").rglob("*.py"))


def test_imports_go_in_one_direction(capsys: pytest.CaptureFixture[str]) -> None:
    """The contracts stand in pyproject.toml."""
    failed = lint_imports(str(ROOT / "pyproject.toml"), no_cache=True)
    assert failed == 0, capsys.readouterr().out


def test_the_distribution_has_a_command_of_its_own_name() -> None:
    """`uvx NAME` and `pipx run NAME` start the command that is called like the distribution."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["scripts"][project["name"]] == project["scripts"]["remediate"] == "remediate.cli:main"


HEAVY = {"boto3", "botocore", "deepdiff", "pydantic", "yaml", "moto"}


@pytest.mark.parametrize(
    ("arguments", "heavy"),
    [
        (["--help"], HEAVY),
        (["--version"], HEAVY),
        (["rule", "shadowed-by-foreign-rule"], HEAVY - {"pydantic"}),
        (["rule", "--json"], HEAVY - {"pydantic"}),
        (["validate"], HEAVY - {"pydantic", "yaml"}),
        (["validate", "--json"], HEAVY - {"pydantic", "yaml"}),
        (["guide", "limits"], HEAVY - {"pydantic"}),
    ],
)
def test_what_needs_no_account_loads_nothing_heavy(arguments: list[str], heavy: set[str]) -> None:
    """Newer Typers load pydantic by themselves once a command is chosen; not before."""
    code = (
        "import sys\n"
        "from remediate.cli import main\n"
        f"sys.argv = ['remediate', *{arguments!r}]\n"
        "try:\n    main()\nexcept SystemExit as end:\n    assert not end.code, end.code\n"
        f"heavy = {heavy!r} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


COMPARED = """
import sys
from remediate.core.policy import Policy, Selector
from remediate.core.snapshot import Snapshot
from remediate.core.state import State
from remediate.engine.compare import compare
from remediate.planfile import Target

selector = Selector("s3", "uploads")
names, group = ("uploads",), "s3/uploads"
state = State("s3/uploads", "s3", "eu-west-1", None, "r", names, group, selected_by=(selector,))

def changes(*origins):
    return compare(Snapshot((state,)), [Target(selector, Policy("webapp", origins))]).changes

assert not changes()
assert "deepdiff" not in sys.modules
assert changes("https://app.example.com")
assert "deepdiff" in sys.modules
"""


def test_a_plan_without_changes_loads_no_deepdiff() -> None:
    """Only the lines of a difference need it."""
    done = subprocess.run([sys.executable, "-c", COMPARED], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("library", "doors"),
    [
        ("boto3", {"remediate/aws.py"}),
        (
            "botocore",
            {
                f"remediate/{name}.py"
                for name in ("aws", "answers", "aws_errors", "credentials", "http_session")
            },
        ),
        ("deepdiff", {"remediate/core/diff.py"}),
    ],
)
def test_only_the_door_imports_a_library(library: str, doors: set[str]) -> None:
    importers = {
        str(path.relative_to(ROOT))
        for path in SOURCES
        if re.search(rf"^\s*(import|from) {library}\b", path.read_text(), re.MULTILINE)
        and "sandbox/patches" not in str(path)
    }
    assert importers == doors


def test_no_module_is_longer_than_400_lines() -> None:
    """A longer one knows more than one thing."""
    lengths = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in SOURCES}
    assert {name: length for name, length in lengths.items() if length > 400} == {}


def test_every_module_says_first_what_it_does() -> None:
    silent = [str(path) for path in SOURCES if not path.read_text().lstrip().startswith(('"""', 'r"""'))]
    assert silent == []
