"""dynenvs: multi-agent worlds to train on, plug language models into, and compete in.

>>> import dynenvs
>>> dynenvs.env_ids()[0].startswith("dynenvs/")
True
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from dynenvs.envs import SPECS
from dynenvs.registration import EnvSpec, env_ids, make_params, make_world, register, rules_digest, spec

if TYPE_CHECKING:
    from dynenvs.adapters.language import text_game
    from dynenvs.adapters.pettingzoo import aec_env, parallel_env
    from dynenvs.adapters.sb3 import sb3_vec_env
    from dynenvs.policies import make_policy

__all__ = [
    "EnvSpec",
    "aec_env",
    "env_ids",
    "make_params",
    "make_policy",
    "make_world",
    "parallel_env",
    "register",
    "rules_digest",
    "sb3_vec_env",
    "spec",
    "text_game",
]

__version__ = "0.1.0"

for _spec in SPECS:
    register(_spec)

_LAZY = {
    "aec_env": "dynenvs.adapters.pettingzoo",
    "make_policy": "dynenvs.policies",
    "parallel_env": "dynenvs.adapters.pettingzoo",
    "sb3_vec_env": "dynenvs.adapters.sb3",
    "text_game": "dynenvs.adapters.language",
}
"""Public names whose modules load Numba or an extra: imported when first used."""


def __getattr__(name: str) -> Any:
    if name == "testing":
        return importlib.import_module("dynenvs.testing")
    if name in _LAZY:
        return getattr(importlib.import_module(_LAZY[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(set(globals()) | set(__all__))
