"""A third party's plugin of thirty lines: what it is made of, and at work from its wheel."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.proxy_process import ProxyProcess
from tests.e2e.upstream_script import answer, in_order, say
from tests.support.command import proxy
from tests.support.examples import (
    EXAMPLES,
    answer_text,
    ask_streamed,
    ask_whole,
    chat_upstream,
    variables,
)
from tests.support.wheels import lines_of_code, package_of, unpacked

ACME = EXAMPLES / "acme"
MODELS = ("acme-large", "acme-small")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    unpacked(ACME, tmp_path / "site")
    return tmp_path


def test_it_has_thirty_lines() -> None:
    assert lines_of_code(package_of(ACME)) <= 30


def test_only_its_card_was_written_by_hand(tmp_path: Path) -> None:
    """All else is as `proxy new-plugin acme` writes it. To follow the templates, write it anew."""
    assert proxy(tmp_path, "new-plugin", "acme").returncode == 0
    written = tmp_path / "proxy-acme"
    for path in (path for path in written.rglob("*") if path.is_file()):
        place = path.relative_to(written)
        if place != Path("src/proxy_acme/__init__.py"):
            assert (ACME / place).read_text() == path.read_text(), place


def test_it_answers(home: Path) -> None:
    script = in_order(*(answer(say("A writer ", "at a distance.")) for _ in range(3)))
    with (
        chat_upstream(script, *MODELS) as upstream,
        ProxyProcess(
            variables(home, "ACME", upstream),
            home,
            not_its_port=upstream.port,
            arguments="serve --plugins acme --port 0",
        ) as running,
    ):
        messages = [
            ask_whole(running.url),
            ask_streamed(running.url),
            ask_streamed(running.url, model="claude-haiku-5-5", stop_sequences=["END"]),
        ]
    assert {answer_text(message) for message in messages} == {"A writer at a distance."}
    bodies = [exchange.talk.body for exchange in upstream.chats]
    assert [body["model"] for body in bodies] == ["acme-large", "acme-large", "acme-small"]
    assert all(body["max_completion_tokens"] == 100 for body in bodies)
    assert upstream.problems == []
