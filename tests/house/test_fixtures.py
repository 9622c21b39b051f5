"""Each recorded or hand-made answer and request is taken up by a test, or is here with a reason."""

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
FIXTURES = TESTS / "fixtures"
FILES = sorted(
    path.relative_to(FIXTURES).as_posix() for path in FIXTURES.rglob("*") if path.is_file()
)

NO_FIXTURE = {"README.md": "says what the files beside it are", "expect.json": "what to expect"}
REPLAYS = {
    "openai/[0-3]*": "dialects/openai_chat/test_fixtures.py",
    "openai/40-*": "plugins/moonshot/test_properties.py",
    "openai/50-*": "dialects/openai_chat/test_errors.py",
    "openai_responses/2*": "plugins/openai/responses/test_fixtures.py",
    "openai_responses/41-*": "plugins/openai/responses/test_fixtures.py",
    "gemini/stream-*": "plugins/gemini/test_fixtures.py",
    "gemini/resp-04-*": "plugins/gemini/test_card.py",
    "gemini/resp-*": "plugins/gemini/test_fixtures.py",
    "gemini/req-11-*": "",  # a continuation, which is never asked for
    "gemini/req-*": "plugins/gemini/test_request_fixtures.py",
    "gemini/err-*": "plugins/gemini/test_errors.py",
    "gemini/schema-*": "plugins/gemini/test_schemas.py",
    "anthropic/r*": "dialects/openai_chat/test_request_fixtures.py",
    "anthropic/s*": "support/anthropic_streams.py",
    "anthropic/[em]*": "server/test_relayed_bytes.py",
    "claude_code/*": "dialects/openai_chat/test_request_fixtures.py",
    "texts/*": "anthropic/test_text_tokens.py",  # not replayed, but counted
}
"""The file that replays them; the first pattern counts. It names each or a glob for them."""

REPLAYED_IN_PIECES = {
    "openai": "dialects/openai_chat/test_fixtures.py",
    "openai_responses": "plugins/openai/responses/test_fixtures.py",
    "gemini": "plugins/gemini/test_fixtures.py",
}
"""Streams: whole, byte by byte and cut at random, each judged by the rules of the lifecycle."""


def pattern_of(name: str) -> str | None:
    return next((pattern for pattern in REPLAYS if fnmatchcase(name, pattern)), None)


@pytest.mark.parametrize("name", [name for name in FILES if Path(name).name not in NO_FIXTURE])
def test_a_fixture_is_taken_up(name: str) -> None:
    pattern = pattern_of(name)
    assert pattern is not None, f"{name}: which test replays it?"
    if REPLAYS[pattern]:
        source = (TESTS / REPLAYS[pattern]).read_text(encoding="utf-8")
        assert any(fnmatchcase(name, f"*{said}") for said in told_in(source)), (
            f"{name}: {REPLAYS[pattern]} names neither it nor a glob for it"
        )


def told_in(source: str) -> Iterator[str]:
    """Names and globs of files that a test's source has in quotes; f-strings as globs."""
    for text in re.findall(r'"([^"\n]+)"', source):
        found = re.sub(r"\{[^{}]*\}", "*", text)
        if re.search(r"[*.-]", found) and re.fullmatch(r"\S*[a-z0-9]\S*", found):
            yield found


@pytest.mark.parametrize("pattern", REPLAYS)
def test_no_row_is_left_over(pattern: str) -> None:
    assert any(pattern_of(name) == pattern for name in FILES) or not REPLAYS[pattern]


@pytest.mark.parametrize("replay", REPLAYED_IN_PIECES.values(), ids=REPLAYED_IN_PIECES)
def test_streams_come_in_pieces(replay: str) -> None:
    source = (TESTS / replay).read_text(encoding="utf-8")
    for said in ("in_one_piece", "byte_by_byte", "def test_cut_anywhere", "set(EXPECTED)"):
        assert said in source
