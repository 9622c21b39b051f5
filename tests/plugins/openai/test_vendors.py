"""The vendors' cards: what each of them is sent, and what its answers become."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from proxy_core.anthropic.answering import writer_options
from proxy_core.anthropic.carrier import Envelope, seal
from proxy_core.anthropic.message import EventSink
from proxy_core.anthropic.request import parse
from proxy_core.anthropic.writer import MessageWriter
from proxy_core.bound import BoundProvider
from proxy_core.contract import (
    About,
    ErrorVerdict,
    FailureKind,
    Target,
    Unsupported,
    UpstreamFailure,
)
from proxy_core.ledger import Ledger
from proxy_core.plugins import configured, load_plugins
from proxy_core.routing.directory import at
from proxy_core.settings import Settings
from proxy_core.sse import SseDecoder
from proxy_core.testing.lifecycle import check_events, fold, parse_events
from tests.e2e.openai_rules import RULES
from tests.support.chat_answers import Json, a_usage, chunk, sse
from tests.support.chat_requests import assistant, call, image, request, result, system, tool, user

BOUND = {bound.provider.name: bound for bound in load_plugins(["openai"]).providers}
NAMED = [
    *("openai", "azure", "openrouter", "fireworks", "together", "xai", "deepseek", "cerebras"),
    *("mistral", "zai", "ollama", "vllm", "lmstudio", "llamacpp", "litellm", "custom"),
]
WITHOUT_KEY = {"ollama", "vllm", "lmstudio", "llamacpp", "litellm", "custom"}
NOWHERE = {"azure", "custom"}
CHAT = [name for name in NAMED if name not in ("openai", "azure")]
FIXTURES = Path(__file__).parents[2] / "fixtures" / "openai"

SCHEMA = {"type": "json_schema", "schema": {"type": "object", "additionalProperties": False}}
OFF: Json = {"thinking": {"type": "disabled"}}
HIGH: Json = {"output_config": {"effort": "high"}}
FORCED: Json = {"tools": [tool("Bash")], "tool_choice": {"type": "any"}}
SPOKEN = [user("hi")]


def somewhere(name: str) -> BoundProvider:
    """The provider, at an address if it has none."""
    bound = BOUND[name]
    if name not in NOWHERE:
        return bound
    elsewhere = bound.provider.model_copy(update={"base_url": "https://a.example/v1"})
    return msgspec.structs.replace(bound, provider=elsewhere)


def target_of(name: str, model: str = "") -> Target:
    card = somewhere(name).provider
    return at(card, model or card.big or "some-model")


def sent(name: str, model: str = "", messages: list[Json] = SPOKEN, **fields: Any) -> Json:
    """The body for a small request."""
    asked = json.dumps(request(*messages, **fields)).encode()
    made = BOUND[name].translate_request(parse(asked), target_of(name, model), Ledger())
    body: Json = json.loads(made.body)
    return body


# -- the cards -----------------------------------------------------------------------------


def test_the_vendors() -> None:
    assert list(BOUND) == NAMED
    assert BOUND["xai"].provider.aliases == ("grok",)


@pytest.mark.parametrize("name", NAMED)
def test_a_card_is_whole(name: str) -> None:
    card = BOUND[name].provider
    assert card.key_env
    assert card.base_url_env
    assert card.key_required == (name not in WITHOUT_KEY)
    assert card.base_url.endswith(card.base_path)
    assert card.base_url.startswith(
        "http://127.0.0.1" if not card.key_required else "https://"
    ) or (name in NOWHERE)
    assert all(facts.source for facts in card.models)
    assert card.docs or name == "custom"


@pytest.mark.parametrize("name", NAMED)
def test_default_models_are_known(name: str) -> None:
    card = BOUND[name].provider
    defaults = [model for model in (card.big, card.middle, card.small) if model]
    assert defaults or name in {"vllm", "lmstudio", "llamacpp", "litellm", "custom"}
    for model in defaults:
        assert at(card, model).facts.source, model
        # How much a local server takes is its user's setting.
        assert at(card, model).facts.context_window or name == "ollama"


@pytest.mark.parametrize("name", NAMED)
def test_each_row_can_be_reached_and_is_understood(name: str) -> None:
    card = BOUND[name].provider
    for facts in card.models:
        if "[" not in facts.pattern:
            model = facts.pattern.replace("*", "-9x")
            assert at(card, model).facts == facts
            if name not in NOWHERE:
                assert sent(name, model, tools=[])["model"] == model


@pytest.mark.parametrize("name", sorted(NOWHERE))
def test_without_an_address_nothing_is_sent(name: str) -> None:
    bound = BOUND[name]
    asked = parse(json.dumps(request(user("hi"))).encode())
    with pytest.raises(Unsupported) as refused:
        bound.translate_request(asked, at(bound.provider, "m"), Ledger())
    variables = " or ".join(bound.provider.base_url_env)
    assert refused.value.why == (
        f"provider {name} has no address; set {variables}, or base_url in [providers.{name}]"
    )


@pytest.mark.parametrize("name", NAMED)
def test_a_users_provider_may_be_like_any(name: str, tmp_path: Path) -> None:
    office = {"like": name, "base_url": "http://127.0.0.1:4000/v1", "api_key_env": "MINE"}
    environ = {"MINE": "k", **dict.fromkeys(BOUND[name].provider.key_env, "another")}
    settings = Settings.load({"providers": {"office": office}}, environ=environ, cwd=tmp_path)
    found = configured(load_plugins(["openai"]), settings).get("office")
    assert found is not None
    key = settings.key_for(found.provider)
    assert key is not None
    assert key.get_secret_value() == "k"
    assert found.provider.base_url == "http://127.0.0.1:4000/v1"
    asked = parse(json.dumps(request(user("hi"), max_tokens=7)).encode())
    model = BOUND[name].provider.big or "m"
    made = json.loads(found.translate_request(asked, at(found.provider, model), Ledger()).body)
    if name in CHAT:
        assert made == sent(name, model, max_tokens=7)


def a_users(quirks: Json, tmp_path: Path, like: str = "xai") -> BoundProvider:
    office = {"like": like, "base_url": "http://127.0.0.1:4000/v1", "quirks": quirks}
    settings = Settings.load({"providers": {"office": office}}, environ={}, cwd=tmp_path)
    found = configured(load_plugins(["openai"]), settings).get("office")
    assert found is not None
    return found


def body_for(bound: BoundProvider, model: str, **fields: Any) -> Json:
    asked = parse(json.dumps(request(user("hi"), **fields)).encode())
    upstream = bound.translate_request(asked, at(bound.provider, model), Ledger())
    body: Json = json.loads(upstream.body)
    return body


def test_a_users_quirk_counts_before_the_vendors_and_the_models(tmp_path: Path) -> None:
    bound = a_users({"stop_limit": 4, "reasoning_history": "none"}, tmp_path)
    assert body_for(bound, "grok-4.7", stop_sequences=["X"])["stop"] == ["X"]
    bound = a_users({"reasoning_control": "none"}, tmp_path, like="zai")
    assert "reasoning_effort" not in body_for(bound, "glm-5.3", **HIGH)


def test_quirks_of_chat_are_not_those_of_responses(tmp_path: Path) -> None:
    bound = a_users({"wire": "responses"}, tmp_path)
    body = body_for(bound, "grok-4.7", **HIGH)
    assert body["reasoning"] == {"effort": "high", "summary": "auto"}
    assert body["max_output_tokens"] == 100


# -- what is sent --------------------------------------------------------------------------


def field(name: str) -> Callable[[Json], Any]:
    return lambda body: body.get(name)


def function(name: str) -> Callable[[Json], Any]:
    return lambda body: body["tools"][0]["function"].get(name)


def message(index: int) -> Callable[[Json], Any]:
    return lambda body: body["messages"][index]


def roles(body: Json) -> list[str]:
    return [told["role"] for told in body["messages"]]


LOOP = [user("go"), assistant(call("toolu_01", "Bash")), user(result("toolu_01", "out"), "and?")]
MID = [user("a"), assistant("b"), system("c"), user("d")]
MIDDLE_IS_USER = ["user", "assistant", "user"]
BOTH_WAYS: Json = {"temperature": 0, **HIGH}
GRAMMAR = {
    "name": "Find",
    "input_schema": {"type": "object", "properties": {"a": {"type": "string", "pattern": "x+"}}},
}
PARALLEL: Json = {
    "tools": [tool("Bash")],
    "tool_choice": {"type": "auto", "disable_parallel_tool_use": True},
}

# vendor, model (its own big one if empty), request, where to look, what stands there
SENT: list[tuple[str, str, Json, Callable[[Json], Any], Any]] = [
    # openrouter
    ("openrouter", "", HIGH, field("reasoning"), {"effort": "high"}),
    ("openrouter", "a/b", OFF, field("reasoning"), {"effort": "minimal"}),
    ("openrouter", "a/b", HIGH, field("reasoning_effort"), None),
    ("openrouter", "", {}, field("max_tokens"), 100),
    # fireworks
    ("fireworks", "", HIGH, field("reasoning_effort"), "high"),
    ("fireworks", "", {}, field("max_tokens"), 100),
    ("fireworks", "", {"messages": LOOP}, lambda b: b["messages"][1]["reasoning_content"], " "),
    ("fireworks", "accounts/fireworks/models/glm-5p3", {"messages": MID}, roles, MIDDLE_IS_USER),
    # together
    ("together", "", OFF, field("reasoning"), {"enabled": False}),
    ("together", "", HIGH, field("reasoning_effort"), None),
    ("together", "openai/gpt-oss-120b", HIGH, field("reasoning_effort"), "high"),
    ("together", "openai/gpt-oss-120b", OFF, field("reasoning_effort"), "low"),
    ("together", "", {"messages": MID}, roles, MIDDLE_IS_USER),
    # xai
    ("xai", "", {}, field("max_completion_tokens"), 100),
    ("xai", "", {"stop_sequences": ["X"]}, field("stop"), None),
    ("xai", "", OFF, field("reasoning_effort"), "low"),
    ("xai", "grok-4.3", OFF, field("reasoning_effort"), "none"),
    ("xai", "", {"output_config": {"effort": "max"}}, field("reasoning_effort"), "xhigh"),
    ("xai", "grok-code-fast-1", HIGH, field("reasoning_effort"), None),
    # deepseek
    ("deepseek", "", {}, field("max_tokens"), 100),
    ("deepseek", "", OFF | HIGH, field("thinking"), {"type": "disabled"}),
    ("deepseek", "", OFF | HIGH, field("reasoning_effort"), None),
    ("deepseek", "", {"output_config": {"effort": "medium"}}, field("reasoning_effort"), "high"),
    ("deepseek", "", {"output_config": {"effort": "xhigh"}}, field("reasoning_effort"), "high"),
    ("deepseek", "", {"output_config": {"effort": "max"}}, field("reasoning_effort"), "max"),
    ("deepseek", "", {"messages": LOOP}, lambda b: b["messages"][1]["reasoning_content"], " "),
    ("deepseek", "", {"messages": LOOP} | OFF, lambda b: len(b["messages"][1]), 2),
    ("deepseek", "", FORCED, field("tool_choice"), "auto"),
    ("deepseek", "", FORCED | OFF, field("tool_choice"), "required"),
    ("deepseek", "", {"output_config": {"format": SCHEMA}}, field("response_format"), None),
    ("deepseek", "", {"messages": [user("see", image())]}, lambda b: "base64" in str(b), False),
    (
        "deepseek",
        "deepseek-flash",
        {"messages": [user("see", image())]},
        lambda b: "base64" in str(b),
        True,
    ),
    # cerebras
    ("cerebras", "", {}, field("max_completion_tokens"), 100),
    ("cerebras", "", HIGH, field("reasoning_format"), "parsed"),
    ("cerebras", "qwen-3.8-27b", OFF, field("reasoning_effort"), "none"),
    ("cerebras", "", OFF, field("reasoning_effort"), "low"),
    ("cerebras", "", {"tools": [tool("Bash", strict=True)]}, function("strict"), None),
    ("cerebras", "", {"messages": MID}, roles, MIDDLE_IS_USER),
    # mistral
    ("mistral", "", {}, field("max_tokens"), 100),
    ("mistral", "", {"stream": True}, field("stream_options"), None),
    ("mistral", "", BOTH_WAYS, field("temperature"), None),
    ("mistral", "", BOTH_WAYS, field("reasoning_effort"), "high"),
    ("mistral", "", {"temperature": 0}, field("temperature"), 0),
    ("mistral", "mistral-medium-3.5", OFF, field("reasoning_effort"), "none"),
    ("mistral", "devstral-latest", HIGH, field("reasoning_effort"), None),
    ("mistral", "", {"messages": LOOP}, roles, ["user", "assistant", "tool", "assistant", "user"]),
    (
        "mistral",
        "",
        {"messages": LOOP},
        lambda b: len(b["messages"][1]["tool_calls"][0]["id"]),
        9,
    ),
    (
        "mistral",
        "",
        {"messages": [user("a"), assistant("b")]},
        message(-1),
        {
            "role": "assistant",
            "content": "b",
            "prefix": True,
        },
    ),
    ("mistral", "", {"messages": MID}, roles, MIDDLE_IS_USER),
    ("mistral", "", {"top_k": 5}, field("top_k"), 5),
    # zai
    ("zai", "", {}, field("max_tokens"), 100),
    ("zai", "glm-5.2", OFF | HIGH, field("thinking"), {"type": "disabled"}),
    ("zai", "glm-5.2", HIGH, field("thinking"), {"type": "enabled", "clear_thinking": False}),
    ("zai", "glm-5.2", HIGH, field("reasoning_effort"), "high"),
    ("zai", "", OFF, field("reasoning_effort"), "low"),
    ("zai", "", OFF, field("thinking"), {"type": "enabled", "clear_thinking": False}),
    ("zai", "glm-4.7", HIGH, field("reasoning_effort"), None),
    ("zai", "", {"stream": True}, field("tool_stream"), True),
    ("zai", "", {}, field("tool_stream"), None),
    ("zai", "", FORCED, field("tool_choice"), None),
    ("zai", "", FORCED | {"tool_choice": {"type": "none"}}, field("tools"), None),
    # ollama
    ("ollama", "", FORCED, field("tool_choice"), None),
    ("ollama", "", OFF, field("reasoning_effort"), "low"),
    ("ollama", "qwen4", HIGH, field("reasoning_effort"), None),
    ("ollama", "", {"stream": True}, field("stream_options"), {"include_usage": True}),
    (
        "ollama",
        "llava",
        {"messages": [user(image(type="url", url="https://example.org/a.png"))]},
        lambda b: "image_url" in str(b),
        False,
    ),
    ("ollama", "", {"messages": MID}, roles, MIDDLE_IS_USER),
    # vllm, lmstudio, llamacpp
    ("vllm", "qwen", OFF, field("chat_template_kwargs"), {"enable_thinking": False}),
    ("vllm", "qwen", {"messages": MID}, roles, MIDDLE_IS_USER),
    ("vllm", "qwen", {"stream": True}, field("stream_options"), {"include_usage": True}),
    ("lmstudio", "m", HIGH, field("reasoning_effort"), None),
    ("lmstudio", "m", {"messages": MID}, roles, MIDDLE_IS_USER),
    ("llamacpp", "m", OFF, field("chat_template_kwargs"), {"enable_thinking": False}),
    (
        "llamacpp",
        "m",
        {"tools": [GRAMMAR]},
        lambda b: b["tools"][0]["function"]["parameters"]["properties"],
        {"a": {"type": "string"}},
    ),
    ("llamacpp", "m", {"messages": MID}, roles, MIDDLE_IS_USER),
    # litellm, custom: the plain dialect
    ("litellm", "m", {"messages": MID}, roles, ["user", "assistant", "system", "user"]),
    ("litellm", "m", HIGH, field("reasoning_effort"), None),
    ("litellm", "m", PARALLEL, field("parallel_tool_calls"), False),
    ("custom", "m", {}, set, {"model", "messages", "max_tokens"}),
]


@pytest.mark.parametrize(
    ("name", "model", "fields", "look", "expected"),
    SENT,
    ids=[f"{row[0]}-{number}" for number, row in enumerate(SENT)],
)
def test_what_is_sent(
    name: str, model: str, fields: Json, look: Callable[[Json], Any], expected: Any
) -> None:
    given = dict(fields)
    messages = given.pop("messages", SPOKEN)
    bound = somewhere(name)
    asked = parse(json.dumps(request(*messages, **given)).encode())
    body = json.loads(bound.translate_request(asked, target_of(name, model), Ledger()).body)
    assert look(body) == expected


def test_every_vendor_has_a_row() -> None:
    assert {row[0] for row in SENT} == set(CHAT)


ALL_AT_ONCE = request(
    user("go", image()),
    system("Be brief."),
    assistant(call("toolu_01", "Bash", command="ls")),
    user(result("toolu_01", "out"), "and now?"),
    system="S",
    temperature=0.5,
    stop_sequences=["X"],
    tools=[tool("Bash")],
    tool_choice={"type": "auto"},
    metadata={"user_id": '{"device_id":"d","session_id":"s"}'},
    stream=True,
    **HIGH,
)
OWN_FIELDS: dict[str, set[str]] = {
    "openrouter": {"reasoning"},
    "cerebras": {"reasoning_format"},
    "mistral": {"top_k"},
    "zai": {"thinking", "tool_stream"},
}
"""Fields of a vendor's own in the request above; the rest is OpenAI's, by its SDK's types."""
OWN_OF_MESSAGES = {"reasoning_content", "reasoning", "reasoning_details"}


