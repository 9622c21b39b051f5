"""The one mapping from answers to the writer's verbs.

A streamed answer is told as its events come; when an item is done, or the whole answer is, what
no event told of it is told then. A whole answer is one of which no event has told anything.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from proxy_core.anthropic.web_search import Page
from proxy_core.anthropic.writer import MessageWriter
from proxy_core.contract import Target
from proxy_core.dialects.openai_chat import Quirks
from proxy_core.dialects.unread import note_unread
from proxy_core.ledger import Ledger, LossKind, Reason
from proxy_openai.responses import errors
from proxy_openai.responses.context import ResponseContext
from proxy_openai.responses.events import Event, object_in, objects_in, text_in, word_in
from proxy_openai.responses.left import LEFT, READ, Annotation, Response
from proxy_openai.responses.slots import Slot, Slots
from proxy_openai.responses.state import ReasoningState, signature
from proxy_openai.responses.usage import read_usage

_PARAGRAPH = "\n\n"
_CUT_BY = {"max_output_tokens": "max_tokens", "content_filter": "refusal"}
"""Why an answer is incomplete, as a stop reason; whatever else ends it ends a turn."""


class AnswerReader:
    """Tells one answer to its writer."""

    def __init__(
        self,
        target: Target,
        context: ResponseContext,
        quirks: Quirks,
        writer: MessageWriter,
        ledger: Ledger,
    ) -> None:
        self._target = target
        self._context = context
        self._quirks = quirks
        self._writer = writer
        self._ledger = ledger
        self._slots = Slots()
        self._unsigned: ReasoningState | None = None
        """Reasoning whose signature waits to learn the phase of what follows it."""
        self._unsigned_at = ""
        self._hidden = ""
        self._refused = False

    def read(self, event: Event) -> None:
        """Tell one event. Raises `ProtocolError`."""
        if event.error and event.type is None:
            self._fail(event.error)
            return
        tell = _HANDLERS.get(word_in(event.type))
        if tell is not None:
            tell(self, event)

    def read_whole(self, response: dict[str, Any]) -> None:
        """Tell one answer, or the rest of it, and its end. Raises `ProtocolError`."""
        error = errors.of_response(response)
        if error is not None:
            self._fail(error)
            return
        met = len(self._slots)
        for index, item in enumerate(objects_in(response.get("output"))):
            slot = self._slots.of_item(item, index)
            if slot is None and index >= met:
                slot = self._begin(item, index)
            if slot is not None and not slot.done:
                self._end_item(slot, item, index)
        note_unread(response, Response, LEFT, self._ledger)
        self._note_removed(response)
        self._sign()
        usage = read_usage(response.get("usage"))
        if usage is not None:
            self._writer.usage(usage)
        if not self._writer.done:
            self._slots.check()
            self._writer.finish(self._stop_reason(response))
            self._writer.end()

    def _note_removed(self, response: dict[str, Any]) -> None:
        """Earlier reasoning that was sent and kept from the model: of another, or out of date."""
        for index, _ in enumerate(objects_in(response.get("input_transformations"))):
            place = f"/input_transformations/{index}"
            self._ledger.note(place, LossKind.DROPPED, Reason.SIGNATURE)

    def _stop_reason(self, response: dict[str, Any]) -> str:
        if response.get("status") == "incomplete":
            details = object_in(response.get("incomplete_details"))
            return _CUT_BY.get(word_in(details.get("reason")), "end_turn")
        return "refusal" if self._refused else "end_turn"

    def _fail(self, error: Any) -> None:
        self._writer.fail(errors.verdict(error, self._target, self._quirks))

    # -- events ----------------------------------------------------------------------------

    def _item_added(self, event: Event) -> None:
        item = object_in(event.item)
        known = self._slots.of_item(item, event.output_index)
        if known is None or (known.done and known.id != item.get("id")):
            slot = self._begin(item, event.output_index)
            if slot.kind == "function_call":
                self._name_call(slot, item, last=False)

    def _item_done(self, event: Event) -> None:
        item = object_in(event.item)
        slot = self._slots.of_item(item, event.output_index)
        if slot is None:
            slot = self._begin(item, event.output_index)
        if not slot.done:
            self._end_item(slot, item, event.output_index)

    def _text_delta(self, event: Event) -> None:
        self._text(self._slot(event, "message"), text_in(event.delta))

    def _refusal_delta(self, event: Event) -> None:
        self._refused = True
        self._text_delta(event)

    def _summary_delta(self, event: Event) -> None:
        slot = self._slot(event, "reasoning")
        self._think(slot, text_in(event.delta), "summary", event.summary_index)

    def _reasoning_delta(self, event: Event) -> None:
        slot = self._slot(event, "reasoning")
        self._think(slot, text_in(event.delta), "content", event.content_index)

    def _arguments_delta(self, event: Event) -> None:
        self._arguments(self._slot(event, "function_call"), text_in(event.delta))

    def _arguments_done(self, event: Event) -> None:
        slot = self._slot(event, "function_call")
        self._arguments(slot, slot.rest_of(text_in(event.arguments)))

    def _failed(self, event: Event) -> None:
        self._fail(errors.of_response(object_in(event.response)))

    def _error(self, event: Event) -> None:
        self._fail(errors.of_event(event))

    def _ended(self, event: Event) -> None:
        self.read_whole(object_in(event.response))

    # -- items -----------------------------------------------------------------------------

    def _slot(self, event: Event, kind: str) -> Slot:
        met = len(self._slots)
        slot = self._slots.of_event(event, kind)
        if len(self._slots) > met:
            self._sign()
        return slot

    def _begin(self, item: dict[str, Any], index: Any) -> Slot:
        if item.get("type") == "web_search_call":
            # Searches do not go back, and reasoning without what it led to is refused.
            self._forget_reasoning()
        self._sign(word_in(item.get("phase")))
        return self._slots.begin(word_in(item.get("type")), index, item.get("id"))

    def _end_item(self, slot: Slot, item: dict[str, Any], index: Any) -> None:
        """Tell what of the item was not told yet."""
        path = f"/output/{index}" if type(index) is int else "/output"
        known = slot.kind in READ
        match slot.kind:
            case "message":
                parts = list(objects_in(item.get("content")))
                self._refused |= any(part.get("type") == "refusal" for part in parts)
                texts = (text_in(part.get("text") or part.get("refusal")) for part in parts)
                self._text(slot, slot.rest_of("".join(texts)))
                self._cite(parts, path)
            case "reasoning":
                self._end_reasoning(slot, item, path)
            case "web_search_call":
                known = self._search(item)
            case "function_call":
                self._name_call(slot, item, last=True)
                self._arguments(slot, slot.rest_of(text_in(item.get("arguments"))))
        if known:
            note_unread(item, READ[slot.kind], LEFT, self._ledger, path)
        else:
            self._ledger.note(path, LossKind.DROPPED, Reason.UNKNOWN_BLOCK)
        slot.done = True

    def _text(self, slot: Slot, text: str) -> None:
        slot.heard.append(text)
        self._writer.text(text)

    def _cite(self, parts: list[dict[str, Any]], path: str) -> None:
        for number, part in enumerate(parts):
            found = part.get("annotations")
            for index, source in enumerate(found if isinstance(found, list) else ()):
                place = f"{path}/content/{number}/annotations/{index}"
                if self._cites(part, object_in(source)):
                    note_unread(source, Annotation, LEFT, self._ledger, place)
                else:
                    self._ledger.note(place, LossKind.DROPPED, Reason.CITATIONS)

    def _cites(self, part: dict[str, Any], source: dict[str, Any]) -> bool:
        url = word_in(source.get("url"))
        if not url or source.get("type") != "url_citation":
            return False
        page = Page(url, word_in(source.get("title")))
        return self._writer.cite(page, _quoted(part, source))

    def _search(self, item: dict[str, Any]) -> bool:
        """Tell a search. Opening a page, or looking for words in it, belongs to the one before."""
        action = object_in(item.get("action"))
        if action.get("type") != "search":
            return False
        queries = action.get("queries")
        others = map(word_in, queries) if isinstance(queries, list) else ()
        asked = dict.fromkeys((word_in(action.get("query")), *others))
        found = (word_in(source.get("url")) for source in objects_in(action.get("sources")))
        pages = [Page(url) for url in found if url]
        failed = item.get("status") == "failed"
        self._writer.web_search("; ".join(filter(None, asked)), None if failed else pages)
        return True

    # -- reasoning -------------------------------------------------------------------------

    def _think(self, slot: Slot, text: str, source: str, part: Any) -> None:
        slot.source = slot.source or source
        if not text or slot.source != source:
            return
        if slot.heard and part != slot.part:
            text = _PARAGRAPH + text
        slot.part = part
        slot.heard.append(text)
        self._sign()
        self._writer.thinking(text)

    def _end_reasoning(self, slot: Slot, item: dict[str, Any], path: str) -> None:
        summary, content = _texts(item.get("summary")), _texts(item.get("content"))
        source = slot.source or ("summary" if summary else "content")
        full = summary if source == "summary" else content
        if rest := slot.rest_of(full):
            self._sign()
            self._writer.thinking(rest)
        encrypted = word_in(item.get("encrypted_content"))
        item_id = word_in(item.get("id"))
        comes_back = encrypted or (full and source == "content")
        # Signed late, it would stand after what it led to, and could not be sent back there.
        if item_id and comes_back and not self._slots.is_followed(slot):
            self._sign()
            self._unsigned = ReasoningState(item_id, encrypted)
            self._unsigned_at = path
            self._hidden = full if self._context.hides_reasoning else ""

    def _forget_reasoning(self) -> None:
        if self._unsigned is not None:
            place = f"{self._unsigned_at}/encrypted_content"
            self._ledger.note(place, LossKind.DROPPED, Reason.SIGNATURE)
            self._unsigned = None

    def _sign(self, phase: str = "") -> None:
        """Sign the reasoning told last, now that something follows it."""
        state, self._unsigned = self._unsigned, None
        if state is not None:
            signed = ReasoningState(state.item_id, state.encrypted, phase)
            self._writer.signature(signature(signed, self._target, self._hidden))

    # -- calls -----------------------------------------------------------------------------

    def _name_call(self, slot: Slot, item: dict[str, Any], *, last: bool) -> None:
        """Begin the call as soon as its name and id are known; an id may never come."""
        slot.name = slot.name or text_in(item.get("name")).strip()
        slot.call_id = slot.call_id or word_in(item.get("call_id"))
        if slot.number is None and slot.name and (slot.call_id or last):
            self._sign()
            name = self._context.tool_names.get(slot.name, slot.name)
            slot.number = self._writer.tool(slot.call_id, name)
            for fragment in slot.heard:
                self._writer.tool_json(slot.number, fragment)

    def _arguments(self, slot: Slot, fragment: str) -> None:
        slot.heard.append(fragment)
        if slot.number is not None:
            self._writer.tool_json(slot.number, fragment)


def _quoted(part: dict[str, Any], source: dict[str, Any]) -> str:
    """The part of a text that a source stands for."""
    text, start, end = word_in(part.get("text")), source.get("start_index"), source.get("end_index")
    return text[start:end] if type(start) is int and type(end) is int and start >= 0 else ""


def _texts(parts: Any) -> str:
    """The parts of a summary, or of reasoning as it is, as paragraphs."""
    texts = (text_in(part.get("text")) for part in objects_in(parts))
    return _PARAGRAPH.join(text for text in texts if text)


_HANDLERS: dict[str, Callable[[AnswerReader, Event], None]] = {
    "response.output_item.added": AnswerReader._item_added,
    "response.output_item.done": AnswerReader._item_done,
    "response.output_text.delta": AnswerReader._text_delta,
    "response.refusal.delta": AnswerReader._refusal_delta,
    "response.reasoning_summary_text.delta": AnswerReader._summary_delta,
    "response.reasoning_text.delta": AnswerReader._reasoning_delta,
    "response.function_call_arguments.delta": AnswerReader._arguments_delta,
    "response.function_call_arguments.done": AnswerReader._arguments_done,
    "response.completed": AnswerReader._ended,
    "response.incomplete": AnswerReader._ended,
    "response.failed": AnswerReader._failed,
    "response.cancelled": AnswerReader._failed,
    "error": AnswerReader._error,
}
"""What is told of which type of event; the many others tell nothing that a client knows."""
