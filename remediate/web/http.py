"""HTTP messages as values: what the services' answers and the browser's judgement speak about.

Header lists follow the Fetch standard's "header list": names compare without case, a repeated
header stays repeated, and the white space around a value is no part of it. Bodies are not modelled:
CORS never looks at one.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

HTTP_WHITESPACE = "\t\n\r "
"""What Fetch calls HTTP whitespace bytes; stripped from both ends of a header's value."""


def header_pairs(headers: Iterable[Sequence[str]] | Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Header pairs as a tuple of tuples. A mapping raises `TypeError`."""
    if isinstance(headers, Mapping):
        message = "headers are a list of (name, value) pairs, not a mapping: a header may be repeated"
        raise TypeError(message)
    return tuple((name, value) for name, value in headers)


def _values(headers: Sequence[tuple[str, str]], name: str) -> list[str]:
    lowered = name.lower()
    return [value.strip(HTTP_WHITESPACE) for key, value in headers if key.lower() == lowered]


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it arrives: method (case kept), path with its query, headers in order.

    Any sequence of pairs is accepted for ``headers`` and kept as a tuple, so that requests hash.
    A mapping raises `TypeError`.
    """

    method: str
    path: str
    headers: Sequence[tuple[str, str]] = ()
    scheme: str = field(default="https", compare=False)
    """How it arrives: `http` or `https`, empty where that is not known; no part of equality."""
    to: str = field(default="", compare=False)
    """The host that it is sent to, where a proxy may have left another one in `Host`; no part of equality."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "headers", header_pairs(self.headers))

    def get(self, name: str) -> str | None:
        """The header's values joined with ``', '``, None if it is absent (Fetch 2.2.2, "get")."""
        values = self.all(name)
        return ", ".join(values) if values else None

    def all(self, name: str) -> list[str]:
        """Each value of the header in order, without the white space around it."""
        return _values(self.headers, name)


NO_ANSWER = 0
"""The status of a response that never comes; the Fetch standard gives a network error the same status."""


@dataclass(frozen=True, slots=True)
class Response:
    """A response: status and headers in order, of the same shape and rules as `Request`'s."""

    status: int
    headers: Sequence[tuple[str, str]] = ()
    doubt: str = field(default="", compare=False)
    """Why this prediction may be wrong, where the facts behind it are weak; no part of equality."""
    cause: str = field(default="", compare=False)
    """What answers before the CORS settings do, as a sentence; empty where these answer."""
    condition: str = field(default="", compare=False)
    """What no setting tells and what decides whether this answer comes at all, as a sentence."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "headers", header_pairs(self.headers))

    def get(self, name: str) -> str | None:
        """The header's values joined with ``', '``, None if it is absent (Fetch 2.2.2, "get")."""
        values = self.all(name)
        return ", ".join(values) if values else None

    def all(self, name: str) -> list[str]:
        """Each value of the header in order, without the white space around it."""
        return _values(self.headers, name)


@dataclass(frozen=True, slots=True)
class Unknown:
    """No prediction: `reason` says why the answer cannot be known from configuration alone."""

    reason: str
