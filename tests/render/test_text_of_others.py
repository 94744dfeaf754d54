"""Whatever others wrote into a name, a tag, a rule or a message is only text in every medium that shows it.

Each document has hostile text drawn into every one of its text fields. What is printed is judged by other
means than those that made it: Markdown by a parser, characters by their Unicode category.
"""

from __future__ import annotations

import contextlib
import html
import io
import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest
from hypothesis import event, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token
from rich.console import Console

from remediate.core.change_result import ApplyStatus, ChangeResult
from remediate.core.common_rules import ACCESS_DENIED, UNLISTED_ORIGINS_STAY
from remediate.core.drift import DriftedResource, DriftKind, DriftPass, DriftStatus
from remediate.core.finding import Finding, Topic
from remediate.core.guard_table import OPENS_TO_ANY
from remediate.core.notice import Message, Notice
from remediate.core.plan import Access, Change, Edit, Plan
from remediate.core.state import Unreadable
from remediate.engine.guard import guard
from remediate.errors import AwsFailure, PlanFileError, Problem, Refused, RemediateError
from remediate.journal.records import run_of
from remediate.notify.channels import slack, teams
from remediate.planfile import load
from remediate.render.change_results import change_result_lines
from remediate.render.drift import pass_lines
from remediate.render.explanation import explanation_lines
from remediate.render.grants import granted_lines, grants_lines, revoked_lines
from remediate.render.history import history_lines
from remediate.render.markdown import plan_markdown
from remediate.render.notice import Cut, body, subject
from remediate.render.terminal import Line, Progress, print_error, print_notice, show
from remediate.render.verification import verification_lines
from remediate.services import target_options
from tests.notify.saying import DRIFT

