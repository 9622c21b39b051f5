"""Fake vendors over real HTTP: what they say comes home through the library."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from proxy_core import Translator, load_plugins
from proxy_core.contract import FailureKind, UpstreamFailure
from proxy_core.testing.fakes import FakeUpstream, Fault
from proxy_core.testing.lifecycle import check_events, fold, parse_events
from proxy_core.testing.script import Call, Script
from proxy_core.testing.subject import asking
from proxy_core.testing.wires import Wire
from proxy_core.testing.wires.openai_chat import OpenAIChatWire
from tests.support.fake_vendors import VENDORS

SCRIPT = Script(
    thinking=("Hm.",),
    text=("Let me ", "look."),
    calls=(Call("call_1", "Read", ('{"text": ', '"a"}')),),
    state="c3RhdGU00000000",
    stop="tool_use",
)
wires = pytest.mark.parametrize(
    ("plugin", "wire"), [(one.plugin, one.wire) for one in VENDORS.values()], ids=VENDORS
)


class Client:
    """The library, asking a vendor."""

    def __init__(self, plugin: str, vendor: FakeUpstream, *, stream: bool) -> None:
        self._translator = Translator(load_plugins([plugin]))
        self._vendor = vendor
        self._translation = self._translator.request(asking(stream=stream))

    def ask(self) -> httpx.Response:
        upstream = self._translation.upstream
        url = self._vendor.url + upstream.path
        return httpx.post(url, content=upstream.body, timeout=10, trust_env=False)

    def whole(self) -> dict[str, Any]:
        return self._translator.response(self._translation, self.ask().content)

    def streamed(self) -> list[dict[str, Any]]:
        stream = self._translator.stream(self._translation)
        data = b""
        url = self._vendor.url + self._translation.upstream.path
        body = self._translation.upstream.body
        with httpx.stream("POST", url, content=body, timeout=10, trust_env=False) as answer:
            for chunk in answer.iter_raw():
                data += stream.feed(chunk)
        events = parse_events(data + stream.close(complete=True))
        check_events(events)
        return events

    def refused(self) -> str:
        answer = self.ask()
        failure = UpstreamFailure(
            kind=FailureKind.STATUS,
            status=answer.status_code,
            headers=dict(answer.headers),
            body=answer.content,
        )
        verdict = self._translator.failed(self._translation, failure)
        return f"{verdict.type} {verdict.retry_after}: {verdict.message}"


def shown(content: list[dict[str, Any]]) -> list[Any]:
    return [block.get("text") or block.get("thinking") or block.get("input") for block in content]


@wires
def test_a_script_comes_home_whole_and_streamed(plugin: str, wire: Wire) -> None:
    with FakeUpstream(wire) as vendor:
        vendor.says(SCRIPT)
        vendor.says(SCRIPT)
        whole = Client(plugin, vendor, stream=False).whole()
        streamed = fold(Client(plugin, vendor, stream=True).streamed())
    told = [it for it in shown(whole["content"]) if it]
    assert told == ["Hm.", "Let me look.", {"text": "a"}]
    assert [it for it in shown(streamed["content"]) if it] == told
    assert [one.heard.tools[0].name for one in vendor.received] == ["Read", "Read"]
    assert vendor.received[0].path.startswith("/")


@wires
@pytest.mark.parametrize(
    ("fault", "ending"),
    [
        (Fault.NO_ANSWER, httpx.RemoteProtocolError),
        (Fault.CUT, httpx.RemoteProtocolError),
        (Fault.RESET, httpx.ReadError),
    ],
)
def test_a_connection_ends_before_the_answer(
    plugin: str, wire: Wire, fault: Fault, ending: type[Exception]
) -> None:
    with FakeUpstream(wire) as vendor:
        vendor.says(SCRIPT, fault)
        with pytest.raises(ending):
            Client(plugin, vendor, stream=True).ask()


@wires
def test_an_answer_ends_in_good_order_before_it_is_complete(plugin: str, wire: Wire) -> None:
    with FakeUpstream(wire) as vendor:
        told = []
        for fault in (Fault.ENDED, Fault.HALF_FRAME, None):
            vendor.says(SCRIPT, fault)
            told.append(Client(plugin, vendor, stream=True).ask().content)
    ended, in_a_frame, whole = told
    assert ended.endswith((b"\n\n", b"\r\n\r\n"))
    assert not in_a_frame.endswith(b"\n")
    assert whole.startswith(in_a_frame)
    assert in_a_frame.startswith(ended)


@wires
def test_a_refusal_is_the_vendors(plugin: str, wire: Wire) -> None:
    with FakeUpstream(wire) as vendor:
        vendor.refuses(429, "slow down", {"retry-after": "7"})
        told = Client(plugin, vendor, stream=False).refused()
    assert told.startswith("rate_limit_error 7")
    assert "slow down" in told


@pytest.mark.parametrize(
    ("path", "status", "told"),
    [("/chat/completions", 500, "not expected"), ("/messages", 404, "no path of openai_chat")],
)
def test_what_was_not_expected_is_an_error(path: str, status: int, told: str) -> None:
    body = json.dumps({"messages": []})
    with FakeUpstream(OpenAIChatWire()) as vendor:
        answer = httpx.post(vendor.url + path, content=body, trust_env=False)
    assert answer.status_code == status
    assert told in answer.text
