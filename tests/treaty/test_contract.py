"""The contract: cards refuse what is no card, and nothing that crosses the border changes."""

from __future__ import annotations

import inspect
from typing import Any

import msgspec
import pydantic
import pytest

from proxy_core import contract
from proxy_core.contract import (
    About,
    ErrorVerdict,
    FailureKind,
    ModelFacts,
    ModelOptions,
    Provider,
    Target,
    Unsupported,
    UpstreamFailure,
    UpstreamRequest,
    Usage,
)

STRUCTS = [
    kind
    for _, kind in inspect.getmembers(contract, inspect.isclass)
    if issubclass(kind, msgspec.Struct) and kind.__module__ == contract.__name__
]


def a_provider(**fields: Any) -> Provider:
    return Provider(**{"name": "acme", "base_url": "https://api.acme.test/v1"} | fields)


def a_target() -> Target:
    return Target(provider=a_provider(), model="m/1", facts=ModelFacts(pattern="m/*"))


# -- cards ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        "https://api.acme.test",
        "https://api.acme.test/",
        "https://api.acme.test/v1/openai",
        "http://127.0.0.1:8080/v1",
        "http://[::1]:11434",
        "https://acme.test/a@b",
    ],
)
def test_base_urls(url: str) -> None:
    assert a_provider(base_url=url).base_url == url


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://api.acme.test", "https://api.acme.test"),
        ("https://API.acme.test/V1/x", "https://api.acme.test"),
        ("http://127.0.0.1:8080/v1", "http://127.0.0.1:8080"),
        ("http://[::1]:11434/", "http://[::1]:11434"),
    ],
)
def test_the_origin_is_the_address_without_its_path(url: str, origin: str) -> None:
    assert a_provider(base_url=url).origin == origin


@pytest.mark.parametrize(
    "url",
    [
        "",
        "api.acme.test",
        "ftp://acme.test",
        "file:///etc/passwd",
        "HTTPS//acme.test",
        "https://",
        "https:///v1",
        "https://acme.test?key=1",
        "https://acme.test/v1?key=1",
        "https://acme.test/#top",
        "https://acme.test#top",
        "https://user:word@acme.test/v1",
        "https://key@acme.test",
        "https://acme.test\\@evil.test",
        "https://acme.test/v1 ",
        " https://acme.test",
        "https://acme.test/v1\n",
        "https://acme.test/\nhost: evil",
        "https://acme test",
    ],
)
def test_what_is_no_base_url(url: str) -> None:
    with pytest.raises(pydantic.ValidationError):
        a_provider(base_url=url)


@pytest.mark.parametrize("name", ["acme", "a", "lm-studio", "x_1"])
def test_names(name: str) -> None:
    assert a_provider(name=name).name == name


@pytest.mark.parametrize("name", ["", "Acme", "1acme", "a/b", "a b", "-a", "é", "a\n", "a.b"])
def test_what_is_no_name(name: str) -> None:
    with pytest.raises(pydantic.ValidationError):
        a_provider(name=name)


def test_a_card_needs_two_things_only() -> None:
    card = a_provider()
    assert card.api_version == contract.API_VERSION
    assert (card.key_header, card.key_scheme, card.key_required) == (
        "authorization",
        "Bearer",
        True,
    )
    assert (card.key_env, card.models, card.aliases, card.big) == ((), (), (), "")
    assert (card.headers, card.quirks) == ({}, {})


@pytest.mark.parametrize("kind", [Provider, ModelFacts])
def test_cards_are_frozen_and_refuse_unknown_fields(kind: type[pydantic.BaseModel]) -> None:
    card = a_provider() if kind is Provider else ModelFacts(pattern="*")
    name = next(iter(kind.model_fields))
    with pytest.raises(pydantic.ValidationError, match="frozen"):
        setattr(card, name, "changed")
    with pytest.raises(pydantic.ValidationError, match="extra"):
        kind.model_validate({**card.model_dump(), "colour": "red"})


def test_what_is_not_known_of_a_model_is_none() -> None:
    facts = ModelFacts(pattern="*")
    known = facts.model_dump(exclude={"pattern", "quirks", "source"})
    assert set(known.values()) == {None}


def test_a_target_is_written_as_users_write_it() -> None:
    assert a_target().name == "acme/m/1"
    assert a_target().options == ModelOptions()


# -- data ----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", STRUCTS, ids=lambda kind: kind.__name__)
def test_data_is_frozen(kind: type[msgspec.Struct]) -> None:
    assert kind.__struct_config__.frozen


@pytest.mark.parametrize(
    "value",
    [
        ModelOptions(),
        Usage(),
        UpstreamFailure(kind=FailureKind.RESET),
        ErrorVerdict(status=500, type="api_error", message="m"),
        UpstreamRequest(target=a_target(), path="/x", body=b"", stream=False),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_field_cannot_be_changed(value: msgspec.Struct) -> None:
    with pytest.raises(AttributeError, match="immutable"):
        setattr(value, value.__struct_fields__[0], None)


def test_defaults_are_not_shared() -> None:
    one, other = ModelOptions(), ModelOptions()
    one.extra_body["x"] = 1
    assert other.extra_body == {}


def test_defaults() -> None:
    request = UpstreamRequest(target=a_target(), path="/x", body=b"", stream=True)
    assert (request.method, request.headers, request.context) == ("POST", (), None)
    verdict = ErrorVerdict(status=500, type="api_error", message="m")
    assert (verdict.about, verdict.retryable, verdict.retry_after) == (About.UPSTREAM, False, None)
    assert Usage() == Usage(
        input_tokens=0,
        output_tokens=0,
        cache_read_input_tokens=0,
        cache_creation_input_tokens=0,
        thinking_tokens=None,
    )


def test_unsupported_names_the_place() -> None:
    error = Unsupported("/mcp_servers", "the provider runs no MCP servers")
    assert str(error) == "/mcp_servers: the provider runs no MCP servers"
    assert (error.path, error.why) == ("/mcp_servers", "the provider runs no MCP servers")
    assert isinstance(error, contract.ProxyError)
