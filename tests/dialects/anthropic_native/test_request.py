"""Requests for servers that speak the API: the same bytes, but for what must differ."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy_core.anthropic.carrier import Envelope, seal
from proxy_core.anthropic.request import parse
from proxy_core.contract import ModelFacts, ModelOptions, ProtocolError, Unsupported
from proxy_core.ledger import Ledger, LossKind, Reason
from tests.support.native import ASKED, MODEL, Acme, Json, request, sent, target, translated

RECORDED = sorted(Path("tests/fixtures/claude_code").glob("*.json"))
FRAGMENTS = {"r04_tool_choice_forms", "r07_thinking_config_forms"}
DOCUMENTED = sorted(
    path for path in Path("tests/fixtures/anthropic").glob("r*.json") if path.stem not in FRAGMENTS
)


def in_file(path: Path) -> list[bytes]:
    """The bodies in a fixture: one as it stands, or several in a list."""
    raw = path.read_bytes()
    return [json.dumps(one).encode() for one in json.loads(raw)] if raw[:1] == b"[" else [raw]


LINE = "x-anthropic-billing-header: cc_version=1;"


def text(words: str) -> Json:
    return {"type": "text", "text": words}


# -- byte for byte -----------------------------------------------------------------------------


def swapped(body: bytes, model: str) -> bytes:
    """`body` with its model exchanged by hand."""
    asked = json.dumps(json.loads(body)["model"]).encode()
    at = body.index(b'"model"')
    head, tail = body[:at], body[at:]
    return head + tail.replace(asked, json.dumps(model).encode(), 1)


@pytest.mark.parametrize("path", [*RECORDED, *DOCUMENTED], ids=lambda path: path.stem)
def test_a_recorded_request_differs_in_its_model_alone(path: Path) -> None:
    for body in in_file(path):
        ledger = Ledger()
        assert translated(parse(body), ledger=ledger).body == swapped(body, MODEL)
        assert not list(ledger)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
NAMES = st.text(min_size=1)
BLOCKS = st.one_of(
    st.fixed_dictionaries({"type": st.just("text"), "text": st.text()}),
    st.fixed_dictionaries(
        {"type": st.just("thinking"), "thinking": st.text(), "signature": st.text()}
    ),
    st.fixed_dictionaries({"type": st.just("a_type_of_tomorrow"), "anything": JSON}),
    st.fixed_dictionaries(
        {
            "type": st.just("tool_use"),
            "id": NAMES,
            "name": NAMES,
            "input": st.dictionaries(st.text(), JSON, max_size=3),
        }
    ),
)
MESSAGES = st.lists(
    st.fixed_dictionaries(
        {
            "role": st.sampled_from(["user", "assistant", "system"]),
            "content": st.text() | st.lists(BLOCKS, max_size=4),
        }
    ),
    min_size=1,
    max_size=4,
)
UNKNOWN = st.dictionaries(
    st.text(min_size=1).filter(lambda name: name not in msgspec.structs.asdict(request())),
    JSON,
    max_size=4,
)


@st.composite
def bodies(draw: st.DrawFn, asked: st.SearchStrategy[str] = NAMES) -> tuple[bytes, bytes]:
    """A body, and the same as the upstream should get it."""
    fields: Json = {
        "messages": draw(MESSAGES),
        "max_tokens": draw(st.integers(0, 10**6)),
        "stream": draw(st.booleans()),
        "metadata": {"model": ASKED},
        **draw(UNKNOWN),
    }
    order = draw(st.permutations([*fields, "model"]))
    indent = draw(st.sampled_from([None, 0, 2, "\t"]))
    escaped = draw(st.booleans())

    def written(model: str) -> bytes:
        said = {name: model if name == "model" else fields[name] for name in order}
        return json.dumps(said, indent=indent, ensure_ascii=escaped).encode(errors="replace")

    return written(draw(asked)), written(MODEL)


@pytest.mark.proof
@given(bodies())
def test_any_body_differs_in_its_model_alone(pair: tuple[bytes, bytes]) -> None:
    body, expected = pair
    assert translated(parse(body)).body == expected


# -- beside the body ---------------------------------------------------------------------------


def test_query_and_version_headers_travel_and_others_do_not() -> None:
    asked = msgspec.structs.replace(
        request(),
        query="beta=true",
        headers={
            "anthropic-version": "2023-06-01",
            "anthropic-beta": "a-1, b-2",
            "user-agent": "claude-cli",
            "x-app": "cli",
        },
    )
    made = translated(asked)
    assert made.path == "/v1/messages?beta=true"
    assert dict(made.headers) == {
        "anthropic-version": "2023-06-01",
        "anthropic-beta": "a-1, b-2",
    }
    assert made.relay
    all_of_them = translated(asked, target(headers=["anthropic-*", "user-agent", "x-app"]))
    assert len(all_of_them.headers) == 4


@pytest.mark.parametrize(
    ("base", "path"), [("https://a.example", "/v1/messages"), ("https://a.example/v1", "/messages")]
)
def test_a_base_with_or_without_its_version(base: str, path: str) -> None:
    to = target()
    card = to.provider.model_copy(update={"base_url": base})
    assert translated(request(), msgspec.structs.replace(to, provider=card)).path == path


# -- what the user demands ---------------------------------------------------------------------


def test_limits_of_user_and_model_are_spliced_in() -> None:
    short = ModelFacts(pattern="*", max_output_tokens=50)
    to = msgspec.structs.replace(target(betas=False), facts=short)
    ledger = Ledger()
    assert sent(request(), to, ledger)["max_tokens"] == 50
    assert [loss.path for loss in ledger] == ["/max_tokens"]
    at_anthropic = msgspec.structs.replace(target(), facts=short)
    assert sent(request(), at_anthropic, ledger)["max_tokens"] == 100
    users = msgspec.structs.replace(at_anthropic, options=ModelOptions(max_tokens=20))
    assert sent(request(), users, ledger)["max_tokens"] == 20
    allowed = msgspec.structs.replace(request(), max_tokens=7, stream=True)
    assert (sent(allowed)["max_tokens"], sent(allowed)["stream"]) == (7, True)


@pytest.mark.parametrize("config", [None, {}, {"effort": "low"}, {"format": None}])
def test_options_of_the_model_table(config: Any) -> None:
    options = ModelOptions(reasoning_effort="max", temperature=0.5, extra_body={"x": [1]})
    to = msgspec.structs.replace(target(), options=options)
    fields = {} if config is None else {"output_config": config}
    body = sent(request(**fields), to)
    assert body["output_config"] == {**(config or {}), "effort": "max"}
    assert (body["temperature"], body["x"]) == (0.5, [1])


def test_the_vendors_own_count() -> None:
    count = Acme().proxy_count_tokens(
        parse(b'{"model":"m","messages":[{"role":"user","content":"x"}]}'), target()
    )
    assert count is not None
    assert count.request.path == "/v1/messages/count_tokens"
    expected = {"model": MODEL, "messages": [{"role": "user", "content": "x"}]}
    assert json.loads(count.request.body) == expected
    assert count.read(b'{"input_tokens": 5}') == 5
    for wrong in (b"", b"{}", b'{"input_tokens":"5"}', b"[" * 100_000):
        with pytest.raises(ProtocolError):
            count.read(wrong)
    assert Acme().proxy_count_tokens(request(), target(count_tokens=False)) is None


# -- thinking ----------------------------------------------------------------------------------

CALL = {"type": "tool_use", "id": "t1", "name": "Read", "input": {}}
RESULT = {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t1"}]}


def thought(signature: str, text: str = "hm") -> Json:
    return {"type": "thinking", "thinking": text, "signature": signature}


def history(*blocks: Json, **fields: Any) -> Json:
    """A request after an answer of these blocks and a call."""
    said = {"role": "assistant", "content": [*blocks, CALL]}
    messages = [{"role": "user", "content": "hi"}, said, RESULT]
    return {"messages": messages, **fields}


def test_only_what_this_proxy_signed_is_left_out_for_anthropic() -> None:
    own = seal(Envelope("gemini", "m", state=b"x"))
    hidden = {"type": "redacted_thinking", "data": own}
    theirs = {"type": "redacted_thinking", "data": "opaque"}
    asked = request(
        **history(thought("real"), thought(own), thought("pxc1.broken"), hidden, theirs)
    )
    ledger = Ledger()
    assert sent(asked, ledger=ledger)["messages"][1]["content"] == [thought("real"), theirs, CALL]
    assert [loss.path for loss in ledger] == [f"/messages/1/content/{index}" for index in (1, 2, 3)]
    assert {loss.reason for loss in ledger} == {Reason.FOREIGN_REASONING}


BUDGET = {"type": "enabled", "budget_tokens": 50}
FORGET = {"type": "clear_thinking_20251015", "keep": "all"}
CLEAR = {"type": "clear_tool_uses_20250919"}
USER = {"role": "user", "content": "hi"}
REMINDER = {"role": "system", "content": "remember"}


def said(*blocks: Json) -> Json:
    return {"role": "assistant", "content": [*blocks, CALL]}


OWN = thought(seal(Envelope("gemini", "m")))
REAL = thought("real")
TEXT = {"type": "text", "text": "so"}


@pytest.mark.parametrize(
    ("turn", "goes_on"),
    [
        ([said(OWN), RESULT], False),
        ([said(), RESULT], False),
        ([said(TEXT), RESULT, REMINDER], False),
        ([said(REAL), RESULT, USER, said(OWN), RESULT], False),
        ([said(TEXT, REAL), RESULT], False),
        ([said(REAL), RESULT], True),
        ([said(OWN, REAL), RESULT], True),
        ([said({"type": "redacted_thinking", "data": "x"}), RESULT], True),
        ([said(REAL), RESULT, said(), RESULT], True),
        ([said(REAL), RESULT, said(OWN), RESULT, REMINDER], True),
        ([said(), RESULT, said(REAL), RESULT], True),
        ([said(), RESULT, USER], True),
        ([said(OWN), RESULT, {"role": "assistant", "content": "done"}, USER], True),
        ([{"role": "assistant", "content": "I begin:"}], True),
    ],
)
@pytest.mark.parametrize("edits", [None, [FORGET], [CLEAR, FORGET]])
def test_a_loop_that_began_without_thinking_has_no_budget(
    turn: list[Json], goes_on: bool, edits: list[Json] | None
) -> None:
    fields: Json = {} if edits is None else {"context_management": {"edits": edits}}
    fields |= {"thinking": BUDGET, "messages": [USER, *turn]}
    ledger = Ledger()
    body = sent(request(**fields), ledger=ledger)
    losses = {loss.path for loss in ledger}
    if goes_on:
        assert body["thinking"] == BUDGET
        assert body.get("context_management") == fields.get("context_management")
        assert "/thinking" not in losses
        return
    assert "thinking" not in body
    assert "/thinking" in losses
    left = {"edits": [CLEAR]} if edits and CLEAR in edits else None
    assert body.get("context_management") == left
    for index, edit in enumerate(edits or ()):
        assert (f"/context_management/edits/{index}" in losses) is (edit == FORGET)


@pytest.mark.parametrize("thinking", [{"type": "adaptive"}, {"type": "disabled"}, None])
def test_other_ways_of_thinking_may_go_on_anyhow(thinking: Any) -> None:
    asked = history(OWN, thinking=thinking, context_management={"edits": [FORGET]})
    body = sent(request(**asked))
    assert (body["thinking"], body["context_management"]["edits"]) == (thinking, [FORGET])


def test_a_server_that_does_not_mind_keeps_its_budget() -> None:
    asked = request(**history(OWN, thinking=BUDGET))
    assert sent(asked, target(thinking_opens_turns=False))["thinking"] == BUDGET


# -- ids ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pattern", "client", "server"),
    [
        (r"[!-~]+", ["pxid0_ZnVuY3Rpb25zLlJ1bjow"], ["functions.Run:0"]),
        (None, ["pxid0_ZnVuY3Rpb25zLlJ1bjow"], ["pxid0_ZnVuY3Rpb25zLlJ1bjow"]),
        (None, ["call_0", "pxid0_Y2FsbF8w"], ["call_0", "pxid0_Y2FsbF8w"]),
        (None, ["pxid0_Y2FsbF8w", "call_0"], ["call_0", "toolu_2_0"]),
        (None, ["not one", "call_0"], ["toolu_0_0", "call_0"]),
    ],
)
def test_a_server_gets_ids_that_fit_and_none_twice(
    pattern: str | None, client: list[str], server: list[str]
) -> None:
    to = target(seal_signatures=True, **({"tool_id_pattern": pattern} if pattern else {}))
    turns: list[Json] = []
    for one in client:
        turns.append({"role": "assistant", "content": [{**CALL, "id": one}]})
        result = {"type": "tool_result", "tool_use_id": one}
        turns.append({"role": "user", "content": [result]})
    made = sent(request(messages=turns), to)["messages"]
    assert [message["content"][0]["id"] for message in made[::2]] == server
    assert [message["content"][0]["tool_use_id"] for message in made[1::2]] == server


# -- what is left out of messages --------------------------------------------------------------


def test_a_turn_of_nothing_but_foreign_thinking_is_left_out() -> None:
    own = seal(Envelope("gemini", "m"))
    said = [
        {"role": "user", "content": "a"},
        {"role": "assistant", "content": [thought(own)]},
        {"role": "user", "content": "b"},
    ]
    ledger = Ledger()
    assert sent(request(messages=said), ledger=ledger)["messages"] == [said[0], said[2]]
    assert [loss.path for loss in ledger] == ["/messages/1/content/0", "/messages/1"]
    with pytest.raises(Unsupported):
        sent(request(messages=said[1:2]))


def test_a_vendor_gets_its_own_signatures_back_and_no_others() -> None:
    to = target(seal_signatures=True)
    own = seal(Envelope.of(to, state="sig…\u2028".encode()))
    unsigned = seal(Envelope.of(to, reasoning="shown to nobody"))
    hidden = {"type": "redacted_thinking", "data": own}
    foreign = seal(Envelope("gemini", "m", state=b"x"))
    asked = request(
        **history(
            thought("anthropic's"), thought(own), thought(unsigned, ""), thought(foreign), hidden
        )
    )
    assert sent(asked, to)["messages"][1]["content"] == [
        thought("sig…\u2028"),
        thought("", "shown to nobody"),
        {"type": "redacted_thinking", "data": "sig…\u2028"},
        CALL,
    ]


@pytest.mark.parametrize("text", ["plain", [{"type": "text", "text": "plain"}]])
@pytest.mark.parametrize(
    ("filler", "filled"),
    [("none", (False, False)), ("calls", (True, False)), ("all", (True, True))],
)
def test_the_filler_where_a_vendor_insists_on_thinking(
    filler: str, filled: tuple[bool, bool], text: Any
) -> None:
    to = target(seal_signatures=True, thinking_filler=filler)
    asked = history(thought("foreign"))
    asked["messages"] += [{"role": "assistant", "content": text}, {"role": "user", "content": "x"}]
    body = sent(request(**asked), to)
    with_call, without = body["messages"][1]["content"], body["messages"][3]["content"]
    assert with_call == ([thought("", " ")] if filled[0] else []) + [CALL]
    if filled[1]:
        assert without == [thought("", " "), {"type": "text", "text": "plain"}]
    else:
        assert without == text
    off = request(**asked, thinking={"type": "disabled"})
    assert sent(off, to)["messages"][1]["content"] == [CALL]


@pytest.mark.parametrize(
    "told_otherwise",
    [{"drop": ("/thinking",)}, {"rewrite": {"/thinking/type": {"disabled": "adaptive"}}}],
    ids=["dropped", "rewritten"],
)
def test_a_server_that_is_not_told_to_stop_thinking_gets_its_filler(told_otherwise: Json) -> None:
    to = target(seal_signatures=True, thinking_filler="calls", **told_otherwise)
    asked = request(**history(thought("foreign")), thinking={"type": "disabled"})
    assert sent(asked, to)["messages"][1]["content"] == [thought("", " "), CALL]


def test_thinking_of_ones_own_needs_no_filler() -> None:
    to = target(seal_signatures=True, thinking_filler="all")
    own = seal(Envelope.of(to, state=b"s"))
    body = sent(request(**history(thought(own))), to)
    assert body["messages"][1]["content"] == [thought("s"), CALL]


# -- declared repairs --------------------------------------------------------------------------

TOOL: Json = {"name": "Read", "input_schema": {"type": "custom", "properties": {}}}


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


def test_tool_search_for_servers_that_do_not_know_it() -> None:
    deferred = {**TOOL, "name": "Edit", "defer_loading": True}
    hidden = {**TOOL, "name": "Placeholder", "defer_loading": True}
    search = {**TOOL, "name": "ToolSearch"}
    found = [{"type": "tool_reference", "tool_name": "Edit"}, {"type": "text", "text": "!"}]
    result = {"type": "tool_result", "tool_use_id": "t1", "content": found}
    asked = history()
    asked["messages"][2] = {"role": "user", "content": [result]}
    to = target(tool_search=False, drop=["/tools/*/defer_loading"])
    body = sent(request(**asked, tools=[search, deferred, hidden]), to)
    assert body["tools"] == [search, {**TOOL, "name": "Edit"}]
    assert body["messages"][2]["content"][0]["content"] == [
        {"type": "text", "text": "Tool available: Edit"},
        found[1],
    ]
    untouched = request(**asked, tools=[search, deferred, hidden])
    assert translated(untouched).body == swapped(untouched.body, MODEL)


def test_content_a_server_does_not_know_is_told_in_words() -> None:
    pdf = {"type": "document", "source": {"type": "base64", "media_type": "a/b", "data": "x"}}
    note = {"type": "document", "title": "T", "source": {"type": "text", "data": "words"}}
    photo = {"type": "image", "source": {"type": "url", "url": "https://a.example/b.png"}}
    found = {"type": "search_result", "source": "s", "title": "T", "content": []}
    new = {"type": "of_tomorrow", "x": 1}
    text = {"type": "text", "text": "kept"}
    asked = history()
    result = {"type": "tool_result", "tool_use_id": "t1", "content": [pdf, text]}
    asked["messages"][2] = {"role": "user", "content": [result, note, photo, found, new, text]}
    to = target(blocks=["text", "image", "tool_use", "tool_result"], image_urls=False)
    ledger = Ledger()
    last = sent(request(**asked), to, ledger)["messages"][2]["content"]
    assert last[0]["content"][0]["text"] == (
        "Document:\n[content omitted: this model cannot read it]"
    )
    assert [one["text"] for one in last[1:]] == [
        "T\nwords",
        "[image omitted: it is at https://a.example/b.png, which this model cannot fetch]",
        "T\ns",
        "[of_tomorrow omitted: this model does not know it]",
        "kept",
    ]
    assert {loss.path for loss in ledger} == {
        "/messages/2/content/0/content/0",
        *(f"/messages/2/content/{index}" for index in (1, 2, 3, 4)),
    }
    assert translated(request(**asked)).body == swapped(request(**asked).body, MODEL)


def test_a_model_without_vision_is_told_of_the_image() -> None:
    source = {"type": "base64", "media_type": "image/png", "data": "x"}
    said = [{"role": "user", "content": [{"type": "image", "source": source}]}]
    to = msgspec.structs.replace(target(), facts=ModelFacts(pattern="*", vision=False))
    text = sent(request(messages=said), to)["messages"][0]["content"][0]["text"]
    assert text == "[image omitted: this model has no vision]"


def test_schemas_in_the_servers_dialect() -> None:
    fits = {"name": "a", "input_schema": {"type": "object", "properties": {}}}
    asked = request(tools=[fits, {"name": "b", "input_schema": {"properties": {"x": {}}}}])
    ledger = Ledger()
    body = sent(asked, target(schema_dialect="moonshot"), ledger)
    assert body["tools"][0] == fits
    assert "anyOf" in body["tools"][1]["input_schema"]["properties"]["x"]
    assert {loss.reason for loss in ledger} == {Reason.SCHEMA_KEYWORD}


def test_what_is_unknown_or_empty_is_left_out() -> None:
    to = target(unknown_fields=False, empty_text=False)
    empty = {"type": "text", "text": ""}
    said: list[Json] = [
        {"role": "user", "content": [empty, {"type": "text", "text": "a"}]},
        {"role": "system", "content": ""},
        {"role": "system", "content": []},
        {"role": "assistant", "content": [empty]},
        {"role": "user", "content": "b"},
    ]
    asked = request(messages=said, novelty=1, **{"a/b": 2})
    ledger = Ledger()
    body = sent(asked, to, ledger)
    assert [message["content"] for message in body["messages"]] == [said[0]["content"][1:], "b"]
    assert "novelty" not in body
    assert "a/b" not in body
    assert [loss.path for loss in ledger.meaningful()] == ["/novelty", "/a~1b"]
    assert translated(asked).body == swapped(asked.body, MODEL)


BASH = {"type": "bash_20250124", "name": "bash"}
SEARCH = {"type": "web_search_20250305", "name": "web_search", "max_uses": 8}


def test_typed_tools_for_servers_that_do_not_know_them() -> None:
    to = target(typed_tools=False)
    ledger = Ledger()
    body = sent(request(tools=[SEARCH, BASH, TOOL]), to, ledger)
    assert [tool["name"] for tool in body["tools"]] == ["bash", "Read"]
    assert set(body["tools"][0]) == {"name", "description", "input_schema"}
    assert [(loss.path, loss.reason) for loss in ledger] == [
        ("/tools/0", Reason.SERVER_TOOL),
        ("/tools/1/type", Reason.TYPED_TOOL),
    ]
    alone = sent(request(tools=[SEARCH], tool_choice={"type": "auto"}), to)
    assert not {"tools", "tool_choice"} & set(alone)
    for choice in ({"type": "any"}, {"type": "tool", "name": "web_search"}):
        with pytest.raises(Unsupported):
            sent(request(tools=[SEARCH], tool_choice=choice), to)
    with pytest.raises(Unsupported):
        sent(request(tools=[SEARCH, TOOL], tool_choice={"type": "tool", "name": "web_search"}), to)
    kept = request(tools=[SEARCH, BASH])
    assert translated(kept).body == swapped(kept.body, MODEL)


def test_what_messages_say_of_themselves() -> None:
    said: list[Json] = [
        {"role": "user", "content": "a"},
        {"role": "system", "content": "old", "clear_at": "next_user_message"},
        {"role": "assistant", "content": "b"},
        {"role": "user", "content": "c"},
        {"role": "system", "content": "new", "clear_at": "next_user_message"},
        {"role": "system", "content": "d", "output_config": {"effort": "xhigh"}},
    ]
    asked = request(messages=said, output_config={"effort": "low"})
    to = target(
        betas=False,
        rewrite={"/output_config/effort": {"xhigh": "max"}},
    )
    ledger = Ledger()
    body = sent(asked, to, ledger)
    assert [message["content"] for message in body["messages"]] == ["a", "b", "c", "new", "d"]
    assert all(set(message) == {"role", "content"} for message in body["messages"])
    assert body["output_config"] == {"effort": "max"}
    assert not ledger.meaningful()
    assert translated(asked).body == swapped(asked.body, MODEL)


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


@pytest.mark.parametrize("wrong", [{"drop": 1}, {"drop": ["x"]}, {"nonsense": True}])
def test_wrong_quirks_are_named(wrong: Json) -> None:
    with pytest.raises(ValueError, match=r"drop|nonsense|pointer"):
        sent(request(), target(**wrong))
