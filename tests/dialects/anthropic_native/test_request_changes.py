"""Members of a request that a vendor's quirks drop, rewrite, put or hash."""

import json
from typing import Any

import msgspec
import pytest

from proxy_core.anthropic.request import parse
from proxy_core.contract import ModelOptions
from proxy_core.ledger import Ledger, LossKind, Reason
from tests.support.native import (
    MODEL,
    TOOL,
    Json,
    request,
    sent,
    target,
    text,
    translated,
)

LINE = "x-anthropic-billing-header: cc_version=1;"


def test_members_are_dropped_by_pointer() -> None:
    to = target(
        drop=[
            "/context_management",
            "/tools/*/type=custom",
            "/tools/*/cache_control/ttl",
            "/messages/*/content/*/cache_control",
        ]
    )
    cached = {"type": "ephemeral", "ttl": "1h"}
    text = {"type": "text", "text": "x", "cache_control": cached}
    tools = [
        {"type": "custom", **TOOL, "cache_control": cached},
        {"type": "bash_20250124", "name": "bash"},
    ]
    asked = request(
        tools=tools,
        context_management={"edits": [{"type": "clear_tool_uses_20250919"}]},
        messages=[{"role": "user", "content": [text]}],
    )
    ledger = Ledger()
    body = sent(asked, to, ledger)
    assert body["tools"] == [{**TOOL, "cache_control": {"type": "ephemeral"}}, tools[1]]
    assert body["messages"][0]["content"] == [{"type": "text", "text": "x"}]
    assert "context_management" not in body
    assert {(loss.path, loss.kind) for loss in ledger} == {
        ("/context_management", LossKind.DROPPED),
        ("/tools/0/type", LossKind.DROPPED),
        ("/tools/0/cache_control/ttl", LossKind.DROPPED),
        ("/messages/0/content/0/cache_control", LossKind.DROPPED),
    }
    assert [loss.path for loss in ledger.meaningful()] == ["/context_management"]


def test_words_are_rewritten_by_pointer() -> None:
    to = target(
        rewrite={"/output_config/effort": {"xhigh": "max"}, "/messages/*/role": {"system": "user"}}
    )
    messages = [{"role": "user", "content": "a"}, {"role": "system", "content": "b"}]
    asked = request(messages=messages, output_config={"effort": "xhigh"})
    ledger = Ledger()
    body = sent(asked, to, ledger)
    assert [message["role"] for message in body["messages"]] == ["user", "user"]
    assert body["output_config"] == {"effort": "max"}
    assert {loss.path for loss in ledger} == {"/messages/1/role", "/output_config/effort"}
    assert sent(request(output_config={"effort": "low"}), to)["output_config"] == {"effort": "low"}


FORMAT = {"type": "json_schema", "schema": {"type": "object"}}


@pytest.mark.parametrize(
    ("config", "left", "lost"),
    [
        ({"effort": "medium"}, None, ["/output_config"]),
        ({"effort": "high", "format": FORMAT}, {"format": FORMAT}, ["/output_config/effort"]),
    ],
)
def test_c15_disabled_thinking_wins_over_effort(config: Json, left: Any, lost: list[str]) -> None:
    words = {"/output_config/effort": {"medium": "high"}}
    to = target(effort_without_thinking=False, rewrite=words)
    off = request(thinking={"type": "disabled"}, output_config=config)
    ledger = Ledger()
    body = sent(off, to, ledger)
    assert (body["thinking"], body.get("output_config")) == ({"type": "disabled"}, left)
    assert [loss.path for loss in ledger] == lost
    assert sent(off)["output_config"] == config
    on = request(thinking={"type": "adaptive"}, output_config=config)
    assert sent(on, to)["output_config"] == {**config, "effort": "high"}
    always = target(effort_without_thinking=False, drop=["/thinking"])
    assert sent(off, always)["output_config"] == config


def test_c15_no_effort_is_put_beside_thinking_that_is_off() -> None:
    message = {"role": "user", "content": "a", "output_config": {"effort": "high"}}
    off = request(thinking={"type": "disabled"}, messages=[message])
    to = target(effort_without_thinking=False, betas=False)
    assert "output_config" not in sent(off, to)
    assert sent(off, target(betas=False))["output_config"] == {"effort": "high"}
    deep = msgspec.structs.replace(to, options=ModelOptions(reasoning_effort="high"))
    assert "output_config" not in sent(off, deep)


def test_what_no_rule_names_stays_byte_for_byte() -> None:
    to = target(drop=["/b"], rewrite={"/c": {"x": "y"}})
    head = (
        b'{ "a" : 1.50e1,\n "b": [ ], "c":"x", "messages":[ {"role":"user","content":"\\u0041"} ],'
    )
    changed = b'{ "a" : 1.50e1, "c":"y", "messages":[ {"role":"user","content":"\\u0041"} ],'
    made = translated(parse(head + b'"model" : "m","max_tokens":1 }'), to).body
    assert made == changed + b'"model" : "%b","max_tokens":1 }' % MODEL.encode()


