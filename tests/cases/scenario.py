"""One scenario folder: what is there, what a plan file wants, and what must be said and done about it.

plan.yaml      the plan file; the comment on top says which rule it shows
live.yaml      what is there, as boto3 calls: `- {call: s3.create_bucket, with: {Bucket: uploads}}`;
               `as: api` names an answer, `${api.id}` stands for a part of it; `region:` and
               `expect_error:` where needed
expected.json  what the plan document must hold, written by hand from the facts:
               `changes`, `findings`, `access` each hold at least these; `summary`, `exit_code`
               (of `plan --detailed-exitcode` and of `apply`); `absent` holds what must not be
               there; `refused` the guards that hold an apply back, `allow` those it lifts;
               `aws` the calls that are sent after the apply and what their answers must hold
expected.txt   all that `remediate plan` prints, written anew with RENEW_SCENARIOS=1, then reviewed
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from remediate.aws import Aws, ClientError, error_code

ABSENT = "absent"
NAMES = ("address", "path", "responseType", "PathPattern", "ID", "Id", "Name", "RouteKey")
"""Members that name an element of a list: `{"/items": …}` means the one whose path is /items."""

_REFERENCE = re.compile(r"\$\{([^}]+)\}")


@dataclass(frozen=True)
class Scenario:
    """A folder under tests/cases."""

    folder: Path

    @property
    def text(self) -> Path:
        return self.folder / "expected.txt"

    @property
    def open(self) -> str:
        """Why the program does not do this yet; the scenario must fail until it does."""
        return str(self._expected().get("open", ""))

    def seed(self, aws: Aws) -> dict[str, Any]:
        """Make what is there; the answers that the scenario names."""
        created: dict[str, Any] = {}
        for step in self._live():
            if "call" in step:
                answer = send(aws, filled(step, created))
                if "as" in step:
                    created[step["as"]] = answer
        return created

    def deny(self, aws: Aws) -> None:
        """Let the calls fail that the scenario denies, unsent."""
        for step in self._live():
            if "deny" in step:
                service, operation = step["deny"].split(".")
                events = aws.client(service, step.get("region")).meta.events
                events.register(f"before-call.{service}.{operation}", _denial(step["of"]))

    def _live(self) -> list[dict[str, Any]]:
        return list(yaml.safe_load((self.folder / "live.yaml").read_text(encoding="utf-8")) or ())

    def expected(self, created: dict[str, Any]) -> dict[str, Any]:
        """What must come out, with the ids of what was made."""
        return dict(filled(self._expected(), created))

    def _expected(self) -> dict[str, Any]:
        return dict(json.loads((self.folder / "expected.json").read_text(encoding="utf-8")))


def send(aws: Aws, step: dict[str, Any]) -> Any:
    """One boto3 call; an error only where the step expects it."""
    service, operation = step["call"].split(".")
    client = aws.client(service, step.get("region"))
    try:
        answer = getattr(client, operation)(**step.get("with", {}))
    except ClientError as error:
        if error_code(error) != step.get("expect_error"):
            raise
        return {}
    assert "expect_error" not in step, f"{step} was expected to fail"
    return answer


def _denial(part: str) -> Callable[..., Any]:
    class Response:
        status_code = 403

    said = {"Error": {"Code": "AccessDenied", "Message": "Access Denied"}, "ResponseMetadata": {}}

    def answer(params: dict[str, Any], **_: Any) -> Any:
        return (Response(), said) if part in params["url"] else None

    return answer


def filled(value: Any, created: dict[str, Any]) -> Any:
    """The value with every `${name.part}` replaced."""
    if isinstance(value, dict):
        return {filled(key, created): filled(item, created) for key, item in value.items()}
    if isinstance(value, list):
        return [filled(item, created) for item in value]
    if isinstance(value, str):
        return _REFERENCE.sub(lambda match: str(_part(created, match[1].split("."))), value)
    return value


def _part(value: Any, names: list[str]) -> Any:
    for name in names:
        value = value[int(name)] if isinstance(value, list) else value[name]
    return value


def lacks(expected: Any, actual: Any, at: str = "") -> Iterator[str]:
    """What of `expected` is not in `actual`.

    A map holds at least the members that are expected, `"absent"` meaning none of that name; a list
    holds just what is expected, in order, or, where a map is expected, elements of these names; a
    text that starts with `~` is a regular expression that must be found, with `!~` must not, and a
    list of them must all hold. The order of texts in a list means nothing to AWS.
    """
    if isinstance(expected, dict) and isinstance(actual, list):
        named = {str(item[name]): item for item in actual for name in NAMES if name in item}
        yield from lacks(expected, named, at)
    elif isinstance(expected, dict) and isinstance(actual, dict):
        for key, value in expected.items():
            if value == ABSENT:
                if key in actual:
                    yield f"{at}.{key}: must not be there, is {actual[key]!r}"
            elif key not in actual:
                yield f"{at}.{key}: is missing, expected {value!r}"
            else:
                yield from lacks(value, actual[key], f"{at}.{key}")
    elif isinstance(expected, list) and isinstance(actual, list) and len(expected) == len(actual):
        if all(isinstance(item, str) for item in [*expected, *actual]):
            expected, actual = sorted(expected), sorted(actual)
        for place, (one, other) in enumerate(zip(expected, actual, strict=True)):
            yield from lacks(one, other, f"{at}[{place}]")
    elif isinstance(expected, list) and isinstance(actual, str):
        for one in expected:
            yield from lacks(one, actual, at)
    elif isinstance(expected, str) and isinstance(actual, str) and expected.startswith(("~", "!~")):
        if (re.search(expected.partition("~")[2], actual) is None) is expected.startswith("~"):
            yield f"{at}: expected {expected!r}, is {actual!r}"
    elif expected != actual:
        yield f"{at}: expected {expected!r}, is {actual!r}"


def document_lacks(expected: dict[str, Any], document: dict[str, Any]) -> Iterator[str]:
    """What a plan document lacks, or holds against the expectation."""
    yield from lacks(expected.get("summary", {}), document["summary"], "summary")
    for member in ("changes", "findings", "access"):
        for one in expected.get(member, ()):
            found = [list(lacks(one, other, member)) for other in document[member]]
            if [] not in found:
                told = min(found, key=len, default=["there are none"])
                yield f"{member}: none is {json.dumps(one)}; the nearest: {'; '.join(told)}"
        for one in expected.get(ABSENT, {}).get(member, ()):
            for other in document[member]:
                if not list(lacks(one, other)):
                    yield f"{member}: must not hold {json.dumps(one)}"
