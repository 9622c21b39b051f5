"""What holds for every legal conversation, whatever it says."""

from __future__ import annotations

import copy
import json
from base64 import b64encode
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy_core.anthropic.request import parse
from proxy_core.anthropic.rules import check_messages
from proxy_core.ledger import Ledger
from proxy_core.testing.leaves import unexplained
from proxy_core.testing.strategies.conversations import conversations, requests
from proxy_gemini import plugin
from tests.e2e.gemini_rules import DUMMIES, RefusedError, check_body
from tests.support.chat_requests import assistant, call, image, request, result, tool, user
from tests.support.claude_code import RECORDED, recorded
from tests.support.conversations import MARKER, beginning, elements, markers
from tests.support.gemini import Json, asked, send, target, tell_whole

TARGETS = st.sampled_from(
    [
        target(),
        target("gemini-3.8-flash", call_ids=False),
        target("gemini-4-hydrogen", schema_lane="openapi", store_field=False),
    ]
)
OLDER = st.sampled_from([target("gemini-2.5-pro"), target("gemma-4-31b-it")])


@pytest.mark.proof
@given(requests(), TARGETS)
def test_the_body_is_what_gemini_takes(asks: Json, to: Any) -> None:
    check_messages(parse(json.dumps(asks).encode()))
    check_body(send(asks, to).body)


@pytest.mark.proof
@given(requests(), TARGETS | OLDER)
def test_what_is_said_keeps_its_order(asks: Json, to: Any) -> None:
    """The parts of a role tell what its messages told; results stand in the order of calls."""
    contents = send(asks, to).contents
    for role, roles in (("user", ("user", "system")), ("model", ("assistant",))):
        told = "".join(
            part["text"]
            for content in contents
            for part in content["parts"]
            if content["role"] == role and "text" in part and not part.get("thought")
        )
        assert MARKER.findall(told) == markers(asks, roles)
    results = "".join(
        json.dumps(part["functionResponse"]["response"])
        for content in contents
        for part in content["parts"]
        if "functionResponse" in part
    )
    assert sorted(MARKER.findall(results)) == sorted(markers(asks, ("tool",)))


@pytest.mark.proof
@given(requests(), TARGETS | OLDER)
def test_nothing_vanishes_in_silence(asks: Json, to: Any) -> None:
    sent = send(asks, to)
    level = sent.generation.get("thinkingConfig", {}).get("thinkingLevel", "")
    said = {**sent.body, "in the client's letters": level.lower()}
    assert list(unexplained(asks, said, sent.ledger)) == []


@pytest.mark.proof
@given(requests(), TARGETS | OLDER)
def test_the_same_request_gives_the_same_bytes_and_stays_as_it_is(asks: Json, to: Any) -> None:
    body = json.dumps(asks).encode()
    parsed, untouched = parse(body), parse(body)
    losses = Ledger(), Ledger()
    first = plugin.proxy_translate_request(parsed, to, losses[0])
    second = plugin.proxy_translate_request(parsed, to, losses[1])
    assert first == second
    assert list(losses[0]) == list(losses[1])
    assert parsed == untouched


@pytest.mark.proof
@given(conversations(), st.data(), TARGETS | OLDER)
def test_a_longer_conversation_begins_with_the_shorter_one(
    messages: list[Json], data: st.DataObject, to: Any
) -> None:
    """Google's cache finds the same prefix again."""
    shorter = raw_contents(request(*beginning(messages, data)), to)
    longer = raw_contents(request(*messages), to)
    *complete, last = shorter
    assert longer[: len(complete)] == complete
    # Where nothing is left of the model's turn, the user goes on in the same content.
    assert longer[len(complete)].startswith(last.removesuffix(b"]}"))


def raw_contents(asks: Json, to: Any) -> list[bytes]:
    return elements(send(asks, to).upstream.body, "contents")


