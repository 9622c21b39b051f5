"""What vendors of the Messages API are sent: valid under the types of the official SDK.

Those of `messages`: what it has in beta is nowhere but at Anthropic.
"""

import json
from typing import Any

import pytest

from proxy_core.anthropic.request import parse
from proxy_core.contract import ModelFacts, Provider, Target, Unsupported
from proxy_core.ledger import Ledger
from proxy_moonshot import plugin as moonshot
from proxy_passthrough import plugin as passthrough
from tests.support.anthropic_requests import DOCUMENTED, in_file
from tests.support.anthropic_types import violation
from tests.support.claude_code import RECORDED

Json = dict[str, Any]
VENDORS: dict[str, tuple[Any, Provider]] = {
    card.name: (plugin, card)
    for plugin in (moonshot, passthrough)
    for card in plugin.proxy_providers()
    if card.name != "anthropic"
}
WITHOUT_BUDGET = (".thinking.ThinkingConfigEnabledParam.budget_tokens", "Field required")
"""Kimi's own document of the API has thinking that is enabled without a budget."""

USER: Json = {"role": "user", "content": "hello"}
ASKED: Json = {"model": "m", "max_tokens": 100, "messages": [USER]}
BETA_FIELDS: dict[str, Json] = {
    "billing policy": {"billing_policy": {"type": "standard"}},
    "context management": {"context_management": {"edits": [{"type": "compact_20260112"}]}},
    "credit": {"fallback_credit_token": "t"},
    "fallbacks": {"fallbacks": [{"model": "m"}]},
    "no MCP servers": {"mcp_servers": []},
    "task budget": {"output_config": {"task_budget": {"type": "tokens", "total": 9}}},
    "block binding": {"thinking": {"type": "adaptive", "block_binding": {}}},
    "thread": {"thread": {"type": "create"}},
    "no thread": {"thread": None, "compaction": None},
    "format": {"output_format": {"type": "json_schema", "schema": {"type": "object"}}},
    "of a message": {"messages": [{**USER, "output_config": {"effort": "low"}}]},
    "of a while": {"messages": [{**USER, "clear_at": "never"}]},
}
BETA_BLOCKS: dict[str, list[Json]] = {
    "MCP": [
        {"type": "mcp_tool_listing", "mcp_server_name": "s", "tools": []},
        {"type": "mcp_tool_use", "id": "c", "name": "find", "server_name": "s", "input": {}},
        {"type": "mcp_tool_result", "tool_use_id": "c", "content": "it", "is_error": False},
    ],
    "advisor": [
        {"type": "server_tool_use", "id": "srvtoolu_1", "name": "advisor", "input": {}},
        {
            "type": "advisor_tool_result",
            "tool_use_id": "srvtoolu_1",
            "content": {"type": "advisor_result", "text": "go on"},
        },
    ],
    "compaction": [{"type": "compaction", "content": "so far"}],
    "empty compaction": [{"type": "compaction", "content": None}],
    "fallback": [{"type": "fallback", "from": {"model": "a"}, "to": {"model": "b"}}],
    "of tomorrow": [{"type": "block_of_tomorrow", "said": "x"}],
}


def bodies(name: str, asked: Json) -> list[Json]:
    """What each model of the vendor is sent."""
    plugin, card = VENDORS[name]
    request = parse(json.dumps(asked).encode())
    made = []
    for facts in card.models or (ModelFacts(pattern="*"),):
        target = Target(provider=card, model=facts.pattern.replace("*", "x"), facts=facts)
        made.append(plugin.proxy_translate_request(request, target, Ledger()).body)
    return [json.loads(body) for body in made]


def broken(name: str, asked: Json) -> list[tuple[str, str]]:
    found = [violation(body) for body in bodies(name, asked)]
    known = {None} | ({WITHOUT_BUDGET} if name == "moonshot" else set())
    return [one for one in found if one is not None and one not in known]


def recorded() -> list[Json]:
    """Whole requests of all fixtures; those for counting alone have no `max_tokens`."""
    found = (json.loads(body) for path in (*RECORDED, *DOCUMENTED) for body in in_file(path))
    return [body for body in found if "max_tokens" in body]


@pytest.mark.parametrize("name", VENDORS)
def test_recorded_requests(name: str) -> None:
    refused = set()
    for asked in recorded():
        try:
            assert broken(name, asked) == []
        except Unsupported as refusal:
            refused.add(refusal.path.split("/")[1])
    assert refused <= {"compaction", "mcp_servers", "thread", "messages"}


@pytest.mark.parametrize("name", VENDORS)
def test_fields_in_beta(name: str) -> None:
    found = {field: broken(name, ASKED | more) for field, more in BETA_FIELDS.items()}
    assert found == {field: [] for field in BETA_FIELDS}


@pytest.mark.parametrize("name", VENDORS)
def test_blocks_in_beta(name: str) -> None:
    found = {}
    for what, blocks in BETA_BLOCKS.items():
        said = {"role": "assistant", "content": [*blocks, {"type": "text", "text": "a"}]}
        found[what] = broken(name, ASKED | {"messages": [USER, said, USER]})
    assert found == {what: [] for what in BETA_BLOCKS}
