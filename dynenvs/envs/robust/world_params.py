"""Parameters of the world that plays explicit processes."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from dynenvs.core.checks import check_integer, check_one_of, shown
from dynenvs.core.errors import ParameterError
from dynenvs.envs.robust.families import FAMILIES, Family, family
from dynenvs.envs.robust.problems import PROBLEMS, problem
from dynenvs.envs.robust.tabular import TabularMDP

__all__ = ["TabularParams"]

PYTHON = "python:"


@dataclass(frozen=True, kw_only=True)
class TabularParams:
    """An explicit process, or a family of them of which one is in force.

    Attributes
    ----------
    mdp : str, TabularMDP, Family or mapping
        A name in `PROBLEMS` or `FAMILIES`; a process or a family of your own, what its `to_dict` gives, or
        ``python:module:name`` of it (or of a function that makes it). Records hold what is your own as name@digest; to
        have it in them whole, give the mapping.
    model : int, optional
        Place of the family's model that is in force, where it does not vary; by default the nominal one.
    varies : {"never", "episode"}
        Whether each episode draws another model of the family, all with the same probability.
    encoding : {"one_hot", "index"}
        Whether the state is seen as a row of zeros with a one, or as its number.
    sees_model : bool
        Whether the agent also sees which model of a family is in force: from 0 for the first to 1 for the last.
    horizon : int
        Steps after which an episode is truncated, at least 1.
    """

    mdp: str | TabularMDP | Family | Mapping[str, Any] = "riverswim6_osband"
    model: int | None = None
    varies: str = "never"
    encoding: str = "one_hot"
    sees_model: bool = False
    horizon: int = 200

    def __post_init__(self) -> None:
        if isinstance(self.mdp, Mapping):
            object.__setattr__(self, "mdp", _from_mapping(self.mdp))
        elif isinstance(self.mdp, str) and self.mdp.startswith(PYTHON):
            object.__setattr__(self, "mdp", _from_python(self.mdp))
        elif not isinstance(self.mdp, TabularMDP | Family):
            _check_name(self.mdp)
        check_one_of("varies", self.varies, ("never", "episode"))
        check_one_of("encoding", self.encoding, ("one_hot", "index"))
        check_one_of("sees_model", self.sees_model, (False, True))
        check_integer("horizon", self.horizon, 1, 2**31 - 1)
        if self.model is not None:
            check_integer("model", self.model, 0, len(self.models) - 1)
        self._check_idle()

    def _check_idle(self) -> None:
        """Refuse what would do nothing: a choice of model where it is drawn, or of one among one."""
        if self.varies == "episode" and self.model is not None:
            raise ParameterError(
                f"model={self.model}: with varies='episode' each episode draws its own; "
                "expected varies='never', or no model"
            )
        for name, given, usual in (("varies", self.varies, "never"), ("sees_model", self.sees_model, False)):
            if given != usual and len(self.models) == 1:
                raise ParameterError(f"{name}={given!r}: {self.told} is one process; expected a family of several")

    @property
    def models(self) -> Family:
        """All models; a single process is a family of one."""
        if isinstance(self.mdp, TabularMDP):
            return Family(name=self.mdp.name, models=(self.mdp,), parameters=({},))
        if isinstance(self.mdp, Family):
            return self.mdp
        return _named(str(self.mdp))

    @property
    def in_force(self) -> int:
        """Place of the model that is in force, where it does not vary."""
        return self.models.nominal if self.model is None else self.model

    @property
    def told(self) -> str:
        """What the process is called; one of your own with its digest."""
        return self.mdp.reference if isinstance(self.mdp, TabularMDP | Family) else str(self.mdp)


@lru_cache(maxsize=16)
def _named(name: str) -> Family:
    if name in FAMILIES:
        return family(name)
    return Family(name=name, models=(problem(name),), parameters=({},))


def _from_mapping(given: Mapping[str, Any]) -> TabularMDP | Family:
    expected = "name, models and parameters of a Family" if "models" in given else "P, R and gamma of a TabularMDP"
    try:
        return Family(**given) if "models" in given else TabularMDP(**given)
    except TypeError as error:
        raise ParameterError(f"mdp={shown(dict(given))}: expected {expected}: {error}") from error


def _from_python(place: str) -> TabularMDP | Family:
    """Import a process or a family, or call what makes one."""
    module, _, name = place.removeprefix(PYTHON).partition(":")
    try:
        found = getattr(importlib.import_module(module), name)
        made = found() if callable(found) else found
    except (ImportError, AttributeError, ValueError, TypeError) as error:
        raise ParameterError(f"mdp={place!r}: expected python:module:name, but {error}") from error
    if not isinstance(made, TabularMDP | Family):
        raise ParameterError(f"mdp={place!r}: expected the name of a TabularMDP or a Family, got {shown(made)}")
    return made


def _check_name(name: object) -> None:
    known = (*PROBLEMS, *FAMILIES)
    if isinstance(name, str) and "@" in name:
        raise ParameterError(
            f"mdp={name!r}: this stands for a process of somebody's own, which a record names without holding it; "
            "expected the TabularMDP itself, or the Family"
        )
    if not isinstance(name, str) or name not in known:
        raise ParameterError(
            f"mdp={shown(name)}: expected a TabularMDP or one of {', '.join(map(repr, known))}; or a Family, or "
            "'python:module:name' of your own"
        )
