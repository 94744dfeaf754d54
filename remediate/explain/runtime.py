"""Write the code of what is left to do in the language of the function that must send it. I/O, no write."""

from __future__ import annotations

from dataclasses import replace

from remediate.aws import Aws, BotoCoreError, ClientError, to_aws_failure
from remediate.core.integration import Integration
from remediate.errors import AwsFailure
from remediate.explain.explanation import Explanation
from remediate.explain.todo import Todo
from remediate.services import service
from remediate.snippets import NeededHeaders, comment, language_of, plain_headers, snippet, usual_snippets


def in_its_language(aws: Aws, explanation: Explanation) -> Explanation:
    """Return the explanation with each snippet in the language of its function, where that can be read."""
    todo = tuple(
        replace(each, snippet=_snippet(aws, each, each.needed)) if each.needed else each
        for each in explanation.todo
    )
    return replace(explanation, todo=todo)


def _snippet(aws: Aws, todo: Todo, needed: NeededHeaders) -> str:
    if todo.hop is None:
        return todo.snippet
    try:
        integration = service(todo.hop.state.service).integration(aws, todo.hop.state, todo.hop.request)
        if integration is None:
            return todo.snippet
        if not integration.function:
            return plain_headers(needed)
        runtime = _runtime(aws, integration)
    except AwsFailure as failure:
        return f"# The runtime of the function could not be read: {failure.message}\n{todo.snippet}"
    language = language_of(runtime)
    if language:
        return f"{comment(language)} {runtime}\n{snippet(needed, language, payload=integration.payload)}"
    what = f"has the runtime {runtime}" if runtime else "is a container image, whose settings name no runtime"
    lead = f"# The function {what}; these are Python and Node.js."
    return f"{lead}\n{usual_snippets(needed, payload=integration.payload)}"


def _runtime(aws: Aws, integration: Integration) -> str:
    """Return the runtime of the function; empty for a container image. Raises `AwsFailure`."""
    client = aws.client("lambda", integration.region)
    try:
        live = client.get_function_configuration(FunctionName=integration.function)
    except (ClientError, BotoCoreError) as error:
        raise to_aws_failure(error, f"lambda:GetFunctionConfiguration of {integration.function}") from error
    return str(live.get("Runtime") or "")
