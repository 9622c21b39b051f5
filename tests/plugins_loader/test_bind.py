"""Bound hooks: one plugin answers for its own, and what it may not do is named."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy_core import hookimpl
from proxy_core.anthropic.message import MessageSink
from proxy_core.anthropic.request import MessagesRequest, parse
from proxy_core.anthropic.writer import MessageWriter, WriterOptions
from proxy_core.contract import (
    CountCall,
    ErrorVerdict,
    Exchange,
    FailureKind,
    ModelFacts,
    ProtocolError,
    Provider,
    ProxyError,
    Repair,
    SseEvent,
    Target,
    TokenCount,
    Unsupported,
    UpstreamFailure,
    UpstreamRequest,
    Usage,
)
from proxy_core.ledger import Ledger
from proxy_core.plugins import PluginError, PluginFault, Plugins
from proxy_core.plugins.checks import path_fault
from tests.plugins_loader.objects import CARD, Complete, Silent, card

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


# -- what comes back -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("hook", "value"),
    [
        ("proxy_map_model", None),
        ("proxy_map_model", TARGET),
        ("proxy_translate_request", UPSTREAM),
        ("proxy_translate_response", None),
        ("proxy_classify_error", None),
        ("proxy_classify_error", VERDICT),
        ("proxy_count_tokens", None),
        ("proxy_count_tokens", TokenCount(3, "counted")),
    ],
)
def test_right_answers_pass_unchanged(hook: str, value: object) -> None:
    assert result(hook, value) is value


def test_a_vendors_count_is_asked_and_read_as_the_plugin_says() -> None:
    call = result("proxy_count_tokens", CountCall(UPSTREAM, len))
    assert isinstance(call, CountCall)
    assert call.request is UPSTREAM
    assert call.read(b"four") == 4


@pytest.mark.parametrize("read", [lambda _body: "4", lambda _body: None, lambda _body: 1 // 0])
def test_a_count_that_is_none_is_the_plugins_fault(read: Any) -> None:
    call = result("proxy_count_tokens", CountCall(UPSTREAM, read))
    assert isinstance(call, CountCall)
    with pytest.raises(PluginFault, match="proxy_count_tokens"):
        call.read(b"")


@pytest.mark.parametrize("junk", ["text", 3, {"a": 1}, [None], object()])
@pytest.mark.parametrize("hook", HOOKS)
def test_an_answer_of_the_wrong_type_is_the_plugins_fault(hook: str, junk: object) -> None:
    assert type(junk).__name__ in str(fault(hook, junk))


@pytest.mark.parametrize("hook", ["proxy_translate_request", "proxy_open_stream"])
def test_required_answers_are_required(hook: str) -> None:
    assert "NoneType" in str(fault(hook, None))


def test_a_target_at_another_provider_is_refused() -> None:
    other = msgspec.structs.replace(TARGET, provider=card("other"))
    assert "another provider" in str(fault("proxy_map_model", other))


def test_a_verdict_that_is_no_error_is_refused() -> None:
    fine = msgspec.structs.replace(VERDICT, status=200)
    assert "status 200" in str(fault("proxy_classify_error", fine))


# -- what is raised ------------------------------------------------------------------------


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


# -- where a request goes ------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        *("/", "/chat", "/v1/models/a%2Fb:generate", "/chat?a=http://x//y/../z", "/a.b/..c/d.."),
        "/openai/deployments/gpt/chat/completions?api-version=2025-04-01",
    ],
)
def test_paths_below_the_address_are_fine(path: str) -> None:
    assert path_fault(path) is None
    assert result("proxy_translate_request", msgspec.structs.replace(UPSTREAM, path=path))


@pytest.mark.parametrize(
    "path",
    [
        *("", "chat", "https://evil.example/", "//evil.example/", "/a//b", "?a=b", "@evil.example"),
        *("/../x", "/a/../b", "/a/..", "/./a", "/a/%2e%2e/b", "/a/.%2E/b", "/%2e/a"),
        *("/a/..%2fb", "/a%2f..%2fb", "/..?x", "/a/..%5cb", "/a\\b", "/%5cevil", "/a%5C..%5Cb"),
        *("/a b", "/a\r\nhost: evil", "/a\n", "/a\x00", "/a#b", "/é", "/a\u2028b", "/a?b#c"),
        "/a?b\r\nc",
    ],
)
def test_paths_that_leave_the_address_are_refused(path: str) -> None:
    assert path_fault(path) is not None
    bad = msgspec.structs.replace(UPSTREAM, path=path)
    assert "path" in str(fault("proxy_translate_request", bad))
    assert "path" in str(fault("proxy_count_tokens", CountCall(bad, len)))


@given(st.text(st.sampled_from("/.%2eE5cCfF\\?#@: \r\nab"), max_size=12))
def test_an_accepted_path_is_below_whatever_decodes_it(path: str) -> None:
    if path_fault(path) is not None:
        return
    place = path.partition("?")[0]
    assert place.startswith("/")
    depth = 0
    for segment in place.replace("%2f", "/").replace("%2F", "/").split("/"):
        step = segment.replace("%2e", ".").replace("%2E", ".")
        depth += -1 if step == ".." else bool(step)
        assert depth >= 0
        assert step not in (".", "..")


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        *((pair, "carries secrets") for pair in (("Authorization", "x"), ("x-api-key", "x"))),
        *((pair, "carries secrets") for pair in (("Cookie", "x"), ("X-Goog-Api-Key", "x"))),
        *((pair, "HTTP client") for pair in (("Host", "x"), ("content-length", "1"))),
        *((pair, "HTTP client") for pair in (("Transfer-Encoding", "x"), ("connection", "x"))),
        (("x bad", "x"), "no header name"),
        (("x-a\r\nx-b", "x"), "no header name"),
        (("", "x"), "no header name"),
        (("x-a", "1\r\nx-b: 2"), "no header value"),
        (("x-a", "1\x00"), "no header value"),
        (("x-a", " 1"), "no header value"),
        (("x-a", "é"), "no header value"),
    ],
)
def test_headers_that_must_not_leave_are_refused(header: tuple[str, str], expected: str) -> None:
    bad = msgspec.structs.replace(UPSTREAM, headers=(header,))
    assert expected in str(fault("proxy_translate_request", bad))


def test_the_key_header_of_the_card_is_cores_own() -> None:
    special = card(key_header="X-Acme-Token")

    class Eager(Complete):
        @hookimpl
        def proxy_translate_request(self, target: Target) -> UpstreamRequest:  # type: ignore[override]
            headers = (("x-acme-token", "mine"),)
            return UpstreamRequest(
                target=target, path="/chat", body=b"", stream=False, headers=headers
            )

    bound = Plugins.of({"acme": Eager(special)}).providers[0]
    target = msgspec.structs.replace(TARGET, provider=special)
    with pytest.raises(PluginFault, match=r"x-acme-token carries secrets"):
        bound.translate_request(REQUEST, target, Ledger())


def test_ordinary_headers_pass() -> None:
    headers = (("content-type", "application/json"), ("x-empty", ""), ("accept", "a, b\tc"))
    fine = msgspec.structs.replace(UPSTREAM, headers=headers)
    assert result("proxy_translate_request", fine) is fine


@pytest.mark.parametrize(
    "change",
    [
        *({"body": "text"}, {"path": 3}, {"path": None}, {"stream": "yes"}, {"headers": None}),
        *({"headers": (("a",),)}, {"headers": (("a", 1),)}, {"method": "DELETE"}, {"method": None}),
        {"target": msgspec.structs.replace(TARGET, model="other")},
        {"target": msgspec.structs.replace(TARGET, provider=card("other"))},
    ],
)
def test_a_malformed_request_is_the_plugins_fault(change: dict[str, Any]) -> None:
    fault("proxy_translate_request", msgspec.structs.replace(UPSTREAM, **change))


# -- whose hook it is ----------------------------------------------------------------------


def test_a_plugin_never_answers_for_another() -> None:
    class Greedy(Complete):
        @hookimpl(tryfirst=True)
        def proxy_map_model(self, provider: Provider) -> Target:
            return Target(provider=provider, model="mine", facts=ModelFacts(pattern="mine"))

        @hookimpl(tryfirst=True)
        def proxy_count_tokens(self) -> TokenCount:
            return TokenCount(1, "mine")

    plugins = Plugins.of({"plain": Complete(card("plain")), "greedy": Greedy(card("greedy"))})
    plain, greedy = plugins.providers
    assert plain.map_model("x", plain.provider, ()) is None
    assert plain.count_tokens(REQUEST, TARGET) is None
    assert greedy.count_tokens(REQUEST, TARGET) == TokenCount(1, "mine")


def test_hooks_receive_what_they_are_called_with() -> None:
    seen: list[tuple[object, ...]] = []

    class Curious(Complete):
        @hookimpl
        def proxy_map_model(
            self, requested: str, provider: Provider, models: Sequence[str]
        ) -> None:
            seen.append((requested, provider, models))

        @hookimpl
        def proxy_translate_request(
            self, request: MessagesRequest, target: Target, ledger: Ledger
        ) -> UpstreamRequest:
            seen.append((request, target, ledger))
            return UPSTREAM

    bound = Plugins.of({"acme": Curious()}).providers[0]
    ledger = Ledger()
    bound.map_model("asked", CARD, ("m1", "m2"))
    bound.translate_request(REQUEST, TARGET, ledger)
    assert seen == [("asked", CARD, ("m1", "m2")), (REQUEST, TARGET, ledger)]


def test_a_further_provider_is_served_by_the_plugin_it_is_like() -> None:
    plugins = Plugins.of(
        {"plain": Complete(card("plain")), "acme": Complete(card("acme", aliases=("a",)))}
    )
    office = card("office")
    bound = plugins.bind(office, like="A")
    assert bound.provider is office
    assert bound.plugin == "acme"


def test_a_further_provider_needs_a_pattern() -> None:
    plugins = Plugins.of({"acme": Complete()})
    with pytest.raises(PluginError, match=r"'office' is to be like 'nothing'.*there is: acme"):
        plugins.bind(card("office"), like="nothing")


# -- observers -----------------------------------------------------------------------------

EXCHANGE = Exchange(
    request_id="req_1",
    upstream_request_id=None,
    requested_model="m",
    target="acme/m",
    fallbacks=(),
    stream=True,
    status=200,
    outcome="ok",
    stop_reason="end_turn",
    usage=Usage(),
    losses=(),
    request_bytes=1,
    response_bytes=1,
    first_byte_seconds=0.1,
    total_seconds=0.2,
)


class Observer:
    def __init__(self, seen: list[Exchange], error: Exception | None = None) -> None:
        self.seen = seen
        self.error = error

    @hookimpl
    def proxy_exchange_finished(self, exchange: Exchange) -> None:
        if self.error is not None:
            raise self.error
        self.seen.append(exchange)


def test_every_observer_hears_and_one_failing_stops_no_other() -> None:
    seen: list[Exchange] = []
    error = OSError("disk full")
    plugins = Plugins.of(
        {
            "one": Observer(seen),
            "bad": Observer(seen, error),
            "x": Complete(),
            "two": Observer(seen),
        }
    )
    faults = plugins.finished(EXCHANGE)
    assert seen == [EXCHANGE, EXCHANGE]
    assert [(fault.plugin, fault.original) for fault in faults] == [("bad", error)]


def test_without_observers_nothing_happens() -> None:
    assert Plugins.of({"acme": Complete()}).finished(EXCHANGE) == []


# -- repairs -------------------------------------------------------------------------------


class Quirky(Complete):
    """Knows one quirk, and takes every request for what it is."""

    @hookimpl
    def proxy_translate_request(
        self, request: MessagesRequest, target: Target, ledger: Ledger
    ) -> UpstreamRequest:
        if target.provider.quirks.get("loud", False) not in (True, False):
            raise ValueError("loud: expected a bool")
        if target.model == "picky":
            raise Unsupported("/messages", "not this")
        return super().proxy_translate_request(request, target, ledger)


def quirky() -> Any:
    return Plugins.of({"acme": Quirky()}).providers[0]


@pytest.mark.parametrize("model", ["m", "picky"])
def test_a_repair_is_laid_over_the_target(model: str) -> None:
    target = msgspec.structs.replace(TARGET, model=model)
    repaired = quirky().repaired(target, Repair(quirks={"loud": True}))
    assert repaired == target.under({"loud": True})
    assert (repaired.provider.quirks, repaired.facts.quirks) == ({"loud": True}, {"loud": True})
    assert TARGET.provider.quirks == {}


def test_a_repair_that_its_own_plugin_does_not_understand() -> None:
    with pytest.raises(PluginFault) as caught:
        quirky().repaired(TARGET, Repair(quirks={"loud": "very"}))
    assert str(caught.value) == (
        "plugin 'acme' failed in the repair of a refused request: loud: expected a bool"
    )
    broken = Plugins.of({"acme": Programmable(lambda: 1 / 0)}).providers[0]
    with pytest.raises(PluginFault, match="ZeroDivisionError"):
        broken.repaired(TARGET, Repair())


@pytest.mark.parametrize("fields", [{"quirks": {1: 2}}, {"quirks": "loud"}, {"lasting": "yes"}])
def test_a_repair_of_wrong_types_cannot_be_made(fields: Any) -> None:
    with pytest.raises(msgspec.ValidationError):
        Repair(**fields)
    with pytest.raises(TypeError):
        ErrorVerdict(status=400, type="api_error", message="", repair=fields)
