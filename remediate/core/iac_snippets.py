"""Fragments of CloudFormation (YAML) and Terraform (HCL), for findings that print a change. Pure.

Only what such fragments need: mappings, lists and single values, with nothing that a reader of the
language would take for anything else.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

# Words that YAML reads as text whatever its version, and that need no quotes.
_BARE = re.compile(
    r"(?!(?:yes|no|on|off|true|false|null|y|n)$)[a-z][a-z0-9_-]*(?:::[a-z0-9]+)*$", re.IGNORECASE
)


class Reference(str):
    """The name of another resource of the fragment; CloudFormation's `!Ref`."""

    __slots__ = ()


class Blocks(list[Mapping[str, Any]]):
    """Nested blocks of one name; in Terraform a block is no value."""


def yaml(value: Any) -> str:
    """Block style, with lists of single values on one line."""
    return "\n".join(_yaml(value))


def _yaml(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, member in value.items():
            name = key if _BARE.match(key) else json.dumps(key, ensure_ascii=False)
            if _is_single(member):
                yield f"{name}: {_one_line(member)}"
            else:
                yield f"{name}:"
                yield from (f"  {line}" for line in _yaml(member))
    else:
        for member in value:
            first, *rest = _yaml(member)
            yield f"- {first}"
            yield from (f"  {line}" for line in rest)


def _is_single(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return not any(isinstance(member, Mapping | list | tuple) for member in value)
    return not isinstance(value, Mapping) or not value


def _one_line(value: Any) -> str:
    if isinstance(value, list | tuple):
        return f"[{', '.join(_one_line(member) for member in value)}]"
    if isinstance(value, Reference):
        return f"!Ref {value}"
    if isinstance(value, str) and _BARE.match(value):
        return value
    return json.dumps(value, ensure_ascii=False)


def hcl(resource: str, name: str, body: Mapping[str, Any]) -> str:
    """One `resource` with its arguments and, where `body` holds `Blocks`, nested blocks."""
    return "\n".join([f'resource "{resource}" "{label(name)}" {{', *_body(body), "}"])


def _body(body: Mapping[str, Any]) -> Iterator[str]:
    arguments = {key: value for key, value in body.items() if not isinstance(value, Blocks)}
    width = max(map(len, arguments), default=0)
    for key, value in arguments.items():
        first, *rest = _value(value)
        yield f"  {key:<{width}} = {first}"
        yield from (f"  {line}" for line in rest)
    for key, blocks in body.items():
        if isinstance(blocks, Blocks):
            for block in blocks:
                yield f"  {key} {{"
                yield from (f"  {line}" for line in _body(block))
                yield "  }"


def _value(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        yield "{"
        for key, member in value.items():
            yield f"  {_text(key)} = {_text(member)}"
        yield "}"
    elif isinstance(value, list | tuple):
        yield f"[{', '.join(_text(member) for member in value)}]"
    else:
        yield _text(value)


def _text(value: Any) -> str:
    if isinstance(value, Reference):
        return str(value)
    written = json.dumps(value, ensure_ascii=False)
    # In a quoted template `${` and `%{` would begin an expression.
    return written.replace("${", "$${").replace("%{", "%%{")


def label(name: str) -> str:
    """A name that Terraform takes for a resource."""
    return re.sub(r"[^A-Za-z0-9]+", "_", name).strip("_") or "this"


def logical(name: str) -> str:
    """A name that CloudFormation takes for a resource: letters and digits alone."""
    return "".join(part[:1].upper() + part[1:] for part in re.split(r"[^A-Za-z0-9]+", name)) or "This"


def present(members: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """The members that say something, in their order."""
    return {key: value for key, value in members if value is not None and value not in ([], {}, "")}


def renamed(given: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """The members of `given` that `names` lists, under their other names and in its order."""
    return present((target, given.get(own)) for own, target in names.items())
