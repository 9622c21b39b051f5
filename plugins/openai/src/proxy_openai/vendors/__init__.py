"""The vendors that are spoken to over Chat Completions, as of November 2026.

Facts of models, where a row names no other source: the catalogues of litellm 1.106.2 and pi-ai
1.5.2, and what their code does for the vendor.
"""

from __future__ import annotations

from proxy_openai.vendors.gateways import CUSTOM, LITELLM, OPENROUTER
from proxy_openai.vendors.hosts import CEREBRAS, FIREWORKS, TOGETHER
from proxy_openai.vendors.local import LLAMACPP, LMSTUDIO, OLLAMA, VLLM
from proxy_openai.vendors.makers import DEEPSEEK, MISTRAL, XAI, ZAI

VENDORS = (
    *(OPENROUTER, FIREWORKS, TOGETHER, XAI, DEEPSEEK, CEREBRAS, MISTRAL, ZAI),
    *(OLLAMA, VLLM, LMSTUDIO, LLAMACPP, LITELLM, CUSTOM),
)
