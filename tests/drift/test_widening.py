"""Passes over settings to which somebody added an origin: what is held, what is partly corrected."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from remediate.core.drift import DriftedResource, DriftKind, DriftPass, DriftStatus
from remediate.core.finding import Finding, Level
from remediate.core.plan import Plan
from remediate.engine.guard import guard
from remediate.engine.plan import make_plan
from remediate.errors import Refused
from remediate.render.drift import pass_lines
from remediate.render.plan import plan_lines
from tests.drift.world import PLAN, World, by_address, world

FULL = PLAN.replace("[content-type]", "[content-type, authorization]")
EVIL = {
    "AllowOrigins": ["https://evil.example"],
    "AllowMethods": ["GET"],
    "AllowHeaders": [],
    "AllowCredentials": True,
}
AS_PLANNED = {
    "AllowMethods": ["GET", "POST", "PUT"],
    "AllowHeaders": ["content-type", "authorization"],
    "AllowCredentials": False,
}
THEIRS = {"AllowedOrigins": ["https://evil.example"], "AllowedMethods": ["GET"]}


@pytest.fixture
def one(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path, FULL) as made:
        yield made


def levelled(level: str) -> str:
    return f"{FULL}guards: {{levels: {{widens-others: {level}}}}}\n"


def planned(one: World) -> Plan:
    return make_plan(one.aws(), one.files(), store=one.store).plan


def finding(plan: Plan) -> Finding:
    (found,) = [each for each in plan.findings if each.code == "widens-others"]
    return found


def gateway(done: DriftPass) -> DriftedResource:
    """What the pass tells of the HTTP API, but for warnings and what is open to everybody."""
    kinds = {DriftKind.DRIFT, DriftKind.PENDING}
    (found,) = [each for each in done.sightings if each.service == "http_api" and each.kind in kinds]
    return found


def test_an_intruder_that_a_correction_would_widen_is_held_and_told_at_every_pass(one: World) -> None:
    one.put_cors(**EVIL)
    live = one.cors()
    for _ in range(2):
        done = one.look(correct=True)
        found = gateway(done)
        assert (found.kind, found.status, found.codes) == (
            DriftKind.DRIFT,
            DriftStatus.HELD,
            ("widens-others",),
        )
        assert "https://evil.example: POST, PUT" in found.because
        for header in ("authorization", "content-type"):
            assert f"the header {header}" in found.because
        assert (done.exit_code, done.run, one.cors()) == (2, "", live)
    assert one.told() == [("new", "drift", found.address)]


def test_credentials_that_the_plan_would_bring_to_an_intruder_are_held(tmp_path: Path) -> None:
    with world(tmp_path, FULL.replace("headers:", "credentials: true, headers:")) as one:
        wanted = one.cors()
        one.put_cors(**{**wanted, "AllowOrigins": ["https://evil.example"], "AllowCredentials": False})
        found = gateway(one.look(correct=True))
        assert (found.status, found.codes) == (DriftStatus.HELD, ("widens-others",))
        assert "https://evil.example: credentials at" in found.because
        one.put_cors(**{**wanted, "AllowOrigins": ["https://*"], "AllowMethods": ["GET"]})
        found = gateway(one.look(correct=True))
        assert found.status is DriftStatus.HELD
        assert "widens-others" in found.codes
        assert "websites that no setting names" in found.because


def test_what_the_last_run_left_to_another_origin_comes_back(tmp_path: Path) -> None:
    with world(tmp_path, FULL) as one:
        one.put_cors(**AS_PLANNED, AllowOrigins=["https://app.example.com", "https://partner.example"])
        one.write(FULL.replace("https://app.example.com", "https://new.example.com"))
        one.apply()
        assert "https://partner.example" in one.cors()["AllowOrigins"]
        one.put_cors(**{**one.cors(), "AllowMethods": ["GET"]})
        done = one.look(correct=True)
        assert (gateway(done).status, done.exit_code) == (DriftStatus.CORRECTED, 0)
        assert set(one.cors()["AllowMethods"]) == {"GET", "POST", "PUT"}


def test_a_pending_change_that_would_widen_others_is_held_until_a_person_applies_it(one: World) -> None:
    one.put_cors(**AS_PLANNED, AllowOrigins=["https://app.example.com", "https://partner.example"])
    one.look(correct=True)
    one.write(FULL.replace("[GET, POST, PUT]", "[GET, POST, PUT, DELETE]"))
    done = one.look(correct=True)
    assert (gateway(done).status, gateway(done).codes) == (DriftStatus.HELD, ("widens-others",))
    assert by_address(done, "s3/").status is DriftStatus.CORRECTED
    assert "https://partner.example: DELETE at" in gateway(done).because
    one.apply()
    assert one.look(correct=True).sightings == ()


def test_an_expired_origin_goes_while_a_widening_is_held(one: World) -> None:
    until = one.now + timedelta(minutes=90)
    entry = f"  - {{origin: 'https://tmp.example.com', expires: {until.isoformat()}}}\n"
    one.write(FULL.replace("allow:", f"{entry}allow:"))
    one.apply()
    origins = ["https://app.example.com", "https://tmp.example.com", "https://evil.example"]
    one.put_cors(**{**EVIL, "AllowOrigins": origins})
    assert gateway(one.look(correct=True)).status is DriftStatus.HELD
    assert set(one.cors()["AllowOrigins"]) == set(origins)
    done = one.look(correct=True)
    assert (gateway(done).status, done.exit_code) == (DriftStatus.HELD, 2)
    assert set(one.cors()["AllowOrigins"]) == set(origins) - {"https://tmp.example.com"}
    assert one.cors()["AllowMethods"] == ["GET"]


def test_apply_shows_it_and_goes_on_or_refuses_as_the_plan_file_says(one: World) -> None:
    one.put_cors(**EVIL)
    plan = planned(one)
    assert finding(plan).level is Level.WARN
    assert guard(plan) == ()
    text = "\n".join(line.text for line in plan_lines(plan))
    access = text.partition("Browser access")[2].partition("Changes")[0]
    assert "✔ blocked now, allowed after an apply" in access
    assert "https://evil.example" in access
    assert "/x with authorization, content-type  " in access
    assert "Warnings" in text
    assert "See `remediate rule widens-others`." in text
    one.write(levelled("refuse"))
    with pytest.raises(Refused, match="widens-others"):
        guard(planned(one))
    assert [lifted.code for lifted in guard(planned(one), ["widens-others"])] == ["widens-others"]
    assert gateway(one.look(correct=True)).status is DriftStatus.HELD
    one.apply("widens-others")
    assert "https://app.example.com" in one.cors()["AllowOrigins"]


def test_a_plan_file_lets_the_job_write_it(one: World) -> None:
    one.write(levelled("info"))
    one.put_cors(**EVIL)
    assert finding(planned(one)).level is Level.INFO
    done = one.look(correct=True)
    assert (gateway(done).status, done.exit_code) == (DriftStatus.PARTLY, 2)
    assert set(one.cors()["AllowOrigins"]) == {"https://evil.example", "https://app.example.com"}


@pytest.mark.parametrize(
    ("changed", "address"),
    [({"AllowOrigins": ["https://evil.example"]}, "http_api/"), ([THEIRS], "s3/")],
)
def test_an_intruder_that_stays_beside_a_correction_is_named(one: World, changed: Any, address: str) -> None:
    one.look(correct=True)
    if isinstance(changed, dict):
        one.put_cors(**AS_PLANNED, **changed)
    else:
        one.put_rules(*changed)
    done = one.look(correct=True)
    found = by_address(done, address)
    assert (found.status, found.codes, done.exit_code) == (DriftStatus.PARTLY, ("unlisted-origins-stay",), 2)
    assert "https://evil.example: GET" in found.because
    document = done.as_json()
    assert [each["status"] for each in document["drift"]] == ["partly"]
    assert (document["summary"]["partly"], document["summary"]["corrected"]) == (1, 0)
    assert "1 drift, 1 corrected in part, 1 left" in [line.text for line in pass_lines(done)][1]
    assert [notice.done for notice in one.sent] == [f"Corrected in part, and read again. {found.because}"]
    assert one.told() == [("partly", "drift", found.address)]
    again = one.look(correct=True)
    assert (again.sightings, again.exit_code) == ((), 0), "what others added is known from then on"


def test_a_method_of_others_that_stays_for_the_plans_own_origin_is_named_too(one: World) -> None:
    one.look(correct=True)
    one.put_cors(
        **{**AS_PLANNED, "AllowMethods": ["GET", "DELETE"]}, AllowOrigins=["https://app.example.com"]
    )
    done = one.look(correct=True)
    found = gateway(done)
    assert (found.status, found.codes, done.exit_code) == (DriftStatus.PARTLY, (), 0)
    assert "https://app.example.com: DELETE at" in found.because
    assert "PUT" not in found.because


def test_in_exact_mode_an_intruder_goes_and_nothing_is_held(tmp_path: Path) -> None:
    with world(tmp_path, FULL) as one:
        one.write(FULL.replace("allow:", "mode: exact\nallow:"))
        one.apply("removes-access", "removes-all")
        one.put_cors(**EVIL)
        done = one.look(correct=True)
        assert (gateway(done).status, done.exit_code) == (DriftStatus.CORRECTED, 0)
        assert one.cors()["AllowOrigins"] == ["https://app.example.com"]
