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
from proxy_core.dialects.anthropic_native.spans import Splices, first_value, member, members
from proxy_core.dialects.anthropic_native.thinking import mend_thinking
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
    return _upstream(request, target, ledger, quirks, "/messages")


def count_call(request: MessagesRequest, target: Target, quirks: Quirks) -> CountCall:
    """The vendor's own count of the request's tokens."""
    asked = msgspec.structs.replace(request, stream=False)
    upstream = _upstream(asked, target, Ledger(), quirks, "/messages/count_tokens")
    return CountCall(upstream, _read_count)


_read_count = count_reader("input_tokens")


def _upstream(
    request: MessagesRequest, target: Target, ledger: Ledger, quirks: Quirks, endpoint: str
) -> UpstreamRequest:
    beyond = _stops_beyond(request, quirks)
    for index, stop in beyond.items():
        reason = Reason.EMULATED if stop else Reason.EMPTY
        ledger.note(f"/stop_sequences/{index}", LossKind.DROPPED, reason)
    watched = tuple(stop for stop in beyond.values() if stop)
    return UpstreamRequest(
        target=target,
        path=_path(request, target, endpoint),
        body=_body(request, target, ledger, quirks),
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


def _body(request: MessagesRequest, target: Target, ledger: Ledger, quirks: Quirks) -> bytes:
    if not quirks.hosted:
        refuse_what_must_not_be_guessed(request)
    body = repaired(request, quirks, ledger)
    splices = Splices(body)
    start = first_value(body)
    top = members(body, start)
    places = {one.key: one.value for one in top}
    for name, value in _settled(request, target, ledger, quirks).items():
        splices.put(start, name, value)
    _put_effort(request, splices, start, target, quirks, ledger)
    dropped = mend_thinking(request, splices, places["messages"], target, quirks, ledger)
    if quirks.seal_signatures:
        bring_back_ids(request, splices, places["messages"], quirks.tool_id_pattern)
    if quirks.drop_attribution and "system" in places:
        drop_attribution(request, splices, places["system"], ledger)
    spell_unknown_blocks(request, splices, places["messages"], target, quirks, ledger)
    if request.tools:
        mend_tools(request, splices, top, quirks, ledger)
    made = results_first(splices.apply(), request, quirks, ledger)
    if request.tools and not quirks.tool_search:
        made = loaded_last(made, request)
    return without_budget(made, request, dropped, ledger) if quirks.thinking_opens_turns else made


def _settled(
    request: MessagesRequest, target: Target, ledger: Ledger, quirks: Quirks
) -> dict[str, bytes]:
    """Members at the top whose value is not the client's to say, as JSON."""
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
                ledger.note(path, LossKind.DROPPED, Reason.UNKNOWN_FIELD)
        settled["metadata"] = _encode(_hashed(request, ledger))
    options = target.options
    if options.temperature is not None and request.max_tokens is not None:
        ledger.note("/temperature", LossKind.CLAMPED, Reason.USER_LIMIT)
        settled["temperature"] = _encode(options.temperature)
    for name in quirks.put:
        ledger.note(f"/{name}", LossKind.RESHAPED, reason_for(name))
    for name, value in {**quirks.put, **options.extra_body}.items():
        settled[name] = _encode(value)
    return settled


def _hashed(request: MessagesRequest, ledger: Ledger) -> dict[str, str]:
    """The metadata without the client's own words. Of the two digests the session's is better:
    it keeps a server's cache warm."""
    if request.metadata is None or not request.metadata.user_id:
        return {}
    ledger.note("/metadata/user_id", LossKind.RESHAPED, Reason.CLIENT_METADATA)
    who = identity_of(request)
    return {"user_id": who.session or who.person}


class _Sent(msgspec.Struct):
    """What the body itself says of what settings may change."""

    max_tokens: Any = None
    stream: Any = None

    @classmethod
    def of(cls, body: bytes) -> _Sent:
        return _sent.decode(body)


_sent = msgspec.json.Decoder(_Sent)


def _put_effort(
    request: MessagesRequest,
    splices: Splices,
    start: int,
    target: Target,
    quirks: Quirks,
    ledger: Ledger,
) -> None:
    """The effort that the user's table declares for the model, or else a message does."""
    effort = target.options.reasoning_effort
    if effort is not None:
        ledger.note("/output_config/effort", LossKind.CLAMPED, Reason.USER_LIMIT)
    elif not quirks.betas and "/output_config" not in quirks.drop:
        said = _efforts_of_messages(request)
        effort = quirks.rewrite.get("/output_config/effort", {}).get(said, said)
    if not effort:
        return
    config = member(splices.body, start, "output_config")
    if config is not None and splices.body[config.value : config.value + 1] == b"{":
        if member(splices.body, config.value, "effort") is not None:
            ledger.note("/output_config/effort", LossKind.DROPPED, Reason.EFFORT)
        splices.put(config.value, "effort", events.quote(effort))
    else:
        splices.put(start, "output_config", b'{"effort":%b}' % events.quote(effort))


def _efforts_of_messages(request: MessagesRequest) -> str:
    """The last effort that a message asks for; empty if none does."""
    configs = (message.output_config for message in request.messages)
    efforts = [config.get("effort") for config in configs if isinstance(config, dict)]
    return next((one for one in reversed(efforts) if isinstance(one, str)), "")
