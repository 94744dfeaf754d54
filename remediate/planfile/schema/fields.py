"""The kinds of single values in a plan file: what each accepts, in Python and as JSON Schema.

Every refusal is a `PydanticCustomError` of type `rule`, with the rule and a hint in its context.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal, NoReturn
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo
from pydantic_core import PydanticCustomError, PydanticKnownError

from remediate.core.channel import REFERENCE, ChannelKind, is_reference
from remediate.core.contest import LONGEST, MOST_CORRECTIONS
from remediate.core.guard_table import GUARDS
from remediate.errors import UsageError
from remediate.planfile.durations import DURATION, INSTANT, MomentError, duration, instant
from remediate.planfile.origins import Origins
from remediate.planfile.validate.diagnostics import listed, shown
from remediate.text import closest
from remediate.web.origin import OriginError

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
LONGEST_AGE = 86_400
"""A day: no browser keeps a preflight's answer longer (Firefox a day, Chromium two hours)."""

NO_AGE = "none"
"""The max_age of a target that takes back what the file says for all of them."""

_UNITS = {"s": 1, "m": 60, "h": 3600}
MOST_RESOURCES = 1_000_000
_QUOTES = "\"'`\u2018\u2019\u201c\u201d"

_NAME = r"^[A-Za-z0-9_-]{1,64}$"
_ACCOUNT = r"^[0-9]{12}$"
_REGION = r"^[a-z]{2,8}(-[a-z0-9]+)+-[0-9]{1,2}$"
_TOKEN = r"^[!#$%&*+.^_|~0-9A-Za-z-]+$"  # noqa: S105  RFC 9110, 5.6.2, but for its two quotes
_AGE = r"^[0-9]{1,5}[smh]$"
_SHARE = r"^[0-9]{1,3}(\.[0-9]{1,3})? ?%$"
_ORIGIN = r"^(\*|null|[hH][tT][tT][pP][sS]?://[^/?#@\\\s\x22'`]+)$"
_PAGE_ORIGIN = r"^(null|[hH][tT][tT][pP][sS]?://[^/?#@\\\s\x22'`*]+)$"
_URL = r"^[hH][tT][tT][pP][sS]?://[^/?#\s\x22'`]+([/?][^#\s\x22'`]*)?$"
_STATE = r"^(s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[^\s\x22'`]*)?|[^\s\x22'`:]+)$"
_UNQUOTED = r"^[^\s\x22'`]([^\x22'`]*[^\s\x22'`])?$"


def refuse(rule: str, hint: str) -> NoReturn:
    """Ends a validator: the rule that is broken, and what to write instead."""
    raise PydanticCustomError("rule", "{rule}", {"rule": rule, "hint": hint})


def _matches(pattern: str, text: str) -> bool:
    return re.fullmatch(pattern.removeprefix("^").removesuffix("$"), text) is not None


def _version(value: Any) -> int:
    if type(value) is int and value == 1:
        return value
    hint = "write 1 without quotes" if value == "1" else "write version: 1"
    refuse("the version of a plan file must be 1", hint)


def _state(text: str) -> str:
    if _matches(_STATE, text):
        return text
    refuse(f"{shown(text)} is neither s3://bucket/prefix nor a folder", "write s3://my-bucket/remediate")


def _name(text: str) -> str:
    if _matches(_NAME, text):
        return text
    if len(text) > 64:
        refuse(
            f"a plan's name has at most 64 characters, this one {len(text)}",
            "it becomes S3 rule IDs and CloudFront policy names: write a shorter one",
        )
    better = re.sub(r"[^A-Za-z0-9_-]+", "-", text).strip("-")
    refuse(
        f"a plan's name is letters, digits, - and _, not {shown(text)}",
        f"it becomes S3 rule IDs and CloudFront policy names: write {better or 'webapp'}",
    )


def _account(text: str) -> str:
    if _matches(_ACCOUNT, text):
        return text
    digits = re.sub(r"[\s-]", "", text)
    hint = f'write "{digits}"' if _matches(_ACCOUNT, digits) else 'write it like "123456789012"'
    refuse(f"an account is 12 digits, not {shown(text)}", hint)


def _region(text: str) -> str:
    if _matches(_REGION, text):
        return text
    refuse(f"{shown(text)} is not an AWS region", "write its code, like eu-west-1")


def _origin(text: str, info: ValidationInfo) -> str:
    origins = info.context if isinstance(info.context, Origins) else Origins()
    try:
        return origins.read(text).text
    except OriginError as error:
        refuse(error.message, error.hint)


def _page_origin(text: str, info: ValidationInfo) -> str:
    canonical = _origin(text, info)
    if "*" in canonical:
        refuse(
            f"{shown(text)} is a pattern, not one origin", "write one origin, like https://app.example.com"
        )
    return canonical


