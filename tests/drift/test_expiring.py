"""A granted origin comes with an apply and goes with the first one after its end, everywhere."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

os.environ.setdefault("MOTO_DISABLE_GLOBAL_CORS", "true")

from remediate.aws import Aws
from remediate.core.change_result import ApplyStatus
from remediate.engine.guard import guard
from remediate.engine.plan import PlanResult, apply_plan, make_plan
from remediate.grants.edit import grant, revoke
from remediate.journal import open_store
from remediate.planfile import load
from remediate.refresh import snapshot
from remediate.sandbox import REGION, embedded
from remediate.services import target_options

NOW = datetime(2026, 11, 1, 9, tzinfo=UTC)
ENDS = NOW + timedelta(hours=4)
ORIGIN = "http://localhost:5173"
SERVICES = {"cloudfront", "http_api", "rest_api", "s3"}


class House:
    """The embedded application, its plan file, and a clock in our hand."""

    def __init__(self, folder: Path) -> None:
        self.path = Path(shutil.copy(Path(__file__).parents[2] / "plans" / "webapp.yaml", folder))
        # At the edge CloudFront lists the origins itself; else it only forwards what is asked.
        text = self.path.read_text()
        self.path.write_text(text.replace("cdn.example.com", "cdn.example.com\n    answer: edge"))
        self.aws = Aws(region=REGION, concurrency=4)
        self.store = open_store(str(folder / "journal"), self.aws)

    def plan(self, now: datetime) -> PlanResult:
        files = load([self.path], target_options(), now=now)
        return make_plan(self.aws, files, store=self.store)

    def apply(self, now: datetime) -> PlanResult:
        """`remediate apply`: no guard lifted, everything written, nothing left to do."""
        planned = self.plan(now)
        guard(planned.plan, ())
        outcomes = apply_plan(
            self.aws,
            planned,
            self.store,
            command="apply",
            wait=True,
            verify=True,
            concurrency=4,
            report=lambda _address, _word: None,
        )
        assert [one.error for one in outcomes if one.status is not ApplyStatus.WRITTEN] == []
        assert self.plan(now).plan.changes == ()
        return planned

    def grant(self) -> None:
        (file,) = load([self.path], target_options(), now=NOW)
        grant(
            file,
            origin=ORIGIN,
            expires=ENDS,
            reason=None,
            target=None,
            now=NOW,
        )

    def revoke(self, now: datetime) -> None:
        (file,) = load([self.path], target_options(), now=now)
        revoke(file, origin=ORIGIN, target=None, now=now)

    def letting_in(self, origin: str, now: datetime) -> set[str]:
        """The services with a setting that names the origin."""
        (file,) = load([self.path], target_options(), now=now)
        seen = snapshot(self.aws, [target.selector for target in file.targets])
        assert not seen.unreadable
        return {state.service for state in seen.states if origin in json.dumps(state.config, default=str)}


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with embedded():
        one = House(tmp_path)
        yield one
        one.aws.close()


def settings(house: House) -> Any:
    """All that is live, as the services tell it."""
    (file,) = load([house.path], target_options(), now=NOW)
    seen = snapshot(house.aws, [target.selector for target in file.targets])
    return {state.address: state.config for state in seen.states}


def test_it_goes_when_it_expires(house: House) -> None:
    house.apply(NOW)
    before = settings(house)
    assert house.letting_in(ORIGIN, NOW) == set()
    house.grant()
    house.apply(NOW)
    assert house.letting_in(ORIGIN, NOW) == SERVICES
    assert house.plan(ENDS - timedelta(seconds=1)).plan.changes == ()
    planned = house.apply(ENDS)
    assert {change.service for change in planned.plan.changes} == SERVICES
    assert house.letting_in(ORIGIN, ENDS) == set()
    assert settings(house) == before


def test_it_goes_when_it_is_revoked(house: House) -> None:
    """The plan file does not list it any longer: what a run brought is known by the journal."""
    house.apply(NOW)
    before, text = settings(house), house.path.read_bytes()
    house.grant()
    house.apply(NOW)
    assert house.letting_in(ORIGIN, NOW) == SERVICES
    house.revoke(NOW)
    assert house.path.read_bytes() == text
    house.apply(NOW)
    assert house.letting_in(ORIGIN, NOW) == set()
    assert settings(house) == before


def test_it_goes_when_it_is_revoked_after_it_expired(house: House) -> None:
    """Nobody applied between its end and the revoke, so it is live and in no file."""
    house.grant()
    house.apply(NOW)
    house.revoke(ENDS)
    house.apply(ENDS)
    assert house.letting_in(ORIGIN, ENDS) == set()


def test_granted_again_it_comes_again(house: House) -> None:
    house.grant()
    house.apply(NOW)
    house.apply(ENDS)
    (file,) = load([house.path], target_options(), now=ENDS)
    later = ENDS + timedelta(hours=4)
    done = grant(file, origin=ORIGIN, expires=later, reason=None, target=None, now=ENDS)
    assert (done.was, done.grant.entry.expires) == (ENDS, later)
    house.apply(ENDS)
    assert house.letting_in(ORIGIN, ENDS) == SERVICES
    house.apply(later)
    assert house.letting_in(ORIGIN, later) == set()
