"""What a plugin may ask to be sent: below its provider's address, and without secrets."""

from __future__ import annotations

import re
from urllib.parse import unquote

import msgspec

from proxy_core import headers
from proxy_core.contract import Target, UpstreamRequest

_PATH = re.compile(r"(/[!-~]*)?")  # visible ASCII: no blank, control or line end
_METHODS = frozenset({"GET", "POST"})


def upstream_fault(upstream: UpstreamRequest, target: Target) -> str | None:
    """Why a request must not be sent; None when it may be. Quotes nothing of the request."""
    if upstream.target is not target and upstream.target != target:
        return "its request goes to another target"
    if upstream.method not in _METHODS:
        return "its method is neither GET nor POST"
    return _shape_fault(upstream) or path_fault(upstream.path) or _headers_fault(upstream, target)


def _shape_fault(upstream: UpstreamRequest) -> str | None:
    """The types that the struct declares but, for speed, does not check."""
    try:
        msgspec.convert(
            (upstream.path, upstream.body, upstream.stream, upstream.headers),
            tuple[str, bytes, bool, tuple[tuple[str, str], ...]],
            builtin_types=(bytes,),
        )
    except msgspec.ValidationError:
        return "its path, body, stream or headers are not of the declared types"
    return None


def path_fault(path: str) -> str | None:
    """Why `path` could leave the provider's address; None when it stays below it.

    Percent-encoded dots and separators count as what they stand for, because servers and
    proxies on the way decode them.
    """
    place, _, _query = path.partition("?")
    if not _PATH.fullmatch(path) or not path or "#" in path:
        return "its path does not begin with one / or holds what no path may hold"
    decoded = unquote(place)
    if "\\" in decoded or place.startswith("//") or "//" in place:
        return "its path holds // or a backslash"
    if any(segment in (".", "..") for segment in decoded.split("/")):
        return "its path steps out of the provider's address"
    return None


def _headers_fault(upstream: UpstreamRequest, target: Target) -> str | None:
    reserved = headers.SECRET | {target.provider.key_header.lower()}
    for name, value in upstream.headers:
        if fault := headers.fault(name, value):
            return fault
        if name.lower() in reserved:
            return f"{name} carries secrets, which core alone sets"
    return None
