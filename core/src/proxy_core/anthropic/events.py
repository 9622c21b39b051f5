"""Anthropic's stream events as bytes, one function each.

Byte templates instead of objects: an event is built in a fraction of a microsecond. Every
event is named and its JSON repeats the type, because SDKs drop unnamed events.
"""

from __future__ import annotations

from typing import Any

import msgspec

from proxy_core.contract import Usage

PING = b'event: ping\ndata: {"type":"ping"}\n\n'
MESSAGE_STOP = b'event: message_stop\ndata: {"type":"message_stop"}\n\n'

_encode = msgspec.json.Encoder().encode


def one_line(value: Any) -> bytes:
    """JSON that no line splitter can cut.

    U+2028, U+2029 and U+0085 are escaped, because some SSE readers take them for line ends.
    """
    line = _encode(value)
    if line.isascii():
        return line
    return (
        line.replace(b"\xe2\x80\xa8", b"\\u2028")
        .replace(b"\xe2\x80\xa9", b"\\u2029")
        .replace(b"\xc2\x85", b"\\u0085")
    )


def quote(text: str) -> bytes:
    """`text` on one line, as a JSON string; lone surrogates become U+FFFD."""
    try:
        return one_line(text)
    except UnicodeEncodeError:
        return one_line(mend_surrogates(text))


def mend_surrogates(text: str) -> str:
    """Join surrogate pairs and replace lone surrogates by U+FFFD."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def usage_fields(usage: Usage) -> dict[str, Any]:
    """Usage in Anthropic's field names."""
    fields: dict[str, Any] = {
        "input_tokens": usage.input_tokens,
        "cache_creation_input_tokens": usage.cache_creation_input_tokens,
        "cache_read_input_tokens": usage.cache_read_input_tokens,
        "output_tokens": usage.output_tokens,
    }
    if usage.thinking_tokens is not None:
        fields["output_tokens_details"] = {"thinking_tokens": usage.thinking_tokens}
    if usage.web_searches:
        fields["server_tool_use"] = {
            "web_search_requests": usage.web_searches,
            "web_fetch_requests": 0,
        }
    return fields


def message_start(message_id: str, model: str, usage: Usage) -> bytes:
    message: dict[str, Any] = {
        "id": message_id,
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": usage_fields(usage),
    }
    return _event(b"message_start", b'"message":' + one_line(message))


def content_block_start(index: int, block: dict[str, Any]) -> bytes:
    """`block` is the empty block."""
    return (
        b'event: content_block_start\ndata: {"type":"content_block_start","index":%d,'
        b'"content_block":%b}\n\n' % (index, one_line(block))
    )


def content_block_delta(index: int, kind: bytes, key: bytes, value: str) -> bytes:
    """`kind` is the delta's type and `key` the name of its one field."""
    return (
        b'event: content_block_delta\ndata: {"type":"content_block_delta","index":%d,'
        b'"delta":{"type":"%b","%b":%b}}\n\n' % (index, kind, key, quote(value))
    )


def citation(index: int, source: dict[str, Any]) -> bytes:
    return (
        b'event: content_block_delta\ndata: {"type":"content_block_delta","index":%d,'
        b'"delta":{"type":"citations_delta","citation":%b}}\n\n' % (index, one_line(source))
    )


def content_block_stop(index: int) -> bytes:
    return b'event: content_block_stop\ndata: {"type":"content_block_stop","index":%d}\n\n' % index


def message_delta(stop_reason: str, stop_sequence: str | None, usage: Usage) -> bytes:
    delta = {"stop_reason": stop_reason, "stop_sequence": stop_sequence}
    return _event(
        b"message_delta",
        b'"delta":%b,"usage":%b' % (one_line(delta), _encode(usage_fields(usage))),
    )


def error(error_type: str, message: str, request_id: str | None) -> bytes:
    body = b'"error":{"type":%b,"message":%b}' % (quote(error_type), quote(message))
    if request_id:
        body += b',"request_id":' + quote(request_id)
    return _event(b"error", body)


def _event(name: bytes, fields: bytes) -> bytes:
    return b'event: %b\ndata: {"type":"%b",%b}\n\n' % (name, name, fields)
