"""Laws of a planned distribution, drawn by Hypothesis and judged by what a browser would conclude."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from remediate.core.policy import Mode, Policy, Retired
from remediate.core.state import State
from remediate.services.cloudfront.answer import answer
from remediate.services.cloudfront.desired import desired
from remediate.services.cloudfront.documents import (
    CACHE,
    ORIGIN_REQUEST,
    RESPONSE_HEADERS,
)
from remediate.web.browser import BrowserRequest, judge, needs_preflight, preflight_for
from remediate.web.http import Request, Response
from tests.services.cloudfront import world
from tests.services.cloudfront.states import (
    CORS_AND_SECURITY,
    DISABLED,
    OPTIMIZED,
    SIMPLE_CORS,
    THEIRS,
    A,
    account,
    behavior,
    methods,
    policy_id,
    state,
)
from tests.sizes import examples


def states() -> st.SearchStrategy[State]:
    there = account()

    def full(one: dict[str, Any], **more: Any) -> dict[str, Any]:
        made = one | more
        for kind in (CACHE, ORIGIN_REQUEST, RESPONSE_HEADERS):
            if made.get(kind.member) in {content["Name"] for content in world.CUSTOM[kind]}:
                made[kind.member] = policy_id(kind, made[kind.member])
        return made

    return world.configs().map(
        lambda live: state(
            full(live["default"]),
            *(full(one, PathPattern=pattern) for pattern, one in live["ordered"]),
            there=there,
        )
    )


def crowded() -> st.SearchStrategy[State]:
    """States where somebody's CORS section is in force, which few of the others have."""
    foreign = [policy_id(RESPONSE_HEADERS, name) for name in ("theirs", "anybody", "with-cookies")]
    return st.builds(
        lambda cache, ref, count: state(behavior(cache, edge=ref, AllowedMethods=methods(count))),
        st.sampled_from([OPTIMIZED, DISABLED]),
        st.sampled_from([*foreign, SIMPLE_CORS, CORS_AND_SECURITY]),
        st.sampled_from([2, 7]),
    )


some = settings(max_examples=examples(100), deadline=None, derandomize=True)
PATHS = ("/x", "/api/x", "/a.html")
CALLERS = (A, "https://x.example.org", THEIRS, "https://evil.example")


def by_origin(request: Request) -> Response:
    """An origin that answers 2xx and no CORS headers, so that the edge alone decides."""
    return Response(204 if request.method == "OPTIONS" else 200)


def may(config: Any, origin: str, path: str, method: str, header: str, *, credentials: bool) -> bool:
    headers = [(header, "1")] if header else []
    wish = BrowserRequest(
        origin=origin,
        url=f"https://api.example.net{path}",
        method=method,
        headers=headers,
        credentials=credentials,
    )
    before = answer(config, preflight_for(wish), backend=by_origin) if needs_preflight(wish) else None
    real = answer(config, Request(method, path, [("origin", origin), *headers]), backend=by_origin)
    assert isinstance(real, Response)
    assert before is None or isinstance(before, Response)
    return judge(wish, before, real).allowed


def accesses(config: Any) -> set[tuple[str, str, str, str, bool]]:
    return {
        (origin, path, method, header, credentials)
        for origin in CALLERS
        for path in PATHS
        for method in ("GET", "DELETE")
        for header in ("", "x-theirs")
        for credentials in (False, True)
        if may(config, origin, path, method, header, credentials=credentials)
    }


@some
@given(one=states(), wish=world.policies())
def test_desired_settles_at_once(one: State, wish: Policy) -> None:
    once, _ = desired(one, wish)
    assert desired(once, wish)[0].config == once.config
    if once.config == one.config:
        assert once.config is one.config


@settings(max_examples=examples(60), deadline=None, derandomize=True)
@given(one=st.one_of(crowded(), states()), wish=world.policies())
def test_merge_takes_no_access_away_from_others(one: State, wish: Policy) -> None:
    foreign, _ = desired(one, Policy("webapp", (), mode=Mode.MERGE))  # without what this plan brought
    merged, _ = desired(foreign, Policy(**{**_fields(wish), "mode": Mode.MERGE, "retired": Retired()}))
    assert accesses(foreign.config) <= accesses(merged.config)


@settings(max_examples=examples(60), deadline=None, derandomize=True)
@given(one=st.one_of(crowded(), states()), wish=world.policies())
def test_exact_leaves_only_what_the_plan_lists(one: State, wish: Policy) -> None:
    listed = {origin for origin in wish.origins if "*" not in origin}
    if "https://*.example.org" in wish.origins:
        listed.add("https://x.example.org")
    exact = Policy(**{**_fields(wish), "mode": Mode.EXACT, "options": {"answer": wish.options["answer"]}})
    changed, findings = desired(one, exact)
    if {"wildcard-not-supported", "policy-unreadable"} & {finding.code for finding in findings}:
        return
    for origin, _, method, header, credentials in accesses(changed.config):
        assert origin in listed
        assert method in {*wish.methods, "GET"}
        assert header in {"", *wish.headers} or "*" in wish.headers
        assert wish.credentials or not credentials


def _fields(wish: Policy) -> dict[str, Any]:
    return {name: getattr(wish, name) for name in wish.__dataclass_fields__}
