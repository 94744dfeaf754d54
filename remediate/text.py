"""Words that users write, compared with those that exist, and text that is safe to print.

Imports nothing of the project.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

LONGEST_TYPO = 32
_STEERING = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


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


def printable(text: str) -> str:
    r"""Text of several lines with what could steer a terminal escaped: `\x1b`."""
    return _STEERING.sub(lambda match: _escaped(match[0]), text)


def printable_line(text: str) -> str:
    """One line with everything escaped that a terminal would act upon, or not show."""
    if text.isprintable():
        return text
    return "".join(character if character.isprintable() else _escaped(character) for character in text)


def _escaped(character: str) -> str:
    return repr(character)[1:-1]