@pytest.mark.parametrize("name", CHAT)
def test_bodies_keep_the_rules_of_the_sdk(name: str) -> None:
    asked = parse(json.dumps(ALL_AT_ONCE).encode())
    made = somewhere(name).translate_request(asked, target_of(name), Ledger())
    assert made.path == "/chat/completions"
    body = json.loads(made.body)
    assert OWN_FIELDS.get(name, set()) - {"top_k"} <= body.keys()
    plain = {field: it for field, it in body.items() if field not in OWN_FIELDS.get(name, set())}
    for told in plain["messages"]:
        for own in OWN_OF_MESSAGES:
            told.pop(own, None)
    for rule in RULES:
        rule(plain)


@pytest.mark.parametrize(
    ("name", "model", "history"),
    [
        ("deepseek", "", {"reasoning_content": "because", "content": "b"}),
        ("fireworks", "", {"reasoning_content": "because", "content": "b"}),
        ("zai", "", {"reasoning_content": "because", "content": "b"}),
        ("cerebras", "", {"reasoning": "because", "content": "b"}),
        ("openrouter", "", {"reasoning": "because", "content": "b"}),
        (
            "mistral",
            "",
            {
                "content": [
                    {"type": "thinking", "thinking": [{"type": "text", "text": "because"}]},
                    {"type": "text", "text": "b"},
                ]
            },
        ),
        ("mistral", "devstral-latest", {"content": "b"}),
        ("xai", "", {"content": "b"}),
        ("together", "", {"content": "b"}),
        ("vllm", "m", {"content": "b"}),
    ],
)
def test_what_was_reasoned_goes_back(name: str, model: str, history: Json) -> None:
    own = seal(Envelope.of(target_of(name, model)))
    foreign = seal(Envelope.of(target_of("litellm")))
    for signature, expected in ((own, history), (foreign, None)):
        thought = {"type": "thinking", "thinking": "because", "signature": signature}
        body = sent(name, model, [user("a"), assistant(thought, "b"), user("c")])
        if expected is not None:
            assert body["messages"][1] == {"role": "assistant", **expected}
        else:
            assert "because" not in json.dumps(body["messages"][1])


