"""A refused request is asked in other words; what lasts is learned, and all is told."""

import logging
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proxy_core import hookimpl
from proxy_core.contract import (
    ErrorVerdict,
    ModelFacts,
    Provider,
    Repair,
    Target,
    UpstreamFailure,
)
from proxy_core.dialects.openai_chat import OpenAIChat
from proxy_core.routing.directory import at
from proxy_core.server.repairs import Lessons
from tests.e2e.upstream_script import (
    Conversation,
    Fail,
    Json,
    Refuse,
    Script,
    Turn,
    answer,
    in_order,
    say,
)
from tests.server.observed import observed
from tests.support.proxy import error_of

HELLO = answer(say("Hello."))
ASKED: Json = {"temperature": 0.5, "stop_sequences": ["X"]}


def refusal(parameter: str, code: str = "unsupported_parameter") -> Refuse:
    text = f"Unsupported parameter: '{parameter}' is not supported with this model."
    error = {"message": text, "type": "invalid_request_error", "param": parameter, "code": code}
    return Refuse(400, {"error": error})


NO_SAMPLING = refusal("temperature")
NO_STOP = refusal("stop")
BAD = Refuse(400, {"error": {"message": "bad"}})
BUSY = Refuse(503, {"error": {"message": "busy"}}, {"retry-after-ms": "1"})
SLIP = Refuse(400, {"error": {"message": "slip", "code": "tool_use_failed"}})


def strict(*parameters: str) -> Script:
    """A server that knows not all parameters, and refuses the first that it does not know."""

    def script(talk: Conversation) -> Turn:
        return next((refusal(name) for name in parameters if name in talk.body), HELLO)

    return script


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("first", [NO_SAMPLING, answer(Fail(NO_SAMPLING.body))])  # type: ignore[arg-type]
def test_a_refused_request_is_made_in_other_words(first: Turn, stream: bool) -> None:
    with observed(in_order(first, HELLO)) as (proxy, upstream, seen):
        message = proxy.message(stream=stream, **ASKED)
        refused, repaired = (exchange.talk.body for exchange in upstream.chats)
    assert message["content"] == [{"type": "text", "text": "Hello."}]
    assert repaired == {name: value for name, value in refused.items() if name != "temperature"}
    (exchange,) = seen
    assert (exchange.status, exchange.outcome) == (200, "ok")
    assert exchange.repairs == ("acme/big-model=sampling",)
    assert [loss.path for loss in exchange.losses] == ["/temperature"]


def test_the_answer_tells_what_the_second_request_lost() -> None:
    with observed(strict("temperature")) as (proxy, _, _):
        response = proxy.ask(**ASKED)
    assert response.headers["x-proxy-losses"] == "1; unsupported_by_model"


@pytest.mark.parametrize("stream", [False, True])
def test_what_lasts_is_learned(stream: bool, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "proxy_core")
    with observed(strict("temperature")) as (proxy, upstream, seen):
        for _ in range(3):
            proxy.message(stream=stream, **ASKED)
        proxy.message(stream=stream, **ASKED | {"model": "acme/small-model"})
        assert len(upstream.chats) == 4 + 2
    assert [exchange.repairs for exchange in seen] == [
        ("acme/big-model=sampling",),
        *[("acme/big-model=sampling (learned)",)] * 2,
        ("acme/small-model=sampling",),
    ]
    said = [record.getMessage() for record in caplog.records]
    learned = [line for line in said if "from now on" in line]
    assert [line.split()[0] for line in learned] == ["acme/big-model", "acme/small-model"]
    assert sum("refused it; asked anew with sampling" in line for line in said) == 2
    assert sum("repairs=1" in line for line in said) == 4


@pytest.mark.parametrize("stream", [False, True])
def test_a_server_that_refuses_two_fields_refuses_no_request(stream: bool) -> None:
    with observed(strict("temperature", "stop")) as (proxy, upstream, seen):
        proxy.message(stream=stream, **ASKED)
        proxy.message(stream=stream, **ASKED)
        assert len(upstream.chats) == 3 + 1
    assert [exchange.repairs for exchange in seen] == [
        ("acme/big-model=sampling", "acme/big-model=stop_limit"),
        ("acme/big-model=sampling,stop_limit (learned)",),
    ]


