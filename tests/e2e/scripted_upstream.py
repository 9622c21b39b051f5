"""A real HTTP server on loopback that speaks Chat Completions as strictly as OpenAI does.

It refuses what `openai_rules` knows to be refused and otherwise says what the script says; other
vendors that speak the dialect in their own way are given by their `Manners`. It
runs in a thread of its own, so that tests may block. Every request is kept, as bytes and parsed,
with how it ended.
"""

import asyncio
import json
import math
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.e2e.openai_rules import RefusedError, check_body, check_key, error_body, read_body
from tests.e2e.upstream_script import (
    CREATED,
    Answer,
    Conversation,
    Cut,
    Fail,
    Hold,
    Json,
    Refuse,
    Script,
    Usage,
    chunks,
    whole,
)
from tests.support.threaded_server import ThreadedServer

KEY = "sk-scripted-0123456789abcdefghijklmnop"
MODELS = ("big-model", "middle-model", "small-model")
LARGEST_BODY = 64 * 2**20
BYTES_PER_TOKEN = 4


@dataclass
class Exchange:
    """One request and what became of it."""

    method: str
    path: str
    headers: dict[str, str]
    raw: bytes
    body: Json | None = None
    refused: RefusedError | None = None
    status: int | None = None
    client_left: bool = False
    ended: threading.Event = field(default_factory=threading.Event)

    @property
    def talk(self) -> Conversation:
        """The request as a script sees it."""
        assert self.body is not None, f"{self.method} {self.path} had no JSON body"
        return Conversation(self.body, 0)


def overflow(size: int, window: int) -> tuple[int, Json]:
    """OpenAI's words for a prompt that does not fit."""
    text = (
        f"This model's maximum context length is {window} tokens. However, your messages resulted "
        f"in {size} tokens. Please reduce the length of the messages or functions."
    )
    return 400, error_body(text, param="messages", code="context_length_exceeded")


def _frame(chunk: Json) -> str:
    return f"data: {json.dumps(chunk, ensure_ascii=False)}\n\n"


@dataclass(frozen=True)
class Manners:
    """What differs between vendors; OpenAI's, unless said otherwise."""

    prefix: str = "/v1"
    path: str = "/chat/completions"
    check_body: Callable[[Json], None] = check_body
    view: Callable[[Json], Json] = lambda body: body
    """The request as one of Chat Completions, which is what scripts look at."""
    chunks: Callable[[Answer, str, str, Usage | None], Iterable[object]] = chunks
    frame: Callable[[Json], str] = _frame
    end: str = "data: [DONE]\n\n"
    """The end mark of a stream."""
    whole: Callable[[Answer, str, str, Usage], Json] = whole
    usage_unasked: bool = False
    """A stream tells usage whether it was asked for or not."""
    overflow: Callable[[int, int], tuple[int, Json]] = overflow


OPENAI = Manners()


