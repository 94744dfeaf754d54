"""The runs of a journal: how many there are and how the last one ended, then a line a run."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from remediate.core.change_result import ApplyStatus
from remediate.core.wording import counted
from remediate.journal import Run
from remediate.render.terminal import Line

FORMAT = "remediate.history/1"
RUNS_SHOWN = 15
"""Of a longer journal only the latest runs are listed, unless all are asked for."""
_UNKNOWN = "not told"
_PLAIN = {"written", "not started", _UNKNOWN}


def history_lines(
    runs: Iterable[Run], where: str, *, verbose: bool = False, last_only: bool = False, connection: str = ""
) -> Iterator[Line]:
    """Oldest first; a run that broke off says so. `verbose` lists every run and every resource.

    `last_only` says that the journal may hold earlier ones. `connection` are the options that make the next
    command reach the same journal.
    """
    count, shown = 0, deque[Run](maxlen=None if verbose else RUNS_SHOWN)
    for run in runs:
        count += 1
        shown.append(run)
    if not count:
        yield Line(f"No run has been journaled in {where}. `--state` names another journal.", "", 2)
        return
    last = shown[-1]
    lead = "The last " if last_only else ""
    yield Line(f"{lead}{counted(count, 'run')} in {where}. The last, {last.id}: {_ending(last)}.", "bold", 2)
    yield Line()
    if count > len(shown):
        yield Line(f"  {count - len(shown)} earlier runs are not listed (-v lists them)", "dim", 4)
    for run in shown:
        yield from _run_lines(run, verbose=verbose)
    written = [run.id for run in shown if _may_have_written(run)]
    if written:
        yield Line()
        yield Line(
            f"Next: remediate undo {written[-1]}{f' {connection}' if connection else ''}", verbatim=True
        )


def _run_lines(run: Run, *, verbose: bool) -> Iterator[Line]:
    style = "yellow" if run.interrupted else ""
    yield Line(f"  {run.id}  {run.when}  {run.command}  {run.plan}  {_ending(run)}", style, 8)
    if verbose:
        yield Line(f"        by {run.who}, account {run.account}", "dim", 8)
    for change in run.changes:
        status = _status(run.statuses, change.address)
        if verbose or status not in _PLAIN:
            yield Line(f"        {change.address}: {status}", "", 10)


def _may_have_written(run: Run) -> bool:
    """Whether there may be something to undo: a change was written, or the run broke off before it said."""
    harmless = {ApplyStatus.UNCHANGED, ApplyStatus.STALE, ApplyStatus.NOT_STARTED}
    return any(
        run.statuses.get(change.address) not in harmless
        and (run.interrupted or change.address in run.statuses)
        for change in run.changes
    )


def _status(statuses: Mapping[str, ApplyStatus], address: str) -> str:
    return str(statuses.get(address, _UNKNOWN))


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
                    {"address": change.address, "status": _status(run.statuses, change.address)}
                    for change in run.changes
                ],
            }
            for run in runs
        ],
    }


def _ending(run: Run) -> str:
    """`5 written`, and what is not known of a run that broke off."""
    counts = Counter(_status(run.statuses, change.address) for change in run.changes)
    text = ", ".join(f"{count} {status}" for status, count in sorted(counts.items())) or "nothing to write"
    if run.interrupted:
        text += "; broke off"
    if run.interrupted and counts[_UNKNOWN]:
        text += f": what is `{_UNKNOWN}` may be written or not (`remediate undo` looks)"
    return text
