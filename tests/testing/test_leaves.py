"""The judge of what vanished, where a language says it in a form of its own."""

import json

import pytest

from proxy_core.ledger import Ledger
from proxy_core.testing.leaves import unexplained

TABS = {"type": "browser_state", "tabs": [{"id": 7, "title": "w1z"}], "state_changes": True}
ASKED = {"messages": [{"role": "user", "content": [{"type": "text", "text": "w2z"}, TABS]}]}


@pytest.mark.parametrize(
    ("said", "lost"),
    [
        (json.dumps(TABS), []),
        (f"w2z\n{json.dumps(TABS)}\nmore", []),
        (f"w2z {json.dumps(TABS)}", ["/messages/0/content/1/state_changes"]),
        (f"w2z\n{json.dumps({**TABS, 'state_changes': False})}",
         ["/messages/0/content/1/state_changes"]),
    ],
)  # fmt: skip
def test_flags_in_json_that_is_passed_on_as_text(said: str, lost: list[str]) -> None:
    body = {"messages": [{"role": "user", "content": [said, "w2z"]}]}
    assert list(unexplained(ASKED, body, Ledger())) == lost
