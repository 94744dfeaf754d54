"""The law of the unattended job: nothing that it writes lets an origin that no plan names do more.

Somebody changes the live settings of every service behind the plan's back: drawn from a seed, with
origins, wildcards, credentials and methods of their own, instead of the plan's or beside them. After each
correcting pass the raw settings are read again and judged with the browser's rules alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path
from random import Random
from typing import Any

import pytest

from remediate.core.document import Document
from remediate.core.drift import DriftKind, DriftPass, DriftStatus
from remediate.core.state import State
from remediate.engine.baseline import load_baseline
from remediate.engine.compare import change_of
from remediate.engine.plan import make_plan
from remediate.reachability.chain import Chain
from remediate.services import service
from remediate.web.browser import BrowserRequest
from tests.drift.world import ALL, World, world
from tests.services.cloudfront.world import listed
from tests.services.rest_api.apis import cdk_list, cors

ROUNDS = 4
PLANS = {
    "origin": ALL.replace("[content-type]", "[content-type, authorization], expose: [etag]"),
    "edge with credentials": ALL.replace(
        "[content-type]", "[content-type], expose: [etag], credentials: true"
    ).replace("cloudfront: cdn.example.com", "cloudfront: cdn.example.com\n    answer: edge"),
}
INTRUDERS = ("https://evil.example", "https://*", "*")
CALLERS = ("https://evil.example", "https://any-other.example", "http://any-other.example", "null")
OURS = "https://app.example.com"
METHODS = ("GET", "POST", "PUT", "DELETE")
HEADERS = ("", "content-type", "authorization")
CERTAINTY = {"blocked": 0, "unknown": 1, "allowed": 2}


@pytest.mark.parametrize("plan", PLANS)
def test_no_pass_lets_an_origin_that_no_plan_names_do_more(tmp_path: Path, plan: str) -> None:
    drawn = Random(plan)
    ends: Counter[tuple[str, str]] = Counter()
    with world(tmp_path, PLANS[plan]) as one:
        one.look(correct=True)
        wanted = states_of(one)
        for _ in range(ROUNDS):
            intrude(one, drawn)
            before = states_of(one)
            left = load_baseline(one.store).left
            done = one.look(correct=True)
            after = states_of(one)
            for address in after:
                earlier = [before[address].config, *left[address].documents]
                wrong = [*gains(after, address, earlier)]
                assert wrong == [], (address, done.as_json()["drift"])
            told(done, before, after)
            ends.update((found.service, str(found.status)) for found in done.sightings)
            put_back(one, wanted)
    held = {kind for kind, status in ends if status == DriftStatus.HELD}
    assert {"http_api", "rest_api"} <= held, ends
    assert {status for _, status in ends} >= {DriftStatus.HELD, DriftStatus.CORRECTED, DriftStatus.PARTLY}, (
        ends
    )


def told(done: DriftPass, before: Mapping[str, State], after: Mapping[str, State]) -> None:
    """What was held is as it was and told with its code; what opens a resource still makes exit 2."""
    for found in done.sightings:
        if found.kind is DriftKind.DRIFT and "widens-others" in found.codes:
            assert found.status is DriftStatus.HELD
            assert after[found.address].config == before[found.address].config
            assert "no plan names" in found.because
            assert done.exit_code == 2
        if found.status is DriftStatus.CORRECTED:
            assert "https://evil.example" not in str(after[found.address].config), found


def gains(after: Mapping[str, State], address: str, earlier: Sequence[Document | None]) -> Iterator[str]:
    """What a caller whom no plan names may do by the resource's own host, and could not before.

    Other resources are as they are after the pass: each has its own turn.
    """
    states = [*after.values()]
    now = Chain(states)
    then = [Chain(states, {address: config}) for config in earlier]
    state = after[address]
    host = next((name for name in state.hosts[1:] if "amazonaws" not in name), state.hosts[0])
    paths = dict.fromkeys(path for path, _ in service(state.service).sample_requests(state, METHODS))
    for path, origin, method, header, credentials in product(paths, CALLERS, METHODS, HEADERS, (False, True)):
        value = "application/json" if header == "content-type" else "x"
        headers = [(header, value)] if header else []
        request = BrowserRequest(origin, f"https://{host}{path}", method, headers, credentials)
        verdict = str(now.evaluate(request).outcome)
        if verdict != "blocked" and all(
            CERTAINTY[str(chain.evaluate(request).outcome)] < CERTAINTY[verdict] for chain in then
        ):
            yield f"{request}: {verdict}"


def states_of(one: World) -> dict[str, State]:
    """The live settings, as they are read."""
    return {state.address: state for state in make_plan(one.aws(), one.files()).seen.states}


def put_back(one: World, wanted: Mapping[str, State]) -> None:
    """Somebody repairs the resources by hand."""
    aws = one.aws()
    for address, state in states_of(one).items():
        if state.config != wanted[address].config:
            change = change_of(state, replace(state, config=wanted[address].config))
            service(state.service).write(aws, [change])


# What the intruder does.


def intrude(one: World, drawn: Random) -> None:
    """A change of each service, drawn."""
    for act in (bucket, http_api, rest_api, distribution):
        act(one, drawn)


def bucket(one: World, drawn: Random) -> None:
    origins, methods, _ = draw(drawn)
    rule: dict[str, Any] = {"AllowedOrigins": origins, "AllowedMethods": methods, "AllowedHeaders": ["*"]}
    how = drawn.choice(["replace", "add", "edit"])
    if how == "edit":
        rule["ID"] = "remediate:webapp"
    one.put_rules(*(one.rules() if how == "add" else []), rule)


def http_api(one: World, drawn: Random) -> None:
    origins, methods, credentials = draw(drawn)
    one.put_cors(
        AllowOrigins=origins,
        AllowMethods=methods,
        AllowHeaders=drawn.choice([[], ["content-type"]]),
        ExposeHeaders=[],
        AllowCredentials=credentials,
    )


def rest_api(one: World, drawn: Random) -> None:
    """The preflight of one path answers another origin, statically or by a template, and is deployed."""
    origins, methods, credentials = draw(drawn)
    client = one.aws().client("apigateway")
    (rest,) = client.get_rest_apis()["items"]
    resources = client.get_resources(restApiId=rest["id"], embed=["methods"], limit=500)["items"]
    (resource,) = [found["id"] for found in resources if found["path"] == "/items"]
    where = {"restApiId": rest["id"], "resourceId": resource, "httpMethod": "OPTIONS", "statusCode": "200"}
    said = {"methods": ",".join(methods)}
    templates = {"application/json": ""}
    if len(origins) > 1:
        templates = {"application/json": cdk_list(*origins)}
    else:
        said["origin"] = origins[0]
    if credentials:
        said["credentials"] = "true"
    mapped = cors(**said)
    client.delete_method_response(**where)
    client.put_method_response(**where, responseParameters=dict.fromkeys(mapped, False))
    client.put_integration_response(**where, responseParameters=mapped, responseTemplates=templates)
    client.create_deployment(restApiId=rest["id"], stageName="prod")


def distribution(one: World, drawn: Random) -> None:
    """The edge answers by a policy of theirs."""
    origins, methods, credentials = draw(drawn)
    client = one.aws().client("cloudfront")
    section = {
        "AccessControlAllowOrigins": listed([origin for origin in origins if origin != "https://*"]),
        "AccessControlAllowHeaders": listed(["X-Theirs"]),
        "AccessControlAllowMethods": listed(methods),
        "AccessControlAllowCredentials": credentials and "*" not in origins,
        "OriginOverride": True,
    }
    if not section["AccessControlAllowOrigins"]["Quantity"]:
        return
    name = f"theirs-{drawn.randrange(10**9)}"
    made = client.create_response_headers_policy(
        ResponseHeadersPolicyConfig={"Name": name, "Comment": "by hand", "CorsConfig": section}
    )
    distributions = client.list_distributions()["DistributionList"]["Items"]
    (found,) = [each["Id"] for each in distributions if "cdn.example.com" in each["Aliases"].get("Items", [])]
    got = client.get_distribution_config(Id=found)
    behavior = got["DistributionConfig"]["DefaultCacheBehavior"]
    behavior["ResponseHeadersPolicyId"] = made["ResponseHeadersPolicy"]["Id"]
    client.update_distribution(Id=found, IfMatch=got["ETag"], DistributionConfig=got["DistributionConfig"])


def draw(drawn: Random) -> tuple[list[str], list[str], bool]:
    """Origins, methods and credentials: an intruder's, the plan's with fewer methods, or both."""
    who = drawn.choice(["intruder", "both", "narrowed"])
    if who == "narrowed":
        return [OURS], ["GET"], False
    intruder = drawn.choice(INTRUDERS)
    origins = [intruder] if who == "intruder" else [OURS, intruder]
    credentials = intruder != "*" and drawn.random() < 0.5
    return origins, drawn.choice([["GET"], ["GET", "DELETE"], ["GET", "POST", "PUT"]]), credentials
