"""Runs a parsed template against a request: the headers it overrides and the text it leaves.

Safe by construction: it can only read the request it is given, takes a bounded number of steps and
knows the few methods of strings, lists and maps that CORS templates use. What API Gateway alone knows
(`$input.body`, `$util`, most of `$context`) is opaque: it may be printed, but nothing that reaches the
answer may depend on it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from remediate.services.rest_api.velocity.ast import (
    Both,
    Compare,
    Either,
    Entries,
    Equal,
    Expression,
    Foreach,
    If,
    Interpolated,
    Items,
    Leave,
    Literal,
    Node,
    Not,
    Output,
    PathSegment,
    Reference,
    Set,
    Text,
    every,
)
from remediate.services.rest_api.velocity.methods import (
    ABSENT,
    OPAQUE,
    ParameterMap,
    call,
    get,
    is_null,
    is_scalar,
    text_of,
)
from remediate.services.rest_api.velocity.parser import Unsupported, parse
from remediate.services.rest_api.velocity.request import Parameters
from remediate.services.rest_api.velocity.watch import Watch

MOST_STEPS = 50_000
MOST_OUTPUT = 1_000_000
OVERRIDE = "responseOverride"
UNREADABLE = "\N{OBJECT REPLACEMENT CHARACTER}"
"""Stands in a template's text for what only API Gateway knows."""


class OverriddenTwice(Exception):
    """One header overridden twice in a template, which API Gateway answers with a 5xx.

    API Gateway developer guide, "Override your API's request and response parameters".
    """


@dataclass(slots=True)
class Rendered:
    """What a template leaves: its text, and the headers and status it overrides."""

    text: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    status: int | None = None


def render(
    template: str, parameters: Parameters, watch: Watch | None = None, *, most_steps: int = MOST_STEPS
) -> Rendered:
    """Run the template; `watch` sees what becomes of the origin. Raises `Unsupported`, `OverriddenTwice`."""
    run = _Run(parameters, watch, most_steps)
    with suppress(_Left):  # `#stop` or `#break`: what was done until then counts
        run.block(parse(template))
    run.rendered.text = "".join(run.text)
    return run.rendered


class _Left(Exception):
    """A `#break` or `#stop` on its way out."""

    def __init__(self, *, template: bool) -> None:
        self.template = template


class _OnOpaque(Unsupported):
    """What follows depends on a value that only API Gateway knows."""

    def __init__(self, expression: Expression) -> None:
        names = sorted({str(part) for part in every(expression) if isinstance(part, Reference)})
        super().__init__(f"a condition on {', '.join(names)}, and only API Gateway knows what that is")


