"""Where a writer writes to: an event stream, or one whole message.

Both receive the same calls in the same order, so a whole answer and a streamed one are told
by the same mapping.
"""

from __future__ import annotations

from typing import Any, Protocol

import msgspec
from msgspec import Raw

from proxy_core.anthropic import events
from proxy_core.contract import Usage

DELTA_KEYS = {
    "text_delta": "text",
    "thinking_delta": "thinking",
    "input_json_delta": "partial_json",
    "signature_delta": "signature",
}
"""The one field that each kind of delta carries."""

_DELTAS = {kind: (kind.encode(), key.encode()) for kind, key in DELTA_KEYS.items()}


class Sink(Protocol):
    """Receives a legal sequence of calls and nothing else."""

    streams: bool
    """Whether it wants events; else one whole message."""

    def message_start(self, message_id: str, model: str, usage: Usage) -> None: ...
    def block_start(self, index: int, block: dict[str, Any]) -> None: ...
    def block_delta(self, index: int, kind: str, value: str) -> None: ...
    def block_citation(self, index: int, citation: dict[str, Any]) -> None: ...
    def block_stop(self, index: int) -> None: ...
    def message_end(self, stop_reason: str, stop_sequence: str | None, usage: Usage) -> None: ...
    def error(self, error_type: str, message: str) -> None: ...
    def relay(self, raw: bytes) -> None: ...


class EventSink:
    """Collects server-sent events as bytes until they are taken."""

    streams = True

    def __init__(self, request_id: str | None = None) -> None:
        self._request_id = request_id
        self._pending: list[bytes] = []

    def take(self) -> bytes:
        """The events written since the last call."""
        pending, self._pending = self._pending, []
        return b"".join(pending)

    def message_start(self, message_id: str, model: str, usage: Usage) -> None:
        self._pending.append(events.message_start(message_id, model, usage))

    def block_start(self, index: int, block: dict[str, Any]) -> None:
        self._pending.append(events.content_block_start(index, block))

    def block_delta(self, index: int, kind: str, value: str) -> None:
        self._pending.append(events.content_block_delta(index, *_DELTAS[kind], value))

    def block_citation(self, index: int, citation: dict[str, Any]) -> None:
        self._pending.append(events.citation(index, citation))

    def block_stop(self, index: int) -> None:
        self._pending.append(events.content_block_stop(index))

    def message_end(self, stop_reason: str, stop_sequence: str | None, usage: Usage) -> None:
        self._pending.append(events.message_delta(stop_reason, stop_sequence, usage))
        self._pending.append(events.MESSAGE_STOP)

    def error(self, error_type: str, message: str) -> None:
        self._pending.append(events.error(error_type, message, self._request_id))

    def relay(self, raw: bytes) -> None:
        """Events in the client's own language, as they came."""
        self._pending.append(raw)


class MessageSink:
    """Builds one whole message."""

    streams = False

    def __init__(self) -> None:
        self.message: dict[str, Any] = {}
        """The message; complete once `message_end` was called."""
        self._deltas: list[dict[str, list[str]]] = []
        self._relayed = b""

    def json(self) -> bytes:
        """The finished message as a response body."""
        return self._relayed or msgspec.json.encode(self.message)

    def message_start(self, message_id: str, model: str, usage: Usage) -> None:
        self.message = {
            "id": message_id,
            "type": "message",
            "role": "assistant",
            "model": model,
            "content": [],
            "stop_reason": None,
            "stop_sequence": None,
            "usage": events.usage_fields(usage),
        }

    def block_start(self, index: int, block: dict[str, Any]) -> None:
        self.message["content"].insert(index, dict(block))
        self._deltas.insert(index, {})

    def block_delta(self, index: int, kind: str, value: str) -> None:
        self._deltas[index].setdefault(kind, []).append(value)

    def block_citation(self, index: int, citation: dict[str, Any]) -> None:
        self.message["content"][index].setdefault("citations", []).append(citation)

    def block_stop(self, index: int) -> None:
        block = self.message["content"][index]
        for kind, pieces in self._deltas[index].items():
            text = events.mend_surrogates("".join(pieces))
            if kind == "input_json_delta":
                block["input"] = _tool_input(text)
            else:
                block[DELTA_KEYS[kind]] = text

    def message_end(self, stop_reason: str, stop_sequence: str | None, usage: Usage) -> None:
        self.message["stop_reason"] = stop_reason
        self.message["stop_sequence"] = stop_sequence
        self.message["usage"] = events.usage_fields(usage)

    def error(self, error_type: str, message: str) -> None:
        """Nothing: the caller reads the writer's failure and answers with its status."""

    def relay(self, raw: bytes) -> None:
        """A whole message in the client's own language, as it came."""
        self._relayed = raw


def _tool_input(text: str) -> Raw | dict[str, Any]:
    """The arguments as the model wrote them; `{}` where they were cut off by a limit."""
    try:
        msgspec.json.decode(text, type=dict[str, Raw])
    except (msgspec.DecodeError, RecursionError):
        return {}
    return Raw(text.encode())
