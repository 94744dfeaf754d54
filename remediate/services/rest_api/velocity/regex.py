"""Java's regular expressions, as far as CORS templates use them, matched in linear time.

`String.matches` is anchored at both ends and an unescaped dot stands for any character. A pattern is
compiled into an automaton of our own and never into Python's `re`: a template is foreign text, and
backtracking on it could take for ever. What is not known raises `Unsupported`.
https://docs.oracle.com/en/java/javase/17/docs/api/java.base/java/util/regex/Pattern.html
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise

from remediate.services.rest_api.velocity.ast import every
from remediate.services.rest_api.velocity.parser import Unsupported

LONGEST = 5_000
MOST_STATES = 5_000
MOST_REPEATS = 256
DEEPEST = 30
MOST_SAMPLES = 20

_LAST = 0x10FFFF
_LINE_ENDS = ("\n", "\r\n", "\r", "\u0085", "\u2028", "\u2029")
_CLASSES = {
    "d": ((48, 57),),
    "w": ((48, 57), (65, 90), (95, 95), (97, 122)),
    "s": ((9, 13), (32, 32)),
}
_CONTROLS = {"t": "\t", "n": "\n", "r": "\r", "f": "\f"}

Ranges = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Chars:
    """One character of some ranges."""

    ranges: Ranges

    def holds(self, code: int) -> bool:
        """Return whether the character belongs to it."""
        return any(low <= code <= high for low, high in self.ranges)

    @property
    def only(self) -> str | None:
        """The one character that it stands for, None where there are more."""
        (low, high), *more = self.ranges or ((1, 0),)
        return chr(low) if low == high and not more else None


@dataclass(frozen=True, slots=True)
class Series:
    """Parts that follow each other."""

    parts: tuple[Regex, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several."""

    options: tuple[Regex, ...]


@dataclass(frozen=True, slots=True)
class Repeat:
    """The part, from `low` to `high` times; without `high` any number of times."""

    part: Regex
    low: int
    high: int | None


@dataclass(frozen=True, slots=True)
class Anchor:
    """The text's start, or its end."""

    at_end: bool


Regex = Chars | Series | Choice | Repeat | Anchor

ANY_CHARACTER = Chars(((0, 9), (11, 12), (14, 0x84), (0x86, 0x2027), (0x202A, _LAST)))


@dataclass(slots=True)
class Pattern:
    """A compiled pattern."""

    tree: Regex
    moves: list[list[tuple[Chars, int]]] = field(default_factory=list)
    jumps: list[list[tuple[Anchor | None, int]]] = field(default_factory=list)
    last: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        self.last = self._build(self.tree, self._state())

    @property
    def size(self) -> int:
        """Return the number of states: a match takes no more steps than these for a character."""
        return len(self.moves)

    def matches(self, text: str) -> bool:
        """Return whether the whole text matches, as `String.matches` says."""
        states = self._reachable({0}, text, 0)
        for place, character in enumerate(text):
            code = ord(character)
            arrived = {to for state in states for chars, to in self.moves[state] if chars.holds(code)}
            if not arrived:
                return False
            states = self._reachable(arrived, text, place + 1)
        return self.last in states

    def _reachable(self, states: set[int], text: str, place: int) -> set[int]:
        """The states, and those that they lead to without a character."""
        waiting, reached = list(states), set(states)
        while waiting:
            for anchor, to in self.jumps[waiting.pop()]:
                if to not in reached and (anchor is None or _holds(anchor, text, place)):
                    reached.add(to)
                    waiting.append(to)
        return reached

    def _state(self) -> int:
        if len(self.moves) >= MOST_STATES:
            raise Unsupported("a regular expression that is too large")
        self.moves.append([])
        self.jumps.append([])
        return len(self.moves) - 1

    def _build(self, tree: Regex, start: int) -> int:
        """Add the states for the tree; the last of them."""
        if isinstance(tree, Series):
            for part in tree.parts:
                start = self._build(part, start)
            return start
        if isinstance(tree, Choice):
            end = self._state()
            for option in tree.options:
                first = self._state()
                self.jumps[start].append((None, first))
                self.jumps[self._build(option, first)].append((None, end))
            return end
        if isinstance(tree, Repeat):
            return self._repeat(tree, start)
        end = self._state()
        if isinstance(tree, Anchor):
            self.jumps[start].append((tree, end))
        else:
            self.moves[start].append((tree, end))
        return end

    def _repeat(self, tree: Repeat, start: int) -> int:
        for _ in range(tree.low):
            start = self._build(tree.part, start)
        end = self._state()
        if tree.high is None:
            first = self._state()
            self.jumps[start].append((None, first))
            self.jumps[self._build(tree.part, first)].append((None, first))
            self.jumps[first].append((None, end))
            return end
        for _ in range(tree.high - tree.low):
            self.jumps[start].append((None, end))
            start = self._build(tree.part, start)
        self.jumps[start].append((None, end))
        return end


