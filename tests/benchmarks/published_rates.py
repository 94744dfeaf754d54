"""An apply over forty REST APIs under API Gateway's published rates: how close it comes to them.

`python -m tests.benchmarks.published_rates` prints one JSON document. The proxy enforces the rates
and throttles what exceeds them; `ratio` is the wall time over what the rates alone dictate for the
calls that were let through. https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from subprocess import run
from typing import Any

from remediate.aws import Aws
from remediate.services.rest_api.settings import RATES
from tests.faults.embedded import Embedded
from tests.faults.proxy import Bucket, Proxy
from tests.faults.world import environment
from tests.services.rest_api import apis

PLAN = """version: 1
name: webapp
region: eu-west-1
origins: ["http://localhost:3000"]
allow: {methods: [GET], headers: [content-type]}
targets:
  - rest_api: many-*
"""


def seed(url: str, count: int) -> None:
    """That many APIs, each with one resource and one stage."""
    aws = Aws(region="eu-west-1", endpoint_url=url, concurrency=1)
    for number in range(count):
        given = apis.mock(apis.response(parameters=apis.cors(origin="https://theirs.example")))
        apis.build(aws, apis.api({"/items": {"GET": given}}), f"many-{number}")
    aws.close()


def dictated(calls: Counter[str]) -> float:
    """The seconds that the rates alone dictate: of the slowest bucket, which starts full."""
    slowest = 0.0
    for bucket, rate in RATES.items():
        sent = calls.total() if bucket.endswith("*") else calls[bucket.partition(":")[2]]
        slowest = max(slowest, (sent - rate.burst) / rate.per_second)
    return slowest


def measure(count: int) -> dict[str, Any]:
    """One apply, from the start of the process to its end."""
    given = environment()
    os.environ.update(given)
    embedded = Embedded(given)
    seed(embedded.url, count)
    proxy = Proxy(embedded.url)
    proxy.buckets = {name: Bucket(rate.per_second, rate.burst) for name, rate in RATES.items()}
    with tempfile.TemporaryDirectory() as folder:
        plan = Path(folder) / "plan.yaml"
        plan.write_text(PLAN)
        command = [
            sys.executable,
            "-m",
            "remediate",
            "apply",
            "--yes",
            "--allow",
            "too-many-changes",
            str(plan),
        ]
        began = time.monotonic()
        done = run(
            command, env=given | {"AWS_ENDPOINT_URL": proxy.url}, capture_output=True, text=True, check=False
        )
        took = time.monotonic() - began
    proxy.close()
    embedded.close()
    calls = Counter(call.name for call in proxy.calls if call.service == "apigateway") - proxy.throttled
    least = dictated(calls)
    return {
        "REST APIs": count,
        "exit code": done.returncode,
        "said last": done.stdout.strip().splitlines()[-1:],
        "calls": calls.total(),
        "CreateDeployment": calls["CreateDeployment"],
        "GetResources": calls["GetResources"],
        "throttled": proxy.throttled.total(),
        "seconds": round(took, 1),
        "the rates alone": round(least, 1),
        "ratio": round(took / least, 3),
    }


if __name__ == "__main__":
    options = argparse.ArgumentParser()
    options.add_argument("--apis", type=int, default=40)
    sys.stdout.write(json.dumps(measure(options.parse_args().apis), indent=2) + "\n")