class ScriptedUpstream(ThreadedServer):
    """`with ScriptedUpstream(script) as upstream:` and point a client at `upstream.base_url`."""

    def __init__(
        self,
        script: Script,
        *,
        key: str = KEY,
        models: Iterable[str] = MODELS,
        context_window: int | None = None,
        manners: Manners = OPENAI,
    ) -> None:
        super().__init__("scripted upstream")
        self.manners = manners
        self.script = script
        self.key = key
        self.models = tuple(models)
        self.context_window = context_window
        self.exchanges: list[Exchange] = []
        self.problems: list[str] = []
        """What went wrong in a script; a test that ends with any has failed."""
        self._answered = 0

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}{self.manners.prefix}"

    @property
    def chats(self) -> list[Exchange]:
        """The requests for a completion, in the order they came."""
        path = self.manners.prefix + self.manners.path
        return [exchange for exchange in self.exchanges if exchange.path == path]

    @property
    def refused(self) -> list[RefusedError]:
        """The requests that broke a rule of the API."""
        return [exchange.refused for exchange in self.exchanges if exchange.refused]

    async def _serve(self) -> None:
        app = web.Application(client_max_size=LARGEST_BODY)
        app.router.add_route("*", "/{path:.*}", self._handle)
        # Cancelling the handler is how it learns that the client has gone.
        runner = web.AppRunner(app, handler_cancellation=True, access_log=None, shutdown_timeout=0)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        await self._serve_on(runner.addresses[0][1])
        await runner.cleanup()

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        headers = {name.lower(): value for name, value in request.headers.items()}
        exchange = Exchange(request.method, request.path, headers, await request.read())
        self.exchanges.append(exchange)
        try:
            response = await self._answer(request, exchange)
            exchange.status = response.status
        except (asyncio.CancelledError, ConnectionError):
            exchange.client_left = True
            raise
        finally:
            exchange.ended.set()
        return response

    async def _answer(self, request: web.Request, exchange: Exchange) -> web.StreamResponse:
        try:
            return await self._dispatch(request, exchange)
        except RefusedError as refused:
            exchange.refused = refused
            return _json(refused.body, refused.status)
        except ConnectionError:
            raise
        # A fault of a script must reach the test, whatever it is.
        except Exception as fault:  # noqa: BLE001
            self.problems.append(repr(fault))
            return _json(error_body(repr(fault)), 403)

    async def _dispatch(self, request: web.Request, exchange: Exchange) -> web.StreamResponse:
        check_key(request.headers.get("authorization"), self.key)
        before, _, path = request.path.partition(self.manners.prefix)
        match request.method, before, path:
            case "GET", "", "/models":
                return _json({"object": "list", "data": [_model(name) for name in self.models]})
            case "POST", "", self.manners.path:
                return await self._complete(request, exchange)
            case method, _, _:
                raise RefusedError(f"Invalid URL ({method} {request.path})", status=404)

    async def _complete(self, request: web.Request, exchange: Exchange) -> web.StreamResponse:
        sent = read_body(exchange.raw)
        self.manners.check_body(sent)
        body = exchange.body = self.manners.view(sent)
        model: str = body["model"]
        if model not in self.models:
            text = f"The model `{model}` does not exist or you do not have access to it."
            raise RefusedError(text, code="model_not_found", status=404)
        size = prompt_tokens(body)
        if self.context_window is not None and size > self.context_window:
            status, error = self.manners.overflow(size, self.context_window)
            return _json(error, status)
        self._answered += 1
        turn = self.script(Conversation(body, self._answered))
        if isinstance(turn, Refuse):
            if isinstance(turn.body, str):
                return web.Response(text=turn.body, status=turn.status, headers=turn.headers)
            return _json(turn.body, turn.status, turn.headers)
        usage = turn.usage or Usage(size, max(1, len(turn.steps)))
        id_ = f"chatcmpl-{self._answered}"
        if body.get("stream") is True:
            asked = (body.get("stream_options") or {}).get("include_usage")
            told = usage if asked or self.manners.usage_unasked else None
            return await _stream(request, self.manners, self.manners.chunks(turn, model, id_, told))
        return await _whole(request, turn, lambda: self.manners.whole(turn, model, id_, usage))


async def _stream(
    request: web.Request, manners: Manners, steps: Iterable[Any]
) -> web.StreamResponse:
    response = web.StreamResponse(
        headers={"content-type": "text/event-stream; charset=utf-8", **_headers()}
    )

    async def send(data: str) -> None:
        if not response.prepared:
            await response.prepare(request)
        await response.write(data.encode())

    for step in steps:
        match step:
            case Hold(gate):
                await gate.passed()
            case Fail(body):
                await send(manners.frame(body))
                return response
            case Cut(how):
                if not response.prepared:
                    await response.prepare(request)
                _cut(request, how)
                return response
            case chunk:
                await send(manners.frame(chunk))
    await send(manners.end)
    return response


async def _whole(
    request: web.Request, turn: Answer, body: Callable[[], Json]
) -> web.StreamResponse:
    for step in turn.steps:
        match step:
            case Hold(gate):
                await gate.passed()
            case Fail(error):
                return _json(error, 500)
            case Cut(how):
                # Promised in full, then cut: what a connection lost on the way looks like.
                promised = web.StreamResponse(
                    headers={"content-type": "application/json", "content-length": "1000"}
                )
                await promised.prepare(request)
                await promised.write(b'{"id": "chatcmpl-')
                _cut(request, "close" if how == "end" else how)
                return promised
            case _:
                pass
    return _json(body())


def _cut(request: web.Request, how: str) -> None:
    transport = request.transport
    if transport is None or how == "end":
        return
    if how == "reset":
        transport.abort()
    else:
        transport.close()


def prompt_tokens(body: Json) -> int:
    """A size that grows with the conversation, as a tokenizer's would."""
    counted = json.dumps([body["messages"], body.get("tools", [])], ensure_ascii=False)
    return math.ceil(len(counted.encode()) / BYTES_PER_TOKEN)


def _model(name: str) -> Json:
    return {"id": name, "object": "model", "created": CREATED, "owned_by": "scripted"}


def _headers() -> dict[str, str]:
    return {
        "x-request-id": "req_scripted",
        "openai-processing-ms": "12",
        "x-ratelimit-limit-requests": "500",
        "x-ratelimit-remaining-requests": "499",
        "x-ratelimit-reset-requests": "120ms",
    }


def _json(body: Json, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    return web.json_response(body, status=status, headers={**_headers(), **(headers or {})})
