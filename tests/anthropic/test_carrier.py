"""The carrier: what was sealed comes back, or nothing does."""

from __future__ import annotations

import re
import tracemalloc
import zlib
from base64 import urlsafe_b64encode

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy_core.anthropic.carrier import Envelope, seal, unseal

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
ENVELOPES = st.builds(
    Envelope, provider=TEXT, model=TEXT, reasoning=TEXT, state=st.binary(max_size=200)
)
SIGNATURE = re.compile(r"pxc1\.[A-Za-z0-9_-]+")


def sealed_raw(packed: bytes) -> str:
    checked = packed + zlib.crc32(packed).to_bytes(4, "big")
    return "pxc1." + urlsafe_b64encode(checked).decode().rstrip("=")


@pytest.mark.proof
@given(ENVELOPES)
def test_what_was_sealed_comes_back(envelope: Envelope) -> None:
    signature = seal(envelope)
    assert SIGNATURE.fullmatch(signature)
    assert unseal(signature) == envelope


@pytest.mark.proof
@given(ENVELOPES, st.data())
def test_a_cut_envelope_is_none(envelope: Envelope, data: st.DataObject) -> None:
    signature = seal(envelope)
    assert unseal(signature[: data.draw(st.integers(0, len(signature) - 1))]) is None


@pytest.mark.proof
@given(ENVELOPES, st.data())
def test_a_tampered_envelope_is_never_another(envelope: Envelope, data: st.DataObject) -> None:
    signature = seal(envelope)
    place = data.draw(st.integers(0, len(signature) - 1))
    tampered = signature[:place] + data.draw(st.characters()) + signature[place + 1 :]
    assert unseal(tampered) in (None, envelope)


@pytest.mark.parametrize(
    "signature",
    [
        "",
        "pxc1.",
        "pxc1.AAAA",
        "pxc1.====",
        "pxc1.é",
        "pxc2.AAAA",
        "ErUBCkYIBRgCIkD" + "A" * 200,
        "x" + seal(Envelope("p", "m")),
        seal(Envelope("p", "m")).replace("pxc1", "pxc9"),
        sealed_raw(b"not compressed"),
        sealed_raw(zlib.compress(b"not an envelope")),
        sealed_raw(zlib.compress(msgspec.msgpack.encode({"provider": "p"}))),
        sealed_raw(zlib.compress(msgspec.msgpack.encode(["p"]))),
        sealed_raw(zlib.compress(msgspec.msgpack.encode(["p", 1]))),
        sealed_raw(zlib.compress(msgspec.msgpack.encode(["p", "m"]))[:-8]),
        sealed_raw(b""),
    ],
)
def test_foreign_and_broken_signatures_are_none(signature: str) -> None:
    assert unseal(signature) is None


@given(st.text())
def test_any_text_may_be_unsealed(signature: str) -> None:
    assert unseal(signature) is None
    assert unseal("pxc1." + signature) is None


@pytest.mark.parametrize("size", [(4 << 20) + 100, 256 << 20])
def test_a_bomb_is_not_inflated(size: int) -> None:
    stream = zlib.compressobj(9)
    packed = b"".join(stream.compress(b"\x00" * (1 << 20)) for _ in range(size >> 20))
    packed += stream.compress(b"\x00" * (size & 0xFFFFF)) + stream.flush()
    signature = sealed_raw(packed)
    tracemalloc.start()
    try:
        assert unseal(signature) is None
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 16 << 20


def test_a_later_version_may_add_fields() -> None:
    packed = zlib.compress(msgspec.msgpack.encode(["p", "m", "r", b"s", "new"]))
    assert unseal(sealed_raw(packed)) == Envelope("p", "m", "r", b"s")


def test_envelopes_of_version_1_open_for_ever() -> None:
    signature = "pxc1.eJybsiy_IDUvMXN5ekGJrqme0bKMXB2F4vwjTAyMAJ5fCdvVxXFr"
    assert unseal(signature) == Envelope("openai", "gpt-5.2", "hm, so", b"\x00\x01")


def test_an_envelope_is_small() -> None:
    """Figures for the documentation: run with `-s` to see them."""
    prose = " ".join(f"Step {number}: look at the file and decide." for number in range(40))
    sizes = {
        "empty": len(seal(Envelope("openai", "gpt-5.2"))),
        f"{len(prose)} characters of reasoning": len(
            seal(Envelope("openai", "gpt-5.2", reasoning=prose))
        ),
    }
    for what, size in sizes.items():
        print(f"envelope, {what}: {size} characters")  # noqa: T201
    assert sizes["empty"] < 64
    assert max(sizes.values()) < len(prose)
