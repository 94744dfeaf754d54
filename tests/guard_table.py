"""Writes the table of guards into the guide, between its markers: `python -m tests.guard_table`."""

from __future__ import annotations

from pathlib import Path

from remediate.core.guard_table import markdown

PAGE = Path(__file__).parent.parent / "remediate" / "guide" / "guards.md"
START, END = "<!-- guards -->", "<!-- /guards -->"


def block() -> str:
    """What the page must hold, letter by letter."""
    return f"{START}\n{markdown()}\n{END}"


if __name__ == "__main__":
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(START)
    PAGE.write_text(f"{before}{block()}{rest.partition(END)[2]}", encoding="utf-8")
