"""The upstreams of a conversation with several vendors, and what may be seen of it where.

Every vendor of the cast has its own strict upstream and stands before one proxy with the rest of
them.
"""

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.e2e.gemini_upstream import GeminiUpstream
from tests.e2e.messages_upstream import MessagesUpstream
from tests.e2e.parties import PARTIES, PLUGINS, Party, script
from tests.e2e.proxy_process import ProxyProcess
from tests.e2e.scripted_upstream import Manners, ScriptedUpstream
from tests.e2e.upstream_script import Json, Script
from tests.e2e.vendors import RESPONSES

ENVELOPE = b"pxc1."
TIERS = ("BIG_MODEL", "MIDDLE_MODEL", "SMALL_MODEL")


class Secrets:
    """What an upstream gave out that is for nobody else, in order."""

    def __init__(self, party: Party, script: Script) -> None:
        self.party = party
        self.items: list[Json] = []
        """Reasoning items of the Responses API."""
        self.more: list[str] = []
        """What somebody gave out before this conversation came to the proxy."""
        self.upstream = party.vendor.upstream(script, None)
        if party.vendor is RESPONSES:
            self.upstream.manners = self._recording(self.upstream.manners)

    def _recording(self, manners: Manners) -> Manners:
        def chunks(*asked: Any) -> Iterator[object]:
            for event in manners.chunks(*asked):
                if isinstance(event, dict) and event["type"] == "response.completed":
                    self._keep(event["response"])
                yield event

        def whole(*asked: Any) -> Json:
            response = manners.whole(*asked)
            self._keep(response)
            return response

        return replace(manners, chunks=chunks, whole=whole)

    def _keep(self, response: Json) -> None:
        self.items += [item for item in response["output"] if item["type"] == "reasoning"]

    @property
    def signatures(self) -> list[str]:
        """What is signed or encrypted."""
        if isinstance(self.upstream, GeminiUpstream | MessagesUpstream):
            return list(self.upstream._issued)
        return [item["encrypted_content"] for item in self.items]

    def seen_in(self, raw: bytes) -> list[str]:
        """Which of them these bytes show."""
        known = [*self.signatures, self.party.words, *self.more]
        return [one for one in known if one.encode() in raw]


class Cast:
    """The upstreams of all parties. `proxy` starts one before them."""

    def __init__(
        self,
        root: Path,
        parties: Sequence[Party] = PARTIES,
        script: Callable[[Party], Script] = script,
    ) -> None:
        self.root = root
        self.secrets = {party: Secrets(party, script(party)) for party in parties}
        self._open = contextlib.ExitStack()
        self._checked = dict.fromkeys(parties, 0)

    def __enter__(self) -> Self:
        for secrets in self.secrets.values():
            self._open.enter_context(secrets.upstream)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._open.__exit__(kind, error, traceback)

    def folder(self, name: str) -> Path:
        path = self.root / name
        path.mkdir(parents=True, exist_ok=True)
        return path

    def upstream(self, party: Party) -> ScriptedUpstream:
        return self.secrets[party].upstream

    def proxy(
        self, plugins: Sequence[str] = PLUGINS, settings: Mapping[str, str] | None = None
    ) -> ProxyProcess:
        """Another process, with these plugins and no memory."""
        made = [party for party in self.secrets if party.like and party.vendor.plugin in plugins]
        tables = "\n".join(party.table(self.upstream(party)) for party in made)
        self.folder("proxy").joinpath("proxy.toml").write_text(tables)
        return ProxyProcess(
            {"HOME": str(self.folder("home")), **self._variables(), **(settings or {})},
            self.folder("proxy"),
            not_its_port=0,
            arguments=f"serve --plugins {','.join(plugins)} --host 127.0.0.1 --port 0",
        )

    def _variables(self) -> dict[str, str]:
        variables = {}
        for party, secrets in self.secrets.items():
            upstream = secrets.upstream
            if party.like:
                variables[party.key_variable] = upstream.key
            else:
                variables |= party.vendor.environment(upstream, upstream.key)
        return {name: value for name, value in variables.items() if name not in TIERS}

    def forget(self) -> None:
        """Let all upstreams begin anew, for another conversation."""
        for secrets in self.secrets.values():
            secrets.items.clear()
            secrets.upstream.exchanges.clear()
            secrets.upstream._answered = 0
            if isinstance(secrets.upstream, GeminiUpstream | MessagesUpstream):
                secrets.upstream._issued.clear()
        self._checked = dict.fromkeys(self.secrets, 0)

    def check(self) -> None:
        """Since the last look no upstream refused anything, and none saw what was not for it."""
        for party, secrets in self.secrets.items():
            assert secrets.upstream.problems == [], party
            seen = secrets.upstream.exchanges
            unseen, self._checked[party] = seen[self._checked[party] :], len(seen)
            for exchange in unseen:
                assert exchange.refused is None, party
                assert ENVELOPE not in exchange.raw, party
                for other in self.secrets.values():
                    if other.party != party:
                        assert other.seen_in(exchange.raw) == [], (party, other.party)
