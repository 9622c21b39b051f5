"""What can be wrong with a plugin: at start, and while it works."""

from __future__ import annotations

from pydantic import ValidationError

from proxy_core.anthropic.errors import safe_text
from proxy_core.contract import ProxyError


class PluginError(ProxyError):
    """A plugin that cannot be used; the text is one line for the person who configures."""

    def __init__(self, text: str) -> None:
        super().__init__(" ".join(text.split()))


class PluginFault(ProxyError):
    """A plugin failed in one exchange. The text is safe to show: it never quotes `original`,
    which may hold what the client wrote."""

    def __init__(self, plugin: str, hook: str, what: str, original: BaseException | None) -> None:
        super().__init__(f"plugin {plugin!r} failed in {hook}: {what}")
        self.plugin = plugin
        self.hook = hook
        self.original = original


def reason(error: BaseException) -> str:
    """An exception raised while a plugin was loaded, in one safe line."""
    if isinstance(error, ValidationError):
        return f"invalid {error.title}: " + "; ".join(
            f"{'.'.join(str(part) for part in detail['loc'])}: {detail['msg']}"
            for detail in error.errors(include_url=False, include_input=False)
        )
    text = safe_text(str(error))
    name = type(error).__name__
    return f"{name}: {text}" if text else name
