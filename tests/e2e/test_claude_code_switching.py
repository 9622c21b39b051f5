"""The real Claude Code resumes a session with another provider, and then with the first again.

Each run is before a new process of the proxy.
"""

import json
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.e2e import claude_code
from tests.e2e.cast import Cast
from tests.e2e.parties import ANTHROPIC, GOOGLE, KIMI, OPENAI, Party, home
from tests.e2e.scripted_upstream import Exchange
from tests.e2e.upstream_script import Answer, Conversation, Script, answer, call, say, think

pytestmark = pytest.mark.claude_code


def script(party: Party) -> Script:
    """A command, then what came of it."""

    def turn(talk: Conversation) -> Answer:
        thought = think(f"{party.words} ", f"{talk.number}.")
        if talk.answers % 2:
            return answer(thought, say(f"{party} has run it."))
        command = {"command": f"echo found by {party}", "description": "Run it"}
        id_ = party.call_id(talk.number, 0)
        return answer(thought, say("I run it."), call(id_, "Bash", command))

    return turn


def state(cast: Cast, party: Party) -> list[object]:
    """What the vendor gave out, as it is to come home."""
    secrets = cast.secrets[party]
    if party is OPENAI:
        return list(secrets.items)
    if not party.speaks_messages:
        return list(secrets.signatures)
    words = [f"{party.words} {n}." for n in range(1, len(secrets.signatures) + 1)]
    return list(zip(words, secrets.signatures, strict=True))


class Journey(NamedTuple):
    here: Party
    there: Party

    def __str__(self) -> str:
        return f"{self.here}+{self.there}"


JOURNEYS = [Journey(OPENAI, GOOGLE), Journey(KIMI, OPENAI), Journey(GOOGLE, ANTHROPIC)]


@pytest.mark.parametrize("vendor", JOURNEYS, ids=str)
def test_a_session_is_resumed_elsewhere_and_at_home(tmp_path: Path, vendor: Journey) -> None:
    here, there = vendor
    with Cast(tmp_path, (here, there), script) as cast:
        resumed: list[str] = []
        for party in (here, there, here, there):
            given = state(cast, party)
            with cast.proxy() as proxy:
                run = claude_code.run(
                    proxy.url,
                    "Run it",
                    folder=cast.folder("work"),
                    home=cast.folder("home"),
                    arguments=["--model", party.address, *resumed],
                )
            assert run.text == f"{party} has run it."
            assert [block["content"] for block in run.blocks("tool_result")] == [
                f"found by {party}"
            ]
            resumed = ["--resume", run.result["session_id"]]
            first, last = cast.upstream(party).chats[-2:]
            assert home(party, json.loads(first.raw)) == given
            assert home(party, json.loads(last.raw))[: len(given)] == given
            assert len(found(last)) == len(cast.upstream(here).chats) // 2 + (
                len(cast.upstream(there).chats) // 2
            )
        cast.check()


def found(exchange: Exchange) -> list[str]:
    """The results in a request, in order."""
    return [text for text in exchange.talk.results.values() if "found by" in text]