class _Run:
    def __init__(self, parameters: Parameters, watch: Watch | None, most_steps: int) -> None:
        self.most_steps = most_steps
        self.parameters = parameters
        self.watch = watch
        self.variables: dict[str, Any] = {}
        self.rendered = Rendered()
        self.text: list[str] = []
        self.length = 0
        self.steps = 0

    def spend(self, steps: int = 1) -> None:
        self.steps += steps
        if self.steps > self.most_steps:
            raise Unsupported("the template takes too many steps")

    def block(self, nodes: Sequence[Node]) -> None:
        for node in nodes:
            self.spend()
            if isinstance(node, Text):
                self.write(node.text)
            elif isinstance(node, Set):
                self.set(node)
            elif isinstance(node, If):
                self.choose(node)
            elif isinstance(node, Foreach):
                self.loop(node)
            elif isinstance(node, Leave):
                raise _Left(template=node.template)
            else:
                self.write(self.printed(node))

    def write(self, text: str) -> None:
        self.length += len(text)
        if self.length > MOST_OUTPUT:
            raise Unsupported("the template writes too much")
        self.text.append(text)

    def printed(self, node: Output) -> str:
        value = self.value(node.reference)
        if is_null(value):
            return node.source
        text = text_of(value)
        return UNREADABLE if text is None else text

    def set(self, node: Set) -> None:
        value = self.value(node.value)
        target = node.target
        if not target.steps:
            # Velocity leaves the variable as it is when the value is null.
            if not is_null(value) or target.root not in self.variables:
                self.variables[target.root] = value
            return
        names = self.names(target)
        if target.root != "context" or names is None:
            raise Unsupported(f"#set of ${target.root}.{'.'.join(step.name for step in target.steps)}")
        if names[:2] == [OVERRIDE, "header"] and len(names) == 3:
            self.override(names[2], value)
        elif names == [OVERRIDE, "status"]:
            self.rendered.status = _status(value)
        elif names[0] != "requestOverride":
            raise Unsupported(f"#set of $context.{'.'.join(names)}")

    def names(self, target: Reference) -> list[str] | None:
        """The members that lead to what is set: `.name`, or `["name"]`; None where it is called."""
        names: list[str] = []
        for step in target.steps:
            name: Any = step.name
            if step.arguments is not None:
                name = self.value(step.arguments[0]) if step.name == "get" and step.arguments else None
            if not isinstance(name, str):
                return None
            names.append(name)
        return names

    def override(self, name: str, value: Any) -> None:
        text = text_of(value) if is_scalar(value) else None
        if text is None:
            raise Unsupported(f"the value of the header {name}")
        if name.lower() in (header.lower() for header in self.rendered.headers):
            raise OverriddenTwice(name)
        self.rendered.headers[name] = text

    def choose(self, node: If) -> None:
        try:
            body = next((body for test, body in node.branches if self.truth(test)), node.otherwise)
        except _OnOpaque:
            bodies = (*(body for _, body in node.branches), node.otherwise)
            if not _is_harmless(bodies):
                raise
            self.forget(bodies)
            return
        self.block(body)

    def forget(self, bodies: object) -> None:
        """Skip nodes of which nobody knows whether they run: what they set and write is not known."""
        for part in every(bodies):
            if isinstance(part, Set):
                self.variables[part.target.root] = OPAQUE
        self.write(UNREADABLE)

    def loop(self, node: Foreach) -> None:
        source = self.value(node.source)
        if source is OPAQUE and _is_harmless(node.body):
            self.forget(node.body)
            return
        if isinstance(source, dict) and not isinstance(source, ParameterMap):
            source = list(source.values())
        if is_null(source):
            return
        if not isinstance(source, list):
            raise Unsupported("#foreach over something that is no list")
        before = {name: self.variables.get(name) for name in (node.variable, "foreach")}
        items = list(source)
        for place, item in enumerate(items):
            self.variables |= {node.variable: item, "foreach": _place(place, len(items))}
            self.variables["velocityCount"] = place + 1
            try:
                self.block(node.body)
            except _Left as left:
                if left.template:
                    raise
                break
        # Velocity gives both names back what they stood for.
        self.variables |= before

    def truth(self, expression: Expression) -> bool:
        self.spend()
        if isinstance(expression, Not):
            return not self.truth(expression.operand)
        if isinstance(expression, Either):
            return any(self.truth(operand) for operand in expression.operands)
        if isinstance(expression, Both):
            return all(self.truth(operand) for operand in expression.operands)
        if isinstance(expression, Equal):
            return self.equal(expression) is not expression.negated
        if isinstance(expression, Compare):
            return self.compare(expression)
        value = self.value(expression)
        if value is OPAQUE:
            raise _OnOpaque(expression)
        return not is_null(value) and value is not False

    def equal(self, expression: Equal) -> bool:
        left, right = self.value(expression.left), self.value(expression.right)
        if self.watch:
            self.watch.equal(left, right)
        if left is OPAQUE or right is OPAQUE:
            raise _OnOpaque(expression)
        if is_null(left) or is_null(right):
            return (is_null(left) and is_null(right)) or (ABSENT in (left, right) and "" in (left, right))
        if not (is_scalar(left) and is_scalar(right)):
            raise Unsupported("a comparison of lists or maps")
        # Velocity compares values of different classes as they are written.
        return left == right if type(left) is type(right) else text_of(left) == text_of(right)

    def compare(self, expression: Compare) -> bool:
        left, right = self.value(expression.left), self.value(expression.right)
        if left is OPAQUE or right is OPAQUE:
            raise _OnOpaque(expression)
        if type(left) is not int or type(right) is not int:
            raise Unsupported(f"{expression.sign!r} between something else than whole numbers")
        signs = {"<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right}
        return signs[expression.sign]

    def value(self, expression: Expression) -> Any:
        self.spend()
        if isinstance(expression, Literal):
            return expression.value
        if isinstance(expression, Interpolated):
            return self.interpolated(expression)
        if isinstance(expression, Items):
            return [self.value(item) for item in expression.items]
        if isinstance(expression, Entries):
            return self.entries(expression)
        if isinstance(expression, Reference):
            return self.lookup(expression)
        return self.truth(expression)

    def interpolated(self, expression: Interpolated) -> Any:
        parts = [part.text if isinstance(part, Text) else self.printed(part) for part in expression.parts]
        length = sum(map(len, parts))
        self.spend(length // 256)
        if length > MOST_OUTPUT:
            raise Unsupported("a text that grows too long")
        return OPAQUE if UNREADABLE in parts else "".join(parts)

    def entries(self, expression: Entries) -> dict[Any, Any]:
        made: dict[Any, Any] = {}
        for key, value in expression.entries:
            name = self.value(key)
            if not is_scalar(name):
                raise Unsupported("a map whose key is no text")
            made[name] = self.value(value)
        return made

    def lookup(self, reference: Reference) -> Any:
        steps = reference.steps
        if reference.root == "input":
            value, steps = self.input(steps)
        elif reference.root == "context":
            return self.context(steps)
        elif reference.root == "stageVariables":
            variables = self.parameters.variables
            value = OPAQUE if variables is None else dict(variables)
        elif reference.root == "util":
            return OPAQUE
        else:
            value = self.variables.get(reference.root)
        for step in steps:
            value = self.member(value, step)
        return value

    def input(self, steps: tuple[PathSegment, ...]) -> tuple[Any, tuple[PathSegment, ...]]:
        """`$input.params("X")`, `$input.params()` and `$input.params("header")`; the steps that are left."""
        first = steps[0] if steps else PathSegment("")
        if first.name != "params" or first.arguments is None or len(first.arguments) > 1:
            return OPAQUE, ()
        if not first.arguments:
            return self.parameters.maps(), steps[1:]
        name = self.value(first.arguments[0])
        if not isinstance(name, str):
            return OPAQUE, ()
        maps = self.parameters.maps()
        return (maps[name] if name in maps else self.parameters.anywhere(name)), steps[1:]

    def context(self, steps: tuple[PathSegment, ...]) -> Any:
        if steps and steps[0].name == OVERRIDE:
            if len(steps) == 3 and steps[1] == PathSegment("header") and steps[2].name == "put":
                name, value = [self.value(argument) for argument in steps[2].arguments or ()][:2] or (
                    None,
                    None,
                )
                if not isinstance(name, str):
                    raise Unsupported(f"$context.{OVERRIDE}.header.put() of a name that is not known")
                self.override(name, value)
                return None
            raise Unsupported(f"reading $context.{OVERRIDE}")
        if len(steps) == 1 and steps[0].arguments is None:
            return self.parameters.context.get(steps[0].name, OPAQUE)
        return OPAQUE

    def member(self, value: Any, step: PathSegment) -> Any:
        """`.name`, `[…]` or `.name(…)` of a value."""
        self.spend()
        if value is OPAQUE:
            return OPAQUE
        if step.arguments is None:
            if is_null(value):
                return None
            if not isinstance(value, dict):
                raise Unsupported(f".{step.name} of a value")
            return get(value, step.name)
        arguments = [self.value(argument) for argument in step.arguments]
        if OPAQUE in arguments and not (isinstance(value, list) and step.name == "add"):
            return OPAQUE
        if self.watch:
            self.watch.call(value, step.name, arguments)
        result = call(value, step.name, arguments, self.spend)
        if isinstance(result, str) and len(result) > MOST_OUTPUT:
            raise Unsupported("a text that grows too long")
        return result


def _place(place: int, length: int) -> dict[Any, Any]:
    """Return what `$foreach` tells inside a loop."""
    return {
        "index": place,
        "count": place + 1,
        "first": place == 0,
        "last": place == length - 1,
        "hasNext": place < length - 1,
    }


def _is_harmless(nodes: object) -> bool:
    """Return whether the nodes, run or not, leave headers, status, lists and maps as they are."""
    for part in every(nodes):
        if isinstance(part, Leave) or (isinstance(part, Set) and part.target.steps):
            return False
        if isinstance(part, PathSegment) and part.name in ("add", "put", "remove", OVERRIDE):
            return False
    return True


def _status(value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and re.fullmatch("[1-5][0-9][0-9]", value):
        return int(value)
    raise Unsupported("the overridden status")
