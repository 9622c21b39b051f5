"""Every code block of the documentation is executed, or says why it is not."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.e2e.scripted_upstream import ScriptedUpstream
from tests.e2e.upstream_script import answer, in_order, say
from tests.support.blocks import PAGES, ROOT, TUTORIAL, Block, blocks, fences
from tests.support.reader import Reader

BLOCKS = {page: list(blocks(page)) for page in PAGES}
EXECUTED = [block for found in BLOCKS.values() for block in found if not block.excuse]
EXCUSED = [block for found in BLOCKS.values() for block in found if block.excuse]


@contextmanager
def openai(*models: str) -> Iterator[dict[str, str]]:
    """OpenAI as the pages speak of it: what leads there."""
    script = in_order(*(answer(say("Hello.")) for _ in range(4)))
    with ScriptedUpstream(script, key="sk-...", models=models) as upstream:
        yield {"OPENAI_BASE_URL": upstream.base_url}


@pytest.mark.parametrize(
    "page",
    [page for page in PAGES if page != TUTORIAL and any(not b.excuse for b in BLOCKS[page])],
    ids=lambda page: str(page.relative_to(ROOT)),
)
def test_a_page_can_be_followed(page: Path, tmp_path: Path) -> None:
    models = ("gpt-6.1-sol", "gpt-6.1-terra", "gpt-6-luna")
    with openai(*models) as variables, Reader(tmp_path, variables) as reader:
        reader.follow(BLOCKS[page])


def test_every_block_is_executed_or_excused() -> None:
    total = sum(map(fences, PAGES))
    count = f"{len(EXECUTED)} executed, {len(EXCUSED)} excused"
    print(f"{total} code blocks on {len(PAGES)} pages: {count}")  # noqa: T201
    assert len(EXECUTED) + len(EXCUSED) == total
    assert all(len(block.excuse) > 10 for block in EXCUSED)


def test_a_block_that_shows_what_does_not_come_is_found(tmp_path: Path) -> None:
    page = ROOT / "README.md"
    typed, shown = (
        Block(page, 1, "sh", "echo a b\n"),
        Block(page, 2, "text", "a ...\n"),
    )
    with Reader(tmp_path, {}) as reader:
        assert reader.follow([typed, shown]) == 2
        with pytest.raises(AssertionError, match=r"README\.md:2 shows"):
            reader.follow([shown._replace(text="b\n")])
        with pytest.raises(AssertionError, match=r"README\.md:1"):
            reader.follow([typed._replace(text="false\n")])
