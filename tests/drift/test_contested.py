"""Fights end: a resource that is corrected again and again is contested, and left to a person."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from remediate.core.drift import DriftKind, DriftPass, DriftStatus
from remediate.core.notice import Channel, Message, NoticeOutcome
from remediate.drift.contest import end_contests
from remediate.drift.memory import DriftState
from remediate.drift.options import DriftOptions
from remediate.journal import JournalError
from remediate.planfile import PlanFile, load
from remediate.render.drift import metrics, pass_lines
from remediate.render.notice import Cut, body, subject
from remediate.sandbox import embedded
from remediate.services import target_options
from tests.drift.world import PLAN, World, by_address, world

THEIRS = {"ID": "tool", "AllowedOrigins": ["https://app.example.com"], "AllowedMethods": ["GET"]}
"""The rule of another tool, which puts it alone; it opens nothing that the plan does not list."""
UNLISTED = {"AllowedOrigins": ["https://tool.example"], "AllowedMethods": ["GET"]}
BUCKET = "s3/webapp-uploads"
WRITTEN = {DriftStatus.CORRECTED, DriftStatus.PARTLY}
"""A pass corrected it; in part, where the rule of the other tool stays beside the plan's."""
EXACT = """\
version: 1
name: {name}
region: eu-west-1
mode: exact
origins: [https://{name}.example.com]
allow: {{methods: [GET]}}
targets:
  - s3: webapp-uploads
"""


@pytest.fixture
def one(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path) as made:
        yield made


def fight(one: World, times: int = 3) -> None:
    """Another tool puts its own rule so many times, and each time a pass corrects it."""
    for _ in range(times):
        one.put_rules(THEIRS)
        done = one.look(correct=True)
        assert by_address(done, "s3/").status in WRITTEN
        assert done.exit_code == 0


def memory(one: World) -> DriftState:
    return DriftState.from_json(one.store.note("drift-123456789012"))


def text(done: DriftPass) -> str:
    return "\n".join(line.text for line in pass_lines(done))


def test_a_fourth_correction_within_a_day_is_not_made(one: World) -> None:
    first = one.now + timedelta(hours=1)
    fight(one)
    one.told()
    one.put_rules(THEIRS)
    done = one.look(correct=True)
    found = by_address(done, "s3/")
    assert (found.kind, found.status, found.codes) == (
        DriftKind.DRIFT,
        DriftStatus.CONTESTED,
        ("contested-resource",),
    )
    assert done.exit_code == 2
    assert done.run == ""
    assert one.rules() == [THEIRS]
    assert "corrected 3 times to the same settings since " + first.isoformat() in found.because
    document = done.as_json()
    assert [(item["address"], item["status"], item["codes"]) for item in document["drift"]] == [
        (BUCKET, "contested", ["contested-resource"])
    ]
    assert (document["summary"]["contested"], document["summary"]["left"]) == (1, 1)
    shown = text(done)
    assert f"drift  {BUCKET}  eu-west-1  contested" in shown
    assert "until a person runs `remediate apply`, or `remediate drift --accept s3/webapp-uploads`" in shown
    assert "1 contested" in shown.splitlines()[1]
    assert '"DriftLeft": 1' in metrics(done)
    (notice,) = one.sent
    assert (notice.outcome, notice.kind, notice.address) == (NoticeOutcome.CONTESTED, "drift", BUCKET)
    assert notice.done.startswith("No longer corrected. It was corrected 3 times")
    message = Message("123456789012", done.when, [notice])
    assert subject(message).startswith(f"remediate: contested: {BUCKET} (")
    said = body(Cut(message))
    assert f"{BUCKET} is changed again after each correction, and is no longer corrected" in said
    assert "No longer corrected. It was corrected 3 times" in said


def test_it_is_told_once_whatever_the_other_side_does(one: World) -> None:
    fight(one)
    ours = one.rules()
    one.told()
    for rules in ([THEIRS], [THEIRS], ours, [THEIRS], [THEIRS]):
        one.put_rules(*rules)
        assert one.look(correct=True).exit_code == (0 if rules == ours else 2)
        assert one.rules() == rules
    assert one.told() == [("new", "drift", BUCKET)]
    assert one.look().exit_code == 2, "a pass that corrects nothing says it too"
    assert one.told() == []


def test_a_channel_of_what_is_held_is_told_of_it(one: World) -> None:
    one.channels = (Channel("test", "here", only=("held",)),)
    fight(one)
    one.put_rules(THEIRS)
    assert by_address(one.look(correct=True), "s3/").status is DriftStatus.CONTESTED
    assert [address for _, _, address in one.told()] == [BUCKET]


