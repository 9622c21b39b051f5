"""Who said what, in which order, and which call got which result."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

from proxy_core.testing.checks.answers import WAYS
from proxy_core.testing.complaint import require, require_same
from proxy_core.testing.exam import for_all
from proxy_core.testing.script import Script
from proxy_core.testing.strategies.conversations import requests
from proxy_core.testing.strategies.scripts import scripts
from proxy_core.testing.subject import Sent, Subject
from proxy_core.testing.wires import Answered, Called, Heard, Spoken, Thought

Json = dict[str, Any]

_VENDORS_ID = re.compile(r"[!-~]{1,40}")
"""Ids as vendors make them; others need not go back as they came."""
_MARK = re.compile(r"<[0-9]+>")


def blocks_of(asked: Json) -> Iterator[tuple[str, Json]]:
    """Each block of the conversation with the role that said it."""
    for message in asked["messages"]:
        content = message["content"]
        if isinstance(content, str):
            content = [{"type": "text", "text": content}]
        for block in content:
            yield message["role"], block


def marks_of(asked: Json, *roles: str) -> list[str]:
    """The marks in what these roles said, tools' results and reasoning apart."""
    return [
        mark
        for role, block in blocks_of(asked)
        if role in roles and block["type"] not in ("tool_result", "thinking")
        for mark in _MARK.findall(json.dumps(block, ensure_ascii=False))
    ]


@for_all(asked=requests())
def what_is_said_keeps_its_order(subject: Subject, asked: Json) -> None:
    """Texts reach the vendor, each once, by whom and in the order in which they were said.

    A breach usually means that content in blocks is read but content as a plain string is not,
    or that a role's messages are gathered before those of another.
    """
    sent = subject.send(asked)
    heard = subject.heard(sent)
    for role, roles in (("user", ("user", "system")), ("assistant", ("assistant",))):
        said = [
            mark
            for item in heard.items
            if isinstance(item, Spoken) and (item.role == "assistant") == (role == "assistant")
            for mark in _MARK.findall(item.text)
        ]
        wanted = marks_of(asked, *roles)
        if subject.wire(sent).is_clients_own and _comes_between(asked):
            # What the system says between a call and its result has to move, nobody says where to.
            said, wanted = sorted(said), sorted(wanted)
        shown = {"asked": asked["messages"], "sent": sent.body}
        require_same(said, wanted, f"the {role} says other things", **shown)


def _comes_between(asked: Json) -> bool:
    """Whether the system speaks between a call and its result."""
    waiting: set[str] = set()
    for message in asked["messages"]:
        if waiting and message["role"] == "system":
            return True
        for block in message["content"] if isinstance(message["content"], list) else ():
            if block["type"] == "tool_use":
                waiting.add(block["id"])
            elif block["type"] == "tool_result":
                waiting.discard(block["tool_use_id"])
    return False


@for_all(asked=requests())
def calls_are_sent_as_they_were_made(subject: Subject, asked: Json) -> None:
    """Earlier calls reach the vendor in their order, with their names and their input.

    A breach usually means that the input is not the JSON text that the vendor wants, that an
    empty one is missing, or that two tools came to share a name.
    """
    sent = subject.send(asked)
    made = [block for _, block in blocks_of(asked) if block["type"] == "tool_use"]
    calls = subject.heard(sent).calls()
    shown = {"asked": asked["messages"], "sent": sent.body}
    require_same([call.input for call in calls], [block["input"] for block in made],
                 "calls have another input", **shown)  # fmt: skip
    names = {(block["name"], call.name) for block, call in zip(made, calls, strict=True)}
    for side in (0, 1):
        one = [pair[side] for pair in names]
        require(len(set(one)) == len(one), "two tools share a name, or one has two", **shown)


@for_all(asked=requests())
def each_call_has_its_own_result_right_after_it(subject: Subject, asked: Json) -> None:
    """Each call is answered once, by its own result, before anybody says anything else.

    A breach usually means that text of the same message is sent before the results, that ids
    were shortened until two are the same, or that results are matched by their place. Vendors
    refuse such a conversation, or the model reads the wrong result.
    """
    sent = subject.send(asked)
    heard = subject.heard(sent)
    shown = {"asked": asked["messages"], "sent": sent.body}
    waiting: dict[str, None] = {}
    for item in heard.items:
        if isinstance(item, Called):
            require(item.id not in waiting, f"two calls share the id {item.id!r}", **shown)
            waiting[item.id] = None
        elif isinstance(item, Answered):
            require(item.id in waiting, f"a result for {item.id!r}, which is no open call", **shown)
            del waiting[item.id]
        elif isinstance(item, Spoken) and item.role != "assistant":
            # In the client's own language it is passed on as the client has it.
            ordered = not waiting or subject.wire(sent).is_clients_own
            require(ordered, f"{item.role} speaks before the results", **shown)
    require(not waiting, "a call has no result", **shown)
    _require_own_results(asked, heard, shown)