# -- what comes back -----------------------------------------------------------------------


def told(name: str, data: bytes, model: str = "", **fields: Any) -> tuple[Json, Any]:
    """What a client is told of a streamed answer: the message and its usage."""
    asked = parse(json.dumps(request(user("hi"), stream=True, **fields)).encode())
    bound = somewhere(name)
    upstream = bound.translate_request(asked, target_of(name, model), Ledger())
    sink = EventSink()
    writer = MessageWriter(sink, writer_options(asked, upstream, "msg_1"))
    stream = bound.open_stream(upstream, writer, Ledger())
    decoder = SseDecoder()
    for event in (*decoder.feed(data), *decoder.flush()):
        stream.feed(event)
    stream.close(True)
    writer.end()
    events = parse_events(sink.take())
    check_events(events)
    return fold(events), writer.failure


def fixture(name: str) -> bytes:
    (path,) = FIXTURES.glob(f"{name}-*")
    text = path.read_text(encoding="utf-8")
    return text.encode() if path.suffix == ".sse" else sse(text.splitlines())


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("deepseek", "11"),
        ("openrouter", "12"),
        ("together", "13"),
        ("mistral", "14"),
        ("openrouter", "19"),
        ("fireworks", "21"),
        ("xai", "27"),
    ],
)
def test_a_vendors_stream(name: str, number: str) -> None:
    (expected,) = (
        it
        for file, it in json.loads((FIXTURES / "expect.json").read_text()).items()
        if file.startswith(number)
    )
    message, failure = told(name, fixture(number))
    assert failure is None
    short = [
        ["tool", block["name"], block["input"]]
        if block["type"] == "tool_use"
        else [block["type"], block[block["type"]]]
        for block in message["content"]
    ]
    assert short == expected["blocks"]
    assert message["stop_reason"] == expected["stop"]
    names = ("input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")
    counts = [message["usage"].get(name, 0) for name in (*names, "output_tokens")]
    assert counts == expected.get("usage", counts)


