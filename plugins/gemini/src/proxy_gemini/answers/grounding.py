"""What Google Search found for an answer: it comes with the answer's end, after the text.

The last that is told counts; its fields are read leniently, as an answer is good without them.
"""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Struct, field

from proxy_core.anthropic.web_search import Page
from proxy_core.anthropic.writer import MessageWriter
from proxy_core.dialects.unread import Left, note_unread
from proxy_core.ledger import Ledger, LossKind, Reason


class _Web(Struct):
    uri: str = ""
    title: str = ""


class _Found(Struct):
    web: _Web | None = None


class _Segment(Struct):
    text: str = ""


class _Support(Struct):
    segment: _Segment | None = None
    chunks: list[int] = field(name="groundingChunkIndices", default_factory=list)


class _Grounding(Struct):
    queries: list[str] = field(name="webSearchQueries", default_factory=list)
    chunks: list[_Found] = field(name="groundingChunks", default_factory=list)
    supports: list[_Support] = field(name="groundingSupports", default_factory=list)


_PLACE = "/candidates/0/groundingMetadata"
_AGAIN = "says again, or in other units, what is read"
_LEFT: Left = {
    "_Grounding": {
        "searchEntryPoint": "HTML to show beside the answer, which no client of the API can",
        "retrievalMetadata": "figures",
    },
    "_Web": {"domain": _AGAIN},
    "_Segment": {"startIndex": _AGAIN, "endIndex": _AGAIN, "partIndex": _AGAIN},
    "_Support": {"confidenceScores": "figures"},
}
"""What is left alone on purpose."""


class Grounding:
    """Gathers what was found, and tells it once."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._last = _Grounding()

    def add(self, told: Any) -> None:
        """Take in a chunk's metadata; what is of no known shape is left out."""
        try:
            self._last = msgspec.convert(told, _Grounding)
        except msgspec.ValidationError:
            self._ledger.note(_PLACE, LossKind.DROPPED, Reason.UNKNOWN_FIELD)
            return
        note_unread(told, _Grounding, _LEFT, self._ledger, _PLACE)

    def tell(self, writer: MessageWriter) -> None:
        """Which words have which sources, then the search; nothing where there was none."""
        found, self._last = self._last, _Grounding()
        pages = [Page(one.web.uri, one.web.title) if one.web else None for one in found.chunks]
        for support in found.supports:
            for number in support.chunks:
                page = pages[number] if 0 <= number < len(pages) else None
                if page is not None and page.url:
                    writer.cite(page, support.segment.text if support.segment else "")
        named = [page for page in pages if page is not None and page.url]
        if found.queries or named:
            writer.web_search("; ".join(found.queries), named)
