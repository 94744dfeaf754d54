"""The code that is printed for functions does what it is printed for, and no more."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from typing import Any

import pytest

from remediate.snippets import LANGUAGES, NeededHeaders, language_of, plain_headers, snippet, usual_snippets

PAGE = "http://localhost:3000"
OTHER = "https://app.example.com"
NEEDED = NeededHeaders(
    (PAGE, OTHER), methods=("PUT",), headers=("content-type",), expose=("etag",), credentials=True
)
EVERY = {
    "Vary": "Origin",
    "Access-Control-Allow-Origin": PAGE,
    "Access-Control-Allow-Credentials": "true",
    "Access-Control-Expose-Headers": "etag",
    "Access-Control-Allow-Methods": "PUT",
    "Access-Control-Allow-Headers": "content-type",
}


def v1(method: str, **headers: str) -> dict[str, Any]:
    """A proxy integration's event of a REST API, which keeps the spelling of header names."""
    return {"httpMethod": method, "headers": headers or None}


def v2(method: str, **headers: str) -> dict[str, Any]:
    """An event in payload format 2.0, whose header names are in lower case."""
    lower = {name.lower(): value for name, value in headers.items()}
    return {"version": "2.0", "headers": lower, "requestContext": {"http": {"method": method}}}


def in_python(code: str, event: dict[str, Any]) -> Any:
    names: dict[str, Any] = {}
    exec(compile(code, "snippet", "exec"), names)
    return names["handler"](event, None)


def in_node(code: str, event: dict[str, Any]) -> Any:
    node = shutil.which("node")
    if node is None:
        pytest.skip("Node.js is not installed")
    call = f"exports.handler({json.dumps(event)}).then((answer) => console.log(JSON.stringify(answer)));"
    done = subprocess.run([node, "-e", f"{code}\n{call}"], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


RUNS = {"Python": in_python, "Node.js": in_node}


@pytest.mark.parametrize("event_of", [v1, v2])
@pytest.mark.parametrize("language", RUNS)
def test_a_listed_origin_gets_the_headers_and_a_stranger_none(language: str, event_of: Any) -> None:
    run, code = RUNS[language], snippet(NEEDED, language)
    answer = run(code, event_of("PUT", Origin=PAGE))
    assert (answer["statusCode"], answer["headers"]) == (200, EVERY)
    assert json.loads(answer["body"]) == {}
    preflight = run(code, event_of("OPTIONS", origin=OTHER))
    assert (preflight["statusCode"], preflight["headers"]["Access-Control-Allow-Origin"]) == (204, OTHER)
    for stranger in ("https://app.example.com.evil.test", "https://APP.example.com", "null"):
        assert run(code, event_of("PUT", Origin=stranger))["headers"] == {"Vary": "Origin"}
    assert run(code, event_of("PUT"))["headers"] == {"Vary": "Origin"}


@pytest.mark.parametrize("language", RUNS)
def test_nothing_is_allowed_that_was_not_asked_for(language: str) -> None:
    code = snippet(NeededHeaders((PAGE,), headers=("content-type",)), language)
    answer = RUNS[language](code, v1("OPTIONS", Origin=PAGE))
    # The gateway answers the preflight, so the function treats OPTIONS as anything else.
    assert answer["statusCode"] == 200
    assert answer["headers"] == {"Vary": "Origin", "Access-Control-Allow-Origin": PAGE}


@pytest.mark.parametrize("payload", ["1.0", "2.0"])
@pytest.mark.parametrize("language", sorted(set(LANGUAGES.values())))
def test_every_language_lists_the_origins_and_has_no_mark_left(language: str, payload: str) -> None:
    for needed in (NEEDED, NeededHeaders((PAGE,))):
        code = snippet(needed, language, payload=payload)
        for origin in needed.origins:
            assert f'"{origin}"' in code
        assert re.search(r'"?Vary"?\]?(:| =>|,| =) "Origin"', code)
        assert not re.search(r"@\w+[@|]", code)
        assert ("OPTIONS" in code or "MethodOptions" in code) is bool(needed.methods)
        assert ("Allow-Credentials" in code) is needed.credentials
        assert ("Expose-Headers" in code) is bool(needed.expose)
        assert code.count("{") == code.count("}")
        assert code.count("(") == code.count(")")


@pytest.mark.parametrize(
    ("payload", "named", "other"),
    [
        ("1.0", "APIGatewayProxyRequest", "APIGatewayV2HTTPRequest"),
        ("2.0", "APIGatewayV2HTTPRequest", "APIGatewayProxyRequest"),
    ],
)
def test_typed_events_are_those_of_the_payload_format(payload: str, named: str, other: str) -> None:
    code = snippet(NEEDED, "Go", payload=payload)
    assert named in code
    assert other not in code


@pytest.mark.parametrize(
    ("runtime", "language"),
    [
        ("python3.13", "Python"),
        ("nodejs22.x", "Node.js"),
        ("nodejs", "Node.js"),
        ("go1.x", "Go"),
        ("provided.al2023", "Go"),
        ("java8.al2", "Java"),
        ("java21", "Java"),
        ("dotnetcore3.1", ".NET"),
        ("dotnet8", ".NET"),
        ("ruby3.4", "Ruby"),
        ("", ""),
        ("cobol85", ""),
    ],
)
def test_the_language_of_a_runtime(runtime: str, language: str) -> None:
    """Identifiers as the Lambda API model and the developer guide ("Lambda runtimes") spell them."""
    assert language_of(runtime) == language


def test_without_a_runtime_it_is_python_and_node() -> None:
    text = usual_snippets(NEEDED)
    assert text.startswith("# Python\n")
    assert "\n\n// Node.js\n" in text


def test_a_server_is_told_the_headers() -> None:
    assert plain_headers(NeededHeaders((PAGE,), ("PUT",), ("x-a",), (), credentials=True)).splitlines() == [
        f"Access-Control-Allow-Origin: {PAGE}",
        "Vary: Origin",
        "Access-Control-Allow-Credentials: true",
        "Access-Control-Allow-Methods: PUT",
        "Access-Control-Allow-Headers: x-a",
    ]
    assert "<the caller's Origin" in plain_headers(NEEDED)