def _holds(anchor: Anchor, text: str, place: int) -> bool:
    if not anchor.at_end:
        return place == 0
    return place == len(text) or text[place:] in _LINE_ENDS


@lru_cache(maxsize=1024)
def compiled(pattern: str) -> Pattern:
    """The pattern, ready to match; `Unsupported` where it is none or says something that is not known."""
    if len(pattern) > LONGEST:
        raise Unsupported("a regular expression that is too long")
    reader = _Reader(pattern)
    tree = reader.choice(0)
    if reader.at < len(pattern):
        raise reader.unsupported()
    return Pattern(tree)


def literal_of(pattern: str) -> str | None:
    """The one text that a pattern matches, None where it can match another."""
    try:
        tree = compiled(pattern).tree
    except Unsupported:
        return None
    parts = list(tree.parts) if isinstance(tree, Series) else [tree]
    while parts and isinstance(parts[0], Anchor) and not parts[0].at_end:
        del parts[0]
    while parts and isinstance(parts[-1], Anchor) and parts[-1].at_end:
        del parts[-1]
    letters = [part.only if isinstance(part, Chars) else None for part in parts]
    characters = [letter for letter in letters if letter is not None]
    return "".join(characters) if len(characters) == len(letters) else None


def samples(pattern: str, word: str) -> Iterator[str]:
    """Texts that the pattern may match: `word` where it leaves room, and a letter for one loose dot each."""
    try:
        tree = compiled(pattern).tree
    except Unsupported:
        return
    places = sum(part == ANY_CHARACTER for part in every(tree))
    for place in range(-1, min(places, MOST_SAMPLES)):
        yield _sample(tree, word, iter("x" if chosen == place else "." for chosen in range(places)))


def _sample(tree: Regex, word: str, dots: Iterator[str]) -> str:
    if isinstance(tree, Chars):
        if tree == ANY_CHARACTER:
            return next(dots, ".")
        return tree.only or ("a" if tree.holds(ord("a")) else chr(tree.ranges[0][0]) if tree.ranges else "")
    if isinstance(tree, Series):
        return "".join(_sample(part, word, dots) for part in tree.parts)
    if isinstance(tree, Choice):
        return _sample(tree.options[0], word, dots)
    if isinstance(tree, Repeat):
        part = tree.part
        if tree.high is None and isinstance(part, Chars) and all(part.holds(ord(letter)) for letter in word):
            return word
        return _sample(part, word, dots) * tree.low
    return ""


