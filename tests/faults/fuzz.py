"""Hostile inputs through everything that reads what others wrote; any exception but ours is a defect.

`python -m tests.faults.fuzz --inputs 100000` prints the counts as JSON; `wrong` must be empty.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
SLOW = 5.0
"""Seconds of one input that are a defect of their own: input that others wrote must not stall a run."""


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--inputs", type=int, default=100_000)
    options.add_argument("--seed", type=int, default=1)
    chosen = options.parse_args()
    os.environ["MOTO_DISABLE_GLOBAL_CORS"] = "true"
    from tests.faults.world import environment

    os.environ.update(environment())
    found = run(chosen.inputs, chosen.seed)
    sys.stdout.write(json.dumps(found, indent=2) + "\n")


def run(inputs: int, seed: int) -> dict[str, Any]:
    """A share of the inputs for each target; the same for the same seed."""
    counts: Counter[str] = Counter()
    wrong: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        for name, (share, once) in targets(Path(folder)).items():
            for number in range(max(1, int(inputs * share))):
                draw = random.Random(f"{name} {seed} {number}")
                began = time.monotonic()
                try:
                    once(draw)
                except Exception:  # noqa: BLE001 - any is a defect
                    wrong.append(f"{name} {seed} {number}: {traceback.format_exc()[-1500:]}")
                if time.monotonic() - began > SLOW:
                    wrong.append(f"{name} {seed} {number}: took {time.monotonic() - began:.1f} s")
                counts[name] += 1
    return {"inputs": counts.total(), "by target": dict(counts), "defects": len(wrong), "wrong": wrong[:20]}


def targets(folder: Path) -> dict[str, tuple[float, Callable[[random.Random], None]]]:
    """Each with its share."""
    recorded = record()
    return {
        "plan files": (0.15, plan_files(folder)),
        "templates": (0.4, templates()),
        "saved plans": (0.05, saved_plans(folder, recorded)),
        "journals": (0.05, journals(recorded)),
        **{f"{kind} answers": (0.0875, decoder(kind, recorded)) for kind in SELECTED},
    }


SELECTED = {"s3": "eu-west-1", "http_api": "eu-west-1", "rest_api": "eu-west-1", "cloudfront": "us-east-1"}


def record() -> Any:
    """Every answer that reading sixty resources and the broken application gets."""
    from moto import mock_aws

    from remediate.aws import Aws
    from remediate.sandbox.patches import install
    from remediate.sandbox.seed import seed
    from remediate.services import service
    from tests.faults import many
    from tests.faults.replay import Recorded

    install()
    recorded = Recorded()
    with mock_aws():
        aws = Aws(region="eu-west-1", concurrency=1)
        seed(aws)
        many.seed(aws, s3=3, http=3, rest=3, cloudfront=3)
        recorded.listen(
            aws, "s3@eu-west-1", "apigatewayv2@eu-west-1", "apigateway@eu-west-1", "cloudfront@us-east-1"
        )
        for kind in SELECTED:
            list(service(kind).read(aws, [_selector(kind)]))
        aws.close()
    return recorded


def _selector(kind: str) -> Any:
    from remediate.core.policy import Selector

    options = {"answer": "edge"} if kind == "cloudfront" else {}
    return Selector(kind, "*", SELECTED[kind], options)


def decoder(kind: str, recorded: Any) -> Callable[[random.Random], None]:
    """Read, compare, predict, show: all that a plan does with what AWS said."""

    def once(draw: random.Random) -> None:
        from remediate import Request, answer
        from remediate.core.plan import Plan
        from remediate.core.snapshot import Snapshot
        from remediate.engine.compare import compare
        from remediate.errors import AwsFailure
        from remediate.planfile import Target
        from remediate.render.markdown import plan_markdown
        from remediate.render.plan import plan_lines
        from remediate.services import service
        from remediate.text import printable_line
        from tests.faults.replay import Hostile

        aws: Any = Hostile(recorded, draw)
        selector = _selector(kind)
        try:
            seen = Snapshot.of(service(kind).read(aws, [selector]))
        except AwsFailure:
            return
        found = compare(seen, [Target(selector, policy(draw))])
        plan = Plan(plan_names=("webapp",), account="1", changes=found.changes, findings=found.findings)
        assert Plan.from_json(json.loads(json.dumps(plan.as_json(), default=str))).as_json()
        for line in plan_lines(plan, verbose=draw.random() < 0.5):
            printable_line(line.text).encode()
        plan_markdown(plan).encode()
        for state in seen.states[:3]:
            headers = [("origin", "https://a.example"), ("access-control-request-method", "PUT")]
            path = draw.choice(["/", "/items", "/items/1", "", "/%zz", "/é"])
            given = service(kind).answer_config(state)
            answer(kind, given, Request(draw.choice(["OPTIONS", "GET"]), path, headers))
            for endpoint in service(kind).sample_requests(state, ["GET", "PUT"]):
                assert endpoint

    return once


def policy(draw: random.Random) -> Any:
    """What a plan file may ask."""
    from remediate.core.policy import Mode, Policy, Retired

    origins = [
        "https://a.example",
        "http://localhost:3000",
        "https://*.example.org",
        "*",
        "https://0.example",
    ]
    methods = ["GET", "PUT", "POST", "DELETE"]
    headers = ["content-type", "authorization", "x-a", "*"]
    return Policy(
        plan="webapp",
        origins=tuple(draw.sample(origins, draw.randint(0, 4))),
        methods=tuple(draw.sample(methods, draw.randint(1, 4))),
        headers=tuple(draw.sample(headers, draw.randint(0, 3))),
        expose=tuple(draw.sample(["etag", "x-b"], draw.randint(0, 2))),
        credentials=draw.random() < 0.3,
        max_age=draw.choice([None, 0, 600]),
        mode=draw.choice(list(Mode)),
        retired=Retired(origins=tuple(draw.sample(origins[:2], draw.randint(0, 2)))),
        options={"answer": draw.choice(["origin", "edge"])},
    )


def plan_files(folder: Path) -> Callable[[random.Random], None]:
    """YAML that is nearly a plan."""
    from remediate.errors import PlanFileError
    from remediate.planfile import load
    from remediate.services import target_options
    from tests.faults.hostile import broken_text

    sources = [path.read_text() for path in sorted((ROOT / "tests" / "cases").glob("*/plan.yaml"))]
    sources.append((ROOT / "plans" / "webapp.yaml").read_text())
    page = (ROOT / "remediate" / "guide" / "plan-files.md").read_text()
    sources.append(page.partition("```yaml\n")[2].partition("```")[0])
    options = target_options()
    path = folder / "plan.yaml"

    def once(draw: random.Random) -> None:
        broken = broken_text(draw.choice(sources), draw.choice(sources), draw)
        path.write_bytes(broken.encode("utf-8", "surrogatepass"))
        try:
            load([path], options, now=datetime(2026, 1, 1, tzinfo=UTC))
        except PlanFileError as error:
            assert error.problems  # noqa: PT017 - a good plan file may come of it too

    return once


def templates() -> Callable[[random.Random], None]:
    """VTL that is nearly what API Gateway's own wizards write."""
    from remediate.services.rest_api.velocity.interpreter import OverriddenTwice, Parameters, render
    from remediate.services.rest_api.velocity.parser import Unsupported
    from tests.faults.hostile import broken_text
    from tests.services.rest_api import apis

    sources = [
        apis.cdk_list("https://a.example", "https://b.example"),
        apis.serverless_list("https://a.example", "https://*.example.org"),
        apis.ECHO,
        '#foreach($a in ["x", \'y\', 3])#if($a == "x" && !$b || 1 < 2)$a.length()#{else}##c\n#end#end',
        '#set($x = $input.params().header.get("Origin"))$!{x.toLowerCase().replaceAll("[.]", "-")}',
        "#* comment *#$context.requestId #if($input.params('Origin').matches('https?://.+'))a#elseif(true)b#end",
    ]
    parameters = Parameters(headers={"Origin": "https://a.example"})

    def once(draw: random.Random) -> None:
        try:
            render(broken_text(draw.choice(sources), draw.choice(sources), draw), parameters)
        except (Unsupported, OverriddenTwice):
            return

    return once


