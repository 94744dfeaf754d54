"""Templates as public repositories write them: what each origin gets, and what is not decided.

The templates are rewritten after aws/aws-cdk (2019, 2022, 2023), the Serverless Framework and the
Terraform modules and CDK stacks of other public repositories.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from remediate.services.rest_api.answer import answer
from remediate.services.rest_api.settings import with_stage
from remediate.services.rest_api.velocity.interpreter import Parameters, render
from remediate.services.rest_api.velocity.origin_list import overrides, parse_origin_list, render_origin_list
from remediate.services.rest_api.velocity.origins import OriginList
from remediate.web.http import Request, Response, Unknown

from .apis import A, B, C, api, cors, mock, preflight, response

JSON = "application/json"
ORIGIN = "Access-Control-Allow-Origin"
SET = "#set($context.responseOverride.header.Access-Control-Allow-Origin = $origin)"
QUOTED = '#set($context.responseOverride.header.Access-Control-Allow-Origin = "$origin")'
BOTH = (
    '#set($origin = $input.params().header.get("Origin"))\n'
    '#if($origin == "") #set($origin = $input.params().header.get("origin")) #end\n'
)
LOWER = '#set($origin = $input.params("origin"))\n'
UPPER = '#set($origin = $input.params().header.get("Origin"))\n'
LIST = f'#set($domains = ["{A}", "{B}"])\n'


def served(template: str, origin: str = A, *, static: str = "", **facts: Any) -> str | None:
    """Access-Control-Allow-Origin of the answer; `?` and the reason where it is unknown."""
    parameters = cors(origin=static) if static else {}
    config = api({"/items": {"OPTIONS": mock(response(parameters=parameters, templates={JSON: template}))}})
    reply = answer(with_stage(config, facts), preflight(origin=origin))
    return f"? {reply.reason}" if isinstance(reply, Unknown) else reply.get(ORIGIN)


FOLLOWED = {
    "CDK, since 2023": BOTH + f'#if($origin == "{A}" || $origin == "{B}")\n  {SET}\n#end',
    "one #if for each": BOTH + f'#if($origin == "{A}")\n  {SET}\n#end\n#if($origin == "{B}")\n  {SET}\n#end',
    "a list and quotes": BOTH + LIST + "#if($domains.contains($origin))" + QUOTED + "#end",
    "quotes with braces": BOTH + LIST + '#if($domains.contains("${origin}"))' + SET + "#end",
    "a map": BOTH + f'#set($m = {{"{A}": true, "{B}": true}})#if($m.containsKey($origin)){SET}#end',
    "#foreach": BOTH + LIST + f"#foreach($each in $domains)#if($each == $origin){SET}#break#end#end",
    "#foreach and a flag": BOTH
    + LIST
    + "#set($ok = false)#foreach($d in $domains)#if($d.equals($origin))#set($ok = true)#end#end"
    + f"#if($ok){SET}#end",
    "through variables": (
        '#set($all = $input.params())#set($headers = $all.header)#set($name = "Origin")'
        '#set($caller = $headers.get($name))#if(!$caller || $caller == "")#set($caller = $headers.origin)#end'
        f'#set($origin = $caller)#if($origin == "{A}" || $origin == "{B}"){SET}#end'
    ),
    "a list that grows": BOTH
    + f'#set($domains = [])#set($x = $domains.add("{A}"))#set($x = $domains.add("{B}"))'
    + f"#if($domains.contains($origin)){SET}#end",
    "split": BOTH + f'#set($d = "{A},{B}")#if($d.split(",").contains($origin)){SET}#end',
    "header.put": BOTH
    + LIST
    + '#if($domains.contains($origin))$!context.responseOverride.header.put("Access-Control-Allow-Origin", '
    "$origin)#end",
    "a name in brackets": BOTH
    + LIST
    + "#if($domains.contains($origin))"
    + '#set($context.responseOverride.header["Access-Control-Allow-Origin"] = $origin)#end',
    "size and index": BOTH
    + LIST
    + f'#if($domains.size() == 1 && $domains[0] == "*")#elseif($domains.contains($origin)){SET}#end',
    "a body beside it": '$input.json("$")\n'
    + BOTH
    + LIST
    + '#set($root = $input.path("$"))#foreach($each in $root.items)$each.name#if($each.id == 1)x#end#end'
    + f"#if($domains.contains($origin)){SET}#end",
    "a list of the origin": BOTH
    + f'#set($l = [$origin])#if($l.contains("{A}") || $l.indexOf("{B}") == 0){SET}#end',
    "a map of the origin": BOTH
    + f'#set($m = {{"$origin": 1}})#if($m.containsKey("{A}") || $m.get("{B}") == 1){SET}#end',
    "ours": render_origin_list([A, B], ()),
}


@pytest.mark.parametrize("template", FOLLOWED.values(), ids=FOLLOWED)
@pytest.mark.parametrize(("origin", "expected"), [(A, A), (B, B), (C, None), (f"{A}.evil.example", None)])
def test_a_list_is_followed_and_recognised(template: str, origin: str, expected: str | None) -> None:
    assert served(template, origin) == expected
    assert overrides(template)
    assert parse_origin_list(template) == OriginList((A, B), ())


LOOSE = {
    "CDK, until 2023": (f'$origin.matches("{A}") || $origin.matches("{B}")', "https://axexample.com"),
    "a dot is any character": ('$origin.matches("https://a.example.com")', "https://axexample.com"),
    "a wildcard": ('$origin.matches("https://.*[.]example[.]com")', "https://z.y.example.com"),
    "an alternative": ('$origin.matches("https://(a|z)[.]example[.]com")', "https://z.example.com"),
    "a class": (
        '$origin.matches("https://[a-z]+[.]example[.]com(:[0-9]{1,5})?")',
        "https://z.example.com:81",
    ),
    "any case": ('$origin.matches("(?i)HTTPS://[A-Z].EXAMPLE.com")', "https://z.example.com"),
    "startsWith": ('$origin.startsWith("https://a.example.com")', "https://a.example.com.evil.example"),
    "endsWith": ('$origin.endsWith("a.example.com")', "https://evil-a.example.com"),
    "contains": ('$origin.contains("a.example.com")', "https://a.example.com.evil.example"),
    "the other way round": ("$text.contains($origin)", "https://a.example.co"),
    "everybody": ('$origin.matches(".+")', "https://evil.example"),
    "not empty": ('$origin && $origin != ""', "https://evil.example"),
}


@pytest.mark.parametrize(("test", "stranger"), LOOSE.values(), ids=LOOSE)
def test_a_loose_comparison_lets_strangers_in_and_is_no_list(test: str, stranger: str) -> None:
    template = f'#set($text = "{A},{B}")' + BOTH + f"#if({test}){SET}#end"
    assert served(template, A) == A
    assert served(template, stranger) == stranger
    assert served(template, "ftp://a.examples.org") != stranger
    assert parse_origin_list(template) is None


@pytest.mark.parametrize(
    ("test", "origin"),
    [
        ('$origin.matches("a.example.com")', A),  # anchored at both ends
        ('$origin.matches("https://a")', A),
        ('$origin.matches("^https://a[.]example[.]com$")', "https://a.example.com.evil.example"),
        ('$origin.matches("https://A.example.com")', A),
        ('$origin.equals("https://A.example.com")', A),
    ],
)
def test_a_comparison_that_does_not_fit(test: str, origin: str) -> None:
    assert served(BOTH + f"#if({test}){SET}#end", origin) is None


@pytest.mark.parametrize(
    "test",
    [
        '"x$origin" == "xhttps://a.example.com"',
        '$parts.contains("xhttps://a.example.com")',
        "$origin.length() == 21",
        '$origin.replace("https", "http") == "http://a.example.com"',
        '$origin.substring(8) == "a.example.com"',
        '$input.params("tenant") == "a"',
        "$input.params().header.size() == 1",
    ],
)
def test_nothing_is_concluded_from_what_looks_into_the_origin(test: str) -> None:
    template = BOTH + f'#set($parts = ["x$origin"])#if({test}){SET}#end'
    assert parse_origin_list(template) is None


def test_a_list_that_is_added_to_is_not_read_off() -> None:
    for change in (f'$domains.add("{C}")', f'#set($x = $domains.add("{C}"))'):
        template = BOTH + LIST + change + f"#if($domains.contains($origin)){SET}#end"
        assert parse_origin_list(template) == OriginList((A, B, C))


def test_an_absent_header_is_followed_in_both_readings() -> None:
    """Without a preflight's origin the template compares nothing, be that null or an empty text."""
    config = api({"/items": {"OPTIONS": mock(response(parameters=cors(origin=A), templates={JSON: BOTH}))}})
    reply = answer(config, Request("OPTIONS", "/items"))
    assert isinstance(reply, Response)
    assert reply.get(ORIGIN) == A
    # Null is false, an empty text is true: here the readings differ.
    only_null = UPPER + '#if(!$origin)#set($origin = $input.params().header.get("origin"))#end'
    assert str(served(only_null + f'#if($origin == "{B}"){SET}#end', B)).startswith("?")
    assert served(only_null + f'#if($origin == "{B}"){SET}#end', C) is None


