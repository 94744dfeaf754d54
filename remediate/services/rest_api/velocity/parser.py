"""Parses the part of the Velocity Template Language that CORS templates in API Gateway are written in.

`#set`, `#if`/`#elseif`/`#else`, `#foreach`, `#break`, `#stop`, comments, references with properties and
calls, string, number, boolean, list and map literals, references between double quotes, and the
operators of conditions. Anything else raises
`Unsupported`: an answer is never guessed from a template that is only half understood.
https://velocity.apache.org/engine/1.7/user-guide.html
"""

from __future__ import annotations

import re
from functools import lru_cache

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
)

LARGEST = 300 * 1024
"""API Gateway's own limit on a mapping template, in bytes."""

DEEPEST = 40


class Unsupported(Exception):
    """The template says something this interpreter does not know."""


_OUTPUT = re.compile(r"\$!?\{?[a-zA-Z_]")
_DIRECTIVE = re.compile(r"#\{?(set|if|elseif|else|end|foreach|break|stop)\b\}?", re.ASCII)
_OTHER_DIRECTIVE = re.compile(r"#@?\{?[a-zA-Z]", re.ASCII)
_IDENTIFIER = re.compile(r"[a-zA-Z_][a-zA-Z0-9_-]*", re.ASCII)
_BLANK = re.compile(r"[ \t\r\n]*")
_SIGNS = {"le": "<=", "ge": ">=", "lt": "<", "gt": ">"}
_NUMBER = re.compile(r"-?[0-9]{1,9}(?![0-9.])", re.ASCII)


@lru_cache(maxsize=256)
def parse(template: str) -> tuple[Node, ...]:
    """The template's nodes; `Unsupported` where it holds anything else."""
    if len(template) > LARGEST:
        raise Unsupported("the template is larger than API Gateway accepts")
    parser = _Parser(template)
    nodes, end = parser.block(depth=0)
    if end:
        raise Unsupported(f"#{end} without its #if")
    return nodes


