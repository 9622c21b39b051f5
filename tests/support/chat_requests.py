"""A Messages request translated for a Chat server, as the tests look at it."""

import json
from dataclasses import dataclass
from typing import Any

from proxy_core.anthropic.request import parse
from proxy_core.contract import ModelFacts, ModelOptions, Provider, Target
from proxy_core.dialects.openai_chat.context import ChatContext
from proxy_core.dialects.openai_chat.quirks import Quirks
from proxy_core.dialects.openai_chat.requests.request import translate_request
from proxy_core.ledger import Ledger, Loss, LossKind, Reason

Json = dict[str, Any]

PROVIDER = Provider(name="acme", base_url="https://api.acme.example/v1")


@dataclass(frozen=True)
class Sent:
    """One translated request: what is sent, what is remembered, what was lost."""

    raw: bytes
    body: Json
    context: ChatContext
    stop_sequences: tuple[str, ...]
    ledger: Ledger
    stream: bool
    path: str
    headers: tuple[tuple[str, str], ...] = ()

    @property
    def messages(self) -> list[Json]:
        messages: list[Json] = self.body["messages"]
        return messages

    def lost(self, path: str) -> tuple[LossKind, Reason] | None:
        """What the ledger says of one place."""
        for loss in self.ledger:
            if loss.path == path:
                return loss.kind, loss.reason
        return None

    @property
    def losses(self) -> list[Loss]:
        return list(self.ledger)


def target(options: ModelOptions | None = None, **facts: Any) -> Target:
    return Target(
        provider=PROVIDER,
        model="acme/large-1",
        facts=ModelFacts(pattern="*", **facts),
        options=options or ModelOptions(),
    )


def send(request: Json, at: Target | None = None, **quirks: Any) -> Sent:
    """The request as it would go to a server with these quirks."""
    return send_bytes(json.dumps(request, ensure_ascii=False).encode(), at, **quirks)


def send_bytes(body: bytes, at: Target | None = None, **quirks: Any) -> Sent:
    """The same for a request as it is written."""
    ledger = Ledger()
    upstream = translate_request(parse(body), at or target(), ledger, Quirks(**quirks))
    assert isinstance(upstream.context, ChatContext)
    return Sent(
        raw=upstream.body,
        body=json.loads(upstream.body),
        context=upstream.context,
        stop_sequences=upstream.stop_sequences,
        ledger=ledger,
        stream=upstream.stream,
        path=upstream.path,
        headers=upstream.headers,
    )


def request(*messages: Json, **fields: Any) -> Json:
    """A request with what the API demands, and `fields` beside it."""
    return {"model": "claude-opus-5-5", "max_tokens": 100, "messages": list(messages), **fields}


def user(*content: Any) -> Json:
    return {"role": "user", "content": _content(content)}


def assistant(*content: Any) -> Json:
    return {"role": "assistant", "content": _content(content)}


def system(*content: Any, **fields: Any) -> Json:
    return {"role": "system", "content": _content(content), **fields}


def _content(content: tuple[Any, ...]) -> Any:
    """A single string stays one; strings among blocks become text blocks."""
    if len(content) == 1 and isinstance(content[0], str):
        return content[0]
    return [text(item) if isinstance(item, str) else item for item in content]


def text(words: str, **fields: Any) -> Json:
    return {"type": "text", "text": words, **fields}


def call(tool_id: str, name: str = "Bash", **arguments: Any) -> Json:
    return {"type": "tool_use", "id": tool_id, "name": name, "input": arguments}


def result(tool_id: str, *content: Any, **fields: Any) -> Json:
    block: Json = {"type": "tool_result", "tool_use_id": tool_id, **fields}
    if content:
        block["content"] = _content(content)
    return block


def tool(name: str, **fields: Any) -> Json:
    schema = {"type": "object", "properties": {"command": {"type": "string"}}}
    return {"name": name, "description": f"Does {name}.", "input_schema": schema, **fields}


HI = user("hi")
PIXEL = "iVBORw0KGgo="


def image(**source: str) -> Json:
    given = source or {"type": "base64", "media_type": "image/png", "data": PIXEL}
    return {"type": "image", "source": given}
