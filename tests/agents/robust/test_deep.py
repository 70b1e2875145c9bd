"""Deep IWOCS joins its members as it says, with budgets far too small to learn."""

import numpy as np
import pytest

from dynenvs.core.errors import ParameterError
from dynenvs.evaluation.robustness import measure_robustness
from dynenvs.policies import turn_of
from dynenvs.registration import make_world
from dynenvs_agents.robust.deep import DeepProblem, JoinedPolicy, Searching
from dynenvs_agents.robust.iwocs import STATUSES, iwocs
from dynenvs_agents.robust.members import Effort

POLE, PENDULUM = "dynenvs/RobustCartPole-v0", "dynenvs/RobustPendulum-v0"
SEARCHING = Searching(grid=2, episodes=2)
TINY = {"learning_starts": 50, "policy_kwargs": {"net_arch": [16]}}


class Constant:
    """A member that always does the same, finds that it is worth so much, and expects such a change."""

    def __init__(self, action, values, change=0.0, num_actions=2):
        self.action, self.values, self.change, self.num_actions = action, values, change, num_actions

    def act(self, observations):
        return np.full(len(observations), self.action)

    def value(self, observations, actions):
        return np.array([self.values[int(action)] for action in actions])

    def predict(self, observations, actions):
        return observations + self.change

    def digest_source(self):
        return repr(vars(self)).encode()


SEEN = np.zeros((2, 4), np.float32)
EVERYBODY = np.ones((2, 2), bool)
HOPEFUL, FEARFUL = Constant(0, (9.0, 1.0)), Constant(1, (2.0, 5.0))
DEFAULT = Constant(1, (0.0, 0.0))


def joined(rule, rhos=(np.inf, np.inf), members=(HOPEFUL, FEARFUL)):
    return JoinedPolicy(members, rhos, DEFAULT, rule)


def test_switching_follows_the_member_whose_own_action_is_worth_least():
    assert joined("switch").decide(SEEN, EVERYBODY).tolist() == [1, 1]


def test_max_min_takes_the_action_whose_least_value_is_best():
    assert joined("max_min").decide(SEEN, EVERYBODY).tolist() == [0, 0]  # min(9, 2) = 2 > min(1, 5) = 1
    assert joined("max_min").promise(SEEN) == 2.0


@pytest.mark.parametrize("rule", ["switch", "max_min"])
def test_members_that_do_not_count_have_no_say_and_where_none_counts_the_default_plays(rule):
    counting = np.array([[True, False], [False, False]])
    assert joined(rule).decide(SEEN, counting).tolist() == [0, 1]


def test_a_member_counts_where_its_prediction_came_true():
    world = make_world(POLE, 3)
    world.reset(0)
    policy = joined("switch", rhos=(0.5, 0.5), members=(HOPEFUL, Constant(1, (2.0, 5.0), change=1.0)))
    policy.reset(world, np.arange(3))
    assert policy.act(turn_of(world, world.buffers.acting)).tolist() == [1, 1, 1]  # nothing was predicted yet
    world.step(np.ones((3, 1), np.int64))
    assert policy.act(turn_of(world, world.buffers.acting)).tolist() == [0, 0, 0]  # off by 4: out
    world.reset(9, which=np.array([True, False, False]))
    policy.reset(world, np.array([0]))
    assert policy.act(turn_of(world, world.buffers.acting)).tolist() == [1, 0, 0]


def test_policies_that_decide_otherwise_have_other_digests():
    assert joined("switch").digest() == joined("switch").digest()
    assert len({joined("switch").digest(), joined("max_min").digest(), joined("switch", (np.inf, 0.1)).digest()}) == 3


@pytest.mark.parametrize("rule", ["switch", "max_min"])
def test_dqn_on_the_pole_runs_through_with_validity_heads(rule):
    effort = Effort(steps=300, fits=20, games=4, hyperparameters=TINY)
    problem = DeepProblem(
        env_id=POLE,
        effort=effort,
        default_effort=effort,
        rule=rule,
        rhos=(0.1, np.inf),
        searching=SEARCHING,
    )
    found = iwocs(problem, problem.nominal, tolerance=0.0, max_models=2)
    assert found.status in STATUSES
    assert found.history[0].added == problem.nominal == {"masspole": 0.1, "length": 0.5, "force_mag": 10.0}
    assert found.history[0].policy.rhos.tolist() == [np.inf]
    assert found.last.worst_value == problem.worst_case(found.last.policy).value
    if len(found.history) == 2:
        assert found.last.policy.rhos[1] in (0.1, np.inf)
    measured = measure_robustness(POLE, found.best.policy, grid=2, episodes=2)
    assert measured.policy == "iwocs"


def test_sac_on_the_pendulum_runs_through_with_values_of_its_own_and_cma_es():
    effort = Effort(steps=200, fits=20, games=2, hyperparameters=TINY)
    problem = DeepProblem(
        env_id=PENDULUM,
        algo="sac",
        effort=effort,
        default_effort=effort,
        rule="max_min",
        searching=Searching(how="cma", generations=1, population=4, episodes=1),
    )
    found = iwocs(problem, problem.nominal, tolerance=0.0, max_models=1)
    assert found.status in ("budget", "stalled")
    assert found.last.worst_value < 0
    assert np.isfinite(found.last.promise)


def test_a_worst_model_that_is_known_already_is_that_model():
    problem = DeepProblem(env_id=POLE, searching=SEARCHING)
    problem._known.append({"masspole": 0.05, "length": 0.1, "force_mag": 15.0})
    found = problem.worst_case(joined("switch", members=(FEARFUL, FEARFUL)))
    assert found.model == problem._known[0]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: DeepProblem(env_id=POLE, algo="ppo"), "algo='ppo': expected one of 'dqn', 'sac'"),
        (lambda: DeepProblem(env_id=POLE, rule="vote"), "rule='vote': expected one of 'switch', 'max_min'"),
        (lambda: Searching(how="luck"), "how='luck': expected one of 'grid', 'cma'"),
    ],
)
def test_bad_settings_are_refused(make, message):
    with pytest.raises(ParameterError, match=message):
        make()