def test_an_error_in_openrouters_stream() -> None:
    message, failure = told("openrouter", fixture("15"))
    assert failure is not None
    assert message["content"][0]["text"] == "Part"


def test_two_calls_of_mistral_without_ids() -> None:
    calls = [
        {"id": "null", "index": 0, "function": {"name": "Read", "arguments": text}}
        for text in ('{"a":1}', '{"a":2}')
    ]
    data = sse([chunk({"tool_calls": calls}, "tool_calls", a_usage())])
    message, failure = told("mistral", data, tools=[tool("Read")])
    assert failure is None
    assert [block["input"] for block in message["content"]] == [{"a": 1}, {"a": 2}]
    assert len({block["id"] for block in message["content"]}) == 2


def test_xai_does_not_see_what_it_would_refuse() -> None:
    """A stop sequence is watched for here."""
    data = sse([chunk({"content": "a X b"}), chunk({}, "stop")])
    message, _ = told("xai", data, stop_sequences=["X"])
    assert (message["content"][0]["text"], message["stop_sequence"]) == ("a ", "X")


def test_a_local_server_may_tell_no_usage() -> None:
    for name in ("ollama", "lmstudio"):
        message, _ = told(name, sse([chunk({"content": "twelve words"}), chunk({}, "stop")]))
        assert message["usage"]["output_tokens"] > 0


