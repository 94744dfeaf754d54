"""The facts that a bucket's state holds besides its rules, by name and type. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, TypedDict, cast

if TYPE_CHECKING:
    from remediate.core.state import State


class S3Facts(TypedDict, total=False):
    """Each fact is left out where there is nothing to say."""

    expected_region: str
    """The region that the plan expects the bucket in, where the bucket is in another one."""

    claims: Mapping[str, Sequence[str]]
    """By plan, the desired rules that this run has put into the bucket so far, as digests."""


def facts_of(state: State) -> S3Facts:
    """Return the facts of a bucket's state, which this service alone writes."""
    return cast("S3Facts", state.facts)