class _Reader:
    def __init__(self, source: str) -> None:
        self.source = source
        self.at = 0
        self.any_case = source.startswith("(?i)")
        if self.any_case:
            self.at = 4

    def unsupported(self) -> Unsupported:
        return Unsupported(f"the regular expression {self.source[:60]!r}")

    def peek(self) -> str:
        return self.source[self.at : self.at + 1]

    def take(self, text: str) -> bool:
        if not self.source.startswith(text, self.at):
            return False
        self.at += len(text)
        return True

    def choice(self, depth: int) -> Regex:
        if depth > DEEPEST:
            raise self.unsupported()
        options = [self.sequence(depth)]
        while self.take("|"):
            options.append(self.sequence(depth))
        return options[0] if len(options) == 1 else Choice(tuple(options))

    def sequence(self, depth: int) -> Regex:
        parts: list[Regex] = []
        while self.peek() not in ("", "|", ")"):
            parts.append(self.repeated(self.atom(depth)))
        return Series(tuple(parts))

    def atom(self, depth: int) -> Regex:
        mark = self.peek()
        self.at += 1
        if mark == "(":
            if not self.take("?:") and self.peek() == "?":
                raise self.unsupported()
            inner = self.choice(depth + 1)
            if not self.take(")"):
                raise self.unsupported()
            return inner
        if mark == "[":
            return self.characters()
        if mark == ".":
            return ANY_CHARACTER
        if mark in "^$":
            return Anchor(mark == "$")
        if mark == "\\":
            return self.escaped()
        if mark in "*+?{":
            raise self.unsupported()
        return self.letter(mark)

    def escaped(self) -> Regex:
        mark = self.peek()
        self.at += 1
        if mark in "Az" and mark:
            return Anchor(mark == "z")
        return self.class_of(mark)

    def class_of(self, mark: str) -> Chars:
        """Return what a backslash and a letter stand for."""
        if mark.lower() in _CLASSES:
            ranges = _CLASSES[mark.lower()]
            return Chars(ranges if mark.islower() else _others(ranges))
        if mark in _CONTROLS:
            return Chars(((ord(_CONTROLS[mark]),) * 2,))
        if not mark or (mark.isascii() and mark.isalnum()):
            raise self.unsupported()
        return self.letter(mark)

    def letter(self, mark: str) -> Chars:
        codes = {ord(mark)}
        if self.any_case and mark.isascii():
            codes |= {ord(mark.lower()), ord(mark.upper())}
        return Chars(tuple((code, code) for code in sorted(codes)))

    def characters(self) -> Chars:
        """A class in brackets; unions and intersections, which only Java has, are not known."""
        negated = self.take("^")
        ranges: list[tuple[int, int]] = []
        while not self.take("]"):
            low = self.member()
            if self.peek() == "-" and self.source[self.at + 1 : self.at + 2] not in ("", "]"):
                self.at += 1
                high = self.member()
                first, last = low.only, high.only
                if first is None or last is None or first > last:
                    raise self.unsupported()
                low = Chars(((ord(first), ord(last)),))
            ranges += low.ranges
        if not ranges:
            raise self.unsupported()
        if self.any_case:
            ranges += [
                (ord(swapped), ord(swapped))
                for code in (*range(65, 91), *range(97, 123))
                if Chars(tuple(ranges)).holds(code)
                for swapped in (chr(code).swapcase(),)
            ]
        return Chars(_others(ranges) if negated else _joined(ranges))

    def member(self) -> Chars:
        mark = self.peek()
        self.at += 1
        if not mark or mark == "[" or (mark == "&" and self.peek() == "&"):
            raise self.unsupported()
        if mark != "\\":
            return Chars(((ord(mark), ord(mark)),))
        mark = self.peek()
        self.at += 1
        if mark and not mark.isalnum():
            return Chars(((ord(mark), ord(mark)),))
        return self.class_of(mark)

    def repeated(self, atom: Regex) -> Regex:
        high: int | None
        if self.take("*"):
            low, high = 0, None
        elif self.take("+"):
            low, high = 1, None
        elif self.take("?"):
            low, high = 0, 1
        elif self.take("{"):
            low, high = self.counts()
        else:
            return atom
        if max(low, high or 0) > MOST_REPEATS or isinstance(atom, Anchor):
            raise self.unsupported()
        self.take("?")  # a lazy one matches the same texts
        if self.peek() in ("*", "+", "?", "{"):
            raise self.unsupported()  # possessive, or no regular expression at all
        return Repeat(atom, low, high)

    def counts(self) -> tuple[int, int | None]:
        close = self.source.find("}", self.at)
        low, comma, high = self.source[self.at : max(close, self.at)].partition(",")
        if not (low.isdecimal() and len(low) < 4 and len(high) < 4 and (not high or high.isdecimal())):
            raise self.unsupported()
        self.at = close + 1
        if not comma:
            return int(low), int(low)
        if high and int(high) < int(low):
            raise self.unsupported()
        return int(low), int(high) if high else None


def _joined(ranges: Sequence[tuple[int, int]]) -> Ranges:
    """The same characters in ranges that are sorted and do not touch."""
    joined: list[tuple[int, int]] = []
    for low, high in sorted(ranges):
        if joined and low <= joined[-1][1] + 1:
            joined[-1] = (joined[-1][0], max(joined[-1][1], high))
        else:
            joined.append((low, high))
    return tuple(joined)


def _others(ranges: Sequence[tuple[int, int]]) -> Ranges:
    """All other characters."""
    edges = ((-1, -1), *_joined(ranges), (_LAST + 1, _LAST + 1))
    return tuple((left[1] + 1, right[0] - 1) for left, right in pairwise(edges) if left[1] + 1 < right[0])
