"""A Messages request for a server that speaks the Messages API: the same bytes.

What must differ is spliced in: the model's name, what the user's settings demand, thinking that
the server must not see, and what its quirks declare.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from proxy_core.anthropic import events
from proxy_core.anthropic.identity import identity_of
from proxy_core.anthropic.limits import clamped_tokens
from proxy_core.anthropic.request import MessagesRequest
from proxy_core.anthropic.stops import stops_taken
from proxy_core.anthropic.unserved import refuse_what_must_not_be_guessed
from proxy_core.contract import CountCall, Target, UpstreamRequest
from proxy_core.dialects.anthropic_native.attribution import drop_attribution
from proxy_core.dialects.anthropic_native.call_ids import bring_back_ids
from proxy_core.dialects.anthropic_native.order import results_first
from proxy_core.dialects.anthropic_native.quirks import Quirks
from proxy_core.dialects.anthropic_native.repairs import reason_for, repaired
from proxy_core.dialects.anthropic_native.scope import Scope
from proxy_core.dialects.anthropic_native.spans import Splices, first_value, member, members
from proxy_core.dialects.anthropic_native.thinking import is_off, mend_thinking
from proxy_core.dialects.anthropic_native.tool_loop import without_budget
from proxy_core.dialects.anthropic_native.tools import loaded_last, mend_tools
from proxy_core.dialects.anthropic_native.words import spell_unknown_blocks
from proxy_core.dialects.counts import count_reader
from proxy_core.ledger import Ledger, LossKind, Reason

_encode = msgspec.json.Encoder().encode


def translate_request(
    request: MessagesRequest, target: Target, ledger: Ledger, quirks: Quirks
) -> UpstreamRequest:
    """The request for `target`. Raises `Unsupported` where nothing is left of it."""
    return _upstream(Scope(ledger, request, target, quirks), "/messages")


def count_call(request: MessagesRequest, target: Target, quirks: Quirks) -> CountCall:
    """The vendor's own count of the request's tokens."""
    asked = msgspec.structs.replace(request, stream=False)
    upstream = _upstream(Scope(Ledger(), asked, target, quirks), "/messages/count_tokens")
    return CountCall(upstream, _read_count)


_read_count = count_reader("input_tokens")


def _upstream(scope: Scope, endpoint: str) -> UpstreamRequest:
    request, quirks = scope.request, scope.quirks
    beyond = _stops_beyond(request, quirks)
    for index, stop in beyond.items():
        scope.dropped(f"/stop_sequences/{index}", Reason.EMULATED if stop else Reason.EMPTY)
    watched = tuple(stop for stop in beyond.values() if stop)
    return UpstreamRequest(
        target=scope.target,
        path=_path(request, scope.target, endpoint),
        body=_body(scope),
        stream=request.stream,
        headers=tuple(_headers(request, quirks)),
        stop_sequences=watched,
        # Core answers what asks for no tokens, where the server does not know what that means;
        # and what is relayed cannot be watched.
        relay=(quirks.prewarm or request.max_tokens != 0) and not watched,
    )


def _stops_beyond(request: MessagesRequest, quirks: Quirks) -> dict[int, str]:
    """The stop sequences that the server does not take, by their indexes."""
    if quirks.stop_limit is None and quirks.stop_bytes is None:
        return {}
    stops = request.stop_sequences
    taken = stops_taken(stops, quirks.stop_limit, quirks.stop_bytes)
    return {index: stop for index, stop in enumerate(stops) if index not in taken}


def _path(request: MessagesRequest, target: Target, endpoint: str) -> str:
    """Below the base URL, which people give with its `/v1` or without."""
    version = "" if target.provider.base_url.rstrip("/").endswith("/v1") else "/v1"
    query = f"?{request.query}" if request.query else ""
    return f"{version}{endpoint}{query}"


def _headers(request: MessagesRequest, quirks: Quirks) -> Iterator[tuple[str, str]]:
    prefixes = tuple(name.removesuffix("*") for name in quirks.headers if name.endswith("*"))
    for name, value in request.headers.items():
        if name in quirks.headers or name.startswith(prefixes):
            yield name, value
    if quirks.session_header and (session := identity_of(request).session):
        yield quirks.session_header, session


def _body(scope: Scope) -> bytes:
    request, quirks = scope.request, scope.quirks
    if not quirks.hosted:
        refuse_what_must_not_be_guessed(request)
    body = repaired(scope)
    splices = Splices(body)
    start = first_value(body)
    top = members(body, start)
    places = {one.key: one.value for one in top}
    for name, value in _settled(scope).items():
        splices.put(start, name, value)
    _put_effort(scope, splices, start)
    dropped = mend_thinking(scope, splices, places["messages"])
    if quirks.seal_signatures:
        bring_back_ids(scope, splices, places["messages"])
    if quirks.drop_attribution and "system" in places:
        drop_attribution(scope, splices, places["system"])
    spell_unknown_blocks(scope, splices, places["messages"])
    if request.tools:
        mend_tools(scope, splices, top)
    made = results_first(splices.apply(), scope)
    if request.tools and not quirks.tool_search:
        made = loaded_last(made, request)
    return without_budget(made, scope, dropped) if quirks.thinking_opens_turns else made


def _settled(scope: Scope) -> dict[str, bytes]:
    """Members at the top whose value is not the client's to say, as JSON."""
    request, target, quirks, ledger = scope.request, scope.target, scope.quirks, scope.ledger
    settled = {"model": events.quote(target.model)}
    sent = _Sent.of(request.body)
    if request.max_tokens is not None:
        # A beta may lengthen what the model's facts allow.
        tokens = clamped_tokens(request.max_tokens, target, ledger, declared=not quirks.betas)
        if tokens != sent.max_tokens:
            settled["max_tokens"] = _encode(tokens)
    if request.stream != bool(sent.stream):
        settled["stream"] = _encode(request.stream)
    if beyond := _stops_beyond(request, quirks):
        stops = [one for index, one in enumerate(request.stop_sequences) if index not in beyond]
        settled["stop_sequences"] = _encode(stops)
    if quirks.hash_user and request.metadata is not None:
        for path in request.unknown:
            if path.startswith("/metadata/"):
                scope.dropped(path, Reason.UNKNOWN_FIELD)
        settled["metadata"] = _encode(_hashed(scope))
    options = target.options
    if options.temperature is not None and request.max_tokens is not None:
        ledger.note("/temperature", LossKind.CLAMPED, Reason.USER_LIMIT)
        settled["temperature"] = _encode(options.temperature)
    for name in quirks.put:
        scope.reshaped(f"/{name}", reason_for(name))
    for name, value in {**quirks.put, **options.extra_body}.items():
        settled[name] = _encode(value)
    return settled


