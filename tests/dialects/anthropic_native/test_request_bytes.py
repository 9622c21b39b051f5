"""Requests for servers that speak the API: the same bytes, but for what must differ."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy_core.anthropic.request import parse
from proxy_core.contract import ModelFacts, ModelOptions, ProtocolError
from proxy_core.ledger import Ledger
from tests.support.anthropic_requests import DOCUMENTED, in_file
from tests.support.claude_code import RECORDED
from tests.support.native import (
    ASKED,
    MODEL,
    Acme,
    Json,
    request,
    sent,
    swapped,
    target,
    translated,
)


@pytest.mark.parametrize("path", [*RECORDED, *DOCUMENTED], ids=lambda path: path.stem)
def test_a_recorded_request_differs_in_its_model_alone(path: Path) -> None:
    for body in in_file(path):
        ledger = Ledger()
        assert translated(parse(body), ledger=ledger).body == swapped(body, MODEL)
        assert not list(ledger)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
NAMES = st.text(min_size=1)
BLOCKS = st.one_of(
    st.fixed_dictionaries({"type": st.just("text"), "text": st.text()}),
    st.fixed_dictionaries(
        {"type": st.just("thinking"), "thinking": st.text(), "signature": st.text()}
    ),
    st.fixed_dictionaries({"type": st.just("a_type_of_tomorrow"), "anything": JSON}),
    st.fixed_dictionaries(
        {
            "type": st.just("tool_use"),
            "id": NAMES,
            "name": NAMES,
            "input": st.dictionaries(st.text(), JSON, max_size=3),
        }
    ),
)
MESSAGES = st.lists(
    st.fixed_dictionaries(
        {
            "role": st.sampled_from(["user", "assistant", "system"]),
            "content": st.text() | st.lists(BLOCKS, max_size=4),
        }
    ),
    min_size=1,
    max_size=4,
)
UNKNOWN = st.dictionaries(
    st.text(min_size=1).filter(lambda name: name not in msgspec.structs.asdict(request())),
    JSON,
    max_size=4,
)


@st.composite
def bodies(draw: st.DrawFn, asked: st.SearchStrategy[str] = NAMES) -> tuple[bytes, bytes]:
    """A body, and the same as the upstream should get it."""
    fields: Json = {
        "messages": draw(MESSAGES),
        "max_tokens": draw(st.integers(0, 10**6)),
        "stream": draw(st.booleans()),
        "metadata": {"model": ASKED},
        **draw(UNKNOWN),
    }
    order = draw(st.permutations([*fields, "model"]))
    indent = draw(st.sampled_from([None, 0, 2, "\t"]))
    escaped = draw(st.booleans())

    def written(model: str) -> bytes:
        said = {name: model if name == "model" else fields[name] for name in order}
        return json.dumps(said, indent=indent, ensure_ascii=escaped).encode(errors="replace")

    return written(draw(asked)), written(MODEL)


@pytest.mark.proof
@given(bodies())
def test_any_body_differs_in_its_model_alone(pair: tuple[bytes, bytes]) -> None:
    body, expected = pair
    assert translated(parse(body)).body == expected


def test_query_and_version_headers_travel_and_others_do_not() -> None:
    asked = msgspec.structs.replace(
        request(),
        query="beta=true",
        headers={
            "anthropic-version": "2023-06-01",
            "anthropic-beta": "a-1, b-2",
            "user-agent": "claude-cli",
            "x-app": "cli",
        },
    )
    made = translated(asked)
    assert made.path == "/v1/messages?beta=true"
    assert dict(made.headers) == {
        "anthropic-version": "2023-06-01",
        "anthropic-beta": "a-1, b-2",
    }
    assert made.relay
    all_of_them = translated(asked, target(headers=["anthropic-*", "user-agent", "x-app"]))
    assert len(all_of_them.headers) == 4


@pytest.mark.parametrize(
    ("base", "path"), [("https://a.example", "/v1/messages"), ("https://a.example/v1", "/messages")]
)
def test_a_base_with_or_without_its_version(base: str, path: str) -> None:
    to = target()
    card = to.provider.model_copy(update={"base_url": base})
    assert translated(request(), msgspec.structs.replace(to, provider=card)).path == path


# -- what the user demands ---------------------------------------------------------------------


def test_limits_of_user_and_model_are_spliced_in() -> None:
    short = ModelFacts(pattern="*", max_output_tokens=50)
    to = msgspec.structs.replace(target(betas=False), facts=short)
    ledger = Ledger()
    assert sent(request(), to, ledger)["max_tokens"] == 50
    assert [loss.path for loss in ledger] == ["/max_tokens"]
    at_anthropic = msgspec.structs.replace(target(), facts=short)
    assert sent(request(), at_anthropic, ledger)["max_tokens"] == 100
    users = msgspec.structs.replace(at_anthropic, options=ModelOptions(max_tokens=20))
    assert sent(request(), users, ledger)["max_tokens"] == 20
    allowed = msgspec.structs.replace(request(), max_tokens=7, stream=True)
    assert (sent(allowed)["max_tokens"], sent(allowed)["stream"]) == (7, True)


@pytest.mark.parametrize("config", [None, {}, {"effort": "low"}, {"format": None}])
def test_options_of_the_model_table(config: Any) -> None:
    options = ModelOptions(reasoning_effort="max", temperature=0.5, extra_body={"x": [1]})
    to = msgspec.structs.replace(target(), options=options)
    fields = {} if config is None else {"output_config": config}
    body = sent(request(**fields), to)
    assert body["output_config"] == {**(config or {}), "effort": "max"}
    assert (body["temperature"], body["x"]) == (0.5, [1])


def test_the_vendors_own_count() -> None:
    count = Acme().proxy_count_tokens(
        parse(b'{"model":"m","messages":[{"role":"user","content":"x"}]}'), target()
    )
    assert count is not None
    assert count.request.path == "/v1/messages/count_tokens"
    expected = {"model": MODEL, "messages": [{"role": "user", "content": "x"}]}
    assert json.loads(count.request.body) == expected
    assert count.read(b'{"input_tokens": 5}') == 5
    for wrong in (b"", b"{}", b'{"input_tokens":"5"}', b"[" * 100_000):
        with pytest.raises(ProtocolError):
            count.read(wrong)
    assert Acme().proxy_count_tokens(request(), target(count_tokens=False)) is None
