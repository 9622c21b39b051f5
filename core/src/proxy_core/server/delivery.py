"""Delivering a streamed answer: the two commits, and pings while the upstream is silent."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from proxy_core.anthropic.message import EventSink
from proxy_core.anthropic.writer import MessageWriter
from proxy_core.server.downstream import Client, Headers


class Delivery:
    """Carries what one writer wrote to the client, as soon as it may be sent."""

    def __init__(
        self,
        client: Client,
        sink: EventSink,
        writer: MessageWriter,
        headers: Callable[[], Headers],
    ) -> None:
        self._client = client
        self._sink = sink
        self._writer = writer
        self._headers = headers
        self.content_sent = False
        """The content commit: from here on nobody else can answer."""

    async def flush(self) -> None:
        """Send what was written; the first time, with status and headers before it.

        A failure before any content is kept back: it can still become a true status, or
        another target's answer.
        """
        if self._writer.failure is not None and not self.content_sent:
            return
        data = self._sink.take()
        if not data:
            return
        self.content_sent = self._writer.has_content or self._writer.done
        if not self._client.committed:
            await self._client.open_stream(self._headers())
        await self._client.write(data)

    @asynccontextmanager
    async def kept_alive(self, commit_at: float, ping_every: float) -> AsyncIterator[None]:
        """Within the block the client is never left without a byte.

        `commit_at` is the moment of the event loop's clock at which the status is sent
        though nothing has come; afterwards silence is broken by a ping.
        """
        heart = asyncio.create_task(self._beat(commit_at, ping_every))
        try:
            yield
        finally:
            heart.cancel()

    async def _beat(self, commit_at: float, ping_every: float) -> None:
        await asyncio.sleep(commit_at - asyncio.get_running_loop().time())
        if not self._client.committed:
            self._writer.begin()
            await self.flush()
        await self._client.ping_when_silent(ping_every)
