"""Providers as the user configured them. B31 is a row of the cases the project grew from."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from proxy_core.assembly import make_router
from proxy_core.contract import ModelFacts, Provider
from proxy_core.dialects.openai_chat import OpenAIChat
from proxy_core.plugins import (
    PluginError,
    Plugins,
    configured,
    installed_plugins,
    left_out,
    load_plugins,
)
from proxy_core.routing import UnknownModel
from proxy_core.settings import Settings, SettingsError
from tests.plugins_loader.objects import Complete, card

GROQ = card(
    "groq",
    key_env=("GROQ_API_KEY",),
    base_url_env=("GROQ_BASE_URL",),
    aliases=("g",),
    quirks={"store_field": False, "top_k": True},
    big="big-model",
)
OPENAI = card("openai", key_env=("OPENAI_API_KEY",), base_url_env=("OPENAI_BASE_URL",))


def result(
    tmp_path: Path, tables: Mapping[str, Any], environ: Mapping[str, str] | None = None
) -> tuple[Plugins, Settings]:
    plugins = Plugins.of({"p-groq": Complete(GROQ), "p-openai": Complete(OPENAI)})
    settings = Settings.load({"providers": tables}, environ=environ or {}, cwd=tmp_path)
    return configured(plugins, settings), settings


def one(plugins: Plugins, name: str) -> Provider:
    bound = plugins.get(name)
    assert bound is not None
    return bound.provider


def key(settings: Settings, provider: Provider) -> str | None:
    found = settings.key_for(provider)
    return found.get_secret_value() if found else None


def test_without_settings_nothing_changes(tmp_path: Path) -> None:
    plugins, _ = result(tmp_path, {})
    assert [bound.provider for bound in plugins.providers] == [GROQ, OPENAI]
    assert plugins.names == ("p-groq", "p-openai")


def test_a_table_changes_the_card_of_its_name(tmp_path: Path) -> None:
    table = {
        "base_url": "https://elsewhere.example/v1",
        "api_key_env": "MINE",
        "quirks": {"top_k": False, "sampling": False},
    }
    plugins, settings = result(tmp_path, {"groq": table}, {"MINE": "k", "GROQ_API_KEY": "other"})
    groq = one(plugins, "groq")
    assert groq.base_url == "https://elsewhere.example/v1"
    assert groq.quirks == {"store_field": False, "top_k": False, "sampling": False}
    assert key(settings, groq) == "k"
    assert one(plugins, "openai") is plugins.providers[1].provider


def test_a_users_quirk_holds_for_models_that_have_their_own(tmp_path: Path) -> None:
    known = ModelFacts(pattern="*", quirks={"top_k": True, "stop_limit": 1})
    acme = card("acme", models=(known,))
    tables = {
        "acme": {"quirks": {"top_k": False}},
        "office": {"like": "acme", "quirks": {"stop_limit": 2}},
    }
    settings = Settings.load({"providers": tables}, environ={}, cwd=tmp_path)
    found = configured(Plugins.of({"acme": Complete(acme)}), settings).providers
    assert [bound.provider.models[0].quirks for bound in found] == [
        {"stop_limit": 1},
        {"top_k": True},
    ]


@pytest.mark.parametrize(
    ("quirks", "told"),
    [
        ({"top_q": True}, "providers.acme.quirks: there is no quirk 'top_q'"),
        ({"top_k": "yes"}, "providers.acme.quirks: top_k: "),
        ({"max_tokens_field": "limit"}, "providers.acme.quirks: max_tokens_field: "),
    ],
)
def test_a_wrong_quirk_is_found_at_start(tmp_path: Path, quirks: dict[str, Any], told: str) -> None:
    class Acme(OpenAIChat):
        providers = (card("acme"),)

    tables = {"acme": {"quirks": quirks}}
    settings = Settings.load({"providers": tables}, environ={}, cwd=tmp_path)
    with pytest.raises(SettingsError) as caught:
        configured(Plugins.of({"acme": Acme()}), settings)
    assert str(caught.value).startswith(told)


class Wired(OpenAIChat):
    """A plugin two of whose quirks may be set by variables."""

    providers = (
        card(
            "acme",
            quirks={"system_role": "system"},
            quirk_env={"system_role": "ACME_ROLE", "max_tokens_field": "ACME_LIMIT"},
        ),
    )


def wired(tmp_path: Path, table: Mapping[str, Any], **environ: str) -> Plugins:
    tables = {"acme": table, "office": {"like": "acme"}}
    settings = Settings.load({"providers": tables}, environ=environ, cwd=tmp_path)
    return configured(Plugins.of({"acme": Wired()}), settings)


def test_a_variable_sets_a_quirk_before_table_and_card(tmp_path: Path) -> None:
    table = {"quirks": {"system_role": "system", "top_k": True}}
    plugins = wired(tmp_path, table, ACME_ROLE=" developer ", ACME_LIMIT="")
    assert one(plugins, "acme").quirks == {"system_role": "developer", "top_k": True}


def test_the_variables_are_not_those_of_a_further_provider(tmp_path: Path) -> None:
    office = one(wired(tmp_path, {}, ACME_ROLE="developer"), "office")
    assert office.quirks == {"system_role": "system"}
    assert not office.quirk_env


def test_a_wrong_quirk_in_a_variable_is_found_at_start(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        wired(tmp_path, {}, ACME_ROLE="boss")
    assert str(caught.value).startswith("ACME_ROLE: system_role: ")
    with pytest.raises(SettingsError) as caught:
        wired(tmp_path, {"quirks": {"top_k": True}}, ACME_LIMIT="limit")
    assert str(caught.value).startswith("providers.acme.quirks, ACME_LIMIT: max_tokens_field: ")


@pytest.mark.parametrize("variable", ["ACME_API_KEY", "ACME_AUTH_TOKEN", "PASSWORD", "MINE"])
def test_a_quirk_is_no_way_to_a_secret(variable: str) -> None:
    asking = card("acme", key_env=("MINE",), quirk_env={"top_k": variable})
    with pytest.raises(PluginError, match=f"'acme' asks for {variable}, which may hold a secret"):
        Plugins.of({"acme": Complete(asking)})


def test_the_address_in_the_environment_is_in_the_card(tmp_path: Path) -> None:
    plugins, _ = result(tmp_path, {}, {"GROQ_BASE_URL": "http://127.0.0.1:4000/v1/"})
    assert one(plugins, "groq").base_url == "http://127.0.0.1:4000/v1"


@pytest.mark.parametrize(
    ("told", "address"),
    [
        (None, "https://api.groq.example/openai/v1"),
        ("https://office.example", "https://office.example/openai/v1"),
        ("https://office.example/openai/v1/", "https://office.example/openai/v1"),
        ("https://office.example/groq", "https://office.example/groq/openai/v1"),
    ],
)
def test_a_host_is_completed_by_the_path_of_the_card(
    tmp_path: Path, told: str | None, address: str
) -> None:
    path = {"base_url": "https://api.groq.example/openai/v1", "base_path": "/openai/v1"}
    plugins = Plugins.of({"p-groq": Complete(GROQ.model_copy(update=path))})
    for environ, table in (
        ({"GROQ_BASE_URL": told} if told else {}, {}),
        ({}, {"base_url": told} if told else {}),
    ):
        settings = Settings.load({"providers": {"groq": table}}, environ=environ, cwd=tmp_path)
        assert one(configured(plugins, settings), "groq").base_url == address
    further: dict[str, Any] = {"like": "groq", **({"base_url": told} if told else {})}
    settings = Settings.load({"providers": {"office": further}}, environ={}, cwd=tmp_path)
    assert one(configured(plugins, settings), "office").base_url == address


def test_a_further_provider_is_made_from_a_card(tmp_path: Path) -> None:
    table = {"like": "G", "base_url": "https://office.example/v1", "api_key_env": "OFFICE"}
    plugins, settings = result(tmp_path, {"office-2": table}, {"OFFICE": "k"})
    office = plugins.get("office-2")
    assert office is not None
    assert office.plugin == "p-groq"
    assert [bound.provider.name for bound in plugins.providers] == ["groq", "openai", "office-2"]
    assert office.provider.base_url == "https://office.example/v1"
    assert office.provider.big == "big-model"
    assert office.provider.quirks == GROQ.quirks
    assert office.provider.key_required
    assert key(settings, office.provider) == "k"
    assert one(plugins, "g").name == "groq"


@pytest.mark.parametrize("base_url", ["https://other.example/v1", None])
def test_b31_a_key_stays_with_the_provider_it_belongs_to(
    tmp_path: Path, base_url: str | None
) -> None:
    table = {"like": "openai", **({"base_url": base_url} if base_url else {})}
    environ = {"OPENAI_API_KEY": "openais", "OPENAI_BASE_URL": "https://third.example"}
    plugins, settings = result(tmp_path, {"office": table}, environ)
    office = one(plugins, "office")
    assert key(settings, office) is None
    assert office.base_url == (base_url or OPENAI.base_url)
    assert one(plugins, "openai").base_url == "https://third.example"


def test_a_further_provider_has_variables_of_its_own(tmp_path: Path) -> None:
    environ = {"MY_OFFICE_API_KEY": "k", "MY_OFFICE_BASE_URL": "https://env.example"}
    plugins, settings = result(tmp_path, {"my-office": {"like": "groq"}}, environ)
    office = one(plugins, "my-office")
    assert (office.base_url, key(settings, office)) == ("https://env.example", "k")
    assert office.key_required


def test_a_server_of_ones_own_may_need_no_key(tmp_path: Path) -> None:
    table = {"like": "openai", "base_url": "http://127.0.0.1:8000/v1"}
    plugins, _ = result(tmp_path, {"local": table})
    assert not one(plugins, "local").key_required


def test_like_itself_changes_a_plugins_own_card(tmp_path: Path) -> None:
    plugins, _ = result(tmp_path, {"groq": {"like": "groq", "base_url": "https://x.example"}})
    assert one(plugins, "groq").base_url == "https://x.example"
    assert len(plugins.providers) == 2


def test_a_table_for_a_plugin_that_is_not_loaded_is_left_alone(tmp_path: Path) -> None:
    plugins, _ = result(tmp_path, {"moonshot": {"api_key_env": "X"}})
    assert plugins.get("moonshot") is None


ONE_FILE = {
    "office": {"like": "moonshot", "base_url": "https://office.example"},
    "lab": {"like": "groq"},
    "moonshot": {"like": "moonshot", "api_key_env": "X"},
}


def test_a_table_like_one_of_a_plugin_that_is_not_loaded_is_left_out(tmp_path: Path) -> None:
    settings = Settings.load({"providers": ONE_FILE}, environ={}, cwd=tmp_path)
    groq, both = load_plugins(["groq"]), load_plugins(["groq", "moonshot"])
    made = [bound.provider.name for bound in configured(groq, settings).providers]
    assert made == ["groq", "lab"]
    told = left_out(groq, settings)
    assert list(told) == ["office"]
    line = told["office"]
    assert line.startswith("providers.office is left out: no loaded plugin brings a provider")
    assert "'moonshot' (loaded: groq; installed, too: " in line
    assert configured(both, settings).get("office") is not None
    assert left_out(both, settings) == {}


def test_nobody_else_gets_the_models_of_a_provider_that_is_left_out(tmp_path: Path) -> None:
    models = {"sonnet": ["office/kimi-k3", "groq/big"], "mine": "office/kimi-k3"}
    settings = Settings.load({"providers": ONE_FILE, "models": models}, environ={}, cwd=tmp_path)
    router = make_router(load_plugins(["groq"]), settings)
    assert [target.name for target in router.route("claude-sonnet-5").targets] == ["groq/big"]
    with pytest.raises(UnknownModel):
        router.route("mine")
    both = make_router(load_plugins(["groq", "moonshot"]), settings)
    assert [target.name for target in both.route("mine").targets] == ["office/kimi-k3"]


def test_a_table_like_nothing_at_all_is_refused(tmp_path: Path) -> None:
    settings = Settings.load({"providers": {"a": {"like": "nothing"}}}, environ={}, cwd=tmp_path)
    usable = [plugin.name for plugin in installed_plugins() if plugin.refused is None]
    with pytest.raises(PluginError, match=r"'nothing', but no plugin.*there is: .*groq"):
        configured(load_plugins(usable), settings)


@pytest.mark.parametrize(
    ("tables", "expected"),
    [
        ({"No Name": {"like": "groq"}}, "providers.No Name: should be lower-case"),
        ({"g": {"like": "openai"}}, "'g' is claimed by plugin 'p-openai'"),
        ({"g": {"quirks": {"top_k": True}}}, "providers.g: .* is called groq: .*providers.groq"),
        ({"Groq": {"client_key": True}}, "providers.Groq: .* is called groq: .*providers.groq"),
        ({"groq": {"base_url": "http://127.0.0.1:8082"}}, "this proxy itself"),
        ({"a": {"like": "groq", "base_url": "http://localhost:8082/v1"}}, "this proxy itself"),
    ],
)
def test_tables_that_cannot_be_are_refused(
    tmp_path: Path, tables: dict[str, Any], expected: str
) -> None:
    with pytest.raises((PluginError, SettingsError), match=expected):
        result(tmp_path, tables)
