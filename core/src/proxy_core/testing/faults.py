"""What goes wrong with a vendor's answer, at every vendor and in both forms alike.

An answer is told in parts, and a fault is an order of parts: some are left out, others put in.
A whole answer is a stream of one frame, so what happens halfway happens there before its body.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, auto


class Part(Enum):
    """A step in telling an answer."""

    HEAD = auto()  # status and headers
    OTHER_HEAD = auto()  # with the content type of the other form
    PAGE_HEAD = auto()  # with that of a web page
    FIRST = auto()  # the frames up to halfway
    REST = auto()  # those after
    END = auto()  # the body is said to be complete
    BYTES = auto()  # all frames, each byte sent by itself
    HALF_FRAME = auto()  # half of the frame after `FIRST`
    ERROR = auto()  # the vendor's error, where a frame was due
    GARBAGE = auto()  # bytes that no protocol knows
    PAGE = auto()  # a web page
    HOLD = auto()  # nothing until released
    KEEP_ALIVE = auto()  # until then, what says no more than that the vendor is there
    RESET = auto()  # the connection is torn down, not closed


PARTS = (Part.HEAD, Part.FIRST, Part.REST, Part.END)
"""An answer in which nothing goes wrong. Without `END`, its connection is closed on the way."""


class Fault(Enum):
    """What goes wrong. Each member says what the client of the vendor sees."""

    NO_ANSWER = "the connection is closed before anything is said", ()
    LATE = "nothing, not even a head, until `release()`", (Part.HOLD, *PARTS)
    KEEP_ALIVE = (
        "comments in a stream, blank lines before a whole answer, until `release()`",
        (Part.HEAD, Part.KEEP_ALIVE, Part.FIRST, Part.REST, Part.END),
    )
    HOLD = (
        "nothing more from halfway on, until `release()`",
        (Part.HEAD, Part.FIRST, Part.HOLD, Part.REST, Part.END),
    )
    OPEN = (
        "the whole answer, but no end of it, until `release()`",
        (Part.HEAD, Part.FIRST, Part.REST, Part.HOLD, Part.END),
    )
    BYTEWISE = "the whole answer, byte by byte", (Part.HEAD, Part.BYTES, Part.END)
    CUT = "the connection is closed in a frame", (Part.HEAD, Part.FIRST, Part.HALF_FRAME)
    RESET = "the connection is reset halfway", (Part.HEAD, Part.FIRST, Part.RESET)
    ENDED = (
        "the answer ends in good order, but halfway; a whole one is empty",
        (Part.HEAD, Part.FIRST, Part.END),
    )
    HALF_FRAME = (
        "the answer ends in good order, but in a frame; a whole one is half of its JSON",
        (Part.HEAD, Part.FIRST, Part.HALF_FRAME, Part.END),
    )
    ERROR = (
        "the vendor's error where a frame was due, under the status of an answer",
        (Part.HEAD, Part.FIRST, Part.ERROR, Part.END),
    )
    GARBAGE = (
        "bytes that no protocol knows, where a frame was due",
        (Part.HEAD, Part.FIRST, Part.GARBAGE, Part.END),
    )
    WRONG_TYPE = (
        "a stream said to be JSON, or JSON said to be a stream",
        (Part.OTHER_HEAD, Part.FIRST, Part.REST, Part.END),
    )
    WEB_PAGE = "a web page, under the status of an answer", (Part.PAGE_HEAD, Part.PAGE, Part.END)

    def __init__(self, seen: str, parts: tuple[Part, ...]) -> None:
        self.seen = seen
        self.parts = parts


def halfway_on_release(parts: tuple[Part, ...]) -> tuple[Part, ...]:
    """The same, but what comes after the first half comes only when it is released."""
    place = parts.index(Part.FIRST) + 1 if Part.FIRST in parts else 0
    return (*parts[:place], Part.HOLD, *parts[place:])


_ALIKE = {
    Part.GARBAGE: (b"data: \xff{]\n\n",),
    Part.PAGE: (b"<!doctype html><title>Sign in</title>",),
}
"""What every vendor would say."""


@dataclass(frozen=True)
class Answer:
    """What there is to be told, in the vendor's words."""

    frames: tuple[bytes, ...]
    """One where the answer is whole."""
    half: int
    """The first frame after halfway."""
    error: bytes
    """What the vendor says in place of a frame when it fails."""
    streamed: bool
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)

    def chunks(self, part: Part) -> tuple[bytes, ...]:
        """The body that this part gives; nothing where it is one of the connection."""
        match part:
            case Part.FIRST:
                return self.frames[: self.half]
            case Part.REST:
                return self.frames[self.half :]
            case Part.BYTES:
                return tuple(bytes([one]) for frame in self.frames for one in frame)
            case Part.HALF_FRAME:
                cut = self.frames[self.half]
                return (cut[: len(cut) // 2],)
            case Part.ERROR:
                return (self.error,)
            case Part.KEEP_ALIVE:
                # DeepSeek says both to those who wait:
                # https://api-docs.deepseek.com/quick_start/rate_limit
                return (b": keep-alive\n\n" if self.streamed else b"\n",)
            case _:
                return _ALIKE.get(part, ())

    def head(self, part: Part) -> dict[str, str]:
        """The headers; this kind of head says what the body is called."""
        if part is Part.PAGE_HEAD:
            kind = "text/html"
        else:
            streamed = self.streamed is (part is Part.HEAD)
            kind = "text/event-stream" if streamed else "application/json"
        return {"content-type": kind, **self.headers}
