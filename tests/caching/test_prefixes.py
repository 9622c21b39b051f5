"""A conversation that grows: what a server has seen, it sees again byte for byte.

Providers cache by prefix. Each request of a conversation is held against the one before it, at
every card that ships: the tools, the instructions and all earlier messages must begin it.
"""

import itertools
import json
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import Raw

from proxy_core.anthropic.carrier import Envelope, seal
from proxy_core.anthropic.request import parse
from proxy_core.contract import Target
from proxy_core.ledger import Ledger
from proxy_core.testing.strategies.conversations import CACHE, growing
from tests.support.claude_code import Json
from tests.support.shipped import Shipped, shipped

SHIPPED = tuple(one for one in shipped() if one.target.provider.name != "anthropic")
"""All but Anthropic itself, which gets what the client sends: see the tests of the relay."""
PARTS = ("tools", "system", "systemInstruction", "instructions", "contents", "input", "messages")
"""Where the wires keep what the model reads, in the order in which it does."""
KNOWN_TOOLS = ("Agent", "Bash", "Edit", "Read", "ToolSearch", "Write")
DEFERRED = ("CronList", "Monitor", "WebFetch")


def tool(name: str, **fields: Any) -> Json:
    schema = {"type": "object", "properties": {name.lower(): {"type": "string"}, "b": {}}}
    return {"name": name, "description": f"Does {name}.", "input_schema": schema, **fields}


def search(number: int, found: str) -> list[Json]:
    """The turns in which Claude Code loads a tool."""
    call = {"type": "tool_use", "id": f"toolu_search_{number}", "name": "ToolSearch", "input": {}}
    reference = {"type": "tool_reference", "tool_name": found}
    result = {"type": "tool_result", "tool_use_id": call["id"], "content": [reference]}
    return [
        {"role": "assistant", "content": [call]},
        {"role": "user", "content": [result]},
    ]


@st.composite
def requests(draw: st.DrawFn) -> list[Json]:
    """The requests of one session, as Claude Code makes them: each repeats what was said, moves
    its cache marks on, counts its billing line up, and lists what it has loaded by name."""
    told = draw(growing())
    searches = dict(enumerate(draw(st.permutations(DEFERRED)), 1))
    loaded: list[str] = []
    further: list[Json] = []
    fixed = {
        "model": "m",
        "max_tokens": 1000,
        "stream": True,
        "thinking": draw(st.sampled_from([{"type": "adaptive"}, {"type": "disabled"}])),
        "output_config": {"effort": "medium"},
    }
    made = []
    seen = 0
    for number, messages in enumerate(told):
        further = [*further, *messages[seen:]]
        seen = len(messages)
        made.append(fixed | _request(number, further, loaded))
        if number + 1 < len(told) and number + 1 in searches and draw(st.booleans()):
            further = [*further, *search(number, searches[number + 1])]
            loaded.append(searches[number + 1])
            made.append(fixed | _request(number, further, loaded))
    return made


def _request(number: int, messages: list[Json], loaded: list[str]) -> Json:
    line = f"x-anthropic-billing-header: cc_version=2.1.328; cch={number};"
    prompt = [{"type": "text", "text": text, "cache_control": CACHE} for text in ("You.", "Here.")]
    tools = [tool(name) for name in KNOWN_TOOLS]
    tools += [tool(name, defer_loading=True) for name in loaded]
    placeholder = tool("DeferredToolPlaceholder", defer_loading=True)
    user = {"device_id": "d" * 64, "session_id": "0b9e8a52-6f7c-4d5e-9a3b-2c1d0e9f8a7b"}
    return {
        "system": [{"type": "text", "text": line}, *prompt],
        "tools": sorted([*tools, placeholder], key=lambda one: str(one["name"])),
        "metadata": {"user_id": json.dumps(user)},
        "messages": [*messages[:-1], _marked(messages[-1])],
    }


def _marked(message: Json) -> Json:
    """The last message, whose last block bears the mark until the next one is written."""
    content = message["content"]
    blocks = [{"type": "text", "text": content}] if isinstance(content, str) else list(content)
    if blocks and blocks[-1].get("text") != "":
        blocks[-1] = blocks[-1] | {"cache_control": CACHE}
    return message | {"content": blocks}


def sent(to: Shipped, request: Json) -> dict[str, list[bytes]]:
    """What the model reads, part by part, as the bytes in which it is written."""
    written = json.dumps(request, ensure_ascii=False, separators=(",", ":"))
    written = written.replace('"c2ln"', json.dumps(own_signature(to.target)))
    upstream = to.plugin.proxy_translate_request(parse(written.encode()), to.target, Ledger())
    body = msgspec.json.decode(upstream.body, type=dict[str, Raw])
    found = {name: pieces(body[name]) for name in PARTS if name in body}
    if "/v1/messages" in upstream.path:
        return {name: [unmarked(piece) for piece in part] for name, part in found.items()}
    return found


def own_signature(target: Target) -> str:
    """Thinking that the target itself has told, which it may see again."""
    return seal(Envelope.of(target, reasoning="hidden", state=b"[]"))


def pieces(part: Raw) -> list[bytes]:
    """The items of a list; Gemini has its tools in one of them."""
    if not bytes(part).startswith(b"["):
        return [bytes(part)]
    items = [bytes(one) for one in msgspec.json.decode(part, type=list[Raw])]
    wrapped = b'{"functionDeclarations":'
    if len(items) == 1 and items[0].startswith(wrapped):
        return pieces(Raw(items[0][len(wrapped) : -1]))
    return items


def unmarked(item: bytes) -> bytes:
    """An item of the Messages API without the cache marks that the client itself moves, and the
    list that it writes to bear one. They are no part of what a model reads."""
    return msgspec.json.encode(_unmarked(msgspec.json.decode(item)))


def _unmarked(value: Any) -> Any:
    if isinstance(value, list):
        return [_unmarked(one) for one in value]
    if not isinstance(value, dict):
        return value
    shown = {name: _unmarked(one) for name, one in value.items() if name != "cache_control"}
    if isinstance(shown.get("content"), str) and "role" in shown:
        shown["content"] = [{"type": "text", "text": shown["content"]}]
    return shown


def changed(before: dict[str, list[bytes]], after: dict[str, list[bytes]]) -> list[str]:
    """The parts whose beginning has changed."""
    return [
        name
        for name in before.keys() | after.keys()
        if after.get(name, [])[: len(before.get(name, []))] != before.get(name, [])
    ]


@pytest.mark.proof
@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(requests())
def test_a_request_begins_with_the_one_before_it(session: list[Json]) -> None:
    for to in SHIPPED:
        told = [sent(to, request) for request in session]
        for number, (before, after) in enumerate(itertools.pairwise(told)):
            assert changed(before, after) == [], (to.name, number)
