"""What a changed distribution forwards to and no target means: found, passed over, or told as hidden."""

from __future__ import annotations

import pytest

from remediate.aws import Aws
from remediate.core.snapshot import Snapshot
from remediate.core.state import Reading, State, Unreadable
from remediate.reachability import discover
from remediate.reachability.discover import dependencies_of

BUCKET = "files.s3.eu-west-1.amazonaws.com"
FRONT = State(
    address="cloudfront/E1",
    service="cloudfront",
    region="us-east-1",
    config={},
    revision="1",
    names=("E1",),
    group="cloudfront/E1",
    upstreams=(BUCKET, "backend.example.com"),
)
BEHIND = State(
    address="s3/files",
    service="s3",
    region="eu-west-1",
    config=None,
    revision="1",
    names=("files",),
    group="s3/files",
    hosts=(BUCKET,),
)


def found(monkeypatch: pytest.MonkeyPatch, reading: Reading) -> tuple[list[str], list[str]]:
    """The addresses and the findings' codes, where that is what the one lookup gives."""
    monkeypatch.setattr(discover, "snapshot", lambda *_: Snapshot.of([reading]))
    states, findings = dependencies_of(Aws(region="eu-west-1"), Snapshot((FRONT,)), {FRONT.address})
    return [state.address for state in states], [finding.code for finding in findings]


def test_what_aws_names_is_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    assert found(monkeypatch, BEHIND) == (["s3/files"], [])


@pytest.mark.parametrize(
    ("code", "codes"), [("access-denied", ["behind-unreadable"]), ("missing-bucket", [])]
)
def test_what_may_not_be_read_is_told_and_what_is_not_there_is_not(
    monkeypatch: pytest.MonkeyPatch, code: str, codes: list[str]
) -> None:
    assert found(monkeypatch, Unreadable("s3/files", "s3", code, "denied", "hint", ())) == ([], codes)


def test_what_is_not_looked_up_any_more_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(discover, "MOST_BEYOND", 0)
    assert found(monkeypatch, BEHIND) == ([], ["behind-unreadable"])


def test_nothing_is_looked_up_for_what_does_not_change_or_is_known() -> None:
    aws = Aws(region="eu-west-1")
    assert dependencies_of(aws, Snapshot((FRONT,)), ()) == ((), [])
    assert dependencies_of(aws, Snapshot((FRONT, BEHIND)), {FRONT.address}) == ((), [])
    assert not aws.calls