def test_of_more_fields_each_request_learns_two() -> None:
    tool = {"name": "Run", "input_schema": {"type": "object"}}
    asked = ASKED | {"tools": [tool], "tool_choice": {"type": "any"}}
    with observed(strict("temperature", "stop", "tool_choice")) as (proxy, upstream, seen):
        assert error_of(proxy.ask(**asked))["message"].startswith("acme: Unsupported parameter")
        assert len(upstream.chats) == 3
        proxy.message(stream=True, **asked)
        assert len(upstream.chats) == 3 + 2
    assert len(seen[-1].repairs) == 2


def test_a_repair_that_takes_an_earlier_one_back_is_not_made() -> None:
    either = strict("max_tokens", "max_completion_tokens")
    with observed(either) as (proxy, upstream, _):
        assert error_of(proxy.ask())["message"].startswith("acme: Unsupported parameter")
        assert len(upstream.chats) == 2


class Own(OpenAIChat):
    """Reads every refusal as the test says."""

    repair: Any = None
    billed = False

    @hookimpl
    def proxy_classify_error(self, failure: UpstreamFailure, target: Target) -> ErrorVerdict:  # noqa: ARG002
        return ErrorVerdict(
            status=400,
            type="invalid_request_error",
            message="no",
            repair=self.repair,
            may_be_billed=self.billed,
        )


def reading(repair: Any, *, billed: bool = False) -> type[OpenAIChat]:
    return type("Reading", (Own,), {"repair": repair, "billed": billed})


ONCE = Repair(quirks={"sampling": False})


def test_what_belongs_to_one_conversation_is_not_learned() -> None:
    with observed(strict("temperature"), reading(ONCE)) as (proxy, upstream, seen):
        for _ in range(3):
            proxy.message(stream=False, **ASKED)
        assert len(upstream.chats) == 6
    assert {exchange.repairs for exchange in seen} == {("acme/big-model=sampling",)}


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("last", [NO_SAMPLING, BAD])
def test_a_second_refusal_is_told_as_it_is(last: Refuse, stream: bool) -> None:
    with observed(in_order(NO_SAMPLING, last, HELLO)) as (proxy, upstream, seen):
        response = proxy.ask(stream=stream, **ASKED)
        assert len(upstream.chats) == 2
    assert isinstance(last.body, dict)
    assert response.status_code == 400
    words = last.body["error"]["message"]
    assert error_of(response)["message"].startswith(f"acme: {words}")
    assert seen[0].repairs == ("acme/big-model=sampling",)


@pytest.mark.parametrize(
    ("turns", "retries", "hits"),
    [
        ((NO_SAMPLING, HELLO), 0, 2),
        ((BUSY, NO_SAMPLING, HELLO), 1, 3),
        ((NO_SAMPLING, BUSY, HELLO), 1, 3),
        ((NO_SAMPLING, SLIP, HELLO), 1, 3),
        ((SLIP, NO_SAMPLING, HELLO), 1, 3),
    ],
)
def test_other_words_are_no_repeat(turns: tuple[Turn, ...], retries: int, hits: int) -> None:
    with observed(in_order(*turns), max_retries=retries) as (proxy, upstream, _):
        proxy.message(stream=False, **ASKED)
        assert len(upstream.chats) == hits


def test_nothing_that_may_be_billed_is_asked_in_other_words() -> None:
    with observed(in_order(NO_SAMPLING, HELLO), reading(ONCE, billed=True)) as (
        proxy,
        upstream,
        _,
    ):
        assert proxy.ask(**ASKED).status_code == 400
        assert len(upstream.chats) == 1


def test_strictness_holds_for_the_other_words_too() -> None:
    with observed(strict("temperature"), strict=True) as (proxy, upstream, _):
        response = proxy.ask(**ASKED)
        assert len(upstream.chats) == 1
    assert response.status_code == 400
    assert "/temperature" in error_of(response)["message"]


def test_each_target_of_a_chain_is_asked_in_its_own_words() -> None:
    chain = {"both": ["acme/big-model", "acme/small-model"]}
    turns = in_order(NO_SAMPLING, *[BUSY] * 3, NO_SAMPLING, HELLO)
    with observed(turns, models=chain) as (proxy, upstream, seen):
        proxy.message(stream=True, **ASKED | {"model": "both"})
        assert len(upstream.chats) == 6
    assert seen[0].repairs == ("acme/big-model=sampling", "acme/small-model=sampling")


