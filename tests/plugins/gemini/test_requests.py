"""What a request becomes, case by case."""

from __future__ import annotations

import json
from typing import Any

import pytest

from proxy_core.contract import ModelOptions, Unsupported
from proxy_core.ledger import LossKind, Reason
from tests.e2e.gemini_rules import check_body
from tests.support.chat_requests import (
    PIXEL,
    assistant,
    call,
    image,
    request,
    result,
    system,
    text,
    tool,
    user,
)
from tests.support.gemini import Json, context, send, target

HI = user("hi")
DUMMY = "skip_thought_signature_validator"


def parts(asks: Json, index: int = -1, **quirks: Any) -> list[Json]:
    """The parts of one content."""
    found: list[Json] = send(asks, target(**quirks)).contents[index]["parts"]
    return found


def document(kind: str, data: str = "QUJD", **fields: Any) -> Json:
    source = {"type": "base64", "media_type": kind, "data": data}
    return {"type": "document", "source": source, **fields}


# -- where to ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stream", "path"),
    [
        (True, "/v1beta/models/gemini-4-carbon:streamGenerateContent?alt=sse"),
        (False, "/v1beta/models/gemini-4-carbon:generateContent"),
    ],
)
def test_the_path(stream: bool, path: str) -> None:
    assert send(request(HI, stream=stream)).upstream.path == path


@pytest.mark.parametrize(
    ("base", "path"),
    [
        ("https://gate.example", "/v1/models/gemini-4-carbon:generateContent"),
        ("https://gate.example/v1beta", "/models/gemini-4-carbon:generateContent"),
        ("https://gate.example/v1beta1/google", "/models/gemini-4-carbon:generateContent"),
    ],
)
def test_a_base_may_name_the_version(base: str, path: str) -> None:
    to = target(api_version="v1")
    card = to.provider.model_copy(update={"base_url": base})
    to = type(to)(provider=card, model=to.model, facts=to.facts)
    assert send(request(HI), to).upstream.path == path


@pytest.mark.parametrize(
    "model", ["../x", "x/../../y", "a/..", "./a", "a//b", "/a", "a\\b", "..", ""]
)
def test_an_id_that_leads_elsewhere_is_the_clients_mistake(model: str) -> None:
    with pytest.raises(Unsupported, match="no model whose id is a path"):
        send(request(HI), target(model))


@pytest.mark.parametrize("model", ["a..b", "a b", "a?b#c", "models/gemini-4-carbon", "é"])
def test_a_model_cannot_leave_its_place(model: str) -> None:
    path = send(request(HI), target(model)).upstream.path
    name = path.removeprefix("/v1beta/models/").removesuffix(":generateContent")
    assert set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789-.%ACEF2B")


def test_no_key_is_anywhere_in_the_request() -> None:
    upstream = send(request(HI)).upstream
    assert "key=" not in upstream.path
    assert upstream.headers == ()


@pytest.mark.parametrize("quirks", [{"callids": True}, {"schema_lane": "x"}])
def test_a_quirk_that_there_is_not_is_told(quirks: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"callids|schema_lane"):
        send(request(HI), target(**quirks))


# -- instructions and turns ----------------------------------------------------------------


def test_leading_system_messages_are_instructions() -> None:
    body = send(request(system("Be brief."), HI, system="Be good.")).body
    assert body["systemInstruction"] == {"parts": [{"text": "Be good.\n\nBe brief."}]}
    assert body["contents"] == [{"role": "user", "parts": [{"text": "hi"}]}]


def test_the_billing_line_stays_here() -> None:
    line = text("x-anthropic-billing-header: cc_version=2; cch=1;")
    sent = send(request(HI, system=[line, text("Be good.")]))
    assert sent.body["systemInstruction"] == {"parts": [{"text": "Be good."}]}
    assert sent.lost("/system/0/text") == (LossKind.DROPPED, Reason.ATTRIBUTION)


def test_a_later_system_message_is_said_by_the_user() -> None:
    sent = send(request(HI, assistant("yes?"), system("Hurry."), user("go")))
    reminder = "<system-reminder>\nHurry.\n</system-reminder>"
    assert sent.contents[-1] == {"role": "user", "parts": [{"text": reminder}, {"text": "go"}]}
    assert sent.lost("/messages/2/role") == (LossKind.RESHAPED, Reason.ROLE_UNSUPPORTED)


def test_nothing_stands_between_calls_and_responses() -> None:
    asks = request(HI, assistant(call("t1")), system("Hurry."), user("first", result("t1", "out")))
    last = parts(asks)
    assert [next(iter(part)) for part in last] == ["functionResponse", "text", "text"]
    assert last[1]["text"].startswith("<system-reminder>")
    check_body(send(asks).body)


