"""Taking a prompt's words out of an error: servers quote what they refuse.

The client knows its prompt; but errors are what people show to others, in reports and logs.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Any

import msgspec

MARK = "[…]"

_SHORTEST = 12
"""Characters of a quotation; less may be a word that any error has."""
_SHORTEST_PLAIN = 40
"""The same of plain lower-case words, as errors are made of them themselves."""
_EDGES = " .,:;'\"`()[]{}"
_PLAIN = re.compile(r"[a-z ,.'`\"]*")
_GRAM, _STRIDE = 8, 4
"""Any `_GRAM + _STRIDE - 1` characters hold a piece of these that is looked for."""
_MOST = 4 << 20
"""Characters of a prompt that are looked at, the last ones: no model takes more."""

_NO_WORDS = frozenset({"type", "role", "id", "tool_use_id", "name", "media_type", "data", "ttl"})
"""Fields of messages that hold names, or bytes that no error quotes."""


class _Prompt(msgspec.Struct):
    system: Any = None
    messages: Any = None


def without_quotes(message: str, body: bytes, kept: Collection[str] = ()) -> str:
    """The message without what it quotes of the prompt in a request's `body`.

    `kept` are names that may be said though the prompt says them too. The message's white space
    is that of `safe_text`.
    """
    prompt = _text_of(body)
    pieces: list[str] = []
    done = 0
    for start, end in _common(message, prompt):
        words = message[start:end].strip(_EDGES)
        at = message.index(words, start)
        if at >= done and _is_quote(words, kept):
            pieces += (message[done:at], MARK)
            done = at + len(words)
    return "".join((*pieces, message[done:]))


def _is_quote(words: str, kept: Collection[str]) -> bool:
    if any(words in name for name in kept):
        return False
    return len(words) >= (_SHORTEST_PLAIN if _PLAIN.fullmatch(words) else _SHORTEST)


def _common(message: str, prompt: str) -> Iterator[tuple[int, int]]:
    """Where the message holds something that is in the prompt too, as far as it goes."""
    at = 0
    while at + _GRAM <= len(message):
        if message[at : at + _GRAM] not in prompt:
            at += _STRIDE
            continue
        end = _furthest(message, prompt, at)
        start = at
        while start and message[start - 1 : end] in prompt:
            start -= 1
        yield start, end
        at = end


def _furthest(message: str, prompt: str, start: int) -> int:
    """The last end of a run that begins at `start`; searched by halves, as prompts are long."""
    low, high = start + _GRAM, len(message)
    while low < high:
        middle = (low + high + 1) // 2
        if message[start:middle] in prompt:
            low = middle
        else:
            high = middle - 1
    return low


def _text_of(body: bytes) -> str:
    try:
        prompt = msgspec.json.decode(body, type=_Prompt)
    except (msgspec.DecodeError, RecursionError):
        return ""
    texts = (" ".join(text.split()) for text in _strings((prompt.system, prompt.messages)))
    return "\n".join(texts)[-_MOST:]


def _strings(value: Any) -> Iterator[str]:
    """All strings that say something, in order."""
    waiting = [value]
    while waiting:
        match waiting.pop():
            case str() as text:
                yield text
            case dict() as fields:
                waiting += reversed(
                    [held for name, held in fields.items() if name not in _NO_WORDS]
                )
            case list() | tuple() as items:
                waiting += reversed(items)
            case _:
                pass