def _instant(value: Any) -> datetime:
    if not isinstance(value, str):
        raise PydanticKnownError("string_type")
    try:
        return instant(value)
    except MomentError as error:
        refuse(error.rule, error.hint)


def _duration(value: Any) -> timedelta:
    try:
        return duration(str(value))
    except MomentError as error:
        refuse(error.rule, error.hint)


def _age(value: Any) -> int | None:
    if value == NO_AGE:
        return None
    if value is None:
        raise PydanticKnownError("int_type")
    if isinstance(value, str) and _matches(_AGE, value):
        value = int(value[:-1]) * _UNITS[value[-1]]
    if isinstance(value, bool) or not isinstance(value, int):
        bare = str(value).lower() if isinstance(value, bool) else str(value)
        refuse(
            f"max_age is a number of seconds or a duration, not {shown(bare)}",
            f"write {bare} without quotes"
            if _matches("[0-9]{1,5}", bare)
            else "write it like 600, 90s, 10m or 1h, or none",
        )
    if value < 0:
        refuse(
            f"max_age is negative ({shown(str(value))[1:-1]})", "write 0 to switch the preflight cache off"
        )
    if value > LONGEST_AGE:
        refuse(
            f"max_age is over a day ({LONGEST_AGE} seconds)",
            "write at most 24h; no browser keeps a preflight's answer longer",
        )
    return value


