import numpy as np

from dynenvs.adapters.plain_words import plain_rules, plain_situation
from dynenvs.core.layouts import (
    ActionLayout,
    ContinuousHead,
    DiscreteHead,
    Field,
    Grid,
    ObservationLayout,
    Role,
    WorldLayout,
)
from dynenvs.core.view import GameView
from dynenvs.core.world import World

FARM = Grid(name="farm", shape=(2, 3, 2), num_codes=9, about="crop,water")


class Farm(World):
    """Two farmers who see everything that a layout can hold. Nobody plays it."""

    @classmethod
    def describe(cls, params):
        fields = (
            Field(name="prices", shape=(2, 2), high=1000.0, unit="coins", about="of each crop in each town"),
            Field(name="rain", low=-1.0),
        )
        see = ObservationLayout(fields=fields, grid=FARM)
        act = ActionLayout(heads=(DiscreteHead(name="crop", options=("corn", "rice"), about="what to sow"),))
        return WorldLayout(
            roles=(Role(name="farmer", observation=see, actions=act),) * 2,
            reward_terms={"harvest": 1.0, "toil": -0.5, "pride": 0.0},
            end_reasons=("running", "winter"),
            player_names=("Ada", "Bo"),
        )

    def make_state(self, num_games):
        return ()

    def write_params(self, params, games):
        pass


def farm():
    world = Farm(None, 2)
    b = world.buffers
    b.vector[1, 0] = [1, 2.5, 1 / 3, 1000, -0.25]
    b.grid[1, 0] = np.arange(12).reshape(2, 3, 2)
    b.rewards[1, 0], b.episode_returns[1, 0], b.episode_lengths[1] = -1.5, 12.25, 6
    return GameView(world, 1)


def test_the_rules_tell_who_else_is_there_what_is_earned_and_what_is_decided():
    assert plain_rules("Two farmers sow.", farm(), 0) == (
        "Two farmers sow.\n"
        "You are Ada, in the role farmer.\n"
        "The others: Bo.\n"
        "What you earn in each step is the sum of: harvest (weight 1), toil (weight -0.5).\n"
        "You decide crop: what to sow."
    )


def test_the_situation_tells_every_field_and_the_grid():
    assert plain_situation(farm(), 0) == (
        "Step 7. You earned -1.5 in the last step, 12.25 so far.\n"
        "prices: [[1, 2.5], [0.3333, 1000]] coins (of each crop in each town; from 0 to 1000)\n"
        "rain: -0.25 (from -1 to 1)\n"
        "farm: crop,water\n"
        "0,1 2,3 4,5\n"
        "6,7 8,9 10,11"
    )


def test_a_lone_player_has_no_others():
    class Lone(Farm):
        @classmethod
        def describe(cls, params):
            act = ActionLayout(heads=(ContinuousHead(name="effort", low=0.0, high=1.0),))
            role = Role(name="farmer", observation=ObservationLayout(fields=(Field(name="rain"),)), actions=act)
            return WorldLayout(
                roles=(role,), reward_terms={"harvest": 1.0}, end_reasons=("running",), player_names=("Ada",)
            )

    assert "others" not in plain_rules("One farmer.", GameView(Lone(None), 0), 0)


def test_the_rules_tell_what_terms_are_when_an_episode_ends_and_what_others_do_where_the_world_notes_it():
    class Told(Farm):
        @classmethod
        def outcome_notes(cls, params):
            ends = {"end winter": "terminated: snow falls", "end running": "never told: it is no end"}
            return {"term harvest": "sacks of corn", "Bo": "your rival", "history": "not for players"} | ends

    assert plain_rules("Two farmers sow.", GameView(Told(None), 0), 0).splitlines()[2:] == [
        "The others: Bo.",
        "What you earn in each step is the sum of: harvest (weight 1), toil (weight -0.5).",
        "- harvest: sacks of corn",
        "The episode ends by one of these:",
        "- winter: terminated: snow falls",
        "Of Bo: your rival.",
        "You decide crop: what to sow.",
    ]
