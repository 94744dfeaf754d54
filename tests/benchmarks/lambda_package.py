"""The Lambda package: its size, and what a cold start of the function costs.

    python -m tests.benchmarks.lambda_package [--rounds N]

Builds the package twice by the recipe's own `package.sh`: as it is deployed, for its size; and for this
machine's processor and Python 3.13 (else the Python that runs this), to start it. A start is a fresh
interpreter that finds boto3 where Lambda's runtime has it, besides the package: from the start of the
process until the handler is imported, until a first pass over the sandbox's application has ended, and
a second pass in the same process, as a warm start is. Each is measured with the bytecode that
`package.sh` makes and without, in turn; reported are medians.

Not Lambda: no download of the package, no micro-VM, another processor, and with 1 GB Lambda gives 0.58 of
one (1,769 MB are one: Lambda developer guide, "Configure Lambda function memory").
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import chdir
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from remediate.planfile import load
from remediate.schedule.build import facts, recipe
from remediate.services import target_options
from tests.benchmarks.measuring import ROOT, environment, serving

CHILD = """\
import json, sys, time
from resource import RUSAGE_SELF, getrusage
def cpu():
    used = getrusage(RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
started = float(sys.argv[1])
from remediate.job import handler
imported = time.time() - started, cpu()
handler({})
first = time.time() - started, cpu()
handler({})
again = time.time() - started - first[0], cpu() - first[1]
print(json.dumps([*imported, *first, *again, getrusage(RUSAGE_SELF).ru_maxrss / 1024]))
"""


def main() -> None:
    """Build, start, report."""
    options = argparse.ArgumentParser(prog="python -m tests.benchmarks.lambda_package", description=__doc__)
    options.formatter_class = argparse.RawDescriptionHelpFormatter
    options.add_argument("--rounds", type=int, default=5, metavar="N", help="starts of each, in turn (5)")
    rounds = options.parse_args().rounds
    python = _python()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        scripts = _recipe()
        print("as deployed:", _package(scripts, folder / "deployed"))
        here = _for_this_machine(scripts, python)
        print("for this machine:", _package(here, folder / "here"))
        built, runtime = folder / "here/build", folder / "runtime"
        # Lambda's own boto3 has its bytecode.
        _pip(python, "--target", str(runtime), "boto3")
        bare = folder / "bare"
        shutil.copytree(built, bare, ignore=shutil.ignore_patterns("__pycache__"))
        taken: dict[str, list[Sequence[float]]] = {"with bytecode": [], "without": []}
        with serving("sandbox_server") as endpoint:
            for number in range(rounds):
                for kind, package in (("with bytecode", built), ("without", bare)):
                    taken[kind].append(_start(python, package, runtime, endpoint, folder / f"{kind}{number}"))
    for kind, several in taken.items():
        imported, import_cpu, first, first_cpu, again, again_cpu, peak = map(
            median, zip(*several, strict=True)
        )
        print(
            f"{Path(python).name}, {kind}: handler imported after {imported:.2f} s ({import_cpu:.2f} s of "
            f"CPU), first pass ended after {first:.2f} s ({first_cpu:.2f}), a second took {again:.2f} s "
            f"({again_cpu:.2f}); {peak:.0f} MB at the peak"
        )


def _python() -> str:
    """Python 3.13, where there is one that runs: pyenv puts names there that do not."""
    found = shutil.which("python3.13")
    runs = found and subprocess.run([found, "-c", ""], stderr=subprocess.DEVNULL, check=False).returncode == 0
    return found if found and runs else sys.executable


def _recipe() -> dict[str, str]:
    with chdir(ROOT):
        paths = [Path("plans")]
        files = load(paths, target_options(), now=datetime.now(UTC))
        made = recipe("lambda", facts(paths, files, every="1h", correct=True)).files
    return {name: made[name] for name in ("package.sh", "requirements.txt")}


def _for_this_machine(scripts: dict[str, str], python: str) -> dict[str, str]:
    version = subprocess.run(
        [python, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    text = scripts["package.sh"].replace("aarch64", platform.machine()).replace("3.13", version)
    return {**scripts, "package.sh": text}


def _package(scripts: dict[str, str], folder: Path) -> str:
    """Builds the package in the folder; what the script says of its size."""
    folder.mkdir()
    for name, text in scripts.items():
        (folder / name).write_text(text, encoding="utf-8")
    done = subprocess.run(
        ["bash", str(folder / "package.sh")],
        cwd=ROOT,
        env={**os.environ, "REMEDIATE": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return done.stdout.strip().partition(": ")[2]


def _pip(python: str, *words: str) -> None:
    subprocess.run([python, "-m", "pip", "install", "--quiet", *words], check=True)


def _start(python: str, package: Path, runtime: Path, endpoint: str, state: Path) -> Sequence[float]:
    variables = {
        **environment(endpoint),
        "PYTHONPATH": f"{package}:{runtime}",
        "PYTHONDONTWRITEBYTECODE": "1",  # /var/task cannot be written to
        "REMEDIATE_STATE": str(state),
        "REMEDIATE_METRICS": "false",
    }
    done = subprocess.run(
        [python, "-c", CHILD, str(time.time())],
        cwd=package,
        env=variables,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    measured: list[float] = json.loads(done.stdout)
    return measured


if __name__ == "__main__":
    main()
