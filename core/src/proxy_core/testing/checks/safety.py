"""Hostile answers: whatever a server sends, the client gets a legal end."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from proxy_core.contract import FailureKind, ProtocolError, UpstreamFailure
from proxy_core.plugins import PluginFault
from proxy_core.testing.checks.answers import WAYS
from proxy_core.testing.complaint import Complaint, require
from proxy_core.testing.exam import for_all
from proxy_core.testing.script import Script
from proxy_core.testing.strategies.hostile import Draw, hostile_bytes, spoiled, spoiled_frame
from proxy_core.testing.strategies.scripts import chunked, chunkings, scripts
from proxy_core.testing.subject import Sent, Subject, Told

MARK = "canary4f1d9e"


def _require_end(sent: Sent, told: Told, **shown: Any) -> None:
    """A server that speaks the client's own language ends its answers by itself."""
    require(told.ended or sent.upstream.relay, "the answer has no end", **shown)


@for_all(body=hostile_bytes())
def any_body_is_an_answer_or_an_error(subject: Subject, body: bytes) -> None:
    """A body that is no answer is an error, and nothing but `ProtocolError` is raised for it.

    A breach usually means a subscript or an attribute of JSON that has another form. Read it
    into types (`msgspec.convert`), and raise `ProtocolError` where that fails.
    """
    sent = subject.ask()
    _require_end(sent, subject.tell_whole(sent, body), body=body)


@for_all(share=2, script=scripts(), part=st.floats(0, 1, exclude_max=True))
def a_cut_body_is_an_error(subject: Subject, script: Script, part: float) -> None:
    """A whole answer of which only the beginning arrived is never a success.

    A breach usually means that what cannot be read is passed over, and an answer is ended that
    never was there.
    """
    sent = subject.ask()
    whole = subject.whole(sent, script).rstrip()
    kept = whole[: int(part * len(whole))]
    told = subject.tell_whole(sent, kept)
    require(told.failure is not None, f"a cut answer is told as if it were whole: {told.stop}",
            body=kept)  # fmt: skip


@for_all(body=hostile_bytes(), places=chunkings())
def any_stream_is_an_answer_or_an_error(
    subject: Subject, body: bytes, places: tuple[int, ...]
) -> None:
    """A stream that is no answer is an error, and nothing but `ProtocolError` is raised for it.

    A breach usually means that `feed` takes every event for JSON of the right form.
    """
    sent = subject.ask(stream=True)
    told = subject.tell_stream(sent, chunked(body, places), hostile=True)
    _require_end(sent, told, stream=body)


@for_all(script=scripts(), data=st.data())
def a_spoiled_body_is_survived(subject: Subject, script: Script, data: st.DataObject) -> None:
    """An answer with one wrong value in it is an answer or an error.

    A breach usually means that a field which is there but null, empty or of another type was
    not thought of.
    """
    sent = subject.ask()
    body = subject.whole(sent, script)
    body = json.dumps(spoiled(data.draw, json.loads(body))).encode()
    _require_end(sent, subject.tell_whole(sent, body), body=body)


@for_all(script=scripts(), data=st.data())
def a_spoiled_stream_is_survived(subject: Subject, script: Script, data: st.DataObject) -> None:
    """A stream with one wrong value or byte in it is an answer or an error.

    A breach usually means that a delta was taken for granted: calls without an index, a null
    where a list was, an event for a block that was never opened.
    """
    sent = subject.ask(stream=True)
    frames = list(subject.streamed(sent, script).frames)
    place = data.draw(st.integers(0, len(frames) - 1))
    frames[place] = spoiled_frame(data.draw, frames[place])
    told = subject.tell_stream(sent, frames, hostile=True)
    _require_end(sent, told, stream=b"".join(frames))


@for_all(share=2, script=scripts(), streamed=WAYS, data=st.data())
def content_stays_out_of_error_messages(
    subject: Subject, script: Script, streamed: bool, data: st.DataObject
) -> None:
    """The message of an error about a broken answer quotes nothing of the answer.

    A breach usually means `ProtocolError(f"cannot read {data!r}")`. Say what is wrong and where,
    never what stood there: messages of errors are logged.
    """
    secret = replace(script, thinking=(MARK,), text=(MARK,))
    sent = subject.ask(stream=streamed)
    if streamed:
        frames = list(subject.streamed(sent, secret).frames)
        telling = [place for place, frame in enumerate(frames) if MARK.encode() in frame]
        place = data.draw(st.sampled_from(telling))
        frames[place] = _cut_after_mark(data.draw, frames[place]) + b"\n\n"
        broken = b"".join(frames)
        told = subject.tell_stream(sent, [broken], hostile=True)
    else:
        broken = _cut_after_mark(data.draw, subject.whole(sent, secret))
        told = subject.tell_whole(sent, broken)
    message = told.failure.message if told.failure else ""
    require(MARK not in message, "an error quotes the answer", message=message, answer=broken)


def _cut_after_mark(draw: Draw, answer: bytes) -> bytes:
    return answer[: draw(st.integers(answer.index(MARK.encode()) + len(MARK), len(answer) - 1))]


@for_all(share=2, body=hostile_bytes(), status=st.sampled_from([400, 422, 500]))
def rescuing_is_safe(subject: Subject, body: bytes, status: int) -> None:
    """An error that holds no answer is none: `proxy_rescue_error` says so and raises nothing.

    A breach usually means that the vendor's error body is taken for JSON of the right form.
    """
    failure = UpstreamFailure(kind=FailureKind.STATUS, status=status, body=body)
    sent = subject.ask(stream=True)
    stream = subject.open_stream(sent)
    try:
        rescued = subject.bound.rescue_error(failure, sent.upstream, stream.writer, sent.ledger)
    except (PluginFault, ProtocolError) as fault:
        raise Complaint(f"{type(fault).__name__}: {fault}", {"the error's body": body}) from fault
    told = rescued or not stream.writer.has_content
    require(told, "it told something, and says that it did not", body=body)
