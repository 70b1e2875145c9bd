"""The catalogue of background strategies, and the tables that worlds play them from."""

import re

import numpy as np
import pytest

from dynenvs.core.errors import ParameterError, UnknownPolicy
from dynenvs.envs.games.background import (
    playable_strategies,
    strategy,
    strategy_automaton,
    strategy_forms,
    strategy_names,
    strategy_tables,
)
from dynenvs.envs.games.params import GAMES, payoff_matrices

from .matches import facts

FIRST = ("", ",0", ",0.25")
PRISONERS_DILEMMA = payoff_matrices(GAMES["prisoners_dilemma"].payoffs)
ROCK_PAPER_SCISSORS = payoff_matrices(GAMES["rock_paper_scissors"].payoffs)


def test_every_strategy_says_in_one_sentence_what_it_does_and_where_it_comes_from():
    entries = [strategy(name) for name in strategy_names()]
    assert all(re.fullmatch(r"[a-z][a-z0-9_]*", entry.name) for entry in entries)
    assert all(entry.about.endswith(".") and ". " not in entry.about for entry in entries)
    assert all(entry.source for entry in entries)


def test_no_two_strategies_stand_for_the_same_one_of_the_axelrod_library():
    named = [entry.axelrod_name for entry in map(strategy, strategy_names()) if entry.axelrod_name]
    assert len(named) == len(set(named)) > 38


def test_every_deterministic_strategy_of_the_facts_has_one_of_ours():
    ours = {strategy(name).axelrod_name for name in strategy_names()}
    assert {row["first"] for row in facts("axelrod_deterministic.csv")} <= ours


def test_every_strategy_plays_the_prisoners_dilemma():
    assert playable_strategies(PRISONERS_DILEMMA) == strategy_names()


def test_games_of_three_actions_are_played_by_the_general_strategies():
    assert playable_strategies(ROCK_PAPER_SCISSORS) == ["random", "tit_for_tat", "beat_last"]
    assert "tit_for_tat" not in playable_strategies(np.zeros((2, 2, 3)))


def test_a_strategy_that_cannot_play_a_game_is_refused():
    with pytest.raises(ParameterError, match="'grudger' cannot play a 3 x 3 game: expected 2 x 2 actions"):
        strategy_tables(("grudger",), ROCK_PAPER_SCISSORS)
    with pytest.raises(ParameterError, match="'tit_for_tat' cannot play a 2 x 3 game"):
        strategy_tables(("tit_for_tat",), np.zeros((2, 2, 3)))
    with pytest.raises(ParameterError, match="action 3: expected one of 3 actions"):
        strategy_tables(("cycle(0,3)",), ROCK_PAPER_SCISSORS)


def test_an_unknown_strategy_names_the_nearest():
    with pytest.raises(UnknownPolicy, match=r"no strategy 'tit_for_tatt'; nearest: 'tit_for_tat'"):
        strategy("tit_for_tatt")
    for name in ("", "memory_two(1,2)", "grudger(1)", "memory_one", "memory_one(1,0,1,0) ", "cycle(1)(2)"):
        with pytest.raises(UnknownPolicy):
            strategy(name)


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("memory_one(1,0,1)", r"expected memory_one\(cc,cd,dc,dd\) with decimal numbers"),
        ("memory_one(1,0,1,0,1,1)", "decimal numbers"),
        ("memory_one()", "decimal numbers"),
        ("memory_one(1,0,1,nan)", "decimal numbers"),
        ("memory_one(1,0,1,inf)", "decimal numbers"),
        ("memory_one(1,0,1,1_0)", "decimal numbers"),
        ("memory_one(1,0,1,0x1)", "decimal numbers"),
        ("memory_one(1,0,,0)", "decimal numbers"),
        ("memory_one(1.5,0,1,0)", r"p_cc=1.5: expected a number in \[0, 1\]"),
        ("memory_one(1,0,1,-0.1)", r"p_dd=-0.1: expected a number in \[0, 1\]"),
        ("zd(1e400,2,1)", r"expected zd\(phi,chi,kappa\) with decimal numbers"),
        ("zd(0.1,2)", r"expected zd\(phi,chi,kappa\)"),
        ("always(-1)", "actions, counted from 0"),
        ("always(0,1)", "actions, counted from 0"),
        ("cycle()", "actions, counted from 0"),
        ("cycle(0,1.0)", "actions, counted from 0"),
    ],
)
def test_numbers_in_a_name_are_read_strictly(name, complaint):
    with pytest.raises(ParameterError, match=complaint):
        strategy(name)


def test_numbers_in_a_name_may_stand_apart():
    odds = "then cooperates with probability 0.9 after CC, 0.1 after CD, 0.5 after DC, 0.2 after DD."
    assert strategy("memory_one(0.9, 0.1, 5e-1, 0.2)").about == f"Cooperates first, {odds}"
    assert strategy("memory_one(0.9, 0.1, 5e-1, 0.2, 0)").about == f"Defects first, {odds}"


def test_a_fifth_number_says_how_a_memory_one_strategy_begins():
    assert [strategy_automaton(f"memory_one(1,0,1,0{first})", PRISONERS_DILEMMA).moves[0, 0] for first in FIRST] == [
        1,
        0,
        0.25,
    ]
    with pytest.raises(ParameterError, match="p_first=2"):
        strategy("memory_one(1,0,1,0,2)")


def test_a_strategy_is_an_automaton_of_its_seat_unless_it_counts():
    pennies = payoff_matrices(GAMES["matching_pennies"].payoffs)
    row, column = (strategy_automaton("beat_last", pennies, seat).moves[1:] for seat in (0, 1))
    assert (row == column[::-1]).all()
    assert strategy_automaton("gradual", PRISONERS_DILEMMA) is None


def test_the_forms_of_strategies_with_numbers_are_listed():
    forms = "memory_one(cc,cd,dc,dd[,first]) zd(phi,chi,kappa) equalizer(phi,kappa) always(a) cycle(a,b,...)"
    assert list(strategy_forms()) == forms.split()


def test_tables_hold_strategies_in_the_order_of_their_names_and_are_read_only():
    tables = strategy_tables(("always_defect", "gradual", "always_cooperate"), PRISONERS_DILEMMA)
    assert tables.chances[tables.first_state[[0, 2], 0], 0].tolist() == [0.0, 1.0]
    assert (tables.program > 0).tolist() == [False, True, False]
    assert not any(table.flags.writeable for table in tables)


def test_tables_without_strategies_are_empty():
    tables = strategy_tables((), PRISONERS_DILEMMA)
    assert [len(table) for table in tables] == [0, 0, 0, 0, 0]


def test_both_seats_of_a_symmetric_game_share_their_automata():
    shared = strategy_tables(("beat_last",), PRISONERS_DILEMMA)
    apart = strategy_tables(("beat_last",), payoff_matrices(GAMES["matching_pennies"].payoffs))
    assert shared.first_state[0, 0] == shared.first_state[0, 1]
    assert apart.first_state[0, 0] != apart.first_state[0, 1]
    assert len(apart.chances) == 2 * len(shared.chances)


def test_chances_reach_exactly_one_in_the_last_action():
    tables = strategy_tables(("random",), ROCK_PAPER_SCISSORS)
    assert tables.chances[0] == pytest.approx([1 / 3, 2 / 3, 1])
    assert tables.chances[0, -1] == 1.0
