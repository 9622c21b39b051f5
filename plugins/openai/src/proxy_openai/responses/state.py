"""What the model reasoned, in the carrier and back.

The item itself is only an id and something that OpenAI alone can read; its text, if there is
one, is the thinking block's.
"""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Struct

from proxy_core.anthropic.carrier import Envelope, seal, unseal
from proxy_core.anthropic.content import ThinkingBlock
from proxy_core.anthropic.events import mend_surrogates
from proxy_core.contract import Target


class ReasoningState(Struct, frozen=True, array_like=True):
    """A reasoning item without its text."""

    item_id: str
    encrypted: str = ""
    """`encrypted_content`; without it OpenAI does not know the item again."""
    phase: str = ""
    """Phase of the message that follows; the model wants it back, and text blocks carry nothing."""


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(ReasoningState).decode


def signature(state: ReasoningState, target: Target, hidden: str = "") -> str:
    """The state as the signature of its thinking block; `hidden` is text that is not shown."""
    writable = ReasoningState(*map(mend_surrogates, msgspec.structs.astuple(state)))
    return seal(Envelope.of(target, reasoning=hidden, state=_encode(writable)))


class Recalled(Struct, frozen=True):
    """A reasoning item as it is sent again, and the phase of what it led to."""

    item: dict[str, Any]
    phase: str


def recall(block: ThinkingBlock, target: Target) -> Recalled | None:
    """The item behind a thinking block; None unless `target` itself reasoned it.

    OpenAI binds the encrypted part to the model: another one cannot read it.
    """
    envelope = unseal(block.signature)
    if envelope is None or not envelope.is_from(target) or envelope.model != target.model:
        return None
    try:
        state = _decode(envelope.state)
    except msgspec.DecodeError:
        return None
    text = block.thinking or envelope.reasoning
    if not (state.encrypted or text):
        return None
    return Recalled(_item(state, text), state.phase)


def _item(state: ReasoningState, text: str) -> dict[str, Any]:
    item: dict[str, Any] = {"type": "reasoning", "id": state.item_id, "summary": []}
    if state.encrypted:
        if text:
            item["summary"] = [{"type": "summary_text", "text": text}]
        item["encrypted_content"] = state.encrypted
    else:
        # Open models (gpt-oss at vLLM and others) show what they reason and read it again.
        item["content"] = [{"type": "reasoning_text", "text": text}]
    return item
