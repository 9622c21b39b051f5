"""Ask a model without a server: translate, send with any HTTP client, translate back.

OPENAI_API_KEY=... python translate.py "What is a teletype?"

OPENAI_BASE_URL names another server that speaks Chat Completions.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from typing import Any

import httpx
from proxy_core import Translator, load_plugins

URL = os.environ.get("OPENAI_BASE_URL", "https://api.openai.com/v1")
HEADERS = {
    "authorization": f"Bearer {os.environ['OPENAI_API_KEY']}",
    "content-type": "application/json",
}


def question(text: str, *, stream: bool) -> dict[str, Any]:
    """A request of the Messages API."""
    messages = [{"role": "user", "content": text}]
    return {"model": "sonnet", "max_tokens": 1000, "messages": messages, "stream": stream}


def ask(translator: Translator, text: str) -> dict[str, Any]:
    """A whole answer, as an Anthropic message."""
    asked = translator.request(question(text, stream=False))
    answer = httpx.post(asked.url, content=asked.upstream.body, headers=HEADERS, timeout=60)
    return translator.response(asked, answer.raise_for_status().content)


def listen(translator: Translator, text: str) -> Iterator[bytes]:
    """A streamed answer, as Anthropic events."""
    asked = translator.request(question(text, stream=True))
    body = asked.upstream.body
    with httpx.stream("POST", asked.url, content=body, headers=HEADERS, timeout=60) as answer:
        stream = translator.stream(asked)
        for chunk in answer.raise_for_status().iter_bytes():
            yield stream.feed(chunk)
        yield stream.close()


def main() -> None:
    translator = Translator(
        load_plugins(["openai"]),
        models={"sonnet": "openai/gpt-6.1-terra"},
        providers={"openai": {"base_url": URL}},
    )
    text = sys.argv[1]
    message = ask(translator, text)
    sys.stdout.write(f"{message['content'][0]['text']}\n\n")
    for events in listen(translator, text):
        sys.stdout.write(events.decode())


if __name__ == "__main__":
    main()
