"""What a request may ask of Anthropic's own servers and no other vendor can do."""

from __future__ import annotations

from typing import TypeVar

import msgspec
from msgspec import Raw

from proxy_core.anthropic.content import Tool, is_given
from proxy_core.anthropic.request import MessagesRequest
from proxy_core.contract import Unsupported

Kind = TypeVar("Kind")


class _Skills(msgspec.Struct):
    skills: list[Raw] | None = None


class _Thread(msgspec.Struct):
    type: str = ""


_skills = msgspec.json.Decoder(_Skills)
_thread = msgspec.json.Decoder(_Thread)
_servers = msgspec.json.Decoder(list[Raw])


def refuse_what_must_not_be_guessed(request: MessagesRequest) -> None:
    """Refuse requests whose answer would be wrong, not merely plainer. Raises `Unsupported`."""
    if is_given(request.compaction):
        raise Unsupported("/compaction", "a compaction must be signed by the API itself")
    if is_given(request.thread) and _read(_thread, request.thread, _Thread()).type == "continue":
        raise Unsupported("/thread", "the earlier part of the thread is not in the request")
    if is_given(request.mcp_servers) and _read(_servers, request.mcp_servers, [Raw(b"")]):
        raise Unsupported("/mcp_servers", "MCP servers must be run by the client")
    if is_given(request.container) and _read(_skills, request.container, _Skills()).skills:
        raise Unsupported("/container/skills", "there is no container to run skills in")


def refuse_computer(tool: Tool, path: str) -> None:
    """Refuse the tool by which Claude uses a computer: its schema is nowhere but in the model."""
    if (tool.type or "").startswith("computer_") and tool.name:
        raise Unsupported(
            f"{path}/type", f"{tool.type} is a tool that only Anthropic's models know"
        )


def _read(decoder: msgspec.json.Decoder[Kind], raw: Raw, otherwise: Kind) -> Kind:
    try:
        return decoder.decode(raw)
    except msgspec.ValidationError:
        return otherwise
