"""Makes moto's REST APIs answer as Amazon API Gateway does; each module beside says in what.

Not here: invoking an API, test-invoke-method and the flushing of caches.
"""

from remediate.sandbox.patches.apigateway import (
    deployments,
    export,
    gateway_responses,
    methods,
    resources,
    stages,
    tags,
    updates,
)


def install() -> None:
    """Install every module of the service."""
    resources.install()
    methods.install()
    updates.install()
    gateway_responses.install()
    stages.install()
    deployments.install()
    export.install()
    tags.install()
