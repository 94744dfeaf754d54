"""The registry of rules: every code that the program makes is in it, and a test expects every code of it.

What is made is held to by types (a finding comes from a rule), by the tree of the sources below, and,
while any test runs, by `tests/conftest.py`. That every code can be made is held to by expectations: each
must stand in one, in a scenario's `expected.json` or in a test's assertion or table of cases.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from remediate.core.finding import Finding, Level
from remediate.core.guard_table import GUARDS
from remediate.core.rules import Rule, RuleKind, by_code
from remediate.core.state import Unreadable
from remediate.services import kinds, rules
from remediate.services.s3.rules import SHADOWED_BY_FOREIGN_RULE

TESTS = Path(__file__).parent
ROOT = TESTS.parent
SOURCES = [path for path in sorted((ROOT / "remediate").rglob("*.py")) if "sandbox" not in path.parts]
DEFINING = {
    "remediate/core/guard_table.py",
    "remediate/core/common_rules.py",
    "remediate/core/explain_rules.py",
    "remediate/core/plan_file_rules.py",
    "remediate/core/standing_rules.py",
    *(f"remediate/services/{kind}/rules.py" for kind in kinds()),
    "remediate/services/rest_api/template_rules.py",
}
"""The modules in which rules stand."""
MAKING = {
    "remediate/core/rules.py": "of a rule",
    "remediate/core/state.py": "of a failed read",
}
"""The modules that may make a `Finding` by itself, and of what."""
OTHER_WORDS = {("remediate/engine/baseline.py", "undone")}
"""Words that are spelled like a code, and are a key of a note."""
CODE = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)+")
ABOUT_RULES = {"test_rules.py", "test_rule_cli.py"}


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def calls(tree: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            function = node.func
            yield getattr(function, "attr", None) or getattr(function, "id", ""), node


def texts(node: ast.AST) -> Iterator[ast.Constant]:
    for part in ast.walk(node):
        if isinstance(part, ast.Constant) and isinstance(part.value, str):
            yield part


def test_a_finding_is_made_of_a_rule_and_nowhere_else() -> None:
    made = {
        named(path) for path in SOURCES for name, _ in calls(ast.parse(path.read_text())) if name == "Finding"
    }
    assert made == MAKING.keys()


def test_rules_stand_in_the_modules_that_the_registry_reads() -> None:
    made = {
        named(path) for path in SOURCES for name, _ in calls(ast.parse(path.read_text())) if name == "Rule"
    }
    assert made == DEFINING


def test_no_source_spells_a_code_that_a_rule_has() -> None:
    spelled = [
        f"{named(path)}:{text.lineno}: {text.value}"
        for path in SOURCES
        if named(path) not in DEFINING
        for text in texts(ast.parse(path.read_text()))
        if text.value in rules() and (named(path), text.value) not in OTHER_WORDS
    ]
    assert spelled == []


def test_no_failure_is_given_a_code_of_ours_as_text() -> None:
    """`Unreadable` and `AwsFailure` take text, because most of their codes are AWS's own."""
    spelled = [
        f"{named(path)}:{call.lineno}: {text.value}"
        for path in SOURCES
        for name, call in calls(ast.parse(path.read_text()))
        if name.lower().endswith(("unreadable", "failure", "held"))
        for part in [*call.args, *(keyword.value for keyword in call.keywords)]
        for text in texts(part)
        if CODE.fullmatch(str(text.value))
    ]
    assert spelled == []


def test_the_service_modules_give_the_very_rules_of_the_registry() -> None:
    """The registry runs them beside their packages, so they are other objects, and must be equal."""
    assert rules()["shadowed-by-foreign-rule"] == SHADOWED_BY_FOREIGN_RULE


def test_two_rules_of_one_code_are_refused() -> None:
    registered = GUARDS["null-origin"]
    duplicate = Rule("null-origin", Level.WARN, "s", "m", "e", "f")
    assert by_code([registered, registered]) == {"null-origin": registered}
    with pytest.raises(ValueError, match="two rules have the code null-origin"):
        by_code([registered, duplicate])


