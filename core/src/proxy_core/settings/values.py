"""The forms in which a value may be written, in a file or in a variable."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

import msgspec
from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, StringConstraints

from proxy_core import headers
from proxy_core.contract import ModelOptions
from proxy_core.routing import Entry
from proxy_core.settings.errors import suggestion

_UNITS = {"": 1, "k": 1000, "m": 1_000_000}


def _tokens(value: object) -> object:
    """`16k` as 16000; whatever else is not a number stays for the next check to refuse."""
    match = re.fullmatch(r"([0-9]{1,9})([km]?)", str(value).strip().lower())
    return int(match[1]) * _UNITS[match[2]] if match else str(value)


Tokens = Annotated[int, BeforeValidator(_tokens), Field(gt=0)]
"""A number of tokens, also as `16k`."""

Seconds = Annotated[float, Field(gt=0, allow_inf_nan=False)]

Host = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
"""An address to listen on, without the blanks around it."""


def _level(value: object) -> object:
    """The first word in capitals: container files keep the comment in the value."""
    words = str(value).split()
    word = words[0].upper() if words else ""
    return {"WARN": "WARNING", "FATAL": "CRITICAL"}.get(word, word)


LogLevel = Annotated[
    Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"], BeforeValidator(_level)
]


def _names(value: object) -> object:
    parts = value.split(",") if isinstance(value, str) else value
    if not isinstance(parts, list | tuple):
        return parts
    stripped = (part.strip() if isinstance(part, str) else part for part in parts)
    return tuple(part for part in stripped if part != "")


Names = Annotated[tuple[str, ...], BeforeValidator(_names)]
"""Names as a list, or in one string with commas."""


def _provider(value: object) -> object:
    name = str(value).strip().lower()
    if not name:
        raise ValueError("should name a provider")
    return "gemini" if name == "google" else name


ProviderName = Annotated[str, BeforeValidator(_provider)]
"""A provider's name; predecessors call Gemini `google`."""


def is_address(url: str) -> bool:
    """Whether a URL can be a provider's: an origin and perhaps a path, nothing else."""
    if not re.fullmatch(r"https?://[^/?#@\\\s]+(/[^?#\s]*)?", url):
        return False
    try:
        parts = urlsplit(url)
        return parts.port != 0 and _is_name(parts.hostname or "")
    except ValueError:  # a port that is no number, or a bracket without its fellow
        return False


def _is_name(host: str) -> bool:
    """Whether a resolver takes it: its labels are not empty, nor longer than DNS has them."""
    return all(0 < len(label) <= 63 for label in host.removesuffix(".").split("."))


def _base_url(value: str) -> str:
    if not is_address(value):
        raise ValueError("should be http(s)://host[:port][/path], without query or credentials")
    return value.rstrip("/")


BaseUrl = Annotated[str, AfterValidator(_base_url)]


def _header_name(name: str) -> str:
    if fault := headers.fault(name, ""):
        raise ValueError(fault)
    return name


def _shared_header_name(name: str) -> str:
    if name.lower() in headers.SECRET:
        raise ValueError(f"{name} would go to every provider; set it in [providers.NAME.headers]")
    return _header_name(name)


def _header_value(value: SecretStr) -> SecretStr:
    if headers.fault("x", value.get_secret_value()):
        raise ValueError("should be visible ASCII characters, as header values are")
    return value


HeaderValue = Annotated[SecretStr, AfterValidator(_header_value)]
Headers = dict[Annotated[str, AfterValidator(_header_name)], HeaderValue]
SharedHeaders = dict[Annotated[str, AfterValidator(_shared_header_name)], HeaderValue]
"""Headers for every provider: so no credentials among them."""


AuthToken = Annotated[HeaderValue, Field(min_length=1)]
"""What clients send in a header."""


def _chain(value: object) -> tuple[Entry, ...]:
    """`"p/m"`, `{ to = "p/m", ... }`, or a list of these."""
    items = value if isinstance(value, list | tuple) else [value]
    if not items:
        raise ValueError("should name at least one model")
    return tuple(_entry(item) for item in items)


def _entry(value: object) -> Entry:
    if isinstance(value, Entry):
        return value
    table: dict[str, Any] = dict(value) if isinstance(value, Mapping) else {"to": value}
    to = table.pop("to", None)
    if not isinstance(to, str) or not to.strip():
        raise ValueError('should be "provider/model", or a table with `to`')
    known = list(ModelOptions.__struct_fields__)
    for key in table:
        if key not in known:
            raise ValueError(f"unknown key {key!r}{suggestion(key, [*known, 'to'])}")
    if "max_tokens" in table:
        table["max_tokens"] = _tokens(table["max_tokens"])
    try:
        options = msgspec.convert(table, ModelOptions)
    except msgspec.ValidationError as error:
        raise ValueError(str(error).replace("`$.", "`")) from None
    if options.max_tokens is not None and options.max_tokens <= 0:
        raise ValueError("max_tokens should be greater than 0")
    for name, text in options.extra_headers.items():
        if fault := headers.fault(name, text):
            raise ValueError(fault)
        if name.lower() in headers.SECRET:
            raise ValueError(f"{name} carries secrets; set it in [providers.NAME.headers]")
    return Entry(to.strip(), options)


Chain = Annotated[tuple[Entry, ...], BeforeValidator(_chain)]
"""Where a model name goes, first choice first."""
