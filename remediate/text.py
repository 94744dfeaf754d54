"""Words that users write, compared with those that exist, and text that is safe to print.

Imports nothing of the project.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

LONGEST_TYPO = 32
_INVISIBLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
"""Characters that take no ink, though Python calls them printable: Unicode's Default_Ignorable_Code_Point
(DerivedCoreProperties.txt), and the empty Braille pattern."""
_LOG_COMMAND = re.compile(r"##(?=\w*\[)")


def closest(word: str, candidates: Iterable[str]) -> str | None:
    """What was probably meant; comparing is quadratic in length, so only words are compared."""
    listed = list(candidates)
    if len(word) > LONGEST_TYPO:
        return None
    spelled = word.lower().replace("-", "_")
    for candidate in listed:
        if candidate.lower().replace("-", "_") == spelled:
            return candidate
    return next(iter(similar(spelled, listed, most=1)), None)


def similar(text: str, candidates: Iterable[str], *, most: int = 3, cutoff: float = 0.6) -> list[str]:
    """The candidates that are spelled most like the text, whatever their case, the best first."""
    by_spelling = {candidate.lower(): candidate for candidate in candidates}
    matches = difflib.get_close_matches(text.lower(), by_spelling, n=most, cutoff=cutoff)
    return [by_spelling[match] for match in matches]


def printable_line(text: str) -> str:
    r"""One line with everything escaped that a terminal would act upon, or not show: `\x1b`, `\n`, `\u200b`.

    So is the mark of a command that CI systems find anywhere in a line of a log: `##[error]` on GitHub
    (`ActionCommand.TryParse` of its runner), `##vso[` on Azure Pipelines.
    """
    if not text.isprintable():
        text = "".join(char if char.isprintable() else _escaped(char) for char in text)
    if not text.isascii():
        text = _INVISIBLE.sub(lambda match: _code_point(match[0]), text)
    return _LOG_COMMAND.sub(r"#\\x23", text)


def _escaped(character: str) -> str:
    return repr(character)[1:-1]


def _code_point(character: str) -> str:
    return f"\\u{ord(character):04x}" if ord(character) < 0x10000 else f"\\U{ord(character):08x}"
