"""The estimate of tokens next to tokenizers of models, and what it costs.

The truth of a request is what it is in Chat Completions: texts, calls and schemas as they are
sent, and four tokens for a message's frame. Images are left out on both sides.
"""

import json
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from proxy_core.anthropic.request import parse
from proxy_core.anthropic.tokens import Estimate, estimate
from proxy_core.contract import ModelFacts, Provider, Target, Usage
from proxy_core.dialects.openai_chat import OpenAIChat
from proxy_core.ledger import Ledger
from proxy_core.server.calibration import Calibration
from tests.bench.mixed_requests import mixed_requests
from tests.bench.vocabularies import Count, tokenizers

TARGET = Target(
    provider=Provider(name="acme", base_url="https://acme.example/v1"),
    model="m",
    facts=ModelFacts(pattern="*"),
)
TEACHING = 20


def sent_texts(body: bytes) -> tuple[list[str], int]:
    """What a model reads of a request, and the number of messages."""
    upstream = OpenAIChat().proxy_translate_request(parse(body), TARGET, Ledger())
    chat = json.loads(upstream.body)
    texts = [compact(tool["function"]) for tool in chat.get("tools", ())]
    for message in chat["messages"]:
        content = message.get("content") or ""
        parts = [{"text": content}] if isinstance(content, str) else content
        texts += [part["text"] for part in parts if "text" in part]
        for call in message.get("tool_calls", ()):
            texts += [call["function"]["name"], call["function"]["arguments"]]
    return texts, len(chat["messages"])


def compact(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def truth(body: bytes, count: Count) -> int:
    texts, messages = sent_texts(body)
    return sum(map(count, texts)) + 4 * messages


def told(pairs: Sequence[tuple[int, int]]) -> str:
    """Figures of pairs of a guess and the truth."""
    ratios = [guess / true for guess, true in pairs]
    sizes = sorted(abs(ratio - 1) for ratio in ratios)
    low = sum(ratio < 0.95 for ratio in ratios) / len(ratios)
    return (
        f"{statistics.median(sizes):7.1%} {sizes[int(len(sizes) * 0.95)]:7.1%}"
        f" {min(ratios):7.2f} {max(ratios):7.2f} {low:6.1%}"
    )


def calibrated(pairs: Sequence[tuple[Estimate, int]]) -> list[tuple[int, int]]:
    """Guesses and truths after `TEACHING` answers; every request is among those that teach, once,
    and among the last of them may be fewer."""
    found = []
    for start in range(0, len(pairs), TEACHING):
        calibration = Calibration()
        for guess, true in pairs[start : start + TEACHING]:
            calibration.learn("t", guess, Usage(input_tokens=true))
        rest = [*pairs[:start], *pairs[start + TEACHING :]]
        found += [(calibration.count("t", guess).tokens, true) for guess, true in rest]
    return found


def quickest(call: Callable[[], object]) -> float:
    times = []
    for _ in range(7):
        began = time.perf_counter()
        call()
        times.append(time.perf_counter() - began)
    return min(times)


def cost(body: bytes) -> str:
    request = parse(body)
    parsing, guessing = quickest(lambda: parse(body)), quickest(lambda: estimate(request))
    return (
        f"{len(body) / 1e3:6.0f} kB: the estimate takes {guessing / parsing:.2f} of the time "
        f"in which the request is parsed ({guessing * 1e3:.2f} ms in this run)"
    )


def main() -> None:
    requests = list(mixed_requests())
    random.Random(1).shuffle(requests)
    kinds = [kind for kind, _ in requests]
    bodies = [compact(request).encode() for _, request in requests]
    estimates = [Estimate(estimate(parse(body)).text) for body in bodies]
    write = sys.stdout.write
    write(
        f"{len(bodies)} requests\n{'':34}{'median':>7} {'95th':>7} {'min':>7} {'max':>7}  <0.95\n"
    )
    with tempfile.TemporaryDirectory() as folder:
        for name, count in tokenizers(Path(folder)).items():
            truths = [truth(body, count) for body in bodies]
            bytewise = [int(sum(len(t.encode()) for t in sent_texts(b)[0]) / 3.5) for b in bodies]
            guesses = list(zip((guess.tokens for guess in estimates), truths, strict=True))
            pairs = list(zip(estimates, truths, strict=True))
            write(
                f"{name:10} {'bytes / 3.5':18} {told(list(zip(bytewise, truths, strict=True)))}\n"
            )
            write(f"{name:10} {'estimate':18} {told(guesses)}\n")
            alike = []
            for kind in sorted(set(kinds)):
                places = [place for place, other in enumerate(kinds) if other == kind]
                write(f"{'':10}   {kind:16} {told([guesses[place] for place in places])}\n")
                alike += calibrated([pairs[place] for place in places])
            write(f"{name:10} {f'after {TEACHING} answers':18} {told(calibrated(pairs))}\n")
            write(f"{name:10} {'after some alike':18} {told(alike)}\n")
    ordinary = compact({"model": "m", "messages": [{"role": "user", "content": "word " * 22_800}]})
    write(f"{cost(max(bodies, key=len))}\n{cost(ordinary.encode())}\n")
    write(f"{cost(ordinary.replace('word ', 'word ' * 44).encode())}\n")


if __name__ == "__main__":
    main()
