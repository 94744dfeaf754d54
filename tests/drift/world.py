"""An embedded AWS with the application in it, a plan, a journal, and a clock that the test moves."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from remediate.aws import Aws
from remediate.core.drift import DriftedResource, DriftPass
from remediate.core.notice import Channel, Message, Notice
from remediate.drift.check import PassRunner
from remediate.drift.options import DriftOptions
from remediate.engine.guard import guard
from remediate.engine.plan import apply_plan, make_plan
from remediate.journal.local import LocalStore
from remediate.planfile import PlanFile, load
from remediate.sandbox import REGION, embedded
from remediate.services import target_options

PLAN = """\
version: 1
name: webapp
region: eu-west-1
origins:
  - https://app.example.com
allow: {methods: [GET, POST, PUT], headers: [content-type]}
targets:
  - s3: webapp-uploads
  - http_api: webapp-orders
"""
ALL = (
    PLAN
    + """\
  - rest_api: webapp-backend
    stages: [prod]
  - cloudfront: cdn.example.com
"""
)


@dataclass
class World:
    """What a test of passes needs; `sent` are the notices in the order of their delivery."""

    folder: Path
    now: datetime = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
    sent: list[Notice] = field(default_factory=list)
    channels: tuple[Channel, ...] = (Channel("test", "here"),)

    def write(self, text: str = PLAN) -> None:
        """The plan file's content."""
        (self.folder / "plan.yaml").write_text(text, encoding="utf-8")

    def files(self) -> tuple[PlanFile, ...]:
        """The plans as they read now."""
        return load([self.folder], target_options(), now=self.now)

    @property
    def store(self) -> LocalStore:
        """The journal."""
        return LocalStore(self.folder / ".remediate")

    def aws(self) -> Aws:
        """A fresh connection."""
        return Aws(region=REGION, concurrency=4)

    def apply(self, *allow: str) -> None:
        """What `remediate apply --yes` does."""
        aws = self.aws()
        planned = make_plan(aws, self.files(), store=self.store)
        guard(planned.plan, allow)
        outcomes = apply_plan(
            aws,
            planned,
            self.store,
            command="apply",
            wait=False,
            verify=True,
            concurrency=4,
            report=lambda *_: None,
            now=lambda: self.now,
        )
        assert [outcome.error for outcome in outcomes if outcome.error] == []

    def look(self, *, correct: bool = False, **more: Any) -> DriftPass:
        """One pass, an hour after the last."""
        self.now += timedelta(hours=1)
        options = DriftOptions(correct=correct, wait=False, concurrency=4, channels=self.channels, **more)
        return self.a_pass(options).run()

    def a_pass(self, options: DriftOptions) -> PassRunner:
        """A pass that is not run yet."""
        return PassRunner(
            self.aws(),
            self.files(),
            self.store,
            options,
            now=lambda: self.now,
            report=lambda *_: None,
            send=self.deliver,
            sleep=lambda _: None,
        )

    def deliver(self, _aws: Aws, channel: Channel, message: Message) -> None:
        """A channel that always takes what it is given."""
        assert channel in self.channels
        self.sent += message.notices

    def told(self) -> list[tuple[str, str, str]]:
        """What was delivered since the last time this was asked: turn, kind, address."""
        found = [(str(one.stage), one.kind, one.address) for one in self.sent]
        self.sent.clear()
        return found

    # What other people do, each behind the plan's back.

    def rules(self) -> list[dict[str, Any]]:
        """The bucket's rules."""
        answer = self.aws().client("s3").get_bucket_cors(Bucket="webapp-uploads")
        return [dict(rule) for rule in answer["CORSRules"]]

    def put_rules(self, *rules: dict[str, Any]) -> None:
        """The bucket's rules, all of them."""
        client = self.aws().client("s3")
        client.put_bucket_cors(Bucket="webapp-uploads", CORSConfiguration={"CORSRules": list(rules)})

    def cors(self) -> dict[str, Any]:
        """The HTTP API's settings."""
        (api,) = self.aws().client("apigatewayv2").get_apis()["Items"]
        return dict(api.get("CorsConfiguration") or {})

    def put_cors(self, **settings: Any) -> None:
        """The HTTP API's settings, all of them."""
        client = self.aws().client("apigatewayv2")
        (api,) = client.get_apis()["Items"]
        client.update_api(ApiId=api["ApiId"], CorsConfiguration=settings)


@contextmanager
def world(folder: Path, text: str = PLAN) -> Iterator[World]:
    """A fresh one, its plan applied."""
    with embedded():
        one = World(folder)
        one.write(text)
        one.apply()
        yield one


def by_address(one: DriftPass, start: str) -> DriftedResource:
    """The only sighting whose address begins so."""
    (found,) = [sighting for sighting in one.sightings if sighting.address.startswith(start)]
    return found
