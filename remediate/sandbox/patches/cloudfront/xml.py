"""Writes an answer of the CloudFront API as XML, from the API model.

moto's serializer does the same for every protocol and asks many questions per value; a list of
a hundred distributions is most of a second of them. Here each shape becomes one function, once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from xml.sax.saxutils import escape

_Writer = Callable[[Any], str]

_NAMESPACE = "http://cloudfront.amazonaws.com/doc/2020-05-31/"
_writers: dict[str, _Writer] = {}


def write(output: Any, answer: Mapping[str, Any]) -> tuple[dict[str, str], str]:
    """Give the headers and the body that say `answer`, for an operation's `output` shape."""
    headers = {"Content-Type": "text/xml"}
    body = ""
    payload = output.serialization.get("payload")
    for name, shape in output.members.items():
        value = answer.get(name)
        if value is None:
            continue
        if name == payload:
            tag = shape.serialization.get("name", name)
            body = f'<{tag} xmlns="{_NAMESPACE}">{_writer(shape)(value)}</{tag}>'
        elif shape.serialization.get("location") == "header":
            headers[shape.serialization["name"]] = str(value)
    return headers, body


def _writer(shape: Any) -> _Writer:
    if shape.name not in _writers:
        _writers[shape.name] = _make(shape)
    return _writers[shape.name]


def _make(shape: Any) -> _Writer:
    match shape.type_name:
        case "structure":
            return _structure(shape)
        case "list":
            return _list(shape)
        case "boolean":
            return lambda value: "true" if value else "false"
        case "timestamp":
            return _timestamp
        case _:
            return lambda value: escape(str(value))


def _structure(shape: Any) -> _Writer:
    members = [
        (name, member.serialization.get("name", name), _writer(member))
        for name, member in shape.members.items()
    ]

    def write_members(document: Mapping[str, Any]) -> str:
        return "".join(
            f"<{tag}>{writer(document[name])}</{tag}>"
            for name, tag, writer in members
            if document.get(name) is not None
        )

    return write_members


def _list(shape: Any) -> _Writer:
    tag = shape.member.serialization.get("name", "member")
    writer = _writer(shape.member)
    return lambda values: "".join(f"<{tag}>{writer(value)}</{tag}>" for value in values)


def _timestamp(value: datetime) -> str:
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{value.microsecond // 1000:03}Z"
