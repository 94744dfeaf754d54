"""States what IAM must allow for REST APIs: the HTTP method of each call, on the path that it is sent to.

Actions and ARNs: Service Authorization Reference, "Amazon API Gateway Management"; the path of an
export as in AWS's managed policy SecurityAudit. The ARNs name no account. IAM's `*` crosses slashes,
so `methods/*/responses/*` means integration responses too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from remediate.core.permission import ANY, UNRESOLVED, Permission, Purpose, Resolved, as_glob, partition
from remediate.core.policy import Selector
from remediate.services.rest_api.read import ID

STAGE_NAME = "apigateway:Request/StageName"
"""In CreateDeployment: the stage that is to serve it."""


def addressed(selector: Selector) -> bool:
    """Return whether the pattern is an id, as reading takes it for one."""
    return bool(ID.fullmatch(selector.pattern))


def permissions(
    selectors: Sequence[Selector],
    purpose: Purpose,
    account: str,  # noqa: ARG001
    resolved: Resolved = UNRESOLVED,
) -> Iterator[Permission]:
    """The listing, always; what is served and edited; of methods, the OPTIONS ones and responses."""
    stages: dict[tuple[str | None, str], set[str]] = {}
    for selector in selectors:
        for api_id in resolved.named(selector, addressed(selector)):
            patterns = selector.options.get("stages") or (ANY,)
            stages.setdefault((selector.region, api_id), set()).update(
                as_glob(str(pattern)) for pattern in patterns
            )
    for region in dict.fromkeys(selector.region for selector in selectors):
        yield Permission(("apigateway:GET",), (_apis(region),), "list REST APIs")
    for (region, api_id), patterns in sorted(stages.items(), key=str):
        api = f"{_apis(region)}/{api_id}"
        served = sorted(patterns) if ANY not in patterns else [ANY]
        yield from _reads(api, served, purpose)
        if purpose.writes:
            yield from _writes(api, served)
        if purpose is Purpose.APPLY:
            back = tuple(f"{api}/stages/{stage}" for stage in served)
            yield Permission(("apigateway:PATCH",), back, "undo deployments")


def _apis(region: str | None) -> str:
    return f"arn:{partition(region)}:apigateway:{region or ANY}::/restapis"


def _reads(api: str, stages: Sequence[str], purpose: Purpose) -> Iterator[Permission]:
    # GetResources embeds the methods. AWS does not document whether it checks each of them for that;
    # left out without an error, they would look like methods without CORS.
    read = [f"{api}/{part}" for part in ("stages", "resources", "resources/*/methods/*", "gatewayresponses")]
    read += [f"{api}/stages/{stage}/exports/oas30" for stage in stages]
    if purpose.writes:
        # Deployments are looked at where the answer to making one was lost.
        read += [api, f"{api}/deployments"]
    yield Permission(("apigateway:GET",), tuple(read), "read REST APIs")


def _writes(api: str, stages: Sequence[str]) -> Iterator[Permission]:
    methods = f"{api}/resources/*/methods"
    yield Permission(
        ("apigateway:DELETE", "apigateway:PATCH", "apigateway:PUT"),
        (f"{methods}/OPTIONS", f"{methods}/*/responses/*"),
        "write OPTIONS methods and responses",
    )
    yield Permission(
        ("apigateway:PATCH", "apigateway:PUT"),
        (f"{methods}/OPTIONS/integration",),
        "write integrations of OPTIONS",
    )
    yield Permission(
        ("apigateway:DELETE", "apigateway:PUT"), (f"{api}/gatewayresponses/*",), "write gateway responses"
    )
    limited = () if list(stages) == [ANY] else (("StringLike", STAGE_NAME, tuple(stages)),)
    yield Permission(("apigateway:POST",), (f"{api}/deployments",), "deploy REST APIs", limited)
    yield Permission(
        ("apigateway:DELETE",), (f"{api}/deployments/*",), "delete deployments whose answer was lost"
    )
