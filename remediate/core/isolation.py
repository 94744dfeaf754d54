"""What goes wrong for one resource while planning is that resource's error and stops no other. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from remediate.core.address import service_of
from remediate.core.snapshot import Snapshot
from remediate.core.state import State, Unreadable, unreadable_by_defect
from remediate.errors import RemediateError


class ResourceError(Exception):
    """An error that nobody foresaw came up for the resource at `address`."""

    def __init__(self, address: str, error: Exception) -> None:
        super().__init__(f"{address}: {type(error).__name__}: {error}")
        self.address = address
        self.error = error


@contextmanager
def isolated(address: str) -> Iterator[None]:
    """Raise an unforeseen error inside the block as `ResourceError`, which names the resource."""
    try:
        yield
    except (RemediateError, ResourceError):
        raise
    except Exception as error:
        raise ResourceError(address, error) from error


@dataclass(frozen=True, slots=True)
class Exclusions:
    """The resources that a plan is made without, because an error came up for each of them."""

    failures: tuple[Unreadable, ...] = ()

    def adding(self, spoilt: ResourceError, states: Sequence[State]) -> Exclusions:
        """With one more. Raises the error itself where leaving the resource out again cannot help."""
        if any(failure.address == spoilt.address for failure in self.failures):
            raise spoilt.error
        state = next((state for state in states if state.address == spoilt.address), None)
        kind = service_of(spoilt.address)
        selected_by = state.selected_by if state is not None else ()
        return Exclusions(
            (*self.failures, unreadable_by_defect(spoilt.address, kind, spoilt.error, selected_by))
        )

    def of(self, states: Sequence[State]) -> tuple[State, ...]:
        """The states without those of these resources."""
        addresses = {failure.address for failure in self.failures}
        return tuple(state for state in states if state.address not in addresses)

    def without(self, seen: Snapshot) -> Snapshot:
        """The snapshot with these resources as failures."""
        return replace(seen, states=self.of(seen.states), unreadable=(*seen.unreadable, *self.failures))
