"""States what IAM must allow for HTTP APIs: the HTTP method of each call, on the path that it is sent to.

Actions and ARNs: Service Authorization Reference, "Amazon API Gateway Management V2". The ARNs name
no account. IAM's `*` goes over `/`: `PATCH` on `/apis/*` would be leave to update every route and
integration, `DELETE` on `/apis/*/cors` to delete a stage of that name. So what is written names an
API that is not known by as many `?` as an id has characters, which leave no room for more.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from remediate.core.permission import ANY, UNRESOLVED, Permission, Purpose, Resolved, partition
from remediate.core.policy import Selector
from remediate.services.http_api.read import DIRECT, ID

GET = ("apigateway:GET",)
SOME_ID = tuple("?" * length for length in range(8, 11))
"""Any id: as long as `ID` takes them; those of AWS have ten characters."""


def addressed(selector: Selector) -> bool:
    """Return whether the pattern is an id: a name may look like one, but hardly with a digit in it."""
    return bool(ID.fullmatch(selector.pattern)) and any(mark.isdigit() for mark in selector.pattern)


def permissions(
    selectors: Sequence[Selector],
    purpose: Purpose,
    account: str,  # noqa: ARG001
    resolved: Resolved = UNRESOLVED,
) -> Iterator[Permission]:
    """The listing unless ids are fetched one by one; routes, stages and exports; the CORS settings."""
    regions: dict[str | None, list[Selector]] = {}
    for selector in selectors:
        regions.setdefault(selector.region, []).append(selector)
    for region, selected in regions.items():
        apis = f"arn:{partition(region)}:apigateway:{region or ANY}::/apis"
        resolved_ids = [(api.pattern, list(resolved.named(api, addressed(api)))) for api in selected]
        ids = sorted({f"{apis}/{api}" for _, several in resolved_ids for api in several})
        tried = len(selected) <= DIRECT and all(ID.fullmatch(pattern) for pattern, _ in resolved_ids)
        if not tried or any(several != [pattern] for pattern, several in resolved_ids):
            yield Permission(GET, (apis,), "list HTTP APIs")
        if tried:
            # Of a name that looks like an id AWS must be able to say that there is none.
            fetched = (f"{apis}/{pattern}" for pattern, _ in resolved_ids)
            yield Permission(GET, tuple(fetched), "read HTTP APIs")
        if purpose.writes:
            yield Permission(GET, tuple(ids), "read HTTP APIs")
        parts = ("routes", "stages", "exports/OAS30")
        yield Permission(GET, tuple(f"{api}/{part}" for api in ids for part in parts), "read HTTP APIs")
        if purpose.writes:
            some = [f"{apis}/{api}" for api in SOME_ID]
            yield from _writes([arn for api in ids for arn in (some if api == f"{apis}/{ANY}" else [api])])


def _writes(apis: Sequence[str]) -> Iterator[Permission]:
    yield Permission(("apigateway:PATCH",), tuple(apis), "write CORS of HTTP APIs")
    yield Permission(("apigateway:DELETE",), tuple(f"{api}/cors" for api in apis), "delete CORS of HTTP APIs")
    yield Permission(("apigateway:POST",), tuple(f"{api}/deployments" for api in apis), "deploy HTTP APIs")
