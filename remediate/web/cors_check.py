"""The CORS check of the Fetch standard (4.10), as the sentence that a developer needs.

Each function returns None when the answer passes, else the sentence that names the header, the
value found and the value wanted.
"""

from remediate.web.headers import NON_WILDCARD_REQUEST_HEADERS, SAFELISTED_METHODS, list_values
from remediate.web.http import Response
from remediate.web.origin import DEFAULT_PORTS

ALLOW_ORIGIN = "Access-Control-Allow-Origin"
ALLOW_CREDENTIALS = "Access-Control-Allow-Credentials"
ALLOW_METHODS = "Access-Control-Allow-Methods"
ALLOW_HEADERS = "Access-Control-Allow-Headers"

_TRUE = "true"
_WRAPPED = 3
# The standard excludes Authorization from '*' (2.2.2 "CORS non-wildcard request-header name").
LENIENT_BROWSERS = "Chromium 156 and Firefox 153"


def origin_failure(response: Response, origin: str, *, credentials: bool) -> str | None:
    """Fetch 4.10 "CORS check": does this response share itself with the origin?"""
    value = response.get(ALLOW_ORIGIN)
    if value == "*" and not credentials:
        return None
    if value != origin:
        return _origin_sentence(response, value, origin, credentials=credentials)
    if not credentials:
        return None
    return _credentials_failure(response.get(ALLOW_CREDENTIALS))


def method_failure(response: Response, method: str, *, credentials: bool, forced: bool) -> str | None:
    """Fetch 4.8, the method's part: a preflight's answer has to list what is not safelisted.

    ``forced`` is for a preflight that only an upload listener caused: no list is needed then.
    """
    try:
        listed = list_values(response, ALLOW_METHODS)
    except ValueError as error:
        return _unparsable(response, ALLOW_METHODS, error)
    if method in SAFELISTED_METHODS or (listed is None and forced):
        return None
    if listed is None:
        return f"The preflight's answer has no {ALLOW_METHODS} header; it must list {method}."
    if method in listed or ("*" in listed and not credentials):
        return None
    sent = f"{ALLOW_METHODS} is '{response.get(ALLOW_METHODS)}'"
    if "*" in listed:
        return f"{sent}, but for a request with credentials '*' is only a name: {method} must be listed."
    for name in listed:
        if name.lower() == method.lower():
            return (
                f"{sent}, but the page sends {method}: methods are case-sensitive, so '{name}' "
                f"does not allow '{method}'. Use upper case on both sides."
            )
    return f"{sent}, but the page sends {method}: {method} must be listed."


def headers_failure(
    response: Response, unsafe: list[str], sent: set[str], *, credentials: bool
) -> str | None:
    """Fetch 4.8, the headers' part: every unsafe name is listed, Authorization by its own name.

    ``unsafe`` and ``sent`` are lower case: the names that need leave, and all that script set.
    """
    try:
        listed = list_values(response, ALLOW_HEADERS)
    except ValueError as error:
        return _unparsable(response, ALLOW_HEADERS, error)
    names = {name.lower() for name in listed or ()}
    wildcard = "*" in names and not credentials
    explicit = sorted((sent & NON_WILDCARD_REQUEST_HEADERS) - names)
    missing = sorted(set(explicit) | ({name for name in unsafe if name not in names}))
    if not missing or (wildcard and not explicit):
        return None
    if listed is None:
        return f"The preflight's answer has no {ALLOW_HEADERS} header; it must list {', '.join(missing)}."
    header_text = f"{ALLOW_HEADERS} is '{response.get(ALLOW_HEADERS)}'"
    if wildcard:
        return (
            f"{header_text}, which by the standard does not cover authorization: list it by its name. "
            f"({LENIENT_BROWSERS} still let it pass; that may end with any release.)"
        )
    if "*" in names:
        return (
            f"{header_text}, but for a request with credentials '*' is only a name: "
            f"{', '.join(missing)} must be listed."
        )
    return f"{header_text}, but the page sends {', '.join(missing)}: each must be listed."


def lacks(
    response: Response,
    origin: str,
    method: str,
    unsafe: list[str],
    sent: set[str],
    *,
    credentials: bool,
    forced: bool,
) -> list[str]:
    """Return what a preflight's answer lacks of origin, method and header names; empty where it passes."""
    if origin_failure(response, origin, credentials=credentials) is not None:
        return [origin]
    missing = []
    if method_failure(response, method, credentials=credentials, forced=forced) is not None:
        missing.append(method)
    if headers_failure(response, unsafe, sent, credentials=credentials) is not None:
        missing += [
            name
            for name in sorted({*unsafe, *(sent & NON_WILDCARD_REQUEST_HEADERS)})
            if headers_failure(response, [name], sent & {name}, credentials=credentials) is not None
        ]
    return missing


def _origin_sentence(response: Response, value: str | None, origin: str, *, credentials: bool) -> str:
    expected = f"'{origin}'" if credentials else f"'{origin}' or '*'"
    if value is None:
        return f"There is no {ALLOW_ORIGIN} header; it must be {expected}."
    times = len(response.all(ALLOW_ORIGIN))
    if times > 1:
        return (
            f"{ALLOW_ORIGIN} is sent {times} times and counts as '{value}', which no origin "
            f"equals: only one layer may add it, as {expected}."
        )
    if value == "*":
        return (
            f"{ALLOW_ORIGIN} is '*', which a browser refuses for a request with credentials; "
            f"it must be '{origin}'."
        )
    return f"{ALLOW_ORIGIN} is '{value}' but the page's origin is '{origin}': {_why(value, origin)}"


def _why(value: str, origin: str) -> str:
    if not value:
        return "an empty value allows nobody."
    if "," in value or " " in value:
        return "one origin is allowed there, not a list; the server must answer with the caller's."
    if len(value) >= _WRAPPED and value[0] in "'\"" and value[-1] == value[0]:
        return "the quotes are part of the value and must go."
    if "*" in value:
        return "a browser knows no patterns; the server must answer with the caller's origin."
    if value.lower() == origin:
        return "the case makes them differ."
    if value.rstrip("/") == origin:
        return "the trailing slash makes them differ."
    if value.startswith(f"{origin}/"):
        return "the path makes them differ."
    scheme, _, rest = origin.partition("://")
    other_scheme, _, other_rest = value.partition("://")
    if value == f"{origin}:{DEFAULT_PORTS.get(scheme)}":
        return "a browser leaves the default port out."
    if other_rest == rest and other_scheme != scheme:
        return f"the scheme makes them differ ({other_scheme or 'none'}, not {scheme})."
    if not other_rest and value == rest:
        return f"the scheme is missing; write {origin}."
    if origin != "null" and _hostname(other_rest) == _hostname(rest) and other_scheme == scheme:
        return "the port makes them differ."
    return "they are different origins."


def _hostname(rest: str) -> str:
    host, colon, port = rest.rpartition(":")
    return host if colon and port.isdigit() else rest


def _credentials_failure(value: str | None) -> str | None:
    if value == _TRUE:
        return None
    if value is None:
        return f"There is no {ALLOW_CREDENTIALS} header; for a request with credentials it must be 'true'."
    return (
        f"{ALLOW_CREDENTIALS} is '{value}'; it must be exactly 'true', once and in lower case, "
        f"for a request with credentials."
    )


def _unparsable(response: Response, name: str, error: ValueError) -> str:
    return (
        f"{name} is '{response.get(name)}', which is no list of names separated by commas: "
        f"'{error}' is no name."
    )
