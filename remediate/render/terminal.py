"""The two streams: data on stdout, progress and logs on stderr, and what each can show."""

from __future__ import annotations

import re
import sys
import textwrap
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.text import Text

from remediate.render.escape import terminal_line

SILENT = frozenset({"writing", "not started"})
"""Words that come for every resource at once, and tell nothing that the end does not tell."""
LEAST_INDENT = 2
_COMMAND = re.compile(r"`[^`]+`")
_KEPT_SPACE = "\ue000"
"""Stands for a space that no line may be broken at; of the private use area, and no white space."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of output: `style` adds colour on a terminal, and never meaning.

    On a terminal, text that does not fit goes on below, `indent` columns in and never in the first
    column, so that no text of others begins a line. A line feed in the text is shown as text, for the same
    reason. `verbatim` text is code or a command: it is not wrapped, so that it can be copied.
    """

    text: str = ""
    style: str = ""
    indent: int = 0
    verbatim: bool = False


def show(lines: Iterable[Line], *, console: Console | None = None) -> None:
    """Print to stdout: wrapped with its indent on a terminal, one line a line in a pipe."""
    out = console or Console(highlight=False, markup=False, emoji=False)
    for line in lines:
        text = terminal_line(line.text)
        if line.verbatim or not out.is_terminal or len(text) <= out.width:
            out.print(Text(text, style=line.style), soft_wrap=True)
            continue
        indent = min(max(line.indent, LEAST_INDENT), out.width // 2)
        for part in _wrapped(text, out.width, indent):
            out.print(Text(terminal_line(part), style=line.style), soft_wrap=True)


def _wrapped(text: str, width: int, indent: int) -> list[str]:
    """The text on several lines: never broken inside a word, nor inside a command in backticks.

    What is longer than a line by itself stays whole, so that it can be copied as it is.
    """
    unbroken = _COMMAND.sub(lambda match: match[0].replace(" ", _KEPT_SPACE), text)
    lead = " " * (len(text) - len(text.lstrip(" ")))
    lines = textwrap.wrap(
        unbroken.lstrip(" "),
        max(width, indent + 1),
        initial_indent=lead,
        subsequent_indent=" " * indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return [line.replace(_KEPT_SPACE, " ") for line in lines]


def _aside() -> Console:
    """The console on stderr."""
    return Console(stderr=True, highlight=False, markup=False, emoji=False)


class Progress:
    """What goes on, on stderr: one moving line on a terminal, a line per event elsewhere."""

    def __init__(self, *, quiet: bool = False, verbose: bool = False) -> None:
        self._console = _aside()
        self._quiet = quiet
        self.verbose = verbose
        self._last: dict[str, str] = {}

    def note(self, text: str, style: str = "") -> None:
        """A line that stays."""
        if not self._quiet:
            self._console.print(Text(terminal_line(text), style=style), soft_wrap=True)

    def report(self, address: str, word: str) -> None:
        """A word on one resource; said once, however often it comes."""
        if word in SILENT and not self.verbose:
            return
        if self._last.get(address) != word:
            self._last[address] = word
            self.note(f"  {address}: {word}")

    @contextmanager
    def doing(self, what: str, calls: Any) -> Iterator[None]:
        """A moving line with the count of calls sent so far (`calls.total()`), on a terminal only."""
        if self._quiet or not self._console.is_terminal or self._console.is_dumb_terminal:
            yield
            return

        def line() -> Text:
            return Text(f"{what} … {calls.total()} calls", style="dim")

        with Live(get_renderable=line, console=self._console, transient=True, refresh_per_second=8):
            yield


def print_error(message: str, hint: str = "", more: Iterable[str] = ()) -> None:
    """An error on stderr, the lines that belong to it, and the next step."""
    console = _aside()
    for line in (f"error: {message}", *more):
        console.print(Text(terminal_line(line), style="red"), soft_wrap=True)
    if hint:
        console.print(Text(terminal_line(f"  → {hint}")), soft_wrap=True)


def print_notice(text: str) -> None:
    """A line on stderr that `--quiet` does not silence: it is no progress."""
    _aside().print(Text(terminal_line(text)), soft_wrap=True)


def is_interactive() -> bool:
    """Return whether a person can be asked."""
    return sys.stdin.isatty() and sys.stderr.isatty()
