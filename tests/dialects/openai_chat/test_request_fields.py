"""The request's own fields: what is sent, what is bent to the model, what is noted or refused."""

import json
from typing import Any

import msgspec
import pytest
from msgspec import Raw

from proxy_core.anthropic.content import OutputFormat
from proxy_core.anthropic.request import parse
from proxy_core.contract import ModelOptions, Unsupported
from proxy_core.dialects.openai_chat.quirks import Quirks
from proxy_core.dialects.openai_chat.requests.request import translate_request
from proxy_core.dialects.openai_chat.requests.scope import Scope
from proxy_core.dialects.openai_chat.requests.structured import output_format
from proxy_core.dialects.openai_chat.requests.tool_names import ToolNames
from proxy_core.ledger import Ledger, LossKind, Reason
from tests.support.chat_requests import Json, request, send, system, target, tool, user

# -- effort --------------------------------------------------------------------------------

ALL = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
KIMI = ("low", "high", "max")
EFFORTS: list[tuple[str, tuple[str, ...] | None, str | None]] = [
    ("low", ALL, "low"),
    ("max", ALL, "max"),
    ("max", ("low", "medium", "high"), "high"),
    ("xhigh", ("low", "medium", "high"), "high"),
    ("medium", KIMI, "low"),
    ("low", ("medium", "high"), "medium"),
    ("low", ("none", "high"), "high"),
    ("high", ("none", "default"), None),
    ("high", (), None),
    ("max", None, None),
    ("medium", None, None),
    ("unheard_of", ALL, None),
]


@pytest.mark.parametrize(("asked", "efforts", "expected"), EFFORTS)
def test_the_nearest_effort_the_model_takes(
    asked: str, efforts: tuple[str, ...] | None, expected: str | None
) -> None:
    sent = send(request(user("x"), output_config={"effort": asked}), target(efforts=efforts))
    assert sent.body.get("reasoning_effort") == expected
    noted = sent.lost("/output_config/effort")
    if asked == expected:
        assert noted is None
    elif expected is None:
        assert noted == (LossKind.DROPPED, Reason.EFFORT)
    else:
        assert noted == (LossKind.RESHAPED, Reason.EFFORT)


@pytest.mark.parametrize(
    ("asked", "sent_as"), [("max", "high"), ("medium", "medium"), ("unheard_of", None)]
)
def test_a_server_whose_models_all_think_is_told_what_all_servers_know(
    asked: str, sent_as: str | None
) -> None:
    question = request(user("x"), output_config={"effort": asked})
    body = send(question, reasoning_control="effort").body
    assert body.get("reasoning_effort") == sent_as


def test_a_vendors_spelling_comes_before_the_nearest() -> None:
    sent = send(
        request(user("x"), output_config={"effort": "medium"}),
        target(efforts=KIMI),
        effort_map={"medium": "high"},
    )
    assert sent.body["reasoning_effort"] == "high"


@pytest.mark.parametrize(("tokens", "effort"), [(1024, "low"), (4096, "medium"), (16384, "high")])
def test_a_budget_is_an_effort(tokens: int, effort: str) -> None:
    thinking = {"type": "enabled", "budget_tokens": tokens}
    thinker = target(efforts=ALL)
    assert send(request(user("x"), thinking=thinking), thinker).body["reasoning_effort"] == effort
    stated = request(user("x"), thinking=thinking, output_config={"effort": "medium"})
    assert send(stated, thinker).body["reasoning_effort"] == "medium"


def test_the_last_effort_said_counts() -> None:
    later = system("S", output_config={"effort": "low"})
    question = request(user("x"), later, output_config={"effort": "high"})
    sent = send(question, target(efforts=ALL))
    assert sent.body["reasoning_effort"] == "low"
    assert sent.lost("/output_config/effort") == (LossKind.DROPPED, Reason.EFFORT)
    assert sent.lost("/messages/1/output_config/effort") is None


OFF: list[tuple[tuple[str, ...] | None, str | None]] = [
    (ALL, "none"),
    (("minimal", "low"), "minimal"),
    (KIMI, "low"),
    ((), None),
    (None, None),
]


@pytest.mark.parametrize(("efforts", "expected"), OFF)
def test_no_thinking_as_far_as_the_model_can(
    efforts: tuple[str, ...] | None, expected: str | None
) -> None:
    sent = send(request(user("x"), thinking={"type": "disabled"}), target(efforts=efforts))
    assert sent.body.get("reasoning_effort") == expected
    assert sent.context.thinking_disabled
    assert (sent.lost("/thinking/type") is None) is (expected == "none")


def test_the_users_own_table_goes_first() -> None:
    options = ModelOptions(reasoning_effort="low", max_tokens=50, temperature=0.1)
    fields: Json = {"temperature": 0.9, "output_config": {"effort": "high"}}
    sent = send(request(user("x"), **fields), target(options))
    assert sent.body["reasoning_effort"] == "low"
    assert sent.body["max_tokens"] == 50
    assert sent.body["temperature"] == 0.1


