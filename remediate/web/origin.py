"""Origins and origin patterns as a browser spells them in ``Origin``; all else is refused.

A browser compares byte for byte, so a value that is not in its spelling never matches anything.
Parsing follows the URL standard's host parser and HTML's "serialization of an origin". Patterns are
strings with one ``*``, as S3 and API Gateway match them; their fixed parts get the same spelling.
"""

import ipaddress
import re
from dataclasses import dataclass

import idna

from remediate.web.loopback import is_loopback_host

DEFAULT_PORTS = {"http": "80", "https": "443"}
ANY = "*"
NULL = "null"

_LAST_PORT = 65535
_LONGEST_LABEL = 63
_LONGEST_HOST = 253
# With the typographic ones that editors and chat programs put in their place.
_QUOTES = "\"'`\u2018\u2019\u201c\u201d"
_JOINERS = "\u200c\u200d"  # invisible, but letters of Persian and Indic names; IDNA judges them
# URL standard, "forbidden domain code point", less white space and controls, refused before.
_OTHER_SCHEME = re.compile(r"(?!https?:)[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_FORBIDDEN_IN_HOST = frozenset("#%/:<>?@[\\]^|")


class OriginError(ValueError):
    """A text that is no origin: ``message`` names the rule, ``hint`` what to write instead."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message, hint)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return self.message


@dataclass(frozen=True, slots=True, order=True)
class Origin:
    """An origin, or a pattern of origins, in canonical form.

    ``port`` is empty for the scheme's default, else digits (or, in a pattern, digits and ``*``).
    ``wildcard`` says that ``text`` is a pattern. The pattern ``*`` alone has no scheme, and the
    host ``*``.
    """

    text: str
    scheme: str
    host: str
    port: str
    wildcard: bool


def is_any(text: str) -> bool:
    """Return whether the text is the wildcard that stands for every origin."""
    return text == ANY


def is_null(text: str) -> bool:
    """Return whether the text is an opaque origin's: sandboxed frames, ``data:`` and ``file:`` pages."""
    return text == NULL


def canonical_origin(text: str) -> str:
    """One origin as a browser serialises it.

    Raises `OriginError`, for patterns, ``*`` and ``null`` too.
    """
    origin = parse_origin(text)
    if origin.wildcard:
        raise OriginError(
            f"{text!r} is a pattern, not one origin",
            "write one origin without '*', like https://app.example.com",
        )
    return origin.text


def parse_origin(text: str) -> Origin:
    """An origin, or a pattern with at most one ``*`` in its host or port. Raises `OriginError`.

    ``null`` is refused (ask `is_null` first where it makes sense): any site can have it by
    sandboxing a frame.
    """
    if is_any(text):
        return Origin(text=ANY, scheme="", host=ANY, port="", wildcard=True)
    if is_null(text):
        raise OriginError(
            "'null' is the origin of every sandboxed frame, so allowing it allows everybody",
            "serve the page from a real origin and write that one",
        )
    _refuse_characters(text)
    scheme, rest = _split_scheme(text)
    authority = _authority(scheme, rest, text)
    if authority.count("*") > 1:
        raise OriginError(f"{text!r} has more than one '*'", "write one entry per pattern, each with one '*'")
    raw_host, raw_port = _split_port(authority, text)
    if not raw_host:
        raise OriginError(f"{text!r} has no host", f"write {scheme}://app.example.com")
    host = _host(raw_host, text)
    port = _port(raw_port, text)
    if port == DEFAULT_PORTS[scheme]:
        if host.endswith("*"):
            # Dropping the port, as a browser does, would let '*' reach over every port: silently
            # wider than what is written.
            raise OriginError(
                f"{text!r} matches nothing: a browser leaves out {port}, the default port",
                f"end the host with a fixed name, like {scheme}://*.example.com",
            )
        port = ""
    canonical = f"{scheme}://{host}:{port}" if port else f"{scheme}://{host}"
    return Origin(text=canonical, scheme=scheme, host=host, port=port, wildcard="*" in canonical)


def pattern_matches(pattern: str | Origin, origin: str | Origin) -> bool:
    """Return whether the pattern covers the origin as in S3: ``*`` is any run of characters."""
    shape = pattern.text if isinstance(pattern, Origin) else pattern
    text = origin.text if isinstance(origin, Origin) else origin
    expression = ".*".join(re.escape(part) for part in shape.split("*"))
    return re.fullmatch(expression, text, re.DOTALL) is not None


def never_sent(text: str, *, is_pattern: bool = False) -> str:
    """Return why no browser sends this text as an origin, as a clause; empty where one may send it.

    Settings compare byte for byte, so such a value lets nobody in. `is_pattern`: the setting knows
    patterns. Other schemes than http and https are not judged: apps and extensions have origins, too.
    """
    if is_any(text) or is_null(text) or _OTHER_SCHEME.match(text):
        return ""
    if "," in text:
        return f"{text!r} is a list, and a browser sends one origin"
    try:
        origin = parse_origin(text)
    except OriginError as error:
        return error.message
    if origin.wildcard and not is_pattern:
        return f"{text!r} is a pattern, and only whole origins are compared here"
    if origin.text != text:
        return f"{text!r} is written {origin.text!r} by a browser"
    return ""


def is_loopback(origin: str | Origin) -> bool:
    """Return whether every origin meant is on the user's own machine; False for what is no origin."""
    if isinstance(origin, str):
        try:
            origin = parse_origin(origin)
        except OriginError:
            return False
    return is_loopback_host(origin.host)


def _refuse_characters(text: str) -> None:
    if not text:
        raise OriginError("an origin is empty", "write it like https://app.example.com")
    for mark in _QUOTES:
        if mark in text:
            bare = "".join(character for character in text if character not in _QUOTES)
            raise OriginError(f"{text!r} contains a quote ({mark})", _write(bare, "without quotes"))
    for character in text:
        if character.isspace():
            bare = "".join(text.split())
            raise OriginError(f"{text!r} contains white space", _write(bare, "without white space"))
        if not character.isprintable() and character not in _JOINERS:
            bare = "".join(char for char in text if char.isprintable())
            raise OriginError(
                f"{text!r} contains the invisible character U+{ord(character):04X}",
                _write(bare, "typed by hand"),
            )


def _split_scheme(text: str) -> tuple[str, str]:
    scheme, separator, rest = text.partition("://")
    if not separator:
        raise OriginError(f"{text!r} has no scheme", _write(f"https://{text.lstrip('/')}", "with its scheme"))
    if "*" in scheme:
        raise OriginError(
            f"{text!r} has a '*' in its scheme",
            f"write two entries, http://{rest} and https://{rest}, or only one",
        )
    lowered = scheme.lower()
    if lowered not in DEFAULT_PORTS:
        raise OriginError(
            f"{text!r} has the scheme {scheme!r}; only http and https origins are known",
            _write(f"https://{rest}", "if the page is served over HTTPS"),
        )
    return lowered, rest


def _authority(scheme: str, rest: str, text: str) -> str:
    cut = re.search(r"[/?#\\]", rest)
    authority = rest[: cut.start()] if cut else rest
    if "@" in authority:
        bare = authority.rpartition("@")[2]
        raise OriginError(f"{text!r} contains a user name", _write(f"{scheme}://{bare}", "without it"))
    if cut:
        tail = rest[cut.start() :]
        rule, instead = {
            "/": ("has a trailing slash", "without the slash")
            if tail == "/"
            else ("has a path", "without the path"),
            "?": ("has a query", "without the query"),
            "#": ("has a fragment", "without the fragment"),
            "\\": ("has a backslash", "without it"),
        }[tail[0]]
        raise OriginError(
            f"{text!r} {rule}; an origin is only scheme, host and port",
            _write(f"{scheme}://{authority}", instead),
        )
    return authority


def _split_port(authority: str, text: str) -> tuple[str, str | None]:
    if authority.startswith("["):
        inside, closed, after = authority.partition("]")
        if not closed or (after and not after.startswith(":")):
            raise OriginError(f"{text!r} has a broken IPv6 address", "write it like http://[::1]:3000")
        return f"{inside}]", after[1:] if after else None
    host, colon, port = authority.partition(":")
    return host, port if colon else None


def _port(raw: str | None, text: str) -> str:
    if raw is None:
        return ""
    if re.fullmatch(r"[0-9]*\*[0-9]*", raw):
        return raw
    if not re.fullmatch(r"[0-9]{1,10}", raw) or not 0 < int(raw) <= _LAST_PORT:
        host = text.rpartition(":")[0]
        raise OriginError(
            f"{text!r} has the port {raw!r}; a port is a number from 1 to {_LAST_PORT}",
            _write(host, "without a port, or with a number")
            if "[" not in text
            else "write a number after the last colon",
        )
    return str(int(raw))


def _host(raw: str, text: str) -> str:
    if raw.startswith("["):
        return _ipv6(raw, text)
    for character in raw:
        if character in _FORBIDDEN_IN_HOST:
            raise OriginError(f"{text!r} has {character!r} in its host", "write the plain host name")
    host = raw.lower() if raw.isascii() else _idna(raw, text)
    labels = host.split(".")
    named = labels[:-1] if len(labels) > 1 and not labels[-1] else labels
    for label in named:
        _check_label(label, text)
    if len(host.rstrip(".")) > _LONGEST_HOST:
        raise OriginError(
            f"the host of {text!r} is longer than {_LONGEST_HOST} characters",
            "write a shorter host name",
        )
    last = named[-1]
    if "*" not in host and (last.isdigit() or re.fullmatch(r"0x[0-9a-f]*", last)):
        return _ipv4(named, text)
    return host


def _check_label(label: str, text: str) -> None:
    if not label:
        raise OriginError(f"the host of {text!r} has an empty part between dots", "write each dot once")
    if len(label) > _LONGEST_LABEL:
        raise OriginError(
            f"{label!r} in {text!r} is longer than {_LONGEST_LABEL} characters",
            "write a shorter host name",
        )
    if label.startswith("xn--") and "*" not in label:
        try:
            label.removeprefix("xn--").encode("ascii").decode("punycode")
        except UnicodeError:
            raise OriginError(
                f"{label!r} in {text!r} is no valid punycode", "write the name in its own letters"
            ) from None


def _idna(raw: str, text: str) -> str:
    """UTS 46 as browsers run it: mapped, not transitional."""
    labels = re.split("[.\u3002\uff0e\uff61]", raw)
    done = []
    for label in labels:
        if label.isascii():
            done.append(label.lower())
            continue
        if "*" in label:
            raise OriginError(
                f"{label!r} in {text!r} mixes '*' with letters that browsers send as punycode",
                "give '*' a place of its own, between two dots",
            )
        try:
            done.append(idna.encode(label, uts46=True, transitional=False).decode("ascii"))
        except (idna.IDNAError, UnicodeError) as error:
            raise OriginError(
                f"the host of {text!r} is no valid international domain name: {error}",
                "write the name as the address bar copies it (xn--...)",
            ) from None
    return ".".join(done)


def _ipv4(parts: list[str], text: str) -> str:
    """The URL standard's IPv4 parser: a host ending in a number is an address, in any base."""
    wrong = OriginError(f"{text!r} has a broken IPv4 address", "write it like http://127.0.0.1:3000")
    numbers = []
    for part in parts:
        digits, base = (part[2:] or "0", 16) if part.startswith("0x") else (part, 8 if part[0] == "0" else 10)
        allowed = {8: "[0-7]+", 10: "[0-9]+", 16: "[0-9a-f]+"}[base]
        if not re.fullmatch(allowed, digits):
            raise wrong
        numbers.append(int(digits, base))
    *heads, last = numbers
    if any(number >= 256 for number in heads) or last >= 256 ** max(0, 4 - len(heads)):
        raise wrong
    value = last + sum(number * 256 ** (3 - place) for place, number in enumerate(heads))
    return str(ipaddress.IPv4Address(value))


def _ipv6(raw: str, text: str) -> str:
    wrong = OriginError(f"{text!r} has a broken IPv6 address", "write it like http://[::1]:3000")
    if "%" in raw:
        raise wrong
    try:
        packed = ipaddress.IPv6Address(raw[1:-1]).packed
    except ValueError:
        raise wrong from None
    # Not str(): later Pythons write mapped IPv4 with dots, browsers don't.
    groups = [f"{packed[at] << 8 | packed[at + 1]:x}" for at in range(0, 16, 2)]
    runs = re.finditer(r"(?<![^:])0(?::0)+(?![^:])", ":".join(groups))
    longest = max(runs, key=lambda run: len(run.group()), default=None)
    joined = ":".join(groups)
    if longest is None:
        return f"[{joined}]"
    return f"[{joined[: longest.start()].rstrip(':')}::{joined[longest.end() :].lstrip(':')}]"


def _write(candidate: str, how: str) -> str:
    """A hint with the corrected origin in it, if the correction is itself an origin."""
    try:
        return f"write {parse_origin(candidate).text} {how}"
    except OriginError:
        return f"write it {how}, like https://app.example.com"
