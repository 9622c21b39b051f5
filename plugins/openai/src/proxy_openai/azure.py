"""Azure's addresses: where the two APIs are below the many forms in which people name a resource.

| address | Responses | Chat Completions |
| --- | --- | --- |
| `https://R.openai.azure.com/openai/v1` | `/responses` | `/chat/completions` |
| `https://R.openai.azure.com`, without a dated `api_version` | `/openai/v1/responses` | as above |
| the same with one, the older API | `/openai/responses` | `/openai/deployments/MODEL/chat/...` |
| `https://R.openai.azure.com/openai/deployments/D` | | `/chat/completions` |

Sources: learn.microsoft.com/azure/foundry/openai/api-version-lifecycle; openai SDK 3.51,
`AzureOpenAI`.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from proxy_core.contract import Provider, Target, Unsupported

AZURE = "azure"
"""The quirk that says that a server is Azure's, where its host does not."""
API_VERSION = "api_version"

_HOSTS = (".openai.azure.com", ".services.ai.azure.com", ".cognitiveservices.azure.com")
_DATED = re.compile(r"\d{4}-\d{2}-\d{2}")
_FIRST_WITH_RESPONSES = "2025-03-01"
_LAST = "2024-10-21"
"""The last version of the old API that is no preview; a deployment's address needs one."""


def is_azure(provider: Provider) -> bool:
    """Whether the server is Azure's."""
    host = urlsplit(provider.base_url).hostname or ""
    return bool(provider.quirks.get(AZURE)) or host.endswith(_HOSTS)


def has_responses(provider: Provider) -> bool:
    """Whether Azure serves the Responses API at this address and in this version."""
    version = _version(provider)
    if "/deployments/" in provider.base_url:
        return False
    return not _is_old(provider) or version >= _FIRST_WITH_RESPONSES


def place(target: Target, path: str) -> str:
    """An API's path below the provider's address, with the version that it needs.

    Raises `Unsupported` for a model that no deployment can be named after.
    """
    provider = target.provider
    version = _version(provider)
    base = urlsplit(provider.base_url).path.rstrip("/")
    if "/deployments/" in base:
        return f"{path}?api-version={version or _LAST}"
    root = "" if base.endswith("/openai") else "/openai"
    if _is_old(provider):
        if path == "/chat/completions":
            root += f"/deployments/{_deployment(target.model)}"
        return f"{root}{path}?api-version={version}"
    if not base.endswith("/v1"):
        path = f"{root}/v1{path}"
    # The new API takes no date, but `preview`.
    return f"{path}?api-version={version}" if version and not _DATED.match(version) else path


def _deployment(model: str) -> str:
    if re.fullmatch(r"[\w.-]*\w[\w.-]*", model, re.ASCII):
        return model
    why = "Azure's deployments have names of letters, digits, dots, hyphens and underscores"
    raise Unsupported("/model", why)


def _is_old(provider: Provider) -> bool:
    """Whether the API is the one that has a version for each month."""
    dated = _DATED.match(_version(provider)) is not None
    return dated and not urlsplit(provider.base_url).path.rstrip("/").endswith("/v1")


def _version(provider: Provider) -> str:
    version = str(provider.quirks.get(API_VERSION, ""))
    if not re.fullmatch(r"[\w.-]{0,40}", version, re.ASCII):
        raise ValueError(f"{API_VERSION}: should be a version of Azure's API, such as {_LAST}")
    return version
