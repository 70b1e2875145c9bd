"""What a seat remembers."""

import pytest

from dynenvs.core.errors import ParameterError
from dynenvs_agents.llm.memory import Memory, MemoryRule


def remembered(text, turns):
    memory = Memory(MemoryRule.parse(text))
    for turn in range(turns):
        memory.keep(f"q{turn}", f"a{turn}")
    return memory


def test_a_full_memory_keeps_everything():
    assert [turn.asked for turn in remembered("full", 50).turns] == [f"q{turn}" for turn in range(50)]


def test_a_window_keeps_the_last_turns():
    assert remembered("window:3", 10).turns == [("q7", "a7"), ("q8", "a8"), ("q9", "a9")]
    assert remembered("window:3", 2).turns == [("q0", "a0"), ("q1", "a1")]


def test_a_memory_of_notes_asks_for_them_when_it_is_full():
    assert not remembered("summary", 9).is_full
    memory = remembered("summary", 10)
    assert memory.is_full
    memory.sum_up("It defects.")
    assert (memory.notes, memory.turns, memory.is_full) == ("It defects.", [], False)
    memory.keep("q", "a")
    memory.sum_up("")
    assert (memory.notes, memory.turns) == ("It defects.", [])


@pytest.mark.parametrize(
    "text", ["", "none", "window", "window:", "window:0", "window:-1", "window:1.5", "Full", "full:3"]
)
def test_other_memories_do_not_exist(text):
    with pytest.raises(ParameterError, match="memory="):
        MemoryRule.parse(text)
