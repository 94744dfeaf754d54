"""Applies the patch operations of API Gateway REST APIs; each Update* brings its own rules.

moto has none of these operations. The grammar is JSON Patch cut down: `add`, `remove` and
`replace`, a JSON pointer as path (`~1` for a slash in a name), and a value that is always a
string. Which path takes which operation:
https://docs.aws.amazon.com/apigateway/latest/api/patch-operations.html
"""

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from moto.apigateway.responses import APIGatewayResponse

from remediate.sandbox.patches.apigateway.serialise import (
    ApiGatewayError,
    Document,
    bad_request,
    body,
    invalid,
    not_found,
)

# In the order in which the service names them in its message.
KNOWN_OPERATIONS = ("add", "remove", "move", "test", "replace", "copy")


@dataclass(frozen=True)
class Patch:
    """One operation; `value` is None when it is absent."""

    op: str
    path: str
    value: str | None
    source: str | None = None


@dataclass(frozen=True)
class Members:
    """The rules of one map (or list) of names for `add`, `replace` and `remove`."""

    unknown: str = "Invalid parameter name specified"
    convert: Callable[[str], Any] = str
    empty: str | None = None  # the message on an empty value, where AWS refuses it


@dataclass(frozen=True)
class Rules:
    """The patch operations that an object's Update* accepts."""

    scalars: Mapping[str, Callable[[str], Any]] = field(default_factory=dict)
    maps: Mapping[str, Members] = field(default_factory=dict)
    lists: Mapping[str, Members] = field(default_factory=dict)
    # The service words this refusal differently from object to object.
    refuse: Callable[[Patch], ApiGatewayError] = field(
        default=lambda _: bad_request("Invalid patch operation specified. Must be one of: [replace]")
    )
    unknown: Callable[[Patch], ApiGatewayError] = field(
        default=lambda patch: bad_request(f"Invalid patch path {patch.path}")
    )


TEMPLATES = Members(unknown="Content-Type specified was not found")


def truth(value: str) -> bool:
    """Read a boolean; AWS takes any other word for false."""
    return value.lower() == "true"


def patches(response: APIGatewayResponse, member: str) -> list[Patch]:
    """Read the operations of a request, refusing unknown ones as the model validation does."""
    operations = body(response).get("patchOperations", [])
    faults = [
        f"Value '{each.get('op')}' at '{member}.patchOperations.{number}.member.op' failed to "
        "satisfy constraint: Member must satisfy enum value set: "
        f"[{', '.join(KNOWN_OPERATIONS)}]"
        for number, each in enumerate(operations, start=1)
        if each.get("op") not in KNOWN_OPERATIONS
    ]
    if faults:
        noun = "error" if len(faults) == 1 else "errors"
        raise invalid(f"{len(faults)} validation {noun} detected: {'; '.join(faults)}")
    return [
        Patch(each["op"], each.get("path") or "null", each.get("value"), each.get("from"))
        for each in operations
    ]


def patched(state: Document, operations: list[Patch], rules: Rules) -> Document:
    """Return `state` after the operations; an error leaves the caller's own state as it was."""
    after = copy.deepcopy(state)
    for patch in operations:
        name, *names = [unescape(each) for each in patch.path.removeprefix("/").split("/")]
        pointer = patch.path.removeprefix("/")
        if pointer in rules.scalars:
            if patch.op != "replace":
                raise rules.refuse(patch)
            _set(after, pointer, rules.scalars[pointer](patch.value) if patch.value else None)
        elif name in rules.maps and len(names) == 1:
            _patch_map(after, name, names[0], patch, rules.maps[name])
        elif name in rules.lists and len(names) == 1:
            _patch_list(after, name, names[0], patch, rules.lists[name])
        else:
            raise rules.unknown(patch)
    return after


def unescape(segment: str) -> str:
    """Undo JSON pointer escapes, https://www.rfc-editor.org/rfc/rfc6901#section-4."""
    return segment.replace("~1", "/").replace("~0", "~")


def _set(state: Document, pointer: str, value: Any) -> None:
    *above, last = pointer.split("/")
    for name in above:
        state[name] = state.get(name) or {}
        state = state[name]
    state[last] = value


def _patch_map(state: Document, name: str, key: str, patch: Patch, members: Members) -> None:
    entries = dict(state.get(name) or {})
    if patch.op in ("replace", "add"):
        if not patch.value and members.empty is not None:
            raise bad_request(members.empty)
        if patch.op == "replace" and key not in entries:
            raise not_found(members.unknown)
        entries[key] = members.convert(patch.value or "")
    elif patch.op == "remove":
        if key not in entries:
            raise not_found(members.unknown)
        del entries[key]
    else:
        raise bad_request(f"Invalid patch path {patch.path}")
    # AWS shows an emptied map as an absent one.
    state[name] = entries or None


def _patch_list(state: Document, name: str, key: str, patch: Patch, members: Members) -> None:
    entries = list(state.get(name) or [])
    if patch.op in ("replace", "remove"):
        if key not in entries:
            raise not_found(members.unknown)
        entries.remove(key)
    added = {"add": key, "replace": patch.value}.get(patch.op)
    if added and added not in entries:
        entries.append(members.convert(added))
    state[name] = entries
