"""The text of a plan file that `init` writes: values, and comments on where each came from. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from remediate.planfile.scalars import written_scalar, written_value
from remediate.text import printable_line
from remediate.web.origin import OriginError, is_loopback

if TYPE_CHECKING:
    from remediate.init.draft import DraftTarget


@dataclass(frozen=True, slots=True)
class Expected:
    """A proof: the call of a page and what a browser concludes."""

    origin: str
    url: str
    method: str
    verdict: str


def written_plan(
    name: str,
    *,
    account: str,
    region: str,
    origins: Sequence[str],
    targets: Sequence[DraftTarget],
    expected: Sequence[Expected],
    notes: Mapping[str, str],
    with_fixes: bool,
) -> str:
    """Return the text; targets that would change something are comments, unless `with_fixes`."""
    lines = [
        "# `remediate init` wrote this file from the live settings.",
        "# `remediate plan` shows what an edit of it would change.",
        "version: 1",
        f"name: {written_scalar(name)}",
        f'account: "{account}"',
    ]
    lines += [f"region: {region}"] if region else []
    lines.append("mode: merge")
    if origins:
        lines += ["", "origins:", *(f"  - {line}" for line in map(_origin, origins))]
    lines += ["", "targets:"]
    for target in targets:
        live = target.is_active or with_fixes
        lines += _comments(target, notes.get(target.state.address, ""))
        body = list(_target(target, origins if live else (), region))
        lines += body if live else [f"  # {line[2:]}" for line in body]
    if expected:
        lines += ["", "expect:"]
        lines += [
            f"  - {{from: {_flow(each.origin)}, to: {_flow(each.url)}, method: {each.method}, "
            f"verdict: {each.verdict}}}"
            for each in expected
        ]
    return "\n".join(lines) + "\n"


def _flow(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _origin(origin: str) -> str:
    return f"{written_scalar(origin)}{_danger(origin)}"


def _danger(origin: str) -> str:
    """A comment where an origin is on developers' own machines, and so should have an end."""
    try:
        is_local = is_loopback(origin)
    except OriginError:
        return ""
    grant = f"remediate grant {origin} --for 8h"
    return f"  # a developer's machine; give it an end: {grant}" if is_local else ""


def _comments(target: DraftTarget, note: str) -> Iterator[str]:
    member = target.member
    by = f"by {member.by} {member.because}".rstrip()
    yield f"  # {_plain(f'{target.state.address}: {target.access.source}, {by}')}"
    if note:
        yield f"  # {_plain(note)}"
    if target.omitted:
        values = ", ".join(map(repr, target.omitted))
        yield f"  # {_plain(f'A plan file cannot hold these live values: {values}')}"
    if not target.is_active:
        yield f"  # {_plain('This target would change: ' + '; '.join(target.changes))}"


def _plain(text: str) -> str:
    return printable_line(text)


def _target(target: DraftTarget, origins: Sequence[str], region: str) -> Iterator[str]:
    state, access = target.state, target.access
    label = f"  # {_plain(state.label)}" if state.label and state.label != state.names[0] else ""
    yield f"  - {state.service}: {written_scalar(state.names[0])}{label}"
    if state.region and state.region != region and state.service != "cloudfront":
        yield f"    region: {state.region}"
    for key, value in access.options.items():
        yield f"    {key}: {written_value(value)}"
    if set(access.origins) != set(origins):
        yield "    origins:"
        yield from (f"      - {_origin(origin)}" for origin in access.origins)
    yield "    allow:"
    yield f"      methods: {written_value(access.methods)}"
    yield f"      headers: {written_value(access.headers)}"
    if access.expose:
        yield f"      expose: {written_value(access.expose)}"
    if access.credentials:
        yield "      credentials: true"
    if access.max_age is not None:
        yield f"      max_age: {access.max_age}"
