"""Robust solvers: reference values, the linear program behind each set, and what bad input gets."""

import itertools
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog, minimize

from dynenvs.core.errors import ParameterError
from dynenvs.envs.robust import TabularMDP, garnet, policy_worst_case, problem, solve
from dynenvs.envs.robust.problems import PROBLEMS
from dynenvs.envs.robust.solvers import UNCERTAINTIES

REFERENCE = json.loads((Path(__file__).parents[2] / "fidelity" / "robust_values.json").read_text(encoding="utf-8"))


def one_row(p, z):
    """A process whose first state has one action, the row p, and next states worth z."""
    n = len(p)
    P = np.zeros((n + 1, 1, n + 1))
    P[0, 0, 1:] = p
    for state in range(1, n + 1):
        P[state, 0, state] = 1.0
    R = np.zeros((n + 1, 1, n + 1))
    R[0, 0, 1:] = z
    R[0, 0, 0] = np.max(z)  # the first state is no way out
    return TabularMDP(P, R, 0.0)


def worst_row(p, z, uncertainty, radius, support, **options):
    """The worst value of one row, and the row that attains it."""
    solution = solve(one_row(p, z), uncertainty, radius, support, **options)
    return solution.value[0], solution.worst_kernel[0, 0]


@st.composite
def rows(draw):
    n = draw(st.integers(2, 6))
    weights = draw(st.lists(st.integers(0, 9), min_size=n, max_size=n).filter(any))
    z = draw(st.lists(st.floats(-5, 5).map(lambda x: round(x, 3)), min_size=n, max_size=n))
    return np.array(weights) / sum(weights), np.array(z), draw(st.floats(0.001, 1.5).map(lambda x: round(x, 3)))


# Reference values.


@pytest.mark.parametrize("name", sorted({row["problem"] for row in REFERENCE["values"]}))
def test_values_are_those_of_the_slow_operators(name):
    mdp = problem(name)
    nominal = solve(mdp, "nominal")
    for row in (row for row in REFERENCE["values"] if row["problem"] == name):
        case = row["uncertainty"], row["radius"], row["support"]
        solution = solve(mdp, *case)
        np.testing.assert_allclose(solution.value, row["value"], rtol=0, atol=1e-8, err_msg=str(case))
        assert solution.converged
        assert solution.reports == ("nominal" if case[0] == "nominal" else "rectangular")
        if row["nominal_policy"] is not None:
            theirs = policy_worst_case(mdp, nominal.policy, *case)
            assert theirs.value[row["start"]] == pytest.approx(row["nominal_policy"], abs=1e-8)
            assert theirs.reports == "policy_worst_case"


# Each closed form against a general solver.


def by_linear_program(p, z, uncertainty, radius, support):
    """The least q.z by a linear program over (q, slack)."""
    n = len(p)
    eye = np.eye(n)
    if uncertainty == "l1":
        cost = np.r_[z, np.zeros(n)]
        A = np.block([[eye, -eye], [-eye, -eye], [np.zeros((1, n)), np.ones((1, n))]])
        b = np.r_[p, -p, radius]
    elif uncertainty == "linf":
        cost, A, b = z, np.block([[eye], [-eye]]), np.r_[p + radius, radius - p]
    else:
        metric = np.abs(np.subtract.outer(np.arange(n), np.arange(n)))
        plan = linprog(
            np.tile(z, n),
            A_ub=metric.reshape(1, -1),
            b_ub=[radius],
            A_eq=np.kron(eye, np.ones(n)),
            b_eq=p,
            bounds=[(0, None if support == "free" or p[k % n] > 0 else 0) for k in range(n * n)],
        )
        return plan.fun
    bounds = [(0, 1 if support == "free" or p[k] > 0 else 0) for k in range(n)] + [(0, None)] * (len(cost) - n)
    return linprog(cost, A_ub=A, b_ub=b, A_eq=[np.r_[np.ones(n), np.zeros(len(cost) - n)]], b_eq=[1], bounds=bounds).fun


@settings(max_examples=40, deadline=None)
@given(rows(), st.sampled_from(["l1", "linf", "wasserstein"]), st.sampled_from(["free", "support"]))
def test_polyhedral_sets_agree_with_a_linear_program(row, uncertainty, support):
    p, z, radius = row
    metric = np.zeros((len(p) + 1,) * 2)
    metric[1:, 1:] = np.abs(np.subtract.outer(np.arange(len(p)), np.arange(len(p))))
    metric[0, 1:] = metric[1:, 0] = 1e6
    options = {"metric": metric} if uncertainty == "wasserstein" else {}
    value, q = worst_row(p, z, uncertainty, radius, support, **options)
    assert value == pytest.approx(by_linear_program(p, z, uncertainty, radius, support), abs=1e-7)
    assert q.sum() == pytest.approx(1.0)
    assert q[1:] @ z + q[0] * z.max() == pytest.approx(value, abs=1e-9)