def test_gemma_is_instructed_by_the_user() -> None:
    sent = send(request(HI, system="Be good."), target("gemma-4-31b-it"))
    assert "systemInstruction" not in sent.body
    assert sent.contents[0]["parts"] == [{"text": "Be good."}, {"text": "hi"}]
    assert sent.lost("/system") == (LossKind.MERGED, Reason.ROLE_UNSUPPORTED)


def test_a_history_that_begins_with_the_model() -> None:
    sent = send(request(assistant("Hello!"), HI))
    assert [content["role"] for content in sent.contents] == ["user", "model", "user"]
    assert sent.lost("/messages/0") == (LossKind.INVENTED, Reason.PLACEHOLDER)


def test_empty_texts_are_left_out_and_turns_are_not() -> None:
    sent = send(request(HI, assistant(text("")), user(text(""))))
    assert sent.contents == [{"role": "user", "parts": [{"text": "hi"}, {"text": "(no content)"}]}]


def test_an_answer_is_not_begun_by_the_client() -> None:
    with pytest.raises(Unsupported, match="prefill"):
        send(request(HI, assistant("It is")))


# -- media ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "kind",
    ["application/pdf", "audio/wav", "audio/mpeg", "video/mp4", "text/plain", "text/csv"],
)
def test_documents_that_gemini_reads(kind: str) -> None:
    asks = request(user(document(kind, title="Report")))
    inline = {"inlineData": {"mimeType": kind, "data": "QUJD"}}
    assert parts(asks) == [{"text": "Document: Report"}, inline]


OFFICE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@pytest.mark.parametrize(
    ("model", "reads"), [("gemini-4-hydrogen", True), ("gemini-4-argon", False)]
)
def test_office_documents_are_read_by_some(model: str, reads: bool) -> None:
    sent = send(request(user(document(OFFICE))), target(model))
    assert ("inlineData" in sent.contents[0]["parts"][0]) is reads
    assert (sent.lost("/messages/0/content/0/source") is None) is reads


def test_a_gif_becomes_words() -> None:
    gif = image(type="base64", media_type="image/gif", data="R0lG")
    sent = send(request(user(gif)))
    assert sent.contents[0]["parts"] == [
        {"text": "[image omitted: this model cannot read image/gif]"}
    ]
    assert sent.lost("/messages/0/content/0") == (LossKind.DROPPED, Reason.IMAGE_UNSUPPORTED)


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("https://x.example/a.JPG?size=1", "image/jpeg"),
        ("https://x.example/a.webp", "image/webp"),
        ("https://x.example/a", "image/png"),
    ],
)
def test_an_image_by_address(url: str, kind: str) -> None:
    (part,) = parts(request(user(image(type="url", url=url))))
    assert part == {"fileData": {"mimeType": kind, "fileUri": url}}


def test_a_document_of_texts_and_images() -> None:
    inner = [text("one"), image(), image(type="url", url="https://x.example/b.png")]
    block = {"type": "document", "source": {"type": "content", "content": inner}, "title": "T"}
    first, inline, linked = parts(request(user(block)))
    assert first["text"] == "Document: T\none"
    assert inline == {"inlineData": {"mimeType": "image/png", "data": PIXEL}}
    assert linked["fileData"]["fileUri"] == "https://x.example/b.png"


def test_a_file_id_is_refused() -> None:
    with pytest.raises(Unsupported, match="file id"):
        send(request(user({"type": "image", "source": {"type": "file", "file_id": "f"}})))


# -- results -------------------------------------------------------------------------------


def answered(*content: Any, **fields: Any) -> Json:
    return request(HI, assistant(call("t1")), user(result("t1", *content, **fields)))


def response(asks: Json, **quirks: Any) -> Json:
    found: Json = parts(asks, **quirks)[0]["functionResponse"]
    return found


@pytest.mark.parametrize(
    ("content", "fields", "told"),
    [
        (["out"], {}, {"output": "out"}),
        ([], {}, {"output": ""}),
        (["boom"], {"is_error": True}, {"error": "boom"}),
        ([], {"is_error": True}, {"error": "Error"}),
        (['{"$ref": "#/a", "b": 1}'], {}, {"output": '{"$ref": "#/a", "b": 1}'}),
        ([text("a"), text("b")], {}, {"output": "a\nb"}),
    ],
)
def test_results(content: list[Any], fields: Json, told: Json) -> None:
    asks = answered(*content, **fields)
    assert response(asks) == {"name": "Bash", "id": "t1", "response": told}
    check_body(send(asks).body)


def test_media_of_a_result_on_an_older_model() -> None:
    sent = send(answered("see", image()), target("gemini-2.5-pro"))
    told, heading, media = sent.contents[-1]["parts"]
    assert told["functionResponse"]["response"] == {"output": "see\n[image/png attached]"}
    assert heading["text"].startswith("Attached to the result of Bash")
    assert media["inlineData"]["data"] == PIXEL
    assert sent.lost("/messages/2/content/0/content") == (LossKind.RESHAPED, Reason.IMAGE_MOVED)


