"""No key and no word of a conversation in any log line, whatever goes wrong on the way."""

import json
import logging
import re
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy_core.cli.logs import configure_logging
from proxy_core.contract import Exchange, ProtocolError, Usage
from proxy_core.ledger import Loss, LossKind, Reason
from proxy_core.server.redact import MASK, SLICE, Redactor

CANARY = "cnry/9f3K+xQ7=vLm2Wp8Zr4"
PROMPT = "my grandmother's recipe for lentil soup"
LEVELS = ["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"]

secrets = st.text(st.characters(min_codepoint=33, max_codepoint=0x2FF), min_size=8, max_size=60)


def slices(secret: str) -> list[str]:
    return [secret[at : at + SLICE] for at in range(len(secret) - SLICE + 1)]


def shown(secret: str, text: str) -> list[str]:
    """The parts of a secret that can be read in a text, in the spellings it may have."""
    quoted = quote(secret, safe="")
    spelled = [secret, quoted, lower_escapes(quoted), json.dumps(secret)[1:-1], repr(secret)[1:-1]]
    spelled += [packed for before in range(3) for packed in packed_after(before, secret.encode())]
    return [part for way in spelled for part in slices(way) if part in text]


def lower_escapes(quoted: str) -> str:
    return re.sub("%..", lambda found: found[0].lower(), quoted)


def packed_after(before: int, raw: bytes) -> Iterator[str]:
    """What of base64 is due to `raw` alone, when other bytes stand before and behind it."""
    for encode in (b64encode, urlsafe_b64encode):
        one = encode(bytes(before) + raw + bytes(2)).decode()
        two = encode(b"\xff" * before + raw + b"\xff" * 2).decode()
        yield "".join(char for char, other in zip(one, two, strict=True) if char == other)


SPELL: list[Callable[[str], str]] = [
    str,
    lambda secret: quote(secret, safe=""),
    lambda secret: lower_escapes(quote(secret, safe="")),
    lambda secret: json.dumps({"key": secret}),
    lambda secret: repr([secret]),
    lambda secret: b64encode(secret.encode()).decode(),
    lambda secret: b64encode(f"user:{secret}".encode()).decode(),
    lambda secret: b64encode(f"users:{secret}!".encode()).decode(),
    lambda secret: b64encode(f"u:{secret}?".encode()).decode(),
    lambda secret: urlsafe_b64encode(f"us:{secret}".encode()).decode(),
    lambda secret: secret[3:],
    lambda secret: f"a{secret}b{secret}{secret}",
]


@pytest.mark.proof
@given(secret=secrets, spell=st.sampled_from(SPELL), before=st.text(), after=st.text())
def test_a_known_secret_is_not_readable(
    secret: str, spell: Callable[[str], str], before: str, after: str
) -> None:
    redact = Redactor([secret])
    assert shown(secret, redact(f"{before}{spell(secret)}{after}")) == []


@pytest.mark.parametrize("encode", [b64encode, urlsafe_b64encode])
def test_both_alphabets_of_base64_are_known(encode: Callable[[bytes], bytes]) -> None:
    secret = "?>?>?>?>?>?>?>?>"
    packed = encode(secret.encode()).decode()
    assert not packed.isalnum()
    assert shown(secret, Redactor([secret])(packed)) == []


@given(secret=secrets, text=st.text())
def test_other_text_is_left_alone(secret: str, text: str) -> None:
    if not any(part in text for part in slices(secret)):
        assert Redactor([secret])(text) == Redactor()(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("key sk-proj-abcdefgh1234 refused", f"key {MASK} refused"),
        ("gsk_abcdefgh12345678", MASK),
        ("AIzaSyA-1234567890abcdefgh", MASK),
        ("GET https://h/v1?key=abcd1234&x=1", f"GET https://h/v1?key={MASK}&x=1"),
        ("authorization: Bearer abc.def-ghi", f"authorization: Bearer {MASK}"),
        ("{'x-api-key': 'abcd1234'}", f"{{'x-api-key': '{MASK}'}}"),
        ("Authorization: tok3n-1234", f"Authorization: {MASK}"),
        ("set OPENAI_API_KEY in .env", "set OPENAI_API_KEY in .env"),
        ("the task-management-system", "the task-management-system"),
        ("req_0123456789abcdef01234567 groq/openai/gpt-oss-120b 200 ok", None),
    ],
)
def test_what_looks_like_a_key(text: str, expected: str | None) -> None:
    assert Redactor()(text) == (text if expected is None else expected)


def test_what_stands_between_two_secrets_stays() -> None:
    assert Redactor([CANARY])(f"a {CANARY} b {CANARY}, c") == f"a {MASK} b {MASK}, c"


def test_short_secrets_are_hidden_whole_and_shorter_ones_are_no_secrets() -> None:
    redact = Redactor(["s3cr3t", "x", ""])
    assert redact("token s3cr3t, xx") == f"token {MASK}, xx"


def test_the_redactor_does_not_show_what_it_knows() -> None:
    assert shown(CANARY, repr(Redactor([CANARY]))) == []


# -- the logging set-up --------------------------------------------------------------------


