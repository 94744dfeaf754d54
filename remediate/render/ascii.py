"""Text for an output that lacks some of its characters: an ASCII form where there is one. Pure."""

from __future__ import annotations

import codecs
from functools import cache

FORMS = {
    "…": "...",
    "→": "->",
    "←": "<-",
    "↔": "<->",
    "⇒": "=>",
    "⏎": "\\n",
    "✔": "ok",
    "✓": "ok",
    "✘": "x",
    "✗": "x",
    "⚠": "!",
    "•": "*",
    "·": "-",
    "×": "x",
    "≥": ">=",
    "≤": "<=",
    "≠": "!=",
    "‘": "'",
    "’": "'",
    "‚": "'",
    "“": '"',
    "”": '"',
    "„": '"',
    "«": '"',
    "»": '"',
    "‐": "-",
    "‑": "-",
    "–": "-",
    "—": "-",
    "\u00a0": " ",
    "\u2009": " ",
    "\u202f": " ",
}
"""By character, where an ASCII form reads the same."""

_LINES = {"─━═╌╍┄┅┈┉╴╶╸╺": "-", "│┃║╎╏┆┇┊┋╵╷╹╻": "|"}
_BOX = range(0x2500, 0x2580)
_BLOCKS = range(0x2580, 0x25A0)


def fitting(text: str, encoding: str) -> str:
    """The text in characters that the encoding has; what has no ASCII form is escaped with a backslash."""
    if _fits(text, encoding):
        return text
    return "".join(char if _fits(char, encoding) else _form(char) for char in text)


def fitting_json(text: str, encoding: str) -> str:
    r"""The same JSON value in characters that the encoding has: `\u2192` inside its strings."""
    if _fits(text, encoding):
        return text
    return "".join(char if _fits(char, encoding) else _escaped(char) for char in text)


def _fits(text: str, encoding: str) -> bool:
    try:
        # Shift JIS writes a yen sign as a backslash: what is read must be what was written.
        return text.encode(encoding).decode(encoding) == text
    except UnicodeError:
        return False


@cache
def _form(char: str) -> str:
    if char in FORMS:
        return FORMS[char]
    if ord(char) in _BOX:
        return next((form for chars, form in _LINES.items() if char in chars), "+")
    if ord(char) in _BLOCKS:
        return "#"
    return char.encode("ascii", "backslashreplace").decode("ascii")


def _escaped(char: str) -> str:
    """A character as JSON escapes it: two units where it lies beyond the basic plane (RFC 8259, 7)."""
    data = char.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{int.from_bytes(data[at : at + 2], 'big'):04x}" for at in range(0, len(data), 2))


def is_ascii(encoding: str) -> bool:
    """Return whether the encoding is ASCII, by whatever name."""
    return codecs.lookup(encoding).name == "ascii"
