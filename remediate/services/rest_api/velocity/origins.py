"""Tells to which origins a template answers, by running it.

A template that only compares the caller's origin with whole texts treats all origins alike but those
texts. So it is run for an origin that it cannot know, then for each text that it compared this one
with: together these runs say what every origin gets. Nothing is concluded from a template that looks
into the origin, or that reads anything else of a request.
"""

from __future__ import annotations

from dataclasses import dataclass

from remediate.services.rest_api.settings import ALLOW_CREDENTIALS, ALLOW_ORIGIN, CORS_HEADERS
from remediate.services.rest_api.velocity.ast import Literal, PathSegment, Reference, every
from remediate.services.rest_api.velocity.interpreter import MOST_STEPS, OverriddenTwice, Rendered, render
from remediate.services.rest_api.velocity.methods import OPAQUE, ParameterMap
from remediate.services.rest_api.velocity.parser import Unsupported, parse
from remediate.services.rest_api.velocity.request import ABSENT_READINGS, Parameters, spellings
from remediate.services.rest_api.velocity.watch import Watch

NOBODY = "https://no-template-knows-this-origin.invalid"
MOST_ORIGINS = 100
"""A longer list is run too often."""
FEW_STEPS = 5_000
"""A template that takes more is not run again and again."""

_NAMES = ("Origin", "origin")


@dataclass(frozen=True, slots=True)
class OriginList:
    """What a recognised template answers: to which origins, and to which of them with credentials."""

    origins: tuple[str, ...] = ()
    credentialed: tuple[str, ...] = ()
    default: str | None = None
    """What any other origin gets instead of the static header; None where that stays."""
    fixed: tuple[tuple[str, str], ...] = ()
    """Other CORS headers that it overrides, with the same value for everybody."""


class OriginOnly(Parameters):
    """A request of which nothing is known but its origin."""

    def maps(self) -> dict[str, ParameterMap]:
        """Maps in which only the origin can be looked up."""
        values_by_kind = {"header": self.headers, "path": {}, "querystring": {}}
        return {kind: _OriginMap(values, self.missing) for kind, values in values_by_kind.items()}

    def anywhere(self, name: str) -> object:
        """The origin, or what nobody knows."""
        return self.headers.get(name, self.missing) if name in _NAMES else OPAQUE


class _OriginMap(ParameterMap):
    def get(self, name: str, default: object = None) -> object:  # type: ignore[override]
        if name not in _NAMES:
            return OPAQUE
        return super().get(name, default)


def listed_by_running(template: str) -> OriginList | None:
    """Return what the template answers to every origin; None where runs cannot prove it.

    Where it reads one spelling of the header only, this is what it answers to that spelling.
    """
    views: list[OriginList] = []
    for spell in spellings(()):
        listed = [_listed(template, (spell("origin"), missing)) for missing in ABSENT_READINGS]
        if listed[0] is None or any(view != listed[0] for view in listed):
            return None
        views.append(listed[0])
    reading = [view for view in views if view.origins]
    reading = reading or views
    return reading[0] if all(view == reading[0] for view in reading) else None


def _listed(template: str, reading: tuple[str, object]) -> OriginList | None:
    watch = Watch(NOBODY)
    for_nobody = _run(template, NOBODY, reading, watch)
    if for_nobody is None or watch.loose or NOBODY in for_nobody.headers.values():
        return None
    default = _header(for_nobody, ALLOW_ORIGIN)
    candidates = [text for text in dict.fromkeys((*watch.compared, default)) if text]
    if len(candidates) > MOST_ORIGINS:
        return None
    fixed = _fixed(for_nobody)
    origins: list[str] = []
    credentialed: list[str] = []
    for origin in candidates:
        outcome = _run(template, origin, reading)
        if outcome is None or _fixed(outcome) != fixed:
            return None
        answered = _header(outcome, ALLOW_ORIGIN)
        if answered == origin:
            origins.append(origin)
        elif answered != default:
            return None
        credentials = _header(outcome, ALLOW_CREDENTIALS)
        if credentials == "true" and answered == origin:
            credentialed.append(origin)
        elif credentials != _header(for_nobody, ALLOW_CREDENTIALS):
            return None
    if _header(for_nobody, ALLOW_CREDENTIALS) is not None:
        # Everybody gets it, so it stands for the static header.
        fixed += ((ALLOW_CREDENTIALS, _header(for_nobody, ALLOW_CREDENTIALS) or ""),)
        credentialed = []
    return OriginList(tuple(origins), tuple(credentialed), default, fixed)


def _run(
    template: str,
    origin: str,
    reading: tuple[str, object],
    watch: Watch | None = None,
    *,
    most_steps: int = FEW_STEPS,
) -> Rendered | None:
    """The outcome for one origin; None where it cannot be followed, breaks or changes the status."""
    name, missing = reading
    try:
        outcome = render(template, OriginOnly({name: origin}, missing=missing), watch, most_steps=most_steps)
    except (Unsupported, OverriddenTwice):
        return None
    return None if outcome.status is not None else outcome


def _header(outcome: Rendered, header: str) -> str | None:
    return next((text for name, text in outcome.headers.items() if name.lower() == header.lower()), None)


def _fixed(outcome: Rendered) -> tuple[tuple[str, str], ...]:
    """The CORS headers that no origin decides, in the order of the settings."""
    return tuple(
        (header, text)
        for header in CORS_HEADERS
        if header not in (ALLOW_ORIGIN, ALLOW_CREDENTIALS) and (text := _header(outcome, header)) is not None
    )


def is_short(template: str, origin: str) -> bool:
    """Return whether the template can be run for many origins: it can be followed, in few steps."""
    try:
        render(template, Parameters({"Origin": origin}, variables={}), most_steps=FEW_STEPS)
    except Unsupported:
        return False
    except OverriddenTwice:
        return True
    return True


def misses_a_spelling(template: str, origin: str, endpoint_types: tuple[str, ...] = ()) -> bool:
    """Whether the endpoint may write the header's name so that the template does not find this origin."""
    names = [spell("origin") for spell in spellings(endpoint_types)]
    outcomes = [
        _run(template, origin, (name, missing), most_steps=MOST_STEPS)
        for name in names
        for missing in ABSENT_READINGS
    ]
    return any(outcome is not None and _header(outcome, ALLOW_ORIGIN) != origin for outcome in outcomes)


def reads_query(template: str) -> bool:
    """Return whether the template takes the origin from `$input.params("origin")`.

    That looks at the path and the query string before the headers (API Gateway developer guide, "$input
    variables"; aws/aws-cdk#19104).
    """
    try:
        parts = list(every(parse(template)))
    except Unsupported:
        return False
    return any(
        isinstance(part, Reference)
        and part.root == "input"
        and len(part.steps) == 1
        and part.steps[0] in [PathSegment("params", (Literal(name),)) for name in _NAMES]
        for part in parts
    )
