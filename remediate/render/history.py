"""The runs of a journal, a line each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from remediate.journal import Run
from remediate.render.terminal import Line

FORMAT = "remediate.history/1"


def history_lines(runs: Iterable[Run], where: str, *, verbose: bool = False) -> Iterator[Line]:
    """Oldest first; a run that broke off says so. `verbose` lists every resource of a long run too."""
    is_empty = True
    for run in runs:
        is_empty = False
        yield Line(f"{run.id}  {run.when}  {run.command}  {run.plan}  account {run.account}", "bold")
        yield Line(f"      {_told(run)}", "yellow" if run.interrupted else "", 6)
        yield Line(f"      by {run.who}", "dim", 6)
        for change in run.changes:
            status = run.statuses.get(change.address, "not told")
            if verbose or len(run.changes) <= 10 or status not in {"written", "not started", "not told"}:
                yield Line(f"      {change.address}: {status}", "", 8)
    if is_empty:
        yield Line(f"No run has been journaled in {where}. `--state` names another journal.")


def history_json(runs: Iterable[Run]) -> dict[str, Any]:
    """The history document; what a run found stays in the journal."""
    return {
        "format": FORMAT,
        "runs": [
            {
                "id": run.id,
                "when": run.when,
                "who": run.who,
                "command": run.command,
                "plan": run.plan,
                "account": run.account,
                "checksum": run.checksum,
                "undoes": run.undoes or None,
                "interrupted": run.interrupted,
                "torn": run.torn,
                "changes": [
                    {"address": change.address, "status": str(run.statuses.get(change.address, "not told"))}
                    for change in run.changes
                ],
            }
            for run in runs
        ],
    }


def _told(run: Run) -> str:
    counts = Counter(str(run.statuses.get(change.address, "not told")) for change in run.changes)
    text = ", ".join(f"{count} {status}" for status, count in sorted(counts.items()))
    if run.interrupted:
        text += "; broke off"
    if run.interrupted and counts["not told"]:
        text += ": what is `not told` may be written or not (`remediate undo` looks)"
    return text
