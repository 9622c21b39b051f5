"""What is legal JSON but beyond any number type or recursion is passed on or refused, no 500."""

import json
from collections.abc import Callable

import pytest

from tests.support.proxy import QUESTION, Proxy, error_of
from tests.support.raw_upstream import EVENT_STREAM, RawExchange, RawUpstream

VALUES = {
    "too large a float": "1e400",
    "too large an integer": "9" * 5000,
    "deep objects": '{"a":' * 900 + "1" + "}" * 900,
    "deep arrays": "[" * 900 + "]" * 900,
    "deep properties": '{"type":"object","properties":{"a":' * 400 + "{}" + "}}" * 400,
}
PLACES = {
    "a schema": {"tools": '[{"name":"f","input_schema":{"type":"object","default":@}}]'},
    "the whole schema": {"tools": '[{"name":"f","input_schema":@}]'},
    "a format": {"output_config": '{"format":{"type":"json_schema","schema":{"default":@}}}'},
    "the whole format": {"output_config": '{"format":{"type":"json_schema","schema":@}}'},
    "a call": {
        "messages": '[{"role":"user","content":"x"},{"role":"assistant","content":[{"type":'
        '"tool_use","id":"t","name":"f","input":{"x":@}}]},{"role":"user","content":[{"type":'
        '"tool_result","tool_use_id":"t","content":"r"}]}]',
        "tools": '[{"name":"f","input_schema":{"type":"object"}}]',
    },
    "a server's result": {
        "messages": '[{"role":"user","content":"x"},{"role":"assistant","content":[{"type":'
        '"server_tool_use","id":"t","name":"web_search","input":{"x":@}},{"type":'
        '"web_search_tool_result","tool_use_id":"t","content":@}]},{"role":"user","content":"y"}]'
    },
    "an unknown block": {"messages": '[{"role":"user","content":[{"type":"new","x":@}]}]'},
    "an unknown field": {"new": "@"},
}


async def answers(exchange: RawExchange) -> None:
    chunk = b'{"choices":[{"index":0,"delta":{"content":"Hi"},"finish_reason":"stop"}]}'
    await exchange.send(EVENT_STREAM + b"data: " + chunk + b"\n\ndata: [DONE]\n\n")


@pytest.mark.parametrize("path", ["/v1/messages", "/v1/messages/count_tokens"])
def test_no_value_is_our_failure(
    proxy_to_raw: Callable[..., tuple[Proxy, RawUpstream]], path: str
) -> None:
    proxy, _ = proxy_to_raw(answers)
    wrong = []
    for place, fields in PLACES.items():
        for kind, value in VALUES.items():
            members = {name: json.dumps(held) for name, held in QUESTION.items()}
            members |= {name: text.replace("@", value) for name, text in fields.items()}
            body = "{" + ",".join(f'"{name}":{text}' for name, text in members.items()) + "}"
            response = proxy.post(body.encode(), path)
            if response.status_code == 200:
                continue
            if (response.status_code, error_of(response)["type"]) != (400, "invalid_request_error"):
                wrong.append((place, kind, response.status_code, response.text))
    assert wrong == []
