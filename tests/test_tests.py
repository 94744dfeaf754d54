"""Every test asserts something: by itself, or by a function of the tests that does."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

ROOT = Path(__file__).parent
CHECKS = frozenset({"raises", "fail", "warns"})
"""What pytest has for it, besides the statement."""
STORY = frozenset({"refused", "let_in"})
"""Methods of `tests.e2e`'s Story, which compare what a page in a browser met."""

Name = tuple[str, str]
"""A function by its module and its name."""


@dataclass
class Function:
    """What one function of the tests does."""

    line: int
    asserts: bool = False
    calls: set[Name] = field(default_factory=set)


def module_of(path: Path) -> str:
    return ".".join(("tests", *path.relative_to(ROOT).with_suffix("").parts))


def imported(tree: ast.Module, module: str) -> dict[str, Name]:
    """Where the names that a module imports from the tests are defined."""
    names: dict[str, Name] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            above = module.split(".")[: -node.level] if node.level else []
            source = ".".join([*above, *([node.module] if node.module else [])])
            names |= {alias.asname or alias.name: (source, alias.name) for alias in node.names}
    return names


def functions(tree: ast.Module, module: str) -> Iterator[tuple[Name, Function]]:
    names = imported(tree, module)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            function = Function(node.lineno)
            for inner in ast.walk(node):
                function.asserts |= isinstance(inner, ast.Assert)
                if isinstance(inner, ast.Call) and isinstance(inner.func, ast.Name):
                    called = inner.func.id
                    function.asserts |= called in CHECKS
                    function.calls.add(names.get(called, (module, called)))
                elif isinstance(inner, ast.Call) and isinstance(inner.func, ast.Attribute):
                    called = inner.func.attr
                    function.asserts |= called in CHECKS | STORY or called.startswith("assert_")
            yield (module, node.name), function


def without_assertion(trees: Mapping[str, ast.Module]) -> list[str]:
    """The tests that neither assert nor call a function that does, by their module."""
    found = {name: each for module, tree in trees.items() for name, each in functions(tree, module)}
    asserting = {name for name, function in found.items() if function.asserts}
    while more := {name for name, each in found.items() if each.calls & asserting} - asserting:
        asserting |= more
    return [
        f"{module}:{function.line} {name}"
        for (module, name), function in found.items()
        if name.startswith("test_")
        and module.rpartition(".")[2].startswith("test_")
        and (module, name) not in asserting
    ]


def test_every_test_asserts_something() -> None:
    trees = {module_of(path): ast.parse(path.read_text(encoding="utf-8")) for path in ROOT.rglob("*.py")}
    assert without_assertion(trees) == []


@pytest.mark.parametrize(
    ("body", "is_silent"),
    [
        ("    run()", True),
        ("    helper()", False),
        ("    assert run()", False),
        ("    with pytest.raises(ValueError):\n        run()", False),
        ("    outer()", False),
        ("    thing.helper()", True),
        ("    thing.assert_it()", False),
        ("    elsewhere()", False),
        ("    silent()", True),
    ],
)
def test_the_guard_sees_a_test_without_an_assertion(body: str, is_silent: bool) -> None:
    own = (
        "from tests.b import elsewhere, silent\ndef helper():\n    assert run()\ndef outer():\n    helper()\n"
    )
    other = "def elsewhere():\n    assert run()\ndef silent():\n    run()\n"
    trees = {
        "tests.test_a": ast.parse(f"{own}def test_a():\n{body}\n"),
        "tests.b": ast.parse(other),
        "tests.c": ast.parse("def silent():\n    assert run()\n"),
    }
    assert without_assertion(trees) == (["tests.test_a:6 test_a"] if is_silent else [])
