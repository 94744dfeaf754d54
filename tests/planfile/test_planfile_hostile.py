"""Files made to hurt: an error that says why, within hard limits of memory and processor time."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

# For all attacks together, in one child. Loading pydantic and PyYAML alone takes about 250 MB of
# address space; unbounded, single ones of the attacks would take gigabytes or minutes. So the
# limits need not be tight to tell a slow machine from a missing bound.
MEMORY = 700 * 1024 * 1024
SECONDS = 40

CHILD = """
import json, resource, sys
from datetime import UTC, datetime
from pathlib import Path
from remediate.core.policy import Option
from remediate.errors import PlanFileError
from remediate.planfile import load

memory, seconds, *paths = sys.argv[1:]
resource.setrlimit(resource.RLIMIT_AS, (int(memory), int(memory)))
resource.setrlimit(resource.RLIMIT_CPU, (int(seconds), int(seconds)))
targets = {"s3": {}, "rest_api": {"paths": Option("strings", "Paths.")}}
for path in paths:
    try:
        load([Path(path)], targets, now=datetime(2026, 1, 1, tzinfo=UTC))
    except PlanFileError as error:
        first = error.problems[0]
        where = first.where.removeprefix(path)
        print(json.dumps([where, first.rule, first.hint, len(error.problems), len(str(error))]), flush=True)
    else:
        print(json.dumps(None), flush=True)
"""

HEAD = "version: 1\nname: a\n"
BILLION = "a: &a [x,x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{name}: &{name} [{','.join([f'*{before}'] * 10)}]\n"
    for before, name in zip("abcdefghij", "bcdefghijk", strict=True)
)
ORIGINS = "origins:\n" + "".join(f"- https://a{number}.example\n" for number in range(3300))
BUCKETS = "targets:\n" + "".join(f"- s3: b{number}\n" for number in range(2000))

ATTACKS: dict[str, tuple[str | bytes, str | None, str]] = {
    "too large": (b"a" * 50_000_000, "", "larger than 1 MB"),
    "brackets": ("[" * 100_000, ":1:17", "deeper than 16 levels"),
    "braces": ("{" * 100_000, ":1:17", "deeper than 16 levels"),
    "dashes": ("- " * 100_000, ":1:33", "deeper than 16 levels"),
    "question marks": ("? " * 100_000, ":1:33", "deeper than 16 levels"),
    "aliases that explode": (BILLION, ":4:29", "more than 10000 values"),
    "aliases that nest": (
        "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}]\n" for n in range(1, 100)),
        ":16:12",
        "deeper than 16 levels",
    ),
    "an alias of itself": ("a: &a [*a]\n", ":1:8", "contains itself"),
    "many values": ("a: [" + "b," * 400_000 + "]\n", None, "more than 10000 values"),
    "many documents": ("--- a\n" * 100_000, ":2:1", "a second YAML document"),
    "many directives": ("".join(f"%TAG !{n}! b\n" for n in range(60_000)) + "--- a", ":1:1", "directive"),
    "a long value": ("a: " + "b" * 900_000, ":1:4", "900000 characters"),
    "a long key": ("b" * 900_000 + ": a", None, "characters"),
    "a long anchor": ("a: &" + "b" * 900_000 + " c", None, ""),
    "a long alias": ("a: *" + "b" * 900_000, ":1:4", "not defined above"),
    "a long tag": ("a: !" + "b" * 900_000 + " c", None, ""),
    "a long number": (HEAD + "mode: " + "9" * 4000, None, ""),
    "an open quote": ("a: '" + "b" * 900_000, None, "quoted scalar"),
    "escapes": ('a: "' + "\\x00" * 200_000 + '"', ":1:4", "200000 characters"),
    "comment": ("#" * 990_000, ":1:1", "empty"),
    "line ends": ("\n" * 990_000, ":1:1", "empty"),
    "NUL": (b"\x00" * 900_000, ":1:1", "control character U+0000"),
    "not UTF-8": (b"a: " + b"\xff" * 900_000, ":1:4", "not UTF-8"),
    "a key again and again": ("a: 1\n" * 4900, None, ""),
    "unknown keys": ("".join(f"allw{n}: 1\n" for n in range(4900)), None, ""),
    "unknown services": (HEAD + "targets:\n" + "".join(f"- s{n}: x\n" for n in range(3000)), None, ""),
    "wrong methods": (HEAD + "allow: {methods: [" + "gte," * 9000 + "]}", None, ""),
    "foreign letters": (
        HEAD + "origins:\n" + "".join(f"- https://é{n}ä.例え{n}\n" for n in range(9000)),
        ":304:3",
        "more than 300 origins",
    ),
    "foreign labels": (
        HEAD + "origins:\n" + "".join(f"- https://{'é.' * 140}{n}\n" for n in range(1500)),
        ":304:3",
        "more than 300 origins",
    ),
    "origins times targets": (HEAD + ORIGINS + BUCKETS + "mode: x\n", ":5305:7", "mode is merge or exact"),
    "origins times targets with credentials": (
        HEAD + "allow: {credentials: true}\n" + ORIGINS.replace("a3299.", "*.") + "- '*'\n" + BUCKETS,
        ":3:22",
        "together with credentials",
    ),
}


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the child said of each attack; of those after a limit was hit, nothing."""
    folder = tmp_path_factory.mktemp("hostile")
    paths = {}
    for number, (name, (content, _, _)) in enumerate(ATTACKS.items()):
        paths[name] = folder / f"{number}.yaml"
        paths[name].write_bytes(content if isinstance(content, bytes) else content.encode())
    paths["device"] = Path("/dev/zero")
    paths["good"] = folder / "good.yaml"
    paths["good"].write_text(HEAD + ORIGINS + BUCKETS)
    done = subprocess.run(
        [sys.executable, "-c", CHILD, str(MEMORY), str(SECONDS), *map(str, paths.values())],
        capture_output=True,
        text=True,
        check=False,
    )
    said = dict(zip(paths, map(json.loads, done.stdout.splitlines()), strict=False))
    return {"exit": done.returncode, "stderr": done.stderr[-2000:], **said}


def test_no_limit_was_hit(results: dict[str, Any]) -> None:
    assert (results["exit"], results["stderr"]) == (0, "")


@pytest.mark.parametrize("name", ATTACKS)
def test_attacks(results: dict[str, Any], name: str) -> None:
    _, where, rule = ATTACKS[name]
    assert name in results, "this attack, or one before it, hit a limit"
    place, said, hint, count, length = results[name]
    assert where is None or place == where
    assert rule in said
    assert hint
    assert count <= 101
    assert length < 200_000


def test_a_large_plan_that_is_good(results: dict[str, Any]) -> None:
    """Two thousand targets times three thousand origins share what they have in common."""
    assert results["good"] is None


def test_a_device_that_never_ends(results: dict[str, Any]) -> None:
    assert results["device"][1] == "a device, not a file"
