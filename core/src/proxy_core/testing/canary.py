"""The leak detector: words that must not turn up where they do not belong.

leaks = Canary()
key, prompt = leaks.key(), leaks.word("prompt")
...  # use them
leaks.require_absent("the log", log_text)
"""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from proxy_core.testing.complaint import Complaint

_SHORTEST = 12
"""Characters of a canary that give it away: leaks are often cut."""


class Canary:
    """Makes words that occur nowhere else, and finds them wherever they leak to."""

    def __init__(self) -> None:
        self._words: dict[str, str] = {}
        """What each is, by the part of it that is in no other."""

    def key(self) -> str:
        """A word that looks like a key."""
        return self._made("key", "sk-canary-")

    def word(self, what: str) -> str:
        """A word for a prompt, an answer, a name. `what` it is stands in the complaint."""
        return self._made(what, "canary")

    def leaks(self, where: Any) -> Iterator[str]:
        """What of it can be found in a text, bytes, headers, or JSON, encoded ones included."""
        text = _text_of(where)
        for own, what in self._words.items():
            if any(form in text for form in _forms(own)):
                yield what

    def require_absent(self, name: str, where: Any) -> None:
        """Raises `Complaint`; it names what leaked, and does not show it."""
        if found := sorted(set(self.leaks(where))):
            raise Complaint(f"{name} holds {', '.join(found)}")

    def _made(self, what: str, beginning: str) -> str:
        own = secrets.token_hex(16)
        self._words[own] = what
        return beginning + own


def _forms(word: str) -> Iterable[str]:
    """Parts of the word, and how it looks in hexadecimal and in base64."""
    yield from (word[at : at + _SHORTEST] for at in range(len(word) - _SHORTEST + 1))
    yield word.encode().hex()
    for shift in range(3):
        # In base64 three neighbours share their characters, so that its place matters.
        yield base64.b64encode(b"\0" * shift + word.encode()).decode()[4:-4]


def _text_of(where: Any) -> str:
    if isinstance(where, bytes):
        return where.decode("utf-8", "replace")
    if isinstance(where, str):
        return where
    if isinstance(where, Mapping):
        where = dict(where)
    return json.dumps(where, default=repr, ensure_ascii=False)
