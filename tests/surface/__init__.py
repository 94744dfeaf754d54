"""The public surface as files that a reviewer reads: a change of it shows in the diff of these files.

`python -m tests.surface` writes them anew. They are a net for restructuring, and say nothing of whether the
surface is right: other tests do.
"""

from __future__ import annotations

import hashlib
import inspect
import json
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from typer.main import get_command
from typer.testing import CliRunner

import remediate
from remediate import errors, job
from remediate.cli import app
from tests.in_process import run
from tests.schedule.making import WEBAPP, made

FOLDER = Path(__file__).parent
PLACES = ("cron", "github", "gitlab", "kubernetes", "lambda", "systemd")


def surface() -> dict[str, str]:
    """The text of each file of this folder, by its name."""
    return {
        "api.txt": api(),
        "help.txt": help_texts(),
        "exit_codes.txt": exit_codes(),
        "formats.txt": formats(),
        "recipes.txt": recipes(),
    }


def api() -> str:
    """The names of the Python API with their signatures, and of the Lambda function."""
    lines = [f"{name}{_signature(getattr(remediate, name))}" for name in sorted(remediate.__all__)]
    return "\n".join([*lines, f"job.handler{_signature(job.handler)}", ""])


def _signature(value: Any) -> str:
    # The defaults of functions hold addresses of objects; the names are what callers rely on.
    try:
        return f"({', '.join(inspect.signature(value).parameters)})"
    except (TypeError, ValueError):
        return ""


def help_texts() -> str:
    """What each command's `--help` says; blanks are folded, since they depend on the library's version."""
    commands = sorted(get_command(app).commands)  # type: ignore[attr-defined]
    runner = CliRunner()
    texts = []
    for arguments in ([], *([name] for name in commands)):
        printed = runner.invoke(app, [*arguments, "--help"], env={"COLUMNS": "100", "NO_COLOR": "1"}).stdout
        lines = [re.sub(r"[ \t]+", " ", line).strip() for line in printed.splitlines()]
        texts.append("\n".join(line for line in lines if line))
    return "\n\n".join(texts) + "\n"


def exit_codes() -> str:
    """The exit code of every class of error."""
    classes = sorted(
        (value.__name__, value.exit_code)
        for value in vars(errors).values()
        if isinstance(value, type) and issubclass(value, errors.RemediateError)
    )
    return "".join(f"{code} {name}\n" for name, code in classes)


def formats() -> str:
    """The keys of the documents that `--json` prints, on the embedded AWS; `[]` stands for each entry."""
    commands = {
        "plan": ["plan", "--sandbox", "--json", "-q"],
        "apply": ["apply", "--sandbox", "--yes", "--json", "-q"],
        "drift": ["drift", "--sandbox", "--correct", "--json", "-q"],
        "explain": [
            "explain",
            "https://cdn.example.com/uploads/x",
            "--origin",
            "http://localhost:3000",
            "--sandbox",
            "--json",
            "-q",
        ],
        "init": ["init", "--sandbox", "--out", "-", "--json", "-q"],
        "validate": ["validate", "--json"],
        "history": ["history", "--sandbox", "--json", "-q"],
        "grants": ["grants", "--json"],
    }
    lines = []
    for name, arguments in commands.items():
        document = json.loads(run(*arguments).stdout)
        lines += [f"{name}: {document['format']}"]
        lines += sorted({f"{name}.{path}" for path in _paths(document)})
    return "\n".join(lines) + "\n"


FREE = {
    "before",
    "after",
    "value",
    "context",
    "options",
    "asked",
    "asked_by",
    "api_calls",
    "sources",
    "headers",
}
"""Members whose keys are AWS's, the plan's or a run's, and no part of the format."""


def _paths(value: Any, path: str = "") -> Iterator[str]:
    if isinstance(value, dict) and path.rpartition(".")[2] not in FREE:
        for key, member in value.items():
            yield from _paths(member, f"{path}.{key}" if path else key)
    elif isinstance(value, list) and path.rpartition(".")[2] not in FREE:
        for member in value:
            yield from _paths(member, f"{path}[]")
        if not value:
            yield f"{path}[]"
    else:
        yield path


def recipes() -> str:
    """A digest of each file of each recipe, made of the same plan file."""
    lines = []
    for place in PLACES:
        with tempfile.TemporaryDirectory() as folder:
            for name, text in sorted(made(place, Path(folder), {"plans/webapp.yaml": WEBAPP}).items()):
                # Where the recipe was made is no part of it, and neither is where the command is installed.
                plain = re.sub(r"[^\s'\"]*/remediate(?= drift)", "remediate", text.replace(folder, "FOLDER"))
                digest = hashlib.sha256(plain.encode()).hexdigest()[:16]
                lines.append(f"{place}/{Path(name).name} {digest}")
    return "\n".join(lines) + "\n"
