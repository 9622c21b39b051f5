"""What is sent to the vendor, and what is not."""

from __future__ import annotations

import copy
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import msgspec
from hypothesis import strategies as st

from proxy_core.anthropic.carrier import Envelope, seal
from proxy_core.anthropic.request import parse
from proxy_core.contract import CountCall, ProtocolError, Unsupported
from proxy_core.ledger import Ledger
from proxy_core.plugins import PluginFault
from proxy_core.testing.complaint import Complaint, require, require_same
from proxy_core.testing.exam import for_all, for_each_wire
from proxy_core.testing.growth import require_linear
from proxy_core.testing.leaves import unexplained, untrue
from proxy_core.testing.strategies.conversations import requests
from proxy_core.testing.strategies.hostile import hostile_bytes
from proxy_core.testing.strategies.surface import whole_requests
from proxy_core.testing.subject import Sent, Subject, asking

Json = dict[str, Any]


def _named(sent: Sent) -> list[str]:
    return [f"{loss.path}: {loss.kind} ({loss.reason})" for loss in sent.ledger]


@for_all(asked=whole_requests())
def the_same_request_is_sent_the_same(subject: Subject, asked: Json) -> None:
    """The same request gives the same bytes, the same path and the same losses.

    A breach usually means a random id, a time, a set whose order varies, or something that the
    plugin remembers of earlier requests. Vendors' caches and repeated requests need the same.
    """
    first, second = subject.send(asked), subject.send(asked)
    for what in ("body", "path", "headers", "stream"):
        one, other = getattr(first.upstream, what), getattr(second.upstream, what)
        require_same(other, one, f"the second time its {what} is another", asked=asked)
    require_same(_named(second), _named(first), "the second time it loses other things")


@for_all(share=2, asked=whole_requests())
def the_clients_request_is_left_alone(subject: Subject, asked: Json) -> None:
    """Translating changes nothing in the request, which is translated again for the next target.

    A breach usually means that a dictionary out of the request is edited in place. Copy it.
    """
    body = json.dumps(asked).encode()
    request, untouched = parse(body), parse(body)
    try:
        subject.bound.translate_request(request, subject.target, Ledger())
    except Unsupported:
        return
    changed = [
        field.name
        for field in msgspec.structs.fields(type(request))
        if getattr(request, field.name) != getattr(untouched, field.name)
    ]
    require(not changed, f"the plugin changed {', '.join(changed)} of the request", asked=asked)


@for_all(share=2, stream=st.booleans())
def a_stream_is_asked_for_when_the_client_wants_one(subject: Subject, stream: bool) -> None:
    """Whoever asks for a stream gets one, and nobody else.

    A breach usually means that `stream` is left out of `UpstreamRequest` or of the body.
    """
    sent = subject.ask(stream=stream)
    require_same(sent.upstream.stream, stream, "`stream` is another")
    wanted = subject.wire(sent).wants_stream(sent.upstream.path, sent.upstream.body)
    require_same(wanted, stream, "the vendor is asked for the other kind of answer",
                 path=sent.upstream.path, sent=sent.body)  # fmt: skip


_STEPS = ("../../admin", "..", "a/../../b", "%2e%2e/%2e%2e/x", "..%2fx", "a\\..\\b")
_ADDRESSES = ("/etc", "//evil.example/x", "https://evil.example/", "@evil.example")
_PARTS = ("a?key=1", "a#b", "a;b", "models/a:generate", "a b", "a\r\nx-injected: 1", "é", "\x00")
_MODELS = st.sampled_from((*_STEPS, *_ADDRESSES, *_PARTS)) | st.text(min_size=1, max_size=12)


@for_all(model=_MODELS)
def no_model_name_leads_elsewhere(subject: Subject, model: str) -> None:
    """Whatever a model is called, the request stays below the provider's address.

    A breach means that the name is put into the path as it is. Quote it
    (`urllib.parse.quote(model, safe="")`), and refuse `.` and `..` with `Unsupported`.
    """
    try:
        subject.to(model).send(asking())
    except Complaint as complaint:
        raise complaint.beside(model=model) from complaint.__cause__


