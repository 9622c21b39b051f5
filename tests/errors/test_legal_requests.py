"""A request that a client may send is refused by nobody but for the reasons that stand here.

A wrong 400 costs six requests: Claude Code takes it for a feature that is not served, and leaves
one out after the other (claude-code.md, section 5).
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings

from proxy_core.anthropic.request import parse
from proxy_core.anthropic.rules import check_messages
from proxy_core.contract import Unsupported
from proxy_core.ledger import Ledger
from proxy_core.testing.strategies.conversations import requests
from proxy_core.testing.strategies.surface import whole_requests
from tests.support.claude_code import RECORDED
from tests.support.shipped import Shipped, shipped

Json = dict[str, Any]

SHIPPED = tuple(shipped())
slow = settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


class Rejection(NamedTuple):
    """What may be refused, and why no translation can help."""

    path: str
    why: str
    source: str
    """Section of anthropic-messages.md, or what else says so."""
    providers: str = ".*"


REJECTED = (
    Rejection("/container/skills", "no container to run skills", "§3"),
    Rejection("/compaction", "must be signed by the API itself", "§3"),
    Rejection("/thread", "not in the request", "§3"),
    Rejection("/mcp_servers", "must be run by the client", "§3"),
    Rejection(".*/source|.*/content/[0-9]+", "file id cannot be resolved", "§4.2, §16"),
    Rejection(".*/content/[0-9]+", "no container to upload into", "§4.2"),
    Rejection("/tools/[0-9]+/type", "only Anthropic's models know", "§5.2"),
    Rejection("/tool_choice(/name)?", "", "§5.2, §6"),
    Rejection("/messages", "no content left", "§4.1"),
    Rejection("/messages/[0-9]+", "", "§4.1, §20-D: a prefill"),
    # Not the conversation's fault: nothing in it could be changed to be taken.
    Rejection("/model", "", "no deployment's address", "azure|custom"),
    Rejection("/tools", "takes no tools|only without reasoning", "openai-chat.md §1"),
    Rejection("/tools/[0-9]+", "takes at most", "openai-chat.md §4: at most 128"),
)


def refusal_of(asked: Json, to: Shipped) -> Unsupported | None:
    request = parse(json.dumps(asked).encode())
    check_messages(request)
    try:
        to.plugin.proxy_translate_request(request, to.target, Ledger())
    except Unsupported as refusal:
        return refusal
    return None


def may_be(refusal: Unsupported, to: Shipped) -> bool:
    return any(
        re.fullmatch(row.path, refusal.path)
        and re.search(row.why, refusal.why)
        and re.fullmatch(row.providers, to.target.provider.name)
        for row in REJECTED
    )


def wrongly_refused(asked: Json) -> dict[str, str]:
    found = {one.name: (refusal_of(asked, one), one) for one in SHIPPED}
    return {
        name: str(refusal)
        for name, (refusal, one) in found.items()
        if refusal is not None and not may_be(refusal, one)
    }


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.stem)
def test_nothing_that_claude_code_has_sent_is_refused_anywhere(path: Path) -> None:
    recorded = json.loads(path.read_text(encoding="utf-8"))
    asked = {"max_tokens": 100, **recorded.get("body", recorded)}
    refused = {one.name: str(why) for one in SHIPPED if (why := refusal_of(asked, one))}
    assert {name: why for name, why in refused.items() if "/model" not in why} == {}


@pytest.mark.proof
@slow
@given(requests())
def test_no_conversation_is_refused(asked: Json) -> None:
    assert wrongly_refused(asked) == {}


@pytest.mark.proof
@slow
@given(whole_requests(refusable=True))
def test_nothing_legal_is_refused_but_for_a_reason_that_stands_here(asked: Json) -> None:
    assert wrongly_refused(asked) == {}


USER = {"role": "user", "content": "x"}
FILE = {"type": "image", "source": {"type": "file", "file_id": "f"}}
REFUSED: dict[str, Json] = {
    "§3 skills": {"container": {"id": "c", "skills": [{"type": "custom", "skill_id": "s"}]}},
    "§3 compaction": {"compaction": {"type": "summarize"}},
    "§3 thread": {"thread": {"type": "continue", "id": "t"}},
    "§3 mcp_servers": {"mcp_servers": [{"type": "url", "url": "https://x.example", "name": "m"}]},
    "§4.2 file": {"messages": [{"role": "user", "content": [FILE]}]},
    "§4.2 upload": {
        "messages": [
            {"role": "user", "content": [{"type": "container_upload", "file_id": "f"}]},
        ]
    },
    "§5.2 computer": {"tools": [{"type": "computer_20250124", "name": "computer"}]},
    "§6 forced": {"tool_choice": {"type": "tool", "name": "nowhere"}},
    "§4.1 prefill": {"messages": [USER, {"role": "assistant", "content": "{"}]},
}
PLAIN = next(one for one in SHIPPED if one.target.provider.name == "acme")


@pytest.mark.parametrize("changes", REFUSED.values(), ids=REFUSED)
def test_what_the_page_says_is_refused_is_refused_with_its_place(changes: Json) -> None:
    refusal = refusal_of({"model": "m", "max_tokens": 9, "messages": [USER]} | changes, PLAIN)
    assert refusal is not None
    assert may_be(refusal, PLAIN)
    assert refusal.path.split("/")[1] in changes
