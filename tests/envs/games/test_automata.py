"""How automata are made of what a strategy remembers."""

import numpy as np
import pytest

from dynenvs.core.errors import ParameterError
from dynenvs.envs.games.automata import C, D, View, automaton, memory_one, mixed_automaton, remembering

RPS = View(own=np.zeros((3, 3)), other=np.zeros((3, 3)))


def test_an_automaton_has_one_state_for_every_memory_that_can_be_reached():
    grudger = automaton(False, lambda betrayed: not betrayed, lambda betrayed, own, other: betrayed or other == D)
    assert grudger.moves.tolist() == [[1, 0], [0, 1]]
    assert grudger.successors.tolist() == [[[0, 1], [0, 1]], [[1, 1], [1, 1]]]


def test_a_window_of_moves_fills_up_before_it_slides():
    window = remembering(2, lambda seen: seen != (D, D))
    assert len(window.moves) == 1 + 2 + 4
    assert window.moves[:, 0].tolist() == [1, 1, 1, 1, 1, 1, 0]


def test_memory_one_keeps_its_probabilities_in_the_order_cc_cd_dc_dd():
    states = memory_one(0.1, 0.2, 0.3, 0.4, first=0.5)
    assert states.moves[0, 0] == 0.5
    assert states.moves[states.successors[0].ravel(), 0].tolist() == [0.1, 0.2, 0.3, 0.4]
    assert states.successors[0, C, D] != states.successors[0, D, C]


def test_automata_of_three_actions_have_successors_for_all_nine_joint_moves():
    copying = mixed_automaton(RPS, 0, lambda last: np.eye(3)[last], lambda last, own, other: other)
    assert copying.successors.shape == (3, 3, 3)
    assert copying.moves.tolist() == np.eye(3).tolist()


def test_a_strategy_that_never_forgets_is_no_automaton():
    with pytest.raises(ParameterError, match="4096 states"):
        automaton(0, lambda rounds: True, lambda rounds, own, other: rounds + 1)