@pytest.mark.parametrize("read", [UPPER, LOWER])
def test_one_spelling_decides_only_where_it_makes_no_difference(read: str) -> None:
    template = read + LIST + f"#if($domains.contains($origin)){SET}#end"
    assert "in one spelling only" in str(served(template, B))
    assert "in one spelling only" in str(served(template, B, endpointTypes=("REGIONAL",)))
    assert served(template, C, static=A) == A
    assert served(template, B, endpointTypes=("EDGE",)) == (B if read == UPPER else None)


def test_a_default_with_an_override() -> None:
    chosen = '#set($allowed = "https://first.example.com")' + BOTH + LIST
    template = (
        f"{chosen}#if($domains.contains($origin))#set($allowed = $origin)#end"
        "#set($context.responseOverride.header.Access-Control-Allow-Origin = $allowed)"
        '#set($context.responseOverride.header.Access-Control-Allow-Methods = "GET,PUT")'
        '#set($context.responseOverride.header.Access-Control-Allow-Credentials = "true")'
    )
    for origin, expected in ((A, A), (B, B), (C, "https://first.example.com")):
        assert served(template, origin, static=C) == expected
    first = "https://first.example.com"
    listed = parse_origin_list(template)
    assert listed is not None
    assert (set(listed.origins), listed.default) == ({A, B, first}, first)
    assert dict(listed.fixed) == {
        "Access-Control-Allow-Methods": "GET,PUT",
        "Access-Control-Allow-Credentials": "true",
    }


