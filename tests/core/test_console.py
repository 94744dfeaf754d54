"""Consoles in the words of the browsers (Chromium source, MDN's list of CORS errors, WebKit source)."""

from __future__ import annotations

import pytest

from remediate.core.console import read_complaint

API = "https://api.example.com/items"
PAGE = "http://localhost:3000"


@pytest.mark.parametrize(
    ("text", "url", "origin", "method", "headers", "preflight"),
    [
        (
            f"Access to fetch at '{API}' from origin '{PAGE}' has been blocked by CORS policy: Response to "
            "preflight request doesn't pass access control check: No 'Access-Control-Allow-Origin' header is "
            "present on the requested resource.",
            API,
            PAGE,
            None,
            (),
            True,
        ),
        (
            f"localhost/:1 Access to XMLHttpRequest at '{API}' from origin '{PAGE}' has been blocked by CORS "
            "policy: Method PUT is not allowed by Access-Control-Allow-Methods in preflight response.",
            API,
            PAGE,
            "PUT",
            (),
            True,
        ),
        (
            f"Access to fetch at '{API}' from origin '{PAGE}' has been blocked by CORS policy: Request "
            "header "
            "field x-api-key is not allowed by Access-Control-Allow-Headers in preflight response.",
            API,
            PAGE,
            None,
            ("x-api-key",),
            True,
        ),
        (
            f"Access to fetch at 'https://b.example/x' (redirected from '{API}') from origin '{PAGE}' "
            "has been "
            "blocked by CORS policy: No 'Access-Control-Allow-Origin' header is present on the requested "
            "resource.",
            API,
            PAGE,
            None,
            (),
            False,
        ),
        (
            f"Access to font at '{API}' from origin 'null' has been blocked by CORS policy: The "
            "'Access-Control-Allow-Origin' header contains multiple values 'a, b', but only one is allowed.",
            API,
            "null",
            None,
            (),
            False,
        ),
        (
            "Cross-Origin Request Blocked: The Same Origin Policy disallows reading the remote resource at "
            f"{API}. (Reason: CORS header ‘Access-Control-Allow-Origin’ missing). Status code: 403.",
            API,
            None,
            None,
            (),
            False,
        ),
        (
            "Cross-Origin Request Blocked: The Same Origin Policy disallows reading the remote resource at "
            f"{API}. (Reason: header ‘x-api-key’ is not allowed according to header "
            "‘Access-Control-Allow-Headers’ from CORS preflight response).",
            API,
            None,
            None,
            ("x-api-key",),
            True,
        ),
        (
            f"Origin {PAGE} is not allowed by Access-Control-Allow-Origin. Status code: 403\n"
            f"Fetch API cannot load {API} due to access control checks.",
            API,
            PAGE,
            None,
            (),
            False,
        ),
        (
            f"Preflight response is not successful. Status code: 403\nXMLHttpRequest cannot load {API} "
            "due to "
            "access control checks.",
            API,
            None,
            None,
            (),
            True,
        ),
    ],
)
def test_wordings_of_browsers(
    text: str,
    url: str,
    origin: str | None,
    method: str | None,
    headers: tuple[str, ...],
    preflight: bool,
) -> None:
    found = read_complaint(text)
    assert found is not None
    assert (found.url, found.origin, found.method, found.headers, found.preflight) == (
        url,
        origin,
        method,
        headers,
        preflight,
    )


@pytest.mark.parametrize("text", ["", "TypeError: Failed to fetch", "Access to fetch at 'x'", "\0" * 1000])
def test_other_text_is_no_complaint(text: str) -> None:
    assert read_complaint(text) is None