def test_extra_body_is_laid_over_everything() -> None:
    extra = {"max_tokens": 7, "provider": {"order": ["a"]}}
    body = send(request(user("x")), target(ModelOptions(extra_body=extra))).body
    assert body["max_tokens"] == 7
    assert body["provider"] == {"order": ["a"]}


def test_tools_where_the_server_takes_them_only_without_reasoning() -> None:
    asked = request(user("x"), tools=[tool("a")], output_config={"effort": "high"})
    sent = send(asked, target(efforts=ALL), tools_with_reasoning=False)
    assert sent.body["reasoning_effort"] == "none"
    assert sent.lost("/output_config/effort") == (LossKind.DROPPED, Reason.UNSUPPORTED_BY_MODEL)
    with pytest.raises(Unsupported, match="cannot use tools over Chat Completions"):
        send(asked, target(efforts=("low", "high")), tools_with_reasoning=False)
    del asked["tools"]
    assert (
        send(asked, target(efforts=ALL), tools_with_reasoning=False).body["reasoning_effort"]
        == "high"
    )


# -- limits and identity -------------------------------------------------------------------


def test_stops_beyond_the_limit_are_watched_for_here() -> None:
    stops = ["a", "", "b", "c", "d", "e"]
    sent = send(request(user("x"), stop_sequences=stops))
    assert sent.body["stop"] == ["a", "b", "c", "d"]
    assert sent.stop_sequences == ("e",)
    assert sent.lost("/stop_sequences/1") == (LossKind.DROPPED, Reason.EMPTY)
    assert sent.lost("/stop_sequences/5") == (LossKind.DROPPED, Reason.EMULATED)


def test_a_stream_asks_for_its_usage() -> None:
    body = send(request(user("x"), stream=True)).body
    assert (body["stream"], body["stream_options"]) == (True, {"include_usage": True})
    assert "stream" not in send(request(user("x"), stream=False)).body


def identity(user_id: str) -> Json:
    asked = request(user("x"), metadata={"user_id": user_id})
    sent = send(asked, prompt_cache_key=True, safety_identifier=True)
    assert sent.lost("/metadata/user_id") == (LossKind.DROPPED, Reason.CLIENT_METADATA)
    return {k: v for k, v in sent.body.items() if k in ("prompt_cache_key", "safety_identifier")}


def test_a_session_keeps_its_cache_and_a_person_their_mark() -> None:
    first = identity('{"device_id":"d","account_uuid":"","session_id":"s1"}')
    other = identity('{"device_id":"d","account_uuid":"","session_id":"s2"}')
    assert first["prompt_cache_key"] != other["prompt_cache_key"]
    assert first["safety_identifier"] == other["safety_identifier"]
    assert first == identity('{"device_id":"d","account_uuid":"","session_id":"s1"}')


@pytest.mark.parametrize("user_id", ["u-7f3c", '{"device":"d"}', "[]", "{"])
def test_an_opaque_user_is_a_person_without_a_session(user_id: str) -> None:
    marks = identity(user_id)
    assert set(marks) == {"safety_identifier"}
    assert user_id not in marks["safety_identifier"]


# -- structured output ---------------------------------------------------------------------


def test_a_loose_schema_is_not_strict() -> None:
    schema = {"type": "object", "properties": {"a": {"type": "string"}}}
    wanted = {"type": "json_schema", "schema": schema}
    sent = send(request(user("x"), output_config={"format": wanted}))
    assert sent.body["response_format"]["json_schema"]["strict"] is False
    assert sent.lost("/output_config/format") == (LossKind.RESHAPED, Reason.STRUCTURED_OUTPUT)


def test_a_schema_too_deep_to_judge_is_not_strict() -> None:
    deep = Raw(b'{"not":' * 5000 + b"{}" + b"}" * 5000)
    asked = parse(json.dumps(request(user("x"))).encode())
    asked = msgspec.structs.replace(asked, output_format=OutputFormat("json_schema", deep))
    scope = Scope(Ledger(), target(), Quirks(), ToolNames(".*"))
    made = output_format(asked, has_tools=False, scope=scope)
    assert made.fields["response_format"]["json_schema"]["strict"] is False


def test_an_unknown_format_is_noted() -> None:
    sent = send(request(user("x"), output_config={"format": {"type": "grammar"}}))
    assert "response_format" not in sent.body
    assert sent.lost("/output_config/format") == (LossKind.DROPPED, Reason.STRUCTURED_OUTPUT)


def test_words_stand_for_a_format_beside_tools() -> None:
    wanted = {"type": "json_schema", "schema": {"type": "object"}}
    asked = request(user("x"), output_config={"format": wanted}, tools=[tool("a")])
    sent = send(asked, json_schema_with_tools=False)
    assert sent.messages[0]["content"].endswith('{"type": "object"}')
    del asked["tools"]
    assert "response_format" in send(asked, json_schema_with_tools=False).body


# -- fields that no other vendor knows -----------------------------------------------------

