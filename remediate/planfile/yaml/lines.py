"""The lines of a text: where each begins and ends."""

from __future__ import annotations

import re
from bisect import bisect_right

LINE_END = re.compile("\r\n|\r|\n")


class Lines:
    """The lines of a text by the offsets of their characters."""

    def __init__(self, text: str) -> None:
        self._ends = [(end.start(), end.end()) for end in LINE_END.finditer(text)]
        self._starts = [0, *(after for _, after in self._ends)]
        self._length = len(text)
        match = LINE_END.search(text)
        self.line_break = match.group() if match else "\n"
        """The first line break of the text; new lines end with it too."""

    def number(self, at: int) -> int:
        """The line of a character, from 0."""
        return bisect_right(self._starts, at) - 1

    def position(self, at: int) -> tuple[int, int]:
        """The line and the column of a character, both from 1."""
        return self.number(at) + 1, self.column(at) + 1

    def start(self, at: int) -> int:
        """The first character of the line."""
        return self._starts[self.number(at)]

    def column(self, at: int) -> int:
        """The number of characters before it in its line."""
        return at - self.start(at)

    def end(self, at: int) -> int:
        """The end of the line, before its line break."""
        number = self.number(at)
        return self._ends[number][0] if number < len(self._ends) else self._length

    def whole(self, first: int, last: int) -> tuple[int, int]:
        """The lines of both characters and those between, so that what is left still joins."""
        start, number = self.start(first), self.number(last)
        if number < len(self._ends):
            return start, self._ends[number][1]
        # The last line has no break of its own: the one before it goes with it.
        above = self.number(first) - 1
        return (self._ends[above][0] if above >= 0 else 0), self._length
