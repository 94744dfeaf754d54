"""A fortnight of passes over an application that others change too: drawn from a seed, judged at the end.

`python -m tests.drift.fortnight --hours 336 --changes 60 --seed 1` prints what happened; the test
runs it too. The clock is the simulation's own.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from botocore.awsrequest import AWSResponse
from botocore.exceptions import ConnectionClosedError

from remediate.aws import Aws
from remediate.core.drift import Kind, Pass
from remediate.sandbox import REGION
from remediate.workflow.drifting import Manner
from tests.drift.world import ALL, World, world

FAULTS = 0.05
HELD = 4
"""Hours after which a person takes away what no pass may correct."""
ORIGIN_KEYED = "cdn.example.com"
NO_ORIGIN_IN_KEY = "658327ea-f89d-4fab-a63d-7e88639e58f6"
"""The managed policy CachingOptimized (CloudFront developer guide, "Use managed cache policies")."""


class Crash(BaseException):
    """The process dies here."""


class Faulty(Aws):
    """A way to AWS on which calls fail: some never arrive, of others the answer is lost."""

    def __init__(self, random_: random.Random, counts: Counter[str], crash: list[str]) -> None:
        super().__init__(region=REGION, concurrency=4)
        self._random, self._counts, self._crash = random_, counts, crash

    def _connect(self, service: str, region: str | None) -> Any:
        client = super()._connect(service, region)
        client.meta.events.register(f"before-send.{service}", self._fail)
        return client

    def _fail(self, request: Any, event_name: str, **_: object) -> AWSResponse | None:
        self._counts["calls"] += 1
        operation = event_name.rsplit(".", 1)[1]
        if self._crash and operation.startswith(("Put", "Update", "Create")):
            self._crash.pop()
            self._counts["crashes"] += 1
            raise Crash(operation)
        if self._random.random() >= FAULTS:
            return None
        self._counts["faults"] += 1
        if self._random.random() < 0.5:
            raise ConnectionClosedError(endpoint_url=request.url)
        return AWSResponse(request.url, 503, {}, _Body(b""))


class _Body:
    def __init__(self, data: bytes) -> None:
        self._data = data

    def stream(self, **_: object) -> Any:
        """What urllib3's responses offer."""
        yield self._data


@dataclass
class Deed:
    """One outside change: where, what, and what must become of it at the next pass."""

    hour: int
    what: str
    address: str
    expected: str
    """`corrected`, or `told` where no pass may put it right."""
    clean: Callable[[], None] | None = None


