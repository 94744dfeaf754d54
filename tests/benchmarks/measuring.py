"""Runs a command and says what it cost; starts the servers. Small, so that its children look small."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from tests.benchmarks.wire import CALLS, UNKNOWN

KEYS = {
    "AWS_ACCESS_KEY_ID": "benchmark",
    "AWS_SECRET_ACCESS_KEY": "benchmark",
    "AWS_DEFAULT_REGION": "eu-west-1",
    "AWS_REGION": "eu-west-1",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
}
ROOT = Path(__file__).parents[2]


class Cost(NamedTuple):
    """Of one run: seconds, seconds of CPU, MB at the peak."""

    wall: float
    cpu: float
    peak: float


def environment(endpoint: str) -> dict[str, str]:
    """This one without its AWS settings, with dummy credentials for the endpoint."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return {**inherited, **KEYS, "AWS_ENDPOINT_URL": endpoint}


@contextmanager
def serving(module: str, *arguments: str) -> Iterator[str]:
    """Run one of our servers in a process of its own; its address."""
    command = [sys.executable, "-m", f"tests.benchmarks.{module}", *arguments]
    with subprocess.Popen(
        command, cwd=ROOT, env=environment(""), stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        try:
            address = process.stdout.readline().strip()
            if not address:
                raise SystemExit(f"{module} did not start")
            yield address
        finally:
            process.kill()


def run(command: Sequence[str], endpoint: str, output: Path) -> Cost:
    """Run it to its end with its output in a file; its cost as the kernel counted it."""
    with output.open("wb") as stdout:
        begin = time.monotonic()
        process = subprocess.Popen(command, cwd=ROOT, env=environment(endpoint), stdout=stdout)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.monotonic() - begin
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}")
    return Cost(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def calls(endpoint: str) -> dict[str, int]:
    """The calls since they were last asked for; ends the benchmark if one could not be answered."""
    counted: dict[str, int] = json.loads(fetch(endpoint + CALLS))
    if unknown := [name for name in counted if name.startswith(UNKNOWN)]:
        raise SystemExit(f"The recording lacks {len(unknown)} requests, such as {unknown[0]}")
    return counted


def fetch(url: str) -> bytes:
    """The body of one of our servers' answers."""
    with urllib.request.urlopen(url) as answer:
        return answer.read()


def ratios(ours: Sequence[Cost], theirs: Sequence[Cost], figure: str) -> list[float]:
    """Ours to theirs, of two runs that followed each other: both met the machine in the same mood."""
    return sorted(getattr(a, figure) / getattr(b, figure) for a, b in zip(ours, theirs, strict=True))


def counted(tally: Mapping[str, int]) -> int:
    """How many calls in all."""
    return sum(tally.values())
