"""Each leaf of an upstream's answer reaches the client, or the ledger or a short list names it."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from proxy_core import Translator, load_plugins
from proxy_core.anthropic.carrier import unseal
from proxy_core.dialects.openai_chat.answers.left import LEFT as LEFT_OF_CHAT
from proxy_core.ledger import Loss, LossKind, Reason
from proxy_core.testing.leaves import Leaf, leaves
from proxy_core.testing.strategies.surface.answers import (
    Answer,
    chat_answers,
    gemini_answers,
    response_answers,
)
from proxy_gemini.answers.chunks import LEFT as LEFT_OF_GEMINI
from proxy_openai.responses.left import LEFT as LEFT_OF_RESPONSES
from tests.support.responses import a_message, a_response, streamed

Json = dict[str, Any]

TRANSLATOR = Translator(load_plugins(["openai", "groq", "gemini", "moonshot", "passthrough"]))
ASKED: Json = {"max_tokens": 100, "messages": [{"role": "user", "content": "Hello."}]}

STRUCTURE = frozenset(
    {"index", "object", "output_index", "role", "status", "type", "finish_reason", "finishReason"}
    | {"thought", "mimeType", "language"}
)
"""Members whose values say what the form of the answer says."""
FIGURES = frozenset({"usage", "usageMetadata"})
"""Token counts are told in Anthropic's sense, so not one by one."""


class Wire(NamedTuple):
    """A language of upstreams, and models that are spoken to in it."""

    models: tuple[str, ...]
    left: Mapping[str, Mapping[str, str]]
    answers: st.SearchStrategy[Answer]


WIRES = {
    "chat": Wire(
        ("groq/openai/gpt-oss-120b", "openrouter/some-model", "deepseek/deepseek-v4-pro"),
        LEFT_OF_CHAT,
        chat_answers(),
    ),
    "responses": Wire(("openai/gpt-6.1-sol",), LEFT_OF_RESPONSES, response_answers()),
    "gemini": Wire(("gemini/gemini-4-carbon",), LEFT_OF_GEMINI, gemini_answers()),
}

slow = settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


def told_whole(model: str, body: Json) -> tuple[str, list[Loss]]:
    """What the client gets, and what the ledger says of the answer."""
    asked = TRANSLATOR.request({**ASKED, "model": model})
    message = TRANSLATOR.response(asked, json.dumps(body).encode())
    return json.dumps(message), [loss for loss in asked.losses if loss.in_answer]


def told_streamed(model: str, events: list[Json]) -> tuple[str, list[Loss]]:
    asked = TRANSLATOR.request({**ASKED, "model": model, "stream": True})
    stream = TRANSLATOR.stream(asked)
    sent = [stream.feed(b"data: %b\n\n" % json.dumps(event).encode()) for event in events]
    sent.append(stream.close())
    assert stream.failure is None, stream.failure
    return b"".join(sent).decode(), [loss for loss in asked.losses if loss.in_answer]


def carried(told: str) -> str:
    """What travels in signatures, to come back on the next turn."""
    words = told.replace('\\"', '"').split('"')
    envelopes = (unseal(word) for word in words)
    return " ".join(f"{found.reasoning} {found.state!r}" for found in envelopes if found)


def vanished(
    parts: Iterable[Json], told: str, losses: list[Loss], left: Mapping[str, Mapping[str, str]]
) -> Iterator[str]:
    """The leaves that are nowhere."""
    reached = told + carried(told)
    noted = {loss.path for loss in losses}
    alone = STRUCTURE | FIGURES | {name for names in left.values() for name in names}
    for part in parts:
        for leaf in leaves(part):
            path = _in_whole(leaf.path, part)
            steps = path.split("/")
            if leaf.value in (None, "", True, False) or alone.intersection(steps):
                continue
            if any(path == place or path.startswith(f"{place}/") for place in noted):
                continue
            if str(leaf.value) not in reached and not _is_json_inside(leaf, reached):
                yield leaf.path


def _is_json_inside(leaf: Leaf, reached: str) -> bool:
    """Arguments of a call may come as an object where they were a string."""
    if leaf.name != "arguments":
        return False
    return all(str(inner.value) in reached for inner in leaves(json.loads(leaf.value)))


def _in_whole(path: str, event: Json) -> str:
    """An event of Responses tells of the answer, or of an item in it."""
    if path.startswith("/response/"):
        return path.removeprefix("/response")
    if path.startswith("/item/"):
        return f"/output/{event['output_index']}{path.removeprefix('/item')}"
    return path


@pytest.mark.proof
@pytest.mark.parametrize("wire", WIRES)
@slow
@given(data=st.data())
def test_each_leaf_of_an_answer_is_told_or_named(wire: str, data: st.DataObject) -> None:
    models, left, answers = WIRES[wire]
    whole, events = data.draw(answers)
    model = data.draw(st.sampled_from(models))
    told, losses = told_whole(model, whole)
    assert list(vanished([whole], told, losses, left)) == []
    told, losses = told_streamed(model, events)
    assert list(vanished(events, told, losses, left)) == []


def test_losses_of_the_answer_are_told_apart() -> None:
    asked = TRANSLATOR.request({**ASKED, "model": "groq/openai/gpt-oss-120b", "top_k": 5})
    choice = {"message": {"content": "x"}, "finish_reason": "stop"}
    body = {"choices": [choice], "citations": ["https://e.org"]}
    TRANSLATOR.response(asked, json.dumps(body).encode())
    assert [(loss.path, loss.in_answer) for loss in asked.losses] == [
        ("/top_k", False),
        ("/citations", True),
    ]
    assert asked.losses.header() == "2; answer:unknown_field,unsupported_by_model"


def response_losses(**said: Any) -> list[tuple[str, LossKind, Reason]]:
    """What is lost of an answer of the Responses API that says this beside its words."""
    body = a_response(a_message("Hi."), **said)
    losses = [told_whole("openai/gpt-6.1-sol", body)[1]]
    losses.append(told_streamed("openai/gpt-6.1-sol", streamed(body))[1])
    assert losses[0] == losses[1]
    return [(loss.path, loss.kind, loss.reason) for loss in losses[0]]


@pytest.mark.parametrize("reason", ["model_mismatch", "prefix_mismatch", "turn_boundary"])
def test_reasoning_that_openai_kept_from_the_model_is_named(reason: str) -> None:
    removed = {"id": "rs_0", "type": "reasoning", "action": "removed", "reason": reason}
    assert response_losses(input_transformations=[removed, removed]) == [
        (f"/input_transformations/{index}", LossKind.DROPPED, Reason.SIGNATURE) for index in (0, 1)
    ]


def test_what_an_answer_repeats_of_its_request_is_no_loss() -> None:
    policy = {"context_compression": "enabled"}
    assert response_losses(image=policy, input_transformations=[], moderation=None) == []
