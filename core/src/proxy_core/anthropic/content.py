"""Content blocks, tools and messages as clients send them.

Each class lists every field that the API documents for it, so that what is not listed is
known to be unknown. JSON that is only passed on (tool inputs, schemas, results of server
tools) stays raw: it is neither decoded nor reformatted.
"""

from __future__ import annotations

from typing import Any

from msgspec import Raw, Struct, field

ABSENT = Raw(b"")
"""Stands for a raw field that the client did not send."""


def is_given(raw: Raw) -> bool:
    """Whether a raw field was sent and is not null."""
    return bytes(raw) not in (b"", b"null")


class Source(Struct, frozen=True, forbid_unknown_fields=True):
    """Where the bytes of an image or document are."""

    type: str
    media_type: str | None = None
    data: str | None = None
    url: str | None = None
    file_id: str | None = None
    content: Raw = ABSENT


class _Block(Struct, frozen=True, forbid_unknown_fields=True, tag_field="type"):
    """Base of all content blocks."""


class TextBlock(_Block, frozen=True, tag="text"):
    text: str
    cache_control: Any = None
    citations: Any = None


class ImageBlock(_Block, frozen=True, tag="image"):
    source: Source
    cache_control: Any = None
    transformations: Any = None


class DocumentBlock(_Block, frozen=True, tag="document"):
    source: Source
    title: str | None = None
    context: str | None = None
    citations: Any = None
    cache_control: Any = None


class SearchResultBlock(_Block, frozen=True, tag="search_result"):
    source: str
    title: str
    content: tuple[TextBlock, ...]
    citations: Any = None
    cache_control: Any = None


class ThinkingBlock(_Block, frozen=True, tag="thinking"):
    thinking: str
    signature: str = ""


class RedactedThinkingBlock(_Block, frozen=True, tag="redacted_thinking"):
    data: str


class ToolUseBlock(_Block, frozen=True, tag="tool_use"):
    id: str
    name: str
    input: Raw
    cache_control: Any = None
    caller: Any = None
    toolset_name: str | None = None


class ToolReferenceBlock(_Block, frozen=True, tag="tool_reference"):
    tool_name: str
    cache_control: Any = None


class BrowserStateBlock(_Block, frozen=True, tag="browser_state"):
    tabs: Raw
    state_changes: Raw = ABSENT
    cache_control: Any = None


class UnknownBlock(Struct, frozen=True):
    """A block of a type that this version does not know, kept as it came."""

    type: str
    raw: Raw


ResultBlock = (
    TextBlock
    | ImageBlock
    | DocumentBlock
    | SearchResultBlock
    | ToolReferenceBlock
    | BrowserStateBlock
)
"""What a tool result may hold."""


class ToolResultBlock(_Block, frozen=True, tag="tool_result"):
    tool_use_id: str
    content: str | tuple[ResultBlock, ...] | None = None
    is_error: bool | None = None
    cache_control: Any = None
    toolset_name: str | None = None


class ServerToolUseBlock(_Block, frozen=True, tag="server_tool_use"):
    id: str
    name: str
    input: Raw
    caller: Any = None
    cache_control: Any = None


class McpToolUseBlock(_Block, frozen=True, tag="mcp_tool_use"):
    id: str
    name: str
    input: Raw
    server_name: str = ""
    cache_control: Any = None


class _ServerResult(_Block, frozen=True):
    """What a tool that Anthropic ran gave back; only history for any other vendor."""

    tool_use_id: str
    content: Raw = ABSENT
    is_error: bool | None = None
    caller: Any = None
    cache_control: Any = None


class WebSearchToolResult(_ServerResult, frozen=True, tag="web_search_tool_result"):
    pass


class WebFetchToolResult(_ServerResult, frozen=True, tag="web_fetch_tool_result"):
    pass


class CodeExecutionToolResult(_ServerResult, frozen=True, tag="code_execution_tool_result"):
    pass


class BashCodeExecutionToolResult(
    _ServerResult, frozen=True, tag="bash_code_execution_tool_result"
):
    pass


class TextEditorCodeExecutionToolResult(
    _ServerResult, frozen=True, tag="text_editor_code_execution_tool_result"
):
    pass


class ToolSearchToolResult(_ServerResult, frozen=True, tag="tool_search_tool_result"):
    pass


