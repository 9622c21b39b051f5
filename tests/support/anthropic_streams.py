"""Streams of Anthropic events for tests: recorded shapes, events as bytes, the official SDK."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anthropic
import httpx2

FIXTURES = Path(__file__).parents[1] / "fixtures" / "anthropic"
STREAMS = sorted(path.stem for path in FIXTURES.glob("s*.jsonl"))

Event = dict[str, Any]


def stream_fixture(name: str) -> list[Event]:
    """The events of one fixture, in order."""
    lines = (FIXTURES / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def expected_message(name: str) -> dict[str, Any] | None:
    """What the official SDK makes of a fixture, nulls left out; None where it raises."""
    expected = json.loads((FIXTURES / "streams.expected.json").read_text(encoding="utf-8"))
    message: dict[str, Any] | None = expected[name].get("message")
    return message


def without_nulls(value: Any) -> Any:
    """JSON with every null member removed, as `exclude_none` does it."""
    if isinstance(value, dict):
        return {name: without_nulls(item) for name, item in value.items() if item is not None}
    if isinstance(value, list):
        return [without_nulls(item) for item in value]
    return value


def as_sse(events: list[Event]) -> bytes:
    """Events as they stand on the wire."""
    frames = [f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in events]
    return "".join(frames).encode()


class _Pieces(httpx2.SyncByteStream):
    def __init__(self, data: bytes, size: int) -> None:
        self._data = data
        self._size = size

    def __iter__(self) -> Iterator[bytes]:
        for start in range(0, len(self._data), self._size):
            yield self._data[start : start + self._size]


def sdk_message(data: bytes, piece: int = 1024) -> dict[str, Any]:
    """What the official SDK accumulates from a stream; raises what it raises."""

    def answer(_request: httpx2.Request) -> httpx2.Response:
        headers = {"content-type": "text/event-stream; charset=utf-8"}
        return httpx2.Response(200, headers=headers, stream=_Pieces(data, piece))

    with (
        httpx2.Client(transport=httpx2.MockTransport(answer)) as http,
        anthropic.Anthropic(
            api_key="none", base_url="http://127.0.0.1:9", max_retries=0, http_client=http
        ) as client,
        client.messages.stream(
            model="m", max_tokens=1, messages=[{"role": "user", "content": "x"}]
        ) as stream,
    ):
        message = stream.get_final_message()
    dumped: dict[str, Any] = json.loads(message.model_dump_json(by_alias=True, warnings=False))
    return dumped
