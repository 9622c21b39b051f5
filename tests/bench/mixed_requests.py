"""Two hundred requests as they come: recorded ones, prose, code, data, schemas, long results.

The texts are the project's own: `tests/fixtures/texts`, its source code, and what a seeded
random generator makes.
"""

import base64
import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

Json = dict[str, Any]

ROOT = Path(__file__).parents[2]
RECORDED = ROOT / "tests" / "fixtures" / "claude_code"
TEXTS = {
    path.stem: path.read_text("utf-8") for path in (ROOT / "tests/fixtures/texts").glob("*.txt")
}
SOURCES = [path.read_text("utf-8") for path in sorted((ROOT / "core" / "src").rglob("*.py"))]
TOOL: Json = json.loads(TEXTS["schema"])

WRITTEN = (
    *("english", "english_notice", "german", "french"),
    *("russian", "russian_notice", "ukrainian_notice", "greek", "arabic", "arabic_notice"),
    *("hebrew", "hindi", "chinese", "chinese_notice", "japanese", "japanese_notice"),
    *("korean", "korean_notice"),
)


def mixed_requests(count: int = 200, seed: int = 4) -> Iterator[tuple[str, Json]]:
    """Requests with the kind of each: every recorded one once, then the other kinds in turn."""
    chosen = random.Random(seed)
    recorded = sorted(RECORDED.glob("*.json"))
    for path in recorded:
        yield "recorded", json.loads(path.read_bytes())
    kinds: list[tuple[str, Callable[[random.Random], Json]]] = [
        ("prose", _prose),
        ("code", _code),
        ("tools", _tools),
        ("data", _data),
        ("long results", _long_results),
        ("mixed", _mixed),
    ]
    for number in range(count - len(recorded)):
        name, make = kinds[number % len(kinds)]
        yield name, make(chosen)


def _request(*contents: Any, **fields: Any) -> Json:
    """A talk; the user has the last word."""
    roles = ("user", "assistant")
    if len(contents) % 2 == 0:
        contents += ("Go on.",)
    messages = [
        {"role": roles[turn % 2], "content": content} for turn, content in enumerate(contents)
    ]
    return {"model": "m", "max_tokens": 1000, "messages": messages, **fields}


def _prose(chosen: random.Random) -> Json:
    """A talk in one language."""
    language = chosen.choice(WRITTEN)
    parts = TEXTS[language].split("\n\n")
    return _request(*(chosen.choice(parts) for _ in range(chosen.randint(1, 9))))


def _code(chosen: random.Random) -> Json:
    question = "Why does this fail?\n\n" + _source(chosen, chosen.randint(30, 300))
    return _request(question, system="You are a careful programmer.")


def _tools(chosen: random.Random) -> Json:
    known = json.loads((RECORDED / "tool_search_off.json").read_bytes())["tools"]
    some = chosen.sample([*known, TOOL], chosen.randint(2, 20))
    return _request(chosen.choice(list(TEXTS.values())), tools=some)


def _data(chosen: random.Random) -> Json:
    numbers = "\n".join(
        f"{chosen.randint(1, 99999)},{chosen.uniform(0, 1000):.3f},{chosen.randint(0, 1)}"
        for _ in range(chosen.randint(10, 200))
    )
    blob = base64.b64encode(chosen.randbytes(chosen.randint(100, 3000))).decode()
    digests = "\n".join(chosen.randbytes(32).hex() for _ in range(chosen.randint(3, 30)))
    texts = [numbers, blob, digests, TEXTS["numbers"], TEXTS["encoded"]]
    return _request("What is this?\n" + "\n".join(chosen.sample(texts, chosen.randint(1, 3))))


def _long_results(chosen: random.Random) -> Json:
    contents: list[Any] = ["Find out why the tests fail."]
    for number in range(chosen.randint(1, 6)):
        call = {"path": f"src/module_{number}.py", "limit": 2000}
        use = {"type": "tool_use", "id": f"toolu_{number}", "name": "Read", "input": call}
        result = {"type": "tool_result", "tool_use_id": f"toolu_{number}"}
        contents += [[use], [result | {"content": _result(chosen)}]]
    return _request(*contents, tools=[TOOL])


def _result(chosen: random.Random) -> str:
    """A file with numbered lines, or what a command wrote; up to some 100 kB."""
    if chosen.random() < 0.3:
        return TEXTS["listing"] * chosen.randint(1, 60)
    lines = _source(chosen, chosen.randint(50, 2000)).split("\n")
    return "\n".join(f"{number:6}\t{line}" for number, line in enumerate(lines, start=1))


def _mixed(chosen: random.Random) -> Json:
    names = chosen.sample(sorted(TEXTS), chosen.randint(3, 7))
    body = "\n\n".join(TEXTS[name] for name in names)
    return _request(body, _source(chosen, 40), "Go on.", system=TEXTS["english"])


def _source(chosen: random.Random, lines: int) -> str:
    found: list[str] = []
    while len(found) < lines:
        found += chosen.choice(SOURCES).split("\n")
    return "\n".join(found[:lines])
