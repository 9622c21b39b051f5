"""What of an answer is left alone on purpose, and why."""

from __future__ import annotations

from collections.abc import Mapping

_OWN = "the client gets the proxy's own, or the one that it asked with"
_FORM = "says what the form of the answer says"
_FIGURE = "figures about the server, which no client of the Messages API knows"
_UNASKED = "never asked for"
_FILTER = "verdicts of a filter that let the answer pass"

LEFT: Mapping[str, Mapping[str, str]] = {
    "Chunk": {
        "id": _OWN,
        "model": _OWN,
        "object": _FORM,
        "created": _FIGURE,
        "obfuscation": _FIGURE,  # padding that hides the length of a chunk
        "system_fingerprint": _FIGURE,
        "service_tier": _FIGURE,
        "provider": _FIGURE,  # OpenRouter
        "timings": _FIGURE,  # llama.cpp
        "time_info": _FIGURE,  # Cerebras
        "prompt_filter_results": _FILTER,  # Azure
        "prompt_logprobs": _UNASKED,
        "prompt_token_ids": _UNASKED,
        "kv_transfer_params": _UNASKED,
    },
    "XGroq": {"id": _OWN, "seed": _FIGURE},
    "Choice": {
        "logprobs": _UNASKED,
        "native_finish_reason": _FORM,  # OpenRouter; beside the one that is read
        "stop_reason": _FORM,  # vLLM; the same
        "matched_stop": _FORM,  # SGLang
        "token_ids": _UNASKED,
        "content_filter_results": _FILTER,
    },
    "Delta": {
        "role": _FORM,
        "name": _FORM,
        "function_call": _UNASKED,  # the form of calls before there were several
        "audio": _UNASKED,
    },
    "Part": {},
    "CallPart": {"type": _FORM},
    "Function": {},
}
