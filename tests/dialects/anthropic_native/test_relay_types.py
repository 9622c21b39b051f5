"""What a relay reads in passing may be of any type: it is passed on all the same."""

import json
from typing import Any

import pytest

from proxy_core.anthropic.carrier import unseal
from proxy_core.ledger import Ledger
from tests.support.anthropic_streams import as_sse
from tests.support.native import ASKED, Acme, Json, message_writer, upstream
from tests.support.relayed import END, SEALING, TEXT, USAGE, block, relayed, renamed, start

ODD: tuple[Any, ...] = (None, True, -5, 5.5, 10**40, "5", [1], {"a": 1})
"""What a member may hold that nobody needs: a later version's, or a careless gateway's."""
BLOCK = ("type", "text", "thinking", "signature", "data", "id", "name", "input")
DELTA = ("type", "text", "thinking", "signature", "partial_json", "stop_reason")
EVENT = ("index", "message", "content_block", "delta", "usage")


def with_odd(odd: Any) -> list[list[Json]]:
    """Events of a stream, with `odd` in the place of whatever the relay looks at."""
    end: Json = {"type": "message_delta", "delta": {}}
    return [
        *(block(0, {"type": "of_tomorrow", name: odd}) for name in BLOCK),
        *(block(0, {"type": "of_tomorrow"}, {"type": "new", name: odd}) for name in DELTA),
        *([{"type": "of_tomorrow", name: odd}] for name in EVENT),
        *([{**end, "usage": {name: odd}}] for name in USAGE),
        [{**end, "usage": odd}],
    ]


@pytest.mark.parametrize("odd", ODD, ids=repr)
def test_what_is_read_in_passing_may_be_of_any_type(odd: Any) -> None:
    for events in with_odd(odd):
        data = as_sse([start(), *TEXT, *events, *END])
        got, writer = relayed(data)
        assert (got, writer.failure) == (renamed(data), None), events
        assert writer.final_usage.output_tokens == 5
    blocks = [{"type": "text", "text": "Hi."}, odd]
    blocks += [{"type": "of_tomorrow", name: odd} for name in BLOCK]
    for usage in (odd, *({**USAGE, name: odd} for name in USAGE)):
        said = {**start()["message"], "content": blocks, "usage": usage, "stop_reason": "end_turn"}
        answer, sink = message_writer()
        Acme().proxy_translate_response(upstream(), json.dumps(said).encode(), answer, Ledger())
        answer.end()
        assert sink.json() == json.dumps({**said, "model": ASKED}).encode()
        assert answer.failure is None


def test_what_a_block_bears_is_sealed_whatever_stands_beside_it() -> None:
    signed = {"type": "thinking", "thinking": "hm", "signature": "vendor", "id": None, "name": 5}
    call: Json = {"type": "tool_use", "id": None, "name": "Read", "input": {}}
    whole = {**start()["message"], "content": [signed, None, call], "stop_reason": "tool_use"}
    answer, sink = message_writer()
    body = json.dumps(whole).encode()
    Acme().proxy_translate_response(upstream(SEALING), body, answer, Ledger())
    thinking, none, told = json.loads(sink.json())["content"]
    envelope = unseal(thinking["signature"])
    assert envelope is not None
    assert envelope.state == b"vendor"
    assert none is None
    assert told["id"].startswith("toolu_")
