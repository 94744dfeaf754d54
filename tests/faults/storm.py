"""Runs of apply over sixty resources in which calls fail at random, in one process, in fast time.

`python -m tests.faults.storm --runs 200 --rate 0.2` prints what came of them as JSON; `wrong` must
be empty. Each run starts from the same settings, is followed by a calm one, which must converge, and
is held against what it found.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

CODES = {0, 1, 5}
"""Nobody else writes, so nothing is stale."""
FACTOR = 200.0


def main() -> None:
    """Prepare the process, then run."""
    options = argparse.ArgumentParser()
    options.add_argument("--runs", type=int, default=200)
    options.add_argument("--rate", type=float, default=0.2)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--minutes", type=float, default=1e9, help="begin no run after so long")
    chosen = options.parse_args()
    os.environ["MOTO_DISABLE_GLOBAL_CORS"] = "true"
    from tests.faults.clock import hasten

    hasten(FACTOR)
    from tests.faults.world import environment

    os.environ.update(environment())
    for name in [name for name in os.environ if name.startswith("AWS_ENDPOINT")]:
        del os.environ[name]
    from moto import mock_aws

    from remediate.sandbox.patches import install

    install()
    with mock_aws(), tempfile.TemporaryDirectory() as folder:
        found = _Storm(Path(folder)).run(chosen.runs, chosen.rate, chosen.seed, chosen.minutes)
    sys.stdout.write(json.dumps(found, indent=2) + "\n")


class _Storm:
    def __init__(self, folder: Path) -> None:
        from remediate.aws import Aws
        from tests.faults.embedded import Controlled
        from tests.faults.many import seed
        from tests.faults.wire import Wire
        from tests.models import collect_rarely, share_models

        share_models()
        collect_rarely()
        self.folder = folder
        self.wire = Wire()
        self.aws = Aws(region="eu-west-1", concurrency=1)
        self.many = seed(self.aws)
        self.state = Controlled(None)
        self.state.save()
        self.start = self.many.raw(self.aws)
        self.wrong: list[str] = []
        self.codes: Counter[str] = Counter()
        self.calls = 0

    def run(self, runs: int, rate: float, seed: int, minutes: float) -> dict[str, Any]:
        began = time.perf_counter()  # the one clock that is not hastened
        for number in range(runs):
            if time.perf_counter() - began > minutes * 60:
                break
            self._one(number, rate, seed + number)
        return {
            "runs": self.codes.total(),
            "rate": rate,
            "exit codes under faults": dict(self.codes),
            "calls under faults": self.calls,
            "wrong": self.wrong,
        }

    def _one(self, number: int, rate: float, seed: int) -> None:
        from tests.faults.proxy import storm

        self.state.load()
        folder = self.folder / str(number)
        folder.mkdir()
        (folder / "plan.yaml").write_text(self.many.plan())
        self.wire.calm()
        self.wire.decide = storm(rate, seed)
        code, said = command("apply", "--yes", *ALLOWED, str(folder / "plan.yaml"))
        wrote = any(call.is_write for call in self.wire.calls)
        self.calls += len(self.wire.calls)
        self.wire.calm()
        self.codes[str(code)] += 1

        def demand(holds: bool, what: str) -> None:
            if not holds:
                self.wrong.append(f"seed {seed}: {what}\n{_essence(said)}")

        demand(code in CODES, f"exit code {code}")
        demand("unexpected" not in said, "a defect")
        demand("Traceback" not in said, "a traceback")
        demand(code == 0 or "error" in said or "unreadable" in said or "failed" in said, "no clear error")
        demand(not wrote or any((folder / ".remediate" / "runs").glob("*.jsonl")), "no journal")
        again, told = command("apply", "--yes", *ALLOWED, str(folder / "plan.yaml"))
        said = told if again else said
        demand(again == 0, f"the calm run ended with {again}")
        settled, told = command("plan", "--detailed-exitcode", str(folder / "plan.yaml"))
        demand(settled == 0, f"the plan afterwards ended with {settled}: {told[-2000:]}")
        from tests.faults.many import lost

        now = self.many.raw(self.aws)
        demand(not lost(self.start, now), f"lost: {lost(self.start, now)}")
        for wrong in self._twice(now):
            demand(False, wrong)

    def _twice(self, now: dict[str, Any]) -> list[str]:
        """What was applied twice with effect."""
        found = []
        gateway = self.aws.client("apigateway", "eu-west-1")
        for selector in self.many.found["rest_api"]:
            count = len(gateway.get_deployments(restApiId=selector.pattern, limit=500)["items"])
            if count != 4:
                found.append(f"rest_api/{selector.pattern} has {count} deployments instead of 2 and 2")
        policies = {
            name.partition("/")[2]
            for address, one in now.items()
            if address.startswith("cloudfront/")
            for name in one["policies"]
        }
        used = str([one["config"] for address, one in now.items() if address.startswith("cloudfront/")])
        found += [
            f"{name} is used by nobody" for name in policies if "remediate-" in name and name not in used
        ]
        for address, one in now.items():
            if address.startswith("s3/") and len(one["CORSRules"] or []) > 2:
                found.append(f"{address} has a rule twice")
        return found


def _essence(said: str) -> str:
    """The lines that tell what went wrong."""
    words = (
        ": stale",
        ": failed",
        ": not taken",
        "error:",
        "refuse ",
        "unreadable",
        "unexpected",
        "Traceback",
    )
    lines = [line for line in said.splitlines() if any(word in line for word in words)]
    return "\n".join(lines)[-1500:]


ALLOWED = ("--allow", "too-many-changes")


def command(*arguments: str) -> tuple[int, str]:
    """The command line in this process: its exit code, and all that it said."""
    from remediate.cli import main as remediate

    said = io.StringIO()
    before = sys.argv
    sys.argv = ["remediate", *arguments]
    try:
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            remediate()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(bool(end.code))
        return code, said.getvalue()
    finally:
        sys.argv = before
    return -1, said.getvalue()


if __name__ == "__main__":
    main()
