"""The official OpenAI SDK as a client of the stand-in for OpenAI, and what it sends."""

import base64
from collections.abc import Callable
from typing import Any

import openai
import pytest
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from tests.e2e.scripted_upstream import KEY, ScriptedUpstream
from tests.e2e.upstream_script import Json

LIMIT = 10.0
HELLO: list[Any] = [{"role": "user", "content": "hello"}]
Serve = Callable[..., ScriptedUpstream]


def client_of(upstream: ScriptedUpstream, key: str = KEY) -> openai.OpenAI:
    return openai.OpenAI(base_url=upstream.base_url, api_key=key, max_retries=0, timeout=LIMIT)


def post(upstream: ScriptedUpstream, body: Json) -> openai.APIStatusError:
    """Send a body the SDK's own checks would not let pass; it must be refused."""
    with client_of(upstream) as client, pytest.raises(openai.APIStatusError) as refused:
        client.post("/chat/completions", body=body, cast_to=ChatCompletion)
    return refused.value


def told(chunks: list[ChatCompletionChunk]) -> Json:
    """What a client of the stream has at its end."""
    calls: dict[int, list[str]] = {}
    story: Json = {"text": "", "thoughts": "", "calls": calls, "finish": None, "usage": None}
    for chunk in chunks:
        story["usage"] = chunk.usage or story["usage"]
        for choice in chunk.choices:
            story["text"] += choice.delta.content or ""
            story["thoughts"] += getattr(choice.delta, "reasoning_content", "")
            story["finish"] = choice.finish_reason or story["finish"]
            for delta in choice.delta.tool_calls or ():
                assert delta.function is not None
                one = calls.setdefault(delta.index, [delta.id or "", delta.function.name or "", ""])
                one[2] += delta.function.arguments or ""
    return story


PIXEL = base64.b64encode(b"\x89PNG\r\n").decode()
PICTURE: Any = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PIXEL}"}}
TOOL: Any = {
    "type": "function",
    "function": {"name": "run", "parameters": {"type": "object", "properties": {}}},
}
CALL = {"id": "call_1", "type": "function", "function": {"name": "run", "arguments": "{}"}}


def assistant_with(*calls: Json) -> Json:
    return {"role": "assistant", "tool_calls": list(calls)}


def result_of(id_: str, content: object = "ok") -> Json:
    return {"role": "tool", "tool_call_id": id_, "content": content}


def call_with(**changes: object) -> Json:
    return {**CALL, **changes}
