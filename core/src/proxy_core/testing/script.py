"""What a model says, as data: the same answer for every vendor's wire."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from proxy_core.contract import Usage

STOPS = ("end_turn", "max_tokens", "refusal")
"""Why an answer without calls may end, in Anthropic's words, at vendors of any kind."""

Json = dict[str, Any]


@dataclass(frozen=True)
class Call:
    """A tool call; `fragments` are its arguments as they arrive."""

    id: str
    """As the vendor says it: any text, the empty one too."""
    name: str
    fragments: tuple[str, ...]

    @property
    def arguments(self) -> str:
        return "".join(self.fragments)

    @property
    def input(self) -> Json:
        arguments: Json = json.loads(self.arguments)
        return arguments


@dataclass(frozen=True)
class Script:
    """One answer: reasoning, then text, then calls, as a whole answer has to order them."""

    thinking: tuple[str, ...] = ()
    text: tuple[str, ...] = ()
    calls: tuple[Call, ...] = ()
    order: tuple[int, ...] = ()
    """Which call each fragment after the openings belongs to; what is missing comes at the end."""
    state: str = ""
    """What the vendor wants back with the reasoning, on wires that have such a thing."""
    stop: str = "end_turn"
    """Anthropic's stop reason; `tool_use` where there are calls."""
    vendor_stop: str | None = None
    """The vendor's own word for it instead, known or not."""
    usage: Usage = field(default_factory=lambda: Usage(input_tokens=1, output_tokens=1))

    def blocks(self) -> list[list[Any]]:
        """What the client is to get: `["thinking", s]`, `["text", s]`, `["tool", name, input]`."""
        thinking, text = "".join(self.thinking), "".join(self.text)
        blocks: list[list[Any]] = [["thinking", thinking]] if thinking else []
        blocks += [["text", text]] if text.strip() else []
        return [*blocks, *(["tool", call.name, call.input] for call in self.calls)]

    def readable(self) -> Json:
        """The script for a person who reads why a check failed."""
        shown = {
            "thinking": list(self.thinking),
            "text": list(self.text),
            "calls": [[call.id, call.name, *call.fragments] for call in self.calls],
            "order": list(self.order),
            "state": self.state,
            "stop": self.vendor_stop if self.vendor_stop is not None else self.stop,
        }
        return {name: value for name, value in shown.items() if value not in ([], "")}