@pytest.fixture
def restored_logging() -> Iterator[None]:
    root, ours = logging.getLogger(), logging.getLogger("proxy_core")
    before = root.handlers[:], root.level, ours.level, logging.raiseExceptions
    yield
    for handler in root.handlers:
        if handler not in before[0]:
            handler.close()
    root.handlers[:] = before[0]
    root.setLevel(before[1])
    ours.setLevel(before[2])
    logging.raiseExceptions = before[3]


def fail_badly() -> None:
    """Every way in which a key or a prompt gets into a log by accident."""
    log = logging.getLogger("proxy_core.test")
    for number in map(logging.getLevelName, LEVELS):
        log.log(number, "plain %s", CANARY)
        log.log(number, "url https://h/?key=%s", quote(CANARY, safe=""))
        log.log(number, "headers %s", {"authorization": f"Bearer {CANARY}"})
        log.log(number, "basic %s", b64encode(f"u:{CANARY}".encode()).decode())
        log.log(number, "wrong %s %s", CANARY)
        for error in (ValueError(PROMPT, CANARY), ProtocolError(f"sent {CANARY}"), OSError(CANARY)):
            try:
                try:
                    raise error
                except Exception as caught:
                    raise ExceptionGroup(PROMPT, [KeyError(PROMPT)]) from caught
            except ExceptionGroup:
                log.log(number, "failed", exc_info=True)
    logging.getLogger("httpcore.http11").debug("request body %s", PROMPT)
    logging.getLogger("asyncio").warning("slow %s", CANARY)


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("terminal", [False, True])
def test_the_canary_is_in_no_line_of_any_level(
    level: str,
    terminal: bool,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    restored_logging: None,  # noqa: ARG001
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: terminal)
    file = tmp_path / "deep" / "log.jsonl"
    configure_logging(level, file, [CANARY])
    fail_badly()
    printed = "".join(capsys.readouterr())
    written = file.read_text()
    assert f"plain {MASK}" in printed
    assert f"plain {MASK}" in written
    for text in (printed, written):
        assert shown(CANARY, text) == []
        assert "grandmother" not in text
    for kind in ("ExceptionGroup", "KeyError", "ValueError", "ProtocolError: sent ****"):
        assert kind in written
    assert "test_redact.py" in written
    assert (file.stat().st_mode & 0o777) == 0o600


@pytest.mark.parametrize("level", LEVELS)
def test_a_level_keeps_quiet_what_is_below_it(
    level: str,
    capsys: pytest.CaptureFixture[str],
    restored_logging: None,  # noqa: ARG001
) -> None:
    configure_logging(level, None, [])
    for name in LEVELS:
        logging.getLogger("proxy_core.test").log(logging.getLevelName(name), "said %s", name)
    printed = capsys.readouterr().err
    assert [name for name in LEVELS if f"said {name}" in printed] == LEVELS[LEVELS.index(level) :]


def test_a_message_cannot_forge_lines_or_colours(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    restored_logging: None,  # noqa: ARG001
) -> None:
    file = tmp_path / "log.jsonl"
    configure_logging("INFO", file, [])
    logging.getLogger("proxy_core").info("model %s", "a\n2026 ERROR b\r\x1b[31mc\u2028d\x85e")
    printed = capsys.readouterr().err
    assert len(printed.splitlines()) == 1
    assert "\x1b" not in printed
    assert len(file.read_text().splitlines()) == 1


def test_errors_that_are_behind_each_other_are_told_once(
    capsys: pytest.CaptureFixture[str],
    restored_logging: None,  # noqa: ARG001
) -> None:
    configure_logging("INFO", None, [])
    first, second = ValueError(), KeyError()
    first.__context__, second.__context__ = second, first
    logging.getLogger("proxy_core").error("failed", exc_info=first)
    printed = capsys.readouterr().err
    assert (printed.count("ValueError"), printed.count("KeyError")) == (1, 1)


def test_the_file_holds_an_exchange_as_fields(
    tmp_path: Path,
    restored_logging: None,  # noqa: ARG001
) -> None:
    exchange = Exchange(
        request_id="req_1",
        upstream_request_id=None,
        requested_model=CANARY,
        target="groq/m",
        fallbacks=(),
        stream=True,
        status=200,
        outcome="ok",
        stop_reason="end_turn",
        usage=Usage(input_tokens=3),
        losses=(Loss("/tools/0", LossKind.DROPPED, Reason.SERVER_TOOL),),
        request_bytes=1,
        response_bytes=2,
        first_byte_seconds=None,
        total_seconds=0.5,
    )
    file = tmp_path / "log.jsonl"
    configure_logging("INFO", file, [CANARY])
    logging.getLogger("proxy_core.exchange").info("done", extra={"exchange": exchange})
    line = json.loads(file.read_text())
    assert line["message"] == "done"
    assert line["exchange"]["usage"]["input_tokens"] == 3
    assert line["exchange"]["losses"] == [["/tools/0", "dropped", "server_tool", False]]
    assert line["exchange"]["requested_model"] == MASK
    assert msgspec.convert(line["exchange"], Exchange).target == "groq/m"
