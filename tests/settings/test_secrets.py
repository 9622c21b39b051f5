"""Who may speak, which key goes where, and that no secret is ever shown."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from proxy_core.contract import Provider
from proxy_core.settings import Settings, SettingsError
from tests.settings.conftest import Load

GROQ = Provider(
    name="groq",
    base_url="https://api.groq.example/v1",
    key_env=("GROQ_API_KEY", "GROQ_KEY"),
    base_url_env=("GROQ_BASE_URL", "GROQ_API_BASE"),
)
ANTHROPIC = Provider(
    name="anthropic",
    base_url="https://api.anthropic.example",
    key_env=("PASSTHROUGH_API_KEY", "ANTHROPIC_API_KEY"),
    base_url_env=("PASSTHROUGH_BASE_URL", "ANTHROPIC_BASE_URL"),
)
CANARY = "canary-4711-canary"


def token(settings: Settings) -> str | None:
    return settings.auth_token.get_secret_value() if settings.auth_token else None


def key(settings: Settings, provider: Provider) -> str | None:
    found = settings.key_for(provider)
    return found.get_secret_value() if found else None


# -- keys ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("environ", "dotenv", "expected"),
    [
        ({}, "", None),
        ({"GROQ_API_KEY": "one"}, "GROQ_API_KEY=two", "one"),
        ({}, "GROQ_API_KEY=two", "two"),
        ({"GROQ_API_KEY": ""}, "GROQ_API_KEY=two", "two"),
        ({"GROQ_KEY": "second"}, "", "second"),
        ({"GROQ_KEY": "second"}, "GROQ_API_KEY=first", "first"),
        ({"GROQ_API_KEY": "  spaced\t"}, "", "spaced"),
        ({"OPENAI_API_KEY": "other"}, "", None),
    ],
)
def test_the_key_is_the_first_variable_that_is_set(
    load: Load, environ: dict[str, str], dotenv: str, expected: str | None
) -> None:
    assert key(load(environ=environ, dotenv=dotenv), GROQ) == expected


def test_settings_made_by_hand_have_no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GROQ_API_KEY", "from the process")
    assert Settings().key_for(GROQ) is None


@pytest.mark.parametrize(
    ("flags", "environ"),
    [
        ({"plugins": ["passthrough"]}, {}),
        ({"plugins": ["groq", "other-dist:passthrough"]}, {}),
        ({"provider": "anthropic"}, {}),
        ({}, {"PROXY_PLUGINS": "groq, passthrough"}),
        ({}, {"PREFERRED_PROVIDER": "Anthropic"}),
    ],
)
def test_anthropics_key_is_the_upstreams_where_anthropic_is_one(
    load: Load, flags: dict[str, object], environ: dict[str, str]
) -> None:
    settings = load(flags, {"ANTHROPIC_API_KEY": "k", **environ})
    assert settings.auth_token is None
    assert key(settings, ANTHROPIC) == "k"
    assert settings.warnings == ()


def test_anthropics_key_is_otherwise_what_clients_must_send(load: Load) -> None:
    settings = load({"plugins": ["groq"]}, dotenv="ANTHROPIC_API_KEY=k")
    assert token(settings) == "k"
    assert settings.origins["auth_token"] == "ANTHROPIC_API_KEY"
    assert key(settings, ANTHROPIC) is None
    (warning,) = settings.warnings
    assert "clients must send the value of ANTHROPIC_API_KEY" in warning


def test_a_token_of_ones_own_comes_before_anthropics_key(load: Load) -> None:
    settings = load(environ={"ANTHROPIC_API_KEY": "k", "PROXY_AUTH_TOKEN": "t"})
    assert token(settings) == "t"
    assert key(settings, ANTHROPIC) is None
    assert settings.warnings == ()


# -- tokens --------------------------------------------------------------------------------


def test_a_token_file_is_read(load: Load, tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text("t0ken\n", encoding="utf-8")
    path.chmod(0o600)
    assert token(load({"token_file": path})) == "t0ken"
    assert token(load(config='token_file = "token"')) == "t0ken"
    assert token(load({"token_file": path}, {"PROXY_AUTH_TOKEN": "other"})) == "t0ken"
    assert token(load(environ={"PROXY_AUTH_TOKEN": "other"}, config='token_file = "token"')) == (
        "other"
    )


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o666, 0o601])
def test_a_token_file_that_others_can_read_is_refused(
    load: Load, tmp_path: Path, mode: int
) -> None:
    path = tmp_path / "token"
    path.write_text(CANARY, encoding="utf-8")
    path.chmod(mode)
    with pytest.raises(SettingsError, match=rf"mode {mode:04o}\); run: chmod 600") as caught:
        load({"token_file": path})
    assert CANARY not in str(caught.value)


def test_a_token_that_is_none_is_refused(load: Load, tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text("\n", encoding="utf-8")
    path.chmod(0o600)
    with pytest.raises(SettingsError, match=r"token is empty"):
        load({"token_file": path})
    with pytest.raises(SettingsError, match=r"cannot read .*nothing: No such file"):
        load({"token_file": tmp_path / "nothing"})
    for bad in ("two\nlines", "näh"):
        with pytest.raises(SettingsError, match="visible ASCII") as caught:
            load(environ={"PROXY_AUTH_TOKEN": bad})
        assert bad not in str(caught.value)


# -- where the proxy listens ---------------------------------------------------------------

OPEN = ["0.0.0.0", "::", "192.168.1.5", "proxy.example", "127.0.0.1.evil.example"]  # noqa: S104
LOOPBACK = ["127.0.0.1", "localhost", "LOCALHOST", "::1", "127.8.9.1"]


@pytest.mark.parametrize("host", OPEN)
def test_an_open_address_without_a_token_is_refused(load: Load, host: str) -> None:
    for given, where in (
        ({"flags": {"host": host}}, "--host"),
        ({"config": f'host = "{host}"'}, "chosen"),
    ):
        with pytest.raises(SettingsError, match=r"needs a token.*PROXY_AUTH_TOKEN") as caught:
            load(**given)
        assert where in str(caught.value)
        assert repr(host) in str(caught.value)
    with pytest.raises(ValueError, match="needs a token"):
        Settings(host=host)


@pytest.mark.parametrize("host", OPEN)
@pytest.mark.parametrize("source", ["environ", "dotenv"])
def test_an_open_host_variable_without_a_token_is_narrowed(
    load: Load, host: str, source: str
) -> None:
    given = {"HOST": host} if source == "environ" else f"HOST={host}"
    settings = load(**{source: given})
    assert settings.host == "127.0.0.1"
    (warning,) = settings.warnings
    assert "is narrowed to 127.0.0.1" in warning
    assert "PROXY_AUTH_TOKEN" in warning
    assert settings.origins["host"].endswith("narrowed")


@pytest.mark.parametrize("host", OPEN)
def test_with_a_token_any_address_will_do(load: Load, host: str) -> None:
    secret = {"PROXY_AUTH_TOKEN": "t"}
    assert load({"host": host}, secret).host == host
    settings = load(environ={"HOST": host, **secret})
    assert (settings.host, settings.warnings) == (host, ())


@pytest.mark.parametrize("host", LOOPBACK)
def test_loopback_needs_no_token(load: Load, host: str) -> None:
    assert load({"host": host}).host == host
    assert Settings(host=host).auth_token is None


def test_no_address_is_no_address(load: Load) -> None:
    with pytest.raises(SettingsError, match="--host: host ''"):
        load({"host": ""})


# -- where providers are -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("environ", "toml", "expected"),
    [
        ({}, "", "https://api.groq.example/v1"),
        ({}, 'base_url = "https://table.example/"', "https://table.example"),
        ({"GROQ_BASE_URL": "https://e.example/v1/"}, "", "https://e.example/v1"),
        ({"GROQ_API_BASE": "https://alias.example"}, "", "https://alias.example"),
        (
            {"GROQ_BASE_URL": "http://10.0.0.1:4000"},
            'base_url = "https://table.example"',
            "http://10.0.0.1:4000",
        ),
    ],
)
def test_the_address_comes_from_environment_table_or_card(
    load: Load, environ: dict[str, str], toml: str, expected: str
) -> None:
    settings = load(environ=environ, toml=f"[providers.groq]\n{toml}")
    assert settings.base_url_for(GROQ) == expected


def test_the_clients_base_url_is_never_an_upstream(load: Load) -> None:
    settings = load(environ={"ANTHROPIC_BASE_URL": "https://elsewhere.example"})
    assert settings.base_url_for(ANTHROPIC) == ANTHROPIC.base_url


@pytest.mark.parametrize("bad", [f"{CANARY}", f"https://u:{CANARY}@h", f"https://h/?k={CANARY}"])
def test_a_bad_address_is_refused_without_showing_it(load: Load, bad: str) -> None:
    settings = load(environ={"GROQ_BASE_URL": bad})
    with pytest.raises(SettingsError, match=r"^GROQ_BASE_URL: should be http") as caught:
        settings.base_url_for(GROQ)
    assert CANARY not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        *("http://127.0.0.1:8082", "http://localhost:8082/v1", "http://[::1]:8082"),
        *("http://127.0.0.2:8082/anthropic", "http://0.0.0.0:8082", "https://LocalHost:8082"),
    ],
)
def test_the_proxy_is_never_its_own_upstream(load: Load, url: str) -> None:
    with pytest.raises(SettingsError, match="this proxy itself"):
        load(environ={"GROQ_BASE_URL": url}).base_url_for(GROQ)
    with pytest.raises(SettingsError, match=r"^providers\.groq\.base_url: "):
        load(config=f'[providers.groq]\nbase_url = "{url}"').base_url_for(GROQ)


def test_another_port_on_this_machine_is_another_server(load: Load) -> None:
    for url in ("http://127.0.0.1:4000/v1", "http://127.0.0.1", "https://localhost"):
        assert load(environ={"GROQ_BASE_URL": url}).base_url_for(GROQ) == url
    settings = load({"port": 80}, {"GROQ_BASE_URL": "http://127.0.0.1"})
    with pytest.raises(SettingsError, match="this proxy itself"):
        settings.base_url_for(GROQ)


def test_headers_are_the_shared_ones_and_the_providers_own(load: Load) -> None:
    settings = load(
        environ={"CUSTOM_HEADER_X_TEAM": "all"},
        config='[providers.groq.headers]\nX-Team = "groq"\nAuthorization = "Bearer own"',
    )
    shown = {name: value.get_secret_value() for name, value in settings.headers_for(GROQ).items()}
    assert shown == {"x-team": "groq", "authorization": "Bearer own"}
    other = settings.headers_for(ANTHROPIC)
    assert {name: value.get_secret_value() for name, value in other.items()} == {"x-team": "all"}


# -- no secret is shown --------------------------------------------------------------------


def test_no_view_of_the_settings_shows_a_secret(load: Load) -> None:
    settings = load(
        {},
        {
            "PROXY_AUTH_TOKEN": f"{CANARY}1",
            "GROQ_API_KEY": f"{CANARY}2",
            "CUSTOM_HEADER_X_PASS": f"{CANARY}3",
            "UNRELATED_SECRET": f"{CANARY}4",
        },
        dotenv=f"ANTHROPIC_API_KEY={CANARY}5",
        config=f'[providers.groq.headers]\nauthorization = "{CANARY}6"',
    )
    assert key(settings, GROQ) == f"{CANARY}2"
    views = [
        *(repr(settings), str(settings), f"{settings!r:>10}", repr(settings.__dict__)),
        *(repr(settings.__pydantic_private__), repr(settings.model_dump())),
        *(settings.model_dump_json(), json.dumps(settings.model_dump(mode="json"))),
        *(repr(settings.origins), repr(settings.warnings), repr(settings.key_for(GROQ))),
        *(repr(settings.headers_for(GROQ)), repr(settings.model_copy())),
        *("".join(map(repr, settings)), repr(settings.providers)),
    ]
    for view in views:
        assert CANARY not in view


def test_errors_of_settings_made_by_hand_show_no_value() -> None:
    with pytest.raises(ValueError, match="visible ASCII") as caught:
        Settings.model_validate({"auth_token": f"{CANARY}é", "port": CANARY})
    assert CANARY not in str(caught.value)
