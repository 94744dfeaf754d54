"""What passes remember comes back as it was, and what is not ours to read is an error or nothing."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from remediate.core.drift import DriftedResource, DriftKind, DriftStatus
from remediate.core.notice import Notice, NoticeStage
from remediate.core.policy import Retired
from remediate.drift.memory import GIVEN_UP, MOST, Accepted, DriftState, notice_of
from remediate.engine.baseline import Baseline, LastApplied
from remediate.journal import JournalError

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


def sighting(number: int = 0) -> DriftedResource:
    return DriftedResource(
        f"s3/b{number}",
        "s3",
        "eu-west-1",
        "",
        ("webapp",),
        DriftKind.DRIFT,
        DriftStatus.LEFT,
        NOW.isoformat(),
        same_as=number,
    )


def test_a_memory_comes_back_as_it_was() -> None:
    memory = (
        DriftState(
            looked={"webapp": NOW.isoformat()},
            accepted={"s3/b": Accepted("0001", None)},
            warned={"s3/b": ["x"]},
        )
        .found([sighting()])
        .addressed({"slack a1": ["webapp"]}, NOW)
        .with_notice(notice_of(sighting()))
    )
    assert DriftState.from_json(json.loads(json.dumps(memory.as_json()))) == memory


@pytest.mark.parametrize(
    "value", [{"format": "remediate.watch/9"}, {"format": "remediate.watch/1"}, {"a": 1}]
)
def test_a_memory_of_another_form_is_an_error_with_a_way_out(value: dict[str, object]) -> None:
    with pytest.raises(JournalError) as caught:
        DriftState.from_json(value)
    assert "Remove" in caught.value.hint


def test_what_is_known_comes_back_as_it_was_and_else_is_learnt_again() -> None:
    known = Baseline(
        "0003",
        {"s3/b": LastApplied("0003", NOW.isoformat(), ("webapp",), undone=True, documents=(None, {"a": 1}))},
        {("webapp", "s3/b"): Retired(origins=("https://a.example",))},
    )
    assert Baseline.from_json(json.loads(json.dumps(known.as_json()))) == known
    assert Baseline.from_json({"format": "remediate.known/1", "left": 3}) == Baseline()
    assert Baseline.from_json({}) == Baseline()


def test_mail_is_for_the_channels_of_the_plan_and_does_not_grow_for_ever() -> None:
    memory = DriftState().addressed({"mine": ["webapp"], "theirs": ["other"]}, NOW)
    for number in range(MOST + 3):
        memory = memory.with_notice(notice_of(sighting(number)))
    assert len(memory.outboxes["mine"].waiting) == MOST
    assert memory.outboxes["mine"].waiting[-1].address == f"s3/b{MOST + 2}"
    assert memory.outboxes["theirs"].waiting == ()
    later = memory.addressed({"theirs": ["other"]}, NOW + GIVEN_UP - timedelta(seconds=1))
    assert set(later.outboxes) == {"mine", "theirs"}
    assert set(memory.addressed({"theirs": ["other"]}, NOW + GIVEN_UP).outboxes) == {"theirs"}


def test_the_same_drift_has_the_same_id_and_another_another() -> None:
    ids = [notice_of(one).id for one in (sighting(1), sighting(1), sighting(2))]
    assert ids[0] == ids[1] != ids[2]
    assert isinstance(notice_of(sighting()), Notice)
    assert notice_of(sighting()).stage is NoticeStage.NEW
