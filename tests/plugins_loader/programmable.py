"""A plugin whose hooks do what a test says, and what it is called with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from proxy_core import hookimpl
from proxy_core.anthropic.message import MessageSink
from proxy_core.anthropic.request import parse
from proxy_core.anthropic.writer import MessageWriter, WriterOptions
from proxy_core.contract import (
    ErrorVerdict,
    FailureKind,
    ModelFacts,
    Target,
    UpstreamFailure,
    UpstreamRequest,
)
from proxy_core.ledger import Ledger
from proxy_core.plugins import PluginFault, Plugins
from tests.plugins_loader.objects import CARD, Complete

TARGET = Target(provider=CARD, model="m", facts=ModelFacts(pattern="m"))
REQUEST = parse(b'{"model":"m","max_tokens":5,"messages":[{"role":"user","content":"canary-51"}]}')
UPSTREAM = UpstreamRequest(target=TARGET, path="/chat", body=b"{}", stream=False)
FAILURE = UpstreamFailure(kind=FailureKind.STATUS, status=500)
VERDICT = ErrorVerdict(status=502, type="api_error", message="broken")


class Programmable(Complete):
    """A plugin whose hooks do what the test says; each is called without arguments."""

    def __init__(self, action: Callable[[], Any]) -> None:
        super().__init__()
        self.action = action

    @hookimpl
    def proxy_map_model(self) -> Any:
        return self.action()

    @hookimpl
    def proxy_translate_request(self) -> Any:  # type: ignore[override]
        return self.action()

    @hookimpl
    def proxy_translate_response(self) -> Any:  # type: ignore[override]
        return self.action()

    @hookimpl
    def proxy_open_stream(self) -> Any:  # type: ignore[override]
        return self.action()

    @hookimpl
    def proxy_classify_error(self) -> Any:
        return self.action()

    @hookimpl
    def proxy_count_tokens(self) -> Any:
        return self.action()


def new_writer() -> MessageWriter:
    return MessageWriter(MessageSink(), WriterOptions(message_id="msg_1", model="m"))


def calls(action: Callable[[], Any]) -> dict[str, Callable[[], Any]]:
    """The six bound calls of a plugin whose hooks all do `action`."""
    bound = Plugins.of({"acme": Programmable(action)}).providers[0]
    return {
        "proxy_map_model": lambda: bound.map_model("m", CARD, ()),
        "proxy_translate_request": lambda: bound.translate_request(REQUEST, TARGET, Ledger()),
        "proxy_translate_response": lambda: bound.translate_response(
            UPSTREAM, b"", new_writer(), Ledger()
        ),
        "proxy_open_stream": lambda: bound.open_stream(UPSTREAM, new_writer(), Ledger()),
        "proxy_classify_error": lambda: bound.classify_error(FAILURE, TARGET),
        "proxy_count_tokens": lambda: bound.count_tokens(REQUEST, TARGET),
    }


HOOKS = sorted(calls(lambda: None))


def result(hook: str, value: Any) -> Any:
    return calls(lambda: value)[hook]()


def fault(hook: str, value: Any) -> PluginFault:
    with pytest.raises(PluginFault) as caught:
        result(hook, value)
    assert caught.value.plugin == "acme"
    assert caught.value.hook == hook
    assert str(caught.value).startswith(f"plugin 'acme' failed in {hook}: ")
    return caught.value
