"""Which plugins are installed, read from package metadata: nothing is imported."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import importlib_metadata
import msgspec

from proxy_core.hookspecs import PROJECT

SHIPPED = {
    "gemini": "proxy-gemini",
    "groq": "proxy-groq",
    "moonshot": "proxy-moonshot",
    "openai": "proxy-openai",
    "passthrough": "proxy-passthrough",
}
"""Names that belong to this project's own distributions."""

BRINGS = {
    "gemini": "google",
    "moonshot": "kimi",
    "openai": "azure cerebras custom deepseek fireworks grok litellm llamacpp lmstudio mistral "
    "ollama openrouter together vllm xai zai",
    "passthrough": "anthropic ark deepseek-anthropic fireworks-anthropic kimi-code "
    "litellm-anthropic llamacpp-anthropic lmstudio-anthropic meta mimo minimax ollama-anthropic "
    "openrouter-anthropic qwen vercel vllm-anthropic zai-anthropic",
}
"""Further names of providers that those plugins bring, to be known without importing them."""

_KEYS = {"gemini": ("GEMINI_API_KEY", "GOOGLE_API_KEY")}
"""Variables that hold a plugin's key, where they are not `<NAME>_API_KEY`."""


class InstalledPlugin(msgspec.Struct, frozen=True, kw_only=True):
    """One entry point of an installed distribution."""

    name: str
    package: str
    version: str
    entry_point: str
    """`module:object`, as the distribution declares it."""
    summary: str = ""
    duplicates: tuple[str, ...] = ()
    """Other distributions that claim the same name."""

    @property
    def refused(self) -> str | None:
        """Why this plugin is not loaded by its bare name; None when it may be."""
        owner = SHIPPED.get(self.name)
        if owner and normalized(self.package) != owner:
            return (
                f"the name {self.name!r} belongs to {owner}; to use the one in {self.package} "
                f"say {self.package}:{self.name}"
            )
        if self.duplicates and not owner:
            claims = " and ".join(sorted({self.package, *self.duplicates}))
            return (
                f"{claims} both bring a plugin {self.name!r}; choose one by its package, "
                f"for example {self.package}:{self.name}, or uninstall the other"
            )
        return None

    @property
    def key_variables(self) -> tuple[str, ...]:
        """The environment variables that show that a user wants this plugin."""
        name = re.sub(r"[^A-Z0-9]", "_", self.name.upper())
        return _KEYS.get(self.name, (f"{name}_API_KEY",))


def installed_plugins() -> tuple[InstalledPlugin, ...]:
    """All plugins that any installed distribution declares, by name and package."""
    found = [
        (entry.name, entry.dist, entry.value)
        for entry in importlib_metadata.entry_points(group=PROJECT)
        if entry.dist is not None
    ]
    plugins = [
        InstalledPlugin(
            name=name,
            package=dist.name,
            version=dist.version,
            entry_point=value,
            summary=dist.metadata.get("Summary", ""),
            duplicates=tuple(
                sorted(
                    other.name
                    for other_name, other, other_value in found
                    if other_name == name and (other.name, other_value) != (dist.name, value)
                )
            ),
        )
        for name, dist, value in found
    ]
    return tuple(sorted(plugins, key=lambda plugin: (plugin.name, plugin.package)))


def with_key(
    installed: Sequence[InstalledPlugin], environ: Mapping[str, str]
) -> tuple[InstalledPlugin, ...]:
    """The plugins to load when the user names none: those that may be and whose key is set."""
    return tuple(
        plugin
        for plugin in installed
        if plugin.refused is None and any(environ.get(name) for name in plugin.key_variables)
    )


def brought_by(provider: str) -> str | None:
    """The plugin that brings a provider of this name, installed or one of the project's own; None
    where none is known without importing it."""
    plugins = [*SHIPPED, *(one.name for one in installed_plugins() if one.refused is None)]
    return next(
        (name for name in plugins if provider in (name, *BRINGS.get(name, "").split())), None
    )


def normalized(package: str) -> str:
    """The one spelling of a distribution's name (PEP 503)."""
    return re.sub(r"[-_.]+", "-", package).lower()
