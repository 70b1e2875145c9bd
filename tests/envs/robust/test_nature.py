"""Nature as a player: the nominal one, which adversaries are compared with, and names that are nearly right."""

import gymnasium
import numpy as np
import pytest
from click.testing import CliRunner

import dynenvs
from dynenvs.cli import main
from dynenvs.core.errors import ParameterError, UnknownPolicy
from dynenvs.evaluation.episodes import evaluate

from .test_physics import IDS, in_force

CART_POLE = "dynenvs/RobustCartPole-v0"


@pytest.mark.parametrize("env_id", IDS)
def test_against_the_nominal_nature_the_agent_plays_as_if_it_were_alone(env_id):
    alone = gymnasium.make(env_id)
    beside = gymnasium.make(env_id, varies="adversary", background="nominal")
    given = {name: float(high) for name, high in zip(*_ends(env_id), strict=True)}
    for env in (alone, beside):
        env.reset(seed=4, options={"params": given})
        env.action_space.seed(5)
    for _ in range(40):
        one, other = (env.step(env.action_space.sample())[:4] for env in (alone, beside))
        np.testing.assert_array_equal(one[0], other[0])
        assert one[1:] == other[1:]
        assert in_force(beside.unwrapped.world)[0].tolist() == list(given.values())
        if one[2] or one[3]:
            break


def _ends(env_id):
    box = dynenvs.make_params(env_id).param_set
    return box.names, box.high


def test_the_nominal_nature_loses_what_the_agent_earns_and_adversaries_are_measured_beside_it():
    scores = {}
    for nature in ("nominal", "random_legal"):
        records = evaluate(CART_POLE, ["random_legal"], opponents=[nature], episodes=20, varies="adversary")
        assert {record.policies[1] for record in records} == {nature}
        assert all(record.returns[0] == -record.returns[1] for record in records)
        scores[nature] = np.mean([record.returns[0] for record in records])
    assert scores["nominal"] != scores["random_legal"]


def test_episodes_can_draw_between_the_nominal_nature_and_another():
    envs = dynenvs.sb3_vec_env(CART_POLE, 64, varies="adversary", opponents=("nominal", "random_legal"))
    envs.reset()
    envs.step(np.zeros(64, np.int64))
    world = envs.world
    nominal = world.buffers.seats[:, 1] >= 0
    assert 10 < nominal.sum() < 54
    stays = (in_force(world) == world.params.param_set.nominal).all(axis=1)
    np.testing.assert_array_equal(stays, nominal)


@pytest.mark.parametrize("params", [{}, {"varies": "adversary"}])
def test_the_nominal_nature_is_no_agent(params):
    message = r"seat 0 \(agent\): 'nominal' plays nature alone, on seat 1 where varies='adversary'"
    seats = ["nominal", "external"][: 1 + len(params)]
    with pytest.raises(ParameterError, match=message):
        dynenvs.make_world(CART_POLE, seats=seats, **params)
    with pytest.raises(ParameterError, match=message):
        evaluate(CART_POLE, ["nominal"], episodes=1, **params)


def test_who_asks_for_random_is_told_of_random_legal():
    hint = r"no background policy 'random'; nearest: .*'random_legal'"
    for env_id in (CART_POLE, "dynenvs/TabularMDP-v0"):
        with pytest.raises(UnknownPolicy, match=hint):
            dynenvs.make_policy("random", env_id)
    with pytest.raises(UnknownPolicy, match=hint):
        gymnasium.make(CART_POLE, varies="adversary", background="random")
    with pytest.raises(UnknownPolicy, match=hint):
        evaluate(CART_POLE, ["random_legal"], opponents=["random"], varies="adversary")


def test_info_lists_the_nominal_nature_and_what_it_does():
    asked = CliRunner(env={"COLUMNS": "200"})
    assert "nominal" in asked.invoke(main, ["info", CART_POLE]).output
    told = asked.invoke(main, ["info", CART_POLE, "--policies"]).output
    assert "plays nature (varies='adversary') and leaves the parameters as they were given" in told