@pytest.mark.parametrize(
    ("repair", "said"),
    [
        (Repair(quirks={"no_such": 1}), "the repair of a refused request: there is no quirk"),
        (Repair(quirks={"sampling": "maybe"}), "the repair of a refused request: sampling: "),
        ({"sampling": False}, "failed in proxy_classify_error: TypeError"),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
def test_a_repair_that_makes_no_sense_is_its_plugins_fault(
    repair: Any, said: str, stream: bool
) -> None:
    with observed(strict("temperature"), reading(repair)) as (proxy, upstream, _):
        response = proxy.ask(stream=stream, **ASKED)
        assert len(upstream.chats) == 1
    assert response.status_code == 500
    message = error_of(response)["message"]
    assert "plugin 'acme'" in message
    assert said in message


REFUSALS = [NO_SAMPLING, NO_STOP, BAD, BUSY, SLIP, answer(Fail({"error": {"code": "stop"}}))]


def test_however_it_refuses_no_target_is_asked_in_more_than_two_other_ways() -> None:
    turns: list[Turn] = []

    def script(talk: Conversation) -> Turn:  # noqa: ARG001
        return turns.pop(0) if turns else HELLO

    with observed(script, max_retries=1) as (proxy, upstream, _):

        @settings(max_examples=50, deadline=None)
        @given(st.lists(st.sampled_from(REFUSALS), max_size=5), st.booleans(), st.integers())
        def check(refusals: list[Turn], stream: bool, model: int) -> None:
            turns[:] = refusals
            before = len(upstream.chats)
            asked = ASKED | {"model": f"acme/{model}-model", "stream": stream}
            upstream.models = (f"{model}-model",)
            response = proxy.ask(**asked)
            bodies = [exchange.raw for exchange in upstream.chats[before:]]
            ways = list(dict.fromkeys(bodies))
            assert len(ways) <= 1 + 2
            assert len(bodies) <= 1 + 2 + 1
            assert bodies == sorted(bodies, key=ways.index)
            if response.status_code == 200:
                assert b"Unsupported" not in response.content
                assert len(bodies) == len(refusals) + 1 - len(turns)

        check()


# -- the memory --------------------------------------------------------------------------------

NO_MORE_SAMPLING = Repair(quirks={"sampling": False}, lasting=True)


def target(model: str) -> Target:
    return at(Provider(name="acme", base_url="https://acme.example/v1"), model)


def failed(repair: Repair | None = None) -> ErrorVerdict:
    return ErrorVerdict(status=503, type="api_error", message="", repair=repair)


@pytest.mark.parametrize(
    ("repair", "outcome", "learned"),
    [
        (NO_MORE_SAMPLING, None, True),
        (NO_MORE_SAMPLING, failed(), False),
        (NO_MORE_SAMPLING, failed(NO_MORE_SAMPLING), False),
        (NO_MORE_SAMPLING, failed(Repair(quirks={"stop_limit": 0})), True),
        (NO_MORE_SAMPLING, failed(Repair()), True),
        (ONCE, None, False),
    ],
)
def test_learned_is_what_helped_and_lasts(
    repair: Repair, outcome: ErrorVerdict | None, learned: bool
) -> None:
    lessons = Lessons()
    lessons.learn(target("a"), repair, outcome)
    assert lessons.of(target("a")) == (repair.quirks if learned else {})
    assert lessons.of(target("b")) == {}


def test_the_memory_is_bounded() -> None:
    lessons = Lessons()
    for number in range(1000):
        lessons.learn(target(f"m{number}"), NO_MORE_SAMPLING, None)
    known = [number for number in range(1000) if lessons.of(target(f"m{number}"))]
    assert known == list(range(1000 - 256, 1000))


def test_further_quirks_count_before_those_of_provider_and_model() -> None:
    facts = ModelFacts(pattern="m", quirks={"sampling": True})
    provider = Provider(name="acme", base_url="https://acme.example/v1", quirks={"top_k": True})
    plain = Target(provider=provider, model="m", facts=facts)
    under = plain.under({"sampling": False, "top_k": False})
    plugin = OpenAIChat()
    assert (plugin.quirks(plain).sampling, plugin.quirks(plain).top_k) == (True, True)
    assert (plugin.quirks(under).sampling, plugin.quirks(under).top_k) == (False, False)
    assert under.name == plain.name
