"""Consoles in the words of the browsers (Chromium source, MDN's list of CORS errors, WebKit source)."""

from __future__ import annotations

import pytest

from remediate.web.console import Cause, read_complaint

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
    complaint = read_complaint(text)
    assert complaint is not None
    assert (complaint.url, complaint.origin, complaint.method, complaint.headers, complaint.preflight) == (
        url,
        origin,
        method,
        headers,
        preflight,
    )


FIREFOX = "Cross-Origin Request Blocked: The Same Origin Policy disallows reading the remote resource at"
SAID = f"{FIREFOX} {API}. (Reason: "
ENDED = f"\n{SAID}CORS request did not succeed). Status code: (null)."


@pytest.mark.parametrize(
    ("text", "kind", "preflight", "credentials", "headers"),
    [
        (
            f"{SAID}CORS header ‘Access-Control-Allow-Origin’ missing). Status code: 200.",
            Cause.NO_HEADER,
            False,
            False,
            (),
        ),
        (
            f"{SAID}CORS header ‘Access-Control-Allow-Origin’ does not match ‘null’).",
            Cause.OTHER,
            False,
            False,
            (),
        ),
        (
            f"{SAID}Multiple CORS header ‘Access-Control-Allow-Origin’ not allowed).",
            Cause.SEVERAL_VALUES,
            False,
            False,
            (),
        ),
        (
            f"{FIREFOX} ‘{API}’. (Reason: Credential is not supported if the CORS header "
            "‘Access-Control-Allow-Origin’ is ‘*’).",
            Cause.OTHER,
            False,
            True,
            (),
        ),
        (
            f"{SAID}expected ‘true’ in CORS header ‘Access-Control-Allow-Credentials’).",
            Cause.OTHER,
            False,
            True,
            (),
        ),
        (
            f"{SAID}CORS preflight response did not succeed). Status code: 403.{ENDED}",
            Cause.OTHER,
            True,
            False,
            (),
        ),
        (
            f"{SAID}CORS request external redirect not allowed).\n"
            f"{SAID}CORS preflight response did not succeed). Status code: 301.{ENDED}",
            Cause.REDIRECT,
            True,
            False,
            (),
        ),
        (
            f"{SAID}Did not find method in CORS header ‘Access-Control-Allow-Methods’).{ENDED}",
            Cause.OTHER,
            True,
            False,
            (),
        ),
        (
            f"{SAID}invalid token ‘GET; PUT’ in CORS header ‘Access-Control-Allow-Methods’).{ENDED}",
            Cause.OTHER,
            True,
            False,
            (),
        ),
        (
            f'{SAID}invalid token ‘"x-a"’ in CORS header ‘Access-Control-Allow-Headers’).{ENDED}',
            Cause.OTHER,
            True,
            False,
            (),
        ),
        (
            f"{SAID}header ‘content-type’ is not allowed according to header "
            f"‘Access-Control-Allow-Headers’ from CORS preflight response).{ENDED}",
            Cause.OTHER,
            True,
            False,
            ("content-type",),
        ),
        (
            f"{SAID}CORS request did not succeed). Status code: (null).",
            Cause.OTHER,
            False,
            False,
            (),
        ),
    ],
)
def test_what_firefox_153_says_of_each_kind_of_failure(
    text: str, kind: Cause, preflight: bool, credentials: bool, headers: tuple[str, ...]
) -> None:
    """Recorded from the console of Firefox 153.8 ESR; only the URL is another."""
    complaint = read_complaint(text)
    assert complaint is not None
    assert (complaint.browser, complaint.url, complaint.origin) == ("firefox", API, None)
    assert (complaint.kind, complaint.preflight, complaint.credentials) == (kind, preflight, credentials)
    assert complaint.headers == headers


NO_HEADER = "No 'Access-Control-Allow-Origin' header is present on the requested resource."


