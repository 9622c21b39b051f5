"""The proxy as a part of another application: `uvicorn app:app`, then /llm/v1/messages."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI
from proxy_core import Settings, create_app

settings = Settings.load({"plugins": ["openai"]}, environ=os.environ, cwd=Path.cwd())
proxy = create_app(settings)


@asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
    """The proxy's connections live as long as the application: mounting alone begins none."""
    async with proxy.router.lifespan_context(proxy):
        yield


app = FastAPI(lifespan=lifespan)


@app.get("/")
def home() -> dict[str, str]:
    return {"messages": "/llm/v1/messages"}


app.mount("/llm", proxy)
