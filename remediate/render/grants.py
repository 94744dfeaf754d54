"""Temporary origins as lines: what was granted or revoked, the next command, and the list."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from typing import Any

from remediate.core.wording import counted
from remediate.render.spans import span
from remediate.render.terminal import Line

Document = Mapping[str, Any]


def revoking(origin: str, file: str, target: str = "") -> str:
    """The command that takes the origin out of that plan file."""
    return shlex.join(["remediate", "revoke", origin, file, *(["--target", target] if target else [])])


def granted_lines(document: Document, *, applied: bool) -> Iterator[Line]:
    """What is granted now, and what is still to do for it to come and to go; `applied`: that follows."""
    grant, was, path = document["grant"], document["was"], document["file"]
    word = "Granted" if was is None else "Extended" if document["changed"] else "Granted already"
    yield Line(f"{word}: {grant['origin']} until {grant['expires']}, {_left(grant)}", "bold")
    if was is not None and was != grant["expires"]:
        yield Line(f"  before: until {was}")
    yield Line(f"  {grant['where']}")
    if grant["target"]:
        yield Line(f"  for the target {grant['target']} only")
    elif document["not_for"]:
        yield Line(
            f"  not for {', '.join(document['not_for'])}: with origins of their own; see --target", "", 4
        )
    if codes := document["needs_allow"]:
        lifted = " ".join(f"--allow {code}" for code in codes)
        yield Line(
            f"  {', '.join(codes)} refuses it where it is not live yet: `remediate apply` needs {lifted}, "
            "and an unattended `remediate drift --correct` leaves the change alone",
            "yellow",
            4,
        )
    yield Line(
        f"  From {grant['expires']} on the first `remediate apply` or `remediate drift --correct` takes it "
        "away; until one runs, it stays.",
        "",
        2,
    )
    if not applied:
        yield from _next(path)


def revoked_lines(document: Document, *, applied: bool) -> Iterator[Line]:
    """Yield what is gone from the file, and where it still is."""
    grant = document["revoked"]
    ended = "had expired" if grant["expired"] else "was granted until"
    yield Line(f"Revoked: {grant['origin']}; it {ended} {grant['expires']}", "bold")
    if grant["target"]:
        yield Line(f"  for the target {grant['target']} only")
    if document["origins_left"] == 0:
        yield Line("  origins: [] is left there, which means nobody", "yellow")
    for left in document["still_granted"]:
        command = revoking(left["origin"], document["file"], left["target"] or "")
        yield Line(f"  still granted at {left['where']}: `{command}`", "yellow", 4)
    if not applied:
        yield from _next(document["file"])


def grants_lines(document: Document) -> Iterator[Line]:
    """How many there are, then two lines each; what has expired says so."""
    grants = document["grants"]
    if not grants:
        yield Line("No origin is granted for a time. `remediate grant ORIGIN --for 4h` grants one.", "", 2)
        return
    expired = sum(grant["expired"] for grant in grants)
    verb = "is" if len(grants) == 1 else "are"
    besides = f", {expired} of them expired" if expired else ""
    yield Line(f"{counted(len(grants), 'origin')} {verb} granted for a time{besides}.", "bold", 2)
    yield Line()
    for grant in grants:
        style = "yellow" if grant["expired"] else ""
        yield Line(f"  {grant['origin']}  {_left(grant)}  {grant['expires']}", style, 4)
        where = f"target {grant['target']}" if grant["target"] else "all targets"
        reason = f"  {grant['reason']}" if grant["reason"] else ""
        yield Line(f"    {grant['where']}  {where}{reason}", "dim", 4)
    yield Line()
    if expired:
        yield Line("Next: `remediate apply` takes the expired ones away where they are live.", "", 2)
    else:
        yield Line("Next: `remediate revoke ORIGIN` ends one before its time.", "", 2)


def _next(path: str) -> Iterator[Line]:
    yield Line()
    yield Line("Nothing was written to AWS yet.")
    yield Line(f"Next: {shlex.join(['remediate', 'apply', path])}", verbatim=True)


def _left(grant: Document) -> str:
    seconds = grant["seconds_left"]
    return f"expired {span(-seconds)} ago" if grant["expired"] else f"in {span(seconds)}"
