"""The code blocks of a Markdown page, each with how it is tested."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    [
        ROOT / "README.md",
        ROOT / "CONTRIBUTING.md",
        ROOT / "core/README.md",
        *ROOT.glob("docs/*.md"),
        *ROOT.glob("plugins/*/README.md"),
    ]
)
TUTORIAL = ROOT / "docs/write-a-plugin.md"
"""Is followed by a test of its own, with an environment to install into."""

_BLOCK = re.compile(
    r"^(?:<!-- (?P<kind>not run|file): (?P<note>.*?) -->\n)?^```(?P<language>\S*)\n"
    r"(?P<text>.*?)^```$",
    re.DOTALL | re.MULTILINE,
)


class Block(NamedTuple):
    """One fenced block, and the comment in the line above it.

    `<!-- not run: REASON -->` excuses it, `<!-- file: PATH -->` makes it that file's content. Else
    `sh` is typed into a terminal, `python` and `toml` are run and loaded, and `text` is what the
    block before it printed, in which `...` stands for anything.
    """

    page: Path
    line: int
    language: str
    text: str
    excuse: str = ""
    file: str = ""

    @property
    def name(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def blocks(page: Path) -> Iterator[Block]:
    """The blocks of a page, in order. A directive of the site's generator is none."""
    text = page.read_text(encoding="utf-8")
    for found in _BLOCK.finditer(text):
        if found["language"].startswith("{"):
            continue
        line = text.count("\n", 0, found.start("language")) + 1
        note = {found["kind"]: found["note"]}
        block = Block(page, line, found["language"], found["text"])
        yield block._replace(excuse=note.get("not run", ""), file=note.get("file", ""))


def fences(page: Path) -> int:
    """How many blocks a page has to the eye of a simpler reader."""
    lines = page.read_text(encoding="utf-8").splitlines()
    marks = [line for line in lines if line.lstrip().startswith("```")]
    return len(marks) // 2 - sum(line.startswith("```{") for line in marks)
