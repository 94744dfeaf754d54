"""Reading 1,000 buckets, 10 REST APIs, 100 HTTP APIs and 100 distributions: what it costs beside others.

    python -m tests.benchmarks.read [--rounds N] [--terraform-plugins DIR]

`remediate plan --json`, on a plan that finds no difference, runs in turn with a bare 32-thread boto3
script that reads the same settings and does nothing with them (`bare.py`). Both ask a local server
that answers 50 ms late, out of a recording of moto with the sandbox's corrections (`replay.py` says
why). The account was seeded and then brought to the plan by remediate itself (`account.py`).

Beside Terraform, where it and its AWS provider are installed, calls are counted at moto itself: a
`terraform plan` that refreshes one REST API of 20 resources, and `remediate plan` of the same API.

Reported are medians of the ratios of two runs that followed each other, peak memory and counted
calls, never seconds: those are the machine's. remediate also keeps to the published rates of the API
Gateway API (2.5 GetResources a second after the first five), which the bare reader ignores.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median

from tests.benchmarks.measuring import (
    Cost,
    calls,
    counted,
    fetch,
    ratios,
    run,
    serving,
)
from tests.benchmarks.terraform import beside_terraform
from tests.benchmarks.wire import RECORDING

TIMES = 1.25
"""At most so many times the bare reader's CPU and wall time."""
MEGABYTES = 150
PLAN = Path(__file__).with_name("plan.yaml")


def main() -> None:
    """Record, measure in turn, report."""
    options = argparse.ArgumentParser(prog="python -m tests.benchmarks.read", description=__doc__)
    options.formatter_class = argparse.RawDescriptionHelpFormatter
    options.add_argument("--rounds", type=int, default=5, metavar="N", help="runs of each, in turn (5)")
    options.add_argument(
        "--terraform-plugins", type=Path, metavar="DIR", help="a provider mirror besides the usual folders"
    )
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        _against_the_bare_reader(Path(folder), chosen.rounds)
        beside_terraform(Path(folder), chosen.terraform_plugins)


def _against_the_bare_reader(folder: Path, rounds: int) -> None:
    recording, output = folder / "recording", folder / "output"
    ours = [sys.executable, "-m", "remediate", "plan", str(PLAN), "--json", "--quiet"]
    theirs = [sys.executable, str(Path(__file__).with_name("bare.py"))]
    with serving("moto_server", "seeded") as moto:
        for command in (ours, theirs):
            run(command, moto, output)
        recording.write_bytes(fetch(moto + RECORDING))

    our_costs, their_costs = [], []
    with serving("replay", str(recording)) as endpoint:
        for _ in range(rounds):
            our_costs.append(run(ours, endpoint, output))
            our_calls = calls(endpoint)
            _check(json.loads(output.read_text()))
            their_costs.append(run(theirs, endpoint, folder / "nothing"))
            their_calls = calls(endpoint)
    _report(our_costs, their_costs)
    _tell_calls(our_calls, their_calls)


def _check(plan: Mapping[str, object]) -> None:
    """A run that read less, or found something to do, would not be the one that is measured."""
    summary = plan["summary"]
    assert isinstance(summary, dict)
    if plan["has_changes"] or summary["unreadable"]:
        raise SystemExit(f"The plan should find everything as it is: {summary}")


def _report(ours: Sequence[Cost], theirs: Sequence[Cost]) -> None:
    print(f"remediate plan --json, {len(ours)} runs in turn with a bare 32-thread boto3 reader")
    for label, figure in (("wall time", "wall"), ("CPU time", "cpu")):
        found = ratios(ours, theirs, figure)
        ratio = median(found)
        said = f"{ratio:5.2f} times the bare reader's (median; {found[0]:.2f} to {found[-1]:.2f})"
        print(f"  {label:<12}{said}; at most {TIMES}: {_met(ratio <= TIMES)}")
    peak, other = max(cost.peak for cost in ours), max(cost.peak for cost in theirs)
    said = f"{peak:5.0f} MB (the bare reader's: {other:.0f} MB)"
    print(f"  {'peak memory':<12}{said}; at most {MEGABYTES}: {_met(peak <= MEGABYTES)}")


def _tell_calls(ours: Mapping[str, int], theirs: Mapping[str, int]) -> None:
    print(f"\n  {'calls':<42}{'remediate':>10}{'bare':>8}")
    for name in sorted({*ours, *theirs}):
        print(f"  {name:<42}{ours.get(name, 0):>10}{theirs.get(name, 0):>8}")
    print(f"  {'in all':<42}{counted(ours):>10}{counted(theirs):>8}")


def _met(met: bool) -> str:
    return "reached" if met else "MISSED"


if __name__ == "__main__":
    main()
