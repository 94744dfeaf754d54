"""Origins as the URL and HTML standards serialise them; what is refused names the rule and the way out."""

import ipaddress
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remediate.web.origin import (
    Origin,
    OriginError,
    canonical_origin,
    is_any,
    is_loopback,
    is_null,
    never_sent,
    parse_origin,
    pattern_matches,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://a.example", "https://a.example"),
        ("HTTPS://A.Example", "https://a.example"),
        ("https://a.example:443", "https://a.example"),
        ("http://a.example:80", "http://a.example"),
        ("https://a.example:80", "https://a.example:80"),
        ("http://a.example:443", "http://a.example:443"),
        ("http://localhost:03000", "http://localhost:3000"),
        ("http://a.example:00080", "http://a.example"),
        ("https://a_b.example", "https://a_b.example"),
        ("https://a.example.", "https://a.example."),
        ("https://bücher.example", "https://xn--bcher-kva.example"),
        ("https://BÜCHER.example", "https://xn--bcher-kva.example"),
        ("https://faß.example", "https://xn--fa-hia.example"),  # not transitional: not "fass"
        ("https://日本語。example", "https://xn--wgv71a119e.example"),  # the ideographic full stop is a dot
        ("https://xn--bcher-kva.example", "https://xn--bcher-kva.example"),
        ("http://127.0.0.1:3000", "http://127.0.0.1:3000"),
        ("http://127.1", "http://127.0.0.1"),
        ("http://0x7f.0.0.1", "http://127.0.0.1"),
        ("http://017700000001", "http://127.0.0.1"),
        ("http://2130706433", "http://127.0.0.1"),
        ("http://[::1]:3000", "http://[::1]:3000"),
        ("http://[2001:DB8:0:0:1:0:0:1]", "http://[2001:db8::1:0:0:1]"),
        ("http://[2001:db8:0:1:1:1:1:1]", "http://[2001:db8:0:1:1:1:1:1]"),  # a single 0 stays
        ("http://[1:0:0:2:0:0:0:3]", "http://[1:0:0:2::3]"),  # the longest run
        ("http://[::ffff:1.2.3.4]", "http://[::ffff:102:304]"),
        ("http://[::]", "http://[::]"),
        ("http://[1::]", "http://[1::]"),
    ],
)
def test_canonical(text, expected):
    assert canonical_origin(text) == expected
    assert canonical_origin(expected) == expected


@pytest.mark.parametrize(
    ("text", "rule", "hint"),
    [
        ("https://a.example/", "trailing slash", "write https://a.example without the slash"),
        ("https://A.example:443/x/y", "path", "write https://a.example without the path"),
        ("https://a.example?x", "query", "write https://a.example without the query"),
        ("https://a.example#x", "fragment", "write https://a.example without the fragment"),
        ("https://a.example\\x", "backslash", "write https://a.example without it"),
        ("https://me:secret@a.example", "user name", "write https://a.example without it"),
        ("a.example", "no scheme", "write https://a.example with its scheme"),
        ("//a.example", "no scheme", "write https://a.example with its scheme"),
        ("*.a.example", "no scheme", "write https://*.a.example with its scheme"),
        ("ftp://a.example", "'ftp'", "https://a.example"),
        ("", "empty", "https://"),
        ("https://", "no host", "https://app.example.com"),
        ("https://:443", "no host", "https://app.example.com"),
        ("'https://a.example'", "quote", "write https://a.example without quotes"),
        (
            "https://a.example\N{RIGHT DOUBLE QUOTATION MARK}",
            "quote",
            "write https://a.example without quotes",
        ),
        (" https://a.example", "white space", "write https://a.example without white space"),
        ("https://a.example https://b.example", "white space", "without white space"),
        ("https://a.example\n", "white space", "write https://a.example without white space"),
        ("https://a\N{ZERO WIDTH SPACE}.example", "U+200B", "write https://a.example"),
        ("https://a\x00.example", "U+0000", "write https://a.example"),
        ("https://a.example:", "port ''", "write https://a.example without a port"),
        ("https://a.example:0", "port '0'", "write https://a.example without a port"),
        ("https://a.example:65536", "65535", "write https://a.example without a port"),
        ("https://a.example:http", "port 'http'", "write https://a.example without a port"),
        ("http://256.0.0.1", "IPv4", "http://127.0.0.1:3000"),
        ("http://1.2.3.4.5", "IPv4", "http://127.0.0.1:3000"),
        ("http://09.0.0.1", "IPv4", "http://127.0.0.1:3000"),
        ("http://[::1", "IPv6", "http://[::1]:3000"),
        ("http://[::1]x", "IPv6", "http://[::1]:3000"),
        ("http://[fe80::1%25eth0]", "IPv6", "http://[::1]:3000"),
        ("https://a..example", "empty part", "each dot once"),
        ("https://.example", "empty part", "each dot once"),
        ("https://a%2eexample", "'%'", "plain host name"),
        (f"https://{'a' * 64}.example", "63", "shorter"),
        ("https://xn--zzzzzz99999.example", "punycode", "own letters"),
        ("null", "sandboxed frame", "real origin"),
        ("https://*.*.example", "more than one '*'", "one entry per pattern"),
        ("https://*.example:*", "more than one '*'", "one entry per pattern"),
        ("http*://a.example", "'*' in its scheme", "two entries"),
        ("*://a.example", "'*' in its scheme", "two entries"),
        ("https://*bücher.example", "punycode", "place of its own"),
        ("http://[::*]", "IPv6", "http://[::1]:3000"),
        ("https://app*:443", "matches nothing", "end the host with a fixed name"),
    ],
)
def test_refused_with_the_rule_and_the_way_out(text, rule, hint):
    with pytest.raises(OriginError) as caught:
        parse_origin(text)
    assert rule in caught.value.message
    assert hint in caught.value.hint
    assert str(caught.value) == caught.value.message


