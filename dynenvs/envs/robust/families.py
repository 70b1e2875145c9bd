"""Families of processes that share one unknown number: the static uncertainty sets, by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from dynenvs.core.checks import check_one_of
from dynenvs.core.errors import ParameterError
from dynenvs.envs.robust.gridworlds import frozen_lake, windy_walk
from dynenvs.envs.robust.problems import machine_delage_mannor
from dynenvs.envs.robust.tabular import TabularMDP

__all__ = ["FAMILIES", "Family", "family"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Family:
    """Processes with the same states and actions, one for each value of what is unknown.

    Attributes
    ----------
    name : str
        What it is called.
    models : tuple of TabularMDP
        The processes.
    parameters : tuple of mapping of str to float
        What each of them stands for.
    nominal : int
        Place of the model that is believed in.

    Raises
    ------
    ParameterError
        If there are no models, or they differ in states, actions, discount or start.
    """

    name: str
    models: tuple[TabularMDP, ...]
    parameters: tuple[Mapping[str, float], ...]
    nominal: int = 0

    def __post_init__(self) -> None:
        if not self.models or len(self.parameters) != len(self.models):
            raise ParameterError(
                f"family {self.name!r}: expected as many parameters as models, at least one, got "
                f"{len(self.models)} models and {len(self.parameters)} parameters"
            )
        first = self.models[0]
        for k, model in enumerate(self.models):
            alike = model.P.shape == first.P.shape and model.gamma == first.gamma
            if not alike or not np.array_equal(model.start, first.start):
                raise ParameterError(f"family {self.name!r}: model {k} has other states, actions, discount or start")
        if not 0 <= self.nominal < len(self.models):
            raise ParameterError(f"nominal={self.nominal}: expected a place in [0, {len(self.models) - 1}]")

    def __len__(self) -> int:
        return len(self.models)


def family(name: str) -> Family:
    """Return a family by its name in `FAMILIES`.

    Raises
    ------
    ParameterError
        If there is none of that name.
    """
    check_one_of("family", name, tuple(FAMILIES))
    return FAMILIES[name]()


def _family(
    name: str, make: Callable[..., TabularMDP], parameter: str, values: Sequence[float], nominal: int
) -> Family:
    models = tuple(make(**{parameter: value}) for value in values)
    return Family(name=name, models=models, parameters=tuple({parameter: value} for value in values), nominal=nominal)


def _windy_walk() -> Family:
    return _family("windy_walk", windy_walk, "alpha", np.linspace(0.0, 0.5, 25).tolist(), nominal=0)


def _frozenlake_slip() -> Family:
    return _family("frozenlake_slip", frozen_lake, "slip", np.linspace(0.0, 0.8, 17).tolist(), nominal=13)


def _frozenlake_bias() -> Family:
    return _family("frozenlake_bias", frozen_lake, "bias", np.linspace(-1.0, 1.0, 9).tolist(), nominal=4)


def _two_doors() -> Family:
    """Make the smallest game in which no fixed policy is robust: behind one of two doors is 1, behind one nothing."""
    return _family("two_doors", two_doors, "good_door", (0.0, 1.0), nominal=0)


def two_doors(good_door: float) -> TabularMDP:
    """Make a choice between two doors, of which one leads to a reward of 1."""
    P, R = np.zeros((2, 2, 2)), np.zeros((2, 2))
    P[:, :, 1] = 1.0
    R[0, int(good_door)] = 1.0
    return TabularMDP(P, R, 0.95, name="two_doors", state_names=("before", "behind"), action_names=("A", "B"))


def _machine_replacement() -> Family:
    """Make the machine of Delage and Mannor with two doubts: how fast it wears, and how often a repair fails."""
    grid = [(wear, failure) for wear in np.linspace(0.65, 0.95, 7).tolist() for failure in np.linspace(0.2, 0.4, 5)]
    return Family(
        name="machine_replacement",
        models=tuple(machine_delage_mannor(wear, failure) for wear, failure in grid),
        parameters=tuple({"wear": wear, "failure": float(failure)} for wear, failure in grid),
        nominal=17,
    )


FAMILIES: dict[str, Callable[[], Family]] = {
    "windy_walk": _windy_walk,
    "frozenlake_slip": _frozenlake_slip,
    "frozenlake_bias": _frozenlake_bias,
    "two_doors": _two_doors,
    "machine_replacement": _machine_replacement,
}
"""Static parametric problems by name; each makes a `Family`."""
