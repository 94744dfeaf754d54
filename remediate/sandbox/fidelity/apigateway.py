"""Makes moto's REST APIs answer as Amazon API Gateway does; each module beside says in what.

Not here: invoking an API, test-invoke-method and the flushing of caches.
"""

from remediate.sandbox.fidelity import (
    apigateway_deployments,
    apigateway_export,
    apigateway_gateway_responses,
    apigateway_methods,
    apigateway_resources,
    apigateway_stages,
    apigateway_tags,
    apigateway_updates,
)


def install() -> None:
    """Install every module of the service."""
    apigateway_resources.install()
    apigateway_methods.install()
    apigateway_updates.install()
    apigateway_gateway_responses.install()
    apigateway_stages.install()
    apigateway_deployments.install()
    apigateway_export.install()
    apigateway_tags.install()
