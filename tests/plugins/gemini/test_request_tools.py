"""Tools of a request."""

from __future__ import annotations

import pytest

from proxy_core.contract import Unsupported
from proxy_core.ledger import LossKind, Reason
from tests.e2e.gemini_rules import check_body
from tests.support.chat_requests import HI, request, tool
from tests.support.gemini import Json, context, send, target


def test_no_tools_no_fields() -> None:
    body = send(request(HI, tools=[], tool_choice={"type": "auto"})).body
    assert not {"tools", "toolConfig"} & body.keys()


@pytest.mark.parametrize(
    ("choice", "strict", "mode"),
    [
        ({"type": "auto"}, False, {"mode": "AUTO"}),
        ({"type": "any"}, False, {"mode": "ANY"}),
        ({"type": "none"}, False, {"mode": "NONE"}),
        ({"type": "tool", "name": "Bash"}, True, {"mode": "ANY", "allowedFunctionNames": ["Bash"]}),
        ({"type": "auto"}, True, {"mode": "VALIDATED"}),
        (None, True, {"mode": "VALIDATED"}),
        (None, False, None),
    ],
)
def test_tool_choice(choice: Json | None, strict: bool, mode: Json | None) -> None:
    asks = request(HI, tools=[tool("Bash", strict=strict)])
    if choice is not None:
        asks["tool_choice"] = choice
    config = send(asks).body.get("toolConfig")
    assert config == (None if mode is None else {"functionCallingConfig": mode})


def test_one_call_at_a_time_cannot_be_asked_for() -> None:
    choice = {"type": "auto", "disable_parallel_tool_use": True}
    sent = send(request(HI, tools=[tool("Bash")], tool_choice=choice))
    assert sent.lost("/tool_choice/disable_parallel_tool_use") == (
        LossKind.DROPPED,
        Reason.UNSUPPORTED_BY_MODEL,
    )


@pytest.mark.parametrize("name", ["mcp.server/tool", "0tool", "n" * 80, "outil-été"])
def test_names_that_gemini_does_not_take(name: str) -> None:
    sent = send(request(HI, tools=[tool(name)], tool_choice={"type": "tool", "name": name}))
    check_body(sent.body)
    (function,) = sent.body["tools"][0]["functionDeclarations"]
    assert context(sent.upstream).tool_names == {function["name"]: name}


def test_names_that_gemini_takes_stay() -> None:
    sent = send(request(HI, tools=[tool("mcp__x.y:z-1")]))
    assert sent.body["tools"][0]["functionDeclarations"][0]["name"] == "mcp__x.y:z-1"


def test_a_search_by_anthropic_is_left_out_with_the_choice_of_it() -> None:
    search = {"type": "web_search_20250305", "name": "web_search"}
    sent = send(request(HI, tools=[search, tool("Bash")]))
    assert len(sent.body["tools"][0]["functionDeclarations"]) == 1
    assert sent.lost("/tools/0") == (LossKind.DROPPED, Reason.SERVER_TOOL)


def test_more_tools_than_gemini_takes() -> None:
    tools = [tool(f"t{number}") for number in range(513)]
    with pytest.raises(Unsupported, match="512"):
        send(request(HI, tools=tools))
    assert len(send(request(HI, tools=tools[:512])).body["tools"][0]["functionDeclarations"]) == 512


def test_a_keyword_is_noted_at_its_place() -> None:
    schema = {"type": "object", "properties": {"a/b": {"type": "string", "pattern": "x"}}}
    sent = send(request(HI, tools=[tool("A"), {"name": "B", "input_schema": schema}]))
    assert sent.lost("/tools/1/input_schema/properties/a~1b/pattern") == (
        LossKind.RESHAPED,
        Reason.SCHEMA_KEYWORD,
    )


def test_a_function_without_parameters_in_the_typed_lane() -> None:
    bare = {"name": "List", "input_schema": {"type": "object", "properties": {}}}
    (function,) = send(request(HI, tools=[bare]), target(schema_lane="openapi")).body["tools"][0][
        "functionDeclarations"
    ]
    assert "parameters" not in function


def test_a_schema_that_is_nested_too_deeply_is_refused_by_its_place() -> None:
    nested: Json = {}
    for _ in range(400):
        nested = {"type": "object", "properties": {"x": nested}}
    deep = {"name": "Deep", "input_schema": nested}
    with pytest.raises(Unsupported, match="nested too deeply") as refused:
        send(request(HI, tools=[tool("Bash"), deep]))
    assert refused.value.path == "/tools/1/input_schema"