def test_stage_variables_and_the_stage() -> None:
    template = BOTH + f"#if($stageVariables.origins.split(',').contains($origin)){SET}#end"
    assert "only API Gateway knows" in str(served(template))
    assert served(template, B, variables={"origins": f"{A},{B}"}) == B
    assert served(template, C, variables={"origins": f"{A},{B}"}) is None
    by_get = BOTH + f'#if($origin == $stageVariables.get("o")){SET}#end'
    assert served(by_get, B, variables={"o": B}) == B
    assert served(by_get, B, variables={}) is None
    by_stage = BOTH + f'#if($context.stage == "dev" && $origin == "{C}"){SET}#end'
    assert served(by_stage, C, stage="dev") == C
    assert served(by_stage, C, stage="prod") is None
    assert str(served(by_stage, C)).startswith("?")


def test_the_query_string_comes_before_the_header() -> None:
    template = LOWER + LIST + f"#if($domains.contains($origin)){SET}#end"
    config = api({"/items": {"OPTIONS": mock(response(templates={JSON: template}))}})
    for path, expected in (("/items?origin=" + A, A), ("/items?origin=x", None)):
        reply = answer(config, preflight(path, origin=B))
        assert isinstance(reply, Response)
        assert reply.get(ORIGIN) == expected


@pytest.mark.parametrize(
    ("construct", "named"),
    [
        ('#if($origin.replaceAll("a", "b") == "x")x#end', ".replaceAll()"),
        ('#if($origin.matches("(?=a).*"))x#end', "'(?=a).*'"),
        ('#if($origin.matches("(a)\\1"))x#end', "regular expression"),
        ('#if($origin.matches("*"))x#end', "'*'"),
        ('#if($origin.matches("a++"))x#end', "'a++'"),
        ('#if($origin.matches("[a-z&&[^b]]"))x#end', "regular expression"),
        ('#if($origin.matches("((a{200}){200}){200}"))x#end', "too large"),
        ("#foreach($i in [1..3])x#end", "in a condition or value"),
        ("#set($n = 1 + 1)", "')' expected"),
        ("#parse('x.vm')", "the directive"),
        (
            "#if($util.parseJson($input.body).a == 1)#set($context.responseOverride.status = 200)#end",
            "$util.parseJson().a",
        ),
        ('#set($t = "a#if(true)b#end")', "a directive between quotes"),
        ("#foreach($a in [1,2])#set($context.responseOverride.header = $a)#end", "#set of $context"),
    ],
)
def test_what_cannot_be_followed_is_named(construct: str, named: str) -> None:
    said = str(served(BOTH + construct))
    assert said.startswith("? the template cannot be followed")
    assert named in said


