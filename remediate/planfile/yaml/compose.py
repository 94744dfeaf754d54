"""Composes the tree of a YAML text; hostile texts cost little.

A plan file needs one document of mappings, lists and scalars, and nothing else is read. The tree is
composed from PyYAML's events, because its own composer follows any depth and any number of aliases.
Scalars are resolved here: timestamps stay text (their offset matters, and YAML would drop it), and so do
YAML 1.1's base-60 numbers (`1:30`), which a plan file never needs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any, NamedTuple, NoReturn

import yaml

from remediate.planfile.validate.diagnostics import LONGEST_VALUE_SHOWN, Diagnostic, invisible, shown
from remediate.planfile.yaml import syntax_errors
from remediate.planfile.yaml.lines import Lines
from remediate.planfile.yaml.tree import Entry, MappingNode, Node, Scalar, SequenceNode, Span

LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

MAX_DEPTH = 16
MAX_NODES = 10_000
MAX_SCALAR = 4_096

_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_TRUE = frozenset(
    spelling for word in ("yes", "true", "on") for spelling in (word, word.title(), word.upper())
)
_FALSE = frozenset(
    spelling for word in ("no", "false", "off") for spelling in (word, word.title(), word.upper())
)
_INTEGER = re.compile(r"[-+]?[0-9]+")
_FLOAT = re.compile(r"[-+]?(?:[0-9]+\.[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")
# What YAML cannot hold, and the line ends that an editor doesn't count as lines.
_UNREADABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
_BLOCK_SCALARS = ("|", ">")
_DIRECTIVE = re.compile(r"^%(?!YAML\b)", re.MULTILINE)


class Unreadable(Exception):
    """The text is no YAML that a plan can be in; nothing more can be said about the file."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.rule)
        self.diagnostic = diagnostic


def compose(text: str, *, loader: Any = LOADER) -> tuple[Node | None, list[Diagnostic]]:
    """The tree (None for an empty text), and the diagnostics that don't stop reading. Raises `Unreadable`."""
    if bad := _UNREADABLE.search(text):
        line, column = Lines(text).position(bad.start())
        character = bad.group()
        _stop(
            line,
            column,
            f"the file contains the control character U+{ord(character):04X}",
            "delete it; an editor shows it with 'show invisibles' switched on",
        )
    if directive := _DIRECTIVE.search(text):
        line, column = Lines(text).position(directive.start())
        _stop(
            line,
            column,
            "a line starts with '%', which YAML reads as a directive",
            "delete the line, or quote the value",
        )
    composer = _Composer(text)
    try:
        composer.run(yaml.parse(text, Loader=loader))
    except yaml.MarkedYAMLError as error:
        if syntax_errors.is_parser_depth_limit(error):
            _stop_at_own_limit(text, error, loader)
        raise Unreadable(syntax_errors.diagnostic(error, text)) from None
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        diagnostic = Diagnostic(1, 1, f"not YAML: {error}", "check the file with a YAML-aware editor")
        raise Unreadable(diagnostic) from None
    return composer.root, composer.diagnostics


def _stop_at_own_limit(text: str, error: yaml.MarkedYAMLError, loader: Any) -> None:
    """Raise `Unreadable` at the first level that is too deep for a plan file.

    The parser scans ahead of its events, so it can reach its limit before it has given any. For the text
    before that point it gives them all, and only then the error that the brackets are not closed.
    """
    mark = error.problem_mark
    readable = text[: mark.index] if mark else text
    with suppress(yaml.MarkedYAMLError):
        _Composer(readable).run(yaml.parse(readable, Loader=loader))


def _stop(line: int, column: int, rule: str, hint: str) -> NoReturn:
    raise Unreadable(Diagnostic(line, column, rule, hint))


class _Key(NamedTuple):
    """A key whose value is still to come."""

    text: str
    line: int
    column: int
    span: Span


