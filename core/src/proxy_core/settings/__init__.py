"""Settings: one frozen object, and for each value where it came from.

model    what can be set
values   the forms in which a value may be written
upstreams  where a provider is and with which key, from settings and environment
files    TOML files, and where they are looked for
sources  flags, environment and files as layers of plain values
load     the layers laid over one another, checked
"""

from proxy_core.settings.errors import SettingsError
from proxy_core.settings.files import search_paths
from proxy_core.settings.model import ProviderTable, Settings
from proxy_core.settings.upstreams import Environment

__all__ = ["Environment", "ProviderTable", "Settings", "SettingsError", "search_paths"]
