"""Requests and answers of the Messages API with every liberty that it leaves: strategies."""

from random import Random
from typing import Any

from hypothesis import strategies as st

from tests.support.spelled_json import (
    HOLE,
    NAMES,
    NUMBERS,
    TEXTS,
    UNKNOWN,
    VALUES,
    Number,
    spelled,
)

Json = dict[str, Any]

CHANCE = st.builds(Random, st.integers(0, 2**32))
"""One draw for a whole spelling: a draw for each character would make examples huge."""


def with_more(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Json]:
    """Objects with these members and others that no API has."""
    return st.builds(lambda known, more: {**more, **known}, st.fixed_dictionaries(fields), UNKNOWN)


SAID = st.one_of(
    with_more(type=st.just("text"), text=TEXTS),
    with_more(type=st.just("text"), text=TEXTS, cache_control=VALUES, citations=VALUES),
    with_more(type=st.just("of_tomorrow"), anything=VALUES),
    with_more(type=st.just("image"), source=st.just({"type": "url", "url": "https://a.example"})),
)
THOUGHT = st.one_of(
    with_more(type=st.just("thinking"), thinking=TEXTS, signature=TEXTS),
    with_more(type=st.just("redacted_thinking"), data=TEXTS),
)
COUNTS = st.integers(0, 10**9).map(lambda count: Number(str(count)))
INPUTS = st.dictionaries(TEXTS, VALUES, max_size=3)
TOOLS = with_more(
    name=NAMES,
    description=TEXTS,
    input_schema=st.builds(lambda more: {"type": "object", **more}, INPUTS),
)


@st.composite
def conversations(draw: st.DrawFn) -> list[Json]:
    """Messages in a legal order: each call is answered."""
    messages: list[Json] = []
    for turn in range(draw(st.integers(1, 3))):
        asked = draw(TEXTS | st.lists(SAID, min_size=1, max_size=3))
        messages.append({"role": "user", "content": asked, **draw(UNKNOWN)})
        ids = [f"toolu_{turn}_{number}" for number in range(draw(st.integers(0, 2)))]
        calls = [draw(with_more(type=st.just("tool_use"), name=NAMES, input=INPUTS)) for _ in ids]
        results = [draw(with_more(type=st.just("tool_result"), content=TEXTS)) for _ in ids]
        spoken = draw(st.lists(THOUGHT | SAID, max_size=3))
        spoken += [{**call, "id": id_} for call, id_ in zip(calls, ids, strict=True)]
        told = [{**one, "tool_use_id": id_} for one, id_ in zip(results, ids, strict=True)]
        messages.append({"role": "assistant", "content": spoken, **draw(UNKNOWN)})
        messages += [{"role": "user", "content": told}] if told else []
        if draw(st.booleans()):
            messages.append({"role": "system", "content": draw(TEXTS)})
    return messages


BODIES = st.builds(
    lambda known, some, more: {**more, **some, **known},
    st.fixed_dictionaries(
        {
            "model": st.just(HOLE),
            "max_tokens": COUNTS,
            "messages": conversations(),
            "stream": st.booleans(),
        }
    ),
    st.fixed_dictionaries(
        {},
        optional={
            "system": TEXTS | st.lists(with_more(type=st.just("text"), text=TEXTS), max_size=2),
            "tools": st.lists(TOOLS, max_size=2),
            "stop_sequences": st.lists(TEXTS, max_size=2),
            "temperature": NUMBERS,
            "metadata": with_more(user_id=TEXTS),
        },
    ),
    UNKNOWN,
)
"""Whole requests; the model's name is the hole."""


# -- answers -----------------------------------------------------------------------------------

USAGE = with_more(input_tokens=COUNTS, output_tokens=COUNTS)
ENDINGS = with_more(
    stop_reason=st.sampled_from(["end_turn", "of_tomorrow"]), stop_sequence=st.none() | TEXTS
)
BLOCKS = st.one_of(
    SAID, THOUGHT, with_more(type=st.just("tool_use"), id=NAMES, name=NAMES, input=INPUTS)
)
MESSAGES = st.builds(
    lambda message, ending: {**message, **ending},
    with_more(
        id=TEXTS,
        type=st.just("message"),
        role=st.just("assistant"),
        model=st.just(HOLE),
        content=st.lists(BLOCKS, max_size=3),
        usage=USAGE,
    ),
    ENDINGS,
)
"""Whole answers; the model's name is the hole."""

DELTAS = st.one_of(
    with_more(type=st.just("text_delta"), text=TEXTS),
    with_more(type=st.just("input_json_delta"), partial_json=TEXTS),
    with_more(type=st.just("signature_delta"), signature=TEXTS),
    with_more(type=st.just("of_tomorrow_delta"), anything=VALUES),
)
PINGS = with_more(type=st.sampled_from(["ping", "of_tomorrow"]))


@st.composite
def _events(draw: st.DrawFn) -> list[Json]:
    """A legal answer, with pings and events nobody knows in between."""
    message = {**draw(MESSAGES), "content": [], "stop_reason": None}
    events = [draw(with_more(type=st.just("message_start"), message=st.just(message)))]
    for index in range(draw(st.integers(0, 3))):
        at = {"index": Number(str(index))}
        start = draw(with_more(type=st.just("content_block_start"), content_block=BLOCKS))
        events.append({**start, **at})
        deltas = draw(st.lists(DELTAS, max_size=3))
        events += [{"type": "content_block_delta", "delta": one, **at} for one in deltas]
        events.append({"type": "content_block_stop", **at})
    events.append(draw(with_more(type=st.just("message_delta"), delta=ENDINGS, usage=USAGE)))
    for place in draw(st.lists(st.integers(0, len(events)), max_size=3)):
        events.insert(place, draw(PINGS))
    return [*events, draw(with_more(type=st.just("message_stop")))]


NOISE = (": a comment", ":", "id: 7", "retry: 10", "a-field-of-tomorrow", "")
"""Lines that a reader of events passes over."""


def _frame(event: Json, chance: Random) -> str:
    """One event in any layout: its lines in any order, with others between them.

    What is changed in an event with JSON over several lines is set in one, as is documented;
    so it is written in one where something is changed.
    """
    text = spelled(event, chance, one_line=event["type"] == "message_start")
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    data = ["data:" + chance.choice(["", " "]) + line for line in text.split("\n")]
    name = ["event:" + chance.choice(["", " "]) + event["type"]] if chance.random() < 0.8 else []
    parts = [data, name, chance.choices(NOISE[:-1], k=chance.randrange(3))]
    chance.shuffle(parts)
    return "\n".join([*(line for part in parts for line in part), "", ""])


@st.composite
def streams(draw: st.DrawFn) -> str:
    """Whole streams, with the hole for the model's name; line ends change from event to event.

    Nothing follows `message_stop`: an answer that is over is not waited for.
    """
    chance = draw(CHANCE)
    text = draw(st.sampled_from(["", "\ufeff"]))
    for event in draw(_events()):
        frames = [f"{line}\n\n" for line in chance.choices(NOISE, k=chance.randrange(2))]
        frames.append(_frame(event, chance))
        text += "".join(one.replace("\n", chance.choice(["\n", "\r\n", "\r"])) for one in frames)
    return text
