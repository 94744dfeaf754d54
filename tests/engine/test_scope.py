"""What `--target` leaves of what was read, and of what could not be read."""

from __future__ import annotations

import pytest

from remediate.core.policy import Selector
from remediate.core.snapshot import Snapshot
from remediate.core.state import State, Unreadable
from remediate.engine.scope import limited_snapshot
from remediate.errors import UsageError

GLOB, NAME = Selector("http_api", "webapp-*"), Selector("http_api", "webapp-users")
ORDERS = State(
    "http_api/a1", "http_api", "eu-west-1", None, "1", ("a1", "webapp-orders"), "a1", selected_by=(GLOB,)
)
DENIED = Unreadable("http_api/b2", "http_api", "access-denied", "Denied.", selected_by=(NAME,))
LISTING = Unreadable("http_api/webapp-*", "http_api", "access-denied", "Denied.", selected_by=(GLOB,))


@pytest.mark.parametrize("pattern", ["webapp-users", "http_api/webapp-users", "http_api/b2", "b2"])
def test_what_could_not_be_read_is_named_as_the_plan_names_it(pattern: str) -> None:
    left = limited_snapshot(Snapshot((ORDERS,), (DENIED,)), [pattern], [])
    assert (left.states, left.unreadable) == ((), (DENIED,))


@pytest.mark.parametrize("pattern", ["webapp-orders", "http_api/webapp-orders", "http_api/a1"])
def test_a_failure_elsewhere_is_left_out(pattern: str) -> None:
    left = limited_snapshot(Snapshot((ORDERS,), (DENIED,)), [pattern], [])
    assert (left.states, left.unreadable) == ((ORDERS,), ())


@pytest.mark.parametrize("pattern", ["webapp-orders", "http_api/webapp-orders"])
def test_a_listing_that_failed_is_not_taken_for_a_name_that_is_not_there(pattern: str) -> None:
    left = limited_snapshot(Snapshot((), (LISTING,)), [pattern], [])
    assert (left.states, left.unreadable) == ((), (LISTING,))


@pytest.mark.parametrize("pattern", ["shop-orders", "s3/webapp-orders", "http_api/shop-orders"])
def test_a_name_that_no_target_of_the_plan_covers_is_bad_usage(pattern: str) -> None:
    with pytest.raises(UsageError, match="matches no resource of"):
        limited_snapshot(Snapshot((ORDERS,), (LISTING,)), [pattern], [])


@pytest.mark.parametrize(
    ("pattern", "guess"),
    [("webapp-order", "webapp-orders"), ("http_api/a2", "http_api/a1"), ("s3/photos", "")],
)
def test_a_name_that_is_nearly_right_gets_a_suggestion(pattern: str, guess: str) -> None:
    with pytest.raises(UsageError) as wrong:
        limited_snapshot(Snapshot((ORDERS,), ()), [pattern], [])
    assert wrong.value.hint.startswith(f"Did you mean {guess}? An address" if guess else "An address")
