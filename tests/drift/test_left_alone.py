"""What people ask of the job: leave it alone, pause, accept until then, speak of news alone; its status."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from remediate.core.drift import DriftKind, DriftPass, DriftStatus
from remediate.drift.holds import MOST_LOGGED, Holds, checked_reason, hold, holds_name
from remediate.drift.memory import DriftState
from remediate.drift.options import note_name
from remediate.drift.status import status_document
from remediate.errors import UsageError
from remediate.journal import JournalError
from remediate.render.drift import metrics, pass_lines
from remediate.render.status import status_lines
from tests.drift.world import World, world

EVERYBODY = {"AllowedOrigins": ["*"], "AllowedMethods": ["GET"]}
BUCKET = "s3/webapp-uploads"
ACCOUNT = "123456789012"
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.fixture
def one(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path) as made:
        yield made


def account(one: World) -> str:
    return one.aws().account()


def keep(one: World, holds: Holds) -> None:
    one.store.keep(holds_name(account(one)), holds.as_json())


def memory(one: World) -> DriftState:
    return DriftState.from_json(one.store.note(note_name(account(one))))


def status(one: World) -> dict[str, Any]:
    return status_document(
        ("webapp",),
        account(one),
        one.store.where,
        memory=memory(one),
        holds=Holds.from_json(one.store.note(holds_name(account(one)))),
        locks={"run": "", "pass": ""},
        now=one.now,
    )


def words(done: DriftPass) -> str:
    return "\n".join(line.text for line in pass_lines(done))


def test_a_snoozed_resource_is_neither_corrected_nor_reported_until_its_end(one: World) -> None:
    one.put_rules(EVERYBODY)
    keep(
        one,
        Holds().with_snooze("s3/*", hold("ada", one.now, one.now + timedelta(hours=2, minutes=30), "move")),
    )
    for _ in range(2):
        done = one.look(correct=True)
        assert (done.exit_code, done.sightings, done.snoozed) == (0, (), (BUCKET,))
        assert one.told() == []
        assert one.rules() == [EVERYBODY]
        assert f"snoozed  {BUCKET}" in words(done)
    done = one.look(correct=True)
    assert done.snoozed == ()
    assert BUCKET in [sighting.address for sighting in done.sightings]
    assert one.told() != []
    assert len(one.rules()) > 1


def test_a_snoozed_resource_that_is_gone_fails_no_pass(one: World) -> None:
    one.aws().client("s3").delete_bucket(Bucket="webapp-uploads")
    assert one.look(correct=True).exit_code == 1
    keep(one, Holds().with_snooze("s3/*", hold("ada", one.now, one.now + timedelta(hours=8), "made anew")))
    assert one.look(correct=True).exit_code == 0


def test_what_was_open_before_it_was_snoozed_stays_known(one: World) -> None:
    one.put_rules(*one.rules(), EVERYBODY)
    assert one.look(correct=True).exit_code == 2
    one.told()
    keep(
        one,
        Holds().with_snooze(BUCKET, hold("ada", one.now, one.now + timedelta(hours=1, minutes=30), "move")),
    )
    done = one.look(correct=True)
    assert (done.exit_code, done.resolved, one.told()) == (0, (), [])
    assert [entry["snoozed"] for entry in status(one)["open"]] == [True]
    assert status(one)["exit_code"] == 0
    done = one.look(correct=True)
    assert (done.exit_code, one.told()) == (2, [])
    assert status(one)["exit_code"] == 2


def test_what_changes_while_it_is_snoozed_is_reported_afterwards(one: World) -> None:
    keep(
        one,
        Holds().with_snooze(BUCKET, hold("ada", one.now, one.now + timedelta(hours=1, minutes=30), "move")),
    )
    foreign = {"AllowedOrigins": ["https://other.example"], "AllowedMethods": ["GET"]}
    one.put_rules(*one.rules(), foreign)
    assert one.look(correct=True).sightings == ()
    (sighting,) = one.look(correct=True).sightings
    assert (sighting.kind, sighting.status) == (DriftKind.OUTSIDE, DriftStatus.NOTED)


def test_another_resource_is_looked_at_while_one_is_snoozed(one: World) -> None:
    keep(one, Holds().with_snooze(BUCKET, hold("ada", one.now, one.now + timedelta(days=1), "move")))
    one.put_cors(AllowOrigins=["https://other.example"])
    done = one.look(correct=True)
    assert [sighting.service for sighting in done.sightings] == ["http_api"]


def test_a_paused_job_looks_at_nothing_and_goes_on_by_itself(one: World) -> None:
    one.put_rules(EVERYBODY)
    keep(one, Holds().with_pause(hold("ada", one.now, one.now + timedelta(hours=1, minutes=30), "freeze")))
    done = one.look(correct=True)
    assert (done.exit_code, done.sightings, done.is_quiet) == (0, (), True)
    assert "by ada: freeze" in done.paused
    assert set(done.api_calls) <= {"sts:GetCallerIdentity"}
    assert "remediate pause --end" in words(done)
    assert '"Paused": 1' in metrics(done)
    assert one.look(correct=True).sightings != ()


def test_ending_takes_back_what_holds_and_the_log_keeps_it() -> None:
    kept = hold("ada", NOW, NOW + timedelta(hours=1), "why")
    holds = Holds().with_snooze(BUCKET, kept).with_pause(kept)
    ended = holds.without_snooze(BUCKET, "bob", NOW).without_pause("bob", NOW)
    assert (ended.snoozed, ended.paused) == ({}, None)
    assert [(entry["event"], entry["by"], entry["address"]) for entry in ended.log] == [
        ("snooze", "ada", BUCKET),
        ("pause", "ada", None),
        ("snooze ended", "bob", BUCKET),
        ("pause ended", "bob", None),
    ]
    assert Holds.from_json(ended.as_json()) == ended
    with pytest.raises(UsageError, match="is not snoozed") as refused:
        ended.without_snooze(BUCKET, "bob", NOW)
    assert refused.value.hint == "Nothing is snoozed at present."
    with pytest.raises(UsageError, match="is not paused"):
        holds.without_pause("bob", NOW + timedelta(hours=1))


def test_the_log_of_holds_keeps_its_size() -> None:
    holds = Holds()
    for _ in range(MOST_LOGGED + 5):
        holds = holds.with_pause(hold("ada", NOW, NOW + timedelta(hours=1), "why"))
    assert len(holds.log) == MOST_LOGGED


@pytest.mark.parametrize("reason", [None, "", "  ", "a\nb", "x" * 501])
def test_a_reason_is_one_line_and_not_empty(reason: str | None) -> None:
    with pytest.raises(UsageError, match="--reason"):
        checked_reason(reason)


@pytest.mark.parametrize("content", [{"format": "x"}, {"format": "remediate.holds/1", "snoozed": {"a": {}}}])
def test_a_note_of_another_form_is_an_error_and_no_empty_one(content: dict[str, Any]) -> None:
    with pytest.raises(JournalError, match="another form"):
        Holds.from_json(content)


def test_what_is_accepted_until_then_is_reported_again_at_its_end(one: World) -> None:
    one.put_rules(*one.rules(), EVERYBODY)
    one.look(correct=True)
    one.told()
    until = one.now + timedelta(hours=2, minutes=30)
    done = one.look(correct=True, accept=["s3/*"], reason="a fair", until=until)
    assert (done.exit_code, done.resolved) == (0, (BUCKET,))
    (accepted,) = status(one)["accepted"]
    assert (accepted["address"], accepted["reason"]) == (BUCKET, "a fair")
    assert accepted["until"] == until.isoformat(timespec="seconds")
    assert one.look(correct=True).exit_code == 0
    one.told()
    done = one.look(correct=True)
    assert done.exit_code == 2
    assert ("new", "outside", BUCKET) in one.told()
    assert status(one)["accepted"] == []


def test_what_is_accepted_is_taken_back_by_name(one: World) -> None:
    one.put_rules(*one.rules(), EVERYBODY)
    one.look(correct=True, accept=[BUCKET], reason="a fair")
    assert one.look(correct=True).exit_code == 0
    with pytest.raises(UsageError, match="matches nothing that was accepted") as refused:
        one.look(unaccept=["http_api/*"])
    assert refused.value.hint == f"Accepted are: {BUCKET}."
    assert one.look(correct=True, unaccept=[BUCKET]).exit_code == 2
    assert one.look(correct=True).exit_code == 2
    assert status(one)["accepted"] == []


def test_what_is_accepted_is_listed_only_where_it_opens_something(one: World) -> None:
    one.look(correct=True, accept=["*"], reason="nothing is open")
    assert status(one)["accepted"] == []
    one.put_rules(*one.rules(), EVERYBODY)
    one.look(correct=True, accept=["*"], reason="a fair")
    assert [accepted["address"] for accepted in status(one)["accepted"]] == [BUCKET]
    one.put_rules(*[rule for rule in one.rules() if rule["AllowedOrigins"] != ["*"]])
    one.look(correct=True)
    assert status(one)["accepted"] == []


def test_a_pass_of_once_speaks_of_what_is_new_and_once_a_day_of_what_is_open(one: World) -> None:
    first = one.look(correct=True, once=True)
    assert (first.is_quiet, first.exit_code) == (True, 0)
    one.put_rules(*one.rules(), EVERYBODY)
    news = one.look(correct=True, once=True)
    assert (news.has_news, news.is_quiet, news.exit_code) == (True, False, 2)
    quiet = [one.look(correct=True, once=True) for _ in range(23)]
    assert [(done.is_quiet, done.exit_code) for done in quiet] == [(True, 2)] * 23
    reminder = one.look(correct=True, once=True)
    assert (reminder.is_reminder, reminder.is_quiet, reminder.exit_code) == (True, False, 2)
    assert f"  {BUCKET}: for 1 d, since {news.when}" in words(reminder)
    assert one.look(correct=True, once=True).is_quiet
    one.put_rules(*[rule for rule in one.rules() if rule["AllowedOrigins"] != ["*"]])
    assert not one.look(correct=True, once=True).is_quiet
    assert one.look(correct=True, once=True).is_quiet


def test_a_correction_is_news(one: World) -> None:
    one.put_rules({"AllowedOrigins": ["https://app.example.com"], "AllowedMethods": ["GET"]})
    done = one.look(correct=True, once=True)
    # The bucket had rules of others too, which nobody can bring back.
    assert [sighting.status for sighting in done.sightings] == [DriftStatus.PARTLY]
    assert not done.is_quiet


def test_the_status_tells_the_last_pass_and_what_is_open_with_its_age(one: World) -> None:
    assert status(one)["passes"][0]["when"] is None
    one.put_rules(*one.rules(), EVERYBODY)
    seen = one.look(correct=True)
    one.look(correct=True)
    one.now += timedelta(minutes=30)
    document = status(one)
    (last,) = document["passes"]
    assert (last["plan"], last["age_seconds"], last["exit_code"], last["correct"]) == (
        "webapp",
        1800,
        2,
        True,
    )
    (entry,) = document["open"]
    assert (entry["address"], entry["status"], entry["age_seconds"]) == (BUCKET, "left", 5400)
    assert entry["seen"] == seen.when
    assert (document["held"], document["exit_code"]) == ([], 2)
    lines = "\n".join(line.text for line in status_lines(document))
    assert "webapp: last pass 30 min ago" in lines
    assert f"open  {BUCKET}  outside, for 1 h 30 min" in lines
    assert "Status: 1 open." in lines


def test_what_a_guard_holds_is_held(one: World) -> None:
    one.write((one.folder / "plan.yaml").read_text().replace("  - https://app.example.com\n", '  - "*"\n'))
    assert one.look(correct=True).exit_code == 2
    document = status(one)
    assert {entry["status"] for entry in document["held"]} == {"held"}
    assert document["open"] == []
    assert document["exit_code"] == 2


def test_what_another_plan_has_open_is_not_in_the_status(one: World) -> None:
    one.put_rules(*one.rules(), EVERYBODY)
    one.look(correct=True)
    document = status_document(
        ("other",),
        ACCOUNT,
        "here",
        memory=memory(one),
        holds=Holds(),
        locks={"run": "ada, apply", "pass": ""},
        now=one.now,
    )
    assert (document["open"], document["exit_code"]) == ([], 0)
    assert document["locks"] == [{"lock": "run", "holder": "ada, apply"}]
    lines = "\n".join(line.text for line in status_lines(document))
    assert "locked  run: held by ada, apply" in lines
    assert "other: no pass has looked at the whole plan yet" in lines
    assert "Status: nothing is open." in lines
