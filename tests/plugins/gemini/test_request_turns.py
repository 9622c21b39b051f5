"""Instructions, and turns of a conversation."""

from __future__ import annotations

import pytest

from proxy_core.anthropic.carrier import Envelope, seal
from proxy_core.contract import Unsupported
from proxy_core.ledger import LossKind, Reason
from tests.e2e.gemini_rules import check_body
from tests.support.chat_requests import HI, assistant, call, request, result, system, text, user
from tests.support.gemini import parts, send, target


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


def test_text_that_citations_cut_in_pieces_is_one_part() -> None:
    page = {"type": "web_search_result_location", "url": "https://a.example", "title": "A"}
    cited = {**text("is blue"), "citations": [{**page, "cited_text": "x", "encrypted_index": "y"}]}
    said = assistant(text("The sky "), cited, text(", mostly."), text("Next."))
    parts_said = parts(request(HI, said, user("go on")), 1)
    assert parts_said == [{"text": "The sky is blue, mostly."}, {"text": "Next."}]


@pytest.mark.parametrize("state", [b"\xc1", b"\x93\xa13", b"\x93\x01\xa0\xa0"])
def test_an_envelope_with_another_state_than_signatures_is_dropped(state: bytes) -> None:
    signature = seal(Envelope.of(target(), state=state))
    thought = {"type": "thinking", "thinking": "Hm.", "signature": signature}
    sent = send(request(HI, assistant(thought, text("Hi.")), user("go on")))
    assert sent.contents[1]["parts"] == [{"text": "Hi."}]
    assert sent.lost("/messages/1/content/0") == (LossKind.DROPPED, Reason.FOREIGN_REASONING)
