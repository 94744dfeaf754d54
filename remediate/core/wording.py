"""Words for a change as people read it: lists of names, and what a list gained and lost. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

NAMES_SHOWN = 4


def counted(count: int, noun: str, plural: str = "") -> str:
    """`1 rule`, `2 rules`."""
    return f"{count} {noun if count == 1 else plural or noun + 's'}"


def listing(names: Sequence[str], most: int = NAMES_SHOWN) -> str:
    """`a`, `a and b`, `a, b and 5 more`: every name while there are at most `most`."""
    if len(names) > most:
        return f"{', '.join(names[: most - 1])} and {len(names) - most + 1} more"
    return " and ".join(part for part in (", ".join(names[:-1]), *names[-1:]) if part)


def difference(before: Iterable[str], after: Iterable[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The values that `after` has and `before` lacks, and the other way round, in their order."""
    left, right = tuple(dict.fromkeys(before)), tuple(dict.fromkeys(after))
    return (
        tuple(value for value in right if value not in left),
        tuple(value for value in left if value not in right),
    )


def list_phrases(lists: Iterable[tuple[str, Iterable[str], Iterable[str]]]) -> Iterator[str]:
    """`allow origin a, methods b and c` and `stop allowing header d`, of (noun, before, after) lists.

    Nothing comes out where every list holds the same before and after.
    """
    gained, lost = [], []
    for noun, before, after in lists:
        more, less = difference(before, after)
        gained += [_named(noun, more)] if more else []
        lost += [_named(noun, less)] if less else []
    if gained:
        yield f"allow {', '.join(gained)}"
    if lost:
        yield f"stop allowing {', '.join(lost)}"


def _named(noun: str, names: Sequence[str]) -> str:
    return f"{noun if len(names) == 1 else noun + 's'} {listing(names)}"
