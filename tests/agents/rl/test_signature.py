"""From a network's numbers to legal actions."""

import numpy as np
import pytest

from dynenvs.core.errors import ParameterError
from dynenvs.core.layouts import ActionLayout, ContinuousHead, DiscreteHead
from dynenvs_agents.rl.signature import Signature, choose

ABC = ActionLayout(heads=(DiscreteHead(name="letter", options=("a", "b", "c")),))
TWICE = ActionLayout(
    heads=(
        DiscreteHead(name="first", options=("a", "b", "c")),
        DiscreteHead(name="second", options=("a", "b", "c"), shares_mask_with="first"),
        DiscreteHead(name="coin", options=("heads", "tails")),
    )
)
EFFORT = ActionLayout(heads=(ContinuousHead(name="effort", low=0.0, high=1.0),))
ALL = np.ones((1, 5), np.bool_)


def test_the_most_likely_legal_option_is_taken():
    logits, masks = np.array([[1.0, 3.0, 2.0]] * 2, np.float32), np.array([[True] * 3, [True, False, True]])
    assert choose(logits, ABC, masks, None).tolist() == [[1], [2]]


def test_options_are_drawn_as_often_as_the_logits_say_and_never_against_the_mask():
    rows = 20_000
    logits = np.tile(np.log([[0.2, 0.5, 0.3]]).astype(np.float32), (rows, 1))
    masks = np.tile([True, False, True], (rows, 1))
    draws = np.random.default_rng(0).random((rows, 1))
    shares = np.bincount(choose(logits, ABC, masks, draws)[:, 0], minlength=3) / rows
    assert shares == pytest.approx([0.4, 0.0, 0.6], abs=0.02)


@pytest.mark.parametrize("draw", [0.0, 1.0 - 2.0**-53])
def test_the_outermost_draws_are_legal_too(draw):
    masks = np.array([[False, True, False]])
    for logits in ([1e4, -1e4, 0.0], [0.0, 0.0, 0.0]):
        assert choose(np.array([logits], np.float32), ABC, masks, np.full((1, 1), draw)) == 1


def test_heads_read_their_own_logits_and_the_mask_that_they_share():
    logits = np.array([[9.0, 0, 1, 0, 9, 1, 0, 1]], np.float32)
    masks = np.array([[False, True, True, True, True]])  # three letters for both heads, and the coin
    assert choose(logits, TWICE, masks, None).tolist() == [[2, 1, 1]]


def test_continuous_actions_scatter_as_told_and_stay_within_their_bounds():
    rows = 20_000
    outputs = np.tile(np.array([[0.5, 0.1]], np.float32), (rows, 1))
    drawn = choose(outputs, EFFORT, np.ones((rows, 0), np.bool_), np.random.default_rng(0).random((rows, 2)))
    assert (drawn.mean(), drawn.std()) == (pytest.approx(0.5, abs=0.01), pytest.approx(0.1, abs=0.01))
    far = choose(np.array([[7.0, 0.1]], np.float32), EFFORT, ALL, None)
    assert far.tolist() == [[1.0]]


def test_a_signature_survives_json_and_says_what_the_graph_has():
    signature = Signature(vector=4, grid=(2, 3, 1), discrete=(3, 2), state=8)
    assert Signature.from_dict(signature.to_dict()) == signature
    assert signature.inputs == {"vector": (4,), "grid": (2, 3, 1), "state": (8,)}
    assert signature.outputs == {"logits": (5,), "value": (1,), "state_after": (8,)}
    assert Signature(vector=4, continuous=3).outputs == {"mean_std": (6,), "value": (1,)}


@pytest.mark.parametrize("change", [{"vector": -1}, {"vector": 1.5}, {"state": True}, {"grid": [1, 2]}, {"wings": 2}])
def test_a_signature_of_anything_else_is_refused(change):
    with pytest.raises(ParameterError, match="network signature"):
        Signature.from_dict({**Signature(vector=4, discrete=(2,)).to_dict(), **change})


def test_signatures_are_told_apart_in_words():
    days = Signature(vector=297, discrete=(201, 201, 201))
    assert days.against(Signature(vector=289, discrete=(201, 201, 201))) == "a vector of 297 numbers against 289"
    told = "3 choices of 201 against 1 choice of 201, 8 choices of 8"
    assert days.against(Signature(vector=297, discrete=(201, *[8] * 8))) == told
    assert days.against(Signature(vector=297, continuous=2)).endswith(
        "against no choices and 0 continuous choices against 2"
    )
    assert days.against(days) == ""