def _count(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        bare = str(value).lower() if isinstance(value, bool) else str(value)
        hint = f"write {bare} without quotes" if _matches("[0-9]{1,9}", bare) else "write it like 20"
        refuse(f"a whole number is needed here, not {shown(bare)}", hint)
    if not 0 <= value <= MOST_RESOURCES:
        refuse(f"{shown(str(value))[1:-1]} is not a number of resources", f"write 0 to {MOST_RESOURCES}")
    return value


def _times(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MOST_CORRECTIONS:
        refuse(
            f"a number of corrections is needed here, not {shown(str(value))}",
            f"write 1 to {MOST_CORRECTIONS}",
        )
    return value


def _window(value: Any) -> timedelta:
    window, longest = _duration(value), timedelta(seconds=LONGEST)
    if window > longest:
        refuse(
            f"{shown(str(value))} is longer than passes remember a correction",
            f"write at most {longest.days}d",
        )
    return window


def _share(value: Any) -> float:
    if isinstance(value, str) and _matches(_SHARE, value) and float(value.rstrip(" %")) <= 100:
        return float(value.rstrip(" %"))
    bare = str(value)
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if number and 0 < value < 1:
        hint = f"write {value * 100:g}%"
    else:
        hint = f"write {bare}%" if number and 0 <= value <= 100 else "write it like 30%"
    refuse(f"a share is a percentage from 0% to 100%, not {shown(bare)}", hint)


def _guard(text: str) -> str:
    if text in GUARDS:
        return text
    guess = closest(text, GUARDS)
    hint = f"did you mean {guess}?" if guess else f"known are {listed(GUARDS, 'and')}"
    refuse(f"{shown(text)} is not a guard", hint)


def _method(text: str, allowed: tuple[str, ...] = (*METHODS, "*")) -> str:
    if text in allowed:
        return text
    if text.upper() in allowed:
        refuse(f"methods are upper case, not {shown(text)}", f"write {text.upper()}")
    parts = [part.upper() for part in re.split(r"[\s,|]+", text) if part]
    if len(parts) > 1 and all(part in allowed for part in parts):
        refuse(f"{shown(text)} is several methods in one text", f"write [{', '.join(parts)}]")
    guess = closest(text, [word.lower() for word in METHODS])
    hint = f"did you mean {guess.upper()}? " if guess else ""
    refuse(f"unknown method {shown(text)}", f"{hint}known are {listed(allowed, 'and')}")


def _one_method(text: str) -> str:
    if text == "*":
        refuse("a request has one method, not '*'", "write the method, like GET")
    return _method(text, METHODS)


def _header(text: str) -> str:
    if _matches(_TOKEN, text):
        return text.lower()
    if not text:
        refuse("a header's name is empty", "write a name like content-type, or delete the entry")
    name, colon, _ = text.partition(":")
    if colon and _matches(_TOKEN, name.strip()):
        refuse(f"{shown(text)} is more than a header's name", f"write only the name: {name.strip().lower()}")
    parts = [part for part in re.split(r"[\s,;]+", text) if part]
    if len(parts) > 1 and all(_matches(_TOKEN, part) for part in parts):
        refuse(f"{shown(text)} is several names in one text", f"write [{', '.join(parts).lower()}]")
    refuse(
        f"{shown(text)} is not a header name",
        "a name is letters, digits and -, without spaces, quotes or control characters",
    )


def _unquoted(text: str) -> str:
    if not text:
        refuse("an empty text", "write a name, or * for all")
    if text != text.strip():
        refuse(f"white space around {shown(text)}", f"write {text.strip()}")
    if quote := next((mark for mark in _QUOTES if mark in text), None):
        refuse(
            f"{shown(text)} contains a quote ({quote})",
            "write it without; a glob's ? stands for any character",
        )
    return text


def _url(text: str) -> str:
    example = "like https://api.example.com/items"
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        refuse(f"{shown(text)} is not a URL: {error}", f"write it {example}")
    if parts.scheme not in ("http", "https") or not host:
        refuse(f"{shown(text)} is not an absolute http(s) URL", f"write scheme, host and path, {example}")
    if "#" in text:
        refuse(f"{shown(text)} has a fragment, which is never sent", f"write {text.partition('#')[0]}")
    if not _matches(_URL, text):
        refuse(f"{shown(text)} contains a space, quote or backslash", "percent-encode it: %20, %22, %27")
    return text


def _secret(value: Any) -> str:
    # Whatever it is, it is not repeated.
    if isinstance(value, str) and is_reference(value):
        return value
    refuse(
        "a plan file must not hold a secret",
        "write where it is: env:NAME for an environment variable, "
        "or ssm:/NAME for a parameter of Systems Manager",
    )


def channel_target(kind: ChannelKind) -> Any:
    """The type of a notification's target of that kind."""

    def check(text: str) -> str:
        try:
            kind.check(text, in_file=True)
        except UsageError as error:
            refuse(error.message, error.hint)
        return text

    pattern = f"^({kind.written(in_file=True)})$"
    return Annotated[str, AfterValidator(check), Field(json_schema_extra={"pattern": pattern})]


Version = Annotated[Literal[1], BeforeValidator(_version)]
State = Annotated[str, AfterValidator(_state), Field(json_schema_extra={"pattern": _STATE})]
Name = Annotated[str, AfterValidator(_name), Field(json_schema_extra={"pattern": _NAME})]
Account = Annotated[str, AfterValidator(_account), Field(json_schema_extra={"pattern": _ACCOUNT})]
Region = Annotated[str, AfterValidator(_region), Field(json_schema_extra={"pattern": _REGION})]
OriginText = Annotated[str, AfterValidator(_origin), Field(json_schema_extra={"pattern": _ORIGIN})]
PageOrigin = Annotated[str, AfterValidator(_page_origin), Field(json_schema_extra={"pattern": _PAGE_ORIGIN})]
Method = Annotated[str, AfterValidator(_method), Field(json_schema_extra={"enum": [*METHODS, "*"]})]
OneMethod = Annotated[str, AfterValidator(_one_method), Field(json_schema_extra={"enum": [*METHODS]})]
HeaderName = Annotated[str, AfterValidator(_header), Field(json_schema_extra={"pattern": _TOKEN})]
Unquoted = Annotated[str, AfterValidator(_unquoted), Field(json_schema_extra={"pattern": _UNQUOTED})]
Url = Annotated[str, AfterValidator(_url), Field(json_schema_extra={"pattern": _URL})]
Age = Annotated[
    int | None,
    BeforeValidator(
        _age,
        json_schema_input_type=Annotated[int, Field(ge=0, le=LONGEST_AGE)]
        | Annotated[str, Field(json_schema_extra={"pattern": _AGE})]
        | Literal["none"],
    ),
]
Secret = Annotated[
    str,
    BeforeValidator(
        _secret,
        json_schema_input_type=Annotated[str, Field(json_schema_extra={"pattern": f"^{REFERENCE}$"})],
    ),
]
Count = Annotated[
    int,
    BeforeValidator(_count, json_schema_input_type=Annotated[int, Field(ge=0, le=MOST_RESOURCES)]),
]
Times = Annotated[
    int, BeforeValidator(_times, json_schema_input_type=Annotated[int, Field(ge=1, le=MOST_CORRECTIONS)])
]
Share = Annotated[
    float,
    BeforeValidator(
        _share, json_schema_input_type=Annotated[str, Field(json_schema_extra={"pattern": _SHARE})]
    ),
]
GuardCode = Annotated[str, AfterValidator(_guard), Field(json_schema_extra={"enum": [*GUARDS]})]
Instant = Annotated[
    datetime,
    BeforeValidator(
        _instant,
        json_schema_input_type=Annotated[
            str, Field(json_schema_extra={"pattern": INSTANT, "format": "date-time"})
        ],
    ),
]
Duration = Annotated[
    timedelta,
    BeforeValidator(
        _duration,
        json_schema_input_type=Annotated[str, Field(min_length=2, json_schema_extra={"pattern": DURATION})],
    ),
]
Window = Annotated[
    timedelta,
    BeforeValidator(
        _window,
        json_schema_input_type=Annotated[str, Field(min_length=2, json_schema_extra={"pattern": DURATION})],
    ),
]