class McpToolResult(_ServerResult, frozen=True, tag="mcp_tool_result"):
    pass


class AdvisorToolResult(_ServerResult, frozen=True, tag="advisor_tool_result"):
    pass


ServerResultBlock = (
    WebSearchToolResult
    | WebFetchToolResult
    | CodeExecutionToolResult
    | BashCodeExecutionToolResult
    | TextEditorCodeExecutionToolResult
    | ToolSearchToolResult
    | McpToolResult
    | AdvisorToolResult
)


class McpToolListingBlock(_Block, frozen=True, tag="mcp_tool_listing"):
    mcp_server_name: str = ""
    tools: Raw = ABSENT


class ContainerUploadBlock(_Block, frozen=True, tag="container_upload"):
    file_id: str
    cache_control: Any = None


class CompactionBlock(_Block, frozen=True, tag="compaction"):
    content: str | None = None
    encrypted_content: str | None = None
    signature: str | None = None
    tool_changes: Any = None
    cache_control: Any = None


class FallbackBlock(_Block, frozen=True, tag="fallback"):
    from_: Any = field(name="from", default=None)
    to: Any = None
    trigger: Any = None


class ToolAdditionBlock(_Block, frozen=True, tag="tool_addition"):
    tool: Raw
    cache_control: Any = None


class ToolRemovalBlock(_Block, frozen=True, tag="tool_removal"):
    tool: Raw
    cache_control: Any = None


HostedBlock = (
    ServerToolUseBlock
    | McpToolUseBlock
    | ServerResultBlock
    | McpToolListingBlock
    | ContainerUploadBlock
    | CompactionBlock
    | FallbackBlock
    | ToolAdditionBlock
    | ToolRemovalBlock
)
"""What servers do not know that run nothing beside their models."""
KnownBlock = (
    ResultBlock
    | ThinkingBlock
    | RedactedThinkingBlock
    | ToolUseBlock
    | ToolResultBlock
    | HostedBlock
)
Block = KnownBlock | UnknownBlock


class WireMessage(Struct, frozen=True, forbid_unknown_fields=True):
    """A message as it is written; `Message` is what the rest of the code reads."""

    role: str
    content: str | tuple[KnownBlock, ...]
    clear_at: str | None = None
    output_config: Any = None


class Message(Struct, frozen=True):
    """One turn. A plain string of content has become one text block."""

    role: str
    content: tuple[Block, ...]
    clear_at: str | None = None
    output_config: Any = None


class Tool(Struct, frozen=True, forbid_unknown_fields=True):
    """A tool of the client (`type` absent or `custom`) or a typed tool of Anthropic's.

    The fields after `cache_control` belong to typed tools and toolsets.
    """

    name: str = ""
    type: str | None = None
    description: str | None = None
    input_schema: Raw = ABSENT
    strict: bool | None = None
    defer_loading: bool | None = None
    allowed_callers: tuple[str, ...] | None = None
    input_examples: Raw = ABSENT
    eager_input_streaming: bool | None = None
    cache_control: Any = None
    max_uses: Any = None
    max_characters: Any = None
    max_content_tokens: Any = None
    allowed_domains: Any = None
    blocked_domains: Any = None
    user_location: Any = None
    response_inclusion: Any = None
    citations: Any = None
    use_cache: Any = None
    url_sources: Any = None
    display_width_px: Any = None
    display_height_px: Any = None
    display_number: Any = None
    enable_zoom: Any = None
    mcp_server_name: Any = None
    default_config: Any = None
    configs: Any = None
    model: Any = None
    caching: Any = None


class ToolChoice(Struct, frozen=True, forbid_unknown_fields=True):
    type: str
    name: str | None = None
    disable_parallel_tool_use: bool | None = None


class Thinking(Struct, frozen=True, forbid_unknown_fields=True):
    type: str
    budget_tokens: int | None = None
    display: str | None = None
    block_binding: Any = None


class OutputFormat(Struct, frozen=True, forbid_unknown_fields=True):
    type: str
    schema: Raw = ABSENT


class OutputConfig(Struct, frozen=True, forbid_unknown_fields=True):
    effort: str | None = None
    format: OutputFormat | None = None
    task_budget: Any = None


class Metadata(Struct, frozen=True, forbid_unknown_fields=True):
    user_id: str | None = None
