"""Translates the errors of pydantic into the words and the positions of the plan file."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from remediate.planfile.schema.model import (
    UNNAMED,
    AllowModel,
    ChannelModel,
    ContestedModel,
    ExpectModel,
    GuardsModel,
    LevelsModel,
    LoopbackModel,
    Models,
    OriginModel,
    TargetModel,
)
from remediate.planfile.validate.diagnostics import Diagnostic, listed, shown
from remediate.planfile.yaml.tree import MappingNode, Node, Scalar, SequenceNode
from remediate.text import closest

Loc = tuple[int | str, ...]

_KINDS = {
    "string_type": "a text",
    "list_type": "a list",
    "bool_type": "true or false",
    "model_type": "a mapping of keys",
}


def diagnostics(
    root: Node, error: ValidationError, models: Models, most: int
) -> tuple[list[Diagnostic], int]:
    """The first `most` diagnostics in the order of the file, and how many there are in all."""
    placed = sorted(
        (
            (_place(root, _untagged(detail["loc"]), detail["type"]), detail)
            for detail in error.errors(include_url=False, include_input=False)
        ),
        key=lambda pair: pair[0],
    )
    translator = _Translator(root, models)
    diagnostics = [Diagnostic(*place, *translator.say(detail)) for place, detail in placed[:most]]
    return diagnostics, len(placed)


def _untagged(loc: Loc) -> Loc:
    # ("targets", 0, "s3", "allow"): the third is the union's tag, not a key.
    return loc[:2] + loc[3:] if loc[:1] in {("targets",), ("notify",)} else loc


def _node(root: Node, loc: Loc) -> Node:
    """The node at loc, or the last one on the way that the file has."""
    node = root
    for step in loc:
        if isinstance(node, MappingNode) and isinstance(step, str) and step in node.entries:
            node = node.entries[step].value
        elif isinstance(node, SequenceNode) and isinstance(step, int) and step < len(node.items):
            node = node.items[step]
        else:
            break
    return node


def _place(root: Node, loc: Loc, kind: str) -> tuple[int, int]:
    if kind == "extra_forbidden":
        parent = _node(root, loc[:-1])
        if isinstance(parent, MappingNode) and loc[-1] in parent.entries:
            entry = parent.entries[str(loc[-1])]
            return entry.line, entry.column
    node = _node(root, loc)
    return node.line, node.column


class _Translator:
    """Finds the words for one error after the other of one file."""

    def __init__(self, root: Node, models: Models) -> None:
        self._root = root
        self._models = models
        self._special: Mapping[str, Callable[[Loc, str, ErrorDetails], tuple[str, str]]] = {
            "rule": self._rule,
            "missing": self._missing,
            "extra_forbidden": self._extra,
            "literal_error": self._literal,
            "too_short": self._too_short,
        }

    def say(self, detail: ErrorDetails) -> tuple[str, str]:
        """Rule and hint of one error."""
        loc = _untagged(detail["loc"])
        tag = str(detail["loc"][2]) if loc != detail["loc"] and len(detail["loc"]) > 2 else UNNAMED
        special = self._special.get(detail["type"])
        if special:
            return special(loc, tag, detail)
        if detail["type"] in _KINDS:
            return self._wrong_kind(loc, detail["type"])
        return f"{_name(loc)}: {detail['msg']}", "compare with what `remediate schema` prints"

    def _rule(self, _loc: Loc, _tag: str, detail: ErrorDetails) -> tuple[str, str]:
        return detail["ctx"]["rule"], detail["ctx"]["hint"]

    def _missing(self, loc: Loc, tag: str, _detail: ErrorDetails) -> tuple[str, str]:
        key = str(loc[-1])
        for name, field in self._model(loc, tag).model_fields.items():
            if key in (name, field.alias) and field.examples:
                return f"the key {key!r} is missing", f"add {key}: {_yaml(field.examples[0])}"
        return f"the key {key!r} is missing", "add it"

    def _extra(self, loc: Loc, tag: str, _detail: ErrorDetails) -> tuple[str, str]:
        key, keys = str(loc[-1]), _keys(self._model(loc, tag))
        rule = f"unknown key {shown(key)}"
        for kind, model in self._models.targets.items():
            if _is_target(loc) and key in _keys(model) and key != kind:
                return (
                    f"{shown(key)} is a key of {kind} targets; {tag} has no such thing",
                    f"delete it; {tag} targets know {listed(keys, 'and')}",
                )
        signed = [kind for kind, model in self._models.channels.items() if key in _keys(model)]
        if loc[:1] == ("notify",) and signed and tag not in signed:
            return f"{tag} takes no {key}", f"delete it; {listed(signed, 'and')} can be signed"
        if loc == ("also",):
            return rule, "it belongs on a target; the origins of all targets stand under origins"
        if guess := closest(key, keys):
            return rule, f"did you mean {guess}?"
        if key in self._models.targets:
            return rule, f"write it as an entry of the list under targets: - {key}: ..."
        homes: dict[str, type[BaseModel]] = {
            "allow": AllowModel,
            "origins": OriginModel,
            "expect": ExpectModel,
            "guards": GuardsModel,
            "contested": ContestedModel,
            "loopback": LoopbackModel,
        }
        for home, inner in homes.items():
            if loc[-2:-1] != (home,) and key in _keys(inner):
                return rule, f"it belongs under {home}"
        return rule, f"known here are {listed(keys, 'and')}"

    def _literal(self, loc: Loc, tag: str, detail: ErrorDetails) -> tuple[str, str]:
        choices = _choices(self._model(loc, tag), str(loc[-1]))
        node = _node(self._root, loc)
        if not isinstance(node, Scalar):
            return self._wrong_kind(loc, "string_type")
        rule = f"{_name(loc)} is {listed(choices)}, not {shown(node.text)}"
        guess = closest(node.text, choices)
        if guess:
            return rule, f"did you mean {guess}?"
        return rule, f"write {_name(loc)}: {choices[0]}" if choices else detail["msg"]

    def _too_short(self, loc: Loc, _tag: str, _detail: ErrorDetails) -> tuple[str, str]:
        hints = {"targets": "add at least one, like - s3: my-bucket"}
        return f"{_name(loc)} is an empty list", hints.get(
            str(loc[-1]), "list at least one, or delete the key"
        )

    def _wrong_kind(self, loc: Loc, kind: str) -> tuple[str, str]:
        node, expected = _node(self._root, loc), _KINDS[kind]
        if loc[-2:-1] in {("origins",), ("also",)} and isinstance(node, Scalar):
            hint = "write it like https://app.example.com"
            if node.text == "null":
                hint = 'write "null" in quotes if the origin of sandboxed frames is meant, else delete it'
            return f"an entry of {loc[-2]} must be an origin, not {_described(node)}", hint
        if loc[:1] == ("notify",) and isinstance(node, Scalar):
            # It may hold a secret, so it is not repeated.
            hint = "write - KIND: TARGET, with a space after the colon"
            return f"{_name(loc)} must be {expected}", hint
        rule = f"{_name(loc)} must be {expected}, not {_described(node)}"
        if isinstance(node, Scalar):
            return rule, _scalar_hint(node, kind, str(loc[-1]) if loc else "")
        if kind == "list_type":
            return rule, "start each entry with '- '"
        if kind == "model_type" and isinstance(node, SequenceNode):
            return rule, "write key: value lines, without '- ' in front"
        return rule, "write one value"

    def _model(self, loc: Loc, tag: str) -> type[BaseModel]:
        """The model of the mapping that holds the last step of loc."""
        path = [step for step in loc[:-1] if isinstance(step, str)]
        inner: dict[str, type[BaseModel]] = {
            "origins": OriginModel,
            "also": OriginModel,
            "allow": AllowModel,
            "expect": ExpectModel,
            "guards": GuardsModel,
            "contested": ContestedModel,
            "levels": LevelsModel,
            "loopback": LoopbackModel,
        }
        if path and path[-1] in inner:
            return inner[path[-1]]
        if path[:1] == ["notify"]:
            return self._models.channels.get(tag, ChannelModel)
        return self._models.targets.get(tag, TargetModel) if path[:1] == ["targets"] else self._models.plan


def _name(loc: Loc) -> str:
    if not loc:
        return "a plan file"
    *path, last = loc
    return str(last) if isinstance(last, str) else f"an entry of {path[-1]}"


def _is_target(loc: Loc) -> bool:
    return len(loc) == 3 and loc[0] == "targets"


def _keys(model: type[BaseModel]) -> list[str]:
    """The keys of a mapping, its own before those that all targets have."""
    keys = [field.alias or name for name, field in model.model_fields.items()]
    return sorted(keys, key=TargetModel.model_fields.__contains__)


def _choices(model: type[BaseModel], key: str) -> tuple[str, ...]:
    """The texts that a Literal allows, wherever it stands in the field's type."""
    pending: list[Any] = [
        field.annotation for name, field in model.model_fields.items() if key in (name, field.alias)
    ]
    while pending:
        kind = pending.pop()
        if get_origin(kind) is Literal:
            return tuple(str(choice) for choice in get_args(kind))
        pending.extend(get_args(kind))
    return ()


def _yaml(value: Any) -> str:
    """A value as one would write it in a plan file; JSON is YAML."""
    if isinstance(value, str) and re.fullmatch(r"[A-Za-z][A-Za-z0-9_./:-]*", value):
        return value
    return json.dumps(value)


def _described(node: Node) -> str:
    if isinstance(node, SequenceNode):
        return "a list"
    if not isinstance(node, Scalar):
        return "a mapping of keys"
    if isinstance(node.value, bool):
        return f"{node.text} (which YAML reads as {str(node.value).lower()})"
    if node.value is None:
        return "null" if node.text else "nothing"
    if isinstance(node.value, (int, float)):
        return f"the number {node.text}"
    return f"the text {shown(node.text)}"


def _scalar_hint(node: Scalar, kind: str, key: str) -> str:
    if kind == "string_type":
        return f'quote it: "{node.text}"'
    if kind == "bool_type":
        return f"write {key}: true or {key}: false, without quotes"
    if kind == "list_type":
        needs_quotes = not node.plain and not re.fullmatch(r"[A-Za-z][\w.:/ ,-]*", node.text)
        return f"write [{json.dumps(node.text) if needs_quotes else node.text}]"
    return "write key: value lines, indented below it"
