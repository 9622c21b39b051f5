"""How long the proxy takes to refuse each hostile body, next to answering a good request."""

import statistics
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import httpx

from proxy_core.dialects.openai_chat import OpenAIChat
from proxy_core.plugins import Plugins
from proxy_core.server.app import create_app
from proxy_core.settings import Settings
from tests.e2e.scripted_upstream import ScriptedUpstream
from tests.e2e.upstream_script import answer, in_order, say
from tests.support.hostile_bodies import HOSTILE
from tests.support.proxy import KEY_VARIABLE, QUESTION, card
from tests.support.servers import serving

ROUNDS = 5


def seconds(client: httpx.Client, url: str, body: bytes) -> tuple[float, int]:
    """The quickest of some rounds, and the status."""
    times = []
    status = 0
    for _ in range(ROUNDS):
        began = time.perf_counter()
        status = client.post(url, content=body).status_code
        times.append(time.perf_counter() - began)
    return min(times), status


def main() -> None:
    script = in_order(*[answer(say("Hello."))] * 100)
    with (
        ScriptedUpstream(script, key="sk-test") as upstream,
        tempfile.TemporaryDirectory() as empty,
    ):

        class Acme(OpenAIChat):
            providers = (card(upstream.base_url),)

        settings = Settings.load({}, environ={KEY_VARIABLE: "sk-test"}, cwd=Path(empty))
        app = create_app(settings, Plugins.of({"acme": Acme()}))
        headers = {"content-type": "application/json"}
        with serving(app) as server, httpx.Client(headers=headers, timeout=60) as client:
            url = f"{server.url}/v1/messages"
            good, _ = seconds(client, url, httpx.Request("POST", url, json=QUESTION).content)
            refused = {name: seconds(client, url, body) for name, body in HOSTILE.items()}
    statuses = Counter(status for _, status in refused.values())
    slowest = max(refused, key=lambda name: refused[name][0])
    median = statistics.median(took for took, _ in refused.values())
    late = sum(took > 0.05 for took, _ in refused.values())
    sys.stdout.write(
        f"{len(refused)} hostile bodies, statuses {dict(statuses)}, {late} over 50 ms\n"
        f"a good request through the proxy: 1.0 ({good * 1000:.1f} ms in this run)\n"
        f"a refusal, median: {median / good:.2f}; slowest: {refused[slowest][0] / good:.2f} "
        f"({slowest}, {len(HOSTILE[slowest])} bytes)\n"
    )


if __name__ == "__main__":
    main()
