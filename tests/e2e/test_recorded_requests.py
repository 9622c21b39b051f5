"""What Claude Code was recorded sending, replayed: the upstream must find no fault with it.

The same bodies as in the scenarios with the real client, for where that is not installed.
"""

from collections.abc import Iterator

import anthropic
import pytest

from tests.e2e.claude_code import CLIENT_KEY
from tests.e2e.stage import Stage
from tests.e2e.upstream_script import answer, say
from tests.e2e.vendors import CHAT, GEMINI, GROQ
from tests.support.claude_code import COUNTS, TURNS, recorded

LIMIT = 30.0


@pytest.fixture(scope="module", params=[CHAT, GROQ, GEMINI], ids=lambda vendor: vendor.plugin)
def stage(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[Stage]:
    """One for all: nothing in an answer may depend on the requests before it."""
    root = tmp_path_factory.mktemp("replay")
    with Stage(root, lambda _: answer(say("Under", "stood.")), vendor=request.param) as stage:
        yield stage


@pytest.fixture(scope="module")
def client(stage: Stage) -> Iterator[anthropic.Anthropic]:
    with anthropic.Anthropic(
        base_url=stage.proxy.url, api_key=CLIENT_KEY, max_retries=0, timeout=LIMIT
    ) as client:
        yield client


@pytest.mark.parametrize("name", TURNS)
def test_a_recorded_turn_is_answered(stage: Stage, client: anthropic.Anthropic, name: str) -> None:
    body = {**recorded(name), "stream": False}
    told = client.post("/v1/messages?beta=true", body=body, cast_to=anthropic.types.Message)
    assert [block.to_dict() for block in told.content] == [{"type": "text", "text": "Understood."}]
    assert told.model == body["model"]

    sent = stage.upstream.chats[-1]
    assert sent.status == 200
    talk = sent.talk
    results = [
        block
        for message in body["messages"]
        for block in message["content"]
        if isinstance(block, dict) and block["type"] == "tool_result"
    ]
    assert len(talk.results) == len(results)
    assert all(talk.results.values())


@pytest.mark.parametrize("name", COUNTS)
def test_a_recorded_count_is_answered(client: anthropic.Anthropic, name: str) -> None:
    path = "/v1/messages/count_tokens?beta=true"
    told = client.post(path, body=recorded(name), cast_to=anthropic.types.MessageTokensCount)
    assert told.input_tokens > 0
