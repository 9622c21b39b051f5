"""What hooks raise: on purpose, and by mistake."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from proxy_core.contract import ProtocolError, ProxyError, SseEvent, Unsupported
from proxy_core.plugins import PluginError, PluginFault
from tests.plugins_loader.objects import Silent
from tests.plugins_loader.programmable import HOOKS, calls, result


def raiser(error: BaseException) -> Callable[[], Any]:
    def action() -> Any:
        raise error

    return action


@pytest.mark.parametrize(
    "error", [KeyError("canary-51"), RecursionError(), PluginError("x"), SystemExit("canary-51")]
)
@pytest.mark.parametrize("hook", HOOKS)
def test_an_exception_becomes_a_fault_without_its_text(hook: str, error: BaseException) -> None:
    with pytest.raises(PluginFault) as caught:
        calls(raiser(error))[hook]()
    assert caught.value.original is error
    assert caught.value.__cause__ is error
    assert str(caught.value) == f"plugin 'acme' failed in {hook}: {type(error).__name__}"


ON_PURPOSE: dict[str, type[ProxyError]] = {
    "proxy_translate_request": Unsupported,
    "proxy_count_tokens": Unsupported,
    "proxy_translate_response": ProtocolError,
    "proxy_open_stream": ProtocolError,
}


@pytest.mark.parametrize("error", [Unsupported("/tools/0", "no such tool"), ProtocolError("bad")])
@pytest.mark.parametrize("hook", HOOKS)
def test_errors_of_the_contract_pass_where_they_have_a_meaning(
    hook: str, error: ProxyError
) -> None:
    expected = type(error) if ON_PURPOSE.get(hook) is type(error) else PluginFault
    with pytest.raises(expected) as caught:
        calls(raiser(error))[hook]()
    assert error in (caught.value, caught.value.__cause__)


class Stumbling(Silent):
    """A stream translator that fails as it is told to."""

    def __init__(self, error: BaseException) -> None:
        self.error = error

    def feed(self, event: SseEvent) -> None:  # noqa: ARG002
        raise self.error

    def close(self, complete: bool) -> None:  # noqa: ARG002
        raise self.error


def test_faults_inside_a_stream_are_named_too() -> None:
    error = ZeroDivisionError("canary-51")
    stream = result("proxy_open_stream", Stumbling(error))
    with pytest.raises(PluginFault, match=r"failed in feed: ZeroDivisionError$") as caught:
        stream.feed(SseEvent("", b""))
    assert caught.value.original is error
    with pytest.raises(PluginFault, match=r"failed in close: ZeroDivisionError$"):
        stream.close(True)


def test_protocol_errors_inside_a_stream_pass_unchanged() -> None:
    stream = result("proxy_open_stream", Stumbling(ProtocolError("bad")))
    with pytest.raises(ProtocolError, match=r"^bad$"):
        stream.feed(SseEvent("", b""))
    with pytest.raises(ProtocolError, match=r"^bad$"):
        stream.close(False)
