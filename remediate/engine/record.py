"""Apply a plan under the journal: nothing is written to AWS before what was found is on disk."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from remediate.aws import Aws
from remediate.core.change_result import ChangeResult
from remediate.core.plan import Plan
from remediate.engine.baseline import load_baseline, save_baseline
from remediate.errors import RemediateError
from remediate.journal import JournalError, Lease, Run, Store
from remediate.journal.records import closed, ended
from remediate.journal.user_state import person


@dataclass(slots=True)
class Recorder:
    """A run's recorder: call `check` before each write and `tell` after each.

    When the journal breaks in the middle, nothing more is begun, but what is under way still ends
    and is reported to the person; undo treats a change without a record as one that may be written.
    """

    run: Run
    store: Store
    lease: Lease
    broken: list[JournalError] = field(default_factory=list)
    not_gathered: str = ""
    """Why the run's records still lie apart, which slows later commands down; empty where they do not."""

    def check(self) -> None:
        """Raises `Locked` where another run has taken over, `JournalError` once the journal broke."""
        if self.broken:
            raise JournalError(f"Nothing was written to it. {self.broken[0].message}")
        self.lease.check()

    def tell(self, outcome: ChangeResult) -> ChangeResult:
        """Put one outcome on disk; it comes back with the error where that failed."""
        message = outcome.error.message if outcome.error else ""
        try:
            self.store.append(self.run.id, ended(outcome.change.address, outcome.status, message))
        except JournalError as error:
            self.broken.append(error)
            lost = self._lost("How this ended is not in the journal.", error)
            return outcome if outcome.error else replace(outcome, error=lost)
        return outcome

    def close(self, exit_code: int) -> RemediateError | None:
        """Close the run; the error where that cannot be put on disk, or it was not alone to the end.

        It is left open where the journal broke: a change without a record may then be written.
        """
        if self.broken:
            return None
        try:
            self.store.append(self.run.id, closed(exit_code))
        except JournalError as error:
            return self._lost("How each change ended is in the journal, but not that the run is over.", error)
        try:
            self.lease.check()
        except RemediateError as error:
            return error
        # What follows makes later commands faster and is not part of the run: where it fails, the next
        # run or pass does it.
        try:
            self.store.gather(self.run.id)
            save_baseline(self.store, self.run.account)
        except JournalError as error:
            self.not_gathered = error.message
        return None

    def _lost(self, what: str, error: JournalError) -> JournalError:
        return JournalError(
            f"{what} {error.message}",
            hint=f"What run {self.run.id} found is on disk. Make the journal usable again, then `remediate "
            f"history --state {self.store.where}` tells what it knows, and `remediate undo {self.run.id} "
            f"--state {self.store.where}` puts back what was written, recorded or not.",
        )


@contextmanager
def record_run(
    store: Store,
    aws: Aws,
    plan: Plan,
    *,
    command: str,
    undoes: str = "",
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Iterator[Recorder]:
    """Take the lock and put the run on disk; only then may anything be written.

    Raises `Locked` where another run writes to the account, `JournalError` where the disk refuses.
    """
    who, owner = writer(aws, command, now())
    with store.lease(plan.account, owner) as lease:
        before = load_baseline(store)
        run = Run(
            id=store.new_id(before.upto),
            when=now().isoformat(timespec="seconds"),
            who=who,
            command=command,
            plan_names=plan.plan_names,
            account=plan.account,
            checksum=plan.checksum,
            changes=plan.changes,
            requested={change.address: plan.requested.get(change.address, {}) for change in plan.changes},
            undoes=undoes,
            requested_by_plan={
                change.address: plan.requested_by_plan[change.address]
                for change in plan.changes
                if change.address in plan.requested_by_plan
            },
            earlier={change.address: before.with_requested(change.address, {}) for change in plan.changes},
        )
        # How each change ends and that the run is over must fit too: then a full disk is known now.
        store.append(run.id, run.begun(), room=len(run.changes) + 1)
        yield Recorder(run, store, lease)


def writer(aws: Aws, command: str, now: datetime) -> tuple[str, str]:
    """Return who writes, and how the lock names them."""
    who = f"{person()}@{socket.gethostname()} as {aws.identity()}"
    return who, f"{who}, {command}, since {now.isoformat(timespec='seconds')}"
