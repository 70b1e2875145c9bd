"""Robust Markov decision processes: explicit models, their uncertainty sets, and solvers that say what they solve."""

from __future__ import annotations

from dynenvs.envs.robust.families import Family, family
from dynenvs.envs.robust.problems import garnet, problem
from dynenvs.envs.robust.solvers import Solution, policy_worst_case, solve
from dynenvs.envs.robust.static import StaticSolution, policy_values, static_dual, static_primal, worst_model
from dynenvs.envs.robust.tabular import TabularMDP

__all__ = [
    "Family",
    "Solution",
    "StaticSolution",
    "TabularMDP",
    "family",
    "garnet",
    "policy_values",
    "policy_worst_case",
    "problem",
    "solve",
    "static_dual",
    "static_primal",
    "worst_model",
]