def test_members_that_are_always_the_vendors() -> None:
    to = target(put={"thinking": {"type": "disabled"}})
    assert sent(request(), to)["thinking"] == {"type": "disabled"}
    asked = request(thinking={"type": "adaptive"})
    assert sent(asked, to)["thinking"] == {"type": "disabled"}


def test_the_billing_line_goes_to_anthropic_alone() -> None:
    line = {"type": "text", "text": "x-anthropic-billing-header: cc_version=1;"}
    prompt = {"type": "text", "text": "be good"}
    asked = request(system=[line, prompt])
    assert sent(asked)["system"] == [line, prompt]
    ledger = Ledger()
    assert sent(asked, target(drop_attribution=True), ledger)["system"] == [prompt]
    assert [(loss.path, loss.reason) for loss in ledger] == [("/system/0", Reason.ATTRIBUTION)]
    assert sent(request(system="plain"), target(drop_attribution=True))["system"] == "plain"


@pytest.mark.parametrize(
    ("system", "left"),
    [
        ([text(f"{LINE}\n\nbe good"), text("and kind")], [text("be good"), text("and kind")]),
        (f"{LINE}\nbe good", "be good"),
        (LINE, ""),
        ([text(LINE)], []),
        ([text("be good"), text(LINE)], [text("be good")]),
    ],
)
def test_the_billing_line_is_found_wherever_it_begins_a_text(system: Any, left: Any) -> None:
    ledger = Ledger()
    assert sent(request(system=system), target(drop_attribution=True), ledger)["system"] == left
    assert [loss.reason for loss in ledger] == [Reason.ATTRIBUTION]
    escaped = request(system=system)
    escaped = parse(escaped.body.replace(b"x-anth", b"\\u0078-anth"))
    assert sent(escaped, target(drop_attribution=True))["system"] == left


def test_a_header_may_name_the_session() -> None:
    user = {"user_id": json.dumps({"session_id": "s-1"})}
    to = target(session_header="x-session-id")
    ((name, digest),) = translated(request(metadata=user), to).headers
    assert (name, len(digest)) == ("x-session-id", 64)
    assert translated(request(), to).headers == ()


def test_nothing_else_stands_beside_the_hashed_user() -> None:
    to = target(hash_user=True)
    for user in ({"user_id": None}, {"user_id": ""}, {}):
        asked = request(metadata=user | {"device": "d"})
        ledger = Ledger()
        assert sent(asked, to, ledger)["metadata"] == {}
        assert "/metadata/device" in [loss.path for loss in ledger]


def test_stops_users_and_no_tokens_for_servers_with_other_rules() -> None:
    user = {"user_id": '{"device_id":"d","session_id":"s-1"}'}
    asked = request(stop_sequences=list("abcdefg"), metadata=user)
    ledger = Ledger()
    body = sent(asked, target(stop_limit=5, hash_user=True), ledger)
    assert body["stop_sequences"] == list("abcde")
    assert len(body["metadata"]["user_id"]) == 64
    assert [loss.path for loss in ledger] == [
        "/stop_sequences/5",
        "/stop_sequences/6",
        "/metadata/user_id",
    ]
    watched = translated(asked, target(stop_limit=5))
    assert (watched.stop_sequences, watched.relay) == (("f", "g"), False)
    other = request(metadata={"user_id": '{"device_id":"e","session_id":"s-1"}'})
    assert sent(other, target(hash_user=True))["metadata"] == body["metadata"]
    plain = sent(request(metadata={"user_id": "u"}), target(hash_user=True))
    assert plain["metadata"] != body["metadata"]
    assert translated(request(max_tokens=0)).relay
    assert not translated(request(max_tokens=0), target(prewarm=False)).relay


def test_stops_that_are_too_long_are_watched_for_and_take_no_place() -> None:
    asked = request(stop_sequences=["e" * 5, "a", "é" * 3, "é" * 2, "b"])
    ledger = Ledger()
    to = target(stop_limit=2, stop_bytes=4)
    assert sent(asked, to, ledger)["stop_sequences"] == ["a", "é" * 2]
    assert [loss.path for loss in ledger] == [f"/stop_sequences/{index}" for index in (0, 2, 4)]
    watched = translated(asked, to)
    assert (watched.stop_sequences, watched.relay) == (("e" * 5, "é" * 3, "b"), False)
    short = request(stop_sequences=["a", "b"])
    assert translated(short, to).relay


@pytest.mark.parametrize("wrong", [{"drop": 1}, {"drop": ["x"]}, {"nonsense": True}])
def test_wrong_quirks_are_named(wrong: Json) -> None:
    with pytest.raises(ValueError, match=r"drop|nonsense|pointer"):
        sent(request(), target(**wrong))