NOTED: list[tuple[str, Any, Reason]] = [
    ("cache_control", {"type": "ephemeral"}, Reason.CACHE_HINT),
    ("container", "container_1", Reason.NO_EQUIVALENT),
    ("container", {"id": "c", "skills": []}, Reason.NO_EQUIVALENT),
    ("diagnostics", {"previous_message_id": None}, Reason.CLIENT_METADATA),
    ("user_profile_id", "p", Reason.CLIENT_METADATA),
    ("thread", {"type": "create"}, Reason.ADVISORY),
    ("mcp_servers", [], Reason.EMPTY),
    ("fallbacks", "default", Reason.ADVISORY),
    ("fallback_credit_token", {"token": "t"}, Reason.CLIENT_METADATA),
    ("billing_policy", {"bill_to": "self"}, Reason.CLIENT_METADATA),
    ("safeguards", [{"path": "/home"}], Reason.CLIENT_METADATA),
    ("speed", "standard", Reason.ADVISORY),
    ("speed", "fast", Reason.ADVISORY),
    ("service_tier", "auto", Reason.ADVISORY),
    ("service_tier", "standard_only", Reason.NO_EQUIVALENT),
    ("inference_geo", "eu", Reason.NO_EQUIVALENT),
    ("field_of_tomorrow", {"a": 1}, Reason.UNKNOWN_FIELD),
    ("context_management", {"edits": [{"type": "clear_thinking_20251015"}]}, Reason.EMULATED),
    ("context_management", {"edits": [{"type": "compact_20260112"}]}, Reason.NO_EQUIVALENT),
    ("context_management", "odd", Reason.NO_EQUIVALENT),
]


@pytest.mark.parametrize(("name", "value", "reason"), NOTED)
def test_a_field_that_is_not_carried_is_noted(name: str, value: Any, reason: Reason) -> None:
    sent = send(request(user("x"), **{name: value}))
    assert sent.lost(f"/{name}") == (LossKind.DROPPED, reason)
    assert sent.raw == send(request(user("x"))).raw


INNER: list[tuple[Json, str, Reason]] = [
    (
        {"output_config": {"task_budget": {"total": 1}}},
        "/output_config/task_budget",
        Reason.ADVISORY,
    ),
    (
        {"thinking": {"type": "adaptive", "block_binding": {"a": 1}}},
        "/thinking/block_binding",
        Reason.SIGNATURE,
    ),
    ({"thinking": {"type": "between_tools"}}, "/thinking/type", Reason.EFFORT),
    (
        {"thinking": {"type": "adaptive", "display": "updates"}},
        "/thinking/display",
        Reason.ADVISORY,
    ),
    ({"metadata": {"team": "t"}}, "/metadata/team", Reason.UNKNOWN_FIELD),
]


@pytest.mark.parametrize(("fields", "path", "reason"), INNER)
def test_inner_fields_are_noted_by_their_place(fields: Json, path: str, reason: Reason) -> None:
    sent = send(request(user("x"), **fields))
    assert [(loss.path, loss.reason) for loss in sent.losses] == [(path, reason)]
    assert sent.raw == send(request(user("x"))).raw


def test_settings_of_a_single_message_are_noted() -> None:
    odd = system("S", output_config={"effort": "low", "verbosity": 2})
    sent = send(
        request(
            user("x"),
            odd,
            system("T", output_config="low"),
            system("U", output_config={"effort": 3}),
        )
    )
    assert sent.lost("/messages/3/output_config") == (LossKind.DROPPED, Reason.NO_EQUIVALENT)
    assert sent.lost("/messages/1/output_config") == (LossKind.DROPPED, Reason.NO_EQUIVALENT)
    assert sent.lost("/messages/2/output_config") == (LossKind.DROPPED, Reason.UNKNOWN_FIELD)


@pytest.mark.parametrize(
    ("field", "value", "path"),
    [
        ("compaction", {"type": "summarize"}, "/compaction"),
        ("thread", {"type": "continue", "previous_message_id": "m"}, "/thread"),
        ("mcp_servers", [{"url": "https://m.example"}], "/mcp_servers"),
        ("container", {"skills": [{"skill_id": "xlsx"}]}, "/container/skills"),
    ],
)
def test_what_must_not_be_guessed_is_refused(field: str, value: Any, path: str) -> None:
    with pytest.raises(Unsupported) as refused:
        send(request(user("x"), **{field: value}))
    assert refused.value.path == path


# -- bounds --------------------------------------------------------------------------------


def test_a_request_too_deep_to_translate_is_refused() -> None:
    asked = parse(json.dumps(request(user("x"))).encode())
    asked = msgspec.structs.replace(asked, container=Raw(b'{"a":' * 5000 + b"1" + b"}" * 5000))
    with pytest.raises(Unsupported, match="nested too deeply"):
        translate_request(asked, target(), Ledger(), Quirks())


def test_a_user_id_too_deep_to_read_is_an_opaque_one() -> None:
    """It is a string to the parser, so nothing bounds the depth of what is in it."""
    user_id = '{"x":' + "[" * 100_000
    sent = send(request(user("x"), metadata={"user_id": user_id}), safety_identifier=True)
    assert len(sent.body["safety_identifier"]) == 64
