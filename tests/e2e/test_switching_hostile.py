"""Histories that clients have changed, and one that began elsewhere, with each vendor in turn."""

import copy
import json
from collections.abc import Callable, Iterator

import pytest

from tests.e2e.cast import Cast
from tests.e2e.messages_upstream import MessagesUpstream
from tests.e2e.parties import ANTHROPIC, PARTIES, Party
from tests.e2e.proxy_process import ProxyProcess
from tests.e2e.switching import PIXEL, Client
from tests.e2e.upstream_script import Json

SUMMARY = "This session is being continued from a previous conversation. Summary: all went well."


@pytest.fixture(scope="module")
def cast(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cast]:
    with Cast(tmp_path_factory.mktemp("cast")) as cast:
        yield cast


@pytest.fixture(scope="module")
def proxy(cast: Cast) -> Iterator[ProxyProcess]:
    with cast.proxy() as proxy:
        yield proxy


@pytest.fixture(scope="module")
def travelled(cast: Cast, proxy: ProxyProcess) -> Client:
    """Who was with everybody, in the middle of a call of the last."""
    client = Client(cast)
    for party in PARTIES:
        for turn in range(3):
            client.ask(party, proxy.url, stream=turn % 2 == 0)
    client.ask(PARTIES[0], proxy.url, stream=True)
    cast.check()
    return client


# -- what clients do to histories ------------------------------------------------------------------


