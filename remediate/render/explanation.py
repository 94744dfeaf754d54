"""An explanation as text: each hop with its answers, then the verdict, the culprit and the fix."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from remediate.render.terminal import Line
from remediate.web.http import NO_ANSWER

STYLES = {"allowed": "bold green", "blocked": "bold red", "unknown": "bold yellow"}
CORS_HEADERS = ("access-control-", "vary", "location")


def explanation_lines(document: dict[str, Any], *, verbose: bool = False) -> Iterator[Line]:
    """From the explain document, so that text and JSON cannot disagree; `verbose` tells every header."""
    yield Line(f"{document['origin']}  {document['method']} {document['url']}", "bold")
    if document.get("contradiction"):
        # The first thing that a reader must know: what follows is what the settings alone lead to.
        who = "server" if document.get("basis") == "probe" else "browser"
        yield Line(f"  The {who} contradicts the settings. {document['contradiction']}", "bold yellow", 4)
    if document.get("assumed"):
        yield Line(f"  {document['assumed']}", "dim", 4)
    yield Line()
    for number, hop in enumerate(document["hops"], 1):
        blamed = hop["address"] == document["culprit"]
        yield Line(
            f"  {number}. {hop['address']}" + ("   <- here" if blamed else ""), "bold" if blamed else ""
        )
        said = "" if verbose else document["because"]
        yield from _answer("preflight", hop["preflight"], said, verbose=verbose)
        yield from _answer("request", hop["actual"], said, verbose=verbose)
        for note in hop["notes"]:
            # The verdict below says it with the rest of the reason.
            if note not in said:
                yield Line(f"       note: {note}", "dim", 13)
    if document["hops"]:
        yield Line()
    how = " (observed)" if document.get("basis") == "probe" else ""
    yield Line(f"{document['verdict']}{how}: {document['because']}", STYLES[document["verdict"]], 4)
    if document["fix"] and document["fix"] != document.get("contradiction"):
        yield Line(f"  → {document['fix']}", "", 4)
    yield from _plan(document.get("plan"))
    yield from _todo(document)


def _plan(text: str | None) -> Iterator[Line]:
    """The plan file as it is to be saved; nothing in it is wrapped or indented."""
    if not text:
        return
    yield Line()
    yield Line("The plan:", "bold")
    yield Line()
    yield from (Line(line) for line in text.removesuffix("\n").split("\n"))


def _todo(document: dict[str, Any]) -> Iterator[Line]:
    """Yield what is left to do by hand, without what is said above already."""
    said = (document["fix"] or "") + document.get("contradiction", "")
    entries = [
        entry for entry in document.get("todo", ()) if entry["message"] not in said or entry["snippet"]
    ]
    if not entries:
        return
    yield Line()
    yield Line("To do yourself:", "bold")
    for entry in entries:
        yield Line(f"  {entry['code']}: {entry['message']}", "", 4)
        yield from (Line(f"    {line}", "dim", 4) for line in (entry["snippet"] or "").split("\n") if line)


def _answer(what: str, answer: dict[str, Any] | None, said: str, *, verbose: bool) -> Iterator[Line]:
    if answer is None:
        return
    if answer["status"] is None:
        yield Line(f"       {what}: unknown: {answer['unknown']}", "yellow", 9)
        return
    if answer["status"] == NO_ANSWER:
        yield Line(f"       {what}: no answer", "", 9)
        return
    about_cors = any(name.startswith(CORS_HEADERS) for name, _ in answer["headers"])
    yield Line(f"       {what}: {answer['status']}" + ("" if about_cors else ", no CORS headers"), "", 9)
    for name, value in answer["headers"]:
        if verbose or name.startswith(CORS_HEADERS):
            yield Line(f"         {name}: {value}", "dim", 11)
    if "doubt" in answer and answer["doubt"].rstrip(".") not in said:
        yield Line(f"         not certain: {answer['doubt']}", "dim", 11)
