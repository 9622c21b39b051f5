"""A scripted upstream that speaks Gemini's generateContent, as strictly as Google does.

Scripts and tests see the conversation as messages of Chat Completions, whichever way it came;
what came is checked before. Each signature is bound to the call it was given out with.
"""

import json
import re
from base64 import b64encode
from collections.abc import Iterator
from typing import Any

from aiohttp import web

from tests.e2e.gemini_rules import RefusedError, check_body, check_key, error_body
from tests.e2e.openai_rules import read_body
from tests.e2e.scripted_upstream import (
    Exchange,
    Manners,
    ScriptedUpstream,
    _json,
    _stream,
    _whole,
    prompt_tokens,
)
from tests.e2e.upstream_script import (
    Answer,
    Call,
    Conversation,
    Cut,
    Fail,
    Hold,
    Json,
    Refuse,
    Say,
    Step,
    Think,
    Together,
    Usage,
)

KEY = "AIzaSyScripted0123456789abcdefghijklmnop"
BIG, MIDDLE, SMALL = "gemini-4-carbon", "gemini-4-hydrogen", "gemini-3.8-flash"
PATH = re.compile(r"/v1beta/models/([^/:]+):(\w+)")
ANSWERS = ("generateContent", "streamGenerateContent")
FINISH = {"length": "MAX_TOKENS", "content_filter": "SAFETY"}


class GeminiUpstream(ScriptedUpstream):
    """`with GeminiUpstream(script) as upstream:` and point a client at `upstream.base_url`."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._issued: dict[str, Json] = {}
        """The call that each signature was given out with."""

    def forget_signatures(self) -> None:
        """From now on the signatures given out so far are not valid."""
        self._issued.clear()

    @property
    def chats(self) -> list[Exchange]:
        found = ((exchange, PATH.fullmatch(exchange.path)) for exchange in self.exchanges)
        return [exchange for exchange, path in found if path is not None and path[2] in ANSWERS]

    async def _dispatch(self, request: web.Request, exchange: Exchange) -> web.StreamResponse:
        check_key(request.headers.get("x-goog-api-key"), self.key)
        path = PATH.fullmatch(request.path)
        if request.method != "POST" or path is None or path[1] not in self.models:
            text = f"{request.path} is not found for API version v1beta."
            raise RefusedError(text, name="NOT_FOUND", status=404)
        model, method = path.groups()
        sent = read_body(exchange.raw)
        if method == "countTokens":
            sent = sent.get("generateContentRequest", sent)
            return _json({"totalTokens": prompt_tokens(view(sent, model, stream=False))})
        check_body(sent, self._is_issued)
        stream = method == "streamGenerateContent"
        if stream and request.query.get("alt") != "sse":
            raise RefusedError("an array of chunks is nothing that this test reads")
        body = exchange.body = view(sent, model, stream=stream)
        return await self._tell(request, body, model)

    async def _tell(self, request: web.Request, body: Json, model: str) -> web.StreamResponse:
        size = prompt_tokens(body)
        if self.context_window is not None and size > self.context_window:
            return _json(overflow(size, self.context_window), 400)
        self._answered += 1
        turn = self.script(Conversation(body, self._answered))
        if isinstance(turn, Refuse):
            if isinstance(turn.body, str):
                return web.Response(text=turn.body, status=turn.status, headers=turn.headers)
            return _json(turn.body, turn.status, turn.headers)
        usage = turn.usage or Usage(size, max(1, len(turn.steps)))
        told = list(self._chunks(turn, model, usage))
        if body["stream"]:
            return await _stream(request, MANNERS, told)
        return await _whole(request, turn, lambda: _merged(told))

    def _is_issued(self, signature: str, call: Json) -> bool:
        known = self._issued.get(signature)
        return known == {"name": call["name"], "args": call.get("args", {})}

    def _chunks(self, turn: Answer, model: str, usage: Usage) -> Iterator[Json | Step]:
        """The chunks of an answer, with the holds and faults between them."""
        head = {"modelVersion": model, "responseId": f"rsp_{self._answered}"}

        def chunk(*parts: Json, **more: Any) -> Json:
            content = {"role": "model", "parts": list(parts)}
            candidate = {"index": 0, "content": content, **more}
            return {"candidates": [candidate], **head, "usageMetadata": _usage(usage)}

        signed = False
        for step in turn.steps:
            match step:
                case Hold() | Fail() | Cut():
                    yield step
                case Say(pieces):
                    yield from (chunk({"text": piece}) for piece in pieces)
                case Think(pieces):
                    yield from (chunk({"text": piece, "thought": True}) for piece in pieces)
                case Call() | Together():
                    for call in step.calls if isinstance(step, Together) else (step,):
                        part = _call(call)
                        if part is not None:
                            yield chunk(part if signed else {**part, **self._signature(part)})
                            signed = True
        yield chunk({"text": ""}, finishReason=FINISH.get(turn.finish_reason(), "STOP"))

    def _signature(self, part: Json) -> Json:
        call = part["functionCall"]
        made = b64encode(f"signed {len(self._issued)} {call['id']}".encode()).decode()
        self._issued[made] = {"name": call["name"], "args": call.get("args", {})}
        return {"thoughtSignature": made}


def _call(call: Call) -> Json | None:
    """A call comes whole, or not at all where it was cut."""
    text = "".join(call.fragments)
    try:
        args = json.loads(text or "null")
    except ValueError:
        return None
    arguments = {} if args is None else {"args": args}
    return {"functionCall": {"name": call.name, "id": call.id, **arguments}}


def _merged(chunks: list[Any]) -> Json:
    """The same answer as one body: neighbouring texts of a kind are one part."""
    parts: list[Json] = []
    for chunk in chunks:
        for part in chunk["candidates"][0]["content"]["parts"]:
            last = parts[-1] if parts else {}
            if "text" in part and "text" in last and part.get("thought") == last.get("thought"):
                last["text"] += part["text"]
            elif part != {"text": ""}:
                parts.append(dict(part))
    whole: Json = chunks[-1]
    whole["candidates"][0]["content"]["parts"] = parts
    return whole


def _usage(usage: Usage) -> Json:
    return {
        "promptTokenCount": usage.prompt,
        "candidatesTokenCount": usage.completion - usage.reasoning,
        "thoughtsTokenCount": usage.reasoning,
        "cachedContentTokenCount": usage.cached,
        "totalTokenCount": usage.prompt + usage.completion,
    }


def overflow(size: int, window: int) -> Json:
    """Google's words for a prompt that does not fit."""
    text = (
        f"The input token count ({size}) exceeds the maximum number of tokens allowed ({window})."
    )
    return error_body(text, "INVALID_ARGUMENT", 400)


