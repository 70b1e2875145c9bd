"""IWOCS says how it ended, keeps all that it saw, and is robust where one extreme model is the worst."""

import numpy as np
import pytest

from dynenvs.core.errors import ParameterError
from dynenvs.envs.robust import family, policy_values, static_dual
from dynenvs_agents.robust.claims import mixed_garnet
from dynenvs_agents.robust.iwocs import STATUSES, Candidate, TabularProblem, WorstCase, iwocs


def solved(name, **options):
    models = family(name)
    return iwocs(TabularProblem(models), models.nominal, **options), models


@pytest.mark.parametrize(("name", "value"), [("windy_walk", -7.95215), ("machine_replacement", -2.49725)])
def test_it_converges_within_two_iterations_where_one_extreme_model_is_the_worst(name, value):
    found, models = solved(name)
    assert (found.status, len(found.history)) == ("converged", 2)
    assert found.last.worst_value == pytest.approx(value, abs=5e-6)
    assert found.last.worst_value == pytest.approx(static_dual(models).value, abs=1e-8)
    assert found.last.promise == pytest.approx(found.last.worst_value, abs=1e-8)
    assert policy_values(models, found.best.policy).min() == pytest.approx(found.best.worst_value)


@pytest.mark.parametrize("name", ["frozenlake_slip", "frozenlake_bias"])
def test_on_the_frozen_lake_it_says_that_it_stalled(name):
    found, _ = solved(name)
    assert found.status == "stalled"
    assert found.last.worst_model in [one.added for one in found.history]
    assert found.last.promise > found.last.worst_value + 0.1


def test_it_stops_when_the_budget_is_spent():
    found, _ = solved("windy_walk", max_models=1)
    assert (found.status, len(found.history)) == ("budget", 1)
    assert found.best.worst_value == pytest.approx(-10.29441, abs=5e-6)


def test_a_gap_within_the_tolerance_is_convergence():
    found, _ = solved("windy_walk", max_models=1, tolerance=6.0)
    assert found.status == "converged"


class Scripted:
    """A problem whose policies are numbered, with the worst cases that it is told."""

    def __init__(self, promises, worst):
        self.promises, self.worst, self.solved = promises, worst, []

    def solve(self, model):
        self.solved.append(model)
        return model

    def join(self, members):
        return Candidate(len(members) - 1, self.promises[len(members) - 1])

    def worst_case(self, policy):
        return self.worst[policy]


def test_the_best_policy_so_far_need_not_be_the_last():
    problem = Scripted([9.0, 8.0, 7.0], [WorstCase("b", 1.0), WorstCase("c", 5.0), WorstCase("b", 2.0)])
    found = iwocs(problem, "a")
    assert found.status == "stalled"
    assert (found.best.policy, found.best.worst_value) == (1, 5.0)
    assert (found.last.policy, found.last.worst_value) == (2, 2.0)
    assert [one.added for one in found.history] == problem.solved == ["a", "b", "c"]


@pytest.mark.parametrize("seed", range(6))
def test_its_promises_never_grow_and_statuses_mean_what_they_say(seed):
    models = mixed_garnet(seed)
    found = iwocs(TabularProblem(models), models.nominal)
    promises = [one.promise for one in found.history]
    assert (np.diff(promises) <= 1e-9).all()
    assert found.status in STATUSES
    assert (found.last.gap <= 1e-6) == (found.status == "converged")
    assert found.best.worst_value >= found.last.worst_value


@pytest.mark.parametrize(
    ("options", "message"),
    [({"tolerance": -1.0}, "tolerance=-1.0: expected a number in"), ({"max_models": 0}, "max_models=0: expected an")],
)
def test_bad_options_are_refused(options, message):
    with pytest.raises(ParameterError, match=message):
        solved("two_doors", **options)