@settings(max_examples=30, deadline=None)
@given(rows(), st.sampled_from(["kl", "chi2"]))
def test_divergence_sets_agree_with_a_general_optimiser(row, uncertainty):
    p, z, radius = row
    value, q = worst_row(p, z, uncertainty, radius, "support")
    q, on = q[1:], p > 0
    spent = (
        (q[on] * np.log(np.maximum(q[on], 1e-300) / p[on])).sum()
        if uncertainty == "kl"
        else ((q[on] - p[on]) ** 2 / p[on]).sum()
    )
    assert q[~on].sum() == 0
    assert spent <= radius + 1e-7
    assert q @ z == pytest.approx(value, abs=1e-9)
    distance = {
        "kl": lambda x: radius - (x * np.log(np.maximum(x, 1e-12) / p[on])).sum(),
        "chi2": lambda x: radius - ((x - p[on]) ** 2 / p[on]).sum(),
    }[uncertainty]
    found = minimize(
        lambda x: x @ z[on],
        p[on],
        bounds=[(0, 1)] * on.sum(),
        constraints=[{"type": "ineq", "fun": distance}, {"type": "eq", "fun": lambda x: x.sum() - 1}],
        method="SLSQP",
        options={"maxiter": 500, "ftol": 1e-12},
    )
    if found.success and distance(found.x) > -1e-9:
        assert value <= found.fun + 1e-5


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 1000), st.floats(0.05, 1.5))
def test_a_budget_for_a_state_agrees_with_a_linear_program(seed, radius):
    mdp = garnet(5, 3, 3, seed=seed, gamma=0.0)
    solution = solve(mdp, "l1_s", radius, "support")
    S, A = 5, 3
    for s in range(S):
        # min u: for each action q_a.r_a <= u, the distances add up to the radius; variables u, q (A, S), slack (A, S)
        size = A * S
        cost = np.r_[1.0, np.zeros(2 * size)]
        below = np.zeros((A, 1 + 2 * size))
        for a in range(A):
            below[a, 0], below[a, 1 + a * S : 1 + (a + 1) * S] = -1.0, mdp.R[s, a]
        eye = np.eye(size)
        zero = np.zeros((size, 1))
        p = mdp.P[s].ravel()
        A_ub = np.vstack(
            [
                below,
                np.hstack([zero, eye, -eye]),
                np.hstack([zero, -eye, -eye]),
                np.r_[0, np.zeros(size), np.ones(size)],
            ]
        )
        b_ub = np.r_[np.zeros(A), p, -p, radius]
        A_eq = np.hstack([np.zeros((A, 1)), np.kron(np.eye(A), np.ones(S)), np.zeros((A, size))])
        bounds = [(None, None)] + [(0, 1 if chance > 0 else 0) for chance in p] + [(0, None)] * size
        best = linprog(cost, A_ub=A_ub, b_ub=b_ub, A_eq=A_eq, b_eq=np.ones(A), bounds=bounds).fun
        assert solution.value[s] == pytest.approx(best, abs=1e-7)
    assert solution.policy.shape == (S, A)
    np.testing.assert_allclose(solution.policy.sum(axis=1), 1.0)


# What follows from what.


@pytest.mark.parametrize("uncertainty", UNCERTAINTIES[1:])
@pytest.mark.parametrize("support", ["free", "support"])
def test_a_larger_set_is_never_better(uncertainty, support):
    mdp = garnet(8, 3, 4, seed=3)
    values = [solve(mdp, uncertainty, radius, support).value for radius in (0.0, 0.05, 0.2, 0.8)]
    np.testing.assert_allclose(values[0], solve(mdp, "nominal").value, atol=1e-8)
    for smaller, larger in itertools.pairwise(values):
        assert (larger <= smaller + 1e-9).all()


@pytest.mark.parametrize("uncertainty", UNCERTAINTIES[1:-1])
def test_the_worst_kernel_attains_the_value(uncertainty):
    mdp = garnet(8, 3, 4, seed=5)
    solution = solve(mdp, uncertainty, 0.2)
    attained = TabularMDP(solution.worst_kernel, mdp.R, mdp.gamma).policy_value(solution.policy)
    np.testing.assert_allclose(attained, solution.value, atol=1e-7)
    np.testing.assert_allclose(
        policy_worst_case(mdp, solution.policy, uncertainty, 0.2).value, solution.value, atol=1e-7
    )


