"""An error that holds the answer: calls that the server could not read, but sent along."""

from __future__ import annotations

from proxy_core.anthropic.writer import MessageWriter
from proxy_core.contract import FailureKind, UpstreamFailure, UpstreamRequest
from proxy_core.dialects.openai_chat.answers.calls import ToolCalls
from proxy_core.dialects.openai_chat.answers.failed_generation import calls_in
from proxy_core.dialects.openai_chat.answers.leaked_calls import LeakedCall
from proxy_core.dialects.openai_chat.context import ChatContext
from proxy_core.dialects.openai_chat.failures.report import read_error


def rescued_calls(body: bytes, context: ChatContext) -> list[LeakedCall]:
    """The calls in an error's body; none unless all can be read and were offered.

    A call that the server refused because its tool does not exist, or that is broken, stays
    refused: the model is to hear of it, or to try again.
    """
    calls = calls_in(read_error(body).failed_generation) or []
    return calls if all(call.name in context.tools for call in calls) else []


def rescue_error(
    failure: UpstreamFailure, upstream: UpstreamRequest, writer: MessageWriter
) -> bool:
    """Tell the calls that a failed request brought all the same; whether there were any."""
    context = upstream.context or ChatContext()
    calls = rescued_calls(failure.body, context) if failure.kind is FailureKind.STATUS else []
    if calls:
        ToolCalls(writer, context.tool_names).leaked(calls)
        writer.finish("tool_use")
    return bool(calls)
