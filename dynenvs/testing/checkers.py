"""Clauses that hand an environment to the checkers of Gymnasium, PettingZoo and Stable-Baselines3."""

from __future__ import annotations

import contextlib
import functools
import importlib
import io
import re
import warnings
from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

from dynenvs.adapters.gymnasium import SeatEnv
from dynenvs.adapters.pettingzoo import WorldAECEnv, WorldParallelEnv
from dynenvs.testing.clauses import ConformanceError, clause
from dynenvs.testing.copies import seat_options

__all__ = ["gymnasium_accepts_it", "pettingzoo_accepts_it", "stable_baselines3_accepts_it"]

PARDONED = {
    "The old environment creation API has been deprecated": "PettingZoo's tests import their own games in that way",
    "(Observation|State) numpy array is all zeros": "nothing may have happened yet",
    "Observation is (a single number|not a NumPy array)": "a role may see one number, or a Dict with its mask",
    "Observation space for each agent probably should be": "a Dict, where masks or grids are inside",
    "Action space for each agent probably should be": "a MultiDiscrete, where a role has several heads",
    "Agents have different observation space sizes": "roles see different things",
    "Observations are different shapes": "roles see different things",
    "The class of (observation|action) spaces is different": "roles see and decide different things",
    "recommend (you to use|using) a symmetric and normalized (Box action )?space": "actions have the world's units",
    "your observation space .* is an image|the default `CnnPolicy`": "grids hold codes, not colours",
}
"""Warnings of the checkers that are no fault, by a pattern of their text, each with the reason."""


@clause("deterministic")
def gymnasium_accepts_it(env_id: str, **params: Any) -> None:
    """The environment of one seat passes ``gymnasium.utils.env_checker.check_env``, with the mask inside or outside."""
    from gymnasium.utils.env_checker import check_env

    for mask in ("info", "observation"):
        with _only_pardoned_warnings():
            check_env(SeatEnv(env_id, mask=mask, **seat_options(env_id, params)), skip_render_check=True)


@clause("deterministic")
def pettingzoo_accepts_it(env_id: str, **params: Any) -> None:
    """Both PettingZoo environments pass its API tests and its tests of seeds, with the mask inside or outside."""
    with _only_pardoned_warnings():
        tests: Any = importlib.import_module("pettingzoo.test")
        for mask in ("info", "observation"):
            parallel = functools.partial(WorldParallelEnv, env_id, mask=mask, **params)
            one_by_one = functools.partial(WorldAECEnv, env_id, mask=mask, **params)
            tests.parallel_api_test(parallel())
            tests.parallel_seed_test(parallel)
            tests.api_test(one_by_one())
            tests.seed_test(one_by_one)


@clause()
def stable_baselines3_accepts_it(env_id: str, **params: Any) -> None:
    """The environment of one seat passes ``stable_baselines3.common.env_checker.check_env``, where SB3 is installed."""
    if find_spec("stable_baselines3") is None:
        return
    from stable_baselines3.common.env_checker import check_env

    with _only_pardoned_warnings():
        check_env(SeatEnv(env_id, **seat_options(env_id, params)), skip_render_check=True)


@contextlib.contextmanager
def _only_pardoned_warnings() -> Iterator[None]:
    """Turn what a checker says into a broken clause; keep it from printing that all is well."""
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("error")
        for pattern in PARDONED:
            warnings.filterwarnings("ignore", f"(?s).*({pattern})")
        try:
            yield
        except (AssertionError, Warning) as complaint:
            said = re.sub(r"\s+", " ", str(complaint))
            raise ConformanceError(f"{said}; cure: see what the layout says of its spaces") from complaint
