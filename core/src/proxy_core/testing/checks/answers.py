"""What the client is told of what the model said."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from proxy_core.testing.complaint import require, require_same
from proxy_core.testing.exam import for_all
from proxy_core.testing.script import Call, Script
from proxy_core.testing.strategies.scripts import scripts
from proxy_core.testing.subject import Sent, Subject, Told, asking

STOP_REASONS = frozenset(
    {
        "end_turn",
        "max_tokens",
        "model_context_window_exceeded",
        "pause_turn",
        "refusal",
        "stop_sequence",
        "tool_use",
    }
)
"""All that a client of the Messages API knows."""

WAYS = st.sampled_from([True, False])
"""Streamed, or in one piece."""


def answered(subject: Subject, script: Script, streamed: bool) -> tuple[Sent, Told]:
    """The request, and the answer to it, which must not be a failure."""
    sent = subject.ask(stream=streamed)
    told = subject.say(sent, script, streamed)
    if told.failure is not None:
        require(False, f"a sound answer is taken for a failure: {told.failure.message}",
                script=script.readable())  # fmt: skip
    return sent, told


@for_all(script=scripts())
def a_whole_answer_is_what_the_model_said(subject: Subject, script: Script) -> None:
    """A whole answer comes home: reasoning, text, and calls with names and arguments.

    A breach usually means that a field of the vendor's answer is not read, or is read from
    another place. Tell the writer each part in the order in which the vendor has it:
    `writer.thinking`, `writer.text`, then `writer.tool` and `writer.tool_json` for each call.
    """
    _, told = answered(subject, script, streamed=False)
    require_same(told.blocks(), script.blocks(), "the whole answer says something else",
                 script=script.readable())  # fmt: skip


@for_all(script=scripts())
def a_streamed_answer_is_what_the_model_said(subject: Subject, script: Script) -> None:
    """A streamed answer comes home, however its calls are interleaved.

    A breach usually means that pieces of parallel calls are mixed up or lost: keep for each of
    the vendor's indices the number that `writer.tool` returned, and give every fragment, the
    first one too, to `writer.tool_json`.
    """
    _, told = answered(subject, script, streamed=True)
    require_same(told.blocks(), script.blocks(), "the streamed answer says something else",
                 script=script.readable())  # fmt: skip


@for_all(script=scripts())
def whole_and_streamed_answers_are_the_same(subject: Subject, script: Script) -> None:
    """Whether a client streams changes nothing: content, stop reason and usage are the same.

    A breach usually means two mappings where one would do. Read both forms by the same code, a
    whole answer as a stream of one event.
    """
    streamed, whole = (answered(subject, script, way)[1].message for way in (True, False))
    names = ("content", "stop_reason", "stop_sequence", "usage")
    require_same(
        {name: streamed.get(name) for name in names},
        {name: whole.get(name) for name in names},
        "the streamed answer (found) differs from the whole one (wanted)",
        script=script.readable(),
    )


@for_all(share=2, script=scripts(), streamed=WAYS, stop=st.sampled_from(["max_tokens", "refusal"]))
def stop_reasons_are_told_as_they_are(
    subject: Subject, script: Script, streamed: bool, stop: str
) -> None:
    """Why the model stopped is told in Anthropic's words: a limit is no end, calls are calls.

    A breach usually means a word that is missing in the table of the vendor's finish reasons:
    clients go on, repeat or give up by the stop reason.
    """
    sent = subject.ask(stream=streamed)
    if stop in subject.wire(sent).stops:
        script = replace(script, stop=script.stop if script.calls else stop)
    told = subject.say(sent, script, streamed)
    require_same(told.stop, script.stop, "the stop reason is another one",
                 script=script.readable())  # fmt: skip


@for_all(share=4, script=scripts(), streamed=WAYS, word=st.text(min_size=1, max_size=8))
def an_unheard_stop_reason_is_survived(
    subject: Subject, script: Script, streamed: bool, word: str
) -> None:
    """A stop reason of tomorrow gives a legal answer, or an error; never a crash.

    A breach usually means a lookup in the table of finish reasons without a default.
    """
    unheard = replace(script, vendor_stop=f"{word}_of_tomorrow")
    sent = subject.ask(stream=streamed)
    told = subject.say(sent, unheard, streamed)
    if told.failure is None and not subject.wire(sent).is_clients_own:
        require(told.stop in STOP_REASONS, f"{told.stop!r} is no stop reason of the Messages API",
                script=unheard.readable())  # fmt: skip


@for_all(script=scripts(), streamed=WAYS)
def usage_is_the_vendors(subject: Subject, script: Script, streamed: bool) -> None:
    """Tokens are counted once: what was cached is no part of `input_tokens`, and the figures
    of the end are the sums.

    A breach usually means that chunks' figures are added up where the last one is the sum, or
    that the cached tokens of the prompt are counted twice. Give `writer.usage` the last figures.
    """
    _, told = answered(subject, script, streamed)
    wanted = {
        "input_tokens": script.usage.input_tokens,
        "cache_read_input_tokens": script.usage.cache_read_input_tokens,
        "output_tokens": script.usage.output_tokens,
    }
    usage = told.message["usage"]
    require_same({name: usage.get(name) or 0 for name in wanted}, wanted,
                 "the usage is another one", script=script.readable())  # fmt: skip


@for_all(
    share=4,
    names=st.lists(
        st.sampled_from(["mcp.server/tool", "n" * 80, "outil-été", "1st", "a b", "Read", "read"]),
        min_size=1,
        unique=True,
    ),
    streamed=WAYS,
)
def tools_are_called_by_the_clients_names(
    subject: Subject, names: list[str], streamed: bool
) -> None:
    """A tool whose name the vendor does not take is sent under another, and comes home under
    its own.

    A breach usually means that the names are changed on the way out and not on the way home, or
    that two of them became one. Remember the new names in `UpstreamRequest.context`.
    """
    schema = {"type": "object", "properties": {}}
    tools = [{"name": name, "input_schema": schema} for name in names]
    sent = subject.send(asking(tools=tools, stream=streamed))
    declared = [tool.name for tool in subject.heard(sent).tools]
    require(len(set(declared)) == len(declared) == len(names), "tools are missing or share a name",
            asked=names, sent=declared)  # fmt: skip
    made = tuple(Call(f"call_{n}", name, ("{}",)) for n, name in enumerate(names))
    told = subject.say(sent, Script(calls=made, stop="tool_use"), streamed)
    called: list[Any] = [block["name"] for block in told.content if block["type"] == "tool_use"]
    require_same(called, names, "calls come home under other names")