def _plan(recorded: Any) -> Any:
    """A whole plan of the recorded settings."""
    from remediate.core.plan import Plan
    from remediate.core.snapshot import Snapshot
    from remediate.engine.compare import compare
    from remediate.planfile import Target
    from remediate.services import service
    from tests.faults.replay import Hostile

    changes: list[Any] = []
    for kind in SELECTED:
        draw = random.Random(1)
        aws: Any = Hostile(recorded, draw)
        seen = Snapshot.of(service(kind).read(aws, [_selector(kind)]))
        changes += compare(seen, [Target(_selector(kind), policy(draw))]).changes
    return Plan(plan_names=("webapp",), account="1", changes=tuple(changes))


def saved_plans(folder: Path, recorded: Any) -> Callable[[random.Random], None]:
    """JSON that is nearly a saved plan."""
    from remediate.engine.saved_plan import load_saved, save
    from remediate.errors import UsageError
    from tests.faults.hostile import any_json, as_bytes, broken_text

    path = folder / "saved.json"
    save(_plan(recorded), path)
    whole = path.read_text()
    document = json.loads(whole)

    def once(draw: random.Random) -> None:
        if draw.random() < 0.5:
            path.write_bytes(as_bytes(any_json(document, draw)))
        else:
            path.write_bytes(broken_text(whole, whole, draw).encode("utf-8", "surrogatepass"))
        try:
            load_saved(path)
        except UsageError:
            return

    return once


def journals(recorded: Any) -> Callable[[random.Random], None]:
    """Lines that a crash has torn, or that another version wrote."""
    from remediate.core.change_result import ApplyStatus
    from remediate.journal.records import Run, closed, decode, encode, ended, run_of

    plan = _plan(recorded)
    run = Run("0001", "2026-01-01T00:00:00+00:00", "me", "apply", ("webapp",), "1", "sha256:0", plan.changes)
    records = [run.begun(), *(ended(one.address, ApplyStatus.WRITTEN, "") for one in plan.changes), closed(0)]
    whole = b"".join(encode(record) for record in records)

    def once(draw: random.Random) -> None:
        data = whole
        for _ in range(draw.randint(1, 3)):
            at = draw.randrange(len(data) + 1)
            dice = draw.random()
            if dice < 0.4:
                data = data[:at]
            elif dice < 0.7:
                data = data[:at] + draw.randbytes(draw.randint(1, 20)) + data[at:]
            else:
                data = data[:at] + data[at + draw.randint(1, 300) :]
        found, torn = decode(data)
        # Each line has its checksum: what is read back are whole records of the run, in their order, and
        # what is no record is reported as torn.
        rest = iter(records)
        assert all(record in rest for record in found)
        lines = [line + b"\n" for line in data.split(b"\n") if line]
        assert torn or lines == [encode(record) for record in found]
        run_of(found, torn=torn)

    return once


if __name__ == "__main__":
    main()