def _require_own_results(asked: Json, heard: Heard, shown: Json) -> None:
    blocks = [block for _, block in blocks_of(asked)]
    results = {block["tool_use_id"]: block for block in blocks if block["type"] == "tool_result"}
    made = [block["id"] for block in blocks if block["type"] == "tool_use"]
    wanted = [_MARK.findall(json.dumps(results[id_].get("content"))) for id_ in made]
    require_same(results_by_call(heard), wanted, "a call gets the result of another", **shown)


def results_by_call(heard: Heard) -> list[list[str]]:
    """The marks in the result of each call, in the order of calls. Ids may come again in a
    later turn."""
    found: list[list[str]] = []
    places: dict[str, int] = {}
    for item in heard.items:
        if isinstance(item, Called):
            places[item.id] = len(found)
            found.append([])
        elif isinstance(item, Answered):
            require(item.id in places, f"a result for {item.id!r}, which is no call")
            found[places[item.id]] = _MARK.findall(item.text)
    return found


# -- there and back ------------------------------------------------------------------------


def going_on(sent: Sent, content: list[Json]) -> Json:
    """The client's next request, after it was told this answer."""
    results = [
        {"type": "tool_result", "tool_use_id": block["id"], "content": f"result <{number}>"}
        for number, block in enumerate(b for b in content if b["type"] == "tool_use")
    ]
    more = [
        {"role": "assistant", "content": content},
        {"role": "user", "content": [*results, {"type": "text", "text": "go on"}]},
    ]
    return {**sent.asked, "messages": [*sent.asked["messages"], *more]}


@for_all(script=scripts(), streamed=WAYS, display=st.sampled_from(["summarized", "omitted"]))
def an_answer_goes_home_as_it_came(
    subject: Subject, script: Script, streamed: bool, display: str
) -> None:
    """What the model said is what it hears in the next request: ids, names, arguments, order,
    and the state that its vendor wants back.

    A breach usually means that a vendor's id is rewritten on one way only, or that state in
    the signature of a thinking block (`proxy_core.anthropic.carrier`) is not sealed or not
    opened again. What cannot go back stands in the ledger.
    """
    thinking = {"type": "adaptive", "display": display}
    first = subject.ask(stream=streamed, thinking=thinking)
    told = subject.say(first, script, streamed)
    require(told.failure is None, "a sound answer is taken for a failure",
            script=script.readable())  # fmt: skip
    if not told.content:
        return
    sent = subject.send(going_on(first, told.content))
    heard = subject.heard(sent)
    shown = {"script": script.readable(), "asked": sent.asked["messages"][1:], "sent": sent.body}
    calls = heard.calls()
    require_same([(call.name, call.input) for call in calls],
                 [(call.name, call.input) for call in subject.named(first, script).calls],
                 "the calls go back as others", **shown)  # fmt: skip
    wire = subject.wire(sent)
    renamed = any(loss.path.endswith("/id") for loss in sent.ledger)
    for call, said in zip(calls, script.calls, strict=True):
        if _VENDORS_ID.fullmatch(said.id) and not renamed:
            require(
                call.id == wire.call_id(said.id),
                f"the id {said.id!r} goes back as {call.id!r}",
                **shown,
            )
    results = [[f"<{number}>"] for number in range(len(calls))]
    require_same(results_by_call(heard), results, "a call gets the result of another", **shown)
    _require_reasoning(subject, sent, script, shown)


def _require_reasoning(subject: Subject, sent: Sent, script: Script, shown: Json) -> None:
    """Reasoning and what the vendor wants back with it go home, or the ledger says otherwise."""
    if sent.noted("/messages/1/content/0"):
        return
    if subject.wire(sent).carries(script):
        kept = script.state.encode() in sent.upstream.body
        require(kept, "the vendor's state is lost on its way home", **shown)
    elif script.thinking:
        thoughts = [item.text for item in subject.heard(sent).items if isinstance(item, Thought)]
        kept = "".join(script.thinking) in thoughts
        require(kept, "the reasoning is lost on its way home", **shown)
