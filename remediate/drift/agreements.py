"""What counts as known though no run made it so, and what people accepted: by whom, why, until when. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from remediate.core.document import Document


@dataclass(frozen=True, slots=True)
class Accepted:
    """A resource is known to be so since the run `run` left it, though no run of ours made it so."""

    run: str
    document: Document | None


@dataclass(frozen=True, slots=True)
class Agreement:
    """A person accepted that a resource is open; `base` is what it was before it was opened.

    `when` and `until` are instants (ISO 8601, UTC); without `until` it holds until it is taken back.
    """

    by: str
    when: str
    reason: str = ""
    until: str = ""
    base: Document | None = None

    def over(self, now: datetime) -> bool:
        """True from the instant of `until` on."""
        return bool(self.until) and datetime.fromisoformat(self.until) <= now

    def as_json(self) -> dict[str, Any]:
        """An entry of the note that passes keep."""
        return {
            "by": self.by,
            "when": self.when,
            "reason": self.reason,
            "until": self.until,
            "base": self.base,
        }


def from_json(value: Mapping[str, Any]) -> dict[str, Agreement]:
    """The agreements by address; KeyError or TypeError where it is another form."""
    return {address: Agreement(**agreement) for address, agreement in value.items()}
