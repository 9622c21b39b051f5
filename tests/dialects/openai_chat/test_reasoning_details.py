"""OpenRouter's `reasoning_details`: gathered, carried by the client, sent back as they came.

Rules: openrouter.ai/docs, Reasoning Tokens, "Preserving Reasoning Blocks"; types of its SDK 1.3.84.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy_core.anthropic.carrier import Envelope, seal, unseal
from proxy_core.contract import ModelFacts, Provider, Target
from proxy_core.dialects.openai_chat.reasoning_details import (
    MAX_CHARACTERS,
    ReasoningDetails,
    shown_text,
)
from proxy_core.ledger import LossKind, Reason
from tests.support.chat_answers import Told, an_upstream, call, chunk, sse, tell_stream, tell_whole
from tests.support.chat_requests import Json, Sent, assistant, request, result, send, user

FIXTURE = Path(__file__).parents[2] / "fixtures/openai/12-openrouter-reasoning-details.jsonl"
QUIRKS: Json = {"reasoning_history": "reasoning_details"}
FORMAT = "anthropic-claude-v1"


def at(model: str = "anthropic/claude-x", provider: str = "openrouter") -> Target:
    card = Provider(name=provider, base_url="https://openrouter.example/api/v1", quirks=QUIRKS)
    return Target(provider=card, model=model, facts=ModelFacts(pattern="*"))


def text(words: str | None, index: int = 0, **fields: Any) -> Json:
    return {"type": "reasoning.text", "text": words, "format": FORMAT, "index": index, **fields}


def encrypted(data: str, index: int = 1, **fields: Any) -> Json:
    return {"type": "reasoning.encrypted", "data": data, "index": index, **fields}


def streamed(*deltas: Json, finish: str = "stop") -> Told:
    chunks = [*(chunk(delta) for delta in deltas), chunk({}, finish)]
    return tell_stream([sse(chunks)], an_upstream(at()))


def sent_back(told: Told, target: Target | None = None) -> Sent:
    """The next turn, after what the client was told."""
    turn = assistant(*told.message["content"])
    calls = [result(tool_id, "out") for tool_id in told.tool_ids]
    return send(request(user("go"), turn, user(*calls, "on")), target or at(), **QUIRKS)


def details_of(sent: Sent) -> Any:
    (said,) = (message for message in sent.messages if message["role"] == "assistant")
    return said.get("reasoning_details")


def test_the_fixture_comes_back_merged() -> None:
    lines = FIXTURE.read_text().splitlines()
    told = tell_stream([sse(lines)], an_upstream(at()))
    assert told.blocks == [["thinking", "Plan it."], ["text", "Done."]]
    assert details_of(sent_back(told)) == [
        {
            "type": "reasoning.text",
            "text": "Plan it.",
            "format": FORMAT,
            "index": 0,
            "signature": "sigFX==",
        },
        {
            "type": "reasoning.encrypted",
            "data": "ENCFX",
            "id": "rs_1",
            "format": "openai-responses-v1",
            "index": 1,
        },
    ]


PIECES: list[tuple[str, list[Json], list[Json]]] = [
    ("pieces of one text", [text("a"), text("b")], [text("ab")]),
    ("numbers apart", [text("a"), text("b", 1), text("c")], [text("ac"), text("b", 1)]),
    (
        "a signature ends a text",
        [text("a"), text(None, signature="s"), text("b", signature="t")],
        [text("a", signature="s"), text("b", signature="t")],
    ),
    (
        "what is encrypted stays apart",
        [encrypted("A"), encrypted("B")],
        [encrypted("A"), encrypted("B")],
    ),
    ("ids apart", [text("a", id="1"), text("b", id="2")], [text("a", id="1"), text("b", id="2")]),
    ("an id that comes late", [text("a", id=None), text("b", id="1")], [text("ab", id="1")]),
    (
        "without numbers, more of the last",
        [
            {"type": "reasoning.summary", "summary": "a"},
            {"type": "reasoning.summary", "summary": "b"},
        ],
        [{"type": "reasoning.summary", "summary": "ab"}],
    ),
    (
        "without numbers, none before the last",
        [
            {"type": "reasoning.text", "text": "a"},
            {"type": "x"},
            {"type": "reasoning.text", "text": "b"},
        ],
        [
            {"type": "reasoning.text", "text": "a"},
            {"type": "x"},
            {"type": "reasoning.text", "text": "b"},
        ],
    ),
    (
        "a type of tomorrow",
        [{"type": "reasoning.server_tool_call", "result": {"deep": [1.0, None]}}],
        [{"type": "reasoning.server_tool_call", "result": {"deep": [1.0, None]}}],
    ),
    ("no objects", [3, None, text("a")], [text("a")]),  # type: ignore[list-item]
    ("halves of a pair", [text("\ud83d"), text("\ude00")], [text("\U0001f600")]),
    ("half of a pair", [text("\ud83d")], [text("\ufffd")]),
]


@pytest.mark.parametrize(
    ("pieces", "expected"), [row[1:] for row in PIECES], ids=[r[0] for r in PIECES]
)
def test_pieces(pieces: list[Json], expected: list[Json]) -> None:
    details = ReasoningDetails()
    for piece in pieces:
        details.add([piece], whole=False)
    kept = ReasoningDetails()
    assert kept.join(details.take())
    assert json.loads(kept.encoded()) == expected
    assert not details.take()


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
details_lists = st.lists(
    st.builds(
        lambda known, more: {**more, **known},
        st.fixed_dictionaries(
            {
                "type": st.sampled_from(
                    ["reasoning.text", "reasoning.summary", "reasoning.encrypted"]
                )
            },
            optional={
                "text": st.none() | st.text(),
                "summary": st.text(),
                "data": st.text(),
                "signature": st.none() | st.text(),
                "id": st.none() | st.sampled_from(["a", "b"]),
                "index": st.integers(0, 2),
            },
        ),
        st.dictionaries(st.text(), values, max_size=2),
    ),
    min_size=1,
    max_size=6,
)


@pytest.mark.proof
@given(details_lists)
def test_whole_details_come_home_as_they_were(details: list[Json]) -> None:
    message = {"role": "assistant", "content": "done", "reasoning_details": details}
    body = json.dumps({"choices": [{"message": message, "finish_reason": "stop"}]})
    assert details_of(sent_back(tell_whole(body.encode(), an_upstream(at())))) == details


@pytest.mark.proof
@given(st.text(min_size=1), st.text(min_size=1), st.lists(st.integers(1, 5)))
def test_text_cut_anywhere_comes_home_whole(words: str, signature: str, cuts: list[int]) -> None:
    pieces, rest = [], words
    for cut in cuts:
        pieces.append(rest[:cut])
        rest = rest[cut:]
    deltas: list[Json] = [{"reasoning_details": [text(piece)]} for piece in [*pieces, rest]]
    deltas.append({"reasoning_details": [text(None, signature=signature)]})
    told = streamed(*deltas, {"content": "done"})
    assert details_of(sent_back(told)) == [text(words, signature=signature)]


def test_details_with_a_call_stand_before_it() -> None:
    """Gemini's signature comes in the chunk of its call."""
    one = call(0, id="t1", name="Read", arguments="{}")
    told = streamed({"reasoning": "hm"}, {"reasoning_details": [encrypted("G", id="t1")], **one})
    assert [block["type"] for block in told.message["content"]] == ["thinking", "tool_use"]
    assert details_of(sent_back(told)) == [encrypted("G", id="t1")]


