"""Tell what the pages of one origin may do at one URL, from what the settings answer. Pure.

A verdict on one request is too coarse to tell who gains: where a Lambda function answers it stays
`unknown`, and it says nothing of the headers and the credentials that a preflight grants besides. So the
preflight's answer is judged by itself, for each method and each header.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum

from remediate.reachability.chain import Chain
from remediate.web.cors_check import ALLOW_METHODS, headers_failure, method_failure, origin_failure
from remediate.web.evaluate import Answer
from remediate.web.headers import SAFELISTED_METHODS, list_values
from remediate.web.http import Request, Response

EXPOSE = "Access-Control-Expose-Headers"


class Act(IntEnum):
    """An ability is about one of these acts."""

    SHARE = 0
    """A request without a preflight: its response is shared with the page."""
    CALL = 1
    """The preflight's answer lists the method."""
    SEND = 2
    """The preflight's answer lets the header be sent with the method."""
    READ = 3
    """Script may read the header of the response."""
    ASK = 4
    """The preflight is answered for the origin, whatever it lists: no gain by itself."""


class Certainty(IntEnum):
    """An origin has an ability with one of these certainties."""

    NO = 0
    OPEN = 1
    """The preflight grants it, and the response is a backend's that no setting tells."""
    YES = 2


@dataclass(frozen=True, slots=True, order=True)
class Ability:
    """One thing that a page may do; `header` is empty where it is not about one."""

    act: Act
    method: str
    header: str = ""
    credentials: bool = False

    @property
    def plain(self) -> Ability:
        """The same without credentials."""
        return Ability(self.act, self.method, self.header)


Abilities = Mapping[Ability, Certainty]


@dataclass(frozen=True, slots=True)
class Place:
    """A host and a path to ask at, with the methods and the names of headers to ask about."""

    host: str
    path: str
    methods: Sequence[str]
    headers: Sequence[str]

    @property
    def url(self) -> str:
        """The address as a page writes it."""
        return f"https://{self.host}{self.path}"


def abilities(chain: Chain, origin: str, place: Place) -> Abilities:
    """Return what pages of `origin` may do at `place`; what they may not is not in it."""
    by_ability: dict[Ability, Certainty] = {}
    preflights = _preflights(chain, origin, place)
    for method in place.methods:
        actual = chain.ask(place.host, Request(method, place.path, [("Origin", origin)]))
        for credentials in (False, True):
            shared = _shared(actual, origin, credentials=credentials)
            if shared is Certainty.NO:
                continue
            if shared is Certainty.YES and isinstance(actual, Response):
                for header in _readable(actual, credentials=credentials):
                    by_ability[Ability(Act.READ, method, header, credentials)] = shared
                if method in SAFELISTED_METHODS:
                    by_ability[Ability(Act.SHARE, method, "", credentials)] = shared
            for ability in _granted(preflights, origin, method, place.headers, credentials=credentials):
                by_ability[ability] = shared
    return by_ability


def gained(before: Iterable[Abilities], after: Abilities) -> tuple[Ability, ...]:
    """Return what `after` holds and none of `before` does, or not for certain."""
    earlier = tuple(before)
    fresh = [
        ability
        for ability, certainty in after.items()
        if ability.act is not Act.ASK and all(_held(each, ability) < certainty for each in earlier)
    ]
    return tuple(sorted(fresh))


def _held(earlier: Abilities, ability: Ability) -> Certainty:
    certainty = earlier.get(ability, Certainty.NO)
    if ability.act is Act.READ:
        return max(certainty, earlier.get(replace(ability, header="*"), Certainty.NO))
    if ability.act is Act.CALL and replace(ability, act=Act.ASK) not in earlier:
        # No preflight was answered and none is needed: a list that names the method now gives nothing.
        return max(certainty, earlier.get(replace(ability, act=Act.SHARE), Certainty.NO))
    return certainty


def _preflights(chain: Chain, origin: str, place: Place) -> Mapping[tuple[str, str], Answer]:
    """Return the preflight's answer by method and header.

    Most services answer alike whatever is asked for; where that shows, not every pair is asked. S3 picks
    the rule by what is asked for: a rule that matches says so in its answer, and one that does not match
    without a header does not match with it.
    """
    bare = {method: chain.ask(place.host, _preflight(place.path, origin, method)) for method in place.methods}
    answers: dict[tuple[str, str], Answer] = {(method, ""): answer for method, answer in bare.items()}
    first = place.methods[0] if place.methods else ""
    if not first or not place.headers:
        return answers
    with_all = chain.ask(place.host, _preflight(place.path, origin, first, ",".join(sorted(place.headers))))
    alike = all(answer == with_all for answer in bare.values())
    for method in place.methods:
        for header in place.headers:
            answers[method, header] = (
                with_all if alike else chain.ask(place.host, _preflight(place.path, origin, method, header))
            )
    return answers


def _preflight(path: str, origin: str, method: str, headers: str = "") -> Request:
    pairs = [("Accept", "*/*"), ("Origin", origin), ("Access-Control-Request-Method", method)]
    pairs += [("Access-Control-Request-Headers", headers)] if headers else []
    return Request("OPTIONS", path, pairs)


def _shared(actual: Answer, origin: str, *, credentials: bool) -> Certainty:
    if not isinstance(actual, Response):
        return Certainty.OPEN
    failure = origin_failure(actual, origin, credentials=credentials)
    return Certainty.YES if failure is None else Certainty.NO


def _granted(
    preflights: Mapping[tuple[str, str], Answer],
    origin: str,
    method: str,
    headers: Sequence[str],
    *,
    credentials: bool,
) -> Iterator[Ability]:
    for header in ("", *headers):
        answer = preflights[method, header]
        if not isinstance(answer, Response) or not 200 <= answer.status <= 299:
            continue
        if origin_failure(answer, origin, credentials=credentials) is not None:
            continue
        if not header:
            yield Ability(Act.ASK, method, "", credentials)
            if _lists(answer, method, credentials=credentials):
                yield Ability(Act.CALL, method, "", credentials)
        elif (
            method_failure(answer, method, credentials=credentials, forced=False) is None
            and headers_failure(answer, [header], {header}, credentials=credentials) is None
        ):
            yield Ability(Act.SEND, method, header, credentials)


def _lists(answer: Response, method: str, *, credentials: bool) -> bool:
    """True if the method is listed: a browser lets GET, HEAD and POST pass without, but others read it."""
    try:
        listed = list_values(answer, ALLOW_METHODS) or ()
    except ValueError:
        return False
    return method in listed or ("*" in listed and not credentials)


def _readable(actual: Response, *, credentials: bool) -> Iterator[str]:
    """Yield the names that the answer exposes, whether the predicted response has them or not."""
    try:
        listed = list_values(actual, EXPOSE) or ()
    except ValueError:
        return
    for name in listed:
        if name != "*" or not credentials:
            yield name.lower()
