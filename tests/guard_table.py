"""Prints the README's table of guards, between its markers: `python -m tests.guard_table`."""

from __future__ import annotations

from remediate.core.guard_table import markdown

START, END = "<!-- guards -->", "<!-- /guards -->"


def block() -> str:
    """What the README must hold, letter by letter."""
    return f"{START}\n{markdown()}\n{END}"


if __name__ == "__main__":
    print(block())