def truncated(messages: list[Json]) -> list[Json]:
    """Without its beginning, up to a question in the middle."""
    asked = [place for place, message in enumerate(messages) if _is_question(message)]
    return messages[asked[len(asked) // 2] :]


def compacted(messages: list[Json]) -> list[Json]:
    return [_said(SUMMARY), *truncated(messages)]


def compacted_before_an_answer(messages: list[Json]) -> list[Json]:
    """A summary takes the place of everything but the last answer."""
    return [_said(SUMMARY), messages[-1]]


def without_thinking(messages: list[Json]) -> list[Json]:
    return _each(messages, lambda block: None if block["type"] == "thinking" else block)


def thinking_without_words(messages: list[Json]) -> list[Json]:
    """As it looks in a history of which a client keeps no more than it must."""
    return _each(messages, lambda block: block | {"thinking": ""} if _is_sealed(block) else block)


def altered(messages: list[Json]) -> list[Json]:
    def alter(signature: str) -> str:
        middle = len(signature) // 2
        other = "A" if signature[middle] != "A" else "B"
        return signature[:middle] + other + signature[middle + 1 :]

    return _sealed_anew(messages, alter)


def cut_short(messages: list[Json]) -> list[Json]:
    return _sealed_anew(messages, lambda signature: signature[: len(signature) // 2])


def nothing_but_the_prefix(messages: list[Json]) -> list[Json]:
    return _sealed_anew(messages, lambda signature: signature[:5])


def thinking_at_the_end(messages: list[Json]) -> list[Json]:
    """Each answer's thinking after what it led to."""

    def put(message: Json) -> Json:
        content = sorted(message["content"], key=lambda block: block["type"] == "thinking")
        return message | {"content": content}

    return [put(message) if message["role"] == "assistant" else message for message in messages]


def thinking_twice(messages: list[Json]) -> list[Json]:
    return _each(messages, lambda block: [block, block] if block["type"] == "thinking" else block)


def _each(messages: list[Json], change: Callable[[Json], Json | list[Json] | None]) -> list[Json]:
    changed = []
    for message in messages:
        content: list[Json] = []
        for block in message["content"]:
            made = change(block)
            content += made if isinstance(made, list) else [made] if made else []
        changed.append(message | {"content": content})
    return changed


def _sealed_anew(messages: list[Json], change: Callable[[str], str]) -> list[Json]:
    return _each(
        messages,
        lambda block: (
            block | {"signature": change(block["signature"])} if _is_sealed(block) else block
        ),
    )


def _is_sealed(block: Json) -> bool:
    return block["type"] == "thinking" and str(block["signature"]).startswith("pxc1.")


def _is_question(message: Json) -> bool:
    return bool(message["role"] == "user" and message["content"][0]["type"] == "text")


def _said(text: str) -> Json:
    return {"role": "user", "content": [{"type": "text", "text": text}]}


MISHAPS = [
    truncated,
    compacted,
    compacted_before_an_answer,
    without_thinking,
    altered,
    cut_short,
    nothing_but_the_prefix,
    thinking_without_words,
    thinking_at_the_end,
    thinking_twice,
]
INEXACT = MISHAPS[-3:]
"""After which a vendor's own state is sent where it has a place, and left out where not."""


@pytest.mark.parametrize("party", PARTIES, ids=str)
@pytest.mark.parametrize("mishap", MISHAPS, ids=lambda mishap: mishap.__name__)
def test_a_history_that_was_changed(
    cast: Cast,
    proxy: ProxyProcess,
    travelled: Client,
    party: Party,
    mishap: Callable[[list[Json]], list[Json]],
) -> None:
    changed = mishap(copy.deepcopy(travelled.messages))
    client = travelled.with_history(changed, exact=mishap not in INEXACT)
    for stream in (True, False, True):
        client.ask(party, proxy.url, stream=stream)
    cast.check()


# -- a history that began at Anthropic itself ------------------------------------------------------

SIGNATURE = "EqoBCkYICxgCKkBzaWduZWRieUFudGhyb3BpYw" * 8 + "=="
HIDDEN = "EmwKAhgBEgyEncryptedByAnthropic" * 4 + "=="
WORDS = f"{ANTHROPIC.words} before any proxy."
CALLS = ("toolu_01T1x1fJ34qAmk2tNTrN7Up6", "toolu_01VJ7YfGn7mCkPZHsp8WVxZU")


def began_at_anthropic() -> list[Json]:
    """As Claude Code keeps it: signed thinking, some of it redacted, calls at once, a search."""
    cited = {"type": "web_search_result_location", "url": "https://example.org", "title": "E"}
    found = {"type": "web_search_result", "url": "https://example.org", "title": "Example"}
    search: Json = {"type": "server_tool_use", "id": "srvtoolu_01A", "name": "web_search"}
    result: Json = {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_01A"}
    calls = [
        {"type": "tool_use", "id": id_, "name": "Run", "input": {"what": f"early {place}"}}
        for place, id_ in enumerate(CALLS)
    ]
    results = [
        {
            "type": "tool_result",
            "tool_use_id": id_,
            "content": [{"type": "text", "text": f"Result of early {place}."}],
        }
        for place, id_ in enumerate(CALLS)
    ]
    picture = {"type": "base64", "media_type": "image/png", "data": PIXEL}
    results[1]["content"] += [{"type": "image", "source": picture}]  # type: ignore[operator]
    return [
        _said("Begin."),
        {
            "role": "assistant",
            "content": [
                {"type": "thinking", "thinking": WORDS, "signature": SIGNATURE},
                {"type": "redacted_thinking", "data": HIDDEN},
                {"type": "text", "text": "I begin."},
                *calls,
            ],
        },
        {"role": "user", "content": [*results, {"type": "text", "text": "And look it up."}]},
        {
            "role": "assistant",
            "content": [
                {"type": "thinking", "thinking": "", "signature": SIGNATURE},
                search | {"input": {"query": "example"}},
                result | {"content": [found | {"encrypted_content": HIDDEN}]},
                {
                    "type": "text",
                    "text": "It says so.",
                    "citations": [cited | {"cited_text": "so", "encrypted_index": HIDDEN}],
                },
            ],
        },
    ]


@pytest.mark.parametrize("party", PARTIES, ids=str)
def test_a_history_that_began_at_anthropic(cast: Cast, proxy: ProxyProcess, party: Party) -> None:
    anthropic = cast.secrets[ANTHROPIC]
    assert isinstance(anthropic.upstream, MessagesUpstream)
    anthropic.upstream._issued[SIGNATURE] = WORDS
    anthropic.more.append(HIDDEN)
    early = [(WORDS, SIGNATURE), ("", SIGNATURE)]
    client = Client(cast, began_at_anthropic(), {ANTHROPIC: {one: one for one in early}})
    for there in (party, party, ANTHROPIC, party, ANTHROPIC):
        exchange = client.ask(there, proxy.url, stream=True)
        if there is ANTHROPIC:
            sent = json.loads(exchange.raw)["messages"]
            assert sent[: len(began_at_anthropic())] == began_at_anthropic()
    cast.check()
