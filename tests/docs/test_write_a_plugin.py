"""The tutorial, followed from an empty directory to the wheel, in an environment of its own."""

from __future__ import annotations

import site
import sys
import venv
from pathlib import Path

from tests.e2e.scripted_upstream import ScriptedUpstream
from tests.e2e.upstream_script import answer, in_order, say
from tests.support.blocks import TUTORIAL, blocks
from tests.support.examples import EXAMPLES
from tests.support.reader import Reader

KEY = "ak-0123456789"


def environment(folder: Path) -> Path:
    """An environment to install into, in which everything of this one is there too."""
    venv.create(folder, with_pip=True)
    (packages,) = folder.glob("lib/python*/site-packages")
    outer = "; ".join(f"site.addsitedir({path!r})" for path in site.getsitepackages())
    (packages / "outer.pth").write_text(f"import site; {outer}\n")
    # As in an environment without the package index: what is needed is there.
    (folder / "pip.conf").write_text(
        "[global]\ndisable-pip-version-check = true\nno-index = true\nno-build-isolation = false\n"
    )
    return folder / "bin" / Path(sys.executable).name


def test_the_tutorial_leads_where_it_says(tmp_path: Path) -> None:
    python = environment(tmp_path / "env")
    script = in_order(*(answer(say("A writer at a distance.")) for _ in range(2)))
    steps = list(blocks(TUTORIAL))
    with ScriptedUpstream(script, key=KEY, models=("acme-large", "acme-small")) as upstream:
        with Reader(tmp_path, {"ACME_BASE_URL": upstream.base_url}, python) as reader:
            done = reader.follow(steps)
        asked = [exchange.talk.body for exchange in upstream.chats]
    print(f"{len(steps)} blocks, {done} followed")  # noqa: T201
    assert [body["max_completion_tokens"] for body in asked] == [100, 100]
    assert upstream.problems == []


def test_its_card_is_the_examples() -> None:
    (card,) = (block for block in blocks(TUTORIAL) if block.file.endswith("__init__.py"))
    assert card.text == (EXAMPLES / "acme/src/proxy_acme/__init__.py").read_text()
