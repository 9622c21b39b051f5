"""What a plugin does wrong ends one exchange, in the API's shape and under the plugin's name."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from proxy_core import hookimpl
from proxy_core.contract import ErrorVerdict, ProtocolError, Unsupported
from proxy_core.dialects.openai_chat import OpenAIChat
from proxy_core.plugins import Plugins
from proxy_core.server.app import create_app
from proxy_core.settings import Settings
from tests.support.proxy import KEY_VARIABLE, Proxy, card, error_of
from tests.support.raw_upstream import EVENT_STREAM, Handler, RawExchange, RawUpstream, http_head
from tests.support.servers import serving

CANARY = "what the client wrote"
ERRORS = [KeyError(CANARY), RecursionError(CANARY), SystemExit(CANARY), TimeoutError(CANARY)]


async def streams(exchange: RawExchange) -> None:
    await exchange.send(EVENT_STREAM + b'data: {"choices":[]}\n\n')


async def refuses(exchange: RawExchange) -> None:
    await exchange.send(http_head("429 No") + b"{}")


async def answers(exchange: RawExchange) -> None:
    await exchange.send(http_head("200 OK", "content-type: application/json") + b"{}")


@contextmanager
def asked(
    tmp_path: Path, handler: Handler, hook: str, action: Callable[..., Any]
) -> Iterator[httpx.Response]:
    """A streamed request answered with a plugin whose hook does `action`."""
    with RawUpstream(handler) as upstream:

        class Acme(OpenAIChat):
            providers = (card(upstream.origin),)

        setattr(Acme, hook, hookimpl(action))
        flags = {"max_retries": 0}
        settings = Settings.load(flags, environ={KEY_VARIABLE: "sk-test"}, cwd=tmp_path)
        with serving(create_app(settings, Plugins.of({"acme": Acme()}))) as server:
            proxy = Proxy(server)
            yield proxy.ask(stream=True)
            assert proxy.get("/health").status_code == 200


def raises(error: BaseException) -> Callable[..., Any]:
    def action(self: object) -> Any:  # noqa: ARG001
        raise error

    return action


@pytest.mark.parametrize("headers", [{}, {"anthropic-version": "2023-06-01"}])
def test_e17_what_a_hook_raises_while_models_are_listed(
    tmp_path: Path, headers: dict[str, str]
) -> None:
    class Acme(OpenAIChat):
        providers = (card("http://127.0.0.1:9"),)

        @hookimpl
        def proxy_map_model(self, requested: str) -> None:
            if requested == "any":
                raise KeyError(CANARY)

    settings = Settings.load({}, environ={KEY_VARIABLE: "sk-test"}, cwd=tmp_path)
    with serving(create_app(settings, Plugins.of({"acme": Acme()}))) as server:
        response = Proxy(server).get("/v1/models/any", **headers)
    assert response.status_code == 500
    assert error_of(response) == {
        "type": "api_error",
        "message": "plugin 'acme' failed in proxy_map_model: KeyError",
    }


HOOKS: dict[str, Handler] = {
    "proxy_translate_request": streams,
    "proxy_open_stream": streams,
    "proxy_translate_response": answers,
    "proxy_classify_error": refuses,
}


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("hook", HOOKS)
def test_e17_what_a_hook_raises(
    tmp_path: Path, hook: str, error: BaseException, caplog: pytest.LogCaptureFixture
) -> None:
    with asked(tmp_path, HOOKS[hook], hook, raises(error)) as response:
        assert response.status_code == 500
        assert error_of(response) == {
            "type": "api_error",
            "message": f"plugin 'acme' failed in {hook}: {type(error).__name__}",
        }
    [line] = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    assert f"'acme' failed in {hook}: {type(error).__name__} at {__file__}:" in line
    assert CANARY not in line


@pytest.mark.parametrize(
    ("hook", "error"),
    [
        ("proxy_translate_request", ProtocolError("x")),
        ("proxy_classify_error", ProtocolError("x")),
        ("proxy_classify_error", Unsupported("/x", "y")),
        ("proxy_open_stream", Unsupported("/x", "y")),
        ("proxy_translate_response", Unsupported("/x", "y")),
    ],
)
def test_errors_in_the_wrong_place_are_the_plugins(
    tmp_path: Path, hook: str, error: Exception
) -> None:
    with asked(tmp_path, HOOKS[hook], hook, raises(error)) as response:
        assert response.status_code == 500
        assert f"'acme' failed in {hook}" in error_of(response)["message"]


BAD_VERDICTS: dict[str, dict[str, Any]] = {
    "no message": {"message": None},
    "no type": {"type": None},
    "half a number": {"status": 429.5},
    "a status in letters": {"status": "429"},
    "a wait in words": {"retry_after": "soon"},
}


def verdict(**wrong: Any) -> ErrorVerdict:
    right: dict[str, Any] = {
        "status": 429,
        "type": "rate_limit_error",
        "message": "slow",
        "retryable": True,
    }
    return ErrorVerdict(**(right | wrong))


@pytest.mark.parametrize("wrong", BAD_VERDICTS.values(), ids=BAD_VERDICTS)
def test_a_verdict_that_cannot_be_told(tmp_path: Path, wrong: dict[str, Any]) -> None:
    def action(self: object) -> ErrorVerdict:  # noqa: ARG001
        return verdict(**wrong)

    with asked(tmp_path, refuses, "proxy_classify_error", action) as response:
        assert response.status_code == 500
        assert "'acme' failed in proxy_classify_error" in error_of(response)["message"]


class Says:
    """A stream translator that does one thing with the first event."""

    def __init__(self, action: Callable[[], object]) -> None:
        self._action = action

    def feed(self, event: object) -> None:  # noqa: ARG002
        self._action()

    def close(self, complete: bool) -> None:
        pass


SAYINGS: dict[str, Callable[[Any], object]] = {
    "text": lambda writer: writer.text(5),
    "usage": lambda writer: writer.usage("many"),
    "finish": lambda writer: writer.finish(5),
    "fail": lambda writer: writer.fail(verdict(**BAD_VERDICTS["no message"])),
    "tool": lambda writer: writer.tool_json(7, "{}"),
    "exit": lambda _writer: raises(SystemExit(3))(None),
}


@pytest.mark.parametrize("say", SAYINGS.values(), ids=SAYINGS)
def test_what_the_writer_cannot_tell(tmp_path: Path, say: Callable[[Any], object]) -> None:
    def action(self: object, writer: Any) -> Says:  # noqa: ARG001
        return Says(lambda: say(writer))

    with asked(tmp_path, streams, "proxy_open_stream", action) as response:
        assert "'acme' failed in feed" in error_of(response)["message"]
