"""The programs among the examples, run as their readers would run them."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from proxy_core.testing.lifecycle import check_events, fold, parse_events
from tests.e2e.scripted_upstream import KEY
from tests.e2e.upstream_script import answer, in_order, say
from tests.support.examples import EXAMPLES, answer_text, ask_streamed, ask_whole, chat_upstream
from tests.support.servers import serving

SAID = ("A writer ", "at a distance.")


def test_the_library_without_a_server(tmp_path: Path) -> None:
    script = in_order(answer(say(*SAID)), answer(say(*SAID)))
    with chat_upstream(script, "gpt-6.1-terra") as upstream:
        done = subprocess.run(
            [sys.executable, str(EXAMPLES / "library/translate.py"), "What is a teletype?"],
            cwd=tmp_path,
            env={
                "PATH": os.environ["PATH"],
                "OPENAI_API_KEY": KEY,
                "OPENAI_BASE_URL": upstream.base_url,
            },
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    text, _, events = done.stdout.partition("\n\n")
    assert text == "".join(SAID)
    told = parse_events(events.encode())
    check_events(told)
    assert answer_text(fold(told)) == "".join(SAID)
    assert [exchange.talk.streaming for exchange in upstream.chats] == [False, True]
    assert upstream.problems == []


def test_mounted_in_another_application(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = in_order(answer(say(*SAID)), answer(say(*SAID)))
    with chat_upstream(script, "gpt-6.1-sol") as upstream:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("OPENAI_API_KEY", KEY)
        monkeypatch.setenv("OPENAI_BASE_URL", upstream.base_url)
        monkeypatch.syspath_prepend(EXAMPLES / "mounted")
        app = import_module("app").app
        with serving(app, lifespan="on") as server:
            assert answer_text(ask_whole(f"{server.url}/llm")) == "".join(SAID)
            assert answer_text(ask_streamed(f"{server.url}/llm")) == "".join(SAID)
    assert upstream.problems == []
