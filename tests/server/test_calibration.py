"""What answers teach about estimates, and what they cannot."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy_core.anthropic.tokens import Estimate
from proxy_core.contract import Usage
from proxy_core.server.calibration import FEWEST, Calibration

PROMPT = Estimate(1000)


def taught(*truths: int, prompt: Estimate = PROMPT) -> Calibration:
    calibration = Calibration()
    for truth in truths:
        calibration.learn("a/m", prompt, Usage(input_tokens=truth))
    return calibration


def test_a_few_answers_are_not_believed() -> None:
    few = taught(*[1400] * (FEWEST - 1)).count("a/m", PROMPT)
    assert (few.tokens, few.method.split(";")[0]) == (1000, "estimate")


def test_twenty_answers_put_the_count_right_and_say_how_right() -> None:
    count = taught(*range(1300, 1400, 5)).count("a/m", Estimate(2000))
    assert 2600 <= count.tokens <= 2800
    assert (found := re.fullmatch(r"calibrated; n=20; within (\d+)%", count.method))
    assert 4 <= int(found[1]) <= 8


def test_what_one_model_teaches_is_not_said_of_another() -> None:
    assert taught(*[1400] * 20).count("a/other", PROMPT).tokens == 1000


def test_cached_tokens_are_part_of_the_prompt() -> None:
    calibration = Calibration()
    usage = Usage(input_tokens=100, cache_read_input_tokens=900, cache_creation_input_tokens=400)
    for _ in range(20):
        calibration.learn("a/m", PROMPT, usage)
    assert calibration.count("a/m", PROMPT).tokens == 1400


def test_a_single_answer_may_be_mad() -> None:
    assert taught(*([1100] * 20 + [2400])).count("a/m", PROMPT).tokens == 1100


@pytest.mark.parametrize("truth", [0, 1, 100, 5000, 10**12])
def test_what_no_tokenizer_explains_is_not_learned(truth: int) -> None:
    assert taught(*[truth] * 40).count("a/m", PROMPT).tokens == 1000


@pytest.mark.parametrize(("prompt", "truth"), [(Estimate(1000, 1600), 1500), (Estimate(20), 30)])
def test_images_and_tiny_prompts_teach_nothing(prompt: Estimate, truth: int) -> None:
    assert taught(*[truth] * 20, prompt=prompt).count("a/m", PROMPT).tokens == 1000


def test_the_cost_of_images_is_not_touched() -> None:
    assert taught(*[1500] * 20).count("a/m", Estimate(1000, 1600)).tokens == 3100


def test_new_answers_replace_old_ones() -> None:
    assert taught(*[2000] * 32, *[1200] * 32).count("a/m", PROMPT).tokens == 1200


@given(st.lists(st.integers(0, 10**9), max_size=80))
def test_nobody_can_push_a_count_out_of_its_band(truths: list[int]) -> None:
    assert 600 <= taught(*truths).count("a/m", PROMPT).tokens <= 2500


def test_the_memory_is_bounded() -> None:
    calibration = Calibration()
    for number in range(1000):
        for _ in range(FEWEST):
            calibration.learn(f"a/{number}", PROMPT, Usage(input_tokens=1500))
    known = sum(calibration.count(f"a/{n}", PROMPT).tokens == 1500 for n in range(1000))
    assert known == 256
    assert calibration.count("a/999", PROMPT).tokens == 1500
