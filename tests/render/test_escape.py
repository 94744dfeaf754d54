"""Text of others in each medium: what stays as it is, and what is made inert."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from remediate.render.escape import (
    html_text,
    markdown_code,
    markdown_fenced,
    markdown_text,
    slack_code,
    slack_text,
    teams_text,
    terminal_line,
)
from remediate.render.terminal import Line, show


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("  ~ s3 uploads  add rule", "  ~ s3 uploads  add rule"),
        ("a\n::error::b", "a\\n::error::b"),
        ("::error::b", "\\x3a:error::b"),
        ("  ::error::b", "  \\x3a:error::b"),
        ("run :: stage", "run :: stage"),
        ("\tif origin:", "\tif origin:"),
    ],
)
def test_a_line_of_a_terminal(text: str, line: str) -> None:
    """The runner trims white space before it looks for `::` (actions/runner, ActionCommand.cs)."""
    assert terminal_line(text) == line


@pytest.mark.parametrize(
    ("text", "markdown"),
    [
        ("The bucket's rule stays, as it was.", "The bucket's rule stays, as it was."),
        ("See `remediate rule shadowed` for it.", "See `remediate rule shadowed` for it."),
        ("let https://app.example.com in", "let `https://app.example.com` in"),
        ("by @team: see #12.", "by `@team`: see `#12`."),
        ("[x](http://evil.example)", "`[x](http://evil.example`)"),
        ("fixes GH-7 in 0123abc", "fixes `GH-7` in `0123abc`"),
        ("a|b", "`a\\x7cb`"),
        ("one ` alone", "one `\\x60` alone"),
        ("1. first", "`1.` first"),
        ("/close", "`/close`"),
        ("a\nb", "`a\\nb`"),
    ],
)
def test_a_sentence_in_markdown(text: str, markdown: str) -> None:
    assert markdown_text(text) == markdown


def test_code_in_markdown_ends_where_it_should() -> None:
    assert markdown_code("a`b|c\\") == "`a\\x60b\\x7cc\\`"
    assert markdown_fenced(["+ a", "````", "b\nc"], "diff") == ["`````diff", "+ a", "````", "b\\nc", "`````"]


def test_html_has_no_tag() -> None:
    assert html_text("<b \"x\" 'y'>&\n") == "&lt;b &quot;x&quot; &#x27;y&#x27;&gt;&amp;\\n"


def test_slack_reads_no_markup() -> None:
    assert slack_text("<!channel> & rest_api/a") == "&lt;!channel&gt; &amp; rest_api/a"
    assert slack_text("*bold* :tada: `code`") == "\\x2abold\\x2a \\x3atada: 'code'"
    assert slack_code(["a```b", "c\nd"]) == "```a'''b\nc\\nd```"
    assert teams_text("a\u202e\n") == "a\\u202e\\n"


def test_nothing_that_is_wrapped_goes_on_in_the_first_column() -> None:
    printed = io.StringIO()
    console = Console(file=printed, force_terminal=True, color_system=None, width=30, highlight=False)
    show([Line("webapp: account of somebody ::error::x Plan: 0 resources to change")], console=console)
    first, *rest = printed.getvalue().splitlines()
    assert first.startswith("webapp:")
    assert len(rest) == 2
    assert all(line.startswith("  ") for line in rest)
    assert not any(line.lstrip().startswith("::") for line in rest)


def test_punctuation_behind_a_span_of_code_stands_bare() -> None:
    text = "Give it a template (for JSON: `$input.json('$')`), or set `answer: edge`."
    assert markdown_text(text) == (
        "Give it a template (for JSON: `$input.json('$')`), or set `answer: edge`."
    )
