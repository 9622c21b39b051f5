"""What was said before, for a server that speaks the API: thinking, signatures, ids."""

from typing import Any

import pytest

from proxy_core.anthropic.carrier import Envelope, seal
from proxy_core.contract import Unsupported
from proxy_core.ledger import Ledger, Reason
from tests.support.native import CALL, RESULT, Json, history, request, sent, target, thought


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
