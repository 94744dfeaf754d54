"""Tells what a template can read of a request, in each of the ways in which API Gateway may hand it over.

Two things are not known from settings: how the name of a header reaches a template (an edge-optimised
endpoint capitalises it, others pass on what the caller wrote), and what stands for a header that is not
there. A template is followed in every reading, and only what is the same in all of them is an answer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from remediate.services.rest_api.velocity.methods import ABSENT, ParameterMap

ABSENT_READINGS: tuple[Any, ...] = ("", ABSENT)
"""What a header that is absent may be: an empty text, or null."""

EDGE = "EDGE"


def capitalised(name: str) -> str:
    """A header's name as an edge-optimised endpoint writes it: `Access-Control-Request-Method`."""
    return "-".join(part.capitalize() for part in name.split("-"))


def spellings(endpoint_types: tuple[str, ...]) -> tuple[Callable[[str], str], ...]:
    """Return how names of headers may be written.

    An edge-optimised endpoint capitalises them; others pass them on, in lower case from a browser that
    speaks HTTP/2 and capitalised over HTTP/1.1 or from CloudFront (API Gateway developer guide, "Known
    issues").
    """
    return (capitalised,) if endpoint_types == (EDGE,) else (str.lower, capitalised)


@dataclass(frozen=True, slots=True)
class Parameters:
    """What a template can read of a request: three maps by name, as case-sensitive as Velocity."""

    headers: Mapping[str, str] = field(default_factory=dict)
    path: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    missing: Any = ""
    """What a parameter is that the request lacks."""
    variables: Mapping[str, str] | None = None
    """The stage's variables, None where they are not known."""
    context: Mapping[str, str] = field(default_factory=dict)
    """What is known of `$context`."""

    def maps(self) -> dict[str, ParameterMap]:
        """Return what `$input.params()` is."""
        kinds = {"header": self.headers, "path": self.path, "querystring": self.query}
        return {name: ParameterMap(values, self.missing) for name, values in kinds.items()}

    def anywhere(self, name: str) -> Any:
        """`$input.params("X")`: the path's, else the query's, else the header's.

        API Gateway developer guide, "$input variables".
        """
        for values in (self.path, self.query, self.headers):
            if values.get(name):
                return values[name]
        return self.missing
