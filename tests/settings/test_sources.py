"""Where values come from, and which of them wins."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest

from proxy_core.contract import Provider
from proxy_core.routing import Entry
from proxy_core.settings import Settings, SettingsError, search_paths
from tests.settings.conftest import Load


def refusal(load: Load, *args: Any, **sources: Any) -> str:
    with pytest.raises(SettingsError) as caught:
        load(*args, **sources)
    message = str(caught.value)
    assert "\n" not in message
    return message


# -- precedence ----------------------------------------------------------------------------

SOURCES: list[tuple[str, Any]] = [
    ("flags", {"port": 1001}),
    ("environ", {"PORT": "1002"}),
    ("dotenv", "PORT=1003"),
    ("config", "port = 1004"),
    ("toml", "port = 1005"),
]


@pytest.mark.parametrize("present", list(itertools.product([False, True], repeat=len(SOURCES))))
def test_precedence(load: Load, tmp_path: Path, present: tuple[bool, ...]) -> None:
    given = {name: text for (name, text), there in zip(SOURCES, present, strict=True) if there}
    settings = load(**given)
    port = 1001 + present.index(True) if any(present) else 8082
    origins = {
        1001: "--port",
        1002: "PORT in the environment",
        1003: f"PORT in {tmp_path / '.env'}",
        1004: str(tmp_path / "chosen.toml"),
        1005: str(tmp_path / "proxy.toml"),
        8082: None,
    }
    assert settings.port == port
    assert settings.origins.get("port") == origins[port]


def test_tables_are_merged_entry_by_entry(load: Load) -> None:
    settings = load(
        environ={"BIG_MODEL": "env-big", "CUSTOM_HEADER_X_TEAM": "env"},
        config='[models]\nopus = "config-big"\nfast = "config-fast"\n'
        '[providers.groq]\napi_key_env = "MINE"\n[custom_headers]\nx-team = "file"\nx-two = "2"',
        toml='[models]\nhaiku = "found-small"\nfast = "found-fast"\n'
        '[providers.groq]\nbase_url = "https://found.example"\napi_key_env = "NOT_MINE"',
    )
    assert settings.models == {
        "opus": (Entry("env-big"),),
        "fast": (Entry("config-fast"),),
        "haiku": (Entry("found-small"),),
    }
    assert settings.providers["groq"].base_url == "https://found.example"
    assert settings.providers["groq"].api_key_env == ("MINE",)
    headers = {name: value.get_secret_value() for name, value in settings.custom_headers.items()}
    assert headers == {"x-team": "env", "x-two": "2"}
    assert settings.origins["models.opus"] == "BIG_MODEL in the environment"
    assert settings.origins["providers.groq.base_url"].endswith("proxy.toml")


def test_a_header_is_the_same_in_any_case(load: Load) -> None:
    settings = load(
        environ={"CUSTOM_HEADER_X_TEAM": "env"}, toml='[custom_headers]\nX-Team = "file"'
    )
    headers = settings.headers_for(Provider(name="acme", base_url="https://acme.example"))
    assert {name: value.get_secret_value() for name, value in headers.items()} == {"x-team": "env"}
    assert settings.origins == {
        "custom_headers.x-team": "CUSTOM_HEADER_X_TEAM in the environment",
    }


def test_an_entry_with_options_is_replaced_whole(load: Load) -> None:
    settings = load(
        config='[models.fast]\nto = "a"\n', toml='[models.fast]\nto = "b"\nmax_tokens = "16k"\n'
    )
    assert settings.models["fast"] == (Entry("a"),)


def test_every_variable_means_its_setting(load: Load) -> None:
    settings = load(
        environ={
            "HOST": "localhost",
            "PORT": "9000",
            "LOG_LEVEL": "debug",
            "LOG_FILE_PATH": "a.log",
            "PROXY_PLUGINS": "groq, openai",
            "PROXY_AUTH_TOKEN": "secret",
            "PREFERRED_PROVIDER": "Google",
            "BIG_MODEL": "big",
            "MIDDLE_MODEL": "middle",
            "SMALL_MODEL": "small",
            "MAX_TOKENS_LIMIT": "16384",
            "MIN_TOKENS_LIMIT": "4k",
            "REQUEST_TIMEOUT": "90",
            "MAX_RETRIES": "0",
            "MAX_STREAMING_RETRIES": "12",
            "FORCE_DISABLE_STREAMING": "true",
            "AZURE_API_VERSION": "2025-04-01",
            "CUSTOM_HEADER_X_REQUEST_SOURCE": "cli",
        }
    )
    assert settings.auth_token is not None
    assert settings.auth_token.get_secret_value() == "secret"
    assert settings.models == {
        "opus": (Entry("big"),),
        "sonnet": (Entry("middle"),),
        "haiku": (Entry("small"),),
    }
    values = settings.model_dump(exclude_defaults=True, exclude={"models", "custom_headers"})
    values.pop("auth_token")
    assert values == {
        "host": "localhost",
        "port": 9000,
        "log_level": "DEBUG",
        "log_file": Path("a.log"),
        "plugins": ("groq", "openai"),
        "provider": "gemini",
        "max_tokens_limit": 16384,
        "min_tokens_limit": 4000,
        "request_timeout": 90,
        "max_retries": 0,
        "max_streaming_retries": 12,
        "force_disable_streaming": True,
    }
    assert list(settings.custom_headers) == ["x-request-source"]


def test_empty_variables_count_as_not_set(load: Load) -> None:
    settings = load(environ={"PORT": "", "BIG_MODEL": " "}, dotenv="PORT=1003\nSMALL_MODEL=\n")
    assert settings.port == 1003
    assert settings.models == {}


@pytest.mark.parametrize(
    ("environ", "disabled"),
    [
        ({}, False),
        ({"FORCE_DISABLE_STREAMING": "false"}, False),
        ({"FORCE_DISABLE_STREAMING": "true # for now"}, True),
        ({"EMERGENCY_DISABLE_STREAMING": "1"}, True),
        ({"FORCE_DISABLE_STREAMING": "true", "EMERGENCY_DISABLE_STREAMING": "false"}, True),
        ({"FORCE_DISABLE_STREAMING": "false", "EMERGENCY_DISABLE_STREAMING": "True"}, True),
    ],
)
def test_either_kill_switch_disables_streaming(
    load: Load, environ: dict[str, str], disabled: bool
) -> None:
    assert load(environ=environ).force_disable_streaming is disabled


# -- files ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "line",
    [
        *("LOG_LEVEL=WARNING", "LOG_LEVEL=WARNING # quiet", 'LOG_LEVEL="WARNING" # quiet'),
        *("LOG_LEVEL='WARNING'", "export LOG_LEVEL=WARNING", 'export LOG_LEVEL="WARNING"'),
        *("LOG_LEVEL = WARNING", "LOG_LEVEL=warning", "LOG_LEVEL=Warn", '# x\n\nLOG_LEVEL="warn"'),
        'LOG_LEVEL="WARNING # inside the quotes"',
    ],
)
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_dotenv_in_all_its_styles(load: Load, line: str, line_end: str) -> None:
    text = line.replace("\n", line_end) + line_end + "PORT=1003" + line_end
    settings = load(dotenv=text)
    assert (settings.log_level, settings.port) == ("WARNING", 1003)


def test_dotenv_with_a_byte_order_mark_and_without_a_last_line_end(load: Load) -> None:
    assert load(dotenv=b"\xef\xbb\xbfPORT=1003").port == 1003


def test_dotenv_values_are_taken_as_they_are(load: Load) -> None:
    assert load(dotenv="HOME=x\nBIG_MODEL=${HOME}/a#b").models["opus"] == (Entry("${HOME}/a#b"),)


def test_a_line_that_is_none_is_a_warning_without_its_text(load: Load, tmp_path: Path) -> None:
    settings = load(dotenv="PORT=1003\nsome canary here\nMAX_RETRIES=1\n")
    assert (settings.port, settings.max_retries) == (1003, 1)
    assert settings.warnings == (f"line 2 of {tmp_path / '.env'} is not NAME=value: ignored",)


def test_the_first_file_found_is_taken_and_no_other(tmp_path: Path) -> None:
    here, config, home = (tmp_path / name for name in ("here", "config", "home"))
    environ = {"HOME": str(home), "XDG_CONFIG_HOME": str(config)}
    places = [home / ".proxy.toml", config / "proxy" / "proxy.toml", here / "proxy.toml"]
    for number, path in enumerate(places, start=5):
        path.parent.mkdir(parents=True)
        path.write_text(f"max_retries = {number}\nport = {9000 + number}", encoding="utf-8")
        settings = Settings.load(environ=environ, cwd=here)
        assert (settings.max_retries, settings.port) == (number, 9000 + number)
        assert settings.origins["port"] == str(path)
        path.write_text(f"max_retries = {number}", encoding="utf-8")
        assert Settings.load(environ=environ, cwd=here).port == 8082


@pytest.mark.parametrize(
    ("environ", "platform", "expected"),
    [
        ({}, "linux", ["/c/proxy.toml"]),
        (
            {"HOME": "/h"},
            "linux",
            ["/c/proxy.toml", "/h/.config/proxy/proxy.toml", "/h/.proxy.toml"],
        ),
        (
            {"HOME": "/h", "XDG_CONFIG_HOME": "/x"},
            "linux",
            ["/c/proxy.toml", "/x/proxy/proxy.toml", "/h/.proxy.toml"],
        ),
        (
            {"HOME": "/h"},
            "darwin",
            [
                "/c/proxy.toml",
                "/h/.config/proxy/proxy.toml",
                "/h/Library/Application Support/proxy/proxy.toml",
                "/h/.proxy.toml",
            ],
        ),
    ],
)
def test_search_paths(environ: dict[str, str], platform: str, expected: list[str]) -> None:
    assert [path.as_posix() for path in search_paths(environ, Path("/c"), platform)] == expected


def test_a_missing_config_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"cannot read .*nowhere\.toml: No such file"):
        Settings.load(environ={}, cwd=tmp_path, config=tmp_path / "nowhere.toml")


def test_broken_files_are_named(load: Load) -> None:
    assert "chosen.toml is not valid TOML: " in refusal(load, config="port = ")
    assert ".env is not UTF-8 text" in refusal(load, dotenv=b"\xff\xfe")


def test_the_process_is_the_default_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PORT", "1002")
    assert Settings.load().port == 1002


# -- what is wrong -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('hots = "x"', "there is no setting 'hots' (did you mean 'host'?)"),
        ("quagga = 1", "there is no setting 'quagga'"),
        ("[server]\nport = 1", "there is no setting 'server'"),
        (
            '[providers.groq]\nbase_ulr = "x"',
            "there is no setting 'providers.groq.base_ulr' (did you mean 'base_url'?)",
        ),
        ("port = 70000", "port: Input should be less than or equal to 65535"),
        ('port = "x"', "port: Input should be a valid integer"),
        ('log_level = "loud"', "log_level: Input should be 'DEBUG'"),
        ("max_retries = -1", "max_retries: Input should be greater than or equal to 0"),
        ("idle_timeout = 0", "idle_timeout: Input should be greater than 0"),
        ("idle_timeout = inf", "idle_timeout: Input should be a finite number"),
        ('max_tokens_limit = "16q"', "max_tokens_limit: Input should be a valid integer"),
        ("max_tokens_limit = true", "max_tokens_limit: "),
        ('models = "x"', "models: should be a table"),
        ('providers.groq = "x"', "providers.groq: should be a table"),
        ("[models]\nopus = 3", 'models.opus: should be "provider/model"'),
        ('[models]\nopus = ""', 'models.opus: should be "provider/model"'),
        ("[models]\nopus = []", "models.opus: should name at least one model"),
        ("[models.opus]\nmax_tokens = 1", "models.opus: should be"),
        (
            '[models.opus]\nto = "a"\nmax_token = 1',
            "models.opus: unknown key 'max_token' (did you mean 'max_tokens'?)",
        ),
        ('[models.opus]\nto = "a"\nmax_tokens = "x"', "models.opus: Expected `int"),
        ('[models.opus]\nto = "a"\nmax_tokens = 0', "models.opus: max_tokens should be greater"),
        (
            '[models.opus]\nto = "a"\nextra_headers = { "x y" = "v" }',
            "models.opus: 'x y' is no header name",
        ),
        (
            '[models.opus]\nto = "a"\nextra_headers = { Authorization = "v" }',
            "models.opus: Authorization carries secrets",
        ),
        ('[providers.a]\nbase_url = "ftp://x"', "providers.a.base_url: should be http(s)://"),
        ('[providers.a]\nbase_url = "https://u:p@x"', "providers.a.base_url: should be http(s)"),
        ('[providers.a]\nbase_url = "https://x:no"', "providers.a.base_url: should be http(s)"),
        ('[providers.a]\nbase_url = "https://a..b"', "providers.a.base_url: should be http(s)"),
        (
            f'[providers.a]\nbase_url = "https://{"x" * 64}.example"',
            "providers.a.base_url: should be http(s)",
        ),
        ('[providers.a]\nbase_url = "https://:80"', "providers.a.base_url: should be http(s)"),
        ("plugins = 3", "plugins: Input should be a valid tuple"),
        ('[providers.a]\nbase_url = "https://x?y"', "providers.a.base_url: should be http(s)"),
        ('[providers.a.headers]\nHost = "x"', "providers.a.headers.Host: Host is set by the HTTP"),
        ('[custom_headers]\n"x-a" = "1\\r\\n2"', "custom_headers.x-a: should be visible ASCII"),
        ('[custom_headers]\nCookie = "x"', "Cookie would go to every provider; set it in"),
        ('auth_token = "x"', "auth_token: a secret does not belong here"),
        ('provider = ""', "provider: should name a provider"),
    ],
)
def test_what_is_wrong_in_a_file_is_one_line_that_names_it(
    load: Load, tmp_path: Path, text: str, expected: str
) -> None:
    message = refusal(load, config=text)
    assert message.startswith(f"{tmp_path / 'chosen.toml'}: ")
    assert expected in message


def test_a_wrong_variable_or_flag_is_named_as_the_user_knows_it(load: Load, tmp_path: Path) -> None:
    assert refusal(load, environ={"PORT": "x"}).startswith("PORT in the environment: port: ")
    assert refusal(load, dotenv="PORT=x").startswith(f"PORT in {tmp_path / '.env'}: port: ")
    assert refusal(load, {"log_level": "loud"}).startswith("--log-level: log_level: ")
    assert refusal(load, environ={"CUSTOM_HEADER_AUTHORIZATION": "x"}).startswith(
        "CUSTOM_HEADER_AUTHORIZATION in the environment: custom_headers.authorization: "
    )
