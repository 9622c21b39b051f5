"""How Groq tells an answer: reasoning in its own field, calls whole, usage in `x_groq`."""

from collections.abc import Iterator
from typing import Any

from tests.e2e.groq_rules import check_body
from tests.e2e.openai_rules import error_body
from tests.e2e.scripted_upstream import Manners
from tests.e2e.upstream_script import (
    CREATED,
    FINGERPRINT,
    Answer,
    Call,
    Cut,
    Fail,
    Hold,
    Json,
    Say,
    Step,
    Think,
    Together,
    Usage,
)

KEY = "gsk_scripted0123456789abcdefghijklmnop"
BIG, MIDDLE, SMALL = "openai/gpt-oss-120b", "qwen/qwen3.8-27b", "openai/gpt-oss-20b"
ORGANISATION = "org_01scripted0example"
_TIMES = {"queue_time": 0.01, "prompt_time": 0.02, "completion_time": 0.05, "total_time": 0.07}


def chunks(turn: Answer, model: str, id_: str, usage: Usage | None) -> Iterator[Json | Step]:
    """The chunks of a streamed answer, with the holds and faults between them."""
    head = {"id": id_, "object": "chat.completion.chunk", "created": CREATED, "model": model}
    request = f"req_{id_}"

    def chunk(delta: Json, finish: str | None = None, **more: Any) -> Json:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        return {**head, "system_fingerprint": FINGERPRINT, "choices": [choice], **more}

    yield chunk({"role": "assistant", "content": None}, x_groq={"id": request})
    calls = 0
    for step in turn.steps:
        match step:
            case Hold() | Fail() | Cut():
                yield step
            case Say(pieces):
                yield from (chunk({"content": piece}) for piece in pieces)
            case Think(pieces):
                yield from (chunk({"reasoning": piece, "channel": "analysis"}) for piece in pieces)
            case Call() | Together():
                for call in step.calls if isinstance(step, Together) else (step,):
                    yield chunk({"tool_calls": [{"index": calls, **_call(call)}]})
                    calls += 1
    told = {"usage": _usage(usage)} if usage is not None else {}
    yield chunk({}, turn.finish_reason(), x_groq={"id": request, "seed": 7, **told})


def whole(turn: Answer, model: str, id_: str, usage: Usage) -> Json:
    """The same answer as one body."""
    says = [piece for step in turn.steps if isinstance(step, Say) for piece in step.pieces]
    thoughts = [piece for step in turn.steps if isinstance(step, Think) for piece in step.pieces]
    calls = [
        call
        for step in turn.steps
        if isinstance(step, Call | Together)
        for call in (step.calls if isinstance(step, Together) else (step,))
    ]
    message: Json = {"role": "assistant"}
    if says:
        message["content"] = "".join(says)
    if thoughts:
        message["reasoning"] = "".join(thoughts)
    if calls:
        message["tool_calls"] = [_call(call) for call in calls]
    choice = {"index": 0, "message": message, "logprobs": None}
    return {
        "id": id_,
        "object": "chat.completion",
        "created": CREATED,
        "model": model,
        "choices": [{**choice, "finish_reason": turn.finish_reason()}],
        "usage": _usage(usage),
        "usage_breakdown": None,
        "system_fingerprint": FINGERPRINT,
        "x_groq": {"id": f"req_{id_}", "seed": 7},
        "service_tier": "on_demand",
    }


def overflow(size: int, window: int) -> tuple[int, Json]:
    """Groq's words for a prompt beyond the tokens that a minute allows, which tell the sizes."""
    text = (
        f"Request too large for model `{BIG}` in organization `{ORGANISATION}` service tier "
        f"`on_demand` on tokens per minute (TPM): Limit {window}, Requested {size}, please reduce "
        "your message size and try again."
    )
    return 413, error_body(text, kind="tokens", code="rate_limit_exceeded")


def _call(call: Call) -> Json:
    function = {"name": call.name, "arguments": "".join(call.fragments)}
    return {"id": call.id, "type": "function", "function": function}


def _usage(usage: Usage) -> Json:
    return {**usage.body(), **_TIMES}


GROQ = Manners(
    prefix="/openai/v1",
    check_body=check_body,
    chunks=chunks,
    whole=whole,
    usage_unasked=True,
    overflow=overflow,
)
