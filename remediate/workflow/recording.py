"""Carry a plan out under the journal: nothing is written to AWS before it is on disk what was found."""

from __future__ import annotations

import getpass
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from remediate.aws import Aws
from remediate.core.outcome import Outcome
from remediate.core.plan import Plan
from remediate.journal import JournalError, Lease, Run, Store
from remediate.journal.records import closed, ended


@dataclass(slots=True)
class Recorder:
    """One run's pen: `check` before each write, `tell` after each.

    When the journal breaks in the middle, nothing more is begun, but what is under way still ends
    and is told to the person; undo takes what has no record for maybe written.
    """

    run: Run
    store: Store
    lease: Lease
    broken: list[JournalError] = field(default_factory=list)

    def check(self) -> None:
        """Raises `Locked` where another run has taken over, `JournalError` once the journal broke."""
        if self.broken:
            raise self.broken[0]
        self.lease.check()

    def tell(self, outcome: Outcome) -> Outcome:
        """Put one outcome on disk; it comes back with the error where that failed."""
        message = outcome.error.message if outcome.error else ""
        try:
            self.store.append(self.run.id, ended(outcome.change.address, outcome.status, message))
        except JournalError as error:
            self.broken.append(error)
            return outcome if outcome.error else replace(outcome, error=error)
        return outcome

    def close(self, exit_code: int) -> None:
        """The run is over. Left open where the journal broke: what is missing is then maybe written."""
        if not self.broken:
            # Every change has been told; a run without this record counts as one that broke off.
            with suppress(JournalError):
                self.store.append(self.run.id, closed(exit_code))


@contextmanager
def recorded(
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
    who = f"{_person()}@{socket.gethostname()} as {aws.identity()}"
    with store.lease(plan.account, f"{who}, {command}, since {now().isoformat(timespec='seconds')}") as lease:
        run = Run(
            id=store.new_id(),
            when=now().isoformat(timespec="seconds"),
            who=who,
            command=command,
            plan=plan.name,
            account=plan.account,
            checksum=plan.checksum,
            changes=plan.changes,
            asked={change.address: plan.asked.get(change.address, {}) for change in plan.changes},
            undoes=undoes,
        )
        store.append(run.id, run.begun())
        yield Recorder(run, store, lease)


def _person() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"  # a container's user id without a name
