"""The treaty is as its picture has it: nothing that plugins rely on changes unnoticed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from proxy_core.contract import API_VERSION
from tests.treaty import picture as treaty
from tests.treaty.picture import added, faults, picture, read, refusal

CHANGELOG = Path(__file__).parents[2] / "CHANGELOG.md"
KEPT = {
    "proxy_hook": "hook, first answer wins, returns None",
    "proxy_hook.target": "argument Target",
    "Card": "card",
    "Card.name": "str (needed)",
    "Card.key": "str = ''",
    "Reader": "class",
    "Reader.feed": "(event: SseEvent) -> None (needed)",
}


def test_the_treaty_is_the_one_in_the_picture() -> None:
    version, is_released, kept = read()
    found = picture()
    lines = sorted({*faults(kept, found), *added(kept, found)})
    how = refusal(version, is_released, kept, found) or "python -m tests.treaty.picture"
    assert not lines, "\n".join(["the treaty is another one:", *lines, f"to keep it: {how}"])
    assert version == API_VERSION, "write the picture anew: python -m tests.treaty.picture"


def test_a_release_of_the_package_releases_the_api() -> None:
    """From then on the picture may only grow, with a new minor version."""
    has_releases = re.search(r"^## [0-9]", CHANGELOG.read_text(encoding="utf-8"), re.MULTILINE)
    assert read()[1] == bool(has_releases), "say `released` in the first line of api.txt"


@pytest.mark.parametrize(
    "name",
    [
        "proxy_exchange_finished.exchange",
        "Provider.key_env",
        "ModelFacts.efforts",
        "SseEvent.raw",
        "Reason.CACHE_HINT",
        "MessageWriter.tool_json",
        "MessagesRequest.tools",
        "ToolResultBlock.is_error",
        "Quirks.stop_limit",
        "StreamTranslator.feed",
        "Unsupported",
        "Envelope.state",
    ],
)
def test_what_plugins_use_is_in_it(name: str) -> None:
    assert name in read()[2]


@pytest.mark.parametrize(
    ("change", "is_fault"),
    [
        ({"Card.key": None}, True),
        ({"Card.key": "str = 'x'"}, True),
        ({"Card.key": "bytes = ''"}, True),
        ({"proxy_hook.target": None}, True),
        ({"Card.colour": "str (needed)"}, True),
        ({"Reader.flush": "() -> None (needed)"}, True),
        ({"Card.colour": "str = ''"}, False),
        ({"proxy_hook.ledger": "argument Ledger"}, False),
        ({"Other": "card", "Other.name": "str (needed)"}, False),
    ],
)
def test_what_breaks_plugins(
    change: dict[str, str | None], is_fault: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    merged = {**KEPT, **change}
    found = {name: is_ for name, is_ in merged.items() if is_ is not None}
    assert bool(faults(KEPT, found)) == is_fault
    assert bool(refusal((1, 0), False, KEPT, found)) == is_fault
    assert refusal((1, 0), True, KEPT, found), "released, so at least a new minor version"
    monkeypatch.setattr(treaty, "API_VERSION", (1, 1))
    assert bool(refusal((1, 0), True, KEPT, found)) == is_fault
    monkeypatch.setattr(treaty, "API_VERSION", (2, 0))
    assert not refusal((1, 0), True, KEPT, found)


def test_it_is_written_anew_where_that_breaks_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "api.txt"
    head = f"API {treaty.spelled(API_VERSION)}"
    lines = [f"{name}: {is_}" for name, is_ in picture().items()]
    monkeypatch.setattr(treaty, "FILE", file)
    monkeypatch.setattr(treaty, "read", lambda: read(file))
    fewer = [line for line in lines if not line.startswith("Quirks.stop_limit")]
    file.write_text("\n".join([head, *fewer]))
    assert treaty.main([]) == ""
    assert file.read_text().splitlines() == [head, *lines]
    file.write_text("\n".join([head, *lines, "Quirks.lost: int = 0"]))
    assert "- Quirks.lost: int = 0" in treaty.main([])
    assert treaty.main(["--before-release"]) == ""
    file.write_text("\n".join([f"{head} released", *lines, "Quirks.lost: int = 0"]))
    assert "- Quirks.lost: int = 0" in treaty.main(["--before-release"])
