"""An explanation as text: the verdict and its cause first, a line a hop, the fix, and the next command."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from remediate.core.wording import counted
from remediate.render.terminal import Line
from remediate.web.http import NO_ANSWER

MARKS = {"allowed": "✔", "blocked": "✘", "unknown": "?"}
STYLES = {"allowed": "green", "blocked": "red", "unknown": "yellow"}
_COMMAND = re.compile(r"`(remediate [^`]+)`")
_NAME = re.compile(r"^name: (\S+)$", re.MULTILINE)


def explanation_lines(
    document: dict[str, Any], *, verbose: bool = False, connection: str = "", again: str = ""
) -> Iterator[Line]:
    """From the explain document, so that text and JSON cannot disagree.

    `verbose` adds each hop's answers, the notes and the code for what is left to do. `connection` are the
    options that make the next command reach the same account; `again` is the command that was run.
    """
    yield from _verdict(document)
    yield Line()
    yield from _hops(document, verbose=verbose)
    yield from _fix(document)
    yield from _plan(document.get("plan"))
    yield from _todo(document, verbose=verbose)
    yield from _next(document, connection, again, verbose=verbose)


def _verdict(document: dict[str, Any]) -> Iterator[Line]:
    verdict = document["verdict"]
    call = f"{document['method']} {document['url']}"
    sentence = {
        "allowed": f"a page of {document['origin']} may call {call}",
        "blocked": f"a page of {document['origin']} may not call {call}",
        "unknown": f"settings do not tell whether a page of {document['origin']} may call {call}",
    }[verdict]
    how = " (observed)" if document.get("basis") == "probe" else ""
    yield Line(f"{MARKS[verdict]} {verdict}{how}: {sentence}", f"bold {STYLES[verdict]}", 2)
    yield Line(f"  {document['because']}", "", 2)
    if document.get("contradiction"):
        who = "server" if document.get("basis") == "probe" else "browser"
        yield Line(f"  The {who} contradicts the settings. {document['contradiction']}", "bold yellow", 2)
    if document.get("assumed"):
        yield Line(f"  {document['assumed']}", "dim", 2)


def _hops(document: dict[str, Any], *, verbose: bool) -> Iterator[Line]:
    if not document["hops"]:
        return
    yield Line("Hops, from the browser inwards", "bold")
    for hop in document["hops"]:
        is_blamed = hop["address"] == document["culprit"]
        verdict = document["verdict"] if is_blamed else hop.get("verdict") or document["verdict"]
        label = f" ({hop['label']})" if hop.get("label") else ""
        words = f"{_word(verdict, is_blamed=is_blamed)}: {_statuses(hop)}"
        yield Line(f"  {MARKS[verdict]} {hop['address']}{label}  {words}", STYLES[verdict], 6)
        if verbose:
            said = document["because"]
            yield from _answer("preflight", hop["preflight"], said)
            yield from _answer("request", hop["actual"], said)
            yield from (Line(f"      note: {note}", "dim", 12) for note in _notes(hop, said))
    yield Line()


def _word(verdict: str, *, is_blamed: bool) -> str:
    """What the hop answers by itself; the hop to blame says so."""
    if verdict == "unknown":
        return "decides, and settings do not tell" if is_blamed else "settings do not tell"
    if verdict == "allowed":
        return "allowed"
    return "blocked here" if is_blamed else "blocked"


def _statuses(hop: dict[str, Any]) -> str:
    answers = (("preflight", hop["preflight"]), ("request", hop["actual"]))
    return ", ".join(f"{what} {_status(answer)}" for what, answer in answers if answer is not None)


def _status(answer: dict[str, Any]) -> str:
    if answer["status"] is None:
        return "unknown"
    return "without an answer" if answer["status"] == NO_ANSWER else str(answer["status"])


def _notes(hop: dict[str, Any], said: str) -> list[str]:
    """The notes of a hop that the reason does not give already."""
    return [note for note in hop["notes"] if note not in said]


def _fix(document: dict[str, Any]) -> Iterator[Line]:
    if document["fix"] and document["fix"] != document.get("contradiction"):
        yield Line("Fix", "bold")
        yield Line(f"  {document['fix']}", "", 2)
        yield Line()


def _plan(text: str | None) -> Iterator[Line]:
    """The plan file as it is to be saved; nothing in it is wrapped or indented."""
    if not text:
        return
    yield from (Line(line, verbatim=True) for line in text.removesuffix("\n").split("\n"))
    yield Line()


def _todo(document: dict[str, Any], *, verbose: bool) -> Iterator[Line]:
    """Yield what is left to do by hand, without what is said above already."""
    said = (document["fix"] or "") + document.get("contradiction", "")
    entries = [
        entry for entry in document.get("todo", ()) if entry["message"] not in said or entry["snippet"]
    ]
    if not entries:
        return
    yield Line("To do yourself", "bold")
    for entry in entries:
        yield Line(f"  • {entry['message']} See `remediate rule {entry['code']}`.", "", 4)
        code = entry["snippet"].removesuffix("\n").split("\n") if verbose and entry["snippet"] else []
        yield from (Line(f"    {line}".rstrip(), "dim", verbatim=True) for line in code)
    yield Line()


def _next(document: dict[str, Any], connection: str, again: str, *, verbose: bool) -> Iterator[Line]:
    """Yield what -v shows besides, and the command that a person runs next."""
    hidden = [] if verbose else list(_hidden(document))
    if hidden:
        yield Line(f"-v shows {', '.join(hidden)}.", "dim", 2)
    after = f" {connection}" if connection else ""
    if document["verdict"] == "allowed":
        if again and document.get("basis") == "settings" and "--sandbox" not in connection:
            yield Line(f"Next: {again} --probe", verbatim=True)
    elif named := _NAME.search(document.get("plan") or ""):
        path = f"plans/{named[1]}.yaml"
        yield Line(f"Next: save the plan as {path} and run `remediate apply {path}{after}`.", "", 2)
    elif command := _COMMAND.search(document["fix"] or ""):
        yield Line(f"Next: {command[1]}{after}", verbatim=True)


def _hidden(document: dict[str, Any]) -> Iterator[str]:
    if document["hops"]:
        yield "the answers of each hop"
    notes = sum(len(_notes(hop, document["because"])) for hop in document["hops"])
    if notes:
        yield counted(notes, "note")
    if any(entry["snippet"] for entry in document.get("todo", ())):
        yield "the code for what is left to do"


def _answer(what: str, answer: dict[str, Any] | None, said: str) -> Iterator[Line]:
    """Yield everything that a hop answers."""
    if answer is None:
        return
    if answer["status"] is None:
        yield Line(f"      {what}: unknown: {answer['unknown']}", "", 8)
        return
    yield Line(f"      {what}: {_status(answer)}", "", 8)
    headers: Sequence[tuple[str, str]] = answer["headers"]
    yield from (Line(f"        {name}: {value}", "dim", 10) for name, value in headers)
    if "doubt" in answer and answer["doubt"].rstrip(".") not in said:
        yield Line(f"        not certain: {answer['doubt']}", "dim", 10)
