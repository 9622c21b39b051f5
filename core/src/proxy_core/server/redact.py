"""What may be written down: log lines without keys, and without what was said.

Everything that is logged goes through one of the formatters here, as the last step. Keys that
are known are taken out in every spelling, down to slices of eight characters; what looks like
a key is taken out although it is not known. An exception's own words are shown only where
this package or the system chose them: a `KeyError` may quote a prompt.
"""

from __future__ import annotations

import json
import logging
import re
import traceback
from base64 import b64encode
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, quote_plus

import msgspec

from proxy_core.contract import ProxyError

MASK = "****"
SLICE = 8
"""A part of a key as long as this is never written. Shorter secrets are hidden whole."""
_SHORTEST = 4

# Prefixes as the vendors document them; then headers and queries that hold keys anywhere.
_KEY_SHAPES = re.compile(
    r"\b(?:sk|pk|rk|gsk|xai|csk|pplx|nvapi|hf)[-_][A-Za-z0-9_\-]{8,}"
    r"|\bAIza[A-Za-z0-9_\-]{16,}"
    r"|\beyJ[A-Za-z0-9_\-]{8,}\.[A-Za-z0-9_\-.]{8,}"
)
_KEY_PLACES = re.compile(
    r"(\b(?:bearer|basic)\s+|[?&](?:api[-_]?key|key|access_token|token)=|"
    r"\b(?:x-goog-api-key|x-api-key|api-key|authorization)['\"]?\s*[:=]\s*['\"]?(?!bearer|basic))"
    r"[^\s&'\",;]{4,}",
    re.IGNORECASE,
)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


class Redactor:
    """Takes secrets out of text: `redact(text)` is the text fit to be written down."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._slices: set[str] = set()
        self._short: set[str] = set()
        for secret in secrets:
            self._learn(secret)

    def _learn(self, secret: str) -> None:
        if _SHORTEST <= len(secret) < SLICE:
            self._short.add(secret)
        if len(secret) >= SLICE:
            for spelled in _spellings(secret):
                self._slices.update(
                    spelled[at : at + SLICE] for at in range(len(spelled) - SLICE + 1)
                )

    def __call__(self, text: str) -> str:
        text = self._without_slices(text)
        for secret in self._short:
            text = text.replace(secret, MASK)
        return _KEY_PLACES.sub(rf"\1{MASK}", _KEY_SHAPES.sub(MASK, text))

    def __repr__(self) -> str:
        return f"Redactor({MASK})"

    def _without_slices(self, text: str) -> str:
        slices = self._slices
        hits = [at for at in range(len(text) - SLICE + 1) if text[at : at + SLICE] in slices]
        pieces: list[str] = []
        done = 0
        for at in hits:
            if at > done or not pieces:
                pieces += (text[done:at], MASK)
            done = at + SLICE
        return "".join((*pieces, text[done:]))


class RedactingFormatter(logging.Formatter):
    """One line per record; a traceback follows it indented."""

    def __init__(
        self, redact: Redactor, layout: str = "%(asctime)s %(levelname)s %(message)s"
    ) -> None:
        super().__init__(layout)
        self._redact = redact

    def format(self, record: logging.LogRecord) -> str:
        record.message = _one_line(_message(record))
        record.asctime = _time(record)
        lines = [self.formatMessage(record), *(f"  {line}" for line in _error_lines(record))]
        return self._redact("\n".join(lines))


class JsonFormatter(RedactingFormatter):
    """One JSON object per record, for `--log-file`; an exchange's figures are its fields."""

    def format(self, record: logging.LogRecord) -> str:
        fields: dict[str, Any] = {
            "time": _time(record),
            "level": record.levelname,
            "logger": record.name,
            "message": _message(record),
        }
        if (exchange := getattr(record, "exchange", None)) is not None:
            fields["exchange"] = msgspec.to_builtins(exchange)
        if errors := list(_error_lines(record)):
            fields["error"] = errors
        return json.dumps(self._clean(fields))

    def _clean(self, value: Any) -> Any:
        match value:
            case str():
                return self._redact(value)
            case dict():
                return {name: self._clean(held) for name, held in value.items()}
            case list() | tuple():
                return [self._clean(held) for held in value]
            case _:
                return value


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except (TypeError, ValueError, KeyError):
        return f"{record.msg} (its arguments do not fit)"


def _time(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")


def _one_line(text: str) -> str:
    """No line breaks and no escape sequences: a log line is not a place to forge others."""
    return _CONTROL.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), text)


def _error_lines(record: logging.LogRecord) -> Iterator[str]:
    if record.exc_info and record.exc_info[1] is not None:
        yield from _tell(record.exc_info[1], set())


def _tell(error: BaseException, told: set[int]) -> Iterator[str]:
    """An exception, where it came through, and what was behind it; its words only if safe."""
    if id(error) in told:
        return
    told.add(id(error))
    words = f": {_one_line(str(error))}" if isinstance(error, (ProxyError, OSError)) else ""
    yield f"{type(error).__module__}.{type(error).__qualname__}{words}"
    for frame in traceback.extract_tb(error.__traceback__):
        yield f"  {frame.filename}:{frame.lineno} in {frame.name}"
    behind = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    parts = error.exceptions if isinstance(error, BaseExceptionGroup) else ()
    for further in (*parts, behind):
        if further is not None:
            yield from _tell(further, told)


def _spellings(secret: str) -> Iterator[str]:
    """The ways in which a secret gets into text."""
    yield secret
    for quoted in (quote(secret, safe=""), quote_plus(secret)):
        yield quoted
        yield re.sub(r"%[0-9A-F]{2}", lambda found: found[0].lower(), quoted)
    yield json.dumps(secret)[1:-1]
    yield repr(secret)[1:-1]
    raw = secret.encode("utf-8", "surrogateescape")
    for before in range(3):  # in the middle of what was encoded, it may begin at any of three
        for alphabet in (b"+/", b"-_"):
            packed = b64encode(bytes(before) + raw, alphabet).decode("ascii")
            yield packed[-(-before * 8 // 6) : (before + len(raw)) * 8 // 6]


def visible(text: str) -> str:
    """The text in one line, with nothing in it that a terminal would obey."""
    return "".join(
        sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in text
    )
