"""What goes wrong with the stand-in for OpenAI when a script says so."""

from typing import Any

import openai
import pytest
from openai.types.chat import ChatCompletionChunk

from tests.e2e.openai_client import HELLO, LIMIT, Serve, client_of, post, told
from tests.e2e.scripted_upstream import ScriptedUpstream
from tests.e2e.upstream_script import Cut, Fail, Gate, Hold, Refuse, answer, in_order, say


def streamed(upstream: ScriptedUpstream, chunks: list[ChatCompletionChunk]) -> None:
    """Read a stream into the list, so that what came before a fault is kept."""
    with (
        client_of(upstream) as client,
        client.chat.completions.create(model="big-model", messages=HELLO, stream=True) as stream,
    ):
        chunks.extend(stream)


def test_a_status_before_the_first_byte_keeps_its_headers(serve: Serve) -> None:
    busy = Refuse(429, {"error": {"message": "slow down"}}, {"retry-after": "7"})
    refused = post(serve(in_order(busy)), {"model": "big-model", "messages": HELLO})
    assert (refused.status_code, refused.response.headers["retry-after"]) == (429, "7")


def test_a_body_that_is_no_json_is_sent_as_it_is(serve: Serve) -> None:
    down = Refuse(502, "<html>Bad gateway</html>", {"content-type": "text/html"})
    refused = post(serve(in_order(down)), {"model": "big-model", "messages": HELLO})
    assert refused.response.text == "<html>Bad gateway</html>"


def test_an_error_in_mid_stream(serve: Serve) -> None:
    script = in_order(answer(say("half"), Fail({"error": {"message": "server had an error"}})))
    chunks: list[ChatCompletionChunk] = []
    with pytest.raises(openai.APIError, match="server had an error"):
        streamed(serve(script), chunks)
    assert told(chunks)["text"] == "half"


@pytest.mark.parametrize("how", ["close", "reset"])
def test_a_cut_stream(serve: Serve, how: Any) -> None:
    upstream = serve(in_order(answer(say("half"), Cut(how))))
    chunks: list[ChatCompletionChunk] = []
    with pytest.raises(openai.APIConnectionError):
        streamed(upstream, chunks)
    # A reset may overtake what was sent before it, an ordinary end may not.
    assert how == "reset" or told(chunks)["text"] == "half"


def test_a_stream_that_just_ends(serve: Serve) -> None:
    chunks: list[ChatCompletionChunk] = []
    streamed(serve(in_order(answer(say("half"), Cut("end")))), chunks)
    assert told(chunks)["text"] == "half"
    assert told(chunks)["finish"] is None


@pytest.mark.parametrize("how", ["close", "reset", "end"])
def test_a_cut_answer(serve: Serve, how: Any) -> None:
    upstream = serve(in_order(answer(say("half"), Cut(how))))
    with client_of(upstream) as client, pytest.raises(openai.APIConnectionError):
        client.chat.completions.create(model="big-model", messages=HELLO)


def test_a_gate_holds_the_rest_until_it_is_opened(serve: Serve) -> None:
    gate = Gate()
    upstream = serve(in_order(answer(say("before"), Hold(gate), say("after"))))
    with (
        client_of(upstream) as client,
        client.chat.completions.create(model="big-model", messages=HELLO, stream=True) as stream,
    ):
        first = next(stream)
        assert gate.reached.wait(LIMIT)
        assert not upstream.chats[0].ended.is_set()
        gate.open()
        assert told([first, *stream])["text"] == "beforeafter"


def test_a_client_that_leaves_is_seen(serve: Serve) -> None:
    gate = Gate()
    upstream = serve(in_order(answer(say("before"), Hold(gate), say("after"))))
    with client_of(upstream) as client:
        stream = client.chat.completions.create(model="big-model", messages=HELLO, stream=True)
        next(stream)
        assert gate.reached.wait(LIMIT)
        stream.close()
        assert upstream.chats[0].ended.wait(LIMIT)
    assert upstream.chats[0].client_left


def test_a_conversation_the_script_has_no_answer_for_is_a_problem(serve: Serve) -> None:
    upstream = serve(in_order())
    assert post(upstream, {"model": "big-model", "messages": HELLO}).status_code == 403
    assert "no turn for request 1" in upstream.problems[0]
