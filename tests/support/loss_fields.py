"""The fields of the Messages API, each in the smallest request that uses it."""

import json
from typing import Any, NamedTuple

Json = dict[str, Any]

CACHE = {"type": "ephemeral", "ttl": "1h"}
PIXEL = {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="}
PDF = {"type": "base64", "media_type": "application/pdf", "data": "JVBERi0="}
SCHEMA = {
    "type": "object",
    "properties": {"path": {"type": "string"}},
    "required": ["path"],
    "additionalProperties": False,
}
TOOL = {"name": "Read", "description": "Reads a file.", "input_schema": SCHEMA}
HELLO = {"type": "text", "text": "Hello."}


class Field(NamedTuple):
    """One row of the matrix: what it is called, where it stands, and a request with it."""

    name: str
    path: str
    request: Json


def _at(**fields: Any) -> Json:
    return {"model": "m", "max_tokens": 100, "messages": [_user(HELLO)], **fields}


def _user(*blocks: Json) -> Json:
    return {"role": "user", "content": list(blocks)}


def _top(name: str, value: Any, inner: str = "") -> Field:
    shown = "" if isinstance(value, dict | list) and not inner else f": {json.dumps(value)}"
    return Field(
        f"`{name}{inner.replace('/', '.')}`"
        if inner
        else f"`{name}`{shown if len(shown) < 24 else ''}",
        f"/{name}{inner}",
        _at(**{name: value}),
    )


def _said(name: str, block: Json, inner: str = "") -> Field:
    return Field(
        f"user: {name}", f"/messages/0/content/1{inner}", _at(messages=[_user(HELLO, block)])
    )


def _of_tool(name: str, value: Any) -> Field:
    return Field(f"tool: `{name}`", f"/tools/0/{name}", _at(tools=[{**TOOL, name: value}]))


def _typed(kind: str, name: str) -> Field:
    return Field(
        f"tool of type `{kind}`", "/tools/0", _at(tools=[{"type": kind, "name": name}, TOOL])
    )


def _choice(**choice: Any) -> Field:
    last = list(choice)[-1]
    inner = "" if last in ("type", "name") else f"/{last}"
    shown = f"`tool_choice`: {choice['type']}" if not inner else f"`tool_choice.{last}`"
    return Field(shown, f"/tool_choice{inner}", _at(tools=[TOOL], tool_choice=choice))


def _history(name: str, *blocks: Json) -> Field:
    messages = [_user(HELLO), {"role": "assistant", "content": [*blocks, HELLO]}, _user(HELLO)]
    return Field(f"assistant: {name}", "/messages/1/content", _at(messages=messages))


def _result(name: str, inner: str, **fields: Any) -> Field:
    call = {"type": "tool_use", "id": "toolu_1", "name": "Read", "input": {"path": "a"}}
    result = {"type": "tool_result", "tool_use_id": "toolu_1", **fields}
    messages = [_user(HELLO), {"role": "assistant", "content": [call]}, _user(result)]
    asked = _at(tools=[TOOL], messages=messages)
    return Field(f"tool result: {name}", f"/messages/2/content/0{inner}", asked)


def _system(name: str, inner: str, *blocks: Json, **fields: Any) -> Field:
    said = {"role": "system", "content": list(blocks or (HELLO,)), **fields}
    tool = {**TOOL, "name": "Late", "defer_loading": True}
    return Field(
        f"system in mid-conversation: {name}",
        f"/messages/1{inner}",
        _at(tools=[TOOL, tool], messages=[_user(HELLO), said]),
    )


def _server(kind: str, found: Any) -> Field:
    name = kind.removesuffix("_tool_result")
    call = {"type": "server_tool_use", "id": "srvtoolu_1", "name": name, "input": {"query": "q"}}
    return _history(
        f"`{kind}`", call, {"type": kind, "tool_use_id": "srvtoolu_1", "content": found}
    )


_PAGE = {
    "type": "web_search_result",
    "title": "T",
    "url": "https://e.org",
    "encrypted_content": "x",
}

FIELDS: tuple[Field, ...] = (
    Field("`max_tokens`", "/max_tokens", _at()),
    Field("`system`, as text", "/system", _at(system="Be brief.")),
    Field(
        "`system`, with `cache_control`",
        "/system/0/cache_control",
        _at(system=[{**HELLO, "cache_control": CACHE}]),
    ),
    _top("stream", True),
    Field("`stop_sequences`, up to 4", "/stop_sequences", _at(stop_sequences=list("abcd"))),
    Field(
        "`stop_sequences`, further ones", "/stop_sequences", _at(stop_sequences=list("abcdefgh"))
    ),
    _top("temperature", 0.5),
    _top("top_p", 0.5),
    _top("top_k", 5),
    Field("`thinking`: adaptive", "/thinking", _at(thinking={"type": "adaptive"})),
    Field(
        "`thinking`: enabled, with a budget",
        "/thinking",
        _at(max_tokens=9000, thinking={"type": "enabled", "budget_tokens": 8192}),
    ),
    Field("`thinking`: disabled", "/thinking", _at(thinking={"type": "disabled"})),
    Field("`thinking`: between_tools", "/thinking", _at(thinking={"type": "between_tools"})),
    Field(
        "`thinking.display`: omitted",
        "/thinking/display",
        _at(thinking={"type": "adaptive", "display": "omitted"}),
    ),
    Field(
        "`thinking.block_binding`",
        "/thinking/block_binding",
        _at(thinking={"type": "adaptive", "block_binding": {"prefix_mismatch_behavior": "error"}}),
    ),
    *(
        Field(
            f"`output_config.effort`: {effort}",
            "/output_config/effort",
            _at(output_config={"effort": effort}),
        )
        for effort in ("low", "medium", "high", "xhigh", "max")
    ),
    Field(
        "`output_config.format`",
        "/output_config/format",
        _at(output_config={"format": {"type": "json_schema", "schema": SCHEMA}}),
    ),
    Field(
        "`output_config.format`, beside tools",
        "/output_config/format",
        _at(tools=[TOOL], output_config={"format": {"type": "json_schema", "schema": SCHEMA}}),
    ),
    Field(
        "`output_config.task_budget`",
        "/output_config/task_budget",
        _at(output_config={"task_budget": {"type": "tokens", "total": 9}}),
    ),
    _top("metadata", {"user_id": "u"}, "/user_id"),
    _top("service_tier", "standard_only"),
    _top("speed", "fast"),
    _top("inference_geo", "eu"),
    _top("cache_control", CACHE),
    Field("`container`, by id", "/container", _at(container="c")),
    Field("`container.skills`", "/container", _at(container={"skills": [{"skill_id": "s"}]})),
    _top("diagnostics", {"previous_message_id": "m"}),
    Field(
        "`context_management`: clear_thinking",
        "/context_management",
        _at(context_management={"edits": [{"type": "clear_thinking_20251015"}]}),
    ),
    Field(
        "`context_management`: clear_tool_uses",
        "/context_management",
        _at(context_management={"edits": [{"type": "clear_tool_uses_20250919"}]}),
    ),
    Field(
        "`context_management`: compact",
        "/context_management",
        _at(context_management={"edits": [{"type": "compact_20260112"}]}),
    ),
    _top("compaction", {"type": "summarize"}),
    Field("`thread`: create", "/thread", _at(thread={"type": "create"})),
    Field("`thread`: continue", "/thread", _at(thread={"type": "continue"})),
    _top("mcp_servers", [{"type": "url", "url": "https://e.org", "name": "n"}]),
    _top("fallbacks", "default"),
    _top("safeguards", [{"path": "/home"}]),
    _top("user_profile_id", "p"),
    Field("a field of tomorrow", "/tomorrow", _at(tomorrow=1)),
    Field("user: text", "/messages/0", _at()),
    _said("text with `cache_control`", {**HELLO, "cache_control": CACHE}, "/cache_control"),
    _said("image, base64", {"type": "image", "source": PIXEL}),
    _said(
        "image, by URL", {"type": "image", "source": {"type": "url", "url": "https://e.org/a.png"}}
    ),
    _said("image, by file id", {"type": "image", "source": {"type": "file", "file_id": "f"}}),
    _said(
        "image: `transformations`",
        {"type": "image", "source": PIXEL, "transformations": {"oversized_image": "error"}},
        "/transformations",
    ),
    _said(
        "document, text",
        {
            "type": "document",
            "title": "T",
            "context": "C",
            "source": {"type": "text", "media_type": "text/plain", "data": "D"},
        },
    ),
    _said(
        "document, content blocks",
        {"type": "document", "source": {"type": "content", "content": [HELLO]}},
    ),
    _said("document, PDF in base64", {"type": "document", "source": PDF}),
    _said(
        "document, PDF by URL",
        {"type": "document", "source": {"type": "url", "url": "https://e.org/a.pdf"}},
    ),
    _said(
        "document: `citations`",
        {
            "type": "document",
            "source": {"type": "text", "media_type": "text/plain", "data": "D"},
            "citations": {"enabled": True},
        },
        "/citations",
    ),
    _said(
        "search result", {"type": "search_result", "source": "s", "title": "t", "content": [HELLO]}
    ),
    _said("container upload", {"type": "container_upload", "file_id": "f"}),
    _said("a block of tomorrow, with text", {"type": "tomorrow", "text": "T"}),
    _said("a block of tomorrow, without", {"type": "tomorrow", "data": [1]}),
    _result("text", "/content", content="A"),
    _result(
        "nothing",
        "",
    ),
    _result("`is_error`", "/is_error", content="A", is_error=True),
    _result("image", "/content", content=[{"type": "image", "source": PIXEL}]),
    _result("PDF", "/content", content=[{"type": "document", "source": PDF}]),
    _result(
        "search result",
        "/content",
        content=[{"type": "search_result", "source": "s", "title": "t", "content": [HELLO]}],
    ),
    _result(
        "`tool_reference`", "/content", content=[{"type": "tool_reference", "tool_name": "Read"}]
    ),
    _result(
        "`browser_state`", "/content", content=[{"type": "browser_state", "tabs": [{"id": 1}]}]
    ),
    _history(
        "text with citations",
        {**HELLO, "citations": [{"type": "page_location", "cited_text": "c"}]},
    ),
    _history("thinking, signed elsewhere", {"type": "thinking", "thinking": "T", "signature": "S"}),
    _history("redacted thinking", {"type": "redacted_thinking", "data": "D"}),
    _server("web_search_tool_result", [_PAGE]),
    _server(
        "web_fetch_tool_result",
        {
            "type": "web_fetch_result",
            "url": "https://e.org",
            "content": {
                "type": "document",
                "source": {"type": "text", "media_type": "text/plain", "data": "D"},
            },
        },
    ),
    _server(
        "code_execution_tool_result",
        {
            "type": "code_execution_result",
            "stdout": "o",
            "stderr": "",
            "return_code": 0,
            "content": [],
        },
    ),
    _server(
        "tool_search_tool_result",
        {
            "type": "tool_search_tool_search_result",
            "tool_references": [{"type": "tool_reference", "tool_name": "Read"}],
        },
    ),
    _history(
        "`mcp_tool_use` and its result",
        {"type": "mcp_tool_use", "id": "m1", "name": "n", "server_name": "s", "input": {}},
        {"type": "mcp_tool_result", "tool_use_id": "m1", "content": "R"},
    ),
    _history("compaction", {"type": "compaction", "content": "Summary."}),
    _history("fallback", {"type": "fallback", "from": "a", "to": "b"}),
    Field(
        "assistant: the last message (prefill)",
        "/messages/1",
        _at(messages=[_user(HELLO), {"role": "assistant", "content": "{"}]),
    ),
    _system("text", ""),
    _system("`clear_at`", "/clear_at", clear_at="never"),
    _system("`output_config.effort`", "/output_config", output_config={"effort": "high"}),
    _system(
        "`tool_addition`",
        "/content/0",
        {"type": "tool_addition", "tool": {"type": "tool_reference", "tool_name": "Late"}},
    ),
    _system(
        "`tool_removal`",
        "/content/0",
        {"type": "tool_removal", "tool": {"type": "tool_reference", "tool_name": "Read"}},
    ),
    Field("tool: name, description, `input_schema`", "/tools/0", _at(tools=[TOOL])),
    Field("tool: a name with a dot", "/tools/0/name", _at(tools=[{**TOOL, "name": "mcp.read"}])),
    _of_tool("strict", True),
    Field(
        "tool: `defer_loading`, not found yet",
        "/tools/1",
        _at(tools=[TOOL, {**TOOL, "name": "Late", "defer_loading": True}]),
    ),
    _of_tool("input_examples", [{"path": "a"}]),
    _of_tool("allowed_callers", ["direct"]),
    _of_tool("eager_input_streaming", True),
    _of_tool("cache_control", CACHE),
    _typed("bash_20250124", "bash"),
    _typed("text_editor_20250728", "str_replace_based_edit_tool"),
    _typed("memory_20250818", "memory"),
    _typed("computer_20251124", "computer"),
    _typed("computer_toolset_20260801", ""),
    _typed("web_search_20260318", "web_search"),
    _typed("web_fetch_20260318", "web_fetch"),
    _typed("code_execution_20260521", "code_execution"),
    _typed("tool_search_tool_regex_20251119", "tool_search_tool_regex"),
    _typed("advisor_20260301", "advisor"),
    _choice(type="auto"),
    _choice(type="any"),
    _choice(type="tool", name="Read"),
    _choice(type="none"),
    _choice(type="auto", disable_parallel_tool_use=True),
)
