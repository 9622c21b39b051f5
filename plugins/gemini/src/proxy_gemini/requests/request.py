"""A Messages request as a request of generateContent, or of countTokens."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote, urlsplit

import msgspec

from proxy_core.anthropic.request import MessagesRequest
from proxy_core.anthropic.unserved import refuse_what_must_not_be_guessed
from proxy_core.contract import CountCall, Target, Unsupported, UpstreamRequest
from proxy_core.dialects.counts import count_reader
from proxy_core.dialects.openai_chat.requests.history import refuse_prefill, tell
from proxy_core.dialects.openai_chat.requests.identity import identity_fields
from proxy_core.dialects.openai_chat.requests.reasoning import is_disabled
from proxy_core.dialects.openai_chat.requests.sampling import (
    allowed_tokens,
    sampling_fields,
    split_stops,
)
from proxy_core.dialects.openai_chat.requests.top_level import note_what_is_left
from proxy_core.ledger import Ledger, LossKind, Reason
from proxy_gemini.context import GeminiContext
from proxy_gemini.requests.contents import Contents
from proxy_gemini.requests.scope import Scope, scope_of
from proxy_gemini.requests.structured import output_format
from proxy_gemini.requests.thinking import is_shown, thinking_config
from proxy_gemini.requests.tools import tools_of

_SAMPLING = {"temperature": "temperature", "top_p": "topP", "top_k": "topK"}
_ASTRAY = re.compile(r"(?:^|/)\.{0,2}(?:/|$)|\\")
"""Steps of a path that name no place, at the start, between or at the end."""
_VERSIONED = re.compile(r"/v[0-9]+(?:(?:alpha|beta)[0-9]*(?:/|$)|/?$|/projects/)")
"""A version of Google's in the path of a base: at the end, before Vertex's projects, or one that
only Google has; the `/v1/` of a gateway (Cloudflare's) is the gateway's."""

_encode = msgspec.json.Encoder().encode


def translate_request(request: MessagesRequest, target: Target, ledger: Ledger) -> UpstreamRequest:
    """The request for `target`. Same input, same bytes.

    Raises `Unsupported` for what must not be guessed.
    """
    refuse_what_must_not_be_guessed(request)
    scope = scope_of(target, ledger)
    tools = tools_of(request, scope)
    wanted = output_format(request, bool(tools), scope)
    stops, stops_kept = split_stops(request, scope)
    generation = {
        **_limit(request, scope),
        **{_SAMPLING[name]: value for name, value in sampling_fields(request, scope).items()},
        **({"stopSequences": stops} if stops else {}),
        **wanted.fields,
    }
    if thinking := thinking_config(request, scope):
        generation["thinkingConfig"] = thinking
    body = _prompt(request, wanted.instruction, scope) | tools
    if generation:
        body["generationConfig"] = generation
    if scope.gemini.store_field:
        body["store"] = False
    identity_fields(request, scope)  # notes who asks: Gemini has no field for it
    note_what_is_left(request, scope)
    context = GeminiContext(
        tool_names=_client_names(tools, scope),
        thinking_disabled=is_disabled(request),
        thinking_omitted=request.thinking is not None and not is_shown(request),
        signature_era=scope.gemini.signature_era,
    )
    return UpstreamRequest(
        target=target,
        path=_path(scope, "streamGenerateContent?alt=sse" if request.stream else "generateContent"),
        body=_encode(_merged(body, target.options.extra_body)),
        stream=request.stream,
        context=context,
        stop_sequences=stops_kept,
    )


def count_call(request: MessagesRequest, target: Target) -> CountCall:
    """Google's own count of what `translate_request` would send."""
    refuse_what_must_not_be_guessed(request)
    scope = scope_of(target, Ledger())
    tools = tools_of(request, scope)
    prompt = _prompt(request, "", scope) | tools
    body: dict[str, Any] = prompt
    if len(prompt) > 1:
        # Plain countTokens takes contents alone.
        body = {"generateContentRequest": {"model": f"models/{_model(target)}", **prompt}}
    path = _path(scope, "countTokens")
    upstream = UpstreamRequest(target=target, path=path, body=_encode(body), stream=False)
    return CountCall(upstream, _read_count)


_read_count = count_reader("totalTokens")


# -- the address ---------------------------------------------------------------------------


def _model(target: Target) -> str:
    return target.model.removeprefix("models/")


def _path(scope: Scope, method: str) -> str:
    """The path below the base, which may name the version itself.

    Raises `Unsupported` for an id that would lead elsewhere; Google's hold no such thing.
    """
    if _ASTRAY.search(scope.target.model):
        raise Unsupported("/model", "Gemini has no model whose id is a path")
    base = urlsplit(scope.target.provider.base_url).path
    version = "" if _VERSIONED.search(base) else f"/{scope.gemini.api_version}"
    return f"{version}/models/{quote(_model(scope.target), safe='', errors='replace')}:{method}"


# -- the body ------------------------------------------------------------------------------


def _limit(request: MessagesRequest, scope: Scope) -> dict[str, int]:
    """How long the answer may be, thoughts included."""
    allowed = allowed_tokens(request, scope)
    if allowed is None:
        return {}
    most = scope.gemini.unary_output_tokens
    if most is not None and not request.stream and allowed > most:
        scope.ledger.note("/max_tokens", LossKind.CLAMPED, Reason.DECLARED_LIMIT)
        allowed = most
    return {"maxOutputTokens": allowed}


def _prompt(request: MessagesRequest, instruction: str, scope: Scope) -> dict[str, Any]:
    """`systemInstruction` and `contents`."""
    conversation = Contents(scope)
    contents = tell(request, instruction, conversation)
    asks_for_answer = request.max_tokens is not None  # a request to count has no limit
    if contents[-1]["role"] == "model" and asks_for_answer:
        refuse_prefill(request)
    prompt: dict[str, Any] = {}
    if conversation.instruction:
        prompt["systemInstruction"] = {"parts": [{"text": conversation.instruction}]}
    return prompt | {"contents": contents}


def _client_names(tools: dict[str, Any], scope: Scope) -> dict[str, str]:
    """The client's names of all declared tools, by the names they were sent as."""
    declared = [
        tool["name"]
        for part in tools.get("tools", ())
        for tool in part.get("functionDeclarations", ())
    ]
    return {name: scope.names.renamed.get(name, name) for name in declared}


def _merged(body: dict[str, Any], extra: dict[str, Any]) -> dict[str, Any]:
    """The user's own fields on top; those of `generationConfig` beside what is there."""
    for name, value in extra.items():
        known = body.get(name)
        if isinstance(known, dict) and isinstance(value, dict):
            body[name] = {**known, **value}
        else:
            body[name] = value
    return body
