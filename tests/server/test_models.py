"""The list of models: two shapes, pages, limits, names that come back; read by the SDKs."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import anthropic
import httpx
import openai
import pytest
from msgspec import Raw

from proxy_core.anthropic.request import InvalidRequest
from proxy_core.contract import ModelFacts, ModelOptions, Provider
from proxy_core.dialects.openai_chat import OpenAIChat
from proxy_core.plugins import Plugins
from proxy_core.routing import Entry, Router
from proxy_core.server.app import create_app
from proxy_core.server.models import Catalogue, page
from proxy_core.settings import Settings
from tests.support.proxy import Proxy, error_of
from tests.support.raw_upstream import RawExchange, RawUpstream, http_head
from tests.support.servers import serving

IDS = [f"name-{n}" for n in range(7)]
Query = list[tuple[str, str]]


def ids_of(*query: tuple[str, str]) -> tuple[list[str], bool]:
    found = page(IDS, query, lambda name: Raw(name.encode()))
    ids = [bytes(told).decode() for told in found["data"]]
    assert (found["first_id"], found["last_id"]) == ((ids[0], ids[-1]) if ids else (None, None))
    return ids, found["has_more"]


@pytest.mark.parametrize(
    ("query", "ids", "more"),
    [
        ({}, range(7), False),
        ({"limit": "3"}, range(3), True),
        ({"limit": "3", "after_id": "name-2"}, range(3, 6), True),
        ({"limit": "3", "after_id": "name-5"}, range(6, 7), False),
        ({"limit": "3", "before_id": "name-6"}, range(3, 6), True),
        ({"limit": "3", "before_id": "name-2"}, range(2), False),
        ({"limit": "1000", "after_id": "name-6"}, (), False),
        ({"lifecycle[]": "active"}, range(7), False),
        ({"lifecycle[]": "retired", "limit": "3"}, (), False),
        ({"lifecycle": "deprecated"}, (), False),
    ],
)
def test_pages(query: dict[str, str], ids: range, more: bool) -> None:
    assert ids_of(*query.items()) == ([f"name-{n}" for n in ids], more)


def test_pages_follow_one_another_to_the_end() -> None:
    seen: list[str] = []
    query: Query = [("limit", "2")]
    more = True
    while more:
        ids, more = ids_of(*query)
        seen += ids
        query = [("limit", "2"), ("after_id", ids[-1])]
    assert seen == IDS


@pytest.mark.parametrize(
    "query",
    [{"limit": text} for text in ("0", "1001", "-1", "many", "", "9" * 5000, "٣")]
    + [{"limit": "000001" + more} for more in ("0", "0" * 5000)]
    + [{"after_id": "no"}, {"before_id": "no"}, {"lifecycle[]": "young"}, {"lifecycle[]": ""}],
)
def test_a_wrong_page_is_refused(query: dict[str, str]) -> None:
    with pytest.raises(InvalidRequest):
        ids_of(*query.items())


# -- what is told of a model ---------------------------------------------------------------

SEEING = ModelFacts(
    pattern="vendor/Seeing-4.5:free",
    context_window=200_000,
    max_output_tokens=32_000,
    vision=True,
    efforts=("low", "high", "max"),
)
BLIND = ModelFacts(
    pattern="blind", vision=False, efforts=(), quirks={"json_schema": False, "pdf_parts": True}
)
UNKNOWN = ModelFacts(pattern="half-known", vision=True)


def acme(base_url: str) -> OpenAIChat:
    card = Provider(
        name="acme",
        base_url=base_url,
        key_required=False,
        models=(SEEING, BLIND, UNKNOWN),
        big=SEEING.pattern,
    )

    class Acme(OpenAIChat):
        providers = (card,)

    return Acme()


def catalogue(**table: str) -> Catalogue:
    plugins = Plugins.of({"acme": acme("https://acme.test/v1")})
    return Catalogue(Router(plugins.providers, {name: [Entry(to)] for name, to in table.items()}))


def model(name: str, **table: str) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(catalogue(**table).anthropic_model(name))
    assert anthropic.types.ModelInfo.model_validate(told, strict=False).id == name
    return told


def supported(capability: dict[str, Any]) -> dict[str, bool]:
    parts = {name: part for name, part in capability.items() if name not in ("supported", "types")}
    return {name: part["supported"] for name, part in parts.items()}


def test_limits_line_and_what_a_name_stands_for() -> None:
    told = model("claude-opus")
    assert (told["max_input_tokens"], told["max_tokens"]) == (200_000, 32_000)
    assert told["line"] == "opus"
    assert told["display_name"] == "claude-opus (acme/vendor/Seeing-4.5:free)"
    assert model("acme/blind")["line"] is None
    shown = {name: model(name, fast="acme/blind")["display_name"] for name in
             ("acme/blind", "claude-via-acme/blind", "claude-via-fast")}  # fmt: skip
    assert list(shown.values()) == ["acme/blind", "acme/blind", "fast (acme/blind)"]


def test_what_a_model_can_do() -> None:
    can = model(f"acme/{SEEING.pattern}")["capabilities"]
    assert set(can) == set(anthropic.types.ModelCapabilities.model_fields)
    assert supported(can["effort"]) == {
        "low": True, "medium": False, "high": True, "xhigh": False, "max": True,
    }  # fmt: skip
    assert can["thinking"]["supported"]
    # It has no effort that means none, so its thinking cannot be turned off.
    assert supported(can["thinking"]["types"]) == {
        "adaptive": True, "between_tools": True, "disabled": False, "enabled": True,
    }  # fmt: skip
    simple = {name: part["supported"] for name, part in can.items()}
    assert simple == {
        "batch": False,
        "citations": False,
        "code_execution": False,
        "context_management": True,
        "effort": True,
        "image_input": True,
        "pdf_input": False,
        "server_tools": False,
        "structured_outputs": True,
        "thinking": True,
    }


def test_what_another_cannot() -> None:
    can = model("acme/blind")["capabilities"]
    assert {name for name, part in can.items() if part["supported"]} == {
        "context_management",
        "pdf_input",
    }
    assert supported(can["thinking"]["types"]) == {
        "adaptive": False, "between_tools": True, "disabled": True, "enabled": False,
    }  # fmt: skip


def test_of_a_model_that_is_not_known_nothing_is_said() -> None:
    told = model("acme/half-known")
    assert (told["max_input_tokens"], told["capabilities"]) == (None, None)
    assert model("acme/never-heard-of")["capabilities"] is None


def test_the_options_of_a_users_name_do_not_change_what_the_model_can_do() -> None:
    plugins = Plugins.of({"acme": acme("https://acme.test/v1")})
    own = Entry("acme/blind", options=ModelOptions(reasoning_effort="low", max_tokens=100))
    told = Catalogue(Router(plugins.providers, {"own": [own]}))
    own_model = json.loads(told.anthropic_model("own"))
    assert own_model["max_tokens"] == 100
    first = own_model["capabilities"]
    assert first == json.loads(told.anthropic_model("acme/blind"))["capabilities"]
    assert first == model("acme/blind")["capabilities"]


def test_what_is_remembered_is_bounded() -> None:
    found = catalogue()
    for number in range(5000):
        found.anthropic_model(f"acme/model-{number}")
    assert len(found._can) <= 4096
    assert found._told.cache_info().currsize <= 4096


# -- over HTTP -----------------------------------------------------------------------------

TARGET = f"acme/{SEEING.pattern}"
ANSWER = {
    "choices": [{"index": 0, "message": {"content": "ok"}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 1, "completion_tokens": 1},
}
ANTHROPIC = {"anthropic-version": "2023-06-01"}


async def answers(exchange: RawExchange) -> None:
    body = json.dumps(ANSWER).encode()
    await exchange.send(http_head("200 OK", "content-type: application/json") + body)


@pytest.fixture
def upstream() -> Iterator[RawUpstream]:
    with RawUpstream(answers) as upstream:
        yield upstream


@pytest.fixture
def proxy(upstream: RawUpstream, tmp_path: Path) -> Iterator[Proxy]:
    settings = Settings.load({"models": {"my-fast": "acme/blind"}}, environ={}, cwd=tmp_path)
    plugins = Plugins.of({"acme": acme(f"{upstream.origin}/v1")})
    with serving(create_app(settings, plugins)) as server:
        yield Proxy(server)


@pytest.fixture
def sdk(proxy: Proxy) -> Iterator[anthropic.Anthropic]:
    with anthropic.Anthropic(base_url=proxy.url, api_key="any", max_retries=0) as client:
        yield client


def test_the_official_client_pages_through_all_of_them(
    sdk: anthropic.Anthropic, upstream: RawUpstream
) -> None:
    names = [model.id for model in sdk.models.list(limit=2)]
    assert names == [
        "claude-via-my-fast",
        "claude-opus",
        "claude-sonnet",
        "claude-haiku",
        f"claude-via-{TARGET}",
        "claude-via-acme/blind",
        "claude-via-acme/half-known",
        "my-fast",
        TARGET,
        "acme/blind",
        "acme/half-known",
    ]
    assert [model.id for model in sdk.models.list(limit=1000)] == names
    assert [model.id for model in sdk.models.list(lifecycle=["retired", "deprecated"])] == []
    assert [model.id for model in sdk.models.list(before_id=names[2])] == names[:2]
    with pytest.raises(anthropic.BadRequestError):
        sdk.models.list(after_id="none-such")
    assert upstream.exchanges == []


def test_each_name_can_be_looked_up_and_asked_for(
    sdk: anthropic.Anthropic, upstream: RawUpstream
) -> None:
    """The name of the picker and the plain one reach the very same model, spelled as it is."""
    hello: Any = [{"role": "user", "content": "hi"}]
    listed = list(sdk.models.list(limit=1000))
    for told in listed:
        assert sdk.models.retrieve(told.id) == told
        assert sdk.messages.count_tokens(model=told.id, messages=hello).input_tokens > 0
        assert sdk.messages.create(model=told.id, messages=hello, max_tokens=9).model == told.id
    asked = [json.loads(exchange.body)["model"] for exchange in upstream.exchanges]
    assert len(asked) == len(listed)
    sent = dict(zip([told.id for told in listed], asked, strict=True))
    for name in ("my-fast", TARGET, "acme/blind", "acme/half-known"):
        assert sent[f"claude-via-{name}"] == sent[name]
    assert sent[TARGET] == SEEING.pattern


def test_names_that_no_list_holds_are_known_too(sdk: anthropic.Anthropic) -> None:
    assert sdk.models.retrieve("claude-opus-5-5[1m]").max_input_tokens == 200_000
    with pytest.raises(anthropic.NotFoundError) as raised:
        sdk.models.retrieve("no/such:model")
    assert isinstance(raised.value.body, dict)
    assert raised.value.body["error"]["type"] == "not_found_error"


def test_the_other_official_client(proxy: Proxy) -> None:
    with openai.OpenAI(base_url=f"{proxy.url}/v1", api_key="any", max_retries=0) as client:
        listed = list(client.models.list())
        names = [model.id for model in listed]
        assert names == ["my-fast", "claude-opus", "claude-sonnet", "claude-haiku",
                         TARGET, "acme/blind", "acme/half-known"]  # fmt: skip
        for told in listed:
            assert client.models.retrieve(told.id) == told
            assert (told.owned_by, told.object) == ("acme", "model")
        with pytest.raises(openai.NotFoundError):
            client.models.retrieve("none-such")


@pytest.mark.parametrize("headers", [{}, ANTHROPIC], ids=["openai", "anthropic"])
@pytest.mark.parametrize("prefix", ["", "/anthropic"])
@pytest.mark.parametrize(
    "spell",
    [str, lambda name: name.replace("/", "%2F"), lambda name: name.replace(":", "%3A")],
    ids=["plain", "slashes", "colons"],
)
def test_ids_in_the_path(
    proxy: Proxy, headers: dict[str, str], prefix: str, spell: Callable[[str], str]
) -> None:
    found = proxy.get(f"{prefix}/v1/models/{spell(f'claude-via-{TARGET}')}?x=1", **headers)
    assert found.status_code == 200
    assert found.json()["id"] == f"claude-via-{TARGET}"
    for missing in ("none-such", "acme/", ""):
        assert error_of(proxy.get(f"{prefix}/v1/models/{missing}", **headers))["type"] == (
            "not_found_error"
        )


def test_a_list_is_told_from_memory(proxy: Proxy, upstream: RawUpstream) -> None:
    first = proxy.get("/v1/models?limit=1000", **ANTHROPIC)
    assert first.headers["content-type"] == "application/json"
    assert proxy.get("/v1/models?limit=1000", **ANTHROPIC).content == first.content
    assert httpx.head(f"{proxy.url}/v1/models").status_code == 404
    assert upstream.exchanges == []
