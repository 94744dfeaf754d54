"""The methods of Java's strings, lists and maps that CORS templates call.

Values are Python's: `str`, `int`, `bool`, `list`, `dict`, None for null, and the two marks below. What
is not known here raises `Unsupported` with the method's name, and nothing else is ever raised.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from remediate.services.rest_api.velocity.parser import Unsupported
from remediate.services.rest_api.velocity.regex import compiled, literal_of


class Mark:
    """A value that is no text, number, list or map."""


OPAQUE = Mark()
"""What only API Gateway knows: it may be printed, but nothing may depend on it."""

ABSENT = Mark()
"""A header or parameter that the request lacks, read as null.

Whether API Gateway gives null or an empty text is not documented. In both readings it equals `""`: every
framework asks so whether a header is there, and their templates answer on AWS (aws/aws-cdk#19104 shows a
reply of one over HTTP/2, where the header's name is in lower case and the first lookup finds nothing).
"""

Spend = Callable[[int], None]
"""Takes steps from what a template may use; raises `Unsupported` where none are left."""


class ParameterMap(dict[str, str]):
    """A map of a request's parameters; what stands for one that is missing is the reading's."""

    def __init__(self, values: Mapping[str, str], missing: Any) -> None:
        super().__init__(values)
        self.missing = missing


def is_null(value: Any) -> bool:
    """Return whether Velocity takes the value for null."""
    return value is None or value is ABSENT


def is_scalar(value: Any) -> bool:
    """Return whether the value is a text, a number or a boolean."""
    return isinstance(value, str | int)


def text_of(value: Any) -> str | None:
    """Return how Java writes the value, None for null and for what holds lists."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str | int):
        return str(value)
    if isinstance(value, list) and all(is_scalar(item) for item in value):
        return "[" + ", ".join(text_of(item) or "" for item in value) + "]"
    return None


def get(mapping: Mapping[Any, Any], name: Any) -> Any:
    """A map's value."""
    if not is_scalar(name):
        return OPAQUE if name is OPAQUE else None
    return mapping.get(name, mapping.missing if isinstance(mapping, ParameterMap) else None)


def contains(items: Sequence[Any], item: Any) -> bool:
    """Return whether the list holds a text, number or boolean."""
    if item is OPAQUE:
        raise Unsupported(".contains() of something that only API Gateway knows")
    if not (is_null(item) or is_scalar(item)) or not all(
        is_scalar(element) or is_null(element) for element in items
    ):
        if any(is_scalar(element) and is_scalar(item) and _same(element, item) for element in items):
            return True
        raise Unsupported(".contains() of a list with more than texts in it")
    return any(_same(element, item) for element in items)


def _same(left: Any, right: Any) -> bool:
    return (is_null(left) and is_null(right)) or (type(left) is type(right) and bool(left == right))


def call(value: Any, name: str, arguments: Sequence[Any], spend: Spend) -> Any:
    """The result of `value.name(arguments)`."""
    if is_null(value):
        return None  # Velocity: a call on null is null
    if isinstance(value, str):
        return _string(value, name, arguments, spend)
    if isinstance(value, list):
        spend(len(value) // 8)
        return _list(value, name, arguments)
    if isinstance(value, dict):
        spend(len(value) // 8)
        return _map(value, name, arguments)
    if name == "toString" and not arguments and is_scalar(value):
        return text_of(value)
    raise Unsupported(f".{name}()")


def _list(value: list[Any], name: str, arguments: Sequence[Any]) -> Any:
    match name, arguments:
        case "contains", [item]:
            return contains(value, item)
        case "indexOf", [item]:
            return next((place for place, element in enumerate(value) if _same(element, item)), -1)
        case "size", []:
            return len(value)
        case "isEmpty", []:
            return not value
        case "get", [int(place)] if 0 <= place < len(value):
            return value[place]
        case "add", [item]:
            value.append(item)
            return True
    raise Unsupported(f".{name}() of a list")


def _map(value: dict[Any, Any], name: str, arguments: Sequence[Any]) -> Any:
    if isinstance(value, ParameterMap) and name not in ("get", "containsKey", "getOrDefault"):
        # Which other headers a request has is not known.
        return OPAQUE
    match name, arguments:
        case "get", [key]:
            return get(value, key)
        case "containsKey", [key]:
            if isinstance(value, ParameterMap) and value.missing is OPAQUE and key not in value:
                return OPAQUE
            return is_scalar(key) and key in value
        case "keySet", []:
            return list(value)
        case "values", []:
            return list(value.values())
        case "size", []:
            return len(value)
        case "isEmpty", []:
            return not value
        case "put", [key, item] if is_scalar(key):
            before = value.get(key)
            value[key] = item
            return before
    raise Unsupported(f".{name}() of a map")


_PLAIN: Mapping[str, Callable[[str], Any]] = {
    "isEmpty": lambda text: not text,
    "length": len,
    "toLowerCase": str.lower,
    "toString": str,
    "toUpperCase": str.upper,
    "trim": lambda text: text.strip("".join(map(chr, range(33)))),
}
_OF_TEXT: Mapping[str, Callable[[str, str], Any]] = {
    "concat": str.__add__,
    "contains": str.__contains__,
    "endsWith": str.endswith,
    "equals": str.__eq__,
    "equalsIgnoreCase": lambda text, other: text.lower() == other.lower(),
    "indexOf": str.find,
    "startsWith": str.startswith,
}


def _string(value: str, name: str, arguments: Sequence[Any], spend: Spend) -> Any:
    spend(len(value) // 256)
    if not arguments and name in _PLAIN:
        return _PLAIN[name](value)
    if any(is_null(argument) for argument in arguments) and name in ("equals", "equalsIgnoreCase"):
        return False
    match name, arguments:
        case "matches", [str(pattern)]:
            return matches(value, pattern, spend)
        case "split", [str(pattern)]:
            return _split(value, pattern, spend)
        case "replace", [str(old), str(new)] if old:
            spend(value.count(old) * len(new) // 256)
            return value.replace(old, new)
        case "substring", [int(start)] if 0 <= start <= len(value):
            return value[start:]
        case "substring", [int(start), int(end)] if 0 <= start <= end <= len(value):
            return value[start:end]
        case _, [str(other)] if name in _OF_TEXT:
            spend(len(other) // 256)
            return _OF_TEXT[name](value, other)
    raise Unsupported(f".{name}() of a text")


def matches(value: str, pattern: str, spend: Spend) -> bool:
    """`value.matches(pattern)`."""
    literal = literal_of(pattern)
    if literal is not None:
        return value == literal
    automaton = compiled(pattern)
    spend(len(value) * automaton.size // 50)
    return automaton.matches(value)


def _split(value: str, pattern: str, spend: Spend) -> list[Any]:
    """Java's split: empty texts at the end are left out."""
    literal = literal_of(pattern)
    if not literal:
        raise Unsupported(f".split() at the regular expression {pattern[:60]!r}")
    parts: list[Any] = value.split(literal)
    spend(len(parts))
    while len(parts) > 1 and not parts[-1]:
        del parts[-1]
    return parts
