"""Laws of the template interpreter: it never raises, always ends, and agrees with what a list means."""

from __future__ import annotations

import re
from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st

from remediate.services.rest_api.answer import answer
from remediate.services.rest_api.cors_access import CorsAccess
from remediate.services.rest_api.velocity.origin_list import parse_origin_list, render_origin_list
from remediate.services.rest_api.velocity.regex import compiled, samples
from remediate.services.rest_api.verdicts import stranger
from remediate.web.http import Response, Unknown
from tests.sizes import examples

from .apis import api, cors, mock, preflight, response

JSON = "application/json"
ORIGIN, CREDENTIALS = "Access-Control-Allow-Origin", "Access-Control-Allow-Credentials"
SET = "#set($context.responseOverride.header.Access-Control-Allow-Origin = {})"
ORIGINS = [
    "https://a.example.com",
    "https://b.example.com",
    "http://localhost:3000",
    "https://a.example.com:8443",
    "https://xn--bcher-kva.example",
    "null",
]

READS = [
    '#set($o = $input.params().header.get("Origin"))'
    '#if($o == "")#set($o = $input.params().header.get("origin"))#end',
    '#set($o = $input.params("Origin"))#if(!$o || $o == "")#set($o = $input.params("origin"))#end',
    '#set($h = $input.params().get("header"))#set($p = $h["Origin"])'
    '#if("" == $p)#set($p = "$!h.origin")#end#set($o = $p)',
]
# How a list is compared with `$o`; `{all}` is the list, `{set}` what happens then.
SHAPES = [
    "#if({ors}){set}#end",
    "#set($l = [{quoted}])#if($l.contains($o)){set}#end",
    "#set($l = [{quoted}])#foreach($e in $l)#if($e == $o){set}#end#end",
    "#set($l = [{quoted}])#foreach($e in $l)#if($o.equals($e)){set}#break#end#end",
    "#set($m = {{{pairs}}})#if($m.containsKey($o)){set}#end",
    "#set($ok = false)#foreach($e in [{quoted}])#if($e == $o)#set($ok = true)#end#end#if($ok){set}#end",
    "#if($o.matches('{pattern}')){set}#end",
]
TRUE = '#set($context.responseOverride.header.Access-Control-Allow-Credentials = "true")'


@dataclass(frozen=True)
class Case:
    """A drawn list template, and what it means."""

    template: str
    listed: tuple[str, ...]
    default: str | None
    credentials: bool
    is_pattern: bool

    def expected(self, origin: str) -> tuple[str | None, str | None]:
        """Access-Control-Allow-Origin and -Credentials for an origin, read off the case itself."""
        if origin in self.listed:
            return origin, "true" if self.credentials else None
        return self.default, None


@st.composite
def cases(draw: st.DrawFn) -> Case:
    listed = draw(st.lists(st.sampled_from(ORIGINS), min_size=1, max_size=4, unique=True))
    shape = draw(st.sampled_from(SHAPES))
    value = draw(st.sampled_from(["$o", '"$o"', '"${o}"', "$copy"]))
    credentials = draw(st.booleans())
    default = draw(st.sampled_from([None, "https://default.example.com"]))
    body = "#set($answer = $o)" if default else SET.format(value) + (TRUE if credentials else "")
    text = shape.format(
        ors=" || ".join(f'$o == "{origin}"' for origin in listed),
        quoted=", ".join(f'"{origin}"' for origin in listed),
        pairs=", ".join(f'"{origin}": 1' for origin in listed),
        pattern="|".join(re.escape(origin).replace("\\-", "-") for origin in listed),
        set=body,
    )
    template = draw(st.sampled_from(READS)) + "#set($copy = $o)"
    if default:
        template += f'#set($answer = "{default}")' + text + SET.format("$answer")
    else:
        template += text
    return Case(template, tuple(listed), default, credentials and not default, ".matches(" in shape)


def replied(template: str, origin: str) -> Response:
    config = api({"/items": {"OPTIONS": mock(response(templates={JSON: template}))}})
    reply = answer(config, preflight(origin=origin))
    assert isinstance(reply, Response), reply
    return reply


@settings(max_examples=examples(150), deadline=None)
@given(cases(), st.sampled_from([*ORIGINS, "https://c.example.com", "https://axexample.com"]))
def test_an_answer_is_what_the_list_means(case: Case, origin: str) -> None:
    reply = replied(case.template, origin)
    assert (reply.get(ORIGIN), reply.get(CREDENTIALS)) == case.expected(origin)


