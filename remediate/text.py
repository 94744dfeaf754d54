"""Words that users write, compared with those that there are. Imports nothing of the project."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

LONGEST_TYPO = 32


def closest(word: str, known: Iterable[str]) -> str | None:
    """What was probably meant; comparing is quadratic in length, so only words are compared."""
    candidates = list(known)
    if len(word) > LONGEST_TYPO:
        return None
    spelled = word.lower().replace("-", "_")
    for candidate in candidates:
        if candidate.lower().replace("-", "_") == spelled:
            return candidate
    matches = difflib.get_close_matches(spelled, candidates, n=1, cutoff=0.6)
    return matches[0] if matches else None
