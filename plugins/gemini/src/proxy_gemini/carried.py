"""Thought signatures on their way through the client.

Gemini signs the first call of a turn, and at times a thought. The client keeps nothing but
Anthropic's blocks, so signatures travel in the envelope of the thinking block that stands
right before the call.
"""

from __future__ import annotations

import msgspec

from proxy_core.anthropic.carrier import Envelope, seal, unseal
from proxy_core.contract import Target


class Signatures(msgspec.Struct, frozen=True, array_like=True):
    """What one envelope carries beside the text of a thought."""

    era: str
    """Generation of the model: signatures of another are not valid."""
    thought: str = ""
    """Signature of the thought that the block tells."""
    call: str = ""
    """Signature of the call that follows the block."""


_decoder = msgspec.msgpack.Decoder(Signatures)


def packed(signatures: Signatures, hidden: str, target: Target) -> str:
    """The signature of a thinking block; `hidden` is thought text that the client does not see."""
    state = msgspec.msgpack.encode(signatures)
    return seal(Envelope.of(target, reasoning=hidden, state=state))


class Thought(msgspec.Struct, frozen=True):
    """A thinking block that came home."""

    hidden: str = ""
    signatures: Signatures | None = None
    """None: nothing of it was signed."""


def unpacked(signature: str, target: Target, era: str) -> Thought | None:
    """What the block carries; None for one of another provider or another generation."""
    envelope = unseal(signature)
    if envelope is None or not envelope.is_from(target):
        return None
    if not envelope.state:
        return Thought(envelope.reasoning)
    try:
        signatures = _decoder.decode(envelope.state)
    except msgspec.DecodeError:
        return None
    return Thought(envelope.reasoning, signatures) if signatures.era == era else None
