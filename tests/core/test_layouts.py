"""Layouts say what the columns mean."""

import numpy as np
import pytest

from dynenvs.core.errors import ParameterError
from dynenvs.core.layouts import ActionLayout, ContinuousHead, DiscreteHead, Field, ObservationLayout, Role, WorldLayout

SIGHT = ObservationLayout(
    fields=(Field(name="pie", high=5.0), Field(name="moves", shape=(2, 3), low=-1.0), Field(name="left", high=9.0))
)
SLOTS = ActionLayout(
    heads=(
        DiscreteHead(name="first", options=("a", "b", "c")),
        DiscreteHead(name="second", options=("a", "b", "c"), shares_mask_with="first"),
        DiscreteHead(name="pace", options=("slow", "fast")),
    )
)
STEERING = ActionLayout(
    heads=(ContinuousHead(name="gas", low=0.0, high=1.0), ContinuousHead(name="turn", low=-2, high=2))
)


def world_layout(**changes):
    role = Role(name="player", observation=SIGHT, actions=SLOTS)
    given = {
        "roles": (role,),
        "reward_terms": {"points": 1.0},
        "end_reasons": ("running", "over"),
        "player_names": ("ann",),
    }
    return WorldLayout(**{**given, **changes})


def test_fields_lie_side_by_side():
    assert SIGHT.size == 8
    assert SIGHT.slices == {"pie": slice(0, 1), "moves": slice(1, 7), "left": slice(7, 8)}
    low, high = SIGHT.bounds()
    assert low.tolist() == [0, -1, -1, -1, -1, -1, -1, 0]
    assert high.tolist() == [5, 1, 1, 1, 1, 1, 1, 9]
    assert low.dtype == high.dtype == np.float32


def test_named_parts_are_views_without_the_padding():
    vectors = np.arange(20, dtype=np.float32).reshape(2, 10)
    named = SIGHT.named(vectors)
    assert {name: part.shape for name, part in named.items()} == {"pie": (2,), "moves": (2, 2, 3), "left": (2,)}
    assert named["left"].tolist() == [7, 17]
    assert named["moves"].base is not None


def test_an_empty_layout_has_empty_bounds():
    low, high = ObservationLayout().bounds()
    assert low.shape == high.shape == (0,)


def test_heads_may_share_a_row_of_the_mask():
    assert SLOTS.mask_slices == {"first": slice(0, 3), "second": slice(0, 3), "pace": slice(3, 5)}
    assert SLOTS.num_masks == 5
    assert SLOTS.is_discrete
    assert SLOTS.continuous_heads == ()


def test_continuous_heads_have_bounds_and_no_mask():
    assert STEERING.num_masks == 0
    assert STEERING.discrete_heads == ()
    np.testing.assert_array_equal(STEERING.bounds(), [[0, -2], [1, 2]])


def test_a_world_takes_the_widest_role():
    narrow = Role(name="watcher", observation=ObservationLayout(), actions=ActionLayout(heads=SLOTS.heads[:1]))
    layout = world_layout(roles=(*world_layout().roles, narrow), player_names=("ann", "bob"))
    assert (layout.num_agents, layout.num_heads, layout.num_masks) == (2, 3, 5)


@pytest.mark.parametrize("bounds", [{"low": 2.0}, {"high": np.inf}, {"low": np.nan}])
def test_a_field_needs_finite_bounds(bounds):
    with pytest.raises(ParameterError, match="field 'pie': expected finite low <= high"):
        Field(name="pie", **bounds)


def test_heads_are_all_discrete_or_all_continuous():
    for heads in ((), (SLOTS.heads[0], STEERING.heads[0])):
        with pytest.raises(ParameterError, match="expected at least one, all discrete or all continuous"):
            ActionLayout(heads=heads)


def test_the_first_end_reason_is_running():
    with pytest.raises(ParameterError, match="expected 'running' first"):
        world_layout(end_reasons=("over",))


def test_every_player_has_a_name():
    with pytest.raises(ParameterError, match="expected 1 names"):
        world_layout(player_names=())


def test_one_role_may_choose_and_another_steer():
    driver = Role(name="driver", observation=SIGHT, actions=STEERING)
    assert world_layout().is_discrete
    assert not world_layout(roles=(*world_layout().roles, driver), player_names=("ann", "bob")).is_discrete