@for_all(share=2, requested=_MODELS, models=st.lists(_MODELS, max_size=2))
def any_name_may_be_asked_for(subject: Subject, requested: str, models: list[str]) -> None:
    """Whatever name a client asks for, `proxy_map_model` has a target of the provider that it was
    given, with the user's address on its card, or leaves the name to core.

    A breach usually means that a name is taken apart which has no such parts, or that the target
    is made with the plugin's own card.
    """
    name = subject.target.provider.name
    for asked in (requested, f"{name}-{requested}", f"{name}/{requested}", subject.target.model):
        subject.map_model(asked, models)


_KEY = "sk-canary-7f3a9c51e2b84d06"


@contextmanager
def _keys_set(names: tuple[str, ...]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in names}
    os.environ.update(dict.fromkeys(names, _KEY))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@for_all(share=4, asked=whole_requests())
def keys_are_left_to_core(subject: Subject, asked: Json) -> None:
    """A plugin neither reads a key nor sets a header that holds one.

    A breach means that the plugin looks into the environment or writes an authorization header.
    Name the variable in the card's `key_env` and the header in `key_header`: core adds the key,
    and towards the card's own address only.
    """
    with _keys_set(subject.target.provider.key_env):
        upstream = subject.send(asked).upstream
    told = json.dumps([upstream.path, upstream.headers, upstream.body.decode()])
    require(_KEY not in told, "the request holds the key that stands in the environment",
            path=upstream.path, headers=upstream.headers)  # fmt: skip


# -- nothing in silence --------------------------------------------------------------------


@for_all(asked=whole_requests())
def what_is_not_sent_is_in_the_ledger(subject: Subject, asked: Json) -> None:
    """Each value of a request is sent, or the ledger names its place.

    A breach usually means a field that the translation never looks at. Send it, or note it:
    `ledger.note("/top_k", LossKind.DROPPED, Reason.NO_EQUIVALENT)`.
    """
    sent = subject.send(asked)
    lost = list(unexplained(asked, sent.body, sent.ledger, marks_only=True))
    require(not lost, f"neither sent nor in the ledger: {', '.join(lost)}",
            asked=asked, sent=sent.body, ledger=_named(sent))  # fmt: skip


@for_all(asked=whole_requests())
def what_the_ledger_says_is_true(subject: Subject, asked: Json) -> None:
    """What the ledger says was dropped is not sent.

    A breach means a note without the deed: people read the ledger to know what the vendor saw.
    """
    sent = subject.send(asked)
    kept = list(untrue(asked, sent.body, sent.ledger))
    require(not kept, f"in the ledger as dropped, and sent: {', '.join(kept)}",
            asked=asked, sent=sent.body, ledger=_named(sent))  # fmt: skip


_KEYWORDS = (
    *("title", "description", "default", "examples", "format", "pattern", "type", "properties"),
    *("required", "items", "enum", "const", "minimum", "maxLength", "additionalProperties"),
    *("$schema", "$id", "definitions", "anyOf", "not", "strict", "nullable"),
)


@for_all(
    share=2,
    names=st.lists(st.sampled_from(_KEYWORDS), min_size=1, max_size=6, unique=True),
    inside=st.booleans(),
)
def properties_may_be_called_like_keywords(
    subject: Subject, names: list[str], inside: bool
) -> None:
    """A tool may have a parameter called `title` or `format`: it is no keyword of JSON Schema.

    A breach means that keywords are removed from every object of a schema. Inside `properties`
    the names are the client's own: descend into the values only.
    """
    schema: Json = {"type": "object", "properties": {name: {"type": "string"} for name in names}}
    if inside:
        schema = {"type": "object", "properties": {"inner": schema}}
    sent = subject.ask(tools=[{"name": "Read", "input_schema": schema}])
    tools = subject.heard(sent).tools
    require(tools, "the tool is not sent", asked=schema, sent=sent.body)
    found = _properties(tools[0].schema)
    found = _properties(found.get("inner")) if inside else found
    require_same(sorted(found), sorted(names), "the tool has other parameters",
                 asked=schema, sent=sent.body)  # fmt: skip


def _properties(schema: Any) -> Json:
    return (isinstance(schema, dict) and schema.get("properties")) or {}


