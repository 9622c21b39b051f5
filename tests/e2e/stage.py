"""A client, the proxy and an upstream put together, and what must hold whatever they do."""

import contextlib
import logging
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

from tests.e2e import claude_code
from tests.e2e.claude_code import CLIENT_KEY
from tests.e2e.proxy_process import ProxyProcess
from tests.e2e.scripted_upstream import Exchange
from tests.e2e.upstream_script import Json, Script
from tests.e2e.vendors import CHAT, Vendor

LOG = logging.getLogger(__name__)

CANARY = "canary-4f1d9b"
"""A word for prompts, answers and files that must turn up in no log."""

SERVE = "serve --plugins {} --host 127.0.0.1 --port 0"
OWN_HEADERS = ("anthropic-", "x-api-key", "x-app", "x-claude-", "x-stainless-", "cookie")
OWN_WORDS = ("x-anthropic-billing-header", "device_id", "classifier_context", CLIENT_KEY)


@dataclass
class Stage:
    """One proxy before one scripted upstream. `play` lets the real client ask something."""

    root: Path
    script: Script
    environment: Mapping[str, str] = field(default_factory=dict)
    context_window: int | None = None
    upstream_key: str | None = None
    """What the proxy believes the upstream's key to be, when that is not the right one."""
    vendor: Vendor = CHAT
    may_refuse: bool = False
    """Whether the upstream may find fault with a request."""

    def __post_init__(self) -> None:
        self.upstream = self.vendor.upstream(self.script, self.context_window)
        self.proxy: ProxyProcess
        self._open = contextlib.ExitStack()

    def folder(self, name: str) -> Path:
        path = self.root / name
        path.mkdir(parents=True, exist_ok=True)
        return path

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as opening:
            opening.enter_context(self.upstream)
            self.proxy = opening.enter_context(self._new_proxy())
            self._open = opening.pop_all()
        return self

    def _new_proxy(self) -> ProxyProcess:
        return ProxyProcess(
            self._variables(),
            self.folder("proxy"),
            not_its_port=self.upstream.port,
            arguments=SERVE.format(self.vendor.plugin),
        )

    def change_proxy(self) -> None:
        """Go on with another process, which knows nothing of what the first one did."""
        self.proxy = self._open.enter_context(self._new_proxy())

    def _variables(self) -> dict[str, str]:
        home = str(self.folder("proxy-home"))
        # Coverage of the proxy's process is told by the environment too.
        coverage = {k: v for k, v in os.environ.items() if k.startswith("COVERAGE_")}
        return {
            **coverage,
            "HOME": home,
            **self.vendor.environment(self.upstream, self.upstream_key or self.upstream.key),
            **self.environment,
        }

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        # Shown by pytest beside a failure, and only then.
        LOG.warning("the proxy said:\n%s", self.proxy.output)
        LOG.warning("the upstream refused: %s", self.upstream.refused)
        self._open.__exit__(kind, error, traceback)
        self._check()

    def _check(self) -> None:
        """What must hold at the end of every scenario."""
        assert self.upstream.problems == []
        assert self.may_refuse or self.upstream.refused == []
        for exchange in self.upstream.exchanges if not self.vendor.is_anthropic else ():
            nothing_private(exchange)
        for secret in (self.upstream.key, self.upstream_key, CLIENT_KEY, CANARY):
            assert secret is None or secret not in self.proxy.output, self.proxy.output

    def play(
        self,
        prompt: str,
        *,
        arguments: Sequence[str] = (),
        environment: Mapping[str, str] | None = None,
    ) -> claude_code.Run:
        """Let Claude Code do what the prompt says, in the folder `work`."""
        return claude_code.run(
            self.proxy.url,
            f"{prompt} ({CANARY})",
            folder=self.folder("work"),
            home=self.folder("home"),
            arguments=arguments,
            environment=environment,
        )

    @property
    def requests(self) -> list[Json]:
        """The bodies of the requests for a completion, in order."""
        return [exchange.talk.body for exchange in self.upstream.chats]


class Perform(Protocol):
    """Starts an upstream that follows the script, and the proxy before it (a fixture)."""

    def __call__(self, script: Script, **options: Any) -> Stage: ...


def nothing_private(exchange: Exchange) -> None:
    """Nothing of the client's own reaches the upstream: no key, device, path rules or header."""
    leaked = [name for name in exchange.headers if name.startswith(OWN_HEADERS)]
    assert leaked == []
    assert CLIENT_KEY not in exchange.headers.values()
    text = exchange.raw.decode()
    assert [word for word in OWN_WORDS if word in text] == []


def said_of(body: Json, role: str) -> Iterable[Json]:
    """The messages of this role, in order."""
    return [message for message in body["messages"] if message["role"] == role]
