"""How large the tests are: one variable, REMEDIATE_TESTS, for all of them.

Unset is `quick`: every test, in the sizes that let the whole suite run before each commit. `long` draws
more examples, plays more days and starts each command from nothing; CI runs it. `full` has the sizes of
tests/RESULTS.md besides, which take hours.
"""

from __future__ import annotations

import os
from typing import TypeVar

from hypothesis import settings

Value = TypeVar("Value")

SIZES = ("quick", "long", "full")
SIZE = os.environ.get("REMEDIATE_TESTS") or "quick"
if SIZE not in SIZES:
    raise ValueError(f"REMEDIATE_TESTS={SIZE}: give one of {', '.join(SIZES)}, or leave it unset")
LONG = SIZE != "quick"
FULL = SIZE == "full"


def size(quick: Value, long: Value, full: Value | None = None) -> Value:
    """The value for this size; `full` is `long` where none is given."""
    if FULL and full is not None:
        return full
    return long if LONG else quick


def register_profiles() -> None:
    """Hypothesis's profiles `quick` and `long`, and this size's as the one in use.

    The rest of a profile is Hypothesis's own default, which with CI=true draws the same each time.
    """
    settings.register_profile("quick", settings.default, max_examples=40, deadline=None)
    settings.register_profile("long", settings.default, max_examples=100, deadline=None)
    settings.load_profile("long" if LONG else "quick")


def examples(long: int) -> int:
    """How many to draw where `long` are drawn under the profile of that name: its share, at least five."""
    return min(long, max(5, long * settings().max_examples // 100))
