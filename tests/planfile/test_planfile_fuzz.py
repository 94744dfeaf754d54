"""Whatever the file holds: a plan or a PlanFileError, with positions inside the file."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from remediate.errors import PlanFileError
from remediate.planfile import PlanFile, load, schema
from remediate.planfile.yaml.compose import Unreadable, compose
from remediate.planfile.yaml.tree import plain
from remediate.web.origin import is_null, parse_origin
from tests.planfile.loading import EXAMPLE, HEAD, NOW, ORIGINS, TAIL, TARGETS
from tests.sizes import examples

VALIDATOR = jsonschema.Draft202012Validator(schema(TARGETS))
SAMPLE = EXAMPLE.read_bytes()
# fmt: off
WORDS = [
    "version", "name", "account", "region", "origins", "origin", "reason", "expires", "allow", "methods",
    "headers", "expose", "credentials", "max_age", "mode", "targets", "s3", "rest_api", "http_api",
    "cloudfront", "stages", "paths", "answer", "expect", "from", "to", "verdict", "GET", "get", "*",
    "merge", "exact", "allowed", "edge", "https://a.example", "https://a.example/", "2026-12-01T18:00:00Z",
    "10m", "null", "yes",
]
# fmt: on


def relaxed(count: int) -> settings:
    return settings(
        max_examples=examples(count),
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )


@pytest.fixture(scope="module")
def path() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder) / "p.yaml"


def outcome(path: Path, data: bytes) -> PlanFile | PlanFileError:
    path.write_bytes(data)
    try:
        (plan,) = load([path], TARGETS, now=NOW)
    except PlanFileError as error:
        check(error, data, path)
        return error
    check_plan(plan, data.decode().removeprefix("\ufeff"))
    return plan


def check(error: PlanFileError, data: bytes, path: Path) -> None:
    lines = len(re.split(rb"\r\n|\r|\n", data))
    assert 1 <= len(error.problems) <= 101
    for problem in error.problems:
        position = re.fullmatch(re.escape(str(path)) + ":([0-9]+):([0-9]+)", problem.where)
        assert position, problem
        assert 1 <= int(position[1]) <= lines + 1
        assert problem.rule.isprintable()
        assert problem.hint
        assert problem.hint.isprintable()


def check_plan(plan: PlanFile, text: str) -> None:
    """What passes is in canonical form, and passes the JSON Schema."""
    node, diagnostics = compose(text)
    assert node
    assert not diagnostics
    VALIDATOR.validate(plain(node))
    for target in plan.targets:
        for origin in (*target.policy.origins, *target.policy.retired.origins):
            assert is_null(origin) or parse_origin(origin).text == origin
        assert not set(target.policy.origins) & set(target.policy.retired.origins)
        assert "*" not in target.policy.origins or not target.policy.credentials


@relaxed(100)
@given(st.binary(max_size=300))
def test_bytes(path: Path, data: bytes) -> None:
    outcome(path, data)


@relaxed(100)
@given(st.text(alphabet="[]{}:,-&*!|>'\"%@`#?~<= \t\nab1\x00\u2028é", max_size=200))
def test_yaml_punctuation(path: Path, text: str) -> None:
    outcome(path, text.encode())


@relaxed(400)
@given(st.data())
def test_mutations_of_a_good_file(path: Path, data: st.DataObject) -> None:
    text = SAMPLE
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(text)))
        end = min(len(text), start + data.draw(st.integers(0, 30)))
        stop = data.draw(st.integers(0, len(text)))
        put = data.draw(
            st.one_of(
                st.just(text[stop : stop + data.draw(st.integers(0, 60))]),
                st.sampled_from([word.encode() for word in WORDS]),
                st.binary(max_size=6),
                st.text(max_size=4).map(lambda drawn: drawn.encode("utf-8", "surrogatepass")),
            )
        )
        text = text[:start] + put + text[end:]
    outcome(path, text)


SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.sampled_from(WORDS),
    st.text(max_size=12),
    st.datetimes(),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.sampled_from(WORDS) | st.text(max_size=5), inner, max_size=6),
    ),
    max_leaves=25,
)


@relaxed(100)
@given(VALUES)
def test_structures(path: Path, value: Any) -> None:
    outcome(path, yaml.safe_dump(value, allow_unicode=True).encode("utf-8", "surrogatepass"))


@relaxed(300)
@given(key=st.sampled_from(WORDS), value=VALUES, where=st.sampled_from(["", "    "]))
def test_one_wrong_value_in_a_good_file(path: Path, key: str, value: Any, where: str) -> None:
    """`where`: at the top of the file, or in its last target."""
    line = yaml.safe_dump({key: value}, default_flow_style=True, width=10**6, allow_unicode=True).strip()
    outcome(path, (HEAD + ORIGINS + TAIL + where + line[1:-1] + "\n").encode("utf-8", "surrogatepass"))


@relaxed(100)
@given(st.text(max_size=30), st.sampled_from(["origins", "methods", "headers", "s3", "name", "to", "reason"]))
def test_texts_in_quotes(path: Path, text: str, key: str) -> None:
    value = yaml.safe_dump(text, default_style='"', width=10**6).strip()
    lines = {
        "origins": f"origins: [{value}]\n" + HEAD + TAIL,
        "reason": f"origins: [{{origin: https://a.example, reason: {value}}}]\n" + HEAD + TAIL,
        "methods": f"allow: {{methods: [{value}]}}\n" + HEAD + ORIGINS + TAIL,
        "headers": f"allow: {{headers: [{value}]}}\n" + HEAD + ORIGINS + TAIL,
        "s3": HEAD + ORIGINS + f"targets: [{{s3: {value}}}]\n",
        "name": f"version: 1\nname: {value}\n" + ORIGINS + TAIL,
        "to": f"expect: [{{from: 'null', to: {value}, verdict: blocked}}]\n" + HEAD + ORIGINS + TAIL,
    }
    outcome(path, lines[key].encode("utf-8", "surrogatepass"))


@relaxed(100)
@given(st.data())
def test_both_parsers_see_the_same(data: st.DataObject) -> None:
    """PyYAML without libyaml gives the same tree; on what is no YAML, its words may differ."""
    start = data.draw(st.integers(0, len(SAMPLE)))
    put = data.draw(st.sampled_from(WORDS) | st.text(alphabet="[]{}:,-&*'\"# \nab", max_size=6))
    text = (SAMPLE[:start] + put.encode() + SAMPLE[start + data.draw(st.integers(0, 9)) :]).decode()
    trees: list[Any] = []
    for loader in (yaml.SafeLoader, getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
        try:
            node, diagnostics = compose(text, loader=loader)
            trees.append((plain(node) if node else None, diagnostics))
        except Unreadable as error:
            trees.append(f"unreadable: {type(error.diagnostic).__name__}")
    assert repr(trees[0]) == repr(trees[1])
