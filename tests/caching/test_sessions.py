"""A session stays where its prompt is cached: by each vendor's own means, and never by its name."""

import json
from typing import Any

import pytest

from proxy_core.anthropic.request import parse
from proxy_core.ledger import Ledger
from tests.support.claude_code import DEVICE, SESSION, identified, recorded
from tests.support.shipped import Shipped, shipped

KEY = "prompt_cache_key"
MEANS = {
    "openai": KEY,
    "azure": KEY,
    "cerebras": KEY,
    "mistral": KEY,
    "moonshot (chat)": KEY,
    "openrouter": "x-session-id",
    "openrouter-anthropic": "x-session-id",
    "fireworks": "x-session-affinity",
    "fireworks-anthropic": "x-session-affinity",
    "xai": "x-grok-conv-id",
}
"""Others cache without being told, or know the session by `metadata.user_id`."""
SHIPPED = {one.name: one for one in shipped()}


def told(to: Shipped, body: dict[str, Any]) -> dict[str, str]:
    """What in a request names the session."""
    request = parse(json.dumps(body).encode())
    upstream = to.plugin.proxy_translate_request(request, to.target, Ledger())
    sent = json.loads(upstream.body)
    headers = dict(upstream.headers)
    found = {name: headers[name] for name in set(MEANS.values()) & headers.keys()}
    return found | ({KEY: sent[KEY]} if KEY in sent else {})


@pytest.mark.parametrize("name", SHIPPED)
def test_each_vendor_is_told_by_its_own_means(name: str) -> None:
    to = SHIPPED[name]
    provider = to.target.provider
    wire = " (chat)" if provider.quirks.get("wire") and provider.name == "moonshot" else ""
    body = identified(recorded("web_search_nested"))
    body.pop("tools"), body.pop("tool_choice")
    means = MEANS.get(provider.name + wire)
    session = told(to, body)
    assert set(session) == ({means} if means else set())
    for digest in session.values():
        assert len(digest) == 64
        assert SESSION not in digest
        assert DEVICE not in digest
    later = recorded("main_turn") | {"metadata": body["metadata"]}
    later.pop("tools")
    assert told(to, later) == session
    other = {"metadata": {"user_id": body["metadata"]["user_id"].replace("beef", "cafe")}}
    assert means is None or told(to, body | other) != session
