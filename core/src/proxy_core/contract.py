"""The contract between core and plugins: the nouns that cross the border.

Everything here is data or a protocol. Plugins build and receive these; they open no sockets
and never see a key.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, NamedTuple, Protocol

import msgspec
from pydantic import BaseModel, ConfigDict, Field, model_validator

from proxy_core.ledger import Loss

API_VERSION = (1, 0)
"""Version of hooks and contract. Within a major, things are only added."""


class ProxyError(Exception):
    """Base of every error this package raises on purpose."""


class OtherVersion(ProxyError):
    """A plugin is written for an API that this proxy-core does not have."""

    def __init__(self, theirs: tuple[int, int]) -> None:
        update = "the plugin" if theirs < API_VERSION else "proxy-core"
        super().__init__(
            f"is written for plugin API {theirs[0]}.{theirs[1]}, this proxy-core has "
            f"{API_VERSION[0]}.{API_VERSION[1]}; update {update}"
        )


class Unsupported(ProxyError):
    """The request asks for something that must not be guessed; the client gets a 400.

    `path` is a JSON pointer into the client's request, `why` a sentence for a person.
    """

    def __init__(self, path: str, why: str) -> None:
        super().__init__(f"{path}: {why}")
        self.path = path
        self.why = why


class ProtocolError(ProxyError):
    """The upstream sent something that no reading of its protocol allows."""


# -- who and where -------------------------------------------------------------------------


class _Card(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ModelFacts(_Card):
    """What is known of one model or of a family of models. Data, each with its source."""

    pattern: str
    """Model id, or a glob over ids (`gpt-5*`). The first match in a card's table wins."""
    context_window: int | None = None
    """Tokens of prompt and answer together; None: not known, nothing is enforced."""
    max_output_tokens: int | None = None
    """The longest answer; None: not known."""
    vision: bool | None = None
    """Takes images. None: not known, images are sent."""
    efforts: tuple[str, ...] | None = None
    """Reasoning efforts the model accepts; () means it has no such control; None: not known."""
    quirks: Mapping[str, Any] = Field(default_factory=dict)
    """Fields of the dialect's `Quirks` that differ for this model."""
    source: str = ""
    """Where these facts come from: a page's address or a document and its date."""


class Provider(_Card):
    """A place to send to, and what its plugin knows of it."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_-]*$")
    """What users write before the slash of `provider/model`."""
    base_url: str = Field(pattern=r"^https?://[^/?#@\\\s]+(/[^?#\s]*)?$")
    """Origin and path prefix. Requests go below it and nowhere else."""
    api_version: tuple[int, int] = API_VERSION
    """Version of this contract that the plugin was written for. A card of another major version,
    or of a newer minor one, cannot be made: `OtherVersion` says what to update."""
    key_env: tuple[str, ...] = ()
    """Environment variables that may hold the key, first wins."""
    key_required: bool = True
    """Whether the provider is of no use without a key; local servers seldom ask for one."""
    key_header: str = "authorization"
    """The header that holds the key."""
    key_scheme: str = "Bearer"
    """Put before the key and a space; empty for headers that hold the bare key."""
    base_url_env: tuple[str, ...] = ()
    """Environment variables that may hold another `base_url`, first wins."""
    base_path: str = Field(default="", pattern=r"^(/[^/?#\s]+)*$")
    """How `base_url` ends where users name the host alone, as the vendor's SDK does (`/openai/v1`
    at Groq). Core completes an address from the settings that does not end so."""
    headers: Mapping[str, str] = Field(default_factory=dict)
    """Fixed headers the vendor wants. Never a secret."""
    models: tuple[ModelFacts, ...] = ()
    """What is known of its models, narrower patterns first."""
    big: str = ""
    """The model for names like opus; empty: the user has to name one."""
    middle: str = ""
    """The model for names like sonnet; empty means `big`."""
    small: str = ""
    """The model for names like haiku, and for a client's small background calls."""
    quirks: Mapping[str, Any] = Field(default_factory=dict)
    """Fields of the dialect's `Quirks` that differ for this vendor."""
    quirk_env: Mapping[str, str] = Field(default_factory=dict)
    """Quirks that a user may set by an environment variable: its name, by the quirk's. Core puts
    the variable's text into `quirks`; plugins read no environment. Never a secret."""
    aliases: tuple[str, ...] = ()
    """Other names a user may write for this provider."""
    docs: str = ""
    """Address of the vendor's own API documentation."""

    @model_validator(mode="before")
    @classmethod
    def _refuse_other_version(cls, fields: Any) -> Any:
        """Before the fields: some of them may be known to that other version alone."""
        match fields:
            case {"api_version": (int(major), int(minor))} if (
                major != API_VERSION[0] or minor > API_VERSION[1]
            ):
                raise OtherVersion((major, minor))
        return fields

    @property
    def origin(self) -> str:
        """Scheme, host and port of `base_url`, in lower case."""
        return "/".join(self.base_url.split("/", 3)[:3]).lower()

    @property
    def key_setting(self) -> str:
        """Where a user sets the key, for messages."""
        return " or ".join(self.key_env) or f"providers.{self.name}.api_key_env"

    @property
    def address_setting(self) -> str:
        """Where a user sets the address, for messages."""
        return " or ".join(self.base_url_env) or f"providers.{self.name}.base_url"


class ModelOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What the user's model table says of one entry beyond its target."""

    reasoning_effort: str | None = None
    """Wins over the effort that the client asks for."""
    max_tokens: int | None = None
    """The longest answer."""
    temperature: float | None = None
    """Wins over the client's."""
    extra_body: dict[str, Any] = {}
    """Members put into the upstream's request."""
    extra_headers: dict[str, str] = {}
    """Headers of the upstream's request; no credentials."""


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """One model at one provider: where a request goes."""

    provider: Provider
    """The card, with the user's address and quirks on it."""
    model: str
    """The model id as the vendor spells it."""
    facts: ModelFacts
    """The first row of the card's table that matches; an empty one where none does."""
    options: ModelOptions = ModelOptions()
    """What the user's model table says of this entry."""

    @property
    def name(self) -> str:
        """`provider/model`, as users write it."""
        return f"{self.provider.name}/{self.model}"

    @property
    def max_output_tokens(self) -> int | None:
        """The longest answer: what the model can, or the less that the user's table allows."""
        bounds = (self.options.max_tokens, self.facts.max_output_tokens)
        return min((bound for bound in bounds if bound is not None), default=None)

    def under(self, quirks: Mapping[str, Any]) -> Target:
        """The same target under further quirks, which count before its provider's and model's."""
        provider = {"quirks": {**self.provider.quirks, **quirks}}
        facts = {"quirks": {**self.facts.quirks, **quirks}}
        return msgspec.structs.replace(
            self,
            provider=self.provider.model_copy(update=provider),
            facts=self.facts.model_copy(update=facts),
        )


# -- one exchange --------------------------------------------------------------------------


class UpstreamRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What to send upstream. Core adds the key and joins `path` to the provider's base."""

    target: Target
    """Where it goes; the one that the hook was given."""
    path: str
    """Path below the provider's `base_url`, beginning with `/`; may hold a query."""
    body: bytes
    """JSON; a content type is core's to name."""
    stream: bool
    """The upstream was asked for an event stream."""
    method: str = "POST"
    """The HTTP method."""
    headers: tuple[tuple[str, str], ...] = ()
    """Headers beside the card's; none that holds a key."""
    context: Any = None
    """What the plugin must remember of the request to read the answer."""
    stop_sequences: tuple[str, ...] = ()
    """Stop sequences that the server does not take: core's writer watches for them in the text of
    the answer and ends it there. An answer that is relayed is not watched."""
    relay: bool = False
    """The answer comes in the client's own language and is passed on as it comes: events keep
    their bytes (`SseEvent.raw`), and the client gets the upstream's own headers."""


class SseEvent(NamedTuple):
    """One server-sent event as it came, data lines joined by LF."""

    event: str
    """Its type; empty where the stream names none."""
    data: bytes
    """What its data lines hold."""
    raw: bytes = b""
    """All its bytes, where the request's `relay` asks for them. There an event without data,
    a comment for example, is told too."""


class StreamTranslator(Protocol):
    """Reads one streamed answer and tells it to the writer it was opened with."""

    def feed(self, event: SseEvent) -> None:
        """Read one event. Raises ProtocolError when it cannot be read."""

    def close(self, complete: bool) -> None:
        """The upstream said its last; `complete` is False when the transport broke."""


class FailureKind(StrEnum):
    """Where an upstream failed."""

    STATUS = "status"  # an HTTP status other than 2xx
    STREAM = "stream"  # an error inside an answer that began as a success
    CONNECT = "connect"  # no connection: DNS, refused, TLS
    RESET = "reset"  # connection lost before or in the answer
    TIMEOUT = "timeout"  # too long without a byte
    PROTOCOL = "protocol"  # bytes that are not what the protocol allows


class UpstreamFailure(msgspec.Struct, frozen=True, kw_only=True):
    """What went wrong upstream, as raw as it is safe to be."""

    kind: FailureKind
    """Where it failed."""
    status: int | None = None
    """The upstream's HTTP status, where there was one."""
    headers: Mapping[str, str] = {}
    """Lower-case names; only those that tell of retries, limits and request ids."""
    body: bytes = b""
    """At most 64 KiB."""
    detail: str = ""
    """Core's own words for transport faults; never content, never a key."""
    unread: bool = False
    """A kept connection turned out to be closed: the request cannot have been read."""


class About(StrEnum):
    """What an error is about, so that core and clients can act on it."""

    CONTEXT_OVERFLOW = "context_overflow"
    MAX_TOKENS = "max_tokens"
    RATE_LIMIT = "rate_limit"
    QUOTA = "quota"
    OVERLOADED = "overloaded"
    KEY = "key"
    PERMISSION = "permission"
    MODEL = "model"
    PARAMETER = "parameter"
    ADDRESS = "address"  # what answered is no API: a redirect, a web page
    TOOL_CALL = "tool_call"
    CONTENT_FILTER = "content_filter"
    REQUEST = "request"
    UPSTREAM = "upstream"
    PROXY = "proxy"


