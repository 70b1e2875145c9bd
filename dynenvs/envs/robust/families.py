"""Families of processes that share one unknown number: the static uncertainty sets, by name."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from dynenvs.core.checks import check_between, check_integer, check_one_of, shown
from dynenvs.core.errors import ParameterError
from dynenvs.envs.robust.gridworlds import frozen_lake, windy_walk
from dynenvs.envs.robust.problems import machine_delage_mannor
from dynenvs.envs.robust.tabular import TabularMDP

__all__ = ["FAMILIES", "Family", "family"]


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Family:
    """Processes with the same states and actions, one for each value of what is unknown.

    Attributes
    ----------
    name : str
        What it is called.
    models : sequence of TabularMDP, or of what their `to_dict` gives
        The processes.
    parameters : sequence of mapping of str to float
        What each of them stands for: the same names for all.
    nominal : int
        Place of the model that is believed in.

    Raises
    ------
    ParameterError
        If there are no models, they differ in states, actions, discount or start, or their parameters in names.

    Examples
    --------
    >>> from dynenvs.envs.robust.gridworlds import frozen_lake
    >>> lakes = Family.over(frozen_lake, name="lakes", slip=[0.0, 0.4, 0.8], bias=[-0.5, 0.5])
    >>> len(lakes), dict(lakes.parameters[3])
    (6, {'slip': 0.4, 'bias': 0.5})
    """

    name: str
    models: tuple[TabularMDP, ...]
    parameters: tuple[Mapping[str, float], ...]
    nominal: int = 0

    @classmethod
    def over(cls, make: Callable[..., TabularMDP], *, name: str, nominal: int = 0, **values: Sequence[float]) -> Family:
        """Make a family of all combinations of parameters' values.

        Parameters
        ----------
        make : callable
            Makes the process of given parameters.
        name : str
            What the family is called.
        nominal : int
            Place of the model that is believed in; the last parameter changes fastest.
        **values
            What each parameter may be.

        Returns
        -------
        Family
            Of one model for each combination.
        """
        grid = [dict(zip(values, point, strict=True)) for point in itertools.product(*values.values())]
        models = tuple(make(**point) for point in grid)
        return cls(name=name, models=models, parameters=tuple(grid), nominal=nominal)

    def __post_init__(self) -> None:
        models = [TabularMDP(**one) if isinstance(one, Mapping) else one for one in self.models]
        if not all(isinstance(one, TabularMDP) for one in models):
            raise ParameterError(f"family {self.name!r}: expected each model to be a TabularMDP, got {shown(models)}")
        object.__setattr__(self, "models", tuple(models))
        object.__setattr__(self, "parameters", tuple(self.parameters))
        self._check_models()
        self._check_parameters()
        check_integer("nominal", self.nominal, 0, len(self.models) - 1)

    def _check_models(self) -> None:
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

    def _check_parameters(self) -> None:
        for place, known in enumerate(self.parameters):
            if not isinstance(known, Mapping) or set(known) != set(self.parameters[0]):
                raise ParameterError(
                    f"family {self.name!r}: parameters of model {place} are {shown(known)}, expected a mapping with "
                    f"the names of the first: {shown(self.parameters[0])}"
                )
            for name, value in known.items():
                check_between(name, value, -np.inf, np.inf, closed="neither")

    def __len__(self) -> int:
        return len(self.models)

    def __repr__(self) -> str:
        return f"Family({self.reference!r}, {len(self)} models, nominal={self.nominal})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Family) and self.reference == other.reference

    def __hash__(self) -> int:
        return hash(self.reference)

    @cached_property
    def digest(self) -> str:
        """Hash of all that it is made of, in 16 hexadecimal digits."""
        known = [sorted((name, float(value)) for name, value in one.items()) for one in self.parameters]
        content = json.dumps([[model.digest for model in self.models], known, int(self.nominal)])
        return hashlib.sha256(content.encode()).hexdigest()[:16]

    @property
    def reference(self) -> str:
        """Name and digest, ``name@digest``: what stands for it in records."""
        return f"{self.name}@{self.digest}"

    def to_dict(self) -> dict[str, Any]:
        """Return all that it is made of, as JSON can write it: ``Family(**family.to_dict())`` is equal."""
        return {
            "name": self.name,
            "models": [model.to_dict() for model in self.models],
            "parameters": [dict(known) for known in self.parameters],
            "nominal": self.nominal,
        }


def family(name: str) -> Family:
    """Return a family by its name in `FAMILIES`.

    Raises
    ------
    ParameterError
        If there is none of that name.
    """
    check_one_of("family", name, tuple(FAMILIES))
    return FAMILIES[name]()


def _windy_walk() -> Family:
    return Family.over(windy_walk, name="windy_walk", alpha=np.linspace(0.0, 0.5, 25).tolist())


def _frozenlake_slip() -> Family:
    return Family.over(frozen_lake, name="frozenlake_slip", nominal=13, slip=np.linspace(0.0, 0.8, 17).tolist())


def _frozenlake_bias() -> Family:
    return Family.over(frozen_lake, name="frozenlake_bias", nominal=4, bias=np.linspace(-1.0, 1.0, 9).tolist())


def _two_doors() -> Family:
    """Make the smallest game in which no fixed policy is robust: behind one of two doors is 1, behind one nothing."""
    return Family.over(two_doors, name="two_doors", good_door=(0.0, 1.0))


def two_doors(good_door: float) -> TabularMDP:
    """Make a choice between two doors, of which one leads to a reward of 1."""
    P, R = np.zeros((2, 2, 2)), np.zeros((2, 2))
    P[:, :, 1] = 1.0
    R[0, int(good_door)] = 1.0
    return TabularMDP(P, R, 0.95, name="two_doors", state_names=("before", "behind"), action_names=("A", "B"))


def _machine_replacement() -> Family:
    """Make the machine of Delage and Mannor with two doubts: how fast it wears, and how often a repair fails."""
    return Family.over(
        machine_delage_mannor,
        name="machine_replacement",
        nominal=17,
        wear=np.linspace(0.65, 0.95, 7).tolist(),
        failure=np.linspace(0.2, 0.4, 5).tolist(),
    )


FAMILIES: dict[str, Callable[[], Family]] = {
    "windy_walk": _windy_walk,
    "frozenlake_slip": _frozenlake_slip,
    "frozenlake_bias": _frozenlake_bias,
    "two_doors": _two_doors,
    "machine_replacement": _machine_replacement,
}
"""Static parametric problems by name; each makes a `Family`."""
