"""A frozen plugin behind a running proxy, and the talk that it had when it was written."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from proxy_core.testing.lifecycle import check_events, fold, parse_events
from tests.e2e.proxy_process import ProxyProcess
from tests.support.raw_upstream import RawExchange, RawUpstream

Json = dict[str, Any]

HERE = Path(__file__).parent
FROZEN = sorted(path.parent for path in HERE.glob("api_*/*/pyproject.toml"))
"""The plugins' folders."""
KEY = "sk-of-the-vendor-0123456789"


def version_of(plugin: Path) -> tuple[int, int]:
    """The API version that a frozen plugin was written for."""
    _, major, minor = plugin.parent.name.split("_")
    return int(major), int(minor)


@contextmanager
def talking(plugin: Path, site: Path, path: str = "") -> Iterator[tuple[ProxyProcess, RawUpstream]]:
    """The proxy that is tested, with the plugin in `site`; `path` may hold another proxy."""

    async def answer(exchange: RawExchange) -> None:
        streamed = json.loads(exchange.body).get("stream", False)
        kind = ("answer.sse", "text/event-stream") if streamed else ("answer.json", "text/json")
        body = (plugin / kind[0]).read_bytes()
        head = f"content-type: {kind[1]}\r\ncontent-length: {len(body)}\r\nconnection: close"
        await exchange.send(f"HTTP/1.1 200 OK\r\n{head}\r\n\r\n".encode() + body)

    home = site.parent
    name = plugin.name.upper()
    with RawUpstream(answer) as upstream:
        variables = {
            "HOME": str(home),
            "PYTHONPATH": path or str(site),
            f"{name}_API_KEY": KEY,
            f"{name}_BASE_URL": f"{upstream.origin}/v1",
        }
        with ProxyProcess(
            variables,
            home,
            not_its_port=upstream.port,
            arguments=f"serve --plugins {plugin.name} --port 0",
        ) as proxy:
            yield proxy, upstream


def hear(plugin: Path, url: str, *, stream: bool) -> Json:
    """What the client hears of the talk, without what is new each time."""
    asked = json.loads((plugin.parent / "asked.json").read_text(encoding="utf-8"))
    response = httpx.post(f"{url}/v1/messages", json=asked | {"stream": stream}, timeout=60)
    assert response.status_code == 200, response.text
    if not stream:
        return _as_told(response.json())
    events = parse_events(response.content)
    check_events(events)
    return _as_told(fold(events))


def _as_told(message: Json) -> Json:
    for block in message["content"]:
        block.pop("signature", None)
    names = ("input_tokens", "cache_read_input_tokens", "output_tokens")
    return {
        "content": message["content"],
        "stop_reason": message["stop_reason"],
        "stop_sequence": message["stop_sequence"],
        "usage": {name: message["usage"][name] for name in names},
    }
