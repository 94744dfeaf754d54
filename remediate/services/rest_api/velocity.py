"""Runs a parsed template against a request: the headers it overrides and the text it leaves.

Safe by construction: it can only read the request it is given, takes a bounded number of steps and
knows the few methods of strings and lists that CORS templates use. What API Gateway alone knows
(`$context`, `$input.body`, `$util`, …) is opaque: it may be printed, but nothing may depend on it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from remediate.services.rest_api.syntax import (
    Both,
    Either,
    Equal,
    Expression,
    Foreach,
    If,
    Items,
    Literal,
    Node,
    Not,
    Output,
    Reference,
    Set,
    Step,
    Text,
)
from remediate.services.rest_api.vtl import Unsupported, parse

MOST_STEPS = 100_000
MOST_OUTPUT = 1_000_000
OVERRIDE = "responseOverride"


class OverriddenTwice(Exception):
    """One header overridden twice in a template, which API Gateway answers with a 5xx.

    API Gateway developer guide, "Override your API's request and response parameters".
    """


class _Opaque:
    """A value that only API Gateway knows."""


OPAQUE = _Opaque()


@dataclass(frozen=True, slots=True)
class Parameters:
    """What a template can read of a request: three maps by name, as case-sensitive as Velocity."""

    headers: Mapping[str, str] = field(default_factory=dict)
    path: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)

    def named(self, kind: str) -> Mapping[str, str] | None:
        """The map that `$input.params().KIND` is."""
        return {"header": self.headers, "path": self.path, "querystring": self.query}.get(kind)

    def anywhere(self, name: str) -> str:
        """`$input.params("X")`: the path's, the query's or the header's, "" where there is none.

        API Gateway developer guide, "$input variables".
        """
        return self.path.get(name) or self.query.get(name) or self.headers.get(name, "")


@dataclass(slots=True)
class Rendered:
    """What a template leaves: its text, and the headers and status it overrides."""

    text: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    status: int | None = None


def render(template: str, parameters: Parameters) -> Rendered:
    """Run the template. Raises `Unsupported`, or `OverriddenTwice`."""
    run = _Run(parameters)
    run.block(parse(template))
    run.rendered.text = "".join(run.text)
    return run.rendered


class _Run:
    def __init__(self, parameters: Parameters) -> None:
        self.parameters = parameters
        self.variables: dict[str, Any] = {}
        self.rendered = Rendered()
        self.text: list[str] = []
        self.length = 0
        self.steps = 0

    def tick(self) -> None:
        self.steps += 1
        if self.steps > MOST_STEPS:
            raise Unsupported("the template takes too many steps")

    def block(self, nodes: Sequence[Node]) -> None:
        for node in nodes:
            self.tick()
            if isinstance(node, Text):
                self.write(node.text)
            elif isinstance(node, Set):
                self.set(node)
            elif isinstance(node, If):
                self.choose(node)
            elif isinstance(node, Foreach):
                self.loop(node)
            else:
                self.print(node)

    def write(self, text: str) -> None:
        self.length += len(text)
        if self.length > MOST_OUTPUT:
            raise Unsupported("the template writes too much")
        self.text.append(text)

    def print(self, node: Output) -> None:
        value = self.value(node.reference)
        if isinstance(value, str | int) and not isinstance(value, bool):
            self.write(str(value))
        else:
            self.write("\N{OBJECT REPLACEMENT CHARACTER}")

    def set(self, node: Set) -> None:
        value = self.value(node.value)
        target = node.target
        if not target.steps:
            # Velocity leaves the variable as it is when the value is null.
            if value is not None or target.root not in self.variables:
                self.variables[target.root] = value
            return
        names = [step.name for step in target.steps]
        if target.root != "context" or any(step.arguments is not None for step in target.steps):
            raise Unsupported(f"#set of ${target.root}.{'.'.join(names)}")
        if names[:2] == [OVERRIDE, "header"] and len(names) == 3:
            self.override(names[2], value)
        elif names == [OVERRIDE, "status"]:
            self.rendered.status = _status(value)
        elif names[0] != "requestOverride":
            raise Unsupported(f"#set of $context.{'.'.join(names)}")

    def override(self, name: str, value: Any) -> None:
        if not isinstance(value, str | int):
            raise Unsupported(f"the value of the header {name}")
        if name.lower() in (each.lower() for each in self.rendered.headers):
            raise OverriddenTwice(name)
        self.rendered.headers[name] = str(value).lower() if isinstance(value, bool) else str(value)

    def choose(self, node: If) -> None:
        for test, body in node.branches:
            if self.truth(test):
                self.block(body)
                return
        self.block(node.otherwise)

    def loop(self, node: Foreach) -> None:
        source = self.value(node.source)
        if not isinstance(source, list):
            raise Unsupported("#foreach over something that is no list")
        for item in source:
            self.variables[node.variable] = item
            self.block(node.body)

    def truth(self, expression: Expression) -> bool:
        self.tick()
        if isinstance(expression, Not):
            return not self.truth(expression.operand)
        if isinstance(expression, Either):
            return any(self.truth(operand) for operand in expression.operands)
        if isinstance(expression, Both):
            return all(self.truth(operand) for operand in expression.operands)
        if isinstance(expression, Equal):
            return self.equal(expression) is not expression.negated
        value = self.value(expression)
        if value is OPAQUE:
            raise Unsupported("a condition on something that only API Gateway knows")
        return value is not None and value is not False

    def equal(self, expression: Equal) -> bool:
        left, right = self.value(expression.left), self.value(expression.right)
        if left is OPAQUE or right is OPAQUE:
            raise Unsupported("a comparison with something that only API Gateway knows")
        if {left is None, right is None} == {True, False} and "" in (left, right):
            raise Unsupported("how an absent header compares with an empty string")
        return type(left) is type(right) and bool(left == right)

    def value(self, expression: Expression) -> Any:
        self.tick()
        if isinstance(expression, Literal):
            return expression.value
        if isinstance(expression, Items):
            return [self.value(item) for item in expression.items]
        if isinstance(expression, Reference):
            return self.lookup(expression)
        return self.truth(expression)

    def lookup(self, reference: Reference) -> Any:
        if reference.root == "input":
            return self.input(reference.steps)
        if reference.root in ("context", "stageVariables", "util"):
            return OPAQUE
        value = self.variables.get(reference.root)
        for step in reference.steps:
            value = self.call(value, step)
        return value

    def input(self, steps: tuple[Step, ...]) -> Any:
        """`$input.params("X")`, `$input.params().header.get("X")`, `$input.params("header").X`."""
        first = steps[0] if steps else Step("")
        if first.name != "params" or first.arguments is None:
            return OPAQUE
        kind, rest = "", steps[1:]
        if not first.arguments:
            kind, rest = (steps[1].name, steps[2:]) if len(steps) > 1 else ("", ())
        elif isinstance(first.arguments[0], Literal) and self.parameters.named(str(first.arguments[0].value)):
            kind = str(first.arguments[0].value)
        known = self.parameters.named(kind)
        if known is None:
            name = self.value(first.arguments[0]) if first.arguments else None
            value: Any = self.parameters.anywhere(name) if isinstance(name, str) else OPAQUE
        elif rest:
            value, rest = self.member(known, rest[0]), rest[1:]
        else:
            value = OPAQUE
        for step in rest:
            value = self.call(value, step)
        return value

    def member(self, known: Mapping[str, str], step: Step) -> Any:
        """`.get("X")` or `.X` of a map of parameters."""
        if step.arguments is None:
            return known.get(step.name)
        if step.name != "get" or len(step.arguments) != 1:
            raise Unsupported(f".{step.name}() of the parameters")
        name = self.value(step.arguments[0])
        return known.get(name) if isinstance(name, str) else OPAQUE

    def call(self, value: Any, step: Step) -> Any:
        self.tick()
        if value is OPAQUE or step.arguments is None:
            if value is OPAQUE:
                return OPAQUE
            raise Unsupported(f".{step.name} of a value")
        arguments = [self.value(argument) for argument in step.arguments]
        if value is None:
            return None  # Velocity: a call on null is null
        one = arguments[0] if len(arguments) == 1 else None
        if isinstance(value, list) and step.name == "contains" and one is not OPAQUE and arguments:
            return one in value
        if isinstance(value, list) and step.name == "size" and not arguments:
            return len(value)
        if not isinstance(value, str):
            raise Unsupported(f".{step.name}()")
        if not arguments and step.name in ("isEmpty", "toLowerCase", "trim", "toString"):
            return {
                "isEmpty": not value,
                "toLowerCase": value.lower(),
                "trim": value.strip(),
                "toString": value,
            }[step.name]
        if not isinstance(one, str):
            raise Unsupported(f".{step.name}()")
        if step.name == "matches":
            return simple_regex(one).fullmatch(value) is not None
        tests = {
            "equals": value == one,
            "equalsIgnoreCase": value.lower() == one.lower(),
            "contains": one in value,
            "startsWith": value.startswith(one),
            "endsWith": value.endswith(one),
        }
        if step.name not in tests:
            raise Unsupported(f".{step.name}()")
        return tests[step.name]


def _status(value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and re.fullmatch("[1-5][0-9][0-9]", value):
        return int(value)
    raise Unsupported("the overridden status")


_REGEX_PART = re.compile(r"\^|\$|\[\.\]|\\[^a-zA-Z0-9]|\.[+*]?|[a-zA-Z0-9:/_-]", re.ASCII)


def regex_parts(pattern: str) -> list[str]:
    """A regular expression cut into what frameworks write for origins; `Unsupported` for any other."""
    parts = _REGEX_PART.findall(pattern)
    if "".join(parts) != pattern or sum(part in (".*", ".+") for part in parts) > 3:
        raise Unsupported(f"the regular expression {pattern[:60]!r}")
    return parts


def simple_regex(pattern: str) -> re.Pattern[str]:
    """The pattern, compiled, if matching it takes no more than polynomial time."""
    return re.compile("".join(regex_parts(pattern)))


def literal_of(pattern: str) -> str | None:
    """The one text that a regular expression matches, None where it can match another."""
    try:
        parts = regex_parts(pattern)
    except Unsupported:
        return None
    if any(part in (".", ".*", ".+") for part in parts) or {"^", "$"} & set(parts[1:-1]):
        return None
    return "".join(
        "." if part == "[.]" else part[1:] if part[0] == "\\" else "" if part in "^$" else part
        for part in parts
    )
