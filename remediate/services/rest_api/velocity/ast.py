"""The nodes that a template is made of once it is parsed; plain values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass


@dataclass(frozen=True, slots=True)
class Literal:
    """A string, integer or boolean."""

    value: str | int | bool


@dataclass(frozen=True, slots=True)
class Items:
    """A list in brackets."""

    items: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Interpolated:
    """A text between double quotes with references in it."""

    parts: tuple[Text | Output, ...]


@dataclass(frozen=True, slots=True)
class Entries:
    """A map in braces."""

    entries: tuple[tuple[Expression, Expression], ...]


@dataclass(frozen=True, slots=True)
class PathSegment:
    """One `.name` or, with `arguments`, one `.name(…)`."""

    name: str
    arguments: tuple[Expression, ...] | None = None


@dataclass(frozen=True, slots=True)
class Reference:
    """`$root.step.step(…)`."""

    root: str
    steps: tuple[PathSegment, ...] = ()

    def __str__(self) -> str:
        calls = (step.name if step.arguments is None else f"{step.name}()" for step in self.steps)
        return ".".join((f"${self.root}", *calls))


@dataclass(frozen=True, slots=True)
class Not:
    """`!operand`."""

    operand: Expression


@dataclass(frozen=True, slots=True)
class Either:
    """`left || right || …`, kept flat so that hundreds of origins do not nest."""

    operands: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Both:
    """`left && right && …`."""

    operands: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Equal:
    """`left == right`, or `!=`."""

    left: Expression
    right: Expression
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Compare:
    """`left < right`, `<=`, `>` or `>=`, of whole numbers."""

    left: Expression
    right: Expression
    sign: str


Expression = Literal | Interpolated | Items | Entries | Reference | Not | Either | Both | Equal | Compare


@dataclass(frozen=True, slots=True)
class Text:
    """The text is sent as it stands."""

    text: str


@dataclass(frozen=True, slots=True)
class Set:
    """`#set($target = value)`."""

    target: Reference
    value: Expression


@dataclass(frozen=True, slots=True)
class If:
    """The branches in order, each with its condition, and what `#else` holds."""

    branches: tuple[tuple[Expression, tuple[Node, ...]], ...]
    otherwise: tuple[Node, ...] = ()


@dataclass(frozen=True, slots=True)
class Foreach:
    """`#foreach($variable in source)`."""

    variable: str
    source: Expression
    body: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Output:
    """A reference standing in the text; where it is null its `source` is written, of a quiet one nothing."""

    reference: Reference
    source: str = ""


@dataclass(frozen=True, slots=True)
class Leave:
    """`#break`, which leaves the innermost `#foreach`, or `#stop`, which leaves the template."""

    template: bool


Node = Text | Set | If | Foreach | Output | Leave


def every(part: object) -> Iterator[object]:
    """The nodes, and all that they are made of, in no order."""
    waiting = [part]
    while waiting:
        part = waiting.pop()
        if isinstance(part, tuple):
            waiting += part
        elif is_dataclass(part):
            yield part
            waiting += [getattr(part, member.name) for member in fields(part)]
