"""Who may speak: the gate in front of the whole application, shut unless a rule opens it.

A proxy on loopback is within reach of every web page the user opens: by a form, by a `fetch`
whose answer the page need not read, by a name that is rebound to 127.0.0.1. So each request is
judged before any route sees it, on the bytes of the ASGI scope alone. Nothing here is taken
from a URL that a framework rebuilt from the Host header (CVE-2026-49468 of another gateway).
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import ip_address
from typing import Any

from pydantic import SecretStr

from proxy_core.anthropic.errors import TYPE_OF_STATUS, body
from proxy_core.anthropic.ids import new_request_id

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

LOOPBACK_NAMES = ("127.0.0.1", "localhost", "[::1]")
OPEN_PATHS = (b"/", b"/health")
"""Need no token: they tell that the proxy is alive and no secret."""

_OWN_SITES = frozenset({b"none", b"same-origin"})
_FORM_TYPES = frozenset(
    {b"text/plain", b"multipart/form-data", b"application/x-www-form-urlencoded"}
)
"""What a page can send anywhere without asking first (the Fetch standard's safelist). Other
types pass, a missing one too: clients that are no browsers are careless with this header."""
_HOST_WITH_PORT = re.compile(rb"([a-z0-9.-]+|\[[0-9a-f:]+\]):[0-9]{1,5}")
_BODILESS = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True)
class GuardRules:
    """What is let through beyond the defaults."""

    hosts: frozenset[str] = frozenset()
    """Further Host values: `name:port`, or `name` for any port."""
    origins: frozenset[str] = frozenset()
    """Origins of pages that may call, exactly as browsers write them."""
    token: SecretStr | None = None
    """What clients must send as `x-api-key` or Bearer; None accepts any key or none."""

    def __post_init__(self) -> None:
        if self.token is not None and not self.token.get_secret_value():
            raise ValueError("token: an empty one would let everyone in; set one or none")


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request goes no further; the message says what to do about it."""

    status: int
    message: str


class Guard:
    """ASGI middleware that answers what may not pass, and hands on the rest untouched."""

    def __init__(self, app: App, rules: GuardRules) -> None:
        self._app = app
        self._secret = rules.token.get_secret_value().encode("utf-8") if rules.token else None
        self._hosts = frozenset(host.lower().encode("latin-1") for host in rules.hosts)
        self._origins = frozenset(origin.encode("latin-1") for origin in rules.origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
        elif (refusal := self._judge(scope)) is not None:
            await _answer(refusal, send)
        else:
            await self._app(scope, receive, send)

    def _judge(self, scope: Scope) -> Refusal | None:
        headers: list[tuple[bytes, bytes]] = scope["headers"]
        return (
            self._host(scope, headers)
            or self._page(headers)
            or _body_form(scope["method"], headers)
            or self._token(scope, headers)
        )

    def _host(self, scope: Scope, headers: list[tuple[bytes, bytes]]) -> Refusal | None:
        hosts = _values(headers, b"host")
        if len(hosts) == 1:
            host = hosts[0]
            if host in _own_hosts(_server(scope), scope.get("scheme", "http")):
                return None
            if host in self._hosts or _without_port(host) in self._hosts:
                return None
        return Refusal(
            403,
            "host: this proxy does not answer to that name. "
            "Call it as 127.0.0.1, localhost or [::1] with its port.",
        )

    def _page(self, headers: list[tuple[bytes, bytes]]) -> Refusal | None:
        """Refuse what a web page sent, unless its origin was allowed."""
        origins = _values(headers, b"origin")
        if origins and self._origins.issuperset(origins):
            return None
        if origins or not _OWN_SITES.issuperset(_values(headers, b"sec-fetch-site")):
            return Refusal(403, "origin: this proxy does not serve web pages.")
        return None

    def _token(self, scope: Scope, headers: list[tuple[bytes, bytes]]) -> Refusal | None:
        wanted = self._secret
        if wanted is None or _path(scope) in OPEN_PATHS:
            return None
        sent = [*_values(headers, b"x-api-key"), *map(_bearer, _values(headers, b"authorization"))]
        # All are compared, each in constant time: the answer's delay tells nothing.
        matches = [hmac.compare_digest(value, wanted) for value in sent]
        if True in matches:
            return None
        what = "is not this proxy's" if any(sent) else "is missing"
        return Refusal(
            401,
            f"token: it {what}. Send the proxy's token (its PROXY_AUTH_TOKEN) as x-api-key "
            "or Bearer; for Claude Code set ANTHROPIC_AUTH_TOKEN to it.",
        )


def _body_form(method: str, headers: list[tuple[bytes, bytes]]) -> Refusal | None:
    """Refuse bodies in a form that only browsers or bombs come in."""
    if method in _BODILESS:
        return None
    for value in _values(headers, b"content-type"):
        if not _FORM_TYPES.isdisjoint(_essence(part) for part in value.split(b",")):
            return Refusal(415, "content-type: send the request as application/json.")
    for value in _values(headers, b"content-encoding"):
        if value.strip().lower() not in {b"", b"identity"}:
            return Refusal(415, "content-encoding: not supported; send the body uncompressed.")
    return None


async def _answer(refusal: Refusal, send: Send) -> None:
    request_id = new_request_id()
    content = body(TYPE_OF_STATUS[refusal.status], refusal.message, request_id)
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(content)).encode()),
        (b"request-id", request_id.encode()),
        # Claude Code repeats a 401 for three minutes unless told otherwise.
        (b"x-should-retry", b"false"),
    ]
    await send({"type": "http.response.start", "status": refusal.status, "headers": headers})
    await send({"type": "http.response.body", "body": content})


@lru_cache(maxsize=64)
def _own_hosts(server: tuple[str, int | None], scheme: str) -> frozenset[bytes]:
    """Every spelling of Host under which this listening address may be called.

    Besides the loopback names, the very address the connection came in on: an address in
    digits cannot be rebound, only names can.
    """
    address, port = server
    names = {*LOOPBACK_NAMES, *_literal(address)}
    spelled = {f"{name}:{port}" for name in names} if port is not None else set(names)
    if port == {"http": 80, "https": 443}.get(scheme):
        spelled |= names
    return frozenset(name.encode("latin-1") for name in spelled)


def _literal(address: str) -> tuple[str, ...]:
    try:
        parsed = ip_address(address)
    except ValueError:
        return ()
    return (f"[{parsed}]" if parsed.version == 6 else str(parsed),)


def _without_port(host: bytes) -> bytes | None:
    match = _HOST_WITH_PORT.fullmatch(host)
    return match[1] if match else None


def _server(scope: Scope) -> tuple[str, int | None]:
    """The address the request came in on; with port 0 nothing else knows the real port."""
    address, port = scope.get("server") or ("", None)
    return address, port


def _path(scope: Scope) -> bytes:
    raw: bytes | None = scope.get("raw_path")
    return raw if raw is not None else scope["path"].encode("utf-8", "surrogatepass")


def _values(headers: list[tuple[bytes, bytes]], wanted: bytes) -> list[bytes]:
    return [value for name, value in headers if name == wanted]


def _bearer(authorization: bytes) -> bytes:
    scheme, _, credentials = authorization.partition(b" ")
    return credentials.strip() if scheme.lower() == b"bearer" else b""


def _essence(media_type: bytes) -> bytes:
    return media_type.partition(b";")[0].strip().lower()
