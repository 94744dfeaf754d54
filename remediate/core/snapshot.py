"""All live settings that a plan speaks of, as one value, and the ways between them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from remediate.core.policy import Selector
from remediate.core.state import Reading, State, Unreadable
from remediate.core.upstream import split_upstream


@dataclass(frozen=True)
class Snapshot:
    """A snapshot holds what was read: states and failures, each in the order of their addresses."""

    states: tuple[State, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()

    @classmethod
    def of(cls, readings: Iterable[Reading]) -> Snapshot:
        """Sorted, so that the same live settings give the same plan text."""
        ordered = sorted(readings, key=lambda reading: reading.address)
        return cls(
            tuple(reading for reading in ordered if isinstance(reading, State)),
            tuple(reading for reading in ordered if isinstance(reading, Unreadable)),
        )

    def unmatched(self, selectors: Iterable[Selector]) -> tuple[Selector, ...]:
        """The selectors that named nothing at all."""
        named = [selector for state in self.states for selector in state.selected_by]
        named += [selector for failure in self.unreadable for selector in failure.selected_by]
        return tuple(selector for selector in selectors if selector not in named)

    def distributions_for(self, state: State) -> tuple[str, ...]:
        """Addresses of what forwards to `state`: a distribution whose origin is this API or bucket."""
        forwarding = self._forwarding
        return tuple(sorted({address for host in state.hosts for address in forwarding.get(host, ())}))

    @cached_property
    def _forwarding(self) -> dict[str, list[str]]:
        """Host to the addresses of what forwards to it: made once, where each state asks."""
        addresses: dict[str, list[str]] = {}
        for state in self.states:
            for upstream in state.upstreams:
                addresses.setdefault(split_upstream(upstream).host, []).append(state.address)
        return addresses