def test_an_error_survives_pickling():
    error = pickle.loads(pickle.dumps(OriginError("a", "b")))
    assert (error.message, error.hint) == ("a", "b")


@pytest.mark.parametrize("text", ["*", "https://*", "https://*.example.com", "http://localhost:*"])
def test_a_pattern_is_not_one_origin(text):
    assert parse_origin(text).wildcard
    with pytest.raises(OriginError, match="pattern"):
        canonical_origin(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("*", Origin("*", "", "*", "", wildcard=True)),
        ("https://*", Origin("https://*", "https", "*", "", wildcard=True)),
        (
            "HTTPS://*.Example.com:443",
            Origin("https://*.example.com", "https", "*.example.com", "", wildcard=True),
        ),
        ("http://localhost:*", Origin("http://localhost:*", "http", "localhost", "*", wildcard=True)),
        ("http://localhost:30*", Origin("http://localhost:30*", "http", "localhost", "30*", wildcard=True)),
        (
            "https://App-*-team.vercel.app",
            Origin("https://app-*-team.vercel.app", "https", "app-*-team.vercel.app", "", wildcard=True),
        ),
        (
            "https://*.bücher.example",
            Origin("https://*.xn--bcher-kva.example", "https", "*.xn--bcher-kva.example", "", wildcard=True),
        ),
        (
            "http://a.example:8080",
            Origin("http://a.example:8080", "http", "a.example", "8080", wildcard=False),
        ),
    ],
)
def test_parse(text, expected):
    assert parse_origin(text) == expected


@pytest.mark.parametrize(
    ("pattern", "origin", "expected"),
    [
        ("*", "https://a.example", True),
        ("*", "null", True),
        ("https://*", "https://a.example:8443", True),
        ("https://*", "http://a.example", False),
        ("https://*.example.com", "https://a.example.com", True),
        ("https://*.example.com", "https://a.b.example.com", True),
        ("https://*.example.com", "https://.example.com", True),  # zero characters
        ("https://*.example.com", "https://example.com", False),
        ("https://*.example.com", "https://a.example.com.evil.example", False),
        ("https://*.example.com", "https://a.example.com:8443", False),
        ("https://*example.com", "https://evilexample.com", True),
        ("https://app-*-team.vercel.app", "https://app-1-team.vercel.app", True),
        ("https://app-*-team.vercel.app", "https://app-team.vercel.app", False),  # the dashes do not overlap
        ("http://localhost:*", "http://localhost:3000", True),
        ("http://localhost:*", "http://localhost", False),
        ("https://a.example", "https://a.example", True),
        ("https://a.example", "https://aXexample", False),  # a dot is a dot
        ("https://A.example", "https://a.example", False),
    ],
)
def test_pattern_matches(pattern, origin, expected):
    assert pattern_matches(pattern, origin) is expected


