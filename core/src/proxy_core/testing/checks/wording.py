"""What is said is heard: in these words, from this speaker, all of it."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

from proxy_core.testing.complaint import require
from proxy_core.testing.exam import for_all, for_each_wire
from proxy_core.testing.subject import Refused, Subject, asking
from proxy_core.testing.wires import Heard, Spoken

Json = dict[str, Any]

_TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20).filter(
    str.strip
)
_BLOCKS = st.booleans()
"""Whether a text is told as a list of blocks, or as it is."""


def _content(text: str, in_blocks: bool) -> object:
    return [{"type": "text", "text": text}] if in_blocks else text


def _turns(*said: tuple[str, str], result: str, in_blocks: bool) -> list[Json]:
    """What was said, each with its role, and then a call with its result."""
    call = {"type": "tool_use", "id": "toolu_1", "name": "Read", "input": {}}
    answer = {"type": "tool_result", "tool_use_id": "toolu_1"}
    told = [{"role": role, "content": _content(text, in_blocks)} for role, text in said]
    return [
        *told,
        {"role": "assistant", "content": [call]},
        {"role": "user", "content": [answer | {"content": _content(result, in_blocks)}]},
    ]


def _says(heard: Heard, role: str, text: str) -> bool:
    if role == "tool":
        # Some vendors take results as JSON only.
        forms = (text, *(json.dumps(text, ensure_ascii=only)[1:-1] for only in (True, False)))
        return any(form in item.text for item in heard.answers() for form in forms)
    spoken = (item for item in heard.items if isinstance(item, Spoken) and item.role == role)
    return any(text in item.text for item in spoken)


@for_all(
    said=st.fixed_dictionaries(dict.fromkeys(("system", "user", "assistant", "tool"), _TEXTS)),
    in_blocks=_BLOCKS,
)
def texts_arrive_as_they_were_written(
    subject: Subject, said: dict[str, str], in_blocks: bool
) -> None:
    """Each text reaches the vendor character by character, and from who said it: the system's
    words are the system's.

    A breach usually means that a text is stripped, normalised or cut: the blanks before a line
    of code have a meaning. Or `system` is sent as if the user had said it: where a model takes
    no such text, note it.
    """
    turns = _turns(
        ("user", said["user"]),
        ("assistant", said["assistant"]),
        ("user", "go on"),
        result=said["tool"],
        in_blocks=in_blocks,
    )
    asked = asking(system=_content(said["system"], in_blocks), messages=turns)
    sent = subject.send(asked)
    heard = subject.heard(sent)
    for role, text in said.items():
        merged = role == "system" and sent.touched("/system") and _says(heard, "user", text)
        what = f"the vendor does not hear what the {role} says"
        require(merged or _says(heard, role, text), what, text=text, sent=sent.body)


_MANY = 200


@for_each_wire
def a_long_conversation_is_sent_whole(subject: Subject) -> None:
    """However long a conversation is, and a result in it, all of it is sent.

    A breach usually means that a limit of the vendor is kept by leaving out what exceeds it. Let
    the vendor refuse the request: clients make a conversation shorter when they hear of it.
    """
    result = "a line of a long result\n" * 10_000 + "its end"
    said = [("user", f"question <{n}>") for n in range(_MANY)]
    said = [pair for one in said for pair in (one, ("assistant", f"answer to {one[1]}"))]
    turns = _turns(*said, ("user", "go on"), result=result, in_blocks=False)
    heard = subject.heard(subject.send(asking(messages=turns)))
    lost = [text for role, text in said if not _says(heard, role, text)]
    require(not lost, f"{len(lost)} of {len(said)} messages are not sent", first=lost[:1])
    require(_says(heard, "tool", result), f"a result of {len(result)} characters is cut")


@for_each_wire
def many_tools_are_offered_or_refused(subject: Subject) -> None:
    """However many tools there are, each is offered, or stands in the ledger, or the request is
    refused.

    A breach usually means that the first 128 are sent because the vendor takes no more. The model
    would seem to have forgotten a tool: raise `Unsupported`, and say how many there may be.
    """
    schema = {"type": "object", "properties": {}}
    for number in (100, 300):
        tools = [{"name": f"tool_{n}", "input_schema": schema} for n in range(number)]
        try:
            sent = subject.send(asking(tools=tools))
        except Refused:
            return
        offered = {tool.name for tool in subject.heard(sent).tools}
        places = (n for n in range(number) if f"tool_{n}" not in offered)
        silent = [f"/tools/{n}" for n in places if not sent.noted(f"/tools/{n}")]
        require(not silent, f"{len(silent)} of {number} tools are neither sent nor in the ledger",
                first=silent[:1])  # fmt: skip
