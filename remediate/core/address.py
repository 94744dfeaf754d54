"""The address of a resource, `s3/BUCKET` or `rest_api/ID/STAGE`, and the patterns that name it. Pure.

An address is text, as it stands in plans, journals and outputs; only this module takes one apart.
"""

from __future__ import annotations

from remediate.core.globs import name_matches


def service_of(address: str) -> str:
    """Return the service, which an address begins with: `s3`, `http_api`, `rest_api` or `cloudfront`."""
    return address.partition("/")[0]


def resource_id_of(address: str) -> str:
    """Return the bucket's name, or the id of the API or the distribution; the API's where it has a stage."""
    return _parts(address)[1]


def target_matches(pattern: str, address: str, *names: str) -> bool:
    """Return whether a `--target` names the resource: by its address, or by one of its other names.

    A name stands alone (`webapp-orders`) or in the place of the id in the address
    (`http_api/webapp-orders`, `rest_api/webapp/prod`).
    """
    service, identifier, stage = _parts(address)
    for name in (identifier, *filter(None, names)):
        spellings = (name, f"{name}{stage}")
        if any(
            name_matches(pattern, text)
            for spelling in spellings
            for text in (spelling, f"{service}/{spelling}")
        ):
            return True
    return False


def pattern_within(pattern: str, service: str) -> str | None:
    """Return what follows the service in a `--target`; None where it doesn't begin with that service."""
    service_pattern, slash, rest = pattern.partition("/")
    return rest if slash and name_matches(service_pattern, service) else None


def _parts(address: str) -> tuple[str, str, str]:
    """Return the service, the id and, with its slash, the stage; of a short address the last are empty."""
    service, _, rest = address.partition("/")
    identifier, slash, stage = rest.partition("/")
    return service, identifier, slash + stage
