"""A client of the Messages API inside the demo: asks over HTTP, reads the stream, folds it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import httpx

from proxy_core.cli.demo import script
from proxy_core.cli.output import Failed
from proxy_core.sse import SseDecoder

Note = Callable[[str], None]
Message = dict[str, Any]

_LONGEST = 60
"""Characters of a delta that are shown."""


async def converse(url: str, key: str, note: Note) -> None:
    """Play the script against the proxy at `url`. Raises `Failed` where it comes out wrong."""
    headers = {"x-api-key": key, "anthropic-version": "2023-06-01"}
    # No proxies of the environment: this conversation stays on the machine.
    async with httpx.AsyncClient(base_url=url, headers=headers, trust_env=False) as http:
        note(f"> user: {script.QUESTION}")
        messages = [script.question()]
        first = await _ask(http, messages, note)
        calls = [block for block in first["content"] if block["type"] == "tool_use"]
        if len(calls) != 1:
            raise Failed(f"demo: the model should call one tool and called {len(calls)}")
        note(f"> tool_result: {script.OBSERVATION}")
        answer = {"role": "assistant", "content": first["content"]}
        second = await _ask(http, [*messages, answer, script.observation(calls[0]["id"])], note)
    if (wrong := script.difference(first, second)) is not None:
        raise Failed(f"demo: {wrong}")


async def _ask(http: httpx.AsyncClient, messages: list[dict[str, Any]], note: Note) -> Message:
    """One request and its streamed answer, as the message it adds up to."""
    asked = script.request(messages)
    note(f"> POST /v1/messages  model={asked['model']}")
    message: Message = {}
    decoder = SseDecoder()
    async with http.stream("POST", "/v1/messages", json=asked) as response:
        if response.status_code != 200:
            body = (await response.aread()).decode("utf-8", "replace")
            raise Failed(f"demo: the proxy answered {response.status_code}: {body}")
        note(f"< {response.status_code} from {response.headers.get('x-proxy-target', '?')}")
        async for chunk in response.aiter_bytes():
            for event in decoder.feed(chunk):
                told = json.loads(event.data)
                note(f"< {_briefly(told)}")
                _fold(message, told)
    if message.get("stop_reason") is None:
        raise Failed("demo: the stream ended before the message did")
    return message


def _fold(message: Message, event: Mapping[str, Any]) -> None:
    match event["type"]:
        case "message_start":
            message.update(event["message"])
        case "content_block_start":
            message["content"].append(dict(event["content_block"]))
        case "content_block_delta":
            _grow(message["content"][event["index"]], event["delta"])
        case "content_block_stop":
            block = message["content"][event["index"]]
            if "partial_json" in block:
                block["input"] = json.loads(block.pop("partial_json"))
        case "message_delta":
            message.update(event["delta"])
        case "error":
            raise Failed(f"demo: {event['error']['message']}")


def _grow(block: dict[str, Any], delta: Mapping[str, Any]) -> None:
    for name, value in delta.items():
        if name != "type":
            block[name] = block.get(name, "") + value


def _briefly(event: Mapping[str, Any]) -> str:
    kind: str = event["type"]
    match kind:
        case "content_block_start":
            block = event["content_block"]
            return f"{kind} {block['type']} {block.get('name', '')}".rstrip()
        case "content_block_delta":
            delta = event["delta"]
            value = next(value for name, value in delta.items() if name != "type")
            shown = value if len(value) <= _LONGEST else value[:_LONGEST] + "…"
            return f"{delta['type']} {shown!r}"
        case "message_delta":
            usage = event["usage"]
            return (
                f"{kind} stop_reason={event['delta']['stop_reason']} "
                f"in={usage.get('input_tokens')} out={usage.get('output_tokens')}"
            )
        case _:
            return kind