class _Composer:
    """Builds the tree from events with a stack of its own: no recursion, every limit checked first."""

    def __init__(self, text: str) -> None:
        self._text = text
        self.root: Node | None = None
        self.diagnostics: list[Diagnostic] = []
        self._documents = 0
        self._nodes = 0
        self._open: list[tuple[SequenceNode | MappingNode, int]] = []
        self._keys: list[_Key | None] = []
        self._anchors: dict[str, Node] = {}

    def run(self, events: Iterator[Any]) -> None:
        for event in events:
            line, column = event.start_mark.line + 1, event.start_mark.column + 1
            if isinstance(event, yaml.DocumentStartEvent):
                self._documents += 1
                if self._documents > 1:
                    _stop(
                        line,
                        column,
                        "a second YAML document starts here; a plan file holds one",
                        "put each plan into a file of its own and delete the '---'",
                    )
            elif isinstance(event, yaml.AliasEvent):
                self._alias(event, line, column)
            elif isinstance(event, yaml.ScalarEvent):
                self._scalar(event, line, column)
            elif isinstance(event, (yaml.SequenceStartEvent, yaml.MappingStartEvent)):
                self._start(event, line, column)
            elif isinstance(event, (yaml.SequenceEndEvent, yaml.MappingEndEvent)):
                self._end(event)

    def _alias(self, event: Any, line: int, column: int) -> None:
        anchor: str = event.anchor or ""
        node = self._anchors.get(anchor)
        name = anchor if len(anchor) <= LONGEST_VALUE_SHOWN else "…"
        if node is None:
            _stop(
                line,
                column,
                f"'*{name}' refers to an anchor that is not defined above",
                f'quote it if it is meant as a value ("*{name}"), or define &{name} first',
            )
        if any(container is node for container, _ in self._open):
            _stop(line, column, f"the alias '*{name}' contains itself", "write the value out here")
        self._count(node.size, line, column)
        self._check_depth(len(self._open) + node.height, line, column)
        self._place(replace(node, span=_span(event), is_alias=True), line, column)

    def _scalar(self, event: Any, line: int, column: int) -> None:
        self._count(1, line, column)
        self._refuse_tag(event.tag, line, column)
        text: str = event.value
        if len(text) > MAX_SCALAR:
            _stop(
                line,
                column,
                f"a value of {len(text)} characters; the longest allowed is {MAX_SCALAR}",
                "check for a quote that is not closed",
            )
        if character := invisible(text):
            hint = "write it on one line" if character in "\r\n" else "type it again by hand"
            self.diagnostics.append(
                Diagnostic(
                    line, column, f"{shown(text)} contains the control character U+{ord(character):04X}", hint
                )
            )
        bare: bool = event.implicit[0]
        span = _span(event)
        if event.style in _BLOCK_SCALARS:
            span = Span(span.start, span.start + len(self._text[span.start : span.end].rstrip()))
        value = _resolve(text) if bare else text
        node = Scalar(line, column, span, text=text, value=value, plain=bare)
        self._name(event.anchor, node)
        self._place(node, line, column)

    def _start(self, event: Any, line: int, column: int) -> None:
        self._count(1, line, column)
        self._check_depth(len(self._open) + 1, line, column)
        self._refuse_tag(event.tag, line, column)
        kind = SequenceNode if isinstance(event, yaml.SequenceStartEvent) else MappingNode
        node = kind(line, column, _span(event), is_flow=bool(event.flow_style))
        self._name(event.anchor, node)
        self._open.append((node, self._nodes))
        self._keys.append(None)

    def _end(self, event: Any) -> None:
        node, before = self._open.pop()
        self._keys.pop()
        node.size = self._nodes - before + 1
        children = (
            node.items if isinstance(node, SequenceNode) else [entry.value for entry in node.entries.values()]
        )
        node.height = 1 + max((child.height for child in children), default=0)
        end: int = event.end_mark.index
        # A block ends where the next value begins, and so does the pair in `[a: b]`, as parsers report it.
        is_closed = node.is_flow and self._text[end - 1 : end] in ("]", "}")
        node.span = Span(node.span.start, end if is_closed or not children else children[-1].span.end)
        self._place(node, node.line, node.column)

    def _place(self, node: Node, line: int, column: int) -> None:
        if not self._open:
            self.root = node
            return
        parent, _ = self._open[-1]
        if isinstance(parent, SequenceNode):
            parent.items.append(node)
            return
        pending = self._keys[-1]
        if pending is None:
            self._keys[-1] = _Key(self._key(node, line, column), line, column, node.span)
            return
        self._keys[-1] = None
        self._enter(parent, pending.text, Entry(pending.line, pending.column, pending.span, node))

    def _enter(self, parent: MappingNode, key: str, entry: Entry) -> None:
        first = parent.entries.get(key)
        if key == "<<":
            rule = "merge keys ('<<') are not supported in a plan file"
            hint = "write the members out, or use an alias for a whole value: allow: *name"
        elif first:
            rule = f"the key {shown(key)} is here twice; the first is in line {first.line}"
            hint = "delete one of them, or make one value of both"
        else:
            parent.entries[key] = entry
            if isinstance(entry.value, Scalar) and entry.value.value is None:
                rule, hint = f"{shown(key)} has no value", "give it one, or delete the key"
                if entry.value.text == "null":
                    hint = 'delete the key, or write "null" in quotes if the text is meant'
                self.diagnostics.append(Diagnostic(entry.value.line, entry.value.column, rule, hint))
            return
        self.diagnostics.append(Diagnostic(entry.line, entry.column, rule, hint))

    def _key(self, node: Node, line: int, column: int) -> str:
        if isinstance(node, Scalar):
            return node.text
        _stop(line, column, "a key is a list or a mapping; keys are plain words", "write `key: value`")

    def _name(self, anchor: str | None, node: Node) -> None:
        if anchor is not None:
            node.is_anchored = True
            self._anchors[anchor] = node

    def _refuse_tag(self, tag: str | None, line: int, column: int) -> None:
        if tag is not None:
            self.diagnostics.append(
                Diagnostic(
                    line,
                    column,
                    f"the YAML tag {shown(tag)} is not supported in a plan file",
                    "delete the tag; quote the value if it is a text",
                )
            )

    def _count(self, more: int, line: int, column: int) -> None:
        self._nodes += more
        if self._nodes > MAX_NODES:
            _stop(
                line,
                column,
                f"more than {MAX_NODES} values, aliases counted in full",
                "split the plan into several files",
            )

    def _check_depth(self, depth: int, line: int, column: int) -> None:
        if depth > MAX_DEPTH:
            _stop(
                line,
                column,
                f"nested deeper than {MAX_DEPTH} levels",
                "check for brackets that are not closed",
            )


def _span(event: Any) -> Span:
    return Span(event.start_mark.index, event.end_mark.index)


def _resolve(text: str) -> str | int | float | bool | None:
    if text in _NULLS:
        return None
    if text in _TRUE or text in _FALSE:
        return text in _TRUE
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _FLOAT.fullmatch(text) else text
