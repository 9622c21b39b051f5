"""Ids of tool calls, brought back to what the vendor gave out."""

from __future__ import annotations

import re
from hashlib import sha256

from proxy_core.anthropic.ids import unwrap_tool_id
from proxy_core.dialects.openai_chat.quirks import Quirks

_DIGEST_LENGTH = 24


class ToolIds:
    """The call ids of one conversation, in the order of its calls.

    A call gets the vendor's own id back (Kimi K2 answers badly to foreign ones). Where a
    vendor repeats its ids, later calls keep the client's, which are unique. What the server
    would refuse is replaced by a digest. An id depends only on calls before it.
    """

    def __init__(self, quirks: Quirks) -> None:
        self._fits = re.compile(quirks.tool_id_pattern)
        self._longest = quirks.tool_id_length
        self._used: set[str] = set()
        self._of_client: dict[str, str] = {}
        self._made: dict[str, int] = {}
        """How many ids were made for each client's id; where to go on counting."""

    def call(self, client_id: str) -> str:
        """The id for the next call, which the client knows as `client_id`."""
        for candidate in (unwrap_tool_id(client_id), client_id):
            if self._is_free(candidate):
                return self._take(client_id, candidate)
        count = self._made.get(client_id, 0)
        while (made := self._digest(f"{count}{client_id}")) in self._used:
            count += 1
        self._made[client_id] = count + 1
        return self._take(client_id, made)

    def result(self, client_id: str) -> str:
        """The id of the latest call that the client knows as `client_id`."""
        return self._of_client.get(client_id) or self.call(client_id)

    def _is_free(self, candidate: str) -> bool:
        return (
            len(candidate) <= self._longest
            and candidate not in self._used
            and self._fits.fullmatch(candidate) is not None
        )

    def _take(self, client_id: str, sent: str) -> str:
        self._used.add(sent)
        self._of_client[client_id] = sent
        return sent

    def _digest(self, text: str) -> str:
        digest = sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
        return digest[: min(_DIGEST_LENGTH, self._longest)]
