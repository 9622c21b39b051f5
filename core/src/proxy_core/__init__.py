"""proxy-core: one API in front of any model.

The names below are the library's face. Those that need the server or the plugin loader are
imported when first used, so that `import proxy_core` stays cheap.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from proxy_core.contract import API_VERSION
from proxy_core.hookspecs import hookimpl

if TYPE_CHECKING:
    from proxy_core.plugins import load_plugins
    from proxy_core.server.app import create_app
    from proxy_core.settings import Settings
    from proxy_core.translator import Translator

__all__ = [
    "API_VERSION",
    "Settings",
    "Translator",
    "__version__",
    "create_app",
    "hookimpl",
    "load_plugins",
]

__version__ = "0.1.0"

_LAZY = {
    "Settings": "proxy_core.settings",
    "Translator": "proxy_core.translator",
    "create_app": "proxy_core.server.app",
    "load_plugins": "proxy_core.plugins",
}


def __getattr__(name: str) -> Any:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_LAZY[name]), name)