# -- the conversation as scripts see it ----------------------------------------------------


def view(body: Json, model: str, *, stream: bool) -> Json:
    """The request as the messages of Chat Completions, beside what it says in its own words."""
    messages: list[Json] = []
    if "systemInstruction" in body:
        texts = [part["text"] for part in body["systemInstruction"]["parts"]]
        messages.append({"role": "system", "content": "\n\n".join(texts)})
    for content in body["contents"]:
        if content["role"] == "model":
            messages.append(_spoken(content["parts"]))
        else:
            messages += _heard(content["parts"])
    declared = [f for tool in body.get("tools", ()) for f in tool.get("functionDeclarations", ())]
    tools = [{"type": "function", "function": function} for function in declared]
    own = {name: value for name, value in body.items() if name not in ("contents", "tools")}
    return {**own, "model": model, "stream": stream, "messages": messages, "tools": tools}


def _spoken(parts: list[Json]) -> Json:
    message: Json = {"role": "assistant"}
    texts = [part["text"] for part in parts if "text" in part and not part.get("thought")]
    if texts:
        message["content"] = "\n\n".join(texts)
    message["reasoning"] = [part["text"] for part in parts if part.get("thought")]
    message["signatures"] = [p["thoughtSignature"] for p in parts if "thoughtSignature" in p]
    calls = [part["functionCall"] for part in parts if "functionCall" in part]
    if calls:
        message["tool_calls"] = [
            {
                "id": call["id"],
                "type": "function",
                "function": {"name": call["name"], "arguments": json.dumps(call["args"])},
            }
            for call in calls
        ]
    return message


def _heard(parts: list[Json]) -> list[Json]:
    """The results, then what the user says."""
    results = [part["functionResponse"] for part in parts if "functionResponse" in part]
    messages: list[Json] = [_result(response) for response in results]
    said = [_part(part) for part in parts if "functionResponse" not in part]
    return [*messages, *([{"role": "user", "content": said}] if said else [])]


def _result(response: Json) -> Json:
    told = response["response"]
    text = told["output"] if "output" in told else f"Error: {told['error']}"
    shown = [_part(part) for part in response.get("parts", ())]
    content = [{"type": "text", "text": text}, *shown]
    return {"role": "tool", "tool_call_id": response["id"], "content": content}


def _part(part: Json) -> Json:
    if "text" in part:
        return {"type": "text", "text": part["text"]}
    media = part["inlineData"]
    url = f"data:{media['mimeType']};base64,{media['data']}"
    if media["mimeType"].startswith("image/"):
        return {"type": "image_url", "image_url": {"url": url}}
    return {"type": "file", "file": {"file_data": url}}


MANNERS = Manners(prefix="", end="", usage_unasked=True)