def test_details_after_the_words_find_their_place() -> None:
    told = streamed(
        {"reasoning_details": [text("a")]},
        {"content": "done"},
        {"reasoning_details": [text(None, signature="s"), encrypted("E")]},
    )
    assert details_of(sent_back(told)) == [text("a", signature="s"), encrypted("E")]


def test_thinking_that_is_not_shown_comes_home() -> None:
    told = streamed({"reasoning_details": [encrypted("E")]}, {"content": "done"})
    assert told.blocks == [["thinking", ""], ["text", "done"]]
    assert details_of(sent_back(told)) == [encrypted("E")]


def test_only_the_same_maker_sees_them() -> None:
    told = streamed({"reasoning_details": [text("a", signature="s")]}, {"content": "done"})
    assert details_of(sent_back(told, at("anthropic/claude-y"))) == [text("a", signature="s")]
    for other in (at("openai/gpt-x"), at("claude-x"), at(provider="elsewhere")):
        sent = sent_back(told, other)
        assert b"reasoning" not in sent.raw
        place = "/messages/1/content/0"
        assert sent.lost(place) == (LossKind.DROPPED, Reason.FOREIGN_REASONING)


def test_without_details_the_text_goes_back() -> None:
    own = {"type": "thinking", "thinking": "hm", "signature": seal(Envelope.of(at()))}
    (_, said, _) = send(
        request(user("go"), assistant(own, "done"), user("on")), at(), **QUIRKS
    ).messages
    assert said == {"role": "assistant", "reasoning": "hm", "content": "done"}


def test_a_state_that_is_none_is_dropped() -> None:
    for state in (b"", b"{", b"{}", b"[" * 100_000):
        assert not ReasoningDetails().join(state)


def test_what_no_client_could_bring_back_is_not_kept() -> None:
    details = ReasoningDetails()
    details.add([encrypted("E" * MAX_CHARACTERS), encrypted("F")], whole=False)
    details.add([encrypted("G")], whole=False)
    assert not details.take()


@pytest.mark.parametrize("odd", [float("inf"), 2**80, [2**70, None]])
def test_numbers_beyond_any_type_break_nothing(odd: Any) -> None:
    details = ReasoningDetails()
    details.add([encrypted("E", odd=odd)], whole=False)
    state = details.take()
    assert state == b"" or json.loads(state) == [encrypted("E", odd=odd)]
    told = streamed({"reasoning_details": [encrypted("E", odd=odd)]}, {"content": "done"})
    assert sent_back(told).body["messages"][1]["content"] == "done"


def test_other_servers_details_are_text_and_no_more() -> None:
    told = tell_stream([sse([chunk({"reasoning_details": [text("a")]}), chunk({}, "stop")])])
    assert told.blocks == [["thinking", "a"]]
    envelope = unseal(told.message["content"][0].get("signature", ""))
    assert envelope is None or not envelope.state
    assert shown_text([3, {"type": "reasoning.text", "text": 4}, {"summary": "b"}]) == "b"


def test_a_call_loop_keeps_its_order() -> None:
    told = streamed(
        {"reasoning_details": [text("a", signature="s")]},
        call(0, id="t1", name="Read", arguments="{}"),
        {"reasoning_details": [text("b", 1, signature="t")]},
        call(1, id="t2", name="Read", arguments="{}"),
        finish="tool_calls",
    )
    kinds = [block["type"] for block in told.message["content"]]
    assert kinds == ["thinking", "tool_use", "thinking", "tool_use"]
    assert details_of(sent_back(told)) == [text("a", signature="s"), text("b", 1, signature="t")]
