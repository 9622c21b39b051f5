"""What a value may look like, wherever it comes from."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr

from proxy_core.routing import Entry
from proxy_core.settings import Settings
from tests.settings.conftest import Load


@pytest.mark.parametrize("host", [" 127.0.0.1 ", "localhost ", " ::1"])
def test_blanks_around_an_address_are_no_part_of_it(load: Load, host: str) -> None:
    assert load(environ={"HOST": host}).host == host.strip()
    assert load(toml=f'host = "{host}"').host == host.strip()


@pytest.mark.parametrize("text", ["groq, ,openai", " groq ,openai, ", ",groq,,openai"])
def test_gaps_in_a_list_of_names_are_no_names(load: Load, text: str) -> None:
    assert load(environ={"PROXY_PLUGINS": text}).plugins == ("groq", "openai")


@pytest.mark.parametrize(
    ("text", "tokens"),
    [("16k", 16000), ("16K", 16000), (" 8k ", 8000), ("1m", 1_000_000), ("16384", 16384)],
)
def test_tokens_may_be_written_short(load: Load, text: str, tokens: int) -> None:
    assert load(environ={"MAX_TOKENS_LIMIT": text}).max_tokens_limit == tokens


@pytest.mark.parametrize(
    ("text", "level"),
    [
        *(
            ("INFO # chatty", "INFO"),
            ("warn", "WARNING"),
            ("Debug", "DEBUG"),
            ("FATAL", "CRITICAL"),
        ),
        ("error -- only those", "ERROR"),
    ],
)
def test_the_log_level_is_the_first_word(load: Load, text: str, level: str) -> None:
    assert load(environ={"LOG_LEVEL": text}).log_level == level


def test_the_model_table_in_all_its_forms(load: Load) -> None:
    settings = load(
        config="""
        big_model = "moonshot/kimi-k3"
        small_model = "tiny"
        [models]
        sonnet = ["groq/openai/gpt-oss-120b", "moonshot/kimi-k3"]
        haiku = "groq/openai/gpt-oss-20b"
        "my-fast" = { to = " groq/x ", reasoning_effort = "low", max_tokens = "16k", \
extra_body = { a = { b = 1 } }, extra_headers = { x-a = "1" } }
        mixed = ["a", { to = "b", temperature = 1 }]
        """
    )
    table = settings.models
    assert table["opus"] == (Entry("moonshot/kimi-k3"),)
    assert table["haiku"] == (Entry("groq/openai/gpt-oss-20b"),)
    assert [entry.to for entry in table["sonnet"]] == [
        "groq/openai/gpt-oss-120b",
        "moonshot/kimi-k3",
    ]
    (fast,) = table["my-fast"]
    assert fast.to == "groq/x"
    assert (fast.options.reasoning_effort, fast.options.max_tokens) == ("low", 16000)
    assert fast.options.extra_body == {"a": {"b": 1}}
    assert fast.options.extra_headers == {"x-a": "1"}
    assert [entry.options.temperature for entry in table["mixed"]] == [None, 1.0]


def test_settings_are_frozen_and_constructible(tmp_path: Path) -> None:
    settings = Settings(port=1, plugins=("groq",), log_file=tmp_path)
    assert (settings.origins, settings.warnings) == ({}, ())
    table = {"opus": (Entry("a"), "b")}
    assert Settings.model_validate({"models": table}).models == {"opus": (Entry("a"), Entry("b"))}
    with pytest.raises(ValueError, match="at least 1"):
        Settings(auth_token=SecretStr(""))
    with pytest.raises(ValueError, match="frozen"):
        settings.port = 2  # type: ignore[misc]