def test_media_that_no_response_holds_follow_all_responses() -> None:
    linked = image(type="url", url="https://x.example/a.png")
    asks = request(
        HI,
        assistant(call("t1"), call("t2", "Read")),
        user(result("t1", linked), result("t2", "two"), "and now"),
    )
    kinds = [next(iter(part)) for part in parts(asks)]
    assert kinds == ["functionResponse", "functionResponse", "text", "fileData", "text"]
    check_body(send(asks).body)


def test_results_over_two_messages_are_one_content() -> None:
    asks = request(
        HI,
        assistant(call("t1", "A"), call("t2", "B")),
        user(result("t2", "two"), "wait"),
        user(result("t1", "one")),
        tools=[tool("A"), tool("B")],
    )
    last = parts(asks)
    assert [part["functionResponse"]["name"] for part in last[:2]] == ["A", "B"]
    assert last[2] == {"text": "wait"}
    check_body(send(asks).body)


@pytest.mark.parametrize(
    ("model", "sent"), [("gemini-4-carbon", True), ("gemini-2.5-flash", False)]
)
def test_ids_go_on_both_sides_or_on_none(model: str, sent: bool) -> None:
    contents = send(answered("out"), target(model)).contents
    made = contents[1]["parts"][0]["functionCall"], contents[2]["parts"][0]["functionResponse"]
    assert [entry.get("id") for entry in made] == (["t1", "t1"] if sent else [None, None])


def test_ids_may_be_turned_off() -> None:
    assert "id" not in response(answered("out"), call_ids=False)


# -- calls in the history ------------------------------------------------------------------


def test_only_the_first_call_of_a_turn_gets_the_stand_in() -> None:
    asks = request(HI, assistant("x", call("t1"), call("t2")), user(result("t1"), result("t2")))
    signatures = [part.get("thoughtSignature") for part in parts(asks, 1)]
    assert signatures == [None, DUMMY, None]


def test_the_second_generation_needs_no_stand_in() -> None:
    sent = send(answered("out"), target("gemini-2.5-pro"))
    assert "thoughtSignature" not in json.dumps(sent.body)


def test_arguments_are_an_object() -> None:
    use = {"type": "tool_use", "id": "t1", "name": "Bash", "input": []}
    sent = send(request(HI, assistant(use), user(result("t1"))))
    assert sent.contents[1]["parts"][0]["functionCall"]["args"] == {}
    assert sent.lost("/messages/1/content/0/input") == (LossKind.DROPPED, Reason.NO_EQUIVALENT)


# -- tools ---------------------------------------------------------------------------------


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


# -- generation ----------------------------------------------------------------------------

DEPTHS: list[tuple[str, Json, Json]] = [
    ("gemini-4-carbon", {}, {}),
    ("gemini-4-carbon", {"thinking": {"type": "adaptive"}}, {"includeThoughts": True}),
    ("gemini-4-carbon", {"thinking": {"type": "adaptive", "display": "omitted"}}, {}),
    ("gemini-4-carbon", {"output_config": {"effort": "max"}}, {"thinkingLevel": "HIGH"}),
    ("gemini-4-hydrogen", {"output_config": {"effort": "max"}}, {"thinkingLevel": "XHIGH"}),
    ("gemini-4-hydrogen", {"output_config": {"effort": "xhigh"}}, {"thinkingLevel": "XHIGH"}),
    ("gemini-4-carbon", {"thinking": {"type": "disabled"}}, {"thinkingLevel": "LOW"}),
    ("gemini-3.6-flash", {"thinking": {"type": "disabled"}}, {"thinkingLevel": "MINIMAL"}),
    ("gemini-3.8-flash", {"output_config": {"effort": "minimal"}}, {"thinkingLevel": "LOW"}),
    ("gemini-9-new", {"output_config": {"effort": "medium"}}, {"thinkingLevel": "MEDIUM"}),
    *(
        (
            "gemini-4-carbon",
            {"thinking": {"type": "enabled", "budget_tokens": tokens}},
            {"thinkingLevel": level, "includeThoughts": True},
        )
        for tokens, level in ((1024, "LOW"), (4096, "MEDIUM"), (16_384, "HIGH"))
    ),
    ("gemini-2.5-flash", {"thinking": {"type": "disabled"}}, {"thinkingBudget": 0}),
    ("gemini-2.5-pro", {"thinking": {"type": "disabled"}}, {"thinkingBudget": 128}),
    ("gemini-2.5-flash-lite", {"output_config": {"effort": "low"}}, {"thinkingBudget": 1024}),
    ("gemini-2.5-pro", {"output_config": {"effort": "high"}}, {"thinkingBudget": 24_576}),
    *(
        (
            model,
            {"thinking": {"type": "enabled", "budget_tokens": told}},
            {"thinkingBudget": sent, "includeThoughts": True},
        )
        for model, told, sent in (
            ("gemini-2.5-flash-lite", 100, 512),
            ("gemini-2.5-flash", 60_000, 24_576),
            ("gemini-2.5-pro", 60_000, 32_768),
        )
    ),
    ("gemini-2.0-flash", {"thinking": {"type": "adaptive"}}, {}),
    ("gemma-4-31b-it", {"output_config": {"effort": "high"}}, {}),
]