def test_it_ends_where_no_plan_means_the_resource_any_more(one: World) -> None:
    fight(one)
    one.put_rules(THEIRS)
    one.look(correct=True)
    assert memory(one).contests.keys() == {BUCKET}
    one.write(PLAN.replace("  - s3: webapp-uploads\n", ""))
    one.look(correct=True)
    assert memory(one).contests == {}
    assert [entry for entry in memory(one).entries.values() if entry.notice.address == BUCKET] == []


def test_a_day_later_the_count_starts_anew(one: World) -> None:
    fight(one)
    one.now += timedelta(hours=22)  # the first is a day old at the next pass
    fight(one, 1)
    assert [correction.when for correction in memory(one).corrections[BUCKET]][-1] == one.now.isoformat()
    one.now += timedelta(days=2)
    fight(one, 3)
    one.put_rules(THEIRS)
    assert by_address(one.look(correct=True), "s3/").status is DriftStatus.CONTESTED


def test_what_is_contested_stays_so_for_longer_than_a_day(one: World) -> None:
    fight(one)
    one.put_rules(THEIRS)
    one.look(correct=True)
    one.now += timedelta(days=40)
    assert by_address(one.look(correct=True), "s3/").status is DriftStatus.CONTESTED
    assert one.rules() == [THEIRS]


def test_corrections_to_different_settings_are_no_fight(one: World) -> None:
    for number in range(5):
        one.put_rules({**THEIRS, "MaxAgeSeconds": number})
        done = one.look(correct=True)
        assert by_address(done, "s3/").status in WRITTEN
        assert done.exit_code == 0


def test_an_apply_by_a_person_ends_it(one: World) -> None:
    fight(one)
    one.put_rules(THEIRS)
    one.look(correct=True)
    one.told()
    one.apply()
    end_contests(one.store, "123456789012", [BUCKET])
    assert one.look(correct=True).exit_code == 0
    assert one.told() == [("resolved", "drift", BUCKET)]
    fight(one)
    one.put_rules(THEIRS)
    assert by_address(one.look(correct=True), "s3/").status is DriftStatus.CONTESTED


def test_an_apply_by_a_person_starts_the_count_anew(one: World) -> None:
    fight(one)
    end_contests(one.store, "123456789012", [BUCKET])
    fight(one)


def test_an_apply_of_another_resource_ends_nothing(one: World) -> None:
    fight(one)
    before = one.store.note("drift-123456789012")
    end_contests(one.store, "123456789012", ["s3/other"])
    assert one.store.note("drift-123456789012") == before


def test_an_apply_that_cannot_note_it_says_so(one: World) -> None:
    fight(one)

    class Busy(type(one.store)):  # type: ignore[misc]
        def replace(self, *_: object) -> bool:
            return False

    with pytest.raises(JournalError, match="others write the same note all the time"):
        end_contests(Busy(one.folder / ".remediate"), "123456789012", [BUCKET])


def test_an_apply_while_a_pass_ends_is_not_lost(one: World) -> None:
    fight(one)
    one.put_rules(THEIRS)
    one.look(correct=True)
    one.now += timedelta(hours=1)
    runner = one.a_pass(DriftOptions(correct=True, wait=False, channels=one.channels))

    def person(*_: Any) -> tuple[dict[str, str], list[str]]:
        end_contests(one.store, "123456789012", [BUCKET])
        return {}, []

    replace(runner, blame=person).run()
    assert memory(one).contests == {}


def test_to_accept_ends_it(one: World) -> None:
    fight(one)
    one.put_rules(THEIRS)
    one.look(correct=True)
    one.told()
    done = one.look(accept=[BUCKET])
    assert (by_address(done, "s3/").status, done.exit_code) == (DriftStatus.LEFT, 2)
    fight(one)


def test_to_accept_where_nothing_differs_ends_it_too(one: World) -> None:
    ours = one.rules()
    fight(one)
    one.put_rules(THEIRS)
    one.look(correct=True)
    one.put_rules(*ours)
    one.told()
    assert one.look(correct=True, accept=[BUCKET]).exit_code == 0
    assert one.told() == [("resolved", "drift", BUCKET)]
    assert (memory(one).contests, memory(one).corrections) == ({}, {})


