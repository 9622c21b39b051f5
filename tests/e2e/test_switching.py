"""A conversation that goes from vendor to vendor and comes home: over processes that share no
memory, streamed and whole, in the middle of tool calls.
"""

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.cast import Cast
from tests.e2e.parties import PARTIES, PLUGINS, Party
from tests.e2e.proxy_process import ProxyProcess
from tests.e2e.switching import Client
from tests.e2e.upstream_script import Json

PAIRS = list(itertools.permutations(PARTIES, 2))


@pytest.fixture(scope="module")
def cast(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cast]:
    with Cast(tmp_path_factory.mktemp("cast")) as cast:
        yield cast


@pytest.fixture(scope="module")
def processes(cast: Cast) -> Iterator[tuple[ProxyProcess, ProxyProcess]]:
    """Two of them; what is begun with the one goes on with the other."""
    with cast.proxy() as first, cast.proxy() as second:
        yield first, second


@pytest.mark.parametrize(("here", "there"), PAIRS, ids=str)
def test_there_and_back(
    cast: Cast,
    processes: tuple[ProxyProcess, ProxyProcess],
    here: Party,
    there: Party,
) -> None:
    first, second = processes
    client = Client(cast)
    stops = (
        (here, first),
        (here, first),
        (there, first),  # in the middle of two calls
        (there, second),
        (here, second),  # in the middle of a call
        (here, second),
        (there, first),
        (here, first),
    )
    for stop, (party, process) in enumerate(stops):
        client.ask(party, process.url, stream=stop % 2 == 0)
    cast.check()


THINKING: dict[str, list[Json | None]] = {
    "omitted": [{"type": "adaptive", "display": "omitted"}],
    "budget": [{"type": "enabled", "budget_tokens": 4000}],
    "disabled": [{"type": "disabled"}],
    "unasked": [None],
    "changing": [
        {"type": "adaptive"},
        {"type": "adaptive", "display": "omitted"},
        None,
        {"type": "disabled"},
    ],
}


@pytest.mark.parametrize("asked", THINKING.values(), ids=THINKING)
def test_whatever_thinking_the_client_asks_for(
    cast: Cast, processes: tuple[ProxyProcess, ProxyProcess], asked: list[Json | None]
) -> None:
    client = Client(cast)
    for turn, party in enumerate((*PARTIES, *reversed(PARTIES), *PARTIES)):
        process = processes[turn % 2]
        for stream in (True, False):
            client.thinking = asked[turn % len(asked)]
            client.ask(party, process.url, stream=stream)
    cast.check()


@pytest.mark.parametrize("alone", [False, True], ids=["all-plugins", "one-plugin-at-a-time"])
def test_the_long_tour_with_a_restart_at_each_stop(tmp_path: Path, alone: bool) -> None:
    with Cast(tmp_path) as cast:
        client = Client(cast)
        for stop, party in enumerate((*PARTIES, *reversed(PARTIES))):
            plugins = [party.vendor.plugin] if alone else PLUGINS
            # Named in the request, or behind a name of Anthropic's by the settings.
            model = "claude-opus-5-5" if alone else party.address
            with cast.proxy(plugins, {"BIG_MODEL": party.address}) as proxy:
                for turn in range(3):
                    client.ask(party, proxy.url, stream=(stop + turn) % 2 == 0, model=model)
        assert len(client.messages) > 6 * len(PARTIES)
        cast.check()