def test_an_unconverged_solution_says_so():
    solution = solve(problem("forest50"), "l1", 0.1, max_sweeps=3)
    assert (solution.converged, solution.sweeps) == (False, 3)
    assert solution.residual > 0.1


# What bad input gets.


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("l2",), "uncertainty='l2': expected one of 'nominal', 'l1'"),
        (("l1", -0.1), "radius=-0.1: expected a number in"),
        (("contamination", 1.5), r"radius=1.5: expected a number in \[0, 1\]"),
        (("l1", float("nan")), "radius=nan"),
        (("l1", 0.1, "everywhere"), "support='everywhere': expected one of 'free', 'support'"),
    ],
)
def test_a_set_that_makes_no_sense_is_refused(arguments, told):
    with pytest.raises(ParameterError, match=told):
        solve(problem("forest3"), *arguments)


def test_a_metric_that_makes_no_sense_is_refused():
    with pytest.raises(ParameterError, match=r"metric of shape \(2, 2\): expected distances of shape \(3, 3\)"):
        solve(problem("forest3"), "wasserstein", 0.1, metric=np.zeros((2, 2)))


@pytest.mark.parametrize("name", PROBLEMS)
def test_every_problem_is_a_process(name):
    mdp = problem(name)
    assert mdp.name == name
    np.testing.assert_allclose(mdp.P.sum(axis=2), 1.0)
    assert solve(mdp, "nominal").converged


def test_an_unknown_problem_is_told_with_those_there_are():
    with pytest.raises(ParameterError, match="problem='forest': expected one of 'machine_delage_mannor'"):
        problem("forest")


# Explicit processes.


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"P": [[[0.5, 0.4]], [[0, 1]]]}, r"P\[0, 0\] sums to 0.9: expected 1 in state 0 under action 0"),
        ({"P": [[[1.5, -0.5]], [[0, 1]]]}, r"P\[0, 0, 1\]=-0.5: expected a probability"),
        ({"P": [[[float("nan"), 1]], [[0, 1]]]}, r"P\[0, 0, 0\]=nan: expected finite numbers"),
        ({"P": [[0.5, 0.5]]}, r"P of shape \(1, 2\): expected \(S, A, S\)"),
        ({"P": "matrix"}, "P: expected numbers of shape"),
        ({"R": [[1.0]]}, r"R of shape \(1, 1\): expected \(2, 1\) or \(2, 1, 2\)"),
        ({"gamma": 1.0}, r"gamma=1.0: expected a number in \[0, 1\)"),
        ({"start": 2}, r"start=2: expected a state in \[0, 1\]"),
        ({"start": [0.5, 0.4]}, "probabilities of 2 states that sum to 1"),
        ({"action_names": ("a", "b")}, "action_names=.*: expected 1 different names"),
    ],
)
def test_a_process_that_makes_no_sense_is_refused_with_its_place(changes, told):
    right = {"P": [[[0.5, 0.5]], [[0, 1]]], "R": [[1.0], [0.0]], "gamma": 0.9}
    with pytest.raises(ParameterError, match=told):
        TabularMDP(**{**right, **changes})


def test_a_policy_is_evaluated_exactly():
    mdp = problem("forest3")
    waits = mdp.policy_value([0, 0, 0])
    np.testing.assert_allclose(waits, mdp.expected_rewards()[:, 0] + mdp.gamma * mdp.P[:, 0] @ waits)
    with pytest.raises(ParameterError, match="expected an action in"):
        mdp.policy_value([0, 0, 2])
    with pytest.raises(ParameterError, match="or probabilities of shape"):
        mdp.policy_value([[0.5, 0.6]] * 3)


def test_what_is_no_process_is_told():
    for wrong in ("forest3", None):
        with pytest.raises(ParameterError, match=r"expected a TabularMDP, such as problem\('forest3'\)"):
            solve(wrong)
    with pytest.raises(ParameterError, match="metric='euclid': expected distances of states"):
        solve(problem("forest3"), "wasserstein", 0.1, metric="euclid")


def test_a_row_that_misses_one_by_a_little_is_scaled_and_float32_is_told():
    mdp = TabularMDP(P=[[[0.5, 0.5 + 5e-10]], [[1.0, 0.0]]], R=[[1.0], [0.0]], gamma=0.9)
    assert mdp.P.sum(axis=2).max() == pytest.approx(1.0, abs=1e-15)
    with pytest.raises(ParameterError, match="are these float32"):
        TabularMDP(P=np.full((3, 1, 3), 1 / 3, np.float32), R=np.zeros((3, 1)), gamma=0.9)
