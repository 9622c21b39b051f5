"""Tools: which are offered, under what names, and with which schemas."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy_core.contract import Unsupported
from proxy_core.dialects.openai_chat.requests.tool_names import ToolNames
from proxy_core.ledger import LossKind, Reason
from tests.support.chat_requests import (
    Json,
    assistant,
    call,
    request,
    result,
    send,
    system,
    text,
    tool,
    user,
)


def offered(*tools: Json, turns: tuple[Json, ...] = (), **fields: Any) -> list[str]:
    sent = send(request(user("go"), *turns, tools=list(tools), **fields))
    return [made["function"]["name"] for made in sent.body.get("tools", ())]


def test_a_tool_in_full() -> None:
    made = tool("Bash", input_examples=[{"command": "ls"}])
    assert send(request(user("x"), tools=[made])).body["tools"] == [
        {
            "type": "function",
            "function": {
                "name": "Bash",
                "description": 'Does Bash.\n\nExamples of input: [{"command": "ls"}]',
                "parameters": made["input_schema"],
            },
        }
    ]


def test_the_clients_order_is_kept() -> None:
    assert offered(tool("b"), tool("a"), tool("c")) == ["b", "a", "c"]


def test_the_first_of_two_with_one_name_wins() -> None:
    twice = [tool("a", description="one"), tool("a", description="two")]
    sent = send(request(user("x"), tools=twice))
    assert [made["function"]["description"] for made in sent.body["tools"]] == ["one"]
    assert sent.lost("/tools/1") == (LossKind.DROPPED, Reason.DUPLICATE)


def test_a_tool_without_schema_takes_nothing() -> None:
    function = send(request(user("x"), tools=[{"name": "a"}])).body["tools"][0]["function"]
    assert function == {
        "name": "a",
        "description": "",
        "parameters": {"type": "object", "properties": {}},
    }


TYPED = [
    ("bash_20250124", "bash", {"command", "restart"}),
    ("text_editor_20250124", "str_replace_editor", {"command", "path", "old_str", "insert_line"}),
    ("text_editor_20250728", "str_replace_based_edit_tool", {"command", "path", "view_range"}),
    ("memory_20250818", "memory", {"command", "old_path", "new_path"}),
]


@pytest.mark.parametrize(("kind", "name", "properties"), TYPED)
def test_tools_known_by_type_alone_get_a_schema(kind: str, name: str, properties: set[str]) -> None:
    sent = send(request(user("x"), tools=[{"type": kind, "name": name}]))
    function = sent.body["tools"][0]["function"]
    assert function["name"] == name
    assert function["description"]
    assert properties <= set(function["parameters"]["properties"])


def test_only_early_text_editors_undo() -> None:
    def commands(kind: str) -> list[str]:
        made = send(request(user("x"), tools=[{"type": kind, "name": "e"}])).body["tools"][0]
        found: list[str] = made["function"]["parameters"]["properties"]["command"]["enum"]
        return found

    assert "undo_edit" in commands("text_editor_20241022")
    assert "undo_edit" not in commands("text_editor_20250429")


@pytest.mark.parametrize(
    ("left_out", "reason"),
    [
        ({"type": "web_search_20260318", "name": "web_search"}, Reason.SERVER_TOOL),
        ({"type": "code_execution_20260521", "name": "code_execution"}, Reason.SERVER_TOOL),
        ({"type": "mcp_toolset", "mcp_server_name": "h"}, Reason.SERVER_TOOL),
        ({"type": "advisor_20260301", "name": "advisor"}, Reason.SERVER_TOOL),
        ({"type": "of_tomorrow_20270101", "name": "x"}, Reason.SERVER_TOOL),
        ({"type": "computer_toolset_20260801"}, Reason.NO_EQUIVALENT),
        (tool("inner", allowed_callers=["code_execution_20260521"]), Reason.NO_EQUIVALENT),
    ],
)
def test_tools_that_cannot_be_offered(left_out: Json, reason: Reason) -> None:
    sent = send(request(user("x"), tools=[left_out, tool("a")]))
    assert [made["function"]["name"] for made in sent.body["tools"]] == ["a"]
    assert sent.lost("/tools/0") == (LossKind.DROPPED, reason)


def test_a_computer_is_refused() -> None:
    with pytest.raises(Unsupported, match="/tools/0/type"):
        offered({"type": "computer_20251124", "name": "computer", "display_width_px": 1})


def test_an_unknown_type_with_a_schema_is_a_tool() -> None:
    assert offered(tool("a", type="of_tomorrow_20270101")) == ["a"]


def test_a_forced_tool_must_be_there() -> None:
    with pytest.raises(Unsupported, match="'b' is not among"):
        offered(tool("a"), tool_choice={"type": "tool", "name": "b"})


def test_fields_that_nobody_else_knows_are_noted() -> None:
    made = tool("a", strict=True, max_uses=3, eager_input_streaming=True)
    sent = send(request(user("x"), tools=[made]))
    assert sent.lost("/tools/0/strict") == (LossKind.DROPPED, Reason.NO_EQUIVALENT)
    assert sent.lost("/tools/0/max_uses") == (LossKind.DROPPED, Reason.NO_EQUIVALENT)
    assert sent.lost("/tools/0/eager_input_streaming") == (LossKind.DROPPED, Reason.EMULATED)


# -- deferred tools ------------------------------------------------------------------------

FIND, LATER = tool("find"), tool("later", defer_loading=True)


def reference(name: str) -> tuple[Json, Json]:
    found = result("t0", {"type": "tool_reference", "tool_name": name})
    return assistant(call("t0", "find")), user(found)


def test_a_deferred_tool_stays_hidden_until_it_is_found() -> None:
    assert offered(FIND, LATER) == ["find"]
    assert offered(FIND, LATER, turns=reference("later")) == ["find", "later"]
    assert offered(FIND, LATER, turns=reference("other")) == ["find"]


def test_a_tool_that_was_used_or_is_demanded_is_offered() -> None:
    used = assistant(call("t1", "later")), user(result("t1"))
    assert offered(FIND, LATER, turns=used) == ["find", "later"]
    assert offered(FIND, LATER, tool_choice={"type": "tool", "name": "later"}) == ["find", "later"]


def test_without_a_tool_to_search_with_all_are_offered() -> None:
    assert offered(LATER) == ["later"]
    server_search = {"type": "tool_search_tool_bm25_20251119", "name": "tool_search_tool_bm25"}
    assert offered(server_search, LATER) == ["later"]
    assert offered(server_search, FIND, LATER) == ["find", "later"]
    assert offered({"type": "web_search_20260318", "name": "web_search"}, LATER) == ["later"]


def test_what_anthropics_search_found_stays_found() -> None:
    content = {
        "type": "tool_search_tool_search_result",
        "tool_references": [{"type": "tool_reference", "tool_name": "later"}],
    }
    history = assistant({"type": "tool_search_tool_result", "tool_use_id": "s", "content": content})
    assert offered(FIND, LATER, turns=(history, user("on"))) == ["find", "later"]


def change(kind: str, **subject: Any) -> Json:
    return system(text("Tools changed."), {"type": kind, "tool": subject})


def test_tools_come_and_go_in_mid_conversation() -> None:
    gone = change("tool_removal", type="tool_reference", name="find")
    back = change("tool_addition", type="tool_reference", name="find")
    late = change("tool_addition", type="tool_reference", name="later")
    new = change("tool_addition", **tool("new"))
    assert offered(FIND, turns=(gone,)) == []
    assert offered(FIND, turns=(gone, back)) == ["find"]
    assert offered(FIND, LATER, turns=(late,)) == ["find", "later"]
    assert offered(FIND, turns=(new,)) == ["find", "new"]
    sent = send(request(user("go"), gone, tools=[FIND]))
    assert sent.messages[-1] == {"role": "system", "content": "Tools changed."}
    assert sent.lost("/messages/1/content/1") == (LossKind.RESHAPED, Reason.DEFERRED_TOOL)


def test_a_change_that_cannot_be_read_changes_nothing() -> None:
    odd = system("S", {"type": "tool_removal", "tool": "find"})
    assert offered(FIND, LATER, turns=(odd,)) == ["find"]


def test_a_search_without_references_finds_nothing() -> None:
    failed = {"type": "tool_search_tool_result", "tool_use_id": "s", "content": "down"}
    assert offered(FIND, LATER, turns=(assistant(failed), user("on"))) == ["find"]


def test_a_reference_beside_text_is_one_too() -> None:
    shown = user({"type": "tool_reference", "tool_name": "later"})
    assert offered(FIND, LATER, turns=(shown,)) == ["find", "later"]


# -- names ---------------------------------------------------------------------------------

MOONSHOT = r"[a-zA-Z_][a-zA-Z0-9_-]{2,63}"


@pytest.mark.parametrize("name", ["9.x", "ab", "-dash", "é" * 70, "a b", "x" * 65])
def test_a_made_name_fits_every_server(name: str) -> None:
    sent = send(request(user("x"), tools=[tool(name)]), tool_name_pattern=MOONSHOT)
    (made,) = sent.context.tool_names
    assert re.fullmatch(MOONSHOT, made)
    assert sent.context.tool_names == {made: name}
    assert sent.lost("/tools/0/name") == (LossKind.RENAMED, Reason.NAME_CHARSET)


@given(st.lists(st.text(max_size=70), unique=True, max_size=8))
def test_names_stay_apart_and_are_restored(names: list[str]) -> None:
    fitted = ToolNames(r"[a-zA-Z0-9_-]{1,64}")
    sent = [fitted.sent(name) for name in names]
    assert len(set(sent)) == len(names)
    assert [fitted.renamed.get(name, name) for name in sent] == names
    assert all(re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", name) for name in sent)


OPEN: Json = {"type": "object", "properties": {"a": {"type": "string"}}}
CLOSED: Json = {**OPEN, "required": ["a"], "additionalProperties": False}


@pytest.mark.parametrize(
    ("schema", "quirks", "sent_as"),
    [
        (CLOSED, {"strict_tools": True}, True),
        (CLOSED, {"strict_tools": True, "tool_strict": "false"}, True),
        (OPEN, {"strict_tools": True}, None),
        (OPEN, {"strict_tools": True, "tool_strict": "false"}, False),
        (CLOSED, {}, None),
        (CLOSED, {"tool_strict": "false"}, False),
    ],
)
def test_calls_are_held_to_a_schema_where_the_server_can(
    schema: Json, quirks: Json, sent_as: bool | None
) -> None:
    tools = [{"name": "Read", "input_schema": schema, "strict": True}]
    sent = send(request(user("x"), tools=tools), **quirks)
    assert sent.body["tools"][0]["function"].get("strict") is sent_as
    lost = sent.lost("/tools/0/strict")
    assert (lost is None) == (sent_as is True)
