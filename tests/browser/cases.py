"""Named cases: what a server answers, and what the Fetch standard makes of it (read there, not from a run).

Placeholders: ``{o}`` the page's origin, ``{t}`` the server under another origin, ``{x}`` under a third one.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.browser.wire import Pairs

ACAO = "Access-Control-Allow-Origin"
ACAC = "Access-Control-Allow-Credentials"
ACAM = "Access-Control-Allow-Methods"
ACAH = "Access-Control-Allow-Headers"
ACEH = "Access-Control-Expose-Headers"
OPEN = (ACAO, "{o}")
TRUE = (ACAC, "true")
STAR = (ACAO, "*")


@dataclass(frozen=True)
class Told:
    """An answer with placeholders."""

    headers: Pairs = ()
    status: int = 200


@dataclass(frozen=True)
class Named:
    """A case with placeholders; ``path`` and those of ``hops`` are made unique when it is run."""

    name: str
    allowed: bool
    actual: Told
    preflight: Told | None = None
    method: str = "GET"
    headers: Pairs = ()
    credentials: bool = False
    origin: str = "page"
    upload: bool = False
    to: str = "{t}"
    hops: Mapping[str, tuple[Told, Told | None]] = field(default_factory=dict)


def simple(name, allowed, *headers, status=200, **more):
    return Named(name, allowed, Told(headers, status), **more)


def asked(name, allowed, *preflight, status=204, actual=None, both=(OPEN,), **more):
    """A preflighted request; ``both`` answers carry the headers of that name."""
    return Named(name, allowed, Told(actual or both), Told((*both, *preflight), status), **more)


def put(name, allowed, *preflight, **more):
    return asked(name, allowed, *preflight, method="PUT", **more)


def sends(name, allowed, header, *preflight, value="1", **more):
    return asked(name, allowed, *preflight, headers=[(header, value)], **more)


def needs_none(header, value):
    """No preflight answer is given, so it passes only if none is asked for."""
    return simple(f"{header}: {value[:40]!r} needs no preflight", True, OPEN, headers=[(header, value)])


def needs_one(header, value):
    return simple(f"{header}: {value[:40]!r} needs a preflight", False, OPEN, headers=[(header, value)])


def moved(location, *headers, status=302):
    return Told([("Location", location), *headers], status)


COOKIES = {"credentials": True, "both": (OPEN, TRUE)}

ORIGINS = [
    simple("the page's origin", True, OPEN),
    simple("everybody", True, STAR),
    simple("nobody", False),
    simple("an empty value", False, (ACAO, "")),
    simple("white space around it", True, (ACAO, " \t{o}\t ")),
    simple("the header's name in other case", True, ("aCCess-control-ALLOW-origin", "{o}")),
    simple("a trailing slash", False, (ACAO, "{o}/")),
    simple("upper case", False, (ACAO, "HTTP://LOCALHOST:{port}")),
    simple("another port", False, (ACAO, "http://localhost:1")),
    simple("no port", False, (ACAO, "http://localhost")),
    simple("another scheme", False, (ACAO, "https://localhost:{port}")),
    simple("no scheme", False, (ACAO, "localhost:{port}")),
    simple("a host pattern", False, (ACAO, "http://*:{port}")),
    simple("a port pattern", False, (ACAO, "http://localhost:*")),
    simple("null to a page with an origin", False, (ACAO, "null")),
    simple("quotes", False, (ACAO, "'{o}'")),
    simple("a quoted star", False, (ACAO, "'*'")),
    simple("two stars", False, (ACAO, "**")),
    simple("a list", False, (ACAO, "{o}, http://a.example")),
    simple("a list by spaces", False, (ACAO, "{o} http://a.example")),
    simple("twice the same", False, OPEN, OPEN),
    simple("twice everybody", False, STAR, STAR),
    simple("the origin and an empty one", False, OPEN, (ACAO, "")),
    simple("an empty one and the origin", False, (ACAO, ""), OPEN),
    simple("the origin and an empty one in other case", False, (ACAO.lower(), "{o}"), (ACAO, "")),
    simple("null to a sandboxed frame", True, (ACAO, "null"), origin="null"),
    simple("everybody to a sandboxed frame", True, STAR, origin="null"),
    simple("NULL to a sandboxed frame", False, (ACAO, "NULL"), origin="null"),
    simple(
        "null and credentials to a sandboxed frame",
        True,
        (ACAO, "null"),
        TRUE,
        origin="null",
        credentials=True,
    ),
    simple("a default port left out", True, (ACAO, "http://app.test"), origin="http://app.test"),
    simple("a default port written", False, (ACAO, "http://app.test:80"), origin="http://app.test"),
    simple("a subdomain pattern", False, (ACAO, "http://*.test"), origin="http://app.test"),
    simple("a sibling", False, (ACAO, "http://www.app.test"), origin="http://app.test"),
    simple("the same origin needs nothing", True, to="{o}"),
    simple("the same origin, any method", True, to="{o}", method="PUT", headers=[("x-a", "1")]),
]

CREDENTIALS = [
    simple("credentials allowed", True, OPEN, TRUE, credentials=True),
    simple("credentials with white space", True, OPEN, (ACAC, "\ttrue "), credentials=True),
    simple("credentials to everybody", False, STAR, TRUE, credentials=True),
    simple("credentials not mentioned", False, OPEN, credentials=True),
    simple("credentials True", False, OPEN, (ACAC, "True"), credentials=True),
    simple("credentials TRUE", False, OPEN, (ACAC, "TRUE"), credentials=True),
    simple("credentials 1", False, OPEN, (ACAC, "1"), credentials=True),
    simple("credentials twice true", False, OPEN, TRUE, TRUE, credentials=True),
    simple("credentials false", False, OPEN, (ACAC, "false"), credentials=True),
    simple("nonsense about credentials, none sent", True, STAR, (ACAC, "maybe")),
    put(
        "credentials need the header on the preflight",
        False,
        (ACAM, "PUT"),
        credentials=True,
        actual=(OPEN, TRUE),
    ),
    put("credentials on both answers", True, (ACAM, "PUT"), **COOKIES),
    put("a star for methods with credentials", False, (ACAM, "*"), **COOKIES),
    sends("a star for headers with credentials", False, "x-a", (ACAH, "*"), **COOKIES),
    sends("a star and the name with credentials", True, "x-a", (ACAH, "*, x-a"), **COOKIES),
]

STATUSES = [
    *(
        simple(f"answer {status}", True, OPEN, status=status)
        for status in (204, 206, 299, 300, 400, 401, 403, 404)
    ),
    *(simple(f"answer {status}", True, OPEN, status=status) for status in (418, 429, 500, 503, 599)),
    simple("answer 403 unshared", False, status=403),
    simple("a 304 that nobody asked for", True, OPEN, status=304),
    simple("a 304 that nobody asked for, unshared", False, status=304),
    simple("answer 407", False, OPEN, status=407),
    *(put(f"preflight {status}", True, (ACAM, "PUT"), status=status) for status in (200, 201, 204, 206, 299)),
    *(
        put(f"preflight {status}", False, (ACAM, "PUT"), status=status)
        for status in (300, 304, 400, 401, 403)
    ),
    *(
        put(f"preflight {status}", False, (ACAM, "PUT"), status=status)
        for status in (404, 405, 407, 500, 502)
    ),
    *(
        put(f"preflight {status}", False, ("Location", "{t}/"), (ACAM, "PUT"), status=status)
        for status in (301, 307)
    ),
    put("preflight unshared", False, (ACAM, "PUT"), both=(), actual=(OPEN,)),
    Named("answer unshared after a preflight", False, Told(), Told((OPEN, (ACAM, "PUT"))), method="PUT"),
]

METHODS = [
    put("PUT listed", True, (ACAM, "PUT")),
    put("PUT among others", True, (ACAM, "GET ,\tPUT,")),
    put("PUT in a second header", True, (ACAM, "GET"), (ACAM, "PUT")),
    put("PUT after empty elements", True, (ACAM, ",, ,PUT")),
    put("a star for methods", True, (ACAM, "*")),
    put("no list of methods", False),
    put("an empty list of methods", False, (ACAM, "")),
    put("put listed", False, (ACAM, "put")),
    put("other methods listed", False, (ACAM, "GET, POST, DELETE")),
    put("methods by spaces", False, (ACAM, "GET PUT")),
    put("methods by semicolons", False, (ACAM, "GET; PUT")),
    put("a quoted method", False, (ACAM, '"PUT"')),
    put("methods that do not parse in one of two headers", False, (ACAM, "PUT"), (ACAM, "GET POST")),
    asked("put is sent as PUT", True, (ACAM, "PUT"), method="put"),
    asked("patch stays patch", False, (ACAM, "PATCH"), method="patch"),
    asked("patch listed as patch", True, (ACAM, "patch"), method="patch"),
    asked("PATCH listed", True, (ACAM, "PATCH"), method="PATCH"),
    asked("OPTIONS is not safelisted", False, (ACAM, "GET"), method="OPTIONS"),
    asked("CHICKEN listed", True, (ACAM, "CHICKEN"), method="CHICKEN"),
    asked("GET needs no listing", True, (ACAM, "PUT"), (ACAH, "x-a"), headers=[("x-a", "1")]),
    asked("HEAD needs no listing", True, (ACAH, "x-a"), headers=[("x-a", "1")], method="HEAD"),
    asked(
        "methods that do not parse fail GET too", False, (ACAM, "a b"), (ACAH, "x-a"), headers=[("x-a", "1")]
    ),
    simple("POST needs no preflight", True, OPEN, method="post"),
    simple("TRACE is forbidden", False, OPEN, method="TRACE"),
    asked("an upload listener forces a preflight", True, method="POST", upload=True),
    Named(
        "a forced preflight that fails", False, Told((OPEN,)), Told((OPEN,), 403), method="POST", upload=True
    ),
    put("an upload listener and no list of methods", True, upload=True),
    put("an upload listener and another list", False, (ACAM, "GET"), upload=True),
]

HEADERS = [
    sends("a header listed", True, "x-a", (ACAH, "x-a")),
    sends("a header listed in other case", True, "x-a", (ACAH, "X-A")),
    sends("a header sent in other case", True, "X-A", (ACAH, "x-a")),
    sends("a star for headers", True, "x-a", (ACAH, "*")),
    sends("no list of headers", False, "x-a"),
    sends("another header listed", False, "x-a", (ACAH, "x-b")),
    sends("a header pattern", False, "x-a", (ACAH, "x-*")),
    sends("headers by spaces", False, "x-a", (ACAH, "x-a x-b")),
    sends("headers by semicolons", False, "x-a", (ACAH, "x-a;x-b")),
    sends("a header in a second list", True, "x-a", (ACAH, "x-b"), (ACAH, "x-a")),
    sends("a list with a byte outside ASCII", False, "x-a", (ACAH, "x-a, \xe9")),
    sends("Authorization listed", True, "Authorization", (ACAH, "authorization")),
    sends("Authorization under a star", False, "Authorization", (ACAH, "*")),
    sends("Authorization under a star with credentials", False, "Authorization", (ACAH, "*"), **COOKIES),
    sends("Authorization listed beside a star", True, "Authorization", (ACAH, "*, Authorization")),
    sends("JSON", True, "Content-Type", (ACAH, "content-type"), value="application/json"),
    sends("JSON not listed", False, "Content-Type", value="application/json"),
    asked(
        "several headers, all listed",
        True,
        (ACAH, "x-c,x-a, x-b"),
        headers=[("X-C", "1"), ("x-a", "1"), ("X-b", "1")],
    ),
    asked("several headers, one not listed", False, (ACAH, "x-c,x-a"), headers=[("X-C", "1"), ("X-b", "1")]),
    *(
        needs_none(header, value)
        for header, value in [
            ("Accept", "a" * 128),
            ("Accept", "text/html;q=0.9, */*"),
            ("Accept-Language", "de, en;q=0.5"),
            ("Content-Language", "en"),
            ("Content-Type", "text/plain"),
            ("Content-Type", "TEXT/Plain ; charset=x"),
            ("Content-Type", "text/plain;"),
            ("Content-Type", "multipart/form-data; boundary=x"),
            ("Content-Type", "application/x-www-form-urlencoded"),
            ("Range", "bytes=0-499"),
            ("Range", "bytes=7-"),
            ("Range", "bytes=5-5"),
            ("Cookie", "a=b"),
            ("Sec-X", "1"),
            ("Proxy-X", "1"),
            ("Origin", "http://a.example"),
            ("Host", "a.example"),
            ("Referer", "http://a.example"),
            ("Date", "x"),
            ("DNT", "1"),
            ("Set-Cookie", "a=b"),
            ("Via", "x"),
            ("X-Method-Override", "get, CONNECT"),
            ("Content-Type", "text/plain; a=b, c"),
            ("Content-Type", "text/plain;" + "a" * 117),
            ("Accept", "a\x80\xffb"),
            ("Accept", ""),
            ("X-HTTP-Method-Override", "TRACE"),
        ]
    ),
    *(
        needs_one(header, value)
        for header, value in [
            ("Accept", "a" * 129),
            ("Accept", "a(b"),
            ("Accept-Language", "de_DE"),
            ("Content-Language", "en/us"),
            ("Content-Type", "application/json"),
            ("Content-Type", 'text/plain; charset="utf-8"'),
            ("Content-Type", "text/plain, text/plain"),
            ("Content-Type", "text"),
            ("Range", "bytes=-500"),
            ("Range", "bytes=6-5"),
            ("Range", "bytes=0-1,3-4"),
            ("Cache-Control", "no-cache"),
            ("If-None-Match", "x"),
            ("User-Agent", "x"),
            ("X-HTTP-Method-Override", "PUT"),
            ("DPR", "2"),
            ("Save-Data", "on"),
            ("Device-Memory", "8"),
            ("Viewport-Width", "100"),
            ("Width", "100"),
            ("RTT", "100"),
            ("Downlink", "10"),
            ("ECT", "4g"),
            ("Last-Event-ID", "1"),
            ("X-Requested-With", "x"),
            ("Pragma", "no-cache"),
            ("Traceparent", "00"),
            ("Purpose", "prefetch"),
            ("Accept", "a\x7fb"),
            ("Range", "bytes=0 - 1"),
            ("Range", "Bytes=0-1"),
            ("Content-Type", ""),
            ("Content-Type", "text/plain charset=utf-8"),
            ("Content-Type", "text/plain;" + "a" * 118),
        ]
    ),
    simple(
        "1024 bytes of safe values",
        True,
        OPEN,
        headers=[("Accept", "a" * 128), ("Accept-Language", "a" * 128), ("Content-Language", "a" * 128)],
    ),
    simple("a safe header given twice", True, OPEN, headers=[("Accept", "a" * 100), ("Accept", "b" * 100)]),
]

REDIRECTS = [
    simple("a redirect without Location", True, OPEN, status=302),
    Named("within the other origin", True, moved("/1", OPEN), hops={"/1": (Told((OPEN,)), None)}),
    Named("unshared redirect", False, moved("/1"), hops={"/1": (Told((OPEN,)), None)}),
    Named("unshared end", False, moved("/1", OPEN), hops={"/1": (Told(), None)}),
    Named(
        "to a third origin: the page's name is lost",
        False,
        moved("{x}/1", OPEN),
        hops={"/1": (Told((OPEN,)), None)},
    ),
    Named(
        "to a third origin: null", True, moved("{x}/1", OPEN), hops={"/1": (Told(((ACAO, "null"),)), None)}
    ),
    Named("to a third origin: star", True, moved("{x}/1", OPEN), hops={"/1": (Told((STAR,)), None)}),
    Named("back home, unshared", False, moved("{o}/1", OPEN), hops={"/1": (Told(), None)}),
    Named("back home, to null", True, moved("{o}/1", OPEN), hops={"/1": (Told(((ACAO, "null"),)), None)}),
    Named("from home", True, moved("{t}/1"), to="{o}", hops={"/1": (Told((OPEN,)), None)}),
    Named("from home, unshared", False, moved("{t}/1"), to="{o}", hops={"/1": (Told(), None)}),
    Named("from home to home", True, moved("/1"), to="{o}", hops={"/1": (Told(), None)}),
    Named(
        "POST becomes GET",
        True,
        moved("/1", OPEN),
        method="POST",
        headers=[("Content-Type", "text/plain")],
        hops={"/1": (Told((OPEN,)), None)},
    ),
    Named(
        "PUT asks again at the next hop",
        True,
        moved("/1", OPEN, status=307),
        Told((OPEN, (ACAM, "PUT")), 204),
        method="PUT",
        hops={"/1": (Told((OPEN,)), Told((OPEN, (ACAM, "PUT")), 204))},
    ),
    Named(
        "PUT asks again and is refused",
        False,
        moved("/1", OPEN, status=307),
        Told((OPEN, (ACAM, "PUT")), 204),
        method="PUT",
        hops={"/1": (Told((OPEN,)), Told((OPEN,), 204))},
    ),
    Named(
        "303 turns PUT into GET, which asks nothing",
        True,
        moved("/1", OPEN, status=303),
        Told((OPEN, (ACAM, "PUT")), 204),
        method="PUT",
        hops={"/1": (Told((OPEN,)), None)},
    ),
    Named(
        "Authorization goes at another origin, and no question is asked",
        True,
        moved("{x}/1", OPEN),
        Told((OPEN, (ACAH, "authorization")), 204),
        headers=[("Authorization", "x")],
        hops={"/1": (Told((STAR,)), None)},
    ),
    Named(
        "PUT to a third origin: null, for the preflight too",
        True,
        moved("{x}/1", OPEN, status=307),
        Told((OPEN, (ACAM, "PUT")), 204),
        method="PUT",
        hops={"/1": (Told(((ACAO, "null"),)), Told(((ACAO, "null"), (ACAM, "PUT")), 204))},
    ),
    simple(
        "to a URL with a user name", False, ("Location", "http://me:x@127.0.0.1:{port}/"), OPEN, status=302
    ),
    simple("to another scheme", False, ("Location", "data:text/plain,x"), OPEN, status=302),
    simple("to an empty host", False, ("Location", "http://"), OPEN, status=302),
    simple("to two places", False, ("Location", "/a"), ("Location", "/b"), OPEN, status=302),
]

EXPOSED = [
    simple("a star exposes all", True, STAR, (ACEH, "*"), ("X-Id", "1")),
    simple("a star before what is no name exposes nothing", True, STAR, (ACEH, "*, x id"), ("X-Id", "1")),
    simple("a star after what is no name exposes nothing", True, STAR, (ACEH, "x id, *"), ("X-Id", "1")),
]

NAMED = [*ORIGINS, *CREDENTIALS, *STATUSES, *METHODS, *HEADERS, *REDIRECTS, *EXPOSED]
