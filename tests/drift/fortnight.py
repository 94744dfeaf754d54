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
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from botocore.awsrequest import AWSResponse
from botocore.exceptions import ConnectionClosedError

from remediate.aws import Aws
from remediate.core.drift import DriftKind, DriftPass, DriftStatus
from remediate.drift.options import DriftOptions
from remediate.sandbox import REGION
from tests.drift.world import ALL, World, world

PLAN = f"{ALL}guards: {{contested: {{corrections: 100}}}}\n"
"""People change the same settings again and again here, and every change is to be corrected."""
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
        self.meanwhile: list[Callable[[], None]] = []
        """What somebody else does while this writes."""

    def _connect(self, service: str, region: str | None) -> Any:
        client = super()._connect(service, region)
        client.meta.events.register(f"before-send.{service}", self._fail)
        return client

    def _fail(self, request: Any, event_name: str, **_: object) -> AWSResponse | None:
        self._counts["calls"] += 1
        operation = event_name.rsplit(".", 1)[1]
        if self.meanwhile and operation.startswith(("Put", "Update", "Create")):
            self.meanwhile.pop()()
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
    chance: random.Random
    """Which calls fail: threads draw from it, so that it is the other that makes a seed play alike."""
    deeds: list[Deed] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    foreign_rules: list[dict[str, Any]] = field(default_factory=list)
    foreign_origins: list[str] = field(default_factory=list)
    told: Counter[str] = field(default_factory=Counter)
    crash: list[str] = field(default_factory=list)
    crashes_due: int = 0
    overlaps_due: int = 0
    serial: int = 0
    grants: list[tuple[datetime, datetime, str]] = field(default_factory=list)
    waiting: list[Deed] = field(default_factory=list)
    """Deeds that the next whole pass must tell of."""
    dirty: list[Deed] = field(default_factory=list)
    cleaned: list[Deed] = field(default_factory=list)
    planned: bool = False
    """Whether the plan file changed since the last pass that was judged."""

    def aws(self) -> Faulty:
        """A connection that fails now and then."""
        return Faulty(self.chance, self.counts, self.crash)

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
        """Somebody puts an authorizer before a preflight and forgets to deploy."""
        client, rest, resource = self._options()

        def authorize(how: str) -> None:
            patch = [{"op": "replace", "path": "/authorizationType", "value": how}]
            where = {"restApiId": rest, "resourceId": resource, "httpMethod": "OPTIONS"}
            client.update_method(**where, patchOperations=patch)

        def clean() -> None:
            authorize("NONE")

        authorize("AWS_IAM")
        return self._deed("an edit not deployed", "rest_api/", "told", clean)

    # Helpers of these.

    def _options(self) -> tuple[Any, str, str]:
        client = self.world.aws().client("apigateway")
        (rest,) = client.get_rest_apis()["items"]
        found = client.get_resources(restApiId=rest["id"], embed=["methods"], limit=500)["items"]
        with_options = [one["id"] for one in found if "OPTIONS" in one.get("resourceMethods", {})]
        return client, rest["id"], min(with_options)

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


@dataclass(frozen=True)
class Size:
    """How long, and how much happens."""

    hours: int = 336
    changes: int = 60
    grants: int = 10
    crashes: int = 2


def simulate(folder: Path, size: Size, seed: int) -> Fortnight:
    """The whole of it; what broke a promise is in `wrong`."""
    random_ = random.Random(seed)
    with world(folder, PLAN) as made:
        one = Fortnight(made, random_, random.Random(seed))
        one.world.look(correct=True)
        start = made.now
        one.grants = _grants(size, random_, start)
        _write_plan(one)
        at = _drawn(size, random_)
        crashes = set(random_.sample([hour for hour in at if hour > 4], size.crashes))
        overlap = random_.choice([hour for hour in at if hour not in crashes])
        for hour in range(1, size.hours + 1):
            _hour(one, hour, at.get(hour, 0), crash=hour in crashes, overlap=hour == overlap)
        _finish(one)
        return one


