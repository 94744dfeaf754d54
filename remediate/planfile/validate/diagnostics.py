"""Diagnostics of a plan file: a position, a rule and a hint, in words that are safe on a terminal."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace

from remediate.errors import Problem
from remediate.text import printable_line

LONGEST_VALUE_SHOWN = 80
LONGEST_TEXT = 600

_JOINERS = "\u200c\u200d"  # invisible, but letters of Persian and Indic names, and glue of emoji
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


@dataclass(frozen=True, slots=True, order=True)
class Diagnostic:
    """One thing wrong at a line and column (both from 1, counted in characters)."""

    line: int
    column: int
    rule: str
    hint: str = ""

    def at(self, file: str) -> Problem:
        """The same, with the file's name as the user gave it."""
        return replace(
            problem(place(file, self.line, self.column), self.rule, self.hint),
            line=self.line,
            column=self.column,
        )


def place(file: str, line: int, column: int) -> str:
    """`file:line:column`, which editors and terminals make a link of."""
    return f"{printable_line(file)}:{line}:{column}"


def problem(where: str, rule: str, hint: str) -> Problem:
    """A problem whose texts cannot move the cursor, recolour the terminal or fill the screen."""
    return Problem(where=where, rule=_cut(printable_line(rule)), hint=_cut(printable_line(hint)))


def shown(text: str) -> str:
    """A value inside a sentence: quoted, escaped, and cut where it is long."""
    return repr(text if len(text) <= LONGEST_VALUE_SHOWN else text[: LONGEST_VALUE_SHOWN - 1] + "…")


def invisible(text: str) -> str | None:
    """The first character that nobody can see or that steers a terminal, if there is one."""
    if text.isascii() and text.isprintable():
        return None
    for character in text:
        if unicodedata.category(character) in _INVISIBLE and character not in _JOINERS:
            return character
    return None


def listed(words: Iterable[str], last: str = "or") -> str:
    """`a, b or c`."""
    *heads, tail = words
    return f"{', '.join(heads)} {last} {tail}" if heads else tail


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - 1] + "…"