@dataclass
class Fortnight:
    """The simulation's state; `wrong` is what broke a promise."""

    world: World
    random: random.Random
    deeds: list[Deed] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    foreign_rules: list[dict[str, Any]] = field(default_factory=list)
    foreign_origins: list[str] = field(default_factory=list)
    told: Counter[str] = field(default_factory=Counter)
    crash: list[str] = field(default_factory=list)
    serial: int = 0

    def aws(self) -> Aws:
        """A connection that fails now and then."""
        return Faulty(self.random, self.counts, self.crash)

    # What other people do. Each returns what is to be expected, or None where it makes no sense now.

    def delete_our_rule(self) -> Deed:
        """Somebody deletes the rule that the plan owns."""
        kept = [rule for rule in self.world.rules() if not rule.get("ID", "").startswith("remediate:")]
        self.world.put_rules(*(kept or [self._foreign_rule()]))
        return self._deed("a rule deleted", "s3/", "corrected")

    def narrow_our_rule(self) -> Deed:
        """Somebody edits it."""
        rules = self.world.rules()
        for rule in rules:
            if rule.get("ID", "").startswith("remediate:"):
                rule["AllowedMethods"] = ["GET"]
        self.world.put_rules(*rules)
        return self._deed("a rule narrowed", "s3/", "corrected")

    def add_a_rule(self) -> Deed:
        """A neighbour adds a rule of their own."""
        self.world.put_rules(*self.world.rules(), self._foreign_rule())
        return self._deed("a foreign rule added", "s3/", "told")

    def open_the_bucket(self) -> Deed:
        """Somebody lets everybody in."""
        everybody = {"ID": f"open-{self._next()}", "AllowedOrigins": ["*"], "AllowedMethods": ["GET", "PUT"]}
        self.world.put_rules(*self.world.rules(), everybody)

        def clean() -> None:
            self.world.put_rules(*[one for one in self.world.rules() if one.get("ID") != everybody["ID"]])

        return self._deed("a wildcard rule added", "s3/", "told", clean)

    def drop_our_origin(self) -> Deed:
        """Somebody takes the plan's origin from the HTTP API."""
        settings = self.world.cors()
        origins = [one for one in settings["AllowOrigins"] if one not in OURS]
        self.world.put_cors(**{**settings, "AllowOrigins": origins or [self._foreign_origin()]})
        return self._deed("an origin deleted", "http_api/", "corrected")

    def add_an_origin(self) -> Deed:
        """A neighbour adds one."""
        settings = self.world.cors()
        self.world.put_cors(
            **{**settings, "AllowOrigins": [*settings["AllowOrigins"], self._foreign_origin()]}
        )
        return self._deed("a foreign origin added", "http_api/", "told")

    def swap_the_policy(self) -> Deed:
        """Somebody puts a policy on the distribution that does not key on Origin."""
        client = self.world.aws().client("cloudfront")
        listed = client.list_distributions()["DistributionList"]["Items"]
        (name,) = [one["Id"] for one in listed if ORIGIN_KEYED in one["Aliases"].get("Items", [])]
        got = client.get_distribution_config(Id=name)
        got["DistributionConfig"]["DefaultCacheBehavior"]["CachePolicyId"] = NO_ORIGIN_IN_KEY
        client.update_distribution(Id=name, IfMatch=got["ETag"], DistributionConfig=got["DistributionConfig"])
        return self._deed("a policy swapped", "cloudfront/", "corrected")

    def break_and_deploy(self) -> Deed:
        """Somebody deletes an OPTIONS method and deploys that."""
        client, rest, resource = self._options()
        client.delete_method(restApiId=rest, resourceId=resource, httpMethod="OPTIONS")
        client.create_deployment(restApiId=rest, stageName="prod")
        return self._deed("an OPTIONS method deleted and deployed", "rest_api/", "corrected")

    def edit_and_not_deploy(self) -> Deed:
        """Somebody edits a preflight's answer and forgets to deploy."""
        client, rest, resource = self._options()
        where = {"restApiId": rest, "resourceId": resource, "httpMethod": "OPTIONS", "statusCode": "200"}
        (status,) = client.get_method(
            **{key: where[key] for key in ("restApiId", "resourceId", "httpMethod")}
        )["methodIntegration"]["integrationResponses"]
        where["statusCode"] = status
        before = client.get_integration_response(**where)
        header = "method.response.header.Access-Control-Allow-Origin"
        kept = {**(before.get("responseParameters") or {}), header: "'https://wrong.example'"}
        templates = {key: value or "" for key, value in (before.get("responseTemplates") or {}).items()}
        client.put_integration_response(**where, responseParameters=kept, responseTemplates={})

        def clean() -> None:
            client.put_integration_response(
                **where,
                responseParameters=before.get("responseParameters") or {},
                responseTemplates=templates,
            )

        return self._deed("an edit not deployed", "rest_api/", "told", clean)

    # Helpers of these.

    def _options(self) -> tuple[Any, str, str]:
        client = self.world.aws().client("apigateway")
        (rest,) = client.get_rest_apis()["items"]
        found = client.get_resources(restApiId=rest["id"], embed=["methods"], limit=500)["items"]
        with_options = [one["id"] for one in found if "OPTIONS" in one.get("resourceMethods", {})]
        return client, rest["id"], sorted(with_options)[0]

    def _next(self) -> int:
        self.serial += 1
        return self.serial

    def _foreign_rule(self) -> dict[str, Any]:
        number = self._next()
        rule = {
            "ID": f"neighbour-{number}",
            "AllowedOrigins": [f"https://n{number}.example"],
            "AllowedMethods": ["GET"],
        }
        self.foreign_rules.append(rule)
        return rule

    def _foreign_origin(self) -> str:
        self.foreign_origins.append(f"https://n{self._next()}.example")
        return self.foreign_origins[-1]

    def _deed(self, what: str, start: str, expected: str, clean: Callable[[], None] | None = None) -> Deed:
        return Deed(0, what, start, expected, clean)


OURS = ("https://app.example.com",)
DEEDS = (
    Fortnight.delete_our_rule,
    Fortnight.narrow_our_rule,
    Fortnight.add_a_rule,
    Fortnight.open_the_bucket,
    Fortnight.drop_our_origin,
    Fortnight.add_an_origin,
    Fortnight.swap_the_policy,
    Fortnight.break_and_deploy,
    Fortnight.edit_and_not_deploy,
)