def _drawn(size: Size, random_: random.Random) -> Counter[int]:
    """How many changes there are in which hour; at the end there is time to see the last of them."""
    return Counter(random_.choice(range(2, size.hours - HELD - 2)) for _ in range(size.changes))


def _grants(size: Size, random_: random.Random, start: datetime) -> list[tuple[datetime, datetime, str]]:
    found = []
    for number in range(size.grants):
        begin = start + timedelta(minutes=random_.randrange(60, (size.hours - 12) * 60))
        end = begin + timedelta(minutes=random_.randrange(45, 9 * 60))
        found.append((begin, end, f"http://localhost:{3000 + number}"))
    return found


def _hour(one: Fortnight, hour: int, count: int, *, crash: bool, overlap: bool) -> None:
    busy = {deed.address for deed in one.dirty}
    for _ in range(count):
        free = [deed for deed in DEEDS if WHERE[deed.__name__] not in busy]
        if not free:
            break  # counted: the test knows how many there were
        deed = one.random.choice(free)(one)
        deed.hour = hour
        busy.add(deed.address)
        one.deeds.append(deed)
        one.waiting.append(deed)
        if deed.clean:
            one.dirty.append(deed)
    one.world.now += timedelta(hours=1)
    _write_plan(one)
    one.crashes_due += crash
    if one.crashes_due and any(deed.expected == "corrected" for deed in one.waiting):
        # Only a pass that writes has something to die at.
        one.crashes_due -= 1
        one.crash.append("now")
    one.overlaps_due += overlap
    writes = any(deed.expected == "corrected" for deed in one.waiting)
    overlaps = bool(one.overlaps_due) and writes and not one.crash
    one.overlaps_due -= overlaps
    done = _pass(one, overlap=overlaps)
    if done is None:
        return  # it died: the next pass is judged
    _judge(one, done)
    one.cleaned = [deed for deed in one.dirty if deed.hour + HELD <= hour]
    for deed in one.cleaned:
        assert deed.clean is not None
        deed.clean()
        one.dirty.remove(deed)


def _pass(one: Fortnight, *, overlap: bool) -> DriftPass | None:
    options = DriftOptions(correct=True, wait=False, concurrency=4, channels=one.world.channels)
    made = one.world.a_pass(options)
    aws = one.aws()
    made.aws = aws
    others: list[DriftPass] = []
    if overlap:
        aws.meanwhile.append(lambda: others.append(one.world.a_pass(options).run()))
    try:
        done = made.run()
    except Crash:
        return None
    finally:
        aws.close()
    for other in others:
        one.counts["overlaps"] += 1
        if not other.skipped:
            one.wrong.append("two passes ran at once")
    return done


def _judge(one: Fortnight, done: DriftPass) -> None:
    one.counts["passes"] += 1
    seen = {sighting.address: sighting for sighting in done.sightings}
    for deed in one.waiting:
        found = [sighting for address, sighting in seen.items() if address.startswith(deed.address)]
        notices = [
            notice
            for notice in one.world.sent
            if notice.address.startswith(deed.address) and notice.stage != "resolved"
        ]
        if not found and not notices:
            one.wrong.append(f"hour {deed.hour}: {deed.what}: neither corrected nor reported")
        # After a crash somebody may have opened what was changed in the hour before, too.
        opened = any(other.clean for other in one.waiting if other.address == deed.address)
        # A neighbour's rule or origin that stays beside the correction is named, and is not ours to take.
        restored = [each for each in found if each.status is not DriftStatus.PARTLY]
        left = [each for each in restored if each.is_open and not (opened and each.kind is DriftKind.OUTSIDE)]
        if deed.expected == "corrected" and left:
            one.wrong.append(f"hour {deed.hour}: {deed.what}: left: {[each.because for each in left]}")
        ids = {notice.id for notice in notices}
        one.counts[deed.expected] += 1
        if len(ids) != len(notices) or not ids:
            one.wrong.append(f"hour {deed.hour}: {deed.what}: told {len(notices)} times of {found}")
    # Cleaning up is an outside change too, and told of where the plan writes there in the same hour.
    known = {deed.address for deed in (*one.waiting, *one.dirty, *one.cleaned)}
    for notice in one.world.sent:
        one.told[notice.id + str(notice.stage)] += 1
        if notice.kind == DriftKind.WARNING and one.planned:
            continue  # what the plan file now asks for may be more than a service can express
        if notice.stage != "resolved" and not any(notice.address.startswith(start) for start in known):
            one.wrong.append(f"{done.when}: told of what did not happen: {notice}")
    one.world.sent.clear()
    one.waiting.clear()
    one.planned = False
    if done.exit_code not in {0, 2} or done.undelivered:
        one.wrong.append(f"{done.when}: exit code {done.exit_code}, {done.notes}")
    live = {origin for rule in one.world.rules() for origin in rule["AllowedOrigins"]}
    live |= set(one.world.cors()["AllowOrigins"])
    for begin, end, origin in one.grants:
        now = one.world.now
        if end <= now and origin in live:
            one.wrong.append(f"{done.when}: {origin} outlived {end.isoformat()}")
        if begin <= now < end and origin not in live and not one.dirty:
            one.wrong.append(f"{done.when}: {origin} is granted and not there")


