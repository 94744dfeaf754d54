"""The pacer against a bucket that refuses what is too early, on a clock that nobody waits for."""

from __future__ import annotations

import pytest

from remediate.aws import MARGIN, Pacer, Rate
from remediate.services.rest_api.settings import RATES
from tests.faults.proxy import Bucket


class Clock:
    def __init__(self) -> None:
        self.time = 0.0

    def __call__(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += seconds


def test_nothing_is_refused_and_no_second_is_wasted() -> None:
    clock = Clock()
    pacer = Pacer(RATES, clock=clock, sleep=clock.sleep)
    buckets = {name: Bucket(rate.per_second, rate.burst + 1e-6, clock) for name, rate in RATES.items()}
    sent = ["GetStages", "GetResources", "GetGatewayResponses", "GetExport"] * 40
    sent += [*(["PutGatewayResponse"] * 8), "CreateDeployment"] * 40
    for operation in sent:
        pacer.wait(f"apigateway:{operation}")
        own = buckets.get(f"apigateway:{operation}")
        assert own is None or own.take(), operation
        assert buckets["apigateway:*"].take(), operation
    reading = (40 - 5) / 2.5
    deploying = (40 - 1) / 0.2
    assert clock.time <= 1.25 * (reading + deploying)


@pytest.mark.parametrize(("count", "seconds"), [(3, 0.0), (4, 0.5), (7, 2.0)])
def test_a_burst_is_free_and_the_rest_waits(count: int, seconds: float) -> None:
    clock = Clock()
    pacer = Pacer({"x:*": Rate(2, 3)}, clock=clock, sleep=clock.sleep)
    for _ in range(count):
        pacer.wait("x:Anything")
    assert clock.time == pytest.approx(seconds, rel=2 * MARGIN + 0.1)


def test_a_rate_of_ones_own_does_not_spare_the_common_one() -> None:
    clock = Clock()
    pacer = Pacer({"x:*": Rate(1, 1), "x:Slow": Rate(100, 100)}, clock=clock, sleep=clock.sleep)
    pacer.wait("x:Slow")
    pacer.wait("x:Fast")
    assert clock.time == pytest.approx(1.0, rel=2 * MARGIN)


def test_the_next_slot_counts_from_the_sending_and_not_from_the_turn() -> None:
    clock = Clock()
    pacer = Pacer({"x:*": Rate(0.5, 1), "x:Slow": Rate(0.2, 1)}, clock=clock, sleep=clock.sleep)
    pacer.wait("x:Fast")
    pacer.wait("x:Slow")
    sent = clock.time
    assert sent >= 2.0
    pacer.wait("x:Slow")
    assert clock.time - sent >= 5.0
