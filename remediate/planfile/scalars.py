"""Values as a plan file writes them, so that YAML reads each as itself. Pure."""

from __future__ import annotations

import json


def written_value(value: object) -> str:
    """Return a list in brackets, or a text."""
    if isinstance(value, list | tuple):
        return "[" + ", ".join(written_scalar(str(item)) for item in value) + "]"
    return written_scalar(str(value))


def written_scalar(text: str) -> str:
    """Return a text that YAML reads as itself: a JSON text where anything in it could be something else."""
    plain = all(character.isalnum() or character in "-_./:" for character in text) and text.isascii()
    is_word = (
        plain
        and (text[:1].isalpha() or text[:1] == "/")
        and not text.endswith(":")
        and text.lower() not in _YAML_WORDS
    )
    return text if is_word else json.dumps(text)


_YAML_WORDS = frozenset({"yes", "no", "on", "off", "true", "false", "null", "y", "n", "none"})
