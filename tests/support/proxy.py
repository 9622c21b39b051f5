"""A running proxy, as a client of the Messages API sees it."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from proxy_core.contract import ModelFacts, Provider
from proxy_core.plugins import load_plugins
from proxy_core.server.app import create_app
from proxy_core.settings import Settings
from proxy_core.testing.lifecycle import check_events, fold, parse_events
from tests.support.servers import LiveServer, serving

KEY_VARIABLE = "ACME_API_KEY"
QUESTION: dict[str, Any] = {
    "model": "acme/big-model",
    "max_tokens": 1000,
    "messages": [{"role": "user", "content": "hello"}],
}
TOOLS = [{"name": "Read", "input_schema": {"type": "object", "properties": {}}}]


def card(base_url: str) -> Provider:
    """A provider that speaks plain Chat Completions."""
    return Provider(
        name="acme",
        base_url=base_url,
        key_env=(KEY_VARIABLE,),
        models=(ModelFacts(pattern="*-model", context_window=200_000),),
        big="big-model",
        middle="middle-model",
        small="small-model",
    )


class Proxy:
    """Talks to a proxy in plain HTTP."""

    def __init__(self, server: LiveServer) -> None:
        self.server = server
        self.url = server.url
        self.port = server.port

    def ask(self, **changes: Any) -> httpx.Response:
        """One request for a whole message, or for a stream read to its end."""
        return self.post(json.dumps(QUESTION | changes).encode())

    def post(self, body: bytes, path: str = "/v1/messages", **headers: str) -> httpx.Response:
        named = {"content-type": "application/json", **headers}
        return httpx.post(self.url + path, content=body, headers=named, timeout=60)

    def get(self, path: str, **headers: str) -> httpx.Response:
        return httpx.get(self.url + path, headers=headers, timeout=60)

    def events(self, **changes: Any) -> list[dict[str, Any]]:
        """The events of one streamed answer."""
        response = self.ask(stream=True, **changes)
        assert response.status_code == 200, response.text
        return parse_events(response.content)

    def message(self, *, stream: bool, **changes: Any) -> dict[str, Any]:
        """The message of one good answer, be it streamed or whole."""
        if stream:
            events = self.events(**changes)
            check_events(events)
            return fold(events)
        response = self.ask(stream=False, **changes)
        assert response.status_code == 200, response.text
        whole: dict[str, Any] = response.json()
        return whole

    @contextmanager
    def streaming(self, **changes: Any) -> Iterator[httpx.Response]:
        """A streamed answer while it is being told."""
        body = QUESTION | {"stream": True} | changes
        with httpx.stream("POST", self.url + "/v1/messages", json=body, timeout=60) as response:
            yield response


@contextmanager
def proxy_with(plugin: str, environ: Mapping[str, str]) -> Iterator[Proxy]:
    """A proxy with one installed plugin, set up by variables."""
    settings = Settings.load({"plugins": [plugin]}, environ=environ, cwd=Path("/"))
    with serving(create_app(settings, load_plugins([plugin]))) as server:
        yield Proxy(server)


def after_its_call(message: dict[str, Any]) -> list[dict[str, Any]]:
    """The conversation after the model asked for a tool at once, and got its result."""
    (made,) = (block for block in message["content"] if block["type"] == "tool_use")
    result = {"type": "tool_result", "tool_use_id": made["id"], "content": "text"}
    said = {"role": "assistant", "content": message["content"]}
    return [*QUESTION["messages"], said, {"role": "user", "content": [result]}]


def error_of(response: httpx.Response) -> dict[str, Any]:
    """The error in a response; asserts that it has Anthropic's shape."""
    body = response.json()
    assert set(body) == {"type", "error", "request_id"}, body
    assert body["type"] == "error"
    assert set(body["error"]) == {"type", "message"}
    assert response.headers["request-id"] == body["request_id"]
    error: dict[str, Any] = body["error"]
    return error