def _with_result(**fields: Any) -> list[Json]:
    call = {"type": "tool_use", "id": "toolu_1", "name": "Read", "input": {"text": "a"}}
    result = {"type": "tool_result", "tool_use_id": "toolu_1", "content": "no file", **fields}
    return [
        {"role": "user", "content": "go"},
        {"role": "assistant", "content": [call]},
        {"role": "user", "content": [result]},
    ]


@for_all(share=50, content=st.sampled_from(["no file", [{"type": "text", "text": "no file"}]]))
def a_failed_call_is_told_as_failed(subject: Subject, content: object) -> None:
    """The model learns that a tool failed: `is_error` changes what is sent.

    A breach means that `is_error` is not looked at. A vendor without such a field gets it in
    words, for example `Error: ` before the text.
    """
    failed = subject.ask(messages=_with_result(content=content, is_error=True))
    worked = subject.ask(messages=_with_result(content=content))
    require(failed.upstream.body != worked.upstream.body, "`is_error` is not sent",
            sent=failed.body)  # fmt: skip


@for_all(share=50, words=st.sampled_from(["", "shown"]))
def reasoning_of_another_vendor_is_not_sent(subject: Subject, words: str) -> None:
    """Sealed reasoning goes back to the provider that issued it, and to no other.

    A breach means that a signature is passed on unread, or opened without
    `Envelope.is_from(target)`. Another vendor's state is none of this one's business.
    """
    card = subject.target.provider.model_copy(
        update={"name": "elsewhere", "base_url": "https://elsewhere.example"}
    )
    stranger = msgspec.structs.replace(subject.target, provider=card)
    envelope = Envelope.of(stranger, reasoning="foreign-words", state=b"foreign-state")
    thinking = {"type": "thinking", "thinking": words, "signature": seal(envelope)}
    messages = _with_result()
    messages[1]["content"].insert(0, thinking)
    sent = subject.ask(messages=messages)
    told = sent.upstream.body
    for secret in (b"foreign-words", b"foreign-state", seal(envelope).encode()):
        require(secret not in told, "another vendor's sealed reasoning is sent", sent=sent.body)
    noted = sent.touched("/messages/1/content/0")
    require(noted, "that the reasoning is left out does not stand in the ledger",
            ledger=_named(sent))  # fmt: skip


# -- counting ------------------------------------------------------------------------------


@for_all(share=4, asked=requests(), answer=hostile_bytes())
def counting_is_safe(subject: Subject, asked: Json, answer: bytes) -> None:
    """Tokens are counted without changing the request, and whatever the vendor's counter says.

    A breach usually means that the counter's answer is taken for JSON of the right form:
    `CountCall.read` raises `ProtocolError` for all that holds no count.
    """
    body = json.dumps(asked).encode()
    request = parse(body)
    before = copy.deepcopy(request)
    try:
        counted = subject.bound.count_tokens(request, subject.target)
        require(request == before, "counting changed the request", asked=asked)
        if counted is not None:
            tokens = counted.read(answer) if isinstance(counted, CountCall) else counted.tokens
            require(tokens >= 0, f"it counts {tokens} tokens", asked=asked)
    except (Unsupported, ProtocolError):
        return
    except PluginFault as fault:
        raise Complaint(str(fault), {"asked": asked, "the counter's answer": answer}) from fault


# -- time ----------------------------------------------------------------------------------

_SHORT = 50
"""Calls of a conversation."""


def _sending(subject: Subject, turns: int) -> Callable[[], Sent]:
    """Sends a long conversation, when it is called."""
    messages = _with_result(content="a result of some length " * 20) * turns
    messages = [
        json.loads(json.dumps(message).replace("toolu_1", f"toolu_{number // 3}"))
        for number, message in enumerate(messages)
    ]
    return partial(subject.send, asking(messages=messages))


@for_each_wire
def time_grows_with_the_length_of_a_request(subject: Subject) -> None:
    """A conversation of eight times the length takes about eight times as long.

    A breach usually means that each message looks through all those before it, for example for
    the call that a result belongs to. Keep the calls in a dictionary.
    """
    require_linear("a request", partial(_sending, subject), _SHORT)
