"""Every value that can be wrong: where it is said, which rule, and what to write instead."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.planfile.loading import HEAD, ORIGINS, TAIL, only, problems

# Lines 1 and 2 are HEAD. Then: the text, its only problem's position, pieces of rule and hint.
TOP = [
    ("orgins: []\n", "3:1", "unknown key 'orgins'", "did you mean origins?"),
    ("Mode: merge\n", "3:1", "unknown key 'Mode'", "did you mean mode?"),
    ("zzz: 1\n", "3:1", "unknown key 'zzz'", "known here are version, name, account, state"),
    ("methods: [GET]\n", "3:1", "unknown key 'methods'", "belongs under allow"),
    ("verdict: allowed\n", "3:1", "unknown key 'verdict'", "belongs under expect"),
    ("s3: b\n", "3:1", "unknown key 's3'", "under targets: - s3"),
    ("state: s3://b/c\n", "3:8", "neither s3://bucket/prefix nor a folder", "write s3://"),
    ("state: s3:/b/c\n", "3:8", "neither s3://bucket/prefix nor a folder", "write s3://"),
    ("notify: {}\n", "3:1", "unknown key 'notify'", "known here"),
    ("name: c\n", "3:1", "'name' is here twice; the first is in line 2", "delete one"),
    ("<<: {mode: exact}\n", "3:1", "merge keys", "write the members out"),
    ("account: 123456789012\n", "3:10", "a text, not the number 123456789012", 'quote it: "123456789012"'),
    ("account: 012345670123\n", "3:10", "a text, not the number 012345670123", 'quote it: "012345670123"'),
    ("account: 0o12345\n", "3:10", "12 digits, not '0o12345'", '"123456789012"'),
    ('account: "1234-5678-9012"\n', "3:10", "12 digits", 'write "123456789012"'),
    ("account: [1]\n", "3:10", "account must be a text, not a list", "one value"),
    ("account:\n", "3:9", "'account' has no value", "delete the key"),
    ("account: ~\n", "3:10", "'account' has no value", "delete the key"),
    ("region: Tokyo\n", "3:9", "'Tokyo' is not an AWS region", "eu-west-1"),
    ("region: no\n", "3:9", "region must be a text, not no (which YAML reads as false)", 'quote it: "no"'),
    ("region: 1.5\n", "3:9", "not the number 1.5", 'quote it: "1.5"'),
    ("mode: exct\n", "3:7", "mode is merge or exact, not 'exct'", "did you mean exact?"),
    ("mode: replace\n", "3:7", "mode is merge or exact", "write mode: merge"),
    ("mode: on\n", "3:7", "mode is merge or exact, not 'on'", "mode: merge"),
    ("mode: [exact]\n", "3:7", "mode must be a text, not a list", "one value"),
    ("allow: [GET]\n", "3:8", "allow must be a mapping of keys, not a list", "without '- '"),
    ("allow: GET\n", "3:8", "allow must be a mapping of keys, not the text 'GET'", "indented below"),
    ("allow: {method: [GET]}\n", "3:9", "unknown key 'method'", "did you mean methods?"),
    ("allow: {origins: []}\n", "3:9", "unknown key 'origins'", "known here are methods"),
    ("expect: {}\n", "3:9", "expect must be a list, not a mapping", "start each entry with '- '"),
]

GUARDS = [
    ("[]", "3:9", "guards must be a mapping of keys, not a list", "write key: value"),
    ("{max_change: 3}", "3:10", "unknown key 'max_change'", "did you mean max_changes?"),
    ("{never: opens-to-any}", "3:17", "never must be a list, not the text 'opens-to-any'", "[opens-to-any]"),
    ("{never: [opens-to-all]}", "3:18", "'opens-to-all' is not a guard", "did you mean opens-to-any?"),
    ("{never: [opens_to_any]}", "3:18", "'opens_to_any' is not a guard", "did you mean opens-to-any?"),
    ("{never: [zzz]}", "3:18", "'zzz' is not a guard", "known are opens-to-any"),
    (
        "{levels: {owned-elswhere: warn}}",
        "3:19",
        "unknown key 'owned-elswhere'",
        "did you mean owned-elsewhere?",
    ),
    ("{levels: {null-origin: error}}", "3:32", "null-origin is refuse, warn or info, not 'error'", "write"),
    ("{levels: {null-origin: wran}}", "3:32", "null-origin is refuse, warn or info", "did you mean warn?"),
    ("{levels: [null-origin]}", "3:18", "levels must be a mapping of keys, not a list", "without '- '"),
    ("{levels: {wrong-account: warn}}", "3:19", "wrong-account always refuses", "use the credentials"),
    (
        "{never: [null-origin], levels: {null-origin: info}}",
        "3:41",
        "null-origin is under never, so its level stays refuse",
        "delete it",
    ),
    ("{contested: 3}", "3:21", "contested must be a mapping of keys, not the number 3", "key: value"),
    ("{contested: {corections: 3}}", "3:22", "unknown key 'corections'", "did you mean corrections?"),
    ("{corrections: 3}", "3:10", "unknown key 'corrections'", "it belongs under contested"),
    (
        "{contested: {corrections: 0}}",
        "3:35",
        "a number of corrections is needed here, not '0'",
        "write 1 to 100",
    ),
    ("{contested: {corrections: two}}", "3:35", "a number of corrections is needed here, not 'two'", "1 to"),
    ("{contested: {within: 31d}}", "3:30", "longer than passes remember a correction", "at most 30d"),
    ("{contested: {within: 8}}", "3:30", "'8' is not a duration", "write days, hours and minutes"),
    ('{max_changes: "20"}', "3:23", "a whole number is needed here, not '20'", "write 20 without quotes"),
    ("{max_changes: 2.5}", "3:23", "a whole number is needed here, not '2.5'", "write it like 20"),
    ("{max_changes: -1}", "3:23", "-1 is not a number of resources", "write 0 to"),
    ("{minimum: true}", "3:19", "a whole number is needed here, not 'true'", "write it like"),
    ("{max_share: 30}", "3:21", "a share is a percentage from 0% to 100%, not '30'", "write 30%"),
    ("{max_share: 0.3}", "3:21", "a share is a percentage", "write 30%"),
    ("{max_share: 130%}", "3:21", "a share is a percentage from 0% to 100%, not '130%'", "write it like 30%"),
    ("{max_share: lots}", "3:21", "a share is a percentage", "write it like 30%"),
    ("{max_share: [30%]}", "3:21", "a share is a percentage", "write it like 30%"),
]

METHODS = [
    ("get", "upper case, not 'get'", "write GET"),
    ("Options", "upper case, not 'Options'", "write OPTIONS"),
    ("TRACE", "unknown method 'TRACE'", "known are GET, HEAD"),
    ("PSOT", "unknown method 'PSOT'", "did you mean POST?"),
    ('""', "unknown method ''", "known are"),
    ('"GET, PUT"', "several methods in one text", "write [GET, PUT]"),
    ("GET|PUT", "several methods in one text", "write [GET, PUT]"),
    ("1", "a text, not the number 1", 'quote it: "1"'),
    ("{a: b}", "a text, not a mapping", "one value"),
]

HEADERS = [
    ('"a b"', "several names in one text", "write [a, b]"),
    ('"X-A, X-B"', "several names in one text", "write [x-a, x-b]"),
    ('"Content-Type: text/plain"', "more than a header's name", "write only the name: content-type"),
    ('""', "name is empty", "delete the entry"),
    ("é", "'é' is not a header name", "letters, digits"),
    ('"a\\"b"', "is not a header name", "without spaces, quotes"),
    ("x'y", "is not a header name", "without spaces, quotes"),
    ("x`y", "is not a header name", "without spaces, quotes"),
    ('"a\\nb"', "control character U+000A", "on one line"),
    ("on", "not on (which YAML reads as true)", 'quote it: "on"'),
    ("~", "not null", "quote"),
]

AGES = [
    ("-1", "max_age is negative", "write 0"),
    ("86401", "over a day (86400 seconds)", "at most 24h"),
    ("25h", "over a day", "at most 24h"),
    ("1d", "a number of seconds or a duration, not '1d'", "600, 90s, 10m or 1h"),
    ("10 m", "not '10 m'", "10m"),
    ('"600"', "not '600'", "write 600 without quotes"),
    ("1:30", "not '1:30'", "90s"),
    ("1.5", "not '1.5'", "90s"),
    ("yes", "not 'true'", "90s"),
    ("[600]", "a duration, not", "600"),
    ("9" * 4000, "over a day", "24h"),
]

ORIGIN = [
    ("https://a.example/", "has a trailing slash", "write https://a.example without"),
    ("https://a.example/x", "has a path", "write https://a.example without"),
    ("a.example", "has no scheme", "write https://a.example"),
    ('"https://a.example\'"', "contains a quote", "write https://a.example without quotes"),
    ('"https://a.example\\x07"', "control character U+0007", "by hand"),
    ('"https://a.example\\u202e"', "control character U+202E", "by hand"),
    ("https://*.a.*", "more than one '*'", "one '*'"),
    ("https://a.example:99999", "port", "write https://a.example"),
    ("null", "must be an origin, not null", 'write "null" in quotes'),
    ("3", "must be an origin, not the number 3", "https://app.example.com"),
    ("[https://b.example]", "must be a mapping of keys, not a list", "without '- '"),
    ('""', "an origin is empty", "https://app.example.com"),
    ("https://" + "a" * 400 + ".example", "an origin of 416 characters", "one origin per entry"),
    ("{origin: https://b.example, expire: x}", "unknown key 'expire'", "did you mean expires?"),
    ("{reason: x}", "'origin' is missing", "add origin: https://app.example.com"),
    ("{origin: null}", "'origin' has no value", '"null" in quotes'),
    ("{origin: https://b.example, reason: 3}", "a text, not the number 3", 'quote it: "3"'),
]

EXPIRES = [
    ("2026-12-01T18:00:00", "has no time zone", "write 2026-12-01T18:00:00Z"),
    ("2026-12-01 18:00:00", "has no time zone", "2026-12-01T18:00:00+09:00"),
    ("2026-12-01", "is a day, not an instant", "write 2026-12-01T18:00:00Z"),
    ("2026-13-01T18:00:00Z", "not a date and time: month", "2026-12-01T18:00:00Z"),
    ("2026-12-01T18:00:00 +9", "is not a date and time", "2026-12-01T18:00:00Z"),
    ("tomorrow", "is not a date and time", "2026-12-01T18:00:00Z"),
    ("1764612000", "a text, not the number", "quote it"),
]

TARGET = [
    ("{s3: a, stages: [x]}", "5:13", "'stages' is a key of rest_api targets; s3 has", "s3 targets know s3"),
    ("{s3: a, answer: edge}", "5:13", "'answer' is a key of cloudfront targets", "delete it"),
    ("{s3: a, orgins: []}", "5:13", "unknown key 'orgins'", "did you mean origins?"),
    ("{s3: a, region: x}", "5:21", "'x' is not an AWS region", "eu-west-1"),
    ("{s3: a, mode: all}", "5:19", "mode is merge or exact", "mode: merge"),
    ("{s3: a, allow: {methods: [get]}}", "5:31", "upper case", "write GET"),
    ("{s3: a, allow: {methods: []}}", "5:30", "methods is an empty list", "delete the key"),
    ("{s3: a, origins: https://b.example}", "5:22", "origins must be a list", "write [https://b.example]"),
    ("{s3: }", "5:10", "'s3' has no value", "give it one"),
    ('{s3: ""}', "5:10", "an empty text", "* for all"),
    ('{s3: " a"}', "5:10", "white space around", "write a"),
    ('{s3: "a\'b"}', "5:10", "contains a quote (')", "?"),
    ('{s3: "a\\tb"}', "5:10", "control character U+0009", "by hand"),
    ("{s3: 12}", "5:10", "a text, not the number 12", 'quote it: "12"'),
    ("{s3: [a]}", "5:10", "s3 must be a text, not a list", "one value"),
    ("{rest_api: a, stages: prod}", "5:27", "stages must be a list, not the text 'prod'", "write [prod]"),
    ("{rest_api: a, stages: []}", "5:27", "stages is an empty list", "delete the key"),
    ('{rest_api: a, paths: ["/*", ""]}', "5:33", "an empty text", "* for all"),
    ("{rest_api: a, paths: [1]}", "5:27", "a text, not the number 1", 'quote it: "1"'),
    ("{cloudfront: a, answer: edg}", "5:29", "answer is origin or edge, not 'edg'", "did you mean edge?"),
    ("{cloudfront: a, answer: [edge]}", "5:29", "answer must be a text, not a list", "one value"),
    ("{cloudfornt: a}", "5:6", "unknown key 'cloudfornt'", "did you mean cloudfront?"),
    ("{lambda_url: a}", "5:6", "unknown service 'lambda_url'", "s3, http_api, rest_api or cloudfront"),
    ("{region: eu-west-1}", "5:5", "which resource it is for", "s3, http_api, rest_api or cloudfront"),
    ("{s3: a, http_api: b}", "5:13", "names one service; this one names s3 and http_api", "of its own"),
    ("{s3: c}", "5:5", "the same target as in line 4", "delete one"),
    ("uploads", "5:5", "a mapping of keys, not the text 'uploads'", "key: value"),
]

EXPECT = [
    ("{to: https://b.example, verdict: blocked}", "'from' is missing", "add from: https://app.example.com"),
    ("{from: https://a.example, verdict: blocked}", "'to' is missing", "add to: https://api.example.com"),
    ("{from: https://a.example, to: https://b.example}", "'verdict' is missing", "add verdict: allowed"),
]
EXPECTED = [
    ("from", "https://*.example", "is a pattern, not one origin", "https://app.example.com"),
    ("from", '"*"', "is a pattern, not one origin", "https://app.example.com"),
    ("from", "https://a.example/", "trailing slash", "https://a.example without"),
    ("to", "/items", "not an absolute http(s) URL", "https://api.example.com/items"),
    ("to", "ftp://a.example/", "not an absolute http(s) URL", "https://api.example.com/items"),
    ("to", "https:///x", "not an absolute http(s) URL", "https://api.example.com/items"),
    ("to", "https://a.example/#x", "has a fragment", "write https://a.example/"),
    ("to", '"https://a.example/ x"', "a space, quote", "%20"),
    ("to", '"https://[::1/x"', "is not a URL", "https://api.example.com/items"),
    ("to", "https://a.example:99999/", "is not a URL", "https://api.example.com/items"),
    ("method", "post", "upper case", "write POST"),
    ("method", '"*"', "one method, not '*'", "GET"),
    ("verdict", "alowed", "verdict is allowed or blocked, not 'alowed'", "did you mean allowed?"),
    ("verdict", "yes", "verdict is allowed or blocked, not 'yes'", "verdict: allowed"),
    ("credentials", '"yes"', "true or false, not the text 'yes'", "without quotes"),
    ("headers", "x-a", "headers must be a list", "write [x-a]"),
    ("headers", '["a: b"]', "more than a header's name", "write only the name: a"),
]


@pytest.mark.parametrize(("value", "where", "rule", "hint"), GUARDS)
def test_guards(tmp_path: Path, value: str, where: str, rule: str, hint: str) -> None:
    only(tmp_path, f"{HEAD}guards: {value}\n{ORIGINS}{TAIL}", where, rule, hint)


def test_a_limit_without_a_home_is_told_where_it_belongs(tmp_path: Path) -> None:
    line = "max_changes: 3\n"
    only(tmp_path, HEAD + line + ORIGINS + TAIL, "3:1", "unknown key 'max_changes'", "belongs under guards")


@pytest.mark.parametrize(("line", "where", "rule", "hint"), TOP)
def test_top(tmp_path: Path, line: str, where: str, rule: str, hint: str) -> None:
    only(tmp_path, HEAD + line + ORIGINS + TAIL, where, rule, hint)


@pytest.mark.parametrize(("value", "rule", "hint"), METHODS)
def test_methods(tmp_path: Path, value: str, rule: str, hint: str) -> None:
    text = HEAD + ORIGINS + TAIL + f"allow:\n  methods:\n    - GET\n    - {value}\n"
    only(tmp_path, text, "9:7", rule, hint)


@pytest.mark.parametrize("member", ["headers", "expose"])
@pytest.mark.parametrize(("value", "rule", "hint"), HEADERS)
def test_headers(tmp_path: Path, member: str, value: str, rule: str, hint: str) -> None:
    only(
        tmp_path,
        HEAD + ORIGINS + TAIL + f"allow:\n  {member}: [a, {value}]\n",
        f"7:{len(member) + 9}",
        rule,
        hint,
    )


@pytest.mark.parametrize(("value", "rule", "hint"), AGES)
def test_max_age(tmp_path: Path, value: str, rule: str, hint: str) -> None:
    only(tmp_path, HEAD + ORIGINS + TAIL + f"allow:\n  max_age: {value}\n", "7:12", rule, hint)


@pytest.mark.parametrize(
    ("value", "rule", "hint"),
    [
        ('"true"', "true or false, not the text 'true'", "write credentials: true"),
        ("1", "true or false, not the number 1", "credentials: false"),
        ("maybe", "true or false", "credentials: true"),
    ],
)
def test_credentials(tmp_path: Path, value: str, rule: str, hint: str) -> None:
    only(tmp_path, HEAD + ORIGINS + TAIL + f"allow: {{credentials: {value}}}\n", "6:22", rule, hint)


@pytest.mark.parametrize(("value", "rule", "hint"), ORIGIN)
def test_origins(tmp_path: Path, value: str, rule: str, hint: str) -> None:
    text = HEAD + TAIL + f"origins:\n  - https://a.example\n  - {value}\n"
    reported = problems(tmp_path, text)
    assert [problem.where.partition(":")[0] for problem in reported] == ["7"], reported
    assert rule in reported[0].rule
    assert hint in reported[0].hint
    assert str(reported[0]).replace("\n", "").isprintable()


@pytest.mark.parametrize(("value", "rule", "hint"), EXPIRES)
def test_expires(tmp_path: Path, value: str, rule: str, hint: str) -> None:
    text = HEAD + TAIL + f"origins:\n  - origin: https://a.example\n    expires: {value}\n"
    only(tmp_path, text, "7:14", rule, hint)


@pytest.mark.parametrize(("value", "where", "rule", "hint"), TARGET)
def test_targets(tmp_path: Path, value: str, where: str, rule: str, hint: str) -> None:
    only(tmp_path, HEAD + f"targets:\n  - s3: c\n  - {value}\n" + ORIGINS, where, rule, hint)


@pytest.mark.parametrize(("value", "rule", "hint"), EXPECT)
def test_expectations_lack_something(tmp_path: Path, value: str, rule: str, hint: str) -> None:
    only(tmp_path, HEAD + ORIGINS + TAIL + f"expect:\n  - {value}\n", "7:5", rule, hint)


@pytest.mark.parametrize(("key", "value", "rule", "hint"), EXPECTED)
def test_expectations(tmp_path: Path, key: str, value: str, rule: str, hint: str) -> None:
    proof = {"from": "https://a.example", "to": "https://b.example/", "verdict": "blocked", key: value}
    lines = ",\n".join(
        f"     {name}: {text}" for name, text in sorted(proof.items(), key=lambda pair: pair[0] != key)
    )
    reported = problems(tmp_path, HEAD + ORIGINS + TAIL + "expect:\n  - {\n" + lines + "}\n")
    assert [problem.where.partition(":")[0] for problem in reported] == ["8"], reported
    assert rule in reported[0].rule
    assert hint in reported[0].hint
