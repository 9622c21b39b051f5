"""An asyncio server in a thread of its own, so that tests may block."""

import asyncio
import threading
from abc import ABC, abstractmethod
from types import TracebackType
from typing import Self

START_LIMIT = 10.0


class ThreadedServer(ABC):
    """`with` starts and stops it. A subclass sets itself up and down around `_serve_on`."""

    def __init__(self, name: str) -> None:
        self.port = 0
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        self._started = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name)

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._started.wait(START_LIMIT), f"the {self._thread.name} did not start"
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    def _run(self) -> None:
        try:
            self._loop.run_until_complete(self._serve())
        finally:
            self._loop.close()

    @abstractmethod
    async def _serve(self) -> None:
        """Set up, `_serve_on` a port, set down."""

    async def _serve_on(self, port: int) -> None:
        """Let the test go on, until it wants the server to stop."""
        self.port = port
        self._started.set()
        await self._stop.wait()
