"""A length of time in words."""

from __future__ import annotations


def span(seconds: int) -> str:
    """`2 d 4 h`, `3 h 12 min`: the two largest units that say something."""
    minutes = (seconds + 30) // 60
    units = ((minutes // 1440, "d"), (minutes // 60 % 24, "h"), (minutes % 60, "min"))
    first = next((at for at, (count, _) in enumerate(units) if count), None)
    if first is None:
        return "less than 1 min"
    return " ".join(f"{count} {unit}" for count, unit in units[first : first + 2] if count)
