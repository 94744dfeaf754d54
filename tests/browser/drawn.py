"""Random cases, seeded. Each part is drawn right most of the time, so that a good share passes."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from random import Random

from tests.browser.cases import ACAC, ACAH, ACAM, ACAO, ACEH, Named, Told

METHODS = ["GET", "get", "POST", "HEAD", "PUT", "put", "DELETE", "PATCH", "patch", "OPTIONS", "CHICKEN"]
WRONG_ORIGINS = [
    None,
    "",
    "{o}/",
    "'{o}'",
    "null",
    "*, *",
    "{o}, {o}",
    "http://*",
    "HTTP://localhost:{port}",
    "http://localhost",
    "http://localhost:{port}0",
    "https://localhost:{port}",
    "http://a.example",
    "{o} ",
    "\t{o}",
    "\x80",
]
WRONG_CREDENTIALS = [None, "", "True", "TRUE", "1", "false", "true, true", "'true'", "true\t", "\x80"]
HEADERS = [
    ("accept", "*/*"),
    ("Accept", "a(b"),
    ("Accept", "a" * 129),
    ("Accept-Language", "de, en;q=0.5"),
    ("accept-language", "de_DE"),
    ("Content-Language", "en"),
    ("Content-Type", "text/plain;charset=utf-8"),
    ("content-type", "application/json"),
    ("content-type", "text/html"),
    ("Range", "bytes=0-9"),
    ("range", "bytes=-9"),
    ("X-A", "1"),
    ("x-b", "\xe9"),
    ("X-Amz-Meta-C", ""),
    ("If-Match", "x"),
    ("Authorization", "Basic YTpi"),
    ("Cookie", "a=b"),
    ("Sec-Z", "1"),
]
EXPOSED = [
    "etag",
    "X-ID, etag",
    "*",
    "*, etag",
    "x id",
    "",
    ",etag,",
    "x-absent",
    "set-cookie",
    "content-length",
]
RESPONSE_HEADERS = [
    ("ETag", '"x"'),
    ("X-Id", "1"),
    ("x-id", "2"),
    ("Cache-Control", "no-store"),
    ("Date", "x"),
]
SAFE_STATUSES = [200, 200, 200, 201, 204, 206, 299, 400, 403, 404, 500, 503]
PREFLIGHT_STATUSES = [200, 204, 204, 299]
BAD_STATUSES = [300, 301, 302, 304, 307, 400, 401, 403, 404, 405, 500]
BAD_LISTS = ["", ",", "a b", "x;y", '"x"', "\x80", "GET", "x-a", "put", "*", "(x)", "GET,, ,POST"]


def draw(seed: int, count: int) -> Iterator[Named]:
    """The same cases for the same seed. ``allowed`` is not known beforehand: the judge says it."""
    random = Random(seed)
    for number in range(count):
        yield _case(random, f"drawn {seed}/{number}")


def _case(random: Random, name: str) -> Named:
    method = random.choice(METHODS) if random.random() < 0.7 else "GET"
    picked = {
        key.lower(): (key, value) for key, value in random.sample(HEADERS, random.choice([0, 0, 1, 1, 2, 4]))
    }
    headers = list(picked.values())
    credentials = random.random() < 0.3
    actual = Told((*_shared(random, credentials), *_extra(random)), random.choice(SAFE_STATUSES))
    preflight = Told(
        (*_shared(random, credentials), *_lists(random, method, headers, credentials)),
        random.choice(BAD_STATUSES if random.random() < 0.05 else PREFLIGHT_STATUSES),
    )
    named = Named(
        name,
        allowed=False,
        actual=actual,
        preflight=preflight,
        method=method,
        headers=headers,
        credentials=credentials,
        origin=random.choice(["page", "page", "page", "null", "http://app.test"]),
    )
    return _redirected(random, named) if random.random() < 0.1 else named


def _redirected(random: Random, named: Named) -> Named:
    """The same, one redirect later: to the same, another or the page's own origin."""
    end = tuple((key, random.choice([value, value, "null"])) for key, value in named.actual.headers)
    lists = tuple((key, random.choice([value, "*"])) for key, value in named.preflight.headers)
    location = random.choice(["/1", "{t}/1", "{x}/1", "{x}/1", "{o}/1"])
    return replace(
        named,
        actual=Told(
            (*named.actual.headers, ("Location", location)), random.choice([301, 302, 303, 307, 308])
        ),
        to=random.choice(["{t}", "{t}", "{o}"]),
        hops={"/1": (Told(end, named.actual.status), Told(lists, 204))},
    )


def _shared(random: Random, credentials: bool) -> Iterator[tuple[str, str]]:
    right = "{o}" if credentials else random.choice(["{o}", "*"])
    value = random.choice(WRONG_ORIGINS) if random.random() < 0.12 else right
    if value is not None:
        yield random.choice([ACAO, ACAO.lower()]), value
    if random.random() < 0.02:
        yield ACAO, random.choice([right, "", "*"])
    if credentials or random.random() < 0.1:
        flag = random.choice(WRONG_CREDENTIALS) if random.random() < 0.12 else "true"
        if flag is not None:
            yield ACAC, flag


def _lists(
    random: Random, method: str, headers: Sequence[tuple[str, str]], credentials: bool
) -> Iterator[tuple[str, str]]:
    sent = method.upper() if method.upper() in ("PUT", "DELETE", "OPTIONS", "GET") else method
    methods = [sent] if random.random() < 0.9 else [random.choice(BAD_LISTS)]
    names = [name for name, _ in headers if random.random() < 0.97]
    if not credentials and random.random() < 0.15:
        names = ["*"]
    if not credentials and random.random() < 0.15:
        methods = ["*"]
    if random.random() < 0.05:
        names.append(random.choice(BAD_LISTS))
    for header, values in ((ACAM, methods), (ACAH, names)):
        if random.random() < 0.03:
            continue
        yield from _spelled(random, header, values)


def _spelled(random: Random, header: str, values: Sequence[str]) -> Iterator[tuple[str, str]]:
    """The same list as one header or several, with any white space and empty elements."""
    values = random.sample(values, len(values))
    if random.random() < 0.2:
        yield from ((header, value) for value in values)
    else:
        yield header, random.choice([",", ", ", " ,\t", ",,"]).join(values)


def _extra(random: Random) -> Iterator[tuple[str, str]]:
    yield from random.sample(RESPONSE_HEADERS, random.randint(0, 4))
    if random.random() < 0.5:
        yield ACEH, random.choice(EXPOSED)
    if random.random() < 0.1:
        yield ACEH, random.choice(EXPOSED)
