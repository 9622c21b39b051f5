"""One line of JSON for each finished exchange, at the end of a file."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
from proxy_core.contract import Exchange
from proxy_core.hookspecs import hookimpl

VARIABLE = "EXCHANGE_LOG"
"""Names the file; it is read when there is something to write, not when this is imported."""


class ExchangeLog:
    @hookimpl
    def proxy_exchange_finished(self, exchange: Exchange) -> None:
        line = msgspec.json.encode(exchange) + b"\n"
        # Opened for each line: other processes, and whoever rotates the file, may do as they like.
        with Path(os.environ.get(VARIABLE, "exchanges.jsonl")).open("ab") as file:
            file.write(line)


plugin = ExchangeLog()
