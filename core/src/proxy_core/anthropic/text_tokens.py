"""An estimate of the tokens in a text, for whatever tokenizer its reader has.

Tokenizers cut a text where the kind of character changes, and look up what they know of each
piece. So characters are counted by kind, and for some kinds their runs: all at once, as bits
of one large integer, one byte of it for each byte of the text.

The weights were fitted to OpenAI's o200k_base (code, prose, schemas, logs, encoded data, and
the messages of Django 5.2 in its languages) so that four texts of five come out too high.
`nox -s bench -- count_tokens` shows how they do on texts they were not fitted to.
"""

from __future__ import annotations

SAMPLE = 1 << 15
"""Of a longer text so many bytes are looked at, and taken for the whole."""
_CHUNK = 1 << 8
"""They are taken in chunks of this size from all over the text."""

_LOWER, _UPPER, _DIGIT, _SPACE, _MARK = (1 << bit for bit in range(5))
_WEIGHTS = {_LOWER: 0.227, _UPPER: 0.33, _DIGIT: 0.2, _SPACE: 0.16, _MARK: 0.1}
"""Tokens of one character. Line breaks mostly join what stands before them."""
_RUN_WEIGHTS = {_DIGIT: 1.551, _MARK: 0.767}
"""Tokens that a run of such characters costs beyond those of its characters."""
_UPPER_AFTER_DIGIT = 3.372
"""Rare in what people write, common in base64, of which tokenizers know little."""

_SCRIPTS = (
    (0xC2, 1.368),  # Latin letters with marks: each breaks a word
    (0xCA, 0.8),
    (0xCE, 0.44),  # Greek
    (0xD0, 0.33),  # Cyrillic
    (0xD5, 0.424),  # Armenian, Hebrew
    (0xD8, 0.38),  # Arabic
    (0xE0, 0.41),  # scripts of India, Thai
    (0xE1, 0.367),
    (0xE2, 0.328),  # punctuation, arrows, boxes
    (0xE3, 0.8),  # kana
    (0xE4, 0.97),  # Chinese
    (0xEA, 0.83),  # Hangul
    (0xEE, 1.0),  # full-width forms
    (0xF0, 2.538),  # emoji
)
"""The first lead byte in UTF-8 of a group of scripts, and the tokens of one character."""


def _kind(byte: int) -> int:
    char = chr(byte)
    if byte >= 0x80 or char in "\t\n\r":
        return 0
    if char.isalpha():
        return _LOWER if char.islower() else _UPPER
    if char.isdigit():
        return _DIGIT
    return _SPACE if char == " " else _MARK


def _script(byte: int) -> int:
    return sum(byte >= first for first, _ in _SCRIPTS)


_KINDS = bytes(map(_kind, range(256)))
_MASKS = {kind: int.from_bytes(bytes([kind]) * SAMPLE, "little") for kind in _WEIGHTS}
_SCRIPT_OF_LEAD = bytes(map(_script, range(256)))
_NO_LEADS = bytes(range(_SCRIPTS[0][0]))


def text_tokens(text: bytes) -> float:
    """Tokens of a text in UTF-8; whatever its size, it takes no longer than for `SAMPLE`."""
    if len(text) <= SAMPLE:
        return _tokens(text)
    chunks = SAMPLE // _CHUNK
    starts = (len(text) * chunk // chunks for chunk in range(chunks))
    sample = b"".join(text[start : start + _CHUNK] for start in starts)
    return _tokens(sample) * len(text) / len(sample)


def _tokens(text: bytes) -> float:
    kinds = int.from_bytes(text.translate(_KINDS), "little")
    starts = kinds & ~(kinds << 8)
    after_digit = kinds << 7  # the bit of a digit becomes that of a capital
    tokens = _UPPER_AFTER_DIGIT * _count(kinds & after_digit, _UPPER)
    tokens += sum(weight * _count(kinds, kind) for kind, weight in _WEIGHTS.items())
    tokens += sum(weight * _count(starts, kind) for kind, weight in _RUN_WEIGHTS.items())
    return tokens if text.isascii() else tokens + _tokens_beyond_ascii(text)


def _count(bits: int, kind: int) -> int:
    return (bits & _MASKS[kind]).bit_count()


def _tokens_beyond_ascii(text: bytes) -> float:
    leads = text.translate(_SCRIPT_OF_LEAD, _NO_LEADS)
    return sum(weight * leads.count(number) for number, (_, weight) in enumerate(_SCRIPTS, start=1))
