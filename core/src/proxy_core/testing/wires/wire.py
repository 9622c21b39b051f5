"""What is to be known of a vendor's language to judge a plugin that speaks it."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

from proxy_core.contract import UpstreamRequest
from proxy_core.testing.script import Script

# -- what a vendor hears -------------------------------------------------------------------


@dataclass(frozen=True)
class Spoken:
    """A text in the conversation."""

    role: str
    """`system`, `user` or `assistant`."""
    text: str


@dataclass(frozen=True)
class Thought:
    """Reasoning of an earlier turn, given back."""

    text: str


@dataclass(frozen=True)
class Called:
    """A call that the model made earlier."""

    id: str
    name: str
    input: Any


@dataclass(frozen=True)
class Answered:
    """What a call gave back. Images in it are left out."""

    id: str
    text: str


Item = Spoken | Thought | Called | Answered


@dataclass(frozen=True)
class Declared:
    """A tool that the model may call."""

    name: str
    schema: Any


@dataclass(frozen=True)
class Heard:
    """A request as the vendor understands it."""

    items: tuple[Item, ...]
    """The system's words first, then the conversation in its order."""
    tools: tuple[Declared, ...] = ()

    def calls(self) -> list[Called]:
        return [item for item in self.items if isinstance(item, Called)]

    def answers(self) -> list[Answered]:
        return [item for item in self.items if isinstance(item, Answered)]


# -- what a vendor says --------------------------------------------------------------------


@dataclass(frozen=True)
class Streamed:
    """A streamed answer."""

    frames: tuple[bytes, ...]
    """Its events as they stand on the wire."""
    end: int
    """The first frame that says that the answer is complete. Cut before it, it is none."""

    @property
    def body(self) -> bytes:
        return b"".join(self.frames)

    def before_end(self) -> bytes:
        """All that comes before the answer says that it is complete."""
        return b"".join(self.frames[: self.end])


class Wire(ABC):
    """One vendor's language. `upstream` is the request that is answered."""

    name: str

    is_clients_own: bool = False
    """It is the client's own language, in which what the client said is passed on."""
    stops: frozenset[str] = frozenset({"end_turn", "max_tokens", "tool_use"})
    """The stop reasons, in Anthropic's words, that the vendor has words for."""

    @abstractmethod
    def speaks(self, upstream: UpstreamRequest) -> bool:
        """Whether a request is in this language; its path usually tells."""

    def call_id(self, said: str) -> str:
        """The id under which a call is told whose script says this one."""
        return said

    def wants_stream(self, path: str, body: bytes) -> bool:  # noqa: ARG002 -- some say it in the path
        """Whether a request asks for a streamed answer."""
        return json.loads(body).get("stream") is True

    def carries(self, script: Script) -> bool:  # noqa: ARG002 -- most vendors have no such thing
        """Whether the script's `state` goes out with this answer, and is wanted back."""
        return False

    @abstractmethod
    def read(self, body: bytes) -> Heard:
        """A request's body as the vendor understands it."""

    @abstractmethod
    def whole(self, script: Script, upstream: UpstreamRequest) -> bytes:
        """The body of a whole answer."""

    @abstractmethod
    def stream(self, script: Script, upstream: UpstreamRequest) -> Streamed:
        """The same answer as an event stream."""

    @abstractmethod
    def error(self, status: int, message: str) -> bytes:
        """The body of an answer with an error status."""

    @abstractmethod
    def stream_error(self, message: str) -> bytes:
        """The frame that reports an error inside a stream."""


def sse(payload: Any, event: str = "", line_end: str = "\n") -> bytes:
    """One server-sent event with JSON, or with a text as it stands."""
    data = payload if isinstance(payload, str) else json.dumps(payload)
    name = f"event: {event}{line_end}" if event else ""
    return f"{name}data: {data}{line_end}{line_end}".encode()
