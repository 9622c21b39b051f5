"""The conversation, said as Teletype wants to hear it: turns, each with its parts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain, count
from typing import Any

import msgspec
from proxy_core.anthropic.content import (
    Block,
    DocumentBlock,
    ImageBlock,
    McpToolUseBlock,
    Message,
    RedactedThinkingBlock,
    SearchResultBlock,
    ServerResultBlock,
    ServerToolUseBlock,
    TextBlock,
    ThinkingBlock,
    ToolResultBlock,
    ToolUseBlock,
    UnknownBlock,
)
from proxy_core.anthropic.ids import unwrap_tool_id
from proxy_core.ledger import Ledger, LossKind, Reason

from proxy_teletype.unsaid import drop, drop_rest

Json = dict[str, Any]

_TOLD_AS_JSON = UnknownBlock | ServerToolUseBlock | McpToolUseBlock | ServerResultBlock
"""What nobody knows, and what tools at Anthropic did earlier."""


class Turns:
    """Says one conversation. Each part is given its place in the request, for the ledger."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._ids: dict[str, str] = {}
        self._taken: set[str] = set()

    def say(self, messages: Iterable[Message]) -> list[Json]:
        """The turns. Results come right after their calls: what is said in between waits."""
        turns: list[Json] = []
        held: list[Json] = []
        unanswered: set[str] = set()
        for at, message in enumerate(messages):
            path = f"/messages/{at}"
            drop_rest(self._ledger, message, {"role", "content"}, path)
            parts = list(self.parts(message.content, f"{path}/content"))
            unanswered |= {part["call"]["id"] for part in parts if "call" in part}
            unanswered -= {part["result"]["id"] for part in parts if "result" in part}
            turns += _turn(message.role, [part for part in parts if "result" in part])
            rest = _turn(message.role, [part for part in parts if "result" not in part])
            if message.role == "assistant":
                turns += rest
            elif unanswered:
                held += rest
            else:
                turns += [*held, *rest]
                held = []
        return [*turns, *held]

    def parts(self, blocks: Iterable[Block], path: str) -> Iterator[Json]:
        """Each block as a part; none for what cannot be said."""
        for at, block in enumerate(blocks):
            part = self._part(block, f"{path}/{at}")
            if part is not None:
                yield part

    def text(self, block: TextBlock, path: str) -> str:
        drop_rest(self._ledger, block, {"text"}, path)
        return block.text

    def _part(self, block: Block, path: str) -> Json | None:
        match block:
            case TextBlock():
                return {"text": self.text(block, path)}
            case ImageBlock():
                return self._image(block, path)
            case DocumentBlock():
                return self._document(block, path)
            case SearchResultBlock():
                return self._search_result(block, path)
            case ToolUseBlock():
                drop_rest(self._ledger, block, {"id", "name", "input"}, path)
                return {
                    "call": {"id": self._id(block.id), "name": block.name, "input": block.input}
                }
            case ToolResultBlock():
                return self._result(block, path)
            case ThinkingBlock() | RedactedThinkingBlock():
                drop(self._ledger, path, Reason.FOREIGN_REASONING)
            case _ if isinstance(block, _TOLD_AS_JSON):
                return self._as_json(block, path)
            case _:
                drop(self._ledger, path)
        return None

    def _as_json(self, block: Block, path: str) -> Json:
        if isinstance(block, UnknownBlock):
            self._ledger.note(path, LossKind.RESHAPED, Reason.UNKNOWN_BLOCK)
            return {"text": bytes(block.raw).decode()}
        self._ledger.note(path, LossKind.RESHAPED, Reason.SERVER_HISTORY)
        return {"text": msgspec.json.encode(block).decode()}

    def _image(self, block: ImageBlock, path: str) -> Json | None:
        source = block.source
        drop_rest(self._ledger, block, {"source"}, path)
        if source.type not in ("base64", "url"):
            drop(self._ledger, path, Reason.IMAGE_UNSUPPORTED)
            return None
        drop_rest(self._ledger, source, {"type", "media_type", "data", "url"}, f"{path}/source")
        return {"image": {"type": source.media_type, "data": source.data, "url": source.url}}

    def _document(self, block: DocumentBlock, path: str) -> Json | None:
        source = block.source
        if source.type != "text":
            drop(self._ledger, path, Reason.DOCUMENT_UNSUPPORTED)
            return None
        self._ledger.note(f"{path}/type", LossKind.RESHAPED, Reason.DOCUMENT_AS_TEXT)
        drop_rest(self._ledger, block, {"source", "title", "context"}, path)
        drop_rest(self._ledger, source, {"type", "media_type", "data"}, f"{path}/source")
        return {"text": "\n".join(filter(None, (block.title, block.context, source.data)))}

    def _search_result(self, block: SearchResultBlock, path: str) -> Json:
        drop_rest(self._ledger, block, {"source", "title", "content"}, path)
        texts = [self.text(inner, f"{path}/content/{at}") for at, inner in enumerate(block.content)]
        return {"text": "\n".join((block.title, block.source, *texts))}

    def _result(self, block: ToolResultBlock, path: str) -> Json:
        drop_rest(self._ledger, block, {"tool_use_id", "content", "is_error"}, path)
        content = block.content or ()
        if isinstance(content, str):
            content = (TextBlock(text=content),)
        result = {
            "id": self._id(block.tool_use_id),
            "parts": list(self.parts(content, f"{path}/content")),
            "error": bool(block.is_error),
        }
        return {"result": result}

    def _id(self, client_id: str) -> str:
        """A call's id as the vendor made it; another where the vendor has made it twice."""
        if client_id not in self._ids:
            further = (f"{client_id}.{number}" for number in count())
            free = chain((unwrap_tool_id(client_id), client_id), further)
            self._ids[client_id] = next(made for made in free if made not in self._taken)
            self._taken.add(self._ids[client_id])
        return self._ids[client_id]


def _turn(role: str, parts: list[Json]) -> list[Json]:
    return [{"from": role, "parts": parts}] if parts else []
