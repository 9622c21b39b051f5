"""The stand-in for the Responses API refuses what it is there to refuse."""

import copy
from collections.abc import Callable
from typing import Any

import pytest
from openai.types.responses import Response, ResponseStreamEvent
from pydantic import TypeAdapter

from tests.e2e.openai_rules import RefusedError
from tests.e2e.responses_rules import check_count
from tests.e2e.responses_upstream import BIG, RESPONSES, check_body, encrypted
from tests.e2e.upstream_script import Json, Usage, answer, call, say, think, together

TOOL = {
    "type": "function",
    "name": "Bash",
    "description": "Runs.",
    "strict": False,
    "parameters": {"type": "object", "properties": {}},
}
THOUGHT = {
    "type": "reasoning",
    "id": "rs_1",
    "summary": [],
    "encrypted_content": encrypted(BIG, "rs_1"),
}
CALL = {"type": "function_call", "call_id": "c1", "name": "Bash", "arguments": "{}"}
RESULT = {"type": "function_call_output", "call_id": "c1", "output": "out"}
ASKED = {"role": "user", "content": [{"type": "input_text", "text": "go"}]}
GOOD: Json = {
    "model": BIG,
    "store": False,
    "input": [ASKED, THOUGHT, CALL, RESULT],
    "tools": [TOOL],
    "max_output_tokens": 100,
    "reasoning": {"effort": "high", "summary": "auto"},
}
IMAGE = {"type": "input_image", "detail": "auto", "image_url": "data:image/png;base64,iVBORw0KGgo="}


def changed(**fields: Any) -> Callable[[Json], Json]:
    return lambda body: {**body, **fields}


def with_input(*items: Json) -> Callable[[Json], Json]:
    return changed(input=[ASKED, *items])


def test_a_good_request_is_taken() -> None:
    check_body(copy.deepcopy(GOOD))


REFUSED: dict[str, tuple[Callable[[Json], Json], str]] = {
    "a field of Chat": (changed(messages=[]), "Unknown parameter: 'messages'"),
    "no stop": (changed(stop=["X"]), "Unknown parameter: 'stop'"),
    "an unknown field inside": (
        with_input({**ASKED, "cache_control": {}}),
        "Invalid '.input",
    ),
    "nothing asked": (changed(input=[]), "'input'"),
    "an empty message": (with_input({"role": "user", "content": []}), "empty"),
    "kept": (changed(store=True), "must be false"),
    "kept by default": (lambda b: {k: v for k, v in b.items() if k != "store"}, "must be false"),
    "too few tokens": (changed(max_output_tokens=15), "below minimum"),
    "strict": (changed(tools=[{**TOOL, "strict": True}]), "Invalid schema"),
    "strict left out": (changed(tools=[{**TOOL, "strict": None}]), "Invalid schema"),
    "a tool as Chat has it": (changed(tools=[{"type": "function", "function": {}}]), "tools"),
    "a choice that is not offered": (
        changed(tool_choice={"type": "function", "name": "Fly"}),
        "not found in 'tools'",
    ),
    "a choice without tools": (changed(tools=[], tool_choice="auto"), "only allowed"),
    "sampling beside reasoning": (changed(temperature=0.5), "'temperature' is not supported"),
    "reasoning of a model without": (changed(model="gpt-4.1"), "'reasoning' is not supported"),
    "reasoning at the end": (
        changed(input=[ASKED, CALL, RESULT, THOUGHT]),
        "without its required following item",
    ),
    "reasoning before a user": (with_input(THOUGHT, ASKED), "without its required following"),
    "reasoning that is not kept": (
        with_input({k: v for k, v in THOUGHT.items() if k != "encrypted_content"}, CALL, RESULT),
        "not persisted",
    ),
    "reasoning twice": (with_input(THOUGHT, THOUGHT, CALL, RESULT), "Duplicate item"),
    "a call without its result": (with_input(CALL), "No tool output found"),
    "a result without its call": (with_input(RESULT), "No tool call found"),
    "words before the result": (with_input(CALL, ASKED, RESULT), "before all calls"),
    "a call twice": (with_input(CALL, CALL, RESULT), "Duplicate"),
    "a call with an id of its own": (
        with_input({**CALL, "id": "fc_1"}, RESULT),
        "without its required 'reasoning' item",
    ),
    "arguments that are no object": (with_input({**CALL, "arguments": ""}, RESULT), "arguments"),
    "a picture without detail": (
        with_input({"role": "user", "content": [{k: IMAGE[k] for k in ("type", "image_url")}]}),
        "detail': Field required",
    ),
    "a picture that is none": (
        with_input({"role": "user", "content": [{**IMAGE, "image_url": "data:text/plain,x"}]}),
        "image_url",
    ),
}


@pytest.mark.parametrize(("change", "words"), REFUSED.values(), ids=REFUSED)
def test_what_is_refused(change: Callable[[Json], Json], words: str) -> None:
    with pytest.raises(RefusedError) as refused:
        check_body(change(copy.deepcopy(GOOD)))
    assert words in refused.value.message


def test_state_that_was_never_told_is_refused() -> None:
    for model, item_id, given in (
        (BIG, "rs_2", THOUGHT),
        ("gpt-6.1-terra", "rs_1", THOUGHT),
        (BIG, "rs_1", {**THOUGHT, "encrypted_content": "gAAAA"}),
    ):
        body = {**GOOD, "model": model, "input": [ASKED, {**given, "id": item_id}, CALL, RESULT]}
        with pytest.raises(RefusedError) as refused:
            check_body(body)
        assert refused.value.code == "invalid_encrypted_content"


def test_counting_takes_what_is_read_and_nothing_else() -> None:
    check_count({name: GOOD[name] for name in ("model", "input", "tools", "reasoning")})
    with pytest.raises(RefusedError):
        check_count(GOOD)


@pytest.mark.parametrize("finish", [None, "length", "content_filter"])
def test_what_it_tells_is_what_the_sdk_reads(finish: str | None) -> None:
    one, two = call("call_1", "Bash", {"a": "b"}), call("call_2", "Bash", {"c": "d"})
    turn = answer(think("Hm", "."), say("Yes", "."), together(one, two), finish=finish)
    usage = Usage(10, 5, cached=3, reasoning=2)
    event: TypeAdapter[Any] = TypeAdapter(ResponseStreamEvent)
    events = [event.validate_python(told) for told in RESPONSES.chunks(turn, BIG, "1", usage)]
    last = Response.model_validate(RESPONSES.whole(turn, BIG, "1", usage))
    assert events[-1].response == last
    assert [item.type for item in last.output] == [
        "reasoning",
        "message",
        "function_call",
        "function_call",
    ]
