"""Writes the template that answers several origins, and recognises those that others wrote.

The template compares the caller's origin with each listed one, exactly, and echoes it only then.
It is written so that it leaves no text of its own, and can stand before any other template.
A list in the words of the frameworks is read off its nodes, any other is run. A pattern, an
unconditional echo or anything not understood is not recognised.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from remediate.services.rest_api.settings import ALLOW_CREDENTIALS, ALLOW_ORIGIN
from remediate.services.rest_api.velocity.ast import (
    Either,
    Equal,
    Expression,
    If,
    Items,
    Literal,
    Node,
    Not,
    Output,
    PathSegment,
    Reference,
    Set,
    Text,
)
from remediate.services.rest_api.velocity.interpreter import OVERRIDE
from remediate.services.rest_api.velocity.origins import OriginList, listed_by_running
from remediate.services.rest_api.velocity.parser import Unsupported, parse
from remediate.services.rest_api.velocity.regex import literal_of

MARK = "## remediate: exactly these origins are answered\n"
_VARIABLE = "$remediateOrigin"
_OURS = re.compile(r"\A#set\(\$remediateOrigin = [^\n]*" + re.escape(MARK))


def render_origin_list(origins: Sequence[str], credentialed: Iterable[str]) -> str:
    """The template for these origins; `credentialed` get Access-Control-Allow-Credentials too.

    Both spellings of the header are read: an edge-optimised endpoint capitalises names, others
    pass on what HTTP/2 sends, and Velocity's lookup is case-sensitive (API Gateway developer
    guide, "Known issues"). Only the headers are looked at: `$input.params("Origin")` would take the query
    string's value first. One line, and a comment that swallows its line end: nothing is written.
    """
    chosen = set(credentialed)
    parts = [
        (
            f'#set({_VARIABLE} = $input.params().header.get("Origin"))'
            f'#if({_VARIABLE} == "" || !{_VARIABLE})'
            f'#set({_VARIABLE} = $input.params().header.get("origin"))#end'
        ),
        _branch(origins, ALLOW_ORIGIN, _VARIABLE),
    ]
    with_credentials = [origin for origin in origins if origin in chosen]
    if with_credentials:
        parts.append(_branch(with_credentials, ALLOW_CREDENTIALS, '"true"'))
    return "".join(parts) + MARK


def _branch(origins: Sequence[str], header: str, value: str) -> str:
    tests = " || ".join(f'{_VARIABLE} == "{origin}"' for origin in origins)
    return f"#if({tests})#set($context.{OVERRIDE}.header.{header} = {value})#end"


def without_origin_list(template: str) -> str:
    """The template without our block at its start."""
    return _OURS.sub("", template, count=1)


def has_origin_list(template: str) -> bool:
    """Return whether our block stands at the template's start."""
    return _OURS.match(template) is not None


def overrides(template: str) -> bool:
    """Return whether the template may override a CORS header or the status, understood or not."""
    text = template.lower()
    return OVERRIDE.lower() in text and any(
        part in text for part in ("access-control-", f"{OVERRIDE.lower()}.status", "put(")
    )


@lru_cache(maxsize=256)
def parse_origin_list(template: str) -> OriginList | None:
    """Return which origins a template answers, None where that cannot be proved."""
    if not overrides(template):
        return OriginList()
    try:
        return _Reader().read(parse(template))
    except Unsupported:
        return None
    except _Other:
        return listed_by_running(template)


class _Other(Exception):
    """Something that is not part of a list of origins."""


