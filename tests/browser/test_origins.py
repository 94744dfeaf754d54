"""The spelling of origins against the browsers' URL parsers: what we accept, they serialise the same way."""

from random import Random

import pytest

from remediate.web.origin import OriginError, canonical_origin

pytestmark = pytest.mark.browser

HOSTS = [
    *[
        "a.example",
        "A.Example",
        "a_b.example",
        "-a.example",
        "a-.example",
        "a--b.example",
        "a.example.",
        "localhost",
    ],
    *[
        "bücher.example",
        "BÜCHER.example",
        "faß.example",
        "ΣΊΣΥΦΟΣ.example",
        "日本語。example",
        "\uff41.example",
        "é.example",
    ],
    *[
        "xn--bcher-kva.example",
        "XN--BCHER-KVA.example",
        "xn--zzzzzz99999.example",
        "xn--a.example",
        "xn--.example",
    ],
    *[
        "127.0.0.1",
        "127.1",
        "0x7f.1",
        "0x7F000001",
        "017700000001",
        "2130706433",
        "1.2.3",
        "0",
        "1.2.3.4.",
        "0x",
    ],
    *[
        "256.0.0.1",
        "1.2.3.4.5",
        "09.1.1.1",
        "1.2.3.999",
        "4294967295",
        "4294967296",
        "1.0x",
        "a.1",
        "a.0x1",
        "\uff11.2.3.4",
    ],
    *[
        "[::1]",
        "[::]",
        "[1::]",
        "[2001:DB8::0:1]",
        "[::ffff:1.2.3.4]",
        "[1:0:0:2:0:0:0:3]",
        "[1:2:3:4:5:6:7:8]",
    ],
    *["[::1", "[fe80::1%25x]", "[1:2]", "[:::1]", "[1::2::3]", "[0001::00ff]", "[::127.0.0.1]", "[::1.2.3]"],
    *[
        "a..example",
        ".example",
        "a%2eexample",
        "a<b",
        "a|b",
        "a^b",
        "a`b",
        "a{b}",
        "a~b",
        "a!b",
        "a&b",
        "a;b",
        "a,b",
    ],
    *[
        "xn--fa-hia.example",
        "\u0627.example",
        "a\u0627.example",
        "\u0646\u0627\u0645\u0647\u200c\u0627\u06cc.example",
        "a\u200db.example",
        "☕.example",
    ],
]
PORTS = ["", ":80", ":443", ":0443", ":3000", ":65535", ":65536", ":1", ":", ":x", ":+80", ":00080"]
SCHEMES = ["http", "https", "HTTP", "hTTps"]
REFUSED = {
    "chromium": {},
    # No page has an origin that its browser refuses to parse, so a plan that names it opens nothing.
    "firefox": {
        "0x": "Firefox wants a digit after 0x; to the URL standard 0x is 0 (IPv4 number parser).",
        "1.0x": "The same, as the last part of an address.",
        "xn--a.example": "Firefox follows the standard: a label that is no punycode is a failure (UTS 46).",
        "xn--.example": "The same, with nothing after the prefix.",
    },
}
"""Hosts that a browser refuses to parse and that we accept, with the reason."""


def drawn(random, count):
    letters = "aBc09-_xX.:[]%é\u00df日*~"
    for _ in range(count):
        yield "".join(random.choice(letters) for _ in range(random.randint(1, 8)))


def test_what_we_accept_the_browser_spells_the_same_way(oracle):
    random = Random(20_261_122)
    hosts = [*HOSTS, *drawn(random, 1000)]
    addresses = [
        ".".join(str(random.choice([0, 1, 8, 255, 256, "0x1F", "017"])) for _ in range(4)) for _ in range(100)
    ]
    groups = [random.choices(["0", "0", "0", "1", "ab", "00F"], k=8) for _ in range(200)]
    hosts += addresses + [f"[{':'.join(group)}]" for group in groups]
    texts = [f"{random.choice(SCHEMES)}://{host}{random.choice(PORTS)}" for host in hosts]
    texts += [f"https://{host}" for host in HOSTS]
    accepted = {}
    for text in texts:
        try:
            accepted[text] = canonical_origin(text)
        except OriginError:
            continue
    browser = dict(zip(accepted, oracle.origins(list(accepted)), strict=True))
    refused = {text for text in accepted if host_of(text) in REFUSED[oracle.name]}
    assert {host_of(text) for text in refused} == set(REFUSED[oracle.name])
    assert browser == {text: None if text in refused else origin for text, origin in accepted.items()}
    assert len(accepted) > len(texts) / 5


def host_of(text):
    return text.partition("://")[2].partition(":")[0]
