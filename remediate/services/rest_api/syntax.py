"""The nodes that a template is made of once it is parsed; plain values."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Literal:
    """A string, integer or boolean."""

    value: str | int | bool


@dataclass(frozen=True, slots=True)
class Items:
    """A list in brackets."""

    items: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """One `.name` or, with `arguments`, one `.name(…)`."""

    name: str
    arguments: tuple[Expression, ...] | None = None


@dataclass(frozen=True, slots=True)
class Reference:
    """`$root.step.step(…)`."""

    root: str
    steps: tuple[Step, ...] = ()


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


Expression = Literal | Items | Reference | Not | Either | Both | Equal


@dataclass(frozen=True, slots=True)
class Text:
    """What is sent as it stands."""

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
    """A reference standing in the text."""

    reference: Reference


Node = Text | Set | If | Foreach | Output
