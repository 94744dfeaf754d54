"""The JSON Schema: never stricter than the loader, and nearly as strict."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from remediate.core.policy import Option
from remediate.planfile import load, schema
from remediate.planfile.yaml.compose import compose
from remediate.planfile.yaml.tree import plain
from tests.planfile.loading import EXAMPLE, HEAD, NOW, ORIGINS, TAIL, TARGETS, problems, write

SCHEMA = schema(TARGETS)
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


def data(text: str) -> Any:
    node, diagnostics = compose(text)
    assert node is not None
    assert diagnostics == []
    return plain(node)


def test_it_is_a_schema_of_its_draft() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert json.loads(json.dumps(SCHEMA)) == SCHEMA


def test_nothing_of_python_or_null_is_in_it() -> None:
    text = json.dumps(SCHEMA)
    assert '"null"}' not in text
    assert "_Unnamed" not in text
    assert "pydantic" not in text


def test_every_key_says_what_it_is_for() -> None:
    definitions = [SCHEMA, *SCHEMA["$defs"].values()]
    assert len(definitions) == 8 + len(TARGETS)
    for definition in definitions:
        assert definition["title"]
        assert definition["description"]
        assert definition["additionalProperties"] is False
        for name, member in definition["properties"].items():
            assert member.get("description"), name


def test_the_services_targets_are_in_it() -> None:
    target = SCHEMA["$defs"]["CloudfrontTarget"]
    assert target["required"] == ["cloudfront"]
    assert target["properties"]["answer"]["enum"] == ["origin", "edge"]
    assert target["properties"]["answer"]["description"] == "Who answers."
    assert target["properties"]["paths"]["type"] == "array"


@pytest.mark.parametrize(
    "targets", [{"sqs": {}}, {"sqs": {"queues": Option("strings", "Which.")}, "sns": {}}]
)
def test_it_knows_no_service_by_name(targets: dict[str, dict[str, Option]], tmp_path: Path) -> None:
    validator = jsonschema.Draft202012Validator(schema(targets))
    text = HEAD + ORIGINS + "targets: [{sqs: a}]\n"
    assert validator.is_valid(data(text))
    assert not validator.is_valid(data(text.replace("sqs", "s3")))
    (plan,) = load([write(tmp_path, text)], targets, now=NOW)
    assert plan.targets[0].selector.service == "sqs"


GOOD = [
    EXAMPLE.read_text(),
    HEAD + "origins: []\n" + TAIL,
    HEAD + "origins: ['*', 'null', 'https://*.example.com']\nallow: {max_age: 1h, methods: ['*']}\n" + TAIL,
    HEAD + "origins: [HTTPS://Bücher.Example:443]\n" + TAIL,
    HEAD + "targets: [{s3: My API, origins: [{origin: http://localhost:3000, reason: it's}]}]\n",
    HEAD + "origins: [{origin: https://a.example, expires: 2026-12-01 18:00:00+09:00}]\n" + TAIL,
    HEAD + "guards: {}\n" + ORIGINS + TAIL,
    HEAD + "guards: {contested: {}}\n" + ORIGINS + TAIL,
    HEAD + "guards: {contested: {corrections: 100, within: 30d}}\n" + ORIGINS + TAIL,
    HEAD + "loopback: {}\n" + ORIGINS + TAIL,
    HEAD + "loopback: {reason: required, longest: 1d2h30m}\n" + ORIGINS + TAIL,
    HEAD
    + "guards: {max_changes: 0, max_share: 12.5 %, minimum: 1, never: [opens-to-any], "
    + "levels: {owned-elsewhere: warn, owner-unknown: refuse}}\n"
    + ORIGINS
    + TAIL,
    HEAD + "account: '012345678901'\nregion: us-gov-west-1\nmode: exact\n" + ORIGINS + TAIL,
    HEAD
    + ORIGINS
    + TAIL
    + "expect: [{from: 'null', to: 'http://[::1]/', verdict: blocked, headers: [x-a]}]\n",
]


@pytest.mark.parametrize("text", GOOD)
def test_good_plans(tmp_path: Path, text: str) -> None:
    assert problems(tmp_path, text) == []
    VALIDATOR.validate(data(text))


BAD = [
    "version: 1\nname: a\n" + ORIGINS,
    HEAD.replace("1", "2") + ORIGINS + TAIL,
    HEAD.replace("1", "'1'") + ORIGINS + TAIL,
    HEAD.replace("name: a", "name: a b") + ORIGINS + TAIL,
    HEAD + "account: 123456789012\n" + ORIGINS + TAIL,
    HEAD + "account: '12345'\n" + ORIGINS + TAIL,
    HEAD + "region: Tokyo\n" + ORIGINS + TAIL,
    HEAD + "zzz: 1\n" + ORIGINS + TAIL,
    HEAD + "mode: all\n" + ORIGINS + TAIL,
    HEAD + "origins: https://a.example\n" + TAIL,
    HEAD + "origins: [https://a.example/]\n" + TAIL,
    HEAD + "origins: [https://a.example/x]\n" + TAIL,
    HEAD + "origins: [a.example]\n" + TAIL,
    HEAD + 'origins: ["https://a.example\'"]\n' + TAIL,
    HEAD + "origins: [{origin: https://a.example, expires: 2026-12-01T18:00:00}]\n" + TAIL,
    HEAD + "origins: [{origin: https://a.example, until: 2026-12-01T18:00:00Z}]\n" + TAIL,
    HEAD + "allow: {methods: [get]}\n" + ORIGINS + TAIL,
    HEAD + "allow: {methods: []}\n" + ORIGINS + TAIL,
    HEAD + "allow: {headers: [a b]}\n" + ORIGINS + TAIL,
    HEAD + "allow: {credentials: 'true'}\n" + ORIGINS + TAIL,
    HEAD + "allow: {max_age: -1}\n" + ORIGINS + TAIL,
    HEAD + "allow: {max_age: 86401}\n" + ORIGINS + TAIL,
    HEAD + "allow: {max_age: 1d}\n" + ORIGINS + TAIL,
    HEAD + "guards: {max_changes: -1}\n" + ORIGINS + TAIL,
    HEAD + "guards: {max_share: 30}\n" + ORIGINS + TAIL,
    HEAD + "guards: {never: [opens-to-all]}\n" + ORIGINS + TAIL,
    HEAD + "guards: {levels: {opens-to-all: warn}}\n" + ORIGINS + TAIL,
    HEAD + "guards: {levels: {opens-to-any: off}}\n" + ORIGINS + TAIL,
    HEAD + "guards: {contested: {corrections: 0}}\n" + ORIGINS + TAIL,
    HEAD + "guards: {contested: {corrections: 101}}\n" + ORIGINS + TAIL,
    HEAD + "guards: {contested: {within: 8}}\n" + ORIGINS + TAIL,
    HEAD + "loopback: {reason: wanted}\n" + ORIGINS + TAIL,
    HEAD + "loopback: {longest: ''}\n" + ORIGINS + TAIL,
    HEAD + "loopback: {longest: 8}\n" + ORIGINS + TAIL,
    HEAD + "loopback: {longest: 30m8h}\n" + ORIGINS + TAIL,
    HEAD + ORIGINS + "targets: []\n",
    HEAD + ORIGINS + "targets: [{s3: ''}]\n",
    HEAD + ORIGINS + "targets: [{s3: a, http_api: b}]\n",
    HEAD + ORIGINS + "targets: [{region: eu-west-1}]\n",
    HEAD + ORIGINS + "targets: [{s3: a, stages: [x]}]\n",
    HEAD + ORIGINS + "targets: [{rest_api: a, stages: x}]\n",
    HEAD + ORIGINS + "targets: [{cloudfront: a, answer: x}]\n",
    HEAD + ORIGINS + TAIL + "expect: [{from: https://a.example, to: /x, verdict: blocked}]\n",
    HEAD + ORIGINS + TAIL + "expect: [{from: '*', to: https://a.example, verdict: blocked}]\n",
    HEAD + ORIGINS + TAIL + "expect: [{from: https://a.example, to: https://a.example}]\n",
]


@pytest.mark.parametrize("text", BAD)
def test_bad_plans(tmp_path: Path, text: str) -> None:
    assert problems(tmp_path, text)
    assert not VALIDATOR.is_valid(data(text))


def test_patterns_are_good_for_ecmascript_too() -> None:
    r"""Editors compile them with the `u` flag, where only syntax characters may be escaped."""
    text = json.dumps(SCHEMA)
    patterns = [part.split('"')[0] for part in json.dumps(SCHEMA).split('"pattern": "')[1:]]
    assert len(patterns) > 20
    assert '\\\\"' not in text
    assert all("\\\\'" not in pattern and "\\\\-" not in pattern for pattern in patterns)
