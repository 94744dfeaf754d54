"""What `explain` shows people: the verdict and its cause first, a line a hop, the next command last."""

from __future__ import annotations

from io import StringIO

from rich.console import Console

from remediate.render.explanation import explanation_lines
from remediate.render.terminal import show
from tests.in_process import run

ITEMS = "https://api.example.com/items"
PAGE = "http://localhost:3000"
CODE = 'sent = {name.lower(): value for name, value in (event.get("headers") or {}).items()}  # any spelling'


def on_a_terminal(document: dict[str, object], *, verbose: bool = False) -> list[str]:
    console = Console(file=StringIO(), force_terminal=True, no_color=True, width=80, highlight=False)
    show(explanation_lines(document, verbose=verbose), console=console)
    output = console.file
    assert isinstance(output, StringIO)
    return [
        line.removeprefix("\x1b[1m").removeprefix("\x1b[2m").removesuffix("\x1b[0m")
        for line in output.getvalue().splitlines()
    ]


def document(**members: object) -> dict[str, object]:
    hop = {"address": "s3/b", "label": "b", "verdict": "blocked", "notes": ["Keyed on nothing."]}
    answers = {"preflight": {"status": 403, "headers": []}, "actual": None}
    return {
        "origin": PAGE,
        "method": "PUT",
        "url": "https://b.example/k",
        "verdict": "blocked",
        "basis": "settings",
        "culprit": "s3/b",
        "because": "No rule lists the origin.",
        "fix": "Call the server by its name.",
        "plan": None,
        "todo": [],
        "hops": [hop | answers],
    } | members


def test_the_verdict_stands_first_and_the_next_command_last() -> None:
    arguments = ("--origin", PAGE, "-X", "POST", "-H", "content-type", "--sandbox", "-q")
    lines = run("explain", ITEMS, *arguments).stdout.splitlines()
    assert lines[0] == f"✘ blocked: a page of {PAGE} may not call POST {ITEMS}"
    assert lines[1].startswith("  The preflight was answered 403;")
    (hop,) = (line for line in lines if "cloudfront/" in line)
    assert hop.startswith("  ✘ ")
    assert hop.endswith("(api.example.com)  blocked here: preflight 403, request 403")
    assert "import json" not in "\n".join(lines)
    assert lines[-1] == "Next: remediate apply plans/webapp.yaml --sandbox"
    assert len(lines) <= 24


def test_each_hop_has_the_mark_and_the_word_of_what_it_answers_by_itself() -> None:
    arguments = ("--origin", "https://app.example.com", "-X", "PUT", "--sandbox", "-q")
    lines = run("explain", "https://cdn.example.com/orders/x", *arguments).stdout.splitlines()
    hops = [line.split() for line in lines if line.startswith(("  ✘", "  ✔", "  ?"))]
    assert [(words[0], " ".join(words[3:])) for words in hops] == [
        ("✘", "blocked: preflight 204, request 200"),
        ("✘", "blocked here: preflight 204, request 200"),
    ]


def test_notes_and_code_are_behind_verbose_and_said_to_be_there() -> None:
    todo = {"code": "backend-must-answer", "address": "s3/b", "message": "The code must answer."}
    short = on_a_terminal(document(todo=[todo | {"snippet": CODE}]))
    assert "  • The code must answer. See `remediate rule backend-must-answer`." in short
    assert "-v shows the answers of each hop, 1 note, the code for what is left to do." in short
    assert not any("Keyed on nothing" in line for line in short)
    long = on_a_terminal(document(todo=[todo | {"snippet": CODE}]), verbose=True)
    assert "      note: Keyed on nothing." in long
    # Code that a terminal has no room for stays as it is: it is there to be copied.
    assert f"    {CODE}" in long


def test_a_plan_is_printed_as_a_file_holds_it_and_the_next_step_says_where() -> None:
    text = f"version: 1\nname: fix\norigins: [{PAGE}]\n"
    lines = on_a_terminal(document(plan=text, fix="Save the plan below as a file and apply it."))
    start = lines.index("version: 1")
    assert lines[start : start + 3] == text.splitlines()
    step = " ".join(line.strip() for line in lines[start + 3 :])
    assert step.endswith("Next: save the plan as plans/fix.yaml and run `remediate apply plans/fix.yaml`.")


def test_an_unknown_verdict_says_that_settings_do_not_tell() -> None:
    lines = on_a_terminal(document(verdict="unknown", culprit=None, hops=[]))
    assert lines[0].startswith("? unknown: settings do not tell whether a page of http://localhost:3000 may")