def failed(name: str, status: int, body: Any) -> ErrorVerdict:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    failure = UpstreamFailure(kind=FailureKind.STATUS, status=status, body=raw)
    verdict = BOUND[name].classify_error(failure, target_of(name))
    assert verdict is not None
    return verdict


@pytest.mark.parametrize(
    ("name", "status", "body", "about", "retryable"),
    [
        ("deepseek", 402, {"error": {"message": "Insufficient Balance"}}, About.QUOTA, False),
        ("cerebras", 400, b"", About.CONTEXT_OVERFLOW, False),
        ("cerebras", 413, b"", About.CONTEXT_OVERFLOW, False),
        ("openrouter", 402, {"error": {"code": 402, "message": "credits"}}, About.QUOTA, False),
        ("zai", 429, {"error": {"code": "1308", "message": "Usage limit"}}, About.QUOTA, False),
        ("zai", 429, {"error": {"code": "1305", "message": "busy"}}, About.OVERLOADED, True),
        ("fireworks", 412, {"error": {"message": "account suspended"}}, About.QUOTA, False),
        ("ollama", 404, {"error": "model 'qwen9' not found"}, About.MODEL, False),
        (
            "ollama",
            400,
            {"error": "prompt too long; exceeded max context length by 5 tokens"},
            About.CONTEXT_OVERFLOW,
            False,
        ),
        ("mistral", 422, {"detail": [{"loc": ["x"], "msg": "extra"}]}, About.REQUEST, False),
        (
            "xai",
            400,
            {"code": "c", "error": "maximum prompt length is 5 but the request contains 9 tokens"},
            About.CONTEXT_OVERFLOW,
            False,
        ),
    ],
)
def test_errors(name: str, status: int, body: Any, about: About, retryable: bool) -> None:
    verdict = failed(name, status, body)
    assert (verdict.about, verdict.retryable) == (about, retryable)


def test_only_cerebras_says_it_without_a_word() -> None:
    assert failed("together", 400, b"").about is not About.CONTEXT_OVERFLOW
