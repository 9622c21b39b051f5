"""What a request says about how its answer is to be told."""

from __future__ import annotations

from proxy_core.anthropic.carrier import Envelope, seal
from proxy_core.anthropic.content import (
    McpToolUseBlock,
    Message,
    ServerToolUseBlock,
    Thinking,
    ToolUseBlock,
)
from proxy_core.anthropic.request import MessagesRequest
from proxy_core.anthropic.tokens import estimate
from proxy_core.anthropic.writer import ThinkingDisplay, WriterOptions
from proxy_core.contract import UpstreamRequest


def writer_options(
    request: MessagesRequest,
    upstream: UpstreamRequest,
    message_id: str,
    input_estimate: int | None = None,
) -> WriterOptions:
    """The options of the writer that tells the answer to `request`, which was sent as `upstream`.

    `input_estimate` is the size of the prompt, where it is known better than from the request.
    """

    def sealed(hidden: str) -> str:
        return seal(Envelope.of(upstream.target, reasoning=hidden))

    return WriterOptions(
        message_id=message_id,
        model=request.model,
        input_estimate=input_estimate or estimate(request).tokens,
        taken_ids=_tool_ids(request.messages),
        display=_display(request.thinking),
        seal=sealed,
        stop_sequences=upstream.stop_sequences,
    )


def _display(thinking: Thinking | None) -> ThinkingDisplay:
    if thinking is None:
        return ThinkingDisplay.SHOWN
    if thinking.type == "disabled":
        return ThinkingDisplay.DROPPED
    return ThinkingDisplay.OMITTED if thinking.display == "omitted" else ThinkingDisplay.SHOWN


def _tool_ids(messages: tuple[Message, ...]) -> frozenset[str]:
    """The ids of all calls the conversation holds; Claude Code drops a call that repeats one."""
    return frozenset(
        block.id
        for message in messages
        for block in message.content
        if isinstance(block, ToolUseBlock | ServerToolUseBlock | McpToolUseBlock)
    )