@given(requests())
def test_counting_asks_about_the_same_prompt(asks: Json) -> None:
    sent = send(asks).body
    body = json.loads(
        plugin.proxy_count_tokens(parse(json.dumps(asks).encode()), target()).request.body
    )
    counted = body.get("generateContentRequest", body)
    for name in ("contents", "systemInstruction", "tools"):
        assert counted.get(name) == sent.get(name)


@pytest.mark.parametrize("name", [path.stem for path in RECORDED])
def test_what_claude_code_sends_is_taken(name: str) -> None:
    asks = recorded(name)
    for to in (target(), target(schema_lane="openapi")):
        body = send({"max_tokens": 1, **asks}, to).body
        check_body(body)


# -- signatures ----------------------------------------------------------------------------

SIGNATURES = st.binary(min_size=1, max_size=60).map(lambda raw: b64encode(raw).decode())


@pytest.mark.proof
@given(st.lists(st.tuples(SIGNATURES, st.integers(0, 2), st.booleans()), min_size=1, max_size=4))
def test_signatures_come_home_to_their_own_calls(steps: list[tuple[str, int, bool]]) -> None:
    """Over several steps, with thoughts or without, and further calls beside the signed one."""
    messages: list[Json] = [user("go")]
    issued: dict[str, str] = {}
    for number, (signature, more, thinks) in enumerate(steps):
        ids = [f"c{number}x{index}" for index in range(more + 1)]
        parts: list[Json] = [{"text": "Hm.", "thought": True}] if thinks else []
        parts += [{"functionCall": {"name": "Bash", "args": {}, "id": id_}} for id_ in ids]
        parts[-len(ids)]["thoughtSignature"] = signature
        issued[ids[0]] = signature
        answer = {"candidates": [{"content": {"parts": parts}, "finishReason": "STOP"}]}
        messages.append(assistant(*tell_whole(json.dumps(answer).encode()).content))
        messages.append(user(*(result(id_, "out") for id_ in ids)))
    body = send(request(*messages)).body
    check_body(body, lambda signature, made: issued.get(made["id"]) == signature)
    assert not any(dummy in json.dumps(body) for dummy in DUMMIES)


def test_a_signature_of_the_second_generation_is_not_sent_to_the_third() -> None:
    parts = [{"functionCall": {"name": "Bash", "id": "c"}, "thoughtSignature": "b2xk"}]
    answer = {"candidates": [{"content": {"parts": parts}, "finishReason": "STOP"}]}
    older = asked(target("gemini-2.5-pro"))
    content = tell_whole(json.dumps(answer).encode(), older).content
    asks = request(user("go"), assistant(*content), user(result(content[-1]["id"], "out")))
    (part,) = send(asks).contents[1]["parts"]
    assert part["thoughtSignature"] in DUMMIES
    (part,) = send(asks, target("gemini-2.5-flash")).contents[1]["parts"]
    assert part["thoughtSignature"] == "b2xk"


def test_a_signature_whose_call_the_client_took_away_is_not_given_to_the_next() -> None:
    parts = [{"functionCall": {"name": "Bash", "id": "c"}, "thoughtSignature": "b3du"}]
    answer = {"candidates": [{"content": {"parts": parts}, "finishReason": "STOP"}]}
    carrier, _ = tell_whole(json.dumps(answer).encode()).content
    asks = request(
        user("go"), assistant(carrier, "instead", call("other")), user(result("other", "out"))
    )
    assert "b3du" not in json.dumps(send(asks).body)
    assert send(asks).contents[1]["parts"][1]["thoughtSignature"] in DUMMIES


def test_no_signature_of_google_reaches_another_server() -> None:
    parts = [{"functionCall": {"name": "Bash", "id": "c"}, "thoughtSignature": "b3du"}]
    answer = {"candidates": [{"content": {"parts": parts}, "finishReason": "STOP"}]}
    content = tell_whole(json.dumps(answer).encode()).content
    asks = request(user("go"), assistant(*content), user(result(content[-1]["id"], "out")))
    elsewhere = target()
    card = elsewhere.provider.model_copy(update={"base_url": "https://gate.example"})
    elsewhere = type(elsewhere)(provider=card, model=elsewhere.model, facts=elsewhere.facts)
    sent = send(asks, elsewhere)
    assert "b3du" not in json.dumps(sent.body)
    assert sent.lost("/messages/1/content/0") is not None