def test_a_plan_file_that_asks_for_other_settings_is_applied(one: World) -> None:
    fight(one)
    one.put_rules(THEIRS)
    one.look(correct=True)
    one.write((one.folder / "plan.yaml").read_text().replace("app.example.com", "new.example.com"))
    done = one.look(correct=True)
    assert by_address(done, "s3/").status in WRITTEN
    assert done.exit_code == 0
    assert memory(one).contests == {}


def test_what_is_corrected_in_part_only_is_counted_too(one: World) -> None:
    for status in (DriftStatus.PARTLY, DriftStatus.CORRECTED, DriftStatus.CORRECTED):
        one.put_rules(UNLISTED)
        assert by_address(one.look(correct=True), "s3/").status is status
    one.put_rules(UNLISTED)
    done = one.look(correct=True)
    statuses = {sighting.status for sighting in done.sightings if sighting.kind is DriftKind.DRIFT}
    assert (statuses, done.exit_code, one.rules()) == ({DriftStatus.CONTESTED}, 2, [UNLISTED])


def test_who_is_named_where_that_is_known(one: World) -> None:
    fight(one)
    one.told()
    one.put_rules(THEIRS)
    done = one.look(correct=True, who="role deploy-bot")
    assert by_address(done, "s3/").who == "role deploy-bot"
    assert ", by role deploy-bot:" in text(done)
    (notice,) = one.sent
    assert notice.who == "role deploy-bot"


@pytest.mark.parametrize(
    ("limit", "corrections", "gap"),
    [
        ("{corrections: 1}", 1, timedelta(0)),
        ("{corrections: 5, within: 7d}", 5, timedelta(days=1)),
    ],
)
def test_the_plan_file_says_when(one: World, limit: str, corrections: int, gap: timedelta) -> None:
    one.write((one.folder / "plan.yaml").read_text() + f"guards: {{contested: {limit}}}\n")
    for _ in range(corrections):
        fight(one, 1)
        one.now += gap
    one.put_rules(THEIRS)
    found = by_address(one.look(correct=True), "s3/")
    assert found.status is DriftStatus.CONTESTED
    assert f"corrected {corrections} times" in found.because


def test_with_a_shorter_time_they_are_not_counted_together(one: World) -> None:
    one.write((one.folder / "plan.yaml").read_text() + "guards: {contested: {within: 90m}}\n")
    fight(one, 5)  # passes are an hour apart: two within an hour and a half


def test_what_an_older_version_remembers_is_read(one: World) -> None:
    fight(one, 1)
    note = dict(one.store.note("drift-123456789012"))
    assert set(note["corrections"]) == {BUCKET}
    assert note["contested"] == {}
    del note["corrections"], note["contested"]
    one.store.keep("drift-123456789012", note)
    fight(one)


class Duel(World):
    """Two plan files, of which a test names one at a time."""

    side = "first"

    def files(self) -> tuple[PlanFile, ...]:
        return load([self.folder / f"{self.side}.yaml"], target_options(), now=self.now)


@pytest.mark.parametrize("shared", [True, False], ids=["one journal", "two journals"])
def test_two_exact_plans_end_their_fight(tmp_path: Path, shared: bool) -> None:
    with embedded():
        sides: dict[str, Duel] = {}
        start = World.now
        # In one journal a guard holds what takes away access that the other plan's run gave.
        guards = "guards: {levels: {removes-access: warn, removes-all: warn}}\n" if shared else ""
        for name in ("first", "second"):
            folder = tmp_path if shared else tmp_path / name
            folder.mkdir(exist_ok=True)
            sides[name] = Duel(folder)
            sides[name].side = name
            (folder / f"{name}.yaml").write_text(EXACT.format(name=name) + guards)
        for side in sides.values():
            side.apply("removes-access", "removes-all")
        seen: list[tuple[str, str, int]] = []
        for number in range(24):
            side = sides[("first", "second")[number % 2]]
            side.now = start + timedelta(minutes=20 * number)
            done = side.look(correct=True)
            seen += [
                (side.side, str(found.status), done.exit_code)
                for found in done.sightings
                if found.address == BUCKET
            ]
        contested = [entry for entry in seen if entry[1] == "contested"]
        # One of the two gives up once it has corrected three times, and the other finds nothing more to do.
        assert len({who for who, _, _ in contested}) == 1
        assert {code for _, _, code in contested} == {2}
        assert [status for _, status, _ in seen][:6] == ["corrected"] * 6
        assert {status for _, status, _ in seen[6:]} == {"contested"}
