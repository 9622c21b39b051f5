"""Searches of the web that a server made by itself, as blocks of an answer.

Clients count these blocks and read titles and addresses from them (Claude Code's WebSearch does).
What Anthropic encrypts into its own is an envelope here, so that Anthropic is never sent it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec

from proxy_core.anthropic.blocks import AnswerBlock
from proxy_core.anthropic.events import mend_surrogates

TOOL = "web_search"
"""The tool's name, which Anthropic fixes."""


class Page(NamedTuple):
    """A page that was found."""

    url: str
    title: str = ""


class SearchBlock(AnswerBlock):
    """That the server searched, and for what."""

    delta = "input_json_delta"
    __slots__ = ("tool_id",)

    def __init__(self, tool_id: str, query: str) -> None:
        super().__init__()
        self.tool_id = tool_id
        self.add(msgspec.json.encode({"query": mend_surrogates(query)}).decode())

    def start(self) -> dict[str, Any]:
        return {"type": "server_tool_use", "id": self.tool_id, "name": TOOL, "input": {}}


class FoundBlock(AnswerBlock):
    """What the search found; None where it failed."""

    __slots__ = ("_mark", "_pages", "_tool_id")

    def __init__(self, tool_id: str, pages: Sequence[Page] | None, mark: str) -> None:
        super().__init__()
        self._tool_id = tool_id
        self._pages = pages
        self._mark = mark

    def start(self) -> dict[str, Any]:
        return {
            "type": "web_search_tool_result",
            "tool_use_id": self._tool_id,
            "content": self._content(),
        }

    def _content(self) -> list[dict[str, Any]] | dict[str, Any]:
        if self._pages is None:
            return {"type": "web_search_tool_result_error", "error_code": "unavailable"}
        return [_result(page, self._mark) for page in self._pages]


def _result(page: Page, mark: str) -> dict[str, Any]:
    url = mend_surrogates(page.url)
    return {
        "type": "web_search_result",
        "url": url,
        "title": mend_surrogates(page.title) or url,
        "encrypted_content": mark,
        "page_age": None,
    }


def citation(page: Page, quoted: str, mark: str) -> dict[str, Any]:
    """That a text has a page as its source; `quoted` is the part of it that is meant."""
    url = mend_surrogates(page.url)
    return {
        "type": "web_search_result_location",
        "url": url,
        "title": mend_surrogates(page.title) or url,
        "encrypted_index": mark,
        "cited_text": mend_surrogates(quoted),
    }
