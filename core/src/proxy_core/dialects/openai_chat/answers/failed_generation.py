"""Calls in the raw text of a model that its server could not read.

Groq refuses such an answer with `tool_use_failed` and sends the text as `failed_generation`.
How models write calls, as users have reported it:

    <function=NAME>{...}</function>      <function=NAME={...}</function>      NAME{...}</function>
    {"tool_calls": [...]}, also in a code fence
    [{"name": NAME, "arguments": {...}}], or one of these alone, or with `parameters`
    <tool_call>{"name": NAME, ...}</tool_call>                                (Qwen)
    <|channel|>commentary to=functions.NAME ...<|message|>{...}               (gpt-oss)
    and Kimi's tokens (`leaked_calls`)
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from proxy_core.dialects.openai_chat.answers.leaked_calls import CALL_BEGIN, LeakedCall, LeakFilter
from proxy_core.dialects.openai_chat.answers.loose_json import object_text, read_value, written

# Each names a call, and its arguments follow.
_FUNCTION = re.compile(r"<function=([^\s<>={(\[]{1,128})[>=(\s]{0,8}")
_CHANNEL = re.compile(
    r"to=(?:functions\.)?([^\s<>{]{1,128})(?:(?!<\|message\|>)[^{]){0,80}<\|message\|>\s{0,8}"
)
_BARE = re.compile(r"\s{0,80}([\w.-]{1,128})\s{0,8}(?=\{)")
# What follows is a call or a list of calls, written in JSON.
_TAGGED = re.compile(r"<tool_call>\s{0,80}")
_JSON = re.compile(r"\s{0,80}(?:```\w{0,8}\s{0,80})?(?=[{\[])")


def calls_in(text: str) -> list[LeakedCall] | None:
    """The calls that a text holds; None where there is none, or one that cannot be read."""
    try:
        return list(_calls(text)) or None
    except _Unreadable:
        return None


class _Unreadable(Exception):
    """Something in the text looks like a call and is none."""


def _calls(text: str) -> Iterator[LeakedCall]:
    if CALL_BEGIN in text:
        yield from _in_tokens(text)
    elif "<function=" in text:
        yield from _named(_FUNCTION, text)
    elif "<|message|>" in text:
        yield from _named(_CHANNEL, text)
    elif "<tool_call>" in text:
        for tag in _TAGGED.finditer(text):
            yield from _listed(_value(text, tag.end())[0])
    elif mark := _JSON.match(text):
        yield from _listed(_value(text, mark.end())[0])
    elif (name := _BARE.match(text)) and text.rstrip().endswith("</function>"):
        yield _call("", name[1], _value(text, name.end())[0])


def _in_tokens(text: str) -> Iterator[LeakedCall]:
    leaks = LeakFilter()
    leaks.feed(text)
    leaks.flush()
    if len(leaks.calls) != text.count(CALL_BEGIN):
        raise _Unreadable
    yield from leaks.calls


def _named(mark: re.Pattern[str], text: str) -> Iterator[LeakedCall]:
    """Calls whose name stands before their arguments; what else is said is not repeated."""
    position = 0
    while found := mark.search(text, position):
        arguments, position = _value(text, found.end())
        yield _call("", found[1], arguments)


def _listed(value: Any) -> Iterator[LeakedCall]:
    """A call, a list of calls, or an object that holds the list, as OpenAI writes it or barely."""
    if isinstance(value, dict) and "tool_calls" in value:
        value = value["tool_calls"]
    for entry in value if isinstance(value, list) else [value]:
        if not isinstance(entry, dict):
            raise _Unreadable
        call_id = entry.get("id")
        function = entry.get("function")
        said = function if isinstance(function, dict) else entry
        arguments = said.get("arguments", said.get("parameters"))
        yield _call(call_id if isinstance(call_id, str) else "", said.get("name"), arguments)


def _value(text: str, position: int) -> tuple[Any, int]:
    found = read_value(text, position)
    if found is None:
        raise _Unreadable
    return found


def _call(call_id: str, name: Any, arguments: Any) -> LeakedCall:
    text = object_text(arguments) if isinstance(arguments, str) else written(arguments)
    if not isinstance(name, str) or text is None:
        raise _Unreadable
    # gpt-oss lets tokens of its template slip into names.
    return LeakedCall(call_id, name.partition("<|")[0].removeprefix("functions."), text)