class _Reader:
    def __init__(self) -> None:
        self.origin_variables: set[str] = set()
        self.lists: dict[str, tuple[str, ...]] = {}
        self.found: dict[str, list[str]] = {}

    def read(self, nodes: Sequence[Node]) -> OriginList:
        for node in nodes:
            if isinstance(node, Set):
                self.assign(node)
            elif isinstance(node, If):
                self.branch(node)
            elif not isinstance(node, Text) and not (isinstance(node, Output) and _is_quiet(node.reference)):
                raise _Other
        origins = self.found.get(ALLOW_ORIGIN.lower(), [])
        credentialed = self.found.get(ALLOW_CREDENTIALS.lower(), [])
        if not set(self.found) <= {ALLOW_ORIGIN.lower(), ALLOW_CREDENTIALS.lower(), "vary"}:
            raise _Other
        if len(set(origins)) != len(origins) or not set(credentialed) <= set(origins):
            raise _Other  # one header set twice is answered with a 5xx
        return OriginList(tuple(origins), tuple(credentialed))

    def assign(self, node: Set) -> None:
        if node.target.steps:
            raise _Other
        if _reads_origin(node.value) or self.is_origin(node.value):
            self.origin_variables.add(node.target.root)
            return
        if node.target.root in self.origin_variables:
            raise _Other
        if isinstance(node.value, Reference) and not _is_quiet(node.value):
            raise _Other
        if isinstance(node.value, Items):
            self.lists[node.target.root] = _texts(node.value)

    def branch(self, node: If) -> None:
        if len(node.branches) != 1 or node.otherwise:
            raise _Other
        test, body = node.branches[0]
        statements = [
            statement
            for statement in body
            if not (isinstance(statement, Text) and not statement.text.strip())
        ]
        if not statements or not all(isinstance(statement, Set) for statement in statements):
            raise _Other
        sets = [statement for statement in statements if isinstance(statement, Set)]
        if self.asks_if_empty(test):
            if not all(self.is_fallback(statement) for statement in sets):
                raise _Other
            return
        origins = self.listed(test)
        for statement in sets:
            self.header(statement, origins)

    def header(self, node: Set, origins: tuple[str, ...]) -> None:
        names = [step.name for step in node.target.steps]
        if node.target.root != "context" or names[:2] != [OVERRIDE, "header"] or len(names) != 3:
            raise _Other
        name = names[2].lower()
        if name == ALLOW_ORIGIN.lower():
            same = origins == (node.value.value,) if isinstance(node.value, Literal) else False
            if not (self.is_origin(node.value) or same):
                raise _Other
        elif name == ALLOW_CREDENTIALS.lower() and node.value not in (Literal("true"), Literal(value=True)):
            raise _Other
        self.found.setdefault(name, []).extend(origins)

    def is_origin(self, value: Expression) -> bool:
        return isinstance(value, Reference) and not value.steps and value.root in self.origin_variables

    def is_fallback(self, node: Set) -> bool:
        return not node.target.steps and _reads_origin(node.value) and self.is_origin(node.target)

    def asks_if_empty(self, test: Expression) -> bool:
        if isinstance(test, Either):
            return all(self.asks_if_empty(operand) for operand in test.operands)
        if isinstance(test, Not):
            return self.is_origin(test.operand)
        return (
            isinstance(test, Equal)
            and not test.negated
            and self.is_origin(test.left)
            and test.right == Literal("")
        )

    def listed(self, test: Expression) -> tuple[str, ...]:
        if isinstance(test, Either):
            return tuple(origin for operand in test.operands for origin in self.listed(operand))
        if isinstance(test, Equal) and not test.negated and isinstance(test.right, Literal):
            if self.is_origin(test.left) and isinstance(test.right.value, str):
                return (test.right.value,)
        elif isinstance(test, Reference) and len(test.steps) == 1:
            return self.called(test, test.steps[0])
        raise _Other

    def called(self, test: Reference, step: PathSegment) -> tuple[str, ...]:
        argument = step.arguments[0] if step.arguments and len(step.arguments) == 1 else None
        if test.root in self.origin_variables and isinstance(argument, Literal):
            text = str(argument.value)
            if step.name == "equals":
                return (text,)
            literal = literal_of(text) if step.name == "matches" else None
            if literal is not None:
                return (literal,)
        if test.root in self.lists and step.name == "contains" and argument and self.is_origin(argument):
            return self.lists[test.root]
        raise _Other


def _is_quiet(reference: Reference) -> bool:
    """Return whether reading it changes nothing: lists and headers can be added to by a call."""
    return not any(step.name in ("add", "addAll", "put", "putAll", "remove") for step in reference.steps)


def _texts(value: Items) -> tuple[str, ...]:
    texts = tuple(
        item.value for item in value.items if isinstance(item, Literal) and isinstance(item.value, str)
    )
    if len(texts) != len(value.items):
        raise _Other
    return texts


def _reads_origin(value: Expression) -> bool:
    """Return whether the expression is the request's Origin header, in either spelling."""
    if not isinstance(value, Reference) or value.root != "input" or not value.steps:
        return False
    first, *rest = value.steps
    if first.name != "params" or first.arguments is None:
        return False
    names = (Literal("Origin"), Literal("origin"))
    if len(first.arguments) == 1 and not rest:
        return first.arguments[0] in names
    if first.arguments == () and rest[:1] == [PathSegment("header")]:
        rest = rest[1:]
    elif first.arguments != (Literal("header"),):
        return False
    return len(rest) == 1 and (
        rest[0] in (PathSegment("Origin"), PathSegment("origin"))
        or (
            rest[0].name == "get"
            and rest[0].arguments is not None
            and len(rest[0].arguments) == 1
            and rest[0].arguments[0] in names
        )
    )
