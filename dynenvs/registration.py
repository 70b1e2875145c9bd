"""Every environment id, with its version, its rooms and its source; registered in Gymnasium and PettingZoo.

An id names the rules: whoever changes how a world behaves raises its version. All else is a parameter.
To add a family, add one `EnvSpec` to `dynenvs.envs.SPECS` (or call `register` from a package of your own).
"""

from __future__ import annotations

import hashlib
import importlib
import inspect
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, is_dataclass
from typing import TYPE_CHECKING, Any

import gymnasium
import pettingzoo

from dynenvs.core.checks import build_params, shown
from dynenvs.core.errors import DynenvsError, ParameterError, UnknownEnvironment

if TYPE_CHECKING:
    from types import ModuleType

    from dynenvs.core.seats import Seat, SeatTable
    from dynenvs.core.world import World

__all__ = [
    "EnvSpec",
    "env_ids",
    "make_params",
    "make_world",
    "register",
    "registered_id",
    "room",
    "rules_digest",
    "spec",
    "world_type",
]

_ID = re.compile(r"[\w-]+/[\w.-]+-v[0-9]+")
_PLACE = re.compile(r"\w+(\.\w+)*:\w+")


@dataclass(frozen=True, kw_only=True)
class EnvSpec:
    """What is known of an environment before any of its code is loaded.

    Attributes
    ----------
    id : str
        ``namespace/Name-vN``: letters, digits, ``_``, ``-`` and, in the name, ``.``.
    world, params : str
        ``module:Class`` of its `World` and of its parameters, as Python imports them; they are loaded at first use.
    about : str
        What it models, in one sentence.
    paper : str
        The source of its rules.
    background : Seat
        Who plays the other seats where a user asks for one seat only and names nobody.
    presets : mapping of str to mapping
        Named sets of parameters.
    language, rendering, metrics : str or None
        Modules of the family's other rooms, where it has them.

    Raises
    ------
    ParameterError
        If the id or the place of a class has another form.
    """

    id: str
    world: str
    params: str
    about: str
    paper: str
    background: Seat = "external"
    presets: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    language: str | None = None
    rendering: str | None = None
    metrics: str | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.id, str) or not _ID.fullmatch(self.id):
            raise ParameterError(f"id={self.id!r}: expected namespace/Name-vN, such as 'mine/Fishery-v0'")
        for name in ("world", "params"):
            place = getattr(self, name)
            if not isinstance(place, str) or not _PLACE.fullmatch(place):
                raise ParameterError(
                    f"environment {self.id!r}: {name}={place!r}: expected module:Class, such as 'fishery:Fishery'"
                )


_SPECS: dict[str, EnvSpec] = {}
_DIGESTS: dict[tuple[str, str], str] = {}


def register(env_spec: EnvSpec) -> None:
    """Make an environment known to dynenvs, Gymnasium and PettingZoo.

    Parameters
    ----------
    env_spec : EnvSpec
        Its record.

    Raises
    ------
    ParameterError
        If it is no `EnvSpec`, or another environment has that id.
    """
    if not isinstance(env_spec, EnvSpec):
        raise ParameterError(f"env_spec={shown(env_spec)}: expected an EnvSpec")
    known = _SPECS.get(env_spec.id)
    if known == env_spec:  # the same once more, as when a cell of a notebook runs again
        return
    if known is not None:
        raise ParameterError(f"environment id {env_spec.id!r} is taken by {known.world}")
    name = {"env_id": env_spec.id}
    gymnasium.register(
        env_spec.id,
        entry_point="dynenvs.adapters.gymnasium:SeatEnv",
        vector_entry_point="dynenvs.adapters.gymnasium:SeatVectorEnv",
        kwargs=name,
    )
    pettingzoo.register("parallel", env_spec.id, "dynenvs.adapters.pettingzoo:WorldParallelEnv", kwargs=name)
    pettingzoo.register("aec", env_spec.id, "dynenvs.adapters.pettingzoo:WorldAECEnv", kwargs=name)
    _SPECS[env_spec.id] = env_spec


def env_ids() -> list[str]:
    """Return the ids of all registered environments, sorted."""
    return sorted(_SPECS)


def spec(env_id: str) -> EnvSpec:
    """Return the record of an environment.

    Raises
    ------
    UnknownEnvironment
        If there is none; the message lists the nearest ids.
    """
    if not isinstance(env_id, str) or env_id not in _SPECS:
        raise UnknownEnvironment("environment", env_id, env_ids(), "dynenvs list")
    return _SPECS[env_id]


def registered_id(place: str) -> str:
    """Return the id in ``id`` or in ``module:id``, importing the module first: it registers its environments.

    Raises
    ------
    ParameterError
        If there is no such module.
    """
    module, colon, env_id = place.rpartition(":")
    if colon:
        try:
            importlib.import_module(module)
        except (ImportError, ValueError) as error:
            raise ParameterError(f"environment {place!r}: expected an id, or module:id, but {error}") from error
    return env_id


def room(env_id: str, name: str) -> ModuleType | None:
    """Load the family's room ``"language"``, ``"rendering"`` or ``"metrics"``; None where it has none.

    Raises
    ------
    UnknownEnvironment, ParameterError
        If there is no such environment, or its record names a module that cannot be imported.
    """
    env_spec = spec(env_id)
    module: ModuleType | None = None if getattr(env_spec, name) is None else _load(env_spec, name)
    return module


