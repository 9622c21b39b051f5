"""Answers of upstreams, each leaf a mark: whole ones, and the events of streamed ones."""

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from proxy_core.testing.strategies.surface.marks import Draw, Json, Marks

Answer = tuple[Json, list[Json]]
"""A whole answer, and the events that tell one."""


def _marks(draw: Draw) -> Marks:
    return Marks(draw, refusable=False)


def _arguments(marks: Marks) -> str:
    return f'{{"path":"{marks.word()}"}}'


@st.composite
def chat_answers(draw: Draw) -> Answer:
    """Chat Completions, with what vendors add to it."""
    marks = _marks(draw)
    call = marks.filled(
        {
            "id": marks.word(),
            "type": "function",
            "function": marks.filled({"name": marks.word(), "arguments": _arguments(marks)}),
        }
    )
    said: dict[str, Callable[[], Any]] = {
        "content": marks.word,
        "refusal": marks.word,
        "reasoning_content": marks.word,
        "tool_calls": lambda: [call],
        "audio": marks.json,
        "annotations": lambda: [marks.json()],
    }
    message = marks.filled({"role": "assistant"}, **said)
    ended = marks.filled(
        {"index": 0, "finish_reason": marks.chance("stop", "length", "tool_calls")},
        logprobs=marks.json,
        native_finish_reason=marks.word,
        content_filter_results=marks.json,
    )
    around = marks.filled(
        {"id": marks.word(), "model": marks.word(), "object": "o", "created": marks.number()},
        system_fingerprint=marks.word,
        service_tier=marks.word,
        provider=marks.word,
        citations=lambda: [marks.word()],
        x_groq=lambda: marks.filled({"id": marks.word()}),
    )
    usage = {"prompt_tokens": marks.number(), "completion_tokens": marks.number()}
    whole = {**around, "choices": [{**ended, "message": message}], "usage": usage}
    calls = [{"index": 0, **call}] if "tool_calls" in message else []
    delta = {**message, **({"tool_calls": calls} if calls else {})}
    return whole, [
        {**around, "choices": [{"index": 0, "delta": delta}]},
        {**around, "choices": [{**ended, "delta": {}}]},
        {**around, "choices": [], "usage": usage},
    ]


@st.composite
def gemini_answers(draw: Draw) -> Answer:
    """generateContent."""
    marks = _marks(draw)
    call = {"functionCall": {"name": marks.word(), "args": marks.object(), "id": marks.word()}}
    parts = marks.few(
        lambda: marks.one_of(
            lambda: marks.filled({"text": marks.word()}),
            lambda: marks.filled({"text": marks.word(), "thought": True}),
            lambda: marks.filled({**call}, thoughtSignature=marks.word),
            lambda: marks.filled({"text": marks.word()}, thoughtSignature=marks.word),
            lambda: {"inlineData": {"mimeType": "image/png", "data": marks.word()}},
            lambda: {"executableCode": {"language": "PYTHON", "code": marks.word()}},
        ),
        1,
    )

    def grounding() -> Json:
        web = {"uri": marks.word(), "title": marks.word(), "unheard_of": marks.word()}
        return {"webSearchQueries": [marks.word()], "groundingChunks": [{"web": web}]}

    candidate = marks.filled(
        {"content": marks.filled({"role": "model", "parts": parts}), "finishReason": "STOP"},
        safetyRatings=lambda: [marks.json()],
        avgLogprobs=marks.fraction,
        groundingMetadata=lambda: marks.one_of(marks.json, grounding),
        citationMetadata=marks.json,
        finishMessage=marks.word,
    )
    around = marks.filled({"responseId": marks.word(), "modelVersion": marks.word()})
    usage = {"promptTokenCount": marks.number(), "candidatesTokenCount": marks.number()}
    whole = {**around, "candidates": [candidate], "usageMetadata": usage}
    return whole, [whole]


@st.composite
def response_answers(draw: Draw) -> Answer:
    """The Responses API."""
    marks = _marks(draw)

    def cited() -> Json:
        return {"type": "url_citation", "url": marks.word(), "title": marks.word()}

    def message() -> Json:
        part = marks.filled(
            {"type": "output_text", "text": marks.word()},
            annotations=lambda: [marks.one_of(marks.json, cited)],
            logprobs=marks.json,
        )
        required = {"type": "message", "id": marks.word(), "role": "assistant", "status": "s"}
        return marks.filled({**required, "content": [part]})

    def reasoning() -> Json:
        told = {"type": "reasoning", "id": marks.word(), "encrypted_content": marks.word()}
        return marks.filled({**told, "summary": [{"type": "summary_text", "text": marks.word()}]})

    def call() -> Json:
        named = {"id": marks.word(), "call_id": marks.word(), "name": marks.word()}
        return marks.filled(
            {"type": "function_call", **named, "arguments": _arguments(marks)},
            status=lambda: "completed",
        )

    def other() -> Json:
        search = {"type": "search", "query": marks.word(), "queries": [marks.word()]}
        found = {"sources": [{"type": "url", "url": marks.word(), "unheard_of": marks.word()}]}
        opened = {"type": "open_page", "url": marks.word()}
        action = marks.one_of(lambda: search | found, lambda: opened)
        return {"type": "web_search_call", "id": marks.word(), "action": action}

    output = [*marks.few(lambda: marks.one_of(reasoning, call, other)), message()]
    whole = marks.filled(
        {
            "id": marks.word(),
            "object": "response",
            "status": "completed",
            "model": marks.word(),
            "created_at": marks.number(),
            "output": output,
            "usage": {"input_tokens": marks.number(), "output_tokens": marks.number()},
        },
        instructions=marks.word,
        tools=lambda: [marks.json()],
        moderation=lambda: {"flag": marks.word()},
        metadata=marks.object,
    )
    done = [
        {"type": "response.output_item.done", "output_index": index, "item": item}
        for index, item in enumerate(output)
    ]
    return whole, [*done, {"type": "response.completed", "response": whole}]
