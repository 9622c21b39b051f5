"""Content blocks of every type, with every field."""

from typing import Any

from proxy_core.testing.strategies.surface.marks import Json, Marks
from proxy_core.testing.strategies.surface.server import ServerHistory


class Blocks:
    """Writes blocks; what a block may be depends on who says it."""

    def __init__(self, marks: Marks) -> None:
        self._marks = marks
        self._server = ServerHistory(marks, self.document)

    def of_user(self) -> Json:
        marks = self._marks
        makes = (self.text, self.text, self.image, self.document, self.search_result, self.unknown)
        if marks.refusable and marks.rarely():
            return marks.filled(
                {"type": "container_upload", "file_id": marks.word()}, cache_control=marks.cache
            )
        return marks.one_of(*makes)

    def of_result(self) -> Json:
        """A block inside the result of a tool."""
        return self._marks.one_of(
            self.text,
            self.text,
            self.image,
            self.document,
            self.search_result,
            self.tool_reference,
            self.browser_state,
            self.unknown,
        )

    def of_assistant(self) -> list[Json]:
        """Blocks that stand together: a server's tool has its result beside it."""
        marks = self._marks
        own = (
            self.cited,
            self.cited,
            self.thinking,
            self.redacted,
            self.compaction,
            self.fallback,
            self.document,
            self.image,
            self.unknown,
        )
        if marks.chance(False, False, True):
            return self._server.blocks()
        return [marks.one_of(*own)]

    def of_system(self) -> Json:
        return self._marks.one_of(self.text, self.text, self.tool_addition, self.tool_removal)

    # -- what anybody says -----------------------------------------------------------------

    def text(self) -> Json:
        marks = self._marks
        return marks.filled({"type": "text", "text": marks.word()}, cache_control=marks.cache)

    def cited(self) -> Json:
        marks = self._marks
        return marks.filled(
            {"type": "text", "text": marks.word()},
            cache_control=marks.cache,
            citations=lambda: marks.few(self._citation, 1, 2),
        )

    def _citation(self) -> Json:
        marks = self._marks
        ranged = {"start": marks.number(), "end": marks.number()}
        where = marks.chance("char", "page", "content_block", "search_result", "web_search_result")
        common: Json = {"type": f"{where}_location", "cited_text": marks.word()}
        match where:
            case "web_search_result":
                more: Json = {"url": marks.url(), "encrypted_index": marks.word()}
            case "search_result":
                more = {"source": marks.word(), "search_result_index": marks.number()}
            case _:
                more = {"document_index": marks.number(), "document_title": marks.word()}
        spans = {f"{end}_{where}_index": at for end, at in ranged.items()}
        return marks.filled(common | more | spans, title=marks.word)

    def image(self) -> Json:
        marks = self._marks
        return marks.filled(
            {"type": "image", "source": self._picture()},
            cache_control=marks.cache,
            transformations=lambda: {"oversized_image": marks.chance("downsize", "error")},
        )

    def _picture(self) -> Json:
        marks = self._marks
        kind = marks.chance("image/png", "image/jpeg", "image/gif", "image/webp")
        if marks.refusable and marks.rarely():
            return {"type": "file", "file_id": marks.word()}
        if marks.chance(True, False):
            return marks.filled({"type": "base64", "media_type": kind, "data": marks.base64()})
        return {"type": "url", "url": marks.url(marks.chance("", ".png", ".jpg?a=b", ".gif"))}

    def document(self) -> Json:
        marks = self._marks
        return marks.filled(
            {"type": "document", "source": self._document_source()},
            title=marks.word,
            context=marks.word,
            citations=lambda: {"enabled": marks.chance(True, True, False)},
            cache_control=marks.cache,
        )

    def _document_source(self) -> Json:
        marks = self._marks
        if marks.refusable and marks.rarely():
            return {"type": "file", "file_id": marks.word()}
        match marks.chance("text", "content", "words", "base64", "url"):
            case "text":
                return {"type": "text", "media_type": "text/plain", "data": marks.word()}
            case "content":
                inner = marks.few(lambda: marks.one_of(self.text, self.image), 1)
                return {"type": "content", "content": inner}
            case "words":
                return {"type": "content", "content": marks.word()}
            case "base64":
                pdf = {"type": "base64", "media_type": "application/pdf"}
                return {**pdf, "data": marks.base64()}
            case _:
                return {"type": "url", "url": marks.url(marks.chance("", ".pdf"))}

    def search_result(self) -> Json:
        marks = self._marks
        return marks.filled(
            {
                "type": "search_result",
                "source": marks.word(),
                "title": marks.word(),
                "content": marks.few(self.cited, 1, 2),
            },
            citations=lambda: {"enabled": marks.chance(True, False)},
            cache_control=marks.cache,
        )

    def unknown(self) -> Json:
        """A block of tomorrow: with words in it, or without."""
        marks = self._marks
        block = {"type": f"block_of_{marks.word()}"}
        return marks.filled(
            block, text=marks.word, content=marks.json, data=marks.json, cache_control=marks.cache
        )

    # -- tools' results --------------------------------------------------------------------

    def tool_reference(self) -> Json:
        marks = self._marks
        return marks.filled(
            {"type": "tool_reference", "tool_name": marks.word()}, cache_control=marks.cache
        )

    def browser_state(self) -> Json:
        marks = self._marks
        tab = {"id": marks.number(), "title": marks.word(), "url": marks.url(), "active": True}
        return marks.filled(
            {"type": "browser_state", "tabs": [tab]},
            state_changes=lambda: {marks.word(): marks.json()},
            cache_control=marks.cache,
        )

    def result(self, call: Json) -> Json:
        """The answer to a call of the client's tools."""
        marks = self._marks
        result = {"type": "tool_result", "tool_use_id": call["id"]}
        if "toolset_name" in call:
            result["toolset_name"] = call["toolset_name"]
        return marks.filled(
            result,
            content=lambda: marks.chance(marks.word(), marks.few(self.of_result)),
            is_error=lambda: marks.chance(True, False),
            cache_control=marks.cache,
        )

    # -- the assistant ---------------------------------------------------------------------

    def call(self, name: str) -> Json:
        marks = self._marks
        return marks.filled(
            {"type": "tool_use", "id": marks.word(), "name": name, "input": marks.object()},
            cache_control=marks.cache,
            caller=marks.caller,
            toolset_name=lambda: marks.chance("computer", "browser"),
        )

    def thinking(self) -> Json:
        marks = self._marks
        words = marks.chance("", marks.word())
        return marks.filled({"type": "thinking", "thinking": words, "signature": marks.word()})

    def redacted(self) -> Json:
        return {"type": "redacted_thinking", "data": self._marks.word()}

    def compaction(self) -> Json:
        marks = self._marks
        return marks.filled(
            {"type": "compaction"},
            content=lambda: marks.chance(marks.word(), None),
            encrypted_content=marks.word,
            signature=marks.word,
            tool_changes=marks.json,
            cache_control=marks.cache,
        )

    def fallback(self) -> Json:
        marks = self._marks
        return marks.filled(
            {"type": "fallback", "from": marks.word(), "to": marks.word()}, trigger=marks.json
        )

    # -- the system ------------------------------------------------------------------------

    def tool_addition(self) -> Json:
        marks = self._marks
        reference = {"type": "tool_reference", "tool_name": marks.word()}
        defined: Json = {
            "name": marks.word(),
            "description": marks.word(),
            "input_schema": {"type": "object", "properties": {marks.word(): {"type": "string"}}},
        }
        tool: Any = marks.chance(reference, defined)
        return marks.filled({"type": "tool_addition", "tool": tool}, cache_control=marks.cache)

    def tool_removal(self) -> Json:
        marks = self._marks
        tool = {"type": "tool_reference", "tool_name": marks.word()}
        return marks.filled({"type": "tool_removal", "tool": tool}, cache_control=marks.cache)
