"""The real Claude Code and the errors on which it does something, or on which a person must."""

import json
from typing import Any

from tests.e2e.scenarios import played_through
from tests.e2e.stage import Perform
from tests.e2e.upstream_script import Refuse, answer, by_answer, in_order, say
from tests.e2e.vendors import (
    CHAT,
    GEMINI,
    GROQ,
    MOONSHOT,
    MOONSHOT_CHAT,
    RESPONSES,
    Vendor,
)

VENDORS = [CHAT, RESPONSES, GROQ, GEMINI, MOONSHOT, MOONSHOT_CHAT]

pytestmark = played_through(*VENDORS)

JSON = {"content-type": "application/json"}


def refuse(status: int, error: dict[str, Any]) -> Refuse:
    return Refuse(status, json.dumps({"error": error}), JSON)


def used_up(vendor: Vendor) -> Refuse:
    """As the vendor says that there is nothing left to spend."""
    if vendor is GEMINI:
        violations = [{"quotaId": "GenerateRequestsPerDayPerProject"}]
        details = [{"@type": "x/google.rpc.QuotaFailure", "violations": violations}]
        error = {"code": 429, "status": "RESOURCE_EXHAUSTED", "message": "No", "details": details}
        return refuse(429, error)
    kimi = vendor in (MOONSHOT, MOONSHOT_CHAT)
    kind = "exceeded_current_quota_error" if kimi else "insufficient_quota"
    return refuse(429, {"message": "You exceeded your current quota", "type": kind, "code": kind})


def limit_of(request: Any) -> int:
    """The most tokens that the answer may have, however the wire calls it."""
    names = ("max_tokens", "max_completion_tokens", "max_output_tokens")
    found = [request[name] for name in names if request.get(name)]
    return int(found[0] if found else request["generationConfig"]["maxOutputTokens"])


def test_a_quota_that_is_used_up_is_told_once(perform: Perform, vendor: Vendor) -> None:
    stage = perform(in_order(*[used_up(vendor)] * 3), may_refuse=True)
    run = stage.play("Try")
    assert run.result["is_error"] is True
    assert f"plan and billing of the account behind {vendor.variables}_API_KEY" in run.text
    assert len(stage.upstream.chats) == 1


def test_an_answer_that_does_not_fit_is_asked_for_shorter(perform: Perform) -> None:
    words = (
        "This model's maximum context length is 32768 tokens. However, you requested 40000 tokens "
        "(20000 in the messages, 20000 in the completion)."
    )
    too_much = refuse(400, {"message": words, "type": "invalid_request_error", "code": None})
    stage = perform(in_order(too_much, answer(say("Short."))), may_refuse=True)
    assert stage.play("Try").text == "Short."
    first, second = (json.loads(exchange.raw) for exchange in stage.upstream.chats)
    assert limit_of(second) == 32768 - 20000 - 1000
    assert limit_of(second) < limit_of(first)


def test_a_wrong_address_is_told_once(perform: Perform, vendor: Vendor) -> None:
    page = Refuse(404, "<html><h1>It works!</h1></html>", {"content-type": "text/html"})
    stage = perform(by_answer(page), may_refuse=True)
    run = stage.play("Try")
    assert run.result["is_error"] is True
    assert "It works!" in run.text
    assert f"{vendor.variables}_BASE_URL" in run.text
    assert len(stage.upstream.chats) == 1