def make_params(env_id: str, *, preset: str | None = None, **given: Any) -> Any:
    """Build the validated parameters of an environment.

    Parameters
    ----------
    env_id : str
        A registered id.
    preset : str, optional
        Name of a set of parameters to start from.
    **given
        Parameters by name; they win over the preset.

    Returns
    -------
    params
        An instance of the family's parameters.

    Raises
    ------
    UnknownEnvironment, ParameterError
        On an unknown id, preset or name, or a value out of range.
    """
    env_spec = spec(env_id)
    if preset is not None:
        if not env_spec.presets:
            raise ParameterError(f"preset={shown(preset)}: {env_id} has no presets, give its parameters one by one")
        if not isinstance(preset, str) or preset not in env_spec.presets:
            raise ParameterError(f"preset={shown(preset)}: expected one of {', '.join(map(repr, env_spec.presets))}")
        given = {**env_spec.presets[preset], **given}
    params_type = _load(env_spec, "params")
    if not (inspect.isclass(params_type) and is_dataclass(params_type)):
        raise _wrong_place(env_spec, "params", "expected a dataclass")
    return build_params(params_type, given)


def make_world(
    env_id: str,
    num_games: int = 1,
    *,
    seats: SeatTable | None = None,
    autoreset: str = "disabled",
    threads: int | None = None,
    preset: str | None = None,
    **params: Any,
) -> World:
    """Make the batch itself.

    Parameters
    ----------
    env_id : str
        A registered id.
    num_games : int
        Copies of the game, at least 1.
    seats, autoreset, threads
        As in `dynenvs.core.world.World`.
    preset, **params
        As in `make_params`.

    Returns
    -------
    World
        To be started with ``reset(seeds)``.

    Raises
    ------
    UnknownEnvironment, UnknownPolicy, ParameterError
        On a name that does not exist, or a value out of range.
    """
    built = make_params(env_id, preset=preset, **params)
    return world_type(env_id)(built, num_games, seats=seats, autoreset=autoreset, threads=threads)


def world_type(env_id: str) -> type[World]:
    """Load the class of an environment's world.

    Raises
    ------
    UnknownEnvironment, ParameterError
        If there is no such environment, or its record names something that is no `World`.
    """
    from dynenvs.core.world import World

    env_spec = spec(env_id)
    loaded = _load(env_spec, "world")
    if not (inspect.isclass(loaded) and issubclass(loaded, World)):
        raise _wrong_place(env_spec, "world", "expected a subclass of World")
    return loaded


def rules_digest(env_id: str, **params: Any) -> str:
    """Hash how the rules behave: what seeded random play shows, alone and against each background policy.

    Two installations whose digests agree play the same game; how a world keeps its state makes no difference. Records
    carry it, and ``tests/golden`` keeps it for every id, so that rules cannot change under an id unnoticed. Of a world
    that is not deterministic it is a hash of the layout alone.

    Parameters
    ----------
    env_id : str
        A registered id.
    **params
        As in `make_params`.

    Returns
    -------
    str
        16 hexadecimal digits.
    """
    key = env_id, repr(make_params(env_id, **params))
    if key not in _DIGESTS:
        _DIGESTS[key] = _digest_rules(env_id, params)
    return _DIGESTS[key]


def _digest_rules(env_id: str, params: Mapping[str, Any]) -> str:
    import numpy as np  # here, so that listing ids stays cheap

    from dynenvs.core.snapshots import add_rows, shown_rows

    if not world_type(env_id).deterministic:
        return hashlib.sha256(repr(make_world(env_id, **params).layout).encode()).hexdigest()[:16]
    digest = hashlib.sha256()
    for world, seeds in _sample_worlds(env_id, params):
        rng = np.random.Generator(np.random.Philox(key=2026))
        world.reset(seeds)
        for _ in range(128):
            world.step(world.sample_actions(rng))
            for game in range(world.num_games):
                add_rows(digest, shown_rows(world.buffers, game))
    return digest.hexdigest()[:16]


def _sample_worlds(env_id: str, params: Mapping[str, Any]) -> Iterator[tuple[World, list[int]]]:
    """Yield worlds, with their games' seeds, that bring out the rules and every background policy's play."""
    seeds = [0, 1, 2, 2**64 - 1] if world_type(env_id).batched else [0]
    world = make_world(env_id, len(seeds), autoreset="next_step", **params)
    yield world, seeds
    tables: list[list[Seat]] = []
    for k, name in enumerate(world.background_policies()):
        tables.append(["external"] * world.num_agents)
        tables[k][k % world.num_agents] = name
    if not tables:
        return
    world = make_world(env_id, len(tables), autoreset="next_step", **params)
    try:
        world.assign_seats(tables)
    except ParameterError:  # these parameters leave no room for background policies
        return
    yield world, list(range(len(tables)))


def _load(env_spec: EnvSpec, field_name: str) -> Any:
    """Import the module, or what ``module:name`` names, that stands in a field of an environment's record."""
    module, _, name = getattr(env_spec, field_name).partition(":")
    try:
        loaded = importlib.import_module(module)
        return getattr(loaded, name) if name else loaded
    except DynenvsError:  # says itself what is missing
        raise
    except (ImportError, AttributeError, TypeError, ValueError) as error:
        raise _wrong_place(env_spec, field_name, str(error)) from error


def _wrong_place(env_spec: EnvSpec, field_name: str, problem: str) -> ParameterError:
    place = getattr(env_spec, field_name)
    return ParameterError(f"environment {env_spec.id!r} was registered with {field_name}={place!r}: {problem}")
