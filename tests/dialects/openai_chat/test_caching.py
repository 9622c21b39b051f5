"""The client's cache marks, for servers that take one beside the messages."""

from typing import Any

import pytest

from proxy_core.ledger import LossKind, Reason
from tests.support.chat_requests import assistant, call, request, result, send, text, user

FIVE = {"type": "ephemeral"}
HOUR = {"type": "ephemeral", "ttl": "1h"}
MARKED = text("x", cache_control=FIVE)
SYSTEM = [text("S", cache_control=HOUR)]


@pytest.mark.parametrize(
    ("asked", "mark"),
    [
        (request(user("x")), None),
        (request(user(MARKED)), FIVE),
        (request(user("x"), system=SYSTEM), HOUR),
        (
            request(user(MARKED), system=SYSTEM),
            FIVE,
        ),
        (
            request(
                user(text("x", cache_control=HOUR)),
                assistant(call("t1")),
                user(result("t1", "done", cache_control=FIVE)),
            ),
            FIVE,
        ),
        (request(user(MARKED), cache_control=HOUR), HOUR),
    ],
)
def test_the_last_mark_is_the_requests(asked: Any, mark: Any) -> None:
    sent = send(asked, cache_control=True)
    assert sent.body.get("cache_control") == mark
    assert b"cache_control" not in send(asked).raw
    assert sent.body["messages"] == send(asked).body["messages"]


def test_a_mark_inside_a_message_is_not_there_any_more() -> None:
    sent = send(request(user(MARKED), cache_control=HOUR), cache_control=True)
    place = "/messages/0/content/0/cache_control"
    assert sent.lost(place) == (LossKind.DROPPED, Reason.CACHE_HINT)
    assert sent.lost("/cache_control") is None
