"""The demo: a conversation over real HTTP, and what is said when it goes wrong."""

import copy
import re
import signal
from pathlib import Path
from typing import Any

import httpx
import pytest

from proxy_core.cli.demo import script
from tests.support.command import CANARY, proxy, running
from tests.support.terminal import plain, proxy_on_terminal


def test_the_demo_shows_both_sides_and_ends_with_0(tmp_path: Path) -> None:
    done = proxy(tmp_path, "demo", OPENAI_API_KEY=CANARY, PORT="1", HOST="::", PROXY_PLUGINS="x")
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    client = [line for line in done.stdout.splitlines() if line.startswith("client ")]
    upstream = [line for line in done.stdout.splitlines() if line.startswith("upstream ")]
    assert said(client, ">", "user", script.QUESTION)
    assert said(client, "<", "tool_use", f"{script.TOOL} {script.ARGUMENTS[0]}")
    assert said(client, "<", "stop_reason", "tool_use")
    assert said(client, "<", "stop_reason", "end_turn")
    assert said(upstream, ">", "tool", script.OBSERVATION)
    assert said(upstream, ">", "authorization", "Bearer **** (added by the proxy)")
    assert said(upstream, "<", "finish_reason", "tool_calls")
    assert sum("tool_calls  " in line for line in upstream) == len(script.ARGUMENTS)
    assert "\x1b" not in done.stdout


def said(lines: list[str], mark: str, label: str, text: str) -> bool:
    """Whether one of the lines has this mark, label and text."""
    return any(re.search(rf" {mark} {label} +{re.escape(text)}$", line) for line in lines)


def test_a_wide_terminal_shows_the_same_in_both_languages_in_one_row(tmp_path: Path) -> None:
    status, shown = proxy_on_terminal(tmp_path, 120, "demo")
    assert status == 0
    assert "\x1b[3" in shown, "no colour on a terminal"
    rows = plain(shown)
    assert max(map(len, rows)) <= 120
    pairs = [
        ("POST /v1/messages", "POST /v1/chat/completions"),
        (f"user +{re.escape(script.QUESTION)}", f"user +{re.escape(script.QUESTION)}"),
        (f"thinking +{script.THOUGHT}", f"reasoning_content +{script.THOUGHT}"),
        *(
            (f"tool_use .*{part}", f"tool_calls .*{part}")
            for part in map(re.escape, script.ARGUMENTS)
        ),
        ("stop_reason +tool_use", "finish_reason +tool_calls"),
        (f"tool_result +{script.OBSERVATION}", f"tool +{script.OBSERVATION}"),
        ("stop_reason +end_turn", "finish_reason +stop"),
    ]
    for left, right in pairs:
        assert any(re.search(rf"{left} *│ . {right} *$", row) for row in rows), (left, right)
    assert len(rows) < 50


def test_a_narrow_terminal_has_one_column(tmp_path: Path) -> None:
    status, shown = proxy_on_terminal(tmp_path, 60, "demo")
    assert status == 0
    rows = plain(shown)
    assert not any("│" in row for row in rows)
    assert any(row.startswith("upstream < finish_reason") for row in rows)
    assert max(len(row) for row in rows if row[:8] in {"client  ", "upstream"}) <= 60


def test_a_terminal_without_the_signs_is_served_too(tmp_path: Path) -> None:
    done = proxy(tmp_path, "demo", PYTHONIOENCODING="ascii")
    assert done.returncode == 0, done.stderr
    assert "18 \\xb0C" in done.stdout


def test_a_client_can_be_pointed_at_it(tmp_path: Path) -> None:
    with running(tmp_path, "demo", "--serve") as demo:
        url = demo.wait_for(r"export ANTHROPIC_BASE_URL=(http://\S+)")[1]
        for stream in (False, True):
            asked = {
                "model": "claude-haiku-4-5",
                "max_tokens": 100,
                "stream": stream,
                "messages": [{"role": "user", "content": "hello"}],
            }
            response = httpx.post(f"{url}/v1/messages", json=asked, timeout=60)
            assert response.status_code == 200
            assert "This is the demo" in response.text
        whole = script.request([script.question()]) | {"stream": False}
        message = httpx.post(f"{url}/v1/messages", json=whole, timeout=60).json()
        assert message["content"][-1]["input"] == script.TOOL_INPUT
        assert demo.end(signal.SIGINT) == 0


def told() -> tuple[dict[str, Any], dict[str, Any]]:
    first = {
        "content": [
            {"type": "thinking", "thinking": script.THOUGHT},
            {"type": "text", "text": script.SENTENCE},
            {"type": "tool_use", "input": script.TOOL_INPUT},
        ],
        "stop_reason": "tool_use",
    }
    second = {
        "content": [{"type": "text", "text": script.CONCLUSION}],
        "stop_reason": "end_turn",
    }
    return first, second


def test_the_script_accepts_its_own_conversation() -> None:
    assert script.difference(*told()) is None


@pytest.mark.parametrize(
    ("number", "path", "value"),
    [
        (0, ["content", 0, "thinking"], "else"),
        (0, ["content", 1, "text"], "else"),
        (0, ["content", 2, "input"], {}),
        (0, ["content", 2, "type"], "text"),
        (0, ["stop_reason"], "end_turn"),
        (0, ["content"], [{"type": "text", "text": script.CONCLUSION}]),
        (1, ["content", 0, "text"], "else"),
        (1, ["content"], []),
        (1, ["stop_reason"], "max_tokens"),
    ],
)
def test_the_script_notices_every_difference(number: int, path: list[Any], value: Any) -> None:
    messages = copy.deepcopy(told())
    place: Any = messages[number]
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    assert script.difference(*messages) is not None


def test_a_demo_that_comes_out_wrong_ends_with_1(tmp_path: Path) -> None:
    site = tmp_path / "site"
    site.mkdir()
    (site / "sitecustomize.py").write_text(
        "from proxy_core.cli.demo import script\nscript.ARGUMENTS = ('{}',)\n"
    )
    done = proxy(tmp_path, "demo")
    assert done.returncode == 1
    assert done.stderr.startswith("proxy: demo: the tool's input should be ")
