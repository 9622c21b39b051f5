"""Delivering a streamed answer: the two commits, and pings while the upstream is silent."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from proxy_core.anthropic import events
from proxy_core.anthropic.message import EventSink
from proxy_core.anthropic.writer import MessageWriter
from proxy_core.server.downstream import Client, Headers


class Delivery:
    """Carries to the client what the attempts at one exchange write, as soon as it may be sent."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._attempt: tuple[MessageWriter, EventSink, Callable[[], Headers]] | None = None
        self._order = asyncio.Lock()
        """Held from taking what was written until it is sent: the heart sends too."""
        self._sent_at = -math.inf
        self.content_sent = False
        """The content commit: from here on nobody else can answer."""

    @property
    def begun(self) -> bool:
        """The status commit: the answer's start was sent."""
        return self._client.committed

    def follow(
        self, writer: MessageWriter, sink: EventSink, headers: Callable[[], Headers]
    ) -> None:
        """From now on carry what this attempt writes; `headers` are asked for at the commit."""
        self._attempt = writer, sink, headers

    async def flush(self) -> None:
        """Send what was written; the first time, with status and headers before it.

        A failure before any content is kept back: it can still become a true status, or
        another target's answer.
        """
        async with self._order:
            if self._attempt is None:
                return
            writer, sink, headers = self._attempt
            if writer.failure is not None and not self.content_sent:
                return
            data = sink.take()
            if not data:
                return
            self.content_sent = writer.has_content or writer.done
            if not self.begun:
                await self._client.open_stream(headers())
            await self._client.write(data, last=writer.done)
            self._sent_at = asyncio.get_running_loop().time()

    @asynccontextmanager
    async def kept_alive(self, *, commit_after: float, ping_every: float) -> AsyncIterator[None]:
        """Within the block the client is never left without a byte, whoever is asked.

        After `commit_after` seconds the status is sent though nothing has come; from then on
        silence is broken by a ping.
        """
        heart = asyncio.create_task(self._beat(commit_after, ping_every))
        try:
            yield
        finally:
            heart.cancel()
            await asyncio.wait({heart})

    async def _beat(self, commit_after: float, ping_every: float) -> None:
        await asyncio.sleep(commit_after)
        while True:
            silent = asyncio.get_running_loop().time() - self._sent_at
            if silent >= ping_every:
                await self._break_silence()
            # A tenth: between two attempts there is nothing to say, but soon there may be.
            await asyncio.sleep(max(ping_every - silent, ping_every / 10))

    async def _break_silence(self) -> None:
        if self._attempt is None or self._attempt[0].done:
            return
        if not self.begun:
            self._attempt[0].begin()
            await self.flush()
            return
        async with self._order:
            if not self._client.finished:
                await self._client.write(events.PING)
                self._sent_at = asyncio.get_running_loop().time()
