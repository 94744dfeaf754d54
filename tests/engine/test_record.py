"""The end of a run in the journal: what is not part of the run is reported where it fails, and no error."""

from __future__ import annotations

from pathlib import Path

import pytest

from remediate.core.change_result import ApplyStatus, ChangeResult
from remediate.core.plan import Change
from remediate.engine.record import Recorder
from remediate.journal import JournalError, Run
from remediate.journal.local import LocalStore


class Alone:
    """The lease of a run that nobody disturbs."""

    def check(self) -> None: ...


class CannotGather(LocalStore):
    """A journal whose records may be written, and not gathered: a bucket that denies deletes, say."""

    def gather(self, run: str) -> None:  # noqa: ARG002  # the store's signature
        raise JournalError("AWS denied s3:DeleteObject.")


@pytest.mark.parametrize(
    ("kind", "reason"), [(LocalStore, ""), (CannotGather, "AWS denied s3:DeleteObject.")]
)
def test_records_that_cannot_be_gathered_are_reported_and_the_run_is_over(
    kind: type[LocalStore], reason: str, tmp_path: Path
) -> None:
    store = kind(tmp_path)
    change = Change("s3/a", "s3", "eu-west-1", None, {"CORSRules": []}, "r", "s3/a")
    run = Run(
        store.new_id(), "2026-07-01T00:00:00+00:00", "me", "apply", ("webapp",), "1" * 12, "c", (change,)
    )
    store.append(run.id, run.begun())
    recorder = Recorder(run, store, Alone())
    recorder.tell(ChangeResult(change, ApplyStatus.WRITTEN))
    assert recorder.close(0) is None
    assert recorder.not_gathered == reason
    assert [known.interrupted for known in store.runs()] == [False]
