"""Links: those to pages are the site's to check (`nox -s docs`); addresses are looked at."""

import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.support.blocks import PAGES, ROOT

_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
DOCS = [page for page in PAGES if page.parent == ROOT / "docs"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_addresses_have_the_form_of_one(page: Path) -> None:
    for link in _LINK.findall(page.read_text(encoding="utf-8")):
        parts = urlsplit(link)
        if parts.scheme:
            assert parts.scheme == "https", link
            assert re.fullmatch(r"([a-z0-9-]+\.)+[a-z]{2,}", parts.hostname or ""), link
            assert not re.search(r"[<>{}\\\"'`|]", link), link


def test_every_page_is_in_the_sites_contents() -> None:
    contents = (ROOT / "docs/index.md").read_text(encoding="utf-8").partition("```{toctree}")[2]
    listed = contents.partition("```")[0].split()[1:]
    assert sorted(listed) == sorted(page.stem for page in DOCS if page.stem != "index")
