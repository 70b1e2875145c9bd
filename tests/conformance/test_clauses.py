"""Every environment keeps every clause of the contract: all ids that are registered, and small worlds of all kinds."""

import pytest

import dynenvs
from dynenvs.testing import CLAUSES, applies, clauses

from ..adapters.relay import RELAY, relay  # noqa: F401
from ..adapters.small_worlds import BARGAIN, FISHERY, LIFEBOAT, small_worlds  # noqa: F401

IDS = [*dynenvs.env_ids(), BARGAIN, FISHERY, LIFEBOAT, RELAY]

# What is asked of every id is also asked of its presets, and of these: noise, roles of unlike width, a known end.
PARAMS = [
    ("dynenvs/RepeatedGame-v0", {"payoffs": [[[1, 2, 3], [4, 5, 6]], [[6, 5, 4], [3, 2, 1]]], "memory": 2}),
    ("dynenvs/RepeatedGame-v0", {"execution_noise": 0.2, "perception_noise": (0.1, 0.0), "continuation": 0.9}),
    ("dynenvs/RepeatedGame-v0", {"game": "rock_paper_scissors", "horizon": 5, "horizon_known": True}),
    ("dynenvs/ContinuousGame-v0", {"execution_noise": 0.2, "perception_noise": (0.1, 0.0), "continuation": 0.9}),
    ("dynenvs/PublicGoodsPunishment-v0", {"num_players": 2, "max_points": 3, "horizon": None, "continuation": 0.8}),
    ("dynenvs/PublicGoods-v0", {"num_players": 5, "endowment": 7, "horizon": 3, "horizon_known": False}),
    ("dynenvs/Escalation-v0", {"messages": True, "global_state": True, "nations": ("Red", "Pink", "Blue")}),
    ("dynenvs/Escalation-v0", {"slot_by_slot": True, "variant": "balanced", "slots": 2, "days": 5}),
    ("dynenvs/RobustCartPole-v0", {"varies": "tasks", "tasks": ({"masspole": 0.2}, {"length": 1.5}), "horizon": 20}),
    ("dynenvs/RobustPendulum-v0", {"varies": "episode", "sees_parameters": True}),
    ("dynenvs/RobustLander-v0", {"varies": "adversary", "sees_parameters": True}),
    ("dynenvs/TabularMDP-v0", {"mdp": {"P": [[[0.5, 0.5]], [[0.0, 1.0]]], "R": [[1.0], [0.0]], "gamma": 0.9}}),
    (BARGAIN, {"pie": 1}),
    (FISHERY, {"num_fishers": 1, "growth_rate": 2.9}),
    (LIFEBOAT, {"tiring": False}),
    (RELAY, {"first_drops_out": 3}),
    *(
        (env_id, preset)
        for env_id in dynenvs.env_ids()
        for preset in dynenvs.spec(env_id).presets.values()
        if set(preset) != {"uncertainty"}  # a set from which nobody chooses changes nothing that is played
    ),
]

OF_THE_CODE = {
    "a_fork_gives_the_same_digest",
    "an_edited_kernel_is_compiled_anew",
    "another_process_gives_the_same_digest",
    "the_cache_watches_all_that_the_kernel_calls",
}
"""Clauses that parameters make no difference to."""


def cases():
    for clause in CLAUSES:
        compiles = clause.__name__ == "an_edited_kernel_is_compiled_anew"
        for env_id in (
            ["dynenvs/PublicGoods-v0", BARGAIN] if compiles else IDS
        ):  # two stand for all: it takes two compilations
            marks = [pytest.mark.slow] if compiles else []
            yield pytest.param(clause, env_id, {}, marks=marks, id=f"{clause.__name__}-{env_id}")
        for env_id, params in PARAMS if clause.__name__ not in OF_THE_CODE else ():
            yield pytest.param(clause, env_id, params, id=f"{clause.__name__}-{env_id}-{params}")


@pytest.mark.parametrize(("clause", "env_id", "params"), list(cases()))
def test_it_keeps_the_clause(clause, env_id, params):
    assert applies(clause, env_id)
    clause(env_id, **params)


def test_every_clause_says_what_it_asks_for():
    assert len(CLAUSES) == len(clauses._NEEDS) >= 20
    assert all(clause.__doc__ for clause in CLAUSES)