def test_guards_are_the_rules_of_that_kind() -> None:
    assert {code for code, rule in rules().items() if rule.kind is RuleKind.GUARD} == GUARDS.keys()


@pytest.mark.parametrize("rule", rules().values(), ids=rules())
def test_a_rule_is_written_in_sentences(rule: Rule) -> None:
    assert re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", rule.code)
    for text in (rule.summary, rule.meaning, rule.fix):
        assert text.endswith(".")
        assert text[0].isupper() or text[0] == "`"
        assert "  " not in text
    assert len(rule.summary) <= 100, "the list shows it in a line"
    assert len(rule.example.splitlines()) >= 2
    assert [line for line in rule.example.splitlines() if len(line) > 76 or line != line.rstrip()] == []
    if rule.kind is RuleKind.FINDING:
        assert rule.level is not Level.REFUSE, "only a guard holds back, because only a guard can be allowed"
        assert not any((rule.opens, rule.narrows, rule.local))


def test_flags_say_what_the_guards_are_about() -> None:
    def having(flag: str) -> set[str]:
        return {code for code, rule in rules().items() if getattr(rule, flag)}

    assert having("opens") == {
        "opens-to-any",
        "any-with-credentials",
        "public-suffix-wildcard",
        "insecure-origin",
        "null-origin",
        "widens-others",
    }
    assert having("narrows") == {"removes-access", "removes-all"}
    assert having("local") == {"targets-disagree", "too-many-rules", "document-too-large"}
    assert [code for code, guard in GUARDS.items() if not guard.liftable] == ["wrong-account"]


def test_a_code_that_is_in_no_registry_fails_the_test_that_makes_it() -> None:
    for make in (
        lambda: Finding(Level.WARN, "not-in-the-registry", "s3/a", "message"),
        lambda: Unreadable("s3/a", "s3", "not-in-the-registry", "message"),
    ):
        with pytest.raises(AssertionError, match="not-in-the-registry"):
            make()
    Unreadable("s3/a", "s3", "SlowDown", "AWS's own code")


def test_every_code_is_expected_by_some_test() -> None:
    expected = {code for path in sorted(TESTS.rglob("*.py")) for code in codes_expected(path)}
    for path in TESTS.glob("cases/*/expected.json"):
        document = json.loads(path.read_text())
        expected |= {finding["code"] for finding in document.get("findings", ()) if "code" in finding}
        expected |= {*document.get("refused", ())}
    assert sorted(rules().keys() - expected) == []


def codes_expected(path: Path) -> Iterator[str]:
    """Texts in assertions, comparisons and tables of cases.

    Left out is what must not be there, and what a test makes by itself.
    """
    if path.name in ABOUT_RULES:
        return
    tree = ast.parse(path.read_text())
    excluded = {text for node in ast.walk(tree) for part in not_expected(node) for text in texts(part)}
    for node in ast.walk(tree):
        places: list[ast.AST] = []
        if isinstance(node, ast.Assert | ast.Compare | ast.Subscript):
            places.append(node)
        elif isinstance(node, ast.FunctionDef):
            places += [
                decorator for decorator in node.decorator_list if "parametrize" in ast.unparse(decorator)
            ]
        for place in places:
            yield from (str(text.value) for text in texts(place) if text not in excluded)


def not_expected(node: ast.AST) -> Iterator[ast.AST]:
    """The parts of a node that name what must not be there, or what the test makes by itself."""
    if isinstance(node, ast.Compare) and any(
        isinstance(operator, ast.NotIn | ast.NotEq) for operator in node.ops
    ):
        yield node
    if isinstance(node, ast.Call) and getattr(node.func, "id", "") in {"Finding", "Unreadable", "Rule"}:
        yield node
