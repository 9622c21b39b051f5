"""The plugin that only listens: a line for each exchange, and nothing of what was said."""

from __future__ import annotations

import json
from pathlib import Path

import httpx

from tests.e2e.proxy_process import ProxyProcess
from tests.e2e.scripted_upstream import KEY
from tests.e2e.upstream_script import Refuse, answer, in_order, say
from tests.support.examples import (
    EXAMPLES,
    ask_streamed,
    ask_whole,
    asking,
    chat_upstream,
    variables,
)
from tests.support.wheels import unpacked


def test_each_exchange_is_a_line(tmp_path: Path) -> None:
    for example in ("acme", "observer"):
        unpacked(EXAMPLES / example, tmp_path / "site")
    refusal = Refuse(400, {"error": {"message": "no", "type": "invalid_request_error"}})
    script = in_order(answer(say("Whole.")), answer(say("Streamed.")), refusal)
    log = tmp_path / "exchanges.jsonl"
    with (
        chat_upstream(script, "acme-large") as upstream,
        ProxyProcess(
            variables(tmp_path, "ACME", upstream) | {"EXCHANGE_LOG": str(log)},
            tmp_path,
            not_its_port=upstream.port,
            arguments="serve --plugins acme,exchange-log --port 0",
        ) as running,
    ):
        ask_whole(running.url)
        ask_streamed(running.url)
        httpx.post(f"{running.url}/v1/messages", json=asking(), timeout=60)
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert [line["target"] for line in lines] == ["acme/acme-large"] * 3
    assert [line["stream"] for line in lines] == [False, True, False]
    assert [line["outcome"] for line in lines] == ["ok", "ok", "invalid_request_error"]
    assert all(line["total_seconds"] > 0 for line in lines)
    written = log.read_text()
    assert not [word for word in ("teletype", "Whole.", "Streamed.", KEY) if word in written]
