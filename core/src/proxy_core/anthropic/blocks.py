"""Content blocks of an answer while they are being told.

A block knows when it may be opened, which of its text may be sent, when it is complete and
what has to be said before it closes. The queue decides whose turn it is.
"""

from __future__ import annotations

from typing import Any, ClassVar

import msgspec

from proxy_core.anthropic.events import mend_surrogates
from proxy_core.contract import ProtocolError


class AnswerBlock:
    """Base of the blocks: text is added, and what may be sent is taken."""

    delta: ClassVar[str] = ""
    """Type of the delta that carries the block's text."""

    __slots__ = ("_unsent", "index")

    def __init__(self) -> None:
        self.index: int | None = None
        """Number of the block in the message; None until it is opened."""
        self._unsent: list[str] = []

    def start(self) -> dict[str, Any]:
        """The empty block, as it is announced."""
        raise NotImplementedError

    def add(self, text: str) -> None:
        self._unsent.append(text)

    def may_open(self) -> bool:
        """Whether there is something worth a block."""
        return True

    def is_complete(self) -> bool:
        """Whether the block can be closed, given that something follows it."""
        return True

    def take(self, *, last: bool = False) -> str:
        """The text that may be sent now. Half of a surrogate pair waits for the other."""
        if not self._unsent:
            return ""
        text = "".join(self._unsent)
        self._unsent.clear()
        if not last and "\ud800" <= text[-1] <= "\udbff":
            self._unsent.append(text[-1])
            return text[:-1]
        return text

    def verify(self, *, cut: bool) -> None:
        """Check the block before it closes; `cut` says that a limit ended the answer."""


class TextBlock(AnswerBlock):
    """Visible text; white space alone makes no block."""

    delta = "text_delta"
    __slots__ = ("_has_words", "citations")

    def __init__(self) -> None:
        super().__init__()
        self.citations: list[dict[str, Any]] = []
        """Sources of the text, told before the block closes."""
        self._has_words = False

    def start(self) -> dict[str, Any]:
        return {"type": "text", "text": ""}

    def add(self, text: str) -> None:
        self._unsent.append(text)
        if not self._has_words:
            self._has_words = not text.isspace()

    def may_open(self) -> bool:
        return self._has_words


class ThinkingBlock(AnswerBlock):
    """Reasoning; its text may be kept back, to travel in the signature instead."""

    delta = "thinking_delta"
    __slots__ = ("_hidden", "signature")

    def __init__(self, *, omit_text: bool) -> None:
        super().__init__()
        self.signature = ""
        self._hidden: list[str] | None = [] if omit_text else None

    def start(self) -> dict[str, Any]:
        return {"type": "thinking", "thinking": "", "signature": ""}

    def may_open(self) -> bool:
        return bool(self._unsent or self.signature)

    def take(self, *, last: bool = False) -> str:
        text = super().take(last=last)
        if self._hidden is None:
            return text
        self._hidden.append(text)
        return ""

    @property
    def hidden(self) -> str:
        """The text that was not shown."""
        return mend_surrogates("".join(self._hidden or ()))


class RedactedThinkingBlock(AnswerBlock):
    """Reasoning that only its vendor can read."""

    __slots__ = ("_data",)

    def __init__(self, data: str) -> None:
        super().__init__()
        self._data = data

    def start(self) -> dict[str, Any]:
        return {"type": "redacted_thinking", "data": self._data}


class ToolUseBlock(AnswerBlock):
    """A tool call; its arguments are sent as they come and checked when they end.

    Nothing is sent before the arguments are known to begin an object: some upstreams write
    `null` or nothing at all for a tool without arguments, and clients need an object. Others
    announce every call with `{}`, or say whole arguments a second time at the end.
    """

    delta = "input_json_delta"
    __slots__ = (
        "_arguments",
        "_is_placeholder",
        "_length",
        "_next_check",
        "_opening",
        "closed",
        "name",
        "tool_id",
    )

    def __init__(self, tool_id: str, name: str) -> None:
        super().__init__()
        self.tool_id = tool_id
        self.name = name
        self.closed = False
        self._arguments: list[str] = []
        self._opening = ""
        """The first character that is not white space."""
        self._length = 0
        self._next_check = 0
        self._is_placeholder = False
        """All that came is an empty object or `null`, which arguments may yet take the place of."""

    def start(self) -> dict[str, Any]:
        return {"type": "tool_use", "id": self.tool_id, "name": self.name, "input": {}}

    def add(self, text: str) -> None:
        if self.is_repeated_by(text):
            return
        if self._is_placeholder and not text.isspace():
            self._forget()
        super().add(text)
        self._arguments.append(text)
        self._length += len(text)
        if not self._opening:
            self._opening = text.lstrip()[:1]
            self._is_placeholder = text.strip() in ("{}", "null")

    def _forget(self) -> None:
        self._unsent.clear()
        self._arguments.clear()
        self._opening, self._length, self._is_placeholder = "", 0, False

    def take(self, *, last: bool = False) -> str:
        if self._opening != "{" or (self._is_placeholder and not last):
            return ""
        return super().take(last=last)

    def is_repeated_by(self, text: str) -> bool:
        """Whether `text` says again all the arguments, which are complete."""
        if len(text) != self._length or self._opening != "{":
            return False
        return text == "".join(self._arguments) and self._parses()

    def is_complete(self) -> bool:
        """Whether the arguments are an object by now.

        Asked while later blocks wait, possibly once per fragment, so each failed look puts
        off the next one in proportion: the work stays linear in the length.
        """
        if self._opening != "{" or self._length < self._next_check:
            return False
        self._next_check = self._length + self._length // 4
        return self._parses()

    def verify(self, *, cut: bool) -> None:
        self.closed = True
        if self._opening == "{":
            sound = cut or self._parses()
        else:
            words = "".join(self._arguments).strip()
            sound = words in ("", "null") or (cut and "null".startswith(words))
        if not sound:
            raise ProtocolError(f"the arguments of the call to {self.name!r} are no JSON object")

    def _parses(self) -> bool:
        try:
            msgspec.json.decode(mend_surrogates("".join(self._arguments)), type=dict[str, Any])
        except (msgspec.DecodeError, RecursionError):
            return False
        return True
