"""The list of models: two shapes, pages, limits."""

import pytest

from proxy_core.anthropic.request import InvalidRequest
from proxy_core.contract import ModelFacts, Provider, Target
from proxy_core.server.models import anthropic_model, anthropic_page, openai_list

PROVIDER = Provider(name="acme", base_url="https://acme.test/v1")
FACTS = ModelFacts(pattern="big", context_window=200_000, max_output_tokens=32_000)
TARGET = Target(provider=PROVIDER, model="big", facts=FACTS)
NAMES = [(f"name-{n}", TARGET) for n in range(7)]


def page(**query: str) -> tuple[list[str], bool]:
    found = anthropic_page(NAMES, query)
    ids = [model["id"] for model in found["data"]]
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
    ],
)
def test_pages(query: dict[str, str], ids: range, more: bool) -> None:
    assert page(**query) == ([f"name-{n}" for n in ids], more)


def test_pages_follow_one_another_to_the_end() -> None:
    seen: list[str] = []
    query: dict[str, str] = {"limit": "2"}
    while True:
        ids, more = page(**query)
        seen += ids
        if not more:
            break
        query["after_id"] = ids[-1]
    assert seen == [name for name, _ in NAMES]


@pytest.mark.parametrize(
    "query",
    [{"limit": text} for text in ("0", "1001", "-1", "many", "", "9" * 5000, "٣")]
    + [{"after_id": "no"}, {"before_id": "no"}],
)
def test_a_wrong_page_is_refused(query: dict[str, str]) -> None:
    with pytest.raises(InvalidRequest):
        anthropic_page(NAMES, query)


def test_a_model_tells_its_limits_and_line() -> None:
    model = anthropic_model("claude-opus-5-5", TARGET)
    assert (model["max_input_tokens"], model["max_tokens"]) == (200_000, 32_000)
    assert model["line"] == "opus"
    assert model["display_name"] == "claude-opus-5-5 (acme/big)"
    assert anthropic_model("acme/big", TARGET)["line"] is None


def test_openai_shape() -> None:
    listed = openai_list(NAMES[:1])
    assert listed["object"] == "list"
    assert listed["data"] == [{"id": "name-0", "object": "model", "created": 0, "owned_by": "acme"}]
