"""What a pass says stays after a correction, and how it says that something is over."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from remediate.core.drift import DriftKind, DriftStatus
from remediate.core.notice import NoticeOutcome
from tests.drift.world import PLAN, World, world

EVERYBODY: dict[str, Any] = {"AllowedOrigins": ["*"], "AllowedMethods": ["GET"]}
PARTNER: dict[str, Any] = {
    "ID": "partner",
    "AllowedOrigins": ["https://other.example"],
    "AllowedMethods": ["GET"],
}
BUCKET = "s3/webapp-uploads"


@pytest.fixture
def one(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path) as made:
        made.put_rules(*made.rules(), PARTNER)
        made.look(correct=True)
        made.sent.clear()
        yield made


def outcomes(one: World) -> list[str]:
    said = [str(notice.outcome) for notice in one.sent]
    one.sent.clear()
    return said


def test_a_rule_of_others_that_was_deleted_and_stays_gone_is_named(one: World) -> None:
    one.aws().client("s3").delete_bucket_cors(Bucket="webapp-uploads")
    done = one.look(correct=True)
    (found,) = done.sightings
    assert (found.status, found.codes, done.exit_code) == (DriftStatus.PARTLY, (), 0)
    assert {(edit.op, *edit.before["AllowedOrigins"]) for edit in found.stays} == {
        ("-", "https://other.example"),
        ("-", "https://partner.example"),  # the sandbox's own
    }
    (notice,) = one.sent
    assert notice.outcome is NoticeOutcome.PARTLY
    assert "https://other.example" in "".join(notice.stays)
    assert notice.undo == f"remediate undo {done.run} --state {one.folder / '.remediate'}"


def test_what_is_added_in_the_pass_in_which_the_plan_changed_is_not_told_as_corrected(one: World) -> None:
    one.put_rules(*one.rules(), EVERYBODY)
    one.write(
        PLAN.replace("[GET, POST, PUT]", "[GET, POST, PUT, DELETE]").replace(
            "  - http_api: webapp-orders\n", ""
        )
    )
    done = one.look(correct=True)
    (found,) = [each for each in done.sightings if each.address == BUCKET]
    assert (found.kind, found.status, done.exit_code) == (DriftKind.DRIFT, DriftStatus.PARTLY, 2)
    assert set(found.codes) == {"opens-to-any", "unlisted-origins-stay"}
    assert [(edit.op, edit.after["AllowedOrigins"]) for edit in found.stays] == [("+", ["*"])]
    assert [rule["AllowedMethods"] for rule in one.rules() if rule.get("ID") == "remediate:webapp"] == [
        ["GET", "POST", "PUT", "DELETE"]
    ]
    (notice,) = [each for each in one.sent if each.address == BUCKET]
    assert notice.outcome is NoticeOutcome.PARTLY
    assert "DELETE" in "".join(notice.wanted)
    assert "*" not in "".join(notice.wanted)
    assert "*" in "".join(notice.stays)


def test_an_alarm_is_not_over_while_only_the_plan_would_take_it_away(one: World) -> None:
    one.put_rules(*one.rules(), EVERYBODY)
    assert one.look().exit_code == 2
    assert outcomes(one) == ["opened"]
    one.write(PLAN.replace("allow:", "mode: exact\nallow:"))
    done = one.look()
    assert (done.resolved, done.exit_code) == ((), 2)
    assert "as planned" not in outcomes(one), "the bucket is open"
    one.put_rules(*[rule for rule in one.rules() if rule["AllowedOrigins"] != ["*"]])
    one.write(PLAN)
    done = one.look(correct=True)
    assert BUCKET in done.resolved
    assert done.exit_code == 0
    assert {notice.outcome for notice in one.sent if notice.address == BUCKET} == {NoticeOutcome.AS_PLANNED}


def test_what_is_accepted_is_said_to_be_accepted_by_whom_and_until_when(
    one: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOGNAME", "carol")
    one.put_rules(*one.rules(), EVERYBODY)
    one.look()
    one.sent.clear()
    assert one.look(accept=[BUCKET]).exit_code == 0
    (notice,) = one.sent
    assert notice.outcome is NoticeOutcome.ACCEPTED
    assert notice.done == (
        "carol accepted it with `--accept`. It stays as it is, until somebody changes it again."
    )


def test_what_waits_for_a_person_is_no_outside_change(one: World) -> None:
    one.write(PLAN.replace("https://app.example.com", '"*"'))
    one.look(correct=True)
    notices = [each for each in one.sent if each.kind == "pending"]
    assert {each.outcome for each in notices} == {NoticeOutcome.WAITS}
    assert {each.changed for each in notices} == {()}
    assert all("*" in "".join(each.wanted) for each in notices)


def test_a_target_that_leaves_the_plan_is_not_said_to_be_as_planned(one: World) -> None:
    one.put_cors(AllowOrigins=["https://evil.example"], AllowMethods=["GET"])
    one.look()
    assert outcomes(one) == ["left"]
    one.write(PLAN.replace("- http_api: webapp-orders", "- cloudfront: cdn.example.com"))
    one.look()
    assert "as planned" not in outcomes(one)
