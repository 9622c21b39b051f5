"""What the client chooses makes a difference."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

from hypothesis import strategies as st

from proxy_core.contract import ModelOptions
from proxy_core.testing.complaint import require
from proxy_core.testing.exam import for_all
from proxy_core.testing.subject import TOOL_NAMES, Sent, Subject, asking

Json = dict[str, Any]

_READ, _BASH, *_ = TOOL_NAMES


def _tool(**schema: Any) -> Json:
    """A request with one tool, whose schema has these members too."""
    properties = {"text": {"type": "string"}}
    whole = {"type": "object", "properties": properties, **schema}
    return {"tools": [{"name": _READ, "input_schema": whole}]}


def _image(media_type: str) -> Json:
    source = {"type": "base64", "media_type": media_type, "data": "iVBORw0KGgo="}
    return {"messages": [{"role": "user", "content": [{"type": "image", "source": source}]}]}


def _choice(kind: str, **more: Any) -> Json:
    return {"tool_choice": {"type": kind, **more}}


SETTINGS: dict[str, tuple[str, Json, Json]] = {
    "a call is demanded": ("/tool_choice", _choice("auto"), _choice("any")),
    "a call is forbidden": ("/tool_choice", _choice("auto"), _choice("none")),
    "this tool is demanded": ("/tool_choice", _choice("any"), _choice("tool", name=_READ)),
    "another tool is demanded": (
        "/tool_choice",
        _choice("tool", name=_READ),
        _choice("tool", name=_BASH),
    ),
    "one call at a time": (
        "/tool_choice",
        _choice("auto"),
        _choice("auto", disable_parallel_tool_use=True),
    ),
    "a parameter is required": ("/tools/0/input_schema", _tool(), _tool(required=["text"])),
    "no further parameters": ("/tools/0/input_schema", _tool(), _tool(additionalProperties=False)),
    "the type of an image": ("/messages/0/content/0", _image("image/png"), _image("image/jpeg")),
    "the longest answer": ("/max_tokens", {"max_tokens": 20_000}, {"max_tokens": 30_000}),
    "the effort": (
        "/output_config",
        {"output_config": {"effort": "low"}},
        {"output_config": {"effort": "high"}},
    ),
    "stop sequences": ("/stop_sequences", {"stop_sequences": ["A"]}, {"stop_sequences": ["B"]}),
    "the temperature": ("/temperature", {"temperature": 0.25}, {"temperature": 0.75}),
}
"""What is set, where it stands, and two requests that differ in it alone."""


def _told(sent: Sent) -> list[Any]:
    """What the vendor gets, and what core does in its place."""
    upstream = sent.upstream
    return [upstream.path, upstream.body, upstream.headers, upstream.stop_sequences]


@for_all(setting=st.sampled_from(sorted(SETTINGS)))
def each_setting_makes_a_difference(subject: Subject, setting: str) -> None:
    """What the client sets changes what is sent, or stands in the ledger: which tool to call,
    how long to answer, what kind of image it is.

    A breach usually means that a field is read but not sent, or that one value stands for all:
    `image/png` for every image, `auto` for every choice.
    """
    path, one, other = SETTINGS[setting]
    first, second = subject.send(asking(**one)), subject.send(asking(**other))
    heard = _told(first) != _told(second) or first.touched(path) or second.touched(path)
    require(heard, f"it makes no difference: {setting}", one=one, other=other, sent=second.body)


OPTIONS: dict[str, tuple[str, Json, Json]] = {
    "the longest answer": ("/max_tokens", {"max_tokens": 500}, {"max_tokens": 600}),
    "the temperature": ("/temperature", {"temperature": 0.25}, {"temperature": 0.75}),
    "the effort": (
        "/output_config/effort",
        {"reasoning_effort": "low"},
        {"reasoning_effort": "high"},
    ),
    "a further field": ("", {"extra_body": {"x_test": 1}}, {"extra_body": {"x_test": 2}}),
}
"""What the user's table sets, where a client would set it, and two tables that differ in it."""


@for_all(share=5, option=st.sampled_from(sorted(OPTIONS)))
def what_the_user_sets_holds(subject: Subject, option: str) -> None:
    """What the user's table of models says of an entry is sent, or stands in the ledger.

    A breach usually means that `target.options` is not looked at: its `temperature` and
    `reasoning_effort` win over the client's, its `extra_body` is put into what is sent.
    `target.max_output_tokens` knows both the model's limit and the user's.
    """
    path, one, other = OPTIONS[option]
    first, second = (subject.under(ModelOptions(**told)).send(asking()) for told in (one, other))
    heard = _told(first) != _told(second) or first.noted(path) or second.noted(path)
    require(heard, f"it makes no difference: {option}", one=one, other=other, sent=second.body)


@for_all(share=2, model=st.from_regex(r"[a-z][a-z0-9.-]{0,20}(/[a-z0-9.-]{1,20})?", fullmatch=True))
def the_model_that_was_chosen_is_asked(subject: Subject, model: str) -> None:
    """The vendor is told the id of the target's model, in the path or in the body.

    A breach usually means a model that is written into the plugin, or remembered from an earlier
    request.
    """
    sent = subject.to(model).send(asking())
    told = [unquote(sent.upstream.path), sent.upstream.body.decode()]
    require(any(model in text for text in told), f"the model {model!r} is not named",
            path=sent.upstream.path, sent=sent.body)  # fmt: skip
