"""Which actions are legal, where roles and heads differ."""

import numpy as np
import pytest

from dynenvs.core import legality
from dynenvs.core.errors import IllegalAction
from dynenvs.core.layouts import ActionLayout, ContinuousHead, DiscreteHead, ObservationLayout, Role, WorldLayout


def layout(*action_layouts):
    roles = tuple(Role(name="r", observation=ObservationLayout(), actions=actions) for actions in action_layouts)
    names = tuple(str(k) for k in range(len(roles)))
    return WorldLayout(roles=roles, reward_terms={"x": 1.0}, end_reasons=("running",), player_names=names)


ABC = ("a", "b", "c")
THREE_HEADS = ActionLayout(
    heads=(
        DiscreteHead(name="first", options=ABC),
        DiscreteHead(name="second", options=ABC, shares_mask_with="first"),
        DiscreteHead(name="pace", options=("slow", "fast")),
    )
)
ONE_HEAD = ActionLayout(heads=(DiscreteHead(name="only", options=("no", "yes")),))
MIXED = layout(THREE_HEADS, ONE_HEAD)
PEDALS = layout(
    ActionLayout(heads=(ContinuousHead(name="gas", low=0.0, high=0.1), ContinuousHead(name="turn", low=-1, high=1))),
    ActionLayout(heads=(ContinuousHead(name="brake", low=0.0, high=1.0),)),
)


def offender(actions, masks=None, *, acting=(True, True), seats=(-1, -1)):
    masks = np.ones((1, 2, 5), np.bool_) if masks is None else masks
    args = np.array([acting]), np.array([seats], np.int32), legality.discrete_heads(MIXED)
    return legality.first_illegal(np.array([actions]), masks, *args)


def test_heads_that_share_a_mask_are_both_held_to_it():
    masks = np.ones((1, 2, 5), np.bool_)
    masks[0, 0, 2] = False
    assert offender([[1, 1, 1], [0, 0, 0]], masks) == -1
    assert offender([[2, 1, 1], [0, 0, 0]], masks) == 0
    assert offender([[1, 2, 1], [0, 0, 0]], masks) == 0


def test_what_stands_for_heads_that_a_role_lacks_is_ignored():
    assert offender([[0, 0, 0], [1, 99, -99]]) == -1
    assert offender([[0, 0, 0], [2, 0, 0]]) == 1


@pytest.mark.parametrize("option", [-1, 3, 2**62])
def test_options_beyond_the_head_are_illegal_whatever_the_mask_says(option):
    assert offender([[0, option, 0], [0, 0, 0]]) == 0


def test_only_seats_that_act_from_outside_are_looked_at():
    wrong = [[9, 9, 9], [9, 9, 9]]
    assert offender(wrong, acting=(False, True)) == 1
    assert offender(wrong, seats=(0, -2)) == 1
    assert offender(wrong, acting=(False, True), seats=(-1, 3)) == -1


def outside(actions):
    args = np.ones((1, 2, 0), np.bool_), np.ones((1, 2), np.bool_), np.full((1, 2), -1, np.int32)
    return legality.first_outside(np.array([actions], np.float64), *args, legality.limits(PEDALS))


def test_numbers_are_held_to_their_heads_bounds():
    assert outside([[0.05, -1], [1, 77]]) == -1
    assert outside([[0.2, 0], [0, 0]]) == 0
    assert outside([[0.0, 0], [-0.5, 0]]) == 1
    assert outside([[0.0, np.nan], [0, 0]]) == 0
    assert outside([[0.0, np.inf], [0, 0]]) == 0


def test_where_one_role_steers_another_ones_choices_are_numbers_that_must_be_options():
    both = layout(THREE_HEADS, PEDALS.roles[0].actions)
    masks = np.ones((1, 2, both.num_masks), np.bool_)
    masks[0, 0, 1] = False
    args = masks, np.ones((1, 2), np.bool_), np.full((1, 2), -1, np.int32), legality.limits(both)

    def found(option):
        actions = np.zeros((1, 2, both.num_heads))
        actions[0, 0, 0] = option
        return legality.first_outside(actions, *args)

    assert [found(option) for option in (0, 2, 1, 0.5, -1, 99, np.nan)] == [-1, -1, 0, 0, 0, 0, 0]
    drawn = legality.draw_legal(both, masks, np.random.default_rng(0))
    assert legality.first_outside(drawn, *args) == -1


def test_what_a_network_of_float32_takes_for_the_bound_is_within_it():
    assert float(np.float32(0.1)) > 0.1
    assert outside([[np.float32(0.1), 0], [0, 0]]) == -1
    assert outside([[0.1001, 0], [0, 0]]) == 0


def test_actions_are_brought_into_shape_or_refused():
    shape = (4, 2, 3)
    given = np.zeros(shape, np.int32)
    taken = legality.coerce(MIXED, given[::-1], shape)
    assert taken.dtype == np.int64
    assert taken.flags.c_contiguous
    for wrong in (given.astype(np.float32), given.astype(np.bool_), given.astype(object)):
        with pytest.raises(IllegalAction, match="expected integers"):
            legality.coerce(MIXED, wrong, shape)
    with pytest.raises(IllegalAction, match=r"actions of shape \(4, 2\): expected \(4, 2, 3\)"):
        legality.coerce(MIXED, given[..., 0], shape)
