"""The real Claude Code through OpenAI's Responses API, where that does what only it does."""

from pathlib import Path

from tests.e2e.openai_rules import error_body
from tests.e2e.responses_upstream import encrypted
from tests.e2e.scenarios import SEARCHER, bash, played_through
from tests.e2e.stage import Perform, said_of
from tests.e2e.upstream_script import (
    Answer,
    Call,
    Conversation,
    Refuse,
    Turn,
    answer,
    by_answer,
    call,
    say,
    search,
    think,
)
from tests.e2e.vendors import RESPONSES

pytestmark = played_through(RESPONSES)


def reasoned(*words: str, call_: Call) -> Answer:
    return answer(think(*words), call_)


def test_reasoning_comes_home_with_every_turn(perform: Perform) -> None:
    script = by_answer(
        answer(think("Look ", "first."), say("Looking."), bash("call_1", "echo one")),
        reasoned("Then ", "that.", call_=bash("call_2", "echo two")),
        reasoned(call_=bash("call_3", "echo three")),
        answer(say("one two three")),
    )
    stage = perform(script)
    assert stage.play("Run three commands").text == "one two three"
    for request in stage.requests:
        spoken = list(said_of(request, "assistant"))
        home = [item for message in spoken for item in message["reasoning"]]
        assert len(home) == len(spoken)
        for item in home:
            assert item["encrypted_content"] == encrypted(RESPONSES.big, item["id"])
    texts = [[part["text"] for part in item["summary"]] for item in home]
    assert texts == [["Look first."], ["Then that."], []]


def test_tools_do_not_turn_reasoning_off(perform: Perform) -> None:
    stage = perform(by_answer(answer(say("Thought hard."))))
    assert stage.play("Think", arguments=["--effort", "high"]).text == "Thought hard."
    (request,) = stage.requests
    assert request["reasoning"] == {"effort": "high", "summary": "auto"}
    assert request["tools"]
    assert request["store"] is False
    assert request["include"] == ["reasoning.encrypted_content"]


SEARCHES = '[providers.openai]\nquirks = { web_search = "web_search" }\n'
"""For a server that is not OpenAI's own, of which it is not known that it can search."""


def test_the_web_is_searched_by_openai(perform: Perform, tmp_path: Path) -> None:
    settings = tmp_path / "proxy" / "proxy.toml"
    settings.parent.mkdir()
    settings.write_text(SEARCHES)
    site = "https://tides.example/brest"
    main = by_answer(
        answer(call("call_1", "ToolSearch", {"query": "select:WebSearch", "max_results": 3})),
        answer(call("call_2", "WebSearch", {"query": "tide tables Brest"})),
        answer(say("Searched.")),
    )

    def script(talk: Conversation) -> Turn:
        if SEARCHER in talk.user:
            return answer(think("Hm."), search("tides Brest", site), say("High water at four."))
        return main(talk)

    stage = perform(script)
    run = stage.play("Search the web")
    assert run.text == "Searched."
    nested = [request for request in stage.requests if "web_search" in str(request.get("tools"))]
    assert nested[0]["tools"] == [{"type": "web_search"}]
    told = stage.upstream.chats[-1].talk.result("WebSearch")
    assert site in told
    assert "High water at four." in told


def test_a_resumed_conversation_goes_on_with_another_proxy(perform: Perform) -> None:
    """Nothing is kept in memory: what a first proxy got, a second one brings home."""
    script = by_answer(
        answer(think("One."), bash("call_1", "echo one")),
        answer(think("Said."), say("First part.")),
        answer(say("Second part.")),
    )
    stage = perform(script)
    run = stage.play("Do the first part")
    assert run.text == "First part."
    session = run.result["session_id"]
    stage.change_proxy()
    assert stage.play("And the second", arguments=["--resume", session]).text == "Second part."
    spoken = said_of(stage.requests[-1], "assistant")
    assert [len(message["reasoning"]) for message in spoken] == [1, 1]


def test_reasoning_that_cannot_be_read_any_more_costs_no_turn(perform: Perform) -> None:
    """The client sees nothing of it; what it was told of reasoning, it goes on sending."""
    text = "The encrypted content gAAA...DQ== could not be verified."
    refusal = Refuse(400, error_body(text, code="invalid_encrypted_content"))
    turns = (
        answer(think("One."), bash("call_1", "echo one")),
        answer(think("Two."), bash("call_2", "echo two")),
        answer(say("one two")),
    )

    def script(talk: Conversation) -> Turn:
        spoken = said_of(talk.body, "assistant")
        if any(message.get("reasoning") for message in spoken):
            return refusal
        return turns[talk.answers]

    stage = perform(script)
    assert stage.play("Run two commands").text == "one two"
    sizes = [
        len([message for message in said_of(request, "assistant") if message.get("reasoning")])
        for request in stage.requests
    ]
    assert sizes == [0, 1, 0, 2, 0]