@pytest.mark.parametrize(("model", "fields", "config"), DEPTHS)
def test_how_deep_to_think(model: str, fields: Json, config: Json) -> None:
    assert send(request(HI, **fields), target(model)).generation.get("thinkingConfig", {}) == config


def test_the_users_own_effort_counts_most() -> None:
    options = ModelOptions(reasoning_effort="low")
    asks = request(HI, thinking={"type": "enabled", "budget_tokens": 30_000})
    for model, said in (("gemini-4-carbon", "LOW"), ("gemini-2.5-pro", 1024)):
        config = send(asks, target(model, options)).generation["thinkingConfig"]
        assert said in config.values()


@pytest.mark.parametrize(
    ("model", "stream", "asked", "sent"),
    [
        ("gemini-4-carbon", True, 64_000, 64_000),
        ("gemini-4-carbon", False, 64_000, 32_768),
        ("gemini-4-hydrogen", False, 64_000, 64_000),
        ("gemini-4-hydrogen", True, 128_000, 65_536),
        ("gemma-4-31b-it", True, 128_000, 32_768),
    ],
)
def test_the_longest_answer(model: str, stream: bool, asked: int, sent: int) -> None:
    made = send(request(HI, stream=stream, max_tokens=asked), target(model))
    assert made.generation["maxOutputTokens"] == sent
    clamped = made.lost("/max_tokens") == (LossKind.CLAMPED, Reason.DECLARED_LIMIT)
    assert clamped is (sent < asked)


def test_sampling_only_where_it_counts() -> None:
    asks = request(HI, temperature=0.2, top_p=0.9, top_k=5)
    new, old = send(asks), send(asks, target("gemini-2.5-pro"))
    assert new.generation == {"maxOutputTokens": 100}
    for field in ("temperature", "top_p", "top_k"):
        assert new.lost(f"/{field}") == (LossKind.DROPPED, Reason.UNSUPPORTED_BY_MODEL)
    assert old.generation | {"temperature": 0.2, "topP": 0.9, "topK": 5} == old.generation


def test_five_stop_sequences_and_the_rest_watched_for() -> None:
    sent = send(request(HI, stop_sequences=list("abcdefg")))
    assert sent.generation["stopSequences"] == list("abcde")
    assert sent.upstream.stop_sequences == ("f", "g")


def test_a_format_beside_tools_on_an_older_model_is_asked_for_in_words() -> None:
    form = {"format": {"type": "json_schema", "schema": {"type": "object"}}}
    asks = request(HI, tools=[tool("Bash")], output_config=form)
    old, new = send(asks, target("gemini-2.5-pro")), send(asks)
    assert "JSON Schema" in old.body["systemInstruction"]["parts"][0]["text"]
    assert "responseJsonSchema" not in old.generation
    assert new.generation["responseJsonSchema"] == {"type": "object"}
    assert old.lost("/output_config/format") == (LossKind.RESHAPED, Reason.STRUCTURED_OUTPUT)


def test_a_format_in_the_typed_lane() -> None:
    form = {"format": {"type": "json_schema", "schema": {"type": "object"}}}
    made = send(request(HI, output_config=form), target(schema_lane="openapi")).generation
    assert made["responseSchema"] == {"type": "OBJECT"}


def test_nothing_is_kept_at_google_unless_the_field_is_unknown_there() -> None:
    assert send(request(HI)).body["store"] is False
    assert "store" not in send(request(HI), target(store_field=False)).body


def test_the_users_own_fields() -> None:
    extra = {"generationConfig": {"seed": 1}, "safetySettings": [], "store": True}
    body = send(request(HI), target(options=ModelOptions(extra_body=extra))).body
    assert body["generationConfig"] == {"maxOutputTokens": 100, "seed": 1}
    assert (body["safetySettings"], body["store"]) == ([], True)


def test_the_end_user_is_not_named() -> None:
    sent = send(request(HI, metadata={"user_id": "somebody"}))
    assert b"somebody" not in sent.upstream.body
    assert sent.lost("/metadata/user_id") == (LossKind.DROPPED, Reason.CLIENT_METADATA)
