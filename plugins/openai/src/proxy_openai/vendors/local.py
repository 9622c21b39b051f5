"""Servers of one's own, without a key: Ollama, vLLM, LM Studio, llama.cpp.

Which models they have is not known; `BIG_MODEL=ollama/NAME` and its like say it.
"""

from __future__ import annotations

from proxy_core.contract import Provider
from proxy_openai.vendors.facts import FIRST_ALONE, OVER_CHAT, rows

OLLAMA = Provider(
    name="ollama",
    base_url="http://127.0.0.1:11434/v1",
    base_path="/v1",
    base_url_env=("OLLAMA_BASE_URL",),  # OLLAMA_HOST is the server's own, and no address
    key_env=("OLLAMA_API_KEY",),
    key_required=False,
    quirks={
        OVER_CHAT: {
            **FIRST_ALONE,
            # docs.ollama.com/api/openai-compatibility, 2026-08: neither is taken.
            "tool_choice": False,
            "image_urls": False,
            "parallel_tool_calls": False,
        }
    },
    models=(
        # The window is what OLLAMA_CONTEXT_LENGTH makes it. Ollama cuts off the beginning of
        # what is longer, the instructions first, without a word.
        *rows(
            "gpt-oss:20b gpt-oss:120b gpt-oss:*",
            efforts="low medium high",
            source="docs.ollama.com, thinking, 2026-08",
        ),
    ),
    big="gpt-oss:120b",
    small="gpt-oss:20b",
    docs="https://docs.ollama.com/api/openai-compatibility",
)

VLLM = Provider(
    name="vllm",
    base_url="http://127.0.0.1:8000/v1",
    base_path="/v1",
    base_url_env=("VLLM_BASE_URL",),
    key_env=("VLLM_API_KEY",),
    key_required=False,
    quirks={
        OVER_CHAT: {
            **FIRST_ALONE,
            "top_k": True,
            # Whether a model thinks is a variable of its template: docs.vllm.ai, reasoning outputs.
            "reasoning_control": "template",
        }
    },
    docs="https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html",
)

LMSTUDIO = Provider(
    name="lmstudio",
    base_url="http://127.0.0.1:1234/v1",
    base_path="/v1",
    base_url_env=("LMSTUDIO_BASE_URL",),
    key_env=("LM_API_TOKEN", "LMSTUDIO_API_KEY"),
    key_required=False,
    quirks={OVER_CHAT: {**FIRST_ALONE, "top_k": True}},
    docs="https://lmstudio.ai/docs/app/api/endpoints/openai",
)

LLAMACPP = Provider(
    name="llamacpp",
    base_url="http://127.0.0.1:8080/v1",
    base_path="/v1",
    base_url_env=("LLAMACPP_BASE_URL",),
    key_env=("LLAMA_API_KEY",),
    key_required=False,
    quirks={
        OVER_CHAT: {
            **FIRST_ALONE,
            "top_k": True,
            "reasoning_control": "template",
            # Schemas become grammars, and not all can: 500 "failed to parse grammar".
            "dropped_schema_keywords": ("pattern", "format"),
        }
    },
    docs="https://github.com/ggml-org/llama.cpp/tree/master/tools/server",
)
