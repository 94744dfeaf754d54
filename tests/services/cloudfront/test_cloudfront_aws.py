"""Reading, writing and settling at the boundary: moto, made faithful by the sandbox."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from remediate.aws import Aws
from remediate.core.finding import Level
from remediate.core.plan import Change
from remediate.core.policy import Policy, Selector
from remediate.core.state import State, Unreadable
from remediate.errors import AwsFailure, NoChangeNeeded, Stale
from remediate.sandbox.patches.cloudfront.distributions import settle_after
from remediate.services.cloudfront.api_calls import calls, context
from remediate.services.cloudfront.desired import desired
from remediate.services.cloudfront.documents import CACHE, ORIGIN_REQUEST, RESPONSE_HEADERS, items
from remediate.services.cloudfront.owned_policies import belongs_to, slug
from remediate.services.cloudfront.read import read
from remediate.services.cloudfront.write import await_deployed, settle, write
from tests.services.cloudfront.states import DISABLED, OPTIMIZED, S3_ORIGIN, behavior, legacy, methods, policy
from tests.services.cloudfront.world import cors, raw, seed

EVERYTHING = [Selector("cloudfront", "*")]


def live(default: Any, *ordered: tuple[str, Any]) -> dict[str, Any]:
    def full(one: Any) -> Any:
        return {"ViewerProtocolPolicy": "allow-all"} | one

    return {"default": full(default), "ordered": [(p, full(one)) for p, one in ordered], "errors": False}


def client(aws: Aws) -> Any:
    return aws.client("cloudfront", "us-east-1")


def only(aws: Aws, selector: Selector) -> State:
    (found,) = read(aws, [selector])
    assert isinstance(found, State)
    return found


def change(one: State, wish: Policy) -> Change:
    after = desired(one, wish)[0].config
    return Change(
        one.address,
        "cloudfront",
        one.region,
        one.config,
        after,
        one.revision,
        one.group,
        calls=calls(one, after),
        context=context(one, after),
    )


def custom(aws: Aws, kind: Any) -> list[str]:
    listing = getattr(client(aws), f"list_{kind.word.replace('-', '_')}_policies")
    found = listing(Type="custom")[f"{kind.name}List"].get("Items", [])
    return [item[kind.name][kind.body]["Name"] for item in found]


def apply(aws: Aws, selector: Selector, wish: Policy) -> Change:
    made = change(only(aws, selector), wish)
    write(aws, [made])
    return made


# -- reading


def test_a_hundred_distributions_without_custom_policies_take_at_most_five_calls(aws: Aws) -> None:
    for number in range(100):
        default = (
            legacy() if number % 3 else behavior(DISABLED, S3_ORIGIN, "60669652-455b-4ae9-85a4-c4c02393f86c")
        )
        seed(aws, live(default), f"d{number}")
    aws.calls.clear()
    assert len(list(read(aws, EVERYTHING))) == 100
    assert dict(aws.calls) == {
        "cloudfront:ListDistributions": 1,
        "cloudfront:ListCachePolicies": 1,
        "cloudfront:ListOriginRequestPolicies": 1,
        "cloudfront:ListResponseHeadersPolicies": 1,
    }


def test_only_the_kinds_in_use_are_listed(aws: Aws) -> None:
    seed(aws, live(legacy()), "one")
    aws.calls.clear()
    list(read(aws, EVERYTHING))
    assert dict(aws.calls) == {"cloudfront:ListDistributions": 1}


def test_an_id_reads_that_distribution_alone(aws: Aws) -> None:
    selector = seed(aws, live(behavior()), "one")
    seed(aws, live(behavior()), "two")
    aws.calls.clear()
    listed = {state.address: state for state in read(aws, EVERYTHING) if isinstance(state, State)}
    aws.calls.clear()
    alone = only(aws, selector)
    assert dict(aws.calls)["cloudfront:GetDistribution"] == 1
    assert "cloudfront:ListDistributions" not in aws.calls
    assert alone.config == listed[alone.address].config
    assert alone.revision == listed[alone.address].revision


def test_names_globs_and_nothing(aws: Aws) -> None:
    one = only(aws, seed(aws, live(behavior()), "one"))
    by_domain, by_glob = Selector("cloudfront", one.names[1]), Selector("cloudfront", "d*.cloudfront.net")
    (found,) = read(aws, [by_domain, by_glob])
    assert isinstance(found, State)
    assert found.selected_by == (by_domain, by_glob)
    assert list(read(aws, [Selector("cloudfront", "api.nowhere.example")])) == []
    assert list(read(aws, [Selector("cloudfront", "E0NOTHERE")])) == []
    assert found.upstreams[0].endswith("amazonaws.com")


def test_secrets_in_origin_headers_are_not_in_the_state(aws: Aws) -> None:
    one = only(aws, seed(aws, live(behavior()), "one"))
    assert "top-secret" not in str(one)


class Denied(Aws):
    """An account where some operations are refused."""

    def __init__(self, *operations: str) -> None:
        super().__init__(region="us-east-1")
        self.refused = operations

    def _before_send(self, service: str, *, event_name: str, **rest: object) -> None:
        super()._before_send(service, event_name=event_name, **rest)
        if event_name.rpartition(".")[2] in self.refused:
            raise AwsFailure("no", code="AccessDenied", operation="cloudfront:List")


def test_a_refused_listing_is_never_nothing_there(aws: Aws) -> None:
    seed(aws, live(behavior(edge="theirs")), "one")
    seed(aws, live(behavior(DISABLED, S3_ORIGIN)), "two")
    (lost,) = read(Denied("ListDistributions"), EVERYTHING)
    assert isinstance(lost, Unreadable)
    assert (lost.address, lost.code) == ("cloudfront/*", "access-denied")
    found = list(read(Denied("ListResponseHeadersPolicies"), EVERYTHING))
    assert sorted(type(one).__name__ for one in found) == ["State", "Unreadable"]


# -- writing


@pytest.mark.parametrize("answer", ["origin", "edge"])
def test_the_calls_are_the_ones_that_were_shown(aws: Aws, answer: str) -> None:
    selector = seed(aws, live(behavior(OPTIMIZED, "two", "theirs"), ("/api/*", legacy("X-A"))), "one")
    made = change(only(aws, selector), policy(answer=answer, methods=("PUT",)))
    aws.calls.clear()
    write(aws, [made])
    sent = [name for name in aws.calls.elements() if ":Get" not in name and ":List" not in name]
    assert sorted(sent) == sorted(made.calls)
    assert only(aws, selector).config == made.after


def test_one_policy_serves_every_distribution_that_needs_the_same(aws: Aws) -> None:
    one, two = (seed(aws, live(behavior()), name) for name in ("one", "two"))
    changes = [change(only(aws, selector), policy()) for selector in (one, two)]
    for made in changes:
        write(aws, [made])
    assert len(custom(aws, CACHE)) == 1
    back = [
        replace(made, before=made.after, after=made.before, revision=only(aws, selector).revision)
        for made, selector in zip(changes, (one, two), strict=True)
    ]
    write(aws, back[:1])
    assert len(custom(aws, CACHE)) == 1  # the other one still uses it
    write(aws, back[1:])
    assert custom(aws, CACHE) == []
    # And forth again: what was deleted is made again from what the change carries.
    again = replace(changes[0], revision=only(aws, one).revision)
    write(aws, [again])
    assert only(aws, one).config == changes[0].after


def test_a_policy_that_another_write_deletes_meanwhile_is_made_again(aws: Aws) -> None:
    one, two = (seed(aws, live(behavior()), name) for name in ("one", "two"))
    first = apply(aws, one, policy())
    wanted = change(only(aws, two), policy())
    back = replace(first, before=first.after, after=first.before, revision=only(aws, one).revision)
    other = Aws(region="eu-west-1")
    pending = [back]

    def meanwhile(**_: object) -> None:
        # Between the listing that shows the policy and the update that refers to it.
        if pending:
            write(other, [pending.pop()])

    client(aws).meta.events.register("before-call.cloudfront.UpdateDistribution", meanwhile)
    write(aws, [wanted])
    assert only(aws, two).config == wanted.after
    assert len(custom(aws, CACHE)) == 1


def test_a_changed_wish_is_another_policy_and_the_old_one_goes(aws: Aws) -> None:
    selector = seed(aws, live(behavior(edge="theirs")), "one")
    apply(aws, selector, policy(answer="edge"))
    first = custom(aws, RESPONSE_HEADERS)
    apply(aws, selector, policy("https://other.example.com", answer="edge"))
    second = custom(aws, RESPONSE_HEADERS)
    assert len(first) == len(second) == 2  # theirs, and one of ours
    assert first != second
    assert "theirs" in second


def test_writing_again_is_safe_and_stale_is_refused(aws: Aws) -> None:
    selector = seed(aws, live(behavior()), "one")
    made = apply(aws, selector, policy())
    with pytest.raises(NoChangeNeeded):
        write(aws, [made])
    assert only(aws, selector).config == made.after
    got = client(aws).get_distribution_config(Id=selector.pattern)
    got["DistributionConfig"]["DefaultCacheBehavior"]["AllowedMethods"] = methods(7)
    client(aws).update_distribution(
        Id=selector.pattern, IfMatch=got["ETag"], DistributionConfig=got["DistributionConfig"]
    )
    with pytest.raises(Stale, match=r"\* AllowedMethods.* changed.*wanted to change \* AllowedMethods"):
        write(aws, [made])


def test_a_policy_in_use_that_was_edited_makes_a_change_stale(aws: Aws) -> None:
    """The copy was made from what the policy held when it was shown."""
    selector = seed(aws, live(behavior(edge="theirs")), "one")
    made = change(only(aws, selector), policy(answer="edge"))
    edit(aws, lambda name: name == "theirs", Comment="edited")
    with pytest.raises(Stale, match="policy theirs"):
        write(aws, [made])


@pytest.mark.parametrize("origins", [["*"], ["https://evil.example"]])
def test_a_policy_of_ours_that_is_edited_in_place_is_put_right_and_can_be_put_back(
    aws: Aws, origins: list[str]
) -> None:
    selector = seed(aws, live(behavior(edge="theirs")), "one")
    wish = policy(answer="edge")
    first = apply(aws, selector, wish).after
    edit(aws, lambda name: belongs_to("webapp", name), CorsConfig=cors(origins))
    evil = raw(aws, selector)

    moved = only(aws, selector)
    made = change(moved, wish)
    assert made.after != moved.config
    assert made.calls == ("cloudfront:CreateResponseHeadersPolicy", "cloudfront:UpdateDistribution")
    write(aws, [made])
    now = only(aws, selector)
    assert now.config == made.after
    assert desired(now, wish)[0].config == now.config
    assert section(now.config) == section(first)

    write(aws, [replace(made, before=made.after, after=made.before, revision=now.revision)])
    assert raw(aws, selector) == evil


def section(config: Any) -> Any:
    """The CORS section on the default behavior."""
    ref = config["DefaultCacheBehavior"]["ResponseHeadersPolicyId"]
    return config["policies"][ref]["ResponseHeadersPolicyConfig"]["CorsConfig"]


def edit(aws: Aws, which: Callable[[str], bool], **edits: Any) -> None:
    """Edit the only custom response headers policy of such a name in place."""
    listing = client(aws).list_response_headers_policies(Type="custom")["ResponseHeadersPolicyList"]
    (policy_id,) = [
        item["ResponseHeadersPolicy"]["Id"]
        for item in listing["Items"]
        if which(item["ResponseHeadersPolicy"]["ResponseHeadersPolicyConfig"]["Name"])
    ]
    got = client(aws).get_response_headers_policy_config(Id=policy_id)
    client(aws).update_response_headers_policy(
        Id=policy_id,
        IfMatch=got["ETag"],
        ResponseHeadersPolicyConfig=got["ResponseHeadersPolicyConfig"] | edits,
    )


def test_a_distribution_that_is_gone_is_stale(aws: Aws) -> None:
    made = change(only(aws, seed(aws, live(behavior()), "one")), policy())
    with pytest.raises(Stale, match="gone"):
        write(aws, [replace(made, address="cloudfront/E0NOTHERE")])


def test_a_full_account_is_refused_before_and_explained_when_forced(aws: Aws) -> None:
    selector = seed(aws, live(behavior("by-hand")), "one")
    content = client(aws).list_cache_policies(Type="custom")["CachePolicyList"]["Items"][0]
    for number in range(19):
        client(aws).create_cache_policy(
            CachePolicyConfig={**content["CachePolicy"]["CachePolicyConfig"], "Name": f"full-{number}"}
        )
    one = only(aws, selector)
    findings = desired(one, policy())[1]
    assert [one.code for one in findings if one.level is Level.REFUSE] == ["policy-quota"]
    with pytest.raises(AwsFailure) as caught:
        write(aws, [change(one, policy())])
    assert caught.value.code == "TooManyCachePolicies"
    assert "quota" in caught.value.hint
    assert only(aws, selector).config == one.config


def test_only_policies_of_ours_are_made_under_our_name(aws: Aws) -> None:
    selector = seed(aws, live(behavior("by-hand", "two", "theirs")), "one")
    apply(aws, selector, replace(policy(answer="origin"), plan="my plan!"))
    fresh = {*custom(aws, CACHE), *custom(aws, ORIGIN_REQUEST)} - {"by-hand", "two"}
    assert len(fresh) == 2
    assert all(belongs_to("my plan!", name) for name in fresh)
    assert slug("my plan!") in next(iter(fresh))


# -- settling


def test_settling_waits_with_a_first_look_at_once(aws: Aws) -> None:
    selector = seed(aws, live(behavior()), "one")
    settle_after(3)
    try:
        made = apply(aws, selector, policy())
        assert made.context == {}
        now = [0.0]
        ticks: list[str] = []
        await_deployed(
            aws,
            selector.pattern,
            ticks.append,
            clock=lambda: now[0],
            sleep=lambda seconds: now.__setitem__(0, now[0] + seconds),
        )
    finally:
        settle_after(1)
    assert ticks[0] == "InProgress, 0 s"
    assert ticks[-1].startswith("Deployed, ")
    assert len(ticks) <= 4


def test_waiting_ends_with_an_error(aws: Aws) -> None:
    selector = seed(aws, live(behavior()), "one")
    settle_after(1000)
    try:
        apply(aws, selector, policy())
        now = [0.0]
        with pytest.raises(AwsFailure, match="still InProgress after 40 minutes"):
            await_deployed(
                aws,
                selector.pattern,
                lambda _word: None,
                clock=lambda: now[0],
                sleep=lambda _seconds: now.__setitem__(0, now[0] + 600),
            )
    finally:
        settle_after(1)


@pytest.mark.parametrize("wait", [True, False])
def test_only_the_paths_in_the_context_are_invalidated_and_once(aws: Aws, wait: bool) -> None:
    selector = seed(aws, live(behavior(), ("/api/*", behavior("keyed", "host", TargetOriginId="api"))), "one")
    made = apply(aws, selector, policy(paths=("/api/*",)))
    assert made.context == {"invalidate": ["/api/*"]}
    ticks: list[str] = []
    settle(aws, made, wait=wait, on_progress=ticks.append)
    settle(aws, made, wait=wait, on_progress=ticks.append)
    found = items(client(aws).list_invalidations(DistributionId=selector.pattern)["InvalidationList"])
    assert len(found) == 1
    batch = client(aws).get_invalidation(DistributionId=selector.pattern, Id=found[0]["Id"])
    assert batch["Invalidation"]["InvalidationBatch"]["Paths"] == {"Quantity": 1, "Items": ["/api/*"]}
    assert ("at once" in ticks[-1]) is not wait