@pytest.mark.parametrize(
    "text",
    [
        f"Access to fetch at ' {API} ' from origin ' {PAGE} ' has been blocked by CORS policy: {NO_HEADER}",
        f"Access to fetch at “{API}” from origin ‘{PAGE}’ has been blocked by CORS policy: {NO_HEADER}",
        f"Access to fetch at '{API}' from\norigin '{PAGE}' has been blocked by CORS\npolicy: {NO_HEADER}",
        f"XMLHttpRequest cannot load {API}. {NO_HEADER} Origin '{PAGE}' is therefore not allowed access.",
        f"Failed to load {API}: {NO_HEADER} Origin '{PAGE}' is therefore not allowed access.",
        f"Fetch API cannot load {API}. {NO_HEADER} Origin '{PAGE}' is therefore not allowed access.",
        f"XMLHttpRequest cannot load {API}. Origin {PAGE} is not allowed by Access-Control-Allow-Origin.",
        f"Access to fetch at '{API}' from origin '{PAGE}' has been blocked by CORS policy: {NO_HEADER} "
        "Access to fetch at 'https://other.example/' from origin 'https://p.example' has been blocked by "
        "CORS policy: Method PUT is not allowed by Access-Control-Allow-Methods in preflight response.",
    ],
)
def test_pasted_texts_are_read_as_they_come(text: str) -> None:
    complaint = read_complaint(text)
    assert complaint is not None
    assert (complaint.url, complaint.origin, complaint.method, complaint.headers) == (API, PAGE, None, ())


def test_the_first_of_several_firefox_messages_is_read_and_no_more() -> None:
    blocked = "Cross-Origin Request Blocked: The Same Origin Policy disallows reading the remote resource at"
    complaint = read_complaint(
        f"{blocked} {API}. (Reason: CORS header ‘Access-Control-Allow-Origin’ missing). Status code: 200. "
        f"{blocked} https://other.example/. (Reason: CORS preflight channel did not succeed)."
    )
    assert complaint is not None
    assert (complaint.url, complaint.cause, complaint.kind, complaint.preflight) == (
        API,
        "CORS header 'Access-Control-Allow-Origin' missing",
        Cause.NO_HEADER,
        False,
    )


@pytest.mark.parametrize(
    ("cause", "kind"),
    [
        (NO_HEADER, Cause.NO_HEADER),
        ("The 'Access-Control-Allow-Origin' header contains multiple values 'a, b'.", Cause.SEVERAL_VALUES),
        ("Redirect is not allowed for a preflight request.", Cause.REDIRECT),
        ("Method PUT is not allowed by Access-Control-Allow-Methods in preflight response.", Cause.OTHER),
    ],
)
def test_the_kind_of_the_cause(cause: str, kind: Cause) -> None:
    complaint = read_complaint(
        f"Access to fetch at '{API}' from origin '{PAGE}' has been blocked by CORS policy: {cause}"
    )
    assert complaint is not None
    assert complaint.kind is kind


def test_the_method_is_taken_from_the_line_beside_the_message() -> None:
    complaint = read_complaint(
        f"Access to fetch at '{API}' from origin '{PAGE}' has been blocked by CORS policy: {NO_HEADER}\n"
        f"app.js:7 PUT {API} net::ERR_FAILED 200 (OK)"
    )
    assert complaint is not None
    assert (complaint.method, complaint.cause) == ("PUT", NO_HEADER)


def test_what_redirected_is_told_from_where_it_led() -> None:
    complaint = read_complaint(
        f"Access to fetch at 'https://b.example/x' (redirected from '{API}') from origin '{PAGE}' has been "
        f"blocked by CORS policy: {NO_HEADER}"
    )
    assert complaint is not None
    assert (complaint.url, complaint.redirected_to) == (API, "https://b.example/x")


@pytest.mark.parametrize("text", ["", "TypeError: Failed to fetch", "Access to fetch at 'x'", "\0" * 1000])
def test_other_text_is_no_complaint(text: str) -> None:
    assert read_complaint(text) is None
