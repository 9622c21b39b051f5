"""The weighing of text: nothing is free, size costs nothing beyond the sample, errors are small."""

import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy_core.anthropic.text_tokens import SAMPLE, text_tokens

TEXTS = Path(__file__).parents[1] / "fixtures" / "texts"
O200K = {
    "arabic": 140,
    "arabic_notice": 92,
    "chinese": 184,
    "chinese_notice": 102,
    "code": 321,
    "encoded": 308,
    "english": 229,
    "english_notice": 172,
    "french": 155,
    "german": 157,
    "greek": 139,
    "hebrew": 103,
    "hindi": 118,
    "japanese": 176,
    "japanese_notice": 120,
    "korean": 151,
    "korean_notice": 95,
    "listing": 455,
    "numbers": 222,
    "russian": 166,
    "russian_notice": 98,
    "schema": 194,
    "ukrainian_notice": 111,
}
"""Tokens by tiktoken's o200k_base. `nox -s bench -- count_tokens` counts anew."""


def weighed(text: str) -> float:
    return text_tokens(text.encode())


@pytest.mark.parametrize("path", sorted(TEXTS.glob("*.txt")), ids=lambda path: path.stem)
def test_the_estimate_is_near_the_truth_and_above_it(path: Path) -> None:
    assert 1 <= weighed(path.read_text("utf-8")) / O200K[path.stem] < 1.5


@given(st.text(), st.text())
def test_more_text_is_not_fewer_tokens(text: str, more: str) -> None:
    assert weighed(f"{text}\n{more}") >= weighed(text) >= 0


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\t\n\r"), min_size=1))
def test_no_character_but_a_line_break_is_free(text: str) -> None:
    assert weighed(text) > 0


@pytest.mark.parametrize("size", [SAMPLE, SAMPLE + 1, 3 * SAMPLE + 77, 40 * SAMPLE])
def test_a_sample_speaks_for_a_long_text(size: int) -> None:
    """Long stretches of prose, code, data and other scripts, one after the other."""
    chosen = random.Random(3)
    texts = [path.read_text("utf-8") for path in sorted(TEXTS.glob("*.txt"))]
    pieces: list[str] = []
    while sum(map(len, pieces)) < size:
        pieces.append(chosen.choice(texts) * chosen.randint(1, 9))
    truth = sum(map(weighed, pieces))
    assert weighed("\n".join(pieces)) == pytest.approx(truth, rel=0.05)
