"""The pinned versions meet what `pyproject.toml` declares, each with hashes and without an address."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ROOT / "tests" / "locks"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
EXTRAS = PROJECT["project"]["optional-dependencies"]
NEWEST = [(lock, python) for lock in ("sandbox", "dev") for python in ("3.11", "3.12", "3.13")]


def pins(lock: str, python: str) -> dict[str, Version]:
    """The version of each package that this lock gives to this Python on Linux."""
    text = (LOCKS / f"{lock}.txt").read_text(encoding="utf-8")
    environment = {
        **default_environment(),
        "python_version": python,
        "python_full_version": f"{python}.7",
        "sys_platform": "linux",
    }
    versions: dict[str, Version] = {}
    for line in re.findall(r"^[a-z0-9][^\\\n]*", text, re.MULTILINE):
        pinned = Requirement(line)
        if pinned.marker is None or pinned.marker.evaluate(environment):
            (specifier,) = pinned.specifier
            assert specifier.operator == "=="
            assert pinned.name not in versions, f"{pinned.name} is pinned twice for Python {python}"
            versions[pinned.name] = Version(specifier.version)
    return versions


def declared(lock: str) -> list[Requirement]:
    """What the project needs itself, with its extra and with what builds it."""
    lines = [*PROJECT["project"]["dependencies"], *EXTRAS["sandbox"], *PROJECT["dependency-groups"]["build"]]
    if lock != "sandbox":
        lines += EXTRAS["dev"]
    requirements = map(Requirement, lines)
    return [requirement for requirement in requirements if requirement.name != PROJECT["project"]["name"]]


@pytest.mark.parametrize(("lock", "python"), [*NEWEST, ("lowest", "3.11")])
def test_a_lock_meets_what_is_declared(lock: str, python: str) -> None:
    versions = pins(lock, python)
    for requirement in declared(lock):
        assert requirement.specifier.contains(versions[canonicalize_name(requirement.name)]), requirement


def test_the_lowest_versions_are_those_that_are_declared() -> None:
    """A bound that no environment can have is a promise that nobody tests."""
    versions = pins("lowest", "3.11")
    for requirement in declared("lowest"):
        version = versions[canonicalize_name(requirement.name)]
        (bound,) = (each.version for each in requirement.specifier if each.operator == ">=")
        parts = Version(bound).release
        padded = (*version.release, 0, 0, 0)
        assert padded[: len(parts)] == parts, f"{requirement}: the lowest that can be installed is {version}"


def test_sandbox_and_tests_run_on_the_same_versions() -> None:
    assert pins("sandbox", "3.11").items() <= pins("dev", "3.11").items()


@pytest.mark.parametrize("lock", sorted(LOCKS.glob("*.txt")), ids=lambda lock: lock.stem)
def test_every_pin_has_hashes_and_no_lock_names_an_address(lock: Path) -> None:
    text = lock.read_text(encoding="utf-8")
    assert "://" not in text
    assert len(re.findall(r"^[a-z0-9]", text, re.MULTILINE)) == len(
        re.findall(r"^[a-z0-9][^\n]*==[^\n]* \\\n    --hash=sha256:[0-9a-f]{64}", text, re.MULTILINE)
    )


def test_every_lock_is_made_by_the_script() -> None:
    """`renew.sh`, with a stand-in for uv that makes the file it is asked for, makes those and no others."""
    script = (LOCKS / "renew.sh").read_text(encoding="utf-8")
    stand_in = 'uv() { cat /dev/stdin >/dev/null; printf "%s\\n" "${@: -1}"; }\n'
    source = script.replace("set -euo pipefail\n", "set -euo pipefail\n" + stand_in, 1)
    done = subprocess.run(
        ["bash", "-c", source, str(LOCKS / "renew.sh")],
        input="",
        capture_output=True,
        text=True,
        check=True,
    )
    assert sorted(done.stdout.split()) == sorted(str(lock.relative_to(ROOT)) for lock in LOCKS.glob("*.txt"))
