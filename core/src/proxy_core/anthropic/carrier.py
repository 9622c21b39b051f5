"""The carrier: provider state that travels in the signature of a thinking block.

Clients echo Anthropic blocks and nothing else. What a vendor wants back on the next turn is
sealed into a versioned envelope and read again from the client's next request, so that a
restart, another worker or another machine goes on where this one stopped.
"""

from __future__ import annotations

import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode

import msgspec

from proxy_core.anthropic.events import mend_surrogates
from proxy_core.contract import Target

_PREFIX = "pxc1."
_LARGEST = 4 << 20
"""Bytes of one envelope before packing; more is neither sealed nor opened."""


class Envelope(msgspec.Struct, frozen=True, array_like=True):
    """Whose state it is, and the state."""

    provider: str
    model: str
    reasoning: str = ""
    """Reasoning text that the client asked not to be shown."""
    state: bytes = b""
    """What the vendor wants back, in the plugin's own form."""
    origin: str = ""
    """Where it was issued: under one name a user may have set another address since."""

    @classmethod
    def of(cls, target: Target, *, reasoning: str = "", state: bytes = b"") -> Envelope:
        """What `target` issued. Of text that was cut inside a character the halves are joined."""
        provider = target.provider
        told = mend_surrogates(reasoning)
        return cls(provider.name, target.model, told, state, provider.origin)

    def is_from(self, target: Target) -> bool:
        """Whether `target`'s provider issued it; no other may see it. The model may differ."""
        provider = target.provider
        return (self.provider, self.origin) == (provider.name, provider.origin)


def seal(envelope: Envelope) -> str:
    """The envelope as a signature: ASCII, checked by a CRC against truncation.

    Empty, which is no signature, for one that is too large to be opened again.
    """
    plain = msgspec.msgpack.encode(envelope)
    if len(plain) > _LARGEST:
        return ""
    packed = zlib.compress(plain, 6)
    sealed = packed + zlib.crc32(packed).to_bytes(4, "big")
    return _PREFIX + urlsafe_b64encode(sealed).decode().rstrip("=")


def is_envelope(signature: str) -> bool:
    """Whether a signature is an envelope, be it a broken one: nothing for any vendor to see."""
    return signature.startswith(_PREFIX)


def holds_envelope(raw: bytes) -> bool:
    """Whether some string in JSON is an envelope."""
    return b'"' + _PREFIX.encode() in raw


def unseal(signature: str) -> Envelope | None:
    """The envelope inside a signature; None for a vendor's own, a broken or an empty one."""
    if not is_envelope(signature):
        return None
    text = signature.removeprefix(_PREFIX)
    try:
        sealed = urlsafe_b64decode(text + "=" * (-len(text) % 4))
        packed, checksum = sealed[:-4], sealed[-4:]
        if zlib.crc32(packed).to_bytes(4, "big") != checksum:
            return None
        return msgspec.msgpack.decode(_inflate(packed), type=Envelope)
    except (ValueError, RecursionError, zlib.error, msgspec.DecodeError):
        return None


def _inflate(packed: bytes) -> bytes:
    """Decompress no more than was ever sealed: the client may have sent anything."""
    stream = zlib.decompressobj()
    data = stream.decompress(packed, _LARGEST + 1)
    if len(data) > _LARGEST:
        raise ValueError("envelope too large")
    return data
