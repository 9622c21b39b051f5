"""docs/losses.md says what the code does."""

import re

from proxy_core.ledger import EXPLANATIONS, Reason
from tests.support.pages.losses import COLUMNS, PAGE, page


def test_the_page_is_what_the_code_does() -> None:
    now = page()
    assert PAGE.read_text(encoding="utf-8") == now, "python -m tests.support.pages"
    found = re.search(r"Of ([0-9]+) cells: ([0-9]+) exact", now)
    assert found is not None
    print(found[0])  # noqa: T201 -- the figure is worth seeing (pytest -s)
    assert int(found[1]) == now.count("| exact") + now.count("| bent") + now.count(
        "| dropped"
    ) + now.count("| refused")


def test_nothing_is_lost_on_the_way_to_anthropic() -> None:
    first = list(COLUMNS).index("anthropic") + 1
    table = [line.split(" | ") for line in page().splitlines() if line.startswith("| ")]
    cells = {row[0]: row[first] for row in table if len(row) == len(COLUMNS) + 1}
    odd = {name: told for name, told in cells.items() if told not in ("exact", "anthropic", "---")}
    assert odd == {}


def test_each_reason_has_its_sentence() -> None:
    assert set(EXPLANATIONS) == set(Reason)
    assert all(sentence.endswith(".") for sentence in EXPLANATIONS.values())
