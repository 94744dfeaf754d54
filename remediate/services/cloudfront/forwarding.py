"""Tells what a behavior sends on to its origin, and what it keys its cache on. Pure.

Facts: CloudFront Developer Guide, "Understand the cache key", "Control origin requests with a
policy", "Request and response behavior for custom origins" (its table of headers) and "Cache
content based on request headers".
"""

from __future__ import annotations

from dataclasses import dataclass, field

from remediate.core.document import Document
from remediate.services.cloudfront.documents import CACHE, ORIGIN_REQUEST, items, lowered
from remediate.services.cloudfront.owned_policies import content_of

CACHED_BY_DEFAULT = ("GET", "HEAD")
# Sent to the origin whatever the settings are, as far as they can matter to an answer.
_ALWAYS = frozenset({"content-type", "content-length"})


@dataclass(frozen=True, slots=True)
class Forwarding:
    """One behavior's rules, header names in lower case."""

    legacy: bool
    caches: bool
    """Whether an answer can be kept at all (MaxTTL above 0)."""
    cached_methods: frozenset[str]
    key: frozenset[str] = field(default=frozenset())
    everything: bool = False
    """Every viewer header goes on, except `excepted`."""
    listed: frozenset[str] = field(default=frozenset())
    excepted: frozenset[str] = field(default=frozenset())
    cookies: bool = False
    unknown: str = ""
    """Why the rules are not known: a policy whose settings could not be read."""

    def reaches(self, header: str, method: str = "GET") -> bool:
        """Return whether the viewer's header is sent to the origin."""
        name = header.lower()
        if name in self.key or name in self.listed:
            return True
        if self.everything:
            return name not in self.excepted
        if name == "cookie":
            return self.cookies
        if not self.legacy:
            return name in _ALWAYS
        # Legacy settings send on what the table does not say is removed or replaced: Origin is
        # sent on although it is no part of the key, which is what poisons caches.
        if name == "authorization":
            return method not in {"GET", "HEAD", "OPTIONS"}
        return name not in {"host", "user-agent"}

    def keyed(self, header: str) -> bool:
        """Return whether two requests that differ in this header get separate answers from the cache."""
        return not self.caches or header.lower() in self.key

    def stays_in_vary(self, header: str) -> bool:
        """Return whether a viewer sees the name in Vary: it is in the key, or all headers are sent on."""
        return header.lower() in self.key or (self.legacy and self.everything)

    @property
    def caches_preflights(self) -> bool:
        """Return whether an answer to OPTIONS can be kept."""
        return self.caches and "OPTIONS" in self.cached_methods


def forwarding(policies: Document, behavior: Document) -> Forwarding:
    """The rules of one behavior; `policies` are the config's."""
    methods = frozenset(
        items((behavior.get("AllowedMethods") or {}).get("CachedMethods")) or CACHED_BY_DEFAULT
    )
    if not behavior.get("CachePolicyId"):
        return _legacy(behavior, methods)
    cache = content_of(policies, CACHE, behavior["CachePolicyId"])
    request_ref = behavior.get("OriginRequestPolicyId")
    request = content_of(policies, ORIGIN_REQUEST, request_ref)
    unknown = ""
    if cache is None:
        unknown = f"the settings of cache policy {behavior['CachePolicyId']} are not known"
    elif request_ref and request is None:
        unknown = f"the settings of origin request policy {request_ref} are not known"
    parameters = (cache or {}).get("ParametersInCacheKeyAndForwardedToOrigin") or {}
    headers = (request or {}).get("HeadersConfig") or {}
    how = headers.get("HeaderBehavior", "none")
    names = lowered(items(headers.get("Headers")))
    return Forwarding(
        legacy=False,
        caches=(cache or {}).get("MaxTTL") != 0,
        cached_methods=methods,
        key=lowered(items((parameters.get("HeadersConfig") or {}).get("Headers"))),
        everything=how in {"allViewer", "allViewerAndWhitelistCloudFront", "allExcept"},
        listed=names if how in {"whitelist", "allViewerAndWhitelistCloudFront"} else frozenset(),
        excepted=names if how == "allExcept" else frozenset(),
        cookies=any(
            (holder.get("CookiesConfig") or {}).get("CookieBehavior", "none") != "none"
            for holder in (parameters, request or {})
        ),
        unknown=unknown,
    )


def _legacy(behavior: Document, methods: frozenset[str]) -> Forwarding:
    values = behavior.get("ForwardedValues") or {}
    headers = lowered(items(values.get("Headers")))
    everything = "*" in headers
    return Forwarding(
        legacy=True,
        # With all headers forwarded CloudFront caches nothing ("Cache content based on request
        # headers": it sends every request to the origin).
        caches=behavior.get("MaxTTL") != 0 and not everything,
        cached_methods=methods,
        key=headers - {"*"},
        everything=everything,
        cookies=(values.get("Cookies") or {}).get("Forward", "none") != "none",
    )
