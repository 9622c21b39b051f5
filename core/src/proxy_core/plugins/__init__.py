"""Plugins: found without importing them, loaded when allowed, bound once.

installed   what is there, read from package metadata
allowed     which of them may be loaded
load        the allowed ones, imported
verify      their hooks, compared with the specifications
cards       their providers, checked
bind        their hooks as typed calls that watch over what comes back
collection  all of it together: `Plugins`
"""

from proxy_core.plugins.allowed import allowed_plugins, load_allowed
from proxy_core.plugins.collection import Plugins
from proxy_core.plugins.configured import configured, left_out
from proxy_core.plugins.errors import PluginError, PluginFault
from proxy_core.plugins.installed import InstalledPlugin, brought_by, installed_plugins, with_key
from proxy_core.plugins.load import load_plugins

__all__ = [
    "InstalledPlugin",
    "PluginError",
    "PluginFault",
    "Plugins",
    "allowed_plugins",
    "brought_by",
    "configured",
    "installed_plugins",
    "left_out",
    "load_allowed",
    "load_plugins",
    "with_key",
]
