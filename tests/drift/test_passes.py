"""One pass after another: what is drift, what is not, what is corrected, and what is told once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from remediate.core.drift import DriftKind, DriftStatus
from remediate.core.notice import Channel, Message
from remediate.drift.options import DriftOptions
from remediate.engine.plan import PlanResult, apply_plan
from remediate.engine.undo import undo_plan
from remediate.errors import AwsFailure
from tests.drift.world import ALL, PLAN, World, by_address, world

FOREIGN = {"AllowedOrigins": ["https://partner.example"], "AllowedMethods": ["GET"]}
NARROWED = {"AllowOrigins": ["https://app.example.com"], "AllowMethods": ["GET"]}
"""The HTTP API's settings when somebody took methods from the plan's origin and added nothing."""
EVERYBODY = {"AllowedOrigins": ["*"], "AllowedMethods": ["GET", "PUT"], "AllowedHeaders": ["*"]}


@pytest.fixture
def one(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path) as made:
        yield made


def test_after_an_apply_there_is_nothing_to_tell(one: World) -> None:
    done = one.look(correct=True)
    assert (done.sightings, done.exit_code, one.told()) == ((), 0, [])
    assert one.look().exit_code == 0


def test_a_rule_that_was_deleted_is_drift_and_comes_back(one: World) -> None:
    left = one.rules()
    one.look()
    one.put_rules(*[rule for rule in left if "remediate" not in rule.get("ID", "")] or [FOREIGN])
    before = one.now
    seen = one.look()
    found = by_address(seen, "s3/")
    assert (found.kind, found.status, seen.exit_code) == (DriftKind.DRIFT, DriftStatus.LEFT, 2)
    assert found.since == before.isoformat(timespec="seconds")
    assert any("https://app.example.com" in str(edit.before) for edit in found.changed)
    assert one.told() == [("new", "drift", "s3/webapp-uploads")]
    assert one.look().exit_code == 2
    assert one.told() == []
    done = one.look(correct=True)
    assert (by_address(done, "s3/").status, done.exit_code, done.resolved) == (
        DriftStatus.CORRECTED,
        0,
        ("s3/webapp-uploads",),
    )
    assert one.told() == [("resolved", "drift", "s3/webapp-uploads")]
    assert [rule for rule in one.rules() if "remediate" in rule.get("ID", "")]
    assert one.look(correct=True).exit_code == 0
    assert one.told() == []


def test_drift_corrected_at_once_is_told_once(one: World) -> None:
    one.put_cors(**NARROWED)
    done = one.look(correct=True)
    assert (by_address(done, "http_api/").status, done.exit_code) == (DriftStatus.CORRECTED, 0)
    assert done.run
    assert set(one.cors()["AllowMethods"]) == {"GET", "POST", "PUT"}
    assert [turn for turn, _, _ in one.told()] == ["corrected"]
    assert one.look(correct=True).sightings == ()


def test_a_change_of_the_plan_is_pending_not_drift(one: World) -> None:
    one.write(PLAN.replace("https://app.example.com", "https://new.example.com"))
    seen = one.look()
    assert {found.kind for found in seen.sightings} == {DriftKind.PENDING}
    assert seen.exit_code == 2
    assert one.told() == []
    done = one.look(correct=True)
    assert {found.status for found in done.sightings} == {DriftStatus.CORRECTED}
    assert done.exit_code == 0
    assert one.told() == []
    assert "https://new.example.com" in one.cors()["AllowOrigins"]


def test_an_origin_that_expires_goes_at_the_next_pass_in_merge_mode_too(one: World) -> None:
    until = one.now + timedelta(hours=2, minutes=30)
    entry = f"  - {{origin: 'http://localhost:3000', expires: {until.isoformat()}}}\n"
    one.write(PLAN.replace("allow:", f"{entry}allow:"))
    one.apply()
    assert "http://localhost:3000" in one.cors()["AllowOrigins"]
    assert one.look(correct=True).sightings == ()
    assert one.look(correct=True).sightings == ()
    done = one.look(correct=True)
    assert {found.kind for found in done.sightings} == {DriftKind.PENDING}
    assert (done.exit_code, one.told()) == (0, [])
    assert "http://localhost:3000" not in one.cors()["AllowOrigins"]
    assert not [rule for rule in one.rules() if "http://localhost:3000" in rule["AllowedOrigins"]]


def test_an_expired_origin_goes_though_a_guard_holds_back_the_rest(one: World) -> None:
    until = one.now + timedelta(minutes=90)
    entry = f"  - {{origin: 'https://tmp.example.com', expires: {until.isoformat()}}}\n"
    one.write(PLAN.replace("allow:", f"{entry}allow:"))
    one.apply()
    assert "https://tmp.example.com" in one.cors()["AllowOrigins"]
    one.write(PLAN.replace("allow:", f"{entry}  - http://intra.example.com\nallow:"))
    assert one.look(correct=True).exit_code == 2
    assert "https://tmp.example.com" in one.cors()["AllowOrigins"]
    for _ in range(2):
        done = one.look(correct=True)
        assert {found.status for found in done.sightings} == {DriftStatus.HELD}
        assert {found.codes for found in done.sightings} == {("insecure-origin",)}
        assert done.exit_code == 2
        assert "https://tmp.example.com" not in one.cors()["AllowOrigins"]
        assert "http://intra.example.com" not in one.cors()["AllowOrigins"]
        assert not [rule for rule in one.rules() if "https://tmp.example.com" in rule["AllowedOrigins"]]
    # When the guard first held it back, and when something was taken away all the same.
    assert [turn for turn, _, _ in one.told()] == ["new"] * 4


def test_only_what_has_expired_goes_where_a_guard_holds_back_that_all_goes(one: World) -> None:
    client = one.aws().client("s3")
    client.create_bucket(Bucket="own", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    until = one.now + timedelta(minutes=30)
    entry = f"  - {{origin: 'https://tmp.example.com', expires: {until.isoformat()}}}\n"
    plan = PLAN[: PLAN.index("targets:")] + "targets:\n  - s3: own\n"
    one.write(plan.replace("allow:", f"{entry}allow:"))
    one.apply()
    one.write(plan.replace("  - https://app.example.com\n", entry))
    for _ in range(2):
        done = one.look(correct=True)
        assert (by_address(done, "s3/own").codes, done.exit_code) == (("removes-all",), 2)
        rules = client.get_bucket_cors(Bucket="own")["CORSRules"]
        assert [rule["AllowedOrigins"] for rule in rules] == [["https://app.example.com"]]


def test_what_a_refusal_keeps_as_it_is_is_held(one: World) -> None:
    (one.folder / "other.yaml").write_text(
        PLAN.replace("webapp\n", "other\n", 1)
        .replace("app.example", "other.example")
        .replace("allow:", "mode: exact\nallow:")
        .replace("  - http_api: webapp-orders\n", ""),
        encoding="utf-8",
    )
    for _ in range(2):
        done = one.look(correct=True)
        found = by_address(done, "s3/")
        assert (found.kind, found.status, found.codes) == (
            DriftKind.PENDING,
            DriftStatus.HELD,
            ("targets-disagree",),
        )
        assert done.exit_code == 2
    assert one.told() == [("new", "pending", "s3/webapp-uploads")]
    one.put_rules({**FOREIGN})
    done = one.look(correct=True)
    assert (by_address(done, "s3/").kind, done.exit_code) == (DriftKind.DRIFT, 2)
    (one.folder / "other.yaml").unlink()
    assert one.look(correct=True).exit_code == 0


def test_a_full_bucket_that_lost_our_rule_is_drift(one: World) -> None:
    one.put_rules(*[{**FOREIGN, "AllowedOrigins": [f"https://n{n}.example"]} for n in range(100)])
    for _ in range(2):
        done = one.look(correct=True)
        found = by_address(done, "s3/")
        assert (found.kind, found.status, found.codes) == (
            DriftKind.DRIFT,
            DriftStatus.HELD,
            ("too-many-rules",),
        )
        assert done.exit_code == 2


def test_what_others_add_is_told_once_and_then_known(one: World) -> None:
    one.put_rules(*one.rules(), FOREIGN)
    done = one.look(correct=True)
    found = by_address(done, "s3/")
    assert (found.kind, found.status, done.exit_code) == (DriftKind.OUTSIDE, DriftStatus.NOTED, 0)
    assert one.told() == [("new", "outside", "s3/webapp-uploads")]
    assert one.look(correct=True).sightings == ()
    assert one.told() == []
    assert FOREIGN["AllowedOrigins"] in [rule["AllowedOrigins"] for rule in one.rules()]


def test_a_wildcard_of_others_stays_drift_until_it_goes_or_is_agreed_to(one: World) -> None:
    one.put_rules(*one.rules(), EVERYBODY)
    for _ in range(2):
        done = one.look(correct=True)
        found = by_address(done, "s3/")
        assert (found.kind, found.status, done.exit_code) == (DriftKind.OUTSIDE, DriftStatus.LEFT, 2)
        assert "opens-to-any" in found.codes
    assert one.told() == [("new", "outside", "s3/webapp-uploads")]
    agreed = one.look(correct=True, accept=["s3/*"])
    assert (agreed.exit_code, agreed.resolved) == (0, ("s3/webapp-uploads",))
    assert [turn for turn, _, _ in one.told()] == ["resolved"]
    assert one.look(correct=True).sightings == ()


def test_a_plan_file_that_joins_changes_nothing_of_what_is_known(one: World) -> None:
    one.put_rules(*one.rules(), EVERYBODY)
    assert one.look().exit_code == 2
    assert one.look(accept=["s3/*"]).exit_code == 0
    one.told()
    other = PLAN.replace("name: webapp", "name: other").split("targets:")[0]
    (one.folder / "second.yaml").write_text(f"{other}targets:\n  - http_api: webapp-orders\n")
    done = one.look()
    assert (done.sightings, done.exit_code, one.told()) == ((), 0, [])


def test_a_wildcard_of_others_is_not_taken_for_known_because_the_plan_writes_there_too(one: World) -> None:
    one.put_rules(EVERYBODY)
    done = one.look(correct=True)
    (found,) = done.sightings
    assert (found.kind, found.status) == (DriftKind.DRIFT, DriftStatus.PARTLY), "one resource is told once"
    assert found.codes == ("opens-to-any", "unlisted-origins-stay")
    assert one.look(correct=True).exit_code == 2
    one.put_rules(*[rule for rule in one.rules() if rule["AllowedOrigins"] != ["*"]])
    assert one.look(correct=True).exit_code == 0
    assert [turn for turn, _, _ in one.told()] == ["partly", "resolved"]


def test_a_wildcard_of_others_that_goes_is_resolved(one: World) -> None:
    left = one.rules()
    one.put_rules(*left, EVERYBODY)
    assert one.look().exit_code == 2
    one.put_rules(*left)
    done = one.look()
    assert (done.exit_code, done.resolved) == (0, ("s3/webapp-uploads",))
    assert [turn for turn, _, _ in one.told()] == ["new", "resolved"]


def test_in_exact_mode_what_others_opened_is_taken_back(tmp_path: Path) -> None:
    exact = PLAN.replace("allow:", "mode: exact\nallow:")
    with world(tmp_path, PLAN) as one:
        one.write(exact)
        one.apply("removes-access", "removes-all")
        one.look(correct=True)
        one.put_cors(AllowOrigins=["https://app.example.com", "https://evil.example"], AllowMethods=["GET"])
        done = one.look(correct=True)
        assert (by_address(done, "http_api/").status, done.exit_code) == (DriftStatus.CORRECTED, 0)
        assert one.cors()["AllowOrigins"] == ["https://app.example.com"]


def test_a_guard_is_never_lifted_and_the_rest_goes_on(one: World) -> None:
    one.write(PLAN.replace("  - s3: webapp-uploads\n", '  - s3: webapp-uploads\n    origins: ["*"]\n'))
    one.put_cors(**NARROWED)
    done = one.look(correct=True)
    held, put_right = by_address(done, "s3/"), by_address(done, "http_api/")
    assert (held.status, put_right.status, done.exit_code) == (DriftStatus.HELD, DriftStatus.CORRECTED, 2)
    assert "opens-to-any" in held.codes
    assert not [rule for rule in one.rules() if "*" in rule["AllowedOrigins"]]
    assert sorted(one.told()) == [
        ("corrected", "drift", put_right.address),
        ("new", "pending", "s3/webapp-uploads"),
    ]


def test_what_a_person_has_undone_is_not_done_again(one: World) -> None:
    (run,) = one.store.runs()
    aws = one.aws()
    apply_plan(
        aws,
        PlanResult(undo_plan(aws, one.store, run)),
        one.store,
        command="undo 0001",
        undoes=run.id,
        wait=False,
        verify=True,
        concurrency=4,
        report=lambda *_: None,
    )
    undone = one.rules()
    done = one.look(correct=True)
    assert {found.status for found in done.sightings} == {DriftStatus.HELD}
    assert (done.exit_code, one.rules()) == (2, undone)
    one.put_rules(*undone, FOREIGN)
    touched = by_address(one.look(correct=True), "s3/")
    assert (touched.kind, touched.status, touched.codes) == (DriftKind.DRIFT, DriftStatus.HELD, ("undone",))
    assert one.rules() == [*undone, FOREIGN]
    one.apply()
    assert one.look(correct=True).sightings == ()


def test_a_resource_that_cannot_be_read_is_an_error_told_once(one: World) -> None:
    one.look()
    one.aws().client("s3").delete_bucket_cors(Bucket="webapp-uploads")
    one.aws().client("s3").delete_bucket(Bucket="webapp-uploads")
    for _ in range(2):
        done = one.look(correct=True)
        assert by_address(done, "s3/").kind is DriftKind.UNREADABLE
        assert done.exit_code == 1
    assert one.told() == [("new", "unreadable", "s3/webapp-uploads")]


def refuse(_aws: object, _channel: Channel, _message: Message) -> None:
    raise AwsFailure("sns:Publish: Throttled", code="Throttled", operation="sns:Publish")


def test_what_cannot_be_delivered_is_kept_and_blocks_nothing(one: World) -> None:
    one.put_cors(**NARROWED)
    broken = one.a_pass(one_manner(one))
    broken.send = refuse
    done = broken.run()
    assert (by_address(done, "http_api/").status, done.undelivered, done.notified) == (
        DriftStatus.CORRECTED,
        1,
        0,
    )
    assert "Throttled" in " ".join(done.notes)
    again = one.look(correct=True)
    assert (again.notified, again.undelivered) == (1, 0)
    assert [turn for turn, _, _ in one.told()] == ["corrected"]
    assert one.look(correct=True).notified == 0


def test_a_drift_and_its_end_that_are_delivered_together_are_two_notices(one: World) -> None:
    wanted = one.cors()
    one.put_cors(**NARROWED)
    broken = one.a_pass(replace(one_manner(one), correct=False))
    broken.send = refuse
    assert broken.run().undelivered == 1
    one.put_cors(**wanted)
    assert one.look().notified == 2
    assert [turn for turn, _, _ in one.told()] == ["new", "resolved"]


def test_a_pass_that_waits_in_vain_for_another_says_that_it_looked_at_nothing(one: World) -> None:
    other = one.a_pass(one_manner(one))
    done = []

    def meanwhile(*_: object) -> None:
        if not done:
            done.append(one.a_pass(one_manner(one)).run())

    other.report = meanwhile
    one.put_cors(**NARROWED)
    assert other.run().exit_code == 0
    assert "a pass over webapp, since 2026-03-02T" in done[0].skipped
    assert done[0].exit_code == 1
    assert [turn for turn, _, _ in one.told()] == ["corrected"]


def test_a_pass_that_is_killed_while_it_corrects_is_told_by_the_next(one: World) -> None:
    one.put_cors(**NARROWED)
    killed = one.a_pass(one_manner(one))
    killed.report = stop_at("written", "")
    with pytest.raises(KeyboardInterrupt):
        killed.run()
    assert one.told() == []
    assert one.look(correct=True).exit_code == 0
    assert [turn for turn, _, _ in one.told()] == ["corrected"]


def test_a_target_that_matches_nothing_is_an_error_at_every_pass(one: World) -> None:
    one.write(PLAN.replace("s3: webapp-uploads", 's3: "nobodys-*"'))
    for _ in range(2):
        done = one.look(correct=True)
        assert by_address(done, "s3/nobodys-*").kind is DriftKind.UNREADABLE
        assert done.exit_code == 1
    assert [kind for turn, kind, _ in one.told() if turn == "new"].count("unreadable") == 1
    one.write()
    assert "s3/nobodys-*" in one.look(correct=True).resolved
    done = {notice.done for notice in one.sent if notice.address == "s3/nobodys-*"}
    assert done == {"It can be looked at again."}, "the plan names it no more: nobody looked"


def test_a_bucket_under_a_glob_that_is_deleted_is_told_once(one: World) -> None:
    one.write(PLAN.replace("s3: webapp-uploads", 's3: "*"'))
    one.look(correct=True)
    client = one.aws().client("s3")
    client.create_bucket(Bucket="another", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    one.look(correct=True)
    one.told()
    client.delete_bucket_cors(Bucket="another")
    client.delete_bucket(Bucket="another")
    first = one.look(correct=True)
    assert (first.exit_code, by_address(first, "s3/another").codes) == (0, ("gone",))
    assert one.look(correct=True).exit_code == 0
    assert one.told() == [("new", "warning", "s3/another")]


def test_what_another_run_locks_is_held_back_and_corrected_by_the_next_pass(one: World) -> None:
    one.put_cors(AllowOrigins=["https://app.example.com"], AllowMethods=["GET"])
    with one.store.lease("123456789012", "an apply"):
        held = by_address(one.look(correct=True), "http_api/")
    assert (held.status, held.codes) == (DriftStatus.HELD, ("locked",))
    assert one.cors()["AllowMethods"] == ["GET"]
    assert by_address(one.look(correct=True), "http_api/").status is DriftStatus.CORRECTED


def test_a_channel_that_is_named_later_is_told_then_and_one_not_named_now_later(one: World) -> None:
    one.put_cors(**NARROWED)
    late = one.channels
    one.channels = ()
    assert one.look().exit_code == 2
    one.channels = late
    assert (one.look().notified, [turn for turn, _, _ in one.told()]) == (1, ["new"])
    one.channels = ()
    assert one.look(correct=True).exit_code == 0
    one.channels = late
    assert (one.look().notified, [turn for turn, _, _ in one.told()]) == (1, ["resolved"])


def test_what_others_changed_is_told_even_if_the_pass_that_saw_it_is_killed(one: World) -> None:
    one.put_rules(*one.rules(), FOREIGN)
    one.put_cors(**NARROWED)
    killed = one.a_pass(one_manner(one))
    killed.report = stop_at("written", "")
    with pytest.raises(KeyboardInterrupt):
        killed.run()
    one.look(correct=True)
    assert sorted(kind for _, kind, _ in one.told()) == ["drift", "outside"]


@pytest.mark.parametrize("killed", [False, True])
def test_an_edit_that_a_changed_plan_replaces_is_told(tmp_path: Path, killed: bool) -> None:
    with world(tmp_path, ALL) as one:
        one.look(correct=True)
        client = one.aws().client("apigateway")
        (rest,) = client.get_rest_apis()["items"]
        found = client.get_resources(restApiId=rest["id"], embed=["methods"], limit=500)["items"]
        resource = next(each["id"] for each in found if "OPTIONS" in each.get("resourceMethods", {}))
        options = {"restApiId": rest["id"], "resourceId": resource, "httpMethod": "OPTIONS"}
        authorize = [{"op": "replace", "path": "/authorizationType", "value": "AWS_IAM"}]
        client.update_method(**options, patchOperations=authorize)
        one.write(ALL.replace("allow:", "  - https://two.example.com\nallow:"))
        if killed:
            broken = one.a_pass(one_manner(one))
            broken.report = stop_at("written", "rest_api/")
            with pytest.raises(KeyboardInterrupt):
                broken.run()
        assert one.look(correct=True).exit_code == 0
        assert client.get_method(**options)["authorizationType"] == "NONE"
        told = [(notice.kind, notice.id) for notice in one.sent if notice.address.startswith("rest_api/")]
        assert {kind for kind, _ in told} >= {"warning"}
        assert len(told) == len(set(told))
        one.sent.clear()
        one.look(correct=True)
        assert one.told() == []


def stop_at(word: str, start: str) -> Callable[[str, str], None]:
    def stop(address: str, said: str) -> None:
        if said == word and address.startswith(start):
            raise KeyboardInterrupt

    return stop


def test_what_is_unreadable_for_a_while_does_not_end_what_is_known(one: World) -> None:
    one.put_rules({**FOREIGN})
    assert one.look().exit_code == 2
    assert [turn for turn, _, _ in one.told()] == ["new"]
    rules = one.rules()
    client = one.aws().client("s3")
    client.delete_bucket_cors(Bucket="webapp-uploads")
    client.delete_bucket(Bucket="webapp-uploads")
    assert one.look().exit_code == 1
    client.create_bucket(
        Bucket="webapp-uploads", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )
    one.put_rules(*rules)
    assert one.look().exit_code == 2
    assert [(turn, kind) for turn, kind, _ in one.told()] == [
        ("new", "unreadable"),
        ("resolved", "unreadable"),
    ]


def one_manner(one: World) -> DriftOptions:
    return DriftOptions(correct=True, wait=False, concurrency=4, channels=one.channels)