class Repair(msgspec.Struct, frozen=True, kw_only=True):
    """How a target is asked anew after it refused a request.

    At once, and only while the client has seen nothing of an answer. One repair may follow
    another for each target of a request, if it is for something else.
    """

    quirks: Mapping[str, Any] = {}
    """Quirks, laid over those of provider and model, under which core has the client's request
    translated anew. Empty: the model slipped, and not the request, which is sent again as it is."""
    lasting: bool = False
    """The cause is the account or the model, and not this conversation: if the quirks help,
    the model is asked under them from then on, for as long as the process runs."""

    def __post_init__(self) -> None:
        """A plugin's slip is found where it is made."""
        msgspec.convert((self.quirks, self.lasting), tuple[dict[str, Any], bool])


class ErrorVerdict(msgspec.Struct, frozen=True, kw_only=True):
    """A failure, read: what the client is told and whether trying again can help."""

    status: int
    """The HTTP status that the client gets."""
    type: str
    """Anthropic error type, for example `rate_limit_error`."""
    message: str
    """Safe to show: no key, no prompt, no markup."""
    about: About = About.UPSTREAM
    """Decides which advice a person is given, and whether the client is told to try again."""
    retryable: bool = False
    """Asking the same again may help."""
    may_be_billed: bool = False
    """The upstream had begun to answer, so that asking it again may cost twice."""
    retry_after: float | None = None
    """Seconds, as the upstream asked."""
    parameter: str | None = None
    """Name of the refused request parameter, when `about` is PARAMETER."""
    body: bytes = b""
    """The error as the upstream told it in the client's own language; the client gets it as it
    is. Empty: core makes one of `type` and `message`."""
    headers: tuple[tuple[str, str], ...] = ()
    """The upstream's headers that belong to `body`, names in lower case."""
    repair: Repair | None = None
    """What may help, tried before the client is told anything. One with quirks is not tried on a
    request that may be billed."""
    sum_above: tuple[int, int] | None = None
    """Of an overflow: the tokens that the upstream counted and the limit that they exceed, where
    prompt and `max_tokens` may be counted in one. Core, which estimates the prompt, tells which of
    the two does not fit."""

    def __post_init__(self) -> None:
        """What cannot be told fails where it is made, and not when the client is answered."""
        shown = (self.status, self.type, self.message, self.retryable, self.retry_after)
        msgspec.convert(shown, tuple[int, str, str, bool, float | None])
        if not isinstance(self.repair, Repair | None):
            raise TypeError("repair: should be a Repair")


class TokenCount(msgspec.Struct, frozen=True):
    """A count of input tokens and how it was made."""

    tokens: int
    """How many."""
    method: str
    """How it was made, in a few words: the header `x-proxy-token-count` shows them."""


class CountCall(msgspec.Struct, frozen=True):
    """The vendor's own counting call, for core to make."""

    request: UpstreamRequest
    """The call; to the provider's own address, as any other."""
    read: Callable[[bytes], int]
    """Takes the answer's body; raises `ProtocolError` when it holds no count."""


class Usage(msgspec.Struct, frozen=True, kw_only=True):
    """Token counts in Anthropic's sense: the three input figures add up to the prompt."""

    input_tokens: int = 0
    """Of the prompt, what was neither read from a cache nor written to one."""
    output_tokens: int = 0
    """Of the answer, its thinking included."""
    cache_read_input_tokens: int = 0
    """Of the prompt, what the vendor's cache held."""
    cache_creation_input_tokens: int = 0
    """Of the prompt, what was written to the vendor's cache."""
    thinking_tokens: int | None = None
    """Of the answer, what was thinking; None: not told."""
    web_searches: int = 0
    """Searches that the server made by itself; core's writer counts those it was told of."""


class Exchange(msgspec.Struct, frozen=True, kw_only=True):
    """The record of one finished exchange. Never content, never keys."""

    request_id: str
    """The proxy's own, in the client's `request-id`."""
    upstream_request_id: str | None
    """The provider's, if it told one."""
    requested_model: str
    """The name that the client asked for."""
    target: str
    """`provider/model` that answered, or the last one that was asked."""
    fallbacks: tuple[str, ...]
    """`provider/model=reason` of the targets that were given up, be it unasked."""
    repairs: tuple[str, ...] = ()
    """`provider/model=quirk,quirk` of the targets that were asked in other words than usual: since
    they had refused the usual ones or, with ` (learned)` at the end, did so earlier."""
    stream: bool
    """The client asked for a stream."""
    status: int
    """The HTTP status that the client got."""
    outcome: str
    """`ok`, an Anthropic error type, or `client_left`."""
    stop_reason: str | None
    """Why the model stopped, in Anthropic's words; None where it did not come to that."""
    usage: Usage
    """Tokens of the answer that the client got."""
    losses: tuple[Loss, ...]
    """What the translations could not say."""
    request_bytes: int
    """Size of the client's request."""
    response_bytes: int
    """Size of what the client got."""
    first_byte_seconds: float | None
    """Until the provider's answer began; None where none did."""
    total_seconds: float
    """From the client's request to the end."""
