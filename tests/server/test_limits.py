"""Limits: of the house, of strictness, of the user."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.e2e.scripted_upstream import ScriptedUpstream
from tests.e2e.upstream_script import Answer, Conversation, Gate, Hold, answer, say
from tests.server.story import STORY, Start, scripted
from tests.support.proxy import error_of


def test_a_full_house_is_told_at_once(proxy_to: Start) -> None:
    gate = Gate()
    with scripted(answer(Hold(gate), say("Done."))) as upstream:
        proxy = proxy_to(upstream.base_url, max_concurrent=1)
        answers: list[httpx.Response] = []
        first = threading.Thread(target=lambda: answers.append(proxy.ask()))
        first.start()
        assert gate.reached.wait(10)
        refused = proxy.ask()
        gate.open()
        first.join()
    assert (refused.status_code, error_of(refused)["type"]) == (529, "overloaded_error")
    assert refused.headers["retry-after"] == "1"
    assert answers[0].status_code == 200
    assert len(upstream.chats) == 1


def test_e12_slow_answers_do_not_hold_up_a_quick_one(proxy_to: Start) -> None:
    gate = Gate()

    def script(talk: Conversation) -> Answer:
        slow = talk.body["model"] == "big-model"
        return answer(*([Hold(gate)] if slow else []), say("Done."))

    with ScriptedUpstream(script, key="sk-test") as upstream:
        proxy = proxy_to(upstream.base_url)
        with ThreadPoolExecutor(50) as pool:
            slow = [pool.submit(proxy.ask) for _ in range(50)]
            while len(upstream.chats) < 50:
                assert gate.reached.wait(10)
            quick = proxy.ask(model="acme/small-model")
            assert not any(future.done() for future in slow)
            gate.open()
            assert {future.result().status_code for future in slow} == {200}
    assert quick.status_code == 200


def test_strict_refuses_what_would_change_the_meaning(proxy_to: Start) -> None:
    with scripted(STORY) as upstream:
        response = proxy_to(upstream.base_url, strict=True).ask(top_k=5)
    assert response.status_code == 400
    assert error_of(response)["message"] == (
        "/top_k: would be dropped for acme/big-model. This model does not take it. (strict is set)"
    )
    assert upstream.chats == []


def test_a_strict_refusal_names_all_that_would_be_lost(proxy_to: Start) -> None:
    tools = [{"type": "code_execution_20250825", "name": f"t{n}"} for n in range(12)]
    with scripted(STORY) as upstream:
        proxy = proxy_to(upstream.base_url, strict=True)
        few = error_of(proxy.ask(top_k=5, tools=tools[:2]))["message"]
        many = error_of(proxy.ask(tools=tools))["message"]
    assert few.startswith("/tools/0: would be dropped for acme/big-model. ")
    assert few.endswith(" (strict is set). Lost, too: /tools/1, /top_k")
    assert many.endswith("/tools/9, /tools/10, ...")


@pytest.mark.parametrize(
    ("settings", "sent", "losses"),
    [
        ({}, 1000, None),
        ({"max_tokens_limit": 400}, 400, "1; user_limit"),
        ({"min_tokens_limit": 4000}, 4000, "1; user_limit"),
        ({"min_tokens_limit": 4000, "max_tokens_limit": 2000}, 2000, "1; user_limit"),
        ({"max_tokens_limit": 5000, "strict": True}, 1000, None),
        ({"max_tokens_limit": 400, "strict": True}, 400, "1; user_limit"),
    ],
)
def test_the_users_limits_hold_for_every_request(
    proxy_to: Start, settings: dict[str, Any], sent: int, losses: str | None
) -> None:
    with scripted(STORY) as upstream:
        response = proxy_to(upstream.base_url, **settings).ask()
        [exchange] = upstream.chats
    assert exchange.body is not None
    assert exchange.body["max_tokens"] == sent
    assert response.headers.get("x-proxy-losses") == losses