class _Parser:
    def __init__(self, source: str) -> None:
        self.source = source
        self.at = 0

    def block(self, depth: int) -> tuple[tuple[Node, ...], str]:
        """Nodes up to `#end`, `#else` or `#elseif` (which is returned), or the end of the text."""
        if depth > DEEPEST:
            raise Unsupported("the template is nested too deeply")
        nodes: list[Node] = []
        start = self.at
        while self.at < len(self.source):
            mark = self.source[self.at]
            if mark not in "#$\\":
                self.at += 1
                continue
            if mark == "\\":
                if self.source[self.at + 1 : self.at + 2] in ("#", "$", "\\"):
                    raise Unsupported("an escaped directive")
                self.at += 1
                continue
            before = self.at
            node, end = self.directive(depth) if mark == "#" else self.output()
            if node is None and not end and self.at == before:
                self.at += 1  # an ordinary # or $
                continue
            if before > start:
                nodes.append(Text(self.source[start:before]))
            start = self.at
            if end:
                return tuple(nodes), end
            if node is not None:
                nodes.append(node)
        if self.at > start:
            nodes.append(Text(self.source[start : self.at]))
        return tuple(nodes), ""

    def directive(self, depth: int) -> tuple[Node | None, str]:
        if self.source.startswith("##", self.at):
            newline = self.source.find("\n", self.at)
            self.at = len(self.source) if newline < 0 else newline + 1
            return None, ""
        if self.source.startswith("#*", self.at):
            close = self.source.find("*#", self.at)
            if close < 0:
                raise Unsupported("a comment that does not end")
            self.at = close + 2
            return None, ""
        match = _DIRECTIVE.match(self.source, self.at)
        if not match:
            if _OTHER_DIRECTIVE.match(self.source, self.at) or self.source.startswith("#[[", self.at):
                raise Unsupported(f"the directive {self.source[self.at : self.at + 12]!r}")
            return None, ""
        self.at = match.end()
        name = match.group(1)
        if name in ("end", "else", "elseif"):
            if depth == 0:
                raise Unsupported(f"#{name} without its #if")
            return None, name
        if name == "set":
            return self.set(), ""
        if name in ("break", "stop"):
            return Leave(name == "stop"), ""
        return (self.condition(depth) if name == "if" else self.loop(depth)), ""

    def set(self) -> Set:
        self.expect("(")
        target = self.reference()
        if not isinstance(target, Reference):
            raise Unsupported("#set of something that is no reference")
        self.expect("=")
        value = self.expression(0)
        self.expect(")")
        return Set(target, value)

    def condition(self, depth: int) -> If:
        branches: list[tuple[Expression, tuple[Node, ...]]] = []
        otherwise: tuple[Node, ...] = ()
        end = "elseif"
        while end == "elseif":
            self.expect("(")
            test = self.expression(0)
            self.expect(")")
            body, end = self.block(depth + 1)
            branches.append((test, body))
        if end == "else":
            otherwise, end = self.block(depth + 1)
        if end != "end":
            raise Unsupported("#if without #end")
        return If(tuple(branches), otherwise)

    def loop(self, depth: int) -> Foreach:
        self.expect("(")
        variable = self.reference()
        self.expect("in")
        source = self.expression(0)
        self.expect(")")
        body, end = self.block(depth + 1)
        if end != "end" or variable.steps:
            raise Unsupported("#foreach in a form that is not known")
        return Foreach(variable.root, source, body)

    def output(self) -> tuple[Node | None, str]:
        if not _OUTPUT.match(self.source, self.at):
            return None, ""
        start = self.at
        reference = self.reference()
        quiet = self.source.startswith("$!", start)
        return Output(reference, "" if quiet else self.source[start : self.at]), ""

    def blank(self) -> None:
        match = _BLANK.match(self.source, self.at)
        self.at = match.end() if match else self.at

    def take(self, *words: str) -> str:
        self.blank()
        for word in words:
            if self.source.startswith(word, self.at):
                after = self.source[self.at + len(word) : self.at + len(word) + 1]
                if not (word.isalpha() and (after.isalnum() or after == "_")):
                    self.at += len(word)
                    return word
        return ""

    def expect(self, word: str) -> None:
        if not self.take(word):
            raise Unsupported(f"{word!r} expected at {self.source[self.at : self.at + 12]!r}")

    def expression(self, depth: int) -> Expression:
        if depth > DEEPEST:
            raise Unsupported("the condition is nested too deeply")
        operands = [self.conjunction(depth)]
        while self.take("||", "or"):
            operands.append(self.conjunction(depth))
        return operands[0] if len(operands) == 1 else Either(tuple(operands))

    def conjunction(self, depth: int) -> Expression:
        operands = [self.comparison(depth)]
        while self.take("&&", "and"):
            operands.append(self.comparison(depth))
        return operands[0] if len(operands) == 1 else Both(tuple(operands))

    def comparison(self, depth: int) -> Expression:
        left = self.operand(depth)
        sign = self.take("==", "!=", "eq", "ne", "<=", ">=", "<", ">", "le", "ge", "lt", "gt")
        if not sign:
            return left
        right = self.operand(depth)
        if sign in ("==", "eq", "!=", "ne"):
            return Equal(left, right, negated=sign in ("!=", "ne"))
        return Compare(left, right, _SIGNS.get(sign, sign))

    def operand(self, depth: int) -> Expression:
        if depth > DEEPEST:
            raise Unsupported("the condition is nested too deeply")
        self.blank()
        mark = self.source[self.at : self.at + 1]
        if mark == "!" or self.take("not"):
            self.at += mark == "!"
            return Not(self.operand(depth + 1))
        if mark == "(":
            self.at += 1
            inner = self.expression(depth + 1)
            self.expect(")")
            return inner
        if mark == "[":
            self.at += 1
            return Items(self.arguments("]", depth + 1))
        if mark == "{":
            self.at += 1
            return self.entries(depth + 1)
        if mark in ("'", '"') and mark:
            return self.string(mark, depth)
        if mark == "$":
            return self.reference(depth + 1)
        if word := self.take("true", "false"):
            return Literal(word == "true")
        if number := _NUMBER.match(self.source, self.at):
            self.at = number.end()
            return Literal(int(number.group()))
        raise Unsupported(f"{self.source[self.at : self.at + 12]!r} in a condition or value")

    def string(self, mark: str, depth: int) -> Expression:
        """A text; between double quotes references stand for their values."""
        close = self.source.find(mark, self.at + 1)
        text = self.source[self.at + 1 : close]
        if close < 0 or self.source.startswith(mark, close + 1):
            raise Unsupported("a string that does not end, or with a doubled quote")
        self.at = close + 1
        if mark == "'" or not ("$" in text or "#" in text):
            return Literal(text)
        if depth > DEEPEST:
            raise Unsupported("the condition is nested too deeply")
        if "##" in text or "#*" in text:
            raise Unsupported("a comment between quotes")
        nodes, end = _Parser(text).block(depth + 1)
        parts = tuple(node for node in nodes if isinstance(node, Text | Output))
        if end or len(parts) < len(nodes):
            raise Unsupported("a directive between quotes")
        if all(isinstance(part, Text) for part in parts):
            return Literal("".join(part.text for part in parts if isinstance(part, Text)))
        return Interpolated(parts)

    def entries(self, depth: int) -> Entries:
        entries: list[tuple[Expression, Expression]] = []
        while not self.take("}"):
            if entries:
                self.expect(",")
            key = self.expression(depth)
            self.expect(":")
            entries.append((key, self.expression(depth)))
        return Entries(tuple(entries))

    def arguments(self, close: str, depth: int) -> tuple[Expression, ...]:
        if self.take(close):
            return ()
        expressions = [self.expression(depth)]
        while self.take(","):
            expressions.append(self.expression(depth))
        self.expect(close)
        return tuple(expressions)

    def reference(self, depth: int = 0) -> Reference:
        self.blank()
        if not self.source.startswith("$", self.at):
            raise Unsupported(f"a reference expected at {self.source[self.at : self.at + 12]!r}")
        self.at += 1
        if self.source.startswith("!", self.at):
            self.at += 1
        braced = self.source.startswith("{", self.at)
        self.at += braced
        root = self.identifier()
        steps: list[PathSegment] = []
        while True:
            if self.source.startswith("[", self.at):
                self.at += 1
                key = self.arguments("]", depth + 1)
                steps.append(PathSegment("get", key))
                continue
            if not self.source.startswith(".", self.at) or not _IDENTIFIER.match(self.source, self.at + 1):
                break
            self.at += 1
            name = self.identifier()
            if self.source.startswith("(", self.at):
                self.at += 1
                steps.append(PathSegment(name, self.arguments(")", depth + 1)))
            else:
                steps.append(PathSegment(name))
            if len(steps) > DEEPEST:
                raise Unsupported("a reference that is too long")
        if braced:
            self.expect("}")
        return Reference(root, tuple(steps))

    def identifier(self) -> str:
        match = _IDENTIFIER.match(self.source, self.at)
        if not match:
            raise Unsupported(f"a name expected at {self.source[self.at : self.at + 12]!r}")
        self.at = match.end()
        return match.group()
