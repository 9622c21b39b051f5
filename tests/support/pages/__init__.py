"""The pages of docs/ that are made from the code: `python -m tests.support.pages` writes them.

Each module here gives one page as text; `tests/docs/test_generated.py` compares them with the
files.
"""

from collections.abc import Callable, Mapping
from pathlib import Path

from tests.support.pages import (
    checks,
    commands,
    contract,
    fakes,
    hooks,
    losses,
    providers,
    settings,
)

FOLDER = Path(__file__).parents[3] / "docs"

PAGES: Mapping[str, Callable[[], str]] = {
    "checks.md": checks.page,
    "cli.md": commands.page,
    "contract.md": contract.page,
    "fakes.md": fakes.page,
    "hooks.md": hooks.page,
    "losses.md": losses.page,
    "providers.md": providers.page,
    "settings.md": settings.page,
}
"""Each generated file, and what makes it."""
