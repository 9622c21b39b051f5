"""Claude Code's billing line: the first of its system texts, and no prompt."""

from __future__ import annotations

import re

_LINE = re.compile(r"\s*x-anthropic-billing-header:[^\n]*(?:\n\s*)?", re.IGNORECASE)


def without_attribution(text: str) -> str:
    """The text without the billing line at its beginning; the text itself if there is none.

    The line is Anthropic's business alone, and as it changes from request to request it would
    keep any other server from finding the same prefix again.
    """
    found = _LINE.match(text)
    return text[found.end() :] if found else text