def _finish(one: Fortnight) -> None:
    rules = one.world.rules()
    for rule in one.foreign_rules:
        if rule not in [{key: each[key] for key in rule if key in each} for each in rules]:
            one.wrong.append(f"a foreign rule is lost: {rule}")
    origins = one.world.cors()["AllowOrigins"]
    one.wrong += [f"a foreign origin is lost: {each}" for each in one.foreign_origins if each not in origins]
    again = [key for key, count in one.told.items() if count > 1]
    if again:
        one.wrong.append(f"told more than once: {again}")
    runs = one.world.store.runs()
    broken = [run for run in runs if run.interrupted]
    if len(broken) > one.counts["crashes"]:
        one.wrong.append(f"{len(broken)} runs broke off at {one.counts['crashes']} crashes")
    if any(run.torn for run in runs) or [run.id for run in runs] != [
        f"{n + 1:04d}" for n in range(len(runs))
    ]:
        one.wrong.append("the journal has gaps")
    for run in runs:
        untold = [change.address for change in run.changes if change.address not in run.statuses]
        if untold and not run.interrupted:
            one.wrong.append(f"run {run.id} does not tell of {untold}")
    one.counts["runs"] = len(runs)


def _write_plan(one: Fortnight) -> None:
    """The grants that have begun are in the plan file, those that are over too: nobody tidies up."""
    entries = [
        f"  - {{origin: '{origin}', expires: {end.isoformat()}}}\n"
        for begin, end, origin in one.grants
        if begin <= one.world.now
    ]
    text = PLAN.replace("allow:", "".join(entries) + "allow:")
    one.planned |= any(end <= one.world.now < end + timedelta(hours=1) for _, end, _ in one.grants)
    one.planned |= text != (one.world.folder / "plan.yaml").read_text(encoding="utf-8")
    one.world.write(text)


WHERE = {
    "delete_our_rule": "s3/",
    "narrow_our_rule": "s3/",
    "add_a_rule": "s3/",
    "open_the_bucket": "s3/",
    "drop_our_origin": "http_api/",
    "add_an_origin": "http_api/",
    "swap_the_policy": "cloudfront/",
    "break_and_deploy": "rest_api/",
    "edit_and_not_deploy": "rest_api/",
}


def main() -> int:
    """Print what happened; 1 where a promise was broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hours", type=int, default=336)
    parser.add_argument("--changes", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    size = Size(given.hours, given.changes)
    with tempfile.TemporaryDirectory() as folder:
        one = simulate(Path(folder), size, given.seed)
    print(dict(one.counts), f"{len(one.deeds)} changes")
    print(dict(Counter(deed.what for deed in one.deeds)))
    print("\n".join(one.wrong) or "every promise was kept")
    return 1 if one.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
