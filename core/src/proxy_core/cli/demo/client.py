"""A client of the Messages API inside the demo: asks over HTTP, reads the stream, folds it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import httpx

from proxy_core.cli.demo import script
from proxy_core.cli.demo.screen import ANSWERED, ASKED, Line
from proxy_core.cli.output import Failed
from proxy_core.sse import SseDecoder

Note = Callable[[Line], None]
Message = dict[str, Any]


async def converse(url: str, key: str, note: Note) -> None:
    """Play the script against the proxy at `url`. Raises `Failed` where it comes out wrong."""
    headers = {"x-api-key": key, "anthropic-version": "2023-06-01"}
    # No proxies of the environment: this conversation stays on the machine.
    async with httpx.AsyncClient(base_url=url, headers=headers, trust_env=False) as http:
        messages = [script.question()]
        first = await _ask(http, messages, note)
        calls = [block for block in first["content"] if block["type"] == "tool_use"]
        if len(calls) != 1:
            raise Failed(f"demo: the model should call one tool and called {len(calls)}")
        answer = {"role": "assistant", "content": first["content"]}
        second = await _ask(http, [*messages, answer, script.observation(calls[0]["id"])], note)
    if (wrong := script.difference(first, second)) is not None:
        raise Failed(f"demo: {wrong}")


async def _ask(http: httpx.AsyncClient, messages: list[dict[str, Any]], note: Note) -> Message:
    """One request and its streamed answer, as the message it adds up to."""
    asked = script.request(messages)
    _tell_request(asked, http.headers["x-api-key"], note)
    message: Message = {}
    decoder, block = SseDecoder(), Block()
    async with http.stream("POST", "/v1/messages", json=asked) as response:
        if response.status_code != 200:
            body = (await response.aread()).decode("utf-8", "replace")
            raise Failed(f"demo: the proxy answered {response.status_code}: {body}")
        async for chunk in response.aiter_bytes():
            for event in decoder.feed(chunk):
                told = json.loads(event.data)
                for line in block.lines(told):
                    note(line)
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


def _tell_request(asked: Mapping[str, Any], key: str, note: Note) -> None:
    note(Line(ASKED, "POST /v1/messages"))
    note(Line(ASKED, "x-api-key", key))
    note(Line(ASKED, "model", asked["model"]))
    note(Line(ASKED, "system", asked["system"]))
    for message in asked["messages"]:
        note(Line(ASKED, *_briefly(message)))
    note(Line(ASKED, "tools", ", ".join(tool["name"] for tool in asked["tools"])))


def _briefly(message: Mapping[str, Any]) -> tuple[str, str]:
    """A message's role, or what it is instead, and its gist."""
    content = message["content"]
    if isinstance(content, str):
        return message["role"], content
    last = content[-1]
    if last["type"] == "tool_result":
        return "tool_result", last["content"]
    return message["role"], f"calls {last['name']}"


class Block:
    """The block that is open, so that its deltas can be told with its name."""

    def __init__(self) -> None:
        self._kind = ""
        self._name = ""

    def lines(self, event: Mapping[str, Any]) -> Iterator[Line]:
        """What an event brings, without the events that only begin or end something."""
        match event["type"]:
            case "content_block_start":
                self._kind = event["content_block"]["type"]
                self._name = event["content_block"].get("name", "")
            case "content_block_delta" if event["delta"]["type"] != "signature_delta":
                value = next(text for name, text in event["delta"].items() if name != "type")
                yield Line(ANSWERED, self._kind, f"{self._name} {value}".strip())
                self._name = ""
            case "message_delta":
                yield Line(ANSWERED, "stop_reason", event["delta"]["stop_reason"])
                usage = event["usage"]
                tokens = f"{usage['input_tokens']} in, {usage['output_tokens']} out"
                yield Line(ANSWERED, "usage", tokens)