@settings(max_examples=examples(100), deadline=None)
@given(cases())
def test_what_is_recognised_is_what_is_answered(case: Case) -> None:
    listed = parse_origin_list(case.template)
    if case.is_pattern and (len(case.listed) > 1 or case.default):
        return  # an alternative of a pattern is no single text, so nothing is concluded from it
    assert listed is not None
    wanted = {*case.listed, *((case.default,) if case.default else ())}
    assert set(listed.origins) == wanted
    assert set(listed.credentialed) == (set(case.listed) if case.credentials else set())
    assert listed.default == case.default


@settings(max_examples=examples(50), deadline=None)
@given(cases())
def test_a_list_lets_no_stranger_in(case: Case) -> None:
    config = api({"/items": {"OPTIONS": mock(response(templates={JSON: case.template}))}})
    assert stranger(config, "/items", "OPTIONS", CorsAccess()) == ""


@settings(max_examples=examples(100), deadline=None)
@given(
    st.lists(st.sampled_from(ORIGINS), min_size=1, max_size=5, unique=True),
    st.sampled_from([*ORIGINS, "https://c.example.com"]),
    st.sampled_from(["origin", "Origin"]),
)
def test_our_own_template_answers_its_list(listed: list[str], origin: str, name: str) -> None:
    template = render_origin_list(listed, listed[:1])
    config = api(
        {"/items": {"OPTIONS": mock(response(parameters=cors(methods="GET"), templates={JSON: template}))}}
    )
    for path in ("/items", f"/items?origin={listed[0]}&Origin=x"):
        reply = answer(config, preflight(path, origin=origin, name=name))
        assert isinstance(reply, Response)
        assert reply.get(ORIGIN) == (origin if origin in listed else None)
        assert reply.get(CREDENTIALS) == ("true" if origin == listed[0] else None)


PIECES = st.sampled_from(
    [
        *("#set(", "#if(", "#elseif(", "#else", "#end", "#foreach(", "#break", "#stop", "##", "#*", "*#"),
        *("$o", "$!o", "${o}", "$l", "$input.params()", ".header", ".get(", '"Origin"', "$context"),
        *(".responseOverride", ".header.X", ".put(", ".add(", ".contains(", ".matches(", ".size()", "[", "]"),
        *("{", "}", "(", ")", ")", ")", ",", ":", " == ", " != ", " || ", " && ", "!", " < ", " = ", " in "),
        *(
            '"',
            "'",
            '"$o"',
            '"$l"',
            "1",
            "0",
            "-1",
            "true",
            "null",
            "\\",
            "\n",
            " ",
            "(a+)+",
            "[1,2,3]",
            '"a"',
        ),
    ]
)
WHOLE = st.sampled_from(
    [
        '#set($o = "a$!o$!o")',
        "#set($l = [$l, $l])",
        "#set($l = [1,2,3,4,5,6,7,8,9])",
        "#foreach($a in $l)",
        "#foreach($a in $l)$l.add(1)",
        "#end",
        "$o$l",
        "#if($l == $l)",
        "#if($l.contains($l))",
        '#if($o.matches("(((a*)*)*)*b"))',
        "#set($context.responseOverride.header.X = $o)",
        "#set($context.responseOverride.header.Y = $l)",
        '#set($m = {"a": $l, "b": $m})',
        "$m.put($o, $m)",
    ]
)


@settings(max_examples=examples(400), deadline=None)
@given(
    st.one_of(st.lists(PIECES, max_size=25), st.lists(WHOLE, max_size=25), st.lists(st.text(), max_size=3))
)
def test_no_template_raises_or_runs_on(pieces: list[str]) -> None:
    template = "".join(pieces)
    config = api({"/items": {"OPTIONS": mock(response(templates={JSON: template}))}})
    assert isinstance(answer(config, preflight()), Response | Unknown)
    parse_origin_list(template + "#set($context.responseOverride.header.Access-Control-Allow-Origin = $o)")
    assert isinstance(stranger(config, "/items", "OPTIONS", CorsAccess()), str)


ATOMS = st.sampled_from(["a", "b", ".", "[ab]", "[^a]", "[a-c.]", "\\.", "\\d", "\\w", "/", ":", "-"])
PATTERNS = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map("".join),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: f"({'|'.join(parts)})"),
        st.tuples(inner, st.sampled_from(["*", "+", "?", "{2}", "{1,3}", "{0,}", "*?"])).map(
            lambda pair: f"(?:{pair[0]}){pair[1]}"
        ),
    ),
    max_leaves=6,
)


@settings(max_examples=examples(400), deadline=None)
@given(PATTERNS, st.text(alphabet="abc.1/:-", max_size=6))
def test_a_regular_expression_means_what_it_means_elsewhere(pattern: str, text: str) -> None:
    """Python's `re` agrees with Java's on this part of the language, with `(?a)` for the classes."""
    assert compiled(pattern).matches(text) is (re.fullmatch(pattern, text, re.ASCII) is not None)
    for sample in samples(pattern, "ab"):
        assert isinstance(sample, str)
