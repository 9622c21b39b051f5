"""The examples, put to work: plugins from their wheels, upstreams that say what a script says."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx

from proxy_core.testing.lifecycle import check_events, fold, parse_events
from tests.e2e.scripted_upstream import KEY, ScriptedUpstream
from tests.e2e.upstream_script import Script
from tests.support.wheels import ROOT

EXAMPLES = ROOT / "examples"

Json = dict[str, Any]


def asking(model: str = "claude-opus-5-5", **fields: Any) -> Json:
    """A request of the Messages API."""
    messages = [{"role": "user", "content": "What is a teletype?"}]
    return {"model": model, "max_tokens": 100, "messages": messages, **fields}


def answer_text(message: Mapping[str, Any]) -> str:
    return "".join(block["text"] for block in message["content"] if block["type"] == "text")


def ask_whole(url: str, **fields: Any) -> Json:
    """A whole answer of the proxy at `url`."""
    response = httpx.post(f"{url}/v1/messages", json=asking(**fields), timeout=60)
    assert response.status_code == 200, response.text
    message: Json = response.json()
    return message


def ask_streamed(url: str, **fields: Any) -> Json:
    """A streamed answer of the proxy at `url`, folded; its events are in a legal order."""
    asked = asking(stream=True, **fields)
    response = httpx.post(f"{url}/v1/messages", json=asked, timeout=60)
    assert response.status_code == 200, response.text
    events = parse_events(response.content)
    check_events(events)
    return fold(events)


def chat_upstream(script: Script, *models: str) -> ScriptedUpstream:
    """A server that speaks Chat Completions and has these models."""
    return ScriptedUpstream(script, key=KEY, models=models)


def variables(home: Path, prefix: str, upstream: ScriptedUpstream) -> dict[str, str]:
    """What leads a provider's plugin in `home/site` to an upstream."""
    return {
        "HOME": str(home),
        "PYTHONPATH": str(home / "site"),
        f"{prefix}_API_KEY": KEY,
        f"{prefix}_BASE_URL": upstream.base_url,
    }