def test_a_text_that_doubles_is_stopped() -> None:
    template = BOTH + '#set($a = "xxxxxxxx")' + '#set($a = "$a$a")' * 60
    assert "grows too long" in str(served(template)) or "too many steps" in str(served(template))


def test_a_regular_expression_of_nested_repeats_takes_linear_time() -> None:
    """Backtracking would try 2 to the power of 40 ways here."""
    pattern = "(a+)+" * 3
    template = BOTH + f'#if($origin.matches("{pattern}")){SET}#end'
    assert served(template, "a" * 40 + "!") is None
    assert served(template, "a" * 40) == "a" * 40


def test_a_mock_that_computes_its_status() -> None:
    def asked(status: str) -> Any:
        given = mock(response("204"), requestTemplates={JSON: '{"statusCode": ' + status + "}"})
        return answer(api({"/items": {"OPTIONS": given}}), preflight())

    known = asked('#if($context.httpMethod == "OPTIONS")204#{else}500#end')
    assert isinstance(known, Response)
    assert known.status == 204
    assert isinstance(asked('#if($context.identity.sourceIp == "1")204#{else}500#end'), Unknown)


def test_json_of_a_template_in_the_request_of_a_mock() -> None:
    """LocalStack recorded on AWS that a MOCK's request template may override headers as well."""
    template = LIST + BOTH + f"#if($domains.contains($origin)){SET}#end" + json.dumps({"statusCode": 200})
    config = api({"/items": {"OPTIONS": mock(response(), requestTemplates={JSON: template})}})
    reply = answer(config, preflight(origin=B))
    assert isinstance(reply, Response)
    assert (reply.status, reply.get(ORIGIN)) == (200, B)


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("[$!x]", "[]"),
        ("[$x]", "[$x]"),
        ("[$!{x}]", "[]"),
        ("[${x}]", "[${x}]"),
        ("#set($x = 'a')[$!x]", "[a]"),
    ],
)
def test_a_quiet_reference_to_nothing_writes_nothing(template: str, text: str) -> None:
    """Velocity user guide, "Quiet reference notation"."""
    assert render(template, Parameters()).text == text