def test_pattern_matches_takes_parsed_ones():
    assert pattern_matches(parse_origin("https://*.example.com"), parse_origin("https://a.example.com"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("http://localhost", True),
        ("http://localhost:3000", True),
        ("http://app.localhost:3000", True),
        ("http://127.0.0.1", True),
        ("http://127.8.9.1", True),
        ("http://[::1]:3000", True),
        ("http://localhost:*", True),
        ("http://*.localhost", True),
        ("http://*localhost", False),  # also evillocalhost
        ("http://localhost*", False),
        ("http://127.0.0.*", False),  # also 127.0.0.1.evil.example
        ("http://localhost.evil.example", False),
        ("http://0.0.0.0", False),
        ("https://a.example", False),
        ("https://*", False),
        ("*", False),
        ("null", False),
        ("nonsense", False),
    ],
)
def test_is_loopback(text, expected):
    assert is_loopback(text) is expected


def test_the_two_special_words():
    assert is_any("*")
    assert not is_any("https://*")
    assert is_null("null")
    assert not is_null("Null")  # compared byte for byte


HOSTS = st.one_of(
    st.from_regex(r"([A-Za-z0-9_\-]{1,12}\.){0,3}[A-Za-z][A-Za-z0-9\-]{0,10}", fullmatch=True),
    st.ip_addresses(v=4).map(str),
    st.ip_addresses(v=6).map(lambda address: f"[{address}]"),
    st.from_regex(r"[äöüßéč日本]{1,5}\.example", fullmatch=True),
)


@given(st.sampled_from(["http", "HTTPS", "hTTp"]), HOSTS, st.one_of(st.none(), st.integers(1, 65535)))
def test_canonicalisation_is_idempotent_and_lower_case(scheme, host, port):
    text = f"{scheme}://{host}" if port is None else f"{scheme}://{host}:{port}"
    try:
        canonical = canonical_origin(text)
    except OriginError:
        return
    assert canonical_origin(canonical) == canonical
    assert canonical == canonical.lower()
    assert canonical.isascii()
    assert pattern_matches(canonical, canonical)
    parsed = parse_origin(text)
    assert canonical == f"{parsed.scheme}://{parsed.host}" + (f":{parsed.port}" if parsed.port else "")


@given(st.ip_addresses(v=6))
def test_an_ipv6_address_stays_the_same_address(address):
    host = parse_origin(f"http://[{address}]").host
    assert ipaddress.IPv6Address(host[1:-1]) == address
    assert "." not in host


@given(st.text(max_size=40))
def test_any_text_is_an_origin_or_refused_with_a_hint(text):
    try:
        parsed = parse_origin(text)
    except OriginError as error:
        parsed, explained = None, bool(error.message and error.hint)
    assert explained if parsed is None else parse_origin(parsed.text) == parsed


@given(st.text(alphabet="ab.*:/", max_size=20), st.text(alphabet="ab.:/", max_size=20))
def test_a_pattern_with_its_star_filled_in_matches(pattern, filling):
    assert pattern_matches(pattern, pattern.replace("*", filling))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("https://a.example/", "trailing slash"),
        ("a.example", "no scheme"),
        ("https://A.example", "'https://a.example'"),
        ("https://a.example:443", "'https://a.example'"),
        ("https://a.example/x", "path"),
        ("https://*.a.example", "pattern"),
        ("https://a.example,https://b.example", "list"),
        ("https://a.example", ""),
        ("http://localhost:3000", ""),
        ("*", ""),
        ("null", ""),
        ("capacitor://localhost", ""),
        ("chrome-extension://abc", ""),
    ],
)
def test_what_no_browser_sends(text, says):
    reason = never_sent(text)
    assert bool(reason) is bool(says)
    assert says in reason


def test_a_pattern_is_sent_where_patterns_are_known():
    assert never_sent("https://*.a.example", is_pattern=True) == ""
    assert never_sent("https://*.A.example", is_pattern=True)
