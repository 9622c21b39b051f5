"""Any conversation over any vendors in any order, translated without a socket.

The upstreams' rules, memories and words are those of the strict servers; nothing is started.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy_core import Translator, load_plugins
from tests.e2e import gemini_rules, gemini_upstream, messages_upstream
from tests.e2e.cast import Cast
from tests.e2e.gemini_upstream import GeminiUpstream
from tests.e2e.messages_upstream import MessagesUpstream
from tests.e2e.parties import PARTIES, PLUGINS, Party
from tests.e2e.scripted_upstream import Exchange, ScriptedUpstream
from tests.e2e.switching import TOOLS, Client
from tests.e2e.upstream_script import Answer, Json, Usage, answer, call, say, think, together

USAGE = Usage(10, 5)
WIRES = {
    party.provider: {
        "like": party.like,
        "base_url": "http://127.0.0.1:9/v1",
        "quirks": {"wire": party.vendor.wire},
    }
    for party in PARTIES
    if party.like
}
IDS = ("functions.Run:0", "functions.Run:1", "call_1", "toolu_01A", "é", "x" * 70, "a b")


@st.composite
def turns(draw: st.DrawFn) -> tuple[Party, bool, bool, tuple[str, ...]]:
    """Who answers, whether it thinks and speaks, and the ids of its calls."""
    ids = draw(st.lists(st.sampled_from(IDS), max_size=3, unique=True))
    party, thinks = draw(st.sampled_from(PARTIES)), draw(st.booleans())
    return party, thinks, draw(st.booleans()) or not ids, tuple(ids)


@dataclass
class Offline(Client):
    """A client whose proxy is the translator, and whose vendors answer at once."""

    translator: Any = None
    turn: tuple[Party, bool, bool, tuple[str, ...]] = (PARTIES[0], True, True, ())

    def _answer(self, url: str, model: str, *, stream: bool) -> Json:  # noqa: ARG002
        asked: Json = {"model": model, "max_tokens": 8000, "tools": TOOLS, "system": "Tested."}
        asked |= {"thinking": self.thinking, "messages": self.messages}
        translation = self.translator.request(asked)
        upstream = self.cast.upstream(self.turn[0])
        exchange = Exchange("POST", urlsplit(translation.url).path, {}, translation.upstream.body)
        upstream.exchanges.append(exchange)
        upstream._answered += 1
        told = heard(upstream, exchange, self._says(upstream._answered), self.turn[0].model)
        message: Json = self.translator.response(translation, json.dumps(told).encode())
        return message

    def _says(self, number: int) -> Answer:
        party, thinks, speaks, ids = self.turn
        thought = [think(f"{party.words} {number}.")] if thinks else []
        words = [say(f"{party} says {number}.")] if speaks else []
        calls = [
            call(id_, "Run", {"what": f"{party} {number} {place}"}) for place, id_ in enumerate(ids)
        ]
        return answer(*thought, *words, *([together(*calls)] if calls else []))


def heard(upstream: ScriptedUpstream, exchange: Exchange, turn: Answer, model: str) -> Json:
    """The vendor's whole answer, after it has found no fault with the request."""
    sent = json.loads(exchange.raw)
    if isinstance(upstream, GeminiUpstream):
        gemini_rules.check_body(sent, upstream._is_issued)
        exchange.body = gemini_upstream.view(sent, model, stream=False)
        return gemini_upstream._merged(list(upstream._chunks(turn, model, USAGE)))
    if isinstance(upstream, MessagesUpstream):
        type(upstream).check(sent, upstream._is_issued)
        exchange.body = messages_upstream.view(sent)
        return messages_upstream.folded(list(upstream._events(turn, model, USAGE)))
    upstream.manners.check_body(sent)
    exchange.body = upstream.manners.view(sent)
    return upstream.manners.whole(turn, model, f"chatcmpl-{upstream._answered}", USAGE)


@pytest.fixture(scope="module")
def cast() -> Iterator[Cast]:
    cast = Cast(Path())
    yield cast
    for secrets in cast.secrets.values():
        secrets.upstream._loop.close()


@pytest.fixture(scope="module")
def translator() -> Translator:
    return Translator(load_plugins(list(PLUGINS)), providers=WIRES)


@pytest.mark.proof
@given(
    tour=st.lists(turns(), min_size=2, max_size=9),
    thinking=st.sampled_from(
        [{"type": "adaptive", "display": "updates"}, {"type": "adaptive", "display": "omitted"}]
    ),
)
def test_state_comes_home_and_reaches_nobody_else(
    cast: Cast, translator: Translator, tour: list[Any], thinking: Json
) -> None:
    cast.forget()
    client = Offline(cast, thinking=thinking, translator=translator)
    for turn in tour:
        client.turn = turn
        client.ask(turn[0], "", stream=False)
    cast.check()
