"""The carrier: what was sealed comes back, or nothing does."""

from __future__ import annotations

import random
import re
import tracemalloc
import zlib
from base64 import urlsafe_b64encode

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy_core.anthropic.carrier import Envelope, seal, unseal
from proxy_core.contract import ModelFacts, Provider, Target

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
ENVELOPES = st.builds(
    Envelope,
    provider=TEXT,
    model=TEXT,
    reasoning=TEXT,
    state=st.binary(max_size=200),
    origin=TEXT,
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
        sealed_raw(zlib.compress(msgspec.msgpack.encode(["p", "m", "", b"", 1]))),
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
    packed = zlib.compress(msgspec.msgpack.encode(["p", "m", "r", b"s", "o", "new"]))
    assert unseal(sealed_raw(packed)) == Envelope("p", "m", "r", b"s", "o")


def test_envelopes_of_version_1_open_for_ever() -> None:
    signature = "pxc1.eJybuiy_IDUvMXNpekGJrtmyjFwdheL8I0wMjNsySkoKiq309RMLMvUgavSS83MB1VwSTZURQ-0"
    known = Envelope("openai", "gpt-6", "hm, so", b"\x00\x01", "https://api.openai.com")
    assert unseal(signature) == known


# -- bounds --------------------------------------------------------------------------------

LARGEST = 4 << 20


@pytest.mark.parametrize("beyond", [-1, 0, 1, 1000])
def test_what_is_too_large_to_be_opened_is_not_sealed(beyond: int) -> None:
    overhead = len(msgspec.msgpack.encode(Envelope("p", "m", "", bytes(1 << 17)))) - (1 << 17)
    envelope = Envelope("p", "m", "", bytes(LARGEST - overhead + beyond))
    signature = seal(envelope)
    assert bool(signature) == (beyond <= 0)
    assert unseal(signature) == (envelope if signature else None)


def test_an_envelope_is_small() -> None:
    """Figures for the documentation: run with `-s` to see them."""
    prose = " ".join(f"Step {number}: look at the file and decide." for number in range(40))
    chance = random.Random(1)
    named = Envelope("openai", "gpt-6", origin="https://api.openai.com")
    sizes = {"nothing but its address": len(seal(named))}
    sizes[f"{len(prose)} characters of reasoning"] = len(
        seal(msgspec.structs.replace(named, reasoning=prose))
    )
    for size in (200, 2000, 20_000):
        state = chance.randbytes(size)
        sizes[f"{size} bytes that do not compress"] = sealed = len(
            seal(msgspec.structs.replace(named, state=state))
        )
        assert sealed < 1.34 * size + 100
    for what, size in sizes.items():
        print(f"envelope, {what}: {size} characters")  # noqa: T201
    assert sizes["nothing but its address"] < 80
    assert sizes[f"{len(prose)} characters of reasoning"] < len(prose) / 2


# -- whose it is ---------------------------------------------------------------------------


def a_target(name: str = "acme", base_url: str = "https://api.acme.example/v1") -> Target:
    provider = Provider(name=name, base_url=base_url)
    return Target(provider=provider, model="m", facts=ModelFacts(pattern="*"))


@pytest.mark.parametrize(
    ("target", "is_own"),
    [
        (a_target(), True),
        (a_target(base_url="https://API.acme.example/v2"), True),
        (msgspec.structs.replace(a_target(), model="another"), True),
        (a_target(name="rival"), False),
        (a_target(base_url="https://elsewhere.example/v1"), False),
        (a_target(base_url="http://api.acme.example/v1"), False),
        (a_target(base_url="https://api.acme.example:8443/v1"), False),
    ],
)
def test_an_envelope_belongs_to_the_provider_that_issued_it(target: Target, is_own: bool) -> None:
    envelope = Envelope.of(a_target(), reasoning="r", state=b"s")
    assert envelope == Envelope("acme", "m", "r", b"s", "https://api.acme.example")
    assert envelope.is_from(target) is is_own
