"""What a person is told of a failure: something to do, no key, and nothing of the prompt."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy_core.anthropic.errors import TYPE_OF_STATUS, default_verdict
from proxy_core.anthropic.request import MessagesRequest, parse
from proxy_core.contract import About, ErrorVerdict, FailureKind, Target, UpstreamFailure
from proxy_core.server.hints import hint
from proxy_core.server.quotes import MARK, without_quotes
from proxy_core.server.wording import worded
from tests.support.shipped import Shipped, shipped

ALL = list(shipped())
GROQ = next(one.target for one in ALL if one.target.provider.name == "groq")
ANTHROPIC = next(one.target for one in ALL if one.target.provider.name == "anthropic")

ACTED_ON = re.compile(
    "prompt is too long|input is too long|maximum context|context_length|context window|"
    "context limit|context size|token limit|maximum prompt|reduce the length|max_tokens|"
    "thinking|signature|capability_rejected|overloaded_error|rate_limit_error|image exceeds",
    re.IGNORECASE,
)
"""Phrases on which Claude Code does something of its own (read in 2.1.328)."""


def verdict(about: About, status: int = 400, message: str = "groq: no") -> ErrorVerdict:
    return ErrorVerdict(status=status, type=TYPE_OF_STATUS[status], message=message, about=about)


def asked(**fields: Any) -> MessagesRequest:
    messages = [{"role": "user", "content": "hello"}]
    return parse(
        json.dumps({"model": "m", "max_tokens": 9, "messages": messages} | fields).encode()
    )


# -- hints ---------------------------------------------------------------------------------

NAMED = {
    About.KEY: "GROQ_API_KEY",
    About.QUOTA: "GROQ_API_KEY",
    About.PERMISSION: "GROQ_API_KEY",
    About.ADDRESS: "GROQ_BASE_URL: it says https://api.groq.com/openai/v1",
    About.MODEL: "`proxy models`",
    About.PARAMETER: "[providers.groq.quirks]",
    About.RATE_LIMIT: "[models]",
    About.OVERLOADED: "[models]",
    About.CONTENT_FILTER: "reword",
    About.TOOL_CALL: "ask again",
    About.REQUEST: "`proxy explain`",
}
SELF_EXPLAINING = {About.CONTEXT_OVERFLOW, About.MAX_TOKENS, About.UPSTREAM, About.PROXY}
"""Those that the client acts on by itself, and those for which nobody here can do a thing."""


def test_everything_that_a_person_can_do_something_about_is_advised() -> None:
    assert set(NAMED) | SELF_EXPLAINING == set(About)


@pytest.mark.parametrize("about", NAMED)
def test_a_hint_names_what_to_look_at(about: About) -> None:
    assert NAMED[about] in hint(verdict(about), GROQ)


@pytest.mark.parametrize("about", About)
@pytest.mark.parametrize("one", ALL, ids=lambda one: one.name)
def test_a_hint_is_one_line_on_which_no_client_acts(one: Shipped, about: About) -> None:
    for status in (400, 413):
        said = hint(verdict(about, status), one.target)
        assert "\n" not in said
        assert ACTED_ON.search(said) is None
        assert len(said) < 300


@pytest.mark.parametrize(
    ("model", "first"),
    [("openai/gpt-oss-12b", "openai/gpt-oss-120b"), ("gpt-oss-20b", "openai/gpt-oss-20b")],
)
def test_the_models_with_the_closest_names_come_first(model: str, first: str) -> None:
    target = Target(provider=GROQ.provider, model=model, facts=GROQ.facts)
    assert hint(verdict(About.MODEL, 404), target).startswith(f"groq has {first}, ")


def test_a_hint_follows_the_servers_own_words() -> None:
    told = worded(verdict(About.PERMISSION, 403), asked(), GROQ, (), own_account=True)
    assert told.message.startswith("groq: no. See what the account behind GROQ_API_KEY")
    theirs = worded(verdict(About.PERMISSION, 403), asked(), GROQ, (), own_account=False)
    assert theirs.message == "groq: no"


@pytest.mark.parametrize("about", [About.CONTEXT_OVERFLOW, About.MAX_TOKENS])
def test_words_that_clients_act_on_stay_to_the_letter(about: About) -> None:
    """Also in a conversation about just these words."""
    words = "prompt is too long: 213462 tokens > 200000 maximum"
    request = asked(system=f"The API says {words}")
    told = worded(verdict(about, message=words), request, GROQ, (), own_account=True)
    assert told.message == words


# -- what is relayed -----------------------------------------------------------------------


def relayed(message: str, about: About = About.REQUEST) -> ErrorVerdict:
    body = json.dumps({"type": "error", "error": {"type": "x", "message": message}}).encode()
    return ErrorVerdict(
        status=400, type="invalid_request_error", message=message, about=about, body=body
    )


def test_a_relayed_error_stays_as_it_is() -> None:
    clean = relayed("messages.0: no")
    assert worded(clean, asked(), ANTHROPIC, ("sk-key-1234",), own_account=True) == clean


@pytest.mark.parametrize("leak", ["sk-key-1234", "S3NTINEL of the prompt"])
def test_a_relayed_error_that_shows_too_much_is_told_anew(leak: str) -> None:
    request = asked(system="Here is the S3NTINEL of the prompt, keep it.")
    told = worded(relayed(f"no: {leak}"), request, ANTHROPIC, ("sk-key-1234",), own_account=True)
    assert told.body == b""
    assert leak not in told.message
    assert told.message.startswith("no: ")


def test_a_refused_key_of_the_proxys_is_named_though_the_error_is_relayed() -> None:
    wrong = relayed("invalid x-api-key", About.KEY)
    ours = worded(wrong, asked(), ANTHROPIC, (), own_account=True)
    assert "PASSTHROUGH_API_KEY" in ours.message
    assert ours.body == b""
    assert worded(wrong, asked(), ANTHROPIC, (), own_account=False) == wrong


# -- quotations ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("message", "prompt", "told"),
    [
        ("Invalid value: 'S3NTINEL-7f3a'", "keep S3NTINEL-7f3a safe", f"Invalid value: '{MARK}'"),
        ("input_value='Dear Dr. Miller, I'", "Dear Dr. Miller, I am", f"input_value='{MARK}'"),
        ("this is not supported here", "a thing that is not supported", None),
        ("no model gpt-oss-120b-preview", "I am gpt-oss-120b-preview.", None),
        ("maximum", "maximum", None),
    ],
)
def test_quotations(message: str, prompt: str, told: str | None) -> None:
    body = asked(system=prompt).body
    shown = without_quotes(message, body, ["gpt-oss-120b-preview"])
    assert shown == (told or message)


def test_a_body_that_cannot_be_read_quotes_nothing() -> None:
    assert without_quotes("a message of some length", b"{") == "a message of some length"


PLACES: dict[str, Callable[[str], dict[str, Any]]] = {
    "system": lambda text: {"system": text},
    "user": lambda text: {"messages": [{"role": "user", "content": text}]},
    "block": lambda text: {
        "messages": [{"role": "user", "content": [{"type": "text", "text": text}]}]
    },
    "call": lambda text: {
        "messages": [
            {"role": "user", "content": "x"},
            {
                "role": "assistant",
                "content": [{"type": "tool_use", "id": "t", "name": "n", "input": {"a": [text]}}],
            },
            {
                "role": "user",
                "content": [{"type": "tool_result", "tool_use_id": "t", "content": text}],
            },
        ]
    },
}
QUOTING = [
    "{}",
    "no: {}",
    "Invalid value: '{}'. Supported values are 'a' and 'b'.",
    "1 validation error for Request [type=string_type, input_value={{'text': '{}'}}]",
    "Invalid value at 'contents[0].parts[0].text' (TYPE_STRING), \"{}\"",
    "Incorrect API key provided: {}. You can find your key elsewhere",
]
SHAPES: list[Callable[[str], str]] = [
    lambda words: words,
    lambda words: json.dumps({"error": {"message": words, "type": "invalid_request_error"}}),
    lambda words: json.dumps({"error": {"message": "no", "metadata": {"raw": words}}}),
    lambda words: json.dumps({"type": "error", "error": {"type": "api_error", "message": words}}),
    lambda words: json.dumps([{"error": {"message": words, "status": "INVALID_ARGUMENT"}}]),
    lambda words: json.dumps({"detail": [{"loc": ["body"], "msg": words, "input": words}]}),
    lambda words: f"<html><body><h1>{words}</h1></body></html>",
]
SENTINELS = st.from_regex(r"[A-Z][0-9][A-Za-z0-9_+-]{14,40}", fullmatch=True)
KINDS = st.sampled_from([(FailureKind.STREAM, None)]) | st.tuples(
    st.just(FailureKind.STATUS), st.integers(100, 599)
)


@pytest.mark.proof
@given(
    one=st.sampled_from(ALL),
    place=st.sampled_from(sorted(PLACES)),
    around=st.tuples(st.text(max_size=9), st.text(max_size=9)),
    sentinel=SENTINELS,
    key=SENTINELS,
    quoting=st.sampled_from(QUOTING),
    shape=st.sampled_from(SHAPES),
    kind=KINDS,
    own=st.booleans(),
)
def test_neither_key_nor_prompt_is_shown_whatever_a_server_quotes(  # noqa: PLR0917
    one: Shipped,
    place: str,
    around: tuple[str, str],
    sentinel: str,
    key: str,
    quoting: str,
    shape: Callable[[str], str],
    kind: tuple[FailureKind, int | None],
    own: bool,
) -> None:
    request = asked(**PLACES[place](sentinel.join(around)))
    body = shape(quoting.format(f"{sentinel} {key}")).encode()
    failure = UpstreamFailure(kind=kind[0], status=kind[1], body=body)
    read = one.plugin.proxy_classify_error(failure, one.target)
    read = read or default_verdict(failure, one.target.provider)
    told = worded(read, request, one.target, (key,), own_account=own)
    for shown in (told.message, told.body.decode()):
        assert sentinel not in shown
        assert key not in shown
    assert told.message
    assert "\n" not in told.message