# -- the judge can say no ------------------------------------------------------------------


def _good_body() -> Json:
    return send(
        request(
            user("go"),
            assistant("both", call("t1", command="a"), call("t2", command="b")),
            user(result("t1", "one"), result("t2", image()), "and now"),
            tools=[tool("Bash")],
            tool_choice={"type": "tool", "name": "Bash"},
            system="S",
        )
    ).body


def _parts(body: Json, index: int) -> list[Json]:
    parts: list[Json] = body["contents"][index]["parts"]
    return parts


def _schema(body: Json) -> Json:
    schema: Json = body["tools"][0]["functionDeclarations"][0]["parametersJsonSchema"]
    return schema


Change = Callable[[Json], Any]
BREAKS: dict[str, Change] = {
    "unknown top-level field": lambda b: b.update(metadata={}),
    "unknown field in a part": lambda b: _parts(b, 0)[0].update(cache_control={}),
    "two users in a row": lambda b: b["contents"].insert(0, b["contents"][0]),
    "the model's turn last": lambda b: b["contents"].pop(),
    "no parts": lambda b: b["contents"][0].update(parts=[]),
    "an empty text": lambda b: _parts(b, 0).append({"text": ""}),
    "two kinds in a part": lambda b: _parts(b, 1)[1].update(text="x"),
    "a missing response": lambda b: _parts(b, 2).pop(0),
    "responses in another order": lambda b: _parts(b, 2).insert(0, _parts(b, 2).pop(1)),
    "text before the responses": lambda b: _parts(b, 2).insert(0, _parts(b, 2).pop()),
    "another id": lambda b: _parts(b, 2)[0]["functionResponse"].update(id="x"),
    "another name": lambda b: _parts(b, 2)[0]["functionResponse"].update(name="x"),
    "no signature": lambda b: _parts(b, 1)[1].pop("thoughtSignature"),
    "a reference in a response": lambda b: _parts(b, 2)[0]["functionResponse"].update(
        response={"output": {"$ref": "x"}}
    ),
    "a GIF in a response": lambda b: _parts(b, 2)[1]["functionResponse"]["parts"][0][
        "inlineData"
    ].update(mimeType="image/gif"),
    "a keyword": lambda b: _schema(b).update(exclusiveMinimum=1),
    "a sibling of a reference": lambda b: _schema(b)["properties"].update(
        a={"$ref": "#", "type": "string"}
    ),
    "required that is not there": lambda b: _schema(b).update(required=["z"]),
    "a tool that is not there": lambda b: b.pop("tools"),
    "a tool twice": lambda b: b["tools"][0]["functionDeclarations"].append(
        b["tools"][0]["functionDeclarations"][0]
    ),
    "too long an answer": lambda b: b["generationConfig"].update(maxOutputTokens=65_537),
    "level and budget": lambda b: b["generationConfig"].update(
        thinkingConfig={"thinkingLevel": "LOW", "thinkingBudget": 1}
    ),
    "sampling": lambda b: b["generationConfig"].update(temperature=1),
}  # fmt: skip


def test_the_unbroken_body_passes() -> None:
    check_body(_good_body())


def test_a_signature_that_was_not_given_out_is_refused() -> None:
    body = copy.deepcopy(_good_body())
    _parts(body, 1)[1]["thoughtSignature"] = "Zm9yZWlnbg=="
    with pytest.raises(RefusedError, match="not valid"):
        check_body(body, lambda *_: False)


@pytest.mark.parametrize("change", BREAKS.values(), ids=BREAKS)
def test_a_broken_body_is_refused(change: Change) -> None:
    body = _good_body()
    change(body)
    with pytest.raises(RefusedError):
        check_body(body)
