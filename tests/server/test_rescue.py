"""A request that failed and brought its answer all the same."""

from collections.abc import Callable
from pathlib import Path

import pytest

from proxy_core import hookimpl
from proxy_core.anthropic.writer import MessageWriter
from proxy_core.contract import ModelFacts, Provider
from proxy_core.dialects.openai_chat import OpenAIChat
from proxy_core.plugins import Plugins
from proxy_core.server.app import create_app
from proxy_core.settings import Settings
from proxy_core.testing.lifecycle import check_events, fold, parse_events
from tests.e2e.scripted_upstream import ScriptedUpstream
from tests.e2e.upstream_script import Cut, Gate, Hold, Json, Refuse, answer, in_order, say
from tests.support.proxy import KEY_VARIABLE, QUESTION, TOOLS, Proxy, error_of
from tests.support.servers import serving


def failed(name: str) -> Refuse:
    """Groq's refusal of a call that it could not read."""
    error = {"message": "Failed to call a function.", "code": "tool_use_failed"}
    generation = f'<function={name}>{{"path": "/a"}}</function>'
    return Refuse(400, {"error": {**error, "failed_generation": generation}})


@pytest.mark.parametrize("stream", [False, True])
def test_a_call_that_the_upstream_could_not_read_is_answered(
    proxy_to: Callable[..., Proxy], stream: bool
) -> None:
    with ScriptedUpstream(in_order(failed("Read")), key="sk-test") as upstream:
        response = proxy_to(upstream.base_url).ask(tools=TOOLS, stream=stream)
        assert len(upstream.chats) == 1
    assert response.status_code == 200
    assert response.headers["x-proxy-target"] == "acme/big-model"
    message = response.json() if not stream else _folded(response.content)
    (block,) = message["content"]
    assert (block["type"], block["name"], block["input"]) == ("tool_use", "Read", {"path": "/a"})
    assert message["stop_reason"] == "tool_use"
    assert message["model"] == QUESTION["model"]


def _folded(content: bytes) -> Json:
    events = parse_events(content)
    check_events(events)
    return fold(events)


@pytest.mark.parametrize("stream", [False, True])
def test_a_call_of_a_tool_that_was_not_offered_is_asked_for_again_and_then_refused(
    proxy_to: Callable[..., Proxy], stream: bool
) -> None:
    with ScriptedUpstream(in_order(*[failed("Fly")] * 9), key="sk-test") as upstream:
        response = proxy_to(upstream.base_url).ask(tools=TOOLS, stream=stream)
        assert len(upstream.chats) == 2
    assert response.status_code == 400
    assert error_of(response)["type"] == "invalid_request_error"
    assert "<function" not in response.text


def test_the_second_try_may_be_rescued(proxy_to: Callable[..., Proxy]) -> None:
    script = in_order(failed("Fly"), failed("Read"))
    with ScriptedUpstream(script, key="sk-test") as upstream:
        assert proxy_to(upstream.base_url).ask(tools=TOOLS).json()["stop_reason"] == "tool_use"


CARD = Provider(
    name="acme",
    base_url="http://127.0.0.1:9/v1",
    key_env=(KEY_VARIABLE,),
    key_required=False,
    models=(ModelFacts(pattern="*-model"),),
)


class Rescuer(OpenAIChat):
    """Rescues whatever happens, well or badly."""

    providers = (CARD,)

    def __init__(self, told: object, *, finishes: bool = True) -> None:
        self._told = told
        self._finishes = finishes

    @hookimpl(specname="proxy_rescue_error")
    def proxy_rescue_error(self, writer: MessageWriter) -> object:  # type: ignore[override]
        if isinstance(self._told, Exception):
            raise self._told
        if self._told is True:
            writer.text("Rescued.")
            if self._finishes:
                writer.finish("end_turn")
        return self._told


@pytest.mark.parametrize(
    ("plugin", "status", "said"),
    [
        (Rescuer(True), 200, "Rescued."),
        (Rescuer(True, finishes=False), 502, "ended before it was complete"),
        (Rescuer(False), 502, "could not be reached"),
        (Rescuer(None), 502, "could not be reached"),
        (Rescuer("yes"), 500, "proxy_rescue_error"),
        (Rescuer(KeyError("canary")), 500, "proxy_rescue_error"),
    ],
)
def test_a_plugin_rescues_any_failure_before_the_first_byte(
    plugin: Rescuer, status: int, said: str
) -> None:
    settings = Settings.model_validate({"max_retries": 0})
    with serving(create_app(settings, Plugins.of({"acme": plugin}))) as server:
        response = Proxy(server).ask()
    assert response.status_code == status
    assert said in response.text
    assert "canary" not in response.text


def test_nothing_is_rescued_once_the_answer_has_begun() -> None:
    gate = Gate()
    script = in_order(answer(say("Half "), Hold(gate), Cut()))
    with ScriptedUpstream(script, key="sk-test") as upstream:

        class Late(Rescuer):
            providers = (CARD.model_copy(update={"base_url": upstream.base_url}),)

        settings = Settings.load({}, environ={KEY_VARIABLE: "sk-test"}, cwd=Path("/"))
        with (
            serving(create_app(settings, Plugins.of({"acme": Late(True)}))) as server,
            Proxy(server).streaming() as response,
        ):
            pieces = response.iter_bytes()
            seen = next(pieces)
            gate.open()
            seen += b"".join(pieces)
    assert parse_events(seen)[-1]["type"] == "error"
    assert b"Rescued." not in seen