FORGED = "FORGED"
"""What a hostile value has behind each line break: no line of an output may begin with it."""
BREAKS = ("\n", "\r\n", "\r", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u2029", "\n\n", "\n    ")
ATOMS = (
    *(f"{end}{FORGED} Plan: 0 resources to change" for end in BREAKS),
    "\n::error::forged",
    "\n  ::error::forged",
    "::add-mask::a",
    "##[error]forged",
    "##vso[task.complete]",
    "\x1b[2J",
    "\x1b]8;;https://evil.example\x07",
    "\x9b1m",
    "\u202e",
    "\u2066",
    "\u200b",
    "\u2060",
    "\ufeff",
    "\xad",
    "\u3164",
    "\ufe0f",
    "\U000e0041",
    "\ud800",
    "\t",
    " @team ",
    "@org/team",
    " #12 ",
    "org/repo#12",
    " GH-12 ",
    " !12 ",
    " $12 ",
    " &12 ",
    " ~label ",
    " %milestone ",
    " 0123456789abcdef0123456789abcdef01234567 ",
    "\n/close",
    " /close ",
    "[x](http://evil.example)",
    "![](http://evil.example/a.png)",
    " http://evil.example ",
    " www.evil.example ",
    " me@evil.example ",
    "<http://evil.example>",
    "[x]: http://evil.example",
    "`",
    "``",
    "\n```\n",
    "\n~~~\n",
    "|",
    "\\|",
    "\\",
    "\\`",
    "<b>",
    "<!--",
    "-->",
    "</code></summary></details>",
    "<script>alert(1)</script>",
    "&lt;b&gt;",
    "<!channel>",
    "<@U1>",
    "*bold*",
    " **bold** ",
    " _it_ ",
    " ~~gone~~ ",
    " :tada: ",
    "\n# heading",
    "\n- list",
    "\n1. list",
    "\n> quote",
    "\n---\n",
    "\n| a | b |\n| --- | --- |\n",
)
WORDS = ("orders", " ", "a", "prod", "(", ")", ".", ":", ",", "1", "'", '"')
hostile = st.lists(st.sampled_from(ATOMS) | st.sampled_from(WORDS), min_size=1, max_size=5).map("".join)


class Drawn:
    """Hostile values, handed out in turn: a draw for each of a hundred fields would take too long."""

    def __init__(self, values: list[str]) -> None:
        self._values = cycle(values)

    def text(self) -> str:
        """A hostile value."""
        return next(self._values)

    def named(self) -> str:
        """One that begins with a word of its own, for where our layout puts the value first in a line."""
        return f"name{next(self._values)}"


drawn = st.lists(hostile, min_size=1, max_size=7).map(Drawn)

FIXED = frozenset(
    {"format", "action", "op", "level", "topic", "turn", "outcome", "kind", "verdict", "seen", "record"}
)


def filled(draw: Drawn, value: Any) -> Any:
    """The document with hostile text in each of its texts, but for the words that the format fixes."""
    if isinstance(value, str):
        return draw.named() if value else value
    if isinstance(value, Mapping):
        return {
            key: item
            if key in FIXED
            else _drawn(draw, key)
            if key in {"address", "code"}
            else filled(draw, item)
            for key, item in value.items()
        }
    return [filled(draw, item) for item in value] if isinstance(value, list) else value


def _drawn(draw: Drawn, key: str) -> str:
    """An address, which begins with its service, or a code of AWS, which begins with a capital letter."""
    return _address(draw) if key == "address" else f"X{draw.text()}"


def _address(draw: Drawn) -> str:
    return f"rest_api/{draw.text()}/{draw.text()}"


def assert_inert(printed: str) -> None:
    """No control, no invisible and no direction-changing character; no line that a CI system acts upon."""
    for line in printed.split("\n"):
        for character in line.replace("\t", ""):
            category = unicodedata.category(character)
            assert category[0] != "C", ascii(line)
            assert category not in {"Zl", "Zp"}, ascii(line)
            assert character not in "\u3164\ufe0f", ascii(line)
        bare = line.strip()
        assert not bare.startswith("::"), line
        assert not bare.startswith(FORGED), line
        assert "##[" not in line
        assert "##vso[" not in line


def assert_lines_inert(lines: Iterable[Line]) -> None:
    """The lines in a pipe; and on a narrow terminal, with nothing but our own text in the first column."""
    shown = list(lines)
    assert shown
    piped = io.StringIO()
    show(shown, console=Console(file=piped, width=80, highlight=False, markup=False, emoji=False))
    assert_inert(piped.getvalue())
    assert len(piped.getvalue().split("\n")) == len(shown) + 1
    narrow = io.StringIO()
    show(
        shown,
        console=Console(file=narrow, force_terminal=True, color_system=None, width=30, highlight=False),
    )
    for line in narrow.getvalue().split("\n"):
        assert not line.startswith(FORGED), line
        assert not line.lstrip().startswith("::"), line


def sample_change() -> Change:
    return Change(
        address="rest_api/a/prod",
        service="rest_api",
        region="eu-west-1",
        before={"CORSRules": [{"ID": "x"}]},
        after={"CORSRules": []},
        revision="r",
        group="g",
        diff=(
            Edit("-", "CORSRules[partner].ID", "x", None),
            Edit("~", "CORSRules[0].AllowedOrigins", ["x"], ["y"]),
            Edit("+", "Templates", None, {"x": {"y": "z"}}),
        ),
        calls=("s3:PutBucketCors",),
        label="orders",
        summary=("add a rule", "stop allowing x"),
    )


def drawn_findings(draw: Drawn) -> list[Finding]:
    made = [
        rule.finding(_address(draw), draw.text(), draw.text(), draw.text(), snippet=snippet)
        for rule in (OPENS_TO_ANY, ACCESS_DENIED, UNLISTED_ORIGINS_STAY)
        for snippet in ("", 'resource "x" "y" {\n}')
    ]
    unread = Unreadable(_address(draw), "s3", _drawn(draw, "code"), draw.text(), draw.text())
    return [*made, unread.finding(), *(replace(made[-1], topic=topic) for topic in Topic)]


def drawn_plan(draw: Drawn) -> Plan:
    row = {"origin": "o", "to": "u", "method": "GET", "headers": ["x-a"], "because": "z"}
    ways = (("blocked", "allowed"), ("allowed", "blocked"), ("x", "y"))
    rows = [{**row, "before": before, "after": after} for before, after in ways]
    plan = Plan(
        (draw.named(),),
        draw.named(),
        (Change.from_json(filled(draw, sample_change().as_json())),),
        tuple(Access.from_json(filled(draw, item)) for item in rows),
        tuple(drawn_findings(draw)),
        sources={draw.text(): "d"},
    )
    event("a line feed is drawn" if "\n" in plan.changes[0].label else "none is")
    return plan


PARSER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
OUR_HTML = re.compile(
    r"(<details><summary>(Notes|<code>[^<>]*</code>)</summary>|</details>|"
    r"<sub>checksum sha256:[0-9a-f]+</sub>|"
    r"<sub>Details are left out: `remediate plan --diff` shows them\.</sub>)\n*"
)
ACTIVE = re.compile(r"[@#!$%^&*_~|<>\[\]{}\\/=]|\w\.\w|\w:\w|[0-9a-f]{7,}|\w-\d")
"""What GitHub or GitLab may act upon in text that is no code: references, addresses, commits, markup."""


def assert_markdown_inert(text: str) -> None:
    assert_inert(text)
    for token in PARSER.parse(text):
        assert token.type not in {"code_block", "hr", "blockquote_open", "ordered_list_open"}, text
        if token.type == "html_block":
            assert OUR_HTML.fullmatch(token.content), token.content
            assert FORGED not in re.sub(r"<code>.*</code>", "", html.unescape(token.content))
        for child in token.children or ():
            _assert_inline(child, text)


def _assert_inline(child: Token, text: str) -> None:
    assert child.type in {"text", "code_inline", "strong_open", "strong_close", "softbreak", "html_inline"}, (
        text
    )
    if child.type == "html_inline":
        assert child.content in {"<sub>", "</sub>"}, text
    if child.type == "text" and not child.content.startswith("checksum sha256:"):
        assert not ACTIVE.search(child.content), child.content


@given(drawn)
def test_a_plan_as_markdown(draw: Drawn) -> None:
    text = plan_markdown(drawn_plan(draw))
    assert_markdown_inert(text)
    assert text.count("\n<details>") == 2, "the folded blocks are the notes' and the change's"


@given(drawn)
def test_results_of_an_apply(draw: Drawn) -> None:
    results = [
        ChangeResult(
            Change.from_json(filled(draw, sample_change().as_json())),
            status,
            RemediateError(draw.text(), hint=draw.text()) if status != "written" else None,
        )
        for status in ApplyStatus
    ]
    moved = [_address(draw)]
    lines = list(change_result_lines(results, proved=True, again=True, unreadable=1, moved=moved))
    assert_lines_inert(lines)
    assert_lines_inert(Line(result.reason) for result in results)


@given(drawn, st.booleans())
def test_a_pass(draw: Drawn, verbose: bool) -> None:
    text = draw.named
    edits = tuple(Edit(**filled(draw, edit.as_json())) for edit in sample_change().diff)
    findings = [OPENS_TO_ANY.finding("s3/a", draw.text()) for _ in DriftKind]
    drifted = [
        DriftedResource(
            address=_address(draw),
            service="rest_api",
            region=text(),
            label=text(),
            plan_names=(text(),),
            kind=kind,
            status=DriftStatus.LEFT,
            seen=text(),
            since=text(),
            who=text(),
            changed=edits if kind is DriftKind.DRIFT else (),
            wanted=edits,
            codes=(f"X{text()}",),
            because=finding.sentences,
            look=text(),
        )
        for kind, finding in zip(DriftKind, findings, strict=True)
    ]
    done = DriftPass(
        (text(),),
        text(),
        text(),
        correct=True,
        sightings=drifted,
        resolved=[_address(draw)],
        run=text(),
        notes=[text()],
    )
    assert_lines_inert(pass_lines(done, verbose=verbose))
    assert_lines_inert(pass_lines(DriftPass((text(),), text(), text(), correct=True, skipped=text())))


@given(drawn)
def test_notices(draw: Drawn) -> None:
    notices = [
        Notice.from_json(filled(draw, {**DRIFT.as_json(), "turn": str(DRIFT.stage), "kind": "drift"}))
        for _ in range(2)
    ]
    cut = Cut(Message(draw.named(), draw.named(), notices), omitted=1)
    assert_inert(body(cut))
    assert_inert(subject(cut.message))
    assert len(subject(cut.message).split("\n")) == 1
    _assert_slack(slack._payload(cut, subject(cut.message)))
    _assert_teams(json.loads(teams._payload(cut, subject(cut.message))))


def _assert_slack(payload: dict[str, Any]) -> None:
    header, *sections = payload["blocks"]
    assert header["text"]["type"] == "plain_text"
    texts = [payload["text"], *(section["text"]["text"] for section in sections)]
    assert all(section["text"]["verbatim"] for section in sections)
    for text in texts:
        assert_inert(text)
        assert not re.search(r"[<>]|&(?!amp;|lt;|gt;)", text), text
        assert text.count("`") == text.count("```") * 3
        assert text.count("```") in {0, 2}
        outside = re.sub(r"```.*```", "", text, flags=re.DOTALL)
        bold = re.fullmatch(r"\*(.*)\*\n", outside)
        inner = bold[1] if bold else outside
        assert not re.search(r"(^|[^\w])[*_~]\w|\w[*_~]($|[^\w])|:[\w+-]*[a-z][\w+-]*:", inner), inner


def _assert_teams(payload: dict[str, Any]) -> None:
    (attachment,) = payload["attachments"]
    assert "entities" not in attachment["content"]["msteams"]
    for block in attachment["content"]["body"]:
        assert block["type"] == "RichTextBlock"
        for run in block["inlines"]:
            assert run["type"] == "TextRun"
            assert_inert(run["text"])
            assert "\n" not in run["text"]


@given(drawn, st.booleans())
def test_an_explanation(draw: Drawn, verbose: bool) -> None:
    answer = {"status": 403, "headers": [["vary", "origin"], ["x-a", "b"]], "doubt": "d"}
    document = {
        "url": "u",
        "origin": "o",
        "method": "GET",
        "verdict": "blocked",
        "culprit": "c",
        "because": "b",
        "fix": "f",
        "contradiction": "c",
        "assumed": "a",
        "todo": [{"code": "c", "message": "m", "snippet": None}],
        "hops": [
            {"address": "a", "notes": ["n"], "preflight": answer, "actual": {"status": None, "unknown": "u"}},
            {"address": "a", "notes": ["n"], "preflight": None, "actual": answer},
        ],
    }
    assert_lines_inert(explanation_lines(filled(draw, document), verbose=verbose))


@given(drawn, st.booleans())
def test_a_history(draw: Drawn, verbose: bool) -> None:
    change = sample_change().as_json()
    begun = {
        "record": "begun",
        "format": "remediate.run/1",
        "id": "i",
        "when": "w",
        "who": "a",
        "command": "c",
        "plan": "p",
        "account": "1",
        "checksum": "s",
        "undoes": "",
        "changes": [change],
    }
    run = run_of([{**filled(draw, begun), "asked": {}}], torn=False)
    assert run is not None
    assert_lines_inert(history_lines([run], draw.text(), verbose=verbose))
    assert_lines_inert(history_lines([], draw.text()))


@given(drawn)
def test_grants(draw: Drawn) -> None:
    grant = {
        "plan": "p",
        "origin": "o",
        "target": "t",
        "expires": "e",
        "expired": False,
        "seconds_left": 60,
        "reason": "r",
        "where": "w",
    }
    document = {
        "file": "f",
        "changed": True,
        "was": "w",
        "repeated": 2,
        "not_for": ["a"],
        "needs_allow": ["c"],
        "grant": grant,
        "revoked": grant,
        "origins_left": 0,
        "still_granted": [grant],
        "grants": [grant, grant],
    }
    assert_lines_inert(granted_lines(filled(draw, document), applied=False))
    without = {**document, "grant": {**grant, "target": None}, "was": None}
    assert_lines_inert(granted_lines(filled(draw, without), applied=False))
    assert_lines_inert(revoked_lines(filled(draw, document), applied=False))
    assert_lines_inert(grants_lines(filled(draw, document)))


@given(drawn, st.booleans())
def test_a_verification(draw: Drawn, verbose: bool) -> None:
    probe = {
        "origin": "o",
        "url": "https://a.example/x",
        "method": "GET",
        "predicted": "p",
        "stated": True,
        "seen": "allowed",
        "because": "b",
        "differs": True,
        "error": None,
    }
    document = filled(
        draw,
        {
            "probes": [probe, {**probe, "error": "e"}],
            "unread": [{"address": "a", "message": "m", "hint": "h"}],
            "skipped": [{"address": "a", "because": "b"}],
            "summary": {"probes": 2, "differ": 1, "unreachable": 1},
        },
    )
    # A URL is one: `urlsplit` refuses others before they come here.
    probes = [{**item, "url": probe["url"]} for item in document["probes"]]
    assert_lines_inert(verification_lines({**document, "probes": probes}, verbose=verbose))


@contextlib.contextmanager
def printed_errors() -> Iterator[io.StringIO]:
    with contextlib.redirect_stderr(io.StringIO()) as errors:
        yield errors


def shown_error(error: RemediateError) -> str:
    with printed_errors() as errors:
        first, *more = error.lines
        print_error(first, error.hint, more)
    return errors.getvalue()


@given(drawn)
def test_errors_and_progress(draw: Drawn) -> None:
    failure = AwsFailure(draw.text(), code="X", operation="s3:X", hint=draw.text())
    shown = shown_error(failure)
    assert_inert(shown)
    assert len(shown.splitlines()) == 2
    problems = PlanFileError((Problem(draw.named(), draw.text(), draw.text()),) * 2)
    assert_inert(shown_error(problems))
    assert len(shown_error(problems).splitlines()) == 5
    with printed_errors() as errors:
        progress = Progress(verbose=True)
        progress.note(draw.named())
        progress.report(_address(draw), draw.text())
        print_notice(draw.named())
    assert_inert(errors.getvalue())
    assert len(errors.getvalue().splitlines()) == 3


@given(drawn)
def test_a_refusal(draw: Drawn) -> None:
    finding = OPENS_TO_ANY.finding(_address(draw), draw.text(), draw.text(), draw.text(), snippet="code")
    with pytest.raises(Refused) as refused:
        guard(Plan(("webapp",), "1", findings=(finding,)))
    shown = shown_error(refused.value)
    assert_inert(shown)
    assert len(shown.splitlines()) == 6


@given(draw=drawn)
def test_a_plan_file(draw: Drawn, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Names, origins and keys of a plan file that is wrong, in the errors that tell so."""
    path = Path(tmp_path_factory.getbasetemp()) / "plan.yaml"
    key = draw.text()
    document = {
        "version": 1,
        "name": draw.text(),
        "targets": [{"s3": draw.text(), "origins": [draw.text()], key: 1}],
    }
    path.write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(PlanFileError) as wrong:
        load([path], target_options(), now=datetime(2026, 1, 1, tzinfo=UTC))
    assert_inert(shown_error(wrong.value))
