"""Index, id and name of a fragment: which call of the stream it belongs to."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.chat_answers import (
    CALLED,
    call,
    chunk,
    told,
)


def test_s4_a_new_id_at_the_same_index_is_a_new_call() -> None:
    answer = told(
        chunk(call(0, id="a", name="Read", arguments='{"p":1}')),
        chunk(call(0, id="b", name="Read", arguments='{"p":2}')),
        CALLED,
    )
    assert answer.blocks == [["tool", "Read", {"p": 1}], ["tool", "Read", {"p": 2}]]
    assert answer.tool_ids == ["a", "b"]


@pytest.mark.parametrize("index", [0, None])
def test_s5_an_id_repeated_in_each_fragment_is_the_same_call(index: int | None) -> None:
    answer = told(
        chunk(call(index, id="a", name="Read", arguments='{"p":')),
        chunk(call(index, id="a", arguments="1")),
        chunk(call(index, id="a", arguments="}")),
        CALLED,
    )
    assert answer.blocks == [["tool", "Read", {"p": 1}]]


def test_fragments_without_index_and_id_go_on_where_the_last_one_stood() -> None:
    answer = told(
        chunk(call(id="a", name="Read", arguments='{"p":')),
        chunk(call(arguments="1}")),
        chunk(call(id="b", name="Grep", arguments='{"q":')),
        chunk(call(arguments="2}")),
        CALLED,
    )
    assert answer.blocks == [["tool", "Read", {"p": 1}], ["tool", "Grep", {"q": 2}]]


def test_calls_with_neither_index_nor_id_begin_with_their_names() -> None:
    answer = told(
        chunk(call(name="Read", arguments='{"p":1}')),
        chunk(call(name="Read", arguments='{"p":2}')),
        CALLED,
    )
    assert answer.blocks == [["tool", "Read", {"p": 1}], ["tool", "Read", {"p": 2}]]
    assert len(set(answer.tool_ids)) == 2


@pytest.mark.parametrize("indexes", [("0", "1"), (0.0, 1.0), (10**9, 2)])
def test_an_index_may_be_any_kind_of_mark(indexes: tuple[Any, Any]) -> None:
    first, second = indexes
    answer = told(
        chunk(call(first, id="a", name="Read", arguments="")),
        chunk(call(second, id="b", name="Grep", arguments="")),
        chunk(call(first, arguments='{"p":1}')),
        chunk(call(second, arguments='{"q":2}')),
        CALLED,
    )
    assert answer.blocks == [["tool", "Read", {"p": 1}], ["tool", "Grep", {"q": 2}]]


@pytest.mark.parametrize("index", [0, None])
def test_an_id_of_its_own_for_each_fragment_is_still_one_call(index: int | None) -> None:
    answer = told(
        chunk(call(index, id="a", name="Read", arguments='{"p":')),
        chunk(call(index, id="b", arguments="")),
        chunk(call(index, id="c", arguments="1}")),
        CALLED,
    )
    assert (answer.blocks, answer.tool_ids) == ([["tool", "Read", {"p": 1}]], ["a"])


def test_ids_may_be_numbers() -> None:
    answer = told(
        chunk(call(0, id=7, name="Read", arguments="{}")),
        chunk(call(0, id=8, name="Read", arguments="{}")),
        CALLED,
    )
    assert answer.tool_ids == ["7", "8"]


@pytest.mark.parametrize("name", ["Read", "Grep"])
def test_whole_calls_at_one_index_without_ids_are_calls_of_their_own(name: str) -> None:
    answer = told(
        chunk(call(0, name="Read", arguments='{"p":1}')),
        chunk(call(0, name=name, arguments='{"p":2}')),
        CALLED,
    )
    assert answer.blocks == [["tool", "Read", {"p": 1}], ["tool", name, {"p": 2}]]


def test_a_name_in_every_fragment_is_still_one_call() -> None:
    answer = told(
        chunk(call(0, name="Read", arguments='{"p":')),
        chunk(call(0, name="Read", arguments="1}")),
        CALLED,
    )
    assert answer.blocks == [["tool", "Read", {"p": 1}]]
