"""Ctrl-C between two outcomes of a write: every outcome that is known is told all the same."""

from __future__ import annotations

import pytest

from remediate.aws import Aws
from remediate.core.change_result import ApplyStatus
from remediate.core.plan import Change
from remediate.engine.write import write
from remediate.journal import Locked


def change(name: str, group: str) -> Change:
    return Change(f"s3/{name}", "s3", "eu-west-1", None, {"CORSRules": []}, "r", group)


def refuse() -> None:
    raise Locked("Another run has taken over.")


def test_the_rest_of_a_group_is_told_after_an_interrupt_of_whoever_tells() -> None:
    """As where it comes while the first outcome is put on disk."""
    changes = [change("a", "1"), change("b", "1"), change("c", "2")]
    reported: list[tuple[str, str]] = []
    writing = write(
        Aws(region="eu-west-1"),
        changes,
        concurrency=1,
        report=lambda address, word: reported.append((address, word)),
        check=refuse,
    )
    outcomes = [next(writing), writing.throw(KeyboardInterrupt())]
    with pytest.raises(KeyboardInterrupt):
        outcomes.extend(writing)
    assert [outcome.change.address for outcome in outcomes] == ["s3/a", "s3/b", "s3/c"]
    assert {outcome.status for outcome in outcomes} == {ApplyStatus.NOT_STARTED}
    assert reported == [("s3/a", "writing"), ("s3/b", "writing")]
