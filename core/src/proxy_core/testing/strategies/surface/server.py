"""History of tools that Anthropic itself ran: calls and what they gave back."""

from collections.abc import Callable
from typing import Any

from proxy_core.testing.strategies.surface.marks import Json, Marks


class ServerHistory:
    """Writes a call and its result, or what else only a server of Anthropic's leaves behind."""

    def __init__(self, marks: Marks, document: Callable[[], Json]) -> None:
        self._marks = marks
        self._document = document

    def blocks(self) -> list[Json]:
        marks = self._marks
        if marks.chance(False, False, False, True):
            listing = {"type": "mcp_tool_listing", "mcp_server_name": marks.word()}
            return [marks.filled(listing, tools=lambda: [marks.json()])]
        if marks.chance(False, False, False, True):
            return self._of_mcp()
        tool = marks.chance(*_RESULTS)
        call = marks.filled(
            {
                "type": "server_tool_use",
                "id": f"srvtoolu_{marks.word()}",
                "name": tool.removesuffix("_tool_result"),
                "input": marks.object(),
            },
            caller=marks.caller,
            cache_control=marks.cache,
        )
        found = self._error() if marks.rarely() else _RESULTS[tool](self)
        result = marks.filled(
            {"type": tool, "tool_use_id": call["id"], "content": found},
            caller=marks.caller,
            cache_control=marks.cache,
        )
        return [call, result]

    def _of_mcp(self) -> list[Json]:
        marks = self._marks
        call = marks.filled(
            {
                "type": "mcp_tool_use",
                "id": f"mcptoolu_{marks.word()}",
                "name": marks.word(),
                "server_name": marks.word(),
                "input": marks.object(),
            },
            cache_control=marks.cache,
        )
        result = marks.filled(
            {"type": "mcp_tool_result", "tool_use_id": call["id"]},
            content=lambda: marks.chance(marks.word(), [{"type": "text", "text": marks.word()}]),
            is_error=lambda: marks.chance(True, False),
            cache_control=marks.cache,
        )
        return [call, result]

    def _error(self) -> Json:
        return {"type": "tool_result_error", "error_code": self._marks.word()}

    def _web_search(self) -> Any:
        marks = self._marks
        required = {"type": "web_search_result", "title": marks.word(), "url": marks.url()}
        return [marks.filled(required, encrypted_content=marks.word, page_age=marks.word)]

    def _web_fetch(self) -> Any:
        marks = self._marks
        return marks.filled(
            {"type": "web_fetch_result", "url": marks.url(), "content": self._document()},
            retrieved_at=marks.word,
        )

    def _code(self) -> Any:
        marks = self._marks
        if marks.rarely():
            secret = {"encrypted_stdout": marks.word(), "stderr": "", "return_code": 0}
            return {"type": "encrypted_code_execution_result", **secret, "content": []}
        output = {"type": "code_execution_output", "file_id": marks.word()}
        return {
            "type": "code_execution_result",
            "stdout": marks.word(),
            "stderr": marks.word(),
            "return_code": marks.number(),
            "content": marks.chance([], [output]),
        }

    def _editor(self) -> Any:
        marks = self._marks
        kind = "text_editor_code_execution"
        return marks.chance(
            {
                "type": f"{kind}_view_result",
                "content": marks.word(),
                "file_type": "text",
                "num_lines": marks.number(),
                "start_line": marks.number(),
            },
            {"type": f"{kind}_create_result", "is_file_update": True},
            {
                "type": f"{kind}_str_replace_result",
                "lines": [marks.word()],
                "old_start": marks.number(),
            },
        )

    def _tool_search(self) -> Any:
        found = {"type": "tool_reference", "tool_name": self._marks.word()}
        return {"type": "tool_search_tool_search_result", "tool_references": [found]}

    def _advisor(self) -> Any:
        marks = self._marks
        return marks.chance(
            {"type": "advisor_result", "text": marks.word()},
            {"type": "advisor_redacted_result", "encrypted_content": marks.word()},
        )


_RESULTS: dict[str, Callable[[ServerHistory], Any]] = {
    "web_search_tool_result": ServerHistory._web_search,
    "web_fetch_tool_result": ServerHistory._web_fetch,
    "code_execution_tool_result": ServerHistory._code,
    "bash_code_execution_tool_result": ServerHistory._code,
    "text_editor_code_execution_tool_result": ServerHistory._editor,
    "tool_search_tool_result": ServerHistory._tool_search,
    "advisor_tool_result": ServerHistory._advisor,
}
