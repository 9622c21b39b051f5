"""What can be set, with its defaults."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, SecretStr, model_validator

from proxy_core.contract import Provider
from proxy_core.settings.load import gather
from proxy_core.settings.upstreams import OPEN, Environment, base_url_of, is_loopback, key_of
from proxy_core.settings.values import (
    AuthToken,
    BaseUrl,
    Chain,
    Headers,
    Host,
    LogLevel,
    Names,
    ProviderName,
    Seconds,
    SharedHeaders,
    Tokens,
)


class _Table(BaseModel):
    model_config = ConfigDict(
        frozen=True, extra="forbid", arbitrary_types_allowed=True, hide_input_in_errors=True
    )


class ProviderTable(_Table):
    """`[providers.NAME]`: changes to a provider's card, or a further provider."""

    like: str | None = None
    """The provider whose card and plugin serve this one; None: it is a plugin's own."""
    base_url: BaseUrl | None = None
    """Where it is; None: where the card says."""
    api_key_env: Names | None = None
    """Variables that may hold the key, first wins."""
    headers: Headers = {}
    """Headers that this provider gets with each request; may hold secrets."""
    client_key: bool = False
    """Show the provider the client's own credential in place of a key of this proxy's."""
    quirks: Mapping[str, Any] = {}
    """Quirks of the provider's dialect, by name; they win over the card's."""


class Settings(_Table):
    """Every setting of the proxy. `Settings.load` gathers them; all have a default."""

    # -- server --------------------------------------------------------------------------
    host: Host = "127.0.0.1"
    """Where to listen; any address but loopback needs a token."""
    port: int = Field(8082, ge=0, le=65535)
    """0 takes a free one."""
    log_level: LogLevel = "INFO"
    """DEBUG, INFO, WARNING, ERROR or CRITICAL."""
    log_file: Path | None = None
    """A file that gets the log as lines of JSON too."""
    auth_token: AuthToken | None = None
    """What clients must send; None lets in whatever reaches the loopback address."""
    allowed_hosts: Names = ()
    """Names under which the proxy is reached beside the address it listens on; a request with
    another `Host` is refused."""
    allowed_origins: Names = ()
    """Web origins whose pages may ask; requests of others are refused."""
    max_concurrent: int = Field(256, gt=0)
    """Requests that are served at the same time."""
    max_body_bytes: int = Field(32 << 20, gt=0)
    """The longest request that is read."""
    body_timeout: Seconds = 30
    """How long a request's body may take to arrive."""
    status_commit_seconds: Seconds = 10
    """How long 200 is held back, so that an early failure keeps its status."""
    ping_seconds: Seconds = 10
    """How often a stream in which nothing happens is told to be alive."""
    late_usage_seconds: Seconds = 5
    """How long to wait for usage after the model stopped."""
    drain_seconds: Seconds = 30
    """How long running answers may take when the proxy is told to end."""
    strict: bool = False
    """Refuse a request when its translation would lose meaning."""

    # -- where requests go ---------------------------------------------------------------
    plugins: Names | None = None
    """The plugins to load; None: those whose key is set, and the preferred provider's."""
    provider: ProviderName | None = None
    """Serves model names without a provider; None: the first."""
    models: dict[str, Chain] = {}
    """Where a name that clients ask for goes: `provider/model`, a table with `to`, or a list of
    these, the next one for when the one before is down."""
    providers: dict[str, ProviderTable] = {}
    """Changes to a provider's card, or further providers."""

    # -- requests and answers ------------------------------------------------------------
    max_tokens_limit: Tokens | None = None
    """The most that `max_tokens` may be, whatever clients ask for."""
    min_tokens_limit: Tokens | None = None
    """The least; where the two contradict each other, the upper one wins."""
    force_disable_streaming: bool = False
    """Ask upstreams for whole answers; clients still get the stream they asked for."""
    custom_headers: SharedHeaders = {}
    """Headers that every provider gets, so no credentials among them."""

    # -- upstream ------------------------------------------------------------------------
    max_retries: int = Field(2, ge=0, le=20)
    """How often one target is asked again, where that cannot cost twice."""
    max_streaming_retries: int | None = Field(None, ge=0, le=20)
    """As `max_retries`, for streamed answers; None: the same."""
    connect_timeout: Seconds = 5
    """For a connection to an upstream."""
    first_byte_timeout: Seconds = 120
    """For a streamed answer to begin."""
    idle_timeout: Seconds = 90
    """How long an answer that has begun may be silent."""
    request_timeout: Seconds = 600
    """For an answer that is not streamed, from the request to its first byte."""
    trust_env: bool = False
    """Honour HTTPS_PROXY and its kin."""
    ca_file: Path | None = None
    """Certificates to trust, for upstreams with an authority of their own."""

    _environment: Environment = PrivateAttr(default_factory=lambda: Environment({}))
    _origins: Mapping[str, str] = PrivateAttr(default_factory=dict)
    _warnings: tuple[str, ...] = PrivateAttr(default=())

    @classmethod
    def load(
        cls,
        flags: Mapping[str, Any] | None = None,
        *,
        environ: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        config: Path | None = None,
    ) -> Self:
        """Settings from flags, environment, `.env` and files, in this order of precedence.

        `environ` and `cwd` are the process's own unless given. Raises `SettingsError`.
        """
        found = gather(flags or {}, environ, cwd, config)
        settings = found.check(cls, providers=ProviderTable)
        settings._environment = found.environment
        settings._origins = MappingProxyType(found.origins)
        settings._warnings = tuple(found.warnings)
        return settings

    @property
    def origins(self) -> Mapping[str, str]:
        """Where each value that is not a default came from, by its dotted name."""
        return self._origins

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the user should be told when the proxy starts."""
        return self._warnings

    @property
    def environment(self) -> Environment:
        """The variables of the process and of `.env`; empty for settings made by hand."""
        return self._environment

    def key_for(self, provider: Provider) -> SecretStr | None:
        """The provider's key, if the environment has one."""
        return key_of(provider, self._environment)

    def base_url_for(self, provider: Provider) -> str:
        """Where the provider is, as the user or its card has it. Raises `SettingsError`."""
        table = self.providers.get(provider.name, ProviderTable())
        return base_url_of(provider, table.base_url, self._environment, (self.host, self.port))

    def sends_clients_key(self, provider: Provider) -> bool:
        """Whether the provider gets the client's own credential."""
        return self.providers.get(provider.name, ProviderTable()).client_key

    def has_credential_for(self, provider: Provider) -> bool:
        """Whether the provider can be shown what it asks for, be it nothing."""
        return (
            not provider.key_required
            or self.sends_clients_key(provider)
            or self.key_for(provider) is not None
            or provider.key_header in self.headers_for(provider)
        )

    def headers_for(self, provider: Provider) -> dict[str, SecretStr]:
        """The headers that the user wants a provider to get, names in lower case."""
        own = self.providers.get(provider.name, ProviderTable()).headers
        return {name.lower(): value for name, value in {**self.custom_headers, **own}.items()}

    @model_validator(mode="after")
    def _closed_unless_locked(self) -> Self:
        if self.auth_token is None and not is_loopback(self.host):
            raise ValueError(f"host: {OPEN}")
        return self