def _hashed(scope: Scope) -> dict[str, str]:
    """The metadata without the client's own words. Of the two digests the session's is better:
    it keeps a server's cache warm."""
    metadata = scope.request.metadata
    if metadata is None or not metadata.user_id:
        return {}
    scope.reshaped("/metadata/user_id", Reason.CLIENT_METADATA)
    who = identity_of(scope.request)
    return {"user_id": who.session or who.person}


class _Sent(msgspec.Struct):
    """What the body itself says of what settings may change."""

    max_tokens: Any = None
    stream: Any = None

    @classmethod
    def of(cls, body: bytes) -> _Sent:
        return _sent.decode(body)


_sent = msgspec.json.Decoder(_Sent)


def _put_effort(scope: Scope, splices: Splices, start: int) -> None:
    """The effort that the user's table declares for the model, or else a message does."""
    quirks = scope.quirks
    if not quirks.effort_without_thinking and is_off(scope):
        return
    effort = scope.target.options.reasoning_effort
    if effort is not None:
        scope.ledger.note("/output_config/effort", LossKind.CLAMPED, Reason.USER_LIMIT)
    elif not quirks.betas and "/output_config" not in quirks.drop:
        said = _efforts_of_messages(scope.request)
        effort = quirks.rewrite.get("/output_config/effort", {}).get(said, said)
    if not effort:
        return
    config = member(splices.body, start, "output_config")
    if config is not None and splices.body[config.value : config.value + 1] == b"{":
        if member(splices.body, config.value, "effort") is not None:
            scope.dropped("/output_config/effort", Reason.EFFORT)
        splices.put(config.value, "effort", events.quote(effort))
    else:
        splices.put(start, "output_config", b'{"effort":%b}' % events.quote(effort))


def _efforts_of_messages(request: MessagesRequest) -> str:
    """The last effort that a message asks for; empty if none does."""
    configs = (message.output_config for message in request.messages)
    efforts = [config.get("effort") for config in configs if isinstance(config, dict)]
    return next((one for one in reversed(efforts) if isinstance(one, str)), "")
